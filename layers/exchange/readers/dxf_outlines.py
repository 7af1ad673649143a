"""DXF entities as outlines."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from ezdxf.entities import (
    DXFGraphic,
    Ellipse,
    Hatch,
    Insert,
    LWPolyline,
    MPolygon,
    MText,
    Polyline,
    Spline,
    Text,
)
from ezdxf.entities.boundary_paths import ArcEdge, EdgePath, LineEdge, PolylinePath
from ezdxf.math import Vec3

from geo.arrays import Floats
from geo.limits import MAX_BLOCK_DEPTH, MAX_ENTITIES
from layers.errors import LayerError

CHORD_TOLERANCE = 0.001
"""How far [units of the drawing, normally m] a chord may lie from the arc it stands for."""

LEAST_CHORDS = 8
MOST_CHORDS = 4096
"""Of one arc; at a radius of 800 m they lie within a millimetre."""

FINEST = 2e6
"""A curve is drawn no finer than its size by this: up to 2 km to the millimetre."""

_SPLINE_FRAME = 16
"""Flag of points that steer a smoothed polyline without lying on it."""


@dataclass(frozen=True)
class Outline:
    """One chain of points, and whether the drawing says that it closes.

    ``points``: x and y, of shape (n, 2); the first isn't repeated at the end unless the drawing
      does.
    ``is_closed``: True where the drawing closes it.
    ``has_arcs``: True where chords stand for arcs.
    ``holes``: Chains cut out of it (of a hatch).
    """

    points: Floats
    is_closed: bool
    has_arcs: bool = False
    holes: tuple[Floats, ...] = ()


def outlines_of(entity: DXFGraphic) -> Iterator[Outline]:
    """Give the outlines of an entity that can bound a piece of land.

    Of polylines, circles, ellipses, closed splines and hatches; nothing for other entities, and for
    hatches whose boundary isn't simple.
    """
    if isinstance(entity, LWPolyline):
        corners = [(x, y, bulge) for x, y, bulge in entity.get_points("xyb")]
        yield _bulged(entity, corners, float(entity.dxf.elevation), bool(entity.closed))
    elif isinstance(entity, Polyline):
        yield from _old_polyline(entity)
    elif entity.dxftype() == "CIRCLE":
        points = _circle(float(entity.dxf.radius))
        x, y, z = entity.dxf.center
        yield Outline(_in_world(entity, points + np.array([x, y]), z), True, has_arcs=True)
    elif isinstance(entity, Ellipse):
        turn = abs(entity.dxf.end_param - entity.dxf.start_param)
        whole = math.isclose(turn, math.tau, abs_tol=1e-9)
        size = float(entity.dxf.major_axis.magnitude)
        yield Outline(_flat(entity.flattening(_tolerance(size))), whole, has_arcs=True)
    elif isinstance(entity, Spline):
        steering = [*entity.control_points, *entity.fit_points]
        curve = entity.flattening(_tolerance(_extent(_flat(steering))))
        yield Outline(_flat(curve), bool(entity.closed), has_arcs=True)
    elif isinstance(entity, Hatch | MPolygon):
        yield from _hatch(entity)


def _old_polyline(entity: Polyline) -> Iterator[Outline]:
    if not (entity.is_2d_polyline or entity.is_3d_polyline):
        return
    corners = [
        (vertex.dxf.location, float(vertex.dxf.get("bulge", 0.0)))
        for vertex in entity.vertices
        if not vertex.dxf.flags & _SPLINE_FRAME
    ]
    closed = bool(entity.is_closed)
    if entity.is_3d_polyline:
        yield Outline(_flat(place for place, _ in corners), closed)
        return
    height = float(corners[0][0][2]) if corners else 0.0
    yield _bulged(entity, [(at[0], at[1], bulge) for at, bulge in corners], height, closed)


def _hatch(entity: Hatch | MPolygon) -> Iterator[Outline]:
    """Give the boundary of a hatch: one chain, the others cut out of it where they lie inside."""
    height = float(entity.dxf.elevation[2])
    drawn = []
    for path in entity.paths:
        corners = _corners(path)
        if corners is None:
            return
        drawn.append(_bulged(entity, corners, height, closed=True))
    drawn.sort(key=lambda outline: _extent(outline.points), reverse=True)
    chains = [outline.points for outline in drawn]
    if not chains or any(len(chain) < 3 for chain in chains):
        return
    outer, *inner = chains
    low, high = outer.min(axis=0), outer.max(axis=0)
    if all((chain >= low).all() and (chain <= high).all() for chain in inner):
        has_arcs = any(outline.has_arcs for outline in drawn)
        yield Outline(outer, True, has_arcs, tuple(inner))


def _corners(path: object) -> list[tuple[float, float, float]] | None:
    """Give a boundary as corners with bulges; None where it has curves that are no arcs."""
    if isinstance(path, PolylinePath):
        return [(x, y, bulge) for x, y, bulge in path.vertices]
    assert isinstance(path, EdgePath)
    corners = []
    for edge in path.edges:
        if isinstance(edge, LineEdge):
            corners.append((edge.start[0], edge.start[1], 0.0))
            continue
        if not isinstance(edge, ArcEdge):
            return None
        sweep = math.radians((edge.end_angle - edge.start_angle) % 360.0)
        way = 1.0 if edge.ccw else -1.0
        begin = edge.real_start_point
        if not sweep:  # a whole circle: two halves
            across = 2 * edge.center - begin
            corners += [(begin.x, begin.y, way), (across.x, across.y, way)]
        else:
            corners.append((begin.x, begin.y, way * math.tan(sweep / 4)))
    return corners


def _extent(chain: Floats) -> float:
    return float(np.hypot(*np.ptp(chain, axis=0))) if len(chain) else 0.0


def _tolerance(size: float) -> float:
    """Bound how finely a curve is drawn: one as large as the Earth must not fill the memory."""
    if not size < math.inf:
        raise ValueError("a curve without an end")
    return max(CHORD_TOLERANCE, size / FINEST)


def _bulged(
    entity: DXFGraphic, corners: Sequence[tuple[float, float, float]], z: float, closed: bool
) -> Outline:
    """Draw a polyline whose sides bulge: the tangent of a quarter of each arc's angle is given."""
    points: list[tuple[float, float]] = []
    has_arcs = False
    for number, (x, y, bulge) in enumerate(corners):
        points.append((x, y))
        last = number == len(corners) - 1
        if not bulge or (last and not closed):
            continue
        end = corners[(number + 1) % len(corners)]
        points += arc_points((x, y), (end[0], end[1]), bulge)
        has_arcs = True
    drawn = np.array(points, dtype=np.float64).reshape(-1, 2)
    return Outline(_in_world(entity, drawn, z), closed, has_arcs)


def arc_points(
    begin: tuple[float, float], end: tuple[float, float], bulge: float
) -> list[tuple[float, float]]:
    """Give the points between the ends of an arc.

    ``bulge``: Tangent of a quarter of its angle; above 0 it turns against the clock.

    Points on the arc, so many that the chords lie within a millimetre of it.

    The half circle below two points 2 m apart:

    >>> points = arc_points((0, 0), (2, 0), 1.0)
    >>> round(float(min(y for _, y in points)), 2)
    -1.0
    """
    (x0, y0), (x1, y1) = begin, end
    chord = math.hypot(x1 - x0, y1 - y0)
    if not (chord and math.isfinite(chord) and math.isfinite(bulge)):
        return []
    angle = 4 * math.atan(bulge)
    radius = chord * (1 + bulge * bulge) / (4 * abs(bulge))
    # From the middle of the chord to the centre, to the left of the way from begin to end.
    away = (1 - bulge * bulge) / (4 * bulge)
    cx, cy = (x0 + x1) / 2 - away * (y1 - y0), (y0 + y1) / 2 + away * (x1 - x0)
    steps = _chords(radius, abs(angle))
    turns = np.arange(1, steps) * (angle / steps)
    dx, dy = x0 - cx, y0 - cy
    cos, sin = np.cos(turns), np.sin(turns)
    return list(zip(cx + dx * cos - dy * sin, cy + dx * sin + dy * cos, strict=True))


def _circle(radius: float) -> Floats:
    turns = np.linspace(0, math.tau, _chords(abs(radius), math.tau), endpoint=False)
    return abs(radius) * np.column_stack([np.cos(turns), np.sin(turns)])


def _chords(radius: float, angle: float) -> int:
    if not math.isfinite(radius) or radius <= CHORD_TOLERANCE:
        return LEAST_CHORDS
    step = 2 * math.acos(1 - CHORD_TOLERANCE / radius) or angle / MOST_CHORDS
    return min(MOST_CHORDS, max(LEAST_CHORDS, math.ceil(angle / step)))


def _in_world(entity: DXFGraphic, points: Floats, z: float) -> Floats:
    """Carry points from the entity's own plane (turned over where it was mirrored)."""
    plane = entity.ocs()
    if not plane.transform:
        return points
    return _flat(plane.to_wcs((x, y, z)) for x, y in points.tolist())


def _flat(places: object) -> Floats:
    assert hasattr(places, "__iter__")
    return np.array([(at[0], at[1]) for at in places], dtype=np.float64).reshape(-1, 2)


OWN_APPLICATION = "MUPLAN"
"""Under this name our own drawings say which rings belong to one row."""


@dataclass(frozen=True)
class Drawn:
    """An outline as it stands in a drawing.

    ``outline``: Its points.
    ``layer, kind, handle, block``: Layer and kind of the entity, its handle, and the block it
      came in ("" for none).
    ``row``: Number of the row that our own export wrote it for, -1 in other drawings.
    """

    outline: Outline
    layer: str
    kind: str
    handle: str
    block: str
    row: int


@dataclass(frozen=True)
class Words:
    """A text of a drawing: where it stands, what it says, the row our own export wrote it for."""

    x: float
    y: float
    text: str
    row: int


@dataclass
class Drawing:
    """What a drawing holds.

    ``outlines``: Everything that could bound a piece of land.
    ``texts``: Place and content of every text.
    ``passed_over``: Count of the other entities, by kind.
    ``extended``: Count of entities with data of other programs, by the program's name.
    """

    outlines: list[Drawn] = field(default_factory=list)
    texts: list[Words] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    extended: Counter[str] = field(default_factory=Counter)


def walk(entities: Iterable[DXFGraphic], file: str) -> Drawing:
    """Go through the entities of a drawing.

    Outlines, texts, and what was passed over.

    Raises LayerError: ``dxf_too_many`` for more entities than ``MAX_ENTITIES``, blocks taken apart.
    """
    drawing = Drawing()
    count = 0
    for entity, layer, block in _apart(entities, None, "", 0, drawing):
        count += 1
        if count > MAX_ENTITIES:
            raise LayerError("dxf_too_many", path=file, limit=MAX_ENTITIES)
        if entity is None:
            continue
        if isinstance(entity, Text | MText):
            _take_text(drawing, entity)
            continue
        row = _take_extended(drawing, entity)
        kind = entity.dxftype()
        if kind == "POINT" and row >= 0:
            place = np.array([tuple(entity.dxf.location)[:2]], dtype=np.float64)
            drawing.outlines.append(Drawn(Outline(place, False), layer, kind, "", block, row))
            continue
        before = len(drawing.outlines)
        for outline in outlines_of(entity):
            handle = str(entity.dxf.handle or "")
            drawing.outlines.append(Drawn(outline, layer, kind, handle, block, row))
        if len(drawing.outlines) == before:
            drawing.passed_over[kind] += 1
    return drawing


def _apart(
    entities: Iterable[DXFGraphic], above: str | None, block: str, depth: int, drawing: Drawing
) -> Iterator[tuple[DXFGraphic | None, str, str]]:
    """Give entities with the layer they count to; a block's layer 0 means that of its place."""
    for entity in entities:
        layer = str(entity.dxf.get("layer", "0"))
        if above is not None and layer == "0":
            layer = above
        if not isinstance(entity, Insert):
            yield entity, layer, block
            continue
        # Counted itself: a block of nothing but blocks would never reach the bound.
        yield None, layer, block
        if depth >= MAX_BLOCK_DEPTH or int(entity.mcount) > MAX_ENTITIES:
            drawing.passed_over["INSERT"] += 1
            continue
        for attribute in entity.attribs:
            yield attribute, layer, block
        inside = str(entity.dxf.get("name", ""))
        copies = entity.multi_insert() if entity.mcount > 1 else (entity,)
        for copy in copies:
            yield None, layer, block
            yield from _apart(copy.virtual_entities(), layer, inside, depth + 1, drawing)


def _take_text(drawing: Drawing, entity: Text | MText) -> None:
    words = " ".join(entity.plain_text().split())
    if not words:
        return
    place: Vec3 = entity.dxf.insert
    if isinstance(entity, Text):
        aligned = entity.dxf.get("halign", 0) or entity.dxf.get("valign", 0)
        if aligned and entity.dxf.hasattr("align_point"):
            place = entity.dxf.align_point
        place = entity.ocs().to_wcs(place)
    if np.isfinite([place[0], place[1]]).all():
        row = _take_extended(drawing, entity)
        drawing.texts.append(Words(float(place[0]), float(place[1]), words, row))


def _take_extended(drawing: Drawing, entity: DXFGraphic) -> int:
    """Count what other programs have hung on an entity; give our own row's number."""
    if entity.xdata is None:
        return -1
    row = -1
    for application, tags in entity.xdata.data.items():
        if application == OWN_APPLICATION:
            numbers = [tag.value for tag in tags if tag.code == 1071]
            row = int(numbers[0]) if numbers else -1
        else:
            drawing.extended[str(application)] += 1
    return row
