"""Progress bars for cells that take more than a few seconds.

They vanish at the end, and show nothing where ``TQDM_DISABLE=1`` is set, as when the
masters are executed.
"""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from tlkit.machine import bar as machine

if TYPE_CHECKING:
    from tlkit.machine.quiet import keras


def bar(items: Collection, what: str) -> Iterator[Any]:
    """The items one after another, with a bar that shows how many are done.

    Args:
        items: anything with a length.
        what: the words before the bar, for example "draws".
    """
    with machine.bar(len(items), what, "step") as progress:
        for item in items:
            yield item
            progress.update()


def fit_bar(what: str) -> "keras.callbacks.Callback":
    """A callback for ``model.fit(…, callbacks=[…], verbose=0)`` that shows one bar.

    Keras's own output has a line for each epoch; this bar counts the steps of all.

    Args:
        what: the words before the bar.
    """
    from tlkit.machine.quiet import keras

    class Steps(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            total = self.params["epochs"] * self.params["steps"]
            self.progress = machine.bar(total, what, "step")

        def on_train_batch_end(self, batch, logs=None):
            self.progress.update()

        def on_train_end(self, logs=None):
            self.progress.close()

    return Steps()
