import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings

from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from platforms.land.block_facts import net_land
from tests.planning_frames import CITY_CRS, rect, rows_of
from tests.strategies import seeded


def blocks(*shapes):
    ids = [f"B{n}" for n in range(len(shapes))]
    return gpd.GeoDataFrame({"block_id": ids}, geometry=list(shapes), crs=CITY_CRS)


def constraints(*rows):
    return rows_of("constraints", [{"constraint_id": f"C{n}", **row} for n, row in enumerate(rows)])


def blocking(shape, **more):
    return {"geometry": shape, "severity": "block", "applies": "inside", **more}


def mu(*shapes):
    return m2_to_mu(ellipsoidal_area_m2(list(shapes), CITY_CRS))


def test_land_under_two_constraints_is_lost_to_each_and_covered_once():
    found = net_land(
        blocks(rect(0, 0, 300, 100)),
        constraints(blocking(rect(0, 0, 100, 100)), blocking(rect(50, 0, 100, 100), name="红线")),
    )
    row = found.net.iloc[0]
    assert row["net_area_mu"] == pytest.approx(mu(rect(150, 0, 150, 100))[0], rel=1e-8)
    assert row["covered_mu"] == pytest.approx(mu(rect(0, 0, 150, 100))[0], rel=1e-8)
    assert row["shared_mu"] == pytest.approx(mu(rect(50, 0, 50, 100))[0], rel=1e-8)
    assert found.losses["constraint_id"].tolist() == ["C0", "C1"]
    assert found.losses["name"].fillna("-").tolist() == ["-", "红线"]
    wanted = mu(rect(0, 0, 100, 100), rect(50, 0, 100, 100))
    assert found.losses["lost_mu"].to_numpy() == pytest.approx(wanted, rel=1e-8)
    alone = mu(rect(0, 0, 50, 100), rect(100, 0, 50, 100))
    assert found.losses["alone_mu"].to_numpy() == pytest.approx(alone, rel=1e-8)


def test_only_blocking_constraints_take_land():
    warning = {"geometry": rect(0, 0, 50, 50), "severity": "warn", "applies": "inside"}
    unknown = {"geometry": rect(0, 0, 50, 50)}
    found = net_land(blocks(rect(0, 0, 100, 100)), constraints(warning, unknown))
    assert not len(found.losses)
    assert found.net["net_area_mu"].tolist() == found.net["area_mu"].tolist()


def test_outlines_of_one_kind_that_hold_outside_are_one_loss():
    kind = {"applies": "outside", "constraint_kind": "urban_growth_boundary"}
    found = net_land(
        blocks(rect(0, 0, 100, 100), rect(200, 0, 100, 100), rect(400, 0, 100, 100)),
        constraints(
            blocking(rect(-50, -50, 125, 300), **kind, name="城北"),
            blocking(rect(200, -50, 100, 300), **kind, name="城东"),
        ),
    )
    assert found.losses["block_id"].tolist() == ["B0", "B2"]
    assert found.losses["constraint_id"].tolist() == ["C0;C1", "C0;C1"]
    assert found.losses["name"].tolist() == ["城东、城北", "城东、城北"]
    wanted = mu(rect(75, 0, 25, 100), rect(400, 0, 100, 100))
    assert found.losses["lost_mu"].to_numpy() == pytest.approx(wanted, rel=1e-8)
    assert found.net["net_area_mu"].iloc[2] == 0.0
    assert shapely.is_empty(found.net.geometry.iloc[2])


@settings(max_examples=15, deadline=None)
@given(seeded())
def test_area_is_net_and_covered_and_more_constraints_never_add_land(rng):
    def boxes(count):
        return [
            rect(*rng.integers(0, 9, 2) * 10, *rng.integers(1, 9, 2) * 10) for _ in range(count)
        ]

    land = blocks(*boxes(4))
    rows = [blocking(shape) for shape in boxes(5)]
    rows[0]["applies"] = "outside"
    fewer, more = net_land(land, constraints(*rows[:3])), net_land(land, constraints(*rows))
    turned = net_land(land, constraints(*rows[::-1]))
    net = more.net
    assert (net["net_area_mu"] + net["covered_mu"]).to_numpy() == pytest.approx(
        mu(*land.geometry), rel=1e-9
    )
    alone = more.losses.groupby("block_id")["alone_mu"].sum()
    alone = alone.reindex(net["block_id"], fill_value=0.0).to_numpy()
    assert alone + net["shared_mu"].to_numpy() == pytest.approx(net["covered_mu"], abs=1e-7)
    assert (net["net_area_mu"] <= fewer.net["net_area_mu"] + 1e-8).all()
    assert turned.net["net_area_mu"].to_numpy() == pytest.approx(net["net_area_mu"], abs=1e-8)


def test_nothing_given_and_no_constraints_leave_things_as_they_are():
    none = constraints()
    assert not len(net_land(blocks(), none).net)
    found = net_land(blocks(rect(0, 0, 10, 10)), none)
    assert found.net["covered_mu"].tolist() == [0.0]
    assert isinstance(found.losses, pd.DataFrame)
    assert list(found.losses.columns) == [
        "block_id", "constraint_id", "name", "constraint_kind", "lost_mu", "alone_mu",
    ]  # fmt: skip


def test_parcels_keep_their_index_and_id():
    land = blocks(rect(0, 0, 10, 10), rect(20, 0, 10, 10)).rename(columns={"block_id": "parcel_id"})
    land.index = pd.Index([7, 3])
    found = net_land(land, constraints(blocking(rect(25, 0, 5, 10))), "parcel_id")
    assert found.net.index.tolist() == [7, 3]
    assert found.losses["parcel_id"].tolist() == ["B1"]
