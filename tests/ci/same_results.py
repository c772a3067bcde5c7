"""Two results of the same command agree.

Usage: python tests/ci/same_results.py RESULT RESULT
"""

import json
import sys
from pathlib import Path

LIMIT = 0.005  # of accuracy; threads may round differently


def main(*results: str) -> int:
    """Exit status 0 if all accuracies of all seeds are the same up to the limit."""
    first, second = (json.loads(Path(result).read_text("utf-8")) for result in results)
    same_data = first["hashes"] == second["hashes"]
    assert same_data and first["seeds"] == second["seeds"], "these had different data"
    worst = 0.0
    for name, recipe in first["recipes"].items():
        others = second["recipes"][name]["runs"]
        for one, two in zip(recipe["runs"], others, strict=True):
            worst = max(worst, abs(one["accuracy"] - two["accuracy"]))
    print(f"largest difference between two runs with the same seeds: {worst:.4f}")
    return worst > LIMIT


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
