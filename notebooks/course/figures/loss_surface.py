"""The loss of one picture over all ways to share probability among three classes."""

import numpy as np

from tlkit.plots import FAINT, INK, PALETTE

from ..widgets import Explorer, explore

NAMES = ("3", "5", "8")
_HALF = 3**-0.5  # half the side of an equilateral triangle of height 1


def softmax(logits) -> np.ndarray:
    """Probabilities of logits, float (c,); the largest is subtracted first, so that nothing overflows."""
    powers = np.exp(np.asarray(logits, "float64") - np.max(logits))
    return powers / powers.sum()


def draw_loss_surface(figure, true: str, **logits: float) -> str:
    """Draw the triangle of probabilities, darker where the loss is larger, and the point where the logits put us.

    The true class stands on top, so height is its probability, and all that the loss asks for. The arrow is one
    step of gradient descent, size 1, on the logits.

    Args:
        figure: an empty matplotlib Figure.
        true: name of the true class.
        **logits: name -> logit of each of the three classes.

    Returns:
        alternative text with the loss and the gradient.
    """
    names = [true, *(name for name in logits if name != true)]
    values, target = (
        np.array([logits[name] for name in names]),
        np.array([1.0, 0.0, 0.0]),
    )
    p = softmax(values)
    loss, gradient = -np.log(p[0]), p - target
    figure.set_layout_engine(
        "none"
    )  # fixed places: to find them anew would double the time of a drawing
    left, right = (
        figure.add_axes((0.01, 0.02, 0.52, 0.9)),
        figure.add_axes((0.6, 0.17, 0.39, 0.75)),
    )
    _triangle(left, names)
    (x0, y0), (x1, y1) = _place(p), _place(softmax(values - gradient))
    arrow = {"arrowstyle": "-|>", "color": INK, "lw": 1.8, "shrinkA": 5, "shrinkB": 0}
    left.annotate("", (x1, y1), (x0, y0), arrowprops=arrow)
    left.plot(x0, y0, "o", ms=11, color=PALETTE["fine_tune"], mec=INK, mew=1.5)
    left.set_title(
        f"loss {loss:.3f} nats = {loss / np.log(2):.3f} bits", fontsize=11, color=INK
    )
    right.barh(names, p, color=PALETTE["probe"], height=0.55)
    right.barh(names, target, fill=False, ec=INK, lw=1.5, ls="--", height=0.7)
    columns = (
        (1.08, "ŷ", [f"{share:.2f}" for share in p]),
        (1.4, "ŷ − y", [f"{slope:+.2f}" for slope in gradient]),
    )
    for x, name, words in columns:
        for row, word in zip((-0.6, *range(3)), (name, *words), strict=True):
            right.text(x, row, word, va="center", fontsize=11, color=INK)
    right.set(
        xlim=(0, 1.75),
        ylim=(2.5, -0.9),
        xticks=(0, 0.5, 1),
        xlabel="probability (dashed: wanted)",
        ylabel="class",
    )
    right.spines[["top", "right"]].set_visible(False)
    said = ", ".join(
        f"{name}: {share:.2f} ({slope:+.2f})"
        for name, share, slope in zip(names, p, gradient, strict=True)
    )
    return f"True class {true}. Loss {loss:.3f} nats. Probability and, in brackets, gradient of each class: {said}."


def _place(p) -> tuple[float, float]:
    """Where probabilities (true, second, third) lie in the triangle: height is the first one."""
    return _HALF * (p[2] - p[1]), p[0]


def _triangle(ax, names) -> None:
    from matplotlib.patches import Polygon

    corners = Polygon([_place(row) for row in np.eye(3)], fill=False, ec=INK, lw=1.5)
    ax.add_patch(corners)
    heights = np.linspace(0.5 / 200, 1 - 0.5 / 200, 200)[:, None]
    image = ax.imshow(
        -np.log(heights),
        extent=(-_HALF, _HALF, 0, 1),
        origin="lower",
        cmap="Blues",
        vmax=5,
        aspect="equal",
    )
    image.set_clip_path(corners)
    for loss in (0.25, 0.5, 1, 2):
        height = np.exp(-loss)
        half = _HALF * (1 - height)
        ax.plot([-half, half], [height, height], color=FAINT, lw=1)
        ax.text(half + 0.03, height, f"{loss:g}", va="center", fontsize=10, color=INK)
    ax.text(0, 1.03, f"surely {names[0]} (true)", ha="center", fontsize=10.5, color=INK)
    for name, at in zip(names[1:], (-_HALF, _HALF), strict=True):
        ax.text(at, -0.09, f"surely {name}", ha="center", fontsize=10.5, color=INK)
    ax.set(xlim=(-0.75, 0.75), ylim=(-0.14, 1.12))
    ax.axis("off")


def loss_surface() -> Explorer:
    """Three sliders for the logits, and a choice of the true class; the point moves on the loss surface."""
    from ipywidgets import FloatSlider, ToggleButtons

    starts = zip(NAMES, (0.0, 1.5, 0.5), strict=True)
    sliders = {
        name: FloatSlider(
            start, min=-6, max=6, step=0.25, description=f"logit of {name}"
        )
        for name, start in starts
    }
    true = ToggleButtons(options=NAMES, description="true class")
    return explore(draw_loss_surface, size=(7.8, 3.6), true=true, **sliders)
