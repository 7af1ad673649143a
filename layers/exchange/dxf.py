"""What a DXF drawing holds: closed outlines as shapes, with their layers and the texts in them."""

import io
import re
import struct
from pathlib import Path

import ezdxf
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from ezdxf import recover
from ezdxf.document import Drawing as Document

from geo.nearest import nearest_name
from layers.errors import LayerError
from layers.exchange.dxf_outlines import CHORD_TOLERANCE
from layers.exchange.dxf_shapes import Shapes, shapes_of
from layers.exchange.dxf_walk import Drawing, walk
from layers.exchange.encoding import decode, known_encoding, sniff
from layers.exchange.evidence import Evidence, found
from layers.exchange.source import Content

MAX_DXF_BYTES = 256 * 1024**2
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

    Parameters
    ----------
    path
        An existing file, as text or binary DXF.
    layer
        Which CAD layer, None for all. Texts count as labels whatever their layer.
    encoding
        Stated encoding of its text.

    Returns
    -------
    Content
        One row an outline: ``cad_layer``, ``cad_label`` (the texts inside it), ``cad_kind``,
        ``cad_handle``, ``cad_block``. Closed ones are polygons, open ones stay lines. Blocks are
        taken apart, arcs drawn as chords. A drawing states no coordinate system.

    Raises
    ------
    LayerError
        ``dwg_refused``, ``not_a_gis_file``, ``file_too_large``, ``file_unreadable``,
        ``file_empty``, ``dxf_too_many``, ``dxf_without_outlines``, ``source_layer_unknown``,
        ``encoding_unknown``.
    """
    raw = _bytes(path)
    try:
        document, used, evidence = _document(path, raw, encoding)
        drawing = walk(document.modelspace(), path.name)
        stated = int(document.header.get("$INSUNITS", 0))
        hidden = [str(entry.dxf.name) for entry in document.layers if not entry.is_on()]
    except BROKEN as error:
        raise LayerError("file_unreadable", path=path.name, detail=_one_line(error)) from error
    if not drawing.outlines:
        raise LayerError("dxf_without_outlines", path=path.name, others=_counted(drawing))
    shapes = shapes_of(drawing)
    frame, known = _chosen(path, shapes.frame, layer)
    frame, units = _in_metres(frame, stated)
    said = [*evidence, *units, *_noted(drawing, shapes, set(hidden) & set(known))]
    if layer is not None:
        said.insert(0, found("source_layer", layer=layer))
    return Content(frame, tuple(said), None, "none", used, known)


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
    said: tuple[Evidence, ...] = (found(code, encoding=used),)
    try:
        return ezdxf.read(io.StringIO(text, newline=None)), used, said
    except BROKEN:
        document, _ = recover.read(io.BytesIO(raw), errors="surrogateescape")
        return document, used, (*said, found("dxf_recovered"))


def _encoding(raw: bytes, stated: str | None) -> tuple[str, str]:
    if stated is not None:
        return known_encoding(stated), "encoding_stated"
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
    known = tuple(dict.fromkeys(frame["cad_layer"]))
    if layer is None:
        return frame, known
    if layer not in known:
        raise LayerError(
            "source_layer_unknown", path=path.name, layer=layer, nearest=nearest_name(layer, known)
        )
    return gpd.GeoDataFrame(frame[frame["cad_layer"] == layer].reset_index(drop=True)), known


def _in_metres(frame: gpd.GeoDataFrame, stated: int) -> tuple[gpd.GeoDataFrame, list[Evidence]]:
    """Turn millimetres into metres where the numbers can be nothing else; else say what is stated.

    Drawings made from the usual template state millimetres and hold metres.
    """
    shapes: npt.NDArray[np.object_] = np.asarray(frame.geometry.array, dtype=object)
    largest = float(np.nanmax(np.abs(shapely.total_bounds(shapes)), initial=0.0))
    if stated in {MILLIMETRES, 0} and largest > LARGEST_METRES:
        scaled = shapely.transform(shapes, lambda points: points / 1000)
        return frame.set_geometry(gpd.GeoSeries(scaled)), [found("dxf_millimetres")]
    if stated in {METRES, 0}:
        return frame, []
    return frame, [found("dxf_unit_not_followed", unit=UNIT_NAMES.get(stated, str(stated)))]


def _noted(drawing: Drawing, shapes: Shapes, hidden: set[str]) -> list[Evidence]:
    layers = pd.Series(shapes.frame["cad_layer"]).value_counts()
    said = [found("dxf_layers", layers=", ".join(f"{n} ({c})" for n, c in layers.items())[:400])]
    if hidden:
        said.append(found("dxf_layers_hidden", layers=", ".join(sorted(hidden))[:200]))
    if shapes.with_arcs:
        said.append(
            found("dxf_arcs_drawn", count=shapes.with_arcs, tolerance_mm=1000 * CHORD_TOLERANCE)
        )
    if shapes.closed_gaps:
        said.append(
            found("dxf_gaps_closed", count=shapes.closed_gaps, widest_mm=1000 * shapes.widest_gap)
        )
    for code, count in (
        ("dxf_open_lines", shapes.still_open),
        ("dxf_hatches_on_outlines", shapes.doubled),
        ("dxf_texts_outside", shapes.texts_outside),
        ("shapes_unreadable", shapes.unreadable),
    ):
        if count:
            said.append(found(code, count=count))
    if drawing.passed_over:
        said.append(found("dxf_passed_over", kinds=_counted(drawing)))
    if drawing.extended:
        programs = ", ".join(sorted(drawing.extended))
        said.append(
            found("dxf_xdata", count=sum(drawing.extended.values()), programs=programs[:200])
        )
    return said


def _counted(drawing: Drawing) -> str:
    parts = [f"{kind} {count}" for kind, count in sorted(drawing.passed_over.items())]
    return ", ".join(parts)[:300] or "—"


def _one_line(problem: object) -> str:
    return " ".join(str(problem).split())[:200] or type(problem).__name__
