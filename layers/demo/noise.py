"""What real cadastral data are like: gaps, overlaps, slivers, stray vertices, parts apart."""

import numpy as np
import numpy.typing as npt
import shapely

GAP_SHARE, GAP_M = 0.18, (0.1, 0.75)
OVERLAP_SHARE, OVERLAP_M = 0.04, (0.03, 0.35)
VERTEX_SHARE, VERTEX_M, VERTEX_STEP_M = 0.05, 0.35, 45.0
APART_SHARE, APART_M = 0.007, (10.0, 14.0)
SLIVER_SHARE, SLIVER_M = 0.004, (0.5, 1.8)

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.intp]


def survey_noise(shapes: Shapes, rng: np.random.Generator) -> Shapes:
    """Disturb parcels the way digitising does; every result is valid.

    Parameters
    ----------
    shapes
        Polygons, array of n, in metres.
    rng
        Source of chance.

    Returns
    -------
    array of shapes
        Polygons and a few of two parts, array of n, on a millimetre grid.
    """
    noisy = shapes.copy()
    chance = rng.random(len(shapes))
    shrunk = chance < GAP_SHARE
    swollen = ~shrunk & (chance < GAP_SHARE + OVERLAP_SHARE)
    by = np.where(shrunk, -rng.uniform(*GAP_M, len(shapes)), rng.uniform(*OVERLAP_M, len(shapes)))
    moved = shrunk | swollen
    noisy[moved] = shapely.buffer(shapes[moved], by[moved], join_style="mitre")
    stray = rng.random(len(shapes)) < VERTEX_SHARE
    noisy[stray] = _strayed(noisy[stray], rng)
    for position in np.flatnonzero(rng.random(len(shapes)) < APART_SHARE):
        noisy[position] = _parted(noisy[position], rng)
    rounded = shapely.transform(noisy, lambda xy: np.round(xy, 3))
    good = shapely.is_valid(rounded) & ~shapely.is_empty(rounded)
    return np.where(good, rounded, shapes)


def _strayed(shapes: Shapes, rng: np.random.Generator) -> Shapes:
    dense = shapely.segmentize(shapely.get_exterior_ring(shapes), VERTEX_STEP_M)
    strayed = shapes.copy()
    for position, ring in enumerate(dense):
        xy = shapely.get_coordinates(ring)
        xy[:-1] += rng.normal(0, VERTEX_M, (len(xy) - 1, 2))
        xy[-1] = xy[0]
        strayed[position] = shapely.Polygon(xy)
    return strayed


def _parted(shape: shapely.Polygon, rng: np.random.Generator) -> shapely.Geometry:
    corners = shapely.get_coordinates(shapely.oriented_envelope(shape))[:4]
    first, second = corners[1] - corners[0], corners[2] - corners[1]
    long, start = (
        (first, corners[0]) if np.hypot(*first) > np.hypot(*second) else (second, corners[1])
    )
    across = np.array([-long[1], long[0]]) / np.hypot(*long)
    middle = start + long * rng.uniform(0.4, 0.6)
    strip = shapely.LineString([middle - across * 1e4, middle + across * 1e4])
    parted = shapely.difference(shape, strip.buffer(rng.uniform(*APART_M) / 2))
    return parted if parted.geom_type == "MultiPolygon" else shape


def slivers(shapes: Shapes, rng: np.random.Generator) -> tuple[Shapes, Ints]:
    """Make the thin leftovers that lie along some parcels' longest edges.

    Parameters
    ----------
    shapes
        Polygons, array of n.
    rng
        Source of chance.

    Returns
    -------
    slivers
        Polygons 0.5 to 1.8 m wide.
    beside
        Position of the parcel each lies along.
    """
    single = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON)
    wanted = max(3, int(len(shapes) * SLIVER_SHARE))
    beside: Ints = np.sort(rng.choice(single, wanted, replace=False))
    made = []
    for position in beside:
        xy = shapely.get_coordinates(shapely.get_exterior_ring(shapely.normalize(shapes[position])))
        legs = np.diff(xy, axis=0)
        i = int(np.hypot(legs[:, 0], legs[:, 1]).argmax())
        # A normalised ring runs clockwise: outwards is to the left of each edge.
        out = np.array([-legs[i][1], legs[i][0]]) / np.hypot(*legs[i]) * rng.uniform(*SLIVER_M)
        corners = [xy[i], xy[i] + out, xy[i + 1] + out, xy[i + 1]]
        made.append(shapely.Polygon(np.round(corners, 3)))
    return np.array(made, dtype=object), beside
