"""How a layer is written as a zipped Shapefile, and what the format could not hold."""

import csv
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import geopandas as gpd
import pandas as pd
import pyogrio

from layers.errors import LayerError
from layers.exchange.cells import is_text_column
from layers.exchange.heading import ExportHeading, column_title
from layers.exchange.readers.source import Evidence
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.vector import plain_frame
from layers.scratch import temporary_folder

ShapefileEncoding = Literal["UTF-8", "GBK"]

NAME_BYTES = 10
TEXT_BYTES = 254
_FAMILIES = {
    "Point": "point", "MultiPoint": "multipoint", "LineString": "line", "MultiLineString": "line",
    "LinearRing": "line", "Polygon": "polygon", "MultiPolygon": "polygon",
}  # fmt: skip


def write_zipped_shapefile(
    path: Path, sheet: Sheet, heading: ExportHeading, encoding: ShapefileEncoding, stem: str
) -> tuple[Evidence, ...]:
    """Write a layer as a zipped Shapefile, one per kind of shape.

    ``heading``: Sources and 演示数据 mark; they stand in a table beside the Shapefile with the full
      names of the columns.
    ``encoding``: Encoding of the texts, declared in a ``.cpg``.

    Raises LayerError: ``encoding_cannot_hold``.
    """
    frame = gpd.GeoDataFrame(plain_frame(sheet.frame))
    full = [str(name) for name in frame.columns if name != "geometry"]
    short = dict(zip(full, short_names(full, encoding), strict=True))
    frame, cut = _fitting(frame, full, encoding)
    notes = [Evidence.of("texts_cut", column=name, count=count) for name, count in cut.items()]
    shortened = sum(name != brief for name, brief in short.items())
    if shortened:
        notes.insert(0, Evidence.of("names_shortened", count=shortened))
    kinds = pd.Series(frame.geometry.geom_type, dtype="object").map(_FAMILIES)
    known = list(dict.fromkeys(kinds.dropna())) or ["polygon"]
    kinds = kinds.where(kinds.notna(), known[0])
    with temporary_folder() as folder:
        for kind in known:
            name = stem if len(known) == 1 else f"{stem}_{kind}"
            pyogrio.write_dataframe(
                frame[kinds == kind].rename(columns=short), folder / f"{name}.shp",
                driver="ESRI Shapefile", encoding=encoding,
            )  # fmt: skip
        table = _names_table(short, heading)
        (folder / f"{stem}_columns.csv").write_text(table, encoding="utf-8-sig")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(folder.iterdir()):
                archive.write(part, part.name)
    return tuple(notes)


def short_names(names: Iterable[str], encoding: str) -> list[str]:
    """Shorten column names to the 10 bytes of a DBF, all different.

    Short names, in the same order.

    >>> short_names(["parcel_id", "land_use_code", "land_use_scheme"], "UTF-8")
    ['parcel_id', 'land_use_c', 'land_use_s']
    >>> short_names(["area_declared_m2", "area_declared_mu"], "UTF-8")
    ['area_decla', 'area_dec_2']
    """
    used: set[str] = set()
    short = []
    for name in names:
        candidate, number = _cut(name, NAME_BYTES, encoding), 1
        while candidate.casefold() in used:
            number += 1
            tail = f"_{number}"
            candidate = _cut(name, NAME_BYTES - len(tail), encoding) + tail
        used.add(candidate.casefold())
        short.append(candidate)
    return short


def _cut(text: str, limit: int, encoding: str) -> str:
    return text.encode(encoding, "replace")[:limit].decode(encoding, "ignore")


def _fitting(
    frame: gpd.GeoDataFrame, names: list[str], encoding: str
) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    cut: dict[str, int] = {}
    for name in names:
        column = frame[name]
        if pd.api.types.is_bool_dtype(column.dtype):
            frame[name] = column.astype("float64" if column.isna().any() else "int64")
        if not is_text_column(column):
            continue
        _require_encodable([name, *column.dropna()], name, encoding)
        long = column.map(lambda v: isinstance(v, str) and len(v.encode(encoding)) > TEXT_BYTES)
        if long.any():
            frame.loc[long, name] = column[long].map(lambda v: _cut(v, TEXT_BYTES, encoding))
            cut[name] = int(long.sum())
    return frame, cut


def _require_encodable(texts: list[str], name: str, encoding: str) -> None:
    for text in texts:
        try:
            text.encode(encoding)
        except UnicodeEncodeError as error:
            raise LayerError(
                "encoding_cannot_hold", encoding=encoding, column=name,
                example=text[error.start : error.end],
            ) from error  # fmt: skip


def _names_table(short: dict[str, str], heading: ExportHeading) -> str:
    labels = heading.labels
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([labels["short_name"], labels["full_name"], labels["meaning"]])
    for name, brief in short.items():
        writer.writerow([brief, name, column_title(name, heading)])
    writer.writerow([])
    for word, content in heading.lines():
        writer.writerow([word, content])
    return text.getvalue()
