"""The map of the course: how well each depth of a network answers each question about the same images."""

from collections.abc import Mapping

from tlkit.evaluate import Interval
from tlkit.plots import FAINT, INK, PALETTE, darker

LINES = {  # backbone -> its name, colour, marker, line; told apart without colour too
    "letters": ("trained on letters", PALETTE["probe"], "o", "-"),
    "random": ("random weights", PALETTE["scratch"], "s", "--"),
    "photos": ("trained on photographs", PALETTE["lp_ft"], "^", "-."),
}
Line = Mapping[str, Interval]  # cut -> score


def depth_map(
    found: Mapping[str, Mapping[str, Line]],
    chance: Mapping[str, float],
    titles: Mapping[str, str],
):
    """One panel for each question: accuracy over depth, a line for each backbone, what training added or removed.

    Args:
        found: question -> backbone, one of ``LINES`` -> {cut: Interval}, all with the same cuts.
        chance: question -> accuracy of guessing.
        titles: question -> what stands above its panel.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.9 * len(found), 4.1), layout="constrained")
    panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for ax, (question, lines) in zip(panels, found.items(), strict=True):
        for name, line in lines.items():
            _line(ax, line, *LINES[name][1:])
        if {"letters", "random"} <= set(lines):
            _gap(
                ax,
                *(
                    [point.mean for point in lines[name].values()]
                    for name in ("letters", "random")
                ),
            )
        ax.axhline(chance[question], color=FAINT, ls=":", lw=1.6, zorder=0)
        ax.text(
            -0.25, chance[question] - 0.03, "chance", va="top", fontsize=12, color=INK
        )
        cuts = next(iter(lines.values()))
        ax.set_xticks(
            range(len(cuts)),
            [cut.replace("image", "pixels").replace("block", "") for cut in cuts],
        )
        ax.set(xlim=(-0.35, len(cuts) - 0.65), ylim=(0, 1))
        ax.set_xlabel("after block", fontsize=13, color=INK)
        ax.set_title(
            titles[question], fontsize=14, weight="bold", color=INK, loc="left"
        )
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=12, labelcolor=INK)
    _names(panels[-1], list(found.values())[-1])
    panels[0].set_ylabel("accuracy of a linear head", fontsize=13, color=INK)
    return figure


def _line(ax, line: Line, colour: str, marker: str, style: str) -> None:
    at, points = range(len(line)), line.values()
    ax.plot(
        at,
        [point.mean for point in points],
        style,
        marker=marker,
        color=colour,
        lw=2.8,
        ms=8,
    )
    ax.vlines(
        at,
        [p.low for p in points],
        [p.high for p in points],
        color=colour,
        lw=5,
        alpha=0.45,
    )


def _names(ax, lines: Mapping[str, Line]) -> None:
    """Each backbone's name beside the end of its line, moved apart so that they do not cover each other."""
    at = -1.0
    for y, words, colour in sorted(
        (list(line.values())[-1].mean, *LINES[name][:2]) for name, line in lines.items()
    ):
        at = max(y, at + 0.13)
        where = {"xycoords": ("axes fraction", "data"), "va": "center"}
        look = {"fontsize": 13, "weight": "bold", "color": darker(colour)}
        ax.annotate(words.replace(" ", "\n", 1), (1.02, at), **where, **look)


def _gap(ax, trained: list[float], untrained: list[float]) -> None:
    """Shade what training added, hatch what it removed, and name the widest part of each."""
    at = list(range(len(trained)))
    for words, sign, look in (
        ("learnt", 1, {"alpha": 0.16}),
        ("forgotten", -1, {"alpha": 0.16, "hatch": "////"}),
    ):
        gaps = [sign * (a - b) for a, b in zip(trained, untrained, strict=True)]
        colour = LINES["letters" if sign > 0 else "random"][1]
        shaded = [gap >= 0 for gap in gaps]
        ax.fill_between(
            at,
            trained,
            untrained,
            where=shaded,
            interpolate=True,
            color=colour,
            lw=0,
            **look,
        )
        widest = gaps.index(max(gaps))
        if max(gaps) > 0.1:
            inside = min(
                max(widest, 1), len(at) - 2
            )  # where there is room for the word
            middle = (inside, (trained[inside] + untrained[inside]) / 2)
            ax.text(
                *middle,
                words,
                ha="center",
                va="center",
                fontsize=13,
                style="italic",
                color=darker(colour),
            )
