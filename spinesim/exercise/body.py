"""The body that a person has on a given day: the healthy one, less deficits, plus what training gave."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim._programs import kept
from spinesim.adaptation.state import STRETCHED, Person, Slow
from spinesim.models.anatomy import LEVELS, SIDES, Model
from spinesim.models.groups import REPORTED, group_weights, members
from spinesim.models.imbalance import Imbalance
from spinesim.models.impairment import Impairment
from spinesim.scenarios.imbalances import SCENARIOS

#: Range of the hip that the named scenario of tight flexors takes away [deg].
_TIGHT_DEG = 15.0
#: Hamstrings shorter by this for a raised leg 15 degrees lower (fitted: `screen.hips.raised_leg` of the body
#: then loses 15 degrees).
_HAMSTRINGS = 0.016
#: Rows of STRETCHED, right and left.
HIP_FLEXORS, HAMSTRINGS = (
    np.array([STRETCHED.index(f"{muscle}_{side}") for side in SIDES])
    for muscle in ("hip_flexors", "hamstrings")
)


def _lost_length(fascicles) -> Float[np.ndarray, "stretched fascicle"]:
    """Fraction of length that goes with one degree of range missing, by what is stretched."""
    parts = SCENARIOS["tight_hip_flexors"].parts["tight"]
    rows = []
    for name in STRETCHED:
        muscle, side = name[:-2], name[-1]
        given = parts if muscle == "hip_flexors" else {"hamstrings": _HAMSTRINGS}
        lost = np.zeros(len(fascicles.name))
        for group, fraction in given.items():
            lost[np.array(members(fascicles, f"{group}_{side}"))] = fraction / _TIGHT_DEG
        rows.append(lost)
    return np.array(rows)


def impairment(
    model: Model, slow: Slow, person: Person, fluid: Float[Array, "level"] | float = 1.0
) -> Impairment:
    """What a person's slow state means for every fascicle and disc of the healthy `model`."""
    weights = jnp.asarray(group_weights(model.fascicles)).T  # (fascicle, group)
    strength = (1 - person.deficit) * slow.size * (1 + slow.neural)
    missing = jax.nn.relu(person.tight - slow.stretch_length)
    none = Imbalance().impairment(model)
    return eqx.tree_at(
        lambda imp: (imp.strength, imp.drive, imp.length, imp.worn, imp.fluid),
        none,
        (
            weights @ strength,
            weights @ (1 - slow.inhibition),
            1 - missing @ jnp.asarray(_lost_length(model.fascicles)),
            1 - (1 - person.degenerated) * (1 - slow.damage),
            jnp.broadcast_to(fluid, (len(LEVELS),)),
        ),
    )


@kept
def body(model: Model, slow: Slow, person: Person, fluid: Float[Array, "level"] | float = 1.0) -> Model:
    """The body of a person in a slow state."""
    return impairment(model, slow, person, fluid).apply(model)


#: Groups whose strength moves together in the reduced map of `responses`.
CLUSTERS = {
    "multifidus": ("multifidus",),
    "erectors": (
        "longissimus_pars_lumborum", "longissimus_pars_thoracis", "iliocostalis_pars_lumborum",
        "iliocostalis_pars_thoracis",
    ),
    "flexors": ("rectus_abdominis",),
    "obliques": ("external_oblique", "internal_oblique"),
    "transversus": ("transversus_abdominis",),
    "quadratus": ("quadratus_lumborum",),
    "hip_flexors": ("psoas_major", "iliacus", "rectus_femoris", "tensor_fasciae_latae", "sartorius"),
    "gluteus_maximus": ("gluteus_maximus",),
    "abductors": ("gluteus_medius", "gluteus_minimus"),
    "hamstrings": ("hamstrings",),
}  # fmt: skip
#: What the reduced map knows of a body: log strength of each cluster, then these. Worn discs change loads
#: most of all, and not in proportion, hence the square.
OTHERS = ("inhibition", "tight_hip_flexors", "tight_hamstrings", "degenerated", "degenerated_squared")
FEATURES = (*CLUSTERS, *OTHERS)
#: (cluster, group): mean over a cluster's groups of both sides.
CLUSTER_MEAN = np.array([
    [float(group[:-2] in groups) / (len(groups) * len(SIDES)) for group in REPORTED]
    for groups in CLUSTERS.values()
])  # fmt: skip
_MULTIFIDUS = np.array([float(group.startswith("multifidus")) / 2 for group in REPORTED])


@kept
def features(slow: Slow, person: Person) -> Float[Array, "feature"]:
    """A person's body on a day, in the few numbers that the reduced map takes; 0 is the healthy body."""
    strength = (1 - person.deficit) * slow.size * (1 + slow.neural)
    tight = jax.nn.relu(person.tight - slow.stretch_length) / _TIGHT_DEG
    worn = jnp.mean((1 - (1 - person.degenerated) * (1 - slow.damage))[:2])
    return jnp.concatenate([
        CLUSTER_MEAN @ jnp.log(strength),
        jnp.stack([
            _MULTIFIDUS @ slow.inhibition, jnp.mean(tight[HIP_FLEXORS]), jnp.mean(tight[HAMSTRINGS]), worn,
            worn**2,
        ]),
    ])  # fmt: skip
