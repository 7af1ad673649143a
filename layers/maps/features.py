"""Which shapes a layer draws, in web-map coordinates."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers.contracts import contract_of
from layers.errors import LayerError
from layers.maps.style import MISSING, WHOLE, LayerStyle, MapStyles

HALF_WORLD_M = math.pi * 6378137.0
"""Half the side of the Web Mercator square [m of that plane]."""
TILE_PX = 256
MAX_ZOOM = 20


@dataclass(frozen=True)
class Window:
    """A square of the plane on a square of pixels.

    ``west, north``: Its upper left corner [m, EPSG:3857].
    ``side_m``: Its side [m, EPSG:3857].
    ``side_px``: Its side [pixels].
    """

    west: float
    north: float
    side_m: float
    side_px: int

    @property
    def px_per_m(self) -> float:
        """Pixels to a metre of the plane."""
        return self.side_px / self.side_m

    def box(self, margin_px: float) -> tuple[float, float, float, float]:
        """Give west, south, east, north [m] of the window and a margin around it."""
        margin_m = margin_px / self.px_per_m
        return (
            self.west - margin_m,
            self.north - self.side_m - margin_m,
            self.west + self.side_m + margin_m,
            self.north + margin_m,
        )


def tile_window(z: int, x: int, y: int, side_px: int = TILE_PX) -> Window | None:
    """Find where a tile lies.

    None where there is no such tile.

    >>> window = tile_window(1, 1, 0)
    >>> window.west, round(window.north), round(window.side_m)
    (0.0, 20037508, 20037508)
    >>> tile_window(1, 2, 0) is None
    True
    """
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        return None
    side_m = 2 * HALF_WORLD_M / 2**z
    return Window(x * side_m - HALF_WORLD_M, HALF_WORLD_M - y * side_m, side_m, side_px)


def to_mercator(lon: float, lat: float) -> tuple[float, float]:
    """Carry a place into the plane of the tiles.

    ``lon, lat``: Longitude and latitude [degrees, CGCS2000 or WGS 84].

    East and north [m, EPSG:3857].

    >>> x, y = to_mercator(90.0, 0.0)
    >>> round(x), round(y)
    (10018754, 0)
    """
    limit = math.radians(min(max(lat, -85.0511), 85.0511))
    return (
        HALF_WORLD_M * lon / 180,
        HALF_WORLD_M / math.pi * math.log(math.tan(math.pi / 4 + limit / 2)),
    )


def to_lon_lat(x: float, y: float) -> tuple[float, float]:
    """Carry a place of the plane back to longitude and latitude.

    ``x, y``: East and north [m, EPSG:3857].

    Longitude and latitude [degrees].

    >>> lon, lat = to_lon_lat(*to_mercator(120.75, 30.75))
    >>> round(lon, 9), round(lat, 9)
    (120.75, 30.75)
    """
    return (
        180 * x / HALF_WORLD_M,
        math.degrees(2 * math.atan(math.exp(math.pi * y / HALF_WORLD_M)) - math.pi / 2),
    )


def zoom_for(bounds: tuple[float, float, float, float], side_px: int) -> int:
    """Find the zoom at which an extent fills a map.

    Parameters
    ----------
    bounds
        West, south, east, north [degrees].
    side_px
        Shorter side of the map [px].

    Returns
    -------
    int
        The deepest zoom at which the extent takes at most two thirds of the side, 17 at most.

    Examples
    --------
    >>> zoom_for((-45.0, -1.0, 45.0, 1.0), 384)
    2
    """
    (west, south), (east, north) = to_mercator(*bounds[:2]), to_mercator(*bounds[2:])
    extent_m = max(east - west, north - south, 1.0)
    deepest = math.log2(2 * HALF_WORLD_M / TILE_PX * (side_px * 2 / 3) / extent_m)
    return min(max(math.floor(deepest + 1e-9), 0), 17)


def metres_per_pixel(zoom: float) -> float:
    """Give the metres of the plane that one screen pixel covers at a zoom."""
    return float(2 * HALF_WORLD_M / 2**zoom / TILE_PX)


AREA, LINE, POINT = 0, 1, 2
"""Kinds of shapes, in the order of painting."""
_KIND_OF_TYPE = {
    shapely.GeometryType.POINT: POINT,
    shapely.GeometryType.LINESTRING: LINE,
    shapely.GeometryType.LINEARRING: LINE,
    shapely.GeometryType.POLYGON: AREA,
}


@dataclass(frozen=True, eq=False)
class Shapes:
    """Single-part shapes in the order of painting, with their vertices in flat arrays.

    ``parts``: Shapes (EPSG:3857), array of n.
    ``row``: Row of the layer that each belongs to, array of n.
    ``kind``: ``AREA``, ``LINE`` or ``POINT``, array of n.
    ``bounds``: West, south, east, north [m, EPSG:3857], array of n by 4.
    ``area_m2``: Area in the plane of the screen [m²], array of n.
    ``pieces``: Where the rings of a shape begin and end in ``starts``, array of n + 1; the first
      ring is the outer one, a line or point is one piece.
    ``starts``: Where the vertices of a piece begin and end, array of pieces + 1.
    ``vertices``: All vertices [m, EPSG:3857], x east, y north.
    ``tree``: Spatial index of ``parts``.
    """

    parts: npt.NDArray[np.object_]
    row: npt.NDArray[np.intp]
    kind: npt.NDArray[np.int8]
    bounds: npt.NDArray[np.float64]
    area_m2: npt.NDArray[np.float64]
    pieces: npt.NDArray[np.intp]
    starts: npt.NDArray[np.intp]
    vertices: npt.NDArray[np.float64]
    tree: shapely.STRtree


@dataclass(frozen=True, eq=False)
class RenderedLayer:
    """A map layer ready to be painted and asked.

    ``style``: How it looks.
    ``keys``: Identity of each row, array of rows.
    ``names``: Name of each row, empty where it has none, array of rows.
    ``row_class``: Position of each row's class in ``style.classes``, array of rows.
    ``shapes``: What is painted.
    ``undrawn``: Number of rows without a shape that could be painted.
    """

    style: LayerStyle
    keys: npt.NDArray[np.object_]
    names: npt.NDArray[np.object_]
    row_class: npt.NDArray[np.intp]
    shapes: Shapes
    undrawn: int


def draw_layer(frame: gpd.GeoDataFrame, style: LayerStyle, as_of: str) -> RenderedLayer:
    """Prepare one map layer.

    ``frame``: All rows of the workspace layer ``style.layer``, in any CRS.
    ``as_of``: Date (ISO) that tells exited parks from those that still have to exit.

    Rows in the order of the frame.

    Raises LayerError: ``layer_without_crs`` where shapes have no CRS.
    """
    rows = frame[_is_drawn(frame, style)]
    if rows.crs is None and len(rows):
        raise LayerError("layer_without_crs", layer=style.layer)
    on_screen = rows.geometry.to_crs(3857).to_numpy() if len(rows) else np.empty(0, dtype=object)
    row_class = class_positions(rows, style, as_of)
    shapes = shapes_of(on_screen, row_class)
    names = rows["name"].fillna("") if "name" in rows.columns else pd.Series("", index=rows.index)
    return RenderedLayer(
        style=style,
        keys=rows[contract_of(style.layer).key].astype(str).to_numpy(dtype=object),
        names=names.astype(str).to_numpy(dtype=object),
        row_class=row_class,
        shapes=shapes,
        undrawn=int((np.bincount(shapes.row, minlength=len(rows)) == 0).sum()),
    )


def draw_layers(
    frames: Mapping[str, gpd.GeoDataFrame], styles: MapStyles, as_of: str
) -> tuple[RenderedLayer, ...]:
    """Prepare every map layer that has rows.

    ``frames``: Rows by name of the workspace layer.
    ``as_of``: Date (ISO) of the view.

    From the bottom to the top, layers without rows left out.
    """
    drawn = (
        draw_layer(frames[style.layer], style, as_of)
        for style in styles.layers.values()
        if style.layer in frames
    )
    return tuple(layer for layer in drawn if len(layer.keys))


def class_positions(rows: pd.DataFrame, style: LayerStyle, as_of: str) -> npt.NDArray[np.intp]:
    """Say which class of the legend each row belongs to.

    ``as_of``: Date (ISO) that a date column is held against.

    Position in ``style.classes`` per row.
    """
    position = {entry.code: at for at, entry in enumerate(style.classes)}
    if not style.class_by:
        return np.full(len(rows), position[WHOLE], dtype=np.intp)
    missing = position[style.missing_as if style.missing_as in position else MISSING]
    if style.class_by not in rows.columns:
        return np.full(len(rows), missing, dtype=np.intp)
    values = rows[style.class_by]
    kind = contract_of(style.layer).field(style.class_by).kind
    if kind == "date":
        codes = values.map(lambda day: "reached" if day <= as_of else "ahead", na_action="ignore")
    elif kind == "bool":
        codes = values.map({True: "true", False: "false"})
    else:
        codes = values
    return np.asarray(codes.map(position).fillna(missing), dtype=np.intp)


def _is_drawn(frame: gpd.GeoDataFrame, style: LayerStyle) -> npt.NDArray[np.bool_]:
    mask = np.ones(len(frame), dtype=bool)
    for column, code in style.where.items():
        fits = (frame[column] == code).fillna(False).to_numpy(dtype=bool)
        mask &= fits | (frame[column].isna().to_numpy() & style.takes_missing)
    return mask


def shapes_of(geometries: npt.NDArray[np.object_], row_class: npt.NDArray[np.intp]) -> Shapes:
    """Take shapes apart and put them into the order of painting.

    ``geometries``: Shapes of the rows (EPSG:3857), array of rows; missing, empty and endless ones
      are passed over.

    Areas, lines, points, each in the order of painting.
    """
    parts, row = shapely.get_parts(geometries, return_index=True)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        row = row[inner]
    bounds = shapely.bounds(parts)
    good = np.isfinite(bounds).all(axis=1)
    parts, row, bounds = parts[good], row[good], bounds[good]
    types = shapely.get_type_id(parts)
    kind = np.array([_KIND_OF_TYPE[t] for t in types.tolist()], dtype=np.int8)
    area = shapely.area(parts)
    # Big areas lie under small ones; of lines and points the class named first lies on top.
    order = np.lexsort((np.where(kind == AREA, -area, -row_class[row].astype(float)), kind))
    parts, row, kind, bounds, area = (
        parts[order], row[order], kind[order], bounds[order], area[order],
    )  # fmt: skip
    pieces, piece_part = _pieces(parts, kind)
    vertices, vertex_piece = shapely.get_coordinates(pieces, return_index=True)
    return Shapes(
        parts=parts,
        row=row,
        kind=kind,
        bounds=bounds,
        area_m2=area,
        pieces=_edges(piece_part, len(parts)),
        starts=_edges(vertex_piece, len(pieces)),
        vertices=vertices,
        tree=shapely.STRtree(parts),
    )


def _pieces(
    parts: npt.NDArray[np.object_], kind: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.intp]]:
    areas = np.flatnonzero(kind == AREA)
    others = np.flatnonzero(kind != AREA)
    rings, ring_area = shapely.get_rings(parts[areas], return_index=True)
    pieces = np.concatenate([rings, parts[others]])
    part = np.concatenate([areas[ring_area], others]).astype(np.intp)
    order = np.argsort(part, kind="stable")
    return pieces[order], part[order]


def _edges(owner: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))]).astype(np.intp)
