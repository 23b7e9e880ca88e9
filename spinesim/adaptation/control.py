"""Control: how finely a person senses and holds the position of the trunk."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from spinesim.adaptation.parameters import Parameters
from spinesim.adaptation.state import Person, Slow
from spinesim.models.groups import REPORTED

_TRUNK = (
    "multifidus",
    "longissimus",
    "iliocostalis",
    "rectus_abdominis",
    "external",
    "internal",
    "transversus",
)
_IN_TRUNK = np.array([float(name.startswith(_TRUNK)) for name in REPORTED])
_IN_TRUNK /= _IN_TRUNK.sum()


def learned(slow: Slow) -> Float[Array, ""]:
    """Lasting skill of the trunk's muscles, 0 to 1."""
    return jnp.asarray(_IN_TRUNK) @ slow.skill


def position_error(slow: Slow, person: Person, p: Parameters) -> Float[Array, ""]:
    """Error of repositioning the trunk [deg]: more with back pain, twice as much with neuropathy.

    What came with the pain goes with lasting skill of the trunk's muscles, not with the pain.
    """
    came = p["error_healthy"] + p["error_pain"] * person.pain / 50 * (1 - learned(slow))
    return came * (1 + person.neuropathy)


def strain(slow: Slow, person: Person, p: Parameters) -> Float[Array, ""]:
    """Motion of the segments beyond what the healthy leave uncontrolled, as a share of that [1]."""
    return jax.nn.relu(position_error(slow, person, p) / p["error_healthy"] - 1)


def latency(slow: Slow, person: Person, p: Parameters) -> Float[Array, ""]:
    """Latency of the reflex, nerve disease included [ms]."""
    return slow.reflex_latency + p["latency_neuropathy"] * jnp.asarray(person.neuropathy)
