"""Random bodies in random postures under random loads, reproducible by seed and number.

Every named posture over the range of its numbers, arms anywhere in front, 0 to 20 kg in either hand or
both, both sexes in four sizes, and muscles 0.5 to 1.5 times as strong, alike or group by group.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from spinesim import Model, Posture, Task, lumbar_model, posture
from spinesim.models.groups import REPORTED, group_weights
from spinesim.scenarios.postures import numbers_of

Range = tuple[float, float]


class Kind(NamedTuple):
    """A named posture, what is said of it in words, and the ranges of its numbers."""

    name: str
    words: dict[str, str]
    ranges: dict[str, Range]


def _kind(name: str, *words: str, **ranges: Range) -> Kind:
    return Kind(name, dict(zip(words[::2], words[1::2], strict=True)), ranges)


KINDS = (
    _kind("standing"),
    _kind("flexed", trunk_flexion_deg=(-20, 90)),
    _kind("flexed", trunk_flexion_deg=(0, 60), lumbar_share=(0.2, 0.9), knee_flexion_deg=(0, 60)),
    _kind("extended", trunk_extension_deg=(0, 25)),
    _kind("bent", side_bend_deg=(-30, 30)),
    _kind("twisted", rotation_deg=(-15, 15)),
    _kind("stoop", trunk_flexion_deg=(20, 90)),
    _kind("squat", knee_flexion_deg=(30, 110), trunk_flexion_deg=(10, 70), lumbar_share=(0.2, 0.8)),
    _kind("single_leg", "stance", "r", hip_flexion_deg=(-10, 60), knee_flexion_deg=(0, 90)),
    _kind("single_leg", "stance", "l", hip_flexion_deg=(-10, 60), knee_flexion_deg=(0, 90)),
    _kind("sitting", trunk_flexion_deg=(-10, 60), lumbar_flexion_deg=(-10, 45)),
    _kind("sitting_relaxed", trunk_flexion_deg=(-5, 40)),
    _kind("sitting_forward", trunk_flexion_deg=(30, 70), lumbar_flexion_deg=(20, 50)),
    _kind("leaning_back", recline_deg=(5, 60), lumbar_flexion_deg=(0, 40)),
    _kind("slouched", recline_deg=(0, 45), lumbar_flexion_deg=(20, 50)),
    _kind("lying_supine"),
    _kind("lying_prone"),
    _kind("prone_on_elbows", trunk_extension_deg=(15, 45)),
    _kind("lying_on_side", "side", "l", hip_flexion_deg=(0, 90), knee_flexion_deg=(0, 120)),
    _kind("lying_on_side", "side", "r", hip_flexion_deg=(0, 90), knee_flexion_deg=(0, 120)),
    _kind("quadruped"),
    _kind("bridge"),
)
PERSONS = tuple(
    (sex, mass + 13.0 * (sex == "male"), height + 0.13 * (sex == "male"))
    for sex in ("male", "female")
    for mass, height in ((48.0, 1.55), (58.0, 1.62), (70.0, 1.66), (85.0, 1.70))
)
_ARMS = {"shoulder_flexion_deg": (-30.0, 110.0), "elbow_flexion_deg": (0.0, 120.0)}


class Cases(NamedTuple):
    """Stacked cases: a task, one of PERSONS and the strength of every muscle group."""

    task: Task
    person: Int[Array, "case"]
    strength: Float[Array, "case group"]


def random_cases(seed: int, count: int) -> tuple[Cases, list[dict[str, Any]]]:
    """`count` random cases, and what each of them is in words and numbers."""
    random = np.random.default_rng(seed)
    drawn = [_draw(random) for _ in range(count)]
    kind = np.array([KINDS.index(one["kind"]) for one in drawn])
    parts, order = [], []
    for which in np.unique(kind):
        own = np.flatnonzero(kind == which)
        numbers = [drawn[i]["numbers"] for i in own]
        stacked = {key: np.array([one[key] for one in numbers]) for key in numbers[0]}
        parts.append(_tasks(KINDS[which], stacked))
        order.append(own)
    back = np.argsort(np.concatenate(order))
    tasks = jax.tree.map(lambda *rows: jnp.concatenate(rows)[back], *parts)
    person = jnp.array([one["person"] for one in drawn])
    return Cases(tasks, person, jnp.array([one["strength"] for one in drawn])), drawn


def persons() -> Model:
    """The models of PERSONS, stacked."""
    models = [lumbar_model(sex, mass, height) for sex, mass, height in PERSONS]
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *models)


def body(models: Model, person: Int[Array, ""], strength: Float[Array, "group"]) -> Model:
    """One of the stacked `models`, its muscle groups made stronger or weaker by a factor."""
    model = jax.tree.map(lambda leaf: leaf[person], models)
    factor = strength @ group_weights(model.fascicles)
    return eqx.tree_at(lambda m: m.fascicles.max_force, model, model.fascicles.max_force * factor)


def _draw(random: np.random.Generator) -> dict[str, Any]:
    kind = KINDS[random.integers(len(KINDS))]
    numbers: dict[str, Any] = {name: random.uniform(*span) for name, span in kind.ranges.items()}
    if "shoulder_flexion_deg" in numbers_of(kind.name):
        numbers |= {name: random.uniform(*span, size=2) for name, span in _ARMS.items()}
    right = random.choice([0.0, 0.5, 1.0, random.uniform()])
    numbers["hand_load_kg"] = random.uniform(0, 20) * np.array([right, 1 - right])
    alike, groups = random.uniform(0.5, 1.5), len(REPORTED)
    strength = np.full(groups, alike) if random.uniform() < 0.5 else random.uniform(0.5, 1.5, groups)
    person = int(random.integers(len(PERSONS)))
    return {"kind": kind, "numbers": numbers, "person": person, "strength": strength}


def _tasks(kind: Kind, numbers: dict[str, np.ndarray]) -> Task:
    """Tasks of one kind of posture, one for each row of `numbers`."""

    def one(row: dict[str, Array]) -> Task:
        given = {key: tuple(value) if value.ndim else value for key, value in row.items()}
        hands = given.pop("hand_load_kg")
        made: Posture = posture(kind.name, **kind.words, **given)
        return Task(made, hand_load_kg=hands)

    return jax.jit(jax.vmap(one))({key: jnp.asarray(value) for key, value in numbers.items()})
