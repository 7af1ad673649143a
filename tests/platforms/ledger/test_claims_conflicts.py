"""Pairs of projects that may be one: found, scored, explained, and never merged."""

import pandas as pd
import pytest

from platforms.ledger.claims import conflicts, timeline
from tests.ledger_frames import city, events, project
from tests.planning_frames import jiaxing

POLICY = jiaxing("2024-07-01")
SAME = {"credit_code": "91350100M000100Y43", "investor_name": "甲公司", "industry_code": "3825",
        "product": "光伏组件", "parcel_ids": "D1"}  # fmt: skip


def found(*rows):
    return conflicts(pd.DataFrame(city(list(rows)).read("projects")), POLICY)


def pair(first=None, **differs):
    return found(project("P", **{**SAME, **(first or {})}),
                 project("Q", **{**SAME, "unit_id": "S", **differs}))  # fmt: skip


def test_two_projects_alike_in_all_three_score_one_and_say_why():
    (one,) = pair()
    assert one.score == 1.0
    assert one.is_between_units
    assert [said.code for said in one.reasons] == [
        "conflict_investor", "conflict_content", "conflict_site",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("differs", "score"),
    [
        ({"parcel_ids": "D2"}, 2 / 3),
        ({"product": "逆变器"}, 2.5 / 3),
        ({"product": "逆变器", "industry_code": "1711"}, 2 / 3),
        # Another code under the same name only seems to be the same investor.
        ({"credit_code": "X"}, 2.5 / 3),
        ({"credit_code": "X", "parcel_ids": None, "product": "逆变器"}, 1 / 3),
        # One investor for certain is listed whatever else differs.
        ({"product": "逆变器", "industry_code": "1711", "parcel_ids": "D2"}, 1 / 3),
        # Another investor on the same site with the same content.
        ({"credit_code": "X", "investor_name": "乙公司"}, 2 / 3),
    ],
)
def test_each_of_the_three_counts_a_third_and_half_of_it_where_it_only_seems_so(differs, score):
    (one,) = pair(**differs)
    assert one.score == pytest.approx(score)
    assert len(one.reasons) == sum(agreement != "other" for agreement in one.agreement.values())


@pytest.mark.parametrize(
    "differs",
    [
        {"credit_code": "X", "industry_code": "1711", "product": "布", "parcel_ids": "D2"},
        {"credit_code": "X", "investor_name": "乙", "industry_code": "1711", "product": "布"},
        {"credit_code": "X", "investor_name": "乙", "parcel_ids": "D2"},
        {"phase_of": "P"},
    ],
)
def test_one_likeness_alone_or_a_phase_of_the_same_project_is_no_conflict(differs):
    assert pair(**differs) == ()


def test_a_common_controller_makes_one_investor_of_two_codes():
    differs = {"credit_code": "X", "investor_name": "乙公司", "parcel_ids": "D2"}
    first = {"parent_credit_code": "集团"}
    (one,) = pair(first, **differs, parent_credit_code="集团")
    assert one.agreement["investor"] == "same"
    assert pair(first, **differs, parent_credit_code="别家") == ()
    assert pair(first, **differs) == (), "the other's controller isn't known"


@pytest.mark.parametrize("turned", [False, True])
def test_a_firm_and_its_controller_are_one_investor(turned):
    firm, head = (
        {"parent_credit_code": "集团"},
        {"credit_code": "集团", "investor_name": "集团公司"},
    )
    (one,) = pair(head, **firm) if turned else pair(firm, **head)
    assert one.agreement["investor"] == "same"


def test_blanks_brackets_and_case_do_not_make_another_investor():
    plain = {"credit_code": None, "investor_name": "Jia (China) Co"}
    (one,) = found(project("P", **{**SAME, **plain}),
                   project("Q", **SAME | plain | {"investor_name": "jia（china）co "}))  # fmt: skip
    assert one.agreement["investor"] == "near"
    assert not one.is_between_units


def test_the_highest_score_comes_first_and_the_order_of_rows_is_irrelevant():
    rows = [project("R", **{**SAME, "parcel_ids": "D2"}), project("Q", **SAME),
            project("P", **SAME)]  # fmt: skip
    for given in (rows, rows[::-1]):
        assert [one.project_ids for one in found(*given)] == [("P", "Q"), ("P", "R"), ("Q", "R")]


def test_the_timeline_holds_both_in_the_order_of_what_happened():
    (one,) = pair()
    late = events("P", first_report="2024-03-02", signed="2024-05-01")
    early = events("Q", first_report="2024-03-02", listed="2024-04-01")
    other = events("Z", first_report="2024-01-01")
    held = pd.DataFrame(city((), (early, late, other)).read("project_events"))
    past = timeline(one, held, "2024-04-30")
    assert list(past["event_kind"]) == ["first_report", "first_report", "listed"]
    # Of one day the entry made first comes first.
    assert list(past["project_id"][:2]) == ["P", "Q"]
