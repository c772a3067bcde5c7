"""Right and wrong answers to the exercises of notebook 00."""

from types import SimpleNamespace

SCRATCH = {20: 0.11, 50: 0.12, 500: 0.58}  # labels per class -> accuracy, as measured
TARGET = 0.84  # transfer with 20 labels per class


def run(recipe="probe", weights="letters", task="digits", labels=5):
    """What the check looks at in a run."""
    task = SimpleNamespace(name=task, labels_per_class=labels)
    return SimpleNamespace(
        recipe=recipe,
        backbone=SimpleNamespace(weights=weights),
        task=task,
        score=lambda: "0.710 [0.681, 0.738]",
    )


RIGHT = {
    "00 labels": (("more", -0.26), (SCRATCH, TARGET)),
    "00 five": (run(), ()),
}
WRONG = [
    ("00 five", run(labels=20), "has used 20 labels per class"),
    ("00 five", run("scratch", None), "started from random weights"),
    ("00 five", run(task="letters"), "That is the source task"),
    ("00 five", run(weights=None), "The shared layers have random weights"),
    ("00 five", run("lp_ft"), "also trains shared layers"),
    ("00 five", run(labels=50), "another number of labels"),
    ("00 five", run(task="colours"), "give that task to tk.linear_probe"),
    ("00 five", run().task, "Expected a run"),
    ("00 five", run().backbone, "Expected a run"),
    ("00 five", 0.71, "got the number 0.71"),
    ("00 labels", ("more than 500", -0.26), "The first reading is a plain number"),
    ("00 labels", ("More", -0.26), "The first reading is a plain number"),
    ("00 labels", ([500], -0.26), "The first reading is a plain number"),
    ("00 labels", ("more", float("nan")), "The second reading must be a number"),
    ("00 labels", ("more", -26), "write 0.12 for 12 %"),
    ("00 labels", (0.58, -0.26), "The first reading is an accuracy"),
    ("00 labels", (5000, -0.26), "nobody has measured"),
    ("00 labels", ("more", 0.58), "is the height of a line"),
    ("00 labels", ("more", 0.26), "Look at the sign"),
    ("00 labels", (50, -0.26), "that only guesses"),
    ("00 labels", (500, -0.26), "Catching up means reaching it"),
    ("00 labels", ("more", 0), "how far from it does that line end"),
    ("00 labels", "more", "got the text 'more'"),
]
