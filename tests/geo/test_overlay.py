import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2, intersecting_pairs
from tests.strategies import seeded

CITY = CRS(4549)
EAST, NORTH = 571_815.0, 3_403_497.0
FEW = settings(max_examples=25, deadline=None)


def box(x, y, width, height):
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def area(*shapes):
    return ellipsoidal_area_m2(list(shapes), CITY)


def random_boxes(rng, count):
    corners = rng.uniform(0, 300, (count, 2))
    sizes = rng.uniform(1, 120, (count, 2))
    return [box(*corner, *size) for corner, size in zip(corners, sizes, strict=True)]


@FEW
@given(seeded())
def test_land_inside_zones_is_what_the_union_of_the_zones_covers(rng):
    shapes, zones = random_boxes(rng, 8), random_boxes(rng, 6)
    union = shapely.union_all(zones)
    wanted = area(*[shape.intersection(union) for shape in shapes])
    assert area_inside_m2(shapes, zones, CITY) == pytest.approx(wanted, rel=1e-9, abs=1e-5)


@FEW
@given(seeded())
def test_inside_is_never_more_than_the_shape_and_never_less_with_another_zone(rng):
    shapes, zones = random_boxes(rng, 8), random_boxes(rng, 6)
    fewer, more = (area_inside_m2(shapes, zones[:count], CITY) for count in (3, 6))
    assert (fewer <= more * (1 + 1e-9) + 1e-6).all()
    assert (more <= area(*shapes) * (1 + 1e-9) + 1e-6).all()


@FEW
@given(seeded())
def test_parts_on_both_sides_of_a_line_add_up(rng):
    shapes = random_boxes(rng, 6)
    west, east = box(-1000, -1000, 1150, 3000), box(150, -1000, 2000, 3000)
    both = area_inside_m2(shapes, [west], CITY) + area_inside_m2(shapes, [east], CITY)
    assert both == pytest.approx(area(*shapes), rel=1e-9, abs=1e-5)


def test_touching_is_meeting_and_covers_nothing():
    one, beside = box(0, 0, 10, 10), box(10, 0, 10, 10)
    assert [p.tolist() for p in intersecting_pairs([one], [beside])] == [[0], [0]]
    assert area_inside_m2([one], [beside], CITY).tolist() == [0.0]


def test_pairs_are_sorted_and_missing_shapes_meet_nothing():
    shapes = [box(0, 0, 30, 30), None, box(20, 20, 30, 30)]
    zones = [box(40, 40, 9, 9), None, box(0, 0, 100, 100), box(25, 25, 1, 1)]
    first, second = intersecting_pairs(shapes, zones)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [
        (0, 2), (0, 3), (2, 0), (2, 2), (2, 3),
    ]  # fmt: skip


def test_no_zones_or_no_shapes_cover_nothing():
    assert area_inside_m2([box(0, 0, 9, 9), None], [], CITY).tolist() == [0.0, 0.0]
    assert area_inside_m2([], [box(0, 0, 9, 9)], CITY).tolist() == []
    assert area_inside_m2([None], [box(0, 0, 9, 9)], CITY).tolist() == [0.0]


def test_a_hole_in_a_zone_is_not_inside():
    ring = box(0, 0, 100, 100).difference(box(40, 40, 20, 20))
    inside = area_inside_m2([box(30, 30, 40, 40)], [ring], CITY)[0]
    assert inside == pytest.approx(area(box(30, 30, 40, 40))[0] - area(box(40, 40, 20, 20))[0])


def test_the_arrays_given_are_not_changed():
    shapes, zones = np.array([box(0, 0, 9, 9)]), np.array([box(5, 5, 9, 9)])
    before = [shapely.to_wkb(shapes).tolist(), shapely.to_wkb(zones).tolist()]
    area_inside_m2(shapes, zones, CITY)
    assert [shapely.to_wkb(shapes).tolist(), shapely.to_wkb(zones).tolist()] == before
