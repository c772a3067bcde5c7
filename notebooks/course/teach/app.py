"""The page of ``teach_it_your_own.ipynb``: pictures in, an honest score, a file to
keep.

Only the page; what it does is in the modules beside it. None of them imports Keras at
first, so that the page appears at once. Every control is a labelled button, list or
field that takes the keyboard. What happens is said in words in one place, which screen
readers announce.
"""

import html
import os
import shlex
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.resources import files
from pathlib import Path

from tlkit.files import fetch
from tlkit.folders import SUFFIXES

from ..widgets import FetchButton
from ..widgets.twin import with_twin
from . import markup
from .example import draw_example, example_twin
from .markup import Answer
from .pictures import (
    CLASSES,
    FEW,
    Examples,
    Picture,
    PictureError,
    TeachError,
    read_picture,
)
from .probe import Features, Probe, learn
from .report import save
from .show import SIDE, source, spotlight, where

ABOUT = {
    "imagenet": "The network is <b>VGG16, trained on the 1.3 million photographs of "
    "ImageNet</b>: animals, plants, vehicles, tools, food, furniture. It suits "
    "photographs.",
    "letters": "The network is <b>the letters backbone, trained on printed letters "
    "that were drawn at 32 × 32 pixels</b>. Expect it to tell apart printed letters, "
    "digits and simple signs. It has seen no photograph: on photographs of things it "
    "may do hardly better than guessing, and it has learnt not to look at colour.",
}
OTHER = (
    "The network has weights of your own choice, from {}. It suits pictures like those "
    "that it was trained on."
)
VGG16 = (
    " For photographs, take VGG16: one download (59 MB, kept in your cache folder), "
    "then everything works offline."
)
THUMBS = 24  # pictures shown of a class
MOST_NEW = 12  # new pictures answered at once
ALL = "all its pictures"
NOTHING_LEARNT = "expected a model that has learnt, got none yet."


def _said(handler: Callable) -> Callable:
    """A handler whose errors are said on the page; nothing that was there is lost."""

    @wraps(handler)
    def call(self, *arguments):
        try:
            handler(self, *arguments)
        except (TeachError, OSError, ValueError, fetch.FetchError) as error:
            self.say(f"✗ {error}")
        except Exception as error:  # nobody foresaw it: the log gets the whole of it
            self.say(
                f"✗ {type(error).__name__}: {error}. Your pictures are still here: try "
                "again, or restart the kernel."
            )
            traceback.print_exc()

    return call


def content(one) -> bytes:
    """The bytes of a chosen file.

    Args:
        one: what ipywidgets' FileUpload has of it: "name" and "content".

    Raises:
        PictureError: the page's script left it in the browser, and says why.
    """
    data = bytes(one["content"])
    if data.startswith(b"tlkit: folder"):
        raise PictureError(
            f"{one['name']}: expected pictures, got a folder. Next: open it and choose "
            "the pictures in it."
        )
    if data.startswith(b"tlkit: "):
        size = int(data.split()[1]) / 1e6
        raise PictureError(
            f"{one['name']}: expected at most 8 MB through the browser, got {size:.0f} "
            "MB. Next: save a smaller copy, or name its folder on this page."
        )
    return data


class ClassRow:
    """One thing to teach: its name, its pictures, and sentences about its files.

    Attributes:
        app: the page.
        label: of the class.
        sentences: about its files.
        widget: the row.
    """

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
        self.shown = HTML()
        controls = HBox(
            [self.name, self.upload, self.which, self.clear],
            layout=Layout(flex_flow="row wrap"),
        )
        self.widget = VBox([controls, self.shown])
        self.widget.add_class("tlkit-drop")
        self.name.observe(self._named, "value")
        self.clear.on_click(self._remove)
        self.show()

    @property
    def called(self) -> str:
        """Its name, or its number before it has one."""
        return self.name.value.strip() or f"thing {self.label + 1}"

    def show(self) -> None:
        """Say how many pictures there are, and show them."""
        mine: tuple[Picture, ...] = ()
        if self.label < len(self.app.examples.names):
            mine = self.app.examples.of(self.label)
        self.upload.description = f"Choose pictures of {self.called}"
        self.clear.disabled = self.which.disabled = not mine
        self.which.options = [ALL, *(picture.name for picture in mine)]
        small = [
            markup.picture(source(picture.image), picture.name)
            for picture in mine[:THUMBS]
        ]
        if len(mine) > THUMBS:
            small.append(f" and {len(mine) - THUMBS} more")
        self.shown.value = (
            f'{_count(len(mine))}<div class="row">{"".join(small)}</div>'
            f"{markup.listed(self.sentences)}"
        )

    def _named(self, change) -> None:
        self.app.examples.names[self.label] = change["new"]
        self.show()

    def _remove(self, _button) -> None:
        """Take out one picture, or all."""
        which = self.which.value
        if which == ALL:
            self.app.examples.remove(self.label)
            self.sentences = []
        else:
            self.app.examples.remove(self.label, which)
        self.show()
        self.app.say(f"Taken out of {self.called}: {which}. {self.app.next_step()}")

    def _files(self, found: Sequence) -> None:
        """Take in what was chosen or dropped."""
        before = len(self.app.examples.of(self.label))
        for one in found:
            try:
                data = content(one)
                self.sentences += self.app.examples.add(self.label, one["name"], data)
            except PictureError as error:
                self.sentences.append(f"✗ {error}")
        added = len(self.app.examples.of(self.label)) - before
        self.show()
        self.app.say(
            f"{self.called}: {added} of {len(found)} files were taken in. "
            f"{self.app.next_step()}"
        )


def _count(pictures: int) -> str:
    """How many pictures a class has, in words."""
    if not pictures:
        return "No pictures yet: choose some, or drop them here."
    return "1 picture" if pictures == 1 else f"{pictures} pictures"


class TeachApp:
    """The whole page.

    Attributes:
        examples: the pictures (teach.Examples).
        features: the frozen backbone (teach.Features).
        probe: what was learnt last (teach.Probe); None before that.
        kept: the folder that was written last; None before that.
        rows: one for each thing to teach, those beyond the chosen number hidden.
        widget: the page, an ipywidgets.VBox.
    """

    def __init__(
        self,
        folder: str | Path = "my_model",
        weights: str | None = None,
        size: int | None = None,
    ):
        chosen = weights or ("letters" if fetch.missing(("vgg16",)) else "imagenet")
        self._offered = weights is None and chosen == "letters"  # VGG16, to download
        self.features = Features(chosen, folder, size)
        self.examples = Examples(("", ""), self.features.size)
        self.probe: Probe | None = None
        self.kept: Path | None = None
        self._make_controls(folder)
        self._connect()
        self.widget = self._page()
        self._counted()
        self._placed()
        self._introduce()
        self._warm_soon()

    def _make_controls(self, folder: str | Path) -> None:
        """All buttons, fields and places for text, in the order of the page."""
        from ipywidgets import HTML, Button, Dropdown, Layout, Text, VBox

        auto, whole_label = Layout(width="auto"), {"description_width": "initial"}
        self.about, self.result, self.answers = HTML(), HTML(), HTML()
        self.done, self.status = HTML(), HTML()
        low, high = CLASSES
        self.count = Dropdown(
            description="How many things?",
            options=range(low, high + 1),
            style=whole_label,
            layout=Layout(width="190px"),
        )
        self.example = Button(description="Try it with drawn digits", layout=auto)
        self._classes = VBox()  # the rows in use
        self.rows = [ClassRow(self, label) for label in range(high)]
        self.folder = Text(
            description="Or a folder that holds a folder for each thing:",
            placeholder="pictures/",
            style=whole_label,
            layout=Layout(width="560px"),
        )
        self.read = Button(description="Read that folder", layout=auto)
        self.learn = Button(description="Learn", button_style="primary")
        self.ask = self.uploader(self._answer)
        self.ask.description = "Choose new pictures to name"
        self.place = Text(
            str(folder), description="Folder:", layout=Layout(width="400px")
        )
        self.keep = Button(description="Keep the model", layout=auto)
        self.status.value = (
            '<div role="status">Choose pictures, or try it with drawn digits.</div>'
        )

    def _connect(self) -> None:
        """What each control does."""
        self.count.observe(self._counted, "value")
        self.example.on_click(self._draw_example)
        self.read.on_click(self._read_folder)
        self.learn.on_click(self._learn)
        self.place.observe(self._placed, "value")
        self.keep.on_click(self._keep)

    def uploader(self, take: Callable[[Sequence], None]):
        """A button to choose files with.

        Args:
            take: gets the files; the page keeps no second copy of them.

        Returns:
            ipywidgets.FileUpload.
        """
        from ipywidgets import FileUpload, Layout

        button = FileUpload(
            accept=",".join(SUFFIXES),
            multiple=True,
            icon="",
            layout=Layout(width="auto"),
        )
        take_and_say = _said(lambda self, found: take(found))

        def changed(change):
            if change["new"]:
                take_and_say(self, change["new"])
                button.value = ()

        button.observe(changed, "value")
        return button

    def _page(self):
        """All controls under their headings."""
        from ipywidgets import HTML, HBox, Layout, VBox

        wrap = Layout(flex_flow="row wrap")
        drop = VBox([HBox([self.ask]), self.answers])
        drop.add_class("tlkit-drop")
        self.status.add_class("tlkit-status")
        self._fetch = HTML()
        if self._offered:
            self._fetch = FetchButton(("vgg16",), self._take_vgg16).widget
        page = VBox(
            [
                HTML(markup.STYLE),
                self.about,
                self._fetch,
                HTML("<h3>1 · Pictures: about ten of each thing</h3>"),
                HBox([self.count, self.example], layout=wrap),
                self._classes,
                HBox([self.folder, self.read], layout=wrap),
                HTML("<h3>2 · Learn, and see how good it is</h3>"),
                HBox([self.learn]),
                self.status,
                self.result,
                HTML("<h3>3 · Ask it about pictures that it has not seen</h3>"),
                drop,
                HTML("<h3>4 · Keep it</h3>"),
                HBox([self.place, self.keep], layout=wrap),
                self.done,
            ]
        )
        page.add_class("tlkit-teach")
        return page

    def say(self, sentence: str) -> None:
        """Say in words what happened; screen readers announce it."""
        self.status.value = f'<div role="status"><b>{html.escape(sentence)}</b></div>'

    def next_step(self) -> str:
        """What is missing before learning."""
        few = [
            row.called for row in self._used() if len(self.examples.of(row.label)) < FEW
        ]
        return f"Next: pictures of {', '.join(few)}." if few else "Next: Learn."

    def _used(self) -> list[ClassRow]:
        """The rows that are on the page now."""
        return self.rows[: self.count.value]

    def _warm_soon(self) -> None:
        """Start TensorFlow while the learner chooses pictures.

        A moment later, so that the page appears first.
        """
        if not os.environ.get("TLKIT_STATIC"):
            timer = threading.Timer(1.5, self._warm)
            timer.daemon = True
            timer.start()

    def _warm(self) -> None:
        """Build the network, in a thread of its own; an error is said on the page.

        It is raised again when something is learnt.
        """
        try:
            self.features.warm()
        except Exception as error:
            self.about.value += f'<p class="note">✗ {html.escape(str(error))}</p>'

    def _about(self) -> str:
        """What the backbone was trained on, as HTML."""
        weights = self.features.weights
        return ABOUT.get(weights) or OTHER.format(html.escape(Path(weights).name))

    def _introduce(self) -> None:
        """Say at the top which network this is."""
        words = self._about()
        if self._offered:
            words += VGG16
        note = "" if self.features.weights == "imagenet" else ' class="note"'
        self.about.value = f"<p{note}>{words}</p>"

    @property
    def warning(self) -> str:
        """What to expect of the backbone, as plain text; empty for ImageNet's VGG16."""
        if self.features.weights == "imagenet":
            return ""
        plain = self._about().replace("<b>", "").replace("</b>", "")
        return html.unescape(plain)

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
        """Another number of things: show their rows."""
        self.examples.count(self.count.value)
        self._classes.children = [row.widget for row in self._used()]
        for row in self._used():
            self.examples.names[row.label] = row.name.value
            row.show()

    def _show_rows(self) -> None:
        """The page follows the examples: number of classes, names, pictures."""
        names = list(self.examples.names)
        self.count.value = len(names)
        for row, name in zip(self.rows, names, strict=False):
            row.name.value = name
            row.show()

    def _placed(self, _change=None) -> None:
        """Another folder: say what goes there."""
        self.features.folder = Path(self.place.value.strip() or "my_model").expanduser()
        place = html.escape(str(self.features.folder.absolute()))
        self.done.value = (
            f"Everything that this page writes goes into <code>{place}</code>: "
            "features of your pictures when you learn, the model and its report when "
            "you keep it."
        )

    @_said
    def _read_folder(self, _button) -> None:
        """Take the pictures of a folder that holds a folder for each thing."""
        folder = self.folder.value.strip()
        if not folder:
            raise TeachError(
                "expected the name of a folder, got none. Next: type it, or choose "
                "pictures above."
            )
        self.say("Reading the pictures…")
        self._replaced(self.examples.add_folder(folder))
        counts = [
            f"{name} {len(self.examples.of(label))}"
            for label, name in enumerate(self.examples.names)
        ]
        self.say(f"Pictures were read: {', '.join(counts)}. {self.next_step()}")

    def _replaced(self, sentences: list[str]) -> None:
        """All pictures are others now: show them, and sentences about their files."""
        for row in self.rows:
            row.sentences = []
        self.rows[0].sentences = sentences
        self._show_rows()

    @_said
    def _draw_example(self, _button) -> None:
        """Take drawn digits as pictures."""
        if any(self.examples.of(label) for label in range(len(self.examples.names))):
            raise TeachError(
                "expected no pictures yet, because the drawn ones take their place. "
                "Next: remove yours first."
            )
        draw_example(self.examples)
        self._replaced([])
        self.say("Ten drawn scenes of each of three digits are here. Next: Learn.")

    @_said
    def _learn(self, _button) -> None:
        """Learn from the pictures, and show how good it is."""
        self.learn.disabled = True
        try:
            # What is missing is said at once, and not after TensorFlow's start.
            self.examples.usable()
            self.say(
                "Learning… the first time the network must be started, which takes "
                "some seconds."
            )
            self.probe = learn(self.examples, self.features)
        finally:
            self.learn.disabled = False
        how = (
            f"Features: {self.features.computed} computed, {self.features.found} from "
            f"before. {self.probe.seconds:.1f} s. {self.features.trouble}"
        )
        self.result.value = markup.result(self.probe, how)
        self.say(
            f"Learnt. {self.probe.finding()} Next: ask it about new pictures, or keep "
            "it."
        )

    def _answer(self, found: Sequence) -> None:
        """Name new pictures: first all names, then what each answer rests on."""
        if self.probe is None:
            raise TeachError(
                f"{NOTHING_LEARNT} Next: Learn, then choose the pictures again."
            )
        probe = self.probe
        answers: list[Answer] = []
        wrong: list[str] = []

        def show():
            self.answers.value = markup.answers(probe.classes, answers, wrong)

        for one in found[:MOST_NEW]:
            try:
                new = read_picture(one["name"], content(one), self.features.size)
            except PictureError as error:
                wrong.append(f"✗ {error}")
                continue
            shares = probe.probabilities(new.image[None])[0]
            answers.append(Answer(new, shares))
            show()
        show()
        heard = "; ".join(
            f"{answer.picture.name}: {probe.classes[answer.shares.argmax()]}, "
            f"{100 * answer.shares.max():.0f} %"
            for answer in answers
        )
        if answers:
            self.say(f"{heard}. Looking where it looks…")
        else:
            self.say(f"No picture could be read. {' '.join(wrong)}")
        for answer in answers:
            answer.look = _look(probe, answer)
            show()
        if len(found) > MOST_NEW:
            wrong.append(
                f"{len(found)} pictures were chosen; {MOST_NEW} are answered at once. "
                "Choose the others again."
            )
            show()
        if answers:
            self.say(f"{heard}. {' '.join(wrong)}")

    @_said
    def _keep(self, _button) -> None:
        """Write the model and its report into a new folder."""
        if self.probe is None:
            raise TeachError(f"{NOTHING_LEARNT} Next: Learn first.")
        self.say("Writing the model and its report…")
        notes = [sentence for row in self._used() for sentence in row.sentences]
        self.kept = save(self.probe, self.features.folder, self.warning, notes)
        self._placed()
        kept = str(self.kept.absolute())
        place, typed = html.escape(kept), html.escape(shlex.quote(kept))
        self.done.value += (
            f"<p>✓ Kept in <code>{place}</code>: <code>model.keras</code>, "
            "<code>classes.json</code> and <code>report.html</code>, one page to send "
            "on (it holds small copies of your pictures). To name further "
            f"pictures:</p><pre>python -m tlkit predict {typed} PICTURE…</pre>"
        )
        self.say(f"Kept in {self.kept}. Earlier models stay.")

    def __repr__(self) -> str:
        return (
            "Teach it your own: a page with buttons. Run this cell in JupyterLab, or "
            "start the notebook with voila."
        )

    def _ipython_display_(self) -> None:
        """The page with its script; in a saved notebook a picture of the example."""
        from IPython.display import Javascript, display

        if os.environ.get("TLKIT_STATIC"):
            twin, metadata = example_twin()
            display(with_twin(self.widget, twin), raw=True, metadata=metadata)
            return
        display(with_twin(self.widget, {"text/plain": repr(self)}), raw=True)
        script = (files("tlkit_course.teach") / "app.js").read_text("utf-8")
        display(Javascript(script))


def _look(probe: Probe, answer: Answer) -> str:
    """The picture with the light on what the answer rests on, and a sentence,
    as HTML.
    """
    image, label = answer.picture.image, int(answer.shares.argmax())
    falls = probe.occlusion(image, label)
    words = where(falls, probe.classes[label])
    light = markup.picture(source(spotlight(image, falls)), words, SIDE)
    return f"{light}<br>{html.escape(words)}"


def teach_app(
    folder: str | Path = "my_model", weights: str | None = None, size: int | None = None
) -> TeachApp:
    """A page on which you teach a network two to five things by pictures.

    As the last line of a cell it is shown below it.

    Args:
        folder: everything that the page writes goes in here.
        weights: as ``Backbone`` takes them; None: "imagenet" if its file is on this
            machine, else "letters".
        size: height and width that pictures are squeezed to, 32 to 224 pixels; None: 96
            for "imagenet", else 32.
    """
    return TeachApp(folder, weights, size)
