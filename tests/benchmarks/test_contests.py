"""Each comparison at a small size: what ours and its peers in this process answer is the same."""

from importlib import import_module

import pytest

import benchmarks.postgis
from benchmarks.__main__ import SIZES
from benchmarks.contest import hold

SMALL = 400
"""Fewer shapes have no block, or none under a zone."""


@pytest.fixture
def no_server(monkeypatch):
    """Leave the database out: tests/postgis asks it."""
    monkeypatch.setattr(benchmarks.postgis, "programs", lambda: None)


# The search of a placement takes its whole deadline: test_benchmark_placement asks a small one.
@pytest.mark.parametrize("kernel", [one for one in SIZES if one != "placement"])
def test_ours_and_its_peers_give_the_same_figures(kernel, no_server):
    contest = import_module(f"benchmarks.{kernel}").contest(SMALL)
    try:
        outcome = hold(contest, rounds=1)
    finally:
        contest.close()
    assert not any("PostGIS" in peer for peer in contest.peers)
    assert outcome.agree, outcome.differences
    assert any(outcome.figures.values())
