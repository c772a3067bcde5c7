"""What of a notebook goes on which slide.

``arranged(cells, notes)`` gives a deck's cells, tagged as nbconvert wants.

A slide shows a heading, and of what follows it the figures, formulas, tables, lists,
boxes, questions, claims, exercises and the short code that is the point. The running
prose is for the speaker: it goes into the notes. A section with more than fits has
several slides. A master's own ``slideshow`` metadata wins over all of this.

Three steps: ``_sections`` reads the cells into sections of cards; ``_add_opening`` and
``_add_notes`` complete them; ``_slides`` deals the cards out.
"""

import ast
import re
from base64 import b64decode
from copy import deepcopy
from dataclasses import dataclass, field, replace
from math import ceil
from textwrap import dedent
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from . import CUT

ROOM = 570  # pixels of 720 that a slide has below its heading
FIGURE = 430  # pixels of a figure at least
LINE = 42  # pixels of a line of text
WIDTH, CODE_WIDTH = 80, 86  # characters in a line of text, of code
LONGEST_CODE = 8  # lines of code that a room can follow
# Statements that draw, load or print: what they do is seen on the slide itself.
DRAWS = (
    r"\b(tk\.plots|course)\b|\.compare\(|\bfigures\.|\bstored\b|over_seeds"
    r"|^(import|from|print)\b|^\w+$|\bax\.|json\.loads|\.join\("
)
RECIPES = (
    r"\btk\.(from_scratch|linear_probe|fine_tune|lp_ft|article|Backbone|load_task"
    r"|activations|suggest)\("
)
# Statements that the course is about.
POINT = (
    RECIPES + r"|\bkeras\.|\.(compile|trainable)\b|\bnp\.(log|exp)\b|gradient"
    r"|paired_difference\("
)
# A question of a quiz, as Markdown.
QUESTION = (
    r"\*\*(?P<asked>[^\n]+)\*\*\n\n(?P<options>(?:- ○ [^\n]*\n)+)"
    r"\n<details>.*?</summary>\n\n(?P<answers>.*?)\n\n</d"
)
ITEM = r"[-*] |\d+\. "  # begins an item of a list
SENTENCE_ENDS = r"(?<=[.?!])(?<!\b[A-Z]\.)(?<!al\.)\s+"  # not after "A." and "et al."


@dataclass
class Card:
    """Something to see.

    Attributes:
        cells: that show it.
        height: in pixels, about.
        kind: what nbconvert calls its kind of slide: "slide" and "subslide" begin one,
            a "fragment" appears later, "-" is none of these.
        bullet: whether it is an item of a list.
        figure: whether it is a picture.
    """

    cells: list[NotebookNode]
    height: int
    kind: str = "-"
    bullet: bool = False
    figure: bool = False

    @property
    def look(self) -> str:
        """The class of its first cell for the style sheet."""
        return self.cells[0].metadata.look

    @property
    def starts(self) -> bool:
        """Whether it begins a slide."""
        return self.kind in ("slide", "subslide")

    @property
    def hidden(self) -> bool:
        """Whether it appears later."""
        return self.kind == "fragment"

    @property
    def leads(self) -> bool:
        """Whether it leads on to the next card, and so must stand on the same slide."""
        return self.look == "lead"

    @property
    def asks(self) -> bool:
        """Whether it is a question that the room answers first."""
        return self.look == "question"

    @property
    def printed(self) -> bool:
        """Whether it holds printed lines as they are."""
        return self.look == "printed"

    @property
    def code(self) -> bool:
        """Whether it shows code."""
        return bool(self.cells[0].cell_type == "code" and self.cells[0].source)


@dataclass
class Section:
    """A heading and what follows it.

    Attributes:
        title: the heading.
        level: of it, 1 to 3.
        cards: to see.
        said: words to say, each with the number of the card that they come before.
        minutes: that it takes; None if nobody said.
    """

    title: str
    level: int
    cards: list[Card] = field(default_factory=list)
    said: list[tuple[int, str]] = field(default_factory=list)
    minutes: float | None = None

    def say(self, text: str) -> None:
        """Add words for the speaker, before the next card."""
        self.said.append((len(self.cards), text))

    @property
    def is_exercise(self) -> bool:
        """Whether the reader has something to do."""
        return self.title.startswith("Exercise")


def arranged(cells: list[NotebookNode], notes: dict[str, Any]) -> list[NotebookNode]:
    """The cells of a deck.

    Args:
        cells: those of an executed notebook.
        notes: the instructor's, as ``tlkit_course.workshop.notes`` gives them; {} for
            none.
    """
    found = _sections(cells)
    _repeat_figures(found)
    last = [section for section in found if section.title == "You have seen"]
    others = [section for section in found if section.title != "You have seen"]
    every = others + _quizzes_first(last)
    deck = []
    for place, section in enumerate(every):
        _add_opening(section)
        _add_notes(section, notes, place == 0, place == len(every) - 1)
        deck += _slides(section)
    return deck


def _repeat_figures(found: list[Section]) -> None:
    """Put the figure that an exercise asks about before its question, once more."""
    for place, section in enumerate(found):
        asks = "\n".join(cell.source for card in section.cards for cell in card.cells)
        figures = [card for one in found[:place] for card in one.cards if card.figure]
        if section.is_exercise and figures and re.search(r"\bthe figure\b", asks):
            again = deepcopy(figures[-1])
            for cell in again.cells:
                cell["id"] = f"{cell['id']}-again"
            section.cards.insert(0, again)
            section.said = [(before + 1, words) for before, words in section.said]


def plain(text: str) -> str:
    """Markdown as it is read: without links, emphasis and tags."""
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[*`]|<[^>]+>", "", text).strip()


def without_links(text: str) -> str:
    """Markdown whose links to files are only words: a deck has no such files."""
    return re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", text)


# ---- from cells to sections of cards


def _sections(cells: list[NotebookNode]) -> list[Section]:
    """The sections of a notebook, those without anything left out."""
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
    """Add the blocks of a markdown cell to the sections; its headings begin new ones.

    Args:
        found: the sections so far.
        source: of the cell.
        kind: of slide, as the notebook's author set it; None if nobody did.
    """
    blocks = _blocks(source)
    for block, following in zip(blocks, [*blocks[1:], ""], strict=True):
        heading = re.match(r"(?:> )?(#{1,3}) (.+)\n?", block)
        if heading:
            found.append(Section(heading[2].strip(), len(heading[1])))
            rest = block[heading.end() :].strip("> \n")
            if not rest:
                continue
            block = rest if heading[0][0] == "#" else f"> {rest}"
        if kind == "notes":
            found[-1].say(block)
        elif kind:
            found[-1].cards.append(replace(_text(block), kind=kind))
            kind = "-"
        else:
            _read_block(found[-1], block, following)


def _blocks(source: str) -> list[str]:
    """The paragraphs, lists, tables and fences of Markdown.

    Blank lines inside fenced code do not part blocks: they are hidden meanwhile.
    """

    def hidden(fence):
        return fence[0].replace("\n\n", "\0")

    source = re.sub(r"(?ms)^```.*?^```", hidden, source)
    parts = re.split(r"\n\s*\n(?=\S)", source)
    return [part.strip("\n").replace("\0", "\n\n") for part in parts]


def _read_block(section: Section, block: str, following: str) -> None:
    """A block of Markdown: something to see, something to say, or both.

    Args:
        section: gets it.
        block: of Markdown.
        following: the block after it; "" for the last one.
    """
    hint = re.match(
        r"<details><summary>(.*?)</summary>(.*)</details>", block, re.DOTALL
    )
    cards = section.cards
    if re.match(ITEM, block):
        for item in re.split(rf"\n(?={ITEM})", block):
            cards.append(replace(_text(item), bullet=True))
    elif block.startswith("|"):
        cards.append(Card([_markdown(block)], _table_height(block)))
    elif block.startswith("$$"):
        tall = 45 if re.search(r"\\(frac|sum)", block) else 0
        height = 100 + tall + 36 * block.count(r"\\")
        cards.append(Card([_markdown(block, "formula")], height))
    elif block.startswith("```"):
        block = _comments_close(block)
        cards.append(Card([_markdown(block, "fence")], 30 * block.count("\n")))
    elif block.startswith(">"):
        cards.append(_text(block, "box"))
    elif hint:
        card = _text(f"**{hint[1]}:** {hint[2]}", "hint")
        cards.append(replace(card, kind="fragment"))
    elif block != "The solution comes next.":
        shown = _shown_of(section, block, following)
        if shown:
            cards.append(_text(shown, "small" if section.level == 1 else "lead"))
        if shown != block:
            section.say(block)


def _shown_of(section: Section, block: str, following: str) -> str:
    """What a slide shows of a paragraph.

    Of most paragraphs nothing; of an exercise, and of short ones in bold, the whole; of
    others the sentence that leads on to what is shown next.
    """
    leads = re.match(rf"{ITEM}|\||\$\$|```", following)
    if section.is_exercise and not _has_code(section):
        return block
    if section.level == 1 and (block.startswith("**") or leads):
        return block
    sentences = re.split(SENTENCE_ENDS, block)
    if block.startswith("**"):
        if _words(block) <= 30:
            return block
        first = 2 if _words(sentences[0]) < 6 else 1
        return " ".join(sentences[:first])
    if leads and _words(sentences[-1]) <= 30 and block[-1] in ":,":
        return sentences[-1]
    return ""


def _words(text: str) -> int:
    """How many words are read in Markdown."""
    return len(plain(text).split())


def _has_code(section: Section) -> bool:
    """Whether a section shows a code cell already."""
    return any(
        cell.cell_type == "code" for card in section.cards for cell in card.cells
    )


def _read_code(
    section: Section, cell: NotebookNode, kind: str | None, asked: dict[str, str]
) -> None:
    """Add what can be seen of a code cell.

    Args:
        section: gets it.
        cell: executed.
        kind: of slide, as the notebook's author set it; None if nobody did.
        asked: variable -> the question that it holds the guess of; added to.
    """
    source = cell.source.removeprefix("# NBVAL_CHECK_OUTPUT\n").rstrip()
    if kind == "notes":
        section.say(f"```python\n{source}\n```")
    elif kind:
        section.cards.append(Card([_code(source, cell.outputs)], FIGURE, kind))
    elif "solution" in cell.metadata.get("tags", []):
        source = _without(source, r"\bcourse\.claim\(")
        for part in _screens(source):
            cells = [_markdown("**Solution**"), _code(part)]
            section.cards.append(Card(cells, 60 + _code_height(part), "subslide"))
        _add_outputs(section, cell, asked)
    elif re.search(r"(?m)^course\.check\(", source):
        source = _without(source, r"^(import|from) ")
        section.cards.append(Card([_code(source)], _code_height(source)))
    elif not _is_personal(cell):
        drawn = any("image/png" in output.get("data", {}) for output in cell.outputs)
        shown = _worth_showing(source, RECIPES if drawn else POINT)
        if shown and section.level > 1:
            section.cards.append(Card([_code(shown)], _code_height(shown)))
        _add_outputs(section, cell, asked)


def _screens(source: str) -> list[str]:
    """Code in parts that fit a slide, cut where the code is least indented.

    A blank line is the best place, then the latest line. A slide's letters may become a
    little smaller.
    """
    lines, most = source.splitlines(), 1.1 * ROOM
    if _code_height(source) <= most:
        return [source]
    fits = [
        n for n in range(1, len(lines)) if _code_height("\n".join(lines[:n])) <= most
    ]

    def worth(n: int) -> tuple[bool, int, int]:
        depth = len(lines[n]) - len(lines[n].lstrip())
        return not lines[n - 1].strip(), -depth, n

    cut = max((n for n in fits if lines[n].strip()), key=worth)
    rest = "\n".join(lines[cut:])
    return ["\n".join(lines[:cut]).rstrip(), *_screens(rest)]


def _is_personal(cell: NotebookNode) -> bool:
    """Whether each learner compares a number of their own: nothing for a screen."""
    texts = [output.get("text", "") for output in cell.outputs]
    return any(re.search(r"\byours\b.*\bstored\b", text) for text in texts)


def _worth_showing(source: str, point: str) -> str:
    """The statements that a cell is about, without those that draw and claim.

    Args:
        source: of the cell.
        point: a pattern of what is worth showing.

    Returns:
        "" if there are none, or too many.
    """
    shown = _without(source, DRAWS)
    short = shown.count("\n") < LONGEST_CODE
    return shown if short and re.search(point, shown) else ""


def _without(source: str, unwanted: str) -> str:
    """Code without the statements that match.

    Comments stand close by, or are left out where they do not fit.
    """
    lines, kept = source.splitlines(), []
    for statement in ast.parse(source).body:
        text = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
        if re.search(unwanted, text):
            continue
        for line in _comments_close(text).split("\n"):
            if len(line) > CODE_WIDTH:
                line = re.sub(r"  # .*", "", line)
            kept.append(line)
    return "\n".join(kept)


def _comments_close(code: str) -> str:
    """Code whose comments stand two spaces behind it."""
    return re.sub(r"(\S) {2,}# ", r"\1  # ", code)


def _add_outputs(section: Section, cell: NotebookNode, asked: dict[str, str]) -> None:
    """Add what can be seen of a cell's outputs; arguments as for ``_read_code``."""
    compared = re.findall(r"(\w+)\.compare\(", cell.source)
    first = len(section.cards)
    for output in cell.outputs:
        data = output.get("data", {})
        if "image/png" in data:
            section.cards.append(_figure(output))
        elif "text/markdown" in data:
            _add_question(section, cell.source, "".join(data["text/markdown"]), asked)
        elif "text/html" not in data:
            text = "".join(output.get("text", data.get("text/plain", "")))
            _add_lines(section, first, text, compared, asked)


def _add_question(
    section: Section, source: str, text: str, asked: dict[str, str]
) -> None:
    """A guess to make, the questions of a quiz, or a box.

    What else is written as Markdown only a kernel can use.

    Args:
        section: gets it.
        source: of the cell.
        text: that it shows, in Markdown.
        asked: as for ``_read_code``.
    """
    if text.startswith("**Your guess:**"):
        first, _, _ = text.partition("\n")
        question = first.removeprefix("**Your guess:** ")
        for name in re.findall(r"(?m)^(\w+) = course\.guess\(", source):
            asked[name] = question
        card = _text(text.replace("Your guess:", "Your guess?"), "question")
        section.cards.append(card)
    elif text.startswith(">"):
        section.cards.append(_text(text, "box"))
    for found in re.finditer(QUESTION, text, re.DOTALL):
        card = _text(f"**{found['asked']}**\n\n{found['options']}", "question")
        section.cards.append(replace(card, kind="subslide"))
        answers = found["answers"].splitlines()
        right = "\n".join(line for line in answers if line.startswith("- ✓"))
        section.cards.append(replace(_text(right, "answer"), kind="fragment"))
        section.say(found["answers"])


def _add_lines(
    section: Section, first: int, text: str, compared: list[str], asked: dict[str, str]
) -> None:
    """Printed lines: claims and measured answers, each by itself, tables as they are.

    Sources are for the speaker.

    Args:
        section: gets them.
        first: number of the first card of this cell.
        text: that was printed.
        compared: variables whose guesses the cell compares, in order.
        asked: as for ``_read_code``.
    """
    names = iter(compared)
    special = r"[✓✗]|You made no guess|made by:"
    for line in re.findall(rf"(?:^(?!{special}).*\n?)+|^.+", text, re.MULTILINE):
        measured = re.match(r"You made no guess; measured (.*)", line)
        if measured:
            question = asked.get(next(names, ""), "")
            words = f"{question} **Measured: {measured[1]}**".strip()
            section.cards.append(replace(_text(words, "answer"), kind="fragment"))
        elif line.startswith("made by:"):
            section.say(line)
        elif line.startswith(("✓", "✗")):
            claim = _code("", [_stream(line)], "claim")
            section.cards.append(Card([claim], LINE * ceil(len(line) / WIDTH) + 30))
        elif line.strip():
            above = ""
            if section.cards[first:] and section.cards[-1].printed:  # of the same cell
                above = f"{section.cards.pop().cells[0].outputs[0].text}\n"
            section.cards.append(_table(above + dedent(line).strip("\n")))


def _table(text: str) -> Card:
    """Printed lines as they are, in letters so large that the longest fits.

    Lines of prose are wrapped.
    """
    cell, lines = _code("", [_stream(text)], "printed"), text.split("\n")
    longest, wide = max(map(len, text.splitlines())), CODE_WIDTH
    cell.metadata.size = 0.66
    if longest < 105:
        wide = longest
        cell.metadata.size = round(min(0.72, 1110 / 32 / 0.61 / longest), 3)
    rows = sum(ceil(len(line) / wide) for line in lines)
    return Card([cell], 20 + round(43 * cell.metadata.size) * rows)


def _stream(text: str) -> NotebookNode:
    """An output that was printed."""
    return NotebookNode(output_type="stream", name="stdout", text=text)


def _figure(output: NotebookNode) -> Card:
    """A picture, as high as the slide has room, and never flatter than it must be."""
    # Width and height stand where every PNG file has them.
    head = b64decode("".join(output.data["image/png"])[:32])
    width, height = int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    cell = _code("", [output])
    cell.metadata.height = min(FIGURE, round(900 * height / width))
    return Card([cell], cell.metadata.height, figure=True)


def _text(text: str, look: str = "text") -> Card:
    """A card of Markdown."""
    joined = re.sub(r"(?<=\w)\n(?=\w)", " ", text)
    lines = sum(ceil(len(plain(line)) / WIDTH) for line in joined.split("\n"))
    size = 0.75 if look == "small" else 1
    around = 30 if look in ("answer", "box", "hint") else 8  # these have a frame
    return Card([_markdown(text, look)], round(LINE * lines * size) + around)


def _table_height(block: str) -> int:
    """Of a Markdown table, pixels."""
    return sum(44 * ceil(len(plain(row)) / 95) for row in block.split("\n"))


def _code_height(source: str) -> int:
    """Of code, pixels."""
    lines = sum(ceil(len(line) / CODE_WIDTH) for line in source.splitlines())
    return 29 * lines + 34


def _markdown(source: str, look: str = "text") -> NotebookNode:
    """A cell of Markdown; ``look`` is its class for the style sheet."""
    return new_markdown_cell(source, metadata={"look": look})


def _code(
    source: str, outputs: list[NotebookNode] | None = None, look: str = "code"
) -> NotebookNode:
    """A cell of code; ``look`` is its class for the style sheet."""
    return new_code_cell(source, outputs=outputs or [], metadata={"look": look})


# ---- what is added to a section


def _quizzes_first(last: list[Section]) -> list[Section]:
    """The quiz, which the notebook has after "You have seen", as a section
    before it.
    """
    quiz = Section("Quiz", 2)
    for section in last:
        start = end = len(section.cards)
        for i, card in enumerate(section.cards):
            if card.kind == "subslide":
                start = min(start, i)
        later = [i + 1 for i, card in enumerate(section.cards) if card.hidden]
        end = max(later, default=start)
        quiz.cards, section.cards[start:end] = section.cards[start:end], []
        said, section.said = section.said, []
        quiz.said = []
        for place, text in said:
            if start < place <= end:
                quiz.said.append((place - start, text))
            else:
                section.said.append((place, text))
    return [quiz, *last] if quiz.cards else last


def _add_opening(section: Section) -> None:
    """Where there is little to see, about fifty words of the notebook's own.

    They are its first sentences.
    """
    if not section.said or sum(card.height for card in section.cards) > ROOM / 3:
        return
    kept: list[str] = []
    text = " ".join(text for _, text in section.said)
    for sentence in re.split(r"(?<=[.?!])\s+", text):
        if any(sentence in card.cells[0].source for card in section.cards):
            break  # it is there already
        if kept and len(" ".join([*kept, sentence]).split()) > 50:
            break
        kept.append(sentence)
    if not kept:
        return
    section.cards.insert(0, _text(" ".join(kept), "lead"))
    section.said = [(place + 1 if place else 0, text) for place, text in section.said]


def _add_notes(
    section: Section, notes: dict[str, Any], first: bool, last: bool
) -> None:
    """The instructor's notes, before the words of the notebook.

    Args:
        section: gets them.
        notes: as for ``arranged``.
        first, last: whether it is the first, the last section.
    """
    said = []
    if first and notes:
        said.append(f"**Goal.** {notes.get('goal', '')}")
        said.append(f"**On the board.** {notes.get('board', '')}")
    for one in notes.get("section", []):
        if plain(one["heading"]) == plain(section.title):
            section.minutes = one["minutes"]
            said.append(f"**{one['minutes']} min, {CUT[one['cut']]}.** {one['say']}")
    if last:
        for one in notes.get("discussion", []):
            said.append(f"**Discuss.** {one['question']} *{one['answer']}*")
        for one in notes.get("trouble", []):
            said.append(f"**Trouble:** {one['what']} {one['say']}")
    section.said = [(0, text) for text in said] + section.said


# ---- from sections to slides


def _slides(section: Section) -> list[NotebookNode]:
    """The cells of a section's slides; each begins with the heading."""
    _figures_before_answers(section.cards)
    pages, deck = _pages(section.cards), []
    for number, page in enumerate(pages):
        deck.append(_heading(section, number, len(pages)))
        words = [
            text
            for place, text in section.said
            if place - 1 in page or (number == 0 and place == 0)
        ]
        deck += _spoken(words)
        deck += _joined([section.cards[place] for place in page])
    return deck


def _figures_before_answers(cards: list[Card]) -> None:
    """Move each figure before the fragments above it: see it, then the answer."""
    for place in range(len(cards)):
        while place and cards[place].figure and cards[place - 1].hidden:
            cards[place - 1], cards[place] = cards[place], cards[place - 1]
            place -= 1


def _heading(section: Section, number: int, pages: int) -> NotebookNode:
    """The heading of a slide.

    Args:
        section: of the slide.
        number: of the slide in the section, from 0.
        pages: how many slides the section has.
    """
    title = f"{'#' * min(section.level, 2)} {section.title}"
    cell = _markdown(title, "heading" if number == 0 else "again")
    begins = number == 0 and section.level < 3
    metadata: dict[str, Any] = {"slide_type": "slide" if begins else "subslide"}
    if section.minutes is not None:  # the speaker's view has a clock
        metadata["data"] = {"timing": round(60 * section.minutes / pages)}
    cell.metadata.slideshow = metadata
    return cell


def _pages(cards: list[Card]) -> list[list[int]]:
    """The numbers of the cards on each slide.

    A little too much is allowed: the page makes its letters smaller.
    """
    pages: list[list[int]] = []
    for place in range(len(cards)):
        page = [cards[i] for i in pages[-1]] if pages else []
        if not page or _begins(page, cards[place:]):
            pages.append([])
        pages[-1].append(place)
    return pages


def _begins(page: list[Card], rest: list[Card]) -> bool:
    """Whether the first of the rest of the cards begins a new slide.

    Args:
        page: the cards on the slide so far, at least one.
        rest: those that follow.
    """
    card, following = rest[0], rest[1] if rest[1:] else None
    if card.starts:
        return True
    # The room has to answer before it is told anything.
    if page[-1].asks and not (card.asks or card.hidden):
        return True
    if any(one.figure for one in page):
        next_is_bullet = following is not None and following.bullet
        listed = card.bullet or (card.leads and next_is_bullet)
        if card.code or card.figure or listed:
            return True
    if card.figure and any(one.hidden for one in page):
        return True
    return _is_too_much(page, rest)


def _is_too_much(page: list[Card], rest: list[Card]) -> bool:
    """Whether a slide is full: this card does not fit, nor do all that belong to it.

    Arguments as for ``_begins``.
    """
    needed = rest[0].height
    if rest[0].leads and rest[1:]:
        needed += rest[1].height
    if _height(page) + needed <= ROOM:
        return False
    ends = len(rest)  # where the next slide begins in any case
    for i, later in enumerate(rest):
        if i and (later.starts or later.figure):
            ends = i
            break
    whole = page + rest[:ends]
    return _height(whole) > _most(whole) * ROOM


def _most(page: list[Card]) -> float:
    """How much too much may stand on a slide, as a factor.

    A figure stays large, and so do the letters of printed lines, and those of code
    beside a figure, which are smaller already.
    """
    figure = any(card.figure for card in page)
    if figure and any(card.code for card in page):
        return 1
    small = [card.cells[0].metadata.size / 0.52 for card in page if card.printed]
    large = any(card.figure and card.height > FIGURE / 2 for card in page)
    return min([1.12 if large else 1.3, *small])


def _height(page: list[Card]) -> float:
    """Of cards on one slide; beside a figure letters are smaller."""
    small = 0.8 if any(card.figure for card in page) else 1
    return sum(card.height * (1 if card.figure else small) for card in page)


def _spoken(texts: list[str]) -> list[NotebookNode]:
    """A cell of notes for the speaker; none for no texts."""
    if not texts:
        return []
    cell = _markdown("\n\n".join(texts))
    cell.metadata.slideshow = {"slide_type": "notes"}
    return [cell]


def _joined(cards: list[Card]) -> list[NotebookNode]:
    """Their cells, the items of one list in one cell; after a fragment all are
    fragments.
    """
    cells: list[NotebookNode] = []
    bullet = hidden = False
    for card in cards:
        hidden = hidden or card.hidden
        if bullet and card.bullet and not hidden:
            cells[-1].source += f"\n{card.cells[0].source}"
        else:
            for cell in card.cells:
                later = hidden and cell is card.cells[0]
                cell.metadata.slideshow = {"slide_type": "fragment" if later else "-"}
            cells += card.cells
        bullet = card.bullet
    return cells
