"""Which units of measure exist, and how land area is converted between them.

1 亩 = 2000/3 m², 1 公顷 = 15 亩. 亩 is always computed from unrounded square metres.
"""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

import numpy as np
import numpy.typing as npt

M2_PER_MU = 2000.0 / 3.0
"""Square metres in one 亩."""

M2_PER_HA = 10_000.0
"""Square metres in one 公顷 (hectare)."""

AREA_UNITS_IN_M2 = {"m2": 1.0, "亩": M2_PER_MU, "公顷": M2_PER_HA}
"""Units a list may declare its areas in, each with its size in square metres."""

Areas = TypeVar("Areas", float, npt.NDArray[np.float64])

RELATIVE_TOLERANCE = 1e-9
"""Two values nearer than this, relative to the larger, are the same value."""


def m2_to_mu(area_m2: Areas) -> Areas:
    """Turn square metres into 亩.

    Parameters
    ----------
    area_m2
        Area [m²], unrounded.

    Returns
    -------
    float or array
        Area [亩].

    Examples
    --------
    >>> round(m2_to_mu(68507.52), 2)
    102.76
    """
    return area_m2 / M2_PER_MU


def mu_to_m2(area_mu: Areas) -> Areas:
    """Turn 亩 into square metres.

    Parameters
    ----------
    area_mu
        Area [亩].

    Returns
    -------
    float or array
        Area [m²].

    Examples
    --------
    >>> round(mu_to_m2(15.0), 6)
    10000.0
    """
    return area_mu * M2_PER_MU


def compare(value: float, threshold: float) -> int:
    """Say whether a value lies below (-1), at (0) or above (1) a threshold.

    The one comparison of the whole product: within a relative 1e-9 a value *equals* its
    threshold, so that 0.1 × 21 of 0.1 × 30 is exactly 70 %.

    Parameters
    ----------
    value, threshold
        Unrounded numbers in the same unit.

    Returns
    -------
    int
        -1, 0 or 1.

    Raises
    ------
    ValueError
        Where a number is missing: what is not known is neither below nor above.

    Examples
    --------
    >>> compare(0.1 * 21 / (0.1 * 30), 0.7), compare(99.99, 100), compare(100.01, 100)
    (0, -1, 1)
    """
    if math.isnan(value) or math.isnan(threshold):
        raise ValueError("a missing number has no place in a comparison")
    if value == threshold:
        return 0
    larger = max(abs(value), abs(threshold))
    if math.isfinite(larger) and abs(value - threshold) <= RELATIVE_TOLERANCE * larger:
        return 0
    return -1 if value < threshold else 1


def compare_all(values: npt.ArrayLike, thresholds: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Compare many values at once, each exactly as ``compare`` does.

    Parameters
    ----------
    values, thresholds
        Unrounded numbers in the same unit, arrays of n or single numbers.

    Returns
    -------
    array of int8
        -1, 0 or 1 each.

    Raises
    ------
    ValueError
        Where a number is missing.

    Examples
    --------
    >>> compare_all([99.99, 100.0 * (1 + 1e-12), 101.0], 100.0).tolist()
    [-1, 0, 1]
    """
    left, right = np.broadcast_arrays(
        np.asarray(values, dtype=float), np.asarray(thresholds, dtype=float)
    )
    if np.isnan(left).any() or np.isnan(right).any():
        raise ValueError("a missing number has no place in a comparison")
    larger = np.maximum(np.abs(left), np.abs(right))
    with np.errstate(invalid="ignore"):
        near = np.isfinite(larger) & (np.abs(left - right) <= RELATIVE_TOLERANCE * larger)
    signs: npt.NDArray[np.int8] = np.where(
        (left == right) | near, 0, np.where(left < right, -1, 1)
    ).astype(np.int8)
    return signs


PRINTED_MU, PRINTED_SHARE = 0.01, 0.0001
"""Precision with which areas [亩] and shares by area (0.01 percentage points) are printed."""


def printed(value: float, step: float) -> float:
    """Round a number half up to the precision it is printed with.

    Parameters
    ----------
    value
        The number.
    step
        Its precision, such as 0.01.

    Returns
    -------
    float
        The nearest multiple of ``step``; of two the greater.

    Examples
    --------
    >>> printed(99.995, 0.01), printed(99.9949, 0.01), printed(0.69995, 0.0001)
    (100.0, 99.99, 0.7)
    """
    exact = Decimal(repr(float(value))) / Decimal(repr(step))
    return float(exact.to_integral_value(ROUND_HALF_UP) * Decimal(repr(step)))


def compare_printed(value: float, least: float, step: float) -> int:
    """Compare a figure that rests on areas of land with a least value, as ``compare`` does.

    The figure counts as it is printed, rounded half up once (S20), so that no paper says
    "70.00 % of 70.00 %, not met". A figure that reaches a finer least value itself reaches it.

    Parameters
    ----------
    value, least
        Unrounded numbers in the same unit.
    step
        Precision with which the figure is printed.

    Returns
    -------
    int
        -1, 0 or 1.

    Raises
    ------
    ValueError
        Where a number is missing.

    Examples
    --------
    >>> compare_printed(99.9968, 100, PRINTED_MU), compare_printed(99.9949, 100, PRINTED_MU)
    (0, -1)
    >>> compare_printed(0.69999, 0.7, PRINTED_SHARE), compare_printed(0.6999, 0.7, PRINTED_SHARE)
    (0, -1)
    """
    exactly = compare(value, least)
    if exactly >= 0 or not math.isfinite(value):
        return exactly
    return compare(printed(value, step), least)
