"""Short trials choose step size and depth on validation, at a price that is bounded."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

import tlkit as tk
from tlkit import recipes
from tlkit.recipes import RECIPES
from tlkit.recipes.choose import (
    FACTORS,
    FINALISTS,
    LAST_BLOCK,
    MOST,
    choose,
    grid,
)
from tlkit.tasks import Split, Task
from tlkit.training import Settings

USUAL = Settings(rate=0.01, steps=300, min_epochs=6)
SMALL = tk.Backbone("letters-small")


@dataclass
class FakeRun:
    """What ``choose`` looks at."""

    outputs: dict
    settings: dict
    task: Task | None = None
    seconds: float = 7.0
    notes: tuple = ("said before",)
    seed: int = field(default=0)


def draws(n):
    split = Split(np.zeros((100, 1, 1, 3), "uint8"), np.arange(100) % 2)
    return [
        Task("t", "which?", ("a", "b"), split, split, None, False, None, seed)
        for seed in range(n)
    ]


def fake(quality, seen, margin=lambda settings: 1.0):
    """A recipe whose validation accuracy follows from its settings and the seed."""

    def train(backbone, task, *, seed, unfreeze="all", **settings):
        settings["unfreeze"] = unfreeze
        seen.append((seed, settings))
        labels = np.asarray(task.validation.labels)
        right = np.arange(len(labels)) < round(100 * quality(seed, settings))
        said = np.where(right, labels, 1 - labels)
        logits = margin(settings) * np.eye(2, dtype="float32")[said]
        return FakeRun({"validation": logits}, settings, task, seed=seed)

    return train


def best_at(rate, unfreeze):
    """An accuracy that falls on both sides of a step size, and at other depths."""

    def quality(seed, settings):
        off = abs(np.log(settings["rate"] / rate)) + (settings["unfreeze"] != unfreeze)
        return 0.9 - 0.1 * off

    return quality


@pytest.mark.parametrize(
    "factor, unfreeze",
    [*((factor, "all") for factor in FACTORS), (LAST_BLOCK, "block5")],
)
def test_the_best_of_the_grid_is_found_and_trained_at_full_length(factor, unfreeze):
    seen = []
    train = fake(best_at(0.01 * factor, unfreeze), seen)
    found = choose(train, USUAL, SMALL, draws(2), precision="float32")
    best = {"rate": 0.01 * factor, "unfreeze": unfreeze}
    assert found.best.candidate == best
    whole = {**best, "precision": "float32"}
    assert [run.settings for run in found.runs] == [whole] * 2
    finalists = sorted(found.trials, key=lambda trial: -trial.score)[:FINALISTS]
    assert [one.candidate for one in found.finals] == [
        one.candidate for one in finalists
    ]
    assert [run.seed for run in found.runs] == [0, 1]
    for run in found.runs:
        assert run.notes == ("said before", found.in_words())
    short = [settings for _, settings in seen if "steps" in settings]
    assert len(short) == 2 * 5 and len(seen) == len(short) + 2 * FINALISTS
    assert {(s["steps"], s["min_epochs"]) for s in short} == {(30, 1)}


def test_the_price_is_at_most_three_times_the_recipes_own_steps():
    for name, recipe in RECIPES.items():
        if recipe.fixed:
            continue
        usual, seen = recipe.settings, []
        assert usual is not None, name
        train = fake(lambda seed, settings: 0.5, seen)
        choose(train, usual, SMALL, draws(1))  # the largest grid that there is
        for field_ in ("steps", "min_epochs"):
            whole = getattr(usual, field_)
            taken = sum(settings.get(field_, whole) for _, settings in seen)
            assert taken <= MOST * whole + len(seen), (name, field_)
    assert MOST <= 3


def test_all_draws_decide_together():
    def one_draw_is_misled(seed, settings):
        if settings["rate"] > 0.05:
            return 0.99 if seed == 0 else 0.5
        return best_at(0.01, "all")(seed, settings)

    train = fake(one_draw_is_misled, [])
    chosen = [choose(train, USUAL, SMALL, draws(n)).best.candidate for n in (1, 3)]
    assert [one["rate"] for one in chosen] == [0.1, 0.01]


@pytest.mark.parametrize("surest", [0.01, 0.03, 0.3])
def test_equal_scores_are_told_apart_by_the_loss(surest):
    margins = fake(lambda *_: 1.0, [], lambda s: 1 + np.isclose(s["rate"], surest))
    chosen = choose(margins, USUAL, SMALL, draws(1)).best.candidate
    assert np.isclose(chosen["rate"], surest)


def test_what_is_given_is_not_chosen():
    own = {"rate": 0.01, "unfreeze": "all"}
    made = grid(tk.lp_ft, USUAL, SMALL, {})
    assert made[0] == own and len(made) == 5
    depths = {one["unfreeze"] for one in grid(tk.lp_ft, USUAL, SMALL, {"rate": 1.0})}
    assert depths == {"all", "block5"}
    given = grid(tk.lp_ft, USUAL, SMALL, {"unfreeze": "block3"})
    assert {one["unfreeze"] for one in given} == {"block3"} and len(given) == len(
        FACTORS
    )
    assert grid(tk.from_scratch, USUAL, SMALL, {})[0] == {"rate": 0.01}
    # it trains the last block by itself: there is no second depth
    assert len(grid(tk.fine_tune, USUAL, SMALL, {})) == len(FACTORS)


def test_it_says_what_was_chosen_from_what():
    words = choose(fake(best_at(0.1, "block5"), []), USUAL, SMALL, draws(1)).in_words()
    assert words.startswith("step size 0.1, trained from block5 upwards: chosen on v")
    assert "0.01, all: 0." in words and "0.3, all: 0." in words
    words = choose(fake(best_at(0.1, "all"), []), USUAL, SMALL, draws(1)).in_words()
    assert words.startswith("step size 0.1, all layers trained: chosen on validation")


def test_it_says_what_it_needs():
    with pytest.raises(ValueError, match="expected at least one task, got none"):
        choose(tk.lp_ft, USUAL, SMALL, [])


def test_one_probe_serves_all_trials_and_a_choice_ends_where_its_settings_end(
    monkeypatch,
):
    digits = tk.load_task("digits", 5)
    short = replace(recipes.TUNE, steps=3, min_epochs=1)
    probes = []
    module = __import__("sys").modules["tlkit.recipes.probe"]
    probe = module.linear_probe

    def counted(*args, **kwargs):
        probes.append(kwargs["seed"])
        return probe(*args, **kwargs)

    monkeypatch.setattr(module, "linear_probe", counted)
    found = choose(tk.lp_ft, short, SMALL, [digits], patience=1)
    assert probes == [0]
    (run,) = found.runs
    assert run.recipe == "lp_ft" and run.seconds > found.seconds > 0
    alone = tk.lp_ft(SMALL, digits, patience=1, **found.best.candidate)
    np.testing.assert_array_equal(run.outputs["test"], alone.outputs["test"])


def test_two_are_trained_at_full_length_and_the_better_of_them_is_taken():
    def quality(seed, settings):
        whole_is_worse = settings["rate"] == 0.03 and "steps" not in settings
        return best_at(0.03, "all")(seed, settings) - 0.2 * whole_is_worse

    found = choose(fake(quality, []), USUAL, SMALL, draws(2))
    (first, second) = found.finals
    assert first.candidate["rate"] == 0.03, "the best trial is trained first"
    assert found.best is second and second.score > first.score
    assert [run.settings["rate"] for run in found.runs] == [0.01] * 2
    assert all("steps" not in run.settings for run in found.runs)


def test_the_seconds_of_a_run_hold_what_its_choice_took(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    train = fake(best_at(0.03, "all"), [])

    def slow(*args, **settings):
        clock[0] += 1.0 if "steps" in settings else 5.0
        return train(*args, **settings)

    found = choose(slow, USUAL, SMALL, draws(2))
    assert found.seconds == 2 * (4 * 1.0 + 5.0), "without what is kept"
    assert [run.seconds for run in found.runs] == [7.0 + found.seconds / 2] * 2
