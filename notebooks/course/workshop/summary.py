"""What the room found hard, and which predictions it got wrong: the learners' progress files, summed up offline.

Files are what ``share()`` wrote (``tlkit_course.workshop.share``), or learners' ``progress.json``. Names that learners
typed are never shown. Shares carry Wilson's 95 % interval: thirty people are few, and five are very few.
"""

import base64
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from tlkit_course.questions import questions

from tlkit import evaluate

from ..checks import exercises
from . import notes, room, share

FEW = 5  # with fewer people, a share says what single people did
MOST_ROWS = 25  # of one panel of the figure
MOST_OPTIONS = 6
NUMBER = "number "  # of a shared file; a bare progress.json has none, and counts as another's only if it differs


@dataclass(frozen=True)
class Progress:
    """One learner's file: ``key`` tells learners apart, ``done`` says how far it got, ``kept`` is share.entries'."""

    key: str
    done: int
    kept: dict[str, dict[str, Any]]
    problems: list[str]


@dataclass(frozen=True)
class Row:
    """One exercise or question over all who tried it; ``share`` solved it, or answered rightly at the first try."""

    name: str
    n: int
    share: evaluate.Interval
    tries: float  # median; of who has not solved it, the tries so far


@dataclass(frozen=True)
class Prediction:
    """One guess over all who made it: how often each option was chosen, the right one, and the share who chose that."""

    name: str
    options: tuple[tuple[str, int], ...]
    right: str | None
    share: evaluate.Interval | None

    @property
    def n(self) -> int:
        """How many guessed."""
        return sum(count for _, count in self.options)

    def chosen(self) -> str:
        """The distribution in words, the option that most people chose first."""
        first, others = self.options[:MOST_OPTIONS], self.options[MOST_OPTIONS:]
        words = [
            f"{option}{' (right)' * (option == self.right)}: {count}"
            for option, count in first
        ]
        return "; ".join(
            words + [f"others: {sum(n for _, n in others)}"] * bool(others)
        )


@cache
def _predictions(number: str) -> dict[str, str] | None:
    """Guess -> the option that the measurement bears out; None if nobody has written that down yet."""
    try:
        return {
            name: str(option) for name, option in notes(number)["predictions"].items()
        }
    except (FileNotFoundError, KeyError):
        return None


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
    if kind == "guesses":
        right = _predictions(number)
        return None if right is None else frozenset(right)
    return frozenset(_questions(number))


def understand(found: dict[str, Any]) -> Progress:
    """A learner's progress in a file, without what this course does not have. Raises room.Refused if it is none."""
    kept, problems = share.entries(found)
    for kind, entries in kept.items():
        for name in list(entries):
            known = _known(kind, name[:2])
            if known is not None and name not in known:
                problems.append(
                    f"{room.printable(name, 30)!r} is none of this course's {kind}"
                )
                del entries[name]
    if not any(kept.values()):
        raise room.Refused(
            f"nothing of this course in it; {problems[0]}"
            if problems
            else "no progress yet"
        )
    number, shared = found.get("number"), found.get("what") == share.MARK
    key = (
        f"{NUMBER}{number}"
        if shared and isinstance(number, str)
        else repr(sorted(map(repr, kept.items())))
    )
    done = sum(
        tries for kind in ("exercises", "quizzes") for tries, _ in kept[kind].values()
    ) + len(kept["guesses"])
    return Progress(key, done, kept, problems)


def once_each(
    learners: dict[Path, Progress],
) -> tuple[dict[Path, Progress], dict[Path, str]]:
    """Each learner's furthest file, and for every other file of the same learner the reason why it is left out."""
    best: dict[str, Path] = {}
    for path, progress in learners.items():
        if (
            progress.key not in best
            or progress.done > learners[best[progress.key]].done
        ):
            best[progress.key] = path
    same = {
        path: best[progress.key]
        for path, progress in learners.items()
        if best[progress.key] != path
    }
    said = {
        path: "the same learner's"
        if learners[path].key.startswith(NUMBER)
        else "word for word"
        for path in same
    }
    why = {
        path: f"{said[path]} as {room.printable(other.name)}"
        for path, other in same.items()
    }
    return {path: learners[path] for path in best.values()}, why


def hardest(kind: str, learners: Iterable[Progress]) -> list[Row]:
    """Rows for "exercises" (share solved) or "quizzes" (share right at the first try), the hardest first."""
    answers: dict[str, list[tuple[int, bool]]] = {}
    for progress in learners:
        for name, outcome in progress.kept[kind].items():
            answers.setdefault(name, []).append(outcome)
    rows = []
    for name, outcomes in answers.items():
        good = [
            solved and (kind == "exercises" or tries == 1) for tries, solved in outcomes
        ]
        tries = float(np.median([tries for tries, _ in outcomes]))
        rows.append(Row(name, len(good), evaluate.wilson(np.array(good)), tries))
    return sorted(rows, key=lambda row: (row.share.mean, -row.tries, row.name))


def predictions(learners: Iterable[Progress]) -> list[Prediction]:
    """What was guessed, the guess that most people got wrong first; those without a known right option come last."""
    chosen: dict[str, Counter] = {}
    for progress in learners:
        for name, option in progress.kept["guesses"].items():
            chosen.setdefault(name, Counter())[option] += 1
    rows = []
    for name, counts in chosen.items():
        right = (_predictions(name[:2]) or {}).get(name)
        hits = (
            None
            if right is None
            else evaluate.wilson(np.arange(counts.total()) < counts[right])
        )
        rows.append(Prediction(name, tuple(counts.most_common()), right, hits))
    return sorted(rows, key=lambda row: (row.share.mean if row.share else 2, row.name))


def _interval(share: evaluate.Interval | None) -> str:
    return (
        f"{share.mean:.2f} [{share.low:.2f}, {share.high:.2f}]"
        if share
        else "not known"
    )


def tables(learners: list[Progress]) -> dict[str, list[tuple[str, ...]]]:
    """Title -> header and rows, in words; nothing for what nobody did."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for title, kind, share_of in (
        ("Exercises, the hardest first", "exercises", "solved"),
        ("Quizzes, the hardest question first", "quizzes", "right at first"),
    ):
        asked = (
            (lambda name: [_questions(name[:2])[name]])
            if kind == "quizzes"
            else lambda name: []
        )
        rows = [
            (r.name, str(r.n), _interval(r.share), f"{r.tries:g}", *asked(r.name))
            for r in hardest(kind, learners)
        ]
        found[title] = [
            (
                "name",
                "tried",
                share_of,
                "median tries",
                *["question"] * (kind == "quizzes"),
            ),
            *rows,
        ]
    guessed = [
        (p.name, str(p.n), _interval(p.share), p.chosen())
        for p in predictions(learners)
    ]
    found["Predictions, the most often wrong first"] = [
        ("name", "guessed", "right", "chosen"),
        *guessed,
    ]
    return {title: lines for title, lines in found.items() if len(lines) > 1}


def caution(learners: list[Progress]) -> str:
    """What to say about figures that show what single people did."""
    if len(learners) < FEW:
        return f"So few ({len(learners)}) that these figures may identify people: keep them to yourself."
    found = tables(learners).values()
    if any(int(row[1]) < FEW for lines in found for row in lines[1:]):
        return f"Rows with fewer than {FEW} people may identify people."
    return ""


def figure(learners: list[Progress]):
    """One panel each for exercises, predictions and quiz questions: shares with their intervals, the lowest on top."""
    from matplotlib import pyplot

    right = [(p.name, p.n, p.share) for p in predictions(learners) if p.share]
    panels = [
        (
            "share of those who tried it that solved the exercise",
            hardest("exercises", learners),
            "probe",
        ),
        (
            "share of those who guessed that guessed rightly",
            [Row(*about, 1.0) for about in right],
            "scratch",
        ),
        (
            "share of those who answered that were right at first",
            hardest("quizzes", learners),
            "lp_ft",
        ),
    ]
    panels = [
        (label, rows[:MOST_ROWS], colour) for label, rows, colour in panels if rows
    ]
    heights = [len(rows) + 2 for _, rows, _ in panels] or [1]
    drawing = pyplot.figure(
        figsize=(7.6, 0.27 * sum(heights) + 0.4), layout="constrained"
    )
    spots = drawing.subplots(len(heights), squeeze=False, height_ratios=heights)[:, 0]
    for ax, panel in zip(
        spots, panels, strict=False
    ):  # where nothing is known there is one empty spot
        _panel(ax, *panel)
    return drawing


def _panel(ax, label: str, rows: list[Row], colour: str) -> None:
    from tlkit import plots

    plots.axes(ax, None)
    shares = np.array(
        [(row.share.mean, row.share.low, row.share.high) for row in rows]
    ).T  # (3, rows)
    mean, low, high = shares
    places = np.arange(len(rows))
    ax.errorbar(mean, places, xerr=[mean - low, high - mean], fmt="o", ms=6, lw=2, color=plots.PALETTE[colour],
                clip_on=False)  # fmt: skip
    for place, row in enumerate(rows):
        words = (
            f"{round(row.share.mean * row.n)} of {row.n}"
            + f", {row.tries:g} tries" * (row.tries > 1)
        )
        ax.annotate(
            words,
            (1.02, place),
            xycoords=("axes fraction", "data"),
            va="center",
            color=plots.INK,
            fontsize=9,
        )
    ax.set_yticks(places, [row.name for row in rows], fontsize=9, parse_math=False)
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.4, -0.6))
    ax.set_xlabel(label, fontsize=10)


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>tlkit: what the room did</title>
<style>
  body { font: 17px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 52rem; margin: 0 auto;
         padding: 1rem; }
  h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem } img { max-width: 100%; height: auto }
  .wide { overflow-x: auto } table { border-collapse: collapse; font-size: .9rem }
  th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #d5d5d5; vertical-align: top }
  td:nth-child(-n + 3) { white-space: nowrap }
</style>
<h1>What {{ n }} did</h1>
<p>{{ caution }} Shares carry their 95 % interval (Wilson). Where an exercise is not solved, the tries so far count.</p>
<img src="data:image/png;base64,{{ picture }}" alt="{{ alt }}">
{% for title, lines in tables.items() %}<h2>{{ title }}</h2>
<div class="wide"><table><tr>{% for cell in lines[0] %}<th scope="col">{{ cell }}</th>{% endfor %}</tr>
{% for line in lines[1:] %}<tr>{% for cell in line %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table></div>
{% endfor %}{% if refused %}<h2>Left out</h2><pre>{{ refused }}</pre>{% endif %}
</html>
"""


def _alt(learners: list[Progress]) -> str:
    """The figure in a sentence."""
    rows = hardest("exercises", learners)
    first = (
        f"; fewest solved {rows[0].name}, {_interval(rows[0].share)}" if rows else ""
    )
    return f"Shares of {room.count(len(learners), 'learner')}, exercise by exercise and guess by guess{first}."


def write(folder: Path, learners: list[Progress], refused: str) -> list[Path]:
    """Put ``summary.png`` and a page that needs nothing else, ``summary.html``, into a folder; returns both."""
    from jinja2 import Environment, StrictUndefined

    from tlkit import plots

    alt = _alt(learners)
    picture = plots.png(figure(learners), alt)
    said = {
        "n": room.count(len(learners), "learner"),
        "caution": caution(learners),
        "refused": refused,
    }
    page = Environment(autoescape=True, undefined=StrictUndefined).from_string(PAGE)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "summary.png", folder / "summary.html"]
    files[0].write_bytes(picture)
    files[1].write_text(
        page.render(
            **said,
            tables=tables(learners),
            picture=base64.b64encode(picture).decode(),
            alt=alt,
        ),
        "utf-8",
    )
    return files


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
    """Print the summary; exit status 1 if no file could be used, 0 otherwise (files left out are named)."""
    found, refused = room.collect(arguments.files, understand)
    best, same = once_each(found)
    learners, left_out = list(best.values()), room.say_refused(refused | same)
    if not learners:
        print(left_out)
        return 1
    print(
        f"{room.count(len(learners), 'learner')}. Shares carry their 95 % interval. {caution(learners)}".rstrip()
    )
    for title, lines in tables(learners).items():
        print(
            f"\n{title}\n{room.table(lines[0], lines[1:])}"
            if lines[0][-1] != "chosen"
            else f"\n{title}\n{_listed(lines)}"
        )
    for path, progress in best.items():
        if progress.problems:
            others = f", and {len(progress.problems) - 1} more entries" * (
                len(progress.problems) > 1
            )
            print(
                f"\nOf {room.printable(path.name)} left out: {progress.problems[0]}{others}."
            )
    print(f"\n{left_out}" if left_out else "", end="\n" if left_out else "")
    if arguments.out:
        print(
            "\nWritten: "
            + " and ".join(map(str, write(arguments.out, learners, left_out)))
        )
    return 0


def _listed(lines: list[tuple[str, ...]]) -> str:
    """The table of predictions, with what was chosen on a line of its own: options are sentences."""
    shown = room.table(lines[0][:3], [line[:3] for line in lines[1:]]).splitlines()
    return "\n".join(
        [
            shown[0],
            *(
                f"{row}\n      {line[3]}"
                for row, line in zip(shown[1:], lines[1:], strict=True)
            ),
        ]
    )
