"""What a search asks and takes."""

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Positions, Shapes
from geo.contiguity import MOST_GAP_M, JoiningGaps, NeighbourRule, joining_gaps, single_parts
from geo.difference import without
from geo.edges import Obstacles
from geo.limits import pairs_limit
from geo.measure import ellipsoidal_area_m2
from geo.prepared import Given, prepared
from geo.shape import is_polygonal
from geo.tools import Progress, kernels_available
from layers.fields import FIELDS, split_list
from platforms.completeness import constraints_in_force
from platforms.errors import PlanningError
from platforms.policy.in_force import PolicySet
from platforms.results import Arrays, KeptResults, content_of, content_of_frame, results_of
from platforms.source import LayerSource

LISTED_MU, RESERVE_MU = 100.0, 200.0
"""What a list of contiguous land starts from, and its reserve [亩], where no pack says (B3, B4)."""

MOST_MU, MOST_NECK_M = 1_000_000.0, 1000.0
"""A larger threshold of area or neck is a slip of the pen."""


def lines_mu(policy: PolicySet) -> tuple[float, float]:
    """Give the least area of the list of contiguous land and of the reserve.

    Parameters
    ----------
    policy
        Rules on the as-of date.

    Returns
    -------
    listed, reserve
        Thresholds of B3 and B4 [亩]; those of the plan of 2024 where the packs hold neither.
    """
    rules = zip(("B3", "B4"), (LISTED_MU, RESERVE_MU), strict=True)
    listed, reserve = (
        policy.rule(rule_id).rule.number if policy.parts(rule_id) else usual
        for rule_id, usual in rules
    )
    return listed, reserve


@dataclass(frozen=True)
class BlockQuery:
    """What counts as a block.

    ``min_mu``: Least area [亩], the number included.
    ``gap_m, min_edge_m``: Largest gap bridged and least facing edge [m].
    ``bridge_width_m``: How wide a lane or ditch may be to be bridged [m]; a wider one parts land.
      Where the width of one is not known, the gap over it may not be wider than this.
    ``min_neck_m``: Land held together by a strip narrower than this is not contiguous [m]; 0
      leaves it so.
    ``states``: States of parcel taken; none given: those ready for supply (B3).
    ``net``: True for the net land of B4: cleared, levelled, serviced; ``less_constraints`` goes
      with it.
    ``less_constraints``: True to take off what lies under a blocking constraint before anything
      is joined.
    ``unit_id``: One unit: its connected parts inside are listed; None for the whole city.

    Raises
    ------
    PlanningError
        ``min_mu_out_of_range``, ``state_unknown``, ``bridge_width_out_of_range``,
        ``min_neck_out_of_range``.
    """

    min_mu: float = LISTED_MU
    gap_m: float = 2.0
    min_edge_m: float = 5.0
    bridge_width_m: float = 6.0
    min_neck_m: float = 0.0
    states: tuple[str, ...] = ()
    net: bool = False
    less_constraints: bool = False
    unit_id: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.min_mu <= MOST_MU:
            raise PlanningError("min_mu_out_of_range", min_mu=self.min_mu)
        known = FIELDS["state"].values
        for state in self.states:
            if state not in known:
                raise PlanningError("state_unknown", state=state, known=", ".join(known))
        if not 0 <= self.bridge_width_m <= MOST_GAP_M:
            raise PlanningError("bridge_width_out_of_range", bridge_width_m=self.bridge_width_m)
        if not 0 <= self.min_neck_m <= MOST_NECK_M:
            raise PlanningError("min_neck_out_of_range", min_neck_m=self.min_neck_m)
        NeighbourRule(self.gap_m, self.min_edge_m)

    @property
    def rule(self) -> NeighbourRule:
        """When two parcels count as neighbours."""
        return NeighbourRule(self.gap_m, self.min_edge_m)


PARCEL_COLUMNS = ("parcel_id", "state", "utilities", "area_declared_m2", "geometry")
BARRIER_COLUMNS = ("barrier_class", "width_m", "geometry")
CONSTRAINT_COLUMNS = ("constraint_kind", "severity", "applies", "geometry")
UNIT_COLUMNS = ("unit_id", "name", "unit_kind", "geometry")
"""What the search for blocks looks at: it is given no other column."""


@dataclass(frozen=True)
class LandLayers:
    """The layers that a search for land reads, all in the workspace's system.

    ``parcels, barriers, constraints, units``: The layers of these names.
    ``decisions``: Table ``adjacency_decisions``: parcels that planners joined or parted by hand.
    ``results``: Where results of long work on them are kept.
    """

    parcels: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    constraints: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    decisions: pd.DataFrame = field(default_factory=pd.DataFrame)
    results: KeptResults = field(default_factory=KeptResults, repr=False, compare=False)

    @cached_property
    def of_land(self) -> "LandLayers":
        """The same with the columns alone that land follows from: only these are marked."""
        return LandLayers(
            gpd.GeoDataFrame(self.parcels[list(PARCEL_COLUMNS)]),
            gpd.GeoDataFrame(self.barriers[list(BARRIER_COLUMNS)]),
            gpd.GeoDataFrame(self.constraints[list(CONSTRAINT_COLUMNS)]),
            gpd.GeoDataFrame(self.units[list(UNIT_COLUMNS)]),
            self.decisions, self.results,
        )  # fmt: skip

    @cached_property
    def content(self) -> str:
        """The mark of what land follows from."""
        land = self.of_land
        frames = (land.parcels, land.barriers, land.constraints, land.units, land.decisions)
        crs = [str(frame.crs) for frame in frames[:4]]
        return content_of("land_layers", crs, *map(content_of_frame, frames))


def land_layers(source: LayerSource, policy: PolicySet) -> LandLayers:
    """Read the layers that a search for land needs, of constraints those in force."""

    def layer(name: str) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(source.read(name))

    return LandLayers(
        layer("land_parcels"), layer("barriers"),
        constraints_in_force(layer("constraints"), policy), layer("units"),
        source.read("adjacency_decisions"), results_of(source),
    )  # fmt: skip


SUPPLY_READY_STATES = ("cleared", "listed")
"""B3: 可供土地 – cleared or listed for supply."""

NET_LAND_STATES = ("cleared",)
"""B4: 净地 – rights clear, compensation done (S13)."""

NET_LAND_UTILITIES = frozenset({"road", "water", "power", "levelled"})
"""三通一平: what 'basic conditions for starting works' is taken to mean (docs/decisions)."""


AGREES_M2, AGREES_SHARE = 1.0, 0.001
"""How far a registered area may lie from the shape's and still agree with it (S17)."""


def registered_excess_m2(parcels: gpd.GeoDataFrame, crs: CRS) -> pd.Series:
    """Return by how much the registered area of each parcel counts beyond its ellipsoidal one.

    ``parcels``: Layer ``land_parcels``.

    Registered less ellipsoidal area [m²] where the registered area agrees with the ellipsoidal or
    the plane area of the shape (S17), else 0; index of ``parcels``.
    """
    excess = np.zeros(len(parcels))
    shapes = np.asarray(parcels.geometry.array, dtype=object)
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    known = parcels["area_declared_m2"].notna().to_numpy(dtype=bool) & drawn
    if known.any():
        registered = parcels["area_declared_m2"].to_numpy(dtype=float, na_value=np.nan)[known]
        ellipsoidal = ellipsoidal_area_m2(shapes[known], crs)
        agrees = np.zeros(len(registered), dtype=bool)
        for area in (ellipsoidal, shapely.area(shapes[known])):
            agrees |= np.abs(registered - area) <= np.maximum(AGREES_M2, AGREES_SHARE * area)
        excess[known] = np.where(agrees, registered - ellipsoidal, 0.0)
    return pd.Series(excess, index=parcels.index)


def state_of(parcels: pd.DataFrame) -> pd.Series:
    """Give each parcel's state, ``unknown`` where none is stated.

    ``parcels``: Layer ``land_parcels``.

    State code, index of ``parcels``.
    """
    return parcels["state"].fillna("unknown")


def is_supply_ready(parcels: pd.DataFrame) -> pd.Series:
    """Say which parcels can be supplied now (B3).

    ``parcels``: Layer ``land_parcels``.

    True where the state is cleared or listed, index of ``parcels``.
    """
    return state_of(parcels).isin(SUPPLY_READY_STATES)


def is_net_land(parcels: pd.DataFrame) -> pd.Series:
    """Say which parcels are cleared, levelled and serviced (B4, before constraints).

    ``parcels``: Layer ``land_parcels``.

    True where state and utilities on file say so; missing utilities are no pass.
    """
    serviced = parcels["utilities"].map(lambda text: set(split_list(text)) >= NET_LAND_UTILITIES)
    return state_of(parcels).isin(NET_LAND_STATES) & serviced.astype(bool)


NEVER_BRIDGED = ("expressway", "railway", "trunk_road", "trunk_river")
"""S13: classes of barrier that always part land; lanes and ditches may be bridged."""


def blocking_shapes(constraints: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> Shapes:
    """Give the land that blocking constraints cover.

    ``constraints``: Layer ``constraints``.
    ``parcels``: Layer ``land_parcels``: a constraint that holds *outside* its outline
      (城镇开发边界) covers the rest of their extent.

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


def land_obstacles(layers: LandLayers, parts: gpd.GeoDataFrame, bridge_width_m: float) -> Obstacles:
    """Gather what a gap is never bridged over.

    ``parts``: Parts of parcels taken, with ``row`` of the parcel; all others stand in the way.
    ``bridge_width_m``: How wide a lane or ditch may be to be bridged [m].

    A barrier without a class parts land like a trunk road: what isn't known is no way over.
    """
    width_m = layers.barriers["width_m"].to_numpy(dtype=float, na_value=np.nan)
    bridged = ~parting_barriers(layers.barriers)
    up_to_m = np.where(bridged & np.isnan(width_m), bridge_width_m, -1.0)
    parting = ~bridged | ~(width_m <= bridge_width_m)
    lines = np.array(layers.barriers.geometry.array, dtype=object)[parting]
    half = np.nan_to_num(width_m[parting]) / 2
    wide = (half > 0) & (shapely.get_dimensions(lines) == 1)
    lines[wide] = shapely.buffer(lines[wide], half[wide], cap_style="flat")
    others, of_row, _ = single_parts(np.asarray(layers.parcels.geometry.array, dtype=object))
    owner = _owners(parts, others, of_row)
    blocking = blocking_shapes(layers.constraints, layers.parcels)
    return Obstacles(
        lines,
        np.concatenate([others, blocking]),
        np.concatenate([owner, np.full(len(blocking), -1)]).astype(np.intp),
        up_to_m[parting],
    )


def kept_gaps(
    layers: LandLayers,
    polygons: Given,
    min_edge_m: float,
    obstacles: Obstacles,
    most_gap_m: float,
    progress: Progress | None = None,
) -> JoiningGaps:
    """Give what ``joining_gaps`` finds, worked out once for the same land and obstacles."""
    shapes = prepared(polygons)
    content = content_of(
        "joining_gaps", kernels_available(), shapes.shapes, min_edge_m, most_gap_m,
        obstacles.cutting, obstacles.covering, obstacles.owner, obstacles.bridged_up_to_m,
    )  # fmt: skip

    def compute() -> Arrays:
        gaps = joining_gaps(shapes, min_edge_m, obstacles, most_gap_m, progress)
        return {"first": gaps.first, "second": gaps.second, "gap_m": gaps.gap_m}

    return JoiningGaps(**layers.results.once(content, compute))


def parting_barriers(barriers: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Say which barriers are never bridged, whatever their width.

    ``barriers``: Layer ``barriers``.

    True for trunk roads, railways, rivers, and for a barrier whose class isn't known.
    """
    kinds = barriers["barrier_class"]
    parting: npt.NDArray[np.bool_] = kinds.isin(NEVER_BRIDGED).to_numpy(dtype=bool)
    unknown: npt.NDArray[np.bool_] = kinds.isna().to_numpy(dtype=bool)
    return parting | unknown


def _owners(parts: gpd.GeoDataFrame, others: Shapes, of_row: Positions) -> Positions:
    """Say which part taken each parcel part is, -1 where it is none of them."""
    owner = np.full(len(others), -1, dtype=np.intp)
    shapes = np.asarray(parts.geometry.array, dtype=object)
    row = parts["row"].to_numpy(dtype=np.intp)
    order = np.argsort(of_row, kind="stable")
    begin, end = (np.searchsorted(of_row[order], row, side=side) for side in ("left", "right"))
    if (end - begin).sum() <= pairs_limit(len(others)):
        # Row by row: where parcels lie in heaps, a tree would give each pair of them.
        times = end - begin
        of_part = np.repeat(np.arange(len(row)), times)
        number = np.arange(len(of_part)) - np.repeat(np.cumsum(times) - times, times)
        of_other = order[np.repeat(begin, times) + number]
        same = shapely.intersects(shapes[of_part], others[of_other])
    else:
        of_part, of_other = shapely.STRtree(others).query(shapes, predicate="intersects")
        same = row[of_part] == of_row[of_other]
    owner[of_other[same]] = of_part[same]
    return owner


def parts_taken(
    layers: LandLayers, query: BlockQuery, areas: gpd.GeoDataFrame, admitted: pd.Series | None
) -> gpd.GeoDataFrame:
    """Take the parcels that a search asks for, apart where they have several parts.

    ``layers, query``: As for ``platforms.land.blocks.find_blocks``.
    ``admitted``: True for the parcels that may be taken; None for all.

    ``parcel_id``, ``part_id`` and ``taken_id`` (``id#n`` for one of several parts), ``row`` of the
    parcel and shape. Net land is less blocking constraints, land of one unit is cut at its border.

    Raises PlanningError: ``unit_unknown``.
    """
    parcels = layers.parcels
    if query.states:
        chosen_rows = state_of(parcels).isin(query.states)
    else:
        chosen_rows = is_net_land(parcels) if query.net else is_supply_ready(parcels)
    if admitted is not None:
        chosen_rows = chosen_rows & admitted
    chosen = parcels[chosen_rows.to_numpy(dtype=bool)]
    shapes = np.asarray(chosen.geometry.array, dtype=object)
    if query.net or query.less_constraints:
        shapes = without(shapes, blocking_shapes(layers.constraints, layers.parcels))
    if query.unit_id is not None:
        known = areas[areas["unit_id"] == query.unit_id]
        if not len(known):
            raise PlanningError(
                "unit_unknown", unit_id=query.unit_id, known=", ".join(areas["unit_id"])
            )
        shapes = shapely.intersection(shapes, shapely.union_all(known.geometry.array))
    rows = np.flatnonzero(chosen_rows.to_numpy(dtype=bool))
    whole = gpd.GeoDataFrame(
        {"parcel_id": chosen["parcel_id"].astype(str).to_numpy(dtype=object), "row": rows},
        geometry=shapes,
        crs=parcels.crs,
    )
    parts = apart(whole.assign(part_id=whole["parcel_id"]))
    return parts.assign(taken_id=parts["part_id"])


def apart(whole: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take shapes of several parts apart: parts that lie apart are not contiguous.

    ``whole``: Rows with ``part_id`` and shape.

    One row a polygon, ``id#n`` for one of several; lines, points and empty shapes are no land.
    """
    polygons, of_row, number = single_parts(np.asarray(whole.geometry.array, dtype=object))
    solid = (is_polygonal(polygons)) & ~shapely.is_empty(polygons)
    polygons, of_row, number = polygons[solid], of_row[solid], number[solid]
    rows = whole.iloc[of_row]
    names = zip(rows["part_id"], number.tolist(), strict=True)
    parts = rows.assign(part_id=[f"{i}#{n}" if n else i for i, n in names])
    return parts.set_geometry(polygons, crs=whole.crs).reset_index(drop=True)


@dataclass(frozen=True)
class Decided:
    """Pairs of parts with the decision that holds for them.

    ``first, second``: Positions of the parts, ``first < second``.
    ``row``: Row of the decision.
    ``joins``: True where they are joined, False where they are parted.
    """

    first: Positions
    second: Positions
    row: Positions
    joins: np.ndarray


def decisions_on(decisions: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Give the decisions made by a date.

    ``decisions``: Table ``adjacency_decisions``; one without a date holds always.
    """
    if not len(decisions):
        return decisions
    later = decisions["decided_on"].fillna("").astype(str) > as_of
    return decisions[~later.to_numpy(dtype=bool)].reset_index(drop=True)


def decided_pairs(parts: gpd.GeoDataFrame, decisions: pd.DataFrame) -> Decided:
    """Find the parts that decisions are about.

    ``parts``: ``parcel_id``, ``part_id`` and shape of the parts taken.
    ``decisions``: Table ``adjacency_decisions``; a parcel named as ``id#n`` is that part alone.
      Joined parcels of several parts are joined by the nearest two.

    Decisions about parcels that aren't taken bear on nothing.

    Raises PlanningError: ``decisions_contradict``: the same two parcels are both joined and parted.
    """
    columns: tuple[list[int], ...] = ([], [], [])
    joins: list[bool] = []
    if len(decisions):
        _refuse_contradictions(decisions)
        places = _places(parts)
        for row, decision in enumerate(decisions.to_dict("records")):
            firsts = places.get(str(decision["parcel_id"]), [])
            seconds = places.get(str(decision["other_parcel_id"]), [])
            pairs = [(a, b) for a in firsts for b in seconds if a != b]
            join = bool(decision["adjacency"] == "join")
            if join and pairs:
                shapes = parts.geometry.array
                pairs = [min(pairs, key=lambda pair: shapes[pair[0]].distance(shapes[pair[1]]))]
            for a, b in pairs:
                columns[0].append(min(a, b))
                columns[1].append(max(a, b))
                columns[2].append(row)
                joins.append(join)
    first, second, rows = (np.array(column, dtype=np.intp) for column in columns)
    return Decided(first, second, rows, np.array(joins, dtype=bool))


def decide(measured: JoiningGaps, decided: Decided, count: int) -> JoiningGaps:
    """Let decisions stand above what was measured.

    ``decided``: What was decided by hand.

    Pairs joined by hand are neighbours at any gap, pairs parted by hand at none.
    """
    kept = ~np.isin(
        measured.first * count + measured.second, decided.first * count + decided.second
    )
    first = np.concatenate([measured.first[kept], decided.first[decided.joins]])
    second = np.concatenate([measured.second[kept], decided.second[decided.joins]])
    gap_m = np.concatenate([measured.gap_m[kept], np.zeros(int(decided.joins.sum()))])
    order = np.lexsort((second, first))
    return JoiningGaps(first[order], second[order], gap_m[order])


def _places(parts: gpd.GeoDataFrame) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    names = zip(parts["parcel_id"], parts["part_id"], strict=True)
    for place, (parcel_id, part_id) in enumerate(names):
        for name in {parcel_id, part_id}:
            places.setdefault(name, []).append(place)
    return places


def _refuse_contradictions(decisions: pd.DataFrame) -> None:
    decided: dict[frozenset[str], tuple[str, str]] = {}
    for record in decisions.to_dict("records"):
        pair = frozenset((str(record["parcel_id"]), str(record["other_parcel_id"])))
        adjacency, decision = str(record["adjacency"]), str(record["decision_id"])
        before, earlier = decided.setdefault(pair, (adjacency, decision))
        if before != adjacency:
            raise PlanningError(
                "decisions_contradict", parcels=", ".join(sorted(pair)), one=earlier,
                other=decision,
            )  # fmt: skip
