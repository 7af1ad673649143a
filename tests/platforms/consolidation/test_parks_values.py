"""What is only shown of parks and platforms: nearness, evidence, totals, land mix."""

import pytest

from tests.planning_frames import PLATFORMS, UNITS, Frames, rect, verdicts_of

SOUGHT = {**PLATFORMS[0], "leading_industries": "39;38", "specialty_industries": "34",
          "industry_scheme": "GBT4754_2017"}  # fmt: skip


def park(number=1, **values):
    return {
        "park_id": f"K{number}", "unit_id": "N", "park_kind": "industrial_park",
        "disposition": "sub_park", "platform_id": "P1", "geometry": rect(3500, 0, 200, 200),
        **values,
    }  # fmt: skip


def firm(number, **values):
    return {
        "enterprise_id": f"E{number}", "industry_scheme": "GBT4754_2017", "is_above_scale": True,
        "geometry": rect(3550, 50, 10, 10), **values,
    }  # fmt: skip


def verdict_of(rule_id, part, unit_id="N", platform_id=None, **layers):
    city = Frames(units=UNITS, **{"major_platforms": [SOUGHT], **layers})
    found = [v for v in verdicts_of(rule_id, city) if (v.part, v.unit_id) == (part, unit_id)]
    if platform_id is not None or rule_id == "A29":
        found = [v for v in found if v.platform_id == platform_id]
    (one,) = found
    return one


def said(verdict):
    return {s.code: s.values for s in verdict.reasons}


@pytest.mark.parametrize(("west", "metres"), [(3500, 500), (3001, 1), (3000, 0), (2900, 0)])
def test_the_distance_is_that_between_the_outlines(west, metres):
    found = verdict_of("A17", "distance", parks=[park(geometry=rect(west, 0, 200, 200))])
    assert (found.outcome, found.threshold) == ("not_applicable", None)
    assert found.measured == pytest.approx(metres)
    assert ("a17_adjacent" in said(found)) is (metres == 0)
    assert (found.platform_id, found.evidence[0].rows) == ("P1", ("K1",))
    assert (found.basis, found.assumptions) == ("assumed", ("nearness",))


def test_a_park_without_a_platform_is_held_against_the_nearest_of_its_unit():
    alone = park(platform_id=None, disposition="unclassified", geometry=rect(5500, 0, 200, 200))
    found = verdict_of("A17", "distance", parks=[alone], major_platforms=[SOUGHT, PLATFORMS[1]])
    assert (found.platform_id, found.measured) == ("P2", pytest.approx(300))


def test_a_park_that_has_exited_is_not_measured():
    city = Frames(units=UNITS, major_platforms=[SOUGHT], parks=[park(exited_on="2024-01-01")])
    assert verdicts_of("A17", city) == []
    assert verdicts_of("A28", city) == []


def test_industries_agree_by_their_first_two_digits_within_one_scheme():
    firms = [
        firm(1, industry_code="3912"), firm(2, industry_code="3411"), firm(3, industry_code="1712"),
        firm(4, industry_code="3999", industry_scheme="GBT4754_2011"), firm(5, industry_code=None),
    ]  # fmt: skip
    found = verdict_of("A17", "industry", parks=[park()], enterprises=firms)
    assert found.measured == pytest.approx(2 / 3)
    assert said(found)["a17_firms"] == {"compared": 3, "firms": 5}


@pytest.mark.parametrize("platform", [PLATFORMS[0], SOUGHT])
def test_without_firms_or_industries_there_is_no_overlap_to_tell(platform):
    found = verdict_of("A17", "industry", parks=[park()], major_platforms=[platform])
    assert (found.outcome, found.measured) == ("no_data", None)


HALF = [{"constraint_id": "C", "severity": "block", "applies": "inside",
         "geometry": rect(3500, 0, 100, 200)}]  # fmt: skip
LAND = [
    {"parcel_id": "L1", "state": "cleared", "geometry": rect(3500, 0, 50, 200)},
    {"parcel_id": "L2", "state": "in_production", "geometry": rect(3550, 0, 100, 200)},
    {"parcel_id": "L3", "state": "idle", "geometry": rect(3650, 0, 50, 200)},
]


def test_the_evidence_for_keeping_and_for_exit_is_the_mean_of_what_is_known():
    layers = {
        "parks": [park()], "constraints": HALF, "land_parcels": LAND,
        "enterprises": [firm(1), firm(2, is_above_scale=False), firm(3), firm(4)],
    }  # fmt: skip
    keep, leave = (verdict_of("A28", part, **layers) for part in ("upgrade", "exit"))
    assert keep.measured == pytest.approx((0.5 + 0.75 + 0.25) / 3, rel=1e-4)
    assert leave.measured == pytest.approx((0.5 + 0.25 + 0.25) / 3, rel=1e-4)
    assert {keep.outcome, leave.outcome} == {"not_applicable"}
    assert "a28_not_in_data" in said(leave)
    assert keep.assumptions == ("sorting_evidence", "S16")


def test_evidence_of_which_nothing_is_known_is_no_data_and_says_what_is_missing():
    found = verdict_of("A28", "upgrade", parks=[park()], data_coverage=[])
    assert (found.outcome, found.measured) == ("no_data", None)
    assert {"a28_fit_unknown", "a28_above_scale_unknown", "a28_unused_unknown"} <= set(said(found))
    some = verdict_of("A28", "upgrade", parks=[park()], enterprises=[firm(1)], data_coverage=[])
    assert some.measured == 1


IN_ZONE, IN_P1 = rect(16e3, 16e3, 10, 10), rect(100, 100, 10, 10)


def totals(**layers):
    firms = [firm(1, geometry=IN_P1), firm(2, geometry=IN_ZONE), firm(3, geometry=IN_P1)]
    figures = [{"enterprise_id": f"E{n}", "year": 2024, "output_wan_yuan": 10_000.0 * n}
               for n in (1, 2)]  # fmt: skip
    return {"enterprises": firms, "enterprise_indicators": figures, **layers}


def test_a_county_is_counted_with_its_zone_by_territory_and_without_it_for_assessment():
    found = verdict_of("A29", "totals", **totals())
    assert (found.outcome, found.measured) == ("not_applicable", pytest.approx(3.0))
    assert said(found)["a29_beside"] == {"assessed": 1.0, "in_platforms": 1.0}
    assert said(found)["a29_firms"] == {"firms": 3, "missing": 1}
    assert verdict_of("A29", "totals", "Z", **totals()).measured == pytest.approx(2.0)
    assert verdict_of("A29", "totals", platform_id="P1", **totals()).measured == pytest.approx(1.0)


def test_a_firm_in_two_platforms_is_listed_and_one_in_zone_and_county_is_not():
    twin = {**SOUGHT, "platform_id": "P9", "geometry": rect(0, 0, 500, 500)}
    layers = totals(major_platforms=[SOUGHT, twin])
    found = verdict_of("A29", "double_count", platform_id="P1", **layers)
    assert (found.outcome, found.measured) == ("not_met", 2)
    assert found.evidence[0].rows == ("E1", "E3")
    assert verdict_of("A29", "double_count", **layers).outcome == "met"


def test_totals_without_figures_are_no_data():
    found = verdict_of("A29", "totals", **totals(enterprise_indicators=[]))
    assert (found.outcome, found.measured) == ("no_data", None)
    assert verdict_of("A29", "double_count").outcome == "no_data"


def parcel(number, code, width, scheme="MNR2023"):
    return {"parcel_id": f"L{number}", "land_use_code": code, "land_use_scheme": scheme,
            "geometry": rect(number * 200, 0, width, 100)}  # fmt: skip


def test_the_mix_is_that_of_land_inside_the_platform_and_other_uses_stand_apart():
    land = [
        parcel(0, "1001", 100), parcel(1, "0701", 60), parcel(2, "1402", 40),
        parcel(3, "1207", 100), parcel(4, "M1", 100, "GB50137"), parcel(20, "1001", 100),
    ]  # fmt: skip
    found = verdict_of("A30", "land_mix", platform_id="P1", land_parcels=land)
    assert found.measured == pytest.approx(200 / 300, rel=1e-5)
    mix = said(found)["a30_mix"]
    assert mix["living_share"] == pytest.approx(60 / 300, rel=1e-5)
    assert mix["ecological_share"] == pytest.approx(40 / 300, rel=1e-5)
    assert said(found)["a30_other_land"]["other_mu"] == pytest.approx(15, rel=1e-3)
    assert found.assumptions == ("land_mix",)


@pytest.mark.parametrize("land", [[], [parcel(1, "1207", 100)], [parcel(1, "1001", 100, None)]])
def test_no_land_of_the_three_uses_is_no_data(land):
    found = verdict_of("A30", "land_mix", platform_id="P1", land_parcels=land)
    assert (found.outcome, found.measured) == ("no_data", None)


def test_counts_of_a_platform_stand_with_those_of_the_year_before():
    rows = [{"platform_id": "P1", "period": p, "hightech_firms": n}
            for p, n in (("2023", 7), ("2024", 9))]  # fmt: skip
    found = verdict_of("A30", "hightech_firms", platform_id="P1", platform_indicators=rows)
    assert (found.outcome, found.measured) == ("not_applicable", 9)
    assert said(found)["figure_before"] == {"year": 2023, "value": 7}
    other = verdict_of("A30", "rd_centres", platform_id="P1", platform_indicators=rows)
    assert other.outcome == "no_data"
