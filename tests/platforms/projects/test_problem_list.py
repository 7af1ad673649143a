"""Where each problem of the list stands on a day (E6): the 10th, the 15th, the 25th."""

import pandas as pd
import pytest

from platforms.checks import CheckQuery, run_checks
from platforms.projects.problem_list import problem_statuses
from tests.ledger_frames import changchun, city
from tests.planning_frames import CITY_CRS, jiaxing, rows_of

DAY_OF = {"filed": 10, "sent": 15, "meeting": 25}


def standing(as_of, policy=None, **row):
    table = rows_of("problems", [{"problem_id": "w", "unit_id": "N", "project_id": "P", **row}])
    (found,) = problem_statuses(table, policy or changchun(as_of), as_of)
    return found


@pytest.mark.parametrize(
    ("as_of", "state"),
    [("2018-03-10", "waiting"), ("2018-03-15", "waiting"), ("2018-03-16", "late"),
     ("2018-05-01", "late")],
)  # fmt: skip
def test_a_problem_filed_by_the_10th_is_late_after_the_15th(as_of, state):
    found = standing(as_of, filed_on="2018-03-10")
    assert found.state == state
    assert found.due == {"filed": "2018-03-10", "sent": "2018-03-15", "meeting": "2018-03-25"}


@pytest.mark.parametrize(
    ("found_on", "month"),
    [("2018-03-09", "2018-03"), ("2018-03-10", "2018-03"), ("2018-03-11", "2018-04"),
     ("2018-06-30", "2018-07"), ("2018-12-31", "2019-01"), ("2020-01-31", "2020-02"),
     # Saturdays: the last of a month, and a 10th; the days of the list never move
     ("2018-03-31", "2018-04"), ("2018-02-10", "2018-02"), ("2018-11-10", "2018-11")],
)  # fmt: skip
@pytest.mark.parametrize("column", ["found_on", "filed_on"])
def test_what_is_found_after_the_10th_belongs_to_the_list_of_the_next_month(
    found_on, month, column
):
    found = standing(found_on, policy=changchun("2018-06-30"), **{column: found_on})
    assert found.due == {part: f"{month}-{day}" for part, day in DAY_OF.items()}
    assert found.state == "waiting"
    assert not any(found.is_late(part) for part in DAY_OF)


@pytest.mark.parametrize(
    ("filed_on", "state", "is_late"),
    [("2018-06-05", "waiting", False), ("2018-06-10", "waiting", False),
     ("2018-06-11", "filed_late", True)],
)  # fmt: skip
def test_a_problem_found_by_the_10th_is_filed_by_the_10th(filed_on, state, is_late):
    found = standing("2018-06-12", found_on="2018-06-05", filed_on=filed_on)
    assert (found.state, found.is_late("filed")) == (state, is_late)


@pytest.mark.parametrize(("as_of", "state"), [("2018-07-10", "waiting"), ("2018-07-11", "unfiled")])
def test_a_problem_nobody_filed_is_overdue_from_the_11th_on(as_of, state):
    found = standing(as_of, found_on="2018-06-11")
    assert (found.state, found.is_late("filed")) == (state, state == "unfiled")
    assert not found.is_late("sent")
    solved = standing(as_of, found_on="2018-06-11", resolved_on="2018-07-01")
    assert (solved.state, dict(solved.days)) == ("resolved", {})


def test_a_day_found_after_the_day_of_filing_gives_way_to_it():
    assert standing("2018-06-30", found_on="2018-06-20", filed_on="2018-06-08").due["sent"] == (
        "2018-06-15"
    )


def test_a_problem_sent_out_is_no_longer_overdue_and_one_resolved_no_longer_open():
    sent = standing("2018-04-01", filed_on="2018-03-05", sent_on="2018-03-30")
    assert (sent.state, sent.is_open, sent.is_late("sent")) == ("sent", True, True)
    done = standing("2018-04-01", filed_on="2018-03-05", resolved_on="2018-04-01")
    assert (done.state, done.is_open) == ("resolved", False)


def test_what_comes_after_the_day_has_not_happened():
    row = {"filed_on": "2018-03-05", "sent_on": "2018-03-12", "resolved_on": "2018-04-02"}
    assert standing("2018-03-11", **row).state == "waiting"
    assert standing("2018-04-01", **row).state == "sent"
    assert standing("2018-04-02", **row).state == "resolved"
    unfiled = standing("2018-03-04", found_on="2018-03-01", **row)
    assert (unfiled.state, unfiled.row["filed_on"]) == ("waiting", None)
    table = rows_of("problems", [{"problem_id": "w", "filed_on": "2018-03-05"}])
    assert problem_statuses(table, changchun("2018-03-04"), "2018-03-04") == ()


def test_without_a_day_nothing_is_told_and_without_the_rule_nothing_is_late():
    assert standing("2018-04-01").state == "no_data"
    found = standing("2024-04-01", policy=jiaxing("2024-04-01"), filed_on="2024-01-05")
    assert (found.state, dict(found.due)) == ("waiting", {})


def test_open_problems_stand_first_then_by_day_found():
    rows = [{"problem_id": "a", "filed_on": "2018-01-05", "resolved_on": "2018-02-01"},
            {"problem_id": "b", "filed_on": "2018-03-05"},
            {"problem_id": "c", "filed_on": "2018-02-05"}]  # fmt: skip
    found = problem_statuses(rows_of("problems", rows), changchun("2018-04-01"), "2018-04-01")
    assert [one.row["problem_id"] for one in found] == ["c", "b", "a"]


def test_the_check_names_as_late_what_the_list_does():
    days = ("2018-04-30", "2018-05-09", "2018-05-10", "2018-05-11", "2018-05-15", "2018-05-16",
            "2018-05-25", "2018-05-26", None)  # fmt: skip
    rows = [
        {"problem_id": f"{n}-{m}", "project_id": "P", "unit_id": "N", "found_on": found_on,
         "filed_on": filed_on, "sent_on": step_on, "met_on": step_on}
        for n, found_on in enumerate(("2018-05-10", "2018-05-11", None))
        for m, filed_on in enumerate(days)
        for step_on in days
        if filed_on is not None or step_on is None
    ]  # fmt: skip
    rows = [{**row, "problem_id": f"{n}"} for n, row in enumerate(rows)]
    as_of = "2018-07-12"
    source = city([], problems=rows)
    found = problem_statuses(pd.DataFrame(source.read("problems")), changchun(as_of), as_of)
    query = CheckQuery(2018, ("E6",), (), as_of)
    for verdict in run_checks(source, query, changchun(as_of), CITY_CRS):
        (late,) = [e.rows for e in verdict.evidence if e.statement.code == "e6_late"]
        assert set(late) == {str(p.row["problem_id"]) for p in found if p.is_late(verdict.part)}
        assert verdict.outcome == "not_met"
