"""A thousand random bodies in random postures under random loads: held, or said why not."""

import numpy as np
import pytest

from spinesim.bench.cases import random_cases
from spinesim.bench.held import solve_all
from spinesim.sweeps.chunks import joined

CASES = 1000


@pytest.mark.slow
def test_held_or_said_why_not():
    cases, drawn = random_cases(2024, CASES)
    end = joined(solve_all(cases))
    lost = np.flatnonzero(end.lost)
    assert len(end.lost) == CASES and not np.any(end.wrong)
    assert np.sum(end.lost & end.feasible) <= 1e-3 * np.sum(end.feasible), [drawn[at] for at in lost]
    assert len(lost) <= 5e-3 * CASES
    assert np.sum(end.feasible) > 0.5 * CASES
