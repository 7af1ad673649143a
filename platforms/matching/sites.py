"""Which pieces of land could take a project; for many projects found and described once."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.edges import Shapes
from geo.measure import ellipsoidal_area_m2
from geo.progress import Progress, report, within
from geo.units import compare, m2_to_mu
from platforms.land.blocks import BlockList, BlockQuery, LandLayers, find_blocks
from platforms.land.carving import Need
from platforms.land.description import road_areas
from platforms.land.query import land_layers
from platforms.land.readiness import state_of
from platforms.land.site_carving import CarvedSite, Carver
from platforms.matching.land_use import Uses, may_be_used
from platforms.matching.site import Site
from platforms.matching.site_facts import UNMEASURED, Shaped, described, with_measures
from platforms.outlines import shapes_of
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource

NEAR_MISS = 0.6
"""Blocks from this part of the least land on are named among the rejected."""

VACANT_STATES = ("approved", "approved_not_supplied", "idle", "unknown")
"""Parcels not ready yet but not in use either: candidates that the state gate decides on."""

_UsesKey = tuple[tuple[str, tuple[str, ...]], ...] | None


@dataclass(frozen=True)
class LandAsked:
    """What a project asks of land.

    Attributes
    ----------
    need
        Least land, land wanted and most land [亩].
    uses
        Land uses that fit: parcels of another use join no block, and stand for themselves.
    shaped
        Which measures of shape are asked for.
    """

    need: Need
    uses: Uses | None
    shaped: Shaped = UNMEASURED

    @property
    def uses_key(self) -> _UsesKey:
        """Tell land uses apart."""
        return None if self.uses is None else tuple(sorted(self.uses.items()))


@dataclass(frozen=True)
class _Piece:
    """A piece of land; ``key`` is its own among all that a city gives."""

    key: tuple[str, _UsesKey, Need | None]
    parcel_ids: list[str]
    carved: CarvedSite | None
    geometry: shapely.Geometry


@dataclass(frozen=True)
class _Found:
    """The blocks of one kind of land use, from the smallest asked for on."""

    min_mu: float
    blocks: BlockList
    carver: Carver


class CityLand:
    """What could take a project, for all projects of a run.

    Parameters
    ----------
    source
        The layers, which don't change while this is held.
    policy
        States in S15 which zones count as provincial or higher.
    crs
        Projected system in metres.
    least_mu
        Least land of the smallest project that will be asked for [亩]; None where it isn't known:
        blocks are then searched again for each project smaller than those before.

    Notes
    -----
    Parcels are joined once for each set of land uses and blocks measured once; of a piece of land
    is looked up once what the layers say of it. What is carved for a project is its own.
    """

    def __init__(
        self, source: LayerSource, policy: PolicySet, crs: CRS, least_mu: float | None = None
    ) -> None:
        self._source, self._policy, self._crs = source, policy, crs
        self._floor_mu = np.inf if least_mu is None else least_mu * NEAR_MISS
        self._found: dict[_UsesKey, _Found] = {}
        self._described: dict[Hashable, Site] = {}

    def sites(
        self, asked: Sequence[LandAsked], progress: Progress | None = None
    ) -> list[list[Site]]:
        """Gather the land that could take each of some projects.

        Parameters
        ----------
        asked
            What each asks; together they take less time than one by one.
        progress
            Told the share done.

        Returns
        -------
        list of list of Site
            For each project: contiguous supply-ready blocks less blocking constraints, from a near
            miss on, and single vacant parcels of enough size that are not ready yet; largest
            first. Of a block larger than the most land the project takes, the part that it takes
            stands for the block.
        """
        gathered = []
        for number, one in enumerate(asked, start=1):
            begin, end = (0.9 * at / len(asked) for at in (number - 1, number))
            gathered.append(self._pieces(one, within(progress, begin, end)))
            report(progress, end)
        self._describe([piece for pieces in gathered for piece in pieces])
        found = []
        for one, pieces in zip(asked, gathered, strict=True):
            sites = self._measured([piece.key for piece in pieces], one.shaped)
            found.append(sorted(sites, key=lambda site: (-site.area_mu, site.site_id)))
        report(progress, 1.0)
        return found

    @cached_property
    def _layers(self) -> LandLayers:
        return land_layers(self._source)

    @cached_property
    def _ids(self) -> pd.Series:
        ids: pd.Series = self._layers.parcels["parcel_id"]
        return ids

    @cached_property
    def _areas_mu(self) -> npt.NDArray[np.float64]:
        shapes = shapes_of(self._layers.parcels)
        areas = (
            ellipsoidal_area_m2(shapes, self._layers.parcels.crs) if len(shapes) else np.empty(0)
        )
        return np.asarray(m2_to_mu(areas), dtype=float)

    @cached_property
    def _is_vacant(self) -> npt.NDArray[np.bool_]:
        return state_of(self._layers.parcels).isin(VACANT_STATES).to_numpy(dtype=bool)

    @cached_property
    def _is_ready(self) -> npt.NDArray[np.bool_]:
        return state_of(self._layers.parcels).isin(("cleared", "listed")).to_numpy(dtype=bool)

    @cached_property
    def _roads(self) -> Shapes:
        return road_areas(self._layers.barriers)

    def _pieces(self, asked: LandAsked, progress: Progress | None) -> list[_Piece]:
        blocks, kept = self._blocks(asked, progress)
        large = self._areas_mu >= asked.need.least_mu * (1 - 1e-9)
        in_no_block = self._is_ready & ~self._ids.isin(kept).to_numpy(dtype=bool)
        return [
            *blocks,
            *self._singles(self._is_vacant & large),
            *self._singles(in_no_block & large),
        ]

    def _search(self, min_mu: float, asked: LandAsked, progress: Progress | None) -> _Found:
        found = self._found.get(asked.uses_key)
        if found is None or compare(found.min_mu, min_mu) > 0:
            query = BlockQuery(min_mu=min(min_mu, self._floor_mu), less_constraints=True)
            admitted = may_be_used(self._layers.parcels, asked.uses)
            blocks = find_blocks(self._layers, query, admitted, progress)
            found = _Found(query.min_mu, blocks, Carver(blocks, query, self._roads))
            self._found[asked.uses_key] = found
        return found

    def _blocks(self, asked: LandAsked, progress: Progress | None) -> tuple[list[_Piece], set[str]]:
        """Give the blocks, or what the project takes of those too large, and all their parcels."""
        need, uses = asked.need, asked.uses_key
        found = self._search(need.least_mu * NEAR_MISS, asked, progress)
        areas = found.blocks.blocks["area_mu"].tolist()
        ids, parcel_ids, shapes = (
            found.blocks.blocks[name].to_numpy(dtype=object)
            for name in ("block_id", "parcel_ids", "geometry")
        )
        reaching = [
            at for at, mu in enumerate(areas) if compare(mu, need.least_mu * NEAR_MISS) >= 0
        ]  # fmt: skip
        most_mu = need.wanted_mu if need.most_mu is None else need.most_mu
        large = [at for at in reaching if compare(areas[at], most_mu) > 0]
        pieces = {
            at: _Piece((str(ids[at]), uses, None), parcel_ids[at], None, shapes[at])
            for at in reaching
        }  # fmt: skip
        for at, site in zip(large, found.carver.sites(large, need), strict=True):
            if site is not None:
                key = (f"{site.block_id}@{need.wanted_mu:g}", uses, need)
                pieces[at] = _Piece(key, list(site.parcel_ids), site, site.geometry)
        kept = {part.split("#")[0] for at in reaching for part in parcel_ids[at]}
        return list(pieces.values()), kept

    def _singles(self, wanted: npt.NDArray[np.bool_]) -> list[_Piece]:
        ids = self._ids.to_numpy(dtype=object)[wanted]
        shapes = shapes_of(self._layers.parcels)[wanted]
        return [
            _Piece((f"DK-{one}", None, None), [one], None, shape)
            for one, shape in zip(ids, shapes, strict=True)
        ]

    def _describe(self, pieces: Sequence[_Piece]) -> None:
        """Look up what the layers say of land, where that wasn't done before."""
        new = {piece.key: piece for piece in pieces if piece.key not in self._described}
        if not new:
            return
        land = gpd.GeoDataFrame(
            {
                "block_id": [key[0] for key in new],
                "parcel_ids": [piece.parcel_ids for piece in new.values()],
                "carved": pd.Series([piece.carved for piece in new.values()], dtype="object"),
            },
            geometry=[piece.geometry for piece in new.values()],
            crs=self._crs,
        )
        sites = described(land, self._source, self._layers, self._policy, self._crs)
        self._described.update(zip(new, sites, strict=True))

    def _measured(self, keys: Sequence[Hashable], shaped: Shaped) -> list[Site]:
        """Add the measures of shape that are asked for."""
        if shaped == UNMEASURED:
            return [self._described[key] for key in keys]
        new = [key for key in keys if (key, shaped) not in self._described]
        sites = with_measures([self._described[key] for key in new], self._layers, shaped)
        self._described.update(zip(((key, shaped) for key in new), sites, strict=True))
        return [self._described[key, shaped] for key in keys]


def candidate_sites(
    source: LayerSource,
    need: Need,
    uses: Uses | None,
    policy: PolicySet,
    crs: CRS,
    shaped: Shaped = UNMEASURED,
) -> list[Site]:
    """Gather the land that could take one project; as ``CityLand`` for many."""
    return CityLand(source, policy, crs).sites([LandAsked(need, uses, shaped)])[0]
