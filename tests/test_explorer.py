"""An explorer's figure and its words follow the controls; its twin stays as it was."""

import base64
import gc
import weakref

import pytest
from ipywidgets import FloatSlider, IntSlider
from tlkit_course.widgets import explore


def line(figure, slope, steps):
    figure.subplots().plot([0, steps], [0, slope * steps])
    return f"a line of slope {slope:g} over {steps} steps"


@pytest.fixture
def explorer(monkeypatch):
    monkeypatch.delenv("TLKIT_STATIC", raising=False)
    return explore(
        line,
        slope=FloatSlider(1, min=0, max=3),
        steps=IntSlider(4, description="number of steps"),
    )


def test_the_figure_and_its_words_follow_a_control(explorer):
    before = explorer.widget.children[-1].value
    explorer.controls["slope"].value = 2.5
    after = explorer.widget.children[-1].value
    assert after != before and 'alt="a line of slope 2.5 over 4 steps"' in after
    assert explorer.alt in after and explorer.seconds < 5


def test_the_twin_shows_the_beginning_with_its_alternative_text(explorer):
    explorer.controls["slope"].value = 0
    bundle, about = explorer._repr_mimebundle_()
    assert about == {"image/png": {"alt": "a line of slope 1 over 4 steps"}}
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert (
        "application/vnd.jupyter.widget-view+json" in bundle
        and "slope 1" in bundle["text/plain"]
    )


def test_a_master_holds_the_twin_alone(explorer, monkeypatch):
    monkeypatch.setenv("TLKIT_STATIC", "1")
    assert set(explorer._repr_mimebundle_()[0]) == {"text/plain", "image/png"}


def test_every_control_has_a_label(explorer):
    assert [control.description for control in explorer.controls.values()] == [
        "slope",
        "number of steps",
    ]


def test_labels_stand_in_one_column_and_sliders_have_one_length(explorer):
    controls = explorer.controls.values()
    assert {control.style.description_width for control in controls} == {"15ch"}
    assert len({control.layout.width for control in controls}) == 1
    assert all(control.tooltip == control.description for control in controls)


def test_a_figure_is_drawn_once_and_freed_at_once(monkeypatch):
    from matplotlib.figure import Figure

    figures, drawings, draw = [], [], Figure.draw
    monkeypatch.setattr(
        Figure,
        "draw",
        lambda figure, renderer: (drawings.append(1), draw(figure, renderer)),
    )

    def remembered(figure, slope):
        figures.append(weakref.ref(figure))
        return line(figure, slope, 3)

    gc.collect()
    gc.disable()  # as in a kernel in which no full collection happens to come
    try:
        explorer = explore(remembered, slope=FloatSlider(1, min=0, max=3))
        explorer.controls["slope"].value = 2
        assert (
            len(drawings) == 2
            and [figure() for figure in figures] == [None, None]
            and not gc.isenabled()
        )
    finally:
        gc.enable()
