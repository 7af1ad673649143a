"""Area on the ellipsoid of land known by its moments in the plane."""

import numpy as np
from numba import njit

from geo.kernels.rings import Numbers


@njit(cache=True, nogil=True, error_model="numpy")
def ground_m2(
    moments: Numbers, corners: Numbers, middle: Numbers, half: Numbers, coefficients: Numbers
) -> Numbers:
    """Sum the areal scale over land; the meaning is that of ``ArealScale.ground_m2``."""
    area = np.empty(len(moments))
    orders, columns, rows = coefficients.shape
    for k in range(len(moments)):
        x = (corners[k, 0] - middle[0]) / half[0]
        y = (corners[k, 1] - middle[1]) / half[1]
        total = 0.0
        for order in range(orders):
            value = 0.0
            for i in range(columns - 1, -1, -1):
                along = 0.0
                for j in range(rows - 1, -1, -1):
                    along = along * y + coefficients[order, i, j]
                value = value * x + along
            total += value * moments[k, order]
        area[k] = total
    return area
