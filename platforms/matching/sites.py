"""Which pieces of land could take a project, and what is known of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2, intersecting_pairs
from geo.units import compare, m2_to_mu
from layers.fields import split_list
from platforms.elements.placing import inside_shares
from platforms.elements.zones import zone_outlines
from platforms.land.blocks import BlockList, BlockQuery, LandLayers, blocking_shapes, find_blocks
from platforms.land.carving import Need
from platforms.land.description import road_areas
from platforms.land.readiness import state_of
from platforms.land.site_carving import CarvedSite, carved_sites
from platforms.land.territory import area_by_unit, assessment_areas
from platforms.matching.land_use import Uses, may_be_used
from platforms.outlines import Shapes, major_outlines, shapes_of
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource

_Facts = dict[str, Any]

NEAR_MISS = 0.6
"""Blocks from this part of the least land on are named among the rejected."""

VACANT_STATES = ("approved", "approved_not_supplied", "idle", "unknown")
"""Parcels not ready yet but not in use either: candidates that the state gate decides on."""


STANDARD_COLUMNS = (
    "investment_min_wan_yuan_per_mu",
    "output_min_wan_yuan_per_mu",
    "tax_min_wan_yuan_per_mu",
)
"""标准地 figures a parcel may state."""


@dataclass(frozen=True)
class Site:
    """One piece of land as a candidate, with what the layers say of it.

    Attributes
    ----------
    site_id
        Name of the block, or of the single parcel not ready yet.
    parcel_ids
        Its parcels (parts as ``id#1``).
    area_mu
        Ellipsoidal area [亩], blocking constraints taken off.
    blocked_mu
        Area taken off [亩].
    unit_id
        Unit under which it is assessed, None where it lies in none.
    platform_id
        Platform in whose outline with sub-parks its largest part lies, None where in none.
    main_platform_share, major_share
        Part of it in the outline of a major platform itself, and with sub-parks (0–1).
    zone_share
        Part of it in provincial-or-higher zones (0–1), None where the zones aren't known.
    states
        States of its parcels.
    land_uses
        Pairs of scheme and code; None stands for a parcel without one.
    utilities
        Utilities all its parcels have, None where a parcel states none.
    is_increment
        True where a parcel is new construction land, None where that isn't known.
    standards
        标准地 figures of its parcels [万元/亩], the strictest of each column.
    warnings
        Names of the constraints of severity ``warn`` that it meets.
    exit_km
        Way to the nearest expressway exit as the crow flies [km], None where none is on file.
    carved
        What it is carved from and what that leaves, None for a whole block or parcel.
    geometry
        Its shape, in the system of the layers.
    """

    site_id: str
    parcel_ids: tuple[str, ...]
    area_mu: float
    blocked_mu: float
    unit_id: str | None
    platform_id: str | None
    main_platform_share: float
    major_share: float
    zone_share: float | None
    states: frozenset[str]
    land_uses: frozenset[tuple[str, str] | None]
    utilities: frozenset[str] | None
    is_increment: bool | None
    standards: Mapping[str, float]
    warnings: tuple[str, ...]
    exit_km: float | None
    carved: CarvedSite | None
    geometry: shapely.Geometry


class _Place(TypedDict):
    """Where a piece of land lies, as ``Site`` says it."""

    unit_id: str | None
    platform_id: str | None
    main_platform_share: float
    major_share: float
    zone_share: float | None


def candidate_sites(
    source: LayerSource, need: Need, uses: Uses | None, policy: PolicySet, crs: CRS
) -> list[Site]:
    """Gather the land that could take a project of a size.

    Parameters
    ----------
    source
        The layers.
    need
        Least land, land wanted and most land [亩].
    uses
        Land uses that fit: parcels of another use join no block, and stand for themselves.
    policy
        States in S15 which zones count as provincial or higher.
    crs
        Projected system in metres.

    Returns
    -------
    list of Site
        Contiguous supply-ready blocks less blocking constraints, from a near miss on, and single
        vacant parcels of enough size that are not ready yet; largest first. Of a block larger than
        the most land the project takes, the part that it takes stands for the block.
    """
    layers = land_layers(source)
    least_mu = need.least_mu
    query = BlockQuery(min_mu=least_mu * NEAR_MISS, less_constraints=True)
    found = find_blocks(layers, query, may_be_used(layers.parcels, uses))
    singles = _vacant_parcels(layers, least_mu)
    lost = _ready_in_no_block(layers, found.blocks, least_mu)
    land = gpd.GeoDataFrame(
        pd.concat([_carved(found, layers, need, query), singles, lost], ignore_index=True), crs=crs
    )
    if not len(land):
        return []
    described = _describe(land, source, layers, policy, crs)
    return sorted(described, key=lambda site: (-site.area_mu, site.site_id))


def land_layers(source: LayerSource) -> LandLayers:
    """Read the layers that a search for land needs."""

    def layer(name: str) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(source.read(name))

    return LandLayers(
        layer("land_parcels"), layer("barriers"), layer("constraints"), layer("units"),
        source.read("adjacency_decisions"),
    )  # fmt: skip


def _carved(
    found: BlockList, layers: LandLayers, need: Need, query: BlockQuery
) -> gpd.GeoDataFrame:
    """Give the blocks, and of those larger than the project takes the part that it takes."""
    blocks = found.blocks[["block_id", "parcel_ids", "geometry"]].assign(carved=None)
    most_mu = need.wanted_mu if need.most_mu is None else need.most_mu
    large = [at for at, mu in enumerate(found.blocks["area_mu"]) if compare(mu, most_mu) > 0]
    rows = blocks.to_dict("records")
    sites = carved_sites(found, large, need, query, road_areas(layers.barriers))
    for place, site in zip(large, sites, strict=True):
        if site is not None:
            rows[place] = {
                "block_id": f"{site.block_id}@{need.wanted_mu:g}", "geometry": site.geometry,
                "parcel_ids": list(site.parcel_ids), "carved": site,
            }  # fmt: skip
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=blocks.columns), crs=blocks.crs)


def _vacant_parcels(layers: LandLayers, least_mu: float) -> gpd.GeoDataFrame:
    vacant = layers.parcels[state_of(layers.parcels).isin(VACANT_STATES).to_numpy(dtype=bool)]
    return _single_sites(vacant, least_mu)


def _ready_in_no_block(
    layers: LandLayers, blocks: gpd.GeoDataFrame, least_mu: float
) -> gpd.GeoDataFrame:
    """Name the ready parcels of enough size that their use or a constraint keeps out of blocks."""
    ready = layers.parcels[state_of(layers.parcels).isin(("cleared", "listed")).to_numpy(bool)]
    kept = {part.split("#")[0] for ids in blocks["parcel_ids"] for part in ids}
    return _single_sites(ready[~ready["parcel_id"].isin(kept).to_numpy(dtype=bool)], least_mu)


def _single_sites(parcels: gpd.GeoDataFrame, least_mu: float) -> gpd.GeoDataFrame:
    shapes = shapes_of(parcels)
    areas = ellipsoidal_area_m2(shapes, parcels.crs) if len(shapes) else np.empty(0)
    large = m2_to_mu(areas) >= least_mu * (1 - 1e-9)
    ids = parcels["parcel_id"].to_numpy(dtype=object)[large]
    return gpd.GeoDataFrame(
        {
            "block_id": [f"DK-{parcel_id}" for parcel_id in ids],
            "parcel_ids": [[parcel_id] for parcel_id in ids],
            "carved": None,
        },
        geometry=shapes[large],
        crs=parcels.crs,
    )


def _describe(
    land: gpd.GeoDataFrame, source: LayerSource, layers: LandLayers, policy: PolicySet, crs: CRS
) -> list[Site]:
    shapes = shapes_of(land)
    area_m2 = ellipsoidal_area_m2(shapes, crs)
    blocked = area_inside_m2(shapes, blocking_shapes(layers.constraints, layers.parcels), crs)
    places = _places(land, source, layers, policy, crs, area_m2)
    facts = _parcel_facts(layers.parcels, land)
    warnings = _warnings(shapes, layers.constraints)
    exits = _exit_km(shapes, gpd.GeoDataFrame(source.read("facilities")))
    sites = []
    for position, (site_id, ids) in enumerate(
        zip(land["block_id"], land["parcel_ids"], strict=True)
    ):
        rows = [facts[parcel_id] for parcel_id in sorted({part.split("#")[0] for part in ids})]
        sites.append(
            Site(
                site_id=str(site_id),
                parcel_ids=tuple(ids),
                area_mu=m2_to_mu(float(area_m2[position] - blocked[position])),
                blocked_mu=m2_to_mu(float(blocked[position])),
                warnings=warnings[position],
                exit_km=exits[position],
                carved=land["carved"].iloc[position],
                states=frozenset(str(row["state"]) for row in rows),
                land_uses=_land_uses(rows),
                utilities=_common_utilities(rows),
                is_increment=_any_increment(rows),
                standards=_strictest_standards(rows),
                geometry=shapes[position],
                **places[position],
            )
        )
    return sites


def _places(
    land: gpd.GeoDataFrame,
    source: LayerSource,
    layers: LandLayers,
    policy: PolicySet,
    crs: CRS,
    area_m2: npt.NDArray[np.float64],
) -> list[_Place]:
    """Say of each piece of land in which unit, platform and zone it lies."""
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
    least, most = inside_shares(shapes, zone_outlines(platforms, parks, policy), crs)
    nearest = _platform_of(shapes, platforms, parks, crs)
    return [
        _Place(
            unit_id=unit.get(position),
            platform_id=nearest[position],
            main_platform_share=float(in_main[position]),
            major_share=float(in_major[position]),
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
    found: list[str | None] = [None] * len(shapes)
    if not len(of_shape):
        return found
    parts = shapely.intersection(shapes[of_shape], outlines[of_outline])
    shares = pd.DataFrame(
        {"shape": of_shape, "id": ids[of_outline], "m2": ellipsoidal_area_m2(parts, crs)}
    )
    sums = shares[shares["m2"] > 0].groupby(["shape", "id"])["m2"].sum().reset_index()
    best = sums.sort_values(["shape", "m2", "id"], ascending=[True, False, True])
    for shape, platform_id in best.drop_duplicates("shape")[["shape", "id"]].to_numpy():
        found[int(shape)] = str(platform_id)
    return found


def _warnings(shapes: Shapes, constraints: gpd.GeoDataFrame) -> list[tuple[str, ...]]:
    rows = constraints[constraints["severity"].eq("warn").fillna(value=False)]
    of_shape, of_row = intersecting_pairs(shapes, shapes_of(rows))
    names = rows["name"].fillna(rows["constraint_id"]).to_numpy(dtype=object)
    return [tuple(sorted(set(names[of_row[of_shape == n]]))) for n in range(len(shapes))]


def _exit_km(shapes: Shapes, facilities: gpd.GeoDataFrame) -> list[float | None]:
    exits = facilities[facilities["facility_kind"].eq("expressway_exit").fillna(value=False)]
    if not len(exits):
        return [None] * len(shapes)
    points = shapely.union_all(shapes_of(exits))
    return [float(metres) / 1000 for metres in shapely.distance(shapes, points)]


def _parcel_facts(parcels: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> dict[str, _Facts]:
    """Give what is on file for each parcel of the candidates, by its id."""
    wanted = {part.split("#")[0] for ids in land["parcel_ids"] for part in ids}
    rows = pd.DataFrame(parcels)[parcels["parcel_id"].isin(wanted)].set_index("parcel_id")
    columns = ["land_use_scheme", "land_use_code", "utilities", "is_increment", *STANDARD_COLUMNS]
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
