"""What the layers say of land that could take a project."""

from typing import Any, TypedDict

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Shapes
from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2, intersecting_pairs
from geo.shape import filled, frontage_m, width_m
from geo.units import m2_to_mu
from layers.fields import split_list
from platforms.completeness import Completeness, CoverageStatus
from platforms.elements.allotments import inside_shares, zone_outlines
from platforms.industries.codes import division
from platforms.land.block_facts import BESIDE_ROAD_M
from platforms.land.search import (
    BlockQuery,
    LandLayers,
    blocking_shapes,
    registered_excess_m2,
    state_of,
)
from platforms.matching.site import STANDARD_COLUMNS, TOLERANCE_MU, KindFacts, Site, StateDating
from platforms.policy.in_force import PolicySet
from platforms.source import LayerSource
from platforms.territory import (
    area_by_unit,
    assessment_areas,
    major_outlines,
    shapes_of,
    undrawn_sub_parks,
)


class Place(TypedDict):
    """Where a piece of land lies, as ``Site`` says it."""

    unit_id: str | None
    platform_id: str | None
    main_platform_share: float
    major_share: float
    is_major_open: bool
    zone_share: float | None


def places_of(
    land: gpd.GeoDataFrame,
    source: LayerSource,
    layers: LandLayers,
    policy: PolicySet,
    crs: CRS,
    area_m2: npt.NDArray[np.float64],
) -> list[Place]:
    """Return for each piece of land in which unit, platform and zone it lies.

    Parameters
    ----------
    land
        Pieces of land in ``crs``.
    source, layers
        All layers, and those of a search for land.
    policy
        States in S15 which zones count; the zones of a pack without B1 aren't known.
    crs
        Projected system in metres.
    area_m2
        Ellipsoidal area of each piece [m²].

    Returns
    -------
    list of Place
        In the order of ``land``.
    """
    shapes = shapes_of(land)
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    parks = gpd.GeoDataFrame(source.read("parks"))
    units = area_by_unit(land.geometry, assessment_areas(layers.units))
    unit = units.drop_duplicates("position").set_index("position")["unit_id"]
    major = platforms[platforms["is_major"].fillna(value=True).to_numpy(dtype=bool)]
    in_main = np.minimum(area_inside_m2(shapes, shapes_of(major), crs) / area_m2, 1.0)
    in_major = np.minimum(
        area_inside_m2(shapes, major_outlines(platforms, parks), crs) / area_m2, 1
    )
    unknown = np.full(len(land), np.nan)
    least, most = unknown, unknown
    if policy.parts("B1"):
        least, most = inside_shares(shapes, zone_outlines(platforms, parks, policy), crs)
    nearest = _platform_of(shapes, platforms, parks, crs)
    is_open = len(undrawn_sub_parks(parks)) > 0
    return [
        Place(
            unit_id=unit.get(position),
            platform_id=nearest[position],
            main_platform_share=float(in_main[position]),
            major_share=float(in_major[position]),
            is_major_open=is_open,
            zone_share=float(least[position]) if least[position] == most[position] else None,
        )
        for position in range(len(land))
    ]


def _platform_of(
    shapes: Shapes, platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame, crs: CRS
) -> list[str | None]:
    """Find the platform whose outline with sub-parks holds the largest part of each shape."""
    sub_parks = parks[
        parks["disposition"].eq("sub_park").fillna(value=False) & parks["platform_id"].notna()
    ]
    ids = np.concatenate([platforms["platform_id"], sub_parks["platform_id"]])
    outlines = np.concatenate([shapes_of(platforms), shapes_of(sub_parks)])
    of_shape, of_outline = intersecting_pairs(shapes, outlines)
    platform_ids: list[str | None] = [None] * len(shapes)
    if not len(of_shape):
        return platform_ids
    parts = shapely.intersection(shapes[of_shape], outlines[of_outline])
    shares = pd.DataFrame(
        {"shape": of_shape, "id": ids[of_outline], "m2": ellipsoidal_area_m2(parts, crs)}
    )
    sums = shares[shares["m2"] > 0].groupby(["shape", "id"])["m2"].sum().reset_index()
    best = sums.sort_values(["shape", "m2", "id"], ascending=[True, False, True])
    for shape, platform_id in best.drop_duplicates("shape")[["shape", "id"]].to_numpy():
        platform_ids[int(shape)] = str(platform_id)
    return platform_ids


_Facts = dict[str, Any]


def described(
    land: gpd.GeoDataFrame,
    source: LayerSource,
    layers: LandLayers,
    policy: PolicySet,
    crs: CRS,
    on_file: Completeness,
) -> list[Site]:
    """Return for each piece of land what the layers hold.

    ``land``: ``block_id``, ``parcel_ids``, ``carved`` and shape of each.
    ``on_file``: What the city has on file.
    ``crs``: Projected system in metres.

    In the order of ``land``, without measures of shape.
    """
    shapes = shapes_of(land)
    area_m2 = ellipsoidal_area_m2(shapes, crs)
    blocked = area_inside_m2(shapes, blocking_shapes(layers.constraints, layers.parcels), crs)
    places = places_of(land, source, layers, policy, crs, area_m2)
    kinds = _kinds_on(shapes, layers, on_file, crs)
    excess = _excess_by_parcel(layers, land, crs)
    facts = _parcel_facts(layers.parcels, land)
    of_layer = on_file.statuses([("land_parcels", "")], shapes)["land_parcels", ""]
    warnings = _constraint_names(shapes, layers.constraints, "warn")
    notices = _constraint_names(shapes, layers.constraints, "info")
    facility_km = _facility_km(shapes, gpd.GeoDataFrame(source.read("facilities")))
    sites = []
    for position, (site_id, ids) in enumerate(
        zip(land["block_id"], land["parcel_ids"], strict=True)
    ):
        rows = {
            parcel_id: facts[parcel_id]
            for parcel_id in sorted({part.split("#")[0] for part in ids})
        }
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
                excess_mu=0.0
                if blocked[position] > 0
                else m2_to_mu(sum(excess.get(parcel_id, 0.0) for parcel_id in ids)),
                state_dating=_state_dating(rows, of_layer[position], on_file),
                kind_facts=kinds[position][0],
                blocked_by_kind=kinds[position][1],
                **places[position],
                **_on_file(rows),
            )
        )
    return sites


def _state_dating(
    rows: dict[str, _Facts], status: CoverageStatus, on_file: Completeness
) -> StateDating:
    """Say how recent the states of some parcels are: by the layer's date, else by their own."""
    if status == "covered":
        return "recent"
    days = [row["state_on"] for row in rows.values()]
    if all(day is not None and not on_file.is_older("land_parcels", str(day)) for day in days):
        return "recent"
    return "stale" if status == "stale" or None not in days else "undated"


def _excess_by_parcel(layers: LandLayers, land: gpd.GeoDataFrame, crs: CRS) -> dict[str, float]:
    """Return by how much registered areas count [m²], by parcel; ``id#n`` is but a part of one."""
    wanted = {parcel_id for ids in land["parcel_ids"] for parcel_id in ids}
    rows = layers.parcels[layers.parcels["parcel_id"].isin(wanted)]
    excess = registered_excess_m2(rows, crs)
    return dict(zip(rows["parcel_id"].astype(str), excess.tolist(), strict=True))


def _kinds_on(
    shapes: Shapes, layers: LandLayers, on_file: Completeness, crs: CRS
) -> list[tuple[frozenset[tuple[str, KindFacts]], dict[str, float]]]:
    """Return for each shape what is known of each kind, and the area under those that block."""
    subjects = [("constraints", kind) for kind in on_file.kinds]
    statuses = on_file.statuses(subjects, shapes)
    rows, nothing = layers.constraints, np.zeros(len(shapes))
    blocked_m2, unclear_m2 = {}, {}
    for kind, of_kind in rows.groupby("constraint_kind"):
        blocking = blocking_shapes(of_kind, layers.parcels)
        blocked_m2[str(kind)] = area_inside_m2(shapes, blocking, crs)
        open_rows = of_kind[of_kind["severity"].isna().to_numpy(dtype=bool)]
        unclear_m2[str(kind)] = area_inside_m2(shapes, shapes_of(open_rows), crs)
    known: list[tuple[frozenset[tuple[str, KindFacts]], dict[str, float]]] = []
    alike: dict[frozenset[tuple[str, KindFacts]], frozenset[tuple[str, KindFacts]]] = {}
    for position in range(len(shapes)):
        facts = {
            kind: KindFacts(
                statuses["constraints", kind][position],
                is_blocked=m2_to_mu(float(blocked_m2.get(kind, nothing)[position])) > TOLERANCE_MU,
                is_unclear=m2_to_mu(float(unclear_m2.get(kind, nothing)[position])) > TOLERANCE_MU,
            )
            for kind in on_file.kinds
        }
        blocked = {
            kind: m2_to_mu(float(blocked_m2[kind][position]))
            for kind, fact in facts.items() if fact.is_blocked
        }  # fmt: skip
        all_facts = frozenset(facts.items())
        known.append((alike.setdefault(all_facts, all_facts), blocked))
    return known


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
    columns = ("far_min", "far_max", *STANDARD_COLUMNS)
    lows = [float(row["far_min"]) for row in rows if row["far_min"] is not None]
    highs = [float(row["far_max"]) for row in rows if row["far_max"] is not None]
    return _OnFile(
        states=frozenset(str(row["state"]) for row in rows),
        land_uses=_land_uses(rows),
        utilities=_common_utilities(rows),
        is_increment=_any_increment(rows),
        standards=_strictest_standards(rows),
        without_standards=tuple(
            parcel_id
            for parcel_id, row in by_id.items()
            if all(row[name] is None for name in columns)
        ),
        far_bounds=(max(lows, default=None), min(highs, default=None)),
        allowed_industries=_common_industries(rows),
    )


def measured_m(name: str, shapes: Shapes, roads: Shapes) -> list[float | None]:
    """Measure shapes as blocks are described: gaps that were bridged are filled.

    ``name``: ``width_m`` or ``frontage_m``, as ``Site`` says them.
    ``roads``: What ``platforms.land.block_facts.road_areas`` gives.

    Width or frontage [m] in the order of the shapes; no frontage where no road is on file.
    """
    if not len(shapes) or (name == "frontage_m" and not len(roads)):
        return [None] * len(shapes)
    whole = filled(shapes, BlockQuery().gap_m)
    metres = width_m(whole) if name == "width_m" else frontage_m(whole, roads, BESIDE_ROAD_M)
    return [None if np.isnan(value) else float(value) for value in metres]


def _constraint_names(
    shapes: Shapes, constraints: gpd.GeoDataFrame, severity: str
) -> list[tuple[str, ...]]:
    """Name the constraints of a severity that each shape meets."""
    rows = constraints[constraints["severity"].eq(severity).fillna(value=False)]
    of_shape, of_row = intersecting_pairs(shapes, shapes_of(rows))
    names = rows["name"].fillna(rows["constraint_id"]).to_numpy(dtype=object)
    met: list[set[str]] = [set() for _ in shapes]
    for shape, row in zip(of_shape, of_row, strict=True):
        met[shape].add(str(names[row]))
    return [tuple(sorted(met_names)) for met_names in met]


def _facility_km(shapes: Shapes, facilities: gpd.GeoDataFrame) -> list[dict[str, float]]:
    """Measure the way to the nearest facility of each kind on file."""
    distances_km: list[dict[str, float]] = [{} for _ in shapes]
    for kind, rows in facilities.groupby("facility_kind"):
        places = shapely.union_all(shapes_of(rows))
        for of_shape, metres in zip(distances_km, shapely.distance(shapes, places), strict=True):
            of_shape[str(kind)] = float(metres) / 1000
    return distances_km


def _parcel_facts(parcels: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> dict[str, _Facts]:
    """Return what is on file for each parcel of the candidates, by its id."""
    wanted = {part.split("#")[0] for ids in land["parcel_ids"] for part in ids}
    rows = pd.DataFrame(parcels)[parcels["parcel_id"].isin(wanted)].set_index("parcel_id")
    columns = [
        "land_use_scheme", "land_use_code", "utilities", "is_increment", "far_min", "far_max",
        "allowed_industries", "state_on", *STANDARD_COLUMNS,
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
    figures = {
        name: [float(row[name]) for row in rows if row[name] is not None]
        for name in STANDARD_COLUMNS
    }
    return {name: max(values) for name, values in figures.items() if values}


def _any_increment(rows: list[_Facts]) -> bool | None:
    increments = [row["is_increment"] for row in rows]
    if any(increments):
        return True
    return None if None in increments else False
