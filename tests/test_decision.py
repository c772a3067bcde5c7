"""The decision takes the cheaper recipe unless the better one is shown to be better, on
one question that the test split answers once; and it says what to do next.
"""

import numpy as np
import pytest
from fake_runs import FakeTask, fake_degrees, fake_run, fake_runs

from tlkit import evaluate
from tlkit.commands.decision import decide, difference, weak_classes
from tlkit.commands.doubts import doubts


def priced(runs, **seconds):
    """The runs, with what a training of each recipe takes."""
    for name, some in runs.items():
        for run in some:
            run.seconds = seconds[name]
    return runs


def test_a_shown_gain_is_taken_and_its_price_is_said():
    runs = priced(fake_runs(seeds=3), scratch=20, probe=2, lp_ft=600)
    for run in runs["probe"]:  # clearly worse
        run.outputs = fake_run("probe", run.task, 0.6).outputs
    for run in runs["lp_ft"]:
        run.trained_parameters = 922_074
    made = decide(runs)
    assert (made.kind, made.take, made.rival) == ("better", "lp_ft", "probe")
    expected = evaluate.paired_difference(
        *(np.stack([run.correct() for run in runs[n]]) for n in ("lp_ft", "probe"))
    )
    assert made.gain == expected and made.gain.low > 0
    assert made.sentence == (
        "Take “probe + fine-tune”: on new pictures, its accuracy is "
        f"{expected.mean:.3f} higher (95 % interval {expected.low:+.3f} to "
        f"{expected.high:+.3f}) than that of “linear probe”, the best of the cheaper "
        "recipes."
    )
    assert made.cost == (
        "One training takes 10 min; with “linear probe”, 2.0 s. It trains 922,074 "
        "numbers, the other 5,130."
    )


def test_what_cannot_be_told_apart_is_decided_by_the_price():
    runs = priced(fake_runs(seeds=3), scratch=1, probe=2, lp_ft=600)
    for run in runs["probe"]:
        run.outputs["test"] = fake_run("lp_ft", run.task, 0.84).outputs["test"]
    made = decide(runs)
    assert (made.kind, made.take, made.ahead) == ("alike", "probe", "lp_ft")
    assert not made.gain.excludes(0)
    assert "which is cheaper: on new pictures it cannot be told apart" in made.sentence


def test_where_the_cheaper_one_is_better_on_new_pictures_it_is_taken():
    runs = priced(fake_runs(seeds=1), scratch=1, probe=2, lp_ft=600)
    lost = fake_run("lp_ft", runs["lp_ft"][0].task, 0.3)
    runs["lp_ft"][0].outputs["test"] = lost.outputs["test"]
    made = decide(runs)
    assert (made.kind, made.take) == ("worse", "probe") and made.gain.high < 0
    assert "was ahead on validation only" in made.sentence


def test_the_rival_is_chosen_on_validation_among_the_cheaper_and_never_on_test():
    runs = priced(fake_runs(seeds=1), scratch=2, probe=900, lp_ft=600)
    made = decide(runs)
    assert (made.ahead, made.rival) == ("lp_ft", "scratch"), "the probe is dearer here"
    runs = priced(fake_runs(seeds=1), scratch=2, probe=2, lp_ft=600)
    good = fake_run("scratch", runs["probe"][0].task, 0.95).outputs["test"]
    runs["scratch"][0].outputs["test"] = good  # lucky on the test pictures only
    assert decide(runs).rival == "probe"


def test_the_best_one_may_be_the_cheapest_or_alone():
    made = decide(priced(fake_runs(seeds=1), scratch=9, probe=3, lp_ft=2))
    assert (made.kind, made.take, made.rival) == ("cheapest", "lp_ft", "probe")
    assert "no recipe is cheaper" in made.sentence
    made = decide(fake_runs(("probe",), seeds=1))
    assert (made.kind, made.rival, made.gain, made.cost) == ("alone", None, None, "")
    assert "No other recipe was run" in made.sentence


def test_nothing_is_recommended_that_is_not_better_than_guessing():
    runs = priced(fake_runs(seeds=1), scratch=1, probe=2, lp_ft=3)
    for some in runs.values():
        some[0].outputs = fake_run(some[0].recipe, some[0].task, 0.1).outputs
    made = decide(runs)
    assert made.kind == "guess" and made.sentence.startswith("Use none of them yet")


def test_for_errors_a_gain_is_a_smaller_error():
    runs = priced(fake_degrees(seeds=3), scratch=1, probe=2, lp_ft=300)
    for run in runs["lp_ft"]:
        run.outputs = fake_run("lp_ft", run.task, 0.99).outputs
    made = decide(runs)
    assert (made.kind, made.take) == ("better", "lp_ft") and made.gain.low > 0
    raw = difference(runs, "lp_ft", "probe")
    assert (made.gain.mean, made.gain.low) == (-raw.mean, -raw.high)
    assert " smaller (95 % interval +" in made.sentence


# ---- what to do next


def steps(runs, pair="embedded"):
    return " ".join(decide(runs, pair).next_steps)


def test_more_labels_are_advised_where_the_training_pictures_are_known_by_heart():
    runs = fake_runs(("probe",), seeds=3)
    for run in runs["probe"]:
        run.outputs["train"] = fake_run("probe", run.task, 1.0).outputs["train"]
    assert "More labels help most: it names 100%" in steps(runs)
    for run in runs["probe"]:
        run.outputs["train"] = fake_run("probe", run.task, 0.8).outputs["train"]
    assert "Train more before you label more: it names 80%" in steps(runs)
    for run in runs["probe"]:
        run.outputs["test"] = fake_run("probe", run.task, 1.0).outputs["test"]
    assert "Little is left to gain" in steps(runs)


def test_larger_pictures_and_seeds_are_advised_only_where_they_may_help():
    runs = fake_runs(("probe",), seeds=1)
    assert "`--size 96`" in steps(runs, "custom") and "`--seeds 3`" in steps(runs)
    assert "--size" not in steps(runs)
    assert "--seeds" not in steps(fake_runs(("probe",), seeds=3))
    runs["probe"][0].backbone.size = 96
    assert "--size" not in steps(runs, "custom")


def test_pictures_that_hold_more_pixels_than_were_used_get_a_size_to_try():
    runs = fake_runs(("probe",), seeds=3, file_size=(200, 300))
    assert (  # fake pictures have 8 × 8 pixels
        "Your pictures have 200 × 300 pixels and were made 8 × 8: try `--size 16` "
        "(about 4 times the time)."
    ) in steps(runs, "custom")
    assert "--size 16" in steps(runs, "real")
    assert "--size 96" not in steps(runs, "custom")
    small = fake_runs(("probe",), seeds=3, file_size=(8, 300))
    assert "Your pictures have" not in steps(small, "custom")


def test_a_training_that_was_best_in_its_last_epoch_is_named():
    runs = fake_runs(("probe",), seeds=3)
    assert "The last epoch was the best one" in steps(runs)  # 0.1, 0.4, 0.8
    for run in runs["probe"]:
        run.history = {"val_accuracy": [0.1, 0.8, 0.8]}
    assert "The last epoch was the best one" not in steps(runs)


def named(share_of_three, seeds=1):
    """Runs that name every class but 3 rightly nine times in ten."""
    runs = fake_runs(("probe",), seeds=seeds)["probe"]
    for run in runs:
        labels = run.task.test.labels
        said = labels.copy()
        for label in range(10):
            rows = np.flatnonzero(labels == label)
            wrong = len(rows) - round(
                len(rows) * (share_of_three if label == 3 else 0.9)
            )
            said[rows[:wrong]] = 8 if label == 3 else (label + 1) % 10
        run.outputs["test"] = np.eye(10, dtype="float32")[said]
    return runs


def test_a_class_is_called_worse_only_if_that_is_more_than_chance():
    assert weak_classes(named(0.25)) == ["3"]
    assert weak_classes(named(0.75)) == []
    said = steps({"probe": named(0.25)})
    assert "Begin with these classes: 3 (25% right, mostly taken for 8)" in said


# ---- labels that look mistaken


def mislabelled(seeds=2, wrong=6, share=0.85, sure=9.0):
    """Runs on a large test split where some labels were changed afterwards."""
    task = FakeTask()
    rng = np.random.default_rng(0)
    true = np.arange(1000) % 10
    task.test.labels = true.copy()
    changed = rng.choice(1000, wrong, replace=False)
    task.test.labels[changed] = (true[changed] + 5) % 10
    task.test.images = rng.integers(0, 256, (1000, 8, 8, 3), dtype="uint8")
    runs = []
    for seed in range(seeds):
        run = fake_run("probe", task, share)
        logits = np.random.default_rng(seed).normal(0, 1, (1000, 10))
        logits[np.arange(1000), true] += sure
        unsure = np.random.default_rng(seed + 9).random(1000) > share
        unsure[changed] = False
        logits[unsure] /= 8
        run.outputs["test"] = logits.astype("float32")
        runs.append(run)
    return runs, set(changed.tolist())


def test_labels_that_were_changed_are_found_and_hardly_others():
    runs, changed = mislabelled()
    found = doubts(runs)
    rows = {doubt.row for doubt in found}
    assert len(rows & changed) >= 5 and len(rows - changed) <= 1
    first = found[0]
    assert first.said == (first.label + 5) % 10 and first.share > 0.8
    clean, _ = mislabelled(wrong=0)
    assert len(doubts(clean)) <= 1


def test_runs_that_disagree_raise_no_doubt():
    runs, changed = mislabelled()
    row = min(changed)
    assert row in {doubt.row for doubt in doubts(runs)}
    said = (runs[0].task.test.labels[row] + 5) % 10
    runs[0].outputs["test"][row, said] = 30
    runs[1].outputs["test"][row, [said, (said + 1) % 10]] = 9, 9.01
    assert row not in {doubt.row for doubt in doubts(runs)}


@pytest.mark.parametrize("n", [0, 4])
def test_classes_with_few_test_pictures_raise_no_doubt(n):
    runs, _ = mislabelled(seeds=1)
    (run,) = runs
    run.task.test.labels = np.repeat([0, 1], [1000 - n, n])
    assert doubts(runs) == []
