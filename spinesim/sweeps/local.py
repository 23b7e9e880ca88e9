"""Sweeps on this machine: one compiled batch, in chunks that fit into memory."""

from collections.abc import Callable, Container, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Int

from spinesim._each import spread
from spinesim._names import choose, within
from spinesim._programs import kept
from spinesim._provenance import fingerprint, provenance
from spinesim._record import sentences, words
from spinesim._version import __version__
from spinesim.models.anatomy import Model
from spinesim.models.impairment import Impairment
from spinesim.models.labels import labels
from spinesim.models.potential import SOURCES
from spinesim.models.state import Task
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.recruitment import AbstractObjective
from spinesim.solvers.solution import Status
from spinesim.solvers.stability import Stability, stability
from spinesim.sweeps.design import AXES, Bodies, Design, Imbalances, Tasks, design

if TYPE_CHECKING:
    from xarray import Dataset

#: Quantities of a result, by name.
QUANTITIES = {field.name: field for field in fields(Equilibrium) if "dims" in field.metadata}
#: Those of its stability, by name: measured where one of them is wanted.
STEADY = {field.name: field for field in fields(Stability) if "unit" in field.metadata}
#: Whatever a sweep can keep.
OFFERED = QUANTITIES | STEADY
#: How a case ended: kept whatever is asked for, and for every case.
ENDING = ("status", "residual_force", "residual_moment", "steps", "reserve_moment", "reserve_whole")
#: What a sweep keeps unless told otherwise: all but what fascicles, contacts and load parts do.
OUTPUTS = (
    "disc_compression", "disc_anterior_shear", "disc_lateral_shear", "disc_moment", "intradiscal_pressure",
    "facet_force", "facet_share", "ligament_force", "group_force", "group_activation",
    "intra_abdominal_pressure", "pelvic_tilt", "sacral_slope", "lumbar_lordosis",
)  # fmt: skip
#: Memory that a case takes while it is solved: 1.6 MB of the compiled program, the rest its model and
#: result (`memory_analysis` of JAX 0.10 on a CPU).
CASE_BYTES = 2e6
#: Cases of a chunk on one device: on a CPU what a stopped sweep loses at most, elsewhere the more the better.
_BEST = {"cpu": 16}
_BEST_ELSEWHERE = 1024

#: Values of the cases of one chunk by quantity.
Columns = dict[str, np.ndarray]


def sweep(
    model: Bodies,
    tasks: Tasks | None = None,
    imbalances: Imbalances = (),
    severities: Iterable[float] = (1.0,),
    *,
    outputs: Sequence[str] = OUTPUTS,
    objective: AbstractObjective | None = None,
    memory_gb: float = 1.0,
    progress: bool = False,
) -> "Dataset":
    """Every body with every imbalance at every severity in every task, solved as one batch.

    Args:
        model: a body, or several by name.
        tasks: tasks, or names of tasks; left out, every scenario is in its own task.
        imbalances: imbalances, or names of scenarios; left out, the body as it is.
        severities: each 0 to 1.
        outputs: quantities of `Equilibrium` and of `Stability` to keep.
        objective: what the muscles minimise; activations squared by default.
        memory_gb: bound of the memory that a chunk of cases takes while it is solved, 0.01 to 1000.
        progress: show a bar on stderr.

    Returns:
        A dataset over (body, imbalance, severity, task) with units and provenance. Every case has its
        `status`, residuals and reserve; the other quantities of a case that did not converge are NaN, so
        that no mean takes them in.

    Example:
        >>> ds = sweep(lumbar_model(), ["standing"], ["lower_crossed"], [0, 0.5, 1])
        >>> ds.disc_compression.sel(level="L4L5")
    """
    asked = design(model, tasks, imbalances, severities)
    return run(asked, {}, outputs=outputs, objective=objective, memory_gb=memory_gb, progress=progress)


def run(
    asked: Design,
    finished: MutableMapping[int, Columns],
    *,
    outputs: Sequence[str] = OUTPUTS,
    objective: AbstractObjective | None = None,
    memory_gb: float = 1.0,
    progress: bool = False,
) -> "Dataset":
    """Solve the chunks of a design that are not among the `finished` ones, and put them there."""
    kept = (*ENDING, *(choose("output", name, OFFERED) for name in outputs))
    count, size = int(np.prod(asked.shape)), chunk_size(memory_gb)

    def solved(cases: Int[np.ndarray, "case"]) -> dict[str, Array]:
        return solve_rows(asked, cases, kept, objective)

    for number, cases in tracked(count, size, finished, progress):
        finished[number] = in_one_shape(solved, cases, size)
    parts = [finished[number] for number in range(-(-count // size))]
    return labelled(asked, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def key(asked: Design, outputs: Sequence[str], size: int) -> str:
    """What finished chunks belong to: the design, what is kept of it, their size, the program."""
    said = f"{fingerprint(asked)} {sorted(outputs)} {size} {__version__} {jax.__version__}"
    return sha256(said.encode()).hexdigest()


def chunk_size(memory_gb: float) -> int:
    """Cases that are solved at once within a bound of memory [GB]."""
    fitting = int(within("memory_gb", memory_gb, 0.01, 1000.0) * 1e9 / CASE_BYTES)
    devices = jax.local_device_count()
    each = min(fitting // devices, _BEST.get(jax.default_backend(), _BEST_ELSEWHERE))
    return max(each, 1) * devices


def in_one_shape(function: Callable[..., Any], cases: Int[np.ndarray, "case"], size: int) -> Any:
    """`function` of some cases as NumPy, filled up to `size` so that one compiled program serves them all."""
    filled = np.resize(cases, size)
    return jax.tree.map(lambda leaf: np.asarray(leaf)[: len(cases)], function(filled))


def solve_rows(
    asked: Design, cases: Int[np.ndarray, "case"], names: Sequence[str], objective: AbstractObjective | None
) -> dict[str, Array]:
    """The named quantities of the cases of these numbers; an enumeration by its index."""
    rows = asked.rows(cases)
    models = _impaired(_taken(asked.impairments, rows.impairment), _taken(asked.models, rows.model))
    tasks = _taken(asked.tasks, rows.task)
    ends = solve_batch(models, tasks, objective)
    steady = stability_batch(models, tasks, ends) if any(name in STEADY for name in names) else None
    return {name: jax.tree.leaves(getattr(steady if name in STEADY else ends, name))[0] for name in names}


@eqx.filter_jit
def _impaired(impairments: Impairment, models: Model) -> Model:
    return jax.vmap(Impairment.apply)(impairments, models)


@kept
def solve_batch(models: Model, tasks: Task, objective: AbstractObjective | None = None) -> Equilibrium:
    """Equilibria of stacked models and tasks; compiled once for every number of cases."""
    return spread(lambda case: solve(*case, objective=objective), (models, tasks))


@kept
def stability_batch(models: Model, tasks: Task, ends: Equilibrium) -> Stability:
    """How stable stacked equilibria are."""
    return spread(lambda case: stability(*case), (models, tasks, ends))


def _taken(tree: Any, rows: Int[np.ndarray, "case"]) -> Any:
    return jax.tree.map(lambda leaf: leaf[rows], tree)


def tracked(
    count: int, size: int, finished: Container[int], progress: bool
) -> Iterator[tuple[int, Int[np.ndarray, "case"]]]:
    """Number and cases of every chunk that is not finished, under a bar that counts cases."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    bar = Progress(
        *Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), disable=not progress, transient=True,
    )  # fmt: skip
    with bar:
        line = bar.add_task("solving cases", total=count)
        for number, cases in enumerate(np.split(np.arange(count), range(size, count, size))):
            if number not in finished:
                yield number, cases
            bar.advance(line, len(cases))


def labelled(asked: Design, values: Columns) -> "Dataset":
    """Columns over all cases as a dataset; NaN where a case did not converge."""
    import xarray as xr

    model = jax.tree.map(lambda leaf: leaf[0], asked.models)
    status = words(Status, values["status"]).reshape(asked.shape)
    held = status == "converged"
    names = labels(model) | {
        "body": asked.body,
        "imbalance": asked.imbalance,
        "task": asked.task,
        "source": SOURCES,
    }
    variables = {
        name: _variable(name, column.reshape(*asked.shape, *column.shape[1:]), held)
        for name, column in values.items()
        if name != "status"
    } | {"status": (AXES, status, {"long_name": "status", **sentences(Status)})}
    used = {dim for dims, *_ in variables.values() for dim in dims}
    coords: dict[str, Any] = {dim: list(values) for dim, values in names.items() if dim in used}
    coords["severity"] = ("severity", np.asarray(asked.severity), {"units": "1"})
    return xr.Dataset(
        variables, coords, provenance(asked.models, asked) | {"design_hash": fingerprint(asked)}
    )


def _variable(
    name: str, value: np.ndarray, held: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray, dict[str, str]]:
    metadata = OFFERED[name].metadata
    if name not in ENDING:
        value = np.where(held.reshape(*held.shape, *[1] * (value.ndim - held.ndim)), value, np.nan)
    about = {"long_name": name.replace("_", " "), "units": metadata["unit"]}
    return (*AXES, *metadata["dims"]), value, about
