"""In which coordinate system a file's numbers are: stated, written in the file, or recognised."""

from dataclasses import dataclass

import numpy as np
from pyproj import CRS

from geo.crs import crs_label, parse_crs
from layers.errors import LayerError
from layers.exchange.carrying import exactly
from layers.exchange.evidence import Evidence, found
from layers.exchange.ground import Floats, Ground, lon_lat
from layers.exchange.place_stated import PlaceStated
from layers.exchange.recognise_crs import (
    FITS_FROM,
    Axis,
    Reading,
    certain_reading,
    fit_of,
    in_order,
    possible_readings,
)
from layers.exchange.source import SourceFile

READINGS_SHOWN = 6

IMPLIED = {"rfc7946": "crs_by_rfc7946", "kml": "crs_by_kml"}
"""Bases on which a format, not the file, says what its system is: numbers may overrule it."""


@dataclass(frozen=True)
class Decision:
    """How a file's numbers are understood, and on what grounds."""

    crs: CRS
    axis: Axis
    evidence: tuple[Evidence, ...]


def decide_crs(source: SourceFile, stated: PlaceStated, points: Floats, ground: Ground) -> Decision:
    """Decide in which coordinate system a file's numbers are.

    What is stated goes before what the file says; it may contradict the file only where the
    file's own words contradict its numbers.

    Parameters
    ----------
    source
        A file with shapes.
    stated
        What the planner states.
    points
        Middles of its shapes, as they stand in the file, n × 2.
    ground
        Where the data should lie.

    Returns
    -------
    Decision
        System, order of axes, and grounds.

    Raises
    ------
    LayerError
        ``crs_contradicts``, ``crs_unstated``, ``crs_undecided``, ``crs_numbers_contradict``.
    GeometryError
        ``crs_unknown``.
    """
    axis: Axis = "yx" if stated.axis == "yx" else "xy"
    if stated.crs is not None:
        named = parse_crs(stated.crs)
        return Decision(named, axis, _as_stated(source, named, axis, points, ground))
    if source.crs is not None:
        code = IMPLIED.get(source.crs_basis, "crs_in_file")
        decision = Decision(source.crs, axis, (found(code, crs=crs_label(source.crs)),))
        if stated.axis is not None or _in_area(decision, points, ground):
            return _beside_units(source, decision, stated, points, ground)
        if source.crs_basis not in IMPLIED:
            return decision  # found implausible where the shapes are placed
        readings = possible_readings(points, ground)
        if not readings:
            return decision
        return _by_numbers(source, readings, stated, points)
    readings = possible_readings(points, ground)
    if not readings:
        raise LayerError("crs_unstated", path=source.path.name)
    return _by_numbers(source, readings, stated, points)


def refuse_reading(
    source: SourceFile, decision: Decision, points: Floats, place: str, ground: Ground
) -> None:
    """Refuse a system that puts the data elsewhere, where another would fit.

    Parameters
    ----------
    source
        The file.
    decision
        How its numbers were understood.
    points
        Middles of its shapes, as they stand in the file, n × 2.
    place
        Where the data would lie.
    ground
        Where they should.

    Raises
    ------
    LayerError
        ``crs_numbers_contradict``.
    """
    readings = possible_readings(points, ground)
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
    source: SourceFile, named: CRS, axis: Axis, points: Floats, ground: Ground
) -> tuple[Evidence, ...]:
    in_file = source.crs if source.crs_basis == "stated_in_file" else None
    basis = found("crs_stated", crs=crs_label(named))
    if in_file is None or exactly(in_file, named):
        return (basis,)
    x, y = in_order(points, axis)
    fits = len(points) > 0 and fit_of(x, y, named, ground)[0] >= FITS_FROM
    as_written = len(points) > 0 and fit_of(points[:, 0], points[:, 1], in_file, ground)[0] > 0
    if as_written or not fits:
        raise LayerError(
            "crs_contradicts", path=source.path.name, in_file=crs_label(in_file),
            stated=crs_label(named),
        )  # fmt: skip
    return (found("crs_overrules_file", in_file=crs_label(in_file), crs=crs_label(named)),)


def _in_area(decision: Decision, points: Floats, ground: Ground) -> bool:
    if not len(points):
        return True
    x, y = in_order(points, decision.axis)
    lon, lat = lon_lat(x, y, decision.crs, ground.target)
    return float(ground.in_area(lon, lat).mean()) >= FITS_FROM


def _beside_units(
    source: SourceFile, decision: Decision, stated: PlaceStated, points: Floats, ground: Ground
) -> Decision:
    """Doubt a written system that puts nothing into the units' outlines."""
    if ground.outlines is None or not len(points) or stated.axis is not None:
        return decision
    x, y = in_order(points, decision.axis)
    if fit_of(x, y, decision.crs, ground)[0] > 0:
        return decision
    readings = possible_readings(points, ground)
    if any(not one.is_elsewhere for one in readings):
        lon, lat = lon_lat(x, y, decision.crs, ground.target)
        place = f"{float(np.median(lon)):.3f}°, {float(np.median(lat)):.3f}°"
        refuse_reading(source, decision, points, place, ground)
    return Decision(
        decision.crs, decision.axis, (*decision.evidence, found("crs_outside_units"))
    )  # fmt: skip


def _by_numbers(
    source: SourceFile, readings: tuple[Reading, ...], stated: PlaceStated, points: Floats
) -> Decision:
    wanted = tuple(one for one in readings if stated.axis in {None, one.axis})
    only = certain_reading(wanted)
    if only is None:
        raise LayerError("crs_undecided", path=source.path.name, readings=labels(readings))
    x, y = (float(np.median(points[:, column])) for column in (0, 1))
    notes = [found("crs_by_numbers", reading=only.label, x=x, y=y)]
    if only.kind in {"zone3", "zone6", "bare"}:
        notes.append(found("datum_not_in_numbers"))
    return Decision(only.crs, only.axis, tuple(notes))
