import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.validity import repair, tangled

FEW = settings(max_examples=50, deadline=None)
POINTS = st.tuples(st.integers(0, 20), st.integers(0, 20))


def repaired(*shapes):
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return repair(held)


def test_valid_and_missing_shapes_pass_untouched():
    square, line = shapely.box(0, 0, 5, 5), shapely.LineString([(0, 0), (1, 1)])
    mended, ledger = repaired(square, None, line, shapely.Polygon())
    assert mended[0] is square
    assert mended[1] is None
    assert mended[2] is line
    assert ledger == []


def test_a_bow_tie_becomes_its_two_wings():
    bow_tie = shapely.Polygon([(0, 0), (4, 4), (4, 0), (0, 4)])
    mended, ledger = repaired(shapely.box(0, 0, 1, 1), bow_tie)
    assert mended[1].equals(shapely.MultiPolygon([
        shapely.Polygon([(0, 0), (2, 2), (0, 4)]), shapely.Polygon([(4, 0), (4, 4), (2, 2)]),
    ]))  # fmt: skip
    assert (ledger[0].position, ledger[0].area_before_m2, ledger[0].area_after_m2) == (1, 0.0, 8.0)
    assert "Self-intersection" in ledger[0].reason


def test_a_spike_leaves_no_stray_line():
    spiked = shapely.Polygon([(0, 0), (10, 0), (10, 5), (30, 5), (10, 5), (10, 10), (0, 10)])
    mended, ledger = repaired(spiked)
    assert mended[0].equals(shapely.box(0, 0, 10, 10))
    assert mended[0].geom_type == "Polygon"
    assert ledger[0].area_after_m2 == 100.0


def test_a_ring_drawn_twice_keeps_its_land():
    ring = [(0, 0), (10, 0), (10, 10), (0, 10)]
    mended, ledger = repaired(shapely.Polygon([*ring, *ring]))
    assert mended[0].area == 100.0
    assert (ledger[0].area_before_m2, ledger[0].area_after_m2) == (200.0, 100.0)


def test_a_hole_outside_its_shell_is_listed():
    wrong = shapely.Polygon(shapely.box(0, 0, 4, 4).exterior, [shapely.box(6, 6, 8, 8).exterior])
    mended, ledger = repaired(wrong)
    assert mended[0].is_valid
    assert mended[0].intersection(shapely.box(0, 0, 4, 4)).area == 16.0
    assert ledger[0].position == 0


def test_a_shape_without_area_is_emptied_not_kept_as_a_line():
    flat = shapely.Polygon([(0, 0), (5, 0), (10, 0)])
    mended, ledger = repaired(flat)
    assert mended[0].is_empty
    assert ledger[0].area_after_m2 == 0.0


@FEW
@given(st.lists(POINTS, min_size=3, max_size=9))
def test_every_ring_becomes_valid_and_only_the_invalid_are_listed(points):
    drawn = shapely.Polygon(points)
    mended, ledger = repaired(drawn)
    assert mended[0].is_valid
    assert shapely.get_dimensions(mended[0]) in (-1, 2)
    assert len(ledger) == (not drawn.is_valid)
    for entry in ledger:
        assert entry.area_after_m2 == pytest.approx(mended[0].area)
        assert mended[0].difference(drawn.envelope.buffer(1e-9)).is_empty


def test_the_array_given_is_not_changed():
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    held = np.array([bow_tie], dtype=object)
    repair(held)
    assert held[0] is bow_tie


# --- outlines beyond repair ----------------------------------------------------------------------


@pytest.fixture(params=["compiled", "plain"])
def either_way(request, monkeypatch):
    if request.param == "plain":
        monkeypatch.setattr("geo.validity.kernels_available", lambda: False)


def row_of_bows(count):
    """Make an outline that crosses itself so many times: there and back along a row of bows."""
    there = [(x, x % 2) for x in range(count + 1)]
    back = [(x, 1 - x % 2) for x in range(count, -1, -1)]
    return shapely.Polygon(there + back)


def is_tangled(monkeypatch, shape, **limits):
    for name, limit in {"MAX_CROSSINGS": 2_000, **limits}.items():
        monkeypatch.setattr(f"geo.validity.{name}", limit)
    return tangled(np.array([None, shape, shapely.box(0, 0, 1, 1)], dtype=object)).tolist()


@pytest.mark.usefixtures("either_way")
def test_an_outline_is_tangled_from_one_crossing_more_than_allowed(monkeypatch):
    assert is_tangled(monkeypatch, row_of_bows(12), MAX_CROSSINGS=12) == [False, False, False]
    assert is_tangled(monkeypatch, row_of_bows(12), MAX_CROSSINGS=11) == [False, True, False]


@pytest.mark.usefixtures("either_way")
def test_corners_on_one_line_are_no_crossings_and_sides_that_fold_back_are(monkeypatch):
    # A bow tie whose sides have many corners crosses itself once, in the corner that they share
    # with nothing: sides of length 1 from 0 to 9 meet those from 9 to 0 at 4.5.
    up, down = [(k, k) for k in range(10)], [(k, 9 - k) for k in range(9, -1, -1)]
    assert is_tangled(monkeypatch, shapely.Polygon(up + down), MAX_CROSSINGS=1)[1] is False
    # There and back between two points, three times: every two sides lie on each other.
    folded = shapely.Polygon([(0, 0), (9, 0)] * 3 + [(4, 4)])
    assert is_tangled(monkeypatch, folded, MAX_CROSSINGS=5)[1] is True


@pytest.mark.usefixtures("either_way")
def test_sides_that_crowd_are_too_many_though_they_do_not_cross(monkeypatch):
    # Slanting teeth beside each other: boxes of all their sides meet, only the last two cross.
    teeth = [point for k in range(20) for point in ((k, 0), (k + 100, 100))]
    broken = shapely.Polygon([*teeth, (0, 50), (130, 60), (125, 0)])
    assert not broken.is_valid
    assert is_tangled(monkeypatch, broken, MAX_NEAR_SIDES=100, MAX_CROSSINGS=500)[1] is True
    assert is_tangled(monkeypatch, broken, MAX_NEAR_SIDES=2_000, MAX_CROSSINGS=500)[1] is False


def test_a_broken_outline_may_have_so_many_corners_and_a_valid_one_more(monkeypatch):
    shape = row_of_bows(40)
    corners = shapely.get_num_coordinates(shape)
    allowed = {"MAX_CROSSINGS": 100, "MAX_BROKEN_CORNERS": int(corners)}
    assert is_tangled(monkeypatch, shape, **allowed)[1] is False
    allowed["MAX_BROKEN_CORNERS"] -= 1
    assert is_tangled(monkeypatch, shape, **allowed)[1] is True
    assert is_tangled(monkeypatch, shapely.Point(0, 0).buffer(9, 64), **allowed)[1] is False


def test_a_tangled_outline_is_left_out_of_the_repair(monkeypatch):
    monkeypatch.setattr("geo.validity.MAX_CROSSINGS", 11)
    mended, ledger = repaired(row_of_bows(12), row_of_bows(2))
    assert mended[0] is None
    assert [entry.position for entry in ledger] == [1]
    # Two bows: a kite between the crossings at 0.5 and 1.5, and a half of one at each end.
    assert mended[1].area == pytest.approx(0.25 + 0.5 + 0.25)


def test_a_listener_ends_the_repair_between_two_outlines():
    heard = []

    def listen(share):
        heard.append(share)
        if len(heard) == 2:
            raise InterruptedError

    shapes = np.array([row_of_bows(2)] * 5, dtype=object)
    with pytest.raises(InterruptedError):
        repair(shapes, listen)
    assert heard == [0.0, 0.2]
