"""The two pairs of source and target task that the kit teaches with, and which of them
this machine has.
"""

from dataclasses import dataclass, replace

from . import fetch

SHIPPED = ("letters", "letters-small", "letters-bn")  # backbones inside the package
TRAINABLE = (*SHIPPED, "letters-unlabelled")  # those that `pretrain` can make


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
        """A notebook's banner: which pair, what is different, how to get the other."""
        said = (
            f"> **You are on the {self.name} pair:** {self.source} → {self.task}, "
            f"{self.why}.\n>\n"
        )
        if self.name == "real":
            return (
                f"{said}> The source is the 1.3 million photographs of ImageNet; "
                "the target is CIFAR-10."
            )
        return (
            f"{said}> Everything here is drawn by the kit and runs in seconds. It "
            "shows *how* transfer works, not how well it works on photographs. "
            f"For those: {how_to_get_real()}"
        )


# Minutes of `python -m tlkit run` on 2 cores: with AVX-512 and bfloat16, with AVX2.
# "short" is the real pair without options; "real" is `run --real`.
MINUTES = {
    ("embedded", "letters"): (1, 2),
    ("short", "imagenet"): (2, 5),
    ("real", "imagenet"): (60, 180),
}
EMBEDDED = Pair("embedded", "letters", "letters", "digits", 20)
REAL = Pair("real", "ImageNet", "imagenet", "cifar10", 500)


def choose(real: bool | None = None) -> Pair:
    """The real pair if its files are on this machine, else the embedded one.

    Nothing is downloaded.

    Args:
        real: True or False to ask for one of them.

    Raises:
        FetchError: real=True, and a file is not on this machine.
    """
    if real is False:
        return replace(EMBEDDED, why="as you asked")
    missing = fetch.missing()
    if real and missing:
        raise fetch.FetchError(fetch.not_here(missing))
    if real:
        return replace(REAL, why="as you asked")
    if missing:
        titles = " and ".join(file.title for file in missing)
        are = "are" if len(missing) > 1 else "is"
        why = f"because {titles} {are} not on this machine"
        return replace(EMBEDDED, why=why)
    return replace(REAL, why="because its files are here")


def how_to_get_real() -> str:
    """The command that gets the real pair, with megabytes and minutes."""
    size = sum(file.bytes for file in fetch.missing()) / 1e6
    minutes = size * 8 / 10 / 60
    training = in_minutes(*MINUTES["real", "imagenet"])
    return (
        "`make run-real`, or `python -m tlkit run --real`, "
        f"downloads {size:.0f} MB (about {minutes:.0f} minutes at 10 Mbit/s), "
        f"then trains for about {training} on 2 cores."
    )


def in_minutes(fewest: int, most: int) -> str:
    """A range of minutes in words: "2 minutes", "1 to 2 minutes", "1 to 3 hours"."""
    unit = "minute"
    if fewest >= 60:
        unit = "hour"
        fewest, most = round(fewest / 60), round(most / 60)
    if fewest == most:
        return f"1 {unit}" if most == 1 else f"{most} {unit}s"
    return f"{fewest} to {most} {unit}s"
