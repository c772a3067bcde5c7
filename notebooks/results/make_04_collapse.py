"""Makes 04_collapse.json: the source task, letters, from random weights.

Once carelessly, once carefully, on the same fresh scenes. Careless: Adam at a constant
2e-3. Careful: as the shipped backbone was made, with warm-up to 1e-3 and gradients
clipped to norm 1 (without its decay, because the training is so short).

Run from the repository's root: python notebooks/results/make_04_collapse.py
(about five minutes on 2 cores).
"""

import numpy as np
import stored

import tlkit as tk
from tlkit.machine.quiet import keras

SEEDS = (0, 1)
BATCH = 64
CHUNK = 50  # steps, of which the mean loss is kept
CHUNKS = 20
WARM_UP = 100  # steps


def optimizers() -> dict:
    """New optimizers by name."""
    warm_up = keras.optimizers.schedules.PolynomialDecay(
        1e-5, WARM_UP, end_learning_rate=1e-3
    )
    return {
        "careful": keras.optimizers.Adam(warm_up, clipnorm=1.0),
        "careless": keras.optimizers.Adam(2e-3),
    }


def start(letters: tk.Backbone, seed: int):
    """Random shared layers and a random head for the letters."""
    shared = letters.random(seed).build()
    first = keras.initializers.GlorotUniform(seed)
    logits = keras.layers.Dense(len(tk.glyphs.LETTERS), kernel_initializer=first)
    return keras.Model(shared.input, logits(shared.output))


def chunk(model, seed: int) -> float:
    """Train on fresh scenes for CHUNK steps; the mean loss of these."""
    drawn = tk.glyphs.draw(tk.glyphs.LETTERS, CHUNK * BATCH, 200_000 + seed)
    fitted = model.fit(drawn.images, drawn.symbol, batch_size=BATCH, verbose=0)
    loss = round(float(fitted.history["loss"][0]), 4)
    print(loss, end=" ", flush=True)
    return loss


def main() -> None:
    letters = tk.Backbone("letters")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses: dict[str, list] = {"careful": [], "careless": []}
    named: dict[str, list] = {"careful": [], "careless": []}
    held_out = tk.glyphs.draw(tk.glyphs.LETTERS, 512, 7)
    for seed in SEEDS:
        for name, optimizer in optimizers().items():
            model = start(letters, seed)
            model.compile(optimizer, loss)
            losses[name].append([chunk(model, 1000 * seed + i) for i in range(CHUNKS)])
            answers = model.predict(held_out.images, verbose=0).argmax(axis=1)
            counts = np.bincount(answers)
            named[name].append(int((counts > 0).sum()))
            print(seed, name, losses[name][-1], named[name][-1], counts.max())
        stored.write(
            "04_collapse",
            letters,
            SEEDS[: seed + 1],
            steps_in_a_chunk=CHUNK,
            losses=losses,
            classes_named=named,
            classes=len(tk.glyphs.LETTERS),
        )


if __name__ == "__main__":
    main()
