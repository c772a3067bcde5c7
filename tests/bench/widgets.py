"""How long the interactive figures take to follow a control: python tests/bench/widgets.py [NOTEBOOK…]

Runs the code of each notebook, moves every control of every figure in it twelve times, as a learner would, and prints
the median and the longest answer in milliseconds. The course promises less than 100 on 2 idle cores.
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
        control.value = (
            control.min
            if control.value + control.step > control.max
            else control.value + control.step
        )
    elif isinstance(control.value, bool):
        control.value = not control.value
    else:
        return False
    return True


def seconds(explorer) -> list[float]:
    """How long each answer of one figure took."""
    return [
        explorer.seconds
        for control in explorer.controls.values()
        for _ in range(MOVES)
        if moved(control)
    ]


def explorers(path: Path) -> list[tuple[str, object]]:
    """The interactive figures of a notebook, each with the last call in its cell; its code is run as it stands."""
    from IPython.core.interactiveshell import InteractiveShell
    from tlkit_course.widgets import Explorer

    shell, found = InteractiveShell.instance(), []
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            with redirect_stdout(io.StringIO()):
                result = shell.run_cell(cell.source)
            if not result.success and "raises-exception" not in cell.metadata.get(
                "tags", ()
            ):
                raise RuntimeError(f"{path.name} stopped at: {cell.source[:80]}")
            if isinstance(result.result, Explorer):
                found.append((re.findall(r"(\w+)\(", cell.source)[-1], result.result))
    return found


def main(*names: str) -> None:
    """Print one line for each figure."""
    paths = [Path(name).resolve() for name in names] or sorted(
        (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")
    )
    os.environ["TQDM_DISABLE"] = "1"
    lines = [
        f"{'notebook':10}{'figure':24}{'answers':>8}{'median, ms':>12}{'longest, ms':>13}"
    ]
    for path in paths:
        os.chdir(path.parent)
        for name, explorer in explorers(path):
            took = [1000 * second for second in seconds(explorer)]
            row = f"{path.name[:2]:10}{name:24}{len(took):>8}{statistics.median(took):>12.0f}{max(took):>13.0f}"
            lines.append(row)
    print("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
