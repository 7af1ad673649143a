"""How layers look, read from data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from geo.strict_yaml import Block, Fault, ValueFaultError, keys_of, read_block
from geo.tools import nearest_name
from layers.contracts import contract_of
from layers.errors import LayerError

Pattern = Literal["solid", "hatch", "back_hatch", "cross", "dots"]
Symbol = Literal["circle", "square"]

MISSING = "missing"
"""Class of the rows whose value is missing."""
WHOLE = "all"
"""The one class of a layer that has no classes."""
DATE_CLASSES = ("reached", "ahead")
"""Classes of a date column: on or before the as-of date, or after it."""


COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
MARK_RANGES = MappingProxyType({"opacity": (0, 1), "width_px": (0.2, 20), "size_px": (2, 40)})
LABEL_RANGES = MappingProxyType({"size_px": (8, 30), "from_zoom": (0, 22)})


@dataclass(frozen=True)
class Mark:
    """How the shapes of one class are drawn; widths and sizes in screen pixels.

    ``fill, stroke, core``: Colours ``#RRGGBB`` of the area or symbol, its outline (or the line),
      and the line's inner part; None where not drawn.
    ``opacity``: Of the fill, 0–1.
    ``pattern``: How the area is filled.
    ``width_px``: Width of the outline or line.
    ``dash_px``: Lengths of dashes and gaps in turn, empty for a line without gaps; a line with a
      ``core`` has the core dashed.
    ``symbol, size_px``: How a point is drawn, and its width.
    ``glyph``: One character within the symbol, empty for none.
    """

    fill: str | None = None
    stroke: str | None = None
    core: str | None = None
    opacity: float = 1.0
    pattern: Pattern = "solid"
    width_px: float = 1.0
    dash_px: tuple[float, ...] = ()
    symbol: Symbol = "circle"
    size_px: float = 6.0
    glyph: str = ""

    def __post_init__(self) -> None:
        for key in ("fill", "stroke", "core"):
            colour = getattr(self, key)
            if colour is not None and not COLOUR.fullmatch(colour):
                raise ValueFaultError(key=key)
        for key, (low, high) in MARK_RANGES.items():
            if not low <= getattr(self, key) <= high:
                raise ValueFaultError(key=key)
        if len(self.dash_px) % 2 or not all(0.5 <= length <= 100 for length in self.dash_px):
            raise ValueFaultError(key="dash_px")
        if len(self.glyph) > 1:
            raise ValueFaultError(key="glyph")


@dataclass(frozen=True)
class ClassStyle:
    """One line of the legend: the code of a class, its words, its mark."""

    code: str
    zh: str
    en: str
    mark: Mark


@dataclass(frozen=True)
class LabelStyle:
    """How the names of a layer are written, and from which zoom on."""

    size_px: int
    colour: str
    from_zoom: int
    bold: bool = False

    def __post_init__(self) -> None:
        if not COLOUR.fullmatch(self.colour):
            raise ValueFaultError(key="colour")
        for key, (low, high) in LABEL_RANGES.items():
            if not low <= getattr(self, key) <= high:
                raise ValueFaultError(key=key)


@dataclass(frozen=True)
class LayerStyle:
    """How one map layer is made of a workspace layer.

    ``name``: Name of the map layer, used in tile addresses.
    ``layer``: Layer of the workspace it draws; two map layers may draw parts of one.
    ``zh, en``: Title in switches and legend.
    ``is_shown``: Whether it is switched on at first.
    ``where``: Codes that a row must carry to be drawn, by column.
    ``takes_missing``: Whether rows that miss a value of ``where`` are drawn too.
    ``class_by``: Column that decides the class, empty where there is one class.
    ``missing_as``: Class of rows whose value is missing.
    ``classes``: Every class, in the order of the legend.
    ``label``: How names are written, None for no names.
    """

    name: str
    layer: str
    zh: str
    en: str
    is_shown: bool
    where: Mapping[str, str]
    takes_missing: bool
    class_by: str
    missing_as: str
    classes: tuple[ClassStyle, ...]
    label: LabelStyle | None


@dataclass(frozen=True)
class MapStyles:
    """All map layers from the bottom to the top, and the looks of highlighted answers."""

    layers: Mapping[str, LayerStyle]
    highlights: Mapping[str, ClassStyle]


def rgba(colour: str, opacity: float = 1.0) -> tuple[int, int, int, int]:
    """Turn a colour text into numbers.

    ``colour``: ``#RRGGBB``.
    ``opacity``: 0–1.

    Red, green, blue, alpha; 0–255 each.

    >>> rgba("#0072B2", 0.5)
    (0, 114, 178, 128)
    """
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue, round(255 * opacity)


def load_styles(path: Path) -> MapStyles:
    """Read how every map layer is drawn.

    Parameters
    ----------
    path
        A YAML file like ``data/styles/layers.yaml``.

    Returns
    -------
    MapStyles
        Layers in the order of painting, and the highlights.

    Raises
    ------
    LayerError
        ``style_file_unreadable``, ``style_key_unknown``, ``style_key_missing``,
        ``style_value_wrong``, ``style_class_unknown``, ``style_class_missing``, or
        ``layer_unknown``.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LayerError("style_file_unreadable", path=str(path)) from error
    top = read_block(text, str(path), _style_error, None)
    section = top.block("highlights", None)
    highlights = {code: _highlight(section, code) for code in _keys(section)}
    layers = {name: _layer(top, name) for name in top.nodes if name != "highlights"}
    return MapStyles(MappingProxyType(layers), MappingProxyType(highlights))


def _style_error(fault: Fault) -> LayerError:
    """Make the error of a fault of the file."""
    key = str(fault.values.get("key", ""))
    place = fault.place or Path(fault.source).name
    if fault.code == "key_unknown":
        nearest = fault.values["nearest"]
        return LayerError("style_key_unknown", place=place, key=key, nearest=nearest)
    if fault.code == "key_missing":
        return LayerError("style_key_missing", place=place, key=key)
    if key:
        return LayerError("style_value_wrong", place=place, key=key, value=fault.written)
    if fault.code in ("empty", "not_mapping"):
        return LayerError("style_key_missing", place=place, key="highlights")
    return LayerError("style_file_unreadable", path=fault.source)


def _keys(block: Block) -> tuple[str, ...]:
    """Return the keys of a section that may not be empty."""
    if not block.nodes:
        raise block.error(
            Fault("empty", block.source, block.line, block.path, "{}", {"key": block.path})
        )
    return tuple(block.nodes)


@dataclass(frozen=True)
class _LayerEntry:
    """What the file states of a map layer besides its marks and classes."""

    layer: str
    zh: str
    en: str
    show: bool
    where: Mapping[str, str] = field(default_factory=dict)
    where_missing: bool = False
    class_by: str = ""
    missing_as: str = MISSING
    label: LabelStyle | None = None


CLASS_KEYS = ("zh", "en", *keys_of(Mark))
LAYER_KEYS = (*keys_of(_LayerEntry), "base", "classes")


def _highlight(section: Block, code: str) -> ClassStyle:
    block = section.block(code, CLASS_KEYS)
    block.node("stroke")
    return ClassStyle(code, block.text("zh"), block.text("en"), block.fill(Mark))


def _layer(top: Block, name: str) -> LayerStyle:
    block = top.block(name, LAYER_KEYS)
    entry = block.fill(_LayerEntry)
    contract = contract_of(entry.layer)
    for column in sorted({*entry.where, *filter(None, [entry.class_by])} - set(contract.columns)):
        raise LayerError(
            "style_key_unknown",
            place=name,
            key=column,
            nearest=nearest_name(column, contract.columns),
        )
    for column, code in entry.where.items():
        if code not in contract.field(column).values:
            raise block.block("where", None).fault("value_wrong", column)
    return LayerStyle(
        name=name,
        layer=contract.name,
        zh=entry.zh,
        en=entry.en,
        is_shown=entry.show,
        where=MappingProxyType(dict(entry.where)),
        takes_missing=entry.where_missing,
        class_by=entry.class_by,
        missing_as=entry.missing_as,
        classes=_classes(block, entry),
        label=entry.label,
    )


def _known_classes(layer: str, class_by: str) -> dict[str, tuple[str, str]]:
    if not class_by:
        return {WHOLE: ("", "")}
    column = contract_of(layer).field(class_by)
    if column.kind == "date":
        return dict.fromkeys(DATE_CLASSES, ("", ""))
    if column.kind == "bool":
        return dict.fromkeys(("true", "false"), ("", ""))
    return dict(column.values)


def _classes(layer: Block, entry: _LayerEntry) -> tuple[ClassStyle, ...]:
    """Read every class of a layer; each one known must be there, and no other."""
    base = layer.get("base", Mark) if layer.has("base") else Mark()
    known = _known_classes(entry.layer, entry.class_by)
    if entry.class_by and entry.missing_as == MISSING:
        known[MISSING] = ("", "")
    section = layer.block("classes", None)
    codes = _keys(section)
    for code in codes:
        if code not in known:
            raise LayerError(
                "style_class_unknown",
                layer=layer.path,
                given=code,
                nearest=nearest_name(code, known),
            )
    for code in [*known, entry.missing_as] if entry.class_by else known:
        if code not in codes:
            raise LayerError("style_class_missing", layer=layer.path, code=code)
    return tuple(_class(section, code, known[code], base) for code in codes)


def _class(section: Block, code: str, words: tuple[str, str], base: Mark) -> ClassStyle:
    block = section.block(code, CLASS_KEYS)
    zh, en = (
        block.text(key) if block.has(key) or not all(words) else word
        for key, word in zip(("zh", "en"), words, strict=True)
    )
    return ClassStyle(code, zh, en, block.fill(Mark, base))
