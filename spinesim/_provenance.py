"""Where a result comes from: which model, which versions, which precision, which device."""

from dataclasses import fields
from hashlib import sha256
from importlib.metadata import version

import jax
import jax.numpy as jnp
import numpy as np

from spinesim._record import Record
from spinesim._version import __version__


def fingerprint(record: Record) -> str:
    """SHA-256 over the names and numbers of a record: the same for the same body, on any day."""
    digest = sha256()
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Record):
            said = fingerprint(value)
        elif isinstance(value, jax.Array | np.ndarray):
            array = np.asarray(value)
            said = f"{array.dtype} {array.shape} {sha256(array.tobytes()).hexdigest()}"
        else:
            said = repr(value)
        digest.update(f"{field.name}: {said}\n".encode())
    return digest.hexdigest()


def provenance(model: Record, result: Record) -> dict[str, str]:
    """Model hash, versions, precision and device of a result, as attributes of its dataset."""
    leaves = jax.tree.leaves(result)
    placed = [leaf.devices() for leaf in leaves if isinstance(leaf, jax.Array)]
    devices = {device.device_kind for devices in placed for device in devices}
    numbers = [leaf for leaf in leaves if jnp.issubdtype(leaf.dtype, jnp.floating)]
    return {
        "model_hash": fingerprint(model),
        "spinesim_version": __version__,
        "jax_version": jax.__version__,
        "numpy_version": version("numpy"),
        "precision": str(jnp.result_type(*numbers)),
        "device": ", ".join(sorted(devices)) or "host",
    }
