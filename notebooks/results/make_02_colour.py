"""Makes 02_colour.json: what else than a linear head reads, after block 5.

Is what a linear head cannot read gone, or is it only not linearly readable? Three kinds
of head try to read three things in the same scenes from the 128 numbers after block 5:
a linear head, a head with a hidden layer, and nearest neighbours. The colour and the
angle are those of 02_map.json. The third is the place: pictures are moved by up to six
pixels along each axis, and the head says in which quarter the digit lies.

A linear head also reads the place at each cut of the trained network, from 128 numbers
everywhere (principal components, as in the map): from block 3 on, each number sees the
whole picture.

5,600 scenes have labels in each draw, 1,400 more choose among three settings for each
head (its penalty, or the number of neighbours), and 2,000 are for the test. There are
five draws of the scenes; the random network has new weights in each. The trained
network is one and the same.

Run from the repository's root: python notebooks/results/make_02_colour.py
(about ten minutes on 2 cores).
"""

import numpy as np
import stored
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

import tlkit as tk

DRAWS = range(5)
TRAIN, VALIDATION, TEST = 5600, 1400, 2000  # scenes
NUMBERS = 128  # for each scene
FAR = 6  # pixels that a picture is moved at most
CUTS = ("block1", "block2", "block3", "block4", "block5")
HEADS = {  # name -> setting -> head
    "linear": lambda c: LogisticRegression(C=c, max_iter=200),
    "hidden layer": lambda alpha: MLPClassifier(
        (64,), alpha=alpha, max_iter=40, early_stopping=True, random_state=0
    ),
    "neighbours": lambda k: KNeighborsClassifier(k),
}
SETTINGS = {  # which validation chooses from
    "linear": (0.01, 0.1, 1.0),
    "hidden layer": (0.01, 0.1, 1.0),
    "neighbours": (5, 20, 80),
}


def scenes(draw: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Pictures as they are drawn, and moved ones.

    Returns:
        "colour", "angle" and "place" -> images uint8 (n, 32, 32, 3); and -> the true
        answers, int (n,). The scenes to train on come first, then those to validate and
        to test with.
    """
    n = TRAIN + VALIDATION + TEST
    drawn = tk.glyphs.draw(tk.glyphs.DIGITS, n, 1000 + draw)
    still = tk.glyphs.Style(shift=0)
    middle = tk.glyphs.draw(tk.glyphs.DIGITS, n, 1100 + draw, style=still)
    moves = np.random.default_rng(draw).integers(1, FAR + 1, (n, 2))
    side = np.random.default_rng(draw + 50).integers(0, 2, (n, 2))  # left, up: 0
    answers = {
        "colour": drawn.colour,
        "angle": np.clip((drawn.angle + 30) // 15, 0, 3).astype(int),
        "place": 2 * side[:, 0] + side[:, 1],
    }
    moved = np.stack(
        [
            shifted(image, *np.where(way, move, -move))
            for image, way, move in zip(middle.images, side, moves, strict=True)
        ]
    )
    return {"colour": drawn.images, "angle": drawn.images, "place": moved}, answers


def shifted(image: np.ndarray, x: int, y: int) -> np.ndarray:
    """A picture moved to the right and down; mirrored where it would be empty."""
    wide = np.pad(image, ((FAR, FAR), (FAR, FAR), (0, 0)), mode="reflect")
    return wide[FAR - y : FAR - y + 32, FAR - x : FAR - x + 32]


def read(kind: str, numbers: np.ndarray, answers: np.ndarray) -> float:
    """Test accuracy of the best head of a kind, chosen on validation."""
    scaler = StandardScaler().fit(numbers[:TRAIN])
    numbers = scaler.transform(numbers)
    train, validation = slice(TRAIN), slice(TRAIN, TRAIN + VALIDATION)
    test = slice(TRAIN + VALIDATION, None)
    tried = []
    for setting in SETTINGS[kind]:
        head = HEADS[kind](setting)
        head.fit(numbers[train], answers[train])  # may warn: its passes are limited
        tried.append((head.score(numbers[validation], answers[validation]), head))
    _, best = max(tried, key=lambda pair: pair[0])
    return round(float(best.score(numbers[test], answers[test])), 4)


def numbers_after(model, images: np.ndarray) -> np.ndarray:
    """128 numbers for each picture, float32 (n, 128)."""
    numbers = model.predict(images, batch_size=200, verbose=0)
    numbers = numbers.reshape(len(numbers), -1)
    if numbers.shape[1] == NUMBERS:
        return numbers
    fewer = PCA(NUMBERS, svd_solver="randomized", random_state=0)
    return fewer.fit(numbers[:1000]).transform(numbers)


def main() -> None:
    letters = tk.Backbone("letters")
    scores: dict[str, dict] = {}
    places: dict[str, list[float]] = {cut: [] for cut in CUTS}
    for draw in DRAWS:
        images, answers = scenes(draw)
        networks = {"letters": letters.build(), "random": letters.random(draw).build()}
        for name, network in networks.items():
            model = tk.backbone.at_cut(network, "block5")
            for question, shown in images.items():
                numbers = numbers_after(model, shown)
                line = scores.setdefault(question, {}).setdefault(name, {})
                for kind in HEADS:
                    found = read(kind, numbers, answers[question])
                    line.setdefault(kind, []).append(found)
                newest = {kind: found[-1] for kind, found in line.items()}
                print(draw, name, question, newest, flush=True)
        for cut in CUTS[:-1]:
            model = tk.backbone.at_cut(networks["letters"], cut)
            numbers = numbers_after(model, images["place"])
            places[cut].append(read("linear", numbers, answers["place"]))
        places["block5"].append(scores["place"]["letters"]["linear"][-1])
        print(draw, "place", {cut: found[-1] for cut, found in places.items()})
        stored.write(
            "02_colour",
            letters,
            list(DRAWS)[: draw + 1],
            scenes={"train": TRAIN, "validation": VALIDATION, "test": TEST},
            chance={"colour": 1 / 8, "angle": 1 / 4, "place": 1 / 4},
            scores=scores,
            place_by_cut=places,
        )


if __name__ == "__main__":
    main()
