"""Which backbone and recipe to start with, within a budget."""

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import tlkit as tk
from tlkit import candidates, speed
from tlkit.recipes import RECIPES

LETTERS, SMALL = tk.Backbone("letters"), tk.Backbone("letters-small")
HEADS = {"letters": 0.6, "letters-small": 0.5}
DOCS = Path(__file__).parents[1] / "docs"
GAINS = {"probe": 0.0, "last block": 0.05, "all layers": 0.2}
TIMES = {"letters": 4.0, "letters-small": 1.0}  # of a step of all layers


@pytest.fixture(scope="module")
def digits():
    return tk.load_task("digits", 5)


@pytest.fixture
def known(monkeypatch):
    """Heads, gains and this machine's speed are known; what was asked for is listed."""
    asked = []

    def head(backbone, task):
        asked.append((backbone.name, backbone.size))
        return candidates.Head(HEADS[backbone.name] + backbone.size / 1000, 1.0)

    def measure(backbone, image_shape, precision):
        step = TIMES[backbone.name]
        depths = {
            "all": speed.Depth(step, 2 * step, 0.0, 1.0),
            "block5": speed.Depth(step / 4, step / 2, 0.0, 0.1),
        }
        return speed.Speed("made up", "made up", precision, 1000.0, depths)

    monkeypatch.setattr(candidates, "head", head)
    monkeypatch.setattr(candidates, "GAINS", GAINS)
    monkeypatch.setattr(speed, "measure", measure)
    return asked


def test_with_time_for_it_the_largest_backbone_is_trained_as_a_whole(
    known, digits, monkeypatch
):
    found = tk.suggest([SMALL, LETTERS], digits)
    assert (found.best.backbone, found.best.way) == (LETTERS, "all layers")
    assert found.best == found.first and "all layers of the largest" in found.why
    assert len(found.others) == 5 and not found.too_long and found.budget is None
    expected = [one.expected for one in found.others]
    assert expected == sorted(expected, reverse=True)
    assert expected[-1] == pytest.approx(0.5 + 0.032)
    assert known == [("letters-small", 32), ("letters", 32)]
    # a smaller one is preferred only if its head is clearly better
    for small, wins in ((0.79, LETTERS), (0.81, SMALL)):
        monkeypatch.setitem(HEADS, "letters-small", small)
        found = tk.suggest([SMALL, LETTERS], digits)
        assert (found.best.backbone, found.best.way) == (wins, "all layers")
    assert "20 points or more above the largest backbone's" in found.why
    assert candidates.LOST["any time"]["this"] in repr(found)


def test_a_budget_leaves_out_what_takes_too_long(known, digits):
    whole = tk.suggest([SMALL, LETTERS], digits)
    found = tk.suggest([SMALL, LETTERS], digits, budget=whole.best.seconds - 1)
    assert found.best.expected == max(
        one.expected for one in (found.best, *found.others)
    )
    assert (found.best.backbone, found.best.way) == (SMALL, "all layers")
    assert [(one.on, one.way) for one in found.too_long] == [("letters", "all layers")]
    lines = repr(found).splitlines()
    assert lines[-1].strip().startswith(f"{whole.best}: head 63%")
    assert lines[-2] == f"Takes longer than {found.budget:.0f} s:"
    assert f"of what fits into {found.budget:.0f} s" in found.why
    assert candidates.LOST["short"]["this"] in found.how_good
    minutes = tk.suggest([SMALL, LETTERS], digits, budget="50 min")
    assert minutes.best == whole.best and minutes.budget == 3000


def test_one_backbone_with_a_budget_is_a_choice_among_ways(known, digits):
    found = tk.suggest(LETTERS, digits, budget="10 min")
    assert {one.backbone for one in (found.best, *found.others, *found.too_long)} == {
        LETTERS
    }
    assert found.best.way == "last block"  # all layers: 300 steps of 4 s


def test_predicted_seconds_are_those_of_probe_and_training(known, digits):
    by_way = {}
    for one in (whole := tk.suggest([LETTERS], digits)).others + (whole.best,):
        by_way[one.way] = one.seconds
    pictures = sum(len(split) for split in digits.splits().values())
    passes = pictures / 1000  # of the features
    probe = 2.0 + 1.5e-4 * len(digits.train) + passes
    assert by_way["probe"] == pytest.approx(probe)
    steps = 300 // -(-len(digits.train) // 32) * -(-len(digits.train) // 32)
    assert steps == 300
    in_passes = 300 * 32 / len(digits.train)  # an epoch's last step is smaller
    validation = len(digits.validation) * 1.0 / 1000
    epoch = -(-len(digits.train) // 32) * 4.0 + validation
    assert by_way["all layers"] == pytest.approx(probe + in_passes * epoch + passes)


def test_a_budget_for_nothing_says_how_much_is_needed(known, digits):
    with pytest.raises(ValueError, match="expected at least") as caught:
        tk.suggest([LETTERS, SMALL], digits, budget="1 s")
    said = str(caught.value)
    assert "budget of 1 s: " in said and "Next: give more time" in said
    least = int(re.search(r"at least (\d+) s", said)[1])
    assert tk.suggest([LETTERS, SMALL], digits, budget=least).best.way == "probe"
    with pytest.raises(ValueError, match="a number of seconds"):
        tk.suggest([LETTERS], digits, budget="soon")


def test_larger_pictures_are_a_candidate_of_their_own(known, digits):
    images = {
        name: tk.Split(np.zeros((len(one), 64, 64, 3), "uint8"), one.labels)
        for name, one in digits.splits().items()
    }
    found = tk.suggest([LETTERS], replace(digits, **images))
    assert known == [("letters", 32), ("letters", 64)]
    assert found.best.backbone == LETTERS, "the head at 64 px is not clearly better"
    larger = found.others[0]
    assert larger.backbone == replace(LETTERS, size=64)
    assert str(larger).startswith("lp_ft of all layers, letters at 64 px (at most")
    given = [replace(LETTERS, size=64), LETTERS]
    assert candidates.in_sizes(given, replace(digits, **images)) == given


def test_a_choice_says_what_to_do_and_why(known, digits):
    found = tk.suggest([SMALL, LETTERS], replace(digits, file_size=(200, 300)))
    lines = repr(found).splitlines()
    assert lines[:3] == [
        f"try {found.best}: {found.why}.",
        f"{found.how_good}.",
        "Also fits:",
    ]
    assert lines[3] == f"  {found.others[0]}: head 53%, gain 0.200"
    assert lines[-1].startswith("Pixels: ") and "image_size=64" in lines[-1]


def test_the_best_candidate_trains_as_it_was_measured(known, digits, monkeypatch):
    asked = []

    def train(backbone, task, *, seed, **settings):
        asked.append((backbone, task, seed, settings))
        return "a run"

    for name in ("probe", "lp_ft"):
        monkeypatch.setitem(RECIPES, name, replace(RECIPES[name], train=train))
    found = tk.suggest([LETTERS], digits)
    assert found.train(digits, seed=3) == "a run"
    rate = candidates.RATE
    assert asked[-1] == (LETTERS, digits, 3, {"rate": rate, "unfreeze": "all"})
    deep, probe = found.others
    assert deep.train(digits, precision="float32") == probe.train(digits) == "a run"
    last = {"rate": rate, "unfreeze": "block5", "precision": "float32"}
    assert [settings for *_, settings in asked[1:]] == [last, {}]


class Counted:
    """A test split that may be counted, but not looked at."""

    def __init__(self, split):
        self.images = SimpleNamespace(shape=split.images.shape)
        self.length = len(split)

    def __len__(self):
        return self.length


def test_only_training_and_validation_pictures_are_looked_at(
    known, digits, monkeypatch
):
    monkeypatch.undo()
    hidden = replace(digits, test=Counted(digits.test))
    x, labels = candidates.known(SMALL, hidden)
    assert len(x) == len(labels) == len(digits.train) + len(digits.validation)
    assert sorted(labels) == sorted([*digits.train.labels, *digits.validation.labels])
    assert 0.1 < candidates.head(SMALL, hidden).accuracy < 1


def test_a_head_is_scored_on_pictures_that_it_has_not_learnt(digits, monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.arange(100) % 4
    apart = np.eye(4)[labels] * 5 + rng.normal(size=(100, 4))
    noise = rng.normal(size=(100, 300))  # could explain any labels
    for x, low, high in ((apart, 0.95, 1), (noise, 0.1, 0.45)):
        monkeypatch.setattr(candidates, "known", lambda *_, x=x: (x, labels))
        found = candidates.head(SMALL, digits)
        assert low <= found.accuracy <= high
    assert found.loss > 1.2  # it does not claim to know what it guesses


def test_many_pictures_are_looked_at_in_the_shares_of_their_classes(
    digits, monkeypatch
):
    monkeypatch.setattr(candidates, "PICTURES", 20)
    x, labels = candidates.known(SMALL, digits)
    assert x.shape == (20, SMALL.channels)
    assert np.bincount(labels).tolist() == [2] * 10


@pytest.mark.parametrize(
    "backbones, changes, words",
    [
        ([], {}, "got none"),
        ([LETTERS, LETTERS.random(0)], {}, "expected one pretrained .* got random"),
        ([LETTERS], {"classes": ()}, "asks for a number"),
        ([LETTERS], {"train": 1, "validation": 0}, "the rarest with 1: label more"),
    ],
)
def test_what_cannot_be_ranked_is_refused(digits, backbones, changes, words):
    if "train" in changes:
        changes = {
            name: split.pick(np.unique(split.labels, return_index=True)[1][: 10 * many])
            for name, many in changes.items()
            for split in [digits.splits()[name]]
        }
    elif changes:
        task = tk.load_task("degrees", 5)
        changes = {name: getattr(task, name) for name in ("train", "classes")}
    with pytest.raises(ValueError, match=words):
        tk.suggest(backbones, replace(digits, **changes))


def test_what_it_says_of_its_own_mistakes_was_measured():
    """The stored result chose the rule, and every number that a choice prints."""
    stored = json.loads((DOCS / "suggest.json").read_text("utf-8"))
    assert len(stored["targets"]) == candidates.TARGETS >= 12
    gains = {way: round(gain, 3) for way, gain in stored["gains"].items()}
    assert gains == candidates.GAINS
    for time, lost in candidates.LOST.items():
        simple = stored[time]["simple"]
        measured = {
            "this": stored[time]["suggest"],
            "default": simple["always default, all layers"]["lost"],
            "largest": simple["always largest, all layers"]["lost"],
        }
        for name, one in measured.items():
            mean, low, high = (
                round(100 * one[key], 1) + 0.0 for key in ("mean", "low", "high")
            )
            assert lost[name] == f"{mean:.1f} [{low:.1f}, {high:.1f}]", (time, name)
    said = " ".join((tk.suggest.__doc__ or "").split())
    assert f"on {candidates.TARGETS} tasks" in said
    for time in candidates.LOST.values():
        assert time["this"] in said and time["largest"] in said
    # no rule that was tried loses clearly less than the one that is followed
    for time in candidates.LOST:
        best = min(stored[time]["rules"].values())
        assert stored[time]["suggest"]["mean"] - best < 0.005, time
