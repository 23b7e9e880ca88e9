"""Bench experiments on the ligamentous lumbar spine, set up as the laboratories did (categories 3 and 4).

Every answer carries the id of its row in the table of targets and is in that row's unit. Rotations are
counted from the unloaded column, in the axes of each disc; those of L1-L5 are of L1 against L5. What
happens above a level does not depend on what lies below it, so L1-L5 is read in the column L1-S1.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._jax import QUICK_COMPILE
from spinesim._programs import kept
from spinesim.models.anatomy import LEVELS, Model
from spinesim.models.disc import FLUID_SHARE
from spinesim.models.mechanics import joint_wrench, tissue_energies
from spinesim.models.se3 import about_z, exp_rotation, log_rotation
from spinesim.solvers.column import BenchLoad, Column, bench_load, column
from spinesim.solvers.column_rest import BenchState, Followed, along_path

LUMBAR = LEVELS[:5]
#: Directions of a pure moment: short name in the rows, unit moment (bending x, torsion y, extension z).
DIRECTIONS = {"fle": (0, 0, -1), "ext": (0, 0, 1), "lat": (1, 0, 0), "axi": (0, 1, 0)}
#: Moment [N m] and follower load [N] of the combined tests of Dreischarf et al. (2014).
COMBINED = {"flex": ("fle", 7.5, 1175.0), "ext": ("ext", 7.5, 500.0), "lb": ("lat", 7.8, 700.0)}
FOLLOWER_CAP = 1200.0
#: Vertical loads [N] among which the critical one is sought, the top free in the frontal plane alone (Crisco
#: et al. 1992, Clin Biomech 7:27).
LADDER = np.linspace(0.0, 300.0, 11)
#: Preloads [N] of Gardner-Morse and Stokes, human (2004) and porcine (2003), and their perturbations.
PRELOADS = (0.0, 200.0, 250.0, 400.0, 500.0)
PERTURBATION = np.array([5e-4, 3.5e-4, 5e-4, *np.deg2rad([1.5, 1.0, 1.0])])
PRELOADED = ("L2L3", "L4L5")
#: Height of a lumbar vertebral body [m] (Panjabi 1992); stiffness was reported about its centre.
BODY_HEIGHT = 0.030
#: Compression [N] of the tests of facet share, height the crept disc has lost [m] (Adams 1990), and the
#: extension in which a man stands erect and the flexion in which he sits [deg] (Adams and Hutton 1980).
SHARED, CREEP, ERECT, FLEXED = 1000.0, 1.5e-3, 2.0, -6.0

Answers = dict[str, Float[Array, ""]]


def column_answers(model: Model) -> Answers:
    """Experiments on the whole column L1-S1."""
    spine = column(model)
    loads = [_bent(spine, name, 10.0) for name in DIRECTIONS]
    loads += [_bent(spine, name, 7.5) for name in DIRECTIONS]
    loads += [_bent(spine, name, moment, follower) for name, moment, follower in COMBINED.values()]
    loads += [bench_load(spine, follower=FOLLOWER_CAP)]
    loads += [bench_load(spine, force=jnp.array([0.0, -load, 0.0]), railed=True) for load in LADDER]
    ends = jax.vmap(along_path, in_axes=(None, 0))(spine, _stack(loads))
    each = [jax.tree.map(lambda leaf, i=i: leaf[i], ends) for i in range(len(loads))]
    full, part, combined, cap = each[:4], each[4:8], each[8:11], each[11]
    ladder = ends.loaded.least_lateral_stiffness[12:]
    return (
        _rotations_of_levels(full)
        | _rotations_of_the_whole(part)
        | _combined(combined)
        | {"buckle_vert": _first_root(ladder), "follower_cap": _carried(cap)}
    )


def segment_answers(model: Model) -> Answers:
    """Experiments on single segments, all solved as one batch."""
    cases = Cases(model)
    turned = {name: cases.add("L4L5", moment=10.0, towards=name) for name in DIRECTIONS}
    bent = {name: cases.add("L4L5", moment=7.5, towards=name) for name in DIRECTIONS}
    han = {"fe5": ("fle", 5), "fe10": ("fle", 10), "lb5": ("lat", 5), "ar3": ("axi", 3)}
    held = {row: cases.add("L4L5", alone=True, turn=angle, towards=to) for row, (to, angle) in han.items()}
    shares = {
        "fac_erect": [cases.add(level, creep=CREEP, compression=SHARED, turn=ERECT) for level in LUMBAR],
        "fac_flexed": [cases.add(level, creep=CREEP, compression=SHARED, turn=FLEXED) for level in LUMBAR],
        "fac_yk": [cases.add(level, compression=SHARED) for level in LUMBAR],
    }
    crept = cases.add("L4L5", creep=CREEP, compression=SHARED)
    preloaded = [
        [[cases.add(level, alone=alone, compression=load) for load in PRELOADS] for level in PRELOADED]
        for alone in (False, True)
    ]
    segments, ends = cases.solve()
    stiff = jax.vmap(_stiffness_terms)(segments, ends.alone)[np.array(preloaded)]
    return (
        _heuer(ends, turned)
        | _facet_forces(ends, bent)
        | {f"mom_han_{row}": jnp.linalg.norm(ends.loaded.disc_moment[i]) for row, i in held.items()}
        | {row: 100 * jnp.mean(ends.loaded.facet_share[np.array(i)]) for row, i in shares.items()}
        | _preload_gains(stiff)
        | {"crp_idp": _pressure_fall(ends, shares["fac_yk"][LUMBAR.index("L4L5")], crept)}
    )


def answers(model: Model) -> Answers:
    """Every row of categories 3, 4 and 8 that the column and its segments answer."""
    return column_answers(model) | segment_answers(model)


#: `answers`, compiled.
simulated = kept(answers, QUICK_COMPILE)


def isolated(segment: Column) -> Column:
    """The discs alone, posterior elements and ligaments removed."""
    return eqx.tree_at(
        lambda s: (s.ligaments.stiffness, s.facets.stiffness, s.facets.lamina_stiffness),
        segment,
        replace_fn=jnp.zeros_like,
    )


def lowered(segment: Column, loss: float) -> Column:
    """Discs that have lost height [m] by losing fluid."""
    hydration = 1 - loss / (FLUID_SHARE * segment.discs.height)
    return eqx.tree_at(lambda s: s.discs.hydration, segment, hydration)


class Cases:
    """Single-segment tests gathered, so that one batch solves them."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.columns: list[Column] = []
        self.loads: list[BenchLoad] = []

    def add(
        self, level: str, *, towards: str = "ext", moment: float = 0.0, turn: float | None = None,
        compression: float = 0.0, creep: float = 0.0, alone: bool = False,
    ) -> int:  # fmt: skip
        """Number of a new test; moments [N m] and turns [deg] go `towards` a direction in the disc's axes."""
        segment = lowered(column(self.model, level, level), creep)
        axis = about_z(segment.discs.tilt[0]) @ jnp.array(DIRECTIONS[towards], float)
        self.columns.append(isolated(segment) if alone else segment)
        self.loads.append(
            bench_load(
                segment,
                moment=moment * axis,
                follower=compression,
                turned=None if turn is None else np.deg2rad(turn) * axis,
            )
        )
        return len(self.loads) - 1

    def solve(self) -> tuple[Column, Followed]:
        """All tests and how they end."""
        segments = _stack(self.columns)
        return segments, jax.vmap(along_path)(segments, _stack(self.loads))


def _bent(spine: Column, name: str, moment: float, follower: float = 0.0) -> BenchLoad:
    return bench_load(spine, moment=moment * jnp.array(DIRECTIONS[name], float), follower=follower)


def _stack(records: list) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *records)


def _towards(name: str, vector: Float[Array, "*batch 3"]) -> Float[Array, "*batch"]:
    """Component of a rotation vector along a direction [deg]."""
    return jnp.rad2deg(vector @ jnp.array(DIRECTIONS[name], float))


def gained(end: Followed, name: str) -> Float[Array, "level"]:
    """Rotation of the levels in a direction since they were unloaded [deg]."""
    return _towards(name, end.loaded.rotation - end.rest.rotation)


def _rotations_of_levels(ends: list[Followed]) -> Answers:
    """Yamamoto et al. (1989): every level at 10 N m."""
    return {
        f"rom_y_{name}_{level}": angle
        for name, end in zip(DIRECTIONS, ends, strict=True)
        for level, angle in zip(LUMBAR, gained(end, name), strict=True)
    }


def whole(end: Followed, name: str) -> Float[Array, ""]:
    """Rotation of L1 against L5 in a direction since it was unloaded [deg], in the axes of L5."""

    def against_l5(state: BenchState) -> Float[Array, "3"]:
        turns = jax.vmap(exp_rotation)(state.strain[1:, 3:])
        return log_rotation(turns[0] @ turns[1] @ turns[2] @ turns[3])

    return _towards(name, against_l5(end.loaded) - against_l5(end.rest))


def _rotations_of_the_whole(ends: list[Followed]) -> Answers:
    """In-vitro ranges gathered by Dreischarf et al. (2014): L1-L5 at 7.5 N m, both ways together."""
    fle, ext, lat, axi = (whole(end, name) for name, end in zip(DIRECTIONS, ends, strict=True))
    return {"rom_d_fe": fle + ext, "rom_d_lb": 2 * lat, "rom_d_ar": 2 * axi}


def _combined(ends: list[Followed]) -> Answers:
    """Moments on top of a follower load: rotation of L1-L5 [deg] and pressure in L4-L5 [MPa].

    The rotation counts from the column that the follower load has settled.
    """
    found = {}
    for (row, (name, *_)), end in zip(COMBINED.items(), ends, strict=True):
        found[f"rom_dc_{row}"] = whole(end._replace(rest=end.alone), name)
        found[f"idp_dc_{row}"] = end.loaded.intradiscal_pressure[LUMBAR.index("L4L5")] / 1e6
    return found


def _carried(end: Followed) -> Float[Array, ""]:
    """The follower load if it is carried upright: no buckling, no level turned by 2 degrees; else 0 [N]."""
    turned = jnp.max(jnp.abs(_towards("ext", end.alone.rotation - end.rest.rotation)))
    return jnp.where((turned < 2.0) & (end.alone.least_stiffness > 0), FOLLOWER_CAP, 0.0)


def _first_root(stiffness: Float[Array, "load"]) -> Float[Array, ""]:
    """Load at which the stiffness first vanishes [N]; infinite where it never does."""
    low, high = stiffness[:-1], stiffness[1:]
    root = LADDER[:-1] + np.diff(LADDER) * low / (low - high)
    lost = high <= 0
    return jnp.where(jnp.any(lost), root[jnp.argmax(lost)], jnp.inf)


def _heuer(ends: Followed, turned: dict[str, int]) -> Answers:
    """Heuer et al. (2007): the intact L4-L5 segment at 10 N m."""
    rows = {"fle": "flex", "ext": "ext", "lat": "lb", "axi": "ar"}
    gained = ends.loaded.rotation[:, 0] - ends.rest.rotation[:, 0]
    return {f"rom_h_{rows[name]}": _towards(name, gained[i]) for name, i in turned.items()}


def _facet_forces(ends: Followed, bent: dict[str, int]) -> Answers:
    """Wilson et al. (2006): articular force of the loaded joint of L4-L5 at 7.5 N m, no capsule [N]."""
    rows = {"fle": "flex", "ext": "ext", "lat": "lb", "axi": "ar"}
    return {f"fac_pm_{rows[name]}": jnp.max(ends.loaded.facet_force[i]) for name, i in bent.items()}


def _pressure_fall(ends: Followed, before: int, after: int) -> Float[Array, ""]:
    """Pressure that a disc loses to the facets as it creeps under the same load [%] (Adams et al. 1996)."""
    pressure = ends.loaded.intradiscal_pressure[:, 0]
    return 100 * (1 - pressure[after] / pressure[before])


def _stiffness_terms(segment: Column, state: BenchState) -> Float[Array, "8"]:
    """Six diagonal and two main coupling stiffnesses about the centre of the upper vertebral body.

    Secants over the perturbations of the experiment, in the axes of the disc.
    """
    parts = (segment.discs, segment.ligaments, segment.facets)
    tissues = jax.tree.map(lambda leaf: leaf[0], parts)
    tilt = about_z(segment.discs.tilt[0])
    centre = tilt @ jnp.array([0.0, 1.0, 0.0]) * (segment.discs.height[0] + BODY_HEIGHT) / 2
    turned, shift = exp_rotation(state.strain[0, 3:]), state.strain[0, :3]

    def resistance(step: Float[Array, "6"]) -> Float[Array, "6"]:
        push, turn = tilt @ step[:3], exp_rotation(tilt @ step[3:])
        arm = turned @ centre
        moved = shift + arm + push - turn @ arm
        wrench = joint_wrench(lambda r, t: jnp.sum(tissue_energies(tissues, r, t)), turn @ turned, moved)
        moment = wrench[3:] - jnp.cross(turn @ arm, wrench[:3])
        return -jnp.concatenate([wrench[:3] @ tilt, moment @ tilt])

    step = jnp.diag(jnp.asarray(PERTURBATION))
    both = jax.vmap(resistance)(step) - jax.vmap(resistance)(-step)
    matrix = both / (2 * PERTURBATION[:, None])
    return jnp.append(jnp.diag(matrix), jnp.stack([matrix[5, 0], matrix[3, 2]]))


def _preload_gains(stiff: Float[Array, "alone level load term"]) -> Answers:
    """Mean ratio of the eight stiffnesses to those without preload, whole segments and discs alone."""
    gain = jnp.mean(stiff / stiff[:, :, :1], axis=(1, 3))
    whole, alone = (dict(zip(PRELOADS, row, strict=True)) for row in gain)
    human = {f"stf_gm_{load}": whole[load] for load in (250, 500)}
    porcine = {f"stf_porc_i{load}": whole[load] for load in (200, 400)}
    return human | porcine | {f"stf_porc_d{load}": alone[load] for load in (200, 400)}
