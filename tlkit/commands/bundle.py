"""The real pair in a folder, for a USB stick or the local network.

A bundle is made once and verified wherever it is used. It has the layout of a
TLKIT_DATA folder, so it can also be used directly, without copying.
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
from ..files.hashes import file_hash
from ..machine.whole import whole_file

ROOT = Path(__file__).parents[2]
# CIFAR-10, ready: all learners of a machine map the same pages
ARRAYS = ("images.npy", "labels.npy", "hashes.txt")
UNLICENSED = (
    "CIFAR-10 has no licence: its author offers it for download, and nobody else may "
    "publish it. If the bundle is for your own class only, and you take responsibility "
    "for that, add --accept-cifar10-terms; or name only vgg16"
)


def make(
    folder: Path,
    names: list[str],
    wheels: bool = False,
    accept_cifar10_terms: bool = False,
) -> str:
    """Fill the folder with the files, their manifest and their licences.

    Args:
        folder: made if absent.
        names: of ``fetch.FILES``.
        wheels: also all packages, for this Python on this kind of machine (about
            0.5 GB).
        accept_cifar10_terms: whether you take responsibility for sharing CIFAR-10.

    Returns:
        A sentence about what the folder holds.

    Raises:
        ValueError: CIFAR-10 without accept_cifar10_terms.
        FetchError: a file or a package cannot be downloaded.
    """
    if "cifar10" in names and not accept_cifar10_terms:
        raise ValueError(UNLICENSED)
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "manifest.json"
    manifest.unlink(missing_ok=True)  # what is not finished is no bundle
    paths = []
    for path, source in _sources(names).items():
        _copy(source, folder / path)
        paths.append(path)
    if wheels:
        paths += _download_packages(folder / "wheels")
    entries: dict[str, dict] = {path: _entry(folder, path) for path in paths}
    licences = ""
    for name in names:
        file = fetch.FILES[name]
        about = {"url": file.url, "licence": file.licence, "citation": file.citation}
        entries[file.name] |= about
        licences += (
            f"{file.name}: {file.title}\n"
            f"Licence: {file.licence}\n"
            f"Cite: {file.citation}\n\n"
        )
    (folder / "LICENCES.txt").write_text(licences, "utf-8")
    python = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    made = {
        "made_by": f"tlkit {version('tlkit')}",
        "packages_for": f"{python}, {sysconfig.get_platform()}" if wheels else None,
        "files": entries,
    }
    with whole_file(manifest) as unfinished:
        unfinished.write_text(json.dumps(made, indent=1), "utf-8")
    size = sum(entry["bytes"] for entry in entries.values())
    return f"{folder} holds {len(entries)} files, {size / 1e6:.0f} MB."


def install(folder: Path, names: list[str]) -> list[str]:
    """Verify every file of a bundle, then copy published ones into the cache.

    Args:
        folder: the bundle.
        names: which of ``fetch.FILES`` to copy; those not in the bundle are left out.

    Returns:
        A sentence about each file that is in the cache now.

    Raises:
        FetchError: a file is not what the manifest says or not what was published, or
            none of `names` is in the bundle.
    """
    verify(folder)
    said = []
    for name in names:
        file = fetch.FILES[name]
        source = folder / file.name
        if not source.is_file():
            continue
        fetch.acquire(file, "copied", partial(_fill, source=source))
        said.append(f"{file.title} is now at {fetch.get(name)}")
    if not said:
        raise fetch.FetchError(
            f"{folder} has none of {', '.join(names)}. Next: {fetch.WAYS}."
        )
    return said


def verify(folder: Path) -> None:
    """Check that all files are as the manifest says, and that no package was added.

    Raises:
        FetchError: this is not so, or the bundle is incomplete.
    """
    try:
        listed = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
        wrong = [
            path
            for path, entry in listed.items()
            if not _entry(folder, path).items() <= entry.items()
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise fetch.FetchError(
            f"{folder} is not a complete bundle ({error}). Next: copy it again."
        ) from error
    for package in (folder / "wheels").glob("[!.]*"):
        path = package.relative_to(folder).as_posix()
        if path not in listed:  # pip would take it
            wrong.append(path)
    if wrong:
        raise fetch.FetchError(
            f"{folder} is not as it was made: {', '.join(sorted(wrong))}. "
            "Next: copy it again."
        )


def _sources(names: list[str]) -> dict[str, Path]:
    """Path in a bundle -> where its file lies on this machine now."""
    found = {fetch.FILES[name].name: fetch.published(name) for name in names}
    if "cifar10" in names:
        images = fetch.get("cifar10")
        for array in ARRAYS:
            found[f"cifar10/{array}"] = images.with_name(array)
    return found


def _entry(folder: Path, path: str) -> dict:
    """What the manifest says about a file: its bytes and SHA-256."""
    inside = (folder / path).resolve()
    if not inside.is_relative_to(folder.resolve()):
        raise ValueError(f"{path} lies outside")
    if not inside.is_file():
        return {"missing": True}
    return {"bytes": inside.stat().st_size, "sha256": file_hash(inside)}


def _copy(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all."""
    with whole_file(target) as unfinished:
        shutil.copyfile(source, unfinished)


def _fill(part: Part, source: Path) -> None:
    """Fill the part from a file of a bundle. Raises Refused if it is another file."""
    part.start()
    with source.open("rb") as copy:
        shutil.copyfileobj(copy, part)
    if not part.right():
        raise Refused(f"{source} is too short")


def _download_packages(folder: Path) -> list[str]:
    """Download all pinned packages; returns their paths in the bundle."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    # all but "-e .", tlkit itself, which the learner has
    packages = [line for line in lines if line[:1].isalnum()]
    pip = [sys.executable, "-m", "pip", "download", "--quiet"]
    pip += ["--only-binary=:all:", "--dest", str(folder)]
    if subprocess.run([*pip, *packages]).returncode:
        raise fetch.FetchError(
            "The packages could not be downloaded. "
            "Next: try again; what is here is not fetched again."
        )
    return [f"wheels/{path.name}" for path in sorted(folder.glob("[!.]*"))]
