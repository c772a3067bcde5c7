"""The page of a benchmark. Every number comes from the JSON file."""

import figure
import tables
from kinds import KINDS
from tables import instructions, measured

import tlkit as tk

SOURCES = """\
- **The article's program** (`tlkit.article`): pixels scaled by 1/255, flatten, a dense
  layer, all layers trained by Adam at 1e-4, ten "epochs" of 100 batches of 32, the last
  state kept. Its epochs are those of 100 batches.
- **Keras guide**, [Transfer learning &
  fine-tuning](https://keras.io/guides/transfer_learning/): the frozen base lies inside
  the model and runs in every one of 20 epochs (Adam, 1e-3); then all layers are thawed
  for 10 epochs (Adam, 1e-5). Batches of 32, flips, turns of up to 36°, dropout 0.2.
- **TensorFlow tutorial**, [Transfer learning and
  fine-tuning](https://www.tensorflow.org/tutorials/images/transfer_learning): the same
  with 10 epochs (Adam, 1e-4) and 10 more from a layer on (RMSprop, 1e-5). There it is
  layer 100 of MobileNetV2's 154; here, carried over, block 5 of VGG16. Turns of up to
  72°.
- **PyTorch tutorial**, [Transfer Learning for Computer
  Vision](https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html):
  SGD with momentum 0.9, a tenth of the step size every 7 epochs, 25 epochs; of the last
  layer only, or of all. Three changes, meant in its favour on a processor:
  `channels_last`, bfloat16 autocast where that is faster, and images in memory; batches
  of 32 instead of 4, the last layer alone with a step size of 0.008 for 0.001 (all
  layers: 0.001, more was worse); flips only, because its crops, down to 8 % of the
  area, are made for 224 pixels. The weights are converted layer by layer{same}.
- **tlkit**: `linear_probe`, `fine_tune(unfreeze="block5")` and `lp_ft` with their own
  settings. They stop by themselves and keep their best epoch, so both of their times
  are the whole run, features and tracing included. The feature cache is empty at the
  start of each.

On each kind of machine all get the same images, validation split, test images,
pretrained weights and precision. The published Keras and TensorFlow code computes in
float32. It has Keras's own convolutions; with AVX2 it also has oneDNN, which TensorFlow
itself leaves off there: the column "without oneDNN" is what it does by itself. Where a
mirror would change a picture's class, nobody flips. Each repeat draws other labels; in
each, the order of the recipes is shuffled.
"""

TRIED = """\
- **oneDNN.** TensorFlow switches it on by itself only with AVX-512 VNNI or AVX-VNNI.
  With AVX2 alone the kit switches it on when it is imported before TensorFlow, unless
  `TF_ENABLE_ONEDNN_OPTS` is set (`tlkit.machine.processor`).
- **Convolutions of small pictures.** Where pictures are small and channels many, the
  libraries' convolutions, and their gradients most of all, are slow: they also multiply
  the zeros around the picture. In float32 the kit computes such a convolution as nine
  products of matrices, one for each place of its kernel, of those pixels only for
  which the place lies inside the picture: with AVX2 up to 6 × 6 pixels, with AVX-512 on
  2 × 2. With AVX2 (one core, the fastest of many, batch 32, 512 channels) both
  gradients on 4 × 4 pixels take 102 ms by oneDNN, 513 ms without oneDNN, and 65 ms so;
  on 2 × 2 pixels 50, 495 and 11 ms. In bfloat16, 2 × 2 pixels are a dense layer,
  because the sum of nine rounded products would be less exact; elsewhere the kernel's
  gradient is nine products. All of this only from 256 channels on, and only while the
  kit trains or computes features (`tlkit.machine.fast.convolutions`): its models are
  plain Keras.
- **Winograd's convolutions** in TensorFlow's operations, F(2 × 2) and F(4 × 4), are no
  faster with AVX2: moving the numbers takes what fewer multiplications save.
- **Adam in one operation** for each variable instead of Keras's nine takes half of the
  time (the table above); a gradient that is short enough is not written again to clip
  it.
- **Tracing.** Keras traces a training step twice if the optimizer makes its variables
  in the first step; the kit builds it before. The peers run as published, without that,
  and their first epochs show it.
- **`jit_compile`** makes VGG16's steps two to three times slower on a processor; nobody
  uses it here.
- **The end of a training.** TensorFlow tunes what feeds `fit`, twice as seldom each
  time, and some trainings have to wait until it does so again: about 1.3, 2.6, 5.1, 10,
  20, 41, … seconds after they began, up to twice what they need. A single generator
  leaves nothing to tune, so the kit turns that off (`tlkit.machine.fast.stream`). The
  peers' epochs are timed before their end.
- **Validation** by `evaluate` opens its data again in every epoch; the kit's is one
  pass by a function that has been traced anyway, for the final predictions.
- **An epoch of the probe in one call** (`steps_per_execution`): on features, Python's
  part of a step takes longer than its arithmetic.
- **Batches as they are stored**, uint8 or float16, become float32 in the network and
  not in Python.
- **Why block 5 gains less than the arithmetic allows.** Adam has to move seven million
  numbers in each step, which the arithmetic does not count; batches of 64 halve that.
  Nor does it count tracing.
- **Why the probe takes longer than the pass.** It builds the network, traces three
  functions, and makes fifteen passes over the features.
- **Batches of 256 for many images.** 64 in one pass hold fewer megabytes; from 5,000
  images of up to 32 × 32 on the feature cache takes 256, as the plain pass does.
- **Memory.** Standardising on a copy of all features took 120 MB and more at 60,000
  images; 10,000 images decide now.
- **PyTorch** from PyPI, on Linux with an x86 processor, comes with gigabytes of CUDA
  libraries. It lies in `build/bench-env`, apart from the kit.
"""

YOURSELF = """\
```
make bench                                          # the embedded pair
make bench ARGS="--task DIR --weights FILE"         # your pictures, in class folders
make bench ARGS="--kinds avx2 --parts rates,memory" # only these; the others stay
make bench ARGS="--quick"                           # only to see that it runs
```

On a processor with AVX-512 the kinds with AVX2 are played: `ONEDNN_MAX_CPU_ISA=AVX2`
makes oneDNN use no newer instructions (`ONEDNN_VERBOSE=1` names the ones in use), and
`TF_ENABLE_ONEDNN_OPTS=0` leaves oneDNN off.
"""


def text(results: dict, name: str) -> str:
    """The whole page.

    Args:
        results: of all kinds, as in the JSON file.
        name: of the files, without their endings.
    """
    sections = [
        opening(results, name),
        about_targets(results),
        against_whom(results),
        about_rates(results),
        about_the_command(results),
        about_memory(results),
        about_steps(results),
        *about_choices(results),
        f"## What the recipes are\n\n{SOURCES.format(same=same_features(results))}",
        f"## What was tried\n\n{TRIED}",
        f"## Run it yourself\n\n{YOURSELF}",
        how_measured(results),
    ]
    return "\n".join(section for section in sections if section)


def opening(results: dict, name: str) -> str:
    """How long it takes, for each kind of machine."""
    kinds = {kind: results["kinds"][kind] for kind in KINDS if kind in results["kinds"]}
    return f"""# How long will it take on my machine?

{tables.of_answers(kinds)}
{in_short(results, name)}
`python -m tlkit doctor` prints which of these your machine is. The times are of
{cores(kinds)}. Seconds on a shared machine wander, so below read the ratios: each is
formed within one repeat, and given as median (smallest–largest).

Written by `make bench`; the numbers are in [{name}.json]({name}.json).
"""


def in_short(results: dict, name: str) -> str:
    """What the time buys: the figure, and the best of ours and of the others."""
    kinds = measured(results, "rows")
    if not kinds:
        return ""
    said = []
    for kind, result in kinds.items():
        rows, task = result["rows"], result["task"]
        ours, others = (
            max(
                (recipe for recipe in rows if (recipe in tables.OURS) == mine),
                key=lambda recipe: rows[recipe]["accuracy"]["median"],
                default=None,
            )
            for mine in (True, False)
        )
        reached = [after("probe", rows), after(ours, rows), after(others, rows)]
        distinct = list(dict.fromkeys(words for words in reached if words))
        said.append(
            f"- {KINDS[kind].title}, {task['train']:,} pictures of {task['classes']} "
            f"classes: {'; '.join(distinct)}."
        )
    listed = "\n".join(said)
    picture = ""
    if figure.shown(results):
        picture = f"![{figure.words(results)}]({name}.png)\n"
    return f"""
What that time buys: the accuracy on test pictures, of the linear probe, of the kit's
best recipe, and of the best program that others have published. Some of those were cut
short and might still rise; the table further below says which.

{listed}

{picture}"""


def after(recipe: str | None, rows: dict) -> str:
    """ "tlkit, linear probe 0.51 after 5.7 s"; nothing if it was not measured."""
    if recipe not in rows:
        return ""
    accuracy = rows[recipe]["accuracy"]["median"]
    seconds = tables.duration(rows[recipe]["to_best"]["median"])
    return f"{tables.RECIPES[recipe]} {accuracy:.2f} after {seconds}"


def cores(kinds: dict[str, dict]) -> str:
    """ "2 cores"."""
    counts = sorted({result["machine"]["cores"] for result in kinds.values()})
    return f"{' or '.join(map(str, counts))} cores"


def about_targets(results: dict) -> str:
    """The project's own targets."""
    kinds = measured(results, "targets")
    if not kinds:
        return ""
    verdicts = []
    for result in kinds.values():
        verdicts += [one["met"] for one in result["targets"] if one["met"] is not None]
    return f"""## Targets

{sum(verdicts)} of {len(verdicts)} are met.

{tables.of_targets(kinds)}
"""


def against_whom(results: dict) -> str:
    """Accuracy beside time, a table for each kind."""
    kinds = measured(results, "rows")
    if not kinds:
        return ""
    parts = [
        f"### {heading(kind, one)}\n\n{compared(one)}" for kind, one in kinds.items()
    ]
    return f"""## Against whom: accuracy beside time

{"".join(parts)}"Epochs" is the number after which validation accuracy is highest; the
first time and the accuracy belong to it. "First epochs" pay for tracing. "In probes":
divided by the whole time of the linear probe of the same repeat. Epochs that were not
run count as later ones, and the table says how many: the accuracy of such a recipe is
that of the epochs that were run and might still rise, so compare its times. The
validation pass after each epoch is part of every time.
"""


def heading(kind: str, result: dict) -> str:
    """The kind, the instruction set and the precision."""
    return f"{KINDS[kind].title} ({instructions(result)})"


def compared(result: dict) -> str:
    """The table of one kind, with what it was measured on."""
    task, repeats = result["task"], result["repeats"]
    capped = ""
    if result["epochs"]:
        capped = (
            f" A peer's stage that trains blocks ran at most {result['epochs']} passes."
        )
    times = "once" if repeats == 1 else f"{repeats} repeats"
    return f"""{task["train"]:,} training, {task["validation"]:,} validation and \
{task["test"]:,} test pictures of {task["classes"]} classes, {times}.{capped}

{tables.of_recipes(result["rows"])}

"""


def about_rates(results: dict) -> str:
    """Images in a second by three ways."""
    kinds = measured(results, "rates")
    if not kinds:
        return ""
    return f"""## Images in a second

The arithmetic alone: the network on random pictures, in turn by Keras as it is, by
tlkit, and by PyTorch (`channels_last`); training of all layers by Adam.

{tables.of_passes(kinds)}
"""


def about_the_command(results: dict) -> str:
    """The times of the main job."""
    kinds = measured(results, "main")
    if not kinds:
        return ""
    return f"""## `python -m tlkit run`

The embedded pair with an empty cache, seconds from the start of the process; for each
recipe the time of each draw of the labels.

{tables.of_main_jobs(kinds)}
"""


def about_memory(results: dict) -> str:
    """Peak memory of the recipes."""
    kinds = measured(results, "memory")
    if not kinds:
        return ""
    images = {row["images"] for one in kinds.values() for row in one["memory"]}
    counts = " or ".join(f"{count:,}" for count in sorted(images))
    return f"""## Memory

Largest resident memory of a process with VGG16 of full width on {counts} pictures,
training cut short. Wanted: less than 1,500 MB. Files that are mapped count.

{tables.of_memory(kinds)}
"""


def about_steps(results: dict) -> str:
    """What a training step is made of."""
    kinds = measured(results, "steps")
    if not kinds:
        return ""
    parts = [under(kind, one, tables.of_steps(one)) for kind, one in kinds.items()]
    return f"## Where a training step goes\n\n{''.join(parts)}"


def under(kind: str, result: dict, table: str, title: str = "") -> str:
    """A table of one kind under its name."""
    return f"{title}{heading(kind, result)}:\n\n{table}\n\n"


def about_choices(results: dict) -> list[str]:
    """Sections on what is not measured by default."""
    sections = {
        "ends": ("When a training ends", tables.of_ends, ends_said),
        "batches": ("Larger batches for many images", tables.of_batches, batches_said),
        "views": ("Augmentation and the cache", tables.of_views, views_said),
        "sizes": ("Larger pictures", tables.of_sizes, sizes_said),
    }
    found = []
    for part, (title, table, said) in sections.items():
        kinds = measured(results, part)
        if not kinds:
            continue
        parts = []
        for kind, one in kinds.items():
            parts.append(f"{under(kind, one, table(one))}{said(one)}\n\n")
        found.append(f"## {title}\n\n{''.join(parts)}".removesuffix("\n"))
    return found


def ends_said(result: dict) -> str:
    """About the table of ends."""
    return "See “The end of a training” below."


def batches_said(result: dict) -> str:
    """About the table of batches."""
    draws, held_out = result["batches"][0]["draws"], result["batches"][0]["held_out"]
    return f"""From this many images on, the kit takes the larger batch by itself; of
block 5 the step size grows with it. As many epochs each, {draws} draws of the images;
{held_out:,} validation images, no others, decide how well each learned."""


def views_said(result: dict) -> str:
    """About the table of views."""
    gains = [one["gain"] for one in result["views"] if one["gain"]]
    sure = sum(tk.evaluate.Interval(**gain).excludes(0) for gain in gains)
    return f"""Below a cut everything is computed once, so augmentation there is a fixed
number of views of every picture. Or one augments above the cut: in all layers, where
nothing is cached. A view is moved by up to 4 pixels and, where that leaves the class
alone, mirrored or not; the first is the picture as it is. "Nothing cached" has no
augmentation. "Price" is the time as a multiple of that of the first of its kind. Of the
{len(gains)} gains, {sure or "none"} can be told from 0. The kit caches no views; it
mirrors where nothing is cached."""


def sizes_said(result: dict) -> str:
    """About the table of sizes."""
    return """The peak is measured, as the fastest large matrix product in the same
precision; convolutions can exceed it, because they skip the zeros around a picture,
which are counted here. A training step counts as three ways forward. Where there is a
GPU, `make bench ARGS="--kinds other --parts sizes"` fills this table from it, with and
without `jit_compile`."""


def same_features(results: dict) -> str:
    """How near PyTorch's features are to Keras's."""
    kinds = measured(results, "torch_differs_by").values()
    if not kinds:
        return ""
    most = max(one["torch_differs_by"] for one in kinds)
    return (
        "; in float32 its features differ from Keras's by\n"
        f"  at most {most:.0e} of the largest"
    )


def how_measured(results: dict) -> str:
    """Machines, versions, weights and commands, for whoever repeats this."""
    parts = ["## What exactly was measured\n"]
    for kind in KINDS:
        if kind not in results["kinds"]:
            continue
        result = results["kinds"][kind]
        machine, weights = result["machine"], result["weights"]
        flags = ", ".join(machine["flags"]) or "none of those looked for"
        used = ", ".join(f"{name} {one}" for name, one in result["versions"].items())
        environment = result.get("environment", {})
        variables = " ".join(f"{one}={environment[one]}" for one in environment)
        lines = [
            f"**{heading(kind, result)}**: {machine['cores']} cores "
            f"({machine['system']}; {flags}), {machine['memory_gb']} GB.",
            f"{used}.",
            result["provenance"],
            f"Weights `{weights['name']}`, SHA-256 `{weights['sha256']}`.",
            f"Environment: `{variables}`." if variables else "",
        ]
        said = "\n".join(line for line in lines if line)
        commands = "\n".join(result["commands"])
        parts.append(f"{said}\n\n```\n{commands}\n```\n")
    return "\n".join(parts)
