"""A prediction, made by one click before an experiment and compared with its result."""

from collections.abc import Sequence
from typing import Any

from .. import record
from .twin import with_twin

_clicked: dict[str, str] = {}  # name -> option; a cell that runs again shows it


class Guess:
    """A question that is asked before an experiment, and the option that was clicked.

    Attributes:
        question, options, name: as given to ``guess``; options are texts.
        widget: the buttons (ipywidgets.ToggleButtons). None is chosen at first; the
            option that was clicked stays when the cell is run again.
    """

    def __init__(self, question: str, options: Sequence[Any], name: str = ""):
        from ipywidgets import Layout, ToggleButtons

        self.question, self.name = question, name
        self.options = tuple(map(str, options))
        if len(self.options) < 2 or len(set(self.options)) < len(self.options):
            raise ValueError(
                f"options: expected two or more, all different, got {self.options}: "
                "give the answers that one may click"
            )
        self.widget = ToggleButtons(
            options=self.options,
            value=self._before(),
            description=question,
            tooltip=question,
            tooltips=[f"I guess {option}" for option in self.options],
            style={"description_width": "initial", "button_width": "auto"},
            # The question stands above its buttons, so that it is never cut short.
            layout=Layout(flex_flow="column", width="auto"),
        )
        self.widget.observe(self._note, "value")

    def _before(self) -> str | None:
        """The option that was clicked when this cell ran before, or on another day."""
        kept = record.read()["guesses"].get(self.name, {}).get("guess")
        clicked = _clicked.get(self.name, kept)
        return clicked if self.name and clicked in self.options else None

    def _note(self, change) -> None:
        if self.name:
            _clicked[self.name] = change["new"]
        record.note("guesses", self.name, change["new"])

    @property
    def choice(self) -> str | None:
        """The option that was clicked; None before that."""
        return self.widget.value

    def compare(self, result: Any) -> None:
        """Print the guess beside the measured result; a float shows with
        three places.
        """
        measured = f"{result:.3f}" if isinstance(result, float) else str(result)
        guessed = f"You guessed {self.choice}"
        if self.choice is None:
            guessed = "You made no guess"
        print(f"{guessed}; measured {measured}.")

    def __repr__(self) -> str:
        return "\n".join([self.question, *(f"  ○ {option}" for option in self.options)])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The widget, and the question with its options as text."""
        listed = "\n".join(f"- ○ {option}" for option in self.options)
        in_markdown = f"**Your guess:** {self.question}\n\n{listed}"
        twin = {"text/plain": repr(self), "text/markdown": in_markdown}
        return with_twin(self.widget, twin)


def guess(question: str, options: Sequence[Any], name: str = "") -> Guess:
    """Ask for a prediction before an experiment. As the last line of a cell it is
    shown.

    Args:
        question: what will be measured, as a question.
        options: two or more answers to click, or to reach with Tab and choose with
            Space.
        name: the notebook's number and what the guess is about, as in "00 scratch";
            kept in the learner's progress.

    Returns:
        an object whose ``compare(result)`` prints the guess beside the result, also if
        there was none.

    Raises:
        ValueError: fewer than two options, or two alike.
    """
    return Guess(question, options, name)
