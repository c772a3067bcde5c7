"""A rehearsal: the notebooks as several learners at once on this machine.

It shows how long they take and how many learners fit. The load is real. Each learner
has a kernel, a folder of learners' copies, and a feature cache of its own, empty at
first, as on a hub where each has a home. The masters are run, because the copies stop
where an exercise is unsolved. All learners start a notebook at the same moment and
nobody stops to read: the worst minute of a workshop.

Memory is sampled a few times a second from all processes of the kernels. "Together" is
the proportional set size (PSS), in which a page that several kernels share counts once.
"Each" is the part of the largest learner that is no file, so that every further learner
adds as much; libraries and mapped data lie in memory once for all. (USS would not do:
it counts the libraries as a learner's own while the others have not loaded them yet or
are done.) On macOS and Windows, which do not tell files apart, "each" is USS and
"together" the sum of it.
"""

import asyncio
import atexit
import json
import os
import platform
import shutil
import statistics
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import psutil

from tlkit.commands import copies
from tlkit.commands.doctor import cores, memory
from tlkit.machine import processor
from tlkit.machine.log import log

from . import masters, room

HALF_DAY = ("00", "01", "02", "03", "04", "05")
SERVER = 69e6  # bytes that a learner's JupyterLab server has to itself (docs/hub.md)
LONGEST = 1800  # seconds that a cell may take
INTERVAL = 0.25  # seconds between two looks at the memory
MOST = 200  # learners
# Of this process, and not of the kernels: figures go into notebooks, homes are apart.
NOT_PASSED_ON = ("MPLBACKEND", "TLKIT_PROGRESS", "TLKIT_CACHE")
HEADER = (
    "notebook",
    "alone, s",
    "median, s",
    "longest, s",
    "slower",
    "CPU, s",
    "together, MB",
    "each, MB",
)


class Learner:
    """One learner on one notebook: what runs, and the most that was seen of it.

    Args:
        notebook: what to run.
        folder: the learner's home.

    Attributes:
        seconds: from before the kernel's start to its end.
        own: peak of the memory that this learner shares with nobody, in bytes.
        cpu: seconds of all cores that its processes worked.
        failed: which cell failed and how, in words; empty if none did.
    """

    def __init__(self, notebook: Path, folder: Path):
        from nbclient import NotebookClient

        self.seconds, self.own, self.cpu, self.failed = 0.0, 0, 0.0, ""
        self._folder, self._cell = folder, 0
        self._seen: set[psutil.Process] = set()
        self._client = NotebookClient(
            nbformat.read(notebook, 4),
            timeout=LONGEST,
            on_cell_start=self._at,
            extra_arguments=["--log-level=ERROR"],
        )

    def _at(self, cell, cell_index: int) -> None:
        """Remember the cell, for the sentence about a failure."""
        self._cell = cell_index + 1

    def work(self) -> None:
        """Execute the notebook; fills in ``seconds`` and ``failed``."""
        from nbclient.exceptions import CellExecutionError

        env = {
            key: word for key, word in os.environ.items() if key not in NOT_PASSED_ON
        }
        env["TLKIT_CACHE"] = str(self._folder / ".cache")
        started = time.perf_counter()
        try:
            asyncio.run(self._client.async_execute(cwd=str(self._folder), env=env))
        except CellExecutionError as error:
            what = room.printable(f"{error.ename}: {error.evalue}", 200)
            self.failed = f"cell {self._cell}: {what}"
        except (RuntimeError, TimeoutError) as error:
            # nbclient's DeadKernelError and CellTimeoutError are among them.
            why = " (was there enough memory?)" if "died" in str(error) else ""
            what = f"{type(error).__name__}: {room.printable(error, 200)}"
            self.failed = f"cell {self._cell}: {what}{why}"
        finally:
            # nbclient leaves this there if the kernel never started.
            atexit.unregister(self._client._cleanup_kernel)
        self.seconds = time.perf_counter() - started

    def processes(self) -> list[psutil.Process]:
        """The kernel and whatever it started, alive now."""
        provisioner = getattr(self._client.km, "provisioner", None)
        pid = getattr(provisioner, "pid", None)
        if not pid:
            return []
        try:
            kernel = psutil.Process(pid)
            now = [kernel, *kernel.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
        self._seen.update(now)
        return now

    def look(self) -> tuple[int, int]:
        """Bytes in use now, proportional and own; keeps the peaks."""
        shares, owns, cpu = 0, 0, 0.0
        for process in self.processes():
            try:
                used, times = process.memory_full_info(), process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            # What is no file is nobody else's.
            own = used.rss - used.shared if hasattr(used, "shared") else used.uss
            owns += own
            shares += getattr(used, "pss", own)
            cpu += times.user + times.system
        self.own, self.cpu = max(self.own, owns), max(self.cpu, cpu)
        return shares, owns

    def end(self) -> None:
        """Kill every process of this learner that is left."""
        self.processes()
        for process in self._seen:
            try:
                # psutil never kills another process that has got the same number.
                process.kill()
            except psutil.NoSuchProcess:
                continue


@dataclass
class Together:
    """A notebook that several learners ran at once.

    Attributes:
        notebook: name of its file.
        learners: what was seen of each.
        together: peak of the memory of all learners, what they share counted once, in
            bytes.
        shared: the part of it that does not grow with the learners, at its peak, in
            bytes.
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

    def look(self) -> None:
        """Look at the memory of all learners; keeps the peaks."""
        looked = [learner.look() for learner in self.learners]
        together, own = (sum(column) for column in zip(*looked, strict=True))
        self.together = max(self.together, together)
        self.shared = max(self.shared, together - own)


def run_at_once(notebook: Path, folders: list[Path]) -> Together:
    """Run a notebook once in each folder, all at the same time.

    However this ends, no kernel is left.
    """
    found = Together(notebook.name, [Learner(notebook, folder) for folder in folders])
    with ThreadPoolExecutor(len(folders)) as pool:
        working: list[Future[None]] = [
            pool.submit(learner.work) for learner in found.learners
        ]
        try:
            while not all(one.done() for one in working):
                found.look()
                time.sleep(INTERVAL)
        finally:
            # After Ctrl-C a kernel may be starting at this very moment.
            while not all(one.done() for one in working):
                for learner in found.learners:
                    learner.end()
                time.sleep(0.1)
    for learner in found.learners:
        learner.end()
    for one in working:
        one.result()  # raises an error that is none of the notebook's
    return found


@dataclass
class Rehearsal:
    """What was measured, and on which machine.

    Attributes:
        learners: how many at once.
        machine: cores, processor, memory and memory_free (bytes), system.
        rows: a dict for each notebook, sizes in bytes, times in seconds.
        failures: sentences.
    """

    learners: int
    machine: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def fits(self) -> int | None:
        """How many learners fit into what was free; None after a failure.

        Each has a notebook and a server.
        """
        if self.failures:
            return None
        own, shared = self._most("own"), self._most("shared")
        return max(0, int((self.machine["memory_free"] - shared) // (own + SERVER)))

    def _most(self, key: str) -> float:
        return max(row[key] for row in self.rows)

    def __str__(self) -> str:
        machine = (
            f"{self.machine['cores']:g} core(s) of {self.machine['processor']}, "
            f"{self.machine['memory'] / 1e9:.1f} GB of memory, "
            f"{self.machine['memory_free'] / 1e9:.1f} GB of them free, "
            f"{self.machine['system']}"
        )
        above = (
            f"{room.count(self.learners, 'learner')} at once on {machine}. Each has a "
            "kernel, a folder and an empty cache; all start at the same moment, and "
            "nobody stops to read."
        )
        return "\n\n".join(
            [
                textwrap.fill(above, 100),
                room.table(HEADER, map(_in_words, self.rows)),
                *map(textwrap.fill, self._limits()),
            ]
        )

    def _limits(self) -> tuple[str, ...]:
        """What the figures mean for larger rooms."""
        if self.fits is None:
            return (
                "A cell failed: the seconds and the memory are those of a run that "
                "stopped early.",
            )
        worst = max(self.rows, key=lambda row: row["cpu"])
        minutes = self.fits * worst["cpu"] / self.machine["cores"] / 60
        return (
            f"{room.count(self.fits, 'learner')} fit into the free memory, all in the "
            f"largest notebook: each adds {self._most('own') / 1e6:,.0f} MB, and "
            f"{SERVER / 1e6:.0f} MB for a JupyterLab server; "
            f"{self._most('shared') / 1e6:,.0f} MB are there once for all. This is "
            "calculated from the run, not run.",
            f"Cores decide the minutes: if {self.fits} ran {worst['notebook']} at the "
            f"same moment, it would take at least {minutes:.0f} min "
            f"({worst['cpu']:.0f} s of work each, divided by the cores). In a room, "
            "people read and think: few run a long cell at the same moment.",
        )


def _in_words(row: dict[str, Any]) -> tuple[str, ...]:
    """A row of the table, in the order of HEADER."""
    seconds = [f"{row[key]:,.0f}" for key in ("alone", "median", "longest")]
    slower = f"× {row['median'] / row['alone']:.1f}"
    megabytes = [f"{row[key] / 1e6:,.0f}" for key in ("together", "own")]
    return (row["notebook"], *seconds, slower, f"{row['cpu']:,.0f}", *megabytes)


def _machine() -> dict[str, Any]:
    """What the figures depend on; memory and cores are this process's share."""
    found = memory()
    return {
        "cores": cores(),
        "processor": processor.name(),
        "memory": found["total"],
        "memory_free": found["free"],
        "system": f"{platform.system()}, Python {platform.python_version()}",
    }


def rehearse(
    notebooks: list[Path], learners: int = 2, say: Callable[[str], None] = log.info
) -> Rehearsal:
    """Run each notebook as one learner alone, then as several learners at once.

    Stops after a notebook that fails. Nothing is left behind, neither kernels nor
    folders, also after Ctrl-C.

    Args:
        notebooks: paths.
        learners: how many at once.
        say: gets a line before each notebook.
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
            say(f"{notebook.name}: one learner alone, then {learners} at once …")
            alone = run_at_once(notebook, [first])
            found.failures += [f"{failure} (alone)" for failure in alone.failures]
            run = alone
            if not found.failures:
                run = run_at_once(notebook, others)
                found.failures += run.failures
            found.rows.append(_measured(alone, run))
            if found.failures:
                break
    return found


def _measured(alone: Together, run: Together) -> dict[str, Any]:
    """A row of the rehearsal, from a run alone and one of several at once."""
    return {
        "notebook": run.notebook,
        "alone": alone.seconds[0],
        "median": statistics.median(run.seconds),
        "longest": max(run.seconds),
        "cpu": statistics.median(one.cpu for one in run.learners),
        "together": run.together,
        "shared": run.shared,
        "own": max(one.own for one in run.learners),
    }


def _find(word: str) -> Path:
    """A notebook: its number, such as 03, or a path. Raises ValueError."""
    if word.isdigit():
        return masters([word])[0]
    path = Path(word)
    if not path.is_file() or path.suffix != ".ipynb":
        raise ValueError(
            "--notebooks: expected numbers, as in 00 03, or paths of notebooks, got "
            f"{word!r}"
        )
    return path


def add(parser) -> None:
    """The command's options."""
    parser.add_argument(
        "--learners",
        type=int,
        default=2,
        metavar="N",
        help="how many at once (default 2)",
    )
    parser.add_argument(
        "--notebooks",
        nargs="+",
        default=HALF_DAY,
        metavar="NN",
        help="numbers, or paths of your own (default: those of the half day, 00 to 05)",
    )
    parser.add_argument("--json", action="store_true", help="one object for programs")


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def run(arguments) -> int:
    """Rehearse and print what was measured; exit status 1 if a cell failed."""
    if not 1 <= arguments.learners <= MOST:
        raise ValueError(f"--learners: expected 1 to {MOST}, got {arguments.learners}")
    notebooks = [_find(word) for word in arguments.notebooks]
    found = rehearse(notebooks, arguments.learners, _to_stderr)
    if arguments.json:
        print(json.dumps(asdict(found) | {"fits": found.fits}, indent=1))
    else:
        print(found)
    for failure in found.failures:
        _to_stderr(f"FAILED: {failure}")
    return int(bool(found.failures))
