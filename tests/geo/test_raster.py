import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

import geo.raster
from geo.errors import GeometryError
from geo.raster import Raster, slope_pct

CITY = CRS(4549)
WEST, NORTH = 571_000.0, 3_404_000.0


def heights(cells, width=10.0, height=10.0, crs=CITY):
    return Raster(np.asarray(cells, dtype=float), WEST, NORTH, width, height, crs)


def plane(east, north, rows=5, columns=6, width=10.0, height=10.0):
    """Ground that rises by so many metres a metre east and north."""
    x = np.arange(columns) * width
    y = -np.arange(rows)[:, None] * height
    return heights(20 + east * x + north * y, width, height)


# --- the raster ----------------------------------------------------------------------------------


def test_its_edges_are_cells_away_from_the_corner():
    raster = heights(np.zeros((3, 4)), 10.0, 20.0)
    assert raster.bounds == (WEST, NORTH - 60, WEST + 40, NORTH)


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        (np.zeros(4), (WEST, NORTH, 1.0, 1.0)),
        (np.zeros((0, 4)), (WEST, NORTH, 1.0, 1.0)),
        (np.zeros((2, 2), dtype=int), (WEST, NORTH, 1.0, 1.0)),
        (np.zeros((2, 2)), (WEST, NORTH, 0.0, 1.0)),
        (np.zeros((2, 2)), (WEST, NORTH, 1.0, -1.0)),
        (np.zeros((2, 2)), (WEST, NORTH, 1.0, math.nan)),
        (np.zeros((2, 2)), (math.nan, NORTH, 1.0, 1.0)),
        (np.zeros((2, 2)), (WEST, math.inf, 1.0, 1.0)),
    ],
    ids=["line", "empty", "integers", "no width", "south up", "no size", "no west", "no north"],
)  # fmt: skip
def test_what_is_no_grid_is_refused(cells, place):
    with pytest.raises(GeometryError, match="raster_bad"):
        Raster(cells, *place, CITY)


# --- slope ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("east", "north", "wanted_pct"),
    [
        (0.1, 0.0, 10.0), (-0.1, 0.0, 10.0), (0.0, 0.1, 10.0), (0.0, -0.1, 10.0),
        (0.03, 0.04, 5.0), (-0.03, 0.04, 5.0), (0.0, 0.0, 0.0), (1.0, 0.0, 100.0),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("width", "height"), [(10.0, 10.0), (5.0, 20.0)])
def test_a_plane_has_the_slope_it_rises_by(east, north, wanted_pct, width, height):
    slope = slope_pct(plane(east, north, width=width, height=height))
    np.testing.assert_allclose(slope.cells[1:-1, 1:-1], wanted_pct, atol=1e-9)


def test_slope_stands_where_the_heights_stand():
    ground = plane(0.1, 0.2, width=5.0, height=20.0)
    slope = slope_pct(ground)
    assert slope.bounds == ground.bounds
    assert slope.cells.shape == ground.cells.shape
    assert slope.crs == CITY


def test_the_outermost_cells_have_no_slope():
    known = ~np.isnan(slope_pct(plane(0.1, 0.0)).cells)
    assert known[1:-1, 1:-1].all()
    assert known.sum() == 3 * 4


def test_a_cell_without_height_takes_the_slope_of_all_nine_around_it():
    ground = plane(0.1, 0.0, rows=7, columns=7)
    ground.cells[3, 3] = np.nan
    unknown = np.isnan(slope_pct(ground).cells)
    expected = np.ones((7, 7), dtype=bool)
    expected[1:-1, 1:-1] = False
    expected[2:5, 2:5] = True
    np.testing.assert_array_equal(unknown, expected)


def test_one_bump_counts_double_beside_its_row_and_column():
    # Horn's weights by hand: a bump of 8 m on flat land of 10 m cells. Straight beside it the
    # difference is 2·8 / 80, on the diagonal 8 / 80 east and as much north; on top nothing rises.
    cells = np.zeros((5, 5))
    cells[2, 2] = 8.0
    slope = slope_pct(heights(cells)).cells
    for beside in ((1, 2), (3, 2), (2, 1), (2, 3)):
        assert slope[beside] == pytest.approx(20.0)
    for corner in ((1, 1), (1, 3), (3, 1), (3, 3)):
        assert slope[corner] == pytest.approx(10 * math.sqrt(2))
    assert slope[2, 2] == 0.0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_slope_is_the_same_seen_from_any_side_and_at_any_height(seed):
    cells = np.random.default_rng(seed).uniform(0, 50, (6, 8))
    slope = slope_pct(heights(cells)).cells
    same = {"atol": 1e-9, "equal_nan": True}
    np.testing.assert_allclose(slope_pct(heights(cells[::-1])).cells[::-1], slope, **same)
    np.testing.assert_allclose(slope_pct(heights(cells[:, ::-1])).cells[:, ::-1], slope, **same)
    np.testing.assert_allclose(slope_pct(heights(cells.T)).cells.T, slope, **same)
    np.testing.assert_allclose(slope_pct(heights(cells + 1000)).cells, slope, **same)


def test_heights_in_single_precision_are_subtracted_in_double():
    cells = np.random.default_rng(1).uniform(900, 950, (6, 7)).astype(np.float32)
    single = slope_pct(Raster(cells, WEST, NORTH, 10.0, 10.0, CITY)).cells
    assert single.dtype == np.float32
    double = slope_pct(heights(cells)).cells
    np.testing.assert_array_equal(single, double.astype(np.float32))


@pytest.mark.parametrize("rows_at_once", [1, 2, 3, 100])
def test_slope_is_the_same_in_strips(monkeypatch, rows_at_once):
    cells = np.random.default_rng(2).uniform(0, 50, (9, 7))
    whole = slope_pct(heights(cells)).cells
    monkeypatch.setattr(geo.raster, "CELLS_AT_ONCE", rows_at_once * 7)
    np.testing.assert_array_equal(slope_pct(heights(cells)).cells, whole)


@pytest.mark.parametrize("shape", [(1, 5), (2, 5), (5, 1), (5, 2)])
def test_a_strip_too_narrow_has_no_slope(shape):
    assert np.isnan(slope_pct(heights(np.zeros(shape))).cells).all()


@pytest.mark.parametrize("crs", [CRS(4490), CRS(4326)])
def test_degrees_and_metres_make_no_slope(crs):
    with pytest.raises(GeometryError, match="crs_not_projected"):
        slope_pct(Raster(np.zeros((3, 3)), 120.0, 31.0, 1e-3, 1e-3, crs))


def test_heights_without_a_system_make_no_slope():
    with pytest.raises(GeometryError, match="crs_missing"):
        slope_pct(heights(np.zeros((3, 3)), crs=None))
