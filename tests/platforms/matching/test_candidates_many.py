"""Projects matched together give what each gives alone."""

import pytest

from platforms.land.carving import Need
from platforms.matching import survey as ground
from platforms.matching.candidates import CityLand, LandAsked
from platforms.matching.survey import Survey
from tests.matching_frames import TABLE, city, demand, parcel
from tests.planning_frames import CITY_CRS, jiaxing, rect

USES = TABLE.land_uses["industry"]
ROW = [parcel(f"D{n}", rect(100 + 100 * n, 100, 100, 250)) for n in range(6)]
"""Six parcels of 37.5 亩 side by side."""


def ids(sites):
    return [(one.site_id, one.parcel_ids) for one in sites]


def test_land_for_several_projects_is_what_each_would_be_given_alone():
    source, policy = city(ROW), jiaxing()
    needs = [Need(200.0, 200.0, 220.0), Need(40.0, 40.0, 45.0), Need(90.0, 100.0, 120.0)]
    asked = [LandAsked(need, uses) for need in needs for uses in (USES, None)]
    together = CityLand(source, policy, CITY_CRS, 40.0).sites(asked)
    alone = [CityLand(source, policy, CITY_CRS).sites([one])[0] for one in asked]
    assert [ids(sites) for sites in together] == [ids(sites) for sites in alone]
    assert all(sites for sites in together)


def test_a_smaller_project_after_a_larger_one_still_finds_its_land():
    apart = [*ROW[:3], parcel("E", rect(100, 900, 100, 200))]
    land = CityLand(city(apart), jiaxing(), CITY_CRS)
    first = land.sites([LandAsked(Need(100.0, 100.0, 200.0), USES)])[0]
    assert [one.site_id for one in first] == ["LP-D0"]
    then = land.sites([LandAsked(Need(30.0, 30.0, 40.0), USES)])[0]
    (small,) = (one for one in then if "E" in one.site_id)
    assert small.area_mu == pytest.approx(100 * 200 * 3 / 2000, rel=1e-3)


def test_shares_are_reckoned_once_for_projects_that_hold_nothing(monkeypatch):
    reckoned = []
    true = ground.shares_without

    def counted(source, project_ids, *rest):
        reckoned.append(frozenset(project_ids))
        return true(source, project_ids, *rest)

    monkeypatch.setattr(ground, "shares_without", counted)
    held = {"allotment_id": "A1", "project_id": "X2", "unit_id": "N", "year": 2024,
            "element": "land", "land_mu": 10.0, "allotment_status": "allotted",
            "is_industrial": True, "parcel_ids": "D0"}  # fmt: skip
    source = city(ROW, element_allotments=[held])
    wanted = [demand(project_id=f"X{n}", land_min_mu=40.0) for n in range(4)]
    survey = Survey(source, jiaxing(), TABLE, 2024, CITY_CRS)
    assert len(list(survey.inputs(wanted))) == 4
    assert sorted(reckoned, key=len) == [frozenset(), frozenset({"X2"})]
