"""Zones and constraints over generated parcels: some follow parcel lines, some cut through."""

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Shapes

ZONE_COVER = 0.4
"""Land under zones, as a share of the parcels'; zones may overlap."""

CONSTRAINT_MEDIAN_M, CONSTRAINT_SPREAD = 55.0, 0.75
"""Radius of constraints: median, and standard deviation of its logarithm."""

LARGEST_CONSTRAINT_M = 1_500.0
MOST_CORNERS = 2_500


def zones(polygons: Shapes, count: int = 200, seed: int = 0) -> Shapes:
    """Lay zones of 300 to 3000 corners over parcels.

    Parameters
    ----------
    polygons
        Parcels.
    count
        Number of zones: every other one is a union of parcels.
    seed
        Of the generator.

    Returns
    -------
    array of polygons
        Valid shapes of one or more parts.
    """
    rng = np.random.default_rng(seed)
    middles, _ = _middles(polygons)
    radius = np.sqrt(ZONE_COVER * shapely.area(polygons).sum() / count / np.pi)
    sizes = radius * rng.uniform(0.6, 1.3, count)
    places = middles[rng.integers(0, len(middles), count)]
    tree = shapely.STRtree(shapely.points(middles))
    made = [
        _union_around(polygons, tree, place, size)
        if number % 2
        else _wavy(rng, place, size, int(rng.integers(300, 3000)))
        for number, (place, size) in enumerate(zip(places, sizes, strict=True))
    ]
    return _polygons_of(np.array(made, dtype=object))


def constraints(polygons: Shapes, count: int, seed: int = 1) -> Shapes:
    """Lay constraints of up to 2500 corners over parcels: most small, a few large.

    Parameters
    ----------
    polygons
        Parcels.
    count
        Number of constraints: every tenth is a union of parcels.
    seed
        Of the generator.

    Returns
    -------
    array of polygons
        Valid shapes of one or more parts.
    """
    rng = np.random.default_rng(seed)
    middles, reach = _middles(polygons)
    sizes = CONSTRAINT_MEDIAN_M * np.exp(CONSTRAINT_SPREAD * rng.standard_normal(count))
    large = rng.random(count) < 0.005
    sizes[large] = rng.uniform(400, LARGEST_CONSTRAINT_M, int(large.sum()))
    places = middles[rng.integers(0, len(middles), count)] + rng.uniform(-reach, reach, (count, 2))
    tree = shapely.STRtree(shapely.points(middles))
    made = []
    for number, (place, size) in enumerate(zip(places, sizes, strict=True)):
        union = _union_around(polygons, tree, place, max(size, reach)) if number % 10 == 0 else None
        corners = int(np.clip(size * rng.uniform(0.5, 2.0), 8, MOST_CORNERS))
        made.append(_wavy(rng, place, size, corners) if union is None else union)
    return _polygons_of(np.array(made, dtype=object))


def _polygons_of(shapes: Shapes) -> Shapes:
    """Make shapes valid, and leave out lines that are left over."""
    bad = np.flatnonzero(~shapely.is_valid(shapes))
    shapes[bad] = shapely.buffer(shapes[bad], 0)
    return shapes


def _middles(polygons: Shapes) -> tuple[npt.NDArray[np.float64], float]:
    bounds = shapely.bounds(polygons)
    middles = (bounds[:, :2] + bounds[:, 2:]) / 2
    return middles, float(np.median(bounds[:, 2] - bounds[:, 0]))


def _union_around(
    polygons: Shapes, tree: shapely.STRtree, place: npt.NDArray[np.float64], radius: float
) -> object | None:
    near = tree.query(shapely.Point(place), predicate="dwithin", distance=radius)
    return shapely.union_all(polygons[near]) if len(near) else None


def _wavy(
    rng: np.random.Generator, place: npt.NDArray[np.float64], radius: float, corners: int
) -> object:
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    waves = sum(
        rng.uniform(0, 0.28 / order) * np.sin(order * angle + rng.uniform(0, 2 * np.pi))
        for order in (2, 3, 5, 8)
    )
    away = radius * (1 + waves) * (1 + rng.uniform(-0.01, 0.01, corners))
    ring = place + away[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return shapely.Polygon(ring)
