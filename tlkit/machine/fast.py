"""What can be done faster than by Keras, with the same results up to rounding; the most
of it with TensorFlow alone.
"""

from contextlib import contextmanager
from functools import partial
from itertools import chain

from .quiet import keras

CHANNELS = 256  # with fewer there is little to gain, and small networks stay as they are to the last bit


def stream(batches):
    """An endless iterator of batches for ``fit``, made ahead of time, without tuning."""
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    first = next(batches)
    kinds = tuple(tf.TensorSpec(part.shape, part.dtype) for part in first)
    made = tf.data.Dataset.from_generator(
        lambda: chain([first], batches), output_signature=kinds
    )
    untuned = tf.data.Options()
    untuned.autotune.enabled = False
    return made.prefetch(2).with_options(untuned)


@contextmanager
def convolutions(model):
    """Inside, large convolutions of a model are computed faster than by Keras."""
    devices = keras.distribution.list_devices()
    on_processors = all(device.startswith("cpu") for device in devices)
    changed = []
    for layer in model.layers if on_processors else ():
        if not isinstance(layer, keras.layers.Conv2D) or layer.kernel_size != (3, 3):
            continue
        if (
            layer.input.shape[-1] < CHANNELS
            or layer.strides != (1, 1)
            or layer.groups > 1
        ):
            continue
        if tuple(layer.input.shape[1:3]) == (2, 2):
            layer.convolution_op = _dense
        elif (
            layer.compute_dtype == "bfloat16"
            and keras.backend.backend() == "tensorflow"
        ):
            layer.convolution_op = partial(_by_products, layer.convolution_op)
        else:
            continue
        changed.append(layer)
    try:
        yield
    finally:
        for layer in changed:
            del layer.convolution_op


def _dense(x, kernel):
    ops, (channels, filters) = keras.ops, kernel.shape[2:]
    taps = ops.unstack(ops.reshape(kernel, (9, channels, filters)))
    pixels = [(0, 0), (0, 1), (1, 0), (1, 1)]
    seen = [
        [taps[3 * (y - row + 1) + x - column + 1] for row, column in pixels]
        for y, x in pixels
    ]
    matrix = ops.concatenate([ops.concatenate(by_one, axis=1) for by_one in seen])
    return ops.reshape(ops.reshape(x, (-1, 4 * channels)) @ matrix, (-1, 2, 2, filters))


def _by_products(convolve, x, kernel):
    import tensorflow as tf

    @tf.custom_gradient
    def convolution(x, kernel):
        def gradients(upstream):
            height, width, channels = x.shape[1:]
            padded, rows = (
                tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))),
                tf.reshape(upstream, (-1, upstream.shape[-1])),
            )
            places = [
                padded[:, i : i + height, j : j + width]
                for i in range(3)
                for j in range(3)
            ]
            products = [
                tf.matmul(tf.reshape(place, (-1, channels)), rows, transpose_a=True)
                for place in places
            ]
            down = tf.raw_ops.Conv2DBackpropInput(input_sizes=tf.shape(x), filter=kernel, out_backprop=upstream,
                                                  strides=[1] * 4, padding="SAME")  # fmt: skip
            return down, tf.reshape(tf.stack(products), kernel.shape)

        return convolve(x, kernel), gradients

    return convolution(x, tf.convert_to_tensor(kernel))


class Adam(keras.optimizers.Adam):
    """Adam (Kingma & Ba 2015, https://arxiv.org/abs/1412.6980) in one operation for
    each variable instead of nine.

    The numbers are read and written once, and a gradient that is short enough is not
    written again to clip it, so a step takes half of the time. No amsgrad.
    """

    def _clip_by_norm(self, values, axes=None):
        if keras.backend.backend() != "tensorflow":
            return super()._clip_by_norm(values, axes)
        import tensorflow as tf

        norm = tf.sqrt(2 * tf.nn.l2_loss(values))
        return tf.cond(
            norm > self.clipnorm,
            lambda: values * (self.clipnorm / norm),
            lambda: values,
        )

    def update_step(self, gradient, variable, learning_rate):
        if keras.backend.backend() != "tensorflow":
            return super().update_step(gradient, variable, learning_rate)
        import tensorflow as tf

        place, step = (
            self._get_variable_index(variable),
            tf.cast(self.iterations + 1, "float32"),
        )
        m, v = self._momentums[place].value, self._velocities[place].value
        return tf.raw_ops.ResourceApplyAdam(
            var=variable.handle, m=m.handle, v=v.handle, grad=gradient, lr=learning_rate, epsilon=self.epsilon,
            beta1=self.beta_1, beta1_power=self.beta_1**step, beta2=self.beta_2, beta2_power=self.beta_2**step
        )  # fmt: skip
