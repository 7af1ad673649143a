import pytest

from geo.measure import ellipsoidal_area_m2
from platforms.land.carving import Need
from platforms.matching.candidates import CityLand, LandAsked
from tests.matching_frames import FIT, TABLE, city, parcel
from tests.planning_frames import CITY_CRS, PLATFORMS, jiaxing, rect, rect_of_mu

USES = TABLE.land_uses["industry"]


def found(parcels, least_mu=100.0, uses=USES, **layers):
    need = Need(least_mu, least_mu, 50_000.0)
    land = CityLand(city(parcels, **layers), jiaxing(), CITY_CRS)
    (sites,) = land.sites([LandAsked(need, uses)])
    return {one.site_id: one for one in sites}


def only(parcels, **options):
    sites = found(parcels, **options)
    assert len(sites) == 1, sorted(sites)
    return next(iter(sites.values()))


def mu(shape):
    return ellipsoidal_area_m2([shape], CITY_CRS)[0] * 3 / 2000


WEST, EAST = rect(100, 100, 200, 250), rect(300, 100, 200, 250)
"""Two parcels of some 75 亩 side by side on the national platform P1."""


def test_ready_parcels_that_touch_make_one_site_with_the_facts_of_both():
    one = only(
        [
            parcel("A", WEST, state="cleared", utilities="road;water;gas",
                   investment_min_wan_yuan_per_mu=400.0),
            parcel("B", EAST, state="listed", utilities="water;gas;heat", is_increment=False,
                   land_use_code="100102", tax_min_wan_yuan_per_mu=35.0),
        ]
    )  # fmt: skip
    assert one.parcel_ids == ("A", "B")
    assert one.area_mu == pytest.approx(mu(WEST) + mu(EAST), rel=1e-9)
    assert one.states == {"cleared", "listed"}
    assert one.land_uses == {FIT, ("MNR2023", "100102")}
    assert one.utilities == {"water", "gas"}
    assert one.is_increment is True
    assert one.standards == {
        "investment_min_wan_yuan_per_mu": 400.0, "tax_min_wan_yuan_per_mu": 35.0,
    }  # fmt: skip
    assert (one.unit_id, one.platform_id) == ("N", "P1")
    assert (one.main_platform_share, one.major_share, one.zone_share) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(True, None, True), (None, False, None), (False, False, False)],
)
def test_a_site_is_new_land_where_a_parcel_is_and_unknown_where_one_is(first, second, expected):
    one = only([parcel("A", WEST, is_increment=first), parcel("B", EAST, is_increment=second)])
    assert one.is_increment is expected


def test_utilities_are_unknown_where_one_parcel_states_none():
    assert only([parcel("A", WEST), parcel("B", EAST, utilities=None)]).utilities is None


@pytest.mark.parametrize(("area_mu", "count"), [(59.99, 0), (60.0, 1), (100.0, 1)])
def test_a_near_miss_of_three_fifths_is_still_named(area_mu, count):
    assert len(found([parcel("A", rect_of_mu(100, 100, area_mu))])) == count


@pytest.mark.parametrize(
    ("state", "is_named"),
    [("approved", True), ("idle", True), (None, True), ("in_production", False),
     ("planned", False)],
)  # fmt: skip
def test_vacant_land_that_is_not_ready_stands_for_itself(state, is_named):
    sites = found([parcel("A", rect_of_mu(100, 100, 120), state=state)])
    assert sorted(sites) == (["DK-A"] if is_named else [])


@pytest.mark.parametrize(("area_mu", "count"), [(99.99, 0), (100.0, 1)])
def test_vacant_land_is_named_from_the_least_land_on(area_mu, count):
    parcels = [parcel("A", rect_of_mu(100, 100, area_mu), state="approved")]
    assert len(found(parcels)) == count


def test_ready_land_of_another_use_joins_no_block_and_stands_for_itself():
    sites = found(
        [parcel("A", rect_of_mu(100, 100, 120)), parcel("B", EAST, land_use_code="0901")],
        least_mu=70.0,
    )
    assert sorted(one.parcel_ids for one in sites.values()) == [("A",), ("B",)]
    assert sites["DK-B"].land_uses == {("MNR2023", "0901")}


def test_a_blocking_constraint_is_taken_off_and_parts_the_land():
    farmland = {"constraint_id": "C", "severity": "block", "applies": "inside",
                "geometry": rect(300, 0, 50, 1000)}  # fmt: skip
    sites = found([parcel("A", rect(100, 100, 400, 250))], constraints=[farmland], least_mu=80.0)
    areas = [mu(WEST), mu(rect(350, 100, 150, 250))]
    assert [one.area_mu for one in sites.values()] == pytest.approx(areas, rel=1e-9)
    assert sorted(part for one in sites.values() for part in one.parcel_ids) == ["A#1", "A#2"]
    assert all(one.blocked_mu == pytest.approx(0.0, abs=1e-6) for one in sites.values())


def test_a_vacant_parcel_says_how_much_of_it_is_blocked():
    redline = {"constraint_id": "C", "severity": "block", "applies": "inside",
               "geometry": rect(0, 0, 200, 1000)}  # fmt: skip
    one = only(
        [parcel("A", rect(100, 100, 400, 250), state="approved")], constraints=[redline],
    )  # fmt: skip
    assert one.blocked_mu == pytest.approx(mu(rect(100, 100, 100, 250)), rel=1e-9)
    assert one.area_mu == pytest.approx(mu(rect(200, 100, 300, 250)), rel=1e-9)


def test_constraints_to_be_minded_are_named_once_each():
    rows = [
        {"constraint_id": "C1", "name": "管线走廊", "severity": "warn", "geometry": WEST},
        {"constraint_id": "C2", "name": "管线走廊", "severity": "warn", "geometry": EAST},
        {"constraint_id": "C3", "severity": "warn", "geometry": EAST},
        {"constraint_id": "C4", "name": "远处", "severity": "warn", "geometry": rect(9e3, 0, 9, 9)},
        {"constraint_id": "C5", "name": "提示", "severity": "info", "geometry": WEST},
    ]
    one = only([parcel("A", WEST), parcel("B", EAST)], constraints=rows)
    assert one.warnings == ("C3", "管线走廊")


def test_the_way_to_the_nearest_exit_is_measured_in_km():
    rows = [
        {"facility_id": "F1", "facility_kind": "expressway_exit", "geometry":
         rect(0, 0, 1, 1).exterior.interpolate(0)},
        {"facility_id": "F2", "facility_kind": "port", "geometry": WEST.centroid},
    ]  # fmt: skip
    far = parcel("A", rect(3000 + rows[0]["geometry"].x - rect(0, 0, 1, 1).bounds[0], 0, 400, 250))
    assert only([far], facilities=rows, least_mu=140.0).facility_km["expressway_exit"] == (
        pytest.approx(3.0)
    )
    assert (
        only([far], facilities=rows[1:], least_mu=140.0).facility_km.get("expressway_exit") is None
    )


ON_SUB_PARK, ON_MUNICIPAL, NOWHERE = (
    rect(4100, 100, 300, 300), rect(6100, 100, 300, 300), rect(10e3, 10e3, 300, 300),
)  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "platform_id", "main", "major", "zone"),
    [
        (ON_SUB_PARK, "P1", 0.0, 1.0, 1.0),
        (ON_MUNICIPAL, "P2", 1.0, 1.0, 0.0),
        (NOWHERE, None, 0.0, 0.0, 0.0),
        (rect(2850, 100, 300, 300), "P1", 0.5, 0.5, 0.5),
    ],
)
def test_a_site_knows_on_what_platform_and_zone_it_lies(shape, platform_id, main, major, zone):
    one = only([parcel("A", shape)])
    assert one.platform_id == platform_id
    assert one.main_platform_share == pytest.approx(main, abs=1e-6)
    assert one.major_share == pytest.approx(major, abs=1e-6)
    assert one.zone_share == pytest.approx(zone, abs=1e-6)


def test_a_platform_of_unknown_level_leaves_the_zone_unknown():
    platforms = [{**PLATFORMS[0], "level": None}, *PLATFORMS[1:]]
    assert only([parcel("A", rect_of_mu(100, 100, 120))], major_platforms=platforms).zone_share is (
        None
    )


def test_a_platform_that_is_not_major_does_not_count_for_a18_and_a20():
    platforms = [{**PLATFORMS[0], "is_major": False}, *PLATFORMS[1:]]
    one = only([parcel("A", rect_of_mu(100, 100, 120))], major_platforms=platforms)
    assert (one.main_platform_share, one.major_share, one.zone_share) == (0.0, 0.0, 1.0)


def test_land_in_a_functional_zone_is_assessed_there():
    assert only([parcel("A", rect(15_500, 15_500, 300, 300))]).unit_id == "Z"


def test_land_in_no_unit_has_none():
    assert only([parcel("A", rect(50e3, 0, 300, 300))]).unit_id is None


def test_a_city_without_parcels_has_no_sites():
    assert found([]) == {}


def test_the_largest_site_comes_first():
    sites = found([parcel("A", rect_of_mu(100, 100, 110)), parcel("B", rect_of_mu(900, 900, 140))])
    assert [one.parcel_ids for one in sites.values()] == [("B",), ("A",)]
