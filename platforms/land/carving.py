"""Which part of a block to take."""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

from geo.arrays import Floats, Positions
from geo.units import RELATIVE_TOLERANCE
from platforms.errors import PlanningError


@dataclass(frozen=True)
class Graph:
    """Parcels with areas, joined where they are neighbours.

    ``areas``: Area of each, whole numbers.
    ``neighbours``: Neighbours of each, as positions.
    ``bits``: The same, as one number: bit i stands for position i.
    """

    areas: tuple[int, ...]
    neighbours: tuple[tuple[int, ...], ...]
    bits: tuple[int, ...]

    @classmethod
    def of(cls, areas: Floats, first: Positions, second: Positions) -> "Graph":
        """Make the graph of areas and pairs of neighbours."""
        neighbours: list[set[int]] = [set() for _ in areas]
        for first_place, second_place in zip(first.tolist(), second.tolist(), strict=True):
            neighbours[first_place].add(second_place)
            neighbours[second_place].add(first_place)
        return cls(
            tuple(int(area) for area in areas),
            tuple(tuple(sorted(places)) for places in neighbours),
            tuple(sum(1 << first_place for first_place in places) for places in neighbours),
        )

    @staticmethod
    def members(chosen: int) -> list[int]:
        """Give the positions of a set, sorted."""
        positions = []
        while chosen:
            low = chosen & -chosen
            positions.append(low.bit_length() - 1)
            chosen ^= low
        return positions


@dataclass(frozen=True)
class Rest:
    """What is left of a block beside a set.

    ``without``: For each position left, the area of the largest connected piece once it is taken
      too.
    ``piece_of``: For each position left, the area of the piece it lies in.
    ``other_piece``: For each position left, the area of the largest of the other pieces.
    """

    without: dict[int, int]
    piece_of: dict[int, int]
    other_piece: dict[int, int]


def rest_of(graph: Graph, chosen: int) -> Rest:
    """Look at the pieces left beside a set, and at what each parcel holds together.

    By one depth-first walk through each piece (Tarjan): a parcel whose subtree reaches no farther
    up than itself parts that subtree from the piece.
    """
    seen = dict.fromkeys(graph.members(chosen), -1)
    pieces: list[tuple[int, dict[int, int]]] = []
    for start in range(len(graph.areas)):
        if start not in seen:
            pieces.append(_walk(graph, start, seen))
    order = sorted((area for area, _ in pieces), reverse=True)
    largest, second = (*order, 0, 0)[:2]
    without: dict[int, int] = {}
    piece_of: dict[int, int] = {}
    other_piece: dict[int, int] = {}
    for area, parted in pieces:
        other = second if area == largest else largest
        for place, left in parted.items():
            without[place] = max(other, left)
            piece_of[place], other_piece[place] = area, other
    return Rest(without, piece_of, other_piece)


def _walk(graph: Graph, start: int, seen: dict[int, int]) -> tuple[int, dict[int, int]]:
    """Walk through one piece: its area, and its largest part without each of its parcels."""
    areas, neighbours = graph.areas, graph.neighbours
    seen[start] = 0
    lowest, weight = {start: 0}, {start: areas[start]}
    largest, parted = {start: 0}, {start: 0}
    path = [(start, iter(neighbours[start]))]
    number = 0
    while path:
        place, ways = path[-1]
        for other in ways:
            order = seen.get(other)
            if order is None:
                number += 1
                seen[other] = lowest[other] = number
                weight[other], largest[other], parted[other] = areas[other], 0, 0
                path.append((other, iter(neighbours[other])))
                break
            if order >= 0 and order < lowest[place]:
                lowest[place] = order
        else:
            path.pop()
            if path:
                above = path[-1][0]
                weight[above] += weight[place]
                lowest[above] = min(lowest[above], lowest[place])
                if lowest[place] >= seen[above]:
                    parted[above] += weight[place]
                    largest[above] = max(largest[above], weight[place])
    whole = weight[start]
    return whole, {
        place: max(largest[place], whole - areas[place] - parted[place]) for place in weight
    }


UNITS_PER_MU = 10**9
"""Areas are added as whole numbers, so that no order of adding decides between two choices."""

EXACT_UP_TO = 12
"""Blocks of so many parcels are searched through and through."""

WIDEST = comb(EXACT_UP_TO, EXACT_UP_TO // 2)
"""No more connected sets of one size exist in a block of that many parcels."""

NARROWEST, LOOKS = 4, 150_000
"""In larger blocks the search keeps so many sets at least, and looks at so many parcels in all."""

MOST_CUTS = 12
"""So many places for a cut are named, the most promising."""


@dataclass(frozen=True)
class Need:
    """How much land a project takes, and which sizes of block are worth keeping.

    ``least_mu, wanted_mu, most_mu``: Least land, land wished for, most land [亩]; no most: None.
    ``lines_mu``: Sizes from which contiguous land is listed (B3, B4) [亩].

    Raises PlanningError: ``carving_need_bad``: not 0 < least <= wanted <= most.
    """

    least_mu: float
    wanted_mu: float
    most_mu: float | None = None
    lines_mu: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        most = self.wanted_mu if self.most_mu is None else self.most_mu
        if not 0 < self.least_mu <= self.wanted_mu <= most:
            raise PlanningError(
                "carving_need_bad", least_mu=self.least_mu, wanted_mu=self.wanted_mu, most_mu=most
            )


@dataclass(frozen=True)
class Carving:
    """What is taken of a block, and what that leaves.

    ``places``: Positions of the parcels, sorted.
    ``area_mu, surplus_mu, short_mu``: Land taken, what of it goes beyond the wish, and what it
      lacks of the wish [亩].
    ``rest_mu, remainder_mu, stranded_mu``: Land left, its largest connected piece, and the others
      together [亩].
    ``cost_mu``: Surplus, shortness and stranded land together [亩].
    ``is_over_most``: True where it's more than the most land the project takes.
    ``lines_missed``: Of the lines that the block could still reach beside the project, how many
      its largest piece does not.
    """

    places: tuple[int, ...]
    area_mu: float
    surplus_mu: float
    short_mu: float
    rest_mu: float
    remainder_mu: float
    stranded_mu: float
    cost_mu: float
    is_over_most: bool
    lines_missed: int

    @property
    def order(self) -> tuple[bool, int, int, int, int, tuple[int, ...]]:
        """What decides between two: the smaller is the better."""
        cost, surplus = (round(mu * UNITS_PER_MU) for mu in (self.cost_mu, self.surplus_mu))
        return self.is_over_most, self.lines_missed, cost, surplus, len(self.places), self.places


@dataclass(frozen=True)
class CutOption:
    """A parcel that could be cut, so that nothing is taken beyond the wish.

    ``whole``: Positions of the parcels taken whole, sorted.
    ``cut``: Position of the parcel cut.
    ``take_mu``: Land taken of it [亩].
    ``least_cost_mu``: Cost where the cut parts nothing else [亩]: no cut can do better.
    """

    whole: tuple[int, ...]
    cut: int
    take_mu: float
    least_cost_mu: float


@dataclass(frozen=True)
class Carvings:
    """What a search through a block found.

    ``best``: The best set of whole parcels, None where none is large enough.
    ``cuts``: Cuts that might do better, the most promising first.
    ``is_exact``: True where every connected set was looked at or shown to be no better.
    """

    best: Carving | None
    cuts: tuple[CutOption, ...]
    is_exact: bool


def carve(
    areas_mu: npt.ArrayLike,
    pairs: tuple[Positions, Positions],
    need: Need,
    may_take: Sequence[bool] | None = None,
    widest: int | None = None,
) -> Carvings:
    """Find the connected parcels of a block that a project takes.

    ``areas_mu``: Area of each parcel [亩], array of n; land in two parcels counted with one of
      them.
    ``pairs``: Positions of neighbours, as ``geo.contiguity.neighbour_pairs`` gives them.
    ``may_take``: True for the parcels that may be taken, n of them; None for all. The others are
      part of what is left.
    ``widest``: Sets kept of each number of parcels; None for as many as the size of the block
      allows.

    Best is what meets the need without going over the most; then what keeps most of the lines that
    the block can still reach; then what costs least; then the least surplus, the fewest parcels,
    the first positions. Exact for blocks of up to ``EXACT_UP_TO`` parcels.

    Four parcels in a row; 40 亩 are taken at an end, not in the middle, though that fits as well:

    >>> row = (np.array([0, 1, 2]), np.array([1, 2, 3]))
    >>> best = carve([60, 40, 60, 42], row, Need(40, 40)).best
    >>> best.places, best.surplus_mu, best.remainder_mu
    ((3,), 2.0, 160.0)
    """
    graph = Graph.of(np.rint(np.asarray(areas_mu, dtype=float) * UNITS_PER_MU), *pairs)
    count = len(graph.areas)
    admitted = sum(1 << i for i in range(count) if may_take is None or may_take[i])
    width = widest or _width(graph, need)
    search = _Search(graph, need)
    level = {0: _Part(0, admitted, 0, 0)}
    while level:
        larger: dict[int, _Part] = {}
        for chosen, part in level.items():
            search.grow(chosen, part, admitted, larger)
        level = search.narrowed(larger, width)
    return Carvings(search.best, search.cuts(), search.is_exact)


def _width(graph: Graph, need: Need) -> int:
    count = len(graph.areas)
    if count <= EXACT_UP_TO:
        return WIDEST
    mean = sum(graph.areas) / count
    steps = min(count, max(1, round(need.wanted_mu * UNITS_PER_MU / max(mean, 1))))
    return max(NARROWEST, min(WIDEST, LOOKS // (count * steps)))


def carving_of(
    chosen: tuple[int, ...], area_mu: float, block_mu: float, remainder_mu: float, need: Need
) -> Carving:
    """Say what a choice takes, leaves and costs.

    ``area_mu, block_mu, remainder_mu``: Land taken, of the whole block, of the largest connected
      piece left [亩].
    """
    surplus, short = max(0.0, area_mu - need.wanted_mu), max(0.0, need.wanted_mu - area_mu)
    stranded = max(0.0, block_mu - area_mu - remainder_mu)
    over = need.most_mu is not None and area_mu > need.most_mu * (1 + RELATIVE_TOLERANCE)
    return Carving(
        chosen, area_mu, surplus, short, block_mu - area_mu, remainder_mu, stranded,
        surplus + short + stranded, over, _missed(block_mu, remainder_mu, need),
    )  # fmt: skip


def _missed(block_mu: float, remainder_mu: float, need: Need) -> int:
    most = block_mu - need.wanted_mu
    reachable = [mu for mu in need.lines_mu if most >= mu * (1 - RELATIVE_TOLERANCE)]
    return sum(remainder_mu < mu * (1 - RELATIVE_TOLERANCE) for mu in reachable)


@dataclass(frozen=True, slots=True)
class _Part:
    """A set on its way: its area, what can be added, largest piece left, pairs it parts."""

    area: int
    around: int
    remainder: int
    parted: int


class _Search:
    """Connected sets grown parcel by parcel; what can't get better any more is let go."""

    def __init__(self, graph: Graph, need: Need) -> None:
        self.graph, self.need = graph, need
        self.block = sum(graph.areas)
        self.best: Carving | None = None
        self.is_exact = True
        self._cuts: list[tuple[tuple[float, ...], CutOption]] = []
        self._wanted = need.wanted_mu * UNITS_PER_MU * (1 - RELATIVE_TOLERANCE)
        self._least = need.least_mu * UNITS_PER_MU * (1 - RELATIVE_TOLERANCE)

    def grow(self, chosen: int, part: _Part, admitted: int, grown: dict[int, _Part]) -> None:
        """Add each neighbour to a set; note what is large enough, pass on what may still grow."""
        graph = self.graph
        rest = rest_of(graph, chosen)
        overshooting = []
        for place in graph.members(part.around & ~chosen):
            larger, remainder = chosen | 1 << place, rest.without[place]
            area = part.area + graph.areas[place]
            if area > self._wanted * (1 + 2 * RELATIVE_TOLERANCE):
                overshooting.append(place)
            if larger in grown:
                continue
            if area >= self._least:
                self._note(larger, area, remainder)
            if area < self._wanted and self._may_improve(remainder):
                grown[larger] = _Part(
                    area,
                    (part.around | graph.bits[place]) & admitted if chosen
                    else graph.bits[place] & admitted,
                    remainder,
                    part.parted + graph.bits[place].bit_count()
                    - 2 * (graph.bits[place] & chosen).bit_count(),
                )  # fmt: skip
        self._note_cuts(chosen, part.area, rest, overshooting)

    def narrowed(self, grown: dict[int, _Part], width: int) -> dict[int, _Part]:
        """Keep the sets that strand least, then the most compact."""
        kept = [chosen for chosen, part in grown.items() if self._may_improve(part.remainder)]
        if len(kept) > width:
            self.is_exact = False
            kept.sort(
                key=lambda chosen: (
                    self.block - grown[chosen].area - grown[chosen].remainder,
                    grown[chosen].parted,
                    chosen,
                )
            )
        return {chosen: grown[chosen] for chosen in kept[:width]}

    def cuts(self) -> tuple[CutOption, ...]:
        """Give the cuts that promise most."""
        return tuple(option for _, option in self._cuts)

    def _note(self, chosen: int, area: int, remainder: int) -> None:
        if self.best is not None and self._cannot_beat(area, remainder, self.best):
            return
        carving = carving_of(
            tuple(self.graph.members(chosen)),
            area / UNITS_PER_MU,
            self.block / UNITS_PER_MU,
            remainder / UNITS_PER_MU,
            self.need,
        )
        if self.best is None or carving.order < self.best.order:
            self.best = carving

    def _cannot_beat(self, area: int, remainder: int, best: Carving) -> bool:
        """Look ahead without making anything: a plainly higher cost within the most."""
        cost = abs(area - self.need.wanted_mu * UNITS_PER_MU) + self.block - area - remainder
        return (
            not best.is_over_most
            and best.lines_missed == 0
            and cost > best.cost_mu * UNITS_PER_MU + 2
        )

    def _may_improve(self, remainder: int) -> bool:
        """Say whether a set that has grown further, with less land left, could be the best."""
        if self.best is None or self.best.is_over_most:
            return True
        block_mu, left_mu = self.block / UNITS_PER_MU, remainder / UNITS_PER_MU
        missed = _missed(block_mu, left_mu, self.need)
        cost = round((block_mu - self.need.wanted_mu - left_mu) * UNITS_PER_MU)
        best = (self.best.lines_missed, round(self.best.cost_mu * UNITS_PER_MU) + 2)
        return (missed, cost) <= best

    def _note_cuts(self, chosen: int, area: int, rest: Rest, overshooting: list[int]) -> None:
        """Keep the parcels that would be taken in part, were the set to end with them."""
        take = self.need.wanted_mu - area / UNITS_PER_MU
        block_mu = self.block / UNITS_PER_MU
        whole = tuple(self.graph.members(chosen)) if overshooting else ()
        for place in overshooting:
            piece_mu, beside_mu = (
                mu[place] / UNITS_PER_MU for mu in (rest.piece_of, rest.other_piece)
            )
            left_mu = max(piece_mu - take, beside_mu)
            cost_mu = block_mu - self.need.wanted_mu - left_mu
            missed = _missed(block_mu, left_mu, self.need)
            spare_mu = self.graph.areas[place] / UNITS_PER_MU - take
            order = (missed, round(cost_mu, 6), len(whole), -spare_mu, place, *whole)
            if len(self._cuts) < MOST_CUTS or order < self._cuts[-1][0]:
                insort(self._cuts, (order, CutOption(whole, place, take, cost_mu)), key=_first)
                del self._cuts[MOST_CUTS:]


def _first(entry: tuple[tuple[float, ...], CutOption]) -> tuple[float, ...]:
    return entry[0]
