"""What matching reads of a city."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS

from geo.tools import Progress
from platforms.completeness import KindOnFile
from platforms.elements.quotas import Quotas, quotas_of
from platforms.elements.shares import element_shares
from platforms.indicators.per_mu import per_mu
from platforms.industries.chains import ChainFirms, Chains, chain_proximity
from platforms.industries.codes import IndustryTable
from platforms.land.carving import Need
from platforms.ledger.counting import ProjectLedger, read_ledger
from platforms.matching.candidates import CityLand, LandAsked, Shaped
from platforms.matching.demand import Demand, check_units
from platforms.matching.land_gates import ProjectStatus, project_status, rule_in_pack
from platforms.matching.scoring import ShareKey, Surroundings
from platforms.matching.site import MatchTable, SiteColumns, columns_of, fitting_uses
from platforms.policy.in_force import PolicySet
from platforms.source import LayerSource, competition_of


@dataclass(frozen=True)
class ChainProximity:
    """The firms and chains of a city with the classification they speak of.

    ``firms``: The firms and the platforms they stand on.
    ``chains``: The chains.
    ``industries``: Sections and divisions.
    """

    firms: ChainFirms
    chains: Chains
    industries: IndustryTable

    def by_platform(
        self, industry_code: str | None, platform_ids: Iterable[str]
    ) -> dict[str | None, float]:
        """Compute how near each platform is to an industry.

        Parameters
        ----------
        industry_code
            Industry of the project, None where not stated.
        platform_ids
            The platforms; land in none of them (None) is asked too.

        Returns
        -------
        dict of str or None to float
            0–1 by platform; those of which it can't be told are left out.
        """
        by_platform = {}
        for platform_id in (*platform_ids, None):
            value, _ = chain_proximity(
                industry_code, platform_id, self.firms, self.chains, self.industries
            )
            if value is not None:
                by_platform[platform_id] = value
        return by_platform


@dataclass(frozen=True)
class MatchInputs:
    """The candidates for a project, and what is known around them.

    ``columns``: The candidates.
    ``around``: Platforms, tax per 亩 and shares.
    ``quotas``: Quotas of the year and what takes from them.
    ``year``: Year of quotas, shares and figures per 亩.
    ``project``: What the rules say of the project itself.
    ``kinds``: Kinds of constraint that land is checked against, with what is on file of each.
    ``parcels``: What is on file of the parcels.
    """

    columns: SiteColumns
    around: Surroundings
    quotas: Quotas
    year: int
    project: ProjectStatus
    kinds: tuple[KindOnFile, ...] = ()
    parcels: KindOnFile | None = None


class Survey:
    """What matching reads of a city once, for the projects of a run one after another.

    Parameters
    ----------
    source
        The layers, which don't change while this is held.
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
    least_mu
        Least land of the smallest project of the run [亩], None where it isn't known.
    """

    def __init__(
        self,
        source: LayerSource,
        policy: PolicySet,
        table: MatchTable,
        year: int,
        crs: CRS,
        chains: ChainProximity | None = None,
        least_mu: float | None = None,
    ) -> None:
        self._source, self._policy, self._table = source, policy, table
        self.year, self._crs, self._chains = year, crs, chains
        self._land = CityLand(source, policy, crs, least_mu)
        self._statuses: dict[Demand, tuple[frozenset[str | None], ProjectStatus]] = {}
        self._shares: dict[frozenset[str], Mapping[ShareKey, Mapping[str, object]]] = {}

    def inputs(
        self,
        demands: Sequence[Demand],
        progress: Progress | None = None,
        cut: Sequence[Collection[str]] | None = None,
    ) -> Iterator[MatchInputs]:
        """Return the land and the figures that each project is matched with.

        Parameters
        ----------
        demands
            What they ask: size and land use decide which land is a candidate at all.
        progress
            Told the share of the land that is gathered.
        cut
            For each project the names of the blocks that are cut where they are more than it takes,
            the others being left out; None for all.

        Yields
        ------
        MatchInputs
            In the order of the demands. Shares where the pack holds B1; figures per 亩 whatever it
            holds.

        Raises
        ------
        PlanningError
            ``demand_unit_unknown``.
        """
        self._check(demands)
        chosen = [None] * len(demands) if cut is None else cut
        asked = [self._asked(*each) for each in zip(demands, chosen, strict=True)]
        for demand, sites in zip(demands, self._land.sites(asked, progress), strict=True):
            yield self._with_figures(demand, columns_of(sites))

    def whole_blocks(self, demands: Sequence[Demand]) -> Iterator[MatchInputs]:
        """Return the blocks larger than each project takes, as if it took what it wishes.

        Which of them are worth cutting can be told without cutting any.

        Parameters
        ----------
        demands
            What they ask.

        Yields
        ------
        MatchInputs
            In the order of the demands; such blocks alone.
        """
        self._check(demands)
        blocks = self._land.whole_blocks([self._asked(demand) for demand in demands])
        for demand, sites in zip(demands, blocks, strict=True):
            columns = columns_of(sites)
            wanted = np.full(len(columns), demand.land_wanted_mu)
            yield self._with_figures(demand, replace(columns, area_mu=wanted, legal_mu=wanted))

    def _check(self, demands: Sequence[Demand]) -> None:
        for demand in demands:
            check_units(demand, self._source.read("units")["unit_id"])

    def _with_figures(self, demand: Demand, columns: SiteColumns) -> MatchInputs:
        chains = self._chains
        around = Surroundings(
            self._platforms,
            self._tax_per_mu,
            self.shares_without([demand.project_id]),
            {} if chains is None else chains.by_platform(demand.industry_code, self._platforms),
        )
        return MatchInputs(
            columns, around, self.quotas, self.year, self._status(demand, columns), self._kinds,
            self._land.on_file.on_file("land_parcels"),
        )  # fmt: skip

    def _status(self, demand: Demand, columns: SiteColumns) -> ProjectStatus:
        """Look a project up, once for the units that land of it lies in."""
        known = self._statuses.get(demand)
        units = frozenset(columns.unit_ids)
        if known is None or not units <= known[0]:
            known = units, project_status(self._source, demand, units, self._policy, self._ledger)
            self._statuses[demand] = known
        return known[1]

    @cached_property
    def _ledger(self) -> ProjectLedger:
        """What the city has on file of projects, as competition between units is judged."""
        return read_ledger(competition_of(self._source), self._policy.as_of)

    def sharing(
        self,
        demands: Sequence[Demand],
        inputs: Sequence[MatchInputs],
        fitting: Sequence[Collection[str]],
    ) -> list[MatchInputs]:
        """Return the same with further pieces of blocks, on which projects can stand side by side.

        Parameters
        ----------
        demands, inputs
            The projects, and what ``inputs`` gave for them.
        fitting
            Names of the blocks in which each could have a place.

        Returns
        -------
        list of MatchInputs
            In the same order; the very object where there is no further piece.
        """
        further = self._land.shared([self._asked(demand) for demand in demands], fitting)
        wider = []
        for demand, before, sites in zip(demands, inputs, further, strict=True):
            if not sites:
                wider.append(before)
                continue
            columns = columns_of([*before.columns.sites, *sites])
            wider.append(replace(before, columns=columns, project=self._status(demand, columns)))
        return wider

    def _asked(self, demand: Demand, cut: Collection[str] | None = None) -> LandAsked:
        shaped = Shaped(demand.width_min_m is not None, demand.frontage_min_m is not None)
        need = needed(demand, self._policy, self._table)
        return LandAsked(need, fitting_uses(demand, self._table), shaped, cut)

    def shares_without(self, project_ids: Iterable[str]) -> Mapping[ShareKey, Mapping[str, object]]:
        """Return the shares without what projects to be placed hold, as ``shares_without``."""
        allotted = self._source.read("element_allotments")["project_id"]
        excluded = frozenset(project_ids).intersection(allotted.dropna().astype(str))
        if excluded not in self._shares:
            self._shares[excluded] = shares_without(
                self._source, excluded, self.year, self._policy, self._crs
            )
        return self._shares[excluded]

    @cached_property
    def _kinds(self) -> tuple[KindOnFile, ...]:
        on_file = self._land.on_file
        return tuple(on_file.on_file("constraints", kind) for kind in on_file.kinds)

    @cached_property
    def quotas(self) -> Quotas:
        """Quotas of the year and what takes from them."""
        return quotas_of(self._source, self.year, self._crs)

    @cached_property
    def _platforms(self) -> dict[str, dict[Hashable, Any]]:
        rows = self._source.read("major_platforms").to_dict("records")
        return {str(row["platform_id"]): row for row in rows}

    @cached_property
    def _tax_per_mu(self) -> dict[str, float]:
        """Return the tax per 亩 of platforms; figures of a year too long ago (S21) aren't known."""
        if self._land.on_file.is_older("platform_indicators", f"{self.year}-12-31"):
            return {}
        return _tax_per_mu(self._source, self.year, self._policy)


def match_inputs(
    source: LayerSource,
    demand: Demand,
    policy: PolicySet,
    table: MatchTable,
    year: int,
    crs: CRS,
    chains: ChainProximity | None = None,
) -> MatchInputs:
    """Read the land and the figures that one project is matched with; ``Survey`` for many."""
    return next(Survey(source, policy, table, year, crs, chains).inputs([demand]))


def needed(demand: Demand, policy: PolicySet, table: MatchTable) -> Need:
    """Ask for the land wanted; blocks of the sizes that are listed (B3, B4) are worth keeping.

    ``policy``: Rules: a pack without B3 and B4 lists no size.

    Least, wanted and most land [亩], and the sizes.
    """
    rules = [rule_in_pack(policy, rule_id) for rule_id in ("B3", "B4")]
    lines = tuple(dated.rule.number for dated in rules if dated is not None)
    most_mu = demand.land_max_mu
    if most_mu is None:
        most_mu = demand.land_wanted_mu * (1 + table.surplus_share)
    return Need(demand.land_min_mu, demand.land_wanted_mu, most_mu, lines)


def shares_without(
    source: LayerSource, project_ids: Iterable[str], year: int, policy: PolicySet, crs: CRS
) -> Mapping[ShareKey, Mapping[str, object]]:
    """Return the shares of the year (B1), without what projects that are to be placed hold already.

    ``project_ids``: Projects to be placed: counted with their new place, their own allotments
      would count twice.
    ``crs``: Projected system in metres.

    Rows of ``element_shares`` by the outline in use, by unit, element and pollutant; none where the
    packs don't hold B1.
    """
    if not policy.parts("B1"):
        return {}
    allotments, platforms, parks, parcels, units = (
        gpd.GeoDataFrame(source.read(name))
        for name in ("element_allotments", "major_platforms", "parks", "land_parcels", "units")
    )
    is_excluded = allotments["project_id"].isin(list(project_ids)).fillna(value=False)
    others = allotments[~is_excluded.to_numpy(dtype=bool)]
    shares = element_shares(
        others, platforms, parks, parcels, units, year, policy, crs,
        projects=source.read("projects"),
    )  # fmt: skip
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
