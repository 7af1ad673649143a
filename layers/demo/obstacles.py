"""What cuts the land: expressways, railways, rivers, and lanes and ditches between parcels."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from layers.demo.drawing import meander, places_xy
from layers.demo.recipe import CourseRow, Recipe

ROAD_AMPLITUDE, RIVER_AMPLITUDE = 0.02, 0.07
STEP_M = 1200.0
MARGIN_M = 8.0
"""Between a corridor and the parcels beside it."""

LANE_WIDTHS_M = (4.0, 9.0)
DITCH_WIDTHS_M = (2.5, 5.0)

Shapes = npt.NDArray[np.object_]


def make_trunks(
    recipe: Recipe, units: gpd.GeoDataFrame, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Draw the trunk roads, railways and rivers of the city.

    Parameters
    ----------
    recipe
        Their schematic courses.
    units
        Layer ``units``; courses end at the city's border.
    rng
        Source of chance.

    Returns
    -------
    GeoDataFrame
        Layer ``barriers`` without lanes; lines with their width, one river as its water surface.
    """
    crs = CRS(units.crs)
    city = shapely.union_all(units.geometry.array)
    shapes = [shapely.intersection(course(row, crs, rng), city) for row in recipe.barriers]
    drawn = [
        shapely.intersection(shape.buffer(row.width_m / 2, cap_style="flat"), city)
        if row.drawn == "polygon" else shape
        for row, shape in zip(recipe.barriers, shapes, strict=True)
    ]  # fmt: skip
    return gpd.GeoDataFrame(
        {
            "barrier_id": [f"bz-{n:03d}" for n in range(1, len(drawn) + 1)],
            "name": [row.name for row in recipe.barriers],
            "barrier_class": [row.barrier_class for row in recipe.barriers],
            "width_m": [np.nan if r.drawn == "polygon" else r.width_m for r in recipe.barriers],
            "note": "走向为示意，宽度为演示设定",
        },
        geometry=drawn,
        crs=crs,
    )


def course(row: CourseRow, crs: CRS, rng: np.random.Generator) -> shapely.LineString:
    """Draw one course with small bends.

    Parameters
    ----------
    row
        Its nodes.
    crs
        Projected system.
    rng
        Source of chance.

    Returns
    -------
    LineString
        In ``crs``.
    """
    amplitude = RIVER_AMPLITUDE if row.barrier_class == "trunk_river" else ROAD_AMPLITUDE
    return shapely.LineString(meander(places_xy(row.course, crs), amplitude, STEP_M, rng))


def corridors(trunks: gpd.GeoDataFrame) -> Shapes:
    """Give the land the trunk barriers take, with a margin on both sides.

    Parameters
    ----------
    trunks
        Layer ``barriers``.

    Returns
    -------
    array of shapes
        One polygon per barrier.
    """
    half = np.nan_to_num(trunks["width_m"].to_numpy(dtype=np.float64)) / 2 + MARGIN_M
    shapes: Shapes = shapely.buffer(
        trunks.geometry.to_numpy(), half, cap_style="flat", join_style="mitre"
    )
    return shapes


def make_lanes(
    lines: Shapes, widths_m: npt.NDArray[np.float64], crs: CRS, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Turn the gaps inside blocks into lanes and ditches.

    Parameters
    ----------
    lines
        Middle line of each gap.
    widths_m
        Width of each gap [m].
    crs
        System of the lines.
    rng
        Source of chance.

    Returns
    -------
    GeoDataFrame
        Layer ``barriers``: classes ``lane`` and, where narrow, ``ditch``.
    """
    narrow = widths_m <= DITCH_WIDTHS_M[1]
    is_ditch = narrow & (rng.random(len(lines)) < 0.7)
    kinds = np.where(is_ditch, "ditch", "lane")
    words = np.where(is_ditch, "演示沟渠", "演示支路")
    numbers = np.arange(1, len(lines) + 1)
    return gpd.GeoDataFrame(
        {
            "barrier_id": [f"zl-{n:03d}" for n in numbers],
            "name": [f"{word}{n:03d}" for word, n in zip(words, numbers, strict=True)],
            "barrier_class": kinds,
            "width_m": np.round(widths_m, 1),
            "note": "演示设定",
        },
        geometry=list(lines),
        crs=crs,
    )
