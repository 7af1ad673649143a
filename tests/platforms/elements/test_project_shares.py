"""Landed major projects in provincial-or-higher zones, on both sides of every line."""

import pandas as pd
import pytest

from platforms.elements.project_shares import project_shares
from tests.planning_frames import (
    CITY_CRS,
    INSIDE,
    OUTSIDE,
    PLATFORMS,
    UNITS,
    Frames,
    jiaxing,
    rect,
    verdicts_of,
)

PARCELS = [
    {"parcel_id": "in", "geometry": INSIDE},
    {"parcel_id": "out", "geometry": OUTSIDE},
    # The zone ends at x = 3000: 49.9 % of the first, 50.1 % of the second lies inside.
    {"parcel_id": "less", "geometry": rect(2950.1, 0, 100, 100)},
    {"parcel_id": "most", "geometry": rect(2949.9, 0, 100, 100)},
]


def project(number, **values):
    """A project of 10 亿元 of county N that started in 2024 inside P1."""
    row = {
        "project_id": f"X{number:03d}", "unit_id": "N", "investment_yi_yuan": 10.0,
        "started_on": "2024-05-06", "parcel_ids": "in",
    }  # fmt: skip
    return {**row, **values}


def city_of(projects, **layers):
    return Frames(projects=projects, units=UNITS, major_platforms=PLATFORMS, land_parcels=PARCELS,
                  **layers)  # fmt: skip


def shares_of(projects, as_of="2025-06-30", **layers):
    city = city_of(projects, **layers)
    return project_shares(
        city.read("projects"), city.read("major_platforms"), city.read("parks"),
        city.read("land_parcels"), city.read("units"), 2024, jiaxing(as_of), CITY_CRS,
        approved_boundaries=city.read("approved_boundaries"),
    )  # fmt: skip


def one(shares, unit_id="N", basis="in_use") -> pd.Series:
    found = shares[(shares["unit_id"] == unit_id) & (shares["boundary_basis"] == basis)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(("inside", "outcome"), [(6, "not_met"), (7, "met"), (8, "met")])
def test_seven_of_ten_projects_are_exactly_seventy_percent(inside, outcome):
    row = one(shares_of([project(n, parcel_ids="in" if n < inside else "out") for n in range(10)]))
    assert (row["outcome"], row["total"]) == (outcome, 10)
    assert row["share"] == pytest.approx(inside / 10)


@pytest.mark.parametrize(
    ("amounts", "counted"),
    [
        ({"investment_yi_yuan": 10.0}, 1), ({"investment_yi_yuan": 9.99}, 0),
        ({"investment_yi_yuan": None, "investment_yi_usd": 1.0}, 0),
        ({"investment_yi_yuan": None, "investment_yi_usd": 1.01}, 1),
        ({"investment_yi_yuan": 7.2, "investment_yi_usd": 1.01}, 1),
    ],
)  # fmt: skip
def test_major_is_ten_yi_yuan_and_more_or_more_than_one_yi_dollars(amounts, counted):
    assert one(shares_of([project(1, **amounts)]))["total"] == counted


@pytest.mark.parametrize(("parcel", "share"), [("in", 1), ("most", 1), ("less", 0), ("out", 0)])
def test_a_project_lies_where_more_than_half_of_its_land_does(parcel, share):
    assert one(shares_of([project(1, parcel_ids=parcel)]))["share"] == share


@pytest.mark.parametrize(
    ("started_on", "as_of", "counted"),
    [
        ("2023-12-31", "2025-06-30", 0), ("2024-01-01", "2025-06-30", 1),
        ("2024-12-31", "2025-06-30", 1), ("2025-01-01", "2025-06-30", 0),
        ("2024-05-06", "2024-05-05", 0), ("2024-05-06", "2024-05-06", 1),
        (None, "2025-06-30", 0),
    ],
)  # fmt: skip
def test_a_project_lands_in_the_year_it_starts_and_not_before_the_day(started_on, as_of, counted):
    assert one(shares_of([project(1, started_on=started_on)], as_of))["total"] == counted


def test_no_landed_project_is_no_data_and_no_zero():
    row = one(shares_of([]))
    assert row["outcome"] == "no_data"
    assert pd.isna(row["share"])


def test_a_project_without_land_bounds_the_share_and_is_named():
    # Six inside, three outside, one anywhere: between 60 % and 70 %, on both sides of the line.
    projects = [project(n, parcel_ids="in" if n < 6 else "out") for n in range(9)]
    row = one(shares_of([*projects, project(9, parcel_ids=None)]))
    assert (row["share_low"], row["share_high"]) == (pytest.approx(0.6), pytest.approx(0.7))
    assert row["outcome"] == "no_data"
    assert row["open_points"] == (("X009", "project_land_unknown"),)


def test_a_project_without_investment_may_count_and_is_named():
    unknown = project(2, investment_yi_yuan=None, parcel_ids="out")
    row = one(shares_of([project(1), unknown]))
    assert (row["share_low"], row["share_high"]) == (0.5, 1.0)
    assert row["open_points"] == (("X002", "project_investment_unknown"),)


def test_by_investment_the_share_stands_beside():
    row = one(shares_of([project(1, investment_yi_yuan=30.0), project(2, parcel_ids="out")]))
    assert (row["share"], row["investment_share"]) == (0.5, 0.75)


def test_the_city_counts_projects_of_all_units():
    shares = shares_of([project(1), project(2, unit_id="S", parcel_ids="out")])
    assert one(shares, "city")["share"] == 0.5
    assert one(shares, "S")["share"] == 0.0


def test_by_the_approved_outline_the_verdict_may_differ_and_is_flagged():
    approved = [{"boundary_id": "B", "platform_id": "P1", "edition_on": "2018-03-01",
                 "geometry": rect(2000, 2000, 500, 500)}]  # fmt: skip
    shares = shares_of([project(1)], approved_boundaries=approved)
    assert one(shares, basis="approved")["outcome"] == "not_met"
    assert one(shares)["basis_differs"]
    (verdict, *_) = verdicts_of("B2", city_of([project(1)], approved_boundaries=approved))
    assert verdict.outcome == "met"
    assert [reason.code for reason in verdict.reasons][-1] == "share_approved_differs"
    assert verdict.assumptions == ("S6", "S7", "S8", "S15")
