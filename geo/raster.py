"""A raster held in memory, and the slope of a raster of heights."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from geo.crs import require_projected
from geo.errors import GeometryError

CELLS_AT_ONCE = 2_000_000
"""A raster of a province is worked through in strips: only the slope itself is kept."""

Cells = npt.NDArray[np.float32] | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Raster:
    """Cells in rows from north to south.

    Attributes
    ----------
    cells
        Values, rows by columns, of floats; NaN where there is none (nodata is never zero).
    west, north
        Outer corner of the first cell, in units of the system.
    cell_width, cell_height
        Size of a cell, both above 0.
    crs
        Its system; None where it is not known.

    Raises
    ------
    GeometryError
        ``raster_bad``: no two-dimensional floats, or a place or a size that is no number.
    """

    cells: Cells
    west: float
    north: float
    cell_width: float
    cell_height: float
    crs: CRS | None

    def __post_init__(self) -> None:
        is_grid = self.cells.ndim == 2 and self.cells.size and self.cells.dtype.kind == "f"
        is_sized = min(self.cell_width, self.cell_height) > 0
        if not is_grid or not is_sized or not np.isfinite(self.bounds).all():
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
        Slope [%] by Horn's differences over the eight cells around, in the precision of the
        heights; NaN in the outermost cells and wherever one of the nine has no height.

    Raises
    ------
    GeometryError
        ``crs_missing``, ``crs_not_projected``: degrees and metres make no slope.

    Examples
    --------
    A plane that rises 1 m in each cell of 10 m:

    >>> plane = np.tile(np.arange(4.0), (4, 1))
    >>> slope = slope_pct(Raster(plane, 5e5, 34e5, 10.0, 10.0, CRS(4549)))
    >>> slope.cells[1:3, 1:3].round(6).tolist()
    [[10.0, 10.0], [10.0, 10.0]]
    """
    require_projected(heights.crs)
    cells = heights.cells
    slope = np.full_like(cells, np.nan)
    at_once = max(1, CELLS_AT_ONCE // cells.shape[1])
    for begin in range(1, len(cells) - 1, at_once):
        end = min(begin + at_once, len(cells) - 1)
        slope[begin:end, 1:-1] = _horn_pct(cells[begin - 1 : end + 1], heights)
    # Neither difference looks at the cell itself.
    slope[np.isnan(cells)] = np.nan
    return replace(heights, cells=slope)


def _horn_pct(cells: Cells, of: Raster) -> npt.NDArray[np.float64]:
    """Give the slope of all but the outermost cells of some rows."""
    z = cells.astype(np.float64)
    # Each difference is weighed 1, 2, 1 over the three rows or columns it is taken in.
    columns = z[:-2] + 2 * z[1:-1] + z[2:]
    rise_east = (columns[:, 2:] - columns[:, :-2]) / (8 * of.cell_width)
    rows = z[:, :-2] + 2 * z[:, 1:-1] + z[:, 2:]
    rise_north = (rows[:-2] - rows[2:]) / (8 * of.cell_height)
    steepness: npt.NDArray[np.float64] = 100 * np.hypot(rise_east, rise_north)
    return steepness
