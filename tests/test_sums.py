"""Rows summed by owner, against a loop."""

import numpy as np
import pytest

from spinesim._sums import sums


@pytest.mark.parametrize("counts", [(1, 1, 1), (3, 1, 2), (16, 17, 1), (2, 300, 40)])
def test_rows_are_summed_by_owner(counts):
    random = np.random.default_rng(0)
    owner = random.permutation(np.repeat(np.arange(len(counts)), counts))
    rows = random.normal(size=(len(owner), 4))
    want = [rows[owner == one].sum(axis=0) for one in range(len(counts))]
    np.testing.assert_allclose(sums(rows, owner.tolist()), want, rtol=0, atol=1e-13)
