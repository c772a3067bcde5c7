"""The block slider shows what the network says, and the map of the course shows the
numbers it was given.
"""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import tlkit_course as course
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tlkit import Backbone, activations, glyphs
from tlkit.backbone import BLOCKS
from tlkit.evaluate import Interval

CUTS = ("image", "block1", "block2")


@pytest.fixture(scope="module")
def scene():
    return glyphs.draw("3", 1, seed=7).images[0]


@pytest.fixture(scope="module")
def maps(scene):
    return course.block_maps(Backbone("letters-small"), scene)


def test_the_maps_are_the_strongest_channels_before_pooling(scene, maps):
    assert [maps[block].shape[1:] for block in BLOCKS] == [
        (32, 32),
        (16, 16),
        (8, 8),
        (4, 4),
        (2, 2),
    ]
    backbone = Backbone("letters-small")
    for block in ("block1", "block3", "block5"):
        after = np.asarray(activations(backbone, scene[None], block))[
            0
        ]  # (h, w, c), pooled
        pooled = (
            maps[block]
            .reshape(
                len(maps[block]), *(n for side in after.shape[:2] for n in (side, 2))
            )
            .max((2, 4))
        )
        wanted = after / np.maximum(after.max(axis=(0, 1)), 1e-12)
        for one in pooled:
            assert np.abs(wanted - one[..., None]).max(axis=(0, 1)).min() < 1e-4
    assert all(some.max() <= 1 and some[0].max() == 1 for some in maps.values())


def test_the_strongest_channel_comes_first_and_the_weakest_are_left_out(scene, maps):
    from tlkit.machine.quiet import keras

    model = Backbone("letters-small").build()
    last = keras.Model(model.input, model.get_layer("block4_conv3").output)
    seen = np.asarray(last(scene[None].astype("float32")))[0]  # (4, 4, channels)
    order = seen.mean(axis=(0, 1)).argsort()[::-1]
    for place in (0, 1, 15):
        one = seen[..., order[place]]
        np.testing.assert_allclose(
            maps["block4"][place], one / max(one.max(), 1e-12), atol=1e-4
        )


def test_the_sliders_choose_block_and_channel(scene, maps, monkeypatch):
    monkeypatch.delenv("TLKIT_STATIC", raising=False)
    slider = course.block_slider(scene, maps)
    first = slider.widget.children[-1].value
    assert "Block 1" in slider.alt and "32 × 32" in slider.alt
    slider.controls["block"].value = 4
    assert (
        "Block 4" in slider.alt
        and "4 × 4" in slider.alt
        and slider.widget.children[-1].value != first
    )
    before = slider.widget.children[-1].value
    slider.controls["channel"].value = 2
    assert slider.widget.children[-1].value != before
    assert [control.description for control in slider.controls.values()] == [
        "block",
        "channel, strongest first",
    ]


def test_on_paper_all_blocks_stand_side_by_side(scene, maps):
    figure = course.draw_blocks(scene, maps)
    assert [ax.get_title() for ax in figure.axes][:3] == [
        "the image",
        "block1: 32 × 32",
        "block2: 16 × 16",
    ]
    bright = (maps["block2"] > 0.5).mean()
    assert f"block2 16 × 16, {bright:.0%} bright" in figure.get_label()


def line(*means):
    return {
        cut: Interval(mean, mean - 0.02, mean + 0.03)
        for cut, mean in zip(CUTS, means, strict=True)
    }


@pytest.fixture
def figure():
    found = {
        "digit": {"letters": line(0.1, 0.5, 0.9), "random": line(0.1, 0.12, 0.15)},
        "colour": {
            "letters": line(0.7, 0.4, 0.1),
            "random": line(0.7, 0.65, 0.6),
            "photos": line(0.7, 0.7, 0.5),
        },
    }
    return course.depth_map(
        found,
        {"digit": 0.1, "colour": 0.125},
        {"digit": "Which digit?", "colour": "Colour?"},
    )


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_the_map_draws_every_score_with_its_interval(figure):
    assert isinstance(figure, Figure)
    digit, colour = figure.axes
    assert list(digit.lines[0].get_ydata()) == [0.1, 0.5, 0.9]
    bar = digit.collections[0].get_segments()[2]
    assert bar[:, 1].tolist() == pytest.approx([0.88, 0.93])
    ticks = [tick.get_text() for tick in colour.get_xticklabels()]
    assert ticks == ["pixels", "1", "2"]  # of the lowest panel, for all
    assert (
        digit.get_title("left") == "Which digit?" and len(colour.lines) == 4
    )  # three networks and chance


def test_the_map_shows_each_draw_beside_its_mean():
    means = zip(CUTS, (0.1, 0.5, 0.9), strict=True)
    found = {"digit": {"letters": line(0.1, 0.5, 0.9)}}
    draws = {cut: [mean - 0.02, mean + 0.02] for cut, mean in means}
    figure = course.depth_map(
        found, {"digit": 0.1}, {"digit": "?"}, 2, {"digit": {"letters": draws}}
    )
    (ax,) = figure.axes
    dots = [list(one.get_ydata()) for one in ax.lines if one.get_label() == "_draws"]
    assert dots == list(draws.values())
    assert "bars: 95 %, 2 draws; small dots: single draws" in ax.get_xlabel()


def test_the_map_says_where_training_made_more_readable_and_where_less(figure):
    digit, colour = figure.axes
    more, less = "more readable", "less readable"
    assert more in words(digit) and less not in words(digit)
    assert less in words(colour) and more not in words(colour)
    assert "chance 0.10" in words(digit)
    names = {"trained\non letters", "random\nweights", "trained\non photographs"}
    assert names <= set(words(colour))


def test_the_map_says_its_numbers_in_words(figure):
    said = figure.get_label()
    assert "Which digit? trained on letters: image 0.10, block1 0.50" in said
    assert "Colour? trained on photographs: image 0.70, block1 0.70" in said


def test_the_networks_can_be_told_apart_without_colour(figure):
    networks = figure.axes[1].lines[:3]
    assert len({(one.get_linestyle(), one.get_marker()) for one in networks}) == 3
    grey = sorted(
        float(np.dot(to_rgb(one.get_color()), (0.299, 0.587, 0.114)))
        for one in networks
    )
    assert min(np.diff(grey)) > 0.01
