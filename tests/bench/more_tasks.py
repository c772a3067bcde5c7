"""Five more target tasks, of other kinds than those of ``untuned_tasks``.

Nothing is downloaded. They were added for ``left_out``, which leaves whole targets
out and so needs more of them; no number of ``untuned`` was measured on them.
"""

import io
from functools import cache

import numpy as np
from untuned_tasks import (
    POOL,
    SIZE,
    TARGETS,
    TEST,
    Pictures,
    Target,
    drawn,
    pieces_of_photographs,
    pixels,
)

from tlkit import glyphs

MOODS = ("happy", "sad", "surprised", "angry", "asleep")
CURVES = ("line", "parabola", "sine", "steps", "saw", "pulse")
SYMMETRIES = ("none", "left-right", "top-bottom", "half turn")
DAMAGES = ("sharp", "blurred", "noisy", "coarse", "JPEG")


def face(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A drawn face, uint8 (32, 32, 3); place, size, tilt and colours are drawn.

    Args:
        kind: one of ``MOODS``.
        rng: draws the rest.
    """
    from PIL import Image, ImageDraw

    edge = 4 * SIZE  # drawn larger, then made small: smooth edges
    image = Image.new("L", (edge, edge), 0)
    pen = ImageDraw.Draw(image)
    x, y = edge / 2 + rng.uniform(-12, 12, 2)
    r = rng.uniform(38, 52)
    pen.ellipse((x - r, y - r, x + r, y + r), outline=255, width=6)
    for side in (-1, 1):
        eye = x + side * r * 0.4, y - r * 0.3
        if kind == "asleep":
            pen.line((eye[0] - 9, eye[1], eye[0] + 9, eye[1]), fill=255, width=6)
        else:
            wide = 10 if kind == "surprised" else 7
            pen.ellipse(
                (eye[0] - wide, eye[1] - wide, eye[0] + wide, eye[1] + wide), fill=255
            )
        if kind == "angry":
            inner = eye[0] - side * 10, eye[1] - 8
            pen.line((*inner, eye[0] + side * 12, eye[1] - 20), fill=255, width=6)
    mouth = x - r * 0.45, y + r * 0.15, x + r * 0.45, y + r * 0.65
    if kind == "happy":
        pen.arc(mouth, 10, 170, fill=255, width=6)
    elif kind in ("sad", "angry"):
        pen.arc((mouth[0], mouth[1] + 10, mouth[2], mouth[3] + 10), 190, 350, 255, 6)
    elif kind == "surprised":
        pen.ellipse((x - 11, y + r * 0.25, x + 11, y + r * 0.25 + 24), outline=255)
    else:
        pen.line((mouth[0] + 8, y + r * 0.45, mouth[2] - 8, y + r * 0.45), 255, 6)
    turned = image.rotate(rng.uniform(-20, 20), Image.Resampling.BILINEAR)
    small = turned.resize((SIZE, SIZE), Image.Resampling.BOX)
    return pixels(np.asarray(small) / 255, rng)


def curve(kind: str, rng: np.random.Generator) -> np.ndarray:
    """The plot of a function, uint8 (32, 32, 3); scale, place and colours are drawn.

    Args:
        kind: one of ``CURVES``.
        rng: draws the rest.
    """
    from PIL import Image, ImageDraw

    edge = 4 * SIZE
    t = np.linspace(0, 1, 200)
    periods, phase, sign = rng.uniform(1.5, 3), rng.uniform(0, 1), rng.choice([-1, 1])
    along = periods * t + phase
    if kind == "line":
        values = t * 2 - 1
    elif kind == "parabola":
        values = 2 * (2 * t - rng.uniform(0.7, 1.3)) ** 2 - 1
    elif kind == "sine":
        values = np.sin(2 * np.pi * along)
    elif kind == "steps":
        values = np.floor(t * rng.integers(3, 6)) / 2 - 1
    elif kind == "saw":
        values = 2 * (along % 1) - 1
    else:
        values = 2.0 * (along % 1 < rng.uniform(0.2, 0.8)) - 1
    values = (values - values.mean()) / np.ptp(values)
    values = edge / 2 + sign * edge * rng.uniform(0.4, 0.75) * values
    values += rng.uniform(-10, 10)
    image = Image.new("L", (edge, edge), 0)
    points = list(zip(t * edge, values, strict=True))
    ImageDraw.Draw(image).line(points, fill=255, width=int(rng.integers(5, 9)))
    small = image.resize((SIZE, SIZE), Image.Resampling.BOX)
    return pixels(np.asarray(small) / 255, rng)


def blot(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A blot with a symmetry, uint8 (32, 32, 3); its form and colours are drawn.

    Args:
        kind: one of ``SYMMETRIES``.
        rng: draws the rest.
    """
    from scipy.ndimage import gaussian_filter

    values = gaussian_filter(rng.normal(size=(SIZE, SIZE)), rng.uniform(1.5, 2.5))
    if kind == "left-right":
        values = values + values[:, ::-1]
    elif kind == "top-bottom":
        values = values + values[::-1]
    elif kind == "half turn":
        values = values + values[::-1, ::-1]
    return pixels((values > 0).astype(float), rng)


@cache
def colours() -> tuple[Pictures, Pictures]:
    """The kit's scenes, asked for the colour of their digit."""

    def scenes(n: int, seed: int) -> Pictures:
        found = glyphs.draw(glyphs.DIGITS, n, seed)
        return Pictures(found.images, found.colour)

    return scenes(POOL, 790), scenes(TEST, 791)


@cache
def damaged_photographs() -> tuple[Pictures, Pictures]:
    """Pieces of photographs, each damaged in one of five ways."""

    def changed(piece: np.ndarray, label: int, rng: np.random.Generator) -> np.ndarray:
        return damaged(piece, DAMAGES[label], rng)

    return pieces_of_photographs(changed, len(DAMAGES), SIZE, 800)


def damaged(piece: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """A picture with a damage, as strong as `rng` says.

    Args:
        piece: uint8 (32, 32, 3).
        kind: one of ``DAMAGES``; "sharp" is none.
        rng: draws how strong it is.
    """
    from PIL import Image, ImageFilter

    image = Image.fromarray(piece)
    if kind == "blurred":
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.8, 1.8)))
    elif kind == "noisy":
        noise = rng.normal(0, rng.uniform(10, 30), piece.shape)
        return np.clip(piece + noise, 0, 255).astype("uint8")
    elif kind == "coarse":
        edge = int(rng.choice([8, 11, 16]))
        nearest = Image.Resampling.NEAREST
        image = image.resize((edge, edge), Image.Resampling.BOX)
        image = image.resize((SIZE, SIZE), nearest)
    elif kind == "JPEG":
        file = io.BytesIO()
        image.save(file, "JPEG", quality=int(rng.integers(5, 20)))
        image = Image.open(file)
    return np.asarray(image)


ALL: dict[str, Target] = TARGETS | {
    one.name: one
    for one in (
        Target(
            "faces", "which mood has the face? (drawn)", MOODS, drawn(MOODS, face, 810)
        ),
        Target(
            "curves",
            "which function is plotted? (drawn)",
            CURVES,
            drawn(CURVES, curve, 820),
        ),
        Target(
            "symmetry",
            "which symmetry has the blot? (drawn)",
            SYMMETRIES,
            drawn(SYMMETRIES, blot, 830),
        ),
        Target(
            "colours",
            "which colour has the digit? (the kit's scenes)",
            tuple(glyphs.COLOURS),
            colours,
        ),
        Target(
            "damaged-photographs",
            "how is the piece damaged? (scikit-learn's two photographs)",
            DAMAGES,
            damaged_photographs,
        ),
    )
}
