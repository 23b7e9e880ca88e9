"""Group names select the fascicles a clinician means."""

import numpy as np
import pytest

from spinesim.models.anatomy import SIDES
from spinesim.models.build import lumbar_model
from spinesim.models.groups import GROUPS, UNIONS, members

FASCICLES = lumbar_model().fascicles


def test_every_fascicle_belongs_to_a_named_group():
    assert set(FASCICLES.group) == set(GROUPS) - set(UNIONS)


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_is_its_two_sides_and_both_have_fascicles(group):
    right, left = (np.array(members(FASCICLES, f"{group}_{side}")) for side in SIDES)
    assert right.sum() == left.sum() > 0
    assert not np.any(right & left)
    np.testing.assert_array_equal(right | left, members(FASCICLES, group))


@pytest.mark.parametrize("union", UNIONS)
def test_a_union_is_the_sum_of_its_parts(union):
    parts = np.array([members(FASCICLES, part) for part in UNIONS[union]])
    np.testing.assert_array_equal(parts.sum(axis=0), members(FASCICLES, union))


def test_a_fascicle_name_selects_that_fascicle():
    for index, name in enumerate(FASCICLES.name):
        assert np.flatnonzero(members(FASCICLES, name)).tolist() == [index]


@pytest.mark.parametrize("typo, meant", [("multifidius", "multifidus"), ("psoas", "psoas_major")])
def test_an_unknown_name_is_answered_with_the_nearest(typo, meant):
    with pytest.raises(ValueError, match=f"unknown muscle group '{typo}': did you mean .*'{meant}"):
        members(FASCICLES, typo)
