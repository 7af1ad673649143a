import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import affinity

from geo.measure import ellipsoidal_area_m2
from geo.union import LEAST_M2, OverlapFaces, overlap_faces
from tests.strategies import arrangements, seeded

CITY = CRS(4549)
EAST, NORTH = 571_000.0, 3_403_000.0
FEW = settings(max_examples=18, deadline=None)


@pytest.fixture(autouse=True, params=["compiled", "plain"], scope="module")
def _kernels(request):
    """Every sentence holds with the compiled kernels and without them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geo.overlay.kernels_available", lambda: request.param == "compiled")
        yield


def box(x, y, width, height):
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def area(*shapes):
    return ellipsoidal_area_m2(list(shapes), CITY)


def union_m2(shapes):
    return float(area(shapely.union_all(list(shapes)))[0]) if len(shapes) else 0.0


def found(shapes):
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return overlap_faces(held, CITY)


def members_of(faces):
    """Area of each piece by the shapes that cover it."""
    held = {}
    for face, area_m2 in enumerate(faces.area_m2):
        members = frozenset(faces.member[faces.face == face].tolist())
        held[members] = held.get(members, 0.0) + area_m2
    return held


def twice(shapes, label=None, count=1):
    label = np.zeros(len(shapes), np.intp) if label is None else np.array(label, np.intp)
    return found(shapes).counted_twice_m2(label, count)


def boxes_of(rng, count):
    """Boxes on whole tens of metres, so that sides coincide; some turned, some drawn twice."""
    shapes = []
    for _ in range(count):
        shape = box(*rng.integers(0, 8, 2) * 10.0, *rng.integers(1, 6, 2) * 10.0)
        if rng.random() < 0.3:
            shape = affinity.rotate(shape, float(rng.uniform(0, 90)))
        shapes.append(shapes[-1] if shapes and rng.random() < 0.1 else shape)
    return shapes


# --- against the union ---------------------------------------------------------------------------


@FEW
@given(seeded())
def test_areas_less_what_is_counted_twice_are_the_area_of_the_union(rng):
    shapes = boxes_of(rng, int(rng.integers(1, 12)))
    left_m2 = area(*shapes).sum() - twice(shapes)[0]
    assert left_m2 == pytest.approx(union_m2(shapes), rel=1e-8, abs=1e-4)


@FEW
@given(seeded(), st.integers(1, 5))
def test_the_same_holds_in_every_group_of_labels(rng, count):
    shapes = boxes_of(rng, 12)
    label = rng.integers(0, count, len(shapes))
    counted_m2 = twice(shapes, label, count)
    for group in range(count):
        own = [s for s, held in zip(shapes, label, strict=True) if held == group]
        sum_m2 = area(*own).sum() if own else 0.0
        assert sum_m2 - counted_m2[group] == pytest.approx(union_m2(own), rel=1e-8, abs=1e-4)


@FEW
@given(arrangements())
def test_it_holds_for_parcels_as_they_lie_too(arrangement):
    shapes = [affinity.translate(s, EAST, NORTH) for s in arrangement[0]]
    left_m2 = area(*shapes).sum() - twice(shapes)[0]
    assert left_m2 == pytest.approx(union_m2(shapes), rel=1e-8, abs=1e-4)


@FEW
@given(seeded())
def test_a_piece_lies_in_all_its_shapes_and_in_no_other(rng):
    shapes = boxes_of(rng, 8)
    for members, area_m2 in members_of(found(shapes)).items():
        common = shapely.intersection_all([shapes[i] for i in members])
        others = [s for i, s in enumerate(shapes) if i not in members]
        exact = shapely.difference(common, shapely.union_all(others))
        assert len(members) >= 2
        assert area_m2 == pytest.approx(area(exact)[0], rel=1e-8, abs=1e-4)


@FEW
@given(seeded())
def test_the_order_of_shapes_changes_no_piece(rng):
    shapes = boxes_of(rng, 8)
    order = rng.permutation(len(shapes))
    one, two = members_of(found(shapes)), members_of(found([shapes[i] for i in order]))
    back = {frozenset(int(order[i]) for i in members): m2 for members, m2 in two.items()}
    for members in one.keys() | back.keys():
        assert one.get(members, 0.0) == pytest.approx(back.get(members, 0.0), abs=1e-4)


# --- worked out by hand --------------------------------------------------------------------------


def test_the_common_land_of_a_pair_is_one_piece():
    faces = found([box(0, 0, 30, 20), box(20, 0, 30, 20)])
    assert faces.face.tolist() == [0, 0]
    assert sorted(faces.member.tolist()) == [0, 1]
    assert faces.area_m2 == pytest.approx(area(box(20, 0, 10, 20)), rel=1e-8)


@pytest.mark.parametrize("times", [2, 3, 5])
def test_land_drawn_several_times_counts_once(times):
    shapes = [box(0, 0, 40, 30)] * times
    one_m2 = area(shapes[0])[0]
    assert twice(shapes)[0] == pytest.approx((times - 1) * one_m2, rel=1e-8)
    faces = members_of(found(shapes))
    assert list(faces) == [frozenset(range(times))]


def test_land_under_three_shapes_is_counted_twice_too_much():
    # Each pair has 20 m x 30 m in common, all three 10 m x 30 m of it.
    shapes = [box(0, 0, 30, 30), box(10, 0, 30, 30), box(20, 0, 30, 30)]
    pieces = members_of(found(shapes))
    wanted = {
        frozenset({0, 1}): box(10, 0, 10, 30),
        frozenset({0, 1, 2}): box(20, 0, 10, 30),
        frozenset({1, 2}): box(30, 0, 10, 30),
    }
    assert pieces.keys() == wanted.keys()
    for members, shape in wanted.items():
        assert pieces[members] == pytest.approx(area(shape)[0], rel=1e-8)
    wanted_m2 = area(box(10, 0, 10, 30), box(20, 0, 10, 30), box(30, 0, 10, 30)) @ [1, 2, 1]
    assert twice(shapes)[0] == pytest.approx(wanted_m2, rel=1e-8)


@pytest.mark.parametrize("angle", [11.11, 12.59, 19.99, 26.65, 33.31, 37.75])
def test_a_turned_shape_drawn_twice_under_a_third_is_counted_twice_whole(angle):
    # Edges of the common pieces run along the turned edges, but for rounding.
    turned = affinity.rotate(box(40, 20, 30, 10), angle, origin=(EAST + 55, NORTH + 25))
    shapes = [turned, turned, box(30, 20, 40, 10)]
    wanted_m2 = area(turned)[0] + area(turned & shapes[2])[0]
    assert twice(shapes)[0] == pytest.approx(wanted_m2, abs=1e-4)


def test_a_shape_within_another_is_counted_twice_whole():
    inner = box(20, 20, 10, 10)
    assert twice([box(0, 0, 90, 90), inner])[0] == pytest.approx(area(inner)[0], rel=1e-8)


def test_a_shape_in_the_hole_of_another_is_not_counted_twice():
    ring = box(0, 0, 90, 90).difference(box(20, 20, 40, 40))
    assert twice([ring, box(20, 20, 40, 40)]).tolist() == [0.0]
    wider = box(15, 20, 40, 40)
    assert twice([ring, wider])[0] == pytest.approx(area(box(15, 20, 5, 40))[0], rel=1e-8)


def test_three_shapes_in_a_ring_that_share_no_common_land_have_three_pieces():
    shapes = [box(0, 0, 60, 10), box(50, 0, 10, 60), box(0, 0, 10, 60), box(0, 50, 60, 10)]
    pieces = members_of(found(shapes))
    assert set(pieces) == {frozenset(pair) for pair in ((0, 1), (0, 2), (1, 3), (2, 3))}
    corners = [box(50, 0, 10, 10), box(0, 0, 10, 10), box(50, 50, 10, 10), box(0, 50, 10, 10)]
    assert twice(shapes)[0] == pytest.approx(area(*corners).sum(), rel=1e-8)


def test_a_pair_that_overlaps_in_two_places_has_both():
    bracket = box(0, 0, 10, 50) | box(0, 0, 40, 10) | box(0, 40, 40, 10)
    assert twice([bracket, box(30, -5, 20, 60)])[0] == pytest.approx(
        area(box(30, 0, 10, 10), box(30, 40, 10, 10)).sum(), rel=1e-8
    )


def test_shapes_that_touch_along_an_edge_or_at_a_corner_have_no_land_in_common():
    shapes = [box(0, 0, 10, 10), box(10, 0, 10, 10), box(20, 10, 10, 10), box(10, -5, 10, 5)]
    faces = found(shapes)
    assert (len(faces.face), len(faces.member), len(faces.area_m2)) == (0, 0, 0)
    assert twice(shapes).tolist() == [0.0]


def test_pieces_below_the_least_area_are_rounding():
    # A strip 10 m long of the width that makes the least area, half as wide and twice as wide.
    width_m = LEAST_M2 / 10
    assert twice([box(0, 0, 10, 10), box(10 - width_m / 2, 0, 10, 10)]).tolist() == [0.0]
    counted_m2 = twice([box(0, 0, 10, 10), box(9.99, 0, 10, 10)])[0]
    assert counted_m2 == pytest.approx(0.1, rel=1e-3)


# --- groups --------------------------------------------------------------------------------------


def test_land_that_shapes_of_two_groups_cover_is_counted_in_each_by_itself():
    shapes = [box(0, 0, 30, 30), box(20, 0, 30, 30), box(20, 0, 10, 30)]
    common_m2 = area(box(20, 0, 10, 30))[0]
    assert twice(shapes, [0, 0, 0], 1) == pytest.approx([2 * common_m2], rel=1e-8)
    assert twice(shapes, [0, 0, 1], 2) == pytest.approx([common_m2, 0.0], rel=1e-8)
    assert twice(shapes, [0, 1, 1], 2) == pytest.approx([0.0, common_m2], rel=1e-8)
    assert twice(shapes, [0, 1, 2], 3).tolist() == [0.0, 0.0, 0.0]


def test_a_group_without_shapes_has_nothing_counted_twice():
    shapes = [box(0, 0, 30, 30), box(20, 0, 30, 30)]
    assert twice(shapes, [2, 2], 4)[[0, 1, 3]].tolist() == [0.0, 0.0, 0.0]


def test_one_shape_and_none_overlap_nothing():
    assert twice([box(0, 0, 9, 9)]).tolist() == [0.0]
    assert twice([], count=2).tolist() == [0.0, 0.0]
    assert OverlapFaces.none().counted_twice_m2(np.zeros(3, np.intp), 2).tolist() == [0.0, 0.0]


def test_the_shapes_given_stay_as_they_are():
    shapes = np.array([box(0, 0, 30, 30), box(20, 0, 30, 30), box(20, 0, 10, 30)])
    before = shapely.to_wkb(shapes).tolist()
    overlap_faces(shapes, CITY)
    assert shapely.to_wkb(shapes).tolist() == before
