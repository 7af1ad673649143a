"""Which parcels lie together as contiguous land (连片土地) of a given size (B3, B4).

Parcels ready for supply are joined by gap and facing edge, never across trunk roads, railways and
rivers, other parcels or blocking constraints (S13). A block's area is the ellipsoidal area of the
union of its parcels: bridged gaps never count, land covered twice counts once.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.contiguity import (
    NeighbourRule,
    Obstacles,
    Positions,
    Shapes,
    component_labels,
    neighbour_pairs,
    single_parts,
)
from geo.measure import ellipsoidal_area_m2, planar_area_m2
from geo.units import compare, m2_to_mu
from layers.fields import FIELDS
from platforms.errors import PlanningError
from platforms.land.readiness import is_net_land, is_supply_ready, state_of
from platforms.land.territory import area_by_unit, assessment_areas

NEVER_BRIDGED = ("expressway", "railway", "trunk_road", "trunk_river")
"""S13: classes of barrier that always part land; lanes and ditches may be bridged."""


@dataclass(frozen=True)
class BlockQuery:
    """What counts as a block.

    Attributes
    ----------
    min_mu
        Least area [亩], the number included.
    gap_m, min_edge_m
        Largest gap bridged and least facing edge [m].
    states
        States of parcel taken; none given: those ready for supply (B3).
    net
        True for the net land of B4: cleared, levelled, serviced; ``less_constraints`` goes
        with it.
    less_constraints
        True to take off what lies under a blocking constraint before anything is joined.
    unit_id
        One unit: its connected parts inside are listed; None for the whole city.

    Raises
    ------
    PlanningError
        ``min_mu_out_of_range``, ``state_unknown``.
    """

    min_mu: float = 100.0
    gap_m: float = 2.0
    min_edge_m: float = 5.0
    states: tuple[str, ...] = ()
    net: bool = False
    less_constraints: bool = False
    unit_id: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.min_mu <= 1_000_000:
            raise PlanningError("min_mu_out_of_range", min_mu=self.min_mu)
        known = FIELDS["state"].values
        for state in self.states:
            if state not in known:
                raise PlanningError("state_unknown", state=state, known=", ".join(known))
        NeighbourRule(self.gap_m, self.min_edge_m)

    @property
    def rule(self) -> NeighbourRule:
        """When two parcels count as neighbours."""
        return NeighbourRule(self.gap_m, self.min_edge_m)


@dataclass(frozen=True)
class LandLayers:
    """The layers that a search for land reads, all in the workspace's system.

    Attributes
    ----------
    parcels, barriers, constraints, units
        The layers of these names.
    """

    parcels: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    constraints: gpd.GeoDataFrame
    units: gpd.GeoDataFrame


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
    taken_count
        Parcels taken into the search.
    unknown_state_count
        Parcels left out because their state is not known.
    """

    blocks: gpd.GeoDataFrame
    by_unit: pd.DataFrame
    taken_count: int
    unknown_state_count: int


def find_blocks(
    layers: LandLayers, query: BlockQuery, admitted: pd.Series | None = None
) -> BlockList:
    """Find the contiguous land of a city or of one unit.

    Parameters
    ----------
    layers
        Parcels, barriers, constraints and units.
    query
        What counts as a block.
    admitted
        True for the parcels that may be taken, index of the parcels; None for all. The others
        stay in the way: no gap is bridged over them.

    Returns
    -------
    BlockList
        Blocks of at least ``query.min_mu``, with each unit's share.

    Raises
    ------
    PlanningError
        ``unit_unknown``.

    Notes
    -----
    B3, B4 嘉兴市进一步推动招大引强工作实施方案 三（二）; S13.
    """
    areas = assessment_areas(layers.units)
    parts = _parts_taken(layers, query, areas, admitted)
    obstacles = _obstacles(layers, parts)
    shapes = np.asarray(parts.geometry.array, dtype=object)
    labels = component_labels(len(parts), *neighbour_pairs(shapes, query.rule, obstacles))
    blocks = _measured(parts, labels, layers.parcels, query)
    shares = area_by_unit(blocks.geometry, areas)
    largest = shares.drop_duplicates("position").set_index("position")["unit_id"]
    blocks["unit_id"] = largest.reindex(blocks.index).astype("str")
    by_unit = pd.DataFrame(
        {
            "block_id": blocks["block_id"].to_numpy()[shares["position"]],
            "unit_id": shares["unit_id"],
            "area_mu": m2_to_mu(shares["area_m2"].to_numpy(dtype=float)),
        }
    )
    unknown = int(state_of(layers.parcels).eq("unknown").sum())
    return BlockList(blocks, by_unit, parts["parcel_id"].nunique(), unknown)


def _parts_taken(
    layers: LandLayers,
    query: BlockQuery,
    areas: gpd.GeoDataFrame,
    admitted: pd.Series | None,
) -> gpd.GeoDataFrame:
    parcels = layers.parcels
    if query.states:
        taken = state_of(parcels).isin(query.states)
    else:
        taken = is_net_land(parcels) if query.net else is_supply_ready(parcels)
    if admitted is not None:
        taken = taken & admitted
    chosen = parcels[taken.to_numpy(dtype=bool)]
    shapes = np.asarray(chosen.geometry.array, dtype=object)
    if query.net or query.less_constraints:
        shapes = _without(shapes, blocking_shapes(layers.constraints, layers.parcels))
    if query.unit_id is not None:
        known = areas[areas["unit_id"] == query.unit_id]
        if not len(known):
            raise PlanningError(
                "unit_unknown", unit_id=query.unit_id, known=", ".join(areas["unit_id"])
            )
        shapes = shapely.intersection(shapes, shapely.union_all(known.geometry.array))
    polygons, of_shape, number = single_parts(shapes)
    solid = shapely.get_dimensions(polygons) == 2
    polygons, of_shape, number = polygons[solid], of_shape[solid], number[solid]
    ids = chosen["parcel_id"].to_numpy(dtype=object)[of_shape]
    part_ids = [f"{i}#{n}" if n else str(i) for i, n in zip(ids, number, strict=True)]
    rows = np.flatnonzero(taken.to_numpy(dtype=bool))[of_shape]
    return gpd.GeoDataFrame(
        {"parcel_id": ids, "part_id": part_ids, "row": rows}, geometry=polygons, crs=parcels.crs
    )


def blocking_shapes(constraints: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> Shapes:
    """Give the land that blocking constraints cover.

    Parameters
    ----------
    constraints
        Layer ``constraints``.
    parcels
        Layer ``land_parcels``: a constraint that holds *outside* its outline (城镇开发边界)
        covers the rest of their extent.

    Returns
    -------
    array of polygons
        The land covered, in the system of the layers.
    """
    blocking = constraints[constraints["severity"].eq("block").fillna(value=False)]
    outside = blocking["applies"].eq("outside").fillna(value=False).to_numpy(dtype=bool)
    shapes = np.asarray(blocking.geometry.array, dtype=object)
    inside: Shapes = shapes[~outside]
    if not outside.any() or not len(parcels):
        return inside
    frame = shapely.buffer(shapely.box(*parcels.total_bounds), 1000.0, join_style="mitre")
    kinds = blocking["constraint_kind"].fillna("").to_numpy(dtype=object)[outside]
    rest = [
        shapely.difference(frame, shapely.union_all(shapes[outside][kinds == kind]))
        for kind in sorted(set(kinds))
    ]
    pieces = shapely.get_parts(np.array(rest, dtype=object))
    return np.concatenate([inside, pieces])


def _without(
    shapes: Shapes,
    covers: Shapes,
) -> Shapes:
    left = shapes.copy()
    if not len(covers):
        return left
    of_shape, of_cover = shapely.STRtree(covers).query(shapes, predicate="intersects")
    for position in np.unique(of_shape):
        left[position] = shapely.difference(
            shapes[position], shapely.union_all(covers[of_cover[of_shape == position]])
        )
    return left


def _obstacles(layers: LandLayers, parts: gpd.GeoDataFrame) -> Obstacles:
    """Gather what a gap is never bridged over, near the parts taken only."""
    barring = layers.barriers[
        layers.barriers["barrier_class"].isin(NEVER_BRIDGED).to_numpy(dtype=bool)
        | layers.barriers["barrier_class"].isna().to_numpy(dtype=bool)
    ]
    lines = np.array(barring.geometry.array, dtype=object)
    half = barring["width_m"].fillna(0.0).to_numpy(dtype=float) / 2
    wide = (half > 0) & (shapely.get_dimensions(lines) == 1)
    lines[wide] = shapely.buffer(lines[wide], half[wide], cap_style="flat")
    others, of_row, _ = single_parts(np.asarray(layers.parcels.geometry.array, dtype=object))
    owner = _owners(parts, others, of_row)
    blocking = blocking_shapes(layers.constraints, layers.parcels)
    covering = np.concatenate([others, blocking])
    return Obstacles(
        lines, covering, np.concatenate([owner, np.full(len(blocking), -1)]).astype(np.intp)
    )


def _owners(
    parts: gpd.GeoDataFrame,
    others: Shapes,
    of_row: Positions,
) -> Positions:
    """Say which part taken each parcel part is, -1 where it is none of them."""
    owner = np.full(len(others), -1, dtype=np.intp)
    shapes = np.asarray(parts.geometry.array, dtype=object)
    of_part, of_other = shapely.STRtree(others).query(shapes, predicate="intersects")
    same = parts["row"].to_numpy(dtype=np.intp)[of_part] == of_row[of_other]
    owner[of_other[same]] = of_part[same]
    return owner


def _measured(
    parts: gpd.GeoDataFrame,
    labels: Positions,
    parcels: gpd.GeoDataFrame,
    query: BlockQuery,
) -> gpd.GeoDataFrame:
    """Unite and measure the groups that can reach the threshold."""
    shapes = np.asarray(parts.geometry.array, dtype=object)
    crs = parts.crs
    areas = ellipsoidal_area_m2(shapes, crs) if len(shapes) else np.empty(0)
    sums = np.bincount(labels, weights=areas, minlength=1).astype(np.float64)
    reaching = np.flatnonzero(m2_to_mu(sums) >= query.min_mu * (1 - 1e-6))
    groups = [np.flatnonzero(labels == label) for label in reaching]
    unions = np.array([shapely.union_all(shapes[members]) for members in groups], dtype=object)
    union_m2 = ellipsoidal_area_m2(unions, crs) if len(unions) else np.empty(0)
    rows = []
    for members, union, area_m2 in zip(groups, unions, union_m2.tolist(), strict=True):
        if compare(m2_to_mu(area_m2), query.min_mu) < 0:
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
