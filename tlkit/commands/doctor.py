"""What this machine has, and what to do about what it lacks.

Standard library only, and readable by old Pythons, because it runs before anything is
installed: ``python tlkit/commands/doctor.py --before-install``.

``tk.doctor()`` shows a page. ``python -m tlkit doctor`` prints text, or with ``--json``
one object for programs. Nothing is downloaded. No name of a user or of a folder is
reported.
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

# Keras 3.15 needs 3.11; TensorFlow has no packages beyond 3.13
OLDEST, NEWEST = (3, 11), (3, 13)
NEEDED_GB = 3.0  # the packages take 2.2 GB, and pip unpacks the largest of them first
# Bytes of memory that a notebook may take (tests/ci/memory.py measures them)
NOTEBOOK = 1.5e9
ENOUGH_DISK = 5e8  # bytes of disk without which nothing can be kept
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PINS = os.path.join(ROOT, "requirements.txt")
WORDS = {  # state -> how it is called, and the colour behind that word
    "green": ("good", "#1b7340"),
    "amber": ("note", "#8f5200"),
    "red": ("stop", "#b3261e"),
}
TEXT = "{0:6}{2:10}{3}\n                {4}\n"
BADGE = "background:{1};color:#fff;padding:1px 8px;border-radius:8px"
LEFT = 'style="text-align:left"'
ROW = (
    "<tr><td " + LEFT + '><b style="' + BADGE + '">{0}</b></td>'
    "<th " + LEFT + ">{2}</th>"
    "<td " + LEFT + ">{3}<div><i>{4}</i></div></td></tr>"
)


def before_install(version, bits, system, machine, free_gb):
    """The one sentence that says why the packages cannot be installed here, or None if
    they can.

    Args:
        version: (major, minor) of this Python.
        bits: 32 or 64, of this Python and not of the machine.
        system: as platform.system() says, for example "Darwin".
        machine: as platform.machine() says, for example "x86_64".
        free_gb: free space where the packages go, in 10^9 bytes.
    """
    if not OLDEST <= version <= NEWEST:
        needed = "%d.%d to %d.%d" % (OLDEST + NEWEST)
        return (
            "tlkit needs Python %s, this is %d.%d: install one of those and name it, "
            "as in `make PYTHON=python3.12 run`." % ((needed,) + version)
        )
    if bits != 64:
        return (
            "tlkit needs a 64-bit Python, this one has %d bits: "
            "install the 64-bit Python from python.org." % bits
        )
    if system == "Darwin" and machine == "x86_64":
        return (
            "TensorFlow has no packages for Macs with Intel processors: "
            "use Binder or Colab (links in README.md)."
        )
    if free_gb < NEEDED_GB:
        return (
            "The packages need %.0f GB of disk, %.1f GB are free here: "
            "make room, then try again." % (NEEDED_GB, free_gb)
        )
    return None


# name: of what was looked at
# state: "green", "amber" (works, could be better) or "red" (will not work)
# found: what is there, in words
# fix: the sentence that repairs it, "" if green
# value: what is there, for programs; None if it is not known
Finding = namedtuple("Finding", "name state found fix value")


class Report(tuple):
    """All findings; shows as a page in a notebook, as text elsewhere."""

    @property
    def state(self):
        """The worst state of all findings."""
        return max((finding.state for finding in self), key=list(WORDS).index)

    def to_json(self):
        """One object: "state", and "checks" by name, each with the attributes of a
        Finding.
        """
        checks = {finding.name: finding._asdict() for finding in self}
        return json.dumps({"state": self.state, "checks": checks}, indent=1)

    def __repr__(self):
        lines = []
        for found in self:
            word, colour = WORDS[found.state]
            text = TEXT.format(word, colour, found.name, found.found, found.fix)
            lines += [line for line in text.splitlines() if line.strip()]
        return "\n".join(lines)

    def _repr_html_(self):
        rows = []
        for found in self:
            word, colour = WORDS[found.state]
            text, fix = html.escape(found.found), html.escape(found.fix)
            rows.append(ROW.format(word, colour, found.name, text, fix))
        table = "<table>%s</table>" % "".join(rows)
        return re.sub("`([^`]+)`", r"<code>\1</code>", table)


def doctor(measure=False):
    """Look at Python, packages, processor, memory, disk, GPU, servers and data.

    Nothing is downloaded.

    Args:
        measure: time whether bfloat16 is faster here, which imports TensorFlow and
            takes about 20 seconds.

    Returns:
        a Report, which shows itself.
    """
    data = _look(_data)
    lacking = {}
    for name, file in (data.value or {}).items():
        if file["state"] != "verified":
            lacking[name] = file
    return Report(
        [
            _look(_python),
            _look(_packages),
            _look(_cores),
            _look(_processor),
            _look(_memory),
            _look(_disk, lacking),
            _look(_gpu),
            _look(_bfloat16, measure),
            data,
            _look(_servers, lacking),
        ]
    )


def _look(check, *about):
    """Call a check, which returns state, found, fix and value; gives its Finding."""
    name = check.__name__[1:]
    try:
        state, found, fix, value = check(*about)
    except (ImportError, SyntaxError):
        # No packages, or a Python that cannot read the rest of tlkit
        state = "red" if check is _packages else "amber"
        found, value = "not there yet", None
        fix = "Install the packages: `make lab`, or docs/windows.md."
    return Finding(name, state, found, "" if state == "green" else fix, value)


def _here(free_gb):
    """``before_install`` for this Python on this machine."""
    bits = 64 if sys.maxsize > 2**32 else 32
    version = sys.version_info[:2]
    return before_install(version, bits, platform.system(), platform.machine(), free_gb)


def _python():
    problem = _here(NEEDED_GB)
    version = platform.python_version()
    return "red" if problem else "green", version, problem, version


def unmet(requirements=None, skip=()):
    """Those requirements that this Python lacks or has in another version.

    Args:
        requirements: lines such as "keras>=3.15.1"; None takes what tlkit declares.
        skip: names that do not matter.

    Returns:
        list of requirements as pip takes them.

    Raises:
        ImportError: this Python is too old, or tlkit is not installed.
    """
    from importlib import metadata

    from packaging.requirements import Requirement

    if requirements is None:
        requirements = metadata.requires("tlkit")
    found = []
    for line in requirements:
        need = Requirement(line)
        if need.name in skip:
            continue
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        versions = []
        # the larger TensorFlow will do
        for name in (need.name, need.name.replace("tensorflow-cpu", "tensorflow")):
            versions += [one.version for one in metadata.distributions(name=name)]
        if not versions or versions[0] not in need.specifier:
            found.append(need.name + str(need.specifier))
    return found


def _packages(pins=PINS):
    """Whether all packages are here, in the versions that were tested."""
    lacking = unmet()
    pinned = [line for line in _read(pins).splitlines() if line[:1].isalpha()]
    other = unmet(pinned)
    value = {"lacking": lacking, "not_as_pinned": other}
    if lacking:
        what = " ".join('"%s"' % need for need in lacking)
        fix = "`python -m pip install %s`, then start Python again." % what
        return "red", "missing or too old: " + _some(lacking), fix, value
    if other:
        fix = "`python -m pip install -r requirements.txt`, then start Python again."
        return "amber", "work, but were tested with " + _some(other), fix, value
    return "green", "all there", "", value


def _some(names, most=4):
    """The first names, with commas, and "..." if there are more."""
    return ", ".join(names[:most] + (["..."] if len(names) > most else []))


def _read(path):
    """The text of a file; "" if there is none."""
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def _control_groups(root, controller):
    """This process's control groups (Linux), version 1 and 2.

    Args:
        root: "" for this machine, else a folder that looks like its "/".
        controller: "cpu" or "memory".

    Yields:
        Folders: for each version the process's own group, then those above it.
    """
    for line in _read(root + "/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        parts = [root + "/sys/fs/cgroup"]
        if controllers:  # version 1 has a folder for each controller
            parts.append(controller)
        parts += [part for part in path.split("/") if part]
        for depth in range(len(parts), 0, -1):
            yield "/".join(parts[:depth])


def seen_cores():
    """Cores that this process may be run on, as the system says; 1 or more."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cores(root=""):
    """Cores that this process may use, which a container may limit: 0.5, 2.0 and so on.

    Args:
        root: "" for this machine, else a folder that looks like its "/".
    """
    share = float(seen_cores())
    for folder in _control_groups(root, "cpu"):
        limit = _read(folder + "/cpu.max").split()  # version 2
        if not limit:
            quota = _read(folder + "/cpu.cfs_quota_us").strip()
            limit = [quota, _read(folder + "/cpu.cfs_period_us").strip()]
        if limit[0].isdigit():  # else it is "max", "-1" or "": no limit
            share = min(share, float(limit[0]) / float(limit[1]))
    return share


def _cores(root=""):
    seen, share = seen_cores(), cores(root)
    few = max(1, int(share))
    good = few >= seen or os.environ.get("TF_NUM_INTRAOP_THREADS") == str(few)
    fix = (
        "Set OMP_NUM_THREADS and TF_NUM_INTRAOP_THREADS to %d before Python starts."
        % few
    )
    return "green" if good else "amber", "%.3g of %d" % (share, seen), fix, share


def _processor():
    """Which instructions are used, and whether the faster convolutions are on."""
    from ..machine import processor

    state, found = processor.onednn(), processor.in_words()
    value = {"instructions": found.split(", ")[0], "onednn": state}
    if state == "too late":
        return "amber", found, processor.TOO_LATE + ".", value
    if state == "off":
        fix = (
            "%s=0 is set on this machine, so TensorFlow's faster convolutions are off: "
            "remove that variable, then start Python again." % processor.ONEDNN
        )
        return "amber", found, fix, value
    return "green", found, "", value


def memory(root=""):
    """Memory of this machine, or of the container that this process is in.

    Args:
        root: "" for this machine, else a folder that looks like its "/".

    Returns:
        {"total": bytes, "free": bytes}; what only holds
        files that can be read again counts as free.
    """
    limits = [_memory_of_machine(root)]
    names = (
        ("memory.max", "memory.current"),  # version 2 of control groups
        ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    )
    for folder in _control_groups(root, "memory"):
        for limit, used in names:
            total = _read(folder + "/" + limit).strip()
            if total.isdigit():
                taken = int(_read(folder + "/" + used)) - _unused_files(folder)
                limits.append((int(total), int(total) - taken))
    return {
        "total": min(total for total, _ in limits),
        "free": min(free for _, free in limits),
    }


def _memory_of_machine(root):
    """Bytes in all, and bytes that are free."""
    host = dict(re.findall(r"(\w+): +(\d+)", _read(root + "/proc/meminfo")))
    if host:
        return int(host["MemTotal"]) * 1024, int(host["MemAvailable"]) * 1024
    import psutil  # macOS, Windows

    return psutil.virtual_memory()[:2]


def _unused_files(folder):
    """Bytes of a control group's memory that hold files which can be dropped."""
    stat = _read(folder + "/memory.stat")
    files = re.findall(r"(?m)^(?:total_)?inactive_file (\d+)", stat)
    return max([int(size) for size in files] or [0])


def _memory(root=""):
    value = memory(root)
    found = "%.1f GB, %.1f of them free" % (value["total"] / 1e9, value["free"] / 1e9)
    fix = "A notebook takes up to 1.5 GB: "
    if value["total"] < NOTEBOOK:
        return "red", found, fix + "use Binder or Colab (README.md).", value
    if value["free"] < NOTEBOOK:
        return "amber", found, fix + "close programs and other notebooks.", value
    return "green", found, "", value


def _disk(lacking, cache=None):
    """Args: lacking, name -> file with its "bytes"; cache, the folder to look at."""
    place = cache or os.environ.get("TLKIT_CACHE") or "~"
    place = os.path.abspath(os.path.expanduser(place))
    while not os.path.exists(place):
        place = os.path.dirname(place)
    free = shutil.disk_usage(place).free
    writable = os.access(place, os.W_OK)
    downloads = sum(file["bytes"] for file in lacking.values())
    wanted = int(ENOUGH_DISK) + 2 * downloads  # packed and unpacked
    value = {"free": free, "wanted": wanted, "writable": writable}
    found = "%.1f GB free for the caches" % (free / 1e9)
    if not writable:
        found += ", but they are not writable"
    fix = "Set TLKIT_CACHE to a folder that you can write to, with %.1f GB free." % (
        wanted / 1e9
    )
    if not writable or free < ENOUGH_DISK:
        return "red", found, fix, value
    return "amber" if free < wanted else "green", found, fix, value


def _gpu():
    """Whether there is a GPU, and whether TensorFlow uses it."""
    said = _output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    names = said.splitlines()
    if not names:
        value = {"names": [], "used": 0}
        return "green", "none, and none is needed", "", value
    code = (
        "import tensorflow; print(len(tensorflow.config.list_physical_devices('GPU')))"
    )
    used = int(_output(sys.executable, "-c", code) or 0)
    value = {"names": names, "used": used}
    if used:
        return "green", ", ".join(names), "", value
    fix = "docs/gpu.md has the line that makes TensorFlow use it."
    return "amber", ", ".join(names) + ", not used", fix, value


def _output(*command):
    """What a command prints; "" if there is no such command."""
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60
    )
    return done.stdout.decode()


def _bfloat16(measure):
    """In which precision training is faster here, if that was measured."""
    from .. import speed

    if measure:
        from .. import backbone

        speed.faster_precision(backbone.Backbone(None, width=1.0), (32, 32, 3))
    known = {}
    for one in speed.known():
        if one.network == speed.VGG16:
            known[one.precision] = round(one.training)
    if len(known) < 2:
        how = "`--measure`, or tk.doctor(measure=True), times it"
        return "green", "not measured: " + how, "", None
    ranked = sorted(known, key=known.get, reverse=True)
    faster, slower = ranked[0], ranked[-1]
    found = "VGG16 trains on %d images of 32 pixels a second in %s here, %d in %s" % (
        known[faster],
        faster,
        known[slower],
        slower,
    )
    return "green", found, "", known


def _data():
    """Whether the real pair's files are here and undamaged."""
    from ..files import fetch

    value = {}
    for name in fetch.PAIR:
        value[name] = {"state": _state(name), "bytes": fetch.FILES[name].bytes}
    found = ", ".join(
        "%s %s" % (fetch.FILES[name].title, value[name]["state"]) for name in value
    )
    names = [name for name in value if value[name]["state"] != "verified"]
    fix = (
        "`python -m tlkit fetch %s`, or set TLKIT_DATA to a folder that has them. "
        "Drawn scenes need neither." % " ".join(names)
    )
    return "amber" if names else "green", found, fix, value


def _state(name):
    """ "verified", "missing" or "damaged", of a published file."""
    from ..files import fetch

    with warnings.catch_warnings(record=True) as damaged:
        warnings.simplefilter("always")
        try:
            if fetch.find(name):
                return "verified"
        except fetch.FetchError:
            return "damaged"
        return "damaged" if damaged else "missing"


def _servers(lacking, timeout=3):
    """Ask each server for the head of its file, both at once.

    A name server that hangs does not hold us up either.
    """
    from ..files import fetch

    value = dict.fromkeys(fetch.PAIR, "no answer")
    mirrors = os.environ.get("TLKIT_MIRRORS", "").split()
    threads = []
    for name in value:
        file = fetch.FILES[name]
        url = file.url
        if mirrors:  # what a download would try first
            url = mirrors[0].rstrip("/") + "/" + file.name
        about = (name, url, timeout, value)
        threads.append(threading.Thread(target=_ask, args=about, daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout + 1)
    unreached = [name for name in lacking if value[name] != "reached"]
    found = ", ".join("%s: %s" % (name, value[name]) for name in value)
    fix = "Try another network, or set TLKIT_DATA to a folder that has the files."
    return "amber" if unreached else "green", found, fix, value


def _ask(name, url, timeout, answers):
    """Put into `answers` how a server answers."""
    from urllib import request

    try:
        with request.urlopen(request.Request(url, method="HEAD"), timeout=timeout):
            answers[name] = "reached"
    except OSError as error:
        if hasattr(error, "code"):
            answers[name] = "answers %d" % error.code
        else:
            answers[name] = "not reached"


def main(words):
    """Print what was asked for.

    Args:
        words: --json, --measure or --before-install.

    Returns:
        exit status 0 if nothing is red.
    """
    if "--before-install" in words:
        problem = _here(shutil.disk_usage(".").free / 1e9)
        if problem:
            sys.stderr.write(problem + "\n")
        return 1 if problem else 0
    report = doctor("--measure" in words)
    print(report.to_json() if "--json" in words else report)
    return 1 if report.state == "red" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
