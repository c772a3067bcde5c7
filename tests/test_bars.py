"""Bars count every item and every step, are closed at the end, and can be quiet."""

import numpy as np
import pytest
from tlkit_course import bars

from tlkit.machine import bar as machine_bar


class Counter:
    """Stands for a tqdm bar: counts its updates and notes that it was closed."""

    def __init__(self, total, what, unit):
        self.total, self.what, self.steps, self.closed = total, what, 0, False

    def update(self, n=1):
        self.steps += n

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


@pytest.fixture
def opened(monkeypatch):
    """The bars that were opened, in order."""
    made = []

    def open_one(*given):
        made.append(Counter(*given))
        return made[-1]

    monkeypatch.setattr(machine_bar, "bar", open_one)
    return made


def test_a_loop_gets_every_item_and_its_bar_every_step(opened):
    assert list(bars.bar({"a": 1, "b": 2}, "letters")) == ["a", "b"]
    (shown,) = opened
    assert (shown.total, shown.what, shown.steps) == (2, "letters", 2)
    assert shown.closed


def test_a_loop_that_stops_closes_its_bar(opened):
    with pytest.raises(ZeroDivisionError):
        for number in bars.bar(range(3), "numbers"):
            1 // number
    assert opened[0].closed and opened[0].steps == 0


def test_fit_shows_all_steps_of_all_epochs(opened):
    from tlkit.machine.quiet import keras

    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    inputs, labels = np.zeros((5, 2)), np.zeros(5)
    callbacks = [bars.fit_bar("a line")]
    model.fit(inputs, labels, batch_size=2, epochs=3, verbose=0, callbacks=callbacks)
    (shown,) = opened
    assert (shown.total, shown.what, shown.steps) == (9, "a line", 9)
    assert shown.closed


def test_nothing_is_printed_if_bars_are_switched_off(monkeypatch, capfd):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert list(bars.bar(range(2), "numbers")) == [0, 1]
    assert capfd.readouterr() == ("", "")
