"""Questions with an answer for every option that one may choose."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from . import record
from .widgets.twin import with_twin


@dataclass(frozen=True)
class Option:
    """A possible answer, and what is said to whoever chooses it."""

    text: str
    feedback: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question with its options, exactly one of them right."""

    name: str
    question: str
    options: tuple[Option, ...]

    def __post_init__(self):
        right, texts = (
            sum(option.right for option in self.options),
            {option.text for option in self.options},
        )
        if right != 1 or len(texts) < max(2, len(self.options)):
            raise ValueError(
                f"{self.name}: expected two or more different options, one of them right, got {right} right"
            )

    def answer(self, text: str) -> str:
        """What is said of an option, noted in the learner's progress."""
        chosen = next(option for option in self.options if option.text == text)
        record.note("quizzes", self.name, chosen.right)
        return f"{'✓' if chosen.right else '✗'} {chosen.feedback}"

    def markdown(self) -> str:
        """The question, its options, and folded below them what is said of each."""
        listed = "\n".join(f"- ○ {option.text}" for option in self.options)
        said = "\n".join(
            f"- {'✓' if o.right else '✗'} *{o.text}* {o.feedback}" for o in self.options
        )
        return f"**{self.question}**\n\n{listed}\n\n<details><summary>Answers</summary>\n\n{said}\n\n</details>"


def questions(number: str) -> list[Question]:
    """The quiz of a notebook, "00" to "10" (``notebooks/course/quizzes``). Raises ValueError if there is none."""
    file = files("tlkit_course") / "quizzes" / f"{number}.toml"
    if not file.is_file():
        raise ValueError(
            f'no quiz {number!r}: expected the number of a notebook, as in course.quiz("00")'
        )
    found = tomllib.loads(file.read_text("utf-8"))
    return [
        Question(
            f"{number} {name}",
            entry["question"],
            tuple(Option(**option) for option in entry["options"]),
        )
        for name, entry in found.items()
    ]


class Quiz:
    """The questions of a notebook; a click on an option shows what is to be said of it."""

    def __init__(self, asked: list[Question]):
        from ipywidgets import VBox

        self.questions = asked
        self.widget = VBox([self._row(question) for question in asked])

    def _row(self, question: Question):
        from ipywidgets import HTML, Layout, RadioButtons, VBox

        texts = [option.text for option in question.options]
        buttons = RadioButtons(options=texts, value=None, layout=Layout(width="auto"))
        said = HTML()
        buttons.observe(
            lambda change: setattr(said, "value", question.answer(change["new"])),
            "value",
        )
        return VBox([HTML(f"<b>{question.question}</b>"), buttons, said])

    def __repr__(self) -> str:
        return "\n".join(
            line
            for q in self.questions
            for line in (q.question, *(f"  ○ {o.text}" for o in q.options))
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        twin = {
            "text/plain": repr(self),
            "text/markdown": "\n\n".join(q.markdown() for q in self.questions),
        }
        return with_twin(self.widget, twin)


def quiz(number: str) -> Quiz:
    """The wrap-up quiz of a notebook, "00" to "10". Raises ValueError if there is none."""
    return Quiz(questions(number))
