import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geo.units import (
    AREA_UNITS_IN_M2,
    M2_PER_HA,
    M2_PER_MU,
    compare,
    compare_printed,
    m2_to_mu,
    mu_to_m2,
    printed,
)

POSITIVE = st.floats(1e-6, 1e12)


def test_a_mu_is_two_thirds_of_a_thousand_square_metres():
    assert pytest.approx(2000 / 3, rel=1e-15) == M2_PER_MU
    assert m2_to_mu(M2_PER_HA) == pytest.approx(15.0, rel=1e-15)
    assert AREA_UNITS_IN_M2["公顷"] / AREA_UNITS_IN_M2["亩"] == pytest.approx(15.0, rel=1e-15)


@pytest.mark.parametrize(
    ("area_m2", "printed_mu"),
    [
        (68_507.52, 102.76),  # a notice of land supply, domain facts §1.6
        (10_003.34, 15.01),  # from rounded hectares it would be 15.00, §0 (5)
    ],
)
def test_mu_come_from_unrounded_square_metres(area_m2, printed_mu):
    assert round(m2_to_mu(area_m2), 2) == printed_mu


@given(POSITIVE)
def test_there_and_back_is_the_same_area(area_m2):
    assert mu_to_m2(m2_to_mu(area_m2)) == pytest.approx(area_m2, rel=1e-14)


def test_arrays_are_converted_like_numbers():
    areas = np.array([0.0, M2_PER_MU, 2.5 * M2_PER_MU])
    assert m2_to_mu(areas) == pytest.approx([0.0, 1.0, 2.5])
    assert mu_to_m2(np.array([1.0, 3.0])) == pytest.approx([2000 / 3, 2000.0])


@given(POSITIVE)
@example(100.0)
@example(200.0)
@example(0.7)
def test_a_value_equals_its_threshold_within_a_billionth(threshold):
    assert compare(threshold, threshold) == 0
    assert compare(threshold * (1 + 5e-10), threshold) == 0
    assert compare(threshold * (1 - 5e-10), threshold) == 0
    assert compare(threshold * (1 + 2e-9), threshold) == 1
    assert compare(threshold * (1 - 2e-9), threshold) == -1


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_comparing_the_other_way_round_turns_the_sign(one, two):
    assert compare(one, two) == -compare(two, one)


def test_zero_is_below_anything_that_is_not_zero():
    assert compare(0.0, 0.0) == 0
    assert compare(0.0, 1e-300) == -1
    assert compare(-1e-300, 0.0) == -1


def test_a_share_of_tenths_reaches_seventy_percent():
    assert compare(sum([0.1] * 7) / sum([0.1] * 10), 0.7) == 0


def test_infinity_lies_beyond_every_threshold():
    assert compare(math.inf, 100.0) == 1
    assert compare(-math.inf, 100.0) == -1
    assert compare(math.inf, math.inf) == 0


@pytest.mark.parametrize(("value", "threshold"), [(math.nan, 1.0), (1.0, math.nan)])
def test_a_missing_number_meets_no_threshold(value, threshold):
    with pytest.raises(ValueError, match="missing"):
        compare(value, threshold)


@pytest.mark.parametrize(
    ("value", "step", "rounded"),
    [
        (99.9968, 0.01, 100.0), (99.995, 0.01, 100.0), (99.99499, 0.01, 99.99),
        (0.699999976, 0.0001, 0.7), (0.69995, 0.0001, 0.7), (0.69994, 0.0001, 0.6999),
        (2.675, 0.01, 2.68), (0.0, 0.01, 0.0),
    ],
)  # fmt: skip
def test_a_number_is_printed_half_up(value, step, rounded):
    assert printed(value, step) == rounded


@pytest.mark.parametrize(
    ("value", "least", "step", "sign"),
    [
        (99.9968, 100.0, 0.01, 0), (99.99, 100.0, 0.01, -1), (100.004, 100.0, 0.01, 1),
        (0.699999976, 0.7, 0.0001, 0), (0.6999, 0.7, 0.0001, -1), (40.003, 40.003, 0.01, 0),
    ],
)  # fmt: skip
def test_a_figure_on_land_reaches_a_least_value_as_it_is_printed(value, least, step, sign):
    assert compare_printed(value, least, step) == sign


def test_what_is_not_known_is_not_compared():
    with pytest.raises(ValueError, match="missing"):
        compare_printed(float("nan"), 1.0, 0.01)
