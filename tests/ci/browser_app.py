"""The app as a learner uses it: python tests/ci/browser_app.py SCREENS [lab] [voila]

In JupyterLab, and under Voilà.

By keyboard: name two things, choose ten drawn pictures of each and every kind of bad
file, learn, ask about a new picture, keep the model; then more megabytes than a server
takes in one message, and files that are dropped. SCREENS gets pictures of the page in
the light and the dark theme. Exit status 1 if anything is not as it should be.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from browser import READY, TESTS, WINDOW, jupyterlab, wait_for
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tlkit import glyphs

NAME = "teach_it_your_own.ipynb"
LIMIT = 30  # seconds from first picture to first answer, TensorFlow's start included
DROP = """([element, files]) => {
    const transfer = new DataTransfer();
    files.forEach(([name, text]) => transfer.items.add(new File([text], name)));
    const how = {dataTransfer: transfer, bubbles: true, cancelable: true};
    const send = name => element.dispatchEvent(new DragEvent(name, how));
    ['dragover', 'drop'].forEach(send);
}"""


def draw_files(folder: Path) -> dict[str, list[Path]]:
    """Pictures in files.

    "two" and "nine", "new", "bad" (each its own way) and "heavy" (13 MB together).
    """
    kinds = ("two", "nine", "new", "bad", "heavy")
    files: dict[str, list[Path]] = {kind: [] for kind in kinds}
    scenes = glyphs.draw("29", 22, 11)
    for i, (image, symbol) in enumerate(zip(scenes.images, scenes.symbol, strict=True)):
        name = ("two", "nine")[symbol]
        kind = name if len(files[name]) < 10 else "new"
        files[kind].append(folder / f"{name} {i}.png")
        Image.fromarray(image).save(files[kind][-1])
    names = ("text.jpg", "cut.png", "empty.png", "tiny.png", "twin.png")
    files["bad"] = [folder / name for name in names]
    text, cut, empty, tiny, twin = files["bad"]
    text.write_text("this is no picture")
    cut.write_bytes(files["two"][0].read_bytes()[:900])
    empty.write_bytes(b"")
    Image.new("RGB", (4, 4)).save(tiny)
    shutil.copy(files["nine"][0], twin)  # a nine among the twos
    rng = np.random.default_rng(0)
    # The last one alone is more than a message may hold.
    for i, side in enumerate((1050, 1050, 1050, 1800)):
        files["heavy"].append(folder / f"heavy {i}.png")
        noise = Image.fromarray(rng.integers(0, 256, (side, side, 3), "uint8"))
        noise.save(files["heavy"][-1], compress_level=1)
    return files


class Learner:
    """The page, and what was wrong with it."""

    def __init__(self, page: Page, host: str):
        self.page, self.host, self.problems = page, host, []
        page.locator(".tlkit-teach").wait_for(timeout=60_000)

    def expect(self, holds: bool, problem: str) -> None:
        """Note a problem unless it holds."""
        if not holds:
            self.problems.append(f"{self.host}: {problem}")

    def text(self) -> str:
        """All that the page says."""
        return self.page.locator(".tlkit-teach").inner_text()

    def until(self, *words: str, seconds: float = 60) -> None:
        """Wait for words to stand on the page; a problem if they never do."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if all(word in self.text() for word in words):
                return
            self.page.wait_for_timeout(100)
        self.problems.append(
            f"{self.host}: expected {words}, got {self.text()[-2500:]}"
        )

    def choose(self, label: str, files: list[Path]) -> None:
        """Choose files with the button of that label, by keyboard."""
        button = self.page.get_by_role("button", name=label)
        with self.page.expect_file_chooser() as chooser:
            button.press("Enter")
        chooser.value.set_files(files)

    def press(self, label: str) -> None:
        """Press a button, by keyboard."""
        self.page.get_by_role("button", name=label, exact=True).press("Enter")

    def teach(self, files: dict[str, list[Path]]) -> float:
        """The whole way.

        Returns:
            seconds from the first picture to the first answer.
        """
        for number, name in ((1, "two"), (2, "nine")):
            self.page.get_by_label(f"Thing {number}").press_sequentially(name)
        self.page.get_by_label("Thing 2").press("Tab")
        self.until("Choose pictures of two (0)", "Choose pictures of nine (0)")
        started = time.perf_counter()
        self.choose("Choose pictures of two", [*files["two"], *files["bad"]])
        self.until("two: 11 of 15 files were taken in")
        self.choose("Choose pictures of nine", files["nine"])
        self.until("nine: 10 of 10 files were taken in")
        self.press("Learn")
        self.until(
            "Leave-one-out accuracy",
            "95 % interval",
            "guessing 0.5",
            "Each picture was left out once",
        )
        self.choose("Choose new pictures", files["new"][:1])
        self.until(f"{files['new'][0].name}: {files['new'][0].name.split()[0]}")
        seconds = time.perf_counter() - started
        self.until("It looks most at the")
        for words in (
            "text.jpg: expected a picture",
            "cut.png: expected a whole",
            "empty.png",
            "tiny.png: expected at",
        ):
            self.expect(words in self.text(), f"nothing is said of {words}")
        self.expect(
            "the same picture is in two (as twin.png) and nine" in self.text(),
            "the twin is not named",
        )
        self.expect(
            "19 pictures" in self.text() or " of 19 " in self.text(),
            "the twin should be in neither class",
        )
        live = ".tlkit-status [aria-live=polite], .tlkit-status[aria-live]"
        self.expect(self.page.locator(live).count() == 1, "no status")
        return seconds

    def keep(self, folder: Path) -> None:
        """Keep the model, and look for its files."""
        self.press("Keep the model")
        self.until("Kept in", "python -m tlkit predict")
        for name in ("model.keras", "classes.json", "report.html"):
            self.expect(
                len(list(folder.glob(f"2*/{name}"))) == 1, f"{name} is not in {folder}"
            )

    def much(self, files: dict[str, list[Path]]) -> None:
        """More than one message holds, one file too large, and files that
        are dropped.
        """
        self.choose("Choose pictures of nine", files["heavy"])
        self.until(
            "heavy 3.png: expected at most 8 MB through the browser", "13 pictures"
        )
        row = self.page.locator(".tlkit-drop").nth(1)
        row.get_by_label("Take out:").select_option("heavy 1.png")
        row.get_by_role("button", name="Take out").press("Enter")
        self.until("Taken out of nine: heavy 1.png", "12 pictures")
        row.evaluate(
            f"(element, files) => ({DROP})([element, files])",
            [["dropped.jpg", "no picture"]],
        )
        self.until("dropped.jpg: expected a picture")

    def photograph(self, screens: Path, theme: str) -> None:
        """A picture of the whole page."""
        self.page.set_viewport_size({"width": 1100, "height": 2600})
        self.page.evaluate(
            "document.querySelector('.jp-WindowedPanel-outer')?.scrollTo(0, 0)"
        )
        self.page.wait_for_timeout(700)
        self.page.screenshot(path=screens / f"app-{self.host}-{theme}.png")
        self.page.set_viewport_size(WINDOW)


@contextmanager
def voila(work: Path, *options: str):
    """The app under Voilà in a folder of its own; yields its address and
    that folder.
    """
    folder = work / "voila"
    folder.mkdir(exist_ok=True)
    shutil.copy(TESTS.parent / "notebooks" / NAME, folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "PYTHONPATH": str(TESTS.parent),
        "TLKIT_CACHE": str(work / "cache"),
    }
    # In the background Ctrl-C would be ignored.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    command = [
        sys.executable,
        "-m",
        "voila",
        NAME,
        "--no-browser",
        f"--port={port}",
        *options,
    ]
    with (
        open(work / "lab.log", "w") as log,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            preexec_fn=heard,
        ) as server,
    ):
        try:
            home = f"http://127.0.0.1:{port}/"
            script = f"{home}voila/static/voila.js"
            wait_for(lambda: urllib.request.urlopen(script), server, work)
            yield home, folder
        finally:
            server.send_signal(signal.SIGINT)


def in_lab(page: Page, screens: Path, files: dict[str, list[Path]]) -> list[str]:
    """The learner's copy in JupyterLab."""
    with TemporaryDirectory() as work, jupyterlab(Path(work)) as (url, copies):
        page.goto(url.format(NAME))
        page.wait_for_function(READY, timeout=120_000)
        page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        change = (
            "jupyterapp.commands.execute('apputils:change-theme', {{theme: 'JupyterLab "
            "{}'}})"
        )
        return visit(
            Learner(page, "lab"),
            copies,
            screens,
            files,
            lambda theme: page.evaluate(change.format(theme.title())),
        )


def in_voila(page: Page, screens: Path, files: dict[str, list[Path]]) -> list[str]:
    """The page without code, light; dark only to look at."""
    with TemporaryDirectory() as work, voila(Path(work)) as (url, folder):
        page.goto(url)
        problems = visit(Learner(page, "voila"), folder, screens, files, None)
        page.goto(f"{url}?theme=dark")
        dark = Learner(page, "voila")
        dark.press("Try it with drawn digits")
        dark.until("Ten drawn scenes")
        dark.photograph(screens, "dark")
        return problems + dark.problems


def visit(
    learner: Learner,
    folder: Path,
    screens: Path,
    files: dict[str, list[Path]],
    change_theme,
) -> list[str]:
    """All that a learner does; returns the problems."""
    started = time.perf_counter()
    seconds = learner.teach(files)
    learner.expect(
        seconds < LIMIT,
        f"{seconds:.0f} s from the first picture to the first answer, {LIMIT} are "
        "allowed",
    )
    learner.keep(folder / "my_model")
    for theme in ("light", "dark") if change_theme else ("light",):
        if change_theme:
            change_theme(theme)
        learner.photograph(screens, theme)
    learner.much(files)
    beside = {path.name for path in folder.iterdir()} & {
        "features",
        "runs",
        "model.keras",
    }
    learner.expect(
        not beside, f"written beside the folder that the page names: {beside}"
    )
    times = (
        f"first picture to first answer {seconds:.1f} s, "
        f"{time.perf_counter() - started:.0f} s in all"
    )
    print(f"{learner.host}: {times}; {len(learner.problems)} problems", flush=True)
    return learner.problems


def main(screens: str, *hosts: str) -> int:
    """Exit status 0 if nothing is wrong."""
    # Stopped from outside: servers and kernels stop too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    Path(screens).mkdir(parents=True, exist_ok=True)
    ways = {"lab": in_lab, "voila": in_voila}
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = draw_files(Path(folder))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        problems = []
        for host in hosts or ways:
            page = browser.new_page(viewport=WINDOW)
            page.set_default_timeout(30_000)
            problems += ways[host](page, Path(screens), files)
            page.close()
        browser.close()
    print("\n".join(problems) or "no problems with the app")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
