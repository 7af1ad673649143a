"""The looks of a map layer as a QGIS style (QML): an exported layer opens as it is drawn here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, tostring

import geopandas as gpd

from layers.maps.style import (
    DATE_CLASSES,
    WHOLE,
    ClassStyle,
    LabelStyle,
    LayerStyle,
    MapStyles,
    Mark,
    rgba,
)

SymbolKind = Literal["fill", "line", "marker"]

QGIS_VERSION = "3.16"
"""Least version whose way of writing styles is used; later ones read it too."""

_BRUSHES = {
    "solid": "solid", "hatch": "b_diagonal", "back_hatch": "f_diagonal", "cross": "diagonal_x",
    "dots": "dense6",
}  # fmt: skip
_KINDS: dict[str, SymbolKind] = {
    "Point": "marker", "MultiPoint": "marker", "LineString": "line", "MultiLineString": "line",
    "LinearRing": "line",
}  # fmt: skip


@dataclass(frozen=True)
class QgisStyles:
    """How exported layers look in QGIS.

    ``styles``: How the product itself draws them.
    ``as_of``: Date (ISO) before which a dated class counts as reached.
    """

    styles: MapStyles
    as_of: str

    def of(self, layer: str, frame: gpd.GeoDataFrame, language: str) -> str | None:
        """Give the style of one layer.

        Parameters
        ----------
        layer
            Layer of the workspace.
        frame
            Its rows.
        language
            ``zh`` or ``en``, of the words in the legend.

        Returns
        -------
        str or None
            A QML document; None for a layer that the product doesn't draw.
        """
        drawn = [style for style in self.styles.layers.values() if style.layer == layer]
        if not drawn:
            return None
        kinds = frame.geometry.geom_type.map(lambda kind: _KINDS.get(kind, "fill")).value_counts()
        kind: SymbolKind = kinds.index[0] if len(kinds) else "fill"
        return qgis_style(drawn, kind, language, self.as_of)


def qgis_style(drawn: Sequence[LayerStyle], kind: SymbolKind, language: str, as_of: str) -> str:
    """Write map layers of one workspace layer as a QGIS style with a rule for each class.

    ``kind``: Whether its shapes are areas, lines or points.
    ``language``: ``zh`` or ``en``.
    ``as_of``: Date (ISO) before which a dated class counts as reached.
    """
    root = Element("qgis", version=QGIS_VERSION, styleCategories="Symbology|Labeling")
    renderer = SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0")
    rules = SubElement(renderer, "rules", key="root")
    symbols = SubElement(renderer, "symbols")
    number = 0
    for style in drawn:
        for entry in style.classes:
            words = entry.zh if language == "zh" else entry.en
            SubElement(
                rules, "rule", filter=_condition(style, entry, as_of), symbol=str(number),
                label=words, key=f"{style.name}.{entry.code}",
            )  # fmt: skip
            _symbol(symbols, str(number), kind, entry.mark)
            number += 1
    label = next((style.label for style in drawn if style.label is not None), None)
    if label is not None:
        _labels(root, label)
    declared = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return declared + tostring(root, encoding="unicode")


def _condition(style: LayerStyle, entry: ClassStyle, as_of: str) -> str:
    """Say in QGIS's language which rows a class is of."""
    parts = []
    for column, code in style.where.items():
        same = f"{_name(column)} = {_text(code)}"
        parts.append(f"({same} OR {_name(column)} IS NULL)" if style.takes_missing else same)
    if style.class_by and entry.code != WHOLE:
        column = _name(style.class_by)
        chosen = _of_class(column, entry.code, as_of)
        if entry.code == style.missing_as:
            chosen = f"({chosen} OR {column} IS NULL)" if chosen else f"{column} IS NULL"
        parts.append(chosen)
    return " AND ".join(part for part in parts if part) or "TRUE"


def _of_class(column: str, code: str, as_of: str) -> str:
    if code == "missing":
        return ""
    if code in DATE_CLASSES:
        return f"{column} {'<=' if code == DATE_CLASSES[0] else '>'} {_text(as_of)}"
    if code in {"true", "false"}:
        return f"{column} = {code.upper()}"
    return f"{column} = {_text(code)}"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _symbol(parent: Element, name: str, kind: SymbolKind, mark: Mark) -> None:
    symbol = SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1")
    for of_class, properties in _symbol_layers(kind, mark):
        layer = SubElement(symbol, "layer", {"class": of_class, "enabled": "1", "pass": "0"})
        for key, value in properties.items():
            SubElement(layer, "prop", k=key, v=value)


def _symbol_layers(kind: SymbolKind, mark: Mark) -> Iterator[tuple[str, dict[str, str]]]:
    stroke = _colour(mark.stroke) if mark.stroke else "0,0,0,0"
    if kind == "fill":
        brush = _BRUSHES[mark.pattern] if mark.fill else "no"
        dashed = "dash" if mark.dash_px else "solid"
        yield "SimpleFill", {
            "color": _colour(mark.fill, mark.opacity), "style": brush, "outline_color": stroke,
            "outline_style": dashed if mark.stroke else "no",
            "outline_width": f"{mark.width_px:g}", "outline_width_unit": "Pixel",
        }  # fmt: skip
    elif kind == "line":
        yield "SimpleLine", _line(stroke, mark.width_px, () if mark.core else mark.dash_px)
        if mark.core:
            yield "SimpleLine", _line(_colour(mark.core), mark.width_px / 2, mark.dash_px)
    else:
        yield "SimpleMarker", {
            "name": mark.symbol, "color": _colour(mark.fill, mark.opacity),
            "outline_color": stroke, "outline_width": f"{mark.width_px:g}",
            "outline_width_unit": "Pixel", "size": f"{mark.size_px:g}", "size_unit": "Pixel",
        }  # fmt: skip
        if mark.glyph:
            yield "FontMarker", {
                "chr": mark.glyph, "color": "255,255,255,255",
                "size": f"{0.7 * mark.size_px:g}", "size_unit": "Pixel",
            }  # fmt: skip


def _line(colour: str, width_px: float, dash_px: tuple[float, ...]) -> dict[str, str]:
    return {
        "line_color": colour, "line_width": f"{width_px:g}", "line_width_unit": "Pixel",
        "line_style": "solid", "use_custom_dash": "1" if dash_px else "0",
        "customdash": ";".join(f"{length:g}" for length in dash_px) or "5;2",
        "customdash_unit": "Pixel",
    }  # fmt: skip


def _colour(colour: str | None, opacity: float = 1.0) -> str:
    return ",".join(str(part) for part in rgba(colour, opacity)) if colour else "0,0,0,0"


def _labels(root: Element, label: LabelStyle) -> None:
    labelling = SubElement(root, "labeling", type="simple")
    settings = SubElement(labelling, "settings")
    SubElement(
        settings, "text-style", fieldName="name", fontSize=f"{label.size_px}",
        fontSizeUnit="Pixel", fontWeight="75" if label.bold else "50",
        textColor=_colour(label.colour),
    )  # fmt: skip
