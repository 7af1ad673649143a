"""Where the town parks lie and what became of each."""

from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops
from pyproj import CRS

from layers.demo.drawing import places_xy, planned_area
from layers.demo.recipe import ParkRow, Recipe

SPACING_M = 120.0
ROOM_M = 450.0
WINDOW_M = 9_000.0
EXITS_FROM = date(2018, 9, 1)
EXITS_DAYS = 1200
SORTED_ON = date(2018, 8, 31)
"""Day on which the parks were sorted, the same for all."""
ID_OF_KIND = {"industrial_park": "gy", "industrial_area": "pq", "feature_town": "xz"}


def make_parks(
    recipe: Recipe,
    units: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Draw the town parks.

    Parameters
    ----------
    recipe
        Towns, places and fates.
    units, platforms
        Layers ``units`` and ``major_platforms``.
    rng
        Source of chance.

    Returns
    -------
    GeoDataFrame
        Layer ``parks``. A sub-park belongs to the nearest major platform of its unit; a park that
        leaves or is not sorted lies outside all platforms.
    """
    outlines = _outlines(recipe, units, platforms, rng)
    days = rng.integers(0, EXITS_DAYS, len(recipe.parks))
    rows = recipe.parks
    owners = [
        _owner(row, shape, platforms) if row.fate == "sub_park" else None
        for row, shape in zip(rows, outlines, strict=True)
    ]
    return gpd.GeoDataFrame(
        {
            "park_id": [
                f"{row.unit_id}-{ID_OF_KIND[row.kind]}{n:02d}" for n, row in enumerate(rows)
            ],
            "name": [row.name or f"{row.town}工业园区" for row in rows],
            "unit_id": [row.unit_id for row in rows],
            "town": [row.town for row in rows],
            "park_kind": [row.kind for row in rows],
            "disposition": ["exiting" if row.fate == "exited" else row.fate for row in rows],
            "platform_id": owners,
            "is_baseline": [row.baseline and row.kind != "feature_town" for row in rows],
            "is_opted_in": [row.opted_in for row in rows],
            "exited_on": [
                row.exited_on or _exit_day(row, int(day))
                for row, day in zip(rows, days, strict=True)
            ],
            "disposition_on": [
                None if row.fate == "unclassified" else SORTED_ON.isoformat() for row in rows
            ],
            "integration_route": [_route(row, n) for n, row in enumerate(rows)],
            "source_doc": recipe.source_words("TOWNS"),
            "note": "示意范围与整治类型为演示设定",
        },
        geometry=outlines,
        crs=units.crs,
    )  # fmt: skip


def _exit_day(row: ParkRow, day: int) -> str | None:
    return (EXITS_FROM + timedelta(days=day)).isoformat() if row.fate == "exited" else None


def _route(row: ParkRow, number: int) -> str | None:
    """Say how a sub-park was taken in; every eleventh doesn't."""
    if row.fate != "sub_park" or number % 11 == 10:
        return None
    return "holding_company" if number % 3 else "district_adjustment"


def _outlines(
    recipe: Recipe,
    units: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> list[shapely.Polygon]:
    crs = CRS(units.crs)
    land = dict(zip(units["unit_id"], units.geometry, strict=True))
    zones = {zone.unit_id: land[zone.unit_id].buffer(SPACING_M) for zone in recipe.zones}
    built = shapely.buffer(platforms.geometry.to_numpy(), SPACING_M, quad_segs=1)
    drawn: list[shapely.Polygon] = []
    for row in recipe.parks:
        town = shapely.Point(places_xy([row.at], crs)[0])
        taken = [*shapely.buffer(drawn, SPACING_M, quad_segs=1)]
        if row.unit_id not in zones:
            taken += [*zones.values()]
        if row.fate != "sub_park":
            taken += [*built]
        near = town.buffer(WINDOW_M).intersection(land[row.unit_id].buffer(-SPACING_M))
        taken = [shape for shape in taken if shape.intersects(near)]
        room = near.difference(shapely.union_all(taken))
        middle = shapely.ops.nearest_points(room.buffer(-ROOM_M), town)[0]
        km2 = float(rng.uniform(0.9, 2.6))
        drawn.append(
            planned_area(
                (middle.x, middle.y), km2 * 1e6, turn=float(rng.uniform(-40, 40)),
                stretch=float(rng.uniform(1, 1.6)), rng=rng, within=room,
            )
        )  # fmt: skip
    return drawn


def _owner(row: ParkRow, shape: shapely.Polygon, platforms: gpd.GeoDataFrame) -> str:
    own = platforms[(platforms["unit_id"] == row.unit_id) & platforms["is_major"].astype(bool)]
    distances = shapely.distance(np.asarray(own.geometry.array, dtype=object), shape)
    return str(own["platform_id"].iloc[int(distances.argmin())])
