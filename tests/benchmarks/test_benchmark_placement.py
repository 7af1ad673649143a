"""The made-up city of the placement benchmark, at a size for tests."""

import numpy as np

from benchmarks.placement import greedy, made, told
from platforms.placement.solve import search_problem


def test_the_search_places_no_fewer_than_the_greedy_and_both_keep_every_limit():
    problem = made(20, 30).problem
    found, plain = search_problem(problem, 0.005, 5.0), greedy(problem)
    chosen = np.array(found.chosen, dtype=np.intp)
    assert problem.holds(chosen)
    assert problem.holds(plain)
    assert len(chosen) >= len(plain) > 0
    assert "projects of at most" in told(problem, found)
