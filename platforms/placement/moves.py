"""Moves of an exchange: one option comes, whoever is in its way goes and looks for another."""

from math import exp

import numpy as np
from numba import njit

from platforms.placement.problem import Flags, Numbers, Positions

Held = tuple[Positions, Positions, Numbers, Positions]
State = tuple[Positions, Positions, Numbers, Positions, Positions, Positions]

EJECTED = 5
"""So many may have to go for one that comes."""
SAMPLED = 8
"""So many of those that hold a limit are compared for who goes."""
TOUCHED = 512


@njit(cache=True, nogil=True)
def _take(at: int, held: Held, state: State) -> None:
    indptr, indices, data = held[0], held[1], held[2]
    taken, group, free, holders, count, slot = state
    taken[group[at]] = at
    for k in range(indptr[at], indptr[at + 1]):
        row = indices[k]
        free[row] -= data[k]
        if data[k] > 0:
            slot[k] = count[row]
            holders[row, count[row]] = k
            count[row] += 1


@njit(cache=True, nogil=True)
def _drop(at: int, held: Held, state: State) -> None:
    indptr, indices, data = held[0], held[1], held[2]
    taken, group, free, holders, count, slot = state
    taken[group[at]] = -1
    for k in range(indptr[at], indptr[at + 1]):
        row = indices[k]
        free[row] += data[k]
        if data[k] > 0:
            last = holders[row, count[row] - 1]
            holders[row, slot[k]] = last
            slot[last] = slot[k]
            count[row] -= 1


@njit(cache=True, nogil=True)
def _fits(at: int, held: Held, free: Numbers) -> bool:
    indptr, indices, data = held[0], held[1], held[2]
    for k in range(indptr[at], indptr[at + 1]):
        if data[k] > 0 and data[k] > free[indices[k]]:
            return False
    return True


@njit(cache=True, nogil=True)
def _who_goes(row: int, come: int, held: Held, state: State, worth: Numbers, kept: Flags) -> int:
    """Give who holds a short limit, worth the least for what it takes; -1 where nobody may go."""
    data, option = held[2], held[3]
    group, free, holders, count = state[1], state[2], state[3], state[4]
    best, least = -1, np.inf
    for _ in range(min(SAMPLED, 2 * count[row])):
        k = holders[row, np.random.randint(count[row])]
        at = option[k]
        if at == come or kept[group[at]]:
            continue
        loss = worth[at] / min(1.0, data[k] / max(1e-12, -free[row])) * (0.5 + np.random.random())
        if loss < least:
            best, least = at, loss
    return best


@njit(cache=True, nogil=True)
def exchanged(
    worth: Numbers, held: Held, own_at: Positions, own: Positions, state: State, kept: Flags,
    extra: float, heat: float, steps: int, seed: int, best: Positions, reached: float,
) -> float:  # fmt: skip
    """Try moves and keep those that gain, or by chance lose little; ``best`` gets the best state.

    Parameters
    ----------
    worth
        Value of each option while it moves; array of n.
    held
        Matrix by column (``indptr``, ``indices``, ``data``), and the option of each entry.
    own_at, own
        Options of each group that may come, one after the other.
    state
        Option of each group or -1, group of each option, what is free of each limit, entries that
        hold each limit, their number, and the place of each entry among them.
    kept
        True for a group that stays.
    extra
        What one option more is worth beyond that when states are compared.
    heat
        A loss of so much is kept in one case of e.
    steps
        Moves tried.
    seed
        Of the draws.
    best
        Option of each group in the best state; changed in place.
    reached
        Value of it.

    Returns
    -------
    float
        Value of the best state.
    """
    np.random.seed(seed)
    taken, group, free = state[0], state[1], state[2]
    indptr, indices = held[0], held[1]
    groups = len(taken)
    value = 0.0
    for g in range(groups):
        if taken[g] >= 0:
            value += worth[taken[g]] + extra
    gone, came = np.empty(EJECTED + 1, np.int64), np.empty(EJECTED + 2, np.int64)
    touched = np.empty(TOUCHED, np.int64)
    for _ in range(steps):
        g = np.random.randint(groups)
        if np.random.random() < 0.3:
            for _ in range(20):
                if taken[g] < 0:
                    break
                g = np.random.randint(groups)
        size = own_at[g + 1] - own_at[g]
        if size == 0 or kept[g]:
            continue
        at = own[own_at[g] + np.random.randint(size)]
        if at == taken[g]:
            continue
        goes, comes, met = 0, 0, 0
        gain, more = 0.0, 0
        if taken[g] >= 0:
            out = taken[g]
            gone[goes] = out
            goes += 1
            gain, more = gain - worth[out], more - 1
            for k in range(indptr[out], indptr[out + 1]):
                touched[met] = indices[k]
                met += 1
            _drop(out, held, state)
        _take(at, held, state)
        came[comes] = at
        comes += 1
        gain, more = gain + worth[at], more + 1
        for k in range(indptr[at], indptr[at + 1]):
            touched[met] = indices[k]
            met += 1
        stands = False
        while True:
            short = -1
            for m in range(met):
                if free[touched[m]] < 0:
                    short = touched[m]
                    break
            if short < 0:
                stands = True
                break
            if goes > EJECTED or met > TOUCHED - 64:
                break
            out = _who_goes(short, at, held, state, worth, kept)
            if out < 0:
                break
            gone[goes] = out
            goes += 1
            gain, more = gain - worth[out], more - 1
            for k in range(indptr[out], indptr[out + 1]):
                touched[met] = indices[k]
                met += 1
            _drop(out, held, state)
        if stands:
            for m in range(goes):
                back = group[gone[m]]
                if taken[back] >= 0:
                    continue
                found, most = -1, -np.inf
                for n in range(own_at[back], own_at[back + 1]):
                    if worth[own[n]] > most and _fits(own[n], held, free):
                        found, most = own[n], worth[own[n]]
                if found >= 0:
                    _take(found, held, state)
                    came[comes] = found
                    comes += 1
                    gain, more = gain + worth[found], more + 1
            if gain >= 0 or np.random.random() < exp(gain / heat):
                value += gain + more * extra
                if value > reached + 1e-9:
                    reached = value
                    best[:] = taken
                continue
        for m in range(comes - 1, -1, -1):
            _drop(came[m], held, state)
        for m in range(goes - 1, -1, -1):
            _take(gone[m], held, state)
    return reached
