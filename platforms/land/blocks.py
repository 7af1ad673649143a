"""Which parcels lie together as contiguous land (连片土地) of a given size (B3, B4).

Parcels ready for supply are joined by gap and facing edge, never across trunk roads, railways and
rivers, other parcels or blocking constraints (S13). A block's area is the ellipsoidal area of the
union of its parcels: bridged gaps never count, land covered twice counts once.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.contiguity import JoiningGaps, Positions, component_labels, joining_gaps
from geo.dissolve import united
from geo.measure import planar_area_m2
from geo.overlay import areas_m2, common_area_m2, intersecting_pairs
from geo.prepared import PreparedShapes, prepared
from geo.progress import Progress
from geo.units import compare, m2_to_mu
from platforms.land.decisions import Decided, decide, decided_pairs
from platforms.land.necks import parted_at_necks
from platforms.land.obstacles import blocking_shapes, land_obstacles
from platforms.land.parts import parts_taken
from platforms.land.query import BlockQuery, LandLayers
from platforms.land.readiness import state_of
from platforms.land.territory import area_by_unit, assessment_areas

__all__ = ["BlockList", "BlockQuery", "Land", "LandLayers", "blocking_shapes", "find_blocks"]

SHORT_FROM = 0.6
"""Blocks from this part of the least area on are listed apart, with what bounds them."""


@dataclass(frozen=True)
class Land:
    """The parts of parcels taken, and from which gap on they are neighbours.

    Attributes
    ----------
    parts
        ``parcel_id``, ``part_id``, ``row`` of the parcel, shape.
    joining
        Joining gaps up to the largest asked for, decisions made by hand included.
    decided
        Those decisions.
    """

    parts: gpd.GeoDataFrame
    joining: JoiningGaps
    decided: Decided


@dataclass(frozen=True)
class BlockList:
    """Contiguous land found.

    Attributes
    ----------
    blocks
        One row a block, largest first: ``block_id``, ``unit_id`` (largest share), ``area_mu``,
        ``area_m2``, ``planar_area_mu``, ``declared_area_mu`` (missing where a parcel has none),
        ``parcel_count``, ``parcel_ids`` (parts as ``id#1``), shape.
    by_unit
        ``block_id``, ``unit_id``, ``area_mu`` of each block inside each unit.
    short
        Blocks short of the line, from ``SHORT_FROM`` of it on: the same columns.
    members
        Parts in the blocks listed: ``block_id``, ``parcel_id``, ``part_id``, ``row``, shape;
        ``taken_id`` names the part before it was cut at a neck.
    land
        Parts and joining gaps the list was made from.
    taken_count
        Parcels taken into the search.
    unknown_state_count
        Parcels left out because their state is not known.
    """

    blocks: gpd.GeoDataFrame
    by_unit: pd.DataFrame
    short: gpd.GeoDataFrame
    members: gpd.GeoDataFrame
    land: Land
    taken_count: int
    unknown_state_count: int


def find_blocks(
    layers: LandLayers,
    query: BlockQuery,
    admitted: pd.Series | None = None,
    progress: Progress | None = None,
) -> BlockList:
    """Find the contiguous land of a city or of one unit.

    Parameters
    ----------
    layers
        Parcels, barriers, constraints, units and decisions on adjacency.
    query
        What counts as a block.
    admitted
        True for the parcels that may be taken, index of the parcels; None for all. The others
        stay in the way: no gap is bridged over them.
    progress
        Told the share done.

    Returns
    -------
    BlockList
        Blocks of at least ``query.min_mu``, with each unit's share.

    Raises
    ------
    PlanningError
        ``unit_unknown``, ``decisions_contradict``.

    Notes
    -----
    B3, B4 嘉兴市进一步推动招大引强工作实施方案 三（二）; S13.
    """
    areas = assessment_areas(layers.units)
    land, shapes = _joined(layers, query, admitted, query.gap_m, progress)
    labels = component_labels(len(land.parts), *land.joining.within(query.gap_m))
    parts, labels = parted_at_necks(land.parts, labels, query.min_neck_m, query.gap_m)
    if parts is not land.parts:
        shapes = prepared(parts.geometry.array)
    measured = _measured(parts, shapes, labels, layers.parcels, query.min_mu * SHORT_FROM)
    shares = area_by_unit(measured.geometry, areas)
    largest = shares.drop_duplicates("position").set_index("position")["unit_id"]
    measured["unit_id"] = largest.reindex(measured.index).astype("str")
    reaching = np.array([compare(mu, query.min_mu) >= 0 for mu in measured["area_mu"]], dtype=bool)
    listed = shares[reaching[shares["position"].to_numpy(dtype=np.intp)]]
    by_unit = pd.DataFrame(
        {
            "block_id": measured["block_id"].to_numpy()[listed["position"]],
            "unit_id": listed["unit_id"].to_numpy(),
            "area_mu": m2_to_mu(listed["area_m2"].to_numpy(dtype=float)),
        }
    )
    blocks = measured[reaching].reset_index(drop=True)
    return BlockList(
        blocks=blocks,
        by_unit=by_unit,
        short=measured[~reaching].reset_index(drop=True),
        members=_members(parts, blocks),
        land=land,
        taken_count=parts["parcel_id"].nunique(),
        unknown_state_count=int(state_of(layers.parcels).eq("unknown").sum()),
    )


def joined_land(
    layers: LandLayers,
    query: BlockQuery,
    admitted: pd.Series | None,
    most_gap_m: float,
    progress: Progress | None = None,
) -> Land:
    """Take the parcels and find from which gap on they are neighbours.

    Parameters
    ----------
    layers, query, admitted, progress
        As for ``find_blocks``.
    most_gap_m
        Largest gap looked at [m].

    Returns
    -------
    Land
        Parts with their joining gaps.
    """
    return _joined(layers, query, admitted, most_gap_m, progress)[0]


def _joined(
    layers: LandLayers,
    query: BlockQuery,
    admitted: pd.Series | None,
    most_gap_m: float,
    progress: Progress | None,
) -> tuple[Land, PreparedShapes]:
    """Do what ``joined_land`` does, and give the shapes of the parts as they were taken apart."""
    parts = parts_taken(layers, query, assessment_areas(layers.units), admitted)
    obstacles = land_obstacles(layers, parts, query.bridge_width_m)
    shapes = prepared(parts.geometry.array)
    found = joining_gaps(shapes, query.min_edge_m, obstacles, most_gap_m, progress)
    decided = decided_pairs(parts, layers.decisions)
    return Land(parts, decide(found, decided, len(parts)), decided), shapes


def _members(parts: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    of_part = {p: b for b, ids in zip(blocks["block_id"], blocks["parcel_ids"], strict=True)
               for p in ids}  # fmt: skip
    block_id = parts["part_id"].map(of_part)
    return parts.assign(block_id=block_id)[block_id.notna().to_numpy(dtype=bool)].reset_index(
        drop=True
    )


def counted_once_m2(blocks: gpd.GeoDataFrame) -> float:
    """Measure the land of all blocks together, land in two of them counted once.

    Parameters
    ----------
    blocks
        Rows of ``BlockList.blocks``.

    Returns
    -------
    float
        Ellipsoidal area [m²].
    """
    shapes = np.asarray(blocks.geometry.array, dtype=object)
    first, second = intersecting_pairs(shapes, shapes)
    first, second = first[first < second], second[first < second]
    common = common_area_m2(shapes, shapes, first, second, blocks.crs) > 0
    together = component_labels(len(shapes), first[common], second[common])
    sizes = np.bincount(together)
    single = sizes[together] == 1
    total = float(blocks["area_m2"].to_numpy(dtype=float)[single].sum())
    if single.all():
        return total
    _, place = np.unique(together[~single], return_inverse=True)
    joint = united(shapes[~single], place, int((sizes > 1).sum()))
    return total + float(areas_m2(joint, blocks.crs).sum())


def _measured(
    parts: gpd.GeoDataFrame,
    held: PreparedShapes,
    labels: Positions,
    parcels: gpd.GeoDataFrame,
    least_mu: float,
) -> gpd.GeoDataFrame:
    """Unite and measure the groups that can reach the threshold."""
    crs = parts.crs
    count = int(labels.max()) + 1 if len(labels) else 0
    sums = np.bincount(labels, areas_m2(held.shapes, crs), count).astype(np.float64)
    is_large = m2_to_mu(sums) >= least_mu * (1 - 1e-6)
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(count + 1))
    groups = [order[starts[label] : starts[label + 1]] for label in np.flatnonzero(is_large)]
    place = np.where(is_large, np.cumsum(is_large) - 1, -1)
    unions = united(held, place[labels], len(groups))
    union_m2 = areas_m2(unions, crs)
    rows = []
    for members, union, area_m2 in zip(groups, unions, union_m2.tolist(), strict=True):
        if compare(m2_to_mu(area_m2), least_mu) < 0:
            continue
        ids = sorted(parts["part_id"].to_numpy()[members])
        of_parcels = np.unique(parts["row"].to_numpy()[members])
        declared = parcels["area_declared_m2"].iloc[of_parcels]
        rows.append(
            {
                "block_id": f"LP-{ids[0]}",
                "area_mu": m2_to_mu(area_m2),
                "area_m2": area_m2,
                "planar_area_mu": m2_to_mu(float(planar_area_m2([union])[0])),
                "declared_area_mu": m2_to_mu(float(declared.sum(skipna=False))),
                "parcel_count": len(of_parcels),
                "parcel_ids": ids,
                "geometry": union,
            }
        )
    columns = [
        "block_id", "area_mu", "area_m2", "planar_area_mu", "declared_area_mu", "parcel_count",
        "parcel_ids", "geometry",
    ]  # fmt: skip
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=crs)
    return frame.sort_values(["area_m2", "block_id"], ascending=[False, True], ignore_index=True)
