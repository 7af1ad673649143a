import pandas as pd
import pytest

from platforms.indicators.post_evaluation import post_evaluation
from tests.ledger_frames import city, events, project
from tests.planning_frames import INSIDE, allotment, jiaxing

PROMISE = {"credit_code": "C1", "investment_yi_yuan": 2.0, "output_wan_yuan": 50_000.0,
           "tax_wan_yuan": 3000.0, "energy_tce": 1000.0, "parcel_ids": "L1"}  # fmt: skip
PARCEL = {"parcel_id": "L1", "output_min_wan_yuan_per_mu": 480.0,
          "tax_min_wan_yuan_per_mu": 25.0, "geometry": INSIDE}  # fmt: skip


def evaluated(actual=None, year=2024, as_of="2025-06-30", started="2022-05-01", **changes):
    figures = {"enterprise_id": "E1", "year": 2024, "output_wan_yuan": 50_000.0,
               "tax_wan_yuan": 3000.0, "energy_tce": 1000.0, "land_in_use_mu": 100.0,
               "investment_wan_yuan": 20_000.0, **(actual or {})}  # fmt: skip
    layers = {
        "enterprises": [{"enterprise_id": "E1", "credit_code": "C1"}],
        "enterprise_indicators": [figures],
        "element_allotments": [allotment(1, project_id="a", land_mu=100.0,
                                         allotted_on="2022-01-01")],
        "land_parcels": [PARCEL], **changes.pop("layers", {}),
    }  # fmt: skip
    projects = [project("a", **{**PROMISE, **changes}), *layers.pop("projects", [])]
    held = city(projects, [events("a", started=started)], **layers)
    table = post_evaluation(held, jiaxing(as_of), year)
    return table[table["project_id"] == "a"].set_index(["figure", "promised_by"])


@pytest.mark.parametrize(
    ("output", "outcome"), [(49_999.0, "short"), (50_000.0, "reached"), (50_001.0, "reached")]
)
def test_output_is_reached_from_the_promise_itself(output, outcome):
    row = evaluated({"output_wan_yuan": output}).loc[("output", "project")]
    assert (row["outcome"], row["ratio"]) == (outcome, pytest.approx(output / 50_000))
    assert (row["years_since_start"], row["allotment_ids"]) == (2, "A001")


@pytest.mark.parametrize(
    ("energy", "outcome"), [(999.0, "reached"), (1000.0, "reached"), (1001.0, "short")]
)
def test_of_energy_less_than_promised_is_good(energy, outcome):
    assert evaluated({"energy_tce": energy}).loc[("energy", "project"), "outcome"] == outcome


def test_investment_is_compared_in_one_unit():
    row = evaluated().loc[("investment", "project")]
    assert (row["promised"], row["actual"], row["unit"]) == (20_000.0, 20_000.0, "万元")


@pytest.mark.parametrize(
    ("land", "outcome"), [(104.0, "reached"), (104.1666666666667, "reached"), (105.0, "short")]
)
def test_the_parcels_figure_per_mu_stands_against_the_firms_land(land, outcome):
    # 50 000 万元 over 104.1666… 亩 are exactly the 480 万元/亩 asked for.
    row = evaluated({"land_in_use_mu": land}).loc[("output", "standard_land")]
    assert (row["outcome"], row["promised"]) == (outcome, 480.0)
    assert row["actual"] == pytest.approx(50_000 / land)


def test_the_promise_per_mu_stands_over_the_land_allotted():
    row = evaluated({"land_in_use_mu": 80.0}).loc[("tax", "project_per_mu")]
    assert (row["promised"], row["actual"]) == (30.0, 37.5)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [({"credit_code": None}, "credit_code"), ({"credit_code": "C2"}, "enterprise"),
     ({"year": 2023}, "indicators"), ({"actual": {"output_wan_yuan": None}}, "actual"),
     ({"output_wan_yuan": None}, "promise"), ({"output_wan_yuan": 0.0}, "promise"),
     ({"layers": {"projects": [project("b", credit_code="C1", started_on="2023-01-01")]}},
      "several_projects")],
)  # fmt: skip
def test_what_is_missing_is_said_and_never_zero(changes, missing):
    row = evaluated(**changes).loc[("output", "project")]
    assert (row["outcome"], row["missing"]) == ("no_data", missing)
    assert pd.isna(row["ratio"])


def test_zero_land_gives_no_figure_per_mu():
    row = evaluated({"land_in_use_mu": 0.0}).loc[("output", "standard_land")]
    assert (row["outcome"], row["missing"]) == ("no_data", "actual")


@pytest.mark.parametrize(
    ("as_of", "count"), [("2022-04-30", 0), ("2022-05-01", 1), ("2022-05-02", 1)]
)
def test_a_project_is_evaluated_from_its_start_on(as_of, count):
    assert evaluated(as_of=as_of, year=2024).index.nunique() == count * 11


def test_an_empty_city_has_nothing_to_evaluate():
    assert post_evaluation(city(), jiaxing(), 2024).empty
