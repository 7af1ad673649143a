"""What a project holds already is not beside it: it would count twice with its new place."""

import pytest

from platforms.matching.survey import shares_without
from tests.matching_frames import city
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
