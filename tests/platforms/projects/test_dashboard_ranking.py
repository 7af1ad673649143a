"""Units ranked by the landing rate of the year's list: ties, no rate, last and last twice."""

import pytest

from platforms.errors import PlanningError
from platforms.ledger.calendar import period_named
from platforms.ledger.counting import ProjectLedger
from platforms.projects.dashboard import unit_statuses
from tests.planning_frames import jiaxing, rows_of

AS_OF = "2025-12-31"


def standings(starts: dict[str, list[str | None]], period: str) -> dict:
    """Units with signed projects, each started on the day given or not at all."""
    projects, events, seq = [], [], 0
    for unit_id, days in starts.items():
        for number, day in enumerate(days):
            name = f"{unit_id}{number}"
            projects.append({"project_id": name, "unit_id": unit_id, "project_class": "mayor"})
            happened = [("listed", "2025-01-02"), ("signed", "2025-02-03")]
            for kind, on in [*happened, *([("started", day)] if day else [])]:
                seq += 1
                events.append(
                    {"event_id": f"e{seq}", "project_id": name, "event_kind": kind, "event_on": on,
                     "entered_at": f"{on}T09:00:00+08:00", "entry_seq": seq, "unit_id": unit_id}
                )  # fmt: skip
    ledger = ProjectLedger(rows_of("projects", projects), rows_of("project_events", events), AS_OF)
    found = unit_statuses(ledger, list(starts), jiaxing(AS_OF), period_named(period))
    return {one.unit_id: one for one in found}


def test_equal_rates_share_a_place_and_the_next_counts_them_all():
    found = standings(
        {"A": ["2025-05-01", None], "B": [None, "2025-06-01"], "C": [None], "D": []}, "2025"
    )
    assert [found[u].landing_rate for u in "ABCD"] == [0.5, 0.5, 0.0, None]
    assert [found[u].rank for u in "ABCD"] == [1, 1, 3, None]
    assert [u for u in "ABCD" if found[u].is_first] == ["A", "B"]
    assert [u for u in "ABCD" if found[u].is_last] == ["C"]


def test_last_twice_is_who_was_last_in_the_period_before_too():
    starts = {"A": ["2025-04-01", "2025-08-01"], "B": ["2025-08-01", None], "C": [None, None]}
    second, third = standings(starts, "2025Q2"), standings(starts, "2025Q3")
    # by June: 1/2, 0/2, 0/2; by September: 2/2, 1/2, 0/2
    assert [u for u in "ABC" if second[u].is_last] == ["B", "C"]
    assert [u for u in "ABC" if third[u].is_last] == ["C"]
    assert [u for u in "ABC" if third[u].is_last_twice] == ["C"]


def test_nobody_is_first_or_last_where_all_rates_are_equal():
    found = standings({"A": [None], "B": [None]}, "2025-03")
    assert not any(one.is_first or one.is_last for one in found.values())


def test_a_period_counts_its_own_days_and_the_rate_those_of_the_year():
    found = standings({"A": ["2025-05-01", None]}, "2025-05")["A"]
    assert found.projects["started"] == ("A0",)
    assert found.projects["listed"] == ()
    assert found.projects["city_level"] == ("A0", "A1")
    assert found.landing_rate == 0.5


@pytest.mark.parametrize("name", ["2025-13", "2025Q5", "25", "2025-00", "0000", "２０２５"])
def test_what_is_no_period_is_refused(name):
    with pytest.raises(PlanningError) as refused:
        period_named(name)
    assert refused.value.code == "ledger_period_bad"


@pytest.mark.parametrize(
    ("name", "before", "last"),
    [("2024", "2023", "2024-12-31"), ("2024Q1", "2023Q4", "2024-03-31"),
     ("2024-01", "2023-12", "2024-01-31"), ("2024-12", "2024-11", "2024-12-31")],
)  # fmt: skip
def test_the_period_before_is_as_long_and_ends_the_day_before(name, before, last):
    period = period_named(name)
    assert (period.before.name, period.last) == (before, last)
