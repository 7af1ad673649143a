"""Land balance and intensity."""

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Floats, Positions, Shapes
from geo.measure import ellipsoidal_area_m2
from geo.overlay import zone_shares
from geo.union import united_area_m2
from geo.units import M2_PER_MU, m2_to_mu
from platforms.indicators.per_mu import WAN_YUAN_PER_YI_YUAN, refuse_twice
from platforms.land.search import state_of
from platforms.policy.in_force import PolicySet
from platforms.policy.verdict import Basis, Statement, say
from platforms.source import LayerSource
from platforms.territory import assessment_areas, platform_outlines, shapes_of

PlaceKind = Literal["unit", "platform", "park"]

KINDS = ("supplied", "built", "ready", "idle", "built_industrial")


@dataclass(frozen=True)
class Places:
    """Places whose land is measured.

    ``ids``: Their ids.
    ``shapes``: Their outlines, of a platform with its sub-parks (S15), of a unit less the
      functional zones in it (S9).
    """

    ids: tuple[str, ...]
    shapes: Shapes


def places_of(by: PlaceKind, source: LayerSource) -> Places:
    """Give the outlines of units, platforms or parks.

    ``source``: Gives ``units``, ``major_platforms`` and ``parks``.

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


def outline_area_mu(places: Places, crs: CRS) -> Floats:
    """Measure the outlines (ellipsoidal) [亩]."""
    if not len(places.ids):
        return np.empty(0)
    area: Floats = m2_to_mu(ellipsoidal_area_m2(places.shapes, crs))
    return area


def land_balance(
    places: Places, parcels: gpd.GeoDataFrame, policy: PolicySet, crs: CRS
) -> pd.DataFrame:
    """Measure the land of each kind in each place.

    ``places``: What ``places_of`` gives, in ``crs``.
    ``parcels``: Layer ``land_parcels``.
    ``policy``: Its assumption ``land_balance`` states which states and land uses are of which
      kind.
    ``crs``: Projected system in metres.

    Index the ids; ellipsoidal areas [亩], parcels clipped by the outline, land under two of them
    once: ``supplied_mu``, ``built_mu``, ``ready_mu`` (supplied, and ready for supply), ``idle_mu``,
    ``built_industrial_mu``; ``<kind>_open_mu``: what may come to it, because a parcel's state or
    land use isn't known; ``registered_mu``: declared area of the supplied parcels by the part
    inside, and of it ``registered_missing_mu``, the measured area of those without one;
    ``parcel_count``, ``open_ids``, ``unregistered_ids``. All areas are missing where no parcel is
    on record in the place.
    """
    pairs = zone_shares(shapes_of(parcels), places.shapes, crs)
    pieces = _clipped(parcels, places, pairs.of_shape, pairs.of_zone, pairs.share)
    rows = parcels.iloc[pairs.of_shape]
    certain, possible = _kinds(rows, policy)
    count = len(places.ids)

    def area_mu(mask: npt.NDArray[np.bool_]) -> Floats:
        if not mask.any():
            return np.zeros(count)
        areas: Floats = united_area_m2(pieces[mask], pairs.of_zone[mask], count, crs)
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
        parcel_ids = [tuple(ids[mask & (pairs.of_zone == n)]) for n in range(count)]
        result[name] = pd.Series(parcel_ids, index=result.index, dtype="object")
    return result


def _clipped(
    parcels: gpd.GeoDataFrame, places: Places, of_shape: Positions, of_zone: Positions,
    share: Floats,
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


@dataclass(frozen=True)
class Ratio:
    """One ratio.

    ``ratio_id``: Its code.
    ``numerator, denominator``: Kinds of land (``land_balance``), or a figure of
      ``platform_indicators``; None where no layer holds it.
    ``unit``: ``share`` (0-1), 万元/亩, or empty for a plain ratio.
    ``basis``: ``derived``: as training material for TD/T 1029 states it; ``assumed``: commonly
      read so.
    """

    ratio_id: str
    numerator: str | None
    denominator: str
    unit: str
    basis: Basis


RATIOS = (
    Ratio("supply_rate", "supplied", "ready", "share", "derived"),
    Ratio("built_rate", "built", "supplied", "share", "derived"),
    Ratio("industrial_rate", "built_industrial", "built", "share", "derived"),
    Ratio("idle_rate", "idle", "supplied", "share", "assumed"),
    Ratio("output_intensity", "revenue_yi_yuan", "built_industrial", "万元/亩", "assumed"),
    Ratio("tax_intensity", "tax_yi_yuan", "built_industrial", "万元/亩", "assumed"),
    Ratio("hightech_land_rate", None, "built", "share", "assumed"),
    Ratio("floor_area_ratio", None, "built", "", "derived"),
    Ratio("building_density", None, "built", "share", "derived"),
    Ratio("industrial_floor_area_ratio", None, "built_industrial", "", "derived"),
    Ratio("investment_intensity", None, "built_industrial", "万元/亩", "assumed"),
)
"""Every ratio of the evaluation; those without a numerator are listed as missing, not left out."""


@dataclass(frozen=True)
class LandEfficiency:
    """The ratios of each platform.

    ``rows``: One row a platform and ratio: ``platform_id``, ``name``, ``unit_id``, ``period``,
      ``ratio``, ``numerator`` and ``denominator`` (codes), ``numerator_value`` (亩, or 万元),
      ``denominator_mu``, ``open_mu`` (land that may belong to either), ``value``, ``unit``,
      ``basis``, ``outcome`` (``known`` or ``no_data``).
    ``reasons``: What is to be said of each row, in its order.
    """

    rows: pd.DataFrame
    reasons: tuple[tuple[Statement, ...], ...]


def land_efficiency(
    period: str,
    source: LayerSource,
    policy: PolicySet,
    crs: CRS,
    balance: pd.DataFrame | None = None,
) -> LandEfficiency:
    """Compute the land ratios of each platform.

    Parameters
    ----------
    period
        Period of revenue and tax (``2024``); states of parcels are those on record.
    source
        Gives ``major_platforms``, ``parks``, ``land_parcels``, ``platform_indicators``.
    policy
        Its assumption ``land_balance`` says which states and uses count.
    crs
        Projected system in metres.
    balance
        ``land_balance`` of the platforms where it was measured before.

    Returns
    -------
    LandEfficiency
        Every ratio of every platform; one whose data are missing is ``no_data`` with the reason.

    Notes
    -----
    TD/T 1029 family, as training material quotes it: to be held against the standard before
    anything is published. Revenue and tax are those of above-scale firms only.
    """
    if balance is None:
        places = places_of("platform", source)
        parcels = gpd.GeoDataFrame(source.read("land_parcels"))
        balance = land_balance(places, parcels, policy, crs)
    indicators = source.read("platform_indicators")
    figures = indicators[indicators["period"] == period]
    refuse_twice(figures, "platform_id", period)
    figures = figures.set_index("platform_id")
    about = pd.DataFrame(source.read("major_platforms"))[["platform_id", "name", "unit_id"]]
    rows, reasons = [], []
    for platform_id, name, unit_id in about.itertuples(index=False):
        land = balance.loc[platform_id]
        record = {"platform_id": platform_id, "name": name, "unit_id": unit_id}
        for ratio in RATIOS:
            row, statements = _row(ratio, land, figures, str(platform_id))
            rows.append({"period": period, **record, **row})
            reasons.append(statements)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return LandEfficiency(frame, tuple(reasons))


COLUMNS = (
    "platform_id", "name", "unit_id", "period", "ratio", "numerator", "denominator",
    "numerator_value", "denominator_mu", "open_mu", "value", "unit", "basis", "outcome",
)  # fmt: skip


def _row(
    ratio: Ratio, land: pd.Series, figures: pd.DataFrame, platform_id: str
) -> tuple[dict[str, object], tuple[Statement, ...]]:
    below = float(land[f"{ratio.denominator}_mu"])
    above, reasons = _numerator(ratio, land, figures, platform_id)
    if np.isnan(below):
        reasons = [say("denominator_no_parcels")]
    elif below <= 0:
        reasons.append(say("efficiency_no_land"))
    kinds = {ratio.numerator, ratio.denominator}
    open_mu = max(
        (float(land[f"{kind}_open_mu"]) for kind in kinds if f"{kind}_open_mu" in land), default=0.0
    )
    value = above / below if below > 0 else np.nan
    if open_mu > 0 and not np.isnan(value):
        reasons.append(say("denominator_open", area_mu=open_mu))
    row: dict[str, object] = {
        "ratio": ratio.ratio_id, "numerator": ratio.numerator, "denominator": ratio.denominator,
        "numerator_value": above, "denominator_mu": below, "open_mu": open_mu, "value": value,
        "unit": ratio.unit, "basis": ratio.basis,
        "outcome": "no_data" if np.isnan(value) else "known",
    }  # fmt: skip
    return row, tuple(reasons)


def _numerator(
    ratio: Ratio, land: pd.Series, figures: pd.DataFrame, platform_id: str
) -> tuple[float, list[Statement]]:
    if ratio.numerator is None:
        return np.nan, [say("efficiency_not_on_record")]
    if f"{ratio.numerator}_mu" in land:
        return float(land[f"{ratio.numerator}_mu"]), []
    value = figures[ratio.numerator].get(platform_id, np.nan)
    if pd.isna(value):
        return np.nan, [say("efficiency_figure_missing")]
    return float(value) * WAN_YUAN_PER_YI_YUAN, [say("efficiency_above_scale_only")]
