"""The book as its readers meet it: python tests/ci/book.py SCREENS, after ``make
book``.

Reads every page of build/book: links and anchors lead somewhere, every picture has the
words that its notebook gives it, every solution is folded, nothing is loaded from
another server. Then opens every page in a browser, as on a telephone and on a screen,
in the light and the dark theme: formulas are set, nothing is wider than the window,
text is not faint, no other server is asked, the search finds. SCREENS gets pictures.
Exit status 1 if anything is not so.
"""

import json
import re
import shutil
import sys
from collections import Counter
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from posixpath import dirname, join, normpath
from threading import Thread
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "book"
LOADS = {  # tag -> the attribute that names what it loads
    "script": "src",
    "img": "src",
    "link": "href",
    "source": "src",
    "iframe": "src",
}
WIDTHS = {"telephone": (390, 844), "screen": (1280, 1000)}
CONTRAST = 4.5  # of text to its background, as WCAG 2 asks (AA)
PHOTOGRAPHED = (("telephone", "dark"), ("screen", "light"))
WORDS = {  # sought -> a page with them
    "cross-entropy": "notebooks/03_cross_entropy",
    "负迁移": "notebooks/glossary",
}
# Code and tables scroll inside their own frame.
SPILLS = """() => [...document.querySelectorAll(':has(.article-container)')]
  .some(element => element.scrollWidth > element.clientWidth)"""
FORMULAS = """() => ({
  written: document.querySelectorAll('.math').length,
  set: document.querySelectorAll('.math mjx-container').length,
  wrong: [...document.querySelectorAll('mjx-merror, [data-mjx-error]')]
    .map(element => element.textContent)})"""
EMPTY = """() => [...document.images]
  .filter(image => image.complete && !image.naturalWidth).map(image => image.src)"""
FAINT = Path(__file__).with_name("faint_text.js").read_text("utf-8")


class Page(HTMLParser):
    """What one page links to, loads, shows and names.

    Attributes:
        ids: of its elements.
        links: where its <a> lead.
        loads: what it loads.
        pictures: attributes of each <img>.
        text: outside code.
        folded: how many solutions are folded.
    """

    def __init__(self, html: str):
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.pictures: list[dict] = []
        self.text: list[str] = []
        self.folded = 0
        self._code = 0  # how many elements of code are open
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        """Note what an element is and loads."""
        found = dict(attributes)
        if "id" in found:
            self.ids.update([found["id"]])
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "img":
            self.pictures.append(found)
        if found.get(LOADS.get(tag)):
            self.loads.append(found[LOADS[tag]])
        hidden = "hide" in (found.get("class") or "").split()
        if tag == "details" and hidden and "open" not in found:
            self.folded += 1
        self._code += tag in ("pre", "code", "script", "style")

    def handle_endtag(self, tag):
        """Note the end of code."""
        self._code -= tag in ("pre", "code", "script", "style")

    def handle_data(self, data):
        """Note text outside code."""
        if not self._code:
            self.text.append(data)


def read(site: Path) -> dict[str, Page]:
    """All pages of the site, by their paths."""
    return {
        path.relative_to(site).as_posix(): Page(path.read_text("utf-8"))
        for path in sorted(site.rglob("*.html"))
    }


def lost_links(pages: dict[str, Page], site: Path, root: Path, home: str) -> list[str]:
    """Links that lead nowhere: to no page, no anchor, or no file of the repository.

    Args:
        pages: as from ``read``.
        site: the folder of the site.
        root: the folder of the repository.
        home: its address.
    """
    lost = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if link.startswith(f"{home}/blob/main/"):
                file = urlsplit(link.removeprefix(f"{home}/blob/main/")).path
                there = (root / unquote(file)).exists()
            elif parts.scheme or parts.netloc:
                continue
            else:
                path, anchor = unquote(parts.path), unquote(parts.fragment)
                target = normpath(join(dirname(name), path)) if path else name
                there = (site / target).is_file()
                there = there and (not anchor or anchor in pages[target].ids)
            if not there:
                lost.append(f"{name}: the link {link} leads nowhere")
    return lost


def foreign(pages: dict[str, Page], site: Path) -> list[str]:
    """Whatever a page or a style sheet loads that is not a file of this site."""
    loads = [(name, load) for name, page in pages.items() for load in page.loads]
    for sheet in site.rglob("*.css"):
        name, text = sheet.relative_to(site).as_posix(), sheet.read_text("utf-8")
        for load in re.findall(r"url\(\s*['\"]?([^'\")]+)", text):
            loads.append((name, load))
    return [
        f"{name} loads {load}"
        for name, load in loads
        if not is_own(site / dirname(name), load)
    ]


def is_own(folder: Path, load: str) -> bool:
    """Whether something to load is in the file itself or a file of the site."""
    if load.startswith(("data:", "#", "%23")):
        return True
    parts = urlsplit(load)
    return not parts.netloc and (folder / unquote(parts.path)).is_file()


def unlike_notebooks(pages: dict[str, Page], notebooks: list[Path]) -> list[str]:
    """Where pages are not as their notebooks.

    Pictures without their words, solutions that lie open, Markdown that was not read.
    """
    wrong = []
    for path in notebooks:
        name = f"notebooks/{path.stem}.html"
        if name in pages:
            wrong += unlike_notebook(name, pages[name], path)
        else:
            wrong.append(f"{name} is missing")
    for name, page in pages.items():
        for picture in page.pictures:
            if not (picture.get("alt") or "").strip():
                wrong.append(f"{name}: a picture without words: {picture['src']}")
        for text in re.findall(r".{0,20}(?:\]\(|\$\$).{0,20}", "".join(page.text)):
            wrong.append(f"{name}: Markdown that was not read: {text}")
    return wrong


def unlike_notebook(name: str, page: Page, path: Path) -> list[str]:
    """Where one page is not as its notebook: words of pictures, folded solutions."""
    wrong = []
    cells = json.loads(path.read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    words = [
        output["metadata"]["image/png"]["alt"]
        for output in outputs
        if "image/png" in output.get("data", {})
    ]
    shown = [
        picture.get("alt") for picture in page.pictures if "_images/" in picture["src"]
    ]
    if shown != words:
        other = set(words) ^ set(shown)
        wrong.append(f"{name}: pictures have other words: {other}")
    solutions = sum("solution" in cell["metadata"].get("tags", []) for cell in cells)
    if page.folded != solutions:
        wrong.append(f"{name}: {page.folded} of {solutions} solutions are folded")
    return wrong


@contextmanager
def served(site: Path):
    """The site on loopback; yields its address."""
    handler = partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_):
        """Not a word."""


def seen_in_a_browser(address: str, names: list[str], screens: Path) -> list[str]:
    """Problems of all pages in both widths and both themes, and of the search."""
    from playwright.sync_api import sync_playwright  # the other checks do without

    problems = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for device, (width, height) in WIDTHS.items():
            for theme in ("light", "dark"):
                size = {"width": width, "height": height}
                context = browser.new_context(viewport=size, color_scheme=theme)
                page = context.new_page()
                listen(page, address, problems)
                for name in names:
                    where = f"{name}, {device}, {theme}"
                    problems += look_at(page, address, name, where)
                    if (device, theme) in PHOTOGRAPHED:
                        file = screens / f"book-{Path(name).stem}-{device}.png"
                        page.screenshot(path=file, full_page=True)
                problems += search(page, address)
                context.close()
        browser.close()
    return problems


def listen(page, address: str, problems: list[str]) -> None:
    """Note every request to another server, every error of an answer or a script."""

    def note(problem: str) -> None:
        problems.append(f"{page.url.removeprefix(address)}: {problem}")

    def asked(request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            note(f"asks another server for {request.url}")

    def answered(response) -> None:
        if response.status >= 400:
            note(f"{response.status} for {response.url}")

    def said(message) -> None:
        if message.type in ("error", "warning"):
            note(f"the console says {message.text} ({message.location['url']})")

    def broke(error) -> None:
        note(f"a script failed: {error}")

    page.on("request", asked)
    page.on("response", answered)
    page.on("console", said)
    page.on("pageerror", broke)


def look_at(page, address: str, name: str, where: str) -> list[str]:
    """Problems of one page.

    Formulas not set, wider than the window, text too faint, pictures not there.

    Args:
        page: of the browser.
        address: of the site.
        name: of the page.
        where: for the sentence, with device and theme.
    """
    page.goto(address + name)
    formulas = page.evaluate(FORMULAS)
    if formulas["written"]:
        page.wait_for_function("() => window.MathJax?.startup?.promise")
        page.evaluate("() => MathJax.startup.promise")
        formulas = page.evaluate(FORMULAS)
    found = []
    if formulas["wrong"] or formulas["written"] != formulas["set"]:
        found.append(f"formulas: {formulas}")
    if page.evaluate(SPILLS):
        found.append("wider than the window")
    empty = page.evaluate(EMPTY)
    if empty:
        found.append(f"empty pictures: {empty}")
    faint = page.evaluate(FAINT, CONTRAST)
    if faint:
        found.append(f"text that is hard to see: {faint[:5]}")
    return [f"{where}: {problem}" for problem in found]


def search(page, address: str) -> list[str]:
    """Words that the search does not find on a page that has them."""
    missed = []
    for words, name in WORDS.items():
        page.goto(f"{address}index.html")
        menu = page.locator(".mobile-header label[for=__navigation]")
        if menu.is_visible():  # on a telephone
            menu.click()
        box = page.locator("input[name=q]")
        box.fill(words)
        box.press("Enter")
        page.wait_for_url("**/search.html*")
        summary = page.locator("#search-results .search-summary")
        summary.filter(has_text=re.compile("finished|did not match")).wait_for()
        if not page.locator(f'#search-results a[href*="{name}"]').count():
            missed.append(f"the search for {words} does not find {name}")
    return missed


def main(screens: str) -> int:
    """Exit status 0 if the book is as it should be."""
    sys.path.insert(0, str(ROOT / "docs" / "book"))
    from make_book import address
    from make_book import pages as shown

    Path(screens).mkdir(parents=True, exist_ok=True)
    pages, notebooks = read(SITE), sorted((ROOT / "notebooks").glob("*.ipynb"))
    expected = {
        re.sub(r"\.(ipynb|md)$", ".html", name)
        for name in shown(ROOT)
        if not name.endswith(".png")
    }
    problems = [f"{name} is missing" for name in expected - set(pages)]
    problems += lost_links(pages, SITE, ROOT, address(ROOT))
    problems += foreign(pages, SITE)
    problems += unlike_notebooks(pages, notebooks)
    with served(SITE) as home:
        names = ["index.html", *sorted(expected)]
        problems += seen_in_a_browser(home, names, Path(screens))
    links = sum(len(page.links) for page in pages.values())
    pictures = sum(len(page.pictures) for page in pages.values())
    print(
        f"{len(pages)} pages, {links} links, {pictures} pictures in {len(WIDTHS)} "
        "widths and 2 themes"
    )
    print("\n".join(problems) or "no problems in the book")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
