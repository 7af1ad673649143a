"""Contiguous land (B3, B4)."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Floats, Positions
from geo.contiguity import MOST_GAP_M, JoiningGaps, component_labels, growth, knee
from geo.measure import ellipsoidal_area_m2, planar_area_m2
from geo.necks import parted_regions
from geo.overlay import areas_m2, common_area_m2, intersecting_pairs
from geo.prepared import PreparedShapes, prepared
from geo.tools import Progress, kernels_available, report, within
from geo.union import overlap_faces, united
from geo.units import M2_PER_MU, PRINTED_MU, compare_printed, m2_to_mu
from platforms.errors import PlanningError
from platforms.land.search import (
    AGREES_SHARE,
    BlockQuery,
    Decided,
    LandLayers,
    decide,
    decided_pairs,
    kept_gaps,
    land_obstacles,
    parts_taken,
    registered_excess_m2,
    state_of,
)
from platforms.results import Arrays, arrays_of_frame, content_of, frame_of_arrays
from platforms.territory import area_by_unit, assessment_areas

LEAST_PIECE_M2 = 1e-4
"""Smaller pieces of a parcel cut at a neck are rounding [m²]."""


def parted_at_necks(
    parts: gpd.GeoDataFrame,
    labels: Positions,
    min_neck_m: float,
    gap_m: float,
    progress: Progress | None = None,
) -> tuple[gpd.GeoDataFrame, Positions]:
    """Part groups of parcels where a strip narrower than a width holds them together.

    ``parts``: ``parcel_id``, ``part_id``, ``row`` and shape of the parts taken.
    ``min_neck_m``: Least width [m]; 0 parts nothing.
    ``gap_m``: Bridged gaps up to this wide count as land here [m].

    The same, a parcel cut at a neck as ``id#1``, ``id#2``, and the new groups.
    """
    if min_neck_m <= 0 or not len(parts):
        return parts, labels
    shapes = np.asarray(parts.geometry.array, dtype=object)
    order = np.argsort(labels, kind="stable")
    frames, groups, next_label = [], [], 0
    listed = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    for done, members in enumerate(listed):
        report(progress, done / len(listed))
        of_group = within(progress, done / len(listed), (done + 1) / len(listed))
        joined = shapely.union_all(shapes[members])
        regions = parted_regions(joined, min_neck_m, gap_m, of_group)
        group = parts.iloc[members]
        if len(regions) == 1:
            frames.append(group)
            groups.append(np.full(len(group), next_label))
        else:
            pieces, of_region = _cut(group, regions)
            frames.append(pieces)
            groups.append(of_region + next_label)
        next_label += len(regions)
    parted = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=parts.crs)
    return parted, np.concatenate(groups).astype(np.intp)


def _cut(group: gpd.GeoDataFrame, regions: np.ndarray) -> tuple[gpd.GeoDataFrame, Positions]:
    """Give each parcel to its region; cut those that lie in several."""
    rows, places, names, shapes = [], [], [], []
    for row, (part_id, shape) in enumerate(zip(group["part_id"], group.geometry, strict=True)):
        pieces = shapely.intersection(shape, regions)
        large = np.flatnonzero(shapely.area(pieces) > LEAST_PIECE_M2)
        if len(large) == 1:
            pieces[large[0]] = shape
        for number, place in enumerate(large, 1):
            rows.append(row)
            places.append(place)
            names.append(part_id if len(large) == 1 else f"{part_id}#{number}")
            shapes.append(pieces[place])
    cut = group.iloc[rows].assign(part_id=names)
    return cut.set_geometry(gpd.GeoSeries(shapes, index=cut.index, crs=group.crs)), np.array(
        places, dtype=np.intp
    )


SHORT_FROM = 0.6
"""Blocks from this part of the least area on are listed apart, with what bounds them."""


@dataclass(frozen=True)
class Land:
    """The parts of parcels taken, and from which gap on they are neighbours.

    ``parts``: ``parcel_id``, ``part_id``, ``row`` of the parcel, shape.
    ``joining``: Joining gaps up to the largest asked for, decisions made by hand included.
    ``decided``: Those decisions.
    """

    parts: gpd.GeoDataFrame
    joining: JoiningGaps
    decided: Decided


@dataclass(frozen=True)
class BlockList:
    """Contiguous land found.

    ``blocks``: One row a block, largest first: ``block_id``, ``unit_id`` (largest share),
      ``area_mu``, ``area_m2``, ``planar_area_mu``, ``declared_area_mu`` (missing where a parcel has
      none), ``legal_mu`` (which meets the threshold, S17), ``area_basis`` (``registered`` where a
      registered area counts in it, else ``ellipsoidal``), ``parcel_count``, ``parcel_ids`` (parts
      as ``id#1``), shape.
    ``by_unit``: ``block_id``, ``unit_id``, ``area_mu`` of each block inside each unit.
    ``short``: Blocks short of the line, from ``SHORT_FROM`` of it on: the same columns.
    ``members``: Parts in the blocks listed: ``block_id``, ``parcel_id``, ``part_id``, ``row``,
      shape; ``taken_id`` names the part before it was cut at a neck.
    ``land``: Parts and joining gaps the list was made from.
    ``taken_count``: Parcels taken into the search.
    ``unknown_state_count``: Parcels left out because their state is not known.
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

    ``admitted``: True for the parcels that may be taken, index of the parcels; None for all. The
      others stay in the way: no gap is bridged over them.

    Blocks of at least ``query.min_mu``, with each unit's share.

    Raises PlanningError: ``unit_unknown``, ``decisions_contradict``.

    B3, B4 嘉兴市进一步推动招大引强工作实施方案 三（二）; S13.
    """
    admission = None if admitted is None else admitted.to_numpy(dtype=bool)
    content = content_of("blocks", kernels_available(), layers.content, query, admission)
    kept = layers.results.get(content)
    if kept is None:
        blocks = _find_blocks(layers.of_land, query, admitted, progress)
        layers.results.put(content, _arrays_of(blocks))
        return blocks
    report(progress, 1.0)
    return _blocks_of(kept, CRS(layers.parcels.crs))


def _arrays_of(found: BlockList) -> Arrays:
    """Lay blocks out as arrays that can be kept."""
    frames = {
        "blocks": found.blocks, "by_unit": found.by_unit, "short": found.short,
        "members": found.members, "parts": found.land.parts,
    }  # fmt: skip
    joining, decided = found.land.joining, found.land.decided
    return {
        **{
            f"{name}/{key}": array
            for name, frame in frames.items() for key, array in arrays_of_frame(frame).items()
        },
        "first": joining.first, "second": joining.second, "gap_m": joining.gap_m,
        "decided_first": decided.first, "decided_second": decided.second,
        "decided_row": decided.row, "decided_joins": decided.joins,
        "counts": np.array([found.taken_count, found.unknown_state_count]),
    }  # fmt: skip


def _blocks_of(arrays: Arrays, crs: CRS) -> BlockList:
    """Put blocks together again."""

    def frame(name: str) -> pd.DataFrame:
        begin = f"{name}/"
        own = {key.removeprefix(begin): a for key, a in arrays.items() if key.startswith(begin)}
        return frame_of_arrays(own, crs)

    joining = JoiningGaps(arrays["first"], arrays["second"], arrays["gap_m"])
    decided = Decided(
        arrays["decided_first"], arrays["decided_second"], arrays["decided_row"],
        arrays["decided_joins"],
    )  # fmt: skip
    taken, unknown = arrays["counts"].tolist()
    return BlockList(
        gpd.GeoDataFrame(frame("blocks")), frame("by_unit"), gpd.GeoDataFrame(frame("short")),
        gpd.GeoDataFrame(frame("members")),
        Land(gpd.GeoDataFrame(frame("parts")), joining, decided), taken, unknown,
    )  # fmt: skip


def _find_blocks(
    layers: LandLayers, query: BlockQuery, admitted: pd.Series | None, progress: Progress | None
) -> BlockList:
    areas = assessment_areas(layers.units)
    land, shapes = _joined(layers, query, admitted, query.gap_m, within(progress, 0.0, 0.6))
    labels = component_labels(len(land.parts), *land.joining.within(query.gap_m))
    parts, labels = parted_at_necks(
        land.parts, labels, query.min_neck_m, query.gap_m, within(progress, 0.6, 0.8)
    )
    if parts is not land.parts:
        shapes = prepared(parts.geometry.array)
    measured = _measured(parts, shapes, labels, layers.parcels, query.min_mu * SHORT_FROM)
    report(progress, 0.9)
    shares = area_by_unit(measured.geometry, areas)
    report(progress, 1.0)
    largest = shares.drop_duplicates("position").set_index("position")["unit_id"]
    measured["unit_id"] = largest.reindex(measured.index).astype("str")
    reaching = np.array([reaches_mu(mu, query.min_mu) for mu in measured["legal_mu"]], dtype=bool)
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

    ``layers, query, admitted, progress``: As for ``find_blocks``.
    ``most_gap_m``: Largest gap looked at [m].

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
    joining = kept_gaps(layers, shapes, query.min_edge_m, obstacles, most_gap_m, progress)
    decided = decided_pairs(parts, layers.decisions)
    return Land(parts, decide(joining, decided, len(parts)), decided), shapes


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


WHOLE_SHARE = 1e-6
"""A parcel lacks less than this part of its area where it is taken whole."""


def _measured(
    parts: gpd.GeoDataFrame,
    prepared_parts: PreparedShapes,
    labels: Positions,
    parcels: gpd.GeoDataFrame,
    least_mu: float,
) -> gpd.GeoDataFrame:
    """Unite and measure the groups that can reach the threshold."""
    crs = parts.crs
    count = int(labels.max()) + 1 if len(labels) else 0
    sums = np.bincount(labels, areas_m2(prepared_parts.shapes, crs), count).astype(np.float64)
    is_large = m2_to_mu(sums) >= least_mu * (1 - 2 * AGREES_SHARE)
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(count + 1))
    groups = [order[starts[label] : starts[label + 1]] for label in np.flatnonzero(is_large)]
    place = np.where(is_large, np.cumsum(is_large) - 1, -1)
    unions = united(prepared_parts, place[labels], len(groups))
    union_m2 = areas_m2(unions, crs)
    part_m2: Floats = areas_m2(prepared_parts.shapes, crs)
    large: Positions = np.unique(parts["row"].to_numpy(dtype=np.intp)[is_large[labels]])
    excess_m2, whole_m2 = np.zeros(len(parcels)), np.zeros(len(parcels))
    excess_m2[large] = registered_excess_m2(parcels.iloc[large], crs).to_numpy()
    whole_m2[large] = areas_m2(np.asarray(parcels.geometry.array, dtype=object)[large], crs)
    declared_m2 = parcels["area_declared_m2"].to_numpy(dtype=float, na_value=np.nan)
    part_ids, rows_of = parts["part_id"].to_numpy(), parts["row"].to_numpy(dtype=np.intp)
    planar_mu = m2_to_mu(planar_area_m2(unions))
    rows = []
    for place_at, (members, union) in enumerate(zip(groups, unions, strict=True)):
        area_m2 = float(union_m2[place_at])
        of_parcels, place_of = np.unique(rows_of[members], return_inverse=True)
        taken_m2: Floats = np.bincount(place_of, part_m2[members]).astype(np.float64)
        counts = taken_m2 >= whole_m2[of_parcels] * (1 - WHOLE_SHARE)
        counts &= excess_m2[of_parcels] != 0
        legal_m2 = area_m2 + float(excess_m2[of_parcels][counts].sum())
        if not reaches_mu(m2_to_mu(legal_m2), least_mu):
            continue
        ids = sorted(part_ids[members])
        rows.append(
            {
                "block_id": f"LP-{ids[0]}",
                "area_mu": m2_to_mu(area_m2),
                "area_m2": area_m2,
                "planar_area_mu": float(planar_mu[place_at]),
                "declared_area_mu": m2_to_mu(float(declared_m2[of_parcels].sum())),
                "legal_mu": m2_to_mu(legal_m2),
                "area_basis": "ellipsoidal" if legal_m2 == area_m2 else "registered",
                "parcel_count": len(of_parcels),
                "parcel_ids": ids,
                "geometry": union,
            }
        )
    columns = [
        "block_id", "area_mu", "area_m2", "planar_area_mu", "declared_area_mu", "legal_mu",
        "area_basis", "parcel_count", "parcel_ids", "geometry",
    ]  # fmt: skip
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=crs)
    return frame.sort_values(["area_m2", "block_id"], ascending=[False, True], ignore_index=True)


def reaches_mu(area_mu: float, least_mu: float) -> bool:
    """Say whether land reaches a least area, as it is printed (S20)."""
    return compare_printed(area_mu, least_mu, PRINTED_MU) >= 0


LISTED_MU = (100.0, 200.0)
"""B3 and B4: the sizes whose number and area the curve shows [亩]."""

STEP_M = 0.5
"""The curve is given at these steps, finer below the first one."""


@dataclass(frozen=True)
class ToleranceCurve:
    """Number and area of blocks at every tolerance.

    ``rows``: ``gap_m``, ``blocks_100``, ``area_mu_100``, ``blocks_200``, ``area_mu_200``; land in
      two blocks counted once.
    ``knee_gap_m``: Where the area of blocks of 100 亩 turns flat [m], None where it is flat all
      along.
    """

    rows: pd.DataFrame
    knee_gap_m: float | None


def tolerance_curve(
    layers: LandLayers, query: BlockQuery, progress: Progress | None = None
) -> ToleranceCurve:
    """Compute the joining gap of each pair once, and from it the blocks at every tolerance.

    ``query``: What counts as a block; at its gap the curve equals the list.

    From 0 to 50 m.

    Raises PlanningError: ``unit_unknown``, ``decisions_contradict``; ``curve_with_neck``: parting
    at necks depends on the gaps bridged, so the curve knows none.
    """
    if query.min_neck_m > 0:
        raise PlanningError("curve_with_neck", min_neck_m=query.min_neck_m)
    land = joined_land(layers, query, None, MOST_GAP_M, progress)
    shapes = np.asarray(land.parts.geometry.array, dtype=object)
    crs = land.parts.crs
    area_m2 = ellipsoidal_area_m2(shapes, crs) if len(shapes) else np.empty(0)
    faces = overlap_faces(shapes, crs)
    gaps = _gaps(query.gap_m)
    columns: dict[str, object] = {"gap_m": gaps}
    for least_mu in LISTED_MU:
        steps = growth(area_m2, land.joining, faces, least_mu * M2_PER_MU)
        counts, areas = zip(*(steps.at(gap) for gap in gaps), strict=True)
        columns[f"blocks_{least_mu:g}"] = counts
        columns[f"area_mu_{least_mu:g}"] = m2_to_mu(np.array(areas))
    rows = pd.DataFrame(columns)
    return ToleranceCurve(
        rows, knee(rows["gap_m"].to_numpy(dtype=float), rows["area_mu_100"].to_numpy(dtype=float))
    )


def _gaps(asked_m: float) -> np.ndarray:
    fine = np.arange(0.0, STEP_M, 0.1)
    coarse = np.arange(STEP_M, MOST_GAP_M + STEP_M / 2, STEP_M)
    return np.unique(np.round(np.concatenate([fine, coarse, [asked_m]]), 9))
