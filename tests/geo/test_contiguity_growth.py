from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import affinity

from geo.contiguity import (
    JoiningGaps,
    NeighbourRule,
    component_labels,
    growth,
    joining_gaps,
    knee,
    neighbour_pairs,
)
from geo.edges import Obstacles
from geo.measure import ellipsoidal_area_m2
from geo.union import OverlapFaces, overlap_faces
from tests.oracles import component_sets
from tests.strategies import arrangements

CITY = CRS(4549)
GAPS_M = (0.0, 0.5, 1.0, 2.0, 7.5, 50.0)


def joining(*pairs):
    """Joining gaps from ``(one, other, gap_m)``."""
    first, second, gap_m = zip(*sorted(pairs), strict=True) if pairs else ((), (), ())
    return JoiningGaps(
        np.array(first, np.intp), np.array(second, np.intp), np.array(gap_m, np.float64)
    )


def faces_of(*faces):
    """Overlaps from ``(area_m2, members)``."""
    held = [(place, member) for place, (_, members) in enumerate(faces) for member in members]
    face, member = zip(*held, strict=True) if held else ((), ())
    areas = np.array([area for area, _ in faces], np.float64)
    return OverlapFaces(np.array(face, np.intp), np.array(member, np.intp), areas)


# --- against the definition ----------------------------------------------------------------------


@st.composite
def land(draw):
    """Shapes as sets of cells of 1 m², so that every area is a count, and who joins whom when."""
    shapes = []
    for _ in range(draw(st.integers(1, 8))):
        x, y, width, height = (
            draw(st.integers(*ends)) for ends in ((0, 5), (0, 5), (1, 4), (1, 4))
        )
        shapes.append({(x + i, y + j) for i in range(width) for j in range(height)})
    pairs = list(combinations(range(len(shapes)), 2))
    gaps = draw(st.lists(st.sampled_from([None, None, *GAPS_M]), min_size=len(pairs),
                         max_size=len(pairs)))  # fmt: skip
    joined = [(*pair, gap) for pair, gap in zip(pairs, gaps, strict=True) if gap is not None]
    return shapes, joined, float(draw(st.integers(1, 40)))


def overlaps_of_cells(shapes):
    cells = sorted(set().union(*shapes))
    covering = [[i for i, shape in enumerate(shapes) if cell in shape] for cell in cells]
    return faces_of(*((1.0, members) for members in covering if len(members) > 1))


def listed_at(shapes, joined, gap_m, threshold_m2):
    """Number and area of the groups that reach the threshold, by walking and counting cells."""
    pairs = [(one, other) for one, other, gap in joined if gap <= gap_m]
    groups = [set().union(*(shapes[i] for i in members))
              for members in component_sets(len(shapes), pairs)]  # fmt: skip
    large = [group for group in groups if len(group) >= threshold_m2]
    return len(large), float(len(set().union(*large)))


def grown(shapes, joined, threshold_m2):
    areas = np.array([float(len(shape)) for shape in shapes])
    return growth(areas, joining(*joined), overlaps_of_cells(shapes), threshold_m2)


@settings(max_examples=200, deadline=None)
@given(land())
def test_number_and_area_at_a_gap_are_those_of_the_groups_found_at_that_gap(land):
    shapes, joined, threshold_m2 = land
    steps = grown(shapes, joined, threshold_m2)
    for gap_m in (*GAPS_M, 0.49, 0.75, 7.49, 30.0):
        assert steps.at(gap_m) == pytest.approx(listed_at(shapes, joined, gap_m, threshold_m2))


@settings(max_examples=100, deadline=None)
@given(land())
def test_area_never_falls_with_a_larger_gap_and_steps_rise(land):
    steps = grown(*land)
    assert steps.gap_m[0] == 0.0
    assert (np.diff(steps.gap_m) > 0).all()
    assert (np.diff(steps.area_m2) >= 0).all()


@settings(max_examples=50, deadline=None)
@given(land(), st.randoms(use_true_random=False))
def test_the_order_of_shapes_changes_nothing(land, random):
    shapes, joined, threshold_m2 = land
    order = list(range(len(shapes)))
    random.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    moved = [(*sorted((place[a], place[b])), gap) for a, b, gap in joined]
    one = grown(shapes, joined, threshold_m2)
    two = grown([shapes[i] for i in order], moved, threshold_m2)
    for gap_m in GAPS_M:
        assert two.at(gap_m) == one.at(gap_m)


@settings(max_examples=15, deadline=None)
@given(arrangements())
def test_measured_shapes_grow_to_the_groups_searched_anew_at_each_gap(arrangement):
    shapes = np.array(
        [affinity.translate(s, 571_000, 3_403_000) for s in arrangement[0]], dtype=object
    )
    threshold_m2 = 300.0
    steps = growth(
        ellipsoidal_area_m2(shapes, CITY), joining_gaps(shapes, 5.0), overlap_faces(shapes, CITY),
        threshold_m2,
    )  # fmt: skip
    for gap_m in (0.0, 1.1, 4.4, 21.0, 50.0):
        first, second = neighbour_pairs(shapes, NeighbourRule(gap_m, 5.0))
        labels = component_labels(len(shapes), first, second)
        unions = np.array([shapely.union_all(shapes[labels == n]) for n in np.unique(labels)])
        large = unions[ellipsoidal_area_m2(unions, CITY) >= threshold_m2]
        area_m2 = ellipsoidal_area_m2([shapely.union_all(large)], CITY)[0] if len(large) else 0.0
        assert steps.at(gap_m) == (len(large), pytest.approx(area_m2, rel=1e-8, abs=1e-5))


@pytest.mark.parametrize("kernels", ["compiled", "plain"])
def test_shapes_that_overlap_join_at_the_gap_at_which_they_show_enough(kernels, monkeypatch):
    # The corner of a square on its tip reaches 2.2 m into another: that shows 4.4 m inside it and
    # at g, at half a right angle, √2 g more on each side; it takes 5 + 2 g.
    monkeypatch.setattr("geo.contiguity.kernels_available", lambda: kernels == "compiled")
    lower, deep_m, half = shapely.box(0, 0, 60, 30), 2.2, 20.0
    tip = 30 - deep_m
    upper = shapely.Polygon(
        [(30 + half, tip + half), (30, tip + 2 * half), (30 - half, tip + half), (30, tip)]
    )
    wanted_m = (5.0 - 2 * deep_m) / (2 * 2**0.5 - 2)
    found = joining_gaps([lower, upper], 5.0)
    assert found.gap_m == pytest.approx([wanted_m], abs=1e-5)
    for gap_m, count in ((wanted_m - 1e-3, 0), (wanted_m + 1e-3, 1)):
        assert len(neighbour_pairs([lower, upper], NeighbourRule(gap_m, 5.0))[0]) == count


@pytest.mark.parametrize("kernels", ["compiled", "plain"])
@pytest.mark.parametrize(
    ("most_gap_m", "deep_m", "angle", "east_m", "north_m"),
    [(50.0, 11.32683657357983, 8.779042159656985, 574_500, 3_422_000),
     (20.0, 10.326326714632586, 76.45979781039217, 589_500, 3_422_500),
     (13.0, 6.948240320789708, 83.10768418100038, 595_500, 3_435_500),
     (50.0, 8.0, 0.0, 571_000, 3_403_000)],
)  # fmt: skip
def test_an_edge_that_another_parcel_hides_joins_at_no_gap_also_not_at_its_own_distance(
    most_gap_m, deep_m, angle, east_m, north_m, kernels, monkeypatch
):
    # B stands on A with 4 m and overhangs it by 3 m more, so far above: with them both show enough
    # from that distance on, without them B shows 4 + 2 g at most and takes 5 + 2 g.
    monkeypatch.setattr("geo.contiguity.kernels_available", lambda: kernels == "compiled")
    corners = [(0, 14), (4, 14), (4, 14 + deep_m), (7, 14 + deep_m), (7, 40), (0, 40)]
    flat = [shapely.box(0, 0, 7, 14), shapely.Polygon(corners),
            shapely.box(4.2, 14.1, 9, 14 + deep_m - 0.1)]  # fmt: skip
    shapes = np.array(
        [affinity.translate(affinity.rotate(s, angle, origin=(0, 0)), east_m, north_m)
         for s in flat]
    )  # fmt: skip
    obstacles = Obstacles(np.empty(0, dtype=object), shapes, np.arange(3))
    found = joining_gaps(shapes, 5.0, obstacles, most_gap_m)
    assert (0, 1) not in zip(found.first.tolist(), found.second.tolist(), strict=True)
    open_m = joining_gaps(shapes[:2], 5.0, most_gap_m=most_gap_m).gap_m
    assert open_m == pytest.approx([deep_m], abs=1e-5)


# --- both sides of gap and least area ------------------------------------------------------------


def test_a_pair_joins_at_its_gap_and_not_below_it():
    steps = growth(np.array([60.0, 60.0]), joining((0, 1, 3.0)), OverlapFaces.none(), 100.0)
    assert steps.at(0.0) == steps.at(2.999_999) == (0, 0.0)
    assert steps.at(3.0) == steps.at(50.0) == (1, 120.0)


@pytest.mark.parametrize(
    ("second_m2", "listed"), [(39.99, False), (40.0 - 1e-8, True), (40.0, True), (40.01, True)]
)
def test_a_group_is_listed_from_exactly_the_least_area_on(second_m2, listed):
    # Within 1e-9 of the threshold a value equals it.
    areas = np.array([60.0, second_m2])
    steps = growth(areas, joining((0, 1, 1.0)), OverlapFaces.none(), 100.0)
    assert steps.at(0.9) == (0, 0.0)
    assert steps.at(1.0) == ((1, 60.0 + second_m2) if listed else (0, 0.0))


def test_two_listed_groups_that_join_are_one_and_their_area_stays():
    areas = np.array([150.0, 200.0, 30.0])
    steps = growth(areas, joining((0, 1, 2.0), (1, 2, 5.0)), OverlapFaces.none(), 100.0)
    assert [steps.at(gap) for gap in (0.0, 2.0, 5.0)] == [(2, 350.0), (1, 350.0), (1, 380.0)]


def test_pairs_of_one_gap_join_in_one_step():
    areas = np.full(4, 30.0)
    pairs = joining((0, 1, 2.0), (1, 2, 2.0), (2, 3, 2.0), (0, 3, 2.0))
    steps = growth(areas, pairs, OverlapFaces.none(), 100.0)
    assert steps.gap_m.tolist() == [0.0, 2.0]
    assert steps.count.tolist() == [0, 1]
    assert steps.area_m2.tolist() == [0.0, 120.0]


def test_a_pair_that_other_pairs_have_joined_before_changes_nothing():
    areas = np.full(3, 50.0)
    steps = growth(
        areas, joining((0, 1, 1.0), (1, 2, 2.0), (0, 2, 9.0)), OverlapFaces.none(), 100.0
    )
    assert steps.gap_m.tolist() == [0.0, 1.0, 2.0]


def test_without_shapes_there_is_no_land_at_any_gap():
    steps = growth(np.empty(0), joining(), OverlapFaces.none(), 100.0)
    assert steps.at(0.0) == steps.at(50.0) == (0, 0.0)


# --- land covered twice --------------------------------------------------------------------------


@pytest.mark.parametrize(("common_m2", "listed"), [(20.0, True), (20.1, False)])
def test_land_that_two_of_a_group_cover_counts_once_towards_the_least_area(common_m2, listed):
    areas = np.array([60.0, 60.0])
    steps = growth(areas, joining((0, 1, 0.0)), faces_of((common_m2, [0, 1])), 100.0)
    assert steps.at(0.0) == ((1, pytest.approx(100.0)) if listed else (0, 0.0))


def test_land_that_three_cover_counts_once():
    # 3 x 60 m², 20 m² of them under all three: 180 - 2 x 20.
    pairs, faces = joining((0, 1, 0.0), (1, 2, 1.0)), faces_of((20.0, [0, 1, 2]))
    steps = growth(np.full(3, 60.0), pairs, faces, 100.0)
    assert (steps.at(0.0), steps.at(1.0)) == ((1, 100.0), (1, 140.0))


def test_land_in_two_listed_groups_counts_once_in_their_area_together():
    areas, faces = np.array([150.0, 120.0, 90.0]), faces_of((30.0, [0, 1]), (10.0, [1, 2]))
    steps = growth(areas, joining((0, 1, 4.0), (1, 2, 6.0)), faces, 100.0)
    # Apart: 150 and 120 are listed, 30 m² in both of them; 90 m² are not, until they join.
    assert steps.at(0.0) == (2, 240.0)
    assert steps.at(4.0) == (1, 240.0)
    assert steps.at(6.0) == (1, 240.0 + 90.0 - 10.0)


# --- the knee ------------------------------------------------------------------------------------


def test_the_knee_is_where_the_curve_lies_farthest_above_its_chord():
    # Of a rise of 1000 over 10 m: 0.6 at 0.2 (0.4 above), 0.9 at 0.4 (0.5), 0.95 at 0.8 (0.15).
    gap_m = np.array([0.0, 2.0, 4.0, 8.0, 10.0])
    area_m2 = np.array([500.0, 1100.0, 1400.0, 1450.0, 1500.0])
    assert knee(gap_m, area_m2) == 4.0
    assert knee(gap_m, area_m2 * 0.0015) == 4.0, "in 亩 as in m²"
    assert knee(gap_m + 3, area_m2) == 7.0, "from any first gap on"


def test_of_two_knees_as_high_the_narrower_gap_is_marked():
    # A quarter of the rise above the chord at both.
    assert knee(np.array([0.0, 2.0, 4.0, 8.0]), np.array([0.0, 4.0, 6.0, 8.0])) == 2.0


@pytest.mark.parametrize(
    "area_m2",
    [[7.0, 7.0, 7.0, 7.0], [0.0, 1.0, 2.0, 4.0], [0.0, 0.5, 1.0, 4.0]],
    ids=["flat", "straight", "ever steeper"],
)
def test_a_curve_nowhere_above_its_chord_has_no_knee(area_m2):
    assert knee(np.array([0.0, 1.0, 2.0, 4.0]), np.array(area_m2)) is None


def test_no_points_and_one_point_have_no_knee():
    assert knee(np.empty(0), np.empty(0)) is None
    assert knee(np.array([0.0]), np.array([5.0])) is None
