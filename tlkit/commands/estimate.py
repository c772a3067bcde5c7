"""How long an experiment takes at most, at this machine's measured speed."""

from ..backbone import Backbone
from ..recipes import RECIPES, takes
from ..recipes.budget import Costs, as_seconds, training
from ..recipes.choose import MOST as TRIALS
from ..recipes.tune import MOST
from ..speed import measure
from ..tasks import Task
from .plan import Plan


def measured(backbone: Backbone, task: Task, precision: str) -> Costs:
    """What trainings of this task cost here; up to half a minute the first time."""
    return Costs(measure(backbone, task.image_shape, precision), task)


def in_words(
    costs: Costs,
    plan: Plan,
    budget: str | None = None,
    *,
    tuned: bool = False,
    trials: bool = False,
) -> str:
    """A sentence: about how long all recipes and seeds take at most.

    Args:
        costs: what trainings cost here.
        plan: of the experiment.
        budget: of lp_ft, as it was typed.
        tuned: whether each recipe is trained with several step sizes.
        trials: whether short trials choose the settings of each recipe.
    """
    total, more = 0.0, TRIALS if trials else MOST if tuned else 1
    uncounted = []
    for name in plan.recipes:
        seconds = of_recipe(name, costs, plan, budget)
        if seconds is None:
            uncounted.append(name)
        else:
            times = 1 if RECIPES[name].fixed else more
            total += plan.seeds * times * seconds
    minutes = -(-total // 60)
    words = f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"
    if minutes <= 1:
        words = "a minute"
    if uncounted:
        words += f", without {' and '.join(uncounted)}"
    return f"Time: at most about {words}, at this machine's measured speed."


def of_recipe(
    name: str, costs: Costs, plan: Plan, budget: str | None = None
) -> float | None:
    """Seconds that a recipe takes with one seed if it does not stop early.

    Args:
        name: of the recipe.
        costs: what trainings cost here.
        plan: of the experiment. If it has a probe, lp_ft reuses the probe's features.
        budget: of lp_ft, as it was typed.

    Returns:
        None for no recipe of the table, or one whose time cannot be told.
    """
    recipe = RECIPES.get(name)
    if recipe is None or not recipe.is_estimated:
        return None
    probe = costs.probe(len(costs.task.train))
    if recipe.lowest is None:
        return probe
    lowest = recipe.lowest
    if plan.unfreeze is not None and takes(recipe.train, "unfreeze"):
        lowest = plan.unfreeze
    if budget is not None and takes(recipe.train, "budget"):
        return as_seconds(budget)
    seconds = training(recipe.settings, costs, lowest)
    if recipe.probe_first:
        seconds += probe
    if name == "lp_ft" and "probe" in plan.recipes:
        seconds -= costs.predictions
    return seconds
