"""The real pair in a folder, for a USB stick or the local network: made once, verified wherever it is used.

A bundle is laid out as a folder for TLKIT_DATA is, so it can also be used where it lies.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
from functools import partial
from importlib.metadata import version
from pathlib import Path

from ..files import fetch
from ..files.download import Part, Refused

ROOT = Path(__file__).parents[2]
ARRAYS = (
    "images.npy",
    "labels.npy",
    "hashes.txt",
)  # CIFAR-10, ready: all learners of a machine map the same pages
UNLICENSED = (
    "CIFAR-10 has no licence: its author offers it for download, and nobody else may publish it. If the bundle is for "
    "your own class only, and you answer for that, add --accept-cifar10-terms; or name vgg16 alone"
)


def make(
    folder: Path,
    names: list[str],
    wheels: bool = False,
    accept_cifar10_terms: bool = False,
) -> None:
    """Fill the folder with the files, their manifest and their licences.

    Args:
        folder: made if absent.
        names: of ``fetch.FILES``.
        wheels: also all packages, for this Python on this kind of machine (about 0.5 GB).
        accept_cifar10_terms: whoever makes the bundle answers for handing on CIFAR-10.

    Raises:
        ValueError: CIFAR-10 without accept_cifar10_terms.
        FetchError: a file or a package cannot be had.
    """
    if "cifar10" in names and not accept_cifar10_terms:
        raise ValueError(UNLICENSED)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").unlink(
        missing_ok=True
    )  # what is not finished is no bundle
    sources = {fetch.FILES[name].name: fetch.published(name) for name in names}
    if "cifar10" in names:
        sources |= {
            f"cifar10/{array}": fetch.get("cifar10").with_name(array)
            for array in ARRAYS
        }
    for path, source in sources.items():
        _copy(source, folder / path)
    packages = _download_packages(folder / "wheels") if wheels else []
    entries: dict = {path: _entry(folder, path) for path in (*sources, *packages)}
    licences = ""
    for file in (fetch.FILES[name] for name in names):
        entries[file.name] |= {
            "url": file.url,
            "licence": file.licence,
            "citation": file.citation,
        }
        licences += f"{file.name}: {file.title}\nLicence: {file.licence}\nCite: {file.citation}\n\n"
    (folder / "LICENCES.txt").write_text(licences, "utf-8")
    system = (
        f"Python {sys.version_info[0]}.{sys.version_info[1]}, {sysconfig.get_platform()}"
        if wheels
        else None
    )
    manifest = {
        "made_by": f"tlkit {version('tlkit')}",
        "packages_for": system,
        "files": entries,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")
    print(
        f"{folder} holds {len(entries)} files, {sum(entry['bytes'] for entry in entries.values()) / 1e6:.0f} MB."
    )


def install(folder: Path, names: list[str]) -> None:
    """Verify every file of a bundle, then copy the published ones of `names` that it has into the cache.

    Raises:
        FetchError: a file is not what the manifest says or not what was published, or none of `names` is in the bundle.
    """
    verify(folder)
    here = [name for name in names if (folder / fetch.FILES[name].name).is_file()]
    if not here:
        raise fetch.FetchError(
            f"{folder} has none of {', '.join(names)}. Next: {fetch.WAYS}."
        )
    for name in here:
        fetch.acquire(
            fetch.FILES[name],
            "copied",
            partial(_fill, source=folder / fetch.FILES[name].name),
        )
        print(f"{fetch.FILES[name].title} is now at {fetch.get(name)}")


def verify(folder: Path) -> None:
    """Every file is as the manifest says, and no package has come along. Raises FetchError."""
    try:
        listed = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
        wrong = [
            path
            for path, entry in listed.items()
            if not _entry(folder, path).items() <= entry.items()
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise fetch.FetchError(
            f"{folder} is no whole bundle ({error}). Next: copy it again."
        ) from error
    found = (
        path.relative_to(folder).as_posix()
        for path in (folder / "wheels").glob("[!.]*")
    )
    wrong += [path for path in found if path not in listed]  # pip would take it
    if wrong:
        raise fetch.FetchError(
            f"{folder} is not as it was made: {', '.join(sorted(wrong))}. Next: copy it again."
        )


def _entry(folder, path):
    inside = (folder / path).resolve()
    if not inside.is_relative_to(folder.resolve()):
        raise ValueError(f"{path} lies outside")
    if not inside.is_file():
        return {"missing": True}
    return {
        "bytes": inside.stat().st_size,
        "sha256": fetch.file_hash(inside, "sha256").partition(":")[2],
    }


def _copy(source, target):
    target.parent.mkdir(exist_ok=True)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        shutil.copyfile(source, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _fill(part: Part, source: Path) -> None:
    part.start()
    with source.open("rb") as copy:
        shutil.copyfileobj(copy, part)
    if not part.right():
        raise Refused(f"{source} is too short")


def _download_packages(folder: Path) -> list[str]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    packages = [
        line for line in lines if line[:1].isalnum()
    ]  # all but tlkit itself, which the learner has
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--only-binary=:all:",
        "--dest",
        str(folder),
    ]
    if subprocess.run([*pip, *packages]).returncode:
        raise fetch.FetchError(
            "The packages could not be downloaded. Next: try again; what is here is not fetched again."
        )
    return [f"wheels/{path.name}" for path in sorted(folder.glob("[!.]*"))]
