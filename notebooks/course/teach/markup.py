"""The parts of the page that are HTML: lists, pictures, results, answers.

Every text that comes from a learner or a file is escaped here.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tlkit import evaluate

from .pictures import Picture
from .probe import Probe
from .report import mistakes
from .show import SIDE, source

SHOWN = 12  # mistakes at most
STYLE = """<style>
.tlkit-teach .row { display: flex; flex-wrap: wrap; gap: 6px; align-items: flex-start; }
.tlkit-teach .row img { border-radius: 3px; }
.tlkit-teach .card { width: 290px; border: 1px solid var(--jp-border-color1, #bbb);
  border-radius: 6px; padding: 8px; line-height: 1.35; overflow-wrap: anywhere; }
.tlkit-teach .bar { background: var(--jp-brand-color1, #1976d2); height: 6px;
  border-radius: 3px; min-width: 1px; }
.tlkit-teach table { border-collapse: collapse; }
.tlkit-teach td, .tlkit-teach th { padding: 2px 10px; text-align: right; }
.tlkit-teach .note { border-left: 4px solid var(--jp-warn-color1, #e69f00);
  padding: 2px 10px; }
.tlkit-teach .widget-html, .tlkit-teach .widget-html-content { line-height: 1.45;
  height: auto; overflow: visible; white-space: normal; }
.tlkit-teach h3 { margin: 14px 0 2px; }
.tlkit-drop { border: 1px dashed var(--jp-border-color1, #bbb); border-radius: 6px;
  padding: 6px 8px; margin: 4px 0; }
.tlkit-drop.over { border-style: solid; border-color: var(--jp-brand-color1, #1976d2); }
</style>"""
ABOUT_MISTAKES = (
    "<p>These were named wrongly, the surest first. Is the label right? Could you tell?"
    "</p>"
)


@dataclass
class Answer:
    """A new picture, and what the model says about it.

    Attributes:
        picture: as it was read.
        shares: probabilities, float (classes,).
        look: HTML that shows what the answer rests on; empty while that is computed.
    """

    picture: Picture
    shares: np.ndarray
    look: str = ""


def listed(sentences: Sequence[str], shown: int = 6) -> str:
    """Sentences as a list, those beyond ``shown`` folded; empty for none."""
    items = [f"<li>{html.escape(sentence)}</li>" for sentence in sentences]
    if not items:
        return ""
    first, rest = f"<ul>{''.join(items[:shown])}</ul>", items[shown:]
    if not rest:
        return first
    more = f"<summary>{len(rest)} more</summary><ul>{''.join(rest)}</ul>"
    return f"{first}<details>{more}</details>"


def picture(src: str, alt: str, side: int = 44) -> str:
    """An <img> of ``side`` pixels, with its words."""
    words = html.escape(alt)
    size = f'width="{side}" height="{side}"'
    return f'<img src="{src}" alt="{words}" title="{words}" {size}>'


def result(probe: Probe, how: str) -> str:
    """What was learnt: score, confusion table, the pictures that were named wrongly.

    Args:
        probe: what was learnt.
        how: a sentence about the computation.
    """
    found, wrong = probe.accuracy, mistakes(probe)[:SHOWN]
    score = (
        f"<p><b>Leave-one-out accuracy {found.mean:.2f}, 95 % interval {found.low:.2f} "
        f"to {found.high:.2f}; guessing "
        f"{probe.guessing:.2f}</b><br>{html.escape(probe.finding())}</p>"
    )
    return "".join(
        [
            score,
            _table(probe),
            ABOUT_MISTAKES if wrong else "",
            f'<div class="row">{"".join(map(_mistake, wrong))}</div>',
            listed(probe.notes),
            f"<p><small>{html.escape(how)}</small></p>",
        ]
    )


def _mistake(one: dict[str, str]) -> str:
    """A picture that was named wrongly; as from ``report.mistakes``."""
    lines = [
        picture(one["src"], one["name"], 64),
        f"✗ {html.escape(one['said'])}",
        f"(is {html.escape(one['is'])})",
        f"<small>{html.escape(one['name'])}</small>",
    ]
    return f'<div style="width: 90px">{"<br>".join(lines)}</div>'


def _table(probe: Probe) -> str:
    """What the pictures of each class were taken for."""
    counts = evaluate.confusion(probe.labels, probe.predicted, len(probe.classes))
    names = [f"<th>{html.escape(name)}</th>" for name in probe.classes]
    rows = [f"<tr><th>is ↓, was named →</th>{''.join(names)}</tr>"]
    for name, row in zip(names, counts, strict=True):
        cells = "".join(f"<td>{count}</td>" for count in row)
        rows.append(f"<tr>{name}{cells}</tr>")
    return f"<table>{''.join(rows)}</table>"


def answers(
    classes: Sequence[str], some: Sequence[Answer], wrong: Sequence[str]
) -> str:
    """A card for each new picture, and sentences about files that could not be read."""
    cards = "".join(_card(classes, answer) for answer in some)
    return f'<div class="row">{cards}</div>{listed(wrong)}'


def _card(classes: Sequence[str], answer: Answer) -> str:
    """A new picture with what it rests on, and a bar for each class, the
    largest first.
    """
    shown, shares = answer.picture, answer.shares
    notes = "".join(f"<br><small>{html.escape(note)}</small>" for note in shown.notes)
    small = picture(source(shown.image, SIDE), shown.name, SIDE)
    bars = []
    for i in np.argsort(-shares):
        percent = f"{100 * shares[i]:.0f}"
        words = f"{html.escape(classes[i])} {percent} %"
        bars.append(
            f'<div>{words}<div class="bar" style="width: {percent}%"></div></div>'
        )
    return (
        f'<div class="card"><b>{html.escape(shown.name)}</b>{notes}<br>{small} '
        f"{answer.look or 'Looking where it looks…'}{''.join(bars)}</div>"
    )
