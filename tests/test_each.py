"""Batches over several devices, in a process of its own that has them."""

import os
import subprocess
import sys

import numpy as np
import pytest

import spinesim as ss

_TWO = """
import sys
import jax
import numpy as np
import spinesim as ss
from spinesim.sweeps.chunks import chunk_size
assert len(jax.local_devices()) == 2 and chunk_size(1.0) == 256
ds = ss.sweep(ss.lumbar_model(), ["standing", "hold_close", "sitting"], severities=[0.0])
np.save(sys.argv[1], ds.disc_compression.values)
# The same program for cases that lie on one device, as predicted postures do.
from spinesim.sweeps.local import solve_batch
cases = ss.lumbar_model(), ss.Task(ss.Posture.standing())
stacked = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (256, *np.shape(leaf))), cases)
end = solve_batch(*jax.device_put(stacked, jax.devices()[0]), None, 3)
np.testing.assert_allclose(end.disc_compression[0], ds.disc_compression.sel(task="standing").values.ravel())
"""


@pytest.mark.slow
def test_two_devices_answer_as_one(tmp_path):
    """The same sweep call, the cores as devices as XLA's own flag makes them."""
    environment = os.environ | {
        "XLA_FLAGS": os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=2"
    }
    environment.pop("JAX_NUM_CPU_DEVICES", None)
    subprocess.run(
        [sys.executable, "-c", _TWO, tmp_path / "two.npy"], env=environment, check=True, timeout=600
    )
    one = ss.sweep(
        ss.lumbar_model(), ["standing", "hold_close", "sitting"], severities=[0.0]
    ).disc_compression.values
    np.testing.assert_allclose(np.load(tmp_path / "two.npy"), one, rtol=1e-10)
