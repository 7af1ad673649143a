"""Where a file's shapes lie: its coordinate system, carried into the workspace's own."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.arrays import Flags
from geo.crs import crs_label
from layers.errors import LayerError
from layers.exchange.readers.source import Evidence, SourceFile
from layers.exchange.recognise.crs import (
    Decision,
    Extent,
    carry_shapes,
    check_datum,
    decide_crs,
    lon_lat,
    middles,
    refuse_reading,
)
from layers.exchange.recognise.gcj02 import doubt_shift
from layers.exchange.request import CrsOptions


@dataclass(frozen=True)
class Placed:
    """Shapes in the workspace's coordinate system.

    ``frame``: The rows (a GeoDataFrame where they have shapes); shapes that can't be placed stand
      as they are in the file.
    ``outside``: Which rows have such a shape, by position.
    ``evidence``: Which system was taken on what grounds, and what was transformed.
    """

    frame: pd.DataFrame
    outside: Flags
    evidence: tuple[Evidence, ...]


def place_shapes(source: SourceFile, options: CrsOptions, extent: Extent) -> Placed:
    """Carry the shapes of a file into the workspace's coordinate system.

    Parameters
    ----------
    source
        A file with shapes.
    options
        What the planner states of their place.
    extent
        The workspace's system, and where its data should lie.

    Returns
    -------
    Placed
        The rows in the system of ``extent``, x east and y north.

    Raises
    ------
    LayerError
        ``crs_contradicts``, ``crs_unstated``, ``crs_undecided``, ``crs_numbers_contradict``,
        ``datum_refused``, ``datum_not_needed``, ``shift_unstated``, ``crs_implausible`` where most
        of the shapes would lie outside the area that the workspace's system is made for.
    GeometryError
        ``crs_unknown``, ``datum_parameters_wild``.

    Notes
    -----
    CGCS2000 and WGS84 differ by centimetres and count as equal. A shift from Beijing 54 or Xian 80
    needs parameters that aren't public, and is never made silently.
    """
    raw = np.asarray(gpd.GeoDataFrame(source.frame).geometry.array, dtype=object)
    decision = decide_crs(source, options, middles(raw), extent)
    crs, target = decision.crs, extent.target
    check_datum(source.path.name, crs, target, options)
    notes = [*decision.evidence]
    heights = shapely.has_z(raw)
    flat = _single_points(shapely.force_2d(raw) if heights.any() else raw.copy())
    if decision.axis == "yx":
        flat = shapely.transform(flat, lambda points: points[:, ::-1])
        notes.append(Evidence.of("axes_swapped"))
    outside = _outside(flat, decision, extent)
    present = ~(shapely.is_missing(flat) | shapely.is_empty(flat))
    if present.any() and outside.sum() * 2 > present.sum():
        _refuse_place(
            source, decision, middles(raw), _place(flat[outside], decision, extent), extent
        )
    if heights.any():
        notes.append(Evidence.of("heights_dropped", count=int(heights.sum())))
    notes += doubt_shift(source, flat[present & ~outside], crs, options, extent)
    placed, carried = carry_shapes(flat, outside, crs, target, options)
    frame = pd.DataFrame(source.frame).drop(columns="geometry")
    return Placed(
        gpd.GeoDataFrame(frame, geometry=placed, crs=target), outside, (*notes, *carried)
    )  # fmt: skip


def _outside(shapes: npt.NDArray[np.object_], decision: Decision, extent: Extent) -> Flags:
    """Find shapes that reach out of the area the workspace's system is made for."""
    bounds = shapely.bounds(shapes)
    present = np.isfinite(bounds).all(axis=1)
    lon, lat = lon_lat(
        bounds[:, [0, 0, 2, 2]], bounds[:, [1, 3, 1, 3]], decision.crs, extent.target
    )
    return np.asarray(present & ~extent.in_area(lon, lat).all(axis=1), dtype=bool)


def _refuse_place(
    source: SourceFile,
    decision: Decision,
    points: npt.NDArray[np.float64],
    place: str,
    extent: Extent,
) -> None:
    refuse_reading(source, decision, points, place, extent)
    raise LayerError(
        "crs_implausible", path=source.path.name, crs=crs_label(decision.crs), place=place,
        area=_area(extent),
    )  # fmt: skip


def _place(shapes: npt.NDArray[np.object_], decision: Decision, extent: Extent) -> str:
    middle = np.median(middles(shapes), axis=0)
    lon, lat = lon_lat(middle[:1], middle[1:], decision.crs, extent.target)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return f"x={middle[0]:.1f}, y={middle[1]:.1f}"
    return f"{float(lon[0]):.3f}°, {float(lat[0]):.3f}°"


def _area(extent: Extent) -> str:
    area = extent.target.area_of_use
    if area is None:
        return "-180°…180°, -90°…90°"
    return f"{area.west:g}°…{area.east:g}°, {area.south:g}°…{area.north:g}°"


def _single_points(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Take the point out of a collection of one: programs write every point as MultiPoint."""
    alone = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(shapes) == 1
    )
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    return shapes
