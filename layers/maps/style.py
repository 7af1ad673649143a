"""How layers look, read from data."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

import yaml

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


@dataclass(frozen=True)
class LayerStyle:
    """How one map layer is made of a workspace layer.

    Attributes
    ----------
    name
        Name of the map layer, used in tile addresses.
    layer
        Layer of the workspace it draws; two map layers may draw parts of one.
    zh, en
        Title in switches and legend.
    is_shown
        Whether it is switched on at first.
    where
        Codes that a row must carry to be drawn, by column.
    takes_missing
        Whether rows that miss a value of ``where`` are drawn too.
    class_by
        Column that decides the class, empty where there is one class.
    missing_as
        Class of rows whose value is missing.
    classes
        Every class, in the order of the legend.
    label
        How names are written, None for no names.
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

    Examples
    --------
    >>> rgba("#0072B2", 0.5)
    (0, 114, 178, 128)
    """
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue, round(255 * opacity)


Check = Callable[[Any], bool]


def _number(low: float, high: float) -> Check:
    return lambda v: isinstance(v, int | float) and not isinstance(v, bool) and low <= v <= high


def _colour(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", value) is not None


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _mapping(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(key, str) for key in value)


def _dashes(value: object) -> bool:
    positive = _number(0.5, 100)
    return (
        isinstance(value, list)
        and len(value) % 2 == 0
        and bool(value)
        and all(positive(item) for item in value)
    )


def _codes(value: object) -> bool:
    return _mapping(value) and all(_text(item) for item in value.values())  # type: ignore[attr-defined]


MARK_KEYS: MappingProxyType[str, Check] = MappingProxyType(
    {
        "fill": _colour,
        "stroke": _colour,
        "core": _colour,
        "opacity": _number(0, 1),
        "pattern": lambda v: v in get_args(Pattern),
        "width_px": _number(0.2, 20),
        "dash_px": _dashes,
        "symbol": lambda v: v in get_args(Symbol),
        "size_px": _number(2, 40),
        "glyph": lambda v: isinstance(v, str) and len(v) == 1,
    }
)
CLASS_KEYS: MappingProxyType[str, Check] = MappingProxyType({"zh": _text, "en": _text, **MARK_KEYS})
LABEL_KEYS: MappingProxyType[str, Check] = MappingProxyType(
    {
        "size_px": _number(8, 30),
        "colour": _colour,
        "from_zoom": _number(0, 22),
        "bold": _flag,
    }
)
LAYER_KEYS: MappingProxyType[str, Check] = MappingProxyType(
    {
        "layer": _text,
        "zh": _text,
        "en": _text,
        "show": _flag,
        "where": _codes,
        "where_missing": _flag,
        "class_by": _text,
        "missing_as": _text,
        "base": _mapping,
        "label": _mapping,
        "classes": _mapping,
    }
)


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
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LayerError("style_file_unreadable", path=str(path)) from error
    if not _mapping(content) or not _mapping(content.get("highlights")):
        raise LayerError("style_key_missing", place=path.name, key="highlights")
    highlights = {
        code: _highlight(code, given) for code, given in content.pop("highlights").items()
    }
    layers = {name: _layer(name, given) for name, given in content.items()}
    return MapStyles(MappingProxyType(layers), MappingProxyType(highlights))


def _checked(
    given: object, allowed: Mapping[str, Check], place: str, needed: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise LayerError("style_value_wrong", place=place, key=place, value=str(given))
    for key, value in given.items():
        if key not in allowed:
            raise LayerError(
                "style_key_unknown",
                place=place,
                key=str(key),
                nearest=nearest_name(str(key), allowed),
            )
        if not allowed[key](value):
            raise LayerError("style_value_wrong", place=place, key=key, value=str(value))
    for key in needed:
        if key not in given:
            raise LayerError("style_key_missing", place=place, key=key)
    return given


def _mark(given: Mapping[str, Any], base: Mark) -> Mark:
    values = {key: value for key, value in given.items() if key in MARK_KEYS}
    if "dash_px" in values:
        values["dash_px"] = tuple(float(length) for length in values["dash_px"])
    return replace(base, **values)


def _highlight(code: str, given: object) -> ClassStyle:
    checked = _checked(given, CLASS_KEYS, f"highlights.{code}", ("zh", "en", "stroke"))
    return ClassStyle(code, checked["zh"], checked["en"], _mark(checked, Mark()))


def _layer(name: str, given: object) -> LayerStyle:
    checked = _checked(given, LAYER_KEYS, name, ("layer", "zh", "en", "show", "classes"))
    contract = contract_of(checked["layer"])
    columns = {*checked.get("where", {}), *filter(None, [checked.get("class_by")])}
    for column in sorted(columns - set(contract.columns)):
        raise LayerError(
            "style_key_unknown",
            place=name,
            key=column,
            nearest=nearest_name(column, contract.columns),
        )
    for column, code in checked.get("where", {}).items():
        if code not in contract.field(column).values:
            raise LayerError("style_value_wrong", place=f"{name}.where", key=column, value=code)
    label = _checked(checked["label"], LABEL_KEYS, f"{name}.label") if "label" in checked else None
    if label is not None and not {"size_px", "colour", "from_zoom"} <= label.keys():
        raise LayerError("style_key_missing", place=name, key="label")
    return LayerStyle(
        name=name,
        layer=contract.name,
        zh=checked["zh"],
        en=checked["en"],
        is_shown=checked["show"],
        where=MappingProxyType(checked.get("where", {})),
        takes_missing=checked.get("where_missing", False),
        class_by=checked.get("class_by", ""),
        missing_as=checked.get("missing_as", MISSING),
        classes=_classes(name, checked),
        label=LabelStyle(**label) if label is not None else None,
    )


def _known_classes(layer: str, class_by: str) -> dict[str, tuple[str, str]]:
    if not class_by:
        return {WHOLE: ("", "")}
    field = contract_of(layer).field(class_by)
    if field.kind == "date":
        return dict.fromkeys(DATE_CLASSES, ("", ""))
    if field.kind == "bool":
        return dict.fromkeys(("true", "false"), ("", ""))
    return dict(field.values)


def _classes(name: str, checked: Mapping[str, Any]) -> tuple[ClassStyle, ...]:
    base = _mark(_checked(checked.get("base", {}), MARK_KEYS, f"{name}.base"), Mark())
    known = _known_classes(checked["layer"], checked.get("class_by", ""))
    missing_as = checked.get("missing_as", MISSING)
    if checked.get("class_by") and missing_as == MISSING:
        known[MISSING] = ("", "")
    given = checked["classes"]
    for code in given:
        if code not in known:
            raise LayerError(
                "style_class_unknown", layer=name, given=code, nearest=nearest_name(code, known)
            )
    for code in [*known, missing_as] if checked.get("class_by") else known:
        if code not in given:
            raise LayerError("style_class_missing", layer=name, code=code)
    return tuple(
        _class(f"{name}.classes.{code}", code, given[code], known[code], base) for code in given
    )


def _class(place: str, code: str, given: object, words: tuple[str, str], base: Mark) -> ClassStyle:
    needed = () if all(words) else ("zh", "en")
    checked = _checked(given, CLASS_KEYS, place, needed)
    zh, en = checked.get("zh", words[0]), checked.get("en", words[1])
    return ClassStyle(code, zh, en, _mark(checked, base))
