# Colab only. It installs tlkit and what Colab lacks. What Colab has in a good version,
# and its TensorFlow, stay.
import os
import subprocess
import sys
from importlib.metadata import version

ADDRESS = "https://github.com/OWNER/tlkit"
HERE = "/content/tlkit"
PIP = [sys.executable, "-m", "pip", "install", "-q"]
if "google.colab" in sys.modules:
    if not os.path.exists(HERE):
        subprocess.run(["git", "clone", "-q", "--depth=1", ADDRESS, HERE], check=True)
        subprocess.run([*PIP, "--no-deps", HERE], check=True)
        from tlkit.commands.doctor import unmet

        needed = unmet(skip=("tensorflow-cpu", "jupyterlab", "nbval"))
        tensorflow = f"tensorflow=={version('tensorflow')}"
        subprocess.run([*PIP, *needed, tensorflow], check=True)
        old = {need.split(">")[0] for need in needed} & set(sys.modules)
        if old:
            print("Still loaded in an older version:", *old)
            print("Now choose Runtime, Restart session, then run this cell again.")
    os.environ.setdefault("TLKIT_PROGRESS", "/content/progress.json")
    os.chdir(f"{HERE}/notebooks")
