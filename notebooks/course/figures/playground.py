"""Sliders that spoil a picture, and what a trained model says of it meanwhile."""

from typing import Any

import numpy as np

from tlkit import glyphs, plots
from tlkit.training import Run

from ..widgets import Explorer, explore


def playground(run: Run, seed: int = 6) -> Explorer:
    """Turn, shrink, fade and clutter a picture until the model is wrong.

    Args:
        run: a trained model. If its classes are the ten digits, a digit is drawn; else a test picture is spoilt.
        seed: of the drawn background, marks and noise; the default is a scene in which all ten digits can be read.
    """
    if "".join(run.task.classes) == glyphs.DIGITS:
        return explore(
            lambda figure, **chosen: _drawn(figure, run, seed, **chosen),
            (7.2, 3.2),
            **_digit_controls(),
        )
    controls = _photo_controls(len(run.task.test))
    return explore(
        lambda figure, **chosen: _spoilt(figure, run, seed, **chosen),
        (7.2, 3.2),
        **controls,
    )


def probabilities(run: Run, image: np.ndarray) -> np.ndarray:
    """What the model says of one image, uint8 (h, w, 3): float (classes,), which add up to 1."""
    logits = np.asarray(
        run.model.predict_on_batch(image[None].astype("float32")), "float64"
    )[0]
    raised = np.exp(logits - logits.max())
    return raised / raised.sum()


def spoil(
    image: np.ndarray,
    *,
    angle: float,
    scale: float,
    contrast: float,
    noise: float,
    seed: int,
) -> np.ndarray:
    """A picture uint8 (h, w, 3) turned, scaled about its middle, faded (contrast 1: as it was) and with noise added."""
    from PIL import Image

    height, width = image.shape[:2]
    mean = image.mean(axis=(0, 1))
    cos, sin = np.cos(np.radians(angle)) / scale, np.sin(np.radians(angle)) / scale
    move = (
        cos,
        -sin,
        (width - cos * width + sin * height) / 2,
        sin,
        cos,
        (height - sin * width - cos * height) / 2,
    )
    turned = Image.fromarray(image).transform(
        (width, height),
        Image.Transform.AFFINE,
        move,
        Image.Resampling.BILINEAR,
        fillcolor=tuple(map(int, mean)),
    )
    added = np.random.default_rng(seed).normal(0, 1, image.shape) * noise
    return np.clip(
        mean + contrast * (np.asarray(turned) - mean) + added, 0, 255
    ).astype("uint8")


def draw(
    figure, image: np.ndarray, said: np.ndarray, true: int, classes, words: str
) -> str:
    """The picture beside the probability of each class, the true one marked; returns what is shown, in words.

    Args:
        image: uint8 (h, w, 3).
        said: probabilities, float (classes,).
        true: index of the true class.
        classes: their names.
        words: how the picture was made.
    """
    others = np.delete(said, true)
    best, margin = int(said.argmax()), said[true] - others.max()
    verdict = "✓" if best == true else "✗ fooled:"
    figure.set_layout_engine(
        "none"
    )  # placed by hand: to lay it out anew would take longer than everything else
    left, right = (
        figure.add_axes((0.01, 0.1, 0.36, 0.78)),
        figure.add_axes((0.53, 0.1, 0.44, 0.78)),
    )
    left.imshow(image, interpolation="nearest")
    left.axis("off")
    colours = [
        plots.PALETTE["probe" if i == true else "scratch"]
        if i in (true, best)
        else "#c8c8c8"
        for i in range(len(said))
    ]
    right.barh(range(len(said)), said, color=colours)
    for i in {true, best}:
        right.text(said[i] + 0.02, i, f"{said[i]:.2f}", va="center", fontsize=10)
    right.set_yticks(
        range(len(said)),
        [f"{'▸ ' if i == true else ''}{name}" for i, name in enumerate(classes)],
    )
    right.set(xlim=(0, 1.15), ylim=(len(said) - 0.4, -0.6), xticks=(0, 0.5, 1))
    right.spines[["top", "right"]].set_visible(False)
    figure.text(
        0.02,
        0.91,
        f"{verdict} the model says {classes[best]}",
        fontsize=12,
        weight="bold",
    )
    figure.text(0.53, 0.91, f"probabilities; margin {margin:+.2f}", fontsize=11)
    return (
        f"{words} The model says {classes[best]} with probability {said[best]:.2f}; {classes[true]} is true and gets "
        f"{said[true]:.2f}. Margin {margin:+.2f}."
    )


def _drawn(figure, run, seed, digit, **style) -> str:
    image, true = glyphs.scene(digit, seed=seed, **style), glyphs.DIGITS.index(digit)
    words = (
        f"A drawn {digit}, turned by {style['angle']:.0f} degrees, size {style['scale']:.2f}, among "
        f"{style['clutter']} other marks, contrast {style['contrast']:.0f}."
    )
    return draw(figure, image, probabilities(run, image), true, run.task.classes, words)


def _spoilt(figure, run, seed, picture, **style) -> str:
    image, true = run.task.test.images[picture], int(run.task.test.labels[picture])
    image = spoil(image, seed=seed, **style)
    words = (
        f"Test picture {picture}, turned by {style['angle']:.0f} degrees, size {style['scale']:.2f}, contrast "
        f"{style['contrast']:.2f}, noise {style['noise']:.0f}."
    )
    return draw(figure, image, probabilities(run, image), true, run.task.classes, words)


def _digit_controls() -> dict[str, Any]:
    from ipywidgets import Dropdown, FloatSlider, IntSlider

    return {
        "digit": Dropdown(options=list(glyphs.DIGITS), value="3", description="digit"),
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
