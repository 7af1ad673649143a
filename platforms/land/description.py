"""What each block is like: net land, width, compactness, frontage."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.edges import Numbers, Shapes
from geo.shape import compactness, filled, frontage_m, width_m
from geo.units import m2_to_mu
from platforms.land.blocks import BlockList
from platforms.land.query import BlockQuery, LandLayers

ROADS = ("lane", "trunk_road")
"""Classes of barrier from which land is entered."""

BESIDE_ROAD_M = 10.0
"""Boundary this near to a road's edge is frontage [m]."""

DESCRIBED = (
    "net_area_mu", "net_largest_mu", "net_second_mu", "min_width_m", "compactness", "frontage_m",
)  # fmt: skip


def describe_blocks(
    found: BlockList, pieces: gpd.GeoDataFrame, layers: LandLayers, query: BlockQuery
) -> pd.DataFrame:
    """Describe blocks by what constraints leave of them.

    Parameters
    ----------
    found
        What ``find_blocks`` gives.
    pieces
        What ``net_pieces`` gives for it.
    layers
        The layers it searched.
    query
        What it was asked.

    Returns
    -------
    DataFrame
        One row a block in the order of the list: ``net_area_mu`` all its net land,
        ``net_largest_mu`` and ``net_second_mu`` its largest connected pieces (0 where there is
        none); of the largest piece, gaps bridged filled: ``min_width_m`` the diameter of the
        largest inscribed circle, ``compactness`` 4πA/P², ``frontage_m`` boundary beside roads,
        missing where no road is on file.
    """
    ids = found.blocks["block_id"]
    by_block = pieces.groupby("block_id")["area_m2"]
    total = by_block.sum().reindex(ids)
    firsts = pieces[~pieces["block_id"].duplicated()].set_index("block_id").reindex(ids)
    numbered = pieces.assign(number=pieces.groupby("block_id").cumcount())
    second = numbered[numbered["number"].eq(1)].set_index("block_id")["area_m2"].reindex(ids)
    left = firsts["area_m2"].notna().to_numpy(dtype=bool)
    shapes = filled(np.asarray(firsts.geometry.array, dtype=object)[left], query.gap_m)
    described = pd.DataFrame(
        {
            "net_area_mu": m2_to_mu(total.fillna(0.0).to_numpy(dtype=float)),
            "net_largest_mu": m2_to_mu(firsts["area_m2"].fillna(0.0).to_numpy(dtype=float)),
            "net_second_mu": m2_to_mu(second.fillna(0.0).to_numpy(dtype=float)),
        }
    )
    for name, values in (
        ("min_width_m", width_m(shapes)),
        ("compactness", compactness(shapes)),
        ("frontage_m", _frontage_m(shapes, layers.barriers)),
    ):
        column = np.full(len(ids), np.nan)
        column[left] = values
        described[name] = column
    return described


def road_areas(barriers: gpd.GeoDataFrame) -> Shapes:
    """Give the roads from which land is entered, as wide as they are.

    Parameters
    ----------
    barriers
        Layer ``barriers``; a road without ``width_m`` is its line.

    Returns
    -------
    array of shapes
        Polygons, or lines of roads without a width.
    """
    roads = barriers[barriers["barrier_class"].isin(ROADS).to_numpy(dtype=bool)]
    lines: Shapes = np.asarray(roads.geometry.array, dtype=object)
    half = roads["width_m"].to_numpy(dtype=float, na_value=0.0) / 2
    wide = half > 0
    areas = lines.copy()
    areas[wide] = shapely.buffer(lines[wide], half[wide], cap_style="flat")
    return areas


def _frontage_m(shapes: Shapes, barriers: gpd.GeoDataFrame) -> Numbers:
    roads = road_areas(barriers)
    if not len(roads):
        return np.full(len(shapes), np.nan)
    return frontage_m(shapes, roads, BESIDE_ROAD_M)
