"""A result.json on CIFAR-10 pictures reaches its floors: python tests/ci/floors.py RESULT [name=floor …]."""

import json
import sys
from pathlib import Path


def main(result: str, *floors: str) -> int:
    """Exit status 0 if every named recipe reaches its floor and beats scratch by an interval that excludes 0."""
    recipes = json.loads(Path(result).read_text("utf-8"))["recipes"]
    failed = False
    for name, floor in (text.split("=") for text in floors):
        found, gain = recipes[name]["accuracy"]["mean"], recipes[name]["paired_vs_scratch"]["low"]
        good = found >= float(floor) and gain > 0
        verdict = "ok" if good else "FAILED"
        print(f"{name:8} accuracy {found:.3f}, floor {floor}; gain over scratch at least {gain:.3f}: {verdict}")
        failed |= not good
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
