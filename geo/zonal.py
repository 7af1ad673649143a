"""What a raster says of shapes, every cell counted by the part of it that lies inside.

The cells are weighed by exactextract.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from exactextract import exact_extract
from exactextract.feature import Feature, FeatureSource
from exactextract.raster import NumPyRasterSource
from pyproj import CRS, Transformer

from geo.edges import Numbers, Shapes
from geo.errors import GeometryError
from geo.lots import in_lots
from geo.progress import Progress
from geo.raster import Raster

SHAPES_AT_ONCE = 2_500

LONGEST_EDGE_M = 50.0
"""Edges are divided before shapes go to another system, where a straight line is no longer one."""

OPERATIONS = ("count", "mean", "min", "max")


@dataclass(frozen=True)
class ZonalStatistics:
    """Statistics of each shape; arrays of n, NaN where no cell with a value lies in the shape.

    Attributes
    ----------
    covered_share
        Part of the shape on cells that have a value (0–1): less than 1 off the raster or on nodata.
    mean
        Mean of the cells, each by the part of it inside.
    least, most
        Of the cells met at all.
    above_share
        Part of the covered land above the threshold (0–1); NaN where none was asked for.
    """

    covered_share: Numbers
    mean: Numbers
    least: Numbers
    most: Numbers
    above_share: Numbers


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
        Their projected system; they are taken to the raster's where that is another.
    raster
        Values; cells that are NaN count for nothing.
    above
        Threshold, in units of the raster; land of exactly this value is not above it.
    progress
        Told the share done.

    Returns
    -------
    ZonalStatistics
        In the order of the shapes.

    Raises
    ------
    GeometryError
        ``crs_missing``: the raster names no system.

    Examples
    --------
    Half of a cell of 4 and half of a cell of 8:

    >>> raster = Raster(np.array([[4.0, 8.0]]), 5e5, 34e5, 10.0, 10.0, CRS(4549))
    >>> box = shapely.box(5e5 + 5, 34e5 - 10, 5e5 + 15, 34e5)
    >>> found = zonal_statistics([box], CRS(4549), raster, above=5.0)
    >>> found.mean.tolist(), found.covered_share.tolist(), found.above_share.tolist()
    ([6.0], [1.0], [0.5])
    """
    if raster.crs is None:
        raise GeometryError("crs_missing")
    placed = _placed(np.asarray(shapes, dtype=object), crs, raster.crs)
    size_of_cell = raster.cell_width * raster.cell_height
    cell_share = np.divide(shapely.area(placed), size_of_cell)
    some = np.flatnonzero(cell_share > 0)
    # Neighbours in space are read one after the other.
    middles = shapely.get_coordinates(shapely.centroid(placed[some]))
    rows = ((raster.north - middles[:, 1]) // (64 * raster.cell_height)) if len(some) else []
    some = some[np.lexsort((middles[:, 0], rows))] if len(some) else some
    found = np.full((len(placed), 5), np.nan)
    found[:, 0] = 0.0

    def one(lot: slice) -> None:
        found[some[lot]] = _summarised(placed[some[lot]], raster, above)

    in_lots(len(some), SHAPES_AT_ONCE, one, progress)
    with np.errstate(invalid="ignore", divide="ignore"):
        covered = np.where(cell_share > 0, np.minimum(found[:, 0] / cell_share, 1.0), 0.0)
    return ZonalStatistics(covered, *found[:, 1:].T)


def _placed(shapes: Shapes, crs: CRS, to: CRS) -> Shapes:
    if crs == to:
        return shapes
    change = Transformer.from_crs(crs, to, always_xy=True)
    moved: Shapes = shapely.transform(
        shapely.segmentize(shapes, LONGEST_EDGE_M),
        lambda points: np.column_stack(change.transform(points[:, 0], points[:, 1])),
    )
    return moved


def _summarised(shapes: Shapes, raster: Raster, above: float | None) -> Numbers:
    values = _operate(shapes, raster, raster.cells, OPERATIONS)
    values[values[:, 0] == 0, 1:] = np.nan
    if above is None:
        return np.column_stack([values, np.full(len(shapes), np.nan)])
    flags = np.where(np.isnan(raster.cells), np.nan, raster.cells > above)
    share = _operate(shapes, raster, flags, ("mean",))
    return np.column_stack([values, np.where(values[:, 0] > 0, share[:, 0], np.nan)])


def _operate(
    shapes: Shapes, raster: Raster, cells: Numbers, operations: tuple[str, ...]
) -> Numbers:
    source = NumPyRasterSource(cells, *raster.bounds, nodata=np.nan)
    rows = exact_extract(source, _Shapes(shapes), list(operations), output="pandas")
    return rows[list(operations)].to_numpy(dtype=float, na_value=np.nan)


class _Shape(Feature):  # type: ignore[misc]
    """One shape as exactextract reads it."""

    def __init__(self, wkb: bytes | None = None) -> None:
        super().__init__()
        self.wkb = wkb
        self.values: dict[str, object] = {}

    def geometry(self) -> bytes | None:
        return self.wkb

    def fields(self) -> list[str]:
        return list(self.values)

    def get(self, name: str) -> object:
        return self.values[name]

    def set(self, name: str, value: object) -> None:
        self.values[name] = value


class _Shapes(FeatureSource):  # type: ignore[misc]
    """Shapes as exactextract reads them, without a detour through text."""

    def __init__(self, shapes: Shapes) -> None:
        super().__init__()
        self.wkb = shapely.to_wkb(shapes)

    def count(self) -> int:
        return len(self.wkb)

    def __iter__(self) -> Iterator[_Shape]:
        return (_Shape(bytes(wkb)) for wkb in self.wkb)

    def srs_wkt(self) -> None:
        return None
