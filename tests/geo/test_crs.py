import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer

from geo.crs import crs_label, equal_area_transformer, parse_crs, require_projected, same_crs
from geo.errors import GeometryError

# Longitude, latitude (CGCS2000), easting in EPSG:4528 and in EPSG:4549, northing [m]:
# domain facts §1.4, computed with PROJ.
VECTORS = [
    (120.75, 30.75, 40571815.3661, 571815.3661, 3403497.8255),
    (120.30, 30.45, 40528814.4622, 528814.4622, 3370036.9387),
    (121.25, 30.65, 40619818.7167, 619818.7167, 3392837.4361),
    (120.00, 30.50, 40500000.0000, 500000.0000, 3375541.7329),
]


@pytest.mark.parametrize(("lon", "lat", "east_4528", "east_4549", "north"), VECTORS)
@pytest.mark.parametrize(("crs", "column"), [("4528", 0), ("EPSG:4549", 1)])
def test_points_lie_where_the_tables_say(lon, lat, east_4528, east_4549, north, crs, column):
    there = Transformer.from_crs(4490, parse_crs(crs), always_xy=True)
    wanted = (east_4528, east_4549)[column]
    assert there.transform(lon, lat) == pytest.approx((wanted, north), abs=5e-5)


@pytest.mark.parametrize("text", ["4549", "EPSG:4549", "epsg:4549", CRS(4549).to_wkt()])
def test_a_system_is_read_from_number_code_or_wkt(text):
    assert same_crs(parse_crs(text), CRS(4549))


@pytest.mark.parametrize("text", ["", "EPSG:", "EPSG:1", "999999", "高斯", "4549; DROP TABLE"])
def test_a_text_that_names_no_system_is_refused_by_name(text):
    with pytest.raises(GeometryError) as caught:
        parse_crs(text)
    assert (caught.value.code, caught.value.values["crs"]) == ("crs_unknown", text)


@pytest.mark.parametrize("code", [4549, 4528, 4526, 2437, 3826, 32651])
def test_projected_systems_in_metres_are_measured_in(code):
    assert require_projected(CRS(code)) == CRS(code)


@pytest.mark.parametrize("code", [4490, 4326, 2225])
def test_degrees_and_feet_are_not_measured_in(code):
    with pytest.raises(GeometryError) as caught:
        require_projected(CRS(code))
    assert caught.value.code == "crs_not_projected"
    assert f"EPSG:{code}" in caught.value.values["crs"]


def test_a_missing_system_is_not_guessed():
    with pytest.raises(GeometryError, match="crs_missing"):
        require_projected(None)


def test_the_two_eastings_of_zone_40_are_different_systems():
    assert not same_crs(CRS(4528), CRS(4549))
    assert same_crs(CRS(4490), CRS("OGC:CRS84").from_user_input("EPSG:4490"))


def test_a_system_without_a_code_is_named_by_its_name():
    own = CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=120.75 +k=1 +x_0=500000 +ellps=GRS80")
    assert crs_label(own) == own.name
    assert crs_label(CRS(4549)) == f"EPSG:4549 ({CRS(4549).name})"


def test_the_equal_area_plane_keeps_a_graticule_cell():
    # A cell of 0.1° by 0.1° at 30.7°N: its area from the authalic latitude of the ellipsoid.
    a, f = 6378137.0, 1 / 298.257222101
    e = (f * (2 - f)) ** 0.5

    def q(lat):
        s = np.sin(np.radians(lat))
        return (1 - e * e) * (s / (1 - (e * s) ** 2) - np.log((1 - e * s) / (1 + e * s)) / (2 * e))

    wanted = a * a / 2 * np.radians(0.1) * (q(30.8) - q(30.7))
    cell = shapely.segmentize(shapely.box(120.7, 30.7, 120.8, 30.8), 0.001)
    plane = Transformer.from_crs(4490, 4549, always_xy=True)
    projected = shapely.transform(cell, plane.transform, interleaved=False)
    to_equal = equal_area_transformer(CRS(4549)).transform
    got = shapely.area(shapely.transform(projected, to_equal, interleaved=False))
    assert got == pytest.approx(wanted, rel=1e-9)
