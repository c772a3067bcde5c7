"""The recipes do what the textbook says: what is frozen stays, what is thawed moves,
the test split waits.
"""

import sys
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest

import tlkit as tk
from tlkit import features, recipes, training
from tlkit.backbone import Backbone, at_cut, cut_below
from tlkit.machine import fast
from tlkit.machine.quiet import keras
from tlkit.tasks import Split, Task
from tlkit.training import Settings, batches

QUICK = dict(steps=12, min_epochs=2, batch=16)


def weights_of(run, blocks):
    return {
        layer.name: layer.get_weights()[0]
        for layer in run.model.layers
        if layer.name[:6] in blocks and layer.get_weights()
    }


def pretrained(backbone):
    return {
        layer.name: layer.get_weights()[0]
        for layer in backbone.build().layers
        if layer.get_weights()
    }


BLOCKS = ("block1", "block2", "block3", "block4", "block5")


def test_a_probe_reads_unseen_digits_far_above_chance_with_five_labels_per_class(probe):
    assert probe.score().low > 0.4


def test_a_probe_trains_the_head_and_leaves_every_shared_layer_as_it_was(
    backbone, probe
):
    before = pretrained(backbone)
    assert all(
        np.array_equal(kernel, before[name])
        for name, kernel in weights_of(probe, BLOCKS).items()
    )
    assert probe.trained_parameters == 64 * 10 + 10
    assert np.abs(probe.head.kernel).sum() > 0


@pytest.mark.parametrize(
    "unfreeze, moved",
    [("block5", ("block5",)), ("block4", ("block4", "block5")), ("all", BLOCKS)],
)
def test_fine_tuning_moves_the_thawed_blocks_and_only_them(
    backbone, digits, probe, unfreeze, moved
):
    run = tk.fine_tune(backbone, digits, head=probe.head, unfreeze=unfreeze, **QUICK)
    before = pretrained(backbone)
    for name, kernel in weights_of(run, BLOCKS).items():
        assert np.array_equal(kernel, before[name]) == (name[:6] not in moved), name
    assert run.settings["cached"] == (unfreeze != "all")


def test_every_recipe_returns_logits_for_every_split_that_the_whole_model_reproduces(
    backbone, digits
):
    for recipe in recipes.RECIPES.values():
        run = recipe.train(backbone, digits, **QUICK)
        assert {name: out.shape for name, out in run.outputs.items()} == {
            "train": (40, 10),
            "validation": (10, 10),
            "test": (200, 10),
        }
        again = run.model.predict(np.asarray(digits.test.images), verbose=0)
        np.testing.assert_allclose(
            run.outputs["test"], again, rtol=1e-3, atol=1e-3, err_msg=run.recipe
        )
        assert run.score().mean == (again.argmax(1) == digits.test.labels).mean()
        assert (
            run.seconds > 0 and run.peak_memory_mb > 100 and run.trained_parameters > 0
        )
        assert (
            len(run.history.get("loss", ()))  # some recipes take no steps
            == len(run.history.get("val_accuracy", ()))
            == run.settings["epochs"]
        )
        # what the table tells of it, by which its time is estimated
        cut = "features"
        if recipe.lowest is not None:
            cut = cut_below(recipe.lowest, backbone.network)
        assert run.settings["cut"] == cut, run.recipe
        if recipe.settings is not None and run.history:
            assert run.settings["rate"] == recipe.settings.rate, run.recipe
            assert run.settings["shrink"] == recipe.settings.shrink, run.recipe


def test_from_scratch_starts_from_random_weights_not_from_the_pretrained_ones(
    backbone, digits
):
    run = tk.from_scratch(backbone, digits, **QUICK)
    assert run.backbone.weights is None and run.backbone.width == backbone.width
    start = pretrained(backbone.random())
    close = [
        np.abs(kernel - start[name]).mean()
        for name, kernel in weights_of(run, BLOCKS).items()
    ]
    far = [
        np.abs(kernel - pretrained(backbone)[name]).mean()
        for name, kernel in weights_of(run, BLOCKS).items()
    ]
    assert np.mean(close) < 0.2 * np.mean(far)


def test_from_scratch_begins_at_the_loss_of_guessing(digits):
    untrained = tk.from_scratch(
        tk.Backbone("letters"),
        digits,
        rate=1e-6,
        schedule=False,
        steps=1,
        min_epochs=1,
        keep_best=False,
    )
    assert untrained.backbone.preprocessing == "1/255"
    assert untrained.history["val_loss"][0] == pytest.approx(np.log(10), rel=0.1)
    assert tk.Backbone("letters").random().preprocessing == "own", "as frozen features"


def test_the_article_is_copied_with_its_mistakes(backbone, digits):
    run = tk.article(backbone, digits, steps=2, epoch_steps=1)
    layers = {layer.name: layer for layer in run.model.layers}
    assert layers["image"].scale == 1 / 255 and "flatten" in layers and run.head is None
    standing = recipes.ARTICLE
    assert (standing.rate, standing.batch, standing.epoch_steps, standing.steps) == (
        1e-4,
        32,
        100,
        1000,
    )
    assert not standing.keep_best and not standing.schedule
    assert run.trained_parameters == backbone.build().count_params() + 64 * 10 + 10
    grey = np.full((1, 32, 32, 3), 128, "uint8")
    np.testing.assert_allclose(
        at_cut(run.model, "image").predict(grey, verbose=0),
        128 / 255,
        atol=1e-6,
    )


def test_lp_ft_starts_fine_tuning_from_the_probes_head(
    backbone, digits, probe, monkeypatch
):
    seen = {}
    module = sys.modules["tlkit.recipes.lp_ft"]  # its name is also the function's
    fine_tune = module.fine_tune

    def spy(*args, head, **kwargs):
        seen["head"] = head
        return fine_tune(*args, head=head, **kwargs)

    monkeypatch.setattr(module, "fine_tune", spy)
    run = tk.lp_ft(backbone, digits, **QUICK)
    for ours, theirs in zip(seen["head"], probe.head, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert run.recipe == "lp_ft" and run.settings["cut"] == "image"


def test_the_same_seed_repeats_a_run_exactly_and_another_seed_does_not(
    backbone, digits, probe
):
    again, other = (
        tk.linear_probe(backbone, digits),
        tk.linear_probe(backbone, digits, seed=1),
    )
    np.testing.assert_array_equal(probe.outputs["test"], again.outputs["test"])
    assert not np.array_equal(probe.outputs["test"], other.outputs["test"])


def test_a_frozen_layer_that_moves_is_found(backbone, digits, monkeypatch):
    fit = training.fit

    def fit_and_meddle(network, *args, **named):
        found = fit(network, *args, **named)
        frozen[0].get_layer("block1_conv1").bias.assign_add([1.0] * 8)
        return found

    frozen, at_cut = [], training.at_cut

    def remember(model, cut):
        frozen.append(at_cut(model, cut))
        return frozen[-1]

    monkeypatch.setattr(training, "fit", fit_and_meddle)
    monkeypatch.setattr(training, "at_cut", remember)
    with pytest.raises(AssertionError, match="probe: block1_conv1/bias is frozen but"):
        tk.linear_probe(backbone, digits, **QUICK)


def test_a_thawed_layer_that_does_not_move_is_found(backbone, digits):
    with pytest.raises(
        AssertionError, match="should have been trained and did not change"
    ):
        tk.linear_probe(backbone, digits, **{**QUICK, "rate": 0.0})


def test_shuffling_is_new_in_every_epoch_and_visits_every_image_once_a_pass():
    inputs, settings = np.arange(50)[:, None], Settings(rate=1, steps=1, batch=10)
    made = batches(inputs, np.arange(50), settings, seed=0)
    passes = [np.concatenate([next(made)[1] for _ in range(5)]) for _ in range(3)]
    assert all(sorted(seen) == list(range(50)) for seen in passes)
    assert not np.array_equal(passes[0], passes[1])
    assert not np.array_equal(passes[1], passes[2])


def test_every_training_batch_is_full_even_where_the_images_do_not_divide():
    settings = Settings(rate=1, steps=1, batch=10)
    made = batches(np.arange(23)[:, None], np.arange(23), settings, seed=0)
    seen = []
    for _ in range(46):
        x, y = next(made)
        assert len(x) == len(y) == 10 and np.array_equal(x[:, 0], y)
        seen.extend(y)
    counts = np.bincount(seen, minlength=23)
    assert counts.max() - counts.min() <= 2  # the row of shuffles is cut at both ends


def test_fit_reshuffles_too_not_only_our_own_loop(backbone, digits, monkeypatch):
    orders, made = [], training.batches

    def spy(*args):
        for x, y in made(*args):
            orders.append(tuple(y))
            yield x, y

    monkeypatch.setattr(training, "batches", spy)
    tk.linear_probe(backbone, digits, steps=3, min_epochs=3, batch=40)
    assert len(set(orders[:3])) == 3  # an epoch is one batch here


def test_a_training_step_is_traced_once(backbone, digits, monkeypatch):
    traced, step = [], fast.Adam.update_step

    def count(self, gradient, variable, rate):
        traced.append(variable.shape.as_list())
        step(self, gradient, variable, rate)

    monkeypatch.setattr(fast.Adam, "update_step", count)
    tk.linear_probe(backbone, digits, **QUICK)
    # bias and kernel, each once, whatever the number of steps
    assert sorted(map(len, traced)) == [1, 2]


def test_mirroring_turns_about_half_of_the_images_and_no_label():
    images = np.random.default_rng(0).integers(0, 256, (200, 4, 4, 3), dtype="uint8")
    settings = Settings(rate=1, steps=1, batch=200, mirror=True)
    x, y = next(batches(images, np.arange(200), settings, seed=0))
    same = (x == images[y]).all(axis=(1, 2, 3))
    turned = (x == images[y][:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same | turned).all() and 60 < turned.sum() < 140


def test_drawn_symbols_are_never_mirrored_and_photographs_are(backbone, digits):
    assert not tk.fine_tune(backbone, digits, unfreeze="all", **QUICK).settings[
        "mirror"
    ]
    assert tk.fine_tune(
        backbone, replace(digits, mirror=True), unfreeze="all", **QUICK
    ).settings["mirror"]


def test_early_stopping_watches_validation_and_the_best_epoch_is_kept(backbone, digits):
    run = tk.linear_probe(
        backbone, digits, steps=200, min_epochs=50, patience=3, rate=0.05
    )
    best = max(run.history["val_accuracy"])
    assert len(run.history["loss"]) < 50
    assert (
        run.predicted("validation") == digits.validation.labels
    ).mean() == pytest.approx(best)


@pytest.mark.parametrize(
    "name, measure", [("digits", "val_accuracy"), ("degrees", "val_mae")]
)
def test_the_history_says_of_the_kept_epoch_what_its_predictions_say(
    backbone, name, measure
):
    task = tk.load_task(name, labels_per_class=10)
    run = tk.linear_probe(backbone, task)
    truth, said = (
        np.asarray(task.validation.labels),
        run.outputs["validation"].astype("float64"),
    )
    if task.is_regression:
        loss, score = (
            ((said[:, 0] - truth) ** 2).mean(),
            np.abs(said[:, 0] - truth).mean(),
        )
    else:
        loss = (
            np.log(np.exp(said).sum(axis=1)) - said[np.arange(len(truth)), truth]
        ).mean()
        score = (said.argmax(axis=1) == truth).mean()
    losses, scores = (np.array(run.history[key]) for key in ("val_loss", measure))
    kept = losses.argmin() if task.is_regression else np.lexsort((losses, -scores))[0]
    np.testing.assert_allclose((losses[kept], scores[kept]), (loss, score), rtol=1e-4)


def test_ctrl_c_stops_cleanly_and_keeps_the_best_state_so_far(
    backbone, digits, capsys, monkeypatch
):
    end = training.KeepBest.on_epoch_end

    def interrupt_in_the_fourth(self, epoch, logs=None):
        if epoch == 3:
            raise KeyboardInterrupt
        end(self, epoch, logs)

    monkeypatch.setattr(training.KeepBest, "on_epoch_end", interrupt_in_the_fourth)
    run = tk.linear_probe(backbone, digits)
    assert len(run.history["loss"]) == 3
    assert "stopped by you after 3 of" in capsys.readouterr().out
    assert (
        run.predicted("validation") == digits.validation.labels
    ).mean() == pytest.approx(max(run.history["val_accuracy"]))


def test_ctrl_c_before_anything_was_learnt_is_passed_on(backbone, digits, monkeypatch):
    def interrupt(self, epoch, logs=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(training.KeepBest, "on_epoch_end", interrupt)
    with pytest.raises(KeyboardInterrupt):
        tk.linear_probe(backbone, digits)


def test_where_the_cache_would_overflow_the_frozen_layers_run_in_every_epoch(
    backbone, digits, capsys, monkeypatch, tmp_path
):
    cached = tk.fine_tune(backbone, digits, unfreeze="block4", **QUICK)
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(
        features, "limit_bytes", lambda: 30_000
    )  # room for pooled features only
    streamed = tk.fine_tune(backbone, digits, unfreeze="block4", **QUICK)
    assert "the frozen layers run in every epoch instead" in capsys.readouterr().out
    assert cached.settings["cached"] and not streamed.settings["cached"]
    np.testing.assert_allclose(
        cached.history["loss"], streamed.history["loss"], rtol=1e-3
    )
    np.testing.assert_allclose(
        cached.outputs["test"], streamed.outputs["test"], atol=0.05
    )


def test_a_regression_head_predicts_in_the_tasks_units(backbone):
    task = tk.load_task("degrees", labels_per_class=100)  # 1,000 scenes
    task = replace(task, test=Split(task.test.images[:300], task.test.labels[:300]))
    run = tk.linear_probe(Backbone("letters"), task)
    guess = np.abs(task.test.labels - task.train.labels.mean()).mean()
    assert (
        run.score().high < guess
        and run.outputs["test"].shape == (300, 1)
        and "val_mae" in run.history
    )
    with pytest.raises(
        ValueError, match="asks for a number, which is never exactly right: use score"
    ):
        run.correct()
    assert run.marks().mean() == pytest.approx(run.score().mean, rel=1e-5)


def test_a_saved_model_predicts_the_same_without_tlkits_help(probe, digits, tmp_path):
    probe.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    images = np.asarray(digits.test.images)
    np.testing.assert_allclose(
        loaded.predict(images, verbose=0),
        probe.model.predict(images, verbose=0),
        rtol=1e-5,
        atol=1e-5,
    )


def test_a_feature_that_is_silent_in_training_cannot_explode_in_the_test(probe):
    assert probe.head.variance.min() > 0.005 * probe.head.variance.mean()


def test_one_more_class_than_labels_allow_is_not_a_recipe(backbone, digits):
    with pytest.raises(
        ValueError, match="unfreeze='block9': expected one of all, block1"
    ):
        tk.fine_tune(backbone, digits, unfreeze="block9")
    with pytest.raises(TypeError, match="no_such_setting"):
        tk.linear_probe(backbone, digits, no_such_setting=1)


def test_the_batch_normalised_sibling_freezes_its_statistics_too(digits):
    run = tk.fine_tune(Backbone("letters-bn"), digits, unfreeze="block5", **QUICK)
    before = {
        layer.name: layer.get_weights()
        for layer in Backbone("letters-bn").build().layers
        if "_bn" in layer.name
    }
    for layer in run.model.layers:
        if "_bn" in layer.name and not layer.name.startswith("block5"):
            assert all(
                np.array_equal(a, b)
                for a, b in zip(layer.get_weights(), before[layer.name], strict=True)
            ), layer.name


def test_a_probe_agrees_with_scikit_learns_exact_solution(backbone, digits, probe):
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    known = np.asarray(features.activations(backbone, digits.train.images, "features"))
    unseen = np.asarray(features.activations(backbone, digits.test.images, "features"))
    scaler = StandardScaler().fit(known)
    exact = LogisticRegression(C=0.05, max_iter=1000).fit(
        scaler.transform(known), digits.train.labels
    )
    assert (
        abs(
            exact.score(scaler.transform(unseen), digits.test.labels)
            - probe.score().mean
        )
        < 0.06
    )


def test_a_task_is_not_changed_by_a_recipe(backbone, digits):
    before = digits.fingerprint()
    tk.linear_probe(backbone, digits, **QUICK)
    assert digits.fingerprint() == before and isinstance(digits, Task)


def test_transfer_reads_digits_where_a_linear_model_of_the_pixels_guesses():
    from sklearn.linear_model import LogisticRegression

    letters, probes, pixels = Backbone("letters"), [], []
    for seed in range(5):
        task = tk.load_task("digits", labels_per_class=20, seed=seed)
        probes.append(tk.linear_probe(letters, task, seed=seed).score().mean)
        train, test = (
            np.asarray(part.images).reshape(len(part), -1) / 255.0
            for part in (task.train, task.test)
        )
        linear = LogisticRegression(C=0.01, max_iter=2000).fit(train, task.train.labels)
        pixels.append(linear.score(test, task.test.labels))
    assert np.mean(probes) >= 0.80 and max(pixels) < 0.25, (probes, pixels)


def test_a_head_is_standardised_as_its_images_are_of_which_ten_thousand_suffice(
    monkeypatch,
):
    rng, asked = np.random.default_rng(0), tk.Backbone("letters-small")
    task = tk.load_task("digits", labels_per_class=2)
    for count in (9_000, 30_000):
        known = (
            rng.normal(3, 2, (count, asked.channels)) * (np.arange(count) % 2)[:, None]
        ).astype("float16")
        monkeypatch.setattr(
            training, "activations", lambda *_, known=known, **__: known
        )
        head = training.new_head(asked, None, task, start="zeros")
        exact = known.astype("float32")
        if count <= 10_000:
            assert np.array_equal(head.mean, exact.mean(axis=0))
        np.testing.assert_allclose(head.mean, exact.mean(axis=0), atol=0.1)
        np.testing.assert_allclose(head.variance, 1.01 * exact.var(axis=0), rtol=0.05)


@pytest.mark.parametrize(
    "stored, fed", [("float16", "float32"), ("float32", "float32"), ("uint8", "uint8")]
)
def test_half_precision_goes_no_further_than_the_batch(stored, fed):
    """TensorFlow prints an error line where a processor cannot compute with it."""
    inputs = np.arange(40).reshape(20, 2).astype(stored)
    x, _ = next(
        batches(inputs, np.arange(20), Settings(rate=1, steps=1, batch=8), seed=0)
    )
    assert x.dtype == fed and x.shape == (8, 2)


def test_bitfit_trains_biases_and_the_head_and_no_kernel(backbone, digits, probe):
    run = tk.bitfit(backbone, digits, **QUICK)
    before = {layer.name: layer for layer in backbone.build().layers}
    moved = []
    for layer in run.model.layers:
        if layer.name[:6] in BLOCKS and layer.get_weights():
            kernel, bias = layer.get_weights()
            old_kernel, old_bias = before[layer.name].get_weights()
            assert np.array_equal(kernel, old_kernel), layer.name
            moved.append(not np.array_equal(bias, old_bias))
    assert all(moved) and len(moved) == 13
    filters = 2 * (8 + 16) + 3 * (32 + 64 + 64)  # of an eighth of VGG16's width
    assert run.trained_parameters == filters + 64 * 10 + 10
    assert run.settings["cut"] == "image" and run.recipe == "bitfit"


def test_every_recipe_has_its_own_label_colour_and_sentence():
    table = recipes.RECIPES.values()
    for what in ("label", "colour", "sentence", "train"):
        assert len({getattr(recipe, what) for recipe in table}) == len(recipes.RECIPES)


def test_the_model_of_a_run_is_a_plain_keras_model(digits):
    wide = Backbone(None, width=0.5)  # 256 channels: faster convolutions in training
    run = tk.fine_tune(wide, digits, **QUICK)
    own = keras.layers.Conv2D.convolution_op
    for layer in run.model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            assert type(layer) is keras.layers.Conv2D
            assert layer.convolution_op.__func__ is own


def test_a_network_of_keras_applications_is_cut_between_its_blocks(digits):
    small = Backbone(None, architecture="mobilenet_v3_small")
    run = tk.fine_tune(small, digits, unfreeze="block4", **QUICK)
    assert run.settings["cut"] == "block3" and run.settings["cached"]
    before = small.build()
    ends = [layer.name for layer in before.layers].index("expanded_conv_7_add")
    pairs = zip(before.layers, run.model.layers, strict=False)  # the head comes last
    for i, (old, new) in enumerate(pairs):
        for was, now in zip(old.get_weights(), new.get_weights(), strict=True):
            if i <= ends:
                assert np.array_equal(was, now), old.name
            elif was.ndim == 4:
                assert not np.array_equal(was, now), old.name
    assert run.outputs["test"].shape == (200, 10)


# Equal care


@pytest.fixture
def trained_at():
    """A recipe that trains nothing: validation scores and losses by step size."""

    def make(share, margin=lambda rate: 1.0, rate=0.01):
        tried = []

        def train(backbone, task, *, seed, **changes):
            used = changes.get("rate", rate)
            tried.append((used, seed))
            labels = task.validation.labels
            right = np.arange(100) < round(100 * share(used, seed))
            logits = np.zeros((100, 2), "float32")
            logits[np.arange(100), np.where(right, labels, 1 - labels)] = margin(used)
            run = FakeRun(task=task, seed=seed)
            run.outputs = {"validation": logits}
            run.settings = {"rate": used}
            return run

        return train, tried

    return make


@dataclass
class FakeRun:
    """What `tune` looks at."""

    task: Task
    seed: int
    outputs: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)
    notes: tuple = ()

    def score(self, split):
        labels, logits = self.task.splits()[split].labels, self.outputs[split]
        return SimpleNamespace(mean=float((logits.argmax(axis=1) == labels).mean()))


def draws(n):
    split = Split(np.zeros((100, 1, 1, 3), "uint8"), np.arange(100) % 2)
    return [
        Task("t", "which?", ("a", "b"), split, split, split, False, None, seed)
        for seed in range(n)
    ]


def near(best):
    """A score that falls on both sides of a step size."""
    return lambda rate, seed: 0.9 - 0.1 * abs(np.log(rate / best)) / np.log(3)


def test_tune_tries_both_sides_and_stops_where_the_best_lies_between(trained_at):
    train, tried = trained_at(near(0.01))
    found = recipes.tune(train, None, draws(2))
    assert np.allclose([rate for rate, _ in tried[::2]], [0.01, 0.01 / 3, 0.03])
    assert [seed for _, seed in tried] == [0, 1] * 3
    assert found.rate == 0.01 and [run.seed for run in found.runs] == [0, 1]
    assert {run.settings["rate"] for run in found.runs} == {0.01}
    assert found.tried[0.01] == [0.9, 0.9] and "edge" not in found.in_words()
    assert all(run.notes == (found.in_words(),) for run in found.runs)


@pytest.mark.parametrize("best", [0.01 / 9, 0.09])
def test_tune_goes_on_outwards_while_the_best_lies_at_the_edge(trained_at, best):
    train, tried = trained_at(near(best))
    found = recipes.tune(train, None, draws(1))
    assert len(tried) == 5 and np.isclose(found.rate, best)
    train, tried = trained_at(near(best * best / 0.01))
    found = recipes.tune(train, None, draws(1))
    assert len(tried) == 5 and "at the edge of what was tried" in found.in_words()


def test_tune_asks_all_draws(trained_at):
    def one_draw_is_misled(rate, seed):
        return 0.99 if (rate > 0.02 and seed == 0) else near(0.01)(rate, seed)

    train, _ = trained_at(one_draw_is_misled)
    assert recipes.tune(train, None, draws(1), most=3).rate == 0.01 * 3
    assert recipes.tune(train, None, draws(3), most=3).rate == 0.01


@pytest.mark.parametrize("surest", [0.01 / 3, 0.01, 0.01 * 3])
def test_tune_tells_equal_scores_apart_by_the_loss(trained_at, surest):
    # all answers are right, with more margin at one step size
    train, _ = trained_at(lambda rate, seed: 1.0, lambda rate: 1 + (rate == surest))
    assert recipes.tune(train, None, draws(1), most=3).rate == surest


def test_tune_never_looks_at_the_test_split(trained_at):
    train, _ = trained_at(near(0.01))
    blind = [replace(task, test=None) for task in draws(1)]
    assert recipes.tune(train, None, blind).rate == 0.01


@pytest.mark.parametrize("tasks, most", [(0, 5), (1, 2)])
def test_tune_says_what_it_needs(tasks, most):
    with pytest.raises(ValueError, match="tasks and at least 3 step sizes"):
        recipes.tune(None, None, draws(tasks), most=most)
