"""Who is assessed: the units a rule speaks of, the unit a place counts under, the platforms.

Assessment counts a place under its functional zone, never under the county-level unit around it
(S9).
"""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from platforms.land.territory import area_by_unit, assessment_areas


def units_in_scope(units: pd.DataFrame, scope: Sequence[str]) -> tuple[str, ...]:
    """List the units a rule assesses.

    Parameters
    ----------
    units
        Layer ``units``.
    scope
        Scope of the rule: ``U7`` the county-level units, ``Z2`` the functional zones, anything
        else all units.

    Returns
    -------
    tuple of str
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

    Parameters
    ----------
    frame
        Rows with ``unit_id`` and polygons.
    units
        Layer ``units``, in the same system.

    Returns
    -------
    Series
        Unit id, index of ``frame``: the functional zone where the largest part of the shape lies
        in one, else the unit stated, else the unit where the largest part lies; missing where
        none of these is known.
    """
    by_place = unit_of_place(frame.geometry, units)
    stated = frame["unit_id"].where(frame["unit_id"].isin(units["unit_id"]))
    zones = units["unit_id"][units["unit_kind"].eq("functional_zone").fillna(value=False)]
    return by_place.where(by_place.isin(zones), stated).fillna(by_place)


def unit_of_place(shapes: gpd.GeoSeries, units: gpd.GeoDataFrame) -> pd.Series:
    """Find the unit in whose assessed area the largest part of each shape lies.

    Parameters
    ----------
    shapes
        Polygons; missing ones lie nowhere.
    units
        Layer ``units``, in the same system.

    Returns
    -------
    Series
        Unit id or missing, index of ``shapes``.
    """
    found: list[object] = [None] * len(shapes)
    if len(units) and len(shapes):
        # A copy, because the cutting out of zones must never reach the caller's layer.
        areas = assessment_areas(units.copy())
        largest = area_by_unit(shapes, areas).drop_duplicates("position")
        for position, unit_id in zip(largest["position"], largest["unit_id"], strict=True):
            found[int(position)] = unit_id
    return pd.Series(np.array(found, dtype=object), index=shapes.index, dtype="str")


def major_rows(platforms: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take the rows that count among the major platforms (重大平台).

    Parameters
    ----------
    platforms
        Layer ``major_platforms``; a row that doesn't say otherwise is one.

    Returns
    -------
    GeoDataFrame
        The rows whose ``is_major`` isn't false.
    """
    return platforms[platforms["is_major"].fillna(value=True).to_numpy(dtype=bool)]
