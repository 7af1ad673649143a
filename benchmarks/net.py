"""Net land: what is left of every parcel without the land under constraints."""

from functools import partial

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from benchmarks.contest import Contest, Figures
from benchmarks.parcels import parcels
from benchmarks.zones import constraints
from geo.difference import remainder, without

CITY = CRS(4549)
PARCELS_PER_CONSTRAINT = 5
LEAST_M2 = 1e-4
"""Less is rounding of either side, and nothing."""


def contest(n: int) -> Contest:
    """Set up the contest for n parcels and n / 5 constraints."""
    shapes = parcels(n).polygons
    covers = constraints(shapes, n // PARCELS_PER_CONSTRAINT)
    left = gpd.GeoDataFrame({"shape": np.arange(n)}, geometry=shapes, crs=CITY)
    right = gpd.GeoDataFrame(geometry=covers, crs=CITY)
    corners = shapely.get_num_coordinates(covers)
    return Contest(
        kernel="net",
        n=n,
        ours=lambda: _figures(shapely.area(without(shapes, covers)), shapes),
        peers={"geopandas.overlay": partial(_overlay, left, right)},
        tolerance=1e-9,
        clock="wall",
        coordinate_mb=shapely.get_num_coordinates(shapes).sum() * 16 / 1e6,
        notes=(
            f"{len(covers)} constraints of {corners.min()} to {corners.max()} corners, every tenth "
            "a union of parcels; they overlap each other",
            "geopandas.overlay(parcels, constraints, how='difference')",
        ),
        steps={"losses": lambda: remainder(shapes, covers, CITY)},
    )


def _overlay(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> Figures:
    rest = gpd.overlay(left, right, how="difference", keep_geom_type=True)
    net = np.zeros(len(left))
    np.add.at(net, rest["shape"].to_numpy(), rest.geometry.area.to_numpy())
    return _figures(net, left.geometry.to_numpy())


def _figures(net: npt.NDArray[np.float64], shapes: npt.NDArray[np.object_]) -> Figures:
    whole = shapely.area(shapes)
    # Weights by row tell a wrong remainder even where the sum is right.
    weight = 1 + np.arange(len(net)) % 11
    return {
        "net_m2": float(net.sum()),
        "weighted_m2": float((net * weight).sum()),
        "empty": float((net < LEAST_M2).sum()),
        "untouched": float((whole - net < LEAST_M2).sum()),
    }
