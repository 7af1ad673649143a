"""The land of a project and the constraints it meets, at shapes that can be reckoned."""

import geopandas as gpd
import pytest

from platforms.completeness import constraints_in_force
from platforms.projects.site_conditions import project_site
from tests.planning_frames import CITY_CRS, jiaxing, rect, rect_of_mu, rows_of


def parcels(*shapes) -> gpd.GeoDataFrame:
    rows = [{"parcel_id": f"p{n}", "geometry": shape} for n, shape in enumerate(shapes, start=1)]
    return gpd.GeoDataFrame(rows_of("land_parcels", rows))


def constraints(*rows: dict) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows_of("constraints", list(rows)))


FARMLAND = {
    "constraint_id": "c1", "name": "永农一", "constraint_kind": "permanent_farmland",
    "severity": "block",
}  # fmt: skip


def site(held, met, ids=("p1",), as_of="2025-06-30"):
    return project_site(ids, held, constraints_in_force(met, jiaxing(as_of)), CITY_CRS)


def test_overlapping_parcels_count_once_and_the_overlap_is_that_of_the_site():
    whole = rect_of_mu(0, 0, 150)
    found = site(parcels(whole, whole), constraints({**FARMLAND, "geometry": whole}), ("p1", "p2"))
    assert found.area_mu == pytest.approx(150, rel=1e-9)
    assert found.conditions[0].overlap_mu == pytest.approx(150, rel=1e-9)
    assert found.conditions[0].severity == "block"


def test_a_shared_border_is_no_overlap():
    beside = {**FARMLAND, "geometry": rect(100, 0, 50, 100)}
    assert site(parcels(rect(0, 0, 100, 100)), constraints(beside)).conditions == ()


def test_a_constraint_holds_from_its_first_to_its_last_day():
    held = parcels(rect(0, 0, 100, 100))
    met = constraints(
        {**FARMLAND, "geometry": rect(0, 0, 50, 50), "effective_from": "2025-06-30",
         "effective_until": "2025-07-31"}
    )  # fmt: skip
    days = ("2025-06-29", "2025-06-30", "2025-07-31", "2025-08-01")
    assert [len(site(held, met, as_of=day).conditions) for day in days] == [0, 1, 1, 0]


def test_parcels_on_no_layer_or_without_shape_are_named():
    found = site(parcels(rect(0, 0, 100, 100), None), constraints(), ("p1", "p2", "p9"))
    assert found.missing_ids == ("p2", "p9")
    nothing = site(parcels(None), constraints())
    assert (nothing.area_mu, nothing.conditions) == (None, ())
