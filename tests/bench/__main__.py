"""The benchmark: how fast the kit is on each kind of machine, and against whom.

    python tests/bench [--task DIR] [--weights FILE] [--images N] [--test N]
                       [--repeats N] [--epochs N] [--kinds a,b] [--parts a,b]
                       [--recipes a,b] [--precision P] [--provenance TEXT]
                       [--quick] [--out FILE]

`make bench` calls this. By default it takes the embedded pair: digits, with the
backbone that was trained on letters. Every kind of machine that this processor can play
is measured, each in processes of its own (kinds.py). It writes FILE (JSON), and beside
it the same name with .md and .png: a page with the tables, and its figure.
docs/performance.md is such a page. Kinds and parts that FILE already has stay, unless
they are measured again.

The parts:

- recipes: every recipe beside its peers;
- rates: images in a second by plain Keras, tlkit and PyTorch;
- targets: the project's own;
- memory: the peak of each recipe, and of all in one call;
- main: `python -m tlkit run`, from its start to its first line, first step and end;
- steps: what a training step is made of;
- ends (not by default): when a training ends;
- batches (not by default): whether larger ones learn as well;
- views (not by default): what augmentation costs and brings;
- sizes (not by default): pictures of several sizes, on a GPU where there is one;
- untuned (alone): whether the recipes hold on tasks that nobody tuned them for. About
  40 minutes on 2 idle cores; what was trained is kept, so it can be stopped and goes
  on. With --task FOLDER and --weights FILE also on those pictures, with both
  backbones. It writes a FILE and a page of its own: docs/untuned.md is such a page;
- suggest (alone): what `tk.suggest` loses on tasks that it never saw. About half an
  hour on 2 idle cores. It keeps what was trained, and takes --task and --weights, as
  untuned does; docs/suggest.md is its page.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from kinds import KINDS, NAMES, PARTS, Kind, playable

HERE = Path(__file__).parent
# their accuracies do not depend on the kind of machine
ALONE = {"untuned": "untuned", "suggest": "left_out"}  # part -> its module


def arguments(words: list[str]) -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(
        prog="tests/bench", description=__doc__.splitlines()[0]
    )
    add = parser.add_argument
    add("--task", default="digits", help="a folder of class folders, or a task's name")
    add("--weights", default="letters", help="a VGG16 weights file, or a name")
    add("--images", type=int, default=500, help="training images of the comparison")
    add("--test", type=int, default=1000, help="test images of the comparison")
    add("--repeats", type=int, help="of the comparison (1); draws of a part alone (3)")
    most = "passes that a peer's stage which trains blocks runs at most (%(default)s)"
    add("--epochs", type=int, default=2, help=f"{most}; 0: as many as published")
    add("--kinds", help=f"some of {','.join(KINDS)} (default: all that can be played)")
    alone = " or ".join(ALONE)
    parts = f"some of {','.join(PARTS)} (default: the usual ones), or {alone}"
    add("--parts", help=parts)
    add("--recipes", help=f"some of {','.join(NAMES)} (default: the kind's)")
    add("--precision", choices=("float32", "bfloat16"), help="default: the faster one")
    add("--provenance", default="", help="a sentence: which pictures, which weights")
    add("--quick", action="store_true", help="tiny sizes, to see that everything runs")
    add("--out", type=Path, help="default: performance.json in build/bench")
    add("--inside", help=argparse.SUPPRESS)  # the kind that this process plays
    given = parser.parse_args(words)
    if given.parts in ALONE:
        given.out = given.out or Path(f"build/bench/{given.parts}.json")
        return given
    given.out = given.out or Path("build/bench/performance.json")
    given.repeats = given.repeats or 1
    for option, known in (("kinds", KINDS), ("parts", PARTS), ("recipes", NAMES)):
        some = getattr(given, option)
        names = some.split(",") if some else None
        unknown = sorted(set(names or ()) - set(known))
        if unknown:
            single = f", or {alone} alone" if option == "parts" else ""
            parser.error(
                f"--{option}: expected some of {','.join(known)}{single}, "
                f"got {','.join(unknown)}"
            )
        setattr(given, option, names)
    if given.quick:
        given.images, given.test, given.repeats, given.epochs = 100, 200, 1, 1
    return given


def main(words: list[str]) -> int:
    """Measure all kinds, each in a process of its own; returns the exit status."""
    given = arguments(words)
    if given.inside:
        import measure

        return measure.one_kind(KINDS[given.inside], given, command(words))
    if given.parts in ALONE:
        part = import_module(ALONE[given.parts])
        return part.main(given, command(words))
    kinds = [KINDS[name] for name in given.kinds] if given.kinds else playable()
    for kind in kinds:
        print(f"=== {kind.title}: {kind.sentence}", file=sys.stderr, flush=True)
        status = play(kind, words)
        if status:
            return status
    import page

    print(page.text(json.loads(given.out.read_text("utf-8")), given.out.stem))
    return 0


def play(kind: Kind, words: list[str]) -> int:
    """Measure a kind in a new process; returns its exit status."""
    call = [sys.executable, str(HERE), *words, "--inside", kind.name]
    return subprocess.run(call, env={**os.environ, **kind.variables}).returncode


def command(words: list[str]) -> str:
    """The command line as it may be published: of places here only the last part."""
    published = []
    if "--inside" in words:
        words = words[: words.index("--inside")]
    for word in words:
        published.append(Path(word).name if Path(word).is_absolute() else word)
    return shlex.join(["python", "tests/bench", *published])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
