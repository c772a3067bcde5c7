"""The same on every platform: names with ö and 图, terminals without UTF-8, no GPU, Colab, PowerShell."""

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
    """A folder with a space and letters beyond ASCII in its name, and pictures of two such classes in it."""
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
    """Names of files are then bytes that Python cannot spell, and → cannot be printed; no GPU may be asked for."""
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


POSIX_ONLY = r"os\.(fork|getuid|geteuid|getpgid|killpg|uname|mkfifo|chown|sched_\w+|getloadavg|nice|sysconf|O_NOFOLLOW)\b"


def test_the_package_calls_nothing_that_windows_lacks():
    for path in (ROOT / "tlkit").rglob("*.py"):
        text = path.read_text("utf-8")
        assert not re.search(
            r"^\s*(?:import|from) (fcntl|resource|pwd|grp|termios|pty|syslog|posix)\b",
            text,
            re.M,
        ), path
        for call in re.finditer(POSIX_ONLY, text):
            line = text[text.rfind("\n", 0, call.start()) : text.find("\n", call.end())]
            assert f'hasattr(os, "{call[1]}")' in line, f"{path.name}: {line.strip()}"
        assert not re.search(r"""["'](?:/tmp|/dev|/bin|/usr)\b""", text), (
            f"{path.name}: a place that Windows lacks"
        )


def test_every_text_file_is_read_and_written_as_utf8():
    """`python -X warn_default_encoding` would say the same, for the lines that a test happens to run."""
    for path in (ROOT / "tlkit").rglob("*.py"):
        for line in path.read_text("utf-8").splitlines():
            if re.search(r"\.(read|write)_text\(|(?<![\w.])open\(", line):
                assert "utf-8" in line or re.search(r"""["'][rwa]\+?b["']""", line), (
                    f"{path.name}: {line.strip()}"
                )


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
    scripts = re.findall(r"tests\\ci\\(\w+\.py)|notebooks\\results\\(\w+\.py)", page)
    assert scripts and all((ROOT / "tests" / "ci" / a).exists() if a else (ROOT / "notebooks" / "results" / b).exists()
                           for a, b in scripts)  # fmt: skip


def test_the_line_for_a_gpu_names_the_pinned_tensorflow():
    pins = (ROOT / "requirements.txt").read_text("utf-8")
    version = re.search(r"(?m)^tensorflow-cpu==(\S+)", pins)[1]
    assert f'"tensorflow[and-cuda]=={version}"' in (ROOT / "docs" / "gpu.md").read_text(
        "utf-8"
    )


CELL = (ROOT / "tlkit" / "assets" / "colab_cell.py").read_text("utf-8")


@pytest.fixture
def colab(monkeypatch, tmp_path):
    """Runs Colab's first cell with a Colab that has the versions given; returns the commands that it started."""
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
        module = import_module(
            "tlkit.commands.doctor"
        )  # the attribute of that name is the function
        monkeypatch.setattr(
            module,
            "unmet",
            lambda skip: [n for n in needed if n.split(">")[0] not in skip],
        )
        exec(
            compile(CELL.replace("/content/tlkit", str(here)), "colab_cell.py", "exec"),
            {},
        )
        return commands

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(
        "TLKIT_PROGRESS", str(tmp_path / "progress.json")
    )  # the cell sets it where there is none
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
    assert (
        "in an older version: keras" in capsys.readouterr().out
    )  # because this test process has it loaded
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
