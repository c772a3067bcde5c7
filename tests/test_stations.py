"""Notebook 09's difficult pictures are what they are said to be, and its figures show
the numbers they are given.
"""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
from tlkit_course.figures import stations

from tlkit import glyphs
from tlkit.evaluate import Interval

pytestmark = pytest.mark.usefixtures("figures_closed")


@pytest.fixture(scope="module")
def pictures():
    return glyphs.draw("0123456789", 20, seed=5).images


def test_a_quarter_turn_is_anticlockwise_and_exact(pictures):
    np.testing.assert_array_equal(
        stations.turned(pictures, np.full(20, 90.0)), np.rot90(pictures, axes=(1, 2))
    )


def test_a_shift_goes_down_and_to_the_right_and_repeats_the_edge(pictures):
    moved = stations.turned(pictures, np.zeros(20), np.tile([2.0, 3.0], (20, 1)))
    np.testing.assert_array_equal(moved[:, 2:, 3:], pictures[:, :-2, :-3])
    np.testing.assert_array_equal(moved[:, 0, 3:], pictures[:, 0, :-3])


def test_views_are_copies_in_order_each_turned_its_own_way(pictures):
    still = stations.views(pictures, 3, seed=0, turn=0, shift=0)
    np.testing.assert_array_equal(still, np.concatenate([pictures] * 3))
    made = stations.views(pictures, 3, seed=0)
    assert made.shape == (60, 32, 32, 3) and made.dtype == np.uint8
    assert not np.array_equal(made[:20], made[20:40])
    np.testing.assert_array_equal(made, stations.views(pictures, 3, seed=0))


def test_the_hidden_square_is_black_and_the_rest_untouched(pictures):
    bright = np.maximum(pictures, 1)
    covered, corners = stations.hide(bright, 8, seed=1)
    black = (covered == 0).all(axis=-1)
    assert (black.sum(axis=(1, 2)) == 64).all() and len(np.unique(corners, axis=0)) > 10
    for one, (y, x) in zip(black, corners, strict=True):
        assert (
            one[y : y + 8, x : x + 8].all() and min(y, x) >= 3 and max(y, x) + 8 <= 29
        )
    np.testing.assert_array_equal(covered[~black], bright[~black])


def test_interpolation_continues_a_slope_and_the_mean_is_of_what_is_seen():
    slope = (
        np.zeros((1, 32, 32, 3), "uint8")
        + (20 + 3 * np.arange(32)[:, None] + 2 * np.arange(32))[..., None]
    )
    slope = slope.astype("uint8")
    covered, corners = stations.hide(slope, 10, seed=2)
    filled = stations.fill_in(covered, corners, 10, "interpolate")
    assert np.abs(filled.astype(int) - slope).max() <= 1
    mean = stations.fill_in(covered, corners, 10, "mean")
    seen = covered[covered > 0].mean()
    y, x = corners[0]
    assert np.abs(mean[0, y : y + 10, x : x + 10] - seen).max() <= 1
    for repaired in (filled, mean):
        np.testing.assert_array_equal(repaired[covered > 0], covered[covered > 0])


def test_another_way_to_fill_in_is_named():
    with pytest.raises(
        ValueError, match='expected "mean" or "interpolate", got \'median\''
    ):
        stations.fill_in(
            np.zeros((1, 32, 32, 3), "uint8"), np.zeros((1, 2), int) + 3, 8, "median"
        )


def test_four_pictures_joined_keep_their_middles_and_fade_at_the_seams():
    parts = (
        np.zeros((1, 4, 32, 32, 3), "uint8")
        + np.uint8([10, 60, 110, 160])[None, :, None, None, None]
    )
    whole = stations.joined(parts)[0, ..., 0]
    assert [whole[8, 8], whole[8, 56], whole[56, 8], whole[56, 56]] == [
        10,
        60,
        110,
        160,
    ]
    assert (np.diff(whole[8].astype(int)) >= 0).all() and 10 < whole[8, 31] < whole[
        8, 32
    ] < 60


def test_a_mosaic_holds_the_digits_that_its_labels_say(monkeypatch):
    drawn = glyphs.draw

    def flat(
        symbols, n, seed, **kwargs
    ):  # every quarter in one shade: 10, 20, … 100 for digits, 0 without
        scenes = drawn(symbols, n, seed, **kwargs)
        shade = (10 * (scenes.symbol + 1) * (symbols != " ")).astype("uint8")
        return glyphs.Scenes(
            np.zeros_like(scenes.images) + shade[:, None, None, None],
            scenes.symbol,
            *[None] * 3,
        )

    monkeypatch.setattr(stations.glyphs, "draw", flat)
    pictures, labels = stations.mosaics(90, seed=3)
    quarters = pictures[:, [8, 8, 56, 56], [8, 56, 8, 56], 0]
    for shades, held in zip(quarters, labels, strict=True):
        assert sorted(shades[shades > 0] // 10 - 1) == list(np.flatnonzero(held))
    assert set(labels.sum(axis=1)) == {0, 1, 2, 3} and labels.sum(axis=0).min() > 0
    assert len(set(np.argmax(quarters > 0, axis=1))) == 4  # in any quarter


def test_grey_and_faint_pictures_have_no_colour_and_less_contrast(pictures):
    faint = stations.grey_and_faint(pictures)
    assert (faint == faint[..., :1]).all() and faint.shape == pictures.shape
    grey = pictures @ stations.LUMA
    np.testing.assert_allclose(faint[..., 0], 128 + 0.4 * (grey - 128), atol=1)


def test_the_ladder_draws_each_score_with_its_interval():
    found = {
        "naive": Interval(0.4, 0.35, 0.45),
        "half": Interval(0.5, 0.4, 0.6),
        "remedy": Interval(0.8, 0.7, 0.9),
    }
    ax = stations.ladder(found, "recall", chance=0.1, limits=(0, 1))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(found)
    assert (
        list(ax.lines[4].get_xdata()) == [0.7, 0.9]
        and ax.lines[5].get_xdata()[0] == 0.8
    )
    assert (
        "0.80 [0.70, 0.90]" in [text.get_text() for text in ax.texts]
        and ax.get_xlabel() == "recall\nbars: 95 %\nsquare: naive; diamond: remedy"
    )
    assert (
        ax.lines[0].get_color() == stations.NAIVE
        and ax.lines[4].get_color() == stations.REMEDY
    )
    assert (
        len({ax.lines[mark].get_marker() for mark in (1, 3, 5)}) == 3
    )  # told apart without colour


def test_a_short_bar_is_seen_beside_its_mark():
    ax = stations.ladder({"naive": Interval(0.8, 0.787, 0.813)}, "accuracy")
    ax.figure.canvas.draw()
    bar, mark = ax.lines
    left, right = ax.transData.transform(bar.get_xydata())[:, 0] * 72 / ax.figure.dpi
    assert bar.get_marker() == "|" and bar.get_markersize() > mark.get_markersize()
    assert right - left > mark.get_markersize(), "the mark hides the bar's ends"


def test_a_small_harm_is_seen_as_an_arrow():
    ax = stations.summary(
        [("many", "accuracy", "two stages", 0.81, Interval(-0.03, -0.04, -0.02))]
    )
    ax.figure.canvas.draw()
    (square,) = ax.lines
    ends = ax.transData.transform([(0.81, 0), (0.78, 0)])[:, 0] * 72 / ax.figure.dpi
    assert ends[0] - ends[1] > square.get_markersize(), "the square hides the arrow"
    (arrow,) = [text for text in ax.texts if hasattr(text, "arrow_patch")]
    assert arrow.get_zorder() > square.get_zorder()


def test_the_ladder_marks_the_remedies_that_it_is_told_and_who_knew_more():
    found = {
        way: Interval(0.5, 0.4, 0.6) for way in ("naive", "remedy", "other", "oracle")
    }
    ax = stations.ladder(found, "accuracy", remedies=["remedy"], told=["oracle"])
    marks = ax.lines[1::2]
    assert [mark.get_color() for mark in marks] == [
        stations.NAIVE,
        stations.REMEDY,
        stations.OTHER,
        stations.OTHER,
    ]
    hollow = [mark.get_markerfacecolor() == "white" for mark in marks]
    assert hollow == [False, False, False, True]
    assert ax.get_xlabel().endswith("hollow: told from outside")


def test_to_compare_is_to_show_means_over_draws_with_their_words(monkeypatch):
    shown = []
    monkeypatch.setattr(stations.plots, "show", shown.append)
    stations.compare(
        {"naive": [0.2, 0.4], "remedy": [0.9, 0.9]}, "accuracy", "Accuracy", chance=0.1
    )
    (ax,) = shown
    said = "Accuracy, 2 draws: naive 0.300 [0.000, 1.000]; remedy 0.900 [0.900, 0.900]."
    assert ax.figure.get_label() == f"{said} Guessing gives 0.1."
    assert ax.lines[1].get_xdata()[0] == pytest.approx(0.3)
    assert ax.get_xlabel().split("\n")[1:] == [
        "bars: 95 %, 2 draws",
        "square: naive; diamond: remedy; small dots: draws",
    ]


def test_the_curves_over_components_have_intervals_and_names():
    line = {2: Interval(0.3, 0.2, 0.4), 40: Interval(0.8, 0.7, 0.9)}
    ax = stations.by_components(
        {"least squares": line, "with a penalty": line}, labelled=100
    )
    assert list(ax.lines[1].get_ydata()) == [0.3, 0.8] and len(ax.collections) == 2
    assert {"least squares", "with a penalty", "100 labelled pictures"} <= {
        text.get_text() for text in ax.texts
    }


def test_the_summary_says_gain_and_remedy_of_each_station_and_marks_what_did_not_help():
    rows = [
        ("few samples", "accuracy", "views", 0.5, Interval(0.25, 0.1, 0.4)),
        ("many classes", "accuracy", "two stages", 0.8, Interval(-0.02, -0.03, -0.01)),
    ]
    ax = stations.summary(rows)
    texts = {text.get_text(): text for text in ax.texts}
    assert {
        "few samples",
        "views",
        "+0.25 [0.10, 0.40]",
        "−0.02 [−0.03, −0.01]",
    } <= set(texts)
    assert (
        texts["+0.25 [0.10, 0.40]"].get_color()
        != texts["−0.02 [−0.03, −0.01]"].get_color()
    )
    assert [line.get_xdata()[0] for line in ax.lines] == [0.5, 0.8]
    assert "views +0.25 [0.10, 0.40]; many classes" in ax.figure.get_label()


def test_a_strip_has_one_row_for_each_group(pictures):
    figure = stations.strip({"whole": pictures[:3], "covered": pictures[:2]})
    assert len(figure.axes) == 6 and [len(ax.images) for ax in figure.axes] == [
        1,
        1,
        1,
        1,
        1,
        0,
    ]
    assert [text.get_text() for ax in figure.axes for text in ax.texts] == [
        "whole",
        "covered",
    ]
    assert "whole, 3 pictures; covered, 2 pictures" in figure.get_label()


def test_the_three_cameras_see_colour_grey_and_small_digits():
    seen = stations.cameras(40, seed=1)
    assert list(seen) == ["colour", "grey, faint", "far away"]
    for images, symbols in seen.values():
        assert (
            images.shape == (40, 32, 32, 3)
            and np.bincount(symbols).tolist() == [4] * 10
        )
    (colour, _), (grey, _), _ = seen.values()
    assert (
        np.ptp(colour.astype(int), axis=-1).max() > 100
        and np.ptp(grey, axis=-1).max() == 0
    )
    assert grey.std() < 0.5 * colour.std()


def test_each_source_is_standardised_by_its_own_pictures():
    rng = np.random.default_rng(0)
    without_labels = {
        "dark": rng.normal(-5, 1, (50, 3)),
        "bright": rng.normal(9, 4, (50, 3)),
    }
    sources = np.array(["dark", "bright", "dark"])
    x = np.stack([without_labels[source].mean(axis=0) for source in sources])
    x[2] += without_labels["dark"].std(axis=0)
    found = stations.by_source(
        x,
        sources,
        without_labels,
        lambda known: (known.mean(axis=0), known.std(axis=0)),
    )
    np.testing.assert_allclose(found, [[0] * 3, [0] * 3, [1] * 3], atol=1e-9)
