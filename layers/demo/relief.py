"""How high the land lies, a plain of a few metres with single hills by the bay, and its floods."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo.raster import Raster
from layers.demo.drawing import places_xy
from layers.demo.recipe import Recipe

CELL_M = 50.0
PLAIN_M = (1.0, 8.0)
WAVES = 6


def make_relief(recipe: Recipe, units: gpd.GeoDataFrame, rng: np.random.Generator) -> Raster:
    """Draw the elevation of the city.

    Parameters
    ----------
    recipe
        Hills.
    units
        Layer ``units``; cells outside have no value.
    rng
        Source of chance.

    Returns
    -------
    Raster
        Elevation [m].
    """
    west, south, east, north = (float(v) for v in units.total_bounds)
    west, north = np.floor(west / CELL_M) * CELL_M, np.ceil(north / CELL_M) * CELL_M
    x = np.arange(west + CELL_M / 2, east, CELL_M)
    y = np.arange(north - CELL_M / 2, south, -CELL_M)
    grid = np.zeros((len(y), len(x)), dtype=np.float64)
    for _ in range(WAVES):
        length, turn, phase = rng.uniform(4e3, 3e4), rng.uniform(0, np.pi), rng.uniform(0, 6.28)
        wave = 2 * np.pi / length
        a, b = (x - west) * np.cos(turn) * wave + phase, (north - y) * np.sin(turn) * wave
        # sin(a + b), row by column: two products of lines instead of a sine of every cell.
        grid += np.outer(np.cos(b), np.sin(a)) + np.outer(np.sin(b), np.cos(a))
    low, high = grid.min(), grid.max()
    grid = PLAIN_M[0] + (grid - low) / (high - low) * (PLAIN_M[1] - PLAIN_M[0])
    for hill in recipe.hills:
        at = places_xy([hill.at], CRS(units.crs))[0]
        spread = 2 * (hill.radius_m / 2) ** 2
        across, along = np.exp(-((x - at[0]) ** 2) / spread), np.exp(-((y - at[1]) ** 2) / spread)
        grid += hill.height_m * np.outer(along, across)
    city = shapely.union_all(units.geometry.array).buffer(CELL_M)
    shapely.prepare(city)
    xs, ys = np.meshgrid(x, y)
    grid[~shapely.contains_xy(city, xs.ravel(), ys.ravel()).reshape(grid.shape)] = np.nan
    heights = np.round(grid, 2).astype(np.float32)
    return Raster(heights, float(west), float(north), CELL_M, CELL_M, CRS(units.crs))


def make_flood_depth(relief: Raster, level_m: float) -> Raster:
    """Fill the land up to one level, as far as it lies lower.

    Parameters
    ----------
    relief
        Elevation [m].
    level_m
        Level of the water [m].

    Returns
    -------
    Raster
        Depth [m], 0 on land that stays dry.
    """
    return replace(relief, cells=np.maximum(np.float32(level_m) - relief.cells, np.float32(0)))
