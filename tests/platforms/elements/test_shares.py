import numpy as np
import pandas as pd
import pytest
import shapely

from platforms.elements.allotments import with_further
from platforms.elements.shares import element_shares, share_effect
from platforms.errors import PlanningError
from tests.planning_frames import (
    CITY_CRS,
    INSIDE,
    OUTSIDE,
    PLATFORMS,
    SUB_PARK,
    UNITS,
    Frames,
    allotment,
    jiaxing,
    rect,
    rect_of_mu,
    rows_of,
)


def shares_of(allotments, year=2024, what_if=None, as_of="2025-06-30", **layers) -> pd.DataFrame:
    given = {"units": UNITS, "major_platforms": PLATFORMS, "parks": [SUB_PARK], **layers}
    city = Frames(element_allotments=allotments, **given)
    names = ("element_allotments", "major_platforms", "parks", "land_parcels", "units")
    made, *others = (city.read(name) for name in names)
    further = None if what_if is None else rows_of("element_allotments", what_if)
    return element_shares(
        with_further(made, further), *others, year, jiaxing(as_of), CITY_CRS,
        approved_boundaries=city.read("approved_boundaries"), projects=city.read("projects"),
    )  # fmt: skip


def one(
    shares: pd.DataFrame, element="land", unit_id="N", span="year", basis="in_use"
) -> pd.Series:
    found = shares[
        (shares["element"] == element) & (shares["unit_id"] == unit_id)
        & (shares["span"] == span) & (shares["boundary_basis"] == basis)
    ]  # fmt: skip
    assert len(found) == 1
    return found.iloc[0]


def tenths(inside: int, total: int) -> list[dict]:
    """Allotments of 0.1 亩 each, the first ones inside."""
    return [
        allotment(n, land_mu=0.1, geometry=INSIDE if n < inside else OUTSIDE, declared_inside=None)
        for n in range(total)
    ]


@pytest.mark.parametrize(("inside", "outcome"), [(20, "not_met"), (21, "met"), (22, "met")])
def test_twenty_one_of_thirty_allotments_of_a_tenth_of_a_mu_are_exactly_seventy_percent(
    inside, outcome
):
    row = one(shares_of(tenths(inside, 30)))
    assert row["outcome"] == outcome
    assert row["share"] == pytest.approx(inside / 30)
    assert row["unit"] == "亩"


def test_headroom_and_need_are_reckoned_from_the_threshold():
    row = one(shares_of(tenths(28, 30)))
    assert row["headroom"] == pytest.approx(2.8 / 0.7 - 3.0)
    assert row["need_inside"] == pytest.approx(0, abs=1e-9)
    row = one(shares_of(tenths(15, 30)))
    assert row["headroom"] == pytest.approx(0, abs=1e-9)
    assert row["need_inside"] == pytest.approx((0.7 * 3.0 - 1.5) / 0.3)


def test_every_unit_and_the_city_have_a_row_for_each_element_and_the_sum_is_the_citys():
    shares = shares_of(
        [allotment(1), allotment(2, unit_id="S", land_mu=3.0, geometry=rect(22100, 100, 50, 50)),
         allotment(3, unit_id="Z", land_mu=5.0, geometry=rect(16e3, 16e3, 50, 50))]
    )  # fmt: skip
    assert set(shares["unit_id"]) == {"N", "S", "Z", "city"}
    assert set(shares["element"]) == {"land", "energy", "emission"}
    assert one(shares, unit_id="city")["total"] == pytest.approx(9.0)
    assert one(shares, unit_id="city")["inside"] == pytest.approx(4.0)
    assert one(shares, unit_id="Z")["share"] == 0.0


def test_a_unit_without_allotments_has_no_data_and_not_a_share_of_zero():
    row = one(shares_of([allotment(1)]), unit_id="S")
    assert row["outcome"] == "no_data"
    assert np.isnan(row["share"])


def test_land_and_energy_count_by_the_area_inside():
    half = rect(2950, 0, 100, 100)
    shares = shares_of(
        [allotment(1, geometry=half),
         allotment(2, element="energy", energy_tce=200.0, land_mu=None, geometry=half)]
    )  # fmt: skip
    assert one(shares)["inside"] == pytest.approx(0.5, rel=1e-4)
    assert one(shares, "energy")["inside"] == pytest.approx(100.0, rel=1e-4)
    assert one(shares, "energy")["unit"] == "吨标煤"


def test_each_pollutant_has_its_own_share():
    shares = shares_of(
        [allotment(1, element="emission", emission_t=4.0, pollutant="化学需氧量"),
         allotment(2, element="emission", emission_t=6.0, pollutant="氮氧化物", geometry=OUTSIDE)]
    )  # fmt: skip
    rows = shares[(shares["element"] == "emission") & (shares["unit_id"] == "N")]
    by_name = rows[rows["span"] == "year"].set_index("pollutant")["share"].to_dict()
    assert by_name == {"化学需氧量": 1.0, "氮氧化物": 0.0}


def test_a_sub_park_of_a_zone_counts_and_a_municipal_platform_does_not():
    in_sub_park, in_municipal = rect(4100, 100, 50, 50), rect(6100, 100, 50, 50)
    shares = shares_of([allotment(1, geometry=in_sub_park), allotment(2, geometry=in_municipal)])
    assert one(shares)["share"] == pytest.approx(0.5)


def test_an_exiting_park_of_a_zone_does_not_count():
    park = {**SUB_PARK, "disposition": "exiting"}
    shares = shares_of([allotment(1, geometry=rect(4100, 100, 50, 50))], parks=[park])
    assert one(shares)["share"] == 0.0


def test_only_allotments_made_to_industrial_projects_count():
    shares = shares_of(
        [allotment(1), allotment(2, is_industrial=False, geometry=OUTSIDE),
         allotment(3, allotment_status="planned", geometry=OUTSIDE),
         allotment(4, year=2023, geometry=OUTSIDE)]
    )  # fmt: skip
    assert one(shares)["total"] == pytest.approx(1.0)


def test_the_place_is_taken_from_the_parcels_where_there_is_no_polygon():
    parcels = [
        {"parcel_id": "L1", "geometry": INSIDE},
        {"parcel_id": "L2", "geometry": shapely.MultiPolygon([INSIDE, OUTSIDE])},
    ]
    shares = shares_of(
        [allotment(1, geometry=None, parcel_ids="L1"),
         allotment(2, geometry=None, parcel_ids="L2#2")], land_parcels=parcels,
    )  # fmt: skip
    assert one(shares)["share"] == pytest.approx(0.5)


def test_land_without_a_figure_is_measured():
    shape = rect_of_mu(100, 100, 7.0)
    assert one(shares_of([allotment(1, land_mu=None, geometry=shape)]))["total"] == pytest.approx(7)


@pytest.mark.parametrize("lost", [{"parcel_ids": "L9"}, {"parcel_ids": "L1;L9"}, {}])
def test_an_allotment_of_unknown_place_leaves_the_share_open(lost):
    parcels = [{"parcel_id": "L1", "geometry": INSIDE}]
    row = one(shares_of([allotment(1), allotment(2, geometry=None, **lost)], land_parcels=parcels))
    assert row["outcome"] == "no_data"
    assert np.isnan(row["share"])
    assert (row["share_low"], row["share_high"]) == (pytest.approx(0.5), pytest.approx(1.0))
    assert row["open_points"] == (("A002", "allotment_place_unknown"),)
    assert np.isnan(row["headroom"])


def test_an_unknown_place_that_cannot_change_the_outcome_leaves_the_verdict():
    lost = allotment(9, geometry=None)
    row = one(shares_of([*(allotment(n) for n in range(3)), lost]))
    assert row["outcome"] == "met"
    assert np.isnan(row["share"])
    assert row["share_low"] == pytest.approx(0.75)
    assert row["headroom"] == pytest.approx(3 / 0.7 - 4)
    outside = [allotment(n, geometry=OUTSIDE) for n in range(3)]
    assert one(shares_of([*outside, lost]))["outcome"] == "not_met"


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("is_industrial", "allotment_industrial_unknown"),
        ("allotment_status", "allotment_status_unknown"),
        ("year", "allotment_year_unknown"),
    ],
)
def test_an_allotment_that_may_not_count_is_unknown_and_said(missing, code):
    row = one(shares_of([allotment(1), allotment(2, geometry=OUTSIDE, **{missing: None})]))
    assert row["outcome"] == "no_data"
    assert row["open_points"] == (("A002", code),)


def test_a_missing_amount_is_not_zero():
    energy = {"element": "energy", "land_mu": None}
    row = one(
        shares_of([allotment(1, **energy, energy_tce=100.0),
                   allotment(2, **energy, geometry=OUTSIDE)]), "energy",
    )  # fmt: skip
    assert row["outcome"] == "no_data"
    assert row["open_points"] == (("A002", "allotment_amount_unknown"),)


def test_a_missing_unit_is_found_by_place_the_functional_zone_before_the_county():
    in_zone = rect(16e3, 16e3, 50, 50)
    shares = shares_of([allotment(1, unit_id=None), allotment(2, unit_id=None, geometry=in_zone)])
    assert one(shares)["total"] == pytest.approx(1.0)
    assert one(shares, unit_id="Z")["total"] == pytest.approx(1.0)


def test_a_zone_of_unknown_level_leaves_what_lies_in_it_open():
    levels = [PLATFORMS[0], {**PLATFORMS[1], "level": None}, PLATFORMS[2]]
    in_unknown = allotment(2, geometry=rect(6100, 100, 50, 50))
    row = one(shares_of([allotment(1), in_unknown], major_platforms=levels))
    assert row["outcome"] == "no_data"
    assert row["open_points"] == (("A002", "allotment_zone_unknown"),)


def test_without_any_platform_on_record_nothing_is_judged():
    row = one(shares_of([allotment(1)], major_platforms=[]))
    assert row["outcome"] == "no_data"


def test_declared_inside_but_more_than_half_outside_is_listed():
    mostly_out, mostly_in = rect(2980, 0, 100, 50), rect(2920, 0, 100, 50)
    row = one(
        shares_of([allotment(1, geometry=mostly_out), allotment(2, geometry=mostly_in),
                   allotment(3, geometry=OUTSIDE, declared_inside=False)])
    )  # fmt: skip
    assert row["declared_but_outside"] == ("A001",)


def test_the_approved_outline_stands_beside_and_a_differing_outcome_is_flagged():
    approved = [
        {"boundary_id": "Q1", "platform_id": "P1", "edition": "2018", "edition_on": "2018-02-26",
         "geometry": rect(1000, 1000, 500, 500)},
        {"boundary_id": "Q3", "platform_id": "P3", "edition": "2018", "edition_on": "2018-02-26",
         "geometry": rect(22e3, 0, 3000, 3000)},
    ]  # fmt: skip
    south = allotment(2, unit_id="S", geometry=rect(22100, 100, 50, 50))
    shares = shares_of([allotment(1), south], approved_boundaries=approved)
    in_use, by_approved = one(shares), one(shares, basis="approved")
    assert (in_use["outcome"], by_approved["outcome"]) == ("met", "not_met")
    assert in_use["basis_differs"]
    assert by_approved["basis_differs"]
    assert not one(shares, unit_id="S")["basis_differs"]


def test_a_zone_without_approved_outline_leaves_its_land_open_by_that_basis():
    approved = [{"boundary_id": "Q3", "platform_id": "P3", "geometry": rect(22e3, 0, 3e3, 3e3)}]
    shares = shares_of([allotment(1)], approved_boundaries=approved)
    assert one(shares, basis="approved")["outcome"] == "no_data"
    assert not one(shares)["basis_differs"]


def test_the_newest_edition_not_after_the_day_holds():
    old = {"boundary_id": "Q1", "platform_id": "P1", "edition_on": "2018-01-01",
           "geometry": rect(0, 0, 3000, 3000)}  # fmt: skip
    new = {**old, "boundary_id": "Q2", "edition_on": "2025-01-01",
           "geometry": rect(1000, 1000, 500, 500)}  # fmt: skip
    for as_of, share in {"2024-12-31": 1.0, "2025-01-01": 0.0}.items():
        shares = shares_of([allotment(1)], as_of=as_of, approved_boundaries=[old, new])
        assert one(shares, basis="approved")["share"] == share


def test_the_cumulative_share_takes_the_years_of_the_plan_up_to_the_one_asked():
    by_year = {2023: OUTSIDE, 2024: INSIDE, 2025: OUTSIDE, 2026: OUTSIDE}
    allotments = [allotment(y, year=y, geometry=shape) for y, shape in by_year.items()]
    totals = {
        year: one(shares_of(allotments, year=year), span="cumulative")["total"]
        for year in (2023, 2024, 2025, 2026)
    }
    assert totals == {2023: 0.0, 2024: 1.0, 2025: 2.0, 2026: 2.0}
    assert one(shares_of(allotments, year=2025), span="cumulative")["share"] == pytest.approx(0.5)
    every_year = shares_of(allotments, year=None)
    years = every_year[every_year["span"] == "year"]["year"]
    assert sorted(set(years)) == [2023, 2024, 2025, 2026]


def test_further_allotments_are_counted_as_if_made_and_need_ids_of_their_own():
    further = [allotment(2, geometry=OUTSIDE, allotment_status="planned")]
    assert one(shares_of([allotment(1)], what_if=further))["share"] == pytest.approx(0.5)
    with pytest.raises(PlanningError, match="what_if_id_taken"):
        shares_of([allotment(2)], what_if=further)


def test_the_order_of_rows_changes_nothing():
    rows = tenths(19, 30)
    forward, backward = shares_of(rows), shares_of(rows[::-1])
    plain = ["unit_id", "year", "span", "element", "inside", "total", "share", "outcome"]
    pd.testing.assert_frame_equal(forward[plain], backward[plain], rtol=1e-12)


def test_the_effect_of_one_more_allotment_is_that_of_counting_it():
    shares = shares_of([allotment(1), allotment(2), allotment(3, geometry=OUTSIDE)])
    effect = share_effect(one(shares), 1.0, 1.0)
    assert effect.before == pytest.approx(2 / 3)
    assert effect.after == pytest.approx(3 / 4)
    assert effect.outcome == "met"
    first = share_effect(one(shares_of([]), unit_id="N"), 5.0, 0.6)
    assert (first.before, first.after, first.outcome) == (None, 0.6, "not_met")


def test_the_effect_on_a_share_that_is_open_is_not_guessed():
    shares = shares_of([allotment(1), allotment(2, geometry=None)])
    effect = share_effect(one(shares), 1.0, 1.0)
    assert (effect.before, effect.after, effect.outcome) == (None, None, "no_data")


@pytest.mark.parametrize(
    ("inside_m", "outcome"), [(70.0, "met"), (69.996, "met"), (69.99, "not_met"), (69.9, "not_met")]
)
def test_a_parcel_cut_by_the_border_counts_by_its_parts_as_they_are_printed(inside_m, outcome):
    # 100 m wide and 666.67 m high, 100 亩; the border of the zone P1 runs at x = 3000.
    across = rect(3000 - inside_m, 500, 100, 200_000 / 3 / 100)
    row = one(shares_of([allotment(1, land_mu=100.0, geometry=across, declared_inside=None)]))
    assert row["share"] == pytest.approx(inside_m / 100, abs=2e-6)
    assert row["outcome"] == outcome
