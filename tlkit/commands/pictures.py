"""The pictures that only a report has: the decision, learning curves, thumbnails."""

import base64
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np

from .. import colours, evaluate, plots
from ..folders import readable
from ..tasks import Rows
from ..training import Run
from .decision import Decision, kept_epoch, spoken
from .doubts import Doubt

SMALL = 64  # pixels: larger thumbnails are stored as JPEG
PAIRS_SHOWN, EACH = 4, 4  # kinds of mistakes, and pictures of each
DOUBTS_SHOWN = 12


def decision(made: Decision, measure: str):
    """The gain of the recipe that was ahead, with its interval, beside no gain.

    Args:
        made: has a gain.
        measure: name of the score.
    """
    assert made.gain is not None and made.rival is not None
    gain = made.gain
    ax = plots.axes(None, (4.6, 1.5))
    shown = gain.excludes(0)
    colour = colours.BLUE if shown else colours.FAINT
    ends = [[gain.mean - gain.low], [gain.high - gain.mean]]
    ax.axvline(0, color=colours.INK, lw=1.2)
    ax.errorbar(gain.mean, 0, xerr=ends, fmt="o", color=colour, lw=3, ms=9, capsize=5)
    reach = 1.35 * max(abs(gain.low), abs(gain.high), 1e-3)
    ax.set(xlim=(-reach, reach), ylim=(-1, 1), yticks=[])
    ax.locator_params(axis="x", nbins=5)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:+.3g}" if value else "0")
    ax.spines["left"].set_visible(False)
    words = (
        (-0.98, "left", f"← {spoken(made.rival)} better"),
        (0.98, "right", f"{spoken(made.ahead)} better →"),
    )
    for x, side, text in words:
        ax.annotate(
            text,
            (0.5 + x / 2, 1.0),
            xycoords="axes fraction",
            ha=side,
            va="bottom",
            fontsize=10,
            color=colours.INK,
        )
    ax.set_xlabel(f"difference in {measure}, 95 % interval", fontsize=10)
    verdict = "0 lies outside" if shown else "0 lies inside: it may be chance"
    return plots.describe(
        ax,
        f"Gain of {spoken(made.ahead)} over {spoken(made.rival)} on the same test "
        f"pictures: {gain}; {verdict}.",
    )


def learning_curves(runs: Mapping[str, Sequence[Run]]):
    """Validation scores over the epochs: a panel for each recipe, its draws thin, their
    mean bold, a dot on the epoch that each draw kept. None: no run has epochs.

    The mean ends where the first draw ends: later it would be about fewer draws.
    """
    from matplotlib import pyplot

    task = next(iter(runs.values()))[0].task
    key = "val_mae" if task.is_regression else "val_accuracy"
    lines = {
        name: [(run, run.history[key]) for run in some if run.history.get(key)]
        for name, some in runs.items()
    }
    lines = {name: some for name, some in lines.items() if some}
    if not lines:
        return None
    figure, grid = pyplot.subplots(
        len(lines),
        figsize=(4.6, 0.7 + 1.35 * len(lines)),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    words = []
    palette = plots.PALETTE
    for ax, (name, some) in zip(grid[:, 0], lines.items(), strict=True):
        colour = palette.get(name, colours.INK)
        words.append(_panel(plots.axes(ax, None), name, some, colour))
    measure = plots.measure(task)
    guess, named = plots.guessing(task)
    for ax in grid[:, 0]:
        ax.axhline(guess, color=colours.FAINT, ls="--", lw=1.1, zorder=0)
        ax.set_ylim(0, None if task.is_regression else 1.02)
    grid[-1, 0].set_xlabel("epoch", fontsize=10)
    figure.supylabel(f"validation {measure}", fontsize=10, color=colours.INK)
    return plots.describe(
        figure, f"Validation {measure}: {'; '.join(words)}; {named} {guess:.2f}."
    )


def _panel(ax, name: str, some: Sequence[tuple[Run, list[float]]], colour) -> str:
    """One recipe's curves; returns them in words."""
    shortest = min(len(values) for _, values in some)
    mean = np.mean([values[:shortest] for _, values in some], axis=0)
    kept = []
    for run, values in some:
        epochs = range(1, len(values) + 1)
        if len(some) > 1:
            ax.plot(epochs, values, color=colour, lw=0.9, alpha=0.55)
        found = kept_epoch(run)
        if found:
            kept.append(found[0])
            ax.plot(
                found[0],
                values[found[0] - 1],
                "o",
                ms=6,
                mfc="white",
                mec=plots.darker(colour),
                mew=1.8,
                zorder=4,
            )
    ax.plot(range(1, shortest + 1), mean, color=colour, lw=2.6)
    ax.set_title(spoken(name), loc="left", fontsize=10.5, weight="bold")
    ax.title.set_color(plots.darker(colour))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.tick_params(labelsize=9)
    if len(mean) == 1:
        ax.set_xlim(0.5, 1.5)
    return (
        f"{spoken(name)} from {mean[0]:.2f} to {mean[-1]:.2f}, "
        f"kept after epoch {', '.join(map(str, kept))}"
    )


def mistakes(run: Run) -> list[dict[str, Any]]:
    """The most frequent kinds of mistakes on the test split, with pictures.

    Args:
        run: of a task with classes.

    Returns:
        for each kind: "true" and "said", names of classes; "count"; "of", how many test
        pictures the true class has; "pictures", each with "src" and "alt".
    """
    labels, predicted = np.asarray(run.task.test.labels), run.predicted()
    names = run.task.classes
    counts = evaluate.confusion(labels, predicted, len(names))
    totals = counts.sum(axis=1)
    np.fill_diagonal(counts, 0)
    found = []
    for place in np.argsort(-counts, axis=None, kind="stable")[:PAIRS_SHOWN]:
        true, said = np.unravel_index(place, counts.shape)
        if not counts[true, said]:
            break
        rows = np.flatnonzero((labels == true) & (predicted == said))[:EACH]
        alt = f"{names[true]}, taken for {names[said]}"
        found.append(
            {
                "true": names[true],
                "said": names[said],
                "count": int(counts[true, said]),
                "of": int(totals[true]),
                "pictures": [_picture(run, row, alt) for row in rows],
            }
        )
    return found


def largest_errors(run: Run) -> list[dict[str, Any]]:
    """Test pictures whose number is predicted worst: "src", "alt", "said", "true"."""
    rows = np.argsort(-run.marks(), kind="stable")[: PAIRS_SHOWN * EACH // 2]
    said, true = run.predicted(), np.asarray(run.task.test.labels)
    return [
        {
            **_picture(run, row, f"predicted {said[row]:.0f}, is {true[row]:.0f}"),
            "said": f"{said[row]:.0f}",
            "true": f"{true[row]:.0f}",
        }
        for row in rows
    ]


def doubtful(run: Run, found: Sequence[Doubt]) -> list[dict[str, Any]]:
    """The first of some doubts as pictures: "src", "alt", "label", "said", "share"."""
    names = run.task.classes
    return [
        {
            **_picture(
                run,
                doubt.row,
                f"labelled {names[doubt.label]}, looks like {names[doubt.said]}",
            ),
            "label": names[doubt.label],
            "said": names[doubt.said],
            "share": doubt.share,
        }
        for doubt in found[:DOUBTS_SHOWN]
    ]


def _picture(run: Run, row, alt: str) -> dict[str, Any]:
    """A test picture for the page; "name": its file, or its row in the test split."""
    row, images = int(row), run.task.test.images
    files = images.files if isinstance(images, Rows) else None
    name = readable(files[row]) if files else f"test picture {row}"
    return {"src": source(images[row]), "alt": alt, "name": name}


def source(image: np.ndarray) -> str:
    """A picture as the ``src`` of an <img>: it lies inside the page.

    Args:
        image: uint8 (h, w, 3), RGB.
    """
    from PIL import Image

    kind = "PNG" if max(image.shape[:2]) <= SMALL else "JPEG"
    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(file, kind, quality=88)
    data = base64.b64encode(file.getvalue()).decode()
    return f"data:image/{kind.lower()};base64,{data}"
