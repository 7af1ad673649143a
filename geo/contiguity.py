"""Neighbours, components, tolerance curve."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Floats, Positions, Shapes
from geo.contiguity_numpy import plain_gaps, plain_near_pairs
from geo.edges import NO_OBSTACLES, Obstacles
from geo.errors import GeometryError
from geo.prepared import Given, prepared
from geo.tools import Progress, kernels_available
from geo.union import OverlapFaces
from geo.units import compare

MOST_GAP_M = 50.0
"""Wider gaps are never bridged [m]."""


@dataclass(frozen=True)
class NeighbourRule:
    """When two shapes count as neighbours.

    The boundary of one within the gap g of the other falls, ring by ring, into connected runs. A
    run counts its length less 2 (g - r), never less than nothing, where r is its distance from the
    other. Two shapes at a distance d hold at g when on both sides the runs count ``min_edge + 2 d``
    together, and all boundary within g is ``min_edge + 2 g``. They are neighbours from the smallest
    gap on at which they hold.

    Contacts at points with right or obtuse openings count nothing, however many. Not promised: a
    wedge narrower than the gap is facing boundary (a square corner on a straight edge joins at
    6.04 m with the default edge), two contacts are one run where all boundary between them lies
    within the gap, and shapes narrower than the gap see through themselves.

    ``gap_m``: Largest gap that may be bridged [m], 0 to 50.
    ``min_edge_m``: Least facing edge [m], above 0.

    Raises
    ------
    GeometryError
        ``gap_out_of_range``, ``min_edge_out_of_range``.
    """

    gap_m: float = 2.0
    min_edge_m: float = 5.0

    def __post_init__(self) -> None:
        if not 0 <= self.gap_m <= MOST_GAP_M:
            raise GeometryError("gap_out_of_range", gap_m=self.gap_m)
        if not 0.1 <= self.min_edge_m <= 1000:
            raise GeometryError("min_edge_out_of_range", min_edge_m=self.min_edge_m)


def single_parts(shapes: npt.ArrayLike) -> tuple[Shapes, Positions, Positions]:
    """Take multi-part shapes by their parts: parts that lie apart are not contiguous.

    Parameters
    ----------
    shapes
        Polygons and multi-polygons, array of n.

    Returns
    -------
    parts
        Polygons, array of m >= n.
    of_shape
        Position of the shape each part belongs to, array of m.
    number
        Number of the part in its shape from 1, 0 for the only part; array of m.
    """
    geometries: Shapes = np.asarray(shapes, dtype=object)
    parts, of_shape = shapely.get_parts(geometries, return_index=True)
    counts = np.bincount(of_shape, minlength=len(geometries))
    first = np.cumsum(counts) - counts
    number = np.arange(len(parts)) - first[of_shape] + 1
    return parts, of_shape, np.where(counts[of_shape] == 1, 0, number)


@dataclass(frozen=True)
class JoiningGaps:
    """Pairs of shapes with the smallest gap at which they are neighbours (连片距离).

    ``first, second``: Positions of the pairs, ``first < second``, sorted; arrays of p.
    ``gap_m``: From which gap on they are neighbours [m], array of p.
    """

    first: Positions
    second: Positions
    gap_m: Floats

    def within(self, gap_m: float) -> tuple[Positions, Positions]:
        """Give the pairs that are neighbours at a gap [m]."""
        is_within = self.gap_m <= gap_m
        return self.first[is_within], self.second[is_within]


def neighbour_pairs(
    polygons: Given,
    rule: NeighbourRule,
    obstacles: Obstacles = NO_OBSTACLES,
    progress: Progress | None = None,
) -> tuple[Positions, Positions]:
    """Find every pair of neighbours.

    Parameters
    ----------
    polygons
        Valid polygons of one part each, array of n.
    rule
        Gap and facing edge.
    obstacles
        What a gap may not be bridged over.
    progress
        Told the share done.

    Returns
    -------
    first, second
        Positions of the pairs, ``first < second``, sorted.

    Examples
    --------
    Two squares share an edge, a third touches the second only at a corner:

    >>> squares = [shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9), shapely.box(18, 9, 27, 18)]
    >>> [ends.tolist() for ends in neighbour_pairs(squares, NeighbourRule(2, 5))]
    [[0], [1]]
    """
    neighbours = _joining(polygons, rule.min_edge_m, obstacles, rule.gap_m, False, progress)
    return neighbours.first, neighbours.second


def joining_gaps(
    polygons: Given,
    min_edge_m: float,
    obstacles: Obstacles = NO_OBSTACLES,
    most_gap_m: float = MOST_GAP_M,
    progress: Progress | None = None,
) -> JoiningGaps:
    """Find for every pair of shapes from which gap on they are neighbours.

    Parameters
    ----------
    polygons
        Valid polygons of one part each, array of n.
    min_edge_m
        Least facing edge [m].
    obstacles
        What a gap may not be bridged over.
    most_gap_m
        Largest gap looked at [m].
    progress
        Told the share done.

    Returns
    -------
    JoiningGaps
        The pairs that are neighbours at ``most_gap_m`` or less.

    Raises
    ------
    GeometryError
        ``gap_out_of_range``, ``min_edge_out_of_range``.

    Examples
    --------
    Two fields 3 m apart:

    >>> fields = [shapely.box(0, 0, 90, 90), shapely.box(93, 0, 180, 90)]
    >>> joining_gaps(fields, 5.0).gap_m.round(3).tolist()
    [3.0]
    """
    NeighbourRule(most_gap_m, min_edge_m)
    return _joining(polygons, min_edge_m, obstacles, most_gap_m, True, progress)


def _joining(
    polygons: Given,
    min_edge_m: float,
    obstacles: Obstacles,
    most_gap_m: float,
    exact: bool,
    progress: Progress | None,
) -> JoiningGaps:
    shapes = prepared(polygons)
    if kernels_available():
        from geo.kernels.joining import compiled_gaps

        gaps = compiled_gaps(
            shapes, min_edge_m, obstacles, most_gap_m, exact=exact, progress=progress
        )
    else:
        gaps = plain_gaps(
            shapes.shapes, min_edge_m, obstacles, most_gap_m, exact=exact, progress=progress
        )
    first, second, gap_m = gaps
    order = np.lexsort((second, first))
    return JoiningGaps(first[order], second[order], gap_m[order])


def near_pairs(polygons: Given, reach_m: float) -> tuple[Positions, Positions]:
    """Find every pair of shapes whose distance is not greater than a reach.

    Corner contacts are among them: this is how loose clustering joins land, and the neighbour
    rule does not.

    ``reach_m``: Largest distance [m].

    Positions of the pairs, ``first < second``, sorted.

    >>> squares = [shapely.box(0, 0, 9, 9), shapely.box(9, 9, 18, 18), shapely.box(20, 9, 27, 18)]
    >>> [ends.tolist() for ends in near_pairs(squares, 1.0)]
    [[0], [1]]
    """
    shapes = prepared(polygons)
    if kernels_available():
        from geo.kernels.joining import compiled_near_pairs

        first, second = compiled_near_pairs(shapes, reach_m)
    else:
        first, second = plain_near_pairs(shapes.shapes, reach_m)
    order = np.lexsort((second, first))
    return first[order], second[order]


def component_labels(count: int, first: Positions, second: Positions) -> Positions:
    """Label the groups of shapes that hang together.

    Parameters
    ----------
    count
        Number of shapes.
    first, second
        Pairs of neighbours.

    Returns
    -------
    array of int
        Label of each shape's group, array of ``count``.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(first)), (first, second)), shape=(count, count))
    labels: Positions = connected_components(links, directed=False)[1].astype(np.intp)
    return labels


@dataclass(frozen=True)
class Growth:
    """Number and area of the groups that reach a threshold, by gap.

    ``gap_m``: Gaps at which something changes, rising from 0 [m]; array of k.
    ``count``: Groups that reach the threshold, from that gap on.
    ``area_m2``: Their area together, land in two of them counted once [m²]: it never falls.
    """

    gap_m: Floats
    count: Positions
    area_m2: Floats

    def at(self, gap_m: float) -> tuple[int, float]:
        """Give number and area [m²] at a gap [m]."""
        place = int(np.searchsorted(self.gap_m, gap_m, side="right")) - 1
        return int(self.count[place]), float(self.area_m2[place])


@dataclass
class _Group:
    """A growing group: its area, the same counted with multiplicity, its faces of overlap."""

    area_m2: float
    sum_m2: float
    faces: dict[int, int] = field(default_factory=dict)
    is_listed: bool = False


def growth(
    area_m2: npt.NDArray[np.float64],
    joining: JoiningGaps,
    overlaps: OverlapFaces,
    threshold_m2: float,
) -> Growth:
    """Follow the groups from gap 0 to the largest.

    Parameters
    ----------
    area_m2
        Area of each shape [m²], array of n.
    joining
        From which gap on pairs are neighbours.
    overlaps
        Land that several shapes cover.
    threshold_m2
        Least area of a group that counts [m²].

    Returns
    -------
    Growth
        Steps of the curve.

    Examples
    --------
    Two fields of 60 m², 3 m apart, reach 100 m² together:

    >>> joining = JoiningGaps(np.array([0]), np.array([1]), np.array([3.0]))
    >>> steps = growth(np.array([60.0, 60.0]), joining, OverlapFaces.none(), 100.0)
    >>> steps.at(2.9), steps.at(3.0)
    ((0, 0.0), (1, 120.0))
    """
    first, second, gap_m = _tree(len(area_m2), joining)
    groups = [_Group(a, a) for a in area_m2.tolist()]
    for face, member in zip(overlaps.face.tolist(), overlaps.member.tolist(), strict=True):
        groups[member].faces[face] = 1
    listed = _Listed(overlaps.area_m2.tolist(), threshold_m2)
    for group in groups:
        listed.take_if_large(group)
    steps = [(0.0, listed.count, listed.area_m2)]
    parent = list(range(len(groups)))
    for start, end, gap in zip(first.tolist(), second.tolist(), gap_m.tolist(), strict=True):
        root, other = _root(parent, start), _root(parent, end)
        if len(groups[root].faces) < len(groups[other].faces):
            root, other = other, root
        parent[other] = root
        listed.merge(groups[root], groups[other])
        if gap > steps[-1][0]:
            steps.append((gap, listed.count, listed.area_m2))
        else:
            steps[-1] = (steps[-1][0], listed.count, listed.area_m2)
    gaps, counts, areas = zip(*steps, strict=True)
    return Growth(np.array(gaps), np.array(counts, dtype=np.intp), np.array(areas))


class _Listed:
    """The groups that reach the threshold, with their area together."""

    def __init__(self, face_m2: list[float], threshold_m2: float) -> None:
        self.count = 0
        self.area_m2 = 0.0
        self._face_m2 = face_m2
        self._threshold_m2 = threshold_m2
        self._covered: dict[int, int] = {}

    def merge(self, group: _Group, other: _Group) -> None:
        """Let the first group take the second."""
        new = [member for member in (group, other) if not member.is_listed]
        was_listed = group.is_listed or other.is_listed
        if group.is_listed and other.is_listed:
            self.count -= 1
        if was_listed:
            for member in new:
                self._cover(member)
        common = 0.0
        for face, times in other.faces.items():
            if face in group.faces:
                common += self._face_m2[face]
            group.faces[face] = group.faces.get(face, 0) + times
        group.area_m2 += other.area_m2 - common
        group.sum_m2 += other.sum_m2
        group.is_listed = was_listed
        other.faces = {}
        if not was_listed:
            self.take_if_large(group)

    def take_if_large(self, group: _Group) -> None:
        """List the group where it reaches the threshold."""
        if group.area_m2 > 0 and compare(group.area_m2, self._threshold_m2) >= 0:
            group.is_listed = True
            self.count += 1
            self._cover(group)

    def _cover(self, group: _Group) -> None:
        self.area_m2 += group.sum_m2
        for face, times in group.faces.items():
            before = self._covered.get(face, 0)
            twice = max(before + times - 1, 0) - max(before - 1, 0)
            self.area_m2 -= twice * self._face_m2[face]
            self._covered[face] = before + times


def _tree(count: int, joining: JoiningGaps) -> tuple[Positions, Positions, Floats]:
    """Keep the pairs that join groups when the gap grows, in that order."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    # Zero means no link to the library: all gaps are shifted.
    links = coo_array((joining.gap_m + 1.0, (joining.first, joining.second)), shape=(count, count))
    tree = minimum_spanning_tree(links.tocsr()).tocoo()
    gap_m = tree.data - 1.0
    order = np.lexsort((tree.col, tree.row, gap_m))
    return tree.row[order], tree.col[order], gap_m[order]


def _root(parent: list[int], node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def knee(gap_m: Floats, area_m2: Floats) -> float | None:
    """Find where a curve that rises turns flat: the point farthest above its chord.

    Parameters
    ----------
    gap_m
        Gaps, rising [m].
    area_m2
        Area at each [m²], nowhere falling.

    Returns
    -------
    float or None
        The gap of the knee [m]; None where the curve is flat or nowhere above its chord.

    Examples
    --------
    >>> knee(np.array([0.0, 1.0, 2.0, 10.0]), np.array([0.0, 8.0, 9.0, 10.0]))
    1.0
    """
    rise = area_m2[-1] - area_m2[0] if len(area_m2) else 0.0
    if rise <= 0 or gap_m[-1] <= gap_m[0]:
        return None
    above = (area_m2 - area_m2[0]) / rise - (gap_m - gap_m[0]) / (gap_m[-1] - gap_m[0])
    place = int(np.argmax(above))
    return float(gap_m[place]) if above[place] > 1e-9 else None
