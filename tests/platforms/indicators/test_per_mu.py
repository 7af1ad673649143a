import pandas as pd
import pytest

from platforms.errors import PlanningError
from platforms.indicators.per_mu import per_mu
from tests.planning_frames import PLATFORMS, SUB_PARK, UNITS, Frames, jiaxing, verdicts_of


def indicators(platform_id: str, output=50.0, tax=3.0, land=1000.0, period="2024") -> dict:
    return {"platform_id": platform_id, "period": period, "output_yi_yuan": output,
            "tax_yi_yuan": tax, "above_scale_land_mu": land}  # fmt: skip


def verdict_of(rule_id, *rows, year=2024, as_of="2025-06-30", platform_id="P1"):
    city = Frames(units=UNITS, major_platforms=PLATFORMS, platform_indicators=list(rows))
    found = verdicts_of(rule_id, city, year=year, as_of=as_of)
    return next(verdict for verdict in found if verdict.platform_id == platform_id)


@pytest.mark.parametrize(
    ("rule_id", "figures", "measured", "outcome"),
    [
        ("A8", {"output": 49.999}, 499.99, "not_met"),
        ("A8", {"output": 50.0}, 500.0, "met"),
        ("A8", {"output": 50.001}, 500.01, "met"),
        ("A9", {"tax": 2.999}, 29.99, "not_met"),
        ("A9", {"tax": 3.0}, 30.0, "met"),
        ("A9", {"tax": 3.001}, 30.01, "met"),
    ],
)
def test_the_targets_per_mu_are_met_from_the_number_itself(rule_id, figures, measured, outcome):
    found = verdict_of(rule_id, indicators("P1", period="2020", **figures))
    assert found.outcome == outcome
    assert found.measured == pytest.approx(measured)
    assert (found.force, found.unit, found.year) == ("target", "万元/亩", 2020)
    assert (found.basis, found.assumptions) == ("assumed", ("S3",))


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "per_mu_no_row"),
        ([indicators("P1", land=None, period="2020")], "per_mu_land_missing"),
        ([indicators("P1", land=0.0, period="2020")], "per_mu_land_zero"),
        ([indicators("P1", output=None, period="2020")], "per_mu_figure_missing"),
        ([indicators("P1", period="2023")], "per_mu_no_row"),
    ],
)
def test_a_missing_figure_or_zero_land_is_no_data(rows, code):
    found = verdict_of("A8", *rows, indicators("P2"))
    assert (found.outcome, found.measured, found.gap) == ("no_data", None, None)
    assert found.reasons[0].code == code


def test_past_the_target_date_the_target_year_is_judged_and_today_stands_beside():
    rows = indicators("P1"), indicators("P1", output=40.0, period="2020")
    after, on_day = verdict_of("A8", *rows), verdict_of("A8", *rows, as_of="2020-12-31")
    assert after.is_past_target
    # 40 亿元 on 1 000 亩 in 2020; 50 in 2024
    assert (after.year, after.measured, after.outcome) == (2020, pytest.approx(400), "not_met")
    assert after.reasons[0].code == "figure_trend"
    assert after.reasons[0].values["value"] == pytest.approx(500)
    assert not on_day.is_past_target
    assert (on_day.year, on_day.reasons) == (2024, ())


def firm(number: int, **values: object) -> tuple[dict, dict]:
    about = {"enterprise_id": f"E{number}", "unit_id": "N", "park_id": "K1",
             "is_above_scale": True}  # fmt: skip
    figures = {"enterprise_id": f"E{number}", "year": 2024, "output_wan_yuan": 1000.0,
               "tax_wan_yuan": 50.0, "land_in_use_mu": 10.0}  # fmt: skip
    return (
        {**about, **{k: v for k, v in values.items() if k in about}},
        {**figures, **{k: v for k, v in values.items() if k in figures}},
    )


def firms_of(*firms) -> Frames:
    return Frames(
        units=UNITS, parks=[SUB_PARK, {**SUB_PARK, "park_id": "K2"}],
        enterprises=[about for about, _ in firms],
        enterprise_indicators=[figures for _, figures in firms],
    )  # fmt: skip


def by(what: str, *firms) -> pd.DataFrame:
    return per_mu(what, "2024", firms_of(*firms), jiaxing()).set_index(f"{what}_id")


def test_a_park_stands_on_sums_and_never_on_a_mean_of_ratios():
    large, small = (
        firm(1, output_wan_yuan=9000.0, land_in_use_mu=90.0),
        firm(2, output_wan_yuan=6000.0),
    )
    row = by("park", large, small).loc["K1"]
    assert row["output_wan_yuan_per_mu"] == pytest.approx(15_000 / 100)
    assert row["output_coverage_share"] == 1.0


def test_a_firm_without_land_or_figure_is_left_out_of_both_and_counted_in_the_coverage():
    found = by("park", firm(1), firm(2, land_in_use_mu=None), firm(3, land_in_use_mu=0.0),
               firm(4, output_wan_yuan=None))  # fmt: skip
    row = found.loc["K1"]
    assert (row["output_wan_yuan"], row["output_land_mu"]) == (1000.0, 10.0)
    assert row["output_coverage_share"] == pytest.approx(1 / 4)
    assert (row["tax_land_mu"], row["tax_coverage_share"]) == (20.0, pytest.approx(2 / 4))


def test_small_firms_are_left_out_and_those_of_unknown_size_lower_the_coverage():
    found = by("park", firm(1), firm(2, is_above_scale=False), firm(3, is_above_scale=None))
    row = found.loc["K1"]
    assert (row["row_count"], row["output_coverage_share"]) == (2, pytest.approx(0.5))


def test_a_park_without_firms_has_no_ratio_and_firms_without_a_park_are_shown_apart():
    found = by("park", firm(1), firm(2, park_id=None))
    assert pd.isna(found.loc["K2", "output_wan_yuan_per_mu"])
    assert found.loc["K2", "row_count"] == 0
    apart = found[found.index.isna()]
    assert apart["output_wan_yuan"].tolist() == [1000.0]
    assert apart["rank"].isna().all()


def test_units_take_their_firms_together():
    found = by("unit", firm(1), firm(2, unit_id="S", output_wan_yuan=3000.0))
    assert found["output_wan_yuan_per_mu"].dropna().to_dict() == {"S": 300.0, "N": 100.0}
    assert found["rank"].dropna().to_dict() == {"S": 1, "N": 2}


def test_equal_figures_share_a_place():
    found = by("enterprise", firm(1, output_wan_yuan=0.3), firm(2, output_wan_yuan=0.1 * 3),
               firm(3, output_wan_yuan=0.2), firm(4, output_wan_yuan=None))  # fmt: skip
    assert found["rank"].loc[["E1", "E2", "E3"]].tolist() == [1, 1, 3]
    assert pd.isna(found["rank"].loc["E4"])


@pytest.mark.parametrize(
    ("output", "tax", "quadrant"),
    [(50.0, 3.0, "both_reached"), (50.0, 2.9, "output_reached"), (49.0, 3.0, "tax_reached"),
     (49.0, 2.9, "none_reached")],
)  # fmt: skip
def test_the_quadrant_follows_the_thresholds_of_the_pack(output, tax, quadrant):
    city = Frames(major_platforms=PLATFORMS, platform_indicators=[indicators("P1", output, tax)])
    found = per_mu("platform", "2024", city, jiaxing()).set_index("platform_id")
    assert found.loc["P1", "quadrant"] == quadrant
    assert pd.isna(found.loc["P2", "quadrant"])


def test_a_quarter_serves_platforms_only():
    rows = [indicators("P1", output=12.0, period="2024Q1"), indicators("P1")]
    city = Frames(major_platforms=PLATFORMS, platform_indicators=rows)
    found = per_mu("platform", "2024Q1", city, jiaxing()).set_index("platform_id")
    assert found.loc["P1", "output_wan_yuan_per_mu"] == pytest.approx(120.0)
    with pytest.raises(PlanningError, match="period_not_yearly"):
        per_mu("park", "2024Q1", city, jiaxing())


@pytest.mark.parametrize(
    ("what", "period", "code"),
    [("town", "2024", "by_unknown"), ("unit", "24", "period_malformed"),
     ("platform", "2024Q5", "period_malformed")],
)  # fmt: skip
def test_an_unknown_grouping_or_period_is_refused(what, period, code):
    with pytest.raises(PlanningError, match=code):
        per_mu(what, period, Frames(), jiaxing())


def test_two_rows_for_one_platform_and_period_are_refused():
    rows = [indicators("P1"), indicators("P1", output=60.0)]
    city = Frames(major_platforms=PLATFORMS, platform_indicators=rows)
    with pytest.raises(PlanningError) as caught:
        per_mu("platform", "2024", city, jiaxing())
    assert dict(caught.value.values) == {"rows": "P1", "period": "2024"}


def test_an_empty_city_gives_empty_lists_and_no_error():
    for what in ("unit", "platform", "park", "enterprise"):
        assert per_mu(what, "2024", Frames(), jiaxing()).empty
