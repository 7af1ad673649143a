"""The rows and shapes behind verdicts of the demonstration."""

from pathlib import Path

import pytest

from app.answers.checks import verdict_list
from app.answers.evidence import assumption_texts, evidence_highlight, evidence_rows, verdict_table
from app.context import open_context
from platforms.checks import CheckQuery


@pytest.fixture(scope="module")
def held(small_demo):
    return open_context(Path(small_demo))


@pytest.fixture(scope="module")
def verdicts(held):
    return verdict_list(held, CheckQuery(None, (), (), held.as_of))


def test_every_row_a_verdict_names_is_found_in_its_layer(held, verdicts):
    assert any(v.evidence for v in verdicts)
    # Of each part one verdict of each outcome: more of them tell the same.
    some = {(v.rule_id, v.part.split(":")[0], v.outcome): v for v in verdicts}
    for verdict in some.values():
        for one, rows in zip(
            [e for e in verdict.evidence if e.rows], evidence_rows(held, verdict), strict=True
        ):
            assert len(rows.frame) + len(rows.missing) == len(set(one.rows))
            # A row may be wanting only where that is why nothing could be told.
            assert not rows.missing or verdict.outcome == "no_data", (verdict.rule_id, one.layer)
            assert rows.title


def test_the_highlight_holds_the_shapes_of_the_evidence_each_once(held, verdicts):
    for verdict in (v for v in verdicts if v.rule_id == "A18" and not v.part and v.evidence):
        marked = evidence_highlight(held, verdict)
        layer = held.source.read("element_allotments").set_index("allotment_id")
        named = {row for one in verdict.evidence for row in one.rows}
        drawn = layer.loc[sorted(named)].geometry.dropna()
        if len(drawn):
            assert len(marked.shapes) == len(drawn)
            assert marked.shapes.union_all().area == pytest.approx(drawn.union_all().area)


def test_figures_without_shapes_lead_to_the_outline_of_their_platform(held, verdicts):
    verdict = next(v for v in verdicts if v.rule_id == "A8")
    (shape,) = evidence_highlight(held, verdict).shapes
    platforms = held.source.read("major_platforms").set_index("platform_id")
    assert shape.equals(platforms.geometry[verdict.platform_id])


def test_a_missed_target_never_has_the_light_of_a_breach(held, verdicts):
    table = verdict_table(held, verdicts)
    for verdict, word in zip(verdicts, table["outcome"], strict=True):
        is_breach = verdict.outcome == "not_met" and verdict.force == "mandatory"
        assert word.startswith("✖") is is_breach


def test_every_assumption_used_is_given_with_its_wording_once(held, verdicts):
    used = {name for verdict in verdicts for name in verdict.assumptions}
    texts = assumption_texts(held, verdicts)
    assert sorted(name for name, _ in texts) == sorted(used)
    assert all(len(text) > 10 for _, text in texts)


def test_pollutants_can_be_told_apart_in_the_list(held, verdicts):
    emission = [v for v in verdicts if v.part.startswith("emission:")]
    titles = set(verdict_table(held, emission)["rule_title"])
    assert len(titles) == len({(v.rule_id, v.part) for v in emission})
