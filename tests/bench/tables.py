"""The tables of the page, as Markdown. Every number comes from the JSON file."""

from collections.abc import Callable

import targets
from kinds import KINDS

import tlkit as tk

RECIPES = {
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
NOTHING = "not measured"


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def measured(results: dict, part: str) -> dict[str, dict]:
    """Kind -> its results, of the kinds for which a part was measured."""
    kinds = results["kinds"]
    return {name: kinds[name] for name in KINDS if kinds.get(name, {}).get(part)}


def instructions(result: dict) -> str:
    """What heads a column: "AVX2, oneDNN on, float32"."""
    return f"{result['machine']['instructions']}, {result['precision']}"


def cell(found: dict, form: str = "{:.1f}") -> str:
    """Median, and smallest to largest where they differ."""
    low, middle, high = (form.format(found[key]) for key in ("low", "median", "high"))
    return middle if low == high else f"{middle} ({low}–{high})"


def duration(seconds: float) -> str:
    """ "8.4 s", "41 s", "2 min 5 s"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def of_recipes(rows: dict) -> str:
    """Accuracy beside time."""
    head = [
        "recipe",
        "test accuracy",
        "epochs",
        "seconds to its best epoch",
        "in probes",
        "seconds, published epochs",
        "in probes",
        "first epochs, s",
        "a later epoch, s",
    ]
    return markdown(head, [of_recipe(name, rows) for name in RECIPES if name in rows])


def of_recipe(name: str, rows: dict) -> list[str]:
    """A line of ``of_recipes``."""
    row, bold = rows[name], "**" if name in OURS else ""
    published = cell(row["published"])
    if row["missing"]["high"]:
        published += f" (extrapolated by {row['missing']['median']:.0f} epochs)"
    ratios = {}
    for key in ("to_best_ratio", "published_ratio"):
        ratios[key] = cell(row[key]) if key in row else ""
    return [
        f"{bold}{RECIPES[name]}{bold}",
        cell(row["accuracy"], "{:.3f}"),
        cell(row["epochs"], "{:.0f}"),
        cell(row["to_best"]),
        ratios["to_best_ratio"],
        published,
        ratios["published_ratio"],
        cell(row["first_epochs"]),
        cell(row["steady"], "{:.2f}"),
    ]


def of_answers(kinds: dict[str, dict]) -> str:
    """How long it takes: one column for each kind of machine.

    Args:
        kinds: name -> results, as many columns.
    """
    head = ["", *(f"**{KINDS[name].title}**: {KINDS[name].sentence}" for name in kinds)]
    rows = []
    for question, answer in ANSWERS.items():
        answers = [answer(result) or NOTHING for result in kinds.values()]
        if set(answers) != {NOTHING}:
            rows.append([question, *answers])
    used = [instructions(result) for result in kinds.values()]
    return markdown(head, [*rows, ["computed with", *used]])


def of_main(result: dict) -> str | None:
    """Time of `make run`."""
    main = result.get("main")
    if not main:
        return None
    draws = "" if main["seeds"] == 3 else f" ({main['seeds']} of the 3 draws)"
    return duration(main["total"]) + draws


def of_beginning(result: dict) -> str | None:
    """Times until something happens."""
    main = result.get("main")
    if not main:
        return None
    return f"{duration(main['first_line'])}; {duration(main['first_step'])}"


def of_training(recipe: str) -> Callable[[dict], str | None]:
    """A function that gives the time of a recipe."""

    def answer(result: dict) -> str | None:
        row = result.get("rows", {}).get(recipe)
        if not row:
            return None
        images = result["task"]["train"]
        return f"{duration(row['published']['median'])} ({images:,} pictures)"

    return answer


def rates_of(result: dict, way: str) -> dict[str, float]:
    """Pass -> images in a second, of the larger batch.

    Without the part "rates", tlkit's are those of the part "sizes".
    """
    found = {}
    for row in result.get("rates") or ():
        if way in row["ways"]:
            found[row["pass"]] = row["ways"][way]["median"]
    if found or way != "tlkit":
        return found
    for row in result.get("sizes") or ():
        if row["size"] == 32 and row["precision"] == result["precision"]:
            found = {"forward": row["forward"], "training": row["training"]}
    return found


def of_rates(way: str) -> Callable[[dict], str | None]:
    """A function that gives images in a second, forward and in training."""

    def answer(result: dict) -> str | None:
        rates = rates_of(result, way)
        if not rates:
            return None
        return f"{rates['forward']:,.0f}; {rates['training']:,.0f}"

    return answer


def of_many(result: dict) -> str | None:
    """Time for the features of all of CIFAR-10's training pictures."""
    rates = rates_of(result, "tlkit")
    return duration(50_000 / rates["forward"]) if rates else None


def of_most_memory(result: dict) -> str | None:
    """The largest peak of any recipe."""
    rows = result.get("memory")
    return f"{max(row['mb'] for row in rows):,.0f} MB" if rows else None


ANSWERS: dict[str, Callable[[dict], str | None]] = {
    "`make run`: three draws of digits, three recipes": of_main,
    "… until its first line; until its first training step": of_beginning,
    "VGG16: linear probe": of_training("probe"),
    "VGG16: fine-tuning of block 5": of_training("fine_tune"),
    "VGG16: probe, then all layers": of_training("lp_ft"),
    "VGG16: features of 50,000 pictures": of_many,
    "VGG16, images/s: forward; training of all layers": of_rates("tlkit"),
    "… the same by Keras without tlkit": of_rates("Keras"),
    "most memory that a recipe takes": of_most_memory,
}


def of_targets(kinds: dict[str, dict]) -> str:
    """Target, wanted, and for each kind what was measured: met or missed."""
    said = {True: "met: ", False: "**missed**: ", None: ""}
    head = ["target", "wanted", *map(instructions, kinds.values())]
    found = {}
    for name, result in kinds.items():
        found[name] = {one["key"]: one for one in result["targets"]}
    rows = []
    for key, title in targets.NAMES.items():
        ones = [by_key.get(key) for by_key in found.values()]
        wanted = [one["wanted"] for one in ones if one]
        if not wanted:
            continue
        cells = []
        for one in ones:
            cells.append(said[one["met"]] + one["measured"] if one else NOTHING)
        rows.append([title, wanted[0], *cells])
    return markdown(head, rows)


def of_passes(kinds: dict[str, dict]) -> str:
    """Images in a second by way, and tlkit's as a multiple of the others'."""
    head = [
        "machine",
        "pass, batch",
        "Keras",
        "tlkit",
        "PyTorch",
        "tlkit / Keras",
        "tlkit / PyTorch",
    ]
    rows = []
    for result in kinds.values():
        for row in result["rates"]:
            line = [instructions(result), f"{row['pass']}, {row['batch']}"]
            for way in ("Keras", "tlkit", "PyTorch"):
                rate = row["ways"].get(way)
                line.append(cell(rate, "{:,.0f}") if rate else NOTHING)
            for way in ("Keras", "PyTorch"):
                ratio = row["ratios"].get(way)
                line.append(cell(ratio, "{:.2f}") if ratio else "")
            rows.append(line)
    return markdown(head, rows)


def of_main_jobs(kinds: dict[str, dict]) -> str:
    """What the command takes, and how much of it each recipe does."""
    names: list[str] = []
    for result in kinds.values():
        names += [name for name in result["main"]["recipes"] if name not in names]
    head = ["machine", "draws", "first line", "first training step", *names, "in all"]
    rows = []
    for result in kinds.values():
        main = result["main"]
        line = [
            result["machine"]["instructions"],
            str(main["seeds"]),
            duration(main["first_line"]),
            duration(main["first_step"]),
        ]
        for name in names:
            seconds = main["recipes"].get(name)
            line.append(", ".join(map(duration, seconds)) if seconds else "")
        rows.append([*line, duration(main["total"])])
    return markdown(head, rows)


def of_memory(kinds: dict[str, dict]) -> str:
    """Peak memory of each recipe, for each kind."""
    head = ["recipe", *map(instructions, kinds.values())]
    names: list[str] = []
    for result in kinds.values():
        found = [row["recipe"] for row in result["memory"]]
        names += [name for name in found if name not in names]
    rows = []
    for name in names:
        line = [name]
        for result in kinds.values():
            peaks = {row["recipe"]: row for row in result["memory"]}
            line.append(of_peak(peaks.get(name)))
        rows.append(line)
    return markdown(head, rows)


def of_peak(row: dict | None) -> str:
    """One peak, and whether it stays below the limit."""
    if row is None:
        return NOTHING
    missed = "" if row["met"] else " **missed**"
    return f"{row['mb']:,.0f} MB{missed}"


def of_steps(result: dict) -> str:
    """What a training step is made of, in milliseconds."""
    names = {
        "forward": "forward alone",
        "down": "forward and backward without the gradients of the kernels",
        "forward_backward": "forward and backward",
        "by_keras": "the same by Keras's convolutions",
        "adam": "Keras's Adam, clipping included",
        "adam_fused": "Adam in one operation",
        "step": "the whole step",
        "step_jit": "the whole step with `jit_compile`",
    }
    rows = result["steps"]
    shown = [key for key in names if key in rows[0]]
    head = [f"trained (batch {rows[0]['batch']})", *(names[key] for key in shown)]
    lines = []
    for row in rows:
        what = f"{row['trained']}: {row['parameters'] / 1e6:.1f} million numbers"
        lines.append([what, *(f"{row[key]:,.1f} ms" for key in shown)])
    return markdown(head, lines)


def of_ends(result: dict) -> str:
    """How long `fit` still takes when the last epoch of a training is over."""
    head = [
        "all layers, fed by",
        "trainings",
        "seconds to their last epochs' ends",
        "and after them",
        "longest",
    ]
    rows = []
    for row in result["ends"]:
        waits = row["waits"]
        numbers = (sum(row["seconds"]), sum(waits), max(waits))
        seconds = [f"{number:.1f}" for number in numbers]
        rows.append([row["fed"], str(len(waits)), *seconds])
    return markdown(head, rows)


def of_batches(result: dict) -> str:
    """Whether larger batches learn as well."""
    head = [
        "recipe",
        "images",
        "batch",
        "gain in validation accuracy",
        "time of training",
    ]
    rows = []
    for one in result["batches"]:
        gain = tk.evaluate.Interval(**one["gain"])
        batch = " → ".join(map(str, one["batches"]))
        time = f"× {cell(one['ratio'], '{:.2f}')}"
        rows.append([one["recipe"], f"{one['images']:,}", batch, f"{gain}", time])
    return markdown(head, rows)


def of_views(result: dict) -> str:
    """What augmentation brings and costs."""
    head = ["way", "accuracy", "gain over the first of its kind", "seconds", "price"]
    rows = []
    for one in result["views"]:
        accuracy = tk.evaluate.Interval(**one["accuracy"])
        gain = tk.evaluate.Interval(**one["gain"]) if one["gain"] else ""
        seconds, price = f"{one['seconds']:.1f}", f"{one['price']:.1f} times"
        rows.append([one["way"], f"{accuracy}", f"{gain}", seconds, price])
    return markdown(head, rows)


def of_sizes(result: dict) -> str:
    """Images in a second and per cent of peak by size and precision."""
    head = [
        "device, batch",
        "precision",
        "pixels",
        "peak, 10⁹ operations/s",
        "forward, images/s",
        "of peak",
        "all layers trained, images/s",
        "of peak",
    ]
    rows = []
    for one in result["sizes"]:
        precision = one["precision"]
        if one["jit"]:
            precision += ", `jit_compile`"
        rows.append(
            [
                f"{one['device']}, {one['batch']}",
                precision,
                f"{one['size']}",
                f"{one['peak'] / 1e9:,.0f}",
                f"{one['forward']:,.0f}",
                f"{one['forward_of_peak']:.0%}",
                f"{one['training']:,.0f}",
                f"{one['training_of_peak']:.0%}",
            ]
        )
    return markdown(head, rows)
