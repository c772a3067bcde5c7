"""Sliders that spoil a picture, and what a trained model says about it meanwhile."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tlkit import glyphs, plots

from ..widgets import Explorer, explore
from .arrays import softmax

if TYPE_CHECKING:
    from tlkit.training import Run  # imports Keras

SIZE = (6.3, 3.6)  # of the figure, inches
GREY = "#c8c8c8"


def playground(run: "Run", seed: int = 6) -> Explorer:
    """Turn, shrink, fade and clutter a picture until the model is wrong.

    Args:
        run: a trained model. If its classes are the ten digits, a digit is drawn; else
            a test picture is spoilt.
        seed: of the drawn background, marks and noise; the default is a scene in which
            all ten digits can be read.
    """
    if "".join(run.task.classes) == glyphs.DIGITS:

        def draw_digit(figure, **chosen) -> str:
            return _drawn(figure, run, seed, **chosen)

        return explore(draw_digit, SIZE, **_digit_controls())

    def draw_photo(figure, **chosen) -> str:
        return _spoilt(figure, run, seed, **chosen)

    return explore(draw_photo, SIZE, **_photo_controls(len(run.task.test)))


def probabilities(run: "Run", image: np.ndarray) -> np.ndarray:
    """What the model says about one image.

    Args:
        run: with a model that gives logits.
        image: uint8 (h, w, 3).

    Returns:
        float (classes,), which add up to 1.
    """
    logits = run.model.predict_on_batch(image[None].astype("float32"))
    return softmax(np.asarray(logits)[0])


def spoil(
    image: np.ndarray,
    *,
    angle: float,
    scale: float,
    contrast: float,
    noise: float,
    seed: int,
) -> np.ndarray:
    """A picture that is turned, scaled about its middle, faded and made noisy.

    Args:
        image: uint8 (h, w, 3).
        angle: degrees, positive is anticlockwise.
        scale: 1 leaves the size as it is.
        contrast: 1 leaves it as it is, 0 leaves the mean colour.
        noise: standard deviation, of 255.
        seed: of the noise.

    Returns:
        uint8 (h, w, 3).
    """
    from PIL import Image

    height, width = image.shape[:2]
    mean = image.mean(axis=(0, 1))
    # Pillow wants, for each place of the result, where it comes from.
    cos, sin = np.cos(np.radians(angle)) / scale, np.sin(np.radians(angle)) / scale
    right = (width - cos * width + sin * height) / 2
    down = (height - sin * width - cos * height) / 2
    turned = Image.fromarray(image).transform(
        (width, height),
        Image.Transform.AFFINE,
        (cos, -sin, right, sin, cos, down),
        Image.Resampling.BILINEAR,
        fillcolor=tuple(map(int, mean)),
    )
    added = np.random.default_rng(seed).normal(0, 1, image.shape) * noise
    faded = mean + contrast * (np.asarray(turned) - mean)
    return np.clip(faded + added, 0, 255).astype("uint8")


def draw(
    figure,
    image: np.ndarray,
    shares: np.ndarray,
    true: int,
    classes: Sequence[str],
    words: str,
) -> str:
    """Draw the picture beside the probability of each class, the true one marked.

    Args:
        figure: an empty matplotlib Figure.
        image: uint8 (h, w, 3).
        shares: probabilities, float (classes,).
        true: index of the true class.
        classes: their names.
        words: how the picture was made.

    Returns:
        the figure in words.
    """
    best = int(shares.argmax())
    margin = shares[true] - np.delete(shares, true).max()
    figure.set_layout_engine("none")  # finding places would take longer than the rest
    left = figure.add_axes((0.01, 0.09, 0.36, 0.76))
    left.imshow(image, interpolation="nearest")
    left.axis("off")
    _bars(figure.add_axes((0.57, 0.17, 0.4, 0.67)), shares, true, best, classes)
    verdict = "✓" if best == true else "✗ fooled:"
    answer = f"{verdict} the model says {classes[best]}"
    figure.text(0.02, 0.93, answer, fontsize=12, weight="bold")
    signed = f"{margin:+.2f}".replace("-", "−")
    figure.text(0.57, 0.86, f"margin {signed}: true − best other", fontsize=11)
    return (
        f"{words} The model says {classes[best]} with probability {shares[best]:.2f}; "
        f"{classes[true]} is true and gets {shares[true]:.2f}. Margin {margin:+.2f}."
    )


def _bars(ax, shares: np.ndarray, true: int, best: int, classes: Sequence[str]) -> None:
    """A bar for each class; only the true and the named one in colour."""
    colours = [GREY] * len(shares)
    colours[best] = plots.PALETTE["scratch"]
    colours[true] = plots.PALETTE["probe"]
    ax.barh(range(len(shares)), shares, color=colours)
    for i in {true, best}:
        ax.text(shares[i] + 0.02, i, f"{shares[i]:.2f}", va="center", fontsize=11)
    names = list(classes)
    names[true] = f"true ▸ {names[true]}"
    ax.set_yticks(range(len(shares)), names)
    ax.set(xlim=(0, 1.15), ylim=(len(shares) - 0.4, -0.6), xticks=(0, 0.5, 1))
    ax.set_xlabel("probability", fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)


def _drawn(figure, run: "Run", seed: int, digit: str, **style) -> str:
    """A drawn digit, and the answer to it."""
    image = glyphs.scene(digit, seed=seed, **style)
    words = (
        f"A drawn {digit}, turned by {style['angle']:.0f} degrees, size "
        f"{style['scale']:.2f}, among {style['clutter']} other marks, contrast "
        f"{style['contrast']:.0f}."
    )
    true, shares = glyphs.DIGITS.index(digit), probabilities(run, image)
    return draw(figure, image, shares, true, run.task.classes, words)


def _spoilt(figure, run: "Run", seed: int, picture: int, **style) -> str:
    """A spoilt test picture, and the answer to it."""
    image = spoil(run.task.test.images[picture], seed=seed, **style)
    words = (
        f"Test picture {picture}, turned by {style['angle']:.0f} degrees, size "
        f"{style['scale']:.2f}, contrast {style['contrast']:.2f}, noise "
        f"{style['noise']:.0f}."
    )
    true, shares = int(run.task.test.labels[picture]), probabilities(run, image)
    return draw(figure, image, shares, true, run.task.classes, words)


def _digit_controls() -> dict[str, Any]:
    """The controls for a drawn digit."""
    from ipywidgets import Dropdown, FloatSlider, IntSlider

    digits = list(glyphs.DIGITS)
    return {
        "digit": Dropdown(options=digits, value="3", description="digit"),
        "angle": IntSlider(
            0, min=-180, max=180, step=5, description="rotation, degrees"
        ),
        "scale": FloatSlider(0.8, min=0.25, max=1.2, step=0.05, description="size"),
        "clutter": IntSlider(3, min=0, max=12, description="clutter, other marks"),
        "contrast": IntSlider(
            120, min=0, max=200, step=5, description="contrast, 0 to 255"
        ),
    }


def _photo_controls(pictures: int) -> dict[str, Any]:
    """The controls for a number of test pictures."""
    from ipywidgets import FloatSlider, IntSlider

    return {
        "picture": IntSlider(0, min=0, max=pictures - 1, description="test picture"),
        "angle": IntSlider(
            0, min=-180, max=180, step=5, description="rotation, degrees"
        ),
        "scale": FloatSlider(1, min=0.4, max=2, step=0.05, description="size"),
        "contrast": FloatSlider(
            1, min=0, max=2, step=0.05, description="contrast, 1: as it is"
        ),
        "noise": IntSlider(0, min=0, max=100, step=2, description="noise, 0 to 255"),
    }
