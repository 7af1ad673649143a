"""What has to give way so that the rest can hold: the sets that every conflict must meet."""

from collections import deque
from collections.abc import Collection, Iterable

import numpy as np

from geo.units import compare
from platforms.placement.case import INFEASIBLE, Case, LateError, solved

Members = frozenset[int]

MOST_STEPS = 20_000
"""So many moves are tried from one placement; further ones seldom tell anything new."""


def near_corrections(
    case: Case, taken: Collection[int], homeless: int
) -> dict[Members, list[frozenset[int]]] | None:
    """Try to house a need by moving others on, and note what each try would break.

    A chain of moves: the need takes an option, whoever is in its way loses its own and looks for
    another. After each move everything holds except what is noted.

    Parameters
    ----------
    case
        Limits and needs.
    taken
        A choice that keeps every member but needs that aren't met.
    homeless
        Position of the need to house.

    Returns
    -------
    dict or None
        Choices that show it, by the set of members that give way; None where a chain houses the
        need at no cost, so that there is no conflict.
    """
    lost = case.broken(taken) - {case.need(homeless)}
    found: dict[Members, list[frozenset[int]]] = {}
    found[frozenset({case.need(homeless), *lost})] = [frozenset(taken)]
    queue = deque([(homeless, frozenset(taken))])
    seen = {homeless}
    steps = 0
    while queue and steps < MOST_STEPS:
        mover, chosen = queue.popleft()
        loads = case.loads(chosen)
        for at in case.needs[mover]:
            steps += 1
            column = case.columns[at]
            broken = [
                line for line, weight in column.items()
                if compare(loads.get(line, 0.0) + weight, case.most[line]) > 0
            ]  # fmt: skip
            if case.given.intersection(broken):
                continue
            if not broken and not lost:
                return None
            moved = chosen | {at}
            found.setdefault(frozenset({*broken, *lost}), []).append(moved)
            for other in _in_the_way(case, chosen, broken):
                if not case.frees(loads, at, other):
                    continue
                owners = case.owners[other]
                if not owners and not lost:
                    return None
                gone = frozenset({*(case.need(one) for one in owners), *lost})
                found.setdefault(gone, []).append(moved - {other})
                if len(owners) == 1 and owners[0] not in seen:
                    seen.add(owners[0])
                    queue.append((owners[0], moved - {other}))
    found.pop(frozenset(), None)
    return found


def _in_the_way(case: Case, chosen: frozenset[int], broken: Iterable[int]) -> list[int]:
    sets = [chosen.intersection(case.rows[line]) for line in broken]
    return sorted(frozenset.intersection(*sets)) if sets else []


def least_correction(
    case: Case,
    fixed: Collection[int],
    soft: Collection[int],
    until: float,
) -> tuple[Members, frozenset[int]] | None:
    """Find the fewest members that give way while those fixed hold.

    Parameters
    ----------
    case
        Limits and needs.
    fixed
        Members that must hold.
    soft
        Members that may give way; the others are left out of account.
    until
        Monotonic time at which the search ends [s]; the best so far is given.

    Returns
    -------
    frozenset of int, frozenset of int
        Members that give way, and the choice that shows it; None where those fixed cannot hold
        together.

    Raises
    ------
    LateError
        ``placement_out_of_time`` where nothing was found.
    """
    first, size = len(case.rows), case.size
    bent = [one for one in soft if one not in set(fixed)]
    bent = [one for one in bent if one >= first or case.excess[one] > 0]
    slot = {one: size + number for number, one in enumerate(bent)}
    rows = []
    for line in {*(one for one in (*fixed, *bent) if one < first), *case.given}:
        scale = case.scales[line]
        row = {at: weight / scale for at, weight in case.rows[line].items()}
        if line in slot:
            row[slot[line]] = -float(case.excess[line]) / scale
        rows.append((row, case.most[line] / scale))
    for one in {*fixed, *bent}:
        if one >= first:
            row = dict.fromkeys(case.needs[one - first], -1.0)
            if one in slot:
                row[slot[one]] = -1.0
            rows.append((row, -1.0))
    value = np.concatenate([np.zeros(size), np.ones(len(bent))])
    # Any few will do: what meets them all is looked for again.
    found = solved(value, np.ones(len(value)), rows, np.ones(len(value)), until, gap=0.5)
    if found.status == INFEASIBLE:
        return None
    if found.x is None:
        raise LateError
    chosen = frozenset(np.flatnonzero(found.x[:size] > 0.5).tolist())
    return frozenset(case.broken(chosen, {*fixed, *bent}) - case.given), chosen
