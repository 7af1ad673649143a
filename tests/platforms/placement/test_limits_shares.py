"""B2, the cumulative shares and the land of a block as limits, on both sides."""

import pytest
import shapely

from platforms.placement.limits import land_limits, land_taken_twice, share_limits, shares_after
from platforms.placement.solve import search, solve
from tests.planning_frames import jiaxing
from tests.platforms.placement.test_solve import option, rows_of


def placed(options, shares):
    limits = share_limits(options, shares, jiaxing("2025-06-30"), 2025)
    return limits, search([one.points for one in options], rows_of(limits), 0.0, 5.0).chosen


@pytest.mark.parametrize(("inside", "count"), [(7.0, 1), (6.9, 0)])
def test_major_projects_by_number_may_fall_to_seventy_percent_and_no_further(inside, count):
    # Nine have landed, one comes outside: inside / 10 against 70 %.
    one = option("X1", "S1", zone_share=0.5, investment_yi_yuan=10.0)
    row = {"inside": inside, "total": 9.0, "threshold": 0.7, "open_points": ()}
    limits, chosen = placed([one], {("N", "projects", None): row})
    assert [one.name.code for one in limits] == ["limit_share_number"]
    assert len(chosen) == count


def test_a_project_below_the_bound_of_major_ones_is_not_counted():
    one = option("X1", "S1", zone_share=0.0, investment_yi_yuan=9.99)
    row = {"inside": 0.0, "total": 0.0, "threshold": 0.7, "open_points": ()}
    assert placed([one], {("N", "projects", None): row}) == ([], (0,))


def test_a_project_of_unknown_investment_counts_outside_and_carries_nobody():
    unknown = option("X1", "S1", zone_share=1.0)
    outside = option("X2", "S2", zone_share=0.0, investment_yi_yuan=None)
    row = {"inside": 0.0, "total": 0.0, "threshold": 0.7, "open_points": ()}
    assert placed([unknown, outside], {("N", "projects", None): row})[1] == (0,)


@pytest.mark.parametrize(("outside_mu", "count"), [(42.85, 1), (42.86, 0)])
def test_the_cumulative_share_binds_by_its_own_rule(outside_mu, count):
    # 100 of 100 亩 inside: 100 / (100 + x) = 70 % at x = 42.857…
    one = option("X1", "S1", zone_share=0.0, takes={("land", None): outside_mu})
    row = {"inside": 100.0, "total": 100.0, "threshold": 0.7, "open_points": ()}
    limits, chosen = placed([one], {("N", "land_cumulative", None): row})
    assert [one.name.code for one in limits] == ["limit_share_cumulative"]
    assert len(chosen) == count


@pytest.mark.parametrize(("part_mu", "count"), [(50.0, 2), (50.1, 1)])
def test_parts_of_a_block_add_up_to_no_more_than_its_land(part_mu, count):
    parts = [
        option(
            f"X{n}", f"S{n}", area_mu=part_mu, block_id="B1", block_mu=100.0, is_carved=True,
            parcel_ids=(f"D{n}#cut",),
        )
        for n in (1, 2)
    ]  # fmt: skip
    found = search([50.0, 50.0], rows_of(land_limits(parts)), 0.0, 5.0)
    assert len(found.chosen) == count


def test_what_was_placed_is_held_against_itself_by_shape():
    left = option("X1", "S1", geometry=shapely.box(0, 0, 100, 100))
    over = option("X2", "S2", geometry=shapely.box(99, 0, 200, 100))
    beside = option("X3", "S3", geometry=shapely.box(200, 0, 300, 100))
    assert [one.code for one in land_taken_twice([left, over, beside])] == ["limit_overlap"]
    assert not land_taken_twice([left, beside])
    assert not land_taken_twice([])


def test_no_option_at_all_is_an_empty_placement_unless_something_is_required():
    assert solve([], [], [], 0.0, 5.0).chosen == ()
    assert not solve([], [], [[0]], 0.0, 5.0).is_feasible


def after(options, key, row):
    return shares_after(options, {key: row}, jiaxing("2025-06-30"))[key]


def test_the_cumulative_share_after_a_placement_is_that_of_all_years():
    # 70 of 90 亩 inside, 10 亩 come half inside: 75 / 100.
    one = option("X1", "S1", zone_share=0.5, takes={("land", None): 10.0})
    row = {"inside": 70.0, "total": 90.0, "share": 70 / 90, "threshold": 0.7, "open_points": ()}
    effect = after([one], ("N", "land_cumulative", None), row)
    assert effect.before == pytest.approx(70 / 90)
    assert (effect.after, effect.outcome) == (pytest.approx(0.75), "met")


@pytest.mark.parametrize(("inside", "outcome"), [(7.0, "met"), (6.0, "not_met")])
def test_the_share_by_number_after_a_placement_counts_major_projects_only(inside, outcome):
    # Nine have landed; a major one comes outside, a small one doesn't count: inside / 10.
    major = option("X1", "S1", zone_share=0.0, investment_yi_yuan=10.0)
    small = option("X2", "S2", zone_share=0.0, investment_yi_yuan=9.99)
    row = {"inside": inside, "total": 9.0, "share": inside / 9, "threshold": 0.7}
    effect = after([major, small], ("N", "projects", None), row)
    assert (effect.after, effect.outcome) == (pytest.approx(inside / 10), outcome)


@pytest.mark.parametrize(
    ("key", "what"), [("projects", {"investment_yi_yuan": None}), ("land", {"zone_share": None})]
)
def test_a_share_that_cannot_be_told_after_a_placement_is_no_pass(key, what):
    row = {"inside": 9.0, "total": 9.0, "share": 1.0, "threshold": 0.7, "open_points": ()}
    effect = after([option("X1", "S1", **what)], ("N", key, None), row)
    assert (effect.before, effect.after, effect.outcome) == (1.0, None, "no_data")
