"""Buttons that download published files: only after a click, with a progress bar."""

from collections.abc import Callable, Sequence
from typing import Any

from tlkit.files import fetch, pairs

from .twin import with_twin


class FetchButton:
    """A button for each of some published files that is not on this machine.

    What happens is said below the buttons, also if a download fails.

    Args:
        names: of the files, as ``fetch.get`` takes them.
        then: called after a download; None: once all files are here, the page says what
            to do next.

    Attributes:
        buttons: name of the file -> ipywidgets.Button.
        widget: the buttons, and below them what happened.
    """

    def __init__(self, names: Sequence[str], then: Callable[[], None] | None = None):
        from ipywidgets import Layout, Output, VBox

        self._names = tuple(map(fetch.key, names))
        self._then, self._said = then, Output()
        self._files = {
            name: fetch.FILES[name] for name in self._names if fetch.missing((name,))
        }
        self.buttons = {name: self._button(name) for name in self._files}
        self.widget = VBox(
            [*self.buttons.values(), self._said],
            layout=Layout(align_items="flex-start"),
        )

    def _button(self, name: str):
        """The button that downloads a file."""
        from ipywidgets import Button, Layout

        button = Button(
            description=f"Download {_title(self._files[name])}",
            layout=Layout(width="auto"),
            icon="download",
        )
        button.on_click(lambda button: self._get(name, button))
        return button

    def _get(self, name: str, button) -> None:
        """Download a file, and say below the buttons how it went."""
        button.disabled = True  # a second click would wait for the first
        with self._said:
            try:
                path = fetch.get(name)
            except fetch.FetchError as error:
                print(f"✗ {error}")
                button.disabled = False
                return
            title = self._files[name].title
            print(f"✓ {title} is here, and its hash is right: {path}")
            if self._then:
                self._then()
            elif not fetch.missing(self._names):
                print(
                    "All files are here. Restart the kernel and run all cells: this "
                    "notebook then uses them."
                )

    def __repr__(self) -> str:
        if not self._files:
            return "All of these files are on this machine: nothing to download."
        titles = " and ".join(_title(file) for file in self._files.values())
        if self._names == fetch.PAIR:
            how = pairs.how_to_get_real()
        else:
            command = f"python -m tlkit fetch {' '.join(self._files)}"
            how = f"`{command}` downloads them."
        return f"Not on this machine: {titles}. {how}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """The widget, and a sentence with the command for front ends without it."""
        twin = {"text/plain": repr(self), "text/markdown": repr(self)}
        return with_twin(self.widget, twin)


def _title(file: fetch.RemoteFile) -> str:
    """A file's name and size, as in "CIFAR-10 (170 MB)"."""
    return f"{file.title} ({file.bytes / 1e6:.0f} MB)"


def fetch_button(*names: str) -> FetchButton:
    """Offer to download those of some files that are not on this machine.

    Nothing is downloaded without a click.

    Args:
        *names: of files in ``fetch.FILES``; default: those of the real pair.
    """
    return FetchButton(names or fetch.PAIR)
