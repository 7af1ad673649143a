"""No rule without its clause, no check without scenarios: looped over every pack there is.

A check that someone adds, or a part that someone adds to a pack, fails here by its name until its
file in ``rules`` shows it on both sides of its threshold, without data, and on its days.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from geo.units import compare
from platforms.checks import CHECKED_RULES
from platforms.policy.pack import Rule
from tests.scenarios.rule_scenarios import PACKS, TABLES, Expected, Scenarios, all_scenarios, pack

NAMES = sorted(path.stem for path in PACKS.glob("*.yaml"))
RULES = [rule for name in NAMES for rule in pack(name).rules]
SCENARIOS = all_scenarios()

ELSEWHERE = {
    "A18": "platforms.matching.gates",
    "A21": "platforms.indicators.post_evaluation", "A22": "platforms.indicators.ranking",
    "B3": "platforms.land.blocks", "B4": "platforms.land.blocks",
    "C10": "platforms.ledger.visibility", "E7": "platforms.projects.site_conditions",
}  # fmt: skip
"""Rules that another computation than a check is about: gates of the match, tables, blocks,
the page of a project."""

NEVER_ANSWERED = {("E3", "nine")}
"""Only ``no_data`` can come out: no document names the zones that are able to have nine
utilities."""

NEVER_BELOW = {("A24", "one_body"), ("A7", "leading_chains")}
"""Nothing on file isn't a count of zero but ``no_data``, so there is nothing below one."""

NEVER_ABOVE = {("C4", "code_prefix")}
"""Places that the codes of phases begin alike are counted up to those asked for."""

FLAGGED = {("A20", "traditional_expansion")}
"""严格限制: what needs a decision of its own is open until it is on file, and breaches nothing."""

REPORTED = {
    ("E8", "investment_growth"), ("B12", "experience"), ("B13", "red_flag"), ("B13", "annual"),
}  # fmt: skip
"""Shares that the city or a unit reports as such: nothing is divided here."""

FLAGS = {("D11", "exceeded"), ("D11", "without_task")}
"""An honour that is earned: who doesn't earn it breaches nothing."""


def in_checks(rule: Rule) -> bool:
    return rule.rule_id in CHECKED_RULES and rule.key not in TABLES


def is_judged(rule: Rule) -> bool:
    return rule.key not in NEVER_ANSWERED and rule.comparator != "none"


def is_divided(rule: Rule) -> bool:
    return rule.unit in ("share", "万元/亩") and rule.key not in REPORTED


def named(rule: Rule) -> str:
    return f"{rule.pack} {rule.rule_id} {rule.part}".strip()


CHECKED = [pytest.param(rule, id=named(rule)) for rule in RULES if in_checks(rule)]


def expected_of(rule: Rule) -> Iterator[tuple[Expected, bool]]:
    """Give what the scenarios say of a part, and whether its case has a denominator of zero."""
    held = SCENARIOS.get(rule.rule_id)
    for case in held.cases if held is not None else ():
        for one in case.expect:
            if one.part.split(":")[0] == rule.part:
                yield one, case.is_zero_denominator


def scenarios_of(rule: Rule) -> Scenarios:
    assert rule.rule_id in SCENARIOS, f"{named(rule)}: tests/scenarios/rules has no file of it"
    held = SCENARIOS[rule.rule_id]
    assert held.pack == rule.pack, named(rule)
    return held


def beside(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


@pytest.mark.parametrize("rule", [pytest.param(rule, id=named(rule)) for rule in RULES])
def test_every_rule_is_cited_down_to_the_clause(rule):
    documents = pack(rule.pack).documents
    assert rule.clause.document_id in documents, named(rule)
    assert rule.clause.place.strip(), named(rule)
    assert documents[rule.clause.document_id].title, named(rule)
    assert rule.force_word.strip(), named(rule)


def test_every_check_judges_a_rule_of_some_pack_and_every_file_a_check():
    assert set(CHECKED_RULES) - {rule.rule_id for rule in RULES} == set()
    assert set(SCENARIOS) == {rule.rule_id for rule in RULES if in_checks(rule)}


def test_what_no_check_judges_is_computed_elsewhere():
    rest = {rule.rule_id for rule in RULES} - set(CHECKED_RULES) - set(ELSEWHERE)
    assert rest == set()
    for rule_id, module in ELSEWHERE.items():
        assert any(rule.rule_id == rule_id for rule in RULES), rule_id
        text = (PACKS.parents[1] / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        assert rule_id in text, (rule_id, module)


@pytest.mark.parametrize("rule", CHECKED)
def test_every_part_has_its_cases(rule):
    scenarios_of(rule)
    found = [one for one, _ in expected_of(rule)]
    outcomes = {one.outcome for one in found}
    wanted = {"no_data"}
    if rule.key not in NEVER_ANSWERED:
        wanted |= {"not_applicable"} if rule.comparator == "none" else {"met", "not_met"}
    if rule.key in FLAGS:
        wanted = (wanted - {"not_met"}) | {"not_applicable"}
    if rule.key in FLAGGED:
        wanted -= {"not_met"}
    assert wanted <= outcomes, f"{named(rule)}: no case of {sorted(wanted - outcomes)}"


@pytest.mark.parametrize("rule", [one for one in CHECKED if is_judged(one.values[0])])
def test_every_threshold_is_shown_from_both_sides_and_on_it(rule):
    judged = [one for one, _ in expected_of(rule) if one.measured is not None]
    figures = [
        one.measured - one.threshold if rule.is_against_task else one.measured for one in judged
    ]
    missing = [what for what, is_shown in sides(rule, figures).items() if not is_shown]
    assert not missing, f"{named(rule)}: no case {missing}"


def sides(rule: Rule, figures: list[float]) -> dict[str, bool]:
    """Say where around the threshold, or both ends of a range, the figures of the cases lie.

    Of a rule held against a task the figures are what is more than that.
    """
    if rule.comparator == "tiers":
        return tier_sides(rule, figures)
    if rule.comparator == "between":
        low, high = rule.bounds
    else:
        low = high = 0.0 if rule.is_against_task else rule.number
    shown = {
        "below": any(compare(figure, low) < 0 for figure in figures),
        "at": any(compare(figure, low) == 0 for figure in figures),
        "at the upper end": any(compare(figure, high) == 0 for figure in figures),
        "above": any(compare(figure, high) > 0 for figure in figures),
    }
    if rule.comparator == "list_empty" or rule.key in NEVER_BELOW:
        del shown["below"]
    if rule.key in NEVER_ABOVE | FLAGGED:
        del shown["above"]
    return shown


def tier_sides(rule: Rule, figures: list[float]) -> dict[str, bool]:
    """Say where around the end of each step the figures lie; nothing lies below an end of 0."""
    shown = {}
    ends = [tier.up_to for tier in rule.tiers if tier.up_to is not None]
    for end in ends:
        shown[f"at {end}"] = any(compare(figure, end) == 0 for figure in figures)
        if end > 0:
            shown[f"below {end}"] = any(compare(figure, end) < 0 for figure in figures)
        if rule.tiers[-1].up_to is None:
            shown[f"above {end}"] = any(compare(figure, end) > 0 for figure in figures)
    return shown


@pytest.mark.parametrize("rule", [one for one in CHECKED if is_divided(one.values[0])])
def test_every_share_is_shown_with_a_denominator_of_zero(rule):
    found = [one.outcome for one, is_zero in expected_of(rule) if is_zero]
    assert found, f"{named(rule)}: no case whose denominator is zero"
    assert set(found) == {"no_data"}, named(rule)


@pytest.mark.parametrize("rule", CHECKED)
def test_every_rule_is_seen_on_its_first_and_last_day_and_on_the_days_beside(rule):
    held = scenarios_of(rule)
    wanted: dict[str, str] = {}
    if rule.effective_from:
        wanted |= {beside(rule.effective_from, n): "in_force" for n in (0, 1)}
        wanted[beside(rule.effective_from, -1)] = "not_yet"
    if rule.effective_until:
        wanted |= {beside(rule.effective_until, n): "in_force" for n in (-1, 0)}
        wanted[beside(rule.effective_until, 1)] = "expired"
    assert wanted.items() <= held.days.items(), named(rule)


@pytest.mark.parametrize("rule", CHECKED)
def test_every_target_date_is_seen_on_the_day_and_the_day_after(rule):
    days = scenarios_of(rule).target_days.get(rule.part, {})
    wanted = {}
    if rule.target_date:
        wanted = {rule.target_date: False, beside(rule.target_date, 1): True}
    assert wanted.items() <= days.items(), named(rule)
    assert bool(wanted) or not days, f"{named(rule)}: has no target date"


@pytest.mark.parametrize("rule", CHECKED)
def test_the_force_of_every_part_is_stated_and_is_that_of_its_pack(rule):
    stated = {one.force for one, _ in expected_of(rule)} - {None}
    if rule.key in NEVER_ANSWERED:
        stated |= {rule.force}
    assert stated == {rule.force}, named(rule)


def test_no_expectation_speaks_of_a_part_that_no_pack_has():
    held = {rule.key for rule in RULES}
    spoken = {
        (rule_id, one.part.split(":")[0])
        for rule_id, scenarios in SCENARIOS.items()
        for case in scenarios.cases
        for one in case.expect
    }
    assert spoken - held == set()


def test_a_check_without_scenarios_fails_by_its_name(monkeypatch):
    (rule,) = [rule for rule in RULES if rule.key == ("B1", "land")]
    monkeypatch.delitem(SCENARIOS, "B1")
    for test in (
        test_every_part_has_its_cases,
        test_every_rule_is_seen_on_its_first_and_last_day_and_on_the_days_beside,
    ):
        with pytest.raises(AssertionError, match="jiaxing B1 land"):
            test(rule)
    for test in (
        test_every_threshold_is_shown_from_both_sides_and_on_it,
        test_every_share_is_shown_with_a_denominator_of_zero,
        test_the_force_of_every_part_is_stated_and_is_that_of_its_pack,
    ):
        with pytest.raises(AssertionError, match="jiaxing B1 land"):
            test(rule)


def test_what_the_cases_of_a_part_leave_out_is_named():
    (rule,) = [rule for rule in RULES if rule.key == ("B1", "land")]
    (kept,) = [rule for rule in RULES if rule.key == ("A1", "limit")]
    assert [k for k, v in sides(rule, [0.7, 0.8]).items() if not v] == ["below"]
    assert [k for k, v in sides(kept, [0.0, 1.0, 5.0]).items() if not v] == ["at the upper end"]
    assert all(sides(kept, [0.0, 1.0, 4.0, 5.0]).values())
