"""How much larger land is on the ellipsoid than in the plane, as a smooth function of the place.

``geo.measure.ellipsoidal_area_m2`` is the measure; this is its field, fitted to it over an extent,
for parts that are known by their moments and have no outline of their own.
"""

from dataclasses import dataclass
from math import factorial

import numpy as np
import numpy.typing as npt
import shapely
from numpy.polynomial import chebyshev
from numpy.polynomial import polynomial as power
from pyproj import CRS

from geo.measure import ellipsoidal_area_m2

LARGEST_M = 5_000.0
"""Within boxes of this size the field is taken as a paraboloid."""

_SQUARE_M = 400.0
_DEGREE_X, _DEGREE_Y = 6, 4
_LEAST_HALF_M = 20_000.0
_RESIDUAL = 2e-10

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ArealScale:
    """Ellipsoidal over planar area around every place of an extent.

    Attributes
    ----------
    middle
        x, y of the middle of the extent [m].
    half
        Half of its width and height [m].
    coefficients
        Powers of x and y, from the middle in halves, of the scale, its first derivatives along x
        and y [1/m], and half of its second [1/m²]: 5 by degrees of x by degrees of y.
    """

    middle: Numbers
    half: Numbers
    coefficients: Numbers

    def ground_m2(self, moments: Numbers, corners: Numbers) -> Numbers:
        """Measure land on the ellipsoid by its moments in the plane.

        Parameters
        ----------
        moments
            Integrals of 1, x, y, x², y² over the land from the corner, k by 5.
        corners
            x, y of the corner, k by 2 [m].

        Returns
        -------
        array of float
            Area [m²], array of k.
        """
        from geo.kernels.ground import ground_m2

        area: Numbers = ground_m2(moments, corners, self.middle, self.half, self.coefficients)
        return area


def areal_scale(bounds: Numbers, crs: CRS) -> ArealScale | None:
    """Fit the areal scale of a projection over an extent.

    Parameters
    ----------
    bounds
        West, south, east, north of the extent [m].
    crs
        Projected system in metres.

    Returns
    -------
    ArealScale or None
        None where no smooth function gives the areas within 2e-10.

    Raises
    ------
    GeometryError
        ``crs_missing``, ``crs_not_projected``.
    """
    middle = (bounds[:2] + bounds[2:]) / 2
    half = np.maximum((bounds[2:] - bounds[:2]) / 2 + _SQUARE_M, _LEAST_HALF_M)
    x, y = _grid(2 * _DEGREE_X + 1, 2 * _DEGREE_Y + 1)
    design = chebyshev.chebvander2d(x, y, [_DEGREE_X, _DEGREE_Y])
    measured = _measured(x, y, middle, half, crs)
    if not np.isfinite(measured).all() or not (measured > 0).all():
        return None
    fit: Numbers = np.linalg.lstsq(design, measured, rcond=None)[0].astype(np.float64)
    check_x, check_y = _grid(2 * _DEGREE_X + 2, 2 * _DEGREE_Y + 2)
    wanted = _measured(check_x, check_y, middle, half, crs)
    got = chebyshev.chebvander2d(check_x, check_y, [_DEGREE_X, _DEGREE_Y]) @ fit
    if not (np.abs(got / wanted - 1) <= _RESIDUAL).all():
        return None
    powers = _as_powers(fit.reshape(_DEGREE_X + 1, _DEGREE_Y + 1))
    second = _derived(powers, 2, 0, half) + _derived(powers, 0, 2, half)
    powers = powers - _SQUARE_M**2 / 12 * second  # squares were measured, places are wanted
    orders = ((0, 0), (1, 0), (0, 1), (2, 0), (0, 2))
    return ArealScale(middle, half, np.stack([_derived(powers, *o, half) for o in orders]))


def _grid(columns: int, rows: int) -> tuple[Numbers, Numbers]:
    """Give places between -1 and 1, denser towards the rim."""
    x, y = np.meshgrid(chebyshev.chebpts1(columns), chebyshev.chebpts1(rows))
    return x.ravel(), y.ravel()


def _measured(x: Numbers, y: Numbers, middle: Numbers, half: Numbers, crs: CRS) -> Numbers:
    at_x, at_y, r = middle[0] + half[0] * x, middle[1] + half[1] * y, _SQUARE_M / 2
    squares = shapely.box(at_x - r, at_y - r, at_x + r, at_y + r)
    return ellipsoidal_area_m2(squares, crs) / _SQUARE_M**2


def _as_powers(fit: Numbers) -> Numbers:
    along_x = np.zeros_like(fit)
    for column in range(fit.shape[1]):
        found = chebyshev.cheb2poly(fit[:, column])
        along_x[: len(found), column] = found
    both = np.zeros_like(fit)
    for row in range(fit.shape[0]):
        found = chebyshev.cheb2poly(along_x[row])
        both[row, : len(found)] = found
    return both


def _derived(powers: Numbers, times_x: int, times_y: int, half: Numbers) -> Numbers:
    """Derive, per metre, over the factorial of the order; the array keeps its size."""
    derived = power.polyder(power.polyder(powers, times_x, axis=0), times_y, axis=1)
    derived = derived / (half[0] ** times_x * half[1] ** times_y)
    full = np.zeros_like(powers)
    full[: derived.shape[0], : derived.shape[1]] = derived
    return full / (factorial(times_x) * factorial(times_y))
