"""The worked example of the contributing guide does what it says, as printed."""

import re
from pathlib import Path

import platforms.checks
from platforms.policy import registry
from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import parse_pack
from tests.planning_frames import CITY_CRS
from tests.scenarios import rule_scenarios

PROJECT = Path(__file__).resolve().parents[2]
GUIDE = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_rule_of_the_worked_example_is_judged_as_its_scenario_says(monkeypatch):
    example = GUIDE.partition("## Worked example")[2]
    row, scenario = re.findall(r"```yaml\n(.*?)```", example, re.DOTALL)
    (code,) = re.findall(r"```python\n(.*?)```", example, re.DOTALL)
    monkeypatch.setattr(registry, "_CHECKS", dict(registry._CHECKS))
    exec(compile(code, "CONTRIBUTING.md", "exec"), {})
    rules = registry.checked_rules()
    assert "A31" in rules
    monkeypatch.setattr(platforms.checks, "CHECKED_RULES", rules)
    monkeypatch.setattr(rule_scenarios, "CHECKED_RULES", rules)
    text = (PROJECT / "data" / "policy" / "jiaxing.yaml").read_text(encoding="utf-8")
    pack = parse_pack(f"{text.rstrip()}\n\n{row}", "jiaxing")
    read = rule_scenarios.load(scenario, "A31")
    outcomes = []
    for case in read.cases:
        query = platforms.checks.CheckQuery(case.year, ("A31",), (), case.as_of)
        city = rule_scenarios._City(case.layers)
        policy = policy_on(pack, case.as_of)
        verdicts = platforms.checks.run_checks(city, query, policy, CITY_CRS)
        for expected in case.expect:
            verdict = rule_scenarios.the_one(verdicts, expected)
            assert verdict.outcome == expected.outcome, case.name
            if expected.measured is not None:
                assert (verdict.measured, verdict.threshold) == (
                    expected.measured,
                    expected.threshold,
                )
            outcomes.append(verdict.outcome)
    assert outcomes == ["met", "not_met", "no_data"]
    status = {day: policy_on(pack, day).rule("A31", "").force_status for day in read.days}
    assert status == read.days
