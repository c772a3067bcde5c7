"""A trained model and its table are never lost because a report cannot be written."""

import errno
import json
import shutil
import tempfile
import zipfile
from collections import namedtuple

import pytest
from fake_runs import fake_runs

from tlkit.commands import cli, report, rescue, run
from tlkit.machine.whole import new_folder

WORDS = ["run", "--task", "digits", "--backbone", "letters-small", "--out"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder, a folder for temporary files, and a current one, all empty."""
    for name in ("home", "temporary", "current"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))  # Windows
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path / "current")
    return tmp_path / "home"


@pytest.fixture
def trained(monkeypatch, home):
    """Nothing is trained; the runs are there at once. They are tests' own."""
    runs = fake_runs(("scratch", "lp_ft"), seeds=2)
    monkeypatch.setattr(run, "_train", lambda *_: runs)
    return runs


def full(monkeypatch, *disks):
    """Nothing can be written into these folders or below them any more."""

    def on_a_full_disk(out, write):
        if any(disk in (out, *out.parents) for disk in disks):
            raise OSError(errno.ENOSPC, "No space left on device", str(out))
        return new_folder(out, write)

    for module in (report, rescue):
        monkeypatch.setattr(module, "new_folder", on_a_full_disk)


def the_model(place):
    """The classes that the only model below a folder names."""
    (file,) = place.rglob("model.keras")
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("tlkit.json"))["classes"]


FAULTS = {
    "a figure": (report, "_figures", RuntimeError("in a figure")),
    "a font": (report.plots, "png", UnicodeError("no such letter")),
    "a name": (report, "_page", ValueError("surrogates not allowed")),
    "a disk": (report, "_page", OSError(errno.ENOSPC, "No space left on device")),
    "the table": (report, "table", ZeroDivisionError("in the table")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_fails_after_training_costs_no_model(
    trained, tmp_path, monkeypatch, capsys, fault
):
    module, name, error = FAULTS[fault]

    def fails(*_, **__):
        raise error

    monkeypatch.setattr(module, name, fails)
    out = tmp_path / "runs"
    if isinstance(error, ValueError | OSError):  # a sentence
        assert cli.main([*WORDS, str(out)]) == 1
    else:  # a mistake in the kit: a traceback
        with pytest.raises(type(error)):
            cli.main([*WORDS, str(out)])
    said = capsys.readouterr()
    assert "The report cannot be written (" in said.err and str(error) in said.err
    if fault != "the table":
        assert "lp_ft    0.850" in said.out
    assert the_model(out) == list("0123456789")
    (folder,) = out.iterdir()
    assert f"The model (lp_ft, seed 0) is kept: {folder}." in said.err


@pytest.mark.parametrize("n", range(5))
def test_the_model_goes_where_there_is_room(
    trained, home, tmp_path, monkeypatch, capsys, n
):
    out = tmp_path / "runs"
    disks = [out, home, tmp_path / "temporary", tmp_path / "current"]
    full(monkeypatch, *disks[:n])
    assert cli.main([*WORDS, str(out)]) == (n > 0)
    said = capsys.readouterr()
    assert "lp_ft    0.850" in said.out, "the table comes first"
    if n == 4:
        assert "There is no room for the model. Next: free some" in said.err
    else:
        assert the_model(disks[n]) == list("0123456789")
    assert said.err.count("The model cannot be saved in") == n


def test_ctrl_c_while_the_report_is_written_is_no_fault(
    trained, tmp_path, monkeypatch, capsys
):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "_figures", stopped)
    assert cli.main([*WORDS, str(tmp_path / "runs")]) == 130
    assert "The report cannot be written" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("backbone", "free", "is_enough"),
    [
        ("letters-small", 9e6, False),
        ("letters-small", 11e6, True),
        ("weights.h5", 99e6, False),
        ("weights.h5", 101e6, True),
    ],
)
def test_a_disk_without_room_is_found_before_training(
    trained, tmp_path, monkeypatch, capsys, backbone, free, is_enough
):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, free))
    words = ["run", "--task", "digits", "--backbone", backbone, "--out"]
    status = cli.main([*words, str(tmp_path / "runs")])
    said = capsys.readouterr()
    assert (status == 0) == is_enough
    assert ("--out: expected room for" in said.err) != is_enough
    assert bool(said.out.count("lp_ft    0.850")) == is_enough
