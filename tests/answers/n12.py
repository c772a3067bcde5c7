"""Right and wrong answers to the exercises of notebook 12."""


def for_the_source(sentences, target):
    tested = {words for module, words in sentences if module in target}
    return [w for module, w in sentences if module not in target and w not in tested]


def other_modules(sentences, target):
    return [words for module, words in sentences if module not in target]


def without_all_copies(sentences, target):
    every = [words for _, words in sentences]
    kept = for_the_source(sentences, target)
    return [words for words in kept if every.count(words) == 1]


VIEWS = {
    f"{name}, {cut}": {}
    for name in (
        "letters",
        "random",
        "letters-bn",
        "random-bn",
        "other sounds",
        "random-255",
    )
    for cut in ("features", "block2")
} | {"pixels": {}, "from scratch": {}}
TAUGHT = "other sounds, block2"

WAYS = {
    "head": {"trained": 1290, "validation": 0.80, "test": 0.81},
    "biases": {"trained": 1802, "validation": 0.84, "test": 0.82},
    "adapters": {"trained": 9000, "validation": 0.82, "test": 0.85},
    "low rank": {"trained": 15000, "validation": 0.83, "test": 0.83},
    "one more": {"trained": 9500, "validation": 0.81, "test": 0.80},
    "block 5": {"trained": 400000, "validation": 0.90, "test": 0.91},
    "everything": {"trained": 922074, "validation": 0.88, "test": 0.92},
}
LIMIT = 20_000


def chosen(way, *struck_out):
    return {"struck out": list(struck_out or ("block 5", "everything")), "chosen": way}


RIGHT = {
    "12 method": (chosen("biases"), (WAYS, LIMIT)),
    "12 leak": (for_the_source, ()),
    "12 control": ((TAUGHT, "random-255, block2"), (VIEWS,)),
}
WRONG = [
    ("12 method", chosen("lora"), "One of your names is not in the table"),
    ("12 method", chosen("block 5"), "a way that you have struck out"),
    ("12 method", chosen("block 5", "everything"), "the best of all ways"),
    ("12 method", chosen("everything", "block 5"), "than the limit allows, and all"),
    ("12 method", chosen("biases", "everything"), "too many or too few"),
    ("12 method", chosen("head"), "the fewest numbers"),
    ("12 method", chosen("low rank"), "the most numbers that the limit allows"),
    ("12 method", chosen("adapters"), "the best on the *test* pictures"),
    ("12 method", chosen("one more"), "By which column"),
    ("12 method", "biases", "got the text 'biases'"),
    ("12 method", chosen(1802), 'At "chosen": expected one name'),
    ("12 leak", lambda s, t: [row for row in s if row[0] not in t], "the words alone"),
    ("12 leak", lambda s, t: [words for _, words in s], "own sentences are still"),
    ("12 leak", lambda s, t: [w for m, w in s if m in t], "The wrong way round"),
    ("12 leak", other_modules, "stand in two places"),
    ("12 leak", without_all_copies, "Too much is gone"),
    (
        "12 leak",
        lambda s, t: list(dict.fromkeys(for_the_source(s, t))),
        "is there once",
    ),
    ("12 leak", lambda s, t: [], "Too much is gone"),
    ("12 leak", lambda s, t: set(for_the_source(s, t)), "A set has no order"),
    ("12 leak", lambda s, t: [w[0] for w in for_the_source(s, t)], "than tuples"),
    ("12 leak", lambda s, t: for_the_source(s, t)[::-1], "in another order than"),
    ("12 leak", lambda s, t: [w for w in s if w[2] in t], "stopped with IndexError"),
    ("12 leak", lambda s, t: for_the_source(s, t)[1:], "Everything else stays in"),
    ("12 control", TAUGHT, "Expected two names of rows"),
    ("12 control", (TAUGHT, TAUGHT), "one row twice"),
    ("12 control", (TAUGHT, "random"), "is not in the table"),
    ("12 control", ("random-255, block2", TAUGHT), "comes first"),
    ("12 control", ("letters, block2", "random, block2"), "not among your rows"),
    ("12 control", (TAUGHT, "other sounds, features"), "two cuts of one network"),
    ("12 control", (TAUGHT, "pixels"), "went through no layers"),
    ("12 control", (TAUGHT, "from scratch"), "which way is better"),
    ("12 control", (TAUGHT, "letters, block2"), "this compares two sources"),
    ("12 control", (TAUGHT, "random-255, features"), "and the cut"),
    ("12 control", (TAUGHT, "random-bn, block2"), "compare the shape"),
    ("12 control", (TAUGHT, "random, block2"), "compare the shape"),
]
