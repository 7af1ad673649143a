"""Which planned allotments to move inside so that a share holds once all planned is made."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.units import compare
from platforms.elements.ledger import Cell, Ledger, counts_in

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Repair:
    """The share with what is planned, and the fewest planned allotments that mend it.

    Attributes
    ----------
    planned_share
        Share once all that is planned is made as planned (0–1); NaN where something of it isn't
        known, or nothing is planned.
    allotment_ids
        Planned allotments to move inside: as few as can be; empty where none is needed or not
        even all of them are enough.
    share
        Share after moving them, or all where not even all are enough (0–1); NaN like
        ``planned_share``.
    """

    planned_share: float
    allotment_ids: tuple[str, ...]
    share: float


UNKNOWN = Repair(np.nan, (), np.nan)


def repair_of(
    ledger: Ledger, cell: Cell, inside: tuple[Numbers, Numbers], threshold: float
) -> Repair:
    """Find the fewest planned allotments whose moving inside makes a share hold.

    Parameters
    ----------
    ledger
        The allotments, made and planned.
    cell
        What the share is about.
    inside
        Part of each allotment inside, at least and at most (0–1).
    threshold
        Least share (0–1).

    Returns
    -------
    Repair
        Share and allotments. Of sets as small, the one that moves least beyond the need: the
        largest first, and as the last one the smallest that is enough.
    """
    made, planned = counts_in(ledger, cell), counts_in(ledger, cell, "planned")
    rows = made.may | planned.may
    least, most = inside
    settled = (made.yes | planned.yes) & ~np.isnan(ledger.amount) & (least == most)
    if not planned.yes.any() or not settled[rows].all() or not ledger.amount[rows].sum() > 0:
        return UNKNOWN
    amount = np.where(rows, np.nan_to_num(ledger.amount), 0.0)
    total, held = float(amount.sum()), float((amount * least).sum())
    gains = np.where(planned.yes, amount * (1.0 - least), 0.0)
    chosen = _fewest(gains, held, threshold * total)
    moved = held + float(gains[chosen].sum())
    is_enough = compare(moved, threshold * total) >= 0
    ids = tuple(str(one) for one in ledger.ids[np.sort(chosen)]) if is_enough else ()
    return Repair(held / total, ids, moved / total)


def _fewest(gains: Numbers, held: float, wanted: float) -> npt.NDArray[np.intp]:
    """Choose the fewest gains that reach what is wanted; all of them where they don't."""
    order = np.argsort(-gains, kind="stable")
    order = order[gains[order] > 0]
    reached = held
    for count, row in enumerate(order):
        if compare(reached, wanted) >= 0:
            return order[:count]
        last = reached + gains[order[count:]]
        enough = np.array([compare(float(one), wanted) >= 0 for one in last], dtype=bool)
        if enough.any():
            smallest = order[count + int(np.flatnonzero(enough)[-1])]
            return np.append(order[:count], smallest)
        reached += float(gains[row])
    return order
