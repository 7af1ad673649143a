"""Plain, slow second answers to what the product computes, written from the definitions alone."""

import math
from itertools import pairwise

import numpy as np
import shapely

GRS80_A_M, GRS80_FLATTENING = 6378137.0, 1 / 298.257222101
"""Ellipsoid of CGCS2000."""


def trapezoid_area_m2(ring_lon_lat):
    """Area of a ring on the ellipsoid by the trapezoid formula of the national land survey.

    国土调查办发〔2008〕32号, with the constants of CGCS2000: the signed sum of the trapezoids
    between each edge and one meridian.
    """
    a, b = GRS80_A_M, GRS80_A_M * (1 - GRS80_FLATTENING)
    e2 = (a * a - b * b) / (a * a)
    series = (
        1 + 3 / 6 * e2 + 30 / 80 * e2**2 + 35 / 112 * e2**3 + 630 / 2304 * e2**4,
        -(1 / 6 * e2 + 15 / 80 * e2**2 + 21 / 112 * e2**3 + 420 / 2304 * e2**4),
        3 / 80 * e2**2 + 7 / 112 * e2**3 + 180 / 2304 * e2**4,
        -(1 / 112 * e2**3 + 45 / 2304 * e2**4),
        5 / 2304 * e2**4,
    )
    points = np.radians(np.asarray(ring_lon_lat, dtype=float))
    reference = points[0, 0]
    total = 0.0
    for (lon1, lat1), (lon2, lat2) in pairwise(points):
        width, height, middle = (lon1 + lon2) / 2 - reference, lat2 - lat1, (lat1 + lat2) / 2
        total += (
            2 * b * b * width
            * sum(
                factor * math.sin((2 * k + 1) / 2 * height) * math.cos((2 * k + 1) * middle)
                for k, factor in enumerate(series)
            )
        )  # fmt: skip
    return abs(total)


def sampled_boundary(shape, step_m):
    """Middles of short equal pieces of every straight edge, and the length of each piece."""
    points, lengths = [], []
    rings = [shape.exterior, *shape.interiors]
    for ring in rings:
        corners = np.asarray(ring.coords)
        for start, end in pairwise(corners):
            metres = math.dist(start, end)
            if not metres:
                continue
            count = max(1, math.ceil(metres / step_m))
            at = (np.arange(count) + 0.5)[:, None] / count
            points.append(start + at * (end - start))
            lengths.append(np.full(count, metres / count))
    return shapely.points(np.concatenate(points)), np.concatenate(lengths)


def clear_boundary(one, two, cutting, covering, gap_m, step_m):
    """Distances and lengths of the samples of ``one`` from which ``two`` can be reached."""
    points, lengths = sampled_boundary(one, step_m)
    distance = shapely.distance(points, two)
    near = distance <= gap_m + 1e-6
    points, lengths, distance = points[near], lengths[near], distance[near]
    clear = np.ones(len(points), dtype=bool)
    ways = shapely.shortest_line(points, two)
    for thing in cutting:
        clear &= shapely.distance(ways, thing) > 1e-6
    # A way is over a polygon where it runs through its interior; in or along its own shape there
    # is no gap.
    gaps = shapely.difference(ways, shapely.buffer(one, 1e-5))
    for thing in covering:
        inner = shapely.buffer(thing, -0.01)  # a centimetre is below the survey's accuracy
        clear &= (distance <= 1e-6) | ~shapely.intersects(gaps, inner)
    return distance[clear], lengths[clear]


def neighbour_margin_m(one, two, gap_m, min_edge_m, cutting=(), covering=(), step_m=0.05) -> float:
    """How much more facing boundary two parcels show than they need, at the best gap up to ``g``.

    Neighbours where it is not negative: at some gap up to ``g`` the boundary of each within that
    gap of the other, less what an obstacle hides, is ``min_edge + 2 gap`` or more.
    """
    sides = [
        clear_boundary(one, two, cutting, covering, gap_m, step_m),
        clear_boundary(two, one, cutting, covering, gap_m, step_m),
    ]
    gaps = np.unique(np.concatenate([sides[0][0], sides[1][0], [gap_m]]))
    shown = []
    for distance, lengths in sides:
        order = np.argsort(distance)
        sums = np.append(0.0, np.cumsum(lengths[order]))
        within = np.searchsorted(distance[order], gaps + step_m / 2, side="right")
        shown.append(sums[within])
    return float((np.minimum(*shown) - min_edge_m - 2 * gaps).max())


def component_sets(count, pairs):
    """Groups that hang together, by walking from each member to its neighbours."""
    links = {i: set() for i in range(count)}
    for a, b in pairs:
        links[a].add(b)
        links[b].add(a)
    groups, seen = set(), set()
    for start in range(count):
        if start in seen:
            continue
        group, open_ends = set(), [start]
        while open_ends:
            node = open_ends.pop()
            if node not in group:
                group.add(node)
                open_ends.extend(links[node] - group)
        seen |= group
        groups.add(frozenset(group))
    return groups


def cell_parts(shape, raster):
    """Part of every cell of a raster inside a shape: each cell a box, cut by the shape."""
    rows, columns = raster.cells.shape
    west = raster.west + np.arange(columns) * raster.cell_width
    north = raster.north - np.arange(rows)[:, None] * raster.cell_height
    boxes = shapely.box(west, north - raster.cell_height, west + raster.cell_width, north)
    return shapely.area(shapely.intersection(boxes, shape)) / shapely.area(boxes)
