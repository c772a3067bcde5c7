"""A run leaves a whole folder or none, says what was found and no more, and its page is
one safe file.
"""

import base64
import json
import zipfile
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest

matplotlib.use("Agg")
from fake_runs import FakeModel, FakeTask, fake_degrees, fake_run, fake_runs
from PIL import Image

from tlkit import evaluate, plots, saved
from tlkit.commands import pictures, report, wording
from tlkit.machine import processor
from tlkit.recipes import RECIPES

COMMAND = "python -m tlkit run"


class Page(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def written(runs, out, pair="embedded", command=COMMAND, **extra):
    folder = report.write_result(runs, out, pair, command, **extra)
    return folder, json.loads((folder / "result.json").read_text("utf-8"))


def test_what_did_nothing_is_not_among_the_settings():
    free = wording.settings({"cut": "image", "batch": 32, "pull": 0.0})
    assert free == "Every layer trained, 32 pictures in a step."
    held = wording.settings({"cut": "image", "batch": 32, "pull": 0.01})
    assert held.endswith("weights held to where they began (weight 0.01).")


def test_the_folder_holds_everything_that_was_promised(tmp_path):
    folder, said = written(fake_runs(), tmp_path, extra_entry=1)
    names = {
        "result.json",
        "decision.png",
        "compare.png",
        "curves.png",
        "confusion.png",
        "predictions.png",
        "model.keras",
        "report.html",
    }
    assert {path.name for path in folder.iterdir()} == names
    for path in folder.glob("*.png"):
        with Image.open(path) as picture:
            assert picture.info["Description"]
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]
    promised = {
        "pair",
        "task",
        "backbone",
        "versions",
        "seeds",
        "hashes",
        "recipes",
        "command",
        "machine",
    }
    assert promised <= set(said) and said["extra_entry"] == 1


def test_result_json_holds_the_scores_of_the_runs(tmp_path):
    runs = fake_runs()
    _, said = written(runs, tmp_path)
    probe = said["recipes"]["probe"]
    expected = evaluate.crossed(np.stack([run.correct() for run in runs["probe"]]))
    assert evaluate.Interval(**probe["accuracy"]) == expected
    gain = evaluate.paired_difference(
        *(
            np.stack([run.correct() for run in runs[name]])
            for name in ("probe", "scratch")
        )
    )
    assert evaluate.Interval(**probe["paired_vs_scratch"]) == gain
    assert (probe["seconds"], probe["trained_parameters"], probe["peak_memory_mb"]) == (
        12.5,
        5130,
        1234.5,
    )
    assert [run["seed"] for run in probe["runs"]] == said["seeds"] == [0, 1, 2]
    assert "paired_vs_scratch" not in said["recipes"]["scratch"]
    assert said["hashes"] == {
        "task": {str(n): f"{n:064x}" for n in range(3)},
        "weights": "ab" * 32,
    }
    assert (
        said["backbone"]["name"] == "letters"
    )  # and not the random one that scratch starts from
    assert said["versions"]["numpy"] == np.__version__


def test_one_seed_gets_wilsons_interval(tmp_path):
    runs = fake_runs(seeds=1)
    _, said = written(runs, tmp_path)
    assert evaluate.Interval(**said["recipes"]["probe"]["accuracy"]) == evaluate.wilson(
        runs["probe"][0].correct()
    )


def test_a_number_is_reported_by_its_error(tmp_path):
    folder, said = written(fake_degrees(), tmp_path)
    assert "accuracy" not in said["recipes"]["probe"]
    assert (
        said["recipes"]["probe"]["mean_absolute_error"]["mean"]
        < said["recipes"]["scratch"]["mean_absolute_error"]["mean"]
    )
    assert said["recipes"]["probe"]["paired_vs_scratch"]["high"] < 0
    assert (folder / "scatter.png").exists() and not (folder / "confusion.png").exists()
    assert ": a gain of" in report.finding(fake_degrees())


def test_nothing_about_the_user_or_the_host_is_written(tmp_path):
    folder, said = written(
        fake_runs(), tmp_path, command=f"{COMMAND} --out {Path.home()}/runs"
    )
    assert said["command"] == f"{COMMAND} --out ~/runs"
    machine = {"cores", "processor", "instructions", "platform"}
    assert set(said["machine"]) == machine
    assert f"{Path.home()}/runs" not in (folder / "report.html").read_text("utf-8")


class FailingModel(FakeModel):
    def save(self, path):
        raise KeyboardInterrupt


def test_an_interrupted_write_leaves_nothing(tmp_path):
    runs = fake_runs(seeds=1)
    for some in runs.values():
        some[0].model = FailingModel()
    with pytest.raises(KeyboardInterrupt):
        report.write_result(runs, tmp_path, "embedded", COMMAND)
    assert list(tmp_path.iterdir()) == []


def test_a_second_run_in_the_same_second_gets_its_own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("time.strftime", lambda _: "now")
    folders = [
        written(fake_runs(("probe",), seeds=1), tmp_path / "deep")[0].name
        for _ in range(3)
    ]
    assert folders == ["now", "now-2", "now-3"]


def test_an_unknown_pair_is_refused(tmp_path):
    with pytest.raises(
        ValueError,
        match="a pair from embedded, real, custom, got 1 recipes and 'fake'",
    ):
        report.write_result(fake_runs(("probe",)), tmp_path, "fake", COMMAND)


def test_the_best_recipe_is_chosen_on_validation_and_never_on_test(tmp_path):
    task = FakeTask()
    good, lucky = fake_run("probe", task, 0.9), fake_run("lp_ft", task, 0.5)
    good.outputs["test"], lucky.outputs["test"] = (
        lucky.outputs["test"],
        good.outputs["test"],
    )
    assert report.best({"probe": [good], "lp_ft": [lucky]}) == "probe"
    errors = {
        name: [fake_run(name, FakeTask(classes=()))] for name in ("scratch", "probe")
    }
    assert report.best(errors) == "probe"  # the smaller error


def test_the_finding_is_a_gain_only_where_the_interval_excludes_zero():
    runs = fake_runs()
    found = report.finding(runs)
    label = RECIPES["lp_ft"].label
    start = f"With 20 labels per class, {label} reaches an accuracy of 0.850 "
    assert found.startswith(start) and " a gain of 0." in found
    task = FakeTask()
    same = {
        "scratch": [fake_run("scratch", task, 0.5)],
        "probe": [fake_run("probe", task, 0.52)],
    }
    assert report.finding(same).endswith("may be chance.")
    worse = {
        "scratch": [fake_run("scratch", task, 0.9)],
        "probe": [fake_run("probe", task, 0.9)],
    }
    worse["probe"][0].outputs["test"] = fake_run("probe", task, 0.3).outputs["test"]
    worse["scratch"][0].outputs["validation"] = fake_run("scratch", task, 0.2).outputs[
        "validation"
    ]
    assert ": a loss of 0.6" in report.finding(worse)
    assert report.finding({"probe": same["probe"]}).endswith("guessing gives 0.100.")


def test_only_runs_of_the_same_seed_are_compared():
    runs = fake_runs()
    runs["scratch"] = runs["scratch"][:2]
    expected = evaluate.paired_difference(
        *(
            np.stack([r.correct() for r in runs[name][:2]])
            for name in ("probe", "scratch")
        )
    )
    assert report.against_scratch(runs, "probe") == expected
    assert report.against_scratch({"probe": runs["probe"]}, "probe") is None


def test_the_page_is_one_file_with_text_for_every_picture(tmp_path):
    folder, said = written(fake_runs(), tmp_path)
    html = (folder / "report.html").read_text("utf-8")
    page = Page(html)
    pictures = [attributes for tag, attributes in page.tags if tag == "img"]
    assert all(picture["alt"].strip() for picture in pictures)
    sources = [picture["src"].split(",") for picture in pictures]
    assert {kind for kind, _ in sources} == {"data:image/png;base64"}
    inside = [base64.b64decode(data) for _, data in sources]
    figures = list(folder.glob("*.png"))
    assert len(figures) == 5
    assert all(file.read_bytes() in inside for file in figures)
    assert inside[0] == (folder / "decision.png").read_bytes(), "the decision first"
    assert "http" not in html and not {"script", "link", "iframe"} & {
        tag for tag, _ in page.tags
    }
    for text in (
        said["finding"],
        COMMAND,
        "0.850",
        "is not ImageNet",
        "Intervals come from 3 seeds and from the test images together.",
        "120 test",
    ):
        assert text in page.text


def test_the_page_has_each_recipes_label_sentence_and_notes(tmp_path):
    runs = fake_runs()
    runs["lp_ft"][1].notes = ("stopped by you after 3 of 12 epochs",)
    folder, said = written(runs, tmp_path)
    text = " ".join(Page((folder / "report.html").read_text("utf-8")).text.split())
    for name in runs:
        assert f"{RECIPES[name].label} {RECIPES[name].sentence}" in text
    assert "Seed 1: stopped by you after 3 of 12 epochs" in text
    notes = [run["notes"] for run in said["recipes"]["lp_ft"]["runs"]]
    assert notes == [[], ["stopped by you after 3 of 12 epochs"], []]
    assert f"cores, {processor.in_words()}" in text
    assert "VGG16's layers, 0.25 of its width, images at 32 × 32" in text


def test_the_page_opens_with_the_decision_and_folds_the_details(tmp_path):
    folder, said = written(fake_runs(), tmp_path)
    html = (folder / "report.html").read_text("utf-8")
    opened, *folded = html.split("<details>")
    made = said["decision"]
    text = " ".join(Page(opened).text.split())
    places = [
        text.index(words)
        for words in (
            said["date"],
            "had learnt from drawn letters was taught the task “digits”",
            made["sentence"],
            made["cost"],
            made["next_steps"][0].split("`")[0],
            "All recipes",
            "Where it goes wrong",
            'keras.saving.load_model("model.keras", compile=False)',
        )
    ]
    assert places == sorted(places)
    assert "python -m tlkit predict . PICTURES" in opened
    assert "seconds of one training on" in text and "whole program" in text
    assert len(folded) == 4 and "Class by class" not in opened
    assert all("</details>" in part for part in folded)


def test_settings_are_told_in_words_and_none_is_lost(tmp_path):
    runs = fake_runs(("probe",), seeds=1)
    runs["probe"][0].settings = {
        "cut": "block4",
        "rate": np.float32(0.003),
        "schedule": True,
        "shrink": 0.5,
        "batch": 32,
        "epochs": 7,
        "keep_best": True,
        "patience": 20,
        "mirror": False,
        "precision": "bfloat16",
        "rank": 4,
    }
    folder, _ = written(runs, tmp_path)
    text = " ".join(Page((folder / "report.html").read_text("utf-8")).text.split())
    assert (
        "Layers up to block4 frozen, all above it trained, 7 epochs, the epoch that "
        "was best on validation kept, stopped after 20 epochs without a better one, "
        "step size 0.003 (rising over the first tenth, then falling to 0), 0.5 times "
        "as large from each block to the one below it, 32 pictures in a step, no "
        "mirroring, computed in bfloat16, rank 4." in text
    )
    assert "{'" not in text


def test_the_saved_model_is_that_of_the_recipe_that_is_taken(tmp_path):
    runs = fake_runs(seeds=1)
    twin = fake_runs(seeds=1)["lp_ft"]
    twin[0].seconds = 1.0
    runs["probe"] = twin  # the same answers for less time
    twin[0].recipe = "probe"
    ahead = fake_run("lp_ft", twin[0].task, 1.0)
    runs["lp_ft"][0].outputs["validation"] = ahead.outputs["validation"]

    class Marked(FakeModel):
        def save(self, path):
            with zipfile.ZipFile(path, "w") as file:
                file.writestr("config.json", "cheaper")

    twin[0].model = Marked()
    folder, said = written(runs, tmp_path)
    assert said["decision"]["take"] == "probe"
    assert said["best_by_validation"] == "lp_ft"
    assert said["finding"].startswith("With 20 labels per class, linear probe ")
    with zipfile.ZipFile(folder / "model.keras") as file:
        assert file.read("config.json") == b"cheaper"


def test_the_most_frequent_mistakes_are_shown_with_both_names(tmp_path):
    runs = fake_runs(("probe",), seeds=1)
    (run,) = runs["probe"]
    said = run.task.test.labels.copy()
    said[np.flatnonzero(said == 3)[:5]] = 8
    said[np.flatnonzero(said == 1)[:2]] = 7
    run.outputs["test"] = np.eye(10, dtype="float32")[said]
    first, second = pictures.mistakes(run)
    assert (first["true"], first["said"], first["count"], first["of"]) == (
        "3",
        "8",
        5,
        12,
    )
    assert (second["true"], second["said"], second["count"]) == ("1", "7", 2)
    assert len(first["pictures"]) == 4 and len(second["pictures"]) == 2
    shown = first["pictures"][0]["src"].split(",")[1]
    row = np.flatnonzero(run.task.test.labels == 3)[0]
    with Image.open(BytesIO(base64.b64decode(shown))) as picture:
        assert (np.asarray(picture) == run.task.test.images[row]).all()
    folder, _ = written(runs, tmp_path)
    text = " ".join(Page((folder / "report.html").read_text("utf-8")).text.split())
    assert "3, taken for 8: 5 of its 12 test pictures." in text


def test_the_largest_errors_of_a_number_are_shown(tmp_path):
    runs = fake_degrees(seeds=1)
    (run,) = runs["probe"]
    run.outputs["test"][7] = run.task.test.labels[7] + 500
    first = pictures.largest_errors(run)[0]
    assert first["name"] == "test picture 7"
    assert float(first["said"]) - float(first["true"]) == pytest.approx(500, abs=1)
    folder, _ = written(runs, tmp_path)
    assert "furthest off" in (folder / "report.html").read_text("utf-8")


def test_learning_curves_end_the_mean_with_the_first_draw_and_mark_the_kept_epoch():
    runs = fake_runs(("probe",), seeds=2)
    one, two = runs["probe"]
    one.history = {"val_accuracy": [0.2, 0.8, 0.8], "val_loss": [2.0, 0.5, 0.4]}
    two.history = {"val_accuracy": [0.4, 0.6], "val_loss": [1.0, 0.9]}
    (ax,) = pictures.learning_curves(runs).axes
    curves = {len(line.get_ydata()): line for line in ax.lines if line.get_lw() > 2}
    np.testing.assert_allclose(curves[2].get_ydata(), [0.3, 0.7])
    kept = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert kept == [[[3.0, 0.8]], [[2.0, 0.6]]]  # by accuracy, then by loss
    two.settings["keep_best"] = False
    two.history["val_accuracy"] = [0.6, 0.4]
    (ax,) = pictures.learning_curves(runs).axes
    kept = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert kept[1] == [[2.0, 0.4]]
    matplotlib.pyplot.close("all")


def test_another_architecture_is_not_called_vgg16(tmp_path):
    runs = fake_runs(("probe",), seeds=1)
    runs["probe"][0].backbone.architecture = "efficientnet"
    folder, _ = written(runs, tmp_path)
    assert "VGG16's layers" not in (folder / "report.html").read_text("utf-8")


def test_names_from_outside_are_escaped(tmp_path):
    evil = "<script>alert(1)</script>"
    runs = fake_runs(
        ("probe",), seeds=1, classes=(evil, "b$\\frac$"), notes=(evil,), name=evil
    )
    html = (written(runs, tmp_path, command=evil)[0] / "report.html").read_text("utf-8")
    assert "<script" not in html and html.count("&lt;script&gt;") >= 4


def test_the_table_lines_up_and_says_each_number():
    runs = fake_runs()
    head, *lines, guessing = report.table(runs).splitlines()
    assert guessing == "chance: 0.100"
    assert (
        head.split("  ")[0] == "recipe" and "accuracy" in head and "peak memory" in head
    )
    assert len({len(line) for line in (head, *lines)}) == 1
    assert [line.split()[0] for line in lines] == list(runs)
    assert (
        str(plots.score(runs["lp_ft"])) in lines[2]
        and "5,130" in lines[2]
        and "1,234 MB" in lines[2]
    )


def test_where_one_class_is_frequent_balanced_accuracy_stands_beside():
    runs = fake_runs(("probe",), seeds=1)
    (run,) = runs["probe"]
    run.task.test.labels = np.repeat([0, 1], [110, 10])
    run.outputs["test"] = np.eye(10)[np.zeros(120, int)]
    *_, guessing, balanced = report.table(runs).splitlines()
    assert guessing == "always the commonest class: 0.917"
    assert balanced.endswith("(chance 0.100): probe 0.500")


class KerasModel:
    """A tiny real model: the mean of red and of green as two logits."""

    def __init__(self, outputs):
        from tlkit.machine.quiet import keras

        inputs = keras.Input((8, 8, 3))
        kernel = (
            np.eye(3, outputs)[None, None].reshape(3, outputs)
            if outputs > 1
            else np.float32([[1], [0], [0]])
        )
        x = keras.layers.GlobalAveragePooling2D()(inputs)
        self.model = keras.Model(inputs, keras.layers.Dense(outputs, name="logits")(x))
        self.model.get_layer("logits").set_weights([kernel, np.zeros(outputs)])

    def save(self, path):
        self.model.save(path)


@pytest.fixture
def red(tmp_path):
    path = tmp_path / "red.png"
    Image.new("RGB", (20, 30), (200, 100, 0)).save(path)
    return path


def test_a_saved_model_labels_pictures_by_their_classes_names(tmp_path, red):
    runs = fake_runs(("probe",), seeds=1, classes=("red", "green"))
    runs["probe"][0].model = KerasModel(2)
    folder, _ = written(runs, tmp_path / "runs")
    ((path, ranked),) = saved.predict(folder, [red])
    assert path == red and [name for name, _ in ranked] == ["red", "green"]
    assert sum(share for _, share in ranked) == pytest.approx(1)
    moved = (folder / "model.keras").rename(tmp_path / "moved.keras")
    assert next(saved.predict(moved, [red]))[1] == ranked


def test_a_saved_model_of_a_number_says_the_number(tmp_path, red):
    runs = fake_degrees(seeds=1)
    for some in runs.values():
        some[0].model = KerasModel(1)
    folder, _ = written(runs, tmp_path / "runs")
    assert next(saved.predict(folder, [red]))[1] == [("degrees", pytest.approx(200))]


def test_what_is_no_model_or_no_picture_is_named(tmp_path, red):
    with pytest.raises(
        ValueError,
        match=r"model.keras: expected a model.keras that `python -m tlkit run` wrote",
    ):
        list(saved.predict(tmp_path, [red]))
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as file:
        file.writestr("config.json", "{}")
    with pytest.raises(ValueError, match="other.keras: expected"):
        list(saved.predict(tmp_path / "other.keras", [red]))
    runs = fake_runs(("probe",), seeds=1, classes=("red", "green"))
    runs["probe"][0].model = KerasModel(2)
    folder, _ = written(runs, tmp_path / "runs")
    with pytest.raises(ValueError, match="result.json: expected a picture"):
        list(saved.predict(folder, [folder / "result.json"]))
