"""Rasters, slope, zonal statistics."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from exactextract import exact_extract
from exactextract.feature import Feature, FeatureSource
from exactextract.operation import Operation
from exactextract.raster import NumPyRasterSource
from pyproj import CRS, Transformer

from geo.arrays import Floats, Shapes
from geo.crs import require_projected, same_crs
from geo.errors import GeometryError
from geo.tools import Progress, report
from geo.units import RELATIVE_TOLERANCE

CELLS_AT_ONCE = 2_000_000
"""A raster of a province is worked through in strips: only the slope itself is kept."""

Cells = npt.NDArray[np.float32] | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Raster:
    """Cells in rows from north to south.

    ``cells``: Values, rows by columns, of floats; NaN where there is none (nodata is never zero).
    ``west, north``: Outer corner of the first cell, in units of the system.
    ``cell_width, cell_height``: Size of a cell, both above 0.
    ``crs``: Its system; None where it is not known.

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


SHAPES_AT_ONCE = 2_000
"""Between two batches a listener hears of the work and may end it."""

ZONAL_CELLS_AT_ONCE = 30_000_000
"""A larger raster is gone through piece by piece; a shape on two pieces is put together again."""

LONGEST_EDGE_M = 50.0
"""Edges are divided before shapes go to another system, where a straight line is no longer one."""

WEIGHT_TOLERANCE = 1e-6
"""The parts of cells come in single precision: a shape covered but for this is covered."""

LEAST_PART = 1e-8
"""Less of a cell is rounding along its edge: the value of a cell beside a shape is not in it."""


@dataclass(frozen=True)
class ZonalStatistics:
    """Statistics of each shape; arrays of n, NaN where no cell with a value lies in the shape.

    ``covered_share``: Part of the shape on cells that have a value (0–1): less than 1 off the
      raster or on nodata, 0 for missing and empty shapes.
    ``mean``: Mean of the cells, each by the part of it inside.
    ``least, most``: Of the cells of which any part is inside.
    ``above_share``: Part of the covered land above the threshold (0–1); NaN where none was asked
      for.
    """

    covered_share: Floats
    mean: Floats
    least: Floats
    most: Floats
    above_share: Floats


def zonal_statistics(
    shapes: npt.ArrayLike,
    crs: CRS,
    raster: Raster,
    above: float | None = None,
    progress: Progress | None = None,
) -> ZonalStatistics:
    """Summarise a raster over shapes (分区统计), with exact parts of cells.

    Parameters
    ----------
    shapes
        Valid polygons, array of n; missing and empty ones have no cells.
    crs
        Their projected system in metres; they are taken to the raster's where that is another.
    raster
        Values; cells that are NaN count for nothing. In a raster in degrees all cells weigh alike,
        though those further north are smaller: by 1e-4 over a shape of a kilometre at 30° N.
    above
        Threshold, in units of the raster; land of exactly this value is not above it.
    progress
        Told the share done; an error that it raises ends the work.

    Returns
    -------
    ZonalStatistics
        In the order of the shapes.

    Raises
    ------
    GeometryError
        ``crs_missing``: the shapes or the raster name no system; ``crs_not_projected``: the shapes
        are in degrees.

    Examples
    --------
    Half of a cell of 4 and half of a cell of 8:

    >>> raster = Raster(np.array([[4.0, 8.0]]), 5e5, 34e5, 10.0, 10.0, CRS(4549))
    >>> box = shapely.box(5e5 + 5, 34e5 - 10, 5e5 + 15, 34e5)
    >>> found = zonal_statistics([box], CRS(4549), raster, above=5.0)
    >>> found.mean.tolist(), found.covered_share.tolist(), found.above_share.tolist()
    ([6.0], [1.0], [0.5])
    """
    require_projected(crs)
    if raster.crs is None:
        raise GeometryError("crs_missing")
    placed = _placed(np.asarray(shapes, dtype=object), crs, raster.crs)
    in_cells = shapely.area(placed) / (raster.cell_width * raster.cell_height)
    some = np.flatnonzero(in_cells > 0)
    statistics = np.full((len(placed), 5), np.nan)
    statistics[:, 0] = 0.0
    flags = None if above is None else _flags(raster.cells, above)
    # exactextract holds the interpreter: threads over the batches gain nothing.
    for begin in range(0, len(some), SHAPES_AT_ONCE):
        batch = some[begin : begin + SHAPES_AT_ONCE]
        statistics[batch] = _summarised(placed[batch], raster, flags)
        report(progress, (begin + len(batch)) / len(some))
    covered = np.divide(statistics[:, 0], in_cells, out=np.zeros(len(placed)), where=in_cells > 0)
    covered[covered > 1 - WEIGHT_TOLERANCE] = 1.0
    return ZonalStatistics(covered, *statistics[:, 1:].T)


def _placed(shapes: Shapes, crs: CRS, to: CRS) -> Shapes:
    if same_crs(crs, to):
        return shapes
    change = Transformer.from_crs(crs, to, always_xy=True)
    moved: Shapes = shapely.transform(
        shapely.segmentize(shapes, LONGEST_EDGE_M),
        lambda points: np.column_stack(change.transform(points[:, 0], points[:, 1])),
    )
    return moved


def _flags(cells: Cells, above: float) -> Cells:
    """Give 1 where a cell is above, 0 where it isn't, NaN where it has no value."""
    # A Python number takes the precision of the cells: 0.15 stored in single is not above 0.15.
    flags = (cells > float(above + RELATIVE_TOLERANCE * abs(above))).astype(np.float32)
    flags[np.isnan(cells)] = np.nan
    return flags


def _summarised(shapes: Shapes, raster: Raster, flags: Cells | None) -> Floats:
    """Give cells covered, mean, least, most and part above, shape by shape."""
    # exactextract tells rasters apart by their names.
    values = NumPyRasterSource(raster.cells, *raster.bounds, nodata=np.nan, name="values")
    least = {"min_coverage_frac": LEAST_PART}
    asked = [
        Operation(name, name, values, options=least) for name in ("count", "mean", "min", "max")
    ]
    if flags is not None:
        source = NumPyRasterSource(flags, *raster.bounds, nodata=np.nan, name="above")
        asked.append(Operation("mean", "above", source, options=least))
    # The raster lies in memory: going through it once is quicker than once for every shape.
    rows = exact_extract(
        None, _Shapes(shapes), asked, strategy="raster-sequential", output="pandas",
        max_cells_in_memory=ZONAL_CELLS_AT_ONCE,
    )  # fmt: skip
    values_of_rows = rows[[operation.name for operation in asked]].to_numpy(
        dtype=float, na_value=np.nan
    )
    statistics = np.full((len(shapes), 5), np.nan)
    statistics[:, : len(asked)] = values_of_rows
    none_met = ~(statistics[:, 0] > 0)
    statistics[none_met] = np.nan
    statistics[none_met, 0] = 0.0
    return statistics


class _Shape(Feature):  # type: ignore[misc]
    """One shape as exactextract reads it: well-known bytes, no columns."""

    def __init__(self, wkb: bytes) -> None:
        super().__init__()
        self._wkb = wkb

    def geometry(self) -> bytes:
        return self._wkb

    def fields(self) -> list[str]:
        return []


class _Shapes(FeatureSource):  # type: ignore[misc]
    """Shapes as exactextract reads them, without a detour through text."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        self._wkb = shapely.to_wkb(shapes, output_dimension=2)

    def count(self) -> int:
        return len(self._wkb)

    def __iter__(self) -> Iterator[_Shape]:
        return map(_Shape, self._wkb)

    def srs_wkt(self) -> None:
        return None
