import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import affinity

from geo.measure import ellipsoidal_area_m2
from geo.shape import unary_union_by_group
from geo.union import united, united_area_m2
from tests.arrays import array_of
from tests.strategies import arrangements, seeded

CITY = CRS(4549)
EAST, NORTH = 571_000.0, 3_403_000.0
FEW = settings(max_examples=15, deadline=None)


@pytest.fixture(autouse=True, params=["compiled", "plain"], scope="module")
def _kernels(request):
    """Every sentence holds with the compiled kernels and without them."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("geo.union", "geo.overlay"):
            patch.setattr(f"{module}.kernels_available", lambda: request.param == "compiled")
        yield


def box(x, y, width, height):
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def polygon(*corners):
    return shapely.Polygon([(EAST + x, NORTH + y) for x, y in corners])


def ellipsoidal(shape):
    return float(ellipsoidal_area_m2([shape], CITY)[0])


def assert_united(shapes, group=None, count=1, *, parts=True):
    """Hold each group against the general union of its shapes, one group at a time.

    Without ``parts`` their number is left open: turned shapes that touch at a corner, or along an
    edge, do so but for rounding.
    """
    group = [0] * len(shapes) if group is None else list(group)
    found = united(array_of(shapes), group, count)
    areas_m2 = united_area_m2(array_of(shapes), group, count, CITY)
    assert len(found) == len(areas_m2) == count
    for place, shape in enumerate(found):
        own = [s for s, g in zip(shapes, group, strict=True) if g == place]
        wanted = shapely.unary_union(own) if own else shapely.Polygon()
        assert shape.is_valid
        assert shape.area == pytest.approx(wanted.area, rel=1e-9, abs=1e-6)
        assert shape.symmetric_difference(wanted).area == pytest.approx(0, abs=1e-4)
        assert not parts or len(shapely.get_parts(shape)) == len(shapely.get_parts(wanted))
        assert areas_m2[place] == pytest.approx(ellipsoidal(wanted), rel=1e-8, abs=1e-4)
    return found


# --- against the general union -------------------------------------------------------------------


def lots_of(rng, size=4):
    """A block of lots that share whole edges, as surveyed, and their groups by chance."""
    cut_x, cut_y = (np.sort(rng.uniform(0, 100, size + 1)) for _ in range(2))
    lots = [
        box(cut_x[i], cut_y[j], cut_x[i + 1] - cut_x[i], cut_y[j + 1] - cut_y[j])
        for i in range(size) for j in range(size)
    ]  # fmt: skip
    angle = float(rng.choice([0.0, rng.uniform(0, 90)]))
    return [affinity.rotate(lot, angle, origin=(EAST, NORTH)) for lot in lots]


@FEW
@given(seeded(), st.integers(1, 5))
def test_lots_that_share_edges_are_united_as_by_the_general_union(rng, count):
    lots = lots_of(rng)
    assert_united(lots, rng.integers(0, count, len(lots)), count, parts=False)


@FEW
@given(seeded(), st.integers(1, 4))
def test_shapes_that_overlap_touch_or_lie_apart_are_united_as_by_the_general_union(rng, count):
    corners, sizes = rng.integers(0, 10, (14, 2)) * 10.0, rng.integers(1, 5, (14, 2)) * 10.0
    shapes = [box(*corner, *size) for corner, size in zip(corners, sizes, strict=True)]
    shapes += [shapes[int(rng.integers(14))]]
    assert_united(shapes, rng.integers(0, count, len(shapes)), count)


@FEW
@given(arrangements())
def test_parcels_turned_and_notched_are_united_as_by_the_general_union(arrangement):
    shapes = [affinity.translate(s, EAST, NORTH) for s in arrangement[0]]
    assert_united(shapes, [n % 2 for n in range(len(shapes))], 2, parts=False)


@FEW
@given(seeded())
def test_the_order_of_rows_changes_no_union(rng):
    lots = [*lots_of(rng), box(20, 20, 30, 30)]
    group = rng.integers(0, 3, len(lots))
    order = rng.permutation(len(lots))
    one = united(array_of(lots), group, 3)
    two = united(array_of([lots[i] for i in order]), group[order], 3)
    assert shapely.area(shapely.symmetric_difference(one, two)) == pytest.approx(0, abs=1e-4)


# --- how shapes meet -----------------------------------------------------------------------------


def test_two_that_share_an_edge_are_one_rectangle():
    found = assert_united([box(0, 0, 30, 20), box(30, 0, 30, 20)])
    assert found[0].equals(box(0, 0, 60, 20))


def test_edges_that_meet_in_a_t_without_a_corner_there_are_dissolved():
    below, left, right = box(0, 0, 60, 20), box(0, 20, 25, 30), box(25, 20, 35, 30)
    assert assert_united([below, left, right])[0].equals(box(0, 0, 60, 50))


def test_edges_of_different_length_are_dissolved_where_they_meet():
    found = assert_united([box(0, 0, 60, 20), box(20, 20, 10, 30), box(-20, 20, 40, 10)])[0]
    assert found.area == pytest.approx(1200 + 300 + 400)


def test_slanted_edges_without_corners_on_them_are_dissolved():
    for angle in (17.0, 45.0, 73.3):
        shapes = [box(0, 0, 60, 20), box(0, 20, 25, 30), box(25, 20, 35, 30)]
        turned = [affinity.rotate(s, angle, origin=(EAST, NORTH)) for s in shapes]
        assert_united(turned, parts=False)


def test_a_ring_of_lots_keeps_the_hole_inside():
    ring = [box(0, 0, 30, 10), box(20, 10, 10, 10), box(0, 20, 30, 10), box(0, 10, 10, 10)]
    found = assert_united(ring)[0]
    assert len(found.interiors) == 1
    assert found.area == pytest.approx(900 - 100)


def test_a_hole_that_is_filled_is_gone_and_one_filled_in_part_is_smaller():
    lot = box(0, 0, 60, 60).difference(box(20, 20, 20, 20))
    assert not assert_united([lot, box(20, 20, 20, 20)])[0].interiors
    found = assert_united([lot, box(20, 20, 20, 10)])[0]
    assert shapely.Polygon(found.interiors[0]).equals(box(20, 30, 20, 10))
    island = assert_united([lot, box(25, 25, 10, 10)])[0]
    assert island.area == pytest.approx(3600 - 400 + 100)


def test_lots_that_touch_at_a_corner_are_two_parts_and_valid():
    found = assert_united([box(0, 0, 10, 10), box(10, 10, 10, 10)])[0]
    assert len(found.geoms) == 2


def test_a_ring_of_lots_closed_by_a_corner_is_valid():
    # Around a court, three along edges, and the last two touch at one corner.
    shapes = [box(0, 0, 30, 10), box(0, 10, 10, 20), box(10, 30, 20, 10), box(0, 30, 10, 10),
              box(30, 10, 10, 20), box(30, 10, 0.5, 20)]  # fmt: skip
    assert_united(shapes)
    assert_united([box(0, 0, 20, 10), box(20, 10, 10, 20), box(0, 30, 20, 10), box(-10, 10, 10, 20),
                   box(-10, 0, 10, 10)])  # fmt: skip


def test_two_holes_that_touch_at_a_corner_are_valid():
    lots = [box(10 * i, 10 * j, 10, 10) for i in range(4) for j in range(4)
            if (i, j) not in ((1, 1), (2, 2))]  # fmt: skip
    found = assert_united(lots)[0]
    assert found.area == pytest.approx(1400)


def test_a_hole_that_touches_the_outline_at_a_corner_is_valid():
    lots = [box(10 * i, 10 * j, 10, 10) for i in range(3) for j in range(3)
            if (i, j) not in ((1, 1), (2, 2))]  # fmt: skip
    found = assert_united(lots)[0]
    assert found.area == pytest.approx(700)


def test_overlaps_count_once():
    found = assert_united([box(0, 0, 40, 20), box(20, 0, 40, 20), box(10, 10, 20, 40)])[0]
    assert found.area == pytest.approx(1200 + 800 - 200)


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_lot_drawn_several_times_is_itself(times):
    assert assert_united([box(0, 0, 40, 30)] * times)[0].equals(box(0, 0, 40, 30))


def test_a_lot_drawn_twice_among_neighbours_counts_once():
    shapes = [box(0, 0, 10, 10), box(10, 0, 10, 10), box(10, 0, 10, 10), box(20, 0, 10, 10)]
    assert assert_united(shapes)[0].equals(box(0, 0, 30, 10))


def test_a_lot_within_another_adds_nothing():
    assert assert_united([box(0, 0, 40, 30), box(10, 10, 5, 5)])[0].equals(box(0, 0, 40, 30))
    assert assert_united([box(0, 0, 40, 30), box(0, 10, 5, 5)])[0].equals(box(0, 0, 40, 30))


def test_the_direction_and_start_of_an_outline_are_irrelevant():
    left, right = box(0, 0, 10, 10), polygon((20, 10), (20, 0), (10, 0), (10, 10))
    for one in (left, left.reverse()):
        for two in (right, right.reverse()):
            assert assert_united([one, two])[0].equals(box(0, 0, 20, 10))


@pytest.mark.parametrize("seed", range(4))
def test_edges_apart_by_a_millimetre_are_united_as_by_the_general_union(seed):
    # Each corner of a block of lots is off by up to a millimetre: slivers and hair cracks.
    rng = np.random.default_rng(seed)
    lots = [box(10 * i, 10 * j, 10, 10) for i in range(5) for j in range(5)]
    noisy = [
        shapely.transform(lot, lambda xy: xy + np.r_[n := rng.uniform(-1e-3, 1e-3, (4, 2)), n[:1]])
        for lot in lots
    ]
    assert_united(noisy, parts=False)
    assert_united(noisy, rng.integers(0, 3, 25), 3, parts=False)


# --- groups and rows -----------------------------------------------------------------------------


def test_groups_are_united_each_by_itself_also_where_they_touch():
    shapes = [box(0, 0, 10, 10), box(10, 0, 10, 10), box(20, 0, 10, 10), box(30, 0, 10, 10)]
    found = assert_united(shapes, [1, 0, 0, 1], 2)
    assert found[0].equals(box(10, 0, 20, 10))
    assert len(found[1].geoms) == 2


def test_a_group_of_one_is_that_shape():
    lot = box(0, 0, 60, 60).difference(box(20, 20, 20, 20))
    apart = shapely.MultiPolygon([box(100, 0, 10, 10), box(200, 0, 10, 10)])
    found = assert_united([lot, apart], [1, 0], 2)
    assert found[0].equals(apart)
    assert found[1].equals(lot)


def test_a_group_without_shapes_is_empty_and_has_no_area():
    found = assert_united([box(0, 0, 10, 10), box(10, 0, 10, 10)], [2, 2], 4)
    assert shapely.is_empty(found).tolist() == [True, True, False, True]
    assert [s.geom_type for s in (*found[:2], *united([], [], 2))] == ["Polygon"] * 4
    assert united_area_m2([], [], 2, CITY).tolist() == [0.0, 0.0]
    assert len(united([], [], 0)) == 0


def test_a_long_run_of_groups_without_shapes_moves_no_other_group():
    group = np.array([3, 1990, 1990, 1999])
    shapes = array_of([box(100 * n, 0, 10, 10) for n in range(4)])
    for found in (united(shapes, group, 2000), unary_union_by_group(shapes, group, 2000)):
        assert np.flatnonzero(~shapely.is_empty(found)).tolist() == [3, 1990, 1999]
        assert shapely.area(found[[3, 1990, 1999]]) == pytest.approx([100, 200, 100])


def test_rows_of_a_group_need_not_stand_together():
    shapes = [box(10 * (n % 3) + 100 * (n // 3), 0, 10, 10) for n in range(9)]
    order = [4, 0, 8, 2, 6, 3, 1, 7, 5]
    found = assert_united([shapes[i] for i in order], [i // 3 for i in order], 3)
    for place in range(3):
        assert found[place].equals(box(100 * place, 0, 30, 10))


def test_more_groups_than_are_taken_at_once_keep_their_places():
    pairs = [box(30 * n + x, 0, 10, 10 + n % 7) for n in range(700) for x in (0, 10)]
    found = united(array_of(pairs), np.repeat(np.arange(700), 2), 700)
    assert shapely.area(found) == pytest.approx(20.0 * (10 + np.arange(700) % 7))
    plainly = unary_union_by_group(array_of(pairs), np.repeat(np.arange(700), 2), 700)
    assert shapely.area(shapely.symmetric_difference(found, plainly)).max() < 1e-6


def test_parts_of_one_shape_may_belong_to_one_outline():
    apart = shapely.MultiPolygon([box(0, 0, 10, 10), box(20, 0, 10, 10)])
    assert assert_united([apart, box(10, 0, 10, 10)])[0].equals(box(0, 0, 30, 10))


def test_the_shapes_given_stay_as_they_are():
    shapes = array_of([box(0, 0, 10, 10), box(10, 0, 10, 10), box(5, 5, 10, 10)])
    group = np.array([1, 0, 1])
    before = shapely.to_wkb(shapes).tolist()
    united(shapes, group, 2)
    united_area_m2(shapes, group, 2, CITY)
    assert shapely.to_wkb(shapes).tolist() == before
    assert group.tolist() == [1, 0, 1]
