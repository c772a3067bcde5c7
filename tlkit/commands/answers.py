"""What ``predict`` leaves behind: a table of all answers, and a page to look through.

The page shows the least sure pictures first, because a person should look at these.
"""

import csv
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .. import folders, pixels
from ..folders import readable
from ..machine.whole import new_folder
from . import pictures

TEMPLATE = Path(__file__).parents[1] / "assets" / "answers.html"
COLUMNS = ("file", "answer", "probability", "second answer", "margin")
SHOWN = 200  # pictures on the page: at most about 2 MB
SIDE = 128  # pixels of a picture on the page
MARK = "\ufeff"  # without it, a spreadsheet does not read the file as UTF-8
RISKY = ("=", "+", "-", "@")  # a spreadsheet takes what begins so for a formula


class Answer(NamedTuple):
    """The model's answer for one picture.

    Attributes:
        path: the picture's file.
        answer: a class, or a number as text.
        probability: of the class, 0-1; None for a number.
        second: the next probable class; empty for a number.
        margin: probability minus that of the second, 0-1; None for a number.
    """

    path: Path
    answer: str
    probability: float | None = None
    second: str = ""
    margin: float | None = None


def answer(path: Path, ranked: Sequence[tuple[str, float]]) -> Answer:
    """An Answer from what ``saved.predict`` yields for a picture.

    A single pair is a number: a task with classes has two or more.
    """
    name, share = ranked[0]
    if len(ranked) == 1:
        return Answer(path, f"{share:.4g}")
    second, next_share = ranked[1]
    return Answer(path, name, share, second, share - next_share)


def find(places: Sequence[Path]) -> tuple[list[Path], int]:
    """The pictures that are meant by files and folders.

    Args:
        places: files are taken as they are; of folders, all pictures in them and in
            folders below, by their names' suffixes or else their first bytes.

    Returns:
        the files, in the order given, those of a folder by name; and how many other
        files the folders held.

    Raises:
        ValueError: a folder without pictures, or one that cannot be read.
    """
    found, others = [], 0
    for place in places:
        if not place.is_dir():
            found.append(place)
            continue
        inside = [Path(file) for file in folders.pictures(place)]
        if not inside:
            raise ValueError(
                f"{readable(str(place))}: expected pictures "
                f"({', '.join(pixels.FORMATS)}), got a folder without any. "
                "Next: name the folder that holds them"
            )
        found += inside
        others += len(folders.files(place)) - len(inside)
    return found, others


def write(
    answers: Sequence[Answer], out: Path, model: Path, trouble: Sequence[str] = ()
) -> Path:
    """Write a new folder named after the time, whole or not at all.

    Args:
        answers: at least one.
        out: the folder for the new folder; made if absent.
        model: the file of the model, named on the page.
        trouble: sentences about pictures that could not be read.

    Returns:
        The new folder: answers.csv (UTF-8 with a byte order mark, as spreadsheets want
        it) and answers.html.

    Raises:
        OSError: it cannot be written. Nothing is left behind.
    """
    page = _page(answers, model, trouble)

    def fill(folder: Path) -> None:
        with open(folder / "answers.csv", "w", encoding="utf-8", newline="") as file:
            file.write(MARK)
            table = csv.writer(file)
            table.writerow(COLUMNS)
            table.writerows(_row(one) for one in answers)
        (folder / "answers.html").write_text(page, "utf-8")

    return new_folder(out, fill)


def least_sure(answers: Sequence[Answer]) -> list[Answer]:
    """The answers by margin, the smallest first; numbers stay in their order."""
    return sorted(answers, key=lambda one: 1.0 if one.margin is None else one.margin)


def _row(one: Answer) -> list[str]:
    """A line of the table."""
    shares = ["" if x is None else f"{x:.4f}" for x in (one.probability, one.margin)]
    file = readable(str(one.path))
    if file.startswith(RISKY):
        file = f".{os.sep}{file}"  # still the same file
    names = [f"'{x}" if x.startswith(RISKY) else x for x in (one.answer, one.second)]
    if one.probability is None:
        names[0] = one.answer  # a number may be below 0
    return [file, names[0], shares[0], names[1], shares[1]]


def _page(answers: Sequence[Answer], model: Path, trouble: Sequence[str]) -> str:
    """The text of answers.html: everything inside one file, every text escaped."""
    from jinja2 import Environment, StrictUndefined

    counts: dict[str, int] = {}
    is_number = answers[0].probability is None
    for one in answers if not is_number else ():
        counts[one.answer] = counts.get(one.answer, 0) + 1
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    return template.render(
        when=time.strftime("%Y-%m-%d %H:%M"),
        model=readable(f"{model.parent.name}/{model.name}"),
        total=len(answers),
        is_number=is_number,
        counts=sorted(counts.items(), key=lambda item: -item[1]),
        shown=[_shown(one) for one in least_sure(answers)[:SHOWN]],
        trouble=trouble,
    )


def _shown(one: Answer) -> dict[str, Any]:
    """What the page has of an answer."""
    image = pixels.read(one.path, SIDE)
    return {
        "src": "" if isinstance(image, str) else pictures.source(image),
        "name": readable(one.path.name),
        **one._asdict(),
    }
