import pandas as pd
import pytest

from platforms.indicators.denominators import gap_totals, indicator_gaps
from platforms.indicators.per_mu import per_mu, placed_firms
from tests.planning_frames import PLATFORMS, SUB_PARK, UNITS, Frames, jiaxing, rect


def firm(number: int, **values: object) -> tuple[dict, dict]:
    about = {"enterprise_id": f"E{number}", "name": f"企业{number}", "unit_id": "N",
             "park_id": "K1", "is_above_scale": True, "geometry": None}  # fmt: skip
    figures = {"enterprise_id": f"E{number}", "year": 2024, "output_wan_yuan": 1000.0,
               "tax_wan_yuan": 50.0, "land_in_use_mu": 10.0}  # fmt: skip
    return (
        {**about, **{k: v for k, v in values.items() if k in about}},
        {**figures, **{k: v for k, v in values.items() if k in figures}},
    )


def frames(*firms, further=()) -> Frames:
    return Frames(
        units=UNITS, parks=[SUB_PARK], enterprises=[about for about, _ in firms],
        enterprise_indicators=[*(figures for _, figures in firms), *further],
    )  # fmt: skip


def issues(by: str, city: Frames, period: str = "2024") -> dict[str, list[str]]:
    found = indicator_gaps(by, period, city)
    return found.groupby("issue", sort=False)["row_id"].agg(list).to_dict()


@pytest.mark.parametrize(
    ("values", "issue"),
    [
        ({"land_in_use_mu": None}, "land_missing"),
        ({"land_in_use_mu": 0.0}, "land_zero"),
        ({"output_wan_yuan": None}, "output_missing"),
        ({"tax_wan_yuan": None}, "tax_missing"),
        ({"is_above_scale": None}, "scale_unknown"),
        ({"is_above_scale": False}, "below_scale"),
        ({"park_id": None}, "no_place"),
        ({"park_id": "K7"}, "place_unknown"),
    ],
)
def test_each_thing_left_out_is_listed_with_its_row(values, issue):
    assert issues("park", frames(firm(1), firm(2, **values))) == {issue: ["E2"]}


def test_nothing_left_out_is_an_empty_list():
    assert issues("park", frames(firm(1))) == {}
    assert gap_totals(indicator_gaps("park", "2024", frames(firm(1)))).empty


def test_rows_of_other_years_are_counted_by_year_and_never_mixed_in():
    other = [firm(1, year=2023)[1], firm(2, year=2023)[1], firm(1, year=2025)[1]]
    city = frames(firm(1), further=other)
    found = indicator_gaps("unit", "2024", city).set_index("period")
    assert found["row_count"].to_dict() == {"2023": 2, "2025": 1}
    assert per_mu("unit", "2024", city, jiaxing()).set_index("unit_id").loc["N", "row_count"] == 1


def test_a_firm_without_a_row_of_the_year_and_a_row_without_a_firm_are_both_said():
    city = frames(firm(1), (firm(2)[0], firm(9)[1]))
    assert issues("enterprise", city) == {"no_figures": ["E2"], "not_on_record": ["E9"]}


def test_totals_add_up_what_is_known_of_the_rows():
    city = frames(firm(1, land_in_use_mu=None), firm(2, land_in_use_mu=None, output_wan_yuan=None))
    totals = gap_totals(indicator_gaps("unit", "2024", city)).set_index("issue")
    row = totals.loc["land_missing"]
    assert (row["row_count"], row["output_wan_yuan"], row["tax_wan_yuan"]) == (2, 1000.0, 100.0)
    assert pd.isna(row["land_mu"])


def test_platforms_lacking_a_row_or_a_figure_are_listed():
    rows = [{"platform_id": "P1", "period": "2024", "output_yi_yuan": 5.0, "tax_yi_yuan": 1.0},
            {"platform_id": "P2", "period": "2024", "tax_yi_yuan": 1.0, "above_scale_land_mu": 0.0},
            {"platform_id": "P9", "period": "2024", "output_yi_yuan": 1.0, "tax_yi_yuan": 1.0,
             "above_scale_land_mu": 9.0},
            {"platform_id": "P1", "period": "2024Q1"}]  # fmt: skip
    city = Frames(major_platforms=PLATFORMS, platform_indicators=rows)
    found = issues("platform", city)
    assert len(found.pop("other_period")) == 1
    assert found == {"no_figures": ["P3"], "land_missing": ["P1"], "land_zero": ["P2"],
                     "output_missing": ["P2"], "not_on_record": ["P9"]}  # fmt: skip


# Units N (x < 20 000 m) and S beside it.
ACROSS = rect(19_900, 100, 400, 100)  # a quarter in N, three quarters in S


def test_a_firm_across_a_border_counts_in_both_units_by_area():
    city = frames(firm(1, geometry=ACROSS), firm(2))
    found = per_mu("unit", "2024", city, jiaxing()).set_index("unit_id")
    assert found.loc["N", "output_wan_yuan"] == pytest.approx(1000 + 250, rel=1e-6)
    assert found.loc["S", "output_wan_yuan"] == pytest.approx(750, rel=1e-6)
    assert found.loc["S", "output_land_mu"] == pytest.approx(7.5, rel=1e-6)
    assert found["output_wan_yuan"].sum() == pytest.approx(2000, rel=1e-12)
    gaps = indicator_gaps("unit", "2024", city)
    assert gaps["issue"].tolist() == ["across_borders"]
    assert set(gaps["place_ids"].iloc[0].split(";")) == {"N 25.00%", "S 75.00%"}


def test_a_firm_drawn_elsewhere_than_stated_is_taken_by_its_outline_and_said():
    city = frames(firm(1, geometry=rect(25_000, 0, 100, 100)))
    found = per_mu("unit", "2024", city, jiaxing()).set_index("unit_id")
    assert found["output_wan_yuan"].dropna().to_dict() == {"S": pytest.approx(1000)}
    assert issues("unit", city) == {"place_differs": ["E1"]}


def test_a_firm_drawn_as_a_point_is_where_its_row_states():
    point = rect(25_000, 0, 100, 100).centroid
    found = placed_firms("unit", frames(firm(1, geometry=point)))
    assert found["unit_id"].tolist() == ["N"]
    assert found["is_by_area"].tolist() == [False]


def test_a_firm_in_a_functional_zone_counts_there_and_not_in_the_county_around():
    city = frames(firm(1, geometry=rect(16_000, 16_000, 100, 100), unit_id="Z"))
    assert placed_firms("unit", city)["unit_id"].tolist() == ["Z"]


def test_what_lies_outside_every_park_makes_a_part_without_park():
    # K1 spans x 4000-5000 m: half of the firm lies outside.
    parts = placed_firms("park", frames(firm(1, geometry=rect(4900, 100, 200, 100))))
    by_park = parts.set_index(parts["park_id"].fillna("-"))["part_share"]
    assert by_park.to_dict() == {"K1": pytest.approx(0.5, rel=1e-6),
                                 "-": pytest.approx(0.5, rel=1e-6)}  # fmt: skip
    assert issues("park", frames(firm(1, geometry=rect(4900, 100, 200, 100)))) == {
        "across_borders": ["E1"]
    }
