"""Schematic outlines, noise of real data."""

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS
from shapely import affinity

from geo.arrays import Positions, Shapes
from geo.crs import transformer
from layers.demo.recipe import Place

Xy = tuple[float, float]
"""East and north in the workspace's system [m]."""

GEOGRAPHIC = "EPSG:4490"
FITTING_STEPS = 14
FITTED_SHARE = 2e-4
WINDOW_SHARE = 2.0
GRID_M = 0.01
"""Outlines are drawn on a centimetre grid, so that equal seeds give equal shapes everywhere."""


def stream(seed: int, subject: str) -> np.random.Generator:
    """Give the random numbers of one subject: more rows of one leave the others alone.

    ``subject``: What is drawn by chance.

    Independent of the streams of other subjects.
    """
    return np.random.default_rng([seed, *subject.encode()])


def places_xy(places: list[Place], crs: CRS) -> npt.NDArray[np.float64]:
    """Carry longitudes and latitudes into the workspace's system.

    ``places``: Longitude, latitude [°].

    East, north [m], n by 2.
    """
    lon, lat = np.asarray(places, dtype=np.float64).T
    return np.column_stack(transformer(GEOGRAPHIC, crs).transform(lon, lat))


def planned_area(
    centre: Xy,
    area_m2: float,
    *,
    turn: float,
    stretch: float,
    rng: np.random.Generator,
    within: shapely.Geometry,
) -> shapely.Polygon:
    """Draw the outline of a planned area: a few blocks along one direction, fitted to its size.

    ``centre``: Middle of the area [m].
    ``area_m2``: Area wanted [m²]; less where ``within`` leaves no room.

    One part, without holes.
    """
    width, height = float(np.sqrt(stretch)), float(1 / np.sqrt(stretch))
    blocks = [shapely.box(-width / 2, -height / 2, width / 2, height / 2)]
    for _ in range(3):
        w, h = rng.uniform(0.4, 0.8) * width, rng.uniform(0.4, 0.8) * height
        x, y = rng.uniform(-0.5, 0.5) * width, rng.uniform(-0.5, 0.5) * height
        blocks.append(shapely.box(x - w / 2, y - h / 2, x + w / 2, y + h / 2))
    shape = affinity.rotate(shapely.union_all(blocks), turn, origin=(0, 0))
    scale = float(np.sqrt(area_m2 / shape.area))
    reach = WINDOW_SHARE * float(np.sqrt(area_m2 * stretch))
    x, y = centre
    room = shapely.intersection(within, shapely.box(x - reach, y - reach, x + reach, y + reach))
    for _ in range(FITTING_STEPS):
        drawn = affinity.translate(affinity.scale(shape, scale, scale, origin=(0, 0)), x, y)
        placed = largest_part(shapely.intersection(drawn, room))
        if abs(placed.area / area_m2 - 1) < FITTED_SHARE:
            break
        scale *= float(np.clip(np.sqrt(area_m2 / max(placed.area, 1.0)), 0.7, 1.25))
    return placed


def largest_part(shape: shapely.Geometry) -> shapely.Polygon:
    """Keep the largest polygon of a shape, without its holes, on the drawing grid.

    ``shape``: Any polygonal shape.

    An empty one where there is none.
    """
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    if not parts:
        return shapely.Polygon()
    best = max(parts, key=lambda part: part.area)
    snapped = shapely.set_precision(shapely.Polygon(best.exterior), GRID_M)
    return snapped if snapped.geom_type == "Polygon" else largest_part(snapped)


def meander(
    line: npt.NDArray[np.float64], amplitude: float, step_m: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Let a course wander about its straight legs, its ends fixed.

    ``line``: Nodes [m], n by 2.
    ``step_m``: Distance at which a leg is no longer divided [m].

    More nodes [m], m by 2.
    """
    nodes = line
    while True:
        legs = np.diff(nodes, axis=0)
        lengths = np.hypot(legs[:, 0], legs[:, 1])
        if lengths.max() <= step_m:
            return np.asarray(np.round(nodes, 2))
        normals = np.column_stack([-legs[:, 1], legs[:, 0]])
        shift = rng.uniform(-amplitude, amplitude, len(legs))
        middles = (nodes[:-1] + nodes[1:]) / 2 + normals * shift[:, None]
        woven = np.empty((2 * len(nodes) - 1, 2))
        woven[::2], woven[1::2] = nodes, middles
        nodes = woven


GAP_SHARE, GAP_M = 0.18, (0.1, 0.75)
OVERLAP_SHARE, OVERLAP_M = 0.04, (0.03, 0.35)
VERTEX_SHARE, VERTEX_M, VERTEX_STEP_M = 0.05, 0.35, 45.0
APART_SHARE, APART_M = 0.007, (10.0, 14.0)
SLIVER_SHARE, SLIVER_M = 0.004, (0.5, 1.8)


def survey_noise(shapes: Shapes, rng: np.random.Generator) -> Shapes:
    """Disturb parcels the way digitising does; every result is valid.

    ``shapes``: Polygons, array of n, in metres.

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


def slivers(shapes: Shapes, rng: np.random.Generator) -> tuple[Shapes, Positions]:
    """Make the thin leftovers that lie along some parcels' longest edges.

    ``slivers``: Polygons 0.5 to 1.8 m wide.
    ``parcel_of_sliver``: Position of the parcel each lies along.
    """
    single = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON)
    wanted = max(3, int(len(shapes) * SLIVER_SHARE))
    parcel_of_sliver: Positions = np.sort(rng.choice(single, wanted, replace=False))
    polygons = []
    for position in parcel_of_sliver:
        xy = shapely.get_coordinates(shapely.get_exterior_ring(shapely.normalize(shapes[position])))
        legs = np.diff(xy, axis=0)
        i = int(np.hypot(legs[:, 0], legs[:, 1]).argmax())
        # A normalised ring runs clockwise: outwards is to the left of each edge.
        out = np.array([-legs[i][1], legs[i][0]]) / np.hypot(*legs[i]) * rng.uniform(*SLIVER_M)
        corners = [xy[i], xy[i] + out, xy[i + 1] + out, xy[i + 1]]
        polygons.append(shapely.Polygon(np.round(corners, 3)))
    return np.array(polygons, dtype=object), parcel_of_sliver
