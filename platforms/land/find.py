"""Contiguous land of a city: the blocks, and what there is to say of each."""

from dataclasses import dataclass, replace
from typing import Protocol

import geopandas as gpd
import pandas as pd

from geo.raster import Raster
from geo.tools import Progress, report, within
from platforms.land.block_facts import (
    bounds_of,
    bridges_of,
    describe_blocks,
    describe_terrain,
    net_land,
    net_pieces,
)
from platforms.land.blocks import BlockList, ToleranceCurve, find_blocks, tolerance_curve
from platforms.land.search import BlockQuery, LandLayers, decisions_on, land_layers
from platforms.policy.in_force import PolicySet
from platforms.source import LayerSource


class RasterSource(Protocol):
    """Whatever holds the rasters of a city."""

    def read_raster(self, name: str) -> Raster | None:
        """Read ``dem`` or ``flood_depth`` [m], None where there is none."""


@dataclass(frozen=True)
class ContiguousLand:
    """What a search for contiguous land gives.

    ``blocks``: The blocks.
    ``described``: Net land, width, compactness and frontage of each.
    ``terrain``: Slope and flood on each; missing where there is no raster.
    ``bridges``: Gaps that hold them together.
    ``pieces``: What constraints leave of them.
    ``losses``: What each blocking constraint takes of each block.
    ``bounds``: What bounds the blocks short of the line.
    ``curve``: Number and area at every tolerance, None where not asked for.
    """

    blocks: BlockList
    described: pd.DataFrame
    terrain: pd.DataFrame
    bridges: gpd.GeoDataFrame
    pieces: gpd.GeoDataFrame
    losses: pd.DataFrame
    bounds: pd.DataFrame
    curve: ToleranceCurve | None


def contiguous_land(
    source: LayerSource,
    rasters: RasterSource,
    query: BlockQuery,
    policy: PolicySet,
    *,
    with_curve: bool = False,
    progress: Progress | None = None,
) -> ContiguousLand:
    """Find the blocks and what there is to say of them.

    Parameters
    ----------
    source
        Layers ``land_parcels``, ``barriers``, ``constraints``, ``units`` and the table
        ``adjacency_decisions``.
    rasters
        Heights and depths of a flood.
    query
        What counts as a block.
    policy
        Its date, up to which decisions count and constraints hold; their severities by kind.
    with_curve
        True to compute the tolerance curve, too.
    progress
        Told the share done.

    Returns
    -------
    ContiguousLand
        The blocks with net land, shape, terrain, bridges and bounds.

    Raises
    ------
    PlanningError
        What ``find_blocks`` and ``tolerance_curve`` raise.
    """
    layers = _layers_on(source, policy)
    blocks = find_blocks(layers, query, progress=within(progress, 0.0, 0.4))
    pieces = net_pieces(blocks, layers, query, within(progress, 0.4, 0.48))
    report(progress, 0.48)
    terrain = describe_terrain(
        blocks.blocks,
        rasters.read_raster("dem"),
        rasters.read_raster("flood_depth"),
        within(progress, 0.48, 0.5),
    )
    curve = None
    if with_curve:
        curve = tolerance_curve(layers, query, within(progress, 0.5, 0.8))
    described = describe_blocks(blocks, pieces, layers, query, within(progress, 0.8, 0.9))
    bridges = bridges_of(blocks, layers.barriers, layers.decisions, query.gap_m)
    report(progress, 0.92)
    losses = net_land(blocks.blocks, layers.constraints, progress=within(progress, 0.92, 0.97))
    bounds = bounds_of(blocks, layers, query)
    report(progress, 1.0)
    return ContiguousLand(
        blocks=blocks,
        described=described,
        terrain=terrain,
        bridges=bridges,
        pieces=pieces,
        losses=losses.losses,
        bounds=bounds,
        curve=curve,
    )


def block_list(
    source: LayerSource, query: BlockQuery, policy: PolicySet, progress: Progress | None = None
) -> BlockList:
    """Find the blocks alone, with nothing that there is to say of each.

    Parameters
    ----------
    source
        The same layers as ``contiguous_land``.
    query
        What counts as a block.
    policy
        Its date, up to which decisions count and constraints hold; their severities by kind.
    progress
        Told the share done.

    Returns
    -------
    BlockList
        The blocks.

    Raises
    ------
    PlanningError
        What ``find_blocks`` raises.
    """
    return find_blocks(_layers_on(source, policy), query, progress=progress)


def land_curve(
    source: LayerSource, query: BlockQuery, policy: PolicySet, progress: Progress | None = None
) -> ToleranceCurve:
    """Compute the tolerance curve alone.

    Parameters
    ----------
    source
        The same layers as ``contiguous_land``.
    query
        What counts as a block.
    policy
        Its date, up to which decisions count and constraints hold; their severities by kind.
    progress
        Told the share done.

    Returns
    -------
    ToleranceCurve
        Number and area of blocks at every tolerance.

    Raises
    ------
    PlanningError
        What ``tolerance_curve`` raises.
    """
    return tolerance_curve(_layers_on(source, policy), query, progress)


def _layers_on(source: LayerSource, policy: PolicySet) -> LandLayers:
    layers = land_layers(source, policy)
    return replace(layers, decisions=decisions_on(layers.decisions, policy.as_of))
