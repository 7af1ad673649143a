"""How land is divided: street blocks on a local grid, parcels in rows inside each block."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo.units import M2_PER_MU
from layers.demo.grounds import Ground, Size
from layers.demo.obstacles import DITCH_WIDTHS_M, LANE_WIDTHS_M

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

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Block:
    """One street block in the frame of its ground.

    Attributes
    ----------
    ground
        Position of its ground.
    x, y, width, height
        Corner and size [m].
    left, right
        Where its two rows meet, above the corner, at both ends [m].
    reach
        How far it lies from the ground's middle towards the rim.
    lane_m
        Width of the lane between its rows [m], 0 where there is none.
    """

    ground: int
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

    Attributes
    ----------
    shapes
        Parcels, array of n.
    block
        Block of each parcel, numbered from the middle of the grounds outwards.
    ground
        Ground of each parcel.
    reach
        How far each parcel's block lies from its ground's middle towards the rim, about 0 to 1.
    lanes, lane_block, lane_m
        Middle line, block and width [m] of each lane inside a block.
    """

    shapes: Shapes
    block: Ints
    ground: Ints
    reach: Floats
    lanes: Shapes
    lane_block: Ints
    lane_m: Floats


def draw_parcels(
    grounds: list[Ground], closed: Shapes, wanted: int, rng: np.random.Generator
) -> Cadastre:
    """Divide the grounds into parcels, the middles first.

    Parameters
    ----------
    grounds
        Land to divide.
    closed
        Land no parcel may take: corridors of roads, railways and rivers.
    wanted
        Number of parcels; whole blocks are kept, so a few more or fewer come.
    rng
        Source of chance.

    Returns
    -------
    Cadastre
        Parcels and lanes.
    """
    blocks = sorted(
        (b for number, ground in enumerate(grounds) for b in _grid(number, ground, rng)),
        key=lambda block: (block.reach, block.ground),
    )
    estimate = np.cumsum([max(1.0, b.width * b.height / PARCEL_M2) for b in blocks])
    blocks = blocks[: int(np.searchsorted(estimate, wanted * SPARE)) + 1]
    rings = [_rings(block, rng) for block in blocks]
    of_block = np.repeat(np.arange(len(blocks)), [len(r) for r in rings])
    shapes = _polygons([ring for group in rings for ring in group])
    turns = [(np.deg2rad(grounds[b.ground].turn), _middle(grounds[b.ground])) for b in blocks]
    shapes = _placed(shapes, of_block, turns)
    ground_of = np.array([b.ground for b in blocks])
    shapes, of_block = _clipped(shapes, of_block, grounds, ground_of, closed)
    kept_blocks = int(np.searchsorted(np.cumsum(np.bincount(of_block)), wanted)) + 1
    kept = of_block < kept_blocks
    shapes, of_block = shapes[kept], of_block[kept]
    lanes = np.array([i for i, b in enumerate(blocks[:kept_blocks]) if b.lane_m], dtype=np.intp)
    lines = _placed(np.array([_lane(blocks[i]) for i in lanes]), lanes, turns)
    land = np.array([grounds[i].shape for i in ground_of[lanes]], dtype=object)
    lines = shapely.difference(shapely.intersection(lines, land), shapely.union_all(closed))
    lanes, lines = lanes[~shapely.is_empty(lines)], lines[~shapely.is_empty(lines)]
    reaches = np.array([b.reach for b in blocks])
    return Cadastre(
        shapes, of_block, ground_of[of_block], reaches[of_block],
        lines, lanes, np.array([blocks[i].lane_m for i in lanes]),
    )  # fmt: skip


def _middle(ground: Ground) -> Floats:
    middle: Floats = shapely.get_coordinates(shapely.centroid(ground.shape))[0]
    return middle


def _grid(number: int, ground: Ground, rng: np.random.Generator) -> list[Block]:
    middle = _middle(ground)
    away = shapely.get_coordinates(ground.shape) - middle
    edge = shapely.boundary(ground.shape)
    half = float(np.hypot(away[:, 0], away[:, 1]).max())
    widths, heights = BLOCK_SIZES_M[ground.kind]
    columns, rows = _bands(half, widths, rng), _bands(half, heights, rng)
    cos, sin = np.cos(np.deg2rad(ground.turn)), np.sin(np.deg2rad(ground.turn))
    blocks = []
    for x, width in columns:
        for y, height in rows:
            u, v = x + width / 2, y + height / 2
            at = middle + np.array([[cos, -sin], [sin, cos]]) @ np.array([u, v])
            point = shapely.Point(at)
            if shapely.distance(ground.shape, point) > max(width, height) / 2:
                continue
            out, rim = float(np.hypot(u, v)), float(shapely.distance(edge, point))
            inside = rim if shapely.contains_xy(ground.shape, *at) else 0.0
            reach = out / (out + inside + 1.0) * float(rng.uniform(0.85, 1.15))
            split = height / 2 + rng.normal(0, SPLIT_JITTER_M) + rng.normal(0, NODE_JITTER_M, 2)
            lane = _lane_width(ground.kind, rng)
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


def _placed(shapes: Shapes, of_block: Ints, turns: list[tuple[float, Floats]]) -> Shapes:
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
    shapes: Shapes, of_block: Ints, grounds: list[Ground], ground_of: Ints, closed: Shapes
) -> tuple[Shapes, Ints]:
    land: Shapes = np.array([ground.shape for ground in grounds], dtype=object)
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
