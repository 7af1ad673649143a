"""Net land: what is left of every parcel without the land under constraints."""

from contextlib import ExitStack
from functools import partial

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import psycopg
import shapely
from pyproj import CRS

from benchmarks.contest import Contest, Figures
from benchmarks.parcels import parcels
from benchmarks.postgis import loaded
from benchmarks.zones import constraints
from geo.difference import remainder, without

CITY = CRS(4549)
PARCELS_PER_CONSTRAINT = 5
DIFFERENCE = """
SELECT land.id, CASE WHEN taken.geom IS NULL THEN ST_Area(land.geom)
                     ELSE ST_Area(ST_Difference(land.geom, taken.geom)) END
FROM land LEFT JOIN LATERAL (
  SELECT ST_Union({covers}.geom) AS geom FROM {covers}
  WHERE ST_Intersects({covers}.geom, land.geom)
) taken ON true
"""
"""Each parcel less the union of the constraints that meet it."""

SUBDIVIDED = """
DROP TABLE IF EXISTS pieces;
CREATE UNLOGGED TABLE pieces AS SELECT ST_Subdivide(geom, 128) AS geom FROM covers;
CREATE INDEX ON pieces USING gist (geom);
ANALYZE pieces
"""
"""Constraints of many corners are cut into pieces first, counted in the time."""

LEAST_M2 = 1e-4
"""Less is rounding of either side, and nothing."""


def contest(n: int) -> Contest:
    """Set up the contest for n parcels and n / 5 constraints."""
    shapes = parcels(n).polygons
    covers = constraints(shapes, n // PARCELS_PER_CONSTRAINT)
    left = gpd.GeoDataFrame({"shape": np.arange(n)}, geometry=shapes, crs=CITY)
    right = gpd.GeoDataFrame(geometry=covers, crs=CITY)
    corners = shapely.get_num_coordinates(covers)
    peers = {"geopandas.overlay": partial(_overlay, left, right)}
    stack = ExitStack()
    connection, said = loaded(stack, land=shapes, covers=covers)
    if connection is not None:
        peers |= {
            "PostGIS": partial(_difference, connection, shapes, "covers"),
            "PostGIS, constraints subdivided": partial(_subdivided, connection, shapes),
        }
    return Contest(
        kernel="net",
        n=n,
        ours=lambda: _figures(shapely.area(without(shapes, covers)), shapes),
        peers=peers,
        tolerance=1e-9,
        clock="wall",
        coordinate_mb=shapely.get_num_coordinates(shapes).sum() * 16 / 1e6,
        notes=(
            f"{len(covers)} constraints of {corners.min()} to {corners.max()} corners, every tenth "
            "a union of parcels; they overlap each other",
            "geopandas.overlay(parcels, constraints, how='difference')",
            said, DIFFERENCE, SUBDIVIDED,
        ),
        steps={"losses": lambda: remainder(shapes, covers, CITY)},
        close=stack.close,
    )  # fmt: skip


def _difference(
    connection: psycopg.Connection, shapes: npt.NDArray[np.object_], covers: str
) -> Figures:
    rows = connection.execute(DIFFERENCE.format(covers=covers)).fetchall()
    net = np.zeros(len(shapes))
    for place, area_m2 in rows:
        net[place] = area_m2
    return _figures(net, shapes)


def _subdivided(connection: psycopg.Connection, shapes: npt.NDArray[np.object_]) -> Figures:
    connection.execute(SUBDIVIDED)
    return _difference(connection, shapes, "pieces")


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
