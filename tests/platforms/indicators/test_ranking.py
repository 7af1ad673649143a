from pathlib import Path

import pandas as pd
import pytest

from platforms.errors import PlanningError, PolicyError
from platforms.indicators.ranking import (
    MEASURES,
    RankingQuery,
    composite,
    days_of,
    parse_weights,
    previous_period,
    rankings,
    year_before,
)
from tests.ledger_frames import city, events, project
from tests.planning_frames import UNITS, Frames, coverage, jiaxing

WEIGHTS = Path(__file__).resolve().parents[3] / "data" / "rankings" / "composite.yaml"


def platform(platform_id, period="2024Q3", **figures):
    usual = {"output_yi_yuan": 50.0, "value_added_yi_yuan": 10.0, "tax_yi_yuan": 3.0,
             "above_scale_land_mu": 1000.0, "energy_tce": 20_000.0, "revenue_yi_yuan": 50.0,
             "rd_yi_yuan": 1.0, "hightech_value_added_yi_yuan": 5.0}  # fmt: skip
    return {"platform_id": platform_id, "period": period, **usual, **figures}


def ranked(measure, *rows, period="2024Q3", by="platform", as_of="2025-06-30", **layers):
    held = city(platform_indicators=list(rows), **layers)
    table = rankings(RankingQuery(by, period, (measure,)), held, jiaxing(as_of))
    return table.set_index(f"{by}_id")


def test_ties_share_a_place_and_the_next_one_counts_them_all():
    figures = {"P1": 0.3, "P2": 0.1 * 3, "P3": 0.2}
    rows = [platform(name, output_yi_yuan=value) for name, value in figures.items()]
    table = ranked("output", *rows)
    assert table["rank"].to_dict() == {"P1": 1, "P2": 1, "P3": 3}
    assert table["is_tied"].to_dict() == {"P1": True, "P2": True, "P3": False}


def test_a_platform_without_the_figure_takes_no_place():
    table = ranked("tax", platform("P1"), platform("P2", tax_yi_yuan=None))
    assert table.loc["P1", "rank"] == 1
    for lost in ("P2", "P3"):
        assert pd.isna(table.loc[lost, "rank"])
        assert pd.isna(table.loc[lost, "value"])
        assert table.loc[lost, "coverage_share"] == 0


@pytest.mark.parametrize(
    ("measure", "value"),
    [("output", 50.0), ("value_added", 10.0), ("tax", 3.0), ("output_per_mu", 500.0),
     ("tax_per_mu", 30.0), ("hightech_share", 0.5), ("rd_share", 0.02),
     ("energy_per_value_added", 0.2)],
)  # fmt: skip
def test_each_measure_is_its_figures_in_its_unit(measure, value):
    assert ranked(measure, platform("P1")).loc["P1", "value"] == pytest.approx(value)


def test_the_least_energy_takes_the_first_place():
    table = ranked("energy_per_value_added", platform("P1"), platform("P2", energy_tce=10_000.0))
    assert table["rank"].dropna().to_dict() == {"P2": 1, "P1": 2}


def test_the_trend_stands_against_the_quarter_before_and_that_of_the_year_before():
    rows = [platform("P1", output_yi_yuan=60.0), platform("P2", output_yi_yuan=50.0),
            platform("P1", "2024Q2", output_yi_yuan=40.0),
            platform("P2", "2024Q2", output_yi_yuan=45.0),
            platform("P1", "2023Q3", output_yi_yuan=70.0)]  # fmt: skip
    table = ranked("output", *rows)
    first = table.loc["P1"]
    assert (first["rank"], first["previous_rank"], first["rank_change"]) == (1, 2, 1)
    assert (first["change"], first["year_before_change"]) == (20.0, -10.0)
    second = table.loc["P2"]
    assert (second["rank_change"], second["change"]) == (-1, 5.0)
    assert pd.isna(second["year_before_value"])
    assert pd.isna(second["year_before_change"])


def test_growth_is_against_the_same_quarter_and_unknown_without_it():
    rows = [platform("P1"), platform("P1", "2023Q3", value_added_yi_yuan=8.0), platform("P2")]
    table = ranked("value_added_growth", *rows)
    assert table.loc["P1", "value"] == pytest.approx(0.25)
    assert pd.isna(table.loc["P2", "value"])


def test_zero_land_or_value_added_gives_no_ratio():
    rows = platform("P1", above_scale_land_mu=0.0, value_added_yi_yuan=0.0)
    for measure in ("output_per_mu", "hightech_share", "energy_per_value_added"):
        assert pd.isna(ranked(measure, rows).loc["P1", "value"])


@pytest.mark.parametrize(
    ("day", "as_of", "value"),
    [("2024-06-30", "2025-06-30", 0.0), ("2024-07-01", "2025-06-30", 12.0),
     ("2024-09-30", "2025-06-30", 12.0), ("2024-10-01", "2025-06-30", 0.0),
     ("2024-09-30", "2024-09-29", 0.0)],
)  # fmt: skip
def test_investment_counts_in_the_quarter_of_its_registration(day, as_of, value):
    held = city([project("a", platform_id="P1", investment_yi_yuan=12.0)],
                [events("a", registered=day)])  # fmt: skip
    query = RankingQuery("platform", "2024Q3", ("investment_attracted",))
    table = rankings(query, held, jiaxing(as_of)).set_index("platform_id")
    assert table.loc["P1", "value"] == value


LEDGER = coverage("project_events", None)


@pytest.mark.parametrize(
    ("stated", "value"),
    [
        ([LEDGER], 0.0), ([], None), ([{**LEDGER, "source_doc": None}], None),
        ([{**LEDGER, "unit_id": "S"}], None), ([{**LEDGER, "data_on": "2024-09-30"}], 0.0),
        ([{**LEDGER, "data_on": "2024-09-29"}], None),
        ([{**LEDGER, "covered_kind": "registered"}], 0.0),
        ([{**LEDGER, "covered_kind": "signed"}], None),
    ],
)  # fmt: skip
def test_nothing_attracted_is_zero_where_the_ledger_is_kept_and_else_missing(stated, value):
    held = city([], [], data_coverage=stated)
    query = RankingQuery("platform", "2024Q3", ("investment_attracted",))
    row = rankings(query, held, jiaxing()).set_index("platform_id").loc["P1"]
    assert (None if pd.isna(row["value"]) else row["value"]) == value
    assert row["coverage_share"] == (0.0 if value is None else 1.0)


def firm(number, unit_id, **figures):
    about = {"enterprise_id": f"E{number}", "unit_id": unit_id, "is_above_scale": True}
    usual = {"enterprise_id": f"E{number}", "year": 2024, "output_wan_yuan": 10_000.0,
             "land_in_use_mu": 100.0}  # fmt: skip
    return about, {**usual, **figures}


def units_ranked(measure, *firms, period="2024"):
    held = Frames(units=UNITS, enterprises=[about for about, _ in firms],
                  enterprise_indicators=[figures for _, figures in firms])  # fmt: skip
    query = RankingQuery("unit", period, (measure,))
    return rankings(query, held, jiaxing()).set_index("unit_id")


def test_units_stand_on_sums_over_sums_with_their_coverage():
    firms = [firm(1, "N"), firm(2, "N", output_wan_yuan=50_000.0, land_in_use_mu=200.0),
             firm(3, "N", land_in_use_mu=None), firm(4, "S", output_wan_yuan=30_000.0)]  # fmt: skip
    table = units_ranked("output_per_mu", *firms)
    assert table.loc["N", "value"] == pytest.approx(60_000 / 300)
    assert table.loc["N", "coverage_share"] == pytest.approx(2 / 3)
    assert table["rank"].dropna().to_dict() == {"S": 1, "N": 2}
    assert pd.isna(table.loc["Z", "value"])


def test_units_have_no_figures_by_quarter():
    assert units_ranked("output", firm(1, "N"), period="2024Q1")["value"].isna().all()


def test_periods_follow_each_other():
    assert [previous_period(p) for p in ("2024", "2024Q1", "2024Q4")] == [
        "2023", "2023Q4", "2024Q3",
    ]  # fmt: skip
    assert (year_before("2024Q1"), year_before("2024")) == ("2023Q1", "2023")
    assert [days_of(f"2024Q{n}")[1] for n in (1, 2, 3, 4)] == [
        "2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "code"),
    [(("park", "2024"), "by_unknown"), (("unit", "2024", ("outputt",)), "measure_unknown")],
)
def test_a_ranking_that_does_not_exist_is_refused(values, code):
    with pytest.raises(PlanningError, match=code):
        RankingQuery(*values)
    with pytest.raises(PlanningError, match="period_malformed"):
        ranked("output", period="2024Q5")


def test_the_composite_counts_places_and_needs_every_measure():
    rows = [platform("P1", output_yi_yuan=90.0, tax_yi_yuan=1.0),
            platform("P2", output_yi_yuan=80.0, tax_yi_yuan=3.0),
            platform("P3", output_yi_yuan=70.0, tax_yi_yuan=None)]  # fmt: skip
    held = city(platform_indicators=rows)
    table = rankings(RankingQuery("platform", "2024Q3", ("output", "tax")), held, jiaxing())
    found = composite(table, "platform_id", {"output": 3.0, "tax": 1.0}).set_index("platform_id")
    # By output 100, 50, 0; by tax P2 100, P1 0: three parts to one.
    assert found["score"].dropna().to_dict() == {"P1": 75.0, "P2": 62.5}
    assert found["rank"].dropna().to_dict() == {"P1": 1, "P2": 2}
    assert found.loc["P3", "missing"] == ("tax",)


def test_the_weights_that_come_with_the_product_are_assumed_and_readable():
    weights = parse_weights(WEIGHTS.read_text(encoding="utf-8"))
    assert sum(weights.values()) == 100
    assert set(weights) <= set(MEASURES)


@pytest.mark.parametrize(
    ("old", "new"),
    [("value_added:", "value_addedd:"), ("weight: 10", "weight: -1"), ("weight: 10", "weight: 十"),
     ("basis: assumed", "basis: cited"), ("\nweights:", "\nweight:"),
     ("\nweights:", "\nweights: [")],
)  # fmt: skip
def test_weights_that_make_no_sense_are_refused(old, new):
    text = WEIGHTS.read_text(encoding="utf-8").replace(old, new, 1)
    with pytest.raises(PolicyError, match="weights_bad"):
        parse_weights(text)
