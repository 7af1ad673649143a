import numpy as np
import pytest
import shapely
from pyproj import CRS

from geo.measure import LARGEST_M, areal_scale, ellipsoidal_area_m2

PLACES = [(4549, 571_815.0, 3_403_497.0), (4549, 380_000.0, 3_300_000.0), (32651, 2.5e5, 3.4e6)]
"""In the city, in the next zone's strip, and in a system whose scale is below 1."""


def moments_of_box(width, height):
    """Integrals of 1, x, y, x², y² over a rectangle from its corner."""
    return [
        width * height, width**2 * height / 2, width * height**2 / 2,
        width**3 * height / 3, width * height**3 / 3,
    ]  # fmt: skip


@pytest.mark.parametrize(("crs", "east", "north"), PLACES)
@pytest.mark.parametrize("size_m", [50.0, 400.0, LARGEST_M])
def test_land_known_by_its_moments_measures_as_its_outline(crs, east, north, size_m):
    rng = np.random.default_rng(0)
    corners = np.array([east, north]) + rng.uniform(-40_000, 40_000, (60, 2))
    boxes = shapely.box(*corners.T, corners[:, 0] + size_m, corners[:, 1] + size_m / 2)
    scale = areal_scale(shapely.total_bounds(boxes), CRS(crs))
    moments = np.tile(moments_of_box(size_m, size_m / 2), (60, 1))
    wanted = ellipsoidal_area_m2(boxes, CRS(crs))
    assert scale.ground_m2(moments, corners) == pytest.approx(wanted, rel=5e-10)


def test_an_extent_too_wide_for_one_function_has_none():
    assert areal_scale(np.array([-2e6, 1e6, 3e6, 6e6]), CRS(4549)) is None
