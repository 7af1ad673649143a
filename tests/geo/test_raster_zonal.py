from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from pyproj import CRS, Transformer
from shapely import affinity

import geo.raster
from geo.errors import GeometryError
from geo.raster import Raster, zonal_statistics
from tests.oracles import cell_parts
from tests.strategies import seeded

CITY = CRS(4549)
WEST, NORTH = 571_000.0, 3_404_000.0
WEIGHT = 1e-6
"""Parts of cells come in single precision."""

ZONING = Path(__file__).resolve().parents[3] / "shared" / "data" / "land" / "zoning_subset"


def grid(cells, width=10.0, height=10.0):
    return Raster(np.asarray(cells, dtype=float), WEST, NORTH, width, height, CITY)


def box(x, y, width, height):
    """A box so many metres east and south of the raster's corner."""
    return shapely.box(WEST + x, NORTH - y - height, WEST + x + width, NORTH - y)


def of(shape, raster, above=None):
    found = zonal_statistics([shape], CITY, raster, above)
    return {name: values[0] for name, values in vars(found).items()}


FOUR = grid([[1.0, 2.0], [4.0, 8.0]])
"""Cells of 10 m: 1 and 2 in the north, 4 and 8 in the south."""


# --- parts of cells, by hand ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "mean", "least", "most"),
    [
        (box(0, 0, 20, 20), (1 + 2 + 4 + 8) / 4, 1, 8),
        (box(10, 10, 10, 10), 8, 8, 8),
        (box(5, 0, 10, 10), (1 + 2) / 2, 1, 2),
        (box(0, 5, 10, 10), (1 + 4) / 2, 1, 4),
        (box(7.5, 0, 10, 10), (0.25 * 1 + 0.75 * 2), 1, 2),
        (box(2, 2, 0.5, 0.5), 1, 1, 1),
        (box(9, 9, 2, 2), (1 + 2 + 4 + 8) / 4, 1, 8),
        (box(9, 8, 4, 4), (2 * 1 + 6 * 2 + 2 * 4 + 6 * 8) / 16, 1, 8),
    ],
)
def test_a_cell_counts_by_the_part_of_it_inside(shape, mean, least, most):
    found = of(shape, FOUR)
    assert found["mean"] == pytest.approx(mean, rel=WEIGHT)
    assert (found["least"], found["most"], found["covered_share"]) == (least, most, 1.0)


@pytest.mark.parametrize(("over_m", "most"), [(1e-9, 1), (-1e-9, 1), (1e-3, 2)])
def test_a_cell_touched_by_rounding_alone_is_not_inside(over_m, most):
    found = of(box(0, 0, 10 + over_m, 10), FOUR)
    assert (found["least"], found["most"]) == (1, most)


def test_a_square_centimetre_has_the_figures_of_its_cell():
    raster = grid([[1.0, 2.0]], 30.0, 30.0)
    found = of(box(17, 12, 0.01, 0.01), raster, above=0.5)
    assert list(found.values()) == [1, 1, 1, 1, 1]


def test_a_triangle_takes_half_of_the_cells_on_its_diagonal():
    triangle = shapely.Polygon([(WEST, NORTH), (WEST + 20, NORTH), (WEST, NORTH - 20)])
    # Whole of cell 1, half of 2 and of 4, nothing but a corner of 8.
    assert of(triangle, FOUR)["mean"] == pytest.approx((1 + 2 / 2 + 4 / 2) / 2, rel=WEIGHT)
    assert of(triangle, FOUR)["most"] == 4


def test_a_hole_counts_for_nothing():
    found = of(box(0, 0, 20, 20).difference(box(10, 10, 10, 10)), FOUR)
    assert found["mean"] == pytest.approx((1 + 2 + 4) / 3, rel=WEIGHT)
    assert found["most"] == 4


def test_the_parts_of_a_shape_count_together():
    found = of(shapely.union(box(0, 0, 10, 10), box(10, 10, 5, 10)), FOUR)
    assert found["mean"] == pytest.approx((1 + 0.5 * 8) / 1.5, rel=WEIGHT)
    assert (found["least"], found["most"]) == (1, 8)


def test_cells_may_be_longer_than_wide():
    raster = grid([[1.0, 2.0], [4.0, 8.0]], 10.0, 40.0)
    assert of(box(0, 30, 10, 20), raster)["mean"] == pytest.approx((1 + 4) / 2, rel=WEIGHT)


# --- where there is no value ---------------------------------------------------------------------


def test_nodata_is_never_zero():
    found = of(box(0, 0, 20, 10), grid([[6.0, np.nan]]), above=1.0)
    assert found["mean"] == found["least"] == found["most"] == 6
    assert found["above_share"] == 1.0
    assert found["covered_share"] == pytest.approx(0.5, rel=WEIGHT)


def test_on_nodata_alone_nothing_is_known():
    found = of(box(10, 0, 10, 10), grid([[6.0, np.nan]]), above=1.0)
    assert found.pop("covered_share") == 0.0
    assert np.isnan(list(found.values())).all()


def test_land_off_the_raster_is_not_covered():
    found = of(box(-30, 0, 40, 10), FOUR)
    assert found["covered_share"] == pytest.approx(0.25, rel=WEIGHT)
    assert found["mean"] == 1.0


@pytest.mark.parametrize(
    "shape",
    [None, shapely.Polygon(), box(-40, 0, 30, 10), box(20, 0, 10, 10), box(500, 500, 10, 10)],
    ids=["missing", "empty", "beside", "touching", "far"],
)
def test_shapes_without_a_cell_have_no_figures(shape):
    found = of(shape, FOUR, above=1.0)
    assert found.pop("covered_share") == 0.0
    assert np.isnan(list(found.values())).all()


def test_no_shapes_give_no_figures():
    assert len(zonal_statistics([], CITY, FOUR).mean) == 0


def test_shapes_keep_their_order_among_those_without_cells():
    shapes = [None, box(0, 0, 10, 10), shapely.Polygon(), box(10, 10, 10, 10), box(99, 0, 1, 1)]
    found = zonal_statistics(shapes, CITY, FOUR)
    np.testing.assert_array_equal(found.mean, [np.nan, 1, np.nan, 8, np.nan])


# --- threshold -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("above", "share"), [(24.9, 1.0), (25.0, 0.75), (25.1, 0.25), (40.0, 0.0)])
def test_land_of_exactly_the_threshold_is_not_above_it(above, share):
    raster = grid([[25.0, 25.05, 25.05, 30.0]])
    assert of(box(0, 0, 40, 10), raster, above)["above_share"] == pytest.approx(share, rel=WEIGHT)


def test_what_rounding_puts_above_the_threshold_is_not_above_it():
    raster = grid([[25.0 * (1 + 1e-12), 25.0 * (1 + 1e-8)]])
    assert of(box(0, 0, 20, 10), raster, 25.0)["above_share"] == pytest.approx(0.5, rel=WEIGHT)


def test_a_value_stored_in_single_precision_equals_its_threshold():
    cells = np.full((1, 2), 0.15, dtype=np.float32)
    assert float(cells[0, 0]) > 0.15
    assert of(box(0, 0, 20, 10), Raster(cells, WEST, NORTH, 10.0, 10.0, CITY), 0.15)[
        "above_share"
    ] == (0.0)


def test_the_part_above_is_of_the_covered_land():
    raster = grid([[1.0, 9.0, np.nan, np.nan]])
    assert of(box(0, 0, 40, 10), raster, 5.0)["above_share"] == pytest.approx(0.5, rel=WEIGHT)


def test_without_a_threshold_no_part_is_above_it():
    assert np.isnan(of(box(0, 0, 20, 20), FOUR)["above_share"])


# --- against every cell cut by the shape ---------------------------------------------------------


def some_raster(rng):
    cells = rng.uniform(-20, 80, rng.integers(1, 12, 2))
    cells[rng.random(cells.shape) < 0.15] = np.nan
    west, north = WEST + rng.uniform(-5, 5), NORTH + rng.uniform(-5, 5)
    return Raster(cells, west, north, *rng.uniform(2, 15, 2), CITY)


def some_shapes(rng, raster, count=6):
    """Stars, boxes on the lines between cells, slivers; some with a hole or of two parts."""
    west, south, east, north = raster.bounds
    shapes = []
    for _ in range(count):
        middle = rng.uniform((west - 10, south - 10), (east + 10, north + 10))
        turn = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 12)))
        reach = rng.uniform(0.2, 60) * rng.uniform(0.3, 1, len(turn))
        star = np.column_stack([np.cos(turn), np.sin(turn)]) * reach[:, None] + middle
        shapes.append(shapely.Polygon(star).buffer(0))
    columns, rows = raster.cells.shape[1], raster.cells.shape[0]
    left, top = rng.integers(0, columns), rng.integers(0, rows)
    on_lines = shapely.box(
        west + left * raster.cell_width, north - (top + 1) * raster.cell_height,
        west + (left + 1) * raster.cell_width, north - top * raster.cell_height,
    )  # fmt: skip
    shapes += [on_lines, shapes[0].union(shapes[1]), shapes[2].difference(shapes[3])]
    return [shape for shape in shapes if shape.area > 1e-6]


def by_cells(shape, raster, above):
    """Statistics by cutting every cell; the extremes of the cells clearly inside, and of all."""
    part = np.where(np.isnan(raster.cells), 0.0, cell_parts(shape, raster))
    values = np.nan_to_num(raster.cells)
    cell_m2 = raster.cell_width * raster.cell_height
    clear, met = part > 1e-7, part > 1e-9
    return {
        "covered_share": part.sum() * cell_m2 / shape.area,
        "mean": (part * values).sum() / part.sum() if met.any() else np.nan,
        "above_share": part[values > above].sum() / part.sum() if met.any() else np.nan,
        "clear": values[clear],
        "met": values[met],
    }


@settings(max_examples=150, deadline=None)
@given(seeded())
def test_statistics_are_those_of_every_cell_cut_by_the_shape(rng):
    raster = some_raster(rng)
    shapes = some_shapes(rng, raster)
    found = zonal_statistics(shapes, CITY, raster, above=30.0)
    for n, shape in enumerate(shapes):
        wanted = by_cells(shape, raster, 30.0)
        assert found.covered_share[n] == pytest.approx(wanted["covered_share"], abs=2e-6)
        if len(wanted["clear"]) == 0:
            continue
        # Single-precision parts of up to 144 cells of up to 80.
        assert found.mean[n] == pytest.approx(wanted["mean"], abs=1e-3)
        assert found.above_share[n] == pytest.approx(wanted["above_share"], abs=1e-5)
        assert wanted["met"].min() <= found.least[n] <= wanted["clear"].min()
        assert wanted["clear"].max() <= found.most[n] <= wanted["met"].max()


def same(one, other, **tolerance):
    for name, values in vars(one).items():
        np.testing.assert_allclose(getattr(other, name), values, equal_nan=True, **tolerance)


@settings(max_examples=30, deadline=None)
@given(seeded())
def test_the_order_of_the_shapes_and_what_lies_beside_them_change_nothing(rng):
    raster = some_raster(rng)
    shapes = np.array(some_shapes(rng, raster), dtype=object)
    order = rng.permutation(len(shapes))
    found, mixed = (zonal_statistics(s, CITY, raster, 30.0) for s in (shapes, shapes[order]))
    for name, values in vars(found).items():
        np.testing.assert_array_equal(getattr(mixed, name), values[order])


@settings(max_examples=30, deadline=None)
@given(seeded())
def test_moved_with_their_raster_shapes_keep_their_figures(rng):
    raster = some_raster(rng)
    shapes = some_shapes(rng, raster)
    east, north = 4096.0, -8192.0
    moved = Raster(raster.cells, raster.west + east, raster.north + north, raster.cell_width,
                   raster.cell_height, CITY)  # fmt: skip
    there = [affinity.translate(shape, east, north) for shape in shapes]
    one, other = (zonal_statistics(shapes, CITY, raster, 30.0),
                  zonal_statistics(there, CITY, moved, 30.0))  # fmt: skip
    for name in ("covered_share", "mean", "above_share"):
        np.testing.assert_allclose(
            getattr(other, name), getattr(one, name), atol=1e-4, equal_nan=True
        )


@settings(max_examples=30, deadline=None)
@given(seeded())
def test_upside_down_with_their_raster_shapes_keep_their_figures(rng):
    raster = some_raster(rng)
    shapes = some_shapes(rng, raster)
    _, south, _, north = raster.bounds
    turned = Raster(raster.cells[::-1], raster.west, raster.north, raster.cell_width,
                    raster.cell_height, CITY)  # fmt: skip
    there = [affinity.scale(shape, yfact=-1, origin=(0, (south + north) / 2)) for shape in shapes]
    one, other = (zonal_statistics(shapes, CITY, raster, 30.0),
                  zonal_statistics(there, CITY, turned, 30.0))  # fmt: skip
    for name in ("covered_share", "mean", "above_share"):
        np.testing.assert_allclose(
            getattr(other, name), getattr(one, name), atol=1e-4, equal_nan=True
        )


def test_single_and_double_precision_give_the_same_figures():
    rng = np.random.default_rng(3)
    cells = np.round(rng.uniform(0, 50, (30, 40)) * 8) / 8
    shapes = some_shapes(rng, grid(cells))
    single = Raster(cells.astype(np.float32), WEST, NORTH, 10.0, 10.0, CITY)
    same(zonal_statistics(shapes, CITY, grid(cells), 20.0),
         zonal_statistics(shapes, CITY, single, 20.0), rtol=1e-12)  # fmt: skip


def test_a_raster_gone_through_in_pieces_gives_the_same_figures(monkeypatch):
    rng = np.random.default_rng(4)
    raster = grid(rng.uniform(0, 50, (30, 40)))
    shapes = [*some_shapes(rng, raster), box(-5, -5, 500, 500)]
    whole = zonal_statistics(shapes, CITY, raster, 20.0)
    monkeypatch.setattr(geo.raster, "CELLS_AT_ONCE", 50)
    same(whole, zonal_statistics(shapes, CITY, raster, 20.0), rtol=1e-6)


# --- another system ------------------------------------------------------------------------------


def test_a_raster_in_degrees_is_met_where_it_lies():
    # 0.01° cells around the shape, each with its number; the shape is drawn in metres inside one.
    raster = Raster(np.arange(9.0).reshape(3, 3), 120.70, 30.80, 0.01, 0.01, CRS(4490))
    to_city = Transformer.from_crs(4490, CITY, always_xy=True)
    x, y = to_city.transform(120.715, 30.775)
    around = shapely.Point(x, y).buffer(200)
    found = zonal_statistics([around], CITY, raster)
    assert (found.mean[0], found.covered_share[0]) == (7.0, 1.0)


def test_cells_in_degrees_weigh_as_their_land_does_up_to_their_place_north():
    rng = np.random.default_rng(5)
    raster = Raster(rng.uniform(0, 50, (40, 40)), 120.70, 30.80, 1e-3, 1e-3, CRS(4326))
    to_city = Transformer.from_crs(4326, CITY, always_xy=True)
    x, y = to_city.transform(120.72, 30.78)
    shape = affinity.rotate(shapely.box(x - 900, y - 500, x + 900, y + 500), 20)
    # The oracle works in metres: cells carried into the city's system and cut there.
    corners = [raster.west + 1e-3 * np.arange(41), raster.north - 1e-3 * np.arange(41)]
    grid_x, grid_y = to_city.transform(*np.meshgrid(*corners))
    points = np.stack([grid_x, grid_y], axis=-1)
    rings = np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2)
    cut_m2 = shapely.area(shapely.intersection(shapely.polygons(rings), shape))
    wanted = (cut_m2 * raster.cells).sum() / cut_m2.sum()
    found = zonal_statistics([shape], CITY, raster)
    assert found.covered_share[0] == 1.0
    assert found.mean[0] == pytest.approx(wanted, rel=1e-4)


def test_the_same_system_read_from_a_file_is_the_same():
    stored = CRS.from_wkt(CITY.to_wkt("WKT1_GDAL"))
    raster = Raster(FOUR.cells, WEST, NORTH, 10.0, 10.0, stored)
    same(zonal_statistics([box(7.5, 0, 10, 10)], CITY, FOUR),
         zonal_statistics([box(7.5, 0, 10, 10)], CITY, raster), rtol=0)  # fmt: skip


def test_a_raster_without_a_system_is_refused():
    with pytest.raises(GeometryError, match="crs_missing"):
        zonal_statistics([box(0, 0, 1, 1)], CITY, Raster(FOUR.cells, WEST, NORTH, 1.0, 1.0, None))


def test_shapes_in_degrees_are_refused():
    with pytest.raises(GeometryError, match="crs_not_projected"):
        zonal_statistics([shapely.box(120, 30, 121, 31)], CRS(4490), FOUR)


# --- progress ------------------------------------------------------------------------------------


def test_progress_goes_up_to_the_whole(monkeypatch):
    monkeypatch.setattr(geo.raster, "SHAPES_AT_ONCE", 2)
    heard = []
    zonal_statistics([box(0, 0, 5, 5)] * 5, CITY, FOUR, progress=heard.append)
    assert heard == [2 / 5, 4 / 5, 1.0]


def test_whoever_listens_may_end_the_work(monkeypatch):
    class EndedError(Exception):
        pass

    heard = []

    def stop(share):
        heard.append(share)
        raise EndedError

    monkeypatch.setattr(geo.raster, "SHAPES_AT_ONCE", 2)
    with pytest.raises(EndedError):
        zonal_statistics([box(0, 0, 5, 5)] * 5, CITY, FOUR, progress=stop)
    assert len(heard) == 1


# --- real plans ----------------------------------------------------------------------------------


@pytest.mark.skipif(not ZONING.is_dir(), reason="the reference data aren't here")
def test_real_zoning_on_generated_heights_has_the_figures_of_every_cell_cut():
    plans = gpd.read_parquet(ZONING / "zoning_28plans.parquet")
    plan = plans[plans.geometry.is_valid & ~plans.geometry.is_empty].iloc[:150]
    west, _, _, north = plan.total_bounds
    shapes = plan.geometry[
        (plan.geometry.bounds["maxx"] < west + 1500) & (plan.geometry.bounds["miny"] > north - 1500)
    ].to_numpy()
    cells = np.random.default_rng(6).uniform(0, 40, (75, 75))
    raster = Raster(cells, west, north, 20.0, 20.0, CRS(plan.crs))
    found = zonal_statistics(shapes, CRS(plan.crs), raster, above=25.0)
    assert len(shapes) > 5
    for n, shape in enumerate(shapes):
        wanted = by_cells(shape, raster, 25.0)
        assert found.mean[n] == pytest.approx(wanted["mean"], abs=1e-3)
        assert found.above_share[n] == pytest.approx(wanted["above_share"], abs=1e-4)
        assert found.covered_share[n] == pytest.approx(wanted["covered_share"], abs=2e-6)
