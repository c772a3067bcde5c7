"""Speed is measured and not guessed, precisions agree, and a budget of time is kept."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

import tlkit as tk
from tlkit import Backbone, speed, transfer
from tlkit.machine.quiet import keras

SMALL = Backbone(None, width=1 / 16)


@pytest.fixture(scope="module")
def digits():
    task = tk.load_task("digits", labels_per_class=20)
    return replace(task, test=task.test.pick(np.arange(200)))


def made_up(**changes) -> speed.Speed:
    """A machine of which everything is known."""
    depths = ("all", "block2", "block3", "block4", "block5")
    known = {
        "machine": "made up",
        "network": "made up",
        "precision": "float32",
        "forward": 100.0,
        "step": dict(zip(depths, (2.0, 1.7, 1.2, 0.8, 0.4), strict=True)),
        "double": dict(zip(depths, (4.0, 3.4, 2.2, 1.2, 0.5), strict=True)),
        "start": dict.fromkeys(depths, 1.0),
        "share": dict(zip(depths, (1.0, 0.9, 0.6, 0.3, 0.1), strict=True)),
    }
    return speed.Speed(**{**known, **changes})


def budget(seconds, digits, monkeypatch, **changes) -> speed.Budget:
    monkeypatch.setattr(speed, "measure", lambda *_: made_up(**changes))
    return speed.Budget(seconds, SMALL, digits.image_shape, "float32")


def test_a_measurement_is_made_once_and_kept(cache, monkeypatch):
    first = speed.measure(SMALL, (32, 32, 3), "float32")
    assert list(cache.rglob("*.json")) and not list(cache.rglob("tmp*"))
    assert (
        first.forward > first.training > 0
        and first.share["all"] == 1 > first.share["block5"] > 0
    )
    assert sorted(first.step, key=first.step.get) == sorted(
        first.share, key=first.share.get
    )  # deeper takes longer
    assert (
        first.double.keys() == first.step.keys()
        and first.double["all"] == 2 * first.step["all"]
    )
    monkeypatch.setattr(speed, "_timed", None)  # measuring again would fail
    assert speed.measure(SMALL, (32, 32, 3), "float32") == first and speed.known() == [
        first
    ]
    assert (
        speed.measure(replace(SMALL, seed=5), (32, 32, 3), "float32") == first
    )  # weights do not matter
    monkeypatch.setattr(speed, "_machine", lambda: "another machine")
    assert speed.known() == []


def test_what_other_code_has_measured_is_measured_again(cache, monkeypatch):
    (before := speed._folder()).mkdir(parents=True)
    (before / "one.json").write_text(
        json.dumps(vars(made_up(machine=speed._machine()))), "utf-8"
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


def test_many_images_above_a_cut_are_fine_tuned_in_batches_of_64_with_steps_twice_as_long(
    digits, monkeypatch
):
    monkeypatch.setattr(speed, "MANY", len(digits.train))
    monkeypatch.setattr(
        transfer,
        "_train",
        lambda _recipe, _backbone, _task, _cut, settings, _seed, head: settings,
    )

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
    monkeypatch.setattr(speed, "MANY", len(digits.train) + 1)
    assert chosen() == (32, 1e-4, 300)


def test_a_budget_counts_on_the_batches_that_are_used(digits, monkeypatch):
    clock = budget(60, digits, monkeypatch)
    epochs = [clock._tune(digits, images, lowest, 1)[0] - len(digits.validation) * clock.speed.share[lowest] / 100
              for images, lowest in ((1984, "block5"), (2048, "block5"), (2048, "all"))]  # fmt: skip
    assert epochs == pytest.approx([62 * 0.4, 32 * 0.5, 64 * 2.0])


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
        lambda _b, _s, p: made_up(step={"all": 1.0 if p == fastest else 2.0}),
    )
    assert speed.faster_precision(SMALL, (32, 32, 3)) == fastest


@pytest.mark.parametrize(
    "devices, asked", [(["cpu:0"], 2), (["cpu:0", "gpu:0"], 3), (["gpu:0", "gpu:1"], 3)]
)
def test_float16_is_timed_only_where_there_is_a_gpu(devices, asked, monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: devices)
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
    watched = lambda self, adam, *rest, **named: (
        used.append(adam) or compiled(self, adam, *rest, **named)
    )
    monkeypatch.setattr(keras.Model, "compile", watched)
    few = replace(digits, test=digits.test.pick(range(20)))
    exact, half = (tk.fine_tune(Backbone("letters-small"), few, unfreeze="all", steps=30, min_epochs=1, precision=p)
                   for p in ("float32", "float16"))  # fmt: skip
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
    assert speed.as_seconds(said) == seconds


@pytest.mark.parametrize("said", ["soon", "2 days", "1.2.3 s", "-5 s", None])
def test_what_is_no_time_is_refused(said):
    with pytest.raises(
        ValueError, match='expected "90 s", "2 min", "1 h" or a number of seconds'
    ):
        speed.as_seconds(said)


def test_more_time_buys_images_first_then_depth_then_epochs(digits, monkeypatch):
    chosen = []
    for seconds in (25, 40, 120, 400):
        clock = budget(seconds, digits, monkeypatch)
        images = clock.images(digits)
        plan = clock.plan(replace(digits, train=digits.train.pick(np.arange(images))))
        chosen.append(
            (
                images,
                clock.speed.share.get(plan.get("unfreeze"), 0),
                plan.get("min_epochs", 0),
            )
        )
    assert [images for images, _, _ in chosen] == sorted(
        images for images, _, _ in chosen
    )
    assert chosen[-1] == (len(digits.train), 1.0, speed.MOST)
    assert chosen[1][0] == len(digits.train) and chosen[1][1] < 1.0
    assert [share for _, share, _ in chosen] == sorted(share for _, share, _ in chosen)


def test_what_was_planned_adds_up_to_no_more_than_the_budget(digits, monkeypatch):
    for seconds in (30, 60, 90, 150):
        clock = budget(seconds, digits, monkeypatch)
        plan = clock.plan(digits)
        assert (
            plan
            and sum(
                clock._tune(
                    digits, len(digits.train), plan["unfreeze"], plan["min_epochs"]
                )
            )
            <= seconds
        )


def test_a_budget_in_which_nothing_fits_is_refused_with_the_least_that_would(
    digits, monkeypatch
):
    clock = budget(5, digits, monkeypatch)
    with pytest.raises(ValueError, match=r"budget of 5 s: expected at least \d+ s"):
        clock.images(digits)


def test_no_time_for_fine_tuning_gives_the_probe_and_says_so(
    digits, monkeypatch, capsys, cache
):
    monkeypatch.setattr(speed.Budget, "plan", lambda *_: {})
    monkeypatch.setattr(speed, "measure", lambda *_: made_up())
    run = tk.lp_ft(Backbone("letters-small"), digits, budget=100)
    assert (
        run.recipe == "probe"
        and "the linear probe is the result" in capsys.readouterr().out
    )


def test_a_budget_is_kept(digits, cache, capsys):
    backbone = Backbone("letters-small")
    speed.measure(
        backbone, digits.image_shape, "float32"
    )  # else it is measured within the budget
    started = time.perf_counter()
    run = tk.lp_ft(backbone, digits, budget="25 s")
    assert time.perf_counter() - started < 1.2 * 25
    said = capsys.readouterr().out
    assert "160 images, fine-tuning of" in said and run.recipe == "lp_ft"
    assert str(run.settings["min_epochs"]) in said


def test_training_ends_before_an_epoch_that_would_end_too_late(
    digits, monkeypatch, cache
):
    class Slow(transfer._Batches):
        def __getitem__(self, t):
            time.sleep(0.05)
            return super().__getitem__(t)

    monkeypatch.setattr(transfer, "_Batches", Slow)
    run = tk.linear_probe(
        SMALL, digits, batch=32, min_epochs=200, patience=200, seconds=3.0
    )
    assert 1 <= run.settings["epochs"] < 30
    assert json.dumps(run.settings)


def test_fewer_images_keep_the_shares_of_the_classes(digits, monkeypatch):
    rare = replace(
        digits,
        train=digits.train.pick(
            np.flatnonzero((digits.train.labels < 8) | (np.arange(160) < 40))
        ),
    )
    counts = np.bincount(rare.train.labels, minlength=10)
    assert counts.min() < 10 < counts.max()
    monkeypatch.setattr(speed.Budget, "images", lambda *_: len(rare.train) // 2)
    some = budget(100, rare, monkeypatch).some(rare, seed=3)
    found = np.bincount(some.labels, minlength=10)
    assert len(some) == len(rare.train) // 2 and np.abs(found - counts / 2).max() <= 1
    number = tk.load_task("degrees", labels_per_class=2)
    monkeypatch.setattr(speed.Budget, "images", lambda *_: 5)
    assert (
        len(set(budget(100, number, monkeypatch).some(number, seed=3).labels.tolist()))
        == 5
    )


def test_fewer_images_are_drawn_by_the_seed(digits, monkeypatch, cache):
    monkeypatch.setattr(speed, "measure", lambda *_: made_up())
    monkeypatch.setattr(speed.Budget, "images", lambda *_: 50)
    monkeypatch.setattr(speed.Budget, "plan", lambda *_: {})
    runs = [
        tk.lp_ft(Backbone("letters-small"), digits, budget=100, seed=seed)
        for seed in (0, 0, 1)
    ]
    seen = [run.task.train.images[:].tobytes() for run in runs]
    assert len(runs[0].task.train) == 50 and seen[0] == seen[1] != seen[2]
