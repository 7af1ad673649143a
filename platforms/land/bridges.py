"""Over which gaps a block hangs together: where each is, how wide, over what."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from geo.contiguity import JoiningGaps
from platforms.land.blocks import BlockList
from platforms.land.obstacles import parting_barriers

CONTACT_M = 1e-4
"""Parcels nearer than this touch: nothing is bridged between them [m]."""

BRIDGE_COLUMNS = (
    "block_id", "parcel_id", "other_parcel_id", "gap_width_m", "joining_gap_m", "over", "x_m",
    "y_m", "decision_id", "decided_by", "reason", "geometry",
)  # fmt: skip


def bridges_of(
    found: BlockList, barriers: gpd.GeoDataFrame, decisions: pd.DataFrame, gap_m: float
) -> gpd.GeoDataFrame:
    """List the gaps that hold the blocks together.

    Parameters
    ----------
    found
        Blocks, with the joining gaps of their parts.
    barriers
        Layer ``barriers``: lanes and ditches may lie under a bridge.
    decisions
        Table ``adjacency_decisions``.
    gap_m
        Largest gap bridged [m].

    Returns
    -------
    GeoDataFrame
        The fewest and narrowest gaps without which a block would fall apart (a spanning tree of
        its parcels by joining gap); columns ``BRIDGE_COLUMNS``. ``over`` names the lanes and
        ditches crossed, divided by ``;``, empty for land in no parcel. Pairs joined by hand are
        among them, with the decision.
    """
    land = found.land
    pairs = _holding(len(land.parts), land.joining, gap_m)
    part_ids = land.parts["part_id"].to_numpy(dtype=object)
    blocks_of = found.members.groupby("taken_id")["block_id"].agg(set).to_dict()
    by_hand = {
        (a, b): row
        for a, b, row, joins in zip(
            land.decided.first.tolist(), land.decided.second.tolist(), land.decided.row.tolist(),
            land.decided.joins.tolist(), strict=True,
        ) if joins
    }  # fmt: skip
    rows = []
    for one, two, joining_gap_m in pairs:
        decision = by_hand.get((one, two))
        if joining_gap_m <= CONTACT_M and decision is None:
            continue
        # A parcel cut at a neck lies in several blocks; the bridge is in the one of both ends.
        common = blocks_of.get(part_ids[one], set()) & blocks_of.get(part_ids[two], set())
        rows += [(block_id, one, two, joining_gap_m, decision) for block_id in sorted(common)[:1]]
    return _described(rows, land.parts, barriers, decisions)


def _holding(count: int, joining: JoiningGaps, gap_m: float) -> list[tuple[int, int, float]]:
    held = joining.gap_m <= gap_m
    # Zero means no link to the library: all gaps are shifted.
    links = coo_array(
        (joining.gap_m[held] + 1.0, (joining.first[held], joining.second[held])),
        shape=(count, count),
    )
    tree = minimum_spanning_tree(links.tocsr()).tocoo()
    ones, twos = np.minimum(tree.row, tree.col), np.maximum(tree.row, tree.col)
    return sorted(zip(ones.tolist(), twos.tolist(), (tree.data - 1.0).tolist(), strict=True))


def _described(
    rows: list[tuple[str, int, int, float, int | None]],
    parts: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
    decisions: pd.DataFrame,
) -> gpd.GeoDataFrame:
    shapes = np.asarray(parts.geometry.array, dtype=object)
    ids = parts["part_id"].to_numpy(dtype=object)
    ones = np.array([row[1] for row in rows], dtype=np.intp)
    twos = np.array([row[2] for row in rows], dtype=np.intp)
    ways = np.asarray(shapely.shortest_line(shapes[ones], shapes[twos]), dtype=object)
    middle = shapely.line_interpolate_point(ways, 0.5, normalized=True)
    over = _crossed(ways, barriers)
    listed = []
    for place, (block_id, one, two, joining_gap_m, row) in enumerate(rows):
        decision = {} if row is None else decisions.iloc[row].to_dict()
        listed.append(
            {
                "block_id": block_id,
                "parcel_id": ids[one],
                "other_parcel_id": ids[two],
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
    for place, thing in zip(way.tolist(), barrier.tolist(), strict=True):
        crossed[place].add(str(names[thing]))
    return ["; ".join(sorted(held)) for held in crossed]
