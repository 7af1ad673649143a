"""Which shapes a map layer paints, in which order and with which class of its style."""

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

    Attributes
    ----------
    parts
        Shapes (EPSG:3857), array of n.
    row
        Row of the layer that each belongs to, array of n.
    kind
        ``AREA``, ``LINE`` or ``POINT``, array of n.
    bounds
        West, south, east, north [m, EPSG:3857], array of n by 4.
    area_m2
        Area in the plane of the screen [m²], array of n.
    pieces
        Where the rings of a shape begin and end in ``starts``, array of n + 1; the first ring is
        the outer one, a line or point is one piece.
    starts
        Where the vertices of a piece begin and end, array of pieces + 1.
    vertices
        All vertices [m, EPSG:3857], x east, y north.
    tree
        Spatial index of ``parts``.
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
class DrawnLayer:
    """A map layer ready to be painted and asked.

    Attributes
    ----------
    style
        How it looks.
    keys
        Identity of each row, array of rows.
    names
        Name of each row, empty where it has none, array of rows.
    row_class
        Position of each row's class in ``style.classes``, array of rows.
    shapes
        What is painted.
    undrawn
        Number of rows without a shape that could be painted.
    """

    style: LayerStyle
    keys: npt.NDArray[np.object_]
    names: npt.NDArray[np.object_]
    row_class: npt.NDArray[np.intp]
    shapes: Shapes
    undrawn: int


def draw_layer(frame: gpd.GeoDataFrame, style: LayerStyle, as_of: str) -> DrawnLayer:
    """Prepare one map layer.

    Parameters
    ----------
    frame
        All rows of the workspace layer ``style.layer``, in any CRS.
    style
        Which rows are drawn, and how.
    as_of
        Date (ISO) that tells exited parks from those that still have to exit.

    Returns
    -------
    DrawnLayer
        Rows in the order of the frame.

    Raises
    ------
    LayerError
        ``layer_without_crs`` where shapes have no CRS.
    """
    rows = frame[_is_drawn(frame, style)]
    if rows.crs is None and len(rows):
        raise LayerError("layer_without_crs", layer=style.layer)
    on_screen = rows.geometry.to_crs(3857).to_numpy() if len(rows) else np.empty(0, dtype=object)
    row_class = class_positions(rows, style, as_of)
    shapes = shapes_of(on_screen, row_class)
    names = rows["name"].fillna("") if "name" in rows.columns else pd.Series("", index=rows.index)
    return DrawnLayer(
        style=style,
        keys=rows[contract_of(style.layer).key].astype(str).to_numpy(dtype=object),
        names=names.astype(str).to_numpy(dtype=object),
        row_class=row_class,
        shapes=shapes,
        undrawn=int((np.bincount(shapes.row, minlength=len(rows)) == 0).sum()),
    )


def draw_layers(
    frames: Mapping[str, gpd.GeoDataFrame], styles: MapStyles, as_of: str
) -> tuple[DrawnLayer, ...]:
    """Prepare every map layer that has rows.

    Parameters
    ----------
    frames
        Rows by name of the workspace layer.
    styles
        How layers look.
    as_of
        Date (ISO) of the view.

    Returns
    -------
    tuple of DrawnLayer
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

    Parameters
    ----------
    rows
        Rows of the layer.
    style
        Classes.
    as_of
        Date (ISO) that a date column is held against.

    Returns
    -------
    array of int
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

    Parameters
    ----------
    geometries
        Shapes of the rows (EPSG:3857), array of rows; missing, empty and endless ones are passed
        over.
    row_class
        Position of each row's class, array of rows.

    Returns
    -------
    Shapes
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
