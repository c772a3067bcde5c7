"""The command line does the main job, says what it chose and why, and turns failures into sentences."""

import json
import re
import shutil
import sys

import numpy as np
import pytest
import replicas
from conftest import register_archive
from PIL import Image

from tlkit import transfer
from tlkit.commands import cli
from tlkit.files import fetch


@pytest.fixture
def tlkit(monkeypatch, capsys):
    """Run a command as typed: returns exit status, stdout, stderr."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["tlkit", *map(str, words)])
        status = cli.main()
        said = capsys.readouterr()
        return status, said.out, said.err

    monkeypatch.setenv("MPLBACKEND", "agg")
    return run


@pytest.fixture
def no_files(monkeypatch, tmp_path):
    """A machine on which neither CIFAR-10 nor ImageNet's weights were ever downloaded."""
    monkeypatch.setattr(fetch, "find", lambda name: None)


@pytest.fixture
def files(server, cache, monkeypatch):
    """Replicas of both published files on a server of this machine, and in the registry."""
    weights = server.folder / fetch.FILES["vgg16"].name
    replicas.vgg16_weights(weights)
    entry = replicas.entry(
        fetch.FILES["vgg16"], weights, f"{server.url}/{weights.name}"
    )
    monkeypatch.setitem(fetch.FILES, "vgg16", entry)
    archive = server.folder / "cifar-10-python.tar.gz"
    images, _ = replicas.cifar10_arrays(per_batch=20)
    replicas.cifar10_archive(archive, images, np.arange(120) % 10)
    register_archive(archive, server, monkeypatch)
    return server


QUICK = ("--recipes", "probe", "--seeds", 1, "--labels-per-class", 2)


def test_an_embedded_run_says_pair_reason_and_the_way_to_the_real_one_and_leaves_a_report(
    tlkit, no_files, tmp_path
):
    status, said, _ = tlkit(
        "run", "--backbone", "letters-small", *QUICK, "--out", tmp_path
    )
    assert status == 0
    lines = said.splitlines()
    assert lines[0] == "Pair: embedded (letters-small → digits), as you asked."
    assert (
        "`make run-real`" in lines[1]
        and "downloads 229 MB (about 3 minutes at 10 Mbit/s)" in lines[1]
    )
    (folder,) = tmp_path.iterdir()
    result = json.loads((folder / "result.json").read_text("utf-8"))
    assert (result["pair"], result["task"]["name"], result["seeds"]) == (
        "embedded",
        "digits",
        [0],
    )
    assert f"--labels-per-class 2 --out {tmp_path}" in result["command"]
    probe = result["recipes"]["probe"]
    assert (
        0
        < probe["accuracy"]["low"]
        < probe["accuracy"]["mean"]
        < probe["accuracy"]["high"]
        < 1
    )
    assert re.search(
        rf"(?m)^probe +{probe['accuracy']['mean']:.3f} \[.* MB$", said
    )  # the table
    assert (
        str(folder / "report.html") in lines[-1] and (folder / "report.html").is_file()
    )


def test_without_arguments_the_main_job_is_the_embedded_pair_and_says_why(
    no_files, capsys
):
    arguments = cli._parser().parse_args(["run"])
    assert (arguments.recipes, arguments.seeds) == ("scratch,probe,lp_ft", 3)
    assert cli._choose_pair(arguments) == ("digits", "letters", "embedded")
    said = capsys.readouterr().out
    assert (
        "embedded (letters → digits), because ImageNet's VGG16 and CIFAR-10 are not on this machine."
        in said
    )


def test_json_keeps_stdout_for_the_result(tlkit, no_files, tmp_path):
    words = (
        "--task",
        "degrees",
        "--backbone",
        "letters-small",
        *QUICK,
        "--json",
        "--out",
        tmp_path,
    )
    status, said, aside = tlkit("run", *words)
    result = json.loads(said)
    assert status == 0 and result["task"]["name"] == "degrees"
    assert result["recipes"]["probe"]["mean_absolute_error"]["mean"] < 30
    assert "Pair: embedded" in aside and "Report:" in aside


def test_real_downloads_verifies_and_runs_and_later_runs_find_the_files(
    tlkit, files, tmp_path
):
    status, said, _ = tlkit(
        "run", "--real", "--recipes", "probe,lp_ft", *QUICK[2:], "--out", tmp_path / "a"
    )
    assert status == 0 and "Pair: real (imagenet → cifar10), as you asked." in said
    result = json.loads(next((tmp_path / "a").glob("*/result.json")).read_text("utf-8"))
    assert (
        result["pair"],
        result["backbone"]["name"],
        result["task"]["images"]["test"],
    ) == ("real", "imagenet", 20)
    assert result["task"]["classes"] == list(fetch.CIFAR10_CLASSES)
    asked = sum(files.requests.values())
    status, said, _ = tlkit(
        "run", *QUICK, "--precision", "float32", "--out", tmp_path / "b"
    )
    assert (
        status == 0
        and "Pair: real (imagenet → cifar10), because its files are here." in said
    )
    assert (
        sum(files.requests.values()) == asked == 2
    )  # one for each file, none for the second run


def test_nothing_is_downloaded_unless_asked_for(tlkit, files, tmp_path):
    status, said, _ = tlkit(
        "run", "--backbone", "letters-small", *QUICK, "--out", tmp_path
    )
    assert status == 0 and not files.requests


def test_offline_real_says_what_is_missing_and_what_to_do(tlkit, files, tmp_path):
    shutil.rmtree(files.folder)
    status, _, aside = tlkit("run", "--real", *QUICK, "--out", tmp_path)
    assert (
        status == 1
        and "\ntlkit: vgg16_weights" in f"\n{aside}"
        and "fetch --from DIR` with a bundle" in aside
    )


@pytest.mark.parametrize(
    "words, sentence",
    [
        (
            ("--recipes", "probe,magic"),
            "--recipes: expected some of scratch,probe,fine_tune,lp_ft,article, got magic",
        ),
        (
            ("--real", "--task", "digits"),
            "--real means ImageNet's VGG16 on CIFAR-10: leave out --task and --backbone",
        ),
        (("--task", "digit"), "did you mean 'digits'?"),
        (
            ("--backbone", "no/such.h5"),
            "no weights file at no/such.h5: expected one of letters, letters-small",
        ),
        (
            ("--backbone", "imagenet"),
            "tf_dim_ordering_tf_kernels_notop.h5, 59 MB) is not on this machine",
        ),
        (("--labels-per-class", "1"), "expected labels_per_class from 2"),
        (("--size", "16"), "size=16: expected 32 to 224 pixels"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_nothing(
    tlkit, no_files, tmp_path, words, sentence
):
    status, said, aside = tlkit("run", *words, "--out", tmp_path)
    assert status == 1 and sentence in aside and aside.startswith("tlkit: ")
    assert not list(tmp_path.iterdir())


def test_a_number_of_seeds_that_is_none_is_refused(tlkit, capsys):
    with pytest.raises(SystemExit):
        tlkit("run", "--seeds", "0")
    assert "expected a whole number from 1 up, got '0'" in capsys.readouterr().err


def test_a_budget_reaches_lp_ft_alone(tlkit, no_files, monkeypatch, tmp_path):
    given, probe = {}, transfer.linear_probe
    for name in ("probe", "lp_ft"):

        def recipe(*arguments, name=name, budget=None, **named):
            given[name] = budget
            return probe(*arguments, **named)

        monkeypatch.setitem(transfer.RECIPES, name, recipe)
    words = (
        "run",
        "--recipes",
        "probe,lp_ft",
        "--seeds",
        1,
        "--labels-per-class",
        2,
        "--out",
        tmp_path,
    )
    assert tlkit(*words, "--budget", "90 s")[0] == 0
    assert given == {"probe": None, "lp_ft": "90 s"}


@pytest.mark.parametrize(
    "words", [("--budget", "90 s", "--recipes", "probe"), ("--budget", "0")]
)
def test_a_budget_that_nothing_can_use_is_refused_before_anything_is_trained(
    tlkit, no_files, tmp_path, words
):
    status, _, said = tlkit("run", *words, "--out", tmp_path)
    assert (
        status == 1
        and "--budget: expected a time above 0, lp_ft among --recipes" in said
    )
    assert not list(tmp_path.iterdir())


def test_the_words_of_workshop_are_read_by_the_course(tlkit, capsys):
    for words in (("workshop", "--help"), ("workshop", "rehearse", "--help")):
        with pytest.raises(SystemExit, match="0"):
            tlkit(*words)
        assert (
            f"usage: python -m tlkit {' '.join(words[:-1])} [-h]"
            in capsys.readouterr().out
        )


def test_a_folder_is_a_task_of_ones_own_and_its_model_labels_pictures(
    tlkit, no_files, tmp_path
):
    rng, colours = (
        np.random.default_rng(0),
        {"blue": (30, 40, 220), "red": (220, 40, 30)},
    )
    for name, colour in colours.items():
        (tmp_path / "own" / name).mkdir(parents=True)
        for i in range(12):
            pixels = np.clip(colour + rng.normal(0, 20, (40, 50, 3)), 0, 255).astype(
                "uint8"
            )
            Image.fromarray(pixels).save(tmp_path / "own" / name / f"{i}.png")
    (tmp_path / "own" / "red" / "bad.png").write_bytes(b"not a picture")
    words = (
        "--task",
        tmp_path / "own",
        "--backbone",
        "letters-small",
        "--recipes",
        "probe",
        "--seeds",
        1,
    )
    status, _, aside = tlkit(
        "run", *words, "--labels-per-class", 0, "--out", tmp_path / "runs"
    )
    assert status == 1 and "red/bad.png" in aside and "bad_files" in aside
    words += (
        "--bad-files",
        "skip",
        "--labels-per-class",
        0,
        "--out",
        tmp_path / "runs",
    )
    status, said, _ = tlkit("run", *words)
    assert (
        status == 0
        and "Pair: custom" in said
        and "Note: skipped 1 unreadable pictures: red/bad.png" in said
    )
    (folder,) = (tmp_path / "runs").iterdir()
    status, said, _ = tlkit(
        "predict",
        folder,
        tmp_path / "own" / "red" / "0.png",
        tmp_path / "own" / "blue" / "1.png",
    )
    first, second = said.splitlines()
    assert status == 0 and "0.png: red " in first and "1.png: blue " in second
    status, _, aside = tlkit("predict", folder, tmp_path / "own" / "red" / "bad.png")
    assert status == 1 and "bad.png: expected a picture" in aside


def test_the_cache_is_listed_and_cleared(tlkit, monkeypatch, tmp_path):
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path))
    images = np.zeros((3, 32, 32, 3), "uint8")
    from tlkit import Backbone, activations

    activations(Backbone("letters-small"), images, "block5")
    status, said, _ = tlkit("cache")
    assert (
        status == 0
        and "letters-small at 32 px, cut block5, float32" in said
        and "in 1 entries" in said
    )
    assert (
        "freed 0.0 MB" in tlkit("cache", "clear")[1]
        and "in 0 entries" in tlkit("cache", "list")[1]
    )


def test_ctrl_c_between_recipes_ends_with_a_sentence_and_no_result(
    tlkit, no_files, monkeypatch, tmp_path
):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setitem(transfer.RECIPES, "probe", stopped)
    status, _, aside = tlkit(
        "run", "--backbone", "letters-small", *QUICK, "--out", tmp_path
    )
    assert status == 130 and "stopped by you" in aside and not list(tmp_path.iterdir())


def test_ctrl_c_in_training_keeps_the_best_state_and_still_writes_the_report(
    tlkit, no_files, monkeypatch, tmp_path
):
    real = transfer._KeepBest.on_epoch_end

    def interrupt_in_the_third(self, epoch, logs=None):
        real(self, epoch, logs)
        if epoch == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(transfer._KeepBest, "on_epoch_end", interrupt_in_the_third)
    status, said, _ = tlkit(
        "run", "--backbone", "letters-small", *QUICK, "--out", tmp_path
    )
    assert status == 0 and "stopped by you after 3 of" in said
    assert len(list(tmp_path.glob("*/report.html"))) == 1
