"""Areas of the land that polygons have in common, by the compiled kernels."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.arrays import Floats, Positions, Shapes
from geo.kernels.boxes import Rows, box_join, rows_of
from geo.kernels.common_area import PART, WHOLE, common_moments, whole_moments
from geo.kernels.edges import Rings
from geo.kernels.polygons import rings_of
from geo.measure import LARGEST_M, ArealScale, areal_scale, ellipsoidal_area_m2
from geo.tools import Progress, in_batches

SHAPES_AT_ONCE = 16_384


@dataclass(frozen=True)
class Measure:
    """How land known by its moments is measured.

    ``crs``: System of the land; None for areas in the plane.
    ``scale``: Areal scale of the system, None where no smooth function gives it.
    """

    crs: CRS | None
    scale: ArealScale | None

    @classmethod
    def over(cls, shapes: Shapes, crs: CRS | None) -> "Measure":
        """Make the measure for land within some shapes."""
        if crs is None or not len(shapes):
            return cls(crs, None)
        bounds = shapely.total_bounds(shapes)
        return cls(crs, areal_scale(bounds, crs) if np.isfinite(bounds).all() else None)

    def areas_m2(
        self, moments: Floats, boxes: Floats, outlines: Callable[[Positions], Shapes]
    ) -> Floats:
        """Measure land by its moments, and by its outline where it is too large for that.

        ``moments``: Integrals of 1, x, y, x², y² over the land from the corner of its box, k by
          5.
        ``boxes``: West, south, east, north of each piece of land, k by 4 [m].

        Area [m²], array of k.
        """
        if self.crs is None:
            return moments[:, 0].copy()
        if self.scale is None:
            return ellipsoidal_area_m2(outlines(np.arange(len(moments))), self.crs)
        area = self.scale.ground_m2(moments, boxes[:, :2])
        wide = np.flatnonzero((boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) > LARGEST_M)
        if len(wide):
            area[wide] = ellipsoidal_area_m2(outlines(wide), self.crs)
        return area


@dataclass(frozen=True)
class Laid:
    """Polygons laid ready for others to be laid over them: their edges by rows, and their boxes."""

    shapes: Shapes
    rows: Rows
    bounds: Floats

    @classmethod
    def out(cls, shapes: Shapes) -> "Laid":
        """Lay polygons ready."""
        rings, bounds = rings_of(shapes)
        return cls(shapes, rows_of(rings, bounds), bounds)


@dataclass(frozen=True)
class Parts:
    """Parts of polygons that lie in others.

    ``first, second``: Positions of each pair with land in common or boxes that meet, sorted by
      the first.
    ``area_m2``: Land in common [m²], array of pairs.
    ``whole_m2``: Area of each first polygon [m²]; in ``parts_of_pairs`` of those in pairs only.
    """

    first: Positions
    second: Positions
    area_m2: Floats
    whole_m2: Floats


def parts_of_all(
    first: Shapes, second: Laid, crs: CRS | None, progress: Progress | None = None
) -> Parts:
    """Measure the land in common of all pairs of two arrays of polygons.

    ``first, second``: Valid polygons, arrays of n and m; others have no land.
    ``crs``: Their system; None for areas in the plane.
    """
    measure = Measure.over(first, crs)

    def of_batch(batch: slice) -> Parts:
        return _measured(first[batch], second, measure, None, batch.start)

    return _together(in_batches(len(first), SHAPES_AT_ONCE, of_batch, progress))


def parts_of_pairs(
    first: Shapes, second: Laid, of_first: Positions, of_second: Positions, crs: CRS | None
) -> Floats:
    """Measure the land in common of given pairs of polygons.

    ``first, second``: Valid polygons; others have no land.
    ``crs``: Their system; None for areas in the plane.

    Area [m²], array of k.
    """
    order = np.argsort(of_first, kind="stable")
    used, place = np.unique(of_first[order], return_inverse=True)
    pairs = np.column_stack([place, of_second[order]]).astype(np.int64)
    measure = Measure.over(first[used], crs)

    def of_batch(batch: slice) -> Parts:
        begin, end = np.searchsorted(place, [batch.start, batch.stop])
        some = pairs[begin:end] - [batch.start, 0]
        return _measured(first[used[batch]], second, measure, some, 0)

    area = np.empty(len(pairs))
    area[order] = _together(in_batches(len(used), SHAPES_AT_ONCE, of_batch)).area_m2
    return area


def whole_areas_m2(shapes: Shapes, crs: CRS | None) -> Floats:
    """Measure polygons by their moments.

    ``shapes``: Valid polygons, array of n; others have no land.
    ``crs``: Their system; None for areas in the plane.

    Area [m²], array of n.
    """
    measure = Measure.over(shapes, crs)
    batches = in_batches(
        len(shapes), SHAPES_AT_ONCE, lambda batch: _whole_m2(shapes[batch], measure)[2]
    )
    return np.concatenate([np.empty(0), *batches])


def _whole_m2(shapes: Shapes, measure: Measure) -> tuple[Rings, Floats, Floats]:
    """Take polygons apart and measure them: rings, boxes, areas."""
    rings, bounds = rings_of(shapes)
    whole = np.empty((len(shapes), 5))
    whole_moments(rings, bounds, whole)
    area = measure.areas_m2(whole, bounds, lambda at: shapes[at])
    area[np.isnan(bounds[:, 0])] = 0.0
    return rings, bounds, area


def _measured(
    first: Shapes, second: Laid, measure: Measure, pairs: npt.NDArray[np.int64] | None, start: int
) -> Parts:
    """Measure pairs, or all whose boxes meet; positions of the first are told from ``start`` on."""
    rings, bounds, whole_m2 = _whole_m2(first, measure)
    if pairs is None:
        pairs = box_join(bounds, second.bounds)
    count = len(pairs)
    moments, corners, kinds = np.empty((count, 5)), np.empty((count, 2)), np.empty(count, np.int8)
    common_moments(rings, bounds, second.rows, second.bounds, pairs, moments, corners, kinds)
    area = np.zeros(count)
    inside = kinds == WHOLE
    area[inside] = whole_m2[pairs[inside, 0]]
    part = np.flatnonzero(kinds == PART)
    some = pairs[part]
    high = np.minimum(bounds[some[:, 0], 2:], second.bounds[some[:, 1], 2:])
    area[part] = measure.areas_m2(
        moments[part],
        np.hstack([corners[part], high]),
        lambda at: shapely.intersection(first[some[at, 0]], second.shapes[some[at, 1]]),
    )
    return Parts(pairs[:, 0].astype(np.intp) + start, pairs[:, 1].astype(np.intp), area, whole_m2)


def _together(batches: list[Parts]) -> Parts:
    none, nothing = np.empty(0, dtype=np.intp), np.empty(0)
    return Parts(
        np.concatenate([none, *(batch.first for batch in batches)]),
        np.concatenate([none, *(batch.second for batch in batches)]),
        np.concatenate([nothing, *(batch.area_m2 for batch in batches)]),
        np.concatenate([nothing, *(batch.whole_m2 for batch in batches)]),
    )
