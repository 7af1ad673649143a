"""Projects brought in, listed, started, landed (A12 B9 B10 C1–C3 C8)."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from platforms.ledger.calendar import Window, window_of
from platforms.ledger.counting import (
    Ledger,
    count_verdict,
    part_verdict,
)
from platforms.policy.check import counted_rows, judge
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.pack import Condition
from platforms.policy.uncertain import Maybe, conditions_on, rows_meeting
from platforms.policy.verdict import Evidence, Verdict, say
from platforms.territory import assessed_units

BEGINNING = "0000-01-01"


def on_years_list(ledger: Ledger, window: Window) -> Maybe:
    """Say which projects stood on the list of a year.

    Parameters
    ----------
    ledger
        The ledger.
    window
        The year.

    Returns
    -------
    Maybe
        Listed by its last day, not started before it and not gone from the list (C6: a project
        leaves by starting, or because the policy or the investor changed).
    """
    came = ledger.happened(("listed",), BEGINNING, window.last)
    earlier = ledger.happened(("started",), BEGINNING, _day_before(window.first))
    # A start without a date counts as open in the year itself, not a second time as an earlier one.
    return came - Maybe.known(earlier.yes) - ledger.left_list(window.last)


def signed_and_landed(ledger: Ledger, policy: PolicySet, window: Window) -> tuple[Maybe, Maybe]:
    """Say which projects of a year's list are signed, and which projects landed in the year.

    Parameters
    ----------
    ledger
        The ledger.
    policy
        Rules on the as-of date; S5 states what is signed and what is landed.
    window
        The year, or its part up to a day.

    Returns
    -------
    tuple of Maybe
        What lies under the fraction line of the landing rate, and what lies over it where it also
        lies under it.
    """
    listed = on_years_list(ledger, window)
    signed = ledger.happened(
        policy.setting_texts("S5", "denominator_events"), BEGINNING, window.last
    )
    landed = ledger.happened(policy.setting_texts("S5", "landed_events"), window.first, window.last)
    return listed & signed, landed


def landing_verdicts(
    ledger: Ledger,
    rule_id: str,
    part: str,
    unit_ids: Sequence[str | None],
    policy: PolicySet,
    year: int,
) -> list[Verdict]:
    """Judge the landing rate of units and of the city.

    Parameters
    ----------
    ledger
        The ledger on the as-of date.
    rule_id, part
        ``C8``, or ``C3`` with its part ``landing_rate``.
    unit_ids
        Units to judge, None among them for the city.
    policy
        Rules on that date; S5 states what is signed and what is landed.
    year
        Year asked.

    Returns
    -------
    list of Verdict
        One each; ÷ all listed stands in the reasons. Without a signed project, ``no_data``.

    Notes
    -----
    C8 嘉政办发〔2018〕52号 一、四（四）、附件; S5. The provincial definition is not stated.
    """
    dated = policy.rule(rule_id, part)
    window = window_of(dated.rule, year, policy.as_of)
    listed = on_years_list(ledger, window)
    signed, landed = signed_and_landed(ledger, policy, window)
    verdicts = []
    for unit_id in unit_ids:
        own = listed & ledger.of_unit(unit_id)
        whole = signed & own
        beside = []
        if own.yes.any():
            count, base = int((own.yes & landed.yes).sum()), int(own.yes.sum())
            beside.append(say("target_of_listed", part=count, whole=base, share=count / base))
        verdicts.append(part_verdict(dated, ledger, landed, whole, window, unit_id, beside))
    return verdicts


def _day_before(first: str) -> str:
    """Give the last day of the year before."""
    return f"{int(first[:4]) - 1:04d}-12-31"


def floor_verdicts(
    ledger: Ledger, unit_ids: Sequence[str], policy: PolicySet, year: int
) -> list[Verdict]:
    """Judge the investment of each project against the floor of its class.

    ``year``: Year asked; projects that came on the list later aren't shown.

    One a project and part of its class [亿元]; its evidence names the project. Where the project
    isn't of the kind whose floor is stated, or doesn't say, ``no_data``. A unit without such
    projects has one verdict a part: ``not_applicable``, or ``no_data`` where projects don't state
    their class.

    Notes
    -----
    C2 嘉政办发〔2018〕52号 二: no other floor is stated.
    """
    verdicts = []
    for part in policy.parts("C2"):
        for unit_id in unit_ids:
            verdicts += _of_unit(ledger, part, unit_id, policy, year)
    return verdicts


def _of_unit(
    ledger: Ledger, part: str, unit_id: str, policy: PolicySet, year: int
) -> list[Verdict]:
    dated = policy.rule("C2", part)
    conditions = conditions_on(dated.rule, "projects")
    of_class = rows_meeting(
        ledger.projects, [one for one in conditions if one.column == "project_class"]
    )
    own = ledger.of_unit(unit_id).yes
    listed_on = ledger.first_day(("listed",)).fillna("").to_numpy(dtype=object)
    until = np.array([day <= min(f"{year}-12-31", policy.as_of) for day in listed_on], dtype=bool)
    shown = np.flatnonzero(own & of_class.yes & until)
    verdicts = []
    for position in shown:
        verdicts.append(floor_verdict(ledger, int(position), part, policy, unit_id, year))
    if verdicts:
        return verdicts
    open_ids = ledger.ids(own & of_class.open)
    if ledger.is_empty or open_ids:
        none = say("target_no_projects") if ledger.is_empty else say(
            "c2_class_unknown", count=len(open_ids)
        )  # fmt: skip
        rows = (Evidence("projects", open_ids, say("target_unclear")),) if open_ids else ()
        return [judge(dated, None, unit_id=unit_id, year=year, evidence=rows, reasons=(none,))]
    return [
        judge(
            dated, None, unit_id=unit_id, year=year, outcome="not_applicable",
            reasons=(say("c2_none_of_class"),),
        )
    ]  # fmt: skip


def floor_verdict(
    ledger: Ledger, position: int, part: str, policy: PolicySet, unit_id: str | None, year: int
) -> Verdict:
    """Judge the investment of one project of the class against its floor.

    Parameters
    ----------
    ledger
        The ledger.
    position
        The project, by its position in it; of the class that the part speaks of.
    part
        Part of C2.
    policy
        Rules on the as-of date.
    unit_id, year
        Subject and year of the verdict.

    Returns
    -------
    Verdict
        [亿元]; ``no_data`` where the project isn't of the kind whose floor is stated, or doesn't
        say.
    """
    dated = policy.rule("C2", part)
    one = ledger.projects.iloc[[position]]
    fit = counted_rows(dated.rule, "projects", one)
    row = one.iloc[0]
    amount = row["investment_yi_yuan"]
    if fit.yes[0]:
        reason = say("target_amount_missing") if pd.isna(amount) else None
    elif fit.open[0]:
        reason = say("c2_kind_unknown")
    else:
        reason = say("c2_no_floor_stated")
    return judge(
        dated, float(amount) if reason is None else None, unit_id=unit_id, year=year,
        evidence=(Evidence("projects", (str(row["project_id"]),), say("target_counted")),),
        reasons=() if reason is None else (reason,),
    )  # fmt: skip


SIZE_PARTS = {"governor_size", "mayor_size", "county_head_size"}
START_PARTS = {"starts_1", "starts_10"}


NO_CLASS = "other"
"""Class of a project that belongs to none of the programmes."""


def brought_in(ledger: Ledger, policy: PolicySet, window: Window) -> Maybe:
    """Say which projects were brought in (引进) in a window: registered, S6."""
    kinds = policy.setting_texts("S6", "brought_in_events")
    return ledger.happened(kinds, window.first, window.last)


def listed(ledger: Ledger, window: Window) -> Maybe:
    """Say which projects came on the list in a window and hadn't left it but by starting (C6)."""
    came = ledger.happened(("listed",), window.first, window.last)
    return came - ledger.left_list(window.last)


def started(ledger: Ledger, window: Window) -> Maybe:
    """Say which projects started in a window (落地, S6)."""
    return ledger.happened(("started",), window.first, window.last)


def fits(ledger: Ledger, dated: DatedRule) -> Maybe:
    """Say which projects meet the conditions of a rule."""
    return counted_rows(dated.rule, "projects", ledger.projects)


def led_verdicts(
    ledger: Ledger, unit_ids: Sequence[str], policy: PolicySet, year: int
) -> list[Verdict]:
    """Judge how many large projects the head of each unit brought in (B9).

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
            if not rows_meeting(row, names).yes.all():
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

    ``platforms, units``: Layers ``major_platforms`` and ``units``; zones of functional zones
      don't count for the county around them.

    One a unit: the part for units with a state-level zone, or the other. Counted up to the target
    date; ``no_data`` where no platform is on file or a level that decides isn't stated.

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
        fit = counted_rows(zone.rule, "major_platforms", own)
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
        classed = Maybe(
            (classes.notna() & classes.ne(NO_CLASS)).to_numpy(dtype=bool),
            classes.isna().to_numpy(dtype=bool),
        )
        counted = listed(ledger, window) & classed & ledger.of_unit(unit_id)
        verdicts.append(count_verdict(dated, ledger, counted, window, unit_id))
    return verdicts


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
