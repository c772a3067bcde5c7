"""Names of classes as a figure can show them, whatever people call their folders."""

from collections.abc import Sequence
from functools import lru_cache

LONGEST = 24  # characters of a name in a figure


def drawable(names: Sequence[str], longest: int = LONGEST) -> list[str]:
    """Names that the figures' font has letters for, short and all different.

    Letters that the font lacks are left out: without this, matplotlib draws empty boxes
    and warns. A name of which no letter or digit is left becomes its number, "no. 3",
    counted from 1; its figure's text says which that is (``key``). A long name is cut.
    Names that would then be the same get their numbers, too.

    Args:
        names: of all classes.
        longest: characters, at least 8.

    Returns:
        as many names, in the same order.
    """
    known, found = _letters(), []
    for number, name in enumerate(names, 1):
        left = "".join(letter for letter in name if ord(letter) in known)
        left = " ".join(left.split())
        if not any(map(str.isalnum, left)) and left != name:
            left = f"no. {number}"
        found.append(_cut(left, longest))
    return [
        name if found.count(name) == 1 else f"{_cut(name, longest - 4)} {number}"
        for number, name in enumerate(found, 1)
    ]


def key(names: Sequence[str], drawn: Sequence[str]) -> str:
    """A sentence on the names that look different in a figure, or ""."""
    other = [
        f"{short} is {name}"
        for name, short in zip(names, drawn, strict=True)
        if name != short
    ]
    return f" In the figure: {', '.join(other)}." if other else ""


def _cut(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    """The letters of the font that figures are drawn in, as Unicode numbers."""
    from matplotlib import font_manager

    path = font_manager.findfont(font_manager.FontProperties())
    return frozenset(font_manager.get_font(path).get_charmap())
