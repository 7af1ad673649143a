import geopandas as gpd
import numpy as np
import pytest
from pyproj import CRS

from geo.errors import GeometryError
from geo.raster import Raster
from platforms.land.block_facts import FLOOD, SLOPE, TERRAIN, describe_terrain
from tests.planning_frames import CITY_CRS, EAST, NORTH, rect

CELL_M = 10.0
SIDE = 40
"""Cells of a side: 400 m."""


def raster(cells, crs=CITY_CRS):
    """Cells whose south-west corner is that of ``rect(0, 0, …)``; row 0 is the northernmost."""
    cells = np.asarray(cells, dtype=np.float32)
    return Raster(cells, EAST, NORTH + CELL_M * len(cells), CELL_M, CELL_M, crs)


def hillside(west_pct, east_pct):
    """Ground that rises eastwards by one slope up to the middle, by another beyond."""
    steps = np.where(np.arange(SIDE) < SIDE / 2, west_pct, east_pct) / 100 * CELL_M
    return raster(np.tile(np.cumsum(steps), (SIDE, 1)))


def described(shapes, heights=None, depths=None):
    blocks = gpd.GeoDataFrame(geometry=shapes, crs=CITY_CRS)
    table = describe_terrain(blocks, heights, depths)
    assert tuple(table.columns) == TERRAIN
    return table


def test_the_mean_slope_of_a_plane_is_its_slope():
    row = described([rect(50, 50, 100, 80)], hillside(8, 8)).loc[0]
    assert row["slope_mean_pct"] == pytest.approx(8, rel=1e-5)
    assert (row["steep_share"], row["slope_covered_share"]) == (0, 1)


@pytest.mark.parametrize(("slope", "share"), [(14.9, 0.0), (15.1, 1.0)])
def test_land_steeper_than_the_standard_advises_for_industry_is_steep(slope, share):
    assert described([rect(50, 50, 100, 80)], hillside(slope, slope)).loc[0, "steep_share"] == share


def test_land_of_fifteen_per_cent_exactly_is_not_steep():
    # 0.15 × 20 m = 3 m a cell: all heights are whole and the slope comes without rounding.
    rising = np.tile(np.arange(0, 90, 3.0), (30, 1))
    heights = Raster(rising, EAST, NORTH + 600, 20.0, 20.0, CITY_CRS)
    row = described([rect(50, 50, 200, 200)], heights).loc[0]
    assert (row["slope_mean_pct"], row["steep_share"]) == (15.0, 0.0)


def test_the_steep_part_is_counted_by_land_not_by_cells():
    # 5 % up to x = 200 m, 23 % beyond: Horn's difference over two cells makes the last flat cell
    # (190 to 200 m) one of 14 %. From x = 155 m to 235 m, 35 of 80 m lie beyond.
    row = described([rect(155, 53, 80, 61)], hillside(5, 23)).loc[0]
    assert row["steep_share"] == pytest.approx(35 / 80, rel=1e-5)
    assert row["slope_mean_pct"] == pytest.approx((35 * 5 + 10 * 14 + 35 * 23) / 80, rel=1e-4)


def test_a_flood_is_its_greatest_depth_and_the_part_under_water():
    depths = np.zeros((SIDE, SIDE))
    depths[:, :10] = 0.3
    depths[-1, 9] = 1.2
    row = described([rect(75, 0, 100, 100)], depths=raster(depths)).loc[0]
    assert row["flood_depth_max_m"] == pytest.approx(1.2)
    assert row["flooded_share"] == pytest.approx(0.25, rel=1e-5)
    assert row["flood_covered_share"] == 1


def test_dry_land_has_no_depth_and_no_part_under_water():
    row = described([rect(50, 50, 100, 100)], depths=raster(np.zeros((SIDE, SIDE)))).loc[0]
    assert (row["flood_depth_max_m"], row["flooded_share"], row["flood_covered_share"]) == (0, 0, 1)


def test_shares_are_of_the_land_that_the_raster_covers():
    depths = np.full((SIDE, SIDE), np.nan)
    depths[:, :10], depths[:, 10:15] = 0.5, 0.0
    row = described([rect(50, 50, 150, 100)], depths=raster(depths)).loc[0]
    assert row["flooded_share"] == pytest.approx(50 / 100, rel=1e-5)
    assert row["flood_covered_share"] == pytest.approx(100 / 150, rel=1e-5)


def test_off_the_raster_nothing_is_known_but_that():
    table = described([rect(50, 50, 100, 80), rect(900, 900, 10, 10)], hillside(8, 8))
    assert table.loc[1, "slope_covered_share"] == 0
    assert table.loc[1, ["slope_mean_pct", "steep_share"]].isna().all()
    assert table.loc[0, "slope_covered_share"] == 1


@pytest.mark.parametrize(("rasters", "missing"), [({}, TERRAIN), ({"heights"}, FLOOD),
                                                  ({"depths"}, SLOPE)])  # fmt: skip
def test_without_a_raster_its_columns_are_missing_and_not_zero(rasters, missing):
    table = described([rect(50, 50, 100, 80)], **{name: hillside(8, 8) for name in rasters})
    assert tuple(table.columns[table.isna().all()]) == missing
    assert table.drop(columns=list(missing)).notna().all().all()


def test_no_blocks_have_no_ground():
    assert len(described([], hillside(8, 8), hillside(8, 8))) == 0


def test_heights_in_degrees_are_refused():
    with pytest.raises(GeometryError, match="crs_not_projected"):
        described([rect(0, 0, 10, 10)], raster(np.zeros((SIDE, SIDE)), CRS(4490)))


def test_progress_goes_up_to_the_whole():
    heard = []
    blocks = gpd.GeoDataFrame(geometry=[rect(50, 50, 100, 80)], crs=CITY_CRS)
    describe_terrain(blocks, hillside(8, 8), hillside(8, 8), heard.append)
    assert heard == [0.5, 1.0]
