"""Zone shares: the ellipsoidal area of every parcel in each of 200 zones."""

from functools import partial

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from benchmarks.contest import Contest, Figures
from benchmarks.parcels import parcels
from benchmarks.zones import zones
from geo.arrays import Floats, Positions
from geo.measure import ellipsoidal_area_m2
from geo.overlay import zone_shares

CITY = CRS(4549)
LEAST_SHARE = 1e-6
"""Rows from this share on are counted: less is left over where the corners of a cut are rounded."""


def contest(n: int) -> Contest:
    """Set up the contest for n parcels."""
    shapes = parcels(n).polygons
    over = zones(shapes)
    left = gpd.GeoDataFrame({"shape": np.arange(n)}, geometry=shapes, crs=CITY)
    right = gpd.GeoDataFrame({"zone": np.arange(len(over))}, geometry=over, crs=CITY)
    corners = shapely.get_num_coordinates(over)
    return Contest(
        kernel="shares",
        n=n,
        ours=lambda: _ours(shapes, over),
        peers={"geopandas.overlay": partial(_overlay, left, right)},
        tolerance=1e-9,
        clock="cpu",
        coordinate_mb=shapely.get_num_coordinates(shapes).sum() * 16 / 1e6,
        notes=(
            f"{len(over)} zones of {corners.min()} to {corners.max()} corners, every other one a "
            "union of parcels (edges on one line), the rest cut through",
            "geopandas.overlay(parcels, zones, how='intersection', keep_geom_type=True), "
            "measured on the ellipsoid by geo.measure: straight edges in an equal-area plane are "
            "out by up to 20 cm² a parcel, which decides which side of 70 % two rows lie",
        ),
    )


def _ours(shapes: npt.NDArray[np.object_], over: npt.NDArray[np.object_]) -> Figures:
    found = zone_shares(shapes, over, CITY)
    return _figures(found.of_shape, found.of_zone, found.area_m2, found.whole_m2)


def _overlay(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> Figures:
    pieces = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
    area = ellipsoidal_area_m2(pieces.geometry.array, CITY)
    whole = ellipsoidal_area_m2(left.geometry.array, CITY)
    return _figures(pieces["shape"].to_numpy(), pieces["zone"].to_numpy(), area, whole)


def _figures(shape: Positions, zone: Positions, area: Floats, whole: Floats) -> Figures:
    share = area / whole[shape]
    # Weights by row tell a wrong share even where the sum is right.
    weight = 1 + (shape * 7 + zone * 13) % 11
    return {
        "rows": float((share >= LEAST_SHARE).sum()),
        "rows_70": float((share >= 0.7).sum()),
        "area_m2": float(area.sum()),
        "weighted_m2": float((area * weight).sum()),
    }
