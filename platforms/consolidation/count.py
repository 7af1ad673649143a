"""How many major platforms each county-level unit keeps (A1)."""

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from geo.units import compare
from platforms.assessed import assessed_units, major_rows
from platforms.judge import judge
from platforms.policy.dated import PolicySet
from platforms.statement import Statement, say
from platforms.verdict import Evidence, Verdict

LAYER = "major_platforms"


def count_verdicts(
    platforms: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    unit_ids: Sequence[str],
    policy: PolicySet,
) -> list[Verdict]:
    """Judge the number of major platforms, in principle and at most.

    Parameters
    ----------
    platforms, units
        Layers ``major_platforms`` and ``units``, in one system.
    unit_ids
        Units to judge.
    policy
        Rules on the as-of date.

    Returns
    -------
    list of Verdict
        Two a unit. Part ``principle`` asks for the number kept in principle; its reasons say
        whether a deviation has its reason and review date on file. Part ``limit`` is met within
        the principle, or up to the limit where each platform beyond it has both on file. A
        platform in a functional zone counts there, not for the county around it. Without any
        platform on record, or with one of no known unit, there is no verdict.

    Notes
    -----
    A1 嘉政发〔2018〕15号 一（平台布局更加合理）.
    """
    major = major_rows(platforms)
    under = assessed_units(major, units)
    homeless = tuple(major["platform_id"][under.isna()])
    verdicts = []
    for unit_id in unit_ids:
        if major.empty:
            verdicts += _undecided(policy, unit_id, (), say("platforms_missing"))
        elif homeless:
            said = say("platform_unit_unknown", count=len(homeless))
            verdicts += _undecided(policy, unit_id, (Evidence(LAYER, homeless),), said)
        else:
            elsewhere = major[major["unit_id"].eq(unit_id).fillna(value=False) & under.ne(unit_id)]
            verdicts += _verdicts(policy, unit_id, major[under.eq(unit_id)], elsewhere)
    return verdicts


def _undecided(
    policy: PolicySet, unit_id: str, evidence: tuple[Evidence, ...], reason: Statement
) -> list[Verdict]:
    return [
        judge(policy.rule("A1", part), None, unit_id=unit_id, evidence=evidence, reasons=(reason,))
        for part in ("principle", "limit")
    ]


def _verdicts(
    policy: PolicySet, unit_id: str, kept: gpd.GeoDataFrame, elsewhere: gpd.GeoDataFrame
) -> list[Verdict]:
    principle, limit = policy.rule("A1", "principle"), policy.rule("A1", "limit")
    count = float(len(kept))
    usual = principle.rule.bounds[1]
    on_file = kept[kept["extra_reason"].notna() & kept["extra_review_on"].notna()]
    extra = max(0, int(count - usual))
    has_reasons = len(on_file) >= extra
    evidence = [Evidence(LAYER, tuple(kept["platform_id"]))]
    if len(elsewhere):
        said = say("platform_counted_under_zone", count=len(elsewhere))
        evidence.append(Evidence(LAYER, tuple(elsewhere["platform_id"]), said))
    reasons = _reasons(on_file, extra, policy.as_of) if extra else []
    if not count:
        reasons.append(say("a1_none"))
    within = compare(count, limit.rule.bounds[0]) >= 0 and compare(count, limit.rule.bounds[1]) <= 0
    return [
        judge(principle, count, unit_id=unit_id, evidence=tuple(evidence), reasons=tuple(reasons)),
        judge(
            limit,
            count,
            unit_id=unit_id,
            outcome="met" if within and has_reasons else "not_met",
            evidence=tuple(evidence),
            reasons=tuple(reasons),
        ),
    ]


def _reasons(on_file: pd.DataFrame, extra: int, as_of: str) -> list[Statement]:
    """Say whether each platform beyond the usual number has its reason and review date."""
    if len(on_file) < extra:
        return [say("a1_reason_missing", extra=extra, on_file=len(on_file))]
    first = str(on_file["extra_review_on"].min())
    said = [say("a1_reason_on_file", extra=extra, review_on=first)]
    return [*said, say("a1_review_due", review_on=first)] if first < as_of else said
