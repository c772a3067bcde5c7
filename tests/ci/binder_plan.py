"""What Binder would build, without Docker: python tests/ci/binder_plan.py PLAN
[--carry-out].

PLAN is the Dockerfile that repo2docker prints. It must use our files, in order. With
--carry-out, its own lines that
name our files are run in a clean virtual environment on a copy of the tracked files:
    the packages are installed, then postBuild runs without a network (where this
    machine lets us cut it), then the start script starts a program.
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
WANTED = {  # in the order of the build; names of copied files have their dots and dashes written as -2e and -2d
    "Python 3.12": "environment-2epy-2d3-2e12",
    "the whole repository, before the packages": "COPY --chown=1000:1000 src/ ",
    "our requirements": '-r "binder/requirements.txt"',
    "our postBuild": "RUN ./binder/postBuild",
    "our start script": 'R2D_ENTRYPOINT="${REPO_DIR}/binder/start"',
}
PROBE = """
import json, os, tlkit as tk
tasks = tk.fetch.cache_dir() / "tasks"
before = len(list(tasks.glob("*/*")))
sizes = [len(tk.load_task(name).test.images) for name in ("letters", "digits")]
drawn = len(list(tasks.glob("*/*"))) - before
red = [finding.name for finding in tk.doctor() if finding.state == "red"]
threads = {name: value for name, value in os.environ.items() if name.endswith("_THREADS")}
print(json.dumps({"scenes": sizes, "kept": before, "drawn": drawn, "red": red, "threads": threads,
                  "cache": str(tk.fetch.cache_dir())}))
"""


def is_good(text: str) -> bool:
    """The plan has all that is wanted, in that order; says so."""
    places = {what: text.find(sign) for what, sign in WANTED.items()}
    good = min(places.values()) >= 0 and list(places.values()) == sorted(
        places.values()
    )
    verdict = "has" if good else "lacks or misplaces one of"
    print(
        f"the Binder plan {verdict}: {'; '.join(WANTED)}; found at {[*places.values()]}"
    )
    return good


def steps(text: str) -> list[str]:
    """The commands of the plan that name a file of binder/, in its order; the start
    script is the last.
    """
    return re.findall(r"(?m)^RUN (.*binder/.*)$", text) + re.findall(
        r'(?m)^ENV R2D_ENTRYPOINT=("[^"]*")$', text
    )


def carry_out(commands: list[str], work: Path) -> dict:
    """Run them as the plan says; returns what a program that the start script started
    saw. Raises if one fails.
    """
    home, repo, prefix = work / "home", work / "repo", work / "venv"
    home.mkdir()
    for name in subprocess.run(
        ["git", "ls-files"], cwd=ROOT, text=True, stdout=subprocess.PIPE
    ).stdout.splitlines():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, repo / name)
    venv.create(prefix, with_pip=True)
    inherited = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("TLKIT", "KERAS", "PYTHON", "OMP", "TF_"))
    }
    environment = inherited | {
        "HOME": str(home), "REPO_DIR": str(repo), "KERNEL_PYTHON_PREFIX": str(prefix),
        "PATH": f"{prefix / 'bin'}:{os.environ['PATH']}",
    }  # fmt: skip
    *before, start = commands
    cut = (
        ["unshare", "-n"]
        if not subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode
        else []
    )
    for command in before:
        run(cut if "postBuild" in command else [], command, environment, repo)
    said = run(cut, f'{start} python -c "$PROBE"', environment | {"PROBE": PROBE}, repo)
    return json.loads(said.splitlines()[-1])


def run(cut, command, environment, folder):
    started = time.perf_counter()
    done = subprocess.run(
        [*cut, "bash", "-c", command],
        env=environment,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
    )
    print(
        f"$ {command}\n{done.stdout}[exit status {done.returncode}, "
        f"{time.perf_counter() - started:.0f} s]",
        flush=True,
    )
    if done.returncode:
        raise SystemExit(f"a step of Binder's plan failed: {command}")
    return done.stdout


def main(plan: str, *options: str) -> int:
    """Exit status 0 if the plan is good and, if asked for, can be carried out."""
    text = Path(plan).read_text("utf-8")
    good = is_good(text)
    if not good or "--carry-out" not in options:
        return not good
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
