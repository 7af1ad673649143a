"""How several projects could share a block: pieces beside each other, in more than one order."""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from platforms.land.carving import Need
from platforms.land.site_carving import SLIVER_M2, CarvedSite, Carver

MOST_FIRST = 4
"""So many of the sizes asked for are laid out first, spread from the largest to the smallest."""

MOST_PIECES = 6
"""A layout lays out so many pieces at most."""


@dataclass(frozen=True)
class PieceAsked:
    """A size of land that projects ask for in a block.

    ``carver, place``: The blocks, and the position of the block among them.
    ``need``: Land asked for.
    ``count``: Number of projects that ask so.
    """

    carver: Carver
    place: int
    need: Need
    count: int

    @property
    def order(self) -> tuple[float, float, float, int]:
        """Largest wish first; nothing of it depends on the order in which projects are given."""
        need = self.need
        return -need.wanted_mu, -need.least_mu, -(need.most_mu or need.wanted_mu), self.place


def shared_pieces(
    asked: Sequence[PieceAsked], already: Sequence[Sequence[shapely.Geometry]]
) -> list[list[CarvedSite]]:
    """Lay out pieces of one block beside each other, for all that could share it.

    ``asked``: Sizes asked for, in blocks that share land.
    ``already``: For each of them shapes that are offered anyhow.

    For each of them the piece cut to its wish, and its pieces in all layouts. In a layout one size
    comes first and the others follow from the largest on, in one more from the smallest on; each
    takes what suits it best of what those before it left. Which sizes come first is a sample where
    there are many.
    """
    order = sorted(range(len(asked)), key=lambda at: asked[at].order)
    many = [at for at in order for _ in range(asked[at].count)]
    orders = [[first, *_less(many, first)] for first in _spread(order)]
    orders += [many[::-1], *([at] for at in order)]
    pieces: list[list[CarvedSite]] = [[] for _ in asked]
    known = [list(shapes) for shapes in already]
    for sequence in dict.fromkeys(map(tuple, orders)):
        for at, site in _layout(asked, sequence):
            if not any(_is_same(site.geometry, shape) for shape in known[at]):
                known[at].append(site.geometry)
                pieces[at].append(site)
    return pieces


def _less(many: Sequence[int], first: int) -> list[int]:
    at = many.index(first)
    return [*many[:at], *many[at + 1 :]]


def _spread(order: Sequence[int]) -> list[int]:
    """Take some, spread evenly from the first to the last; all where they are few."""
    if len(order) <= MOST_FIRST:
        return list(order)
    step = (len(order) - 1) / (MOST_FIRST - 1)
    return [order[round(number * step)] for number in range(MOST_FIRST)]


def _layout(asked: Sequence[PieceAsked], sequence: Sequence[int]) -> list[tuple[int, CarvedSite]]:
    """Take one piece after another; a size that no longer fits is not tried again."""
    laid: list[tuple[int, CarvedSite]] = []
    too_large: set[int] = set()
    for at in sequence:
        if len(laid) == MOST_PIECES:
            break
        if at in too_large:
            continue
        piece = asked[at]
        site = piece.carver.beside(piece.place, piece.need, [s.geometry for _, s in laid])
        if site is None:
            too_large.add(at)
        else:
            laid.append((at, site))
    return laid


def _is_same(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    if abs(one.area - other.area) > SLIVER_M2:
        return False
    return bool(shapely.area(shapely.symmetric_difference(one, other)) <= SLIVER_M2)
