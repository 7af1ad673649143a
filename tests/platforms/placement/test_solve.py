"""Placement against every assignment written out, and its limits on both sides."""

import itertools
import random

import pytest
import shapely

from platforms.elements.quotas import Headroom
from platforms.errors import PlanningError
from platforms.placement.limits import (
    Option,
    land_limits,
    project_limits,
    quota_limits,
    share_limits,
)
from platforms.placement.place import Wishes
from platforms.placement.solve import search, solve
from tests.planning_frames import jiaxing


def option(project_id, site_id, points=50.0, **values):
    """100 亩 of new construction land in unit N, wholly in a zone, on a square of its own."""
    at = 1000.0 * int("".join(c for c in site_id if c.isdigit()))
    held = {
        "unit_id": "N", "platform_id": "P1", "parcel_ids": (f"D-{site_id}",), "area_mu": 100.0,
        "zone_share": 1.0, "takes": {("land", None): 100.0}, "increment_mu": 100.0,
        "geometry": shapely.box(at, 0, at + 250, 267),
    }  # fmt: skip
    return Option(project_id=project_id, site_id=site_id, points=points, **{**held, **values})


def rows_of(limits):
    """Limits as the solver takes them."""
    return [(dict(limit.weights), limit.most) for limit in limits]


def best_by_hand(options, limits):
    """Try every subset of options."""
    best = (0, 0.0)
    for size in range(len(options) + 1):
        for chosen in itertools.combinations(range(len(options)), size):
            if all(
                sum(one.weights.get(at, 0.0) for at in chosen) <= one.most + 1e-9 for one in limits
            ):
                best = max(best, (size, sum(options[at].points for at in chosen)))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_no_assignment_written_out_is_better(seed):
    draw = random.Random(seed)
    options = [
        option(
            f"X{project}", f"S{site}", float(draw.randint(1, 99)),
            unit_id=draw.choice("NS"), increment_mu=float(draw.randint(20, 120)),
            zone_share=draw.choice([0.0, 0.5, 1.0]),
        )
        for project in range(4) for site in range(3)
    ]  # fmt: skip
    rooms = {("unit", one, "land", None): Headroom(200.0, 30.0) for one in "NS"}
    shares = {
        (one, "land", None): {"inside": 80.0, "total": 100.0, "threshold": 0.7} for one in "NS"
    }
    limits = [
        *project_limits(options), *land_limits(options), *quota_limits(options, rooms),
        *share_limits(options, shares, jiaxing("2025-06-30"), 2025),
    ]  # fmt: skip
    found = search([one.points for one in options], rows_of(limits), 0.0, 20.0)
    count, points = best_by_hand(options, limits)
    assert len(found.chosen) == count
    assert sum(options[at].points for at in found.chosen) == pytest.approx(points)
    assert found.is_count_proven


@pytest.mark.parametrize(("outside_mu", "count"), [(42.85, 1), (42.86, 0)])
def test_the_share_may_fall_to_seventy_percent_and_no_further(outside_mu, count):
    # 100 of 100 亩 inside: 100 / (100 + x) = 70 % at x = 42.857…
    one = option("X1", "S1", zone_share=0.0, takes={("land", None): outside_mu})
    shares = {("N", "land", None): {"inside": 100.0, "total": 100.0, "threshold": 0.7}}
    limits = share_limits([one], shares, jiaxing("2025-06-30"), 2025)
    assert len(search([50.0], rows_of(limits), 0.0, 5.0).chosen) == count


def test_a_share_exactly_at_seventy_percent_stands():
    one = option("X1", "S1", zone_share=0.0, takes={("land", None): 30.0})
    shares = {("N", "land", None): {"inside": 70.0, "total": 70.0, "threshold": 0.7}}
    limits = share_limits([one], shares, jiaxing("2025-06-30"), 2025)
    assert search([50.0], rows_of(limits), 0.0, 5.0).chosen == (0,)


def test_a_share_that_is_open_bounds_nobody():
    one = option("X1", "S1", zone_share=0.0)
    row = {"inside": 0.0, "total": 0.0, "threshold": 0.7, "open_points": ("E1",)}
    assert not share_limits([one], {("N", "land", None): row}, jiaxing("2025-06-30"), 2025)


def test_a_quota_of_nothing_keeps_new_land_out_but_not_existing_land():
    new, old = option("X1", "S1"), option("X2", "S2", increment_mu=0.0)
    limits = quota_limits([new, old], {("unit", "N", "land", None): Headroom(0.0, 0.0)})
    assert search([50.0, 50.0], rows_of(limits), 0.0, 5.0).chosen == (1,)


def test_parts_cut_from_one_parcel_exclude_each_other_where_they_overlap():
    left = option("X1", "S1", parcel_ids=("D#cut",), geometry=shapely.box(0, 0, 200, 200))
    over = option("X2", "S2", parcel_ids=("D#cut",), geometry=shapely.box(199, 0, 400, 200))
    beside = option("X2", "S3", parcel_ids=("D#cut",), geometry=shapely.box(200, 0, 400, 200))
    assert [one.name.code for one in land_limits([left, over])] == ["limit_overlap"]
    assert not land_limits([left, beside])


def test_required_choices_that_share_land_are_infeasible_and_the_child_says_so():
    both = [option("X1", "S1"), option("X2", "S1")]
    limits = [*project_limits(both), *land_limits(both)]
    assert solve([50.0, 50.0], limits, [[0]], 0.0, 20.0).chosen == (0,)
    assert not solve([50.0, 50.0], limits, [[0], [1]], 0.0, 20.0).is_feasible


def test_locked_and_excluded_at_once_is_refused():
    with pytest.raises(PlanningError) as refusal:
        Wishes(locked=(("X1", "S1"),), excluded=(("X1", "S1"),))
    assert refusal.value.code == "placement_locked_and_excluded"
