"""Quarters that a platform has not reported in full (A22)."""

import pytest

from platforms.errors import PlanningError
from tests.planning_frames import PLATFORMS, UNITS, Frames, verdicts_of

FULL = {"value_added_yi_yuan": 10.0, "output_yi_yuan": 50.0, "tax_yi_yuan": 2.0}


def quarter(number, platform_id="P1", **values):
    return {"platform_id": platform_id, "period": f"2024Q{number}", **FULL, **values}


def verdict_of(*rows, as_of="2025-06-30", platform_id="P1"):
    city = Frames(units=UNITS, major_platforms=PLATFORMS, platform_indicators=list(rows))
    found = verdicts_of("A22", city, as_of=as_of)
    return next(v for v in found if v.platform_id == platform_id)


def codes(verdict):
    return [reason.code for reason in verdict.reasons]


@pytest.mark.parametrize(("reported", "outcome"), [(4, "met"), (3, "not_met"), (1, "not_met")])
def test_every_quarter_that_is_over_has_to_be_reported(reported, outcome):
    found = verdict_of(*(quarter(n) for n in range(1, reported + 1)))
    assert (found.outcome, found.measured, found.force) == (outcome, 4 - reported, "mandatory")


def test_a_quarter_without_tax_is_not_reported_and_a_zero_is():
    found = verdict_of(*(quarter(n) for n in (1, 2, 3)), quarter(4, tax_yi_yuan=None))
    assert found.measured == 1
    assert found.reasons[0].values == {"periods": "2024Q4"}
    assert verdict_of(*(quarter(n, tax_yi_yuan=0.0) for n in (1, 2, 3, 4))).outcome == "met"


@pytest.mark.parametrize(("as_of", "missed"), [("2024-06-30", 0), ("2024-07-01", 1)])
def test_a_quarter_is_missed_from_the_day_after_its_end(as_of, missed):
    assert verdict_of(quarter(1), as_of=as_of).measured == missed


def test_before_the_first_quarter_is_over_nothing_is_due():
    found = verdict_of(quarter(1), as_of="2024-03-31")
    assert (found.outcome, codes(found)) == ("not_applicable", ["a22_none_over"])


def test_where_no_platform_reports_quarters_monitoring_is_not_kept_here():
    found = verdict_of({"platform_id": "P1", "period": "2024", **FULL})
    assert (found.outcome, codes(found)) == ("no_data", ["a22_not_kept"])
    silent = verdict_of(quarter(1), platform_id="P3")
    assert (silent.outcome, silent.measured) == ("not_met", 4)


def test_two_rows_of_one_quarter_are_refused():
    with pytest.raises(PlanningError) as caught:
        verdict_of(quarter(1), quarter(1, tax_yi_yuan=3.0))
    assert caught.value.code == "indicator_twice"
    assert caught.value.values == {"rows": "P1", "period": "2024Q1"}
