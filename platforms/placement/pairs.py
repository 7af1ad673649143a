"""Pairs of projects and admitted sites as choices: all where there is room, else the best."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from platforms.matching.demand import Demand
from platforms.matching.match import MatchResult
from platforms.matching.site import Site
from platforms.placement.option import Limit, Option

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

    Attributes
    ----------
    options
        One a pair, those of a project by falling score.
    left_out
        Admitted pairs that there was no room for.
    """

    options: list[Option]
    left_out: int


def pairs_of(
    results: Sequence[MatchResult], locked: Collection[Pair], excluded: Collection[Pair],
    at_most: int = MOST_PAIRS,
) -> Pairs:  # fmt: skip
    """Give the admitted pairs as choices.

    Parameters
    ----------
    results
        What matching found for each project.
    locked, excluded
        Pairs that must, and must not, be. A locked project has its locked sites alone.
    at_most
        Number of pairs; the best of each project by equal parts, 20 in any case.

    Returns
    -------
    Pairs
        The choices.
    """
    own = [_sites_of(one, set(locked), set(excluded)) for one in results]
    each = _part_of_each([len(one) for one in own], at_most)
    options = [
        _option(result.demand, site, points)
        for result, sites in zip(results, own, strict=True)
        for site, points in sites[:each]
    ]
    return Pairs(options, sum(map(len, own)) - len(options))


def _part_of_each(counts: Sequence[int], at_most: int) -> int:
    """Give how many of each make up no more than a number."""
    most = max(counts, default=0)
    if sum(counts) <= at_most:
        return most
    held = np.sort(np.array(counts))
    # With k of each: those that have fewer count whole.
    before, rest = np.concatenate([[0], np.cumsum(held)[:-1]]), np.arange(len(held), 0, -1)
    fits = before + rest * held <= at_most
    at = int(fits.sum())
    return max(LEAST_OF_EACH, int((at_most - before[at]) // rest[at]))


def _sites_of(
    result: MatchResult, locked: set[Pair], excluded: set[Pair]
) -> list[tuple[Site, float]]:
    """Give the admitted sites of a project with their scores, the best first."""
    name = result.demand.project_id
    sites = result.evaluation.setting.columns.sites
    points = np.nan_to_num(result.ranking.score[result.ranking.order]).tolist()
    own = [
        (sites[at], score)
        for at, score in zip(result.sites.positions.tolist(), points, strict=True)
    ]
    mine = {site for project, site in locked if project == name}
    if mine:
        return [one for one in own if one[0].site_id in mine]
    out = {site for project, site in excluded if project == name}
    return [one for one in own if one[0].site_id not in out] if out else own


def _option(demand: Demand, site: Site, points: float) -> Option:
    land = min(demand.land_wanted_mu, site.area_mu)
    takes: dict[tuple[str, str | None], float] = {("land", None): land}
    if demand.energy_tce is not None:
        takes["energy", None] = demand.energy_tce
    takes.update({("emission", name): amount for name, amount in demand.emissions_t or ()})
    return Option(
        demand.project_id, site.site_id, site.unit_id, site.platform_id, site.parcel_ids,
        site.area_mu, points, site.zone_share, takes,
        0.0 if site.is_increment is False else land, site.geometry, site.carved is not None,
        site.site_id if site.carved is None else site.carved.block_id,
        site.area_mu if site.carved is None else site.carved.block_mu, demand.investment_yi_yuan,
    )  # fmt: skip


@dataclass(frozen=True)
class Fewer:
    """A part of the choices with their limits, and where they stand among all.

    Attributes
    ----------
    options, limits
        As a placement takes them, positions counted anew.
    place
        New position of each choice kept, by its position among all.
    best_of_each
        So many of the best of each project; None where all are there.
    """

    options: list[Option]
    limits: list[Limit]
    place: Mapping[int, int]
    best_of_each: int | None


def to_explain(
    options: Sequence[Option], limits: Sequence[Limit], taken: Collection[int],
    at_most: int = EXPLAINED_PAIRS,
) -> Fewer:  # fmt: skip
    """Keep the best choices of each project and those taken, as many as can be explained.

    Parameters
    ----------
    options, limits
        All of them; those of a project stand by falling score.
    taken
        Positions of those taken.
    at_most
        Number of choices, as ``pairs_of`` takes it.

    Returns
    -------
    Fewer
        What is explained.
    """
    rank: list[int] = []
    count: dict[str, int] = {}
    for one in options:
        rank.append(count.get(one.project_id, 0))
        count[one.project_id] = rank[-1] + 1
    each = _part_of_each(list(count.values()), at_most)
    kept = [at for at in range(len(options)) if rank[at] < each or at in taken]
    place = {at: number for number, at in enumerate(kept)}
    if len(kept) == len(options):
        return Fewer(list(options), list(limits), place, None)
    fewer = []
    for limit in limits:
        weights = {place[at]: weight for at, weight in limit.weights.items() if at in place}
        if weights:
            fewer.append(Limit(limit.name, weights, limit.most))
    return Fewer([options[at] for at in kept], fewer, place, each)
