"""Makes the book, a static site of the notebooks and the pages of docs: ``make book``.

It copies what the book shows to build/book-source and adds there what only a book
needs: numbered titles, folded solutions, words for every picture, links to the
repository. Then Sphinx makes build/book of it. Nothing is executed. Notebooks and pages
are found by their names.
"""

import json
import re
import shutil
import sys
import tomllib
from base64 import b64decode
from importlib.util import find_spec
from pathlib import Path
from posixpath import dirname, join, normpath

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE, SITE = ROOT / "build" / "book-source", ROOT / "build" / "book"
SHOWN = ("notebooks/*.ipynb", "notebooks/*.md", "docs/*.md", "docs/*.png")
# What this site loads of MathJax, which has 24 MB:
MATHJAX = ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts")
# Tags that book.css knows -> calls in a cell whose output shall look so:
LOOKS = {
    "sentences": r"\bcourse\.(claim|check)\(|\.compare\(",  # lines may be wrapped
    "choices": r"\bcourse\.(guess|quiz)\(",  # each option has its own mark
}
PROMPT = {
    "code_prompt_show": "Show the solution",
    "code_prompt_hide": "Hide the solution",
}
BINDER = "https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/my_notebooks"
COLAB = "https://colab.research.google.com/github/{repository}/blob/learners"
RUN_IT = (
    "*This page shows the notebook as it was executed. To work in your own copy, "
    "with checks that answer:* `make lab`, "
    f"[Binder]({BINDER}/{{name}}) *or* [Colab]({COLAB}/{{name}})."
)


def address(root: Path) -> str:
    """The repository's address, which ``make address`` sets."""
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    return settings["project"]["urls"]["Repository"]


def pages(root: Path) -> list[str]:
    """Paths, relative to the root, of all files that the book shows."""
    found = [path for shown in SHOWN for path in root.glob(shown)]
    return sorted(path.relative_to(root).as_posix() for path in found)


def with_links(text: str, page: str, shown: list[str], home: str) -> str:
    """Text whose links lead to pages of the book, or else to the repository.

    Args:
        text: Markdown.
        page: path of the file that the text comes from.
        shown: paths of all files in the book.
        home: the repository's address.
    """

    def rewritten(link: re.Match) -> str:
        path, anchor = link[1], link[2] or ""
        target = normpath(join(dirname(page), path)) if path else page
        if target.endswith(".ipynb"):
            # JupyterLab's anchors keep case and signs, the book's do not
            anchor = re.sub(r"[^\w#-]", "", anchor.lower())
        if target not in shown:
            path = f"{home}/blob/main/{target}"
        return f"]({path}{anchor})"

    return re.sub(r"\]\((?!\w+:)([^)\s#]*)(#[^)\s]*)?\)", rewritten, text)


def with_notes(cell: dict) -> list[dict]:
    """A code cell with what myst-nb must know about it.

    myst-nb takes words for one picture a cell, so each further picture becomes a cell.
    """
    tags = cell["metadata"].setdefault("tags", [])
    cell["source"] = "".join(cell["source"]).removeprefix("# NBVAL_CHECK_OUTPUT\n")
    if "solution" in tags:
        tags.append("hide-cell")
    tags += [tag for tag, calls in LOOKS.items() if re.search(calls, cell["source"])]
    outputs = cell["outputs"]
    cell["outputs"] = []
    cells = [cell]
    for output in outputs:
        if "image/png" in output.get("data", {}):
            if "mystnb" in cells[-1]["metadata"]:
                cells.append(without_input(tags))
            cells[-1]["metadata"]["mystnb"] = {"image": of_picture(output)}
        cells[-1]["outputs"].append(output)
    for part in cells:
        part["metadata"].setdefault("mystnb", {}).update(PROMPT)
    return cells


def without_input(tags: list[str]) -> dict:
    """A code cell of which the book shows the outputs alone."""
    return {
        "cell_type": "code",
        "source": "",
        "execution_count": None,
        "metadata": {"tags": [*tags, "remove-input"]},
        "outputs": [],
    }


def of_picture(output: dict) -> dict[str, str]:
    """A picture's words and its width.

    With a width, Sphinx links the picture to itself: on a telephone one can open it
    alone and enlarge it.
    """
    about = output["metadata"]["image/png"]
    png = b64decode(output["data"]["image/png"])
    pixels = int.from_bytes(png[16:20])  # in the head of every PNG file
    # A drawing has more pixels than its place is wide, and says so.
    width = about.get("width", pixels)
    return {"alt": about["alt"], "width": f"{width}px"}


def notebook(text: str, page: str, shown: list[str], home: str) -> str:
    """A notebook as the book shows it: numbered title, how to run it, links, notes."""
    content = json.loads(text)
    cells = []
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cells += with_notes(cell)
        else:
            source = with_links("".join(cell["source"]), page, shown, home)
            cells.append(cell | {"source": source})
    name = page.rpartition("/")[2]
    number = f"{name[:2]} · " if name[:2].isdigit() else ""
    title, _, rest = cells[0]["source"].partition("\n")
    repository = home.removeprefix("https://github.com/")
    line = RUN_IT.format(repository=repository, name=name)
    cells[0]["source"] = f"# {number}{title.removeprefix('# ')}\n\n{line}\n{rest}"
    return json.dumps(content | {"cells": cells}, ensure_ascii=False)


def stage(root: Path, source: Path) -> list[str]:
    """Write all that Sphinx reads; returns the paths of what the book shows."""
    shutil.rmtree(source, ignore_errors=True)
    shown, home = pages(root), address(root)
    for page in shown:
        target = source / page
        target.parent.mkdir(parents=True, exist_ok=True)
        if page.endswith(".png"):
            shutil.copy(root / page, target)
            continue
        change = notebook if page.endswith(".ipynb") else with_links
        text = change((root / page).read_text("utf-8"), page, shown, home)
        target.write_text(text, "utf-8")
    first = (HERE / "index.md").read_text("utf-8")
    first = with_links(first, "index.md", shown, home)
    (source / "index.md").write_text(first, "utf-8")
    return shown


def copy_mathjax(to: Path) -> None:
    """Copy what sets formulas: the book loads no file of another server."""
    package = Path(find_spec("sphinx-mathjax-offline").origin).parent
    for name in MATHJAX:
        here = package / "static" / "mathjax" / name
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            shutil.copytree(here, target)
        else:
            shutil.copy(here, target)


def main() -> int:
    """Exit status 0 if the book could be built without a warning."""
    # imported here, so that the functions above need no Sphinx
    from sphinx.cmd.build import main as sphinx

    stage(ROOT, SOURCE)
    copy_mathjax(SOURCE / "static" / "mathjax")
    shutil.copy(HERE / "book.css", SOURCE / "static" / "book.css")
    shutil.rmtree(SITE, ignore_errors=True)
    settings = ["-c", str(HERE), "-d", str(SOURCE.with_name("book-doctrees"))]
    strict = ["-E", "-W", "--keep-going", "-q"]
    failed = sphinx(["-b", "html", *settings, *strict, str(SOURCE), str(SITE)])
    if failed:
        print(f"the book could not be built: exit {failed}")
    else:
        print(f"the book: {SITE / 'index.html'}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
