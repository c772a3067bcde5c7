"""The loss of one picture over all ways to share probability among three classes."""

from collections.abc import Sequence

import numpy as np

from tlkit.plots import FAINT, INK, PALETTE

from ..widgets import Explorer, explore
from .arrays import softmax

NAMES = ("3", "5", "8")
HALF = 3**-0.5  # half the side of an equilateral triangle of height 1


def loss_surface() -> Explorer:
    """The point of three logits on the loss surface, by sliders, for one true class."""
    from ipywidgets import FloatSlider, ToggleButtons

    sliders = {}
    for name, start in zip(NAMES, (0.0, 1.5, 0.5), strict=True):
        words = f"logit of {name}"
        sliders[name] = FloatSlider(start, min=-6, max=6, step=0.25, description=words)
    true = ToggleButtons(options=NAMES, description="true class")
    return explore(draw_loss_surface, size=(5.2, 5.6), true=true, **sliders)


def draw_loss_surface(figure, true: str, **logits: float) -> str:
    """Draw the triangle of probabilities, darker where the loss is larger, and a point.

    The point is where the logits put us. The true class stands on top, so height is its
    probability, and that is all that the loss looks at. The arrow is one step of
    gradient descent, size 1, on the logits.

    Args:
        figure: an empty matplotlib Figure.
        true: name of the true class.
        **logits: name -> logit of each of the three classes.

    Returns:
        the figure in words, with the loss and the gradient.
    """
    names = [true, *(name for name in logits if name != true)]
    values = np.array([logits[name] for name in names])
    target = np.array([1.0, 0.0, 0.0])
    p = softmax(values)
    loss, gradient = -np.log(p[0]), p - target
    figure.set_layout_engine("none")  # finding places would double the time
    above = figure.add_axes((0.01, 0.38, 0.98, 0.53))
    below = figure.add_axes((0.1, 0.1, 0.88, 0.25))
    _triangle(above, names)
    _point(above, p, softmax(values - gradient))
    title = (
        f"loss {loss:.3f} nats = {loss / np.log(2):.3f} bits\n"
        "lines: equal loss (nats); arrow: one step of descent"
    )
    above.set_title(title, fontsize=11, color=INK)
    _bars(below, names, p, target)
    words = [
        f"{name}: {share:.2f} ({slope:+.2f})"
        for name, share, slope in zip(names, p, gradient, strict=True)
    ]
    return (
        f"True class {true}. Loss {loss:.3f} nats. Probability and, in brackets, "
        f"gradient of each class: {', '.join(words)}."
    )


def _place(p) -> tuple[float, float]:
    """Where probabilities (true, second, third) lie in the triangle."""
    return HALF * (p[2] - p[1]), p[0]


def _point(ax, p: np.ndarray, after: np.ndarray) -> None:
    """The point of some probabilities, and an arrow to those after a step."""
    arrow = {"arrowstyle": "-|>", "color": INK, "lw": 1.8, "shrinkA": 5, "shrinkB": 0}
    ax.annotate("", _place(after), _place(p), arrowprops=arrow)
    ax.plot(*_place(p), "o", ms=11, color=PALETTE["fine_tune"], mec=INK, mew=1.5)


def _bars(ax, names: Sequence[str], p: np.ndarray, target: np.ndarray) -> None:
    """The probabilities as bars, the wanted ones dashed, the gradient in a column."""
    ax.barh(names, p, color=PALETTE["probe"], height=0.55)
    ax.barh(names, target, fill=False, ec=INK, lw=1.5, ls="--", height=0.7)
    shares = ["ŷ", *(f"{share:.2f}" for share in p)]
    slopes = ["ŷ − y", *(f"{slope:+.2f}" for slope in p - target)]
    for row, share, slope in zip((-0.6, 0, 1, 2), shares, slopes, strict=True):
        ax.text(1.08, row, share, va="center", fontsize=11, color=INK)
        ax.text(1.4, row, slope, va="center", fontsize=11, color=INK)
    ax.set(xlim=(0, 1.75), ylim=(2.5, -0.9), xticks=(0, 0.5, 1))
    ax.set(xlabel="probability (dashed: wanted)", ylabel="class")
    ax.spines[["top", "right"]].set_visible(False)


def _triangle(ax, names: Sequence[str]) -> None:
    """All ways to share probability, darker where the loss is larger.

    Args:
        ax: where.
        names: of the classes, the true one first.
    """
    from matplotlib.patches import Polygon

    corners = Polygon([_place(row) for row in np.eye(3)], fill=False, ec=INK, lw=1.5)
    ax.add_patch(corners)
    heights = np.linspace(0.5 / 200, 1 - 0.5 / 200, 200)[:, None]
    look = {"origin": "lower", "cmap": "Blues", "vmax": 5, "aspect": "equal"}
    image = ax.imshow(-np.log(heights), extent=(-HALF, HALF, 0, 1), **look)
    image.set_clip_path(corners)
    for loss in (0.25, 0.5, 1, 2):
        height = np.exp(-loss)
        half = HALF * (1 - height)
        ax.plot([-half, half], [height, height], color=FAINT, lw=1)
        ax.text(half + 0.03, height, f"{loss:g}", va="center", fontsize=10, color=INK)
    middle = {"ha": "center", "fontsize": 10.5, "color": INK}
    true, second, third = names
    ax.text(0, 1.03, f"surely {true} (true)", **middle)
    ax.text(-HALF, -0.09, f"surely {second}", **middle)
    ax.text(HALF, -0.09, f"surely {third}", **middle)
    ax.set(xlim=(-0.75, 0.75), ylim=(-0.14, 1.12))
    ax.axis("off")
