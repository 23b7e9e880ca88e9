"""Chunks of a function that is no solve: which cases it is asked, when, and what comes back."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinesim._each import dealt
from spinesim.sweeps.chunks import chunk_size, in_chunks, joined


class Squares:
    """Squares of the numbers of cases, `most` at once; it remembers what it was asked."""

    def __init__(self, most=100, broken=None):
        self.most, self.broken, self.asked = most, broken, []

    def __call__(self, cases, wanted):
        self.asked.append((len(cases), wanted))
        if len(self.asked) == self.broken:
            raise KeyboardInterrupt
        if len(cases) > self.most:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 1 bytes.")
        places = dealt(wanted, len(cases))
        return {"square": np.where(np.isin(np.arange(len(cases)), places), cases**2, -1)}


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 12))
def test_every_case_is_answered_once_and_in_order(count, size, most):
    function = Squares(most)
    answers = dict(in_chunks(function, count, size))
    assert list(answers) == list(range(-(-count // size)))
    np.testing.assert_array_equal(joined(answers.values())["square"], np.arange(count) ** 2)
    assert sum(wanted for length, wanted in function.asked if length <= most) == count


def test_the_next_chunk_is_begun_before_one_is_read():
    function = Squares()
    for number, _ in in_chunks(function, 12, 4):
        assert len(function.asked) == min(number + 2, 3)


def test_finished_chunks_are_left_out():
    function = Squares()
    answers = dict(in_chunks(function, 12, 4, finished={0, 2}))
    assert list(answers) == [1] and function.asked == [(4, 4)]
    np.testing.assert_array_equal(answers[1]["square"], [16, 25, 36, 49])


def test_what_was_begun_is_read_before_a_failure_is_told():
    read = []
    with pytest.raises(KeyboardInterrupt):
        for number, _ in in_chunks(Squares(broken=3), 12, 4):
            read.append(number)
    assert read == [0, 1]


def test_what_was_refused_once_is_not_tried_again():
    function = Squares(most=5)
    assert len(list(in_chunks(function, 32, 16))) == 2
    assert [length for length, _ in function.asked] == [16, 8, *[4] * 8]


def test_a_case_that_never_fits_is_told():
    with pytest.raises(jax.errors.JaxRuntimeError, match="RESOURCE_EXHAUSTED"):
        list(in_chunks(Squares(most=0), 4, 4))


@given(st.integers(1, 64), st.integers(1, 64))
def test_cases_are_dealt_to_places_of_their_own(wanted, more):
    places = dealt(wanted, wanted + more)
    assert len(np.unique(places)) == wanted and places.min() >= 0 and places.max() < wanted + more


def test_memory_bounds_a_chunk():
    assert chunk_size(0.01) == 5 and chunk_size(1.0) == 128
    with pytest.raises(ValueError, match="memory_gb must lie between"):
        chunk_size(0.0)
