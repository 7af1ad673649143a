import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.shape import frontage_direction, long_side_direction, sliced

L_SHAPE = shapely.Polygon([(0, 0), (100, 0), (100, 20), (20, 20), (20, 80), (0, 80)])


@given(
    angle=st.floats(0, 2 * math.pi),
    share=st.floats(0.001, 0.999),
    corners=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=3, max_size=9),
)
@settings(max_examples=60, deadline=None)
def test_a_piece_has_the_area_asked_for_and_lies_at_the_near_end(angle, share, corners):
    shape = shapely.transform(
        shapely.convex_hull(shapely.MultiPoint(corners)),
        lambda points: points + np.array([5e5, 34e5]),
    )
    if shape.area < 1:
        return
    along = (math.cos(angle), math.sin(angle))
    piece, rest = sliced(shape, along, share * shape.area)
    assert piece.area == pytest.approx(share * shape.area, rel=1e-7)
    assert piece.area + rest.area == pytest.approx(shape.area, rel=1e-9)
    assert piece.intersection(rest).area <= 1e-6 * shape.area
    ends = [shapely.get_coordinates(part) @ np.array(along) for part in (piece, rest)]
    assert ends[0].max() <= ends[1].min() + 1e-4


@pytest.mark.parametrize("width_m", [5e-10, 1e-9, 1e-8])
def test_pieces_of_land_with_a_slit_narrower_than_rounding_are_valid(width_m):
    # corners as far from the origin as a city's: turned and back again they move by about 1e-9
    east, north = 602_000.0, 3_403_000.0
    offsets = [
        (0, 0),
        (100, 0),
        (100, 60),
        (50 + width_m, 60),
        (31, 7),
        (50 - width_m, 60),
        (0, 60),
    ]
    land = shapely.Polygon([(east + x, north + y) for x, y in offsets])
    assert land.is_valid
    for angle in np.linspace(0.1, 3.1, 25):
        pieces = sliced(land, (math.cos(angle), math.sin(angle)), 1500.0)
        assert [piece.is_valid for piece in pieces] == [True, True]


def test_a_bent_shape_may_fall_into_parts():
    piece, rest = sliced(L_SHAPE, (0.0, -1.0), 20 * 70)  # from the top: the tower's upper 60, …
    assert piece.bounds == pytest.approx((0, 18, 100, 80))  # … and 2 m of the foot's 100
    assert rest.area == pytest.approx(100 * 18)


def test_the_opposite_way_gives_the_other_end():
    near, _ = sliced(shapely.box(0, 0, 100, 60), (1.0, 0.0), 600)
    far, _ = sliced(shapely.box(0, 0, 100, 60), (-1.0, 0.0), 600)
    assert near.bounds == pytest.approx((0, 0, 10, 60))
    assert far.bounds == pytest.approx((90, 0, 100, 60))


@pytest.mark.parametrize("area_m2", [0.0, -1.0, 6000.0, 7000.0])
def test_a_piece_is_more_than_nothing_and_less_than_the_whole(area_m2):
    with pytest.raises(ValueError, match="cannot cut"):
        sliced(shapely.box(0, 0, 100, 60), (1.0, 0.0), area_m2)


def test_the_frontage_runs_along_the_road_even_on_the_short_side():
    deep = shapely.box(0, 0, 40, 300)
    road = shapely.LineString([(-50, -8), (150, -8)])
    along = frontage_direction(deep, road, 10.0)
    assert abs(along[0]) > 0.95  # the corners of the long sides near the road count a little
    assert abs(long_side_direction(deep)[1]) == pytest.approx(1.0)


@pytest.mark.parametrize(("distance_m", "has_frontage"), [(9.9, True), (10.1, False)])
def test_a_road_farther_away_gives_no_frontage(distance_m, has_frontage):
    road = shapely.LineString([(-50, -distance_m), (150, -distance_m)])
    found = frontage_direction(shapely.box(0, 0, 100, 60), road, 10.0)
    assert (found is not None) == has_frontage


def test_roads_on_all_four_sides_of_a_square_give_no_main_way():
    square = shapely.box(0, 0, 100, 100)
    assert frontage_direction(square, square.buffer(5).boundary, 6.0) is None
