import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from pyproj import CRS

from geo.errors import GeometryError
from geo.measure import ellipsoidal_area_m2
from geo.overlay import area_inside_m2, common_area_m2, intersecting_pairs, zone_shares
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


@pytest.fixture(params=["compiled", "plain"])
def either(request, monkeypatch):
    """Both ways of answering."""
    monkeypatch.setattr("geo.overlay.kernels_available", lambda: request.param == "compiled")


def on_a_lattice(rng):
    """A shape of boxes on whole tens of metres, so that many edges and corners coincide."""
    corners = rng.integers(0, 8, (4, 2)) * 10.0
    sizes = rng.integers(1, 5, (4, 2)) * 10.0
    some = [box(*corner, *size) for corner, size in zip(corners, sizes, strict=True)]
    shape = shapely.union_all(some[:3])
    return shape.difference(some[3]) if rng.random() < 0.6 else shape


def star(rng, corners=24):
    """A jagged shape with a hole, anywhere."""
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radius = rng.uniform(15, 60, corners)
    middle = np.array([EAST, NORTH]) + rng.uniform(0, 80, 2)
    points = middle + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return shapely.make_valid(shapely.Polygon(points)).difference(
        shapely.Point(middle).buffer(rng.uniform(1, 14))
    )


def some_of_each(rng, count):
    return [on_a_lattice(rng) if rng.random() < 0.6 else star(rng) for _ in range(count)]


@FEW
@given(seeded())
def test_land_in_common_is_that_of_the_cut_shapes(rng):
    first, second = some_of_each(rng, 5), some_of_each(rng, 5)
    one, other = (side.ravel() for side in np.divmod(np.arange(25), 5))
    cut = shapely.intersection(np.array(first)[one], np.array(second)[other])
    plane = common_area_m2(first, second, one, other, None)
    assert plane == pytest.approx(shapely.area(cut), rel=1e-9, abs=1e-6)
    ground = common_area_m2(first, second, one, other, CITY)
    assert ground == pytest.approx(ellipsoidal_area_m2(cut, CITY), rel=1e-9, abs=1e-5)


@FEW
@given(seeded())
def test_land_in_common_is_mutual_and_moves_with_the_shapes(rng):
    first, second = some_of_each(rng, 4), some_of_each(rng, 4)
    every = np.arange(4)
    plain = common_area_m2(first, second, every, every, None)
    assert common_area_m2(second, first, every, every, None) == pytest.approx(plain, abs=1e-7)
    moved = [
        shapely.transform(side, lambda p: p + np.array([1024.0, -2048.0]))
        for side in (first, second)
    ]
    assert common_area_m2(*moved, every, every, None) == pytest.approx(plain, abs=1e-7)
    mirrored = [shapely.reverse(side) for side in (first, second)]
    assert common_area_m2(*mirrored, every, every, None) == pytest.approx(plain, abs=1e-7)


@FEW
@given(seeded())
def test_a_shape_has_all_its_land_in_common_with_itself(rng):
    shapes = some_of_each(rng, 6)
    every = np.arange(6)
    whole = common_area_m2(shapes, shapes, every, every, CITY)
    assert whole == pytest.approx(area(*shapes), rel=1e-9, abs=1e-6)


def test_pairs_are_answered_in_the_order_asked(either):
    squares = [box(0, 0, 10, 10), box(5, 0, 10, 10), box(100, 0, 10, 10), None]
    found = common_area_m2(squares, squares, [1, 0, 3, 0, 2], [0, 2, 0, 1, 2], None)
    assert found == pytest.approx([50, 0, 0, 50, 100], abs=1e-6)


def test_only_land_is_in_common(either):
    square = box(0, 0, 10, 10)
    odd = [square.boundary, shapely.Point(EAST + 5, NORTH + 5), None, shapely.Polygon()]
    every = [0, 1, 2, 3]
    assert common_area_m2(odd, [square], every, [0] * 4, None).tolist() == [0.0] * 4
    assert common_area_m2([square], odd, [0] * 4, every, None).tolist() == [0.0] * 4
    assert common_area_m2([], [], [], [], CITY).tolist() == []


def test_a_coordinate_that_is_no_number_makes_no_land():
    with np.errstate(invalid="ignore"):
        broken = shapely.Polygon([(EAST, NORTH), (EAST + 9, NORTH), (EAST, np.nan), (EAST, NORTH)])
    whole = box(0, 0, 10, 10)
    assert common_area_m2([broken, whole], [whole], [0, 1], [0, 0], None) == pytest.approx([0, 100])


def test_degrees_are_refused_where_metres_are_needed():
    square = shapely.box(120, 30, 121, 31)
    with pytest.raises(GeometryError) as refused:
        common_area_m2([square], [square], [0], [0], CRS(4490))
    assert refused.value.code == "crs_not_projected"


def test_wide_land_in_common_is_measured_by_its_outline():
    county, other = box(0, 0, 30_000, 20_000), box(10_000, 5_000, 40_000, 40_000)
    wanted = area(county.intersection(other), county)
    found = common_area_m2([county, county], [other, county], [0, 1], [0, 1], CITY)
    assert found == pytest.approx(wanted, rel=1e-12)


@FEW
@given(seeded())
def test_shares_in_zones_that_tile_the_land_sum_to_one(rng):
    shapes = some_of_each(rng, 8)
    lines = [
        shapely.LineString(np.array([EAST, NORTH]) + rng.uniform(-400, 500, (2, 2))) for _ in "ab"
    ]
    along = shapes[0].boundary  # a zone that follows the line of a shape
    rim = box(-200, -200, 500, 500).boundary
    zones = list(shapely.get_parts(shapely.polygonize([shapely.union_all([*lines, along, rim])])))
    kept = [s for s in shapes if shapely.covers(shapely.union_all(zones), s)]
    shares = zone_shares(kept, zones, CITY)
    sums = np.bincount(shares.of_shape, shares.area_m2, len(kept))
    assert sums == pytest.approx(area(*kept), rel=1e-9)
    assert np.bincount(shares.of_shape, shares.share, len(kept)) == pytest.approx(1.0, rel=1e-9)


@FEW
@given(seeded())
def test_shares_are_the_same_by_either_way(rng):
    shapes, zones = some_of_each(rng, 6), some_of_each(rng, 4)
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for compiled in (True, False):
            patch.setattr("geo.overlay.kernels_available", lambda answer=compiled: answer)
            found.append(zone_shares(shapes, zones, CITY))
    ours, plain = found
    assert list(zip(ours.of_shape, ours.of_zone, strict=True)) == list(
        zip(plain.of_shape, plain.of_zone, strict=True)
    )
    assert ours.area_m2 == pytest.approx(plain.area_m2, rel=1e-9, abs=1e-5)
    assert ours.whole_m2 == pytest.approx(plain.whole_m2, rel=1e-9)


def test_zones_that_overlap_have_a_share_each(either):
    shares = zone_shares([box(0, 0, 100, 10)], [box(0, 0, 60, 10), box(40, 0, 60, 10)], CITY)
    assert shares.share == pytest.approx([0.6, 0.6], rel=1e-6)


def test_touching_a_zone_is_no_share(either):
    zones = [box(10, 0, 10, 10), box(-5, 10, 30, 10), box(-9, -9, 9, 9), box(0, 0, 10, 10)]
    shares = zone_shares([box(0, 0, 10, 10)], zones, CITY)
    assert (shares.of_zone.tolist(), shares.share.tolist()) == ([3], [pytest.approx(1.0)])


def test_nothing_laid_over_nothing_has_no_rows(either):
    for shapes, zones in (([], []), ([None], [box(0, 0, 1, 1)]), ([box(0, 0, 1, 1)], [])):
        shares = zone_shares(shapes, zones, CITY)
        assert len(shares.of_shape) == len(shares.share) == 0
        assert len(shares.whole_m2) == len(shapes)


def test_a_shape_inside_a_zone_counts_to_the_last_digit(either):
    square = box(0, 0, 123.4, 56.7)
    inside = area_inside_m2([square], [box(-5, -5, 300, 300)], CITY)
    assert inside.tolist() == area(square).tolist()


def test_work_over_zones_can_be_ended_by_its_listener():
    class EndedError(Exception):
        pass

    def stop(share):
        raise EndedError

    with pytest.raises(EndedError):
        zone_shares([box(0, 0, 9, 9)], [box(0, 0, 9, 9)], CITY, progress=stop)
