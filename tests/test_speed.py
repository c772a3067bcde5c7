"""Speed is measured and not guessed, precisions agree, and a budget of time is kept."""

import json
import sys
import time
from dataclasses import asdict, replace

import numpy as np
import pytest

import tlkit as tk
from tlkit import Backbone, speed, training
from tlkit.machine.quiet import keras
from tlkit.recipes import budget

SMALL = Backbone(None, width=1 / 16)


@pytest.fixture(scope="module")
def digits():
    task = tk.load_task("digits", labels_per_class=20)
    return replace(task, test=task.test.pick(np.arange(200)))


def made_up(**changes) -> speed.Speed:
    """A machine of which everything is known."""
    depths = {
        "all": speed.Depth(step=2.0, double=4.0, start=1.0, share=1.0),
        "block2": speed.Depth(step=1.7, double=3.4, start=1.0, share=0.9),
        "block3": speed.Depth(step=1.2, double=2.2, start=1.0, share=0.6),
        "block4": speed.Depth(step=0.8, double=1.2, start=1.0, share=0.3),
        "block5": speed.Depth(step=0.4, double=0.5, start=1.0, share=0.1),
    }
    known = {
        "machine": "made up",
        "network": "made up",
        "precision": "float32",
        "forward": 100.0,
        "depths": depths,
    }
    return speed.Speed(**{**known, **changes})


def costs(task) -> budget.Costs:
    """What trainings cost on the machine of which everything is known."""
    return budget.Costs(made_up(), task)


@pytest.fixture
def known_speed(monkeypatch):
    """No need to measure."""
    monkeypatch.setattr(speed, "measure", lambda *_: made_up())


def test_a_measurement_is_made_once_and_kept(cache, monkeypatch):
    first = speed.measure(SMALL, (32, 32, 3), "float32")
    assert list(cache.rglob("*.json")) and not list(cache.rglob("tmp*"))
    depths = first.depths
    assert first.forward > first.training > 0
    assert depths["all"].share == 1 > depths["block5"].share > 0
    by_time = sorted(depths, key=lambda name: depths[name].step)
    assert by_time == sorted(depths, key=lambda name: depths[name].share)
    assert depths["all"].double == 2 * depths["all"].step
    monkeypatch.setattr(speed, "_timed", None)  # measuring again would fail
    assert speed.measure(SMALL, (32, 32, 3), "float32") == first and speed.known() == [
        first
    ]
    assert (
        speed.measure(replace(SMALL, seed=5), (32, 32, 3), "float32") == first
    )  # weights do not matter
    monkeypatch.setattr(speed, "machine", lambda: "another machine")
    assert speed.known() == []


def test_what_other_code_has_measured_is_measured_again(cache, monkeypatch):
    (before := speed._folder()).mkdir(parents=True)
    (before / "one.json").write_text(
        json.dumps(asdict(made_up(machine=speed.machine()))), "utf-8"
    )
    assert speed.known()
    read = speed.Path.read_bytes
    monkeypatch.setattr(
        speed.Path, "read_bytes", lambda path: read(path) + b"# changed"
    )
    assert (
        speed._folder().parent == before.parent
        and speed._folder() != before
        and speed.known() == []
    )


def test_many_images_above_a_cut_take_batches_of_64_and_steps_twice_as_long(
    digits, monkeypatch
):
    module = sys.modules["tlkit.recipes.fine_tune"]
    monkeypatch.setattr(module, "MANY", len(digits.train))
    monkeypatch.setattr(module, "train", lambda *given, **_: given[4])  # the settings

    def chosen(**named):
        settings = tk.fine_tune(SMALL, digits, **named)
        return settings.batch, settings.rate, settings.steps

    assert chosen() == (64, 2e-4, 150) and chosen(unfreeze="all") == chosen(
        unfreeze="block1"
    ) == (32, 1e-4, 300)
    assert (
        chosen(rate=3e-4) == (32, 3e-4, 300)
        and chosen(batch=16) == (16, 1e-4, 300)
        and chosen(steps=7)[2] == 7
    )
    monkeypatch.setattr(module, "MANY", len(digits.train) + 1)
    assert chosen() == (32, 1e-4, 300)


def test_a_budget_counts_on_the_batches_that_are_used(digits):
    known = costs(digits)

    def steps(images, lowest):
        validation = len(digits.validation) * known.speed.depths[lowest].share / 100
        return known.epoch(images, lowest) - validation

    assert steps(1984, "block5") == pytest.approx(62 * 0.4)
    assert steps(2048, "block5") == pytest.approx(32 * 0.5)
    assert steps(2048, "all") == pytest.approx(64 * 2.0)


def test_the_share_of_a_block_is_that_of_vgg16s_multiply_adds():
    model = SMALL.build((32, 32, 3))
    ours = speed.multiply_adds(model)
    channels, size, total = 3, 32, 0.0
    for filters, depth in ((4, 2), (8, 2), (16, 3), (32, 3), (32, 3)):
        for _ in range(depth):
            total, channels = total + 9 * channels * filters * size**2, filters
        size //= 2
    assert ours == total


@pytest.mark.parametrize("fastest", speed.PRECISIONS)
def test_the_precision_is_chosen_by_what_was_measured(fastest, monkeypatch):
    monkeypatch.setattr(speed, "precisions", lambda: speed.PRECISIONS)
    monkeypatch.setattr(
        speed,
        "measure",
        lambda _b, _s, p: made_up(
            depths={"all": speed.Depth(1.0 if p == fastest else 2.0, 0, 0, 1)}
        ),
    )
    assert speed.faster_precision(SMALL, (32, 32, 3)) == fastest


@pytest.mark.parametrize(
    "devices, asked", [(["cpu:0"], 2), (["cpu:0", "gpu:0"], 3), (["gpu:0", "gpu:1"], 3)]
)
def test_float16_is_timed_only_where_there_is_a_gpu(devices, asked, monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: devices)
    monkeypatch.setattr(speed.processor, "has_bfloat16", lambda: True)
    assert speed.precisions() == speed.PRECISIONS[:asked]


def test_precisions_agree_within_half_a_point(cache):
    task = tk.load_task("digits", labels_per_class=100)
    exact, *others = [
        tk.linear_probe(Backbone("letters-small"), task, precision=p)
        for p in speed.PRECISIONS
    ]
    assert exact.score().mean > 0.5 and len(others) == 2
    for run in others:
        assert abs(run.score().mean - exact.score().mean) <= 0.005
        assert not np.array_equal(
            run.outputs["test"], exact.outputs["test"]
        )  # else nothing was compared


def test_in_float16_the_loss_is_scaled_and_all_layers_learn(digits, cache, monkeypatch):
    compiled, used = keras.Model.compile, []

    def watched(self, adam, *rest, **named):
        used.append(adam)
        compiled(self, adam, *rest, **named)

    monkeypatch.setattr(keras.Model, "compile", watched)
    few = replace(digits, test=digits.test.pick(range(20)))
    settings = {"unfreeze": "all", "steps": 30, "min_epochs": 1}
    small = Backbone("letters-small")
    exact = tk.fine_tune(small, few, precision="float32", **settings)
    half = tk.fine_tune(small, few, precision="float16", **settings)
    np.testing.assert_allclose(half.history["loss"], exact.history["loss"], rtol=0.02)
    assert [isinstance(adam, keras.optimizers.LossScaleOptimizer) for adam in used] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    "said, seconds",
    [("90 s", 90), ("2 min", 120), ("1.5 h", 5400), ("45", 45), (30, 30)],
)
def test_a_budget_is_read(said, seconds):
    assert budget.as_seconds(said) == seconds


@pytest.mark.parametrize("said", ["soon", "2 days", "1.2.3 s", "-5 s", None])
def test_what_is_no_time_is_refused(said):
    with pytest.raises(
        ValueError, match='expected "90 s", "2 min", "1 h" or a number of seconds'
    ):
        budget.as_seconds(said)


def test_more_time_buys_images_first_then_depth_then_epochs(digits, known_speed):
    plans = [
        budget.plan(seconds, SMALL, digits, "float32", 0)
        for seconds in (25, 40, 120, 400)
    ]
    images = [len(plan.task.train) for plan in plans]
    assert images == sorted(images) and images[1] == images[-1] == len(digits.train)
    depths = made_up().depths
    shares = [depths[plan.unfreeze].share if plan.unfreeze else 0 for plan in plans]
    assert shares == sorted(shares) and shares[1] < shares[-1] == 1.0
    assert plans[-1].settings["min_epochs"] == budget.MOST


def test_what_was_planned_adds_up_to_no_more_than_the_budget(digits, known_speed):
    for seconds in (30, 60, 90, 150):
        plan = budget.plan(seconds, SMALL, digits, "float32", 0)
        known, images = costs(plan.task), len(plan.task.train)
        epochs = plan.settings["min_epochs"]
        needed = known.probe(images) + known.once(images, plan.unfreeze)
        assert needed + epochs * known.epoch(images, plan.unfreeze) <= seconds


def test_a_plan_ends_training_in_time_for_the_predictions(digits, known_speed):
    started = time.perf_counter()
    plan = budget.plan(90, SMALL, digits, "float32", 0)
    ends = plan.settings["until"] + costs(plan.task).predictions
    assert ends == pytest.approx(started + 90, abs=1)


def test_the_images_of_a_budget_keep_the_classes_shares(digits, known_speed):
    plan = budget.plan(25, SMALL, digits, "float32", 0)
    counts = np.bincount(plan.task.train.labels, minlength=10)
    assert len(plan.task.train) < len(digits.train) and np.ptp(counts) <= 1


def test_a_budget_in_which_nothing_fits_is_refused_with_the_least_that_would(
    digits, known_speed
):
    with pytest.raises(ValueError, match=r"budget of 5 s: expected at least \d+ s"):
        budget.plan(5, SMALL, digits, "float32", 0)


def test_no_time_for_fine_tuning_gives_the_probe_and_says_so(
    digits, monkeypatch, known_speed, cache
):
    monkeypatch.setattr(budget.Costs, "depth", lambda *_: (None, 0))
    run = tk.lp_ft(Backbone("letters-small"), digits, budget=100)
    assert run.recipe == "probe"
    assert "the linear probe is the result" in run.notes[0]


def test_a_budget_is_kept(digits, cache):
    backbone = Backbone("letters-small")
    # now, or it is measured within the budget
    speed.measure(backbone, digits.image_shape, "float32")
    started = time.perf_counter()
    run = tk.lp_ft(backbone, digits, budget="25 s")
    assert time.perf_counter() - started < 1.2 * 25
    assert run.recipe == "lp_ft" and "160 images, fine-tuning of" in run.notes[0]
    assert str(run.settings["min_epochs"]) in run.notes[0]


def test_training_ends_before_an_epoch_that_would_end_too_late(
    digits, monkeypatch, cache
):
    made = training.batches

    def slow(*args):
        for batch in made(*args):
            time.sleep(0.05)
            yield batch

    monkeypatch.setattr(training, "batches", slow)
    run = tk.linear_probe(
        SMALL, digits, batch=32, min_epochs=200, patience=200, seconds=3.0
    )
    assert 1 <= run.settings["epochs"] < 30
    assert json.dumps(run.settings)


def test_training_ends_before_the_time_that_a_plan_names(digits, cache):
    run = tk.linear_probe(SMALL, digits, min_epochs=200, until=time.perf_counter() - 1)
    assert run.settings["epochs"] == 1 and "until" not in run.settings


def test_fewer_images_keep_the_shares_of_the_classes(digits):
    kept = (digits.train.labels < 8) | (np.arange(160) < 40)
    rare = replace(digits, train=digits.train.pick(np.flatnonzero(kept)))
    counts = np.bincount(rare.train.labels, minlength=10)
    assert counts.min() < 10 < counts.max()
    half = budget.some(rare, len(rare.train) // 2, seed=3)
    found = np.bincount(half.labels, minlength=10)
    assert len(half) == len(rare.train) // 2 and np.abs(found - counts / 2).max() <= 1
    number = tk.load_task("degrees", labels_per_class=2)
    assert len(set(budget.some(number, 5, seed=3).labels.tolist())) == 5


def test_fewer_images_are_drawn_by_the_seed(digits, monkeypatch, cache, known_speed):
    monkeypatch.setattr(budget.Costs, "images", lambda *_: 50)
    monkeypatch.setattr(budget.Costs, "depth", lambda *_: (None, 0))
    runs = [
        tk.lp_ft(Backbone("letters-small"), digits, budget=100, seed=seed)
        for seed in (0, 0, 1)
    ]
    seen = [run.task.train.images[:].tobytes() for run in runs]
    assert len(runs[0].task.train) == 50 and seen[0] == seen[1] != seen[2]


def test_bfloat16_is_not_tried_where_the_processor_lacks_it(monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["cpu:0"])
    monkeypatch.setattr(speed.processor, "has_bfloat16", lambda: False)
    monkeypatch.setattr(speed, "measure", None)  # measuring would fail
    assert speed.precisions() == ("float32",)
    assert speed.faster_precision(Backbone(None), (32, 32, 3)) == "float32"
