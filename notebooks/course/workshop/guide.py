"""Writes the made parts of docs/instructor-guide.md: ``make guide``.

The guide is written by hand, except between ``<!-- made: NAME -->`` and
``<!-- end -->``. There, this module writes the timetables and what an instructor needs
for each notebook, from the notes and the exercises. A test asks for it to be current.
"""

import json
import re
from math import ceil

from tlkit.commands.copies import ROOT

from ..checks import exercises
from . import masters, notes

GUIDE = ROOT / "docs" / "instructor-guide.md"
PLACE = re.compile(r"(?s)(<!-- made: ([a-z ]+) -->\n).*?(<!-- end -->)")

# Minutes for questions after each notebook but the first:
TALK = 5
# When a section is left out, by its number "cut" in the notes:
CUTS = ("keep", "third, if you are late", "second", "first")
# The timetables leave out the sections with this "cut" or a larger one:
LEFT_OUT = 2

# A plan is a tuple of notebooks' numbers and of (what, minutes).
WELCOME = ("Welcome, sticky notes, the survey before", 10)
GOODBYE = ("The survey after, where to go on", 10)
BREAK = ("Break", 15)
SHORT_BREAK = ("Break", 10)
LUNCH = ("Lunch", 45)
MORNING = ("00", "01", BREAK, "02", "03", BREAK, "04", "05")
HALF_DAY = (WELCOME, *MORNING, GOODBYE)
FULL_DAY = (
    WELCOME,
    *("00", "01", "02", BREAK, "03", "04", SHORT_BREAK, "05", LUNCH),
    *("06", "07", BREAK, "08", "09"),
    GOODBYE,
)


def kept(number: str) -> int:
    """Minutes of a notebook in the timetables, with questions, a multiple of five."""
    sections = notes(number)["section"]
    minutes = sum(part["minutes"] for part in sections if part["cut"] < LEFT_OUT)
    if number != "00":
        minutes += TALK
    return 5 * ceil(minutes / 5)


def length(item: str | tuple[str, int]) -> int:
    """Minutes of one item of a plan."""
    return kept(item) if isinstance(item, str) else item[1]


def timetable(plan: tuple, start: int = 9 * 60) -> str:
    """A plan as a Markdown table.

    Args:
        plan: numbers of notebooks, and (what, minutes).
        start: when it begins, in minutes after midnight.
    """
    lines = [
        "| time | minutes | what | left out already | leave out next |",
        "|---|---|---|---|---|",
    ]
    for item in plan:
        if isinstance(item, str):
            name = f"**{item} {title(item)}**"
            out, next_out = headings(item, (2, 3)), headings(item, (1,))
        else:
            name, out, next_out = item[0], "", ""
        clock = f"{start // 60}:{start % 60:02}"
        lines.append(f"| {clock} | {length(item)} | {name} | {out} | {next_out} |")
        start += length(item)
    lines.append(f"| {start // 60}:{start % 60:02} | | **End** | | |")
    return "\n".join(lines)


def headings(number: str, cuts: tuple[int, ...]) -> str:
    """The sections of a notebook that are left out at these stages, with minutes."""
    return "; ".join(
        f"{part['heading']} ({part['minutes']})"
        for part in notes(number)["section"]
        if part["cut"] in cuts
    )


def title(number: str) -> str:
    """The heading of a notebook, up to a colon."""
    (path,) = masters([number])
    first_cell = json.loads(path.read_text("utf-8"))["cells"][0]
    first_line = "".join(first_cell["source"]).splitlines()[0]
    return first_line.removeprefix("# ").split(":")[0]


def misconceptions(number: str) -> list[str]:
    """What the checks of a notebook answer to the wrong answers that they know.

    Returns:
        lines of a Markdown list: each exercise, and under it one line for each answer.
    """
    lines = []
    for name, exercise in exercises(number).items():
        lines.append(f"- *{name[3:]}*")
        for _, text in exercise.mistakes:
            lines.append(f"  - {text}")
    return lines


def card(number: str) -> str:
    """What an instructor has in hand for one notebook: four lines, as Markdown."""
    known = notes(number)
    minutes = sum(part["minutes"] for part in known["section"])
    name = f"{number} {title(number)}"
    # Of several, the first one of the notes is the one to have in hand.
    talk, trouble = known["discussion"][0], known["trouble"][0]
    return "\n".join(
        [
            f"**[{name}](#{anchor(name)})**, {minutes} minutes",
            "",
            f"- *Goal:* {known['goal']}",
            f"- *Ask:* {talk['question']}",
            f"- *Expect:* {trouble['what']}",
        ]
    )


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def about(number: str) -> str:
    """The guide's chapter on one notebook, as Markdown."""
    known = notes(number)
    lines = [
        f"### {number} {title(number)}",
        "",
        f"**Goal.** {known['goal']}",
        "",
        f"**Draw this.** {known['board']}",
        "",
        "| section | minutes | leave it out |",
        "|---|---|---|",
    ]
    for part in known["section"]:
        row = (part["heading"], str(part["minutes"]), CUTS[part["cut"]])
        lines.append(f"| {' | '.join(row)} |")
    guesses = [f"{name[3:]}: *{said}*" for name, said in known["predictions"].items()]
    lines += ["", f"**Guesses, and the measured answer.** {'; '.join(guesses)}.", ""]
    lines += ["**Questions for the room.**", ""]
    for talk in known["discussion"]:
        lines.append(f"- {talk['question']} *{talk['answer']}*")
    lines += ["", "| what goes wrong | what to say |", "|---|---|"]
    for trouble in known["trouble"]:
        lines.append(f"| {trouble['what']} | {trouble['say']} |")
    wrong = misconceptions(number)
    answers = sum(line.startswith("  - ") for line in wrong)
    summary = f"Common misconceptions: how the checks reply to {answers} wrong answers"
    lines += ["", f"<details><summary>{summary}</summary>", ""]
    lines += [*wrong, "", "</details>"]
    return "\n".join(lines)


def page(text: str) -> str:
    """The guide with its made parts written again.

    Raises:
        KeyError: a made part of an unknown name.
    """
    numbers = [path.name[:2] for path in masters()]
    made = {
        "half day": timetable(HALF_DAY),
        "full day": timetable(FULL_DAY),
        "cards": "\n\n".join(card(number) for number in numbers),
        "notebooks": "\n\n".join(about(number) for number in numbers),
    }
    return PLACE.sub(lambda found: f"{found[1]}\n{made[found[2]]}\n\n{found[3]}", text)


if __name__ == "__main__":
    GUIDE.write_text(page(GUIDE.read_text("utf-8")), "utf-8", newline="\n")
