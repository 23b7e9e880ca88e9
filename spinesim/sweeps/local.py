"""Sweeps on this machine: one compiled batch, in chunks that fit into memory."""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from spinesim._each import by_device, shared_out, spread
from spinesim._names import choose, several
from spinesim._programs import kept
from spinesim._provenance import fingerprint
from spinesim._version import __version__
from spinesim.models.anatomy import Model
from spinesim.models.impairment import Impairment
from spinesim.models.state import Task
from spinesim.solvers.equilibrium import solve
from spinesim.solvers.outcome import Equilibrium
from spinesim.solvers.recruitment import AbstractObjective
from spinesim.solvers.stability import Stability, stability
from spinesim.sweeps.chunks import chunk_size, in_chunks, joined
from spinesim.sweeps.design import Bodies, Design, Imbalances, Tasks, design
from spinesim.sweeps.stored import Finished, write
from spinesim.sweeps.table import ENDING, OFFERED, STEADY, Columns, labelled

if TYPE_CHECKING:
    from xarray import Dataset

#: What a sweep keeps unless told otherwise: all but what fascicles, contacts and load parts do.
OUTPUTS = (
    "disc_compression", "disc_anterior_shear", "disc_lateral_shear", "disc_moment", "intradiscal_pressure",
    "facet_force", "facet_share", "ligament_force", "group_force", "group_activation",
    "intra_abdominal_pressure", "pelvic_tilt", "sacral_slope", "lumbar_lordosis",
)  # fmt: skip


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
    store: Path | str | None = None,
) -> "Dataset":
    """Every body with every imbalance at every severity in every task, solved as one batch.

    Args:
        model: a body, or several by name.
        tasks: tasks, or names of tasks; left out, every scenario is in its own task.
        imbalances: imbalances, or names of scenarios; left out, the body as it is.
        severities: each 0 to 1.
        outputs: quantities of `Equilibrium` and of `Stability` to keep.
        objective: what the muscles minimise; activations squared by default.
        memory_gb: bound of the memory that a chunk of cases takes while it is solved, 0.01 to 1000. Where the
            device has less, chunks get smaller.
        progress: show a bar on stderr.
        store: a NetCDF file for the results, which then are never in memory as a whole. Finished chunks
            are kept beside it until it is written: stopped, the same call goes on where it was.

    Returns:
        A dataset over (body, imbalance, severity, task) with units and provenance; with `store` it reads from
        the file what it is asked for. Every case has its `status`, residuals and reserve, and the attribute
        `ended` counts the statuses; the other quantities of a case that did not converge are NaN, so that no
        mean takes them in.

    In float32 (`JAX_ENABLE_X64=0` in the environment before spinesim is imported) cases count as converged at
    0.5 N and 0.02 N m. Of 10,206 random cases held in float64 99.6 % were held; of 500 refused ones none was
    held, but 36 % ended as `out_of_steps`. Compression was off by 0.40 N in the worst hundredth (10 N at
    most), facet force by 0.10 N (1.3), activations by 0.0035 (0.21); see `spinesim.bench.single`.

    Example:
        >>> ds = sweep(lumbar_model(), ["standing"], ["lower_crossed"], [0, 0.5, 1])
        >>> ds.disc_compression.sel(level="L4L5")
    """
    asked, how = design(model, tasks, imbalances, severities), Chunks(outputs, objective, memory_gb)
    if store is None:
        return labelled(asked, together(complete(asked, how, {}, progress)))
    return to_file(asked, how, Finished(Path(store), how.key(asked)), progress)


@dataclass(frozen=True)
class Chunks:
    """What is kept of every case, what its muscles minimise, and the memory that a chunk may take [GB]."""

    outputs: Sequence[str] = OUTPUTS
    objective: AbstractObjective | None = None
    memory_gb: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        several("outputs", self.outputs)
        return *ENDING, *(choose("output", name, OFFERED) for name in self.outputs)

    @property
    def size(self) -> int:
        return chunk_size(self.memory_gb)

    def key(self, asked: Design) -> str:
        """What finished chunks belong to: the design, what is kept of it, their size, the program."""
        aim = self.objective and (type(self.objective).__qualname__, fingerprint(self.objective))
        said = f"{fingerprint(asked)} {sorted(self.outputs)} {aim} {self.size}"
        return sha256(f"{said} {__version__} {jax.__version__}".encode()).hexdigest()


def to_file(
    asked: Design, how: Chunks, finished: Finished, progress: bool, attrs: Mapping[str, str] | None = None
) -> "Dataset":
    """Solve the chunks of a design that are not finished and write all of them as one file."""
    ds = write(asked, complete(asked, how, finished, progress), finished.path, attrs or {})
    finished.clear()
    return ds


Kept = TypeVar("Kept", bound=MutableMapping[int, Columns])


def complete(asked: Design, how: Chunks, finished: Kept, progress: bool = False) -> Kept:
    """`finished` with the chunks of a design that were not in it."""
    names = how.names

    def solved(cases: Int[np.ndarray, "case"], wanted: int) -> dict[str, Array]:
        return solve_rows(asked, cases, names, how.objective, wanted)

    count = int(np.prod(asked.shape))
    for number, columns in in_chunks(solved, count, how.size, finished=finished, progress=progress):
        finished[number] = columns
    return finished


def together(finished: Mapping[int, Columns]) -> Columns:
    """Finished chunks as one."""
    return joined(finished[number] for number in range(len(finished)))


def solve_rows(
    asked: Design,
    cases: Int[np.ndarray, "case"],
    names: Sequence[str],
    objective: AbstractObjective | None,
    wanted: int,
) -> dict[str, Array]:
    """The named quantities of as many of the numbered cases as are `wanted`; an enumeration by its index."""
    rows = asked.rows(cases)
    models = _impaired(_taken(asked.impairments, rows.impairment), _taken(asked.models, rows.model))
    tasks = _taken(asked.tasks, rows.task)
    ends = solve_batch(models, tasks, objective, wanted)
    steady = stability_batch(models, tasks, ends, wanted) if any(name in STEADY for name in names) else None
    return {name: jax.tree.leaves(getattr(steady if name in STEADY else ends, name))[0] for name in names}


def _impaired(impairments: Impairment, models: Model) -> Model:
    """Every body with its impairment, on the device that will solve it."""
    given = impairments, models
    return _applied(*jax.device_put(given, jax.tree.map(lambda leaf: shared_out(leaf.shape), given)))


@jax.jit  # `eqx.filter_jit` would wait for the result, and so for the chunk that is under way
def _applied(impairments: Impairment, models: Model) -> Model:
    return by_device(jax.vmap(Impairment.apply), impairments, models)


def solve_batch(
    models: Model, tasks: Task, objective: AbstractObjective | None = None, wanted: int | None = None
) -> Equilibrium:
    """Equilibria of stacked models and tasks, of as many as are `wanted` (`_each.spread`); all by default.

    Compiled once for every number of stacked cases.
    """
    return _solved(models, tasks, objective, _count(models, wanted))


@kept
def _solved(
    models: Model, tasks: Task, objective: AbstractObjective | None, wanted: Int[Array, ""]
) -> Equilibrium:
    return spread(lambda case: solve(*case, objective=objective), (models, tasks), wanted)


def stability_batch(models: Model, tasks: Task, ends: Equilibrium, wanted: int | None = None) -> Stability:
    """How stable stacked equilibria are, as many as are `wanted`."""
    return _steady(models, tasks, ends, _count(models, wanted))


@kept
def _steady(models: Model, tasks: Task, ends: Equilibrium, wanted: Int[Array, ""]) -> Stability:
    return spread(lambda case: stability(*case), (models, tasks, ends), wanted)


def _count(models: Model, wanted: int | None) -> Int[Array, ""]:
    return jnp.asarray(len(models.person.mass) if wanted is None else wanted, "int32")


def _taken(tree: Any, rows: Int[np.ndarray, "case"]) -> Any:
    return jax.tree.map(lambda leaf: leaf[rows], tree)
