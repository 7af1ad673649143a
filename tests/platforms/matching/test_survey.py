"""What a project holds already is not beside it: it would count twice with its new place."""

import pytest

from platforms.matching.survey import match_inputs, shares_without
from tests.matching_frames import TABLE, city, demand
from tests.planning_frames import CITY_CRS, OUTSIDE, allotment, jiaxing, pack_on

ROWS = [
    allotment(1, project_id="X1"),
    allotment(2, project_id="X2", geometry=OUTSIDE),
    allotment(3),
]


@pytest.mark.parametrize(
    ("placed", "inside", "total"), [((), 2, 3), (("X1",), 1, 2), (("X1", "X2"), 1, 1)]
)
def test_allotments_of_projects_to_be_placed_are_left_out_of_the_shares(placed, inside, total):
    source = city([], element_allotments=ROWS)
    row = shares_without(source, placed, 2024, jiaxing(), CITY_CRS)["N", "land", None]
    assert (row["inside"], row["total"]) == (inside, total)


def test_without_the_rule_there_is_no_share():
    source = city([], element_allotments=ROWS)
    assert shares_without(source, (), 2024, pack_on("panan"), CITY_CRS) == {}


@pytest.mark.parametrize(("as_of", "known"), [("2026-06-30", True), ("2026-07-01", False)])
def test_figures_of_platforms_are_not_known_eighteen_months_after_their_year(as_of, known):
    figures = [
        {"platform_id": "P1", "period": "2024", "output_yi_yuan": 10.0, "tax_yi_yuan": 0.5,
         "above_scale_land_mu": 200.0},
    ]  # fmt: skip
    source = city([], platform_indicators=figures)
    inputs = match_inputs(source, demand(), jiaxing(as_of), TABLE, 2024, CITY_CRS)
    # 5 000 万元 on 200 亩
    assert inputs.around.tax_wan_yuan_per_mu == ({"P1": 25.0} if known else {})
