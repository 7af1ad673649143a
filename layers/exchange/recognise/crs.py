"""Which CRS the numbers are in, and the way into that of the workspace."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from geo.arrays import Flags, Floats, Objects
from geo.crs import change_datum, crs_label, is_modern, parse_crs, same_crs, transformer
from geo.gcj02 import UNSHIFT
from layers.errors import LayerError
from layers.exchange.readers.source import Evidence, SourceFile
from layers.exchange.request import Axis, CrsOptions

AREA_OF_USE_MARGIN_DEG = 1.5
"""Data may lie this far outside a system's area of use: half a 3-degree zone."""

SAMPLE = 2_000
"""Shapes looked at where many would tell the same."""


@dataclass(frozen=True)
class Extent:
    """Where data of a workspace should lie.

    ``target``: Projected system of the workspace.
    ``outlines``: The units of assessment as one shape in ``target``, None where none are held.
    ``edges``: Their borders, inner ones too, None where none are held.
    """

    target: CRS
    outlines: shapely.Geometry | None = None
    edges: shapely.Geometry | None = None

    def in_area(self, lon: Floats, lat: Floats) -> Flags:
        """Say which places lie in the area the workspace's system is made for, with its margin.

        Parameters
        ----------
        lon, lat
            Places [degrees], arrays of any one shape.

        Returns
        -------
        array of bool
            Same shape; False for what is no place.
        """
        west, south, east, north = -180.0, -90.0, 180.0, 90.0
        inside = within(lon, lat, west, south, east, north)
        area, m = self.target.area_of_use, AREA_OF_USE_MARGIN_DEG
        if area is not None:
            inside &= within(lon, lat, area.west - m, area.south - m, area.east + m, area.north + m)
        return inside

    def in_outlines(self, lon: Floats, lat: Floats) -> Flags:
        """Say which places lie within the units' outlines.

        Parameters
        ----------
        lon, lat
            Places [degrees], arrays of n.

        Returns
        -------
        array of bool
            False everywhere where no outlines are held.
        """
        if self.outlines is None:
            return np.zeros(len(lon), dtype=bool)
        carry = transformer(geographic(self.target), self.target)
        x, y = carry.transform(lon, lat)
        good = np.isfinite(x) & np.isfinite(y)
        inside = np.zeros(len(lon), dtype=bool)
        inside[good] = shapely.contains_xy(self.outlines, np.asarray(x)[good], np.asarray(y)[good])
        return inside


def extent_of(target: CRS, units: gpd.GeoDataFrame | None) -> Extent:
    """Take the ground of a workspace from its layer of units.

    ``units``: Its layer ``units``, None where there is none.
    """
    if units is None or not len(units):
        return Extent(target)
    shapes = np.asarray(units.geometry.array, dtype=object)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if not len(shapes):
        return Extent(target)
    outlines = shapely.union_all(shapely.make_valid(shapes))
    edges = shapely.multilinestrings(shapely.get_parts(shapely.boundary(shapes)))
    shapely.prepare([outlines, edges])
    return Extent(target, outlines, edges)


def middles(shapes: Objects, most: int = SAMPLE) -> Floats:
    """Take the middle of some shapes, evenly from first to last.

    Parameters
    ----------
    shapes
        Shapes, some perhaps missing.
    most
        How many at most.

    Returns
    -------
    array
        Middles of their bounds, n × 2 (x, y).
    """
    bounds = shapely.bounds(shapes)
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if len(bounds) > most:
        bounds = bounds[np.linspace(0, len(bounds) - 1, most).astype(int)]
    return np.asarray((bounds[:, :2] + bounds[:, 2:]) / 2)


def lon_lat(x: Floats, y: Floats, crs: CRS, target: CRS) -> tuple[Floats, Floats]:
    """Turn numbers of a system into degrees, on the workspace's datum where it is the same.

    ``x, y``: Numbers, x east and y north, arrays of any one shape.

    Places [degrees]; not finite where there is none.
    """
    if crs.is_geographic:
        return x, y
    carry = transformer(crs, geographic(target))
    lon, lat = carry.transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def geographic(crs: CRS) -> CRS:
    """Give the system in degrees that a system rests on."""
    return crs.geodetic_crs or crs


def within(x: Floats, y: Floats, west: float, south: float, east: float, north: float) -> Flags:
    """Say which places lie in a box, its edge included; what is no number lies in none."""
    with np.errstate(invalid="ignore"):
        return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))


CrsKind = Literal["degrees", "zone3", "zone6", "bare", "web_mercator", "workspace"]

MOST_DEGREES = 180.0
EASTING_FROM_M, EASTING_TO_M = 100_000.0, 1_000_000.0
"""Six digits: no zone number stands before them."""
NORTHING_FROM_M, NORTHING_TO_M = 1_000_000.0, 10_000_000.0
"""Seven digits: north of 9° N."""
ZONES_3, ZONES_6 = range(25, 46), range(13, 24)
"""Numbers of the 3-degree zones (75° to 135° E) and of the 6-degree zones; none is both."""
FIRST_3_PREFIXED, FIRST_3_BARE, FIRST_6_PREFIXED = 4513, 4534, 4491
"""EPSG numbers of the first CGCS2000 zone of each family; the others follow."""
MERIDIANS = range(75, 136, 3)
CGCS2000_PLANES = range(FIRST_6_PREFIXED, FIRST_3_BARE + len(MERIDIANS))
WEB_X_FROM_M, WEB_X_TO_M = 8_000_000.0, 15_400_000.0
WEB_Y_FROM_M, WEB_Y_TO_M = 300_000.0, 7_300_000.0
"""Web Mercator between 72° and 138° E, 3° and 55° N."""
FITS_FROM = 0.5
"""A reading fits where it puts at least this share of the shapes onto the ground."""


@dataclass(frozen=True)
class Reading:
    """One way to understand a file's numbers.

    ``kind``: What spoke for it: ``degrees``; ``zone3``, ``zone6`` by zone number; ``bare``
      easting without zone number; ``web_mercator``; ``workspace``, the workspace's own system.
    ``crs``: The system.
    ``axis``: ``xy`` where the first number is east, ``yx`` where it is north.
    ``share``: Share of the shapes that it puts onto the ground, 0–1.
    ``by_outlines``: True where the ground was the units' outlines, False where only the area of
      use.
    ``is_elsewhere``: True where outlines are held and it puts the shapes beside them.
    """

    kind: CrsKind
    crs: CRS
    axis: Axis
    share: float
    by_outlines: bool
    is_elsewhere: bool = False

    @property
    def code(self) -> str:
        """What is typed after ``--crs``."""
        authority = self.crs.to_authority(min_confidence=70)
        return ":".join(authority) if authority else self.crs.to_wkt()

    @property
    def label(self) -> str:
        """Name it as it is typed, with the system's name and the share."""
        turned = " --axis yx" if self.axis == "yx" else ""
        return f"--crs {self.code}{turned} ({self.crs.name}, {self.share:.0%})"

    @property
    def rests_on_outlines(self) -> bool:
        """Whether the numbers alone leave open where on the earth they are."""
        return self.kind in {"bare", "workspace"}


def possible_readings(points: Floats, extent: Extent) -> tuple[Reading, ...]:
    """List every reading of some numbers that puts them onto the ground, the best first.

    Where none puts them into the units' outlines, those that put them into the area of use are
    listed; none of these is certain.

    Parameters
    ----------
    points
        Middles of shapes as they stand in the file, n × 2.
    extent
        Where the data should lie.

    Returns
    -------
    tuple of Reading
        Those that fit; of equal ones x-east before x-north, degrees and zones before bare metres.

    Examples
    --------
    An easting with zone number 40 in the second column:

    >>> from layers.exchange.recognise.crs import Extent
    >>> points = np.array([[3_403_497.8, 40_571_815.4]])
    >>> [reading.label for reading in possible_readings(points, Extent(CRS(4549)))]
    ['--crs EPSG:4528 --axis yx (CGCS2000 / 3-degree Gauss-Kruger zone 40, 100%)']
    """
    if not len(points):
        return ()
    axes: tuple[Axis, Axis] = ("xy", "yx")
    readings = []
    for axis in axes:
        x, y = in_order(points, axis)
        for kind, crs in _candidates(float(np.median(x)), float(np.median(y)), extent.target):
            share, by_outlines = fit_of(x, y, crs, extent)
            if share >= FITS_FROM:
                readings.append(Reading(kind, crs, axis, share, by_outlines))
    if not readings and extent.outlines is not None:
        elsewhere = possible_readings(points, Extent(extent.target))
        return tuple(dataclasses.replace(reading, is_elsewhere=True) for reading in elsewhere)
    return tuple(sorted(readings, key=lambda reading: (-reading.share, reading.rests_on_outlines)))


def certain_reading(readings: tuple[Reading, ...]) -> Reading | None:
    """Give the one reading that fits, None where several do or the numbers leave it open.

    ``readings``: What ``possible_readings`` found.

    The only one, where the outlines or the numbers themselves say where it lies.
    """
    if len(readings) != 1 or readings[0].is_elsewhere:
        return None
    only = readings[0]
    return only if only.by_outlines or not only.rests_on_outlines else None


def in_order(points: Floats, axis: Axis) -> tuple[Floats, Floats]:
    """Give eastings and northings of points whose first number is one or the other."""
    first, second = points[:, 0], points[:, 1]
    return (first, second) if axis == "xy" else (second, first)


def fit_of(x: Floats, y: Floats, crs: CRS, extent: Extent) -> tuple[float, bool]:
    """Say what share of places a system puts onto the ground.

    Share within the units' outlines, or, where none are held, in the area of use.
    """
    lon, lat = lon_lat(x, y, crs, extent.target)
    if extent.outlines is None:
        return float(extent.in_area(lon, lat).mean()), False
    return float(extent.in_outlines(lon, lat).mean()), True


def _candidates(x: float, y: float, target: CRS) -> Iterator[tuple[CrsKind, CRS]]:
    """Go through the systems that numbers of this size can be in."""
    if abs(x) <= MOST_DEGREES and abs(y) <= MOST_DEGREES:
        if x > y:  # anywhere in China the longitude is the larger
            yield "degrees", _degrees(target)
        return
    if not is_modern(target):
        yield "workspace", target
        return
    if WEB_X_FROM_M <= x < WEB_X_TO_M and WEB_Y_FROM_M <= y < WEB_Y_TO_M:
        yield "web_mercator", CRS(3857)
    if NORTHING_FROM_M <= y < NORTHING_TO_M:
        yield from _gauss_kruger(x)
    if target.to_epsg() not in CGCS2000_PLANES:
        yield "workspace", target


def _gauss_kruger(x: float) -> Iterator[tuple[CrsKind, CRS]]:
    zone, easting = divmod(x, 1_000_000.0)
    if EASTING_FROM_M <= x < EASTING_TO_M:
        for position, _ in enumerate(MERIDIANS):
            yield "bare", CRS(FIRST_3_BARE + position)
    elif easting >= EASTING_FROM_M:
        if zone in ZONES_3:
            yield "zone3", CRS(FIRST_3_PREFIXED + int(zone) - ZONES_3.start)
        if zone in ZONES_6:
            yield "zone6", CRS(FIRST_6_PREFIXED + int(zone) - ZONES_6.start)


def _degrees(target: CRS) -> CRS:
    return CRS(4490) if is_modern(target) else (target.geodetic_crs or target)


def exactly(first: CRS, second: CRS) -> bool:
    """Say whether two systems are the same, though one may come without names (``.prj``)."""
    if same_crs(first, second):
        return True
    known = [crs.to_authority(min_confidence=70) for crs in (first, second)]
    return known[0] is not None and known[0] == known[1]


def check_datum(file: str, crs: CRS, target: CRS, options: CrsOptions) -> None:
    """Refuse a step between datums without parameters, and parameters without a step.

    Raises LayerError: ``datum_refused``, ``datum_not_needed``.
    """
    same = geographic(crs).equals(geographic(target), ignore_axis_order=True)
    old = [system for system in (crs, target) if not is_modern(system)]
    if same or not old:
        if options.datum is not None:
            raise LayerError("datum_not_needed", path=file, crs=crs_label(crs))
        return
    if options.datum is None:
        system = old[0]
        raise LayerError(
            "datum_refused", path=file, crs=crs_label(crs), target=crs_label(target),
            datum=system.datum.name if system.datum else crs_label(system),
        )  # fmt: skip


def carry_shapes(
    flat: Objects, leave: Flags, crs: CRS, target: CRS, options: CrsOptions
) -> tuple[Objects, tuple[Evidence, ...]]:
    """Carry shapes into the workspace's system: shift taken away, datum changed, projected.

    ``flat``: Shapes in ``crs`` (x east, y north), without heights.
    ``leave``: Which of them stay as they are, because they can't be placed.
    ``crs, target``: System of the shapes, and of the workspace.

    The shapes in ``target``, and what was done.
    """
    shift = None if options.shift == "none" else options.shift
    if shift is None and options.datum is None:
        if exactly(crs, target):
            return flat, ()
        moved = np.asarray(gpd.GeoSeries(flat, crs=crs).to_crs(target).array, dtype=object)
    else:
        moved = flat.copy()
        moved[~leave] = shapely.transform(flat[~leave], _step(crs, target, options, shift))
    notes = []
    if shift is not None:
        notes.append(Evidence.of("shift_taken_away", shift=_SHIFT_NAMES[shift]))
    if options.parameters is not None:
        notes.append(
            Evidence.of(
                "datum_changed", source=geographic(crs).name, target=geographic(target).name,
                datum=options.parameters.text,
            )
        )  # fmt: skip
    if not exactly(crs, target):
        notes.append(
            Evidence.of("shapes_transformed", source=crs_label(crs), target=crs_label(target))
        )
    if options.datum is None:
        notes += _equal_datums(crs, target)
    return np.where(leave, flat, moved), tuple(notes)


_SHIFT_NAMES = {"gcj02": "GCJ-02", "bd09": "BD-09"}


def _step(
    crs: CRS, target: CRS, options: CrsOptions, shift: str | None
) -> Callable[[Floats], Floats]:
    bases = geographic(crs), geographic(target)
    to_degrees = transformer(crs, bases[0])
    to_target = transformer(bases[1], target)
    parameters = options.parameters

    def carried(points: Floats) -> Floats:
        lon, lat = map(np.asarray, to_degrees.transform(points[:, 0], points[:, 1]))
        if shift is not None:
            lon, lat = UNSHIFT[shift](lon, lat)
        if parameters is not None:
            lon, lat = change_datum(lon, lat, *bases, parameters)
        return np.column_stack(to_target.transform(lon, lat))

    return carried


def _equal_datums(crs: CRS, target: CRS) -> list[Evidence]:
    first, second = geographic(crs), geographic(target)
    if exactly(first, second) or first.name == second.name:
        return []
    return [Evidence.of("datum_taken_as_equal", source=first.name, target=second.name)]


READINGS_SHOWN = 6

IMPLIED = {"rfc7946": "crs_by_rfc7946", "kml": "crs_by_kml"}
"""Bases on which a format, not the file, says what its system is: numbers may overrule it."""


@dataclass(frozen=True)
class Decision:
    """How a file's numbers are understood, and on what grounds."""

    crs: CRS
    axis: Axis
    evidence: tuple[Evidence, ...]


def decide_crs(source: SourceFile, options: CrsOptions, points: Floats, extent: Extent) -> Decision:
    """Decide in which coordinate system a file's numbers are.

    What is stated goes before what the file says; it may contradict the file only where the
    file's own words contradict its numbers.

    ``source``: A file with shapes.
    ``points``: Middles of its shapes, as they stand in the file, n × 2.

    System, order of axes, and grounds.

    Raises LayerError: ``crs_contradicts``, ``crs_unstated``, ``crs_undecided``,
    ``crs_numbers_contradict``.; GeometryError: ``crs_unknown``.
    """
    axis: Axis = "yx" if options.axis == "yx" else "xy"
    if options.crs is not None:
        stated_crs = parse_crs(options.crs)
        return Decision(stated_crs, axis, _as_stated(source, stated_crs, axis, points, extent))
    if source.crs is not None:
        code = IMPLIED.get(source.crs_basis, "crs_in_file")
        decision = Decision(source.crs, axis, (Evidence.of(code, crs=crs_label(source.crs)),))
        if options.axis is not None or _in_area(decision, points, extent):
            return _beside_units(source, decision, options, points, extent)
        if source.crs_basis not in IMPLIED:
            return decision  # found implausible where the shapes are placed
        readings = possible_readings(points, extent)
        if not readings:
            return decision
        return _by_numbers(source, readings, options, points)
    readings = possible_readings(points, extent)
    if not readings:
        raise LayerError("crs_unstated", path=source.path.name)
    return _by_numbers(source, readings, options, points)


def refuse_reading(
    source: SourceFile, decision: Decision, points: Floats, place: str, extent: Extent
) -> None:
    """Refuse a system that puts the data elsewhere, where another would fit.

    ``points``: Middles of its shapes, as they stand in the file, n × 2.

    Raises LayerError: ``crs_numbers_contradict``.
    """
    readings = possible_readings(points, extent)
    if readings:
        raise LayerError(
            "crs_numbers_contradict", path=source.path.name, crs=crs_label(decision.crs),
            place=place, readings=labels(readings),
        )  # fmt: skip


def labels(readings: tuple[Reading, ...]) -> str:
    """Name readings as they are typed, the best first."""
    more = " …" if len(readings) > READINGS_SHOWN else ""
    return "; ".join(reading.label for reading in readings[:READINGS_SHOWN]) + more


def _as_stated(
    source: SourceFile, stated_crs: CRS, axis: Axis, points: Floats, extent: Extent
) -> tuple[Evidence, ...]:
    in_file = source.crs if source.crs_basis == "stated_in_file" else None
    basis = Evidence.of("crs_stated", crs=crs_label(stated_crs))
    if in_file is None or exactly(in_file, stated_crs):
        return (basis,)
    x, y = in_order(points, axis)
    fits = len(points) > 0 and fit_of(x, y, stated_crs, extent)[0] >= FITS_FROM
    as_written = len(points) > 0 and fit_of(points[:, 0], points[:, 1], in_file, extent)[0] > 0
    if as_written or not fits:
        raise LayerError(
            "crs_contradicts", path=source.path.name, in_file=crs_label(in_file),
            stated=crs_label(stated_crs),
        )  # fmt: skip
    return (
        Evidence.of("crs_overrules_file", in_file=crs_label(in_file), crs=crs_label(stated_crs)),
    )


def _in_area(decision: Decision, points: Floats, extent: Extent) -> bool:
    if not len(points):
        return True
    x, y = in_order(points, decision.axis)
    lon, lat = lon_lat(x, y, decision.crs, extent.target)
    return float(extent.in_area(lon, lat).mean()) >= FITS_FROM


def _beside_units(
    source: SourceFile, decision: Decision, options: CrsOptions, points: Floats, extent: Extent
) -> Decision:
    """Doubt a written system that puts nothing into the units' outlines."""
    if extent.outlines is None or not len(points) or options.axis is not None:
        return decision
    x, y = in_order(points, decision.axis)
    if fit_of(x, y, decision.crs, extent)[0] > 0:
        return decision
    readings = possible_readings(points, extent)
    if any(not reading.is_elsewhere for reading in readings):
        lon, lat = lon_lat(x, y, decision.crs, extent.target)
        place = f"{float(np.median(lon)):.3f}°, {float(np.median(lat)):.3f}°"
        refuse_reading(source, decision, points, place, extent)
    return Decision(
        decision.crs, decision.axis, (*decision.evidence, Evidence.of("crs_outside_units"))
    )  # fmt: skip


def _by_numbers(
    source: SourceFile, readings: tuple[Reading, ...], options: CrsOptions, points: Floats
) -> Decision:
    wanted = tuple(reading for reading in readings if options.axis in {None, reading.axis})
    only = certain_reading(wanted)
    if only is None:
        raise LayerError("crs_undecided", path=source.path.name, readings=labels(readings))
    x, y = (float(np.median(points[:, column])) for column in (0, 1))
    notes = [Evidence.of("crs_by_numbers", reading=only.label, x=x, y=y)]
    if only.kind in {"zone3", "zone6", "bare"}:
        notes.append(Evidence.of("datum_not_in_numbers"))
    return Decision(only.crs, only.axis, tuple(notes))
