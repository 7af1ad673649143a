"""Rasters of a GeoPackage within one transaction; only GDAL writes and reads their tiles."""

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
from pyproj import CRS

from geo.raster import CELLS_AT_ONCE, Raster
from geo.tools import Progress, batches, within
from layers.contracts import CONTRACTS
from layers.validate import conform
from layers.workspace.tables import blank_file, copy_rows, has_table, quoted

TILE_ROWS = 256
"""Rows of a tile as GDAL makes them."""
WAITING_BYTES = 64 * 1024**2
"""So much waits in memory to be written [bytes]."""

_RASTER_REGISTERS = {
    "gpkg_contents": "table_name",
    "gpkg_tile_matrix_set": "table_name",
    "gpkg_tile_matrix": "table_name",
    "gpkg_2d_gridded_coverage_ancillary": "tile_matrix_set_name",
    "gpkg_2d_gridded_tile_ancillary": "tpudt_name",
    "gpkg_extensions": "table_name",
}
"""Where a GeoPackage registers a raster, and under which column."""


def replace_raster(
    connection: sqlite3.Connection,
    name: str,
    raster: Raster,
    crs: CRS,
    scratch: Path,
    progress: Progress | None = None,
) -> None:
    """Put a raster in the place of that of the name.

    ``scratch``: File to be made for GDAL to write to.
    ``progress``: Told the share stored.
    """
    import rasterio
    from rasterio.transform import Affine
    from rasterio.windows import Window

    height, width = raster.cells.shape
    place = Affine(raster.cell_width, 0, raster.west, 0, -raster.cell_height, raster.north)
    # No nodata value is declared: the driver leaves out tiles of nothing but NaN then, and
    # gives them back as zeros.
    # What waits in memory is written as it comes: all of it at the end couldn't be ended.
    with rasterio.Env(GDAL_CACHEMAX=WAITING_BYTES), rasterio.open(
        scratch, "w", driver="GPKG", width=width, height=height, count=1, dtype="float32",
        crs=crs.to_wkt(), RASTER_TABLE=name, transform=place,
    ) as target:  # fmt: skip
        at_once = max(1, CELLS_AT_ONCE // width // TILE_ROWS) * TILE_ROWS
        for rows in batches(height, at_once, within(progress, 0.0, 0.8)):
            strip = raster.cells[rows].astype(np.float32, copy=False)
            target.write(strip, 1, window=Window(0, rows.start, width, len(strip)))
    with closing(sqlite3.connect(scratch)) as source:
        if has_table(connection, name):
            connection.execute(f"DROP TABLE {quoted(name)}")
        copy_rows(source, connection, "gpkg_spatial_ref_sys", "1", ())
        for register, column in _RASTER_REGISTERS.items():
            if not has_table(source, register):
                continue
            if has_table(connection, register):
                connection.execute(f"DELETE FROM {register} WHERE {column} = ?", (name,))
            copy_rows(source, connection, register, f"{column} = ?", (name,))
        # The triggers of its table look at what is registered of it.
        copy_rows(source, connection, name, "1", (), within(progress, 0.8, 1.0))


def read_raster(connection: sqlite3.Connection, name: str, crs: CRS) -> Raster | None:
    """Read a raster, None where there is none; GDAL gets a copy of it, as in ``read_stored``."""
    entry = connection.execute(
        "SELECT 1 FROM gpkg_contents WHERE table_name = ? AND data_type LIKE '%grid%'", (name,)
    ).fetchone()
    if entry is None:
        return None
    import rasterio
    from rasterio.windows import Window

    units = CONTRACTS["units"]
    blank, _ = conform(gpd.GeoDataFrame(geometry=[], crs=crs), units)
    with closing(sqlite3.connect(":memory:")) as copied:
        copied.deserialize(blank_file(blank, units))
        copy_rows(connection, copied, "gpkg_spatial_ref_sys", "1", ())
        for register, column in _RASTER_REGISTERS.items():
            if has_table(connection, register):
                copy_rows(connection, copied, register, f"{column} = ?", (name,))
        copy_rows(connection, copied, name, "1", ())
        copied.commit()
        whole = copied.serialize()
    with (
        rasterio.MemoryFile(whole, ext=".gpkg") as file,
        file.open(driver="GPKG", TABLE=name) as source,
    ):
        cells = np.empty((source.height, source.width), dtype=np.float32)
        for rows in batches(source.height, max(1, CELLS_AT_ONCE // source.width)):
            strip = Window(0, rows.start, source.width, len(cells[rows]))
            # Other programs mark what has no value in their own ways.
            masked = source.read(1, masked=True, window=strip)
            cells[rows] = masked.astype(np.float32).filled(np.nan)
        place = source.transform
        own_crs = None if source.crs is None else CRS.from_wkt(source.crs.to_wkt())
    return Raster(cells, place.c, place.f, place.a, -place.e, own_crs)
