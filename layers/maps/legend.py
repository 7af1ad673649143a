"""Legend."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
import numpy.typing as npt
import shapely

from layers.maps.features import AREA, LINE, RenderedLayer, Window, shapes_of
from layers.maps.painting import SUPERSAMPLING, paint
from layers.maps.style import LayerStyle
from layers.maps.tiles import png_bytes


def markup(text: str) -> str:
    """Turn a text into HTML that shows it.

    HTML without ``{`` besides: folium reads its finished scripts as templates once more, and a
    template can run code on the server.

    >>> markup("<b>{{ name }}")
    '&lt;b&gt;&#123;&#123; name }}'
    """
    return escape(text).replace("{", "&#123;")


Language = Literal["zh", "en"]
WIDTH_PX, HEIGHT_PX = 26, 18
"""Size of the pictures on the screen."""


@dataclass(frozen=True)
class LegendEntry:
    """A class that occurs on the map: its words, its rows and its picture (PNG)."""

    zh: str
    en: str
    rows: int
    png: bytes


@dataclass(frozen=True)
class LegendSection:
    """The classes of one map layer, and its title."""

    map_layer: str
    zh: str
    en: str
    entries: tuple[LegendEntry, ...]


def legend_of(layers: Sequence[RenderedLayer]) -> tuple[LegendSection, ...]:
    """Explain the map layers by the very marks they are painted with.

    In the order given; classes without rows left out.
    """
    return tuple(legend_section(layer, layer.row_class) for layer in layers)


def legend_section(layer: RenderedLayer, row_class: npt.NDArray[np.intp]) -> LegendSection:
    """Explain one map layer."""
    style = layer.style
    counts = np.bincount(row_class, minlength=len(style.classes)).tolist()
    class_of = layer.row_class[layer.shapes.row]
    entries = []
    for at, entry in enumerate(style.classes):
        if counts[at]:
            kinds = layer.shapes.kind[class_of == at]
            kind = int(np.bincount(kinds).argmax()) if len(kinds) else AREA
            entries.append(LegendEntry(entry.zh, entry.en, counts[at], swatch(style, at, kind)))
    return LegendSection(style.name, style.zh, style.en, tuple(entries))


def swatch(style: LayerStyle, position: int, kind: int) -> bytes:
    """Paint the picture of a class for the legend.

    ``position``: Of the class in ``style.classes``.
    ``kind``: ``AREA``, ``LINE`` or ``POINT``.

    PNG, twice as fine as it is shown.
    """
    wide, high = WIDTH_PX * SUPERSAMPLING, HEIGHT_PX * SUPERSAMPLING
    shape = {
        AREA: shapely.box(4, 5 - high, wide - 4, -5),
        LINE: shapely.LineString([(2, -high / 2), (wide - 2, -high / 2)]),
    }.get(kind, shapely.Point(wide / 2, -high / 2))
    row_class = np.array([position], dtype=np.intp)
    shapes = shapes_of(np.array([shape], dtype=object), row_class)
    empty = np.array([""], dtype=object)
    layer = RenderedLayer(style, empty, empty, row_class, shapes, 0)
    window = Window(0.0, 0.0, float(wide), wide)
    image = paint(layer, np.array([0], dtype=np.intp), window, float(SUPERSAMPLING))
    return png_bytes(image.crop((0, 0, wide, high)))


def legend_html(sections: Sequence[LegendSection], language: Language) -> str:
    """Write the legend as HTML in which every word is escaped.

    One ``div`` per section, marked by ``data-layer`` with the map layer's name.
    """
    return "".join(_section_html(section, language) for section in sections)


def _section_html(section: LegendSection, language: Language) -> str:
    title = section.zh if language == "zh" else section.en
    lines = "".join(
        f'<div class="mu-line"><img alt="" width="{WIDTH_PX}" height="{HEIGHT_PX}" '
        f'src="data:image/png;base64,{base64.b64encode(entry.png).decode("ascii")}">'
        f"<span>{markup(entry.zh if language == 'zh' else entry.en)}</span>"
        f'<span class="mu-count">{entry.rows:,}</span></div>'
        for entry in section.entries
    )
    return (
        f'<div class="mu-section" data-layer="{markup(section.map_layer)}">'
        f'<div class="mu-title">{markup(title)}</div>{lines}</div>'
    )
