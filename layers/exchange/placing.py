"""Where a file's shapes lie: its coordinate system, carried into the workspace's own."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from geo.crs import crs_label, parse_crs, same_crs
from layers.errors import LayerError
from layers.exchange.evidence import Evidence, found
from layers.exchange.source import SourceFile

AREA_OF_USE_MARGIN_DEG = 1.5
"""Data may lie this far outside a system's area of use: half a 3-degree zone."""

MODERN_SEMI_MAJOR_M = 6_378_137.0
"""Half axis of the ellipsoids of CGCS2000, WGS84 and their like, which agree within a metre."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Placed:
    """Shapes in the workspace's coordinate system.

    Attributes
    ----------
    frame
        The rows (a GeoDataFrame where they have shapes); shapes that can't be placed stand as
        they are in the file.
    outside
        Which rows have such a shape, by position.
    evidence
        Which system was taken on what grounds, and what was transformed.
    """

    frame: pd.DataFrame
    outside: Flags
    evidence: tuple[Evidence, ...]


def place_shapes(source: SourceFile, stated: str | None, target: CRS) -> Placed:
    """Carry the shapes of a file into the workspace's coordinate system.

    Parameters
    ----------
    source
        A file with shapes (x east, y north).
    stated
        Coordinate system named by the user, None where none was. It decides only where the file
        states none.
    target
        System of the workspace.

    Returns
    -------
    Placed
        The rows in ``target``.

    Raises
    ------
    LayerError
        ``crs_contradicts``, ``crs_unstated``, ``datum_refused``, ``crs_implausible`` where most of
        the shapes would lie outside the area that ``target`` is made for.
    GeometryError
        ``crs_unknown``.

    Notes
    -----
    CGCS2000 and WGS84 differ by centimetres and count as equal. A shift from Beijing 54 or Xian 80
    needs parameters that aren't public, and is never made silently.
    """
    crs, basis = decide_crs(source, stated)
    notes = [basis]
    _refuse_old_datum(source, crs, target)
    frame = gpd.GeoDataFrame(source.frame)
    frame = frame.set_geometry(frame.geometry.set_crs(crs, allow_override=True))
    given = np.asarray(frame.geometry.array, dtype=object)
    outside = _outside(given, crs, target)
    present = ~(shapely.is_missing(given) | shapely.is_empty(given))
    if present.any() and outside.sum() * 2 > present.sum():
        raise LayerError(
            "crs_implausible", path=source.path.name, crs=crs_label(crs),
            place=_place(given[outside], crs, target), area=_area(target),
        )  # fmt: skip
    heights = shapely.has_z(given)
    if heights.any():
        notes.append(found("heights_dropped", count=int(heights.sum())))
    flat = _single_points(shapely.force_2d(given) if heights.any() else given.copy())
    if _exactly(crs, target):
        placed = flat
    else:
        moved = gpd.GeoSeries(flat, crs=crs).to_crs(target)
        placed = np.where(outside, flat, np.asarray(moved.array, dtype=object))
        notes.append(found("shapes_transformed", source=crs_label(crs), target=crs_label(target)))
        notes += _equal_datums(crs, target)
    return Placed(
        gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=placed, crs=target),
        outside, tuple(notes),
    )  # fmt: skip


def decide_crs(source: SourceFile, stated: str | None) -> tuple[CRS, Evidence]:
    """Decide in which coordinate system a file's numbers are.

    Parameters
    ----------
    source
        A file with shapes.
    stated
        What the user named, None where nothing.

    Returns
    -------
    crs, evidence
        The system, and on what grounds.

    Raises
    ------
    LayerError
        ``crs_contradicts``, ``crs_unstated``.
    GeometryError
        ``crs_unknown``.
    """
    if stated is not None:
        named = parse_crs(stated)
        in_file = source.crs if source.crs_basis == "stated_in_file" else None
        if in_file is not None and not _exactly(in_file, named):
            raise LayerError(
                "crs_contradicts", path=source.path.name, in_file=crs_label(in_file),
                stated=crs_label(named),
            )  # fmt: skip
        return named, found("crs_stated", crs=crs_label(named))
    if source.crs is None:
        raise LayerError("crs_unstated", path=source.path.name)
    if source.crs_basis == "kml":
        return source.crs, found("crs_by_kml", crs=crs_label(source.crs))
    code = "crs_by_rfc7946" if source.crs_basis == "rfc7946" else "crs_in_file"
    return source.crs, found(code, crs=crs_label(source.crs))


def _exactly(first: CRS, second: CRS) -> bool:
    """Say whether two systems are the same, though one may come without names (``.prj``)."""
    if same_crs(first, second):
        return True
    known = [crs.to_authority(min_confidence=70) for crs in (first, second)]
    return known[0] is not None and known[0] == known[1]


def _refuse_old_datum(source: SourceFile, crs: CRS, target: CRS) -> None:
    if _geographic(crs).equals(_geographic(target), ignore_axis_order=True):
        return
    for system in (crs, target):
        ellipsoid = system.ellipsoid
        if ellipsoid is None or ellipsoid.semi_major_metre != MODERN_SEMI_MAJOR_M:
            raise LayerError(
                "datum_refused", path=source.path.name, crs=crs_label(crs),
                datum=system.datum.name if system.datum else crs_label(system),
                target=crs_label(target),
            )  # fmt: skip


def _geographic(crs: CRS) -> CRS:
    return crs.geodetic_crs or crs


def _equal_datums(crs: CRS, target: CRS) -> list[Evidence]:
    first, second = _geographic(crs), _geographic(target)
    if _exactly(first, second) or first.name == second.name:
        return []
    return [found("datum_taken_as_equal", source=first.name, target=second.name)]


def _outside(shapes: npt.NDArray[np.object_], crs: CRS, target: CRS) -> Flags:
    """Find shapes that reach out of the area the target system is made for."""
    bounds = shapely.bounds(shapes)
    present = np.isfinite(bounds).all(axis=1)
    lon, lat = _lon_lat(bounds[:, [0, 0, 2, 2]], bounds[:, [1, 3, 1, 3]], crs, target)
    west, south, east, north = -180.0, -90.0, 180.0, 90.0
    inside = _within(lon, lat, west, south, east, north)
    area = target.area_of_use
    if area is not None:
        m = AREA_OF_USE_MARGIN_DEG
        inside &= _within(lon, lat, area.west - m, area.south - m, area.east + m, area.north + m)
    return np.asarray(present & ~inside.all(axis=1), dtype=bool)


def _within(
    lon: npt.NDArray, lat: npt.NDArray, west: float, south: float, east: float, north: float
) -> Flags:
    with np.errstate(invalid="ignore"):
        return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def _lon_lat(
    x: npt.NDArray, y: npt.NDArray, crs: CRS, target: CRS
) -> tuple[npt.NDArray, npt.NDArray]:
    if crs.is_geographic:
        return x, y
    carry = Transformer.from_crs(crs, _geographic(target), always_xy=True)
    lon, lat = carry.transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def _place(shapes: npt.NDArray[np.object_], crs: CRS, target: CRS) -> str:
    bounds = shapely.bounds(shapes)
    middle = np.nanmedian((bounds[:, :2] + bounds[:, 2:]) / 2, axis=0)
    lon, lat = _lon_lat(middle[:1], middle[1:], crs, target)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return f"x={middle[0]:.1f}, y={middle[1]:.1f}"
    return f"{float(lon[0]):.3f}°, {float(lat[0]):.3f}°"


def _area(crs: CRS) -> str:
    area = crs.area_of_use
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
