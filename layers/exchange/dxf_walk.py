"""The entities of a CAD drawing in the order drawn, blocks taken apart, within bounds."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from ezdxf.entities import DXFGraphic, Insert, MText, Text
from ezdxf.math import Vec3

from layers.errors import LayerError
from layers.exchange.dxf_outlines import Outline, outlines_of

MAX_ENTITIES = 3_000_000
"""Blocks in blocks multiply: a small file can stand for more than any drawing holds."""

MAX_BLOCK_DEPTH = 16
OWN_APPLICATION = "MUPLAN"
"""Under this name our own drawings say which rings belong to one row."""


@dataclass(frozen=True)
class Drawn:
    """An outline as it stands in a drawing.

    Attributes
    ----------
    outline
        Its points.
    layer, kind, handle, block
        Layer and kind of the entity, its handle, and the block it came in ("" for none).
    row
        Number of the row that our own export wrote it for, -1 in other drawings.
    """

    outline: Outline
    layer: str
    kind: str
    handle: str
    block: str
    row: int


@dataclass(frozen=True)
class Words:
    """A text of a drawing: where it stands, what it says, the row our own export wrote it for."""

    x: float
    y: float
    text: str
    row: int


@dataclass
class Drawing:
    """What a drawing holds.

    Attributes
    ----------
    outlines
        Everything that could bound a piece of land.
    texts
        Place and content of every text.
    passed_over
        Count of the other entities, by kind.
    extended
        Count of entities with data of other programs, by the program's name.
    """

    outlines: list[Drawn] = field(default_factory=list)
    texts: list[Words] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    extended: Counter[str] = field(default_factory=Counter)


def walk(entities: Iterable[DXFGraphic], file: str) -> Drawing:
    """Go through the entities of a drawing.

    Parameters
    ----------
    entities
        The model space.
    file
        Name of the file, for messages.

    Returns
    -------
    Drawing
        Outlines, texts, and what was passed over.

    Raises
    ------
    LayerError
        ``dxf_too_many`` for more entities than ``MAX_ENTITIES``, blocks taken apart.
    """
    drawing = Drawing()
    count = 0
    for entity, layer, block in _apart(entities, None, "", 0, drawing):
        count += 1
        if count > MAX_ENTITIES:
            raise LayerError("dxf_too_many", path=file, limit=MAX_ENTITIES)
        if entity is None:
            continue
        if isinstance(entity, Text | MText):
            _take_text(drawing, entity)
            continue
        row = _take_extended(drawing, entity)
        kind = entity.dxftype()
        if kind == "POINT" and row >= 0:
            place = np.array([tuple(entity.dxf.location)[:2]], dtype=np.float64)
            drawing.outlines.append(Drawn(Outline(place, False), layer, kind, "", block, row))
            continue
        before = len(drawing.outlines)
        for outline in outlines_of(entity):
            handle = str(entity.dxf.handle or "")
            drawing.outlines.append(Drawn(outline, layer, kind, handle, block, row))
        if len(drawing.outlines) == before:
            drawing.passed_over[kind] += 1
    return drawing


def _apart(
    entities: Iterable[DXFGraphic], above: str | None, block: str, depth: int, drawing: Drawing
) -> Iterator[tuple[DXFGraphic | None, str, str]]:
    """Give entities with the layer they count to; a block's layer 0 means that of its place."""
    for entity in entities:
        layer = str(entity.dxf.get("layer", "0"))
        if above is not None and layer == "0":
            layer = above
        if not isinstance(entity, Insert):
            yield entity, layer, block
            continue
        # Counted itself: a block of nothing but blocks would never reach the bound.
        yield None, layer, block
        if depth >= MAX_BLOCK_DEPTH or int(entity.mcount) > MAX_ENTITIES:
            drawing.passed_over["INSERT"] += 1
            continue
        for attribute in entity.attribs:
            yield attribute, layer, block
        inside = str(entity.dxf.get("name", ""))
        copies = entity.multi_insert() if entity.mcount > 1 else (entity,)
        for copy in copies:
            yield None, layer, block
            yield from _apart(copy.virtual_entities(), layer, inside, depth + 1, drawing)


def _take_text(drawing: Drawing, entity: Text | MText) -> None:
    words = " ".join(entity.plain_text().split())
    if not words:
        return
    place: Vec3 = entity.dxf.insert
    if isinstance(entity, Text):
        aligned = entity.dxf.get("halign", 0) or entity.dxf.get("valign", 0)
        if aligned and entity.dxf.hasattr("align_point"):
            place = entity.dxf.align_point
        place = entity.ocs().to_wcs(place)
    if np.isfinite([place[0], place[1]]).all():
        row = _take_extended(drawing, entity)
        drawing.texts.append(Words(float(place[0]), float(place[1]), words, row))


def _take_extended(drawing: Drawing, entity: DXFGraphic) -> int:
    """Count what other programs have hung on an entity; give our own row's number."""
    if entity.xdata is None:
        return -1
    row = -1
    for application, tags in entity.xdata.data.items():
        if application == OWN_APPLICATION:
            numbers = [tag.value for tag in tags if tag.code == 1071]
            row = int(numbers[0]) if numbers else -1
        else:
            drawing.extended[str(application)] += 1
    return row
