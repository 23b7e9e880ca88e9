"""Parameters stay in their ranges, and draws are the same for the same seed."""

import numpy as np
import pytest

from spinesim.adaptation.parameters import EVIDENCE, drawn, parameters, table


def test_every_value_lies_in_its_range_and_has_evidence():
    low, value, high = table().numbers("low", "value", "high").T
    assert np.all((low <= value) & (value <= high))
    assert set(table().words("evidence")) <= set(EVIDENCE)


def test_draws_lie_in_the_range_and_repeat():
    one, same, other = drawn(2000, 1), drawn(2000, 1), drawn(2000, 2)
    ends = dict(zip(table().names("name"), table().numbers("low", "high"), strict=True))
    for name, values in one.items():
        assert np.all((values >= ends[name][0]) & (values <= ends[name][1]))
        np.testing.assert_array_equal(values, same[name])
    assert not np.array_equal(one["central_time"], other["central_time"])
    middle = parameters()["central_time"]
    assert abs(float(np.median(one["central_time"])) - float(middle)) < 15


def test_a_parameter_out_of_range_or_unknown_is_named():
    with pytest.raises(ValueError, match="central_time must lie between 42 and 280"):
        parameters(central_time=1.0)
    with pytest.raises(ValueError, match="central_time"):
        parameters(centraltime=60.0)
