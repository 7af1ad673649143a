"""``check --against``: the same workspace under another date or another pack."""


def test_the_day_after_the_plan_ends_its_rules_expire_and_nothing_else_changes(asked):
    days = ("--as-of", "2025-12-31", "--against", "2026-01-01")
    answer = asked("check", "--rule", "A1", "--rule", "B1", *days).json
    changes = answer["changes"]
    assert {change["rule_id"] for change in changes} == {"B1"}
    assert {change["after"]["force_status"] for change in changes} == {"expired"}
    assert {r["code"] for change in changes for r in change["reasons"]} == {"change_now_expired"}
    assert len(changes) == sum(verdict["rule_id"] == "B1" for verdict in answer["verdicts"])


def test_figures_of_both_sides_are_of_the_same_year(asked):
    days = ("--as-of", "2025-12-31", "--against", "2027-06-01")
    answer = asked("check", "--rule", "B1", "--rule", "A3", *days).json
    shares = [change for change in answer["changes"] if change["rule_id"] == "B1"]
    assert shares
    assert {change["year"] for change in shares} <= {2025, None}
    # reported figures of both sides are those of 2024, the latest complete year before 2025
    entry = [c for c in answer["changes"] if (c["rule_id"], c["part"]) == ("A3", "entry")]
    assert {change["year"] for change in entry} <= {2024}
    assert all(one["before"]["measured"] == one["after"]["measured"] for one in shares)


def test_a_pack_without_a_rule_drops_it(asked):
    answer = asked("check", "--rule", "A1", "--against", "panan").json
    assert {change["after"] for change in answer["changes"]} == {None}
    assert len(answer["changes"]) == len(answer["verdicts"])
    assert answer["manifest"]["parameters"]["against_pack"] == "panan"


def test_without_against_there_are_no_changes(asked):
    assert "changes" not in asked("check", "--rule", "A1").json


def test_a_day_that_is_none_and_a_pack_that_is_none_are_refused(refused, small_demo):
    assert "2026-13-01" in refused("check", small_demo, "--against", "2026-13-01")
    assert "jiaxing" in refused("check", small_demo, "--against", "jiaxin")
