"""What blocking constraints take from land, each by itself and together (B4)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.difference import remainder
from geo.overlay import Shapes
from geo.progress import Progress
from geo.units import m2_to_mu

AROUND_M = 1000.0
"""A constraint that holds outside its outline covers the land asked about and so much around."""


@dataclass(frozen=True)
class NetLand:
    """What is left of land, and what is lost to which constraint.

    Attributes
    ----------
    net
        One row for each given, in its order and with its index: the id, ``area_mu`` (whole),
        ``net_area_mu``, ``covered_mu`` (land under several constraints once), ``shared_mu`` (land
        under more than one), and what is left as shape, empty where nothing is.
    losses
        One row for each and each constraint that takes land from it: the id, ``constraint_id``,
        ``name``, ``constraint_kind``, ``lost_mu`` (land under this constraint), ``alone_mu`` (land
        that would be free if only this one fell away). The constraints of one kind that hold
        outside their outlines (城镇开发边界) are one row, their ids and names joined.
    """

    net: gpd.GeoDataFrame
    losses: pd.DataFrame


def net_land(
    land: gpd.GeoDataFrame,
    constraints: gpd.GeoDataFrame,
    id_column: str = "block_id",
    progress: Progress | None = None,
) -> NetLand:
    """Take the land under blocking constraints off blocks or parcels, and say who takes what.

    Parameters
    ----------
    land
        Blocks, parcels or other land, in a projected system.
    constraints
        Layer ``constraints``; those of severity ``block`` count.
    id_column
        Column that names each row of the land.
    progress
        Told the share done.

    Returns
    -------
    NetLand
        Whatever the order of the constraints: area = net + covered, and covered = the sum of what
        is under one constraint alone + shared.

    Raises
    ------
    GeometryError
        ``crs_missing``, ``crs_not_projected``.

    Notes
    -----
    B4 净地: land under no blocking constraint.
    """
    shapes = np.asarray(land.geometry.array, dtype=object)
    covers = blocking_covers(constraints, shapes)
    found = remainder(shapes, np.asarray(covers.geometry.array, dtype=object), land.crs, progress)
    ids = land[id_column].to_numpy(dtype=object)
    net = pd.DataFrame(
        {
            id_column: ids,
            "area_mu": m2_to_mu(found.whole_m2),
            "net_area_mu": m2_to_mu(found.net_m2),
            "covered_mu": m2_to_mu(found.covered_m2),
            "shared_mu": m2_to_mu(found.shared_m2),
        },
        index=land.index,
    )
    named = covers.drop(columns="geometry").iloc[found.of_cover].reset_index(drop=True)
    named.insert(0, id_column, ids[found.of_shape])
    losses = named.assign(lost_mu=m2_to_mu(found.lost_m2), alone_mu=m2_to_mu(found.alone_m2))
    return NetLand(gpd.GeoDataFrame(net, geometry=found.shapes, crs=land.crs), losses)


def blocking_covers(constraints: gpd.GeoDataFrame, shapes: Shapes) -> gpd.GeoDataFrame:
    """Give what blocking constraints cover around some land, with their names.

    Parameters
    ----------
    constraints
        Layer ``constraints``.
    shapes
        The land asked about, in the system of the layer.

    Returns
    -------
    GeoDataFrame
        ``constraint_id``, ``name``, ``constraint_kind`` and the land covered: a row for each
        constraint that holds inside its outline, then one for each kind that holds outside.
    """
    blocking = constraints[constraints["severity"].eq("block").fillna(value=False)]
    outside = blocking["applies"].eq("outside").fillna(value=False).to_numpy(dtype=bool)
    columns = ["constraint_id", "name", "constraint_kind", "geometry"]
    inner = pd.DataFrame(blocking.loc[~outside, columns])
    rows = [inner]
    if outside.any() and not shapely.is_missing(shapes).all():
        frame = shapely.buffer(
            shapely.box(*shapely.total_bounds(shapes)), AROUND_M, join_style="mitre"
        )
        kinds = blocking["constraint_kind"].astype(object).fillna("")
        for kind in sorted(set(kinds[outside])):
            rows.append(_outside(blocking[outside & kinds.eq(kind).to_numpy()], frame))
    every = pd.concat(rows, ignore_index=True)
    return gpd.GeoDataFrame(every, geometry="geometry", crs=constraints.crs)


def _outside(same_kind: gpd.GeoDataFrame, frame: shapely.Geometry) -> pd.DataFrame:
    """Give the land outside the outlines of one kind, taken together, as one row."""
    outlines = np.asarray(same_kind.geometry.array, dtype=object)
    return pd.DataFrame(
        {
            "constraint_id": [";".join(sorted(same_kind["constraint_id"]))],
            "name": ["、".join(sorted(set(same_kind["name"].dropna()))) or None],
            "constraint_kind": [same_kind["constraint_kind"].iloc[0]],
            "geometry": [shapely.difference(frame, shapely.union_all(outlines))],
        }
    )
