"""GeoPackage, GeoParquet, GeoJSON, FileGDB, FlatGeobuf."""

import json
import re
import sqlite3
import warnings
import zipfile
from contextlib import closing
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyproj import CRS

from geo.crs import parse_crs
from geo.limits import MAX_ROWS, MAX_UNPACKED_BYTES
from geo.tools import nearest_name
from layers.errors import LayerError
from layers.exchange.readers.archive import open_archive, unpack_member
from layers.exchange.readers.encoding import decode_file
from layers.exchange.readers.source import Content, CrsBasis, Evidence, one_line
from layers.scratch import temporary_folder

CURVE_STEP_DEG = "0.1"
"""Chords that stand for curves: GDAL's own step of 4° makes a circle 0.08 % too small."""

QGIS_TABLES = {"layer_styles", "qgis_projects"}
"""Tables of this name hold what QGIS keeps in a GeoPackage beside the layers."""

OWN_PREFIX = "muplan_"
"""Tables of this name in a GeoPackage are the product's own records, not layers."""


def choose_layer(path: Path, names: list[str], wanted: str | None) -> str:
    """Decide which layer of a file is read.

    ``wanted``: The one asked for, None where none was named.

    Raises LayerError: ``file_empty``, ``source_layer_unknown``, ``source_layer_needed``.
    """
    if not names:
        raise LayerError("file_empty", path=path.name)
    if wanted is not None:
        if wanted not in names:
            raise LayerError(
                "source_layer_unknown", path=path.name, layer=wanted,
                nearest=nearest_name(wanted, names),
            )  # fmt: skip
        return wanted
    if len(names) > 1:
        raise LayerError("source_layer_needed", path=path.name, layers=", ".join(names))
    return names[0]


def read_with_gdal(
    path: Path, layer: str | None, encoding: str | None
) -> tuple[gpd.GeoDataFrame | pd.DataFrame, tuple[Evidence, ...]]:
    """Read a layer with GDAL and keep what it remarks.

    ``layer``: Name of the layer, None for the only one.
    ``encoding``: Encoding of its text, None where the format fixes it.

    ``frame``: The rows; shapes that can't be built at all are missing.
    ``remarks``: GDAL's remarks.

    Raises LayerError: ``file_unreadable``, ``rows_too_many``.
    """
    pyogrio.set_gdal_config_options({"OGR_ARC_STEPSIZE": CURVE_STEP_DEG})
    try:
        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always")
            facts = pyogrio.read_info(path, layer=layer, encoding=encoding)
            if facts["features"] > MAX_ROWS:
                raise LayerError("rows_too_many", path=path.name, limit=MAX_ROWS)
            frame = pyogrio.read_dataframe(
                path, layer=layer, encoding=encoding, datetime_as_string=True, on_invalid="ignore"
            )
    except (RuntimeError, ValueError, IndexError, shapely.errors.ShapelyError) as error:
        raise LayerError("file_unreadable", path=path.name, detail=one_line(error)) from error
    texts = dict.fromkeys(one_line(remark.message) for remark in remarks)
    return frame, tuple(Evidence.of("reader_remark", remark=text) for text in texts)


def read_geopackage(path: Path, layer: str | None) -> Content:
    """Read one layer of a GeoPackage.

    ``layer``: Name of the layer, None where the file has only one.

    Raises LayerError: ``not_a_gis_file``, ``file_truncated``, ``file_unreadable`` and those of
    ``choose_layer``.
    """
    with path.open("rb") as handle:
        if handle.read(16) != b"SQLite format 3\x00":
            raise LayerError("not_a_gis_file", path=path.name, format="GeoPackage")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            sound = database.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            names = [
                name
                for (name,) in database.execute(
                    "SELECT table_name FROM gpkg_contents "
                    "WHERE data_type IN ('features', 'attributes') ORDER BY table_name"
                )
                if not name.startswith(OWN_PREFIX) and name not in QGIS_TABLES
            ]
    except sqlite3.OperationalError as error:
        raise LayerError("not_a_gis_file", path=path.name, format="GeoPackage") from error
    except sqlite3.DatabaseError as error:
        raise LayerError("file_truncated", path=path.name) from error
    if not sound:
        raise LayerError("file_truncated", path=path.name)
    chosen = choose_layer(path, names, layer)
    frame, remarks = read_with_gdal(path, chosen, None)
    evidence = (Evidence.of("source_layer", layer=chosen), *remarks)
    return content_of(frame, evidence, layers=tuple(names))


def read_parquet(path: Path) -> Content:
    """Read a GeoParquet file, or a Parquet table without shapes.

    Its rows; a column that was the index is a column again.

    Raises LayerError: ``not_a_gis_file``, ``file_truncated``, ``file_unreadable``,
    ``rows_too_many``.
    """
    with path.open("rb") as handle:
        if handle.read(4) != b"PAR1":
            raise LayerError("not_a_gis_file", path=path.name, format="GeoParquet")
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise LayerError("file_truncated", path=path.name) from error
    if metadata.num_rows > MAX_ROWS:
        raise LayerError("rows_too_many", path=path.name, limit=MAX_ROWS)
    is_spatial = b"geo" in (metadata.metadata or {})
    try:
        frame = gpd.read_parquet(path) if is_spatial else pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError, KeyError, shapely.errors.ShapelyError) as error:
        raise LayerError("file_unreadable", path=path.name, detail=one_line(error)) from error
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    return content_of(frame, ())


def content_of(
    frame: pd.DataFrame, evidence: tuple[Evidence, ...], layers: tuple[str, ...] = ()
) -> Content:
    """Put together what was read from a file that may state its coordinate system.

    The same, with the rows' own coordinate system.
    """
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return Content(pd.DataFrame(frame), evidence, layers=layers)
    return Content(
        frame, evidence, frame.crs, "none" if frame.crs is None else "stated_in_file",
        layers=layers,
    )  # fmt: skip


CATALOGUE = "a00000001.gdbtable"
"""The table of tables: a folder without it is no geodatabase."""

FLATGEOBUF_MARK = b"fgb\x03fgb"
_PART = re.compile(r"(?:a[0-9a-f]{8}\.[a-z0-9_.]+|gdb|timestamps)", re.IGNORECASE)
_SYSTEM_TABLES = ("GDB_",)


def read_geodatabase(path: Path, layer: str | None) -> Content:
    """Read one layer or table of a File Geodatabase.

    ``path``: A ``.gdb`` folder, or a ZIP archive with one.
    ``layer``: Name of the layer, None where there is only one.

    Its rows; curves are drawn as chords of a tenth of a degree.

    Raises LayerError: ``not_a_gis_file``, ``file_unreadable``, ``file_truncated``,
    ``archive_many_databases`` and those of ``open_archive`` and ``choose_layer``.
    """
    if path.is_dir():
        return _read_folder(path, path, layer)
    with open_archive(path, "ZIP", MAX_UNPACKED_BYTES) as archive:
        databases = _databases_in(archive)
        if len(databases) > 1:
            raise LayerError(
                "archive_many_databases", path=path.name, databases=", ".join(sorted(databases))
            )
        ((_, parts),) = databases.items()
        with temporary_folder() as folder:
            loose = folder / "source.gdb"
            loose.mkdir()
            for name, member in parts.items():
                unpack_member(archive, member, loose / name)
            return _read_folder(path, loose, layer)


def holds_geodatabase(path: Path) -> bool:
    """Say whether a ZIP archive holds a File Geodatabase.

    False also for what is no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(_databases_in(archive))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False


def read_flatgeobuf(path: Path) -> Content:
    """Read a FlatGeobuf file.

    Raises LayerError: ``not_a_gis_file``, ``file_unreadable``, ``file_truncated``,
    ``rows_too_many``.
    """
    with path.open("rb") as handle:
        if handle.read(len(FLATGEOBUF_MARK)) != FLATGEOBUF_MARK:
            raise LayerError("not_a_gis_file", path=path.name, format="FlatGeobuf")
    frame, remarks = read_with_gdal(path, None, None)
    # The driver stops at the end of the file without a word.
    if len(frame) < pyogrio.read_info(path)["features"]:
        raise LayerError("file_truncated", path=path.name)
    return content_of(frame, remarks)


def _databases_in(archive: zipfile.ZipFile) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """List the geodatabases of an archive: by the folder, the members under names of our own."""
    databases: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if "__MACOSX" not in place.parts and _PART.fullmatch(place.name):
            databases.setdefault(str(place.parent), {})[place.name.lower()] = member
    return {folder: parts for folder, parts in databases.items() if CATALOGUE in parts}


def _read_folder(path: Path, folder: Path, layer: str | None) -> Content:
    if not (folder / CATALOGUE).is_file():
        raise LayerError("not_a_gis_file", path=path.name, format="File Geodatabase")
    try:
        listed = [str(name) for name, _ in pyogrio.list_layers(folder)]
    except (RuntimeError, ValueError) as error:
        raise LayerError("file_unreadable", path=path.name, detail=one_line(error)) from error
    names = [name for name in listed if not name.startswith(_SYSTEM_TABLES)]
    chosen = choose_layer(path, names, layer)
    frame, remarks = read_with_gdal(folder, chosen, None)
    evidence = (Evidence.of("source_layer", layer=chosen), *remarks)
    return content_of(frame, evidence, layers=tuple(names))


def read_geojson(path: Path, encoding: str | None) -> Content:
    """Read a GeoJSON file (RFC 7946, and the older ``crs`` member).

    ``encoding``: Stated encoding; else UTF-8, else GB18030 where the bytes are no UTF-8.

    Its rows; nested properties stand as JSON text.

    Raises LayerError: ``not_a_gis_file``, ``file_truncated``, ``file_empty``, ``encoding_wrong``.;
    GeometryError: ``crs_unknown`` for a ``crs`` member that names none.
    """
    text, used, evidence = decode_file(path, encoding)
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise LayerError("not_a_gis_file", path=path.name, format="GeoJSON") from error
    except ValueError as error:
        begins = text.lstrip()[:1] in {"{", "["}
        if begins:
            raise LayerError("file_truncated", path=path.name) from error
        raise LayerError("not_a_gis_file", path=path.name, format="GeoJSON") from error
    features = _features(document)
    if features is None:
        raise LayerError("not_a_gis_file", path=path.name, format="GeoJSON")
    if not features:
        raise LayerError("file_empty", path=path.name)
    crs, is_stated = _member_crs(document)
    shapes = [feature.get("geometry") for feature in features]
    texts = [None if shape is None else json.dumps(shape) for shape in shapes]
    geometry = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    properties = [feature.get("properties") or {} for feature in features]
    table = pd.DataFrame(properties, dtype=object, index=range(len(features)))
    table = table.drop(columns="geometry", errors="ignore")
    frame = gpd.GeoDataFrame(table, geometry=geometry, crs=crs)
    implied: CrsBasis = "stated_in_file" if is_stated else "rfc7946"
    return Content(frame, evidence, crs, "none" if crs is None else implied, used)


def _features(document: object) -> list[dict] | None:
    if not isinstance(document, dict):
        return None
    kind = document.get("type")
    if kind == "Feature":
        return [document]
    if kind != "FeatureCollection" or not isinstance(document.get("features"), list):
        return None
    features = document["features"]
    wellformed = all(
        isinstance(feature, dict)
        and isinstance(feature.get("geometry"), dict | None)
        and isinstance(feature.get("properties"), dict | None)
        for feature in features
    )
    return features if wellformed else None


def _member_crs(document: dict) -> tuple[CRS | None, bool]:
    if "crs" not in document:
        return CRS("OGC:CRS84"), False
    member = document["crs"]
    if member is None:
        return None, True
    properties = member.get("properties") if isinstance(member, dict) else None
    crs_names = properties if isinstance(properties, dict) else {}
    return parse_crs(str(crs_names.get("name", crs_names.get("code", member)))), True
