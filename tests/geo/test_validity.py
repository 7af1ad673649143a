import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.validity import repair

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
