"""What Binder would build, without Docker.

Usage: python tests/ci/binder_plan.py PLAN [--carry-out]

PLAN is the Dockerfile that repo2docker prints. It must use our files, in order. With
--carry-out, its own lines that name our files are run in a clean virtual environment on
a copy of the tracked files: the packages are installed, then postBuild runs without a
network (where this machine lets us cut it), then the start script starts a program.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
# In the order of the build; in names of copied files -2e stands for "." and -2d for "-"
WANTED = {
    "Python 3.12": "environment-2epy-2d3-2e12",
    "the whole repository, before the packages": "COPY --chown=1000:1000 src/ ",
    "our requirements": '-r "binder/requirements.txt"',
    "our postBuild": "RUN ./binder/postBuild",
    "our start script": 'R2D_ENTRYPOINT="${REPO_DIR}/binder/start"',
}
OF_THIS_MACHINE = ("TLKIT", "KERAS", "PYTHON", "OMP", "TF_")  # variables' beginnings
PROBE = """
import json, os
import tlkit as tk

cache = tk.fetch.cache_dir()
before = len(list(cache.glob("tasks/*/*")))
sizes = [len(tk.load_task(name).test.images) for name in ("letters", "digits")]
drawn = len(list(cache.glob("tasks/*/*"))) - before
variables = os.environ.items()
seen = {
    "scenes": sizes,
    "kept": before,
    "drawn": drawn,
    "red": [finding.name for finding in tk.doctor() if finding.state == "red"],
    "threads": {name: n for name, n in variables if name.endswith("_THREADS")},
    "cache": str(cache),
}
print(json.dumps(seen))
"""


def is_good(text: str) -> bool:
    """Whether the plan has all that is wanted, in that order; prints it."""
    places = [text.find(sign) for sign in WANTED.values()]
    good = min(places) >= 0 and places == sorted(places)
    verdict = "has" if good else "lacks or misplaces one of"
    print(f"the Binder plan {verdict}: {'; '.join(WANTED)}; found at {places}")
    return good


def steps(text: str) -> list[str]:
    """The commands of the plan that name a file of binder/, in its order.

    The start script is the last.
    """
    before = re.findall(r"(?m)^RUN (.*binder/.*)$", text)
    start = re.findall(r'(?m)^ENV R2D_ENTRYPOINT=("[^"]*")$', text)
    return before + start


def carry_out(commands: list[str], work: Path) -> dict:
    """Run the commands as the plan says.

    Args:
        commands: as ``steps`` gives them.
        work: an empty folder.

    Returns:
        What a program saw that the start script started.

    Raises:
        SystemExit: one of them failed.
    """
    home, repo, prefix = work / "home", work / "repo", work / "venv"
    home.mkdir()
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, text=True, stdout=subprocess.PIPE
    )
    for name in tracked.stdout.splitlines():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, repo / name)
    venv.create(prefix, with_pip=True)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(OF_THIS_MACHINE)
    }
    environment |= {
        "HOME": str(home),
        "REPO_DIR": str(repo),
        "KERNEL_PYTHON_PREFIX": str(prefix),
        "PATH": f"{prefix / 'bin'}:{os.environ['PATH']}",
    }
    cut = ["unshare", "-n"]  # a command after it has no network
    if subprocess.run([*cut, "true"], capture_output=True).returncode:
        cut = []
    *before, start = commands
    for command in before:
        run(cut if "postBuild" in command else [], command, environment, repo)
    environment |= {"PROBE": PROBE}
    said = run(cut, f'{start} python -c "$PROBE"', environment, repo)
    return json.loads(said.splitlines()[-1])


def run(cut: list[str], command: str, environment: dict[str, str], folder: Path) -> str:
    """Run a command after `cut`; returns what it printed. Raises SystemExit."""
    started = time.perf_counter()
    done = subprocess.run(
        [*cut, "bash", "-c", command],
        env=environment,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
    )
    seconds = time.perf_counter() - started
    end = f"[exit status {done.returncode}, {seconds:.0f} s]"
    print(f"$ {command}\n{done.stdout}{end}", flush=True)
    if done.returncode:
        raise SystemExit(f"a step of Binder's plan failed: {command}")
    return done.stdout


def main(plan: str, *options: str) -> int:
    """Exit status 0 if the plan is good and, if asked for, can be carried out."""
    text = Path(plan).read_text("utf-8")
    if not is_good(text):
        return 1
    if "--carry-out" not in options:
        return 0
    with TemporaryDirectory() as work:
        seen = carry_out(steps(text), Path(work))
    good = (
        not seen["red"]
        and set(seen["threads"].values()) == {"1"}
        and seen["kept"]
        and not seen["drawn"]
        and "home" in seen["cache"]
    )
    print(f"what runs on Binder {'sees' if good else 'should NOT see'}: {seen}")
    return not good


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
