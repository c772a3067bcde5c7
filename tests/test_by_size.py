"""The figure of larger pictures shows each recipe, each draw and each price."""

import matplotlib

matplotlib.use("Agg")
from tlkit_course.figures.by_size import by_size


def row(recipe, size, mean, **costs):
    accuracy = [mean, mean - 0.03, mean + 0.03]
    draws = [mean - 0.01, mean, mean + 0.01]
    found = {"recipe": recipe, "size": size, "accuracy": accuracy, "draws": draws}
    return found | costs


ROWS = [
    row("probe", 48, 0.55),
    row("fine_tune", 32, 0.61),
    row("probe", 32, 0.54),
    row("fine_tune", 48, 0.66),
]


def test_each_recipe_is_a_line_over_the_sizes_in_their_order_with_all_draws():
    (ax,) = by_size(ROWS).axes
    lines = [line for line in ax.lines if line.get_label() != "_draws"]
    assert [list(line.get_xdata()) for line in lines] == [[32, 48], [32, 48]]
    found = {tuple(line.get_ydata()) for line in lines}
    assert found == {(0.54, 0.55), (0.61, 0.66)}
    draws = [line for line in ax.lines if line.get_label() == "_draws"]
    assert len(draws) == 4 and all(len(line.get_ydata()) == 3 for line in draws)
    named = {text.get_text() for text in ax.texts}
    assert named == {"linear probe", "fine-tune"}
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [
        "32\n1 ×",
        "48\n2.25 ×",
    ]
    assert "bars: 95 %, 3 draws" in ax.get_xlabel()
    low, high = ax.get_ylim()
    assert low <= 0.51 and high >= 0.69


def test_seconds_and_memory_are_shown_where_all_rows_have_them():
    timed = [one | {"seconds": one["size"], "peak_mb": 900} for one in ROWS]
    _, seconds, memory = by_size(timed).axes
    assert {tuple(line.get_ydata()) for line in seconds.lines} == {(32, 48)}
    assert {tuple(line.get_ydata()) for line in memory.lines} == {(900, 900)}
    assert len(by_size([*timed[:3], ROWS[3]]).axes) == 1


def test_its_words_name_each_accuracy_with_its_interval():
    said = by_size(ROWS).get_label()
    assert "linear probe: 32 × 32 0.540 [0.510, 0.570], 48 × 48 0.550" in said
    assert said.count("×") == 4
