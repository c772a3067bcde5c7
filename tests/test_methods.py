"""The cheaper methods do what their papers say, and give back plain Keras models."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

import tlkit as tk
from tlkit import recipes, training
from tlkit.backbone import Backbone
from tlkit.features import activations
from tlkit.machine.quiet import keras
from tlkit.recipes.adapters import with_adapters
from tlkit.recipes.distill import SHARE, TEMPERATURE, Softened, softened, student_of
from tlkit.recipes.knn import answers, with_neighbours
from tlkit.recipes.lora import low_rank
from tlkit.recipes.wise_ft import average
from tlkit.tasks import Split
from tlkit.training import Head

QUICK = dict(steps=12, min_epochs=2, batch=16)
METHODS = (
    "lora",
    "adapters",
    "l2_sp",
    "layerwise",
    "wise_ft",
    "distill",
    "knn",
    "prototypes",
)
HEAD = 64 * 10 + 10


@pytest.fixture(scope="module")
def degrees():
    """A number is asked for."""
    task = tk.load_task("degrees", labels_per_class=10)
    return replace(task, test=Split(task.test.images[:50], task.test.labels[:50]))


@pytest.fixture
def untrained(backbone, digits, probe):
    """The pretrained layers with the probe's head, as training gets them."""
    return training.with_head(backbone.build(), probe.head, digits)


def kernels(model):
    """Name -> kernel and bias of each convolution of VGG16."""
    return {
        layer.name: layer.get_weights()
        for layer in model.layers
        if "_conv" in layer.name
    }


def seen(backbone, task):
    """Standardised features of training and test images, as scikit-learn has them."""
    from sklearn.preprocessing import StandardScaler

    known, unseen = (
        np.asarray(activations(backbone, split.images, "features"))
        for split in (task.train, task.test)
    )
    head = training.new_head(backbone, backbone.build(), task, start="zeros")
    scaler = StandardScaler().fit(known)
    scaler.mean_, scaler.scale_ = head.mean, np.sqrt(head.variance)
    return scaler.transform(known), scaler.transform(unseen)


@pytest.mark.parametrize("name", METHODS)
def test_the_model_is_keras_own_and_gives_the_logits_from_its_file(
    backbone, digits, tmp_path, name
):
    run = recipes.RECIPES[name].train(backbone, digits, **QUICK)
    assert run.recipe == name and run.backbone.size == 32
    for layer in run.model._flatten_layers():
        assert type(layer).__module__.startswith("keras."), layer
        assert not getattr(layer, "lora_enabled", False)
        assert all(weight.regularizer is None for weight in layer.weights)
    run.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", custom_objects={})
    logits = loaded.predict(np.asarray(digits.test.images), verbose=0)
    np.testing.assert_allclose(logits, run.outputs["test"], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["adapters", "l2_sp", "lora", "wise_ft", "distill"])
def test_a_number_can_be_asked_for(backbone, degrees, name):
    run = recipes.RECIPES[name].train(backbone, degrees, **QUICK)
    again = run.model.predict(np.asarray(degrees.test.images), verbose=0)
    np.testing.assert_allclose(run.outputs["test"], again, rtol=1e-3, atol=1e-2)
    assert np.isfinite(run.score().mean) and run.outputs["test"].shape == (50, 1)


# LoRA


def test_lora_adds_a_matrix_of_low_rank_to_each_kernel_and_leaves_the_biases(
    backbone, digits
):
    run = tk.lora(backbone, digits, rank=2, rate=1e-2, keep_best=False, **QUICK)
    before, numbers = kernels(backbone.build()), HEAD
    for name, (kernel, bias) in kernels(run.model).items():
        old_kernel, old_bias = before[name]
        assert np.array_equal(bias, old_bias), name
        added = (kernel - old_kernel).reshape(-1, kernel.shape[-1])
        strengths = np.linalg.svd(added.astype("float64"), compute_uv=False)
        assert strengths[1] > 1e-4 * strengths[0] > 0, name
        assert strengths[2] < 1e-5 * strengths[0], f"{name}: more than rank 2"
        numbers += 2 * (added.shape[0] + added.shape[1])
    assert len(before) == 13 and run.trained_parameters == numbers
    assert run.settings["rank"] == 2 and run.settings["cut"] == "image"


def test_merged_kernels_answer_as_the_factors_beside_them_did(
    backbone, digits, monkeypatch
):
    unmerged = []
    module = sys.modules["tlkit.recipes.lora"]
    merged = module.merged

    def remember(run, precision):
        unmerged.append(run.model)
        return merged(run, precision)

    monkeypatch.setattr(module, "merged", remember)
    run = tk.lora(backbone, digits, rate=1e-2, keep_best=False, **QUICK)
    images = np.asarray(digits.test.images)
    with_factors = unmerged[0].predict(images, verbose=0)
    assert unmerged[0].get_layer("block3_conv1").lora_enabled
    np.testing.assert_allclose(
        run.model.predict(images, verbose=0), with_factors, rtol=1e-4, atol=1e-4
    )
    start = tk.linear_probe(backbone, digits).outputs["test"]
    assert np.abs(with_factors - start).max() > 0.1, "nothing was learnt"


def test_a_rank_of_nothing_is_refused(backbone, digits):
    with pytest.raises(ValueError, match="rank=0: expected 1 or more"):
        tk.lora(backbone, digits, rank=0)


def test_a_frozen_kernel_beside_factors_that_moves_is_found(
    backbone, digits, monkeypatch
):
    fit = training.fit

    def fit_and_meddle(network, *args, **named):
        found = fit(network, *args, **named)
        for variable in network.weights:
            if variable.path == "block1_conv1/kernel":  # not in the probe's training
                variable.assign(variable + 1)
        return found

    monkeypatch.setattr(training, "fit", fit_and_meddle)
    with pytest.raises(AssertionError, match="block1_conv1/kernel is frozen but"):
        tk.lora(backbone, digits, **QUICK)


# Adapters


def test_adapters_begin_as_the_probe(backbone, digits, probe):
    adapted = with_adapters(probe.model)
    np.testing.assert_allclose(
        adapted.predict(np.asarray(digits.test.images), verbose=0),
        probe.outputs["test"],
        rtol=1e-4,
        atol=1e-4,
    )
    trained = {variable.path for variable in adapted.trainable_variables}
    names = [f"block{i}_adapter" for i in range(1, 6)] + ["logits"]
    assert trained == {f"{n}/{part}" for n in names for part in ("kernel", "bias")}


def test_adapters_move_and_the_layers_between_them_stay(backbone, digits):
    run = tk.adapters(backbone, digits, **QUICK)
    before = kernels(backbone.build())
    after = kernels(run.model)
    assert len(after) == 13
    for name, values in after.items():
        for old, new in zip(before[name], values, strict=True):
            assert np.array_equal(old, new), name
    channels = (8, 16, 32, 64, 64)
    for i, count in enumerate(channels, start=1):
        kernel, bias = run.model.get_layer(f"block{i}_adapter").get_weights()
        assert kernel.shape == (1, 1, count, count) and bias.shape == (count,)
        assert np.abs(kernel).max() > 0
    assert run.trained_parameters == HEAD + sum(c * c + c for c in channels)
    assert run.settings["cut"] == "block1" and run.settings["cached"]


@pytest.mark.parametrize("name", ["lora", "adapters"])
def test_frozen_normalisation_keeps_its_statistics(digits, name):
    normalised = Backbone("letters-bn")
    run = recipes.RECIPES[name].train(normalised, digits, **QUICK)
    before, found = normalised.build(), 0
    for layer in run.model.layers:
        if "_bn" in layer.name:
            found += 1
            pairs = zip(
                layer.get_weights(),
                before.get_layer(layer.name).get_weights(),
                strict=True,
            )
            assert all(np.array_equal(new, old) for new, old in pairs), layer.name
    assert found == 13


@pytest.mark.parametrize("name", ["lora", "adapters"])
def test_other_architectures_are_adapted_too(digits, name):
    small = Backbone(None, architecture="mobilenet_v3_small")
    run = recipes.RECIPES[name].train(small, digits, steps=3, min_epochs=1)
    again = run.model.predict(np.asarray(digits.test.images), verbose=0)
    np.testing.assert_allclose(run.outputs["test"], again, rtol=1e-3, atol=1e-3)
    if name == "adapters":
        assert np.abs(run.model.get_layer("block5_adapter").kernel).max() > 0


# L2-SP, step size by depth


def distance(run, backbone):
    """Of the trained convolutions from their start."""
    before, after = kernels(backbone.build()), kernels(run.model)
    return sum(
        np.square(new - old).sum()
        for name, values in after.items()
        for old, new in zip(before[name], values, strict=True)
    )


def test_a_stronger_pull_keeps_the_weights_nearer_to_the_start(backbone, digits):
    runs = [tk.l2_sp(backbone, digits, pull=p, rate=1e-3, **QUICK) for p in (0.0, 10.0)]
    free, pulled = (distance(run, backbone) for run in runs)
    assert 0 < pulled < 0.5 * free
    assert all(run.trained_parameters == 230_568 + HEAD for run in runs)
    assert recipes.L2_SP.pull > 0, "without it this would be lp_ft"


def test_the_pull_is_the_penaltys_gradient_and_leaves_the_head_alone(untrained):
    kernel = untrained.get_layer("block3_conv1").kernel
    head = untrained.get_layer("logits").kernel
    adam = training.AdamByDepth(1.0, {}, 0.2, learning_rate=0.5)
    adam.build([kernel, head])
    start, beside = kernel.numpy(), head.numpy()
    towards = np.sign(np.random.default_rng(0).normal(size=start.shape))
    kernel.assign(start + towards)
    head.assign(beside + 9.0)
    adam.apply([keras.ops.zeros_like(kernel), keras.ops.zeros_like(head)])
    # Adam's first step is 0.5 against the gradient's sign, whatever its size
    assert np.allclose(kernel.numpy(), start + 0.5 * towards, atol=1e-4)
    assert np.array_equal(head.numpy(), beside + 9.0)
    momentum = adam._momentums[0].numpy()
    assert np.allclose(momentum, 0.1 * 0.2 * towards, atol=1e-6), "0.1: of a first step"


def test_the_step_of_each_block_is_a_fixed_share_of_that_above_it(backbone, digits):
    one = dict(steps=1, min_epochs=1, schedule=False, keep_best=False, epoch_steps=1)
    run = tk.layerwise(backbone, digits, rate=1e-3, shrink=0.5, **one)
    before, after = kernels(backbone.build()), kernels(run.model)
    for block in range(1, 6):
        name = f"block{block}_conv1"
        # Adam's first step has the same size for each number
        step = np.abs(after[name][0] - before[name][0]).max()
        assert step == pytest.approx(1e-3 * 0.5 ** (5 - block), rel=0.02), name
    assert 0 < recipes.LAYERWISE.shrink < 1


# WiSE-FT


def test_wise_ft_is_a_point_between_the_probe_and_the_fine_tuned_network(
    backbone, digits, probe, monkeypatch
):
    tried = []

    def the_fourth(task, outputs):
        tried.append(outputs)
        return (float(len(tried) == 4), 0.0)

    module = sys.modules["tlkit.recipes.wise_ft"]
    monkeypatch.setattr(module, "on_validation", the_fourth)
    run = tk.wise_ft(backbone, digits, rate=1e-3, **QUICK)
    monkeypatch.undo()
    assert len(tried) == 11 and run.settings["share"] == 0.3
    tuned = tk.fine_tune(
        backbone, digits, head=probe.head, unfreeze="all", rate=1e-3, **QUICK
    )
    for ours, first, last in zip(
        run.model.get_weights(),
        probe.model.get_weights(),
        tuned.model.get_weights(),
        strict=True,
    ):
        np.testing.assert_allclose(ours, 0.7 * first + 0.3 * last, atol=1e-5)
    np.testing.assert_allclose(tried[0], probe.outputs["validation"], atol=1e-3)
    np.testing.assert_allclose(tried[-1], tuned.outputs["validation"], atol=1e-3)
    np.testing.assert_allclose(tried[3], run.outputs["validation"], atol=1e-3)


def test_wise_ft_is_on_validation_no_worse_than_either_end(backbone, digits, probe):
    run = tk.wise_ft(backbone, digits, **QUICK)
    tuned = tk.lp_ft(backbone, digits, **QUICK)
    score, *ends = (one.score("validation").mean for one in (run, probe, tuned))
    assert score >= max(ends)
    assert f"fine-tuned weights {run.settings['share']}, chosen on" in run.notes[-1]


def test_an_average_is_exact_at_both_ends(probe):
    first = probe.model.get_weights()
    last = [values + 0.1 for values in first]
    model = keras.models.clone_model(probe.model)
    for share, expected in ((0.0, first), (1.0, last)):
        average(model, first, last, share)
        for found, wanted in zip(model.get_weights(), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


# Distillation


def test_a_student_is_a_smaller_network_of_the_kit():
    assert student_of(Backbone("letters")).weights == "letters-small"
    assert student_of(Backbone("letters-bn", size=48)).size == 48
    assert student_of(Backbone(None, width=1.0)).weights == "letters"
    other = Backbone(None, architecture="mobilenet_v3_small")
    assert student_of(other).weights == "letters"
    smallest = student_of(Backbone("letters-small"))
    assert smallest.weights is None and smallest.width == 1 / 16
    teacher, student = (
        backbone.build().count_params()
        for backbone in (Backbone("letters"), student_of(Backbone("letters")))
    )
    assert 0.24 < student / teacher < 0.26, "a quarter of the numbers"


def test_the_loss_is_that_of_labels_and_of_the_softened_teacher():
    rng = np.random.default_rng(0)
    teacher, logits = rng.normal(0, 3, (2, 6, 4)).astype("float32")
    labels = np.array([0, 1, 2, 3, 3, 1])
    known = np.concatenate([labels[:, None], teacher], axis=1).astype("float32")
    found = float(Softened()(known, logits))
    by_label = -log_softmax(logits, axis=1)[np.arange(6), labels].mean()
    target = softmax(teacher / TEMPERATURE, axis=1)
    by_teacher = -(target * log_softmax(logits / TEMPERATURE, axis=1)).sum(1).mean()
    expected = (1 - SHARE) * by_label + SHARE * TEMPERATURE**2 * by_teacher
    assert found == pytest.approx(expected, rel=1e-5)


def test_the_teachers_answers_stand_beside_the_labels_of_the_same_images(
    digits, degrees, probe
):
    taught = softened(digits, probe.outputs["train"])
    assert np.array_equal(taught.labels[:, 0], digits.train.labels)
    assert np.array_equal(taught.labels[:, 1:], probe.outputs["train"])
    taught.metric.update_state(taught.labels, probe.outputs["train"])
    right = probe.correct("train").mean()
    assert float(taught.metric.result()) == pytest.approx(right)
    n = len(degrees.train)
    mean = softened(degrees, np.full((n, 1), 8.0, "float32")).labels
    np.testing.assert_allclose(mean, (degrees.train.labels + 8.0) / 2, rtol=1e-5)


def test_a_student_learns_what_its_teacher_says_and_only_the_student_is_kept(
    backbone, digits, probe
):
    student = Backbone("letters-small")
    # a teacher that always names the next digit
    answers = np.roll(10 * np.eye(10, dtype="float32")[digits.train.labels], 1, axis=1)
    misled = replace(probe, outputs={**probe.outputs, "train": answers}, seconds=1000.0)
    run = tk.distill(
        backbone,
        digits,
        teacher=misled,
        student=student,
        rate=1e-3,
        steps=60,
        keep_best=False,
    )
    said = run.predicted("train")
    assert (said == (digits.train.labels + 1) % 10).mean() > 0.4
    assert run.backbone is student and run.seconds > 1000
    assert run.trained_parameters == student.build().count_params() + HEAD
    assert run.settings["student"] == run.settings["teacher"] == "letters-small"


def test_without_a_teacher_lp_ft_trains_one_at_its_own_step_size(
    backbone, digits, monkeypatch
):
    given = {}
    module = sys.modules["tlkit.recipes.distill"]

    def spy(asked, task, **named):
        given.update(named, backbone=asked)
        return tk.linear_probe(asked, task)

    monkeypatch.setattr(module, "lp_ft", spy)
    run = tk.distill(backbone, digits, rate=0.002, seed=3, **QUICK)
    assert given == {"backbone": backbone, "seed": 3, **QUICK}
    assert run.settings["rate"] == 0.002 and run.backbone.width == 1 / 16


# Nearest neighbours, class means


@pytest.mark.parametrize(
    "metric, k", [("euclidean", 1), ("euclidean", 5), ("cosine", 3)]
)
def test_the_layers_vote_as_scikit_learns_neighbours_do(backbone, digits, metric, k):
    from sklearn.neighbors import KNeighborsClassifier

    known, unseen = seen(backbone, digits)
    exact = KNeighborsClassifier(k, metric=metric).fit(known, digits.train.labels)
    shared = backbone.build()
    head = training.new_head(backbone, shared, digits, start="zeros")
    model = with_neighbours(
        shared, head, known.astype("float32"), answers(digits), metric, k
    )
    logits = model.predict(np.asarray(digits.test.images), verbose=0)
    share = ((k + 5) * softmax(logits, axis=1) - 0.5) / k
    np.testing.assert_allclose(share, exact.predict_proba(unseen), atol=1e-4)
    assert (logits.argmax(1) == exact.predict(unseen)).all()


def test_validation_chooses_how_many_neighbours_and_which_distance(backbone, digits):
    from sklearn.neighbors import KNeighborsClassifier

    run = tk.knn(backbone, digits)
    held = replace(digits, test=digits.validation)
    known, validation = seen(backbone, held)
    scores = {
        (metric, k): KNeighborsClassifier(k, metric=metric)
        .fit(known, digits.train.labels)
        .score(validation, digits.validation.labels)
        for metric in ("euclidean", "cosine")
        for k in (1, 2, 3, 5, 10, 20)  # 50 are more than there are
    }
    chosen = run.settings["metric"], run.settings["k"]
    assert scores[chosen] == max(scores.values()) > min(scores.values())
    assert run.score("validation").mean == scores[chosen]
    assert run.trained_parameters == 40 * 64 + 40 and run.head is None
    assert f"{chosen[1]} neighbours, {chosen[0]}, chosen on validation" in run.notes[0]


def test_neighbours_of_a_number_say_their_mean(backbone, degrees):
    from sklearn.neighbors import KNeighborsRegressor

    run = tk.knn(backbone, degrees)
    known, unseen = seen(backbone, degrees)
    exact = KNeighborsRegressor(run.settings["k"], metric=run.settings["metric"])
    expected = exact.fit(known, degrees.train.labels).predict(unseen)
    np.testing.assert_allclose(run.outputs["test"][:, 0], expected, atol=1e-2)


def test_class_means_name_what_scikit_learns_nearest_centroid_names(backbone, digits):
    from sklearn.neighbors import NearestCentroid

    run = tk.prototypes(backbone, digits)
    known, unseen = (part.astype("float64") for part in seen(backbone, digits))
    known += 1e-9 * np.arange(len(known))[:, None]  # or it warns of silent features
    exact = NearestCentroid().fit(known, digits.train.labels)
    assert (run.predicted() == exact.predict(unseen)).mean() > 0.99
    squares = np.square(unseen[:, None] - exact.centroids_).sum(axis=2)
    relative = run.outputs["test"] - run.outputs["test"][:, :1]
    np.testing.assert_allclose(relative, squares[:, :1] - squares, atol=1e-2)
    assert run.trained_parameters == HEAD and isinstance(run.head, Head)


def test_one_label_of_each_class_is_enough_for_means_and_neighbours(backbone):
    task = tk.load_task("digits", labels_per_class=2)
    task = replace(task, test=task.test.pick(range(200)))
    assert len(task.train) == 10
    for recipe in (tk.prototypes, tk.knn):
        assert recipe(backbone, task).score().low > 0.2


def test_class_means_need_classes_and_an_image_of_each(backbone, digits, degrees):
    with pytest.raises(
        ValueError, match="'degrees', which asks for a number. Next: kn"
    ):
        tk.prototypes(backbone, degrees)
    without = digits.train.pick(np.flatnonzero(digits.train.labels != 7))
    with pytest.raises(
        ValueError, match="a training image of every class, got none of"
    ):
        tk.prototypes(backbone, replace(digits, train=without))


def test_recipes_without_steps_take_settings_and_refuse_what_is_none(backbone, digits):
    for recipe in (tk.knn, tk.prototypes):
        run = recipe(backbone, digits, steps=3, precision="bfloat16")
        assert run.settings["precision"] == "bfloat16" and run.settings["epochs"] == 0
        with pytest.raises(TypeError, match="no_such_setting"):
            recipe(backbone, digits, no_such_setting=1)
        kept = kernels(run.model)["block5_conv3"][0]
        assert np.array_equal(kept, kernels(backbone.build())["block5_conv3"][0])
    assert recipes.RECIPES["knn"].fixed and recipes.RECIPES["prototypes"].fixed


def test_low_rank_leaves_the_head_trainable_and_all_else_but_the_factors_frozen(
    untrained,
):
    model = low_rank(untrained, 3)
    trained = {variable.name for variable in model.trainable_variables}
    assert trained == {"lora_kernel_a", "lora_kernel_b", "kernel", "bias"}
    head = {v.path for v in model.trainable_variables if "lora" not in v.name}
    assert head == {"logits/kernel", "logits/bias"}
