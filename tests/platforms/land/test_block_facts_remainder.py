from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from geo.measure import ellipsoidal_area_m2
from geo.units import M2_PER_MU
from platforms.land.block_facts import net_land, net_pieces
from platforms.land.blocks import find_blocks
from platforms.land.search import BlockQuery, LandLayers
from tests.planning_frames import CITY_CRS, EAST, NORTH, UNITS, rect, rows_of
from tests.strategies import seeded

ALL_LAND = BlockQuery(min_mu=0.001)
FEW = settings(max_examples=10, deadline=None)


def layers_of(shapes, covers=(), barriers=(), decisions=()):
    """Parcels P0, P1 …, under blocking constraints."""
    parcels = [{"parcel_id": f"P{n}", "geometry": shape, "state": "cleared"}
               for n, shape in enumerate(shapes)]  # fmt: skip
    rows = [{"constraint_id": f"C{n}", "severity": "block", "applies": "inside", **cover}
            if isinstance(cover, dict)
            else {"constraint_id": f"C{n}", "severity": "block", "applies": "inside",
                  "geometry": cover}
            for n, cover in enumerate(covers)]  # fmt: skip
    return LandLayers(
        rows_of("land_parcels", parcels),
        rows_of("barriers", [{"barrier_id": f"B{n}", **row} for n, row in enumerate(barriers)]),
        rows_of("constraints", rows), rows_of("units", UNITS),
        rows_of("adjacency_decisions", list(decisions)),
    )  # fmt: skip


def pieces_of(layers, query=ALL_LAND):
    return net_pieces(find_blocks(layers, query), layers, query)


def m2(*shapes):
    return float(ellipsoidal_area_m2([shapely.union_all(list(shapes))], CITY_CRS)[0])


# --- pieces --------------------------------------------------------------------------------------


def test_a_block_under_no_constraint_is_one_piece_of_its_own_area():
    layers = layers_of([rect(0, 0, 100, 100), rect(100, 0, 100, 100)])
    (piece,) = pieces_of(layers).to_dict("records")
    assert piece["block_id"] == "LP-P0"
    assert piece["area_m2"] == pytest.approx(m2(rect(0, 0, 200, 100)), rel=1e-9)
    assert piece["area_mu"] == pytest.approx(piece["area_m2"] / M2_PER_MU, rel=1e-12)


def test_a_pipeline_across_a_block_leaves_its_pieces_the_largest_first():
    layers = layers_of([rect(0, 0, 300, 100)], [rect(100, -10, 20, 200)])
    found = pieces_of(layers)
    assert found["block_id"].tolist() == ["LP-P0", "LP-P0"]
    wanted = [m2(rect(120, 0, 180, 100)), m2(rect(0, 0, 100, 100))]
    assert found["area_m2"].tolist() == pytest.approx(wanted, rel=1e-9)


def test_what_two_constraints_cover_is_taken_off_once():
    covers = [rect(0, 0, 60, 100), rect(40, 0, 60, 100)]
    (piece,) = pieces_of(layers_of([rect(0, 0, 300, 100)], covers)).to_dict("records")
    assert piece["area_m2"] == pytest.approx(m2(rect(100, 0, 200, 100)), rel=1e-9)


def test_land_that_two_parcels_cover_counts_once():
    shapes = [rect(0, 0, 200, 100), rect(150, 0, 150, 100)]
    (piece,) = pieces_of(layers_of(shapes, [rect(0, 0, 50, 100)])).to_dict("records")
    assert piece["area_m2"] == pytest.approx(m2(rect(50, 0, 250, 100)), rel=1e-9)


def test_a_block_that_nothing_is_left_of_has_no_piece():
    covers = [rect(-10, -10, 400, 400)]
    assert len(pieces_of(layers_of([rect(0, 0, 100, 100)], covers))) == 0
    far = rect(5000, 0, 100, 100)
    found = pieces_of(layers_of([rect(0, 0, 100, 100), far], covers))
    assert found["block_id"].tolist() == ["LP-P1"]


def test_a_parcel_of_which_nothing_is_left_is_not_taken_into_the_search():
    layers = layers_of([rect(0, 0, 100, 100), rect(100, 0, 100, 100)], [rect(-10, -10, 110, 400)])
    found = find_blocks(layers, BlockQuery(min_mu=0.001, less_constraints=True))
    assert found.land.parts["parcel_id"].tolist() == ["P1"]
    assert found.taken_count == 1


def test_a_constraint_over_a_whole_parcel_parts_the_parcels_beside_it():
    shapes = [rect(100 * n, 0, 100, 100) for n in range(3)]
    found = pieces_of(layers_of(shapes, [rect(100, 0, 100, 100)]))
    assert found["area_m2"].tolist() == pytest.approx([m2(shapes[2]), m2(shapes[0])], rel=1e-6)


def test_pieces_of_several_blocks_stand_block_by_block():
    shapes = [rect(0, 0, 100, 100), rect(1000, 0, 300, 100), rect(2000, 0, 50, 50)]
    found = pieces_of(layers_of(shapes, [rect(20, -10, 10, 200), rect(1050, -10, 10, 200)]))
    assert found["block_id"].tolist() == ["LP-P0", "LP-P0", "LP-P1", "LP-P1", "LP-P2"]
    for one, other in pairwise(found.to_dict("records")):
        assert one["block_id"] < other["block_id"] or one["area_m2"] >= other["area_m2"]


@pytest.mark.parametrize("wide_m", [0.5, 1.9, 2.1])
def test_no_piece_is_joined_over_the_constraint_that_parts_it(wide_m):
    # Narrower than the gap bridged or not: the gap lies under a blocking constraint.
    found = pieces_of(layers_of([rect(0, 0, 300, 100)], [rect(100, -10, wide_m, 200)]))
    assert len(found) == 2


def test_pieces_of_two_parcels_that_touch_are_one():
    # The constraint takes the north of both: what is left of each touches the other's.
    shapes = [rect(0, 0, 100, 100), rect(100, 0, 100, 100)]
    (piece,) = pieces_of(layers_of(shapes, [rect(-10, 50, 400, 100)])).to_dict("records")
    assert piece["area_m2"] == pytest.approx(m2(rect(0, 0, 200, 50)), rel=1e-9)


@pytest.mark.parametrize(("left_m", "count"), [(5.1, 1), (4.9, 2)])
def test_pieces_hang_together_by_the_least_edge_of_the_query(left_m, count):
    # Of the common edge the constraint leaves the southernmost metres.
    shapes = [rect(0, 0, 100, 100), rect(100, 0, 100, 100)]
    layers = layers_of(shapes, [rect(90, left_m, 20, 200)])
    assert len(pieces_of(layers, BlockQuery(min_mu=0.001, gap_m=0.0))) == count


def test_pieces_are_bridged_by_the_gap_of_the_query_and_not_over_a_railway():
    shapes = [rect(0, 0, 100, 100), rect(101.5, 0, 100, 100), rect(0, 100, 201.5, 50)]
    covers = [rect(-10, 99, 400, 2)]
    apart = layers_of(shapes, covers)
    assert len(pieces_of(apart, BlockQuery(min_mu=0.001, gap_m=2.0))) == 2
    assert len(pieces_of(apart, BlockQuery(min_mu=0.001, gap_m=1.0))) == 3
    line = shapely.LineString([(EAST + 100.7, NORTH - 99), (EAST + 100.7, NORTH + 99.5)])
    railway = [{"geometry": line, "barrier_class": "railway"}]
    parted = layers_of(shapes, covers, railway)
    assert len(pieces_of(parted, BlockQuery(min_mu=0.001, gap_m=2.0))) == 3


def test_parcels_joined_by_hand_stay_joined_in_what_is_left_of_them():
    shapes = [rect(0, 0, 100, 100), rect(300, 0, 100, 100)]
    join = {"decision_id": "D1", "parcel_id": "P0", "other_parcel_id": "P1", "adjacency": "join",
            "decided_by": "王工", "reason": "现场踏勘"}  # fmt: skip
    layers = layers_of(shapes, [rect(0, 0, 20, 100)], decisions=[join])
    (piece,) = pieces_of(layers).to_dict("records")
    assert piece["area_m2"] == pytest.approx(m2(rect(20, 0, 80, 100), shapes[1]), rel=1e-9)


def test_constraints_that_only_warn_take_nothing():
    warning = {"geometry": rect(0, 0, 50, 100), "severity": "warn"}
    (piece,) = pieces_of(layers_of([rect(0, 0, 100, 100)], [warning])).to_dict("records")
    assert piece["area_m2"] == pytest.approx(m2(rect(0, 0, 100, 100)), rel=1e-9)


def test_a_growth_boundary_takes_what_lies_outside_it():
    growth = {"geometry": rect(-500, -500, 560, 1000), "applies": "outside",
              "constraint_kind": "urban_growth_boundary"}  # fmt: skip
    (piece,) = pieces_of(layers_of([rect(0, 0, 100, 100)], [growth])).to_dict("records")
    assert piece["area_m2"] == pytest.approx(m2(rect(0, 0, 60, 100)), rel=1e-9)


def test_without_blocks_there_are_no_pieces():
    layers = layers_of([rect(0, 0, 9, 9)], [rect(0, 0, 5, 5)])
    found = pieces_of(layers, BlockQuery(min_mu=100))
    assert len(found) == 0
    assert {"block_id", "area_m2", "area_mu"} <= set(found.columns)


# --- against the difference ----------------------------------------------------------------------


@FEW
@given(seeded())
def test_the_pieces_of_a_block_are_its_land_less_the_union_of_the_constraints(rng):
    shapes = [rect(*rng.integers(0, 12, 2) * 30.0, *rng.integers(2, 6, 2) * 30.0)
              for _ in range(6)]  # fmt: skip
    covers = [rect(*rng.uniform(0, 400, 2), *rng.uniform(5, 120, 2)) for _ in range(5)]
    layers = layers_of(shapes, covers)
    found = find_blocks(layers, ALL_LAND)
    pieces = net_pieces(found, layers, ALL_LAND)
    union = shapely.union_all(covers)
    for block_id, shape in zip(found.blocks["block_id"], found.blocks.geometry, strict=True):
        own = pieces[pieces["block_id"].eq(block_id)]
        left = shape.difference(union)
        together = shapely.union_all(own.geometry.to_numpy())
        assert together.symmetric_difference(left).area == pytest.approx(0, abs=1e-3)
        # A piece of two overlapping parcels may not be joined by their edges; land counts once
        # in each piece, so the sum is at least the union.
        assert own["area_m2"].sum() >= m2(left) * (1 - 1e-8) - 1e-4
    net = net_land(found.blocks, layers.constraints).net.set_index("block_id")["net_area_mu"]
    sums = pieces.groupby("block_id")["area_mu"].sum().reindex(net.index, fill_value=0.0)
    assert (sums.to_numpy() >= net.to_numpy() * (1 - 1e-8) - 1e-6).all()


@FEW
@given(seeded())
def test_parcels_that_only_touch_leave_pieces_that_add_up_to_the_net_area(rng):
    cut = np.cumsum(rng.integers(4, 12, 4)) * 10.0
    shapes = [rect(x, y, w, 100) for y in (0, 100)
              for x, w in zip(np.r_[0, cut[:-1]], np.diff(np.r_[0, cut]), strict=True)]  # fmt: skip
    covers = [rect(*rng.uniform(0, 300, 2), *rng.uniform(5, 120, 2)) for _ in range(4)]
    layers = layers_of(shapes, covers)
    found = find_blocks(layers, ALL_LAND)
    pieces = net_pieces(found, layers, ALL_LAND)
    net = net_land(found.blocks, layers.constraints).net.set_index("block_id")["net_area_mu"]
    sums = pieces.groupby("block_id")["area_mu"].sum().reindex(net.index, fill_value=0.0)
    assert sums.to_numpy() == pytest.approx(net.to_numpy(), rel=1e-8, abs=1e-6)


def test_the_layers_given_are_not_changed():
    layers = layers_of([rect(0, 0, 100, 100)], [rect(20, 0, 10, 100)])
    frames = [layers.parcels, layers.constraints]
    before = [shapely.to_wkb(frame.geometry.array).tolist() for frame in frames]
    pieces_of(layers)
    assert [shapely.to_wkb(frame.geometry.array).tolist() for frame in frames] == before
