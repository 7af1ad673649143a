"""The smallest set of limits and projects that cannot hold together, and whether it is proven."""

import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from platforms.placement.case import Case, LateError, choice, solved
from platforms.placement.corrections import Members, least_correction

TIME_TO_PROVE = 0.6
"""Part of the time for proof where no set is in hand."""

ONE_STEP_S = 3.0
"""Longest search for one set that gives way [s]."""

ZERO = 1e-7
"""Below it a number of a linear program counts as 0."""


@dataclass(frozen=True)
class Clash:
    """What cannot hold together.

    Attributes
    ----------
    members
        Limits and needs as ``Case`` numbers them.
    is_smallest_proven
        True where no set with fewer members clashes.
    is_minimal
        True where the rest can hold once any one member is left out.
    """

    members: Members
    is_smallest_proven: bool
    is_minimal: bool


def smallest_clash(case: Case, until: float, near: Collection[Members] = ()) -> Clash | None:
    """Find the smallest set of members that cannot hold together.

    A minimal set is read off the linear relaxation and thinned out; then smallest sets that meet
    everything found to give way (an implicit hitting set) either are a conflict, and then the
    smallest, or show something further that gives way.

    Parameters
    ----------
    case
        Limits and needs.
    until
        Monotonic time at which the search ends [s]; the smallest set so far is given.
    near
        Sets of members that are known to give way (``near_corrections``).

    Returns
    -------
    Clash or None
        The set; None where all members can hold together.

    Raises
    ------
    LateError
        ``placement_out_of_time`` where no set was found.
    """
    known = set(near)
    quick: Clash | None = None
    try:
        # What each conflict must hold is often one already.
        least = hitting_set(known, until)
        if known and choice(case, least, until) is None:
            return Clash(least, is_smallest_proven=True, is_minimal=True)
        core = _linear_core(case, until)
        quick = None if core is None else _thinned(case, core, until, _needed(known))
        # Without a set in hand some time is kept for thinning out.
        share = 1.0 if quick is not None else TIME_TO_PROVE
        now = time.monotonic()
        return _met(case, known, quick, now + share * (until - now))
    except LateError:
        pass  # what is in hand is given below
    if quick is not None:
        return quick
    if choice(case, case.members, until) is not None:
        return None
    return _thinned(case, case.members, until, _needed(known))


def _needed(known: Iterable[Members]) -> Members:
    """Give the members that are in every conflict: alone they give way."""
    return frozenset(one for gone in known if len(gone) == 1 for one in gone)


def _met(case: Case, known: set[Members], quick: Clash | None, until: float) -> Clash | None:
    """Alternate between smallest sets that meet what is known and what they leave unmet."""
    while True:
        least = hitting_set(known, until)
        if quick is not None and quick.is_minimal and len(least) >= len(quick.members):
            return Clash(quick.members, is_smallest_proven=True, is_minimal=True)
        shown = choice(case, least, until)
        if shown is None:
            return Clash(least, is_smallest_proven=True, is_minimal=True)
        unmet = _unmet(case, least, until)
        if not unmet:
            unmet = [frozenset(case.broken(shown))]
        if frozenset() in unmet:
            return None
        known.update(unmet)


def _unmet(case: Case, least: Members, until: float) -> list[Members]:
    """Find sets that give way, each apart from those before and from the members given."""
    found: list[Members] = []
    fixed = least
    while True:
        try:
            end = min(until, time.monotonic() + ONE_STEP_S)
            step = least_correction(case, fixed, case.members, end)
        except LateError:
            return found
        if step is None:
            return found
        found.append(step[0])
        if not step[0]:
            return found
        fixed = fixed | step[0]


def hitting_set(known: Collection[Members], until: float) -> Members:
    """Find the smallest set that meets each of several sets."""
    members = sorted(frozenset().union(*known))
    if not members:
        return frozenset()
    place = {one: column for column, one in enumerate(members)}
    least = [one for one in known if not any(other < one for other in known)]
    rows = [({place[one]: -1.0 for one in gone}, -1.0) for gone in least]
    ones = np.ones(len(members))
    met = solved(ones, ones, rows, ones, until)
    if met.x is None or met.status != 0:
        raise LateError
    return frozenset(one for one, column in place.items() if met.x[column] > 0.5)


def _linear_core(case: Case, until: float) -> Members | None:
    """Read a conflict off the duals of the linear relaxation; None where that one can hold."""
    first = len(case.rows)
    needs, size = len(case.needs), case.size
    rows = [*case.rows, *(dict.fromkeys(own, -1.0) for own in case.needs)]
    scales = [*case.scales, *([1.0] * needs)]
    line = [n for n, row in enumerate(rows) for _ in row]
    at = [column for row in rows for column in row]
    held = [weight / scales[n] for n, row in enumerate(rows) for weight in row.values()]
    # What a need lacks is what is made smallest: 0 where all can hold.
    line += [first + n for n in range(needs)]
    at += [size + n for n in range(needs)]
    held += [-1.0] * needs
    matrix = csr_array((held, (line, at)), shape=(len(rows), size + needs))
    limit = np.array([*case.most, *([-1.0] * needs)]) / np.array(scales)
    value = np.concatenate([np.zeros(size), np.ones(needs)])
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise LateError
    found = linprog(
        value, A_ub=matrix, b_ub=limit, bounds=(0, 1), method="highs-ds",
        options={"time_limit": seconds},
    )  # fmt: skip
    if found.status != 0 or found.fun < ZERO:
        return None
    priced = np.flatnonzero(np.abs(found.ineqlin.marginals) > ZERO)
    core = frozenset(priced.tolist()) - case.given
    return core if choice(case, core, until) is None else None


def _thinned(case: Case, clash: Members, until: float, needed: Members) -> Clash:
    """Leave out members, by halves first, until the rest holds once any one is left out."""
    kept = set(clash)
    rest = sorted(clash - needed)
    size = max(1, len(rest) // 2)
    is_minimal = False
    try:
        while not is_minimal:
            for begin in range(0, len(rest), size):
                part = set(rest[begin : begin + size]) & kept
                if part and choice(case, kept - part, until) is None:
                    kept -= part
            is_minimal = size == 1
            rest = [one for one in rest if one in kept]
            size = max(1, size // 2)
    except LateError:
        pass  # what is left out so far stays out
    return Clash(frozenset(kept), is_smallest_proven=False, is_minimal=is_minimal)
