"""Verdicts are taken again only where every layer behind them is what it was."""

import json

import pytest

from app.context import open_context
from layers.contracts import CONTRACTS
from platforms.checks import CHECKED_RULES, CheckQuery, run_checks
from platforms.policy.kept_verdicts import KeptVerdicts
from platforms.policy.run_memo import NotedReads, RunMemo
from platforms.results import KeptResults

AS_OF = "2025-10-31"
OF_THE_RUN = {"units", "parks"}
"""Read around the rules: whom they judge, and which sub-parks aren't drawn."""


class Layers:
    """Frames as a source, which remembers what was read."""

    def __init__(self, frames, results=None):
        self.frames, self.names = frames, set()
        if results is not None:
            self.results = results

    def read(self, layer):
        self.names.add(layer)
        return self.frames[layer]


@pytest.fixture(scope="module")
def city(small_demo):
    context = open_context(small_demo, as_of=AS_OF)
    return {name: context.source.read(name) for name in CONTRACTS}, context


@pytest.fixture(scope="module")
def judged(city):
    frames, context = city
    results = KeptResults()
    verdicts = _checked(Layers(frames, results), context)
    return verdicts, results


def _checked(source, context, rules=()):
    query = CheckQuery(None, rules, (), AS_OF)
    return run_checks(source, query, context.policy, context.crs)


def _reads(results):
    (stored,) = [a for a in results._kept.values() if "json" in a]
    kept = json.loads(stored["json"].tobytes())
    return {rule_id: set(row["reads"]) for rule_id, row in kept.items()}


def test_verdicts_come_back_as_they_were(city, judged, monkeypatch):
    frames, context = city
    verdicts, results = judged
    monkeypatch.setattr(KeptVerdicts, "add", lambda *_: pytest.fail("worked out again"))
    assert _checked(Layers(frames, results), context) == verdicts


@pytest.mark.parametrize("rule_id", CHECKED_RULES)
def test_a_rule_by_itself_reads_nothing_that_its_verdicts_were_not_kept_with(city, judged, rule_id):
    frames, context = city
    if not context.policy.parts(rule_id):
        pytest.skip("not in the pack")
    source = Layers(frames)
    _checked(source, context, (rule_id,))
    assert source.names - OF_THE_RUN <= _reads(judged[1])[rule_id]


@pytest.mark.parametrize("layer", ["project_events", "data_coverage"])
def test_rows_changed_are_judged_as_from_nothing(city, judged, layer):
    frames, context = city
    results = KeptResults()
    for content, arrays in judged[1]._kept.items():
        results.put(content, arrays)
    changed = {**frames, layer: frames[layer].iloc[1:].reset_index(drop=True)}
    assert _checked(Layers(changed, results), context) == _checked(Layers(changed), context)


def test_a_unit_that_looks_gets_verdicts_of_its_own(city):
    frames, context = city
    source = Layers(frames, KeptResults())
    source.viewer = "330402"
    query = CheckQuery(None, ("B5",), ("330402",), AS_OF)
    run_checks(source, query, context.policy, context.crs)
    assert not source.results._kept


def test_what_is_read_later_by_something_shared_counts_for_every_rule_that_uses_it():
    memo, source = RunMemo(), Layers({"a": 1, "b": 2})
    first, second, third = memo.of_rule(), memo.of_rule(), memo.of_rule()

    class Lazy:
        def __init__(self, layers):
            self.layers = layers

    def compute(layers, _):
        layers.read("a")
        return Lazy(layers)

    first.once("shared", source, compute)
    second.once("shared", source, compute).layers.read("b")
    assert first.layers_read() == second.layers_read() == {"a", "b"}
    assert third.layers_read() == set()


def test_what_something_shared_uses_of_another_counts_too():
    memo, source = RunMemo(), Layers({"a": 1, "b": 2})

    def inner(layers, _):
        return layers.read("a")

    def outer(layers, within):
        return layers.read("b"), within.once("inner", layers, inner)

    memo.of_rule().once("inner", source, inner)  # somebody else computed it before
    rule = memo.of_rule()
    rule.once("outer", source, outer)
    assert rule.layers_read() == {"a", "b"}


def test_reads_noted_by_a_noting_source_are_its_own():
    outer = NotedReads(Layers({"a": 1}))
    inner = NotedReads(outer)
    inner.read("a")
    assert (inner.names, outer.names) == ({"a"}, set())
    assert inner.sealed is inner
