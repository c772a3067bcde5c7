"""The tool that derives main claims again from fresh draws, and what it has counted."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).parent / "ci"))
import course
import fresh_claims

DRAWN = """
import random, sys
from types import ModuleType, SimpleNamespace

seeds = []
sys.modules["tensorflow"] = ModuleType("tensorflow")
sys.modules["tensorflow"].random = SimpleNamespace(set_seed=seeds.append)
import numpy as np
from keras_like import set_random_seed

set_random_seed(7)
set_random_seed(7)
print(
    np.random.default_rng(0).integers(10**9),
    np.random.default_rng((0, 1)).integers(10**9),
    random.randint(0, 10**9),
    np.random.randint(10**9),
    *seeds,
)
"""
# in the order of keras.utils.set_random_seed
KERAS_LIKE = """
import random, sys
import numpy as np

def set_random_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    sys.modules["tensorflow"].random.set_seed(seed)
"""


def drawn(folder, fresh):
    """What five kinds of seeded luck give; fresh: number of the draw, or None."""
    (folder / "keras_like.py").write_text(KERAS_LIKE, "utf-8")
    paths, variables = [str(folder)], {}
    if fresh is not None:
        paths.insert(0, str(fresh_claims.FRESH))
        variables["TLKIT_FRESH"] = str(fresh)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **variables}
    done = subprocess.run(
        [sys.executable, "-c", DRAWN],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_each_draw_has_luck_of_its_own_and_always_the_same(tmp_path):
    first, again, second, usual = (drawn(tmp_path, k) for k in (1, 1, 2, None))
    assert first == again
    assert len(first) == 6
    *_, one, other = first
    assert one == other, "the second call of set_random_seed is mixed twice"
    for kinds in zip(first, second, usual, strict=True):
        assert len(set(kinds)) == 3, kinds


def notebook(folder, *cells):
    """A notebook with these cells; the last one is tagged main-claim."""
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells]
    )
    made.cells[-1].metadata["tags"] = ["main-claim"]
    path = folder / "00_small.ipynb"
    nbformat.write(made, path)
    return path


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A place where the tool finds one notebook and keeps its counts."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(fresh_claims, "ROOT", tmp_path)
    monkeypatch.setattr(fresh_claims, "KEPT", tmp_path / "claims.json")
    return tmp_path


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["fresh_claims.py", *arguments])
    return fresh_claims.main()


def test_every_claim_of_the_cell_is_counted(small, monkeypatch, capsys):
    path = notebook(
        small / "notebooks",
        "import tlkit_course as course\nimport os",
        'draw = int(os.environ["TLKIT_FRESH"])',
        'course.claim(f"draw {draw} is the second", draw == 2)\n'
        'course.claim(f"and {draw}.5 [0.1, 9.9] is large", draw > 0)',
    )
    where = ("00", "--draws", "2", "--keep", str(small / "kept"))
    assert call(monkeypatch, *where) == 1  # one of two is fewer than nine of ten
    said = capsys.readouterr().out
    assert "not so: draw 1 is the second" in said
    assert fresh_claims.kept()["00"] == {
        "cell": fresh_claims.digest(nbformat.read(path, 4).cells[-1].source),
        "draws": 2,
        "claims": [
            {"claim": "draw … is the second", "held": 1},
            {"claim": "and … is large", "held": 2},
        ],
    }
    # a later call goes on where this one ended, and executes nothing again
    monkeypatch.setattr(fresh_claims.nbclient, "NotebookClient", None)
    assert call(monkeypatch, *where) == 1
    assert capsys.readouterr().out == said


def test_a_cell_that_fails_is_no_claim_that_fails(small, monkeypatch):
    notebook(small / "notebooks", "1 / 0")
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        call(monkeypatch, "00", "--draws", "1")
    assert not fresh_claims.kept()


def test_the_page_of_the_course_tells_how_often_a_claim_held(monkeypatch):
    counted = {
        "cell": fresh_claims.digest("source"),
        "draws": 10,
        "claims": [{"claim": "a", "held": 10}, {"claim": "b", "held": 9}],
    }
    monkeypatch.setattr(fresh_claims, "kept", lambda: {"00": counted})
    assert course.held("00", "source") == "9 of 10"
    assert course.held("00", "another source") == "not counted yet"
    assert course.held("01", "source") == "not counted yet"


@pytest.mark.parametrize("number", sorted(fresh_claims.kept()))
def test_what_was_counted_held_and_is_still_what_the_notebook_says(number):
    counted = fresh_claims.kept()[number]
    (path,) = fresh_claims.notebooks([number])
    cell = fresh_claims.main_claim(nbformat.read(path, as_version=4))
    again = f"make fresh-claims ARGS={number}"
    assert counted["cell"] == fresh_claims.digest(cell.source), again
    assert counted["draws"] >= 5, again
    assert counted["claims"], again
    for claim in counted["claims"]:
        share = claim["held"] / counted["draws"]
        assert share >= fresh_claims.ENOUGH, f"say less: {claim['claim']}"
