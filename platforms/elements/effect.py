"""What one more allotment would do to a share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd

from geo.units import compare
from platforms.verdict import Outcome


@dataclass(frozen=True)
class ShareEffect:
    """A share before and after one more allotment.

    Attributes
    ----------
    before, after
        Shares (0–1); before is None where nothing was allotted yet, both are None while something
        of the share is open.
    threshold
        Least share (0–1).
    outcome
        Of the share after it.
    headroom_after
        What may still go outside then [unit of the element], None where ``after`` is.
    """

    before: float | None
    after: float | None
    threshold: float
    outcome: Outcome
    headroom_after: float | None


def share_effect(
    shares_row: "Mapping[str, object] | pd.Series", added: float, proportion_inside: float
) -> ShareEffect:
    """Say what an allotment would do to a share.

    Parameters
    ----------
    shares_row
        One row of ``element_shares``.
    added
        Amount [unit of the row].
    proportion_inside
        Part of it that lies inside provincial-or-higher zones (0–1).

    Returns
    -------
    ShareEffect
        The share before and after, and the outcome after it.

    Examples
    --------
    70 of 100 亩 lie inside; 10 亩 more outside break the share, 10 亩 more inside don't:

    >>> row = {"inside": 70.0, "total": 100.0, "share": 0.7, "threshold": 0.7}
    >>> share_effect(row, 10.0, 0.0).outcome, share_effect(row, 10.0, 1.0).outcome
    ('not_met', 'met')
    >>> round(share_effect(row, 10.0, 1.0).headroom_after, 6)
    4.285714
    """
    inside, total, share, threshold = (
        cast("float", shares_row[key]) for key in ("inside", "total", "share", "threshold")
    )
    is_open = total > 0 if pd.isna(share) else False
    if "open_points" in shares_row:
        is_open = bool(shares_row["open_points"])
    before = None if is_open or total <= 0 else inside / total
    if is_open or total + added <= 0:
        return ShareEffect(before, None, threshold, "no_data", None)
    after_inside = inside + added * proportion_inside
    after = after_inside / (total + added)
    outcome: Outcome = "met" if compare(after, threshold) >= 0 else "not_met"
    headroom = max(0.0, after_inside / threshold - total - added) if threshold > 0 else None
    return ShareEffect(before, after, threshold, outcome, headroom)
