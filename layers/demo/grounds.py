"""Which pieces of land are parcelled out: platforms, town parks, and villages outside both."""

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely

from layers.demo.drawing import planned_area
from layers.demo.recipe import Recipe

EDGE_M = 8.0
VILLAGE_KM2 = (0.10, 0.30)
LEAST_M2 = 20_000.0

Size = Literal["platform", "park", "village"]


@dataclass(frozen=True)
class Ground:
    """One piece of land with a street grid of its own.

    Attributes
    ----------
    owner
        Platform or park it belongs to, empty for a village.
    kind
        What it is; decides how large its street blocks are.
    shape
        Its land.
    turn
        Direction of its streets, degrees from east.
    """

    owner: str
    kind: Size
    shape: shapely.Geometry
    turn: float


def make_grounds(
    recipe: Recipe,
    units: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    *,
    villages: int,
    rng: np.random.Generator,
) -> list[Ground]:
    """List the pieces of land to be parcelled out; they do not overlap.

    Parameters
    ----------
    recipe
        Directions of the platforms' streets.
    units, platforms, parks
        Layers of those names.
    villages
        Villages per unit.
    rng
        Source of chance.

    Returns
    -------
    list of Ground
        Platform pieces, then parks outside them, then villages.
    """
    grounds = [
        Ground(row.platform_id, "platform", part.buffer(-EDGE_M), row.turn)
        for row, outline in zip(recipe.platforms, platforms.geometry, strict=True)
        for part in shapely.get_parts(outline)
    ]
    taken = shapely.union_all(platforms.geometry.array)
    for park_id, outline in zip(parks["park_id"], parks.geometry, strict=True):
        rest = outline.difference(taken).buffer(-EDGE_M)
        if rest.area > LEAST_M2:
            grounds.append(Ground(park_id, "park", rest, float(rng.uniform(-40, 40))))
    closed = shapely.union_all([taken, *parks.geometry]).buffer(100, quad_segs=1)
    zones = shapely.union_all(units.geometry[units["unit_kind"] == "functional_zone"].array)
    for unit, shape in zip(units.itertuples(), units.geometry, strict=True):
        room = shape.difference(closed)
        if unit.unit_kind == "county":
            room = room.difference(zones)
        grounds += _villages(room.buffer(-EDGE_M), villages, rng)
    return grounds


def _villages(room: shapely.Geometry, wanted: int, rng: np.random.Generator) -> list[Ground]:
    west, south, east, north = room.bounds
    found: list[Ground] = []
    while len(found) < wanted:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if not shapely.contains_xy(room, x, y):
            continue
        turn = float(rng.uniform(-40, 40))
        shape = planned_area(
            (x, y), float(rng.uniform(*VILLAGE_KM2)) * 1e6, turn=turn, stretch=1.2, rng=rng,
            within=room,
        )  # fmt: skip
        if shape.area > LEAST_M2:
            found.append(Ground("", "village", shape, turn))
            room = room.difference(shape.buffer(60))
    return found
