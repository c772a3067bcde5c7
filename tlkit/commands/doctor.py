"""What this machine has, and what to do about it. Standard library only, and readable by old Pythons,
because it runs before anything is installed: ``python tlkit/commands/doctor.py --before-install``.

``tk.doctor()`` shows a page, ``python -m tlkit doctor`` text, with ``--json`` one object for programs. Nothing is
downloaded. Nothing that names you is reported: no user, no folder.
"""

import html
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import warnings
from collections import namedtuple

OLDEST, NEWEST = (
    (3, 11),
    (3, 13),
)  # Keras 3.15 needs 3.11; TensorFlow has no packages beyond 3.13
NEEDED_GB = 3.0  # the packages take 2.2 GB, and pip unpacks the largest of them first
NOTEBOOK = (
    1.5e9  # bytes of memory that a notebook may take (tests/ci/memory.py measures them)
)
PINS = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
    "requirements.txt",
)
WORDS = {
    "green": ("good", "#1b7340"),
    "amber": ("note", "#8f5200"),
    "red": ("stop", "#b3261e"),
}
LEFT = 'style="text-align:left"'
ROW = (
    '<tr><td %s><b style="background:{1};color:#fff;padding:1px 8px;border-radius:8px">{0}</b></td>'
    "<th %s>{2}</th><td %s>{3}<div><i>{4}</i></div></td></tr>" % (LEFT, LEFT, LEFT)
)


def before_install(version, bits, system, machine, free_gb):
    """The one sentence that says why the packages cannot be installed here, or None if they can.

    Args:
        version: (major, minor) of this Python.
        bits: 32 or 64, of this Python and not of the machine.
        system: as platform.system() says, for example "Darwin".
        machine: as platform.machine() says, for example "x86_64".
        free_gb: free space where the packages go, in 10^9 bytes.
    """
    found, range_ = "%d.%d" % version, "%d.%d to %d.%d" % (OLDEST + NEWEST)
    if not OLDEST <= version <= NEWEST:
        step = "install one of those and name it, as in `make PYTHON=python3.12 run`"
        return "tlkit needs Python %s, this is %s: %s." % (range_, found, step)
    if bits != 64:
        return (
            "tlkit needs a 64-bit Python, this one has %d bits: install the 64-bit Python from python.org."
            % bits
        )
    if system == "Darwin" and machine == "x86_64":
        return "TensorFlow has no packages for Macs with Intel processors: use Binder or Colab (links in README.md)."
    if free_gb < NEEDED_GB:
        sizes = (NEEDED_GB, free_gb)
        return (
            "The packages need %.0f GB of disk, %.1f GB are free here: make room, then try again."
            % sizes
        )
    return None


# name; state: "green", "amber" (works, could be better) or "red" (will not work); found: what is there, in words;
# fix: the sentence that repairs it, "" if green; value: what is there, for programs, None if not known
Finding = namedtuple("Finding", "name state found fix value")


class Report(tuple):
    """All findings; shows as a page in a notebook, as text elsewhere."""

    @property
    def state(self):
        """The worst state of all findings."""
        return max((finding.state for finding in self), key=list(WORDS).index)

    def to_json(self):
        """One object: "state", and "checks" by name, each with the attributes of a Finding."""
        return json.dumps(
            {"state": self.state, "checks": {f.name: f._asdict() for f in self}},
            indent=1,
        )

    def _rows(self, row, quote=str):
        return "".join(
            row.format(*WORDS[f.state], f.name, quote(f.found), quote(f.fix))
            for f in self
        )

    def __repr__(self):
        return re.sub(
            r"\n +\n", "\n", self._rows("{0:6}{2:10}{3}\n                {4}\n")
        ).rstrip()

    def _repr_html_(self):
        return re.sub(
            "`([^`]+)`",
            r"<code>\1</code>",
            "<table>%s</table>" % self._rows(ROW, html.escape),
        )


def doctor(measure=False):
    """Look at Python, packages, cores, memory, disk, GPU, servers and data; downloads nothing.

    Args:
        measure: time whether bfloat16 is faster here, which imports TensorFlow and takes about 20 seconds.

    Returns:
        a Report, which shows itself.
    """
    data = _look(_data)
    lacking = {
        name: file
        for name, file in (data.value or {}).items()
        if file["state"] != "verified"
    }
    checks = (
        (_python,),
        (_packages,),
        (_cores,),
        (_memory,),
        (_disk, lacking),
        (_gpu,),
        (_bfloat16, measure),
    )
    return Report(
        [*(_look(*check) for check in checks), data, _look(_servers, lacking)]
    )


def _look(check, *about):
    name = check.__name__[1:]
    try:
        state, found, fix, value = check(*about)
    except (
        ImportError,
        SyntaxError,
    ):  # no packages, or a Python that cannot read the rest of tlkit
        state, found, value = (
            "red" if check is _packages else "amber",
            "not there yet",
            None,
        )
        fix = "Install the packages: `make lab`, or docs/windows.md."
    return Finding(name, state, found, "" if state == "green" else fix, value)


def _here(free_gb):
    bits = 64 if sys.maxsize > 2**32 else 32
    return before_install(
        sys.version_info[:2], bits, platform.system(), platform.machine(), free_gb
    )


def _python():
    problem, version = _here(NEEDED_GB), platform.python_version()
    return "red" if problem else "green", version, problem, version


def unmet(requirements=None, skip=()):
    """Those requirements that this Python lacks or has in another version, as pip takes them.

    Args:
        requirements: lines such as "keras>=3.15.1"; None takes what tlkit declares.
        skip: names that do not matter.

    Raises:
        ImportError: this Python is too old, or tlkit is not installed.
    """
    from importlib import metadata

    from packaging.requirements import Requirement

    found = []
    for need in map(
        Requirement,
        metadata.requires("tlkit") if requirements is None else requirements,
    ):
        names = (
            need.name,
            need.name.replace("tensorflow-cpu", "tensorflow"),
        )  # the larger one will do
        versions = [
            package.version
            for name in names
            for package in metadata.distributions(name=name)
        ]
        if need.name not in skip and (
            not need.marker or need.marker.evaluate({"extra": ""})
        ):
            found += (
                []
                if versions and versions[0] in need.specifier
                else [need.name + str(need.specifier)]
            )
    return found


def _packages(pins=PINS):
    lacking, other = (
        unmet(),
        unmet([line for line in _read(pins).splitlines() if line[:1].isalpha()]),
    )
    first = ", ".join((lacking or other)[:4] + ["..."] * (len(lacking or other) > 4))
    found = (
        "missing or too old: "
        if lacking
        else "work, but were tested with "
        if other
        else "all there"
    ) + first
    what = " ".join('"%s"' % need for need in lacking) or "-r requirements.txt"
    fix = "`python -m pip install %s`, then start Python again." % what
    return (
        "red" if lacking else "amber" if other else "green",
        found,
        fix,
        {"lacking": lacking, "not_as_pinned": other},
    )


def _read(path):
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def _control_groups(root, controller):
    """This process's control groups (Linux), version 1 and 2, each from its own up to the top."""
    for line in _read(root + "/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(",") or not controllers:
            parts = [
                root + "/sys/fs/cgroup",
                *filter(None, [controllers and controller, *path.split("/")]),
            ]
            yield from ("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))


def _cores(root=""):
    seen = (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )
    share = float(seen)
    for folder in _control_groups(root, "cpu"):
        version1 = (
            _read(folder + "/cpu.cfs_quota_us")
            + " "
            + _read(folder + "/cpu.cfs_period_us")
        )
        quota, period = [*(_read(folder + "/cpu.max") or version1).split(), "", ""][:2]
        share = (
            min(share, float(quota) / float(period)) if quota.isdigit() else share
        )  # else it is "max" or -1
    few = max(1, int(share))
    good = few >= seen or os.environ.get("TF_NUM_INTRAOP_THREADS") == str(few)
    fix = (
        "Set OMP_NUM_THREADS and TF_NUM_INTRAOP_THREADS to %d before Python starts."
        % few
    )
    return "green" if good else "amber", "%.3g of %d" % (share, seen), fix, share


def _memory(root=""):
    host = dict(re.findall(r"(\w+): +(\d+)", _read(root + "/proc/meminfo")))
    limits = (
        [(int(host["MemTotal"]) * 1024, int(host["MemAvailable"]) * 1024)]
        if host
        else []
    )
    if not host:  # macOS, Windows
        import psutil

        limits = [psutil.virtual_memory()[:2]]
    for folder in _control_groups(root, "memory"):
        for limit, used in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            if _read(folder + "/" + limit).strip().isdigit():
                files = re.findall(
                    r"(?m)^(?:total_)?inactive_file (\d+)",
                    _read(folder + "/memory.stat"),
                )
                total, taken = (
                    int(_read(folder + "/" + name)) for name in (limit, used)
                )
                limits.append(
                    (total, total - taken + max(map(int, files), default=0))
                )  # unused files can be dropped
    total, free = map(min, zip(*limits))
    state = "red" if total < NOTEBOOK else "amber" if free < NOTEBOOK else "green"
    step = (
        "use Binder or Colab (README.md)."
        if state == "red"
        else "close programs and other notebooks."
    )
    found = "%.1f GB, %.1f of them free" % (total / 1e9, free / 1e9)
    return (
        state,
        found,
        "A notebook takes up to 1.5 GB: " + step,
        {"total": total, "free": free},
    )


def _disk(lacking, cache=None):
    place = os.path.abspath(
        os.path.expanduser(cache or os.environ.get("TLKIT_CACHE") or "~")
    )
    while not os.path.exists(place):
        place = os.path.dirname(place)
    free, closed = shutil.disk_usage(place).free, not os.access(place, os.W_OK)
    wanted = int(5e8) + 2 * sum(
        file["bytes"] for file in lacking.values()
    )  # packed and unpacked
    state = "red" if closed or free < 5e8 else "amber" if free < wanted else "green"
    found = (
        "%.1f GB free for the caches" % (free / 1e9)
        + ", where nobody may write" * closed
    )
    fix = "Set TLKIT_CACHE to a folder that you can write to, with %.1f GB free." % (
        wanted / 1e9
    )
    return state, found, fix, {"free": free, "wanted": wanted, "writable": not closed}


def _gpu():
    names = _output(
        "nvidia-smi", "--query-gpu=name", "--format=csv,noheader"
    ).splitlines()
    code = (
        "import tensorflow; print(len(tensorflow.config.list_physical_devices('GPU')))"
    )
    used = int(_output(sys.executable, "-c", code) or 0) if names else 0
    found = (
        ", ".join(names) + ", not used" * (not used)
        if names
        else "none, and none is needed"
    )
    fix = "docs/gpu.md has the line that makes TensorFlow use it."
    return (
        "amber" if names and not used else "green",
        found,
        fix,
        {"names": names, "used": used},
    )


def _output(*command):
    if not shutil.which(command[0]):
        return ""
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60
    ).stdout.decode()


def _bfloat16(measure):
    from .. import speed

    if measure:
        from .. import backbone

        speed.faster_precision(backbone.Backbone(None, width=1.0), (32, 32, 3))
    known = {
        one.precision: round(one.training)
        for one in speed.known()
        if one.network == speed.VGG16
    }
    if len(known) < 2:
        return (
            "green",
            "not measured: `--measure`, or tk.doctor(measure=True), times it",
            "",
            None,
        )
    faster, *_, slower = sorted(known, key=known.get, reverse=True)
    found = "VGG16 trains %d images of 32 pixels a second in %s here, %d in %s"
    return "green", found % (known[faster], faster, known[slower], slower), "", known


def _data():
    from ..files import fetch

    value = {}
    for name in fetch.PAIR:
        with warnings.catch_warnings(record=True) as damaged:
            warnings.simplefilter("always")
            try:
                state = (
                    "verified"
                    if fetch.find(name)
                    else "damaged"
                    if damaged
                    else "missing"
                )
            except fetch.FetchError:
                state = "damaged"
        value[name] = {"state": state, "bytes": fetch.FILES[name].bytes}
    found = ", ".join(
        "%s %s" % (fetch.FILES[name].title, value[name]["state"]) for name in value
    )
    names = " ".join(name for name in value if value[name]["state"] != "verified")
    fix = (
        "`python -m tlkit fetch %s`, or set TLKIT_DATA to a folder that has them. Drawn scenes need neither."
        % names
    )
    return "amber" if names else "green", found, fix, value


def _servers(lacking, timeout=3):
    """Ask each for the head of its file, both at once; a name server that hangs does not hold us up either."""
    from ..files import fetch

    value = dict.fromkeys(fetch.PAIR, "no answer")
    mirrors = [
        mirror.rstrip("/") + "/{0.name}"
        for mirror in os.environ.get("TLKIT_MIRRORS", "").split()
    ]
    first = (mirrors + ["{0.url}"])[0]  # what a download would try first
    asked = [(name, first.format(fetch.FILES[name]), timeout, value) for name in value]
    threads = [
        threading.Thread(target=_ask, args=about, daemon=True) for about in asked
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout + 1)
    state = "amber" if any(value[name] != "reached" for name in lacking) else "green"
    fix = "Try another network, or set TLKIT_DATA to a folder that has the files."
    return state, ", ".join(map(": ".join, value.items())), fix, value


def _ask(name, url, timeout, answers):
    from urllib import request

    try:
        with request.urlopen(request.Request(url, method="HEAD"), timeout=timeout):
            answers[name] = "reached"
    except OSError as error:
        answers[name] = (
            "answers %d" % error.code if hasattr(error, "code") else "not reached"
        )


def main(words):
    """Print what was asked for (--json, --measure, --before-install). Exit status 0 if nothing is red."""
    if "--before-install" in words:
        problem = _here(shutil.disk_usage(".").free / 1e9)
        sys.stderr.write(problem + "\n" if problem else "")
        return 1 if problem else 0
    report = doctor("--measure" in words)
    print(report.to_json() if "--json" in words else report)
    return 1 if report.state == "red" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))


def cores():  # LOCAL ONLY
    return _cores()[3]


def memory():  # LOCAL ONLY
    return _memory()[3]
