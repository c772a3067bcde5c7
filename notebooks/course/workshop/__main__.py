"""``python -m tlkit_course.workshop``."""

import sys

from tlkit.commands.cli import with_sentences

from . import main as carry_out


def main(words: list[str]) -> int:
    """Run one command; prints a sentence if something is wrong.

    Returns:
        the exit status.
    """
    return with_sentences(lambda: carry_out(words))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
