"""Shapes of any kind, None among them, as the arrays that the product takes."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


def array_of(shapes: Iterable[object]) -> npt.NDArray[np.object_]:
    held = list(shapes)
    array = np.empty(len(held), dtype=object)
    array[:] = held
    return array
