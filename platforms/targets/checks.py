"""Which computation judges which rule of tasks and targets."""

from collections.abc import Sequence

import geopandas as gpd

from platforms.ledger.counting import Ledger, ledger_on
from platforms.policy.in_force import PolicySet
from platforms.policy.verdict import Verdict
from platforms.source import LayerSource
from platforms.targets.completion import completion_verdicts, construction_verdict, reported_verdict
from platforms.targets.counts import (
    annex_verdicts,
    city_counts,
    floor_verdicts,
    good_project_verdicts,
    landing_verdicts,
    led_verdicts,
)

TARGET_RULES = ("A12", "B9", "B10", "B11", "C1", "C2", "C3", "C8", "E1", "E8")
"""Rules judged here, in the order in which they are shown."""


def target_verdicts(
    rule_id: str,
    year: int,
    source: LayerSource,
    unit_ids: Sequence[str],
    policy: PolicySet,
    ledger: Ledger | None = None,
) -> list[Verdict]:
    """Judge one rule of tasks and targets.

    Parameters
    ----------
    rule_id
        One of ``TARGET_RULES``.
    year
        Year asked; a rule with a period of its own keeps to it.
    source
        Gives ``units``, ``projects``, ``project_events``, ``targets``, ``major_platforms``.
    unit_ids
        Units to judge. The city is judged only where these are all units there are.
    policy
        Rules on the as-of date; an event after it has not happened.
    ledger
        The ledger where it is at hand; None to read it as it stood on the as-of date.

    Returns
    -------
    list of Verdict
        By part and unit; the evidence names the projects behind each figure.
    """
    units = gpd.GeoDataFrame(source.read("units"))
    all_units = list(map(str, units["unit_id"]))
    is_city = bool(all_units) and set(all_units) <= set(unit_ids)
    ledger = ledger_on(source, policy.as_of) if ledger is None else ledger
    if rule_id == "A12":
        platforms = gpd.GeoDataFrame(source.read("major_platforms"))
        return good_project_verdicts(ledger, platforms, units, unit_ids, policy)
    if rule_id == "B9":
        return led_verdicts(ledger, unit_ids, policy, year)
    if rule_id == "B11":
        return completion_verdicts(source.read("targets"), all_units, unit_ids, policy, year)
    if rule_id == "C2":
        return floor_verdicts(ledger, unit_ids, policy, year)
    if rule_id == "C3":
        found = annex_verdicts(ledger, units, unit_ids, policy, year)
        if "landing_rate" in policy.parts("C3"):
            found += landing_verdicts(ledger, "C3", "landing_rate", unit_ids, policy, year)
        return found
    if rule_id == "C8":
        asked: list[str | None] = [*unit_ids, *([None] if is_city else [])]
        return landing_verdicts(ledger, "C8", "", asked, policy, year)
    return _of_city(rule_id, year, source, ledger, all_units, policy) if is_city else []


def _of_city(
    rule_id: str,
    year: int,
    source: LayerSource,
    ledger: Ledger,
    all_units: list[str],
    policy: PolicySet,
) -> list[Verdict]:
    """Judge the rules that speak of the city as a whole."""
    found = [] if rule_id.startswith("E") else city_counts(ledger, rule_id, policy, year)
    for part in policy.parts(rule_id):
        dated = policy.rule(rule_id, part)
        if any(condition.layer == "targets" for condition in dated.rule.where):
            targets = source.read("targets")
            found.append(reported_verdict(dated, targets, all_units, policy, year))
        elif rule_id.startswith("E"):
            one = construction_verdict(dated, ledger, policy, year)
            found += [] if one is None else [one]
    order = policy.parts(rule_id)
    return sorted(found, key=lambda verdict: order.index(verdict.part))
