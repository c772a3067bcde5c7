"""The figures show the numbers they were given, say them without colour, and carry
their alternative text.
"""

import io
import os
import subprocess
import sys

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
from fake_runs import FakeTask, fake_degrees, fake_run, fake_runs
from matplotlib import pyplot
from matplotlib.colors import to_rgb
from PIL import Image

import tlkit as tk
from tlkit import evaluate, look, plots
from tlkit.names import drawable
from tlkit.recipes import RECIPES

pytestmark = pytest.mark.usefixtures("figures_closed")


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_compare_names_each_recipe_with_its_score_and_chance():
    runs = fake_runs()
    ax = plots.compare(runs)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "from scratch",
        "linear probe",
        "probe + fine-tune",
    ]
    expected = plots.score(runs["probe"])
    assert f"{expected.mean:.2f} [{expected.low:.2f}, {expected.high:.2f}]" in words(ax)
    assert "chance 0.10" in words(ax)
    assert ax.get_xlabel().split("\n") == [
        "accuracy on 120 test images",
        "bars: 95 %, 3 draws × 120 pictures; small dots: single draws",
    ]
    dots = [line for line in ax.lines if line.get_label() == "_draws"]
    expected = [[run.score().mean for run in some] for some in runs.values()]
    assert [list(line.get_xdata()) for line in dots] == expected
    # below the mean's mark, which would hide them
    moved = dots[0].get_transform().transform((0.5, 0))
    assert moved[1] < ax.transData.transform((0.5, 0))[1] - 5


def test_compare_takes_single_runs_lists_and_a_dict_alike():
    runs = fake_runs()
    from_lists, from_runs = (
        plots.compare(*runs.values()),
        plots.compare(*(run for some in runs.values() for run in some)),
    )
    assert words(plots.compare(runs)) == words(from_lists) == words(from_runs)


def test_compare_refuses_to_average_two_settings_of_a_recipe_unasked():
    one, other = (fake_run("fine_tune", FakeTask(), quality) for quality in (0.7, 0.9))
    with pytest.raises(
        ValueError,
        match=(
            "expected one fine_tune run for each seed, got two with seed 0: give each "
            "a name"
        ),
    ):
        plots.compare(one, other)
    ax = plots.compare({"block5": one, "block4": other})
    assert (
        len({line.get_color() for line in ax.lines if len(line.get_xdata()) == 1}) == 2
    )
    with pytest.raises(ValueError, match="expected runs, got none"):
        plots.compare()


def test_score_is_wilson_for_one_run_and_crossed_for_several_on_the_same_pictures():
    runs = fake_runs(seeds=2)["lp_ft"]
    assert plots.score(runs[:1]) == runs[0].score()
    runs[1] = fake_run("lp_ft", runs[1].task, quality=0.95)
    assert plots.score(runs).mean == pytest.approx(
        (runs[0].score().mean + runs[1].score().mean) / 2
    )
    right = np.stack([run.correct() for run in runs])
    assert plots.score(runs) == evaluate.crossed(right)
    # validation splits are drawn with the labels: each run has pictures of its own
    scores = [run.score("validation").mean for run in runs]
    assert plots.score(runs, "validation") == evaluate.over_seeds(scores, (0, 1))
    runs[1].task.test.labels = runs[1].task.test.labels[::-1]  # of other pictures
    assert plots.score(runs).low == 0


def test_guessing_is_the_commonest_class_or_the_mean():
    task = FakeTask(classes=("rare", "common"))
    task.test.labels = np.array([0] * 30 + [1] * 90)
    assert plots.guessing(task) == (0.75, "always the commonest class")
    run = fake_degrees(seeds=1)["probe"][0]
    expected = np.abs(run.task.test.labels - run.task.train.labels.mean()).mean()
    assert plots.guessing(run.task)[0] == pytest.approx(expected)


def test_every_recipe_keeps_its_colour_in_every_figure():
    few, many = (
        fake_runs(("probe", "lp_ft")),
        fake_runs(("scratch", "fine_tune", "probe")),
    )
    for runs in (few, many):
        assert any(
            line.get_color() == plots.PALETTE["probe"]
            for line in plots.curves(runs).lines
        )
        assert any(
            line.get_color() == plots.PALETTE["probe"]
            for line in plots.compare(runs).lines
        )
    assert len(set(plots.PALETTE.values())) == len(plots.PALETTE)


def test_recipes_whose_colours_are_alike_to_some_eyes_have_marks_of_their_own():
    circles = [name for name, one in RECIPES.items() if one.marker == "o"]
    assert circles == ["scratch", "probe", "lp_ft", "fine_tune", "article", "bitfit"]
    others = [one.marker for one in RECIPES.values() if one.marker != "o"]
    assert len(set(others)) == len(others)
    runs = fake_runs(("probe", "lora"))
    for draw in (plots.compare, plots.curves):
        marks = {(line.get_color(), line.get_marker()) for line in draw(runs).lines}
        assert (plots.PALETTE["lora"], "s") in marks
        assert (plots.PALETTE["lora"], "o") not in marks
        assert (plots.PALETTE["probe"], "o") in marks


def test_labels_in_a_recipes_colour_are_dark_enough_to_read():
    for colour in plots.PALETTE.values():
        linear = [
            (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4)
            for c in to_rgb(plots.darker(colour))
        ]
        assert (
            1.05 / (np.dot(linear, [0.2126, 0.7152, 0.0722]) + 0.05) >= 4.5
        )  # WCAG 2.2, 1.4.3


def test_curves_draw_the_first_seed_bold_and_label_lines_without_overlap():
    ax = plots.curves(fake_runs())
    widths = [
        line.get_linewidth()
        for line in ax.lines
        if line.get_color() == plots.PALETTE["probe"] and len(line.get_xdata()) == 3
    ]
    assert sorted(widths) == [1, 1, 2.8]
    heights = sorted(text.xyann[1] for text in ax.texts)
    assert set(words(ax)) == {"from scratch", "linear probe", "probe + fine-tune"}
    assert min(np.diff(heights)) >= 0.07
    assert ax.get_ylabel() == "validation accuracy"
    assert ax.get_xlabel() == "epoch\nthick: the first draw; thin: the others"


def test_curves_without_validation_say_so():
    run = fake_run("article", FakeTask())
    run.history = {"loss": [1.0]}
    with pytest.raises(
        ValueError, match="expected 'val_accuracy' in a run's history, got none"
    ):
        plots.curves(run)


def test_the_label_curve_has_a_line_for_each_recipe_with_its_intervals_and_name():
    def found(mean):
        return evaluate.Interval(mean, mean - 0.05, mean + 0.05)

    ax = plots.label_curve(
        {
            "scratch": {20: found(0.1), 500: found(0.5)},
            "probe": {20: found(0.8), 500: found(0.9)},
        }
    )
    assert [list(line.get_ydata()) for line in ax.lines[:2]] == [[0.1, 0.5], [0.8, 0.9]]
    styles = {line.get_linestyle() for line in ax.lines[:2]}
    assert len(styles) == 2, "told apart without colour"
    bars = ax.collections[0].get_segments()
    np.testing.assert_allclose(
        bars, [[[20, 0.05], [20, 0.15]], [[500, 0.45], [500, 0.55]]]
    )
    assert {"from scratch", "linear probe"} <= {text.get_text() for text in ax.texts}
    assert [label.get_text() for label in ax.get_xticklabels()] == ["20", "500"]


def test_confusion_shows_percent_of_each_true_class():
    ax = plots.confusion(
        labels=[0, 0, 0, 0, 1], predicted=[0, 0, 0, 1, 1], classes=("cat", "d$g")
    )
    assert words(ax) == ["75", "25", "100"]
    np.testing.assert_allclose(ax.images[0].get_array(), [[0.75, 0.25], [0, 1]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    assert len(plots.confusion(fake_run("probe", FakeTask())).images) == 1


def test_predictions_mark_right_and_wrong_by_more_than_colour():
    run = fake_run("probe", FakeTask(), quality=0.5)
    ax = plots.predictions(run, n=16)
    rows = plots.spread(120, 16)
    assert [text.startswith("✓") for text in words(ax)] == run.correct()[rows].tolist()
    wrong = next(text for text in words(ax) if text.startswith("✗"))
    assert "(is " in wrong and len(ax.patches) == (~run.correct()[rows]).sum()
    assert len(ax.images) == 16


def class_names(*names):
    """Runs of a task with these classes; the figures of them."""
    (run,) = fake_runs(("probe",), seeds=1, classes=names)["probe"]
    return [plots.confusion(run), plots.predictions(run), plots.images(run.task)]


ODD_NAMES = {  # names of two classes -> as they are drawn
    ("绿色", "红色"): ("no. 1", "no. 2"),
    ("🔵 blue", "red"): ("blue", "red"),
    ("🔵", "🔴"): ("no. 1", "no. 2"),
    ("n" * 200, "red"): ("n" * 23 + "…", "red"),
    ("n" * 200, "n" * 201): ("n" * 19 + "… 1", "n" * 19 + "… 2"),
    ("été", "Straße"): ("été", "Straße"),
    ("+", "−"): ("+", "−"),
    ("$5", "<b>"): ("$5", "<b>"),
}


@pytest.mark.parametrize("names", ODD_NAMES, ids=lambda names: names[0][:8])
def test_every_class_name_can_be_drawn(names):
    assert tuple(drawable(names)) == ODD_NAMES[names]
    for ax in class_names(*names):
        alt = ax.figure.get_label()
        plots.png(ax)  # a letter that the font lacks would be a warning, an error here
        if "no. 1" in ODD_NAMES[names]:
            assert f"no. 1 is {names[0]}" in alt
        width, height = ax.figure.get_size_inches()
        assert width < 8 and height < 8


def test_images_show_the_pictures_with_their_labels():
    task = FakeTask(classes=("cat", "dog"))
    ax = plots.images(task, n=5)
    assert words(ax) == [
        task.classes[label] for label in task.train.labels[plots.spread(40, 5)]
    ]
    np.testing.assert_array_equal(ax.images[0].get_array(), task.train.images[0])
    assert words(plots.images(images=task.test.images, labels=[7, 8, 9], n=3)) == [
        "7",
        "8",
        "9",
    ]


def test_five_steps_light_the_current_one():
    ax = plots.five_steps(4)
    lit = [text.get_text() for text in ax.texts if text.get_weight() == "bold"]
    assert lit == ["4\nfine-tune"] and len(ax.patches) == 5
    key = "blue, in bold type: in this notebook"
    assert ax.texts[-1].get_text() == key
    assert key not in words(plots.five_steps()), "no step is lit"
    with pytest.raises(ValueError, match="current=6: expected 1 to 5"):
        plots.five_steps(6)


@pytest.mark.parametrize("draw", [plots.compare, plots.curves])
def test_a_number_is_measured_by_its_error_with_the_unit(draw):
    ax = draw(fake_degrees())
    assert "mean absolute error (degrees)" in ax.get_xlabel() + ax.get_ylabel()


def test_figures_of_a_number_are_drawn_too():
    run = fake_degrees(seeds=1)["probe"][0]
    assert plots.scatter(run).get_xlabel() == "true degrees"
    assert "(is " in words(plots.predictions(run))[0]
    assert len(plots.images(run.task, n=4).images) == 4


@pytest.mark.parametrize(
    "draw", ["compare", "curves", "confusion", "predictions", "images", "five_steps"]
)
def test_a_figure_is_drawn_into_the_given_axes(draw):
    ax, run = pyplot.figure().subplots(), fake_run("probe", FakeTask())
    about = {"images": run.task, "five_steps": 1}.get(draw, run)
    assert getattr(plots, draw)(about, ax=ax) is ax
    assert len(pyplot.get_fignums()) == 1


def test_show_gives_the_notebook_a_small_picture_with_its_text_and_closes_it(
    monkeypatch,
):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    plots.show(plots.five_steps(1), "Five boxes; the first is lit.")
    data, metadata = shown[0]._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == "Five boxes; the first is lit."
    assert metadata["image/png"]["width"] == plots.width(shown[0].data) < 720
    assert not pyplot.get_fignums() and len(shown[0].data) < 40_000
    with Image.open(io.BytesIO(shown[0].data)) as picture:
        assert picture.info["Description"] == "Five boxes; the first is lit."


def test_a_drawing_has_few_colours_and_looks_the_same():
    with Image.open(
        io.BytesIO(plots.png(plots.five_steps(1), "Five boxes."))
    ) as drawing:
        assert drawing.mode == "P" and len(drawing.getcolors()) <= look.COLOURS[0]
        drawn = np.asarray(drawing.convert("RGB")).astype(int)
    file = io.BytesIO()
    figure = plots.five_steps(1).figure
    look.readable(figure)
    figure.savefig(file, dpi=110, bbox_inches="tight", pad_inches=look.PAD)
    with Image.open(file) as full:
        assert np.abs(drawn - np.asarray(full.convert("RGB"))).max() <= 12


def test_a_row_has_as_many_pictures_as_were_asked_for():
    scenes = FakeTask().test.images[:8]

    def rows(**how):
        ax = plots.images(images=scenes, labels=["frozen 1"] * 8, **how)
        tops = [picture.get_extent()[3] for picture in ax.images]
        return [tops.count(top) for top in sorted(set(tops), reverse=True)]

    assert rows() == [6, 2] and rows(columns=4) == [4, 4]


def test_predictions_are_titled_with_their_recipe_and_how_many_are_right():
    run = fake_run("probe", FakeTask(), 1.0)
    title = plots.predictions(run, n=8).get_title()
    assert title == "linear probe: 8 of these 8 are right"


def test_pictures_have_256_colours_and_look_the_same():
    scenes = tk.load_task("digits", 2).train.images[:16]
    drawn = plots.images(images=scenes)
    file = io.BytesIO()
    drawn.figure.savefig(file, dpi=110, bbox_inches="tight", pad_inches=look.PAD)
    small = plots.png(drawn, "Sixteen pictures.")
    with Image.open(file) as full, Image.open(io.BytesIO(small)) as pictures:
        assert pictures.mode == "P" and len(small) < 0.6 * len(file.getvalue())
        one, other = (
            np.asarray(x.convert("RGB")).astype(int) for x in (full, pictures)
        )
    assert one.shape == other.shape and np.abs(one - other).mean() < 4


def test_a_text_is_one_line_even_if_labels_in_it_have_several():
    file = io.BytesIO(plots.png(plots.five_steps(1), "2\nred, 4\ngreen"))
    with Image.open(file) as picture:
        assert picture.info["Description"] == "2 red, 4 green"


def test_a_figure_without_text_is_refused():
    with pytest.raises(ValueError, match="alt: expected a sentence, got none"):
        plots.show(plots.five_steps(1), " ")


def test_costs_begin_at_nothing_say_their_numbers_and_are_grey_where_they_may_be_none():
    points = {
        "dear": evaluate.Interval(0.5, 0.4, 0.6),
        "free": evaluate.Interval(0.01, -0.02, 0.04),
    }
    ax = plots.costs(points, "accuracy lost")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["dear", "free"]
    assert (
        words(ax) == ["0.500 [0.400, 0.600]", "0.010 [-0.020, 0.040]"]
        and ax.get_xlabel() == "accuracy lost\nlines: 95 %; grey: perhaps nothing"
        and plots.costs({"dear": points["dear"]}, "lost", draws=5).get_xlabel()
        == "lost\nlines: 95 %, 5 draws"
    )
    crossed = plots.costs({"dear": points["dear"]}, "lost", draws=5, pictures=2_000)
    assert crossed.get_xlabel() == "lost\nlines: 95 %, 5 draws × 2,000 pictures"
    dear, free = (bar.get_facecolor()[:3] for bar in ax.patches)
    assert dear == to_rgb(plots.PALETTE["scratch"]) and free == to_rgb(plots.FAINT)
    times = plots.costs(
        {"slow": evaluate.Interval(5.0, 4.0, 6.0)}, "times the work", nothing=1
    )
    assert (times.patches[0].get_x(), times.patches[0].get_width()) == (1, 4)


def test_harm_never_has_the_colour_of_gain():
    found = {
        "up": evaluate.Interval(0.5, 0.4, 0.6),
        "down": evaluate.Interval(-0.5, -0.6, -0.4),
    }
    harm, gain = look.HARM, look.GAIN
    for gains, wanted in ((False, [harm, gain]), (True, [gain, harm])):
        ax = plots.costs(found, "difference", gains=gains)
        seen = [bar.get_facecolor()[:3] for bar in ax.patches]
        assert seen == [to_rgb(colour) for colour in wanted]


def test_the_line_of_no_cost_lies_within_the_frame():
    for found in (evaluate.Interval(-0.4, -0.5, -0.3), evaluate.Interval(5, 4, 6)):
        low, high = plots.costs({"one": found}, "lost").get_xlim()
        room = 0.03 * max(abs(found.low), abs(found.high))
        assert low < min(0, found.low) - room and high > max(0, found.high) + room


def test_the_label_curve_shows_its_draws_and_chance():
    found = {"probe": {20: evaluate.Interval(0.8, 0.7, 0.9)}}
    ax = plots.label_curve(found, draws={"probe": {20: [0.7, 0.8, 0.9]}}, chance=0.1)
    assert ax.get_xlabel().endswith("bars: 95 %, 3 draws; small dots: single draws")
    dots = next(line for line in ax.lines if line.get_label() == "_draws")
    assert list(dots.get_ydata()) == [0.7, 0.8, 0.9]
    assert words(ax) == ["chance 0.10", "linear probe"]
    assert ax.figure.get_label().endswith("chance is 0.10.")


FIRST_FIGURES = """
import sys
import tlkit as tk
tk.plots.show(tk.plots.five_steps(1))
tk.plots.show(tk.plots.images(tk.load_task("digits", labels_per_class=20), n=4))
print("early" if {"keras", "tensorflow"} & set(sys.modules) else "not yet")
print(tk.plots.PALETTE["probe"], tk.plots.NAMES["probe"])
"""


def test_the_first_figures_of_a_notebook_do_not_wait_for_keras(cache):
    said = subprocess.run(
        [sys.executable, "-c", FIRST_FIGURES],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "MPLBACKEND": "agg"},
    ).stdout.splitlines()
    assert said[-2:] == ["not yet", "#0072B2 linear probe"]


def test_plots_has_no_other_name():
    with pytest.raises(AttributeError, match="no 'palette'"):
        plots.palette  # noqa: B018
