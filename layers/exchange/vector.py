"""What a GeoPackage or GeoParquet file holds, as it stands in the file."""

import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

from geo.nearest import nearest_name
from layers.errors import LayerError
from layers.exchange.evidence import Evidence, found
from layers.exchange.source import MAX_ROWS, Content

CURVE_STEP_DEG = "0.1"
"""Chords that stand for curves: GDAL's own step of 4° makes a circle 0.08 % too small."""

QGIS_TABLES = {"layer_styles", "qgis_projects"}
"""Tables of this name hold what QGIS keeps in a GeoPackage beside the layers."""

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
    evidence = (found("source_layer", layer=chosen), *remarks)
    return content_of(frame, evidence, layers=tuple(names))


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
    return content_of(frame, ())


def content_of(
    frame: pd.DataFrame, evidence: tuple[Evidence, ...], layers: tuple[str, ...] = ()
) -> Content:
    """Put together what was read from a file that may state its coordinate system.

    Parameters
    ----------
    frame
        The rows.
    evidence
        What was recognised.
    layers
        Names of the layers the file holds.

    Returns
    -------
    Content
        The same, with the rows' own coordinate system.
    """
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return Content(pd.DataFrame(frame), evidence, layers=layers)
    return Content(
        frame, evidence, frame.crs, "none" if frame.crs is None else "stated_in_file",
        layers=layers,
    )  # fmt: skip


def _one_line(problem: object) -> str:
    return " ".join(str(problem).split())[:200]
