"""KML, KMZ, OVKML."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Floats
from geo.limits import MAX_DEPTH, MAX_KML_BYTES, MAX_ROWS
from geo.tools import nearest_name
from layers.errors import LayerError
from layers.exchange.readers.archive import open_archive, read_member
from layers.exchange.readers.encoding import decode_bytes
from layers.exchange.readers.source import Content, Evidence

FOLDERS = {"Document", "Folder"}
PASSED_OVER = {
    "GroundOverlay", "PhotoOverlay", "ScreenOverlay", "Model", "Camera", "Tour", "Track",
    "MultiTrack", "AnimatedUpdate",
}  # fmt: skip
"""What has no place in a list of parcels."""


@dataclass(frozen=True)
class SchemaField:
    """A column that a KML file declares: its type, and the heading shown for it."""

    kind: str
    heading: str


@dataclass
class Folder:
    """A folder of a KML file; its name is known once it has been read."""

    parent: "Folder | None"
    is_document: bool = False
    name: str = ""

    def path(self) -> str:
        """Give the names of the folders down to this one; a document's own name is left out."""
        above = self.parent.path() if self.parent is not None else ""
        if self.is_document:
            return above
        return "/".join(part for part in (above, self.name) if part)


Take = Callable[[Element, Folder | None], None]


@dataclass
class KmlNotes:
    """What a KML file holds beside its placemarks.

    ``schemas``: Declared columns, by the id and the name of their schema.
    ``links``: Count of links to other files; they are never followed.
    ``passed_over``: Count of elements that aren't read, by name.
    """

    schemas: dict[str, dict[str, SchemaField]] = field(default_factory=dict)
    links: int = 0
    passed_over: Counter[str] = field(default_factory=Counter)


def parse_kml(text: str, name: str, take: Take) -> KmlNotes:
    """Go through the placemarks of a KML text.

    ``take``: Called with each placemark, and the folder it lies in. Names of elements come
      without the prefix of KML's own; others (``gx:Track``) keep theirs.

    Declared columns, links, what was passed over.

    Raises LayerError: ``not_a_gis_file``, ``xml_with_dtd``, ``xml_too_deep``, ``file_truncated``.
    """
    walker = _Walker(name, take)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = walker.start
    parser.EndElementHandler = walker.end
    parser.CharacterDataHandler = walker.data
    parser.StartDoctypeDeclHandler = walker.doctype
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        if not walker.is_kml:
            raise LayerError("not_a_gis_file", path=name, format="KML") from error
        raise LayerError("file_truncated", path=name) from error
    return walker.notes


def _is_foreign(tag: str) -> bool:
    return tag.startswith("gx:") or tag.rpartition(":")[2] in PASSED_OVER


class _Walker:
    def __init__(self, name: str, take: Take) -> None:
        self.notes = KmlNotes()
        self.is_kml = False
        self._name = name
        self._take = take
        self._prefix = ""
        self._path: list[str] = []
        self._folder: Folder | None = None
        self._schema: dict[str, SchemaField] = {}
        self._builder: TreeBuilder | None = None
        self._words: list[str] = []

    def doctype(self, *_: object) -> None:
        # Entities can only be declared in a DTD: without one there is no bomb and no outside file.
        raise LayerError("xml_with_dtd", path=self._name)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._path:
            self._begin(tag)
        tag = tag.removeprefix(self._prefix)
        self._path.append(tag)
        if len(self._path) > MAX_DEPTH:
            raise LayerError("xml_too_deep", path=self._name, limit=MAX_DEPTH)
        if _is_foreign(tag) and not any(_is_foreign(above) for above in self._path[-2:-1]):
            self.notes.passed_over[tag] += 1
        if tag == "NetworkLink":
            self.notes.links += 1
        if self._builder is not None:
            self._builder.start(tag, attributes)
        elif tag == "Placemark":
            self._builder = TreeBuilder()
            self._builder.start(tag, attributes)
        else:
            self._words.clear()
            self._start_outside(tag, attributes)

    def end(self, tag: str) -> None:
        tag = self._path.pop()
        if self._builder is None:
            self._end_outside(tag)
            return
        self._builder.end(tag)
        if tag == "Placemark":
            element = self._builder.close()
            self._builder = None
            self._take(element, self._folder)

    def data(self, text: str) -> None:
        if self._builder is not None:
            self._builder.data(text)
        else:
            self._words.append(text)

    def _begin(self, tag: str) -> None:
        prefix, colon, plain = tag.rpartition(":")
        if plain not in {"kml", "Placemark", *FOLDERS}:
            raise LayerError("not_a_gis_file", path=self._name, format="KML")
        self._prefix = prefix + colon
        self.is_kml = True

    def _start_outside(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in FOLDERS:
            self._folder = Folder(self._folder, is_document=tag == "Document")
        elif tag == "Schema":
            self._schema = {}
            for key in ("id", "name"):
                if attributes.get(key):
                    self.notes.schemas[attributes[key]] = self._schema
        elif tag in {"SimpleField", "gx:SimpleArrayField"} and attributes.get("name"):
            kind = attributes.get("type", "string")
            self._schema[attributes["name"]] = SchemaField(kind, "")

    def _end_outside(self, tag: str) -> None:
        if tag in FOLDERS and self._folder is not None:
            self._folder = self._folder.parent
        elif tag == "name" and self._folder is not None and self._path[-1] in FOLDERS:
            self._folder.name = " ".join("".join(self._words).split())
        self._words.clear()


_BLANKS_AROUND_COMMA = re.compile(r"\s*,\s*")
_PARTS = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry"}
_MANY = {
    "Point": shapely.multipoints, "LineString": shapely.multilinestrings,
    "Polygon": shapely.multipolygons,
}  # fmt: skip


class BadShapeError(ValueError):
    """Coordinates that make no shape."""


def shape_of(placemark: Element) -> shapely.Geometry | None:
    """Build the shape of a placemark.

    ``placemark``: A ``Placemark``, or a ``MultiGeometry`` in one.

    Point, line, polygon (rings closed, inner rings cut out) or several; longitude, latitude
    [degrees], and heights where there are any above 0. None where it has no shape.

    Raises BadShapeError: Where the coordinates make none.
    """
    parts = _single(placemark)
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    kinds = {part.geom_type for part in parts}
    together = _MANY[kinds.pop()] if len(kinds) == 1 else shapely.geometrycollections
    return together(parts)


def _single(element: Element) -> list[shapely.Geometry]:
    """List the single shapes of an element and of the collections in it."""
    parts: list[shapely.Geometry] = []
    for child in element:
        if child.tag == "MultiGeometry":
            parts += _single(child)
        elif child.tag == "Polygon":
            parts.append(_polygon(child))
        elif child.tag in _PARTS:
            points = _coordinates(child)
            if child.tag == "Point":
                if len(points) != 1:
                    raise BadShapeError
                parts.append(shapely.points(points[0]))
            else:
                parts.append(_built(shapely.linestrings, points, 2))
    return parts


def _polygon(element: Element) -> shapely.Geometry:
    outer = [ring for side in element.findall("outerBoundaryIs") for ring in side]
    # Some programs put all holes into one boundary, though the schema has one for each.
    inner = [ring for side in element.findall("innerBoundaryIs") for ring in side]
    if len(outer) != 1:
        raise BadShapeError
    shell, *holes = [_ring(ring) for ring in (*outer, *inner)]
    return shapely.polygons(shell, holes=holes or None)


def _ring(element: Element) -> shapely.Geometry:
    points = _coordinates(element)
    if len(points) and not np.array_equal(points[0], points[-1]):
        points = np.vstack([points, points[:1]])
    return _built(shapely.linearrings, points, 4)


def _built(build: object, points: Floats, least: int) -> shapely.Geometry:
    if len(points) < least:
        raise BadShapeError
    assert callable(build)
    return build(points)


def _coordinates(element: Element) -> Floats:
    text = element.findtext("coordinates") or ""
    # By the schema no blank stands within a tuple; programs put one behind each comma.
    tuples = _BLANKS_AROUND_COMMA.sub(",", text.strip()).split()
    if not tuples:
        raise BadShapeError
    try:
        numbers = np.array(",".join(tuples).split(","), dtype=np.float64)
    except ValueError as error:
        raise BadShapeError from error
    size, left = divmod(len(numbers), len(tuples))
    # Equal commas in every tuple: else numbers would slip from one point into the next.
    if left or size not in {2, 3} or {item.count(",") for item in tuples} != {size - 1}:
        raise BadShapeError
    points: Floats = numbers.reshape(-1, size)
    if not np.isfinite(points).all():
        raise BadShapeError
    return points if size == 3 and points[:, 2].any() else points[:, :2]


OVITAL_ENDINGS = (".ovkml", ".ovkmz")
ZIPPED_ENDINGS = (".kmz", ".ovkmz")

WGS84_NAMES = {"CGCS2000", "WGS84", "WGS-84"}
"""How an OVKML file says that its coordinates are not shifted."""

NUMBER_KINDS = {"int", "uint", "short", "ushort", "float", "double"}


def read_kml(path: Path, folder: str | None, encoding: str | None) -> Content:
    """Read the placemarks of a KML, KMZ or OVKML file.

    ``path``: An existing file. ``.kmz`` and ``.ovkmz`` are ZIP archives with a KML file.
    ``folder``: Which folder (and those in it), by its path; None for all.

    One row a placemark: ``name``, ``description``, ``folder`` (path of its folders), then its data;
    a shape that can't be built is missing. Longitude and latitude in WGS84, as KML is defined; a
    note where the coordinates may be shifted all the same.

    Raises LayerError: ``not_a_gis_file``, ``file_too_large``, ``file_truncated``, ``file_empty``,
    ``xml_with_dtd``, ``xml_too_deep``, ``rows_too_many``, ``source_layer_unknown``,
    ``encoding_wrong``, and those of ``open_archive``.
    """
    text, used, evidence = decode_bytes(_bytes(path), path.name, encoding)
    placemarks = _Placemarks(path.name)
    notes = parse_kml(text, path.name, placemarks.take)
    if not placemarks.shapes:
        raise LayerError("file_empty", path=path.name)
    table = _table(placemarks, notes.schemas)
    paths = pd.Series(placemarks.standard_fields()["folder"], dtype="object")
    shapes = np.array(placemarks.shapes, dtype=object)
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=CRS("OGC:CRS84"))
    remarks = [*evidence, *_skipped_evidence(notes), *_shift(path, placemarks.systems)]
    if placemarks.bad_shapes:
        remarks.append(Evidence.of("shapes_unreadable", count=placemarks.bad_shapes))
    if folder is not None:
        frame = _in_folder(path, frame, paths, folder)
        remarks.insert(0, Evidence.of("source_layer", layer=folder))
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

    def standard_fields(self) -> dict[str, list[str | None]]:
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
        row_names = dict.fromkeys(name for row in self._rows for name in row)
        columns = {
            name: _typed([row.get(name) for row in self._rows], declared.get(name))
            for name in [*declared, *(name for name in row_names if name not in declared)]
        }
        return pd.DataFrame(columns, index=range(len(self._rows)))


def _table(
    placemarks: _Placemarks, schemas: Mapping[str, Mapping[str, SchemaField]]
) -> pd.DataFrame:
    data = placemarks.data(schemas)
    used = {str(name).casefold() for name in data.columns}
    columns: dict[str, object] = {}
    for name, values in placemarks.standard_fields().items():
        # Programs label a placemark with one of its data: the same text twice tells nothing.
        if not any(values) or any(_same(values, data[column]) for column in data.columns):
            continue
        columns[f"placemark_{name}" if name in used else name] = values
    standard = pd.DataFrame(columns, index=data.index, dtype=object)
    return pd.concat([standard, data], axis="columns")


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


def _skipped_evidence(notes: KmlNotes) -> list[Evidence]:
    evidence = []
    if notes.links:
        evidence.append(Evidence.of("kml_links_not_followed", count=notes.links))
    if notes.passed_over:
        names = ", ".join(sorted(notes.passed_over))
        evidence.append(
            Evidence.of("kml_passed_over", count=sum(notes.passed_over.values()), names=names[:200])
        )
    return evidence


def _shift(path: Path, systems: Counter[str]) -> list[Evidence]:
    """Say whether the coordinates may be those of Chinese web maps, and what speaks for it."""
    names = {system for system in systems if system}
    if path.suffix.lower() not in OVITAL_ENDINGS and not names:
        return []
    if names and names <= WGS84_NAMES and not systems[""]:
        return [Evidence.of("kml_system_stated", systems=", ".join(sorted(names)))]
    listed = ", ".join(sorted(names)) or "—"
    return [Evidence.of("kml_shift_possible", file=path.name, stated=listed)]
