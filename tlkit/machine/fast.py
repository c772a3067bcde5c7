"""What the kit does faster than Keras, with the same results up to rounding.

Training and passes over a whole data set use it. The models themselves stay plain Keras
models: without this file they compute the same, only more slowly.

    with fast.convolutions(model):
        for_training = keras.Model(model.input, model.output)  # of the same layers
        for_training.compile(fast.Adam(1e-4), loss)
        for_training.fit(fast.stream(batches), steps_per_epoch=100)

What each part gains is measured by ``make bench`` (docs/performance.md).
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import chain

from . import allocator, processor
from .quiet import keras

# Layers of fewer channels gain little; small networks keep Keras's very results.
CHANNELS = 256
PIXELS = 36  # up to 6 × 6, float32 is faster as nine products of matrices
PIXELS_AVX512 = 4  # where convolutions have AVX-512, up to 2 × 2
PLACES = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)]  # of a kernel


@contextmanager
def convolutions(*models: keras.Model):
    """Computes the 3 × 3 convolutions of these models faster inside a ``with`` block.

    Only layers of stride 1, padding "same" and at least 256 input channels, and only on
    CPUs, whose libraries are slow for small pictures with many channels.

    After the block, the layers are plain Keras again. But a model keeps the functions
    that it traced inside. So build a new ``keras.Model`` of the same layers for use in
    the block, and delete it afterwards.

    Args:
        models: built models; models nested in them are included.
    """
    changed = []
    for layer in _convolutional(models):
        if "convolution_op" in vars(layer):
            continue  # an outer ``with`` has done it, and will undo it
        plain = layer.convolution_op
        layer.convolution_op = partial(_convolve, plain, layer.compute_dtype)
        changed.append(layer)
    try:
        yield
    finally:
        for layer in changed:
            del layer.convolution_op  # the method of the class appears again


def _convolutional(models) -> list[keras.layers.Conv2D]:
    """The layers of the models that might be computed faster on this machine."""
    devices = keras.distribution.list_devices()
    on_processors = all(device.startswith("cpu") for device in devices)
    if not on_processors or keras.backend.backend() not in ("tensorflow", "jax"):
        return []
    return [
        layer
        for model in models
        for layer in model._flatten_layers()
        if type(layer) is keras.layers.Conv2D and _is_plain(layer)
    ]


def _is_plain(layer: keras.layers.Conv2D) -> bool:
    """Whether each output sees the 3 × 3 inputs around it, over all channels."""
    return (
        layer.kernel_size == (3, 3)
        and layer.strides == (1, 1)
        and layer.dilation_rate == (1, 1)
        and layer.groups == 1
        and layer.padding == "same"
        and layer.data_format == "channels_last"
    )


def _convolve(plain, dtype: str, x, kernel):
    """The outputs of a convolution, by the way that is fastest for such inputs.

    Args:
        plain: Keras's own way, a function of x and kernel.
        dtype: in which the layer computes.
        x: (n, h, w, channels).
        kernel: (3, 3, channels, filters).
    """
    height, width, channels = x.shape[1:]
    if channels < CHANNELS or height is None or width is None:
        return plain(x, kernel)
    if dtype == "float32":
        avx512 = processor.in_words().startswith("AVX-512")
        few = height * width <= (PIXELS_AVX512 if avx512 else PIXELS)
        return _by_places(x, kernel) if few else plain(x, kernel)
    if (height, width) == (2, 2):
        return _as_dense(x, kernel)
    if dtype == "bfloat16" and keras.backend.backend() == "tensorflow":
        return _with_kernel_gradient_by_places(plain, x, kernel)
    return plain(x, kernel)


def _by_places(x, kernel):
    """A convolution and its gradients as nine products of matrices, one a kernel place.

    For each place only those pixels count for which it lies inside the picture: 16 of
    36 products in a picture of 2 × 2, 100 of 144 in one of 4 × 4. The libraries also
    multiply the zeros around the picture, and their gradients are slow there: with
    AVX2 up to 4 times slower than this by oneDNN, up to 25 times without oneDNN.
    """
    ops = keras.ops

    @ops.custom_gradient
    def convolution(x, taps):
        matrices = ops.unstack(taps)

        def gradients(upstream):
            down, of_taps = [], []
            for (row, column), tap in zip(PLACES, matrices, strict=True):
                seen, by = _seen(x, row, column), _seen(upstream, -row, -column)
                back = ops.einsum("nhwf,cf->nhwc", by, tap)
                down.append(_padded(back, row, column))
                of_taps.append(ops.einsum("nhwc,nhwf->cf", seen, by))
            return sum(down), ops.stack(of_taps)

        outputs = []
        for (row, column), tap in zip(PLACES, matrices, strict=True):
            made = ops.einsum("nhwc,cf->nhwf", _seen(x, row, column), tap)
            outputs.append(_padded(made, -row, -column))
        return sum(outputs), gradients

    return convolution(x, ops.reshape(kernel, (9, *kernel.shape[2:])))


def _seen(x, row: int, column: int):
    """The pixels of x (n, h, w, c) that lie (row, column) away from a pixel of it."""
    height, width = x.shape[1:3]
    rows = slice(max(0, row), height + min(0, row))
    columns = slice(max(0, column), width + min(0, column))
    return x[:, rows, columns]


def _padded(part, row: int, column: int):
    """Zeros around what ``_seen`` with the same arguments left of a picture."""
    rows = max(0, row), max(0, -row)
    columns = max(0, column), max(0, -column)
    return keras.ops.pad(part, ((0, 0), rows, columns, (0, 0)))


def _as_dense(x, kernel):
    """A convolution of 2 × 2 pixels as a dense layer: every output sees every input.

    For half precisions, because it rounds each output once; the sum of ``_by_places``
    would be rounded nine times.
    """
    ops = keras.ops
    channels, filters = kernel.shape[2:]
    taps = ops.unstack(ops.reshape(kernel, (9, channels, filters)))
    pixels = [(0, 0), (0, 1), (1, 0), (1, 1)]
    from_each = []
    for i, j in pixels:  # of the input
        # the kernel's place that leads from here to each pixel of the output
        to_each = [taps[3 * (i - row + 1) + j - column + 1] for row, column in pixels]
        from_each.append(ops.concatenate(to_each, axis=1))
    matrix = ops.concatenate(from_each)  # (4 * channels, 4 * filters)
    outputs = ops.reshape(x, (-1, 4 * channels)) @ matrix
    return ops.reshape(outputs, (-1, 2, 2, filters))


def _with_kernel_gradient_by_places(plain, x, kernel):
    """A convolution with its kernel's gradient as nine products of matrices.

    oneDNN's own gradient of the kernel in bfloat16 is slow at all sizes of pictures.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def convolution(x, kernel):
        def gradients(upstream):
            height, width, channels = x.shape[1:]
            padded = tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
            rows = tf.reshape(upstream, (-1, upstream.shape[-1]))
            products = []
            for i in range(3):
                for j in range(3):
                    seen = padded[:, i : i + height, j : j + width]
                    seen = tf.reshape(seen, (-1, channels))
                    products.append(tf.matmul(seen, rows, transpose_a=True))
            down = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.shape(x),
                filter=kernel,
                out_backprop=upstream,
                strides=[1] * 4,
                padding="SAME",
            )
            return down, tf.reshape(tf.stack(products), kernel.shape)

        return plain(x, kernel), gradients

    return convolution(x, tf.convert_to_tensor(kernel))


def stream(batches: Iterator[tuple]):
    """Batches for ``fit``, made ahead of time, without TensorFlow's tuning.

    That tuning does not help a single generator, and it can delay the end of a
    training: until 1.3, 2.6, 5.1, 10.2, … seconds after its start.

    Args:
        batches: an endless generator of (inputs, labels): arrays of one shape and
            dtype. It is read once, a few batches ahead.

    Returns:
        tf.data.Dataset; with another backend than TensorFlow the generator itself.
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    first = next(batches)
    kinds = tuple(tf.TensorSpec(part.shape, part.dtype) for part in first)

    def all_batches():
        allocator.keep_blocks()
        yield from chain([first], batches)

    made = tf.data.Dataset.from_generator(all_batches, output_signature=kinds)
    untuned = tf.data.Options()
    untuned.autotune.enabled = False
    return made.prefetch(2).with_options(untuned)


def after(tensor):
    """What is computed in this ``with`` block waits until the tensor is there.

    Why: TensorFlow computes what needs no other result as early as it can, and keeps it
    in memory until it is used.
    """
    if keras.backend.backend() != "tensorflow":
        return nullcontext()
    import tensorflow as tf

    return tf.control_dependencies([tensor])


class Adam(keras.optimizers.Adam):
    """Adam in one operation for each variable instead of Keras's nine.

    Why: it reads and writes each number once, and it writes a gradient again only if
    clipping changes it. So it takes half the time of Keras's Adam, which matters for
    small batches and many parameters. With backends other than TensorFlow, it is
    Keras's own Adam. It has no amsgrad.

    Source: Kingma & Ba 2015, https://arxiv.org/abs/1412.6980.
    """

    def _clip_by_norm(self, values, axes=None):
        """A gradient, scaled down if it is longer than ``clipnorm``."""
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
        """One step of one variable."""
        if keras.backend.backend() != "tensorflow":
            return super().update_step(gradient, variable, learning_rate)
        import tensorflow as tf

        place = self._get_variable_index(variable)
        step = tf.cast(self.iterations + 1, "float32")
        return tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[place].value.handle,
            v=self._velocities[place].value.handle,
            grad=gradient,
            lr=learning_rate,
            epsilon=self.epsilon,
            beta1=self.beta_1,
            beta1_power=self.beta_1**step,
            beta2=self.beta_2,
            beta2_power=self.beta_2**step,
        )
