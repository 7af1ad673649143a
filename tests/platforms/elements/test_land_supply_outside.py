import pytest

from tests.planning_frames import (
    OUTSIDE,
    PLATFORMS,
    SUB_PARK,
    UNITS,
    Frames,
    allotment,
    rect,
    rect_of_mu,
    verdicts_of,
)


def verdict_of(allotments, unit_id="N", platforms=PLATFORMS, parks=(SUB_PARK,)):
    city = Frames(
        units=UNITS, major_platforms=list(platforms), parks=list(parks),
        element_allotments=allotments,
    )  # fmt: skip
    (found,) = [v for v in verdicts_of("A18", city) if (v.part, v.unit_id) == ("", unit_id)]
    return found


def test_land_inside_any_major_platform_or_its_sub_park_is_not_caught():
    places = [rect(100, 100, 50, 50), rect(6100, 100, 50, 50), rect(4100, 100, 50, 50)]
    found = verdict_of([allotment(n, geometry=place) for n, place in enumerate(places)])
    assert (found.outcome, found.measured, found.gap) == ("met", 0, 0)
    assert (found.unit, found.year, found.basis) == ("亩", 2024, "cited")


def test_each_allotment_outside_is_listed_with_its_clipped_area():
    found = verdict_of(
        [allotment(1, geometry=rect_of_mu(10e3, 0, 3.0)),
         allotment(2, geometry=rect_of_mu(10e3, 900, 2.0)),
         allotment(3, geometry=rect(2950, 0, 100, 100)), allotment(4)]
    )  # fmt: skip
    assert found.outcome == "not_met"
    listed = {e.rows[0]: e.statement.values["area_mu"] for e in found.evidence}
    assert listed == {
        "A001": pytest.approx(3.0), "A002": pytest.approx(2.0), "A003": pytest.approx(7.5, rel=1e-4)
    }  # fmt: skip
    assert found.measured == pytest.approx(12.5, rel=1e-4)


@pytest.mark.parametrize(("width_m", "outcome"), [(0.099, "met"), (0.101, "not_met")])
def test_one_square_metre_is_overlooked_and_not_more(width_m, outcome):
    shape = rect(3000 - 50, 0, 50 + width_m, 10)
    found = verdict_of([allotment(1, geometry=shape)])
    assert found.outcome == outcome
    assert found.reasons[0].values["tolerance_m2"] == 1


@pytest.mark.parametrize(
    "values",
    [{"is_increment": False}, {"is_industrial": False}, {"allotment_status": "planned"},
     {"year": 2023}, {"element": "energy"}],
)  # fmt: skip
def test_what_is_no_increment_of_industrial_land_this_year_is_not_caught(values):
    assert verdict_of([allotment(1), allotment(2, geometry=OUTSIDE, **values)]).outcome == "met"


@pytest.mark.parametrize("missing", ["is_increment", "is_industrial", "geometry"])
def test_an_allotment_that_may_be_caught_leaves_it_open(missing):
    unknown = allotment(2, **{"geometry": OUTSIDE, missing: None})
    found = verdict_of([allotment(1), unknown])
    assert (found.outcome, found.measured) == ("no_data", None)
    assert found.evidence[0].rows == ("A002",)
    certain = allotment(3, geometry=OUTSIDE)
    assert verdict_of([allotment(1), unknown, certain]).outcome == "not_met"


def test_an_unknown_kind_of_land_that_lies_inside_changes_nothing():
    assert verdict_of([allotment(1), allotment(2, is_increment=None)]).outcome == "met"


def test_a_zone_that_is_no_major_platform_does_not_shelter():
    minor = [{**PLATFORMS[0], "is_major": False}, PLATFORMS[1]]
    assert verdict_of([allotment(1)], platforms=minor).outcome == "not_met"


def test_a_unit_without_land_on_record_and_a_city_without_platforms_have_no_data():
    assert verdict_of([allotment(1)], unit_id="S").reasons[0].code == "a18_no_record"
    assert verdict_of([allotment(1)], platforms=[]).reasons[0].code == "platforms_missing"
