"""Draws the embedded tasks: printed symbols, turned and shifted, on busy coloured backgrounds.

One scene answers several questions (which symbol, which colour, which angle), so tasks can share their
images and differ only in what is asked. The glyphs come from the fonts that matplotlib ships, so
nothing is downloaded. How difficult the scenes are was chosen once; ``Style`` says how and why.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

VERSION = 1  # part of every cache key: raise it whenever the same seed would give other pixels
SIZE = 32  # height and width of a scene, pixels
_CELL = 40  # height and width of a glyph's mask; larger than a scene, so scenes never magnify much

DIGITS = "0123456789"
# Capitals, and the small letters whose shape is not that of their capital: 40 symbols.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghjmnqrty"
_CLUTTER = "#%&@*+=/<>?!{}[]$~^"

COLOURS = {
    "red": (215, 40, 40), "orange": (240, 140, 30), "yellow": (235, 225, 60), "green": (40, 160, 60),
    "cyan": (60, 205, 215), "blue": (45, 75, 205), "magenta": (205, 60, 195), "white": (245, 245, 245),
}  # fmt: skip

TRAIN_FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSansMono-Oblique",
    "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-BoldItalic", "STIXGeneral", "STIXGeneralBol",
    "STIXGeneralItalic", "cmr10", "cmss10", "cmb10",
)  # fmt: skip
# Kept for the test splits, so that they ask for shapes and not for typefaces.
TEST_FONTS = (
    "DejaVuSans-BoldOblique",
    "DejaVuSansMono-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneralBolIta",
    "cmtt10",
)


@dataclass(frozen=True)
class Style:
    """How difficult a scene is.

    The defaults were chosen once, on scenes of other seeds than those of the tasks (seeds 900 and up), so
    that (1) a linear model on pixels stays near chance, because nothing stands at a fixed place, size,
    angle or colour, (2) a person still reads every symbol, and (3) a quarter-width VGG16 learns the
    letters in half an hour on two cores. ``docs/scenes.md`` shows the numbers.

    Attributes:
        scale: smallest and largest size of the symbol; at 1 a capital is about 26 pixels high.
        turn: largest rotation to either side, degrees.
        shift: largest distance of the symbol's centre from the middle, pixels along each axis.
        clutter: number of other marks (punctuation) around the symbol.
        contrast: smallest difference in brightness between symbol and background, 0-255.
        texture: strength of the background's large patches, 0-255.
        noise: standard deviation of the pixel noise, 0-255.
    """

    scale: tuple[float, float] = (0.6, 0.95)
    turn: float = 30.0
    shift: float = 4.0
    clutter: int = 3
    contrast: float = 70.0
    texture: float = 45.0
    noise: float = 10.0


@dataclass(frozen=True, eq=False)
class Scenes:
    """Drawn scenes with all that is true about them; every array has one row for each scene.

    Attributes:
        images: uint8 (n, 32, 32, 3), RGB, 0-255.
        symbol: int64 (n,), index into the string of symbols that was asked for.
        colour: int64 (n,), index into ``COLOURS``.
        angle: float32 (n,), degrees, positive is anticlockwise.
        font: int64 (n,), index into the fonts that were asked for.
    """

    images: np.ndarray
    symbol: np.ndarray
    colour: np.ndarray
    angle: np.ndarray
    font: np.ndarray


@lru_cache(maxsize=4096)
def _mask(font: str, symbol: str):
    """Ink of one symbol, centred, as a Pillow image in mode L of 40 x 40 pixels."""
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    face = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{font}.ttf", 36)
    left, top, right, bottom = face.getbbox(symbol)
    cell = Image.new("L", (_CELL, _CELL))
    corner = ((_CELL - right - left) / 2, (_CELL - bottom - top) / 2)
    ImageDraw.Draw(cell).text(corner, symbol, fill=255, font=face)
    return cell


def _stamp(canvas, masks, centre, scale, angle, ink):
    """Lay turned and scaled glyphs over the canvas (n, 32, 32, 3), in place."""
    from PIL import Image

    cos, sin = np.cos(np.radians(angle)) / scale, np.sin(np.radians(angle)) / scale
    x0 = _CELL / 2 - cos * centre[:, 0] + sin * centre[:, 1]
    y0 = _CELL / 2 - sin * centre[:, 0] - cos * centre[:, 1]
    moves = np.stack(
        [cos, -sin, x0, sin, cos, y0], axis=1
    ).tolist()  # from scene to glyph coordinates
    affine, smooth = Image.Transform.AFFINE, Image.Resampling.BILINEAR
    cover = [
        np.asarray(m.transform((SIZE, SIZE), affine, move, smooth))
        for m, move in zip(masks, moves, strict=True)
    ]
    alpha = np.stack(cover)[..., None] / np.float32(255)  # (n, 32, 32, 1)
    canvas += alpha * (ink[:, None, None, :] - canvas)


def _background(rng, ink, style):
    """Patches of colour, (n, 32, 32, 3), whose mean brightness keeps its distance from the ink's."""
    n, luma = len(ink), np.float32([0.299, 0.587, 0.114])
    base = rng.uniform(20, 235, (n, 3)).astype("float32")
    gap = base @ luma - ink @ luma
    side = np.where(
        ink @ luma > 127, -1, 1
    )  # dark grounds for bright ink, and the other way round
    short = np.abs(gap) < style.contrast
    base[short] += (side * style.contrast - gap)[short, None]
    grid = rng.normal(0, style.texture, (n, 5, 5, 3)).astype("float32")
    at = np.linspace(0, 4, SIZE)
    blend = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(5))).astype(
        "float32"
    )  # (32, 5), bilinear
    return base[:, None, None, :] + np.einsum(
        "yi,nijc,xj->nyxc", blend, grid, blend, optimize=True
    )


def _scatter(rng, canvas, fonts, marks):
    """Lay so many punctuation marks around the middle of each canvas (n, 32, 32, 3), in place."""
    n = len(canvas)
    for _ in range(marks):
        mark, face = (
            rng.integers(len(_CLUTTER), size=n),
            rng.integers(len(fonts), size=n),
        )
        masks = [_mask(fonts[f], _CLUTTER[m]) for f, m in zip(face, mark, strict=True)]
        way, far = rng.uniform(0, 2 * np.pi, n), rng.uniform(12, 20, n)
        centre = SIZE / 2 + np.stack([far * np.cos(way), far * np.sin(way)], axis=1)
        other = rng.uniform(0, 255, (n, 3)).astype("float32")
        _stamp(
            canvas,
            masks,
            centre,
            rng.uniform(0.4, 0.9, n),
            rng.uniform(-180, 180, n),
            other,
        )


def _chunk(rng, symbols, symbol, fonts, style):
    n, palette = len(symbol), np.float32(list(COLOURS.values()))
    font, colour = rng.integers(len(fonts), size=n), rng.integers(len(palette), size=n)
    angle = rng.uniform(-style.turn, style.turn, n).astype("float32")
    ink = np.clip(palette[colour] + rng.normal(0, 12, (n, 3)), 0, 255).astype("float32")
    canvas = _background(rng, ink, style)
    _scatter(rng, canvas, fonts, style.clutter)
    masks = [_mask(fonts[f], symbols[s]) for f, s in zip(font, symbol, strict=True)]
    centre = SIZE / 2 + rng.uniform(-style.shift, style.shift, (n, 2))
    _stamp(canvas, masks, centre, rng.uniform(*style.scale, n), angle, ink)
    canvas += rng.normal(0, style.noise, canvas.shape)
    return Scenes(
        np.clip(canvas, 0, 255).astype("uint8", order="C"), symbol, colour, angle, font
    )


def draw(
    symbols: str,
    n: int,
    seed: int,
    *,
    fonts: tuple[str, ...] = TRAIN_FONTS,
    style: Style | None = None,
) -> Scenes:
    """Draw n scenes, each symbol equally often (to within one), in random order.

    Args:
        symbols: the characters to draw, for example ``DIGITS`` or ``LETTERS``.
        n: number of scenes, at least 1.
        seed: the same seed and arguments give the same scenes.
        fonts: names of matplotlib's fonts, as in ``TRAIN_FONTS``.
        style: how difficult the scenes are; the default is that of the tasks.

    Returns:
        Scenes, with images uint8 (n, 32, 32, 3).

    Raises:
        ValueError: no symbols, no fonts, or n < 1.
    """
    if not symbols or not fonts or n < 1:
        raise ValueError(
            f"expected symbols, fonts and n >= 1, got {symbols!r}, {fonts!r} and n={n}: name at least one of each"
        )
    rng, style = np.random.default_rng(seed), style or Style()
    order = rng.permutation(np.arange(n) % len(symbols))
    parts = [
        _chunk(rng, symbols, order[i : i + 512], fonts, style) for i in range(0, n, 512)
    ]
    names = ("images", "symbol", "colour", "angle", "font")
    return Scenes(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )


def scene(
    symbol: str,
    *,
    angle: float = 0.0,
    scale: float = 0.8,
    clutter: int = 3,
    contrast: float = 120.0,
    seed: int = 0,
) -> np.ndarray:
    """One scene drawn to order. Changing an argument changes that alone: the rest depends on the seed only.

    Args:
        symbol: one character, in the middle, in bold DejaVu Sans.
        angle: degrees, positive is anticlockwise.
        scale: size of the symbol; at 1 a capital is about 26 pixels high.
        clutter: number of other marks; a further one leaves the others where they are.
        contrast: difference in brightness between symbol and background, 0-255; at 0 the colours are the same, too.
        seed: of the background, the marks and the noise.

    Returns:
        uint8 (32, 32, 3), RGB.

    Raises:
        ValueError: not one character, or a size that is not positive.
    """
    if len(symbol) != 1 or scale <= 0:
        raise ValueError(
            f"expected one character and scale > 0, got {symbol!r} and {scale}: draw one symbol"
        )
    ground, marks, noise = np.random.default_rng(seed).spawn(3)
    canvas = _background(ground, np.zeros((1, 3), "float32"), Style(contrast=0))
    _scatter(marks, canvas, TRAIN_FONTS, clutter)
    mean = canvas.mean(axis=(1, 2))  # (1, 3)
    hue = np.array(list(COLOURS.values()), "float32")[
        ground.integers(len(COLOURS), size=1)
    ]
    luma = np.array([0.299, 0.587, 0.114], "float32")
    full = (
        hue + ((mean - hue) @ luma + (120 if mean @ luma < 127 else -120))[:, None]
    )  # as the tasks' inks stand out
    ink = np.clip(mean + contrast / 120 * (full - mean), 0, 255).astype("float32")
    one = np.ones(1, "float32")
    _stamp(
        canvas,
        [_mask("DejaVuSans-Bold", symbol)],
        SIZE / 2 * np.ones((1, 2)),
        scale * one,
        angle * one,
        ink,
    )
    canvas += noise.normal(0, Style().noise, canvas.shape)
    return np.clip(canvas[0], 0, 255).astype("uint8")
