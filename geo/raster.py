"""A raster held in memory, and the slope of a raster of heights."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from geo.errors import GeometryError

Cells = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Raster:
    """Cells in rows from north to south.

    Attributes
    ----------
    cells
        Values, rows by columns; NaN where there is none (nodata is never zero).
    west, north
        Outer corner of the first cell, in units of the system.
    cell_width, cell_height
        Size of a cell, both above 0.
    crs
        Its system; None where it is not known.

    Raises
    ------
    GeometryError
        ``raster_bad``: no two-dimensional cells, or cells of no size.
    """

    cells: Cells
    west: float
    north: float
    cell_width: float
    cell_height: float
    crs: CRS | None

    def __post_init__(self) -> None:
        sizes = (self.cell_width, self.cell_height)
        if self.cells.ndim != 2 or not self.cells.size or not min(sizes) > 0:
            raise GeometryError("raster_bad")

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north edge."""
        rows, columns = self.cells.shape
        south, east = self.north - rows * self.cell_height, self.west + columns * self.cell_width
        return self.west, south, east, self.north


def slope_pct(heights: Raster) -> Raster:
    """Give the slope (坡度) of the ground in per cent.

    Parameters
    ----------
    heights
        Heights [m] in a projected system in metres.

    Returns
    -------
    Raster
        Slope [%] by Horn's differences over the eight cells around; NaN in the outermost cells and
        wherever one of the nine has no height.

    Raises
    ------
    GeometryError
        ``crs_missing``, ``crs_not_projected``.

    Examples
    --------
    A plane that rises 1 m in each cell of 10 m:

    >>> plane = np.tile(np.arange(4.0), (4, 1))
    >>> slope = slope_pct(Raster(plane, 5e5, 34e5, 10.0, 10.0, CRS(4549)))
    >>> slope.cells[1:3, 1:3].round(6).tolist()
    [[10.0, 10.0], [10.0, 10.0]]
    """
    if heights.crs is None:
        raise GeometryError("crs_missing")
    if not heights.crs.is_projected or heights.crs.axis_info[0].unit_name != "metre":
        raise GeometryError("crs_not_projected", crs=heights.crs.name)
    z = np.pad(heights.cells, 1, constant_values=np.nan)
    north, middle, south = z[:-2], z[1:-1], z[2:]
    east_of = [row[:, 2:] for row in (north, middle, south)]
    west_of = [row[:, :-2] for row in (north, middle, south)]
    weights = (1, 2, 1)
    rise_east = sum(w * (e - f) for w, e, f in zip(weights, east_of, west_of, strict=True))
    rise_north = sum(
        w * (n - s)
        for w, n, s in zip(
            weights,
            (north[:, :-2], north[:, 1:-1], north[:, 2:]),
            (south[:, :-2], south[:, 1:-1], south[:, 2:]),
            strict=True,
        )
    )
    slope = 100 * np.hypot(
        rise_east / (8 * heights.cell_width), rise_north / (8 * heights.cell_height)
    )
    slope = np.where(np.isnan(heights.cells), np.nan, slope)
    return Raster(
        slope, heights.west, heights.north, heights.cell_width, heights.cell_height, heights.crs
    )
