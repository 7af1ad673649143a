"""What a file of any known kind holds, and on what evidence its kind was recognised."""

import dataclasses
from pathlib import Path

import geopandas as gpd
import pandas as pd

from geo.tools import Progress, report, show_control_characters, within
from layers.errors import LayerError
from layers.exchange.cells import hidden_characters, is_text_column
from layers.exchange.heading import free_name
from layers.exchange.readers.coordinates import with_shapes
from layers.exchange.readers.kml import read_kml
from layers.exchange.readers.shapefile import read_shapefile, read_zipped_shapefile
from layers.exchange.readers.source import Content, Evidence, SourceFile, file_sha256, unique_names
from layers.exchange.readers.survey_text import read_survey_text
from layers.exchange.readers.tables import read_csv, read_xlsx
from layers.exchange.readers.vector import (
    holds_geodatabase,
    read_flatgeobuf,
    read_geodatabase,
    read_geojson,
    read_geopackage,
    read_parquet,
)

READ_ENDINGS = {
    ".gpkg": "gpkg", ".parquet": "parquet", ".geoparquet": "parquet", ".geojson": "geojson",
    ".json": "geojson", ".zip": "shapefile", ".shp": "shapefile", ".csv": "csv", ".xlsx": "xlsx",
    ".txt": "txt",
    ".kml": "kml", ".kmz": "kml", ".ovkml": "kml", ".ovkmz": "kml",
    ".dxf": "dxf", ".gdb": "gdb", ".fgb": "flatgeobuf",
}  # fmt: skip
"""Endings of files that can be read, each with its format."""

RASTER_ENDINGS = (".tif", ".tiff")
"""Endings of rasters that can be read."""

UPLOAD_ENDINGS = tuple(
    ending for ending in (*READ_ENDINGS, *RASTER_ENDINGS) if ending not in {".shp", ".gdb"}
)
"""Endings of files that come whole by themselves: no folder, no part of several files."""


def read_file(
    path: Path, *, encoding: str | None, source_layer: str | None, progress: Progress | None = None
) -> SourceFile:
    """Read a file as it stands, and say how each thing was recognised.

    Parameters
    ----------
    path
        GeoPackage, GeoParquet, GeoJSON, FlatGeobuf, Shapefile (loose or zipped), File Geodatabase
        (folder or zipped), KML, KMZ, OVKML, DXF, CSV, XLSX or a survey's boundary-point TXT.
    encoding
        Stated encoding of its text; it overrules what is recognised. Only files whose format
        leaves the encoding open can have one.
    source_layer
        Which layer, sheet or Shapefile; None where there is only one.
    progress
        Told the share done.

    Returns
    -------
    SourceFile
        Rows with the file's own column names, coordinate system, encoding, hash, evidence.

    Raises
    ------
    LayerError
        ``file_missing``, ``format_unknown``, ``not_a_gis_file``, ``file_truncated``,
        ``file_unreadable``, ``file_empty``, ``file_forbidden``, ``dwg_refused``,
        ``ovobj_refused``, and those of the readers.
    """
    is_folder = path.is_dir() and path.suffix.lower() == ".gdb"
    if not (path.is_file() or is_folder):
        raise LayerError("file_missing", path=str(path))
    kind = READ_ENDINGS.get(path.suffix.lower())
    if path.suffix.lower() == ".ovobj":
        raise LayerError("ovobj_refused", path=path.name)
    if path.suffix.lower() == ".dwg":
        raise LayerError("dwg_refused", path=path.name)
    if kind is None:
        raise LayerError("format_unknown", path=path.name, known=" ".join(READ_ENDINGS))
    if path.stat().st_size == 0 and not is_folder:
        raise LayerError("file_empty", path=path.name)
    try:
        if path.suffix.lower() == ".zip" and holds_geodatabase(path):
            kind = "gdb"
        content = _read(path, kind, encoding, source_layer, within(progress, 0.0, 0.6))
        report(progress, 0.6)
        sha256 = file_sha256(path)
    except PermissionError as error:
        raise LayerError("file_forbidden", path=str(path)) from error
    if len(content.frame) == 0:
        raise LayerError("file_empty", path=path.name)
    report(progress, 0.7)
    content = _tidied(content, within(progress, 0.7, 1.0))
    first = Evidence.of("file_read", file=path.name, format=kind, rows=len(content.frame))
    return SourceFile(
        path, kind, content.frame, content.crs, content.crs_basis, content.encoding, sha256,
        content.layers, (first, *content.evidence),
    )  # fmt: skip


def _read(
    path: Path, kind: str, encoding: str | None, layer: str | None, progress: Progress | None
) -> Content:
    if kind == "gpkg":
        return read_geopackage(path, layer)
    if kind == "parquet":
        return read_parquet(path)
    if kind == "geojson":
        return read_geojson(path, encoding)
    if kind == "gdb":
        return read_geodatabase(path, layer)
    if kind == "flatgeobuf":
        return read_flatgeobuf(path)
    if kind == "kml":
        return read_kml(path, layer, encoding)
    if kind == "dxf":
        # Loaded only where it is used: it makes every command start half a second later.
        from layers.exchange.readers.dxf import read_dxf

        return read_dxf(path, layer, encoding)
    if kind == "csv":
        content = read_csv(path, encoding, within(progress, 0.0, 0.5))
        return with_shapes(content, within(progress, 0.5, 1.0))
    if kind == "xlsx":
        return with_shapes(read_xlsx(path, layer), within(progress, 0.5, 1.0))
    if kind == "txt":
        return read_survey_text(path, encoding, layer)
    if path.suffix.lower() == ".zip":
        return read_zipped_shapefile(path, layer, encoding)
    return read_shapefile(path, encoding)


def _tidied(content: Content, progress: Progress | None) -> Content:
    """Give shapes the column ``geometry``, columns unique names, and show control characters."""
    frame = content.frame.reset_index(drop=True)
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = frame.geometry
        frame = pd.DataFrame(frame.drop(columns=shapes.name))
        frame.columns = pd.Index(_free_of_geometry(unique_names(frame.columns)))
        frame = gpd.GeoDataFrame(frame, geometry=shapes.to_numpy(), crs=shapes.crs)
    else:
        frame.columns = pd.Index(_free_of_geometry(unique_names(frame.columns)))
    changed_count = 0
    for done, name in enumerate(frame.columns):
        report(progress, done / len(frame.columns))
        if name == "geometry" or not is_text_column(frame[name]):
            continue
        hidden = hidden_characters(frame[name])
        if hidden.any():
            frame.loc[hidden, name] = frame.loc[hidden, name].map(show_control_characters)
            changed_count += int(hidden.sum())
    if not changed_count:
        return dataclasses.replace(content, frame=frame)
    note = Evidence.of("control_characters_shown", count=changed_count)
    return dataclasses.replace(content, frame=frame, evidence=(*content.evidence, note))


def _free_of_geometry(names: list[str]) -> list[str]:
    used = {name.casefold() for name in names}
    return [
        name if name.casefold() != "geometry" else free_name("geometry", used) for name in names
    ]
