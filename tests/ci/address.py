"""Set the repository's address everywhere.

``make address URL=https://github.com/NAME/tlkit``
"""

import re
import sys
import tomllib
from pathlib import Path

PLACES = (
    "pyproject.toml",
    "README*.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "notebooks/*.ipynb",
    "docs/*.md",
    "tlkit/assets/*.py",
    "notebooks/course/teach/*.html",
)


def set_address(root: Path, url: str) -> list[str]:
    """Replace the present OWNER/NAME by that of the url in all files.

    Returns:
        The files that changed.

    Raises:
        ValueError: not an address of the form https://github.com/OWNER/NAME.
    """
    found = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)/?", url)
    if not found:
        raise ValueError(f"URL={url!r}: expected https://github.com/OWNER/NAME")
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    old = project["urls"]["Repository"].removeprefix("https://github.com/")
    changed = []
    for path in sorted(path for place in PLACES for path in root.glob(place)):
        text = path.read_text("utf-8")
        if old in text:
            path.write_text(text.replace(old, found[1]), "utf-8", newline="\n")
            changed.append(path.relative_to(root).as_posix())
    return changed


if __name__ == "__main__":
    print("\n".join(set_address(Path.cwd(), sys.argv[1])))
