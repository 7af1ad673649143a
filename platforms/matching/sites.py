"""Which pieces of land could take a project."""

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.units import compare, m2_to_mu
from platforms.land.blocks import BlockList, BlockQuery, LandLayers, find_blocks
from platforms.land.carving import Need
from platforms.land.description import road_areas
from platforms.land.readiness import state_of
from platforms.land.site_carving import carved_sites
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


def candidate_sites(
    source: LayerSource,
    need: Need,
    uses: Uses | None,
    policy: PolicySet,
    crs: CRS,
    shaped: Shaped = UNMEASURED,
) -> list[Site]:
    """Gather the land that could take a project of a size.

    Parameters
    ----------
    source
        The layers.
    need
        Least land, land wanted and most land [亩].
    uses
        Land uses that fit: parcels of another use join no block, and stand for themselves.
    policy
        States in S15 which zones count as provincial or higher.
    crs
        Projected system in metres.
    shaped
        Which measures of shape are asked for.

    Returns
    -------
    list of Site
        Contiguous supply-ready blocks less blocking constraints, from a near miss on, and single
        vacant parcels of enough size that are not ready yet; largest first. Of a block larger than
        the most land the project takes, the part that it takes stands for the block.
    """
    layers = land_layers(source)
    least_mu = need.least_mu
    query = BlockQuery(min_mu=least_mu * NEAR_MISS, less_constraints=True)
    found = find_blocks(layers, query, may_be_used(layers.parcels, uses))
    singles = _vacant_parcels(layers, least_mu)
    lost = _ready_in_no_block(layers, found.blocks, least_mu)
    land = gpd.GeoDataFrame(
        pd.concat([_carved(found, layers, need, query), singles, lost], ignore_index=True), crs=crs
    )
    if not len(land):
        return []
    sites = described(land, source, layers, policy, crs, shaped)
    return sorted(sites, key=lambda site: (-site.area_mu, site.site_id))


def land_layers(source: LayerSource) -> LandLayers:
    """Read the layers that a search for land needs."""

    def layer(name: str) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(source.read(name))

    return LandLayers(
        layer("land_parcels"), layer("barriers"), layer("constraints"), layer("units"),
        source.read("adjacency_decisions"),
    )  # fmt: skip


def _carved(
    found: BlockList, layers: LandLayers, need: Need, query: BlockQuery
) -> gpd.GeoDataFrame:
    """Give the blocks, and of those larger than the project takes the part that it takes."""
    blocks = found.blocks[["block_id", "parcel_ids", "geometry"]].assign(carved=None)
    most_mu = need.wanted_mu if need.most_mu is None else need.most_mu
    large = [at for at, mu in enumerate(found.blocks["area_mu"]) if compare(mu, most_mu) > 0]
    rows = blocks.to_dict("records")
    sites = carved_sites(found, large, need, query, road_areas(layers.barriers))
    for place, site in zip(large, sites, strict=True):
        if site is not None:
            rows[place] = {
                "block_id": f"{site.block_id}@{need.wanted_mu:g}", "geometry": site.geometry,
                "parcel_ids": list(site.parcel_ids), "carved": site,
            }  # fmt: skip
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=blocks.columns), crs=blocks.crs)


def _vacant_parcels(layers: LandLayers, least_mu: float) -> gpd.GeoDataFrame:
    vacant = layers.parcels[state_of(layers.parcels).isin(VACANT_STATES).to_numpy(dtype=bool)]
    return _single_sites(vacant, least_mu)


def _ready_in_no_block(
    layers: LandLayers, blocks: gpd.GeoDataFrame, least_mu: float
) -> gpd.GeoDataFrame:
    """Name the ready parcels of enough size that their use or a constraint keeps out of blocks."""
    ready = layers.parcels[state_of(layers.parcels).isin(("cleared", "listed")).to_numpy(bool)]
    kept = {part.split("#")[0] for ids in blocks["parcel_ids"] for part in ids}
    return _single_sites(ready[~ready["parcel_id"].isin(kept).to_numpy(dtype=bool)], least_mu)


def _single_sites(parcels: gpd.GeoDataFrame, least_mu: float) -> gpd.GeoDataFrame:
    shapes = shapes_of(parcels)
    areas = ellipsoidal_area_m2(shapes, parcels.crs) if len(shapes) else np.empty(0)
    large = m2_to_mu(areas) >= least_mu * (1 - 1e-9)
    ids = parcels["parcel_id"].to_numpy(dtype=object)[large]
    return gpd.GeoDataFrame(
        {
            "block_id": [f"DK-{parcel_id}" for parcel_id in ids],
            "parcel_ids": [[parcel_id] for parcel_id in ids],
            "carved": None,
        },
        geometry=shapes[large],
        crs=parcels.crs,
    )
