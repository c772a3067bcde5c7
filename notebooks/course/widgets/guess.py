"""A prediction, made with one click before an experiment and compared with its result afterwards."""

from collections.abc import Sequence
from typing import Any

from .. import record
from .twin import with_twin


class Guess:
    """A question asked before an experiment, and what was answered by one click.

    Attributes:
        question, options, name: as given to ``guess``.
        widget: the buttons (ipywidgets.ToggleButtons), none chosen at first.
    """

    def __init__(self, question: str, options: Sequence[Any], name: str = ""):
        from ipywidgets import Layout, ToggleButtons

        self.question, self.options, self.name = (
            question,
            tuple(map(str, options)),
            name,
        )
        if len(self.options) < 2 or len(set(self.options)) < len(self.options):
            raise ValueError(
                f"options: expected two or more, all different, got {self.options}: give what one may click"
            )
        self.widget = ToggleButtons(
            options=self.options,
            value=None,
            description=question,
            tooltips=[f"I guess {option}" for option in self.options],
            style={"description_width": "initial", "button_width": "auto"},
            layout=Layout(
                flex_flow="column", width="auto"
            ),  # the question above its buttons, never cut short
        )
        self.widget.observe(
            lambda change: record.note("guesses", self.name, change["new"]), "value"
        )

    @property
    def choice(self) -> str | None:
        """The option that was clicked; None before that."""
        return self.widget.value

    def compare(self, result: Any) -> None:
        """Print what was guessed beside what was measured; a float shows with three places."""
        measured = f"{result:.3f}" if isinstance(result, float) else str(result)
        guessed = (
            "You made no guess" if self.choice is None else f"You guessed {self.choice}"
        )
        print(f"{guessed}; measured {measured}.")

    def __repr__(self) -> str:
        return "\n".join((self.question, *(f"  ○ {option}" for option in self.options)))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The widget for front ends that can show one, the question and its options as text for all others."""
        listed = "\n".join(f"- ○ {option}" for option in self.options)
        twin = {
            "text/plain": repr(self),
            "text/markdown": f"**Your guess:** {self.question}\n\n{listed}",
        }
        return with_twin(self.widget, twin)


def guess(question: str, options: Sequence[Any], name: str = "") -> Guess:
    """Ask for a prediction before an experiment. As the last line of a cell it shows its buttons.

    Args:
        question: what will be measured, as a question.
        options: two or more answers to click, or to reach with Tab and choose with Space.
        name: the notebook's number and what the guess is about, as in "00 scratch"; kept in the learner's progress.

    Returns:
        an object whose ``compare(result)`` prints the guess beside the result, also if there was none.

    Raises:
        ValueError: fewer than two options, or two alike.
    """
    return Guess(question, options, name)
