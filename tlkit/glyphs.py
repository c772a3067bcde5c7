"""Draws the embedded tasks: printed symbols, turned and shifted, on busy backgrounds.

One scene answers several questions (which symbol, which colour, which angle), so tasks
can share their images and differ only in what is asked. The glyphs come from the fonts
that matplotlib ships, so nothing is downloaded. The difficulty of the scenes was chosen
once; ``Style`` says how and why.
"""

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

# Part of every cache key: raise it when the same seed would give other pixels.
VERSION = 1
SIZE = 32  # height and width of a scene, pixels
# Height and width of a glyph's mask, larger than a scene: hardly any is magnified.
_CELL = 40

DIGITS = "0123456789"
# Capitals, and the small letters whose shape is not that of their capital: 40 symbols.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghjmnqrty"
_CLUTTER = "#%&@*+=/<>?!{}[]$~^"

COLOURS = {  # name -> red, green, blue, 0-255
    "red": (215, 40, 40),
    "orange": (240, 140, 30),
    "yellow": (235, 225, 60),
    "green": (40, 160, 60),
    "cyan": (60, 205, 215),
    "blue": (45, 75, 205),
    "magenta": (205, 60, 195),
    "white": (245, 245, 245),
}

TRAIN_FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-BoldItalic",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "cmr10",
    "cmss10",
    "cmb10",
)
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

    The defaults were chosen once, on scenes of other seeds than the tasks have (900 and
    up), to reach three things. (1) A linear model on pixels stays near chance, because
    place, size, angle and colour are not fixed. (2) A person can still read every
    symbol. (3) A quarter-width VGG16 learns the letters in half an hour on two cores.
    ``docs/scenes.md`` shows the numbers.

    Attributes:
        scale: smallest and largest size of the symbol; at 1 a capital is about 26
            pixels high.
        turn: largest rotation to either side, degrees.
        shift: largest distance of the symbol's centre from the middle, pixels along
            each axis.
        clutter: number of other marks (punctuation) around the symbol.
        contrast: smallest difference in brightness between symbol and background,
            0-255.
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
    """Drawn scenes and the true answers about them; one row for each of n scenes.

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
    """The ink of one symbol, centred: a Pillow image in mode L of 40 x 40 pixels."""
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    face = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{font}.ttf", 36)
    left, top, right, bottom = face.getbbox(symbol)
    cell = Image.new("L", (_CELL, _CELL))
    corner = ((_CELL - right - left) / 2, (_CELL - bottom - top) / 2)
    ImageDraw.Draw(cell).text(corner, symbol, fill=255, font=face)
    return cell


def _stamp(canvas, masks, centre, scale, angle, ink):
    """Lay turned and scaled glyphs over the canvas, in place.

    Args:
        canvas: float32 (n, 32, 32, 3), 0-255; is changed.
        masks: n Pillow images from ``_mask``.
        centre: (n, 2), where the glyphs' centres come to lie, x and y in pixels.
        scale: (n,), 1 keeps the size of the mask.
        angle: (n,), degrees, positive is anticlockwise.
        ink: float32 (n, 3), RGB, 0-255.
    """
    from PIL import Image

    cos = np.cos(np.radians(angle)) / scale
    sin = np.sin(np.radians(angle)) / scale
    # From a scene's coordinates to those of the glyph, as Pillow wants it.
    x0 = _CELL / 2 - cos * centre[:, 0] + sin * centre[:, 1]
    y0 = _CELL / 2 - sin * centre[:, 0] - cos * centre[:, 1]
    moves = np.stack([cos, -sin, x0, sin, cos, y0], axis=1).tolist()
    affine, smooth = Image.Transform.AFFINE, Image.Resampling.BILINEAR
    covers = [
        np.asarray(mask.transform((SIZE, SIZE), affine, move, smooth))
        for mask, move in zip(masks, moves, strict=True)
    ]
    alpha = np.stack(covers)[..., None] / np.float32(255)  # (n, 32, 32, 1)
    canvas += alpha * (ink[:, None, None, :] - canvas)


def _background(rng, ink, style):
    """Patches of colour whose mean brightness keeps its distance from the ink's.

    Args:
        rng: draws the colours and the patches.
        ink: float32 (n, 3), RGB, 0-255.
        style: its contrast and texture are used.

    Returns:
        float32 (n, 32, 32, 3); may lie outside of 0-255.
    """
    n = len(ink)
    luma = np.float32([0.299, 0.587, 0.114])
    base = rng.uniform(20, 235, (n, 3)).astype("float32")
    gap = base @ luma - ink @ luma
    # Dark grounds for bright ink, and the other way round.
    side = np.where(ink @ luma > 127, -1, 1)
    short = np.abs(gap) < style.contrast
    base[short] += (side * style.contrast - gap)[short, None]
    grid = rng.normal(0, style.texture, (n, 5, 5, 3)).astype("float32")
    at = np.linspace(0, 4, SIZE)
    blend = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(5)))  # (32, 5), bilinear
    blend = blend.astype("float32")
    patches = np.einsum("yi,nijc,xj->nyxc", blend, grid, blend, optimize=True)
    return base[:, None, None, :] + patches


def _scatter(rng, canvas, fonts, marks):
    """Lay punctuation around the middle of each canvas (n, 32, 32, 3), in place.

    `marks` is their number in each scene.
    """
    n = len(canvas)
    for _ in range(marks):
        mark = rng.integers(len(_CLUTTER), size=n)
        face = rng.integers(len(fonts), size=n)
        masks = [_mask(fonts[f], _CLUTTER[m]) for f, m in zip(face, mark, strict=True)]
        way = rng.uniform(0, 2 * np.pi, n)
        far = rng.uniform(12, 20, n)
        centre = SIZE / 2 + np.stack([far * np.cos(way), far * np.sin(way)], axis=1)
        ink = rng.uniform(0, 255, (n, 3)).astype("float32")
        scale = rng.uniform(0.4, 0.9, n)
        angle = rng.uniform(-180, 180, n)
        _stamp(canvas, masks, centre, scale, angle, ink)


def _chunk(rng, symbols, symbol, fonts, style):
    """Scenes of these symbols, all drawn at once.

    Args:
        rng: draws everything else.
        symbols: the characters.
        symbol: int64 (n,), index into `symbols`.
        fonts: names of matplotlib's fonts.
        style: how difficult the scenes are.
    """
    n = len(symbol)
    palette = np.float32(list(COLOURS.values()))
    font = rng.integers(len(fonts), size=n)
    colour = rng.integers(len(palette), size=n)
    angle = rng.uniform(-style.turn, style.turn, n).astype("float32")
    ink = np.clip(palette[colour] + rng.normal(0, 12, (n, 3)), 0, 255).astype("float32")
    canvas = _background(rng, ink, style)
    _scatter(rng, canvas, fonts, style.clutter)
    masks = [_mask(fonts[f], symbols[s]) for f, s in zip(font, symbol, strict=True)]
    centre = SIZE / 2 + rng.uniform(-style.shift, style.shift, (n, 2))
    _stamp(canvas, masks, centre, rng.uniform(*style.scale, n), angle, ink)
    canvas += rng.normal(0, style.noise, canvas.shape)
    images = np.clip(canvas, 0, 255).astype("uint8", order="C")
    return Scenes(images, symbol, colour, angle, font)


def draw(
    symbols: str,
    n: int,
    seed: int,
    *,
    fonts: tuple[str, ...] = TRAIN_FONTS,
    style: Style | None = None,
) -> Scenes:
    """Draw n scenes in random order. The counts of symbols differ by at most one.

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
            f"expected symbols, fonts and n >= 1, got {symbols!r}, {fonts!r} "
            f"and n={n}: name at least one of each"
        )
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.arange(n) % len(symbols))
    parts = [
        _chunk(rng, symbols, order[i : i + 512], fonts, style or Style())
        for i in range(0, n, 512)
    ]
    names = [field.name for field in fields(Scenes)]
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
    """One scene with the symbol and the properties that you choose.

    Each argument changes only its own property; the rest depends on the seed only.

    Args:
        symbol: one character, in the middle, in bold DejaVu Sans.
        angle: degrees, positive is anticlockwise.
        scale: size of the symbol; at 1 a capital is about 26 pixels high.
        clutter: number of other marks; one mark more does not move the others.
        contrast: difference in brightness between symbol and background, 0-255; at 0
            the colours are the same, too.
        seed: of the background, the marks and the noise.

    Returns:
        uint8 (32, 32, 3), RGB.

    Raises:
        ValueError: not one character, or a size that is not positive.
    """
    if len(symbol) != 1 or scale <= 0:
        raise ValueError(
            f"expected one character and scale > 0, got {symbol!r} and {scale}: "
            "draw one symbol"
        )
    ground, marks, noise = np.random.default_rng(seed).spawn(3)
    canvas = _background(ground, np.zeros((1, 3), "float32"), Style(contrast=0))
    _scatter(marks, canvas, TRAIN_FONTS, clutter)
    ink = _ink(ground, canvas.mean(axis=(1, 2)), contrast)
    one = np.ones(1, "float32")
    middle = SIZE / 2 * np.ones((1, 2))
    masks = [_mask("DejaVuSans-Bold", symbol)]
    _stamp(canvas, masks, middle, scale * one, angle * one, ink)
    canvas += noise.normal(0, Style().noise, canvas.shape)
    return np.clip(canvas[0], 0, 255).astype("uint8")


def _ink(rng, mean, contrast):
    """An ink for one background.

    Args:
        rng: draws one of ``COLOURS``.
        mean: float32 (1, 3), mean colour of the background, 0-255.
        contrast: difference in brightness, 0-255. At 120 the ink stands out as in the
            tasks; below, it moves towards the background's colour.

    Returns:
        float32 (1, 3), RGB, 0-255.
    """
    hues = np.array(list(COLOURS.values()), "float32")
    hue = hues[rng.integers(len(COLOURS), size=1)]
    luma = np.array([0.299, 0.587, 0.114], "float32")
    side = 120 if mean @ luma < 127 else -120  # bright on dark, dark on bright
    full = hue + ((mean - hue) @ luma + side)[:, None]
    return np.clip(mean + contrast / 120 * (full - mean), 0, 255).astype("float32")
