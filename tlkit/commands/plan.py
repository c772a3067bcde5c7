"""How much one call of ``run`` does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """How much is done.

    Attributes:
        recipes: names in ``RECIPES``, in this order.
        seeds: how many draws of labels and initial weights.
        labels_per_class: validation labels included; None: all.
        at_most: whether all labels are used if a task has fewer.
        unfreeze: the lowest block that is fine-tuned; None: each recipe's own default.
    """

    recipes: tuple[str, ...] = ("scratch", "probe", "lp_ft")
    seeds: int = 3
    labels_per_class: int | None = 500
    at_most: bool = False
    unfreeze: str | None = None

    def in_words(self) -> str:
        """ "500 labels per class, 3 seeds, recipes scratch, probe and lp_ft"."""
        labels = "all labels"
        if self.labels_per_class:
            up_to = "up to " if self.at_most else ""
            labels = f"{up_to}{self.labels_per_class} labels per class"
        seeds = "1 seed" if self.seeds == 1 else f"{self.seeds} seeds"
        *others, last = self.recipes
        recipes = f"recipes {', '.join(others)} and {last}" if others else last
        words = f"{labels}, {seeds}, {recipes}"
        if self.unfreeze and self.unfreeze != "all":
            words += f" (from {self.unfreeze} upwards)"
        return words
