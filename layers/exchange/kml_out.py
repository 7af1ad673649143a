"""How a layer is written as KML, with its attributes under readable headings."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import pandas as pd
import shapely

from layers.exchange.cells import as_text, is_text_column
from layers.exchange.heading import ExportHeading, column_title
from layers.exchange.sheet import Sheet
from layers.exchange.vector_out import LON_LAT_DECIMALS, lon_lat_shapes, plain_frame

LABEL = "name"
"""Column that labels a placemark on the map, where a layer has it."""

SCHEMA = "muplan"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'
_RINGS = ("outerBoundaryIs", "innerBoundaryIs")


def write_kml(path: Path, sheet: Sheet, heading: ExportHeading) -> None:
    """Write a layer as KML (WGS84, longitude first, 9 decimals).

    Parameters
    ----------
    path
        File to write.
    sheet
        The layer, in any system; CGCS2000 counts as WGS84. Its columns are declared with their
        types and headings; what a row doesn't know is left out of it.
    heading
        Sources and 演示数据 mark, written as the description of the document.
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
    shown = cells.get(label) if label is not None else None
    if shown:
        yield f"<name>{escape(shown)}</name>"
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
