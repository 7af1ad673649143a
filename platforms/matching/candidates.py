"""Land that could take a project."""

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Shapes
from geo.contiguity import component_labels
from geo.measure import ellipsoidal_area_m2
from geo.overlay import intersecting_pairs
from geo.tools import Progress, report, within
from geo.units import compare, compare_all, m2_to_mu
from platforms.completeness import Completeness
from platforms.land.block_facts import road_areas
from platforms.land.blocks import BlockList, find_blocks
from platforms.land.carving import Need
from platforms.land.search import BlockQuery, LandLayers, land_layers, state_of
from platforms.land.site_carving import SLIVER_M2, CarvedSite, Carver
from platforms.land.site_layouts import PieceAsked, shared_pieces
from platforms.matching.site import Site, Uses, may_be_used
from platforms.matching.site_facts import described, measured_m
from platforms.policy.in_force import PolicySet
from platforms.source import LayerSource
from platforms.territory import shapes_of


@dataclass(frozen=True)
class Shaped:
    """Which measures of shape are asked for; a large city has no time for those that aren't."""

    width: bool = False
    frontage: bool = False


UNMEASURED = Shaped()
"""No measure of shape at all."""


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
    ``cut``: Names of the blocks that are cut where they are more than it takes, the others being
      left out; None for all.
    """

    need: Need
    uses: Uses | None
    shaped: Shaped = UNMEASURED
    cut: Collection[str] | None = None

    @property
    def uses_key(self) -> _UsesKey:
        """Tell land uses apart."""
        return None if self.uses is None else tuple(sorted(self.uses.items()))


_BlockKey = tuple[_UsesKey, int]
"""Land uses that fit, and position of the block among those of that land."""


@dataclass(frozen=True)
class _Piece:
    """A piece of land; ``key`` is its own among all that a city gives."""

    key: tuple[str, tuple[object, ...] | None, Need | None]
    parcel_ids: list[str]
    carved: CarvedSite | None
    geometry: shapely.Geometry


@dataclass(frozen=True)
class _BlockSearch:
    """The blocks of one kind of land use, from the smallest asked for on."""

    min_mu: float
    blocks: BlockList
    carver: Carver

    @cached_property
    def names(self) -> list[str]:
        """Name each block."""
        return [str(name) for name in self.blocks.blocks["block_id"]]

    @cached_property
    def parcel_ids(self) -> list[list[str]]:
        """List the parcels of each block."""
        return list(self.blocks.blocks["parcel_ids"])

    @cached_property
    def _legal_mu(self) -> npt.NDArray[np.float64]:
        legal_mu: npt.NDArray[np.float64] = self.blocks.blocks["legal_mu"].to_numpy(dtype=float)
        return legal_mu

    @cached_property
    def _area_mu(self) -> npt.NDArray[np.float64]:
        area_mu: npt.NDArray[np.float64] = self.blocks.blocks["area_mu"].to_numpy(dtype=float)
        return area_mu

    def exceeding(self, need: Need) -> list[int]:
        """List the blocks that are more than a project takes, by their legal area (S17)."""
        most_mu = need.wanted_mu if need.most_mu is None else need.most_mu
        return np.flatnonzero(compare_all(self._legal_mu, most_mu) > 0).tolist()

    def reaching(self, least_mu: float) -> list[int]:
        """List the blocks of a least area."""
        return np.flatnonzero(compare_all(self._area_mu, least_mu) >= 0).tolist()

    def whole(self, at: int) -> "_Piece":
        """Give a block as it is: of the same parcels it is the same for every land use."""
        ids = self.parcel_ids[at]
        return _Piece((self.names[at], tuple(ids), None), ids, None, self.carver.shape(at))


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

    def whole_blocks(self, asked: Sequence[LandAsked]) -> list[list[Site]]:
        """Give the blocks that are more than each of some projects takes, as a whole.

        ``asked``: What each asks.
        """
        pieces: list[list[_Piece]] = []
        for request in asked:
            search = self._search(request.need.least_mu * NEAR_MISS, request, None)
            large = search.exceeding(request.need)
            pieces.append([search.whole(at) for at in large])
        self._describe([piece for listed in pieces for piece in listed])
        return [
            self._measured([piece.key for piece in listed], request.shaped)
            for request, listed in zip(asked, pieces, strict=True)
        ]

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
        is_more = at in search.exceeding(need)
        (site,) = search.carver.sites([at], need) if is_more else (None,)
        return [search.carver.shape(at) if site is None else site.geometry]

    @cached_property
    def on_file(self) -> Completeness:
        """What the city has on file."""
        return Completeness(self._source, self._policy)

    @cached_property
    def _layers(self) -> LandLayers:
        return land_layers(self._source, self._policy)

    @cached_property
    def _rows(self) -> dict[str, int]:
        """Row of each parcel by its id."""
        return {parcel_id: row for row, parcel_id in enumerate(self._ids)}

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
        in_no_block = self._is_ready.copy()
        in_no_block[[self._rows[parcel_id] for parcel_id in kept]] = False
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
        reaching = search.reaching(need.least_mu * NEAR_MISS)
        kept = {part.split("#")[0] for at in reaching for part in search.parcel_ids[at]}
        large = sorted({*search.exceeding(need)} & {*reaching})
        if asked.cut is not None:
            left_out = {at for at in large if search.names[at] not in asked.cut}
            reaching = [at for at in reaching if at not in left_out]
            large = [at for at in large if at not in left_out]
        pieces = {at: search.whole(at) for at in reaching}
        for at, site in zip(large, search.carver.sites(large, need), strict=True):
            if site is not None:
                key = (f"{site.block_id}@{need.wanted_mu:g}", uses, need)
                pieces[at] = _Piece(key, list(site.parcel_ids), site, site.geometry)
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
