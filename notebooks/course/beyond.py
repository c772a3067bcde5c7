"""For notebooks 10 and 12: one head for every backbone, other data than pictures.

Sentences come from Python's own documentation; sounds are drawn as pictures.
"""

import ast
import re
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tlkit import Backbone, Task, activations

LEFT_OUT = {  # folders of the standard library
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "idlelib",
    "lib2to3",
    "turtledemo",
    "__pycache__",
}
KINDS = ("sine", "square", "sawtooth", "noise", "chirp up", "chirp down", "pluck")
OTHER_KINDS = ("triangle", "vibrato", "tremolo", "two tones", "step", "bell", "clicks")
RATE = 8000  # samples in a second
SAMPLES = 4096  # in a sound: half a second
BANDS = 64  # of 31.25 Hz each: the picture shows 0 to 2,000 Hz


def sentences(root: Path | None = None) -> list[tuple[str, tuple[str, ...]]]:
    """Every sentence of five words or more in the docstrings of some files, once.

    The files are parsed and never imported, so nothing in them runs.

    Args:
        root: a folder of Python files; None: the standard library of the Python that
            runs this.

    Returns:
        (module, words) in a fixed order: module is the name of the file or folder at
        the top, such as "email"; the words are in lower case. A sentence that stands in
        two places counts where it stands first.

    Raises:
        FileNotFoundError: no Python files there.
    """
    root = root or Path(sysconfig.get_paths()["stdlib"])
    found: dict[tuple[str, ...], str] = {}
    for module, text in _docstrings(root):
        for sentence in re.split(r"(?<=[.!?:])\s+|\n\s*\n", text):
            words = tuple(re.findall(r"[a-z]+(?:'[a-z]+)?", sentence.lower()))
            if len(words) >= 5:
                found.setdefault(words, module)
    if not found:
        raise FileNotFoundError(
            f"expected Python files with docstrings in {root}, got none: "
            "pass a folder that has some"
        )
    return [(module, words) for words, module in found.items()]


def _docstrings(root: Path) -> Iterator[tuple[str, str]]:
    """Module and text of every docstring in the files below a folder."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for file in sorted(root.rglob("*.py")):
        place = file.relative_to(root)
        if LEFT_OUT & set(place.parts):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about odd escapes in old files
                tree = ast.parse(file.read_bytes())
        except (SyntaxError, ValueError):
            continue  # files that are broken on purpose, as examples
        for node in ast.walk(tree):
            text = ast.get_docstring(node) if isinstance(node, kinds) else None
            if text:
                yield place.parts[0].removesuffix(".py"), text


def sound(kind: str, rng: np.random.Generator) -> np.ndarray:
    """One sound, float (SAMPLES,).

    Pitch, beginning, length and noise are drawn for each.

    Args:
        kind: one of ``KINDS`` or ``OTHER_KINDS``.
        rng: draws the rest.
    """
    start = int(rng.integers(0, SAMPLES // 4))
    t = np.arange(rng.integers(SAMPLES // 2, SAMPLES - start)) / RATE
    wave = _wave(kind, t, np.exp(rng.uniform(np.log(150), np.log(900))), rng)
    whole = rng.uniform(0.3, 1.0) * rng.normal(size=SAMPLES)
    whole[start : start + len(t)] += wave / np.sqrt((wave**2).mean())
    return whole


def _wave(
    kind: str, t: np.ndarray, pitch: float, rng: np.random.Generator
) -> np.ndarray:
    """The pure wave, float (n,).

    Args:
        kind: one of ``KINDS`` or ``OTHER_KINDS``.
        t: float (n,), times in seconds.
        pitch: in Hz.
        rng: draws the phase and what a kind has besides.
    """
    from scipy import signal

    phase = 2 * np.pi * (pitch * t + rng.uniform())
    if kind in OTHER_KINDS:
        return _other_wave(kind, t, phase, rng)
    if kind in ("chirp up", "chirp down"):
        low, high = pitch, pitch * rng.uniform(2, 4)
        first, last = (low, high) if kind == "chirp up" else (high, low)
        return signal.chirp(t, first, t[-1], last)
    if kind == "noise":
        band = signal.firwin(65, (pitch, 2 * pitch), fs=RATE, pass_zero=False)
        return signal.lfilter(band, 1, rng.normal(size=len(t)))
    if kind == "pluck":
        overtones = [
            np.sin(h * phase) * np.exp(-t * h * rng.uniform(4, 8)) / h
            for h in range(1, 7)
        ]
        return np.sum(overtones, axis=0)
    waves = {"sine": np.sin, "square": signal.square, "sawtooth": signal.sawtooth}
    return waves[kind](phase)


def _other_wave(
    kind: str, t: np.ndarray, phase: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The pure wave of one of ``OTHER_KINDS``, float (n,).

    Args:
        kind: one of ``OTHER_KINDS``.
        t: float (n,), times in seconds.
        phase: float (n,), of a steady tone.
        rng: draws what a kind has besides.
    """
    from scipy import signal

    slow = 2 * np.pi * rng.uniform(4, 9) * t  # four to nine times a second
    if kind == "triangle":
        return signal.sawtooth(phase, 0.5)
    if kind == "vibrato":  # the pitch goes up and down
        return np.sin(phase + rng.uniform(4, 10) * np.sin(slow))
    if kind == "tremolo":  # the loudness goes up and down
        return np.sin(phase) * (1 + np.sin(slow))
    if kind == "two tones":
        return np.sin(phase) + np.sin(phase * rng.uniform(1.3, 1.9))
    if kind == "step":  # the pitch jumps once
        later = t > rng.uniform(0.3, 0.7) * t[-1]
        return np.sin(phase * np.where(later, rng.uniform(1.3, 1.9), 1))
    if kind == "bell":  # overtones that are no multiples, and die away
        fade = rng.uniform(4, 8)
        partials = ((1, 1), (2.76, 0.6), (5.4, 0.3))
        waves = [w * np.sin(r * phase) * np.exp(-t * r * fade) for r, w in partials]
        return np.sum(waves, axis=0)
    return (np.sin(slow * 2) > 0.97) * rng.normal(size=len(t))  # clicks


def picture(samples: np.ndarray) -> np.ndarray:
    """A sound's spectrogram as uint8 (32, 32, 3).

    Time runs to the right, 0 to 2,000 Hz upwards, and loud is bright.
    """
    from PIL import Image
    from scipy import signal

    _, _, power = signal.spectrogram(samples, RATE, nperseg=256, noverlap=136)
    high_on_top = power[BANDS - 1 :: -1]  # (BANDS, times)
    decibels = 10 * np.log10(high_on_top + 1e-12)
    low, high = np.percentile(decibels, 5), decibels.max()
    grey = (255 * np.clip((decibels - low) / (high - low), 0, 1)).astype("uint8")
    small = Image.fromarray(grey).resize((32, 32), Image.Resampling.BILINEAR)
    return np.repeat(np.asarray(small)[..., None], 3, axis=2)


def sounds(
    n: int, seed: int, kinds: tuple[str, ...] = KINDS
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of sounds, uint8 (n, 32, 32, 3), and their kinds, int (n,).

    Every one of the kinds occurs equally often, in turn.
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % len(kinds)
    pictures = [picture(sound(kinds[kind], rng)) for kind in labels]
    return np.stack(pictures), labels


def linear_head(backbone: Backbone, task: Task) -> dict[str, np.ndarray]:
    """What a logistic regression on a backbone's features gets right.

    Its regularisation is chosen by the accuracy on the validation split, for each
    backbone and each draw by itself.

    Returns:
        Split -> bool (n,).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    splits = task.splits()
    model = backbone.build(task.image_shape)
    inputs = {
        name: activations(backbone, split.images, "features", model=model)
        for name, split in splits.items()
    }

    def right(strength: float) -> dict[str, np.ndarray]:
        head = make_pipeline(
            StandardScaler(), LogisticRegression(C=strength, max_iter=500)
        )
        head.fit(inputs["train"], splits["train"].labels)
        return {
            name: head.predict(inputs[name]) == split.labels
            for name, split in splits.items()
        }

    tried = [right(strength) for strength in (0.001, 0.01, 0.1, 1.0)]
    return max(tried, key=lambda found: found["validation"].mean())
