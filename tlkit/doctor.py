"""What this machine has, and what to do about it. Standard library only, and readable by old Pythons,
because it runs before anything is installed: ``python tlkit/doctor.py --before-install``.
"""

import platform
import shutil
import struct
import sys

OLDEST, NEWEST = (3, 11), (3, 13)  # Keras 3.15 needs 3.11; TensorFlow has no packages beyond 3.13
NEEDED_GB = 3.0  # the packages take 2.2 GB, and pip unpacks the largest of them first


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
        return "tlkit needs a 64-bit Python, this one has %d bits: install the 64-bit Python from python.org." % bits
    if system == "Darwin" and machine == "x86_64":
        return "TensorFlow has no packages for Macs with Intel processors: use Binder or Colab (links in README.md)."
    if free_gb < NEEDED_GB:
        sizes = (NEEDED_GB, free_gb)
        return "The packages need %.0f GB of disk, %.1f GB are free here: make room, then try again." % sizes
    return None


def main():
    """Exit status 0 if the packages can be installed here, else 1 after one sentence."""
    free_gb = shutil.disk_usage(".").free / 1e9
    bits = struct.calcsize("P") * 8
    problem = before_install(sys.version_info[:2], bits, platform.system(), platform.machine(), free_gb)
    if problem:
        sys.stderr.write(problem + "\n")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
