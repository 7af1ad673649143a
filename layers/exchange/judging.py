"""Which rows of an import are stored, mended or kept aside, and for what reasons."""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.edges import Shapes
from geo.overlay import areas_m2
from geo.progress import Progress, report, within
from geo.validity import Repair
from layers.contracts import Contract, key_columns
from layers.exchange.cells import is_text_column, long_texts
from layers.exchange.deciding import divide
from layers.exchange.evidence import Evidence, found
from layers.exchange.fault_table import EMPTIED, MENDED, FaultTable
from layers.exchange.keys import key_faults, remaining
from layers.exchange.land_checks import gap_lines, ground_of, pair_lines
from layers.exchange.lines import Flags, Lines, lines_of_fault, single_lines
from layers.exchange.request import Mode
from layers.exchange.row_checks import (
    DECLARED,
    NONE_TAKEN,
    Taken,
    date_lines,
    declared_lines,
    taken_lines,
    unit_lines,
)
from layers.validate import Fault, Report, row_names, validate


@dataclass(frozen=True)
class Judgement:
    """The rows of an import, divided.

    Attributes
    ----------
    accepted
        Rows to store, with the contract's columns and types.
    quarantined
        Rows to keep aside as they came, index = position in the file.
    reasons
        Per quarantined row ``code:column`` of each fault, divided by ``; ``.
    faults
        Every fault.
    repairs
        Every mended outline of an accepted row, by key.
    lines
        The same faults line by line, with values and shapes.
    names
        Key of every row of the file.
    unchecked
        What could not be looked for, and why.
    """

    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    reasons: pd.Series
    faults: tuple[Fault, ...]
    repairs: tuple[tuple[str, Repair], ...]
    lines: tuple[Lines, ...] = ()
    names: list[str] = field(default_factory=list)
    unchecked: tuple[Evidence, ...] = ()


@dataclass(frozen=True, eq=False)
class Checks:
    """What is looked for beside the contract, and what is done with what is found.

    Attributes
    ----------
    table
        What is done with each class of fault.
    taken
        Parcels that live projects have.
    units
        Layer ``units``, None where it is to be read.
    progress
        Told the share done.
    """

    table: FaultTable
    taken: Taken = field(default_factory=lambda: NONE_TAKEN)
    units: pd.DataFrame | None = None
    progress: Progress | None = None

    def holders(self) -> dict[str, str]:
        """Name the live projects that have each parcel, divided by commas."""
        return {
            parcel: ", ".join(one.project_id for one in held) for parcel, held in self.taken.items()
        }


def judge(
    frame: pd.DataFrame,
    contract: Contract,
    *,
    held: pd.DataFrame,
    mode: Mode,
    outside: Flags,
    crs: CRS,
    checks: Checks | None = None,
) -> Judgement:
    """Hold every row against the contract and against what the layer has already.

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names, index 0 … n-1.
    contract
        What the layer must be.
    held
        Rows of the layer.
    mode
        What is to be done with the rows.
    outside
        Which rows' shapes can't be placed, array of n.
    crs
        System of the workspace.
    checks
        What is looked for beside, and what is done with it; None for the contract alone: then
        broken outlines are mended and rows at fault kept aside.

    Returns
    -------
    Judgement
        Every row is either in ``accepted`` or in ``quarantined``.
    """
    result = validate(frame, contract, crs)
    names = row_names(result.conformed, contract)
    faults = [
        *result.faults,
        *key_faults(names, held, contract, mode),
        *_flagged("place_implausible", "geometry", outside, names),
        *_long_cells(frame, names),
    ]
    shapes = _shapes_of(result)
    lines = [
        lines_of_fault(one, frame, shapes, mendable=_may_be_emptied(one, contract, checks))
        for one in faults
    ]
    more: list[Lines] = []
    unchecked: tuple[Evidence, ...] = ()
    if checks is not None:
        report(checks.progress, 0.2)
        stay = remaining(held, names, contract, mode)
        more, unchecked = _beside_the_contract(result, contract, names, stay, outside, crs, checks)
    table = None if checks is None else checks.table
    mends = table is None or table.action(MENDED) == "repair"
    faults += [one.fault(names) for one in more if not (mends and one.code == MENDED)]
    divided = divide(frame, result, [*lines, *more], table)
    return Judgement(
        divided.accepted, frame[divided.bad], divided.reasons, tuple(faults),
        tuple((names[one.position], one) for one in divided.repairs), (*lines, *more), names,
        unchecked,
    )  # fmt: skip


def _shapes_of(result: Report) -> Shapes | None:
    frame = result.conformed
    return np.asarray(frame.geometry.array, object) if isinstance(frame, gpd.GeoDataFrame) else None


def _may_be_emptied(fault: Fault, contract: Contract, checks: Checks | None) -> bool:
    """Say whether a row can be stored without the value at fault."""
    if checks is None:
        return False
    kept = {*key_columns(contract), *contract.needed}
    empties = checks.table.entry(fault.code).repair == EMPTIED
    return empties and fault.column not in kept and "/" not in fault.column


def _beside_the_contract(
    result: Report,
    contract: Contract,
    names: list[str],
    held: pd.DataFrame,
    outside: Flags,
    crs: CRS,
    checks: Checks,
) -> tuple[list[Lines], tuple[Evidence, ...]]:
    table, rows = checks.table, result.conformed
    lines = [*date_lines(rows, _shapes_of(result), table.dates.get(contract.name, ()))]
    shapes = _shapes_of(result)
    lines += taken_lines(rows, contract, shapes, table, checks.taken)
    if shapes is None:
        return lines, ()
    sound = _sound(shapes, outside)
    area_m2 = areas_m2(sound, crs)
    lines += _mended_lines(result, shapes)
    lines += declared_lines(rows, sound, area_m2, table.limits)
    units = rows.head(0) if checks.units is None else checks.units
    if contract.name != "units":
        lines += unit_lines(rows, sound, units, crs, table.limits)
    unchecked = _unchecked(rows, contract, units)
    report(checks.progress, 0.4)
    if contract.name not in table.overlap_layers:
        return lines, unchecked
    beside = row_names(held, contract)
    ground = ground_of(sound, names, area_m2, _held_shapes(held), beside, crs)
    is_parcels = contract.name == "land_parcels"
    lines += pair_lines(ground, table.limits, checks.holders() if is_parcels else {})
    report(checks.progress, 0.7)
    if contract.name in table.gap_layers and len(rows) > table.limits.gap_rows:
        note = found("unchecked_gaps", rows=len(rows), limit=table.limits.gap_rows)
        unchecked = (*unchecked, note)
    elif contract.name in table.gap_layers:
        lines += gap_lines(ground, table.limits, within(checks.progress, 0.7, 1.0))
    report(checks.progress, 1.0)
    return lines, unchecked


def _sound(shapes: Shapes, outside: Flags) -> Shapes:
    """Leave out shapes that lie nowhere: what is far off or has no finite coordinates."""
    sound = shapes.copy()
    points, place = shapely.get_coordinates(shapes, return_index=True)
    sound[place[~np.isfinite(points).all(axis=1)]] = None
    sound[outside] = None
    return sound


def _mended_lines(result: Report, shapes: Shapes) -> list[Lines]:
    if not result.mended:
        return []
    rows = np.array([one.position for one in result.mended], dtype=np.intp)
    gained = np.array([one.area_after_m2 - one.area_before_m2 for one in result.mended])
    return [
        single_lines(
            MENDED, "geometry", rows, values=[one.reason for one in result.mended],
            area_m2=gained, mendable=True, make_shapes=lambda: shapes[rows],
        )
    ]  # fmt: skip


def _unchecked(rows: pd.DataFrame, contract: Contract, units: pd.DataFrame) -> tuple[Evidence, ...]:
    """Say what the rows or the workspace don't hold, so that it could not be compared."""
    notes = []
    if DECLARED in contract.columns and rows[DECLARED].isna().all():
        notes.append(found("unchecked_declared_area"))
    states_unit = "unit_id" in contract.columns and contract.name != "units"
    if states_unit and (not len(units) or rows["unit_id"].isna().all()):
        notes.append(found("unchecked_units"))
    return tuple(notes)


def _held_shapes(held: pd.DataFrame) -> Shapes:
    if not isinstance(held, gpd.GeoDataFrame) or not len(held):
        return np.empty(0, dtype=object)
    shapes: Shapes = np.asarray(held.geometry.array, dtype=object).copy()
    shapes[~shapely.is_valid(shapes)] = None
    return shapes


def _long_cells(frame: pd.DataFrame, names: list[str]) -> list[Fault]:
    faults: list[Fault] = []
    for name in frame.columns:
        if name == "geometry" or not is_text_column(frame[name]):
            continue
        long = long_texts(frame[name]).to_numpy(dtype=bool)
        faults += _flagged("cell_too_large", str(name), long, names)
    return faults


def _flagged(code: str, column: str, rows: Flags, names: list[str]) -> list[Fault]:
    positions = tuple(int(p) for p in np.flatnonzero(rows))
    if not positions:
        return []
    return [Fault(code, column, tuple(names[p] for p in positions), positions)]
