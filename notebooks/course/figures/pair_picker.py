"""Pick a source and a target: their pictures, and what the one brings to the other."""

from collections.abc import Mapping, Sequence

import numpy as np

from tlkit import evaluate, look, plots

from ..widgets import Explorer, explore
from .arrays import sheet

Scores = Mapping[str, Mapping[str, Sequence[float]]]  # source -> target -> one per seed
SHOWN = 4  # pictures of each task
SIZE = (5.2, 4.9)  # of the figure, inches


def gain(
    accuracy: Scores, source: str, target: str
) -> tuple[evaluate.Interval, np.ndarray]:
    """What a linear head gains on a source's features over the pixels themselves.

    Args:
        accuracy: "pixels" or a source -> target -> one accuracy for each seed, as in
            01_pairs.json.
        source, target: which pair.

    Returns:
        the mean gain with its interval, and the gain with each seed, float (seeds,).
    """
    each = np.subtract(accuracy[source][target], accuracy["pixels"][target])
    return evaluate.over_seeds(each, bounds=(-1, 1)), each


def pair_picker(accuracy: Scores) -> Explorer:
    """Buttons for source and target, pictures of both, and the measured gain.

    Args:
        accuracy: as for ``gain``.
    """
    from ipywidgets import ToggleButtons

    sources = [name for name in accuracy if name != "pixels"]
    targets = list(accuracy[sources[0]])
    # Every source that was trained learnt from the pictures of the letters task.
    pictures: dict[str, tuple[np.ndarray | None, str]]
    pictures = {name: _pictures("letters") for name in sources if name != "random"}
    pictures |= {name: _pictures(name) for name in targets}
    pictures["random"] = (None, "no task:\nrandom parameters")

    def draw(figure, source: str, target: str) -> str:
        figure.set_layout_engine("none")  # finding places would take half of the time
        left = figure.add_axes((0.01, 0.45, 0.48, 0.5))
        right = figure.add_axes((0.51, 0.45, 0.48, 0.5))
        below = figure.add_axes((0.05, 0.18, 0.9, 0.1))
        _show(left, f"source: {source}", *pictures[source])
        _show(right, f"target: {target}", *pictures[target])
        words = _draw_gain(below, *gain(accuracy, source, target))
        return f"Source {source}, target {target}: {words}"

    style = {"button_width": "auto"}
    return explore(
        draw,
        SIZE,
        source=ToggleButtons(options=sources, description="source", style=style),
        target=ToggleButtons(options=targets, description="target", style=style),
    )


def _pictures(name: str) -> tuple[np.ndarray, str]:
    """Four training pictures of a task as one, uint8 (h, w, 3), and their labels."""
    from tlkit.tasks import load_task

    task = load_task(name, labels_per_class=20)
    rows = plots.spread(len(task.train), SHOWN)
    one, two, three, four = (task.classes[label] for label in task.train.labels[rows])
    words = f"{one}   |   {two}\n{three}   |   {four}"
    return sheet(task.train.images[rows], columns=2), words


def _show(ax, title: str, picture: np.ndarray | None, caption: str) -> None:
    """The pictures of a task above their labels; only words where there are none."""
    ax.set_title(title, fontsize=11, color=plots.INK)
    if picture is None:
        middle = {"ha": "center", "va": "center", "fontsize": 11}
        ax.text(0.5, 0.5, caption, color=plots.FAINT, **middle)
    else:
        ax.imshow(picture, interpolation="nearest")
        ax.set_xlabel(caption, fontsize=11, color=plots.INK)
    ax.set(xticks=[], yticks=[])
    ax.set_box_aspect(1)
    ax.spines[:].set_visible(False)


def _verdict(found: evaluate.Interval) -> str:
    """What the interval of a gain shows."""
    if found.low > 0:
        return "a gain"
    if found.high < 0:
        return "a loss: negative transfer"
    return "no difference shown"


def _draw_gain(ax, found: evaluate.Interval, each: np.ndarray) -> str:
    """The gain as a bar with its interval, each seed as a dot; returns it in words."""
    colour = look.GAIN if found.mean > 0 else look.HARM
    if not found.excludes(0):
        colour = look.UNSURE
    ax.barh(0, found.mean, 0.9, color=colour, alpha=0.35)
    ends = [[found.mean - found.low], [found.high - found.mean]]
    ax.errorbar(found.mean, 0.2, xerr=ends, color=plots.INK, capsize=6, lw=2)
    ax.plot(each, [-0.2] * len(each), ".", color=plots.INK, ms=6)
    ax.axvline(0, color=plots.INK, lw=1)
    ax.set(ylim=(-0.5, 0.5), xlim=(-0.8, 0.9), yticks=[])
    ax.set(xticks=(-0.8, -0.4, 0, 0.4, 0.8), xlabel="accuracy gained over pixels")
    look.say_bars(ax, look.bars(len(each), dots=True))
    ax.spines[["top", "right", "left"]].set_visible(False)
    verdict = _verdict(found)
    numbers = f"{found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}]"
    ax.set_title(f"{numbers}: {verdict}", fontsize=11, color=plots.INK)
    return (
        f"accuracy {found} above the pixels over {len(each)} draws of the labels, "
        f"{verdict}."
    )
