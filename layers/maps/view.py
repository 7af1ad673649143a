"""Everything one map of a workspace shows: layers, names, tiles, legend, extent."""

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np

from layers.maps.features import RenderedLayer, draw_layers, to_lon_lat
from layers.maps.legend import LegendSection, legend_of
from layers.maps.style import MapStyles
from layers.maps.tiles import LabelLayer, TileLayer

LABELS = "labels"
"""Name of the map layer that holds the names."""
Bounds = tuple[float, float, float, float]


class MapView:
    """A map ready to be shown; it never changes, so that it may be shared between sessions.

    Parameters
    ----------
    layers
        Drawn layers from the bottom to the top.
    styles
        The styles they were drawn with.

    ``legend``: What the marks mean.
    ``extent``: West, south, east, north [degrees] of all shapes, None where nothing is drawn.
    """

    def __init__(self, layers: tuple[RenderedLayer, ...], styles: MapStyles) -> None:
        self.layers = layers
        self.styles = styles
        self.legend: tuple[LegendSection, ...] = legend_of(layers)
        self.extent = _extent(layers)
        self._tiles: Mapping[str, TileLayer | LabelLayer] = MappingProxyType(
            {**{layer.style.name: TileLayer(layer) for layer in layers}, LABELS: LabelLayer(layers)}
        )

    def png(self, map_layer: str, z: int, x: int, y: int) -> bytes | None:
        """Paint a tile.

        Parameters
        ----------
        map_layer
            Name of the map layer, or ``labels``.
        z, x, y
            Zoom, column from the west, row from the north.

        Returns
        -------
        bytes or None
            PNG of 256 pixels, None where there is no such layer or tile.
        """
        tiles = self._tiles.get(map_layer)
        return tiles.png(z, x, y) if tiles is not None else None


def prepare_view(frames: Mapping[str, gpd.GeoDataFrame], styles: MapStyles, as_of: str) -> MapView:
    """Prepare a map.

    Parameters
    ----------
    frames
        Rows by name of the workspace layer, in any CRS.
    styles
        How layers look.
    as_of
        Date (ISO) of the view: it tells exited parks from those that still have to exit.

    Returns
    -------
    MapView
        The map; layers without rows are left out.

    Raises
    ------
    LayerError
        ``layer_without_crs``.
    """
    return MapView(draw_layers(frames, styles, as_of), styles)


def _extent(layers: tuple[RenderedLayer, ...]) -> Bounds | None:
    bounds = [layer.shapes.bounds for layer in layers if len(layer.shapes.bounds)]
    if not bounds:
        return None
    every = np.concatenate(bounds)
    west, south = to_lon_lat(float(every[:, 0].min()), float(every[:, 1].min()))
    east, north = to_lon_lat(float(every[:, 2].max()), float(every[:, 3].max()))
    return west, south, east, north
