"""Which rows lie under a clicked place."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from layers.maps.drawn import AREA, DrawnLayer
from layers.maps.mercator import metres_per_pixel, to_mercator
from layers.maps.tiles import thinning

REACH_PX = 6.0
"""How far from a line or point a click may lie."""


@dataclass(frozen=True)
class Hit:
    """A row under a click.

    Attributes
    ----------
    map_layer
        Name of the map layer.
    layer
        Name of the workspace layer.
    key
        The row's key in it.
    """

    map_layer: str
    layer: str
    key: str


def rows_at(layers: Sequence[DrawnLayer], lon: float, lat: float, zoom: float) -> list[Hit]:
    """Find what was clicked.

    Parameters
    ----------
    layers
        Drawn layers from the bottom to the top.
    lon, lat
        The place [degrees, CGCS2000 or WGS 84].
    zoom
        Zoom of the map at the click, which turns pixels into metres.

    Returns
    -------
    list of Hit
        Top layer first; within a layer points and lines by distance, then areas that hold the
        place, smallest first. Each row once.
    """
    x, y = to_mercator(lon, lat)
    return [hit for layer in reversed(layers) for hit in _rows_of(layer, x, y, zoom)]


def _rows_of(layer: DrawnLayer, x: float, y: float, zoom: float) -> list[Hit]:
    shapes = layer.shapes
    place = shapely.Point(x, y)
    metres = metres_per_pixel(zoom)
    widest_px = max(
        (max(entry.mark.width_px, entry.mark.size_px) for entry in layer.style.classes), default=0
    )
    reach_px = max(REACH_PX, widest_px * thinning(round(zoom)) / 2)
    near = shapes.tree.query(place, predicate="dwithin", distance=reach_px * metres)
    distance = shapely.distance(shapes.parts[near], place)
    is_area = shapes.kind[near] == AREA
    near, distance, is_area = (
        found[~is_area | (distance == 0)] for found in (near, distance, is_area)
    )
    order = np.lexsort((np.where(is_area, shapes.area_m2[near], distance), is_area))
    rows = dict.fromkeys(shapes.row[near[order]].tolist())
    return [Hit(layer.style.name, layer.style.layer, str(layer.keys[row])) for row in rows]
