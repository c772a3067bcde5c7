"""The command line: ``python -m tlkit lab | run | predict | fetch | doctor | pretrain | cache``."""

import argparse
import os
import sys
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from pathlib import Path

from .. import folders
from ..files import fetch, pairs
from . import child
from .doctor import main as doctor_main

SHIPPED = ("letters", "letters-small", "letters-bn")
RECIPE_NAMES = ("scratch", "probe", "fine_tune", "lp_ft", "article")


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, or 1 after a sentence about what to do, or 130 for Ctrl-C."""
    os.environ.setdefault("MPLBACKEND", "agg")  # figures go to files
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(
            errors="backslashreplace"
        )  # a terminal without → and − is no reason to stop
    arguments = _parser().parse_args(argv)
    return with_sentences(lambda: arguments.command(arguments))


def with_sentences(command: Callable[[], int | None]) -> int:
    """Exit status of a command; what a user can mend is said in a sentence, without a traceback."""
    try:
        status = command()
    except (ValueError, OSError, fetch.FetchError) as error:
        print(f"tlkit: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "tlkit: stopped by you; no half-written result was left behind, and a download goes on where it stopped",
            file=sys.stderr,
        )
        return 130
    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tlkit", description="Learn transfer learning by doing it."
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    run = commands.add_parser(
        "run",
        help="the main job: transfer a backbone to a task, against honest baselines",
    )
    run.add_argument(
        "--task",
        help="digits (default), letters, colours, angles, degrees, cifar10, or a folder of class folders",
    )
    run.add_argument(
        "--backbone",
        "--weights",
        help="letters (default), letters-small, letters-bn, imagenet, efficientnet, a file",
    )
    some = f"some of {','.join(RECIPE_NAMES)} (default: %(default)s)"
    run.add_argument("--recipes", default="scratch,probe,lp_ft", help=some)
    run.add_argument(
        "--labels-per-class",
        type=int,
        help="validation labels included (default 20, or 500 where the pair is not embedded); 0: all there are",
    )
    run.add_argument(
        "--seeds",
        type=_positive,
        default=3,
        help="draws of labels and first weights (default 3)",
    )
    run.add_argument(
        "--size",
        type=int,
        default=32,
        help="pixels that images are resized to, 32 to 224 (default 32)",
    )
    precisions = ("auto", "float32", "bfloat16", "float16")
    run.add_argument("--precision", choices=precisions, default="auto",
                     help="of the convolutions; auto measures which is fastest here (default)")  # fmt: skip
    run.add_argument(
        "--no-mirror", action="store_true", help="never mirror images while training"
    )
    run.add_argument(
        "--bad-files",
        choices=("error", "skip"),
        default="error",
        help="what to do with damaged images",
    )
    run.add_argument(
        "--out",
        type=Path,
        default=Path("runs"),
        help="results go to a new folder in here",
    )
    run.add_argument(
        "--json", action="store_true", help="print result.json instead of the table"
    )
    run.add_argument(
        "--real",
        action="store_true",
        help="ImageNet's VGG16 on CIFAR-10; downloads what is missing",
    )
    run.add_argument(
        "--distributed",
        action="store_true",
        help="as one of several processes (several-machines.md)",
    )
    run.add_argument(
        "--budget",
        help='time for each lp_ft, "2 min" or "90 s": fits images, depth and epochs to it',
    )
    run.set_defaults(command=_run)

    lab = commands.add_parser(
        "lab",
        help="open your copies of the notebooks in JupyterLab; your edits always stay",
    )
    lab.add_argument("--to", type=Path, default=Path(__file__).parents[2] / "my_notebooks",
                     help="folder of the copies (default: my_notebooks in the repository)")  # fmt: skip
    lab.add_argument(
        "--no-browser",
        action="store_true",
        help="print the address instead of opening a browser",
    )
    lab.add_argument(
        "--copy-only",
        action="store_true",
        help="make the copies, or bring them up to date, and stop",
    )
    lab.add_argument(
        "--colab",
        action="store_true",
        help="put a cell on top that sets up Google Colab",
    )
    lab.set_defaults(command=_lab)

    predict = commands.add_parser(
        "predict", help="label pictures with a model that run has saved"
    )
    predict.add_argument(
        "model", type=Path, help="model.keras, or the folder that holds it"
    )
    predict.add_argument("images", type=Path, nargs="+", metavar="image")
    predict.set_defaults(command=_predict)

    get = commands.add_parser(
        "fetch",
        help="the real pair's files: download them, make a bundle of them, use a bundle",
    )
    names = f"some of {', '.join(fetch.FILES)} (default: {', '.join(fetch.PAIR)})"
    get.add_argument("names", nargs="*", metavar="name", help=names)
    get.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="make a bundle for machines without internet",
    )
    get.add_argument(
        "--wheels",
        action="store_true",
        help="put all packages into it too (for machines like this)",
    )
    get.add_argument(
        "--accept-cifar10-terms",
        action="store_true",
        help="CIFAR-10 has no licence; you answer for it",
    )
    get.add_argument(
        "--from",
        type=Path,
        metavar="DIR",
        dest="source",
        help="verify a bundle and install its files",
    )
    get.set_defaults(command=_fetch)

    pretrain = commands.add_parser(
        "pretrain", help="train a letters backbone from nothing and save its parameters"
    )
    pretrain.add_argument("name", nargs="?", default="letters", choices=SHIPPED)
    pretrain.add_argument("--epochs", type=_positive, default=16)
    pretrain.add_argument(
        "--scenes",
        type=_positive,
        default=48_000,
        help="scenes drawn anew for every epoch",
    )
    pretrain.add_argument("--seed", type=int, default=0)
    pretrain.add_argument(
        "--out",
        type=Path,
        default=Path("weights"),
        help="folder for the weights and their manifest",
    )
    pretrain.set_defaults(command=_pretrain)

    cache = commands.add_parser(
        "cache", help="list the stored activations, or clear them"
    )
    cache.add_argument("action", nargs="?", default="list", choices=("list", "clear"))
    cache.set_defaults(command=_cache)

    examine = commands.add_parser(
        "doctor", help="what this machine has, what is missing and how to get it"
    )
    examine.add_argument(
        "--json",
        action="store_true",
        help="one object for programs; names no person and no folder",
    )
    examine.add_argument(
        "--measure",
        action="store_true",
        help="time if bfloat16 is faster here (20 seconds)",
    )
    examine.set_defaults(
        command=lambda asked: doctor_main(
            [f"--{name}" for name in vars(asked) if vars(asked)[name]]
        )
    )

    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 1 up, got {text!r}"
        )
    return int(text)


def _choose_pair(arguments) -> tuple[str, str, str]:
    """Task, backbone and pair ("embedded", "real" or "custom"); says which and why."""
    if arguments.real:
        if arguments.task or arguments.backbone:
            raise ValueError(
                "--real means ImageNet's VGG16 on CIFAR-10: leave out --task and --backbone, or --real"
            )
        for name in fetch.PAIR:
            fetch.get(name)
    pair = pairs.choose()
    task, backbone = arguments.task or pair.task, arguments.backbone or pair.backbone
    drawn = backbone in SHIPPED and not Path(task).is_dir() and task != "cifar10"
    name = (
        "embedded"
        if drawn
        else "real"
        if (task, backbone) == ("cifar10", "imagenet")
        else "custom"
    )
    why = (
        "as you asked"
        if arguments.task or arguments.backbone or arguments.real
        else pair.why
    )
    print(f"Pair: {name} ({backbone} → {task}), {why}.")
    if name == "embedded" and fetch.missing():
        print(f"The real pair (ImageNet → CIFAR-10): {pairs.how_to_get_real()}")
    return task, backbone, name


def _run(arguments) -> int:
    if not arguments.distributed:
        return _train_and_report(arguments)
    if not child.is_watched():
        return child.run_again()
    from . import distributed

    with distributed.together():
        return _train_and_report(arguments, distributed)


def _train_and_report(arguments, distributed=None) -> int:
    from . import report

    with (
        redirect_stdout(sys.stderr) if arguments.json else nullcontext()
    ):  # --json keeps stdout for the result
        runs, pair = _train(arguments, distributed)
        if distributed and not distributed.is_first():
            return 0
        command = (
            " ".join(["python -m tlkit", *sys.argv[1:]])
            if sys.argv[1:2] == ["run"]
            else "python -m tlkit run"
        )
        folder = report.write_result(
            runs, arguments.out, pair=pair, command=folders.readable(command)
        )
        print(f"\n{report.table(runs)}\n\nReport: {folder / 'report.html'}")
    if arguments.json:
        print((folder / "result.json").read_text("utf-8"))
    return 0


def _train(arguments, distributed=None) -> tuple[dict[str, list], str]:
    """Recipe -> one Run for each seed, and the pair."""
    from .. import speed, transfer
    from ..backbone import Backbone
    from ..tasks import load_task

    recipes = arguments.recipes.split(",")
    if unknown := [name for name in recipes if name not in RECIPE_NAMES]:
        raise ValueError(
            f"--recipes: expected some of {','.join(RECIPE_NAMES)}, got {','.join(unknown)}"
        )
    if arguments.budget and (
        arguments.distributed
        or "lp_ft" not in recipes
        or not speed.as_seconds(arguments.budget)
    ):
        raise ValueError(
            "--budget: expected a time above 0, lp_ft among --recipes, and no --distributed"
        )
    name, weights, pair = _choose_pair(arguments)
    backbone, labels = (
        Backbone(weights, size=arguments.size),
        arguments.labels_per_class,
    )
    if labels is None:
        labels = (pairs.EMBEDDED if pair == "embedded" else pairs.REAL).labels_per_class
    options = {"image_size": arguments.size, "bad_files": arguments.bad_files}
    options["mirror"] = False if arguments.no_mirror else None
    tasks = [
        load_task(name, labels or None, seed, **options)
        for seed in range(arguments.seeds)
    ]
    for note in tasks[0].notes:
        print(f"Note: {note}")
    precision = arguments.precision
    if precision == "auto":
        same = (
            pair == "embedded" or distributed
        )  # several machines may measure different things
        precision = (
            "float32"
            if same
            else speed.faster_precision(backbone, tasks[0].image_shape)
        )
    runs: dict[str, list] = {recipe: [] for recipe in recipes}
    for seed, task in enumerate(tasks):
        for recipe in recipes:
            limit = (
                {"budget": arguments.budget}
                if arguments.budget and recipe == "lp_ft"
                else {}
            )
            run = (distributed or transfer).RECIPES[recipe](
                backbone, task, seed=seed, precision=precision, **limit
            )
            runs[recipe].append(run)
            measure = "mean absolute error" if task.is_regression else "accuracy"
            print(
                f"seed {seed}  {recipe:9}  {measure} {run.score()}  {run.seconds:.0f} s",
                flush=True,
            )
    return runs, pair


def _lab(arguments) -> None:
    from . import copies

    first = (
        (copies.ROOT / "tlkit" / "assets" / "colab_cell.py").read_text("utf-8").strip()
        if arguments.colab
        else ""
    )
    print("\n".join(copies.refresh(arguments.to, first)), flush=True)
    if not arguments.copy_only:
        copies.open_lab(arguments.to, *["--no-browser"] * arguments.no_browser)


def _predict(arguments) -> None:
    from ..saved import predict

    for image, ranked in predict(arguments.model, arguments.images):
        print(
            f"{image}: "
            + ", ".join(f"{label} {share:.2f}" for label, share in ranked[:3])
        )


def _fetch(arguments) -> None:
    from . import bundle

    names = arguments.names or list(fetch.PAIR)
    if unknown := [name for name in names if name not in fetch.FILES]:
        raise ValueError(
            f"fetch: expected some of {', '.join(fetch.FILES)}, got {', '.join(unknown)}"
        )
    if arguments.source:
        bundle.install(arguments.source, names)
    elif arguments.to:
        bundle.make(
            arguments.to, names, arguments.wheels, arguments.accept_cifar10_terms
        )
    else:
        for name in names:
            print(f"{fetch.FILES[name].title} is at {fetch.get(name)}")


def _pretrain(arguments) -> None:
    from .pretrain import pretrain

    arguments.out.mkdir(parents=True, exist_ok=True)
    entry = pretrain(
        arguments.name,
        epochs=arguments.epochs,
        scenes=arguments.scenes,
        seed=arguments.seed,
        out=arguments.out,
    )
    for key, value in entry.items():
        print(f"{key}: {value}")


def _cache(arguments) -> None:
    from .. import features

    if arguments.action == "clear":
        print(f"freed {features.clear() / 1e6:.1f} MB")
        return
    found = features.entries()
    for entry in found:
        made = entry.made_from
        what = f"{made['backbone']} at {made['size']} px, cut {made['cut']}, {made['precision']}"
        print(f"{entry.bytes / 1e6:9.1f} MB  {what}")
    total, limit = (
        sum(entry.bytes for entry in found) / 1e6,
        features.limit_bytes() / 1e6,
    )
    print(
        f"{total:9.1f} MB in {len(found)} entries; the limit is {limit:.0f} MB; all in {fetch.cache_dir()}"
    )
