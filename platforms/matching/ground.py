"""What matching reads of a city for one project, before anything is judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
from pyproj import CRS

from platforms.elements.room import Quotas, quotas_of
from platforms.elements.shares import element_shares
from platforms.indicators.per_mu import per_mu
from platforms.land.carving import Need
from platforms.matching.chain_reach import ChainReach
from platforms.matching.columns import SiteColumns, columns_of
from platforms.matching.criteria import ShareKey, Surroundings
from platforms.matching.demand import Demand, check_units
from platforms.matching.gate import held_rule
from platforms.matching.land_use import fitting_uses
from platforms.matching.project_standing import ProjectStanding, project_standing
from platforms.matching.site_facts import Shaped
from platforms.matching.sites import candidate_sites
from platforms.matching.table import MatchTable
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource


@dataclass(frozen=True)
class Ground:
    """The candidates for a project, and what is known around them.

    Attributes
    ----------
    columns
        The candidates.
    around
        Platforms, tax per 亩 and shares.
    quotas
        Quotas of the year and what takes from them.
    year
        Year of quotas, shares and figures per 亩.
    project
        What the rules say of the project itself.
    """

    columns: SiteColumns
    around: Surroundings
    quotas: Quotas
    year: int
    project: ProjectStanding


def ground_of(
    source: LayerSource,
    demand: Demand,
    policy: PolicySet,
    table: MatchTable,
    year: int,
    crs: CRS,
    chains: ChainReach | None = None,
) -> Ground:
    """Read the land and the figures that a project is matched with.

    Parameters
    ----------
    source
        The layers.
    demand
        What the project asks: size and land use decide which land is a candidate at all.
    policy
        Rules on the as-of date.
    table
        Bounds and land uses.
    year
        Year of quotas, shares and figures per 亩.
    crs
        Projected system in metres.
    chains
        The firms of the city along the chains, None where they aren't looked at.

    Returns
    -------
    Ground
        Shares where the pack holds B1; figures per 亩 whatever it holds.

    Raises
    ------
    PlanningError
        ``demand_unit_unknown``.
    """
    check_units(demand, source.read("units")["unit_id"])
    shaped = Shaped(demand.width_min_m is not None, demand.frontage_min_m is not None)
    need, uses = needed(demand, policy, table), fitting_uses(demand, table)
    sites = candidate_sites(source, need, uses, policy, crs, shaped)
    platforms = source.read("major_platforms")
    around = Surroundings(
        {str(row["platform_id"]): row for row in platforms.to_dict("records")},
        _tax_per_mu(source, year, policy),
        shares_beside(source, [demand.project_id], year, policy, crs),
        {} if chains is None else chains.nearness(demand.industry_code, platforms["platform_id"]),
    )
    columns = columns_of(sites)
    project = project_standing(source, demand, columns.unit_ids, policy)
    return Ground(columns, around, quotas_of(source, year, crs), year, project)


def needed(demand: Demand, policy: PolicySet, table: MatchTable) -> Need:
    """Ask for the land wanted; blocks of the sizes that are listed (B3, B4) are worth keeping.

    Parameters
    ----------
    demand
        What the project asks.
    policy
        Rules: a pack without B3 and B4 lists no size.
    table
        Surplus that a project takes which states no most land.

    Returns
    -------
    Need
        Least, wanted and most land [亩], and the sizes.
    """
    held = [held_rule(policy, rule_id) for rule_id in ("B3", "B4")]
    lines = tuple(dated.rule.number for dated in held if dated is not None)
    most_mu = demand.land_max_mu
    if most_mu is None:
        most_mu = demand.land_wanted_mu * (1 + table.surplus_share)
    return Need(demand.land_min_mu, demand.land_wanted_mu, most_mu, lines)


def shares_beside(
    source: LayerSource, project_ids: Iterable[str], year: int, policy: PolicySet, crs: CRS
) -> Mapping[ShareKey, Mapping[str, object]]:
    """Give the shares of the year (B1), without what projects that are to be placed hold already.

    Parameters
    ----------
    source
        The layers.
    project_ids
        Projects to be placed: counted with their new place, their own allotments would count twice.
    year
        The year.
    policy
        Rules on the as-of date.
    crs
        Projected system in metres.

    Returns
    -------
    mapping
        Rows of ``element_shares`` by the outline in use, by unit, element and pollutant; none
        where the packs don't hold B1.
    """
    if not policy.parts("B1"):
        return {}
    allotments, platforms, parks, parcels, units = (
        gpd.GeoDataFrame(source.read(name))
        for name in ("element_allotments", "major_platforms", "parks", "land_parcels", "units")
    )
    own = allotments["project_id"].isin(list(project_ids)).fillna(value=False)
    others = allotments[~own.to_numpy(dtype=bool)]
    shares = element_shares(others, platforms, parks, parcels, units, year, policy, crs)
    wanted = shares[(shares["span"] == "year") & (shares["boundary_basis"] == "in_use")]
    return {
        (str(row["unit_id"]), str(row["element"]), row["pollutant"] or None): {
            str(name): value for name, value in row.items()
        }
        for row in wanted.to_dict("records")
    }


def _tax_per_mu(source: LayerSource, year: int, policy: PolicySet) -> dict[str, float]:
    figures = per_mu("platform", str(year), source, policy)
    known = figures.dropna(subset=["tax_wan_yuan_per_mu"])
    ids = known["platform_id"].astype(str)
    return dict(zip(ids, known["tax_wan_yuan_per_mu"].astype(float), strict=True))
