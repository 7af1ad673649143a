"""Net land, width, bridges, bounds, terrain."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Floats, Shapes
from geo.contiguity import JoiningGaps, component_labels
from geo.difference import remainder, without
from geo.overlay import areas_m2
from geo.raster import Raster, slope_pct, zonal_statistics
from geo.shape import compactness, filled, frontage_m, width_m
from geo.tools import Progress, awaited, report, within
from geo.union import united
from geo.units import m2_to_mu
from platforms.land.blocks import BlockList
from platforms.land.search import (
    BlockQuery,
    LandLayers,
    apart,
    blocking_shapes,
    decide,
    decided_pairs,
    kept_gaps,
    land_obstacles,
    parting_barriers,
    state_of,
)
from platforms.territory import assessment_areas

AROUND_M = 1000.0
"""A constraint that holds outside its outline covers the land asked about and so much around."""


@dataclass(frozen=True)
class NetLand:
    """What is left of land, and what is lost to which constraint.

    ``net``: One row for each given, in its order and with its index: the id, ``area_mu`` (whole),
      ``net_area_mu``, ``covered_mu`` (land under several constraints once), ``shared_mu`` (land
      under more than one), and what is left as shape, empty where nothing is.
    ``losses``: One row for each and each constraint that takes land from it: the id,
      ``constraint_id``, ``name``, ``constraint_kind``, ``lost_mu`` (land under this constraint),
      ``alone_mu`` (land that would be free if only this one fell away). The constraints of one kind
      that hold outside their outlines (城镇开发边界) are one row, their ids and names joined.
    """

    net: gpd.GeoDataFrame
    losses: pd.DataFrame


def net_land(
    land: gpd.GeoDataFrame,
    constraints: gpd.GeoDataFrame,
    id_column: str = "block_id",
    progress: Progress | None = None,
) -> NetLand:
    """Take the land under blocking constraints off blocks or parcels, and say who takes what.

    ``land``: Blocks, parcels or other land, in a projected system.
    ``constraints``: Layer ``constraints``; those of severity ``block`` count.

    Whatever the order of the constraints: area = net + covered, and covered = the sum of what is
    under one constraint alone + shared.

    Raises GeometryError: ``crs_missing``, ``crs_not_projected``.

    B4 净地: land under no blocking constraint.
    """
    shapes = np.asarray(land.geometry.array, dtype=object)
    covers = blocking_covers(constraints, shapes)
    rest = remainder(shapes, np.asarray(covers.geometry.array, dtype=object), land.crs, progress)
    ids = land[id_column].to_numpy(dtype=object)
    net = pd.DataFrame(
        {
            id_column: ids,
            "area_mu": m2_to_mu(rest.whole_m2),
            "net_area_mu": m2_to_mu(rest.net_m2),
            "covered_mu": m2_to_mu(rest.covered_m2),
            "shared_mu": m2_to_mu(rest.shared_m2),
        },
        index=land.index,
    )
    cover_names = covers.drop(columns="geometry").iloc[rest.of_cover].reset_index(drop=True)
    cover_names.insert(0, id_column, ids[rest.of_shape])
    losses = cover_names.assign(lost_mu=m2_to_mu(rest.lost_m2), alone_mu=m2_to_mu(rest.alone_m2))
    return NetLand(gpd.GeoDataFrame(net, geometry=rest.shapes, crs=land.crs), losses)


def blocking_covers(constraints: gpd.GeoDataFrame, shapes: Shapes) -> gpd.GeoDataFrame:
    """Give what blocking constraints cover around some land, with their names.

    ``constraints``: Layer ``constraints``.

    ``constraint_id``, ``name``, ``constraint_kind`` and the land covered: a row for each constraint
    that holds inside its outline, then one for each kind that holds outside.
    """
    blocking = constraints[constraints["severity"].eq("block").fillna(value=False)]
    outside = blocking["applies"].eq("outside").fillna(value=False).to_numpy(dtype=bool)
    columns = ["constraint_id", "name", "constraint_kind", "geometry"]
    inner = pd.DataFrame(blocking.loc[~outside, columns])
    rows = [inner]
    if outside.any() and not shapely.is_missing(shapes).all():
        frame = shapely.buffer(
            shapely.box(*shapely.total_bounds(shapes)), AROUND_M, join_style="mitre"
        )
        kinds = blocking["constraint_kind"].astype(object).fillna("")
        for kind in sorted(set(kinds[outside])):
            rows.append(_outside(blocking[outside & kinds.eq(kind).to_numpy()], frame))
    every = pd.concat(rows, ignore_index=True)
    return gpd.GeoDataFrame(every, geometry="geometry", crs=constraints.crs)


def _outside(same_kind: gpd.GeoDataFrame, frame: shapely.Geometry) -> pd.DataFrame:
    """Give the land outside the outlines of one kind, taken together, as one row."""
    outlines = np.asarray(same_kind.geometry.array, dtype=object)
    return pd.DataFrame(
        {
            "constraint_id": [";".join(sorted(same_kind["constraint_id"]))],
            "name": ["、".join(sorted(set(same_kind["name"].dropna()))) or None],
            "constraint_kind": [same_kind["constraint_kind"].iloc[0]],
            "geometry": [shapely.difference(frame, shapely.union_all(outlines))],
        }
    )


def net_pieces(
    land_blocks: BlockList, layers: LandLayers, query: BlockQuery, progress: Progress | None = None
) -> gpd.GeoDataFrame:
    """Give the connected pieces that constraints leave of each block.

    ``land_blocks``: What ``find_blocks`` gives.
    ``query``: What it was asked: the pieces hang together by the same rule.

    ``block_id``, ``area_m2``, ``area_mu`` and shape of each piece, the largest of a block first; a
    block that nothing is left of has none. The true difference against the union of the
    constraints: what two of them cover is taken off once.
    """
    blocking = blocking_shapes(layers.constraints, layers.parcels)
    blocks = np.asarray(land_blocks.blocks.geometry.array, dtype=object)
    ids = land_blocks.blocks["block_id"].to_numpy(dtype=object)
    met = np.unique(shapely.STRtree(blocking).query(blocks, predicate="intersects")[0])
    members = land_blocks.members[land_blocks.members["block_id"].isin(ids[met])]
    left = without(np.asarray(members.geometry.array, dtype=object), blocking)
    cut = apart(members.set_geometry(left, crs=members.crs))
    shapes = np.asarray(cut.geometry.array, dtype=object)
    obstacles = land_obstacles(layers, cut, query.bridge_width_m)
    joining = kept_gaps(layers, shapes, query.min_edge_m, obstacles, query.gap_m, progress)
    joining = decide(joining, decided_pairs(cut, layers.decisions), len(cut))
    labels = component_labels(len(cut), *joining.within(query.gap_m))
    place = cut["block_id"].map({block_id: i for i, block_id in enumerate(ids)})
    piece = cut.assign(label=labels, place=place).groupby(["place", "label"])
    of_block = piece["place"].first().to_numpy(dtype=np.intp)
    untouched = np.setdiff1d(np.arange(len(blocks)), met)
    shapes = np.concatenate([united(shapes, piece.ngroup(), len(of_block)), blocks[untouched]])
    area_m2 = areas_m2(shapes, land_blocks.blocks.crs)
    frame = pd.DataFrame(
        {
            "block_id": ids[np.concatenate([of_block, untouched])],
            "area_m2": area_m2,
            "area_mu": m2_to_mu(area_m2),
        }
    )
    pieces = gpd.GeoDataFrame(frame, geometry=shapes, crs=land_blocks.blocks.crs)
    return pieces.sort_values(["block_id", "area_m2"], ascending=[True, False], ignore_index=True)


ROADS = ("lane", "trunk_road")
"""Classes of barrier from which land is entered."""

BESIDE_ROAD_M = 10.0
"""Boundary this near to a road's edge is frontage [m]."""

DESCRIBED = (
    "net_area_mu", "net_largest_mu", "net_second_mu", "min_width_m", "compactness", "frontage_m",
)  # fmt: skip


def describe_blocks(
    land_blocks: BlockList,
    pieces: gpd.GeoDataFrame,
    layers: LandLayers,
    query: BlockQuery,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Describe blocks by what constraints leave of them.

    ``land_blocks``: What ``find_blocks`` gives.
    ``pieces``: What ``net_pieces`` gives for it.

    One row a block in the order of the list: ``net_area_mu`` all its net land, ``net_largest_mu``
    and ``net_second_mu`` its largest connected pieces (0 where there is none); of the largest
    piece, gaps bridged filled: ``min_width_m`` the diameter of the largest inscribed circle,
    ``compactness`` 4πA/P², ``frontage_m`` boundary beside roads, missing where no road is on file.
    """
    ids = land_blocks.blocks["block_id"]
    by_block = pieces.groupby("block_id")["area_m2"]
    total = by_block.sum().reindex(ids)
    firsts = pieces[~pieces["block_id"].duplicated()].set_index("block_id").reindex(ids)
    numbered = pieces.assign(number=pieces.groupby("block_id").cumcount())
    second = numbered[numbered["number"].eq(1)].set_index("block_id")["area_m2"].reindex(ids)
    left = firsts["area_m2"].notna().to_numpy(dtype=bool)
    shapes = np.asarray(firsts.geometry.array, dtype=object)[left]
    shapes = filled(shapes, query.gap_m, within(progress, 0.0, 0.6))
    described = pd.DataFrame(
        {
            "net_area_mu": m2_to_mu(total.fillna(0.0).to_numpy(dtype=float)),
            "net_largest_mu": m2_to_mu(firsts["area_m2"].fillna(0.0).to_numpy(dtype=float)),
            "net_second_mu": m2_to_mu(second.fillna(0.0).to_numpy(dtype=float)),
        }
    )
    measures: dict[str, Callable[[Shapes], Floats]] = {
        "min_width_m": width_m,
        "compactness": compactness,
        "frontage_m": lambda areas: _frontage_m(areas, layers.barriers),
    }
    for done, (name, measure) in enumerate(measures.items()):
        column = np.full(len(ids), np.nan)
        so_far = within(progress, 0.6 + 0.4 * done / len(measures), 1.0)
        column[left] = awaited(partial(measure, shapes), so_far)
        described[name] = column
        report(progress, 0.6 + 0.4 * (done + 1) / len(measures))
    return described


def road_areas(barriers: gpd.GeoDataFrame) -> Shapes:
    """Give the roads from which land is entered, as wide as they are.

    ``barriers``: Layer ``barriers``; a road without ``width_m`` is its line.

    Polygons, or lines of roads without a width.
    """
    roads = barriers[barriers["barrier_class"].isin(ROADS).to_numpy(dtype=bool)]
    lines: Shapes = np.asarray(roads.geometry.array, dtype=object)
    half = roads["width_m"].to_numpy(dtype=float, na_value=0.0) / 2
    wide = half > 0
    areas = lines.copy()
    areas[wide] = shapely.buffer(lines[wide], half[wide], cap_style="flat")
    return areas


def _frontage_m(shapes: Shapes, barriers: gpd.GeoDataFrame) -> Floats:
    roads = road_areas(barriers)
    if not len(roads):
        return np.full(len(shapes), np.nan)
    return frontage_m(shapes, roads, BESIDE_ROAD_M)


CONTACT_M = 1e-4
"""Parcels nearer than this touch: nothing is bridged between them [m]."""

BRIDGE_COLUMNS = (
    "block_id", "parcel_id", "other_parcel_id", "gap_width_m", "joining_gap_m", "over", "x_m",
    "y_m", "decision_id", "decided_by", "reason", "geometry",
)  # fmt: skip


def bridges_of(
    land_blocks: BlockList, barriers: gpd.GeoDataFrame, decisions: pd.DataFrame, gap_m: float
) -> gpd.GeoDataFrame:
    """List the gaps that hold the blocks together.

    ``land_blocks``: Blocks, with the joining gaps of their parts.
    ``barriers``: Layer ``barriers``: lanes and ditches may lie under a bridge.
    ``decisions``: Table ``adjacency_decisions``.
    ``gap_m``: Largest gap bridged [m].

    The fewest and narrowest gaps without which a block would fall apart (a spanning tree of its
    parcels by joining gap); columns ``BRIDGE_COLUMNS``. ``over`` names the lanes and ditches
    crossed, divided by ``;``, empty for land in no parcel. Pairs joined by hand are among them,
    with the decision.
    """
    land = land_blocks.land
    pairs = _holding(len(land.parts), land.joining, gap_m)
    part_ids = land.parts["part_id"].to_numpy(dtype=object)
    blocks_of = land_blocks.members.groupby("taken_id")["block_id"].agg(set).to_dict()
    by_hand = {
        (a, b): row
        for a, b, row, joins in zip(
            land.decided.first.tolist(), land.decided.second.tolist(), land.decided.row.tolist(),
            land.decided.joins.tolist(), strict=True,
        ) if joins
    }  # fmt: skip
    rows = []
    for first, second, joining_gap_m in pairs:
        decision = by_hand.get((first, second))
        if joining_gap_m <= CONTACT_M and decision is None:
            continue
        # A parcel cut at a neck lies in several blocks; the bridge is in the one of both ends.
        common = blocks_of.get(part_ids[first], set()) & blocks_of.get(part_ids[second], set())
        rows += [
            (block_id, first, second, joining_gap_m, decision) for block_id in sorted(common)[:1]
        ]
    return _described(rows, land.parts, barriers, decisions)


def _holding(count: int, joining: JoiningGaps, gap_m: float) -> list[tuple[int, int, float]]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    bridged = joining.gap_m <= gap_m
    # Zero means no link to the library: all gaps are shifted.
    links = coo_array(
        (joining.gap_m[bridged] + 1.0, (joining.first[bridged], joining.second[bridged])),
        shape=(count, count),
    )
    tree = minimum_spanning_tree(links.tocsr()).tocoo()
    firsts, seconds = np.minimum(tree.row, tree.col), np.maximum(tree.row, tree.col)
    return sorted(zip(firsts.tolist(), seconds.tolist(), (tree.data - 1.0).tolist(), strict=True))


def _described(
    rows: list[tuple[str, int, int, float, int | None]],
    parts: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
    decisions: pd.DataFrame,
) -> gpd.GeoDataFrame:
    shapes = np.asarray(parts.geometry.array, dtype=object)
    ids = parts["part_id"].to_numpy(dtype=object)
    firsts = np.array([row[1] for row in rows], dtype=np.intp)
    seconds = np.array([row[2] for row in rows], dtype=np.intp)
    ways = np.asarray(shapely.shortest_line(shapes[firsts], shapes[seconds]), dtype=object)
    middle = shapely.line_interpolate_point(ways, 0.5, normalized=True)
    over = _crossed(ways, barriers)
    listed = []
    for place, (block_id, first, second, joining_gap_m, row) in enumerate(rows):
        decision = {} if row is None else decisions.iloc[row].to_dict()
        listed.append(
            {
                "block_id": block_id,
                "parcel_id": ids[first],
                "other_parcel_id": ids[second],
                "gap_width_m": float(shapely.length(ways[place])),
                "joining_gap_m": None if decision else joining_gap_m,
                "over": over[place],
                "x_m": float(shapely.get_x(middle[place])),
                "y_m": float(shapely.get_y(middle[place])),
                "decision_id": decision.get("decision_id"),
                "decided_by": decision.get("decided_by"),
                "reason": decision.get("reason"),
                "geometry": ways[place],
            }
        )
    return gpd.GeoDataFrame(
        pd.DataFrame(listed, columns=list(BRIDGE_COLUMNS)), geometry="geometry", crs=parts.crs
    )


def _crossed(ways: np.ndarray, barriers: gpd.GeoDataFrame) -> list[str]:
    """Name the lanes and ditches under each way."""
    under = barriers[~parting_barriers(barriers)]
    tree = shapely.STRtree(np.asarray(under.geometry.array, dtype=object))
    way, barrier = tree.query(ways, predicate="intersects")
    names = under["name"].fillna(under["barrier_id"]).to_numpy(dtype=object)
    crossed: list[set[str]] = [set() for _ in ways]
    for place, number in zip(way.tolist(), barrier.tolist(), strict=True):
        crossed[place].add(str(names[number]))
    return ["; ".join(sorted(crossed_names)) for crossed_names in crossed]


BESIDE_M = 20.0
"""What lies within this of a block's edge bounds it [m], or the gap asked for where wider."""

BOUND_COLUMNS = ("block_id", "bound_kind", "bound_code", "bound_id", "bound_name", "beside_m")


def bounds_of(land_blocks: BlockList, layers: LandLayers, query: BlockQuery) -> pd.DataFrame:
    """List what bounds each block short of the line.

    ``land_blocks``: What ``find_blocks`` gives.

    ``BOUND_COLUMNS``, the longest first: ``bound_kind`` is ``barrier`` (code: its class),
    ``parcel`` (a parcel not taken; code: its state), ``constraint`` (code: its kind),
    ``unit_border`` (of the unit asked for), ``gap`` (land taken that lies farther away than the gap
    bridged, or is parted from it), or ``open`` where nothing of the kind lies beside it.
    ``beside_m`` is how much of the block's edge lies that near [m].
    """
    blocks = np.asarray(land_blocks.short.geometry.array, dtype=object)
    reach_m = max(BESIDE_M, query.gap_m)
    near = shapely.buffer(blocks, reach_m)
    edges = shapely.boundary(blocks)
    rows: list[dict[str, object]] = []
    for kind, shapes, codes, ids, names in _bounding(land_blocks, layers, query):
        place, neighbour = shapely.STRtree(shapes).query(near, predicate="intersects")
        if kind == "gap":
            in_block = [
                codes[t] in land_blocks.short["parcel_ids"].iloc[p]
                for p, t in zip(place, neighbour, strict=True)
            ]
            place, neighbour = (
                place[~np.array(in_block, dtype=bool)],
                neighbour[~np.array(in_block, dtype=bool)],
            )
        wide = shapely.buffer(shapes[neighbour], reach_m)
        beside_m = shapely.length(shapely.intersection(edges[place], wide))
        for p, t, metres in zip(place.tolist(), neighbour.tolist(), beside_m.tolist(), strict=True):
            if metres >= query.min_edge_m:
                rows.append(
                    {
                        "block_id": land_blocks.short["block_id"].iloc[p],
                        "bound_kind": kind,
                        "bound_code": None if kind == "gap" else codes[t],
                        "bound_id": ids[t],
                        "bound_name": names[t],
                        "beside_m": metres,
                    }
                )
    bounded = {row["block_id"] for row in rows}
    rows += [
        {"block_id": block_id, "bound_kind": "open"}
        for block_id in land_blocks.short["block_id"] if block_id not in bounded
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(BOUND_COLUMNS))
    order = ["block_id", "beside_m", "bound_kind", "bound_id"]
    return frame.sort_values(order, ascending=[True, False, True, True], ignore_index=True)


def _bounding(
    land_blocks: BlockList, layers: LandLayers, query: BlockQuery
) -> list[tuple[str, Shapes, np.ndarray, np.ndarray, np.ndarray]]:
    """Gather what may bound land: kind, shapes, codes, identifiers, names."""
    barriers = layers.barriers
    width_m = barriers["width_m"].to_numpy(dtype=float, na_value=np.nan)
    parting = parting_barriers(barriers) | (width_m > query.bridge_width_m)
    is_part = layers.parcels["parcel_id"].isin(land_blocks.land.parts["parcel_id"])
    others = layers.parcels[~is_part.to_numpy(dtype=bool)]
    blocking = layers.constraints[
        layers.constraints["severity"].eq("block").fillna(value=False).to_numpy(dtype=bool)
    ]
    parts = land_blocks.land.parts
    kinds = [
        _columns("barrier", barriers[parting], "barrier_class", "barrier_id"),
        _columns("parcel", others.assign(state=state_of(others)), "state", "parcel_id"),
        _columns("constraint", blocking, "constraint_kind", "constraint_id", outline=True),
        _columns("gap", parts.assign(name=None), "part_id", "part_id"),
    ]
    if query.unit_id is not None:
        areas = assessment_areas(layers.units)
        unit = areas[areas["unit_id"].eq(query.unit_id)]
        kinds.append(_columns("unit_border", unit, "unit_id", "unit_id", outline=True))
    return kinds


def _columns(
    kind: str, frame: gpd.GeoDataFrame, code: str, key: str, *, outline: bool = False
) -> tuple[str, Shapes, np.ndarray, np.ndarray, np.ndarray]:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if outline:  # land beside a constraint's edge is bounded by it, whichever side it is on
        shapes = shapely.boundary(shapes)
    ids = frame[key].to_numpy(dtype=object)
    codes = frame[code].astype(object).where(frame[code].notna(), None).to_numpy(dtype=object)
    names = frame["name"].astype(object).where(frame["name"].notna(), frame[key]).to_numpy(object)
    return kind, shapes, codes, ids, names


STEEP_PCT = 15.0
"""Ground steeper than this [%] is steep: the slope below which CJJ 83-2016 4.0.1 advises to choose
land for industry and logistics (25 % for housing; docs/decisions/0008)."""

SLOPE = ("slope_mean_pct", "steep_share", "slope_covered_share")
FLOOD = ("flood_depth_max_m", "flooded_share", "flood_covered_share")
TERRAIN = (*SLOPE, *FLOOD)


def describe_terrain(
    blocks: gpd.GeoDataFrame,
    heights: Raster | None,
    depths: Raster | None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Describe blocks by the ground they lie on.

    ``blocks``: Polygons in a projected system in metres.
    ``heights``: Elevation [m] in a projected system in metres, None where there is none.
    ``depths``: Depth of a flood [m], 0 on dry land, None where there is none.

    One row a block in the order of the list: ``slope_mean_pct`` and ``steep_share`` (part steeper
    than 15 %), ``flood_depth_max_m`` and ``flooded_share`` (part under water). Shares are of the
    land that the raster covers, which ``slope_covered_share`` and ``flood_covered_share`` give as a
    part of the block. Without a raster its columns are missing; off the raster all but the covered
    share.

    Raises GeometryError: ``crs_missing``, ``crs_not_projected``: of the blocks or of the heights.

    A block half under water of up to 0.4 m:

    >>> import shapely
    >>> depths = Raster(np.array([[0.4, 0.0]]), 5e5, 34e5, 50.0, 50.0, CRS(4549))
    >>> block = gpd.GeoDataFrame(geometry=[shapely.box(5e5, 34e5 - 50, 5e5 + 100, 34e5)], crs=4549)
    >>> found = describe_terrain(block, None, depths).loc[0]
    >>> float(found["flood_depth_max_m"]), float(found["flooded_share"])
    (0.4, 0.5)
    """
    shapes: Shapes = np.asarray(blocks.geometry.array, dtype=object)
    crs = CRS(blocks.crs)
    described = pd.DataFrame(np.nan, index=range(len(blocks)), columns=list(TERRAIN))
    if heights is not None:
        slope = zonal_statistics(
            shapes, crs, slope_pct(heights), STEEP_PCT, within(progress, 0.0, 0.5)
        )
        described[list(SLOPE)] = np.column_stack(
            [slope.mean, slope.above_share, slope.covered_share]
        )
    if depths is not None:
        flood = zonal_statistics(shapes, crs, depths, 0.0, within(progress, 0.5, 1.0))
        described[list(FLOOD)] = np.column_stack(
            [flood.most, flood.above_share, flood.covered_share]
        )
    return described
