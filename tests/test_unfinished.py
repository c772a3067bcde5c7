"""A training that was stopped goes on, and ends where it would have ended."""

import json
import logging
import os
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tlkit as tk
from tlkit import training, unfinished
from tlkit.tasks import Split

SHORT = {"unfreeze": "block5", "steps": 12, "min_epochs": 4, "batch": 16}


class Crash(RuntimeError):
    """The lid was closed."""


@pytest.fixture(autouse=True)
def states(cache, monkeypatch):
    """A state after every epoch; returns their folder."""
    monkeypatch.setattr(unfinished, "EVERY", 0.0)
    return unfinished.folder()


@pytest.fixture
def crash_in(monkeypatch):
    """From now on, training crashes when this epoch begins; None: it does not."""
    begin = training.TimeLimit.on_epoch_begin

    def set_to(number):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == number:
                raise Crash
            begin(self, epoch, logs)

        monkeypatch.setattr(training.TimeLimit, "on_epoch_begin", on_epoch_begin)

    return set_to


@pytest.fixture
def half_done(backbone, digits, states, crash_in) -> Path:
    """The state of a training that crashed after two of its four epochs."""
    crash_in(2)
    with pytest.raises(Crash):
        tk.fine_tune(backbone, digits, **SHORT)
    crash_in(None)
    (path,) = saved(states)
    return path


def saved(states):
    return sorted(states.glob("*.npz"))


def spent_in(path, seconds):
    """Write into a state that so many seconds were spent before it."""
    with zipfile.ZipFile(path) as archive:
        state = json.loads(archive.read("state.json"))
        arrays = {name: archive.read(name) for name in archive.namelist()}
    arrays["state.json"] = json.dumps({**state, "spent": seconds})
    with zipfile.ZipFile(path, "w") as archive:
        for name, written in arrays.items():
            archive.writestr(name, written)


@pytest.mark.parametrize("crashes", [(2,), (1, 3)])
def test_a_crash_costs_an_epoch_and_changes_nothing(
    backbone, digits, states, crash_in, crashes
):
    whole = tk.fine_tune(backbone, digits, **SHORT)
    assert not saved(states), "a finished training leaves nothing"
    for number in crashes:
        crash_in(number)
        with pytest.raises(Crash):
            tk.fine_tune(backbone, digits, **SHORT)
        assert len(saved(states)) == 1
    crash_in(None)
    resumed = tk.fine_tune(backbone, digits, **SHORT)
    assert resumed.history == whole.history
    for one, other in zip(
        resumed.model.get_weights(), whole.model.get_weights(), strict=True
    ):
        assert np.array_equal(one, other)
    (note,) = resumed.notes
    went_on = f"went on after epoch {crashes[-1]}, where an earlier run had stopped"
    assert note.startswith(f"{went_on} after ")
    assert not whole.notes and not saved(states)


def test_patience_and_the_best_epoch_survive_too(backbone, digits, states, crash_in):
    settings = {**SHORT, "patience": 1, "rate": 3.0}  # soon no better epoch comes
    whole = tk.fine_tune(backbone, digits, **settings)
    epochs = len(whole.history["loss"])
    assert 1 < epochs < 4
    crash_in(epochs - 1)
    with pytest.raises(Crash):
        tk.fine_tune(backbone, digits, **settings)
    crash_in(None)
    resumed = tk.fine_tune(backbone, digits, **settings)
    assert resumed.history == whole.history
    assert np.array_equal(resumed.outputs["test"], whole.outputs["test"])


def test_ctrl_c_keeps_the_state_for_the_next_call(
    backbone, digits, states, monkeypatch
):
    begin = training.TimeLimit.on_epoch_begin

    def stopped(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt
        begin(self, epoch, logs)

    with monkeypatch.context() as patched:
        patched.setattr(training.TimeLimit, "on_epoch_begin", stopped)
        run = tk.fine_tune(backbone, digits, **SHORT)
    assert len(run.history["loss"]) == 2 and len(saved(states)) == 1
    assert "started again, goes on from here" in run.notes[0]
    run = tk.fine_tune(backbone, digits, **SHORT)
    assert len(run.history["loss"]) == 4 and not saved(states)


def test_another_training_does_not_go_on_from_it(backbone, digits, states, half_done):
    for settings in ({**SHORT, "rate": 3e-4}, {**SHORT, "seed": 1}):
        run = tk.fine_tune(backbone, digits, **settings)
        assert len(run.history["loss"]) == 4 and not run.notes
    labels = digits.train.labels[::-1]
    turned = replace(digits, train=Split(digits.train.images, labels))
    assert not tk.fine_tune(backbone, turned, **SHORT).notes
    assert len(saved(states)) == 1, "the first one can still go on"


def test_a_state_that_cannot_be_read_is_dropped_with_a_warning(
    backbone, digits, states, half_done, caplog
):
    half_done.write_bytes(half_done.read_bytes()[:1000])
    with caplog.at_level(logging.WARNING, "tlkit"):
        run = tk.fine_tune(backbone, digits, **SHORT)
    assert len(run.history["loss"]) == 4 and not run.notes and not saved(states)
    assert "training starts from the beginning" in caplog.text


def test_a_state_of_other_shapes_leaves_the_network_as_it_was(
    backbone, digits, states, crash_in, monkeypatch, caplog
):
    whole = tk.fine_tune(backbone, digits, **SHORT)
    monkeypatch.setattr(unfinished, "place", lambda *_: states / "same.npz")
    monkeypatch.setattr(training, "place", unfinished.place)
    crash_in(2)
    with pytest.raises(Crash):
        tk.fine_tune(backbone, digits, **{**SHORT, "unfreeze": "block4"})
    crash_in(None)
    with caplog.at_level(logging.WARNING, "tlkit"):
        run = tk.fine_tune(backbone, digits, **SHORT)
    assert "expected shapes" in caplog.text
    assert run.history == whole.history and not run.notes


def test_with_a_time_limit_nothing_is_kept_for_a_longer_one(
    backbone, digits, states, crash_in
):
    crash_in(3)
    for limit in ({"seconds": 600.0}, {"until": time.perf_counter() + 600}):
        with pytest.raises(Crash):
            tk.fine_tune(backbone, digits, **SHORT, **limit)
    assert not saved(states)


def test_a_full_disk_does_not_stop_the_training(
    backbone, digits, states, monkeypatch, caplog
):
    def full(self, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unfinished.Unfinished, "_save", full)
    with caplog.at_level(logging.WARNING, "tlkit"):
        run = tk.fine_tune(backbone, digits, **SHORT)
    assert len(run.history["loss"]) == 4
    assert "No space left on device" in caplog.text


def test_of_several_trainings_the_finished_ones_are_not_lost(
    backbone, digits, states, crash_in
):
    def two(crashes):
        with unfinished.finished_ones_kept():
            first = tk.fine_tune(backbone, digits, **SHORT)
            crash_in(2 if crashes else None)
            return first, tk.fine_tune(backbone, digits, **SHORT, seed=1)

    with pytest.raises(Crash):
        two(crashes=True)
    assert len(saved(states)) == 2
    crash_in(0)  # what is finished begins no epoch
    first, second = two(crashes=False)
    assert not saved(states)
    assert first.notes[0].startswith("was trained by an earlier run, in ")
    assert second.notes[0].startswith("went on after epoch 2")
    fresh = tk.fine_tune(backbone, digits, **SHORT)
    assert np.array_equal(first.outputs["test"], fresh.outputs["test"])
    assert first.history == fresh.history and not fresh.notes


def test_alone_a_finished_one_is_taken_over_once(backbone, digits, states, crash_in):
    with pytest.raises(Crash), unfinished.finished_ones_kept():
        first = tk.fine_tune(backbone, digits, **SHORT)
        raise Crash
    assert len(saved(states)) == 1
    again = tk.fine_tune(backbone, digits, **SHORT)
    assert again.notes[0].startswith("was trained by an earlier run, in ")
    assert np.array_equal(again.outputs["test"], first.outputs["test"])
    assert not saved(states)


def test_the_seconds_of_both_runs_count(backbone, digits, half_done):
    spent_in(half_done, seconds=1000.0)
    assert tk.fine_tune(backbone, digits, **SHORT).seconds > 1000


def test_a_long_training_whose_last_part_is_short_is_kept_among_several(
    backbone, digits, states, half_done, monkeypatch
):
    spent_in(half_done, seconds=1000.0)
    monkeypatch.setattr(unfinished, "EVERY", 600.0)
    with pytest.raises(Crash), unfinished.finished_ones_kept():
        tk.fine_tune(backbone, digits, **SHORT)
        raise Crash
    assert len(saved(states)) == 1


def test_short_trainings_write_nothing(backbone, digits, states, crash_in, monkeypatch):
    monkeypatch.setattr(unfinished, "EVERY", 60.0)
    crash_in(3)
    with pytest.raises(Crash):
        tk.fine_tune(backbone, digits, **SHORT)
    assert not saved(states)


def test_states_that_nobody_goes_on_from_are_removed(states):
    states.mkdir(parents=True)
    old, new = states / "old.npz", states / "new.npz"
    for path, days in ((old, 15), (new, 13)):
        path.write_bytes(b"12")
        then = time.time() - days * 24 * 3600
        os.utime(path, (then, then))
    assert unfinished.clear(older_than=unfinished.STALE) == 2
    assert unfinished.states() == [new]
    assert unfinished.clear() == 2 and not unfinished.states()
