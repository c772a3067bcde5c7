"""The book: a static site of the executed notebooks and the pages of docs. ``make book`` calls this.

Copies what the book shows to build/book-source, adds there what only a book needs (numbered titles, folded solutions,
words for every picture, links to the repository), and has Sphinx make build/book of it. Nothing is executed.
Notebooks and pages are found by their names.
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
MATHJAX = (
    "tex-chtml.js",
    "input/tex/extensions",
    "output/chtml/fonts",
)  # what this site loads, of 24 MB
QUESTIONS = "### Where is my question answered?\n"  # this part of README stands on the first page too
LOOKS = {  # tags that book.css knows -> the calls whose outputs look so
    "sentences": r"\bcourse\.(claim|check)\(|\.compare\(",  # lines may be wrapped, as a table's may not
    "choices": r"\bcourse\.(guess|quiz)\(",  # each option has its own mark
}
PROMPT = {
    "code_prompt_show": "Show the solution",
    "code_prompt_hide": "Hide the solution",
}
RUN_IT = (
    "*This page shows the notebook as it was executed. To work in your own copy, with checks that answer:* `make lab`, "
    "[Binder](https://mybinder.org/v2/gh/{repository}/main?urlpath=lab/tree/my_notebooks/{name}) *or* "
    "[Colab](https://colab.research.google.com/github/{repository}/blob/learners/{name})."
)


def address(root: Path) -> str:
    """The repository's address, which ``make address`` sets."""
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"][
        "urls"
    ]["Repository"]


def pages(root: Path) -> list[str]:
    """Paths, relative to the root, of all files that the book shows."""
    return sorted(
        path.relative_to(root).as_posix()
        for shown in SHOWN
        for path in root.glob(shown)
    )


def with_links(text: str, page: str, shown: list[str], home: str) -> str:
    """Text whose links lead to pages of the book, by the anchors that it has, or else to the repository.

    Args:
        text: Markdown.
        page: path of the file that the text comes from.
        shown: paths of all files in the book.
        home: the repository's address.
    """

    def rewritten(link: re.Match) -> str:
        path, anchor = link[1], link[2] or ""
        target = normpath(join(dirname(page), path)) if path else page
        if target.endswith(
            ".ipynb"
        ):  # JupyterLab's anchors keep case and signs, the book's do not
            anchor = re.sub(r"[^\w#-]", "", anchor.lower())
        return f"]({path if target in shown else f'{home}/blob/main/{target}'}{anchor})"

    return re.sub(r"\]\((?!\w+:)([^)\s#]*)(#[^)\s]*)?\)", rewritten, text)


def with_notes(cell: dict) -> list[dict]:
    """A code cell with what myst-nb must know about it; each further picture becomes a cell, for words of its own."""
    tags = cell["metadata"].setdefault("tags", [])
    cell["source"] = "".join(cell["source"]).removeprefix("# NBVAL_CHECK_OUTPUT\n")
    tags += ["hide-cell"] if "solution" in tags else []
    tags += [tag for tag, calls in LOOKS.items() if re.search(calls, cell["source"])]
    cells = [cell]
    for output in cell.pop("outputs"):
        if "image/png" in output.get("data", {}):
            if "mystnb" in cells[-1]["metadata"]:
                further = {"tags": [*tags, "remove-input"]}
                cells.append(
                    {
                        "cell_type": "code",
                        "source": "",
                        "execution_count": None,
                        "metadata": further,
                    }
                )
            cells[-1]["metadata"]["mystnb"] = {"image": of_picture(output)}
        cells[-1].setdefault("outputs", []).append(output)
    for part in cells:
        part.setdefault("outputs", [])
        part["metadata"].setdefault("mystnb", {}).update(PROMPT)
    return cells


def of_picture(output: dict) -> dict[str, str]:
    """Its words, and its width, with which Sphinx links it to itself: on a telephone one looks at it alone."""
    width = int.from_bytes(
        b64decode(output["data"]["image/png"])[16:20]
    )  # as the head of every PNG file has it
    return {"alt": output["metadata"]["image/png"]["alt"], "width": f"{width}px"}


def notebook(text: str, page: str, shown: list[str], home: str) -> str:
    """A notebook as the book shows it: its number before its title, a line on how to run it, links, notes."""
    content, name = json.loads(text), page.rpartition("/")[2]
    cells = []
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cells += with_notes(cell)
        else:
            cells.append(
                cell
                | {"source": with_links("".join(cell["source"]), page, shown, home)}
            )
    repository = home.removeprefix("https://github.com/")
    number = f"{name[:2]} · " if name[:2].isdigit() else ""
    title, _, rest = cells[0]["source"].partition("\n")
    line = RUN_IT.format(repository=repository, name=name)
    cells[0]["source"] = f"# {number}{title.removeprefix('# ')}\n\n{line}\n{rest}"
    return json.dumps(content | {"cells": cells}, ensure_ascii=False)


def first_page(root: Path, shown: list[str], home: str) -> str:
    """index.md with README's table of questions."""
    readme = (root / "README.md").read_text("utf-8")
    table = re.split(r"\n##+ ", readme.split(QUESTIONS)[1])[0].replace(
        "](#", f"]({home}#"
    )
    return with_links(
        (HERE / "index.md").read_text("utf-8").replace("QUESTIONS", table),
        "index.md",
        shown,
        home,
    )


def stage(root: Path, source: Path) -> list[str]:
    """Write all that Sphinx reads; returns the paths of what the book shows."""
    shutil.rmtree(source, ignore_errors=True)
    shown, home = pages(root), address(root)
    for page in shown:
        (target := source / page).parent.mkdir(parents=True, exist_ok=True)
        if page.endswith(".png"):
            shutil.copy(root / page, target)
            continue
        text = (root / page).read_text("utf-8")
        text = (notebook if page.endswith(".ipynb") else with_links)(
            text, page, shown, home
        )
        target.write_text(text, "utf-8")
    (source / "index.md").write_text(first_page(root, shown, home), "utf-8")
    return shown


def copy_mathjax(to: Path) -> None:
    """Formulas are set by files of this site, never by those of another."""
    package = (
        Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    )
    for name in MATHJAX:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (package / name).is_dir() else shutil.copy
        copy(package / name, to / name)


def main() -> int:
    """Exit status 0 if the book could be built without a warning."""
    from sphinx.cmd.build import (
        main as sphinx,  # not where only the functions above are wanted
    )

    stage(ROOT, SOURCE)
    copy_mathjax(SOURCE / "static" / "mathjax")
    shutil.copy(HERE / "book.css", SOURCE / "static" / "book.css")
    shutil.rmtree(SITE, ignore_errors=True)
    options = [
        "-c",
        str(HERE),
        "-d",
        str(SOURCE.with_name("book-doctrees")),
        "-E",
        "-W",
        "--keep-going",
        "-q",
    ]
    failed = sphinx(["-b", "html", *options, str(SOURCE), str(SITE)])
    print(
        f"the book could not be built: exit {failed}"
        if failed
        else f"the book: {SITE / 'index.html'}"
    )
    return failed


if __name__ == "__main__":
    sys.exit(main())
