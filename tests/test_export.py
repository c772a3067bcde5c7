"""A saved model can leave for LiteRT and ONNX, and answers there as before."""

from importlib.util import find_spec

import numpy as np
import pytest

import tlkit as tk
from tlkit import export, saved
from tlkit.machine.quiet import keras

CLASSES = ("red", "grün", "blue")


def network(dtype="float32"):
    """Small, with each kind of layer that the kit's models end in."""
    inputs = keras.Input((16, 16, 3))
    x = keras.ops.flip(inputs, axis=-1)
    x = keras.layers.Rescaling(1.0, [-104.0, -117.0, -124.0])(x)
    x = keras.layers.Conv2D(8, 3, activation="relu", dtype=dtype)(x)
    x = keras.layers.BatchNormalization(dtype=dtype)(x)
    x = keras.layers.GlobalAveragePooling2D(dtype="float32")(x)
    rng = np.random.default_rng(0)
    mean, variance = rng.normal(0, 5, 8), rng.uniform(1, 9, 8)
    x = keras.layers.Normalization(mean=mean, variance=variance)(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))


@pytest.fixture
def folder(tmp_path):
    keras.utils.set_random_seed(0)
    saved.save_model(network(), tmp_path, "colours", CLASSES)
    return tmp_path


def needs(format):
    """Skip where the packages of a format are not installed."""
    if format == "onnx":
        for package in ("tf2onnx", "onnxruntime"):
            if find_spec(package) is None:
                pytest.skip(
                    f"{package} is not installed: pip install tf2onnx onnxruntime"
                )


@pytest.mark.parametrize("format", export.SUFFIXES)
def test_the_exported_model_answers_as_model_keras_does(folder, format):
    needs(format)
    made = export.export(folder, format)
    assert made.file == folder / f"model{export.SUFFIXES[format]}"
    assert made.labels.read_text("utf-8").splitlines() == list(CLASSES)
    images = np.random.default_rng(1).integers(0, 256, (5, 16, 16, 3))
    images = images.astype("float32")
    wanted = keras.saving.load_model(folder / "model.keras", compile=False)(images)
    found = export.runner(format, made.file)(images)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    assert made.difference < 1e-4 and "differ from those of model.keras" in (
        made.in_words()
    )
    assert not list(folder.glob("*unfinished*"))


@pytest.mark.parametrize("format", export.SUFFIXES)
def test_a_model_of_16_bits_is_written_in_32(tmp_path, format):
    needs(format)
    keras.utils.set_random_seed(0)
    saved.save_model(network("mixed_bfloat16"), tmp_path, "colours", CLASSES)
    made = export.export(tmp_path, format)
    assert 0 < made.difference < 0.1


def test_a_file_with_other_answers_is_refused_and_removed(folder, monkeypatch):
    real = export._plain

    def spoilt(model):
        plain = real(model)
        plain.get_layer("logits").bias.assign_add([1.0, 0.0, 0.0])
        return plain

    monkeypatch.setattr(export, "_plain", spoilt)
    with pytest.raises(ValueError, match="expected the answers of model.keras"):
        export.export(folder)
    assert {path.name for path in folder.iterdir()} == {"model.keras"}


def test_a_missing_package_is_named_with_the_command_that_brings_it(
    folder, monkeypatch
):
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install tf2onnx onnxruntime"):
        export.export(folder, "onnx")


def test_what_the_converters_raise_becomes_a_sentence(folder, monkeypatch):
    def fails(*_, **__):
        raise RuntimeError("no such operation")

    monkeypatch.setattr(keras.Model, "export", fails)
    with pytest.raises(
        ValueError, match=r"as litert \(RuntimeError: no such operation"
    ):
        export.export(folder)
    with pytest.raises(ValueError, match="expected one of litert, onnx, got 'zip'"):
        export.export(folder, "zip")


def test_a_backbone_of_the_kit_leaves_by_the_command_line(tmp_path, capsys):
    from tlkit.commands import cli

    backbone = tk.Backbone("letters-small")
    task = tk.load_task("digits", 2)
    run = tk.linear_probe(backbone, task, steps=5, min_epochs=1)
    saved.save_model(run.model, tmp_path, task.name, task.classes)
    assert cli.main(["export", str(tmp_path), "--out", str(tmp_path / "phone")]) == 0
    assert "differ from those of model.keras by at most" in capsys.readouterr().out
    found = export.runner("litert", tmp_path / "phone" / "model.tflite")
    images = np.asarray(task.test.images[:50], "float32")
    logits = run.outputs["test"][:50]
    assert (found(images).argmax(axis=1) == logits.argmax(axis=1)).mean() > 0.97
