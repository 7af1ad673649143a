"""The shapes of KML placemarks, from their lists of coordinates."""

import re
from xml.etree.ElementTree import Element

import numpy as np
import numpy.typing as npt
import shapely

Coordinates = npt.NDArray[np.float64]

_BLANKS_AROUND_COMMA = re.compile(r"\s*,\s*")
_PARTS = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry"}
_MANY = {
    "Point": shapely.multipoints, "LineString": shapely.multilinestrings,
    "Polygon": shapely.multipolygons,
}  # fmt: skip


class BadShapeError(ValueError):
    """Coordinates that make no shape."""


def shape_of(placemark: Element) -> shapely.Geometry | None:
    """Build the shape of a placemark.

    Parameters
    ----------
    placemark
        A ``Placemark``, or a ``MultiGeometry`` in one.

    Returns
    -------
    Geometry or None
        Point, line, polygon (rings closed, inner rings cut out) or several; longitude, latitude
        [degrees], and heights where there are any above 0. None where it has no shape.

    Raises
    ------
    BadShapeError
        Where the coordinates make none.
    """
    parts = _single(placemark)
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    kinds = {part.geom_type for part in parts}
    together = _MANY[kinds.pop()] if len(kinds) == 1 else shapely.geometrycollections
    return together(parts)


def _single(element: Element) -> list[shapely.Geometry]:
    """List the single shapes of an element and of the collections in it."""
    parts: list[shapely.Geometry] = []
    for child in element:
        if child.tag == "MultiGeometry":
            parts += _single(child)
        elif child.tag == "Polygon":
            parts.append(_polygon(child))
        elif child.tag in _PARTS:
            points = _coordinates(child)
            if child.tag == "Point":
                if len(points) != 1:
                    raise BadShapeError
                parts.append(shapely.points(points[0]))
            else:
                parts.append(_built(shapely.linestrings, points, 2))
    return parts


def _polygon(element: Element) -> shapely.Geometry:
    outer = [ring for side in element.findall("outerBoundaryIs") for ring in side]
    # Some programs put all holes into one boundary, though the schema has one for each.
    inner = [ring for side in element.findall("innerBoundaryIs") for ring in side]
    if len(outer) != 1:
        raise BadShapeError
    shell, *holes = [_ring(ring) for ring in (*outer, *inner)]
    return shapely.polygons(shell, holes=holes or None)


def _ring(element: Element) -> shapely.Geometry:
    points = _coordinates(element)
    if len(points) and not np.array_equal(points[0], points[-1]):
        points = np.vstack([points, points[:1]])
    return _built(shapely.linearrings, points, 4)


def _built(build: object, points: Coordinates, least: int) -> shapely.Geometry:
    if len(points) < least:
        raise BadShapeError
    assert callable(build)
    return build(points)


def _coordinates(element: Element) -> Coordinates:
    text = element.findtext("coordinates") or ""
    # By the schema no blank stands within a tuple; programs put one behind each comma.
    tuples = _BLANKS_AROUND_COMMA.sub(",", text.strip()).split()
    if not tuples:
        raise BadShapeError
    try:
        numbers = np.array(",".join(tuples).split(","), dtype=np.float64)
    except ValueError as error:
        raise BadShapeError from error
    size, left = divmod(len(numbers), len(tuples))
    # Equal commas in every tuple: else numbers would slip from one point into the next.
    if left or size not in {2, 3} or {item.count(",") for item in tuples} != {size - 1}:
        raise BadShapeError
    points: Coordinates = numbers.reshape(-1, size)
    if not np.isfinite(points).all():
        raise BadShapeError
    return points if size == 3 and points[:, 2].any() else points[:, :2]
