"""Where each problem of the list stands on a day (E6): the 10th, the 15th, the 25th."""

import pytest

from platforms.projects.monitoring import problem_statuses
from tests.ledger_frames import changchun
from tests.planning_frames import jiaxing, rows_of


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
    assert (found.state, found.due_on, found.meeting_by) == (state, "2018-03-15", "2018-03-25")


@pytest.mark.parametrize(
    ("filed", "due", "state"),
    [("2018-03-10", "2018-03-15", "waiting"), ("2018-03-11", "2018-04-15", "filed_late"),
     ("2018-12-31", "2019-01-15", "filed_late"), ("2020-01-31", "2020-02-15", "filed_late")],
)  # fmt: skip
def test_what_is_filed_after_the_10th_goes_with_the_next_month(filed, due, state):
    found = standing(filed, policy=changchun("2018-06-30"), filed_on=filed)
    assert (found.due_on, found.state) == (due, state)


def test_a_problem_sent_out_is_no_longer_late_and_one_resolved_no_longer_open():
    sent = standing("2018-04-01", filed_on="2018-03-05", sent_on="2018-03-30")
    assert (sent.state, sent.is_open) == ("sent", True)
    done = standing("2018-04-01", filed_on="2018-03-05", resolved_on="2018-04-01")
    assert (done.state, done.is_open) == ("resolved", False)


def test_what_comes_after_the_day_has_not_happened():
    row = {"filed_on": "2018-03-05", "sent_on": "2018-03-12", "resolved_on": "2018-04-02"}
    assert standing("2018-03-11", **row).state == "waiting"
    assert standing("2018-04-01", **row).state == "sent"
    assert standing("2018-04-02", **row).state == "resolved"
    table = rows_of("problems", [{"problem_id": "w", "filed_on": "2018-03-05"}])
    assert problem_statuses(table, changchun("2018-03-04"), "2018-03-04") == ()


def test_without_a_day_of_filing_nothing_is_told_and_without_the_rule_nothing_is_late():
    assert standing("2018-04-01").state == "no_data"
    found = standing("2024-04-01", policy=jiaxing("2024-04-01"), filed_on="2024-01-05")
    assert (found.state, found.due_on) == ("waiting", None)


def test_open_problems_stand_first_then_by_day_of_filing():
    rows = [{"problem_id": "a", "filed_on": "2018-01-05", "resolved_on": "2018-02-01"},
            {"problem_id": "b", "filed_on": "2018-03-05"},
            {"problem_id": "c", "filed_on": "2018-02-05"}]  # fmt: skip
    found = problem_statuses(rows_of("problems", rows), changchun("2018-04-01"), "2018-04-01")
    assert [one.row["problem_id"] for one in found] == ["c", "b", "a"]
