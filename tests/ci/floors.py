"""A result.json keeps to its bounds.

Usage: python tests/ci/floors.py RESULT [name>floor …] [name<ceiling …]
"""

import json
import sys
from pathlib import Path


def main(result: str, *bounds: str) -> int:
    """Exit status 0 if every recipe keeps to its bound.

    Those with a floor, other than scratch itself, must also beat scratch by an interval
    that excludes 0.
    """
    recipes = json.loads(Path(result).read_text("utf-8"))["recipes"]
    failed = False
    for bound in bounds:
        name, sign, value = bound.replace("<", " < ").replace(">", " > ").split()
        found = recipes[name]["accuracy"]["mean"]
        gain = recipes[name].get("paired_vs_scratch")
        if sign == "<":
            good = found < float(value)
        else:
            good = found >= float(value) and (gain is None or gain["low"] > 0)
        verdict = "ok" if good else "FAILED"
        print(f"{bound}: accuracy {found:.3f}, gain over scratch {gain}: {verdict}")
        failed |= not good
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
