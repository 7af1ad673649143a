"""Where the land of each allotment lies, how much it is, and what part of it lies inside.

The place is decided by geometry: the polygon of the allotment, else the parcels it is taken from.
"""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.contiguity import single_parts
from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2
from geo.units import m2_to_mu
from layers.fields import split_list
from platforms.elements.zones import Outlines
from platforms.outlines import Shapes

Numbers = npt.NDArray[np.float64]

AMOUNT_COLUMNS = {"land": "land_mu", "energy": "energy_tce", "emission": "emission_t"}
"""Column that holds the amount of each element."""


def allotment_shapes(allotments: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> Shapes:
    """Find the land of each allotment.

    Parameters
    ----------
    allotments, parcels
        Layers ``element_allotments`` and ``land_parcels``, in one system.

    Returns
    -------
    array of polygons
        One per allotment: its polygon, else the union of its parcels (``id#2`` is the second part
        of a parcel); None where it has neither, or where one of its parcels isn't there.
    """
    shapes: Shapes = np.array(allotments.geometry.array, dtype=object)
    lacking = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    wanted = {p: split_list(allotments["parcel_ids"].iloc[p]) for p in lacking}
    known = _parcels_by_name(parcels, {name for names in wanted.values() for name in names})
    for position, names in wanted.items():
        found = [known[name] for name in names if name in known]
        whole = bool(names) and len(found) == len(names)
        shapes[position] = shapely.union_all(found) if whole else None
    return shapes


def inside_shares(shapes: Shapes, outlines: Outlines, crs: CRS) -> tuple[Numbers, Numbers]:
    """Measure what part of each shape lies inside, at least and at most.

    Parameters
    ----------
    shapes
        Polygons in ``crs``, array of n; None: unknown.
    outlines
        What counts as inside.
    crs
        Projected system in metres.

    Returns
    -------
    least, most
        Shares (0–1) of the ellipsoidal area; 0 and 1 where the place isn't known. They are equal
        unless the shape meets an outline of which it isn't known whether it counts.
    """
    areas = ellipsoidal_area_m2(shapes, crs) if len(shapes) else np.zeros(0)
    least, most = np.zeros(len(shapes)), np.ones(len(shapes))
    placed = (areas > 0) & outlines.is_on_record
    inside = area_inside_m2(shapes[placed], outlines.certain, crs)
    least[placed] = np.minimum(inside / areas[placed], 1.0)
    most[placed] = least[placed]
    if len(outlines.possible):
        both = np.concatenate([outlines.certain, outlines.possible])
        widest = area_inside_m2(shapes[placed], both, crs)
        most[placed] = np.minimum(widest / areas[placed], 1.0)
    return least, most


def amounts(allotments: gpd.GeoDataFrame, shapes: Shapes, crs: CRS) -> Numbers:
    """Give the amount of each allotment in the unit of its element.

    Parameters
    ----------
    allotments
        Layer ``element_allotments``, with every ``element`` known or missing.
    shapes
        Their land, array of n.
    crs
        Projected system in metres.

    Returns
    -------
    array of float
        亩, 吨标煤 or 吨, array of n; land without a figure is measured on the ellipsoid; NaN where
        the amount isn't known.
    """
    found = np.full(len(allotments), np.nan)
    element = allotments["element"].fillna("").to_numpy(dtype=object)
    for name, column in AMOUNT_COLUMNS.items():
        rows = element == name
        found[rows] = allotments[column].to_numpy(dtype=float)[rows]
    measured = np.isnan(found) & (element == "land") & ~shapely.is_missing(shapes)
    if measured.any():
        found[measured] = m2_to_mu(ellipsoidal_area_m2(shapes[measured], crs))
    return found


def _parcels_by_name(parcels: gpd.GeoDataFrame, names: set[str]) -> dict[str, shapely.Geometry]:
    """Find the parcels, and parts of parcels, that are named."""
    if not names:
        return {}
    ids = parcels["parcel_id"].to_numpy(dtype=object)
    rows = np.flatnonzero(np.isin(ids, sorted({name.split("#")[0] for name in names} | names)))
    shapes: Shapes = np.asarray(parcels.geometry.array, dtype=object)[rows]
    known = dict(zip(ids[rows], shapes, strict=True))
    parts, of_row, number = single_parts(shapes)
    for part, row, count in zip(parts, of_row, number, strict=True):
        if count:
            known[f"{ids[rows[row]]}#{count}"] = part
    return known
