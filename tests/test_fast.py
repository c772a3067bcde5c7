"""What is faster than Keras must compute the same as Keras, and leave models plain."""

from itertools import islice

import numpy as np
import pytest
import tensorflow as tf

import tlkit as tk
from tlkit.machine import fast, processor
from tlkit.machine.quiet import keras
from tlkit.training import Settings, batches

MANY = fast.CHANNELS
FASTER = [  # where convolutions are computed differently with AVX2
    ((2, 2, MANY), "float32"),
    ((4, 3, MANY), "float32"),
    ((6, 6, MANY), "float32"),
    ((2, 2, MANY), "mixed_bfloat16"),
    ((3, 5, MANY), "mixed_bfloat16"),
]
PLAIN = [
    ((2, 2, MANY // 2), "float32"),
    ((2, 2, MANY // 2), "mixed_bfloat16"),
    ((3, 5, MANY // 2), "mixed_bfloat16"),
    ((7, 6, MANY), "float32"),
]


@pytest.fixture(autouse=True)
def with_avx2(monkeypatch):
    """The choice of this test does not depend on the processor that it runs on."""
    monkeypatch.setattr(processor, "in_words", lambda: "AVX2, oneDNN on")


def trained(adam, rate, clipnorm):
    """Weights of a small network after 20 steps of an optimizer."""
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3)]
    )
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(160, 6)).astype("float32"), rng.integers(0, 3, 160)
    network.compile(
        adam(rate(), clipnorm=clipnorm),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    network.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0)
    assert int(network.optimizer.iterations) == 20
    return network.get_weights()


@pytest.mark.parametrize(
    "rate", [lambda: 0.03, lambda: keras.optimizers.schedules.CosineDecay(0.03, 20)]
)
@pytest.mark.parametrize("clipnorm", [None, 0.1, 10.0])
def test_adam_in_one_operation_takes_the_steps_of_keras(rate, clipnorm):
    ours = trained(fast.Adam, rate, clipnorm)
    theirs = trained(keras.optimizers.Adam, rate, clipnorm)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)


def one_layer(shape, dtype, **settings):
    """A model of one convolution with six filters."""
    start = keras.initializers.GlorotUniform(seed=0)
    settings = {"padding": "same", "kernel_initializer": start, **settings}
    layer = keras.layers.Conv2D(6, 3, activation="relu", dtype=dtype, **settings)
    inputs = keras.Input(shape)
    return keras.Model(inputs, layer(inputs))


def ways_used(model):
    """How often the model's convolution is not Keras's own, while it is computed."""
    used = []

    def watched(way):
        def call(*arguments):
            used.append(way.__name__)
            return way(*arguments)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in ("_by_places", "_as_dense", "_with_kernel_gradient_by_places"):
            patch.setattr(fast, name, watched(getattr(fast, name)))
        with fast.convolutions(model):
            model(np.zeros((1, *model.input.shape[1:]), "float32"))
    return used


def outputs_and_gradients(model):
    """Of a model of one layer: outputs, gradients of inputs, kernel and bias."""
    rng = np.random.default_rng(0)
    height, width, channels = model.input.shape[1:]
    x = tf.constant(rng.normal(size=(7, height, width, channels)), "float32")
    upstream = tf.constant(rng.normal(size=(7, height, width, 6)), "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = tf.cast(model(x), "float32")
    of = [x, *model.trainable_variables]
    return outputs, *tape.gradient(outputs, of, upstream)


@pytest.mark.parametrize(("shape", "dtype"), FASTER)
def test_a_convolution_and_its_gradients_are_those_of_keras(shape, dtype):
    fine = outputs_and_gradients(one_layer(shape, "float32"))
    model = one_layer(shape, dtype)
    assert len(ways_used(model)) == 1
    with fast.convolutions(model):
        ours = outputs_and_gradients(model)
    close = 1e-5 if dtype == "float32" else 0.02
    for mine, other in zip(ours, fine, strict=True):
        assert np.abs(mine - other).max() < close * np.abs(other).max()


@pytest.mark.parametrize(("shape", "dtype"), PLAIN)
def test_where_keras_is_as_fast_its_own_convolution_is_used(shape, dtype):
    assert ways_used(one_layer(shape, dtype)) == []


def test_other_convolutions_and_other_devices_are_left_alone(monkeypatch):
    shape = (4, 4, MANY)
    assert ways_used(one_layer(shape, "float32")) == ["_by_places"]
    for settings in ({"strides": 2}, {"groups": 2}, {"dilation_rate": 2}):
        assert ways_used(one_layer(shape, "float32", **settings)) == []
    assert ways_used(one_layer(shape, "float32", padding="valid")) == []
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    assert ways_used(one_layer(shape, "float32")) == []


def test_with_avx512_float32_is_computed_differently_only_in_2_x_2_pixels(monkeypatch):
    monkeypatch.setattr(processor, "in_words", lambda: "AVX-512, oneDNN on")
    assert ways_used(one_layer((2, 2, MANY), "float32")) == ["_by_places"]
    assert ways_used(one_layer((2, 3, MANY), "float32")) == []
    assert ways_used(one_layer((2, 2, MANY), "mixed_bfloat16")) == ["_as_dense"]


def test_a_model_is_plain_keras_before_and_after_and_when_something_fails():
    model = one_layer((2, 2, MANY), "float32")
    layer = model.layers[-1]
    with pytest.raises(RuntimeError), fast.convolutions(model):
        assert "convolution_op" in vars(layer)
        raise RuntimeError
    assert "convolution_op" not in vars(layer)
    outer = keras.Model(model.input, model(model.input))  # a model inside a model
    with fast.convolutions(outer):
        with fast.convolutions(model):
            pass
        assert "convolution_op" in vars(layer), "the outer one still holds"
    assert "convolution_op" not in vars(layer)


def test_a_model_keeps_what_it_traced_and_a_fresh_one_of_its_layers_does_not():
    shared = one_layer((4, 4, MANY), "float32")
    x = np.random.default_rng(0).normal(size=(3, 4, 4, MANY)).astype("float32")
    inside = keras.Model(shared.input, shared.output)
    with fast.convolutions(shared):
        during = inside.predict_on_batch(x)
    plain = shared.predict_on_batch(x)
    np.testing.assert_array_equal(inside.predict_on_batch(x), during)
    np.testing.assert_allclose(plain, during, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_backbone_computes_the_same_inside_and_its_models_stay_plain(precision):
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), "uint8")
    model = tk.Backbone(None, width=0.5).build((32, 32, 3), precision)
    last = model.get_layer("block5_conv3")
    within = keras.Model(model.input, model.output)
    with fast.convolutions(model):
        assert "convolution_op" in vars(last)
        ours = within.predict_on_batch(images)
    assert type(last) is keras.layers.Conv2D and "convolution_op" not in vars(last)
    theirs = model.predict_on_batch(images)
    close = 1e-4 if precision == "float32" else 0.03
    assert np.abs(ours - theirs).max() < close * np.abs(theirs).max()


def test_the_shipped_backbones_compute_the_very_same_numbers_inside():
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), "uint8")
    model = tk.Backbone("letters").build()
    within = keras.Model(model.input, model.output)
    with fast.convolutions(model):
        ours = within.predict_on_batch(images)
    np.testing.assert_array_equal(ours, model.predict_on_batch(images))


def settings(batch):
    """Of a training whose steps have so many images."""
    return Settings(rate=1, steps=1, batch=batch, mirror=False)


def test_a_stream_gives_the_batches_in_their_order():
    inputs = np.arange(46, dtype="uint8").reshape(23, 2)

    def made():
        return batches(inputs, np.arange(23), settings(10), seed=3)

    streamed = fast.stream(made()).as_numpy_iterator()
    for (x, y), (inputs_, labels) in islice(zip(streamed, made(), strict=True), 8):
        assert x.dtype == inputs.dtype
        np.testing.assert_array_equal(x, inputs_)
        np.testing.assert_array_equal(y, labels)


def test_no_training_waits_for_tensorflow_to_tune_its_input(monkeypatch):
    fit, seen = keras.Model.fit, []

    def watched(self, x, **named):
        seen.append(x.options().autotune.enabled)
        return fit(self, x, **named)

    monkeypatch.setattr(keras.Model, "fit", watched)
    task = tk.load_task("digits", labels_per_class=5)
    tk.lp_ft(tk.Backbone("letters-small"), task, steps=2, min_epochs=1)
    assert seen == [False, False]


def test_another_backend_gets_the_generator_and_plain_convolutions(monkeypatch):
    made = batches(np.zeros((4, 2)), np.zeros(4), settings(2), seed=0)
    model = one_layer((2, 2, MANY), "float32")
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    assert fast.stream(made) is made
    with fast.convolutions(model):
        assert "convolution_op" not in vars(model.layers[-1])


def test_what_is_computed_after_a_tensor_waits_for_it():
    @tf.function
    def squared(first, second):
        first = tf.square(first)
        with fast.after(first):
            return first, tf.exp(second)

    one = tf.TensorSpec((), "float32")
    graph = squared.get_concrete_function(one, one).graph
    (exponential,) = (op for op in graph.get_operations() if op.type == "Exp")
    assert [op.type for op in exponential.control_inputs] == ["Square"]
