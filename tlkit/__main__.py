"""``python -m tlkit``."""

import sys

try:
    from .commands.cli import main
except (ImportError, SyntaxError):
    # The doctor comes before the packages are installed, whatever the Python
    if sys.argv[1:2] != ["doctor"]:
        raise
    from .commands.doctor import main  # type: ignore[assignment]

sys.exit(main(sys.argv[1:]))
