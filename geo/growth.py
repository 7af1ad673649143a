"""How groups of shapes grow with the gap that is bridged between them: the tolerance curve.

The joining gap of each pair is computed once; the groups at every gap follow from it. Land that
several shapes cover counts once, as everywhere.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from geo.contiguity import JoiningGaps
from geo.edges import Numbers, Positions
from geo.overlaps import OverlapFaces
from geo.units import compare


@dataclass(frozen=True)
class Growth:
    """Number and area of the groups that reach a threshold, by gap.

    Attributes
    ----------
    gap_m
        Gaps at which something changes, rising from 0 [m]; array of k.
    count
        Groups that reach the threshold, from that gap on.
    area_m2
        Their area together, land in two of them counted once [m²]: it never falls.
    """

    gap_m: Numbers
    count: Positions
    area_m2: Numbers

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
    for one, two, gap in zip(first.tolist(), second.tolist(), gap_m.tolist(), strict=True):
        root, other = _root(parent, one), _root(parent, two)
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
        new = [one for one in (group, other) if not one.is_listed]
        was_listed = group.is_listed or other.is_listed
        if group.is_listed and other.is_listed:
            self.count -= 1
        if was_listed:
            for one in new:
                self._cover(one)
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


def _tree(count: int, joining: JoiningGaps) -> tuple[Positions, Positions, Numbers]:
    """Keep the pairs that join groups when the gap grows, in that order."""
    # Zero means no link to the library: all gaps are shifted.
    links = coo_array((joining.gap_m + 1.0, (joining.first, joining.second)), shape=(count, count))
    tree = minimum_spanning_tree(links.tocsr()).tocoo()
    gap_m = tree.data - 1.0
    order = np.lexsort((tree.col, tree.row, gap_m))
    return tree.row[order], tree.col[order], gap_m[order]


def _root(parent: list[int], one: int) -> int:
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


def knee(gap_m: Numbers, area_m2: Numbers) -> float | None:
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
