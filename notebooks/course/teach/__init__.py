"""Teach a network your own classes, with a few pictures of each.

The machinery behind ``notebooks/teach_it_your_own.ipynb``, which is a page without
code::

    pictures.py   reads your files with care: what is wrong with one is said by its name
    probe.py      a frozen backbone runs once over each picture; a ridge head learns
                  from its features; leave-one-out accuracy tells how good it is
    show.py       pictures and occlusion maps for a page
    report.py     keeps a model: model.keras, class names, one page to send on
    markup.py     the parts of the page that are HTML
    example.py    the drawn example, and the picture of it for paper
    app.py        the page itself, made of widgets (with app.js)

Keras is imported when a ``Features`` first computes, so that the page appears at once.
"""

from .pictures import (
    CLASSES,
    FEW,
    MOST,
    Examples,
    Picture,
    PictureError,
    TeachError,
    read_picture,
)
from .probe import Features, Probe, learn, leave_one_out, ridge
from .report import save

__all__ = [
    "CLASSES",
    "FEW",
    "MOST",
    "Examples",
    "Features",
    "Picture",
    "PictureError",
    "Probe",
    "TeachError",
    "learn",
    "leave_one_out",
    "read_picture",
    "ridge",
    "save",
]
