"""The page of a benchmark: its tables, its figure, and what the recipes are. Every number comes from the JSON file."""

import tlkit as tk

NAMES = {
    "article": "the article's program",
    "keras_guide:head": "Keras guide, frozen base",
    "keras_guide": "Keras guide, then all layers",
    "tf_tutorial:head": "TensorFlow tutorial, frozen base",
    "tf_tutorial": "TensorFlow tutorial, then block 5",
    "torch_fixed": "PyTorch, fixed feature extractor",
    "torch_finetune": "PyTorch, finetuning",
    "probe": "tlkit, linear probe",
    "fine_tune": "tlkit, fine-tune block 5",
    "lp_ft": "tlkit, probe then all layers",
}
OURS = ("probe", "fine_tune", "lp_ft")
SOURCES = """\
- **The article's program** (`tlkit.article`): pixels scaled by 1/255, flatten, a dense layer, all layers trained by
  Adam at 1e-4, ten "epochs" of 100 batches of 32, the last state kept. Its epochs are those of 100 batches.
- **Keras guide**, [Transfer learning & fine-tuning](https://keras.io/guides/transfer_learning/): the frozen base lies
  inside the model and runs in every one of 20 epochs (Adam, 1e-3); then all layers are thawed for 10 epochs (Adam,
  1e-5). Batches of 32, flips, turns of up to 36°, dropout 0.2.
- **TensorFlow tutorial**, [Transfer learning and
  fine-tuning](https://www.tensorflow.org/tutorials/images/transfer_learning): the same with 10 epochs (Adam, 1e-4) and
  10 more from a layer on (RMSprop, 1e-5). There it is layer 100 of MobileNetV2's 154; here, carried over, block 5 of
  VGG16. Turns of up to 72°.
- **PyTorch tutorial**, [Transfer Learning for Computer
  Vision](https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html): SGD with momentum 0.9, a tenth
  of the step size every 7 epochs, 25 epochs; of the last layer only, or of all. Three changes, meant in its favour on
  a processor: `channels_last`, bfloat16 autocast and images in memory; batches of 32 instead of 4, the last layer alone
  with a step size of 0.008 for 0.001 (all layers: 0.001, more was worse); flips only, because its crops, down to 8 %
  of the area, are made for 224 pixels. The weights are converted layer by layer{same}.
- **tlkit**: `linear_probe`, `fine_tune(unfreeze="block5")` and `lp_ft` with their own settings. They stop by
  themselves and keep their best epoch, so both of their times are the whole run, features and tracing included. The
  feature cache is empty at the start of each.

All get the same images, validation split, test images and pretrained weights, and the same precision ({precision});
the published Keras and TensorFlow code, run as it stands, would use float32. Where a mirror would change a picture's
class, nobody flips. Each repeat draws other labels; in each, the order of the recipes is shuffled."""


def cell(found: dict, form: str = "{:.1f}") -> str:
    """Median, and smallest to largest where they differ."""
    low, middle, high = (form.format(found[key]) for key in ("low", "median", "high"))
    return middle if low == high else f"{middle} ({low}–{high})"


def table(rows: dict) -> str:
    """Accuracy beside time, as Markdown."""
    head = ["recipe", "test accuracy", "epochs", "seconds to its best epoch", "in probes", "seconds, published epochs",
            "in probes", "first epochs, s", "a later epoch, s"]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name in (name for name in NAMES if name in rows):
        row, bold = rows[name], "**" if name in OURS else ""
        ratio = {
            key: cell(row[key]) if key in row else ""
            for key in ("to_best_ratio", "published_ratio")
        }
        mark = (
            ""
            if not row["missing"]["high"]
            else f" (extrapolated by {row['missing']['median']:.0f} epochs)"
        )
        words = [f"{bold}{NAMES[name]}{bold}", cell(row["accuracy"], "{:.3f}"), cell(row["epochs"], "{:.0f}"),
                 cell(row["to_best"]), ratio["to_best_ratio"], cell(row["published"]) + mark, ratio["published_ratio"],
                 cell(row["first_epochs"]), cell(row["steady"], "{:.2f}")]  # fmt: skip
        lines.append(f"| {' | '.join(words)} |")
    return "\n".join(lines)


def table_of_targets(found: list[dict]) -> str:
    """Target, wanted, measured, met or missed, as Markdown."""
    if not found:
        return ""
    said = {True: "met", False: "**missed**", None: "not measured"}
    lines = ["| target | wanted | measured | |", "|---|---|---|---|"]
    lines += [
        f"| {one['name']} | {one['wanted']} | {one['measured']} | {said[one['met']]} |"
        for one in found
    ]
    return "\n".join(lines)


def table_of_steps(found: list[dict]) -> str:
    """What a training step is made of, in milliseconds, as Markdown."""
    if not found:
        return ""
    names = {"forward": "forward alone", "down": "forward and backward without the gradients of the kernels",
             "forward_backward": "forward and backward", "by_keras": "the same by Keras's convolutions",
             "adam": "Keras's Adam, clipping included", "adam_fused": "Adam in one operation", "step": "the whole step",
             "step_jit": "the whole step with `jit_compile`"}  # fmt: skip
    lines = [
        f"| trained (batch {found[0]['batch']}) | {' | '.join(names.values())} |",
        "|---" * (len(names) + 1) + "|",
    ]
    for row in found:
        what = f"{row['trained']}: {row['parameters'] / 1e6:.1f} million numbers"
        lines.append(
            f"| {what} | {' | '.join(f'{row[key]:,.1f} ms' for key in names)} |"
        )
    return "\n".join(lines)


def table_of_ends(found: list[dict]) -> str:
    """How long `fit` still takes when the last epoch of a training is over, in two ways of feeding it, as Markdown."""
    if not found:
        return ""
    head = [
        "all layers, fed by",
        "trainings",
        "seconds to their last epochs' ends",
        "and after them",
        "longest",
    ]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in found:
        numbers = f"{sum(row['seconds']):.1f} | {sum(row['waits']):.1f} | {max(row['waits']):.1f}"
        lines.append(f"| {row['fed']} | {len(row['waits'])} | {numbers} |")
    return "\n".join(lines) + "\n\n"


def about_batches(found: list[dict]) -> str:
    """Whether larger batches learn as well, as a section in Markdown; nothing if it was not measured."""
    if not found:
        return ""
    lines = [
        "| recipe | images | batch | gain in validation accuracy | time of training |",
        "|---" * 5 + "|",
    ]
    for one in found:
        gain, ratio = tk.evaluate.Interval(**one["gain"]), one["ratio"]
        batch = " → ".join(map(str, one["batches"]))
        time = f"× {ratio['median']:.2f} ({ratio['low']:.2f}–{ratio['high']:.2f})"
        lines.append(
            f"| {one['recipe']} | {one['images']:,} | {batch} | {gain} | {time} |"
        )
    table, draws, held_out = "\n".join(lines), found[0]["draws"], found[0]["held_out"]
    return f"""## Larger batches for many images

With so many images or more the kit takes the larger batch by itself; of block 5 the step size grows with it. As many
epochs each, {draws} draws of the images; {held_out:,} validation images, no others, say how well each learned:

{table}

"""


def about_views(found: list[dict]) -> str:
    """What augmentation brings and costs, as a section in Markdown; nothing if it was not measured."""
    if not found:
        return ""
    lines = [
        "| way | accuracy | gain over the first of its kind | seconds | price |",
        "|---" * 5 + "|",
    ]
    for one in found:
        score, gain = (
            tk.evaluate.Interval(**one[key]) if one[key] else ""
            for key in ("accuracy", "gain")
        )
        lines.append(
            f"| {one['way']} | {score} | {gain} | {one['seconds']:.1f} | {one['price']:.1f} times |"
        )
    table, gains = (
        "\n".join(lines),
        [tk.evaluate.Interval(**one["gain"]) for one in found if one["gain"]],
    )
    sure = sum(gain.excludes(0) for gain in gains)
    return f"""## Augmentation and the cache

What lies below a cut is computed once, so augmentation there is a fixed number of views of every picture. Or one
augments above the cut: in all layers, where nothing is cached. Both, with few labels, over several draws of them:

{table}

A view is moved by up to 4 pixels and, where that leaves the class alone, mirrored or not; the first is the picture as
it is. "Nothing cached" has no augmentation. "Price" is the time as a multiple of that of the first of its kind. Of the
{len(gains)} gains, {sure or "none"} can be told from 0. The kit caches no views; it mirrors where nothing is cached.

"""


def about_sizes(found: list[dict]) -> str:
    """Images in a second and per cent of peak by size and precision, as a section; nothing if it was not measured."""
    if not found:
        return ""
    head = ["device, batch", "precision", "pixels", "peak, 10⁹ operations/s", "forward, images/s", "of peak",
            "all layers trained, images/s", "of peak"]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for one in found:
        precision = one["precision"] + ", `jit_compile`" * one["jit"]
        words = [f"{one['device']}, {one['batch']}", precision, f"{one['size']}", f"{one['peak'] / 1e9:,.0f}",
                 f"{one['forward']:,.0f}", f"{one['forward_of_peak']:.0%}", f"{one['training']:,.0f}",
                 f"{one['training_of_peak']:.0%}"]  # fmt: skip
        lines.append(f"| {' | '.join(words)} |")
    table = "\n".join(lines)
    return f"""## Larger pictures

{table}

The peak is measured, as the fastest large matrix product in the same precision; convolutions can exceed it, because
they skip the zeros around a picture, which are counted here. A training step counts as three ways forward. Where there
is a GPU, `make bench` fills this table from it, with and without `jit_compile`.

"""


def spaced(heights: list[float], gap: float) -> list[float]:
    """Heights moved up as little as needed, so that no two are nearer than the gap; in the order given."""
    order, moved, last = (
        sorted(range(len(heights)), key=heights.__getitem__),
        list(heights),
        None,
    )
    for i in order:
        moved[i] = heights[i] if last is None else max(heights[i], last + gap)
        last = moved[i]
    return moved


def words(result: dict) -> str:
    """The figure's alternative text."""
    parts = [f"{NAMES[name]} {row['accuracy']['median']:.2f} after {row['to_best']['median']:.0f} s"
             for name, row in result["rows"].items()]  # fmt: skip
    return f"Test accuracy against seconds, on a logarithmic scale: {', '.join(parts)}."


def figure(result: dict) -> bytes:
    """Accuracy against seconds: a full mark at the best epoch, an empty one after the published number of epochs, or a
    stroke where only their time is known."""
    from matplotlib import pyplot

    fig, ax = pyplot.subplots(figsize=(8.2, 5), layout="constrained")
    rows = [(name, result["rows"][name]) for name in NAMES if name in result["rows"]]
    heights = [row["accuracy"]["median"] for _, row in rows]
    reach = (max(heights) - min(heights)) or 0.1
    low = min(row["to_best"]["low"] for _, row in rows)
    right = max(row["published"]["high"] for _, row in rows) * 1.25
    theirs = [i for i, (name, _) in enumerate(rows) if name not in OURS]
    places = dict(
        zip(theirs, spaced([heights[i] for i in theirs], reach / 17), strict=True)
    )
    for i, ((name, row), height) in enumerate(zip(rows, heights, strict=True)):
        mine = name in OURS
        ink, mark = (tk.plots.PALETTE["probe"], "o") if mine else (tk.plots.INK, "s")
        x, ends = row["to_best"]["median"], row["published"]["median"]
        ax.plot([x, ends], [height, height], color=ink, lw=1, ls=":")
        ax.plot(
            [row["to_best"]["low"], row["to_best"]["high"]],
            [height, height],
            color=ink,
            lw=2,
        )
        ax.plot(
            [x, x], [row["accuracy"]["low"], row["accuracy"]["high"]], color=ink, lw=2
        )
        cut = row["missing"]["high"] > 0
        if not mine:
            ax.plot(
                ends,
                height,
                "|" if cut else mark,
                color=ink,
                mfc="white",
                ms=9 if cut else 6,
                mew=2 if cut else 1,
            )
        ax.plot(x, height, mark, color=ink, ms=9 if mine else 6)
        if mine:
            side = "left" if row["to_best"]["low"] == low else "center"
            ax.annotate(NAMES[name], (x, row["accuracy"]["high"]), xytext=(0, 5), textcoords="offset points", ha=side,
                        color=ink, fontsize=10, fontweight="bold")  # fmt: skip
        else:
            ax.annotate(NAMES[name], (ends, height), xytext=(right, places[i]), color=ink, va="center", fontsize=10,
                        arrowprops={"arrowstyle": "-", "color": "#c8c8c8", "lw": 0.7, "shrinkB": 6})  # fmt: skip
    ax.set_ylim(top=ax.get_ylim()[1] + reach / 10)  # room for the highest name
    ax.set_xscale("log")
    ax.set_xlabel("seconds from the untrained to the trained model (logarithmic)")
    ax.set_ylabel(f"accuracy on {result['task']['test']:,} test pictures")
    seconds = [
        s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if s <= right
    ]
    ax.set_xticks(seconds, [f"{s:,}" for s in seconds])
    ax.set_xlim(low / 1.3, right)
    ax.minorticks_off()
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="x", color="#e8e8e8", zorder=0)
    ax.set_title(
        "full: best epoch; empty: published epochs; stroke: their time only, not run so far",
        loc="left",
        fontsize=10,
        pad=12,
    )
    return tk.plots.png(fig, words(result))


def text(result: dict, picture: str) -> str:
    """The whole page."""
    machine, task, versions = result["machine"], result["task"], result["versions"]
    flags = ", ".join(machine["flags"]) or "none of those looked for"
    same = ""
    if "torch_differs_by" in result:
        same = f"; in float32 its features differ from Keras's by at most {result['torch_differs_by']:.0e} of the largest"
    capped = (
        f" A stage that trains blocks ran at most {result['epochs']} passes."
        if result["epochs"]
        else ""
    )
    met = [one["met"] for one in result.get("targets", [])]
    file = picture.replace(".png", ".json")
    sizes = f"{task['train']:,} training, {task['validation']:,} validation and {task['test']:,} test pictures"
    used = ", ".join(f"{name} {number}" for name, number in versions.items())
    tables = {
        "ends": table_of_ends,
        "batches": about_batches,
        "views": about_views,
        "sizes": about_sizes,
    }
    more = "".join(section(result.get(part, [])) for part, section in tables.items())
    return f"""# How fast, and against whom

Written by `make bench`; the numbers are in [{file}]({file}). Seconds on a shared machine wander, so read the ratios:
each is formed within one repeat, and given as median (smallest–largest).

{result["provenance"]}
{sizes} of {task["classes"]} classes, {result["repeats"]} repeats.{capped}
Weights `{result["weights"]["name"]}`, SHA-256 `{result["weights"]["sha256"]}`.
{machine["cores"]} cores ({machine["system"]}; {flags}), {machine["memory_gb"]} GB; {used}.

```
{result["command"]}
```

## Accuracy beside time

{table(result["rows"])}

"Epochs" is the number after which validation accuracy is highest; the first time and the accuracy belong to it. "First
epochs" pay for tracing. "In probes": divided by the whole time of the linear probe of the same repeat. Epochs that were
not run count as later ones, and the table says how many: the accuracy of such a recipe is that of the epochs that were
run and might still rise, so compare its times. The validation pass after each epoch is part of every time.

![{words(result)}]({picture})

## What the recipes are

{SOURCES.format(same=same, precision=result["precision"])}

## Targets

{sum(m is True for m in met)} of the {len(met)} that were measured are met.

{table_of_targets(result.get("targets", []))}

## Where a training step goes

{table_of_steps(result.get("steps", []))}

{more}## What was tried

- **Tracing.** Keras traced every training step twice, because the optimizer made its variables in the first step; tlkit
  now builds it before. The peers run as published, without that, and their first epochs show it.
- **`jit_compile`** makes VGG16's steps slower on the processor, as the table above says; nobody uses it here.
- **Convolutions of small pictures** (the table above). In block 5 pictures of 32 x 32 are 2 x 2 numbers wide. Every
  output sees every input there, so a 3 x 3 convolution is a dense layer, and much faster as one. Elsewhere the gradient
  of a kernel in bfloat16 is faster as nine products of matrices, one for each of its places. The kit does both where
  there are 256 channels or more (`tlkit.machine.fast.convolution`), and through it so do the Keras and TensorFlow recipes here;
  a saved model has Keras's plain layers.
- **The end of a training** (the table above). TensorFlow tunes what feeds `fit`, twice as seldom each time, and some
  trainings, more in some hours than in others, have to wait until it does so again: about 1.3, 2.6, 5.1, 10, 20, 41,
  ... seconds after they began, up to twice what they need. A single generator leaves nothing to tune, so the kit turns
  that off (`tlkit.machine.fast.stream`). The peers' epochs are timed before their end.
- **Validation** by `evaluate` opens its data anew in every epoch; the kit's is one pass by a function that has been
  traced anyway, for the final predictions.
- **Adam in one operation** for each variable instead of Keras's nine takes half of the time (the table above); a
  gradient that is short enough is not written again to clip it.
- **An epoch of the probe in one call** (`steps_per_execution`): a step on features is shorter than Python's part in it.
- **Batches as they are stored**, uint8 or float16, become float32 in the network and not in Python.
- **Why block 5 gains less than the arithmetic allows.** Adam has to move seven million numbers in each step (the table
  above), which the arithmetic does not count; batches of 64 halve that. Nor does it count tracing.
- **Why the probe takes longer than the pass.** It builds the network, traces three functions, and makes fifteen passes
  over the features. (The time before its first epoch counts from the call on, so also the collecting of what earlier
  trainings left in memory, which the totals do not count.)
- **Batches of 256 for many images.** 64 in one pass hold fewer megabytes; from 5,000 images of up to 32 x 32 on the
  feature cache takes 256, as the plain pass does.
- **Memory.** Standardising on a copy of all features took 120 MB and more at 60,000 images; 10,000 images decide now.
- **PyTorch** on Linux with an x86 processor comes with gigabytes of CUDA libraries that it needs to start even where
  there is no GPU (`pip install --no-deps torch` does not start). It lies in `build/bench-env`, apart from the kit.

## Run it yourself

```
make bench                                                          # the embedded pair
make bench ARGS="--task DIR --weights FILE --images 1000 --repeats 3"   # your pictures, in class folders
make bench ARGS="--parts views,sizes"                               # only these parts, added to a run that is there
make bench ARGS="--quick"                                           # only to see that it runs
```
"""
