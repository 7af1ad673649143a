"""What a survey's boundary-point text holds (勘测定界界址点坐标交换格式): one row per parcel."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from layers.errors import LayerError
from layers.exchange.axes import ORDERS, Order
from layers.exchange.encoding import decode_file
from layers.exchange.evidence import Evidence, found
from layers.exchange.oddities import Oddities
from layers.exchange.source import Content, CrsBasis
from layers.exchange.survey_text_areas import declared_areas
from layers.exchange.survey_text_axes import place_points
from layers.exchange.survey_text_header import crs_of, stated_in
from layers.exchange.survey_text_lines import Block, read_lines
from layers.exchange.survey_text_points import KINDS
from layers.exchange.survey_text_rings import Corner, Outline, RingError, outline_of
from layers.exchange.vector import choose_layer

MAX_TEXT_BYTES = 256 * 1024**2
"""About five million points; a larger file is no survey's."""

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
    outline: Outline | None


def read_survey_text(path: Path, encoding: str | None, layer: str | None) -> Content:
    """Read a survey's boundary-point text, in any of the dialects met.

    Parameters
    ----------
    path
        An existing file.
    encoding
        Stated encoding; else the file's mark, else UTF-8, else GB18030.
    layer
        ``面``, ``线`` or ``点`` where the file holds more than one kind of shape.

    Returns
    -------
    Content
        One row per parcel (x east, y north) with the format's fields, the declared area also as
        ``area_declared_m2``. A parcel that can't be read has no shape, and says why in 读取问题
        (code:line). The system is None where header and numbers leave it open.

    Raises
    ------
    LayerError
        ``text_too_large``, ``txt_not_survey``, ``txt_unit_unknown``,
        ``source_layer_needed``, ``rows_too_many`` and those of ``decode_file``.

    Notes
    -----
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
    stated = stated_in(draft.header, path.name)
    placed = place_points(blocks, draft.oddities)
    crs, of_crs = crs_of(stated, placed.zone, placed.is_geographic)
    parcels = [
        _parcel(block, corners, placed.is_geographic, draft.oddities)
        for block, corners in zip(blocks, placed.corners, strict=True)
    ]
    frame, of_area = _frame(parcels, crs, draft.oddities)
    _note_numbers(blocks, draft.oddities)
    header = "; ".join(f"{key}={value}" for key, value in draft.header.items() if value)
    said = (found("txt_header", text=header[:300]),) if header else ()
    axes = Evidence(AXES_SAID[ORDERS[placed.order]] if placed.order >= 0 else "txt_axes_unknown")
    evidence = (*notes, *said, *of_crs, axes, *of_area, *draft.oddities.evidence())
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
    said = [name for name in table.columns if name == NUMBER or table[name].notna().any()]
    table = table[said].assign(**{PLACE: range(1, len(parcels) + 1)})
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
