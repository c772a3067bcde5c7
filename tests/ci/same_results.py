"""Two results of the same command agree: same_results.py RESULT RESULT."""

import json
import sys
from pathlib import Path


def main(*results: str) -> int:
    """Exit status 0 if all accuracies of all seeds are the same to 0.005 (threads may
    round differently).
    """
    first, second = (json.loads(Path(result).read_text("utf-8")) for result in results)
    assert first["hashes"] == second["hashes"] and first["seeds"] == second["seeds"], (
        "these ran on different data"
    )
    worst = max(
        abs(one["accuracy"] - two["accuracy"])
        for name in first["recipes"]
        for one, two in zip(
            first["recipes"][name]["runs"], second["recipes"][name]["runs"], strict=True
        )
    )
    print(f"largest difference between two runs with the same seeds: {worst:.4f}")
    return worst > 0.005


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
