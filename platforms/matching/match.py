"""Where one project should go, and why there, and why not elsewhere (最优落地平台优先)."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from geo.units import compare
from platforms.elements.effect import ShareEffect, share_effect
from platforms.elements.shares import element_shares
from platforms.indicators.per_mu import per_mu
from platforms.land.carving import Need
from platforms.matching.criteria import Criterion, Score, Surroundings, score
from platforms.matching.demand import Demand
from platforms.matching.gates import Gate, judge
from platforms.matching.land_use import fitting_uses
from platforms.matching.sites import Site, candidate_sites
from platforms.matching.table import MatchTable
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource


@dataclass(frozen=True)
class MatchedSite:
    """A candidate with its gates, and its score where it was scored.

    Attributes
    ----------
    rank
        Place by score, equal scores share one; None outside the admitted sites.
    site
        The land.
    gates
        Every gate's answer.
    score
        Score with its parts, None for a rejected site.
    effect
        Effect on the unit's land share, None where it can't be told.
    """

    rank: int | None
    site: Site
    gates: tuple[Gate, ...]
    score: Score | None
    effect: ShareEffect | None

    @property
    def reasons(self) -> tuple[Gate, ...]:
        """The gates that rejected it, then those that could not be answered."""
        failed = [gate for gate in self.gates if gate.outcome == "not_met"]
        return (*failed, *(gate for gate in self.gates if gate.outcome == "no_data"))


@dataclass(frozen=True)
class MatchedPlatform:
    """A platform ranked by the best site it offers.

    Attributes
    ----------
    rank
        Place by score, equal scores share one.
    platform_id
        The platform.
    score
        Score of its best site (0–100).
    site_count
        Admitted sites it offers.
    best_site_id
        The best of them.
    criteria
        Parts of that site's score.
    """

    rank: int
    platform_id: str
    score: float
    site_count: int
    best_site_id: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class MatchResult:
    """The answer for one project.

    Attributes
    ----------
    demand
        What was asked.
    year
        Year of the land share and of the figures per 亩.
    platforms
        Platforms by their best site.
    sites
        All gates passed, by score.
    undecided
        No gate failed, some could not be answered.
    rejected
        A gate failed.
    """

    demand: Demand
    year: int
    platforms: tuple[MatchedPlatform, ...]
    sites: tuple[MatchedSite, ...]
    undecided: tuple[MatchedSite, ...]
    rejected: tuple[MatchedSite, ...]


def match(
    source: LayerSource, demand: Demand, policy: PolicySet, table: MatchTable, year: int, crs: CRS
) -> MatchResult:
    """Match a project with the land of the city.

    Parameters
    ----------
    source
        The layers.
    demand
        What the project asks.
    policy
        Rules on the as-of date.
    table
        Weights, bounds and land uses.
    year
        Year of the land share and of the figures per 亩.
    crs
        Projected system in metres.

    Returns
    -------
    MatchResult
        Every candidate: admitted, undecided or rejected, each with its reasons.
    """
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    uses = fitting_uses(demand, table)
    shares = _land_shares(source, year, policy, crs)
    tax = _tax_per_mu(source, year, policy)
    by_id = {str(row["platform_id"]): row for _, row in platforms.iterrows()}
    admitted: list[MatchedSite] = []
    undecided: list[MatchedSite] = []
    rejected: list[MatchedSite] = []
    for site in candidate_sites(source, _need(demand, policy, table), uses, policy, crs):
        gates = judge(site, demand, policy, table)
        outcomes = {gate.outcome for gate in gates}
        effect = _effect(site, demand, shares)
        if "not_met" in outcomes:
            rejected.append(MatchedSite(None, site, gates, None, effect))
            continue
        platform = by_id.get(site.platform_id or "")
        around = Surroundings(platform, tax.get(site.platform_id or ""), effect)
        scored = MatchedSite(None, site, gates, score(site, demand, around, table), effect)
        (undecided if "no_data" in outcomes else admitted).append(scored)
    ranked = tuple(_ranked(admitted))
    undecided.sort(key=_by_score)
    return MatchResult(
        demand, year, tuple(_platforms(ranked)), ranked, tuple(undecided), tuple(rejected)
    )


def _need(demand: Demand, policy: PolicySet, table: MatchTable) -> Need:
    """Ask for the land wanted; blocks of the sizes that are listed (B3, B4) are worth keeping."""
    lines = tuple(policy.rule(rule_id).rule.number for rule_id in ("B3", "B4"))
    most_mu = demand.land_max_mu
    if most_mu is None:
        most_mu = demand.land_wanted_mu * (1 + table.surplus_share)
    return Need(demand.land_min_mu, demand.land_wanted_mu, most_mu, lines)


def _by_score(one: MatchedSite) -> tuple[float, str]:
    points = one.score.score if one.score is not None else None
    return (-(points if points is not None else -1.0), one.site.site_id)


def _ranked(admitted: list[MatchedSite]) -> list[MatchedSite]:
    """Put the sites in order; equal scores share a rank, and stand in the order of their names."""
    ties: list[list[MatchedSite]] = []
    for one in sorted(admitted, key=_by_score):
        if ties and compare(_by_score(ties[-1][0])[0], _by_score(one)[0]) == 0:
            ties[-1].append(one)
        else:
            ties.append([one])
    ranked: list[MatchedSite] = []
    for tie in ties:
        rank = len(ranked) + 1
        for one in sorted(tie, key=lambda site: site.site.site_id):
            ranked.append(MatchedSite(rank, one.site, one.gates, one.score, one.effect))
    return ranked


def _platforms(ranked: tuple[MatchedSite, ...]) -> list[MatchedPlatform]:
    best: dict[str, list[MatchedSite]] = {}
    for one in ranked:
        if one.site.platform_id is not None:
            best.setdefault(one.site.platform_id, []).append(one)
    found: list[MatchedPlatform] = []
    for place, (platform_id, sites) in enumerate(best.items(), start=1):
        top = sites[0].score
        if top is None or top.score is None:
            continue
        tied = bool(found) and compare(found[-1].score, top.score) == 0
        rank = found[-1].rank if tied else place
        found.append(
            MatchedPlatform(
                rank, platform_id, top.score, len(sites), sites[0].site.site_id, top.criteria
            )
        )
    return found


def _effect(site: Site, demand: Demand, shares: dict[str, pd.Series]) -> ShareEffect | None:
    row = shares.get(site.unit_id or "")
    if row is None or site.zone_share is None:
        return None
    added = min(demand.land_wanted_mu, site.area_mu)
    return share_effect(row, added, site.zone_share)


def _land_shares(
    source: LayerSource, year: int, policy: PolicySet, crs: CRS
) -> dict[str, pd.Series]:
    """Give each unit's land share of the year, by the outline in use."""
    allotments, platforms, parks, parcels, units = (
        gpd.GeoDataFrame(source.read(name))
        for name in ("element_allotments", "major_platforms", "parks", "land_parcels", "units")
    )
    shares = element_shares(allotments, platforms, parks, parcels, units, year, policy, crs)
    wanted = shares[
        (shares["element"] == "land")
        & (shares["span"] == "year")
        & (shares["boundary_basis"] == "in_use")
    ]
    return {str(row["unit_id"]): row for _, row in wanted.iterrows()}


def _tax_per_mu(source: LayerSource, year: int, policy: PolicySet) -> dict[str, float]:
    figures = per_mu("platform", str(year), source, policy)
    known = figures.dropna(subset=["tax_wan_yuan_per_mu"])
    return dict(
        zip(
            known["platform_id"].astype(str),
            known["tax_wan_yuan_per_mu"].astype(float),
            strict=True,
        )
    )
