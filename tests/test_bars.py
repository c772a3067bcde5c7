"""A bar counts what is done, says nothing when switched off, and changes nothing."""

import numpy as np
import pytest
import tlkit_course as course
from tlkit_course import bars

from tlkit.machine.quiet import keras


class Counted:
    """Stands in for a bar."""

    made = []

    def __init__(self, total, what, unit):
        self.total, self.what, self.n, self.closed = total, what, 0, False
        self.made.append(self)

    def update(self, n=1):
        self.n += n

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr(bars.machine, "bar", Counted)
    monkeypatch.setattr(Counted, "made", [])
    return Counted.made


def test_every_item_comes_once_and_is_counted_when_it_is_done(made):
    seen = []
    for item in course.bar(["a", "b", "c"], "letters"):
        assert made[0].n == len(seen)
        seen.append(item)
    (one,) = made
    assert seen == ["a", "b", "c"] and (one.total, one.what, one.n) == (3, "letters", 3)
    assert one.closed


def test_fitting_counts_all_steps_of_all_epochs(made):
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.compile("sgd", "mse")
    x = np.zeros((10, 2), "float32")
    bar = course.fit_bar("three epochs")
    network.fit(x, x[:, :1], batch_size=4, epochs=3, callbacks=[bar], verbose=0)
    (one,) = made
    assert (one.total, one.n, one.what, one.closed) == (9, 9, "three epochs", True)


def test_where_bars_are_switched_off_nothing_is_printed(monkeypatch, capfd):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    assert list(course.bar(range(3), "numbers")) == [0, 1, 2]
    assert capfd.readouterr() == ("", "")
