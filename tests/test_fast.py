"""What TensorFlow does faster must be what Keras does: the same steps of Adam, the same batches, and no wait."""

import numpy as np
import pytest

import tlkit as tk
from tlkit import fast
from tlkit.quiet import keras
from tlkit.transfer import Settings, _Batches


def trained(adam, rate, clipnorm):
    """Weights of a small network after 20 steps of an optimizer, with weight decay in none."""
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3)])
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(160, 6)).astype("float32"), rng.integers(0, 3, 160)
    network.compile(adam(rate(), clipnorm=clipnorm), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0)
    assert int(network.optimizer.iterations) == 20
    return network.get_weights()


@pytest.mark.parametrize("rate", [lambda: 0.03, lambda: keras.optimizers.schedules.CosineDecay(0.03, 20)])
@pytest.mark.parametrize("clipnorm", [None, 0.1])
def test_adam_in_one_operation_takes_the_steps_of_keras(rate, clipnorm):
    ours, theirs = trained(fast.Adam, rate, clipnorm), trained(keras.optimizers.Adam, rate, clipnorm)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)


def test_a_stream_gives_the_batches_in_their_order():
    inputs = np.arange(46, dtype="float16").reshape(23, 2)
    batches = _Batches(inputs, np.arange(23), Settings(rate=1, steps=1, batch=10), seed=3)
    for t, (x, y) in zip(range(8), fast.stream(batches).as_numpy_iterator(), strict=False):
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


def test_another_backend_gets_keras_s_own_ways(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    batches = _Batches(np.zeros((4, 2)), np.zeros(4), Settings(rate=1, steps=1, batch=2), seed=0)
    assert fast.stream(batches) is batches
