"""Tiles of areas and of names."""

import io
import itertools
import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely
from PIL import Image, ImageDraw

from layers.maps.features import (
    AREA,
    HALF_WORLD_M,
    MAX_ZOOM,
    TILE_PX,
    RenderedLayer,
    Window,
    tile_window,
)
from layers.maps.painting import SUPERSAMPLING, map_font, paint
from layers.maps.style import LabelStyle, rgba

MARGIN_PX = 48
"""Shapes this far outside (canvas pixels) still reach in with their outline or symbol."""
KEPT_BYTES = 64 * 2**20
"""Bytes of painted tiles kept, those of all maps together."""
TILE_OVERHEAD = 256
"""Bytes that a tile kept takes beside its picture."""
COMPRESSION = 3


class TileStore:
    """Painted tiles, the one not asked for longest forgotten first; safe from several threads.

    ``limit_bytes``: Bytes kept at most.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._tiles: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self.total_bytes = 0

    def get_or_paint(self, key: Hashable, paint_tile: Callable[[], bytes]) -> bytes:
        """Give the tile of a key, painted where it isn't kept."""
        with self._lock:
            png = self._tiles.get(key)
            if png is not None:
                self._tiles.move_to_end(key)
                return png
        png = paint_tile()
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = png
                self.total_bytes += len(png) + TILE_OVERHEAD
            while self.total_bytes > self._limit:
                self.total_bytes -= len(self._tiles.popitem(last=False)[1]) + TILE_OVERHEAD
        return png


PAINTED = TileStore(KEPT_BYTES)
_serial = itertools.count()
"""Tells the tiles of one map layer from those of all others, gone ones too."""


def png_bytes(image: Image.Image) -> bytes:
    """Write a picture as PNG."""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=COMPRESSION)
    return file.getvalue()


@lru_cache(maxsize=1)
def blank_png() -> bytes:
    """Give the picture of a tile on which there is nothing."""
    return png_bytes(Image.new("RGBA", (1, 1)))


class TileLayer:
    """The tiles of one layer; safe to be asked from several threads."""

    def __init__(self, drawn: RenderedLayer) -> None:
        self.drawn = drawn
        self._serial = next(_serial)

    def png(self, z: int, x: int, y: int) -> bytes | None:
        """Paint a tile.

        PNG of 256 pixels (one transparent pixel where nothing lies), None where there is no such
        tile.
        """
        window = tile_window(z, x, y, TILE_PX * SUPERSAMPLING)
        if window is None:
            return None
        return PAINTED.get_or_paint((self._serial, z, x, y), lambda: self._png(z, window))

    def _png(self, z: int, window: Window) -> bytes:
        chosen = self.drawn.shapes.tree.query(shapely.box(*window.box(MARGIN_PX)))
        if not len(chosen):
            return blank_png()
        image = paint(self.drawn, np.sort(chosen), window, SUPERSAMPLING * thinning(z))
        return png_bytes(image.reduce(SUPERSAMPLING))


def thinning(z: int) -> float:
    """Say what share of its width a line or symbol has at a zoom.

    0.45 up to zoom 9, growing to 1 at zoom 14.

    >>> thinning(9), round(thinning(13), 2), thinning(18)
    (0.45, 0.89, 1.0)
    """
    return min(max(0.45 + 0.11 * (z - 9), 0.45), 1.0)


LONGEST = 20
"""Names longer than this many characters are cut, with an ellipsis."""
SHORT = 10
"""Names longer than this many characters lose what stands in brackets at their end."""
REPEAT_PX = 200.0
"""The same name is not written twice within this distance."""
HALO_PX = 2
SHIFTS = (0.0, -1.15, 1.15)
"""Places tried for a name: on its anchor, above, below; in heights of the name."""


Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Name:
    """A name, its place [m, EPSG:3857] and how it is written."""

    text: str
    x: float
    y: float
    style: LabelStyle


@dataclass(frozen=True)
class Placed:
    """Names at one zoom: centres [px of the whole world], their boxes and an index of these."""

    names: list[Name]
    centres: npt.NDArray[np.float64]
    tree: shapely.STRtree


class LabelLayer:
    """The tiles on which names stand; safe to be asked from several threads.

    ``layers``: Drawn layers from the bottom to the top; names of upper layers win over those of
      lower ones, larger shapes over smaller ones.
    """

    def __init__(self, layers: Sequence[RenderedLayer]) -> None:
        self.names = [name for layer in reversed(layers) for name in names_of(layer)]
        self._placed = lru_cache(maxsize=MAX_ZOOM + 1)(self._place)
        self._serial = next(_serial)

    def png(self, z: int, x: int, y: int) -> bytes | None:
        """Paint a tile.

        PNG of 256 pixels (one transparent pixel where nothing stands), None where there is no such
        tile.
        """
        if tile_window(z, x, y) is None:
            return None
        return PAINTED.get_or_paint((self._serial, z, x, y), lambda: self._png(z, x, y))

    def _png(self, z: int, x: int, y: int) -> bytes:
        placed = self._placed(z)
        west, north = x * TILE_PX, y * TILE_PX
        seen = placed.tree.query(shapely.box(west, north, west + TILE_PX, north + TILE_PX))
        if not len(seen):
            return blank_png()
        side = TILE_PX * SUPERSAMPLING
        image = Image.new("RGBA", (side, side))
        draw = ImageDraw.Draw(image)
        for at in np.sort(seen).tolist():
            centre = (placed.centres[at] - (west, north)) * SUPERSAMPLING
            write_name(draw, placed.names[at], float(centre[0]), float(centre[1]))
        return png_bytes(image.reduce(SUPERSAMPLING))

    def _place(self, z: int) -> Placed:
        names = [name for name in self.names if name.style.from_zoom <= z]
        return place_names(names, TILE_PX * 2**z)


def place_names(
    names: Sequence[Name], world_px: float, scale: float = 1.0, inside: Box | None = None
) -> Placed:
    """Find places for names, so that none covers another.

    ``world_px``: Side of the whole world [px].
    ``inside``: West, north, east, south [px of the whole world] that a name must lie in; None for
      anywhere.

    The names that found a place.
    """
    occupied: list[Box] = []
    kept: list[Name] = []
    centres: list[tuple[float, float]] = []
    written: dict[str, list[tuple[float, float]]] = {}
    for name in names:
        x = (name.x + HALF_WORLD_M) / (2 * HALF_WORLD_M) * world_px
        y = (HALF_WORLD_M - name.y) / (2 * HALF_WORLD_M) * world_px
        near = REPEAT_PX * scale
        # A unit and its platform may bear one name: once is enough.
        if any(math.dist((x, y), other) < near for other in written.get(name.text, ())):
            continue
        place = _free_place(name, x, y, occupied, scale, inside)
        if place is not None:
            written.setdefault(name.text, []).append((x, y))
            occupied.append(place)
            kept.append(name)
            centres.append(((place[0] + place[2]) / 2, (place[1] + place[3]) / 2))
    boxes = shapely.box(*np.array(occupied).T) if occupied else np.empty(0, dtype=object)
    return Placed(kept, np.array(centres).reshape(-1, 2), shapely.STRtree(boxes))


def names_of(layer: RenderedLayer) -> list[Name]:
    """Give the names of a layer's rows and their anchors.

    Largest shape first; rows without a name or shape, and layers that write none, left out. An
    area's anchor is the middle of the widest circle within its largest part.
    """
    style, shapes = layer.style.label, layer.shapes
    if style is None:
        return []
    seen: set[int] = set()
    names = []
    for part, row in zip(range(len(shapes.row)), shapes.row.tolist(), strict=True):
        text = shown_text(layer.names[row])
        if row in seen or not text:
            continue
        seen.add(row)
        x, y = anchor_of(shapes.parts[part], shapes.kind[part] == AREA)
        names.append(Name(text, x, y, style))
    return names


def shown_text(name: str) -> str:
    r"""Make a name fit for one line: no control characters or line breaks, not too long.

    >>> shown_text("嘉兴\n经开区\x07")
    '嘉兴 经开区'
    >>> shown_text("海宁经济开发区（尖山新区）")
    '海宁经济开发区'
    """
    line = "".join(mark for mark in " ".join(name.split()) if mark.isprintable())
    if len(line) > SHORT:
        line = re.sub(r"(?<=.)[（(][^（()）]*[)）]$", "", line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def anchor_of(shape: shapely.Geometry, is_area: bool) -> tuple[float, float]:
    """Find where the name of a shape stands: within it, along a line in its middle."""
    if not is_area:
        point = shapely.line_interpolate_point(shape, 0.5, normalized=True)
        point = shape if point is None or point.is_empty else point
        return float(shapely.get_x(point)), float(shapely.get_y(point))
    west, south, east, north = shape.bounds
    try:
        radius = shapely.maximum_inscribed_circle(
            shape, tolerance=max(east - west, north - south) / 60
        )
        x, y = shapely.get_coordinates(radius)[0]
    except shapely.GEOSException:
        x, y = (west + east) / 2, (south + north) / 2
    return float(x), float(y)


def _free_place(
    name: Name, x: float, y: float, occupied: list[Box], scale: float, inside: Box | None
) -> Box | None:
    size = round(name.style.size_px * scale)
    width = map_font(size).getlength(name.text) + (2 * HALO_PX + 4) * scale
    height = (name.style.size_px * 1.25 + 2 * HALO_PX) * scale
    boxes = np.array(occupied).reshape(-1, 4)
    for shift in SHIFTS:
        middle = y + shift * height
        box = (x - width / 2, middle - height / 2, x + width / 2, middle + height / 2)
        apart = (
            (boxes[:, 0] >= box[2])
            | (boxes[:, 2] <= box[0])
            | (boxes[:, 1] >= box[3])
            | (boxes[:, 3] <= box[1])
        )
        if apart.all() and (inside is None or _lies_in(box, inside)):
            return box
    return None


def _lies_in(box: Box, outer: Box) -> bool:
    return box[0] >= outer[0] and box[1] >= outer[1] and box[2] <= outer[2] and box[3] <= outer[3]


def write_name(
    draw: ImageDraw.ImageDraw, name: Name, x: float, y: float, scale: float = SUPERSAMPLING
) -> None:
    """Write a name with its halo.

    ``x, y``: Its middle [px].
    """
    font = map_font(round(name.style.size_px * scale))
    white, ink = (255, 255, 255, 235), rgba(name.style.colour)
    halo = round(HALO_PX * scale)
    draw.text((x, y), name.text, font=font, fill=white, anchor="mm", stroke_width=halo)
    weight = 1 if name.style.bold else 0
    draw.text((x, y), name.text, font=font, fill=ink, anchor="mm", stroke_width=weight)
