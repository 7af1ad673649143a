"""The boundary conditions of a site (边界条件, E7): what the planning layers say of it."""

from collections.abc import Collection
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from platforms.territory import shapes_of

LEAST_OVERLAP_M2 = 1.0
"""Shapes that meet in less share a border, not land."""


@dataclass(frozen=True)
class BoundaryCondition:
    """One constraint that the site meets.

    ``constraint_id, name, kind, severity``: The constraint; texts are None where it states none.
    ``overlap_mu``: Area of the site inside it [亩].
    """

    constraint_id: str
    name: str | None
    kind: str | None
    severity: str | None
    overlap_mu: float


@dataclass(frozen=True)
class ProjectSite:
    """The land of a project.

    ``parcel_ids``: Its parcels.
    ``missing_ids``: Those of them that no layer holds, or that have no shape.
    ``area_mu``: Ellipsoidal area of their union [亩], None without a shape.
    ``shape``: Their union, None without one.
    ``conditions``: What it meets, the largest overlap first.
    """

    parcel_ids: tuple[str, ...]
    missing_ids: tuple[str, ...]
    area_mu: float | None
    shape: shapely.Geometry | None
    conditions: tuple[BoundaryCondition, ...]


def project_site(
    parcel_ids: Collection[str], parcels: gpd.GeoDataFrame, constraints: gpd.GeoDataFrame, crs: CRS
) -> ProjectSite:
    """Gather the land of a project and the constraints it meets.

    Parameters
    ----------
    parcel_ids
        Parcels of the project.
    parcels
        Layer ``land_parcels``, in ``crs``.
    constraints
        Those in force (``constraints_in_force``), in ``crs``.
    crs
        Projected system in metres.

    Returns
    -------
    ProjectSite
        Land and conditions.

    Notes
    -----
    E7 长春 四（三）21.
    """
    wanted = tuple(dict.fromkeys(parcel_ids))
    held = parcels[parcels["parcel_id"].isin(wanted).to_numpy(dtype=bool)]
    shapes = shapes_of(held)
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    known = set(held["parcel_id"][drawn])
    missing = tuple(one for one in wanted if one not in known)
    if not drawn.any():
        return ProjectSite(wanted, missing, None, None, ())
    shape = shapely.union_all(shapes[drawn])
    area = m2_to_mu(float(ellipsoidal_area_m2([shape], crs)[0]))
    return ProjectSite(wanted, missing, area, shape, _met(shape, constraints, crs))


def _met(
    shape: shapely.Geometry, constraints: gpd.GeoDataFrame, crs: CRS
) -> tuple[BoundaryCondition, ...]:
    shapes = shapes_of(constraints)
    at = shapely.STRtree(shapes).query(shape, predicate="intersects")
    overlaps = shapely.intersection(shapes[at], shape)
    areas = ellipsoidal_area_m2(overlaps, crs) if len(at) else np.empty(0)
    rows = constraints.iloc[at].to_dict("records")
    found = [
        BoundaryCondition(
            str(row["constraint_id"]), _text(row["name"]), _text(row["constraint_kind"]),
            _text(row["severity"]), m2_to_mu(float(area)),
        )
        for row, area in zip(rows, areas, strict=True)
        if area >= LEAST_OVERLAP_M2
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.overlap_mu, one.constraint_id)))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
