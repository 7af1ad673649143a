import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from shapely import affinity

from geo.errors import GeometryError
from geo.measure import ellipsoidal_area_m2, planar_area_m2
from geo.units import M2_PER_MU
from tests.oracles import trapezoid_area_m2

CITY = CRS(4549)
GEOD = Geod(a=6378137.0, rf=298.257222101)
TO_DEGREES = Transformer.from_crs(4549, 4490, always_xy=True)
TO_METRES = Transformer.from_crs(4490, 4549, always_xy=True)
EASTINGS, NORTHINGS = st.floats(528_600, 622_200), st.floats(3_358_900, 3_436_200)
FEW = settings(max_examples=30, deadline=None)

# Planar less ellipsoidal area of a square of 200 亩 at 30.7°N, in ppm, m²: domain facts §1.5.
DIFFERENCES = [
    (120.30, 20.6, 2.745), (120.50, 57.0, 7.597), (120.75, 127.9, 17.056),
    (121.00, 227.2, 30.285), (121.25, 354.8, 47.285),
]  # fmt: skip


def degrees_of(ring):
    return np.column_stack(TO_DEGREES.transform(*np.asarray(ring.coords).T))


def geodesic_area_m2(polygon):
    """By the geodesic polygon through points so near that an edge is straight between them."""
    dense = shapely.segmentize(polygon, max(4.0, polygon.length / 1000))
    rings = [dense.exterior, *dense.interiors]
    areas = [abs(GEOD.polygon_area_perimeter(*degrees_of(ring).T)[0]) for ring in rings]
    return areas[0] - sum(areas[1:])


def star(east, north, radii):
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    return shapely.Polygon(
        np.column_stack([east + radii * np.cos(angles), north + radii * np.sin(angles)])
    )


STARS = st.builds(
    star, EASTINGS, NORTHINGS,
    st.lists(st.floats(30, 4000), min_size=3, max_size=12).map(np.array),
)  # fmt: skip


@FEW
@given(STARS)
def test_the_area_is_that_of_the_geodesic_polygon(polygon):
    got = ellipsoidal_area_m2([polygon], CITY)[0]
    assert got == pytest.approx(geodesic_area_m2(polygon), rel=2e-9, abs=1e-3)


@FEW
@given(STARS)
def test_the_area_is_that_of_the_official_trapezoids(polygon):
    ring = degrees_of(shapely.segmentize(polygon, max(1.0, polygon.length / 2000)).exterior)
    got = ellipsoidal_area_m2([polygon], CITY)[0]
    assert got == pytest.approx(trapezoid_area_m2(ring), rel=2e-9, abs=1e-4)


def test_a_triangle_with_long_edges_is_measured_along_its_straight_edges():
    # Its northern corners bend the other way than its southern edge: nothing cancels.
    triangle = shapely.Polygon([(571e3, 3_403e3), (571_490, 3_403e3), (571_245, 3_403_420)])
    got, fine = ellipsoidal_area_m2([triangle, shapely.segmentize(triangle, 1.0)], CITY)
    assert got == pytest.approx(fine, rel=1e-9)


@pytest.mark.parametrize(("lon", "ppm", "difference_m2"), DIFFERENCES)
def test_the_plane_is_larger_by_what_the_table_says(lon, ppm, difference_m2):
    square = square_of_mu(200, lon)
    ellipsoidal = ellipsoidal_area_m2([square], CITY)[0]
    difference = planar_area_m2([square])[0] - ellipsoidal
    assert difference == pytest.approx(difference_m2, abs=0.006)
    assert difference / ellipsoidal * 1e6 == pytest.approx(ppm, abs=0.08)


def test_ten_thousand_mu_are_two_mu_smaller_on_the_ellipsoid():
    # Domain facts §1.5: at 121.0°E, 6 665 116.87 m² instead of 6 666 666.67 m².
    square = square_of_mu(10_000, 121.0)
    assert ellipsoidal_area_m2([square], CITY)[0] == pytest.approx(6_665_116.87, abs=0.006)


def square_of_mu(area_mu, lon):
    """A square of that planar area whose south-western corner lies at 30.7°N."""
    side = (area_mu * M2_PER_MU) ** 0.5
    east, north = TO_METRES.transform(lon, 30.7)
    return shapely.box(east, north, east + side, north + side)


@FEW
@given(STARS, st.floats(0.05, 0.9))
def test_holes_are_taken_off_and_parts_added(polygon, share):
    inner = affinity.scale(polygon, share, share, origin="centroid").intersection(polygon)
    whole, taken, left = ellipsoidal_area_m2([polygon, inner, polygon.difference(inner)], CITY)
    assert taken + left == pytest.approx(whole, rel=2e-9, abs=1e-4)


@FEW
@given(STARS, st.sampled_from([4528, 4526, 3857, 32651]))
def test_the_projection_does_not_change_the_area(polygon, other):
    carry = Transformer.from_crs(4549, other, always_xy=True).transform
    dense = shapely.segmentize(polygon, max(1.0, polygon.length / 2000))
    there = shapely.transform(dense, carry, interleaved=False)
    got = ellipsoidal_area_m2([there], CRS(other))[0]
    # Systems of WGS 84 differ in flattening: 1e-10 of the area.
    assert got == pytest.approx(ellipsoidal_area_m2([polygon], CITY)[0], rel=2e-9, abs=1e-4)


def test_missing_and_empty_shapes_and_lines_measure_nothing():
    shapes = [None, shapely.Polygon(), shapely.LineString([(5e5, 34e5), (6e5, 34e5)])]
    assert ellipsoidal_area_m2(shapes, CITY).tolist() == [0.0, 0.0, 0.0]
    assert planar_area_m2(shapes).tolist() == [0.0, 0.0, 0.0]
    assert ellipsoidal_area_m2([], CITY).tolist() == []


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_shape_with_a_coordinate_that_is_no_number_measures_nothing(bad):
    with np.errstate(invalid="ignore"):
        broken = shapely.Polygon([(5e5, 34e5), (5e5, bad), (500_009, 34e5)])
    square = shapely.box(5e5, 34e5, 500_100, 3_400_100)
    areas = ellipsoidal_area_m2([broken, square], CITY)
    assert areas[0] == 0.0
    assert areas[1] == pytest.approx(10_000, rel=1e-3)


@pytest.mark.parametrize("crs", [None, CRS(4490)])
def test_shapes_in_degrees_or_in_no_system_are_not_measured(crs):
    with pytest.raises(GeometryError):
        ellipsoidal_area_m2([shapely.box(120, 30, 121, 31)], crs)
