"""Gradient descent on a curve, on a bowl that two sliders steer, and along a line in weight space."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tlkit import plots

CURVATURE = np.array(
    [1.0, 10.0]
)  # of the bowl ½(θ₁² + 10 θ₂²), along each of its two parameters
START = np.array([-4.0, 1.5])
BEST = 3.0  # of the curve (θ − 3)²


def steps_on_curve(step_sizes: Sequence[float], start: float = 0.0, steps: int = 8):
    """Gradient descent on (θ − 3)², one panel for each step size; returns the figure."""
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(8.4, 2.8), layout="constrained")
    grid = np.linspace(-2, 8, 200)
    panels = figure.subplots(1, len(step_sizes), sharey=True, squeeze=False)[0]
    for ax, step_size in zip(panels, step_sizes, strict=True):
        theta = BEST + (start - BEST) * (1 - 2 * step_size) ** np.arange(steps + 1)
        plots.axes(ax, None).plot(grid, (grid - BEST) ** 2, color=plots.FAINT, lw=2)
        ax.plot(
            theta, (theta - BEST) ** 2, "o-", color=plots.PALETTE["probe"], lw=1.2, ms=5
        )
        ax.annotate(
            "start",
            (theta[0], (start - BEST) ** 2),
            (-6, -12),
            textcoords="offset points",
            color=plots.INK,
            ha="right",
        )
        ax.set(
            title=f"step size α = {step_size:g}",
            xlabel="parameter θ",
            xlim=(-2, 8),
            ylim=(-1, 18),
        )
    panels[0].set_ylabel("loss L(θ)")
    return figure


def path(step_size: float, momentum: float = 0.0, steps: int = 40) -> np.ndarray:
    """Where gradient descent with momentum goes on the bowl: float (steps + 1, 2), beginning at START.

    v ← βv − α∇L, θ ← θ + v, with step size α and momentum β (Polyak 1964, doi:10.1016/0041-5553(64)90137-5).
    """
    theta, v, visited = START, np.zeros(2), [START]
    for _ in range(steps):
        v = momentum * v - step_size * CURVATURE * theta
        theta = theta + v
        visited.append(theta)
    return np.array(visited)


def height(theta: np.ndarray) -> np.ndarray:
    """Loss of the bowl at parameters float (..., 2)."""
    return (CURVATURE * theta**2).sum(axis=-1) / 2


def draw(figure, step_size: float, momentum: float) -> str:
    """The path on the bowl's contour map, and the loss over the steps; returns both in words."""
    visited = path(step_size, momentum)
    loss = height(visited)
    figure.set_layout_engine(
        "none"
    )  # places by hand: arranging by itself doubles the time
    margins = {"left": 0.07, "right": 0.99, "bottom": 0.17, "top": 0.97, "wspace": 0.33}
    over_map, over_steps = figure.subplots(
        1, 2, width_ratios=(1.5, 1), gridspec_kw=margins
    )
    _contours(plots.axes(over_map, None))
    over_map.plot(
        *visited.T, "o-", color=plots.PALETTE["probe"], lw=1.5, ms=4, clip_on=True
    )
    over_map.annotate(
        "start", START, (-6, 8), textcoords="offset points", ha="right", color=plots.INK
    )
    over_map.plot(0, 0, "*", color=plots.PALETTE["scratch"], ms=14)
    plots.axes(over_steps, None).plot(
        np.clip(loss, 1e-8, 1e8), color=plots.PALETTE["probe"], lw=2.5
    )
    over_steps.set(xlabel="step", ylabel="loss", yscale="log", ylim=(1e-6, 1e4))
    over_steps.set_yticks(
        [1e-4, 1e-2, 1, 100, 1e4], ["0.0001", "0.01", "1", "100", "10,000"]
    )
    over_steps.minorticks_off()
    ended = (
        "grows without end"
        if loss[-1] > loss[0]
        else f"goes from {loss[0]:.1f} to {loss[-1]:.2g}"
    )
    return (
        f"With step size {step_size:g} and momentum {momentum:g} the loss {ended} in {len(loss) - 1} steps. The path "
        f"crosses the valley's floor {_crossings(visited)} times."
    )


def descent_sliders(step_size: float = 0.15, momentum: float = 0.0):
    """Step size and momentum on a contour map of the bowl, as an Explorer that begins with the given values."""
    from ipywidgets import FloatSlider

    from ..widgets import explore

    alpha = FloatSlider(
        step_size, min=0.01, max=0.22, step=0.01, description="step size α"
    )
    beta = FloatSlider(momentum, min=0.0, max=0.95, step=0.05, description="momentum β")
    return explore(draw, (8.4, 3.0), step_size=alpha, momentum=beta)


def _crossings(visited: np.ndarray) -> int:
    """How often θ₂ changes its sign."""
    return int((np.diff(np.sign(visited[:, 1])) != 0).sum())


def _contours(ax) -> None:
    """Ellipses of equal loss, each twice as high as the one inside it."""
    turn = np.linspace(0, 2 * np.pi, 90)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    radii = np.sqrt(0.5 * 2.0 ** np.arange(9)[:, None] / CURVATURE)  # (rings, 2)
    x, y = np.moveaxis(
        radii[:, :, None] * np.append(circle, [[np.nan]] * 2, axis=1), 1, 0
    ).reshape(2, -1)
    ax.plot(
        x, y, color=plots.FAINT, lw=0.8, zorder=0
    )  # as one line with gaps, to be quick
    ax.set(xlim=(-5.2, 3), ylim=(-2.2, 2.2), xlabel="θ₁", ylabel="θ₂")


def along(
    model, start: Sequence, end: Sequence, places: Sequence[float], images, labels
) -> list[tuple[float, float]]:
    """Loss and accuracy on the straight line between two sets of weights.

    Args:
        model: keras.Model, images -> logits (n, classes); its weights are left as they were.
        start, end: weights as ``model.get_weights()`` gives them, at places 0 and 1.
        places: where on the line; below 0 and above 1 it goes on beyond its ends.
        images, labels: uint8 (n, h, w, 3) and int (n,).

    Returns:
        (mean cross-entropy, accuracy) at each place.
    """
    from tlkit.features import forward

    kept, found = model.get_weights(), []
    for t in places:
        model.set_weights(
            [(1 - t) * a + t * b for a, b in zip(start, end, strict=True)]
        )
        logits = np.concatenate([rows for _, rows in forward(model, images)]).astype(
            "float64"
        )
        found.append(
            (
                cross_entropy(logits, labels),
                float((logits.argmax(axis=1) == labels).mean()),
            )
        )
    model.set_weights(kept)
    return found


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy of logits float (n, classes) and labels int (n,)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float(
        (
            np.log(np.exp(shifted).sum(axis=1))
            - shifted[np.arange(len(labels)), labels]
        ).mean()
    )


def loss_curves(
    curves: Mapping[str, Sequence[float]],
    xlabel: str = "step",
    every: int | Mapping[str, int] = 1,
):
    """Losses over the steps, one line for each name, on a logarithmic scale; returns the Axes.

    Args:
        curves: name -> losses.
        xlabel: what is counted along the axis.
        every: how much one entry counts there; one number, or one for each name.
    """
    ax, colours, styles = (
        plots.axes(None, (6.4, 3.4)),
        list(plots.PALETTE.values()),
        ("-", "--", "-.", ":"),
    )
    ends = []
    for i, (name, losses) in enumerate(curves.items()):
        counts = np.arange(len(losses)) * (
            every[name] if isinstance(every, Mapping) else every
        )
        ax.plot(counts, losses, styles[i % 4], color=colours[i], lw=2.2)
        ends.append((counts[-1], np.log10(losses[-1]), name, colours[i]))
    ax.set(xlabel=xlabel, ylabel="loss", yscale="log")
    ticks = [
        tick
        for tick in (0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10)
        if ax.get_ylim()[0] <= tick <= ax.get_ylim()[1]
    ]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.locator_params(axis="x", nbins=5)
    _name_ends(ax, ends)
    return ax


def four_curves(
    loss_and_gradient: Callable, X: np.ndarray, Y: np.ndarray, steps: int = 100
) -> dict[str, list[float]]:
    """Four real trainings of a head, A to D, whose settings the reader is to tell from their losses.

    Args:
        loss_and_gradient: (W, X, Y) -> loss and its gradient, of W's shape.
        X, Y: float (n, features), and one-hot (n, classes).
    """
    rng, curves = np.random.default_rng(0), {}
    for name, (step_size, batch) in {
        "A": (0.1, 8),
        "B": (0.002, 0),
        "C": (10.0, 0),
        "D": (1.0, 0),
    }.items():
        W, losses = np.zeros((X.shape[1], Y.shape[1])), []
        for _ in range(steps):
            rows = rng.integers(0, len(X), batch) if batch else slice(None)
            loss, gradient = loss_and_gradient(W, X[rows], Y[rows])
            W = W - step_size * gradient
            losses.append(loss)
        curves[name] = losses
    return curves


def by_step_size(points: Mapping[str, Mapping[float, Sequence[float]]]):
    """Validation loss against the step size, mean and 95 % interval over seeds for each optimizer; returns the Axes."""
    ax, markers = plots.axes(None, (6.4, 3.6)), iter("os^")
    for (name, line), key in zip(
        points.items(), ("scratch", "probe", "lp_ft"), strict=False
    ):
        sizes, found = (
            list(line),
            [plots.evaluate.over_seeds(values) for values in line.values()],
        )
        ax.fill_between(
            sizes,
            [f.low for f in found],
            [f.high for f in found],
            color=plots.PALETTE[key],
            alpha=0.2,
        )
        ax.plot(
            sizes,
            [f.mean for f in found],
            f"{next(markers)}-",
            color=plots.PALETTE[key],
            lw=2,
            ms=6,
        )
        ax.annotate(name, (sizes[0], found[0].mean), (-8, 8), textcoords="offset points", weight="bold",
                    color=plots.darker(plots.PALETTE[key]), ha="right")  # fmt: skip
    ax.set(xscale="log", yscale="log", xlabel="step size α", ylabel="validation loss")
    ax.set_xlim(left=min(min(line) for line in points.values()) / 3)
    ax.set_yticks([0.3, 0.5, 1.0], ["0.3", "0.5", "1.0"])
    ax.minorticks_off()
    return ax


STATIONS = (  # of the loss line: name, line and place of each, way of its label from it (points), alignment
    ("random", "between", 0, ((10, 8), (-4, -14)), "left"),
    ("trained from scratch", "scratch", 1, ((12, 0), (12, 6)), "left"),
    ("pretrained,\nnew head", "between", 1, ((-8, -18), (-12, 16)), "right"),
    ("fine-tuned", "tuned", 1, ((0, -15), (0, 15)), "right"),
)


def loss_line(
    places: Sequence[float], lines: Mapping[str, np.ndarray], n_classes: int = 10
):
    """Loss and accuracy on new pictures along three straight lines in weight space; returns the figure.

    From random weights one line leads to where training from scratch ends, another to the pretrained weights; from
    there the third goes on to where fine-tuning ends. Each seed is a thin line.

    Args:
        places: 0 at the start of a line, 1 at its end; what lies beyond is left out.
        lines: "scratch", "between", "tuned" -> float (seeds, places, 2), loss and accuracy.
        n_classes: for the loss and the accuracy of guessing.
    """
    from matplotlib import pyplot

    inside = [place for place in places if 0 <= place <= 1]
    lines = {
        name: np.asarray(line)[:, [list(places).index(p) for p in inside]]
        for name, line in lines.items()
    }
    looks = {
        "scratch": (plots.PALETTE["scratch"], "-"),
        "between": (plots.INK, "--"),
        "tuned": (plots.PALETTE["lp_ft"], "-"),
    }
    figure = pyplot.figure(figsize=(8.4, 3.9), layout="constrained")
    for i, ax in enumerate(figure.subplots(1, 2)):
        guess = (np.log(n_classes), 1 / n_classes)[i]
        plots.axes(ax, None).axhline(guess, color=plots.FAINT, ls=":", lw=1.5)
        ax.annotate(
            f"guessing {guess:.1f}",
            (2, guess),
            (0, 4 - 18 * i),
            textcoords="offset points",
            ha="right",
        )
        for name, (colour, style) in looks.items():
            way = np.array(inside) + (name == "tuned")
            ax.plot(way, lines[name][:, :, i].T, color=colour, lw=0.8, alpha=0.5)
            ax.plot(way, _middle(lines[name], i), style, color=colour, lw=3.2)
        for words, name, place, offsets, align in STATIONS:
            at = (
                place + (name == "tuned"),
                _middle(lines[name], i)[inside.index(place)],
            )
            colour = looks[name][0] if words != "random" else plots.INK
            ax.plot(*at, "o", color=colour, ms=9)
            ax.annotate(words, at, offsets[i], textcoords="offset points", ha=align, va="center", weight="bold",
                        fontsize=11, color=plots.darker(colour))  # fmt: skip
        ax.set(
            xlim=(-0.1, 2.1),
            xlabel="along straight lines in weight space",
            ylabel=f"{('loss', 'accuracy')[i]} on new digits",
        )
        ax.set_xticks([])
    figure.axes[0].set(yscale="log", ylim=(0.15, 300))
    figure.axes[0].set_yticks(
        [0.3, 1, 3, 10, 30, 100], ["0.3", "1", "3", "10", "30", "100"]
    )
    figure.axes[0].minorticks_off()
    figure.axes[1].set_ylim(0, 1.05)
    return figure


def _middle(line: np.ndarray, i: int) -> np.ndarray:
    """Mean over seeds at each place: of the logarithm for losses (i = 0), plain for accuracies."""
    values = line[:, :, i]
    return values.mean(axis=0) if i else np.exp(np.log(values).mean(axis=0))


def _name_ends(ax, ends) -> None:
    """Names beside the last points of lines on a logarithmic scale, moved apart; heights come as powers of ten."""
    low, high = np.log10(ax.get_ylim())
    gap, below = 0.08 * (high - low), -np.inf
    for x, y, name, colour in sorted(ends, key=lambda end: end[1]):
        below = max(y, below + gap)
        ax.annotate(name, (x, 10**below), (6, 0), textcoords="offset points", va="center", weight="bold",
                    color=plots.darker(colour), annotation_clip=False)  # fmt: skip
