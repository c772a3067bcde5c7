"""The doctor sees the container and not the host, says how to repair what it finds, and
needs nothing but Python.
"""

import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple
from dataclasses import asdict
from pathlib import Path

import pytest

import tlkit as tk
from tlkit import doctor as shown  # the function
from tlkit.files import fetch
from tlkit.machine import processor

module = sys.modules["tlkit.commands.doctor"]
ROOT = Path(__file__).parents[1]
GB = 10**9
MEMINFO = (
    f"MemTotal: {32 * GB // 1024} kB\nMemFree: 1 kB\n"
    f"MemAvailable: {20 * GB // 1024} kB\n"
)
NAMES = [
    "python",
    "packages",
    "cores",
    "processor",
    "memory",
    "disk",
    "gpu",
    "bfloat16",
    "data",
    "servers",
]


def machine(tmp_path, groups="", **files):
    """A folder that looks like a Linux machine's /.

    A file's name is its path with "__" for "/" and "_" as it is.
    """
    files = {"proc__self__cgroup": groups, "proc__meminfo": MEMINFO, **files}
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(text))
    return str(tmp_path)


def group(folder, **files):
    return {
        f"sys__fs__cgroup__{folder}{name.replace('_dot_', '.')}": text
        for name, text in files.items()
    }


def memory(root):
    found = module._look(module._memory, root)
    return found.state, found.value["total"], found.value["free"]


def test_without_a_limit_the_memory_is_the_machines(tmp_path):
    root = machine(tmp_path, "0::/\n", **group("", memory_dot_max="max"))
    assert memory(root) == ("green", 32 * GB // 1024 * 1024, 20 * GB // 1024 * 1024)


def test_the_memory_is_the_containers_and_files_kept_there_count_as_free(tmp_path):
    stat = f"anon 1\nactive_file 7\ninactive_file {GB}\n"
    files = group(
        "", memory_dot_max=4 * GB, memory_dot_current=3 * GB, memory_dot_stat=stat
    )
    assert memory(machine(tmp_path, "0::/\n", **files)) == ("green", 4 * GB, 2 * GB)


def test_a_limit_on_any_control_group_above_counts(tmp_path):
    files = group("hub__", memory_dot_max=2 * GB, memory_dot_current=GB) | group(
        "hub__ada__", memory_dot_max=3 * GB, memory_dot_current=0
    )
    assert memory(machine(tmp_path, "0::/hub/ada\n", **files)) == ("amber", 2 * GB, GB)


def test_version_1_of_control_groups_counts_too(tmp_path):
    stat = f"inactive_file 5\ntotal_inactive_file {GB // 2}\n"
    names = (
        "memory_dot_limit_in_bytes",
        "memory_dot_usage_in_bytes",
        "memory_dot_stat",
    )
    files = group(
        "memory__docker__1__", **dict(zip(names, (2 * GB, GB, stat), strict=True))
    )
    unlimited = group(
        "memory__", memory_dot_limit_in_bytes=2**63 - 4096, memory_dot_usage_in_bytes=5
    )
    root = machine(
        tmp_path, "9:cpuset:/\n4:memory:/docker/1\n0::/\n", **files, **unlimited
    )
    assert memory(root) == ("green", 2 * GB, GB * 3 // 2)


def test_a_container_too_small_for_a_notebook_is_red_and_says_where_to_go(tmp_path):
    root = machine(
        tmp_path, "0::/\n", **group("", memory_dot_max=GB, memory_dot_current=0)
    )
    found = module._look(module._memory, root)
    assert found.state == "red" and "use Binder or Colab" in found.fix


def test_memory_is_known_on_machines_without_proc(tmp_path):
    import psutil

    assert memory(str(tmp_path))[1] == psutil.virtual_memory().total


@pytest.fixture
def eight_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)


@pytest.mark.parametrize(
    "groups, files, share",
    [
        ("0::/\n", group("", cpu_dot_max="max 100000"), 8),
        ("0::/a\n", group("", cpu_dot_max="250000 100000"), 2.5),
        ("0::/a\n", group("a__", cpu_dot_max="50000 100000"), 0.5),
        (
            "1:cpu,cpuacct:/a\n",
            group("cpu__a__", cpu_dot_cfs_quota_us=-1, cpu_dot_cfs_period_us=100000),
            8,
        ),
        (
            "1:cpu:/a\n",
            group(
                "cpu__a__", cpu_dot_cfs_quota_us=200000, cpu_dot_cfs_period_us=100000
            ),
            2,
        ),
    ],
)
def test_cores_are_those_that_the_container_may_use(
    eight_cores, tmp_path, groups, files, share
):
    found = module._look(module._cores, machine(tmp_path, groups, **files))
    assert found.value == share and found.found == f"{share:g} of 8"
    assert found.state == ("green" if share == 8 else "amber")
    if share < 8:
        assert f"TF_NUM_INTRAOP_THREADS to {max(1, int(share))} before" in found.fix


def test_a_container_whose_threads_are_already_limited_needs_no_advice(
    eight_cores, tmp_path, monkeypatch
):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    root = machine(tmp_path, "0::/\n", **group("", cpu_dot_max="200000 100000"))
    assert module._look(module._cores, root).state == "green"


def test_cores_are_counted_where_there_is_no_affinity(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert module._look(module._cores, str(tmp_path)).value == 3


def processor_row(monkeypatch, state):
    monkeypatch.setattr(processor, "onednn", lambda: state)
    return module._look(module._processor)


def test_the_processor_is_named_with_the_state_of_its_faster_convolutions(monkeypatch):
    found = processor_row(monkeypatch, "on")
    assert (found.state, found.found, found.fix) == (
        "green",
        processor.in_words(),
        "",
    )
    assert found.value["onednn"] == "on"
    assert found.found.startswith(found.value["instructions"])


def test_a_tensorflow_that_was_imported_too_early_is_a_note_with_the_remedy(
    monkeypatch,
):
    found = processor_row(monkeypatch, "too late")
    assert found.state == "amber" and processor.TOO_LATE in found.fix


def test_convolutions_that_the_user_switched_off_name_the_variable(monkeypatch):
    found = processor_row(monkeypatch, "off")
    assert found.state == "amber"
    assert "TF_ENABLE_ONEDNN_OPTS=0 is set" in found.fix and "remove" in found.fix


def test_the_processor_that_a_program_sees_is_the_one_that_tensorflow_gets():
    code = "import tlkit as tk; print(repr(tk.doctor()[3].value['onednn']))"
    said = {}
    for setting in ("0", "1"):
        environment = {**os.environ, processor.ONEDNN: setting}
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        said[setting] = done.stdout.strip()
    if processor.is_x86():
        assert said == {"0": "'off'", "1": "'on'"}


def test_other_modules_ask_for_cores_and_memory_by_public_names(tmp_path):
    files = group("a__", cpu_dot_max="50000 100000") | group(
        "a__", memory_dot_max=2 * GB, memory_dot_current=GB
    )
    root = machine(tmp_path, "0::/a\n", **files)
    assert module.cores(root) == 0.5
    assert module.memory(root) == {"total": 2 * GB, "free": GB}


def test_packages_that_are_too_old_or_missing_are_red_with_the_line_that_installs_them(
    monkeypatch,
):
    needs = [
        "keras>=99",
        "numpy>=2",
        "tlkit-nowhere>=1",
        "mypy>=99; extra == 'test'",
        "appnope>=9; sys_platform == 'x'",
    ]
    assert module.unmet(needs) == ["keras>=99", "tlkit-nowhere>=1"]
    assert module.unmet(needs, skip=("keras",)) == ["tlkit-nowhere>=1"]
    monkeypatch.setattr(
        module, "unmet", lambda lines=None: ["keras>=99"] if lines is None else []
    )
    found = module._look(module._packages)
    assert found.state == "red" and 'pip install "keras>=99"`' in found.fix


def test_packages_other_than_tested_are_amber(tmp_path):
    pins = tmp_path / "requirements.txt"
    pins.write_text(
        "# pins\n-e .\nnumpy==1.0\nkeras==3.15.1 ; sys_platform == 'elsewhere'\n"
    )
    found = module._look(module._packages, str(pins))
    assert (found.state, found.value["not_as_pinned"]) == ("amber", ["numpy==1.0"])
    assert module._look(module._packages, str(tmp_path / "absent")).state == "green"


def test_the_tensorflow_with_gpu_will_do_for_the_one_without(tmp_path, monkeypatch):
    (tmp_path / "tensorflow-2.30.0.dist-info").mkdir()
    (tmp_path / "tensorflow-2.30.0.dist-info" / "METADATA").write_text(
        "Name: tensorflow\nVersion: 2.30.0\n"
    )
    import packaging.requirements  # noqa: F401

    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert module.unmet(["tensorflow-cpu>=2.21"]) == []
    assert module.unmet(["tensorflow-cpu>=2.31", "keras"]) == [
        "tensorflow-cpu>=2.31",
        "keras",
    ]


def data():
    found = module._look(module._data)
    return found, {name: file["state"] for name, file in found.value.items()}


def test_data_is_missing_then_verified_then_damaged(vgg16, server):
    found, states = data()
    assert found.state == "amber" and states == {
        "vgg16": "missing",
        "cifar10": "missing",
    }
    assert "`python -m tlkit fetch vgg16 cifar10`" in found.fix and not server.requests
    with fetch.get("vgg16").open("r+b") as file:
        found, states = data()
        assert states["vgg16"] == "verified" and "fetch cifar10`" in found.fix
        file.seek(99)
        file.write(b"tampered")
    found, states = data()
    assert states["vgg16"] == "damaged" and found.state == "amber"


def test_servers_are_asked_without_downloading(vgg16, archive, server):
    found = module._look(module._servers, {"vgg16": {}, "cifar10": {}})
    assert (found.state, found.value) == (
        "green",
        {"vgg16": "reached", "cifar10": "reached"},
    )
    assert not server.requests  # no GET
    vgg16.unlink()
    assert module._look(module._servers, {"vgg16": {}}).value["vgg16"] == "answers 404"


@pytest.fixture
def closed(monkeypatch):
    """An address at which nobody listens."""
    with socket.socket() as once:
        once.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{once.getsockname()[1]}/"
    files = {
        name: fetch.FILES[name].__class__(**{**vars(fetch.FILES[name]), "url": url})
        for name in fetch.FILES
    }
    monkeypatch.setattr(fetch, "FILES", files)


def test_a_server_that_is_not_reached_matters_only_if_something_is_missing(closed):
    assert module._look(module._servers, {"vgg16": {}}).state == "amber"
    found = module._look(module._servers, {})
    assert (
        found.state == "green"
        and found.found == "vgg16: not reached, cifar10: not reached"
        and not found.fix
    )


def test_a_server_that_never_answers_holds_nobody_up(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        started = time.perf_counter()
        answers = {}
        module._ask("vgg16", url, 0.2, answers)
        assert answers == {"vgg16": "not reached"} and time.perf_counter() - started < 5
    hangs = threading.Event()
    monkeypatch.setattr(module, "_ask", lambda *_: hangs.wait(60))
    assert set(module._look(module._servers, {}, 0.1).value.values()) == {"no answer"}
    hangs.set()


Usage = namedtuple("Usage", "free")


@pytest.mark.parametrize(
    "free, writable, state",
    [(9e9, 1, "green"), (6e8, 1, "amber"), (1e8, 1, "red"), (9e9, 0, "red")],
)
def test_room_is_wanted_for_what_is_missing(
    tmp_path, monkeypatch, free, writable, state
):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda place: Usage(free))
    monkeypatch.setattr(module.os, "access", lambda place, mode: bool(writable))
    missing = {"cifar10": {"bytes": 170_000_000}}
    found = module._look(module._disk, missing, str(tmp_path / "not" / "yet"))
    assert found.state == state and found.value["wanted"] == 840_000_000
    assert ("Set TLKIT_CACHE" in found.fix) == (state != "green") and str(
        tmp_path
    ) not in str(found)
    assert not (tmp_path / "not").exists()


def test_a_gpu_that_tensorflow_does_not_use_is_amber(monkeypatch):
    said = {"nvidia-smi": "NVIDIA T4\n", sys.executable: "0\n"}
    monkeypatch.setattr(module, "_output", lambda command, *_: said.get(command, ""))
    found = module._look(module._gpu)
    assert (found.state, found.found) == (
        "amber",
        "NVIDIA T4, not used",
    ) and "docs/gpu.md" in found.fix
    said[sys.executable] = "1\n"
    assert module._look(module._gpu).state == "green"
    said["nvidia-smi"] = ""
    assert module._look(module._gpu).found == "none, and none is needed"


def test_bfloat16_is_timed_only_when_asked_for_and_shown_from_then_on(
    cache, monkeypatch
):
    from tlkit import speed

    def measured(backbone, *_):
        asked.append(backbone.width)
        speed._folder().mkdir(parents=True)
        for precision, step in (("float32", 0.32), ("bfloat16", 0.16)):
            depths = {"all": speed.Depth(step, 2 * step, start=1.0, share=1.0)}
            one = speed.Speed(speed.machine(), speed.VGG16, precision, 300.0, depths)
            (speed._folder() / f"{precision}.json").write_text(
                json.dumps(asdict(one)), "utf-8"
            )

    asked = []
    monkeypatch.setattr(speed, "faster_precision", measured)
    assert module._look(module._bfloat16, False).value is None and not asked
    found = module._look(module._bfloat16, True)
    assert found.value == {"float32": 100, "bfloat16": 200} and asked == [1.0]
    assert (
        "200 images of 32 pixels a second in bfloat16 here, 100 in float32"
        in found.found
    )
    assert module._look(module._bfloat16, False) == found and asked == [1.0]
    kept = speed._folder() / "bfloat16.json"
    other = kept.read_text("utf-8").replace(speed.machine(), "another machine")
    kept.write_text(other, "utf-8")
    assert (
        module._look(module._bfloat16, False).value is None
    )  # measured elsewhere: says nothing about this one


def test_every_amber_and_red_has_its_sentence_in_text_and_page(
    closed, cache, monkeypatch
):
    monkeypatch.setattr(
        module, "unmet", lambda lines=None: ["a<1"] if lines is None else []
    )
    report = tk.doctor()
    assert [finding.name for finding in report] == NAMES and report.state == "red"
    page, text = report._repr_html_(), repr(report)
    for finding in report:
        assert finding.found in text and finding.fix in text
        assert bool(finding.fix) == (finding.state != "green")
    assert (
        "stop  packages  missing or too old: a<1\n"
        "                `python -m pip install" in text
    )
    assert (
        "missing or too old: a&lt;1" in page
        and ">stop</b>" in page
        and ">note</b>" in page
        and ">good</b>" in page
    )
    assert (
        "<code>python -m tlkit fetch vgg16 cifar10</code>" in page and len(page) < 4000
    )
    assert "\n\n" not in text


def test_the_page_can_be_read_on_light_and_dark_ground():
    """White on each colour has a contrast of 4.5 or more (WCAG AA).

    All other text keeps the theme's colour.
    """
    for word, colour in module.WORDS.values():
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in channels
        ]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert word and 1.05 / (luminance + 0.05) >= 4.5, colour
    assert module.ROW.count("color:") == 1


def test_json_has_stable_keys_and_names_no_person_and_no_folder(
    closed, cache, monkeypatch, capsys
):
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("USER", "ada")
    assert module.main(["--json"]) == 0
    said = capsys.readouterr().out
    found = json.loads(said)
    assert set(found) == {"state", "checks"} and list(found["checks"]) == NAMES
    assert all(
        set(check) == {"name", "state", "found", "fix", "value"}
        for check in found["checks"].values()
    )
    assert (
        "ada" not in said
        and str(cache) not in said
        and str(ROOT) not in said
        and socket.gethostname() not in said
    )


def test_the_exit_status_is_1_only_if_something_is_red(
    closed, cache, monkeypatch, capsys
):
    from tlkit.commands import cli

    assert cli.main(["doctor"]) == 0 and "note  data" in capsys.readouterr().out
    monkeypatch.setattr(module, "_here", lambda free_gb: "This Python is too old.")
    assert cli.main(["doctor", "--json"]) == 1
    assert (
        json.loads(capsys.readouterr().out)["checks"]["python"]["fix"]
        == "This Python is too old."
    )


@pytest.mark.parametrize(
    "how", [["tlkit/commands/doctor.py"], ["-m", "tlkit", "doctor"]]
)
def test_a_bare_python_gets_an_answer_too(how):
    bare = subprocess.run(
        [sys.executable, "-S", *how], capture_output=True, text=True, cwd=ROOT
    )
    assert bare.returncode == 1 and not bare.stderr
    assert (
        "stop  packages  not there yet\n"
        "                Install the packages: `make lab`" in bare.stdout
    )
    assert "note  data      not there yet" in bare.stdout and "memory" in bare.stdout
    other = subprocess.run(
        [sys.executable, "-S", "-m", "tlkit", "run"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert (
        other.returncode == 1 and "No module named" in other.stderr
    )  # only the doctor does without


def test_the_name_stays_a_function_whatever_is_imported():
    code = (
        "import tlkit as tk, tlkit.commands.doctor, tlkit.commands.cli;"
        "from tlkit.commands.doctor import Report;"
        "print(callable(tk.doctor))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT
        ).stdout
        == "True\n"
    )
    assert shown is tk.doctor


def test_output_in_a_terminal_without_utf8_does_not_stop_a_command(monkeypatch):
    from tlkit.commands import cli

    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(cli, "_cache", lambda arguments: print("letters → digits"))
    assert cli.main(["cache"]) == 0
    out.flush()
    assert out.buffer.getvalue() == b"letters \\u2192 digits\n"
