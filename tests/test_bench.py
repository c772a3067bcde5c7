"""The benchmark counts rightly, converts weights rightly, and its peers train what they
say they train.
"""

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import tlkit as tk
from tlkit.machine.quiet import keras

BENCH = Path(__file__).parent / "bench"


@pytest.fixture(scope="module", autouse=True)
def beside_the_benchmark():
    """Its modules import each other by name, as when `python tests/bench` runs them."""
    sys.path.insert(0, str(BENCH))
    yield
    sys.path.remove(str(BENCH))


@pytest.fixture(scope="module")
def bench(beside_the_benchmark):
    """The benchmark's modules by name."""
    names = (
        "tally",
        "recipes",
        "peers",
        "in_torch",
        "page",
        "targets",
        "batches",
        "views",
        "sizes",
    )
    return type("Bench", (), {name: importlib.import_module(name) for name in names})


def stage(ends, accuracies, published, start=1.0, test=0.5):
    epochs = [
        {"seconds": s, "accuracy": a} for s, a in zip(ends, accuracies, strict=True)
    ]
    return {"start": start, "epochs": epochs, "published": published, "test": test}


def test_the_best_epoch_is_the_first_of_equals_over_all_stages(bench):
    two = [stage((3, 4, 5), (0.2, 0.7, 0.6), 3), stage((9, 11), (0.7, 0.7), 2, start=6)]
    assert bench.tally.best_epoch(two) == (0, 1)
    two[1]["epochs"][1]["accuracy"] = 0.8
    assert bench.tally.best_epoch(two) == (1, 1)


def test_epochs_that_were_not_run_count_as_steady_ones_and_tracing_counts_once(bench):
    one = stage(
        (5, 6, 7.5), (0.1, 0.2, 0.3), published=10
    )  # epochs of 4 (traced), 1 and 1.5 seconds
    assert bench.tally.lengths(one) == [4, 1, 1.5] and bench.tally.steady(one) == 1.25
    assert bench.tally.published_seconds([one]) == 7.5 + 7 * 1.25
    run = {"recipe": "torch_fixed", "seed": 0, "stages": [one], "total": None}
    found = bench.tally.numbers(run)
    assert (
        found["to_best"],
        found["epochs"],
        found["missing"],
        found["first_epochs"],
    ) == (7.5, 3, 7, 4)


def test_ratios_are_formed_within_a_repeat(bench):
    assert bench.tally.ratios({0: 10, 1: 40}, {0: 1, 1: 2}) == {
        "median": 15,
        "low": 10,
        "high": 20,
    }
    with pytest.raises(ValueError, match="the same repeats"):
        bench.tally.ratios({0: 10}, {1: 1})


def test_a_recipe_of_two_stages_has_a_row_for_its_head_alone(
    bench,
):
    two = [
        stage((3, 5), (0.2, 0.4), 2, test=0.35),
        stage((9, 13), (0.6, 0.5), 2, start=6, test=0.55),
    ]
    ours = {
        "recipe": "probe",
        "stages": [stage((2,), (0.5,), 0)],
        "total": 2.0,
        "test": 0.45,
    }
    runs = [
        {"recipe": "keras_guide", "seed": s, "stages": two, "total": None}
        for s in (0, 1)
    ]
    rows = bench.tally.rows([*runs, {**ours, "seed": 0}, {**ours, "seed": 1}])
    assert rows["keras_guide:head"]["accuracy"]["median"] == 0.35
    assert rows["keras_guide"]["accuracy"]["median"] == 0.55
    assert rows["keras_guide"]["to_best_ratio"]["median"] == 4.5
    assert rows["keras_guide"]["published_ratio"]["median"] == 6.5
    assert (
        rows["probe"]["accuracy"]["median"] == 0.45
        and rows["probe"]["published_ratio"]["high"] == 1
    )
    assert "| **tlkit, linear probe** | 0.450 |" in bench.page.table(rows)


def test_the_exponent_is_that_of_the_growth(bench):
    sizes = [1000, 2000, 4000, 8000]
    assert bench.tally.exponent(sizes, [3e-3 * n for n in sizes]) == pytest.approx(1)
    assert bench.tally.exponent(sizes, [n**1.5 for n in sizes]) == pytest.approx(1.5)


def test_the_arithmetic_allows_three_times_less_work(bench):
    assert bench.targets.allowed_by_arithmetic(10) == pytest.approx(3.26, abs=0.01)
    assert bench.targets.allowed_by_arithmetic(1) == pytest.approx(1)


def test_a_converted_kernel_sees_the_same_place_of_the_picture(bench):
    """PyTorch's convolution at one place, written out in NumPy, says what Keras's layer
    says there.
    """
    rng = np.random.default_rng(0)
    kernel, image = rng.normal(size=(3, 3, 2, 4)), rng.normal(size=(1, 5, 5, 2))
    layer = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)
    layer.build((None, 5, 5, 2))
    layer.set_weights([kernel])
    patch = image[0, 1:4, 2:5].transpose(
        2, 0, 1
    )  # channels first, around row 2, column 3
    theirs = (bench.in_torch.as_torch(kernel) * patch).sum(axis=(1, 2, 3))
    assert np.asarray(layer(image))[0, 2, 3] == pytest.approx(theirs, abs=1e-5)


def test_weights_and_arrays_reach_pytorch_in_the_order_of_the_network(bench, tmp_path):
    task = bench.peers.load("digits", 20, 10, 0)
    assert [len(split) for split in task.splits().values()] == [20, 10, 10]
    setting = bench.recipes.Setting(tk.Backbone("letters-small"), task, "float32", 0)
    bench.peers.hand_over(setting, tmp_path)
    weights = np.load(tmp_path / "weights.npz")
    names = sorted(
        name.removesuffix("/kernel") for name in weights if name.endswith("/kernel")
    )
    assert tuple(names) == tk.backbone.CONVOLUTIONS
    built = setting.backbone.build()
    assert np.array_equal(
        weights["block3_conv2/kernel"], built.get_layer("block3_conv2").get_weights()[0]
    )
    assert np.array_equal(np.load(tmp_path / "train_images.npy"), task.train.images[:])


def test_pytorch_says_the_same_about_a_picture(bench):
    try:
        python = bench.peers.torch_python()
    except bench.peers.TorchMissing as reason:
        pytest.skip(str(reason))
    setting = bench.recipes.Setting(
        tk.Backbone("letters-small"),
        bench.peers.load("digits", 20, 20, 0),
        "float32",
        0,
    )
    assert bench.peers.same_features(python, setting) < 1e-4


@pytest.fixture(scope="module")
def setting(bench):
    """Twenty digits and the smallest backbone; one epoch for each stage."""
    task = bench.peers.load("digits", 20, 20, 0)
    return bench.recipes.Setting(
        tk.Backbone("letters-small"), task, "float32", 0, epochs=1, head_epochs=1
    )


@pytest.mark.parametrize(
    "name, moved",
    [("keras_guide", [set(), set(tk.backbone.CONVOLUTIONS)]),
     ("tf_tutorial", [set(), {f"block5_conv{i}" for i in (1, 2, 3)}])],
)  # fmt: skip
def test_a_peer_trains_its_head_first_and_then_only_what_it_thawed(
    bench, setting, monkeypatch, name, moved
):
    before = {
        c: setting.backbone.build().get_layer(c).get_weights()[0]
        for c in tk.backbone.CONVOLUTIONS
    }
    seen, fit = [], keras.Model.fit

    def watched(self, *arguments, **named):
        history = fit(self, *arguments, **named)
        base = self.get_layer("backbone")
        seen.append(
            {
                c
                for c, old in before.items()
                if not np.array_equal(old, base.get_layer(c).get_weights()[0])
            }
        )
        return history

    monkeypatch.setattr(keras.Model, "fit", watched)
    report = bench.recipes.RECIPES[name](setting)
    assert seen == moved
    assert [len(stage["epochs"]) for stage in report["stages"]] == [
        1,
        1,
    ] and bench.tally.missing(report["stages"]) > 1
    ends = [stage["epochs"][-1]["seconds"] for stage in report["stages"]]
    assert (
        0
        < report["stages"][0]["start"]
        < ends[0]
        < report["stages"][1]["start"]
        < ends[1]
    )
    assert keras.Model.fit is watched, "the clock was left in Keras"


def test_our_recipes_report_the_package_s_own_seconds_and_leave_the_cache_alone(
    bench, setting
):
    kept = tk.features.entries()
    report = bench.peers.run("probe", setting, None)
    assert (
        report["stages"][0]["start"]
        < report["stages"][0]["epochs"][0]["seconds"]
        <= report["total"] + 0.5
    )
    assert (
        bench.tally.numbers(report | {"recipe": "probe"})["to_best"] == report["total"]
    )
    assert tk.features.entries() == kept


def test_the_labels_of_the_figure_keep_their_distance_and_order(bench):
    assert bench.page.spaced([0.5, 0.1, 0.51, 0.1], 0.1) == pytest.approx(
        [0.5, 0.1, 0.6, 0.2]
    )


def test_without_pytorch_the_benchmark_says_so(bench, monkeypatch, tmp_path):
    monkeypatch.setattr(
        bench.peers, "ENVIRONMENT", bench.peers.HERE.parents[1] / "build" / "nothing"
    )
    with pytest.raises(bench.peers.TorchMissing, match="Next: make bench makes it"):
        bench.peers.torch_python()


def test_views_are_mirrored_and_moved_and_the_first_is_the_picture_itself(bench):
    task = tk.load_task("digits", labels_per_class=5)
    shown, n = bench.views.with_views(task, 3).train, len(task.train)
    assert shown.images.shape == (3 * n, 32, 32, 3) and shown.images.dtype == np.uint8
    assert np.array_equal(shown.images[:n], task.train.images[:])
    assert np.array_equal(shown.labels, np.tile(task.train.labels, 3))
    ramp = np.broadcast_to(
        np.arange(32, dtype="uint8")[:, None], (20, 32, 32, 3)
    )  # rises from left to right
    seen, again, other = (
        bench.views.shaken(ramp, seed, True).astype(int) for seed in (0, 0, 1)
    )
    assert np.array_equal(seen, again) and not np.array_equal(seen, other)
    assert set(np.sign(seen[:, 16, 20, 0] - seen[:, 16, 12, 0])) == {-1, 1}, (
        "some are mirrored, some are not"
    )
    assert len(set(seen[:, 16, 16, 0])) > 3, "moved by different numbers of pixels"


def test_nobody_mirrors_where_that_changes_the_class(bench, monkeypatch):
    task = tk.load_task("digits", labels_per_class=5)
    ramp = np.broadcast_to(
        np.arange(32, dtype="uint8")[:, None], (len(task.train), 32, 32, 3)
    )
    drawn = replace(task, train=tk.Split(ramp, task.train.labels))
    rises = bench.views.with_views(drawn, 8).train.images.astype(int)
    assert not task.mirror and (rises[:, 16, 20, 0] > rises[:, 16, 12, 0]).all()
    for name in ("linear_probe", "fine_tune"):
        monkeypatch.setattr(tk, name, lambda *_, **how: how)
    for mirror in (False, True):
        done = bench.views.ways(
            tk.Backbone("letters-small"), replace(task, mirror=mirror), "float32", 1
        )
        assert (
            sum("mirrored" in way for way in done)
            == mirror
            == any(how["mirror"] for how in done.values())
        )


def test_a_way_of_augmenting_is_compared_with_the_first_of_its_recipe(bench):
    right = {
        "probe, 1": [np.array([True, False]), np.array([True, False])],
        "all, none": [np.ones(2, bool)] * 2,
        "probe, 8": [np.array([True, True]), np.array([True, True])],
    }
    seconds = {"probe, 1": [1.0, 2.0], "all, none": [9.0, 9.0], "probe, 8": [4.0, 8.0]}
    first, more = (
        bench.views.row(way, right, seconds) for way in ("probe, 1", "probe, 8")
    )
    assert (
        first["gain"] is None
        and first["price"] == 1
        and more["gain"]["mean"] == 0.5
        and more["price"] == 4
    )
    assert more["seconds"] == 6 and more["accuracy"]["mean"] == 1


def test_batches_of_two_sizes_learn_from_the_same_images_and_the_test_split_has_no_part(
    bench, monkeypatch
):
    whole = tk.load_task("digits", labels_per_class=60)
    one, again, other = (bench.batches.drawn(whole, 100, seed) for seed in (0, 0, 1))
    assert len(one.train) == 100 and len(one.validation) == len(whole.train) // 3
    assert one.fingerprint() == again.fingerprint() != other.fingerprint()
    seen = {image.tobytes() for image in np.asarray(one.train.images)}
    assert not seen & {image.tobytes() for image in np.asarray(one.validation.images)}
    asked, seconds = [], {128: 4.0, 256: 3.0, 32: 8.0, 64: 4.0, None: 1.0}

    def made(_backbone, task, batch=None, **plan):
        asked.append((task.fingerprint(), batch, plan.get("rate"), plan.get("head")))
        history = {"val_accuracy": [0.0, (batch or 0) / 1000, 0.0]}
        return SimpleNamespace(
            head="the probe's", seconds=seconds[batch], history=history
        )

    faked = {name: (made, *rest) for name, (_, *rest) in bench.batches.RECIPES.items()}
    monkeypatch.setattr(bench.batches, "RECIPES", faked)
    monkeypatch.setattr(tk, "linear_probe", made)
    monkeypatch.setattr(tk, "fine_tune", made)
    monkeypatch.setattr(tk, "activations", lambda *_, **__: None)
    probe, block = bench.batches.measure(
        "digits", tk.Backbone("letters-small"), "float32", 2, 100
    )
    assert probe["ratio"]["median"] == 0.75 and block["ratio"]["median"] == 0.5
    assert probe["gain"]["mean"] == pytest.approx(0.128) and block["gain"][
        "mean"
    ] == pytest.approx(0.032)
    tuned = [one for one in asked if one[2]]
    assert [one[1:3] for one in tuned] == [
        (64, 2e-4),
        (32, 1e-4),
        (32, 1e-4),
        (64, 2e-4),
    ]
    assert len({one[0] for one in tuned}) == 2 and all(
        one[3] == "the probe's" for one in tuned
    )


def test_per_cent_of_peak_follows_from_the_layers(bench, monkeypatch):
    monkeypatch.setattr(bench.sizes, "peak", lambda *_: 1e9)
    monkeypatch.setattr(bench.sizes, "first_and_later", lambda call: (call(), 0.5))
    small, large = bench.sizes.measure(tk.Backbone("letters-small"), (32, 64))[:2]
    model = tk.Backbone("letters-small").build((32, 32, 3))
    work = 2 * (tk.speed.multiply_adds(model) + 10 * model.output.shape[-1])
    assert small["forward"] == small["training"] == 2 * small["batch"]
    assert small["forward_of_peak"] == pytest.approx(work * small["forward"] / 1e9)
    assert small["training_of_peak"] == pytest.approx(3 * small["forward_of_peak"])
    assert large["forward_of_peak"] == pytest.approx(
        4 * small["forward_of_peak"], rel=0.01
    )  # four times the places


def test_when_a_training_ends_is_measured_in_both_ways(bench, setting, monkeypatch):
    stream, fed = bench.targets.fast.stream, []
    monkeypatch.setattr(
        bench.targets.fast,
        "stream",
        lambda batches: fed.append(batches) or stream(batches),
    )
    rows = bench.targets.ends_of_training(setting, (2, 3))
    assert len(fed) == 2  # and not in Keras's way
    for row, name in zip(rows, ("Keras", "tlkit"), strict=True):
        assert row["fed"] == name and len(row["seconds"]) == len(row["waits"]) == 2
        assert min(row["seconds"]) > 0 and min(row["waits"]) > 0


@pytest.mark.parametrize(
    "parts, said",
    [("views", "add recipes to --parts"), ("speed", "no part speed: expected")],
)
def test_parts_that_cannot_be_measured_get_a_sentence(
    beside_the_benchmark, tmp_path, capsys, parts, said
):
    spec = importlib.util.spec_from_file_location("bench_main", BENCH / "__main__.py")
    spec.loader.exec_module(main := importlib.util.module_from_spec(spec))
    with pytest.raises(SystemExit):
        main.arguments(["--parts", parts, "--out", str(tmp_path / "none.json")])
    assert said in capsys.readouterr().err


def test_a_page_has_only_the_parts_that_were_measured(bench):
    result = json.loads(
        (BENCH.parents[1] / "docs" / "performance.json").read_text("utf-8")
    )
    whole = bench.page.text(result, "performance.png")
    assert whole == (BENCH.parents[1] / "docs" / "performance.md").read_text("utf-8"), (
        "make bench writes the page"
    )
    heads = {
        "batches": "## Larger batches",
        "views": "## Augmentation",
        "sizes": "## Larger pictures",
        "steps": "| trained (batch",
        "ends": "| all layers, fed",
    }
    for part, head in heads.items():
        assert (head in whole) == (part in result) and head not in bench.page.text(
            result | {part: []}, "x.png"
        )
