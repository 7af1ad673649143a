"""The made-up city of the placement benchmark, at a size for tests."""

import numpy as np

from benchmarks.placement import EVEN, TIGHT, greedy, made, told
from platforms.placement.solve import search_problem


def test_the_search_places_no_fewer_than_the_greedy_and_both_keep_every_limit():
    problem = made(20, 30).problem
    found, plain = search_problem(problem, 0.005, 5.0), greedy(problem)
    chosen = np.array(found.chosen, dtype=np.intp)
    assert problem.holds(chosen)
    assert problem.holds(plain)
    assert len(chosen) >= len(plain) > 0
    assert "projects of at most" in told(problem, found)


def test_the_tight_city_leaves_less_of_every_quota_and_share_and_fights_for_more_land():
    even, tight = (made(40, 60, 1, kind) for kind in (EVEN, TIGHT))
    shared = []
    for city in (even, tight):
        land = city.problem.matrix_by_row[: -(27 + 27), :]
        shared.append(land.sum() / max(1, land.shape[0]))
    assert shared[1] > shared[0]
    assert len(greedy(tight.problem)) < len(greedy(even.problem))
