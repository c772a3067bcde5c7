"""A rehearsal: the notebooks as so many learners at once on this machine, to know how long and how many.

The load is real. Each has a kernel, a folder of learners' copies, and a feature cache of its own, empty at
first, as on a hub where each has a home. The masters are run, because the copies stop where an exercise is unsolved.
All learners start a notebook at the same moment and nobody stops to read: the worst minute of a workshop.

Memory is sampled a few times a second from all processes of the kernels. "Together" is the proportional set size
(PSS), in which a page that several kernels share counts once. "Each" is the part of the largest learner that is no
file, so that every further learner adds as much; libraries and mapped data lie in memory once for all. (USS would not
do: it counts the libraries as a learner's own whenever the others have not loaded them yet or are done.) On macOS and
Windows, which do not tell files apart, "each" is USS and "together" the sum of it.
"""

import asyncio
import atexit
import json
import os
import platform
import re
import shutil
import statistics
import sys
import textwrap
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import psutil

from tlkit.commands import copies
from tlkit.commands.doctor import _cores, _memory

from . import masters, room

HALF_DAY = ("00", "01", "02", "03", "04", "05")
SERVER = 69e6  # bytes that a learner's JupyterLab server has to itself (docs/hub.md)
LONGEST = 1800  # seconds that a cell may take
INTERVAL = 0.25  # seconds between two looks at the memory


class Learner:
    """One learner on one notebook: what runs, and the most that was seen of it.

    Attributes:
        seconds: from before the kernel's start to its end.
        own: peak of the memory that this learner shares with nobody, in bytes.
        cpu: seconds of all cores that its processes worked.
        failed: which cell failed and how, in words; empty if none did.
    """

    def __init__(self, notebook: Path, folder: Path):
        from nbclient import NotebookClient

        self.seconds, self.own, self.cpu, self.failed, self._cell = 0.0, 0, 0.0, "", 0
        self._folder, self._seen = folder, set[psutil.Process]()
        master = nbformat.read(notebook, 4)
        self._client = NotebookClient(
            master,
            timeout=LONGEST,
            on_cell_start=self._at,
            extra_arguments=["--log-level=ERROR"],
        )

    def _at(self, cell, cell_index: int) -> None:
        self._cell = cell_index + 1

    def work(self) -> None:
        """Execute the notebook; fills in ``seconds`` and ``failed``."""
        from nbclient.exceptions import CellExecutionError

        outside = {
            "MPLBACKEND",
            "TLKIT_PROGRESS",
            "TLKIT_CACHE",
        }  # figures go into notebooks; homes are apart
        env = {key: value for key, value in os.environ.items() if key not in outside}
        env["TLKIT_CACHE"] = str(self._folder / ".cache")
        started = time.perf_counter()
        try:
            asyncio.run(self._client.async_execute(cwd=str(self._folder), env=env))
        except CellExecutionError as error:
            self.failed = f"cell {self._cell}: {room.printable(f'{error.ename}: {error.evalue}', 200)}"
        except (
            RuntimeError,
            TimeoutError,
        ) as error:  # nbclient's DeadKernelError and CellTimeoutError among them
            why = " (was there enough memory?)" if "died" in str(error) else ""
            self.failed = f"cell {self._cell}: {type(error).__name__}: {room.printable(error, 200)}{why}"
        finally:
            atexit.unregister(
                self._client._cleanup_kernel
            )  # left there by nbclient if the kernel never started
        self.seconds = time.perf_counter() - started

    def processes(self) -> list[psutil.Process]:
        """The kernel and whatever it started, alive now."""
        manager = self._client.km
        pid = getattr(getattr(manager, "provisioner", None), "pid", None)
        try:
            kernel = psutil.Process(pid) if pid else None
            now = [kernel, *kernel.children(recursive=True)] if kernel else []
        except psutil.NoSuchProcess:
            now = []
        self._seen.update(now)
        return now

    def look(self) -> tuple[int, int]:
        """Bytes in use now: proportional and own; keeps the peaks."""
        shares, owns, cpu = 0, 0, 0.0
        for process in self.processes():
            try:
                memory, times = process.memory_full_info(), process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            own = (
                memory.rss - memory.shared if hasattr(memory, "shared") else memory.uss
            )  # no file, so nobody else's
            shares, owns = shares + getattr(memory, "pss", own), owns + own
            cpu += times.user + times.system
        self.own, self.cpu = max(self.own, owns), max(self.cpu, cpu)
        return shares, owns

    def end(self) -> None:
        """Kill every process of this learner that is left."""
        self.processes()
        for process in self._seen:
            try:
                process.kill()  # psutil never kills another process that has got the same number
            except psutil.NoSuchProcess:
                continue


@dataclass
class Together:
    """A notebook that several learners ran at once.

    Attributes:
        together: peak of the memory of all learners, what they share counted once, in bytes.
        shared: the part of it that does not grow with the learners, at its peak, in bytes.
    """

    notebook: str
    learners: list[Learner]
    together: int = 0
    shared: int = 0

    @property
    def seconds(self) -> list[float]:
        """Of each learner."""
        return [learner.seconds for learner in self.learners]

    @property
    def failures(self) -> list[str]:
        """Notebook, learner, cell and error of each that failed."""
        return [
            f"{self.notebook}, learner {i}, {one.failed}"
            for i, one in enumerate(self.learners, 1)
            if one.failed
        ]


def run_at_once(notebook: Path, folders: list[Path]) -> Together:
    """Run a notebook once in each folder, all at the same time. However this ends, no kernel is left."""
    found = Together(notebook.name, [Learner(notebook, folder) for folder in folders])
    with ThreadPoolExecutor(len(folders)) as pool:
        working: list[Future[None]] = [
            pool.submit(learner.work) for learner in found.learners
        ]
        try:
            while not all(one.done() for one in working):
                looked = [learner.look() for learner in found.learners]
                together, own = (sum(column) for column in zip(*looked, strict=True))
                found.together, found.shared = (
                    max(found.together, together),
                    max(found.shared, together - own),
                )
                time.sleep(INTERVAL)
        finally:
            while not all(
                one.done() for one in working
            ):  # Ctrl-C: a kernel may be starting at this very moment
                for learner in found.learners:
                    learner.end()
                time.sleep(0.1)
    for learner in found.learners:
        learner.end()
    for one in working:
        one.result()  # an error that is none of the notebook's
    return found


@dataclass
class Rehearsal:
    """What was measured, on which machine; ``rows`` has a dict for each notebook, sizes in bytes, times in seconds."""

    learners: int
    machine: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def fits(self) -> int | None:
        """How many learners, each with a notebook and a server, fit into what was free; None after a failure."""
        if self.failures:
            return None
        own, shared = self._most("own"), self._most("shared")
        return max(0, int((self.machine["memory_free"] - shared) // (own + SERVER)))

    def _most(self, key: str) -> float:
        return max(row[key] for row in self.rows)

    def __str__(self) -> str:
        machine = "{cores:g} core(s) of {processor}, {memory:.1f} GB of memory, {memory_free:.1f} GB of them free, {system}"
        sizes = {key: self.machine[key] / 1e9 for key in ("memory", "memory_free")}
        header = (
            "notebook",
            "alone, s",
            "median, s",
            "longest, s",
            "slower",
            "CPU, s",
            "together, MB",
            "each, MB",
        )
        rows = [
            (row["notebook"], *(f"{row[key]:,.0f}" for key in ("alone", "median", "longest")),
             f"× {row['median'] / row['alone']:.1f}", f"{row['cpu']:,.0f}",
             *(f"{row[key] / 1e6:,.0f}" for key in ("together", "own")))
            for row in self.rows
        ]  # fmt: skip
        above = f"{room.count(self.learners, 'learner')} at once on {machine.format(**self.machine | sizes)}. Each has a "
        above += "kernel, a folder and an empty cache; all start at the same moment, and nobody stops to read."
        return "\n\n".join(
            [
                textwrap.fill(above, 100),
                room.table(header, rows),
                *map(textwrap.fill, self._limits()),
            ]
        )

    def _limits(self) -> tuple[str, ...]:
        """What the figures say about larger rooms."""
        if self.fits is None:
            return (
                "A cell failed: the seconds and the memory are those of a run that stopped early.",
            )
        worst = max(self.rows, key=lambda row: row["cpu"])
        minutes = self.fits * worst["cpu"] / self.machine["cores"] / 60
        return (
            f"{room.count(self.fits, 'learner')} fit into the free memory, all in the largest notebook: each adds "
            f"{self._most('own') / 1e6:,.0f} MB, and {SERVER / 1e6:.0f} MB for a JupyterLab server; "
            f"{self._most('shared') / 1e6:,.0f} MB are there once for all. This is calculated from the run, not run.",
            f"Cores decide the minutes: if {self.fits} ran {worst['notebook']} at the same moment, it would take at "
            f"least {minutes:.0f} min ({worst['cpu']:.0f} s of work each, divided by the cores). In a room, people "
            "read and think: few run a long cell at the same moment.",
        )


def _machine() -> dict[str, Any]:
    """What the figures depend on; memory and cores are this process's share, as doctor finds it."""
    cores, memory = _cores()[3], _memory()[3]
    info = Path("/proc/cpuinfo")
    named = re.search(
        r"(?m)^model name\s*: (.+)", info.read_text("utf-8") if info.exists() else ""
    )
    processor = (
        named[1].strip() if named else platform.processor() or platform.machine()
    )
    system = f"{platform.system()}, Python {platform.python_version()}"
    free = {"memory": memory["total"], "memory_free": memory["free"]}
    return {"cores": cores, "processor": processor, **free, "system": system}


def rehearse(notebooks: list[Path], learners: int = 2) -> Rehearsal:
    """Run each notebook as one learner alone, then as so many learners at once; stops after one that fails.

    Progress goes to stderr. Nothing is left behind: neither kernels nor folders, also after Ctrl-C.
    """
    found = Rehearsal(learners, _machine())
    with TemporaryDirectory(
        prefix="tlkit-rehearsal-", ignore_cleanup_errors=True
    ) as work:
        first, *others = (Path(work) / f"learner-{i}" for i in range(learners + 1))
        copies.refresh(first)
        for folder in others:
            shutil.copytree(first, folder)
        for notebook in notebooks:
            print(
                f"{notebook.name}: one learner alone, then {learners} at once …",
                file=sys.stderr,
                flush=True,
            )
            alone = run_at_once(notebook, [first])
            found.failures += [f"{failure} (alone)" for failure in alone.failures]
            run = alone if found.failures else run_at_once(notebook, others)
            found.failures += run.failures if run is not alone else []
            found.rows.append({
                "notebook": notebook.name, "alone": alone.seconds[0], "median": statistics.median(run.seconds),
                "longest": max(run.seconds), "cpu": statistics.median(one.cpu for one in run.learners),
                "together": run.together, "shared": run.shared, "own": max(one.own for one in run.learners),
            })  # fmt: skip
            if found.failures:
                break
    return found


def _find(word: str) -> Path:
    """A notebook: its number, such as 03, or a path. Raises ValueError."""
    if word.isdigit():
        return masters([word])[0]
    if not (path := Path(word)).is_file() or path.suffix != ".ipynb":
        raise ValueError(
            f"--notebooks: expected numbers, as in 00 03, or paths of notebooks, got {word!r}"
        )
    return path


def add(parser) -> None:
    """The command's options."""
    parser.add_argument(
        "--learners",
        type=int,
        default=2,
        metavar="N",
        help="so many at once (default 2)",
    )
    parser.add_argument("--notebooks", nargs="+", default=HALF_DAY, metavar="NN",
                        help="numbers, or paths of your own (default: those of the half day, 00 to 05)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one object for programs")


def run(arguments) -> int:
    """Rehearse and print what was measured; exit status 1 if a cell failed."""
    if not 1 <= arguments.learners <= 200:
        raise ValueError(f"--learners: expected 1 to 200, got {arguments.learners}")
    found = rehearse([_find(word) for word in arguments.notebooks], arguments.learners)
    print(
        json.dumps(asdict(found) | {"fits": found.fits}, indent=1)
        if arguments.json
        else found
    )
    for failure in found.failures:
        print(f"FAILED: {failure}", file=sys.stderr)
    return int(bool(found.failures))
