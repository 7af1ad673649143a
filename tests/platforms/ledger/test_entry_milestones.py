"""Nodes with plans: which plan counts, and on which side of its day each light stands."""

from datetime import date

import pytest

from platforms.ledger.calendar import official_holidays, working_days
from platforms.ledger.entry import Node, nodes_of, planned_days
from tests.planning_frames import jiaxing


def event(
    seq: int, kind: str, on: str, node: str | None = None, planned: str | None = None
) -> dict:
    return {
        "entry_seq": seq, "event_kind": kind, "event_on": on, "planned_kind": node,
        "planned_on": planned,
    }  # fmt: skip


def light(planned: str | None, done: str | None = None) -> Node:
    """The node ``signed`` as of 30 June 2025 under seven days of notice."""
    events = [event(1, "node_planned", "2025-01-01", "signed", planned)] if planned else []
    events += [event(2, "signed", done)] if done else []
    (node,) = nodes_of(events, ("signed",), jiaxing("2025-06-30"))
    return node


def test_the_plan_entered_last_counts_even_where_it_is_dated_earlier():
    later_entered = event(2, "node_planned", "2025-01-01", "signed", "2025-08-01")
    first_entered = event(1, "node_planned", "2025-02-01", "signed", "2025-07-01")
    assert planned_days([later_entered, first_entered]) == {"signed": "2025-08-01"}


@pytest.mark.parametrize(
    ("planned", "colour", "days"),
    [
        ("2025-07-08", "green", 8), ("2025-07-07", "yellow", 7), ("2025-06-30", "yellow", 0),
        ("2025-06-29", "red", -1),
    ],
)  # fmt: skip
def test_a_node_not_done_turns_yellow_seven_days_ahead_and_red_the_day_after(planned, colour, days):
    node = light(planned)
    assert (node.light, node.days) == (colour, days)


def test_a_node_done_on_its_day_is_green_and_a_day_later_yellow():
    assert light("2025-06-10", "2025-06-10").light == "green"
    late = light("2025-06-10", "2025-06-11")
    assert (late.light, late.days) == ("yellow", -1)


def test_a_node_without_a_plan_is_grey_until_it_is_done():
    assert (light(None).light, light(None).days) == ("grey", None)
    assert light(None, "2025-06-01").light == "green"


def test_working_days_leave_holidays_out_and_take_worked_weekends_in():
    held = official_holidays()
    # 2025-09-28, a Sunday, is worked; 1 to 8 October are off; Saturday the 11th is worked.
    assert working_days(date(2025, 9, 26), date(2025, 10, 11), held) == 3 + 2 + 1
    assert working_days(date(2025, 10, 11), date(2025, 9, 26), held) == -6


def test_working_days_of_a_year_without_an_announcement_are_not_known():
    held = official_holidays()
    unknown = date(max(held.years) + 1, 1, 4)
    assert working_days(date(max(held.years), 12, 30), unknown, held) is None
