import pytest
import shapely

from platforms.land.block_facts import BESIDE_M, BOUND_COLUMNS, bounds_of
from platforms.land.blocks import find_blocks
from platforms.land.search import BlockQuery, LandLayers
from tests.planning_frames import EAST, NORTH, UNITS, no_rows, rect, rows_of

SHORT = rect(0, 0, 240, 200)
"""72 亩: short of 100, more than 60."""


def parcel(parcel_id, shape, **values):
    return {"parcel_id": parcel_id, "geometry": shape, "state": "cleared", **values}


def line(*points):
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


def bounds(*others, query=None, barriers=(), constraints=(), first=SHORT):
    query = query or BlockQuery()
    layers = LandLayers(
        rows_of("land_parcels", [parcel("A", first), *others]),
        rows_of("barriers", [{"barrier_id": f"B{i}", **row} for i, row in enumerate(barriers)]),
        rows_of(
            "constraints", [{"constraint_id": f"C{i}", **row} for i, row in enumerate(constraints)]
        ),
        rows_of("units", UNITS),
        no_rows("adjacency_decisions"),
    )
    return bounds_of(find_blocks(layers, query), layers, query)


def rows(found):
    """What bounds it: kind, code, number, name; and metres rounded to a tenth."""
    columns = ["bound_kind", "bound_code", "bound_id", "bound_name"]
    named = [tuple(row) for row in found[columns].to_numpy().tolist()]
    return dict(zip(named, found["beside_m"].round(1).tolist(), strict=True))


# --- each kind -----------------------------------------------------------------------------------


def test_a_barrier_is_named_with_its_class_and_the_edge_beside_it():
    # A railway 10 m south of the block: its southern edge of 240 m, and 10 m of each flank.
    railway = {"geometry": line((-500, -10), (900, -10)), "barrier_class": "railway",
               "name": "沪杭铁路"}  # fmt: skip
    assert rows(bounds(barriers=[railway])) == {("barrier", "railway", "B0", "沪杭铁路"): 260.0}


@pytest.mark.parametrize(
    ("values", "is_named"),
    [
        ({"barrier_class": "lane", "width_m": 6.0}, False),
        ({"barrier_class": "lane", "width_m": 6.01}, True),
        ({"barrier_class": "ditch"}, False),
        ({"barrier_class": "trunk_river"}, True),
        ({"barrier_class": "trunk_road", "width_m": 1.0}, True),
        ({}, True),
    ],
)
def test_only_barriers_that_part_land_bound_it(values, is_named):
    found = bounds(barriers=[{"geometry": line((-500, -10), (900, -10)), **values}])
    assert found["bound_kind"].tolist() == (["barrier"] if is_named else ["open"])


@pytest.mark.parametrize("state", ["planned", "in_production", None])
def test_a_parcel_that_is_not_cleared_is_named_with_its_state(state):
    # It touches the eastern edge of 200 m, and reaches 20 m along both others.
    other = parcel("X", rect(240, 0, 100, 200), state=state, name="老厂房")
    wanted = {("parcel", state or "unknown", "X", "老厂房"): 240.0}
    assert rows(bounds(other)) == wanted


def test_a_blocking_constraint_is_named_with_its_kind():
    farmland = {"geometry": rect(-300, 200, 900, 300), "severity": "block",
                "constraint_kind": "permanent_farmland", "name": "基本农田"}  # fmt: skip
    # The northern edge of 240 m and 20 m of both flanks.
    wanted = {("constraint", "permanent_farmland", "C0", "基本农田"): 280.0}
    assert rows(bounds(constraints=[farmland])) == wanted
    warning = {**farmland, "severity": "warn"}
    assert bounds(constraints=[warning])["bound_kind"].tolist() == ["open"]


def test_a_constraint_bounds_land_on_either_side_of_its_outline():
    growth = {"geometry": rect(-300, -300, 1000, 500), "severity": "block", "applies": "outside",
              "constraint_kind": "urban_growth_boundary"}  # fmt: skip
    # Its northern outline is the block's northern edge.
    assert rows(bounds(constraints=[growth])) == {
        ("constraint", "urban_growth_boundary", "C0", "C0"): 280.0
    }


def test_the_border_of_the_unit_asked_for_bounds_its_part():
    across = rect(19_700, 0, 500, 200)
    query = BlockQuery(unit_id="N")
    # 300 m of it lie in N: the cut of 200 m, and 20 m of both edges that lead up to it; along its
    # southern edge runs the border too, which is the southern border of the unit.
    found = bounds(query=query, first=across)
    assert rows(found) == {("unit_border", "N", "N", "北县"): 200.0 + 300.0 + 20.0 + 20.0}
    inner = bounds(query=query, first=rect(19_700, 5000, 500, 200))
    assert rows(inner) == {("unit_border", "N", "N", "北县"): 240.0}


def test_without_a_unit_asked_for_a_border_bounds_nothing():
    across = bounds(first=rect(19_850, 5000, 300, 200))
    assert across["bound_kind"].tolist() == ["open"]


def test_ready_land_farther_than_the_gap_bridged_is_named_as_a_gap():
    other = parcel("X", rect(245, 0, 50, 200))
    found = bounds(other, query=BlockQuery(gap_m=2.0))
    # 5 m off: the eastern edge of 200 m, and 15 m of both that lead up to it.
    assert rows(found) == {("gap", None, "X", "X"): 230.0}
    joined = bounds(other, query=BlockQuery(gap_m=5.0))
    assert joined["bound_kind"].tolist() == ["open"], "bridged, it belongs to the block"


def test_ready_land_beyond_a_river_stands_beside_the_river_that_parts_it():
    river = {"geometry": line((241, -500), (241, 900)), "barrier_class": "trunk_river",
             "name": "平湖塘"}  # fmt: skip
    found = bounds(parcel("X", rect(242, 0, 50, 200)), barriers=[river])
    assert set(found["bound_kind"]) == {"barrier", "gap"}
    assert found["bound_name"].tolist() == ["平湖塘", "X"], "the longest first"


def test_land_with_nothing_beside_it_is_open():
    found = bounds()
    assert tuple(found.columns) == BOUND_COLUMNS
    assert found[["block_id", "bound_kind"]].to_numpy().tolist() == [["LP-A", "open"]]
    assert found[["bound_code", "bound_id", "bound_name", "beside_m"]].isna().all().all()


# --- how near, how much --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gap_m", "away_m", "is_named"),
    [(2.0, BESIDE_M - 0.1, True), (2.0, BESIDE_M + 0.1, False), (30.0, 29.9, True),
     (30.0, 30.1, False)],
)  # fmt: skip
def test_what_lies_within_twenty_metres_or_the_gap_asked_for_bounds(gap_m, away_m, is_named):
    railway = {"geometry": line((-500, -away_m), (900, -away_m)), "barrier_class": "railway"}
    found = bounds(barriers=[railway], query=BlockQuery(gap_m=gap_m))
    assert found["bound_kind"].tolist() == (["barrier"] if is_named else ["open"])


@pytest.mark.parametrize(("along_m", "is_named"), [(2.8, False), (3.5, True)])
def test_less_than_the_least_edge_bounds_nothing(along_m, is_named):
    # A railway 16 m south ends so that 20 m from its end reach that far along the southern edge,
    # and up the western one: 2.8 + 1.77 m and 3.5 + 2.10 m; it takes 5 m.
    end = along_m - 12
    flank = (BESIDE_M**2 - end**2) ** 0.5 - 16
    assert (along_m + flank >= 5) is is_named
    railway = {"geometry": line((-500, -16), (end, -16)), "barrier_class": "railway"}
    found = bounds(barriers=[railway], query=BlockQuery(min_edge_m=5.0))
    assert found["bound_kind"].tolist() == (["barrier"] if is_named else ["open"])


def test_what_bounds_most_stands_first_for_each_block():
    other = rect(0, 1000, 240, 200)
    found = bounds(
        parcel("X", other),
        parcel("Y", rect(240, 1000, 50, 200), state="planned"),
        barriers=[{"geometry": line((-500, 990), (900, 990)), "barrier_class": "railway"}],
    )
    assert found["block_id"].tolist() == ["LP-A", "LP-X", "LP-X"]
    assert found["bound_kind"].tolist() == ["open", "barrier", "parcel"]
    assert found["beside_m"].tolist()[1:] == pytest.approx([260.0, 240.0], abs=0.1)


@pytest.mark.parametrize(("side_m", "blocks"), [(199.9, 0), (200.1, 1), (258.1, 1), (258.3, 0)])
def test_only_blocks_from_six_tenths_of_the_line_on_and_below_it_are_asked_about(side_m, blocks):
    # 60 亩 are the square of 200 m, 100 亩 that of 258.2 m.
    assert len(bounds(first=rect(0, 0, side_m, side_m))) == blocks
