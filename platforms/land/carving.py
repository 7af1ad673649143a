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
    ``beside``: Neighbours of each, as positions.
    ``bits``: The same, as one number: bit i stands for position i.
    """

    areas: tuple[int, ...]
    beside: tuple[tuple[int, ...], ...]
    bits: tuple[int, ...]

    @classmethod
    def of(cls, areas: Floats, first: Positions, second: Positions) -> "Graph":
        """Make the graph of areas and pairs of neighbours."""
        beside: list[set[int]] = [set() for _ in areas]
        for one, other in zip(first.tolist(), second.tolist(), strict=True):
            beside[one].add(other)
            beside[other].add(one)
        return cls(
            tuple(int(area) for area in areas),
            tuple(tuple(sorted(ones)) for ones in beside),
            tuple(sum(1 << one for one in ones) for ones in beside),
        )

    @staticmethod
    def members(taken: int) -> list[int]:
        """Give the positions of a set, sorted."""
        found = []
        while taken:
            low = taken & -taken
            found.append(low.bit_length() - 1)
            taken ^= low
        return found


@dataclass(frozen=True)
class Rest:
    """What is left of a block beside a set.

    ``without``: For each position left, the area of the largest connected piece once it is taken
      too.
    ``piece_of``: For each position left, the area of the piece it lies in.
    ``beside``: For each position left, the area of the largest of the other pieces.
    """

    without: dict[int, int]
    piece_of: dict[int, int]
    beside: dict[int, int]


def rest_of(graph: Graph, taken: int) -> Rest:
    """Look at the pieces left beside a set, and at what each parcel holds together.

    By one depth-first walk through each piece (Tarjan): a parcel whose subtree reaches no farther
    up than itself parts that subtree from the piece.
    """
    seen = dict.fromkeys(graph.members(taken), -1)
    pieces: list[tuple[int, dict[int, int]]] = []
    for start in range(len(graph.areas)):
        if start not in seen:
            pieces.append(_walk(graph, start, seen))
    order = sorted((area for area, _ in pieces), reverse=True)
    largest, second = (*order, 0, 0)[:2]
    without: dict[int, int] = {}
    piece_of: dict[int, int] = {}
    beside: dict[int, int] = {}
    for area, parted in pieces:
        other = second if area == largest else largest
        for one, left in parted.items():
            without[one] = max(other, left)
            piece_of[one], beside[one] = area, other
    return Rest(without, piece_of, beside)


def _walk(graph: Graph, start: int, seen: dict[int, int]) -> tuple[int, dict[int, int]]:
    """Walk through one piece: its area, and its largest part without each of its parcels."""
    areas, beside = graph.areas, graph.beside
    seen[start] = 0
    lowest, weight = {start: 0}, {start: areas[start]}
    largest, parted = {start: 0}, {start: 0}
    path = [(start, iter(beside[start]))]
    number = 0
    while path:
        one, ways = path[-1]
        for other in ways:
            place = seen.get(other)
            if place is None:
                number += 1
                seen[other] = lowest[other] = number
                weight[other], largest[other], parted[other] = areas[other], 0, 0
                path.append((other, iter(beside[other])))
                break
            if place >= 0 and place < lowest[one]:
                lowest[one] = place
        else:
            path.pop()
            if path:
                above = path[-1][0]
                weight[above] += weight[one]
                lowest[above] = min(lowest[above], lowest[one])
                if lowest[one] >= seen[above]:
                    parted[above] += weight[one]
                    largest[above] = max(largest[above], weight[one])
    whole = weight[start]
    return whole, {one: max(largest[one], whole - areas[one] - parted[one]) for one in weight}


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

    Attributes
    ----------
    least_mu, wanted_mu, most_mu
        Least land, land wished for, most land [亩]; no most: None.
    lines_mu
        Sizes from which contiguous land is listed (B3, B4) [亩].

    Raises
    ------
    PlanningError
        ``carving_need_bad``: not 0 < least <= wanted <= most.
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

    ``taken``: Positions of the parcels, sorted.
    ``area_mu, surplus_mu, short_mu``: Land taken, what of it goes beyond the wish, and what it
      lacks of the wish [亩].
    ``rest_mu, remainder_mu, stranded_mu``: Land left, its largest connected piece, and the others
      together [亩].
    ``cost_mu``: Surplus, shortness and stranded land together [亩].
    ``is_over_most``: True where it's more than the most land the project takes.
    ``lines_missed``: Of the lines that the block could still reach beside the project, how many
      its largest piece does not.
    """

    taken: tuple[int, ...]
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
        return self.is_over_most, self.lines_missed, cost, surplus, len(self.taken), self.taken


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

    Examples
    --------
    Four parcels in a row; 40 亩 are taken at an end, not in the middle, though that fits as well:

    >>> row = (np.array([0, 1, 2]), np.array([1, 2, 3]))
    >>> found = carve([60, 40, 60, 42], row, Need(40, 40)).best
    >>> found.taken, found.surplus_mu, found.remainder_mu
    ((3,), 2.0, 160.0)
    """
    graph = Graph.of(np.rint(np.asarray(areas_mu, dtype=float) * UNITS_PER_MU), *pairs)
    count = len(graph.areas)
    admitted = sum(1 << i for i in range(count) if may_take is None or may_take[i])
    width = widest or _width(graph, need)
    search = _Search(graph, need)
    level = {0: _Part(0, admitted, 0, 0)}
    while level:
        found: dict[int, _Part] = {}
        for taken, part in level.items():
            search.grow(taken, part, admitted, found)
        level = search.narrowed(found, width)
    return Carvings(search.best, search.cuts(), search.is_exact)


def _width(graph: Graph, need: Need) -> int:
    count = len(graph.areas)
    if count <= EXACT_UP_TO:
        return WIDEST
    mean = sum(graph.areas) / count
    steps = min(count, max(1, round(need.wanted_mu * UNITS_PER_MU / max(mean, 1))))
    return max(NARROWEST, min(WIDEST, LOOKS // (count * steps)))


def judged(
    taken: tuple[int, ...], area_mu: float, block_mu: float, remainder_mu: float, need: Need
) -> Carving:
    """Say what a choice takes, leaves and costs.

    ``area_mu, block_mu, remainder_mu``: Land taken, of the whole block, of the largest connected
      piece left [亩].
    """
    surplus, short = max(0.0, area_mu - need.wanted_mu), max(0.0, need.wanted_mu - area_mu)
    stranded = max(0.0, block_mu - area_mu - remainder_mu)
    over = need.most_mu is not None and area_mu > need.most_mu * (1 + RELATIVE_TOLERANCE)
    return Carving(
        taken, area_mu, surplus, short, block_mu - area_mu, remainder_mu, stranded,
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

    def grow(self, taken: int, part: _Part, admitted: int, found: dict[int, _Part]) -> None:
        """Add each neighbour to a set; note what is large enough, pass on what may still grow."""
        graph = self.graph
        rest = rest_of(graph, taken)
        overshooting = []
        for one in graph.members(part.around & ~taken):
            larger, remainder = taken | 1 << one, rest.without[one]
            area = part.area + graph.areas[one]
            if area > self._wanted * (1 + 2 * RELATIVE_TOLERANCE):
                overshooting.append(one)
            if larger in found:
                continue
            if area >= self._least:
                self._note(larger, area, remainder)
            if area < self._wanted and self._may_improve(remainder):
                found[larger] = _Part(
                    area,
                    (part.around | graph.bits[one]) & admitted if taken
                    else graph.bits[one] & admitted,
                    remainder,
                    part.parted + graph.bits[one].bit_count()
                    - 2 * (graph.bits[one] & taken).bit_count(),
                )  # fmt: skip
        self._note_cuts(taken, part.area, rest, overshooting)

    def narrowed(self, found: dict[int, _Part], width: int) -> dict[int, _Part]:
        """Keep the sets that strand least, then the most compact."""
        kept = [taken for taken, part in found.items() if self._may_improve(part.remainder)]
        if len(kept) > width:
            self.is_exact = False
            kept.sort(
                key=lambda taken: (
                    self.block - found[taken].area - found[taken].remainder,
                    found[taken].parted,
                    taken,
                )
            )
        return {taken: found[taken] for taken in kept[:width]}

    def cuts(self) -> tuple[CutOption, ...]:
        """Give the cuts that promise most."""
        return tuple(option for _, option in self._cuts)

    def _note(self, taken: int, area: int, remainder: int) -> None:
        if self.best is not None and self._cannot_beat(area, remainder, self.best):
            return
        carving = judged(
            tuple(self.graph.members(taken)),
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
        held = (self.best.lines_missed, round(self.best.cost_mu * UNITS_PER_MU) + 2)
        return (missed, cost) <= held

    def _note_cuts(self, taken: int, area: int, rest: Rest, overshooting: list[int]) -> None:
        """Keep the parcels that would be taken in part, were the set to end with them."""
        take = self.need.wanted_mu - area / UNITS_PER_MU
        block_mu = self.block / UNITS_PER_MU
        whole = tuple(self.graph.members(taken)) if overshooting else ()
        for one in overshooting:
            piece_mu, beside_mu = (mu[one] / UNITS_PER_MU for mu in (rest.piece_of, rest.beside))
            left_mu = max(piece_mu - take, beside_mu)
            cost_mu = block_mu - self.need.wanted_mu - left_mu
            missed = _missed(block_mu, left_mu, self.need)
            spare_mu = self.graph.areas[one] / UNITS_PER_MU - take
            order = (missed, round(cost_mu, 6), len(whole), -spare_mu, one, *whole)
            if len(self._cuts) < MOST_CUTS or order < self._cuts[-1][0]:
                insort(self._cuts, (order, CutOption(whole, one, take, cost_mu)), key=_first)
                del self._cuts[MOST_CUTS:]


def _first(held: tuple[tuple[float, ...], CutOption]) -> tuple[float, ...]:
    return held[0]
