"""Parts that several figures are made of: rows with intervals, bands, sheets of
pictures.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tlkit import look, plots
from tlkit.evaluate import Interval


def listed(found: Mapping[Any, Any]) -> str:
    """Names with their values, as an alternative text lists them: "a 0.5; b 0.7"."""
    return "; ".join(f"{name} {value}" for name, value in found.items())


def interval_row(
    ax,
    row: float,
    found: Interval,
    colour: str,
    mark: str = "o",
    hollow: bool = False,
) -> None:
    """A score in one row of a figure: its mean as a mark, its interval as a bar.

    The bar has upright ends, which are seen beside the mark where it is short.
    """
    bar = {"color": colour, "lw": 2.4, "solid_capstyle": "butt"}
    ax.plot([found.low, found.high], [row, row], marker="|", ms=11, mew=1.6, **bar)
    (drawn,) = ax.plot(found.mean, row, mark, color=colour, ms=6)
    if hollow:
        look.hollow(drawn)


def name_rows(ax, names: Sequence[str]) -> None:
    """Names to the left of rows that are counted from 0 downwards."""
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def band(
    ax,
    places: Sequence[float],
    found: Sequence[Interval],
    colour: str,
    style: str = "o-",
    **other,
) -> None:
    """A line through the means, with the intervals as a band around it."""
    low, high = [f.low for f in found], [f.high for f in found]
    ax.fill_between(places, low, high, color=colour, alpha=0.2, lw=0)
    other = {"lw": 2.2, "ms": 6, **other}
    ax.plot(places, [f.mean for f in found], style, color=colour, **other)


def name_beside(
    ax, name: str, point: tuple[float, float], colour, offset=(8, -4), **other
):
    """The name of a line beside one of its points.

    Args:
        point: in data.
        offset: from the point, in points (1/72 inch).
    """
    bold = {"weight": "bold", "annotation_clip": False, "fontsize": look.TYPE}
    ax.annotate(
        name,
        point,
        offset,
        textcoords="offset points",
        color=plots.darker(colour),
        **{**bold, **other},
    )
