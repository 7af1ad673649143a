"""Street blocks and parcels."""

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.arrays import Flags, Floats, Positions, Shapes, Texts
from geo.measure import ellipsoidal_area_m2
from geo.units import M2_PER_MU
from layers.contracts import CONTRACTS
from layers.demo.drawing import planned_area
from layers.demo.environment import DITCH_WIDTHS_M, LANE_WIDTHS_M
from layers.demo.recipe import Recipe

EDGE_M = 8.0
VILLAGE_KM2 = (0.10, 0.30)
LEAST_M2 = 20_000.0

Size = Literal["platform", "park", "village"]


@dataclass(frozen=True)
class DemoArea:
    """One piece of land with a street grid of its own.

    ``owner``: Platform or park it belongs to, empty for a village.
    ``kind``: What it is; decides how large its street blocks are.
    ``shape``: Its land.
    ``turn``: Direction of its streets, degrees from east.
    """

    owner: str
    kind: Size
    shape: shapely.Geometry
    turn: float


def make_demo_areas(
    recipe: Recipe,
    units: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    *,
    villages: int,
    rng: np.random.Generator,
) -> list[DemoArea]:
    """List the pieces of land to be parcelled out; they do not overlap.

    Platform pieces, then parks outside them, then villages.
    """
    demo_areas = [
        DemoArea(row.platform_id, "platform", part.buffer(-EDGE_M), row.turn)
        for row, outline in zip(recipe.platforms, platforms.geometry, strict=True)
        for part in shapely.get_parts(outline)
    ]
    platform_land = shapely.union_all(platforms.geometry.array)
    for park_id, outline in zip(parks["park_id"], parks.geometry, strict=True):
        rest = outline.difference(platform_land).buffer(-EDGE_M)
        if rest.area > LEAST_M2:
            demo_areas.append(DemoArea(park_id, "park", rest, float(rng.uniform(-40, 40))))
    closed = shapely.union_all([platform_land, *parks.geometry]).buffer(100, quad_segs=1)
    zones = shapely.union_all(units.geometry[units["unit_kind"] == "functional_zone"].array)
    for unit, shape in zip(units.itertuples(), units.geometry, strict=True):
        room = shape.difference(closed)
        if unit.unit_kind == "county":
            room = room.difference(zones)
        demo_areas += _villages(room.buffer(-EDGE_M), villages, rng)
    return demo_areas


def _villages(room: shapely.Geometry, wanted: int, rng: np.random.Generator) -> list[DemoArea]:
    west, south, east, north = room.bounds
    villages: list[DemoArea] = []
    while len(villages) < wanted:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if not shapely.contains_xy(room, x, y):
            continue
        turn = float(rng.uniform(-40, 40))
        shape = planned_area(
            (x, y), float(rng.uniform(*VILLAGE_KM2)) * 1e6, turn=turn, stretch=1.2, rng=rng,
            within=room,
        )  # fmt: skip
        if shape.area > LEAST_M2:
            villages.append(DemoArea("", "village", shape, turn))
            room = room.difference(shape.buffer(60))
    return villages


BLOCK_SIZES_M: dict[Size, tuple[tuple[float, float], tuple[float, float]]] = {
    "platform": ((400.0, 640.0), (330.0, 540.0)),
    "park": ((220.0, 330.0), (200.0, 300.0)),
    "village": ((170.0, 240.0), (140.0, 200.0)),
}
STREET_WIDTHS_M = (12.0, 16.0, 18.0, 24.0, 24.0, 30.0, 36.0, 40.0)
PARCEL_M2 = 38 * M2_PER_MU
ONE_ROW_M = 240.0
LANE_SHARE = 0.16
L_SHAPE_SHARE = 0.05
SAME_BREAKS_SHARE = 0.3
NODE_JITTER_M, SPLIT_JITTER_M = 2.5, 8.0
SPARE = 1.35
"""Blocks taken beyond the estimate: clipping and corridors cost parcels."""

LEAST_PIECE_M2 = 1_500.0
LEAST_PIECE_WIDTH_M = 12.0


@dataclass(frozen=True)
class Block:
    """One street block in the frame of its ground.

    ``area_position``: Position of its area.
    ``x, y, width, height``: Corner and size [m].
    ``left, right``: Where its two rows meet, above the corner, at both ends [m].
    ``reach``: How far it lies from the ground's middle towards the rim.
    ``lane_m``: Width of the lane between its rows [m], 0 where there is none.
    """

    area_position: int
    x: float
    y: float
    width: float
    height: float
    left: float
    right: float
    reach: float
    lane_m: float


@dataclass(frozen=True)
class Cadastre:
    """Parcels as drawn.

    ``shapes``: Parcels, array of n.
    ``block``: Block of each parcel, numbered from the middle of the grounds outwards.
    ``demo_area``: Ground of each parcel.
    ``reach``: How far each parcel's block lies from its ground's middle towards the rim, about 0
      to 1.
    ``lanes, lane_block, lane_m``: Middle line, block and width [m] of each lane inside a block.
    """

    shapes: Shapes
    block: Positions
    area_position: Positions
    reach: Floats
    lanes: Shapes
    lane_block: Positions
    lane_m: Floats


def draw_parcels(
    demo_areas: list[DemoArea], closed: Shapes, wanted: int, rng: np.random.Generator
) -> Cadastre:
    """Divide the grounds into parcels, the middles first.

    ``wanted``: Number of parcels; whole blocks are kept, so a few more or fewer come.
    """
    blocks = sorted(
        (b for number, demo_area in enumerate(demo_areas) for b in _grid(number, demo_area, rng)),
        key=lambda block: (block.reach, block.area_position),
    )
    estimate = np.cumsum([max(1.0, b.width * b.height / PARCEL_M2) for b in blocks])
    blocks = blocks[: int(np.searchsorted(estimate, wanted * SPARE)) + 1]
    rings = [_rings(block, rng) for block in blocks]
    of_block = np.repeat(np.arange(len(blocks)), [len(r) for r in rings])
    shapes = _polygons([ring for group in rings for ring in group])
    turns = [
        (np.deg2rad(demo_areas[b.area_position].turn), _middle(demo_areas[b.area_position]))
        for b in blocks
    ]
    shapes = _placed(shapes, of_block, turns)
    ground_of = np.array([b.area_position for b in blocks])
    shapes, of_block = _clipped(shapes, of_block, demo_areas, ground_of, closed)
    kept_blocks = int(np.searchsorted(np.cumsum(np.bincount(of_block)), wanted)) + 1
    kept = of_block < kept_blocks
    shapes, of_block = shapes[kept], of_block[kept]
    lanes = np.array([i for i, b in enumerate(blocks[:kept_blocks]) if b.lane_m], dtype=np.intp)
    lines = _placed(np.array([_lane(blocks[i]) for i in lanes]), lanes, turns)
    land = np.array([demo_areas[i].shape for i in ground_of[lanes]], dtype=object)
    lines = shapely.difference(shapely.intersection(lines, land), shapely.union_all(closed))
    lanes, lines = lanes[~shapely.is_empty(lines)], lines[~shapely.is_empty(lines)]
    reaches = np.array([b.reach for b in blocks])
    return Cadastre(
        shapes, of_block, ground_of[of_block], reaches[of_block],
        lines, lanes, np.array([blocks[i].lane_m for i in lanes]),
    )  # fmt: skip


def _middle(demo_area: DemoArea) -> Floats:
    middle: Floats = shapely.get_coordinates(shapely.centroid(demo_area.shape))[0]
    return middle


def _grid(number: int, demo_area: DemoArea, rng: np.random.Generator) -> list[Block]:
    middle = _middle(demo_area)
    away = shapely.get_coordinates(demo_area.shape) - middle
    edge = shapely.boundary(demo_area.shape)
    half = float(np.hypot(away[:, 0], away[:, 1]).max())
    widths, heights = BLOCK_SIZES_M[demo_area.kind]
    columns, rows = _bands(half, widths, rng), _bands(half, heights, rng)
    cos, sin = np.cos(np.deg2rad(demo_area.turn)), np.sin(np.deg2rad(demo_area.turn))
    blocks = []
    for x, width in columns:
        for y, height in rows:
            u, v = x + width / 2, y + height / 2
            at = middle + np.array([[cos, -sin], [sin, cos]]) @ np.array([u, v])
            point = shapely.Point(at)
            if shapely.distance(demo_area.shape, point) > max(width, height) / 2:
                continue
            out, rim = float(np.hypot(u, v)), float(shapely.distance(edge, point))
            inside = rim if shapely.contains_xy(demo_area.shape, *at) else 0.0
            reach = out / (out + inside + 1.0) * float(rng.uniform(0.85, 1.15))
            split = height / 2 + rng.normal(0, SPLIT_JITTER_M) + rng.normal(0, NODE_JITTER_M, 2)
            lane = _lane_width(demo_area.kind, rng)
            low, high = split.tolist()
            blocks.append(Block(number, x, y, width, height, low, high, reach, lane))
    return blocks


def _bands(
    half: float, sizes: tuple[float, float], rng: np.random.Generator
) -> list[tuple[float, float]]:
    # The first band lies astride the middle, so that even the smallest ground has a whole block.
    first = float(rng.uniform(*sizes))
    bands = [(-first / 2, first)]
    start = first / 2
    while start < half:
        start += float(rng.choice(STREET_WIDTHS_M))
        size = float(rng.uniform(*sizes))
        bands += [(start, size), (-start - size, size)]
        start += size
    return bands


def _lane_width(kind: Size, rng: np.random.Generator) -> float:
    if kind != "platform" or rng.random() > LANE_SHARE:
        return 0.0
    return float(rng.uniform(*(DITCH_WIDTHS_M if rng.random() < 0.4 else LANE_WIDTHS_M)))


def _rings(block: Block, rng: np.random.Generator) -> list[Floats]:
    rows = 1 if block.height < ONE_ROW_M else 2
    left, right, gap = block.left, block.right, block.lane_m / 2
    top = (block.height, block.height)
    edges = [((0.0, 0.0), (left - gap, right - gap)), ((left + gap, right + gap), top)]
    if rows == 1:
        edges = [((0.0, 0.0), top)]
    rings: list[Floats] = []
    breaks = _breaks(block, rows, rng)
    for below, above in edges:
        if rng.random() > SAME_BREAKS_SHARE:
            breaks = _breaks(block, rows, rng)
        lower = breaks + _jitter(breaks, rng)
        upper = breaks + _jitter(breaks, rng)
        y_low = below[0] + (below[1] - below[0]) * lower / block.width
        y_high = above[0] + (above[1] - above[0]) * upper / block.width
        for i in range(len(breaks) - 1):
            quad = np.array(
                [
                    (lower[i], y_low[i]), (lower[i + 1], y_low[i + 1]),
                    (upper[i + 1], y_high[i + 1]), (upper[i], y_high[i]),
                ]
            )  # fmt: skip
            rings += _l_shape(quad, rng) if rng.random() < L_SHAPE_SHARE else [quad]
    corner = np.array([block.x, block.y])
    return [ring + corner for ring in rings]


def _breaks(block: Block, rows: int, rng: np.random.Generator) -> Floats:
    number = max(1, round(block.width * block.height / rows / PARCEL_M2))
    shares = rng.dirichlet(np.full(number, 9.0))
    return np.concatenate([[0.0], np.cumsum(shares)[:-1], [1.0]]) * block.width


def _jitter(breaks: Floats, rng: np.random.Generator) -> Floats:
    shift = rng.normal(0, NODE_JITTER_M, len(breaks))
    shift[[0, -1]] = 0
    return shift


def _l_shape(quad: Floats, rng: np.random.Generator) -> list[Floats]:
    def at(u: float, v: float) -> Floats:
        low, high = quad[0] + u * (quad[1] - quad[0]), quad[3] + u * (quad[2] - quad[3])
        return np.asarray(low + v * (high - low))

    u, v = rng.uniform(0.5, 0.72, 2)
    angle = np.array([quad[0], quad[1], at(1, v), at(u, v), at(u, 1), quad[3]])
    return [angle, np.array([at(u, v), at(1, v), quad[2], at(u, 1)])]


def _lane(block: Block) -> shapely.LineString:
    start = (block.x, block.y + block.left)
    return shapely.LineString([start, (block.x + block.width, block.y + block.right)])


def _polygons(rings: list[Floats]) -> Shapes:
    indices = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    shapes: Shapes = shapely.polygons(shapely.linearrings(np.concatenate(rings), indices=indices))
    return shapes


def _placed(shapes: Shapes, of_block: Positions, turns: list[tuple[float, Floats]]) -> Shapes:
    if not len(shapes):
        return shapes
    counts = shapely.get_num_coordinates(shapes)
    angle = np.repeat(np.array([turns[i][0] for i in of_block]), counts)
    middle = np.repeat(np.array([turns[i][1] for i in of_block]), counts, axis=0)
    x, y = shapely.get_coordinates(shapes).T
    turned = np.column_stack(
        [x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)]
    )
    placed: Shapes = shapely.set_coordinates(shapes.copy(), np.round(turned + middle, 3))
    return placed


def _clipped(
    shapes: Shapes,
    of_block: Positions,
    demo_areas: list[DemoArea],
    ground_of: Positions,
    closed: Shapes,
) -> tuple[Shapes, Positions]:
    land: Shapes = np.array([demo_area.shape for demo_area in demo_areas], dtype=object)
    shapely.prepare(land)
    of_ground = ground_of[of_block]
    across = ~shapely.contains(land[of_ground], shapes)
    shapes = shapes.copy()
    shapes[across] = shapely.intersection(shapes[across], land[of_ground][across])
    cut, by = shapely.STRtree(closed).query(shapes, predicate="intersects")
    for position, corridor in zip(cut, by, strict=True):
        shapes[position] = shapely.difference(shapes[position], closed[corridor])
    parts, whole = shapely.get_parts(shapes, return_index=True)
    area, length = shapely.area(parts), np.maximum(shapely.length(parts), 1.0)
    kept = (area > LEAST_PIECE_M2) & (4 * area / length > LEAST_PIECE_WIDTH_M)
    return parts[kept], of_block[whole[kept]]


READY_IN_BLOCKS, READY_IN_PAIRS = 0.195, 0.02
READY_WITHIN_BLOCK = 0.9
USES = {
    "100101": 0.46, "100102": 0.29, "100103": 0.02, "110101": 0.07, "0802": 0.04, "16": 0.04,
    "0901": 0.03, "1401": 0.03, "1303": 0.01, "1302": 0.01,
}  # fmt: skip
READY_USES = {"100101": 0.52, "100102": 0.32, "110101": 0.08, "0802": 0.04, "16": 0.04}
STATES = {
    "in_production": 0.44, "supplied": 0.10, "under_construction": 0.10, "approved": 0.06,
    "planned": 0.11, "approved_not_supplied": 0.04, "supplied_not_used": 0.03, "idle": 0.035,
    "inefficient": 0.055, "withdrawn": 0.015, "unknown": 0.015,
}  # fmt: skip
LEAVING_STATES = {
    "in_production": 0.45, "inefficient": 0.30, "withdrawn": 0.15, "idle": 0.07, "unknown": 0.03,
}  # fmt: skip
RAW_STATES = ("planned", "approved", "approved_not_supplied")
BASIC = "road;water;sewer;power;telecom"
FIVE = f"{BASIC};gas;levelled"
SEVEN = f"{FIVE};storm;heat;broadband"
DECLARED_OFF_SHARE, DECLARED_MISSING_SHARE = 0.06, 0.03


def choose(shares: dict[str, float], size: int, rng: np.random.Generator) -> Texts:
    """Draw words by their shares.

    ``shares``: Word and weight; weights need not sum to 1.

    Array of ``size``.
    """
    weights = np.array(list(shares.values()))
    return np.asarray(rng.choice(np.array(list(shares)), size, p=weights / weights.sum()))


def ready_parcels(
    cadastre: Cadastre, demo_areas: list[DemoArea], closed: set[str], rng: np.random.Generator
) -> Flags:
    """Choose the supply-ready parcels: most of some blocks, two neighbours in some others.

    ``closed``: Owners (parks that leave) without supply-ready land.
    """
    count = len(cadastre.shapes)
    open_ground = np.array([g.kind != "village" and g.owner not in closed for g in demo_areas])
    open_parcel = open_ground[cadastre.area_position]
    of_block = pd.Series(np.arange(count)).groupby(cadastre.block).indices
    reach = pd.Series(cadastre.reach).groupby(cadastre.block).first()
    draw = rng.random(len(reach)) - 0.35 * reach.to_numpy() / max(reach.max(), 1e-9)
    ready = np.zeros(count, dtype=bool)
    pairs = 0
    for block in reach.index.to_numpy()[np.argsort(draw)]:
        members = of_block[block]
        if not open_parcel[members].all():
            continue
        if ready.sum() < READY_IN_BLOCKS * count:
            ready[members] = rng.random(len(members)) < READY_WITHIN_BLOCK
        elif pairs < READY_IN_PAIRS * count and len(members) > 3:
            ready[members[:2]] = True
            pairs += 2
    return ready


def make_parcels(
    shapes: npt.NDArray[np.object_],
    owners: Texts,
    ready: Flags,
    *,
    units: gpd.GeoDataFrame,
    platforms: gpd.GeoDataFrame,
    parks: gpd.GeoDataFrame,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Fill the layer of land parcels.

    ``owners``: Platform or park each lies in, empty outside.

    Layer ``land_parcels``.
    """
    count = len(shapes)
    leaving = np.isin(owners, parks.loc[parks["disposition"] != "sub_park", "park_id"])
    state = np.where(leaving, choose(LEAVING_STATES, count, rng), choose(STATES, count, rng))
    state = np.where(ready, choose({"cleared": 0.6, "listed": 0.4}, count, rng), state)
    use = np.where(ready, choose(READY_USES, count, rng), choose(USES, count, rng))
    unit_id = units_of(shapes, units)
    number = pd.Series(unit_id).groupby(unit_id).cumcount().to_numpy() + 1
    words = pd.concat(
        [platforms.set_index("platform_id")["name"], parks.set_index("park_id")["name"]]
    )
    names = pd.Series(owners).map(words).fillna("园区外")
    frame = gpd.GeoDataFrame(
        {
            "parcel_id": [f"{u}-{n:05d}" for u, n in zip(unit_id, number, strict=True)],
            "name": [f"{name}{n:05d}号地块" for name, n in zip(names, number, strict=True)],
            "unit_id": unit_id,
            "land_use_code": use,
            "land_use_scheme": "MNR2023",
            "state": state,
            "state_on": _days(count, rng),
            "utilities": _utilities(state, ready, rng),
            "area_declared_m2": _declared(shapes, units, rng),
            "is_increment": _increment(state, rng),
            "revived_on": _revived(state, number.tolist()),
            "industry_scheme": "GBT4754_2017",
            "note": "演示数据",
        },
        geometry=shapes,
        crs=units.crs,
    )
    frame["allowed_industries"] = _allowed(owners, ready, platforms, rng)
    return _with_thresholds(frame, rng)


def _revived(state: Texts, number: list[int]) -> list[str | None]:
    """Say of some parcels in use that they were idle before, and since when not."""
    in_use = np.isin(state, ["under_construction", "in_production"])
    days = ("2024-06-15", "2025-05-20")
    return [
        days[n % 2] if used and n % 31 == 7 else None
        for used, n in zip(in_use, number, strict=True)
    ]


def units_of(shapes: npt.NDArray[np.object_], units: gpd.GeoDataFrame) -> Texts:
    """Find the unit of each shape: the functional zone where it lies in one, else the county.

    ``units``: Layer ``units``.

    ``unit_id``, array of n.
    """
    points = shapely.point_on_surface(shapes)
    of_shape, of_unit = shapely.STRtree(units.geometry.to_numpy()).query(points, "intersects")
    is_zone = (units["unit_kind"] == "functional_zone").to_numpy()
    order = np.argsort(is_zone[of_unit], kind="stable")
    unit_of = np.full(len(shapes), -1)
    unit_of[of_shape[order]] = of_unit[order]
    return np.asarray(units["unit_id"].to_numpy(dtype=str)[unit_of])


def _days(count: int, rng: np.random.Generator) -> Texts:
    days = np.datetime64("2021-01-01") + rng.integers(0, 1760, count)
    return np.asarray(np.datetime_as_string(days, unit="D"))


def _utilities(state: Texts, ready: Flags, rng: np.random.Generator) -> list[str | None]:
    served = choose({FIVE: 0.5, SEVEN: 0.35, BASIC: 0.15}, len(state), rng)
    raw = choose({"road": 0.5, "road;power": 0.3, "road;power;water": 0.2}, len(state), rng)
    words = np.where(np.isin(state, RAW_STATES) & ~ready, raw, served)
    missing = (state == "unknown") | (rng.random(len(state)) < 0.02)
    return [None if gone else str(word) for word, gone in zip(words, missing, strict=True)]


def _declared(
    shapes: npt.NDArray[np.object_], units: gpd.GeoDataFrame, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    area = ellipsoidal_area_m2(shapes, units.crs)
    off = rng.random(len(shapes)) < DECLARED_OFF_SHARE
    factor = np.where(
        off, 1 + rng.choice([-1, 1], len(shapes)) * rng.uniform(2e-3, 0.04, len(shapes)), 1
    )
    missing = rng.random(len(shapes)) < DECLARED_MISSING_SHARE
    return np.where(missing, np.nan, np.round(area * factor, 2))


def _increment(state: Texts, rng: np.random.Generator) -> list[bool | None]:
    chance = rng.random(len(state))
    new = np.isin(state, (*RAW_STATES, "cleared", "listed", "supplied", "under_construction"))
    return [None if c > 0.97 else bool(n and c < 0.75) for n, c in zip(new, chance, strict=True)]


def _allowed(
    owners: Texts, ready: Flags, platforms: gpd.GeoDataFrame, rng: np.random.Generator
) -> list[str | None]:
    wanted = ready & (rng.random(len(owners)) < 0.3)
    codes = (
        platforms["leading_industries"].str.cat(platforms["specialty_industries"], sep=";")
        .set_axis(platforms["platform_id"])
    )  # fmt: skip
    codes_of_owner = pd.Series(owners).map(codes)
    return [
        c if w and isinstance(c, str) else None for c, w in zip(codes_of_owner, wanted, strict=True)
    ]


def _with_thresholds(frame: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    count = len(frame)
    industrial = frame["land_use_code"].isin(["100101", "100102", "100103"]).to_numpy()
    has_thresholds = industrial & (rng.random(count) < 0.85)
    figures = {
        "far_min": rng.choice([1.2, 1.5, 2.0], count),
        "far_max": rng.choice([2.5, 3.0, 3.5, 4.0], count),
        "investment_min_wan_yuan_per_mu": rng.integers(374, 521, count).astype(np.float64),
        "tax_min_wan_yuan_per_mu": np.round(rng.uniform(35, 42.6, count), 1),
        "output_min_wan_yuan_per_mu": rng.integers(50, 76, count) * 10.0,
    }
    for name, values in figures.items():
        frame[name] = np.where(has_thresholds, values, np.nan)
    return frame


READY = ("cleared", "listed")


def make_decisions(parcels: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Part one pair of neighbouring parcels by hand.

    ``parcels``: Layer ``land_parcels``.

    Table ``adjacency_decisions`` of one row, of none where no two ready parcels touch.
    """
    columns = list(CONTRACTS["adjacency_decisions"].columns)
    ready = parcels[parcels["state"].isin(READY)]
    shapes = np.asarray(ready.geometry.array, dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=0.5)
    touching = np.flatnonzero(first < second)
    if not len(touching):
        return pd.DataFrame(columns=columns)
    place = rng.choice(touching)
    ids = ready["parcel_id"].to_numpy(dtype=object)
    row = {
        "decision_id": "LP-01",
        "parcel_id": ids[first[place]],
        "other_parcel_id": ids[second[place]],
        "adjacency": "part",
        "decided_by": "自然资源和规划局",
        "reason": "两宗地之间规划有公共通道，不作连片认定",
        "decided_on": "2024-05-10",
    }
    return pd.DataFrame([row]).reindex(columns=columns)
