"""What a KML, KMZ or OVKML file holds: its placemarks, with their folders and their data."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.nearest import nearest_name
from layers.errors import LayerError
from layers.exchange.archive import open_archive, read_member
from layers.exchange.encoding import decode_bytes
from layers.exchange.evidence import Evidence, found
from layers.exchange.kml_parsing import Folder, KmlNotes, SchemaField, parse_kml
from layers.exchange.kml_shapes import BadShapeError, shape_of
from layers.exchange.source import MAX_ROWS, Content

MAX_KML_BYTES = 512 * 1024**2
"""A million parcels with their data are less."""

OVITAL_ENDINGS = (".ovkml", ".ovkmz")
ZIPPED_ENDINGS = (".kmz", ".ovkmz")

WGS84_NAMES = {"CGCS2000", "WGS84", "WGS-84"}
"""How an OVKML file says that its coordinates are not shifted."""

NUMBER_KINDS = {"int", "uint", "short", "ushort", "float", "double"}


def read_kml(path: Path, folder: str | None, encoding: str | None) -> Content:
    """Read the placemarks of a KML, KMZ or OVKML file.

    Parameters
    ----------
    path
        An existing file. ``.kmz`` and ``.ovkmz`` are ZIP archives with a KML file.
    folder
        Which folder (and those in it), by its path; None for all.
    encoding
        Stated encoding of its text.

    Returns
    -------
    Content
        One row a placemark: ``name``, ``description``, ``folder`` (path of its folders), then its
        data; a shape that can't be built is missing. Longitude and latitude in WGS84, as KML is
        defined; a note where the coordinates may be shifted all the same.

    Raises
    ------
    LayerError
        ``not_a_gis_file``, ``file_too_large``, ``file_truncated``, ``file_empty``,
        ``xml_with_dtd``, ``xml_too_deep``, ``rows_too_many``, ``source_layer_unknown``,
        ``encoding_wrong``, and those of ``open_archive``.
    """
    text, used, evidence = decode_bytes(_bytes(path), path.name, encoding)
    placemarks = _Placemarks(path.name)
    notes = parse_kml(text, path.name, placemarks.take)
    if not placemarks.shapes:
        raise LayerError("file_empty", path=path.name)
    table = _table(placemarks, notes.schemas)
    paths = pd.Series(placemarks.own()["folder"], dtype="object")
    shapes = np.array(placemarks.shapes, dtype=object)
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=CRS("OGC:CRS84"))
    remarks = [*evidence, *_noted(notes), *_shift(path, placemarks.systems)]
    if placemarks.bad_shapes:
        remarks.append(found("shapes_unreadable", count=placemarks.bad_shapes))
    if folder is not None:
        frame = _in_folder(path, frame, paths, folder)
        remarks.insert(0, found("source_layer", layer=folder))
    known = tuple(dict.fromkeys(paths.dropna()))
    return Content(frame, tuple(remarks), CRS("OGC:CRS84"), "kml", used, known)


def _bytes(path: Path) -> bytes:
    if path.suffix.lower() not in ZIPPED_ENDINGS:
        size = path.stat().st_size
        if size > MAX_KML_BYTES:
            raise LayerError(
                "file_too_large", path=path.name, megabytes=size // 1024**2,
                limit=MAX_KML_BYTES // 1024**2,
            )  # fmt: skip
        return path.read_bytes()
    with open_archive(path, "KMZ", MAX_KML_BYTES) as archive:
        inside = [
            member for member in archive.infolist()
            if member.filename.lower().endswith((".kml", ".ovkml"))
        ]  # fmt: skip
        if not inside:
            raise LayerError("not_a_gis_file", path=path.name, format="KMZ")
        # The first of the archive's own folder is the one shown; others are linked from it.
        inside.sort(key=lambda member: member.filename.count("/"))
        return read_member(archive, inside[0])


class _Placemarks:
    """Rows and shapes of the placemarks, as they come."""

    def __init__(self, file: str) -> None:
        self.systems: Counter[str] = Counter()
        self.bad_shapes = 0
        self.shapes: list[shapely.Geometry | None] = []
        self._file = file
        self._rows: list[dict[str, str]] = []
        self._own: list[tuple[str | None, str | None, Folder | None]] = []
        self._schemas: dict[str, None] = {}

    def take(self, placemark: Element, folder: Folder | None) -> None:
        if len(self.shapes) >= MAX_ROWS:
            raise LayerError("rows_too_many", path=self._file, limit=MAX_ROWS)
        name, text = [_words(placemark.findtext(tag)) for tag in ("name", "description")]
        self._own.append((name, text, folder))
        row: dict[str, str] = {}
        for data in placemark.findall("ExtendedData"):
            row |= self._data(data)
        self._rows.append(row)
        self.systems.update([(_words(placemark.findtext("OvCoordType")) or "").upper()])
        try:
            self.shapes.append(shape_of(placemark))
        except BadShapeError:
            self.bad_shapes += 1
            self.shapes.append(None)

    def _data(self, extended: Element) -> dict[str, str]:
        cells = {item.get("name"): _words(item.findtext("value")) for item in extended.iter("Data")}
        for table in extended.iter("SchemaData"):
            self._schemas[table.get("schemaUrl", "").rpartition("#")[2]] = None
            cells |= {item.get("name"): _words(item.text) for item in table.iter("SimpleData")}
        return {name: text for name, text in cells.items() if name and text}

    def own(self) -> dict[str, list[str | None]]:
        """Give what every placemark has: its name, its description, the path of its folders."""
        paths: dict[int, str | None] = {id(None): None}
        for *_, folder in self._own:
            if folder is not None and id(folder) not in paths:
                paths[id(folder)] = folder.path() or None
        return {
            "name": [name for name, *_ in self._own],
            "description": [text for _, text, _ in self._own],
            "folder": [paths[id(folder)] for *_, folder in self._own],
        }

    def data(self, schemas: Mapping[str, Mapping[str, SchemaField]]) -> pd.DataFrame:
        """Give what the file adds: first the columns it declares, numbers where it says so."""
        declared: dict[str, SchemaField] = {}
        for schema in self._schemas:
            declared |= schemas.get(schema, {})
        given = dict.fromkeys(name for row in self._rows for name in row)
        columns = {
            name: _typed([row.get(name) for row in self._rows], declared.get(name))
            for name in [*declared, *(name for name in given if name not in declared)]
        }
        return pd.DataFrame(columns, index=range(len(self._rows)))


def _table(
    placemarks: _Placemarks, schemas: Mapping[str, Mapping[str, SchemaField]]
) -> pd.DataFrame:
    data = placemarks.data(schemas)
    taken = {str(name).casefold() for name in data.columns}
    columns: dict[str, object] = {}
    for name, values in placemarks.own().items():
        # Programs label a placemark with one of its data: the same text twice tells nothing.
        if not any(values) or any(_same(values, data[column]) for column in data.columns):
            continue
        columns[f"placemark_{name}" if name in taken else name] = values
    own = pd.DataFrame(columns, index=data.index, dtype=object)
    return pd.concat([own, data], axis="columns")


def _typed(texts: list[str | None], declared: SchemaField | None) -> pd.Series:
    column = pd.Series(texts, dtype="object")
    if declared is None or declared.kind not in NUMBER_KINDS:
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    # A text where a number was declared: the column stays as written, for the contract to judge.
    if (numbers.isna() & column.notna()).any():
        return column
    whole = declared.kind not in {"float", "double"} and not numbers.isna().any()
    return numbers.astype("int64" if whole else "float64")


def _same(values: list[str | None], column: pd.Series) -> bool:
    return column.dtype == object and column.where(column.notna(), None).tolist() == values


def _words(text: str | None) -> str | None:
    return (text or "").strip() or None


def _in_folder(path: Path, frame: pd.DataFrame, paths: pd.Series, wanted: str) -> pd.DataFrame:
    known = list(dict.fromkeys(paths.dropna()))
    within = (paths == wanted) | paths.fillna("").str.startswith(f"{wanted}/")
    if not within.any():
        raise LayerError(
            "source_layer_unknown", path=path.name, layer=wanted,
            nearest=nearest_name(wanted, known),
        )  # fmt: skip
    return frame[within]


def _noted(notes: KmlNotes) -> list[Evidence]:
    said = []
    if notes.links:
        said.append(found("kml_links_not_followed", count=notes.links))
    if notes.passed_over:
        names = ", ".join(sorted(notes.passed_over))
        said.append(
            found("kml_passed_over", count=sum(notes.passed_over.values()), names=names[:200])
        )
    return said


def _shift(path: Path, systems: Counter[str]) -> list[Evidence]:
    """Say whether the coordinates may be those of Chinese web maps, and what speaks for it."""
    stated = {system for system in systems if system}
    if path.suffix.lower() not in OVITAL_ENDINGS and not stated:
        return []
    if stated and stated <= WGS84_NAMES and not systems[""]:
        return [found("kml_system_stated", systems=", ".join(sorted(stated)))]
    said = ", ".join(sorted(stated)) or "—"
    return [found("kml_shift_possible", file=path.name, stated=said)]
