"""Shapes to pixels."""

from functools import lru_cache
from importlib import resources
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageChops, ImageDraw, ImageFont

from geo.arrays import Floats
from layers.maps.features import AREA, LINE, POINT, RenderedLayer, Shapes, Window
from layers.maps.style import Mark, Pattern, rgba


@lru_cache(maxsize=32)
def map_font(size_px: int) -> ImageFont.FreeTypeFont:
    """Load the map's font, which comes with a dependency.

    ``size_px``: Height of the letters [px].
    """
    file = resources.files("pylopdf_fonts_zh_cn").joinpath("NotoSansSC-Regular.otf")
    with resources.as_file(file) as path:
        return ImageFont.truetype(str(path), size_px)


TINY_PX = 6
"""Areas smaller than this (3 on the screen) are painted as boxes of their own area."""


def paint_boxes(
    image: Image.Image,
    corner: npt.NDArray[np.intp],
    size: npt.NDArray[np.intp],
    colours: npt.NDArray[np.uint8],
) -> Image.Image:
    """Paint many small boxes at once.

    ``corner``: Upper left pixels x, y, array of n by 2; boxes may reach over the border.
    ``size``: Width and height [px], array of n by 2, at most ``TINY_PX`` each.
    ``colours``: Red, green, blue, alpha, array of n by 4.
    """
    width, height = image.size
    pad = TINY_PX + 1
    near = ((corner > -pad) & (corner < (width, height))).all(axis=1)
    corner, size, colours = corner[near] + pad, size[near], colours[near]
    canvas = np.zeros((height + 2 * pad, width + 2 * pad, 4), dtype=np.uint8)
    canvas[pad:-pad, pad:-pad] = np.asarray(image)
    flat = canvas.view(np.uint32).reshape(-1)
    ink = np.ascontiguousarray(colours).view(np.uint32).reshape(-1)
    stride = width + 2 * pad
    first = corner[:, 1] * stride + corner[:, 0]
    for down in range(int(size[:, 1].max(initial=0))):
        for right in range(int(size[:, 0].max(initial=0))):
            covered = np.flatnonzero((size[:, 0] > right) & (size[:, 1] > down))
            flat[first[covered] + down * stride + right] = ink[covered]
    return Image.fromarray(np.ascontiguousarray(canvas[pad:-pad, pad:-pad]), "RGBA")


Segment = tuple[float, float, float, float]


def dashes(
    line: npt.NDArray[np.float64], pattern_px: tuple[float, ...], side_px: int, margin_px: float
) -> list[Segment]:
    """Cut a line into the dashes that are seen on a square of pixels.

    Dashes are counted from the line's beginning, wherever that lies, so that neighbouring tiles
    agree.

    ``line``: Vertices [px], array of n by 2; x right, y down.
    ``pattern_px``: Lengths of dashes and gaps in turn [px].
    ``side_px``: Side of the square [px].
    ``margin_px``: Margin around the square within which dashes are kept [px].

    x, y of the beginning and x, y of the end of every dash [px].

    >>> dashes(np.array([[0.0, 0.0], [10.0, 0.0]]), (4.0, 2.0), 8, 0)
    [(0.0, 0.0, 4.0, 0.0), (6.0, 0.0, 8.0, 0.0)]
    """
    step = np.diff(line, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    start = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    enters, leaves = _inside(line[:-1], step, -margin_px, side_px + margin_px)
    segments: list[Segment] = []
    for at in np.flatnonzero((leaves > enters) & (length > 0)):
        low, high = start[at] + enters[at] * length[at], start[at] + leaves[at] * length[at]
        for begin, end in _on_stretches(low, high, pattern_px):
            from_x, from_y = line[at] + step[at] * ((begin - start[at]) / length[at])
            to_x, to_y = line[at] + step[at] * ((end - start[at]) / length[at])
            segments.append((float(from_x), float(from_y), float(to_x), float(to_y)))
    return segments


def _inside(
    origin: npt.NDArray[np.float64], step: npt.NDArray[np.float64], low: float, high: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the shares of each segment at which it enters and leaves the square."""
    with np.errstate(divide="ignore", invalid="ignore"):
        first = (low - origin) / step
        second = (high - origin) / step
    level = step == 0
    within = (origin >= low) & (origin <= high)
    near = np.where(level, np.where(within, -np.inf, np.inf), np.minimum(first, second))
    far = np.where(level, np.where(within, np.inf, -np.inf), np.maximum(first, second))
    return np.maximum(near.max(axis=1), 0.0), np.minimum(far.min(axis=1), 1.0)


def _on_stretches(
    low: float, high: float, pattern_px: tuple[float, ...]
) -> list[tuple[float, float]]:
    period = sum(pattern_px)
    edge = period * np.floor(low / period)
    stretches = []
    while edge < high:
        for at, length in enumerate(pattern_px):
            begin, end = max(edge, low), min(edge + length, high)
            if at % 2 == 0 and end > begin:
                stretches.append((float(begin), float(end)))
            edge += length
    return stretches


VEIL_SHARE = 0.14
"""Opacity between the strokes of a pattern, as a share of the pattern's own."""
PERIOD_PX = 16
"""Distance of the strokes of a pattern; divides the canvas, so that patterns meet at borders."""


@lru_cache(maxsize=64)
def pattern_image(pattern: Pattern, colour: tuple[int, int, int, int], side_px: int) -> Image.Image:
    """Make the square that fills areas with a pattern.

    ``side_px``: Side [px].

    RGBA; copy it before painting on it.
    """
    down, right = np.mgrid[0:side_px, 0:side_px]
    rising = (right + down) % PERIOD_PX < 3
    falling = (right - down) % PERIOD_PX < 3
    from_centre = np.hypot(right % PERIOD_PX - 7.5, down % PERIOD_PX - 7.5)
    strokes = {
        "solid": np.ones_like(rising),
        "hatch": rising,
        "back_hatch": falling,
        "cross": rising | falling,
        "dots": from_centre < 2.6,
    }[pattern]
    ink = np.empty((side_px, side_px, 4), dtype=np.uint8)
    ink[...] = colour
    ink[..., 3] = np.where(strokes, colour[3], round(colour[3] * VEIL_SHARE))
    return Image.fromarray(ink, "RGBA")


def paint_symbol(draw: ImageDraw.ImageDraw, x: float, y: float, mark: Mark, scale: float) -> None:
    """Paint the symbol of a point.

    ``x, y``: Its centre [px].
    """
    half = mark.size_px * scale / 2
    box = (x - half, y - half, x + half, y + half)
    fill = rgba(mark.fill or "#808080", mark.opacity)
    outline = rgba(mark.stroke) if mark.stroke else None
    width = max(round(mark.width_px * scale), 1)
    if mark.symbol == "square":
        draw.rounded_rectangle(box, radius=half * 0.4, fill=fill, outline=outline, width=width)
    else:
        draw.ellipse(box, fill=fill, outline=outline, width=width)
    if mark.glyph:
        font = map_font(max(round(half * 1.25), 4))
        draw.text((x, y), mark.glyph, font=font, fill=(255, 255, 255, 255), anchor="mm")


SUPERSAMPLING = 2
OUTLINED_PX = 12
"""Filled areas smaller than this get no outline: it would cover them."""
LARGE_PX = 1024
"""Shapes larger than this are cut to the canvas before they are painted."""
MANY_VERTICES = 64


def paint(
    layer: RenderedLayer, chosen: npt.NDArray[np.intp], window: Window, scale: float
) -> Image.Image:
    """Paint shapes of a layer.

    ``chosen``: Positions of its shapes, ascending (the order of painting).

    RGBA, ``window.side_px`` wide and high.
    """
    image = Image.new("RGBA", (window.side_px, window.side_px))
    brush = _Brush(layer, window, scale)
    kind = layer.shapes.kind[chosen]
    image = brush.areas(image, chosen[kind == AREA])
    brush.lines(image, chosen[kind == LINE])
    brush.points(image, chosen[kind == POINT])
    return image


class _Brush:
    """The layer, the window and the scale that all painting needs."""

    def __init__(self, layer: RenderedLayer, window: Window, scale: float) -> None:
        self.shapes: Shapes = layer.shapes
        self.marks: list[Mark] = [entry.mark for entry in layer.style.classes]
        self.mark_of = layer.row_class[layer.shapes.row]
        self.window = window
        self.scale = scale

    def areas(self, image: Image.Image, chosen: npt.NDArray[np.intp]) -> Image.Image:
        bounds = self.shapes.bounds[chosen]
        size = (bounds[:, 2:] - bounds[:, :2]).max(axis=1, initial=0) * self.window.px_per_m
        large = chosen[size >= TINY_PX]
        rings = self._outlines(large, size[size >= TINY_PX])
        self._fill(image, rings)
        self._fill_patterns(image, rings)
        if len(large) < len(chosen):
            image = self._boxes(image, chosen[size < TINY_PX])
        sizes = dict(zip(large.tolist(), size[size >= TINY_PX].tolist(), strict=True))
        draw = ImageDraw.Draw(image)
        for at, outline in rings.items():
            mark = self.marks[self.mark_of[at]]
            if mark.stroke and (sizes[at] >= OUTLINED_PX or not mark.fill):
                whole = self._rings(at, cut=False) if mark.dash_px else outline
                for ring in whole:
                    self._stroke(draw, ring, mark.stroke, mark.width_px, mark.dash_px)
        return image

    def lines(self, image: Image.Image, chosen: npt.NDArray[np.intp]) -> None:
        draw = ImageDraw.Draw(image)
        for position in reversed(range(len(self.marks))):
            mark = self.marks[position]
            stroke = mark.stroke or mark.fill
            same = chosen[self.mark_of[chosen] == position].tolist()
            if not same or stroke is None:
                continue
            outer = () if mark.core else mark.dash_px
            lines = [ring for at in same for ring in self._rings(at, cut=not mark.dash_px)]
            for line in lines:
                self._stroke(draw, line, stroke, mark.width_px, outer)
            for line in lines if mark.core and mark.width_px * self.scale > 3 else ():
                self._stroke(draw, line, mark.core or "", 0.5 * mark.width_px, mark.dash_px)

    def points(self, image: Image.Image, chosen: npt.NDArray[np.intp]) -> None:
        draw = ImageDraw.Draw(image)
        for at in chosen.tolist():
            (place,) = self._rings(at, cut=False)
            paint_symbol(draw, place[0, 0], place[0, 1], self.marks[self.mark_of[at]], self.scale)

    def _outlines(
        self, large: npt.NDArray[np.intp], size: npt.NDArray[np.float64]
    ) -> dict[int, list[Floats]]:
        """Give the rings of many shapes; the plain ones are all carried to pixels at once."""
        first, beyond = self.shapes.pieces[large], self.shapes.pieces[large + 1]
        begin, end = self.shapes.starts[first], self.shapes.starts[beyond]
        plain = (beyond - first == 1) & (end - begin <= MANY_VERTICES) & (size <= LARGE_PX)
        begin, count = begin[plain], (end - begin)[plain]
        edges = np.concatenate([[0], np.cumsum(count)])
        at_vertex = np.repeat(begin - edges[:-1], count) + np.arange(edges[-1])
        pixels = self._place(self.shapes.vertices[at_vertex])
        ends = edges.tolist()
        rings = dict(zip(large[plain].tolist(), pairwise(ends), strict=True))
        return {
            at: [pixels[slice(*rings[at])]] if at in rings else self._rings(at)
            for at in large.tolist()
        }

    def _rings(self, at: int, cut: bool = True) -> list[Floats]:
        shapes = self.shapes
        west, south, east, north = shapes.bounds[at]
        if cut and max(east - west, north - south) * self.window.px_per_m > LARGE_PX:
            return self._cut_rings(at)
        begins = shapes.starts[shapes.pieces[at] : shapes.pieces[at + 1] + 1]
        rings = [shapes.vertices[a:b] for a, b in pairwise(begins.tolist())]
        return [self._pixels(ring) for ring in rings]

    def _cut_rings(self, at: int) -> list[Floats]:
        margin_px = 8 * self.scale + 24
        try:
            seen = shapely.clip_by_rect(self.shapes.parts[at], *self.window.box(margin_px))
        except shapely.GEOSException:
            # A broken outline cannot be cut; it is painted whole.
            return self._rings(at, cut=False)
        parts = shapely.get_parts(seen)
        is_area = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
        rings = [*shapely.get_rings(parts[is_area]), *parts[~is_area]]
        return [self._pixels(shapely.get_coordinates(ring)) for ring in rings if not ring.is_empty]

    def _place(self, vertices: Floats) -> Floats:
        ratio = self.window.px_per_m
        return (vertices - (self.window.west, self.window.north)) * (ratio, -ratio)

    def _pixels(self, vertices: Floats) -> Floats:
        pixels = self._place(vertices)
        if len(pixels) <= MANY_VERTICES:
            return pixels
        moves = (np.diff(np.round(pixels), axis=0) != 0).any(axis=1)
        thinned: Floats = pixels[np.concatenate([[True], moves[:-1], [True]])]
        return thinned

    def _fill(self, image: Image.Image, rings: dict[int, list[Floats]]) -> None:
        draw = ImageDraw.Draw(image)
        colours = [rgba(mark.fill, mark.opacity) if mark.fill else None for mark in self.marks]
        for at, outline in rings.items():
            position = self.mark_of[at]
            colour = colours[position]
            if colour is None or self.marks[position].pattern != "solid" or not outline:
                continue
            if len(outline) == 1:
                draw.polygon(outline[0].astype(np.float32), fill=colour)  # type: ignore[arg-type]
            else:
                image.paste(colour, mask=_mask(image.size, outline))

    def _fill_patterns(self, image: Image.Image, rings: dict[int, list[Floats]]) -> None:
        for position, mark in enumerate(self.marks):
            same = [at for at in rings if self.mark_of[at] == position and rings[at]]
            if mark.pattern == "solid" or mark.fill is None or not same:
                continue
            mask = Image.new("L", image.size)
            draw = ImageDraw.Draw(mask)
            for at in same:
                if len(rings[at]) == 1:
                    draw.polygon(rings[at][0].astype(np.float32), fill=255)  # type: ignore[arg-type]
                else:
                    mask.paste(255, mask=_mask(image.size, rings[at]))
            ink = pattern_image(mark.pattern, rgba(mark.fill, mark.opacity), image.size[0]).copy()
            ink.putalpha(ImageChops.multiply(ink.getchannel("A"), mask))
            image.alpha_composite(ink)

    def _boxes(self, image: Image.Image, tiny: npt.NDArray[np.intp]) -> Image.Image:
        colours = np.array([_box_colour(mark) for mark in self.marks], dtype=np.uint8)
        bounds = self.shapes.bounds[tiny]
        ratio = self.window.px_per_m
        extent = np.maximum((bounds[:, 2:] - bounds[:, :2]) * ratio, 1e-9)
        share = np.sqrt(self.shapes.area_m2[tiny] * ratio**2 / extent.prod(axis=1))
        size = np.maximum(np.round(extent * share[:, None]), 1).astype(np.intp)
        centre = (bounds[:, :2] + bounds[:, 2:]) / 2
        corner = np.floor(self._place(centre) - size / 2 + 0.5).astype(np.intp)
        return paint_boxes(image, corner, size, colours[self.mark_of[tiny]])

    def _stroke(
        self,
        draw: ImageDraw.ImageDraw,
        line: Floats,
        colour: str,
        width_px: float,
        dash_px: tuple[float, ...],
    ) -> None:
        width = max(round(width_px * self.scale), 1)
        # Thin outlines grow no thinner than a pixel of the canvas: they fade instead.
        ink = rgba(colour, min(width_px * self.scale, 1.0))
        if dash_px:
            lengths = tuple(length * self.scale for length in dash_px)
            for dash in dashes(line, lengths, self.window.side_px, 2.0 * width):
                draw.line(dash, fill=ink, width=width)
        elif width > 4:
            draw.line([(x, y) for x, y in line.tolist()], fill=ink, width=width, joint="curve")
        else:
            draw.line(line.astype(np.float32), fill=ink, width=width)  # type: ignore[arg-type]


def _mask(size: tuple[int, int], rings: list[Floats]) -> Image.Image:
    """Give the area within an odd number of rings."""
    mask = Image.new("1", size)
    for ring in rings:
        layer = Image.new("1", size)
        ImageDraw.Draw(layer).polygon(ring.astype(np.float32), fill=1)  # type: ignore[arg-type]
        mask = ImageChops.logical_xor(mask, layer)
    return mask.convert("L")


def _box_colour(mark: Mark) -> tuple[int, int, int, int]:
    if mark.fill is None:
        return rgba(mark.stroke or "#808080", 0.6)
    return rgba(mark.fill, mark.opacity * (1.0 if mark.pattern == "solid" else 0.5))
