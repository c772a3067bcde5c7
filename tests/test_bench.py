"""The benchmark counts correctly, its peers train what they claim to, and every kind of
machine is measured in an environment of its own.
"""

import importlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from reading import arranged, problems

import tlkit as tk
from tlkit.machine import processor
from tlkit.machine.quiet import keras

BENCH = Path(__file__).parent / "bench"
DOCS = BENCH.parents[1] / "docs"
MODULES = (
    "batches",
    "children",
    "figure",
    "in_torch",
    "kinds",
    "main_job",
    "measure",
    "page",
    "peaks",
    "peers",
    "rates",
    "recipes",
    "sizes",
    "steps",
    "tables",
    "tally",
    "targets",
    "views",
)


@pytest.fixture(scope="module", autouse=True)
def beside_the_benchmark():
    """Its modules import each other by name, as when `python tests/bench` runs them."""
    sys.path.insert(0, str(BENCH))
    yield
    sys.path.remove(str(BENCH))


@pytest.fixture(scope="module")
def bench(beside_the_benchmark):
    """The benchmark's modules by name."""
    found = {name: importlib.import_module(name) for name in MODULES}
    return SimpleNamespace(**found)


@pytest.fixture(scope="module")
def command(beside_the_benchmark):
    """The module behind `python tests/bench`."""
    spec = importlib.util.spec_from_file_location("bench_main", BENCH / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def published():
    """The results that the published page shows."""
    return json.loads((DOCS / "performance.json").read_text("utf-8"))


def stage(ends, accuracies, published, start=1.0, test=0.5):
    """A stage as the recipes report it."""
    pairs = zip(ends, accuracies, strict=True)
    epochs = [{"seconds": end, "accuracy": accuracy} for end, accuracy in pairs]
    return {"start": start, "epochs": epochs, "published": published, "test": test}


def test_the_best_epoch_is_the_first_of_equals_over_all_stages(bench):
    first = stage((3, 4, 5), (0.2, 0.7, 0.6), 3)
    second = stage((9, 11), (0.7, 0.7), 2, start=6)
    assert bench.tally.best_epoch([first, second]) == (0, 1)
    second["epochs"][1]["accuracy"] = 0.8
    assert bench.tally.best_epoch([first, second]) == (1, 1)


def test_missing_epochs_count_as_steady_ones_and_tracing_counts_once(bench):
    # epochs of 4 (traced), 1 and 1.5 seconds
    one = stage((5, 6, 7.5), (0.1, 0.2, 0.3), published=10)
    assert bench.tally.lengths(one) == [4, 1, 1.5]
    assert bench.tally.steady(one) == 1.25
    assert bench.tally.published_seconds([one]) == 7.5 + 7 * 1.25
    run = {"recipe": "torch_fixed", "seed": 0, "stages": [one], "total": None}
    found = bench.tally.numbers(run)
    assert (found["to_best"], found["epochs"]) == (7.5, 3)
    assert (found["missing"], found["first_epochs"]) == (7, 4)


def test_ratios_are_formed_within_a_repeat(bench):
    found = bench.tally.ratios({0: 10, 1: 40}, {0: 1, 1: 2})
    assert found == {"median": 15, "low": 10, "high": 20}
    with pytest.raises(ValueError, match="the same repeats"):
        bench.tally.ratios({0: 10}, {1: 1})


def test_a_recipe_of_two_stages_has_a_row_for_its_head_alone(bench):
    head = stage((3, 5), (0.2, 0.4), 2, test=0.35)
    rest = stage((9, 13), (0.6, 0.5), 2, start=6, test=0.55)
    runs = []
    for seed in (0, 1):
        peer = {"recipe": "keras_guide", "stages": [head, rest], "total": None}
        ours = {"recipe": "probe", "stages": [stage((2,), (0.5,), 0)], "total": 2.0}
        runs += [{**peer, "seed": seed}, {**ours, "seed": seed, "test": 0.45}]
    rows = bench.tally.rows(runs)
    assert rows["keras_guide:head"]["accuracy"]["median"] == 0.35
    assert rows["keras_guide"]["accuracy"]["median"] == 0.55
    assert rows["keras_guide"]["to_best_ratio"]["median"] == 4.5
    assert rows["keras_guide"]["published_ratio"]["median"] == 6.5
    assert rows["probe"]["accuracy"]["median"] == 0.45
    assert rows["probe"]["published_ratio"]["high"] == 1
    assert "| **tlkit, linear probe** | 0.450 |" in bench.tables.of_recipes(rows)


def test_the_exponent_is_that_of_the_growth(bench):
    sizes = [1000, 2000, 4000, 8000]
    assert bench.tally.exponent(sizes, [3e-3 * n for n in sizes]) == pytest.approx(1)
    assert bench.tally.exponent(sizes, [n**1.5 for n in sizes]) == pytest.approx(1.5)


def test_the_arithmetic_allows_three_times_less_work(bench):
    assert bench.targets.allowed_by_arithmetic(10) == pytest.approx(3.26, abs=0.01)
    assert bench.targets.allowed_by_arithmetic(1) == pytest.approx(1)


def test_a_converted_kernel_sees_the_same_place_of_the_picture(bench):
    """PyTorch's convolution at one place, in NumPy, is what Keras's layer computes."""
    rng = np.random.default_rng(0)
    kernel, image = rng.normal(size=(3, 3, 2, 4)), rng.normal(size=(1, 5, 5, 2))
    layer = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)
    layer.build((None, 5, 5, 2))
    layer.set_weights([kernel])
    # channels first, around row 2, column 3
    patch = image[0, 1:4, 2:5].transpose(2, 0, 1)
    theirs = (bench.in_torch.as_torch(kernel) * patch).sum(axis=(1, 2, 3))
    assert np.asarray(layer(image))[0, 2, 3] == pytest.approx(theirs, abs=1e-5)


def test_weights_and_arrays_reach_pytorch_in_the_order_of_the_network(bench, tmp_path):
    task = bench.peers.load("digits", 20, 10, 0)
    assert [len(split) for split in task.splits().values()] == [20, 10, 10]
    setting = bench.recipes.Setting(tk.Backbone("letters-small"), task, "float32", 0)
    bench.peers.hand_over(setting, tmp_path)
    weights = np.load(tmp_path / "weights.npz")
    kernels = [name for name in weights if name.endswith("/kernel")]
    names = sorted(name.removesuffix("/kernel") for name in kernels)
    assert tuple(names) == tk.backbone.CONVOLUTIONS
    kernel, _ = setting.backbone.build().get_layer("block3_conv2").get_weights()
    assert np.array_equal(weights["block3_conv2/kernel"], kernel)
    assert np.array_equal(np.load(tmp_path / "train_images.npy"), task.train.images[:])


def test_pytorch_computes_the_same_features(bench):
    try:
        python = bench.peers.torch_python()
    except bench.peers.TorchMissing as reason:
        pytest.skip(str(reason))
    task = bench.peers.load("digits", 20, 20, 0)
    setting = bench.recipes.Setting(tk.Backbone("letters-small"), task, "float32", 0)
    assert bench.peers.same_features(python, setting) < 1e-4


@pytest.fixture(scope="module")
def setting(bench):
    """Twenty digits and the smallest backbone; one epoch for each stage."""
    task = bench.peers.load("digits", 20, 20, 0)
    backbone = tk.Backbone("letters-small")
    return bench.recipes.Setting(backbone, task, "float32", 0, epochs=1, head_epochs=1)


def kernels(backbone_model):
    """Convolution -> its kernel."""
    names = tk.backbone.CONVOLUTIONS
    return {name: backbone_model.get_layer(name).get_weights()[0] for name in names}


BLOCK_5 = {"block5_conv1", "block5_conv2", "block5_conv3"}


@pytest.mark.parametrize(
    ("name", "moved"),
    [
        ("keras_guide", [set(), set(tk.backbone.CONVOLUTIONS)]),
        ("tf_tutorial", [set(), BLOCK_5]),
    ],
)
def test_a_peer_trains_its_head_first_and_then_only_what_it_thawed(
    bench, setting, monkeypatch, name, moved
):
    before = kernels(setting.backbone.build())
    seen, fit = [], keras.Model.fit

    def watched(self, *arguments, **named):
        history = fit(self, *arguments, **named)
        after = kernels(self.get_layer("backbone"))
        seen.append({c for c in before if not np.array_equal(before[c], after[c])})
        return history

    monkeypatch.setattr(keras.Model, "fit", watched)
    report = bench.recipes.RECIPES[name](setting)
    assert seen == moved
    head, rest = report["stages"]
    assert len(head["epochs"]) == len(rest["epochs"]) == 1
    assert bench.tally.missing(head) + bench.tally.missing(rest) > 1
    ends = [part["epochs"][-1]["seconds"] for part in (head, rest)]
    assert 0 < head["start"] < ends[0] < rest["start"] < ends[1]
    assert keras.Model.fit is watched, "the clock was left in Keras"


def test_peers_have_plain_keras_convolutions(bench, setting, monkeypatch):
    base, _ = bench.recipes.base_and_model(setting, 0.1)
    convolutions = [base.get_layer(name) for name in tk.backbone.CONVOLUTIONS]
    assert not any("convolution_op" in vars(layer) for layer in convolutions)


def test_our_recipes_report_the_package_s_own_seconds_and_leave_the_cache_alone(
    bench, setting
):
    kept = tk.features.entries()
    report = bench.peers.run("probe", setting, None)
    (only,) = report["stages"]
    first = only["epochs"][0]["seconds"]
    assert only["start"] < first <= report["total"] + 0.5
    found = bench.tally.numbers({**report, "recipe": "probe"})
    assert found["to_best"] == report["total"]
    assert tk.features.entries() == kept


def test_the_figure_has_one_point_a_recipe_and_chance_and_can_be_read(bench, published):
    whole = bench.figure.figure(published)
    panels = bench.figure.shown(published)
    assert len(whole.axes) == len(panels) > 1
    for ax, result in zip(whole.axes, panels.values(), strict=True):
        points = [line for line in ax.lines if line.get_marker() in ("o", "s")]
        assert sorted(float(point.get_ydata()[0]) for point in points) == sorted(
            row["accuracy"]["median"] for row in result["rows"].values()
        )
        low, high = ax.get_xlim()
        assert all(low < point.get_xdata()[0] < high for point in points)
        names = {text.get_text() for text in ax.texts}
        assert names == {
            "chance 0.10",
            *(bench.figure.SHORT[recipe] for recipe in result["rows"]),
        }
    assert problems(arranged(whole)) == []


def test_without_pytorch_the_benchmark_explains_it(bench, monkeypatch):
    nothing = BENCH.parents[1] / "build" / "nothing"
    monkeypatch.setattr(bench.peers, "ENVIRONMENT", nothing)
    with pytest.raises(bench.peers.TorchMissing, match="Next: make bench makes it"):
        bench.peers.torch_python()


def test_views_are_mirrored_and_moved_and_the_first_is_the_picture_itself(bench):
    task = tk.load_task("digits", labels_per_class=5)
    shown, n = bench.views.with_views(task, 3).train, len(task.train)
    assert shown.images.shape == (3 * n, 32, 32, 3) and shown.images.dtype == np.uint8
    assert np.array_equal(shown.images[:n], task.train.images[:])
    assert np.array_equal(shown.labels, np.tile(task.train.labels, 3))
    ramp = rising(20)
    seen, again, other = (
        bench.views.shaken(ramp, seed, True).astype(int) for seed in (0, 0, 1)
    )
    assert np.array_equal(seen, again) and not np.array_equal(seen, other)
    slopes = np.sign(seen[:, 16, 20, 0] - seen[:, 16, 12, 0])
    assert set(slopes) == {-1, 1}, "some are mirrored, some are not"
    assert len(set(seen[:, 16, 16, 0])) > 3, "moved by different numbers of pixels"


def rising(count):
    """Pictures that grow lighter from left to right."""
    row = np.arange(32, dtype="uint8")[:, None]
    return np.broadcast_to(row, (count, 32, 32, 3))


def test_nobody_mirrors_where_that_changes_the_class(bench, monkeypatch):
    task = tk.load_task("digits", labels_per_class=5)
    drawn = replace(task, train=tk.Split(rising(len(task.train)), task.train.labels))
    seen = bench.views.with_views(drawn, 8).train.images.astype(int)
    assert not task.mirror and (seen[:, 16, 20, 0] > seen[:, 16, 12, 0]).all()
    for name in ("linear_probe", "fine_tune"):
        monkeypatch.setattr(tk, name, lambda *_, **how: how)
    for mirror in (False, True):
        allowed = replace(task, mirror=mirror)
        done = bench.views.ways(tk.Backbone("letters-small"), allowed, "float32", 1)
        assert any("mirrored" in way for way in done) == mirror
        assert any(how["mirror"] for how in done.values()) == mirror


def test_a_way_of_augmenting_is_compared_with_the_first_of_its_recipe(bench):
    right = {
        "probe, 1": [np.array([True, False]), np.array([True, False])],
        "all, none": [np.ones(2, bool)] * 2,
        "probe, 8": [np.array([True, True]), np.array([True, True])],
    }
    seconds = {"probe, 1": [1.0, 2.0], "all, none": [9.0, 9.0], "probe, 8": [4.0, 8.0]}
    first = bench.views.row("probe, 1", right, seconds)
    more = bench.views.row("probe, 8", right, seconds)
    assert first["gain"] is None and first["price"] == 1
    assert more["gain"]["mean"] == 0.5 and more["price"] == 4
    assert more["seconds"] == 6 and more["accuracy"]["mean"] == 1


def test_the_images_that_choose_a_batch_size_are_not_those_that_train(bench):
    whole = tk.load_task("digits", labels_per_class=60)
    one, again, other = (bench.batches.drawn(whole, 100, seed) for seed in (0, 0, 1))
    assert len(one.train) == 100 and len(one.validation) == len(whole.train) // 3
    assert one.fingerprint() == again.fingerprint() != other.fingerprint()
    seen = {image.tobytes() for image in np.asarray(one.train.images)}
    assert not seen & {image.tobytes() for image in np.asarray(one.validation.images)}


def test_batches_of_two_sizes_learn_from_the_same_images_in_turn(bench, monkeypatch):
    asked = []
    seconds = {128: 4.0, 256: 3.0, 32: 8.0, 64: 4.0, None: 1.0}

    def made(_backbone, task, batch=None, **plan):
        asked.append((task.fingerprint(), batch, plan.get("rate"), plan.get("head")))
        history = {"val_accuracy": [0.0, (batch or 0) / 1000, 0.0]}
        return SimpleNamespace(
            head="the probe's", seconds=seconds[batch], history=history
        )

    monkeypatch.setattr(tk, "linear_probe", made)
    monkeypatch.setattr(tk, "fine_tune", made)
    monkeypatch.setattr(tk, "activations", lambda *_, **__: None)
    backbone = tk.Backbone("letters-small")
    probe, block = bench.batches.measure("digits", backbone, "float32", 2, 100)
    assert probe["ratio"]["median"] == 0.75 and block["ratio"]["median"] == 0.5
    assert probe["gain"]["mean"] == pytest.approx(0.128)
    assert block["gain"]["mean"] == pytest.approx(0.032)
    tuned = [one for one in asked if one[2]]
    assert [one[1] for one in tuned] == [64, 32, 32, 64]
    assert [one[2] for one in tuned] == [2e-4, 1e-4, 1e-4, 2e-4]
    assert len({one[0] for one in tuned}) == 2
    assert all(one[3] == "the probe's" for one in tuned)


def test_per_cent_of_peak_follows_from_the_layers(bench, monkeypatch):
    monkeypatch.setattr(bench.sizes, "peak", lambda *_: 1e9)
    monkeypatch.setattr(bench.sizes, "first_and_later", lambda call: (call(), 0.5))
    small, large = bench.sizes.measure(tk.Backbone("letters-small"), (32, 64))[:2]
    model = tk.Backbone("letters-small").build((32, 32, 3))
    work = 2 * (tk.speed.multiply_adds(model) + 10 * model.output.shape[-1])
    assert small["forward"] == small["training"] == 2 * small["batch"]
    assert small["forward_of_peak"] == pytest.approx(work * small["forward"] / 1e9)
    assert small["training_of_peak"] == pytest.approx(3 * small["forward_of_peak"])
    four_times = pytest.approx(4 * small["forward_of_peak"], rel=0.01)
    assert large["forward_of_peak"] == four_times


def test_when_a_training_ends_is_measured_in_both_ways(bench, setting, monkeypatch):
    stream, fed = bench.steps.fast.stream, []

    def watched(batches):
        fed.append(batches)
        return stream(batches)

    monkeypatch.setattr(bench.steps.fast, "stream", watched)
    rows = bench.steps.ends(setting, (2,))
    assert len(fed) == 1  # and not in Keras's way
    for row, name in zip(rows, ("Keras", "tlkit"), strict=True):
        assert row["fed"] == name and len(row["seconds"]) == len(row["waits"]) == 1
        assert min(row["seconds"]) > 0 and min(row["waits"]) > 0


def test_a_step_is_measured_with_plain_and_with_faster_convolutions(bench, monkeypatch):
    used, by_places = [], bench.steps.fast._by_places

    def counted(x, kernel):
        used.append(x.shape)
        return by_places(x, kernel)

    monkeypatch.setattr(bench.steps.fast, "_by_places", counted)
    monkeypatch.setattr(bench.steps.fast, "CHANNELS", 1)
    monkeypatch.setattr(processor, "in_words", lambda: "AVX2, oneDNN on")
    task = SimpleNamespace(image_shape=(32, 32, 3))
    backbone = tk.Backbone("letters-small")
    given = SimpleNamespace(backbone=backbone, task=task, precision="float32")
    (row,) = bench.steps.parts(given, batch=2, repeats=1, depths=("block5",))
    assert row["trained"] == "block5"
    assert used and all(shape[1:3] == (2, 2) for shape in used)
    assert all(row[key] > 0 for key in ("forward", "down", "by_keras", "step"))


def test_rates_compare_in_turn_and_ratios_belong_to_one_repeat(bench, monkeypatch):
    by_way = {"Keras": {0: 10.0, 1: 20.0}, "tlkit": {0: 20.0, 1: 30.0}}
    row = bench.rates.row("training 32", by_way)
    assert (row["pass"], row["batch"]) == ("training", 32)
    assert row["ratios"] == {"Keras": {"median": 1.75, "low": 1.5, "high": 2.0}}
    setting = bench.recipes.Setting(
        tk.Backbone("letters-small"), tk.load_task("digits", 5), "float32", 0
    )
    monkeypatch.setattr(bench.rates, "BATCHES", {"forward": (4,), "training": (2,)})
    rows = bench.rates.measure(setting, None, repeats=1, calls=1)
    assert [row["pass"] for row in rows] == ["forward", "training"]
    assert all(set(row["ways"]) == {"Keras", "tlkit"} for row in rows)


def test_memory_is_that_of_a_fresh_process_for_each_recipe_and_for_all(bench):
    rows = bench.peaks.measure(
        tk.Backbone("letters-small"),
        "float32",
        images=120,
        test=40,
        steps=1,
        names=("probe",),
    )
    assert [row["recipe"] for row in rows] == ["probe", "all in one call"]
    assert all(row["mb"] > 200 for row in rows)


def test_only_the_first_batches_pass_a_network_where_memory_is_measured(
    bench, monkeypatch
):
    monkeypatch.setattr(keras.Model, "predict_on_batch", keras.Model.predict_on_batch)
    monkeypatch.setattr(bench.children, "PASSED", 2)
    bench.children.shorten_passes()
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Rescaling(2.0)(inputs))
    said = [model.predict_on_batch(np.full((1, 1), i, "float32")) for i in range(4)]
    assert [float(one[0, 0]) for one in said] == [0, 2, 2, 2]
    other = model.predict_on_batch(np.full((3, 1), 5, "float32"))
    assert other.shape == (3, 1), "another shape passes it"


def test_the_main_job_is_timed_from_the_start_of_its_process(bench):
    found = bench.main_job.measure(1, "probe")
    assert found["seeds"] == 1 and len(found["recipes"]["probe"]) == 1
    assert 0 < found["first_line"] < found["first_step"] < found["total"]
    assert found["recipes"]["probe"][0] < found["total"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--parts", "speed"], "--parts: expected some of recipes,rates"),
        (["--kinds", "mmx"], "--kinds: expected some of avx2,avx2-default"),
        (["--recipes", "svm"], "--recipes: expected some of article"),
    ],
)
def test_what_cannot_be_measured_gets_a_sentence(command, capsys, words, said):
    with pytest.raises(SystemExit):
        command.arguments(words)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("instructions", "names"),
    [
        ("AVX2, oneDNN on", ["avx2", "avx2-default"]),
        ("AVX-512, oneDNN on", ["avx2", "avx2-default", "avx512"]),
        ("AVX-512 BF16, oneDNN on", ["avx2", "avx2-default", "avx512-bf16"]),
    ],
)
def test_a_processor_plays_its_own_kind_and_the_more_ordinary_ones(
    bench, monkeypatch, instructions, names
):
    monkeypatch.setattr(processor, "is_x86", lambda: True)
    monkeypatch.setattr(processor, "in_words", lambda: instructions)
    assert [kind.name for kind in bench.kinds.playable()] == names
    monkeypatch.setattr(processor, "is_x86", lambda: False)
    assert [kind.name for kind in bench.kinds.playable()] == ["other"]


def test_each_kind_is_a_process_with_its_variables_set_before_any_import(
    bench, command, monkeypatch
):
    calls = []

    def run(call, env):
        calls.append((call, env))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(command.subprocess, "run", run)
    for name in ("avx2", "avx2-default"):
        assert command.play(bench.kinds.KINDS[name], ["--quick"]) == 0
    for (call, env), onednn, name in zip(
        calls, ("1", "0"), ("avx2", "avx2-default"), strict=True
    ):
        assert call[-3:] == ["--quick", "--inside", name]
        assert env["TF_ENABLE_ONEDNN_OPTS"] == onednn
        assert env["ONEDNN_MAX_CPU_ISA"] == "AVX2"
        assert env["PATH"] == os.environ["PATH"]
    published = command.command(["--task", "/home/somebody/pics", "--inside", "avx2"])
    assert published == "python tests/bench --task pics"


def test_onednn_obeys_the_variable_by_which_a_processor_plays_an_older_one(bench):
    """oneDNN names the kernels that it uses; capped, it uses older ones."""
    if not processor.is_x86():
        pytest.skip("not an x86 processor")
    code = (
        "import tensorflow as tf; x = tf.ones((1, 8, 8, 8)); "
        "tf.nn.conv2d(x, tf.ones((3, 3, 8, 8)), 1, 'SAME')"
    )
    said = {}
    for cap in ("SSE41", "AVX2"):
        env = {
            **os.environ,
            processor.ONEDNN: "1",
            processor.CAP: cap,
            "ONEDNN_VERBOSE": "1",
        }
        done = bench.targets.subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True
        )
        lines = done.stdout.splitlines()
        said[cap] = next(line for line in lines if "info,cpu,isa:" in line)
    assert said["SSE41"].endswith("SSE4.1")
    assert said["AVX2"].endswith("AVX2")


def test_what_was_measured_elsewhere_stays_in_the_file(bench, published, tmp_path):
    path = tmp_path / "found.json"
    path.write_text(json.dumps(published), "utf-8")
    results = bench.measure.Results(path, bench.kinds.KINDS["other"])
    kept = published["kinds"]["avx512-bf16"]
    facts = ("machine", "versions", "weights", "task", "precision", "provenance")
    results.update(
        **{name: kept[name] for name in facts},
        commands=["python tests/bench"],
        main={
            "seeds": 1,
            "first_line": 1.0,
            "first_step": 9.0,
            "total": 75.0,
            "recipes": {"probe": [4.0]},
        },
    )
    found = json.loads(path.read_text("utf-8"))
    assert found["kinds"]["avx512-bf16"] == kept
    page = path.with_suffix(".md").read_text("utf-8")
    assert "1 min 15 s (1 of the 3 draws)" in page
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_results_of_other_pictures_are_not_mixed(bench, command, tmp_path, capsys):
    out = tmp_path / "found.json"
    kind = bench.kinds.KINDS["avx2"]
    weights = {"name": "other", "sha256": "0", "width": 1.0}
    held = {"kinds": {"avx2": {"weights": weights, "task": {"name": "cats"}}}}
    out.write_text(json.dumps(held), "utf-8")
    given = command.arguments(["--parts", "main", "--out", str(out)])
    assert bench.measure.one_kind(kind, given, "python tests/bench") == 1
    assert "holds results of cats and other. Next: add" in capsys.readouterr().err
    assert json.loads(out.read_text("utf-8")) == held


def test_the_page_is_what_the_bench_writes(bench, published):
    page = (DOCS / "performance.md").read_text("utf-8")
    assert bench.page.text(published, "performance") == page
    assert page.startswith("# How long will it take on my machine?")
    assert page.index("SHA-256") > page.index("## What exactly was measured")
    assert page.index("](performance.png)") < page.index("## ")  # seen first


def test_a_page_has_only_the_parts_that_were_measured(bench, published):
    heads = {
        "targets": "## Targets",
        "rows": "## Against whom",
        "rates": "## Images in a second",
        "main": "## `python -m tlkit run`",
        "memory": "## Memory",
        "steps": "## Where a training step goes",
        "ends": "## When a training ends",
        "batches": "## Larger batches",
        "views": "## Augmentation",
        "sizes": "## Larger pictures",
    }
    whole = bench.page.text(published, "x")
    for part, head in heads.items():
        known = [one for one in published["kinds"].values() if part in one]
        assert (head in whole) == bool(known)
        without = {
            name: {key: value for key, value in one.items() if key != part}
            for name, one in published["kinds"].items()
        }
        assert head not in bench.page.text({"kinds": without}, "x")


def test_every_column_names_instructions_and_precision(bench, published):
    for one in published["kinds"].values():
        words = bench.tables.instructions(one)
        assert words.endswith(f", {one['precision']}")
        assert words.startswith(("AVX2, oneDNN o", "AVX-512"))


@pytest.mark.parametrize(
    ("seconds", "said"), [(8.44, "8.4 s"), (41.3, "41 s"), (125.2, "2 min 5 s")]
)
def test_times_are_written_for_people(bench, seconds, said):
    assert bench.tables.duration(seconds) == said
