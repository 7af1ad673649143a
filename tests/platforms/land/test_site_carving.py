"""What a project takes of blocks, as land."""

import numpy as np
import pytest
import shapely

from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from platforms.land.block_facts import road_areas
from platforms.land.blocks import find_blocks
from platforms.land.carving import Need
from platforms.land.search import BlockQuery, land_layers
from platforms.land.site_carving import Carver
from tests.planning_frames import CITY_CRS, UNITS, Frames, jiaxing, rect, rect_of_mu

LISTED = (100.0, 200.0)
QUERY = BlockQuery(min_mu=10.0)


def parcel(parcel_id, geometry):
    return {"parcel_id": parcel_id, "state": "cleared", "geometry": geometry}


def layers_of(parcels, barriers=()):
    return land_layers(
        Frames(land_parcels=parcels, barriers=list(barriers), units=UNITS), jiaxing("2025-06-30")
    )


def carved(parcels, need, barriers=()):
    """What is taken of the only block."""
    layers = layers_of(parcels, barriers)
    found = find_blocks(layers, QUERY)
    assert len(found.blocks) == 1
    return Carver(found, QUERY, road_areas(layers.barriers)).sites([0], need)[0]


def mu(shape):
    return m2_to_mu(float(ellipsoidal_area_m2([shape], CITY_CRS)[0]))


def row_of(*sizes_mu, depth_m=300.0):
    """Parcels side by side along a street, as wide as their size asks."""
    parcels, east = [], 100.0
    for number, size_mu in enumerate(sizes_mu):
        width = size_mu * 2000 / 3 / depth_m
        parcels.append(parcel(f"P{number}", rect(east, 100, width, depth_m)))
        east += width
    return parcels


STREET = {"barrier_id": "R", "barrier_class": "lane", "width_m": 6.0}


def street(shape):
    return {**STREET, "geometry": shapely.LineString(shape)}


def test_whole_parcels_are_taken_from_the_end_that_keeps_the_rest_together():
    one = carved(row_of(60, 41, 60, 42), Need(40, 40, 48, LISTED))
    assert one.parcel_ids == ("P3",)
    assert one.carving.remainder_mu == pytest.approx(161, abs=0.1)
    assert one.carving.stranded_mu == pytest.approx(0, abs=1e-9)
    assert mu(one.geometry) == pytest.approx(42, abs=0.05)


def test_a_parcel_larger_than_the_need_is_cut_across_so_that_both_pieces_keep_frontage():
    plot = rect(100, 100, 400, 334)  # some 200 亩
    west, south, east, _north = plot.bounds
    road = street([(west - 500, south - 5), (east + 500, south - 5)])
    one = carved([parcel("A", plot)], Need(40, 40, 40, LISTED), [road])
    assert one.parcel_ids == ("A#cut",)
    assert mu(one.geometry) == pytest.approx(40, rel=1e-9)
    assert one.carving.surplus_mu == 0
    taken_west, taken_south, taken_east, taken_north = one.geometry.bounds
    assert taken_north - taken_south == pytest.approx(334, rel=1e-6)
    assert taken_east - taken_west == pytest.approx(40 / mu(plot) * 400, rel=1e-5)
    left = plot.difference(one.geometry.buffer(1e-6))
    assert shapely.get_num_geometries(left) == 1
    assert one.carving.remainder_mu == pytest.approx(mu(plot) - 40, rel=1e-7)


def test_frontage_on_the_short_side_is_what_both_pieces_keep():
    plot = rect(100, 100, 200, 667)  # some 200 亩, deep behind its street
    west, south, east, _north = plot.bounds
    road = street([(west - 500, south - 5), (east + 500, south - 5)])
    with_road = carved([parcel("A", plot)], Need(40, 40, 40), [road])
    behind = carved([parcel("A", plot)], Need(40, 40, 40))
    assert with_road.geometry.bounds[3] - with_road.geometry.bounds[1] > 660
    assert behind.geometry.bounds[3] - behind.geometry.bounds[1] < 140


def test_whole_parcels_within_the_most_are_taken_rather_than_a_cut():
    parcels = row_of(49, 70, 60)
    assert carved(parcels, Need(40, 40, 50)).parcel_ids == ("P0",)
    assert carved(parcels, Need(40, 40, 48)).parcel_ids[0].endswith("#cut")


def test_a_parcel_at_the_end_is_cut_rather_than_the_rest_parted():
    one = carved(row_of(60, 42, 60), Need(40, 40, 45))
    assert one.parcel_ids[0] in ("P0#cut", "P2#cut")
    assert one.carving.stranded_mu == pytest.approx(0, abs=1e-9)


def test_a_cut_goes_with_parcels_taken_whole():
    one = carved(row_of(30, 60, 120), Need(50, 50, 50, LISTED))
    assert mu(one.geometry) == pytest.approx(50, rel=1e-10)
    assert shapely.get_num_geometries(one.geometry) == 1
    assert one.carving.lines_missed == 0
    assert one.carving.remainder_mu == pytest.approx(160, rel=1e-4)


def test_a_cut_keeps_a_listed_size_that_whole_parcels_would_lose():
    whole = carved(row_of(58, 45 + 54), Need(40, 40, 60, (100.0,)))  # 157: 117 can be left
    assert whole.parcel_ids[0].endswith("#cut")
    assert whole.carving.lines_missed == 0
    assert whole.carving.remainder_mu >= 100


def test_no_part_of_a_block_is_enough_for_more_than_it_has():
    assert carved([parcel("A", rect_of_mu(100, 100, 90))], Need(95, 95)) is None


def test_land_under_two_parcels_is_taken_once():
    first, second = rect(100, 100, 300, 300), rect(390, 100, 300, 300)
    one = carved([parcel("A", first), parcel("B", second)], Need(50, 150, 150))
    assert one.block_mu == pytest.approx(mu(first.union(second)), rel=1e-9)
    assert one.carving.area_mu + one.carving.rest_mu == pytest.approx(one.block_mu, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_taken_and_what_is_left_make_the_block(seed):
    rng = np.random.default_rng(seed)
    parcels = [
        parcel(f"Q{row}{column}", rect(100 + column * 150, 100 + row * 120, 150, 120))
        for row in range(4) for column in range(5) if rng.random() < 0.8 or row == 0
    ]  # fmt: skip
    wanted = float(rng.uniform(20, 120))
    layers = layers_of(parcels)
    found = find_blocks(layers, QUERY)
    carver = Carver(found, QUERY, road_areas(layers.barriers))
    one = carver.sites([0], Need(wanted, wanted, wanted))
    block = found.blocks.geometry.iloc[0]
    assert mu(one[0].geometry) == pytest.approx(wanted, rel=1e-9)
    left = block.difference(one[0].geometry.buffer(1e-6))
    largest = max(mu(part) for part in shapely.get_parts(left))
    assert shapely.get_num_geometries(one[0].geometry) == 1
    assert one[0].carving.remainder_mu == pytest.approx(largest, rel=1e-4)
