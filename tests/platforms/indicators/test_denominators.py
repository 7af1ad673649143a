import numpy as np
import pandas as pd
import pytest

from platforms.errors import PlanningError
from platforms.indicators.denominators import BASES_OF, check_basis, denominators
from platforms.indicators.land_use import RATIOS, land_balance, land_efficiency, places_of
from tests.planning_frames import (
    CITY_CRS,
    PLATFORMS,
    SUB_PARK,
    UNITS,
    Frames,
    jiaxing,
    rect,
    rect_of_mu,
)

MU_M2 = 2000 / 3


def parcel(number: int, area_mu: float = 100.0, x: float = 0.0, **values: object) -> dict:
    return {
        "parcel_id": f"D{number}", "unit_id": "N", "state": "in_production",
        "land_use_scheme": "MNR2023", "land_use_code": "100101",
        "area_declared_m2": area_mu * MU_M2, "geometry": rect_of_mu(x, 0, area_mu), **values,
    }  # fmt: skip


def indicators(platform_id: str, output=50.0, tax=3.0, land=1000.0, **values) -> dict:
    return {"platform_id": platform_id, "period": "2024", "output_yi_yuan": output,
            "tax_yi_yuan": tax, "above_scale_land_mu": land, **values}  # fmt: skip


def city(*parcels: dict, rows=None, platforms=PLATFORMS, **layers) -> Frames:
    rows = [indicators("P1"), indicators("P2"), indicators("P3")] if rows is None else rows
    return Frames(units=UNITS, major_platforms=platforms, land_parcels=list(parcels),
                  platform_indicators=rows, **layers)  # fmt: skip


def figures(frames: Frames, by: str = "platform"):
    found = denominators(by, "2024", frames, jiaxing(), CITY_CRS)
    return found, found.rows.set_index([f"{by}_id", "land_basis"])


def codes(found, key: str, ident: str, basis: str) -> list[str]:
    rows = found.rows
    at = rows.index[(rows[key] == ident) & (rows["land_basis"] == basis)][0]
    return [said.code for said in found.reasons[at]]


def test_every_basis_divides_the_same_figures_by_its_own_land():
    approved = [{**row, "approved_area_mu": 400.0} for row in PLATFORMS]
    found, rows = figures(
        city(parcel(1), parcel(2, 60.0, x=1000, state="supplied", area_declared_m2=61 * MU_M2),
             parcel(3, x=2000, state="cleared"), platforms=approved)
    )  # fmt: skip
    land = {"above_scale": 1000.0, "approved": 400.0, "supplied": 160.0, "built": 100.0,
            "registered": 161.0}  # fmt: skip
    for basis, area in land.items():
        row = rows.loc[("P1", basis)]
        assert row["land_mu"] == pytest.approx(area, rel=1e-9)
        assert row["output_wan_yuan_per_mu"] == pytest.approx(500_000 / area)
        assert row["tax_wan_yuan_per_mu"] == pytest.approx(30_000 / area)
    assert found.rows.groupby("platform_id").size().to_dict() == {"P1": 6, "P2": 6, "P3": 6}


def test_managed_land_is_the_outline_with_its_sub_parks_once():
    inside = {**SUB_PARK, "park_id": "K9", "geometry": rect(0, 0, 500, 500)}
    alone = figures(city())[1].loc[("P1", "managed"), "land_mu"]
    beside = figures(city(parks=[inside]))[1].loc[("P1", "managed"), "land_mu"]
    further = figures(city(parks=[SUB_PARK]))[1].loc[("P1", "managed"), "land_mu"]
    assert beside == pytest.approx(alone, rel=1e-12)
    assert further - alone == pytest.approx(1e6 / MU_M2, rel=1e-3)


def test_land_under_two_parcels_counts_once_and_what_lies_outside_not_at_all():
    twice = parcel(1), parcel(2)
    _, rows = figures(city(*twice))
    assert rows.loc[("P1", "supplied"), "land_mu"] == pytest.approx(100.0, rel=1e-9)
    # P1 ends at x = 3000 m: of a square of 200 m from 2900 m on, half lies inside.
    edge = parcel(3, geometry=rect(2900, 100, 200, 200), area_declared_m2=40_000.0)
    _, rows = figures(city(edge))
    assert rows.loc[("P1", "supplied"), "land_mu"] == pytest.approx(20_000 / MU_M2, rel=1e-3)
    assert rows.loc[("P1", "registered"), "land_mu"] == pytest.approx(20_000 / MU_M2, rel=1e-6)


def test_a_missing_area_is_no_figure_and_takes_no_place():
    found, rows = figures(city(parcel(1)))
    for basis, code in (("approved", "denominator_approved_missing"),
                        ("supplied", "denominator_no_parcels")):  # fmt: skip
        row = rows.loc[("P3", basis)]
        assert row[["land_mu", "output_wan_yuan_per_mu", "rank", "quadrant"]].isna().all()
        assert code in codes(found, "platform_id", "P3", basis)


def test_no_land_of_a_kind_among_the_parcels_on_record_is_zero_and_no_ratio():
    _, rows = figures(city(parcel(1, state="planned")))
    assert rows.loc[("P1", "supplied"), "land_mu"] == 0
    assert pd.isna(rows.loc[("P1", "supplied"), "output_wan_yuan_per_mu"])


def test_one_supplied_parcel_without_declared_area_leaves_no_registered_figure():
    complete = parcel(1), parcel(2, 50.0, x=1000, state="planned", area_declared_m2=None)
    found, rows = figures(city(*complete))
    assert rows.loc[("P1", "registered"), "land_mu"] == pytest.approx(100.0)
    found, rows = figures(city(*complete, parcel(3, 7.0, x=2000, area_declared_m2=None)))
    assert pd.isna(rows.loc[("P1", "registered"), "land_mu"])
    assert codes(found, "platform_id", "P1", "registered") == ["denominator_unregistered"]


@pytest.mark.parametrize("state", ["unknown", None, "withdrawn"])
def test_land_of_unknown_state_stands_beside_and_bounds_the_figure(state):
    found, rows = figures(city(parcel(1), parcel(2, 25.0, x=1000, state=state)))
    row = rows.loc[("P1", "supplied")]
    assert (row["land_mu"], row["land_open_mu"]) == (pytest.approx(100), pytest.approx(25))
    assert row["output_wan_yuan_per_mu"] == pytest.approx(5000)
    assert row["output_low_wan_yuan_per_mu"] == pytest.approx(4000)
    assert "denominator_open" in codes(found, "platform_id", "P1", "supplied")


def test_the_approved_area_is_the_platform_s_else_that_of_all_its_newest_blocks():
    def block(number, area, edition_on="2020-01-01", platform_id="P2"):
        return {"boundary_id": f"B{number}", "platform_id": platform_id, "edition_on": edition_on,
                "approved_area_mu": area, "geometry": rect(6000, 0, 10, 10)}  # fmt: skip

    stated = [{**row, "approved_area_mu": 400.0 if row["platform_id"] == "P1" else None}
              for row in PLATFORMS]  # fmt: skip
    blocks = [block(1, 100.0), block(2, 150.0), block(3, 900.0, "2010-01-01"),
              block(4, 900.0, "2026-01-01"), block(5, 450.0, platform_id="P1"),
              block(6, None, platform_id="P3"), block(7, 80.0, platform_id="P3")]  # fmt: skip
    found, rows = figures(city(platforms=stated, approved_boundaries=blocks))
    assert rows.loc[("P1", "approved"), "land_mu"] == 400
    assert codes(found, "platform_id", "P1", "approved") == ["denominator_approved_differs"]
    assert rows.loc[("P2", "approved"), "land_mu"] == 250
    assert pd.isna(rows.loc[("P3", "approved"), "land_mu"])


def test_changes_of_rank_are_among_those_with_a_figure_under_both_bases():
    # By land in use P1 > P2 > P3; approved land turns P1 and P3 round, and P2 has none.
    approved = {"P1": 3000.0, "P2": None, "P3": 1000.0}
    platforms = [{**row, "approved_area_mu": approved[row["platform_id"]]} for row in PLATFORMS]
    rows = [indicators("P1", land=1000.0), indicators("P2", land=2000.0),
            indicators("P3", land=3000.0)]  # fmt: skip
    found, _ = figures(city(rows=rows, platforms=platforms))
    changes = found.changes[
        (found.changes["land_basis"] == "approved") & (found.changes["figure"] == "output")
    ].set_index("platform_id")
    assert changes["default_rank"].to_dict() == {"P1": 1, "P3": 2}
    assert changes["rank"].to_dict() == {"P1": 2, "P3": 1}
    assert changes["rank_change"].to_dict() == {"P1": -1, "P3": 1}
    assert set(changes["compared_count"]) == {2}


def test_the_same_order_under_a_basis_is_no_change():
    platforms = [{**row, "approved_area_mu": 1000.0} for row in PLATFORMS]
    found, _ = figures(city(platforms=platforms))
    assert "approved" not in set(found.changes["land_basis"])


def test_units_stand_on_the_parcels_of_their_assessed_area_and_all_firms_with_a_figure():
    firms = [{"enterprise_id": f"E{n}", "unit_id": "N", "is_above_scale": True} for n in (1, 2, 3)]
    rows = [{"enterprise_id": "E1", "year": 2024, "output_wan_yuan": 1000.0, "tax_wan_yuan": 50.0,
             "land_in_use_mu": 10.0},
            {"enterprise_id": "E2", "year": 2024, "output_wan_yuan": 500.0, "tax_wan_yuan": 25.0,
             "land_in_use_mu": None},
            {"enterprise_id": "E3", "year": 2024, "tax_wan_yuan": 1.0}]  # fmt: skip
    in_zone = parcel(2, 30.0, geometry=rect_of_mu(16e3, 16e3, 30.0))
    frames = city(parcel(1), in_zone, enterprises=firms, enterprise_indicators=rows)
    found, table = figures(frames, "unit")
    assert set(found.rows["land_basis"]) == {"above_scale", "supplied", "built", "registered"}
    default, supplied = table.loc[("N", "above_scale")], table.loc[("N", "supplied")]
    assert (default["output_wan_yuan"], default["land_mu"]) == (1000.0, 10.0)
    assert supplied["output_wan_yuan"] == 1500.0
    assert supplied["land_mu"] == pytest.approx(100.0, rel=1e-9)
    assert table.loc[("Z", "supplied"), "land_mu"] == pytest.approx(30.0, rel=1e-9)
    assert "denominator_figures_partial" in codes(found, "unit_id", "N", "supplied")


def test_a_platform_s_own_land_is_held_against_that_of_its_firms():
    firms = [{"enterprise_id": f"E{n}", "platform_id": "P1", "is_above_scale": n < 4}
             for n in (1, 2, 3, 4)]  # fmt: skip
    rows = [{"enterprise_id": f"E{n}", "year": 2024, "land_in_use_mu": 100.0 * n}
            for n in (1, 2, 4)]  # fmt: skip
    found, _ = figures(city(enterprises=firms, enterprise_indicators=rows))
    said = found.reasons[found.rows.index[found.rows["platform_id"] == "P1"][0]][0]
    assert dict(said.values) == {"stated_mu": 1000.0, "firms_mu": 300.0, "count": 2, "missing": 1}


@pytest.mark.parametrize(
    ("by", "basis"),
    [("unit", "approved"), ("enterprise", "built"), ("park", "approved"), ("platform", "planned")],
)
def test_a_basis_that_makes_no_sense_is_refused(by, basis):
    with pytest.raises(PlanningError, match="basis_unfit"):
        check_basis(by, basis)
    assert all(check_basis(by, known) == known for known in BASES_OF[by])


@pytest.mark.parametrize("by", list(BASES_OF))
def test_an_empty_city_gives_no_rows_and_no_error(by):
    found = denominators(by, "2024", Frames(), jiaxing(), CITY_CRS)
    assert found.rows.empty
    assert found.changes.empty


def test_ratios_of_land_state_numerator_and_denominator():
    # 100 built and industrial, 20 built and of other use, 30 supplied, 10 idle, 40 ready.
    parcels = (parcel(1), parcel(2, 20.0, x=500, land_use_code="0901"),
               parcel(3, 30.0, x=1000, state="supplied"), parcel(4, 10.0, x=1500, state="idle"),
               parcel(5, 40.0, x=2000, state="listed"))  # fmt: skip
    rows = [indicators("P1", revenue_yi_yuan=60.0)]
    found = land_efficiency("2024", city(*parcels, rows=rows), jiaxing(), CITY_CRS)
    table = found.rows.set_index(["platform_id", "ratio"])["value"]
    assert table["P1", "supply_rate"] == pytest.approx(160 / 200, rel=1e-9)
    assert table["P1", "built_rate"] == pytest.approx(120 / 160, rel=1e-9)
    assert table["P1", "industrial_rate"] == pytest.approx(100 / 120, rel=1e-9)
    assert table["P1", "idle_rate"] == pytest.approx(10 / 160, rel=1e-9)
    assert table["P1", "output_intensity"] == pytest.approx(600_000 / 100, rel=1e-9)
    assert table["P1", "tax_intensity"] == pytest.approx(30_000 / 100, rel=1e-9)
    assert found.rows.groupby("platform_id").size().tolist() == [len(RATIOS)] * 3


def test_a_ratio_without_data_is_no_data_with_its_reason():
    found = land_efficiency("2024", city(parcel(1, state="planned")), jiaxing(), CITY_CRS)
    rows = found.rows
    said = {
        (platform, ratio): [one.code for one in reasons]
        for platform, ratio, reasons in zip(
            rows["platform_id"], rows["ratio"], found.reasons, strict=True
        )
    }
    assert set(rows["outcome"]) == {"no_data"}
    assert said["P1", "supply_rate"] == ["efficiency_no_land"]
    assert said["P3", "supply_rate"] == ["denominator_no_parcels"]
    assert "efficiency_not_on_record" in said["P1", "floor_area_ratio"]
    assert "efficiency_figure_missing" in said["P1", "output_intensity"]
    assert {r.basis for r in RATIOS if r.ratio_id == "idle_rate"} == {"assumed"}


@pytest.mark.parametrize(
    ("scheme", "code", "sure", "unclear"),
    [("MNR2023", "100101", 100, 0), ("MNR2023", "110101", 100, 0), ("MNR2023", "0901", 0, 0),
     ("GBT21010", "0601", 100, 0), ("MNR2023", "0601", 0, 0), ("GB50137", "M1", 100, 0),
     ("local", "M1", 0, 100), ("MNR2023", None, 0, 100), (None, "100101", 0, 100)],
)  # fmt: skip
def test_a_land_use_counts_by_its_own_scheme_and_an_unknown_one_stands_open(
    scheme, code, sure, unclear
):
    frames = city(parcel(1, land_use_scheme=scheme, land_use_code=code))
    places = places_of("platform", frames)
    row = land_balance(places, frames.read("land_parcels"), jiaxing(), CITY_CRS).loc["P1"]
    assert row["built_mu"] == pytest.approx(100)
    found = row["built_industrial_mu"], row["built_industrial_open_mu"]
    assert found == (pytest.approx(sure), pytest.approx(unclear))


@pytest.mark.parametrize("seed", range(4))
def test_areas_agree_with_a_plain_union_of_clipped_parcels(seed):
    import shapely

    from geo.measure import ellipsoidal_area_m2

    random = np.random.default_rng(seed)
    parcels = [
        parcel(n, state=str(random.choice(["in_production", "supplied", "idle", "planned"])),
               geometry=rect(*random.uniform(-300, 3200, 2), *random.uniform(50, 400, 2)))
        for n in range(60)
    ]  # fmt: skip
    frames = city(*parcels)
    places = places_of("platform", frames)
    found = land_balance(places, frames.read("land_parcels"), jiaxing(), CITY_CRS).loc["P1"]
    outline = rect(0, 0, 3000, 3000)
    for kind, states in (("supplied", {"in_production", "supplied", "idle"}),
                         ("built", {"in_production"}), ("idle", {"idle"})):  # fmt: skip
        shapes = [one["geometry"] for one in parcels if one["state"] in states]
        whole = shapely.intersection(shapely.union_all(shapes), outline)
        area = ellipsoidal_area_m2([whole], CITY_CRS)[0] / MU_M2
        assert found[f"{kind}_mu"] == pytest.approx(area, rel=1e-8)
