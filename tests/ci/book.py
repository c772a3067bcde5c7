"""The book as its readers meet it: python tests/ci/book.py SCREENS, after ``make
book``.

Reads every page of build/book: links and anchors lead somewhere, every picture has the
words that its notebook gives it, every solution is folded, nothing is loaded from
another server. Then opens every page in a browser, as on a
telephone and on a screen, in the light and the dark theme: formulas are set, nothing is
    wider than the window, text is not faint, no other server is asked, the search
    finds. SCREENS gets pictures. Exit status 1 if anything is not so.
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
LOADS = {
    "script": "src",
    "img": "src",
    "link": "href",
    "source": "src",
    "iframe": "src",
}
WIDTHS = {"telephone": (390, 844), "screen": (1280, 1000)}
CONTRAST = 4.5  # of text to its background, as WCAG 2 asks (AA)
PHOTOGRAPHED = (("telephone", "dark"), ("screen", "light"))
WORDS = {
    "cross-entropy": "notebooks/03_cross_entropy",
    "负迁移": "notebooks/glossary",
}  # sought -> a page with them

SPILLS = """() => [...document.querySelectorAll(':has(.article-container)')]
  .some(element => element.scrollWidth > element.clientWidth)"""  # code and tables scroll inside their own frame
FORMULAS = """() => ({
  written: document.querySelectorAll('.math').length, set: document.querySelectorAll('.math mjx-container').length,
  wrong: [...document.querySelectorAll('mjx-merror, [data-mjx-error]')].map(e => e.textContent)})"""
FAINT = """least => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = numbers(getComputedStyle(element).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.querySelector('article'), NodeFilter.SHOW_TEXT), faint = new Set();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !element.checkVisibility({visibilityProperty: true})) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < least) faint.add(`${texts.currentNode.textContent.trim().slice(0, 30)} (${contrast.toFixed(1)})`);
  }
  return [...faint];
}"""


class Page(HTMLParser):
    """What one page links to, loads, shows and names."""

    def __init__(self, html: str):
        super().__init__()
        self.ids, self.links, self.loads, self.pictures, self.text = (
            Counter(),
            [],
            [],
            [],
            [],
        )
        self.folded, self._code = 0, 0
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.update([found["id"]] if "id" in found else [])
        self.links += [found["href"]] if tag == "a" and found.get("href") else []
        self.pictures += [found] if tag == "img" else []
        self.loads += [found[LOADS[tag]]] if found.get(LOADS.get(tag)) else []
        self.folded += (
            tag == "details"
            and "hide" in (found.get("class") or "").split()
            and "open" not in found
        )
        self._code += tag in ("pre", "code", "script", "style")

    def handle_endtag(self, tag):
        self._code -= tag in ("pre", "code", "script", "style")

    def handle_data(self, data):
        self.text += [] if self._code else [data]


def read(site: Path) -> dict[str, Page]:
    """All pages of the site, by their paths."""
    return {
        path.relative_to(site).as_posix(): Page(path.read_text("utf-8"))
        for path in sorted(site.rglob("*.html"))
    }


def lost_links(pages: dict[str, Page], site: Path, root: Path, home: str) -> list[str]:
    """Links that lead nowhere: to no page, no anchor, or no file of the repository."""
    lost = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            path, anchor = unquote(parts.path), unquote(parts.fragment)
            if link.startswith(f"{home}/blob/main/"):
                there = (
                    root
                    / unquote(urlsplit(link.removeprefix(f"{home}/blob/main/")).path)
                ).exists()
            elif parts.scheme or parts.netloc:
                continue
            else:
                target = normpath(join(dirname(name), path)) if path else name
                there = (site / target).is_file() and (
                    not anchor or anchor in pages[target].ids
                )
            lost += [] if there else [f"{name}: the link {link} leads nowhere"]
    return lost


def foreign(pages: dict[str, Page], site: Path) -> list[str]:
    """Whatever a page or a style sheet loads that is not a file of this site."""
    loads = [(name, load) for name, page in pages.items() for load in page.loads]
    for sheet in site.rglob("*.css"):
        name, text = sheet.relative_to(site).as_posix(), sheet.read_text("utf-8")
        loads += [
            (name, load) for load in re.findall(r"url\(\s*['\"]?([^'\")]+)", text)
        ]
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
    """Pictures without the words of their notebook, solutions that lie open, signs of
    Markdown that was not read.
    """
    wrong = []
    for path in notebooks:
        name = f"notebooks/{path.stem}.html"
        if name not in pages:
            wrong.append(f"{name} is missing")
            continue
        cells, page = json.loads(path.read_text("utf-8"))["cells"], pages[name]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        words = [
            o["metadata"]["image/png"]["alt"]
            for o in outputs
            if "image/png" in o.get("data", {})
        ]
        shown = [
            picture.get("alt")
            for picture in page.pictures
            if "_images/" in picture["src"]
        ]
        wrong += (
            []
            if shown == words
            else [f"{name}: pictures have other words: {set(words) ^ set(shown)}"]
        )
        solutions = sum(
            "solution" in cell["metadata"].get("tags", []) for cell in cells
        )
        wrong += (
            []
            if page.folded == solutions
            else [f"{name}: {page.folded} of {solutions} solutions are folded"]
        )
    for name, page in pages.items():
        wordless = [
            picture["src"]
            for picture in page.pictures
            if not (picture.get("alt") or "").strip()
        ]
        unread = re.findall(r".{0,20}(?:\]\(|\$\$).{0,20}", "".join(page.text))
        wrong += [f"{name}: a picture without words: {source}" for source in wordless]
        wrong += [f"{name}: Markdown that was not read: {text}" for text in unread]
    return wrong


@contextmanager
def served(site: Path):
    """The site on loopback; yields its address."""
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(site))
    ) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_):
        pass


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
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=theme
                )
                page = context.new_page()
                listen(page, address, problems)
                for name in names:
                    problems += look_at(
                        page, address, name, f"{name}, {device}, {theme}"
                    )
                    if (device, theme) in PHOTOGRAPHED:
                        page.screenshot(
                            path=screens / f"book-{Path(name).stem}-{device}.png",
                            full_page=True,
                        )
                problems += search(page, address)
                context.close()
        browser.close()
    return problems


def listen(page, address: str, problems: list[str]) -> None:
    """Note every request to another server, every answer that is an error, every error
    of a script.
    """

    def note(holds: bool, problem: str) -> None:
        if not holds:
            problems.append(f"{page.url.removeprefix(address)}: {problem}")

    def said(message) -> None:
        note(
            message.type not in ("error", "warning"),
            f"the console says {message.text} ({message.location['url']})",
        )

    own = (address, "data:", "blob:")
    page.on(
        "request",
        lambda request: note(
            request.url.startswith(own), f"asks another server for {request.url}"
        ),
    )
    page.on(
        "response",
        lambda answer: note(answer.status < 400, f"{answer.status} for {answer.url}"),
    )
    page.on("console", said)
    page.on("pageerror", lambda error: note(False, f"a script failed: {error}"))


def look_at(page, address: str, name: str, where: str) -> list[str]:
    """Problems of one page: formulas not set, wider than the window, text too faint,
    pictures not there.
    """
    page.goto(address + name)
    formulas = page.evaluate(FORMULAS)
    if formulas["written"]:
        page.wait_for_function("() => window.MathJax?.startup?.promise")
        page.evaluate("() => MathJax.startup.promise")
        formulas = page.evaluate(FORMULAS)
    empty = page.evaluate(
        "() => [...document.images].filter(i => i.complete && !i.naturalWidth).map(i "
        "=> i.src)"
    )
    faint = page.evaluate(FAINT, CONTRAST)
    found = {
        f"formulas: {formulas}": formulas["wrong"]
        or formulas["written"] != formulas["set"],
        "wider than the window": page.evaluate(SPILLS),
        f"empty pictures: {empty}": empty,
        f"text that is hard to see: {faint[:5]}": faint,
    }
    return [f"{where}: {problem}" for problem, there in found.items() if there]


def search(page, address: str) -> list[str]:
    """Words that the search does not find on a page that has them."""
    missed = []
    for words, name in WORDS.items():
        page.goto(f"{address}index.html")
        box = page.locator("input[name=q]")
        if (
            menu := page.locator(".mobile-header label[for=__navigation]")
        ).is_visible():  # on a telephone
            menu.click()
        box.fill(words)
        box.press("Enter")
        page.wait_for_url("**/search.html*")
        page.locator("#search-results .search-summary").filter(
            has_text=re.compile("finished|did not match")
        ).wait_for()
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
    problems += (
        lost_links(pages, SITE, ROOT, address(ROOT))
        + foreign(pages, SITE)
        + unlike_notebooks(pages, notebooks)
    )
    with served(SITE) as home:
        problems += seen_in_a_browser(
            home, ["index.html", *sorted(expected)], Path(screens)
        )
    links, pictures = (
        sum(len(getattr(page, kind)) for page in pages.values())
        for kind in ("links", "pictures")
    )
    print(
        f"{len(pages)} pages, {links} links, {pictures} pictures in {len(WIDTHS)} "
        "widths and 2 themes"
    )
    print("\n".join(problems) or "no problems in the book")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
