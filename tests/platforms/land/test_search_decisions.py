from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from geo.contiguity import JoiningGaps
from platforms.errors import PlanningError
from platforms.land.block_facts import bridges_of
from platforms.land.blocks import find_blocks
from platforms.land.search import (
    BlockQuery,
    Decided,
    LandLayers,
    decide,
    decided_pairs,
    decisions_on,
)
from tests.planning_frames import UNITS, no_rows, rect, rows_of

ALL_LAND = BlockQuery(min_mu=0.001)
TOUCHING = {"A": rect(0, 0, 100, 100), "B": rect(100, 0, 100, 100)}
APART = {"A": rect(0, 0, 100, 100), "B": rect(300, 0, 100, 100)}


def decision(one, other, adjacency, **values):
    return {
        "parcel_id": one, "other_parcel_id": other, "adjacency": adjacency, "decided_by": "王工",
        "reason": "现场踏勘", **values,
    }  # fmt: skip


def decisions_of(*rows):
    numbered = [{"decision_id": f"D{n}", **row} for n, row in enumerate(rows, 1)]
    return rows_of("adjacency_decisions", numbered)


def layers_of(shapes, *rows, **layers):
    parcels = [{"parcel_id": name, "geometry": shape, "state": "cleared"}
               for name, shape in shapes.items()]  # fmt: skip
    return LandLayers(
        rows_of("land_parcels", parcels), rows_of("barriers", layers.get("barriers", [])),
        no_rows("constraints"), rows_of("units", UNITS), decisions_of(*rows),
    )  # fmt: skip


def ids_of(layers, query=ALL_LAND):
    blocks = find_blocks(layers, query).blocks
    return sorted(";".join(ids) for ids in blocks["parcel_ids"])


# --- joined and parted ---------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_a_decision_joins_two_parcels_that_do_not_touch(order):
    assert ids_of(layers_of(APART)) == ["A", "B"]
    assert ids_of(layers_of(APART, decision(*order, "join"))) == ["A;B"]


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_a_decision_parts_two_parcels_that_do(order):
    assert ids_of(layers_of(TOUCHING)) == ["A;B"]
    assert ids_of(layers_of(TOUCHING, decision(*order, "part"))) == ["A", "B"]


@pytest.mark.parametrize("gap_m", [0.0, 2.0, 50.0])
def test_decisions_hold_at_every_gap(gap_m):
    query = BlockQuery(min_mu=0.001, gap_m=gap_m)
    assert ids_of(layers_of(APART, decision("A", "B", "join")), query) == ["A;B"]
    assert ids_of(layers_of(TOUCHING, decision("A", "B", "part")), query) == ["A", "B"]


def test_the_area_of_a_block_joined_by_hand_is_that_of_its_parcels():
    alone = find_blocks(layers_of(APART), ALL_LAND).blocks["area_m2"].sum()
    joined = find_blocks(layers_of(APART, decision("A", "B", "join")), ALL_LAND).blocks
    assert joined["area_m2"].tolist() == pytest.approx([alone], rel=1e-9)


def test_a_pair_parted_by_hand_may_still_hang_together_by_a_third():
    three = {**TOUCHING, "C": rect(0, 100, 200, 50)}
    assert ids_of(layers_of(three, decision("A", "B", "part"))) == ["A;B;C"]
    rows = [decision("A", "B", "part"), decision("B", "C", "part")]
    assert ids_of(layers_of(three, *rows)) == ["A;C", "B"]


def test_a_decision_stands_above_a_railway():
    line = shapely.LineString([(550_100, 3_399_000), (550_100, 3_401_000)])
    railway = [{"barrier_id": "R", "geometry": line, "barrier_class": "railway"}]
    assert ids_of(layers_of(TOUCHING, barriers=railway)) == ["A", "B"]
    assert ids_of(layers_of(TOUCHING, decision("A", "B", "join"), barriers=railway)) == ["A;B"]


def test_decisions_about_land_that_is_not_taken_bear_on_nothing():
    rows = [decision("A", "X", "join"), decision("X", "Y", "part")]
    layers = layers_of(TOUCHING, *rows)
    found = find_blocks(layers, ALL_LAND)
    assert ids_of(layers) == ["A;B"]
    assert len(found.land.decided.first) == 0


# --- parcels of several parts --------------------------------------------------------------------

PARTS = {"M": rect(0, 0, 100, 100) | rect(400, 0, 100, 100), "B": rect(600, 0, 100, 100)}


def test_parcels_of_several_parts_are_joined_by_the_nearest_two():
    assert ids_of(layers_of(PARTS)) == ["B", "M#1", "M#2"]
    near = max(("M#1", "M#2"), key=lambda name: part(name).bounds[0])
    assert ids_of(layers_of(PARTS, decision("M", "B", "join"))) == sorted(
        [f"B;{near}", *({"M#1", "M#2"} - {near})]
    )


def part(name):
    found = find_blocks(layers_of(PARTS), ALL_LAND)
    return found.land.parts.set_index("part_id").geometry[name]


def test_a_part_named_is_that_part_alone():
    far = min(("M#1", "M#2"), key=lambda name: part(name).bounds[0])
    other = next(iter({"M#1", "M#2"} - {far}))
    assert ids_of(layers_of(PARTS, decision(far, "B", "join"))) == sorted([f"B;{far}", other])
    assert ids_of(layers_of(PARTS, decision("M#1", "M#2", "join"))) == ["B", "M#1;M#2"]


def test_parting_two_parcels_parts_all_parts_of_both():
    shapes = {"M": rect(0, 0, 100, 100) | rect(200, 0, 100, 100), "B": rect(100, 0, 100, 100)}
    assert ids_of(layers_of(shapes)) == ["B;M#1;M#2"]
    assert ids_of(layers_of(shapes, decision("M", "B", "part"))) == ["B", "M#1", "M#2"]
    west = "M#1" if part_is_west(shapes) else "M#2"
    east = "M#2" if west == "M#1" else "M#1"
    assert ids_of(layers_of(shapes, decision(west, "B", "part"))) == sorted([west, f"B;{east}"])


def part_is_west(shapes):
    parts = find_blocks(layers_of(shapes), ALL_LAND).land.parts.set_index("part_id").geometry
    return parts["M#1"].bounds[0] < parts["M#2"].bounds[0]


# --- dates, names, reasons -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "held"), [("2025-06-29", False), ("2025-06-30", True), ("2025-07-01", True)]
)
def test_a_decision_holds_from_the_day_it_was_made(as_of, held):
    layers = layers_of(APART, decision("A", "B", "join", decided_on="2025-06-30"))
    rows = decisions_on(layers.decisions, as_of)
    assert len(rows) == int(held)
    assert ids_of(replace(layers, decisions=rows)) == (["A;B"] if held else ["A", "B"])


def test_a_decision_without_a_date_holds_always():
    rows = decisions_of(
        decision("A", "B", "join"), decision("C", "D", "part", decided_on="2025-06-30")
    )
    assert decisions_on(rows, "1999-01-01")["decision_id"].tolist() == ["D1"]
    assert decisions_on(rows, "2025-12-31")["decision_id"].tolist() == ["D1", "D2"]
    assert len(decisions_on(no_rows("adjacency_decisions"), "2025-01-01")) == 0


def test_name_reason_and_number_of_a_decision_are_kept_with_its_bridge():
    row = decision("B", "A", "join", decided_by="李工", reason="规划支路已取消")
    layers = layers_of(APART, decision("A", "X", "part"), row)
    found = find_blocks(layers, ALL_LAND)
    bridges = bridges_of(found, layers.barriers, layers.decisions, ALL_LAND.gap_m)
    (bridge,) = bridges.to_dict("records")
    assert (bridge["parcel_id"], bridge["other_parcel_id"]) == ("A", "B")
    assert bridge["decision_id"] == "D2"
    assert (bridge["decided_by"], bridge["reason"]) == ("李工", "规划支路已取消")
    assert bridge["gap_width_m"] == pytest.approx(200.0)
    assert pd.isna(bridge["joining_gap_m"])


def test_parcels_that_touch_and_were_joined_by_hand_are_listed_with_the_decision():
    layers = layers_of(TOUCHING, decision("A", "B", "join"))
    found = find_blocks(layers, ALL_LAND)
    bridges = bridges_of(found, layers.barriers, layers.decisions, 2.0)
    assert bridges["decision_id"].tolist() == ["D1"]
    assert bridges["gap_width_m"].tolist() == [0.0]


# --- contradictions ------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_a_pair_both_joined_and_parted_is_refused_with_both_decisions(order):
    layers = layers_of(TOUCHING, decision("A", "B", "join"), decision(*order, "part"))
    with pytest.raises(PlanningError) as caught:
        find_blocks(layers, ALL_LAND)
    assert caught.value.code == "decisions_contradict"
    values = caught.value.values
    assert (values["parcels"], values["one"], values["other"]) == ("A, B", "D1", "D2")


def test_the_same_decision_twice_is_no_contradiction():
    rows = [decision("A", "B", "join"), decision("B", "A", "join")]
    assert ids_of(layers_of(APART, *rows)) == ["A;B"]


def test_decisions_of_later_days_do_not_contradict_earlier_ones_before_they_hold():
    rows = decisions_of(
        decision("A", "B", "part", decided_on="2024-01-01"),
        decision("A", "B", "join", decided_on="2025-01-01"),
    )
    assert decisions_on(rows, "2024-12-31")["adjacency"].tolist() == ["part"]


# --- by positions --------------------------------------------------------------------------------


def test_a_decision_stands_above_what_was_measured():
    measured = JoiningGaps(np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([0.0, 3.0, 7.0]))
    decided = Decided(
        np.array([0, 1, 2]), np.array([1, 2, 3]), np.array([0, 1, 2]),
        np.array([False, True, True]),
    )  # fmt: skip
    found = decide(measured, decided, 4)
    # 0-1 is parted, 1-2 is joined at once, 2-3 was never measured, 0-2 is as it was.
    pairs = zip(found.first.tolist(), found.second.tolist(), found.gap_m.tolist(), strict=True)
    assert list(pairs) == [(0, 2, 3.0), (1, 2, 0.0), (2, 3, 0.0)]


def test_without_decisions_the_measured_gaps_stay():
    measured = JoiningGaps(np.array([0, 0]), np.array([1, 2]), np.array([0.0, 3.0]))
    parts = find_blocks(layers_of(TOUCHING), ALL_LAND).land.parts
    found = decide(measured, decided_pairs(parts, no_rows("adjacency_decisions")), 3)
    assert found.gap_m.tolist() == [0.0, 3.0]
