"""Pick a source and a target: their pictures, and what the one brings to the other."""

from collections.abc import Mapping, Sequence

import numpy as np

from tlkit import evaluate, plots
from tlkit.tasks import load_task

from ..widgets import Explorer, explore

_Scores = Mapping[str, Mapping[str, Sequence[float]]]
_SHOWN = 4  # pictures of each task


def gain(
    accuracy: _Scores, source: str, target: str
) -> tuple[evaluate.Interval, np.ndarray]:
    """What a linear head gains on a source's features over the pixels themselves: with interval, and each (seeds,).

    Args:
        accuracy: "pixels" or a source -> target -> one accuracy for each seed, as in 01_pairs.json.
    """
    each = np.subtract(accuracy[source][target], accuracy["pixels"][target])
    return evaluate.over_seeds(each, bounds=(-1, 1)), each


def pair_picker(accuracy: _Scores) -> Explorer:
    """Two rows of buttons, source and target, above pictures of both tasks and the measured gain of the pair.

    Args:
        accuracy: as in ``gain``.
    """
    from ipywidgets import ToggleButtons

    sources = [name for name in accuracy if name != "pixels"]
    targets = list(accuracy[sources[0]])
    pictures = {
        name: _pictures("letters" if name in sources else name)
        for name in (*sources, *targets)
    }
    pictures["random"] = (None, "no task:\nrandom parameters")

    def draw(figure, source: str, target: str) -> str:
        figure.set_layout_engine(
            "none"
        )  # placed by hand: to lay it out anew would take half of the time
        margins = {
            "left": 0.01,
            "right": 0.99,
            "bottom": 0.14,
            "top": 0.86,
            "wspace": 0.1,
        }
        left, middle, right = figure.subplots(
            1, 3, width_ratios=(1, 1, 1), gridspec_kw=margins
        )
        right.set_position((0.76, 0.14, 0.23, 0.72))
        _show(left, f"source: {source}", *pictures[source])
        _show(middle, f"target: {target}", *pictures[target])
        return f"Source {source}, target {target}: {_gain(right, *gain(accuracy, source, target))}"

    choices = {
        name: ToggleButtons(
            options=options, description=name, style={"button_width": "auto"}
        )
        for name, options in (("source", sources), ("target", targets))
    }
    return explore(draw, (8.2, 3.4), **choices)


def _pictures(name: str) -> tuple[np.ndarray | None, str]:
    """Four training pictures of a task as one, uint8 (68, 68, 3), and their labels in two lines."""
    task = load_task(name, labels_per_class=20)
    rows = plots.spread(len(task.train), _SHOWN)
    tiles = np.pad(
        task.train.images[rows], ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255
    )
    whole = np.concatenate([np.concatenate(tiles[i : i + 2], axis=1) for i in (0, 2)])
    names = [task.classes[label] for label in task.train.labels[rows]]
    return whole, f"{names[0]}   |   {names[1]}\n{names[2]}   |   {names[3]}"


def _show(ax, title: str, picture: np.ndarray | None, caption: str) -> None:
    ax.set_title(title, fontsize=11, color=plots.INK)
    if picture is None:
        ax.text(
            0.5, 0.5, caption, ha="center", va="center", fontsize=11, color=plots.FAINT
        )
    else:
        ax.imshow(picture, interpolation="nearest")
        ax.set_xlabel(caption, fontsize=11, color=plots.INK)
    ax.set(xticks=[], yticks=[])
    ax.set_box_aspect(1)
    ax.spines[:].set_visible(False)


def _gain(ax, found: evaluate.Interval, each: np.ndarray) -> str:
    ax.bar(
        0,
        found.mean,
        0.5,
        color=plots.PALETTE["probe" if found.mean > 0 else "scratch"],
        alpha=0.35,
    )
    ax.errorbar(
        0,
        found.mean,
        [[found.mean - found.low], [found.high - found.mean]],
        color=plots.INK,
        capsize=6,
        lw=2,
    )
    ax.plot(np.linspace(-0.18, 0.18, len(each)), each, "o", color=plots.INK, ms=4)
    ax.axhline(0, color=plots.INK, lw=1)
    ax.set(
        ylim=(-0.8, 0.9),
        xlim=(-0.5, 0.5),
        xticks=[],
        yticks=(-0.8, -0.4, 0, 0.4, 0.8),
        ylabel="accuracy gained over pixels",
    )
    ax.spines[["top", "right", "bottom"]].set_visible(False)
    verdict = (
        "a gain"
        if found.low > 0
        else "a loss: negative transfer"
        if found.high < 0
        else "no difference shown"
    )
    ax.set_title(
        f"{found.mean:+.2f} [{found.low:+.2f}, {found.high:+.2f}]\n{verdict}",
        fontsize=11,
        color=plots.INK,
    )
    return f"accuracy {found} above the pixels over {len(each)} draws of the labels, {verdict}."
