"""What of a notebook goes on which slide: ``arranged(cells, notes)`` gives a deck's cells, tagged as nbconvert wants.

A slide shows a heading, and of what follows it the figures, formulas, tables, lists, boxes, questions, claims,
exercises and the short code that is the point. The running prose is for the speaker: it goes into the notes. A section
with more than fits has several slides. A master's own ``slideshow`` metadata wins over all of this.
"""

import ast
import re
from base64 import b64decode
from dataclasses import dataclass, field, replace
from math import ceil
from textwrap import dedent
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from . import CUT

ROOM, FIGURE, LINE = (
    570,
    460,
    42,
)  # pixels of 720: below a heading, of a figure at least, of a line of text
WIDTH, CODE_WIDTH, LONGEST_CODE = (
    80,
    86,
    8,
)  # characters in a line; lines of code that a room can follow
DRAWS = (  # and loads, and prints: what is to be seen on the slide itself
    r"\b(tk\.plots|course)\b|\.compare\(|\bfigures\.|\bstored\b|over_seeds"
    r"|^(import|from|print)\b|^\w+$|\bax\.|json\.loads|\.join\("
)
RECIPES = r"\btk\.(from_scratch|linear_probe|fine_tune|lp_ft|article|Backbone|load_task|activations|suggest)\("
POINT = (  # code that the course is about
    RECIPES
    + r"|\bkeras\.|\.(compile|trainable)\b|\bnp\.(log|exp)\b|gradient|paired_difference\("
)
QUESTION = r"\*\*(?P<asked>[^\n]+)\*\*\n\n(?P<options>(?:- ○ [^\n]*\n)+)\n<details>.*?</summary>\n\n(?P<answers>.*?)\n\n</d"


@dataclass
class Card:
    """Something to see: its cells, its height in pixels, about, and what nbconvert calls its kind of slide."""

    cells: list[NotebookNode]
    height: int
    kind: str = "-"  # "slide" and "subslide" begin one, a "fragment" appears later
    bullet: bool = False
    figure: bool = False

    @property
    def starts(self) -> bool:
        return self.kind in ("slide", "subslide")

    @property
    def hidden(self) -> bool:
        return self.kind == "fragment"

    @property
    def leads(self) -> bool:
        return self.cells[0].metadata.look == "lead"

    @property
    def asks(self) -> bool:
        return self.cells[0].metadata.look == "question"

    @property
    def printed(self) -> bool:
        return self.cells[0].metadata.look == "printed"

    @property
    def code(self) -> bool:
        return bool(self.cells[0].cell_type == "code" and self.cells[0].source)


@dataclass
class Section:
    """A heading and what follows it: cards to see and, before the card of the same number, words to say."""

    title: str
    level: int
    cards: list[Card] = field(default_factory=list)
    said: list[tuple[int, str]] = field(default_factory=list)
    minutes: float | None = None

    def say(self, text: str) -> None:
        self.said.append((len(self.cards), text))


def arranged(cells: list[NotebookNode], notes: dict[str, Any]) -> list[NotebookNode]:
    """The cells of a deck.

    Args:
        cells: those of an executed notebook.
        notes: the instructor's, as ``tlkit_course.workshop.notes`` gives them; {} for none.
    """
    found = _sections(cells)
    last = [section for section in found if section.title == "You have seen"]
    found = [
        section for section in found if section.title != "You have seen"
    ] + _quizzes_first(last)
    deck = []
    for place, section in enumerate(found):
        _add_opening(section)
        _add_notes(section, notes, first=place == 0, last=place == len(found) - 1)
        deck += _slides(section)
    return deck


def plain(text: str) -> str:
    """Markdown as it is read: without links, emphasis and tags."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[*`]|<[^>]+>", "", text).strip()


def without_links(text: str) -> str:
    """Markdown whose links to files are only words: beside the slides there are no such files."""
    return re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", text)


def _sections(cells: list[NotebookNode]) -> list[Section]:
    found: list[Section] = []
    asked: dict[str, str] = {}  # variable -> the question that it holds the guess of
    for cell in cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind == "skip":
            continue
        if cell.cell_type == "markdown":
            _read_prose(found, without_links(cell.source), kind)
        elif cell.cell_type == "code":
            _read_code(found[-1], cell, kind, asked)
    return [section for section in found if section.cards or section.said]


def _read_prose(found: list[Section], source: str, kind: str | None) -> None:
    """Add the blocks of a markdown cell to the sections; its headings begin new ones."""
    blocks = [
        block.strip("\n")
        for block in re.split(r"\n\s*\n(?=\S)", _fences_closed(source))
    ]
    for block, following in zip(blocks, [*blocks[1:], ""], strict=True):
        block, following = block.replace("\0", "\n\n"), following.replace("\0", "\n\n")
        if heading := re.match(r"(?:> )?(#{1,3}) (.+)\n?", block):
            found.append(Section(heading[2].strip(), len(heading[1])))
            if not (block := block[heading.end() :].strip("> \n")):
                continue
            block = block if heading[0][0] == "#" else f"> {block}"
        if kind == "notes":
            found[-1].say(block)
        elif kind:
            found[-1].cards.append(replace(_text(block), kind=kind))
            kind = "-"
        else:
            _read_block(found[-1], block, following)


def _fences_closed(source: str) -> str:
    """Markdown in which the blank lines of fenced code do not part blocks."""
    return re.sub(
        r"(?ms)^```.*?^```", lambda fence: fence[0].replace("\n\n", "\0"), source
    )


def _read_block(section: Section, block: str, following: str) -> None:
    """A block of Markdown: something to see, something to say, or both."""
    if re.match(r"[-*] |\d+\. ", block):
        for item in re.split(r"\n(?=[-*] |\d+\. )", block):
            section.cards.append(replace(_text(item), bullet=True))
    elif block.startswith("|"):
        section.cards.append(Card([_markdown(block)], _table_height(block)))
    elif block.startswith("$$"):
        section.cards.append(
            Card([_markdown(block, "formula")], 100 + 36 * block.count(r"\\"))
        )
    elif block.startswith("```"):
        block = re.sub(r"(\S) {2,}# ", r"\1  # ", block)
        section.cards.append(Card([_markdown(block, "fence")], 30 * block.count("\n")))
    elif block.startswith(">"):
        section.cards.append(_text(block, "box"))
    elif hint := re.match(
        r"<details><summary>(.*?)</summary>(.*)</details>", block, re.DOTALL
    ):
        section.cards.append(
            replace(_text(f"**{hint[1]}:** {hint[2]}", "hint"), kind="fragment")
        )
    elif block != "The solution comes next.":
        shown = _shown_of(section, block, following)
        section.cards += (
            [_text(shown, "small" if section.level == 1 else "lead")] if shown else []
        )
        if shown != block:
            section.say(block)


def _shown_of(section: Section, block: str, following: str) -> str:
    """What a slide shows of a paragraph: of most nothing; of others the sentence that leads on to what is shown."""
    sentences = re.split(r"(?<=[.?!])(?<!\b[A-Z]\.)(?<!al\.)\s+", block)
    leads = re.match(r"[-*] |\d+\. |\||\$\$|```", following)
    if _is_exercise(section) and not any(
        cell.cell_type == "code" for card in section.cards for cell in card.cells
    ):
        return block
    if section.level == 1 and (block.startswith("**") or leads):
        return block
    if block.startswith("**"):
        whole = len(plain(block).split()) <= 30
        return (
            block
            if whole
            else " ".join(sentences[: 1 + (len(plain(sentences[0]).split()) < 6)])
        )
    if leads and len(plain(sentences[-1]).split()) <= 30 and block[-1] in ":,":
        return sentences[-1]
    return ""


def _is_exercise(section: Section) -> bool:
    return section.title.startswith("Exercise")


def _read_code(
    section: Section, cell: NotebookNode, kind: str | None, asked: dict[str, str]
) -> None:
    """Add what is to be seen of a code cell."""
    source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n").rstrip()
    if kind == "notes":
        section.say(f"```python\n{source}\n```")
    elif kind:
        section.cards.append(Card([_code(source, cell.outputs)], FIGURE, kind))
    elif "solution" in cell.metadata.get("tags", []):
        source = _without(source, r"\bcourse\.claim\(")
        section.cards.append(
            Card(
                [_markdown("**Solution**"), _code(source)],
                60 + _code_height(source),
                "subslide",
            )
        )
        _add_outputs(section, cell, asked)
    elif re.search(r"(?m)^course\.check\(", source):
        source = _without(source, r"^(import|from) ")
        section.cards.append(Card([_code(source)], _code_height(source)))
    else:
        drawn = any("image/png" in output.get("data", {}) for output in cell.outputs)
        shown = _worth_showing(source, RECIPES if drawn else POINT)
        if any(
            re.search(r"\byours\b.*\bstored\b", output.get("text", ""))
            for output in cell.outputs
        ):
            return  # each learner compares a number of their own: nothing for a screen
        if shown and section.level > 1:
            section.cards.append(Card([_code(shown)], _code_height(shown)))
        _add_outputs(section, cell, asked)


def _worth_showing(source: str, point: str) -> str:
    """The statements that the cell is about, without those that draw and claim; "" if there are none, or too many."""
    shown = _without(source, DRAWS)
    return shown if shown.count("\n") < LONGEST_CODE and re.search(point, shown) else ""


def _without(source: str, unwanted: str) -> str:
    """Code without the statements that match, and with its comments close by, or left out where they do not fit."""
    lines, kept = source.splitlines(), []
    for statement in ast.parse(source).body:
        text = lines[statement.lineno - 1 : statement.end_lineno]
        if not re.search(unwanted, "\n".join(text)):
            text = [re.sub(r"(\S) {2,}# ", r"\1  # ", line) for line in text]
            kept += [
                re.sub(r"  # .*", "", line) if len(line) > CODE_WIDTH else line
                for line in text
            ]
    return "\n".join(kept)


def _add_outputs(section: Section, cell: NotebookNode, asked: dict[str, str]) -> None:
    names, first = re.findall(r"(\w+)\.compare\(", cell.source), len(section.cards)
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/png" in data:
            section.cards.append(_figure(output))
        elif "text/markdown" in data:
            _add_question(section, cell.source, "".join(data["text/markdown"]), asked)
        elif "text/html" not in data:
            _add_lines(
                section,
                first,
                "".join(output.get("text", data.get("text/plain", ""))),
                names,
                asked,
            )


def _add_question(
    section: Section, source: str, text: str, asked: dict[str, str]
) -> None:
    """A guess to make, the questions of a quiz, or a box; what else is written as Markdown only a kernel can use."""
    if text.startswith("**Your guess:**"):
        question = text.partition("\n")[0].removeprefix("**Your guess:** ")
        asked |= {
            name: question
            for name in re.findall(r"(?m)^(\w+) = course\.guess\(", source)
        }
        section.cards.append(
            _text(text.replace("Your guess:", "Your guess?"), "question")
        )
    elif text.startswith(">"):
        section.cards.append(_text(text, "box"))
    for found in re.finditer(QUESTION, text, re.DOTALL):
        card = _text(f"**{found['asked']}**\n\n{found['options']}", "question")
        section.cards.append(replace(card, kind="subslide"))
        right = "\n".join(
            line for line in found["answers"].splitlines() if line.startswith("- ✓")
        )
        section.cards.append(replace(_text(right, "answer"), kind="fragment"))
        section.say(found["answers"])


def _add_lines(
    section: Section, first: int, text: str, names: list[str], asked: dict[str, str]
) -> None:
    """Printed lines: claims and measured answers, each by itself, tables as they are; sources are for the speaker."""
    compared = iter(names)
    for line in re.findall(
        r"(?:^(?![✓✗]|You made no guess|made by:).*\n?)+|^.+", text, re.MULTILINE
    ):
        if found := re.match(r"You made no guess; measured (.*)", line):
            answer = _text(
                f"{asked.get(next(compared, ''), '')} **Measured: {found[1]}**".strip(),
                "answer",
            )
            section.cards.append(replace(answer, kind="fragment"))
        elif line.startswith("made by:"):
            section.say(line)
        elif line.startswith(("✓", "✗")):
            claim = _code("", [_stream(line)], "claim")
            section.cards.append(Card([claim], LINE * ceil(len(line) / WIDTH) + 30))
        elif line.strip():
            same = (
                section.cards[first:] and section.cards[-1].printed
            )  # lines of one cell
            above = f"{section.cards.pop().cells[0].outputs[0].text}\n" if same else ""
            section.cards.append(_table(above + dedent(line).strip("\n")))


def _table(text: str) -> Card:
    """Printed lines as they are, in letters so large that the longest fits; lines of prose are wrapped."""
    cell, longest = (
        _code("", [_stream(text)], "printed"),
        max(map(len, text.splitlines())),
    )
    cell.metadata.size = (
        round(min(0.72, 1110 / 32 / 0.61 / longest), 3) if longest < 105 else 0.66
    )
    wide = longest if longest < 105 else CODE_WIDTH
    return Card(
        [cell],
        20
        + round(43 * cell.metadata.size)
        * sum(ceil(len(line) / wide) for line in text.split("\n")),
    )


def _stream(text: str) -> NotebookNode:
    return NotebookNode(output_type="stream", name="stdout", text=text)


def _figure(output: NotebookNode) -> Card:
    """A picture, as high as the slide has room, and never flatter than it must be."""
    head = b64decode("".join(output.data["image/png"])[:32])
    width, height = (
        int.from_bytes(head[16:20]),
        int.from_bytes(head[20:24]),
    )  # as every PNG file has it
    cell = _code("", [output])
    cell.metadata.height = min(FIGURE, round(1160 * height / width))
    return Card([cell], cell.metadata.height, figure=True)


def _text(text: str, look: str = "text") -> Card:
    lines = sum(
        ceil(len(plain(line)) / WIDTH)
        for line in re.sub(r"(?<=\w)\n(?=\w)", " ", text).split("\n")
    )
    return Card(
        [_markdown(text, look)],
        round(LINE * lines * (0.75 if look == "small" else 1)) + 8,
    )


def _table_height(block: str) -> int:
    return sum(44 * ceil(len(plain(row)) / 95) for row in block.split("\n"))


def _code_height(source: str) -> int:
    return 29 * sum(ceil(len(line) / CODE_WIDTH) for line in source.splitlines()) + 20


def _markdown(source: str, look: str = "text") -> NotebookNode:
    return new_markdown_cell(source, metadata={"look": look})


def _code(
    source: str, outputs: list[NotebookNode] | None = None, look: str = "code"
) -> NotebookNode:
    return new_code_cell(source, outputs=outputs or [], metadata={"look": look})


def _quizzes_first(last: list[Section]) -> list[Section]:
    """ "You have seen", with the quiz that follows it in the notebook as a section of its own before it."""
    quiz = Section("Quiz", 2)
    for section in last:
        start = next(
            (i for i, card in enumerate(section.cards) if card.kind == "subslide"),
            len(section.cards),
        )
        end = max(
            (i + 1 for i, card in enumerate(section.cards) if card.kind == "fragment"),
            default=start,
        )
        quiz.cards, section.cards[start:end] = section.cards[start:end], []
        quiz.said = [
            (place - start, text)
            for place, text in section.said
            if start < place <= end
        ]
        section.said = [
            (place, text) for place, text in section.said if not start < place <= end
        ]
    return [quiz, *last] if quiz.cards else last


def _add_opening(section: Section) -> None:
    """Where there is little to see, about fifty words of the notebook's own, its first sentences."""
    if not section.said or sum(card.height for card in section.cards) > ROOM / 3:
        return
    kept: list[str] = []
    for sentence in re.split(
        r"(?<=[.?!])\s+", " ".join(text for _, text in section.said)
    ):
        if any(sentence in card.cells[0].source for card in section.cards):
            break  # it is there already
        if kept and len(" ".join([*kept, sentence]).split()) > 50:
            break
        kept.append(sentence)
    if not kept:
        return
    section.cards.insert(0, _text(" ".join(kept), "lead"))
    section.said = [(place + (place > 0), text) for place, text in section.said]


def _add_notes(
    section: Section, notes: dict[str, Any], first: bool, last: bool
) -> None:
    """The instructor's notes, before the words of the notebook."""
    said = []
    if first and notes:
        said += [
            f"**Goal.** {notes.get('goal', '')}",
            f"**On the board.** {notes.get('board', '')}",
        ]
    for one in notes.get("section", []):
        if plain(one["heading"]) == plain(section.title):
            section.minutes = one["minutes"]
            said.append(f"**{one['minutes']} min, {CUT[one['cut']]}.** {one['say']}")
    if last:
        said += [
            f"**Discuss.** {one['question']} *{one['answer']}*"
            for one in notes.get("discussion", [])
        ]
        said += [
            f"**Trouble:** {one['what']} {one['say']}"
            for one in notes.get("trouble", [])
        ]
    section.said = [(0, text) for text in said] + section.said


def _slides(section: Section) -> list[NotebookNode]:
    """The cells of a section's slides; each begins with the heading."""
    for place in range(len(section.cards)):
        while (
            place and section.cards[place].figure and section.cards[place - 1].hidden
        ):  # see it, then the answer
            section.cards[place - 1 : place + 1] = reversed(
                section.cards[place - 1 : place + 1]
            )
            place -= 1
    pages, deck = _pages(section.cards), []
    for number, page in enumerate(pages):
        first = "slide" if number == 0 and section.level < 3 else "subslide"
        metadata: dict[str, Any] = {"slide_type": first}
        if section.minutes is not None:  # the speaker's view has a clock
            metadata["data"] = {"timing": round(60 * section.minutes / len(pages))}
        heading = _markdown(
            f"{'#' * min(section.level, 2)} {section.title}",
            "heading" if number == 0 else "again",
        )
        heading.metadata.slideshow = metadata
        words = [
            text
            for place, text in section.said
            if (number == 0 and place == 0) or place - 1 in page
        ]
        deck += [heading, *_spoken(words)]
        deck += _joined([section.cards[place] for place in page])
    return deck


def _pages(cards: list[Card]) -> list[list[int]]:
    """The numbers of the cards on each slide. A little too much is allowed: the page makes its letters smaller."""
    pages: list[list[int]] = []
    for place, card in enumerate(cards):
        page, rest = [cards[i] for i in pages[-1]] if pages else [], cards[place:]
        next_card = rest[1] if rest[1:] else None
        needed = card.height + (next_card.height if card.leads and next_card else 0)
        ends = next(
            (i for i, later in enumerate(rest) if i and (later.starts or later.figure)),
            len(rest),
        )
        too_much = (
            _height(page) + needed > ROOM
            and _height(page + rest[:ends]) > _most(page + rest[:ends]) * ROOM
        )
        listed = card.bullet or (card.leads and next_card and next_card.bullet)
        parts = any(one.figure for one in page) and (card.code or card.figure or listed)
        parts = parts or (card.figure and any(one.hidden for one in page))
        told = (
            bool(page) and page[-1].asks and not (card.asks or card.hidden)
        )  # the room has to answer first
        if not page or card.starts or too_much or parts or told:
            pages.append([])
        pages[-1].append(place)
    return pages


def _most(page: list[Card]) -> float:
    """How much too much may stand on a slide: a figure stays large, and so do the letters of printed lines."""
    small = [card.cells[0].metadata.size / 0.52 for card in page if card.printed]
    large = any(card.figure and card.height > FIGURE / 2 for card in page)
    return min([1.12 if large else 1.35, *small])


def _height(page: list[Card]) -> float:
    """Of cards on one slide; below a figure letters are smaller."""
    small = 0.8 if any(card.figure for card in page) else 1
    return sum(card.height * (1 if card.figure else small) for card in page)


def _spoken(texts: list[str]) -> list[NotebookNode]:
    if not texts:
        return []
    cell = _markdown("\n\n".join(texts))
    cell.metadata.slideshow = {"slide_type": "notes"}
    return [cell]


def _joined(cards: list[Card]) -> list[NotebookNode]:
    """Their cells, the items of one list in one cell; what follows a fragment is one too."""
    cells: list[NotebookNode] = []
    bullet = hidden = False
    for card in cards:
        hidden = hidden or card.hidden
        if bullet and card.bullet and not hidden:
            cells[-1].source += f"\n{card.cells[0].source}"
        else:
            for cell in card.cells:
                cell.metadata.slideshow = {
                    "slide_type": "fragment"
                    if hidden and cell is card.cells[0]
                    else "-"
                }
            cells += card.cells
        bullet = card.bullet
    return cells
