"""The room of a workshop: rehearsed with real kernels, ready or not, and summed up
without trusting a single file.
"""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial

import nbformat
import numpy as np
import psutil
import pytest
from tlkit_course import record, workshop
from tlkit_course.checks import exercises
from tlkit_course.questions import questions
from tlkit_course.workshop import rehearse, room, share, summary

from tlkit.commands import copies
from tlkit.evaluate import wilson

ESCAPE = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\u202e"
NUMBERS = [f"{i:02d}" for i in range(13)]


def progress(seed, hard="00 labels"):
    """What one learner of a room did: every exercise of the half day.

    The hard one is solved by few.
    """
    random = np.random.default_rng(seed)
    names = [name for number in NUMBERS[:6] for name in exercises(number)]

    def outcome(chance):
        return {
            "tries": int(random.integers(1, 6)),
            "solved": bool(random.random() < chance),
        }

    return {
        "exercises": {name: outcome(0.2 if name == hard else 0.9) for name in names},
        "quizzes": {question.name: outcome(0.8) for question in questions("00")},
        "guesses": {
            "00 scratch": {
                "guess": str(random.choice(["about 10", "about 50"], p=[0.3, 0.7]))
            }
        },
    }


def write(folder, name, content):
    path = folder / name
    text = (
        content
        if isinstance(content, bytes)
        else content.encode()
        if isinstance(content, str)
        else None
    )
    path.write_bytes(json.dumps(content).encode() if text is None else text)
    return path


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """The instructor's notes are as a test says, whatever they are today."""
    for cached in (summary._known, summary._predictions):
        cached.cache_clear()
    monkeypatch.setattr(
        summary,
        "notes",
        lambda number: {"predictions": {f"{number} scratch": "about 10"}},
    )
    yield
    for cached in (summary._known, summary._predictions):
        cached.cache_clear()


@pytest.fixture
def thirty(tmp_path):
    folder = tmp_path / "room"
    folder.mkdir()
    return [write(folder, f"{seed:02d}.json", progress(seed)) for seed in range(30)]


def say(capsys, *words):
    """Exit status, and what a command of the workshop printed."""
    status = workshop.main([str(word) for word in words])
    return status or 0, capsys.readouterr().out


# ---- the summary of progress files


def test_thirty_learners_are_counted_exactly_and_the_hard_exercise_stands_on_top(
    thirty, capsys
):
    status, said = say(capsys, "summary", *thirty)
    outcomes = [progress(seed)["exercises"]["00 labels"] for seed in range(30)]
    solved, tries = (
        np.array([o["solved"] for o in outcomes]),
        np.median([o["tries"] for o in outcomes]),
    )
    share_of = wilson(solved)
    first = said.split("Exercises, the hardest first\n")[1].splitlines()[1]
    assert status == 0 and "30 learners." in said and "Left out" not in said
    assert (
        first.split()
        == f"00 labels 30 {share_of.mean:.2f} [{share_of.low:.2f}, "
        f"{share_of.high:.2f}] {tries:g}".split()
    )


def test_predictions_show_what_was_chosen_and_which_option_is_right(thirty, capsys):
    guesses = [progress(seed)["guesses"]["00 scratch"]["guess"] for seed in range(30)]
    n, few = guesses.count("about 50"), guesses.count("about 10")
    _, said = say(capsys, "summary", *thirty)
    assert f"about 50: {n}; about 10 (right): {few}" in said
    row = next(
        row
        for row in summary.predictions(
            [summary.understand(progress(i)) for i in range(30)]
        )
    )
    assert (row.right, row.n, row.share.mean) == ("about 10", 30, few / 30)


def test_without_notes_the_right_option_is_not_known_and_is_not_invented(
    thirty, capsys, monkeypatch
):
    def none(number):
        raise FileNotFoundError(number)

    monkeypatch.setattr(summary, "notes", none)
    _, said = say(capsys, "summary", *thirty)
    assert "not known" in said and "(right)" not in said


def test_a_quiz_counts_as_right_only_at_the_first_try():
    name = questions("00")[0].name
    files = [
        {"quizzes": {name: {"tries": tries, "solved": solved}}}
        for tries, solved in ((1, True), (2, True), (1, False))
    ]
    (row,) = summary.hardest("quizzes", [summary.understand(file) for file in files])
    assert row.n == 3 and row.share.mean == pytest.approx(1 / 3)


def test_the_page_and_the_picture_stand_alone(thirty, tmp_path, capsys):
    say(capsys, "summary", *thirty, "--out", tmp_path / "out")
    picture, page = (
        tmp_path / "out" / name for name in ("summary.png", "summary.html")
    )
    text = page.read_text("utf-8")
    assert picture.read_bytes()[:4] == b"\x89PNG"
    assert (
        "http://" not in text
        and "https://" not in text
        and "<script" not in text
        and "default-src 'none'" in text
    )
    assert "00 labels" in text and "Shares of 30 learners" in text


@pytest.mark.parametrize("n, warned", [(1, "So few (1)"), (4, "So few (4)"), (5, "")])
def test_a_small_room_is_told_that_figures_may_identify_people(
    thirty, n, warned, capsys
):
    _, said = say(capsys, "summary", *thirty[:n])
    assert warned in said and ("may identify people" in said) == bool(warned)


def test_a_row_of_few_in_a_large_room_is_told_too(thirty, tmp_path, capsys):
    one = write(
        tmp_path,
        "one.json",
        {"guesses": {"00 scratch": {"guess": "about 30"}}, "exercises": {}},
    )
    assert "may identify people" not in say(capsys, "summary", *thirty, one)[1]
    rare = write(
        tmp_path,
        "rare.json",
        {"exercises": {"09 weights": {"tries": 1, "solved": True}}},
    )
    rare.write_text(rare.read_text().replace("09 weights", next(iter(exercises("09")))))
    assert (
        "Rows with fewer than 5 people may identify people"
        in say(capsys, "summary", *thirty, rare)[1]
    )


HOSTILE = {
    "empty.json": (b"", "not JSON"),
    "binary.json": (bytes(range(256)) * 4, "not JSON"),
    "list.json": ("[1, 2]", "not one JSON object"),
    "deep.json": ("[" * 400_000, "nested too deeply"),
    "deep_object.json": ('{"exercises":' * 60_000, "nested too deeply"),
    "nan.json": (
        '{"exercises": {"00 labels": {"tries": NaN, "solved": true}}}',
        "holds NaN",
    ),
    "infinity.json": (
        '{"exercises": {"00 labels": {"tries": -Infinity, "solved": true}}}',
        "holds -Infinity",
    ),
    "digits.json": (
        '{"exercises": {"00 labels": {"tries": ' + "9" * 10_000 + "}}}",
        "not JSON",
    ),
    "huge.json": (b" " * (room.LARGEST + 1), "larger than 1 MB"),
    "other.json": ({"state": "green", "checks": {}}, "no learner's progress"),
    "kinds.json": (
        {"exercises": 3, "quizzes": [], "guesses": None},
        "no learner's progress",
    ),
    "entry.json": (
        {"exercises": {"00 labels": [1, True]}},
        "'00 labels' among the exercises is not as tlkit writes it",
    ),
    "many.json": (
        {"exercises": {"00 labels": {"tries": 10**9, "solved": True}}},
        "not as tlkit writes it",
    ),
    "negative.json": (
        {"exercises": {"00 labels": {"tries": -3, "solved": True}}},
        "not as tlkit writes it",
    ),
    "half.json": (
        {"exercises": {"00 labels": {"tries": 1.5, "solved": True}}},
        "not as tlkit writes it",
    ),
    "true.json": (
        {"exercises": {"00 labels": {"tries": True, "solved": True}}},
        "not as tlkit writes it",
    ),
    "maybe.json": (
        {"exercises": {"00 labels": {"tries": 1, "solved": "yes"}}},
        "not as tlkit writes it",
    ),
    "unknown.json": (
        {"exercises": {"00 nonsense": {"tries": 1, "solved": True}}},
        "none of this course's exercises",
    ),
    "later.json": (
        {"quizzes": {"99 labels": {"tries": 1, "solved": True}}},
        "none of this course's quizzes",
    ),
    "path.json": (
        {"exercises": {"00 ../../x": {"tries": 1, "solved": True}}},
        "not as tlkit writes it",
    ),
    "code.json": (
        {"exercises": {ESCAPE: {"tries": 1, "solved": True}}},
        "not as tlkit writes it",
    ),
    "option.json": (
        {"guesses": {"00 scratch": {"guess": ESCAPE}}},
        "not as tlkit writes it",
    ),
    "long.json": (
        {"guesses": {"00 scratch": {"guess": "x" * 10_000}}},
        "not as tlkit writes it",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_malformed_or_hostile_file_is_named_and_left_out(
    thirty, tmp_path, name, capsys
):
    content, reason = HOSTILE[name]
    bad = write(tmp_path, name, content)
    status, said = say(capsys, "summary", *thirty, bad)
    assert status == 0 and "30 learners." in said
    assert (
        "Left out: 1 file." in said
        and f"{name}: " in said
        and reason in said.split(name)[1]
    )
    assert harmless(said)


def harmless(text):
    return all(c.isprintable() or c == "\n" for c in text)


def test_all_hostile_files_together_change_no_figure_and_fail_alone(
    thirty, tmp_path, capsys
):
    _, clean = say(capsys, "summary", *thirty)
    bad = [write(tmp_path, name, content) for name, (content, _) in HOSTILE.items()]
    _, mixed = say(capsys, "summary", *bad, *thirty)
    assert (
        mixed.startswith(clean.rstrip()) and f"Left out: {len(HOSTILE)} files." in mixed
    )
    status, said = say(capsys, "summary", *bad)
    assert status == 1 and "learners." not in said


def test_one_bad_entry_costs_only_that_entry(tmp_path, capsys):
    content = progress(1)
    content["exercises"] |= {
        ESCAPE: {"tries": 1, "solved": True},
        "00 five": {"tries": 0, "solved": True},
    }
    path = write(tmp_path, "one.json", content)
    _, said = say(capsys, "summary", path)
    assert (
        "Of one.json left out: " in said
        and "and 1 more entries" in said
        and harmless(said)
    )
    assert "00 labels" in said and "00 five  " not in said


def test_nothing_of_a_file_reaches_terminal_or_page_raw(tmp_path, capsys):
    marked = progress(1)
    marked["guesses"] = {"00 scratch": {"guess": "<img src=x onerror=alert(1)>"}}
    marked["name"] = "Ada " + ESCAPE
    try:
        path = write(tmp_path, "Ada \x1b[31m<b>.json", marked)
        twin = write(tmp_path, "twin \x1b[31m.json", marked)
    except OSError:
        pytest.skip("this system has no such file names")
    _, said = say(capsys, "summary", path, twin, "--out", tmp_path / "out")
    page = (tmp_path / "out" / "summary.html").read_text("utf-8")
    assert harmless(said) and "\x1b" not in page
    assert "onerror=alert(1)&gt;" in page and "<img src=x" not in page
    assert (
        "Ada" not in said.split("Left out")[0]
    )  # a name that was typed is nobody's business here


def test_a_path_that_is_no_plain_file_is_not_waited_for(thirty, tmp_path, capsys):
    words = [tmp_path / "absent.json"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.json")
        words.append(tmp_path / "pipe.json")
    _, said = say(capsys, "summary", *thirty, *words)
    assert "absent.json: no such file" in said and (
        "pipe.json: not a plain file" in said
    ) == (len(words) > 1)


def test_the_same_file_twice_counts_once(thirty, tmp_path, capsys):
    twin = write(tmp_path, "twin.json", thirty[0].read_bytes())
    _, said = say(capsys, "summary", *thirty, thirty[3], twin)
    assert "30 learners." in said and "twin.json: word for word as 00.json" in said


def test_a_folder_and_a_pattern_stand_for_their_files(thirty, capsys):
    for words in (
        [thirty[0].parent],
        [thirty[0].parent / "*.json"],
        [thirty[0].parent, *thirty],
    ):
        assert "30 learners." in say(capsys, "summary", *words)[1]


def test_a_folder_without_files_is_told_apart_from_a_good_room(tmp_path):
    with pytest.raises(ValueError, match="expected files, found none"):
        workshop.main(["summary", str(tmp_path)])


# ---- a learner shares


@pytest.fixture
def learner(tmp_path, monkeypatch):
    monkeypatch.delenv("TLKIT_PROGRESS", raising=False)
    home = tmp_path / "arthurs-home"
    home.mkdir()
    monkeypatch.chdir(home)
    (home / record.REGISTER).write_text("{}")
    return home


def work():
    for solved in (False, True):
        record.note("exercises", "00 labels", solved)
    record.note("quizzes", questions("00")[0].name, False)
    record.note("guesses", "00 scratch", "about 10")


def test_everything_that_is_in_the_file_was_shown_and_nothing_else_is_in_it(
    learner, capsys, monkeypatch
):
    for variable in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(variable, "zaphod")
    work()
    file, said = share.share(), capsys.readouterr().out
    shared = json.loads(file.read_text("utf-8"))
    assert set(shared) == {"what", "tlkit", "number", "exercises", "quizzes", "guesses"}
    assert shared["exercises"] == {"00 labels": {"tries": 2, "solved": True}}
    for words in (
        "exercise 00 labels: solved in 2 tries",
        "not solved in 1 try",
        "guess 00 scratch: about 10",
        "no name",
    ):
        assert words in said
    assert "Nothing was sent" in said and str(file.resolve()) in said
    text = file.read_text("utf-8")
    assert (
        learner.name not in text
        and str(learner.parent) not in text
        and "zaphod" not in text
    )


def test_a_name_is_in_it_only_if_typed(learner, capsys):
    work()
    assert json.loads(share.share("Ada").read_text("utf-8"))["name"] == "Ada"
    assert "your name: Ada" in capsys.readouterr().out
    assert "name" not in json.loads(share.share().read_text("utf-8"))


def test_without_progress_a_sentence_says_so_and_no_file_is_written(learner, capsys):
    assert (
        share.share() is None and "There is nothing to share" in capsys.readouterr().out
    )
    (learner / record.REGISTER).unlink()
    assert share.share() is None and list(learner.iterdir()) == []


def test_only_what_the_kit_keeps_is_shared(learner, capsys):
    work()
    kept = json.loads((learner / "progress.json").read_text("utf-8"))
    kept["exercises"] |= {
        "my secret": {"tries": 1, "solved": True},
        "00 five": {"tries": 1, "solved": True, "path": "/home"},
    }
    (learner / "progress.json").write_text(json.dumps(kept))
    text = share.share().read_text("utf-8")
    assert "secret" not in text and "/home" not in text and "00 five" in text
    assert "because tlkit did not write it: 1" in capsys.readouterr().out


def test_sharing_again_replaces_ones_own_file_and_never_another(learner):
    work()
    first = json.loads(share.share().read_text("utf-8"))["number"]
    assert json.loads(share.share().read_text("utf-8"))["number"] == first
    (learner / "mine.json").write_text('{"number": "7"}')
    with pytest.raises(ValueError, match="share\\(\\) did not write it"):
        share.share(file="mine.json")
    assert (learner / "mine.json").read_text() == '{"number": "7"}'


def test_what_was_shared_is_what_the_summary_counts_and_the_further_file_wins(
    learner, tmp_path, capsys
):
    work()
    early = write(tmp_path, "early.json", share.share("Ada").read_bytes())
    record.note("exercises", "00 five", True)
    late = write(tmp_path, "late.json", share.share("Ada").read_bytes())
    capsys.readouterr()
    status, said = say(capsys, "summary", early, late)
    assert status == 0 and "1 learner." in said
    assert (
        "early.json: the same learner's as late.json" in said
        and "00 five" in said
        and "Ada" not in said
    )


def test_two_learners_who_did_the_same_are_two(tmp_path, monkeypatch, capsys):
    files = []
    for i in range(2):
        monkeypatch.setenv("TLKIT_PROGRESS", str(tmp_path / f"{i}" / "progress.json"))
        (tmp_path / f"{i}").mkdir()
        work()
        files.append(share.share(file=tmp_path / f"{i}.json"))
    capsys.readouterr()
    assert "2 learners." in say(capsys, "summary", *files)[1]


def test_every_name_and_option_of_the_course_passes():
    names = [n for number in NUMBERS for n in exercises(number)] + [
        q.name for x in NUMBERS for q in questions(x)
    ]
    assert [name for name in names if not share.NAME.fullmatch(name)] == []
    options = []
    for path in sorted((copies.ROOT / "notebooks").glob("[01]*.ipynb")):
        for cell in nbformat.read(path, 4).cells:
            for output in cell.get("outputs", []):
                text = output.get("data", {}).get("text/plain", "")
                if "course.guess(" in cell.source or "guess_" in cell.source:
                    options += [
                        line.removeprefix("  ○ ")
                        for line in text.splitlines()
                        if line.startswith("  ○ ")
                    ]
    assert len(options) > 50
    assert [
        option for option in options if share.guess_of({"guess": option}) is None
    ] == []


# ---- who is ready


def report(**states):
    """A doctor's file with some checks not green."""
    fine = {
        name: {
            "name": name,
            "state": "green",
            "found": "fine",
            "fix": "",
            "value": None,
        }
        for name in (
            "python",
            "packages",
            "cores",
            "memory",
            "disk",
            "gpu",
            "bfloat16",
            "data",
            "servers",
        )
    }
    for name, (state, fix) in states.items():
        fine[name] |= {"state": state, "found": "so it is", "fix": fix}
    return {"state": "green", "checks": fine}


def test_doctors_own_file_is_understood_in_whichever_utf_a_terminal_wrote_it(
    tmp_path, capsys
):
    written = json.dumps(
        report(data=("amber", "Fetch it — or not.")), ensure_ascii=False
    )
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):  # PowerShell's > writes UTF-16
        status, said = say(
            capsys, "ready", write(tmp_path, "ada.json", written.encode(encoding))
        )
        assert status == 0 and "1 ready, 0 not ready" in said, encoding


def test_who_is_not_ready_gets_doctors_own_sentence(tmp_path, capsys):
    step = '`python -m pip install "keras>=3.15.1"`, then start Python again.'
    files = [
        write(tmp_path, "ada.json", report()),
        write(
            tmp_path,
            "ben.json",
            report(packages=("red", step), data=("amber", "Fetch them.")),
        ),
        write(
            tmp_path,
            "cem.json",
            report(memory=("amber", "Close programs."), gpu=("amber", "docs/gpu.md")),
        ),
    ]
    status, said = say(capsys, "ready", *files)
    assert (
        status == 1
        and "3 learners: 2 ready, 1 not ready." in said
        and "Needed: packages by 1." in said
    )
    assert (
        said.index("ben") < said.index("ada")
        and f"to do: packages (so it is). {step}" in said
    )
    assert "better: memory (so it is). Close programs." in said
    assert (
        "Fetch them." not in said and "docs/gpu.md" not in said
    )  # the course needs neither


def test_a_file_that_is_named_in_two_ways_is_one_learner(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, "ada.json", report())
    assert "1 learner: " in say(capsys, "ready", "ada.json", path, ".", "*.json")[1]


def test_all_ready_is_exit_status_0_and_a_file_that_cannot_be_read_is_not(
    tmp_path, capsys
):
    good = write(tmp_path, "ada.json", report())
    assert say(capsys, "ready", good)[0] == 0
    status, said = say(capsys, "ready", good, write(tmp_path, "bad.json", "{"))
    assert (
        status == 1 and "bad.json: not JSON" in said and "1 ready, 0 not ready" in said
    )


LIES = {
    "nothing.json": {"state": "green", "checks": {}},
    "progress.json": progress(0),
    "colour.json": report(python=("blue", "")),
    "types.json": {
        "state": "green",
        "checks": report()["checks"] | {"disk": ["green"]},
    },
    "number.json": {
        "state": "green",
        "checks": report()["checks"]
        | {"disk": {"state": "green", "found": 3, "fix": ""}},
    },
    "crowd.json": {
        "state": "green",
        "checks": report()["checks"]
        | {str(i): report()["checks"]["disk"] for i in range(99)},
    },
    "deep.json": "[" * 400_000,
    "huge.json": b" " * (room.LARGEST + 1),
}


@pytest.mark.parametrize("name", LIES)
def test_what_doctor_did_not_write_counts_for_nobody(tmp_path, name, capsys):
    bad = write(tmp_path, name, LIES[name])
    status, said = say(capsys, "ready", write(tmp_path, "ada.json", report()), bad)
    assert (
        status == 1
        and "1 learner: 1 ready" in said
        and f"Left out: 1 file.\n  {name}: " in said
    )


def test_a_hostile_sentence_is_shown_without_its_escapes(tmp_path, capsys):
    bad = report(packages=("red", ESCAPE + "y" * 5000))
    bad["checks"][ESCAPE] = bad["checks"]["disk"]
    _, said = say(capsys, "ready", write(tmp_path, "eve.json", bad))
    assert harmless(said) and "NOT READY" in said and len(said) < 2000


# ---- the rehearsal, with real kernels

LEARNS = """import os, pathlib
pathlib.Path("mine.txt").touch(exist_ok=False)  # a folder of one's own, or this fails
cache = pathlib.Path(os.environ["TLKIT_CACHE"])
assert cache.parent.samefile(pathlib.Path.cwd()), "a cache of one's own"
assert "TLKIT_PROGRESS" not in os.environ and os.environ["MPLBACKEND"] != "agg"
block = bytearray(60_000_000)
block[::4096] = bytes(len(block[::4096]))"""


def notebook(folder, *cells):
    kernel = {
        "kernelspec": {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
    }
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=kernel
    )
    nbformat.write(made, folder / "tiny.ipynb")
    return folder / "tiny.ipynb"


def kernels_of(pid):
    return [
        p
        for p in psutil.Process(pid).children(recursive=True)
        if "ipykernel_launcher" in " ".join(p.cmdline())
    ]


def test_two_learners_run_at_once_and_their_memory_is_measured(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("TLKIT_PROGRESS", str(tmp_path / "shared.json"))
    monkeypatch.setenv("MPLBACKEND", "agg")  # as the command line sets it
    monkeypatch.setattr(rehearse, "INTERVAL", 0.05)
    both = tmp_path / "both"
    meet = (
        "import time, "
        f"pathlib\npathlib.Path({str(both)!r}).open('a').write('x')\ntime.sleep(1.5)"
    )
    path = notebook(tmp_path, LEARNS, meet)
    found = rehearse.rehearse([path], 2)
    (row,) = found.rows
    assert found.failures == [] and both.read_text() == "xxx"  # one alone, then two
    assert row["longest"] >= row["median"] > 1.5 and row["longest"] < 2 * (
        row["median"] + 1.5
    )
    assert (
        row["own"] > 60e6 and row["together"] > 2 * 60e6
    )  # both blocks were there at the same time
    assert (
        row["own"] < 150e6
    )  # the block and a bare kernel, without what all kernels share
    assert row["together"] <= 2 * row["own"] + row["shared"]
    assert row["cpu"] > 0.1
    assert (
        found.fits
        == int(
            (found.machine["memory_free"] - row["shared"])
            // (row["own"] + rehearse.SERVER)
        )
        > 0
    )
    assert "tiny.ipynb" in str(found) and f"{found.fits} learners fit" in str(found)
    assert kernels_of(os.getpid()) == []


def test_a_failing_cell_is_named_and_no_size_of_a_room_is_claimed(tmp_path, capsys):
    path = notebook(tmp_path, "1", "raise ValueError('no \\x1b[31msuch thing')", "2")
    assert workshop.main(["rehearse", "--notebooks", str(path), "--json"]) == 1
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert result["failures"] == [
        "tiny.ipynb, learner 1, cell 2: ValueError: no ·[31msuch thing (alone)"
    ]
    assert result["fits"] is None and "FAILED: tiny.ipynb" in said.err
    assert kernels_of(os.getpid()) == []


def test_a_kernel_that_dies_is_a_failure_and_not_a_wait(tmp_path):
    path = notebook(
        tmp_path,
        "1",
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM if os.name == 'nt' "
        "else 9)",
    )
    (failure,) = rehearse.run_at_once(path, [tmp_path]).failures
    assert "cell 2: DeadKernelError" in failure and "enough memory" in failure


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_every_kernel_and_leaves_no_folder(tmp_path):
    once = (
        "import pathlib, subprocess, time\nbefore = "
        f"pathlib.Path({str(tmp_path / 'alone')!r})"
    )
    hang = (
        "if before.exists():\n    subprocess.Popen(['sleep', '600'])\n    "
        "time.sleep(600)\nbefore.touch()"
    )
    command = [
        sys.executable,
        "-m",
        "tlkit_course.workshop",
        "rehearse",
        "--learners",
        "2",
    ]
    command += ["--notebooks", str(notebook(tmp_path, once, hang))]
    (tmp_path / "tmp").mkdir()
    env = os.environ | {"TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(copies.ROOT)}
    heard = partial(
        signal.signal, signal.SIGINT, signal.SIG_DFL
    )  # in the background it would be ignored
    run = subprocess.Popen(
        command, env=env, stderr=subprocess.PIPE, text=True, preexec_fn=heard
    )
    names, until = [], time.monotonic() + 60
    while names.count("sleep") < 2 and time.monotonic() < until:
        time.sleep(0.2)
        started = psutil.Process(run.pid).children(recursive=True)
        names = [p.info["name"] for p in psutil.process_iter(["name"]) if p in started]
    run.send_signal(signal.SIGINT)
    try:
        said = run.communicate(timeout=30)[1]
        _, left = psutil.wait_procs(started, timeout=2)
        left = [
            p for p in left if p.is_running() and p.status() != psutil.STATUS_ZOMBIE
        ]
    finally:
        for process in [run, *psutil.wait_procs(started, timeout=0)[1]]:
            process.kill()
    assert names.count("sleep") == 2, "two learners were at work"
    assert (
        run.returncode == 130 and "stopped by you" in said and "Traceback" not in said
    )
    assert left == []
    assert [
        path.name
        for path in (tmp_path / "tmp").iterdir()
        if path.name.startswith("tlkit-")
    ] == []


@pytest.mark.parametrize(
    "words", [["--learners", "0"], ["--notebooks", "77"], ["--notebooks", "no.ipynb"]]
)
def test_what_cannot_be_rehearsed_gets_a_sentence(words):
    with pytest.raises(ValueError, match="expected"):
        workshop.main(["rehearse", *words])
