"""Union by group, land covered twice."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.arrays import Flags, Floats, Positions, Shapes
from geo.measure import ellipsoidal_area_m2
from geo.overlay import areas_m2, common_area_m2, intersecting_pairs
from geo.prepared import Given, PreparedShapes, prepared
from geo.shape import is_polygonal, unary_union_by_group
from geo.tools import Progress, kernels_available

LEAST_M2 = 1e-6
"""Smaller pieces are rounding [m²]."""

NODE_M = 1e-7
"""Edges nearer than this are one [m]: coordinates of ten million metres are exact to 1e-8."""


@dataclass(frozen=True)
class OverlapFaces:
    """Pieces of land that two shapes or more cover.

    ``face, member``: Which shape covers which piece; arrays of incidences.
    ``area_m2``: Ellipsoidal area of each piece [m²].
    """

    face: Positions
    member: Positions
    area_m2: Floats

    @classmethod
    def none(cls) -> "OverlapFaces":
        """Give no pieces at all."""
        return cls(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0))

    def counted_twice_m2(self, label: Positions, count: int) -> Floats:
        """Say how much the areas of groups of shapes add up to too much.

        ``label``: Group of each shape.

        Area counted too much in each group [m²].
        """
        too_much = np.zeros(count)
        keys, times = np.unique(label[self.member] * len(self.area_m2) + self.face,
                                return_counts=True)  # fmt: skip
        if len(keys):
            face = keys % len(self.area_m2)
            np.add.at(too_much, keys // len(self.area_m2), (times - 1) * self.area_m2[face])
        return too_much


def overlap_faces(shapes: Given, crs: CRS) -> OverlapFaces:
    """Find the land that several shapes cover.

    Parameters
    ----------
    shapes
        Valid polygons, array of n, in ``crs``.
    crs
        Projected system in metres.

    Returns
    -------
    OverlapFaces
        Pieces that overlap nowhere, each with all the shapes that cover it.

    Examples
    --------
    Three squares over one place: four pieces are covered by two or by all three.

    >>> squares = np.array([shapely.box(5e5 + x, 34e5 + y, 5e5 + x + 20, 34e5 + y + 20)
    ...                     for x, y in ((0, 0), (10, 0), (0, 10))])
    >>> faces = overlap_faces(squares, CRS(4549))
    >>> sorted(np.bincount(faces.face).tolist()), faces.area_m2.round(1).tolist()
    ([2, 2, 3], [100.0, 100.0, 100.0])
    """
    prepared_shapes = prepared(shapes)
    polygons = prepared_shapes.shapes
    first, second, area_m2 = overlapping_pairs(prepared_shapes, crs)
    if not len(first):
        return OverlapFaces.none()
    alone = ~_in_triangle(len(polygons), first, second)
    pairs = int(alone.sum())
    face = np.repeat(np.arange(pairs), 2)
    member = np.column_stack([first[alone], second[alone]]).ravel()
    rest = _split(polygons, first[~alone], second[~alone])
    faces: Shapes = np.array([shape for _, shape in rest], dtype=object)
    places = [members for members, _ in rest]
    numbers = np.repeat(np.arange(len(rest)), [len(held_by) for held_by in places])
    return OverlapFaces(
        np.concatenate([face, numbers + pairs]).astype(np.intp),
        np.concatenate([member, *places]).astype(np.intp),
        np.concatenate([area_m2[alone], ellipsoidal_area_m2(faces, crs)]),
    )


def overlapping_pairs(shapes: Given, crs: CRS) -> tuple[Positions, Positions, Floats]:
    """Find the pairs of shapes that have land in common, and how much.

    Parameters
    ----------
    shapes
        Valid polygons, array of n, in ``crs``.
    crs
        Projected system in metres.

    Returns
    -------
    first, second
        Positions of the pairs, first < second, sorted.
    area_m2
        Ellipsoidal area of their common land [m²], above rounding.

    Examples
    --------
    >>> squares = [shapely.box(5e5 + x, 34e5, 5e5 + x + 10, 34e5 + 10) for x in (0, 10, 18)]
    >>> [side.round(1).tolist() for side in overlapping_pairs(squares, CRS(4549))]
    [[1], [2], [20.0]]
    """
    prepared_shapes = prepared(shapes)
    first, second = _doubtful_pairs(prepared_shapes)
    if not len(first):
        return first, second, np.empty(0)
    area_m2 = common_area_m2(prepared_shapes.shapes, prepared_shapes.shapes, first, second, crs)
    is_land = np.flatnonzero(area_m2 > LEAST_M2)
    is_land = is_land[np.lexsort((second[is_land], first[is_land]))]
    return first[is_land], second[is_land], area_m2[is_land]


def _doubtful_pairs(shapes: PreparedShapes) -> tuple[Positions, Positions]:
    """Give the pairs that may have land in common, first before second."""
    if kernels_available():
        from geo.kernels.union import coverage_fault_pairs

        pairs = coverage_fault_pairs(shapes).astype(np.intp)
        return pairs[:, 0], pairs[:, 1]
    boxes = shapely.box(*shapely.bounds(shapes.shapes).reshape(-1, 4).T)
    first, second = intersecting_pairs(boxes, boxes)
    once = first < second
    return first[once], second[once]


def _in_triangle(count: int, first: Positions, second: Positions) -> Flags:
    """Say which pairs have a third shape that overlaps both: it may lie over their common land."""
    from scipy.sparse import coo_array

    links = coo_array((np.ones(len(first)), (first, second)), shape=(count, count)).tocsr()
    both = links + links.T
    thirds = (both @ both).multiply(both).tocsr()
    has_third: Flags = np.asarray(thirds[first, second]).ravel() > 0
    return has_third


def _split(
    shapes: Shapes, first: Positions, second: Positions
) -> list[tuple[Positions, shapely.Geometry]]:
    """Cut the common land of pairs up where more than two shapes lie over it."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    common = shapely.intersection(shapes[first], shapes[second])
    pieces, of_pair = shapely.get_parts(common, return_index=True)
    solid = is_polygonal(pieces)
    pieces, of_pair = pieces[solid], of_pair[solid]
    left, right = shapely.STRtree(pieces).query(pieces, predicate="intersects")
    left, right = left[left < right], right[left < right]
    over = common_area_m2(pieces, pieces, left, right, None) > LEAST_M2
    links = coo_array((np.ones(over.sum()), (left[over], right[over])), shape=(len(pieces),) * 2)
    count, cluster = connected_components(links, directed=False)
    faces: list[tuple[Positions, shapely.Geometry]] = []
    order = np.argsort(cluster, kind="stable")
    for rows in np.split(order, np.searchsorted(cluster[order], np.arange(1, count))):
        of_rows = of_pair[rows]
        if len(rows) == 1:
            members = np.array([first[of_rows[0]], second[of_rows[0]]])
            faces.append((members, pieces[rows[0]]))
            continue
        members = np.unique(np.concatenate([first[of_rows], second[of_rows]]))
        # Edges of two pieces along one edge of a shape part by rounding: between them would lie
        # slivers that hang on to the faces beside them.
        lines = shapely.union_all(shapely.boundary(pieces[rows]), grid_size=NODE_M)
        for face in shapely.get_parts(shapely.polygonize([lines])):
            inside = shapely.point_on_surface(face)
            members_of_face = members[shapely.contains_properly(shapes[members], inside)]
            if len(members_of_face) > 1 and face.area > LEAST_M2:
                faces.append((members_of_face, face))
    return faces


def united(
    shapes: Given, group: npt.ArrayLike, count: int, progress: Progress | None = None
) -> Shapes:
    """Unite the shapes of each group.

    Parameters
    ----------
    shapes
        Valid polygons, array of n.
    group
        Group of each shape, 0 to ``count - 1``; a negative one leaves the shape out. Array of n.
    count
        Number of groups.
    progress
        Told the share done.

    Returns
    -------
    array of polygons
        The union of each group, empty for one without shapes; array of ``count``.

    Notes
    -----
    Most parcels share their edges corner by corner: such edges go, and what is left is the
    outline. Only parcels that touch or overlap otherwise are left to a general union.

    Examples
    --------
    >>> import shapely
    >>> squares = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 40)]
    >>> [round(shape.area) for shape in united(squares, [0, 0, 1], 2)]
    [200, 100]
    """
    prepared_shapes = prepared(shapes)
    of_group = np.asarray(group, dtype=np.intp)
    order = np.argsort(of_group, kind="stable")
    order = order[np.searchsorted(of_group[order], 0) :]
    if kernels_available():
        from geo.kernels.union import coverage_union

        return coverage_union(prepared_shapes, of_group, order, count, progress)
    return unary_union_by_group(prepared_shapes.shapes[order], of_group[order], count, progress)


def united_area_m2(shapes: Given, group: npt.ArrayLike, count: int, crs: CRS) -> Floats:
    """Measure the union of each group without uniting it.

    Parameters
    ----------
    shapes
        Valid polygons, array of n, in ``crs``.
    group
        Group of each shape, array of n.
    count
        Number of groups.
    crs
        Projected system in metres.

    Returns
    -------
    array of float
        Ellipsoidal area [m²], land covered twice counted once; array of ``count``.

    Examples
    --------
    Two squares overlap by half:

    >>> import shapely
    >>> squares = [shapely.box(5e5 + x, 34e5, 5e5 + x + 10, 34e5 + 10) for x in (0, 5)]
    >>> united_area_m2(squares, [0, 0], 1, CRS(4549)).round(1).tolist()
    [150.0]
    """
    prepared_shapes = prepared(shapes)
    label = np.asarray(group, dtype=np.intp)
    sums = np.bincount(label, areas_m2(prepared_shapes.shapes, crs), count).astype(np.float64)
    twice: Floats = overlap_faces(prepared_shapes, crs).counted_twice_m2(label, count)
    return sums - twice
