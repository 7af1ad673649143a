"""Which verdicts change between two dates or two sets of rules, and why."""

from dataclasses import replace

import pytest

from platforms.policy.check import verdict_changes
from platforms.policy.verdict import Verdict

SHARE = Verdict(
    rule_id="B1", part="land", outcome="met", measured=0.72, threshold=0.7, gap=0.02, unit="share",
    force="mandatory", in_force=True, force_status="in_force", evidence=(), clause="三（二）",
    basis="cited", unit_id="330402", year=2025,
)  # fmt: skip


def change(**differing):
    (found,) = verdict_changes([SHARE], [replace(SHARE, **differing)])
    return found


def codes(found):
    return [reason.code for reason in found.reasons]


def test_verdicts_that_are_the_same_are_no_change():
    # 0.1 × 7 / 1.0 is 0.7000000000000001: within a relative 1e-9 it is the same threshold.
    assert verdict_changes([SHARE], [replace(SHARE, threshold=0.1 * 7)]) == []


def test_a_rule_that_expires_changes_and_keeps_its_outcome():
    found = change(force_status="expired", in_force=False)
    assert codes(found) == ["change_now_expired"]
    assert not found.is_outcome


def test_a_higher_threshold_is_named_with_both_figures_and_changes_the_outcome():
    found = change(threshold=0.75, outcome="not_met", gap=-0.03)
    assert codes(found) == ["change_threshold"]
    assert dict(found.reasons[0].values) == {"before": 0.7, "after": 0.75, "unit": "share"}
    assert found.is_outcome


@pytest.mark.parametrize(
    ("differing", "code"),
    [
        ({"is_past_target": True}, "change_past_target"),
        ({"force": "target"}, "change_force"),
        ({"basis": "assumed", "assumptions": ("S15",)}, "change_basis"),
        ({"measured": 0.71}, "change_measured"),
        ({"measured": None, "outcome": "no_data"}, "change_measured"),
        ({"outcome": "not_applicable"}, "change_outcome"),
    ],
)
def test_each_difference_has_its_reason(differing, code):
    assert codes(change(**differing)) == [code]


def test_a_rule_that_only_one_side_holds_is_dropped_or_added():
    (dropped,) = verdict_changes([SHARE], [])
    (added,) = verdict_changes([], [SHARE])
    assert (codes(dropped), dropped.after) == (["change_rule_dropped"], None)
    assert (codes(added), added.before) == (["change_rule_added"], None)
    assert dropped.is_outcome
    assert added.is_outcome


def test_the_same_rule_on_another_unit_is_another_verdict():
    found = verdict_changes([SHARE], [replace(SHARE, unit_id="330411")])
    assert [(one.unit_id, codes(one)) for one in found] == [
        ("330402", ["change_rule_dropped"]),
        ("330411", ["change_rule_added"]),
    ]
