"""The similarity dial: digits that move away from the source's scenes.

And what the source is then worth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tlkit import evaluate, glyphs, look, plots

from ..widgets import Explorer, explore
from .arrays import sheet

# A digit that nearly fills the scene, upright and in the middle, as a camera sees it
# that never moves.
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
WAYS = {  # way -> its name, colour, line with mark
    "letters": ("last\nfeatures", plots.PALETTE["probe"], "o-"),
    "early": ("cut after\nblock 2", plots.PALETTE["lp_ft"], "s-."),
}
Draws = Mapping[str, Sequence[Sequence[float]]]  # way -> step -> one for each draw
Scores = Mapping[str, Draws]  # what moves -> those
Gains = Mapping[str, Sequence[evaluate.Interval]]  # way -> one for each step


def moved(
    what: str, step: int, n: int, seed: int, fonts: Sequence[str] = glyphs.TRAIN_FONTS
) -> tuple[np.ndarray, np.ndarray]:
    """Digits at a step of the dial.

    Args:
        what: one of ``STEPS``.
        step: 0 (like the source) to 5.
        n: number of scenes.
        seed: of the scenes. Which pixels change places is always the same, as if by
            wires that are crossed.
        fonts: as in ``glyphs.draw``.

    Returns:
        images uint8 (n, 32, 32, 3), labels int64 (n,).
    """
    at, style = STEPS[what][step], NEAR
    if what == "small":
        style = replace(NEAR, scale=(at - 0.05, at + 0.05))
    if what == "turned":
        style = replace(NEAR, turn=at)
    drawn = glyphs.draw(glyphs.DIGITS, n, seed, fonts=tuple(fonts), style=style)
    images = drawn.images
    if what == "scrambled":
        images = _scrambled(images, at)
    if what == "blurred":
        images = _blurred(images, at)
    return images, drawn.symbol


def _scrambled(images: np.ndarray, share: float) -> np.ndarray:
    """Pictures in which a share of the pixels have changed places, in all the
    same way.
    """
    flat = images.reshape(len(images), -1, 3)
    pixels = flat.shape[1]
    chosen = np.random.default_rng(0).permutation(pixels)[: round(share * pixels)]
    places = np.arange(pixels)
    places[np.sort(chosen)] = chosen
    return flat[:, places].reshape(images.shape)


def _blurred(images: np.ndarray, radius: float) -> np.ndarray:
    """Pictures blurred over a radius in pixels."""
    from PIL import Image, ImageFilter

    soft = ImageFilter.GaussianBlur(radius)
    blurred = [Image.fromarray(image).filter(soft) for image in images]
    return np.stack([np.asarray(image) for image in blurred])


def dial_gains(
    scores: Draws, way: str, baseline: str = "pixels"
) -> list[evaluate.Interval]:
    """Accuracy of a way minus that of the baseline, draw by draw, at each step.

    Args:
        scores: way -> step -> one accuracy for each draw.
        way, baseline: two of its ways.
    """
    pairs = zip(scores[way], scores[baseline], strict=True)
    return [evaluate.over_seeds(np.subtract(mine, theirs)) for mine, theirs in pairs]


def _draws(scores: Draws) -> int:
    """Number of draws of the labels behind each mean."""
    return len(scores["pixels"][0])


def _gains(scores: Draws) -> Gains:
    return {way: dial_gains(scores, way) for way in WAYS}


def dial_panels(accuracy: Scores):
    """The gain over the pixels as the target moves away: a panel for each way to move.

    Args:
        accuracy: as for ``similarity_dial``.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib.figure import Figure

    tall = 2.25  # inches of a panel with its title, its pictures and its axis
    figure = Figure(figsize=(look.WIDE, tall * len(accuracy) + 0.7))
    high = figure.get_size_inches()[1]
    words = []
    for place, what in enumerate(accuracy):
        bottom = 0.75 + tall * (len(accuracy) - 1 - place)  # inches
        ax = figure.add_axes((0.12, bottom / high, 0.68, 1.25 / high))
        plots.axes(ax, None)
        gains = _gains(accuracy[what])
        _gain_lines(ax, gains, _draws(accuracy[what]))
        end = WORDS[what].format(STEPS[what][-1])
        ax.annotate(
            f"{what}: at the end {end}",
            (0, 1),
            (0, 52),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=look.TYPE,
        )
        _pictures_above(ax, what)
        if place < len(accuracy) - 1:
            ax.set_xlabel("")
            ax.set_xticklabels([])
        words.append(f"{what} {_way_in_words(gains)}")
    return plots.describe(
        figure,
        f"Gain over the pixels in {len(accuracy)} panels, from like the source to "
        f"unlike it: {'; '.join(words)}.",
    )


def _way_in_words(gains: Gains) -> str:
    """Where each line of a panel begins and ends."""
    ends = []
    for way, found in gains.items():
        name = WAYS[way][0].replace("\n", " ")
        ends.append(f"letters' {name} {found[0].mean:+.2f} to {found[-1].mean:+.2f}")
    return ", ".join(ends)


def _pictures_above(ax, what: str) -> None:
    """The same digit at each step, above the axes."""
    for step in range(len(STEPS[what])):
        place = (step - 0.4, 0.96, 0.8, 0.62)
        inset = ax.inset_axes(place, transform=ax.transData)
        images, _ = moved(what, step, 10, 21)
        inset.imshow(images[6], interpolation="nearest")
        inset.axis("off")


def _gain_lines(ax, gains: Gains, draws: int, at: int | None = None) -> None:
    """The gain of both cuts over the pixels at each step; where it harms is shaded.

    Args:
        ax: where.
        gains: of each way.
        draws: number of draws of the labels behind each of them.
        at: a step that is marked; None: none.
    """
    steps = range(len(gains["letters"]))
    ax.axhline(0, color=plots.INK, lw=1.2)
    ax.axhspan(-0.4, 0, color=plots.PALETTE["scratch"], alpha=0.12, lw=0)
    names = []
    for way, (name, colour, style) in WAYS.items():
        found = gains[way]
        ax.plot(steps, [f.mean for f in found], style, color=colour, lw=2.8, ms=6)
        low, high = [f.low for f in found], [f.high for f in found]
        ax.vlines(steps, low, high, color=colour, lw=5, alpha=0.4)
        names.append((found[-1].mean, name, colour))
    corner = {"ha": "left", "va": "bottom", "style": "italic"}
    ax.text(-0.3, -0.38, "transfer harms", color=plots.INK, **corner)
    if at is not None:
        ax.plot(at, 0.97, "v", color=plots.INK, ms=10, clip_on=False)
    ax.set(xlim=(-0.4, 5.4), ylim=(-0.4, 0.9), yticks=(-0.3, 0, 0.3, 0.6, 0.9))
    ax.set_ylabel("gain over the pixels")
    ax.set_xticks(steps, ["like the\nsource", *[""] * (len(steps) - 2), "unlike\nit"])
    look.say_bars(ax, look.bars(draws))
    look.name_ends(ax, names)


def similarity_dial(accuracy: Scores) -> Explorer:
    """Digits at a distance from the source that a slider sets, and the gain there.

    Args:
        accuracy: what moves -> way -> step -> one accuracy for each draw, as in
            results/08_dial.json.
    """
    from ipywidgets import Dropdown, IntSlider

    gains = {what: _gains(scores) for what, scores in accuracy.items()}
    pictures = {
        (what, step): sheet(moved(what, step, 12, 21)[0], columns=6)
        for what in accuracy
        for step in range(len(STEPS[what]))
    }

    def draw(figure, what: str, step: int) -> str:
        figure.set_layout_engine("none")  # finding places takes longer than drawing
        above = figure.add_axes((0.12, 0.58, 0.86, 0.36))
        below = figure.add_axes((0.12, 0.16, 0.68, 0.34))
        above.imshow(pictures[what, step], interpolation="nearest")
        above.axis("off")
        above.set_anchor("W")
        words = f"{what}: {WORDS[what].format(STEPS[what][step])}"
        figure.text(0.01, 0.955, words, fontsize=11, weight="bold", color=plots.INK)
        draws = _draws(accuracy[what])
        _gain_lines(plots.axes(below, None), gains[what], draws, step)
        late, early = gains[what]["letters"][step], gains[what]["early"][step]
        said = f"last features: {late}"
        figure.text(0.12, 0.545, said, fontsize=11, color=plots.INK)
        return (
            f"Twelve digits, {words}. Gain over the pixels: last features {late}, the "
            f"cut after block 2 {early}."
        )

    return explore(
        draw,
        (look.WIDE, 5.2),
        what=Dropdown(options=list(accuracy), description="what changes"),
        step=IntSlider(0, min=0, max=5, description="distance from the source"),
    )
