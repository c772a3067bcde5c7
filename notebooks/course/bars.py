"""Progress bars for cells that take longer than a few seconds.

A bar vanishes at the end, so that a saved notebook holds none. With TQDM_DISABLE=1
there is no bar at all.
"""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from tlkit.machine import bar as machine_bar

if TYPE_CHECKING:
    import keras

Item = TypeVar("Item")


def bar(items: Collection[Item], what: str) -> Iterator[Item]:
    """Go through the items of a loop, with a bar that shows how many are done.

    Do not print inside the loop: text and bar would share a line.

    Args:
        items: anything with a length, such as a range, a list or a dict.
        what: what the items are, as in "draws"; stands before the bar.
    """
    with machine_bar.bar(len(items), what, "step") as shown:
        for item in items:
            yield item
            shown.update()


def fit_bar(what: str) -> "keras.callbacks.Callback":
    """A Keras callback for ``model.fit(…, verbose=0)``: a bar over all steps.

    Args:
        what: what is being trained; stands before the bar.
    """
    from tlkit.machine.quiet import keras

    class FitBar(keras.callbacks.Callback):
        """Opens the bar when training begins and closes it when training ends."""

        shown: Any = None

        def on_train_begin(self, logs=None):
            steps = self.params["epochs"] * self.params["steps"]
            self.shown = machine_bar.bar(steps, what, "step")

        def on_train_batch_end(self, batch, logs=None):
            self.shown.update()

        def on_train_end(self, logs=None):
            self.shown.close()

    return FitBar()
