import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.units import compare
from platforms.elements.shares import Members, headroom_outside, need_inside, share_bounds

amounts = st.floats(0.01, 1000)
parts = st.floats(0, 1)
rows = st.lists(st.tuples(amounts, parts, parts, st.booleans()), min_size=1, max_size=6)


def members_of(given_rows) -> Members:
    amount, one, other, certain = (np.array(column) for column in zip(*given_rows, strict=True))
    return Members(amount, np.minimum(one, other), np.maximum(one, other), certain.astype(bool))


def every_share(members: Members):
    """Every share that could come true at the ends: each open row in or out, least or most."""
    open_rows = np.flatnonzero(~members.certain)
    for taken in itertools.product([False, True], repeat=len(open_rows)):
        chosen = members.certain.copy()
        chosen[open_rows] = taken
        total = members.amount[chosen].sum()
        if total > 0:
            yield (members.amount * members.least)[chosen].sum() / total
            yield (members.amount * members.most)[chosen].sum() / total


@settings(max_examples=150, deadline=None)
@given(rows)
def test_the_bounds_are_the_extremes_of_all_that_could_come_true(given_rows):
    members = members_of(given_rows)
    bounds = share_bounds(members)
    if not members.certain.any():
        assert np.isnan(bounds.low)
        assert np.isnan(bounds.high)
        return
    shares = list(every_share(members))
    assert bounds.low == pytest.approx(min(shares), abs=1e-9)
    assert bounds.high == pytest.approx(max(shares), abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(rows, st.floats(0.05, 0.95))
def test_room_and_need_bring_the_worst_share_exactly_to_the_threshold(given_rows, threshold):
    members = members_of([(a, p, p, True) for a, p, _, _ in given_rows])
    inside, total = (members.amount * members.least).sum(), members.amount.sum()
    room, need = headroom_outside(members, threshold), need_inside(members, threshold)
    if compare(inside / total, threshold) >= 0:
        assert inside / (total + room) == pytest.approx(threshold)
        assert need == pytest.approx(0, abs=1e-6)
    else:
        assert (inside + need) / (total + need) == pytest.approx(threshold)
        assert room == pytest.approx(0, abs=1e-6)


def test_an_unknown_amount_leaves_the_share_open_only_towards_its_own_side():
    members = Members(
        np.array([80.0, 20.0, np.nan]), np.array([1.0, 0.0, 1.0]), np.array([1.0, 0.0, 1.0]),
        np.array([True, True, True]),
    )  # fmt: skip
    bounds = share_bounds(members)
    assert np.isnan(bounds.share)
    assert bounds.low == pytest.approx(0.8)
    assert bounds.high == pytest.approx(1.0)
    assert np.isnan(headroom_outside(members, 0.7))


def test_nothing_known_to_count_is_no_share_even_if_something_may_count():
    members = Members(np.ones(1), np.ones(1), np.ones(1), np.array([False]))
    assert np.isnan(share_bounds(members).low)
