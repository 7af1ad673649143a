import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from geo.shape import CLOSE_M, compactness, filled, frontage_m, solid, width_m

FEW = settings(max_examples=40, deadline=None)
ROAD = shapely.LineString([(-500, -10), (500, -10)])


def box(x, y, width, height):
    return shapely.box(x, y, x + width, y + height)


def turned(shape, angle):
    """Turned, and moved to where coordinates have seven digits."""
    return affinity.translate(affinity.rotate(shape, angle, origin=(0, 0)), 571_000, 3_403_000)


# --- width ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [0.0, 33.0, 90.0])
@pytest.mark.parametrize(("long_m", "wide_m"), [(100, 30), (500, 30), (40, 40), (60, 2)])
def test_a_rectangle_is_as_wide_as_its_shorter_side(long_m, wide_m, angle):
    shape = turned(box(0, 0, wide_m, long_m), angle)
    assert width_m([shape])[0] == pytest.approx(wide_m, abs=2 * CLOSE_M)


def test_the_width_is_the_diameter_of_the_largest_circle_inside():
    disk = shapely.Point(0, 0).buffer(25, quad_segs=200)
    # In a right triangle with sides 30, 40, 50 the inscribed circle has a radius of 10 m.
    triangle = shapely.Polygon([(0, 0), (40, 0), (0, 30)])
    # In an L of two arms 20 m wide it reaches into the inner corner: r √2 + r = 20 √2.
    corner = box(0, 0, 100, 20) | box(0, 0, 20, 100)
    wanted = [50.0, 20.0, 2 * 20 * math.sqrt(2) / (1 + math.sqrt(2))]
    assert width_m([disk, triangle, corner]) == pytest.approx(wanted, abs=2 * CLOSE_M)


def test_a_hole_takes_the_width_it_lies_in():
    # Around a hole of 60 m in a square of 100 m, 20 m are left, and in the corners √2 as far.
    ring = box(0, 0, 100, 100).difference(box(20, 20, 60, 60))
    corner = 2 * 20 * math.sqrt(2) / (1 + math.sqrt(2))
    assert width_m([ring])[0] == pytest.approx(corner, abs=2 * CLOSE_M)


def test_of_several_parts_the_widest_counts():
    parts = shapely.MultiPolygon([box(0, 0, 10, 200), box(50, 0, 35, 60)])
    assert width_m([parts])[0] == pytest.approx(35, abs=2 * CLOSE_M)


def test_shapes_without_land_have_no_width_and_no_compactness():
    shapes = [shapely.Polygon(), box(0, 0, 10, 10), shapely.GeometryCollection()]
    for values in (width_m(shapes), compactness(shapes)):
        assert np.isnan(values).tolist() == [True, False, True]
    assert width_m([]).tolist() == compactness([]).tolist() == []


@FEW
@given(st.floats(5, 200), st.floats(5, 200), st.floats(0, 90))
def test_no_shape_is_wider_than_its_narrower_side(wide_m, long_m, angle):
    found = width_m([turned(box(0, 0, wide_m, long_m), angle)])[0]
    assert min(wide_m, long_m) - 2 * CLOSE_M <= found <= min(wide_m, long_m) + 1e-6


# --- compactness ---------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [0.0, 33.0])
def test_compactness_is_four_pi_of_area_by_the_square_of_the_outline(angle):
    circle = shapely.Point(0, 0).buffer(50, quad_segs=500)
    # 4 π 300 / 80² of a strip 10 m by 30 m; a ring has its inner outline too: 4 π 7500 / 600².
    ring = box(0, 0, 100, 100).difference(box(25, 25, 50, 50))
    shapes = [turned(s, angle) for s in (box(0, 0, 70, 70), circle, box(0, 0, 10, 30), ring)]
    wanted = [math.pi / 4, 1.0, 4 * math.pi * 300 / 6400, 4 * math.pi * 7500 / 360_000]
    assert compactness(shapes) == pytest.approx(wanted, rel=1e-5)


@FEW
@given(st.floats(1, 500), st.floats(1, 500), st.floats(0.01, 100))
def test_compactness_knows_no_size(wide_m, long_m, times):
    one, other = box(0, 0, wide_m, long_m), box(0, 0, wide_m * times, long_m * times)
    values = compactness([one, other])
    assert values[0] == pytest.approx(values[1], rel=1e-9)
    assert 0 < values[0] <= math.pi / 4 + 1e-12


# --- frontage ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("beside_m", "wanted_m"), [(9.99, 0.0), (10.0, 100.0)])
def test_an_edge_along_a_road_is_frontage_from_exactly_that_distance_on(beside_m, wanted_m):
    found = frontage_m([box(0, 0, 100, 60)], [ROAD], beside_m)
    assert found[0] == pytest.approx(wanted_m, abs=1e-6)


def test_boundary_that_runs_away_from_the_road_counts_as_far_as_it_is_near():
    # 12 m from a road 10 m off: the edge of 100 m and 2 m of each flank.
    assert frontage_m([box(0, 0, 100, 60)], [ROAD], 12.0)[0] == pytest.approx(104.0)
    # A road that leads away from the middle of the edge: 15 m to both sides of it.
    away = shapely.LineString([(50, 0), (50, -200)])
    assert frontage_m([box(0, 0, 100, 60)], [away], 15.0)[0] == pytest.approx(30.0)


def test_a_road_that_ends_before_the_corner_fronts_less():
    # It ends 40 m along the edge, 10 m off: 40 m, and within 26 m of its end √(26² - 10²) = 24 m.
    short = shapely.LineString([(-500, -10), (40, -10)])
    found = frontage_m([box(0, 0, 100, 60)], [short], 26.0)[0]
    # and 16 m of the western flank, which the road runs past.
    assert found == pytest.approx(40 + 24 + 16, abs=0.2)


def test_boundary_beside_two_roads_counts_once():
    lower = shapely.LineString([(-500, -5), (500, -5)])
    assert frontage_m([box(0, 0, 100, 60)], [ROAD, lower], 10.0)[0] == pytest.approx(100 + 2 * 5)


def test_roads_on_two_sides_add_up():
    # Within 10 m of the western road lie its edge and 10 m less 8 m of both others.
    west = shapely.LineString([(-8, -500), (-8, 500)])
    found = frontage_m([box(0, 0, 100, 60)], [ROAD, west], 10.0)[0]
    assert found == pytest.approx(100 + 60 + 2)


def test_a_road_with_its_width_is_measured_from_its_edge():
    wide = ROAD.buffer(4, cap_style="flat")
    assert frontage_m([box(0, 0, 100, 60)], [wide], 6.0)[0] == pytest.approx(100.0)
    assert frontage_m([box(0, 0, 100, 60)], [wide], 5.99)[0] == pytest.approx(0.0, abs=1e-6)


def test_the_outline_of_a_court_counts_too():
    court = box(0, 0, 100, 100).difference(box(40, 40, 20, 20))
    road = shapely.LineString([(50, 41), (50, 59)])
    assert frontage_m([court], [road], 11.0)[0] == pytest.approx(80.0, abs=1e-6)


def test_without_a_road_in_reach_there_is_no_frontage():
    shapes = [box(0, 0, 100, 60), box(0, 300, 50, 50)]
    assert frontage_m(shapes, [], 10.0).tolist() == [0.0, 0.0]
    assert frontage_m(shapes, [ROAD], 10.0) == pytest.approx([100.0, 0.0])
    assert frontage_m([], [ROAD], 10.0).tolist() == []


# --- gaps filled ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("gap_m", "parts"), [(1.99, 2), (2.0, 1), (2.01, 1)])
def test_a_gap_is_filled_from_exactly_its_width_on(gap_m, parts):
    shape = shapely.MultiPolygon([box(0, 0, 60, 40), box(62, 0, 60, 40)])
    whole = filled([shape], gap_m)[0]
    assert len(shapely.get_parts(whole)) == parts
    assert whole.area == pytest.approx(122 * 40 if parts == 1 else 120 * 40, abs=1e-3)


def test_filling_keeps_all_land_and_adds_none_around_it():
    square = box(0, 0, 60, 40)
    assert filled([square], 10.0)[0].symmetric_difference(square).area == pytest.approx(0, abs=1e-3)
    notched = square.difference(box(20, 20, 4, 20))
    assert filled([notched], 4.0)[0].area == pytest.approx(2400, abs=1e-2)
    assert filled([notched], 3.9)[0].area == pytest.approx(notched.area, abs=1e-2)


def test_no_gap_asked_for_leaves_shapes_as_they_are():
    shapes = [box(0, 0, 60, 40), shapely.MultiPolygon([box(0, 0, 1, 1), box(1.5, 0, 1, 1)])]
    assert [a is b for a, b in zip(filled(shapes, 0.0), shapes, strict=True)] == [True, True]


@FEW
@given(st.floats(0.1, 20), st.floats(0.1, 20), st.floats(0, 90))
def test_filled_land_holds_the_shape_and_a_larger_gap_holds_the_smaller(one_m, more_m, angle):
    shape = turned(shapely.MultiPolygon([box(0, 0, 30, 20), box(35, 5, 20, 30)]), angle)
    narrow, wide = filled([shape], one_m)[0], filled([shape], one_m + more_m)[0]
    assert shape.difference(narrow).area == pytest.approx(0, abs=1e-6)
    assert narrow.difference(wide).area == pytest.approx(0, abs=1e-3)


def test_land_with_a_line_hanging_on_is_as_wide_as_the_land():
    line = shapely.LineString([(30, 0), (90, 0)])
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 30, 80), line])
    assert width_m([mixed]) == pytest.approx([30.0], abs=0.1)
    assert solid(np.array([mixed, line], dtype=object))[1].equals(line)


def holed_square():
    """A square of 100 m with holes: a slit, a chamber with a slit, islands in moats 1 m and 4 m."""
    moats = [box(60, 10, 12, 12).difference(box(61, 11, 10, 10)),
             box(60, 60, 18, 18).difference(box(64, 64, 10, 10))]  # fmt: skip
    holes = [box(10, 10, 20, 1), box(10, 50, 10, 10) | box(20, 54, 20, 1), *moats]
    return box(0, 0, 100, 100).difference(shapely.union_all(holes))


@pytest.mark.parametrize("many", [0, 1_000])
@pytest.mark.parametrize("angle", [0.0, 33.0])
def test_gaps_within_a_shape_are_filled_hole_by_hole_as_all_at_once(many, angle, monkeypatch):
    monkeypatch.setattr("geo.shape.MANY_HOLES", many)
    # 2 m: the slit, the chamber's slit and the moat of 1 m go; the chamber and the wide moat stay.
    shape = filled([turned(holed_square(), angle)], 2.0)[0]
    assert shape.is_valid
    assert shape.area == pytest.approx(10_000 - 100 - (18 * 18 - 10 * 10), abs=1e-3)
    assert sorted(len(part.interiors) for part in shapely.get_parts(shape)) == [0, 2]


def test_a_shape_with_very_many_holes_keeps_the_wide_ones_and_loses_the_narrow():
    side = 40
    holes = [
        box(10 * (n % side) + 2, 10 * (n // side) + 2, 1 + n % 2 * 4, 5) for n in range(side**2)
    ]
    shape = shapely.Polygon(
        box(0, 0, 10 * side, 10 * side).exterior, [hole.exterior for hole in holes]
    )
    whole = filled([shape, shapely.Polygon()], 2.0)
    assert len(whole[0].interiors) == side**2 / 2
    assert whole[0].area == pytest.approx((10 * side) ** 2 - side**2 / 2 * 25, abs=1e-3)
    assert whole[1].is_empty
