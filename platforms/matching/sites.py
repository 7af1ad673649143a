"""Which pieces of land could take a project; for many projects found and described once."""

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo.edges import Shapes
from geo.measure import ellipsoidal_area_m2
from geo.units import compare, m2_to_mu
from platforms.land.blocks import BlockList, BlockQuery, LandLayers, find_blocks
from platforms.land.carving import Need
from platforms.land.description import road_areas
from platforms.land.readiness import state_of
from platforms.land.site_carving import Carver
from platforms.matching.land_use import Uses, may_be_used
from platforms.matching.site import Site
from platforms.matching.site_facts import UNMEASURED, Shaped, described
from platforms.outlines import shapes_of
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource

NEAR_MISS = 0.6
"""Blocks from this part of the least land on are named among the rejected."""

VACANT_STATES = ("approved", "approved_not_supplied", "idle", "unknown")
"""Parcels not ready yet but not in use either: candidates that the state gate decides on."""

_UsesKey = tuple[tuple[str, tuple[str, ...]], ...] | None
_LandKey = tuple[str, bytes, Need | None, Shaped]


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
        self._described: dict[_LandKey, Site] = {}

    def sites(self, need: Need, uses: Uses | None, shaped: Shaped = UNMEASURED) -> list[Site]:
        """Gather the land that could take a project of a size.

        Parameters
        ----------
        need
            Least land, land wanted and most land [亩].
        uses
            Land uses that fit: parcels of another use join no block, and stand for themselves.
        shaped
            Which measures of shape are asked for.

        Returns
        -------
        list of Site
            Contiguous supply-ready blocks less blocking constraints, from a near miss on, and
            single vacant parcels of enough size that are not ready yet; largest first. Of a block
            larger than the most land the project takes, the part that it takes stands for the
            block.
        """
        blocks, kept = self._blocks(need, uses)
        large = self._areas_mu >= need.least_mu * (1 - 1e-9)
        in_no_block = self._is_ready & ~self._ids.isin(kept).to_numpy(dtype=bool)
        land = gpd.GeoDataFrame(
            pd.concat(
                [blocks, self._singles(self._is_vacant & large), self._singles(in_no_block & large)],
                ignore_index=True,
            ),
            crs=self._crs,
        )
        sites = self._facts(land, need, shaped)
        return sorted(sites, key=lambda site: (-site.area_mu, site.site_id))

    @cached_property
    def _layers(self) -> LandLayers:
        return land_layers(self._source)

    @cached_property
    def _ids(self) -> pd.Series:
        return self._layers.parcels["parcel_id"]

    @cached_property
    def _areas_mu(self) -> npt.NDArray[np.float64]:
        shapes = shapes_of(self._layers.parcels)
        areas = ellipsoidal_area_m2(shapes, self._layers.parcels.crs) if len(shapes) else np.empty(0)
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

    def _search(self, min_mu: float, uses: Uses | None) -> _Found:
        key = None if uses is None else tuple(sorted(uses.items()))
        found = self._found.get(key)
        if found is None or compare(found.min_mu, min_mu) > 0:
            query = BlockQuery(min_mu=min(min_mu, self._floor_mu), less_constraints=True)
            blocks = find_blocks(self._layers, query, may_be_used(self._layers.parcels, uses))
            found = _Found(query.min_mu, blocks, Carver(blocks, query, self._roads))
            self._found[key] = found
        return found

    def _blocks(self, need: Need, uses: Uses | None) -> tuple[gpd.GeoDataFrame, set[str]]:
        """Give the blocks, or what the project takes of those too large, and all their parcels."""
        min_mu = need.least_mu * NEAR_MISS
        found = self._search(min_mu, uses)
        areas = found.blocks.blocks["area_mu"]
        reaching = [at for at, mu in enumerate(areas) if compare(mu, min_mu) >= 0]
        blocks = found.blocks.blocks[["block_id", "parcel_ids", "geometry"]].assign(carved=None)
        kept = {
            part.split("#")[0] for ids in blocks["parcel_ids"].iloc[reaching] for part in ids
        }  # fmt: skip
        most_mu = need.wanted_mu if need.most_mu is None else need.most_mu
        large = [at for at in reaching if compare(areas.iloc[at], most_mu) > 0]
        rows = dict(zip(reaching, blocks.iloc[reaching].to_dict("records"), strict=True))
        for place, site in zip(large, found.carver.sites(large, need), strict=True):
            if site is not None:
                rows[place] = {
                    "block_id": f"{site.block_id}@{need.wanted_mu:g}", "geometry": site.geometry,
                    "parcel_ids": list(site.parcel_ids), "carved": site,
                }  # fmt: skip
        frame = pd.DataFrame(list(rows.values()), columns=blocks.columns)
        return gpd.GeoDataFrame(frame, crs=blocks.crs), kept

    def _singles(self, wanted: npt.NDArray[np.bool_]) -> gpd.GeoDataFrame:
        parcels = self._layers.parcels
        ids = self._ids.to_numpy(dtype=object)[wanted]
        return gpd.GeoDataFrame(
            {
                "block_id": [f"DK-{parcel_id}" for parcel_id in ids],
                "parcel_ids": [[parcel_id] for parcel_id in ids],
                "carved": None,
            },
            geometry=shapes_of(parcels)[wanted],
            crs=parcels.crs,
        )

    def _facts(self, land: gpd.GeoDataFrame, need: Need, shaped: Shaped) -> list[Site]:
        """Look up what the layers say of each piece of land, where that wasn't done before."""
        outlines = land.geometry.to_wkb()
        keys: list[_LandKey] = [
            (str(site_id), outline, None if carved is None else need, shaped)
            for site_id, outline, carved in zip(
                land["block_id"], outlines, land["carved"], strict=True
            )
        ]
        unknown = [at for at, key in enumerate(keys) if key not in self._described]
        if unknown:
            new = land.iloc[unknown].reset_index(drop=True)
            sites = described(new, self._source, self._layers, self._policy, self._crs, shaped)
            self._described.update(zip((keys[at] for at in unknown), sites, strict=True))
        return [self._described[key] for key in keys]


def land_layers(source: LayerSource) -> LandLayers:
    """Read the layers that a search for land needs."""

    def layer(name: str) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(source.read(name))

    return LandLayers(
        layer("land_parcels"), layer("barriers"), layer("constraints"), layer("units"),
        source.read("adjacency_decisions"),
    )  # fmt: skip


def candidate_sites(
    source: LayerSource,
    need: Need,
    uses: Uses | None,
    policy: PolicySet,
    crs: CRS,
    shaped: Shaped = UNMEASURED,
) -> list[Site]:
    """Gather the land that could take one project; as ``CityLand`` for many."""
    return CityLand(source, policy, crs).sites(need, uses, shaped)
