"""The figures of `spinesim report`, each a page of its own."""

from matplotlib.figure import Figure
from xarray import Dataset

from spinesim.viz import figures
from spinesim.viz.theme import themed


@themed
def pages(ds: Dataset) -> dict[str, Figure]:
    """Pages by file name, from the dataset of `solve_measured`."""
    pressures = Figure(figsize=(13, 5.8))
    absolute, relative = pressures.subplots(1, 2, sharey=True)
    figures.pressure(absolute, ds)
    figures.ratio(relative, ds)
    parts = Figure(figsize=(9.5, 5.8))
    figures.load_parts(parts.subplots(), ds)
    muscles = Figure(figsize=(13, 6.4))
    figures.activity(muscles.subplots(), ds)
    return {"pressure": pressures, "load_parts": parts, "muscle_activity": muscles}
