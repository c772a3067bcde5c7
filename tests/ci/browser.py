"""Learners' copies in a real browser: tests/ci/browser.py [--screens DIR] [NOTEBOOK…]

Notebooks are visited side by side, each on a core of its own as on Binder; one that is
named alone has all cores. For each, in random order, a fresh folder of copies, an empty
cache and the learner's own command, so that none lives on another's leftovers. Then
what a learner does: run all cells, guess, move every control by keyboard, answer every
exercise wrongly and then as its solution does, take the quiz, save, and come back
another day. A notebook whose cells wait for answers (``course.needs``) is solved on the
way down: it must stop at the first that waits. With --screens, pictures of every page
in the light and the dark theme are put there. Exit status 1 if anything is not as it
should be.
"""

import argparse
import ast
import json
import os
import queue
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from functools import partial
from multiprocessing.pool import ThreadPool
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, TimeoutError, sync_playwright
from tlkit_course.checks import UNFINISHED

TESTS = Path(__file__).resolve().parents[1]
WINDOW = {"width": 1280, "height": 1000}
SECONDS = 300  # for one notebook, from first cell to last
SETTINGS = {  # every cell is in the page, also while it is out of sight
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
MODEL = "jupyterapp.shell.currentWidget.content.model.toJSON().cells"
PLACE = f"[{MODEL}.length, jupyterapp.shell.currentWidget.content.activeCellIndex]"
READY = (
    "() => "
    "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status "
    "=== 'idle' && jupyterapp.commands.isEnabled('notebook:run-all-cells')"
)
RUN = (
    "Promise.race([jupyterapp.commands.execute('notebook:{cells}')"
    ".then(() => true), {late}])"
)
LATE = "new Promise(ready => setTimeout(() => ready(false), {}))"
NO_CONTROLS = ("00", "11", "12")  # notebooks without a figure that moves
# Selector of what takes the keyboard -> keys of which one must change the figure
CONTROLS = {
    ".widget-slider .noUi-handle": ("ArrowRight", "ArrowLeft"),
    ".widget-dropdown select": ("ArrowDown", "ArrowUp", "choose"),
    ".widget-toggle-buttons button:not(.mod-active)": ("Enter",),
    ".widget-radio-box input:not(:checked)": ("Space",),
    ".widget-checkbox input": ("Space",),
    "button.widget-toggle-button:not(.widget-toggle-buttons button)": ("Enter",),
    "button.widget-button": ("Enter",),
}


@contextmanager
def jupyterlab(work: Path):
    """Make copies and open JupyterLab with the learner's own command.

    Yields:
        the address of a notebook, to be formatted with its name, and the folder.
    """
    for name, values in SETTINGS.items():
        file = work / "config" / "lab" / "user-settings" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    exposed = '{"LabApp": {"expose_app_in_browser": true}}'
    (work / "config" / "jupyter_lab_config.json").write_text(exposed)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(work / "config"),
        "JUPYTER_TOKEN": "t",
        "JUPYTER_PORT": str(port),
        "PYTHONPATH": str(TESTS.parent),
    }
    for name in ("TLKIT_CACHE", "KERAS_HOME", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        environment[name] = str(work / name)
    lab_command = ["lab", "--to", str(work / "copies"), "--no-browser"]
    command = [sys.executable, "-m", "tlkit", *lab_command]
    with (
        open(work / "lab.log", "w") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as lab,
    ):
        try:
            home = f"http://127.0.0.1:{port}"
            status = f"{home}/api/status?token=t"
            wait_for(lambda: urllib.request.urlopen(status), lab, work)
            yield f"{home}/lab/tree/{{}}?reset&token=t", work / "copies"
        finally:
            lab.terminate()


def wait_for(attempt, lab, work: Path, seconds: float = 120) -> None:
    """Until an attempt succeeds; TimeoutError with the log if it never does."""
    until = time.monotonic() + seconds
    while lab.poll() is None and time.monotonic() < until:
        try:
            return attempt()
        except OSError:
            time.sleep(0.3)
    raise TimeoutError((work / "lab.log").read_text())


class Learner:
    """One notebook in the browser, and what went wrong with it."""

    def __init__(self, page: Page, url: str, name: str):
        self.page, self.url, self.name, self.problems = page, url.format(name), name, []
        self.open()

    def open(self) -> None:
        """Load the page and wait for its kernel."""
        self.page.goto(self.url)
        self.page.wait_for_function(READY, timeout=120_000)

    def expect(self, holds: bool, problem: str) -> None:
        """Note a problem unless it holds."""
        if not holds:
            self.problems.append(f"{self.name}: {problem}")

    def cells(self) -> list[dict]:
        """The notebook as the page has it now."""
        return self.page.evaluate(MODEL)

    def cell(self, index: int):
        """What the page shows of a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def run_all(self) -> float:
        """Run every cell; returns the seconds that it took."""
        started = time.perf_counter()
        self._run_many("run-all-cells")
        self.everything_ran()
        return time.perf_counter() - started

    def _run_many(self, cells: str) -> None:
        """Run cells with a command of JupyterLab's menu, until they show all."""
        late = LATE.format(1000 * SECONDS)
        done = self.page.evaluate(RUN.format(cells=cells, late=late))
        self.expect(done, f"not ready after {SECONDS} s")
        self.page.wait_for_timeout(2000)

    def everything_ran(self) -> None:
        """See that each cell has run, and none stopped."""
        for index, cell in enumerate(self.cells()):
            may_fail = "raises-exception" in cell["metadata"].get("tags", ())
            if cell["cell_type"] != "code" or may_fail:
                continue
            for output in cell["outputs"]:
                what = f"{output.get('ename')}: {output.get('evalue')}"
                stopped = output["output_type"] == "error"
                self.expect(not stopped, f"cell {index} stopped: {what}")
            self.expect(bool(cell["execution_count"]), f"cell {index} did not run")

    def waits(self) -> bool:
        """Whether cells of this notebook wait for answers above them."""
        return any(waits_for_an_answer(cell) for cell in self.cells())

    def solve_on_the_way_down(self) -> tuple[float, list[str]]:
        """Run a notebook whose cells wait, and answer each exercise when it is due.

        Returns:
            the seconds that it took, and the exercises' names.
        """
        started = time.perf_counter()
        self._run_many("run-all-cells")
        self.stopped_where_it_waits()
        names = self.answer_exercises()
        self.everything_ran()
        return time.perf_counter() - started, names

    def stopped_where_it_waits(self) -> None:
        """See that the cell that waits has stopped, with one sentence, and no other."""
        stopped = [
            (cell, output)
            for cell in self.cells()
            for output in cell.get("outputs", ())
            if output["output_type"] == "error"
        ]
        as_it_should = (
            len(stopped) == 1
            and waits_for_an_answer(stopped[0][0])
            and stopped[0][1]["ename"] == "NotYet"
            and stopped[0][1]["traceback"] == [f"✗ {stopped[0][1]['evalue']}"]
        )
        what = [f"{output['ename']}: {output['evalue']}" for _, output in stopped]
        self.expect(as_it_should, f"expected one cell to wait for an answer: {what}")

    def run(self, index: int, source: str) -> str:
        """Type over a cell and run it, by keyboard; returns the text of its output."""
        before = self.cells()[index]["execution_count"]
        self.cell(index).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)
        self.expect(
            "".join(self.cells()[index]["source"]) == source,
            f"cell {index} does not hold what was typed",
        )
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function(
            f"count => ![null, count].includes({MODEL}[{index}].execution_count)",
            arg=before,
            timeout=1000 * SECONDS,
        )
        shown = self.cells()[index]["outputs"]
        return "".join(
            "".join(o.get("text", o.get("data", {}).get("text/plain", "")))
            for o in shown
        )

    def make_guesses(self) -> int:
        """Click the first option of every guess; returns how many there are."""
        guesses = self.page.locator(
            ".jp-OutputArea-output:not(:has(img)) .widget-toggle-buttons"
        )
        for asked in guesses.all():
            asked.locator("button").first.press("Space")
            self.expect(
                asked.locator("button.mod-active").count() == 1,
                "a guess did not take the Space key",
            )
            self.keys_stay(asked)
        return guesses.count()

    def keys_stay(self, asked) -> None:
        """Press keys that are Lab's shortcuts elsewhere, on the buttons of a guess."""
        first, second = asked.locator("button").all()[:2]
        pressed = [one.get_attribute("aria-pressed") for one in (first, second)]
        self.expect(pressed == ["true", "false"], f"aria-pressed: {pressed}")
        before = self.page.evaluate(PLACE)
        for key in ("j", "c", "v", "ArrowRight"):  # down, copy and paste a cell
            first.press(key)
        on_second = second.evaluate("button => button === document.activeElement")
        self.expect(on_second, "an arrow key does not go to the next button")
        after = self.page.evaluate(PLACE)
        self.expect(before == after, f"keys left a guess: {before} became {after}")

    def take_quiz(self) -> int:
        """Choose every option of every question, by keyboard; returns how many."""
        asked = self.page.locator(
            ".jp-OutputArea-output:not(:has(img)) .widget-vbox "
            ".widget-vbox:has(.widget-radio)"
        )
        for question in asked.all():
            options, said = question.locator("input[type=radio]"), set()
            for option in options.all():
                option.press("Space")
                said.add(self._said(question, said))
            rights = sum("✓" in text for text in said)
            self.expect(
                rights == 1 and len(said) == options.count(),
                f"a question was answered with {said}",
            )
        return asked.count()

    def _said(self, question, before: set[str]) -> str:
        """What the page says to the option just chosen; "" if nothing new comes."""
        for _ in range(50):
            text = question.locator(".widget-html-content").last.inner_text()
            if text[:1] in ("✓", "✗") and text not in before:
                return text
            self.page.wait_for_timeout(100)
        return ""

    def move_controls(self) -> int:
        """Move each control beside a figure, and see it change; returns how many."""
        moved, figures = 0, ".jp-OutputArea-output:has(.jupyter-widgets img)"
        for output in self.page.locator(figures).all():
            picture = output.locator(".jupyter-widgets img")
            for selector, keys in CONTROLS.items():
                for place in range(output.locator(selector).count()):
                    moved += 1
                    self.expect(
                        self._moves(output, selector, place, keys, picture),
                        f"{selector} {place} moves nothing",
                    )
        return moved

    def _moves(self, output, selector, place, keys, picture) -> bool:
        before = picture.first.get_attribute("src")
        for key in keys:
            control = output.locator(selector).nth(place)
            control.press(key) if key != "choose" else control.select_option(index=1)
            for _ in range(50):
                if picture.first.get_attribute("src") != before:
                    return True
                self.page.wait_for_timeout(100)
        return False

    def answer_exercises(self) -> list[str]:
        """Answer each exercise wrongly, as the tests do, and with its folded solution.

        Where cells wait for answers, what stands below is run after each right one.

        Returns:
            their names.
        """
        cells, names, waits = self.cells(), [], self.waits()
        for index, cell in enumerate(cells):
            if cell["cell_type"] != "code":
                continue
            call = check_call("".join(cell["source"]))
            if call is None or call.args[0].value in names:
                continue
            names.append(call.args[0].value)
            said = self.run(index, wrong_answer(call))
            self.expect(
                "✗" in said and UNFINISHED not in said,
                f"a wrong answer to {names[-1]} got {said!r}",
            )
            said = self.run(index, folded_solution(cells, names[-1]))
            self.expect("✓" in said, f"the right answer to {names[-1]} got {said!r}")
            if waits:  # Shift+Enter has moved on to the cell below
                self._run_many("run-all-below")
        return names

    def photograph(self, screens: Path, theme: str) -> None:
        """Pictures of the whole notebook, from top to bottom."""
        self.page.evaluate(
            "jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab "
            f"{theme}'}})"
        )
        self.page.evaluate("jupyterapp.shell.collapseLeft()")
        self.page.set_viewport_size({"width": 1000, "height": 2000})
        panel = self.page.locator(".jp-WindowedPanel-outer").first
        panel.evaluate("panel => panel.scrollTop = 0")
        self.page.wait_for_timeout(1500)
        height = panel.evaluate("panel => panel.scrollHeight")
        step = panel.evaluate("panel => panel.clientHeight")
        for part, top in enumerate(range(0, height, step)):
            panel.evaluate(f"panel => panel.scrollTop = {top}")
            self.page.wait_for_timeout(300)
            name = f"{Path(self.name).stem}-{theme.lower()}-{part + 1}.png"
            panel.screenshot(path=screens / name)

    def come_back(self) -> None:
        """Save, stop the kernel, and open the page again: everything is still there."""
        shown = self.page.locator(".jp-OutputArea-output:has(.jupyter-widgets)").count()
        self.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        self.page.evaluate("jupyterapp.commands.execute('kernelmenu:shutdown')")
        self.page.set_viewport_size(WINDOW)
        self.open()
        for _ in range(20):
            self.page.wait_for_timeout(1500)
            text = self.page.locator(".jp-Notebook").inner_text()
            lost = re.findall("Error displaying widget|Loading widget", text)
            if not lost:
                break
        self.expect(not lost, f"saved widgets are lost: {lost}")
        again = self.page.locator(".jp-OutputArea-output:has(.jupyter-widgets)").count()
        self.expect(
            shown == again, f"{shown} widgets before, {again} after coming back"
        )

    def look_up_a_term(self, screens: Path | None) -> None:
        """Click the last link to a term of the glossary, and see the term's heading."""
        links = self.page.locator(
            '.jp-Notebook a:is([href*="glossary.md"], [data-path*="glossary.md"])'
        )
        # The term that each link names; "" for a link to all of the glossary.
        named = re.findall(r"\(glossary\.md#?([^)]*)\)", json.dumps(self.cells()))
        terms = [(index, term) for index, term in enumerate(named) if term]
        self.expect(
            links.count() == len(named) and bool(terms),
            f"{links.count()} links to the glossary of {named}",
        )
        if links.count() == len(named) and terms:
            index, term = terms[-1]
            links.nth(index).click()
            # How a heading keeps its anchor changes with JupyterLab.
            words = re.compile(f"^{term.replace('-', '.')}¶?$")
            heading = self.page.locator(".jp-MarkdownViewer h3").filter(has_text=words)
            try:
                heading.wait_for()
                self.page.wait_for_timeout(1000)
                box = heading.bounding_box()
            except TimeoutError:
                box = None
                if screens:
                    name = f"{self.name.removesuffix('.ipynb')}-glossary.png"
                    self.page.screenshot(path=screens / name)
            self.expect(
                bool(box) and 0 <= box["y"] < 1000,
                f"the glossary opens, and not at {term}: {box}",
            )


def check_call(source: str) -> ast.Call | None:
    """The call of course.check that ends a cell."""
    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "course.check"
    ]
    return found[-1] if found else None


def waits_for_an_answer(cell: dict) -> bool:
    """Whether a cell stops until an exercise above it is solved."""
    return cell["cell_type"] == "code" and "course.needs(" in "".join(cell["source"])


def wrong_answer(call: ast.Call) -> str:
    """Code that gives the first wrong answer of the tests to an exercise.

    With the numbers measured in the notebook. An answer that is unfinished is none: it
    counts as no try.
    """
    name, module = call.args[0].value, f"n{call.args[0].value[:2]}"
    arguments = [call.args[0], ast.Name("wrong"), *call.args[2:]]
    judged = ast.unparse(ast.Call(call.func, arguments, call.keywords))
    return (
        f"import sys; sys.path.insert(0, {str(TESTS)!r}); from answers import "
        f"{module}\nverdicts = ({judged} for name, wrong, _ in {module}.WRONG if name "
        f"== {name!r})\nnext(verdict for verdict in verdicts if not verdict.right "
        f"and not verdict.message.startswith({UNFINISHED!r}))"
    )


def folded_solution(cells: list[dict], name: str) -> str:
    """What a learner sees who opens the solution of an exercise."""
    folded = r"<details><summary>Solution</summary>\n\n```python\n(.*)\n```"
    for cell in cells:
        source = "".join(cell["source"])
        is_solution = "solution" in cell["metadata"].get("tags", ())
        if is_solution and f'course.check("{name}"' in source:
            return re.search(folded, source, re.DOTALL)[1]
    raise ValueError(f"no folded solution of {name!r}")


def visit(page: Page, name: str, screens: Path | None) -> list[str]:
    """All that a learner does with one notebook; returns the problems."""
    with TemporaryDirectory() as work, jupyterlab(Path(work)) as (url, copies):
        learner = Learner(page, url, name)
        exercises = []
        if learner.waits():
            seconds, exercises = learner.solve_on_the_way_down()
        else:
            seconds = learner.run_all()
        guesses = learner.make_guesses()
        questions = learner.take_quiz()
        controls = learner.move_controls()
        exercises = exercises or learner.answer_exercises()
        for theme in ("Light", "Dark") if screens else ():
            learner.photograph(screens, theme)
        learner.come_back()
        learner.look_up_a_term(screens)
        learner.expect(
            controls > 0 or name[:2] in NO_CONTROLS, "no control moves a figure"
        )
        learner.expect(
            questions >= 3 and bool(exercises),
            f"{questions} questions, {len(exercises)} exercises",
        )
        progress = json.loads((copies / "progress.json").read_text("utf-8"))
        for exercise in exercises:
            noted = progress["exercises"].get(exercise, {})
            learner.expect(
                noted.get("solved") and noted["tries"] >= 2,
                f"progress of {exercise}: {noted}",
            )
        learner.expect(
            sum(q["solved"] for q in progress["quizzes"].values()) == questions,
            "quiz not in progress.json",
        )
        print(
            f"{name}: {seconds:.0f} s; {guesses} guesses, {controls} controls, "
            f"{len(exercises)} exercises, {questions} questions, "
            f"{len(learner.problems)} problems",
            flush=True,
        )
    return learner.problems


def visit_alone(name: str, screens: Path | None) -> list[str]:
    """Visit one notebook with a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport=WINDOW)
        page.set_default_timeout(60_000)
        problems = visit(page, name, screens)
        browser.close()
    return problems


def visit_on(cores: queue.SimpleQueue, name: str, screens: Path | None) -> int:
    """Visit one notebook in a process that is pinned to the next idle core.

    Returns:
        its exit status.
    """
    core, pin = cores.get(), None
    if hasattr(os, "sched_setaffinity"):
        pin = partial(os.sched_setaffinity, 0, {core})
    pictures = ["--screens", str(screens)] if screens else []
    try:
        command = [sys.executable, __file__, *pictures, name]
        return subprocess.run(command, preexec_fn=pin).returncode
    finally:
        cores.put(core)


def main(*words: str) -> int:
    """Exit status 0 if no notebook has a problem."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--screens", type=Path)
    parser.add_argument("notebooks", nargs="*")
    asked = parser.parse_args(words)
    names, screens = asked.notebooks, asked.screens
    # Stopped from outside: JupyterLab and kernels stop too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if screens:
        screens.mkdir(parents=True, exist_ok=True)
    masters = (TESTS.parent / "notebooks").glob("[0-9][0-9]_*.ipynb")
    order = names or [path.name for path in masters]
    if len(order) == 1:
        problems = visit_alone(order[0], screens)
        print(
            "\n".join(problems) or f"{order[0]}: no problems in the browser", flush=True
        )
        return bool(problems)
    random.shuffle(order)
    here = list(range(os.cpu_count() or 1))
    if hasattr(os, "sched_getaffinity"):
        here = sorted(os.sched_getaffinity(0))
    cores: queue.SimpleQueue[int] = queue.SimpleQueue()
    for core in here:
        cores.put(core)
    visit_one = partial(visit_on, cores, screens=screens)
    with ThreadPool(len(here)) as pool:
        return max(pool.map(visit_one, order, chunksize=1))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
