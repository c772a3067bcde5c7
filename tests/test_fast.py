"""What TensorFlow does faster must be what Keras does: the same convolutions, steps of Adam and batches, no wait."""

import numpy as np
import pytest
import tensorflow as tf

import tlkit as tk
from tlkit.machine import fast
from tlkit.machine.quiet import keras
from tlkit.training import Settings, _Batches


def trained(adam, rate, clipnorm):
    """Weights of a small network after 20 steps of an optimizer, with weight decay in none."""
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
    ours, theirs = (
        trained(fast.Adam, rate, clipnorm),
        trained(keras.optimizers.Adam, rate, clipnorm),
    )
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)


MANY = fast.CHANNELS
SHAPES = [
    ((2, 2, MANY), "float32"),
    ((2, 2, MANY), "mixed_bfloat16"),
    ((3, 5, MANY), "mixed_bfloat16"),
]


def convolved(convolve, shape, dtype):
    """A layer of six filters, with what it makes of some inputs and the gradients of inputs, kernel and bias."""
    rng = np.random.default_rng(0)
    start = keras.initializers.GlorotUniform(seed=0)
    layer = keras.layers.Conv2D(
        6, 3, padding="same", activation="relu", kernel_initializer=start, dtype=dtype
    )
    inputs = keras.Input(shape)
    model = keras.Model(inputs, convolve(layer, inputs))
    x, upstream = (
        tf.constant(rng.normal(size=(7, *shape[:2], c)), "float32")
        for c in (shape[2], 6)
    )
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = tf.cast(model(x), "float32")
    return (
        layer,
        outputs,
        *tape.gradient(outputs, [x, *model.trainable_variables], upstream),
    )


@pytest.mark.parametrize(("shape", "dtype"), SHAPES)
def test_a_convolution_and_its_gradients_are_those_of_keras(shape, dtype):
    fine = convolved(lambda layer, x: layer(x), shape, "float32")
    ours = convolved(fast.convolution, shape, dtype)
    assert "convolution_op" in vars(ours[0])
    for mine, other in zip(ours[1:], fine[1:], strict=True):
        assert (
            np.abs(mine - other).max()
            < (1e-5 if dtype == "float32" else 0.02) * np.abs(other).max()
        )


def test_only_where_it_is_faster_is_a_convolution_computed_differently(monkeypatch):
    half = MANY // 2
    others = [
        ((3, 5, half), "mixed_bfloat16"),
        ((2, 2, half), "mixed_bfloat16"),
        ((3, 5, MANY), "float32"),
    ]
    assert not any(
        "convolution_op" in vars(convolved(fast.convolution, *case)[0])
        for case in others
    )
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    assert not any(
        "convolution_op" in vars(convolved(fast.convolution, *case)[0])
        for case in SHAPES
    )


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_network_of_fast_convolutions_is_saved_as_one_of_plain_ones(
    tmp_path, precision
):
    model = tk.Backbone(None, width=0.5).build(
        (32, 32, 3), precision
    )  # the letters' have too few channels
    last = model.get_layer("block5_conv3")
    assert "convolution_op" in vars(last)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.get_layer("block5_conv3")) is keras.layers.Conv2D
    assert "convolution_op" not in vars(loaded.get_layer("block5_conv3"))
    images = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), "uint8")
    ours, theirs = model.predict_on_batch(images), loaded.predict_on_batch(images)
    assert (
        np.abs(ours - theirs).max()
        < (1e-4 if precision == "float32" else 0.03) * np.abs(theirs).max()
    )


def test_a_stream_gives_the_batches_in_their_order():
    inputs = np.arange(46, dtype="float16").reshape(23, 2)
    batches = _Batches(
        inputs, np.arange(23), Settings(rate=1, steps=1, batch=10), seed=3
    )
    for t, (x, y) in zip(
        range(8), fast.stream(batches).as_numpy_iterator(), strict=False
    ):
        assert x.dtype == inputs.dtype
        np.testing.assert_array_equal(x, batches[t][0])
        np.testing.assert_array_equal(y, batches[t][1])


def test_no_training_waits_for_tensorflow_to_tune_its_input(monkeypatch):
    fit, seen = keras.Model.fit, []

    def watched(self, x, **named):
        seen.append(x.options().autotune.enabled)
        return fit(self, x, **named)

    monkeypatch.setattr(keras.Model, "fit", watched)
    task = tk.load_task("digits", labels_per_class=5)
    tk.lp_ft(tk.Backbone("letters-small"), task, steps=2, min_epochs=1)
    assert seen == [False, False]


def test_another_backend_gets_keras_s_own_ways_but_for_dense_layers(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    batches = _Batches(
        np.zeros((4, 2)), np.zeros(4), Settings(rate=1, steps=1, batch=2), seed=0
    )
    assert fast.stream(batches) is batches
    small, large = (
        keras.layers.Conv2D(6, 3, padding="same", dtype="mixed_bfloat16")
        for _ in range(2)
    )
    fast.convolution(small, keras.Input((2, 2, MANY)))
    fast.convolution(large, keras.Input((3, 5, MANY)))
    assert "convolution_op" in vars(small) and "convolution_op" not in vars(large)
