"""Evidence for keeping or exit; dated steps (A23, A28)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.measure import ellipsoidal_area_m2
from geo.overlay import common_area_m2, intersecting_pairs
from platforms.completeness import Completeness, constraints_in_force
from platforms.consolidation.parks import firms_by_park
from platforms.indicators.figures import firm_years
from platforms.policy.check import CheckJob, counted_rows, judge, reported_year
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Outcome, Statement, Verdict, say
from platforms.territory import shapes_of

PARKS = "parks"
WASTED_STATES = ("idle", "inefficient", "supplied_not_used", "withdrawn")


@dataclass(frozen=True)
class _Facts:
    """What is known of one park; shares 0-1, None where it isn't known."""

    fit_share: float | None
    above_scale_share: float | None
    unused_share: float | None
    wasted_share: float | None
    firm_count: int
    yields: Statement


@check("A28", "upgrade", "exit", unit="", grouped_by="row")
def evidence_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Give the evidence for sorting each park that hasn't exited (A28).

    One a park, measured a score from 0 to 1. ``upgrade``: mean of what is known of the land that no
    blocking constraint takes, firms above scale, land not yet used. ``exit``: of the land that
    constraints take, firms below scale, idle and inefficient land. Nothing known is ``no_data``.
    Hazards and discord aren't in the data, and the reasons say so.

    A28 嘉政发〔2018〕15号 二（二）; the measures are assumed, people decide.
    """
    is_exit = dated.rule.part == "exit"
    verdicts = []
    for unit_id, park_id, facts in job.per_rule(_facts_by_park):
        shares = _for_exit(facts) if is_exit else _for_upgrade(facts)
        known = [share for share in shares.values() if share is not None]
        said = [
            say(code, value=share) if share is not None else say(f"{code}_unknown")
            for code, share in shares.items()
        ]
        verdicts.append(
            judge(
                dated,
                sum(known) / len(known) if known else None,
                unit_id=unit_id,
                year=reported_year(job, firm_years(job)),
                evidence=(Evidence(PARKS, (park_id,)),),
                reasons=(
                    say("park_named", park_id=park_id), *said, facts.yields,
                    *((say("a28_not_in_data"),) if is_exit else ()),
                ),
            )
        )  # fmt: skip
    return verdicts


def _facts_by_park(job: CheckJob) -> list[tuple[str, str, _Facts]]:
    """List unit, park and facts of the parks that haven't exited, by unit in the order asked."""
    parks = job.layer(PARKS)
    present = parks[~(parks["exited_on"].fillna("9999-12-31") <= job.policy.as_of)]
    facts = _facts(job, present)
    under = job.assessed(PARKS, present)
    return [
        (unit_id, str(present["park_id"].iloc[int(position)]), facts[int(position)])
        for unit_id in job.unit_ids
        for position in np.flatnonzero(under.eq(unit_id).to_numpy(dtype=bool))
    ]


def _for_upgrade(facts: _Facts) -> dict[str, float | None]:
    return {
        "a28_fit": facts.fit_share,
        "a28_above_scale": facts.above_scale_share,
        "a28_unused": facts.unused_share,
    }


def _for_exit(facts: _Facts) -> dict[str, float | None]:
    fit, above = facts.fit_share, facts.above_scale_share
    return {
        "a28_misfit": None if fit is None else 1 - fit,
        "a28_below_scale": None if above is None else 1 - above,
        "a28_wasted": facts.wasted_share,
    }


def _facts(job: CheckJob, parks: gpd.GeoDataFrame) -> list[_Facts]:
    fit = _fit_shares(job, parks)
    unused, wasted = _land_shares(job, parks)
    firms = job.layer("enterprises").drop_duplicates("enterprise_id").set_index("enterprise_id")
    of_park = firms_by_park(job.layer("enterprises"), parks)
    figures = job.source.read("enterprise_indicators")
    year = reported_year(job, firm_years(job))
    figures = figures[figures["year"].eq(year).fillna(value=False)]
    facts = []
    for number, park_id in enumerate(parks["park_id"]):
        of_firms = firms.loc[of_park[str(park_id)]]
        scale = of_firms["is_above_scale"].dropna().astype(bool)
        facts.append(
            _Facts(
                fit[number],
                float(scale.mean()) if len(scale) else None,
                unused[number],
                wasted[number],
                len(of_firms),
                _yields(
                    figures[figures["enterprise_id"].isin(of_firms.index)], len(of_firms), year
                ),
            )
        )
    return facts


def _fit_shares(job: CheckJob, parks: gpd.GeoDataFrame) -> list[float | None]:
    """Measure what part of each park no blocking constraint takes (S16)."""
    constraints = constraints_in_force(job.layer("constraints"), job.policy)
    if parks.empty:
        return []
    on_file = Completeness(job.source, job.policy)
    lacking = on_file.lacking(on_file.law.site_kinds, shapes_of(parks))
    left = shapes_of(parks).copy()
    severities = job.policy.setting_texts("S16", "deducted_severities")
    blocks = constraints[constraints["severity"].isin(severities)]
    inside = blocks[blocks["applies"].eq("inside").fillna(value=False)]
    left = shapely.difference(left, shapely.union_all(shapes_of(inside)))
    beyond = blocks[blocks["applies"].eq("outside").fillna(value=False)]
    for _, group in beyond.groupby(beyond["constraint_kind"].fillna("")):
        left = shapely.intersection(left, shapely.union_all(shapes_of(group)))
    whole = ellipsoidal_area_m2(shapes_of(parks), job.crs)
    free = ellipsoidal_area_m2(left, job.crs)
    return [
        min(1.0, float(f / w)) if w > 0 and not kinds else None
        for f, w, kinds in zip(free, whole, lacking, strict=True)
    ]


def _land_shares(
    job: CheckJob, parks: gpd.GeoDataFrame
) -> tuple[list[float | None], list[float | None]]:
    """Measure what part of a park's parcels of known state is unused, and idle or inefficient."""
    parcels = job.layer("land_parcels")
    parcels = parcels[parcels["state"].notna() & parcels["state"].ne("unknown")]
    of_parcel, of_park = intersecting_pairs(shapes_of(parcels), shapes_of(parks))
    if not len(of_parcel):
        return [None] * len(parks), [None] * len(parks)
    area = common_area_m2(shapes_of(parcels), shapes_of(parks), of_parcel, of_park, job.crs)
    state = parcels["state"].to_numpy(dtype=object)[of_parcel]
    known = np.bincount(of_park, area, len(parks))
    used = np.isin(state, [*_used_states(job.policy), "inefficient"])
    unused = np.bincount(of_park, np.where(used, 0.0, area), len(parks))
    wasted = np.bincount(of_park, np.where(np.isin(state, WASTED_STATES), area, 0.0), len(parks))
    return _over(unused, known), _over(wasted, known)


def _used_states(policy: PolicySet) -> tuple[str, ...]:
    return policy.setting_texts("S16", "used_states")


def _over(part: np.ndarray, whole: np.ndarray) -> list[float | None]:
    return [float(p / w) if w > 0 else None for p, w in zip(part, whole, strict=True)]


def _yields(figures: pd.DataFrame, firm_count: int, year: int) -> Statement:
    """Give output per 亩 of the firms that have both figures, as the sum over the sum."""
    both = figures[figures["output_wan_yuan"].notna() & (figures["land_in_use_mu"] > 0)]
    if both.empty:
        return say("a28_yield_unknown", firms=firm_count, year=year)
    per_mu = float(both["output_wan_yuan"].sum() / both["land_in_use_mu"].sum())
    return say(
        "a28_yield", firms=firm_count, known=len(both), year=year, output_wan_yuan_per_mu=per_mu
    )


MILESTONES = "unit_milestones"


@check("A23", unit="个", grouped_by="unit")
def checklist_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge a dated step of each county (A23).

    One a unit: 1 where the step was taken late, or is open after its day, else 0. The day is the
    one on record, else that of the rule; it is included (S12). An open step before its day isn't
    judged yet. A unit without the step on record is ``no_data``.

    A23 嘉政发〔2018〕15号 三（二）.
    """
    rows = job.source.read(MILESTONES)
    return [_verdict(dated, unit_id, rows, job.policy.as_of) for unit_id in job.unit_ids]


def _verdict(dated: DatedRule, unit_id: str, rows: pd.DataFrame, as_of: str) -> Verdict:
    of_step = counted_rows(dated.rule, MILESTONES, rows).yes
    of_unit = rows[of_step & rows["unit_id"].eq(unit_id).fillna(value=False)]
    steps = {str(row["milestone_id"]): _step(dated, row, as_of) for _, row in of_unit.iterrows()}
    codes = {step.code for step in steps.values()}
    outcome: Outcome | None = None
    measured: float | None = None
    if codes & {"a23_late", "a23_open"}:
        measured = 1.0
    elif not codes or "a23_day_missing" in codes:
        measured = None
    elif "a23_not_due" in codes:
        outcome = "not_applicable"
    else:
        measured = 0.0
    return judge(
        dated,
        measured,
        unit_id=unit_id,
        outcome=outcome,
        evidence=(Evidence(MILESTONES, tuple(steps)),) if steps else (),
        reasons=tuple(steps.values()) or (say("a23_no_step"),),
    )


def _step(dated: DatedRule, row: pd.Series, as_of: str) -> Statement:
    """Say when a step was to be taken and when it was."""
    due = row["due_on"] if isinstance(row["due_on"], str) else dated.rule.target_date
    done, name = row["done_on"], str(row["milestone"])
    if due is None:
        return say("a23_day_missing", milestone=name)
    if isinstance(done, str) and done <= as_of:
        code = "a23_in_time" if done <= due else "a23_late"
        return say(code, milestone=name, due_on=due, done_on=done)
    return say("a23_open" if as_of > due else "a23_not_due", milestone=name, due_on=due)
