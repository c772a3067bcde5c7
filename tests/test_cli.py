"""The command line does the main job, says what it chose and why, and turns failures
into sentences.
"""

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import replicas
from conftest import register_archive
from PIL import Image

from tlkit.commands import cli, estimate, run
from tlkit.files import fetch, pairs
from tlkit.machine.quiet import keras
from tlkit.recipes import RECIPES, TUNE

ROOT = Path(__file__).parents[1]


@pytest.fixture
def tlkit(monkeypatch, capsys):
    """Run a command as typed: returns exit status, stdout, stderr."""

    def typed(*words):
        status = cli.main([str(word) for word in words])
        said = capsys.readouterr()
        return status, said.out, said.err

    monkeypatch.setenv("MPLBACKEND", "agg")
    return typed


@pytest.fixture
def no_files(monkeypatch):
    """A machine on which neither CIFAR-10 nor ImageNet's weights are."""
    monkeypatch.setattr(fetch, "find", lambda name: None)


@pytest.fixture
def both_files(monkeypatch, tmp_path):
    """A machine on which both are; nothing can be read of them."""
    monkeypatch.setattr(fetch, "find", lambda name: tmp_path)


@pytest.fixture
def files(server, cache, monkeypatch):
    """Replicas of both on a server of this machine, and in the registry."""
    weights = server.folder / fetch.FILES["vgg16"].name
    replicas.vgg16_weights(weights)
    url = f"{server.url}/{weights.name}"
    entry = replicas.entry(fetch.FILES["vgg16"], weights, url)
    monkeypatch.setitem(fetch.FILES, "vgg16", entry)
    archive = server.folder / "cifar-10-python.tar.gz"
    images, _ = replicas.cifar10_arrays(per_batch=20)
    replicas.cifar10_archive(archive, images, np.arange(120) % 10)
    register_archive(archive, server, monkeypatch)
    return server


QUICK = ("--recipes", "probe", "--seeds", 1, "--labels-per-class", 2)
SMALL = ("--backbone", "letters-small", *QUICK)


def result_in(out):
    """The only result.json below a folder."""
    (file,) = out.glob("*/result.json")
    return json.loads(file.read_text("utf-8"))


# The pair, the plan, the time


def chosen(*words):
    return run.choose(cli._parser().parse_args(["run", *words]))


def first_lines(*words):
    return run.announce(chosen(*words))


def test_without_options_the_drawn_pair_is_taken_and_the_reason_is_given(no_files):
    first, second, third = first_lines()
    assert first == (
        "Pair: embedded (letters → digits), because ImageNet's VGG16 and CIFAR-10 are "
        "not on this machine."
    )
    assert second.startswith(
        "Plan: 20 labels per class, 3 seeds, recipes scratch, probe and lp_ft. About "
    )
    assert second.endswith(" minutes on 2 cores.")
    assert "`make run-real`" in third
    assert "downloads 229 MB (about 3 minutes at 10 Mbit/s)" in third


def test_files_that_appear_make_it_a_short_experiment_and_it_says_so(both_files):
    first, second, whole, drawn = first_lines()
    why = "because its files are here"
    assert first == f"Pair: real (imagenet → cifar10), {why}."
    assert second.startswith(
        "Plan: 100 labels per class, 1 seed, recipes probe and lp_ft (from block5 "
        "upwards). This is a short experiment. About "
    )
    assert "500 labels per class, 3 seeds, recipes scratch, probe and lp_ft" in whole
    assert "hour" in whole and "`make run-real`" in whole
    assert "hour" not in second
    assert "`python -m tlkit run --task digits --backbone letters`" in drawn


def test_the_other_pair_and_the_whole_experiment_can_be_asked_for(both_files):
    asked = chosen("--task", "digits", "--backbone", "letters")
    assert (asked.pair, asked.plan) == ("embedded", run.PLANS["embedded"])
    whole = chosen("--real")
    assert (whole.pair, whole.plan) == ("real", run.PLANS["real"])
    assert (
        "About 1 to" in first_lines("--real")[1] and "hours" in first_lines("--real")[1]
    )
    same = chosen("--task", "cifar10", "--backbone", "imagenet")
    assert same.plan == whole.plan


def test_the_short_experiment_takes_at_most_ten_minutes():
    assert max(pairs.MINUTES["short", "imagenet"]) <= 10


@pytest.mark.parametrize("here", [True, False])
def test_a_drawn_task_means_the_same_whatever_files_are_here(here, request):
    request.getfixturevalue("both_files" if here else "no_files")
    for words in (("--task", "colours"), ("--backbone", "letters-small")):
        assert chosen(*words).pair == "embedded"
        assert chosen(*words).plan == run.PLANS["embedded"]


def test_what_was_left_out_is_completed_with_a_reason(both_files, tmp_path):
    own = chosen("--task", str(tmp_path))
    assert (own.backbone, own.pair) == ("imagenet", "custom")
    assert own.why == "because ImageNet's VGG16 is on this machine"
    assert chosen("--backbone", "some.h5").task == "cifar10"


def test_without_the_files_a_folder_gets_the_letters(no_files, tmp_path):
    own = chosen("--task", str(tmp_path))
    assert (own.backbone, own.pair) == ("letters", "custom")
    assert own.why == "because ImageNet's VGG16 is not on this machine"
    assert chosen("--backbone", "imagenet").task == "digits"


def test_a_folder_that_is_called_like_a_task_is_mentioned(
    both_files, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    before = first_lines("--task", "digits")
    assert not any(line.startswith("Note:") for line in before)
    (tmp_path / "digits").mkdir()
    pair, note, *rest = first_lines("--task", "digits")
    assert [pair, *rest] == before, "the same task, whatever lies there"
    assert note.startswith("Note: digits is the kit's own task; for the folder")
    assert "--task ./digits" in note
    assert chosen("--task", "./digits").kind == "custom"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert chosen("--task=~/digits").kind == "custom"


def test_options_change_the_plan_and_what_is_said_about_it(no_files):
    plan = chosen("--recipes", "probe", "--labels-per-class", "0").plan
    assert plan.in_words() == "all labels, 3 seeds, probe"
    assert chosen("--seeds", "6").minutes == tuple(
        2 * n for n in pairs.MINUTES["embedded", "letters"]
    )
    for words in (("--size", "64"), ("--labels-per-class", "50"), ("--budget", "9 s")):
        assert chosen(*words).minutes is None  # nobody has measured these
        assert "minutes on 2 cores" not in first_lines(*words)[1]


FIRST_LINES = """
import builtins, sys
from tlkit.commands import cli
def spy(*words, **options):
    real("keras" in sys.modules, *words, flush=True)
real, builtins.print = print, spy
sys.exit(cli.main(sys.argv[1:]))
"""


def test_the_first_lines_come_before_keras_and_no_line_of_a_library_does(tmp_path):
    words = ["run", *SMALL, "--out", tmp_path]
    command = [sys.executable, "-c", FIRST_LINES, *map(str, words)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT)
    assert done.returncode == 0 and done.stderr == ""
    first, *_ = done.stdout.splitlines()
    assert first.startswith("False Pair: embedded (letters-small → digits), as you")
    loading = [line for line in done.stdout.splitlines() if "Loading Keras" in line]
    assert loading == ["False Loading Keras and TensorFlow …"]
    assert "True Report: " in done.stdout


class Costs:
    """What trainings cost on a machine that is as slow as one wants."""

    task = SimpleNamespace(train=range(800))
    predictions = 110.0

    def probe(self, images):
        return 115.0

    def epoch(self, images, unfreeze):
        return {"all": 30.0, "block2": 20.0, "block5": 6.0}[unfreeze]

    def once(self, images, unfreeze):
        return 120.0


def test_the_estimate_counts_epochs_passes_and_seeds():
    epochs = max(TUNE.min_epochs, -(-TUNE.steps // (800 // TUNE.batch)))  # 12
    plan = run.Plan(("probe", "lp_ft"), seeds=2, unfreeze="block5")
    lp_ft = 5 + epochs * 6 + 120  # the features are there from the probe
    assert estimate.of_recipe("probe", Costs(), plan) == 115
    assert estimate.of_recipe("lp_ft", Costs(), plan) == lp_ft
    assert estimate.of_recipe("lp_ft", Costs(), plan, "90 s") == 90
    minutes = -(-2 * (115 + lp_ft) // 60)
    said = estimate.in_words(Costs(), plan)
    assert said.startswith(f"Time: at most about {minutes} minutes, at this machine's")
    article = estimate.of_recipe("article", Costs(), run.Plan())
    assert article == 120 + 1000 * 32 / 800 * 30
    for name, epoch in (("adapters", 20), ("lora", 30), ("l2_sp", 30), ("bitfit", 30)):
        seconds = estimate.of_recipe(name, Costs(), run.Plan())
        assert seconds == 115 + 120 + epochs * epoch, name
    assert estimate.of_recipe("knn", Costs(), run.Plan()) == 115
    once, often = (
        float(estimate.in_words(Costs(), plan, tuned=tuned).split()[4])
        for tuned in (False, True)
    )
    assert 4 * once < often < 6 * once  # up to five step sizes
    often = float(estimate.in_words(Costs(), plan, trials=True).split()[4])
    assert 2 * once < often < 4 * once  # three times as long, as --trials says
    said = estimate.in_words(Costs(), run.Plan(("scratch", "new"), seeds=9))
    assert "hours, without new, at" in said


# The whole way


def test_an_embedded_run_leaves_a_report(tlkit, no_files, tmp_path):
    status, said, _ = tlkit("run", *SMALL, "--out", tmp_path)
    assert status == 0
    lines = said.splitlines()
    assert lines[0] == "Pair: embedded (letters-small → digits), as you asked."
    (folder,) = tmp_path.iterdir()
    result = result_in(tmp_path)
    assert result["pair"] == "embedded" and result["seeds"] == [0]
    assert result["task"]["name"] == "digits"
    words = shlex.split(result["command"])
    assert words[:4] == ["python", "-m", "tlkit", "run"]
    assert words[-3:] == ["2", "--out", str(tmp_path)]
    probe = result["recipes"]["probe"]
    score = probe["accuracy"]
    assert 0 < score["low"] < score["mean"] < score["high"] < 1
    # the table
    assert re.search(rf"(?m)^probe +{score['mean']:.3f} \[.* MB$", said)
    assert lines[-1] == f"Report: {folder / 'report.html'}"
    # the same decision in the terminal, in the numbers and on the page
    made = result["decision"]
    assert f"Decision: {made['sentence']}" in lines
    assert made["take"] == "probe" and made["kind"] == "alone"
    page = (folder / "report.html").read_text("utf-8")
    assert f"<h1>{made['sentence']}</h1>" in page
    assert (folder / "report.html").is_file()


def test_json_keeps_stdout_for_the_result(tlkit, no_files, tmp_path):
    words = ("--task", "degrees", *SMALL, "--json", "--out", tmp_path)
    status, said, aside = tlkit("run", *words)
    result = json.loads(said)
    assert status == 0 and result["task"]["name"] == "degrees"
    assert result["recipes"]["probe"]["mean_absolute_error"]["mean"] < 30
    assert "Pair: embedded" in aside and "Report:" in aside


def test_real_downloads_and_later_runs_find_the_files(tlkit, files, tmp_path):
    recipes = ("--recipes", "probe,lp_ft")
    words = ("run", "--real", *recipes, *QUICK[2:], "--out", tmp_path / "a")
    status, said, _ = tlkit(*words)
    assert status == 0
    assert "Pair: real (imagenet → cifar10), as you asked." in said
    assert "Time: at most about a minute, at this machine's measured speed." in said
    result = result_in(tmp_path / "a")
    assert (result["pair"], result["backbone"]["name"]) == ("real", "imagenet")
    assert result["task"]["images"]["test"] == 20
    assert result["task"]["classes"] == list(fetch.CIFAR10_CLASSES)
    asked = sum(files.requests.values())
    words = ("run", "--labels-per-class", 2, "--precision", "float32")
    status, said, _ = tlkit(*words, "--out", tmp_path / "b")
    assert status == 0
    assert "Pair: real (imagenet → cifar10), because its files are here." in said
    # one request for each file, none for the second run
    assert sum(files.requests.values()) == asked == 2
    short = result_in(tmp_path / "b")
    assert list(short["recipes"]) == ["probe", "lp_ft"] and short["seeds"] == [0]
    assert short["recipes"]["lp_ft"]["settings"]["cut"] == "block4"


def test_nothing_is_downloaded_unless_asked_for(tlkit, files, tmp_path):
    status, *_ = tlkit("run", *SMALL, "--out", tmp_path)
    assert status == 0 and not files.requests


def test_offline_real_says_what_is_missing_and_what_to_do(tlkit, files, tmp_path):
    shutil.rmtree(files.folder)
    status, _, aside = tlkit("run", "--real", *QUICK, "--out", tmp_path)
    assert status == 1 and "\ntlkit: vgg16_weights" in f"\n{aside}"
    assert "fetch --from DIR` with a bundle" in aside


NAMES = ",".join(RECIPES)
REFUSED = {
    ("--recipes", "probe,magic"): (
        f"--recipes: expected some of {NAMES}, got magic. Next: `python -m tlkit "
        "recipes`"
    ),
    ("--real", "--task", "digits"): (
        "expected --real (ImageNet's VGG16 on CIFAR-10), or --task and --backbone, got "
        "both. Next: leave out one"
    ),
    ("--task", "digit"): "did you mean 'digits'?",
    ("--backbone", "no/such.h5"): (
        "no weights file at no/such.h5: expected one of letters, letters-small"
    ),
    ("--backbone", "imagenet"): "kernels_notop.h5, 59 MB) is not on this machine",
    ("--labels-per-class", "1"): "expected --labels-per-class from 2",
    ("--size", "16"): "--size 16: expected 32 to 224 pixels",
    ("--unfreeze", "block9", "--recipes", "fine_tune"): (
        "--unfreeze 'block9': expected one of all, block1"
    ),
    ("--unfreeze", "block5", "--recipes", "probe"): (
        "--unfreeze: expected lp_ft or fine_tune among --recipes, got probe. Next: add"
    ),
    ("--budget", "90 s", "--recipes", "probe"): (
        "--budget: expected lp_ft among --recipes, got probe. Next: add one"
    ),
    ("--tune", "--recipes", "lp_ft", "--budget", "9 s"): (
        "expected --tune or --budget, got both. Next: leave out one"
    ),
    ("--trials", "--recipes", "lp_ft", "--budget", "9 s"): (
        "expected --trials or --budget, got both. Next: leave out one"
    ),
    ("--tune", "--trials"): "expected --tune or --trials, got both. Next: leave out",
    ("--budget", "0"): "--budget: expected a time above 0, got '0'",
    ("--budget", "soon"): "--budget 'soon': expected \"90 s\"",
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_cannot_be_done_is_one_sentence_and_leaves_nothing(
    tlkit, no_files, tmp_path, words
):
    status, _, aside = tlkit("run", *words, "--out", tmp_path)
    assert status == 1 and aside.startswith("tlkit: ") and aside.count("\n") == 1
    assert REFUSED[words] in aside
    assert not list(tmp_path.iterdir())


def test_a_message_advises_what_can_be_typed(tlkit, no_files, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "own" / name).mkdir(parents=True)
        for i in range(6):
            picture = tmp_path / "own" / name / f"{i}.png"
            Image.new("RGB", (40, 40), (i, 9, 9)).save(picture)
    (tmp_path / "own" / "a" / "bad.png").write_bytes(b"not a picture")
    task = ("run", "--task", tmp_path / "own", "--out", tmp_path / "runs")
    status, _, aside = tlkit(*task)
    assert status == 1 and "a/bad.png" in aside
    assert "leave them out: `--bad-files skip`" in aside
    words = ("--bad-files", "skip", "--labels-per-class", 99)
    status, _, aside = tlkit(*task, *words)
    assert status == 1 and "or 0 for all, got 99" in aside
    for pythonic in ("load_task", "labels_per_class", "None", "bad_files"):
        assert pythonic not in aside


@pytest.mark.parametrize("how", ["a file", "below a file"])
def test_a_place_that_cannot_be_written_is_found_before_training(
    tlkit, no_files, tmp_path, monkeypatch, how
):
    monkeypatch.setattr(run, "_train", None)  # would fail if called
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" if how == "a file" else tmp_path / "file" / "runs"
    status, _, aside = tlkit("run", *SMALL, "--out", out)
    assert status == 1
    assert (
        f"--out: expected a folder that results can be written to, got {out}" in aside
    )


def test_a_number_of_seeds_that_is_none_is_refused(tlkit, capsys):
    with pytest.raises(SystemExit):
        tlkit("run", "--seeds", "0")
    assert "expected a whole number from 1 up, got '0'" in capsys.readouterr().err


def test_every_command_has_help_and_a_function():
    parser = cli._parser()
    (commands,) = [
        action
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    assert len(commands.choices) == 10
    for command in commands.choices.values():
        assert callable(command.get_default("carry_out"))
        assert command.format_help()


# Recipes


def test_the_table_of_recipes_is_what_the_command_lists(tlkit, monkeypatch):
    new = SimpleNamespace(train=None, label="a new one", sentence="what it does")
    monkeypatch.setitem(RECIPES, "new", new)
    status, said, _ = tlkit("recipes")
    assert status == 0
    rows = [re.split("  +", line) for line in said.splitlines()]
    assert rows == [[name, one.label, one.sentence] for name, one in RECIPES.items()]
    assert rows[-1] == ["new", "a new one", "what it does"]


def test_a_new_recipe_is_one_entry_of_the_table(tlkit, no_files, monkeypatch, tmp_path):
    def train(backbone, task, *, seed, precision):
        found = RECIPES["probe"].train(backbone, task, seed=seed, precision=precision)
        found.notes = ("nothing was new",)
        return found

    looks = {"label": "a new one", "colour": "#000000", "sentence": "as the probe"}
    new = SimpleNamespace(train=train, **looks)
    monkeypatch.setitem(RECIPES, "new", new)
    words = ("--recipes", "probe,new", *SMALL[4:])
    status, said, _ = tlkit("run", *SMALL[:2], *words, "--out", tmp_path)
    assert status == 0 and "seed 0  new    accuracy" in said
    assert said.split("seed 0  new")[1].splitlines()[1].strip() == "nothing was new"
    found = result_in(tmp_path)["recipes"]["new"]
    assert found["runs"][0]["notes"] == ["nothing was new"]
    page = next(tmp_path.glob("*/report.html")).read_text("utf-8")
    assert "a new one" in page and "as the probe" in page and "nothing was new" in page


def test_options_reach_the_recipes_that_take_them(
    tlkit, no_files, monkeypatch, tmp_path
):
    given, probe = {}, RECIPES["probe"]

    def entry(name, train):
        return replace(probe, train=train, label=name, sentence=name)

    def only_probe(*arguments, **named):
        given["probe"] = set(named)
        return probe.train(*arguments, **named)

    def lp_ft(*arguments, unfreeze=None, budget=None, **named):
        given["lp_ft"] = (unfreeze, budget)
        return probe.train(*arguments, **named)

    monkeypatch.setitem(RECIPES, "probe", entry("probe", only_probe))
    monkeypatch.setitem(RECIPES, "lp_ft", entry("lp_ft", lp_ft))
    words = ("--recipes", "probe,lp_ft", "--seeds", 1, "--labels-per-class", 2)
    options = ("--budget", "90 s", "--unfreeze", "block5")
    assert tlkit("run", *words, *options, "--out", tmp_path)[0] == 0
    assert given == {"probe": {"seed", "precision"}, "lp_ft": ("block5", "90 s")}


def test_tune_lets_validation_choose_the_step_size_of_each_recipe_but_the_articles(
    tlkit, no_files, monkeypatch, tmp_path
):
    rates = {"probe": [], "article": []}
    probe = RECIPES["probe"].train

    def watched(name):
        def train(backbone, task, *, seed, precision, **changes):
            rates[name].append(changes.get("rate"))
            return probe(backbone, task, seed=seed, precision=precision, **changes)

        return replace(RECIPES[name], train=train)

    for name in rates:
        monkeypatch.setitem(RECIPES, name, watched(name))
    words = (*SMALL[:2], "--recipes", "probe,article", *SMALL[4:])
    status, said, _ = tlkit("run", *words, "--tune", "--out", tmp_path)
    assert status == 0
    assert rates["article"] == [None]
    assert rates["probe"][:3] == [None, 0.003 / 3, 0.003 * 3]
    found = result_in(tmp_path)["recipes"]
    (note,) = found["probe"]["runs"][0]["notes"]
    rate = found["probe"]["settings"]["rate"]
    assert note.startswith(f"step size {rate:.2g}, chosen on validation (")
    assert note in said and not found["article"]["runs"][0]["notes"]


@pytest.mark.parametrize(
    ("words", "trials"),
    [
        (("--task", "{own}"), True),
        (("--task", "{own}", "--no-trials"), False),
        (("--task", "{own}", "--tune"), False),
        (("--task", "{own}", "--budget", "9 s"), False),
        (("--task", "{own}", "--distributed"), False),
        (("--task", "digits"), False),
        (("--task", "cifar10"), False),
        (("--task", "digits", "--trials"), True),
    ],
)
def test_trials_choose_for_a_folder_because_nobody_tuned_the_recipes_for_it(
    words, trials, tmp_path
):
    typed = [word.format(own=tmp_path) for word in words]
    options = cli._parser().parse_args(["run", *typed])
    assert run.has_trials(run.choose(options).task, options) == trials


# Pictures of one's own


@pytest.fixture
def own(tmp_path):
    """Twelve pictures each of something blue and something red."""
    rng = np.random.default_rng(0)
    for name, colour in {"blue": (30, 40, 220), "red": (220, 40, 30)}.items():
        folder = tmp_path / "own pictures" / name
        folder.mkdir(parents=True)
        for i in range(12):
            noise = rng.normal(0, 20, (40, 50, 3))
            pixels = np.clip(colour + noise, 0, 255).astype("uint8")
            Image.fromarray(pixels).save(folder / f"{i}.png")
    return tmp_path / "own pictures"


def test_a_folder_is_a_task_of_ones_own_and_its_model_labels_pictures(
    tlkit, no_files, tmp_path, own
):
    bad = own / "red" / "bad.png"
    bad.write_bytes(b"not a picture")
    words = ("--backbone", "letters-small", "--recipes", "probe", "--seeds", 1)
    words = ("run", "--task", own, *words, "--out", tmp_path / "runs")
    status, said, _ = tlkit(*words, "--bad-files", "skip")
    assert status == 0 and "Pair: custom" in said
    assert "Plan: up to 500 labels per class" in said
    assert "Labels: all, because a class has fewer than 500." in said
    before, after = said.split("Settings: short trials choose step size and depth of ")
    assert "seed 0" in after and "seed 0" not in before, "it says so before they begin"
    (trained,) = result_in(tmp_path / "runs")["recipes"]["probe"]["runs"]
    note = trained["notes"][0]
    assert ": chosen on validation, which took " in note and note in after
    assert "Note: skipped 1 unreadable pictures: red/bad.png" in said
    (folder,) = (tmp_path / "runs").iterdir()
    assert str(own) in shlex.split(result_in(tmp_path / "runs")["command"])
    pictures = (own / "red" / "0.png", own / "blue" / "1.png")
    status, said, _ = tlkit("predict", folder, *pictures)
    first, second, table, page = said.splitlines()
    assert status == 0 and "0.png: red " in first and "1.png: blue " in second
    (answers,) = (folder / "answers").iterdir()
    assert table.endswith(f"{answers / 'answers.csv'}")
    assert page.endswith(f"{answers / 'answers.html'}")
    status, said, aside = tlkit(
        "predict", folder, bad, own / "blue", "--out", tmp_path / "elsewhere"
    )
    assert status == 1 and "bad.png: expected a picture" in aside
    assert "1.png: blue " in said, "the good ones are answered"
    (answers,) = (tmp_path / "elsewhere").iterdir()
    text = (answers / "answers.csv").read_text("utf-8-sig")
    assert len(text.splitlines()) == 1 + 12, "a folder means all its pictures"
    page = (answers / "answers.html").read_text("utf-8")
    assert "bad.png: expected a picture" in page


def test_a_folder_without_pictures_is_refused(tlkit, tmp_path):
    (tmp_path / "empty").mkdir()
    status, _, aside = tlkit("predict", tmp_path, tmp_path / "empty")
    assert status == 1 and "empty: expected pictures (JPEG" in aside


# The cache, Ctrl-C


def test_the_cache_is_listed_and_cleared(tlkit, monkeypatch, tmp_path):
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path))
    images = np.zeros((3, 32, 32, 3), "uint8")
    from tlkit import Backbone, activations

    activations(Backbone("letters-small"), images, "block5")
    status, said, _ = tlkit("cache")
    assert status == 0 and "in 1 entries" in said
    assert "letters-small at 32 px, cut block5, float32" in said
    assert "freed 0.0 MB" in tlkit("cache", "clear")[1]
    assert "in 0 entries" in tlkit("cache", "list")[1]


def test_ctrl_c_between_recipes_ends_with_a_sentence_and_no_result(
    tlkit, no_files, monkeypatch, tmp_path
):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    entry = SimpleNamespace(train=stopped, label="probe", sentence="")
    monkeypatch.setitem(RECIPES, "probe", entry)
    status, _, aside = tlkit("run", *SMALL, "--out", tmp_path)
    assert status == 130 and "stopped by you" in aside
    assert not list(tmp_path.iterdir())


def test_ctrl_c_in_training_keeps_the_best_state_and_still_writes_the_report(
    tlkit, no_files, monkeypatch, tmp_path
):
    callbacks = keras.callbacks.CallbackList
    real = callbacks.on_epoch_end

    def interrupt_in_the_third(self, epoch, logs=None):
        real(self, epoch, logs)
        if epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(callbacks, "on_epoch_end", interrupt_in_the_third)
    status, said, _ = tlkit("run", *SMALL, "--out", tmp_path)
    assert status == 0 and "stopped by you after 3 of" in said
    assert len(list(tmp_path.glob("*/report.html"))) == 1
