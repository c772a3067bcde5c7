"""Small files with the byte layout of the published ones.

They have the same names, groups, archive members and pickles.
"""

import gzip
import hashlib
import io
import os
import pickle
import tarfile
from dataclasses import replace
from typing import ClassVar

import numpy as np

BLOCKS = {  # block -> convolutions, and channels at full width
    "block1": (2, 64),
    "block2": (2, 128),
    "block3": (3, 256),
    "block4": (3, 512),
    "block5": (3, 512),
}
CLASSES = [
    b"airplane",
    b"automobile",
    b"bird",
    b"cat",
    b"deer",
    b"dog",
    b"frog",
    b"horse",
    b"ship",
    b"truck",
]


def vgg16_weights(path, width=1 / 16, seed=0, keras_version=None, values=None):
    """An .h5 laid out as keras.applications' VGG16 without top (of 2016, by Keras 1).

    Root attribute layer_names; one group per layer, pooling layers empty; weight_names
    in each group; float32 datasets such as block1_conv1/block1_conv1_W_1:0 of shape
    (3, 3, in, out) and ..._b_1:0.

    Args:
        path: where the file goes.
        width: 1 for as many channels as VGG16 has.
        seed: of the random numbers.
        keras_version: adds the two root attributes that Keras 2 writes and the
            published file lacks.
        values: layer name -> (kernel, bias), instead of random numbers.

    Returns:
        Layer name -> (kernel, bias).
    """
    import h5py

    values = _random_weights(width, seed) if values is None else values
    layers = ["input_1"]
    for block, (depth, _) in BLOCKS.items():
        layers += [f"{block}_conv{i + 1}" for i in range(depth)]
        layers.append(f"{block}_pool")
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name in layers], "S")
        if keras_version:
            file.attrs["backend"] = b"tensorflow"
            file.attrs["keras_version"] = keras_version.encode()
        for name in layers:
            group = file.create_group(name)
            weights = {}
            if name in values:
                kernel, bias = values[name]
                weights = {f"{name}_W_1:0": kernel, f"{name}_b_1:0": bias}
            names = [weight.encode() for weight in weights]
            group.attrs["weight_names"] = np.array(names, "S")
            for weight, value in weights.items():
                group.create_dataset(weight, data=value)
    return values


def _random_weights(width, seed):
    """Layer name -> (kernel, bias) of all convolutions."""
    rng, values, below = np.random.default_rng(seed), {}, 3
    for block, (depth, filters) in BLOCKS.items():
        for i in range(depth):
            shape = (3, 3, below, int(filters * width))
            kernel = rng.normal(0, np.sqrt(2 / (9 * below)), shape).astype("float32")
            bias = rng.normal(0, 0.1, shape[-1]).astype("float32")
            values[f"{block}_conv{i + 1}"] = (kernel, bias)
            below = shape[-1]
    return values


def cifar10_arrays(per_batch=20, seed=0):
    """Random images uint8 (6 * per_batch, 32, 32, 3), and labels (6 * per_batch,)."""
    rng = np.random.default_rng(seed)
    n = 6 * per_batch
    return rng.integers(0, 256, (n, 32, 32, 3), "uint8"), rng.integers(0, 10, n)


def cifar10_archive(
    path, images, labels, python=2, instead_of_batch_3=None, leave_out=(), level=9
):
    """cifar-10-python.tar.gz with its members in the published order.

    Args:
        path: where the file goes.
        images: uint8 (6n, 32, 32, 3).
        labels: (6n,).
        python: 2 writes bytes as the published pickles (Python 2, protocol 2) have
            them, 3 as Python 3.
        instead_of_batch_3: an object to pickle in its place.
        leave_out: members not to write.
        level: of compression, 1 to 9.
    """
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    n = len(images) // 6
    members = {
        "batches.meta": {
            b"num_cases_per_batch": n,
            b"label_names": CLASSES,
            b"num_vis": 3072,
        }
    }
    for i, name in enumerate(names):
        part = slice(i * n, (i + 1) * n)
        title = f"training batch {i + 1} of 5" if i < 5 else "testing batch 1 of 1"
        channels_first = np.ascontiguousarray(images[part].transpose(0, 3, 1, 2))
        members[name] = {
            b"batch_label": title.encode(),
            b"labels": [int(label) for label in labels[part]],
            b"data": channels_first.reshape(n, 3072),
            b"filenames": [f"picture_s_{j:06}.png".encode() for j in range(n)],
        }
    if instead_of_batch_3 is not None:
        members["data_batch_3"] = instead_of_batch_3
    order = [
        "data_batch_4",
        "readme.html",
        "test_batch",
        "data_batch_3",
        "batches.meta",
    ]
    order += ["data_batch_2", "data_batch_5", "data_batch_1"]
    with (
        gzip.GzipFile(path, "wb", level, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        folder = tarfile.TarInfo("cifar-10-batches-py")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(folder)
        for name in order:
            if name in leave_out:
                continue
            if name == "readme.html":
                content = b"<html></html>"
            else:
                content = dumps(members[name], python)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def dumps(value, python=2):
    """Pickle in protocol 2.

    With the opcodes and names of Python 2 and NumPy 1, or with those of Python 3.
    """
    if python == 3:
        return pickle.dumps(value, protocol=2)
    out = io.BytesIO()
    _Python2Pickler(out, protocol=2).dump(value)
    new, old = b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"
    return out.getvalue().replace(new, old)


class _Python2Pickler(pickle._Pickler):
    """Python's own pickler, writing str and bytes as Python 2 wrote its str."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_string(self, value):
        raw = value if isinstance(value, bytes) else value.encode("ascii")
        if len(raw) < 256:
            head = b"U" + bytes([len(raw)])
        else:
            head = b"T" + len(raw).to_bytes(4, "little")
        self.write(head + raw)
        self.memoize(value)

    dispatch[bytes] = save_string
    dispatch[str] = save_string


def entry(file, path, url=None):
    """The registry entry ``file`` with the size and hash of the replica at ``path``."""
    content, algorithm = path.read_bytes(), file.hash.split(":")[0]
    known = f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
    return replace(file, bytes=len(content), hash=known, url=url or file.url)


class Hostile:
    """Pickled, it makes a folder when it is loaded."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return os.mkdir, (str(self.target),)
