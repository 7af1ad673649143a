import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from geo import necks
from geo.errors import GeometryError
from geo.necks import parted_regions
from tests.strategies import seeded

FEW = settings(max_examples=40, deadline=None)
EXACT_M = 1e-5


def box(x, y, width, height):
    return shapely.box(x, y, x + width, y + height)


def dumb_bell(strip_m, length_m=40.0):
    """Two squares of 60 m, the strip between them runs along their middle."""
    strip = box(60, 30 - strip_m / 2, length_m, strip_m)
    return shapely.union_all([box(0, 0, 60, 60), strip, box(60 + length_m, 0, 60, 60)])


def areas(regions):
    return sorted((round(float(a), 6) for a in shapely.area(regions)), reverse=True)


def assert_divided(shape, regions):
    """The regions cover the shape, overlap nowhere, and stand largest first."""
    assert shapely.union_all(regions).symmetric_difference(shape).area == pytest.approx(0, abs=1e-4)
    assert shapely.area(regions).sum() == pytest.approx(shape.area, abs=1e-4)
    assert shapely.is_valid(regions).all()


# --- both sides of the width ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strip_m", "pieces"), [(9.9, 2), (10.0, 1), (10.1, 1), (0.5, 2), (9.999, 2), (10.001, 1)]
)
@pytest.mark.parametrize("angle", [0.0, 90.0])
def test_a_strip_narrower_than_the_width_parts_and_one_as_wide_does_not(strip_m, pieces, angle):
    regions = parted_regions(affinity.rotate(dumb_bell(strip_m), angle, origin=(0, 0)), 10.0)
    assert len(regions) == pieces


@pytest.mark.parametrize(("strip_m", "pieces"), [(9.9, 2), (10.1, 1)])
@pytest.mark.parametrize("angle", [17.0, 45.0, 73.3])
def test_the_same_holds_for_turned_shapes_far_from_the_origin(strip_m, pieces, angle):
    turned = affinity.rotate(dumb_bell(strip_m), angle, origin=(0, 0))
    there = affinity.translate(turned, 571_000, 3_403_000)
    regions = parted_regions(there, 10.0)
    assert len(regions) == pieces
    assert_divided(there, regions)


def test_a_strip_as_long_as_a_road_parts_like_a_short_one():
    for length_m in (0.5, 40.0, 900.0):
        assert len(parted_regions(dumb_bell(9.9, length_m), 10.0)) == 2
        assert len(parted_regions(dumb_bell(10.1, length_m), 10.0)) == 1


def test_what_nothing_parts_is_given_back_as_it_is():
    shape = dumb_bell(10.1)
    (region,) = parted_regions(shape, 10.0)
    assert region.equals(shape)


# --- no land is lost -----------------------------------------------------------------------------


def test_the_strip_goes_to_the_pieces_and_no_land_is_lost():
    shape = dumb_bell(9.0)
    regions = parted_regions(shape, 10.0)
    assert_divided(shape, regions)
    # Each takes its square back; the strip, 360 m², is shared out between them.
    assert sum(areas(regions)) == pytest.approx(7200 + 360)
    for region in regions:
        assert 3600 - EXACT_M <= region.area <= 3600 + 360


def test_a_strip_goes_to_the_piece_that_it_borders_most():
    # A tongue grows 30 m wide from the large square and narrows to 1 m at the small one.
    large, small = box(0, 0, 100, 100), box(-40, 140, 30, 30)
    tongue = shapely.Polygon([(40, 100), (70, 100), (-20, 140), (-21, 140)])
    shape = shapely.union_all([large, small, tongue])
    regions = parted_regions(shape, 12.0)
    assert len(regions) == 2
    assert_divided(shape, regions)
    assert regions[0].contains(large.buffer(-0.01))
    assert regions[1].area == pytest.approx(small.area, rel=0.05)
    assert regions[0].area == pytest.approx(large.area + tongue.area, rel=0.01)


def test_a_spur_stays_with_its_piece():
    spur = shapely.union_all([dumb_bell(5.0), box(20, 60, 4, 80)])
    regions = parted_regions(spur, 10.0)
    assert len(regions) == 2
    assert_divided(spur, regions)
    with_spur = max(regions, key=lambda region: region.bounds[3])
    assert with_spur.contains(box(20.5, 61, 3, 78))
    assert with_spur.contains(box(1, 1, 58, 58)), "the square that the spur grows from"


def test_a_spur_and_a_notch_part_nothing():
    square = box(0, 0, 60, 60)
    for shape in (
        square.difference(box(28, 20, 4, 40)),
        shapely.union_all([square, box(28, 60, 4, 40)]),
        square.difference(box(28, 10, 4, 40)),
    ):
        (region,) = parted_regions(shape, 10.0)
        assert region.equals(shape)


@pytest.mark.parametrize(("deep_m", "pieces"), [(49.9, 1), (50.1, 2)])
def test_a_notch_that_leaves_less_than_the_width_parts(deep_m, pieces):
    # What it leaves of 60 m: 10.1 m and 9.9 m.
    shape = box(0, 0, 160, 60).difference(box(70, 60 - deep_m, 20, 60))
    regions = parted_regions(shape, 10.0)
    assert len(regions) == pieces
    assert_divided(shape, regions)


def test_land_narrower_than_the_width_all_over_is_one_piece():
    shape = box(0, 0, 300, 8)
    (region,) = parted_regions(shape, 10.0)
    assert region.equals(shape)


def test_two_strips_side_by_side_are_each_too_narrow():
    squares = [box(0, 0, 60, 60), box(100, 0, 60, 60)]
    strips = [box(60, 10, 40, 9), box(60, 40, 40, 9)]
    shape = shapely.union_all([*squares, *strips])
    regions = parted_regions(shape, 10.0)
    assert len(regions) == 2
    assert_divided(shape, regions)
    wide = shapely.union_all([*squares, strips[0], box(60, 40, 40, 11)])
    assert len(parted_regions(wide, 10.0)) == 1


def test_a_chain_falls_into_all_its_pieces_largest_first():
    squares = [box(0, 0, 50, 50), box(80, 0, 80, 80), box(190, 0, 30, 30)]
    shape = shapely.union_all([*squares, box(50, 10, 30, 6), box(160, 10, 30, 6)])
    regions = parted_regions(shape, 10.0)
    assert_divided(shape, regions)
    held = [int(np.argmax(shapely.area(shapely.intersection(squares, r)))) for r in regions]
    assert held == [1, 0, 2]


# --- gaps bridged --------------------------------------------------------------------------------


@pytest.mark.parametrize(("gap_m", "pieces"), [(2.0, 1), (1.9, 2)])
def test_a_gap_up_to_the_one_bridged_is_filled(gap_m, pieces):
    shape = shapely.union_all([box(0, 0, 60, 60), box(62, 0, 60, 60)])
    regions = parted_regions(shape, 10.0, gap_m)
    assert len(regions) == pieces
    if pieces == 1:
        assert regions[0].area == pytest.approx(122 * 60, rel=1e-6)


def test_a_strip_bridged_counts_with_its_gap():
    # Two strips of 4 m with 2 m between them are 10 m wide together once the gap is filled.
    squares = [box(0, 0, 60, 60), box(100, 0, 60, 60)]
    shape = shapely.union_all([*squares, box(60, 20, 40, 4), box(60, 26, 40, 4)])
    assert len(parted_regions(shape, 10.0, 0.0)) == 2
    assert len(parted_regions(shape, 10.0, 2.0)) == 1
    assert len(parted_regions(shape, 10.1, 2.0)) == 2


# --- against the opening -------------------------------------------------------------------------


def squares_and_strips(rng):
    """Land in tens of metres and strips between, whose widths lie clear of those asked for."""
    shapes = [box(*rng.integers(0, 12, 2) * 20.0, *rng.integers(2, 5, 2) * 20.0) for _ in range(4)]
    for _ in range(int(rng.integers(1, 6))):
        width = float(rng.choice([2.0, 6.0, 12.0, 18.0]))
        x, y = (float(v) for v in rng.integers(0, 14, 2) * 20.0)
        long = float(rng.integers(3, 10) * 20)
        shapes.append(box(x, y, long, width) if rng.random() < 0.5 else box(x, y, width, long))
    whole = shapely.union_all(shapes)
    return max(shapely.get_parts(whole), key=lambda part: part.area)


@FEW
# Nor may a circle that fits where strips meet be as wide: in a T of two strips of 12 m it is 15 m.
@given(seeded(), st.sampled_from([4.0, 9.0, 16.0]))
def test_there_are_as_many_pieces_as_the_opening_has_and_each_holds_one(rng, width_m):
    shape = squares_and_strips(rng)
    cores = shapely.get_parts(shape.buffer(-(width_m / 2)))
    regions = parted_regions(shape, width_m)
    assert len(regions) == max(1, len(cores))
    assert_divided(shape, regions)
    if len(cores) > 1:
        for core in cores:
            assert sum(region.intersects(core.buffer(-0.01)) for region in regions) == 1
        for region in regions:
            assert sum(region.intersects(core.buffer(-0.01)) for core in cores) == 1
            assert region.within(shape.buffer(1e-6))


@FEW
@given(seeded())
def test_a_width_below_every_strip_parts_nothing(rng):
    shape = squares_and_strips(rng)
    (region,) = parted_regions(shape, 1e-3)
    assert region.equals(shape)


def test_squares_that_touch_along_a_wide_edge_are_one_piece_and_at_a_narrow_one_two():
    for shared_m, pieces in ((40.0, 1), (10.1, 1), (9.9, 2)):
        shape = box(0, 0, 60, 60) | box(60, 60 - shared_m, 60, 60)
        assert len(parted_regions(shape, 10.0)) == pieces


def holed(side, hole_m=5.0, step_m=10.0):
    """No two holes are of one size: no two pieces are equal."""
    places = [(step_m * i, step_m * j) for i in range(side) for j in range(side)]
    holes = [shapely.box(x, y, x + hole_m + n / 50, y + hole_m + n / 70)
             for n, (x, y) in enumerate(places)]  # fmt: skip
    return shapely.box(-5, -5, step_m * side, step_m * side).difference(shapely.union_all(holes))


@pytest.mark.parametrize("width_m", [3.0, 6.0, 9.0])
def test_a_shape_of_many_holes_is_parted_as_one_of_few(monkeypatch, width_m):
    shape = shapely.union_all([holed(6), shapely.box(200, 0, 260, 60).difference(
        shapely.Point(230, 30).buffer(8))])  # fmt: skip
    few = parted_regions(shape, width_m)
    monkeypatch.setattr(necks, "MANY_HOLES", 0)
    many = parted_regions(shape, width_m)
    assert len(many) == len(few)
    assert shapely.area(shapely.symmetric_difference(many, few)).max() == pytest.approx(0, abs=1e-6)


def test_so_many_pieces_of_so_long_an_outline_are_refused_with_both_numbers(monkeypatch):
    shape = holed(6)
    pieces, corners = len(parted_regions(shape, 6.0)), shapely.get_num_coordinates(shape)
    monkeypatch.setattr(necks, "MAX_NECK_TESTS", pieces * corners)
    assert len(parted_regions(shape, 6.0)) == pieces
    monkeypatch.setattr(necks, "MAX_NECK_TESTS", pieces * corners - 1)
    with pytest.raises(GeometryError) as caught:
        parted_regions(shape, 6.0)
    assert caught.value.code == "necks_too_many"
    assert (caught.value.values["pieces"], caught.value.values["corners"]) == (pieces, corners)
