"""Why projects have no place: conflicts planted and enumerated, and what mends them."""

import itertools
import random
import time

import pytest
import shapely

from platforms.elements.quotas import Headroom
from platforms.errors import PlanningError
from platforms.placement import explain as why
from platforms.placement.conflicts import (
    FeasibilityProblem,
    LateError,
    choice,
    smallest_conflict_set,
)
from platforms.placement.explain import PlacementModel, explain, explain_locks
from platforms.placement.explain_search import answer_all, answer_locks
from platforms.placement.limits import (
    Option,
    land_limits,
    project_limits,
    quota_limits,
    share_limits,
)
from platforms.placement.remedies import Ratio, fewest_given_up, least_relaxation, relaxed
from tests.planning_frames import jiaxing

LAND = ("land", None)


def soon(seconds=20.0):
    return time.monotonic() + seconds


def option(project_id, site_id, points=50.0, **values):
    """100 亩 of new construction land in unit N, wholly in a zone, on a square of its own."""
    at = 1000.0 * int("".join(c for c in site_id if c.isdigit()))
    held = {
        "unit_id": "N", "platform_id": "P1", "parcel_ids": (f"D-{site_id}",), "area_mu": 100.0,
        "zone_share": 1.0, "takes": {LAND: 100.0}, "increment_mu": 100.0,
        "geometry": shapely.box(at, 0, at + 250, 267),
    }  # fmt: skip
    return Option(project_id=project_id, site_id=site_id, points=points, **{**held, **values})


def ground(options, left=None, quota=1000.0, inside=None, total=None):
    """Unit N with ``left`` 亩 of its quota, and ``inside`` of ``total`` 亩 in zones."""
    rooms = {} if left is None else {("unit", "N", "land", None): Headroom(quota, quota - left)}
    shares = {}
    if inside is not None:
        shares["N", "land", None] = {"inside": inside, "total": total, "threshold": 0.7}
    limits = [
        *project_limits(options), *land_limits(options), *quota_limits(options, rooms),
        *share_limits(options, shares, jiaxing("2025-06-30"), 2025),
    ]  # fmt: skip
    return PlacementModel(options, limits, rooms, shares)


@pytest.fixture(autouse=True)
def without_child(monkeypatch):
    """Search in this process: the child has tests of its own."""
    functions = {"answer_all": answer_all, "answer_locks": answer_locks}

    def run(function, task, deadline_s, **how):
        return functions[function.partition(":")[2]](task)

    monkeypatch.setattr(why, "run", run)


def members_of(conflict):
    return {
        (one.statement.code, *map(str, one.statement.values.values())) for one in conflict.members
    }


def codes_of(conflict):
    return sorted(one.statement.code for one in conflict.members)


def asked_why(held, taken):
    return explain(held, taken, 0.01, 3, 20.0).why


def test_two_projects_on_one_site_clash_by_its_land_and_no_quota_mends_it():
    held = ground([option("X1", "S1"), option("X2", "S1")], left=500.0)
    found = asked_why(held, [0])["X2"]
    assert members_of(found.conflict) == {
        ("clash_project", "X1"), ("clash_project", "X2"), ("limit_land", "D-S1"),
    }  # fmt: skip
    assert found.conflict.is_smallest_proven
    assert found.conflict.members[0].statement.values["project_id"] == "X2"
    assert found.relaxation.changes == ()
    assert found.given_up.project_ids == ("X1",)
    assert found.given_up.is_score_only


def test_a_quota_too_small_for_both_is_raised_by_just_what_is_lacking():
    held = ground([option("X1", "S1"), option("X2", "S2")], left=160.0)
    found = asked_why(held, [0])["X2"]
    assert codes_of(found.conflict) == ["clash_project", "clash_project", "limit_quota"]
    (change,) = found.relaxation.changes
    # 100 + 100 - 160 亩
    assert (change.statement.code, change.amount) == ("mend_quota_land", pytest.approx(40.0))
    assert found.relaxation.is_least_proven
    assert found.relaxation.is_checked


def test_a_project_larger_than_the_quota_clashes_with_it_alone():
    held = ground([option("X1", "S1", increment_mu=0.0), option("X2", "S2")], left=99.0)
    found = asked_why(held, [0])["X2"]
    assert codes_of(found.conflict) == ["clash_project", "limit_quota"]
    assert found.given_up is None


def test_a_quota_overdrawn_already_is_first_brought_back():
    held = ground([option("X1", "S1")], left=-20.0)
    (change,) = asked_why(held, [])["X1"].relaxation.changes
    assert change.amount == pytest.approx(120.0)


def test_the_share_that_remains_is_the_highest_that_lets_both_in():
    # 700 of 900 亩 are inside; outside land of 100 亩 each: 700/1000 = 70 %, 700/1100 = 63.6 %.
    outside = {"zone_share": 0.0}
    held = ground(
        [option("X1", "S1", **outside), option("X2", "S2", **outside)], inside=700.0, total=900.0
    )
    found = asked_why(held, [0])["X2"]
    assert codes_of(found.conflict) == ["clash_project", "clash_project", "limit_share"]
    (change,) = found.relaxation.changes
    assert change.statement.code == "mend_share"
    assert change.share == pytest.approx(700 / 1100)


def test_a_choice_of_land_keeps_the_share_as_high_as_can_be():
    # X2 may go outside with 50 亩 or outside with 90 亩: 700/1050 against 700/1090.
    sizes = [option("X2", "S2", zone_share=0.0, takes={LAND: mu}, points=mu) for mu in (90.0, 50.0)]
    sizes[1] = option("X2", "S3", zone_share=0.0, takes={LAND: 50.0}, points=1.0)
    held = ground(
        [option("X1", "S1", zone_share=0.0), *sizes], inside=700.0, total=900.0
    )  # fmt: skip
    (change,) = asked_why(held, [0])["X2"].relaxation.changes
    assert change.share == pytest.approx(700 / 1050)


def test_land_and_a_quota_clash_together():
    # X2 goes to S1, which X1 holds, or to S2, for which the quota doesn't suffice.
    held = ground(
        [option("X1", "S1", increment_mu=0.0), option("X2", "S1", increment_mu=0.0),
         option("X2", "S2")],
        left=50.0,
    )  # fmt: skip
    found = asked_why(held, [0])["X2"]
    assert members_of(found.conflict) == {
        ("clash_project", "X1"), ("clash_project", "X2"), ("limit_land", "D-S1"),
        ("limit_quota", "N", "land", "", "50.0"),
    }  # fmt: skip
    assert [one.amount for one in found.relaxation.changes] == [pytest.approx(50.0)]


def test_what_fits_beside_all_is_told_rather_than_called_impossible():
    held = ground([option("X1", "S1"), option("X2", "S2")])
    assert asked_why(held, [0])["X2"].fits


def test_locks_on_one_site_clash_and_one_of_them_has_to_go():
    held = ground([option("X1", "S1"), option("X2", "S1"), option("X2", "S2")])
    found = explain_locks(held, [("X1", "S1"), ("X2", "S1")], 20.0)
    assert members_of(found.conflict) == {
        ("clash_lock", "X1", "S1"), ("clash_lock", "X2", "S1"), ("limit_land", "D-S1"),
    }  # fmt: skip
    assert [one.statement.code for one in found.relaxation.changes] == ["mend_lock"]


def test_a_project_locked_to_two_sites_clashes_with_one_site_a_project():
    held = ground([option("X1", "S1"), option("X1", "S2")])
    found = explain_locks(held, [("X1", "S1"), ("X1", "S2")], 20.0)
    assert codes_of(found.conflict) == ["clash_lock", "clash_lock", "limit_project"]


def test_locks_beyond_a_quota_are_mended_by_the_smaller_change():
    # 200 亩 against 190: 10 of a quota of 1 000 亩 is less than a lock given up.
    held = ground([option("X1", "S1"), option("X2", "S2")], left=190.0)
    found = explain_locks(held, [("X1", "S1"), ("X2", "S2")], 20.0)
    assert codes_of(found.conflict) == ["clash_lock", "clash_lock", "limit_quota"]
    (change,) = found.relaxation.changes
    assert (change.statement.code, change.amount) == ("mend_quota_land", pytest.approx(10.0))


def drawn(seed):
    """Draw projects, sites, two limits with weights and one with signs, as numbers only."""
    draw = random.Random(seed)
    projects, sites = draw.randint(3, 4), draw.randint(2, 3)
    pairs = [(p, s) for p in range(projects) for s in range(sites) if draw.random() < 0.75]
    rows = [{at: 1.0 for at, one in enumerate(pairs) if one[0] == p} for p in range(projects)]
    hard = frozenset(range(projects))
    rows += [{at: 1.0 for at, one in enumerate(pairs) if one[1] == s} for s in range(sites)]
    most = [1.0] * len(rows)
    for low, high, room in ((1, 9, 12), (1, 9, 20), (-5, 9, 6)):
        rows.append({at: float(draw.randint(low, high)) for at in range(len(pairs))})
        most.append(float(draw.randint(0, room)))
    demands = tuple(
        own for p in range(projects)
        if (own := tuple(at for at, one in enumerate(pairs) if one[0] == p))
    )  # fmt: skip
    return FeasibilityProblem(tuple(rows), tuple(most), hard, demands, len(pairs)), projects + sites


def everything(problem):
    """Every choice by what it breaks, given limits kept."""
    found = {}
    for bits in range(1 << problem.size):
        chosen = frozenset(at for at in range(problem.size) if bits >> at & 1)
        broken = problem.broken(chosen)
        if not broken & problem.hard:
            found[chosen] = frozenset(broken)
    return found


@pytest.mark.parametrize("seed", range(25))
def test_no_smaller_set_of_members_clashes(seed):
    problem, _ = drawn(seed)
    broken = set(everything(problem).values())
    found = smallest_conflict_set(problem, soon())
    if frozenset() in broken:
        assert found is None
        return
    assert found.is_smallest_proven
    assert all(gone & found.constraints for gone in broken)
    for size in range(len(found.constraints)):
        for fewer in itertools.combinations(sorted(problem.constraints), size):
            assert not all(gone.intersection(fewer) for gone in broken)


@pytest.mark.parametrize("seed", range(12))
def test_without_any_one_member_the_rest_holds(seed):
    problem, _ = drawn(seed)
    found = smallest_conflict_set(problem, soon())
    for member in found.constraints if found else ():
        assert choice(problem, found.constraints - {member}, soon()) is not None


@pytest.mark.parametrize("seed", range(12))
def test_the_least_relaxation_is_that_of_all_choices_and_a_hair_less_fails(seed):
    problem, first = drawn(seed)
    may = {line: 10.0 + line for line in range(first, len(problem.rows))}
    worths = [
        (len(gone), sum(_excess(problem, line, chosen) / may[line] for line in gone))
        for chosen, gone in everything(problem).items() if gone <= may.keys()
    ]  # fmt: skip
    relaxation = least_relaxation(problem, may, soon())
    if relaxation is None:
        assert not worths
        return
    worth = sum(amount / may[line] for line, amount in relaxation.amounts.items())
    assert (len(relaxation.amounts), worth) == (min(worths)[0], pytest.approx(min(worths)[1]))
    eased = relaxed(problem, relaxation, {})
    assert choice(eased, eased.constraints, soon()) is not None
    for line in relaxation.amounts:
        tight = FeasibilityProblem(
            eased.rows, tuple(m - 1e-4 * (n == line) for n, m in enumerate(eased.most)),
            problem.hard, problem.demands, problem.size,
        )  # fmt: skip
        assert choice(tight, tight.constraints, soon()) is None


def _excess(problem, line, chosen):
    return sum(problem.rows[line].get(at, 0.0) for at in chosen) - problem.most[line]


def test_the_fewest_are_given_up_with_the_highest_score_left():
    # One limit of 3: the fourth takes 2, each other 1, so that one other stays: that of 9 points.
    rows = ({0: 1.0, 1: 1.0, 2: 1.0, 3: 2.0},)
    problem = FeasibilityProblem(rows, (3.0,), frozenset(), ((0,), (1,), (2,), (3,)), 4)
    found = fewest_given_up(problem, 3, {0: 9.0, 1: 3.0, 2: 5.0, 3: 1.0}, soon())
    assert found.given_up == {1, 2}
    assert found.is_fewest_proven


def test_a_share_beside_a_ratio_is_asked_for_as_it_remains():
    ratio = Ratio(70.0, 100.0, {0: (0.0, 40.0)})
    assert ratio.of([0]) == pytest.approx(0.5)
    weights, most = ratio.row(0.5)
    assert sum(weights.values()) == pytest.approx(most)


def test_without_time_nothing_is_claimed():
    problem, _ = drawn(3)
    with pytest.raises(LateError):
        smallest_conflict_set(problem, time.monotonic() - 1.0)
    held = ground([option("X1", "S1"), option("X2", "S1")])
    found = explain(held, [0], 0.01, 3, 0.0)
    assert found.why["X2"].conflict is None
    assert found.stable == {"X1": None}


def test_where_proof_lacks_time_the_smallest_found_is_given_and_said_so(monkeypatch):
    problem = next(
        c for c, _ in map(drawn, range(99)) if smallest_conflict_set(c, soon()) is not None
    )

    def late(*_):
        raise LateError

    monkeypatch.setattr("platforms.placement.conflicts._implicit_hitting_set", late)
    monkeypatch.setattr("platforms.placement.conflicts.hitting_set", lambda *_: frozenset())
    found = smallest_conflict_set(problem, soon())
    assert not found.is_smallest_proven
    assert found.is_minimal
    assert choice(problem, found.constraints, soon()) is None


def test_a_child_that_is_late_leaves_everything_unexplained(monkeypatch):
    def late(*_, **__):
        raise PlanningError("placement_out_of_time", deadline_s=1.0)

    monkeypatch.setattr(why, "run", late)
    assert asked_why(ground([option("X1", "S1"), option("X2", "S1")]), [0]) == {}
