"""The similarity dial: digits that move away from the source's scenes, and what the source is then worth."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tlkit import evaluate, glyphs, plots

from ..widgets import Explorer, explore

# A digit that nearly fills the scene, upright and in the middle, as a camera sees it that never moves.
NEAR = glyphs.Style(scale=(0.85, 0.95), turn=5.0, shift=0.5, clutter=0, texture=20.0)
STEPS = {  # what moves -> its positions, from like the source's letters to unlike them
    "scrambled": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
    "blurred": (0.0, 1.0, 2.0, 3.0, 4.0, 5.0),
    "small": (0.9, 0.7, 0.5, 0.4, 0.3, 0.2),
    "turned": (5.0, 30.0, 60.0, 90.0, 135.0, 180.0),
}
WORDS = {
    "scrambled": "{:.0%} of the pixels moved",
    "blurred": "over {:.0f} pixels",
    "small": "size {:.1f}",
    "turned": "up to {:.0f} degrees",
}
WAYS = {  # way -> its name, colour, line
    "letters": ("letters' last features", plots.PALETTE["probe"], "-"),
    "early": ("letters, cut after block 2", plots.PALETTE["lp_ft"], "-."),
}
Scores = Mapping[
    str, Mapping[str, Sequence[Sequence[float]]]
]  # what moves -> way -> position -> one for each draw


def moved(
    what: str, step: int, n: int, seed: int, fonts: Sequence[str] = glyphs.TRAIN_FONTS
):
    """Digits at a step of the dial.

    Args:
        what: one of ``STEPS``.
        step: 0 (like the source) to 5.
        n: number of scenes.
        seed: of the scenes. Which pixels change places is always the same, as if by wires that are crossed.
        fonts: as in ``glyphs.draw``.

    Returns:
        images uint8 (n, 32, 32, 3), labels int64 (n,).
    """
    at = STEPS[what][step]
    style = replace(NEAR, scale=(at - 0.05, at + 0.05)) if what == "small" else NEAR
    style = replace(NEAR, turn=at) if what == "turned" else style
    drawn = glyphs.draw(glyphs.DIGITS, n, seed, fonts=tuple(fonts), style=style)
    change = {"scrambled": _scrambled, "blurred": _blurred}.get(what)
    return change(drawn.images, at) if change else drawn.images, drawn.symbol


def _scrambled(images: np.ndarray, share: float) -> np.ndarray:
    rng, flat = np.random.default_rng(0), images.reshape(len(images), -1, 3)
    places, chosen = (
        np.arange(flat.shape[1]),
        rng.permutation(flat.shape[1])[: round(share * flat.shape[1])],
    )
    places[np.sort(chosen)] = chosen
    return flat[:, places].reshape(images.shape)


def _blurred(images: np.ndarray, radius: float) -> np.ndarray:
    from PIL import Image, ImageFilter

    soft = ImageFilter.GaussianBlur(radius)
    return np.stack(
        [np.asarray(Image.fromarray(image).filter(soft)) for image in images]
    )


def dial_gains(
    scores: Mapping[str, Sequence[Sequence[float]]], way: str, baseline: str = "pixels"
):
    """Accuracy of a way minus that of the baseline, draw by draw: an Interval for each step."""
    pairs = zip(scores[way], scores[baseline], strict=True)
    return [evaluate.over_seeds(np.subtract(mine, theirs)) for mine, theirs in pairs]


def dial_panels(accuracy: Scores):
    """The gain over the pixels as the target moves away, one panel for each way to move; a matplotlib Figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.8, 6.6))
    for place, what in enumerate(accuracy):
        left, bottom = 0.08 + 0.5 * (place % 2), 0.585 - 0.5 * (place // 2)
        ax = plots.axes(figure.add_axes((left, bottom, 0.41, 0.27)), None)
        _gain_lines(ax, _both(accuracy[what]))
        end = WORDS[what].format(STEPS[what][-1])
        ax.set_title(f"{what}: at the end {end}", loc="left", pad=50)
        pictures = [moved(what, step, 10, 21)[0][6] for step in range(len(STEPS[what]))]
        for step, picture in enumerate(pictures):
            inset = ax.inset_axes(
                (step - 0.36, 0.98, 0.72, 0.42), transform=ax.transData
            )
            inset.imshow(picture, interpolation="nearest")
            inset.axis("off")
    return figure


def _both(
    scores: Mapping[str, Sequence[Sequence[float]]],
) -> dict[str, list[evaluate.Interval]]:
    return {way: dial_gains(scores, way) for way in WAYS}


def _gain_lines(
    ax, gains: Mapping[str, Sequence[evaluate.Interval]], at: int | None = None
) -> None:
    """The gain of both cuts over the pixels at each step, the loss below zero shaded; `at` marks a step."""
    steps = range(len(gains["letters"]))
    ax.axhline(0, color=plots.INK, lw=1.2)
    ax.axhspan(-0.4, 0, color=plots.PALETTE["scratch"], alpha=0.12, lw=0)
    for way, (name, colour, line) in WAYS.items():
        found = gains[way]
        ax.plot(
            steps,
            [f.mean for f in found],
            line,
            color=colour,
            lw=2.8,
            marker="os"[way == "early"],
            ms=6,
        )
        ax.vlines(
            steps,
            [f.low for f in found],
            [f.high for f in found],
            color=colour,
            lw=5,
            alpha=0.4,
        )
        high = way == "early"
        ax.text(
            0.02,
            0.34 if high else 0.22,
            name,
            transform=ax.transAxes,
            color=plots.darker(colour),
            weight="bold",
        )
    ax.text(
        5.3,
        -0.38,
        "transfer harms",
        ha="right",
        va="bottom",
        color=plots.INK,
        style="italic",
    )
    if at is not None:
        ax.axvline(at, color=plots.FAINT, lw=6, alpha=0.5, zorder=0)
    ax.set(
        xlim=(-0.4, 5.4),
        ylim=(-0.4, 0.9),
        yticks=(-0.3, 0, 0.3, 0.6, 0.9),
        ylabel="gain over the pixels",
    )
    ax.set_xticks(steps, ["like the source", *[""] * (len(steps) - 2), "unlike it"])


def similarity_dial(accuracy: Scores) -> Explorer:
    """Digits at a distance from the source that a slider sets, and what letters gain there over the pixels.

    Args:
        accuracy: what moves -> way -> step -> one accuracy for each draw, as in results/08_dial.json.
    """
    from ipywidgets import Dropdown, IntSlider

    gains = {what: _both(scores) for what, scores in accuracy.items()}
    pictures = {
        (what, step): _sheet(what, step)
        for what in accuracy
        for step in range(len(STEPS[what]))
    }

    def draw(figure, what: str, step: int) -> str:
        figure.set_layout_engine(
            "none"
        )  # placed by hand: laying out takes longer than drawing
        left, right = (
            figure.add_axes((0.01, 0.1, 0.4, 0.78)),
            figure.add_axes((0.52, 0.14, 0.46, 0.74)),
        )
        left.imshow(pictures[what, step], interpolation="nearest")
        left.axis("off")
        words = f"{what}: {WORDS[what].format(STEPS[what][step])}"
        figure.text(0.01, 0.92, words, fontsize=11, weight="bold", color=plots.INK)
        _gain_lines(plots.axes(right, None), gains[what], step)
        late, early = (gains[what][way][step] for way in ("letters", "early"))
        figure.text(0.52, 0.92, f"last features: {late}", fontsize=11, color=plots.INK)
        return f"Twelve digits, {words}. Gain over the pixels: last features {late}, the cut after block 2 {early}."

    controls = {
        "what": Dropdown(options=list(accuracy), description="what changes"),
        "step": IntSlider(0, min=0, max=5, description="distance from the source"),
    }
    return explore(draw, (7.2, 2.9), **controls)


def _sheet(what: str, step: int) -> np.ndarray:
    """Twelve pictures side by side, uint8 (3 * 34, 4 * 34, 3), white lines between them."""
    images = np.pad(
        moved(what, step, 12, 21)[0],
        ((0, 0), (1, 1), (1, 1), (0, 0)),
        constant_values=255,
    )
    return (
        images.reshape(3, 4, 34, 34, 3)
        .transpose(0, 2, 1, 3, 4)
        .reshape(3 * 34, 4 * 34, 3)
    )
