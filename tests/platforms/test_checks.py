"""The registry of checks against the packs: who judges which part, and in what order."""

from pathlib import Path

import pytest

from app.context import SHIPPED_PACKS
from platforms.checks import CHECKED_RULES, refuse_foreign_units
from platforms.errors import PolicyError
from platforms.policy.pack_file import parse_pack
from platforms.policy.registry import check, check_of
from tests.planning_frames import PACK_TEXT
from tests.scenarios.rule_scenarios import PACKS, TABLES, pack
from tests.scenarios.test_every_rule_has_scenarios import ELSEWHERE

RULES = [rule for file in sorted(PACKS.glob("*.yaml")) for rule in pack(file.stem).rules]


def test_every_part_of_the_packs_is_judged_by_a_check_or_named_as_computed_elsewhere():
    unregistered = {rule.key for rule in RULES if check_of(*rule.key) is None}
    computed_elsewhere = {rule.key for rule in RULES if rule.rule_id in ELSEWHERE}
    assert unregistered - computed_elsewhere == TABLES - computed_elsewhere


def test_no_check_names_a_rule_or_a_part_that_no_pack_has():
    known = {rule.key for rule in RULES}
    registered = {check_of(*key) for key in known} - {None}
    assert set(CHECKED_RULES) == {each.rule_id for each in registered}
    named = {(each.rule_id, part) for each in registered for part in each.parts}
    assert named - known == set()


def test_rules_are_shown_by_letter_and_number():
    assert CHECKED_RULES[:3] == ("A1", "A2", "A3")
    assert CHECKED_RULES.index("A10") == CHECKED_RULES.index("A9") + 1
    assert CHECKED_RULES[-1] == "E11"


def test_a_part_that_is_registered_twice_is_refused():
    with pytest.raises(ValueError, match="E9"):
        check("E9", "county")(lambda job, dated: [])


def test_a_pack_in_another_unit_than_the_product_measures_is_refused_with_its_line():
    text = PACK_TEXT.replace("    unit: 万元/亩\n", "    unit: 亿元\n", 1)
    with pytest.raises(PolicyError) as caught:
        refuse_foreign_units(parse_pack(text, "jiaxing"))
    assert caught.value.code == "pack_unit_unfit"
    assert caught.value.values["expected"] == "万元/亩"
    assert "unit: 亿元" in text.splitlines()[caught.value.values["line"] - 1]


@pytest.mark.parametrize("name", SHIPPED_PACKS)
def test_a_pack_of_the_product_states_the_units_that_are_measured(name):
    folder = Path(__file__).resolve().parents[2] / "data" / "policy"
    refuse_foreign_units(parse_pack((folder / f"{name}.yaml").read_text(encoding="utf-8"), name))
