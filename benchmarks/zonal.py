"""Statistics of a raster over shapes, with exact parts of cells."""

from functools import partial

import geopandas as gpd
import numpy as np
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from pyproj import CRS
from rasterio.transform import Affine
from rasterstats import zonal_stats
from scipy.ndimage import zoom

from benchmarks.contest import Contest, Figures
from geo.arrays import Floats, Shapes
from geo.raster import LEAST_PART, Raster, zonal_statistics

CITY = CRS(4549)
WEST, NORTH = 500_000.0, 3_400_000.0
CELL_M = 5.0
SIDE = 4_000
"""Cells of a side of the raster."""

REACH_CELLS = 13.5
"""Mean distance of a star's corners from its middle: some 530 cells a shape."""

STATISTICS = ["count", "mean", "min", "max"]


def contest(n: int) -> Contest:
    """Set up the contest for n shapes on a raster of 4000 by 4000 cells."""
    rng = np.random.default_rng(0)
    raster, shapes = relief(rng), stars(n, rng)
    cells = shapely.area(shapes).mean() / CELL_M**2
    return Contest(
        kernel="zonal",
        n=n,
        ours=lambda: _figures(_ours(shapes, raster)),
        peers={
            "rasterstats": partial(_rasterstats, shapes, raster),
            "exactextract, as it comes": partial(_exactextract, shapes, raster),
        },
        tolerance=1e-9,
        tolerances={"rasterstats": 3e-3},
        clock="wall",
        coordinate_mb=shapely.get_num_coordinates(shapes).sum() * 16 / 1e6,
        notes=(
            f"{SIDE} by {SIDE} cells of {CELL_M:g} m in single precision; stars of 5 to 23 corners "
            f"and {cells:.0f} cells on average",
            f"all give {', '.join(STATISTICS)}; from loaded shapes and an array in memory",
            "rasterstats.zonal_stats(shapes, array, affine=..., nodata=-9999, all_touched=False) "
            "takes a cell whole where its middle is inside: of some 530 cells about 100 are cut, "
            "each wrong by 0.3 of a cell or so either way, 3 cells of a shape; over the 100 shapes "
            "or more that a figure sums up that is 6e-4, so it is held to 3e-3, and not held to "
            "the extremes, which cut cells alone decide",
            "exact_extract(NumPyRasterSource(...), GeoDataFrame, [...]) with its own strategy and "
            "output, told the least part of a cell that counts: the same parts, held to 1e-9",
        ),
        steps={"with a threshold": lambda: zonal_statistics(shapes, CITY, raster, 50.0)},
    )


def relief(rng: np.random.Generator) -> Raster:
    """Draw smooth heights of 20 to 80 m."""
    coarse = rng.uniform(20, 80, (SIDE // 100 + 1, SIDE // 100 + 1)).astype(np.float32)
    cells = zoom(coarse, SIDE / len(coarse), order=1)
    return Raster(cells, WEST, NORTH, CELL_M, CELL_M, CITY)


def stars(n: int, rng: np.random.Generator) -> Shapes:
    """Draw shapes of 5 to 23 corners, anywhere on the raster."""
    margin = 2 * REACH_CELLS * CELL_M
    extent = SIDE * CELL_M
    shapes = np.empty(n, dtype=object)
    for place, corners in enumerate(rng.integers(5, 24, n)):
        turn = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) * 2 * np.pi / corners
        reach = rng.uniform(0.6, 1.4, corners) * REACH_CELLS * CELL_M
        x = WEST + rng.uniform(margin, extent - margin)
        y = NORTH - rng.uniform(margin, extent - margin)
        ring = np.column_stack([x + reach * np.cos(turn), y + reach * np.sin(turn)])
        shapes[place] = shapely.Polygon(ring)
    return shapes


def _ours(shapes: Shapes, raster: Raster) -> Floats:
    found = zonal_statistics(shapes, CITY, raster)
    count = found.covered_share * shapely.area(shapes) / CELL_M**2
    return np.column_stack([count, found.mean, found.least, found.most])


def _rasterstats(shapes: Shapes, raster: Raster) -> Figures:
    place = Affine(CELL_M, 0, WEST, 0, -CELL_M, NORTH)
    rows = zonal_stats(
        list(shapes), raster.cells, affine=place, nodata=-9999, stats=STATISTICS, all_touched=False
    )
    figures = _figures(np.array([[row[name] for name in STATISTICS] for row in rows], dtype=float))
    return {name: figures[name] for name in ("count", "mean", "weighted_mean")}


def _exactextract(shapes: Shapes, raster: Raster) -> Figures:
    source = NumPyRasterSource(raster.cells, *raster.bounds)
    # Both leave out cells touched by rounding; else one shape in a thousand has another extreme.
    asked = [f"{name}(min_coverage_frac={LEAST_PART})" for name in STATISTICS]
    features = exact_extract(source, gpd.GeoDataFrame(geometry=shapes, crs=CITY), asked)
    rows = [[feature["properties"][name] for name in STATISTICS] for feature in features]
    return _figures(np.array(rows, dtype=float))


def _figures(rows: Floats) -> Figures:
    # Weights by row tell a wrong shape even where the sum is right.
    weight = 1 + np.arange(len(rows)) % 11
    return {
        "count": float(rows[:, 0].sum()),
        "mean": float(rows[:, 1].mean()),
        "weighted_mean": float((rows[:, 1] * weight).sum() / weight.sum()),
        "least": float((rows[:, 2] * weight).sum()),
        "most": float((rows[:, 3] * weight).sum()),
    }
