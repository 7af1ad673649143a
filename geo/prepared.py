"""Shapes taken apart once, for several questions about the same land."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geo.arrays import Floats, Shapes

if TYPE_CHECKING:
    from geo.kernels.edges import Outlines, Rings


@dataclass(frozen=True, eq=False)
class PreparedShapes:
    """Shapes that are joined, united and measured: taken apart at the first question only.

    ``shapes``: Valid polygons, array of n.
    """

    shapes: Shapes

    def __len__(self) -> int:
        return len(self.shapes)

    @cached_property
    def rings(self) -> "tuple[Rings, Floats]":
        """Rings and boxes, as ``geo.kernels.polygons.rings_of`` gives them."""
        from geo.kernels.polygons import rings_of

        return rings_of(self.shapes)

    @cached_property
    def outlines(self) -> "Outlines":
        """Edges, for the compiled kernels."""
        from geo.kernels.polygons import outlines_of_rings

        return outlines_of_rings(*self.rings)


Given = npt.ArrayLike | PreparedShapes
"""Shapes as functions take them: as they are, or taken apart by an earlier question."""


def prepared(shapes: Given) -> PreparedShapes:
    """Give shapes ready to be taken apart.

    Parameters
    ----------
    shapes
        Valid polygons, array of n; what is prepared already stays as it is.

    Returns
    -------
    PreparedShapes
        The shapes.
    """
    if isinstance(shapes, PreparedShapes):
        return shapes
    return PreparedShapes(np.asarray(shapes, dtype=object))
