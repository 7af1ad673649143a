"""Near-best placements against every placement written out."""

import random
import time

import pytest

from platforms.placement.remedies import (
    NearOptimal,
    near_optimal_moves,
    never_changing,
    next_best,
    reduced_cost_fixed,
    swaps,
)
from tests.platforms.placement.test_explain import drawn


def soon():
    return time.monotonic() + 20.0


def placements(seed, part):
    """The best placement, what is near-best by enumeration, and the question."""
    problem, _ = drawn(seed)
    draw = random.Random(seed + 1000)
    points = {at: float(draw.randint(1, 99)) for at in range(problem.size)}
    limits = frozenset(range(len(problem.rows))) - problem.hard
    every = [
        chosen for bits in range(1 << problem.size)
        if not problem.broken(
            chosen := frozenset(at for at in range(problem.size) if bits >> at & 1), limits
        )
    ]  # fmt: skip
    count = max(map(len, every))

    def worth(chosen):
        return sum(points[at] for at in chosen)

    best = max((one for one in every if len(one) == count), key=worth)
    least = part * worth(best)
    enough = [one for one in every if len(one) == count and worth(one) >= least - 1e-9]
    return NearOptimal(problem, points, best, least), enough


@pytest.mark.parametrize("seed", range(16))
def test_what_never_changes_is_in_every_near_best_placement(seed):
    near, enough = placements(seed, 0.8)
    pruned = reduced_cost_fixed(near, soon())
    assert not any(one & pruned.excluded for one in enough)
    expected = {at: all(at in one for one in enough) for at in near.selected}
    assert never_changing(near, soon()) == expected
    assert never_changing(pruned, soon(), near_optimal_moves(near)) == expected


@pytest.mark.parametrize("seed", range(16))
def test_the_next_best_are_those_of_the_list(seed):
    near, enough = placements(seed, 0.8)
    pruned = reduced_cost_fixed(near, soon())
    found, is_proven = next_best(pruned, 3, soon(), near_optimal_moves(near))
    expected = sorted((near.worth(one) for one in enough if one != near.selected), reverse=True)
    assert [near.worth(one) for one in found] == expected[:3]
    assert len(set(found)) == len(found)
    assert is_proven


@pytest.mark.parametrize("seed", range(16))
def test_pairs_that_can_swap_are_those_of_the_list(seed):
    near, enough = placements(seed, 0.5)
    project = {at: line for line in near.problem.hard for at in near.problem.rows[line]}
    sites = {at: line for line in range(len(near.problem.hard), len(near.problem.rows) - 3)
             for at in near.problem.rows[line]}  # fmt: skip
    names = [f"X{project[at]}" for at in range(near.problem.size)]
    lands = [sites[at] for at in range(near.problem.size)]
    found = {
        frozenset(one.after) | (near.selected - {*one.before}) for one in swaps(near, names, lands)
    }
    expected = set()
    for one in enough:
        gone, come = near.selected - one, one - near.selected
        moved = {(names[at], lands[at]) for at in gone}
        kept = {(names[at], lands[at]) for at in come}
        is_swap = len(gone) == 2 and all(
            {one[part] for one in moved} == {one[part] for one in kept} for part in (0, 1)
        )
        if is_swap:
            expected.add(one)
    assert found == expected


def test_without_time_nothing_is_known_but_what_was_shown():
    near, enough = placements(0, 0.5)
    past = time.monotonic() - 1.0
    assert set(never_changing(near, past).values()) == {None}
    shown = [one for one in enough if one != near.selected][:1]
    found, is_proven = next_best(near, 3, past, shown)
    assert found == shown
    assert not is_proven
