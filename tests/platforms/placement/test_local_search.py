"""Prices, bounds and rounding of the search against every assignment written out."""

import itertools
import random
import time

import numpy as np
import pytest

from platforms.placement import relaxation
from platforms.placement.local_search import annealed, rounded
from platforms.placement.relaxation import problem_of, relax
from platforms.placement.solve import Aim, best_choice, quick_problem, search_problem


def drawn(seed, groups=4, each=3):
    """Few projects whose land meets, with a quota and a share."""
    draw = random.Random(seed)
    count = groups * each
    points = [float(draw.randint(1, 99)) for _ in range(count)]
    rows = [({g * each + k: 1.0 for k in range(each)}, 1.0) for g in range(groups)]
    land = [draw.randrange(groups) for _ in range(count)]
    rows += [({at: 1.0 for at in range(count) if land[at] == one}, 1.0) for one in range(groups)]
    rows.append(({at: draw.uniform(10, 60) for at in range(count)}, draw.uniform(40, 120)))
    rows.append(({at: draw.uniform(-20, 40) for at in range(count)}, draw.uniform(0, 20)))
    return problem_of(points, [row for row in rows if row[0]], [])


def best_by_hand(problem, value, number=None):
    """Give the highest value of all choices, none or one of each project, that keep every limit."""
    own = [[None, *np.flatnonzero(problem.group == one)] for one in range(problem.groups)]
    weights, best = problem.matrix.toarray(), None
    for chosen in itertools.product(*own):
        at = [one for one in chosen if one is not None]
        if number is not None and len(at) < number:
            continue
        if (weights[:, at].sum(axis=1) <= problem.most + 1e-9).all():
            total = float(value[at].sum())
            best = total if best is None else max(best, total)
    return best


def soon():
    return time.monotonic() + 30


@pytest.mark.parametrize("seed", range(8))
def test_options_left_out_join_until_the_answer_is_that_of_all(seed, monkeypatch):
    # One option of each project to begin with, one joining at a time: all else is pricing.
    monkeypatch.setattr(relaxation, "LOOKED_AT", 1)
    monkeypatch.setattr(relaxation, "JOINING", 1)
    monkeypatch.setattr("platforms.placement.solve.CORE", 1)
    monkeypatch.setattr("platforms.placement.solve.WIDENED", 1)
    problem = drawn(seed)
    number = best_by_hand(problem, np.ones(len(problem.points)))
    found = search_problem(problem, 0.0, 20.0)
    chosen = np.array(found.chosen)
    assert problem.holds(chosen)
    assert len(chosen) == number
    assert found.is_count_proven
    best = best_by_hand(problem, problem.points, number)
    assert problem.points[chosen].sum() == pytest.approx(best)
    assert found.gap == pytest.approx(0.0, abs=1e-9)
    assert found.pairs_left == 0
    assert not found.is_late


@pytest.mark.parametrize("seed", range(8))
def test_the_quick_answer_keeps_every_limit_and_its_bounds_are_never_passed(seed):
    problem = drawn(seed)
    found = quick_problem(problem)
    chosen = np.array(found.chosen, dtype=np.intp)
    assert problem.holds(chosen)
    assert found.count_bound >= best_by_hand(problem, np.ones(len(problem.points)))
    assert found.bound >= best_by_hand(problem, problem.points, len(chosen)) - 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_no_choice_with_an_option_passes_the_bound_with_it(seed):
    problem = drawn(seed)
    few = np.arange(len(problem.points)) % 3 == 0
    relaxed = relax(problem, problem.points, few, soon())
    for one in range(len(problem.points)):
        has_it = np.where(np.arange(len(problem.points)) == one, 1000.0, 0.0)
        best = best_by_hand(problem, problem.points + has_it)
        if best >= 1000:
            assert best - 1000 <= relaxed.bound_with[one] + 1e-6


def test_what_could_still_be_better_at_the_deadline_is_counted():
    problem = drawn(1)
    relaxed = relax(problem, problem.points, np.ones(12, dtype=bool), soon())
    loose = relaxed.bound_with + 1000  # so that nothing can be excluded
    late = best_choice(
        problem,
        type(relaxed)(0 * relaxed.parts, 2000.0, loose, relaxed.columns),
        Aim(problem.points),
        rounded(problem, problem.points, relaxed, soon()),
        time.monotonic() - 1,
    )
    # Three of each of four projects are looked at to begin with, which is all there are.
    assert (late.left, late.is_done) == (0, False)


@pytest.mark.parametrize("seed", range(6))
def test_moves_never_make_a_choice_worse_or_break_a_limit_and_find_the_best_of_few(seed):
    problem = drawn(seed, groups=5)
    both = problem.points + 1000.0
    relaxed = relax(problem, both, np.ones(15, dtype=bool), soon())
    begun = rounded(problem, both, relaxed, 0.0)
    better = annealed(problem, both, relaxed, begun, 1e9, time.monotonic() + 0.2)
    assert problem.holds(better)
    assert both[begun].sum() <= both[better].sum() <= best_by_hand(problem, both) + 1e-6


def test_moves_leave_a_lock_where_it_is():
    both = [({0: 1.0, 1: 1.0}, 1.0), ({2: 1.0, 3: 1.0}, 1.0), ({0: 1.0, 2: 1.0}, 1.0)]
    problem = problem_of([9.0, 1.0, 9.0, 1.0], both, [[1]])
    value = problem.points + 1000.0
    relaxed = relax(problem, value, np.ones(4, dtype=bool), soon())
    moved = annealed(problem, value, relaxed, np.array([1, 3]), 1e9, time.monotonic() + 0.1)
    assert moved.tolist() == [1, 2]


def test_a_lock_is_held_by_the_rounding_and_an_impossible_one_is_no_answer():
    both = [({0: 1.0, 1: 1.0}, 1.0), ({2: 1.0, 3: 1.0}, 1.0), ({0: 1.0, 2: 1.0}, 1.0)]
    problem = problem_of([9.0, 1.0, 9.0, 1.0], both, [[1]])
    assert quick_problem(problem).chosen == (1, 2)
    locked = problem_of([9.0, 1.0, 9.0, 1.0], both, [[0], [2]])
    assert quick_problem(locked).chosen is None


def test_with_no_time_at_all_the_answer_is_the_plain_one_and_late():
    found = search_problem(drawn(2, groups=6), 0.0, 0.0)
    assert found.chosen
    assert found.is_late
    assert drawn(2, groups=6).holds(np.array(found.chosen))
