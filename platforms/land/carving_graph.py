"""The parcels of a block as a graph: sets of them as bits, and what is left without each."""

from dataclasses import dataclass

from geo.contiguity import Positions
from geo.edges import Numbers


@dataclass(frozen=True)
class Graph:
    """Parcels with areas, joined where they are neighbours.

    Attributes
    ----------
    areas
        Area of each, whole numbers.
    beside
        Neighbours of each, as positions.
    bits
        The same, as one number: bit i stands for position i.
    """

    areas: tuple[int, ...]
    beside: tuple[tuple[int, ...], ...]
    bits: tuple[int, ...]

    @classmethod
    def of(cls, areas: Numbers, first: Positions, second: Positions) -> "Graph":
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

    Attributes
    ----------
    without
        For each position left, the area of the largest connected piece once it is taken too.
    piece_of
        For each position left, the area of the piece it lies in.
    beside
        For each position left, the area of the largest of the other pieces.
    """

    without: dict[int, int]
    piece_of: dict[int, int]
    beside: dict[int, int]


def rest_of(graph: Graph, taken: int) -> Rest:
    """Look at the pieces left beside a set, and at what each parcel holds together.

    Parameters
    ----------
    graph
        The block.
    taken
        The set, as bits.

    Returns
    -------
    Rest
        By one depth-first walk through each piece (Tarjan): a parcel whose subtree reaches no
        farther up than itself parts that subtree from the piece.
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
