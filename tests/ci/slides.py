"""The slides as a room sees them: python tests/ci/slides.py SCREENS [--all-pictures]
[NN …].

Makes the decks in a new folder and opens them from there as files, without any network.
No other server is asked, and no script complains. On every slide, with all that appears
on it, there is something to see; nothing leaves the slide or lies upon something else;
letters are large and not faint; formulas are set; pictures are there and have words.
The speaker's view shows the notes, and a deck prints as one page per slide. SCREENS
gets pictures of the first deck, or of all. Exit status 1 if anything is not so.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from book import CONTRAST, FAINT

# Letters, as a share of the slide's height: a point more than those of a subtitle on
# television.
SMALLEST = 0.66 * 32 / 720
SMALLEST_CODE = 0.5 * 32 / 720
LOOK = Path(__file__).with_name("slide_problems.js").read_text("utf-8")
PLACE = (
    "[Reveal.getSlidePastCount(), Reveal.availableFragments().next, "
    "Reveal.isLastSlide()]"
)
NOTES_ARE_THERE = (
    "() => document.querySelector('.speaker-controls-notes .value')?.textContent.trim()"
)
SHOW_ALL = (
    "document.querySelectorAll('section').forEach("
    "s => s.style.cssText = 'display: block !important')"
)


def make(folder: Path, numbers: list[str]) -> None:
    """Make the decks of some notebooks, or of all."""
    command = [sys.executable, "-m", "tlkit_course.workshop", "slides"]
    command += ["--out", str(folder)]
    if numbers:
        command += ["--notebooks", *numbers]
    subprocess.run(command, check=True)


def listen(page, problems: list[str], name: str) -> None:
    """Note every request that is not for a file, and every complaint of a script."""

    def asked(request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            problems.append(f"{name}: asks for {request.url}")

    def failed(request) -> None:
        problems.append(f"{name}: cannot have {request.url}")

    def said(message) -> None:
        if message.type in ("error", "warning"):
            problems.append(f"{name}: the console says {message.text}")

    def broke(error) -> None:
        problems.append(f"{name}: a script failed: {error}")

    page.on("request", asked)
    page.on("requestfailed", failed)
    page.on("console", said)
    page.on("pageerror", broke)


def open_deck(page, path: Path, query: str = "") -> None:
    """Open a deck and wait until it can be used."""
    page.goto(f"{path.as_uri()}{query}")
    page.wait_for_function("() => window.Reveal?.isReady()")


def walk(page, path: Path, screens: Path | None) -> tuple[int, list[str]]:
    """Step through a deck by keyboard.

    Returns:
        how many slides there are, and problems.
    """
    open_deck(page, path)
    total, problems, seen = page.evaluate("Reveal.getTotalSlides()"), [], set()
    for _ in range(4 * total):
        place, more, last = page.evaluate(PLACE)
        if not more:
            seen.add(place)
            found = page.evaluate(LOOK, [SMALLEST, SMALLEST_CODE])
            problems += [f"{path.stem} {place + 1}: {problem}" for problem in found]
            if screens:
                name = f"slides-{path.stem[:2]}-{place + 1:02}.png"
                page.screenshot(path=screens / name)
            if last:
                break
        page.keyboard.press("ArrowRight")
    if len(seen) < total:
        problems.append(f"{path.stem}: {len(seen)} of {total} slides were reached")
    return total, problems


def faint(page, path: Path) -> list[str]:
    """Text of a deck that is hard to see on what lies behind it."""
    page.evaluate(SHOW_ALL)
    found = page.evaluate(FAINT.replace("'article'", "'.slides'"), CONTRAST)
    return [f"{path.stem}: faint: {text}" for text in found]


def speaker(context, page, path: Path, screens: Path) -> list[str]:
    """Problems of the speaker's view, which S opens in a window of its own."""
    open_deck(page, path)
    with context.expect_page() as opened:
        page.keyboard.press("s")
    view = opened.value
    try:
        view.wait_for_function(NOTES_ARE_THERE)
        page.keyboard.press("ArrowRight")
        view.wait_for_function("() => document.querySelector('#current-slide iframe')")
        view.wait_for_timeout(1500)
    except Exception as error:
        return [f"{path.stem}: the speaker's view stays empty: {error}"]
    view.set_viewport_size({"width": 1400, "height": 900})
    view.screenshot(path=screens / "slides-speaker.png")
    view.close()
    return []


def on_paper(page, path: Path, total: int, screens: Path) -> list[str]:
    """Problems of the deck as it is printed."""
    open_deck(page, path, "?print-pdf")
    page.wait_for_function("() => document.querySelector('.pdf-page')")
    pages = page.locator(".pdf-page").count()
    file = screens / f"slides-{path.stem[:2]}.pdf"
    page.pdf(path=file, prefer_css_page_size=True, print_background=True)
    written = file.read_bytes().count(b"/Type /Page\n")
    problems = []
    if pages != total:
        problems.append(f"{path.stem}: {pages} pages, not {total}")
    if written != total:
        problems.append(f"{path.stem}: {written} pages of the PDF, not {total}")
    return problems


def look_at_all(decks: list[Path], screens: Path, all_pictures: bool):
    """Open all decks in a browser.

    Returns:
        name of the deck -> its slides, and problems.
    """
    from playwright.sync_api import sync_playwright

    problems, counts = [], {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        size = {"width": 1280, "height": 720}
        context = browser.new_context(viewport=size, offline=True)
        for path in decks:
            page, is_first = context.new_page(), path == decks[0]
            listen(page, problems, path.stem)
            pictures = screens if all_pictures or is_first else None
            counts[path.stem], found = walk(page, path, pictures)
            problems += found + faint(page, path)
            if is_first:
                problems += speaker(context, page, path, screens)
                problems += on_paper(page, path, counts[path.stem], screens)
            page.close()
        browser.close()
    return counts, problems


def main(*words: str) -> int:
    """Exit status 0 if the slides are as they should be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("screens", type=Path)
    parser.add_argument("numbers", nargs="*", metavar="NN")
    parser.add_argument("--all-pictures", action="store_true")
    arguments = parser.parse_intermixed_args(words)
    arguments.screens.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as work:
        make(Path(work), arguments.numbers)
        decks = sorted(Path(work).glob("[0-9]*.html"))
        counts, problems = look_at_all(decks, arguments.screens, arguments.all_pictures)
    listed = ", ".join(f"{name} {count}" for name, count in counts.items())
    print(f"{len(counts)} decks: {listed} slides")
    print("\n".join(problems) or "no problems on the slides")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
