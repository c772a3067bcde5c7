"""Right and wrong answers to the exercises of notebook 00."""

from types import SimpleNamespace

SCRATCH = {20: 0.11, 50: 0.12, 500: 0.58}  # labels per class -> accuracy, as measured
TARGET = 0.84  # transfer with 20 labels per class


def run(recipe="probe", weights="letters", task="digits", labels=5):
    """What the check looks at in a run."""
    task = SimpleNamespace(name=task, labels_per_class=labels)
    return SimpleNamespace(
        recipe=recipe, backbone=SimpleNamespace(weights=weights), task=task
    )


RIGHT = {
    "00 labels": ("more", (SCRATCH, TARGET)),
    "00 five": (run(), ()),
}
WRONG = [
    ("00 five", run(labels=20), "has used 20 labels per class"),
    ("00 five", run("scratch", None), "started from random weights"),
    ("00 five", run(task="letters"), "That is the source task"),
    ("00 five", run(weights=None), "The shared layers have random weights"),
    ("00 five", run("lp_ft"), "give that task to tk.linear_probe"),
    ("00 labels", 0.58, "That is an accuracy"),
    ("00 labels", 5000, "nobody has measured it"),
    ("00 labels", 50, "still guessing"),
    ("00 labels", 500, "begun to learn, and it is still below the dashed line"),
    ("00 labels", "lots", "Where does the line from scratch meet it?"),
]
