"""``workshop summary``: what a room found hard, and which predictions it got wrong.

The learners' progress files are summed up offline: what ``share()`` wrote
(``tlkit_course.workshop.share``), or their ``progress.json``. Names that learners typed
are never shown. Shares carry Wilson's 95 % interval: thirty people are few, and five
are very few.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tlkit import evaluate

from ..checks import exercises
from ..questions import questions
from . import notes, room, share

FEW = 5  # with fewer people, a share says what single people did
MOST_ROWS = 25  # of one panel of the figure
MOST_OPTIONS = 6
EXERCISES = "Exercises, the hardest first"  # titles of the tables
QUIZZES = "Quizzes, the hardest question first"
PREDICTIONS = "Predictions, the most often wrong first"
Table = list[tuple[str, ...]]  # header and rows


@dataclass(frozen=True)
class Progress:
    """One learner's file.

    Attributes:
        key: tells learners apart. A shared file has a number; a bare progress.json has
            none, and is another learner's only if its content differs.
        numbered: whether it is a shared file.
        done: how far it got.
        kept: as from ``share.entries``.
        problems: sentences about entries that were left out.
    """

    key: str
    numbered: bool
    done: int
    kept: share.Kept
    problems: list[str]


@dataclass(frozen=True)
class Row:
    """One exercise or question over all who tried it.

    Attributes:
        name: of it.
        n: how many tried.
        share: of them that solved it, or were right at the first try.
        tries: median; for those who have not solved it, the tries so far.
    """

    name: str
    n: int
    share: evaluate.Interval
    tries: float


@dataclass(frozen=True)
class Prediction:
    """One guess over all who made it.

    Attributes:
        name: of it.
        options: how often each option was chosen, the commonest first.
        right: the right option; None if it is not known.
        share: of those who chose that; None if it is not known.
    """

    name: str
    options: tuple[tuple[str, int], ...]
    right: str | None
    share: evaluate.Interval | None

    @property
    def n(self) -> int:
        """How many guessed."""
        return sum(count for _, count in self.options)

    def chosen(self) -> str:
        """What was chosen, in words, the option that most people chose first."""
        words = []
        for option, count in self.options[:MOST_OPTIONS]:
            mark = " (right)" if option == self.right else ""
            words.append(f"{option}{mark}: {count}")
        others = self.options[MOST_OPTIONS:]
        if others:
            words.append(f"others: {sum(count for _, count in others)}")
        return "; ".join(words)


@cache
def _predictions(number: str) -> dict[str, str] | None:
    """Guess -> its right option, of a notebook; None if that is not written down."""
    try:
        right = notes(number)["predictions"]
    except (FileNotFoundError, KeyError):
        return None
    return {name: str(option) for name, option in right.items()}


@cache
def _questions(number: str) -> dict[str, str]:
    """Name -> text of a notebook's quiz questions; empty if it has no quiz."""
    try:
        return {question.name: question.question for question in questions(number)}
    except ValueError:
        return {}


@cache
def _known(kind: str, number: str) -> frozenset[str] | None:
    """The names that a notebook has; None if that cannot be told."""
    if kind == "exercises":
        return frozenset(exercises(number))
    if kind == "quizzes":
        return frozenset(_questions(number))
    right = _predictions(number)
    return None if right is None else frozenset(right)


def understand(found: dict[str, Any]) -> Progress:
    """A learner's progress in a file, without what this course does not have.

    Raises:
        room.Refused: it is none.
    """
    kept, problems = share.entries(found)
    for kind, entries in kept.items():
        for name in list(entries):
            known = _known(kind, name[:2])
            if known is not None and name not in known:
                what = repr(room.printable(name, 30))
                problems.append(f"{what} is none of this course's {kind}")
                del entries[name]
    if not any(kept.values()):
        why = "no progress yet"
        if problems:
            why = f"nothing of this course in it; {problems[0]}"
        raise room.Refused(why)
    number = found.get("number")
    numbered = found.get("what") == share.MARK and isinstance(number, str)
    key = str(number) if numbered else repr(sorted(map(repr, kept.items())))
    outcomes = [*kept["exercises"].values(), *kept["quizzes"].values()]
    done = sum(tries for tries, _ in outcomes) + len(kept["guesses"])
    return Progress(key, numbered, done, kept, problems)


def once_each(
    learners: dict[Path, Progress],
) -> tuple[dict[Path, Progress], dict[Path, str]]:
    """One file of each learner: the one that got furthest.

    Returns:
        path -> progress of these, and path -> why it is left out, of all others.
    """
    best: dict[tuple[bool, str], Path] = {}
    for path, progress in learners.items():
        learner = (progress.numbered, progress.key)
        if learner not in best or progress.done > learners[best[learner]].done:
            best[learner] = path
    why = {}
    for path, progress in learners.items():
        other = best[progress.numbered, progress.key]
        if other != path:
            same = "the same learner's" if progress.numbered else "word for word"
            why[path] = f"{same} as {room.printable(other.name)}"
    return {path: learners[path] for path in best.values()}, why


def hardest(kind: str, learners: Iterable[Progress]) -> list[Row]:
    """The exercises or questions, the hardest first.

    Args:
        kind: "exercises" (share solved) or "quizzes" (share right at the first try).
        learners: one for each.
    """
    answers: dict[str, list[tuple[int, bool]]] = {}
    for progress in learners:
        for name, outcome in progress.kept[kind].items():
            answers.setdefault(name, []).append(outcome)
    rows = []
    for name, outcomes in answers.items():
        good = [
            solved and (kind == "exercises" or tries == 1) for tries, solved in outcomes
        ]
        median = float(np.median([tries for tries, _ in outcomes]))
        rows.append(Row(name, len(good), evaluate.wilson(np.array(good)), median))
    return sorted(rows, key=lambda row: (row.share.mean, -row.tries, row.name))


def predictions(learners: Iterable[Progress]) -> list[Prediction]:
    """What was guessed, the guess that most people got wrong first.

    Those without a known right option come last.
    """
    chosen: dict[str, Counter] = {}
    for progress in learners:
        for name, option in progress.kept["guesses"].items():
            chosen.setdefault(name, Counter())[option] += 1
    rows = []
    for name, counts in chosen.items():
        right = (_predictions(name[:2]) or {}).get(name)
        hits = None
        if right is not None:
            hits = evaluate.wilson(np.arange(counts.total()) < counts[right])
        rows.append(Prediction(name, tuple(counts.most_common()), right, hits))
    return sorted(rows, key=lambda row: (row.share.mean if row.share else 2, row.name))


def _interval(share: evaluate.Interval | None) -> str:
    if share is None:
        return "not known"
    return f"{share.mean:.2f} [{share.low:.2f}, {share.high:.2f}]"


def tables(learners: list[Progress]) -> dict[str, Table]:
    """Title -> header and rows, in words; nothing for what nobody did."""

    def cells(row: Row) -> tuple[str, ...]:
        return (row.name, str(row.n), _interval(row.share), f"{row.tries:g}")

    tried = [cells(row) for row in hardest("exercises", learners)]
    asked = [
        (*cells(row), _questions(row.name[:2])[row.name])
        for row in hardest("quizzes", learners)
    ]
    guessed = [
        (one.name, str(one.n), _interval(one.share), one.chosen())
        for one in predictions(learners)
    ]
    found: dict[str, Table] = {}
    if tried:
        found[EXERCISES] = [("name", "tried", "solved", "median tries"), *tried]
    if asked:
        header = ("name", "tried", "right at first", "median tries", "question")
        found[QUIZZES] = [header, *asked]
    if guessed:
        found[PREDICTIONS] = [("name", "guessed", "right", "chosen"), *guessed]
    return found


def caution(learners: list[Progress]) -> str:
    """What to say about figures that show what single people did."""
    if len(learners) < FEW:
        return (
            f"So few ({len(learners)}) that these figures may identify people: keep "
            "them to yourself."
        )
    counts = [int(row[1]) for lines in tables(learners).values() for row in lines[1:]]
    if any(count < FEW for count in counts):
        return f"Rows with fewer than {FEW} people may identify people."
    return ""


def figure(learners: list[Progress]):
    """Shares with their intervals, the lowest on top: a panel for each kind.

    The panels are exercises, predictions and quiz questions.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    from tlkit import plots

    guessed = [
        Row(one.name, one.n, one.share, 1.0)
        for one in predictions(learners)
        if one.share
    ]
    every = [
        (
            "share of those who tried it that solved the exercise",
            hardest("exercises", learners),
            "probe",
        ),
        ("share of those who guessed that guessed right", guessed, "scratch"),
        (
            "share of those who answered that were right at first",
            hardest("quizzes", learners),
            "lp_ft",
        ),
    ]
    panels = [
        (label, rows[:MOST_ROWS], colour) for label, rows, colour in every if rows
    ]
    heights = [len(rows) + 2 for _, rows, _ in panels] or [1]
    size = (7.6, 0.27 * sum(heights) + 0.4)
    drawing = pyplot.figure(figsize=size, layout="constrained")
    spots = drawing.subplots(len(heights), squeeze=False, height_ratios=heights)[:, 0]
    # Where nothing is known there is one empty spot.
    for ax, panel in zip(spots, panels, strict=False):
        _panel(ax, *panel)
    return plots.describe(drawing, _in_words(learners))


def _panel(ax, label: str, rows: Sequence[Row], colour: str) -> None:
    """One panel: a dot with its interval for each row, and the numbers beside it."""
    from tlkit import plots

    plots.axes(ax, None)
    mean = np.array([row.share.mean for row in rows])
    below = mean - [row.share.low for row in rows]
    above = [row.share.high for row in rows] - mean
    look = {"fmt": "o", "ms": 6, "lw": 2, "color": plots.PALETTE[colour]}
    places = np.arange(len(rows))
    ax.errorbar(mean, places, xerr=[below, above], clip_on=False, **look)
    for place, row in enumerate(rows):
        words = f"{round(row.share.mean * row.n)} of {row.n}"
        if row.tries > 1:
            words += f", {row.tries:g} tries"
        where = {"xycoords": ("axes fraction", "data"), "va": "center"}
        ax.annotate(words, (1.02, place), color=plots.INK, fontsize=9, **where)
    ax.set_yticks(places, [row.name for row in rows], fontsize=9, parse_math=False)
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.4, -0.6))
    ax.set_xlabel(label, fontsize=10)


def _in_words(learners: list[Progress]) -> str:
    """The figure in a sentence."""
    words = (
        f"Shares of {room.count(len(learners), 'learner')}, exercise by exercise and "
        "guess by guess"
    )
    rows = hardest("exercises", learners)
    if rows:
        words += f"; fewest solved {rows[0].name}, {_interval(rows[0].share)}"
    return f"{words}."


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>tlkit: what the room did</title>
<style>
  body { font: 17px/1.5 system-ui, sans-serif; color: #222; background: #fff;
         max-width: 52rem; margin: 0 auto; padding: 1rem; }
  h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
  img { max-width: 100%; height: auto }
  .wide { overflow-x: auto } table { border-collapse: collapse; font-size: .9rem }
  th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d5d5d5;
           vertical-align: top }
  td:nth-child(-n + 3) { white-space: nowrap }
</style>
<h1>What {{ n }} did</h1>
<p>{{ caution }} Shares carry their 95 % interval (Wilson). Where an exercise is not
solved, the tries so far count.</p>
<img src="data:image/png;base64,{{ picture }}" alt="{{ alt }}">
{% for title, lines in tables.items() %}<h2>{{ title }}</h2>
<div class="wide"><table>
<tr>{% for cell in lines[0] %}<th scope="col">{{ cell }}</th>{% endfor %}</tr>
{% for line in lines[1:] %}
<tr>{% for cell in line %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table></div>
{% endfor %}{% if refused %}<h2>Left out</h2><pre>{{ refused }}</pre>{% endif %}
</html>
"""


def write(folder: Path, learners: list[Progress], refused: str) -> list[Path]:
    """Put ``summary.png`` and a page that needs nothing else into a folder.

    Args:
        folder: made if need be.
        learners: one for each.
        refused: a paragraph about files that were left out.

    Returns:
        the paths of both, summary.png and summary.html.
    """
    from jinja2 import Environment, StrictUndefined

    from tlkit import plots

    drawing = figure(learners)
    alt = drawing.get_label()
    picture = plots.png(drawing, alt)
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(PAGE)
    page = template.render(
        n=room.count(len(learners), "learner"),
        caution=caution(learners),
        refused=refused,
        tables=tables(learners),
        picture=base64.b64encode(picture).decode(),
        alt=alt,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.png").write_bytes(picture)
    (folder / "summary.html").write_text(page, "utf-8")
    return [folder / "summary.png", folder / "summary.html"]


def add(parser) -> None:
    """The command's options."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="progress files, or folders of them"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="put summary.png and summary.html there as well",
    )


def run(arguments) -> int:
    """Print the summary.

    Returns:
        exit status: 1 if no file could be used, else 0 (files left out are named).
    """
    found, refused = room.collect(arguments.files, understand)
    best, same = once_each(found)
    learners, left_out = list(best.values()), room.say_refused(refused | same)
    if not learners:
        print(left_out)
        return 1
    n = room.count(len(learners), "learner")
    print(f"{n}. Shares carry their 95 % interval. {caution(learners)}".rstrip())
    for title, lines in tables(learners).items():
        print(f"\n{title}\n{_as_text(title, lines)}")
    for path, progress in best.items():
        if progress.problems:
            print(f"\n{_problems(path, progress.problems)}")
    if left_out:
        print(f"\n{left_out}")
    if arguments.out:
        written = map(str, write(arguments.out, learners, left_out))
        print(f"\nWritten: {' and '.join(written)}")
    return 0


def _problems(path: Path, problems: list[str]) -> str:
    """What was left out of a file."""
    others = f", and {len(problems) - 1} more entries" if problems[1:] else ""
    return f"Of {room.printable(path.name)} left out: {problems[0]}{others}."


def _as_text(title: str, lines: Table) -> str:
    """A table for a terminal.

    What was chosen in predictions stands on lines of its own: options are sentences.
    """
    if title != PREDICTIONS:
        return room.table(lines[0], lines[1:])
    narrow = room.table(lines[0][:3], [line[:3] for line in lines[1:]])
    header, *rows = narrow.splitlines()
    chosen = [line[3] for line in lines[1:]]
    return "\n".join(
        [header, *(f"{row}\n      {c}" for row, c in zip(rows, chosen, strict=True))]
    )
