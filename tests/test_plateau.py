"""Early stopping cannot end a training that is still on its plateau at the start."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import tlkit as tk
from tlkit.training import KeepBest, guessing

LN10 = float(np.log(10))


def stopped_after(losses, guess=LN10, patience=3, val=None):
    """Epochs until early stopping, or None; the first validation score is the best."""
    best = KeepBest(patience, guess)
    best.set_model(SimpleNamespace(stop_training=False, get_weights=list))
    for epoch, loss in enumerate(losses):
        accuracy = val[epoch] if val else 0.2 - 0.1 * (epoch > 0)
        best.on_epoch_end(
            epoch, {"loss": loss, "val_loss": 2, "val_accuracy": accuracy}
        )
        if best.model.stop_training:
            return epoch + 1
    return None


def test_patience_does_not_end_a_training_on_the_plateau_at_its_start():
    assert stopped_after([2.33] * 50) is None
    # without knowing what guessing costs, the lucky first epoch ends it
    assert stopped_after([2.33] * 50, guess=None) == 4


def test_patience_that_ends_on_the_plateau_starts_again():
    # It runs out in epochs 4 and 7, and the loss falls in epoch 8.
    assert stopped_after([2.33] * 7 + [1.5] * 20) == 10


@pytest.mark.parametrize(
    "losses",
    [
        [1.9, 1.5, 1.2, 0.9, 0.6],  # it learns
        [1.9, 2.3, 2.3, 2.3, 2.3],  # it has learnt, and lost it again
        [2.6, 3.5, 4.7, 6.2, 8.0],  # it diverges
        [float("nan")] * 5,
    ],
)
def test_elsewhere_patience_is_what_it_was(losses):
    assert stopped_after(losses) == stopped_after(losses, guess=None) == 4


def test_a_better_epoch_still_starts_patience_again():
    rising = [0.1, 0.2, 0.3, 0.4, 0.3, 0.3, 0.3]
    assert stopped_after([1.0] * 7, val=rising) == 7


def test_guessing_is_the_loss_of_the_best_constant_answer():
    digits = tk.load_task("digits", 10)
    assert guessing(digits) == pytest.approx(LN10)
    labels = np.array([0] * 30 + [1] * 10)
    rare = replace(digits, train=tk.Split(np.zeros((40, 1, 1, 3), "uint8"), labels))
    assert guessing(rare) == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))
    degrees = tk.load_task("degrees", 10)
    truth = np.asarray(degrees.train.labels, "float64")
    assert guessing(degrees) == pytest.approx(((truth - truth.mean()) ** 2).mean())


def test_a_training_that_learns_nothing_yet_makes_all_its_epochs():
    digits = tk.load_task("digits", 10)
    plan = {"steps": 1, "min_epochs": 6, "patience": 1, "schedule": False}
    small = tk.Backbone("letters-small")
    slow = tk.from_scratch(small, digits, rate=1e-9, **plan)
    assert slow.settings["epochs"] == 6
    wild = tk.from_scratch(small, digits, rate=3.0, **plan)
    assert wild.settings["epochs"] < 6
