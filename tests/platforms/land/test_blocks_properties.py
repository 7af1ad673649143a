"""Contiguous land: thresholds, states, barriers, constraints, units, and what may never count."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2
from geo.units import M2_PER_MU
from layers.contracts import CONTRACTS
from layers.validate import conform
from platforms.errors import PlanningError
from platforms.land.blocks import find_blocks
from platforms.land.search import BlockQuery, LandLayers
from platforms.territory import area_by_unit, assessment_areas

HERE = CRS(4549)
EAST, NORTH = 571_000.0, 3_403_000.0
SIDE_M = 240.0


def layer(name, rows, shapes):
    frame = gpd.GeoDataFrame(rows, geometry=list(shapes), crs=HERE)
    conformed, resisting = conform(frame, CONTRACTS[name], HERE)
    assert not resisting
    return conformed


def square(column, row=0.0, side=SIDE_M, gap=0.0):
    west, south = EAST + column * (SIDE_M + gap), NORTH + row * (SIDE_M + gap)
    return shapely.box(west, south, west + side, south + side)


def city(shapes, states=None, *, barriers=(), constraints=(), units=None, columns=None):
    count = len(shapes)
    rows = {
        "parcel_id": [f"p{n}" for n in range(count)],
        "state": states or ["cleared"] * count,
        **(columns or {}),
    }
    whole = shapely.box(EAST - 5e3, NORTH - 5e3, EAST + 2e4, NORTH + 2e4)
    return LandLayers(
        layer("land_parcels", rows, shapes),
        layer(
            "barriers",
            {
                "barrier_id": [f"b{n}" for n in range(len(barriers))],
                "barrier_class": [b[0] for b in barriers],
                "width_m": [b[1] for b in barriers],
            },
            [b[2] for b in barriers],
        ),
        layer(
            "constraints",
            {
                "constraint_id": [f"c{n}" for n in range(len(constraints))],
                "severity": [c[0] for c in constraints],
                "applies": [c[1] for c in constraints],
                "constraint_kind": "other",
            },
            [c[2] for c in constraints],
        ),
        units
        if units is not None
        else layer("units", {"unit_id": ["u"], "unit_kind": ["county"]}, [whole]),
    )


def mu(*shapes):
    return float(ellipsoidal_area_m2([shapely.union_all(list(shapes))], HERE)[0]) / M2_PER_MU


def of_area(target_mu):
    """Solve for the square whose ellipsoidal area is the target."""
    side = (target_mu * M2_PER_MU) ** 0.5
    for _ in range(6):
        side *= (target_mu / mu(square(0, side=side))) ** 0.5
    return square(0, side=side)


@pytest.mark.parametrize(
    ("target_mu", "is_listed"), [(99.994, False), (99.996, True), (100.0, True), (100.001, True)]
)
def test_a_block_is_listed_where_it_is_printed_as_the_least_area_or_more(target_mu, is_listed):
    found = find_blocks(city([of_area(target_mu)]), BlockQuery(min_mu=100)).blocks
    assert (len(found) == 1) is is_listed


def test_neighbours_make_one_block_and_its_area_is_their_union():
    shapes = [square(0), square(1), square(3)]
    blocks = find_blocks(city(shapes), BlockQuery(min_mu=100)).blocks
    assert list(blocks["parcel_ids"]) == [["p0", "p1"]]
    assert blocks["area_mu"].iloc[0] == pytest.approx(mu(*shapes[:2]), rel=1e-9)
    assert blocks["parcel_count"].iloc[0] == 2


def test_a_bridged_gap_joins_but_never_counts():
    shapes = [square(0, gap=1.5), square(1, gap=1.5)]
    blocks = find_blocks(city(shapes), BlockQuery(min_mu=100, gap_m=2)).blocks
    assert len(blocks) == 1
    assert blocks["area_mu"].iloc[0] == pytest.approx(mu(shapes[0]) + mu(shapes[1]), rel=1e-9)
    assert len(find_blocks(city(shapes), BlockQuery(min_mu=100, gap_m=1)).blocks) == 0


def test_land_covered_by_two_parcels_counts_once():
    shapes = [square(0), shapely.transform(square(1), lambda xy: xy - [30, 0])]
    blocks = find_blocks(city(shapes), BlockQuery(min_mu=100)).blocks
    assert blocks["area_mu"].iloc[0] == pytest.approx(mu(*shapes), rel=1e-9)
    assert blocks["area_mu"].iloc[0] < mu(shapes[0]) + mu(shapes[1]) - 5


def test_squares_that_meet_at_a_corner_are_no_block():
    shapes = [square(0, 0), square(1, 1)]
    for gap_m in (0, 2, 20, 50):
        assert len(find_blocks(city(shapes), BlockQuery(min_mu=100, gap_m=gap_m)).blocks) == 0


@pytest.mark.parametrize("barrier_class", ["expressway", "railway", "trunk_road", "trunk_river"])
def test_trunk_roads_railways_and_rivers_part_land_even_where_it_touches(barrier_class):
    line = shapely.LineString([(EAST + SIDE_M, NORTH - 99), (EAST + SIDE_M, NORTH + 999)])
    parted = city([square(0), square(1)], barriers=[(barrier_class, None, line)])
    assert len(find_blocks(parted, BlockQuery(min_mu=100)).blocks) == 0


@pytest.mark.parametrize("barrier_class", ["lane", "ditch"])
def test_lanes_and_ditches_do_not_part_land(barrier_class):
    line = shapely.LineString([(EAST + SIDE_M, NORTH - 99), (EAST + SIDE_M, NORTH + 999)])
    joined = city([square(0), square(1)], barriers=[(barrier_class, 1.0, line)])
    assert len(find_blocks(joined, BlockQuery(min_mu=100)).blocks) == 1


def test_a_gap_is_not_bridged_over_another_parcel():
    between = shapely.box(EAST + SIDE_M, NORTH, EAST + SIDE_M + 1.5, NORTH + SIDE_M)
    shapes = [square(0, gap=1.5), square(1, gap=1.5), between]
    states = ["cleared", "listed", "in_production"]
    assert len(find_blocks(city(shapes, states), BlockQuery(min_mu=100)).blocks) == 0
    assert len(find_blocks(city(shapes[:2], states[:2]), BlockQuery(min_mu=100)).blocks) == 1


def test_an_unknown_state_is_never_ready_and_is_counted():
    shapes = [square(0), square(1), square(2)]
    found = find_blocks(city(shapes, ["cleared", None, "unknown"]), BlockQuery(min_mu=50))
    assert list(found.blocks["parcel_ids"]) == [["p0"]]
    assert found.unknown_state_count == 2


def test_net_land_lacks_what_a_blocking_constraint_covers():
    shapes = [square(0), square(1)]
    corner = shapely.box(EAST, NORTH, EAST + 60, NORTH + SIDE_M)
    served = {"utilities": ["road;water;power;levelled"] * 2}
    layers = city(shapes, constraints=[("block", "inside", corner)], columns=served)
    gross = find_blocks(layers, BlockQuery(min_mu=100)).blocks["area_mu"].iloc[0]
    net = find_blocks(layers, BlockQuery(min_mu=100, net=True)).blocks["area_mu"].iloc[0]
    assert gross == pytest.approx(mu(*shapes), rel=1e-9)
    assert net == pytest.approx(mu(*shapes) - mu(corner), rel=1e-8)


def test_land_without_its_utilities_on_file_is_not_net():
    layers = city(
        [square(0), square(1)], columns={"utilities": ["road;water;power;levelled", None]}
    )
    blocks = find_blocks(layers, BlockQuery(min_mu=50, net=True)).blocks
    assert list(blocks["parcel_ids"]) == [["p0"]]


def test_land_outside_the_growth_boundary_is_not_net():
    boundary = shapely.box(EAST - 10, NORTH - 10, EAST + SIDE_M + 100, NORTH + SIDE_M + 10)
    served = {"utilities": ["road;water;power;levelled"] * 2}
    layers = city(
        [square(0), square(1)], constraints=[("block", "outside", boundary)], columns=served
    )
    net = find_blocks(layers, BlockQuery(min_mu=50, net=True)).blocks["area_mu"].iloc[0]
    inside = shapely.box(EAST, NORTH, EAST + SIDE_M + 100, NORTH + SIDE_M)
    assert net == pytest.approx(mu(inside), rel=1e-8)


def two_units():
    border = EAST + 1.5 * SIDE_M
    return layer(
        "units",
        {"unit_id": ["west", "east", "zone"], "unit_kind": ["county", "county", "functional_zone"]},
        [
            shapely.box(EAST - 1e3, NORTH - 1e3, border, NORTH + 2e3),
            shapely.box(border, NORTH - 1e3, EAST + 9e3, NORTH + 2e3),
            shapely.box(EAST + 3 * SIDE_M, NORTH - 50, EAST + 4 * SIDE_M, NORTH + 500),
        ],
    )


def test_a_block_across_a_border_is_shared_out_between_the_units():
    shapes = [square(0), square(1), square(2)]
    found = find_blocks(city(shapes, units=two_units()), BlockQuery(min_mu=100))
    block = found.blocks.iloc[0]
    assert found.by_unit["area_mu"].sum() == pytest.approx(block["area_mu"], rel=1e-9)
    assert set(found.by_unit["unit_id"]) == {"west", "east"}


def test_the_list_of_a_unit_takes_the_connected_part_inside():
    shapes = [square(0), square(1), square(2)]
    query = BlockQuery(min_mu=50, unit_id="west")
    block = find_blocks(city(shapes, units=two_units()), query).blocks.iloc[0]
    inside = shapely.box(EAST, NORTH, EAST + 1.5 * SIDE_M, NORTH + SIDE_M)
    assert block["area_mu"] == pytest.approx(mu(inside), rel=1e-8)
    with pytest.raises(PlanningError) as caught:
        find_blocks(city(shapes, units=two_units()), BlockQuery(unit_id="north"))
    assert caught.value.code == "unit_unknown"


def test_land_in_a_functional_zone_is_assessed_there_and_not_twice():
    units = two_units()
    before = units.geometry.copy()
    areas = assessment_areas(units)
    shares = area_by_unit(gpd.GeoSeries([square(3)], crs=HERE), areas)
    assert list(shares["unit_id"]) == ["zone"]
    assert units.geometry.equals(before)
    assert shapely.area(shapely.intersection(*areas.geometry.iloc[[1, 2]])) == pytest.approx(0)


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(7)
    shapes = [square(i, j) for i in range(4) for j in range(3)]
    layers = city(shapes)
    first = find_blocks(layers, BlockQuery(min_mu=100)).blocks
    order = rng.permutation(len(shapes))
    shuffled = LandLayers(
        layers.parcels.iloc[order].reset_index(drop=True), layers.barriers, layers.constraints,
        layers.units,
    )  # fmt: skip
    second = find_blocks(shuffled, BlockQuery(min_mu=100)).blocks
    pd.testing.assert_frame_equal(
        first.drop(columns=["geometry"]), second.drop(columns=["geometry"])
    )


@pytest.mark.parametrize("bad", [{"min_mu": 0}, {"min_mu": -5}, {"states": ("bereit",)}])
def test_a_query_that_makes_no_sense_is_refused(bad):
    with pytest.raises(PlanningError):
        BlockQuery(**bad)
