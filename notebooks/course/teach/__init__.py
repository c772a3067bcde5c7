"""Teach a network your own classes: a few pictures of each, a head on frozen features, an honest score, a file.

The logic of ``notebooks/teach_it_your_own.ipynb``, without its page (``app.py``): pictures are read with
care, the frozen backbone runs once over each, a ridge head learns from its features in milliseconds, and leave-one-out
accuracy tells how good it is. Keras is imported when a ``Features`` first computes.
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
