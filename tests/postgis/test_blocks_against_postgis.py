import numpy as np
import pytest
import shapely
from pyproj import CRS

from benchmarks.blocks import membership
from benchmarks.parcels import parcels
from benchmarks.postgis import load
from benchmarks.postgis_blocks import distance_blocks, edge_blocks
from benchmarks.zones import constraints, zones
from geo.contiguity import component_labels, near_pairs
from geo.difference import without
from geo.overlay import zone_shares
from tests.postgis.judge import SAME, assert_same_land, pairs_found_by_both

CITY = CRS(4549)
MIN_EDGE_M = 5.0
GAPS = pytest.mark.parametrize("gap_m", [0.5, 2.0])

AREA = "ST_Area(ST_Transform({}, 4490)::geography)"


@pytest.fixture(scope="module")
def ready():
    """Three thousand parcels ready for supply: shared, noisy and un-noded edges, roads."""
    return parcels(20_000, seed=3).ready


@GAPS
def test_parcels_hang_together_by_gap_and_facing_edge_as_in_postgis(postgis, ready, gap_m):
    first, second, disputed = pairs_found_by_both(postgis, ready, gap_m, MIN_EDGE_M)
    assert disputed == []
    label = component_labels(len(ready), first, second)
    theirs = edge_blocks(postgis, "land", gap_m, MIN_EDGE_M, segments=32)
    assert membership(label) == membership(theirs.label)
    land = assert_same_land(postgis, ready, label, CITY)
    assert land["blocks_200"] > 50


@GAPS
def test_parcels_hang_together_by_distance_as_in_postgis(postgis, ready, gap_m):
    load(postgis, "land", ready)
    label = component_labels(len(ready), *near_pairs(ready, gap_m))
    assert membership(label) == membership(distance_blocks(postgis, "land", gap_m).label)
    land = assert_same_land(postgis, ready, label, CITY)
    assert land["blocks_200"] > 50


def test_every_parcel_taken_makes_the_same_quarters_between_roads(postgis):
    every = parcels(2_500, seed=4).polygons
    first, second, disputed = pairs_found_by_both(postgis, every, 2.0, MIN_EDGE_M)
    assert disputed == []
    label = component_labels(len(every), first, second)
    assert 20 <= label.max() + 1 <= 60  # five strips of ten each way, and what noise cuts off
    assert_same_land(postgis, every, label, CITY)


def test_both_workers_and_the_plain_aggregate_of_postgis_answer_the_same(postgis, ready):
    load(postgis, "land", ready)
    shared = edge_blocks(postgis, "land", 0.5, MIN_EDGE_M, shared=True)
    plain = edge_blocks(postgis, "land", 0.5, MIN_EDGE_M, shared=False)
    assert membership(shared.label) == membership(plain.label)
    np.testing.assert_allclose(shared.area_m2, plain.area_m2, rtol=SAME)


def test_parcels_have_the_land_in_zones_that_postgis_cuts_out(postgis):
    shapes = parcels(1_500, seed=5).polygons
    over = zones(shapes, count=16)
    load(postgis, "land", shapes)
    load(postgis, "zones", over)
    rows = postgis.execute(
        "SELECT land.id, zones.id, "
        + AREA.format("ST_Intersection(land.geom, zones.geom)")
        + " FROM land JOIN zones ON ST_Intersects(land.geom, zones.geom)"
    ).fetchall()
    found = zone_shares(shapes, over, CITY)
    ours = dict(zip(zip(found.of_shape.tolist(), found.of_zone.tolist(), strict=True),
                    found.area_m2.tolist(), strict=True))  # fmt: skip
    theirs = {(shape, zone): area for shape, zone, area in rows}
    assert len(theirs) > 500
    # A pair that only one of the two names may have no more land in common than this: rounding
    # the corners of a cut moves up to a thousandth of a square metre.
    areas = np.array([(ours.get(pair, 0.0), theirs.get(pair, 0.0)) for pair in ours | theirs])
    np.testing.assert_allclose(areas[:, 0], areas[:, 1], rtol=SAME, atol=1e-3)
    assert areas[:, 0].sum() == pytest.approx(areas[:, 1].sum(), rel=SAME)


def test_parcels_keep_the_land_that_postgis_leaves_them(postgis):
    shapes = parcels(1_500, seed=6).polygons
    covers = constraints(shapes, 300)
    load(postgis, "land", shapes)
    load(postgis, "covers", covers)
    rows = postgis.execute(
        "SELECT land.id, coalesce(ST_Area(ST_Difference(land.geom, ST_Union(covers.geom))), "
        "ST_Area(land.geom)) FROM land LEFT JOIN covers ON ST_Intersects(land.geom, covers.geom)"
        " GROUP BY land.id, land.geom ORDER BY land.id"
    ).fetchall()
    theirs = np.array([area for _, area in rows])
    ours = shapely.area(without(shapes, covers))
    np.testing.assert_allclose(ours, theirs, rtol=SAME, atol=1e-4)
    assert ours.sum() == pytest.approx(theirs.sum(), rel=SAME)
    assert ours.sum() < 0.95 * shapely.area(shapes).sum()
