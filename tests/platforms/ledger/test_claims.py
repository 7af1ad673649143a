"""Who holds a project: first talks to the minute, the list, near matches, what is missing."""

from datetime import date, timedelta

import pytest

from platforms.ledger.calendar import Holidays
from platforms.ledger.claims import (
    TalksQuestion,
    exclusivity,
    exclusivity_by_unit,
    filing_size,
    same_project,
)
from platforms.ledger.counting import ProjectLedger
from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import parse_pack
from tests.ledger_frames import events
from tests.planning_frames import PACK_TEXT, jiaxing, pack_on, rows_of

PLAIN = Holidays(frozenset({2024, 2025}), frozenset())
LARGE = {
    "credit_code": "91A", "investor_name": "甲公司", "industry_code": "3825",
    "industry_scheme": "GBT4754_2017", "product": "光伏组件", "stage": "in_talks",
    "investment_yi_yuan": 10.0,
}  # fmt: skip


def asked(rows, happened, as_of="2025-03-10", unit_ids=None, holidays=PLAIN, pack=None, **more):
    """Ask about project ``a`` of unit N."""
    projects = rows_of("projects", [{**LARGE, **row} for row in rows])
    flat = rows_of("project_events", [event for group in happened for event in group])
    question = TalksQuestion("a", as_of, holidays, **more)
    policy = pack or jiaxing(as_of[:10])
    if unit_ids is None:
        return exclusivity(question, projects, flat, policy)
    ledger = ProjectLedger(projects, flat, policy.as_of)
    return exclusivity_by_unit(question, unit_ids, ledger, policy)


def codes(answer):
    return [one.code for one in answer.reasons]


A = {"project_id": "a", "unit_id": "N"}
B = {"project_id": "b", "unit_id": "S"}


@pytest.mark.parametrize(
    ("as_of", "state"),
    [("2025-03-10", "held_by_own_unit"), ("2025-04-10", "held_by_own_unit"),
     ("2025-04-10T23:59", "held_by_own_unit"), ("2025-04-11T00:00", "free"),
     ("2025-04-10T15:59:00+00:00", "held_by_own_unit"), ("2025-04-10T16:00:00+00:00", "free"),
     ("2025-04-11", "free")],
)  # fmt: skip
def test_the_first_to_file_holds_until_midnight_of_the_last_day(as_of, state):
    answer = asked([A], [events("a", first_report="2025-03-10")], as_of)
    assert answer.state == state
    if state != "free":
        assert answer.until.isoformat() == "2025-04-11T00:00:00+08:00"
        assert (answer.holder_unit_id, answer.rule_id, answer.outcome) == ("N", "B5", "met")
        assert "S12" in answer.assumptions


def test_before_the_minute_of_entry_nothing_was_filed():
    filed = [events("a", first_report="2025-03-10")]
    assert asked([A], filed, "2025-03-10T08:59").state == "free"
    assert asked([A], filed, "2025-03-10T09:00").state == "held_by_own_unit"
    assert asked([A], filed, "2025-03-09").state == "free"


def test_the_second_to_file_has_nothing_even_after_the_first_is_over():
    filed = [events("b", first_report="2025-03-01"), events("a", first_report="2025-03-05")]
    held = asked([A, B], filed, "2025-03-20")
    assert (held.state, held.holder_unit_id, held.holder_project_id) == ("held_by_other", "S", "b")
    assert held.outcome == "not_met"
    after = asked([A, B], filed, "2025-04-02")
    assert (after.state, codes(after)) == ("free", ["talks_free"])


def test_on_one_day_who_entered_first_holds():
    filed = [events("b", first_report="2025-03-01"), events("a", first_report="2025-03-01")]
    assert asked([A, B], filed).holder_unit_id == "S"
    early = [{**filed[1][0], "entered_at": "2025-03-01T00:30:00+00:00"}]
    assert asked([A, B], [filed[0], early]).holder_unit_id == "N"


def test_each_candidate_unit_is_answered():
    filed = [events("a", first_report="2025-03-10")]
    answers = asked([A], filed, unit_ids=["N", "S", None])
    assert [one.state for one in answers] == ["held_by_own_unit", "held_by_other", "no_data"]
    assert [one.outcome for one in answers] == ["met", "not_met", "no_data"]


@pytest.mark.parametrize(
    ("values", "outcome", "code"),
    [
        ({"investment_yi_yuan": 10.0}, "met", "filing_size_rmb"),
        ({"investment_yi_yuan": 9.99}, "not_met", "filing_size_small"),
        ({"investment_yi_yuan": 8.0, "investment_yi_usd": 1.01}, "met", "filing_size_usd"),
        ({"investment_yi_yuan": 8.0, "investment_yi_usd": 1.0}, "not_met", "filing_size_small"),
        ({"investment_yi_usd": 1.01}, "met", "filing_size_usd"),
        ({"investment_yi_usd": 1.0}, "no_data", "filing_rate_missing"),
        ({}, "no_data", "filing_size_missing"),
    ],
)  # fmt: skip
def test_thresholds_in_two_currencies_are_not_converted(values, outcome, code):
    answer, why = filing_size(values, jiaxing())
    assert (answer, why.code) == (outcome, code)


def test_with_a_stored_rate_a_contract_in_usd_is_converted():
    row = {"investment_yi_usd": 1.0}
    assert filing_size(row, jiaxing(), 9.99)[0] == "not_met"
    assert filing_size(row, jiaxing(), 10.0)[0] == "met"
    assert filing_size(row, jiaxing(), float("nan"))[0] == "no_data"


def test_a_small_project_claims_nothing_and_an_unknown_size_decides_nothing():
    filed = [events("b", first_report="2025-03-01")]
    assert asked([A, {**B, "investment_yi_yuan": 9.99}], filed).state == "free"
    unknown = {**B, "investment_yi_yuan": None, "investment_yi_usd": 0.9}
    assert asked([A, unknown], filed).state == "no_data"
    assert asked([A, unknown], filed, yuan_per_usd={"b": 7.1}).state == "free"
    assert asked([A, unknown], filed, yuan_per_usd={"b": 11.2}).state == "held_by_other"


def test_what_a_unit_gave_up_holds_nobody_back():
    for kind in ("ended", "transferred", "escalated"):
        filed = [events("b", first_report="2025-03-01", **{kind: "2025-03-05"})]
        assert asked([A, B], filed).state == "free"
        assert asked([A, B], filed, "2025-03-04").state == "held_by_other"
    assert asked([A, {**B, "stage": "ended"}], [events("b", first_report="2025-03-01")]).state == (
        "free"
    )


def test_without_holidays_the_end_is_open_for_some_days_and_said():
    filed = [events("b", first_report="2025-03-01")]
    during = asked([A, B], filed, "2025-04-01T23:59", holidays=None)
    assert (during.state, codes(during)) == ("held_by_other", ["talks_first_open"])
    open_end = asked([A, B], filed, "2025-04-11T23:59", holidays=None)
    assert (open_end.state, codes(open_end)) == (
        "no_data", ["talks_first_open", "talks_end_unknown"],
    )  # fmt: skip
    assert asked([A, B], filed, "2025-04-12T00:00", holidays=None).state == "free"


def test_a_holiday_keeps_the_talks_exclusive_until_the_next_working_day():
    autumn = Holidays(frozenset({2025}), frozenset(date(2025, 10, d) for d in range(1, 9)))
    filed = [events("b", first_report="2025-09-01")]
    assert asked([A, B], filed, "2025-10-09T23:59", holidays=autumn).state == "held_by_other"
    assert asked([A, B], filed, "2025-10-10T00:00", holidays=autumn).state == "free"


LISTED = {"listed": "2025-01-10", "agreement": "2025-02-01"}


def test_a_listed_project_with_a_binding_agreement_shuts_out_another_unit():
    answer = asked([A, B], [events("b", **LISTED)])
    assert (answer.state, answer.rule_id, answer.until) == ("held_by_other", "C5", None)
    assert answer.reasons[0].values["listed_on"] == "2025-01-10"
    assert asked([A, B], [events("b", listed="2025-01-10")]).state == "free"
    assert asked([A, B], [events("b", agreement="2025-02-01")]).state == "free"
    assert asked([A, B], [events("b", **LISTED)], "2025-01-31").state == "free"
    assert asked([A, {**B, "unit_id": "N"}], [events("b", **LISTED)]).state == "held_by_own_unit"


def test_who_was_listed_first_goes_first():
    happened = [events("b", **LISTED), events("a", listed="2025-01-09", agreement="2025-02-02")]
    assert asked([A, B], happened).state == "held_by_own_unit"
    happened = [events("b", **LISTED), events("a", listed="2025-01-11", agreement="2025-01-12")]
    assert asked([A, B], happened).state == "held_by_other"


@pytest.mark.parametrize(
    ("reason", "state"),
    [("investor_withdrew", "free"), ("started", "held_by_other"), (None, "no_data")],
)
def test_leaving_the_list_frees_the_project_unless_it_started(reason, state):
    left = ("2025-03-01", reason) if reason else "2025-03-01"
    assert asked([A, B], [events("b", **LISTED, delisted=left)]).state == state


def test_first_talks_against_a_listed_rival_go_to_a_person():
    happened = [events("a", first_report="2025-03-01"), events("b", **LISTED)]
    answer = asked([A, B], happened)
    assert (answer.state, answer.outcome) == ("review", "no_data")
    assert "talks_two_claims" in codes(answer)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({}, "same"),
        ({"investor_name": "乙公司"}, "same"),
        ({"credit_code": None}, "near"),
        ({"credit_code": None, "investor_name": "乙公司"}, "other"),
        ({"credit_code": None, "investor_name": None}, "other"),
        ({"credit_code": "91B"}, "near"),
        ({"credit_code": "91B", "investor_name": "乙公司"}, "other"),
        ({"industry_code": "C3825"}, "same"),
        ({"industry_code": "3824"}, "near"),
        ({"industry_code": "382"}, "near"),
        ({"industry_scheme": "GBT4754_2011"}, "near"),
        ({"product": "光伏 组件"}, "same"),
        ({"product": "逆变器"}, "near"),
        ({"product": None}, "near"),
        ({"product": "逆变器", "industry_code": "3824"}, "other"),
        ({"product": None, "credit_code": None}, "near"),
    ],
)  # fmt: skip
def test_same_near_and_other_projects(other, found):
    assert same_project(LARGE, {**LARGE, **other}, 4) == found
    assert same_project({**LARGE, **other}, LARGE, 4) == found


def test_a_controller_makes_two_codes_one_investor_or_two():
    one = {**LARGE, "parent_credit_code": "K"}
    other = {**one, "credit_code": "91B", "investor_name": "乙公司"}
    assert same_project(one, other, 4) == "same"
    twin = {**LARGE, "credit_code": "91B", "parent_credit_code": "L"}
    assert same_project(one, twin, 4) == "other"


def test_a_near_match_that_came_first_goes_to_a_person_and_a_later_one_does_not():
    near = {**B, "product": "逆变器"}
    before = [events("b", first_report="2025-03-01"), events("a", first_report="2025-03-05")]
    answer = asked([A, near], before)
    assert (answer.state, answer.outcome) == ("review", "no_data")
    assert codes(answer)[:2] == ["talks_first", "matter_near"]
    later = [events("a", first_report="2025-03-01"), events("b", first_report="2025-03-05")]
    assert asked([A, near], later).state == "held_by_own_unit"


def test_a_rule_that_has_expired_is_computed_and_shuts_nobody_out():
    filed = [events("b", first_report="2025-12-20")]
    in_force = asked([A, B], filed, "2025-12-31")
    assert (in_force.force_status, in_force.outcome) == ("in_force", "not_met")
    expired = asked([A, B], filed, "2026-01-01")
    assert (expired.state, expired.force_status) == ("held_by_other", "expired")
    assert expired.outcome == "not_applicable"


def test_without_the_rules_nobody_holds_and_it_is_said():
    answer = asked([A], [events("a", first_report="2025-03-01")], pack=pack_on("panan"))
    assert (answer.state, codes(answer)) == ("free", ["talks_no_rule"])


def test_the_length_of_the_talks_is_the_packs():
    start = PACK_TEXT.index("part: exclusive_talks")
    text = PACK_TEXT[:start] + PACK_TEXT[start:].replace("value: 1", "value: 2", 1)
    pack = policy_on(parse_pack(text, "jiaxing"), "2025-03-10")
    filed = [events("b", first_report="2025-03-01")]
    assert asked([A, B], filed, "2025-05-01T23:59", pack=pack).state == "held_by_other"
    assert asked([A, B], filed, "2025-05-02T00:00", pack=pack).state == "free"


def renewing(most):
    text = PACK_TEXT.replace("      most: 0\n", f"      most: {most}\n")
    return lambda as_of: policy_on(parse_pack(text, "jiaxing"), as_of)


@pytest.mark.parametrize(
    ("most", "renewed_on", "last_held"),
    [(0, ["2025-03-20"], "2025-04-10"), (1, [], "2025-04-10"), (1, ["2025-04-10"], "2025-05-12"),
     # The 10th of May is a Saturday: the second period ends on Monday the 12th.
     # Entered once the period was over, or before it began, a renewal renews nothing.
     (1, ["2025-04-11"], "2025-04-10"), (1, ["2025-03-09"], "2025-04-10"),
     (1, ["2025-03-20", "2025-03-21"], "2025-05-12"),
     (2, ["2025-03-20", "2025-05-10"], "2025-06-10"),
     (2, ["2025-03-20", "2025-05-13"], "2025-05-12")],
)  # fmt: skip
def test_talks_are_renewed_as_often_as_the_pack_allows_while_they_run(most, renewed_on, last_held):
    happened = [events("a", first_report="2025-03-10")]
    happened += [events("a", talks_renewed=day) for day in renewed_on]
    after = (date.fromisoformat(last_held) + timedelta(days=1)).isoformat()
    for day, state in ((last_held, "held_by_own_unit"), (after, "free")):
        assert asked([A], happened, day, pack=renewing(most)(day)).state == state, day
