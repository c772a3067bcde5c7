"""The slides as a room sees them: python tests/ci/slides.py SCREENS [--all-pictures]
[NN …].

Makes the decks in a new folder and opens them from there as files, without any network:
    no other server is asked, no script complains, and on every slide, with all that
    appears on it, there is something to see, nothing leaves the slide or lies upon
    something else, letters are large and not faint, formulas are set, and pictures are
    there and have words. The speaker's view shows the notes, and a deck prints as one
    page per slide. SCREENS gets pictures of the first deck, or of all. Exit status 1 if
    anything is not so.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from book import CONTRAST, FAINT

SMALLEST = (
    0.66 * 32 / 720
)  # of a slide's height: letters of text; a point more than those of a subtitle on television
SMALLEST_CODE = 0.5 * 32 / 720
PLACE = (
    "[Reveal.getSlidePastCount(), Reveal.availableFragments().next, "
    "Reveal.isLastSlide()]"
)
LOOK = """([least, leastCode]) => {
  const slide = Reveal.getCurrentSlide(), frame = slide.getBoundingClientRect(), found = [];
  const say = (what, element) => found.push(`${what}: ${(element.alt || element.textContent).trim().slice(0, 50)}`);
  const parts = [...slide.children].filter(part => !part.matches('aside'));
  const shown = parts.filter(part => !part.matches('.heading, .again'));
  if (!shown.some(part => part.textContent.trim() || part.querySelector('img'))) say('only a heading', slide);
  if (slide.scrollHeight > slide.clientHeight || slide.scrollWidth > slide.clientWidth) say('too much', slide);
  for (const element of slide.querySelectorAll(':scope :not(aside, aside *, mjx-assistive-mml, mjx-assistive-mml *)')) {
    const box = element.getBoundingClientRect();
    if (!box.width && !box.height) continue;
    if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 ||
        box.bottom > frame.bottom + 1) say('leaves the slide', element);
  }
  const boxes = parts.map(part => part.getBoundingClientRect());
  boxes.forEach((box, i) => { if (i && box.top < boxes[i - 1].bottom - 1) say('lies upon what is above', parts[i]); });
  const texts = document.createTreeWalker(slide, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || element.closest('aside, mjx-container')) continue;
    const size = parseFloat(getComputedStyle(element).fontSize) / 720;
    if (size < (element.closest('pre, code') ? leastCode : least)) say(`small, ${(720 * size).toFixed(1)}`, element);
  }
  for (const picture of slide.querySelectorAll('img')) {
    if (!picture.complete || !picture.naturalWidth) say('not loaded', picture);
    if (!picture.alt.trim()) say('no words for a picture', slide);
    if (Math.max(picture.clientHeight / 280, picture.clientWidth / 1100) < 1) say('a small picture', picture);
  }
  for (const wrong of slide.querySelectorAll('mjx-merror, [data-mjx-error]')) say('formula', wrong);
  if (slide.querySelector('.formula:not(:has(mjx-container))')) say('a formula is not set', slide);
  const words = shown.filter(part => !part.querySelector('pre')).map(part => part.innerText).join(' ');
  if (/\\$[^ ]|\\]\\(|\\*\\*/.test(words)) say('Markdown that was not read', slide);
  if (slide.querySelector('.fragment:not(.visible)')) say('something has not appeared', slide);
  return found;
}"""


def make(folder: Path, numbers: list[str]) -> None:
    command = [
        sys.executable,
        "-m",
        "tlkit_course.workshop",
        "slides",
        "--out",
        str(folder),
    ]
    subprocess.run(
        [*command, *(["--notebooks", *numbers] if numbers else [])], check=True
    )


def listen(page, problems: list[str], name: str) -> None:
    """Note every request that is not for a file of the folder, and every complaint of a
    script.
    """

    def note(holds: bool, problem: str) -> None:
        if not holds:
            problems.append(f"{name}: {problem}")

    page.on(
        "request",
        lambda asked: note(
            asked.url.startswith(("file:", "data:", "blob:")), f"asks for {asked.url}"
        ),
    )
    page.on("requestfailed", lambda asked: note(False, f"cannot have {asked.url}"))
    page.on(
        "console",
        lambda said: note(
            said.type not in ("error", "warning"), f"the console says {said.text}"
        ),
    )
    page.on("pageerror", lambda error: note(False, f"a script failed: {error}"))


def open_deck(page, path: Path, query: str = "") -> None:
    page.goto(f"{path.as_uri()}{query}")
    page.wait_for_function("() => window.Reveal?.isReady()")


def walk(page, path: Path, screens: Path | None) -> tuple[int, list[str]]:
    """Step through a deck by keyboard; returns how many slides there are, and problems."""
    open_deck(page, path)
    total, problems, seen = page.evaluate("Reveal.getTotalSlides()"), [], set()
    for _ in range(4 * total):
        place, more, last = page.evaluate(PLACE)
        if not more:
            seen.add(place)
            found = page.evaluate(LOOK, [SMALLEST, SMALLEST_CODE])
            problems += [f"{path.stem} {place + 1}: {problem}" for problem in found]
            if screens:
                page.screenshot(
                    path=screens / f"slides-{path.stem[:2]}-{place + 1:02}.png"
                )
            if last:
                break
        page.keyboard.press("ArrowRight")
    return total, problems + (
        []
        if len(seen) == total
        else [f"{path.stem}: {len(seen)} of {total} slides were reached"]
    )


def faint(page, path: Path) -> list[str]:
    """Text of a deck that is hard to see on what lies behind it."""
    page.evaluate(
        "document.querySelectorAll('section').forEach(s => s.style.cssText = "
        "'display: block !important')"
    )
    return [
        f"{path.stem}: faint: {text}"
        for text in page.evaluate(FAINT.replace("'article'", "'.slides'"), CONTRAST)
    ]


def speaker(context, page, path: Path, screens: Path) -> list[str]:
    """Problems of the speaker's view, which S opens in a window of its own."""
    open_deck(page, path)
    with context.expect_page() as opened:
        page.keyboard.press("s")
    view = opened.value
    try:
        view.wait_for_function(
            "() => document.querySelector('.speaker-controls-notes "
            ".value')?.textContent.trim()"
        )
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
    page.pdf(
        path=screens / f"slides-{path.stem[:2]}.pdf",
        prefer_css_page_size=True,
        print_background=True,
    )
    written = (
        (screens / f"slides-{path.stem[:2]}.pdf").read_bytes().count(b"/Type /Page\n")
    )
    wanted = {"pages": (pages, total), "pages of the PDF": (written, total)}
    return [
        f"{path.stem}: {found} {what}, not {right}"
        for what, (found, right) in wanted.items()
        if found != right
    ]


def main(*words: str) -> int:
    """Exit status 0 if the slides are as they should be."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser()
    parser.add_argument("screens", type=Path)
    parser.add_argument("numbers", nargs="*", metavar="NN")
    parser.add_argument("--all-pictures", action="store_true")
    arguments = parser.parse_intermixed_args(words)
    arguments.screens.mkdir(parents=True, exist_ok=True)
    problems, counts = [], {}
    with TemporaryDirectory() as work, sync_playwright() as playwright:
        make(Path(work), arguments.numbers)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = browser.new_context(
            viewport={"width": 1280, "height": 720}, offline=True
        )
        decks = sorted(Path(work).glob("[0-9]*.html"))
        for path in decks:
            page = context.new_page()
            listen(page, problems, path.stem)
            pictures = (
                arguments.screens
                if arguments.all_pictures or path == decks[0]
                else None
            )
            counts[path.stem], found = walk(page, path, pictures)
            problems += found + faint(page, path)
            if path == decks[0]:
                problems += speaker(context, page, path, arguments.screens)
                problems += on_paper(page, path, counts[path.stem], arguments.screens)
            page.close()
        browser.close()
    print(
        f"{len(counts)} decks: "
        f"{', '.join(f'{name} {count}' for name, count in counts.items())} slides"
    )
    print("\n".join(problems) or "no problems on the slides")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
