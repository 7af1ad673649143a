"""GeoPackage, GeoJSON, GeoParquet, KML."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import shapely

from geo.tools import show_control_characters
from geo.validity import repair
from layers.exchange.cells import as_text, is_text_column
from layers.exchange.heading import ExportHeading, column_title
from layers.exchange.writers.sheet import Sheet
from layers.maps.qgis_style import QgisStyles

MANIFEST_TABLE = "muplan_manifest"
STYLE_TABLE = "layer_styles"
"""QGIS's name for it."""
WGS84 = "EPSG:4326"
LON_LAT_DECIMALS = 9
"""A tenth of a millimetre: what comes back lies where it was (RFC 7946, 11.2, asks to stop
somewhere)."""


def write_geopackage(
    path: Path, sheets: Sequence[Sheet], heading: ExportHeading, styles: QgisStyles | None = None
) -> None:
    """Write layers and tables into one GeoPackage, with a table of their sources.

    ``sheets``: Layers with shapes and tables without.
    ``styles``: How layers look, written where QGIS takes it from; None for QGIS's own looks.
    """
    looks: dict[str, str] = {}
    mark = f"{heading.labels['demo']}: " if heading.is_demo else ""
    described = {"DESCRIPTION": mark + heading.title}
    for sheet in sheets:
        frame = plain_frame(sheet.frame)
        if not is_spatial(frame):
            pyogrio.write_dataframe(
                pd.DataFrame(frame), path, layer=sheet.name, driver="GPKG",
                append=path.exists(), layer_options=described,
            )  # fmt: skip
            continue
        many = _all_polygons(frame)
        style = None if styles is None else styles.of(sheet.name, frame, heading.language)
        if style is not None:
            looks[sheet.name] = style
        pyogrio.write_dataframe(
            frame, path, layer=sheet.name, driver="GPKG", append=path.exists(),
            geometry_type="MultiPolygon" if many else "Unknown", promote_to_multi=many,
            layer_options={**described, "GEOMETRY_NAME": "geometry"},
        )  # fmt: skip
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE {MANIFEST_TABLE} (item TEXT, content TEXT)")
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description) "
            "VALUES (?, 'attributes', ?, ?)",
            (MANIFEST_TABLE, MANIFEST_TABLE, described["DESCRIPTION"]),
        )
        connection.executemany(
            f"INSERT INTO {MANIFEST_TABLE} VALUES (?, ?)",
            [(word, str(text)) for word, text in heading.lines()],
        )
        if looks:
            _write_styles(connection, looks, heading.title)


def _write_styles(connection: sqlite3.Connection, looks: dict[str, str], title: str) -> None:
    """Write the styles of layers into the table where QGIS keeps those of a GeoPackage."""
    connection.execute(
        f"CREATE TABLE {STYLE_TABLE} (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "
        "f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), "
        "f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, "
        "useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
        "update_time DATETIME)"
    )
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?, 'attributes', ?)",
        (STYLE_TABLE, STYLE_TABLE),
    )
    connection.executemany(
        f"INSERT INTO {STYLE_TABLE} (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner) "
        "VALUES ('', '', ?, 'geometry', ?, ?, '', 1, ?, '')",
        [(layer, layer[:30], style, title) for layer, style in looks.items()],
    )


def write_geojson(path: Path, sheet: Sheet, heading: ExportHeading) -> None:
    """Write a layer as GeoJSON (RFC 7946: WGS84, longitude first, 9 decimals).

    ``sheet``: The layer, in any system; CGCS2000 counts as WGS84.
    ``heading``: Sources and 演示数据 mark, written as the foreign member ``manifest``.
    """
    frame = gpd.GeoDataFrame(plain_frame(sheet.frame))
    geometries = shapely.to_geojson(lon_lat_shapes(frame))
    rows = pd.DataFrame(frame.drop(columns="geometry")).astype("object")
    names = [str(name) for name in rows.columns]
    head = {"name": sheet.name, "manifest": dict(heading.lines())}
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write('{"type": "FeatureCollection",\n')
        handle.write(json.dumps(head, ensure_ascii=False, default=str)[1:-1])
        handle.write(',\n"features": [')
        for number, (row, geometry) in enumerate(
            zip(rows.itertuples(index=False, name=None), geometries, strict=True)
        ):
            values = {name: _json_value(value) for name, value in zip(names, row, strict=True)}
            properties = json.dumps(values, ensure_ascii=False, allow_nan=False)
            handle.write(
                f'{"," if number else ""}\n{{"type": "Feature", "properties": {properties}, '
                f'"geometry": {geometry or "null"}}}'
            )
        handle.write("\n]}\n")


def lon_lat_shapes(frame: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    """Give the shapes of a layer as files with longitudes and latitudes carry them.

    ``frame``: A layer in any system; CGCS2000 counts as WGS84.

    Longitude and latitude [degrees], rounded to 9 decimals; outer rings run against the clock.
    """
    there = frame if frame.crs is None else frame.to_crs(WGS84)
    shapes = np.asarray(there.geometry.array, dtype=object)
    rounded = shapely.transform(shapes, lambda points: np.round(points, LON_LAT_DECIMALS))
    # Rounding folds the narrowest slits; an outline that is nothing else stays so.
    repaired, _ = repair(rounded)
    whole = np.where(shapely.is_empty(repaired), rounded, repaired)
    # RFC 7946 and KML: outer rings run against the clock.
    turned: npt.NDArray[np.object_] = shapely.orient_polygons(whole, exterior_cw=False)
    return turned


def write_parquet(path: Path, sheet: Sheet, heading: ExportHeading) -> None:
    """Write a layer as GeoParquet, or a table as Parquet.

    ``sheet``: The layer or table.
    ``heading``: Sources and 演示数据 mark, written into the file's metadata as ``muplan_manifest``.
    """
    frame = plain_frame(sheet.frame)
    frame.to_parquet(path, index=False)
    table = pq.read_table(path)
    manifest = json.dumps(dict(heading.lines()), ensure_ascii=False, default=str)
    described = {**(table.schema.metadata or {}), MANIFEST_TABLE.encode(): manifest.encode()}
    pq.write_table(table.replace_schema_metadata(described), path)


def plain_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame cells that every file format can carry.

    Same rows with a fresh index; lists and other objects as text, control characters shown.
    """
    plain = frame.reset_index(drop=True).copy()
    spatial = str(plain.active_geometry_name) if is_spatial(plain) else None
    for name in plain.columns:
        if name == spatial or not is_text_column(plain[name]):
            continue
        plain[name] = plain[name].map(_text).astype("object").astype("str")
    if spatial is not None and spatial != "geometry":
        plain = gpd.GeoDataFrame(plain).rename_geometry("geometry")
    return plain


def is_spatial(frame: pd.DataFrame) -> bool:
    """Say whether a frame has shapes."""
    return isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None


def _json_value(value: object) -> object:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return float(value)
    return as_text(value)


def _text(value: object) -> object:
    text = as_text(value)
    return None if text is None else show_control_characters(text)


def _all_polygons(frame: gpd.GeoDataFrame) -> bool:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    kinds = set(shapely.get_type_id(shapes[~shapely.is_missing(shapes)]))
    return bool(kinds) and kinds <= {
        shapely.GeometryType.POLYGON,
        shapely.GeometryType.MULTIPOLYGON,
    }


LABEL = "name"
"""Column that labels a placemark on the map, where a layer has it."""

SCHEMA = "muplan"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'
_RINGS = ("outerBoundaryIs", "innerBoundaryIs")


def write_kml(path: Path, sheet: Sheet, heading: ExportHeading) -> None:
    """Write a layer as KML (WGS84, longitude first, 9 decimals).

    ``sheet``: The layer, in any system; CGCS2000 counts as WGS84. Its columns are declared with
      their types and headings; what a row doesn't know is left out of it.
    """
    frame = gpd.GeoDataFrame(plain_frame(sheet.frame))
    shapes = lon_lat_shapes(frame)
    rows = pd.DataFrame(frame.drop(columns="geometry"))
    names = [str(name) for name in rows.columns]
    label = _label(rows)
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        handle.write(f"{_HEAD}<Document>\n<name>{escape(heading.title)}</name>\n")
        told = "\n".join(f"{word}: {text}" for word, text in heading.lines())
        handle.write(f"<description>{escape(told)}</description>\n")
        handle.writelines(_schema(rows, heading))
        for row, shape in zip(rows.itertuples(index=False, name=None), shapes, strict=True):
            cells = {name: as_text(value) for name, value in zip(names, row, strict=True)}
            handle.writelines(_placemark(cells, label, shape))
        handle.write("</Document>\n</kml>\n")


def _label(rows: pd.DataFrame) -> str | None:
    texts = [str(name) for name in rows.columns if is_text_column(rows[name])]
    return LABEL if LABEL in texts else next(iter(texts), None)


def _schema(rows: pd.DataFrame, heading: ExportHeading) -> Iterator[str]:
    yield f'<Schema name="{SCHEMA}" id="{SCHEMA}">\n'
    for name in rows.columns:
        title = column_title(str(name), heading)
        yield f'<SimpleField type="{_kind(rows[name])}" name={quoteattr(str(name))}>'
        yield f"<displayName>{escape(title)}</displayName></SimpleField>\n"
    yield "</Schema>\n"


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column.dtype):
        return "bool"
    if pd.api.types.is_integer_dtype(column.dtype):
        return "int"
    return "double" if pd.api.types.is_float_dtype(column.dtype) else "string"


def _placemark(
    cells: dict[str, str | None], label: str | None, shape: shapely.Geometry | None
) -> Iterator[str]:
    yield "<Placemark>"
    name_text = cells.get(label) if label is not None else None
    if name_text:
        yield f"<name>{escape(name_text)}</name>"
    yield f'<ExtendedData><SchemaData schemaUrl="#{SCHEMA}">'
    for name, text in cells.items():
        if text is not None:
            yield f"<SimpleData name={quoteattr(name)}>{escape(text)}</SimpleData>"
    yield "</SchemaData></ExtendedData>"
    if shape is not None and not shape.is_empty:
        yield from _shape(shape)
    yield "</Placemark>\n"


def _shape(shape: shapely.Geometry) -> Iterator[str]:
    if shape.geom_type == "Polygon":
        yield "<Polygon>"
        rings = [shape.exterior, *shape.interiors]
        for number, ring in enumerate(rings):
            side = _RINGS[min(number, 1)]
            yield f"<{side}><LinearRing>{_coordinates(ring)}</LinearRing></{side}>"
        yield "</Polygon>"
    elif shape.geom_type in {"Point", "LineString", "LinearRing"}:
        kind = "Point" if shape.geom_type == "Point" else "LineString"
        yield f"<{kind}>{_coordinates(shape)}</{kind}>"
    else:
        yield "<MultiGeometry>"
        for part in shape.geoms:
            yield from _shape(part)
        yield "</MultiGeometry>"


def _coordinates(shape: shapely.Geometry) -> str:
    points: Iterable[tuple[float, float]] = shapely.get_coordinates(shape).tolist()
    written = " ".join(
        f"{lon:.{LON_LAT_DECIMALS}f},{lat:.{LON_LAT_DECIMALS}f}" for lon, lat in points
    )
    return f"<coordinates>{written}</coordinates>"
