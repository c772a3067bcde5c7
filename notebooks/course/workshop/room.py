"""Files that a room full of people hands in.

They are read as data, never trusted, never executed, never printed raw.
"""

import glob
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

LARGEST = 1_000_000  # bytes; a whole course's progress takes about 10,000
WORDS = ("name", "notebook", "question")  # columns of words in a table
T = TypeVar("T")


class Refused(ValueError):
    """A file that is not what it should be; the message is the reason, in words."""


def printable(text: Any, width: int = 60) -> str:
    """One line of text that no terminal obeys.

    Escapes, line breaks and reversed writing become ``·``.

    Args:
        text: anything.
        width: characters at most.
    """
    some = str(text)[: width + 1]
    clean = "".join(c if c.isprintable() else "·" for c in some)
    return clean if len(clean) <= width else f"{clean[: width - 1]}…"


def count(n: int, what: str) -> str:
    """For example "1 learner", "30 learners"."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def expand(words: Iterable[str]) -> list[Path]:
    """Files, each once.

    A folder stands for its ``*.json``, and ``*`` works where the terminal leaves it to
    us.
    """
    found: list[Path] = []
    for word in words:
        if Path(word).is_dir():
            found += sorted(Path(word).glob("*.json"))
        elif glob.has_magic(word) and not Path(word).exists():
            found += map(Path, sorted(glob.glob(word)))
        else:
            found.append(Path(word))
    once: dict[Path, Path] = {}
    for path in found:
        once.setdefault(path.resolve(), path)
    return list(once.values())


def load(path: Path) -> dict[str, Any]:
    """The one JSON object in a file, in whichever UTF a terminal wrote it.

    Raises:
        Refused: anything else.
    """
    try:
        text = _content(path)
        found = json.loads(text, parse_constant=_no_number)
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise Refused("nested too deeply") from error
    except Refused:
        raise
    except ValueError as error:  # also UnicodeDecodeError, numbers of 5,000 digits
        raise Refused("not JSON") from error
    if not isinstance(found, dict):
        raise Refused("not one JSON object")
    return found


def _content(path: Path) -> bytes:
    """The bytes of a plain file of a sensible size. Raises Refused, or an OSError."""
    if not path.exists():
        raise Refused("no such file")
    if not path.is_file():
        raise Refused("not a plain file")
    with path.open("rb") as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise Refused(f"larger than {LARGEST / 1e6:.0f} MB")
    return text


def _no_number(word: str):
    """Refuse NaN and Infinity, which Python's JSON would read."""
    raise Refused(f"holds {word}, which is no number in JSON")


def collect(
    words: Iterable[str], understand: Callable[[dict[str, Any]], T]
) -> tuple[dict[Path, T], dict[Path, str]]:
    """Read all files.

    Args:
        words: files and folders, as for ``expand``.
        understand: makes something of an object, or raises Refused.

    Returns:
        path -> what ``understand`` made of it, and path -> why it was refused.

    Raises:
        ValueError: no files at all.
    """
    good: dict[Path, T] = {}
    refused: dict[Path, str] = {}
    for path in expand(words):
        try:
            good[path] = understand(load(path))
        except Refused as why:
            refused[path] = str(why)
    if not good and not refused:
        raise ValueError(
            "expected files, found none: name them, or the folder that holds them"
        )
    return good, refused


def say_refused(refused: dict[Path, str]) -> str:
    """A paragraph that names what was left out and why; empty if nothing was."""
    if not refused:
        return ""
    lines = [f"  {printable(path.name)}: {why}" for path, why in refused.items()]
    return "\n".join([f"Left out: {count(len(refused), 'file')}.", *lines])


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns for a terminal: words stand to the left, figures to the right."""
    everything = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*everything, strict=True)]
    sides = [str.ljust if head in WORDS else str.rjust for head in header]
    lines = []
    for row in everything:
        cells = [
            side(cell, width)
            for side, cell, width in zip(sides, row, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
