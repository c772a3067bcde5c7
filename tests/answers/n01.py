"""Right and wrong answers to the exercises of notebook 01."""

from tlkit.evaluate import Interval


def roles(source="a", target="b", shared="d", specific="e"):
    return {"source": source, "target": target, "shared": shared, "specific": specific}


def carry_over(source, new):
    return {name: source.get(name, new[name]) for name in new}


def headless(source, new):
    return {name: source[name] for name in source if name in new}


def head_alone(source, new):
    return {name: new[name] for name in new if name not in source}


RIGHT = {
    "01 roles": (roles(), ()),
    "01 carry over": (carry_over, ()),
    "01 own target": ("helps", (Interval(0.5, 0.45, 0.55),)),
}
WRONG = [
    ("01 roles", roles(source="b", target="a"), "the wrong way round"),
    ("01 roles", roles(target="c"), "data for the target task"),
    ("01 roles", roles(shared="e", specific="d"), "those that both tasks use"),
    ("01 roles", roles(specific="f"), "has been taken away"),
    ("01 roles", roles(shared="f"), "has no use for it"),
    ("01 roles", {"source": "a", "target": "b"}, "A role is missing"),
    ("01 roles", roles(shared="c"), "First find the two questions"),
    ("01 carry over", lambda source, new: ..., "still has its three dots"),
    ("01 carry over", lambda source, new: source, "40 letters and all"),
    ("01 carry over", lambda source, new: new, "traditional learning"),
    ("01 carry over", lambda source, new: {**new, **source}, "Keep only the layers"),
    ("01 carry over", lambda source, new: {**source, **new}, "have overwritten"),
    ("01 carry over", headless, "the head is missing"),
    ("01 carry over", head_alone, "For each name in new"),
    ("01 own target", 0.4, "That is a gain"),
    ("01 own target", "yes", "Be more exact"),
    ("01 own target", "no difference", "leaves 0 out"),
    ("01 own target", "harms", "the more useful outcome"),
    ("01 own target", "it depends", "has to look at"),
]
