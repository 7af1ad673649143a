import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from platforms.matching.explanation import first_of, losses, weight_ranges, would_be_first
from platforms.matching.scoring import contributions, rank

HAIR = 1e-4
"""Part of a change left out: far more than the 1e-9 within which scores tie."""

tenths = st.integers(0, 10).map(lambda n: n / 10)


@st.composite
def tables(draw):
    """Values of a few candidates, some unknown, and weights of which some is above 0."""
    count, width = draw(st.integers(2, 6)), draw(st.integers(1, 4))
    cells = draw(
        st.lists(st.one_of(tenths, tenths, st.none()), min_size=count * width,
                 max_size=count * width)
    )  # fmt: skip
    weights = draw(st.lists(st.integers(0, 9).map(float), min_size=width, max_size=width))
    assume(sum(weights) > 0)
    values = np.array([np.nan if one is None else one for one in cells], dtype=float)
    return values.reshape(count, width), np.array(weights)


def with_value(values, place, criterion, value):
    changed = values.copy()
    changed[place, criterion] = value
    return changed


def with_weight(weights, criterion, weight):
    changed = weights.copy()
    changed[criterion] = weight
    return changed


def is_first(values, weights, place):
    """Whether a candidate leads by the scores themselves, reckoned one by one."""
    points = [
        sum(w * v for w, v in zip(weights, row, strict=True) if not np.isnan(v)) / sum(weights)
        for row in values
    ]
    return points[place] >= max(points) - 1e-9


@settings(deadline=None)
@given(tables())
def test_what_would_make_a_place_first_does_so_and_a_hair_less_does_not(table):
    values, weights = table
    ranks = rank(values, weights).rank
    for place in range(len(values)):
        found = would_be_first(values, weights, place)
        if found is None:
            continue
        assert ranks[place] > 1
        if found.value is not None:
            at, after = found.value.criterion, found.value.after
            assert 0 <= after <= 1
            assert rank(with_value(values, place, at, after), weights).rank[place] == 1
            less = after - HAIR * found.value.size
            if weights[at] * found.value.size > 1e-6:
                assert rank(with_value(values, place, at, less), weights).rank[place] > 1
        if found.weight is not None:
            at, after = found.weight.criterion, found.weight.after
            before = weights[at]
            changed = with_weight(weights, at, after)
            assert after >= 0
            assert rank(values, changed).rank[place] == 1
            for part in (0.25, 0.5, 0.75, 0.99):
                between = with_weight(weights, at, before + part * (after - before))
                assert not is_first_alone(values, between, place)


def is_first_alone(values, weights, place):
    found = rank(values, weights)
    return found.rank[place] == 1 and (found.rank == 1).sum() == 1


@given(tables())
def test_where_no_value_would_do_none_does(table):
    values, weights = table
    for place in range(len(values)):
        found = would_be_first(values, weights, place)
        if found is None or found.value is not None:
            continue
        for criterion in range(values.shape[1]):
            best = with_value(values, place, criterion, 1.0)
            assert rank(best, weights).rank[place] > 1


@settings(deadline=None, max_examples=40)
@given(tables())
def test_no_weight_on_a_grid_is_nearer_than_the_one_found(table):
    values, weights = table
    for place in range(len(values)):
        found = would_be_first(values, weights, place)
        if found is None:
            continue
        size = np.inf if found.weight is None else found.weight.size * weights.sum()
        for criterion in range(len(weights)):
            for weight in np.linspace(0, 20, 41):
                changed = with_weight(weights, criterion, weight)
                if abs(weight - weights[criterion]) >= size - 1e-6 or changed.sum() == 0:
                    continue
                assert not is_first_alone(values, changed, place)


@settings(deadline=None, max_examples=40)
@given(tables())
def test_the_first_place_stands_in_its_weight_ranges_and_not_just_beyond(table):
    values, weights = table
    first = first_of(values, weights)
    assume(first is not None)
    for one in weight_ranges(values, weights):
        assert one.low <= weights[one.criterion] <= one.high
        for weight in np.linspace(0, 20, 41):
            changed = with_weight(weights, one.criterion, weight)
            if one.low <= weight <= one.high and changed.sum() > 0:
                assert is_first(values, changed, first)
        step = 1e-3
        for beyond in (one.low - step, one.high + step):
            if 0 < beyond < np.inf:
                changed = with_weight(weights, one.criterion, beyond)
                assert not is_first_alone(values, changed, first)


def test_a_weight_range_ends_where_the_scores_meet():
    # 3 × 1.0 + w × 0.2 = 3 × 0.5 + w × 0.8 at w = 2.5
    values = np.array([[1.0, 0.2], [0.5, 0.8]])
    ranges = weight_ranges(values, np.array([3.0, 1.0]))
    assert (ranges[1].low, ranges[1].high) == (0.0, pytest.approx(2.5))
    assert (ranges[0].low, ranges[0].high) == (pytest.approx(1.2), np.inf)


def test_an_unknown_value_counts_nothing_towards_the_first_place():
    # 0.6 × 1 against 0.5 × 1 + w × 1: the second reaches the first at w = 0.1.
    values = np.array([[0.6, np.nan], [0.5, 1.0]])
    ranges = weight_ranges(values, np.array([1.0, 0.05]))
    assert (ranges[1].low, ranges[1].high) == (0.0, pytest.approx(0.1))


def test_a_first_place_is_preferred_only_where_no_upper_end_lies_above_its_lower_end():
    weights = np.array([3.0, 1.0])
    # 75 points known, 25 open; the second has 60 + 15 = 75 and no more, then 60 + 16 = 76.
    first = [1.0, np.nan]
    assert rank(np.array([first, [0.8, 0.6]]), weights).has_preferred
    above = rank(np.array([first, [0.8, 0.64]]), weights)
    assert (above.order.tolist(), above.contenders.tolist()) == ([1, 0], [0])
    assert not above.has_preferred
    open_rival = rank(np.array([first, [0.7, np.nan]]), weights)
    assert open_rival.low == pytest.approx([75.0, 52.5])
    assert open_rival.high == pytest.approx([100.0, 77.5])
    assert open_rival.contenders.tolist() == [1]


def test_equal_first_places_have_no_preferred_one():
    assert not rank(np.array([[1.0], [1.0]]), np.array([1.0])).has_preferred


@given(tables(), st.data())
def test_no_blank_outranks_the_same_candidate_with_the_value_filled_in(table, data):
    values, weights = table
    blanks = np.argwhere(np.isnan(values))
    assume(len(blanks))
    place, criterion = data.draw(st.sampled_from([tuple(at) for at in blanks.tolist()]))
    known = with_value(values, place, criterion, data.draw(tenths))
    both = rank(np.vstack([values, known[place]]), weights)
    assert both.low[place] <= both.low[-1] + 1e-9
    assert both.rank[-1] <= both.rank[place]
    assert both.high[place] >= both.high[-1] - 1e-9


def test_no_single_change_helps_a_place_that_is_worse_everywhere():
    values = np.array([[1.0, 1.0], [0.2, 0.2]])
    found = would_be_first(values, np.array([1.0, 1.0]), 1)
    assert (found.value, found.weight) == (None, None)


@given(tables())
def test_losses_less_gains_are_the_distance_to_the_first(table):
    values, weights = table
    found, first = rank(values, weights), first_of(values, weights)
    assume(first is not None)
    points = contributions(values, weights)
    for place in range(len(values)):
        gained = np.maximum(points[place] - points[first], 0).sum()
        lost = sum(one.points for one in losses(values, weights, place))
        assert lost - gained == pytest.approx(found.low[first] - found.low[place], abs=1e-9)


@given(tables(), tables())
def test_further_candidates_change_no_score_and_no_order_of_the_others(table, other):
    values, weights = table
    more = other[0][:, :1].repeat(values.shape[1], axis=1)
    before, after = rank(values, weights), rank(np.vstack([values, more]), weights)
    count = len(values)
    np.testing.assert_array_equal(before.low, after.low[:count])
    np.testing.assert_array_equal(before.order, after.order[after.order < count])


@given(tables())
def test_ranks_are_those_of_comparing_one_by_one(table):
    values, weights = table
    found = rank(values, weights)
    for one, points in enumerate(found.low):
        better = sum(other > points + 1e-6 for other in found.low)
        assert found.rank[one] == better + 1
