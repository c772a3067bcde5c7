"""``workshop slides``: a deck of slides for each notebook.

A deck needs no internet and no server.
"""

import argparse
import shutil
from importlib.util import find_spec
from pathlib import Path

import jinja2
import nbformat

from . import masters, notes
from .cards import arranged, plain

HERE = Path(__file__).parent
PARTS = {  # package that ships it: {what of its static files -> where a deck finds it}
    "sphinx_revealjs": {
        "_static/revealjs/LICENSE": "reveal/LICENSE",
        "_static/revealjs/dist/reveal.css": "reveal/reveal.css",
        "_static/revealjs/dist/reveal.js": "reveal/reveal.js",
        "_static/revealjs/plugin/notes/notes.js": "reveal/notes.js",
        "_static/revealjs/dist/theme/fonts/source-sans-pro": "fonts",
    },
    "sphinx-mathjax-offline": {
        # Formulas as pictures: no fonts to load.
        "static/mathjax/tex-svg.js": "mathjax/tex-svg.js",
        "static/mathjax/input/tex/extensions": "mathjax/input/tex/extensions",
    },
}


def add(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder for the decks; decks of the same name are replaced",
    )
    parser.add_argument(
        "--notebooks",
        nargs="+",
        metavar="NN",
        help="which, by number, such as 00 01 (default: all)",
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the decks, a page that lists them, and all that they load.

    Raises:
        ValueError: no such notebook.
        FileNotFoundError: no masters, or a package that ships reveal.js or MathJax is
            missing.
    """
    chosen = masters(arguments.notebooks)
    copy_parts(arguments.out / "parts")
    decks = [(path.stem, *write(path, arguments.out)) for path in chosen]
    for name, _, count in decks:
        print(f"{count:3} slides: {arguments.out / name}.html")
    template = (HERE / "deck" / "contents.html.j2").read_text("utf-8")
    page = jinja2.Template(template, autoescape=True)
    (arguments.out / "index.html").write_text(page.render(decks=decks), "utf-8")
    print(f"open {arguments.out / 'index.html'} in a browser; it needs no internet")


def write(path: Path, folder: Path) -> tuple[str, int]:
    """Write the deck of a notebook into a folder.

    Returns:
        its title, and how many slides it has.
    """
    notebook = nbformat.read(path, as_version=4)
    html = deck(notebook, path.stem[:2])
    (folder / f"{path.stem}.html").write_text(html, "utf-8")
    count = sum(cell.metadata.look in ("heading", "again") for cell in notebook.cells)
    return notebook.metadata.title, count


def deck(notebook: nbformat.NotebookNode, number: str) -> str:
    """The HTML of a notebook's deck.

    Args:
        notebook: gets the deck's cells and title.
        number: of it, "00" to "12".
    """
    from nbconvert import SlidesExporter  # takes a second

    notebook.cells = arranged(notebook.cells, notes(number))
    title = plain(notebook.cells[0].source.lstrip("# "))
    notebook.metadata.title = f"{number} · {title}"
    exporter = SlidesExporter(
        template_name="deck",
        extra_template_basedirs=[str(HERE)],
        exclude_anchor_links=True,
    )
    return exporter.from_notebook_node(notebook)[0]


def copy_parts(to: Path) -> None:
    """Copy what the decks load.

    Raises:
        FileNotFoundError: a package is missing; it says what to install.
    """
    for package, parts in PARTS.items():
        spec = find_spec(package)
        if not spec or not spec.origin:
            raise FileNotFoundError(
                "slides without internet need reveal.js and MathJax, and "
                f'{package} is not installed: python -m pip install -e ".[workshop]"'
            )
        for source, target in parts.items():
            (to / target).parent.mkdir(parents=True, exist_ok=True)
            _copy(Path(spec.origin).parent / source, to / target)
    for name in ("deck.css", "deck.js"):
        shutil.copy(HERE / "deck" / name, to / name)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, or a folder without what a browser does not need."""
    if source.is_dir():
        unneeded = shutil.ignore_patterns("*.eot", "*.ttf", "*.css")
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=unneeded)
    else:
        shutil.copy(source, target)
