"""Land that could take a project."""

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypedDict

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Shapes
from geo.contiguity import component_labels
from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2, intersecting_pairs
from geo.shape import filled, frontage_m, width_m
from geo.tools import Progress, report, within
from geo.units import compare, m2_to_mu
from layers.fields import split_list
from platforms.completeness import Completeness, CoverageStatus
from platforms.elements.allotments import inside_shares, zone_outlines
from platforms.industries.codes import division
from platforms.land.block_facts import BESIDE_ROAD_M, road_areas
from platforms.land.blocks import BlockList, find_blocks
from platforms.land.carving import Need
from platforms.land.search import (
    BlockQuery,
    LandLayers,
    blocking_shapes,
    land_layers,
    registered_excess_m2,
    state_of,
)
from platforms.land.site_carving import SLIVER_M2, CarvedSite, Carver
from platforms.land.site_layouts import PieceAsked, shared_pieces
from platforms.matching.site import (
    STANDARD_COLUMNS,
    TOLERANCE_MU,
    KindFacts,
    Site,
    StateDating,
    Uses,
    may_be_used,
)
from platforms.policy.in_force import PolicySet
from platforms.source import LayerSource
from platforms.territory import (
    area_by_unit,
    assessment_areas,
    major_outlines,
    shapes_of,
    undrawn_sub_parks,
)


class Place(TypedDict):
    """Where a piece of land lies, as ``Site`` says it."""

    unit_id: str | None
    platform_id: str | None
    main_platform_share: float
    major_share: float
    is_major_open: bool
    zone_share: float | None


def places_of(
    land: gpd.GeoDataFrame,
    source: LayerSource,
    layers: LandLayers,
    policy: PolicySet,
    crs: CRS,
    area_m2: npt.NDArray[np.float64],
) -> list[Place]:
    """Return for each piece of land in which unit, platform and zone it lies.

    Parameters
    ----------
    land
        Pieces of land in ``crs``.
    source, layers
        All layers, and those of a search for land.
    policy
        States in S15 which zones count; the zones of a pack without B1 aren't known.
    crs
        Projected system in metres.
    area_m2
        Ellipsoidal area of each piece [m²].

    Returns
    -------
    list of Place
        In the order of ``land``.
    """
    shapes = shapes_of(land)
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    parks = gpd.GeoDataFrame(source.read("parks"))
    units = area_by_unit(land.geometry, assessment_areas(layers.units))
    unit = units.drop_duplicates("position").set_index("position")["unit_id"]
    major = platforms[platforms["is_major"].fillna(value=True).to_numpy(dtype=bool)]
    in_main = np.minimum(area_inside_m2(shapes, shapes_of(major), crs) / area_m2, 1.0)
    in_major = np.minimum(
        area_inside_m2(shapes, major_outlines(platforms, parks), crs) / area_m2, 1
    )
    unknown = np.full(len(land), np.nan)
    least, most = unknown, unknown
    if policy.parts("B1"):
        least, most = inside_shares(shapes, zone_outlines(platforms, parks, policy), crs)
    nearest = _platform_of(shapes, platforms, parks, crs)
    is_open = len(undrawn_sub_parks(parks)) > 0
    return [
        Place(
            unit_id=unit.get(position),
            platform_id=nearest[position],
            main_platform_share=float(in_main[position]),
            major_share=float(in_major[position]),
            is_major_open=is_open,
            zone_share=float(least[position]) if least[position] == most[position] else None,
        )
        for position in range(len(land))
    ]


def _platform_of(
    shapes: Shapes, platforms: gpd.GeoDataFrame, parks: gpd.GeoDataFrame, crs: CRS
) -> list[str | None]:
    """Find the platform whose outline with sub-parks holds the largest part of each shape."""
    sub_parks = parks[
        parks["disposition"].eq("sub_park").fillna(value=False) & parks["platform_id"].notna()
    ]
    ids = np.concatenate([platforms["platform_id"], sub_parks["platform_id"]])
    outlines = np.concatenate([shapes_of(platforms), shapes_of(sub_parks)])
    of_shape, of_outline = intersecting_pairs(shapes, outlines)
    platform_ids: list[str | None] = [None] * len(shapes)
    if not len(of_shape):
        return platform_ids
    parts = shapely.intersection(shapes[of_shape], outlines[of_outline])
    shares = pd.DataFrame(
        {"shape": of_shape, "id": ids[of_outline], "m2": ellipsoidal_area_m2(parts, crs)}
    )
    sums = shares[shares["m2"] > 0].groupby(["shape", "id"])["m2"].sum().reset_index()
    best = sums.sort_values(["shape", "m2", "id"], ascending=[True, False, True])
    for shape, platform_id in best.drop_duplicates("shape")[["shape", "id"]].to_numpy():
        platform_ids[int(shape)] = str(platform_id)
    return platform_ids


_Facts = dict[str, Any]


@dataclass(frozen=True)
class Shaped:
    """Which measures of shape are asked for; a large city has no time for those that aren't."""

    width: bool = False
    frontage: bool = False


UNMEASURED = Shaped()
"""No measure of shape at all."""


def described(
    land: gpd.GeoDataFrame,
    source: LayerSource,
    layers: LandLayers,
    policy: PolicySet,
    crs: CRS,
    on_file: Completeness,
) -> list[Site]:
    """Return for each piece of land what the layers hold.

    ``land``: ``block_id``, ``parcel_ids``, ``carved`` and shape of each.
    ``on_file``: What the city has on file.
    ``crs``: Projected system in metres.

    In the order of ``land``, without measures of shape.
    """
    shapes = shapes_of(land)
    area_m2 = ellipsoidal_area_m2(shapes, crs)
    blocked = area_inside_m2(shapes, blocking_shapes(layers.constraints, layers.parcels), crs)
    places = places_of(land, source, layers, policy, crs, area_m2)
    kinds = _kinds_on(shapes, layers, on_file, crs)
    excess = _excess_by_parcel(layers, land, crs)
    facts = _parcel_facts(layers.parcels, land)
    of_layer = on_file.statuses([("land_parcels", "")], shapes)["land_parcels", ""]
    warnings = _constraint_names(shapes, layers.constraints, "warn")
    notices = _constraint_names(shapes, layers.constraints, "info")
    facility_km = _facility_km(shapes, gpd.GeoDataFrame(source.read("facilities")))
    sites = []
    for position, (site_id, ids) in enumerate(
        zip(land["block_id"], land["parcel_ids"], strict=True)
    ):
        rows = {
            parcel_id: facts[parcel_id]
            for parcel_id in sorted({part.split("#")[0] for part in ids})
        }
        sites.append(
            Site(
                site_id=str(site_id),
                parcel_ids=tuple(ids),
                area_mu=m2_to_mu(float(area_m2[position] - blocked[position])),
                blocked_mu=m2_to_mu(float(blocked[position])),
                warnings=warnings[position],
                notices=notices[position],
                facility_km=facility_km[position],
                carved=land["carved"].iloc[position],
                geometry=shapes[position],
                excess_mu=0.0
                if blocked[position] > 0
                else m2_to_mu(sum(excess.get(parcel_id, 0.0) for parcel_id in ids)),
                state_dating=_state_dating(rows, of_layer[position], on_file),
                kind_facts=kinds[position][0],
                blocked_by_kind=kinds[position][1],
                **places[position],
                **_on_file(rows),
            )
        )
    return sites


def _state_dating(
    rows: dict[str, _Facts], status: CoverageStatus, on_file: Completeness
) -> StateDating:
    """Say how recent the states of some parcels are: by the layer's date, else by their own."""
    if status == "covered":
        return "recent"
    days = [row["state_on"] for row in rows.values()]
    if all(day is not None and not on_file.is_older("land_parcels", str(day)) for day in days):
        return "recent"
    return "stale" if status == "stale" or None not in days else "undated"


def _excess_by_parcel(layers: LandLayers, land: gpd.GeoDataFrame, crs: CRS) -> dict[str, float]:
    """Return by how much registered areas count [m²], by parcel; ``id#n`` is but a part of one."""
    wanted = {parcel_id for ids in land["parcel_ids"] for parcel_id in ids}
    rows = layers.parcels[layers.parcels["parcel_id"].isin(wanted)]
    excess = registered_excess_m2(rows, crs)
    return dict(zip(rows["parcel_id"].astype(str), excess.tolist(), strict=True))


def _kinds_on(
    shapes: Shapes, layers: LandLayers, on_file: Completeness, crs: CRS
) -> list[tuple[frozenset[tuple[str, KindFacts]], dict[str, float]]]:
    """Return for each shape what is known of each kind, and the area under those that block."""
    subjects = [("constraints", kind) for kind in on_file.kinds]
    statuses = on_file.statuses(subjects, shapes)
    rows, nothing = layers.constraints, np.zeros(len(shapes))
    blocked_m2, unclear_m2 = {}, {}
    for kind, of_kind in rows.groupby("constraint_kind"):
        blocking = blocking_shapes(of_kind, layers.parcels)
        blocked_m2[str(kind)] = area_inside_m2(shapes, blocking, crs)
        open_rows = of_kind[of_kind["severity"].isna().to_numpy(dtype=bool)]
        unclear_m2[str(kind)] = area_inside_m2(shapes, shapes_of(open_rows), crs)
    known: list[tuple[frozenset[tuple[str, KindFacts]], dict[str, float]]] = []
    alike: dict[frozenset[tuple[str, KindFacts]], frozenset[tuple[str, KindFacts]]] = {}
    for position in range(len(shapes)):
        facts = {
            kind: KindFacts(
                statuses["constraints", kind][position],
                is_blocked=m2_to_mu(float(blocked_m2.get(kind, nothing)[position])) > TOLERANCE_MU,
                is_unclear=m2_to_mu(float(unclear_m2.get(kind, nothing)[position])) > TOLERANCE_MU,
            )
            for kind in on_file.kinds
        }
        blocked = {
            kind: m2_to_mu(float(blocked_m2[kind][position]))
            for kind, fact in facts.items() if fact.is_blocked
        }  # fmt: skip
        all_facts = frozenset(facts.items())
        known.append((alike.setdefault(all_facts, all_facts), blocked))
    return known


class _OnFile(TypedDict):
    """What is on file of a site's parcels, as ``Site`` says it."""

    states: frozenset[str]
    land_uses: frozenset[tuple[str, str] | None]
    utilities: frozenset[str] | None
    is_increment: bool | None
    standards: dict[str, float]
    without_standards: tuple[str, ...]
    far_bounds: tuple[float | None, float | None]
    allowed_industries: frozenset[str] | None


def _on_file(by_id: dict[str, _Facts]) -> _OnFile:
    rows = list(by_id.values())
    columns = ("far_min", "far_max", *STANDARD_COLUMNS)
    lows = [float(row["far_min"]) for row in rows if row["far_min"] is not None]
    highs = [float(row["far_max"]) for row in rows if row["far_max"] is not None]
    return _OnFile(
        states=frozenset(str(row["state"]) for row in rows),
        land_uses=_land_uses(rows),
        utilities=_common_utilities(rows),
        is_increment=_any_increment(rows),
        standards=_strictest_standards(rows),
        without_standards=tuple(
            parcel_id
            for parcel_id, row in by_id.items()
            if all(row[name] is None for name in columns)
        ),
        far_bounds=(max(lows, default=None), min(highs, default=None)),
        allowed_industries=_common_industries(rows),
    )


def measured_m(name: str, shapes: Shapes, roads: Shapes) -> list[float | None]:
    """Measure shapes as blocks are described: gaps that were bridged are filled.

    ``name``: ``width_m`` or ``frontage_m``, as ``Site`` says them.
    ``roads``: What ``platforms.land.block_facts.road_areas`` gives.

    Width or frontage [m] in the order of the shapes; no frontage where no road is on file.
    """
    if not len(shapes) or (name == "frontage_m" and not len(roads)):
        return [None] * len(shapes)
    whole = filled(shapes, BlockQuery().gap_m)
    metres = width_m(whole) if name == "width_m" else frontage_m(whole, roads, BESIDE_ROAD_M)
    return [None if np.isnan(value) else float(value) for value in metres]


def _constraint_names(
    shapes: Shapes, constraints: gpd.GeoDataFrame, severity: str
) -> list[tuple[str, ...]]:
    """Name the constraints of a severity that each shape meets."""
    rows = constraints[constraints["severity"].eq(severity).fillna(value=False)]
    of_shape, of_row = intersecting_pairs(shapes, shapes_of(rows))
    names = rows["name"].fillna(rows["constraint_id"]).to_numpy(dtype=object)
    met: list[set[str]] = [set() for _ in shapes]
    for shape, row in zip(of_shape, of_row, strict=True):
        met[shape].add(str(names[row]))
    return [tuple(sorted(met_names)) for met_names in met]


def _facility_km(shapes: Shapes, facilities: gpd.GeoDataFrame) -> list[dict[str, float]]:
    """Measure the way to the nearest facility of each kind on file."""
    distances_km: list[dict[str, float]] = [{} for _ in shapes]
    for kind, rows in facilities.groupby("facility_kind"):
        places = shapely.union_all(shapes_of(rows))
        for of_shape, metres in zip(distances_km, shapely.distance(shapes, places), strict=True):
            of_shape[str(kind)] = float(metres) / 1000
    return distances_km


def _parcel_facts(parcels: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> dict[str, _Facts]:
    """Return what is on file for each parcel of the candidates, by its id."""
    wanted = {part.split("#")[0] for ids in land["parcel_ids"] for part in ids}
    rows = pd.DataFrame(parcels)[parcels["parcel_id"].isin(wanted)].set_index("parcel_id")
    columns = [
        "land_use_scheme", "land_use_code", "utilities", "is_increment", "far_min", "far_max",
        "allowed_industries", "state_on", *STANDARD_COLUMNS,
    ]  # fmt: skip
    plain = rows[columns].astype("object").where(rows[columns].notna(), None)
    facts: dict[str, _Facts] = plain.assign(state=state_of(rows)).to_dict("index")
    return facts


def _land_uses(rows: list[_Facts]) -> frozenset[tuple[str, str] | None]:
    return frozenset(
        None
        if row["land_use_scheme"] is None or row["land_use_code"] is None
        else (str(row["land_use_scheme"]), str(row["land_use_code"]))
        for row in rows
    )


def _common_utilities(rows: list[_Facts]) -> frozenset[str] | None:
    if any(row["utilities"] is None for row in rows):
        return None
    return frozenset.intersection(*(frozenset(split_list(row["utilities"])) for row in rows))


def _common_industries(rows: list[_Facts]) -> frozenset[str] | None:
    listed = [split_list(row["allowed_industries"]) for row in rows]
    divisions = [frozenset(map(division, codes)) for codes in listed if codes]
    return frozenset.intersection(*divisions) if divisions else None


def _strictest_standards(rows: list[_Facts]) -> dict[str, float]:
    figures = {
        name: [float(row[name]) for row in rows if row[name] is not None]
        for name in STANDARD_COLUMNS
    }
    return {name: max(values) for name, values in figures.items() if values}


def _any_increment(rows: list[_Facts]) -> bool | None:
    increments = [row["is_increment"] for row in rows]
    if any(increments):
        return True
    return None if None in increments else False


NEAR_MISS = 0.6
"""Blocks from this part of the least land on are named among the rejected."""

VACANT_STATES = ("approved", "approved_not_supplied", "idle", "unknown")
"""Parcels not ready yet but not in use either: candidates that the state gate decides on."""

_UsesKey = tuple[tuple[str, tuple[str, ...]], ...] | None


@dataclass(frozen=True)
class LandAsked:
    """What a project asks of land.

    ``need``: Least land, land wanted and most land [亩].
    ``uses``: Land uses that fit: parcels of another use join no block, and stand for themselves.
    ``shaped``: Which measures of shape are asked for.
    """

    need: Need
    uses: Uses | None
    shaped: Shaped = UNMEASURED

    @property
    def uses_key(self) -> _UsesKey:
        """Tell land uses apart."""
        return None if self.uses is None else tuple(sorted(self.uses.items()))


_BlockKey = tuple[_UsesKey, int]
"""Land uses that fit, and position of the block among those of that land."""


@dataclass(frozen=True)
class _Piece:
    """A piece of land; ``key`` is its own among all that a city gives."""

    key: tuple[str, _UsesKey, Need | None]
    parcel_ids: list[str]
    carved: CarvedSite | None
    geometry: shapely.Geometry


@dataclass(frozen=True)
class _BlockSearch:
    """The blocks of one kind of land use, from the smallest asked for on."""

    min_mu: float
    blocks: BlockList
    carver: Carver

    def exceeds(self, at: int, need: Need) -> bool:
        """Return whether a block is more than a project takes, by its legal area (S17)."""
        most_mu = need.wanted_mu if need.most_mu is None else need.most_mu
        return compare(float(self.blocks.blocks["legal_mu"].iat[at]), most_mu) > 0


def _sharing_land(blocks: Sequence[tuple[_BlockKey, _BlockSearch]]) -> list[list[_BlockKey]]:
    """Group blocks that share land: one parcel may lie in blocks of several kinds of land use."""
    if len({key[0] for key, _ in blocks}) <= 1:
        return [[key] for key, _ in blocks]
    shapes = np.array([search.carver.shape(key[1]) for key, search in blocks], dtype=object)
    first, second = intersecting_pairs(shapes, shapes)
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second])) > SLIVER_M2
    labels = component_labels(len(blocks), first[shared], second[shared])
    groups: dict[int, list[_BlockKey]] = {}
    for label, (key, _) in zip(labels.tolist(), blocks, strict=True):
        groups.setdefault(label, []).append(key)
    return list(groups.values())


class CityLand:
    """What could take a project, for all projects of a run.

    ``source``: The layers, which don't change while this is held.
    ``policy``: States in S15 which zones count as provincial or higher.
    ``crs``: Projected system in metres.
    ``least_mu``: Least land of the smallest project that will be asked for [亩]; None where it
      isn't known: blocks are then searched again for each project smaller than those before.

    Parcels are joined once for each set of land uses and blocks measured once; of a piece of land
    is looked up once what the layers say of it. What is carved for a project is its own.
    """

    def __init__(
        self, source: LayerSource, policy: PolicySet, crs: CRS, least_mu: float | None = None
    ) -> None:
        self._source, self._policy, self._crs = source, policy, crs
        self._floor_mu = np.inf if least_mu is None else least_mu * NEAR_MISS
        self._searches: dict[_UsesKey, _BlockSearch] = {}
        self._described: dict[Hashable, Site] = {}
        self._shape_measures: dict[tuple[str, Hashable], float | None] = {}

    def sites(
        self, asked: Sequence[LandAsked], progress: Progress | None = None
    ) -> list[list[Site]]:
        """Gather the land that could take each of some projects.

        ``asked``: What each asks; together they take less time than one by one.

        For each project: contiguous supply-ready blocks less blocking constraints, from a near miss
        on, and single vacant parcels of enough size that are not ready yet; largest first. Of a
        block larger than the most land the project takes, the part that it takes stands for the
        block.
        """
        gathered = []
        for number, request in enumerate(asked, start=1):
            begin, end = (0.9 * at / len(asked) for at in (number - 1, number))
            gathered.append(self._pieces(request, within(progress, begin, end)))
            report(progress, end)
        self._describe([piece for pieces in gathered for piece in pieces])
        candidates = []
        for request, pieces in zip(asked, gathered, strict=True):
            sites = self._measured([piece.key for piece in pieces], request.shaped)
            # cuts of the same size differ by rounding, which is no reason to come first
            candidates.append(
                sorted(sites, key=lambda site: (-round(site.area_mu, 6), site.site_id))
            )
        report(progress, 1.0)
        return candidates

    def shared(
        self, asked: Sequence[LandAsked], fitting: Sequence[Collection[str]]
    ) -> list[list[Site]]:
        """Cut blocks for several projects at once, so that they can stand beside each other.

        ``asked``: What each asks, as for ``sites``, which comes first.
        ``fitting``: Names of the blocks in which each could have a place.

        For each project its further pieces: those of layouts of several projects in one block, and
        cuts where ``sites`` gives more than is wished for. A sample of all ways to cut a block.
        """
        blocks = self._shared_blocks(asked, fitting)
        cut: dict[tuple[_BlockKey, Need], list[CarvedSite]] = {}
        for group in _sharing_land([(key, self._searches[key[0]]) for key in blocks]):
            sizes = [(key, need, count) for key in group for need, count in blocks[key].items()]
            pieces = [
                PieceAsked(self._searches[key[0]].carver, key[1], need, count)
                for key, need, count in sizes
            ]
            already = [self._offered(key, need) for key, need, _ in sizes]
            for (key, need, _), found in zip(sizes, shared_pieces(pieces, already), strict=True):
                cut[key, need] = found
        further = [
            [
                _Piece(
                    (f"{piece.block_id}@{request.need.wanted_mu:g}-{piece.mark}",
                     request.uses_key, request.need),
                    list(piece.parcel_ids), piece, piece.geometry,
                )
                for at in self._places(request, names)
                for piece in cut[(request.uses_key, at), request.need]
            ]
            for request, names in zip(asked, fitting, strict=True)
        ]  # fmt: skip
        self._describe([piece for pieces in further for piece in pieces])
        return [
            self._measured([piece.key for piece in pieces], request.shaped)
            for request, pieces in zip(asked, further, strict=True)
        ]

    def _shared_blocks(
        self, asked: Sequence[LandAsked], fitting: Sequence[Collection[str]]
    ) -> dict["_BlockKey", Counter[Need]]:
        """Count what is asked of each block."""
        blocks: dict[_BlockKey, Counter[Need]] = {}
        for request, names in zip(asked, fitting, strict=True):
            for at in self._places(request, names):
                blocks.setdefault((request.uses_key, at), Counter())[request.need] += 1
        return blocks

    def _places(self, asked: LandAsked, names: Collection[str]) -> list[int]:
        search = self._searches.get(asked.uses_key)
        if search is None or not names:
            return []
        here = search.blocks.blocks["block_id"].isin(list(names)).to_numpy(dtype=bool)
        return np.flatnonzero(here).tolist()

    def _offered(self, key: "_BlockKey", need: Need) -> list[shapely.Geometry]:
        """Give the shape that ``sites`` offers of a block."""
        search, at = self._searches[key[0]], key[1]
        (site,) = search.carver.sites([at], need) if search.exceeds(at, need) else (None,)
        return [search.carver.shape(at) if site is None else site.geometry]

    @cached_property
    def on_file(self) -> Completeness:
        """What the city has on file."""
        return Completeness(self._source, self._policy)

    @cached_property
    def _layers(self) -> LandLayers:
        return land_layers(self._source, self._policy)

    @cached_property
    def _ids(self) -> pd.Series:
        ids: pd.Series = self._layers.parcels["parcel_id"]
        return ids

    @cached_property
    def _areas_mu(self) -> npt.NDArray[np.float64]:
        shapes = shapes_of(self._layers.parcels)
        areas = (
            ellipsoidal_area_m2(shapes, self._layers.parcels.crs) if len(shapes) else np.empty(0)
        )
        return np.asarray(m2_to_mu(areas), dtype=float)

    @cached_property
    def _is_vacant(self) -> npt.NDArray[np.bool_]:
        return state_of(self._layers.parcels).isin(VACANT_STATES).to_numpy(dtype=bool)

    @cached_property
    def _is_ready(self) -> npt.NDArray[np.bool_]:
        return state_of(self._layers.parcels).isin(("cleared", "listed")).to_numpy(dtype=bool)

    @cached_property
    def _roads(self) -> Shapes:
        return road_areas(self._layers.barriers)

    def _pieces(self, asked: LandAsked, progress: Progress | None) -> list[_Piece]:
        blocks, kept = self._blocks(asked, progress)
        large = self._areas_mu >= asked.need.least_mu * (1 - 1e-9)
        in_no_block = self._is_ready & ~self._ids.isin(kept).to_numpy(dtype=bool)
        return [
            *blocks,
            *self._singles(self._is_vacant & large),
            *self._singles(in_no_block & large),
        ]

    def _search(self, min_mu: float, asked: LandAsked, progress: Progress | None) -> _BlockSearch:
        search = self._searches.get(asked.uses_key)
        if search is None or compare(search.min_mu, min_mu) > 0:
            query = BlockQuery(min_mu=min(min_mu, self._floor_mu), less_constraints=True)
            admitted = may_be_used(self._layers.parcels, asked.uses)
            blocks = find_blocks(self._layers, query, admitted, progress)
            search = _BlockSearch(query.min_mu, blocks, Carver(blocks, query, self._roads))
            self._searches[asked.uses_key] = search
        return search

    def _blocks(self, asked: LandAsked, progress: Progress | None) -> tuple[list[_Piece], set[str]]:
        """Return the blocks, or what the project takes of too large ones, and all their parcels."""
        need, uses = asked.need, asked.uses_key
        search = self._search(need.least_mu * NEAR_MISS, asked, progress)
        areas = search.blocks.blocks["area_mu"].tolist()
        ids, parcel_ids, shapes = (
            search.blocks.blocks[name].to_numpy(dtype=object)
            for name in ("block_id", "parcel_ids", "geometry")
        )
        reaching = [
            at for at, mu in enumerate(areas) if compare(mu, need.least_mu * NEAR_MISS) >= 0
        ]  # fmt: skip
        large = [at for at in reaching if search.exceeds(at, need)]
        pieces = {
            at: _Piece((str(ids[at]), uses, None), parcel_ids[at], None, shapes[at])
            for at in reaching
        }  # fmt: skip
        for at, site in zip(large, search.carver.sites(large, need), strict=True):
            if site is not None:
                key = (f"{site.block_id}@{need.wanted_mu:g}", uses, need)
                pieces[at] = _Piece(key, list(site.parcel_ids), site, site.geometry)
        kept = {part.split("#")[0] for at in reaching for part in parcel_ids[at]}
        return list(pieces.values()), kept

    def _singles(self, wanted: npt.NDArray[np.bool_]) -> list[_Piece]:
        ids = self._ids.to_numpy(dtype=object)[wanted]
        shapes = shapes_of(self._layers.parcels)[wanted]
        return [
            _Piece((f"DK-{parcel_id}", None, None), [parcel_id], None, shape)
            for parcel_id, shape in zip(ids, shapes, strict=True)
        ]

    def _describe(self, pieces: Sequence[_Piece]) -> None:
        """Look up what the layers say of land, where that wasn't done before."""
        new = {piece.key: piece for piece in pieces if piece.key not in self._described}
        if not new:
            return
        land = gpd.GeoDataFrame(
            {
                "block_id": [key[0] for key in new],
                "parcel_ids": [piece.parcel_ids for piece in new.values()],
                "carved": pd.Series([piece.carved for piece in new.values()], dtype="object"),
            },
            geometry=[piece.geometry for piece in new.values()],
            crs=self._crs,
        )
        sites = described(land, self._source, self._layers, self._policy, self._crs, self.on_file)
        self._described.update(zip(new, sites, strict=True))

    def _measured(self, keys: Sequence[Hashable], shaped: Shaped) -> list[Site]:
        """Add the measures of shape that are asked for."""
        sites = [self._described[key] for key in keys]
        if shaped == UNMEASURED:
            return sites
        measures: dict[str, list[float | None]] = {}
        for name, is_asked in (("width_m", shaped.width), ("frontage_m", shaped.frontage)):
            if is_asked:
                measures[name] = self._measures(name, keys, sites)
        rows = [
            dict(zip(measures, row, strict=True)) for row in zip(*measures.values(), strict=True)
        ]
        return [replace(site, **row) for site, row in zip(sites, rows, strict=True)]

    def _measures(
        self, name: str, keys: Sequence[Hashable], sites: Sequence[Site]
    ) -> list[float | None]:
        """Measure land in one way, where that wasn't done before."""
        new = {key: at for at, key in enumerate(keys) if (name, key) not in self._shape_measures}
        shapes = np.array([sites[at].geometry for at in new.values()], dtype=object)
        metres = measured_m(name, shapes, self._roads)
        self._shape_measures.update(zip(((name, key) for key in new), metres, strict=True))
        return [self._shape_measures[name, key] for key in keys]
