"""One solved case on one page: the body, its trunk close by, and the loads of every level."""

from matplotlib.figure import Figure

from spinesim.models.anatomy import Model
from spinesim.models.state import Task
from spinesim.solvers.outcome import Equilibrium
from spinesim.viz.body import body
from spinesim.viz.figures import levels
from spinesim.viz.theme import themed


@themed
def figure(model: Model, task: Task, solution: Equilibrium, title: str = "") -> Figure:
    """A page for a lecture; a case without an equilibrium says so in its title."""
    ds = solution.to_dataset(model)
    page = Figure(figsize=(14, 7))
    whole, trunk, *bars = page.subplots(1, 5, width_ratios=(2.4, 3.4, 1.3, 1.3, 1.3))
    body(whole, model, task, solution)
    body(trunk, model, task, solution, close=True)
    levels(bars, ds)
    for ax in bars[1:]:
        ax.set_yticklabels([])
    end = str(ds.status.item())
    page.suptitle(title if end == "converged" else f"{title} ({end})", x=0.01, ha="left", weight="bold")
    return page
