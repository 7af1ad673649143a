import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from geo.measure import ellipsoidal_area_m2
from platforms.territory import area_by_unit, assessment_areas
from tests.planning_frames import CITY_CRS, UNITS, rect, rows_of
from tests.strategies import seeded


def units(rows=UNITS):
    return rows_of("units", rows)


def area_of(areas, unit_id):
    return areas.geometry[areas["unit_id"].eq(unit_id)].iloc[0]


def test_a_functional_zone_is_cut_out_of_its_county():
    areas = assessment_areas(units())
    assert areas["unit_id"].tolist() == ["N", "S", "Z"]
    assert area_of(areas, "Z").equals(rect(15e3, 15e3, 5e3, 5e3))
    assert area_of(areas, "N").equals(rect(0, 0, 20e3, 20e3) - rect(15e3, 15e3, 5e3, 5e3))
    assert area_of(areas, "S").equals(rect(20e3, 0, 20e3, 20e3))


def test_assessed_areas_overlap_nowhere_and_cover_the_territory():
    areas = assessment_areas(units()).geometry.array
    territory = shapely.union_all(units().geometry.array)
    assert sum(shape.area for shape in areas) == pytest.approx(territory.area)
    assert shapely.union_all(areas).symmetric_difference(territory).area == pytest.approx(0)


def test_a_zone_across_two_counties_is_taken_from_both():
    across = [*UNITS[:2], {**UNITS[2], "geometry": rect(18e3, 8e3, 4e3, 4e3)}]
    areas = assessment_areas(units(across))
    cut = rect(18e3, 8e3, 4e3, 4e3)
    assert not any(area_of(areas, unit).intersects(cut.buffer(-1)) for unit in ("N", "S"))


def test_a_county_that_is_wholly_a_zone_is_left_out():
    rows = [*UNITS[:2], {**UNITS[2], "geometry": UNITS[0]["geometry"]}]
    assert assessment_areas(units(rows))["unit_id"].tolist() == ["S", "Z"]


def test_a_unit_of_unknown_kind_counts_as_a_county():
    rows = [*UNITS[:2], {**UNITS[2], "unit_kind": None}]
    assert area_of(assessment_areas(units(rows)), "N").equals(UNITS[0]["geometry"])


def test_the_layer_given_is_not_changed():
    given = units()
    before = shapely.to_wkb(given.geometry.array)
    assessment_areas(given)
    assert (shapely.to_wkb(given.geometry.array) == before).all()


def test_no_units_have_no_areas():
    assert len(assessment_areas(units().iloc[:0])) == 0


def test_a_place_in_the_zone_belongs_to_the_zone_alone():
    shares = area_by_unit(series(rect(16e3, 16e3, 100, 100)), assessment_areas(units()))
    assert shares[["position", "unit_id"]].values.tolist() == [[0, "Z"]]


def test_the_largest_share_stands_first_and_the_shares_add_up():
    # 300 m of it in N, 700 m in S.
    shape = rect(19_700, 0, 1000, 100)
    shares = area_by_unit(series(shape), assessment_areas(units()))
    assert shares["unit_id"].tolist() == ["S", "N"]
    whole = ellipsoidal_area_m2([shape], CITY_CRS)[0]
    assert shares["area_m2"].sum() == pytest.approx(whole, rel=1e-9)
    assert shares["area_m2"].iloc[0] / whole == pytest.approx(0.7, abs=1e-4)


def test_equal_shares_stand_in_the_order_of_the_units():
    areas = assessment_areas(units())
    areas = areas.iloc[[1, 0]].reset_index(drop=True)
    lying_across = rect(19_900, 0, 200, 100)
    found = area_by_unit(series(lying_across), areas)
    halves = found["area_m2"].to_numpy()
    assert halves[0] >= halves[1]
    assert halves[0] == pytest.approx(halves[1], rel=1e-3)


def test_places_outside_all_units_and_mere_contacts_have_no_share():
    outside, beside = rect(0, 30e3, 100, 100), rect(-100, 0, 100, 100)
    shares = area_by_unit(series(outside, beside), assessment_areas(units()))
    assert len(shares) == 0


@settings(max_examples=15, deadline=None)
@given(seeded())
def test_shares_add_up_to_the_shape_wherever_units_cover_it(rng):
    corners = rng.uniform(0, 18e3, (6, 2))
    sizes = rng.uniform(10, 20e3, (6, 2))
    shapes = series(*(rect(*c, *s) for c, s in zip(corners, sizes, strict=True)))
    territory = shapely.union_all([row["geometry"] for row in UNITS])
    wanted = ellipsoidal_area_m2(shapely.intersection(shapes.array, territory), CITY_CRS)
    shares = area_by_unit(shapes, assessment_areas(units()))
    got = np.bincount(shares["position"], shares["area_m2"], 6)
    assert got == pytest.approx(wanted, rel=1e-9, abs=1e-4)


def series(*shapes):
    return rows_of(
        "land_parcels",
        [{"parcel_id": f"P{i}", "geometry": shape} for i, shape in enumerate(shapes)],
    ).geometry
