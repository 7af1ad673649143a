"""Where allotments lie: on land of their own, else energy and emission rights by what they name."""

import geopandas as gpd
import pytest

from platforms.elements.allotments import PlaceLayers, parts_inside, read_allotments, zone_outlines
from platforms.elements.quotas import quotas_of
from platforms.elements.shares import element_shares
from tests.planning_frames import (
    CITY_CRS,
    PLATFORMS,
    SUB_PARK,
    UNITS,
    Frames,
    allotment,
    jiaxing,
    rect,
    verdicts_of,
)

ENERGY = {"element": "energy", "land_mu": None, "energy_tce": 100.0, "geometry": None}
EMISSION = {
    "element": "emission", "pollutant": "氮氧化物", "land_mu": None, "emission_t": 2.0,
    "geometry": None,
}  # fmt: skip
LOT = {"parcel_id": "D1", "unit_id": "N", "geometry": rect(2900, 100, 200, 100)}
"""Half in the national zone P1, which ends 3 000 m east."""
ACROSS = {
    "park_id": "K9", "unit_id": "N", "disposition": "exiting", "geometry": rect(2500, 0, 1000, 500),
}  # fmt: skip
PROJECTS = [
    {"project_id": "X1", "platform_id": "P2", "parcel_ids": "D1"},
    {"project_id": "X2", "platform_id": "P2"},
    {"project_id": "X3"},
]


def city(*allotments, **layers):
    given = {
        "units": UNITS, "major_platforms": PLATFORMS, "parks": [SUB_PARK, ACROSS],
        "projects": PROJECTS, "land_parcels": [LOT],
    }  # fmt: skip
    return Frames(element_allotments=list(allotments), **{**given, **layers})


def placed(*allotments, **layers):
    """What the place of each is taken from, and the bounds of the part inside."""
    source = city(*allotments, **layers)
    names = ("element_allotments", "land_parcels", "units")
    read = read_allotments(
        *(source.read(n) for n in names), CITY_CRS, PlaceLayers.of(source)
    )  # fmt: skip
    zones = zone_outlines(
        *(gpd.GeoDataFrame(source.read(n)) for n in ("major_platforms", "parks")), jiaxing()
    )
    least, most = parts_inside(read, zones, CITY_CRS)
    return list(zip(read.basis, least.round(6), most.round(6), strict=True))


@pytest.mark.parametrize("rights", [ENERGY, EMISSION])
@pytest.mark.parametrize(
    ("named", "basis", "least", "most"),
    [
        # Land counts by its area inside, energy and emissions in the same proportion (S15).
        ({"project_id": "X1"}, "project", 0.5, 0.5),
        ({"project_id": "X1", "platform_id": "P1", "park_id": "K1"}, "project", 0.5, 0.5),
        ({"project_id": "X2"}, "platform", 0.0, 0.0),
        ({"project_id": "X2", "platform_id": "P1"}, "platform", 1.0, 1.0),
        ({"platform_id": "P1", "park_id": "K9"}, "platform", 1.0, 1.0),
        ({"project_id": "X3", "park_id": "K1"}, "park", 1.0, 1.0),
        ({"park_id": "K9"}, "park", 0.0, 1.0),
        ({"project_id": "X3"}, None, 0.0, 1.0),
        ({"project_id": "absent", "platform_id": "absent", "park_id": "absent"}, None, 0.0, 1.0),
        ({}, None, 0.0, 1.0),
    ],
)
def test_rights_lie_on_the_site_of_their_project_else_on_its_platform_else_in_the_park(
    rights, named, basis, least, most
):
    assert placed(allotment(1, **{**rights, **named})) == [(basis, least, most)]


def test_land_allotted_to_a_project_is_its_site_before_the_parcels_it_names():
    land = allotment(1, project_id="X1", geometry=rect(100, 100, 50, 50))
    rights = allotment(2, project_id="X1", **ENERGY)
    assert placed(land, rights) == [("own", 1.0, 1.0), ("project", 1.0, 1.0)]


def test_land_itself_and_what_names_parcels_take_no_place_from_elsewhere():
    land = allotment(1, project_id="X1", geometry=None)
    lost = allotment(2, **{**ENERGY, "project_id": "X1", "parcel_ids": "D1;D2"})
    named = allotment(3, **{**ENERGY, "project_id": "X2", "parcel_ids": "D1"})
    assert placed(land, lost, named) == [(None, 0.0, 1.0), (None, 0.0, 1.0), ("own", 0.5, 0.5)]


def test_the_verdict_says_what_each_place_was_taken_from():
    source = city(
        allotment(1, **{**ENERGY, "project_id": "X1"}),
        allotment(2, **{**ENERGY, "platform_id": "P1"}),
        allotment(3, **{**ENERGY, "platform_id": "P1"}),
        allotment(4, **{**ENERGY, "park_id": "K1"}),
    )
    (verdict,) = (
        v for v in verdicts_of("B1", source) if v.part == "energy" and v.unit_id == "N"
    )  # fmt: skip
    assert verdict.measured == pytest.approx(3.5 / 4, abs=1e-6)
    said = {
        part.statement.code: part.rows for part in verdict.evidence if part.statement is not None
    }
    assert said["allotment_placed_by_project"] == ("A001",)
    assert said["allotment_placed_by_platform"] == ("A002", "A003")
    assert said["allotment_placed_by_park"] == ("A004",)


def test_without_the_projects_platform_and_park_alone_place():
    source = city(allotment(1, **{**ENERGY, "project_id": "X1", "platform_id": "P1"}))
    names = ("element_allotments", "major_platforms", "parks", "land_parcels", "units")
    shares = element_shares(*(source.read(n) for n in names), 2024, jiaxing(), CITY_CRS)
    (row,) = shares.query("unit_id == 'N' and element == 'energy' and span == 'year'").to_dict(
        "records"
    )
    assert row["placed_by"] == (("A001", "allotment_placed_by_platform"),)
    assert row["inside"] == 100.0


@pytest.mark.parametrize(
    ("named", "left"),
    [({"platform_id": "P1"}, 400.0), ({"platform_id": "P2"}, 500.0), ({"park_id": "K1"}, 400.0),
     ({"project_id": "X1"}, 450.0)],
)  # fmt: skip
def test_rights_of_a_platform_take_from_its_quota(named, left):
    quota = {
        "quota_id": "q", "platform_id": "P1", "year": 2024, "element": "energy",
        "energy_tce": 500.0,
    }  # fmt: skip
    source = city(allotment(1, **{**ENERGY, **named}), element_quotas=[quota])
    (room,) = quotas_of(source, 2024, CITY_CRS).headrooms("Y").values()
    assert room.left == pytest.approx(left, abs=1e-3)


def test_an_outline_that_lies_across_leaves_the_quota_of_the_platform_open():
    quota = {
        "quota_id": "q", "platform_id": "P1", "year": 2024, "element": "energy",
        "energy_tce": 500.0,
    }  # fmt: skip
    source = city(allotment(1, **{**ENERGY, "park_id": "K9"}), element_quotas=[quota])
    (room,) = quotas_of(source, 2024, CITY_CRS).headrooms("Y").values()
    assert room.left != room.left
