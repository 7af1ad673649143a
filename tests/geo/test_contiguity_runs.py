"""Runs of boundary: contacts at points don't add up, pieces of common edge do."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from geo.contiguity import NeighbourRule, joining_gaps, neighbour_pairs
from geo.edges import NO_OBSTACLES, Obstacles
from tests.arrays import array_of
from tests.oracles import boundary_runs, contact_margin_m
from tests.strategies import arrangements, seeded

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "neighbours.json"
FEW = settings(max_examples=25, deadline=None)
AT_THE_LIMIT_M = 0.05
"""Round corners of buffers are polygons: what is nearer to the limit decides nothing."""


@pytest.fixture(autouse=True, params=["compiled", "plain"], scope="module")
def _kernels(request):
    """Every sentence holds with the compiled kernels and without them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("geo.contiguity.kernels_available", lambda: request.param == "compiled")
        yield


def box(x, y, width, height):
    return shapely.box(x, y, x + width, y + height)


def joins(one, two, gap_m, min_edge_m=5.0, obstacles=NO_OBSTACLES):
    rule = NeighbourRule(gap_m, min_edge_m)
    either_way = {
        len(neighbour_pairs(array_of(pair), rule, obstacles)[0]) == 1
        for pair in ((one, two), (two, one))
    }
    assert len(either_way) == 1
    return either_way.pop()


def gap_of(one, two, min_edge_m=5.0, obstacles=NO_OBSTACLES):
    found = joining_gaps(array_of([one, two]), min_edge_m, obstacles).gap_m.tolist()
    return found[0] if found else None


# --- contacts and pieces -------------------------------------------------------------------------

NOTCHED = box(0, 0, 300, 300).difference(box(100, 200, 100, 100))
"""A field with a notch of 100 m, open to the north."""

DIAMOND = shapely.Polygon([(150, 230), (200, 300), (150, 370), (100, 300)])
"""It touches the two corners of the notch, and nothing else."""


def test_parcels_that_touch_at_two_corners_only_do_not_join():
    assert NOTCHED.intersection(DIAMOND).length == 0
    for gap_m in (0.0, 0.5, 2.0):
        assert not joins(NOTCHED, DIAMOND, gap_m)


def test_two_square_corners_join_at_no_gap_below_half_the_land_between_them():
    # The prongs touch the plot at two corners 60 m apart: within g each shows 2 g and counts none.
    plot = box(0, 0, 60, 60)
    prongs = shapely.union_all(
        [box(-60, 60, 60, 40), box(-60, -40, 60, 40), box(-100, -40, 40, 140)]
    )
    assert plot.distance(prongs) == 0
    assert [round(m, 3) for m, _ in boundary_runs(plot, prongs, 10.0)] == [20, 20]
    for gap_m in (0.0, 2.0, 10.0, 29.9):
        assert not joins(plot, prongs, gap_m)
        assert not joins(plot, prongs, gap_m, obstacles=apart_by(covering=[box(-20, 20, 30, 5)]))


def test_pieces_of_common_edge_add_up():
    # 3 m and 2 m of common edge, 40 m apart: 5 m together.
    comb = shapely.union_all([box(0, 0, 3, 5), box(43, 0, 2, 5), box(0, -20, 45, 20)])
    wall = box(-50, 5, 200, 30)
    for gap_m in (0.0, 1.0, 4.0):
        assert joins(comb, wall, gap_m)
    assert not joins(comb, wall, 1.0, min_edge_m=5.1)


def test_a_void_narrower_than_the_gap_makes_one_run_of_two_contacts():
    # Two corners of two squares meet two of the others around a square void of 6 m: within the gap
    # all of its boundary is shown from both sides.
    lower = shapely.Polygon([(-40, -40), (6, -40), (6, 0), (0, 0), (0, 6), (-40, 6)])
    upper = shapely.Polygon([(6, 0), (46, 0), (46, 46), (0, 46), (0, 6), (6, 6)])
    assert not joins(lower, upper, 5.9)
    assert joins(lower, upper, 6.0)
    assert gap_of(lower, upper) == pytest.approx(6.0, abs=1e-5)


def test_a_run_that_passes_the_start_of_its_ring_is_one_run():
    # 6 m of common edge, half of it on either side of the start; two runs would count 2 m each.
    plot = shapely.Polygon([(0, 3), (0, 0), (20, 0), (20, 6), (0, 6)])
    field = shapely.Polygon([(0, -30), (0, 50), (-60, 50), (-60, -30)])
    for start in range(5):
        corners = list(plot.exterior.coords)[:-1]
        turned = shapely.Polygon(corners[start:] + corners[:start])
        assert joins(turned, field, 1.0)
        assert gap_of(turned, field) == 0.0
    shifted = affinity.translate(plot, 0.4, 0)
    assert gap_of(shifted, field) == pytest.approx(0.4, abs=1e-5)


def test_a_border_across_a_lane_is_found_although_it_is_drawn_with_noise():
    # At 10 m the border drawn ±5 cm is within the gap in pieces; each lies within 5 cm of it.
    rng = np.random.default_rng(7)
    x = np.linspace(0, 150, 31)
    north = np.stack([x, 10 + rng.uniform(-0.05, 0.05, 31)], axis=1)
    across = shapely.Polygon([*north, (150, 60), (0, 60)])
    field = box(0, -50, 150, 50)
    assert len(boundary_runs(across, field, 10.0)) > 3
    assert joins(field, across, 10.0)


def test_an_island_in_a_hole_joins_from_its_distance_on_and_stays_joined():
    lake = box(-60, -60, 120, 120).difference(box(-5, -5, 10, 10))
    island = box(-4, -4, 8, 8)
    assert gap_of(lake, island) == pytest.approx(1.0, abs=1e-5)
    for gap_m in (1.0, 4.0, 30.0, 50.0):
        assert joins(lake, island, gap_m)


def test_what_the_rule_does_not_promise_a_corner_narrower_than_the_gap_is_an_edge():
    # A corner of 90° standing on a straight edge shows √2 · 2 g and takes 5 + 2 g.
    stands = shapely.Polygon([(0, 0), (70, 70), (0, 140), (-70, 70)])
    wall = box(-300, -100, 600, 100)
    assert gap_of(stands, wall) == pytest.approx(5 / (2 * 2**0.5 - 2), abs=1e-4)


# --- beside obstacles ----------------------------------------------------------------------------


def apart_by(cutting=(), covering=()):
    owner = np.full(len(covering), -1, dtype=np.intp)
    return Obstacles(array_of(list(cutting)), array_of(list(covering)), owner)


@pytest.mark.parametrize("begins_m", [0.0, 3.1, 6.9])
def test_what_an_obstacle_hides_is_measured_finer_than_the_pieces_looked_at(begins_m):
    # Fronts of 20 m, 1 m apart, need 5 + 2 m. A building hides its length less a centimetre at
    # both ends, also where it begins with them; corners show at 2 m no more than that asks.
    one, two = box(0, 0, 20, 10), box(0, 11, 20, 10)
    for short_m, expected in ((0.0, True), (0.01, False)):
        hidden_m = 13 - 0.005 + short_m
        building = box(begins_m, 10.2, hidden_m + 0.02, 0.5)
        for gap_m in (1.0, 2.0):
            assert joins(one, two, gap_m, obstacles=apart_by(covering=[building])) is expected


def test_a_hidden_stretch_leaves_a_runs_length_and_does_not_break_it():
    # 20 m face each other 2 m apart. At 2 m nothing is taken off a run at that distance, hidden in
    # its middle or not: 9 m must stay clear, on whatever sides of what hides the rest.
    lower, upper = box(0, 0, 20, 40), box(0, 42, 20, 40)
    for hidden_m, expected in ((9.0, True), (13.0, False)):
        pond = box(10 - hidden_m / 2, 40.5, hidden_m, 1)
        assert joins(lower, upper, 2.0, obstacles=apart_by(covering=[pond])) is expected


def test_a_front_with_a_neighbour_over_its_end_joins_whichever_way_it_runs():
    # Fronts of 20 m, 2 m apart, of which a third field covers 2 m and the reach beyond: more than
    # 5 + 2 · 2 m stay clear. Turned, a corner is by rounding a little nearer to the other field by
    # one of its edges than by the edge before it.
    fields = [box(0, 0, 20, 8), box(0, 10, 20, 8), box(18, 6, 8, 8)]
    places = range(90)
    turned = [
        affinity.translate(affinity.rotate(field, 4 * k, origin=(0, 0)), 100 * k)
        for k in places
        for field in fields
    ]
    obstacles = Obstacles(array_of([]), array_of(turned), np.arange(len(turned)))
    for gap_m in (2.0, 3.0):
        rule = NeighbourRule(gap_m, 5.0)
        first, second = neighbour_pairs(array_of(turned), rule, obstacles)
        joined = set(zip(first.tolist(), second.tolist(), strict=True))
        assert [k for k in places if (3 * k, 3 * k + 1) not in joined] == []


@pytest.mark.parametrize(("opens_m_per_m", "expected"), [(3.5e-6, False), (1e-6, True)])
def test_a_wedge_of_micrometres_over_a_constraint_shows_its_contact_only(opens_m_per_m, expected):
    # What lies within 10 µm touches: 2.9 m of the first wedge and 10 m of the second, where 5 m are
    # asked. Farther out the wedge is a gap, and the constraint lies over it.
    lower = box(0, -50, 100, 50)
    upper = shapely.Polygon([(0, 0), (100, 100 * opens_m_per_m), (100, 50), (0, 50)])
    constraint = box(-100, -100, 300, 200)
    for gap_m in (0.001, 2.0):
        assert joins(lower, upper, gap_m)
        assert joins(lower, upper, gap_m, obstacles=apart_by(covering=[constraint])) is expected


def test_two_corner_contacts_do_not_join_beside_an_obstacle_either():
    pond = box(140, 210, 20, 10)
    obstacles = apart_by(cutting=[pond], covering=[box(-50, 240, 60, 5)])
    assert joins(NOTCHED, DIAMOND, 50.0, obstacles=NO_OBSTACLES)
    for gap_m in (0.5, 2.0):
        assert not joins(NOTCHED, DIAMOND, gap_m, obstacles=obstacles)


def test_a_void_that_a_ditch_divides_makes_no_run_of_two_contacts():
    lower = shapely.Polygon([(-40, -40), (6, -40), (6, 0), (0, 0), (0, 6), (-40, 6)])
    upper = shapely.Polygon([(6, 0), (46, 0), (46, 46), (0, 46), (0, 6), (6, 6)])
    ditch = shapely.LineString([(0, 6), (6, 0)])
    assert joins(lower, upper, 8.0)
    assert not joins(lower, upper, 8.0, obstacles=apart_by(cutting=[ditch]))


# --- for any shapes ------------------------------------------------------------------------------


@st.composite
def corner_chains(draw):
    """Two parcels of square cells that have corners in common, and no edge."""
    rng = draw(seeded())
    side = int(rng.integers(6, 12))
    owner = rng.integers(0, 4, (side, side))
    for _ in range(side * side):
        for row, column in zip(*np.nonzero(owner == 1), strict=True):
            beside = (
                owner[max(row - 1, 0) : row + 2, column],
                owner[row, max(column - 1, 0) : column + 2],
            )
            if any((cells == 2).any() for cells in beside):
                owner[row, column] = 0
    parcels = []
    for number in (1, 2):
        cells = [box(10 * c, 10 * r, 10, 10) for r, c in np.argwhere(owner == number).tolist()]
        land = shapely.union_all(cells) if cells else shapely.Polygon()
        parts = shapely.get_parts(land)
        parcels.append(parts.tolist())
    return parcels


@FEW
@given(corner_chains(), st.floats(0, 0.49))
def test_square_cells_that_touch_at_corners_only_never_join_below_half_a_cell(parcels, share):
    shapes = [part for parts in parcels for part in parts]
    first, second = neighbour_pairs(array_of(shapes), NeighbourRule(10 * share, 5.0))
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == []


@FEW
@given(arrangements())
def test_neighbours_at_a_gap_are_neighbours_at_every_larger_one(arrangement):
    shapes = array_of(arrangement[0])
    before = set()
    for gap_m in (0.0, 0.3, 0.6, 1.2, 2.0, 5.0, 9.0, 15.0, 30.0, 50.0):
        first, second = neighbour_pairs(shapes, NeighbourRule(gap_m, 5.0))
        now = set(zip(first.tolist(), second.tolist(), strict=True))
        assert before <= now
        before = now


@FEW
@given(arrangements())
def test_joining_gaps_are_where_the_runs_of_buffers_first_count_enough(arrangement):
    shapes = arrangement[0]
    found = joining_gaps(array_of(shapes), 5.0, most_gap_m=15.0)
    gaps = dict(
        zip(zip(found.first.tolist(), found.second.tolist(), strict=True), found.gap_m.tolist(),
            strict=True)
    )  # fmt: skip
    for pair in combinations(range(len(shapes)), 2):
        one, two = (shapes[i] for i in pair)
        joined_m = gaps.get(pair, np.inf)
        for gap_m in (0.0, 0.5, 2.0, 5.0, 15.0):
            if contact_margin_m(one, two, gap_m, 5.0) > AT_THE_LIMIT_M:
                assert joined_m <= gap_m
        if joined_m < np.inf:
            assert contact_margin_m(one, two, joined_m + 1e-3, 5.0) > -AT_THE_LIMIT_M


@FEW
@given(arrangements(), st.sampled_from([0.5, 2.0, 5.0, 15.0]))
def test_neighbours_show_as_much_together_as_the_sum_of_all_pieces_asks(arrangement, gap_m):
    shapes = arrangement[0]
    found = joining_gaps(array_of(shapes), 5.0, most_gap_m=gap_m)
    for one, two, joined_m in zip(
        found.first.tolist(), found.second.tolist(), found.gap_m.tolist(), strict=True
    ):
        for of, to in ((one, two), (two, one)):
            runs = boundary_runs(shapes[of], shapes[to], joined_m + 1e-4)
            shown_m = sum(metres for metres, _ in runs)
            assert shown_m >= 5.0 + 2 * joined_m - AT_THE_LIMIT_M


# --- cases ---------------------------------------------------------------------------------------


def cases():
    return json.loads(CASES.read_text(encoding="utf-8")) if CASES.exists() else []


@pytest.mark.skipif(not CASES.exists(), reason="the cases are not on this machine")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_given_cases_join_as_they_say(case):
    one, two = shapely.from_wkt([case["a"], case["b"]])
    assert joins(one, two, case["gap"], case["min_edge"]) is case["neighbours"]
