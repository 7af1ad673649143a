"""Pieces of one block for several projects: beside each other, connected, as large as asked."""

import itertools
import random

import numpy as np
import pytest
import shapely

from geo.measure import ellipsoidal_area_m2
from geo.units import m2_to_mu
from platforms.land.block_facts import road_areas
from platforms.land.blocks import find_blocks
from platforms.land.carving import Need
from platforms.land.search import BlockQuery, land_layers
from platforms.land.site_carving import SLIVER_M2, Carver
from platforms.land.site_layouts import MOST_FIRST, MOST_PIECES, PieceAsked, shared_pieces
from tests.planning_frames import CITY_CRS, UNITS, Frames, jiaxing, rect, rect_of_mu

QUERY = BlockQuery(min_mu=10.0)


def carver_of(*shapes):
    """Blocks of cleared parcels; all of them lie in one."""
    parcels = [
        {"parcel_id": f"P{n}", "state": "cleared", "geometry": shape}
        for n, shape in enumerate(shapes)
    ]
    layers = land_layers(Frames(land_parcels=parcels, units=UNITS), jiaxing("2025-06-30"))
    found = find_blocks(layers, QUERY)
    assert len(found.blocks) == 1
    return Carver(found, QUERY, road_areas(layers.barriers))


def mu(shape):
    return m2_to_mu(float(ellipsoidal_area_m2([shape], CITY_CRS)[0]))


def shared_m2(one, other):
    return shapely.area(shapely.intersection(one, other))


def grid(draw, columns, rows):
    """Parcels of a grid with streets' corners cut by chance, so that they differ in size."""
    east = np.cumsum([100.0, *(draw.choice([120.0, 150.0, 200.0]) for _ in range(columns))])
    north = np.cumsum([100.0, *(draw.choice([120.0, 160.0]) for _ in range(rows))])
    return [
        rect(x, y, right - x, top - y)
        for x, right in itertools.pairwise(east.tolist())
        for y, top in itertools.pairwise(north.tolist())
    ]


@pytest.mark.parametrize("seed", range(6))
def test_what_is_cut_beside_others_shares_no_land_hangs_together_and_is_large_enough(seed):
    draw = random.Random(seed)
    carver = carver_of(*grid(draw, 3, 2))
    taken = []
    while True:
        wish = draw.choice([20.0, 33.0, 50.0])
        site = carver.beside(0, Need(0.9 * wish, wish, 1.2 * wish, (100.0,)), taken)
        if site is None:
            break
        assert all(shared_m2(site.geometry, other) <= SLIVER_M2 for other in taken)
        assert 0.9 * wish * (1 - 1e-9) <= mu(site.geometry) <= 1.2 * wish * (1 + 1e-9)
        assert site.carving.area_mu == pytest.approx(mu(site.geometry), rel=1e-9)
        # Parcels of the grid share edges, so that connected land is one shape.
        assert len(shapely.get_parts(shapely.buffer(site.geometry, 0.01))) == 1
        taken.append(site.geometry)
    assert len(taken) > 1
    assert shapely.area(shapely.union_all(taken)) <= carver.shape(0).area + 1.0


def test_what_a_piece_leaves_is_told_of_the_whole_block():
    carver = carver_of(rect_of_mu(100, 100, 300))
    first = carver.beside(0, Need(100, 100), [])
    second = carver.beside(0, Need(100, 100), [first.geometry])
    for piece in (first, second):
        assert piece.block_mu == pytest.approx(300.0, rel=1e-9)
        assert piece.carving.rest_mu == pytest.approx(200.0, rel=1e-9)
        assert piece.parcel_ids == ("P0#cut",)
        (whole,) = piece.cut_parcels
        assert whole.parcel_id == "P0"
        assert whole.area_mu == pytest.approx(300.0, rel=1e-9)
    assert first.carving.remainder_mu == pytest.approx(200.0, rel=1e-6)


@pytest.mark.parametrize(("size_mu", "fits"), [(200.0, True), (199.99, False)])
def test_a_parcel_is_used_up_to_the_last_square_metre(size_mu, fits):
    carver = carver_of(rect_of_mu(100, 100, size_mu))
    first = carver.beside(0, Need(100, 100), [])
    second = carver.beside(0, Need(100, 100), [first.geometry])
    assert (second is not None) is fits
    assert carver.beside(0, Need(1, 1), [first.geometry, carver.shape(0)]) is None


def test_the_order_in_which_sizes_are_given_changes_no_piece():
    carver = carver_of(rect_of_mu(100, 100, 400))
    asked = [PieceAsked(carver, 0, Need(wish, wish), 1) for wish in (50, 80, 120, 70, 90, 60)]

    def pieces(order):
        found = shared_pieces([asked[at] for at in order], [[] for _ in order])
        return {
            asked[at].need.wanted_mu: {site.mark for site in sites}
            for at, sites in zip(order, found, strict=True)
        }

    forward = pieces(range(6))
    assert forward == pieces([3, 5, 0, 4, 2, 1])
    assert min(map(len, forward.values())) >= 1
    assert max(map(len, forward.values())) <= MOST_FIRST + 2
    assert sum(map(len, forward.values())) <= (MOST_FIRST + 1) * MOST_PIECES + 6


def test_what_is_offered_anyhow_is_not_offered_again():
    carver = carver_of(rect_of_mu(100, 100, 320))
    asked = [PieceAsked(carver, 0, Need(100, 100), 2)]
    (both,) = shared_pieces(asked, [[]])
    assert len(both) == 2
    (one,) = shared_pieces(asked, [[both[0].geometry]])
    assert [site.mark for site in one] == [both[1].mark]
