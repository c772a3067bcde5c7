"""Arithmetic of the benchmark on what the recipes report; imports nothing but the standard library.

A run is {"recipe", "seed", "stages", "total"}. A stage is one call of fit: {"published": the number of epochs that its
source asks for, "start": seconds from the recipe's start to the first step, "epochs": [{"seconds", "accuracy"}, …],
"test": accuracy}. Seconds count from the recipe's start, accuracy is the validation split's, and test that of the best
epoch on the test split.
"""

from itertools import pairwise
from math import log
from statistics import median


def best_epoch(stages: list[dict]) -> tuple[int, int]:
    """(stage, epoch) with the highest validation accuracy; of equals the earliest, which is the cheapest."""
    places = [
        (s, e) for s, stage in enumerate(stages) for e in range(len(stage["epochs"]))
    ]
    return max(
        places,
        key=lambda place: (
            stages[place[0]]["epochs"][place[1]]["accuracy"],
            -place[0],
            -place[1],
        ),
    )


def lengths(stage: dict) -> list[float]:
    """Seconds of each epoch of a stage; tracing is part of the first."""
    ends = [stage["start"], *(epoch["seconds"] for epoch in stage["epochs"])]
    return [end - begin for begin, end in pairwise(ends)]


def steady(stage: dict) -> float:
    """Seconds of an epoch after the first: the median; of a single epoch its own."""
    return median(lengths(stage)[1:] or lengths(stage))


def missing(stages: list[dict]) -> int:
    """Epochs that the source asks for and that were not run."""
    return sum(max(0, stage["published"] - len(stage["epochs"])) for stage in stages)


def published_seconds(stages: list[dict]) -> float:
    """Seconds for the published number of epochs; those that were not run count as steady ones."""
    extra = sum(
        max(0, stage["published"] - len(stage["epochs"])) * steady(stage)
        for stage in stages
    )
    return stages[-1]["epochs"][-1]["seconds"] + extra


def numbers(run: dict) -> dict:
    """What the table shows of one run. Our own recipes stop by themselves: both of their times are `total`."""
    stages = run["stages"]
    stage, epoch = best_epoch(stages)
    chosen = published_seconds(stages) if run["total"] is None else run["total"]
    return {
        "accuracy": stages[stage]["test"] if run["total"] is None else run["test"],
        "to_best": stages[stage]["epochs"][epoch]["seconds"]
        if run["total"] is None
        else run["total"],
        "published": chosen,
        "epochs": sum(len(part["epochs"]) for part in stages[:stage]) + epoch + 1,
        "missing": missing(stages),
        "first_epochs": sum(lengths(part)[0] for part in stages),
        "steady": steady(stages[-1]),
    }


def spread(values) -> dict[str, float]:
    """Median, smallest and largest."""
    values = list(values)
    return {"median": median(values), "low": min(values), "high": max(values)}


def ratios(
    numerators: dict[int, float], denominators: dict[int, float]
) -> dict[str, float]:
    """Spread of the ratios of two recipes, each ratio within one repeat (same images, same minutes).

    Raises:
        ValueError: the repeats are not the same.
    """
    if set(numerators) != set(denominators):
        raise ValueError(
            f"expected the same repeats, got {sorted(numerators)} and {sorted(denominators)}"
        )
    return spread(numerators[seed] / denominators[seed] for seed in numerators)


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Slope of log seconds over log size, by least squares: 1.0 means that twice as much takes twice as long."""
    xs, ys = [log(size) for size in sizes], [log(second) for second in seconds]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum(
        (a - x) ** 2 for a in xs
    )


def rows(runs: list[dict]) -> dict[str, dict]:
    """Recipe -> spreads over repeats, and the ratio of its time to the linear probe's.

    A recipe of two stages gives two rows: "NAME:head", its first stage alone, and NAME.
    """
    found: dict[str, dict[int, dict]] = {}
    for run in runs:
        if len(run["stages"]) > 1 and run["total"] is None:
            head = {**run, "stages": run["stages"][:1]}
            found.setdefault(f"{run['recipe']}:head", {})[run["seed"]] = numbers(head)
        found.setdefault(run["recipe"], {})[run["seed"]] = numbers(run)
    table = {}
    for name, by_seed in found.items():
        table[name] = {
            key: spread(one[key] for one in by_seed.values())
            for key in next(iter(by_seed.values()))
        }
        if "probe" in found and set(found["probe"]) == set(by_seed):
            for key in ("to_best", "published"):
                probe = {seed: one[key] for seed, one in found["probe"].items()}
                table[name][f"{key}_ratio"] = ratios(
                    {seed: one[key] for seed, one in by_seed.items()}, probe
                )
    return table
