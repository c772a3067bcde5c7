"""The quiz at the end of a notebook: every option that one may choose has an answer.

The questions of notebook NN are in ``quizzes/NN.toml``.
"""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from . import record
from .widgets.twin import with_twin


@dataclass(frozen=True)
class Option:
    """A possible answer, and the feedback for a learner who chooses it."""

    text: str
    feedback: str
    right: bool = False

    @property
    def mark(self) -> str:
        """✓ or ✗."""
        return "✓" if self.right else "✗"


@dataclass(frozen=True)
class Question:
    """A question with its options, exactly one of them right.

    Raises:
        ValueError: fewer than two options, two alike, or not exactly one right.
    """

    name: str
    question: str
    options: tuple[Option, ...]

    def __post_init__(self):
        right = sum(option.right for option in self.options)
        different = {option.text for option in self.options}
        if right != 1 or len(different) < max(2, len(self.options)):
            raise ValueError(
                f"{self.name}: expected two or more different options, one of them "
                f"right, got {right} right"
            )

    def answer(self, text: str) -> str:
        """The feedback for an option; the choice is noted in the learner's progress."""
        chosen = next(option for option in self.options if option.text == text)
        record.note("quizzes", self.name, chosen.right)
        return f"{chosen.mark} {chosen.feedback}"

    def markdown(self) -> str:
        """The question with its options, and the feedback for each folded
        below them.
        """
        options = [f"- ○ {option.text}" for option in self.options]
        answers = [f"- {o.mark} *{o.text}* {o.feedback}" for o in self.options]
        return "\n".join(
            [
                f"**{self.question}**",
                "",
                *options,
                "",
                "<details><summary>Answers</summary>",
                "",
                *answers,
                "",
                "</details>",
            ]
        )

    def __str__(self) -> str:
        options = [f"  ○ {option.text}" for option in self.options]
        return "\n".join([self.question, *options])


def questions(number: str) -> list[Question]:
    """The questions of a notebook's quiz.

    Args:
        number: of the notebook, "00" to "12".

    Raises:
        ValueError: no quiz of that number.
    """
    file = files("tlkit_course") / "quizzes" / f"{number}.toml"
    if not file.is_file():
        expected = 'expected the number of a notebook, as in course.quiz("00")'
        raise ValueError(f"no quiz {number!r}: {expected}")
    found = []
    for name, entry in tomllib.loads(file.read_text("utf-8")).items():
        options = tuple(Option(**option) for option in entry["options"])
        found.append(Question(f"{number} {name}", entry["question"], options))
    return found


class Quiz:
    """The questions of a notebook; a click on an option shows the feedback for it.

    Attributes:
        questions: as given.
        widget: an ipywidgets.VBox with a row for each question.
    """

    def __init__(self, asked: list[Question]):
        from ipywidgets import VBox

        self.questions = asked
        self.widget = VBox([_row(question) for question in asked])

    def __repr__(self) -> str:
        return "\n".join(map(str, self.questions))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The widget, and the questions as text for front ends that show none."""
        in_markdown = "\n\n".join(question.markdown() for question in self.questions)
        twin = {"text/plain": repr(self), "text/markdown": in_markdown}
        return with_twin(self.widget, twin)


def _row(question: Question):
    """The widgets of a question: its text, a button for each option, the feedback."""
    from ipywidgets import HTML, Layout, RadioButtons, VBox

    texts = [option.text for option in question.options]
    buttons = RadioButtons(options=texts, value=None, layout=Layout(width="auto"))
    feedback = HTML()

    def answer(change):
        feedback.value = question.answer(change["new"])

    buttons.observe(answer, "value")
    return VBox([HTML(f"<b>{question.question}</b>"), buttons, feedback])


def quiz(number: str) -> Quiz:
    """The quiz at the end of a notebook, "00" to "12".

    Raises:
        ValueError: there is none.
    """
    return Quiz(questions(number))
