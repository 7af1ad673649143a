"""What a map layer looks like: which rows it draws, in which classes, with which marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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

    Attributes
    ----------
    fill, stroke, core
        Colours ``#RRGGBB`` of the area or symbol, its outline (or the line), and the line's inner
        part; None where not drawn.
    opacity
        Of the fill, 0–1.
    pattern
        How the area is filled.
    width_px
        Width of the outline or line.
    dash_px
        Lengths of dashes and gaps in turn, empty for a line without gaps; a line with a ``core``
        has the core dashed.
    symbol, size_px
        How a point is drawn, and its width.
    glyph
        One character within the symbol, empty for none.
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

    Parameters
    ----------
    colour
        ``#RRGGBB``.
    opacity
        0–1.

    Returns
    -------
    tuple of int
        Red, green, blue, alpha; 0–255 each.

    Examples
    --------
    >>> rgba("#0072B2", 0.5)
    (0, 114, 178, 128)
    """
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue, round(255 * opacity)
