"""Which shapes are broken, how they are repaired, and how much area a repair moved."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely


@dataclass(frozen=True)
class Repair:
    """One mended shape.

    ``position``: Position of the shape in the array given.
    ``reason``: What was wrong, in GEOS's words.
    ``area_before_m2, area_after_m2``: Planar area [m²] as drawn and as repaired.
    """

    position: int
    reason: str
    area_before_m2: float
    area_after_m2: float


def repair(geometries: npt.NDArray[np.object_]) -> tuple[npt.NDArray[np.object_], list[Repair]]:
    """Mend invalid polygons and list every change.

    Parameters
    ----------
    geometries
        Shapes, array of n; missing shapes stay missing.

    Returns
    -------
    mended
        Shapes, array of n: valid ones untouched, invalid ones rebuilt by their linework. Only the
        parts of the shape's own dimension are kept: a bow tie leaves no stray line.
    ledger
        One entry per mended shape.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> mended, ledger = repair(np.array([bow_tie], dtype=object))
    >>> mended[0].is_valid, ledger[0].area_after_m2
    (True, 2.0)
    """
    mended = geometries.copy()
    broken = np.flatnonzero(~shapely.is_valid(geometries) & ~shapely.is_missing(geometries))
    ledger = []
    for position in broken:
        shape = geometries[position]
        rebuilt = shapely.make_valid(shape, method="structure", keep_collapsed=False)
        if not shapely.is_valid(rebuilt):  # parts that share an edge: GEOS leaves them apart
            rebuilt = shapely.union_all(shapely.get_parts(rebuilt))
        mended[position] = rebuilt
        ledger.append(
            Repair(
                int(position),
                str(shapely.is_valid_reason(shape)),
                float(shapely.area(shape)),
                float(shapely.area(rebuilt)),
            )
        )
    return mended, ledger
