"""Target tasks that no recipe was tuned on: drawn ones, and real ones from packages.

Nothing is downloaded. ``TARGETS`` is the list. Those that are `kept_aside` are for a
last check only: no default may be chosen with them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from tlkit_course import beyond

import tlkit as tk
from tlkit import glyphs
from tlkit.tasks import in_shares

SIZE = 32  # height and width of a picture, pixels
POOL, TEST = 1000, 600  # pictures that are drawn: for the labels, and for the test
GREEK = "αβγδεζηθλμπφ"
# Of the kit's typefaces those that have Greek letters.
GREEK_FONTS = tuple(
    name for name in glyphs.TRAIN_FONTS if name.startswith(("DejaVu", "STIX"))
)
GREEK_TEST_FONTS = tuple(
    name for name in glyphs.TEST_FONTS if name.startswith(("DejaVu", "STIX"))
)
TYPEFACES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral", "cmr10")
TEXTURES = ("stripes", "checks", "rings", "spots", "clouds", "grain")
SHAPES = ("disc", "ring", "triangle", "square", "pentagon", "star", "cross", "moon")
TURNS = ("0°", "90°", "180°", "270°")
DOTS = ("1", "2", "3", "4", "5", "6")


@dataclass(frozen=True, eq=False)
class Pictures:
    """Labelled pictures, uint8 (n, 32, 32, 3), RGB, and their classes, int64 (n,)."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Target:
    """A target task.

    Attributes:
        name: on the command line and in the results.
        question: in words, with where the pictures come from.
        classes: in the order of the labels.
        pictures: gives a pool that labels are drawn from, and the test pictures.
        kept_aside: only for a last check.
    """

    name: str
    question: str
    classes: tuple[str, ...]
    pictures: Callable[[], tuple[Pictures, Pictures]]
    kept_aside: bool = False

    def task(self, labels_per_class: int, seed: int) -> tk.Task:
        """The task with so many labels of each class; a fifth of them is for
        validation.

        Args:
            labels_per_class: at least 2, at most as many as the pool has.
            seed: which labels are drawn. The test split does not depend on it.

        Raises:
            ValueError: fewer than 2, or the pool has fewer of a class.
        """
        pool, test = self.pictures()
        least = int(np.bincount(pool.labels, minlength=len(self.classes)).min())
        if not 2 <= labels_per_class <= least:
            raise ValueError(
                f"{self.name}: expected 2 to {least} labels per class, got "
                f"{labels_per_class}. Next: ask for a number in between"
            )
        order = in_shares(pool.labels, seed)
        held, train = [], []
        for label in range(len(self.classes)):
            rows = order[pool.labels[order] == label][:labels_per_class]
            cut = max(1, labels_per_class // 5)
            held.append(rows[:cut])
            train.append(rows[cut:])
        whole = tk.Split(pool.images, pool.labels)
        return tk.Task(
            self.name,
            self.question,
            self.classes,
            train=whole.pick(np.sort(np.concatenate(train))),
            validation=whole.pick(np.sort(np.concatenate(held))),
            test=tk.Split(test.images, test.labels),
            mirror=False,
            labels_per_class=labels_per_class,
            seed=seed,
        )


def _resized(images: np.ndarray) -> np.ndarray:
    """Grey pictures, uint8 (n, h, w), as uint8 (n, 32, 32, 3)."""
    from PIL import Image

    def one(image: np.ndarray) -> np.ndarray:
        small = Image.fromarray(image).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
        return np.asarray(small)

    return np.repeat(np.stack([one(image) for image in images])[..., None], 3, axis=3)


@cache
def handwritten() -> tuple[Pictures, Pictures]:
    """Digits that people wrote (scikit-learn's ``load_digits``, 8 x 8 pixels).

    The test pictures are the last ones, which other people wrote than the first ones.
    """
    from sklearn.datasets import load_digits

    found = load_digits()
    images = _resized((found.images * 255 / 16).astype("uint8"))
    labels = found.target.astype("int64")
    return (
        Pictures(images[:POOL], labels[:POOL]),
        Pictures(images[-TEST:], labels[-TEST:]),
    )


def _in_turn(
    classes: tuple[str, ...],
    draw: Callable[[str, np.random.Generator], np.ndarray],
    n: int,
    seed: int,
) -> Pictures:
    """n pictures, each class in its turn; `draw` gives one, uint8 (32, 32, 3)."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % len(classes)
    return Pictures(np.stack([draw(classes[c], rng) for c in labels]), labels)


def pixels(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture between two colours, with noise: uint8 (32, 32, 3).

    Args:
        values: float (32, 32), 0-1, how much of the second colour.
        rng: draws the colours, of which each channel differs, and the noise.
    """
    first = rng.uniform(0, 255, 3)
    second = (first + rng.uniform(90, 165) * rng.choice([-1, 1])) % 256
    mixed = first + values[..., None] * (second - first)
    return np.clip(mixed + rng.normal(0, 12, mixed.shape), 0, 255).astype("uint8")


def _grid(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the pixels, turned at random about a random point near the
    middle: two arrays, float (32, 32), in pixels.
    """
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2 + rng.uniform(-5, 5, (2, 1, 1))
    angle = rng.uniform(0, 2 * np.pi)
    return np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y


def texture(kind: str, rng: np.random.Generator) -> np.ndarray:
    """One texture, uint8 (32, 32, 3); scale, angle, place and colours are drawn.

    Args:
        kind: one of ``TEXTURES``.
        rng: draws the rest.
    """
    from scipy.ndimage import gaussian_filter

    x, y = _grid(rng)
    wave = 2 * np.pi / rng.uniform(5, 12)
    if kind == "stripes":
        values = np.sin(wave * x)
    elif kind == "checks":
        values = np.sign(np.sin(wave * x) * np.sin(wave * y))
    elif kind == "rings":
        values = np.sin(wave * np.hypot(x, y))
    elif kind == "spots":
        values = np.where(np.cos(wave * x) + np.cos(wave * y) > 1, 1.0, -1.0)
    else:
        width = rng.uniform(2.5, 4) if kind == "clouds" else rng.uniform(0.6, 1.2)
        values = gaussian_filter(rng.normal(size=(SIZE, SIZE)), width, mode="wrap")
        values = np.clip(values / values.std(), -1.5, 1.5)
    low, high = values.min(), values.max()
    return pixels((values - low) / (high - low), rng)


def shape(kind: str, rng: np.random.Generator) -> np.ndarray:
    """One filled shape, uint8 (32, 32, 3); place, size, angle and colours are drawn.

    Args:
        kind: one of ``SHAPES``.
        rng: draws the rest.
    """
    x, y = _grid(rng)
    radius = rng.uniform(7, 11)
    away, angle = np.hypot(x, y), np.arctan2(y, x)
    corners = {"triangle": 3, "square": 4, "pentagon": 5}
    if kind in corners:
        sector = 2 * np.pi / corners[kind]
        inside = away * np.cos(angle % sector - sector / 2) < radius * np.cos(
            sector / 2
        )
    elif kind == "star":
        inside = away < radius * (0.7 + 0.35 * np.cos(5 * angle))
    elif kind == "cross":
        inside = (np.minimum(abs(x), abs(y)) < radius / 4) & (away < radius)
    elif kind == "ring":
        inside = (away < radius) & (away > radius * 0.6)
    elif kind == "moon":
        inside = (away < radius) & (np.hypot(x - radius * 0.6, y) > radius * 0.8)
    else:
        inside = away < radius * 0.85
    return pixels(inside.astype(float), rng)


def dots(kind: str, rng: np.random.Generator) -> np.ndarray:
    """So many dots that do not touch, uint8 (32, 32, 3).

    Args:
        kind: one of ``DOTS``.
        rng: draws places, radii and colours.
    """
    y, x = np.mgrid[:SIZE, :SIZE]
    values = np.zeros((SIZE, SIZE))
    known: list[tuple[float, float, float]] = []
    while len(known) < int(kind):
        across, down = rng.uniform(5, SIZE - 5, 2)
        radius = rng.uniform(1.8, 3.6)
        if all(np.hypot(across - a, down - d) > radius + r + 1.5 for a, d, r in known):
            known.append((across, down, radius))
            values[np.hypot(x - across, y - down) < radius] = 1
    return pixels(values, rng)


def drawn(classes: tuple[str, ...], draw, seed: int):
    """Gives a pool and test pictures that `draw` draws one by one."""

    @cache
    def pictures() -> tuple[Pictures, Pictures]:
        return (
            _in_turn(classes, draw, POOL, seed),
            _in_turn(classes, draw, TEST, seed + 1),
        )

    return pictures


def _sounds(kinds: tuple[str, ...], seed: int):
    """Gives a pool and test pictures of notebook 12's sounds, as spectrograms."""

    @cache
    def pictures() -> tuple[Pictures, Pictures]:
        return (
            Pictures(*beyond.sounds(POOL, seed, kinds)),
            Pictures(*beyond.sounds(TEST, seed + 1, kinds)),
        )

    return pictures


@cache
def typefaces() -> tuple[Pictures, Pictures]:
    """The kit's scenes, asked for the typeface of their digit."""

    def scenes(n: int, seed: int) -> Pictures:
        found = glyphs.draw(glyphs.DIGITS, n, seed, fonts=TYPEFACES)
        return Pictures(found.images, found.font)

    return scenes(POOL, 730), scenes(TEST, 731)


@cache
def greek() -> tuple[Pictures, Pictures]:
    """The kit's scenes with Greek letters; the test's typefaces were kept aside."""

    def scenes(n: int, seed: int, fonts: tuple[str, ...]) -> Pictures:
        found = glyphs.draw(GREEK, n, seed, fonts=fonts)
        return Pictures(found.images, found.symbol)

    return scenes(POOL, 750, GREEK_FONTS), scenes(TEST, 751, GREEK_TEST_FONTS)


def pieces_of_photographs(
    changed: Callable[[np.ndarray, int, np.random.Generator], np.ndarray],
    classes: int,
    edge: int,
    seed: int,
) -> tuple[Pictures, Pictures]:
    """Pieces of scikit-learn's two photographs, each changed as its class says.

    The pool comes from the left of each photograph, the test from the right: no pixel
    is in both.

    Args:
        changed: of a piece, uint8 (edge, edge, 3), its class and a generator, what is
            shown, uint8 (32, 32, 3).
        classes: how many.
        edge: of a piece, pixels.
        seed: of the pool; that of the test is one more.
    """
    from sklearn.datasets import load_sample_images

    photographs = load_sample_images().images  # two, uint8 (427, 640, 3)

    def pieces(n: int, seed: int, left: int, right: int) -> Pictures:
        rng = np.random.default_rng(seed)
        labels = np.arange(n) % classes
        found = []
        for i, label in enumerate(labels):
            photograph = photographs[i // classes % 2]
            down = rng.integers(0, len(photograph) - edge)
            across = rng.integers(left, right - edge)
            piece = photograph[down : down + edge, across : across + edge]
            found.append(changed(piece, label, rng))
        return Pictures(np.stack(found), labels)

    return pieces(POOL, seed, 0, 400), pieces(TEST, seed + 1, 400, 640)


@cache
def turned_photographs() -> tuple[Pictures, Pictures]:
    """Pieces of photographs at half their size, turned by multiples of 90°."""
    from PIL import Image

    def turned(piece: np.ndarray, label: int, _: np.random.Generator) -> np.ndarray:
        small = Image.fromarray(piece).resize((SIZE, SIZE), Image.Resampling.BOX)
        return np.rot90(np.asarray(small), label)

    return pieces_of_photographs(turned, len(TURNS), 2 * SIZE, 760)


TARGETS: dict[str, Target] = {
    one.name: one
    for one in (
        Target(
            "handwritten",
            "which digit is it? (scikit-learn's digits)",
            tuple(glyphs.DIGITS),
            handwritten,
        ),
        Target(
            "textures",
            "which texture is it? (drawn)",
            TEXTURES,
            drawn(TEXTURES, texture, 710),
        ),
        Target(
            "sounds",
            "which sound is it? (spectrograms of notebook 12)",
            beyond.KINDS,
            _sounds(beyond.KINDS, 720),
        ),
        Target(
            "typefaces",
            "in which typeface is the digit? (the kit's scenes)",
            TYPEFACES,
            typefaces,
        ),
        Target(
            "dots", "how many dots are there? (drawn)", DOTS, drawn(DOTS, dots, 740)
        ),
        Target(
            "greek",
            "which Greek letter is it? (the kit's scenes, other typefaces in the test)",
            tuple(GREEK),
            greek,
            kept_aside=True,
        ),
        Target(
            "turned-photographs",
            "how is the piece turned? (scikit-learn's two photographs)",
            TURNS,
            turned_photographs,
            kept_aside=True,
        ),
        Target(
            "shapes",
            "which shape is it? (drawn)",
            SHAPES,
            drawn(SHAPES, shape, 770),
            kept_aside=True,
        ),
        Target(
            "other-sounds",
            "which sound is it? (seven other kinds)",
            beyond.OTHER_KINDS,
            _sounds(beyond.OTHER_KINDS, 780),
            kept_aside=True,
        ),
    )
}
