"""Gates on the project itself: its list, who holds it, who approves it – whichever the land."""

import pytest

from platforms.ledger.counting import read_ledger
from platforms.matching.demand import demand_of
from platforms.matching.land_gates import project_status
from tests.matching_frames import city, matched, parcel
from tests.planning_frames import Frames, jiaxing, pack_on, rect

PROJECT = {
    "project_id": "X1", "unit_id": "N", "category": "industry", "industry_code": "3982",
    "industry_scheme": "GBT4754_2017", "product": "光伏组件", "credit_code": "91330400MA28A0001A",
    "investor_name": "甲公司", "investment_yi_yuan": 12.0, "land_min_mu": 100.0,
    "energy_tce": 0.0, "emission_t": 0.0, "tax_wan_yuan": 3000.0, "stage": "in_talks",
}  # fmt: skip
RIVAL = {**PROJECT, "project_id": "X2", "unit_id": "S"}


def event(number, project_id, kind, day, unit_id):
    return {
        "event_id": f"e{number}", "project_id": project_id, "event_kind": kind, "event_on": day,
        "entered_at": f"{day}T09:00:00+08:00", "entry_seq": number, "unit_id": unit_id,
        "actor": "甲",
    }  # fmt: skip


def on_list(project_id, unit_id, day, number):
    """A project listed with a binding agreement."""
    return [
        event(number, project_id, "agreement", day, unit_id),
        event(number + 1, project_id, "listed", day, unit_id),
    ]


def gates_of(source, wanted, unit_id):
    found = matched(source, wanted)
    for one in (*found.sites, *found.undecided, *found.rejected):
        if one.site.unit_id == unit_id:
            return {gate.gate: gate for gate in one.gates}
    raise AssertionError(unit_id)


def town(projects, events=()):
    """Land in county N and in county S."""
    parcels = [parcel("DN", rect(100, 100, 300, 300)), parcel("DS", rect(22_100, 100, 300, 300))]
    return city(parcels, projects=list(projects), project_events=list(events))


def test_a_project_that_nobody_else_holds_may_go_anywhere_by_transfer():
    source = town([PROJECT], on_list("X1", "N", "2024-03-01", 1))
    wanted = demand_of(PROJECT)
    assert gates_of(source, wanted, "N")["exclusivity"].outcome == "met"
    there = gates_of(source, wanted, "S")["exclusivity"]
    assert (there.outcome, there.statement.code) == ("met", "talks_by_transfer")


def test_a_project_that_another_unit_listed_first_may_only_go_to_that_unit():
    events = [*on_list("X2", "S", "2024-01-10", 1), *on_list("X1", "N", "2024-03-01", 3)]
    source = town([PROJECT, RIVAL], events)
    here = gates_of(source, demand_of(PROJECT), "N")["exclusivity"]
    assert (here.outcome, here.force) == ("not_met", "mandatory")
    assert "52号" in here.clause
    assert gates_of(source, demand_of(PROJECT), "S")["exclusivity"].outcome == "met"


def test_a_demand_that_is_on_no_file_is_not_asked_who_holds_it():
    gate = gates_of(town([RIVAL]), demand_of(PROJECT), "N")["exclusivity"]
    assert (gate.outcome, gate.statement.code) == ("not_applicable", "talks_not_on_file")


def status_of(source, wanted, units, policy):
    return project_status(source, wanted, units, policy, read_ledger(source, policy.as_of))


@pytest.mark.parametrize(
    ("category", "outcome"),
    [("industry", "met"), ("real_estate", "not_met"), ("infrastructure", "not_met"),
     (None, "no_data")],
)  # fmt: skip
def test_what_may_not_be_listed_is_rejected_and_an_unknown_category_is_no_pass(category, outcome):
    status = status_of(Frames(), demand_of({**PROJECT, "category": category}), ["N"], jiaxing())
    (excluded,) = [v for v in status.eligibility if v.part == "excluded"]
    assert (excluded.outcome, excluded.force) == (outcome, "mandatory")


def test_principles_of_the_list_only_warn():
    source = town([{**PROJECT, "industry_code": "0111"}])
    wanted = demand_of({**PROJECT, "industry_code": "0111"})
    found = matched(source, wanted)
    one = next(iter((*found.sites, *found.undecided, *found.rejected)))
    gate = next(g for g in one.gates if g.gate == "C4_principle")
    assert (gate.outcome, gate.force) == ("not_met", "principle")
    assert gate in one.warnings
    assert gate not in one.reasons


def test_the_route_of_approval_stands_by_unit_and_says_where_no_rule_is():
    source, wanted = town([PROJECT]), demand_of(PROJECT)
    none = status_of(source, wanted, ["N", "S"], jiaxing()).routes
    assert {route.outcome for route in none.values()} == {"not_applicable"}
    # 40 亩 lie in the second tier; 一事一议 would raise it, and nobody says whether it is asked.
    small = {**PROJECT, "land_min_mu": 40.0}
    routes = status_of(town([small]), demand_of(small), ["N", "S"], pack_on("panan")).routes
    assert {route.outcome for route in routes.values()} == {"no_data"}
    told = {**small, "is_special_policy": False}
    status = status_of(town([told]), demand_of(small), ["N"], pack_on("panan"))
    assert (status.routes["N"].outcome, status.routes["N"].tier) == ("met", 2)
