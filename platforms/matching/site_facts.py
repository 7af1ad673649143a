"""What the layers say of each piece of land that could take a project."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2, intersecting_pairs
from geo.shape import filled, frontage_m, width_m
from geo.units import m2_to_mu
from layers.fields import split_list
from platforms.industries.codes import division
from platforms.land.blocks import BlockQuery, LandLayers, blocking_shapes
from platforms.land.description import BESIDE_ROAD_M, road_areas
from platforms.land.readiness import state_of
from platforms.matching.site import STANDARD_COLUMNS, Site
from platforms.matching.site_places import places_of
from platforms.outlines import Shapes, shapes_of
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource

_Facts = dict[str, Any]


@dataclass(frozen=True)
class Shaped:
    """Which measures of shape are asked for; a large city has no time for those that aren't."""

    width: bool = False
    frontage: bool = False


UNMEASURED = Shaped()
"""No measure of shape at all."""


def described(
    land: gpd.GeoDataFrame,
    source: LayerSource,
    layers: LandLayers,
    policy: PolicySet,
    crs: CRS,
) -> list[Site]:
    """Say of each piece of land what the layers hold.

    Parameters
    ----------
    land
        ``block_id``, ``parcel_ids``, ``carved`` and shape of each.
    source, layers
        All layers, and those of a search for land.
    policy
        Rules on the as-of date.
    crs
        Projected system in metres.

    Returns
    -------
    list of Site
        In the order of ``land``, without measures of shape.
    """
    shapes = shapes_of(land)
    area_m2 = ellipsoidal_area_m2(shapes, crs)
    blocked = area_inside_m2(shapes, blocking_shapes(layers.constraints, layers.parcels), crs)
    places = places_of(land, source, layers, policy, crs, area_m2)
    facts = _parcel_facts(layers.parcels, land)
    warnings = _named(shapes, layers.constraints, "warn")
    notices = _named(shapes, layers.constraints, "info")
    facility_km = _facility_km(shapes, gpd.GeoDataFrame(source.read("facilities")))
    sites = []
    for position, (site_id, ids) in enumerate(
        zip(land["block_id"], land["parcel_ids"], strict=True)
    ):
        rows = {one: facts[one] for one in sorted({part.split("#")[0] for part in ids})}
        sites.append(
            Site(
                site_id=str(site_id),
                parcel_ids=tuple(ids),
                area_mu=m2_to_mu(float(area_m2[position] - blocked[position])),
                blocked_mu=m2_to_mu(float(blocked[position])),
                warnings=warnings[position],
                notices=notices[position],
                facility_km=facility_km[position],
                carved=land["carved"].iloc[position],
                geometry=shapes[position],
                **places[position],
                **_on_file(rows),
            )
        )
    return sites


class _OnFile(TypedDict):
    """What is on file of a site's parcels, as ``Site`` says it."""

    states: frozenset[str]
    land_uses: frozenset[tuple[str, str] | None]
    utilities: frozenset[str] | None
    is_increment: bool | None
    standards: dict[str, float]
    without_standards: tuple[str, ...]
    far_bounds: tuple[float | None, float | None]
    allowed_industries: frozenset[str] | None


def _on_file(by_id: dict[str, _Facts]) -> _OnFile:
    rows = list(by_id.values())
    stated = ("far_min", "far_max", *STANDARD_COLUMNS)
    lows = [float(row["far_min"]) for row in rows if row["far_min"] is not None]
    highs = [float(row["far_max"]) for row in rows if row["far_max"] is not None]
    return _OnFile(
        states=frozenset(str(row["state"]) for row in rows),
        land_uses=_land_uses(rows),
        utilities=_common_utilities(rows),
        is_increment=_any_increment(rows),
        standards=_strictest_standards(rows),
        without_standards=tuple(
            one for one, row in by_id.items() if all(row[name] is None for name in stated)
        ),
        far_bounds=(max(lows, default=None), min(highs, default=None)),
        allowed_industries=_common_industries(rows),
    )


def with_measures(sites: Sequence[Site], layers: LandLayers, shaped: Shaped) -> list[Site]:
    """Measure the shapes as blocks are described: gaps that were bridged are filled.

    Parameters
    ----------
    sites
        What ``described`` gives.
    layers
        Layers of a search for land.
    shaped
        Which measures are asked for.

    Returns
    -------
    list of Site
        The same with ``width_m`` and ``frontage_m`` where asked for.
    """
    shapes = np.array([site.geometry for site in sites], dtype=object)
    nothing = np.full(len(shapes), np.nan)
    whole = filled(shapes, BlockQuery().gap_m) if shaped.width or shaped.frontage else shapes
    roads = road_areas(layers.barriers) if shaped.frontage else np.empty(0, dtype=object)
    widths = width_m(whole) if shaped.width else nothing
    fronts = frontage_m(whole, roads, BESIDE_ROAD_M) if len(roads) else nothing
    return [
        replace(site, width_m=_or_none(width), frontage_m=_or_none(front))
        for site, width, front in zip(sites, widths, fronts, strict=True)
    ]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _named(shapes: Shapes, constraints: gpd.GeoDataFrame, severity: str) -> list[tuple[str, ...]]:
    """Name the constraints of a severity that each shape meets."""
    rows = constraints[constraints["severity"].eq(severity).fillna(value=False)]
    of_shape, of_row = intersecting_pairs(shapes, shapes_of(rows))
    names = rows["name"].fillna(rows["constraint_id"]).to_numpy(dtype=object)
    met: list[set[str]] = [set() for _ in shapes]
    for shape, row in zip(of_shape, of_row, strict=True):
        met[shape].add(str(names[row]))
    return [tuple(sorted(one)) for one in met]


def _facility_km(shapes: Shapes, facilities: gpd.GeoDataFrame) -> list[dict[str, float]]:
    """Measure the way to the nearest facility of each kind on file."""
    found: list[dict[str, float]] = [{} for _ in shapes]
    for kind, rows in facilities.groupby("facility_kind"):
        places = shapely.union_all(shapes_of(rows))
        for one, metres in zip(found, shapely.distance(shapes, places), strict=True):
            one[str(kind)] = float(metres) / 1000
    return found


def _parcel_facts(parcels: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> dict[str, _Facts]:
    """Give what is on file for each parcel of the candidates, by its id."""
    wanted = {part.split("#")[0] for ids in land["parcel_ids"] for part in ids}
    rows = pd.DataFrame(parcels)[parcels["parcel_id"].isin(wanted)].set_index("parcel_id")
    columns = [
        "land_use_scheme", "land_use_code", "utilities", "is_increment", "far_min", "far_max",
        "allowed_industries", *STANDARD_COLUMNS,
    ]  # fmt: skip
    plain = rows[columns].astype("object").where(rows[columns].notna(), None)
    facts: dict[str, _Facts] = plain.assign(state=state_of(rows)).to_dict("index")
    return facts


def _land_uses(rows: list[_Facts]) -> frozenset[tuple[str, str] | None]:
    return frozenset(
        None
        if row["land_use_scheme"] is None or row["land_use_code"] is None
        else (str(row["land_use_scheme"]), str(row["land_use_code"]))
        for row in rows
    )


def _common_utilities(rows: list[_Facts]) -> frozenset[str] | None:
    if any(row["utilities"] is None for row in rows):
        return None
    return frozenset.intersection(*(frozenset(split_list(row["utilities"])) for row in rows))


def _common_industries(rows: list[_Facts]) -> frozenset[str] | None:
    listed = [split_list(row["allowed_industries"]) for row in rows]
    divisions = [frozenset(map(division, codes)) for codes in listed if codes]
    return frozenset.intersection(*divisions) if divisions else None


def _strictest_standards(rows: list[_Facts]) -> dict[str, float]:
    stated = {
        name: [float(row[name]) for row in rows if row[name] is not None]
        for name in STANDARD_COLUMNS
    }
    return {name: max(values) for name, values in stated.items() if values}


def _any_increment(rows: list[_Facts]) -> bool | None:
    stated = [row["is_increment"] for row in rows]
    if any(stated):
        return True
    return None if None in stated else False
