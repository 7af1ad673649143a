"""Which unit a place counts under; outlines."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Flags, Floats, Positions, Shapes
from geo.measure import ellipsoidal_area_m2
from geo.overlay import intersecting_pairs


def assessment_areas(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut the functional zones out of the county-level units.

    ``units``: Layer ``units``, in a projected system.

    ``unit_id``, ``name`` and the area assessed, which overlap nowhere; empty ones left out.
    """
    shapes = _cut_out(units)
    areas = gpd.GeoDataFrame(
        {"unit_id": units["unit_id"].to_numpy(), "name": units["name"].to_numpy()},
        geometry=shapes,
        crs=units.crs,
    )
    return areas[~areas.geometry.is_empty].reset_index(drop=True)


def _cut_out(units: gpd.GeoDataFrame) -> Shapes:
    """Give the outline of each unit without the functional zones in it, in an array of its own."""
    zones = _is_zone(units)
    shapes = np.array(units.geometry.array, dtype=object)
    if zones.any():
        shapes[~zones] = shapely.difference(shapes[~zones], shapely.union_all(shapes[zones]))
    return shapes


def _is_zone(units: gpd.GeoDataFrame) -> Flags:
    return np.asarray(units["unit_kind"].eq("functional_zone").fillna(value=False), dtype=bool)


def area_by_unit(shapes: gpd.GeoSeries, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure how much of each shape lies in each unit's assessed area.

    ``shapes``: Polygons, in the system of ``areas``.
    ``areas``: What ``assessment_areas`` gives.

    ``position`` of the shape, ``unit_id``, ``area_m2`` (ellipsoidal) of each non-empty share, the
    largest of a shape first.
    """
    of_shape, of_area, area_m2 = _shares(shapes_in(shapes), shapes_in(areas.geometry), areas.crs)
    shares = pd.DataFrame(
        {"position": of_shape, "unit_id": areas["unit_id"].to_numpy()[of_area], "area_m2": area_m2}
    )
    return shares.sort_values(
        ["position", "area_m2", "unit_id"], ascending=[True, False, True]
    ).reset_index(drop=True)


def _shares(polygons: Shapes, outlines: Shapes, crs: CRS) -> tuple[Positions, Positions, Floats]:
    """Measure what each shape has in each outline: shape, outline and area [m²] above nothing."""
    of_shape, of_area = intersecting_pairs(polygons, outlines)
    shapely.prepare(outlines)
    whole = shapely.covers(outlines[of_area], polygons[of_shape])
    pieces = polygons[of_shape].copy()
    pieces[~whole] = shapely.intersection(polygons[of_shape[~whole]], outlines[of_area[~whole]])
    area_m2 = ellipsoidal_area_m2(pieces, crs) if len(pieces) else np.zeros(0)
    some = area_m2 > 0
    return of_shape[some], of_area[some], area_m2[some]


def units_in_scope(units: pd.DataFrame, scope: Sequence[str]) -> tuple[str, ...]:
    """List the units a rule assesses.

    ``units``: Layer ``units``.
    ``scope``: Scope of the rule: ``U7`` the county-level units, ``Z2`` the functional zones,
      anything else all units.

    Their ids, in the order of the layer.
    """
    ids = units["unit_id"]
    if "U7" in scope and "U9" not in scope:
        ids = ids[units["unit_kind"].eq("county").fillna(value=False)]
    if "Z2" in scope and "U9" not in scope:
        ids = ids[units["unit_kind"].eq("functional_zone").fillna(value=False)]
    return tuple(ids)


def units_of_unknown_kind(units: pd.DataFrame) -> tuple[str, ...]:
    """List the units that don't say whether they are county-level or a functional zone."""
    return tuple(units["unit_id"][units["unit_kind"].isna()])


def assessed_units(frame: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> pd.Series:
    """Say under which unit each row is assessed.

    ``frame``: Rows with ``unit_id`` and polygons.
    ``units``: Layer ``units``, in the same system.

    Unit id, index of ``frame``: the functional zone where the largest part of the shape lies in
    one, else the unit stated, else the unit where the largest part lies; missing where none of
    these is known.
    """
    by_place = unit_of_place(frame.geometry, units)
    stated_unit = frame["unit_id"].where(frame["unit_id"].isin(units["unit_id"]))
    zones = units["unit_id"][_is_zone(units)]
    return by_place.where(by_place.isin(zones), stated_unit).fillna(by_place)


def unit_of_place(shapes: gpd.GeoSeries, units: gpd.GeoDataFrame) -> pd.Series:
    """Find the unit in whose assessed area the largest part of each shape lies.

    ``shapes``: Polygons; missing ones lie nowhere.
    ``units``: Layer ``units``, in the same system.

    Unit id or missing, index of ``shapes``.
    """
    unit_ids = np.full(len(shapes), None, dtype=object)
    if len(units) and len(shapes):
        ids = units["unit_id"].to_numpy(dtype=object)
        of_shape, of_unit, area_m2 = _shares(shapes_in(shapes), _cut_out(units), units.crs)
        # The last one written stays: the largest share, of equal ones that of the first id.
        by_id = np.argsort(ids.astype("U"), kind="stable").argsort()
        order = np.lexsort((-by_id[of_unit], area_m2))
        unit_ids[of_shape[order]] = ids[of_unit[order]]
    return pd.Series(unit_ids, index=shapes.index, dtype="str")


def major_rows(platforms: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take the rows that count among the major platforms (重大平台).

    ``platforms``: Layer ``major_platforms``; a row that doesn't say otherwise is one.

    The rows whose ``is_major`` isn't false.
    """
    return platforms[platforms["is_major"].fillna(value=True).to_numpy(dtype=bool)]


def shapes_of(frame: gpd.GeoDataFrame) -> Shapes:
    """Give the shapes of a layer as an array."""
    return shapes_in(frame.geometry)


def shapes_in(column: gpd.GeoSeries) -> Shapes:
    """Give the shapes of a column as an array."""
    return np.asarray(column.array, dtype=object)


def platform_outlines(platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> Shapes:
    """Give the outlines of platforms with their sub-parks.

    ``platforms, parks``: Rows of ``major_platforms``; layer ``parks``.

    Platforms first, then the sub-parks that state one of them.
    """
    sub_park = parks["disposition"].eq("sub_park").fillna(value=False)
    is_of_platform = sub_park & parks["platform_id"].isin(platforms["platform_id"])
    return np.concatenate([shapes_of(platforms), shapes_of(parks[is_of_platform])])


def undrawn_sub_parks(parks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the sub-parks that are on a list only: nobody knows where their land lies."""
    shapes = shapes_of(parks)
    undrawn = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    is_sub_park = parks["disposition"].eq("sub_park").fillna(value=False).to_numpy(dtype=bool)
    return parks[undrawn & is_sub_park]


def major_outlines(platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame) -> Shapes:
    """Give the outlines of all major platforms with their sub-parks, as ``platform_outlines``."""
    return platform_outlines(major_rows(platforms), parks)
