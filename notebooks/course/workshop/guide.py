"""Writes the made parts of docs/instructor-guide.md: ``python -m tlkit_course.workshop.guide``.

The guide is written by hand, except between ``<!-- made: NAME -->`` and ``<!-- end -->``. There, this module writes
the timetables and what an instructor needs for each notebook, from the notes and the exercises; a test asks for it to
be current.
"""

import json
import re
from math import ceil

from tlkit.commands.copies import ROOT

from ..checks import exercises
from . import masters, notes

GUIDE = ROOT / "docs" / "instructor-guide.md"
TALK = 5  # minutes for questions after each notebook but the first; then rounded up to the next five
CUTS = (
    "keep",
    "third, if you are late",
    "second",
    "first",
)  # when a section is left out, by its number "cut"
LEFT_OUT = 2  # the timetables leave out the sections with this number or a larger one
WELCOME, GOODBYE = (
    ("Welcome, sticky notes, the survey before", 10),
    ("The survey after, where to go on", 10),
)
HALF_DAY = (
    WELCOME,
    "00",
    "01",
    ("Break", 15),
    "02",
    "03",
    ("Break", 15),
    "04",
    "05",
    GOODBYE,
)
FULL_DAY = (
    WELCOME, "00", "01", "02", ("Break", 15), "03", "04", ("Break", 10), "05", ("Lunch", 45),
    "06", "07", ("Break", 15), "08", "09", GOODBYE,
)  # fmt: skip
PLACE = re.compile(r"(?s)(<!-- made: ([a-z ]+) -->\n).*?(<!-- end -->)")
UNANSWERED = (
    "Not finished yet",
    "Nothing there yet",
    "There are dots left",
    "The line still has",
)  # no misconception


def kept(number: str) -> int:
    """Minutes of a notebook in the timetables, questions included, a multiple of five."""
    minutes = sum(
        part["minutes"] for part in notes(number)["section"] if part["cut"] < LEFT_OUT
    )
    return 5 * ceil((minutes + (TALK if number != "00" else 0)) / 5)


def minutes_of(plan: tuple) -> int:
    """How long a plan takes, breaks included."""
    return sum(kept(item) if isinstance(item, str) else item[1] for item in plan)


def timetable(plan: tuple, start: int = 9 * 60) -> str:
    """A plan as a Markdown table; it begins at ``start``, in minutes after midnight."""
    lines = [
        "| time | minutes | what | left out already | next to go |",
        "|---|---|---|---|---|",
    ]
    for item in plan:
        name, minutes = (
            (f"**{item} {title(item)}**", kept(item)) if isinstance(item, str) else item
        )
        out = (
            (headings(item, (2, 3)), headings(item, (1,)))
            if isinstance(item, str)
            else ("", "")
        )
        lines.append(
            f"| {start // 60}:{start % 60:02} | {minutes} | {name} | {' | '.join(out)} |"
        )
        start += minutes
    return "\n".join([*lines, f"| {start // 60}:{start % 60:02} | | **End** | | |"])


def headings(number: str, cuts: tuple[int, ...]) -> str:
    """The sections of a notebook that are left out at these stages, with their minutes."""
    return "; ".join(
        f"{p['heading']} ({p['minutes']})"
        for p in notes(number)["section"]
        if p["cut"] in cuts
    )


def title(number: str) -> str:
    """The heading of a notebook, up to a colon."""
    (path,) = masters([number])
    first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
    return first.splitlines()[0].removeprefix("# ").split(":")[0]


def misconceptions(number: str) -> list[str]:
    """What the checks of a notebook say to the wrong answers that they know, a line for each, under the exercise."""
    lines = []
    for name, exercise in exercises(number).items():
        said = [
            text for _, text in exercise.mistakes if not text.startswith(UNANSWERED)
        ]
        lines += [f"- *{name[3:]}*", *(f"  - {text}" for text in said)]
    return lines


def about(number: str) -> str:
    """All that the guide says of one notebook."""
    known = notes(number)
    parts = [
        f"| {p['heading']} | {p['minutes']} | {CUTS[p['cut']]} |"
        for p in known["section"]
    ]
    wrong = misconceptions(number)
    return "\n".join([
        f"### {number} {title(number)}", "", f"**Goal.** {known['goal']}", "", f"**Draw this.** {known['board']}", "",
        "| section | minutes | leave it out |", "|---|---|---|", *parts, "",
        "**Guesses, and what the measurement says.** "
        + "; ".join(f"{name[3:]}: *{option}*" for name, option in known["predictions"].items()) + ".", "",
        "**Questions for the room.**", "",
        *(f"- {talk['question']} *{talk['answer']}*" for talk in known["discussion"]), "",
        "| what goes wrong | what to say |", "|---|---|",
        *(f"| {t['what']} | {t['say']} |" for t in known["trouble"]), "",
        f"<details><summary>Common misconceptions: what the checks say to {sum(w[0] == ' ' for w in wrong)} "
        "wrong answers</summary>", "", *wrong, "", "</details>",
    ])  # fmt: skip


def page(text: str) -> str:
    """The guide with its made parts made anew. Raises KeyError if it has a made part of an unknown name."""
    numbers = [path.name[:2] for path in masters()]
    made = {
        "half day": timetable(HALF_DAY),
        "full day": timetable(FULL_DAY),
        "notebooks": "\n\n".join(map(about, numbers)),
    }
    return PLACE.sub(lambda found: f"{found[1]}\n{made[found[2]]}\n\n{found[3]}", text)


if __name__ == "__main__":
    GUIDE.write_text(page(GUIDE.read_text("utf-8")), "utf-8", newline="\n")
