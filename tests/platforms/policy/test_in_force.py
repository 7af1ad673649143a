import pytest

from platforms.errors import PlanningError, PolicyError
from tests.planning_frames import jiaxing

PLAN_2024 = [("B1", "land"), ("B1", "emission_cumulative"), ("B3", ""), ("B4", "")]


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        ("2024-03-31", "not_yet"),
        ("2024-04-01", "in_force"),
        ("2025-12-31", "in_force"),
        ("2026-01-01", "expired"),
    ],
)
@pytest.mark.parametrize("key", PLAN_2024)
def test_the_plan_of_2024_holds_from_its_first_to_its_last_day(key, as_of, status):
    dated = jiaxing(as_of).rule(*key)
    assert (dated.force_status, dated.in_force) == (status, status == "in_force")


@pytest.mark.parametrize(
    ("as_of", "status"), [("2018-06-07", "not_yet"), ("2018-06-08", "in_force"),
                          ("2099-01-01", "in_force")],
)  # fmt: skip
def test_the_document_of_2018_states_no_end(as_of, status):
    assert jiaxing(as_of).rule("A13").force_status == status


@pytest.mark.parametrize(("as_of", "past"), [("2020-12-31", False), ("2021-01-01", True)])
def test_a_target_is_past_on_the_day_after_its_date(as_of, past):
    assert jiaxing(as_of).rule("A8").is_past_target is past
    assert jiaxing(as_of).rule("A13").is_past_target is False


def test_thresholds_and_clauses_are_those_of_the_documents():
    policy = jiaxing()
    assert policy.rule("A1", "principle").rule.bounds == (1, 2)
    assert policy.rule("A1", "limit").rule.bounds == (1, 4)
    numbers = {key: policy.rule(*key).rule.number for key in
               [("A2", ""), ("A8", ""), ("A9", ""), ("A13", ""), ("A18", ""), ("B1", "energy"),
                ("B3", ""), ("B4", "")]}  # fmt: skip
    assert numbers == {
        ("A2", ""): 10_000, ("A8", ""): 500, ("A9", ""): 30, ("A13", ""): 0.3, ("A18", ""): 0,
        ("B1", "energy"): 0.7, ("B3", ""): 100, ("B4", ""): 200,
    }  # fmt: skip
    assert policy.rule("A2").clause == "嘉政发〔2018〕15号 一（平台布局更加合理）"
    assert policy.rule("A13").clause == "嘉政发〔2018〕15号 二（二）"
    assert policy.rule("B1", "land").clause == "《嘉兴市进一步推动招大引强工作实施方案》 三（二）"


def test_both_industry_lists_are_marked_as_assumed():
    policy = jiaxing()
    assert policy.code_list("high_energy_industries").codes == ("25", "26", "30", "31", "32", "44")
    assert set(policy.code_list("traditional_industries").codes) == {
        "17", "18", "19", "21", "22", "28"
    }  # fmt: skip
    assert {entry.basis for entry in policy.pack.lists.values()} == {"assumed"}
    assert policy.rule("A20", "high_energy").basis == "assumed"


def test_an_unknown_rule_part_setting_or_day_is_refused_with_what_is_known():
    policy = jiaxing()
    with pytest.raises(PolicyError) as caught:
        policy.rule("A99")
    assert caught.value.code == "rule_unknown"
    with pytest.raises(PolicyError) as caught:
        policy.rule("A1")
    assert caught.value.values["parts"] == "principle, limit"
    with pytest.raises(PolicyError, match="setting_missing"):
        policy.setting_number("S15", "zone_levels")
    with pytest.raises(PolicyError, match="assumption_unknown"):
        policy.assumption("S99")
    with pytest.raises(PolicyError, match="list_unknown"):
        policy.code_list("light")
    with pytest.raises(PlanningError, match="as_of_not_a_date"):
        jiaxing("2024-2-1")
