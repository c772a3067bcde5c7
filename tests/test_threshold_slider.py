"""The threshold slider says what a threshold and a share make of recall, precision and
accuracy.
"""

import numpy as np
import pytest
import tlkit_course as course
from sklearn.metrics import accuracy_score, precision_score, recall_score
from tlkit_course.figures.threshold_slider import measures, rates

RNG = np.random.default_rng(0)
LABELS = np.arange(400) < 40
SCORES = RNG.normal(-3, 1.5, 400) + 3 * LABELS


@pytest.mark.parametrize("threshold", [-3.0, -1.5, 0.0])
def test_the_measures_are_those_of_scikit_learn_at_the_share_of_the_pictures(threshold):
    said = threshold < SCORES
    found = measures(*rates(SCORES, LABELS, threshold), share=0.1)
    assert found["recall"] == pytest.approx(recall_score(LABELS, said))
    assert found["precision"] == pytest.approx(precision_score(LABELS, said))
    assert found["accuracy"] == pytest.approx(accuracy_score(LABELS, said))


def test_a_rarer_class_has_the_same_recall_and_less_precision():
    often, rarely = (measures(0.9, 0.1, share) for share in (0.5, 0.01))
    assert (
        often["recall"] == rarely["recall"]
        and rarely["precision"] < 0.1
        and often["precision"] > 0.8
    )


def test_naming_nothing_is_accurate_and_useless():
    assert measures(0.0, 0.0, 0.02) == {
        "recall": 0.0,
        "precision": 0.0,
        "accuracy": 0.98,
    }


def test_both_sliders_change_the_figure_and_its_words(monkeypatch):
    monkeypatch.delenv("TLKIT_STATIC", raising=False)
    slider = course.threshold_slider(SCORES, LABELS, "sevens")
    assert "Threshold 0, 2 of 100 pictures are sevens: recall" in slider.alt
    for name, step in (("threshold", 0.25), ("share", 1)):
        before = slider.widget.children[-1].value, slider.alt
        slider.controls[name].value += step
        assert slider.widget.children[-1].value != before[0] and slider.alt != before[1]
    assert [c.description for c in slider.controls.values()] == [
        "threshold on the score",
        "sevens in 100 pictures",
    ]
