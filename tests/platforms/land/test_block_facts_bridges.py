import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from platforms.errors import PlanningError
from platforms.land.block_facts import BRIDGE_COLUMNS, CONTACT_M, bridges_of
from platforms.land.blocks import find_blocks
from platforms.land.search import NEVER_BRIDGED, BlockQuery, LandLayers
from tests.planning_frames import CITY_CRS, EAST, NORTH, UNITS, no_rows, rect, rows_of
from tests.strategies import seeded

WIDE = BlockQuery(min_mu=0.001, gap_m=50.0)


def parcel(parcel_id, shape, **values):
    return {"parcel_id": parcel_id, "geometry": shape, "state": "cleared", **values}


def upright(x, **values):
    """A line from south to north, at x [m] from the corner of the frame."""
    shape = shapely.LineString([(EAST + x, NORTH - 1000), (EAST + x, NORTH + 1000)])
    return {"geometry": shape, **values}


def layers_of(parcels, barriers=()):
    numbered = [{"barrier_id": f"B{i}", **row} for i, row in enumerate(barriers)]
    return LandLayers(
        rows_of("land_parcels", list(parcels)), rows_of("barriers", numbered),
        no_rows("constraints"), rows_of("units", UNITS), no_rows("adjacency_decisions"),
    )  # fmt: skip


def bridges(parcels, query=WIDE, barriers=()):
    layers = layers_of(parcels, barriers)
    found = find_blocks(layers, query)
    return bridges_of(found, layers.barriers, layers.decisions, query.gap_m)


def is_joined(parcels, query=WIDE, barriers=()):
    return len(find_blocks(layers_of(parcels, barriers), query).blocks) == 1


def apart(gap_m):
    """Two parcels of 100 m, the one as far east of the other as the gap [m]."""
    return [parcel("A", rect(0, 0, 100, 100)), parcel("B", rect(100 + gap_m, 0, 100, 100))]


# --- where, how wide, over what ------------------------------------------------------------------


def test_a_bridge_says_where_it_is_how_wide_and_between_which_parcels():
    (bridge,) = bridges(apart(3.0)).to_dict("records")
    assert (bridge["block_id"], bridge["parcel_id"], bridge["other_parcel_id"]) == (
        "LP-A", "A", "B",
    )  # fmt: skip
    assert bridge["gap_width_m"] == pytest.approx(3.0)
    assert bridge["joining_gap_m"] == pytest.approx(3.0, abs=1e-4)
    assert bridge["x_m"] == pytest.approx(EAST + 101.5)
    assert NORTH <= bridge["y_m"] <= NORTH + 100
    assert bridge["geometry"].length == pytest.approx(3.0)
    assert bridge["over"] == ""
    assert bridge["decision_id"] is None


def test_the_joining_gap_is_wider_than_the_gap_where_parcels_face_each_other_little():
    # B's edge begins 1 m off and runs away by 1 m in 10. Within g B shows √101 (g - 1) m of it and
    # g - 1 m of its southern edge, which takes 5 + 2 g; A shows a little more.
    corners = ((101, 0), (111, 100), (200, 100), (200, 0))
    wedge = shapely.Polygon([(EAST + x, NORTH + y) for x, y in corners])
    found = bridges([parcel("A", rect(0, 0, 100, 100)), parcel("B", wedge)]).iloc[0]
    shown_per_m = 101**0.5 + 1
    assert found["gap_width_m"] == pytest.approx(1.0, abs=1e-9)
    assert found["joining_gap_m"] == pytest.approx((5 + shown_per_m) / (shown_per_m - 2), abs=1e-3)


def test_parcels_that_touch_at_two_points_have_no_bridge_and_are_no_block():
    corners = ((100, 0), (300, 0), (300, 100), (100, 100), (200, 50))
    notched = shapely.Polygon([(EAST + x, NORTH + y) for x, y in corners])
    parcels = [parcel("A", rect(0, 0, 100, 100)), parcel("B", notched)]
    near = BlockQuery(min_mu=0.001, gap_m=2.0)
    assert not is_joined(parcels, near)
    assert len(bridges(parcels, near)) == 0


def test_parcels_that_touch_need_no_bridge():
    assert len(bridges(apart(0.0))) == 0
    assert len(bridges(apart(CONTACT_M / 2))) == 0
    assert len(bridges(apart(0.01))) == 1


def test_a_list_without_bridges_has_its_columns():
    found = bridges(apart(0.0))
    assert tuple(found.columns) == BRIDGE_COLUMNS
    assert found.crs == CITY_CRS
    assert len(bridges([parcel("A", rect(0, 0, 9, 9), state="planned")])) == 0


@pytest.mark.parametrize("kind", ["lane", "ditch"])
def test_a_bridge_names_the_lane_or_ditch_it_crosses(kind):
    barriers = [upright(101, barrier_class=kind, name="农场路", width_m=1.0),
                upright(102, barrier_class="ditch", width_m=0.5),
                upright(-50, barrier_class="lane", name="别处", width_m=0.5)]  # fmt: skip
    (over,) = bridges(apart(3.0), barriers=barriers)["over"]
    assert over == "B1; 农场路", "by its number where it has no name, and none that lies elsewhere"


def test_of_a_ring_of_gaps_the_widest_is_no_bridge():
    # Four parcels around a crossing, 2, 3, 4 and 5 m apart.
    parcels = [
        parcel("A", rect(0, 0, 100, 100)),
        parcel("B", rect(102, 0, 100, 100)),
        parcel("C", rect(102, 103, 100, 100)),
        parcel("D", rect(-3, 104, 100, 100)),
    ]
    found = bridges(parcels)
    assert found[["parcel_id", "other_parcel_id"]].to_numpy().tolist() == [
        ["A", "B"], ["A", "D"], ["B", "C"],
    ]  # fmt: skip
    assert found["gap_width_m"].tolist() == pytest.approx([2.0, 4.0, 3.0])


def test_gaps_of_blocks_that_are_not_listed_are_no_bridges():
    query = BlockQuery(min_mu=100, gap_m=50.0)
    assert len(bridges(apart(3.0), query)) == 0
    far = [parcel("C", rect(0, 500, 300, 200)), parcel("D", rect(305, 500, 300, 200))]
    found = bridges([*apart(3.0), *far], query)
    assert found[["parcel_id", "other_parcel_id"]].to_numpy().tolist() == [["C", "D"]]


@settings(max_examples=8, deadline=None)
@given(seeded(), st.sampled_from([0.0, 1.0, 2.0, 5.0]))
def test_bridges_are_as_many_as_needed_to_hold_the_touching_pieces_together(rng, gap_m):
    parcels, north = [], 0.0
    for _ in range(3):
        east, height = 0.0, float(rng.integers(20, 60))
        for _ in range(4):
            width = float(rng.integers(20, 60))
            parcels.append(parcel(f"P{len(parcels):02d}", rect(east, north, width, height)))
            east += width + float(rng.choice([0.0, 0.5, 1.5, 4.0, 9.0]))
        north += height + float(rng.choice([0.0, 0.5, 1.5, 4.0, 9.0]))
    query = BlockQuery(min_mu=0.001, gap_m=gap_m)
    pieces = len(find_blocks(layers_of(parcels), BlockQuery(min_mu=0.001, gap_m=0.0)).blocks)
    blocks = len(find_blocks(layers_of(parcels), query).blocks)
    found = bridges(parcels, query)
    assert len(found) == pieces - blocks
    assert (found["gap_width_m"] <= gap_m + 1e-6).all()
    assert (found["joining_gap_m"].astype(float) <= gap_m).all()
    assert (found["gap_width_m"] <= found["joining_gap_m"].astype(float) + CONTACT_M).all()


def test_a_bridge_between_parts_of_one_parcel_names_the_parts():
    parts = rect(0, 0, 100, 100) | rect(104, 0, 100, 100)
    (bridge,) = bridges([parcel("M", parts)]).to_dict("records")
    assert (bridge["parcel_id"], bridge["other_parcel_id"]) == ("M#1", "M#2")


# --- how wide a lane may be ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lane", "ditch"])
@pytest.mark.parametrize(("width_m", "joined"), [(5.99, True), (6.0, True), (6.01, False)])
def test_a_lane_of_six_metres_is_bridged_and_a_wider_one_is_not_at_any_gap(kind, width_m, joined):
    lane = upright(105, barrier_class=kind, width_m=width_m)
    for gap_m in (10.0, 50.0):
        query = BlockQuery(min_mu=0.001, gap_m=gap_m)
        assert is_joined(apart(10.0), query, [lane]) is joined


@pytest.mark.parametrize("bridge_width_m", [0.0, 3.0, 12.0])
def test_the_width_bridged_can_be_asked_for(bridge_width_m):
    query = BlockQuery(min_mu=0.001, gap_m=50.0, bridge_width_m=bridge_width_m)
    for off_m, joined in ((-0.01, True), (0.0, True), (0.01, False)):
        if bridge_width_m + off_m >= 0:
            lane = upright(110, barrier_class="lane", width_m=bridge_width_m + off_m)
            assert is_joined(apart(20.0), query, [lane]) is joined


@pytest.mark.parametrize(("gap_m", "joined"), [(5.9, True), (6.0, True), (6.1, False)])
def test_over_a_lane_of_unknown_width_the_gap_may_be_as_wide_as_a_lane(gap_m, joined):
    lane = upright(100 + gap_m / 2, barrier_class="lane")
    assert is_joined(apart(gap_m), WIDE, [lane]) is joined
    assert is_joined(apart(gap_m), WIDE), "land in no parcel is bridged up to the gap asked for"


def test_a_wide_lane_between_parcels_that_touch_parts_them():
    for width_m, joined in ((6.0, True), (6.5, False)):
        lane = upright(100, barrier_class="lane", width_m=width_m)
        assert is_joined(apart(0.0), WIDE, [lane]) is joined


def test_a_lane_drawn_as_an_area_is_bridged_as_wide_as_it_says():
    area = rect(102, -500, 6, 1500)
    for width_m, joined in ((6.0, True), (6.01, False), (None, False)):
        lane = {"geometry": area, "barrier_class": "lane", "width_m": width_m}
        # Of unknown width, the gap of 10 m over it is too wide.
        assert is_joined(apart(10.0), WIDE, [lane]) is joined


@pytest.mark.parametrize("bridge_width_m", [-0.01, 50.01, float("nan")])
def test_a_width_out_of_range_is_refused(bridge_width_m):
    with pytest.raises(PlanningError) as caught:
        BlockQuery(bridge_width_m=bridge_width_m)
    assert caught.value.code == "bridge_width_out_of_range"
    assert BlockQuery(bridge_width_m=50.0).bridge_width_m == 50.0


# --- what is never bridged -----------------------------------------------------------------------


@pytest.mark.parametrize("gap_m", [0.0, 2.0, 6.0, 50.0])
@pytest.mark.parametrize("kind", [*NEVER_BRIDGED, None])
@pytest.mark.parametrize("width_m", [None, 0.5, 6.0])
def test_trunk_roads_railways_and_rivers_are_never_bridged_at_any_gap(kind, width_m, gap_m):
    away_m = min(gap_m, 30.0)
    line = upright(100 + away_m / 2, barrier_class=kind, width_m=width_m)
    query = BlockQuery(min_mu=0.001, gap_m=gap_m, bridge_width_m=50.0)
    assert is_joined(apart(away_m), query)
    assert not is_joined(apart(away_m), query, [line])


def test_s13_names_what_is_never_bridged():
    assert set(NEVER_BRIDGED) == {"expressway", "railway", "trunk_road", "trunk_river"}


def test_the_way_around_the_end_of_a_river_is_no_bridge_over_it():
    # The river ends half-way up: over the upper half there is room enough.
    half = shapely.LineString([(EAST + 102, NORTH - 500), (EAST + 102, NORTH + 50)])
    river = {"geometry": half, "barrier_class": "trunk_river", "width_m": 2.0}
    layers = layers_of(apart(4.0), [river])
    found = find_blocks(layers, BlockQuery(min_mu=0.001, gap_m=10))
    assert len(found.blocks) == 1
    whole = {**river, "geometry": upright(102)["geometry"]}
    assert not is_joined(apart(4.0), BlockQuery(min_mu=0.001, gap_m=10), [whole])


def test_no_bridge_joins_parcels_over_another_parcel():
    between = parcel("C", rect(101, -50, 2, 300), state="in_production")
    assert is_joined(apart(4.0), WIDE)
    assert not is_joined([*apart(4.0), between], WIDE)
