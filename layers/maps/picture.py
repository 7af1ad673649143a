"""Map picture for reports."""

import io
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from PIL import Image, ImageDraw

from layers.errors import LayerError
from layers.maps.features import (
    AREA,
    HALF_WORLD_M,
    TILE_PX,
    RenderedLayer,
    Window,
    shapes_of,
    to_lon_lat,
    to_mercator,
)
from layers.maps.find import Highlight, look_of
from layers.maps.legend import HEIGHT_PX, WIDTH_PX, Language, LegendSection, legend_section
from layers.maps.painting import SUPERSAMPLING, map_font, paint
from layers.maps.style import WHOLE, LabelStyle, LayerStyle, MapStyles
from layers.maps.tiles import (
    MARGIN_PX,
    Name,
    anchor_of,
    names_of,
    place_names,
    png_bytes,
    thinning,
    write_name,
)
from layers.maps.view import Bounds, MapView

BACKGROUND = "#FAFAF7"
INK, GREY, RED = "#1E1E1E", "#595959", "#C00000"
PAPER = (255, 255, 255, 225)
EDGE, TITLE, PANEL = 14, 20, 200
"""Margin, letters of the title, width of the legend [px of the style]."""
SMALL = 10
LEGEND_SIZES = (11.0, 10.0, 9.0, 8.0, 7.0)
"""Letters tried for the legend, until all of it has room."""
SOURCE_LINES = 3


@dataclass(frozen=True)
class PictureWords:
    """What is written on a picture, in one language.

    ``title``: Stands above the map.
    ``sources``: Line below the map: data, as-of date, version.
    ``demo``: Mark of synthetic data, empty for real data.
    ``legend, north``: Heading of the legend, letter of the north arrow.
    ``more``: Stands at the end of a legend that has no room for all, with ``{count}``.
    ``language``: Of the legend.
    """

    title: str
    sources: str
    demo: str
    legend: str
    north: str
    more: str
    language: Language


def frame_of(
    size_px: tuple[int, int], words: PictureWords, scale: float
) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """Lay out the sheet and write what stands above and below the map.

    ``size_px``: Width and height of the sheet [px].

    ``image``: The sheet (RGB).
    ``inner``: Left, top, right, bottom [px] of the map on it.
    """
    image = Image.new("RGB", size_px, "white")
    draw = ImageDraw.Draw(image)
    edge, width = round(EDGE * scale), size_px[0]
    title, small = map_font(round(TITLE * scale)), map_font(round(SMALL * scale))
    mark_width = 0.0
    if words.demo:
        mark_width = title.getlength(words.demo) + 2 * edge
        box = (width - edge - mark_width + edge, edge, width - edge, edge + 1.5 * TITLE * scale)
        draw.rectangle(box, outline=RED, width=max(round(1.5 * scale), 1))
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        draw.text(middle, words.demo, font=title, fill=RED, anchor="mm")
    head = lines_of(words.title, title, width - 2 * edge - mark_width, 1)
    draw.text((edge, edge + 0.75 * TITLE * scale), head[0], font=title, fill=INK, anchor="lm")
    below = lines_of(words.sources, small, width - 2 * edge, SOURCE_LINES)
    step = round(SMALL * 1.5 * scale)
    top = size_px[1] - edge // 2 - step * len(below)
    for at, line in enumerate(below):
        draw.text((edge, top + (at + 0.5) * step), line, font=small, fill=GREY, anchor="lm")
    inner = (
        edge,
        edge + round(1.9 * TITLE * scale),
        width - 2 * edge - round(PANEL * scale),
        top - edge // 2,
    )
    return image, inner


def lines_of(text: str, font: object, room_px: float, most: int) -> list[str]:
    """Break a text into lines; what has no room ends in an ellipsis.

    ``text``: Any text; control characters and line breaks become nothing and blanks.
    ``room_px``: Width of a line [px].
    """
    clean = "".join(mark for mark in " ".join(text.split()) if mark.isprintable())
    lines, line = [], ""
    for mark in clean:
        if line and font.getlength(line + mark) > room_px:  # type: ignore[attr-defined]
            lines.append(line)
            line = ""
        line += mark
        if len(lines) == most:
            return [*lines[:-1], f"{lines[-1][:-1]}…"]
    return [*lines, line]


def draw_scale_bar(picture: Image.Image, metres_per_px: float, scale: float) -> None:
    """Draw the scale bar into the map's lower left corner.

    ``metres_per_px``: True metres on the ground for a pixel, in the middle of the map.
    """
    length_m = round_length_m(metres_per_px * picture.width * 0.22)
    length = length_m / metres_per_px
    text = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    pad, high = 8 * scale, 5 * scale
    left, base = 2 * pad, picture.height - 2 * pad
    plate = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(plate)
    draw.rectangle((pad, base - 26 * scale, left + length + 4 * pad, base + pad), fill=PAPER)
    half = left + length / 2
    draw.rectangle((left, base - high, half, base), fill=INK)
    draw.rectangle((half, base - high, left + length, base), fill="white", outline=INK)
    font = map_font(round(11 * scale))
    draw.text((left + length, base - high - 9 * scale), text, font=font, fill=INK, anchor="mm")
    draw.text((left, base - high - 9 * scale), "0", font=font, fill=INK, anchor="mm")
    picture.alpha_composite(plate)


def round_length_m(most_m: float) -> float:
    """Give the longest length of 1, 2 or 5 times a power of ten within a limit [m].

    >>> round_length_m(4999.0), round_length_m(5000.0), round_length_m(0.7)
    (2000.0, 5000.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(most_m))
    return max(power * digit for digit in (1, 2, 5) if power * digit <= most_m)


def draw_north(picture: Image.Image, words: PictureWords, scale: float) -> None:
    """Draw the north arrow into the map's upper right corner; the map's north is up."""
    x, top = picture.width - 24 * scale, 10 * scale
    plate = Image.new("RGBA", picture.size)
    draw = ImageDraw.Draw(plate)
    draw.rectangle((x - 15 * scale, top - 4 * scale, x + 15 * scale, top + 48 * scale), fill=PAPER)
    font = map_font(round(12 * scale))
    draw.text((x, top + 7 * scale), words.north, font=font, fill=INK, anchor="mm")
    tip, foot, notch = top + 15 * scale, top + 43 * scale, top + 36 * scale
    draw.polygon([(x, tip), (x - 9 * scale, foot), (x, notch)], fill=INK)
    draw.polygon([(x, tip), (x + 9 * scale, foot), (x, notch)], fill="white", outline=INK)
    picture.alpha_composite(plate)


def draw_legend(
    image: Image.Image,
    inner: tuple[int, int, int, int],
    sections: Sequence[LegendSection],
    words: PictureWords,
    scale: float,
) -> None:
    """Draw the legend beside the map, as small as it must be to have room.

    ``inner``: Left, top, right, bottom [px] of the map on it.
    ``sections``: What is explained, in order.
    """
    rows = _rows(sections, words)
    room = inner[3] - inner[1]
    size = next((s for s in LEGEND_SIZES if len(rows) * s * 1.75 * scale <= room), LEGEND_SIZES[-1])
    step = size * 1.75 * scale
    fitting = math.floor(room / step + 1e-9)
    if len(rows) > fitting:
        kept = max(fitting - 1, 0)
        rest = sum(png is not None for _, png in rows[kept:])
        rows = [*rows[:kept], (words.more.format(count=rest), None)]
    draw = ImageDraw.Draw(image)
    font = map_font(round(size * scale))
    left = inner[2] + round(EDGE * scale)
    wide = round(WIDTH_PX * scale * size / LEGEND_SIZES[0])
    high = round(HEIGHT_PX * scale * size / LEGEND_SIZES[0])
    for at, (text, png) in enumerate(rows):
        middle = inner[1] + (at + 0.5) * step
        x: float = left
        if png is not None:
            swatch = Image.open(io.BytesIO(png)).convert("RGBA").resize((wide, high))
            image.paste(swatch, (left, round(middle - high / 2)), swatch)
            x = left + wide + 6 * scale
        line = lines_of(text, font, image.width - x - 4 * scale, 1)[0]
        draw.text((x, middle), line, font=font, fill=INK, anchor="lm")
        if png is None:
            # The font has one weight: written twice, a pixel apart, it looks bold.
            draw.text((x + 1, middle), line, font=font, fill=INK, anchor="lm")


def _rows(sections: Sequence[LegendSection], words: PictureWords) -> list[tuple[str, bytes | None]]:
    """Give headings (without a picture) and classes; a single class stands beside its layer."""
    position = 0 if words.language == "zh" else 1
    rows: list[tuple[str, bytes | None]] = [(words.legend, None)]
    for section in sections:
        title = (section.zh, section.en)[position]
        if len(section.entries) == 1:
            only = section.entries[0]
            word = (only.zh, only.en)[position]
            joint = ("：", ": ")[position]
            line = title if word == title else f"{title}{joint}{word}"
            rows.append((line, only.png))
            continue
        rows.append((title, None))
        rows += [((entry.zh, entry.en)[position], entry.png) for entry in section.entries]
    return rows


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

    drawn: RenderedLayer
    chosen: np.ndarray
    scale: float


def map_picture(
    view: MapView,
    words: PictureWords,
    *,
    highlights: Sequence[Highlight] = (),
    extent: Bounds | None = None,
    visible: Collection[str] | None = None,
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
    visible
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
        if (layer.style.is_shown if visible is None else layer.style.name in visible)
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


def _drawn(highlight: Highlight, styles: MapStyles) -> RenderedLayer:
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
    return RenderedLayer(style, texts, texts, row_class, shapes_of(on_screen, row_class), 0)


def _plane(extent: Bounds | None, marked: Sequence[RenderedLayer], view: MapView) -> Bounds:
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


def _in_sight(layer: RenderedLayer, window: Window, scale: float) -> _Layer:
    chosen = layer.shapes.tree.query(shapely.box(*window.box(MARGIN_PX)))
    return _Layer(layer, np.sort(chosen), scale)


def _painted(layers: Sequence[_Layer], window: Window, width: int, height: int) -> Image.Image:
    canvas = Image.new("RGBA", (width * SUPERSAMPLING, height * SUPERSAMPLING), BACKGROUND)
    for layer in layers:
        if len(layer.chosen):
            painted = paint(layer.drawn, layer.chosen, window, layer.scale)
            canvas.alpha_composite(painted.crop((0, 0, *canvas.size)))
    return canvas.reduce(SUPERSAMPLING)


def _captions(highlights: Sequence[Highlight], marked: Sequence[RenderedLayer]) -> list[Name]:
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
