from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import MuPlanError
from geo.measure import ellipsoidal_area_m2, planar_area_m2
from geo.units import M2_PER_MU
from platforms.errors import PlanningError
from platforms.land.blocks import find_blocks
from platforms.land.search import BlockQuery, LandLayers, blocking_shapes
from tests.planning_frames import CITY_CRS, UNITS, rect, rect_of_mu, rows_of
from tests.strategies import jittered_rectangles, seeded

SERVICED = "road;water;power;levelled"
FEW = settings(max_examples=8, deadline=None)
ALL_LAND = BlockQuery(min_mu=0.001)


def parcel(parcel_id, shape, **values):
    return {"parcel_id": parcel_id, "geometry": shape, "state": "cleared", **values}


def layers_of(parcels, barriers=(), constraints=(), units=UNITS):
    return LandLayers(
        rows_of("land_parcels", list(parcels)),
        rows_of("barriers", [{"barrier_id": f"B{i}", **row} for i, row in enumerate(barriers)]),
        rows_of(
            "constraints", [{"constraint_id": f"C{i}", **row} for i, row in enumerate(constraints)]
        ),
        rows_of("units", list(units)),
    )


def blocks_of(parcels, query=ALL_LAND, **layers):
    return find_blocks(layers_of(parcels, **layers), query).blocks


def ids_of(blocks):
    return sorted(";".join(ids) for ids in blocks["parcel_ids"])


def mu_of(*shapes):
    return float(ellipsoidal_area_m2([shapely.union_all(shapes)], CITY_CRS)[0]) / M2_PER_MU


# --- thresholds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [100.0, 200.0])
@pytest.mark.parametrize(
    ("off_mu", "listed"),
    [(-0.0051, False), (-0.0049, True), (-0.0032, True), (0.0, True), (1e-4, True)],
)
def test_a_block_is_listed_where_it_is_printed_as_its_threshold_or_more(threshold, off_mu, listed):
    shape = rect_of_mu(100, 100, threshold + off_mu)
    blocks = blocks_of([parcel("A", shape)], BlockQuery(min_mu=threshold))
    assert len(blocks) == listed
    if listed:
        assert blocks["area_mu"].iloc[0] == pytest.approx(threshold + off_mu, rel=1e-10)


def test_the_area_is_ellipsoidal_with_the_planar_one_beside_it():
    shape = rect_of_mu(100, 100, 100.0)
    block = blocks_of([parcel("A", shape)], BlockQuery()).iloc[0]
    assert block["area_m2"] == pytest.approx(100 * M2_PER_MU, rel=1e-11)
    assert block["planar_area_mu"] == pytest.approx(planar_area_m2([shape])[0] / M2_PER_MU)
    assert block["planar_area_mu"] > block["area_mu"]


def registered(shape, area_m2, least_mu=100.0, **values):
    """What is listed of one parcel with a registered area [m²]."""
    row = parcel("A", shape, area_declared_m2=area_m2, **values)
    return blocks_of([row], BlockQuery(min_mu=least_mu))


PLANE_100 = rect(100, 100, 200.0, 100 * M2_PER_MU / 200)
"""100 亩 in the plane; the ellipsoid gives less, at most a thousandth."""


def test_a_registered_area_that_agrees_with_the_shape_meets_the_threshold():
    assert 99.99 < mu_of(PLANE_100) < 99.995
    (block,) = registered(PLANE_100, 100 * M2_PER_MU).to_dict("records")
    assert block["legal_mu"] == pytest.approx(100.0, rel=1e-9)
    assert block["area_mu"] == pytest.approx(mu_of(PLANE_100))
    assert block["area_basis"] == "registered"


@pytest.mark.parametrize(
    ("off_share", "listed"), [(0.0009, True), (0.0011, False), (-0.0011, False)]
)
def test_a_registered_area_off_by_more_than_a_thousandth_does_not_count(off_share, listed):
    # of both areas of the shape: the plane one is the greater
    shape = rect_of_mu(100, 100, 99.95)
    plane_m2 = float(planar_area_m2([shape])[0])
    base_m2 = plane_m2 if off_share > 0 else 99.95 * M2_PER_MU
    blocks = registered(shape, base_m2 * (1 + off_share))
    assert bool(len(blocks)) == listed


def test_only_parcels_taken_whole_count_with_their_registered_area():
    whole = rect_of_mu(100, 100, 120.0)
    cut = {"severity": "block", "constraint_kind": "permanent_farmland",
           "applies": "inside", "geometry": rect(100, 100, 20, 20)}  # fmt: skip
    row = parcel(
        "A", whole, area_declared_m2=120.05 * M2_PER_MU, utilities="road;water;power;levelled"
    )
    query = BlockQuery(net=True)
    (free,) = blocks_of([row], query).to_dict("records")
    (less,) = blocks_of([row], query, constraints=[cut]).to_dict("records")
    assert free["legal_mu"] == pytest.approx(120.05)
    assert (less["legal_mu"], less["area_basis"]) == (less["area_mu"], "ellipsoidal")


def test_a_block_of_99_mu_in_the_plane_of_100_is_not_listed():
    # 100 亩 in the plane are less on the ellipsoid, and it is the ellipsoid that counts.
    side = (100 * M2_PER_MU) ** 0.5
    assert len(blocks_of([parcel("A", rect(100, 100, side, side))], BlockQuery())) == 0


def test_land_covered_twice_counts_once():
    left, right = rect(0, 0, 200, 300), rect(100, 0, 200, 300)
    block = blocks_of([parcel("A", left), parcel("B", right)]).iloc[0]
    assert block["area_mu"] == pytest.approx(mu_of(rect(0, 0, 300, 300)))
    assert block["parcel_count"] == 2
    # 90 亩 each, 135 together: twice the common part would make it 180.
    assert len(blocks_of([parcel("A", left), parcel("B", right)], BlockQuery(min_mu=140))) == 0


def test_a_parcel_drawn_twice_is_one_block_of_its_own_size():
    shape = rect(0, 0, 250, 250)
    blocks = blocks_of([parcel("A", shape), parcel("B", shape)], BlockQuery(min_mu=90))
    assert ids_of(blocks) == ["A;B"]
    assert blocks["area_mu"].iloc[0] == pytest.approx(mu_of(shape))


def test_bridged_gaps_do_not_count():
    half = 50.0 * M2_PER_MU
    left, right = rect(0, 0, half / 200, 200), rect(half / 200 + 2, 0, half / 200, 200)
    parcels = [parcel("A", left), parcel("B", right)]
    block = blocks_of(parcels).iloc[0]
    assert ids_of(blocks_of(parcels)) == ["A;B"]
    assert block["area_mu"] == pytest.approx(mu_of(left) + mu_of(right))
    # With the 400 m² of the gap it would pass 100 亩.
    assert mu_of(left) + mu_of(right) < 100 < mu_of(left) + mu_of(right) + 400 / M2_PER_MU
    assert len(blocks_of(parcels, BlockQuery(min_mu=100))) == 0


# --- which parcels are taken ---------------------------------------------------------------------


def test_land_of_unknown_state_is_never_taken_and_is_counted():
    row = [parcel(i, rect(100 * n, 0, 100, 100), state=s)
           for n, (i, s) in enumerate([("A", "cleared"), ("B", None), ("C", "unknown"),
                                       ("D", "listed"), ("E", "planned")])]  # fmt: skip
    found = find_blocks(layers_of(row), ALL_LAND)
    assert ids_of(found.blocks) == ["A", "D"]
    assert (found.taken_count, found.unknown_state_count) == (2, 2)


def test_states_asked_for_are_taken_instead():
    row = [parcel(s, rect(100 * n, 0, 100, 100), state=s)
           for n, s in enumerate(["cleared", "planned", "approved", "listed"])]  # fmt: skip
    query = BlockQuery(min_mu=0.001, states=("planned", "approved"))
    assert ids_of(blocks_of(row, query)) == ["approved;planned"]


def test_parcels_not_admitted_stay_in_the_way():
    parcels = [parcel("A", rect(0, 0, 100, 100)), parcel("M", rect(100, 0, 1.5, 100)),
               parcel("B", rect(101.5, 0, 100, 100))]  # fmt: skip
    layers = layers_of(parcels)
    whole = find_blocks(layers, ALL_LAND)
    assert ids_of(whole.blocks) == ["A;B;M"]
    admitted = layers.parcels["parcel_id"].ne("M")
    assert ids_of(find_blocks(layers, ALL_LAND, admitted).blocks) == ["A", "B"]
    without = layers_of([parcels[0], parcels[2]])
    assert ids_of(find_blocks(without, ALL_LAND).blocks) == ["A;B"]


def test_net_land_needs_its_utilities_on_file():
    net = BlockQuery(min_mu=0.001, net=True, less_constraints=True)
    row = [parcel("A", rect(0, 0, 100, 100), utilities=SERVICED),
           parcel("B", rect(100, 0, 100, 100)),
           parcel("C", rect(200, 0, 100, 100), utilities="road;water"),
           parcel("D", rect(300, 0, 100, 100), utilities=SERVICED, state="listed")]  # fmt: skip
    assert ids_of(blocks_of(row, net)) == ["A"]
    assert ids_of(blocks_of(row)) == ["A;B;C;D"]


def test_a_blocking_constraint_is_cut_off_net_land():
    net = BlockQuery(min_mu=0.001, net=True, less_constraints=True)
    whole, cut = rect(0, 0, 300, 300), rect(200, -50, 200, 500)
    for severity, wanted in (("block", rect(0, 0, 200, 300)), ("warn", whole), (None, whole)):
        constraint = {"geometry": cut, "severity": severity, "applies": "inside",
                      "constraint_kind": "permanent_farmland"}  # fmt: skip
        block = blocks_of(
            [parcel("A", whole, utilities=SERVICED)], net, constraints=[constraint]
        ).iloc[0]
        assert block["area_mu"] == pytest.approx(mu_of(wanted))


def test_land_parted_by_a_constraint_is_no_longer_contiguous():
    pipeline = {"geometry": rect(140, -50, 20, 500), "severity": "block"}
    one = parcel("A", rect(0, 0, 300, 300))
    assert ids_of(blocks_of([one], constraints=[pipeline])) == ["A"]
    less = BlockQuery(min_mu=0.001, less_constraints=True)
    assert ids_of(blocks_of([one], less, constraints=[pipeline])) == ["A#1", "A#2"]
    assert len(blocks_of([one], BlockQuery(min_mu=120, less_constraints=True),
                         constraints=[pipeline])) == 0  # fmt: skip


def test_a_growth_boundary_holds_outside_its_outline():
    growth = {"geometry": rect(0, 0, 150, 1000), "severity": "block", "applies": "outside",
              "constraint_kind": "urban_growth_boundary"}  # fmt: skip
    more = {**growth, "geometry": rect(150, 0, 50, 1000)}
    less = BlockQuery(min_mu=0.001, less_constraints=True)
    one = [parcel("A", rect(0, 100, 300, 300))]
    inside = blocks_of(one, less, constraints=[growth]).iloc[0]
    assert inside["area_mu"] == pytest.approx(mu_of(rect(0, 100, 150, 300)))
    both = blocks_of(one, less, constraints=[growth, more]).iloc[0]
    assert both["area_mu"] == pytest.approx(mu_of(rect(0, 100, 200, 300)))
    far_off = {**growth, "geometry": rect(5000, 5000, 10, 10)}
    assert len(blocks_of(one, less, constraints=[far_off])) == 0


def test_outlines_of_different_kinds_each_hold_by_themselves():
    parcels = layers_of([parcel("A", rect(0, 0, 300, 300))]).parcels
    rows = [{"constraint_id": str(n), "geometry": shape, "severity": "block",
             "applies": "outside", "constraint_kind": kind}
            for n, (shape, kind) in enumerate([
                (rect(0, 0, 200, 300), "urban_growth_boundary"),
                (rect(100, 0, 200, 300), "industrial_control_line")])]  # fmt: skip
    covers = blocking_shapes(rows_of("constraints", rows), parcels)
    free = rect(0, 0, 300, 300) - shapely.union_all(covers)
    assert free.symmetric_difference(rect(100, 0, 100, 300)).area == pytest.approx(0)


# --- what parts and what joins -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("barrier_class", "joined"),
    [("expressway", False), ("railway", False), ("trunk_road", False), ("trunk_river", False),
     ("lane", True), ("ditch", True), (None, False)],
)  # fmt: skip
def test_trunk_barriers_part_land_and_lanes_do_not(barrier_class, joined):
    parcels = [parcel("A", rect(0, 0, 100, 100)), parcel("B", rect(101, 0, 100, 100))]
    line = shapely.LineString([(550_100.5, 3_399_000), (550_100.5, 3_401_000)])
    barriers = [{"geometry": line, "barrier_class": barrier_class}]
    assert ids_of(blocks_of(parcels, barriers=barriers)) == (["A;B"] if joined else ["A", "B"])


def test_the_width_of_a_line_counts():
    # The line runs 3 m west of the common edge: 8 m wide it lies over it, 4 m wide it doesn't.
    parcels = [parcel("A", rect(0, 0, 100, 100)), parcel("B", rect(100, 0, 100, 100))]
    line = shapely.LineString([(550_097, 3_399_000), (550_097, 3_401_000)])
    for width_m, joined in ((None, True), (4.0, True), (8.0, False)):
        barriers = [{"geometry": line, "barrier_class": "railway", "width_m": width_m}]
        assert len(blocks_of(parcels, barriers=barriers)) == (1 if joined else 2)


def test_parts_of_one_parcel_join_only_where_they_lie_together():
    apart = shapely.MultiPolygon([rect(0, 0, 100, 100), rect(300, 0, 100, 100)])
    blocks = blocks_of([parcel("A", apart), parcel("B", rect(100, 0, 50, 100))])
    assert ids_of(blocks) == ["A#1;B", "A#2"]
    both = blocks_of([parcel("A", apart), parcel("B", rect(100, 0, 200, 100))])
    assert ids_of(both) == ["A#1;A#2;B"]
    assert both["parcel_count"].iloc[0] == 2


def test_a_parcel_id_may_contain_a_hash():
    parcels = [parcel("2024#1", rect(0, 0, 100, 100)), parcel("2024#2", rect(100, 0, 100, 100))]
    blocks = blocks_of(parcels)
    assert ids_of(blocks) == ["2024#1;2024#2"]
    assert blocks["parcel_count"].iloc[0] == 2


def test_a_declared_area_is_missing_where_one_parcel_has_none():
    known = [parcel("A", rect(0, 0, 100, 100), area_declared_m2=10_000.0),
             parcel("B", rect(100, 0, 100, 100), area_declared_m2=20_000.0)]  # fmt: skip
    assert blocks_of(known)["declared_area_mu"].iloc[0] == pytest.approx(45.0)
    unknown = [known[0], {**known[1], "area_declared_m2": None}]
    assert np.isnan(blocks_of(unknown)["declared_area_mu"].iloc[0])


# --- units ---------------------------------------------------------------------------------------


def test_a_block_belongs_to_the_unit_with_its_largest_share():
    blocks = blocks_of([parcel("A", rect(19_700, 0, 1000, 100))])
    assert blocks["unit_id"].tolist() == ["S"]
    in_zone = blocks_of([parcel("A", rect(14_900, 16_000, 1000, 100))])
    assert in_zone["unit_id"].tolist() == ["Z"], "assessment counts a place under its zone"


def test_one_units_list_has_the_connected_part_inside_it():
    # 600 亩 across the border: 300 m of 1000 m lie in N, and a further parcel only touches there.
    across, behind = (
        parcel("A", rect(19_700, 0, 1000, 400)),
        parcel("B", rect(19_600, 400, 300, 90)),
    )
    layers = layers_of([across, behind])
    n = find_blocks(layers, BlockQuery(unit_id="N")).blocks
    assert ids_of(n) == ["A;B"]
    assert n["area_mu"].iloc[0] == pytest.approx(
        mu_of(rect(19_700, 0, 300, 400), rect(19_600, 400, 300, 90))
    )
    s = find_blocks(layers, BlockQuery(unit_id="S")).blocks
    assert ids_of(s) == ["A"]
    assert s["area_mu"].iloc[0] == pytest.approx(mu_of(rect(20_000, 0, 700, 400)))
    assert s["unit_id"].tolist() == ["S"]


def test_land_that_meets_only_in_another_unit_is_not_connected_inside():
    # A horseshoe open to the west: both arms in N, the bend in S.
    arms = [parcel("A", rect(19_000, 0, 1000, 100)), parcel("B", rect(19_000, 200, 1000, 100))]
    bend = parcel("C", rect(20_000, 0, 100, 300))
    layers = layers_of([*arms, bend])
    assert ids_of(find_blocks(layers, BlockQuery()).blocks) == ["A;B;C"]
    assert ids_of(find_blocks(layers, BlockQuery(unit_id="N")).blocks) == ["A", "B"]


def test_an_unknown_unit_is_refused_with_the_known_ones():
    with pytest.raises(PlanningError) as caught:
        blocks_of([parcel("A", rect(0, 0, 9, 9))], BlockQuery(unit_id="X"))
    assert caught.value.code == "unit_unknown"
    assert caught.value.values["known"] == "N, S, Z"


def test_land_outside_all_units_is_listed_without_a_unit():
    found = find_blocks(layers_of([parcel("A", rect(0, 50e3, 300, 300))]), BlockQuery())
    assert found.blocks["unit_id"].isna().all()
    assert len(found.by_unit) == 0


@FEW
@given(seeded())
def test_unit_shares_add_up_to_each_block(rng):
    corners = rng.uniform(19_000, 20_800, (12, 2)) - [0, 18_000]
    parcels = [parcel(f"P{i:02d}", rect(*c, *rng.uniform(50, 400, 2)))
               for i, c in enumerate(corners)]  # fmt: skip
    found = find_blocks(layers_of(parcels), ALL_LAND)
    summed = found.by_unit.groupby("block_id")["area_mu"].sum()
    wanted = found.blocks.set_index("block_id")["area_mu"]
    assert summed.reindex(wanted.index).to_numpy() == pytest.approx(wanted.to_numpy(), rel=1e-9)
    parcels_mu = sum(mu_of(row["geometry"]) for row in parcels)
    assert wanted.sum() <= parcels_mu * (1 + 1e-9)
    union = mu_of(*(row["geometry"] for row in parcels))
    # A block is the union of its own parcels: land under parcels of two blocks stands in both.
    assert wanted.sum() >= union * (1 - 1e-8)


# --- what stays the same -------------------------------------------------------------------------


@FEW
@given(seeded(), st.permutations(range(6)))
def test_the_order_of_parcels_changes_nothing(rng, order):
    shapes = jittered_rectangles(rng, 2.0)
    rows = [parcel(f"P{i}", shapely.affinity.translate(s, 550_000, 3_400_000))
            for i, s in enumerate(shapes)]  # fmt: skip
    one, two = blocks_of(rows), blocks_of([rows[i] for i in order])
    # Equal areas stand in the order of names; rounded, since a union's last digit may differ.
    for name in ("block_id", "parcel_ids", "parcel_count", "unit_id"):
        assert dict(zip(one["block_id"], one[name].map(str), strict=True)) == dict(
            zip(two["block_id"], two[name].map(str), strict=True)
        )
    areas = [frame.set_index("block_id")["area_mu"].sort_index() for frame in (one, two)]
    pd.testing.assert_series_equal(*areas, rtol=1e-9)


@FEW
@given(seeded(), st.floats(0, 2), st.floats(0, 20))
def test_a_larger_gap_and_fewer_barriers_never_make_more_blocks(rng, gap_m, wider):
    shapes = jittered_rectangles(rng, 2.0)
    rows = [parcel(f"P{i}", shapely.affinity.translate(s, 550_000, 3_400_000))
            for i, s in enumerate(shapes)]  # fmt: skip
    line = shapely.LineString(np.array([550_000, 3_400_000]) + rng.uniform(-5, 50, (2, 2)))
    barrier = [{"geometry": line, "barrier_class": "railway"}]
    narrow, wide = (BlockQuery(min_mu=0.001, gap_m=g) for g in (gap_m, gap_m + wider))
    count = len(blocks_of(rows, narrow, barriers=barrier))
    assert len(blocks_of(rows, wide, barriers=barrier)) <= count
    assert len(blocks_of(rows, narrow)) <= count


def test_blocks_stand_largest_first_and_carry_the_name_of_their_first_parcel():
    rows = [parcel("small", rect(0, 0, 100, 100)), parcel("B", rect(500, 0, 300, 100)),
            parcel("A", rect(800, 0, 300, 100))]  # fmt: skip
    blocks = blocks_of(rows)
    assert blocks["block_id"].tolist() == ["LP-A", "LP-small"]
    assert blocks["area_m2"].is_monotonic_decreasing


def test_the_layers_given_are_not_changed():
    layers = layers_of(
        [parcel("A", rect(0, 0, 100, 100), utilities=SERVICED), parcel("B", rect(99, 0, 90, 90))],
        barriers=[{"geometry": shapely.LineString([(5.5e5, 3.4e6), (5.6e5, 3.4e6)]),
                   "barrier_class": "railway", "width_m": 30.0}],
        constraints=[{"geometry": rect(50, 0, 10, 10), "severity": "block"}],
    )  # fmt: skip
    frames = [layers.parcels, layers.barriers, layers.constraints, layers.units]
    before = [frame.copy(deep=True) for frame in frames]
    find_blocks(layers, BlockQuery(min_mu=1, net=True, less_constraints=True, unit_id="N"))
    for frame, kept in zip(frames, before, strict=True):
        assert_geodataframe_equal(frame, kept)
        assert (shapely.to_wkb(frame.geometry.array) == shapely.to_wkb(kept.geometry.array)).all()


def test_no_land_gives_an_empty_list_with_its_columns():
    found = find_blocks(layers_of([parcel("A", rect(0, 0, 9, 9), state="planned")]), BlockQuery())
    assert (len(found.blocks), len(found.by_unit), found.taken_count) == (0, 0, 0)
    assert {"block_id", "unit_id", "area_mu", "parcel_ids"} <= set(found.blocks.columns)
    empty = LandLayers(*(rows_of(n, []) for n in ("land_parcels", "barriers", "constraints",
                                                  "units")))  # fmt: skip
    assert len(find_blocks(empty, BlockQuery(net=True, less_constraints=True)).blocks) == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [({"min_mu": 0}, "min_mu_out_of_range"), ({"min_mu": float("nan")}, "min_mu_out_of_range"),
     ({"min_mu": 1e6 + 1}, "min_mu_out_of_range"), ({"states": ("净地",)}, "state_unknown"),
     ({"gap_m": 51}, "gap_out_of_range"), ({"min_edge_m": 0}, "min_edge_out_of_range")],
)  # fmt: skip
def test_a_query_out_of_range_is_refused(options, code):
    with pytest.raises(MuPlanError) as caught:
        BlockQuery(**options)
    assert caught.value.code == code


# --- contacts at points --------------------------------------------------------------------------

TWO_CORNERS = Path(__file__).resolve().parents[4] / "shared/cases/91-contiguity-two-corners/a.gpkg"


def test_parcels_that_touch_at_two_points_only_are_two_blocks_and_join_along_an_edge():
    # The second has a notch as deep as it is wide, whose two ends stand on the first.
    first = rect(0, 0, 200, 200)
    for edge_m, expected in ((0.0, ["A", "B"]), (2.4, ["A", "B"]), (2.6, ["A;B"])):
        corners = [(200, 0), (400, 0), (400, 200), (200, 200), (200, 200 - edge_m), (300, 100),
                   (200, edge_m)]  # fmt: skip
        east, north = first.bounds[:2]
        second = shapely.Polygon([(east + x, north + y) for x, y in corners])
        assert first.intersection(second).length == pytest.approx(2 * edge_m)
        query = BlockQuery(min_mu=0.001, gap_m=0.0)
        assert ids_of(blocks_of([parcel("A", first), parcel("B", second)], query)) == expected


@pytest.mark.skipif(not TWO_CORNERS.exists(), reason="the case is not on this machine")
def test_given_parcels_that_touch_at_two_corners_are_blocks_of_their_own():
    rows = gpd.read_file(TWO_CORNERS)
    shapes = dict(zip(rows["parcel_id"], rows.geometry, strict=True))
    everything = [parcel(parcel_id, shape) for parcel_id, shape in shapes.items()]
    assert ids_of(blocks_of(everything)) == ["P1", "P2", "Q1", "Q2"]
    square = [parcel(parcel_id, shapes[parcel_id]) for parcel_id in ("Q1", "Q2")]
    assert ids_of(blocks_of(square, BlockQuery(min_mu=0.001, gap_m=50.0))) == ["Q1", "Q2"]
