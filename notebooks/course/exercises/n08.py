"""Exercises of notebook 08, When does transfer help?"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from tlkit.evaluate import Interval, over_seeds, paired_difference

from ..checks import Exercise
from ..kinds import Anything, Array, Function, Made, Number, Parts, Several, Word, Words
from . import by_name

curve = Exercise(
    "08 curve",
    expects="two things: how many times fewer labels, a number; and the lead, an "
    "interval from tk.evaluate.over_seeds",
    praise=lambda answer, accuracy: (
        f"Transfer needs {answer[0]:g} times fewer labels there, and leads by "
        f"{answer[1]}. At the next point the mean from scratch is lower, too, but "
        "three draws do not show it. What is not shown is no result, in either "
        "direction."
    ),
    hint="Take the draws of both points, subtract draw by draw, and look whether the "
    "interval contains 0. Begin on the left and go on while it does not.",
    ask="The two parts do not belong to the last point at which the lead is shown. Of "
    "which two points of the figure do you speak?",
    kind=Several(
        Number(),
        Made("mean", "low", "high", wanted="an interval from tk.evaluate.over_seeds"),
        wanted="two things in parentheses: times, and the lead",
    ),
    place="How many labels?",
)
Draws = Mapping[str, Mapping[str, Sequence[float]]]  # way -> labels per class -> draws


def _fewest(accuracy: Draws) -> int:
    """Labels per class where the line of the probe begins."""
    return min(map(int, accuracy["probe"]))


def _leads(accuracy: Draws) -> dict[int, Interval]:
    """Labels from scratch -> how far the probe's left end lies above them."""
    left_end = accuracy["probe"][str(_fewest(accuracy))]
    leads = {
        int(labels): over_seeds(np.subtract(left_end, draws))
        for labels, draws in accuracy["scratch"].items()
    }
    return dict(sorted(leads.items()))


def _last_shown(accuracy: Draws) -> int:
    """Most labels from scratch up to which the lead is shown without a gap."""
    last = 0
    for labels, lead in _leads(accuracy).items():
        if lead.low <= 0:
            break
        last = labels
    return last


def _is_lead(answer, lead: Interval) -> bool:
    """Whether the second part is this interval."""
    mine = (answer[1].mean, answer[1].low, answer[1].high)
    return bool(np.allclose(mine, (lead.mean, lead.low, lead.high), atol=0.002))


@curve.right
def shown_by_the_draws(answer, accuracy: Draws):
    last = _last_shown(accuracy)
    quotient = abs(answer[0] - last / _fewest(accuracy)) < 0.5
    return quotient and _is_lead(answer, _leads(accuracy)[last])


@curve.mistake
def upside_down(answer, accuracy: Draws):
    """A number below 1 would mean more labels, not fewer. Which number goes on top?"""
    return 0 < answer[0] < 1


@curve.mistake
def wrong_sign(answer, accuracy: Draws):
    """Your lead is negative. Which of the two points is higher, and which one is
    subtracted from which?
    """
    return any(
        _is_lead(answer, Interval(-lead.mean, -lead.high, -lead.low))
        for lead in _leads(accuracy).values()
    )


@curve.mistake
def lead_of_nothing(answer, accuracy: Draws):
    """That interval belongs to no pair of points with the left end of the probe's line
    in it. Which draws did you subtract from which?
    """
    return not any(_is_lead(answer, lead) for lead in _leads(accuracy).values())


@curve.mistake
def a_mean_is_lower(answer, accuracy: Draws):
    """Look at your interval: does it contain 0? A lower mean of three draws may be
    luck.
    """
    return answer[1].low <= 0


@curve.mistake
def not_the_last(answer, accuracy: Draws):
    """This lead is shown. Is it the last one, from left to right, that is?"""
    last = _last_shown(accuracy)
    return any(
        _is_lead(answer, lead)
        for labels, lead in _leads(accuracy).items()
        if labels < last
    )


@curve.mistake
def another_quotient(answer, accuracy: Draws):
    """How many labels per class belong to each of the two points? "Times" asks for a
    quotient of the two.
    """
    return _is_lead(answer, _leads(accuracy)[_last_shown(accuracy)])


neighbours = Exercise(
    "08 neighbours",
    expects="a function of numbers (n, d) and k that returns places (n, k)",
    praise="The first place in each row is the picture itself, and you have left it "
    "out.",
    hint="np.argsort(distances, axis=1) has each row's order. Which columns of it are "
    "the k nearest others?",
    ask="These are places of other pictures than the nearest. Take the first picture: "
    "print its distances, and the places that you return for it.",
    kind=Function(
        "numbers, k",
        gives=Array("an array (n, k)", lambda numbers, k: (len(numbers), k)),
    ),
    place="Scores before training",
)
NUMBERS = np.random.default_rng(8).normal(size=(30, 4)) * (4, 2, 1, 1)
DISTANCES = ((NUMBERS[:, None] - NUMBERS[None]) ** 2).sum(axis=-1)  # (30, 30)
K = 3


def _takes(function, columns: slice, distances: np.ndarray = DISTANCES) -> bool:
    """Whether a learner's function gives these columns of the order, in any order."""
    wanted = np.argsort(distances, axis=1)[:, columns]
    got = np.asarray(function(NUMBERS.copy(), K))
    return got.shape == wanted.shape and bool(
        np.array_equal(np.sort(got, axis=1), np.sort(wanted, axis=1))
    )


def _shape(function) -> tuple[int, ...]:
    return np.shape(function(NUMBERS.copy(), K))


@neighbours.right
def nearest_others(function):
    if not _takes(function, slice(1, K + 1)):
        return False
    others = NUMBERS[:12, ::-1].copy()  # fewer pictures, and more neighbours
    distances = ((others[:, None] - others[None]) ** 2).sum(axis=-1)
    wanted = np.argsort(distances, axis=1)[:, 1:6]
    got = np.asarray(function(others, 5))
    same = got.shape == wanted.shape and np.sort(got) == np.sort(wanted)
    return bool(np.all(same))


@neighbours.mistake
def distances_instead_of_places(function):
    """These are distances. Asked for are the *places* of the pictures: whole numbers
    that say which rows they are.
    """
    got = np.asarray(function(NUMBERS.copy(), K), float)
    return bool((got % 1 != 0).any())


@neighbours.mistake
def places_of_one_picture(function):
    """One row for all: these are the neighbours of one picture. Each picture has its
    own.
    """
    return _shape(function) == (K,)


@neighbours.mistake
def one_too_many(function):
    """One column too many: k neighbours are asked for."""
    return _shape(function) == (30, K + 1)


@neighbours.mistake
def itself_too(function):
    """Each picture is among its own neighbours. It would vote for itself, with the
    label that it should guess.
    """
    return _takes(function, slice(0, K))


@neighbours.mistake
def farthest(function):
    """These are the farthest pictures: argsort puts the smallest value first."""
    return _takes(function, slice(0, K), -DISTANCES)


@neighbours.mistake
def all_of_them(function):
    """These are all pictures, sorted. How many of them are asked for?"""
    return _shape(function) == (30, 30)


@neighbours.mistake
def one_too_few(function):
    """One too few: count the columns of your slice, from its first to its last."""
    return _shape(function) == (30, K - 1)


@neighbours.mistake
def rows_instead_of_columns(function):
    """You have sliced the rows. Each picture is a row; its neighbours lie along the
    second axis.
    """
    return _shape(function) == (K, 30)


logme = Exercise(
    "08 logme",
    expects="a function of seen, labels and train that returns the names of the cuts, "
    "best first",
    praise="Best first, by the evidence, and without a look at the test pictures.",
    hint="tk.forecast.logme(numbers, labels) gives one number for a cut. Which rows "
    "may it see, and which cut comes first?",
    ask="All that comes back is not the order by LogME. What have you sorted, and by "
    "which number of each?",
    kind=Function("seen, labels, train", gives=Anything()),
    place="Scores before training",
)
Seen = Mapping[str, np.ndarray]  # cut -> numbers (n, d)
TRAINED_ON = 40  # rows of a problem that are for training; 80 are for the test


def _problem(seed: int, told: float, **cuts: str) -> tuple[Seen, np.ndarray]:
    """Numbers at three cuts and labels (120,) that keep the ways to rank apart.

    Args:
        seed: of the numbers, and of the scale of each cut, which says nothing.
        told: how clearly the number at `loud` tells the classes apart. With 1, `plain`
            is the best cut.
        **cuts: the name of each cut, in the order of the dict. At `loud` one number
            tells the classes apart, between others that are larger and say nothing:
            distances do not see it. At `plain` all numbers tell a little. At `empty`
            the training pictures have noise alone, as many numbers as there are
            pictures, so a fitted head explains them; the numbers of the test pictures
            give their labels away.
    """
    rng = np.random.default_rng(seed)
    n = 3 * TRAINED_ON
    labels = rng.permutation(np.arange(n) % 2)
    side = 2.0 * labels[:, None] - 1
    test = np.arange(n)[:, None] >= TRAINED_ON
    tells, louder = side + rng.normal(size=(n, 1)) / told, rng.normal(size=(n, 6))
    numbers = {
        "plain": 0.7 * side + rng.normal(size=(n, 3)),
        "empty": rng.normal(size=(n, TRAINED_ON)) + 30 * side * test,
        "loud": np.insert(9 * louder, seed % 7, tells[:, 0], axis=1),
    }
    scales = rng.permutation([0.1, 1, 10])
    return {
        name: scale * numbers[kind]
        for scale, (kind, name) in zip(scales, cuts.items(), strict=True)
    }, labels


PROBLEMS = (
    _problem(1, 3.3, plain="block1", loud="block3", empty="block5"),
    _problem(2, 3.3, loud="block4", empty="image", plain="block5"),
    _problem(3, 0.6, empty="block2", plain="block1", loud="image"),
    _problem(4, 0.6, plain="block5", empty="block4", loud="block1"),
)


@lru_cache  # each answer is compared with the same few
def _orders(score: Callable[[np.ndarray, np.ndarray], float]) -> list[list[str]]:
    """The cuts of each problem, best first, by a score of the training rows."""
    return [_order(seen, labels, score, TRAINED_ON) for seen, labels in PROBLEMS]


@lru_cache
def _of_all_rows() -> list[list[str]]:
    """The cuts of each problem, best first, by the evidence of all rows."""
    return [_order(seen, labels, _evidence, len(labels)) for seen, labels in PROBLEMS]


def _order(seen: Seen, labels: np.ndarray, score, rows: int) -> list[str]:
    def by_score(cut: str) -> float:
        return score(seen[cut][:rows], labels[:rows])

    return sorted(seen, key=by_score, reverse=True)


def _evidence(numbers: np.ndarray, labels: np.ndarray) -> float:
    from tlkit.forecast import logme  # this imports Keras

    return logme(numbers, labels)


def _neighbours(numbers: np.ndarray, labels: np.ndarray) -> float:
    from tlkit.forecast import nearest

    return nearest(numbers, labels)


def _fitted(numbers: np.ndarray, labels: np.ndarray) -> float:
    """How much of the labels a fitted head explains on its own pictures."""
    z, y = numbers - numbers.mean(axis=0), labels - labels.mean()
    weights = np.linalg.lstsq(z, y, rcond=None)[0]
    return 1 - float(((y - z @ weights) ** 2).sum() / (y**2).sum())


def _given(function) -> list:
    """What a learner's function returns for each problem."""
    found = []
    for seen, labels in PROBLEMS:
        own = {cut: numbers.copy() for cut, numbers in seen.items()}
        returned = function(own, labels.copy(), TRAINED_ON)
        if isinstance(returned, np.ndarray):
            returned = returned.tolist()
        found.append(list(returned) if isinstance(returned, tuple) else returned)
    return found


@logme.right
def by_evidence(function):
    return _given(function) == _orders(_evidence)


@logme.mistake
def one_name(function):
    """That is one cut. Asked for are all of them, in order."""
    return all(isinstance(found, str) for found in _given(function))


@logme.mistake
def some_are_missing(function):
    """Names of cuts, but not every cut once. All of them are to be put in order."""
    return any(
        isinstance(found, list)
        and all(isinstance(name, str) for name in found)
        and sorted(found) != sorted(seen)
        for found, (seen, _) in zip(_given(function), PROBLEMS, strict=True)
    )


@logme.mistake
def in_the_order_of_the_dict(function):
    """This is the order in which the cuts stand in `seen`. Nothing has been sorted by a
    score.
    """
    return _given(function) == [list(seen) for seen, _ in PROBLEMS]


@logme.mistake
def scores_alone(function):
    """These are scores. Asked for are the names of the cuts, in the order of their
    scores.
    """
    return any(
        isinstance(found, dict)
        or (isinstance(found, list) and not all(isinstance(x, str) for x in found))
        for found in _given(function)
    )


@logme.mistake
def worst_first(function):
    """What does a higher score mean? And where does `sorted` put the highest one?"""
    return _given(function) == [order[::-1] for order in _orders(_evidence)]


@logme.mistake
def test_pictures_too(function):
    """Your order depends on pictures that are kept for the test. What is the test worth
    after that?
    """
    everything = _of_all_rows()
    return _given(function) in (everything, [order[::-1] for order in everything])


@logme.mistake
def by_neighbours(function):
    """This is the order of the neighbours. A distance counts large numbers most. Is a
    large number always one that says something?
    """
    return _given(function) == _orders(_neighbours)


@logme.mistake
def by_fit(function):
    """This is the order of heads that were fitted, judged by their own training
    pictures. What can a head with many numbers do with any labels?
    """
    return _given(function) == _orders(_fitted)


decide = Exercise(
    "08 decide",
    expects='a dict: each target "deep", "middle" or "early", "baselines" a list of '
    'names, and "chosen on" one name',
    praise="And the check is a fair one: there is something to gain on, and the test "
    "pictures were not used in the choice.",
    hint="Ask of each target what the reader of letters did with it: needed, noticed "
    "on the way, or ignored. Of the check: what would you have without the source?",
    ask="Something in the decision does not hold. Which part of it are you least sure "
    "of?",
    kind=Parts(
        {
            **dict.fromkeys(
                ("letter or digit", "left or right", "bright ground"),
                Word("deep", "middle", "early"),
            ),
            "baselines": Words("chance", "pixels", "random layers", "last features"),
            "chosen on": Word("training pictures", "test pictures", "both"),
        }
    ),
    place="The same pictures, the wrong question",
)
Measure = Callable[[str], Mapping[str, np.ndarray]]  # target -> cut -> right, bool (n,)
TARGETS = ("letter or digit", "left or right", "bright ground")
BASELINES_NEEDED = {"pixels", "random layers"}
PLACES = {"deep": "block5", "middle": "block3", "early": "image"}


def _baselines(decision) -> set[str]:
    """The baselines that were named."""
    named = decision["baselines"]
    return {named} if isinstance(named, str) else set(named)


def _is_good(place: str, found: Mapping[str, np.ndarray]) -> bool:
    """Whether a place is not shown to be worse than the best of the three."""
    best = max(PLACES.values(), key=lambda cut: found[cut].mean())
    mine = PLACES[place]
    return mine == best or paired_difference(found[best], found[mine]).low <= 0


@decide.right
def good_cuts_and_a_fair_check(decision, measure: Measure):
    return (
        _baselines(decision) >= BASELINES_NEEDED
        and "last features" not in _baselines(decision)
        and decision["chosen on"] == "training pictures"
        and all(_is_good(decision[target], measure(target)) for target in TARGETS)
    )


@decide.mistake
def chosen_on_test(decision, measure: Measure):
    """The test pictures also say how good the chosen cut is. What happens to that
    number if the same pictures have chosen it?
    """
    return decision["chosen on"] != "training pictures"


@decide.mistake
def source_in_the_baseline(decision, measure: Measure):
    """One of your baselines has the source in it. What is then the gain of the
    source?
    """
    return "last features" in _baselines(decision)


@decide.mistake
def against_chance(decision, measure: Measure):
    """Think of the scrambled digits: the accuracy was above chance. Would your
    baselines have noticed that the source did harm?
    """
    return _baselines(decision) <= {"chance"}


@decide.mistake
def one_baseline(decision, measure: Measure):
    """There are two things to notice: whether any layers help, and whether it was their
    training that helped. Does your list notice both?
    """
    return bool(BASELINES_NEEDED - _baselines(decision))


@decide.mistake
def one_place_for_all(decision, measure: Measure):
    """You chose the same place for all three targets. Did all questions of this
    notebook have their best cut at one place?
    """
    return len({decision[name] for name in TARGETS}) == 1


@decide.mistake
def a_place_that_loses(decision, measure: Measure):
    """The design is sound, but a better place is shown for one of the targets, or for
    more. Ask of each: did the reader of letters need this, and where on its way to the
    letter?
    """
    return True


EXERCISES = by_name((curve, neighbours, logme, decide))
