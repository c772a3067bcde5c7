"""The bench that leaves whole targets out, on targets of which everything is known."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import tlkit as tk
from tlkit import candidates

BENCH = Path(__file__).parent / "bench"
NEW = ("faces", "curves", "symmetry", "colours", "damaged-photographs")
WAYS = ("probe", "last block", "all layers")
SIZES = {"letters-small": 1, "letters": 2, "letters-bn": 3}  # bytes


def target(
    bench, name="made up", *, best=("letters", "all layers"), score=None, **more
):
    """A target on which each candidate has 0.5, but `best` has 0.7.

    Args:
        best: backbone and way.
        score: backbone that all scores like best; None: the one of `best`.
    """
    picks = [(backbone, way) for backbone in SIZES for way in WAYS]
    test = {pick: np.array([0.5, 0.5]) for pick in picks}
    test[best] = np.array([0.6, 0.8])
    liked = score or best[0]
    scores = {
        backbone: {
            one: np.full(2, 0.9 if backbone == liked else 0.3)
            for one in bench.left_out.SCORES
        }
        for backbone in SIZES
    }
    seconds = {
        (backbone, way): 10.0 * SIZES[backbone] * (1 + 3 * WAYS.index(way))
        for backbone, way in picks
    }
    known = {
        "test": test,
        "validation": test,
        "own": np.array([0.4, 0.6]),
        "scores": scores,
        "seconds": seconds,
        "sizes": SIZES,
    }
    return bench.left_out.Target(name, **{**known, **more})


def pick(bench, rule, one, others=(), budget=None):
    return bench.left_out.RULES[rule](one, 0, others, one.able(budget))


def test_a_rule_takes_the_next_cheaper_way_where_its_own_takes_too_long(bench):
    one = target(bench)
    assert pick(bench, "always default, all layers", one) == ("letters", "all layers")
    largest = "always largest, all layers"
    assert pick(bench, largest, one) == ("letters-bn", "all layers")  # 210 s
    assert pick(bench, largest, one, budget=209) == ("letters-bn", "last block")
    assert pick(bench, largest, one, budget=119) == ("letters-bn", "probe")
    assert pick(bench, largest, one, budget=25) == ("letters", "probe")
    assert pick(bench, "always smallest, probe", one) == ("letters-small", "probe")


def test_a_score_chooses_the_backbone_and_the_rule_the_way(bench):
    one = target(bench, score="letters-small")
    for score in bench.left_out.SCORES:
        rule = f"by {score}, last block"
        assert pick(bench, rule, one) == ("letters-small", "last block")


def test_gains_come_from_the_other_targets_only(bench):
    deep = target(bench, best=("letters", "all layers"))
    shallow = target(bench, best=("letters", "last block"))
    gains = bench.left_out.gains([deep, shallow])
    assert gains == pytest.approx(
        {"probe": 0, "last block": 0.2 / 6, "all layers": 0.2 / 6}
    )
    rule = "by accuracy, and gains"
    assert pick(bench, rule, shallow, [deep])[1] == "all layers"
    assert pick(bench, rule, deep, [shallow])[1] == "last block"


def test_a_clearly_better_head_or_too_little_time_outweighs_the_largest(bench):
    far = target(bench, score="letters-small")
    near = target(bench, score="letters-small")
    for name, found in near.scores.items():
        found["accuracy"] = np.full(2, 0.58 if name == "letters-small" else 0.5)
    rule = bench.left_out.SHIPPED
    assert rule in bench.left_out.RULES
    assert pick(bench, rule, far, [far]) == ("letters-small", "all layers")
    assert pick(bench, rule, near, [far]) == ("letters-bn", "all layers")
    strict = "largest, unless a head is 5 points better"
    assert pick(bench, strict, near, [far]) == ("letters-small", "all layers")
    by_sum = pick(bench, "by accuracy, and gains", near, [far], 209)
    assert pick(bench, rule, near, [far], 209) == by_sum


def test_regret_is_what_is_lost_to_the_best_that_fits(bench):
    one = target(bench)
    best, other = ("letters", "all layers"), ("letters", "probe")
    assert one.best == best
    assert one.regret([best, best], one.able(None)) == pytest.approx(0)
    assert one.regret([other, best], one.able(None)) == pytest.approx(0.05)
    assert one.regret([other, other], one.able(100)) == pytest.approx(0)
    assert one.short == 105 and best not in one.able(one.short)


def test_a_target_has_no_say_in_the_rule_that_is_chosen_for_it(bench):
    """On the odd one out another way is best, by so much that its say would decide."""
    usual = [target(bench, str(i), best=("letters-bn", "probe")) for i in range(3)]
    for one in usual:
        one.test["letters-bn", "probe"][:] = 0.52
    odd = target(bench, "odd", best=("letters-small", "all layers"))
    found = bench.left_out.left_out([*usual, odd], bench.left_out.unlimited)
    assert found[-1][1] == pytest.approx(0.2)


def test_the_comparison_says_what_the_simple_rules_lose_more(bench):
    always = [
        target(
            bench, str(i), best=("letters-small", "all layers"), score="letters-small"
        )
        for i in range(4)
    ]
    found = bench.left_out.compared(always, bench.left_out.unlimited)
    assert found["choice"]["mean"] == found["suggest"]["mean"] == pytest.approx(0)
    for one in found["simple"].values():
        assert one["lost"]["mean"] == one["more"]["mean"] == pytest.approx(0.2)
    result = {"any time": found, "targets": always}
    assert "It beats both, by" in bench.left_out.sentence(result)
    never = [target(bench, str(i), best=("letters", "all layers")) for i in range(4)]
    result = {
        "any time": bench.left_out.compared(never, bench.left_out.unlimited),
        "targets": never,
    }
    said = bench.left_out.sentence(result)
    assert "It beats one of them (always largest, all layers)" in said
    largest = [
        target(bench, str(i), best=("letters-bn", "all layers")) for i in range(4)
    ]
    result["short"] = bench.left_out.compared(largest, bench.left_out.short)
    assert "It beats neither of them" in bench.left_out.sentence(result, "short")
    assert bench.left_out.by_validation(never[0]) == pytest.approx(0)
    assert bench.left_out.own_settings(never[0]) == pytest.approx(0.2)


def test_the_page_shows_every_target_and_every_rule(bench):
    found = [target(bench, name) for name in ("first", "second", "third")]
    result = {
        "command": "python tests/bench --parts suggest",
        "draws": 2,
        "labels_per_class": 20,
        "largest": "letters-bn",
        **bench.left_out.summary(found),
        "targets": [bench.left_out.stored(one) for one in found],
    }
    page = bench.left_out.text(json.loads(json.dumps(result)))
    for word in ("first", "third", *bench.left_out.RULES, "letters, all layers"):
        assert f"| {word} |" in page
    assert "-0.0" not in page
    for row in page.splitlines():
        if row.startswith("| any time"):
            assert row.count("|") == 6


class FakeCells:
    """Trainings whose accuracy follows from their settings."""

    def __init__(self, folder):
        self.folder, self.asked = folder, []

    def __call__(self, backbone, task, *, seed, **settings):
        self.asked.append((backbone.name, seed, *sorted(settings.items())))
        share = 0.6 if settings.get("unfreeze") == "all" else 0.5
        return SimpleNamespace(score=lambda split="validation": share)


def test_every_candidate_is_trained_on_every_draw(bench, tmp_path, monkeypatch):
    calls = []

    def head(backbone, task):
        calls.append(backbone.name)
        return candidates.Head(0.5, 1.0)

    monkeypatch.setattr(candidates, "head", head)
    tasks = [bench.untuned_tasks.TARGETS["dots"].task(5, seed) for seed in range(2)]
    backbones = [tk.Backbone("letters-small"), tk.Backbone("letters")]
    for _ in range(2):
        cells = FakeCells(tmp_path)
        found = bench.left_out.measure("dots", tasks, backbones, cells)
    assert calls == ["letters-small"] * 2 + ["letters"] * 2, "scores are kept"
    assert len(cells.asked) == len(set(cells.asked)) == 2 * (2 * 3 + 1)
    assert ("letters", 1, ("recipe", "probe")) in cells.asked
    rates = ("rate", candidates.RATE), ("unfreeze", "block5")
    assert ("letters-small", 0, *rates) in cells.asked
    assert found.best[1] == "all layers" and found.own.tolist() == [0.6, 0.6]
    assert found.sizes["letters"] > found.sizes["letters-small"]
    seconds = found.seconds
    assert [seconds["letters", way] for way in WAYS] == sorted(
        seconds["letters", way] for way in WAYS
    )
    large, small = (
        bench.left_out.counted(tk.Backbone(name))
        for name in ("letters", "letters-small")
    )
    # half the channels: a quarter of the multiplications, but for the first layer
    assert 3.5 < small.forward / large.forward < 4
    assert large.training == pytest.approx(large.forward / 3)
    stored = bench.left_out.stored(replace(found, name="dots"))
    assert stored["question"] == "how many dots are there? (drawn)"


def hashes(images):
    return {image.tobytes() for image in np.asarray(images[:])}


def test_there_are_twelve_targets_or_more_of_other_kinds(bench):
    assert tuple(bench.more_tasks.ALL) == (*bench.untuned_tasks.TARGETS, *NEW)
    assert len(bench.more_tasks.ALL) >= 12


@pytest.mark.parametrize("name", NEW)
def test_every_new_task_has_splits_that_share_no_picture(bench, name):
    found = bench.more_tasks.ALL[name]
    task, again = found.task(20, 0), found.task(20, 0)
    classes = len(found.classes)
    for split, each in {"train": 16, "validation": 4}.items():
        some = task.splits()[split]
        assert some.images[:].shape == (classes * each, 32, 32, 3)
        assert some.images[:].dtype == np.uint8
        assert np.bincount(some.labels).tolist() == [each] * classes
        assert not hashes(some.images) & hashes(task.test.images)
    assert not hashes(task.train.images) & hashes(task.validation.images)
    assert len(task.test) == 600 and len(np.unique(task.test.labels)) == classes
    other = found.task(20, 1).fingerprint()
    assert task.fingerprint() == again.fingerprint() != other


def test_blots_have_the_symmetry_that_their_label_says(bench, monkeypatch):
    monkeypatch.setattr(bench.more_tasks, "pixels", lambda values, rng: values)
    turned = {
        "left-right": lambda x: x[:, ::-1],
        "top-bottom": lambda x: x[::-1],
        "half turn": lambda x: x[::-1, ::-1],
    }
    rng = np.random.default_rng(0)
    for kind in bench.more_tasks.SYMMETRIES:
        blot = bench.more_tasks.blot(kind, rng)
        for other, turn in turned.items():
            assert np.array_equal(blot, turn(blot)) == (kind == other)


def test_a_damage_is_done_to_the_picture(bench):
    piece = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype("uint8")
    rng = np.random.default_rng(1)
    for kind in bench.more_tasks.DAMAGES:
        found = bench.more_tasks.damaged(piece, kind, rng)
        assert found.shape == piece.shape and found.dtype == np.uint8
        assert np.array_equal(found, piece) == (kind == "sharp")


def test_no_pixel_of_the_damaged_photographs_is_in_pool_and_test(bench, monkeypatch):
    from sklearn import datasets

    # the left part is dark, the right part is bright
    striped = np.full((427, 640, 3), 50, "uint8")
    striped[:, 400:] = 200
    monkeypatch.setattr(
        datasets, "load_sample_images", lambda: SimpleNamespace(images=[striped] * 2)
    )
    monkeypatch.setattr(bench.more_tasks, "damaged", lambda piece, *_: piece)
    pool, test = bench.more_tasks.damaged_photographs.__wrapped__()
    assert set(np.unique(pool.images)) == {50} and set(np.unique(test.images)) == {200}


def test_pictures_of_ones_own_come_with_a_backbone_of_ones_own(bench, tmp_path, capsys):
    given = SimpleNamespace(quick=True, task="digits", weights="letters", test=20)
    drawn = bench.left_out.questions(given)
    assert [name for name, *_ in drawn] == list(bench.left_out.QUICK)
    assert "give --task FOLDER" in capsys.readouterr().err
    weights = tmp_path / "mine.weights.h5"
    weights.write_bytes((tk.backbone.ASSETS / "letters-small.weights.h5").read_bytes())
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    given.task, given.weights = str(pictures), str(weights)
    more = bench.left_out.questions(given)[len(drawn) :]
    assert [name for name, *_ in more] == [
        "pictures, 10 labels",
        "pictures, 100 labels",
    ]
    for _, _, backbones in more:
        names = [one.name for one in backbones]
        assert names == [*tk.backbone.SHIPPED, "mine"]
    for _, _, backbones in drawn:
        assert [one.name for one in backbones] == list(tk.backbone.SHIPPED)


def test_the_published_page_is_made_of_the_stored_result(bench):
    docs = BENCH.parents[1] / "docs"
    stored = json.loads((docs / "suggest.json").read_text("utf-8"))
    page = bench.left_out.text(stored)
    assert (docs / "suggest.md").read_text("utf-8") == page
    assert {one["name"] for one in stored["targets"]} == set(bench.more_tasks.ALL)
