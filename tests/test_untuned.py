"""The bench's tasks that nobody tuned for, and how the choice is compared with the best
of the full grid.
"""

import importlib
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import tlkit as tk
from tlkit.recipes import TUNE
from tlkit.recipes.choose import trial_length

BENCH = Path(__file__).parent / "bench"
SMALL = tk.Backbone("letters-small")


def hashes(images):
    return {image.tobytes() for image in np.asarray(images[:])}


NAMES = (
    "handwritten",
    "textures",
    "sounds",
    "typefaces",
    "dots",
    "greek",
    "turned-photographs",
    "shapes",
    "other-sounds",
)


def test_at_least_eight_tasks_and_some_are_kept_aside(bench):
    targets = bench.untuned_tasks.TARGETS
    assert tuple(targets) == NAMES and len(targets) >= 8
    assert 3 <= sum(one.kept_aside for one in targets.values()) <= len(targets) - 4


@pytest.mark.parametrize("name", NAMES)
def test_every_task_has_splits_that_share_no_picture(bench, name):
    target = bench.untuned_tasks.TARGETS[name]
    first, second = target.task(20, 0), target.task(20, 1)
    classes = len(target.classes)
    seen = set()
    for split, each in {"train": 16, "validation": 4}.items():
        some = first.splits()[split]
        assert some.images[:].shape == (classes * each, 32, 32, 3)
        assert some.images[:].dtype == np.uint8
        assert np.bincount(some.labels).tolist() == [each] * classes
        assert not seen & hashes(some.images)
        seen |= hashes(some.images)
    assert not seen & hashes(first.test.images)
    assert len(first.test) == 600 and len(np.unique(first.test.labels)) == classes
    assert first.test.labels is second.test.labels
    assert hashes(first.train.images) != hashes(second.train.images)
    again = target.task(20, 0)
    assert again.fingerprint() == first.fingerprint() != second.fingerprint()
    for labels in (1, 1000):
        with pytest.raises(ValueError, match=f"{name}: expected 2 to .* labels per cl"):
            target.task(labels, 0)


def test_no_pixel_of_the_photographs_is_in_pool_and_test(bench, monkeypatch):
    from sklearn import datasets

    # the left part is dark, the right part is bright
    striped = np.full((427, 640, 3), 50, "uint8")
    striped[:, 400:] = 200
    monkeypatch.setattr(
        datasets, "load_sample_images", lambda: SimpleNamespace(images=[striped] * 2)
    )
    pool, test = bench.untuned_tasks.turned_photographs.__wrapped__()
    assert set(np.unique(pool.images)) == {50} and set(np.unique(test.images)) == {200}


def test_a_training_is_kept_and_one_probe_serves_a_task(bench, tmp_path, monkeypatch):
    task = bench.untuned_tasks.TARGETS["dots"].task(5, 0)
    cells = bench.cells.Cells(tmp_path)
    probes, tuned = [], []
    probe = tk.linear_probe

    def one_probe(*args, **kwargs):
        probes.append(1)
        return probe(*args, **kwargs)

    def fine_tune(backbone, task, *, head, seed, **settings):
        tuned.append(settings)
        assert head is cells.probe(backbone, task, seed).head
        outputs = {
            name: np.eye(6, dtype="float32")[np.zeros(len(split), int)]
            for name, split in task.splits().items()
        }
        return tk.Run(
            recipe="fine_tune",
            task=task,
            backbone=backbone,
            model=None,
            head=head,
            history={},
            seconds=3.0,
            peak_memory_mb=0.0,
            trained_parameters=1,
            seed=seed,
            settings={"epochs": 7},
            outputs=outputs,
        )

    monkeypatch.setattr(tk, "linear_probe", one_probe)
    monkeypatch.setattr(tk, "fine_tune", fine_tune)
    for _ in range(2):
        first = cells(SMALL, task, seed=0, rate=1e-3)
        other = cells(SMALL, task, seed=0, rate=1e-3, unfreeze="block5")
    assert len(probes) == 1
    settings = {"rate": 1e-3, "unfreeze": "all"}
    assert tuned == [settings, {**settings, "unfreeze": "block5"}]
    assert (first.seconds, first.epochs, first.settings) == (3.0, 7, settings)
    assert other.settings["unfreeze"] == "block5"
    share = np.mean(np.asarray(task.test.labels) == 0)
    assert first.right().mean() == first.score("test") == pytest.approx(share)
    # a stopped bench goes on: nothing is trained again
    monkeypatch.setattr(tk, "linear_probe", None)
    monkeypatch.setattr(tk, "fine_tune", None)
    again = bench.cells.Cells(tmp_path)(SMALL, task, seed=0, rate=1e-3)
    np.testing.assert_array_equal(again.outputs["test"], first.outputs["test"])
    other = bench.untuned_tasks.TARGETS["dots"].task(5, 1)
    with pytest.raises(TypeError):  # other labels: another training
        bench.cells.Cells(tmp_path)(SMALL, other, seed=0, rate=1e-3)


class FakeCells:
    """Trainings that are right on a given share of validation and test pictures."""

    def __init__(self, cell, share):
        self.cell, self.share = cell, share
        self.asked = []

    def __call__(self, backbone, task, *, seed, unfreeze="all", **settings):
        if "recipe" not in settings:
            settings["unfreeze"] = unfreeze
        self.asked.append((seed, settings))
        outputs = {}
        for name in ("validation", "test"):
            labels = np.asarray(task.splits()[name].labels)
            wrong = (labels + 1) % len(task.classes)
            right = np.arange(len(labels)) < self.share(name, settings) * len(labels)
            said = np.where(right, labels, wrong)
            outputs[name] = np.eye(len(task.classes), dtype="float32")[said]
        return self.cell(task, settings, outputs, 9.0, 1 if "steps" in settings else 4)


def asked(bench, name="shapes"):
    target = bench.untuned_tasks.TARGETS[name]
    return bench.untuned.Question(
        name, target.question, True, SMALL, 5, lambda seed: target.task(5, seed)
    )


def test_the_best_is_picked_by_test_accuracy_and_the_choice_by_validation(bench):
    def share(split, settings):
        if settings.get("recipe") == "probe":
            return 0.5
        best = {"validation": (3e-4, "all"), "test": (3e-3, "block5")}[split]
        is_best = np.isclose(settings["rate"], best[0]) and settings["unfreeze"]
        return 0.9 if is_best == best[1] else 0.6

    cells = FakeCells(bench.cells.Cell, share)
    found = bench.untuned.measure(asked(bench), cells, draws=2)
    assert found["best"] == {"rate": 3e-3, "unfreeze": "block5"}
    assert found["best_accuracy"] == pytest.approx(0.9)
    assert found["chosen"]["rate"] == pytest.approx(3e-4)
    assert found["chosen"]["unfreeze"] == "all"
    assert found["own_accuracy"] == found["chosen_accuracy"] == pytest.approx(0.6)
    for key in ("lost", "own_lost"):
        assert found[key]["mean"] == pytest.approx(0.3)
        assert found[key]["low"] < 0.3 < found[key]["high"]
    assert found["whole_lost"]["mean"] == pytest.approx(0.3)
    assert found["validation_pictures"] == 8
    # five trials of one epoch each, and four epochs for each whole training
    assert found["price"] == pytest.approx((5 * 1 + 2 * 4) / 4)
    short = [one for _, one in cells.asked if "steps" in one]
    assert {one["steps"] for one in short} == {trial_length(TUNE)["steps"]}
    page = bench.untuned.text(
        {"questions": [found], "command": "python tests/bench --parts untuned"}
    )
    assert "| shapes (kept aside) | 5 | 0.500 | 0.600 | 0.600 (3e-4, all) |" in page
    assert "0.900 (3e-3, block5) | 30.0 [" in page
    assert "is on average 30.0 points of accuracy better than the choice, and" in page
    assert "(A draw of a task has 8 validation pictures or more.)" in page


def test_every_setting_of_the_choice_is_in_the_full_grid(bench):
    from tlkit.recipes.choose import grid

    full = {
        (f"{one['rate']:.6g}", one["unfreeze"])
        for one in bench.untuned.full_grid(SMALL)
    }
    small = {
        (f"{one['rate']:.6g}", one["unfreeze"])
        for one in grid(tk.lp_ft, TUNE, SMALL, {})
    }
    assert small < full


def test_a_point_is_a_point(bench):
    def one(lost, aside):
        interval = {"mean": lost, "low": 0, "high": 1}
        own = {"mean": 0.05, "low": 0, "high": 1}
        return {
            "lost": interval,
            "whole_lost": {**interval, "mean": 0.0},
            "own_lost": own,
            "kept_aside": aside,
            "price": 2.5,
            "validation_pictures": 40,
        }

    said = bench.untuned.summary([one(0.01, False), one(0.012, False), one(0, True)])
    assert "On these 3 tasks the best of all settings is on average 0.7 points" in said
    assert "**5.0 points better than the recipe's own settings**" in said
    assert "within 1 point of the best in 2 of 3 tasks, the own settings in 0 of 3" in (
        said
    )
    assert "(Of the tasks that were kept aside: 1 of 1, and 0 of 1.)" in said
    assert "validation would choose one that loses 0.0 points" in said
    assert "(A draw of a task has 40 validation pictures or more.)" in said
    assert "The choice takes 2.5 to 2.5 times as many epochs" in said


def test_photographs_are_asked_about_where_a_folder_and_its_weights_are_given(
    bench, tmp_path, capsys
):
    given = SimpleNamespace(quick=True, weights="letters-small", task="digits", test=9)
    names = [one.name for one in bench.untuned.questions(given)]
    assert names == ["textures", "shapes"]
    assert "give --task FOLDER" in capsys.readouterr().err
    given.task = str(tmp_path)
    more = bench.untuned.questions(given)[2:]
    pairs = [(one.labels, one.backbone.name) for one in more]
    assert pairs == [
        (10, "letters"),
        (10, "letters-small"),
        (100, "letters"),
        (100, "letters-small"),
    ]
    assert all(one.kept_aside for one in more)


def test_untuned_stands_alone_on_the_command_line(bench, capsys):
    spec = importlib.util.spec_from_file_location("bench_main", BENCH / "__main__.py")
    command = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)
    given = command.arguments(["--parts", "untuned"])
    assert given.out == Path("build/bench/untuned.json") and given.repeats is None
    other = command.arguments(["--parts", "suggest"])
    assert other.out == Path("build/bench/suggest.json")
    usual = command.arguments(["--parts", "rates"])
    assert usual.out == Path("build/bench/performance.json") and usual.repeats == 1
    with pytest.raises(SystemExit):
        command.arguments(["--parts", "untuned,rates"])
    assert "sizes, or untuned or suggest alone, got untuned" in capsys.readouterr().err
    words = ["--task", "/home/somebody/pics", "--parts", "untuned"]
    assert command.command(words) == "python tests/bench --task pics --parts untuned"


def test_the_page_shows_the_stored_numbers(bench):
    docs = Path(__file__).parents[1] / "docs"
    stored = json.loads((docs / "untuned.json").read_text("utf-8"))
    assert (docs / "untuned.md").read_text("utf-8") == bench.untuned.text(stored)
