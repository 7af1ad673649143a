import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from pyproj import CRS

from geo.difference import MANY_CORNERS, MOST_TURNS, remainder, without
from geo.measure import ellipsoidal_area_m2
from tests.strategies import seeded

CITY = CRS(4549)
EAST, NORTH = 571_815.0, 3_403_497.0
FEW = settings(max_examples=25, deadline=None)


def box(x, y, width, height):
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def area(*shapes):
    return ellipsoidal_area_m2(list(shapes), CITY)


def some_shapes(rng, count):
    """Boxes on whole tens of metres, so that sides coincide, some turned into disks."""
    corners, sizes = rng.integers(0, 9, (count, 2)) * 10.0, rng.integers(1, 6, (count, 2)) * 10.0
    made = [box(*corner, *size) for corner, size in zip(corners, sizes, strict=True)]
    return [
        shape.centroid.buffer(rng.uniform(5, 40), quad_segs=50) if rng.random() < 0.3 else shape
        for shape in made
    ]


@pytest.fixture(params=["compiled", "plain"])
def either(request, monkeypatch):
    """Both ways of finding what covers what."""
    monkeypatch.setattr("geo.overlay.kernels_available", lambda: request.param == "compiled")


@FEW
@given(seeded())
def test_what_is_left_is_the_difference_from_the_union_of_the_covers(rng):
    shapes, covers = some_shapes(rng, 8), some_shapes(rng, int(rng.integers(0, 20)))
    union = shapely.union_all(covers)
    wanted = [shape.difference(union) for shape in shapes]
    left = without(shapes, covers)
    assert shapely.area(left) == pytest.approx(shapely.area(wanted), abs=1e-4)
    assert shapely.area(shapely.symmetric_difference(left, wanted)) == pytest.approx(0.0, abs=1e-4)
    assert shapely.is_valid(left).all()


@FEW
@given(seeded())
def test_whole_is_net_and_covered_and_covered_is_alone_and_shared(rng):
    shapes, covers = some_shapes(rng, 6), some_shapes(rng, 8)
    found = remainder(shapes, covers, CITY)
    assert found.whole_m2 == pytest.approx(area(*shapes), rel=1e-9)
    assert found.net_m2 + found.covered_m2 == pytest.approx(found.whole_m2, rel=1e-12)
    assert found.net_m2 == pytest.approx(area(*found.shapes), rel=1e-9, abs=1e-5)
    alone = np.bincount(found.of_shape, found.alone_m2, len(shapes))
    assert alone + found.shared_m2 == pytest.approx(found.covered_m2, rel=1e-9, abs=1e-4)


@FEW
@given(seeded())
def test_losses_are_what_would_be_free_without_each_cover(rng):
    shapes, covers = some_shapes(rng, 5), some_shapes(rng, 5)
    found = remainder(shapes, covers, CITY)
    rows = zip(found.of_shape, found.of_cover, found.lost_m2, found.alone_m2, strict=True)
    for shape, cover, lost_m2, alone_m2 in rows:
        assert lost_m2 == pytest.approx(area(shapes[shape] & covers[cover])[0], rel=1e-9, abs=1e-4)
        fewer = remainder([shapes[shape]], [c for n, c in enumerate(covers) if n != cover], CITY)
        freed = fewer.net_m2[0] - found.net_m2[shape]
        assert alone_m2 == pytest.approx(freed, rel=1e-9, abs=1e-4)


@FEW
@given(seeded())
def test_the_order_of_covers_changes_nothing(rng):
    shapes, covers = some_shapes(rng, 5), some_shapes(rng, 7)
    order = rng.permutation(len(covers))
    one = remainder(shapes, covers, CITY)
    other = remainder(shapes, [covers[n] for n in order], CITY)
    assert other.net_m2 == pytest.approx(one.net_m2, abs=1e-5)

    def table(found, cover):
        return {
            (int(s), int(c)): (round(lost, 3), round(alone, 3))
            for s, c, lost, alone in zip(
                found.of_shape, cover, found.lost_m2, found.alone_m2, strict=True
            )
        }

    assert table(other, order[other.of_cover]) == table(one, one.of_cover)


@FEW
@given(seeded())
def test_another_cover_never_adds_land(rng):
    shapes, covers = some_shapes(rng, 6), some_shapes(rng, 6)
    fewer, more = (remainder(shapes, covers[:count], CITY).net_m2 for count in (4, 6))
    assert (more <= fewer * (1 + 1e-9) + 1e-5).all()


def test_overlapping_covers_are_counted_once_and_told_apart(either):
    found = remainder([box(0, 0, 100, 10)], [box(0, 0, 60, 10), box(40, 0, 30, 10)], CITY)
    unit = area(box(0, 0, 10, 10))[0]
    assert found.covered_m2 / unit == pytest.approx([7], rel=1e-6)
    assert found.lost_m2 / unit == pytest.approx([6, 3], rel=1e-6)
    assert found.alone_m2 / unit == pytest.approx([4, 1], rel=1e-6)
    assert found.shared_m2 / unit == pytest.approx([2], rel=1e-6)


def test_two_covers_over_all_of_a_shape_leave_nothing_and_free_nothing(either):
    found = remainder([box(0, 0, 10, 10)], [box(-1, -1, 20, 20), box(0, 0, 10, 10)], CITY)
    assert shapely.is_empty(found.shapes).all()
    assert found.net_m2.tolist() == [0.0]
    assert found.alone_m2 == pytest.approx([0, 0], abs=1e-6)
    assert found.shared_m2 == pytest.approx(found.whole_m2)


def test_a_shape_that_no_cover_reaches_stays_as_it_is(either):
    square = box(0, 0, 10, 10)
    left = without([square, None], [box(10, 0, 5, 5), None])
    assert left[0] is square
    assert left[1] is None
    found = remainder([square, None], [], CITY)
    assert found.net_m2.tolist() == found.whole_m2.tolist()
    assert found.whole_m2[1] == 0.0


def test_many_covers_and_covers_of_many_corners_are_cut_all_the_same():
    square = box(0, 0, 1000, 100)
    strips = [box(20 * n, 0, 10, 100) for n in range(MOST_TURNS + 8)]
    disk = shapely.Point(EAST + 1000, NORTH + 50).buffer(300, quad_segs=MANY_CORNERS)
    left = without([square], [*strips, disk])[0]
    wanted = square.difference(shapely.union_all([*strips, disk]))
    assert left.symmetric_difference(wanted).area == pytest.approx(0, abs=1e-5)


def test_covers_that_also_touch_a_shape_along_a_line_are_cut_as_others():
    rim = box(-50, -50, 200, 200).difference(box(0, 0, 60, 100))
    found = remainder([box(0, 0, 100, 100)], [rim, box(50, 0, 30, 100)], CITY)
    wanted = area(box(60, 0, 40, 100), box(50, 0, 30, 100))
    assert found.lost_m2 == pytest.approx(wanted, rel=1e-8)
    assert found.alone_m2 == pytest.approx(area(box(80, 0, 20, 100), box(50, 0, 10, 100)), rel=1e-8)


def test_the_arrays_given_stay_as_they_are():
    shapes, covers = np.array([box(0, 0, 9, 9)]), np.array([box(5, 5, 9, 9)])
    before = [shapely.to_wkb(shapes).tolist(), shapely.to_wkb(covers).tolist()]
    remainder(shapes, covers, CITY)
    assert [shapely.to_wkb(shapes).tolist(), shapely.to_wkb(covers).tolist()] == before
