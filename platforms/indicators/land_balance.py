"""How much land of each kind lies in each place: supplied, built, ready, idle, industrial."""

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.dissolve import united_area_m2
from geo.measure import ellipsoidal_area_m2
from geo.overlay import zone_shares
from geo.units import M2_PER_MU, m2_to_mu
from platforms.land.readiness import state_of
from platforms.land.territory import assessment_areas
from platforms.outlines import Shapes, platform_outlines, shapes_of
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource

PlaceKind = Literal["unit", "platform", "park"]

KINDS = ("supplied", "built", "ready", "idle", "built_industrial")

Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Places:
    """Places whose land is measured.

    Attributes
    ----------
    ids
        Their ids.
    shapes
        Their outlines, of a platform with its sub-parks (S15), of a unit less the functional
        zones in it (S9).
    """

    ids: tuple[str, ...]
    shapes: Shapes


def places_of(by: PlaceKind, source: LayerSource) -> Places:
    """Give the outlines of units, platforms or parks.

    Parameters
    ----------
    by
        Which.
    source
        Gives ``units``, ``major_platforms`` and ``parks``.

    Returns
    -------
    Places
        In the order of the layer; a unit wholly inside functional zones is left out.
    """
    if by == "unit":
        units = gpd.GeoDataFrame(source.read("units"))
        areas = assessment_areas(units.copy()) if len(units) else units
        return Places(tuple(areas["unit_id"]), shapes_of(areas))
    parks = gpd.GeoDataFrame(source.read("parks"))
    if by == "park":
        return Places(tuple(parks["park_id"]), shapes_of(parks))
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    shapes = np.empty(len(platforms), dtype=object)
    for n in range(len(platforms)):
        shapes[n] = shapely.union_all(platform_outlines(platforms.iloc[[n]], parks))
    return Places(tuple(platforms["platform_id"]), shapes)


def outline_area_mu(places: Places, crs: CRS) -> Numbers:
    """Measure the outlines (ellipsoidal) [亩]."""
    if not len(places.ids):
        return np.empty(0)
    area: Numbers = m2_to_mu(ellipsoidal_area_m2(places.shapes, crs))
    return area


def land_balance(
    places: Places, parcels: gpd.GeoDataFrame, policy: PolicySet, crs: CRS
) -> pd.DataFrame:
    """Measure the land of each kind in each place.

    Parameters
    ----------
    places
        What ``places_of`` gives, in ``crs``.
    parcels
        Layer ``land_parcels``.
    policy
        Its assumption ``land_balance`` states which states and land uses are of which kind.
    crs
        Projected system in metres.

    Returns
    -------
    DataFrame
        Index the ids; ellipsoidal areas [亩], parcels clipped by the outline, land under two of
        them once: ``supplied_mu``, ``built_mu``, ``ready_mu`` (supplied, and ready for supply),
        ``idle_mu``, ``built_industrial_mu``; ``<kind>_open_mu``: what may come to it, because a
        parcel's state or land use isn't known; ``registered_mu``: declared area of the supplied
        parcels by the part inside, and of it ``registered_missing_mu``, the measured area of those
        without one; ``parcel_count``, ``open_ids``, ``unregistered_ids``. All areas are missing
        where no parcel is on record in the place.
    """
    pairs = zone_shares(shapes_of(parcels), places.shapes, crs)
    pieces = _clipped(parcels, places, pairs.of_shape, pairs.of_zone, pairs.share)
    rows = parcels.iloc[pairs.of_shape]
    certain, possible = _kinds(rows, policy)
    count = len(places.ids)

    def area_mu(mask: npt.NDArray[np.bool_]) -> Numbers:
        if not mask.any():
            return np.zeros(count)
        areas: Numbers = united_area_m2(pieces[mask], pairs.of_zone[mask], count, crs)
        return m2_to_mu(areas)

    result = pd.DataFrame(index=pd.Index(places.ids, dtype="str"))
    for kind in KINDS:
        sure = area_mu(certain[kind])
        result[f"{kind}_mu"] = sure
        most = area_mu(certain[kind] | possible[kind]) if possible[kind].any() else sure
        result[f"{kind}_open_mu"] = np.maximum(most - sure, 0.0)
    supplied = certain["supplied"]
    declared = rows["area_declared_m2"].to_numpy(dtype=float)
    undeclared = supplied & np.isnan(declared)
    weighed = np.where(supplied & ~undeclared, declared * pairs.share, 0.0)
    result["registered_mu"] = np.bincount(pairs.of_zone, weighed, count) / M2_PER_MU
    without = np.where(undeclared, pairs.area_m2, 0.0)
    result["registered_missing_mu"] = np.bincount(pairs.of_zone, without, count) / M2_PER_MU
    result["parcel_count"] = np.bincount(pairs.of_zone, minlength=count)
    # Nothing on record in a place is not the same as nothing there.
    result[result["parcel_count"] == 0] = np.nan
    result["parcel_count"] = result["parcel_count"].fillna(0).astype("Int64")
    ids = rows["parcel_id"].to_numpy(dtype=object)
    for name, mask in (("open_ids", possible["supplied"]), ("unregistered_ids", undeclared)):
        held = [tuple(ids[mask & (pairs.of_zone == n)]) for n in range(count)]
        result[name] = pd.Series(held, index=result.index, dtype="object")
    return result


def _clipped(
    parcels: gpd.GeoDataFrame, places: Places, of_shape: Positions, of_zone: Positions,
    share: Numbers,
) -> Shapes:  # fmt: skip
    """Cut each parcel to the place it is measured in; those inside stay whole."""
    pieces = shapes_of(parcels)[of_shape]
    crossing = np.flatnonzero(share < 1.0)
    shapely.prepare(places.shapes)
    cut = shapely.intersection(pieces[crossing], places.shapes[of_zone[crossing]])
    pieces[crossing] = [_land(shape) for shape in cut]
    return pieces


def _land(shape: shapely.Geometry) -> shapely.Geometry:
    """Leave out the lines and points at which a parcel merely touches an outline."""
    if not isinstance(shape, shapely.GeometryCollection) or shape.geom_type == "MultiPolygon":
        return shape
    parts = shapely.get_parts(shape)
    kinds = [int(shapely.GeometryType.POLYGON), int(shapely.GeometryType.MULTIPOLYGON)]
    return shapely.union_all(parts[np.isin(shapely.get_type_id(parts), kinds)])


def _kinds(
    rows: pd.DataFrame, policy: PolicySet
) -> tuple[dict[str, npt.NDArray[np.bool_]], dict[str, npt.NDArray[np.bool_]]]:
    """Say which rows are certainly, and which may be, of each kind."""

    def setting(name: str) -> tuple[str, ...]:
        return policy.setting_texts("land_balance", name)

    def among(name: str) -> npt.NDArray[np.bool_]:
        return state.isin(setting(name)).to_numpy(dtype=bool)

    state = state_of(rows)
    is_open = among("open_states")
    supplied, built = among("supplied_states"), among("built_states")
    industrial, use_unknown = _industrial(rows, setting("industrial_uses"))
    certain = {
        "supplied": supplied,
        "built": built,
        "ready": supplied | among("ready_states"),
        "idle": among("idle_states"),
        "built_industrial": built & industrial,
    }
    possible = dict.fromkeys(("supplied", "built", "ready", "idle"), is_open)
    possible["built_industrial"] = ((built | is_open) & use_unknown) | (is_open & industrial)
    return certain, possible


def _industrial(
    rows: pd.DataFrame, uses: tuple[str, ...]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Say whose land use is 工矿仓储, and of which it isn't known: no code, or no such scheme."""
    schemes = {text.partition(":")[0] for text in uses}
    coded = rows["land_use_scheme"].fillna("") + ":" + rows["land_use_code"].fillna("")
    known = rows["land_use_scheme"].isin(schemes) & rows["land_use_code"].notna()
    fits = coded.str.startswith(uses).to_numpy(dtype=bool) & known.to_numpy(dtype=bool)
    return fits, ~known.to_numpy(dtype=bool)
