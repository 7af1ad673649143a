"""The piece of a block that one project takes, as land: whole parcels, or one of them cut.

A 200 亩 block is not spoiled for a 40 亩 project: parcels are chosen by ``platforms.land.carving``,
and a parcel is cut along its frontage only where whole parcels serve worse.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from pyproj import CRS

from geo.arrays import Floats, Positions, Shapes
from geo.contiguity import NeighbourRule, component_labels, neighbour_pairs, single_parts
from geo.difference import without
from geo.measure import ellipsoidal_area_m2
from geo.overlay import areas_m2, common_area_m2, intersecting_pairs
from geo.shape import Direction, frontage_direction, long_side_direction, sliced
from geo.union import LEAST_M2
from geo.units import M2_PER_MU, RELATIVE_TOLERANCE, m2_to_mu
from platforms.land.block_facts import BESIDE_ROAD_M
from platforms.land.blocks import BlockList
from platforms.land.carving import Carving, Carvings, CutOption, Need, carve, carving_of
from platforms.land.search import BlockQuery

NEAR_ENOUGH = 1e-6
"""Share of a block within which the cost of a cut is the least there can be."""

STRANDED_MU = 1.0
"""Less land parted from the rest is no reason to cut a parcel [亩]."""

CUT_SUFFIX = "#cut"
"""Stands behind the id of a parcel that is taken in part."""

SLIVER_M2 = 1.0
"""Smaller pieces beside a cut are drawing, not land [m²]."""


@dataclass(frozen=True)
class CutParcel:
    """A parcel that is taken in part: its id, whole shape and area [亩]."""

    parcel_id: str
    geometry: shapely.Geometry
    area_mu: float


@dataclass(frozen=True)
class CarvedSite:
    """What a project takes of a block (地块切分), and what that leaves.

    ``block_id, block_mu``: The block and its area [亩].
    ``parcel_ids``: Parcels taken, a cut one as ``id#cut``.
    ``geometry``: The land taken.
    ``carving``: Land taken, surplus, what is left and what is stranded.
    ``is_exact``: True where every connected set of parcels was looked at or shown to be no
      better.
    ``cut_parcels``: The parcels taken in part, whole.
    ``is_further``: True for a cut that leaves room for other projects, or for their cuts.
    """

    block_id: str
    block_mu: float
    parcel_ids: tuple[str, ...]
    geometry: shapely.Geometry
    carving: Carving
    is_exact: bool
    cut_parcels: tuple["CutParcel", ...] = field(default=(), repr=False)
    is_further: bool = False

    @property
    def mark(self) -> str:
        """Six letters that tell cuts of a block apart, the same in every run."""
        corners = np.rint(shapely.get_coordinates(shapely.normalize(self.geometry)) * 10)
        return hashlib.sha256(corners.astype("<i8").tobytes()).hexdigest()[:6]


class Carver:
    """What projects would take of blocks, one project after another.

    ``found``: What ``find_blocks`` gives for a query without necks; less constraints, so that
      what is left is net land.
    ``query``: What the list was asked: what is left hangs together by the same rule.
    ``roads``: What ``platforms.land.block_facts.road_areas`` gives: a cut goes along the frontage
      on them.
    """

    def __init__(self, land_blocks: BlockList, query: BlockQuery, roads: Shapes) -> None:
        self._land_blocks, self._query, self._roads = land_blocks, query, roads
        self._ids = land_blocks.blocks["block_id"].to_numpy(dtype=object)
        self._shapes = np.asarray(land_blocks.blocks.geometry.array, dtype=object)
        self._blocks: dict[int, _Block] = {}
        self._carved: dict[tuple[int, Need], CarvedSite | None] = {}
        self._alone: dict[tuple[int, Need], CarvedSite | None] = {}
        self._choices: dict[tuple[int, Need], Carvings] = {}
        self._last_left: tuple[int, tuple[shapely.Geometry, ...], _Block] | None = None

    def sites(self, places: Sequence[int], need: Need) -> list[CarvedSite | None]:
        """Choose what a project takes of some blocks.

        ``places``: Positions of the blocks in ``land_blocks.blocks``.

        In the order of the places; None where no part of a block is large enough.

        A parcel is cut only where whole parcels would go over the most that the project takes,
        lose the rest a listed size (B3, B4), or part it, and where a cut does not.
        """
        self._prepare(places)
        for place in places:
            if (place, need) not in self._carved:
                block_id = str(self._ids[place])
                self._carved[place, need] = _carved(
                    block_id, self._blocks[place], need, self._roads, self._chosen(place, need)
                )
        return [self._carved[place, need] for place in places]

    def beside(
        self, place: int, need: Need, taken: Sequence[shapely.Geometry]
    ) -> CarvedSite | None:
        """Choose what a project takes of a block beside land that others take.

        ``place``: Position of the block in ``land_blocks.blocks``.
        ``taken``: What others take, wherever it lies.

        Nothing is taken beyond the wish where a cut avoids it. None where no piece left is large
        enough. What it leaves is told of the whole block, as if the others were not there.
        """
        self._prepare([place])
        block, block_id = self._blocks[place], str(self._ids[place])
        if not taken:
            if (place, need) not in self._alone:
                choices = self._chosen(place, need)
                alone = _carved_beside(block_id, block, block, need, self._roads, choices)
                self._alone[place, need] = alone
            return self._alone[place, need]
        rest = self._left(place, taken)
        if not len(rest.ids) or rest.block_mu < need.least_mu * (1 - RELATIVE_TOLERANCE):
            return None
        choices = carve(rest.areas_mu, rest.pairs, need)
        return _carved_beside(block_id, block, rest, need, self._roads, choices)

    def shape(self, place: int) -> shapely.Geometry:
        """Give the land of a block."""
        shape: shapely.Geometry = self._shapes[place]
        return shape

    def _left(self, place: int, taken: Sequence[shapely.Geometry]) -> "_Block":
        """Take land off a block, once where several projects are tried beside the same."""
        last = self._last_left
        if last is not None and last[0] == place and [*map(id, last[1])] == [*map(id, taken)]:
            return last[2]
        rest = _rest(self._blocks[place], taken)
        self._last_left = place, tuple(taken), rest
        return rest

    def _chosen(self, place: int, need: Need) -> Carvings:
        """Search a block through, once for each need."""
        if (place, need) not in self._choices:
            block = self._blocks[place]
            self._choices[place, need] = carve(block.areas_mu, block.pairs, need)
        return self._choices[place, need]

    def _prepare(self, places: Sequence[int]) -> None:
        asked = [place for place in places if place not in self._blocks]
        if asked:
            blocks = _blocks(self._land_blocks, asked, self._query)
            self._blocks.update(zip(asked, blocks, strict=True))


def _carved_beside(
    block_id: str, block: "_Block", rest: "_Block", need: Need, roads: Shapes, choices: Carvings
) -> CarvedSite | None:
    best = choices.best
    cut = None
    if best is None or best.cost_mu > NEAR_ENOUGH * rest.block_mu:
        cut = _best_cut(rest, choices.cuts, need, roads)
    if cut is not None and (best is None or cut.carving.order < best.order):
        ids, shape = cut.ids, _finished(rest, cut)
    elif best is not None and not best.is_over_most:
        chosen = list(best.places)
        ids, shape = tuple(sorted(set(rest.ids[chosen]))), shapely.union_all(rest.shapes[chosen])
    else:
        return None
    area_mu = m2_to_mu(float(ellipsoidal_area_m2([shape], block.crs)[0]))
    left_mu = _rest(block, [shape]).largest_mu
    carving = carving_of((), area_mu, block.block_mu, left_mu, need)
    return CarvedSite(
        block_id, block.block_mu, ids, shape, carving, choices.is_exact, block.cut_of(ids),
        is_further=True,
    )  # fmt: skip


def _rest(block: "_Block", taken: Sequence[shapely.Geometry]) -> "_Block":
    """Take land off a block: parcels taken in part stay as the pieces left, each by itself."""
    cover = shapely.union_all(np.array(taken, dtype=object))
    met = shapely.area(shapely.intersection(block.shapes, cover)) > SLIVER_M2
    at = np.flatnonzero(met)
    pieces, of_met, _ = single_parts(without(block.shapes[at], [cover]))
    large = shapely.area(pieces) > SLIVER_M2
    pieces, of = pieces[large], at[of_met[large]]
    kept = np.flatnonzero(~met)
    number = np.full(len(met), -1)
    number[kept] = np.arange(len(kept))
    first, second = block.pairs
    both = ~met[first] & ~met[second]
    near = np.unique(
        np.concatenate([second[met[first] & ~met[second]], first[met[second] & ~met[first]]])
    )
    one, other = neighbour_pairs(np.concatenate([pieces, block.shapes[near]]), block.rule)
    place = np.concatenate([len(kept) + np.arange(len(pieces)), number[near]])
    joins = one < len(pieces)  # pairs of what wasn't touched are known
    ends = np.column_stack([place[one[joins]], place[other[joins]]])
    return _Block(
        np.concatenate([block.ids[kept], [_in_part(str(block.ids[row])) for row in of]]),
        np.concatenate([block.shapes[kept], pieces]),
        np.concatenate([block.areas_mu[kept], _areas_mu(pieces, block.crs)]),
        (
            np.concatenate([number[first[both]], ends.min(axis=1)]),
            np.concatenate([number[second[both]], ends.max(axis=1)]),
        ),
        block.rule, block.crs,
    )  # fmt: skip


def _areas_mu(shapes: Shapes, crs: CRS) -> Floats:
    areas: Floats = m2_to_mu(ellipsoidal_area_m2(shapes, crs)) if len(shapes) else np.empty(0)
    return areas


def _in_part(parcel_id: str) -> str:
    return parcel_id if parcel_id.endswith(CUT_SUFFIX) else f"{parcel_id}{CUT_SUFFIX}"


def _carved(
    block_id: str, block: "_Block", need: Need, roads: Shapes, choices: Carvings
) -> CarvedSite | None:
    best = choices.best
    if best is None or any(_badness(best)):
        cut = _best_cut(block, choices.cuts, need, roads)
        if cut is not None and (best is None or _badness(cut.carving) < _badness(best)):
            shape = _finished(block, cut)
            return CarvedSite(
                block_id, block.block_mu, cut.ids, shape, cut.carving, choices.is_exact,
                block.cut_of(cut.ids),
            )  # fmt: skip
    if best is None:
        return None
    chosen = list(best.places)
    shape = shapely.union_all(block.shapes[chosen])
    return CarvedSite(
        block_id, block.block_mu, tuple(block.ids[chosen]), shape, best, choices.is_exact
    )


def _badness(carving: Carving) -> tuple[bool, int, bool]:
    """Give what is reason enough to cut a parcel, the gravest first."""
    return carving.is_over_most, carving.lines_missed, carving.stranded_mu > STRANDED_MU


@dataclass(frozen=True)
class _Block:
    """The parcels of one block: land under two of them stands with the first."""

    ids: np.ndarray
    shapes: Shapes
    areas_mu: Floats
    pairs: tuple[Positions, Positions]
    rule: NeighbourRule
    crs: CRS

    @property
    def block_mu(self) -> float:
        return float(self.areas_mu.sum())

    @property
    def largest_mu(self) -> float:
        """Largest connected piece [亩], 0 where nothing is there."""
        if not len(self.ids):
            return 0.0
        label = component_labels(len(self.ids), *self.pairs)
        return float(np.bincount(label, self.areas_mu).max())

    def cut_of(self, ids: Sequence[str]) -> tuple[CutParcel, ...]:
        """Give the parcels that are taken in part."""
        cut = {name.removesuffix(CUT_SUFFIX) for name in ids if name.endswith(CUT_SUFFIX)}
        rows = np.flatnonzero(np.isin(self.ids, sorted(cut)))
        return tuple(
            CutParcel(str(self.ids[row]), self.shapes[row], float(self.areas_mu[row]))
            for row in rows
        )

    def neighbours_of(self, place: int) -> Positions:
        first, second = self.pairs
        return np.concatenate([second[first == place], first[second == place]])

    @cached_property
    def _directions(self) -> dict[int, Direction]:
        return {}

    def direction_of(self, place: int, roads: Shapes) -> Direction:
        """Say which way a parcel is cut, whoever asks; the roads are always the same."""
        if place not in self._directions:
            self._directions[place] = _cut_direction(self.shapes[place], roads)
        return self._directions[place]

    def piece_mu(self, piece: shapely.Geometry, of: int) -> float:
        """Measure a piece of a parcel, at the parcel's own scale."""
        return float(piece.area / self.shapes[of].area * self.areas_mu[of])


@dataclass(frozen=True)
class _Cut:
    """A cut carried out."""

    carving: Carving
    ids: tuple[str, ...]
    option: CutOption
    along: Direction
    piece: shapely.Geometry


def _blocks(land_blocks: BlockList, places: Sequence[int], query: BlockQuery) -> list[_Block]:
    parts = land_blocks.land.parts
    position = {part_id: at for at, part_id in enumerate(parts["part_id"])}
    listed = [
        np.sort([position[part_id] for part_id in land_blocks.blocks["parcel_ids"].iloc[place]])
        for place in places
    ]
    block = np.full(len(parts), -1)
    for number, members in enumerate(listed):
        block[members] = number
    shapes = _counted_once(np.asarray(parts.geometry.array, dtype=object), block, parts.crs)
    areas_mu = m2_to_mu(areas_m2(shapes, parts.crs))
    first, second = land_blocks.land.joining.within(query.gap_m)
    inside = (block[first] >= 0) & (block[first] == block[second])
    first, second = first[inside], second[inside]
    order = np.argsort(block[first], kind="stable")
    first, second = first[order], second[order]
    start = np.searchsorted(block[first], np.arange(len(listed) + 1))
    rule = NeighbourRule(query.gap_m, query.min_edge_m)
    ids = parts["part_id"].to_numpy(dtype=object)
    return [
        _Block(
            ids[members], shapes[members], areas_mu[members],
            tuple(
                np.searchsorted(members, side[start[number] : start[number + 1]])
                for side in (first, second)
            ),
            rule, parts.crs,
        )
        for number, members in enumerate(listed)
    ]  # fmt: skip


def _counted_once(shapes: Shapes, block: Positions, crs: CRS) -> Shapes:
    """Take the land that two parcels of a block share off the later one."""
    some = np.flatnonzero(block >= 0)
    first, second = (some[side] for side in intersecting_pairs(shapes[some], shapes[some]))
    later = (second < first) & (block[first] == block[second])
    first, second = first[later], second[later]
    shared = common_area_m2(shapes, shapes, first, second, crs) > LEAST_M2
    first, second = first[shared], second[shared]
    once = shapes.copy()
    for place in np.unique(first):
        once[place] = without(once[[place]], once[second[first == place]])[0]
    return once


def _best_cut(
    block: _Block, options: tuple[CutOption, ...], need: Need, roads: Shapes
) -> _Cut | None:
    """Carry out the cuts that promise most, from both ends, and keep the best."""
    best: _Cut | None = None
    for option in options:
        along = block.direction_of(option.cut, roads)
        for towards in (along, (-along[0], -along[1])):
            if best is not None and _cannot_beat(block, option, best.carving):
                continue
            tried = _cut(block, option, towards, need)
            if tried is not None and (best is None or tried.carving.order < best.carving.order):
                best = tried
    return best


def _cannot_beat(block: _Block, option: CutOption, best: Carving) -> bool:
    least_mu = option.least_cost_mu + NEAR_ENOUGH * block.block_mu
    return not best.lines_missed and best.cost_mu <= least_mu


def _cut_direction(shape: shapely.Geometry, roads: Shapes) -> Direction:
    """Cut along the frontage, so that both pieces keep some; without any, across the long side."""
    near = roads[shapely.dwithin(shape, roads, BESIDE_ROAD_M)]
    direction = frontage_direction(shape, shapely.union_all(near), BESIDE_ROAD_M)
    return direction or long_side_direction(shape)


def _cut(block: _Block, option: CutOption, along: Direction, need: Need) -> _Cut | None:
    """Cut one parcel; None where the piece falls apart or doesn't join the parcels taken whole."""
    shape, whole = block.shapes[option.cut], list(option.whole)
    share = option.take_mu / block.areas_mu[option.cut]
    piece, left = sliced(shape, along, share * shape.area)
    if shapely.get_type_id(piece) != shapely.GeometryType.POLYGON:
        return None
    neighbours = block.neighbours_of(option.cut)
    near = [place for place in neighbours.tolist() if place in option.whole]
    if whole and not _meets(piece, block.shapes[near], block.rule):
        return None
    remainder_mu = _largest_left(block, option, shapely.get_parts(left), neighbours)
    chosen = tuple(sorted((*whole, option.cut)))
    carving = carving_of(chosen, need.wanted_mu, block.block_mu, remainder_mu, need)
    ids = {*block.ids[whole], _in_part(str(block.ids[option.cut]))}
    return _Cut(carving, tuple(sorted(ids)), option, along, piece)


def _meets(piece: shapely.Geometry, others: Shapes, rule: NeighbourRule) -> bool:
    first, _ = neighbour_pairs(np.array([piece, *others], dtype=object), rule)
    return bool((first == 0).any())


def _largest_left(block: _Block, option: CutOption, pieces: Shapes, neighbours: Positions) -> float:
    """Measure the largest connected piece left: parcels not taken, and what is left of the cut."""
    count = len(block.ids)
    free = np.ones(count, dtype=bool)
    free[[*option.whole, option.cut]] = False
    first, second = block.pairs
    both = free[first] & free[second]
    near = neighbours[free[neighbours]]
    first_place, second_place = neighbour_pairs(
        np.concatenate([pieces, block.shapes[near]]), block.rule
    )
    place = np.concatenate([count + np.arange(len(pieces)), near])
    joins = first_place < len(pieces)
    label = component_labels(
        count + len(pieces),
        np.concatenate([first[both], place[first_place[joins]]]),
        np.concatenate([second[both], place[second_place[joins]]]),
    )
    pieces_mu = [block.piece_mu(piece, option.cut) for piece in pieces]
    return float(np.bincount(label, [*np.where(free, block.areas_mu, 0.0), *pieces_mu]).max())


def _finished(block: _Block, cut: _Cut) -> shapely.Geometry:
    """Cut once more, so that the ellipsoidal area of the land is what was asked for.

    Once is enough: the scale of the map changes by less than a millionth over a parcel.
    """
    shape, option = block.shapes[cut.option.cut], cut.option
    scale = option.take_mu * M2_PER_MU / float(ellipsoidal_area_m2([cut.piece], block.crs)[0])
    piece, _rest = sliced(shape, cut.along, cut.piece.area * scale)
    return shapely.union_all(np.array([*block.shapes[list(option.whole)], piece], dtype=object))
