"""Arithmetic of the benchmark on what the recipes report; standard library only.

A run is {"recipe", "seed", "stages", "total"}. A stage is one call of fit:

- "published": the number of epochs that its source asks for;
- "start": seconds from the recipe's start to the first step;
- "epochs": [{"seconds", "accuracy"}, …], seconds from the recipe's start, accuracy of
  the validation split;
- "test": accuracy of the best epoch on the test split.
"""

from itertools import pairwise
from math import log
from statistics import median


def best_epoch(stages: list[dict]) -> tuple[int, int]:
    """(stage, epoch) with the highest validation accuracy; of equals the earliest."""
    best, found = -1.0, (0, 0)
    for s, stage in enumerate(stages):
        for e, epoch in enumerate(stage["epochs"]):
            if epoch["accuracy"] > best:
                best, found = epoch["accuracy"], (s, e)
    return found


def lengths(stage: dict) -> list[float]:
    """Seconds of each epoch of a stage; tracing is part of the first."""
    ends = [stage["start"], *(epoch["seconds"] for epoch in stage["epochs"])]
    return [end - begin for begin, end in pairwise(ends)]


def steady(stage: dict) -> float:
    """Seconds of an epoch after the first: the median; of a single epoch its own."""
    return median(lengths(stage)[1:] or lengths(stage))


def missing(stage: dict) -> int:
    """Epochs that the source of a stage asks for and that were not run."""
    return max(0, stage["published"] - len(stage["epochs"]))


def published_seconds(stages: list[dict]) -> float:
    """Seconds for the published number of epochs; missing ones count as steady ones."""
    extra = sum(missing(stage) * steady(stage) for stage in stages)
    return stages[-1]["epochs"][-1]["seconds"] + extra


def numbers(run: dict) -> dict:
    """What the table shows of one run.

    Our own recipes stop by themselves: both of their times are `total`.
    """
    stages = run["stages"]
    stage, epoch = best_epoch(stages)
    found = {
        "accuracy": run.get("test"),
        "to_best": run["total"],
        "published": run["total"],
        "epochs": sum(len(part["epochs"]) for part in stages[:stage]) + epoch + 1,
        "missing": sum(missing(part) for part in stages),
        "first_epochs": sum(lengths(part)[0] for part in stages),
        "steady": steady(stages[-1]),
    }
    if run["total"] is None:
        found |= {
            "accuracy": stages[stage]["test"],
            "to_best": stages[stage]["epochs"][epoch]["seconds"],
            "published": published_seconds(stages),
        }
    return found


def spread(values) -> dict[str, float]:
    """Median, smallest and largest."""
    values = list(values)
    return {"median": median(values), "low": min(values), "high": max(values)}


def ratios(
    numerators: dict[int, float], denominators: dict[int, float]
) -> dict[str, float]:
    """Spread of the ratios of two measurements, each ratio within one repeat.

    Raises:
        ValueError: the repeats are not the same.
    """
    if set(numerators) != set(denominators):
        raise ValueError(
            "expected the same repeats, "
            f"got {sorted(numerators)} and {sorted(denominators)}"
        )
    return spread(numerators[seed] / denominators[seed] for seed in numerators)


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """Slope of log seconds over log size, by least squares.

    1.0 means that twice as much takes twice as long.
    """
    xs, ys = [log(size) for size in sizes], [log(second) for second in seconds]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    along = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    return along / sum((a - x) ** 2 for a in xs)


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
    probe = found.get("probe", {})
    table = {}
    for name, by_seed in found.items():
        keys = next(iter(by_seed.values()))
        table[name] = {key: _over(by_seed, key) for key in keys}
        if set(probe) == set(by_seed):
            for key in ("to_best", "published"):
                ratio = ratios(_of(by_seed, key), _of(probe, key))
                table[name][f"{key}_ratio"] = ratio
    return table


def _of(by_seed: dict[int, dict], key: str) -> dict[int, float]:
    """Seed -> one of its numbers."""
    return {seed: one[key] for seed, one in by_seed.items()}


def _over(by_seed: dict[int, dict], key: str) -> dict[str, float]:
    """Spread of a number over the seeds."""
    return spread(_of(by_seed, key).values())
