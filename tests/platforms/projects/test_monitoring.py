"""Warnings of the ledger: what is late or missing, both sides of every threshold."""

from pathlib import Path

import pandas as pd
import pytest

from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import parse_pack
from platforms.projects.monitoring import Desk, warnings_on
from tests.ledger_frames import changchun, city, events, project
from tests.planning_frames import jiaxing

PANAN = Path(__file__).resolve().parents[3] / "data" / "policy" / "panan.yaml"


def panan(as_of):
    return policy_on(parse_pack(PANAN.read_text(encoding="utf-8"), "panan"), as_of)


def warned(policy, as_of, projects, happened=(), problems=()):
    held = city(projects, happened, problems=list(problems))
    tables = (pd.DataFrame(held.read(name)) for name in ("projects", "project_events", "problems"))
    return warnings_on(Desk(*tables, policy(as_of), as_of))


def codes(*given):
    return [one.statement.code for one in warned(*given)]


@pytest.mark.parametrize(("as_of", "days"), [("2024-03-30", None), ("2024-03-31", 30)])
def test_thirty_days_without_an_entry_are_stale_and_twenty_nine_are_not(as_of, days):
    # From 1 March on: the 30th is 29 days later, the 31st is 30.
    found = warned(panan, as_of, [project("P")], [events("P", lead="2024-03-01")])
    assert [one.days for one in found] == ([] if days is None else [days])


def test_an_entry_counts_from_the_day_it_was_made_not_from_that_of_the_event():
    (late,) = events("P", lead="2024-01-01")
    late["entered_at"] = "2024-03-20T16:30:00+00:00"
    # 16:30 UTC is 00:30 of the 21st at home: 29 days before 19 April.
    for as_of, count in (("2024-04-19", 0), ("2024-04-20", 1)):
        assert len(warned(panan, as_of, [project("P")], [[late]])) == count


def test_a_project_without_an_entry_is_named_and_one_that_is_over_is_not():
    assert codes(panan, "2024-07-01", [project("P")]) == ["warning_never_updated"]
    assert codes(panan, "2024-07-01", [project("P", stage="in_production")]) == []
    over = events("P", lead="2024-01-01", ended="2024-02-01")
    assert codes(panan, "2024-07-01", [project("P")], [over]) == []
    # Before its end it was under way.
    assert codes(panan, "2024-01-31", [project("P")], [over]) == ["warning_stale"]


def test_a_list_left_out_and_stages_the_wrong_way_round_are_named():
    given = events("P", first_report="2024-02-01", signed="2024-01-01", started="2024-03-01")
    found = codes(jiaxing, "2024-07-01", [project("P")], [given])
    assert sorted(found) == ["warning_stage_missing", "warning_stage_order"]
    right = events("P", first_report="2024-01-01", signed="2024-01-01")
    assert codes(jiaxing, "2024-07-01", [project("P")], [right]) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"investment_yi_yuan": 0.4999}, []),
        ({"investment_yi_yuan": 0.5}, ["warning_no_secretary"]),
        ({"investment_yi_yuan": 0.5, "secretary": "李"}, []),
        ({"investment_yi_yuan": 19.99, "secretary": "李"}, []),
        ({"investment_yi_yuan": 20.0, "secretary": "李"}, ["warning_no_leader"]),
        ({"investment_yi_yuan": 20.0, "secretary": "李", "leader": "王",
          "leader_role": "unit_head"}, ["warning_no_leader"]),
        ({"investment_yi_yuan": 20.0, "secretary": "李", "leader": "王",
          "leader_role": "city_leader"}, []),
        ({"investment_yi_yuan": None}, []),
    ],
)  # fmt: skip
def test_large_projects_have_a_leader_of_the_city_and_a_secretary(values, expected):
    assert codes(changchun, "2018-07-01", [project("P", **values)]) == expected


@pytest.mark.parametrize(
    ("as_of", "changes", "count"),
    [
        ("2018-03-15", {}, 0),
        ("2018-03-16", {}, 1),
        ("2018-03-16", {"sent_on": "2018-03-16"}, 0),
        ("2018-03-16", {"sent_on": "2018-03-17"}, 1),
        ("2018-03-16", {"resolved_on": "2018-03-14"}, 0),
        ("2018-03-05", {}, 0),
        # No meeting is needed.
        ("2018-03-28", {"sent_on": "2018-03-12"}, 0),
    ],
)
def test_a_problem_is_sent_out_by_the_fifteenth(as_of, changes, count):
    problem = {"problem_id": "W", "project_id": "P", "unit_id": "N", "filed_on": "2018-03-09"}
    row = project("P", investment_yi_yuan=0.1)
    assert len(warned(changchun, as_of, [row], (), [{**problem, **changes}])) == count


def test_warnings_name_the_responsible_unit_and_role():
    row = project("P", leader="王", leader_role="unit_head")
    (one,) = warned(panan, "2024-07-01", [row])
    assert (one.unit_id, one.role, one.rule_id, one.part) == ("N", "unit_head", "D8", "stale")
