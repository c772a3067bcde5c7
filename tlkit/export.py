"""A trained model for programs without Keras: LiteRT (phones) or ONNX.

Keras's own ``Model.export`` writes the file. Preprocessing stays inside, so the file
takes the same pictures as the model: float32 (n, size, size, 3), RGB, 0-255.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from . import saved
from .folders import readable
from .machine.quiet import keras
from .machine.whole import whole_file

SUFFIXES = {"litert": ".tflite", "onnx": ".onnx"}
PICTURES = 8  # that both models answer
# Largest difference of two outputs, in units of how much the outputs vary
TOLERANCE = 1e-3
HALF_TOLERANCE = 0.1  # of a model that was trained in 16 bits and is written in 32


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        file: the model.
        labels: the names of its classes, a line each, in the order of its outputs; for
            a number, the task's name.
        difference: largest difference of its outputs from those of model.keras, on
            random pictures; None: no package here can run the file.
    """

    file: Path
    labels: Path
    difference: float | None

    def in_words(self) -> str:
        """Whether the answers are the same, as a sentence."""
        if self.difference is None:
            return (
                "Its answers were not compared: nothing here can run it. Next: "
                "`pip install onnxruntime`, and export again"
            )
        return (
            f"Its outputs differ from those of model.keras by at most "
            f"{self.difference:.1e}, on {PICTURES} random pictures."
        )


def export(model: Path, format: str = "litert", out: Path | None = None) -> Exported:
    """Write a saved model as LiteRT or ONNX, and compare the answers of both.

    Args:
        model: a model.keras that ``save_model`` wrote, or the folder that holds it.
        format: "litert": model.tflite; "onnx": model.onnx, which needs the package
            tf2onnx.
        out: folder for the files; None: that of the model.

    Raises:
        ValueError: no such model or format, a package is missing, Keras cannot write
            this model so, or the answers differ. No file is left behind.
        OSError: it cannot be written.
    """
    if format not in SUFFIXES:
        raise ValueError(
            f"format: expected one of {', '.join(SUFFIXES)}, got {format!r}"
        )
    if format == "onnx" and find_spec("tf2onnx") is None:
        raise ValueError(
            "format onnx: expected the package tf2onnx, got none on this machine. "
            "Next: `pip install tf2onnx onnxruntime`, or take the format litert"
        )
    source = saved.model_file(model)
    known = saved.about(source)
    network = keras.saving.load_model(source, compile=False)
    folder = source.parent if out is None else Path(out)
    file = folder / f"{source.stem}{SUFFIXES[format]}"
    with whole_file(file) as unfinished:
        _write(_plain(network), format, unfinished)
        difference = _compare(network, format, unfinished)
    labels = folder / "labels.txt"
    names = known["classes"] or [known["task"]]
    with whole_file(labels) as unfinished:
        unfinished.write_text("".join(f"{name}\n" for name in names), "utf-8")
    return Exported(file, labels, difference)


def runner(format: str, file: Path) -> Callable[[np.ndarray], np.ndarray] | None:
    """A function that runs an exported file; None: no package here can.

    Args:
        format: "litert" or "onnx".
        file: what ``export`` wrote.

    Returns:
        images float32 (n, size, size, 3), RGB 0-255 -> outputs float32 (n, outputs).
    """
    if format == "onnx":
        if find_spec("onnxruntime") is None:
            return None
        import onnxruntime

        session = onnxruntime.InferenceSession(str(file))
        (given,) = session.get_inputs()
        return lambda images: session.run(None, {given.name: images})[0]
    interpreter = _interpreter(file)
    given, returned = (
        part[0]["index"]
        for part in (interpreter.get_input_details(), interpreter.get_output_details())
    )

    def run(images: np.ndarray) -> np.ndarray:
        interpreter.resize_tensor_input(given, images.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given, images)
        interpreter.invoke()
        return interpreter.get_tensor(returned)

    return run


def _interpreter(file: Path):
    """LiteRT's interpreter: of its own package, or the one inside TensorFlow."""
    if find_spec("ai_edge_litert") is not None:
        from ai_edge_litert.interpreter import Interpreter
    else:
        import tensorflow

        Interpreter = tensorflow.lite.Interpreter
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that TensorFlow's will go
        return Interpreter(model_content=file.read_bytes())


def _plain(network: keras.Model) -> keras.Model:
    """The same network in float32, without layers that the converters get wrong.

    ``Normalization`` holds its numbers as constants, which tf2onnx takes for inputs of
    the model. ``BatchNormalization`` computes the same from weights.
    """

    def copy(layer):
        settings = layer.get_config()
        if isinstance(layer, keras.layers.Normalization):
            return keras.layers.BatchNormalization(
                center=False, scale=False, epsilon=0.0, name=layer.name
            )
        if "dtype" in settings and not isinstance(layer, keras.layers.InputLayer):
            settings["dtype"] = "float32"
        return type(layer).from_config(settings)

    plain = keras.models.clone_model(network, clone_function=copy)
    for ours, theirs in zip(plain.layers, network.layers, strict=True):
        if isinstance(theirs, keras.layers.Normalization):
            moments = (theirs.mean, theirs.variance)
            ours.set_weights([np.asarray(moment).reshape(-1) for moment in moments])
        else:
            ours.set_weights(theirs.get_weights())
    return plain


def _write(network: keras.Model, format: str, file: Path) -> None:
    """Let Keras export a network.

    Raises:
        ValueError: it cannot.
    """
    network(np.zeros((1, *network.input_shape[1:]), "float32"))  # Keras wants a call
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of tf2onnx, about NumPy
            network.export(file, format=format, verbose=False)
    except (OSError, KeyboardInterrupt):
        raise
    except Exception as error:  # whatever the converters raise
        raise ValueError(
            f"Keras cannot write this model as {format} "
            f"({type(error).__name__}: {error}). Next: take the other format, or use "
            "model.keras"
        ) from error


def _compare(network: keras.Model, format: str, file: Path) -> float | None:
    """The largest difference of the outputs of a file and of its network.

    Raises:
        ValueError: it is more than rounding.
    """
    run = runner(format, file)
    if run is None:
        return None
    shape = (PICTURES, *network.input_shape[1:])
    images = np.random.default_rng(0).integers(0, 256, shape).astype("float32")
    wanted = np.asarray(network(images, training=False), "float32")
    found = run(images)
    halves = any("16" in layer.dtype_policy.compute_dtype for layer in network.layers)
    allowed = HALF_TOLERANCE if halves else TOLERANCE
    difference = float(np.abs(found - wanted).max())
    if not difference <= allowed * max(1e-3, float(np.ptp(wanted))):
        raise ValueError(
            f"{readable(str(file.name))}: expected the answers of model.keras, got "
            f"outputs that differ by {difference:.2g}. Next: take the other format, or "
            "use model.keras"
        )
    return difference
