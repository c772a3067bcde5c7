"""A room imports only from rooms to its left, as CONTRIBUTING.md draws them."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("machine", "files", "tlkit", "commands", "course")
PACKAGES = {"tlkit": ROOT / "tlkit", "tlkit_course": ROOT / "notebooks" / "course"}
# These import a module only when one of its names is used
OPENS_EVERYTHING = {"tlkit.__init__", "tlkit.__main__"}


def name_of(path: Path) -> str:
    """Dotted name of a module; a package's is that of its ``__init__``."""
    for package, folder in PACKAGES.items():
        if path.is_relative_to(folder):
            return ".".join([package, *path.relative_to(folder).with_suffix("").parts])
    raise AssertionError(path)


FILES = {
    name_of(path): path
    for folder in PACKAGES.values()
    for path in sorted(folder.rglob("*.py"))
    if "assets" not in path.parts
}


def room(name: str) -> str:
    """The room of a module, by its dotted name."""
    parts = name.split(".")
    if parts[0] == "tlkit_course":
        return "course"
    return parts[1] if parts[1:] and parts[1] in ROOMS else "tlkit"


def as_file(name: str) -> str:
    """The module that a dotted name means: itself, or the package that it lies in."""
    while name:
        for found in (name, f"{name}.__init__"):
            if found in FILES:
                return found
        name = name.rpartition(".")[0]
    return ""


def imported(name: str, tree: ast.AST) -> set[str]:
    """Modules of ours that a module imports, wherever it does, also by a string."""
    here, found = name.split("."), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = here[: -node.level] if node.level else []
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            found |= {f"{module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.strip()
            if re.fullmatch(r"(tlkit|tlkit_course)(\.\w+)*\.?", text):
                found.add(text.strip("."))
    ours = {as_file(other) for other in found if other.split(".")[0] in PACKAGES}
    return ours - {"", name}


IMPORTS = {
    name: imported(name, ast.parse(path.read_text("utf-8")))
    for name, path in FILES.items()
}


@pytest.mark.parametrize("name", sorted(set(FILES) - OPENS_EVERYTHING))
def test_a_room_imports_only_from_rooms_to_its_left(name):
    for other in IMPORTS[name] - OPENS_EVERYTHING:
        assert ROOMS.index(room(other)) <= ROOMS.index(room(name)), (
            f"{name} ({room(name)}) imports {other} ({room(other)})"
        )


def test_no_two_modules_import_each_other():
    graph = {
        name: others - OPENS_EVERYTHING
        for name, others in IMPORTS.items()
        if name not in OPENS_EVERYTHING and not name.endswith("__init__")
    }
    list(TopologicalSorter(graph).static_order())  # raises CycleError


def test_a_room_that_is_loaded_by_a_string_is_seen():
    code = ast.parse(
        "import_module('tlkit_course.quiz'); import_module(f'tlkit_course.{x}')"
    )
    assert imported("tlkit.plots", code) == {"tlkit_course.__init__"}


def test_the_rooms_are_those_that_contributing_draws():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (line,) = re.findall(r"(?m)^tlkit/machine → .*", text)
    drawn = [part.split()[0].split("/")[-1] for part in line.split("→")]
    assert tuple(drawn) == ROOMS
