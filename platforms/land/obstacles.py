"""What land may not be joined across: barriers, other parcels, blocking constraints (S13)."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.contiguity import Obstacles, Positions, Shapes, single_parts
from platforms.land.query import LandLayers

NEVER_BRIDGED = ("expressway", "railway", "trunk_road", "trunk_river")
"""S13: classes of barrier that always part land; lanes and ditches may be bridged."""


def blocking_shapes(constraints: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> Shapes:
    """Give the land that blocking constraints cover.

    Parameters
    ----------
    constraints
        Layer ``constraints``.
    parcels
        Layer ``land_parcels``: a constraint that holds *outside* its outline (城镇开发边界)
        covers the rest of their extent.

    Returns
    -------
    array of polygons
        The land covered, in the system of the layers.
    """
    blocking = constraints[constraints["severity"].eq("block").fillna(value=False)]
    outside = blocking["applies"].eq("outside").fillna(value=False).to_numpy(dtype=bool)
    shapes = np.asarray(blocking.geometry.array, dtype=object)
    inside: Shapes = shapes[~outside]
    if not outside.any() or not len(parcels):
        return inside
    frame = shapely.buffer(shapely.box(*parcels.total_bounds), 1000.0, join_style="mitre")
    kinds = blocking["constraint_kind"].fillna("").to_numpy(dtype=object)[outside]
    rest = [
        shapely.difference(frame, shapely.union_all(shapes[outside][kinds == kind]))
        for kind in sorted(set(kinds))
    ]
    pieces = shapely.get_parts(np.array(rest, dtype=object))
    return np.concatenate([inside, pieces])


def land_obstacles(layers: LandLayers, parts: gpd.GeoDataFrame, bridge_width_m: float) -> Obstacles:
    """Gather what a gap is never bridged over.

    Parameters
    ----------
    layers
        The layers of the search.
    parts
        Parts of parcels taken, with ``row`` of the parcel; all others stand in the way.
    bridge_width_m
        How wide a lane or ditch may be to be bridged [m].

    Returns
    -------
    Obstacles
        A barrier without a class parts land like a trunk road: what isn't known is no way over.
    """
    width_m = layers.barriers["width_m"].to_numpy(dtype=float, na_value=np.nan)
    bridged = ~parting_barriers(layers.barriers)
    up_to_m = np.where(bridged & np.isnan(width_m), bridge_width_m, -1.0)
    parting = ~bridged | ~(width_m <= bridge_width_m)
    lines = np.array(layers.barriers.geometry.array, dtype=object)[parting]
    half = np.nan_to_num(width_m[parting]) / 2
    wide = (half > 0) & (shapely.get_dimensions(lines) == 1)
    lines[wide] = shapely.buffer(lines[wide], half[wide], cap_style="flat")
    others, of_row, _ = single_parts(np.asarray(layers.parcels.geometry.array, dtype=object))
    owner = _owners(parts, others, of_row)
    blocking = blocking_shapes(layers.constraints, layers.parcels)
    return Obstacles(
        lines,
        np.concatenate([others, blocking]),
        np.concatenate([owner, np.full(len(blocking), -1)]).astype(np.intp),
        up_to_m[parting],
    )


def parting_barriers(barriers: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Say which barriers are never bridged, whatever their width.

    Parameters
    ----------
    barriers
        Layer ``barriers``.

    Returns
    -------
    array of bool
        True for trunk roads, railways, rivers, and for a barrier whose class isn't known.
    """
    kinds = barriers["barrier_class"]
    parting: npt.NDArray[np.bool_] = kinds.isin(NEVER_BRIDGED).to_numpy(dtype=bool)
    unknown: npt.NDArray[np.bool_] = kinds.isna().to_numpy(dtype=bool)
    return parting | unknown


def _owners(
    parts: gpd.GeoDataFrame,
    others: Shapes,
    of_row: Positions,
) -> Positions:
    """Say which part taken each parcel part is, -1 where it is none of them."""
    owner = np.full(len(others), -1, dtype=np.intp)
    shapes = np.asarray(parts.geometry.array, dtype=object)
    of_part, of_other = shapely.STRtree(others).query(shapes, predicate="intersects")
    same = parts["row"].to_numpy(dtype=np.intp)[of_part] == of_row[of_other]
    owner[of_other[same]] = of_part[same]
    return owner


def constraints_in_force(constraints: gpd.GeoDataFrame, as_of: str) -> gpd.GeoDataFrame:
    """Take the constraints that hold on a day; one without dates always holds."""
    begun = constraints["effective_from"].fillna("") <= as_of
    lasting = constraints["effective_until"].fillna("9999-12-31") >= as_of
    return constraints[begun & lasting]
