"""A map as a picture for a report, made without a browser: the same layers, names and marks."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from PIL import Image, ImageDraw

from layers.errors import LayerError
from layers.maps.drawn import AREA, DrawnLayer, shapes_of
from layers.maps.highlight import Highlight, look_of
from layers.maps.labels import Name, anchor_of, names_of, place_names, write_name
from layers.maps.legend import LegendSection, legend_section
from layers.maps.mercator import HALF_WORLD_M, TILE_PX, Window, to_lon_lat, to_mercator
from layers.maps.paint import SUPERSAMPLING, paint
from layers.maps.picture_parts import (
    GROUND,
    PictureWords,
    draw_legend,
    draw_north,
    draw_scale_bar,
    frame_of,
)
from layers.maps.style import WHOLE, LabelStyle, LayerStyle, MapStyles
from layers.maps.tiles import MARGIN_PX, png_bytes, thinning
from layers.maps.view import Bounds, MapView

PICTURE_PX = (1600, 1060)
STYLE_WIDTH_PX = 1000.0
"""A picture this wide shows widths and letters as large as the screen does."""
LEAST_EXTENT_M = 400.0
MARGIN_SHARE = 0.08
"""Room on each side of what is shown, as a share of the extent."""
CAPTION = LabelStyle(size_px=11, colour="#111111", from_zoom=0)
LONGEST_CAPTION = 30


@dataclass(frozen=True, eq=False)
class _Layer:
    """A layer, the shapes of it in sight and how wide its lines are."""

    drawn: DrawnLayer
    chosen: np.ndarray
    scale: float


def map_picture(
    view: MapView,
    words: PictureWords,
    *,
    highlights: Sequence[Highlight] = (),
    extent: Bounds | None = None,
    shown: Collection[str] | None = None,
    size_px: tuple[int, int] = PICTURE_PX,
    style_width_px: float = STYLE_WIDTH_PX,
) -> bytes:
    """Draw a map with title, legend, scale bar, north arrow and sources.

    Parameters
    ----------
    view
        The prepared map.
    words
        What is written around it.
    highlights
        Shapes laid over the map in their looks, the last on top, with their captions where there
        is room.
    extent
        West, south, east, north [degrees] to be seen whole; None for the highlighted shapes with
        a margin, else for all there is.
    shown
        Map layers drawn; None for those the styles switch on.
    size_px
        Width and height of the picture [px].
    style_width_px
        The whole picture's width in pixels of the style: fewer for larger letters, where it will
        be printed small.

    Returns
    -------
    bytes
        PNG; the same for the same arguments.

    Raises
    ------
    LayerError
        ``picture_empty`` where there is no extent; ``highlight_unknown``, ``highlight_uneven``,
        ``layer_without_crs``.
    """
    scale = size_px[0] / style_width_px
    marked = [_drawn(highlight, view.styles) for highlight in highlights]
    plane = _plane(extent, marked, view)
    image, inner = frame_of(size_px, words, scale)
    width, height = inner[2] - inner[0], inner[3] - inner[1]
    window = _window(plane, width, height)
    zoom = math.log2(2 * HALF_WORLD_M * window.px_per_m / SUPERSAMPLING / TILE_PX / scale)
    line = SUPERSAMPLING * scale
    layers = [
        _in_sight(layer, window, line * thinning(round(zoom)))
        for layer in view.layers
        if (layer.style.is_shown if shown is None else layer.style.name in shown)
    ]
    over = [_in_sight(layer, window, line) for layer in marked]
    picture = _painted([*layers, *over], window, width, height)
    names = _captions(highlights, marked) + [
        name
        for layer in reversed(layers)
        if layer.drawn.style.label is not None and layer.drawn.style.label.from_zoom <= zoom
        for name in names_of(layer.drawn)
    ]
    _write_names(picture, names, window, scale)
    latitude = to_lon_lat(0.0, (plane[1] + plane[3]) / 2)[1]
    true_m = math.cos(math.radians(latitude)) * SUPERSAMPLING / window.px_per_m
    draw_scale_bar(picture, true_m, scale)
    draw_north(picture, words, scale)
    image.paste(picture.convert("RGB"), inner[:2])
    ImageDraw.Draw(image).rectangle(
        (inner[0] - 1, inner[1] - 1, inner[2], inner[3]), outline="#444444"
    )
    metres = SUPERSAMPLING / window.px_per_m
    sight = shapely.box(
        window.west, window.north - height * metres, window.west + width * metres, window.north
    )
    draw_legend(image, inner, _legend([*layers, *over], sight), words, scale)
    return png_bytes(image)


def _drawn(highlight: Highlight, styles: MapStyles) -> DrawnLayer:
    """Make a layer of highlighted shapes, so that they are painted as all others."""
    look = look_of(highlight, styles)
    shapes, count = highlight.shapes, len(highlight.shapes)
    if count != len(highlight.captions):
        raise LayerError("highlight_uneven", shapes=count, captions=len(highlight.captions))
    if shapes.crs is None and count:
        raise LayerError("layer_without_crs", layer=highlight.look)
    on_screen = shapes.to_crs(3857).to_numpy() if count else np.empty(0, dtype=object)
    row_class = np.zeros(count, dtype=np.intp)
    zh, en = (highlight.title, highlight.title) if highlight.title else (look.zh, look.en)
    style = LayerStyle(
        name=look.code, layer="", zh=zh, en=en, is_shown=True, where={}, takes_missing=False,
        class_by="", missing_as=WHOLE, classes=(replace(look, zh=zh, en=en),), label=None,
    )  # fmt: skip
    texts = np.array(highlight.captions, dtype=object)
    return DrawnLayer(style, texts, texts, row_class, shapes_of(on_screen, row_class), 0)


def _plane(extent: Bounds | None, marked: Sequence[DrawnLayer], view: MapView) -> Bounds:
    """Give what must be seen [m, EPSG:3857], with its margin."""
    if extent is None:
        bounds = [layer.shapes.bounds for layer in marked if len(layer.shapes.bounds)]
        if bounds:
            every = np.concatenate(bounds)
            west, south = every[:, :2].min(axis=0).tolist()
            east, north = every[:, 2:].max(axis=0).tolist()
            return _with_margin((west, south, east, north))
        extent = view.extent
    if extent is None:
        raise LayerError("picture_empty")
    return _with_margin((*to_mercator(*extent[:2]), *to_mercator(*extent[2:])))


def _with_margin(bounds: Bounds) -> Bounds:
    west, south, east, north = bounds
    wide = max(east - west, LEAST_EXTENT_M) * (0.5 + MARGIN_SHARE)
    high = max(north - south, LEAST_EXTENT_M) * (0.5 + MARGIN_SHARE)
    x, y = (west + east) / 2, (south + north) / 2
    return x - wide, y - high, x + wide, y + high


def _window(plane: Bounds, width: int, height: int) -> Window:
    """Give the square around the picture that painting works on; pictures are cut out of it."""
    west, south, east, north = plane
    metres = max((east - west) / width, (north - south) / height)
    side = max(width, height)
    x, y = (west + east) / 2, (south + north) / 2
    return Window(
        x - metres * width / 2, y + metres * height / 2, metres * side, side * SUPERSAMPLING
    )


def _in_sight(layer: DrawnLayer, window: Window, scale: float) -> _Layer:
    chosen = layer.shapes.tree.query(shapely.box(*window.box(MARGIN_PX)))
    return _Layer(layer, np.sort(chosen), scale)


def _painted(layers: Sequence[_Layer], window: Window, width: int, height: int) -> Image.Image:
    canvas = Image.new("RGBA", (width * SUPERSAMPLING, height * SUPERSAMPLING), GROUND)
    for layer in layers:
        if len(layer.chosen):
            painted = paint(layer.drawn, layer.chosen, window, layer.scale)
            canvas.alpha_composite(painted.crop((0, 0, *canvas.size)))
    return canvas.reduce(SUPERSAMPLING)


def _captions(highlights: Sequence[Highlight], marked: Sequence[DrawnLayer]) -> list[Name]:
    """Name the highlighted shapes: the first of a list wins where there is no room for all."""
    names = []
    for highlight, layer in zip(reversed(highlights), reversed(marked), strict=True):
        shapes = layer.shapes
        first: dict[int, int] = {}
        for part, row in enumerate(shapes.row.tolist()):
            first.setdefault(row, part)
        for row, part in sorted(first.items()):
            text = _one_line(highlight.captions[row])
            if text:
                x, y = anchor_of(shapes.parts[part], shapes.kind[part] == AREA)
                names.append(Name(text, x, y, CAPTION))
    return names


def _one_line(text: str) -> str:
    line = "".join(mark for mark in " ".join(text.split()) if mark.isprintable())
    return line if len(line) <= LONGEST_CAPTION else line[: LONGEST_CAPTION - 1] + "…"


def _write_names(picture: Image.Image, names: Sequence[Name], window: Window, scale: float) -> None:
    ratio = window.px_per_m / SUPERSAMPLING
    left, top = (window.west + HALF_WORLD_M) * ratio, (HALF_WORLD_M - window.north) * ratio
    inside = (left, top, left + picture.width, top + picture.height)
    placed = place_names(names, 2 * HALF_WORLD_M * ratio, scale, inside)
    draw = ImageDraw.Draw(picture)
    for name, (x, y) in zip(placed.names, placed.centres.tolist(), strict=True):
        write_name(draw, name, x - left, y - top, scale)


def _legend(layers: Sequence[_Layer], sight: shapely.Polygon) -> list[LegendSection]:
    """Explain what is in sight, what lies on top first."""
    sections = []
    for layer in reversed(layers):
        shapes = layer.drawn.shapes
        # What reaches in with its box only is painted in vain and explains nothing.
        rows = np.unique(shapes.row[shapes.tree.query(sight, predicate="intersects")])
        if len(rows):
            sections.append(legend_section(layer.drawn, layer.drawn.row_class[rows]))
    return sections
