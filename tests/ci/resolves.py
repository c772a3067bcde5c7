"""Every pinned package has a wheel for every platform and Python that the kit supports
(needs the network).
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
    pins = [
        line
        for line in Path("requirements.txt").read_text("utf-8").splitlines()
        if line != "-e ."
    ]
    failed = 0
    for platform in PLATFORMS:
        for python in PYTHONS:
            command = [
                sys.executable,
                "-m",
                "uv",
                "pip",
                "compile",
                "-",
                "--only-binary",
                ":all:",
                "--no-deps",
                "--quiet",
            ]
            command += ["--python-platform", platform, "--python-version", python]
            done = subprocess.run(
                command, input="\n".join(pins), capture_output=True, encoding="utf-8"
            )
            print(
                f"{platform:28} {python}  "
                f"{'ok' if not done.returncode else done.stderr.strip()}"
            )
            failed += bool(done.returncode)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
