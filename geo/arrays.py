"""Array types that signatures use: one name for each kind of array."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
"""Measures and coordinates; a missing number is NaN."""

Flags = npt.NDArray[np.bool_]
"""Yes or no by row."""

Positions = npt.NDArray[np.intp]
"""Positions of rows in an array or frame, from 0."""

Ints = npt.NDArray[np.int64]
"""Whole numbers: counts, labels, keys of cells."""

Texts = npt.NDArray[np.str_]
"""Ids and words by row; a missing one is empty."""

Shapes = npt.NDArray[np.object_]
"""Shapely geometries by row, None where there is none."""

Objects = npt.NDArray[np.object_]
"""Values of any kind by row, None where there is none."""
