"""A check leads with what somebody must do; what is missing follows, the rest is folded."""

from dataclasses import replace

import pytest

from app.answers.to_do import group_of, in_order, of_group, year_before
from platforms.checks import CheckQuery
from platforms.policy.verdict import Verdict

BASE = Verdict(
    "B1", "", "not_met", 0.5, 0.7, -0.2, "share", "mandatory", True, "in_force", (), "条", "cited",
    year=2025,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "group"),
    [
        ({}, "act"), ({"force": "target"}, "act"), ({"outcome": "no_data"}, "missing"),
        ({"outcome": "met"}, "rest"), ({"outcome": "not_applicable"}, "rest"),
        # nobody is asked by a rule that no longer holds, nor by a target whose date is past
        ({"in_force": False, "force_status": "expired"}, "rest"),
        ({"in_force": False, "outcome": "no_data"}, "rest"),
        ({"force": "target", "is_past_target": True}, "rest"),
        ({"force": "mandatory", "is_past_target": True}, "act"),
    ],
)  # fmt: skip
def test_a_verdict_asks_to_act_to_get_data_or_nothing(changes, group):
    assert group_of(replace(BASE, **changes)) == group


def test_verdicts_stand_by_group_then_force_then_how_far_they_are_off():
    near = replace(BASE, unit_id="near", gap=-0.07)
    far = replace(BASE, unit_id="far", gap=-0.35)
    several = replace(BASE, unit_id="list", threshold=0.0, measured=3.0, gap=3.0)
    target = replace(BASE, unit_id="target", force="target", gap=-0.7)
    open_one = replace(BASE, unit_id="open", outcome="no_data", gap=None)
    met = replace(BASE, unit_id="met", outcome="met", gap=0.1)
    listed = [met, open_one, target, near, far, several]
    # 3 rows too many; half of the threshold; a tenth of it
    assert [v.unit_id for v in in_order(listed)] == ["list", "far", "near", "target", "open", "met"]
    assert [v.unit_id for v in of_group(listed, "missing")] == ["open"]


def test_only_rules_that_go_by_years_are_judged_again_for_the_year_before():
    standing = replace(BASE, rule_id="A2", year=None)
    asked = []

    def judge(query):
        asked.append(query)
        return [replace(BASE, year=2024, outcome="met")]

    before = year_before(CheckQuery(2025, (), ("N",), "2025-12-31"), [BASE, standing], judge)
    assert [(v.rule_id, v.outcome) for v in before] == [("A2", "not_met"), ("B1", "met")]
    assert asked == [CheckQuery(2024, ("B1",), ("N",), "2025-12-31")]
    assert year_before(CheckQuery(1990, (), (), "2025-12-31"), [BASE], judge) == []
