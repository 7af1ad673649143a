"""The shapes of a drawing's outlines, and the texts that label them."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from layers.exchange.dxf_outlines import Points
from layers.exchange.dxf_walk import Drawing, Drawn, Words

CLOSING_GAP = 0.01
"""An outline whose ends lie this close [units of the drawing, normally m] is meant to close."""

SAME_PLACE = 3
"""Decimals to which a hatch and the outline it fills are the same."""


@dataclass
class Shapes:
    """Outlines as rows, and what was noticed on the way.

    Attributes
    ----------
    frame
        One row an outline (our own drawings: one a row written).
    with_arcs
        Count of shapes with chords for arcs.
    closed_gaps, widest_gap
        Count of outlines closed over a gap, and the widest of these [units of the drawing].
    still_open
        Count of outlines that stay lines.
    doubled
        Count of hatches left out since they fill an outline.
    texts_outside
        Count of texts in no shape.
    unreadable
        Count of outlines without a shape.
    """

    frame: gpd.GeoDataFrame
    with_arcs: int = 0
    closed_gaps: int = 0
    widest_gap: float = 0.0
    still_open: int = 0
    doubled: int = 0
    texts_outside: int = 0
    unreadable: int = 0


def shapes_of(drawing: Drawing) -> Shapes:
    """Make shapes of a drawing's outlines.

    Parameters
    ----------
    drawing
        Its outlines and texts.

    Returns
    -------
    Shapes
        Rows with ``cad_layer``, ``cad_label``, ``cad_kind``, ``cad_handle``, ``cad_block``.
    """
    made = Shapes(gpd.GeoDataFrame())
    shapes = [_shape(drawn, made) for drawn in drawing.outlines]
    kept, shapes = _without_doubles(drawing.outlines, shapes, made)
    kept, shapes = _rows_together(kept, shapes)
    made.still_open = sum(s is not None and s.geom_type == "LineString" for s in shapes)
    made.unreadable = sum(shape is None for shape in shapes)
    array = np.array(shapes, dtype=object)
    made.frame = gpd.GeoDataFrame(
        {
            "cad_layer": [drawn.layer for drawn in kept],
            "cad_label": _labels(array, kept, drawing.texts, made),
            "cad_kind": [drawn.kind for drawn in kept],
            "cad_handle": [drawn.handle or None for drawn in kept],
            "cad_block": [drawn.block or None for drawn in kept],
        },
        geometry=array,
    )
    return made


def _shape(drawn: Drawn, made: Shapes) -> shapely.Geometry | None:
    outline = drawn.outline
    points = outline.points
    if len(points) == 1 and drawn.kind == "POINT":
        return shapely.points(points[0])
    if len(points) < 2 or not np.isfinite(points).all():
        return None
    gap = float(np.hypot(*(points[-1] - points[0])))
    closes = outline.is_closed or (len(points) > 3 and gap <= CLOSING_GAP)
    made.with_arcs += outline.has_arcs
    if not closes:
        return shapely.linestrings(points)
    if not outline.is_closed and gap:
        made.closed_gaps += 1
        made.widest_gap = max(made.widest_gap, gap)
        # The last point stands for the first: a side of some millimetres is none.
        points = points[:-1]
    if len(points) < 3:
        return None
    holes = [_ring(hole) for hole in outline.holes]
    shape = shapely.polygons(_ring(points), holes=holes or None)
    return shape if shape.area or len(np.unique(points, axis=0)) > 2 else None


def _ring(points: Points) -> shapely.Geometry:
    return shapely.linearrings(np.vstack([points, points[:1]]))


def _without_doubles(
    outlines: list[Drawn], shapes: list[shapely.Geometry | None], made: Shapes
) -> tuple[list[Drawn], list[shapely.Geometry | None]]:
    """Leave out hatches that fill an outline which is there as well."""
    outer = {
        _fingerprint(shape)
        for drawn, shape in zip(outlines, shapes, strict=True)
        if shape is not None and drawn.kind != "HATCH" and shape.geom_type == "Polygon"
    }
    kept = [
        (drawn, shape)
        for drawn, shape in zip(outlines, shapes, strict=True)
        if drawn.kind != "HATCH" or shape is None or _fingerprint(shape) not in outer
    ]
    made.doubled = len(outlines) - len(kept)
    return [drawn for drawn, _ in kept], [shape for _, shape in kept]


def _fingerprint(shape: shapely.Geometry) -> tuple[float, ...]:
    """Say enough of an outline to know it again, from whichever corner it is listed."""
    outer = shapely.polygons(shape.exterior) if shape.geom_type == "Polygon" else shape
    middle = shapely.get_coordinates(shapely.centroid(outer)).ravel()
    sizes = (shapely.area(outer), shapely.length(outer))
    return tuple(np.round([*shapely.bounds(outer), *middle, *sizes], SAME_PLACE).tolist())


def _rows_together(
    outlines: list[Drawn], shapes: list[shapely.Geometry | None]
) -> tuple[list[Drawn], list[shapely.Geometry | None]]:
    """Put the rings together that our own export drew for one row: inner ones are holes."""
    rings: dict[int, list[shapely.Geometry]] = {}
    for drawn, shape in zip(outlines, shapes, strict=True):
        if drawn.row >= 0 and shape is not None:
            rings.setdefault(drawn.row, []).append(shape)
    kept: list[Drawn] = []
    whole: list[shapely.Geometry | None] = []
    for drawn, shape in zip(outlines, shapes, strict=True):
        if drawn.row < 0 or shape is None:
            kept.append(drawn)
            whole.append(shape)
        elif drawn.row in rings:
            kept.append(drawn)
            whole.append(_together(rings.pop(drawn.row)))
    return kept, whole


def _together(parts: list[shapely.Geometry]) -> shapely.Geometry:
    if len(parts) == 1:
        return parts[0]
    kinds = {part.geom_type for part in parts}
    if kinds != {"Polygon"}:
        many = {"LineString": shapely.multilinestrings, "Point": shapely.multipoints}
        return many.get(kinds.pop() if len(kinds) == 1 else "", shapely.geometrycollections)(parts)
    parts = sorted(parts, key=shapely.area, reverse=True)
    held: list[tuple[shapely.Geometry, list[shapely.Geometry]]] = []
    for part in parts:
        around = [holes for outer, holes in held if outer.covers(part.representative_point())]
        if around:
            around[-1].append(part.exterior)
        else:
            held.append((part, []))
    built = [shapely.polygons(outer.exterior, holes=holes or None) for outer, holes in held]
    return built[0] if len(built) == 1 else shapely.multipolygons(built)


def _around(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Give the area in which a text labels a shape: an open outline is named as if it closed."""
    if shape is None or shape.geom_type not in {"LineString", "Polygon", "MultiPolygon"}:
        return None
    if shape.geom_type != "LineString":
        return shape
    points = shapely.get_coordinates(shape)
    return shapely.polygons(_ring(points)) if len(points) > 2 else None


def _labels(
    shapes: npt.NDArray[np.object_], kept: list[Drawn], texts: list[Words], made: Shapes
) -> list[str | None]:
    """Give each shape the texts in it; a text belongs to the smallest shape around it."""
    labels: list[list[str]] = [[] for _ in shapes]
    rows = {drawn.row: position for position, drawn in enumerate(kept) if drawn.row >= 0}
    loose = [words for words in texts if words.row not in rows]
    for words in texts:
        if words.row in rows:
            labels[rows[words.row]].append(words.text)
    areas = np.array([_around(shape) for shape in shapes], dtype=object)
    candidates = np.flatnonzero(~shapely.is_missing(areas))
    made.texts_outside = len(loose)
    if loose and len(candidates):
        places = shapely.points([(words.x, words.y) for words in loose])
        which, around = shapely.STRtree(areas[candidates]).query(places, predicate="intersects")
        size = shapely.area(areas[candidates])[around]
        order = np.lexsort((size, which))
        first = order[np.unique(which[order], return_index=True)[1]]
        for position in first:
            labels[candidates[around[position]]].append(loose[which[position]].text)
        made.texts_outside -= len(first)
    return [";".join(found) or None for found in labels]
