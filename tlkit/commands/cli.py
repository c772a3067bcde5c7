"""The command line: ``python -m tlkit run``, ``lab``, ``predict`` and so on.

Each command has one function that describes its options and one that carries it out.
Keras takes seconds to import, so it is imported only when a command needs it.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ..files import fetch
from ..files.applications import WEIGHTS
from ..files.pairs import SHIPPED, TRAINABLE
from . import run
from .doctor import main as doctor_main

STOPPED = (
    "stopped by you. No half-written result is left. The next call continues a "
    "download where it stopped"
)
# What the library's errors advise -> what can be typed on the command line
TYPED = (
    (r'load_task\(\.\.\., bad_files="skip"\)', "`--bad-files skip`"),
    (r"\blabels_per_class\b", "--labels-per-class"),
    (r", or None, got", ", or 0 for all, got"),
    (r"\bimage_size\b", "--size"),
    (r"\bsize=(\d+)", r"--size \1"),
    (r"\bbudget='([^']*)'", r"--budget '\1'"),
    (r"\bunfreeze='([^']*)'", r"--unfreeze '\1'"),
    (r", or None for the head alone", ""),
)
PRECISIONS = ("auto", "float32", "bfloat16", "float16")


def main(words: list[str] | None = None) -> int:
    """Carry out one command.

    Args:
        words: what was typed after ``python -m tlkit``; None: ``sys.argv[1:]``.

    Returns:
        The exit status: 0; 1 after a sentence about what to do; 130 after Ctrl-C.
    """
    if words is None:
        words = sys.argv[1:]
    os.environ.setdefault("MPLBACKEND", "agg")  # figures go to files
    if hasattr(sys.stdout, "reconfigure"):
        # a terminal that cannot show → and − is no reason to stop
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(words)
    options.words = words
    return with_sentences(lambda: options.carry_out(options), as_typed)


def with_sentences(
    command: Callable[[], int | None], in_words: Callable[[str], str] = str
) -> int:
    """Carry out a command; an error that its user can repair is printed as a sentence.

    Args:
        command: returns an exit status, or None for 0.
        in_words: changes the message of an error before it is shown.

    Returns:
        The exit status, as of ``main``.
    """
    try:
        return command() or 0
    except (ValueError, OSError, fetch.FetchError) as error:
        print(f"tlkit: {in_words(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"tlkit: {STOPPED}", file=sys.stderr)
        return 130


def as_typed(message: str) -> str:
    """An error of the library, with options in place of Python's arguments."""
    for pattern, typed in TYPED:
        message = re.sub(pattern, typed, message)
    return message


def _parser() -> argparse.ArgumentParser:
    """All commands with their options; each sets ``carry_out``, its function."""
    parser = argparse.ArgumentParser(
        prog="tlkit", description="Learn transfer learning by doing it."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_run(commands)
    _add_recipes(commands)
    _add_backbones(commands)
    _add_lab(commands)
    _add_predict(commands)
    _add_export(commands)
    _add_fetch(commands)
    _add_pretrain(commands)
    _add_cache(commands)
    _add_doctor(commands)
    return parser


def _positive(text: str) -> int:
    """A whole number from 1 up, as argparse takes types."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 1 up, got {text!r}"
        )
    return int(text)


def _add_run(commands) -> None:
    """Describe ``run``: its options in three groups, in the order of its help."""
    parser = commands.add_parser(
        "run",
        help="transfer a backbone to a task, and compare with fair baselines",
        description="Without options: the drawn pair, letters to digits. If the files "
        "of the real pair (ImageNet's VGG16, CIFAR-10) are on this machine: a short "
        "experiment with these. The first lines of the output say which pair runs, "
        "why, and how long it takes.",
    )
    _add_what_to_train(parser)
    _add_how_to_train(parser)
    _add_what_is_read_and_written(parser)
    parser.set_defaults(carry_out=run.run)


def _add_what_to_train(parser) -> None:
    """The task, the backbone and the recipes."""
    parser.add_argument(
        "--task",
        help="digits (default), letters, colours, angles, degrees, cifar10, or a "
        "folder of class folders",
    )
    parser.add_argument(
        "--backbone",
        metavar="NAME",
        help="letters (default), letters-small, letters-bn, imagenet (VGG16), or "
        "another network of keras.applications, such as resnet50v2: "
        "`python -m tlkit backbones` lists them; or a weights file of VGG16",
    )
    parser.add_argument(
        "--weights",
        metavar="FILE",
        help="a weights file for the network that --backbone names (default VGG16)",
    )
    parser.add_argument(
        "--real",
        action="store_true",
        help="ImageNet's VGG16 on CIFAR-10, the whole experiment, which takes an hour "
        "or more; downloads what is missing",
    )
    parser.add_argument(
        "--recipes",
        help="names with commas between them (default scratch,probe,lp_ft); "
        "`python -m tlkit recipes` lists them",
    )


def _add_how_to_train(parser) -> None:
    """The data of each training, its depth, its time and its settings."""
    parser.add_argument(
        "--labels-per-class",
        type=int,
        help="validation labels included (default 20 for the drawn pair, else 500, or "
        "all if a class has fewer); 0: all",
    )
    parser.add_argument(
        "--seeds",
        type=_positive,
        help="draws of labels and initial weights (default 3)",
    )
    parser.add_argument(
        "--unfreeze",
        metavar="BLOCK",
        help="the lowest block that fine_tune and lp_ft train, such as block5, or all",
    )
    parser.add_argument(
        "--budget",
        metavar="TIME",
        help='time limit for each lp_ft, "2 min" or "90 s": images, depth and epochs '
        "are chosen to fit",
    )
    parser.add_argument(
        "--tune",
        action="store_true",
        help="try 3 to 5 step sizes for each recipe, and choose on validation; takes 3 "
        "to 5 times as long",
    )
    parser.add_argument(
        "--trials",
        action=argparse.BooleanOptionalAction,
        help="short trials choose the step size of each recipe, and how many layers it "
        "trains, on validation; takes up to 3 times as long (default for a folder, "
        "unless --tune, --budget or --distributed is given)",
    )
    parser.add_argument(
        "--size",
        type=int,
        default=32,
        help="pixels that images are resized to, 32 to 224 (default 32)",
    )
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="auto",
        help="of the convolutions; auto measures which is fastest here (default)",
    )
    parser.add_argument(
        "--no-mirror", action="store_true", help="never mirror images while training"
    )


def _add_what_is_read_and_written(parser) -> None:
    """Damaged files, places for results, and several processes."""
    parser.add_argument(
        "--bad-files",
        choices=("error", "skip"),
        default="error",
        help="what to do with damaged images (default error: stop and name them)",
    )
    parser.add_argument(
        "--check-only",
        action="store_true",
        help="look at the pictures of a folder, write check.html into --out, and stop; "
        "exit status 1 if something would spoil the result",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("runs"),
        help="results go to a new folder in here (default runs)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print result.json instead of the table"
    )
    parser.add_argument(
        "--distributed",
        action="store_true",
        help="run as one of several processes (docs/several-machines.md)",
    )


def _add_recipes(commands) -> None:
    """Describe ``recipes``, which has no options."""
    parser = commands.add_parser("recipes", help="list the recipes and what they do")
    parser.set_defaults(carry_out=_recipes)


def _recipes(options) -> None:
    """Print a line for each entry of ``RECIPES``."""
    from ..recipes import RECIPES

    names = max(map(len, RECIPES))
    labels = max(len(recipe.label) for recipe in RECIPES.values())
    for name, recipe in RECIPES.items():
        print(f"{name:{names}}  {recipe.label:{labels}}  {recipe.sentence}")


def _add_backbones(commands) -> None:
    """Describe ``backbones``, which has no options."""
    parser = commands.add_parser(
        "backbones",
        help="list the networks, the size of their weights, and which are here",
    )
    parser.set_defaults(carry_out=_backbones)


def _backbones(options) -> None:
    """Print a line for each network: name, title, size, whether it is here."""
    names = max(map(len, WEIGHTS))
    titles = max(len(weights.title) for weights in WEIGHTS.values())
    for name in SHIPPED:
        print(f"{name:{names}}  {'VGG16, narrow':{titles}}             in this package")
    for name, weights in WEIGHTS.items():
        here = "on this machine" if fetch.find(name) else "not on this machine"
        size = f"{weights.bytes / 1e6:6.0f} MB"
        print(f"{name:{names}}  {weights.title:{titles}}  {size}  {here}")
    print(
        "`python -m tlkit fetch NAME` downloads one; "
        "`python -m tlkit run --backbone NAME` uses it."
    )


def _add_lab(commands) -> None:
    """Describe ``lab`` and its options."""
    parser = commands.add_parser(
        "lab",
        help="open your copies of the notebooks in JupyterLab; your edits always stay",
    )
    parser.add_argument(
        "--to",
        type=Path,
        default=Path(__file__).parents[2] / "my_notebooks",
        help="folder of the copies (default: my_notebooks in the repository)",
    )
    parser.add_argument(
        "--no-browser",
        action="store_true",
        help="print the address instead of opening a browser",
    )
    parser.add_argument(
        "--copy-only",
        action="store_true",
        help="make the copies, or bring them up to date, and stop",
    )
    parser.add_argument(
        "--colab",
        action="store_true",
        help="put a cell on top that sets up Google Colab",
    )
    parser.set_defaults(carry_out=_lab)


def _lab(options) -> None:
    """Bring the copies of the notebooks up to date, and open JupyterLab on them."""
    from . import copies

    first = ""
    if options.colab:
        cell = copies.ROOT / "tlkit" / "assets" / "colab_cell.py"
        first = cell.read_text("utf-8").strip()
    for sentence in copies.refresh(options.to, first):
        print(sentence, flush=True)
    if options.copy_only:
        return
    if options.no_browser:
        copies.open_lab(options.to, "--no-browser")
    else:
        copies.open_lab(options.to)


def _add_predict(commands) -> None:
    """Describe ``predict`` and its options."""
    parser = commands.add_parser(
        "predict",
        help="label pictures with a model that run has saved",
        description="Prints an answer for each picture, and writes answers.csv and a "
        "page, answers.html, with the least sure pictures first.",
    )
    parser.add_argument(
        "model", type=Path, help="model.keras, or the folder that holds it"
    )
    parser.add_argument(
        "images",
        type=Path,
        nargs="+",
        metavar="image",
        help="pictures, or folders of pictures",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="table and page go to a new folder in here (default: answers, beside the "
        "model)",
    )
    parser.set_defaults(carry_out=_predict)


def _predict(options) -> None:
    """Print and write an answer for each picture.

    Raises:
        ValueError: pictures that cannot be read; the others have been answered.
    """
    from ..folders import readable
    from ..saved import model_file, predict
    from . import answers

    found, others = answers.find(options.images)
    if others:
        print(f"Left out {others} files that are no pictures.", flush=True)
    given, trouble = [], ""
    try:
        for image, ranked in predict(options.model, found):
            words = [f"{label} {share:.2f}" for label, share in ranked[:3]]
            print(f"{readable(str(image))}: {', '.join(words)}", flush=True)
            given.append(answers.answer(image, ranked))
    except ValueError as error:
        if not given:
            raise
        trouble = str(error)
    file = model_file(options.model)
    out = options.out or file.parent / "answers"
    folder = answers.write(given, out, file, trouble.splitlines())
    print(f"Table: {folder / 'answers.csv'}")
    print(f"Page, the least sure first: {folder / 'answers.html'}")
    if trouble:
        raise ValueError(trouble)


def _add_export(commands) -> None:
    """Describe ``export`` and its options."""
    parser = commands.add_parser(
        "export",
        help="write a saved model for phones and other programs (LiteRT, ONNX)",
        description="Writes the model beside model.keras, and the names of its classes "
        "as labels.txt. Then it compares the answers of both on some pictures.",
    )
    parser.add_argument(
        "model", type=Path, help="model.keras, or the folder that holds it"
    )
    parser.add_argument(
        "--format",
        choices=("litert", "onnx"),
        default="litert",
        help="litert: model.tflite, for phones and small machines (default); onnx: "
        "model.onnx, which needs `pip install tf2onnx onnxruntime` here",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for the files (default: that of the model)",
    )
    parser.set_defaults(carry_out=_export)


def _export(options) -> None:
    """Export a saved model, and say where it is and whether its answers agree."""
    from ..export import export

    made = export(options.model, options.format, options.out)
    print(f"Model: {made.file}")
    print(f"Classes, in the order of its outputs: {made.labels}")
    print(made.in_words())


def _add_fetch(commands) -> None:
    """Describe ``fetch`` and its options."""
    parser = commands.add_parser(
        "fetch",
        help="the real pair's files: download them, or make or use a bundle of them",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="name",
        help="cifar10, or a network that `python -m tlkit backbones` lists "
        f"(default: {', '.join(fetch.PAIR)})",
    )
    parser.add_argument(
        "--backbone",
        action="append",
        default=[],
        metavar="NAME",
        help="the weights of a network; `python -m tlkit backbones` lists them",
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="make a bundle for machines without internet",
    )
    parser.add_argument(
        "--wheels",
        action="store_true",
        help="also put all packages into the bundle (for machines like this one)",
    )
    parser.add_argument(
        "--accept-cifar10-terms",
        action="store_true",
        help="CIFAR-10 has no licence; you take responsibility for sharing it",
    )
    parser.add_argument(
        "--from",
        type=Path,
        metavar="DIR",
        dest="source",
        help="verify a bundle and install its files",
    )
    parser.set_defaults(carry_out=_fetch)


def _fetch(options) -> None:
    """Install a bundle, make one, or download files: what the options ask for."""
    from . import bundle

    asked = [*options.names, *options.backbone] or fetch.PAIR
    names = [fetch.key(name) for name in asked]
    if options.source:
        for sentence in bundle.install(options.source, names):
            print(sentence)
    elif options.to:
        terms = options.accept_cifar10_terms
        print(bundle.make(options.to, names, options.wheels, terms))
    else:
        for name in names:
            print(f"{fetch.FILES[name].title} is at {fetch.get(name)}", flush=True)


def _add_pretrain(commands) -> None:
    """Describe ``pretrain`` and its options."""
    parser = commands.add_parser(
        "pretrain", help="train a letters backbone from nothing and save its parameters"
    )
    parser.add_argument("name", nargs="?", default="letters", choices=TRAINABLE)
    parser.add_argument("--epochs", type=_positive, default=16)
    parser.add_argument(
        "--scenes",
        type=_positive,
        default=48_000,
        help="new scenes that are drawn for every epoch",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("weights"),
        help="folder for the weights and their manifest",
    )
    parser.set_defaults(carry_out=_pretrain)


def _pretrain(options) -> None:
    """Train a letters backbone, and print its entry of the manifest."""
    from .pretrain import pretrain

    options.out.mkdir(parents=True, exist_ok=True)
    entry = pretrain(
        options.name,
        epochs=options.epochs,
        scenes=options.scenes,
        seed=options.seed,
        out=options.out,
    )
    for key, value in entry.items():
        print(f"{key}: {value}")


def _add_cache(commands) -> None:
    """Describe ``cache`` and its options."""
    parser = commands.add_parser(
        "cache",
        help="list the stored activations, the decoded pictures and the states of "
        "unfinished trainings, or clear them",
    )
    parser.add_argument("action", nargs="?", default="list", choices=("list", "clear"))
    parser.set_defaults(carry_out=_cache)


def _cache(options) -> None:
    """Clear the cache, or print a line for each thing in it and the sum."""
    from .. import features, tasks, unfinished

    if options.action == "clear":
        freed = features.clear() + unfinished.clear() + tasks.clear_cache()
        print(f"freed {freed / 1e6:.1f} MB")
        return
    found = features.entries()
    for entry in found:
        made = entry.made_from
        what = f"{made['backbone']} at {made['size']} px, cut {made['cut']}"
        print(f"{entry.bytes / 1e6:9.1f} MB  {what}, {made['precision']}")
    for path in unfinished.states():
        when = time.strftime("%d %B, %H:%M", time.localtime(path.stat().st_mtime))
        size = path.stat().st_size / 1e6
        print(f"{size:9.1f} MB  an unfinished training, last epoch saved {when}")
    print(f"{tasks.cache_bytes() / 1e6:9.1f} MB  decoded pictures and drawn scenes")
    total = sum(entry.bytes for entry in found) / 1e6
    limit = features.limit_bytes() / 1e6
    print(
        f"{total:9.1f} MB in {len(found)} entries; the limit is {limit:.0f} MB; "
        f"all in {fetch.cache_dir()}"
    )


def _add_doctor(commands) -> None:
    """Describe ``doctor`` and its options."""
    parser = commands.add_parser(
        "doctor", help="what this machine has, what is missing and how to get it"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object, without names of persons or folders",
    )
    parser.add_argument(
        "--measure",
        action="store_true",
        help="measure whether bfloat16 is faster here (20 seconds)",
    )
    parser.set_defaults(carry_out=_doctor)


def _doctor(options) -> int:
    """Hand the options on to the doctor, which also runs as a program of its own."""
    words = []
    if options.json:
        words.append("--json")
    if options.measure:
        words.append("--measure")
    return doctor_main(words)
