"""Every notebook as Binder runs it, on one core: its outputs, its memory, its time.

    python tests/ci/memory.py [--limit-gb 1.5] [--cores 0,1] NOTEBOOK [NOTEBOOK …]

Each notebook is executed by pytest and nbval (as `make test` does) in a process that is
pinned to one core and started by binder/start, so with one thread. Notebooks run side
by side, one for each core. "peak" is the largest resident memory of the kernel (VmHWM,
by Linux) and of all that it starts. "own" is the part that is no file: several kernels
on one machine share the rest. Exit status 1 if a notebook fails or takes too much.
"""

import argparse
import os
import queue
import re
import subprocess
import sys
import time
from multiprocessing.pool import ThreadPool
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

ROOT = Path(__file__).parents[2]
FIELDS = {"peak": "VmHWM", "own": "RssAnon"}  # column -> its name in /proc/PID/status


def verdict(row: dict, limit: float) -> str:
    """One word for the table; limit in bytes."""
    if row["failed"]:
        return "FAILED"
    if row["peak"] > limit:
        return "TOO MUCH"
    return "ok"


def of_process(pid: int) -> dict[str, int]:
    """Bytes by column; 0 for a process that has ended.

    Where there is no /proc, both are the resident memory of this moment, by psutil.
    """
    try:
        if not Path("/proc/self/status").exists():
            return dict.fromkeys(FIELDS, psutil.Process(pid).memory_info().rss)
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except (OSError, psutil.Error):
        return dict.fromkeys(FIELDS, 0)
    return {column: _in_bytes(status, field) for column, field in FIELDS.items()}


def _in_bytes(status: str, field: str) -> int:
    """A line such as ``VmHWM: 12 kB`` of a /proc/PID/status, as bytes; 0 if missing."""
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    return 1024 * int(found[1]) if found else 0


def kernel_tree(pid: int) -> list[int]:
    """The kernel that a pytest process started, and all that the kernel started."""
    found = []
    try:
        for process in psutil.Process(pid).children(recursive=True):
            if "ipykernel_launcher" in process.cmdline():
                found.append(process.pid)
                found += [child.pid for child in process.children(recursive=True)]
    except psutil.Error:
        return []
    return found


def watch(run: subprocess.Popen, interval: float) -> dict[str, int]:
    """Wait until a pytest process ends; returns the peak of its kernels by column."""
    peaks: dict[int, dict[str, int]] = {}
    while run.poll() is None:
        for pid in kernel_tree(run.pid):
            before = peaks.get(pid, dict.fromkeys(FIELDS, 0))
            now = of_process(pid)
            peaks[pid] = {column: max(now[column], before[column]) for column in FIELDS}
        time.sleep(interval)
    return {column: sum(peak[column] for peak in peaks.values()) for column in FIELDS}


def measure(notebook: str, core: int, interval: float = 0.25) -> dict:
    """Run one notebook on one core.

    Returns:
        "notebook", "peak" and "own" (bytes), "seconds", "failed", "output".
    """
    pin = None
    if hasattr(os, "sched_setaffinity"):

        def pin():
            os.sched_setaffinity(0, {core})

    command = [str(ROOT / "binder" / "start")] if os.name == "posix" else []
    command += [sys.executable, "-m", "pytest", "-n", "0", "-q"]
    command += ["--nbval-lax", "--nbval-cell-timeout=600", notebook]
    environment = os.environ | {"TQDM_DISABLE": "1"}
    started = time.perf_counter()
    with TemporaryDirectory() as folder:
        output = Path(folder) / "out.txt"
        with output.open("w", encoding="utf-8") as out:
            run = subprocess.Popen(
                command, stdout=out, stderr=out, env=environment, preexec_fn=pin
            )
            taken = watch(run, interval)
        text = output.read_text("utf-8")
    return {
        "notebook": Path(notebook).name,
        **taken,
        "seconds": time.perf_counter() - started,
        "failed": run.returncode != 0 or not taken["peak"],
        "output": text,
    }


def table(rows: list[dict], limit: float) -> str:
    """One line for each notebook, and its verdict; limit in bytes."""
    lines = [f"{'notebook':40}{'peak, MB':>10}{'own, MB':>10}{'seconds':>9}"]
    for row in rows:
        peak, own = row["peak"] / 1e6, row["own"] / 1e6
        sizes = f"{peak:>10,.0f}{own:>10,.0f}{row['seconds']:>9.0f}"
        lines.append(f"{row['notebook']:40}{sizes}  {verdict(row, limit)}")
    return "\n".join(lines)


def all_cores() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def side_by_side(notebooks: list[str], cores: list[int]) -> list[dict]:
    """Run all notebooks, never two on one core."""
    idle: queue.SimpleQueue[int] = queue.SimpleQueue()
    for core in cores:
        idle.put(core)

    def on_an_idle_core(notebook: str) -> dict:
        core = idle.get()
        try:
            return measure(notebook, core)
        finally:
            idle.put(core)

    with ThreadPool(len(cores)) as pool:
        return pool.map(on_an_idle_core, notebooks, chunksize=1)


def main(*words: str) -> int:
    """Exit status 0 if every notebook runs and none takes more than the limit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--limit-gb", type=float, default=1.5)
    parser.add_argument(
        "--cores",
        default=",".join(map(str, all_cores())),
        help="numbers of the cores to use, such as 0,1 (default: all)",
    )
    parser.add_argument("notebooks", nargs="+")
    asked = parser.parse_args(words)
    cores = [int(core) for core in asked.cores.split(",")]
    limit = asked.limit_gb * 1e9

    rows = side_by_side(asked.notebooks, cores)
    for row in rows:
        if row["failed"]:
            print(f"--- {row['notebook']}\n{row['output']}")
    print(f"one core and one thread each; the limit is {asked.limit_gb} GB")
    print(table(rows, limit))
    return int(any(verdict(row, limit) != "ok" for row in rows))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
