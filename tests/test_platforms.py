"""The same on every platform: names with ö and 图, terminals without UTF-8, no GPU,
Colab, PowerShell.
"""

import ast
import os
import re
import subprocess
import sys
import tomllib
import types
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tlkit
from tlkit import folders
from tlkit.commands import cli

ROOT = Path(__file__).parents[1]
QUICK = (
    "--backbone",
    "letters-small",
    "--recipes",
    "probe",
    "--seeds",
    "1",
    "--labels-per-class",
    "8",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a space and letters beyond ASCII in its name, and pictures of two
    such classes in it.
    """
    place, rng = tmp_path_factory.mktemp("mein Ördner 图"), np.random.default_rng(0)
    for channel, name in enumerate(("Äpfel und Birnen", "图")):
        (place / "Bilder" / name).mkdir(parents=True)
        for i in range(20):
            picture = rng.integers(0, 100, (32, 32, 3), "uint8")
            picture[..., channel] += 120
            Image.fromarray(picture).save(place / "Bilder" / name / f"bild é {i}.png")
    return place


@pytest.mark.filterwarnings(
    "ignore:Glyph 22270:UserWarning"
)  # DejaVu Sans draws a box for 图
def test_folders_with_spaces_and_any_letters_hold_pictures_cache_and_results(
    place, monkeypatch, capsys
):
    monkeypatch.setenv("TLKIT_CACHE", str(place / "der cache"))
    monkeypatch.setattr(
        sys,
        "argv",
        [
            "tlkit",
            "run",
            "--task",
            str(place / "Bilder"),
            *QUICK,
            "--out",
            str(place / "aus"),
        ],
    )
    assert cli.main() == 0
    assert "Ördner 图" in capsys.readouterr().out
    (run,) = (place / "aus").iterdir()
    assert {"report.html", "result.json", "model.keras"} <= {
        path.name for path in run.iterdir()
    }
    assert "Äpfel und Birnen" in (run / "report.html").read_text("utf-8")
    assert list((place / "der cache" / "features").iterdir())
    assert (
        cli.main(["predict", str(run), str(place / "Bilder" / "图" / "bild é 1.png")])
        == 0
    )
    assert re.search(
        r"bild é 1\.png: (图|Äpfel und Birnen) \d\.\d\d, (图|Äpfel)",
        capsys.readouterr().out,
    )


ASCII = {
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "LC_ALL": "C",
    "PYTHONIOENCODING": "ascii",
}


def test_nothing_dies_where_python_thinks_in_ascii(place):
    """Names of files are then bytes that Python cannot spell, and → cannot be printed.
    No GPU may be asked for.
    """
    environment = (
        os.environ
        | ASCII
        | {"CUDA_VISIBLE_DEVICES": "", "TLKIT_CACHE": str(place / "ascii cache")}
    )
    command = [
        sys.executable,
        "-m",
        "tlkit",
        "run",
        "--task",
        place / "Bilder",
        *QUICK,
        "--out",
        place / "ascii",
    ]
    done = subprocess.run(command, capture_output=True, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    assert b"letters-small \\u2192 " in done.stdout and done.stdout.isascii()
    (report,) = (place / "ascii").glob("*/report.html")
    assert "Äpfel und Birnen" in report.read_text("utf-8")


def test_a_name_that_is_no_utf8_becomes_text_that_can_be_saved():
    odd = os.fsdecode(b"caf\xe9") if os.name == "posix" else "café"
    folders.readable(odd).encode("utf-8")
    assert folders.readable("Äpfel 图") == "Äpfel 图"


POSIX_MODULES = {
    "fcntl",
    "grp",
    "posix",
    "pty",
    "pwd",
    "resource",
    "syslog",
    "termios",
}
POSIX_ONLY = {
    "O_NOFOLLOW",
    "chown",
    "fork",
    "geteuid",
    "getloadavg",
    "getpgid",
    "getuid",
    "killpg",
    "mkfifo",
    "nice",
    "sched_getaffinity",
    "sched_setaffinity",
    "sysconf",
    "uname",
}
PACKAGE = sorted((ROOT / "tlkit").rglob("*.py"))


def functions(tree):
    """Every function of a module, and the module itself for what is in none."""
    inner = {
        node
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }
    yield [node for node in ast.walk(tree) if node not in inner]
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            yield list(ast.walk(function))


def asked_for(nodes):
    """The names in ``hasattr(os, "name")``."""
    for node in nodes:
        if not isinstance(node, ast.Call) or ast.unparse(node.func) != "hasattr":
            continue
        place, name = node.args
        if ast.unparse(place) == "os":
            yield ast.literal_eval(name)


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: path.stem)
def test_the_package_calls_nothing_that_windows_lacks(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not {name.name for name in node.names} & POSIX_MODULES
        if isinstance(node, ast.ImportFrom):
            assert node.module not in POSIX_MODULES
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not re.match(r"/(tmp|dev|bin|usr)\b", node.value), (
                f"a place that Windows lacks: {node.value}"
            )
    for nodes in functions(tree):
        used = {
            node.attr
            for node in nodes
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "os"
        }
        lacking = used & POSIX_ONLY - set(asked_for(nodes))
        assert not lacking, f'ask hasattr(os, "…") first: {lacking}'


def opens_text(node):
    """Whether a call reads or writes text: open in a text mode, or read_text."""
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    if called.endswith((".read_text", ".write_text")):
        return True
    if called not in ("open", "io.open"):
        return False
    modes = [argument.value for argument in node.keywords if argument.arg == "mode"]
    mode = [*node.args[1:2], *modes, ast.Constant("r")][0]
    return "b" not in ast.literal_eval(mode)


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: path.stem)
def test_every_text_file_is_read_and_written_as_utf8(path):
    """`python -X warn_default_encoding` sees only what a test happens to run."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not opens_text(node):
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        encodings = [one.value for one in given if isinstance(one, ast.Constant)]
        assert "utf-8" in encodings, f"line {node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize(
    "line",
    [
        "open(path)",
        'open(path, "w")',
        'open(path, mode="r+")',
        "path.read_text()",
        "(folder / name).write_text(text)",
    ],
)
def test_a_text_file_without_encoding_would_be_seen(line):
    (call,) = [n for n in ast.walk(ast.parse(line)) if isinstance(n, ast.Call)]
    assert opens_text(call) and "utf-8" not in line


def test_every_make_target_has_its_powershell_lines():
    targets = re.findall(
        r"(?m)^([a-z-]+):.*?## ", (ROOT / "Makefile").read_text("utf-8")
    )
    page = (ROOT / "docs" / "windows.md").read_text("utf-8")
    assert len(targets) > 10
    for target in targets:
        assert re.search(rf"(?m)^\| `make {target}\b[^`]*` \| ", page), (
            f"docs/windows.md lacks make {target}"
        )
    scripts = re.findall(r"(tests\\ci|notebooks\\results)\\(\w+\.py)", page)
    assert scripts
    for folder, name in scripts:
        assert (ROOT / folder.replace("\\", "/") / name).exists()


def test_the_line_for_a_gpu_names_the_pinned_tensorflow():
    pins = (ROOT / "requirements.txt").read_text("utf-8")
    version = re.search(r"(?m)^tensorflow-cpu==(\S+)", pins)[1]
    assert f'"tensorflow[and-cuda]=={version}"' in (ROOT / "docs" / "gpu.md").read_text(
        "utf-8"
    )


CELL = (ROOT / "tlkit" / "assets" / "colab_cell.py").read_text("utf-8")


@pytest.fixture
def colab(monkeypatch, tmp_path):
    """Runs Colab's first cell with a Colab that has the versions given; returns the
    commands that it started.
    """
    here, commands = tmp_path / "content" / "tlkit", []

    def run(needed):
        def started(command, check):
            assert check
            commands.append([str(word) for word in command])
            if command[0] == "git":
                (here / "notebooks").mkdir(parents=True)

        monkeypatch.setattr(subprocess, "run", started)
        monkeypatch.setattr(
            "importlib.metadata.version", lambda name: {"tensorflow": "2.19.0"}[name]
        )
        # the attribute of that name is the function
        module = import_module("tlkit.commands.doctor")

        def unmet(skip):
            return [need for need in needed if need.split(">")[0] not in skip]

        monkeypatch.setattr(module, "unmet", unmet)
        code = compile(CELL.replace("/content/tlkit", str(here)), "cell", "exec")
        exec(code, {"__name__": "__main__"})
        return commands

    monkeypatch.chdir(tmp_path)
    # the cell sets it where there is none
    monkeypatch.setenv("TLKIT_PROGRESS", str(tmp_path / "progress.json"))
    return run, here


def test_colab_keeps_its_tensorflow_and_gets_only_what_it_lacks(
    colab, monkeypatch, capsys
):
    run, here = colab
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    clone, kit, rest = run(
        ["tensorflow-cpu>=2.21", "keras>=3.15.1", "nbval>=0.11", "somewhere>=8"]
    )
    assert clone[:2] == ["git", "clone"] and kit[-2:] == ["--no-deps", str(here)]
    assert rest[4:] == ["-q", "keras>=3.15.1", "somewhere>=8", "tensorflow==2.19.0"]
    assert Path.cwd() == here / "notebooks"
    # because this test process has it loaded
    assert "in an older version: keras" in capsys.readouterr().out
    assert run([]) == [clone, kit, rest], "the second run of the cell installs nothing"


def test_the_cell_does_nothing_elsewhere(colab, tmp_path):
    run, here = colab
    assert run(["keras>=99"]) == [] and Path.cwd() == tmp_path and not here.exists()


def test_the_kit_declares_what_colab_has_to_have():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["urls"]["Repository"].removeprefix("https://") in CELL
    assert (
        any(need.startswith("keras>=") for need in project["dependencies"])
        and tlkit.__version__ == project["version"]
    )
