from pathlib import Path

import pandas as pd
import pytest

from platforms.errors import PlanningError
from platforms.indicators.grading import grade_firms, parse_scheme
from tests.planning_frames import Frames

FOLDER = Path(__file__).resolve().parents[3] / "data" / "grading"

ONE = """scheme: one
title: 单项
year: 2024
scope: all
basis: assumed
source: {document: 某文}
indicators:
  - {id: tax_per_mu, weight: 100, base: 20, unit: 万元/亩, cap_factor: CAP, floor: 0, missing: MISSING, basis: cited}
MORE
classes: {by: rank_pct, steps: [{id: A, to: 20}, {id: B, to: 80}, {id: C, to: 95}, {id: D, to: 100}]}
"""  # noqa: E501


def huangyan(year: int):
    name = f"huangyan-{year}"
    return parse_scheme((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), name)


def one(more: str = "note: 无", cap: str = "null", missing: str = "exclude", classes: str = ""):
    text = ONE.replace("MORE", more).replace("CAP", cap).replace("MISSING", missing)
    if classes:
        text = "\n".join(line for line in text.splitlines() if not line.startswith("classes"))
        text += f"\nclasses: {classes}\n"
    return parse_scheme(text, "one")


VECTOR = {
    # 10 亩; tax 30, value added 150 a 亩; 3.0 per tce, 4000 per t, 20 per head; R&D 2.5 %
    "land_in_use_mu": 10.0, "tax_wan_yuan": 300.0, "value_added_wan_yuan": 1500.0,
    "energy_tce": 500.0, "emission_t": 0.375, "employees": 75.0, "rd_wan_yuan": 25.0,
    "revenue_wan_yuan": 1000.0,
}  # fmt: skip


def firm(number: int, **values: object) -> tuple[dict, dict]:
    about = {"enterprise_id": f"E{number:03d}", "name": f"企业{number}", "unit_id": "N",
             "is_above_scale": True, "founded_on": "2010-01-01", "is_leading": False}  # fmt: skip
    figures = {"enterprise_id": f"E{number:03d}", "year": 2024, **VECTOR}
    return (
        {**about, **{k: v for k, v in values.items() if k in about}},
        {**figures, **{k: v for k, v in values.items() if k in figures}},
    )


def taxed(*taxes: float | None) -> list[tuple[dict, dict]]:
    return [firm(n, tax_wan_yuan=tax) for n, tax in enumerate(taxes, 1)]


def grade(scheme, *firms, period: str = "2024"):
    city = Frames(
        enterprises=[about for about, _ in firms],
        enterprise_indicators=[figures for _, figures in firms],
    )
    return grade_firms(scheme, period, city)


def codes(grading, enterprise_id: str) -> list[str]:
    position = grading.firms.index[grading.firms["enterprise_id"] == enterprise_id][0]
    return [said.code for said in grading.reasons[position]]


def of(grading, enterprise_id: str) -> pd.Series:
    return grading.firms.set_index("enterprise_id").loc[enterprise_id]


@pytest.mark.parametrize(
    ("year", "bases", "total"),
    [
        (2022, (24.097, 136.16, 2.694, 4929.81, 18.14, 3.02), 109.0711),
        (2021, (26.01, 132.27, 2.54, 4861.08, 17.45, 3.05), 108.7917),
    ],
)
def test_the_published_bases_give_the_score_of_the_test_vector(year, bases, total):
    values, weights = (30.0, 150.0, 3.0, 4000.0, 20.0, 2.5), (30, 20, 20, 10, 10, 10)
    by_hand = [v / b * w for v, b, w in zip(values, bases, weights, strict=True)]
    found = grade(huangyan(year), firm(1))
    assert of(found, "E001")["score"] == pytest.approx(total, abs=5e-5)
    assert of(found, "E001")["score"] == pytest.approx(sum(by_hand), rel=1e-12)
    assert found.points["points"].tolist() == pytest.approx(by_hand)
    assert found.points["value"].tolist() == pytest.approx(list(values))


def test_a_scheme_of_another_year_is_said():
    assert [n.code for n in grade(huangyan(2022), firm(1)).notes] == ["scheme_year_differs"]
    assert grade(one(), firm(1)).notes == ()


def test_ten_firms_fall_into_classes_at_both_sides_of_each_share():
    # places 1-10 of 10: A to 20 %, B to 80 %, C to 95 %, D the rest; place 9 is at 90 %.
    found = grade(one(), *taxed(*range(1000, 0, -100)))
    assert found.firms["rank"].tolist() == list(range(1, 11))
    assert "".join(found.firms["grade"]) == "AABBBBBBCD"


def test_twenty_firms_reach_the_last_share_exactly():
    # place 19 of 20 is exactly 95 %: still C; place 20 alone is D; place 5 is at 25 %: B.
    found = grade(one(), *taxed(*range(2000, 0, -100)))
    assert "".join(found.firms["grade"]) == "AAAABBBBBBBBBBBBCCCD"


def test_equal_firms_share_the_better_place_and_class():
    # Places 2 and 3 of 10 are equal within 1e-9: both are second, at 20 %, so both are A.
    equal = [1000, 900.0, 900.0 * (1 + 1e-12), 700, 600, 500, 400, 300, 200, 100]
    found = grade(one(), *taxed(*equal)).firms
    assert found["rank"].tolist() == [1, 2, 2, 4, 5, 6, 7, 8, 9, 10]
    assert "".join(found["grade"]) == "AAABBBBBCD"
    apart = [1000, 900.0, 900.0 * (1 - 1e-8), *equal[3:]]
    assert "".join(grade(one(), *taxed(*apart)).firms["grade"]) == "AABBBBBBCD"


def test_few_firms_may_leave_a_class_empty():
    assert "".join(grade(one(), *taxed(300, 200, 100)).firms["grade"]) == "BBD"


@pytest.mark.parametrize(("tax", "grade_of"), [(199.99, "B"), (200.0, "A"), (200.01, "A")])
def test_classes_by_score_take_the_limit_itself(tax, grade_of):
    scheme = one(classes="{by: score, steps: [{id: A, from: 100}, {id: B}]}")
    assert of(grade(scheme, *taxed(tax)), "E001")["grade"] == grade_of


@pytest.mark.parametrize(
    ("tax", "points", "status"),
    [(299.0, 149.5, "counted"), (300.0, 150.0, "counted"), (301.0, 150.0, "capped"),
     (0.0, 0.0, "counted"), (-10.0, 0.0, "floored")],
)  # fmt: skip
def test_cap_and_floor_hold_the_points_and_say_so(tax, points, status):
    row = grade(one(cap="1.5"), *taxed(tax)).points.iloc[0]
    assert (row["points"], row["status"]) == (pytest.approx(points), status)


def test_a_missing_value_is_zero_the_average_or_no_grade_as_the_scheme_says():
    firms = taxed(100, 300, None)
    zero, average, exclude = (
        grade(one(missing=word), *firms) for word in ("zero", "average", "exclude")
    )
    assert of(zero, "E003")["score"] == 0
    assert of(average, "E003")["score"] == pytest.approx((50 + 150) / 2)
    left_out = of(exclude, "E003")
    assert left_out["standing"] == "no_data"
    assert pd.isna(left_out["score"])
    assert pd.isna(left_out["grade"])
    assert codes(exclude, "E003") == ["grading_missing"]
    assert exclude.firms["rank"].max() == 2
    statuses = [g.points.set_index("enterprise_id").loc["E003", "status"] for g in (zero, average)]
    assert statuses == ["missing_zero", "missing_average"]


def test_an_average_of_nobody_is_no_data():
    found = grade(one(missing="average"), *taxed(None))
    assert of(found, "E001")["standing"] == "no_data"


def test_a_tenant_without_land_has_no_yield_of_land():
    found = grade(one(), firm(1, land_in_use_mu=0.0), firm(2))
    assert of(found, "E001")["standing"] == "no_data"
    assert of(found, "E002")["rank"] == 1


@pytest.mark.parametrize(
    ("founded_on", "standing"),
    [("2022-12-31", "graded"), ("2023-01-01", "exempt"), (None, "graded")],
)
def test_new_firms_are_exempt_until_the_year_s_end_makes_them_old_enough(founded_on, standing):
    rule = ("exempt: [{id: new, title: 新设, when: "
            "{column: founded_on, test: younger_than_years, value: 2}}]")  # fmt: skip
    found = grade(one(rule), firm(1, founded_on=founded_on), firm(2))
    assert of(found, "E001")["standing"] == standing
    expected = {"exempt": ["grading_exempt"], "graded": []}[standing]
    assert codes(found, "E001") == (["grading_rule_unknown"] if founded_on is None else expected)
    if standing == "exempt":
        assert of(found, "E002")["rank"] == 1
        assert "E001" not in set(found.points["enterprise_id"])


def test_the_score_is_points_times_factors_plus_bonus():
    more = ("multipliers: [{id: l, title: 链主, when: {column: is_leading, test: is_true}, "
            "factor: 1.2}]\n"
            "bonus: [{id: b, title: 大户, when: {column: tax_wan_yuan, test: at_least, "
            "value: 300}, points: 5}, {id: m, title: 扣分, when: {column: employees, "
            "test: at_most, value: 10}, points: -3}]")  # fmt: skip
    firms = (firm(1, is_leading=True, tax_wan_yuan=200.0), firm(2, tax_wan_yuan=300.0),
             firm(3, tax_wan_yuan=299.0, employees=10.0), firm(4, is_leading=None))  # fmt: skip
    found = grade(one(more), *firms)
    assert of(found, "E001")["score"] == pytest.approx(100 * 1.2)
    assert of(found, "E002")["score"] == pytest.approx(150 + 5)
    assert of(found, "E003")["score"] == pytest.approx(149.5 - 3)
    assert codes(found, "E001") == ["grading_multiplied"]
    assert codes(found, "E002") == ["grading_bonus"]
    assert "grading_rule_unknown" in codes(found, "E004")


def test_firms_out_of_scope_or_of_unknown_size_are_listed_and_not_ranked():
    found = grade(huangyan(2022), firm(1), firm(2, is_above_scale=False),
                  firm(3, is_above_scale=None))  # fmt: skip
    assert of(found, "E002")["standing"] == "out_of_scope"
    assert of(found, "E003")["standing"] == "no_data"
    assert codes(found, "E003") == ["grading_scope_unknown"]
    assert found.firms["rank"].notna().sum() == 1


def test_a_scheme_may_be_for_the_firms_of_some_units_only():
    scheme = one("units: [S]")
    found = grade(scheme, firm(1), firm(2, unit_id="S"), firm(3, unit_id=None))
    assert [of(found, f"E00{n}")["standing"] for n in (1, 2, 3)] == [
        "out_of_scope", "graded", "no_data"
    ]  # fmt: skip


def test_a_firm_without_figures_of_the_year_is_no_data():
    found = grade(one(), firm(1), (firm(2)[0], firm(2, year=2023)[1]))
    assert of(found, "E002")["standing"] == "no_data"
    assert codes(found, "E002") == ["grading_no_row"]


def test_two_rows_of_one_firm_and_a_quarter_are_refused():
    with pytest.raises(PlanningError, match="indicator_twice"):
        grade(one(), firm(1), ({}, firm(1)[1]))
    with pytest.raises(PlanningError, match="period_not_yearly"):
        grade(one(), firm(1), period="2024Q1")


def test_nobody_to_grade_is_an_empty_list():
    assert grade_firms(one(), "2024", Frames()).firms.empty
