"""A search for contiguous land with all there is to say of it."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from app.context import Context
from geo.progress import Progress, within
from platforms.land.blocks import BlockList, BlockQuery, LandLayers, find_blocks
from platforms.land.bounds import bounds_of
from platforms.land.bridges import bridges_of
from platforms.land.curve import ToleranceCurve, tolerance_curve
from platforms.land.decisions import decisions_on
from platforms.land.description import describe_blocks
from platforms.land.net_land import net_land
from platforms.land.query import land_layers
from platforms.land.remainder import net_pieces
from platforms.land.terrain import describe_terrain


@dataclass(frozen=True)
class LandFound:
    """What a search for land found.

    Attributes
    ----------
    blocks
        The blocks.
    described
        Net land, width, compactness and frontage of each.
    terrain
        Slope and flood on each; missing where the workspace has no raster.
    bridges
        Gaps that hold them together.
    pieces
        What constraints leave of them.
    losses
        What each blocking constraint takes of each block.
    bounds
        What bounds the blocks short of the line.
    curve
        Number and area at every tolerance, None where not asked for.
    """

    blocks: BlockList
    described: pd.DataFrame
    terrain: pd.DataFrame
    bridges: gpd.GeoDataFrame
    pieces: gpd.GeoDataFrame
    losses: pd.DataFrame
    bounds: pd.DataFrame
    curve: ToleranceCurve | None


def block_list(
    context: Context,
    query: BlockQuery,
    *,
    with_curve: bool = False,
    progress: Progress | None = None,
) -> LandFound:
    """Find the blocks and what there is to say of them."""
    layers = _layers(context)
    found = find_blocks(layers, query, progress=within(progress, 0.0, 0.4))
    pieces = net_pieces(found, layers, query, within(progress, 0.4, 0.48))
    terrain = describe_terrain(
        found.blocks,
        context.workspace.read_raster("dem"),
        context.workspace.read_raster("flood_depth"),
        within(progress, 0.48, 0.5),
    )
    curve = None
    if with_curve:
        curve = tolerance_curve(layers, query, within(progress, 0.5, 1.0))
    return LandFound(
        blocks=found,
        described=describe_blocks(found, pieces, layers, query),
        terrain=terrain,
        bridges=bridges_of(found, layers.barriers, layers.decisions, query.gap_m),
        pieces=pieces,
        losses=net_land(found.blocks, layers.constraints).losses,
        bounds=bounds_of(found, layers, query),
        curve=curve,
    )


def land_curve(
    context: Context, query: BlockQuery, progress: Progress | None = None
) -> ToleranceCurve:
    """Compute the tolerance curve alone."""
    return tolerance_curve(_layers(context), query, progress)


def _layers(context: Context) -> LandLayers:
    layers = land_layers(context.source)
    held = decisions_on(layers.decisions, context.as_of)
    return LandLayers(layers.parcels, layers.barriers, layers.constraints, layers.units, held)
