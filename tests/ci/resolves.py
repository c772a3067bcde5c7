"""Every pinned package has a wheel for every platform and Python that the kit supports.

Needs the network.
"""

import subprocess
import sys
from pathlib import Path

PLATFORMS = (
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
)
PYTHONS = ("3.11", "3.12", "3.13")


def main() -> int:
    """Exit status 0 if all twelve combinations resolve to wheels alone."""
    lines = Path("requirements.txt").read_text("utf-8").splitlines()
    pins = "\n".join(line for line in lines if line != "-e .")
    failed = False
    for platform in PLATFORMS:
        for python in PYTHONS:
            problem = resolve(pins, platform, python)
            print(f"{platform:28} {python}  {problem or 'ok'}")
            failed |= bool(problem)
    return failed


def resolve(pins: str, platform: str, python: str) -> str:
    """What is wrong with the pins there; "" if they resolve to wheels."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-"]
    command += ["--only-binary", ":all:", "--no-deps", "--quiet"]
    command += ["--python-platform", platform, "--python-version", python]
    done = subprocess.run(command, input=pins, capture_output=True, encoding="utf-8")
    if not done.returncode:
        return ""
    return done.stderr.strip() or f"exit status {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())
