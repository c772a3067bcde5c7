"""The two pairs of source and target task that the kit teaches with, and which of them this machine has."""

from dataclasses import dataclass

from . import fetch


@dataclass(frozen=True)
class Pair:
    """A backbone that was trained on a source task, and a target task for it.

    Attributes:
        name: "embedded" or "real".
        source: the source task, in words.
        backbone: what ``Backbone`` takes.
        task: what ``load_task`` takes.
        labels_per_class: the label budget that suits both.
        why: why this pair was chosen.
    """

    name: str
    source: str
    backbone: str
    task: str
    labels_per_class: int
    why: str = ""

    def _repr_markdown_(self) -> str:
        """The banner of a notebook: which pair it runs on, what is different, how to get the other one."""
        said = f"> **You are on the {self.name} pair:** {self.source} → {self.task}, {self.why}.\n>\n"
        if self.name == "real":
            return (
                said
                + "> The source is the 1.3 million photographs of ImageNet; the target is CIFAR-10."
            )
        return (
            f"{said}> Everything here is drawn by the kit and runs in seconds. It shows *how* transfer works, not how "
            f"well it works on photographs. For those: {how_to_get_real()}"
        )


EMBEDDED = Pair("embedded", "letters", "letters", "digits", 20)
REAL = Pair("real", "ImageNet", "imagenet", "cifar10", 500)


def choose(real: bool | None = None) -> Pair:
    """The real pair if its files are on this machine, else the embedded one; nothing is downloaded.

    Args:
        real: True or False to ask for one of them.

    Raises:
        FetchError: real=True, and a file is not on this machine.
    """
    missing = fetch.missing() if real is not False else []
    if real and missing:
        raise fetch.FetchError(fetch.not_here(missing))
    if real is not None:
        return _because(REAL if real else EMBEDDED, "as you asked")
    if missing:
        titles = " and ".join(file.title for file in missing)
        return _because(
            EMBEDDED,
            f"because {titles} {'are' if missing[1:] else 'is'} not on this machine",
        )
    return _because(REAL, "because its files are here")


def how_to_get_real() -> str:
    """The command that gets the real pair, with megabytes and minutes."""
    size = sum(file.bytes for file in fetch.missing()) / 1e6
    return (
        f"`make run-real`, or `python -m tlkit run --real`, downloads {size:.0f} MB (about {size * 8 / 10 / 60:.0f} "
        "minutes at 10 Mbit/s), then trains for about an hour on 2 cores."
    )


def _because(pair: Pair, why: str) -> Pair:
    return Pair(**{**vars(pair), "why": why})
