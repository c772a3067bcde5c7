"""The scenery of this course: what only these notebooks need.

Notebooks say ``import tlkit_course as course``. What a learner takes home is in
``tlkit``. The rooms::

    checks.py          check an exercise, run a claim
    kinds.py           what form an answer has (a number, a function …)
    questions.py       the quiz at the end of a notebook (texts in quizzes/)
    progress_table.py  what you have solved so far (kept by record.py)
    exercises/         the exercises of each notebook, and the mistakes that they know
    figures/           the figures of each notebook
    widgets/           guesses, figures with sliders, download buttons
    bars.py            progress bars for long cells
    beyond.py          one head for every backbone (notebook 10), sentences, sounds (12)
    project.py         the pictures of notebook 11, your own or drawn
    ------------------------------------------------------------------------------------
    teach/             the page on which you teach a network your own pictures
    workshop/          for instructors: students' copies, slides, rehearsals, summaries

Everything above the line is what a cell can name or open; the two rooms below it are
machinery, and each says in its ``__init__`` how it works. ``course.NAME`` is imported
when it is first used: some figures need Keras, which takes seconds, and the checks do
not.
"""

from importlib import import_module
from typing import Any

_HOME = {  # name -> the module that it comes from
    "check": "checks",
    "claim": "checks",
    "needs": "checks",
    "quiz": "questions",
    "progress": "progress_table",
    "bar": "bars",
    "fit_bar": "bars",
    "explore": "widgets.explorer",
    "fetch_button": "widgets.fetch_button",
    "guess": "widgets.guess",
    "teach_app": "teach.app",
    # Notebook 01
    "first_prediction": "exercises.n01",
    "pair_picker": "figures.pair_picker",
    # Notebook 02
    "block_maps": "figures.block_slider",
    "block_slider": "figures.block_slider",
    "draw_blocks": "figures.block_slider",
    "depth_map": "figures.depth_map",
    "filter_responses": "figures.filter_responses",
    # Notebook 03
    "loss_surface": "figures.loss_surface",
    # Notebook 04
    "descent_sliders": "figures.descent",
    # Notebook 05
    "by_size": "figures.by_size",
    "playground": "figures.playground",
    # Notebook 06
    "nearly_frozen": "exercises.n06",
    "price_list": "figures.unfreeze",
    "still_read": "figures.unfreeze",
    "two_starts": "figures.unfreeze",
    "unfreeze_dial": "figures.unfreeze",
    # Notebook 07
    "caught": "figures.caught",
    "confusion_cells": "figures.confusion_cells",
    "paired_interval": "figures.paired_interval",
    "reliability": "figures.reliability",
    "reliability_bins": "figures.reliability",
    # Notebook 08
    "dial_gains": "figures.similarity_dial",
    "dial_panels": "figures.similarity_dial",
    "moved": "figures.similarity_dial",
    "similarity_dial": "figures.similarity_dial",
    # Notebook 09
    "threshold_slider": "figures.threshold_slider",
    # Notebook 10
    "backbone_costs": "figures.backbone_costs",
    "draw_backbones": "figures.backbone_costs",
    "optimizer_steps": "figures.choices",
    "two_lines": "figures.choices",
    "ways": "figures.choices",
    # Notebook 11
    "copies_of": "project",
    "project_folder": "project",
    # Notebook 12
    "method_map": "figures.methods",
    "shifts": "figures.methods",
    "starts": "figures.methods",
}
# Whole modules that a notebook names: gradient descent, difficult pictures
_MODULES = {
    "descent": "figures.descent",
    "stations": "figures.stations",
}
__all__ = [*_HOME, *_MODULES]


def __getattr__(name: str) -> Any:
    """Import what a notebook names, when it names it."""
    if name in _HOME:
        return getattr(import_module(f".{_HOME[name]}", __name__), name)
    if name in _MODULES:
        return import_module(f".{_MODULES[name]}", __name__)
    expected = f"expected one of {', '.join(sorted(__all__))}"
    raise AttributeError(f"the course has no {name!r}: {expected}")


def __dir__() -> list[str]:
    return sorted(__all__)
