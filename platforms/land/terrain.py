"""On what ground a block lies: how steep it is, and how deep a flood would stand on it."""

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from geo.edges import Shapes
from geo.progress import Progress, within
from geo.raster import Raster, slope_pct
from geo.zonal import zonal_statistics

STEEP_PCT = 15.0
"""Ground steeper than this [%] is steep: the slope below which CJJ 83-2016 4.0.1 advises to choose
land for industry and logistics (25 % for housing; docs/decisions/0008)."""

SLOPE = ("slope_mean_pct", "steep_share", "slope_covered_share")
FLOOD = ("flood_depth_max_m", "flooded_share", "flood_covered_share")
TERRAIN = (*SLOPE, *FLOOD)


def describe_terrain(
    blocks: gpd.GeoDataFrame,
    heights: Raster | None,
    depths: Raster | None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Describe blocks by the ground they lie on.

    Parameters
    ----------
    blocks
        Polygons in a projected system in metres.
    heights
        Elevation [m] in a projected system in metres, None where there is none.
    depths
        Depth of a flood [m], 0 on dry land, None where there is none.
    progress
        Told the share done.

    Returns
    -------
    DataFrame
        One row a block in the order of the list: ``slope_mean_pct`` and ``steep_share`` (part
        steeper than 15 %), ``flood_depth_max_m`` and ``flooded_share`` (part under water). Shares
        are of the land that the raster covers, which ``slope_covered_share`` and
        ``flood_covered_share`` give as a part of the block. Without a raster its columns are
        missing; off the raster all but the covered share.

    Raises
    ------
    GeometryError
        ``crs_missing``, ``crs_not_projected``: of the blocks or of the heights.

    Examples
    --------
    A block half under water of up to 0.4 m:

    >>> import shapely
    >>> depths = Raster(np.array([[0.4, 0.0]]), 5e5, 34e5, 50.0, 50.0, CRS(4549))
    >>> block = gpd.GeoDataFrame(geometry=[shapely.box(5e5, 34e5 - 50, 5e5 + 100, 34e5)], crs=4549)
    >>> found = describe_terrain(block, None, depths).loc[0]
    >>> float(found["flood_depth_max_m"]), float(found["flooded_share"])
    (0.4, 0.5)
    """
    shapes: Shapes = np.asarray(blocks.geometry.array, dtype=object)
    crs = CRS(blocks.crs)
    described = pd.DataFrame(np.nan, index=range(len(blocks)), columns=list(TERRAIN))
    if heights is not None:
        slope = zonal_statistics(
            shapes, crs, slope_pct(heights), STEEP_PCT, within(progress, 0.0, 0.5)
        )
        described[list(SLOPE)] = np.column_stack(
            [slope.mean, slope.above_share, slope.covered_share]
        )
    if depths is not None:
        flood = zonal_statistics(shapes, crs, depths, 0.0, within(progress, 0.5, 1.0))
        described[list(FLOOD)] = np.column_stack(
            [flood.most, flood.above_share, flood.covered_share]
        )
    return described
