"""How well near copies of pictures are told: thumbnails that correlate, as ``survey``
uses them, against a difference hash of 64 bits (Krawetz 2013, "Kind of Like That").

    python tests/ci/near_copies.py

prints, for each of several changes, the share of 300 pictures of CIFAR-10 whose copy is
found; and how many pairs of different pictures are taken for copies. The pictures of
CIFAR-10 lie beside the checkout (../shared); without them, only digits are tried.
"""

import io
import sys
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from tlkit import survey

CIFAR = (
    Path(__file__).resolve().parents[3] / "shared" / "data" / "cifar10-images.tar.xz"
)
BITS = 2  # in which two hashes may differ
HALF = 32 * 3 // 4


def main() -> int:
    digits = (load_digits().images * 15.9).astype("uint8")
    print("pairs of different pictures that are taken for copies")
    report("digits", [sized(Image.fromarray(one)) for one in digits], 360)
    if not CIFAR.exists():
        print(f"CIFAR-10: not tried, because {CIFAR} is not there")
        return 0
    photographs = list(cifar10(6_000))
    report("CIFAR-10", photographs, 1_000)
    print("copies that are found")
    for how, change in CHANGES.items():
        some = photographs[:300]
        changed = [sized(change(one)) for one in some]
        by_hash = np.bitwise_count(hashes(some) ^ hashes(changed)) <= BITS
        matches = (thumbnails(some) * thumbnails(changed)).sum(axis=1)
        print(
            f"{how:16} thumbnails {np.mean(matches > survey.ALIKE):.3f}  "
            f"hash {by_hash.mean():.3f}"
        )
    return 0


def report(name: str, pictures: list, tested: int) -> None:
    """Count the pairs of the first `tested` pictures with the others."""
    small, marks = thumbnails(pictures), hashes(pictures)
    alike = small[:tested] @ small[tested:].T > survey.ALIKE
    close = np.bitwise_count(marks[:tested, None] ^ marks[None, tested:]) <= BITS
    print(f"{name:16} thumbnails {alike.sum()}  hash {close.sum()}  of {alike.size:,}")


def as_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file)


CHANGES = {
    "JPEG quality 75": lambda picture: as_jpeg(picture, 75),
    "JPEG quality 50": lambda picture: as_jpeg(picture, 50),
    "3/4 of the size": lambda picture: picture.resize((HALF, HALF)),
    "darker by a fifth": lambda picture: picture.point(lambda value: 0.8 * value),
}


def sized(picture: Image.Image) -> Image.Image:
    return picture.convert("RGB").resize((32, 32), Image.Resampling.BILINEAR)


def thumbnails(pictures) -> np.ndarray:
    return np.stack([survey._thumbnail(np.asarray(one)) for one in pictures])


def hashes(pictures) -> np.ndarray:
    """Whether each of 8 × 8 grey pixels is darker than the next: uint64 (n,)."""
    grey = [np.asarray(one.convert("L").resize((9, 8))) for one in pictures]
    rows = np.stack(grey)
    bits = (rows[:, :, 1:] > rows[:, :, :-1]).reshape(len(rows), -1)
    return np.packbits(bits, axis=1).view("uint64")[:, 0]


def cifar10(n: int):
    """The first n pictures of the archive."""
    with tarfile.open(CIFAR) as archive:
        for member in archive:
            if member.name.endswith(".jpg"):
                file = archive.extractfile(member)
                assert file
                yield Image.open(io.BytesIO(file.read())).convert("RGB")
                n -= 1
            if not n:
                return


if __name__ == "__main__":
    sys.exit(main())
