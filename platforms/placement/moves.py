"""Compiled moves of simulated annealing; imported only where many options are searched."""

from math import exp

import numpy as np
from numba import njit

from geo.arrays import Flags, Floats, Positions

ColumnMatrix = tuple[Positions, Positions, Floats, Positions]
"""Matrix by column (``indptr``, ``indices``, ``data``), and the option of each entry."""

Instance = tuple[Floats, ColumnMatrix, tuple[Positions, Positions], Flags]
"""Worth of each option; the matrix; options by group (where each begins, and they themselves);
groups that must stay as they are."""

State = tuple[Positions, Positions, Floats, Positions, Positions, Positions]
"""Option of each group or -1, group of each option, what is free of each limit, entries that hold
each limit, their number, and the place of each entry among them."""

Move = tuple[Positions, Positions, Positions, Positions, Floats]
"""Options that went and came, limits touched, the number of each of the three, and what is gained
in worth and in options."""

EJECTED = 5
"""So many may have to go for one that comes."""
SAMPLED = 8
"""So many of those that hold a limit are compared for who goes."""
TOUCHED = 512
"""So many limits a move may touch."""
FOR_THE_UNPLACED = 0.3
"""In this part of the draws a group without an option is sought first."""


@njit(cache=True, nogil=True)
def take(at: int, columns: ColumnMatrix, state: State) -> None:
    """Assign an option, and use of each limit what it takes."""
    indptr, indices, data = columns[0], columns[1], columns[2]
    assigned, group, free, holders, count, slot = state
    assigned[group[at]] = at
    for k in range(indptr[at], indptr[at + 1]):
        row = indices[k]
        free[row] -= data[k]
        if data[k] > 0:
            slot[k] = count[row]
            holders[row, count[row]] = k
            count[row] += 1


@njit(cache=True, nogil=True)
def _drop(at: int, columns: ColumnMatrix, state: State) -> None:
    indptr, indices, data = columns[0], columns[1], columns[2]
    assigned, group, free, holders, count, slot = state
    assigned[group[at]] = -1
    for k in range(indptr[at], indptr[at + 1]):
        row = indices[k]
        free[row] += data[k]
        if data[k] > 0:
            last = holders[row, count[row] - 1]
            holders[row, slot[k]] = last
            slot[last] = slot[k]
            count[row] -= 1


@njit(cache=True, nogil=True)
def _fits(at: int, columns: ColumnMatrix, free: Floats) -> bool:
    indptr, indices, data = columns[0], columns[1], columns[2]
    for k in range(indptr[at], indptr[at + 1]):
        if data[k] > 0 and data[k] > free[indices[k]]:
            return False
    return True


@njit(cache=True, nogil=True)
def _touch(at: int, columns: ColumnMatrix, move: Move) -> None:
    indptr, indices = columns[0], columns[1]
    touched, count = move[2], move[3]
    for k in range(indptr[at], indptr[at + 1]):
        touched[count[2]] = indices[k]
        count[2] += 1


@njit(cache=True, nogil=True)
def _go(at: int, instance: Instance, state: State, move: Move) -> None:
    gone, count, gain = move[0], move[3], move[4]
    gone[count[0]] = at
    count[0] += 1
    gain[0] -= instance[0][at]
    gain[1] -= 1
    _touch(at, instance[1], move)
    _drop(at, instance[1], state)


@njit(cache=True, nogil=True)
def _come(at: int, instance: Instance, state: State, move: Move) -> None:
    came, count, gain = move[1], move[3], move[4]
    came[count[1]] = at
    count[1] += 1
    gain[0] += instance[0][at]
    gain[1] += 1
    take(at, instance[1], state)


@njit(cache=True, nogil=True)
def _evicted(row: int, come: int, instance: Instance, state: State) -> int:
    """Return who holds a short limit, worth the least for what it takes; -1: nobody may go."""
    worth, columns, fixed = instance[0], instance[1], instance[3]
    data, option = columns[2], columns[3]
    group, free, holders, count = state[1], state[2], state[3], state[4]
    best, least = -1, np.inf
    for _ in range(min(SAMPLED, 2 * count[row])):
        k = holders[row, np.random.randint(count[row])]
        at = option[k]
        if at == come or fixed[group[at]]:
            continue
        loss = worth[at] / min(1.0, data[k] / max(1e-12, -free[row])) * (0.5 + np.random.random())
        if loss < least:
            best, least = at, loss
    return best


@njit(cache=True, nogil=True)
def _first_short(free: Floats, move: Move) -> int:
    """Return the first limit touched that is exceeded, -1 where all hold."""
    touched = move[2]
    for m in range(move[3][2]):
        if free[touched[m]] < 0:
            return int(touched[m])
    return -1


@njit(cache=True, nogil=True)
def _inserted(g: int, at: int, instance: Instance, state: State, move: Move) -> bool:
    """Put an option in the place of its group's and eject others until every limit holds."""
    assigned, free, count = state[0], state[2], move[3]
    count[:] = 0
    move[4][:] = 0.0
    if assigned[g] >= 0:
        _go(assigned[g], instance, state, move)
    _come(at, instance, state, move)
    _touch(at, instance[1], move)
    while True:
        short = _first_short(free, move)
        if short < 0:
            return True
        if count[0] > EJECTED or count[2] > TOUCHED - 64:
            return False
        out = _evicted(short, at, instance, state)
        if out < 0:
            return False
        _go(out, instance, state, move)


@njit(cache=True, nogil=True)
def _reinserted(instance: Instance, state: State, move: Move) -> None:
    """Assign each group whose option went the best of its options that fits."""
    worth, columns, (group_start, group_options) = instance[0], instance[1], instance[2]
    assigned, group, free = state[0], state[1], state[2]
    for m in range(move[3][0]):
        back = group[move[0][m]]
        if assigned[back] >= 0:
            continue
        best, most = np.int64(-1), -np.inf  # a bare -1 would be a type of its own
        for n in range(group_start[back], group_start[back + 1]):
            at = group_options[n]
            if worth[at] > most and _fits(at, columns, free):
                best, most = at, worth[at]
        if best >= 0:
            _come(best, instance, state, move)


@njit(cache=True, nogil=True)
def _undo(columns: ColumnMatrix, state: State, move: Move) -> None:
    for m in range(move[3][1] - 1, -1, -1):
        _drop(move[1][m], columns, state)
    for m in range(move[3][0] - 1, -1, -1):
        take(move[0][m], columns, state)


@njit(cache=True, nogil=True)
def _drawn_group(assigned: Positions) -> int:
    """Draw a group, more often one without an option."""
    g = np.random.randint(len(assigned))
    if np.random.random() < FOR_THE_UNPLACED:
        for _ in range(20):
            if assigned[g] < 0:
                break
            g = np.random.randint(len(assigned))
    return int(g)


@njit(cache=True, nogil=True)
def anneal_steps(
    instance: Instance, state: State, extra: float, heat: float, steps: int, seed: int,
    best: Positions, reached: float,
) -> float:  # fmt: skip
    """Try moves and keep those that gain, or by chance lose little; ``best`` gets the best state.

    ``extra``: What each option is worth besides its worth.
    ``best``: Option of each group in the best state; changed in place.
    """
    np.random.seed(seed)
    worth, columns, (group_start, group_options), fixed = instance
    assigned = state[0]
    value = 0.0
    for g in range(len(assigned)):
        if assigned[g] >= 0:
            value += worth[assigned[g]] + extra
    gain = np.empty(2, np.float64)
    move = (
        np.empty(EJECTED + 1, np.int64), np.empty(EJECTED + 2, np.int64),
        np.empty(TOUCHED, np.int64), np.empty(3, np.int64), gain,
    )  # fmt: skip
    for _ in range(steps):
        g = _drawn_group(assigned)
        size = group_start[g + 1] - group_start[g]
        if size == 0 or fixed[g]:
            continue
        at = group_options[group_start[g] + np.random.randint(size)]
        if at == assigned[g]:
            continue
        if _inserted(g, at, instance, state, move):
            _reinserted(instance, state, move)
            if gain[0] >= 0 or np.random.random() < exp(gain[0] / heat):
                value += gain[0] + gain[1] * extra
                if value > reached + 1e-9:
                    reached = value
                    best[:] = assigned
                continue
        _undo(columns, state, move)
    return reached
