"""In which unit a survey text declares its areas: as written, else by what its outlines measure."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.units import AREA_UNITS_IN_M2
from layers.exchange.evidence import Evidence, found
from layers.exchange.oddities import Oddities
from layers.exchange.survey_text_points import declared_area

FORMAT_UNIT = "公顷"
"""What the format declares areas in."""

NEAR = 0.02
"""Two areas this near, relative to the outline's, are the same area in the unit tried."""

Numbers = npt.NDArray[np.float64]


def declared_areas(
    texts: Sequence[str],
    shapes: npt.NDArray[np.object_],
    crs: CRS | None,
    oddities: Oddities,
) -> tuple[list[float | None], tuple[Evidence, ...]]:
    """Read declared areas in square metres.

    Parameters
    ----------
    texts
        The field of each parcel as it stands.
    shapes
        Its outline, None where it couldn't be built.
    crs
        System of the outlines; where it is geographic the outlines tell nothing here.
    oddities
        Where areas that can't be read are noted.

    Returns
    -------
    areas, evidence
        Per parcel m² or None; which unit was taken and on what grounds.
    """
    read = [declared_area(text) for text in texts]
    for text, (number, _) in zip(texts, read, strict=True):
        if text and number is None:
            oddities.note("txt_area_unreadable", text[:20])
    bare = np.array([np.nan if n is None or u else n for n, u in read], dtype=np.float64)
    unit = FORMAT_UNIT
    evidence: tuple[Evidence, ...] = ()
    if np.isfinite(bare).any():
        unit, evidence = _unit_of(bare, shapes, crs)
    areas = [
        None if number is None else round(number * AREA_UNITS_IN_M2[written or unit], 4)
        for number, written in read
    ]
    return areas, evidence


def _unit_of(
    declared: Numbers, shapes: npt.NDArray[np.object_], crs: CRS | None
) -> tuple[str, tuple[Evidence, ...]]:
    """Take the format's unit, unless another fits the outlines and the format's fits none."""
    measured = shapely.area(shapes)
    known = np.isfinite(declared) & (declared > 0) & (measured > 0)
    if crs is None or crs.is_geographic or not known.any():
        return FORMAT_UNIT, (found("txt_area_by_format", unit=FORMAT_UNIT),)
    fits = {
        unit: int((np.abs(declared * size - measured)[known] <= NEAR * measured[known]).sum())
        for unit, size in AREA_UNITS_IN_M2.items()
    }
    best = max(fits, key=lambda unit: (fits[unit], unit == FORMAT_UNIT))
    of = int(known.sum())
    if fits[best] * 2 <= of:
        return FORMAT_UNIT, (found("txt_area_fits_none", unit=FORMAT_UNIT, count=of),)
    return best, (found("txt_area_by_outline", unit=best, count=fits[best], of=of),)
