"""Plans with the fewest changes, held against every disposition there is on small cities."""

from itertools import combinations, product

import pytest

from platforms.checks import CheckQuery, run_checks
from platforms.consolidation_plan.options import situation_of
from platforms.consolidation_plan.plan import (
    PLAN_RULES,
    ConsolidationQuery,
    consolidation_plans,
    verdicts_after,
)
from platforms.consolidation_plan.program import program_of, run
from platforms.errors import PlanningError
from platforms.policy.check import CheckJob
from platforms.scenario.edits import ExitPark, JoinPark, SetMajor
from platforms.scenario.overlay import apply_edits
from tests.planning_frames import CITY_CRS, UNITS, Frames, jiaxing, rect, rect_of_mu, rows_of

POLICY = jiaxing("2025-06-30")
BLOCKED = {"constraint_id": "C1", "severity": "block", "applies": "inside",
           "constraint_kind": "permanent_farmland",
           "geometry": rect(9000, 9000, 10, 10)}  # fmt: skip


def platform(number, area_mu=12_000.0, unit_id="N", **values):
    return {"platform_id": f"P{number}", "unit_id": unit_id, "level": "national",
            "geometry": rect_of_mu(4500 * (number - 1), 0, area_mu), **values}  # fmt: skip


def park(number, disposition="unclassified", area_mu=300.0, **values):
    return {"park_id": f"K{number}", "unit_id": "N", "park_kind": "industrial_park",
            "disposition": disposition, "is_baseline": True,
            "geometry": rect_of_mu(1500 * number, 6000, area_mu), **values}  # fmt: skip


def sub_park(number, platform_id, **values):
    return park(number, "sub_park", platform_id=platform_id, **values)


def city(platforms, parks, added=None, **layers):
    figures = [
        {"platform_id": p["platform_id"], "period": "2024", "value_added_yi_yuan": value}
        for p, value in zip(platforms, added or [90.0] * len(platforms), strict=True)
        if value is not None
    ]
    return Frames(
        units=UNITS, major_platforms=platforms, parks=parks, constraints=[BLOCKED],
        platform_indicators=figures, **layers,
    )  # fmt: skip


def plans_of(held, alternatives=1, unit_id="N"):
    query = ConsolidationQuery(unit_id, 2024, alternatives)
    return consolidation_plans(held, query, POLICY, CITY_CRS)


def is_lawful(verdicts):
    return all(v.outcome != "not_met" and v.outcome != "no_data"
               for v in verdicts if v.force == "mandatory")  # fmt: skip


def fewest_by_trying_all(held, platforms, parks):
    """Try every disposition, judged by the checks alone; give the fewest changes that will do."""
    query = ConsolidationQuery("N", 2024)
    ways = []
    for keeps in product([True, False], repeat=len(platforms)):
        majors = [
            SetMajor(p["platform_id"], keep)
            for p, keep in zip(platforms, keeps, strict=True)
            if keep != p.get("is_major", True)
        ]
        kept = [p["platform_id"] for p, keep in zip(platforms, keeps, strict=True) if keep]
        for ends in product([None, "exit", *kept], repeat=len(parks)):
            edits = list(majors)
            for row, end in zip(parks, ends, strict=True):
                if end == "exit":
                    edits.append(ExitPark(row["park_id"], "2025-06-30"))
                elif end is not None and end != row.get("platform_id"):
                    edits.append(JoinPark(row["park_id"], end))
            ways.append(edits)
    for edits in sorted(ways, key=len):
        if is_lawful(verdicts_after(held, edits, query, POLICY, CITY_CRS, PLAN_RULES)):
            return len(edits)
    return None


GONE = park(9, "exiting", exited_on="2024-01-01")
SMALL = {
    "nothing to do": ([platform(1)], [sub_park(1, "P1"), GONE], None),
    "unsorted parks": ([platform(1), platform(2)], [park(1), park(2)], None),
    "too small alone": ([platform(1, 9_900.0)], [park(1, area_mu=150.0), park(2)], None),
    "low value added": ([platform(1), platform(2)], [sub_park(1, "P2"), GONE], [80.0, 79.0]),
    "three without reasons": ([platform(1), platform(2), platform(3)], [sub_park(1, "P3")], None),
    "a level that does not do": (
        [platform(1), platform(2, level="county")], [sub_park(1, "P2"), GONE], None,
    ),
    "only a minor one does": (
        [platform(1, is_major=False), platform(2, level="county")], [sub_park(2, "P2")], None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_no_disposition_does_with_fewer_changes(name):
    platforms, parks, added = SMALL[name]
    held = city(platforms, parks, added)
    found = plans_of(held)
    assert len(found.plans[0].changes) == fewest_by_trying_all(held, platforms, parks)
    assert is_lawful(found.plans[0].verdicts)


def test_of_equal_plans_the_nearer_platform_takes_the_park():
    parks = [park(1), park(2, "exiting", exited_on="2024-01-01")]
    near = plans_of(city([platform(1), platform(2)], parks), 3)
    assert [c.after for c in near.plans[0].changes] == ["P1"]
    assert [len(p.changes) for p in near.plans] == [1, 1, 1]
    assert {p.changes[0].after for p in near.plans} == {"P1", "P2", "exit"}
    scores = [p.score for p in near.plans]
    assert scores == sorted(scores, reverse=True)


def test_alternatives_differ_and_never_get_better():
    parks = [park(1), park(2), park(3, "exiting", exited_on="2024-01-01")]
    found = plans_of(city([platform(1), platform(2)], parks), 6)
    ways = [frozenset(p.edits) for p in found.plans]
    assert len(set(ways)) == 6
    keys = [(len(p.changes), -p.score) for p in found.plans]
    assert keys == sorted(keys)
    assert all(is_lawful(p.verdicts) for p in found.plans)


@pytest.mark.parametrize(("area_mu", "is_there"), [(99.0, False), (100.0, True), (101.0, True)])
def test_a_park_brings_a_platform_to_its_space_from_the_threshold_on(area_mu, is_there):
    parks = [park(1, area_mu=area_mu), park(2, "exiting", exited_on="2024-01-01")]
    found = plans_of(city([platform(1, 9_900.0)], parks))
    assert bool(found.plans) == is_there
    if is_there:
        assert [c.after for c in found.plans[0].changes] == ["P1"]


def test_land_in_two_parks_counts_once():
    both = rect_of_mu(3000, 6000, 60.0)
    parks = [
        park(1, geometry=both), park(2, geometry=both),
        park(3, "exiting", exited_on="2024-01-01"), park(4, "exiting", exited_on="2024-01-01"),
    ]  # fmt: skip
    assert plans_of(city([platform(1, 9_900.0)], parks)).plans == ()
    aside = [parks[0], {**parks[1], "geometry": rect_of_mu(7500, 6000, 60.0)}, *parks[2:]]
    assert len(plans_of(city([platform(1, 9_900.0)], aside)).plans[0].changes) == 2


@pytest.mark.parametrize(("added", "is_there"), [(79.9, False), (80.0, True)])
def test_value_added_that_is_short_is_never_enough(added, is_there):
    found = plans_of(city([platform(1)], [sub_park(1, "P1"), park(2)], [added]))
    assert bool(found.plans) == is_there
    assert found.open_points == ()
    if not is_there:
        assert found.conflict == ("A1", "A3")
        assert {r.rules for r in found.relaxations} == {("A1",), ("A3",)}
        assert {r.amount for r in found.relaxations} == {1.0}


def moved(plan):
    return {change.row_id: change.after for change in plan.changes}


@pytest.mark.parametrize(
    ("values", "added", "code"),
    [({}, [None], "consolidate_a3_open"), ({"level": None}, [90.0], "consolidate_a16_open")],
)
def test_a_missing_figure_moves_no_platform_and_is_named_to_be_got_first(values, added, code):
    found = plans_of(city([platform(1, **values)], [sub_park(1, "P1"), park(2)], added))
    # of two parks of the baseline 30 % are one, and the park that isn't sorted has to be
    assert moved(found.plans[0]) == {"K2": "exit"}
    assert [s.code for s in found.open_points] == [code]
    assert found.conflict == ()


def test_constraints_that_are_not_on_file_move_no_platform():
    held = city([platform(1)], [sub_park(1, "P1"), GONE], data_coverage=[])
    found = plans_of(held)
    assert moved(found.plans[0]) == {}
    assert [s.code for s in found.open_points] == ["consolidate_a2_open"]
    too_small = city([platform(1, 9_000.0)], [sub_park(1, "P1"), GONE], data_coverage=[])
    assert plans_of(too_small).conflict == ("A1", "A2")


@pytest.mark.parametrize("kind", ["pipeline", "geohazard"])
def test_a_park_with_an_unclear_constraint_lifts_no_platform_to_its_space(kind):
    # 9 900 亩 and a park of 150 亩; of pipelines nobody says whether they block, a warning doesn't
    over = {
        "constraint_id": "C2",
        "constraint_kind": kind,
        "geometry": rect_of_mu(1500, 6000, 60.0),
    }
    held = city([platform(1, 9_900.0)], [park(1, area_mu=150.0), GONE])
    held.layers["constraints"] = rows_of("constraints", [BLOCKED, over])
    found = plans_of(held)
    if kind == "geohazard":
        assert moved(found.plans[0]) == {"K1": "P1"}
    else:
        assert (found.plans, found.conflict) == ((), ("A1", "A2"))


def test_no_platform_becomes_a_major_one_on_figures_that_are_missing():
    platforms = [platform(1, level="county"), platform(2, is_major=False),
                 platform(3, is_major=False)]  # fmt: skip
    found = plans_of(city(platforms, [GONE], [90.0, None, 90.0]))
    assert moved(found.plans[0]) == {"P1": "not_major", "P3": "major"}


def test_parks_that_do_not_say_whether_they_are_in_the_baseline_need_not_leave():
    parks = [sub_park(1, "P1"), sub_park(2, "P1", is_baseline=None), GONE]
    found = plans_of(city([platform(1)], parks))
    # one of the two known ones has left: 50 %
    assert moved(found.plans[0]) == {}
    assert [s.code for s in found.open_points] == ["consolidate_baseline_open"]


def test_parks_longest_on_the_list_leave_before_healthy_ones_and_equal_plans_are_told_once():
    parks = [sub_park(n, "P1") for n in range(5)]
    parks += [
        park(5, "exiting", disposition_on="2021-05-01"),
        park(6, "exiting", disposition_on="2019-05-01"),
        park(7, "exiting"),
    ]
    plans = plans_of(city([platform(1)], parks), alternatives=3).plans
    # 30 % of eight are three: all that are listed
    assert moved(plans[0]) == {"K5": "exit", "K6": "exit", "K7": "exit"}
    fewer = plans_of(city([platform(1)], parks[2:]), alternatives=3).plans
    # 30 % of six are two: the two listed longest, the undated one last
    assert moved(fewer[0]) == {"K5": "exit", "K6": "exit"}
    assert {"K5", "K7"} not in [set(moved(plan)) for plan in fewer]
    assert {"K6", "K7"} not in [set(moved(plan)) for plan in fewer]


@pytest.mark.parametrize(("gone", "changes"), [(2, 1), (3, 0)])
def test_thirty_percent_of_the_baseline_leave(gone, changes):
    parks = [sub_park(n, "P1") for n in range(10 - gone)]
    parks += [park(n, "exiting", exited_on="2024-01-01") for n in range(10 - gone, 10)]
    assert len(plans_of(city([platform(1)], parks)).plans[0].changes) == changes


def test_a_planned_exit_is_carried_out_where_the_share_needs_it():
    parks = [sub_park(1, "P1"), sub_park(2, "P1"), park(3, "exiting")]
    (plan,) = plans_of(city([platform(1)], parks)).plans
    assert len(plan.changes) == 1
    assert plan.changes[0].after == "exit"


def test_a_functional_zone_keeps_no_town_park():
    zone = platform(1, unit_id="Z", geometry=rect_of_mu(15_100, 15_100, 12_000.0))
    held = {"unit_id": "Z", "geometry": rect_of_mu(19_000, 19_000, 300.0)}
    for disposition, changes in (("exiting", 1), ("unclassified", 1)):
        found = plans_of(city([zone], [park(1, disposition, **held)]), unit_id="Z")
        assert len(found.plans[0].changes) == changes
    kept = sub_park(1, "P1", **held)
    assert plans_of(city([zone], [kept]), unit_id="Z").plans[0].changes == ()


CLASHES = {
    ("A1", "A16"): ([platform(1, level="county")], [90.0]),
    ("A1", "A2"): ([platform(1, 5_000.0)], [90.0]),
    ("A1", "A3"): ([platform(1)], [10.0]),
}


@pytest.mark.parametrize("expected", CLASHES)
def test_the_rules_that_clash_are_named_and_none_too_many(expected):
    platforms, added = CLASHES[expected]
    held = city(platforms, [park(1), park(2)], added)
    found = plans_of(held)
    assert (found.plans, found.conflict) == ((), expected)
    job = CheckJob("A14", 2024, ("N",), held, POLICY, CITY_CRS)
    program = program_of(situation_of(job), POLICY, CITY_CRS)
    for fewer in combinations(expected, len(expected) - 1):
        others = [rule for rule in program.rules if rule not in fewer]
        assert run(program, {}, relaxed=others, time_limit_s=5) is not None
    assert all(run(program, {}, relaxed=r.rules, time_limit_s=5) for r in found.relaxations)


def test_space_may_give_way_by_just_what_is_lacking():
    parks = [park(1, area_mu=300.0), park(2, "exiting", exited_on="2024-01-01")]
    found = plans_of(city([platform(1, 9_000.0)], parks))
    of_space = next(r for r in found.relaxations if r.rules == ("A2",))
    assert of_space.amount == pytest.approx(10_000 - 9_000 - 300, abs=1e-3)


def test_a_unit_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(PlanningError) as caught:
        plans_of(city([platform(1)], []), unit_id="NN")
    assert caught.value.code == "check_unit_unknown"


def test_the_search_can_be_ended():
    class EndedError(Exception):
        pass

    def listen(share):
        if share > 0:
            raise EndedError

    held = city([platform(1)], [park(1)])
    with pytest.raises(EndedError):
        consolidation_plans(held, ConsolidationQuery("N", 2024), POLICY, CITY_CRS, listen)


def test_the_verdicts_of_a_plan_are_those_of_the_checks_on_edited_layers():
    held = city([platform(1), platform(2)], [park(1), sub_park(2, "P2")], [90.0, 10.0])
    (plan,) = plans_of(held).plans
    rows = {row["park_id"]: dict(row) for row in (park(1), sub_park(2, "P2"))}
    platforms = [platform(1), platform(2)]
    for change in plan.changes:
        edit = change.edit
        if isinstance(edit, JoinPark):
            rows[edit.park_id] |= {"disposition": "sub_park", "platform_id": edit.platform_id}
        elif isinstance(edit, ExitPark):
            rows[edit.park_id] |= {"disposition": "exiting", "platform_id": None,
                                   "exited_on": edit.exited_on}  # fmt: skip
        else:
            next(p for p in platforms if p["platform_id"] == edit.platform_id)["is_major"] = (
                edit.is_major
            )
    edited = city(platforms, list(rows.values()), [90.0, 10.0])
    query = CheckQuery(2024, PLAN_RULES, ("N",), "2025-06-30")
    assert list(plan.verdicts) == run_checks(edited, query, POLICY, CITY_CRS)
    assert is_lawful(plan.verdicts)


def best_by_trying_all(held, platforms, parks, fewest):
    """Of all lawful dispositions with the fewest changes, the best A17 score there is."""
    job = CheckJob("A14", 2024, ("N",), held, POLICY, CITY_CRS)
    situation = situation_of(job)
    scores = {(p.park_id, one): s for p in situation.parks for one, s in p.scores.items()}
    query, best = ConsolidationQuery("N", 2024), None
    for ends in product(["stays", "exit", *(p["platform_id"] for p in platforms)],
                        repeat=len(parks)):  # fmt: skip
        edits, score = [], 0.0
        for row, end in zip(parks, ends, strict=True):
            now = row.get("platform_id")
            if end == "exit" and not row.get("exited_on"):
                edits.append(ExitPark(row["park_id"], "2025-06-30"))
            elif end not in ("stays", "exit") and end != now:
                edits.append(JoinPark(row["park_id"], end))
            joined = end if end not in ("stays", "exit") else now if end == "stays" else None
            score += scores.get((row["park_id"], joined), 0.0)
        if len(edits) == fewest and is_lawful(
            verdicts_after(held, edits, query, POLICY, CITY_CRS, PLAN_RULES)
        ):
            best = score if best is None else max(best, score)
    return best


def test_of_plans_with_the_fewest_changes_none_is_nearer_or_more_related():
    platforms = [platform(1), platform(2)]
    parks = [park(1), park(2), GONE]
    firms = [
        {"enterprise_id": f"E{n}", "unit_id": "N", "industry_code": code, "is_above_scale": True,
         "industry_scheme": "GBT4754_2017", "geometry": parks[n % 2]["geometry"].centroid.buffer(5)}
        for n, code in enumerate(("36", "38", "36", "17"))
    ]  # fmt: skip
    platforms[0] |= {"leading_industries": "17", "industry_scheme": "GBT4754_2017"}
    platforms[1] |= {"leading_industries": "36", "industry_scheme": "GBT4754_2017"}
    held = city(platforms, parks, enterprises=firms)
    (plan,) = plans_of(held).plans
    fewest = fewest_by_trying_all(held, platforms, parks)
    assert len(plan.changes) == fewest
    assert plan.score == pytest.approx(best_by_trying_all(held, platforms, parks, fewest))


def test_a_plan_that_takes_a_park_from_another_unit_says_what_that_unit_loses():
    theirs = {"platform_id": "Q1", "unit_id": "S", "level": "national",
              "geometry": rect_of_mu(22_000, 0, 9_900.0)}  # fmt: skip
    shared = sub_park(1, "Q1", area_mu=200.0)
    held = city([platform(1, 9_900.0), theirs], [shared, GONE])
    (plan,) = plans_of(held).plans
    assert [c.after for c in plan.changes] == ["P1"]
    (said,) = plan.elsewhere.statements
    assert (said.code, said.values["unit_id"]) == ("consolidate_leaves_unit", "S")
    space = next(c for c in plan.elsewhere.changes if c.rule_id == "A2")
    assert (space.before.outcome, space.after.outcome) == ("met", "not_met")
    assert space.after.measured == pytest.approx(9_900.0, abs=1e-3)


def test_a_plan_within_its_unit_says_nothing_of_others():
    (plan,) = plans_of(city([platform(1)], [park(1), GONE])).plans
    assert plan.elsewhere.statements == ()
    assert plan.elsewhere.changes == ()


def not_met(layers):
    """Every rule of the unit that isn't met, of a force that says what must or should be."""
    found = run_checks(layers, CheckQuery(2024, (), ("N",), POLICY.as_of), POLICY, CITY_CRS)
    return {
        (v.rule_id, v.part, v.platform_id)
        for v in found
        if v.outcome == "not_met" and v.force != "guidance"
    }


def named(plan):
    return {(v.rule_id, v.part, v.platform_id) for v in plan.breaks}


BROKEN = {
    # P2 is no major platform any more, so what was allotted there lies outside all of them
    "land outside": (
        {"added": [90.0, 10.0]},
        {"element_allotments": [
            {"allotment_id": "a", "unit_id": "N", "year": 2024, "element": "land", "land_mu": 3.0,
             "allotment_status": "allotted", "is_industrial": True, "is_increment": True,
             "geometry": rect(4600, 100, 50, 40)},
        ]},
        {("A18", "", None)},
    ),
    # P2 hosted 乙镇, whose task is one of a town without a main platform now
    "a town without platform": (
        {"added": [90.0, 10.0]},
        {"targets": [{"target_id": "t", "unit_id": "N", "year": 2024, "town": "乙镇",
                      "indicator": "工业招商引资"}]},
        {("A25", "", None)},
    ),
    # P2 becomes a major platform in the place of P1, with two bodies
    "two bodies": ({"added": [10.0, 90.0], "is_major": False}, {}, {("A24", "one_body", "P2")}),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_plan_names_every_rule_that_it_breaks_once_it_is_adopted(name):
    options, layers, expected = BROKEN[name]
    platforms = [
        platform(1, town="甲镇", management_bodies="管委会"),
        platform(2, town="乙镇", management_bodies="管委会;开发公司" if not options.get(
            "is_major", True) else "管委会", is_major=options.get("is_major", True)),
    ]  # fmt: skip
    held = city(platforms, [GONE], options["added"], **layers)
    (plan,) = plans_of(held).plans
    assert moved(plan)["P2" if options.get("is_major", True) else "P1"] == "not_major"
    adopted = not_met(apply_edits(held, plan.edits, CITY_CRS)) - not_met(held)
    assert expected <= adopted
    assert adopted <= named(plan)
    codes = [s.values["rule"] for s in plan.open_points if s.code == "consolidate_breaks"]
    assert {rule for rule, _, _ in expected} <= set(codes)


def test_a_plan_that_joins_parks_breaks_nothing_and_names_the_route_still_to_be_chosen():
    held = city([platform(1, 9_900.0, management_bodies="管委会")], [park(1, area_mu=150.0), GONE])
    (plan,) = plans_of(held).plans
    assert moved(plan) == {"K1": "P1"}
    assert not_met(apply_edits(held, plan.edits, CITY_CRS)) - not_met(held) == set()
    assert plan.breaks == ()
    routes = [s.values["park_ids"] for s in plan.open_points if s.code == "consolidate_route_open"]
    assert routes == ["K1"]


def test_a_reason_that_is_not_on_file_moves_no_platform_and_is_named():
    held = city([platform(1), platform(2), platform(3)], [sub_park(1, "P3"), GONE])
    (plan,) = plans_of(held).plans
    assert moved(plan) == {}
    assert [s.values["count"] for s in plan.open_points if s.code == "consolidate_reason_open"] == [
        3
    ]
    five = city([platform(n) for n in range(1, 6)], [GONE])
    # five are beyond any reason: one of them goes
    assert list(moved(plans_of(five).plans[0]).values()) == ["not_major"]
