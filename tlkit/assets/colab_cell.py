# Colab only: installs tlkit and what Colab lacks; what Colab has in a good version, and its TensorFlow, stay.
import os
import subprocess
import sys
from importlib.metadata import version

HERE, PIP = "/content/tlkit", [sys.executable, "-m", "pip", "install", "-q"]
if "google.colab" in sys.modules:
    if not os.path.exists(HERE):
        subprocess.run(
            ["git", "clone", "-q", "--depth=1", "https://github.com/OWNER/tlkit", HERE],
            check=True,
        )
        subprocess.run([*PIP, "--no-deps", HERE], check=True)
        from ..commands.doctor import unmet

        needed = unmet(skip=("tensorflow-cpu", "jupyterlab", "nbval"))
        subprocess.run(
            [*PIP, *needed, f"tensorflow=={version('tensorflow')}"], check=True
        )
        if old := {need.split(">")[0] for need in needed} & set(sys.modules):
            print(
                "Now Runtime, Restart session, then run this cell again: still loaded in an older version:",
                *old,
            )
    os.environ.setdefault("TLKIT_PROGRESS", "/content/progress.json")
    os.chdir(f"{HERE}/notebooks")
