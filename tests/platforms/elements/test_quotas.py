import pytest

from platforms.elements.quotas import quotas_of
from tests.planning_frames import CITY_CRS, UNITS, Frames, allotment

LAND_2024 = {"quota_id": "Q1", "unit_id": "N", "year": 2024, "element": "land", "land_mu": 100.0}
ENERGY_2025 = {
    "quota_id": "Q2", "unit_id": "N", "year": 2025, "element": "energy", "energy_tce": 50.0,
}  # fmt: skip
LAND, ENERGY = ("unit", "N", "land", None), ("unit", "N", "energy", None)


def rooms(year, *quotas, allotments=()):
    city = Frames(units=UNITS, element_quotas=list(quotas), element_allotments=list(allotments))
    return quotas_of(city, year, CITY_CRS).headrooms("X1")


def test_what_was_allotted_in_the_year_is_taken_off():
    used = allotment(1, land_mu=30.0)
    room = rooms(2024, LAND_2024, allotments=[used])[LAND]
    assert (room.quota, room.committed, room.left) == (100.0, 30.0, 70.0)
    assert room.assumed_from is None


def test_on_the_first_of_january_the_quotas_of_the_year_before_are_assumed_and_said():
    used = allotment(1, year=2025, land_mu=30.0)
    before = allotment(2, year=2024, land_mu=90.0)
    room = rooms(2025, LAND_2024, allotments=[used, before])[LAND]
    # the quota of 2024, less what was allotted in 2025 alone
    assert (room.quota, room.committed, room.assumed_from) == (100.0, 30.0, 2024)


def test_each_element_stands_by_itself():
    held = rooms(2025, LAND_2024, ENERGY_2025)
    assert (held[LAND].assumed_from, held[ENERGY].assumed_from) == (2024, None)


def test_a_pollutant_is_the_same_by_whatever_name_an_office_writes_it():
    quota = {"quota_id": "Q9", "unit_id": "N", "year": 2025, "element": "emission",
             "pollutant": "NOx", "emission_t": 10.0}  # fmt: skip
    used = allotment(1, year=2025, element="emission", pollutant="氮氧化物", emission_t=4.0,
                     land_mu=None)  # fmt: skip
    room = rooms(2025, quota, allotments=[used])["unit", "N", "emission", "氮氧化物"]
    assert (room.quota, room.committed, room.left) == (10.0, 4.0, 6.0)


def test_where_another_unit_has_a_quota_of_the_year_the_missing_one_is_missing():
    other = {**LAND_2024, "quota_id": "Q3", "unit_id": "S", "year": 2025}
    held = rooms(2025, LAND_2024, other)
    assert set(held) == {("unit", "S", "land", None)}


@pytest.mark.parametrize("year", [2023, 2022])
def test_quotas_of_later_years_say_nothing_of_an_earlier_one(year):
    assert rooms(year, LAND_2024) == {}
