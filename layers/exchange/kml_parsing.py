"""The placemarks of a KML text, parsed without trusting it: no DTD, no entities, no network."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from layers.errors import LayerError

MAX_DEPTH = 200
"""Folders in folders, and shapes in shapes, deeper than anyone nests them."""

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

    Attributes
    ----------
    schemas
        Declared columns, by the id and the name of their schema.
    links
        Count of links to other files; they are never followed.
    passed_over
        Count of elements that aren't read, by name.
    """

    schemas: dict[str, dict[str, SchemaField]] = field(default_factory=dict)
    links: int = 0
    passed_over: Counter[str] = field(default_factory=Counter)


def parse_kml(text: str, name: str, take: Take) -> KmlNotes:
    """Go through the placemarks of a KML text.

    Parameters
    ----------
    text
        The file's text.
    name
        Its name, for messages.
    take
        Called with each placemark, and the folder it lies in. Names of elements come without the
        prefix of KML's own; others (``gx:Track``) keep theirs.

    Returns
    -------
    KmlNotes
        Declared columns, links, what was passed over.

    Raises
    ------
    LayerError
        ``not_a_gis_file``, ``xml_with_dtd``, ``xml_too_deep``, ``file_truncated``.
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
