import pytest

from platforms.checks import CHECKED_RULES, CheckQuery, run_checks
from platforms.errors import PlanningError, PolicyError
from tests.planning_frames import (
    CITY_CRS,
    OUTSIDE,
    PLATFORMS,
    SUB_PARK,
    UNITS,
    Frames,
    allotment,
    jiaxing,
    rect,
)

PARKS = [
    SUB_PARK,
    {"park_id": "K2", "unit_id": "N", "park_kind": "industrial_area", "disposition": "exiting",
     "is_baseline": True, "exited_on": "2023-01-01", "geometry": rect(0, 9000, 200, 200)},
]  # fmt: skip
CITY = Frames(
    units=UNITS,
    major_platforms=PLATFORMS,
    parks=[{**PARKS[0], "is_baseline": True}, PARKS[1]],
    constraints=[{"constraint_id": "C", "severity": "block", "applies": "inside",
                  "geometry": rect(19e3, 0, 10, 10)}],
    element_allotments=[allotment(1), allotment(2), allotment(3, geometry=OUTSIDE)],
    platform_indicators=[{"platform_id": "P1", "period": "2020", "output_yi_yuan": 60.0,
                          "tax_yi_yuan": 2.0, "above_scale_land_mu": 1000.0}],
)  # fmt: skip


def checked(as_of="2025-06-30", year=2024, rules=(), units=(), city=CITY):
    query = CheckQuery(year, rules, units, as_of)
    return run_checks(city, query, jiaxing(as_of), CITY_CRS)


def test_one_run_gives_every_rule_its_verdicts_with_clause_force_and_figures():
    found = checked()
    held = [rule for rule in CHECKED_RULES if jiaxing().parts(rule)]
    assert list(dict.fromkeys(v.rule_id for v in found)) == held
    for verdict in found:
        assert verdict.clause, verdict
        rule = jiaxing().rule(verdict.rule_id, verdict.part.split(":")[0]).rule
        is_open = rule.comparator == "none" and rule.value is None
        assert (verdict.threshold is None) is is_open, verdict
        if rule.comparator == "none":
            assert verdict.outcome in ("not_applicable", "no_data"), verdict
        else:
            assert (verdict.measured is None) == (verdict.gap is None)
        if verdict.outcome == "no_data":
            assert verdict.reasons, verdict
        if verdict.assumptions:
            assert verdict.basis == "assumed"


def test_a_planner_sees_two_of_three_mu_inside_as_a_share_that_is_short_and_by_how_much():
    (land,) = [v for v in checked(rules=("B1",), units=("N",)) if v.part == "land"]
    assert land.outcome == "not_met"
    assert land.measured == pytest.approx(2 / 3)
    assert land.gap == pytest.approx(2 / 3 - 0.7)
    need = next(s for s in land.reasons if s.code == "share_need_inside")
    assert need.values["amount"] == pytest.approx((0.7 * 3 - 2) / 0.3)
    assert land.evidence[0].rows == ("A001", "A002", "A003")
    declared = next(e for e in land.evidence if e.statement)
    assert declared.rows == ("A003",)


@pytest.mark.parametrize(
    ("as_of", "status"),
    [("2024-03-31", "not_yet"), ("2024-04-01", "in_force"), ("2024-04-02", "in_force"),
     ("2025-12-30", "in_force"), ("2025-12-31", "in_force"), ("2026-01-01", "expired")],
)  # fmt: skip
def test_a_rule_out_of_force_is_computed_all_the_same_and_says_so(as_of, status):
    (land,) = [v for v in checked(as_of, rules=("B1",), units=("N",)) if v.part == "land"]
    assert (land.force_status, land.in_force) == (status, status == "in_force")
    assert land.measured == pytest.approx(2 / 3)


def test_rules_for_counties_leave_out_functional_zones_and_others_do_not():
    assert {v.unit_id for v in checked(rules=("A1", "A13"))} == {"N", "S"}
    assert {v.unit_id for v in checked(rules=("A18", "B1"))} == {"N", "S", "Z"}


def test_a_rule_for_the_city_is_left_out_where_units_are_asked_for():
    assert [(v.unit_id, v.platform_id) for v in checked(rules=("A11",))] == [(None, None)]
    assert checked(rules=("A11",), units=("N",)) == []


NOT_HELD = [rule for rule in CHECKED_RULES if not jiaxing().parts(rule)]


def test_rules_that_the_pack_does_not_hold_are_not_checked():
    assert not {v.rule_id for v in checked()} & set(NOT_HELD)


@pytest.mark.parametrize("rule", NOT_HELD)
def test_a_rule_asked_for_that_the_pack_does_not_hold_is_refused(rule):
    with pytest.raises(PolicyError, match="rule_unknown"):
        checked(rules=(rule,))


def test_what_was_assumed_is_badged_wherever_it_was_used():
    badges = {v.rule_id: v.assumptions for v in checked() if v.assumptions}
    assert {v.basis for v in checked() if v.assumptions} == {"assumed"}
    assert {rule: badges.get(rule) for rule in ("A6", "A10", "A14", "A16", "A29")} == {
        "A6": ("S4",), "A10": ("S4",), "A14": ("S1", "S16"), "A16": ("main_platform_levels",),
        "A29": ("S9",),
    }  # fmt: skip


def test_half_of_the_baseline_exited_meets_the_thirty_percent():
    (north,) = checked(rules=("A13",), units=("N",))
    assert (north.outcome, north.measured) == ("met", 0.5)


def test_a_platform_may_reach_one_target_and_miss_the_other():
    found = {(v.rule_id, v.platform_id): v.outcome for v in checked(rules=("A8", "A9"))}
    assert found[("A8", "P1")] == "met"
    assert found[("A9", "P1")] == "not_met"
    assert found[("A8", "P3")] == "no_data"


def test_an_empty_city_never_passes_anything():
    only_units = Frames(units=UNITS)
    found = checked(city=only_units)
    assert {v.outcome for v in found} == {"no_data"}
    assert checked(city=Frames()) == []


def test_a_unit_of_unknown_kind_is_not_guessed():
    units = [{**UNITS[0], "unit_kind": None}, *UNITS[1:]]
    found = checked(rules=("A13",), city=Frames(units=units, parks=PARKS))
    assert {v.unit_id: v.outcome for v in found}["N"] == "no_data"


def test_cumulative_shares_stand_beside_those_of_the_year():
    parts = {(v.part, v.year) for v in checked(rules=("B1",), units=("N",))}
    assert parts == {
        ("land", 2024), ("land_cumulative", None), ("energy", 2024), ("energy_cumulative", None),
        ("emission", 2024), ("emission_cumulative", None),
    }  # fmt: skip


def test_the_year_not_given_is_that_of_the_day():
    assert CheckQuery(None, (), (), "2025-06-30").figures_year == 2025


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ((2024, ("A99",), (), "2025-06-30"), "rule_not_checked"),
        ((2024, ("E7",), (), "2025-06-30"), "rule_not_checked"),
        ((20244, (), (), "2025-06-30"), "year_out_of_range"),
        ((2024, (), (), "30.6.2025"), "as_of_not_a_date"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(values, code):
    with pytest.raises(PlanningError) as caught:
        CheckQuery(*values)
    assert caught.value.code == code


def test_an_unknown_unit_and_two_different_days_are_refused():
    with pytest.raises(PlanningError) as caught:
        checked(units=("M",))
    assert caught.value.code == "check_unit_unknown"
    with pytest.raises(PlanningError, match="as_of_differs"):
        run_checks(CITY, CheckQuery(2024, (), (), "2025-06-30"), jiaxing("2025-07-01"), CITY_CRS)


def test_checking_changes_no_layer_of_the_city():
    city = Frames(units=[*UNITS], major_platforms=[*PLATFORMS], parks=PARKS)
    before = city.read("units").geometry.area.tolist()
    checked(city=city)
    assert city.read("units").geometry.area.tolist() == before


def test_each_layer_is_read_once_in_a_run():
    class Counted(Frames):
        reads: list[str] = []  # noqa: RUF012

        def read(self, layer):
            self.reads.append(layer)
            return super().read(layer)

    checked(city=Counted(units=UNITS, major_platforms=PLATFORMS))
    assert len(Counted.reads) == len(set(Counted.reads))
