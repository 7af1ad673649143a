import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.gcj02 import from_bd09, from_gcj02, to_bd09, to_gcj02

# Longitude, latitude in CGCS2000, GCJ-02 and BD-09 [degrees], and both offsets [m]: domain facts
# §1.7.
VECTORS = [
    (120.75, 30.75, 120.7543206, 30.7477025, 120.7608605, 30.7536262, 485, 1114),
    (121.02, 30.68, 121.0244099, 30.6777310, 121.0309839, 30.6833736, 491, 1116),
    (120.68, 30.52, 120.6842157, 30.5175242, 120.6907609, 30.5234207, 489, 1099),
]
GEOD = Geod(ellps="WGS84")
LONS, LATS = st.floats(73.0, 135.5), st.floats(4.0, 53.5)


def metres(lon, lat, other_lon, other_lat):
    return GEOD.inv(lon, lat, other_lon, other_lat)[2]


@pytest.mark.parametrize("vector", VECTORS)
def test_the_published_places_are_shifted_as_the_web_maps_do(vector):
    lon, lat, gcj_lon, gcj_lat, bd_lon, bd_lat, gcj_m, bd_m = vector
    gcj = [float(part[0]) for part in to_gcj02([lon], [lat])]
    baidu = [float(part[0]) for part in to_bd09([lon], [lat])]
    assert gcj == pytest.approx([gcj_lon, gcj_lat], abs=6e-8)
    assert baidu == pytest.approx([bd_lon, bd_lat], abs=6e-8)
    assert metres(lon, lat, *gcj) == pytest.approx(gcj_m, abs=2)
    assert metres(lon, lat, *baidu) == pytest.approx(bd_m, abs=2)


@pytest.mark.parametrize("vector", VECTORS)
def test_the_published_places_come_back(vector):
    lon, lat, gcj_lon, gcj_lat, bd_lon, bd_lat, *_ = vector
    for back in (from_gcj02([gcj_lon], [gcj_lat]), from_bd09([bd_lon], [bd_lat])):
        # The vectors are rounded to 1e-7 degrees, a centimetre.
        assert metres(lon, lat, back[0][0], back[1][0]) < 0.02


@settings(max_examples=200, deadline=None)
@given(lon=LONS, lat=LATS)
@pytest.mark.parametrize(("there", "back"), [(to_gcj02, from_gcj02), (to_bd09, from_bd09)])
def test_shifting_and_taking_the_shift_away_ends_within_a_centimetre_all_over_china(
    there, back, lon, lat
):
    x, y = back(*there([lon], [lat]))
    assert metres(lon, lat, x[0], y[0]) < 0.01


@settings(max_examples=100, deadline=None)
@given(lon=LONS, lat=LATS)
@pytest.mark.parametrize(("there", "back"), [(to_gcj02, from_gcj02), (to_bd09, from_bd09)])
def test_a_place_without_shift_is_carried_back_to_where_the_map_has_it(there, back, lon, lat):
    x, y = there(*back([lon], [lat]))
    assert metres(lon, lat, x[0], y[0]) < 0.01


@pytest.mark.parametrize(
    ("inside", "outside"),
    [((72.01, 30), (72.0, 30)), ((137.83, 30), (137.84, 30)), ((110, 0.83), (110, 0.829)),
     ((110, 55.82), (110, 55.83))],
)  # fmt: skip
def test_only_places_in_the_box_around_china_are_shifted(inside, outside):
    assert metres(*inside, *(float(v[0]) for v in to_gcj02([inside[0]], [inside[1]]))) > 50
    assert [float(v[0]) for v in to_gcj02([outside[0]], [outside[1]])] == list(outside)


def test_missing_and_no_places_stay_what_they_are():
    lon, lat = from_gcj02([120.75, np.nan], [30.75, np.nan])
    assert np.isnan([lon[1], lat[1]]).all()
    assert np.isfinite([lon[0], lat[0]]).all()
    assert from_bd09([], [])[0].shape == (0,)
