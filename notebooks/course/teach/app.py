"""The page of ``teach_it_your_own.ipynb``: pictures in, a probe with an honest score, answers, one file to keep.

Only the page; what it does is in the modules beside it, and none of them imports Keras, so that it appears at once.
Every control is a labelled button, list or field that takes the keyboard, and what happens is said in words in one
place, which screen readers announce.
"""

import html
import os
import threading
import traceback
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from tlkit import evaluate, plots
from tlkit.files import fetch
from tlkit.folders import SUFFIXES

from ..widgets import FetchButton
from ..widgets.twin import with_twin
from . import (
    CLASSES,
    FEW,
    Examples,
    Features,
    Picture,
    PictureError,
    Probe,
    TeachError,
    learn,
    read_picture,
    save,
)
from .report import mistakes
from .show import SIDE, source, spotlight, where

ABOUT = {
    "imagenet": "The network is <b>VGG16, trained on the 1.3 million photographs of ImageNet</b>: animals, plants, "
    "vehicles, tools, food, furniture. It suits photographs.",
    "letters": "The network is <b>the letters backbone, trained on printed letters that were drawn at 32 × 32 "
    "pixels</b>. Expect it to tell apart printed letters, digits and simple signs. It has seen no photograph: on "
    "photographs of things it may do hardly better than guessing, and it has learnt not to look at colour.",
}
OTHER = "The network has weights of your own choice, from {}. What suits it is what it was trained on."
VGG16 = "For photographs, take VGG16: one download (59 MB, kept in your cache folder), then everything works offline."
THUMBS, NEW = 24, 12  # pictures shown of a class; new pictures answered at once
ALL = "all its pictures"
EXAMPLE = ("two", "five", "nine"), "259"  # names, symbols
STYLE = """<style>
.tlkit-teach .row { display: flex; flex-wrap: wrap; gap: 6px; align-items: flex-start; }
.tlkit-teach .row img { border-radius: 3px; }
.tlkit-teach .card { width: 290px; border: 1px solid var(--jp-border-color1, #bbb); border-radius: 6px; padding: 8px;
  line-height: 1.35; overflow-wrap: anywhere; }
.tlkit-teach .bar { background: var(--jp-brand-color1, #1976d2); height: 6px; border-radius: 3px; min-width: 1px; }
.tlkit-teach table { border-collapse: collapse; }
.tlkit-teach td, .tlkit-teach th { padding: 2px 10px; text-align: right; }
.tlkit-teach .note { border-left: 4px solid var(--jp-warn-color1, #e69f00); padding: 2px 10px; }
.tlkit-teach .widget-html, .tlkit-teach .widget-html-content { line-height: 1.45; height: auto; overflow: visible;
  white-space: normal; }
.tlkit-teach h3 { margin: 14px 0 2px; }
.tlkit-drop { border: 1px dashed var(--jp-border-color1, #bbb); border-radius: 6px; padding: 6px 8px; margin: 4px 0; }
.tlkit-drop.over { border-style: solid; border-color: var(--jp-brand-color1, #1976d2); }
</style>"""


def _said(handler: Callable) -> Callable:
    """A handler of a click whose errors are said on the page; whatever the learner had is still there."""

    @wraps(handler)
    def call(self, *arguments):
        try:
            handler(self, *arguments)
        except (TeachError, OSError, ValueError, fetch.FetchError) as error:
            self.say(f"✗ {error}")
        except Exception as error:
            self.say(
                f"✗ {type(error).__name__}: {error}. Your pictures are still here: try again, or restart the kernel."
            )
            traceback.print_exc()  # for whoever looks into the log

    return call


def _list(sentences: Sequence[str], shown: int = 6) -> str:
    """Sentences as a list, the rest folded."""
    items = [f"<li>{html.escape(sentence)}</li>" for sentence in sentences]
    rest = f"<details><summary>{len(items) - shown} more</summary><ul>{''.join(items[shown:])}</ul></details>"
    return (
        f"<ul>{''.join(items[:shown])}</ul>{rest if items[shown:] else ''}"
        if items
        else ""
    )


def _image(src: str, alt: str, side: int = 44) -> str:
    return f'<img src="{src}" alt="{html.escape(alt)}" title="{html.escape(alt)}" width="{side}" height="{side}">'


def _content(one) -> bytes:
    """The bytes of a chosen file. Raises PictureError for what the page's script left in the browser."""
    data = bytes(one["content"])
    if data.startswith(b"tlkit: folder"):
        raise PictureError(
            f"{one['name']}: expected pictures, got a folder. Next: open it and choose the pictures in it."
        )
    if data.startswith(b"tlkit: "):
        got = f"expected at most 8 MB through the browser, got {int(data.split()[1]) / 1e6:.0f} MB"
        raise PictureError(
            f"{one['name']}: {got}. Next: save a smaller copy, or name its folder on this page."
        )
    return data


class ClassRow:
    """One thing to teach: its name, its pictures, and what was said of its files."""

    def __init__(self, app: "TeachApp", label: int):
        from ipywidgets import HTML, Button, Dropdown, HBox, Layout, Text, VBox

        self.app, self.label = app, label
        self.sentences: list[str] = []
        self.name = Text(
            description=f"Thing {label + 1}",
            placeholder="what is it?",
            layout=Layout(width="260px"),
        )
        self.upload = app.uploader(self._files)
        self.which = Dropdown(
            options=[ALL], description="Take out:", layout=Layout(width="260px")
        )
        self.clear = Button(description="Take out", layout=Layout(width="auto"))
        self.shown, wrap = HTML(), Layout(flex_flow="row wrap")
        self.widget = VBox(
            [
                HBox([self.name, self.upload, self.which, self.clear], layout=wrap),
                self.shown,
            ]
        )
        self.widget.add_class("tlkit-drop")
        self.name.observe(self._named, "value")
        self.clear.on_click(self._remove)
        self.show()

    def _named(self, change) -> None:
        self.app.examples.names[self.label] = change["new"]
        self.show()

    def _remove(self, _button) -> None:
        which = self.which.value
        self.app.examples.remove(self.label, None if which == ALL else which)
        if which == ALL:
            self.sentences = []
        self.show()
        self.app.say(f"Taken out of {self.called}: {which}. {self.app.next_step()}")

    def _files(self, found) -> None:
        before = len(self.app.examples.of(self.label))
        for one in found:
            try:
                self.sentences += self.app.examples.add(
                    self.label, one["name"], _content(one)
                )
            except PictureError as error:
                self.sentences.append(f"✗ {error}")
        added = len(self.app.examples.of(self.label)) - before
        self.show()
        self.app.say(
            f"{self.called}: {added} of {len(found)} files were taken in. {self.app.next_step()}"
        )

    @property
    def called(self) -> str:
        """Its name, or its number before it has one."""
        return self.name.value.strip() or f"thing {self.label + 1}"

    def show(self) -> None:
        """Say how many pictures there are, and show them."""
        mine = (
            self.app.examples.of(self.label)
            if self.label < len(self.app.examples.names)
            else ()
        )
        self.upload.description = f"Choose pictures of {self.called}"
        self.clear.disabled = self.which.disabled = not mine
        self.which.options = [ALL, *(picture.name for picture in mine)]
        small = "".join(
            _image(source(picture.image), picture.name) for picture in mine[:THUMBS]
        )
        more = f" and {len(mine) - THUMBS} more" if len(mine) > THUMBS else ""
        count = (
            f"{len(mine)} picture{'s' * (len(mine) != 1)}"
            if mine
            else "No pictures yet: choose some, or drop them here."
        )
        self.shown.value = (
            f'{count}<div class="row">{small}{more}</div>{_list(self.sentences)}'
        )


class TeachApp:
    """The whole page.

    Attributes:
        examples: the pictures (teach.Examples).
        features: the frozen backbone (teach.Features).
        probe: what was learnt last (teach.Probe); None before that.
        kept: the folder that was written last; None before that.
        widget: the page, an ipywidgets.VBox.
    """

    def __init__(
        self,
        folder: str | Path = "my_model",
        weights: str | None = None,
        size: int | None = None,
    ):
        from ipywidgets import HTML, Button, Dropdown, Layout, Text

        chosen = weights or ("letters" if fetch.missing(("vgg16",)) else "imagenet")
        self.features = Features(chosen, folder, size)
        self.examples = Examples(("", ""), self.features.size)
        self.probe: Probe | None = None
        self.kept: Path | None = None
        wide, self._offered = (
            Layout(width="auto"),
            weights is None and chosen == "letters",
        )
        self.about, self.result, self.answers, self.done = (
            HTML(),
            HTML(),
            HTML(),
            HTML(),
        )
        self.status = HTML(
            '<div role="status">Choose pictures, or try it with drawn digits.</div>'
        )
        self.count = Dropdown(description="How many things?", options=range(CLASSES[0], CLASSES[1] + 1),
                              style={"description_width": "initial"}, layout=Layout(width="190px"))  # fmt: skip
        self.rows = [ClassRow(self, label) for label in range(CLASSES[1])]
        self.folder = Text(description="Or a folder that holds a folder for each thing:", placeholder="pictures/",
                           style={"description_width": "initial"}, layout=Layout(width="560px"))  # fmt: skip
        self.read = Button(description="Read that folder", layout=wide)
        self.example = Button(description="Try it with drawn digits", layout=wide)
        self.learn = Button(description="Learn", button_style="primary")
        self.ask = self.uploader(self._answer)
        self.ask.description = "Choose new pictures to name"
        self.place = Text(
            str(folder), description="Folder:", layout=Layout(width="400px")
        )
        self.keep = Button(description="Keep the model", layout=wide)
        self.count.observe(self._counted, "value")
        self.read.on_click(self._read_folder)
        self.example.on_click(self._draw_example)
        self.learn.on_click(self._learn)
        self.keep.on_click(self._keep)
        self.place.observe(self._placed, "value")
        self.widget = self._page()
        self._placed()
        self._introduce()
        self._warm_soon()

    def uploader(self, take: Callable[[Sequence], None]):
        """A button to choose files with; ``take`` gets them, and the page keeps no second copy of them."""
        from ipywidgets import FileUpload, Layout

        button = FileUpload(
            accept=",".join(SUFFIXES),
            multiple=True,
            icon="",
            layout=Layout(width="auto"),
        )

        def changed(change):
            if found := change["new"]:
                _said(lambda self: take(found))(self)
                button.value = ()

        button.observe(changed, "value")
        return button

    def _page(self):
        from ipywidgets import HTML, HBox, Layout, VBox

        wrap = Layout(flex_flow="row wrap")
        self._classes, drop = VBox(), VBox([HBox([self.ask]), self.answers])
        drop.add_class("tlkit-drop")
        self.status.add_class("tlkit-status")
        self._fetch = (
            FetchButton(("vgg16",), self._take_vgg16).widget
            if self._offered
            else HTML()
        )
        page = VBox([
            HTML(STYLE), self.about, self._fetch,
            HTML("<h3>1 · Pictures: about ten of each thing</h3>"),
            HBox([self.count, self.example], layout=wrap), self._classes, HBox([self.folder, self.read], layout=wrap),
            HTML("<h3>2 · Learn, and see how good it is</h3>"), HBox([self.learn]), self.status, self.result,
            HTML("<h3>3 · Ask it about pictures that it has not seen</h3>"), drop,
            HTML("<h3>4 · Keep it</h3>"), HBox([self.place, self.keep], layout=wrap), self.done,
        ])  # fmt: skip
        page.add_class("tlkit-teach")
        self._counted()
        return page

    def say(self, sentence: str) -> None:
        """Say in words what happened; screen readers announce it."""
        self.status.value = f'<div role="status"><b>{html.escape(sentence)}</b></div>'

    def next_step(self) -> str:
        """What is missing before learning."""
        few = [
            row.called
            for row in self.rows[: self.count.value]
            if len(self.examples.of(row.label)) < FEW
        ]
        return f"Next: pictures of {', '.join(few)}." if few else "Next: Learn."

    def _warm_soon(self) -> None:
        """Start TensorFlow while the learner is choosing pictures, a moment later, so that the page appears first."""
        if not os.environ.get("TLKIT_STATIC"):
            timer = threading.Timer(1.5, self._warm)
            timer.daemon = True
            timer.start()

    def _warm(self) -> None:
        try:
            self.features.warm()
        except Exception as error:  # of another thread: said here, and raised again when something is learnt
            self.about.value += f'<p class="note">✗ {html.escape(str(error))}</p>'

    def _introduce(self) -> None:
        weights = self.features.weights
        words = ABOUT.get(weights, OTHER.format(html.escape(Path(weights).name)))
        note = "" if weights == "imagenet" else ' class="note"'
        self.about.value = f"<p{note}>{words}{' ' + VGG16 if self._offered else ''}</p>"

    @property
    def warning(self) -> str:
        """What to expect of the backbone, as plain text; empty for VGG16 with ImageNet's weights."""
        if self.features.weights == "imagenet":
            return ""
        words = ABOUT.get(
            self.features.weights, OTHER.format(Path(self.features.weights).name)
        )
        return words.replace("<b>", "").replace("</b>", "")

    def _take_vgg16(self) -> None:
        """VGG16 is here: take it, and read the pictures again at its size."""
        self.features, self._offered = Features("imagenet", self.features.folder), False
        self.examples.squeeze(self.features.size)
        self.probe = None
        self.result.value = self.answers.value = ""
        self._introduce()
        self._show_rows()
        self.say(
            "VGG16 is here and is used from now on. Your pictures stay. Next: Learn."
        )
        self._warm_soon()

    def _counted(self, _change=None) -> None:
        self.examples.count(self.count.value)
        self._classes.children = [row.widget for row in self.rows[: self.count.value]]
        for row in self.rows[: self.count.value]:
            self.examples.names[row.label] = row.name.value
            row.show()

    def _show_rows(self) -> None:
        """The page follows the examples: how many classes, their names, their pictures."""
        names = list(self.examples.names)
        self.count.value = len(names)
        for row, name in zip(self.rows, names, strict=False):
            row.name.value = name
            row.show()

    def _placed(self, _change=None) -> None:
        self.features.folder = Path(self.place.value.strip() or "my_model").expanduser()
        place = html.escape(str(self.features.folder.absolute()))
        self.done.value = (
            f"Everything that this page writes goes into <code>{place}</code>: features of your pictures when you "
            "learn, the model and its report when you keep it."
        )

    @_said
    def _read_folder(self, _button) -> None:
        if not self.folder.value.strip():
            raise TeachError(
                "expected the name of a folder, got none. Next: type it, or choose pictures above."
            )
        self.say("Reading the pictures…")
        found = self.examples.add_folder(self.folder.value.strip())
        self._replaced(found)
        counts = ", ".join(
            f"{name} {len(self.examples.of(i))}"
            for i, name in enumerate(self.examples.names)
        )
        self.say(f"Pictures were read: {counts}. {self.next_step()}")

    def _replaced(self, sentences: list[str]) -> None:
        for row in self.rows:
            row.sentences = []
        self.rows[0].sentences = sentences
        self._show_rows()

    @_said
    def _draw_example(self, _button) -> None:
        if any(self.examples.of(label) for label in range(len(self.examples.names))):
            raise TeachError(
                "expected no pictures yet, because the drawn ones take their place. Next: remove yours first."
            )
        draw_example(self.examples)
        self._replaced([])
        self.say("Ten drawn scenes of each of three digits are here. Next: Learn.")

    @_said
    def _learn(self, _button) -> None:
        self.learn.disabled = True
        try:
            self.examples.usable()  # what is missing is said at once, not after TensorFlow's start
            self.say(
                "Learning… the first time the network must be started, which takes some seconds."
            )
            self.probe = learn(self.examples, self.features)
        finally:
            self.learn.disabled = False
        made = f"Features: {self.features.computed} computed, {self.features.found} from before."
        self.result.value = _result(
            self.probe, f"{made} {self.probe.seconds:.1f} s. {self.features.trouble}"
        )
        self.say(
            f"Learnt. {self.probe.finding()} Next: ask it about new pictures, or keep it."
        )

    def _answer(self, found) -> None:
        if self.probe is None:
            raise TeachError(
                "expected a model that has learnt, got none yet. Next: Learn, then choose the pictures again."
            )
        cards, wrong = [], []
        for one in found[:NEW]:
            try:
                picture = read_picture(one["name"], _content(one), self.features.size)
            except PictureError as error:
                wrong.append(f"✗ {error}")
                continue
            shares = self.probe.probabilities(picture.image[None])[0]
            cards.append([picture, shares, ""])
            self.answers.value = _cards(self.probe, cards, wrong)
        heard = "; ".join(
            f"{p.name}: {self.probe.classes[s.argmax()]}, {100 * s.max():.0f} %"
            for p, s, _ in cards
        )
        self.answers.value = _cards(self.probe, cards, wrong)
        self.say(
            f"{heard or 'No picture could be read'}. {'Looking where it looks…' if cards else ' '.join(wrong)}"
        )
        for card in cards:
            picture, shares, _ = card
            falls = self.probe.occlusion(picture.image, int(shares.argmax()))
            words = where(falls, self.probe.classes[shares.argmax()])
            card[2] = (
                f"{_image(source(spotlight(picture.image, falls)), words, SIDE)}<br>{html.escape(words)}"
            )
            self.answers.value = _cards(self.probe, cards, wrong)
        if len(found) > NEW:
            wrong.append(
                f"{len(found)} pictures were chosen; {NEW} are answered at once. Choose the others again."
            )
            self.answers.value = _cards(self.probe, cards, wrong)
        if cards:
            self.say(f"{heard}. {' '.join(wrong)}")

    @_said
    def _keep(self, _button) -> None:
        if self.probe is None:
            raise TeachError(
                "expected a model that has learnt, got none yet. Next: Learn first."
            )
        self.say("Writing the model and its report…")
        said = [
            sentence
            for row in self.rows[: self.count.value]
            for sentence in row.sentences
        ]
        self.kept = save(self.probe, self.features.folder, self.warning, said)
        self._placed()
        place = html.escape(str(self.kept.absolute()))
        self.done.value += (
            f"<p>✓ Kept in <code>{place}</code>: <code>model.keras</code>, <code>classes.json</code> and "
            "<code>report.html</code>, one page to send on (it holds small copies of your pictures). "
            f"To name further pictures:</p><pre>python -m tlkit predict {place} PICTURE…</pre>"
        )
        self.say(f"Kept in {self.kept}. Earlier models stay.")

    def __repr__(self) -> str:
        return "Teach it your own: a page with buttons. Run this cell in JupyterLab, or start the notebook with voila."

    def _ipython_display_(self) -> None:
        from IPython.display import Javascript, display

        static = bool(os.environ.get("TLKIT_STATIC"))
        twin, metadata = example_twin() if static else ({"text/plain": repr(self)}, {})
        display(with_twin(self.widget, twin), raw=True, metadata=metadata)
        if not static:
            display(
                Javascript((files("tlkit_course.teach") / "app.js").read_text("utf-8"))
            )


def _result(probe: Probe, made: str) -> str:
    found, counts = (
        probe.accuracy,
        evaluate.confusion(probe.labels, probe.predicted, len(probe.classes)),
    )
    wrong = "".join(
        f'<div style="width: 90px">{_image(one["src"], one["name"], 64)}<br>✗ {html.escape(one["said"])}'
        f"<br>(is {html.escape(one['is'])})<br><small>{html.escape(one['name'])}</small></div>"
        for one in mistakes(probe)[:NEW]
    )
    title = (
        "<p>These were named wrongly, the surest first. Is the label right? Could you tell?</p>"
        if wrong
        else ""
    )
    return (
        f"<p><b>Leave-one-out accuracy {found.mean:.2f}, 95 % interval {found.low:.2f} to {found.high:.2f}; guessing "
        f"{probe.guessing:.2f}</b><br>{html.escape(probe.finding())}</p>{_table(probe.classes, counts)}{title}"
        f'<div class="row">{wrong}</div>{_list(probe.notes)}<p><small>{html.escape(made)}</small></p>'
    )


def _table(classes: Sequence[str], counts: np.ndarray) -> str:
    names = [f"<th>{html.escape(name)}</th>" for name in classes]
    rows = (
        name + "".join(f"<td>{n}</td>" for n in row)
        for name, row in zip(names, counts, strict=True)
    )
    head = f"<tr><th>is ↓, was named →</th>{''.join(names)}</tr>"
    return f"<table>{head}{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _cards(probe: Probe, cards: Sequence, wrong: Sequence[str]) -> str:
    shown = "".join(_card(probe.classes, *card) for card in cards)
    return f'<div class="row">{shown}</div>{_list(wrong)}'


def _card(
    classes: Sequence[str], picture: Picture, shares: np.ndarray, look: str
) -> str:
    notes = "".join(f"<br><small>{html.escape(note)}</small>" for note in picture.notes)
    bars = "".join(
        f'<div>{html.escape(classes[i])} {100 * shares[i]:.0f} %<div class="bar" style="width: {100 * shares[i]:.0f}%">'
        "</div></div>"
        for i in np.argsort(-shares)
    )
    small = _image(source(picture.image, SIDE), picture.name, SIDE)
    head = f"<b>{html.escape(picture.name)}</b>{notes}"
    return f'<div class="card">{head}<br>{small} {look or "Looking where it looks…"}{bars}</div>'


def example_twin() -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page shows after the drawn example, as a picture with its words; MIME bundle and metadata.

    It is the same code as the page's, on a folder that is thrown away.
    """
    from tempfile import TemporaryDirectory

    from tlkit import glyphs

    names, symbols = EXAMPLE
    with TemporaryDirectory() as folder:
        features = Features("letters", folder)
        draw_example(examples := Examples())
        probe = learn(examples, features)
        new = glyphs.draw(symbols, 3, 9, fonts=glyphs.TEST_FONTS).images
        shares = probe.probabilities(new)
        falls = [
            probe.occlusion(image, int(own.argmax()))
            for image, own in zip(new, shares, strict=True)
        ]
    alt = (
        f"Ten drawn scenes each of {', '.join(names)}. {probe.finding()} Three new scenes: "
        + " ".join(
            f"{names[own.argmax()]}, {100 * own.max():.0f} %. {where(fall, names[own.argmax()])}"
            for own, fall in zip(shares, falls, strict=True)
        )
    )
    drawn = _drawn(probe, new, shares, falls)
    twin = {"text/plain": alt, "image/png": b64encode(plots.png(drawn, alt)).decode()}
    return twin, {"image/png": {"alt": alt}}


def _drawn(
    probe: Probe, new: np.ndarray, shares: np.ndarray, falls: Sequence[np.ndarray]
):
    """Left the pictures learnt from, right three new ones with answer and occlusion map."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 3.6))
    left = figure.add_axes((0.1, 0.05, 0.5, 0.8))
    rows = [
        [
            p.image
            for p, own in zip(probe.pictures, probe.labels, strict=True)
            if own == label
        ]
        for label in range(3)
    ]
    tiles = np.pad(
        np.array([row[:10] for row in rows]),
        ((0, 0), (0, 0), (1, 1), (1, 1), (0, 0)),
        constant_values=255,
    )
    left.imshow(np.concatenate(np.concatenate(tiles, axis=1), axis=1))
    for label, name in enumerate(probe.classes):
        left.text(
            -6,
            34 * label + 17,
            name,
            ha="right",
            va="center",
            fontsize=11,
            color=plots.INK,
        )
    left.set_title(
        f"learnt from 30 pictures\nleave-one-out accuracy {probe.accuracy}",
        fontsize=11,
        color=plots.INK,
    )
    for i, (image, own, fall) in enumerate(zip(new, shares, falls, strict=True)):
        for column, shown in enumerate((image, spotlight(image, fall))):
            ax = figure.add_axes((0.64 + 0.12 * column, 0.6 - 0.29 * i, 0.11, 0.25))
            ax.imshow(shown, interpolation="nearest")
            ax.axis("off")
        words = f"{probe.classes[own.argmax()]}\n{100 * own.max():.0f} %"
        figure.text(
            0.89, 0.725 - 0.29 * i, words, va="center", fontsize=11, color=plots.INK
        )
    figure.text(0.695, 0.89, "new", ha="center", fontsize=11, color=plots.INK)
    figure.text(0.815, 0.89, "looks at", ha="center", fontsize=11, color=plots.INK)
    left.axis("off")
    return figure


def draw_example(examples: Examples) -> None:
    """Ten drawn scenes of each of three digits, as files."""
    from PIL import Image

    from tlkit import glyphs

    names, symbols = EXAMPLE
    examples.count(len(names))
    examples.names[:] = names
    scenes = glyphs.draw(
        symbols, 10 * len(symbols), 5, fonts=glyphs.TRAIN_FONTS + glyphs.TEST_FONTS
    )
    for i, (image, symbol) in enumerate(zip(scenes.images, scenes.symbol, strict=True)):
        file = BytesIO()
        Image.fromarray(image).save(file, "PNG")
        examples.add(int(symbol), f"drawn {i + 1:02}.png", file.getvalue())


def teach_app(
    folder: str | Path = "my_model", weights: str | None = None, size: int | None = None
) -> TeachApp:
    """A page on which you teach a network two to five things by pictures. As the last line of a cell it shows below it.

    Args:
        folder: everything that the page writes goes in here.
        weights: as ``Backbone`` takes them; None: "imagenet" if its file is on this machine, else "letters".
        size: height and width that pictures are squeezed to, 32 to 224 pixels; None: 96 for "imagenet", else 32.
    """
    return TeachApp(folder, weights, size)
