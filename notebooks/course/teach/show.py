"""Pictures and occlusion maps as they are shown on a page: inside the page itself, each with its words."""

import base64
import io

import numpy as np

SIDE = 128  # pixels of a picture that is to be looked at
ROWS, COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


def source(image: np.ndarray, side: int | None = None) -> str:
    """An image uint8 (h, w, 3) as the ``src`` of an <img>; enlarged to a height of ``side`` pixels if given."""
    from PIL import Image

    picture, file = Image.fromarray(image), io.BytesIO()
    if side:  # a small one stays as blocky as the network sees it
        smooth = (
            Image.Resampling.NEAREST
            if 2 * picture.height <= side
            else Image.Resampling.BICUBIC
        )
        picture = picture.resize((side * picture.width // picture.height, side), smooth)
    picture.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def spotlight(image: np.ndarray, falls: np.ndarray, side: int = SIDE) -> np.ndarray:
    """The picture, dark where hiding it changes nothing and bright where it speaks for the class.

    Args:
        image: uint8 (size, size, 3).
        falls: float (size, size), as from ``Probe.occlusion``.

    Returns:
        uint8 (side, side, 3).
    """
    from PIL import Image

    step = len(falls) // 8
    grid = falls[step // 2 :: step, step // 2 :: step][
        :8, :8
    ]  # the squares that were hidden in turn
    light = np.clip(grid, 0, None) / max(float(grid.max()), 1e-9)
    large = Image.fromarray(image).resize((side, side), Image.Resampling.NEAREST)
    smooth = Image.fromarray((255 * light).astype("uint8")).resize(
        (side, side), Image.Resampling.BICUBIC
    )
    shade = 0.15 + 0.85 * np.asarray(smooth, "float32")[..., None] / 255
    return (np.asarray(large) * shade).astype("uint8")


def where(falls: np.ndarray, name: str) -> str:
    """What an occlusion map shows, in a sentence."""
    factor = float(np.exp(falls.max()))
    if factor < 1.5:
        return (
            "No single place decides: whichever is hidden, the answer hardly changes."
        )
    y, x = (
        3 * int(i) // len(falls) for i in np.unravel_index(falls.argmax(), falls.shape)
    )
    place = "middle" if (y, x) == (1, 1) else f"{ROWS[y]} {COLUMNS[x]}"
    return f"It looks most at the {place}: hiding that divides the odds for {name} by {factor:.1f}."
