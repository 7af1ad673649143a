import numpy as np
import pytest
from pyproj import CRS

from geo.crs import change_datum, parse_parameters
from geo.errors import GeometryError

XIAN = CRS("EPSG:4610")  # a = 6378140 m, 1/f = 298.257
CGCS = CRS("EPSG:4490")
AS_XYZ = {"xian": (6_378_140.0, 298.257), "cgcs": (6_378_137.0, 298.257222101)}


def geocentric(lon, lat, a, inverse_flattening):
    e2 = (2 - 1 / inverse_flattening) / inverse_flattening
    lon, lat = np.radians(lon), np.radians(lat)
    n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    return np.array(
        [n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon), n * (1 - e2) * np.sin(lat)]
    )


def test_seven_parameters_move_a_place_as_the_survey_handbooks_write_them():
    stated = parse_parameters("-20.5,130.25,80.75,0.6,-1.2,2.4,-3.1")
    lon, lat = np.array([120.75]), np.array([30.75])
    there = change_datum(lon, lat, XIAN, CGCS, stated)
    second = np.pi / 180 / 3600
    rx, ry, rz = 0.6 * second, -1.2 * second, 2.4 * second
    # X' = ΔX + (1 + m) · [[1, εZ, -εY], [-εZ, 1, εX], [εY, -εX, 1]] · X
    turn = np.array([[1, rz, -ry], [-rz, 1, rx], [ry, -rx, 1]])
    given = geocentric(120.75, 30.75, *AS_XYZ["xian"])
    wanted = np.array([-20.5, 130.25, 80.75]) + (1 - 3.1e-6) * turn @ given
    found = geocentric(there[0][0], there[1][0], *AS_XYZ["cgcs"])
    # Heights fall away: compare along the ground.
    lon_there, lat_there = np.radians(there[0][0]), np.radians(there[1][0])
    up = np.array(
        [np.cos(lat_there) * np.cos(lon_there), np.cos(lat_there) * np.sin(lon_there),
         np.sin(lat_there)]
    )  # fmt: skip
    off = (wanted - found) - ((wanted - found) @ up) * up
    assert np.linalg.norm(off) < 0.01
    plain = geocentric(120.75, 30.75, *AS_XYZ["cgcs"])
    assert np.linalg.norm(found - plain) > 50


def test_a_step_there_and_back_ends_where_it_began():
    stated, opposite = parse_parameters("10,-20,30,0,0,0,0"), parse_parameters("-10,20,-30,0,0,0,0")
    lon, lat = np.array([120.3, 121.2]), np.array([30.4, 30.9])
    there = change_datum(lon, lat, XIAN, CGCS, stated)
    back = change_datum(*there, CGCS, XIAN, opposite)
    assert np.abs(back[0] - lon).max() < 1e-8
    assert np.abs(back[1] - lat).max() < 1e-8


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1,2,3,4,5,6,x", "1,2,3,4,5,6,7,8", "1,2,3,4,5,6,nan"]
)
def test_anything_but_seven_numbers_is_refused(text):
    with pytest.raises(GeometryError) as caught:
        parse_parameters(text)
    assert caught.value.code == "datum_parameters_bad"


@pytest.mark.parametrize(("north_m", "is_refused"), [(900.0, False), (1300.0, True)])
def test_parameters_that_move_places_by_more_than_a_kilometre_are_refused(north_m, is_refused):
    # At the pole of the y axis (90° E on the equator) z is north.
    stated = parse_parameters(f"0,0,{north_m},0,0,0,0")
    place = np.array([90.0]), np.array([0.0])
    if is_refused:
        with pytest.raises(GeometryError) as caught:
            change_datum(*place, CGCS, CGCS, stated)
        assert caught.value.code == "datum_parameters_wild"
        assert caught.value.values["shift_m"] == pytest.approx(north_m, rel=0.01)
    else:
        assert change_datum(*place, CGCS, CGCS, stated)[1][0] > 0


def test_the_parameters_are_written_as_they_are_typed():
    assert parse_parameters("1, -2.50,3,0.1,0,0,7").text == "1,-2.5,3,0.1,0,0,7"
