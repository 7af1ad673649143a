"""Which picture stands on a tile of the map."""

import io
from functools import lru_cache

import numpy as np
import shapely
from PIL import Image

from layers.maps.drawn import DrawnLayer
from layers.maps.mercator import TILE_PX, tile_window
from layers.maps.paint import SUPERSAMPLING, paint

MARGIN_PX = 48
"""Shapes this far outside (canvas pixels) still reach in with their outline or symbol."""
KEPT_TILES = 512
COMPRESSION = 3


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
    """The tiles of one layer; safe to be asked from several threads.

    Parameters
    ----------
    drawn
        The layer.
    """

    def __init__(self, drawn: DrawnLayer) -> None:
        self.drawn = drawn
        self._kept = lru_cache(maxsize=KEPT_TILES)(self._png)

    def png(self, z: int, x: int, y: int) -> bytes | None:
        """Paint a tile.

        Parameters
        ----------
        z, x, y
            Zoom, column from the west, row from the north.

        Returns
        -------
        bytes or None
            PNG of 256 pixels (one transparent pixel where nothing lies), None where there is no
            such tile.
        """
        return self._kept(z, x, y)

    def _png(self, z: int, x: int, y: int) -> bytes | None:
        window = tile_window(z, x, y, TILE_PX * SUPERSAMPLING)
        if window is None:
            return None
        chosen = self.drawn.shapes.tree.query(shapely.box(*window.box(MARGIN_PX)))
        if not len(chosen):
            return blank_png()
        image = paint(self.drawn, np.sort(chosen), window, SUPERSAMPLING * thinning(z))
        return png_bytes(image.reduce(SUPERSAMPLING))


def thinning(z: int) -> float:
    """Say what share of its width a line or symbol has at a zoom.

    Parameters
    ----------
    z
        Zoom of the tile.

    Returns
    -------
    float
        0.45 up to zoom 9, growing to 1 at zoom 14.

    Examples
    --------
    >>> thinning(9), round(thinning(13), 2), thinning(18)
    (0.45, 0.89, 1.0)
    """
    return min(max(0.45 + 0.11 * (z - 9), 0.45), 1.0)
