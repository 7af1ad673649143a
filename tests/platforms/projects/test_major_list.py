"""Whether a project may come on the list: each part at its border, and what is missing named."""

import pytest

from platforms.errors import PlanningError
from platforms.ledger.counting import ProjectLedger
from platforms.projects.major_list import eligibility, outcome_of
from tests.ledger_frames import events
from tests.planning_frames import jiaxing, pack_on, rows_of

CODE = "2024-330402-38-01-123456"
GOOD = {
    "project_id": "a", "unit_id": "N", "category": "industry", "industry_code": "3825",
    "industry_scheme": "GBT4754_2017", "credit_code": "91A", "project_code": CODE,
    "parcel_ids": "d1", "stage": "signed", "investment_yi_yuan": 25.0,
}  # fmt: skip


def ledger(*rows, happened=(), as_of="2025-06-30"):
    flat = [event for group in happened for event in group]
    held = [{**GOOD, **row} for row in rows or ({},)]
    return ProjectLedger(rows_of("projects", held), rows_of("project_events", flat), as_of)


def judged(held, **options):
    return {v.part: v for v in eligibility("a", held, jiaxing(), **options)}


def reasons(verdict):
    return [one.code for one in verdict.reasons]


def test_a_project_that_is_all_it_should_be_is_met_in_every_part():
    found = judged(ledger())
    outcomes = {part: verdict.outcome for part, verdict in found.items()}
    assert outcomes == {
        "excluded": "met", "industry": "met", "single_project": "met", "phases": "met",
        "code_prefix": "not_applicable", "not_started": "met",
    }  # fmt: skip
    assert {v.force for part, v in found.items() if part != "excluded"} == {"principle"}
    assert found["excluded"].force == "mandatory"
    assert found["industry"].basis == "assumed"


@pytest.mark.parametrize(
    ("category", "outcome"),
    [("infrastructure", "not_met"), ("real_estate", "not_met"), ("hotel", "not_met"),
     ("commercial_complex", "not_met"), ("letting_platform", "not_met"), ("industry", "met"),
     ("research", "met"), ("commerce", "met"), (None, "no_data")],
)  # fmt: skip
def test_what_is_excluded(category, outcome):
    assert judged(ledger({"category": category}))["excluded"].outcome == outcome


@pytest.mark.parametrize(
    ("code", "scheme", "outcome"),
    [("3825", "GBT4754_2017", "met"), ("C3825", "GBT4754_2017", "met"),
     ("2822", "GBT4754_2017", "met"), ("3021", "GBT4754_2017", "not_met"),
     ("25", "GBT4754_2017", "not_met"), ("2619", "GBT4754_2017", "met"),
     (None, "GBT4754_2017", "no_data"), ("3825", "GBT4754_2011", "no_data"),
     ("3825", None, "no_data")],
)  # fmt: skip
def test_industries_of_the_lists(code, scheme, outcome):
    row = {"industry_code": code, "industry_scheme": scheme}
    assert judged(ledger(row))["industry"].outcome == outcome


def test_a_project_is_one_investor_one_site_one_code():
    part = "single_project"
    shared = judged(ledger({}, {"project_id": "b", "unit_id": "S"}))[part]
    assert (shared.outcome, shared.measured, reasons(shared)) == (
        "not_met", 1.0, ["c4_code_shared"],
    )  # fmt: skip
    phases = [{"phase_of": "a"}, {"project_id": "b", "phase_of": "a", "credit_code": "91B"}]
    assert reasons(judged(ledger(*phases))[part]) == ["c4_investors"]
    same = [{"phase_of": "a"}, {"project_id": "b", "phase_of": "a"}]
    assert judged(ledger(*same))[part].outcome == "met"


@pytest.mark.parametrize(
    ("values", "code"),
    [({"credit_code": None}, "c4_investor_missing"), ({"project_code": None}, "c4_code_unsaid"),
     ({"parcel_ids": None}, "c4_site_missing"), ({"parcel_ids": "d1;d2"}, "c4_site_unseen")],
)  # fmt: skip
def test_what_one_project_lacks_is_named(values, code):
    verdict = judged(ledger(values))["single_project"]
    assert (verdict.outcome, reasons(verdict)) == ("no_data", [code])


def test_whether_several_parcels_are_one_site_is_told_by_who_looked():
    held = ledger({"parcel_ids": "d1;d2"})
    assert judged(held, is_one_site=True)["single_project"].outcome == "met"
    assert judged(held, is_one_site=False)["single_project"].outcome == "not_met"


def phased(*codes):
    return ledger(
        *[{"project_id": "a" if n == 0 else f"p{n}", "phase_of": "a", "project_code": code}
          for n, code in enumerate(codes)]
    )  # fmt: skip


@pytest.mark.parametrize(("count", "outcome"), [(1, "met"), (2, "met"), (3, "not_met")])
def test_at_most_two_phases(count, outcome):
    verdict = judged(phased(*[CODE] * count))["phases"]
    assert (verdict.outcome, verdict.measured, verdict.threshold) == (outcome, count, 2.0)


def test_the_row_of_the_whole_is_no_phase_of_its_own():
    rows = [{}, {"project_id": "p1", "phase_of": "a"}, {"project_id": "p2", "phase_of": "a"}]
    assert judged(ledger(*rows))["phases"].measured == 2


@pytest.mark.parametrize(
    ("second", "outcome", "alike"),
    [(CODE, "met", 20), (CODE + "-001", "met", 20), (CODE[:-1] + "7", "not_met", 19),
     ("2025" + CODE[4:], "not_met", 3), (CODE[:-1], "no_data", None), (None, "no_data", None)],
)  # fmt: skip
def test_codes_of_phases_share_their_first_twenty_places(second, outcome, alike):
    verdict = judged(phased(CODE, second))["code_prefix"]
    assert (verdict.outcome, verdict.measured) == (outcome, alike)


@pytest.mark.parametrize(
    ("row", "happened", "outcome"),
    [
        ({"stage": "signed"}, {}, "met"),
        ({"stage": "started"}, {}, "not_met"),
        ({"stage": "started"}, {"listed": "2025-05-01"}, "no_data"),
        ({"stage": "started"}, {"started": "2025-06-30"}, "not_met"),
        ({"stage": "signed"}, {"started": "2025-07-01"}, "met"),
        ({"stage": "started"}, {"listed": "2025-05-01", "started": "2025-05-02"}, "met"),
        ({"stage": "started"}, {"listed": "2025-05-01", "started": "2025-05-01"}, "not_met"),
        ({"stage": None}, {}, "no_data"),
        ({"stage": "in_production", "started_on": "2024-01-01"}, {}, "not_met"),
    ],
)  # fmt: skip
def test_works_had_not_begun_when_it_was_filed(row, happened, outcome):
    held = ledger(row, happened=[events("a", **happened)])
    assert judged(held)["not_started"].outcome == outcome


def test_duties_and_principles_are_never_summed():
    deviating = eligibility("a", ledger({"industry_code": "3021"}), jiaxing())
    assert outcome_of(deviating, "mandatory") == "met"
    assert outcome_of(deviating, "principle") == "not_met"
    assert outcome_of(deviating, "target") == "not_applicable"
    lacking = eligibility("a", ledger({"category": None}), jiaxing())
    assert outcome_of(lacking, "mandatory") == "no_data"
    assert outcome_of(lacking, "principle") == "met"


def test_before_the_rules_are_in_force_nothing_is_barred():
    early = eligibility("a", ledger({"category": "hotel"}), jiaxing("2018-08-06"))
    assert outcome_of(early, "mandatory") == "not_applicable"
    assert outcome_of(
        eligibility("a", ledger({"category": "hotel"}), jiaxing("2018-08-07")), "mandatory"
    ) == "not_met"  # fmt: skip


def test_a_pack_without_the_rule_judges_nothing():
    assert eligibility("a", ledger(), pack_on("panan")) == ()


def test_a_project_not_on_file_is_refused():
    with pytest.raises(PlanningError, match="project_not_on_file"):
        eligibility("zz", ledger(), jiaxing())
