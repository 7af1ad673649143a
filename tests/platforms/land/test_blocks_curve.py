import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.measure import ellipsoidal_area_m2
from geo.units import M2_PER_MU
from platforms.errors import PlanningError
from platforms.land.blocks import find_blocks, tolerance_curve
from platforms.land.search import BlockQuery, LandLayers
from tests.planning_frames import CITY_CRS, UNITS, rect, rect_of_mu, rows_of
from tests.strategies import seeded


def parcel(parcel_id, shape, **values):
    return {"parcel_id": parcel_id, "geometry": shape, "state": "cleared", **values}


def layers_of(parcels, barriers=(), constraints=(), decisions=()):
    return LandLayers(
        rows_of("land_parcels", list(parcels)),
        rows_of("barriers", [{"barrier_id": f"B{i}", **row} for i, row in enumerate(barriers)]),
        rows_of(
            "constraints", [{"constraint_id": f"C{i}", **row} for i, row in enumerate(constraints)]
        ),
        rows_of("units", UNITS),
        rows_of("adjacency_decisions", list(decisions)) if decisions else pd.DataFrame(),
    )


def mu_of(*shapes):
    if not shapes:
        return 0.0
    return float(ellipsoidal_area_m2([shapely.union_all(list(shapes))], CITY_CRS)[0]) / M2_PER_MU


def row_at(curve, gap_m):
    (row,) = curve.rows[np.isclose(curve.rows["gap_m"], gap_m, atol=1e-9)].to_dict("records")
    return row


def scattered(rng, count=14):
    """Parcels of 20 to 90 亩 with gaps of 0 to 12 m between them, some over each other."""
    rows, north = [], 0.0
    while len(rows) < count:
        east, height = 0.0, float(rng.integers(120, 240))
        for _ in range(4):
            width = float(rng.integers(120, 240))
            rows.append(parcel(f"P{len(rows):02d}", rect(east, north, width, height)))
            east += width + float(rng.choice([-30.0, 0.0, 0.3, 1.5, 2.0, 4.7, 12.0]))
        north += height + float(rng.choice([0.0, 0.5, 2.0, 6.3, 12.0]))
    return rows


# --- against the list ----------------------------------------------------------------------------


@settings(max_examples=6, deadline=None)
@given(seeded(), st.sampled_from([0.0, 0.37, 1.5, 2.0, 5.0, 11.9]))
def test_at_the_gap_asked_for_the_curve_equals_the_list(rng, gap_m):
    railway = shapely.LineString(np.array([550_000, 3_400_000]) + rng.uniform(0, 700, (2, 2)))
    layers = layers_of(
        scattered(rng),
        barriers=[{"geometry": railway, "barrier_class": "railway"}],
        constraints=[{"geometry": rect(200, 100, 300, 60), "severity": "block"}],
    )
    row = row_at(tolerance_curve(layers, BlockQuery(gap_m=gap_m)), gap_m)
    for least_mu in (100, 200):
        blocks = find_blocks(layers, BlockQuery(min_mu=least_mu, gap_m=gap_m)).blocks
        assert row[f"blocks_{least_mu}"] == len(blocks)
        # What lies in two blocks counts once.
        wanted_mu = mu_of(*blocks.geometry)
        assert row[f"area_mu_{least_mu}"] == pytest.approx(wanted_mu, rel=1e-7, abs=1e-6)


@settings(max_examples=6, deadline=None)
@given(seeded())
def test_the_area_never_falls_with_a_larger_gap(rng):
    rows = tolerance_curve(layers_of(scattered(rng)), BlockQuery()).rows
    for name in ("area_mu_100", "area_mu_200"):
        assert (np.diff(rows[name]) >= -1e-9).all()
    assert (rows["area_mu_200"] <= rows["area_mu_100"] + 1e-9).all()
    assert (rows["blocks_200"] <= rows["blocks_100"]).all()


# --- steps by hand -------------------------------------------------------------------------------


def test_blocks_grow_step_by_step_with_the_gap():
    # 60 亩 each: the first two are 2 m apart, the third 7.5 m, the fourth lies far off.
    side = (60 * M2_PER_MU) ** 0.5
    wests = [0.0, side + 2.0, 2 * side + 2.0 + 7.5, 4000.0]
    shapes = [rect(west, 0, side, side) for west in wests]
    layers = layers_of([parcel(f"P{n}", shape) for n, shape in enumerate(shapes)])
    curve = tolerance_curve(layers, BlockQuery())
    two, three = mu_of(*shapes[:2]), mu_of(*shapes[:3])
    assert 100 < two < three < 200
    for gap_m, wanted in ((0.0, (0, 0.0)), (1.5, (0, 0.0)), (2.0, (1, two)), (7.0, (1, two)),
                          (7.5, (1, three)), (50.0, (1, three))):  # fmt: skip
        row = row_at(curve, gap_m)
        assert (row["blocks_100"], row["area_mu_100"]) == (wanted[0], pytest.approx(wanted[1]))
        assert (row["blocks_200"], row["area_mu_200"]) == (0, 0.0)


@pytest.mark.parametrize(
    ("least_mu", "off_mu", "count"),
    [(100, -0.001, 0), (100, 0.0, 1), (100, 0.001, 1), (200, -0.001, 0), (200, 0.0, 1)],
)
def test_a_block_counts_from_exactly_its_least_area_on(least_mu, off_mu, count):
    layers = layers_of([parcel("A", rect_of_mu(100, 100, least_mu + off_mu))])
    rows = tolerance_curve(layers, BlockQuery()).rows
    assert set(rows[f"blocks_{least_mu}"]) == {count}


def test_the_curve_runs_from_0_to_50_m_and_holds_the_gap_asked_for():
    layers = layers_of([parcel("A", rect(0, 0, 300, 300))])
    gaps = tolerance_curve(layers, BlockQuery(gap_m=3.137)).rows["gap_m"].to_numpy()
    assert (gaps[0], gaps[-1]) == (0.0, 50.0)
    assert (np.diff(gaps) > 0).all()
    assert np.diff(gaps).max() <= 0.5 + 1e-9
    assert 3.137 in gaps


def test_the_knee_is_the_gap_from_which_little_land_is_won():
    # Six parcels of 60 亩: five of them 1 m apart, so that 300 亩 join at 1 m, the sixth 30 m off.
    side = (60 * M2_PER_MU) ** 0.5
    wests = [n * (side + 1.0) for n in range(5)]
    wests.append(wests[-1] + side + 30.0)
    layers = layers_of([parcel(f"P{n}", rect(w, 0, side, side)) for n, w in enumerate(wests)])
    # At 1 m five sixths of the rise are won on a fiftieth of the way; at 30 m the rest is.
    assert tolerance_curve(layers, BlockQuery()).knee_gap_m == pytest.approx(1.0)


def test_a_curve_that_is_flat_all_along_has_no_knee():
    curve = tolerance_curve(layers_of([parcel("A", rect(0, 0, 300, 300))]), BlockQuery())
    assert set(curve.rows["blocks_100"]) == {1}
    assert curve.knee_gap_m is None


# --- what the search takes, the curve takes ------------------------------------------------------


def test_trunk_barriers_part_land_at_every_gap():
    shapes = [rect(0, 0, 240, 240), rect(241, 0, 240, 240)]
    line = shapely.LineString([(550_240.5, 3_399_000), (550_240.5, 3_401_000)])
    parcels = [parcel("A", shapes[0]), parcel("B", shapes[1])]
    for kind, joined in (("railway", False), ("lane", True)):
        barrier = {"geometry": line, "barrier_class": kind, "width_m": 1.0}
        curve = tolerance_curve(layers_of(parcels, [barrier]), BlockQuery())
        assert set(curve.rows["blocks_100"]) == ({0, 1} if joined else {0})
        assert row_at(curve, 50.0)["blocks_100"] == int(joined)


def test_decisions_by_hand_hold_at_every_gap():
    parcels = [parcel("A", rect(0, 0, 240, 240)), parcel("B", rect(900, 0, 240, 240))]
    row = {"decision_id": "D1", "parcel_id": "A", "other_parcel_id": "B", "adjacency": "join",
           "decided_by": "王工", "reason": "规划道路取消"}  # fmt: skip
    curve = tolerance_curve(layers_of(parcels, decisions=[row]), BlockQuery())
    assert set(curve.rows["blocks_100"]) == {1}
    assert set(tolerance_curve(layers_of(parcels), BlockQuery()).rows["blocks_100"]) == {0}


def test_net_land_and_one_unit_have_curves_of_their_own():
    serviced = {"utilities": "road;water;power;levelled"}
    parcels = [parcel("A", rect(19_800, 0, 500, 300), **serviced)]
    cover = {"geometry": rect(19_800, 0, 100, 300), "severity": "block"}
    layers = layers_of(parcels, constraints=[cover])
    for options in ({}, {"net": True}, {"less_constraints": True}, {"unit_id": "S"},
                    {"unit_id": "S", "net": True}):  # fmt: skip
        query = BlockQuery(**options)
        row = row_at(tolerance_curve(layers, query), query.gap_m)
        blocks = find_blocks(layers, query).blocks
        assert (row["blocks_100"], row["area_mu_100"]) == (
            len(blocks), pytest.approx(blocks["area_mu"].sum(), rel=1e-9),
        )  # fmt: skip


def test_no_land_gives_a_curve_of_zeros():
    curve = tolerance_curve(layers_of([parcel("A", rect(0, 0, 9, 9), state="planned")]),
                            BlockQuery())  # fmt: skip
    assert curve.rows.drop(columns="gap_m").to_numpy().sum() == 0
    assert curve.knee_gap_m is None


def test_a_curve_with_necks_is_refused():
    with pytest.raises(PlanningError) as caught:
        tolerance_curve(layers_of([parcel("A", rect(0, 0, 9, 9))]), BlockQuery(min_neck_m=10))
    assert caught.value.code == "curve_with_neck"
    assert caught.value.values["min_neck_m"] == 10
