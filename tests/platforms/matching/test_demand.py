import math

import pytest

from platforms.errors import PlanningError
from platforms.matching.demand import LARGEST_LAND_MU, Demand, check_units, demand_of, has_started
from tests.matching_frames import demand, gate


@pytest.mark.parametrize("land_mu", [0, -1, 100_000, LARGEST_LAND_MU + 0.01])
@pytest.mark.parametrize("column", ["land_min_mu", "land_ideal_mu", "land_max_mu"])
def test_land_that_no_project_can_need_is_refused(column, land_mu):
    with pytest.raises(PlanningError) as caught:
        demand(**{column: land_mu})
    assert caught.value.code == "demand_land_out_of_range"
    assert caught.value.values["land_mu"] == land_mu


def test_the_ends_of_the_range_are_taken():
    assert demand(land_min_mu=LARGEST_LAND_MU).land_min_mu == LARGEST_LAND_MU
    assert demand(land_min_mu=0.01).land_min_mu == 0.01


def test_land_that_is_no_number_is_refused_even_when_constructed():
    with pytest.raises(PlanningError, match="demand_land_out_of_range"):
        Demand("X", "X", None, None, math.nan)


@pytest.mark.parametrize("value", ["约100", "inf", True, "1e999"])
def test_a_text_that_is_no_number_is_refused(value):
    with pytest.raises(PlanningError) as caught:
        demand(land_min_mu=value)
    assert caught.value.code == "demand_value_bad"


@pytest.mark.parametrize(
    "lands",
    [
        {"land_min_mu": 100, "land_ideal_mu": 90},
        {"land_min_mu": 100, "land_max_mu": 90},
        {"land_min_mu": 100, "land_ideal_mu": 120, "land_max_mu": 110},
    ],
)
def test_least_ideal_and_most_land_must_rise(lands):
    with pytest.raises(PlanningError, match="demand_land_order"):
        demand(**lands)


@pytest.mark.parametrize("row", [{}, {"land_min_mu": None}, {"land_min_mu": float("nan")}])
def test_no_land_at_all_is_asked_for(row):
    with pytest.raises(PlanningError, match="demand_land_missing"):
        demand_of({"project_id": "X", **row})


def test_the_ideal_land_stands_in_for_the_least():
    wanted = demand_of({"project_id": "X", "land_ideal_mu": 80})
    assert (wanted.land_min_mu, wanted.land_wanted_mu) == (80.0, 80.0)


def test_an_unknown_key_is_refused_with_the_nearest():
    with pytest.raises(PlanningError) as caught:
        demand(land_min_m2=3)
    assert caught.value.code == "demand_key_unknown"
    assert caught.value.values["nearest"] == "land_min_mu"


@pytest.mark.parametrize(("word", "code"), [("工业", "industry"), ("industry", "industry")])
def test_a_category_may_be_written_in_words(word, code):
    assert demand(category=word).category == code


@pytest.mark.parametrize(
    ("key", "value"),
    [("category", "工厂"), ("utilities_needed", "gas;喷泉"), ("is_expansion", "也许")],
)
def test_a_value_that_means_nothing_is_refused(key, value):
    with pytest.raises(PlanningError) as caught:
        demand(**{key: value})
    assert caught.value.code == "demand_value_bad"
    assert caught.value.values["column"] == key


@pytest.mark.parametrize("code", ["38", "C38", "C3825", "c382"])
def test_an_industry_code_has_two_to_four_digits(code):
    assert demand(industry_code=code).industry_code == code


@pytest.mark.parametrize("code", ["C", "C3", "电子", "C38250", "Z38", "３８"])
def test_what_is_no_industry_code_is_refused_rather_than_taken_as_unrestricted(code):
    with pytest.raises(PlanningError, match="demand_value_bad"):
        demand(industry_code=code)


def test_codes_given_as_numbers_are_not_lost():
    wanted = demand(land_use_codes=1001, excluded_units=330402)
    assert wanted.land_use_codes == ("1001",)
    assert wanted.excluded_units == ("330402",)


def test_promises_are_reckoned_per_mu_of_the_land_wanted():
    wanted = demand(investment_yi_yuan=6.0, output_wan_yuan=60_000.0, land_ideal_mu=120.0)
    assert wanted.per_mu_wan_yuan == {
        "investment_min_wan_yuan_per_mu": pytest.approx(6 * 10_000 / 120),
        "output_min_wan_yuan_per_mu": pytest.approx(60_000 / 120),
        "tax_min_wan_yuan_per_mu": None,
    }


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"width_min_m": -1}, "demand_amount_negative"),
        ({"energy_tce": -0.1}, "demand_amount_negative"),
        ({"emissions_t": "氨氮:-1"}, "demand_amount_negative"),
        ({"facilities_max_km": {"port": -5}}, "demand_amount_negative"),
        ({"facilities_max_km": "prt:5"}, "demand_word_unknown"),
        ({"facilities_max_km": "port"}, "demand_value_bad"),
        ({"preferred_units": "N;S", "excluded_units": "S"}, "demand_unit_both"),
        ({"industry_code": "C98"}, "demand_industry_unknown"),
        ({"industry_code": "A39"}, "demand_industry_unknown"),
        ({"started_on": "2025-13-01"}, "demand_value_bad"),
    ],
)
def test_what_contradicts_itself_is_refused(row, code):
    with pytest.raises(PlanningError) as caught:
        demand(**row)
    assert caught.value.code == code


@pytest.mark.parametrize("amount", ["width_min_m", "energy_tce", "far"])
def test_nothing_is_no_negative_amount(amount):
    assert getattr(demand(**{amount: 0}), amount) == 0.0


def test_the_nearest_section_of_an_industry_is_named():
    with pytest.raises(PlanningError) as caught:
        demand(industry_code="A39")
    assert caught.value.values["nearest"] == "C39"


def test_emissions_may_come_by_pollutant_in_a_mapping_or_in_one_pair_of_columns():
    assert demand(emission_t=0.7, pollutant="氨氮").emissions_t == (("氨氮", 0.7),)
    assert demand(emission_t=None, emissions_t="氨氮:0.7；氮氧化物：1").emissions_t == (
        ("氨氮", 0.7), ("氮氧化物", 1.0),
    )  # fmt: skip
    assert demand(emission_t=None, emissions_t="NOx:1").emissions_t == (("氮氧化物", 1.0),)
    assert demand(emission_t=2.0, pollutant="SO2").emissions_t == (("二氧化硫", 2.0),)
    with pytest.raises(PlanningError, match="demand_value_bad"):
        demand(emission_t=None, emissions_t="NOx:1;氮氧化物:2")
    assert demand(emission_t=0).emissions_t == ()
    assert demand(emission_t=None).emissions_t is None
    assert demand(emission_t=0.7).emissions_t is None


def test_a_kind_of_facility_may_be_written_in_words():
    assert demand(facilities_max_km="变电站:3").facilities_max_km == (("substation", 3.0),)


@pytest.mark.parametrize(
    ("row", "is_begun"),
    [
        ({"started_on": "2025-06-30"}, True),
        ({"started_on": "2025-07-01"}, False),
        ({"stage": "in_production"}, True),
        ({"stage": "signed"}, False),
    ],
)
def test_a_project_has_started_by_its_date_or_else_its_stage(row, is_begun):
    assert has_started(demand(**row), "2025-06-30") == is_begun
    answer = gate("not_started", wanted=demand(**row))
    assert (answer.outcome, answer.force) == ("not_met" if is_begun else "met", "principle")


def test_a_unit_that_there_is_not_is_refused_with_the_nearest():
    with pytest.raises(PlanningError) as caught:
        check_units(demand(preferred_units="33040"), ["330402", "330411"])
    assert caught.value.code == "demand_unit_unknown"
    assert caught.value.values["nearest"] == "330402"
