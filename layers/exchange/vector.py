"""What a GeoPackage, GeoParquet or GeoJSON file holds, as it stands in the file."""

import json
import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyproj import CRS

from geo.crs import parse_crs
from layers.errors import LayerError
from layers.exchange.encoding import known_encoding
from layers.exchange.evidence import Evidence, found
from layers.exchange.source import MAX_ROWS, Content, CrsBasis
from layers.nearest import nearest_name

OWN_PREFIX = "muplan_"
"""Tables of this name in a GeoPackage are the product's own records, not layers."""


def choose_layer(path: Path, names: list[str], wanted: str | None) -> str:
    """Decide which layer of a file is read.

    Parameters
    ----------
    path
        The file, for the message.
    names
        Layers it holds.
    wanted
        The one asked for, None where none was named.

    Returns
    -------
    str
        Its name.

    Raises
    ------
    LayerError
        ``file_empty``, ``source_layer_unknown``, ``source_layer_needed``.
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

    Parameters
    ----------
    path
        File whose kind is known already.
    layer
        Name of the layer, None for the only one.
    encoding
        Encoding of its text, None where the format fixes it.

    Returns
    -------
    frame
        The rows; shapes that can't be built at all are missing.
    remarks
        GDAL's remarks.

    Raises
    ------
    LayerError
        ``file_unreadable``, ``rows_too_many``.
    """
    try:
        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always")
            facts = pyogrio.read_info(path, layer=layer, encoding=encoding)
            if facts["features"] > MAX_ROWS:
                raise LayerError("rows_too_many", path=path.name, limit=MAX_ROWS)
            frame = pyogrio.read_dataframe(
                path, layer=layer, encoding=encoding, datetime_as_string=True, on_invalid="ignore"
            )
    except (RuntimeError, ValueError, shapely.errors.ShapelyError) as error:
        raise LayerError("file_unreadable", path=path.name, detail=_one_line(error)) from error
    said = dict.fromkeys(_one_line(remark.message) for remark in remarks)
    return frame, tuple(found("reader_remark", remark=text) for text in said)


def read_geopackage(path: Path, layer: str | None) -> Content:
    """Read one layer of a GeoPackage.

    Parameters
    ----------
    path
        An existing file.
    layer
        Name of the layer, None where the file has only one.

    Returns
    -------
    Content
        Its rows.

    Raises
    ------
    LayerError
        ``not_a_gis_file``, ``file_truncated``, ``file_unreadable`` and those of ``choose_layer``.
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
                if not name.startswith(OWN_PREFIX)
            ]
    except sqlite3.OperationalError as error:
        raise LayerError("not_a_gis_file", path=path.name, format="GeoPackage") from error
    except sqlite3.DatabaseError as error:
        raise LayerError("file_truncated", path=path.name) from error
    if not sound:
        raise LayerError("file_truncated", path=path.name)
    chosen = choose_layer(path, names, layer)
    frame, remarks = read_with_gdal(path, chosen, None)
    evidence = (found("source_layer", layer=chosen), *remarks)
    return _content(frame, evidence, layers=tuple(names))


def read_parquet(path: Path) -> Content:
    """Read a GeoParquet file, or a Parquet table without shapes.

    Parameters
    ----------
    path
        An existing file.

    Returns
    -------
    Content
        Its rows; a column that was the index is a column again.

    Raises
    ------
    LayerError
        ``not_a_gis_file``, ``file_truncated``, ``file_unreadable``, ``rows_too_many``.
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
        raise LayerError("file_unreadable", path=path.name, detail=_one_line(error)) from error
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    return _content(frame, ())


def read_geojson(path: Path, encoding: str | None) -> Content:
    """Read a GeoJSON file (RFC 7946, and the older ``crs`` member).

    Parameters
    ----------
    path
        An existing file.
    encoding
        Stated encoding; else UTF-8, else GB18030 where the bytes are no UTF-8.

    Returns
    -------
    Content
        Its rows; nested properties stand as JSON text.

    Raises
    ------
    LayerError
        ``not_a_gis_file``, ``file_truncated``, ``file_empty``, ``encoding_wrong``.
    GeometryError
        ``crs_unknown`` for a ``crs`` member that names none.
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
    crs, stated = _member_crs(document)
    shapes = [feature.get("geometry") for feature in features]
    texts = [None if shape is None else json.dumps(shape) for shape in shapes]
    geometry = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    properties = [feature.get("properties") or {} for feature in features]
    table = pd.DataFrame(properties, dtype=object, index=range(len(features)))
    table = table.drop(columns="geometry", errors="ignore")
    frame = gpd.GeoDataFrame(table, geometry=geometry, crs=crs)
    implied: CrsBasis = "stated_in_file" if stated else "rfc7946"
    return Content(frame, evidence, crs, "none" if crs is None else implied, used)


def decode_file(path: Path, encoding: str | None) -> tuple[str, str, tuple[Evidence, ...]]:
    """Decode a text file: as stated, by its mark, as UTF-8, else as GB18030.

    Parameters
    ----------
    path
        An existing file.
    encoding
        The stated encoding, None where none was.

    Returns
    -------
    text, encoding, evidence
        The text without mark, the encoding used, and what spoke for it.

    Raises
    ------
    LayerError
        ``encoding_unknown``, ``encoding_wrong``, ``not_a_gis_file`` for bytes that are no text.
    """
    raw = path.read_bytes()
    marked = raw.startswith(b"\xef\xbb\xbf")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if encoding is not None:
        used, code = known_encoding(encoding), "encoding_stated"
    elif marked:
        used, code = "UTF-8", "encoding_by_mark"
    elif raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        used, code = "UTF-16", "encoding_by_mark"
    elif b"\x00" in raw[:4096]:
        raise LayerError("not_a_gis_file", path=path.name, format="text")
    else:
        used, code = _text_encoding(raw), "encoding_sniffed"
    try:
        return raw.decode(used), used, (found(code, encoding=used),)
    except UnicodeDecodeError as error:
        if encoding is None:
            raise LayerError("not_a_gis_file", path=path.name, format="text") from error
        raise LayerError("encoding_wrong", path=path.name, encoding=used) from error


def _text_encoding(raw: bytes) -> str:
    try:
        raw.decode("UTF-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


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
    named = properties if isinstance(properties, dict) else {}
    return parse_crs(str(named.get("name", named.get("code", member)))), True


def _content(
    frame: pd.DataFrame, evidence: tuple[Evidence, ...], layers: tuple[str, ...] = ()
) -> Content:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return Content(pd.DataFrame(frame), evidence, layers=layers)
    return Content(
        frame, evidence, frame.crs, "none" if frame.crs is None else "stated_in_file",
        layers=layers,
    )  # fmt: skip


def _one_line(problem: object) -> str:
    return " ".join(str(problem).split())[:200]
