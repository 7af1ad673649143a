"""How a layer of parcels is written as a survey's boundary-point text."""

import re
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Floats
from geo.crs import crs_label, is_modern
from geo.tools import show_control_characters
from geo.units import M2_PER_HA
from layers.contracts import CONTRACTS
from layers.errors import LayerError
from layers.exchange.cells import as_text
from layers.exchange.heading import ExportHeading
from layers.exchange.readers.source import Evidence, Oddities
from layers.exchange.readers.survey_text import (
    AREA_M2,
    CLASS,
    NAME,
    NUMBER,
    SHEET,
    USE,
    Datum,
    gauss_kruger,
    zone_of,
)
from layers.exchange.writers.sheet import Sheet

DECIMALS = 3
ZONE_WIDTH_M = 1_000_000
MANIFEST_SECTION = "扩展信息"

_DATUM_WORDS: dict[Datum, str] = {
    "CGCS2000": "2000国家大地坐标系", "Xian80": "1980西安坐标系", "Beijing54": "1954北京坐标系",
}  # fmt: skip
_SURVEY_SCHEME = "GBT21010"
_WIDE = str.maketrans({",": "，", "@": "＠", "=": "＝", "[": "［", "]": "］"})
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def write_survey_text(path: Path, sheet: Sheet, heading: ExportHeading) -> tuple[Evidence, ...]:
    """Write parcels in the format of surveys' boundary points.

    ``path``: File to write: GB18030, lines ending in CRLF.
    ``sheet``: Rows with polygons. Number, name and declared area are taken from the vocabulary's
      columns; map sheet, use and class from what an earlier text of this format brought.
    ``heading``: Sources and 演示数据 mark: they stand in a section of their own before the header,
      which readers of the format pass over; a demonstration also stands as the producing unit.

    What the format asks for and the data don't have (left empty), what it could not hold.

    Raises LayerError: ``txt_system_needed`` for shapes of no system or one that has no Gauss-Krüger
    zone, ``txt_no_polygons``.

    Northing before easting, both with three decimals; eastings with their zone; outer rings
    clockwise from the north-west, holes against the clock; each ring closed by its first point,
    which the count of points has; labels J1, J2 … through the rings of a parcel. A declared area
    is written as declared, else as measured in the plane.
    """
    oddities = Oddities()
    frame = gpd.GeoDataFrame(sheet.frame)
    frame, notes = _with_polygons(frame, path)
    frame, datum, zone, moved = _in_zone(frame, path)
    lines = [*_manifest(heading), *_header(datum, zone, heading)]
    empty = ["数据产生日期"] if heading.is_demo else ["数据产生单位", "数据产生日期"]
    fields = {name: _field(frame, name) for name in (NUMBER, NAME, SHEET, USE, CLASS)}
    empty += [name for name, texts in fields.items() if not all(texts)]
    areas, measured = _areas(frame)
    shapes = np.asarray(frame.geometry.array, dtype=object)
    for position, shape in enumerate(shapes):
        texts = {name: _tidy(column[position], oddities) for name, column in fields.items()}
        rings = _rings(shape, texts[NUMBER] or f"#{position + 1}", oddities)
        lines += _parcel(texts, areas[position], rings)
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("gb18030", "replace"))
    notes = (*notes, *moved, Evidence.of("txt_left_empty", fields="、".join(empty)))
    if measured:
        notes = (*notes, Evidence.of("txt_area_measured", count=measured))
    return (*notes, *oddities.evidence())


def _with_polygons(
    frame: gpd.GeoDataFrame, path: Path
) -> tuple[gpd.GeoDataFrame, tuple[Evidence, ...]]:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    usable = np.isin(shapely.get_type_id(shapes), _POLYGONS) & ~shapely.is_empty(shapes)
    if not usable.any():
        raise LayerError("txt_no_polygons", path=path.name)
    left = int((~usable).sum())
    notes = (Evidence.of("txt_rows_left_out", count=left),) if left else ()
    return gpd.GeoDataFrame(frame[usable].reset_index(drop=True)), notes


def _in_zone(
    frame: gpd.GeoDataFrame, path: Path
) -> tuple[gpd.GeoDataFrame, Datum, int, tuple[Evidence, ...]]:
    """Carry shapes into a Gauss-Krüger zone, eastings with the zone in front."""
    crs = frame.crs
    known = None if crs is None else zone_of(crs)
    if known is not None:
        datum, zone, has_zone = known
        if not has_zone:
            frame = frame.set_geometry(frame.geometry.translate(zone * ZONE_WIDTH_M, 0.0))
        return frame, datum, zone, ()
    if crs is None or not is_modern(crs):
        raise LayerError(
            "txt_system_needed", path=path.name, crs=None if crs is None else crs_label(crs)
        )
    west, _, east, _ = frame.to_crs(4490).total_bounds
    zone = round((west + east) / 2 / 3)
    if not 25 <= zone <= 45:
        raise LayerError("txt_system_needed", path=path.name, crs=crs_label(crs))
    target: CRS = gauss_kruger("CGCS2000", zone, has_zone=True)
    note = Evidence.of("shapes_transformed", source=crs_label(crs), target=crs_label(target))
    return frame.to_crs(target), "CGCS2000", zone, (note,)


def _manifest(heading: ExportHeading) -> list[str]:
    lines = [f"[{MANIFEST_SECTION}]"]
    for word, text in heading.lines():
        # Under a name of ours: a reader that minds no sections must not take it for the header's.
        lines.append(f"MuPlan.{_one_line(str(word)).translate(_WIDE)}={_one_line(str(text))}")
    return lines


def _header(datum: Datum, zone: int, heading: ExportHeading) -> list[str]:
    return [
        "[属性描述]", "格式版本号=1.01",
        f"数据产生单位={heading.labels['demo'] if heading.is_demo else ''}", "数据产生日期=",
        f"坐标系={_DATUM_WORDS[datum]}", f"几度分带={3 if zone >= 25 else 6}",
        "投影类型=高斯克吕格", "计量单位=米", f"带号={zone}", f"精度={10**-DECIMALS:.{DECIMALS}f}",
        "转换参数=,,,,,,", "[地块坐标]",
    ]  # fmt: skip


def _field(frame: gpd.GeoDataFrame, name: str) -> list[str]:
    """Give what a field of the parcel line has for every row; empty where the data have none."""
    column = _column_of(frame, name)
    if column is None:
        return [""] * len(frame)
    texts = [as_text(value) or "" for value in frame[column].astype("object")]
    if column == "land_use_code":
        schemes = frame.get("land_use_scheme", pd.Series([""] * len(frame)))
        surveyed = [scheme == _SURVEY_SCHEME for scheme in schemes]
        texts = [text if is_survey else "" for text, is_survey in zip(texts, surveyed, strict=True)]
    return texts


def _column_of(frame: gpd.GeoDataFrame, name: str) -> str | None:
    keys = {contract.key for contract in CONTRACTS.values()}
    preferred = {
        NUMBER: [str(column) for column in frame.columns if str(column) in keys][:1],
        NAME: ["name", f"src_{NAME}"],
        CLASS: ["land_use_code"],
    }
    names = [*preferred.get(name, []), f"src_{name}", name]
    if name == CLASS:
        names = names[::-1]  # what a survey stated goes before what the plan says
    return next((column for column in names if column in frame.columns), None)


def _areas(frame: gpd.GeoDataFrame) -> tuple[list[str], int]:
    """Give areas in ha with four decimals: as declared, else measured; count the measured."""
    measured = shapely.area(np.asarray(frame.geometry.array, dtype=object))
    declared = np.full(len(frame), np.nan)
    if AREA_M2 in frame.columns:
        declared = pd.to_numeric(frame[AREA_M2], errors="coerce").to_numpy(dtype=np.float64)
    unknown = ~(np.isfinite(declared) & (declared > 0))
    areas = np.where(unknown, measured, declared)
    # Half a square metre goes up, as in surveys, not to the even neighbour.
    whole = np.floor(areas + 0.5 + 1e-9)
    return [f"{area / M2_PER_HA:.4f}" for area in whole], int(unknown.sum())


def _rings(shape: shapely.Geometry, number: str, oddities: Oddities) -> list[Floats]:
    """Give the rings of a parcel as written: each outer ring with its holes behind it."""
    rings = []
    for part in shapely.get_parts(shapely.orient_polygons(shape, exterior_cw=True)):
        for position, ring in enumerate(shapely.get_rings(part)):
            points = _written(shapely.get_coordinates(ring))
            if len(points) < 3:
                oddities.note("txt_ring_too_small", number)
                if position == 0:
                    break
                continue
            rings.append(points)
    return rings


def _written(points: Floats) -> Floats:
    """Round a closed ring, drop points that become one, begin in the north-west."""
    points = np.round(points[:-1], DECIMALS)
    points = points[(points != np.roll(points, 1, axis=0)).any(axis=1)]
    if not len(points):
        return points
    start = int(np.lexsort((-points[:, 1], points[:, 0] - points[:, 1]))[0])
    return np.roll(points, -start, axis=0)


def _parcel(texts: dict[str, str], area: str, rings: list[Floats]) -> Iterator[str]:
    count = sum(len(ring) + 1 for ring in rings)
    yield ",".join(
        [str(count), area, texts[NUMBER], texts[NAME], "面", texts[SHEET], texts[USE],
         texts[CLASS], "@"]
    )  # fmt: skip
    label = 0
    for number, ring in enumerate(rings, start=1):
        first = label + 1
        for x, y in ring:
            label += 1
            yield f"J{label},{number},{y:.{DECIMALS}f},{x:.{DECIMALS}f}"
        x, y = ring[0]
        yield f"J{first},{number},{y:.{DECIMALS}f},{x:.{DECIMALS}f}"


def _tidy(text: str, oddities: Oddities) -> str:
    """Put full-width marks where a half-width one would divide the line."""
    tidy = _one_line(text).translate(_WIDE)
    if tidy != text:
        oddities.note("txt_marks_replaced", tidy[:20])
    return tidy


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", show_control_characters(text)).strip()
