"""What bounds a block that falls short of the line, so that a planner sees why it isn't listed."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.contiguity import Shapes
from platforms.land.blocks import BlockList
from platforms.land.obstacles import parting_barriers
from platforms.land.query import BlockQuery, LandLayers
from platforms.land.readiness import state_of
from platforms.land.territory import assessment_areas

BESIDE_M = 20.0
"""What lies within this of a block's edge bounds it [m], or the gap asked for where wider."""

BOUND_COLUMNS = ("block_id", "bound_kind", "bound_code", "bound_id", "bound_name", "beside_m")


def bounds_of(found: BlockList, layers: LandLayers, query: BlockQuery) -> pd.DataFrame:
    """List what bounds each block short of the line.

    Parameters
    ----------
    found
        What ``find_blocks`` gives.
    layers
        The layers it searched.
    query
        What it was asked.

    Returns
    -------
    DataFrame
        ``BOUND_COLUMNS``, the longest first: ``bound_kind`` is ``barrier`` (code: its class),
        ``parcel`` (a parcel not taken; code: its state), ``constraint`` (code: its kind),
        ``unit_border`` (of the unit asked for), ``gap`` (land taken that lies farther away than
        the gap bridged, or is parted from it), or ``open`` where nothing of the kind lies beside
        it. ``beside_m`` is how much of the block's edge lies that near [m].
    """
    blocks = np.asarray(found.short.geometry.array, dtype=object)
    reach_m = max(BESIDE_M, query.gap_m)
    near = shapely.buffer(blocks, reach_m)
    edges = shapely.boundary(blocks)
    rows: list[dict[str, object]] = []
    for kind, shapes, codes, ids, names in _bounding(found, layers, query):
        place, thing = shapely.STRtree(shapes).query(near, predicate="intersects")
        if kind == "gap":
            own = [
                codes[t] in found.short["parcel_ids"].iloc[p]
                for p, t in zip(place, thing, strict=True)
            ]
            place, thing = place[~np.array(own, dtype=bool)], thing[~np.array(own, dtype=bool)]
        wide = shapely.buffer(shapes[thing], reach_m)
        beside_m = shapely.length(shapely.intersection(edges[place], wide))
        for p, t, metres in zip(place.tolist(), thing.tolist(), beside_m.tolist(), strict=True):
            if metres >= query.min_edge_m:
                rows.append(
                    {
                        "block_id": found.short["block_id"].iloc[p],
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
        for block_id in found.short["block_id"] if block_id not in bounded
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(BOUND_COLUMNS))
    order = ["block_id", "beside_m", "bound_kind", "bound_id"]
    return frame.sort_values(order, ascending=[True, False, True, True], ignore_index=True)


def _bounding(
    found: BlockList, layers: LandLayers, query: BlockQuery
) -> list[tuple[str, Shapes, np.ndarray, np.ndarray, np.ndarray]]:
    """Gather what may bound land: kind, shapes, codes, identifiers, names."""
    barriers = layers.barriers
    width_m = barriers["width_m"].to_numpy(dtype=float, na_value=np.nan)
    parting = parting_barriers(barriers) | (width_m > query.bridge_width_m)
    taken = layers.parcels["parcel_id"].isin(found.land.parts["parcel_id"])
    others = layers.parcels[~taken.to_numpy(dtype=bool)]
    blocking = layers.constraints[
        layers.constraints["severity"].eq("block").fillna(value=False).to_numpy(dtype=bool)
    ]
    parts = found.land.parts
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
