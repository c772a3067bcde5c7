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


def symbols(**changed):
    lists = {
        "a": ["P(X)"],
        "b": ["Y", "P(Y|X)"],
        "c": ["P(Y|X)"],
        "d": ["X", "P(X)", "Y", "P(Y|X)"],
    }
    return lists | changed


def alike(*names):
    return {project: list(names) for project in "abcd"}


GAINS = {"first": Interval(0.5, 0.45, 0.55), "second": Interval(-0.2, -0.25, -0.15)}


def predicted(first="helps", second="harms"):
    return {"first": first, "second": second}


RIGHT = {
    "01 symbols": (symbols(), ()),
    "01 roles": (roles(), ()),
    "01 carry over": (carry_over, ()),
    "01 own target": (predicted(), (GAINS,)),
}
WRONG = [
    ("01 symbols", symbols(a="day and night"), "each one of"),
    ("01 symbols", symbols(a=["p(x)"]), 'Did you mean "P(X)"'),
    ("01 symbols", [["P(X)"], ["Y"]], "a dict with the keys"),
    ("01 symbols", symbols(c=[]), "A list is empty"),
    ("01 symbols", symbols(b=["Y"]), "keep the probability that it had"),
    ("01 symbols", symbols(d=["X", "Y", "P(Y|X)"]), "keep the probability"),
    ("01 symbols", symbols(c=["P(X)", "P(Y|X)"]), "the very same pictures"),
    ("01 symbols", symbols(c=["Y", "P(Y|X)"]), "the list stays and the rule"),
    ("01 symbols", symbols(b=["P(Y|X)"]), "Ask four questions of each project"),
    ("01 symbols", symbols(a=["P(X)", "P(Y|X)"]), "hold it fast"),
    ("01 symbols", symbols(d=["P(X)"]), "Ask four questions of each project"),
    ("01 symbols", alike("P(X)"), "the very same pictures"),
    ("01 symbols", alike("P(Y|X)"), "hold it fast"),
    ("01 symbols", alike("X", "P(X)", "Y", "P(Y|X)"), "the very same pictures"),
    ("01 roles", roles(source="b", target="a"), "comes first in time"),
    ("01 roles", roles(target="c"), "data for the target task"),
    ("01 roles", roles(shared="e", specific="d"), "those that both tasks use"),
    ("01 roles", roles(specific="f"), "has been taken away"),
    ("01 roles", roles(shared="f"), "has no use for it"),
    ("01 roles", roles(source="c"), "are the target's data"),
    ("01 roles", roles(source="f"), "is a group of layers"),
    ("01 roles", roles(specific="b"), "is no layer"),
    ("01 roles", roles(source="b"), "one of them twice"),
    ("01 roles", {"source": "a", "target": "b"}, "'shared' is missing"),
    ("01 roles", roles(source="A"), 'Did you mean "a"'),
    ("01 roles", roles(source="?"), "got the text '?'"),
    ("01 roles", list("abde"), "got a list of 4"),
    ("01 roles", "abde", "got the text 'abde'"),
    ("01 roles", roles(shared="c"), "is no layer"),
    ("01 roles", roles(shared="e"), "First find the two questions"),
    ("01 carry over", lambda source, new: {n: source[n] for n in new}, "It stops at"),
    ("01 carry over", lambda source, new: {n: new[n] for n in source}, "It stops at"),
    ("01 carry over", lambda source, new: list(new), "A dict is asked for"),
    ("01 carry over", lambda s, new: {n: s.get(n) for n in new}, "its value is None"),
    ("01 carry over", lambda source, new: source, "its head for 40 letters"),
    ("01 carry over", lambda source, new: new, "traditional learning"),
    ("01 carry over", lambda source, new: {**new, **source}, "Keep only the layers"),
    ("01 carry over", lambda source, new: {**source, **new}, "Which of two dicts"),
    ("01 carry over", headless, "the head is missing"),
    ("01 carry over", head_alone, "Only the head is there"),
    ("01 carry over", lambda s, new: dict.fromkeys(new, 0), "Go through the names"),
    ("01 own target", "helps", "got the text 'helps'"),
    ("01 own target", {"first": "helps"}, "'second' is missing"),
    ("01 own target", predicted(second=0.4), "That is a gain"),
    ("01 own target", predicted(["helps", "harms"]), "One word for one target"),
    ("01 own target", predicted("Helps"), "Nearly one of the three"),
    ("01 own target", predicted("yes"), "Be more exact"),
    ("01 own target", predicted("no difference"), "never shows"),
    ("01 own target", predicted("it depends"), "A prediction is one of three words"),
    ("01 own target", predicted(second="not shown"), "leaves 0 out"),
    ("01 own target", predicted("harms", "helps"), "the more useful outcome"),
    ("01 own target", predicted("helps", "helps"), "Two targets are asked for"),
    ("01 own target", predicted("harms", "not shown"), "Two targets are asked for"),
]
