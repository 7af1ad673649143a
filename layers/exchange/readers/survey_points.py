"""Its points and outlines."""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from geo.limits import MAX_RINGS
from layers.exchange.readers.source import Oddities

KINDS = ("面", "线", "点")
"""What a parcel line says of its shape: polygon, line, point."""

AREA_WORDS = {
    "公顷": "公顷", "ha": "公顷", "hm2": "公顷", "亩": "亩", "平方米": "m2", "平米": "m2",
    "m2": "m2",
}  # fmt: skip
"""Units as they are written behind a declared area, each by its usual name."""

_USUAL = re.compile(
    r"([^,\s]*)\s*,\s*([0-9]{0,4})\s*,\s*([+-]?[0-9]{1,15}(?:\.[0-9]{0,30})?)\s*,"
    r"\s*([+-]?[0-9]{1,15}(?:\.[0-9]{0,30})?)\s*,?"
)
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?"
)
_RING = re.compile(r"[^0-9.]{0,8}[0-9]{0,4}(?:\.0{1,6})?")
_LOOSE = re.compile(r"[;|、\t]|\s+")
_MARKS = re.compile("[@＠]")
_COMMENT = ("#", "//", ";", "；", "'", "--", "**")


class PointLine(NamedTuple):
    """One point as it stands: line, label, ring, the two numbers in their order, what follows."""

    line: int
    label: str
    ring: str
    first: float
    second: float
    rest: bool = False


@dataclass(frozen=True)
class ParcelLine:
    """The line that opens a parcel, by what each of its fields is.

    ``count``: Declared number of points, None where none stands there.
    ``area``: Declared area as it stands.
    ``number, name, kind, sheet, use, land_class``: Plot number, name, 面/线/点, map sheet, use,
      class; empty where nothing stands there.
    ``rest``: Further fields, divided by commas.
    ``is_marked``: True where the line ends in ``@``.
    """

    count: int | None
    area: str
    number: str
    name: str
    kind: str
    sheet: str
    use: str
    land_class: str
    rest: str
    is_marked: bool


def is_comment(line: str) -> bool:
    """Say whether a line is marked as a remark, or holds no digit that could be a point's."""
    return line.startswith(_COMMENT) or not any(character.isdigit() for character in line)


def point_of(line: str, number: int) -> PointLine | None:
    """Read the line of a point, in any of the spellings met.

    ``line``: The line without blanks at its ends.

    None where the line is no point's. A label or ring that doesn't stand there is empty.

    >>> point_of("J1,1,3403700.000,40571800.000", 12)[1:5]
    ('J1', '1', 3403700.0, 40571800.0)
    >>> point_of("Ｊ１，１，3403700，40571800", 12)[1:5]
    ('J1', '1', 3403700.0, 40571800.0)
    >>> point_of("3403700.0 40571800.0", 12)[1:5]
    ('', '', 3403700.0, 40571800.0)
    """
    usual = _USUAL.fullmatch(line)
    if usual is not None and line.isascii():
        label, ring, first, second = usual.groups()
        return PointLine(number, label, ring, float(first), float(second))
    text = unicodedata.normalize("NFKC", line)
    fields = text.split(",") if "," in text else _LOOSE.split(text)
    fields = [field.strip() for field in fields]
    while fields and not fields[-1]:
        fields.pop()
    parsed = _places(fields)
    if parsed is None:
        return None
    label, ring, first, second, used = parsed
    return PointLine(number, label, ring, float(first), float(second), len(fields) > used)


def _places(fields: list[str]) -> tuple[str, str, str, str, int] | None:
    """Find label, ring and the two numbers in the fields of a line, and how many they take."""
    are_numbers = [_NUMBER.fullmatch(field) is not None for field in fields[:4]]
    if len(fields) >= 4 and are_numbers[2] and are_numbers[3] and _RING.fullmatch(fields[1]):
        return fields[0], fields[1], fields[2], fields[3], 4
    if len(fields) >= 2 and are_numbers[0] and are_numbers[1] and _is_coordinate(fields[0]):
        return "", "", fields[0], fields[1], 2
    if len(fields) >= 3 and are_numbers[1] and are_numbers[2]:
        return fields[0], "", fields[1], fields[2], 3
    if len(fields) == 2 and all(are_numbers):
        return "", "", fields[0], fields[1], 2
    return None


def _is_coordinate(field: str) -> bool:
    return "." in field or len(field.lstrip("+-")) >= 6


def parcel_of(line: str) -> ParcelLine | None:
    """Read the line that opens a parcel: by the place of 面, 线 or 点, and what stands about it.

    ``line``: The line without blanks at its ends.

    None where the line opens no parcel: neither an ``@`` nor 面, 线 or 点 among its fields.

    >>> parcel = parcel_of("10,5.8000,SL-001,示例地块一,面,,工业用地,,@")
    >>> parcel.count, parcel.area, parcel.number, parcel.name, parcel.use
    (10, '5.8000', 'SL-001', '示例地块一', '工业用地')
    """
    before_mark = line[: _last_mark(line)]
    fields = _split(before_mark)
    at = _place_of_kind(fields)
    is_marked = len(before_mark) < len(line)
    if not is_marked and (at is None or len(fields) < 5):
        return None
    if is_marked and fields and not fields[-1]:
        fields.pop()  # the comma before the mark
    kind = "" if at is None else fields[at][:1]
    end = min(4, len(fields)) if at is None else at
    front = [*fields[: min(end, 4)], "", "", "", ""][:4]
    behind = fields[end + 1 :] if at is not None or not "".join(fields[4:5]) else ["", "", ""]
    sheet, use, land_class = [*behind, "", "", ""][:3]
    rest = [*fields[4:end], *behind[3:]]
    if at is None and "".join(fields[4:5]):
        rest = fields[4:]  # which is which can't be told
    number = unicodedata.normalize("NFKC", front[0])
    count = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
    return ParcelLine(
        count, front[1], front[2], front[3], kind, sheet, use, land_class,
        ",".join(field for field in rest if field), is_marked,
    )  # fmt: skip


def _last_mark(line: str) -> int:
    marks = [match.start() for match in _MARKS.finditer(line)]
    return marks[-1] if marks else len(line)


def _split(text: str) -> list[str]:
    """Divide at commas; at full-width ones and others only where these alone divide it."""
    fields = text.split(",")
    if len(fields) < 5 or _place_of_kind(fields) is None:
        wider = re.split("[,，]", text)
        if len(wider) > len(fields):
            fields = wider
    for divider in ("\t", ";", "；", "|"):
        if len(fields) < 4 and text.count(divider) >= 3:
            fields = text.split(divider)
    if len(fields) < 4 and len(text.split()) >= 4:
        fields = text.split()
    return [field.strip(" \t\u3000") for field in fields]


def _place_of_kind(fields: list[str]) -> int | None:
    places = [p for p, field in enumerate(fields) if field.strip() in KINDS]
    return min(places, key=lambda place: abs(place - 4)) if places else None


def declared_area(text: str) -> tuple[float | None, str | None]:
    """Read a declared area and the unit written behind it.

    The number, None where there is none; ``m2``, ``亩`` or ``公顷``, None where none stands there.

    >>> declared_area("0.7655公顷"), declared_area("5.7089"), declared_area("约5")
    ((0.7655, '公顷'), (5.7089, None), (None, None))
    """
    match = re.fullmatch(
        r"([0-9][0-9,]{0,15}(?:\.[0-9]{0,15})?)\s*(\S{0,8})", unicodedata.normalize("NFKC", text)
    )
    if match is None or (match[2] and match[2].casefold() not in AREA_WORDS):
        return None, None
    return float(match[1].replace(",", "")), AREA_WORDS.get(match[2].casefold())


CLOSED_WITHIN_M = 0.0005
"""Two points nearer than the format's three decimals can tell apart are one point."""

MISCLOSED_WITHIN_M = 0.1
"""A last point that bears the first one's number and lies this near is it too, badly written."""


class Corner(NamedTuple):
    """One point of a parcel: its line, label and ring, east and north [m or degrees]."""

    line: int
    label: str
    ring: str
    x: float
    y: float


class RingError(Exception):
    """A parcel's points make no outline: a code and the line where it shows."""

    def __init__(self, code: str, line: int) -> None:
        super().__init__(code, line)
        self.code = code
        self.line = line


def _broken(code: str, line: int) -> RingError:
    return RingError(code, line)


@dataclass(frozen=True)
class SurveyOutline:
    """A parcel's shape, and how many of its points only repeat another."""

    shape: shapely.Geometry
    repeated: int


def outline_of(
    corners: Sequence[Corner], kind: str, metres: float, oddities: Oddities
) -> SurveyOutline:
    """Build a parcel's shape from its points.

    ``corners``: Points in the file's order.
    ``kind``: ``面`` (also where empty), ``线`` or ``点``.
    ``metres``: Length of a unit of the coordinates: 1, or that of a degree.

    For ``面`` a (multi)polygon by the even-odd rule: a ring inside another is a hole, one beside it
    a further part, whatever their numbers are.

    Raises RingError: ``txt_ring_short``, ``txt_ring_misclosed``, ``txt_rings_many``,
    ``txt_points_missing``.
    """
    if not corners:
        raise _broken("txt_points_missing", 0)
    if kind == "点":
        return SurveyOutline(shapely.MultiPoint([(c.x, c.y) for c in corners]), 0)
    if kind == "线":
        return SurveyOutline(_lines(corners), 0)
    rings, repeated = rings_of_parcel(corners, metres, oddities)
    polygons = np.array([shapely.Polygon([(c.x, c.y) for c in ring]) for ring in rings])
    if len(polygons) == 1:
        return SurveyOutline(polygons[0], repeated)
    return SurveyOutline(nested(polygons), repeated)


def rings_of_parcel(
    corners: Sequence[Corner], metres: float, oddities: Oddities
) -> tuple[list[list[Corner]], int]:
    """Divide points into rings: by their ring number, and where a ring comes back to its start.

    ``corners``: Points in the file's order.

    Rings of three different points or more, without the closing point, in the order they begin;
    count of the points left out because they repeat the first or the last one.

    Raises RingError: As ``outline_of``.
    """
    walk = _Walk(metres, oddities)
    for position, corner in enumerate(corners):
        after = corners[position + 1] if position + 1 < len(corners) else None
        walk.take(corner, after)
    for ring in walk.under_way.values():
        walk.left_out += _close(ring, metres, oddities)
    for ring in walk.rings:
        _note_labels(ring, oddities)
    return _without_copies(walk.rings, oddities), walk.left_out


@dataclass
class _Walk:
    """Rings found so far, those still open by their number, and where each number last closed."""

    metres: float
    oddities: Oddities
    rings: list[list[Corner]] = field(default_factory=list)
    under_way: dict[str, list[Corner]] = field(default_factory=dict)
    closed: dict[str, Corner] = field(default_factory=dict)
    left_out: int = 0

    def take(self, corner: Corner, after: Corner | None) -> None:
        ring = self.under_way.get(corner.ring)
        before = ring[-1] if ring else self.closed.get(corner.ring)
        if before is not None and self._same(before, corner):
            self.oddities.note("txt_point_twice", corner.line)
            self.left_out += 1
        elif ring is None:
            self._begin(corner)
        elif len(ring) > 1 and self._same(ring[0], corner):
            _check_length(ring)
            del self.under_way[corner.ring]
            self.closed[corner.ring] = corner
            self.left_out += 1
        elif _restarts(ring, corner, after):
            self.oddities.note("txt_ring_open", ring[-1].line)
            self._begin(corner)
        else:
            ring.append(corner)

    def _begin(self, corner: Corner) -> None:
        self.under_way[corner.ring] = ring = [corner]
        self.rings.append(ring)
        if len(self.rings) > MAX_RINGS:
            raise _broken("txt_rings_many", corner.line)

    def _same(self, first: Corner, second: Corner) -> bool:
        return _distance(first, second) * self.metres <= CLOSED_WITHIN_M


def _restarts(ring: list[Corner], corner: Corner, after: Corner | None) -> bool:
    """Say whether labels begin again, as they do where rings share a number and stay open."""
    return (
        len(ring) > 2
        and after is not None
        and after.ring == corner.ring
        and bool(corner.label)
        and (corner.label, after.label) == (ring[0].label, ring[1].label)
    )


def _without_copies(rings: list[list[Corner]], oddities: Oddities) -> list[list[Corner]]:
    """Leave out a ring that stands in the file twice: it would be its own hole."""
    if len(rings) == 1:
        return rings
    kept: dict[frozenset[tuple[float, float]], list[Corner]] = {}
    for ring in rings:
        points = frozenset((corner.x, corner.y) for corner in ring)
        if points in kept:
            oddities.note("txt_ring_twice", ring[0].line)
        kept.setdefault(points, ring)
    return list(kept.values())


def _close(ring: list[Corner], metres: float, oddities: Oddities) -> int:
    """Close a ring that doesn't come back to its first point; tell how many points closed it."""
    first, last = ring[0], ring[-1]
    if len(ring) > 2 and last.label and last.label == first.label:
        apart = _distance(first, last) * metres
        if apart > MISCLOSED_WITHIN_M:
            raise _broken("txt_ring_misclosed", last.line)
        oddities.note("txt_ring_closed_near", f"{last.line} ({apart:.3f} m)")
        ring.pop()
        _check_length(ring)
        return 1
    _check_length(ring)
    oddities.note("txt_ring_open", last.line)
    return 0


def _check_length(ring: list[Corner]) -> None:
    if len(ring) < 3:
        raise _broken("txt_ring_short", ring[-1].line)


def _note_labels(ring: list[Corner], oddities: Oddities) -> None:
    seen: set[str] = set()
    for corner in ring:
        if corner.label and corner.label in seen:
            oddities.note("txt_label_twice", f"{corner.line} {corner.label[:12]}")
        seen.add(corner.label)


def nested(polygons: npt.NDArray[np.object_]) -> shapely.Geometry:
    """Put rings into each other: inside an odd number of others a ring is a hole.

    ``polygons``: One polygon without holes per ring, array of n.

    The shape that the rings bound together.

    >>> boxes = [(0, 0, 9, 9), (1, 1, 2, 2), (9, 9, 10, 10)]
    >>> nested(np.array([shapely.box(*bounds) for bounds in boxes])).area
    81.0
    """
    areas = shapely.area(polygons)
    order = np.argsort(-areas, kind="stable")
    ranked = polygons[order]
    inner, outer = shapely.STRtree(ranked).query(_inside_points(ranked), predicate="within")
    larger = outer < inner
    inner, outer = inner[larger], outer[larger]
    depth = np.bincount(inner, minlength=len(ranked))
    # The nearest ring around is the last of those that hold it: they are ranked by size.
    around = np.full(len(ranked), -1)
    np.maximum.at(around, inner, outer)
    holes: dict[int, list[npt.NDArray]] = {int(p): [] for p in np.flatnonzero(depth % 2 == 0)}
    for position in np.flatnonzero(depth % 2 == 1):
        shell = int(around[position])
        hole = shapely.get_coordinates(ranked[position])
        if depth[shell] % 2 == 0:
            holes[shell].append(hole)
        else:  # rings that cross each other; validation mends them and lists it
            holes[int(position)] = []
    by_file = sorted(holes, key=lambda position: order[position])
    parts = [
        shapely.Polygon(shapely.get_coordinates(ranked[shell]), holes[shell]) for shell in by_file
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _inside_points(polygons: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Give a point inside each ring, also for rings that cross themselves or have no width."""
    points = shapely.point_on_surface(polygons)
    empty = shapely.is_empty(points) | shapely.is_missing(points)
    points[empty] = shapely.centroid(polygons[empty])
    return np.asarray(points)


def _lines(corners: Sequence[Corner]) -> shapely.Geometry:
    lines: dict[str, list[tuple[float, float]]] = {}
    for corner in corners:
        lines.setdefault(corner.ring, []).append((corner.x, corner.y))
    if any(len(line) < 2 for line in lines.values()):
        raise _broken("txt_ring_short", corners[-1].line)
    parts = [shapely.LineString(line) for line in lines.values()]
    return parts[0] if len(parts) == 1 else shapely.MultiLineString(parts)


def _distance(first: Corner, second: Corner) -> float:
    return math.hypot(first.x - second.x, first.y - second.y)
