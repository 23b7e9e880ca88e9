"""What every test shares: shapes and types checked at every call, one body, one compiled solve."""

import pytest
from jaxtyping import install_import_hook

CHECKED = (
    "_record", "_smooth", "_names", "_numbers", "models", "solvers", "scenarios", "cascade", "sweeps",
    "results", "io", "viz",
)  # fmt: skip
install_import_hook([f"spinesim.{room}" for room in CHECKED], "beartype.beartype")


@pytest.fixture(scope="session")
def model():
    """A man of 75 kg and 1.75 m."""
    import spinesim as ss  # after the hook

    return ss.lumbar_model()


@pytest.fixture(scope="session")
def solved(model):
    """task -> its equilibrium; the solve is compiled once for all tests of a process."""
    import spinesim as ss

    return lambda task: ss.solve(model, task)
