"""How shapes are carried into the workspace's system, and what on the way needs a statement."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

from geo.crs import crs_label, same_crs
from geo.datum import change_datum
from geo.map_shift import UNSHIFT
from layers.errors import LayerError
from layers.exchange.evidence import Evidence, found
from layers.exchange.ground import Flags, Objects, geographic
from layers.exchange.place_stated import PlaceStated
from layers.exchange.recognise_crs import is_modern

Numbers = npt.NDArray[np.float64]


def exactly(first: CRS, second: CRS) -> bool:
    """Say whether two systems are the same, though one may come without names (``.prj``)."""
    if same_crs(first, second):
        return True
    known = [crs.to_authority(min_confidence=70) for crs in (first, second)]
    return known[0] is not None and known[0] == known[1]


def check_datum(file: str, crs: CRS, target: CRS, stated: PlaceStated) -> None:
    """Refuse a step between datums without parameters, and parameters without a step.

    Parameters
    ----------
    file
        Name of the file, for the message.
    crs, target
        System of the file's numbers, and of the workspace.
    stated
        What the planner states.

    Raises
    ------
    LayerError
        ``datum_refused``, ``datum_not_needed``.
    """
    same = geographic(crs).equals(geographic(target), ignore_axis_order=True)
    old = [system for system in (crs, target) if not is_modern(system)]
    if same or not old:
        if stated.datum is not None:
            raise LayerError("datum_not_needed", path=file, crs=crs_label(crs))
        return
    if stated.datum is None:
        system = old[0]
        raise LayerError(
            "datum_refused", path=file, crs=crs_label(crs), target=crs_label(target),
            datum=system.datum.name if system.datum else crs_label(system),
        )  # fmt: skip


def carry_shapes(
    flat: Objects, leave: Flags, crs: CRS, target: CRS, stated: PlaceStated
) -> tuple[Objects, tuple[Evidence, ...]]:
    """Carry shapes into the workspace's system: shift taken away, datum changed, projected.

    Parameters
    ----------
    flat
        Shapes in ``crs`` (x east, y north), without heights.
    leave
        Which of them stay as they are, because they can't be placed.
    crs, target
        System of the shapes, and of the workspace.
    stated
        Shift and parameters.

    Returns
    -------
    shapes, evidence
        The shapes in ``target``, and what was done.
    """
    shift = None if stated.shift == "none" else stated.shift
    if shift is None and stated.datum is None:
        if exactly(crs, target):
            return flat, ()
        moved = np.asarray(gpd.GeoSeries(flat, crs=crs).to_crs(target).array, dtype=object)
    else:
        moved = flat.copy()
        moved[~leave] = shapely.transform(flat[~leave], _step(crs, target, stated, shift))
    notes = []
    if shift is not None:
        notes.append(found("shift_taken_away", shift=_SHIFT_NAMES[shift]))
    if stated.parameters is not None:
        notes.append(
            found(
                "datum_changed", source=geographic(crs).name, target=geographic(target).name,
                datum=stated.parameters.text,
            )
        )  # fmt: skip
    if not exactly(crs, target):
        notes.append(found("shapes_transformed", source=crs_label(crs), target=crs_label(target)))
    if stated.datum is None:
        notes += _equal_datums(crs, target)
    return np.where(leave, flat, moved), tuple(notes)


_SHIFT_NAMES = {"gcj02": "GCJ-02", "bd09": "BD-09"}


def _step(
    crs: CRS, target: CRS, stated: PlaceStated, shift: str | None
) -> Callable[[Numbers], Numbers]:
    bases = geographic(crs), geographic(target)
    to_degrees = Transformer.from_crs(crs, bases[0], always_xy=True)
    to_target = Transformer.from_crs(bases[1], target, always_xy=True)
    parameters = stated.parameters

    def carried(points: Numbers) -> Numbers:
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
    return [found("datum_taken_as_equal", source=first.name, target=second.name)]
