"""Options and the limits they share."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.units import M2_PER_MU, compare
from platforms.elements.project_shares import lies_there, project_shares
from platforms.elements.quotas import Headroom, QuotaKey
from platforms.elements.shares import ShareEffect, element_shares, rule_of, share_effect
from platforms.land.site_carving import CUT_SUFFIX, CutParcel
from platforms.matching.demand import Demand
from platforms.matching.match import MatchResult
from platforms.matching.site import Site
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.verdict import Statement, say
from platforms.source import LayerSource

FURTHER_CUT_POINTS = 5.0
"""Points that a place must be better by before a parcel is cut that could stay whole (assumed)."""

ElementKey = tuple[str, str | None]
"""Element and pollutant."""


@dataclass(frozen=True, slots=True)
class Option:
    """One project on one admitted site.

    ``project_id, site_id``: The project and the land.
    ``unit_id, platform_id``: Where it lies, None where in none.
    ``parcel_ids``: Its parcels, a cut one as ``id#cut``.
    ``area_mu``: Its area [亩].
    ``points``: What it adds to the sum that is made highest: its score (0–100, 0 where the site
      has none), less 5 where it cuts a block further than by itself it would be.
    ``zone_share``: Part of it in provincial-or-higher zones (0–1), None where not known.
    ``takes``: What it takes of each element [亩, 吨标煤 or 吨]; of land its legal area, all of
      which is handed out.
    ``increment_mu``: New construction land that it takes [亩].
    ``geometry``: Its shape [system of the layers].
    ``is_carved``: True where it is a part of a block.
    ``block_id, block_mu``: The block and its land [亩], None where it lies in none.
    ``investment_yi_yuan``: What the project invests [亿元], None where not stated.
    ``cut_parcels``: The parcels of which it takes a part.
    ``is_further_cut``: True where it is a piece cut for several projects in one block.
    """

    project_id: str
    site_id: str
    unit_id: str | None
    platform_id: str | None
    parcel_ids: tuple[str, ...]
    area_mu: float
    points: float
    zone_share: float | None
    takes: Mapping[ElementKey, float]
    increment_mu: float
    geometry: shapely.Geometry
    is_carved: bool = False
    block_id: str | None = None
    block_mu: float | None = None
    investment_yi_yuan: float | None = None
    cut_parcels: tuple[CutParcel, ...] = ()
    is_further_cut: bool = False

    @property
    def score(self) -> float:
        """The score as matching gives it (0–100)."""
        return self.points + (FURTHER_CUT_POINTS if self.is_further_cut else 0.0)

    @property
    def legal_mu(self) -> float:
        """Legal area of the land handed out [亩]."""
        return self.takes.get(("land", None), 0.0)


@dataclass(frozen=True)
class Limit:
    """What some choices may not exceed together: the sum of ``weights`` is at most ``most``.

    ``name``: The limit in words.
    ``weights``: Weight of each option by its position.
    ``most``: The most they may add up to [unit of the weights].
    """

    name: Statement
    weights: Mapping[int, float]
    most: float


Pair = tuple[str, str]
"""Project and site."""

MOST_PAIRS = 200_000
"""So many pairs are searched: objects and limits take 1.4 KB and 23 µs each."""

LEAST_OF_EACH = 20
"""So many of the best sites of each project are looked at, however many pairs that makes."""

EXPLAINED_PAIRS = 10_000
"""Among so many pairs conflicts and near-best placements are searched for."""


@dataclass(frozen=True)
class Pairs:
    """Choices that are searched.

    ``options``: One a pair, those of a project by falling score.
    ``left_out``: Admitted pairs that there was no room for.
    """

    options: list[Option]
    left_out: int


def pairs_of(
    results: Sequence[MatchResult], locked: Collection[Pair], excluded: Collection[Pair],
    at_most: int = MOST_PAIRS,
) -> Pairs:  # fmt: skip
    """Return the admitted pairs as choices.

    ``locked, excluded``: Pairs that must, and must not, be. A locked project has its locked sites
      alone.
    ``at_most``: Number of pairs; the best of each project by equal parts, 20 in any case.
    """
    by_project = [_sites_of(result, set(locked), set(excluded)) for result in results]
    each = _part_of_each([len(pairs) for pairs in by_project], at_most)
    options = [
        _option(result.demand, site, points)
        for result, sites in zip(results, by_project, strict=True)
        for site, points in sites[:each]
    ]
    return Pairs(options, sum(map(len, by_project)) - len(options))


def _part_of_each(counts: Sequence[int], at_most: int) -> int:
    """Return how many of each make up no more than a number."""
    most = max(counts, default=0)
    if sum(counts) <= at_most:
        return most
    rising = np.sort(np.array(counts))
    # With k of each: those that have fewer count whole.
    before, rest = np.concatenate([[0], np.cumsum(rising)[:-1]]), np.arange(len(rising), 0, -1)
    fits = before + rest * rising <= at_most
    at = int(fits.sum())
    return max(LEAST_OF_EACH, int((at_most - before[at]) // rest[at]))


def _sites_of(
    result: MatchResult, locked: set[Pair], excluded: set[Pair]
) -> list[tuple[Site, float]]:
    """Return the admitted sites of a project with their points, the best first."""
    name = result.demand.project_id
    sites = result.evaluation.setting.columns.sites
    points = np.nan_to_num(result.ranking.low[result.ranking.order]).tolist()
    admitted = [
        (sites[at], score - FURTHER_CUT_POINTS if sites[at].is_further_cut else score)
        for at, score in zip(result.sites.positions.tolist(), points, strict=True)
    ]
    admitted.sort(key=lambda pair: -pair[1])
    mine = {site for project, site in locked if project == name}
    if mine:
        return [pair for pair in admitted if pair[0].site_id in mine]
    out = {site for project, site in excluded if project == name}
    return [pair for pair in admitted if pair[0].site_id not in out] if out else admitted


def _option(demand: Demand, site: Site, points: float) -> Option:
    # The parcels go out whole, whatever was wished for.
    takes: dict[tuple[str, str | None], float] = {("land", None): site.legal_mu}
    if demand.energy_tce is not None:
        takes["energy", None] = demand.energy_tce
    takes.update({("emission", name): amount for name, amount in demand.emissions_t or ()})
    return Option(
        demand.project_id, site.site_id, site.unit_id, site.platform_id, site.parcel_ids,
        site.area_mu, points, site.zone_share, takes,
        0.0 if site.is_increment is False else site.legal_mu, site.geometry,
        site.carved is not None, site.block_id,
        site.area_mu if site.carved is None else site.carved.block_mu,
        demand.investment_yi_yuan, () if site.carved is None else site.carved.cut_parcels,
        site.is_further_cut,
    )  # fmt: skip


@dataclass(frozen=True)
class Fewer:
    """A part of the choices with their limits, and where they stand among all.

    ``options, limits``: As a placement takes them, positions counted anew.
    ``place``: New position of each choice kept, by its position among all.
    ``best_of_each``: So many of the best of each project; None where all are there.
    """

    options: list[Option]
    limits: list[Limit]
    place: Mapping[int, int]
    best_of_each: int | None


def to_explain(
    options: Sequence[Option], limits: Sequence[Limit], selected: Collection[int],
    at_most: int = EXPLAINED_PAIRS,
) -> Fewer:  # fmt: skip
    """Keep the best choices of each project and those taken, as many as can be explained.

    ``options, limits``: All of them; those of a project stand by falling score.
    ``at_most``: Number of choices, as ``pairs_of`` takes it.
    """
    rank: list[int] = []
    count: dict[str, int] = {}
    for option in options:
        rank.append(count.get(option.project_id, 0))
        count[option.project_id] = rank[-1] + 1
    each = _part_of_each(list(count.values()), at_most)
    kept = [at for at in range(len(options)) if rank[at] < each or at in selected]
    place = {at: number for number, at in enumerate(kept)}
    if len(kept) == len(options):
        return Fewer(list(options), list(limits), place, None)
    fewer = []
    for limit in limits:
        weights = {place[at]: weight for at, weight in limit.weights.items() if at in place}
        if weights:
            fewer.append(Limit(limit.name, weights, limit.most))
    return Fewer([options[at] for at in kept], fewer, place, each)


CUMULATIVE = "_cumulative"
"""Ending of an element whose share is of all years of the plan."""
BY_NUMBER = "projects"
"""Stands where an element stands, for the share of major projects (B2)."""

SMALLEST_OVERLAP_M2 = 1.0
"""Shapes that meet in less share a border, not land."""


def project_limits(options: Sequence[Option]) -> list[Limit]:
    """Limit each project to one site at most."""
    by_project: dict[str, dict[int, float]] = defaultdict(dict)
    for at, option in enumerate(options):
        by_project[option.project_id][at] = 1.0
    return [
        Limit(say("limit_project", project_id=name), weights, 1.0)
        for name, weights in by_project.items()
    ]


def land_limits(options: Sequence[Option]) -> list[Limit]:
    """Limit each piece of land to one project at most.

    One a parcel taken whole, one a further pair of sites whose shapes overlap (cut parcels).
    """
    by_parcel: dict[str, dict[int, float]] = defaultdict(dict)
    for at, option in enumerate(options):
        for parcel_id in option.parcel_ids:
            if not parcel_id.endswith(CUT_SUFFIX):
                by_parcel[parcel_id][at] = 1.0
    limits = [
        Limit(say("limit_land", parcel_id=name), weights, 1.0)
        for name, weights in by_parcel.items()
        if len(weights) > 1
    ]
    return [*limits, *_overlaps(options), *_block_limits(options)]


def _block_limits(options: Sequence[Option]) -> list[Limit]:
    """Let the parts taken of a block add up to no more than its land."""
    # Of one name, but of another size, is a block of other land uses.
    by_block: dict[tuple[str, float], dict[int, float]] = defaultdict(dict)
    for at, option in enumerate(options):
        if option.block_id is not None and option.block_mu is not None:
            by_block[option.block_id, round(option.block_mu, 2)][at] = option.area_mu
    limits = []
    for (name, _), weights in by_block.items():
        block_mu = max(options[at].block_mu or 0.0 for at in weights)
        # Pieces may share as much as is no overlap; the block itself may be rounded otherwise.
        most = max(block_mu, *weights.values()) + SMALLEST_OVERLAP_M2 / M2_PER_MU
        if len(weights) > 1 and sum(weights.values()) > most:
            said = say("limit_block", block_id=name, block_mu=block_mu)
            limits.append(Limit(said, weights, most))
    return limits


def land_taken_twice(chosen: Sequence[Option]) -> list[Statement]:
    """Hold the shapes of what was placed against each other, whatever the limits were.

    One a pair that shares land.
    """
    return [
        say("limit_overlap", site_id=chosen[a].site_id, other_site_id=chosen[b].site_id)
        for a, b in _overlapping(chosen)
        if a < b
    ]


def _overlapping(options: Sequence[Option]) -> list[tuple[int, int]]:
    """List the pairs of options that share land, each with itself too, in rising order within."""
    shapes = np.array([option.geometry for option in options], dtype=object)
    if not len(shapes):
        return []
    pairs = np.column_stack(shapely.STRtree(shapes).query(shapes, predicate="intersects"))
    pairs = pairs[pairs[:, 0] <= pairs[:, 1]]
    shared = shapely.area(shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]]))
    return [(int(a), int(b)) for a, b in pairs[shared > SMALLEST_OVERLAP_M2]]


def _overlaps(options: Sequence[Option]) -> list[Limit]:
    """Let one be taken of all choices on two shapes that overlap; of those on one shape as well.

    Land taken by whole parcels is held by parcel already.
    """
    on_shape: dict[bytes, list[int]] = {}
    for at, option in enumerate(options):
        on_shape.setdefault(shapely.to_wkb(option.geometry), []).append(at)
    groups = list(on_shape.values())
    first = [options[group[0]] for group in groups]
    whole = [{p for p in option.parcel_ids if not p.endswith(CUT_SUFFIX)} for option in first]
    limits = []
    for a, b in _overlapping(first):
        positions = groups[a] if a == b else [*groups[a], *groups[b]]
        several = len({options[at].project_id for at in positions}) > 1
        if several and not whole[a] & whole[b]:
            name = say("limit_overlap", site_id=first[a].site_id, other_site_id=first[b].site_id)
            limits.append(Limit(name, dict.fromkeys(positions, 1.0), 1.0))
    return limits


def quota_limits(options: Sequence[Option], rooms: Mapping[QuotaKey, Headroom]) -> list[Limit]:
    """Hold what is taken of each element against what unit and platform have left.

    ``options``: The choices; land takes quota as new construction land alone.
    ``rooms``: Quotas on file; one whose rest isn't known holds nobody (the gates name it).

    One a quota that a choice takes from.
    """
    limits = []
    there: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    for at, option in enumerate(options):
        there["unit", option.unit_id].append(at)
        there["platform", option.platform_id].append(at)
    for (subject, subject_id, element, pollutant), room in rooms.items():
        weights = {}
        for at in there[subject, subject_id]:
            option = options[at]
            amount = option.takes.get((element, pollutant), 0.0)
            amount = option.increment_mu if element == "land" else amount
            if amount > 0:
                weights[at] = amount
        if weights and not np.isnan(room.left):
            name = say(
                "limit_quota", place_id=subject_id, element=element, pollutant=pollutant or "",
                left=room.left,
            )  # fmt: skip
            limits.append(Limit(name, weights, max(0.0, room.left)))
    return limits


ShareRows = Mapping[tuple[str, str, str | None], Mapping[str, object]]
"""Rows of ``element_shares`` by unit, element and pollutant."""


def share_limits(
    options: Sequence[Option], shares: ShareRows, policy: PolicySet, year: int
) -> list[Limit]:
    """Keep the shares inside provincial-or-higher zones (B1, B2) where the rules are in force.

    ``shares``: What is allotted already in the year; what ``further_shares`` gives beside it.

    One a unit and element. A share that is short already may not fall further short; one of which
    something is open bounds nobody.
    """
    by_unit: dict[str | None, list[int]] = defaultdict(list)
    for at, option in enumerate(options):
        by_unit[option.unit_id].append(at)
    limits = []
    for (unit_id, element, pollutant), row in shares.items():
        dated = _rule_of(policy, element)
        is_binding = dated.in_force and dated.rule.force == "mandatory"
        if not is_binding or row.get("open_points"):
            continue
        least = float(str(row["threshold"]))
        weights = {}
        for at in by_unit[unit_id]:
            weight = _share_weight(options[at], element, pollutant, least, policy)
            if weight is not None:
                weights[at] = weight
        if weights:
            spare = float(str(row["inside"])) - least * float(str(row["total"]))
            name = _share_name(unit_id, element, pollutant, year, least, dated.clause)
            limits.append(Limit(name, weights, max(0.0, spare)))
    return limits


def _rule_of(policy: PolicySet, element: str) -> DatedRule:
    if element == BY_NUMBER:
        return policy.rule("B2")
    plain = element.removesuffix(CUMULATIVE)
    return rule_of(policy, plain, "year" if plain == element else "cumulative")


def _share_weight(
    option: Option, element: str, pollutant: str | None, least: float, policy: PolicySet
) -> float | None:
    """Compute what a choice takes of the room outside, None where it isn't in the share."""
    # Land whose place isn't known counts as outside: not known is no pass.
    inside = option.zone_share or 0.0
    if element != BY_NUMBER:
        amount = option.takes.get((element.removesuffix(CUMULATIVE), pollutant), 0.0)
        return amount * (least - inside) if amount > 0 else None
    lies = float(lies_there(np.array([inside]))[0])
    if option.investment_yi_yuan is None:
        # It may be a major one: outside it counts against the share, inside not for it.
        return least if not lies else None
    is_major = compare(option.investment_yi_yuan, policy.setting_number("S6", "from_yi_yuan")) >= 0
    return least - lies if is_major else None


def _share_name(
    unit_id: str, element: str, pollutant: str | None, year: int, least: float, clause: str
) -> Statement:
    if element == BY_NUMBER:
        return say("limit_share_number", unit_id=unit_id, year=year, threshold=least, clause=clause)
    plain = element.removesuffix(CUMULATIVE)
    if plain != element:
        return say(
            "limit_share_cumulative", unit_id=unit_id, element=plain,
            pollutant=pollutant or "", year=year, threshold=least, clause=clause,
        )  # fmt: skip
    return say(
        "limit_share", unit_id=unit_id, element=element, pollutant=pollutant or "", year=year,
        threshold=least, clause=clause,
    )  # fmt: skip


def further_shares(
    source: LayerSource, project_ids: Iterable[str], year: int, policy: PolicySet, crs: CRS
) -> dict[tuple[str, str, str | None], Mapping[str, object]]:
    """Return the cumulative shares and the share by number, without the projects to be placed.

    Parameters
    ----------
    source
        The layers.
    project_ids
        Projects to be placed: counted with their new place, they would count twice.
    year
        The year.
    policy
        Rules on the as-of date.
    crs
        Projected system in metres.

    Returns
    -------
    dict
        Rows by unit, element and pollutant: the element ends in ``_cumulative``, or is
        ``projects`` (B2). None where the packs don't hold the rules.
    """
    others, platforms, parks, parcels, units = (
        gpd.GeoDataFrame(source.read(name))
        for name in ("element_allotments", "major_platforms", "parks", "land_parcels", "units")
    )
    ids = list(project_ids)
    rows: dict[tuple[str, str, str | None], Mapping[str, object]] = {}
    if policy.parts("B1"):
        is_excluded = others["project_id"].isin(ids).fillna(value=False).to_numpy(dtype=bool)
        shares = element_shares(
            others[~is_excluded], platforms, parks, parcels, units, year, policy, crs,
            projects=source.read("projects"),
        )  # fmt: skip
        wanted = shares[(shares["span"] == "cumulative") & (shares["boundary_basis"] == "in_use")]
        for row in _rows(wanted):
            element = f"{row['element']}{CUMULATIVE}"
            pollutant = row["pollutant"]
            rows[str(row["unit_id"]), element, str(pollutant) if pollutant else None] = row
    if policy.parts("B2"):
        projects = source.read("projects")
        rest = projects[~projects["project_id"].isin(ids).fillna(value=False)]
        shares = project_shares(rest, platforms, parks, parcels, units, year, policy, crs)
        wanted = shares[shares["boundary_basis"] == "in_use"]
        rows.update({(str(row["unit_id"]), BY_NUMBER, None): row for row in _rows(wanted)})
    return rows


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def shares_after(
    chosen: Sequence[Option], shares: ShareRows, policy: PolicySet
) -> dict[tuple[str, str, str | None], ShareEffect]:
    """Return each share that the assignments touch, before and after.

    ``shares``: Shares as they are without it: of the year, cumulatively, by number.

    By unit, element and pollutant; the outcome is ``no_data`` where the place of some land or the
    investment of a project isn't known.
    """
    effects = {}
    for (unit_id, element, pollutant), row in shares.items():
        in_unit = [option for option in chosen if option.unit_id == unit_id]
        parts = [part for option in in_unit if (part := _part(option, element, pollutant, policy))]
        amounts = [amount for amount, _ in parts if amount is not None]
        added = sum(amounts)
        if len(amounts) < len(parts) or any(inside is None for _, inside in parts):
            effects[unit_id, element, pollutant] = _unknown(row)
        elif added > 0:
            inside = sum((amount or 0.0) * (share or 0.0) for amount, share in parts)
            effects[unit_id, element, pollutant] = share_effect(row, added, inside / added)
    return effects


def _part(
    option: Option, element: str, pollutant: str | None, policy: PolicySet
) -> tuple[float | None, float | None] | None:
    """Return what an assignment adds to a share and the part of it inside, None where nothing."""
    if element != BY_NUMBER:
        amount = option.takes.get((element.removesuffix(CUMULATIVE), pollutant), 0.0)
        return (amount, option.zone_share) if amount > 0 else None
    inside = (
        None if option.zone_share is None else float(lies_there(np.array([option.zone_share]))[0])
    )
    if option.investment_yi_yuan is None:
        return None, inside
    is_major = compare(option.investment_yi_yuan, policy.setting_number("S6", "from_yi_yuan")) >= 0
    return (1.0, inside) if is_major else None


def _unknown(row: object) -> ShareEffect:
    before = share_effect(cast("dict[str, object]", row), 0.0, 0.0)
    return ShareEffect(before.before, None, before.threshold, "no_data", None)
