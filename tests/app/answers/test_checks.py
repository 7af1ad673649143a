"""Figures of verdicts as people read them."""

import pytest

from app.answers.evidence import decimals_of, shown_gap
from platforms.policy.check import judge
from tests.planning_frames import jiaxing


@pytest.mark.parametrize(
    ("rule", "part", "measured", "outcome", "gap", "decimals"),
    [
        # S20: 9 999.996 亩 print as 10 000.00 and are met, so nothing is missing
        ("A2", "", 9_999.996, "met", 0.0, 2),
        ("A2", "", 9_999.99, "not_met", -0.01, 2),
        ("A2", "", 10_000.5, "met", 0.5, 2),
        # a cap is exact: what is beyond it is shown with digits enough
        ("A4", "area", 0.003, "not_met", 0.003, 3),
        ("A4", "area", 7.5, "not_met", 7.5, 2),
        # 69.996 % print as 70.00 %
        ("B1", "land", 0.69996, "met", 0.0, 2),
        ("B1", "land", 0.6999, "not_met", -0.01, 2),
    ],
)
def test_a_gap_that_prints_as_nothing_is_none_and_an_excess_shows(
    rule, part, measured, outcome, gap, decimals
):
    verdict = judge(jiaxing().rule(rule, part), measured)
    assert verdict.outcome == outcome
    assert shown_gap(verdict) == pytest.approx(gap)
    assert decimals_of(verdict) == decimals
