"""Global sensitivities: Sobol indices of one load over what is not known of a body and its task."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim._names import choose, integer
from spinesim._provenance import provenance
from spinesim.models.anatomy import Model
from spinesim.models.state import Task
from spinesim.models.tables import Table, load
from spinesim.models.uncertain import CHANGES, Case, varied
from spinesim.solvers.recruitment import AbstractObjective
from spinesim.solvers.solution import Status
from spinesim.sweeps.chunks import chunk_size, in_chunks, joined
from spinesim.sweeps.local import solve_batch
from spinesim.sweeps.sensitivity import Output, reading

if TYPE_CHECKING:
    from xarray import Dataset


def sobol(
    model: Model,
    task: Task,
    output: Output = "disc_compression",
    *,
    samples: int = 64,
    parameters: Sequence[str] | None = None,
    seed: int = 0,
    objective: AbstractObjective | None = None,
    memory_gb: float = 1.0,
    progress: bool = False,
    **at: str,
) -> "Dataset":
    """Sobol indices of one load: how much of its variance each uncertain parameter makes.

    Solves samples x (parameters + 2) cases: the parameters vary together, evenly over their ranges in the
    table `uncertain`. A base sample of which any case does not converge is left out as a whole and counted in
    `samples_left_out`; where many are, the indices are those of the bodies that can hold the task.

    Args:
        model: the body at the middle of the ranges.
        task: the task at the middle of the ranges.
        output: a quantity of `Equilibrium` by name, or a function of the equilibrium.
        samples: base samples, a power of two from 2 on.
        parameters: names out of the table; all of them by default.
        seed: of the samples.
        objective: what the muscles minimise; activations squared by default.
        memory_gb: bound of the memory that a chunk of cases takes while it is solved.
        progress: show a bar on stderr.
        at: where along the axes of a named quantity, as in `level="L4L5"`.

    Returns:
        First-order and total indices with their 95 % confidence, and the range and source, by `parameter`.
    """
    integer("samples", samples, 2, 1_000_000)
    if samples & (samples - 1):
        raise ValueError(f"samples must be a power of two, not {samples}")
    sample, analyze = _salib()
    read = reading(model, output, at)
    table = load("uncertain").where("name", *_chosen(parameters))
    names, bounds = list(table.names("name")), table.numbers("low", "high")
    problem = {"num_vars": len(names), "names": names, "bounds": bounds.tolist()}
    drawn = sample(problem, samples, calc_second_order=False, seed=seed)

    def solved(rows: Int[np.ndarray, "case"], wanted: int) -> tuple[Array, Array]:
        varied = _varied(model, task, tuple(names), jnp.asarray(drawn[rows]))
        ends = solve_batch(*varied, objective, wanted)
        return jax.vmap(read)(ends), ends.status == Status.converged

    chunks = in_chunks(solved, len(drawn), chunk_size(memory_gb), progress=progress)
    outcome, held = (part.reshape(samples, -1) for part in joined(answers for _, answers in chunks))
    whole = np.all(held, axis=1)
    if not np.any(whole):
        raise ValueError(f"none of the {samples} samples converged: see the status of the middle with solve")
    outcome = outcome[whole]
    indices = analyze(problem, outcome.ravel(), calc_second_order=False, seed=seed)
    said = {"mean": outcome.mean(), "standard_deviation": outcome.std()}
    counted = {"samples": samples, "samples_left_out": int(np.sum(~whole))}
    return _table(table, bounds, indices, provenance(model, model) | said | counted)


def _salib() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """SALib's sampler and its analysis."""
    try:
        from SALib.analyze.sobol import analyze
        from SALib.sample.sobol import sample
    except ImportError:
        message = 'Sobol indices need SALib: python -m pip install "spinesim[sensitivity]"'
        raise ImportError(message) from None
    return sample, analyze


def _chosen(parameters: Sequence[str] | None) -> Sequence[str]:
    known = tuple(CHANGES)
    return (
        known if parameters is None else [choose("uncertain parameter", name, known) for name in parameters]
    )


@eqx.filter_jit
def _varied(model: Model, task: Task, names: tuple[str, ...], drawn: Float[Array, "case parameter"]) -> Case:
    return jax.vmap(lambda amounts: varied((model, task), dict(zip(names, amounts, strict=True))))(drawn)


def _table(
    table: Table,
    bounds: Float[np.ndarray, "parameter 2"],
    indices: dict[str, np.ndarray],
    attrs: dict[str, Any],
) -> "Dataset":
    import xarray as xr

    columns = {
        "first_order": indices["S1"], "first_order_confidence": indices["S1_conf"],
        "total": indices["ST"], "total_confidence": indices["ST_conf"],
        "low": bounds[:, 0], "high": bounds[:, 1], "source": list(table.words("source")),
    }  # fmt: skip
    ds = xr.Dataset(
        {name: ("parameter", column) for name, column in columns.items()},
        {"parameter": list(table.names("name"))},
        attrs,
    )
    return ds.sortby("total", ascending=False)
