"""Every notebook as Binder runs it, on one core, its outputs compared and its memory measured.

    python tests/ci/memory.py [--limit-gb 1.5] [--cores 0,1] NOTEBOOK [NOTEBOOK …]

Each notebook is executed by pytest and nbval (as `make test` does) in a process that is pinned to one core and started
by binder/start, so with one thread. Notebooks run side by side, one for each core. The kernel's peak of resident memory
is the kernel's own (VmHWM, by Linux); what it starts is added to it. "own" is the part that is no file: several kernels
on one machine share the rest. Exit status 1 if a notebook fails or takes more than the limit.
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
FIELDS = {"peak": "VmHWM", "own": "RssAnon"}


def of_process(pid: int) -> dict[str, int]:
    """Bytes by column of the table, 0 for a process that is gone; where there is no /proc, what psutil says now."""
    try:
        if not Path("/proc/self/status").exists():
            return dict.fromkeys(FIELDS, psutil.Process(pid).memory_info().rss)
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except (OSError, psutil.Error):
        return dict.fromkeys(FIELDS, 0)
    found = {
        name: re.search(rf"{field}:\s+(\d+) kB", status)
        for name, field in FIELDS.items()
    }
    return {name: int(match[1]) * 1024 if match else 0 for name, match in found.items()}


def kernel_tree(pid: int) -> list[int]:
    """The kernel that a pytest process started, and whatever the kernel started."""
    try:
        started = psutil.Process(pid).children(recursive=True)
        kernels = [
            process for process in started if "ipykernel_launcher" in process.cmdline()
        ]
        return [
            p.pid
            for kernel in kernels
            for p in (kernel, *kernel.children(recursive=True))
        ]
    except psutil.Error:
        return []


def measure(notebook: str, core: int, interval: float = 0.25) -> dict:
    """Run one notebook; {"notebook", "peak", "own" (bytes), "seconds", "failed"}, "output" for a failure."""
    pin = (
        (lambda: os.sched_setaffinity(0, {core}))
        if hasattr(os, "sched_setaffinity")
        else None
    )
    command = [ROOT / "binder" / "start"] if os.name == "posix" else []
    command += [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--nbval-cell-timeout=600",
    ]
    command += ["-n", "0", "-q", notebook]
    peaks: dict[int, dict[str, int]] = {}
    started = time.perf_counter()
    with (
        TemporaryDirectory() as folder,
        open(Path(folder) / "out.txt", "w+", encoding="utf-8") as out,
    ):
        environment = os.environ | {"TQDM_DISABLE": "1"}
        run = subprocess.Popen(
            command, stdout=out, stderr=out, env=environment, preexec_fn=pin
        )
        while run.poll() is None:
            for pid in kernel_tree(run.pid):
                now, before = of_process(pid), peaks.get(pid, dict.fromkeys(FIELDS, 0))
                peaks[pid] = {name: max(now[name], before[name]) for name in FIELDS}
            time.sleep(interval)
        out.seek(0)
        said = out.read()
    total = {name: sum(peak[name] for peak in peaks.values()) for name in FIELDS}
    seconds, failed = time.perf_counter() - started, run.returncode != 0 or not peaks
    return {
        "notebook": Path(notebook).name,
        **total,
        "seconds": seconds,
        "failed": failed,
        "output": said,
    }


def table(rows: list[dict], limit: float) -> str:
    """One line for each notebook, and its verdict."""
    lines = [f"{'notebook':40}{'peak, MB':>10}{'own, MB':>10}{'seconds':>9}"]
    for row in rows:
        verdict = (
            "FAILED" if row["failed"] else "TOO MUCH" if row["peak"] > limit else "ok"
        )
        sizes = f"{row['peak'] / 1e6:>10,.0f}{row['own'] / 1e6:>10,.0f}{row['seconds']:>9.0f}"
        lines.append(f"{row['notebook']:40}{sizes}  {verdict}")
    return "\n".join(lines)


def main(*words: str) -> int:
    """Exit status 0 if every notebook runs and none takes more than the limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--limit-gb", type=float, default=1.5)
    here = (
        sorted(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else range(os.cpu_count() or 1)
    )
    parser.add_argument(
        "--cores",
        default=",".join(map(str, here)),
        help="run so many side by side (default: all)",
    )
    parser.add_argument("notebooks", nargs="+")
    asked = parser.parse_args(words)
    cores = [int(core) for core in asked.cores.split(",")]
    idle: queue.SimpleQueue[int] = queue.SimpleQueue()
    for core in cores:
        idle.put(core)

    def on_an_idle_core(notebook):
        core = idle.get()
        try:
            return measure(notebook, core)
        finally:
            idle.put(core)

    with ThreadPool(len(cores)) as pool:
        rows = pool.map(on_an_idle_core, asked.notebooks, chunksize=1)
    limit = asked.limit_gb * 1e9
    for row in rows:
        if row["failed"]:
            print(f"--- {row['notebook']}\n{row['output']}")
    print(
        f"one core and one thread each; the limit is {asked.limit_gb} GB\n{table(rows, limit)}"
    )
    return any(row["failed"] or row["peak"] > limit for row in rows)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
