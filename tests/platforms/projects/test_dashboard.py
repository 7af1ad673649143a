"""The figures of a period: its borders, its tasks, what is open, and that nothing counts twice."""

import pytest

from platforms.ledger.calendar import period_named
from platforms.ledger.counting import read_ledger
from platforms.projects.dashboard import (
    dashboard,
    is_short,
    standpoint,
    task_verdicts,
    unit_statuses,
)
from tests.ledger_frames import city, events, judged, project
from tests.planning_frames import jiaxing

PORT = [{"unit_id": "N", "name": "嘉兴港区"}, {"unit_id": "S", "name": "南湖区"}]


def figures(held, period, unit_id="N", as_of="2025-12-31", units=("N", "S", "Z")):
    at = standpoint(held, jiaxing(as_of), period_named(period))
    found = dashboard(at, units, with_city=True)
    return next(one.figures for one in found if one.unit_id == unit_id)


def count(held, period, name="signed", **more):
    return figures(held, period, **more)[name].value


@pytest.mark.parametrize(
    ("day", "inside", "outside"),
    [
        ("2024-02-29", ("2024-02", "2024Q1", "2024"), ("2024-01", "2024-03", "2024Q2", "2025")),
        ("2024-03-31", ("2024-03", "2024Q1"), ("2024-04", "2024Q2")),
        ("2024-04-01", ("2024-04", "2024Q2"), ("2024-03", "2024Q1")),
        ("2024-12-31", ("2024-12", "2024Q4", "2024"), ("2025-01", "2025Q1", "2025")),
        ("2025-02-28", ("2025-02", "2025Q1"), ("2025-03", "2024")),
    ],
)
def test_an_event_counts_in_the_periods_that_hold_its_day(day, inside, outside):
    before = events("A", first_report="2023-05-05")
    held = city([project("A")], [before, events("A", signed=day)])
    assert [count(held, one) for one in inside] == [1.0] * len(inside)
    assert [count(held, one) for one in outside] == [0.0] * len(outside)


def test_the_city_holds_its_units_and_projects_without_one():
    signed = {"signed": "2025-06-30"}
    held = city(
        [project("A"), project("B", unit_id="S"), project("C", unit_id=None)],
        [events(one, **signed) for one in "ABC"],
    )
    by_unit = [count(held, "2025-06", unit_id=one) for one in (None, "N", "S", "Z")]
    assert by_unit == [3.0, 1.0, 1.0, 0.0]
    assert figures(held, "2025Q2", unit_id=None)["signed"].project_ids == ("A", "B", "C")


def test_tasks_run_from_new_years_day_to_the_end_of_the_period():
    mayor = [project(one, project_class="mayor") for one in "AB"]
    held = city(mayor, [events("A", listed="2025-02-01"), events("B", listed="2025-04-01")])
    of_march, of_april = (figures(held, one)["city_level"] for one in ("2025Q1", "2025-04"))
    assert (of_march.value, of_april.value) == (1.0, 2.0)
    assert of_march.target == 1
    assert count(held, "2025-04", "listed") == 1.0


def test_the_port_has_a_task_of_its_own_and_a_unit_not_named_has_none():
    held = city(
        [project(str(n), project_class="county_head") for n in range(3)],
        [events(str(n), listed="2025-02-01") for n in range(3)], units=PORT,
    )  # fmt: skip
    port = figures(held, "2025", units=("N", "S"))["county_head"]
    inner = figures(held, "2025", "S", units=("N", "S"))["county_head"]
    assert [(one.value, one.target, is_short(one)) for one in (port, inner)] == [
        (3.0, 3.0, False), (0.0, 5.0, True),
    ]  # fmt: skip
    other = city([project("A", project_class="county_head")], [events("A", listed="2025-02-01")])
    unnamed = figures(other, "2025")["county_head"]
    assert (unnamed.value, unnamed.target, is_short(unnamed)) == (1.0, None, False)


def test_a_duty_of_the_year_is_not_short_before_the_year_is_over():
    rows = [project("A", project_class="other")]
    held = city(rows, [events("A", listed="2024-05-01")])
    assert not is_short(figures(held, "2024Q3")["city_level"])
    assert is_short(figures(held, "2024")["city_level"])


@pytest.mark.parametrize(("starts", "rate"), [((), 0.0), (("A",), 0.5), (("A", "B"), 1.0)])
def test_the_landing_rate_is_that_of_the_check_and_of_the_ranking(starts, rate):
    happened = [events(one, listed="2024-01-05", signed="2024-02-01") for one in "AB"]
    happened += [events(one, started="2024-05-01") for one in starts]
    held = city([project("A"), project("B")], happened)
    figure = figures(held, "2024")["landing_share"]
    (check,) = [one for one in judged("C8", held, year=2024) if one.unit_id == "N"]
    (place,) = unit_statuses(
        read_ledger(held, "2025-12-31"), ["N"], jiaxing("2025-12-31"), period_named("2024")
    )
    assert figure.value == check.measured == place.landing_rate == rate
    assert is_short(figure) == (rate < 0.5)
    assert figures(held, "2024-05")["landed"].project_ids == starts
    assert figures(held, "2024-06")["landed"].project_ids == ()


def test_without_a_signed_project_there_is_no_rate_and_it_is_not_zero():
    held = city([project("A")], [events("A", listed="2024-01-05")])
    assert figures(held, "2024")["landing_share"].value is None


def test_a_signing_without_a_day_leaves_the_figure_open():
    rows = [project("A", stage="signed"), project("B", stage="signed")]
    held = city(rows, [events("A", signed="2025-06-01"), events("B", first_report="2025-01-01")])
    signed = figures(held, "2025-06")["signed"]
    assert (signed.least, signed.most, signed.value) == (1.0, 2.0, None)
    assert (signed.project_ids, signed.open_ids) == (("A",), ("B",))


def test_before_the_first_day_on_file_and_after_the_day_nothing_can_be_told():
    held = city([project("A")], [events("A", signed="2025-06-01")])
    told = [count(held, one, as_of="2025-07-10") for one in ("2025-05", "2025-06", "2025-07",
                                                             "2025-08")]  # fmt: skip
    assert told == [None, 1.0, 0.0, None]
    assert count(city(), "2025") is None


def test_a_correction_made_later_moves_the_event_of_an_earlier_period():
    entered = events("A", signed="2025-06-30")
    fix = {**entered[0], "event_id": "k", "event_kind": "corrected", "event_on": "2025-07-02",
           "corrects": entered[0]["event_id"], "corrected_on": "2025-05-31",
           "entry_seq": entered[0]["entry_seq"] + 1000}  # fmt: skip
    held = city([project("A")], [events("A", first_report="2025-01-01"), entered, [fix]])
    by_july = [count(held, one, as_of="2025-07-31") for one in ("2025-05", "2025-06")]
    by_june = [count(held, one, as_of="2025-06-30") for one in ("2025-05", "2025-06")]
    assert (by_july, by_june) == ([1.0, 0.0], [0.0, 1.0])


def test_further_tasks_are_those_of_the_checks_on_the_last_day():
    held = city([project("A", category="industry")], [events("A", started="2024-03-01")])
    at = standpoint(held, jiaxing("2025-12-31"), period_named("2024Q1"))
    found = task_verdicts(at, ("N", "S", "Z"), ("C1", "B5", "E1"))
    same = judged("C1", held, as_of="2024-03-31", year=2024)
    assert [(one.part, one.measured, one.outcome) for one in found] == [
        (one.part, one.measured, one.outcome) for one in same
    ]
