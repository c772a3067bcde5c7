"""Arrays that figures and the app need. NumPy only: the app must not wait for Keras."""

import numpy as np


def sheet(
    pictures: np.ndarray, columns: int, rows: int | None = None, gap: int = 2
) -> np.ndarray:
    """Pictures as one, row by row, white lines between them: one is quick to draw.

    Args:
        pictures: uint8 (n, h, w, 3), or float (n, h, w), where white is 1.
        columns: pictures in a row.
        rows: of the sheet; None: as many as are needed.
        gap: pixels between pictures.

    Returns:
        of the same type, (rows · (h + gap) − gap, columns · (w + gap) − gap[, 3]).
    """
    rows = rows or -(-len(pictures) // columns)
    n, height, width, *channels = pictures.shape
    high, wide = height + gap, width + gap
    white = 255 if pictures.dtype == np.uint8 else 1
    whole = np.full((rows * high, columns * wide, *channels), white, pictures.dtype)
    for place, picture in enumerate(pictures):
        y, x = place // columns * high, place % columns * wide
        whole[y : y + height, x : x + width] = picture
    return whole[: rows * high - gap, : columns * wide - gap]


def softmax(logits) -> np.ndarray:
    """Probabilities of logits, float (..., classes).

    The largest logit is subtracted first, so that nothing overflows.
    """
    logits = np.asarray(logits, "float64")
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
