import math
from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from geo.contiguity import NeighbourRule, component_labels, neighbour_pairs, single_parts
from geo.edges import Obstacles
from geo.errors import GeometryError
from tests.arrays import array_of
from tests.oracles import component_sets, neighbour_margin_m
from tests.strategies import arrangements

MIN_EDGE_M = 5.0
FEW = settings(max_examples=25, deadline=None)
UNDECIDED_M = 0.8
"""Nearer to the threshold than this the samples of the oracle decide nothing."""


@pytest.fixture(autouse=True, params=["compiled", "plain"], scope="module")
def _kernels(request):
    """Every sentence holds with the compiled kernels and without them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geo.contiguity.kernels_available", lambda: request.param == "compiled")
        yield


def obstacles_of(shapes, cutting=(), covering=()):
    """Every shape stands in the way of the others, and what is given besides."""
    owner = np.r_[np.arange(len(shapes)), np.full(len(covering), -1)].astype(np.intp)
    return Obstacles(array_of(list(cutting)), array_of([*shapes, *covering]), owner)


def pairs_of(shapes, gap_m=2.0, min_edge_m=MIN_EDGE_M, cutting=(), covering=()):
    held = array_of(shapes)
    rule = NeighbourRule(gap_m, min_edge_m)
    first, second = neighbour_pairs(held, rule, obstacles_of(shapes, cutting, covering))
    return list(zip(first.tolist(), second.tolist(), strict=True))


def joins(one, two, gap_m=2.0, **options):
    return pairs_of([one, two], gap_m, **options) == [(0, 1)]


def groups_of(shapes, **options):
    return component_sets(len(shapes), pairs_of(shapes, **options))


def box(x, y, width, height):
    return shapely.box(x, y, x + width, y + height)


def to_a_millimetre(shape):
    """Round to 1/1024 m, so that coordinates shifted by whole metres are exact."""
    return shapely.transform(shape, lambda xy: np.round(xy * 1024) / 1024)


# --- against the oracle --------------------------------------------------------------------------


@FEW
@given(arrangements())
def test_neighbours_are_those_of_the_plain_definition(arrangement):
    shapes, gap_m, cutting, covering = arrangement
    found = set(pairs_of(shapes, gap_m, cutting=cutting, covering=covering))
    for one, two in combinations(range(len(shapes)), 2):
        if shapes[one].distance(shapes[two]) > gap_m + 1e-6:
            assert (one, two) not in found
            continue
        others = [s for i, s in enumerate(shapes) if i not in (one, two)]
        margin = neighbour_margin_m(
            shapes[one], shapes[two], gap_m, MIN_EDGE_M, cutting, [*others, *covering], 0.1
        )
        if abs(margin) > UNDECIDED_M:
            assert ((one, two) in found) == (margin > 0), (one, two, margin)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0, 3), st.floats(3, 20), st.floats(0, 90), st.sampled_from([0.0, 1.0, 2.0, 30.0]),
    st.floats(-10, 10),
)  # fmt: skip
def test_two_turned_rectangles_join_as_by_the_plain_definition(away, width, angle, gap_m, shift):
    one = box(0, 0, 12, 8)
    two = box(shift, 8 + away, width, 6)
    shapes = [affinity.rotate(s, angle, origin=(3, 3)) for s in (one, two)]
    margin = neighbour_margin_m(*shapes, gap_m, MIN_EDGE_M, step_m=0.05)
    if abs(margin) > 0.3:
        assert joins(*shapes, gap_m) == (margin > 0)


@FEW
@given(arrangements())
def test_groups_are_those_found_by_walking_from_neighbour_to_neighbour(arrangement):
    shapes, gap_m, cutting, covering = arrangement
    pairs = pairs_of(shapes, gap_m, cutting=cutting, covering=covering)
    ends = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    labels = component_labels(len(shapes), ends[:, 0], ends[:, 1])
    by_label = {frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels)}
    assert by_label == component_sets(len(shapes), pairs)


# --- what stays the same -------------------------------------------------------------------------


@FEW
@given(arrangements(), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(arrangement, random):
    shapes, gap_m, cutting, covering = arrangement
    order = list(range(len(shapes)))
    random.shuffle(order)
    shuffled = [shapes[i] for i in order]
    there = pairs_of(shuffled, gap_m, cutting=cutting[::-1], covering=covering[::-1])
    back = {tuple(sorted((order[a], order[b]))) for a, b in there}
    assert back == set(pairs_of(shapes, gap_m, cutting=cutting, covering=covering))


@FEW
@given(arrangements())
def test_a_shift_by_whole_metres_changes_nothing(arrangement):
    given_shapes, gap_m, cutting, covering = arrangement
    layers = [[to_a_millimetre(s) for s in layer] for layer in (given_shapes, cutting, covering)]
    far = [[affinity.translate(s, 40_571_815, 3_403_497) for s in layer] for layer in layers]
    shapes, cuts, covers = layers
    here = pairs_of(shapes, gap_m, cutting=cuts, covering=covers)
    assert pairs_of(far[0], gap_m, cutting=far[1], covering=far[2]) == here


@FEW
@given(arrangements(), st.floats(0, 30))
def test_a_larger_gap_never_parts_neighbours(arrangement, wider):
    shapes, gap_m, cutting, covering = arrangement
    before = set(pairs_of(shapes, gap_m, cutting=cutting, covering=covering))
    after = set(pairs_of(shapes, gap_m + wider, cutting=cutting, covering=covering))
    kept = {
        (a, b)
        for a, b in before
        if neighbour_margin_m(
            shapes[a], shapes[b], gap_m, MIN_EDGE_M, cutting,
            [*(s for i, s in enumerate(shapes) if i not in (a, b)), *covering], 0.2,
        ) > UNDECIDED_M
    }  # fmt: skip
    assert kept <= after


@FEW
@given(arrangements())
def test_another_obstacle_never_joins(arrangement):
    shapes, gap_m, cutting, covering = arrangement
    fewer = set(pairs_of(shapes, gap_m, cutting=cutting[1:], covering=covering[1:]))
    assert set(pairs_of(shapes, gap_m, cutting=cutting, covering=covering)) <= fewer


# --- gap and facing edge, both sides of each threshold -------------------------------------------


@pytest.mark.parametrize("gap_m", [0.0, 0.5, 2.0, 10.0, 50.0])
def test_a_gap_of_exactly_g_is_bridged_and_a_millimetre_more_is_not(gap_m):
    one, long_enough = box(0, 0, 200, 30), 200
    assert joins(one, box(0, 30 + gap_m, long_enough, 30), gap_m)
    assert not joins(one, box(0, 30 + gap_m + 0.001, long_enough, 30), gap_m)
    if gap_m:
        assert joins(one, box(0, 30 + gap_m - 0.001, long_enough, 30), gap_m)


@pytest.mark.parametrize("gap_m", [0.0, 1.0, 2.0, 20.0, 50.0])
@pytest.mark.parametrize("angle", [0.0, 33.0])
def test_touching_shapes_need_exactly_the_least_edge(gap_m, angle):
    one = box(0, 0, 200, 100)
    for width, expected in ((5.0, True), (4.99, False), (5.01, True)):
        two = box(200 - width, 100, 200, 100)
        turned = [affinity.rotate(s, angle, origin=(0, 0)) for s in (one, two)]
        assert joins(*turned, gap_m) is expected


@pytest.mark.parametrize("gap_m", [1.0, 2.0, 20.0])
def test_shapes_a_metre_apart_need_two_metres_more_of_facing_edge(gap_m):
    # Each side shows its facing edge w and 2 (g - 1) of its flanks: w >= 5 + 2.
    one = box(0, 0, 100, 60)
    assert joins(one, box(0, 61, 7.0, 60), gap_m)
    assert not joins(one, box(0, 61, 6.99, 60), gap_m)


def test_slanted_flanks_count_without_approximation():
    # The upper shape stands on 5 m and widens at 45°: the lower one shows 5 m and g at each end.
    upper = shapely.Polygon([(50, 50), (55, 50), (155, 150), (-50, 150)])
    narrower = shapely.Polygon([(50, 50), (54.99, 50), (154.99, 150), (-50, 150)])
    lower = box(-200, 0, 500, 50)
    for gap_m in (0.0, 2.0, 50.0):
        assert joins(lower, upper, gap_m)
    assert not joins(lower, narrower, 0.0)


def test_four_squares_at_one_corner_join_along_edges_only():
    squares = [box(x, y, 100, 100) for y in (0, 100) for x in (0, 100)]
    for gap_m in (0.0, 0.5, 2.0, 10.0, 30.0, 50.0):
        for angle in (0.0, 30.0):
            turned = [affinity.rotate(s, angle, origin=(100, 100)) for s in squares]
            assert pairs_of(turned, gap_m) == [(0, 1), (0, 2), (1, 3), (2, 3)]
            assert not joins(turned[0], turned[3], gap_m), "nor without the two others"


@given(st.floats(0, 50), st.floats(0.1, 20), st.floats(0, 90))
@FEW
def test_a_bare_corner_contact_never_joins(gap_m, min_edge_m, angle):
    one, two = box(0, 0, 150, 150), box(150, 150, 150, 150)
    turned = [affinity.rotate(s, angle, origin=(150, 150)) for s in (one, two)]
    assert not joins(*turned, gap_m, min_edge_m=min_edge_m)


def test_both_must_show_enough_boundary():
    # A spike of 1 m width comes near a long wall: the wall shows enough of itself, the spike's
    # tip doesn't at this gap.
    wall = box(0, 0, 100, 10)
    spike = shapely.Polygon([(50, 11), (50.5, 40), (49.5, 40)])
    assert not joins(wall, spike, 2.0)


def test_small_shapes_stay_joined_at_gaps_that_exceed_their_size():
    # All 16 m of the small one's boundary lie within 10 m: fewer than the 25 m asked at that gap.
    small, large = box(0, 0, 4, 4), box(-10, 5, 30, 30)
    assert not joins(small, large, 0.9, min_edge_m=2.0)
    for gap_m in (1.0, 2.0, 3.0, 10.0, 50.0):
        assert joins(small, large, gap_m, min_edge_m=2.0)
    assert not joins(box(0, 0, 3.9, 4), large, 50.0), "and never what is too narrow at any gap"


def test_a_shape_that_fills_a_hole_is_a_neighbour_at_every_gap():
    plug = box(40, 40, 6, 6)
    ring = box(0, 0, 100, 100).difference(box(39, 39, 8, 8))
    assert not joins(ring, plug, 0.9)
    for gap_m in (1.0, 2.0, 20.0, 50.0):
        assert joins(ring, plug, gap_m)


# --- obstacles -----------------------------------------------------------------------------------

LOWER, UPPER = box(0, 0, 100, 40), box(0, 42, 100, 40)
TOUCHING = box(0, 40, 100, 40)


def test_a_third_parcel_between_two_is_no_bridge_but_a_neighbour_of_both():
    strip = box(0, 40, 100, 2)
    assert joins(LOWER, UPPER)
    assert pairs_of([LOWER, UPPER, strip]) == [(0, 2), (1, 2)]


def test_a_third_parcel_in_part_of_the_gap_leaves_the_rest():
    # 100 m face each other 2 m apart: 9 m must stay open.
    for width, expected in ((89.0, True), (93.0, False)):
        assert ((0, 1) in pairs_of([LOWER, UPPER, box(0, 40.5, width, 1)])) is expected


def test_a_neighbour_beside_the_gap_takes_nothing_from_it():
    # The parcel to the west touches both flanks; land along its edge isn't land over it.
    lower, upper = box(0, 0, 7, 40), box(0, 41, 7, 40)
    for angle in (0.0, 27.0):
        shapes = [lower, upper, box(-30, -10, 30, 100), box(7, -10, 30, 100)]
        turned = [affinity.rotate(s, angle, origin=(0, 0)) for s in shapes]
        assert (0, 1) in pairs_of(turned, 2.0)


@pytest.mark.parametrize("away", [0.0, 1.0, 2.0])
def test_a_barrier_line_parts_also_shapes_that_touch(away):
    upper = box(0, 40 + away, 100, 40)
    line = shapely.LineString([(-50, 40 + away / 2), (150, 40 + away / 2)])
    assert joins(LOWER, upper)
    assert not joins(LOWER, upper, cutting=[line])


def test_a_barrier_polygon_over_a_common_edge_parts_it():
    road = box(-50, 38, 300, 4)
    assert not joins(LOWER, TOUCHING, cutting=[road])


def test_a_barrier_over_part_of_the_common_edge_leaves_the_rest():
    for length, expected in ((85.0, True), (97.0, False)):
        line = shapely.LineString([(-50, 40), (length, 40)])
        assert joins(LOWER, TOUCHING, cutting=[line]) is expected


def test_a_barrier_that_ends_before_the_gap_parts_nothing():
    line = shapely.LineString([(50, -50), (50, 30)])
    assert joins(LOWER, UPPER, cutting=[line])


def test_a_constraint_in_the_gap_blocks_it_and_one_on_the_parcel_does_not():
    in_gap, on_lower = box(-10, 40.5, 120, 1), box(-10, 0, 120, 40)
    assert not joins(LOWER, UPPER, covering=[in_gap])
    assert joins(LOWER, UPPER, covering=[on_lower])
    assert joins(LOWER, TOUCHING, covering=[box(-10, -10, 200, 200)]), "a contact needs no bridge"


def test_a_constraint_exactly_over_a_thin_parcel_does_not_block_its_gap():
    thin, upper = box(0, 39, 9, 1), box(0, 41, 9, 40)
    for angle in (0.0, 41.0):
        turned = [affinity.rotate(s, angle, origin=(0, 0)) for s in (thin, upper)]
        assert joins(*turned, 2.0, covering=[turned[0]])


def test_a_constraint_over_the_far_end_of_a_small_parcel_does_not_block_its_gap():
    # At a gap of 7 m all of the small one's boundary counts; along its own flanks is no gap.
    small, large = box(30, 40.3, 5.3, 7), LOWER
    over_far_end = box(27, 44, 12, 10)
    for angle in (0.0, 41.0):
        shapes = [affinity.rotate(s, angle, origin=(0, 0)) for s in (small, large, over_far_end)]
        assert not joins(*shapes[:2], 2.0, covering=shapes[2:])
        assert joins(*shapes[:2], 15.0, covering=shapes[2:])


def test_an_obstacle_of_many_corners_blocks_as_its_outline_does():
    rng = np.random.default_rng(5)
    x = np.linspace(-40, 140, 400)
    y = 41 + 0.3 * rng.uniform(-1, 1, 400)
    edge = np.stack([x, y], axis=1)
    north = np.stack([x, y + 0.3], axis=1)
    river = shapely.Polygon([*np.stack([x, y - 0.3], axis=1), *north[::-1]])
    assert shapely.get_num_coordinates(river) > 500
    assert not joins(LOWER, UPPER, covering=[river])
    assert not joins(LOWER, UPPER, cutting=[shapely.LineString(edge)])
    with_ford = river.difference(box(40, 30, 20, 20))
    assert joins(LOWER, UPPER, covering=[with_ford])


def test_two_obstacles_side_by_side_hide_no_more_than_their_sum():
    # Two parcels in the gap cover 60 m of it; the shadows of both meet, turned off the axes.
    for angle in (0.0, 17.0):
        shapes = [LOWER, UPPER, box(0, 40.5, 45, 1), box(45.5, 40.5, 42, 1)]
        turned = [affinity.rotate(s, angle, origin=(0, 0)) for s in shapes]
        assert (0, 1) in pairs_of(turned)


# --- odd shapes ----------------------------------------------------------------------------------


def test_overlapping_shapes_are_neighbours_and_contained_ones_are_not():
    assert joins(box(0, 0, 50, 50), box(30, 10, 50, 20), 2.0)
    assert joins(box(0, 20, 100, 10), box(45, -50, 10, 150), 2.0), "two bars crossing"
    assert joins(box(0, 0, 50, 50), box(0, 0, 50, 50), 2.0), "the same land twice"
    assert not joins(box(0, 0, 100, 100), box(40, 40, 20, 20), 2.0), "no boundary of the outer one"


def test_overlaps_with_corners_at_every_crossing_count_alike():
    flat, upright = box(0, 20, 100, 10), box(45, -50, 10, 150)
    west, east = [(45, 20), (45, 30)], [(55, 20), (55, 30)]
    noded = shapely.Polygon(
        [(0, 20), west[0], east[0], (100, 20), (100, 30), east[1], west[1], (0, 30)]
    )
    assert noded.equals(flat)
    # Each shows the other two runs of 10 m inside it and 4 m within reach outside it, which count
    # 10 + 4 - 2 · 2 m each.
    for shape in (flat, noded):
        assert joins(shape, upright, 2.0, min_edge_m=20.0)
        assert not joins(shape, upright, 2.0, min_edge_m=20.1)
        assert joins(shape, upright, 0.0, min_edge_m=20.0)


def test_long_thin_parcels_join_along_their_length_and_not_at_their_ends():
    road = box(0, 0, 3000, 0.8)
    assert joins(road, box(100, 0.8, 50, 50), 0.0)
    assert joins(road, box(100, 2.5, 50, 50), 2.0)
    assert not joins(road, box(3000, 0, 3000, 0.8), 0.0), "0.8 m of common edge"
    assert not joins(road, box(100, 2.9, 50, 50), 2.0)


def wavy(rng, base_m, waves):
    """A long shape of many corners whose northern edge runs about ``base_m``."""
    x = np.linspace(0, 300, waves)
    north = np.stack([x, base_m + rng.uniform(0, 1.5, waves)], axis=1)
    return shapely.Polygon([(300, base_m - 30), (0, base_m - 30), *north])


@pytest.mark.parametrize("seed", range(3))
def test_shapes_of_many_corners_join_as_by_the_plain_definition(seed):
    rng = np.random.default_rng(seed)
    lower, upper = wavy(rng, 0, 80), affinity.rotate(wavy(rng, 0, 80), 180, origin=(150, 2))
    for gap_m in (0.7, 1.5, 2.5, 6.0):
        margin = neighbour_margin_m(lower, upper, gap_m, 30.0, step_m=0.05)
        if abs(margin) > UNDECIDED_M:
            assert joins(lower, upper, gap_m, min_edge_m=30.0) == (margin > 0)


def test_a_divided_outline_gives_the_same_answer_as_the_plain_one():
    rng = np.random.default_rng(2)
    for _ in range(20):
        one = box(0, 0, *rng.uniform(5, 60, 2))
        two = affinity.rotate(box(*rng.uniform(-20, 60, 2), *rng.uniform(5, 60, 2)),
                              float(rng.uniform(0, 90)))  # fmt: skip
        dense = [shapely.segmentize(s, 0.37) for s in (one, two)]
        for gap_m in (0.0, 2.0, 9.0):
            assert joins(*dense, gap_m) == joins(one, two, gap_m)


def test_a_round_shape_shows_an_arc():
    # Wall and circle of radius 100 m touch: within g the circle shows 2 r acos(1 - g/r).
    circle = shapely.Point(0, 0).buffer(100, quad_segs=2000)
    wall = box(-300, -150, 600, 50)
    for gap_m in (0.1, 2.0, 20.0):
        wall_shows = 2 * math.sqrt((100 + gap_m) ** 2 - 100**2)
        circle_shows = 200 * math.acos(1 - gap_m / 100)
        most = min(wall_shows, circle_shows) - 2 * gap_m
        assert joins(wall, circle, gap_m, min_edge_m=most - 0.05)
        assert not joins(wall, circle, gap_m, min_edge_m=most + 0.05)


def test_parts_of_one_shape_are_taken_one_by_one():
    apart = shapely.MultiPolygon([box(0, 0, 20, 20), box(60, 0, 20, 20)])
    parts, of_shape, number = single_parts([apart, box(20, 0, 40, 20)])
    assert of_shape.tolist() == [0, 0, 1]
    assert number.tolist() == [1, 2, 0]
    assert pairs_of(list(parts)) == [(0, 2), (1, 2)]
    assert pairs_of(list(parts[:2])) == []


def test_nothing_and_one_shape_have_no_neighbours():
    assert pairs_of([]) == []
    assert pairs_of([box(0, 0, 9, 9)]) == []


def test_many_shapes_are_found_lot_by_lot_as_in_one():
    # 900 squares of 8 corners: more edges than are taken at once.
    grid = [shapely.segmentize(box(30 * i, 30 * j, 30, 30), 15) for j in range(30)
            for i in range(30)]  # fmt: skip
    across = {(30 * j + i, 30 * j + i + 1) for j in range(30) for i in range(29)}
    upward = {(30 * j + i, 30 * j + 30 + i) for j in range(29) for i in range(30)}
    assert set(pairs_of(grid)) == across | upward


@pytest.mark.parametrize(
    ("gap_m", "min_edge_m", "code"),
    [(-0.1, 5, "gap_out_of_range"), (50.1, 5, "gap_out_of_range"),
     (math.nan, 5, "gap_out_of_range"), (2, 0.09, "min_edge_out_of_range"),
     (2, 1001, "min_edge_out_of_range")],
)  # fmt: skip
def test_a_rule_out_of_range_is_refused(gap_m, min_edge_m, code):
    with pytest.raises(GeometryError) as caught:
        NeighbourRule(gap_m, min_edge_m)
    assert caught.value.code == code
