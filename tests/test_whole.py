"""A file or folder is there whole or not at all, and nothing half-written stays."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tlkit.files import hashes
from tlkit.machine import whole
from tlkit.machine.whole import new_folder, whole_file, whole_folder

ROOT = Path(__file__).parents[1]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_gets_its_name_when_it_is_complete(tmp_path):
    path = tmp_path / "deep" / "numbers.npy"
    with whole_file(path) as unfinished:
        np.save(unfinished, np.arange(3))  # adds .npy to other suffixes
        assert not path.exists() and unfinished.parent == path.parent
    assert np.load(path).tolist() == [0, 1, 2] and names(path.parent) == [path.name]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_old_file_stays_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(error), whole_file(path) as unfinished:
        unfinished.write_text("half")
        raise error
    assert path.read_text() == "old" and names(tmp_path) == ["a.txt"]


def test_a_file_replaces_a_file(tmp_path):
    for text in ("old", "new"):
        with whole_file(tmp_path / "a.txt") as unfinished:
            unfinished.write_text(text)
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_folder_gets_its_name_when_it_is_complete(tmp_path):
    path = tmp_path / "deep" / "scenes"
    with whole_folder(path) as unfinished:
        (unfinished / "a").write_text("1")
        assert not path.exists()
    assert names(path) == ["a"] and names(path.parent) == ["scenes"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_there_is_no_folder(tmp_path, error):
    with pytest.raises(error), whole_folder(tmp_path / "scenes") as unfinished:
        (unfinished / "a").write_text("1")
        raise error
    assert not names(tmp_path)


def test_a_folder_that_is_there_stays(tmp_path):
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "old").write_text("")
    with pytest.raises(OSError), whole_folder(tmp_path / "scenes") as unfinished:
        (unfinished / "new").write_text("")
    assert names(tmp_path / "scenes") == ["old"] and names(tmp_path) == ["scenes"]


KILLED = """
import os, sys
from tlkit.machine.whole import whole_file, whole_folder
folder = sys.argv[1]
with whole_file(folder + "/a.txt") as file, whole_folder(folder + "/b") as unfinished:
    file.write_text("half")
    (unfinished / "half").write_text("")
    os._exit(1)
"""


def test_what_a_killed_process_left_goes_with_the_lock_or_after_a_day(tmp_path):
    def killed():
        command = [sys.executable, "-c", KILLED, str(tmp_path)]
        assert subprocess.run(command, cwd=ROOT).returncode == 1

    def write(name, **options):
        with whole_file(tmp_path / name, **options) as unfinished:
            unfinished.write_text("")

    killed()
    assert all(name.startswith(whole.MARK) for name in names(tmp_path))
    assert len(names(tmp_path)) == 2
    write("a.txt")  # perhaps another process is at it
    assert len(names(tmp_path)) == 3
    write("a.txt", locked=True)  # nobody else can be, but b is another's
    assert [name[-2:] for name in names(tmp_path)] == ["-b", "xt"]
    killed()
    long_ago = time.time() - whole.DEAD_AFTER - 60
    for name in names(tmp_path):
        os.utime(tmp_path / name, (long_ago, long_ago))
    write("c.txt")
    assert names(tmp_path) == ["a.txt", "c.txt"]


def test_a_folder_named_after_the_time_takes_the_next_free_name(tmp_path, monkeypatch):
    monkeypatch.setattr("time.strftime", lambda _: "now")

    def write(folder):
        (folder / "a").write_text("1")

    made = [new_folder(tmp_path / "runs", write).name for _ in range(3)]
    assert made == names(tmp_path / "runs") == ["now", "now-2", "now-3"]


def test_windows_is_given_time_to_close_a_file(tmp_path, monkeypatch):
    """A virus scanner holds a new file open for a moment."""
    attempts, waited = [], []
    real = os.replace

    def held(source, target):
        attempts.append(source)
        if len(attempts) < 3:
            raise PermissionError("used by another process")
        real(source, target)

    half, path = tmp_path / "half", tmp_path / "a.txt"
    half.write_text("1")
    with monkeypatch.context() as patch:
        patch.setattr(whole, "WAITS_HERE", whole.WAITS)
        patch.setattr(whole.time, "sleep", waited.append)
        patch.setattr(os, "replace", held)
        whole.take_name(half, path)
    assert path.read_text() == "1" and waited == [0.1, 0.2]


def test_a_hash_is_computed_again_only_if_the_file_has_changed(tmp_path, monkeypatch):
    path = tmp_path / "a"
    computed = []
    real = hashes._computed

    def counted(*about):
        computed.append(about)
        return real(*about)

    monkeypatch.setattr(hashes, "_computed", counted)
    path.write_bytes(b"1")
    first = [hashes.file_hash(path) for _ in range(3)]
    assert len(computed) == 3  # just written: another change might not show in its time
    monkeypatch.setattr(hashes, "SETTLED", 0)
    assert [hashes.file_hash(path) for _ in range(3)] == first and len(computed) == 4
    assert hashes.file_hash(path, "md5") == "c4ca4238a0b923820dcc509a6f75849b"
    path.write_bytes(b"2")
    os.utime(path, (1, 1))
    assert hashes.file_hash(path) != first[0]
