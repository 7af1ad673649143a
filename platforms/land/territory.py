"""Which unit of assessment a place belongs to.

Assessment counts a place under its functional zone (A29, S9): a county-level unit is assessed on
its territory less the functional zones inside it.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.measure import ellipsoidal_area_m2
from geo.overlay import intersecting_pairs


def assessment_areas(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut the functional zones out of the county-level units.

    Parameters
    ----------
    units
        Layer ``units``, in a projected system.

    Returns
    -------
    GeoDataFrame
        ``unit_id``, ``name`` and the area assessed, which overlap nowhere; empty ones left out.
    """
    zones = units["unit_kind"].eq("functional_zone").fillna(value=False).to_numpy(dtype=bool)
    shapes = np.array(units.geometry.array, dtype=object)
    if zones.any():
        shapes[~zones] = shapely.difference(shapes[~zones], shapely.union_all(shapes[zones]))
    areas = gpd.GeoDataFrame(
        {"unit_id": units["unit_id"].to_numpy(), "name": units["name"].to_numpy()},
        geometry=shapes,
        crs=units.crs,
    )
    return areas[~areas.geometry.is_empty].reset_index(drop=True)


def area_by_unit(shapes: gpd.GeoSeries, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure how much of each shape lies in each unit's assessed area.

    Parameters
    ----------
    shapes
        Polygons, in the system of ``areas``.
    areas
        What ``assessment_areas`` gives.

    Returns
    -------
    DataFrame
        ``position`` of the shape, ``unit_id``, ``area_m2`` (ellipsoidal) of each non-empty share,
        the largest of a shape first.
    """
    ones = np.asarray(shapes.array, dtype=object)
    many = np.asarray(areas.geometry.array, dtype=object)
    of_shape, of_area = intersecting_pairs(ones, many)
    shapely.prepare(many)
    whole = shapely.covers(many[of_area], ones[of_shape])
    pieces = ones[of_shape].copy()
    pieces[~whole] = shapely.intersection(ones[of_shape[~whole]], many[of_area[~whole]])
    shares = pd.DataFrame(
        {
            "position": of_shape,
            "unit_id": areas["unit_id"].to_numpy()[of_area],
            "area_m2": ellipsoidal_area_m2(pieces, areas.crs) if len(pieces) else [],
        }
    )
    shares = shares[shares["area_m2"] > 0]
    return shares.sort_values(
        ["position", "area_m2", "unit_id"], ascending=[True, False, True]
    ).reset_index(drop=True)
