"""The project keeps its promises about itself: set-up, sizes, directions of imports,
top level.
"""

import ast
import json
import re
import subprocess
import sys
import tomllib
from functools import partial
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "ci"))
import address
import binder_plan
import floors
import memory
import same_results

from tlkit.commands.doctor import before_install

ROOT = Path(__file__).parents[1]
PACKAGE = sorted(
    path for path in (ROOT / "tlkit").rglob("*.py") if "assets" not in path.parts
)
FINE = dict(version=(3, 12), bits=64, system="Linux", machine="x86_64", free_gb=50.0)


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_a_good_machine_gets_no_sentence(minor):
    assert before_install(**{**FINE, "version": (3, minor)}) is None
    assert before_install(**{**FINE, "system": "Darwin", "machine": "arm64"}) is None


@pytest.mark.parametrize(
    "change, sentence",
    [
        (
            dict(version=(3, 10)),
            "tlkit needs Python 3.11 to 3.13, this is 3.10: install one of those and "
            "name it",
        ),
        (
            dict(version=(3, 14)),
            "tlkit needs Python 3.11 to 3.13, this is 3.14: install one of those and "
            "name it",
        ),
        (
            dict(bits=32),
            "tlkit needs a 64-bit Python, this one has 32 bits: install the 64-bit "
            "Python",
        ),
        (
            dict(system="Darwin"),
            "TensorFlow has no packages for Macs with Intel processors: use Binder or "
            "Colab",
        ),
        (
            dict(free_gb=1.25),
            "The packages need 3 GB of disk, 1.2 GB are free here: make room",
        ),
    ],
)
def test_a_machine_that_cannot_install_gets_one_clear_sentence(change, sentence):
    said = before_install(**{**FINE, **change})
    assert said.startswith(sentence) and "\n" not in said


def test_the_check_before_installing_stops_make_before_pip(tmp_path):
    script = ROOT / "tlkit" / "commands" / "doctor.py"
    fine = subprocess.run(
        [sys.executable, script, "--before-install"], capture_output=True, text=True
    )
    assert (fine.returncode, fine.stderr) == (0, "")
    recipe = (ROOT / "Makefile").read_text("utf-8").split("\n.venv/installed:")[1]
    assert recipe.index("doctor.py --before-install") < recipe.index("pip install")


def test_the_check_parses_on_pythons_that_are_too_old():
    ast.parse(
        (ROOT / "tlkit" / "commands" / "doctor.py").read_text("utf-8"),
        feature_version=(3, 6),
    )


def names(requirements):
    return {
        re.split(r"[^\w.-]", line)[0].lower()
        for line in requirements
        if line[:1].isalpha()
    }


def test_requirements_pin_every_dependency_and_install_tlkit_itself():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert "-e ." in lines and all("==" in line for line in lines if line[:1].isalpha())
    assert names(project["dependencies"]) <= names(lines)
    assert names(project["optional-dependencies"]["test"]) <= names(
        (ROOT / "tests" / "requirements.txt").read_text("utf-8").splitlines()
    )
    pins = {
        line.split("==")[0]: line.split("==")[1].split()[0]
        for line in lines
        if line.startswith(("keras==", "tensorflow"))
    }
    assert tuple(map(int, pins["keras"].split("."))) >= (3, 15, 1)
    assert pins["tensorflow"] == pins["tensorflow-cpu"]


def test_learners_and_testers_get_the_same_versions():
    learner, tester = (
        set((ROOT / folder / "requirements.txt").read_text("utf-8").splitlines())
        for folder in (".", "tests")
    )
    assert {line for line in learner if "==" in line} <= tester


def test_import_tlkit_is_light():
    heavy = (
        "{'keras', 'tensorflow', 'matplotlib', 'sklearn', 'scipy', 'numpy', "
        "'IPython', 'PIL'}"
    )
    code = f"import sys, tlkit; print(sorted(set(sys.modules) & {heavy}))"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
        ).stdout.strip()
        == "[]"
    )


def test_a_notebook_is_spared_tensorflows_warnings_of_retracing():
    code = (
        "import sys; sys.ps1 = '>>> '; import tlkit.machine.quiet, tensorflow as tf; "
        "print(tf.get_logger().level)"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
        ).stdout
        == "40\n"
    )


def test_every_public_name_exists_and_an_unknown_one_says_where_to_look():
    import tlkit

    assert all(getattr(tlkit, name) is not None for name in tlkit.__all__)
    with pytest.raises(AttributeError, match="tlkit has no 'linear_prob': see dir"):
        _ = tlkit.linear_prob


def tracked():
    found = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, cwd=ROOT
    )
    if found.returncode:
        pytest.skip("not a git checkout")
    return found.stdout.splitlines()


def test_the_top_level_holds_only_what_was_agreed():
    agreed = {
        ".ci",
        ".github",
        ".gitignore",
        "CITATION.cff",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "README.zh.md",
        "binder",
        "docs",
        "notebooks",
        "pyproject.toml",
        "requirements.txt",
        "tests",
        "tlkit",
    }
    assert {path.split("/")[0] for path in tracked()} <= agreed


def test_notebooks_are_committed_executed_in_order_and_small():
    found = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert len(found) >= 2
    for path in found:
        cells = [
            c
            for c in json.loads(path.read_text("utf-8"))["cells"]
            if c["cell_type"] == "code" and "".join(c["source"]).strip()
        ]
        assert [cell["execution_count"] for cell in cells] == list(
            range(1, len(cells) + 1)
        ), path.name
        assert path.stat().st_size < 700_000, path.name
        for cell in cells:
            for output in cell["outputs"]:
                tags = cell["metadata"].get("tags", [])
                assert output["output_type"] != "error" or "raises-exception" in tags, (
                    path.name
                )
                assert "application/vnd.jupyter.widget-view+json" not in output.get(
                    "data", {}
                ), path.name
                if "image/png" in output.get("data", {}):
                    assert output["metadata"]["image/png"]["alt"], (
                        f"{path.name}: a picture without alternative text"
                    )


def test_stored_results_belong_to_the_weights_that_are_shipped():
    shipped = json.loads(
        (ROOT / "tlkit" / "assets" / "manifest.json").read_text("utf-8")
    )
    for path in (ROOT / "notebooks" / "results").glob("*.json"):
        result = json.loads(path.read_text("utf-8"))
        used, weights = result["backbone"], f"{result['backbone']['name']}.weights.h5"
        if weights in shipped:
            assert used["sha256"] == shipped[weights]["sha256"], (
                f"{path.name}: make results"
            )
        else:  # measured on files of one's own, which its command asks for
            assert "--weights FILE" in result["command"], path.name


def test_the_address_is_set_everywhere_at_once(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nurls.Repository = "https://github.com/OWNER/tlkit"\n'
    )
    (tmp_path / "README.md").write_text(
        "https://mybinder.org/v2/gh/OWNER/tlkit/main and OWNERS\n"
    )
    assert address.set_address(tmp_path, "https://github.com/ada/kit") == [
        "README.md",
        "pyproject.toml",
    ]
    assert (
        tmp_path / "README.md"
    ).read_text() == "https://mybinder.org/v2/gh/ada/kit/main and OWNERS\n"
    assert address.set_address(tmp_path, "https://github.com/ada/other/") == [
        "README.md",
        "pyproject.toml",
    ]
    with pytest.raises(ValueError, match="expected https://github.com/OWNER/NAME"):
        address.set_address(tmp_path, "ada/kit")


def write_result(folder, name, accuracy, gain=0.3, seeds=(0,)):
    runs = [{"accuracy": accuracy} for _ in seeds]
    recipe = {"accuracy": {"mean": accuracy}, "runs": runs}
    if gain is not None:
        recipe["paired_vs_scratch"] = {"low": gain}
    (folder / name).write_text(
        json.dumps({"recipes": {"probe": recipe}, "hashes": {}, "seeds": list(seeds)})
    )
    return str(folder / name)


def test_the_checks_of_ci_fail_when_they_should(tmp_path, capsys):
    good, close, far = (
        write_result(tmp_path, f"{a}.json", a) for a in (0.6, 0.603, 0.61)
    )
    assert not floors.main(good, "probe>0.6") and floors.main(good, "probe>0.61")
    assert not floors.main(good, "probe<0.61") and floors.main(
        good, "probe>0.5", "probe<0.6"
    )
    assert floors.main(
        write_result(tmp_path, "chance.json", 0.6, gain=-0.01), "probe>0.5"
    )
    baseline = write_result(tmp_path, "baseline.json", 0.6, gain=None)
    assert not floors.main(baseline, "probe>0.5") and floors.main(baseline, "probe>0.7")
    assert not same_results.main(good, close) and same_results.main(good, far)
    plan = tmp_path / "plan.txt"
    plan.write_text("\n".join(binder_plan.WANTED.values()))
    assert not binder_plan.main(str(plan))
    plan.write_text("\n".join(reversed(binder_plan.WANTED.values())))
    assert binder_plan.main(str(plan))
    capsys.readouterr()


def test_a_notebook_that_fails_or_takes_too_much_memory_fails_ci(monkeypatch, capsys):
    def measured(notebook, core):
        peak = {"large.ipynb": 1_600_000_000}.get(notebook, 900_000_000)
        return dict(
            notebook=notebook,
            peak=peak,
            own=5,
            seconds=1,
            failed=notebook == "bad.ipynb",
            output="no such cell",
        )

    monkeypatch.setattr(memory, "measure", measured)
    assert memory.main("a.ipynb", "b.ipynb") == 0
    assert (
        memory.main("a.ipynb", "large.ipynb") == 1
        and memory.main("--limit-gb", "1.7", "large.ipynb") == 0
    )
    assert memory.main("bad.ipynb") == 1
    said = capsys.readouterr().out
    assert "TOO MUCH" in said and "FAILED" in said and "no such cell" in said


@pytest.mark.skipif(
    sys.platform != "linux",
    reason="elsewhere psutil says the present size, not the peak",
)
def test_the_peak_of_a_process_is_the_kernels_own_high_water_mark():
    code = (
        "x = bytearray(300_000_000); x[::4096] = x[::4096]; del x; print(flush=True); "
        "input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        seen = memory.of_process(process.pid)
        process.communicate(b"\n")
    assert 300e6 < seen["peak"] < 360e6 and 0 < seen["own"] < 60e6
    assert memory.of_process(process.pid) == {"peak": 0, "own": 0}


PLAN = """RUN apt-get install x
RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "binder/requirements.txt"
RUN chmod +x binder/postBuild
RUN ./binder/postBuild
ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"
"""


def test_the_steps_of_the_binder_plan_are_those_that_use_our_files():
    *before, start = binder_plan.steps(PLAN)
    assert [command.split("/")[-1] for command in before] == [
        'requirements.txt"',
        "postBuild",
        "postBuild",
    ]
    assert start == '"${REPO_DIR}/binder/start"'
    with pytest.raises(SystemExit, match="a step of Binder's plan failed: exit 3"):
        binder_plan.run([], "exit 3", {}, ROOT)


@pytest.mark.skipif(sys.platform == "win32", reason="Binder's scripts are for Linux")
def test_binder_goes_on_without_the_weights_but_not_without_the_scenes(tmp_path):
    """postBuild as it is, with a python that answers as told: the download fails, or
    the drawing does.
    """
    script = (ROOT / "binder" / "postBuild").read_text("utf-8")
    fake = (
        'python() {{ echo "python $*"; [[ "$*" != *{}* ]]; }}; timeout() {{ shift; '
        '"$@"; }}\n'
    )
    (settings := tmp_path / "tlkit" / "assets" / "lab" / "overrides.json").parent.mkdir(
        parents=True
    )
    settings.write_text("{}")
    run = partial(subprocess.run, capture_output=True, text=True, cwd=tmp_path)
    no_weights = run(["bash", "-c", fake.format("fetch") + script])
    assert (
        no_weights.returncode == 0 and "are left out of this image" in no_weights.stdout
    )
    assert "python -m tlkit fetch vgg16" in no_weights.stdout
    assert "python -m tlkit lab --copy-only" in no_weights.stdout
    assert (
        tmp_path / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    ).is_file()
    assert run(["bash", "-c", fake.format("load_task") + script]).returncode


def test_the_page_on_photographs_shows_the_stored_numbers(monkeypatch):
    folder = ROOT / "notebooks" / "results"
    monkeypatch.syspath_prepend(str(folder))
    script = import_module("make_05_photographs")
    result = json.loads((folder / "05_photographs.json").read_text("utf-8"))
    page = (ROOT / "docs" / "photographs.md").read_text("utf-8")
    shown = script.MADE.search(page)[0].splitlines()
    for row in result["rows"]:
        assert row["labels"] in script.LABELS and len(row["draws"]) == 3
        line = next(line for line in shown if script.found(row) in line)
        assert line.startswith(f"| `{row['recipe']}` |"), line
    assert "\n".join(shown[1:-1]).strip() == script.tables(result["rows"]).strip()
