"""Exercises of notebook 12, Beyond VGG16."""

from collections.abc import Callable, Mapping
from typing import Any

from ..checks import Exercise
from ..kinds import Anything, Function, Parts, Several, Word, Words
from . import by_name

method = Exercise(
    "12 method",
    expects='a dict: "struck out" a list of the ways that train too many numbers, '
    '"chosen" one of the others',
    praise=lambda answer, table, limit: (
        f"{table[answer['chosen']]['trained']:,} numbers for each task, and of all "
        "ways that keep the limit the best on validation: "
        f"{table[answer['chosen']]['validation']:.3f}. The test pictures were not "
        "asked."
    ),
    hint="Strike out the ways that train more numbers than the limit. Of the rest take "
    "the highest validation accuracy.",
    ask="It keeps the limit, and another way that does is better. By which column do "
    "you compare what is left?",
    kind=Parts({"struck out": Words(), "chosen": Word()}),
    place="Cheaper ways",
)
Table = Mapping[str, Mapping[str, float]]  # way -> trained, validation, test


def _column(table: Table, column: str):
    """A function that gives a way's number in a column, to compare by."""
    return lambda way: table[way][column]


def _within(table: Table, limit: float) -> list[str]:
    """The ways that train no more numbers than the limit."""
    return [way for way in table if table[way]["trained"] <= limit]


def _struck_out(answer) -> set[str]:
    named = answer["struck out"]
    return {named} if isinstance(named, str) else set(named)


@method.right
def best_within_the_limit(answer, table: Table, limit: float):
    allowed = _within(table, limit)
    best = max(allowed, key=_column(table, "validation"))
    return answer["chosen"] == best and _struck_out(answer) == set(table) - set(allowed)


@method.mistake
def no_such_way(answer, table: Table, limit: float):
    """One of your names is not in the table: copy them from it."""
    return not {answer["chosen"], *_struck_out(answer)} <= set(table)


@method.mistake
def chosen_and_struck_out(answer, table: Table, limit: float):
    """You have chosen a way that you have struck out."""
    return answer["chosen"] in _struck_out(answer)


@method.mistake
def best_of_every_way(answer, table: Table, limit: float):
    """It is the best of all ways. But how many numbers does it train for each task?
    Compare them with the limit.
    """
    best = max(table, key=_column(table, "validation"))
    return answer["chosen"] == best and best not in _within(table, limit)


@method.mistake
def over_the_limit(answer, table: Table, limit: float):
    """The chosen one trains more numbers than the limit allows, and all of them must be
    stored for each task.
    """
    return answer["chosen"] not in _within(table, limit)


@method.mistake
def others_struck_out(answer, table: Table, limit: float):
    """The wrong ones are struck out, too many or too few. Go through the table row by
    row: only the number of trained numbers can break the limit.
    """
    return _struck_out(answer) != set(table) - set(_within(table, limit))


@method.mistake
def fewest_numbers(answer, table: Table, limit: float):
    """It trains the fewest numbers. A limit says what you may spend. It does not say
    that you must spend as little as you can.
    """
    return answer["chosen"] == min(table, key=_column(table, "trained"))


@method.mistake
def best_on_test(answer, table: Table, limit: float):
    """Within the limit, it is the best on the *test* pictures. If they choose, nothing
    is left that can judge.
    """
    return answer["chosen"] == max(_within(table, limit), key=_column(table, "test"))


@method.mistake
def most_numbers(answer, table: Table, limit: float):
    """It trains the most numbers that the limit allows. More numbers are a cost and no
    merit: what counts within the limit is accuracy.
    """
    most = max(_within(table, limit), key=_column(table, "trained"))
    return answer["chosen"] == most


leak = Exercise(
    "12 leak",
    expects="a function for_the_source(sentences, target) that returns a list of "
    "tuples of words",
    praise="The source has every sentence that it may have, and none that the target "
    "task is tested on.",
    hint="Ask of each sentence: could the target task be tested on these words? "
    "Everything else stays in, in its order.",
    ask="Other sentences come back, or in another order. Write three by hand, one of "
    "them in two modules: which of them does your function keep?",
    kind=Function("sentences, target", gives=Anything()),
    place="Beyond pictures: sentences",
)
SENTENCES = [
    ("ants", ("ants", "carry", "leaves")),
    ("bees", ("bees", "make", "wax")),
    ("bees", ("see", "the", "notes", "below")),
    ("cats", ("see", "the", "notes", "below")),  # the same words as in bees
    ("cats", ("cats", "sleep")),
    ("dogs", ("cats", "sleep")),  # twice, and no target has it
    ("dogs", ("dogs", "carry", "leaves")),
    ("wasps", ("see", "the", "ants")),
]
TARGET = {"bees", "wasps"}
OF_TARGET = {words for module, words in SENTENCES if module in TARGET}
Sentence = tuple[str, ...]


def _returned(function) -> Any:
    """What a learner's function returns for SENTENCES."""
    return function(list(SENTENCES), set(TARGET))


def _kept(function) -> list[Sentence]:
    """The sentences that a learner's function keeps."""
    return [tuple(words) for words in _returned(function)]


def _is_list_of_tuples(function) -> bool:
    kept = _returned(function)
    return isinstance(kept, list | tuple) and all(
        isinstance(words, tuple | list) for words in kept
    )


def _those(test: Callable[[str, Sentence], bool]) -> list[Sentence]:
    """The sentences that pass a test of module and words."""
    return [words for module, words in SENTENCES if test(module, words)]


@leak.right
def neither_module_nor_copy(function):
    if not _is_list_of_tuples(function):
        return False
    others = [(m[::-1], w[::-1]) for m, w in SENTENCES[::-1]]  # and another target
    kept = [tuple(words) for words in function(list(others), {"seeb"})]
    tested = {words for module, words in others if module == "seeb"}
    wanted = [w for module, w in others if module != "seeb" and w not in tested]
    return kept == wanted and _kept(function) == _those(
        lambda module, words: module not in TARGET and words not in OF_TARGET
    )


@leak.mistake
def no_list(function):
    """A list of tuples is asked for, in the order of the sentences. A set has no order,
    and holds each sentence once.
    """
    return not isinstance(_returned(function), list | tuple)


@leak.mistake
def no_tuples(function):
    """In your list are other things than tuples of words. A sentence stays the tuple
    that it was.
    """
    return not _is_list_of_tuples(function)


@leak.mistake
def in_another_order(function):
    """The right sentences, in another order than they came in."""
    wanted = _those(lambda m, words: m not in TARGET and words not in OF_TARGET)
    return _kept(function) != wanted and sorted(_kept(function)) == sorted(wanted)


@leak.mistake
def with_the_modules(function):
    """Give the words alone: a list of tuples such as ("ants", "carry", "leaves")."""
    return any(
        len(kept) == 2 and isinstance(kept[1], tuple) for kept in _kept(function)
    )


@leak.mistake
def everything(function):
    """The target's own sentences are still there."""
    return _kept(function) == _those(lambda module, words: True)


@leak.mistake
def the_target(function):
    """The wrong way round: these are the sentences of the target."""
    return _kept(function) == _those(lambda module, words: module in TARGET)


@leak.mistake
def copies_are_left(function):
    """No module of the target is left. But is every *sentence* of the target gone? A
    sentence may stand in two places.
    """
    return _kept(function) == _those(lambda module, words: module not in TARGET)


@leak.mistake
def too_much(function):
    """Too much is gone: a sentence that stands twice among the source's own modules
    tells nothing about the target.
    """
    kept = set(_kept(function))
    return not kept & OF_TARGET and ("cats", "sleep") not in kept


@leak.mistake
def once_only(function):
    """Each sentence is there once now. That is another question: only what the target
    has must go.
    """
    wanted = _those(lambda m, words: m not in TARGET and words not in OF_TARGET)
    return _kept(function) != wanted and set(_kept(function)) == set(wanted)


control = Exercise(
    "12 control",
    expects="two rows of the table, first the one in question, then its control: "
    '("letters, block2", "pixels")',
    praise="The same layers, the same cut, the same pixels, the same labelled sounds "
    "and the same head. Only the training on other sounds is missing.",
    hint="Change one thing only: what the layers have learnt. Everything else must be "
    "the same.",
    ask="Copy two rows of the table. What is equal in both, and what is the one thing "
    "that differs?",
    kind=Several(
        Word(),
        Word(),
        wanted='two names of rows, such as ("letters, block2", "pixels")',
    ),
    place="A source that shares more",
)
Views = Mapping[str, Mapping[str, object]]  # way -> labels per kind -> accuracies


@control.right
def untrained_twin(pair, views: Views):
    if not all(row in views for row in pair):
        return False
    taught, untaught = (row.split(", ") for row in pair)
    same_cut = taught[-1] == untaught[-1]
    return same_cut and taught[0] == "other sounds" and untaught[0] == "random-255"


@control.mistake
def rows_of_no_table(pair, views: Views):
    """One of your rows is not in the table. Copy the names from it, with the cut."""
    return not all(row in views for row in pair)


@control.mistake
def one_row_twice(pair, views: Views):
    """You named one row twice. A control is another row."""
    return pair[0] == pair[1]


@control.mistake
def the_other_way_round(pair, views: Views):
    """Two good rows. But what is asked for comes first: the one that has learnt."""
    return not pair[0].startswith("other sounds") and pair[1].startswith("other sounds")


@control.mistake
def another_question(pair, views: Views):
    """The question is about what was learnt from other sounds: that network is not
    among your rows.
    """
    return not pair[0].startswith("other sounds")


@control.mistake
def nothing_but_cuts(pair, views: Views):
    """This compares two cuts of one network. Both have learnt from other sounds."""
    return pair[1].startswith("other sounds")


@control.mistake
def against_pixels(pair, views: Views):
    """The pixels went through no layers. A gain could come from the layers as such, as
    it did for letters.
    """
    return pair[1] == "pixels"


@control.mistake
def against_scratch(pair, views: Views):
    """From scratch, the layers are trained and the head is another one. That tells
    which way is better, and not what the training on other sounds has added.
    """
    return pair[1] == "from scratch"


@control.mistake
def against_letters(pair, views: Views):
    """Both have learnt something: this compares two sources."""
    return pair[1].startswith("letters")


@control.mistake
def another_cut(pair, views: Views):
    """Two things differ: what was learnt, and the cut."""
    return pair[0].split(", ")[-1] != pair[1].split(", ")[-1]


@control.mistake
def another_shape(pair, views: Views):
    """Untrained, at the same cut. But these layers are not the ones that the training
    began with: compare the shape, and how the pixels are prepared.
    """
    return pair[1].startswith("random")


EXERCISES = by_name((method, leak, control))
