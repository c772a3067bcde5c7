"""How long the interactive figures take to follow a control.

    python tests/bench/widgets.py [NOTEBOOK…]

Runs the code of each notebook, moves every control of every figure in it twelve times,
as a learner would, and prints the median and the longest answer in milliseconds. The
course promises less than 100 on 2 idle cores.
"""

import io
import os
import re
import statistics
import sys
from contextlib import redirect_stdout
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
MOVES = 12


def moved(control) -> bool:
    """Move a control by one step, and back at its end; False if it cannot move."""
    if hasattr(control, "options"):
        control.index = (control.index + 1) % len(control.options)
    elif hasattr(control, "max"):
        further = control.value + control.step
        control.value = control.min if further > control.max else further
    elif isinstance(control.value, bool):
        control.value = not control.value
    else:
        return False
    return True


def seconds(explorer) -> list[float]:
    """How long each answer of one figure took."""
    taken = []
    for control in explorer.controls.values():
        for _ in range(MOVES):
            if moved(control):
                taken.append(explorer.seconds)
    return taken


def explorers(path: Path) -> list[tuple[str, object]]:
    """The interactive figures of a notebook, each with the last call in its cell.

    The notebook's code is run as it stands.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from tlkit_course.widgets import Explorer

    shell, found = InteractiveShell.instance(), []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        with redirect_stdout(io.StringIO()):
            result = shell.run_cell(cell.source)
        may_fail = "raises-exception" in cell.metadata.get("tags", ())
        if not result.success and not may_fail:
            raise RuntimeError(f"{path.name} stopped at: {cell.source[:80]}")
        if isinstance(result.result, Explorer):
            found.append((re.findall(r"(\w+)\(", cell.source)[-1], result.result))
    return found


def line(notebook: str, figure: str, answers, middle, longest) -> str:
    """One line of the table."""
    return f"{notebook:10}{figure:24}{answers:>8}{middle:>12}{longest:>13}"


def main(*names: str) -> None:
    """Print one line for each figure."""
    paths = [Path(name).resolve() for name in names]
    paths = paths or sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    os.environ["TQDM_DISABLE"] = "1"
    lines = [line("notebook", "figure", "answers", "median, ms", "longest, ms")]
    for path in paths:
        os.chdir(path.parent)
        for name, explorer in explorers(path):
            took = [1000 * second for second in seconds(explorer)]
            middle, longest = f"{statistics.median(took):.0f}", f"{max(took):.0f}"
            lines.append(line(path.name[:2], name, len(took), middle, longest))
    print("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
