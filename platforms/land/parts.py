"""Which parcels a search for land takes, part by part."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.contiguity import single_parts
from geo.difference import without
from platforms.errors import PlanningError
from platforms.land.obstacles import blocking_shapes
from platforms.land.query import BlockQuery, LandLayers
from platforms.land.readiness import is_net_land, is_supply_ready, state_of


def parts_taken(
    layers: LandLayers,
    query: BlockQuery,
    areas: gpd.GeoDataFrame,
    admitted: pd.Series | None,
) -> gpd.GeoDataFrame:
    """Take the parcels that a search asks for, apart where they have several parts.

    Parameters
    ----------
    layers, query
        As for ``platforms.land.blocks.find_blocks``.
    areas
        Assessed areas of the units.
    admitted
        True for the parcels that may be taken; None for all.

    Returns
    -------
    GeoDataFrame
        ``parcel_id``, ``part_id`` and ``taken_id`` (``id#n`` for one of several parts), ``row`` of
        the parcel and shape. Net land is less blocking constraints, land of one unit is cut at its
        border.

    Raises
    ------
    PlanningError
        ``unit_unknown``.
    """
    parcels = layers.parcels
    if query.states:
        taken = state_of(parcels).isin(query.states)
    else:
        taken = is_net_land(parcels) if query.net else is_supply_ready(parcels)
    if admitted is not None:
        taken = taken & admitted
    chosen = parcels[taken.to_numpy(dtype=bool)]
    shapes = np.asarray(chosen.geometry.array, dtype=object)
    if query.net or query.less_constraints:
        shapes = without(shapes, blocking_shapes(layers.constraints, layers.parcels))
    if query.unit_id is not None:
        known = areas[areas["unit_id"] == query.unit_id]
        if not len(known):
            raise PlanningError(
                "unit_unknown", unit_id=query.unit_id, known=", ".join(areas["unit_id"])
            )
        shapes = shapely.intersection(shapes, shapely.union_all(known.geometry.array))
    rows = np.flatnonzero(taken.to_numpy(dtype=bool))
    whole = gpd.GeoDataFrame(
        {"parcel_id": chosen["parcel_id"].astype(str).to_numpy(dtype=object), "row": rows},
        geometry=shapes,
        crs=parcels.crs,
    )
    parts = apart(whole.assign(part_id=whole["parcel_id"]))
    return parts.assign(taken_id=parts["part_id"])


def apart(whole: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take shapes of several parts apart: parts that lie apart are not contiguous.

    Parameters
    ----------
    whole
        Rows with ``part_id`` and shape.

    Returns
    -------
    GeoDataFrame
        One row a polygon, ``id#n`` for one of several; lines, points and empty shapes are no land.
    """
    polygons, of_row, number = single_parts(np.asarray(whole.geometry.array, dtype=object))
    solid = (shapely.get_dimensions(polygons) == 2) & ~shapely.is_empty(polygons)
    polygons, of_row, number = polygons[solid], of_row[solid], number[solid]
    rows = whole.iloc[of_row]
    names = zip(rows["part_id"], number.tolist(), strict=True)
    parts = rows.assign(part_id=[f"{i}#{n}" if n else i for i, n in names])
    return parts.set_geometry(polygons, crs=whole.crs).reset_index(drop=True)
