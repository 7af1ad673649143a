"""Who runs a platform and where tasks are set: its level (A16), its body (A24), towns (A25)."""

import pandas as pd

from layers.fields import split_list
from platforms.assessed import assessed_units, major_rows
from platforms.check_job import CheckJob, counted_rows
from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.statement import say
from platforms.verdict import Evidence, Outcome, Verdict

PLATFORMS, PARKS, TARGETS = "major_platforms", "parks", "targets"
LEVELS = "main_platform_levels"


def level_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge that the main platform is a state-level or well-developed provincial zone (A16).

    Parameters
    ----------
    job
        ``A16``.

    Returns
    -------
    list of Verdict
        One a platform, measured 1 where its level isn't among those of the assumption; a level
        not stated is ``no_data``.

    Notes
    -----
    A16 嘉政发〔2018〕15号 二（一）; the levels that are good enough are assumed.
    """
    fit = job.policy.setting_texts(LEVELS, "levels")
    verdicts = []
    for unit_id, row in job.platforms():
        level = row["level"]
        said = say("a16_level", level=level) if pd.notna(level) else say("a16_level_missing")
        for dated in job.rules(""):
            verdicts.append(
                judge(
                    dated,
                    None if pd.isna(level) else float(level not in fit),
                    unit_id=unit_id,
                    platform_id=str(row["platform_id"]),
                    evidence=(Evidence(PLATFORMS, (str(row["platform_id"]),)),),
                    reasons=(said,),
                )
            )
    return verdicts


def body_verdicts(job: CheckJob) -> list[Verdict]:
    """Judge that each platform has one management body and each sub-park its route (A24).

    Parameters
    ----------
    job
        ``A24``.

    Returns
    -------
    list of Verdict
        Two a platform: ``one_body`` counts the bodies on file (none on file: ``no_data``),
        ``route`` the sub-parks without a route. Where no park of the city has one the column
        isn't kept, which is ``no_data``; a platform without sub-parks needs none.

    Notes
    -----
    A24 嘉政发〔2018〕15号 二（三）.
    """
    verdicts = []
    for unit_id, row in job.platforms():
        for dated in job.rules("one_body", "route"):
            judged = _one_body if dated.rule.part == "one_body" else _route
            verdicts.append(judged(job, dated, unit_id, row))
    return verdicts


def _one_body(job: CheckJob, dated: DatedRule, unit_id: str, row: pd.Series) -> Verdict:
    bodies = set(split_list(row["management_bodies"]))
    said = say("a24_bodies", bodies="、".join(sorted(bodies)))
    if not bodies:
        said = say("platform_column_missing", column="management_bodies")
    return judge(
        dated,
        float(len(bodies)) if bodies else None,
        unit_id=unit_id,
        platform_id=str(row["platform_id"]),
        evidence=(Evidence(PLATFORMS, (str(row["platform_id"]),)),),
        reasons=(said,),
    )


def _route(job: CheckJob, dated: DatedRule, unit_id: str, row: pd.Series) -> Verdict:
    parks = job.layer(PARKS)
    yes, _ = counted_rows(dated.rule, PARKS, parks)
    own = parks[yes & parks["platform_id"].eq(row["platform_id"]).fillna(value=False)]
    lacking = tuple(own["park_id"][own["integration_route"].isna()])
    platform_id = str(row["platform_id"])
    outcome: Outcome | None = None
    measured: float | None = None
    evidence = []
    if parks.empty:
        said = say("parks_missing")
    elif own.empty:
        outcome, said = "not_applicable", say("a24_no_sub_park")
    elif parks["integration_route"].isna().all():
        said = say("a24_routes_not_kept")
    else:
        measured = float(len(lacking))
        said = say("a24_routes", count=len(own), lacking=len(lacking))
        evidence.append(Evidence(PARKS, tuple(own["park_id"])))
    if measured:
        evidence.append(Evidence(PARKS, lacking, say("a24_route_missing", count=len(lacking))))
    return judge(
        dated, measured, unit_id=unit_id, platform_id=platform_id, outcome=outcome,
        evidence=tuple(evidence), reasons=(said,),
    )  # fmt: skip


def town_task_verdicts(job: CheckJob) -> list[Verdict]:
    """List industrial investment tasks set for towns that host no main platform (A25).

    Parameters
    ----------
    job
        ``A25``.

    Returns
    -------
    list of Verdict
        One a unit for the year, measured the number of tasks. A unit without tasks on record for
        the year is ``no_data``; so is one with such tasks where a platform doesn't state its town.

    Notes
    -----
    A25 嘉政发〔2018〕15号 二（三）.
    """
    targets = job.source.read(TARGETS)
    targets = targets[targets["year"].eq(job.year).fillna(value=False)]
    major = major_rows(job.layer(PLATFORMS))
    under = assessed_units(major, job.layer("units"))
    verdicts = []
    for unit_id in job.unit_ids:
        own = targets[targets["unit_id"].eq(unit_id).fillna(value=False)]
        hosts = major["town"][under.eq(unit_id)]
        for dated in job.rules(""):
            verdicts.append(_town_tasks(job, dated, unit_id, own, hosts))
    return verdicts


def _town_tasks(
    job: CheckJob, dated: DatedRule, unit_id: str, own: pd.DataFrame, hosts: pd.Series
) -> Verdict:
    if own.empty:
        said = say("a25_no_tasks", year=job.year)
        return judge(dated, None, unit_id=unit_id, year=job.year, reasons=(said,))
    yes, unclear = counted_rows(dated.rule, TARGETS, own)
    towns = {town for text in hosts for town in split_list(text)}
    to_town = own["town"].notna()
    elsewhere = to_town & ~own["town"].isin(towns)
    listed = tuple(own["target_id"][yes & elsewhere])
    unknown = tuple(own["target_id"][unclear & elsewhere])
    evidence = []
    reasons = []
    if listed:
        named = "、".join(sorted(set(own["town"][yes & elsewhere])))
        evidence.append(Evidence(TARGETS, listed, say("a25_listed", towns=named)))
    if unknown:
        evidence.append(Evidence(TARGETS, unknown, say("a25_indicator_unknown")))
        reasons.append(say("a25_indicator_unknown"))
    undecided = bool(unknown) and not listed
    if listed and (hosts.isna().any() or hosts.empty):
        reasons.append(say("a25_host_unknown"))
        undecided = True
    return judge(
        dated,
        None if undecided else float(len(listed)),
        unit_id=unit_id,
        year=job.year,
        evidence=tuple(evidence),
        reasons=tuple(reasons),
    )
