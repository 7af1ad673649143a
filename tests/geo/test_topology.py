from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import affinity

from geo.errors import GeometryError
from geo.measure import ellipsoidal_area_m2
from geo.shape import inscribed_width_m
from geo.topology import KINDS, SAME_M, TopologyRule, pairs_with_common_land, topology
from geo.validity import repair
from tests.strategies import seeded

ZONING = Path(__file__).resolve().parents[3] / "shared" / "data" / "land" / "zoning_subset"
CITY = CRS(4549)
EAST, NORTH = 571_000.0, 3_403_000.0
FEW = settings(max_examples=30, deadline=None)
# Whole metres lie on neither side of these by rounding.
BETWEEN = TopologyRule(min_overlap_m2=0.5, max_gap_m=2.5, max_gap_m2=30.5, min_width_m=1.5)


@pytest.fixture(autouse=True, params=["compiled", "plain"], scope="module")
def kernels(request):
    """Every sentence holds with the compiled kernels and without them."""
    with pytest.MonkeyPatch.context() as patch:
        for room in ("overlay", "union", "contiguity"):
            patch.setattr(f"geo.{room}.kernels_available", lambda: request.param == "compiled")
        yield request.param


def box(x, y, width, height):
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def square(x, y):
    return box(x, y, 10, 10)


def array(shapes):
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return held


def found(shapes, **rule):
    return topology(array(shapes), CITY, TopologyRule(**rule)).findings


def told(shapes, **rule):
    return [(one.kind, one.rows) for one in found(shapes, **rule)]


def area_m2(shape):
    return float(ellipsoidal_area_m2([shape], CITY)[0])


def boxes_of(rng, count):
    """Boxes on whole metres, so that they touch, overlap, coincide and leave slits."""
    shapes = []
    for _ in range(count):
        shape = box(*rng.integers(0, 24, 2).astype(float), *rng.integers(1, 14, 2).astype(float))
        shapes.append(shapes[-1] if shapes and rng.random() < 0.1 else shape)
    return shapes


# --- overlaps ------------------------------------------------------------------------------------


def test_two_squares_overlap_by_a_metre():
    (one,) = found([square(0, 0), square(9, 0)])
    assert (one.kind, one.rows) == ("overlap", (0, 1))
    assert one.shape.equals(box(9, 0, 1, 10))
    assert one.area_m2 == pytest.approx(area_m2(box(9, 0, 1, 10)), rel=1e-8)
    assert one.width_m == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("least_m2", "listed", "small"), [(9.9, 1, 0), (10.1, 0, 1), (0.0, 1, 0)])
def test_an_overlap_below_the_least_area_is_counted_not_listed(least_m2, listed, small):
    shapes = array([square(0, 0), square(9, 0)])
    answer = topology(shapes, CITY, TopologyRule(min_overlap_m2=least_m2))
    assert (len(answer.findings), answer.small_overlaps) == (listed, small)


def test_squares_that_share_a_side_or_a_corner_have_no_fault():
    assert told([square(0, 0), square(10, 0), square(20, 10)], min_overlap_m2=0.0) == []


def test_a_shape_within_another_overlaps_it_by_all_of_itself():
    (one,) = found([box(0, 0, 60, 60), box(20, 20, 10, 5)])
    assert (one.kind, one.rows) == ("overlap", (0, 1))
    assert one.shape.equals(box(20, 20, 10, 5))
    assert one.width_m == pytest.approx(5.0, abs=1e-3)


def test_three_shapes_over_one_place_are_three_pairs():
    assert told([square(0, 0), square(5, 0), square(0, 5)]) == [
        ("overlap", (0, 1)), ("overlap", (0, 2)), ("overlap", (1, 2)),
    ]  # fmt: skip


def test_an_overlap_holds_land_only_where_the_two_touch_elsewhere_too():
    bracket = box(0, 0, 10, 50) | box(0, 0, 40, 10) | box(0, 40, 40, 10)
    other = box(30, 5, 20, 35)
    (one,) = found([bracket, other])
    assert one.shape.geom_type in ("Polygon", "MultiPolygon")
    assert one.shape.area == pytest.approx(50.0)


@FEW
@given(seeded(), st.floats(0, 90))
def test_what_two_shapes_overlap_is_the_sum_of_their_areas_less_their_union(rng, angle):
    one, two = boxes_of(rng, 2)
    two = affinity.rotate(two, angle)
    overlaps = [f for f in found([one, two], min_overlap_m2=0.0) if f.kind == "overlap"]
    common_m2 = area_m2(one) + area_m2(two) - area_m2(one | two)
    # A box hardly turned is the other one, drawn again.
    same = shapely.hausdorff_distance(one.exterior, two.exterior) <= SAME_M
    assert sum(f.area_m2 for f in overlaps) == pytest.approx(0 if same else common_m2, abs=1e-4)


# --- duplicates ----------------------------------------------------------------------------------


def turned(shape, start):
    """Give the same square from another corner, against its direction."""
    points = list(shape.exterior.coords)[:-1]
    return shapely.Polygon((points[start:] + points[:start])[::-1])


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_a_duplicate_from_another_corner_is_no_overlap_as_well(start):
    (one,) = found([square(0, 0), square(50, 0), turned(square(0, 0), start)])
    assert (one.kind, one.rows) == ("duplicate", (0, 2))
    assert one.area_m2 == pytest.approx(area_m2(square(0, 0)), rel=1e-8)
    assert one.shape.equals(square(0, 0))


def test_a_corner_more_on_a_side_makes_no_other_shape():
    more = shapely.segmentize(square(0, 0), 3.0)
    assert told([square(0, 0), more]) == [("duplicate", (0, 1))]


@pytest.mark.parametrize(("off_m", "kind"), [(0.0009, "duplicate"), (0.0011, "overlap")])
def test_outlines_a_millimetre_apart_are_the_same(off_m, kind):
    assert told([square(0, 0), square(off_m, 0)]) == [(kind, (0, 1))]


def test_a_small_notch_in_a_large_shape_makes_another_shape():
    field = box(0, 0, 2000, 2000)
    notched = field - box(0, 0, 1, 1)
    assert told([field, notched]) == [("overlap", (0, 1))]


def test_duplicates_are_one_group_and_overlap_a_third_one_by_one():
    assert told([square(0, 0), square(5, 0), square(0, 0), square(0, 0)]) == [
        ("duplicate", (0, 2, 3)), ("overlap", (0, 1)), ("overlap", (1, 2)), ("overlap", (1, 3)),
    ]  # fmt: skip


# --- gaps ----------------------------------------------------------------------------------------

RING = [square(x, y) for y in (0, 10, 20) for x in (0, 10, 20) if (x, y) != (10, 10)]


def test_the_empty_ninth_of_nine_squares_is_a_gap_of_the_four_along_it():
    (one,) = found(RING)
    assert (one.kind, one.rows) == ("gap", (1, 3, 4, 6))
    assert one.shape.equals(square(10, 10))
    assert one.area_m2 == pytest.approx(area_m2(square(10, 10)), rel=1e-8)
    assert one.width_m == pytest.approx(10.0, abs=1e-3)


@pytest.mark.parametrize(("most_m2", "gaps"), [(99.0, 0), (101.0, 1), (0.0, 0)])
def test_enclosed_land_is_a_gap_up_to_an_area(most_m2, gaps):
    assert len(told(RING, max_gap_m2=most_m2)) == gaps


def test_the_hole_of_one_shape_is_no_gap():
    assert told([square(0, 0) - box(4, 4, 2, 2), square(10, 0)]) == []


def test_a_hole_filled_but_for_a_slit_is_a_gap():
    court, filling = box(0, 0, 60, 60) - box(20, 20, 20, 20), box(20.5, 20.5, 19, 19)
    (one,) = found([court, filling])
    assert (one.kind, one.rows) == ("gap", (0, 1))
    assert one.shape.area == pytest.approx(400 - 361, abs=1e-3)
    assert one.width_m == pytest.approx(0.5 * 2**0.5 / (1 + 2**0.5) * 2, abs=0.02)


def test_an_island_far_from_the_walls_leaves_a_wide_gap_where_little_land_is_left():
    court, island = box(0, 0, 60, 60) - box(20, 20, 14, 14), box(25, 25, 4, 4)
    (one,) = found([court, island])
    assert (one.kind, one.rows) == ("gap", (0, 1))
    assert one.shape.equals(box(20, 20, 14, 14) - island)
    assert told([court, island], max_gap_m2=179.0) == []


@pytest.mark.parametrize("angle", [0.0, 17.3, 45.0])
def test_a_slit_between_two_squares_is_a_gap(angle):
    shapes = [
        affinity.rotate(s, angle, origin=(EAST, NORTH)) for s in (square(0, 0), square(10.5, 0))
    ]
    (one,) = found(shapes)
    assert (one.kind, one.rows) == ("gap", (0, 1))
    assert one.area_m2 == pytest.approx(area_m2(box(10, 0, 0.5, 10)), rel=1e-4)
    assert one.width_m == pytest.approx(0.5, abs=2e-3)


@pytest.mark.parametrize(("most_m", "gaps"), [(0.0, 0), (0.49, 0), (0.5, 1), (0.51, 1), (50.0, 1)])
def test_a_slit_is_a_gap_up_to_its_width(most_m, gaps):
    assert len(told([square(0, 0), square(10.5, 0)], max_gap_m=most_m)) == gaps


def test_a_slit_below_the_least_area_is_counted_not_listed():
    shapes = array([square(0, 0), square(10.05, 0)])
    assert topology(shapes, CITY).findings == ()
    assert topology(shapes, CITY).small_gaps == 1


def test_a_slit_as_long_as_the_shorter_side_and_no_longer():
    (one,) = found([box(0, 0, 10, 40), box(10.5, 12, 10, 7)])
    assert one.shape.symmetric_difference(box(10, 12, 0.5, 7)).area < 1e-4


def test_a_notch_of_one_shape_is_no_gap():
    assert told([box(0, 0, 40, 40) - box(10, 30, 1, 10), box(40, 0, 10, 40)]) == []


def test_parts_of_one_row_half_a_metre_apart_have_a_gap():
    pair = shapely.MultiPolygon([square(0, 0), square(10.5, 0)])
    assert told([square(90, 0), pair]) == [("gap", (1,))]


def test_a_slit_filled_by_a_third_shape_is_none():
    assert told([square(0, 0), square(11.5, 0), box(10, 0, 1.5, 10)]) == []


def test_a_long_slit_that_is_enclosed_is_listed_once():
    shapes = [box(0, 0, 400, 10), box(0, 11, 400, 10), box(-10, 0, 10, 21), box(400, 0, 10, 21)]
    for most_m2 in (300.0, 500.0):
        (one,) = found(shapes, max_gap_m2=most_m2)
        assert one.rows == (0, 1, 2, 3)
        assert one.shape.symmetric_difference(box(0, 10, 400, 1)).area < 1e-3


# --- slivers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("least_m", "slivers"), [(0.0, 0), (0.49, 0), (0.5, 0), (0.51, 1), (1, 1)])
def test_a_strip_is_a_sliver_below_the_least_width(least_m, slivers):
    faults = found([box(0, 0, 0.5, 100), box(50, 0, 30, 30)], min_width_m=least_m)
    assert [(one.kind, one.rows) for one in faults] == [("sliver", (0,))] * slivers
    for one in faults:
        assert one.width_m == pytest.approx(0.5, abs=1e-3)
        assert one.area_m2 == pytest.approx(area_m2(box(0, 0, 0.5, 100)), rel=1e-8)


def test_a_long_road_is_a_sliver_only_where_compactness_is_asked_for():
    road = box(0, 0, 6, 600)
    loose = 4 * np.pi * road.area / road.length**2
    assert told([road]) == []
    assert told([road], min_compactness=loose * 0.99) == []
    assert told([road], min_compactness=loose * 1.01) == [("sliver", (0,))]


def test_a_narrow_part_of_a_wide_shape_is_listed_alone():
    (one,) = found([shapely.MultiPolygon([square(0, 0), box(50, 0, 0.4, 20)])])
    assert (one.kind, one.rows) == ("sliver", (0,))
    assert one.shape.equals(box(50, 0, 0.4, 20))


@FEW
@given(st.floats(0.2, 30), st.floats(0.2, 30), st.floats(0, 90))
@example(29.838161349058854, 29.838161378897016, 0.7966814925327003)
def test_the_width_of_a_rectangle_is_its_shorter_side(width, height, angle):
    shape = affinity.rotate(box(0, 0, width, height), angle)
    shorter = min(width, height)
    assert inscribed_width_m([shape])[0] == pytest.approx(shorter, abs=1e-3 + 1e-4 * shorter)


# --- shapes without land, broken outlines, systems -----------------------------------------------


@pytest.mark.filterwarnings("ignore:invalid value")
def test_missing_and_empty_shapes_are_listed_and_passed_over():
    shapes = [
        None, square(0, 0), shapely.Polygon(), shapely.Point(EAST, NORTH), square(9, 0),
        shapely.Polygon([(0, 0), (1, np.nan), (1, 1)]),
    ]  # fmt: skip
    faults = found(shapes)
    assert [(one.kind, one.rows) for one in faults] == [
        ("empty", (0,)), ("empty", (2,)), ("empty", (3,)), ("empty", (5,)), ("overlap", (1, 4)),
    ]  # fmt: skip
    assert faults[0].shape is None
    assert np.isnan(faults[0].area_m2)


def test_a_broken_outline_is_listed_and_looked_at_as_mended():
    bow_tie = shapely.Polygon(
        [(EAST, NORTH), (EAST + 20, NORTH + 20), (EAST + 20, NORTH), (EAST, NORTH + 20)]
    )
    faults = found([bow_tie, box(0, 0, 5, 20)])
    assert [(one.kind, one.rows) for one in faults] == [("invalid", (0,)), ("overlap", (0, 1))]
    assert "Self-intersection" in faults[0].reason
    assert faults[0].shape.area == pytest.approx(200.0)
    assert faults[1].shape.area == pytest.approx(75.0)


def test_no_shapes_have_no_faults():
    assert told([]) == []
    assert told([None]) == [("empty", (0,))]


@pytest.mark.parametrize("crs", [4490, 4326, 2277, None])
def test_degrees_and_feet_are_refused(crs):
    with pytest.raises(GeometryError) as error:
        topology([square(0, 0)], None if crs is None else CRS(crs))
    assert error.value.code == ("crs_missing" if crs is None else "crs_not_projected")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("min_overlap_m2", -1.0, "topology_out_of_range"),
        ("min_overlap_m2", float("nan"), "topology_out_of_range"),
        ("max_gap_m", -0.1, "gap_out_of_range"),
        ("max_gap_m", 50.1, "gap_out_of_range"),
        ("max_gap_m2", -1.0, "topology_out_of_range"),
        ("min_width_m", -1.0, "topology_out_of_range"),
        ("min_width_m", 100.1, "topology_out_of_range"),
        ("min_compactness", 1.1, "topology_out_of_range"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(name, value, code):
    with pytest.raises(GeometryError) as error:
        TopologyRule(**{name: value})
    assert error.value.code == code


# --- whatever the shapes -------------------------------------------------------------------------


def as_set(faults, row=lambda place: place):
    """Findings without their order: kind, rows, area and width rounded."""
    return sorted(
        (f.kind, tuple(sorted(row(place) for place in f.rows)), round(f.area_m2, 1),
         round(f.width_m, 1)) for f in faults if f.kind != "duplicate"
    )  # fmt: skip


@FEW
@given(seeded())
def test_the_order_of_rows_changes_no_fault(rng):
    shapes = boxes_of(rng, 9)
    order = rng.permutation(len(shapes))
    one = topology(array(shapes), CITY, BETWEEN)
    two = topology(array([shapes[i] for i in order]), CITY, BETWEEN)
    assert as_set(one.findings) == as_set(two.findings, lambda place: int(order[place]))
    kinds = [f.kind for f in one.findings]
    assert kinds == sorted(kinds, key=KINDS.index)


@FEW
@given(seeded(), st.integers(-2000, 2000), st.integers(-2000, 2000))
def test_land_moved_as_a_whole_has_the_same_faults(rng, east, north):
    shapes = boxes_of(rng, 9)
    moved = [affinity.translate(s, east, north) for s in shapes]
    one, two = (topology(array(some), CITY, BETWEEN).findings for some in (shapes, moved))
    assert [(f.kind, f.rows) for f in one] == [(f.kind, f.rows) for f in two]
    assert [f.area_m2 for f in one] == pytest.approx([f.area_m2 for f in two], rel=1e-3)


@FEW
@given(seeded())
def test_a_gap_holds_no_land_of_any_shape_and_no_gap_holds_another(rng):
    shapes = boxes_of(rng, 9)
    gaps = [f.shape for f in topology(array(shapes), CITY, BETWEEN).findings if f.kind == "gap"]
    land = shapely.union_all(shapes)
    for place, gap in enumerate(gaps):
        assert gap.intersection(land).area < 1e-3
        for other in gaps[place + 1 :]:
            assert gap.intersection(other).area < 1e-3


@FEW
@given(seeded())
def test_the_shapes_given_stay_as_they_are(rng):
    shapes = array([*boxes_of(rng, 6), None])
    before = shapely.to_wkb(shapes).tolist()
    topology(shapes, CITY)
    assert shapely.to_wkb(shapes).tolist() == before


# --- real plans ----------------------------------------------------------------------------------


@pytest.mark.skipif(not ZONING.exists(), reason="the zoning plans are not on this machine")
def test_faults_of_real_zoning_plans(kernels):
    if kernels == "plain":
        pytest.skip("looked at once")
    drawn = np.asarray(
        gpd.read_parquet(ZONING / "zoning_28plans.parquet").geometry.array, dtype=object
    )
    answer = topology(drawn, CRS(3826))
    by_kind = {kind: [f for f in answer.findings if f.kind == kind] for kind in KINDS}
    assert len(by_kind["invalid"]) == 9
    assert (by_kind["empty"], by_kind["duplicate"]) == ([], [])
    mended, _ = repair(drawn)
    first, second = shapely.STRtree(mended).query(mended, predicate="intersects")
    first, second = first[first < second], second[first < second]
    common_m2 = ellipsoidal_area_m2(shapely.intersection(mended[first], mended[second]), CRS(3826))
    pairs = {(int(one), int(two)) for one, two in
             zip(first[common_m2 >= 1], second[common_m2 >= 1], strict=True)}  # fmt: skip
    assert {f.rows for f in by_kind["overlap"]} == pairs
    assert len(pairs) == 131
    assert len(by_kind["gap"]) == pytest.approx(102, abs=2)
    assert len(by_kind["sliver"]) == pytest.approx(147, abs=2)
    gaps = np.array([f.shape for f in by_kind["gap"]], dtype=object)
    gap, row = shapely.STRtree(mended).query(gaps, predicate="intersects")
    assert shapely.area(shapely.intersection(gaps[gap], mended[row])).max() < 1e-3


# --- heaps of copies -----------------------------------------------------------------------------


def test_a_heap_of_copies_is_one_duplicate_and_overlaps_others_copy_by_copy(monkeypatch):
    # Three copies, one of them written from another corner, and a square over half of each.
    copies = [box(0, 0, 10, 10), shapely.Polygon(box(0, 0, 10, 10).exterior.coords[1:]),
              box(0, 0, 10, 10)]  # fmt: skip
    faults = found([*copies[:2], box(5, 0, 10, 10), copies[2]])
    assert [(fault.kind, fault.rows) for fault in faults] == [
        ("duplicate", (0, 1, 3)), ("overlap", (0, 2)), ("overlap", (1, 2)), ("overlap", (2, 3)),
    ]  # fmt: skip


def test_a_gap_names_the_copies_that_lie_along_it():
    # 0.5 m between two squares, the first of them twice.
    faults = found([box(0, 0, 10, 10), box(10.5, 0, 10, 10), box(0, 0, 10, 10)])
    assert [(fault.kind, fault.rows) for fault in faults] == [
        ("duplicate", (0, 2)), ("gap", (0, 1, 2)),
    ]  # fmt: skip


def test_the_hole_of_a_copied_shape_is_no_gap():
    ring = shapely.difference(box(0, 0, 30, 30), box(10, 10, 5, 5))
    assert [fault.kind for fault in found([ring, ring])] == ["duplicate"]


def test_more_overlaps_than_the_limit_are_refused_before_they_are_written_down(monkeypatch):
    # Two heaps of 3 copies each, one over half of the other: 9 pairs besides the copies.
    heaps = array([box(0, 0, 10, 10)] * 3 + [box(5, 0, 10, 10)] * 3)
    areas = np.full(6, 100.0)
    monkeypatch.setattr("geo.topology.pairs_limit", lambda count: 9)
    first, second, common_m2 = pairs_with_common_land(heaps, areas, CRS(4549))
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == sorted(
        [(i, j) for i in range(3) for j in range(3, 6)] + [(0, 1), (0, 2), (3, 4), (3, 5)]
    )
    assert common_m2.min() == pytest.approx(50, rel=1e-3)
    monkeypatch.setattr("geo.topology.pairs_limit", lambda count: 8)
    with pytest.raises(GeometryError) as caught:
        pairs_with_common_land(heaps, areas, CRS(4549))
    assert (caught.value.code, dict(caught.value.values)) == (
        "pairs_too_many", {"shapes": 6, "limit": 8},
    )  # fmt: skip


def test_edges_along_a_gap_are_measured_though_outlines_are_taken_in_runs(monkeypatch):
    # Holes of 10 m in one shape, each filled but for half a metre at its side.
    whole, inner = box(0, 0, 100, 20), []
    for x in (5, 25, 45):
        whole = shapely.difference(whole, box(x, 5, 10, 10))
        inner.append(box(x, 5, 9.5, 10))
    expected = [
        (fault.kind, fault.rows, round(fault.area_m2, 3)) for fault in found([whole, *inner])
    ]
    assert [kind for kind, _, _ in expected] == ["gap"] * 3
    monkeypatch.setattr("geo.topology.SIDES_IN_A_RUN", 2)
    assert [
        (fault.kind, fault.rows, round(fault.area_m2, 3)) for fault in found([whole, *inner])
    ] == expected
