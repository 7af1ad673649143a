"""Projects brought in, listed and started, by unit and for the city (A12, B9, B10, C1, C3)."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from platforms.assessed import assessed_units
from platforms.judge import judge
from platforms.policy.dated import DatedRule, PolicySet
from platforms.policy.rules import Condition
from platforms.statement import say
from platforms.targets.conditions import Fit, conditions_on, fitting
from platforms.targets.ledger import Ledger
from platforms.targets.tally import count_verdict
from platforms.targets.windows import Window, window_of
from platforms.verdict import Evidence, Verdict

SIZE_PARTS = {"governor_size", "mayor_size", "county_head_size"}
START_PARTS = {"starts_1", "starts_10"}


NO_CLASS = "other"
"""Class of a project that belongs to none of the programmes."""


def brought_in(ledger: Ledger, policy: PolicySet, window: Window) -> Fit:
    """Say which projects were brought in (引进) in a window: registered, S6."""
    kinds = policy.setting_texts("S6", "brought_in_events")
    return ledger.happened(kinds, window.first, window.last)


def listed(ledger: Ledger, window: Window) -> Fit:
    """Say which projects came on the list in a window and hadn't left it but by starting (C6)."""
    came = ledger.happened(("listed",), window.first, window.last)
    return came.minus(ledger.left_list(window.last))


def started(ledger: Ledger, window: Window) -> Fit:
    """Say which projects started in a window (落地, S6)."""
    return ledger.happened(("started",), window.first, window.last)


def fits(ledger: Ledger, dated: DatedRule) -> Fit:
    """Say which projects meet the conditions of a rule."""
    return fitting(ledger.projects, conditions_on(dated.rule, "projects"))


def led_verdicts(
    ledger: Ledger, unit_ids: Sequence[str], policy: PolicySet, year: int
) -> list[Verdict]:
    """Judge how many large projects the head of each unit brought in (B9).

    Parameters
    ----------
    ledger
        The ledger on the as-of date.
    unit_ids
        Units to judge.
    policy
        Rules on that date.
    year
        Year asked.

    Returns
    -------
    list of Verdict
        Two a unit, by contracted USD and by RMB; neither is converted into the other.

    Notes
    -----
    B9 《进一步推动招大引强工作实施方案》 二（一）1; S6.
    """
    verdicts = []
    for unit_id in unit_ids:
        for part in policy.parts("B9"):
            dated = policy.rule("B9", part)
            window = window_of(dated.rule, year, policy.as_of)
            counted = brought_in(ledger, policy, window) & fits(ledger, dated)
            counted &= ledger.of_unit(unit_id)
            verdicts.append(count_verdict(dated, ledger, counted, window, unit_id))
    return verdicts


def city_counts(ledger: Ledger, rule_id: str, policy: PolicySet, year: int) -> list[Verdict]:
    """Judge the counts of the city (B10 but for its foreign investment, C1).

    Parameters
    ----------
    ledger
        The ledger on the as-of date.
    rule_id
        ``B10`` or ``C1``.
    policy
        Rules on that date.
    year
        Year asked; the periods of B10 are their own.

    Returns
    -------
    list of Verdict
        One a part: B10 by registration, C1 by entry on the list, its starts by start. The sizes
        of C1 (左右) give one verdict a project of the class: the distance, and no judgement.

    Notes
    -----
    B10 一（二）, S6; C1 嘉政办发〔2018〕52号 一.
    """
    verdicts = []
    for part in policy.parts(rule_id):
        dated = policy.rule(rule_id, part)
        if any(condition.layer != "projects" for condition in dated.rule.where):
            continue
        window = window_of(dated.rule, year, policy.as_of)
        if part in SIZE_PARTS:
            verdicts += _sizes(dated, ledger, window)
            continue
        if rule_id == "B10":
            moved = brought_in(ledger, policy, window)
        else:
            moved = (started if part in START_PARTS else listed)(ledger, window)
        verdicts.append(count_verdict(dated, ledger, moved & fits(ledger, dated), window, None))
    return verdicts


def _sizes(dated: DatedRule, ledger: Ledger, window: Window) -> list[Verdict]:
    """Show how far the investment of each listed project lies from an amount marked 左右."""
    shown = (listed(ledger, window) & fits(ledger, dated)).yes
    verdicts = []
    rows = ledger.projects[shown]
    amounts = rows["investment_yi_yuan"].astype("float64")
    for project_id, unit_id, amount in zip(
        rows["project_id"], rows["unit_id"], amounts, strict=True
    ):
        lost = np.isnan(amount)
        verdicts.append(
            judge(
                dated, None if lost else float(amount), unit_id=_text(unit_id), year=window.year,
                evidence=(Evidence("projects", (str(project_id),), say("target_counted")),),
                reasons=(say("target_amount_missing") if lost else say("target_about"),),
            )
        )  # fmt: skip
    return verdicts


def annex_verdicts(
    ledger: Ledger, units: pd.DataFrame, unit_ids: Sequence[str], policy: PolicySet, year: int
) -> list[Verdict]:
    """Judge the numbers of listed projects in the annex table (C3 but for its landing rate).

    Parameters
    ----------
    ledger
        The ledger on the as-of date.
    units
        Layer ``units``: the annex names the units.
    unit_ids
        Units to judge.
    policy
        Rules on that date.
    year
        Year asked.

    Returns
    -------
    list of Verdict
        For each unit the parts that hold for it. A unit that no part about 县长工程 names gets
        ``no_data``: the annex states no number for it.

    Notes
    -----
    C3 嘉政办发〔2018〕52号 二（二）、附件. Floors of units and the total of C1 are tested apart.
    """
    verdicts = []
    for unit_id in unit_ids:
        row = units[units["unit_id"] == unit_id].iloc[:1]
        named: list[Condition] = []
        for part in policy.parts("C3"):
            dated = policy.rule("C3", part)
            if part == "landing_rate":
                continue
            names = conditions_on(dated.rule, "units")
            if not fitting(row, names).yes.all():
                continue
            window = window_of(dated.rule, year, policy.as_of)
            counted = listed(ledger, window) & fits(ledger, dated) & ledger.of_unit(unit_id)
            verdicts.append(count_verdict(dated, ledger, counted, window, unit_id))
            named += names
        if not named and "county_head" in policy.parts("C3"):
            reason = say("target_unit_not_named")
            dated = policy.rule("C3", "county_head")
            verdicts.append(judge(dated, None, unit_id=unit_id, year=year, reasons=(reason,)))
    return verdicts


def good_project_verdicts(
    ledger: Ledger,
    platforms: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    unit_ids: Sequence[str],
    policy: PolicySet,
) -> list[Verdict]:
    """Judge how many major good projects (大项目好项目) each county brought in (A12).

    Parameters
    ----------
    ledger
        The ledger on the as-of date.
    platforms, units
        Layers ``major_platforms`` and ``units``; zones of functional zones don't count for the
        county around them.
    unit_ids
        Counties to judge.
    policy
        Rules on that date.

    Returns
    -------
    list of Verdict
        One a unit: the part for units with a state-level zone, or the other. Counted up to the
        target date; ``no_data`` where no platform is on file or a level that decides isn't stated.

    Notes
    -----
    A12 嘉政发〔2018〕15号 一（招商服务更加精准）; S4: listed 省市县长工程 since 2018-06-08; S9.
    """
    since = policy.setting_texts("S4", "listed_from")[0]
    under = assessed_units(platforms, units)
    verdicts = []
    for unit_id in unit_ids:
        own = platforms[under.eq(unit_id).to_numpy()]
        zone = policy.rule("A12", "with_national_zone")
        fit = fitting(own, conditions_on(zone.rule, "major_platforms"))
        reason = None
        if not len(platforms):
            reason = say("platforms_missing")
        elif not fit.yes.any() and fit.open.any():
            reason = say("target_levels_unknown", count=int(fit.open.sum()))
        if reason is not None:
            verdicts.append(judge(zone, None, unit_id=unit_id, reasons=(reason,)))
            continue
        dated = zone if fit.yes.any() else policy.rule("A12", "others")
        window = window_of(dated.rule, 0, policy.as_of, since=since)
        classes = ledger.projects["project_class"].astype("object")
        classed = Fit(
            (classes.notna() & classes.ne(NO_CLASS)).to_numpy(dtype=bool),
            classes.isna().to_numpy(dtype=bool),
        )
        counted = listed(ledger, window) & classed & ledger.of_unit(unit_id)
        verdicts.append(count_verdict(dated, ledger, counted, window, unit_id))
    return verdicts


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
