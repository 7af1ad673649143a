"""Land supplied to industry and in the control line (D5), revived (D6), its utilities (E3)."""

import pytest

from platforms.policy.in_force import policy_on
from platforms.policy.pack_file import parse_pack
from tests.planning_frames import (
    OUTSIDE,
    PACK_PATH,
    PLATFORMS,
    UNITS,
    Frames,
    allotment,
    pack_on,
    rect,
    rect_of_mu,
    verdicts_of,
)

PANAN, CHANGCHUN = pack_on("panan"), pack_on("changchun")


def supplied(part, rows, **layers):
    city = Frames(units=UNITS, element_allotments=rows, **layers)
    return next(v for v in verdicts_of("D5", city, policy=PANAN) if v.part == part)


def land(*amounts, **values):
    return [allotment(n, land_mu=mu, **values) for n, mu in enumerate(amounts)]


@pytest.mark.parametrize(
    ("industry_mu", "outcome"), [(49.9, "not_met"), (50, "met"), (50.1, "met")]
)
def test_half_of_the_land_supplied_goes_to_industry(industry_mu, outcome):
    other = allotment(9, land_mu=100 - industry_mu, is_industrial=False)
    found = supplied("share", [*land(industry_mu), other])
    assert found.outcome == outcome
    assert found.measured == pytest.approx(industry_mu / 100)
    assert (found.unit_id, found.basis, found.assumptions) == (
        None,
        "assumed",
        ("S10", "S20", "industrial_land"),
    )


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ([], "no_data"),
        (land(0.0), "no_data"),
        (land(10, allotment_status="planned"), "no_data"),
        (land(10, year=2023), "no_data"),
        ([*land(10), allotment(9, land_mu=10.0, is_industrial=None)], "met"),
        ([*land(10), allotment(9, land_mu=10.1, is_industrial=None)], "no_data"),
        ([allotment(8, land_mu=50.0, is_industrial=False),
          allotment(9, land_mu=10.0, is_industrial=None)], "not_met"),
        ([*land(10), allotment(9, land_mu=None, geometry=None)], "no_data"),
    ],
)  # fmt: skip
def test_the_share_is_left_open_only_where_what_is_missing_matters(rows, outcome):
    assert supplied("share", rows).outcome == outcome


def test_the_approved_scale_stands_beside():
    quotas = [{"quota_id": "Q", "year": 2024, "element": "land", "land_mu": 500.0},
              {"quota_id": "R", "year": 2023, "element": "land", "land_mu": 9.0}]  # fmt: skip
    found = supplied("share", land(10), element_quotas=quotas)
    assert {s.code: dict(s.values) for s in found.reasons}["d5_quota"] == {"quota_mu": 500.0}


LINE = [{"constraint_id": "C", "constraint_kind": "industrial_control_line",
         "geometry": rect(0, 0, 3000, 3000)}]  # fmt: skip


def in_line(row, project=None, constraints=LINE):
    projects = [] if project is None else [{"project_id": "X1", **project}]
    return supplied(
        "control_line", [{**row, "project_id": "X1"}], constraints=constraints, projects=projects
    )


@pytest.mark.parametrize(
    ("project", "outcome"),
    [
        ({"category": "industry", "investment_yi_yuan": 6.99}, "not_met"),
        ({"category": "industry", "investment_yi_yuan": 7.0}, "met"),
        ({"category": "industry", "investment_yi_yuan": 7.01}, "met"),
        ({"category": "logistics", "investment_yi_yuan": 20.0}, "not_met"),
        ({"category": "industry"}, "no_data"),
        (None, "no_data"),
    ],
)
def test_the_control_line_is_for_major_manufacturing(project, outcome):
    row = allotment(1, geometry=rect_of_mu(100, 100, 12))
    found = in_line(row, project)
    assert found.outcome == outcome
    if outcome == "not_met":
        assert found.measured == pytest.approx(12)
        assert found.evidence[0].rows == ("A001",)
    assert found.assumptions == ("major_projects",)


def test_what_is_not_industrial_is_listed_and_what_lies_outside_the_line_is_not():
    assert in_line(allotment(1, is_industrial=False)).outcome == "not_met"
    assert in_line(allotment(1, is_industrial=False, geometry=OUTSIDE)).outcome == "met"
    assert in_line(allotment(1, is_industrial=False, geometry=None)).outcome == "no_data"
    assert in_line(allotment(1, is_industrial=False), constraints=[]).outcome == "no_data"


def revived(*rows, year=2024, as_of="2025-06-30"):
    city = Frames(units=UNITS, land_parcels=list(rows))
    (found,) = verdicts_of("D6", city, policy=pack_on("panan", as_of), year=year, as_of=as_of)
    return found


def parcel(number, area_mu, day="2024-05-01", **values):
    return {"parcel_id": f"L{number}", "revived_on": day,
            "geometry": rect_of_mu(number * 1000, 0, area_mu), **values}  # fmt: skip


@pytest.mark.parametrize(("area_mu", "outcome"), [(299.9, "not_met"), (300, "met"), (300.1, "met")])
def test_three_hundred_mu_are_to_be_revived_a_year(area_mu, outcome):
    found = revived(parcel(0, area_mu - 100), parcel(1, 100), parcel(2, 500, "2023-12-31"))
    assert found.outcome == outcome
    assert found.measured == pytest.approx(area_mu)
    assert found.evidence[0].rows == ("L0", "L1")


def test_land_under_two_parcels_counts_once_and_days_to_come_do_not():
    twice = [parcel(0, 200), {**parcel(0, 200), "parcel_id": "L9"}]
    assert revived(*twice).measured == pytest.approx(200)
    assert revived(parcel(0, 400), as_of="2024-04-30").measured == 0


def test_without_days_of_revival_there_is_no_data_and_without_a_shape_only_if_it_matters():
    assert revived(parcel(0, 400, None)).outcome == "no_data"
    assert revived().outcome == "no_data"
    lost = {**parcel(1, 1), "geometry": None}
    assert revived(parcel(0, 100), lost).outcome == "no_data"
    assert revived(parcel(0, 300), lost).outcome == "met"


FIVE = "road;water;power;telecom;gas;levelled"


def utilities(text, state="cleared"):
    row = {"parcel_id": "L1", "unit_id": "N", "state": state, "utilities": text,
           "geometry": rect(0, 0, 100, 100)}  # fmt: skip
    city = Frames(units=UNITS, land_parcels=[row])
    return {v.part: v for v in verdicts_of("E3", city, policy=CHANGCHUN)}


@pytest.mark.parametrize(
    ("text", "five", "seven"),
    [
        (FIVE, ("met", 0), ("not_met", 2)),
        (FIVE.replace(";gas", ""), ("not_met", 1), ("not_met", 3)),
        (f"{FIVE};sewer;heat", ("met", 0), ("met", 0)),
        (f"{FIVE};sewer;heat;broadband", ("met", 0), ("met", 0)),
        (None, ("no_data", None), ("no_data", None)),
    ],
)
def test_a_parcel_has_its_five_or_seven_utilities_or_says_what_it_lacks(text, five, seven):
    found = utilities(text)
    assert (found["five"].outcome, found["five"].measured) == five
    assert (found["seven"].outcome, found["seven"].measured) == seven
    assert (found["five"].force, found["seven"].force) == ("mandatory", "target")
    assert found["five"].assumptions == ("utility_levels",)


def test_only_parcels_ready_for_supply_are_asked():
    assert set(utilities(FIVE, "in_production")) == {"nine"}
    assert set(utilities(FIVE, None)) == {"nine"}


def test_nine_utilities_are_judged_where_the_pack_names_the_zones_and_nowhere_else():
    every = f"{FIVE};sewer;heat;storm;broadband"
    unnamed = utilities(every)["nine"]
    assert (unnamed.outcome, unnamed.measured) == ("no_data", None)
    assert [r.code for r in unnamed.reasons] == ["e3_no_zone_named"]
    base = PACK_PATH.with_name("changchun.yaml").read_text(encoding="utf-8")
    named = base.replace("      nine: [", "      nine_platforms: [P1]\n      nine: [")
    policy = policy_on(parse_pack(named, "changchun"), "2025-06-30")
    rows = [
        {"parcel_id": f"L{n}", "unit_id": "N", "state": "cleared", "utilities": text,
         "geometry": rect(x, 0, 100, 100)}
        for n, (x, text) in enumerate([(2949, every), (2951, every), (100, FIVE)])
    ]  # fmt: skip
    city = Frames(units=UNITS, major_platforms=PLATFORMS, land_parcels=rows)
    nine = [v for v in verdicts_of("E3", city, policy=policy) if v.part == "nine"]
    assert [(v.evidence[0].rows, v.outcome, v.measured) for v in nine] == [
        (("L0",), "met", 0), (("L2",), "not_met", 4),
    ]  # fmt: skip
