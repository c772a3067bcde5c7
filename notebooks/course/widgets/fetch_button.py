"""Buttons that download published files: only on a click, with progress, and a sentence if it fails."""

from collections.abc import Callable, Sequence
from typing import Any

from tlkit.files import fetch, pairs

from .twin import with_twin


class FetchButton:
    """A button for each of some published files that is not on this machine.

    Args:
        names: of the files, as ``fetch.get`` takes them.
        then: called after a download, if given; else it is said what to do when all of them are here.

    Attributes:
        buttons: name of the file, as ``fetch.get`` takes it -> ipywidgets.Button.
        widget: the buttons, and below them what happened.
    """

    def __init__(self, names: Sequence[str], then: Callable[[], None] | None = None):
        from ipywidgets import Button, Layout, Output, VBox

        self._names, self._then, self._said = tuple(names), then, Output()
        self._files = {
            name: fetch.FILES[name] for name in names if fetch.missing((name,))
        }
        self.buttons = {}
        for name, file in self._files.items():
            words = f"Download {file.title} ({file.bytes / 1e6:.0f} MB)"
            self.buttons[name] = Button(
                description=words, layout=Layout(width="auto"), icon="download"
            )
            self.buttons[name].on_click(
                lambda button, name=name: self._get(name, button)
            )
        self.widget = VBox(
            [*self.buttons.values(), self._said],
            layout=Layout(align_items="flex-start"),
        )

    def _get(self, name: str, button) -> None:
        button.disabled = True  # a second click would wait for the first
        with self._said:
            try:
                print(
                    f"✓ {self._files[name].title} is here, and its hash is right: {fetch.get(name)}"
                )
                if self._then:
                    self._then()
                elif not fetch.missing(self._names):
                    print(
                        "All files are here. Restart the kernel and run all cells: this notebook takes them."
                    )
            except fetch.FetchError as error:
                print(f"✗ {error}")
                button.disabled = False

    def __repr__(self) -> str:
        if not self._files:
            return "All of these files are on this machine: nothing to download."
        names = " and ".join(
            f"{file.title} ({file.bytes / 1e6:.0f} MB)" for file in self._files.values()
        )
        how = f"`python -m tlkit fetch {' '.join(self._files)}` downloads them."
        return f"Not on this machine: {names}. {pairs.how_to_get_real() if self._names == fetch.PAIR else how}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return with_twin(
            self.widget, {"text/plain": repr(self), "text/markdown": repr(self)}
        )


def fetch_button(*names: str) -> FetchButton:
    """Offer those of some files (of ``fetch.FILES``; default: the real pair's) that are not on this machine.

    Nothing is downloaded without a click.
    """
    return FetchButton(names or fetch.PAIR)
