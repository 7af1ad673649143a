"""Every case of the scenario files leads to the verdicts that its file works out by hand."""

import pytest

from app.answers.evidence import LIGHTS, light
from platforms.policy.verdict import Verdict
from tests.scenarios.rule_scenarios import (
    TABLES,
    Expected,
    ScenarioError,
    all_scenarios,
    load,
    policy,
    the_one,
    verdicts,
)

SCENARIOS = all_scenarios()
CASES = [
    pytest.param(held, case, id=f"{rule}-{case.name}")
    for rule, held in SCENARIOS.items()
    for case in held.cases
]
DAYS = [
    pytest.param(held, day, status, id=f"{rule}-{day}")
    for rule, held in SCENARIOS.items()
    for day, status in held.days.items()
]
TARGET_DAYS = [
    pytest.param(held, day, {p: d[day] for p, d in held.target_days.items() if day in d},
                 id=f"{rule}-{day}")
    for rule, held in SCENARIOS.items()
    for day in sorted({day for days in held.target_days.values() for day in days})
]  # fmt: skip
NEAR = 1e-6
"""Shapes are of the areas written to 1e-12; the figures are hand-reckoned."""


def _near(value: float | None, wanted: float | None) -> bool:
    if value is None or wanted is None:
        return value is wanted
    return abs(value - wanted) <= NEAR * max(1.0, abs(wanted))


def _is_as_expected(found: Verdict, wanted: Expected, number: float | None) -> list[str]:
    """Name what differs; ``number`` is the threshold of a rule that has only one."""
    threshold = number if wanted.threshold is None else wanted.threshold
    gap = None if wanted.measured is None or threshold is None else wanted.measured - threshold
    tests = {
        f"outcome {found.outcome}": found.outcome == wanted.outcome,
        f"measured {found.measured}": _near(found.measured, wanted.measured),
        f"threshold {found.threshold}": _near(found.threshold, threshold),
        f"gap {found.gap}": _near(found.gap, gap),
        f"force {found.force}": wanted.force in (None, found.force),
        f"says {[s.code for s in found.reasons]}": set(wanted.says)
        <= {s.code for s in found.reasons},
        "no_data without reason": found.outcome != "no_data" or bool(found.reasons),
        "no clause": bool(found.clause),
        f"sign {light(found)}": (light(found) == LIGHTS["bad"])
        is (wanted.outcome == "not_met" and found.force == "mandatory"),
    }
    return [what for what, is_right in tests.items() if not is_right]


def _number(found: Verdict, wanted: Expected) -> float | None:
    """Give the threshold where the file may leave it out: missing figures have no gap to show."""
    if wanted.threshold is None and wanted.outcome in ("no_data", "not_applicable"):
        return found.threshold
    return None


@pytest.mark.parametrize(("held", "case"), CASES)
def test_the_case_comes_out_as_the_file_works_it_out(held, case):
    found = verdicts(held, case.layers, case.year, case.as_of)
    wrong = {}
    for wanted in case.expect:
        verdict = the_one(found, wanted)
        differs = _is_as_expected(verdict, wanted, _number(verdict, wanted))
        if differs:
            wrong[str(wanted)] = differs
    assert not wrong


@pytest.mark.parametrize(("held", "day", "status"), DAYS)
def test_on_each_day_every_part_says_whether_it_is_in_force_and_is_computed_all_the_same(
    held, day, status
):
    found = verdicts(held, held.layers, held.year, day)
    assert {v.force_status for v in found} == {status}
    assert {v.in_force for v in found} == {status == "in_force"}
    parts = {v.part.split(":")[0] for v in found}
    held_by_pack = set(policy(held.pack, day).parts(held.rule))
    assert held_by_pack - {part for rule, part in TABLES if rule == held.rule} <= parts
    assert parts <= held_by_pack


@pytest.mark.parametrize(("held", "day", "passed"), TARGET_DAYS)
def test_a_target_date_has_passed_from_the_day_after_it(held, day, passed):
    found = verdicts(held, held.layers, held.year, day)
    parts = {v.part.split(":")[0]: v.is_past_target for v in found}
    assert {part: is_past for part, is_past in parts.items() if part in passed} == passed


GOOD = """
rule: A1
pack: jiaxing
title: 一
as_of: 2025-06-30
year: 2024
base: {}
days: {because: 一, status: {2018-06-08: in_force}}
cases:
  - name: 一
    expect: [{part: limit, unit: N, outcome: met, measured: 2, threshold: 4}]
    because: 二
"""  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("title: 一", "titel: 一"),
        ("rule: A1", "rule: A99"),
        ("base: {}", "base: {unit: []}"),
        ("base: {}", "base: {units: [{unit: N}]}"),
        ("base: {}", "base: {projects: [{project_id: a, rect: [0, 0, 1, 1]}]}"),
        ("base: {}", "base: {}\nbase: {}"),
        ("in_force", "inforce"),
        ("outcome: met", "outcom: met"),
        (", measured: 2", ""),
        ("because: 二", "because: ' '"),
        ("because: 二", "becuase: 二"),
        ("name: 一", "name: 一\n    change: {units: {M: {name: 甲}}}"),
        ("name: 一", "name: 一\n    given: {units: [{unit_id: N, repeat: 0}]}"),
    ],
)
def test_a_file_that_says_something_unknown_is_refused(right, wrong):
    load(GOOD, "A1")
    assert right in GOOD
    with pytest.raises(ScenarioError):
        load(GOOD.replace(right, wrong, 1), "A1")


def test_an_expectation_that_fits_no_verdict_or_two_is_refused():
    held = load(GOOD, "A1")
    found = verdicts(held, held.layers, held.year, "2025-06-30")
    with pytest.raises(ScenarioError):
        the_one(found, Expected("limit", "M", None, None, "met", 1.0, None, None, ()))
    with pytest.raises(ScenarioError):
        the_one([*found, *found], Expected("limit", "N", None, None, "met", 1.0, None, None, ()))
