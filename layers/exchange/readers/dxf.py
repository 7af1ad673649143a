"""DXF drawings."""

import io
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from ezdxf import recover
from ezdxf.document import Drawing as Document

from geo.arrays import Floats
from geo.limits import MAX_DXF_BYTES
from geo.tools import nearest_name, show_control_characters
from layers.errors import LayerError
from layers.exchange.readers.dxf_outlines import CHORD_TOLERANCE, Drawing, Drawn, Words, walk
from layers.exchange.readers.encoding import decode, known_encoding, sniff
from layers.exchange.readers.source import Content, Evidence, one_line

CLOSING_GAP = 0.01
"""An outline whose ends lie this close [units of the drawing, normally m] is meant to close."""

SAME_PLACE = 3
"""Decimals to which a hatch and the outline it fills are the same."""


@dataclass
class DrawingShapes:
    """Outlines as rows, and what was noticed on the way.

    ``frame``: One row an outline (our own drawings: one a row written).
    ``with_arcs``: Count of shapes with chords for arcs.
    ``closed_gaps, widest_gap``: Count of outlines closed over a gap, and the widest of these
      [units of the drawing].
    ``still_open``: Count of outlines that stay lines.
    ``doubled``: Count of hatches left out since they fill an outline.
    ``texts_outside``: Count of texts in no shape.
    ``unreadable``: Count of outlines without a shape.
    """

    frame: gpd.GeoDataFrame
    with_arcs: int = 0
    closed_gaps: int = 0
    widest_gap: float = 0.0
    still_open: int = 0
    doubled: int = 0
    texts_outside: int = 0
    unreadable: int = 0


def shapes_of(drawing: Drawing) -> DrawingShapes:
    """Make shapes of a drawing's outlines.

    Rows with ``cad_layer``, ``cad_label``, ``cad_kind``, ``cad_handle``, ``cad_block``.
    """
    result = DrawingShapes(gpd.GeoDataFrame())
    shapes = [_shape(drawn, result) for drawn in drawing.outlines]
    kept, shapes = _without_doubles(drawing.outlines, shapes, result)
    kept, shapes = _rows_together(kept, shapes)
    result.still_open = sum(s is not None and s.geom_type == "LineString" for s in shapes)
    result.unreadable = sum(shape is None for shape in shapes)
    array = np.array(shapes, dtype=object)
    columns = {
        "cad_layer": [drawn.layer for drawn in kept],
        "cad_label": _labels(array, kept, drawing.texts, result),
        "cad_kind": [drawn.kind for drawn in kept],
        "cad_handle": [drawn.handle or None for drawn in kept],
        "cad_block": [drawn.block or None for drawn in kept],
    }
    # A spoilt drawing has halves of characters in its texts, which no column of texts takes;
    # they are shown, and counted, with the other characters that files can't carry.
    result.frame = gpd.GeoDataFrame(pd.DataFrame(columns, dtype=object), geometry=array)
    return result


def _shape(drawn: Drawn, result: DrawingShapes) -> shapely.Geometry | None:
    outline = drawn.outline
    points = outline.points
    if len(points) == 1 and drawn.kind == "POINT":
        return shapely.points(points[0])
    if len(points) < 2 or not np.isfinite(points).all():
        return None
    gap = float(np.hypot(*(points[-1] - points[0])))
    closes = outline.is_closed or (len(points) > 3 and gap <= CLOSING_GAP)
    result.with_arcs += outline.has_arcs
    if not closes:
        return shapely.linestrings(points)
    if not outline.is_closed and gap:
        result.closed_gaps += 1
        result.widest_gap = max(result.widest_gap, gap)
        # The last point stands for the first: a side of some millimetres is none.
        points = points[:-1]
    if len(points) < 3:
        return None
    holes = [_ring(hole) for hole in outline.holes]
    shape = shapely.polygons(_ring(points), holes=holes or None)
    return shape if shape.area or len(np.unique(points, axis=0)) > 2 else None


def _ring(points: Floats) -> shapely.Geometry:
    return shapely.linearrings(np.vstack([points, points[:1]]))


def _without_doubles(
    outlines: list[Drawn], shapes: list[shapely.Geometry | None], result: DrawingShapes
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
    result.doubled = len(outlines) - len(kept)
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
    polygons: list[tuple[shapely.Geometry, list[shapely.Geometry]]] = []
    for part in parts:
        around = [holes for outer, holes in polygons if outer.covers(part.representative_point())]
        if around:
            around[-1].append(part.exterior)
        else:
            polygons.append((part, []))
    built = [shapely.polygons(outer.exterior, holes=holes or None) for outer, holes in polygons]
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
    shapes: npt.NDArray[np.object_], kept: list[Drawn], texts: list[Words], result: DrawingShapes
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
    result.texts_outside = len(loose)
    if loose and len(candidates):
        places = shapely.points([(words.x, words.y) for words in loose])
        which, around = shapely.STRtree(areas[candidates]).query(places, predicate="intersects")
        size = shapely.area(areas[candidates])[around]
        order = np.lexsort((size, which))
        first = order[np.unique(which[order], return_index=True)[1]]
        for position in first:
            labels[candidates[around[position]]].append(loose[which[position]].text)
        result.texts_outside -= len(first)
    return [";".join(label_texts) or None for label_texts in labels]


BINARY_MARK = b"AutoCAD Binary DXF"
DWG_MARK = b"AC10"

UTF8_SINCE = "AC1021"
"""From this version (AutoCAD 2007) on the text of a drawing is UTF-8."""

METRES, MILLIMETRES = 6, 4
UNIT_NAMES = {0: "—", 1: "inch", 2: "ft", 4: "mm", 5: "cm", 6: "m", 7: "km"}
LARGEST_METRES = 1e8
"""No easting with a zone's prefix reaches this in metres; one in millimetres always does."""

BROKEN = (
    ezdxf.DXFError, ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError,
    NotImplementedError, OSError, RecursionError, TypeError, ValueError, struct.error,
)  # fmt: skip
"""What the library raises on a file that is no drawing: it was not made for hostile ones."""


def read_dxf(path: Path, layer: str | None, encoding: str | None) -> Content:
    """Read the closed outlines of a DXF drawing.

    ``path``: An existing file, as text or binary DXF.
    ``layer``: Which CAD layer, None for all. Texts count as labels whatever their layer.

    One row an outline: ``cad_layer``, ``cad_label`` (the texts inside it), ``cad_kind``,
    ``cad_handle``, ``cad_block``. Closed ones are polygons, open ones stay lines. Blocks are taken
    apart, arcs drawn as chords. A drawing states no coordinate system.

    Raises LayerError: ``dwg_refused``, ``not_a_gis_file``, ``file_too_large``, ``file_unreadable``,
    ``file_empty``, ``dxf_too_many``, ``dxf_without_outlines``, ``source_layer_unknown``,
    ``encoding_unknown``.
    """
    raw = _bytes(path)
    try:
        document, used, evidence = _document(path, raw, encoding)
        drawing = walk(document.modelspace(), path.name)
        unit_code = int(document.header.get("$INSUNITS", 0))
        hidden = [
            show_control_characters(str(entry.dxf.name))
            for entry in document.layers if not entry.is_on()
        ]  # fmt: skip
    except BROKEN as error:
        raise LayerError("file_unreadable", path=path.name, detail=one_line(error)) from error
    if not drawing.outlines:
        raise LayerError("dxf_without_outlines", path=path.name, others=_counted(drawing))
    shapes = shapes_of(drawing)
    frame, known = _chosen(path, shapes.frame, layer)
    frame, units = _in_metres(frame, unit_code)
    notes = [*evidence, *units, *_drawing_notes(drawing, shapes, set(hidden) & set(known))]
    if layer is not None:
        notes.insert(0, Evidence.of("source_layer", layer=layer))
    return Content(frame, tuple(notes), None, "none", used, known)


def _bytes(path: Path) -> bytes:
    size = path.stat().st_size
    if size > MAX_DXF_BYTES:
        raise LayerError(
            "file_too_large", path=path.name, megabytes=size // 1024**2,
            limit=MAX_DXF_BYTES // 1024**2,
        )  # fmt: skip
    raw = path.read_bytes()
    if raw.startswith(DWG_MARK):
        raise LayerError("dwg_refused", path=path.name)
    if not raw.startswith(BINARY_MARK) and not re.search(rb"(?m)^\s*SECTION\s*$", raw[:65536]):
        raise LayerError("not_a_gis_file", path=path.name, format="DXF")
    return raw


def _document(
    path: Path, raw: bytes, encoding: str | None
) -> tuple[Document, str, tuple[Evidence, ...]]:
    if raw.startswith(BINARY_MARK):
        return ezdxf.readfile(path), "UTF-8", ()
    used, code = _encoding(raw, encoding)
    text = raw.removeprefix(b"\xef\xbb\xbf").decode(used, "surrogateescape")
    notes: tuple[Evidence, ...] = (Evidence.of(code, encoding=used),)
    try:
        return ezdxf.read(io.StringIO(text, newline=None)), used, notes
    except BROKEN:
        document, _ = recover.read(io.BytesIO(raw), errors="surrogateescape")
        return document, used, (*notes, Evidence.of("dxf_recovered"))


def _encoding(raw: bytes, stated_encoding: str | None) -> tuple[str, str]:
    if stated_encoding is not None:
        return known_encoding(stated_encoding), "encoding_stated"
    head = raw[:65536]
    version, page = (
        match[1].decode("ascii", "replace") if match else ""
        for match in (
            re.search(rb"\$ACADVER\s+1\s+(AC\d+)", head),
            re.search(rb"\$DWGCODEPAGE\s+3\s+(\S+)", head),
        )
    )
    is_gb = version < UTF8_SINCE and page.upper() in {"ANSI_936", "GB2312", "GBK", "GB18030"}
    if is_gb and decode(raw, "GB18030") is not None:
        return "GB18030", "encoding_by_dxf"
    # Programs declare Western Europe, or nothing, above Chinese text.
    sniffed = sniff([raw])
    return "UTF-8" if sniffed == "ASCII" else sniffed, "encoding_sniffed"


def _chosen(
    path: Path, frame: gpd.GeoDataFrame, layer: str | None
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    names = frame["cad_layer"].map(show_control_characters)
    known = tuple(dict.fromkeys(names))
    if layer is None:
        return frame, known
    if layer not in known:
        raise LayerError(
            "source_layer_unknown", path=path.name, layer=layer, nearest=nearest_name(layer, known)
        )
    return gpd.GeoDataFrame(frame[names == layer].reset_index(drop=True)), known


def _in_metres(frame: gpd.GeoDataFrame, unit_code: int) -> tuple[gpd.GeoDataFrame, list[Evidence]]:
    """Turn millimetres into metres where the numbers can be nothing else; else say what is stated.

    Drawings made from the usual template state millimetres and hold metres.
    """
    shapes: npt.NDArray[np.object_] = np.asarray(frame.geometry.array, dtype=object)
    largest = float(np.nanmax(np.abs(shapely.total_bounds(shapes)), initial=0.0))
    if unit_code in {MILLIMETRES, 0} and largest > LARGEST_METRES:
        scaled = shapely.transform(shapes, lambda points: points / 1000)
        return frame.set_geometry(gpd.GeoSeries(scaled)), [Evidence.of("dxf_millimetres")]
    if unit_code in {METRES, 0}:
        return frame, []
    return frame, [
        Evidence.of("dxf_unit_not_followed", unit=UNIT_NAMES.get(unit_code, str(unit_code)))
    ]


def _drawing_notes(drawing: Drawing, shapes: DrawingShapes, hidden: set[str]) -> list[Evidence]:
    layers = shapes.frame["cad_layer"].map(show_control_characters).value_counts()
    notes = [
        Evidence.of("dxf_layers", layers=", ".join(f"{n} ({c})" for n, c in layers.items())[:400])
    ]
    if hidden:
        notes.append(Evidence.of("dxf_layers_hidden", layers=", ".join(sorted(hidden))[:200]))
    if shapes.with_arcs:
        notes.append(
            Evidence.of(
                "dxf_arcs_drawn", count=shapes.with_arcs, tolerance_mm=1000 * CHORD_TOLERANCE
            )
        )
    if shapes.closed_gaps:
        notes.append(
            Evidence.of(
                "dxf_gaps_closed", count=shapes.closed_gaps, widest_mm=1000 * shapes.widest_gap
            )
        )
    for code, count in (
        ("dxf_open_lines", shapes.still_open),
        ("dxf_hatches_on_outlines", shapes.doubled),
        ("dxf_texts_outside", shapes.texts_outside),
        ("shapes_unreadable", shapes.unreadable),
    ):
        if count:
            notes.append(Evidence.of(code, count=count))
    if drawing.passed_over:
        notes.append(Evidence.of("dxf_passed_over", kinds=_counted(drawing)))
    if drawing.extended:
        programs = show_control_characters(", ".join(sorted(drawing.extended)))
        notes.append(
            Evidence.of("dxf_xdata", count=sum(drawing.extended.values()), programs=programs[:200])
        )
    return notes


def _counted(drawing: Drawing) -> str:
    parts = [f"{kind} {count}" for kind, count in sorted(drawing.passed_over.items())]
    return show_control_characters(", ".join(parts)[:300]) or "—"
