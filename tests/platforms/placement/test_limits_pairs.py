"""Which pairs are searched, what is left out and counted, and among which reasons are sought."""

import numpy as np
import pytest
import shapely

from platforms.placement.limits import (
    LEAST_OF_EACH,
    _part_of_each,
    land_limits,
    project_limits,
    to_explain,
)
from tests.platforms.placement.test_solve import option


@pytest.mark.parametrize("seed", range(6))
def test_the_best_of_each_by_equal_parts_use_the_room_and_no_more(seed):
    draw = np.random.default_rng(seed)
    counts = draw.integers(0, 400, 30).tolist()
    room = int(draw.integers(LEAST_OF_EACH * 30, sum(counts)))
    each = _part_of_each(counts, room)
    assert sum(min(each, one) for one in counts) <= room
    assert sum(min(each + 1, one) for one in counts) > room


@pytest.mark.parametrize(("room", "each"), [(100, 50), (99, 49), (10, LEAST_OF_EACH)])
def test_where_there_is_room_for_all_all_are_taken_and_never_less_than_twenty(room, each):
    assert _part_of_each([50, 50], room) == each
    assert _part_of_each([], room) == 0


def test_what_is_explained_keeps_the_best_of_each_and_those_taken_with_their_limits():
    options = [option(f"X{p}", f"S{s}", 90.0 - s) for p in (1, 2) for s in range(30)]
    limits = [*project_limits(options), *land_limits(options)]
    fewer = to_explain(options, limits, {29}, at_most=40)
    assert fewer.best_of_each == 20
    kept = [(one.project_id, one.site_id) for one in fewer.options]
    assert kept == [
        *(("X1", f"S{s}") for s in range(20)), ("X1", "S29"), *(("X2", f"S{s}") for s in range(20))
    ]  # fmt: skip
    for limit in fewer.limits:
        names = {fewer.options[at].site_id for at in limit.weights}
        owners = {fewer.options[at].project_id for at in limit.weights}
        # A limit of one project, or of one parcel.
        assert len(names) == 1 or len(owners) == 1
    assert kept[fewer.place[29]] == ("X1", "S29")
    assert to_explain(options, limits, {29}).best_of_each is None


def test_projects_that_look_at_one_cut_site_exclude_each_other_by_one_limit():
    shape = shapely.box(0, 0, 100, 100)
    held = {"parcel_ids": ("D#cut",), "geometry": shape}
    same = [option(f"X{n}", "S1", **held) for n in (1, 2, 3)]
    beside = option("X4", "S2", parcel_ids=("D#cut",), geometry=shapely.box(99, 0, 200, 100))
    limits = land_limits([*same, beside])
    taken = [sorted(one.weights) for one in limits]
    assert taken == [[0, 1, 2], [0, 1, 2, 3]]
    assert all(one.most == 1 for one in limits)
