"""Filters of the first layer beside what they answer to: a filter, and its response."""

import numpy as np

from tlkit import look, plots

SLOPE = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], "float32")  # Sobel's
EDGES = {  # what a filter may look for -> the filter of one channel that does it
    "upright edges": SLOPE,
    "level edges": SLOPE.T,
}
COLOUR = "one colour"


def likeness(kernel: np.ndarray) -> dict[str, np.ndarray]:
    """How much each filter is like an edge filter, or like a plain colour filter.

    Args:
        kernel: float (3, 3, 3, n): row, column, red-green-blue, filter.

    Returns:
        what it looks for -> float (n,), 0 to 1: the part of the filter's length that
        lies in that direction (for an edge with either sign).
    """
    length = np.sqrt((kernel**2).sum(axis=(0, 1, 2)))
    found = {}
    for what, edge in EDGES.items():
        same = np.repeat(edge[:, :, None], 3, axis=2)  # the same in each colour
        along = np.tensordot(same / np.linalg.norm(same), kernel, 3)
        found[what] = np.abs(along) / length
    flat = kernel.mean(axis=(0, 1))  # (3, n), the same in each place
    against = flat - flat.mean(axis=0)  # what brightness alone does not explain
    found[COLOUR] = 3 * np.sqrt((against**2).sum(axis=0)) / length  # of nine places
    return found


def response(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """What one filter of a convolution answers at each place.

    Args:
        image: uint8 (h, w, 3), RGB, 0-255.
        kernel: float (3, 3, 3), of one filter, red first.

    Returns:
        float32 (h, w): 0 is the answer to the picture's mean colour. Outside the
        picture there is the mean colour.
    """
    from scipy.ndimage import correlate

    centred = (image - image.mean(axis=(0, 1))).astype("float32")
    answers = [
        correlate(centred[..., i], kernel[..., i], mode="constant") for i in range(3)
    ]
    return np.sum(answers, axis=0)


def filter_responses(image: np.ndarray, kernel: np.ndarray):
    """Three filters, each beside the picture and its response to it.

    They are those most like a filter for upright edges, for level edges, and for a
    colour.

    Args:
        image: uint8 (h, w, 3), RGB, 0-255.
        kernel: float (3, 3, 3, n) of the first layer, red first.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib.figure import Figure

    alike = likeness(kernel)
    figure = Figure(figsize=(look.WIDE, 2.15 * len(alike)), layout="constrained")
    rows = figure.subplots(len(alike), 3, width_ratios=(0.7, 1, 1))
    words = []
    for (small, middle, right), (what, degrees) in zip(
        rows, alike.items(), strict=True
    ):
        best = int(degrees.argmax())
        one = kernel[..., best]
        most = np.abs(one).max()
        small.imshow(0.5 + one / (2 * most), interpolation="nearest")
        middle.imshow(image, interpolation="nearest")
        answer = response(image, one)
        largest = np.abs(answer).max()
        right.imshow(answer, cmap="PuOr", vmin=-largest, vmax=largest)
        named = f"filter {best}: {degrees[best]:.2f}\n{what}"
        small.set_title(named, fontsize=look.TYPE, color=plots.INK)
        middle.set_title("the picture", fontsize=look.TYPE, color=plots.INK)
        right.set_title("its response", fontsize=look.TYPE, color=plots.INK)
        for ax in (small, middle, right):
            ax.axis("off")
        words.append(f"filter {best}, {degrees[best]:.2f} like one for {what}")
    figure.supxlabel(
        "number: how much the filter is like one for that (1: the same)\n"
        "filter: grey is weight 0; response: white is 0, purple above, orange below",
        fontsize=look.TYPE,
        color=plots.INK,
    )
    return plots.describe(
        figure,
        f"Three filters of the first layer, the picture, and the response of each: "
        f"{'; '.join(words)}.",
    )
