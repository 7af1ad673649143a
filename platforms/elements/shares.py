"""The 70 % shares (B1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo.arrays import Flags, Floats
from geo.units import PRINTED_SHARE, compare, compare_printed
from layers.fields import FIELDS
from platforms.elements.allotments import (
    AMOUNT_COLUMNS,
    CITY,
    Allotments,
    Cell,
    PlaceLayers,
    approved_outlines,
    counts_in,
    made_until,
    open_points,
    parts_inside,
    read_allotments,
    zone_outlines,
)
from platforms.policy.check import CheckJob, judge, outcome_between, with_full_year
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Outcome, Statement, Verdict, say


@dataclass(frozen=True)
class Members:
    """Allotments that count, or may count, in one share.

    ``amount``: Amount of each, NaN where it isn't known.
    ``least, most``: Part of each that lies inside (0–1), at least and at most.
    ``certain``: True where it is known to count.
    """

    amount: Floats
    least: Floats
    most: Floats
    certain: Flags

    @property
    def settled(self) -> Flags:
        """True where nothing of an allotment is left open."""
        settled: Flags = self.certain & ~np.isnan(self.amount) & (self.least == self.most)
        return settled


@dataclass(frozen=True)
class ShareBounds:
    """A share and its bounds.

    ``inside, total``: Amounts of the allotments known to count; of those whose place isn't known
      no part is taken as inside.
    ``share``: inside / total, NaN while something is open or the total is 0.
    ``low, high``: What the share is at least and at most; NaN where nothing is known to count.
    """

    inside: float
    total: float
    share: float
    low: float
    high: float


def share_bounds(members: Members) -> ShareBounds:
    """Compute a share with its bounds.

    70 inside, 20 outside, and 10 of which the place isn't known:

    >>> bounds = share_bounds(Members(
    ...     np.array([70.0, 20.0, 10.0]), np.array([1.0, 0.0, 0.0]), np.array([1.0, 0.0, 1.0]),
    ...     np.array([True, True, True])))
    >>> bounds.share, round(bounds.low, 9), round(bounds.high, 9)
    (nan, 0.7, 0.8)
    """
    counted = members.certain & ~np.isnan(members.amount)
    total = float(members.amount[counted].sum())
    inside = float((members.amount * members.least)[counted].sum())
    if not (members.certain & ~(members.amount <= 0)).any():
        return ShareBounds(inside, total, np.nan, np.nan, np.nan)
    if members.settled.all():
        share = inside / total
        return ShareBounds(inside, total, share, share, share)
    low = _extreme(members, members.least)
    high = 1.0 - _extreme(members, 1.0 - members.most)
    return ShareBounds(inside, total, np.nan, low, high)


def headroom_outside(members: Members, threshold: float) -> float:
    """Say how much more may go outside before the share breaks, whatever is still open.

    ``threshold``: Least share (0–1).

    inside / threshold - total [unit of the amounts]; 0 where the share is already short, NaN where
    an amount isn't known.

    >>> one = np.ones(1)
    >>> headroom = headroom_outside(Members(one * 700, one, one, np.array([True])), 0.7)
    >>> round(headroom, 6)
    300.0
    """
    if threshold <= 0 or np.isnan(members.amount).any():
        return float("nan")
    return max(0.0, _worst(members, members.least / threshold - 1.0))


def need_inside(members: Members, threshold: float) -> float:
    """Say how much more must go inside to reach the share, whatever is still open.

    ``threshold``: Least share (0–1).

    (threshold × total - inside) / (1 - threshold) [unit of the amounts]; 0 where the share is
    reached, NaN where an amount isn't known.

    >>> need = need_inside(
    ...     Members(np.array([600.0, 400.0]), np.array([1.0, 0.0]), np.array([1.0, 0.0]),
    ...             np.array([True, True])), 0.7)
    >>> round(need, 6)
    333.333333
    """
    if threshold >= 1 or np.isnan(members.amount).any():
        return float("nan")
    return max(0.0, -_worst(members, members.least - threshold) / (1 - threshold))


def _worst(members: Members, per_unit: Floats) -> float:
    """Sum a contribution, taking of what may count only what lowers it."""
    parts = members.amount * per_unit
    return float(parts[members.certain].sum() + np.minimum(parts[~members.certain], 0.0).sum())


def _extreme(members: Members, part: Floats) -> float:
    """Find the lowest mean of ``part`` weighted by amount, over all that may count."""
    known = ~np.isnan(members.amount)
    fixed = members.certain & known
    total = float(members.amount[fixed].sum())
    weighted = float((members.amount * part)[fixed].sum())
    lowest = weighted / total if total > 0 else np.inf
    open_rows = np.flatnonzero(~members.certain & known & (members.amount > 0))
    for row in open_rows[np.argsort(part[open_rows], kind="stable")]:
        if part[row] >= lowest:
            break
        weighted += float(members.amount[row] * part[row])
        total += float(members.amount[row])
        lowest = weighted / total
    if (~known).any():
        lowest = min(lowest, float(part[~known].min()))
    return lowest if np.isfinite(lowest) else float("nan")


@dataclass(frozen=True)
class Repair:
    """The share with what is planned, and the fewest planned allotments that mend it.

    ``planned_share``: Share once all that is planned is made as planned (0–1); NaN where
      something of it isn't known, or nothing is planned.
    ``allotment_ids``: Planned allotments to move inside: as few as can be; empty where none is
      needed or not even all of them are enough.
    ``share``: Share after moving them, or all where not even all are enough (0–1); NaN like
      ``planned_share``.
    """

    planned_share: float
    allotment_ids: tuple[str, ...]
    share: float


UNKNOWN = Repair(np.nan, (), np.nan)


def repair_of(
    allotments: Allotments, cell: Cell, inside: tuple[Floats, Floats], threshold: float
) -> Repair:
    """Find the fewest planned allotments whose moving inside makes a share hold.

    ``inside``: Part of each allotment inside, at least and at most (0–1).
    ``threshold``: Least share (0–1).

    Share and allotments. Of sets as small, the one that moves least beyond the need: the largest
    first, and as the last one the smallest that is enough.
    """
    allotted, planned = counts_in(allotments, cell), counts_in(allotments, cell, "planned")
    rows = allotted.may | planned.may
    least, most = inside
    settled = (allotted.yes | planned.yes) & ~np.isnan(allotments.amount) & (least == most)
    if not planned.yes.any() or not settled[rows].all() or not allotments.amount[rows].sum() > 0:
        return UNKNOWN
    amount = np.where(rows, np.nan_to_num(allotments.amount), 0.0)
    total, inside_total = float(amount.sum()), float((amount * least).sum())
    gains = np.where(planned.yes, amount * (1.0 - least), 0.0)
    chosen = _fewest(gains, inside_total, threshold * total)
    moved = inside_total + float(gains[chosen].sum())
    is_enough = compare(moved, threshold * total) >= 0
    ids = (
        tuple(str(allotment_id) for allotment_id in allotments.ids[np.sort(chosen)])
        if is_enough
        else ()
    )
    return Repair(inside_total / total, ids, moved / total)


def _fewest(gains: Floats, so_far: float, wanted: float) -> npt.NDArray[np.intp]:
    """Choose the fewest gains that reach what is wanted; all of them where they don't."""
    order = np.argsort(-gains, kind="stable")
    order = order[gains[order] > 0]
    reached = so_far
    for count, row in enumerate(order):
        if compare(reached, wanted) >= 0:
            return order[:count]
        last = reached + gains[order[count:]]
        enough = np.array([compare(float(total), wanted) >= 0 for total in last], dtype=bool)
        if enough.any():
            smallest = order[count + int(np.flatnonzero(enough)[-1])]
            return np.append(order[:count], smallest)
        reached += float(gains[row])
    return order


@dataclass(frozen=True)
class ShareEffect:
    """A share before and after one more allotment.

    ``before, after``: Shares (0–1); before is None where nothing was allotted yet, both are None
      while something of the share is open.
    ``threshold``: Least share (0–1).
    ``outcome``: Of the share after it.
    ``headroom_after``: What may still go outside then [unit of the element], None where ``after``
      is.
    """

    before: float | None
    after: float | None
    threshold: float
    outcome: Outcome
    headroom_after: float | None


def share_effect(
    shares_row: "Mapping[str, object] | pd.Series", added: float, proportion_inside: float
) -> ShareEffect:
    """Say what an allotment would do to a share.

    ``shares_row``: One row of ``element_shares``.
    ``added``: Amount [unit of the row].
    ``proportion_inside``: Part of it that lies inside provincial-or-higher zones (0–1).

    The share before and after, and the outcome after it.

    70 of 100 亩 lie inside; 10 亩 more outside break the share, 10 亩 more inside don't:

    >>> row = {"inside": 70.0, "total": 100.0, "share": 0.7, "threshold": 0.7}
    >>> share_effect(row, 10.0, 0.0).outcome, share_effect(row, 10.0, 1.0).outcome
    ('not_met', 'met')
    >>> round(share_effect(row, 10.0, 1.0).headroom_after, 6)
    4.285714
    """
    inside, total, share, threshold = (
        cast("float", shares_row[key]) for key in ("inside", "total", "share", "threshold")
    )
    is_open = total > 0 if pd.isna(share) else False
    if "open_points" in shares_row:
        is_open = bool(shares_row["open_points"])
    before = None if is_open or total <= 0 else inside / total
    if is_open or total + added <= 0:
        return ShareEffect(before, None, threshold, "no_data", None)
    after_inside = inside + added * proportion_inside
    after = after_inside / (total + added)
    is_enough = compare_printed(after, threshold, PRINTED_SHARE) >= 0
    outcome: Outcome = "met" if is_enough else "not_met"
    headroom = max(0.0, after_inside / threshold - total - added) if threshold > 0 else None
    return ShareEffect(before, after, threshold, outcome, headroom)


SHARE_COLUMNS = (
    "unit_id", "year", "span", "element", "pollutant", "boundary_basis", "unit", "inside", "total",
    "share", "share_low", "share_high", "threshold", "outcome", "headroom", "need_inside",
    "planned_share", "repair_share", "repair_allotment_ids", "basis_differs",
    "declared_but_outside", "open_points", "placed_by", "allotment_ids",
)  # fmt: skip


@dataclass(frozen=True)
class _Span:
    """Years that one row takes together; ``year`` None is the cumulative row."""

    name: str
    year: int | None
    first: int | None
    last: int | None


def element_shares(
    allotments: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    year: int | None,
    policy: PolicySet,
    crs: CRS,
    *,
    approved_boundaries: gpd.GeoDataFrame | None = None,
    projects: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compute the shares of every unit and the city, element and year, and cumulatively.

    Parameters
    ----------
    allotments, platforms, parks, parcels, units
        Layers ``element_allotments``, ``major_platforms``, ``parks``, ``land_parcels``, ``units``,
        in ``crs``; what was allotted after the as-of date is left out.
    year
        The year; None for each year on record.
    policy
        Rules and assumptions on the as-of date.
    crs
        Projected system in metres.
    approved_boundaries
        Layer ``approved_boundaries``: where it has rows, a second row a share is computed by them.
    projects
        Table ``projects``: energy and emission rights without land of their own lie on the site of
        their project, else on its platform; None places them by platform and park alone.

    Returns
    -------
    DataFrame
        One row a share, ``SHARE_COLUMNS``. ``year`` is missing and ``span`` ``cumulative`` for
        the years of the plan up to the one asked. ``unit`` is that of inside, total, headroom and
        need_inside; shares are 0–1. ``share`` is missing while something is open; then
        ``share_low`` and ``share_high`` bound it, and ``outcome`` is ``no_data`` unless both lie
        on one side. ``headroom`` is what may still go outside before the share breaks,
        ``need_inside`` what must go inside to reach it. ``planned_share`` is the share once all
        that is planned is made, ``repair_allotment_ids`` the fewest planned allotments whose moving
        inside makes it hold then, ``repair_share`` the share after that. ``declared_but_outside``
        names allotments declared inside of which less than the part stated in S15 lies inside,
        ``open_points`` what isn't known of which allotment, ``allotment_ids`` all that count or
        may count, ``placed_by`` those without land of their own and what their place is taken from.
        Empty where the packs have no B1.

    Notes
    -----
    B1 嘉兴市进一步推动招大引强工作实施方案 三（二）; S15. Land counts by its ellipsoidal area
    inside, energy and emission rights in the same proportion.
    """
    if not policy.parts("B1"):
        return pd.DataFrame(columns=list(SHARE_COLUMNS))
    known = pd.DataFrame(columns=["project_id", "platform_id", "parcel_ids"])
    elsewhere = PlaceLayers(known if projects is None else projects, platforms, parks)
    made = made_until(allotments, policy.as_of)
    columns = read_allotments(made, parcels, units, crs, elsewhere)
    outlines = {"in_use": zone_outlines(platforms, parks, policy)}
    if approved_boundaries is not None and len(approved_boundaries):
        outlines["approved"] = approved_outlines(platforms, parks, approved_boundaries, policy)
    inside = {basis: parts_inside(columns, zone, crs) for basis, zone in outlines.items()}
    return _shares_of(columns, inside, (*units["unit_id"], CITY), year, policy)


def _shares_of(
    allotment_columns: Allotments,
    inside_by_basis: Mapping[str, tuple[Floats, Floats]],
    unit_ids: Sequence[str],
    year: int | None,
    policy: PolicySet,
) -> pd.DataFrame:
    """Compute the shares of some units, by each outline."""
    rows = []
    for basis, inside in inside_by_basis.items():
        for element, pollutant in elements_of(allotment_columns):
            for unit_id in unit_ids:
                for span in _spans(allotment_columns, year, policy, element):
                    cell = Cell(unit_id, element, pollutant, span.first, span.last)
                    about = {"unit_id": unit_id, "year": span.year, "span": span.name}
                    dated = rule_of(policy, element, span.name)
                    row = _row(allotment_columns, cell, inside, dated, policy)
                    rows.append({**about, "boundary_basis": basis, **row})
    shares = pd.DataFrame(rows, columns=list(SHARE_COLUMNS)).astype(
        {"year": "Int64", "inside": float, "total": float, "share": float}
    )
    return _mark_differences(shares)


def rule_of(policy: PolicySet, element: str, span: str) -> DatedRule:
    """Give the rule that a share stands under.

    ``element``: ``land``, ``energy`` or ``emission``.
    ``span``: ``year`` or ``cumulative``.

    The part of B1.
    """
    return policy.rule("B1", element if span == "year" else f"{element}_cumulative")


def elements_of(allotments: Allotments) -> list[tuple[str, str | None]]:
    """List the elements, emission rights by pollutant.

    Element and pollutant, None where it has none.
    """
    emitted = allotments.pollutant[allotments.element == "emission"]
    names: Sequence[str | None] = sorted({str(p) for p in emitted if p is not None}) or [None]
    plain = [(name, None) for name in AMOUNT_COLUMNS if name != "emission"]
    return [*plain, *(("emission", name) for name in names)]


def _spans(
    allotments: Allotments, year: int | None, policy: PolicySet, element: str
) -> list[_Span]:
    """List the years asked, and the years of the plan up to the last of them."""
    known = allotments.year[~np.isnan(allotments.year)]
    years = [year] if year is not None else sorted({int(y) for y in known})
    rule = rule_of(policy, element, "cumulative").rule
    first = int(rule.effective_from[:4]) if rule.effective_from else None
    ends = [int(rule.effective_until[:4])] if rule.effective_until else []
    last = min([*ends, *years[-1:]], default=None)
    whole = _Span("cumulative", None, first, last)
    return [*(_Span("year", each, each, each) for each in years), whole]


def _row(
    allotments: Allotments,
    cell: Cell,
    inside: tuple[Floats, Floats],
    dated: DatedRule,
    policy: PolicySet,
) -> dict[str, object]:
    counts = counts_in(allotments, cell)
    rows = counts.may
    least, most = inside
    members = Members(allotments.amount[rows], least[rows], most[rows], counts.yes[rows])
    bounds = share_bounds(members)
    threshold = dated.rule.number
    outcome = outcome_between(dated.rule, bounds.low, bounds.high)
    known = outcome != "no_data"
    repair = repair_of(allotments, cell, inside, threshold)
    outside = most < policy.setting_number("S15", "declared_inside_share")
    return {
        "element": cell.element,
        "pollutant": cell.pollutant,
        "unit": FIELDS[AMOUNT_COLUMNS[cell.element]].unit,
        "inside": bounds.inside,
        "total": bounds.total,
        "share": bounds.share,
        "share_low": bounds.low,
        "share_high": bounds.high,
        "threshold": threshold,
        "outcome": outcome,
        "headroom": headroom_outside(members, threshold) if known else np.nan,
        "need_inside": need_inside(members, threshold) if known else np.nan,
        "planned_share": repair.planned_share,
        "repair_share": repair.share,
        "repair_allotment_ids": repair.allotment_ids,
        "declared_but_outside": tuple(allotments.ids[rows & allotments.declared_inside & outside]),
        "open_points": open_points(allotments, cell, rows, least != most),
        "placed_by": allotments.borrowed_places(rows),
        "allotment_ids": tuple(allotments.ids[rows]),
    }


def _mark_differences(shares: pd.DataFrame) -> pd.DataFrame:
    """Flag the shares whose outcome differs between the outline in use and the approved one."""
    keys = ["unit_id", "year", "span", "element", "pollutant"]
    decided = shares["outcome"].where(shares["outcome"] != "no_data")
    kinds = decided.groupby([shares[key] for key in keys], dropna=False).transform("nunique")
    return shares.assign(basis_differs=kinds.gt(1).to_numpy(dtype=bool))


NAMED_ALLOTMENTS = 5
"""A sentence names this many allotments; the row has them all."""


@check("B1", unit="share", grouped_by="element")
@with_full_year
def share_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the shares of a year's elements inside the platforms, and cumulatively (B1).

    One a unit, and pollutant of emission rights (part ``emission:氨氮``). They are by the outline
    in use; the share by the approved outline is in the reasons.
    """
    return [
        verdict for verdict in job.per_rule(_share_verdicts)
        if verdict.part.split(":")[0] == dated.rule.part
    ]  # fmt: skip


def _measured(job: CheckJob) -> tuple[Allotments, dict[str, tuple[Floats, Floats]]]:
    """Read the allotments, and measure what part of each lies inside by each outline."""
    platforms, parks = job.layer("major_platforms"), job.layer("parks")
    made = made_until(job.layer("element_allotments"), job.policy.as_of)
    columns = read_allotments(
        made, job.layer("land_parcels"), job.layer("units"), job.crs, PlaceLayers.of(job.source)
    )
    outlines = {"in_use": zone_outlines(platforms, parks, job.policy)}
    approved = job.layer("approved_boundaries")
    if len(approved):
        outlines["approved"] = approved_outlines(platforms, parks, approved, job.policy)
    inside = {basis: parts_inside(columns, zone, job.crs) for basis, zone in outlines.items()}
    return columns, inside


def _share_verdicts(job: CheckJob) -> list[Verdict]:
    """Return the verdicts of all parts."""
    columns, inside = job.per_run(_measured)
    shares = _shares_of(columns, inside, job.unit_ids, job.year, job.policy)
    in_use = shares[shares["boundary_basis"] == "in_use"]
    approved = shares[shares["boundary_basis"] == "approved"]
    by_approved = {_key(row): row for _, row in approved.iterrows()}
    return [
        _verdict(row, by_approved.get(_key(row)), job.policy)
        for unit_id in job.unit_ids
        for _, row in in_use[in_use["unit_id"] == unit_id].iterrows()
    ]


def _verdict(row: pd.Series, approved: pd.Series | None, policy: PolicySet) -> Verdict:
    dated = rule_of(policy, row["element"], row["span"])
    pollutant = row["pollutant"]
    return judge(
        dated,
        None if pd.isna(row["share"]) else float(row["share"]),
        unit_id=str(row["unit_id"]),
        year=None if pd.isna(row["year"]) else int(row["year"]),
        outcome=row["outcome"],
        part=dated.rule.part if pd.isna(pollutant) else f"{dated.rule.part}:{pollutant}",
        evidence=_evidence(row),
        reasons=(*_bounds(row), *_headroom(row), *_repair(row), *approved_beside(row, approved)),
    )


def _evidence(row: pd.Series) -> tuple[Evidence, ...]:
    layer = "element_allotments"
    evidence = [Evidence(layer, tuple(row["allotment_ids"]))] if row["allotment_ids"] else []
    declared = tuple(row["declared_but_outside"])
    if declared:
        statement = say("share_declared_but_outside", count=len(declared))
        evidence.append(Evidence(layer, declared, statement))
    by_code: dict[str, list[str]] = {}
    for allotment_id, code in (*row["open_points"], *row["placed_by"]):
        by_code.setdefault(code, []).append(allotment_id)
    evidence += [
        Evidence(layer, tuple(rows), say(code, count=len(rows))) for code, rows in by_code.items()
    ]
    return tuple(evidence)


def _bounds(row: pd.Series) -> list[Statement]:
    if pd.isna(row["share_low"]) or pd.isna(row["share_high"]):
        return [say("share_nothing_allotted", open_count=len(row["open_points"]))]
    if not pd.isna(row["share"]):
        return []
    low, high = float(row["share_low"]), float(row["share_high"])
    count = len(row["open_points"])
    if row["outcome"] == "no_data":
        return [say("share_undecided", low_share=low, high_share=high, open_count=count)]
    return [say("share_decided_by_bounds", low_share=low, high_share=high, open_count=count)]


def _headroom(row: pd.Series) -> list[Statement]:
    if row["outcome"] == "met" and not pd.isna(row["headroom"]):
        return [say("share_headroom", amount=float(row["headroom"]), unit=row["unit"])]
    if row["outcome"] == "not_met" and not pd.isna(row["need_inside"]):
        return [say("share_need_inside", amount=float(row["need_inside"]), unit=row["unit"])]
    return []


def _repair(row: pd.Series) -> list[Statement]:
    """Say what the share comes to once all that is planned is made, and how to mend it."""
    planned, after = row["planned_share"], row["repair_share"]
    if pd.isna(planned):
        return []
    ids = row["repair_allotment_ids"]
    if ids:
        names = ", ".join(ids[:NAMED_ALLOTMENTS])
        return [
            say(
                "share_repair", planned_share=float(planned), count=len(ids), rows=names,
                after_share=float(after),
            )
        ]  # fmt: skip
    if compare_printed(float(after), float(row["threshold"]), PRINTED_SHARE) < 0:
        return [say("share_beyond_repair", planned_share=float(planned), after_share=float(after))]
    return [say("share_with_planned", planned_share=float(planned))]


def approved_beside(row: pd.Series, approved: pd.Series | None) -> list[Statement]:
    """Say what the share is by the approved outline, above all where the verdict differs."""
    if approved is None or pd.isna(approved["share_low"]):
        return []
    low, high = float(approved["share_low"]), float(approved["share_high"])
    if row["basis_differs"]:
        return [say("share_approved_differs", low_share=low, high_share=high)]
    return [say("share_approved_beside", low_share=low, high_share=high)]


def _key(row: pd.Series) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in ("unit_id", "year", "span", "element", "pollutant"))
