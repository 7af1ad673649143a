import math

import numpy as np
import pandas as pd
import pytest
import shapely

from geo.measure import ellipsoidal_area_m2
from geo.shape import CLOSE_M
from geo.units import M2_PER_MU
from platforms.land.block_facts import BESIDE_ROAD_M, DESCRIBED, describe_blocks, net_pieces
from platforms.land.blocks import find_blocks
from platforms.land.search import BlockQuery, LandLayers
from tests.planning_frames import CITY_CRS, EAST, NORTH, UNITS, rect, rows_of

ALL_LAND = BlockQuery(min_mu=0.001)


def line(*points):
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


def described(shapes, covers=(), barriers=(), query=ALL_LAND):
    """What each block of the parcels P0, P1 … is like, by its name."""
    layers = LandLayers(
        rows_of("land_parcels", [{"parcel_id": f"P{n}", "geometry": shape, "state": "cleared"}
                                 for n, shape in enumerate(shapes)]),
        rows_of("barriers", [{"barrier_id": f"B{n}", **row} for n, row in enumerate(barriers)]),
        rows_of("constraints", [{"constraint_id": f"C{n}", "severity": "block",
                                 "applies": "inside", "geometry": cover}
                                for n, cover in enumerate(covers)]),
        rows_of("units", UNITS),
    )  # fmt: skip
    found = find_blocks(layers, query)
    table = describe_blocks(found, net_pieces(found, layers, query), layers, query)
    assert tuple(table.columns) == DESCRIBED
    return table.assign(block_id=found.blocks["block_id"]).set_index("block_id")


def mu(*shapes):
    area_m2 = ellipsoidal_area_m2([shapely.union_all(list(shapes))], CITY_CRS)[0]
    return float(area_m2) / M2_PER_MU


# --- net land ------------------------------------------------------------------------------------


def test_without_constraints_all_of_a_block_is_net_and_one_piece():
    row = described([rect(0, 0, 200, 100)]).loc["LP-P0"]
    assert row["net_area_mu"] == row["net_largest_mu"] == pytest.approx(mu(rect(0, 0, 200, 100)))
    assert row["net_second_mu"] == 0.0


def test_net_land_is_all_pieces_and_the_largest_two_stand_by_themselves():
    # Pipelines leave 100, 60 and 20 m of 220 m.
    covers = [rect(100, -10, 20, 200), rect(180, -10, 20, 200)]
    row = described([rect(0, 0, 220, 100)], covers).loc["LP-P0"]
    pieces = [rect(0, 0, 100, 100), rect(120, 0, 60, 100), rect(200, 0, 20, 100)]
    assert row["net_area_mu"] == pytest.approx(mu(*pieces), rel=1e-9)
    assert row["net_largest_mu"] == pytest.approx(mu(pieces[0]), rel=1e-9)
    assert row["net_second_mu"] == pytest.approx(mu(pieces[1]), rel=1e-9)


def test_what_two_constraints_cover_is_taken_off_once():
    covers = [rect(0, 0, 60, 100), rect(40, 0, 40, 100)]
    row = described([rect(0, 0, 200, 100)], covers).loc["LP-P0"]
    assert row["net_area_mu"] == pytest.approx(mu(rect(80, 0, 120, 100)), rel=1e-9)


def test_a_block_that_nothing_is_left_of_has_no_net_land_and_no_shape():
    road = {"geometry": line((-500, -5), (900, -5)), "barrier_class": "lane", "width_m": 4.0}
    row = described([rect(0, 0, 100, 100)], [rect(-1, -1, 200, 200)], [road]).loc["LP-P0"]
    assert (row["net_area_mu"], row["net_largest_mu"], row["net_second_mu"]) == (0.0, 0.0, 0.0)
    assert row[["min_width_m", "compactness", "frontage_m"]].isna().all()


def test_rows_stand_in_the_order_of_the_list():
    shapes = [rect(0, 0, 50, 50), rect(1000, 0, 300, 100), rect(2000, 0, 100, 100)]
    table = described(shapes, [rect(2000, 0, 40, 100)])
    assert table.index.tolist() == ["LP-P1", "LP-P2", "LP-P0"]
    wanted = [mu(shapes[1]), mu(rect(2040, 0, 60, 100)), mu(shapes[0])]
    assert table["net_area_mu"].tolist() == pytest.approx(wanted, rel=1e-9)
    assert table["min_width_m"].tolist() == pytest.approx([100, 60, 50], abs=2 * CLOSE_M)


# --- width and compactness -----------------------------------------------------------------------


def test_width_and_compactness_are_those_of_a_rectangle():
    row = described([rect(0, 0, 100, 30)]).loc["LP-P0"]
    assert row["min_width_m"] == pytest.approx(30, abs=2 * CLOSE_M)
    assert row["compactness"] == pytest.approx(4 * math.pi * 3000 / 260**2, rel=1e-6)
    assert described([rect(0, 0, 70, 70)]).loc["LP-P0", "compactness"] == pytest.approx(
        math.pi / 4, rel=1e-6
    )


def test_width_and_compactness_are_those_of_the_largest_piece():
    row = described([rect(0, 0, 200, 60)], [rect(120, -10, 10, 200)]).loc["LP-P0"]
    assert row["min_width_m"] == pytest.approx(60, abs=2 * CLOSE_M)
    assert row["compactness"] == pytest.approx(4 * math.pi * 120 * 60 / 360**2, rel=1e-6)
    lower = described([rect(0, 0, 200, 60)], [rect(-10, 40, 400, 30)]).loc["LP-P0"]
    assert lower["min_width_m"] == pytest.approx(40, abs=2 * CLOSE_M)


def test_gaps_that_are_bridged_count_as_filled():
    # 40 m, 2 m of gap and 40 m are one rectangle of 82 m by 100 m.
    row = described([rect(0, 0, 40, 100), rect(42, 0, 40, 100)]).loc["LP-P0"]
    assert row["min_width_m"] == pytest.approx(82, abs=2 * CLOSE_M)
    assert row["compactness"] == pytest.approx(4 * math.pi * 8200 / 364**2, rel=1e-4)
    assert row["net_area_mu"] == pytest.approx(
        mu(rect(0, 0, 40, 100), rect(42, 0, 40, 100)), rel=1e-9
    ), "but they are no net land"


# --- frontage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["lane", "trunk_road"])
@pytest.mark.parametrize(("off_m", "fronts"), [(9.9, True), (10.1, False)])
def test_edge_within_ten_metres_of_a_roads_edge_is_frontage(kind, off_m, fronts):
    # A road 8 m wide whose northern edge runs so far south of the block.
    assert BESIDE_ROAD_M == 10.0
    road = {"geometry": line((-500, -off_m - 4), (900, -off_m - 4)), "barrier_class": kind,
            "width_m": 8.0}  # fmt: skip
    row = described([rect(0, 0, 100, 60)], barriers=[road]).loc["LP-P0"]
    # And up to 10 m from the road on both flanks.
    wanted = 100 + 2 * (10 - off_m) if fronts else 0.0
    assert row["frontage_m"] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(("off_m", "wanted_m"), [(5.0, 100 + 2 * 5.0), (10.1, 0.0)])
def test_a_road_of_unknown_width_is_measured_from_its_line(off_m, wanted_m):
    road = {"geometry": line((-500, -off_m), (900, -off_m)), "barrier_class": "lane"}
    row = described([rect(0, 0, 100, 60)], barriers=[road]).loc["LP-P0"]
    assert row["frontage_m"] == pytest.approx(wanted_m, abs=1e-4)


@pytest.mark.parametrize("kind", ["expressway", "railway", "trunk_river", "ditch", None])
def test_from_expressways_railways_and_water_no_land_is_entered(kind):
    beside = {"geometry": line((-500, -5), (900, -5)), "barrier_class": kind, "width_m": 4.0}
    row = described([rect(0, 0, 100, 60)], barriers=[beside]).loc["LP-P0"]
    assert pd.isna(row["frontage_m"]), "no road is on file"
    far = {"geometry": line((-500, -900), (900, -900)), "barrier_class": "lane", "width_m": 4.0}
    row = described([rect(0, 0, 100, 60)], barriers=[beside, far]).loc["LP-P0"]
    assert row["frontage_m"] == 0.0


def test_frontage_is_that_of_the_largest_piece():
    # The constraint takes the half that the road runs by.
    road = {"geometry": line((-500, -5), (900, -5)), "barrier_class": "lane", "width_m": 2.0}
    open_row = described([rect(0, 0, 100, 60)], barriers=[road]).loc["LP-P0"]
    assert open_row["frontage_m"] == pytest.approx(100 + 2 * 6, abs=1e-4)
    row = described([rect(0, 0, 100, 60)], [rect(-10, -10, 200, 40)], [road]).loc["LP-P0"]
    assert row["frontage_m"] == 0.0


def test_roads_on_two_sides_add_up_and_count_once_at_the_corner():
    lane = {"barrier_class": "lane", "width_m": 2.0}
    ways = [line((-500, -6), (900, -6)), line((-6, -500), (-6, 900))]
    roads = [{**lane, "geometry": way} for way in ways]
    row = described([rect(0, 0, 100, 60)], barriers=roads).loc["LP-P0"]
    # 5 m off: both edges, and 5 m of each far flank.
    assert row["frontage_m"] == pytest.approx(100 + 60 + 5 + 5, abs=1e-4)


def test_no_blocks_are_described_by_no_rows():
    table = described([rect(0, 0, 9, 9)], query=BlockQuery(min_mu=100))
    assert len(table) == 0
    assert not np.isnan(table["net_area_mu"].sum())
