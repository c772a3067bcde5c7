"""Pictures and occlusion maps as a page shows them: inside the page, each with its
words.
"""

import base64
import io

import numpy as np

SIDE = 128  # pixels of a picture that one looks at
ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


def source(image: np.ndarray, side: int | None = None) -> str:
    """An image as the ``src`` of an <img>.

    Args:
        image: uint8 (h, w, 3).
        side: height in pixels to enlarge it to; None: as it is. A small picture stays
            as blocky as the network sees it.
    """
    from PIL import Image

    picture, file = Image.fromarray(image), io.BytesIO()
    if side:
        way = Image.Resampling.BICUBIC
        if 2 * picture.height <= side:
            way = Image.Resampling.NEAREST
        width = side * picture.width // picture.height
        picture = picture.resize((width, side), way)
    picture.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def spotlight(image: np.ndarray, falls: np.ndarray, side: int = SIDE) -> np.ndarray:
    """The picture, bright where it speaks for the class, dark where it does not matter.

    Args:
        image: uint8 (size, size, 3).
        falls: float (size, size), as from ``Probe.occlusion``.
        side: of the result, pixels.

    Returns:
        uint8 (side, side, 3).
    """
    from PIL import Image

    step = len(falls) // 8
    # One value for each of the squares that were hidden in turn.
    grid = falls[step // 2 :: step, step // 2 :: step][:8, :8]
    light = np.clip(grid, 0, None) / max(float(grid.max()), 1e-9)
    large = Image.fromarray(image).resize((side, side), Image.Resampling.NEAREST)
    coarse = Image.fromarray((255 * light).astype("uint8"))
    smooth = coarse.resize((side, side), Image.Resampling.BICUBIC)
    shade = 0.15 + 0.85 * np.asarray(smooth, "float32")[..., None] / 255
    return (np.asarray(large) * shade).astype("uint8")


def where(falls: np.ndarray, name: str) -> str:
    """What an occlusion map shows, in a sentence.

    Args:
        falls: float (size, size), as from ``Probe.occlusion``.
        name: of the class.
    """
    factor = float(np.exp(falls.max()))
    if factor < 1.5:
        return "No single place decides: the answer hardly changes whatever is hidden."
    most = np.unravel_index(falls.argmax(), falls.shape)
    row, column = (3 * int(i) // len(falls) for i in most)
    place = f"{ROWS[row]} {COLUMNS[column]}"
    if (row, column) == (1, 1):
        place = "middle"
    return (
        f"It looks most at the {place}: hiding that divides the odds for {name} by "
        f"{factor:.1f}."
    )
