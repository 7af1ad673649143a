import pytest

from platforms.errors import PlanningError
from tests.planning_frames import (
    INSIDE,
    OUTSIDE,
    PLATFORMS,
    SUB_PARK,
    UNITS,
    Frames,
    jiaxing,
    verdicts_of,
)


def city_of(*rows, platforms=PLATFORMS, **layers):
    figures = [{"platform_id": "P1", "period": "2020", **row} for row in rows]
    return Frames(units=UNITS, major_platforms=platforms, platform_indicators=figures, **layers)


def verdict_of(rule_id, city, part="", platform_id="P1", **options):
    found = verdicts_of(rule_id, city, **{"year": 2020, **options})
    return next(v for v in found if v.part == part and v.platform_id == platform_id)


@pytest.mark.parametrize(
    ("rule_id", "part", "figures", "measured", "outcome"),
    [
        ("A3", "entry", {"value_added_yi_yuan": 79.99}, 79.99, "not_met"),
        ("A3", "entry", {"value_added_yi_yuan": 80}, 80, "met"),
        ("A3", "entry", {"value_added_yi_yuan": 80.01}, 80.01, "met"),
        ("A3", "2020", {"value_added_yi_yuan": 99.99}, 99.99, "not_met"),
        ("A3", "2020", {"value_added_yi_yuan": 100}, 100, "met"),
        ("A3", "2020", {"value_added_yi_yuan": 100.01}, 100.01, "met"),
        ("A5", "", {"hightech_value_added_yi_yuan": 44.9, "value_added_yi_yuan": 100}, 0.449,
         "not_met"),
        ("A5", "", {"hightech_value_added_yi_yuan": 45, "value_added_yi_yuan": 100}, 0.45, "met"),
        ("A5", "", {"hightech_value_added_yi_yuan": 45.1, "value_added_yi_yuan": 100}, 0.451,
         "met"),
        ("A6", "", {"rd_yi_yuan": 2.99, "revenue_yi_yuan": 100}, 0.0299, "not_met"),
        ("A6", "", {"rd_yi_yuan": 3, "revenue_yi_yuan": 100}, 0.03, "met"),
        ("A6", "", {"rd_yi_yuan": 3.01, "revenue_yi_yuan": 100}, 0.0301, "met"),
    ],
)  # fmt: skip
def test_a_target_is_met_from_the_number_itself(rule_id, part, figures, measured, outcome):
    found = verdict_of(rule_id, city_of(figures), part)
    assert found.outcome == outcome
    assert found.measured == pytest.approx(measured)
    assert (found.unit_id, found.year) == ("N", 2020)


def test_entry_is_mandatory_and_the_target_of_2020_has_passed():
    found = [
        v for v in verdicts_of("A3", city_of({"value_added_yi_yuan": 90}), year=2020) if v.measured
    ]
    assert [(v.part, v.force, v.outcome, v.is_past_target) for v in found] == [
        ("entry", "mandatory", "met", False), ("2020", "target", "not_met", True),
    ]  # fmt: skip


def test_only_the_share_of_research_rests_on_an_assumption():
    city = city_of({})
    bases = {rule: (verdict_of(rule, city).basis, verdict_of(rule, city).assumptions)
             for rule in ("A5", "A6")}  # fmt: skip
    assert bases == {"A5": ("cited", ()), "A6": ("assumed", ("S4",))}


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ({"period": "2023", "rd_yi_yuan": 3, "revenue_yi_yuan": 9}, "per_mu_no_row"),
        ({"period": "2020Q4", "rd_yi_yuan": 3, "revenue_yi_yuan": 9}, "per_mu_no_row"),
        ({"rd_yi_yuan": 3}, "figure_missing"),
        ({"revenue_yi_yuan": 3}, "figure_missing"),
        ({"rd_yi_yuan": 3, "revenue_yi_yuan": 0}, "figure_not_positive"),
        ({"rd_yi_yuan": 3, "revenue_yi_yuan": -1}, "figure_not_positive"),
    ],
)
def test_what_is_missing_and_a_sum_of_zero_give_no_data(figures, code):
    found = verdict_of("A6", city_of(figures))
    assert (found.outcome, found.measured, found.gap) == ("no_data", None, None)
    assert found.reasons[0].code == code


def test_the_target_is_judged_on_its_year_and_the_figure_of_today_stands_beside():
    now = {"period": "2024", "rd_yi_yuan": 2, "revenue_yi_yuan": 100}
    then = {"rd_yi_yuan": 4, "revenue_yi_yuan": 100}
    found = verdict_of("A6", city_of(now, then), year=2024)
    said = {s.code: s for s in found.reasons}
    assert (found.outcome, found.measured, found.year) == ("met", pytest.approx(0.04), 2020)
    assert said["share_trend"].values["value"] == pytest.approx(0.02)
    without = verdict_of("A6", city_of(now), year=2024)
    assert (without.outcome, without.year) == ("no_data", 2020)
    assert {s.code for s in without.reasons} == {"per_mu_no_row", "share_trend"}
    on_the_day = verdict_of("A6", city_of(now), as_of="2020-12-31", year=2024)
    assert not on_the_day.is_past_target
    assert {s.code for s in on_the_day.reasons} == {"figure_of_sums"}


def test_figures_too_old_are_marked_with_the_assumption_that_says_so():
    rows = city_of({"period": "2023", "value_added_yi_yuan": 90})
    # 18 months from 2023-12-31 are over after 2025-06-30
    on_day = verdict_of("A3", rows, "entry", year=None)
    after = verdict_of("A3", rows, "entry", year=None, as_of="2025-07-01")
    assert (on_day.outcome, on_day.year, on_day.assumptions) == ("met", 2023, ())
    assert (after.outcome, after.basis, after.assumptions) == ("no_data", "assumed", ("S21",))


def test_two_rows_for_one_year_are_refused():
    with pytest.raises(PlanningError, match="indicator_twice"):
        verdicts_of("A3", city_of({"value_added_yi_yuan": 1}, {"value_added_yi_yuan": 2}))
    with pytest.raises(PlanningError, match="indicator_twice"):
        verdicts_of("A11", city_of({"output_yi_yuan": 1}, {"output_yi_yuan": 2}))


def test_a_zone_that_is_no_major_platform_is_not_judged():
    platforms = [PLATFORMS[0], {**PLATFORMS[1], "is_major": False}]
    found = verdicts_of("A3", city_of(platforms=platforms))
    assert {v.platform_id for v in found} == {"P1"}


@pytest.mark.parametrize(
    ("named", "outcome"),
    [
        ("甲", "met"),
        ("甲;乙", "met"),
        ("甲；乙、丙", "not_met"),
        ("甲;甲", "met"),
        (None, "no_data"),
    ],
)
def test_one_or_two_leading_chains_are_right_and_three_are_too_many(named, outcome):
    platforms = [{**PLATFORMS[0], "leading_chains": named}]
    found = verdict_of("A7", city_of(platforms=platforms), "leading_chains")
    assert found.outcome == outcome
    # the list has no years: past the target date it is said to be that of today
    code = "platform_column_missing" if outcome == "no_data" else "figure_without_year"
    assert [s.code for s in found.reasons] == [code]
    assert verdict_of("A7", city_of(platforms=platforms), "leading_chains",
                      as_of="2020-12-31").outcome == outcome  # fmt: skip


@pytest.mark.parametrize(
    ("named", "outcome"),
    [("38", "not_met"), ("38;39", "met"), ("38;39;34", "met"), ("38;39;34;35", "not_met")],
)
def test_two_or_three_specialty_industries_are_right(named, outcome):
    platforms = [{**PLATFORMS[0], "specialty_industries": named}]
    assert verdict_of("A7", city_of(platforms=platforms), "specialty_industries").outcome == outcome


def firms(*rows):
    about = [
        {"enterprise_id": f"E{n}", "is_above_scale": True, "is_listed_company": False,
         "geometry": INSIDE, **{k: v for k, v in row.items() if k != "output_wan_yuan"}}
        for n, row in enumerate(rows)
    ]  # fmt: skip
    figures = [
        {"enterprise_id": f"E{n}", "year": 2020, "output_wan_yuan": row["output_wan_yuan"]}
        for n, row in enumerate(rows)
        if "output_wan_yuan" in row
    ]
    return {"enterprises": about, "enterprise_indicators": figures}


@pytest.mark.parametrize(
    ("output", "outcome"), [(999_999, "not_met"), (1_000_000, "met"), (1_000_001, "met")]
)
def test_a_firm_of_ten_billion_is_one_from_a_million_wan(output, outcome):
    found = verdict_of("A10", city_of(**firms({"output_wan_yuan": output})), "ten_billion_firms")
    assert (found.outcome, found.measured) == (outcome, float(outcome == "met"))
    assert (found.basis, found.assumptions) == ("assumed", ("S4",))


def test_two_sites_of_one_credit_code_are_one_firm():
    rows = [{"credit_code": "91X", "output_wan_yuan": 600_000}] * 2
    assert verdict_of("A10", city_of(**firms(*rows)), "ten_billion_firms").measured == 1
    listed = [{"credit_code": "91X", "is_listed_company": True}] * 3
    assert verdict_of("A10", city_of(**firms(*listed)), "listed_firms").measured == 1


@pytest.mark.parametrize(
    ("listed", "unknown", "outcome"),
    [(2, 0, "not_met"), (3, 0, "met"), (4, 0, "met"), (2, 1, "no_data"), (3, 5, "met"),
     (1, 1, "not_met")],
)  # fmt: skip
def test_three_listed_firms_are_enough_and_unknown_ones_count_only_where_they_matter(
    listed, unknown, outcome
):
    rows = [{"is_listed_company": True}] * listed + [{"is_listed_company": None}] * unknown
    found = verdict_of("A10", city_of(**firms(*rows, {})), "listed_firms")
    assert found.outcome == outcome


def test_a_large_firm_without_figures_leaves_it_open_unless_it_is_below_scale():
    above, below = firms({}), firms({"is_above_scale": False})
    assert verdict_of("A10", city_of(**above), "ten_billion_firms").outcome == "no_data"
    assert verdict_of("A10", city_of(**below), "ten_billion_firms").outcome == "not_met"
    assert verdict_of("A10", city_of(), "ten_billion_firms").outcome == "no_data"


def test_geometry_says_where_a_firm_stands_and_sub_parks_belong_to_their_platform():
    rows = [
        {"is_listed_company": True, "geometry": SUB_PARK["geometry"]},
        {"is_listed_company": True, "geometry": OUTSIDE, "platform_id": "P1"},
        {"is_listed_company": True, "geometry": INSIDE, "platform_id": "P3"},
        {"is_listed_company": True, "geometry": None, "park_id": "K1"},
    ]
    found = verdict_of("A10", city_of(**firms(*rows), parks=[SUB_PARK]), "listed_firms")
    assert {e.statement.code: e.rows for e in found.evidence} == {
        "a10_counted": ("E0", "E2", "E3"), "a10_placed_otherwise": ("E1",),
    }  # fmt: skip


def outputs(*values):
    platforms = [{**PLATFORMS[0], "platform_id": f"P{n}"} for n in range(len(values))]
    rows = [{"platform_id": f"P{n}", "output_yi_yuan": v} for n, v in enumerate(values)]
    return city_of(*rows, platforms=platforms)


@pytest.mark.parametrize(
    ("values", "outcome", "measured"),
    [
        ((1000.1, 1000.1, 1000.0), "not_met", 2), ((1000.1, 1000.1, 1000.1), "met", 3),
        ((1001, 1002, 1003, 1004), "met", 4), ((1001, 1002, None), "no_data", None),
        ((1001, None), "not_met", 1), ((1001, 1002, 1003, None), "met", 3),
    ],
)  # fmt: skip
def test_the_city_counts_platforms_above_a_thousand_and_not_at_it(values, outcome, measured):
    (found,) = verdicts_of("A11", outputs(*values))
    assert (found.outcome, found.measured) == (outcome, measured)
    assert (found.unit_id, found.platform_id) == (None, None)
    assert jiaxing().rule("A11").rule.where[0].value == 1000


def test_a_city_without_platforms_has_no_count():
    (found,) = verdicts_of("A11", Frames(units=UNITS))
    assert (found.outcome, found.reasons[0].code) == ("no_data", "platforms_missing")
