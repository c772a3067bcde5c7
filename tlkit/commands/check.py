"""``run --check-only``: look at a folder's pictures, write a picture wall, and stop.

Keras is not needed.
"""

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..folders import readable
from ..machine.whole import whole_file
from ..plots import spread
from ..survey import Survey

TEMPLATE = Path(__file__).parents[1] / "assets" / "check.html"
MOST = 120  # pictures of a class on the wall, besides the doubtful ones
LARGEST = 96  # pixels of a picture on the wall


class Tile(NamedTuple):
    """A picture of the wall: its file, its JPEG in base64, what is odd about it."""

    file: str
    picture: str
    doubt: str


def report(found: Survey, out: Path, skip: bool) -> int:
    """Print what was found, and write ``check.html`` into a folder.

    Args:
        found: what ``survey`` gave.
        out: the folder; made if absent. A check.html that is there is replaced.
        skip: whether a training would leave out files that cannot be read.

    Returns:
        The exit status: 1 if something would spoil the result, else 0.

    Raises:
        OSError: the page cannot be written.
    """
    spoils = list(found.spoils)
    if found.damaged and not skip:
        spoils.append(
            f"files that cannot be read: {found.damaged:,}; a run stops at them. "
            "Next: repair or remove them, or type --bad-files skip"
        )
    for line in found.lines():
        print(line)
    for sentence in spoils:
        print(f"Spoils the result: {sentence}.")
    if not spoils:
        print("Nothing was found that would spoil the result.")
    with whole_file(out / "check.html") as unfinished:
        unfinished.write_text(page(found, spoils), "utf-8")
    print(f"Picture wall: {out / 'check.html'}")
    return 1 if spoils else 0


def page(found: Survey, spoils: list[str]) -> str:
    """check.html: everything inside one file, every text escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    return template.render(
        name=readable(found.root.name),
        lines=found.lines(),
        spoils=spoils,
        pairs=list(_pairs(found)),
        size=found.images.shape[1],
        walls=list(_walls(found)),
    )


def _pairs(found: Survey) -> Iterator[list[Tile]]:
    """Each test picture that is in training too, and what it is in training."""
    for pair in found.pairs:
        how = "the same" if pair.is_exact else "nearly the same"
        both = (pair.test, pair.other)
        yield [_tile(found, place)._replace(doubt=how) for place in both]


def _walls(found: Survey) -> Iterator[tuple[str, int, list[Tile]]]:
    """Each class, how many of its pictures were looked at, and those to show.

    The doubtful ones come first, then others, evenly spaced.
    """
    in_pair = {place for pair in found.pairs for place in (pair.test, pair.other)}
    for label, name in enumerate(found.classes):
        mine = np.flatnonzero(found.labels == label)
        doubtful = [int(i) for i in mine if i in found.doubts or i in in_pair]
        others = np.setdiff1d(mine, doubtful)
        some = others[spread(len(others), MOST)] if len(others) else others
        tiles = [_tile(found, i, i in in_pair) for i in [*doubtful, *map(int, some)]]
        yield name, len(mine), tiles


def _tile(found: Survey, place: int, in_pair: bool = False) -> Tile:
    """One picture, at most LARGEST pixels wide."""
    from PIL import Image

    picture, file = Image.fromarray(found.images[place]), BytesIO()
    picture.thumbnail((LARGEST, LARGEST))
    picture.save(file, "JPEG", quality=85)
    doubts = [*found.doubts.get(place, ())]
    if in_pair:
        doubts.append("in test and training")
    encoded = base64.b64encode(file.getvalue()).decode()
    return Tile(found.files[place], encoded, ", ".join(doubts))
