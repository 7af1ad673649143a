"""Survey boundary-point TXT: lines and header."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import TransverseMercatorConversion
from pyproj.crs.coordinate_system import Cartesian2DCS

from geo.arrays import Floats
from geo.limits import MAX_PARCELS, MAX_TEXT_BYTES
from geo.units import AREA_UNITS_IN_M2
from layers.errors import LayerError
from layers.exchange.readers.coordinates import ORDERS, Order, orders_of, zones_of
from layers.exchange.readers.encoding import decode_file
from layers.exchange.readers.source import Content, CrsBasis, Evidence, Oddities
from layers.exchange.readers.survey_points import (
    KINDS,
    Corner,
    ParcelLine,
    PointLine,
    RingError,
    SurveyOutline,
    declared_area,
    is_comment,
    outline_of,
    parcel_of,
    point_of,
)
from layers.exchange.readers.vector import choose_layer

_SECTION = re.compile(r"[\[［【]\s*([^\]］】]{0,40}?)\s*[\]］】]?")
_KEY = re.compile(r"([^,，@＠=＝]{1,40}?)\s*[=＝]\s*(.*)")
_MAY_OPEN = re.compile(r"[@＠]|[,，;；|\s][面线点](?:[,，;；|\s]|$)")
_BLANKS = " \t\u3000\ufeff\x00\x1a"
_NOTHING = ParcelLine(None, "", "", "", "", "", "", "", "", is_marked=False)


@dataclass
class Block:
    """One parcel as it stands in the file.

    ``line``: Number of the line that opens it; of its first point where none does.
    ``parcel``: What that line says.
    ``points``: Its points in order.
    ``problem``: Why it can't be used, as code and number of the line; None where it can.
    """

    line: int
    parcel: ParcelLine
    points: list[PointLine] = field(default_factory=list)
    problem: tuple[str, int] | None = None

    @property
    def label(self) -> str:
        """What a planner knows it by."""
        return self.parcel.number or self.parcel.name or f"#{self.line}"

    def spoil(self, code: str, line: int) -> None:
        """Mark it as not to be used; the first reason stays."""
        if self.problem is None:
            self.problem = (code, line)


@dataclass
class Draft:
    """A file by its lines: keys of its header, its parcels, what is odd about it."""

    header: dict[str, str]
    blocks: list[Block]
    oddities: Oddities


def read_lines(text: str, name: str) -> Draft:
    """Take a survey text apart into header and parcels.

    Header, parcels, oddities. A parcel with a line that can't be read is marked, not left out.

    Raises LayerError: ``txt_not_survey`` where it holds no point at all, ``rows_too_many``.
    """
    draft = Draft({}, [], Oddities())
    section = "none"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, raw in enumerate(lines, start=1):
        line = raw.strip(_BLANKS)
        if not line:
            continue
        if line[0] in "[［【":
            section = _section(line, number, draft)
        elif section in {"points", "none"} or not _KEY.fullmatch(line):
            section = _read_line(line, number, section, draft)
        elif section == "header":
            _read_key(line, number, draft)
        if len(draft.blocks) > MAX_PARCELS:
            raise LayerError("rows_too_many", path=name, limit=MAX_PARCELS)
    if not any(block.points for block in draft.blocks):
        raise LayerError("txt_not_survey", path=name)
    return draft


def _section(line: str, number: int, draft: Draft) -> str:
    match = _SECTION.fullmatch(line)
    title = line if match is None else match[1]
    if "属性" in title:
        return "header"
    if "坐标" in title:
        return "points"
    draft.oddities.note("txt_section_skipped", f"{number} [{title[:20]}]")
    return "skipped"


def _read_key(line: str, number: int, draft: Draft) -> None:
    match = _KEY.fullmatch(line)
    assert match is not None
    key, value = match[1].strip(_BLANKS), match[2].strip(_BLANKS)
    if draft.header.get(key, value) != value:
        draft.oddities.note("txt_key_twice", f"{number} {key[:20]}")
        return
    draft.header[key] = value


def _read_line(line: str, number: int, section: str, draft: Draft) -> str:
    """Read a line that may be a parcel's or a point's; tell the section that follows."""
    if section == "skipped":
        return section
    if section == "none" and _KEY.fullmatch(line):
        _read_key(line, number, draft)
        return section
    # A numbered plot's line could pass for a point's, so what may open a parcel is tried first.
    parcel = parcel_of(line) if _MAY_OPEN.search(line) else None
    if parcel is not None:
        if not parcel.is_marked:
            draft.oddities.note("txt_at_missing", number)
        draft.blocks.append(Block(number, parcel))
        return "points"
    point = point_of(line, number)
    if point is not None:
        _add_point(point, section, draft)
        return "points"
    if is_comment(line):
        draft.oddities.note("txt_lines_skipped", f"{number} {line[:20]}")
    elif section == "points" and draft.blocks:
        draft.blocks[-1].spoil("txt_line_unreadable", number)
    else:
        draft.oddities.note("txt_lines_skipped", f"{number} {line[:20]}")
    return section


def _add_point(point: PointLine, section: str, draft: Draft) -> None:
    if section != "points":
        draft.oddities.note("txt_section_missing", point.line)
    if not draft.blocks:
        draft.oddities.note("txt_parcel_line_missing", point.line)
        draft.blocks.append(Block(point.line, _NOTHING))
    if point.rest:
        draft.oddities.note("txt_fields_left_out", point.line)
    draft.blocks[-1].points.append(point)


Datum = Literal["CGCS2000", "Xian80", "Beijing54", "WGS84"]

FIRST_NARROW_ZONE = 25
"""Zones of 3° over China are numbered 25–45, those of 6° 13–23: the number tells the width."""

_GEOGRAPHIC: dict[Datum, int] = {
    "CGCS2000": 4490, "Xian80": 4610, "Beijing54": 4214, "WGS84": 4326,
}  # fmt: skip
# First EPSG code of each family: 3° with zone, 3° without (both from zone 25), 6° with, 6° without
# (both from zone 13).
_FAMILIES: dict[Datum, tuple[int, int, int, int]] = {
    "CGCS2000": (4513, 4534, 4491, 4502),
    "Xian80": (2349, 2370, 2327, 2338),
    "Beijing54": (2401, 2422, 21413, 21453),
}


@dataclass(frozen=True)
class HeaderCrs:
    """What a header says of its coordinates.

    ``datum``: The datum it names, None where it names none or one that isn't known.
    ``datum_text``: The words it uses.
    ``zone``: Number of the zone, None where none is stated.
    ``width``: Degrees of a zone as stated, None where not.
    ``is_gauss``: False where another projection than Gauss-Krüger is named.
    ``unit``: ``metre``, ``degree``, or None where none is stated.
    ``parameters``: The parameters of a transformation as stated, empty where there are none.
    """

    datum: Datum | None
    datum_text: str
    zone: int | None
    width: float | None
    is_gauss: bool
    unit: Literal["metre", "degree"] | None
    parameters: str


def header_crs(header: Mapping[str, str], path: str) -> HeaderCrs:
    """Read what a header says of its coordinates.

    Raises LayerError: ``txt_unit_unknown`` for another unit than metres and degrees.
    """
    values = {_plain(key): _plain(value) for key, value in header.items()}
    text = values.get("坐标系", values.get("坐标系统", ""))
    projection = values.get("投影类型", values.get("投影", ""))
    parameters = values.get("转换参数", "")
    return HeaderCrs(
        _datum(text), header.get("坐标系", text), _zone(values.get("带号", "")),
        _first_number(values.get("几度分带", values.get("分带", ""))),
        not projection or "高斯" in projection or "gauss" in projection or projection == "tm",
        _unit(values.get("计量单位", values.get("单位", "")), path),
        parameters if parameters.strip(",，0. ") else "",
    )  # fmt: skip


def crs_of(
    header: HeaderCrs, zone_in_front: int, is_geographic: bool
) -> tuple[CRS | None, tuple[Evidence, ...]]:
    """Decide the coordinate system of a survey text.

    ``zone_in_front``: Zone in front of its eastings, 0 where there is none.
    ``is_geographic``: True where its numbers are degrees.

    None where header and numbers leave it open, with what is missing.

    A header that names another zone than stands in front of the eastings is taken at its word:
    the shapes then lie elsewhere, and placing them refuses that or asks.
    """
    notes = []
    if header.parameters:
        notes.append(Evidence.of("txt_parameters_unused", parameters=header.parameters[:80]))
    if header.unit is not None and (header.unit == "degree") != is_geographic:
        notes.append(Evidence.of("txt_unit_contradicts"))
    if header.datum is None:
        code = "txt_system_unknown" if header.datum_text else "txt_system_missing"
        return None, (
            *notes,
            Evidence.of(code, system=header.datum_text, zone=zone_in_front or None),
        )
    if is_geographic:
        return CRS(_GEOGRAPHIC[header.datum]), tuple(notes)
    if not header.is_gauss:
        return None, (*notes, Evidence.of("txt_projection_unknown"))
    zone = header.zone or zone_in_front or None
    if zone_in_front and zone != zone_in_front:
        notes.append(Evidence.of("txt_zone_contradicts", stated=zone, in_front=zone_in_front))
    if zone is None:
        return None, (*notes, Evidence.of("txt_zone_missing", system=header.datum_text))
    width = 3 if zone >= FIRST_NARROW_ZONE else 6
    if header.width not in {None, float(width)}:
        notes.append(
            Evidence.of("txt_width_contradicts", stated=header.width, zone=zone, width=width)
        )
    return gauss_kruger(header.datum, zone, has_zone=bool(zone_in_front)), tuple(notes)


def gauss_kruger(datum: Datum, zone: int, *, has_zone: bool) -> CRS:
    """Give the Gauss-Krüger system of a zone.

    ``zone``: 13–23 (6°) or 25–45 (3°).
    ``has_zone``: True where eastings carry the zone in front.

    >>> gauss_kruger("CGCS2000", 40, has_zone=True).to_epsg()
    4528
    >>> gauss_kruger("CGCS2000", 40, has_zone=False).to_epsg()
    4549
    >>> gauss_kruger("Xian80", 20, has_zone=True).name
    'Xian 1980 / Gauss-Kruger zone 20'
    """
    narrow = zone >= FIRST_NARROW_ZONE
    if datum in _FAMILIES:
        family = _FAMILIES[datum]
        first = family[(0 if narrow else 2) + (not has_zone)]
        return CRS(first + zone - (FIRST_NARROW_ZONE if narrow else 13))
    middle = zone * 3 if narrow else zone * 6 - 3
    return ProjectedCRS(
        name=f"WGS 84 / Gauss-Kruger CM {middle}E",
        geodetic_crs=CRS(_GEOGRAPHIC[datum]),
        conversion=TransverseMercatorConversion(
            longitude_natural_origin=middle,
            false_easting=500_000 + (zone * 1_000_000 if has_zone else 0),
        ),
        cartesian_cs=Cartesian2DCS(),
    )


def zone_of(crs: CRS) -> tuple[Datum, int, bool] | None:
    """Tell which Gauss-Krüger system of the tables a system is.

    As ``gauss_kruger`` takes them; None where it is none of these.

    >>> zone_of(CRS(4549)), zone_of(CRS(2364)), zone_of(CRS(3857))
    (('CGCS2000', 40, False), ('Xian80', 40, True), None)
    """
    code = crs.to_epsg(min_confidence=70)
    if code is None:
        return None
    for datum, families in _FAMILIES.items():
        for position, first in enumerate(families):
            start, last = (FIRST_NARROW_ZONE, 45) if position < 2 else (13, 23)
            if 0 <= code - first <= last - start:
                return datum, start + code - first, position % 2 == 0
    return None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _datum(text: str) -> Datum | None:
    if "2000" in text or "cgcs" in text:
        return "CGCS2000"
    if "80" in text or "西安" in text:
        return "Xian80"
    if "54" in text or "北京" in text:
        return "Beijing54"
    return "WGS84" if re.search(r"wgs[\s_-]*(19)?84", text) else None


def _zone(text: str) -> int | None:
    match = re.fullmatch(r"(?:第)?([0-9]{2})(?:\.0*)?(?:度?带|号带)?", text)
    if match is None:
        return None
    zone = int(match[1])
    return zone if 13 <= zone <= 23 or FIRST_NARROW_ZONE <= zone <= 45 else None


def _first_number(text: str) -> float | None:
    words = {"三": 3.0, "六": 6.0}
    match = re.match(r"[0-9]{1,2}(?:\.[0-9]{1,3})?", text)
    return float(match[0]) if match else words.get(text[:1])


def _unit(text: str, path: str) -> Literal["metre", "degree"] | None:
    if not text:
        return None
    if text in {"米", "m", "meter", "metre", "meters", "metres"}:
        return "metre"
    if text in {"度", "degree", "degrees", "°", "十进制度"}:
        return "degree"
    raise LayerError("txt_unit_unknown", path=path, unit=text[:20])


UNKNOWN = -1
_SWAPPED = {ORDERS.index("east_north"), ORDERS.index("lon_lat")}
_DEGREES = {ORDERS.index("lat_lon"), ORDERS.index("lon_lat")}


@dataclass(frozen=True)
class PlacedPoints:
    """The points of a file with x east and y north.

    ``corners``: Per parcel its points; empty where the parcel's numbers contradict each other.
    ``order``: Position in ``axes.ORDERS`` of the order most parcels have, -1 where no size tells.
    ``zone``: Zone in front of the eastings, 0 where there is none.
    ``is_geographic``: True where the numbers are degrees.
    """

    corners: list[list[Corner]]
    order: int
    zone: int
    is_geographic: bool


def place_points(blocks: list[Block], oddities: Oddities) -> PlacedPoints:
    """Tell north from east for every parcel, and mark parcels that don't fit the others.

    ``blocks``: Parcels as they stand; those whose numbers contradict each other are marked.

    Points, order, zone. Numbers whose sizes tell nothing are taken as the format has them: north
    first.
    """
    kept = [block for block in blocks if block.points]
    first = np.array([point.first for block in kept for point in block.points])
    second = np.array([point.second for block in kept for point in block.points])
    orders = orders_of(first, second)
    swapped = np.isin(orders, list(_SWAPPED))
    east = np.where(swapped, first, second)
    north = np.where(swapped, second, first)
    metric = (orders >= 0) & ~np.isin(orders, list(_DEGREES))
    zones = np.where(metric, zones_of(east), 0)
    usual_order, usual_zone = _most(orders), _most(zones[metric], 0)
    is_geographic = usual_order in _DEGREES
    start = 0
    corners: dict[int, list[Corner]] = {}
    for block in kept:
        span = slice(start, start + len(block.points))
        start = span.stop
        _check(block, orders[span], zones[span], usual_order, usual_zone)
        if block.problem is None and swapped[span.start] != (usual_order in _SWAPPED):
            oddities.note("txt_axes_differ", f"{block.line} {block.label[:20]}")
        corners[id(block)] = [
            Corner(p.line, p.label, _ring(p.ring), float(x), float(y))
            for p, x, y in zip(block.points, east[span], north[span], strict=True)
        ]
    return PlacedPoints(
        [corners.get(id(block), []) for block in blocks], usual_order, usual_zone, is_geographic
    )


def _most(values: npt.NDArray, empty: int = UNKNOWN) -> int:
    if not len(values):
        return empty
    distinct, counts = np.unique(values, return_counts=True)
    return int(distinct[np.argmax(counts)])


def _check(
    block: Block, orders: npt.NDArray, zones: npt.NDArray, usual_order: int, usual_zone: int
) -> None:
    """Mark a parcel one of whose numbers can't be what the others are."""
    first = int(orders[0])
    usual = _most(orders)
    odd = np.flatnonzero(orders != usual)
    if len(odd):
        block.spoil("txt_number_odd", block.points[int(odd[0])].line)
    elif (first in _DEGREES) != (usual_order in _DEGREES) or (first < 0) != (usual_order < 0):
        block.spoil("txt_unit_mixed", block.points[0].line)
    elif (zones != usual_zone).any() and first >= 0 and first not in _DEGREES:
        block.spoil(
            "txt_zone_mixed", block.points[int(np.flatnonzero(zones != usual_zone)[0])].line
        )


def _ring(text: str) -> str:
    number = text.partition(".")[0]
    return str(int(number)) if number.isascii() and number.isdigit() else text


FORMAT_UNIT = "公顷"
"""What the format declares areas in."""

NEAR = 0.02
"""Two areas this near, relative to the outline's, are the same area in the unit tried."""


def declared_areas(
    texts: Sequence[str], shapes: npt.NDArray[np.object_], crs: CRS | None, oddities: Oddities
) -> tuple[list[float | None], tuple[Evidence, ...]]:
    """Read declared areas in square metres.

    ``shapes``: Its outline, None where it couldn't be built.
    ``crs``: System of the outlines; where it is geographic the outlines tell nothing here.
    ``oddities``: Where areas that can't be read are noted.

    Per parcel m² or None; which unit was taken and on what grounds.
    """
    read = [declared_area(text) for text in texts]
    for text, (number, _) in zip(texts, read, strict=True):
        if text and number is None:
            oddities.note("txt_area_unreadable", text[:20])
    bare = np.array([np.nan if n is None or u else n for n, u in read], dtype=np.float64)
    unit = FORMAT_UNIT
    evidence: tuple[Evidence, ...] = ()
    if np.isfinite(bare).any():
        unit, evidence = _unit_of(bare, shapes, crs)
    areas = [
        None if number is None else round(number * AREA_UNITS_IN_M2[written or unit], 4)
        for number, written in read
    ]
    return areas, evidence


def _unit_of(
    declared: Floats, shapes: npt.NDArray[np.object_], crs: CRS | None
) -> tuple[str, tuple[Evidence, ...]]:
    """Take the format's unit, unless another fits the outlines and the format's fits none."""
    measured = shapely.area(shapes)
    known = np.isfinite(declared) & (declared > 0) & (measured > 0)
    if crs is None or crs.is_geographic or not known.any():
        return FORMAT_UNIT, (Evidence.of("txt_area_by_format", unit=FORMAT_UNIT),)
    fits = {
        unit: int((np.abs(declared * size - measured)[known] <= NEAR * measured[known]).sum())
        for unit, size in AREA_UNITS_IN_M2.items()
    }
    best = max(fits, key=lambda unit: (fits[unit], unit == FORMAT_UNIT))
    of = int(known.sum())
    if fits[best] * 2 <= of:
        return FORMAT_UNIT, (Evidence.of("txt_area_fits_none", unit=FORMAT_UNIT, count=of),)
    return best, (Evidence.of("txt_area_by_outline", unit=best, count=fits[best], of=of),)


AXES_SAID: dict[Order, str] = {
    "north_east": "txt_axes_north_east", "east_north": "txt_axes_east_north",
    "lat_lon": "txt_axes_lat_lon", "lon_lat": "txt_axes_lon_lat",
}  # fmt: skip

METRES_PER_DEGREE = 111_320.0

NUMBER, NAME, KIND, SHEET = "地块编号", "地块名称", "图形属性", "图幅号"
USE, CLASS, REST, PLACE = "地块用途", "地类编码", "其他字段", "地块序号"
AREA_TEXT, AREA_M2, PROBLEM = "地块面积", "area_declared_m2", "读取问题"


@dataclass(frozen=True)
class _Parcel:
    """One parcel as read: what its lines say, its shape, None where that can't be built."""

    block: Block
    outline: SurveyOutline | None


def read_survey_text(path: Path, encoding: str | None, layer: str | None) -> Content:
    """Read a survey's boundary-point text, in any of the dialects met.

    ``encoding``: Stated encoding; else the file's mark, else UTF-8, else GB18030.
    ``layer``: ``面``, ``线`` or ``点`` where the file holds more than one kind of shape.

    One row per parcel (x east, y north) with the format's fields, the declared area also as
    ``area_declared_m2``. A parcel that can't be read has no shape, and says why in 读取问题
    (code:line). The system is None where header and numbers leave it open.

    Raises LayerError: ``text_too_large``, ``txt_not_survey``, ``txt_unit_unknown``,
    ``source_layer_needed``, ``rows_too_many`` and those of ``decode_file``.

    In these files X is the northing and Y the easting; where the numbers' sizes say otherwise they
    are taken by their sizes, and that is noted.
    """
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise LayerError(
            "text_too_large", path=path.name, megabytes=path.stat().st_size // 1024**2,
            limit=MAX_TEXT_BYTES // 1024**2,
        )  # fmt: skip
    text, used, notes = decode_file(path, encoding)
    draft = read_lines(text, path.name)
    kinds = [kind for kind in KINDS if any((b.parcel.kind or "面") == kind for b in draft.blocks)]
    chosen = choose_layer(path, kinds, layer)
    blocks = [block for block in draft.blocks if (block.parcel.kind or "面") == chosen]
    crs_header = header_crs(draft.header, path.name)
    placed = place_points(blocks, draft.oddities)
    crs, of_crs = crs_of(crs_header, placed.zone, placed.is_geographic)
    parcels = [
        _parcel(block, corners, placed.is_geographic, draft.oddities)
        for block, corners in zip(blocks, placed.corners, strict=True)
    ]
    frame, of_area = _frame(parcels, crs, draft.oddities)
    _note_numbers(blocks, draft.oddities)
    header = "; ".join(f"{key}={value}" for key, value in draft.header.items() if value)
    header_notes = (Evidence.of("txt_header", text=header[:300]),) if header else ()
    axes = Evidence(AXES_SAID[ORDERS[placed.order]] if placed.order >= 0 else "txt_axes_unknown")
    evidence = (*notes, *header_notes, *of_crs, axes, *of_area, *draft.oddities.evidence())
    basis: CrsBasis = "none" if crs is None else "stated_in_file"
    return Content(frame, evidence, crs, basis, used, tuple(kinds))


def _parcel(
    block: Block, corners: list[Corner], is_geographic: bool, oddities: Oddities
) -> _Parcel:
    """Build the outline of a parcel, or note why it can't be built."""
    outline = None
    if block.problem is None:
        try:
            unit = METRES_PER_DEGREE if is_geographic else 1.0
            outline = outline_of(corners, block.parcel.kind, unit, oddities)
        except RingError as error:
            block.spoil(error.code, error.line or block.line)
    if block.problem is not None:
        code, line = block.problem
        oddities.note(code, f"{line} {block.label[:20]}")
    declared, repeated = block.parcel.count, outline.repeated if outline else 0
    count = len(block.points)
    if declared is not None and outline and declared not in {count, count - repeated}:
        oddities.note("txt_count_differs", f"{block.line} {block.label[:20]} {declared}≠{count}")
    return _Parcel(block, outline)


def _frame(
    parcels: list[_Parcel], crs: CRS | None, oddities: Oddities
) -> tuple[gpd.GeoDataFrame, tuple[Evidence, ...]]:
    shapes = np.array([p.outline.shape if p.outline else None for p in parcels], dtype=object)
    lines = [parcel.block.parcel for parcel in parcels]
    areas, notes = declared_areas([line.area for line in lines], shapes, crs, oddities)
    problems = [parcel.block.problem for parcel in parcels]
    columns: dict[str, Sequence[object]] = {
        NUMBER: [line.number for line in lines],
        NAME: [line.name for line in lines],
        AREA_M2: areas,
        USE: [line.use for line in lines],
        CLASS: [line.land_class for line in lines],
        SHEET: [line.sheet for line in lines],
        KIND: [line.kind for line in lines],
        AREA_TEXT: [line.area for line in lines],
        REST: [line.rest for line in lines],
        PROBLEM: [f"{problem[0]}:{problem[1]}" if problem else "" for problem in problems],
    }
    table = pd.DataFrame({name: _cells(cells) for name, cells in columns.items()}, dtype=object)
    filled = [name for name in table.columns if name == NUMBER or table[name].notna().any()]
    table = table[filled].assign(**{PLACE: range(1, len(parcels) + 1)})
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs), notes


def _cells(cells: Sequence[object]) -> pd.Series:
    return pd.Series([None if cell == "" else cell for cell in cells], dtype="object")


def _note_numbers(blocks: list[Block], oddities: Oddities) -> None:
    seen: set[str] = set()
    for block in blocks:
        number = block.parcel.number
        if not number:
            oddities.note("txt_number_missing", block.line)
        elif number in seen:
            oddities.note("txt_number_twice", f"{block.line} {number[:20]}")
        seen.add(number)
