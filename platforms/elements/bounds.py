"""What a share is, or between what it must lie while something isn't known."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Members:
    """Allotments that count, or may count, in one share.

    Attributes
    ----------
    amount
        Amount of each, NaN where it isn't known.
    least, most
        Part of each that lies inside (0–1), at least and at most.
    certain
        True where it is known to count.
    """

    amount: Numbers
    least: Numbers
    most: Numbers
    certain: Flags

    @property
    def settled(self) -> Flags:
        """True where nothing of an allotment is left open."""
        settled: Flags = self.certain & ~np.isnan(self.amount) & (self.least == self.most)
        return settled


@dataclass(frozen=True)
class ShareBounds:
    """A share and its bounds.

    Attributes
    ----------
    inside, total
        Amounts of the allotments known to count; of those whose place isn't known no part is
        taken as inside.
    share
        inside / total, NaN while something is open or the total is 0.
    low, high
        What the share is at least and at most; NaN where nothing is known to count.
    """

    inside: float
    total: float
    share: float
    low: float
    high: float


def share_bounds(members: Members) -> ShareBounds:
    """Compute a share with its bounds.

    Parameters
    ----------
    members
        The allotments.

    Returns
    -------
    ShareBounds
        The share.

    Examples
    --------
    70 inside, 20 outside, and 10 of which the place isn't known:

    >>> bounds = share_bounds(Members(
    ...     np.array([70.0, 20.0, 10.0]), np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.0, 1.0]),
    ...     np.array([True, True, True])))
    >>> bounds.share, round(bounds.low, 9), round(bounds.high, 9)
    (nan, 0.7, 0.8)
    """
    counted = members.certain & ~np.isnan(members.amount)
    total = float(members.amount[counted].sum())
    inside = float((members.amount * members.least)[counted].sum())
    if not (members.certain & ~(members.amount <= 0)).any():
        return ShareBounds(inside, total, np.nan, np.nan, np.nan)
    if members.settled.all():
        share = inside / total
        return ShareBounds(inside, total, share, share, share)
    low = _extreme(members, members.least)
    high = 1.0 - _extreme(members, 1.0 - members.most)
    return ShareBounds(inside, total, np.nan, low, high)


def room_outside(members: Members, threshold: float) -> float:
    """Say how much more may go outside before the share breaks, whatever is still open.

    Parameters
    ----------
    members
        The allotments.
    threshold
        Least share (0–1).

    Returns
    -------
    float
        inside / threshold - total [unit of the amounts]; 0 where the share is already short, NaN
        where an amount isn't known.

    Examples
    --------
    >>> one = np.ones(1)
    >>> room = room_outside(Members(one * 700, one, one, np.array([True])), 0.7)
    >>> round(room, 6)
    300.0
    """
    if threshold <= 0 or np.isnan(members.amount).any():
        return float("nan")
    return max(0.0, _worst(members, members.least / threshold - 1.0))


def need_inside(members: Members, threshold: float) -> float:
    """Say how much more must go inside to reach the share, whatever is still open.

    Parameters
    ----------
    members
        The allotments.
    threshold
        Least share (0–1).

    Returns
    -------
    float
        (threshold × total - inside) / (1 - threshold) [unit of the amounts]; 0 where the share is
        reached, NaN where an amount isn't known.

    Examples
    --------
    >>> need = need_inside(
    ...     Members(np.array([600.0, 400.0]), np.array([1.0, 0.0]), np.array([1.0, 0.0]),
    ...             np.array([True, True])), 0.7)
    >>> round(need, 6)
    333.333333
    """
    if threshold >= 1 or np.isnan(members.amount).any():
        return float("nan")
    return max(0.0, -_worst(members, members.least - threshold) / (1 - threshold))


def _worst(members: Members, per_unit: Numbers) -> float:
    """Sum a contribution, taking of what may count only what lowers it."""
    parts = members.amount * per_unit
    return float(parts[members.certain].sum() + np.minimum(parts[~members.certain], 0.0).sum())


def _extreme(members: Members, part: Numbers) -> float:
    """Find the lowest mean of ``part`` weighted by amount, over all that may count."""
    known = ~np.isnan(members.amount)
    fixed = members.certain & known
    total = float(members.amount[fixed].sum())
    weighted = float((members.amount * part)[fixed].sum())
    lowest = weighted / total if total > 0 else np.inf
    open_rows = np.flatnonzero(~members.certain & known & (members.amount > 0))
    for row in open_rows[np.argsort(part[open_rows], kind="stable")]:
        if part[row] >= lowest:
            break
        weighted += float(members.amount[row] * part[row])
        total += float(members.amount[row])
        lowest = weighted / total
    if (~known).any():
        lowest = min(lowest, float(part[~known].min()))
    return lowest if np.isfinite(lowest) else float("nan")
