"""Figures of one solved case: what each disc carries, made up of what, and who works."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from xarray import Dataset

HARDEST = 12


def figure(ds: Dataset) -> Figure:
    """Compression of every level and the hardest working muscles side by side."""
    drawn = Figure(figsize=(11, 4.5), layout="constrained", dpi=150)
    left, right = drawn.subplots(1, 2)
    compression(ds, left)
    muscles(ds, right)
    drawn.suptitle(f"{ds.attrs.get('asked', 'Equilibrium')}: {ds.status.item()}")
    return drawn


def compression(ds: Dataset, axes: Axes) -> Axes:
    """Stacked parts of each disc's compression [N], unloading to the left, and their sum."""
    parts = -ds.disc_load_part.sel(component="fy")
    for i, part in enumerate(parts.part.values):
        for sign in (1, -1):
            push = (sign * parts).clip(min=0) * sign
            before = push.isel(part=slice(i)).sum("part")
            label = part if sign > 0 else None
            axes.barh(ds.level, push.sel(part=part), left=before, color=f"C{i}", label=label)
    axes.plot(ds.disc_compression, ds.level, "k|", markersize=18, label="sum")
    axes.set(xlabel="compression of the disc [N]")
    axes.legend(fontsize="small")
    return axes


def muscles(ds: Dataset, axes: Axes) -> Axes:
    """Activation of the hardest working groups."""
    hardest = ds.isel(group=np.argsort(ds.group_activation.values)[-HARDEST:])
    axes.barh([name.replace("_", " ") for name in hardest.group.values], hardest.group_activation)
    axes.set(xlabel="activation", xlim=(0, 1))
    return axes
