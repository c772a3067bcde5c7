"""What a learner's day does to a notebook, in a real browser: tests/ci/browser_life.py

A kernel that starts again, the same notebook in two tabs, and a browser that is closed
while a cell runs. Nothing may be lost: a guess stays, a cell that is run alone says in
one sentence what to do, the second tab shows what the first one shows, and what a cell
made while nobody looked is in the kernel. Exit status 1 if anything is not as it should
be.
"""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from browser import WINDOW, Learner, jupyterlab
from playwright.sync_api import BrowserContext, sync_playwright

NAME = "00_start_here.ipynb"
GUESS = ".jp-OutputArea-output:not(:has(img)) .widget-toggle-buttons"
LOST = "Error displaying widget", "model not found"
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
SECONDS = 6  # of the work that goes on while the browser is closed
WORK = (
    "import time\n"
    f"for _ in course.bar(range({10 * SECONDS}), 'steps'):\n"
    "    time.sleep(0.1)\n"
    "print('the work is done')"
)


def index_of(learner: Learner, words: str) -> int:
    """The place of the first code cell with these words in it."""
    for index, cell in enumerate(learner.cells()):
        if cell["cell_type"] == "code" and words in "".join(cell["source"]):
            return index
    raise ValueError(f"{learner.name}: no code cell has {words!r}")


def run_again(learner: Learner, words: str) -> str:
    """Run the first cell with these words as it is; returns its output's text."""
    index = index_of(learner, words)
    return learner.run(index, "".join(learner.cells()[index]["source"]))


def chosen(learner: Learner) -> list[str]:
    """The options of the first guess that are pressed."""
    pressed = learner.page.locator(GUESS).first.locator("button.mod-active")
    return pressed.all_inner_texts()


def sees_no_lost_widget(learner: Learner, when: str) -> None:
    """Note a problem if the page has a red sentence of a widget that it cannot find."""
    learner.page.wait_for_timeout(4000)
    text = learner.page.locator(".jp-Notebook").inner_text()
    found = [words for words in LOST if words in text]
    learner.expect(not found, f"{when}: the page says {found}")


def kernel_starts_again(learner: Learner) -> None:
    """A guess, then a new kernel: one cell alone says one sentence, the guess stays."""
    run_again(learner, "import tlkit_course as course")
    run_again(learner, 'name="00 scratch"')
    learner.page.locator(GUESS).first.locator("button").nth(1).press("Space")
    guessed = chosen(learner)
    learner.expect(len(guessed) == 1, f"a click chose {guessed}")
    learner.page.evaluate(f"{KERNEL}.restart()")
    learner.page.wait_for_function(f"() => {KERNEL}.status === 'idle'")
    alone = index_of(learner, "guess_scratch.compare(")
    learner.run(alone, "".join(learner.cells()[alone]["source"]))
    (said,) = learner.cells()[alone]["outputs"]
    lines = said.get("traceback", [])
    learner.expect(
        len(lines) == 1 and lines[0].startswith("✗ This kernel is new"),
        f"a cell that is run alone in a new kernel says {lines}",
    )
    run_again(learner, "import tlkit_course as course")
    run_again(learner, 'name="00 scratch"')
    learner.expect(
        chosen(learner) == guessed,
        f"after a new kernel the guess is {chosen(learner)}, not {guessed}",
    )


def two_tabs(learner: Learner, context: BrowserContext, url: str) -> None:
    """The same notebook once more shows the guess, and a click there counts here."""
    learner.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    guessed = chosen(learner)
    second = Learner(context.new_page(), url, NAME)
    sees_no_lost_widget(second, "in a second tab")
    second.expect(
        second.page.locator(GUESS).count() > 0 and chosen(second) == guessed,
        f"the first tab shows the guess {guessed}, the second another or none",
    )
    if second.page.locator(GUESS).count():
        second.page.locator(GUESS).first.locator("button").nth(2).press("Space")
        second.page.wait_for_timeout(1500)
        learner.expect(
            chosen(learner) == chosen(second) != guessed,
            f"a click in one tab: {chosen(second)}, in the other: {chosen(learner)}",
        )
    said = run_again(second, "import tlkit_course as course")
    second.expect("✗" not in said, f"a cell that is run in the second tab says {said}")
    learner.problems += second.problems
    second.page.close()
    sees_no_lost_widget(learner, "after the second tab was closed")


def closed_while_a_cell_runs(
    learner: Learner, context: BrowserContext, url: str
) -> Learner:
    """Close the page in the middle of a long cell, and open it again.

    Returns:
        the notebook in its new page.
    """
    guessed = chosen(learner)
    index = index_of(learner, "tk.from_scratch(letters, digits)")
    learner.page.evaluate(
        f"jupyterapp.shell.currentWidget.content.activeCellIndex = {index}"
    )
    learner.cell(index).locator(".cm-content").click()
    learner.page.keyboard.press("Control+a")
    learner.page.keyboard.insert_text(WORK)
    learner.page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    learner.page.keyboard.press("Control+Enter")
    learner.page.wait_for_timeout(1500)
    learner.page.close()
    again = Learner(context.new_page(), url, NAME)
    again.problems += learner.problems
    sees_no_lost_widget(again, "after the browser was closed")
    again.expect(
        chosen(again) == guessed, f"the guess {guessed} became {chosen(again)}"
    )
    first, second = (run_again(again, "import tlkit_course as course") for _ in "ab")
    sentence = "This page has not shown how the cell «import time …» went: it ended at "
    again.expect(
        sentence in first and sentence not in second,
        f"after the browser was closed the next cells say {first!r} and {second!r}",
    )
    return again


def main() -> int:
    """Exit status 0 if nothing was lost."""
    with (
        TemporaryDirectory() as work,
        jupyterlab(Path(work)) as (url, _),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = browser.new_context(viewport=WINDOW)
        context.set_default_timeout(60_000)
        learner = Learner(context.new_page(), url, NAME)
        kernel_starts_again(learner)
        two_tabs(learner, context, url)
        learner = closed_while_a_cell_runs(learner, context, url)
        browser.close()
    print("\n".join(learner.problems) or f"{NAME}: nothing was lost", flush=True)
    return bool(learner.problems)


if __name__ == "__main__":
    sys.exit(main())
