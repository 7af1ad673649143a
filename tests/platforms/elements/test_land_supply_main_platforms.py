"""What goes to the main platforms themselves: value and trend, never a verdict (A27)."""

import pytest
import shapely

from tests.planning_frames import (
    EAST,
    INSIDE,
    NORTH,
    OUTSIDE,
    PLATFORMS,
    SUB_PARK,
    UNITS,
    Frames,
    allotment,
    rect,
    verdicts_of,
)

IN_SUB_PARK = rect(4100, 100, 50, 50)
POINT_IN, POINT_OUT = shapely.Point(EAST + 50, NORTH + 50), shapely.Point(EAST + 9e3, NORTH + 9e3)


def found_of(part, unit_id="N", **layers):
    city = Frames(units=UNITS, major_platforms=PLATFORMS, parks=[SUB_PARK], **layers)
    return next(v for v in verdicts_of("A27", city) if (v.part, v.unit_id) == (part, unit_id))


def codes(verdict):
    return [reason.code for reason in verdict.reasons]


def test_one_of_four_mu_in_the_main_platform_is_a_quarter_and_is_not_judged():
    rows = [allotment(1), allotment(2, geometry=OUTSIDE, land_mu=3.0)]
    found = found_of("land", element_allotments=rows)
    assert (found.outcome, found.force, found.threshold) == ("not_applicable", "guidance", None)
    assert found.measured == pytest.approx(1 / 4)
    assert found.evidence[0].rows == ("A001", "A002")


def test_a_sub_park_is_not_the_main_platform():
    rows = [allotment(1), allotment(2, geometry=IN_SUB_PARK)]
    assert found_of("land", element_allotments=rows).measured == pytest.approx(0.5)


def test_land_half_inside_counts_by_half():
    half = allotment(1, geometry=rect(2950, 0, 100, 100))
    assert found_of("land", element_allotments=[half]).measured == pytest.approx(0.5, abs=1e-6)


def test_the_trend_is_the_share_of_the_year_before():
    rows = [allotment(1), allotment(2, year=2023), allotment(3, year=2023, geometry=OUTSIDE)]
    found = found_of("land", element_allotments=rows)
    assert found.measured == pytest.approx(1.0)
    (trend,) = [r for r in found.reasons if r.code == "share_before"]
    assert trend.values == {"year": 2023, "value": pytest.approx(0.5)}


def test_energy_and_each_pollutant_have_a_share_of_their_own():
    energy = {"element": "energy", "land_mu": None}
    emission = {"element": "emission", "land_mu": None, "pollutant": "COD"}
    rows = [
        allotment(1, **energy, energy_tce=30.0),
        allotment(2, **energy, energy_tce=10.0, geometry=OUTSIDE),
        allotment(3, **emission, emission_t=1.0),
        allotment(4, **{**emission, "pollutant": "NOx"}, emission_t=1.0, geometry=OUTSIDE),
    ]
    assert found_of("energy", element_allotments=rows).measured == pytest.approx(0.75)
    assert found_of("emission:化学需氧量", element_allotments=rows).measured == pytest.approx(1.0)
    assert found_of("emission:氮氧化物", element_allotments=rows).measured == pytest.approx(0.0)


def test_what_lies_nowhere_bounds_the_share_and_nothing_is_no_data():
    rows = [allotment(1), allotment(2, geometry=None)]
    found = found_of("land", element_allotments=rows)
    (said,) = [r for r in found.reasons if r.code == "share_undecided"]
    assert (found.outcome, found.measured) == ("no_data", None)
    assert (said.values["low_share"], said.values["high_share"]) == (0.5, 1.0)
    nothing = found_of("land", "S", element_allotments=rows)
    assert (nothing.outcome, codes(nothing)) == ("no_data", ["a27_nothing"])


def test_an_amount_of_zero_is_no_share():
    found = found_of("land", element_allotments=[allotment(1, land_mu=0.0)])
    assert (found.outcome, codes(found)) == ("no_data", ["a27_nothing"])


def firm(number, place, **values):
    return {"enterprise_id": f"E{number}", "unit_id": "N", "geometry": place, **values}


def grant(number, wan_yuan, **values):
    return {"grant_id": f"G{number}", "enterprise_id": f"E{number}", "granted_on": "2024-06-01",
            "grant_wan_yuan": wan_yuan, **values}  # fmt: skip


def test_funds_count_by_where_the_firm_stands():
    firms = [firm(1, POINT_IN), firm(2, POINT_OUT), firm(3, rect(2950, 0, 100, 100))]
    grants = [grant(1, 10.0), grant(2, 20.0), grant(3, 10.0)]
    found = found_of("funds", enterprises=firms, support_grants=grants)
    assert found.measured == pytest.approx((10 + 10 / 2) / 40, abs=1e-6)


def test_a_grant_to_a_firm_without_place_or_not_on_file_leaves_the_share_open():
    grants = [grant(1, 10.0), grant(2, 30.0)]
    nowhere = found_of(
        "funds", enterprises=[firm(1, POINT_IN), firm(2, None)], support_grants=grants
    )
    assert (nowhere.outcome, codes(nowhere)) == ("no_data", ["share_undecided"])
    unknown = found_of("funds", enterprises=[firm(1, POINT_IN)], support_grants=grants)
    assert codes(unknown) == ["share_undecided"]


def test_a_grant_after_the_day_is_not_made_yet():
    grants = [grant(1, 10.0), grant(2, 10.0, granted_on="2025-07-01")]
    firms = [firm(1, POINT_IN), firm(2, POINT_OUT)]
    city = Frames(units=UNITS, major_platforms=PLATFORMS, enterprises=firms, support_grants=grants)
    found = {v.part: v for v in verdicts_of("A27", city, year=2025) if v.unit_id == "N"}
    assert codes(found["funds"]) == ["a27_nothing", "share_before"]


def project(number, parcel, **values):
    return {"project_id": f"X{number}", "unit_id": "N", "started_on": "2024-03-01",
            "investment_yi_yuan": 10.0, "parcel_ids": parcel, **values}  # fmt: skip


def test_large_projects_count_by_number_and_small_ones_not_at_all():
    parcels = [{"parcel_id": "in", "geometry": INSIDE}, {"parcel_id": "out", "geometry": OUTSIDE}]
    projects = [
        project(1, "in"), project(2, "out"), project(3, "out"),
        project(4, "in", investment_yi_yuan=9.99),
    ]  # fmt: skip
    found = found_of("projects", projects=projects, land_parcels=parcels)
    assert found.measured == pytest.approx(1 / 3)


def test_without_platforms_nothing_can_be_placed():
    city = Frames(units=UNITS, element_allotments=[allotment(1)])
    found = next(v for v in verdicts_of("A27", city) if (v.part, v.unit_id) == ("land", "N"))
    assert (found.outcome, codes(found)) == ("no_data", ["share_undecided"])
