"""Gradient descent on a curve, on a bowl, and along a line in weight space."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tlkit import evaluate, look, plots

from .parts import band, listed, name_beside

CURVATURE = np.array([1.0, 10.0])  # of the bowl ½(θ₁² + 10 θ₂²), along θ₁ and θ₂
START = np.array([-4.0, 1.5])
BEST = 3.0  # of the curve (θ − 3)²


def steps_on_curve(step_sizes: Sequence[float], start: float = 0.0, steps: int = 8):
    """Gradient descent on (θ − 3)², one panel for each step size.

    Args:
        step_sizes: α of each panel.
        start: where θ begins.
        steps: how many.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(look.WIDE, 2.6), layout="constrained")
    grid = np.linspace(-2, 8, 200)
    panels = figure.subplots(1, len(step_sizes), sharey=True, squeeze=False)[0]
    ends = {}
    for ax, step_size in zip(panels, step_sizes, strict=True):
        theta = BEST + (start - BEST) * (1 - 2 * step_size) ** np.arange(steps + 1)
        loss = (theta - BEST) ** 2
        plots.axes(ax, None).plot(grid, (grid - BEST) ** 2, color=plots.FAINT, lw=2)
        ax.plot(theta, loss, "o-", color=plots.PALETTE["probe"], lw=1.2, ms=5)
        left = {"textcoords": "offset points", "ha": "right", "color": plots.INK}
        ax.annotate("start", (theta[0], loss[0]), (-4, -13), **left)
        ax.set(xlabel="parameter θ", xlim=(-3, 9), ylim=(-1, 18), xticks=(0, 4, 8))
        ax.set_title(f"α = {step_size:g}")
        ends[f"α = {step_size:g}:"] = f"θ = {theta[-1]:.2f}, loss {loss[-1]:.2f}"
    panels[0].set_ylabel("loss L(θ)")
    return plots.describe(
        figure,
        f"{steps} steps on the curve (θ − {BEST:g})² from θ = {start:g}, loss "
        f"{(start - BEST) ** 2:.2f}. They end so, {listed(ends)}.",
    )


def path(step_size: float, momentum: float = 0.0, steps: int = 40) -> np.ndarray:
    """Where gradient descent with momentum goes on the bowl.

    v ← βv − α∇L, θ ← θ + v (Polyak 1964, doi:10.1016/0041-5553(64)90137-5).

    Args:
        step_size: α.
        momentum: β.
        steps: how many.

    Returns:
        float (steps + 1, 2), beginning at START.
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


def descent_sliders(step_size: float = 0.15, momentum: float = 0.0):
    """Step size and momentum on a contour map of the bowl.

    Args:
        step_size, momentum: where the sliders begin.

    Returns:
        an Explorer.
    """
    from ipywidgets import FloatSlider

    from ..widgets import explore

    alpha = FloatSlider(
        step_size, min=0.01, max=0.22, step=0.01, description="step size α"
    )
    beta = FloatSlider(momentum, min=0.0, max=0.95, step=0.05, description="momentum β")
    return explore(draw, (look.WIDE, 5.0), step_size=alpha, momentum=beta)


def draw(figure, step_size: float, momentum: float) -> str:
    """The path on the bowl's contour map, and the loss over the steps; both
    in words.
    """
    visited = path(step_size, momentum)
    loss = height(visited)
    figure.set_layout_engine("none")  # arranging by itself doubles the time
    margins = {"left": 0.14, "right": 0.97, "bottom": 0.11, "top": 0.98, "hspace": 0.3}
    over_map, over_steps = figure.subplots(
        2, 1, height_ratios=(1.5, 1), gridspec_kw=margins
    )
    _draw_path(plots.axes(over_map, None), visited)
    _draw_loss(plots.axes(over_steps, None), loss)
    ended = f"goes from {loss[0]:.1f} to {loss[-1]:.2g}"
    if loss[-1] > loss[0]:
        ended = "grows without end"
    return (
        f"With step size {step_size:g} and momentum {momentum:g} the loss {ended} in "
        f"{len(loss) - 1} steps. The path crosses the valley's floor "
        f"{_crossings(visited)} times."
    )


def _draw_path(ax, visited: np.ndarray) -> None:
    """The path over ellipses of equal loss, from the start; a star marks
    the minimum.
    """
    _contours(ax)
    ax.plot(*visited.T, "o-", color=plots.PALETTE["probe"], lw=1.5, ms=4, clip_on=True)
    left = {"textcoords": "offset points", "ha": "right", "color": plots.INK}
    ax.annotate("start", START, (-6, 8), **left)
    ax.plot(0, 0, "*", color=plots.PALETTE["scratch"], ms=14)


def _draw_loss(ax, loss: np.ndarray) -> None:
    """The loss over the steps, on a logarithmic scale."""
    ax.plot(np.clip(loss, 1e-8, 1e8), color=plots.PALETTE["probe"], lw=2.5)
    ax.set(xlabel="step", ylabel="loss", yscale="log", ylim=(1e-6, 1e4))
    ax.set_yticks([1e-4, 1e-2, 1, 100, 1e4], ["0.0001", "0.01", "1", "100", "10,000"])
    ax.minorticks_off()


def _crossings(visited: np.ndarray) -> int:
    """How often θ₂ changes its sign."""
    return int((np.diff(np.sign(visited[:, 1])) != 0).sum())


def _contours(ax) -> None:
    """Ellipses of equal loss, each twice as high as the one inside it.

    They are one line with gaps (nan), to be quick.
    """
    turn = np.linspace(0, 2 * np.pi, 90)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    circle = np.append(circle, [[np.nan]] * 2, axis=1)  # (2, 91)
    radii = np.sqrt(0.5 * 2.0 ** np.arange(9)[:, None] / CURVATURE)  # (rings, 2)
    rings = radii[:, :, None] * circle  # (rings, 2, 91)
    x, y = rings[:, 0].ravel(), rings[:, 1].ravel()
    ax.plot(x, y, color=plots.FAINT, lw=0.8, zorder=0)
    ax.set(xlim=(-5.2, 3), ylim=(-2.2, 2.2), xlabel="θ₁", ylabel="θ₂")


def along(
    model, start: Sequence, end: Sequence, places: Sequence[float], images, labels
) -> list[tuple[float, float]]:
    """Loss and accuracy on the straight line between two sets of weights.

    Args:
        model: keras.Model, images -> logits (n, classes); its weights stay as they are.
        start, end: weights as ``model.get_weights()`` gives them, at places 0 and 1.
        places: where on the line; below 0 and above 1 it goes on beyond its ends.
        images: uint8 (n, h, w, 3).
        labels: int (n,).

    Returns:
        (mean cross-entropy, accuracy) at each place.
    """
    from tlkit.features import forward

    kept, found = model.get_weights(), []
    for t in places:
        between = [(1 - t) * a + t * b for a, b in zip(start, end, strict=True)]
        model.set_weights(between)
        batches = [rows for _, rows in forward(model, images)]
        logits = np.concatenate(batches).astype("float64")
        accuracy = float((logits.argmax(axis=1) == labels).mean())
        found.append((cross_entropy(logits, labels), accuracy))
    model.set_weights(kept)
    return found


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy, in nats, of logits float (n, classes) and labels int (n,)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    of_the_truth = shifted[np.arange(len(labels)), labels]
    return float((np.log(np.exp(shifted).sum(axis=1)) - of_the_truth).mean())


def loss_curves(
    curves: Mapping[str, Sequence[float]],
    xlabel: str = "step",
    every: int | Mapping[str, int] = 1,
    guess: float | None = None,
    limits: tuple[float, float] | None = None,
):
    """Losses over the steps, one line for each name, on a logarithmic scale.

    Args:
        curves: name -> losses.
        xlabel: what is counted along the axis.
        every: how much one entry counts there; one number, or one for each name.
        guess: the loss of guessing, a dashed line.
        limits: of the losses shown; None: all. What lies above is cut off.

    Returns:
        the Axes.
    """
    from matplotlib.ticker import MaxNLocator

    ax = plots.axes(None, (look.WIDE, 3.5))
    colours, styles = list(plots.PALETTE.values()), ("-", "--", "-.", ":")
    ends, words = [], {}
    for i, (name, losses) in enumerate(curves.items()):
        count = every[name] if isinstance(every, Mapping) else every
        at = np.arange(len(losses)) * count
        ax.plot(at, losses, styles[i % 4], color=colours[i], lw=2.2)
        ends.append((losses[-1], name, colours[i]))
        late = losses[-max(1, len(losses) // 5) :]
        words[name] = (
            f"from {losses[0]:.2f} to {losses[-1]:.2f}, at last between "
            f"{min(late):.2f} and {max(late):.2f}"
        )
    ax.set(xlabel=xlabel, ylabel="loss (nats)", yscale="log")
    ax.set_ylim(limits)
    low, high = ax.get_ylim()
    marks: Sequence[float] = (0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10)
    if high / low < 3:  # too near each other for those
        marks = MaxNLocator(4).tick_values(low, high)
    ticks = [tick for tick in marks if low <= tick <= high]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.locator_params(axis="x", nbins=5)
    if guess is not None:
        ends.append(look.level(ax, guess, "guessing"))
        words["guessing"] = f"{guess:.2f}"
    look.name_ends(ax, ends)
    return plots.describe(
        ax, f"Loss over {xlabel}, on a logarithmic scale: {listed(words)}."
    )


FOUR = {  # training -> step size, batch (None: all pictures)
    "A": (0.1, 8),
    "B": (0.002, None),
    "C": (10.0, None),
    "D": (1.0, None),
}


def four_curves(
    loss_and_gradient: Callable, X: np.ndarray, Y: np.ndarray, steps: int = 100
) -> dict[str, list[float]]:
    """Four real trainings of a head, A to D: the reader tells their settings apart.

    Args:
        loss_and_gradient: (W, X, Y) -> loss and its gradient, of W's shape.
        X: float (n, features).
        Y: one-hot (n, classes).
        steps: how many.

    Returns:
        name -> the loss at each step.
    """
    rng, curves = np.random.default_rng(0), {}
    for name, (step_size, batch) in FOUR.items():
        W, losses = np.zeros((X.shape[1], Y.shape[1])), []
        for _ in range(steps):
            rows = rng.integers(0, len(X), batch) if batch else slice(None)
            loss, gradient = loss_and_gradient(W, X[rows], Y[rows])
            W = W - step_size * gradient
            losses.append(loss)
        curves[name] = losses
    return curves


BY_OPTIMIZER = (  # colour and style of each line
    (plots.PALETTE["scratch"], "o-"),
    (plots.PALETTE["probe"], "s-"),
    (plots.PALETTE["lp_ft"], "^-"),
)


def by_step_size(
    points: Mapping[str, Mapping[float, Sequence[float]]],
    trained_on: int,
    scored_on: int,
):
    """Validation loss over the step size, mean and 95 % interval for each optimizer.

    Args:
        points: optimizer (three at most) -> step size -> one loss for each split.
        trained_on, scored_on: pictures that each split of the same pool has for either.

    Returns:
        the Axes.
    """
    ax, words = plots.axes(None, (look.WIDE, 4.0)), {}
    for (name, line), (colour, style) in zip(
        points.items(), BY_OPTIMIZER, strict=False
    ):
        sizes = list(line)
        found = [
            evaluate.resampled(values, trained_on, scored_on)
            for values in line.values()
        ]
        band(ax, sizes, found, colour, style, lw=2)
        ax.lines[-1].set_label(name)
        lowest = min(line, key=lambda size: np.mean(line[size]))
        words[name] = f"lowest {np.mean(line[lowest]):.2f} at {lowest:g}"
    ax.set(xscale="log", yscale="log", xlabel="step size α", ylabel="validation loss")
    many = len(next(iter(next(iter(points.values())).values())))
    look.say_bars(ax, f"bands: 95 %, {many} splits of the same pictures")
    above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "frameon": False}
    ax.legend(ncols=len(points), fontsize=look.TYPE, **above)
    ax.set_yticks([0.3, 0.5, 1.0], ["0.3", "0.5", "1.0"])
    ax.minorticks_off()
    return plots.describe(
        ax, f"Validation loss over step size, with 95 % bands: {listed(words)}."
    )


LINES = {  # of the loss line -> colour, style, where it begins along the axis
    "scratch": (plots.PALETTE["scratch"], "-", 0),
    "between": (plots.INK, "--", 0),
    "tuned": (plots.PALETTE["lp_ft"], "-", 1),
}
STATIONS = (  # name, its line, place on it, label's offsets (points), alignment
    ("random", "between", 0, ((10, 8), (-4, -14)), "left"),
    ("trained from scratch", "scratch", 1, ((12, 0), (12, 6)), "left"),
    ("pretrained,\nnew head", "between", 1, ((-8, -18), (-12, 16)), "right"),
    ("fine-tuned", "tuned", 1, ((0, -15), (0, 15)), "right"),
)


def loss_line(
    places: Sequence[float], lines: Mapping[str, np.ndarray], n_classes: int = 10
):
    """Loss and accuracy on new pictures along three straight lines in weight space.

    From random weights one line leads to where training from scratch ends, another to
    the pretrained weights; from there the third goes on to where fine-tuning ends. Each
    seed is a thin line.

    Args:
        places: 0 at the start of a line, 1 at its end; what lies beyond is left out.
        lines: "scratch", "between", "tuned" -> float (seeds, places, 2), loss and
            accuracy.
        n_classes: for the loss and the accuracy of guessing.

    Returns:
        a matplotlib Figure.
    """
    from matplotlib import pyplot

    inside = [place for place in places if 0 <= place <= 1]
    rows = [list(places).index(place) for place in inside]
    lines = {name: np.asarray(line)[:, rows] for name, line in lines.items()}
    figure = pyplot.figure(figsize=(look.WIDE, 6.6), layout="constrained")
    losses, accuracies = figure.subplots(2)
    guesses = (np.log(n_classes), 1 / n_classes)
    levels = []
    for which, ax in enumerate((losses, accuracies)):
        levels.append(_along_lines(ax, inside, lines, which, guesses[which]))
    losses.set(yscale="log", ylim=(0.15, 300), ylabel="loss on new digits")
    ticks = (0.3, 1, 3, 10, 30, 100)
    losses.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    losses.minorticks_off()
    accuracies.set(ylim=(0, 1.15), ylabel="accuracy on new digits")
    look.name_ends(losses, levels[:1])
    look.name_ends(accuracies, levels[1:])
    words = (
        f"Random to trained from scratch: {_ends(lines['scratch'])}. "
        f"Random to pretrained: {_ends(lines['between'])}. "
        f"Pretrained to fine-tuned: {_ends(lines['tuned'])}."
    )
    return plots.describe(
        figure, f"Loss and accuracy on new digits along three lines. {words}"
    )


def _ends(line: np.ndarray) -> str:
    """Where a line (seeds, places, 2) begins and ends, in words, means over seeds."""
    (loss, accuracy), (last_loss, last_accuracy) = line[:, [0, -1]].mean(axis=0)
    return (
        f"loss {loss:.1f} to {last_loss:.1f}, accuracy {accuracy:.2f} to "
        f"{last_accuracy:.2f}"
    )


def _along_lines(
    ax,
    inside: Sequence[float],
    lines: Mapping[str, np.ndarray],
    which: int,
    guess: float,
) -> tuple[float, str, str]:
    """One panel of ``loss_line``: the losses (which = 0) or the accuracies (1).

    Returns the line of guessing for ``look.name_ends``.
    """
    plots.axes(ax, None)
    level = look.level(ax, guess, "guessing")
    for name, (colour, style, begin) in LINES.items():
        at = np.array(inside) + begin
        ax.plot(at, lines[name][:, :, which].T, color=colour, lw=0.8, alpha=0.5)
        ax.plot(at, _middle(lines[name], which), style, color=colour, lw=3.2)
    for words, name, place, offsets, align in STATIONS:
        colour, _, begin = LINES[name]
        height = _middle(lines[name], which)[inside.index(place)]
        point = (place + begin, height)
        ax.plot(*point, "o", color=colour, ms=9)
        where = {"ha": align, "va": "center", "annotation_clip": None}
        name_beside(ax, words, point, colour, offsets[which], **where)
    seeds = len(next(iter(lines.values())))
    ax.set(xlim=(-0.1, 2.1), xlabel="along straight lines in weight space")
    look.say_bars(ax, f"thick: mean of {seeds} seeds; thin: each seed")
    ax.set_xticks([])
    return level


def _middle(line: np.ndarray, which: int) -> np.ndarray:
    """Mean over seeds at each place: of the logarithm for losses, plain
    for accuracies.
    """
    values = line[:, :, which]
    if which == 0:
        return np.exp(np.log(values).mean(axis=0))
    return values.mean(axis=0)


def walks(
    places: Sequence[float],
    lines: Mapping[str, tuple[str, np.ndarray]],
    ends: tuple[str, str],
    chance: float | None = None,
):
    """Accuracy along straight lines between two networks; thin lines are single draws.

    Args:
        places: 0 at the one network, 1 at the other.
        lines: name -> (colour, accuracy float (draws, places)).
        ends: what stands at the two ends.
        chance: accuracy of guessing, a dashed line; None: no line.

    Returns:
        Axes.
    """
    ax, names, words = plots.axes(None, (look.WIDE, 3.6)), [], []
    for name, (colour, found) in lines.items():
        mean = np.mean(found, axis=0)
        ax.plot(places, np.transpose(found), color=colour, lw=0.8, alpha=0.5)
        ax.plot(places, mean, color=colour, lw=3.2)
        names.append((mean[-1], name, colour))
        lowest, highest = mean.argmin(), mean.argmax()
        words.append(
            f"{name}: {mean[0]:.2f} and {mean[-1]:.2f} at the ends, lowest "
            f"{mean[lowest]:.2f} at {places[lowest]:g}, highest {mean[highest]:.2f} at "
            f"{places[highest]:g}"
        )
    ax.set(ylim=(0, 1), ylabel="accuracy on new digits")
    ax.set_xlabel("on the straight line between two networks")
    ax.set_xticks([0, 0.5, 1], [ends[0], "half-way", ends[1]])
    draws = len(next(iter(lines.values()))[1])
    look.say_bars(ax, f"thick: mean of {draws} draws; thin: each draw")
    if chance is not None:
        names.append(look.level(ax, chance, "guessing"))
    look.name_ends(ax, names)
    return plots.describe(
        ax, f"Accuracy on straight lines between networks. {'; '.join(words)}."
    )
