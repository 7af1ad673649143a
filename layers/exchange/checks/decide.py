"""Store, repair or quarantine."""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Flags, Positions, Shapes
from geo.overlay import areas_m2
from geo.shape import solid
from geo.tools import Progress, awaited, report, within
from geo.validity import Repair
from layers.contracts import Contract, key_columns
from layers.exchange.cells import is_text_column, long_texts, unmapped_values
from layers.exchange.checks.faults import (
    EMPTIED,
    REBUILT,
    Action,
    FaultRows,
    FaultTable,
    lines_of_fault,
    single_lines,
)
from layers.exchange.checks.rows import (
    DECLARED,
    NO_CLAIMS,
    Claims,
    date_lines,
    declared_lines,
    key_faults,
    remaining,
    taken_lines,
    unit_lines,
)
from layers.exchange.checks.shapes import gap_lines, pair_lines, shape_context
from layers.exchange.heading import free_name, unmapped_names
from layers.exchange.readers.source import Evidence
from layers.exchange.request import Mode
from layers.validate import Fault, Report, row_names, validate

OVERLAP_CUT = "overlap_cut"


def cut_overlaps(
    shapes: Shapes, lines: FaultRows, bad: Flags
) -> tuple[Shapes, list[Repair], list[int]]:
    """Take the common land of overlaps out of the rows their lines are about.

    ``shapes``: Shapes of all rows, n; they stay as they are.
    ``lines``: The overlaps; those a repair is offered for are cut.
    ``bad``: Rows that aren't stored: nothing is cut for their sake.

    ``shapes``: Shapes of all rows after the cuts.
    ``repairs``: One for each row cut, planar areas as drawn and as cut.
    ``vanished``: Rows of which no land is left; their shapes stay as they are.
    """
    lost = np.zeros(len(lines), dtype=bool)
    lost[lines.of_line[bad[lines.of_row]]] = True
    at = np.flatnonzero(lines.repairable() & ~lost)
    if not len(at):
        return shapes, [], []
    rows, place = np.unique(lines.rows[at], return_inverse=True)
    order = np.argsort(place, kind="stable")
    gathered = shapely.geometrycollections(lines.shapes()[at][order], indices=place[order])
    pieces = shapely.unary_union(gathered[:, None], axis=1)
    left = solid(shapely.difference(shapes[rows], pieces))
    kept = ~shapely.is_empty(left)
    cut = shapes.copy()
    cut[rows[kept]] = left[kept]
    before, after = shapely.area(shapes[rows]), shapely.area(left)
    repairs = [
        Repair(int(rows[p]), OVERLAP_CUT, float(before[p]), float(after[p]))
        for p in np.flatnonzero(kept)
    ]
    return cut, repairs, rows[~kept].tolist()


def keep_emptied(
    accepted: pd.DataFrame, frame: pd.DataFrame, emptied: list[FaultRows]
) -> pd.DataFrame:
    """Keep beside each emptied cell what stood there, as a text of its row.

    ``accepted``: Rows to store, index = position in the file.
    ``emptied``: Values that couldn't be understood and were left empty.
    """
    columns: dict[str, pd.Series] = {}
    used = {str(name).casefold() for name in accepted.columns}
    for lines in emptied:
        rows = [row for row in lines.rows.tolist() if row in accepted.index]
        if not rows:
            continue
        name = free_name(unmapped_names([lines.column])[lines.column], used)
        used.add(name.casefold())
        raw = frame[lines.column].iloc[rows].astype("object")
        columns[name] = unmapped_values(raw.set_axis(rows)).reindex(accepted.index)
    if not columns:
        return accepted
    bare = pd.DataFrame(accepted.drop(columns="geometry", errors="ignore"))
    plain: pd.DataFrame = bare.assign(**columns)
    if not isinstance(accepted, gpd.GeoDataFrame):
        return plain
    kept: pd.DataFrame = gpd.GeoDataFrame(plain, geometry=accepted.geometry, crs=accepted.crs)
    return kept


@dataclass(frozen=True, eq=False)
class SplitRows:
    """The rows of an import after the decision.

    ``accepted``: Rows to store, repaired, index = position in the file.
    ``bad``: Which rows are kept aside, by position.
    ``reasons``: Of each of them, ``code:column`` of each fault for which it is, divided by ``;
      ``.
    ``repairs``: What was repaired of the rows to store.
    """

    accepted: pd.DataFrame
    bad: Flags
    reasons: pd.Series
    repairs: tuple[Repair, ...]


@dataclass(eq=False)
class _Aside:
    """Rows kept aside so far, with their causes."""

    bad: Flags
    causes: list[tuple[str, Positions]] = field(default_factory=list)

    def put(self, lines: FaultRows, rows: Positions) -> None:
        if len(rows):
            self.bad[rows] = True
            self.causes.append((f"{lines.code}:{lines.column}", rows))

    def reasons(self) -> pd.Series:
        texts: dict[int, list[str]] = {int(p): [] for p in np.flatnonzero(self.bad)}
        for reason, rows in self.causes:
            for position in np.unique(rows).tolist():
                if reason not in texts[position]:
                    texts[position].append(reason)
        joined = {position: "; ".join(codes) for position, codes in texts.items()}
        return pd.Series(joined, dtype="str")


def split_rows(
    frame: pd.DataFrame, result: Report, lines: list[FaultRows], table: FaultTable | None
) -> SplitRows:
    """Decide about every row, and repair what is to be repaired.

    ``frame``: Rows as they came, index 0 … n-1.
    ``table``: What is done with each class; None to keep aside all rows at fault.

    Every row is either stored or kept aside. Of two rows that a fault is between, both are kept
    aside: which is right is not ours to say.
    """
    aside = _Aside(np.zeros(len(frame), dtype=bool))
    for faults in lines:
        action: Action = "quarantine" if table is None else table.action(faults.code)
        if action == "quarantine":
            aside.put(faults, faults.concerned)
        elif action == "repair":
            left = ~faults.repairable()
            aside.put(faults, faults.of_row[left[faults.of_line]])
            if faults.code == "shape_duplicate":
                aside.put(faults, faults.rows)
    accepted, repairs = result.conformed, [*result.repaired]
    to_repair = (
        []
        if table is None
        else [faults for faults in lines if table.action(faults.code) == "repair"]
    )
    for faults in to_repair:
        if faults.code == "overlap":
            accepted, cut = _cut(accepted, faults, aside)
            repairs += cut
    if aside.bad.any():
        accepted = accepted[~aside.bad]
    emptied = [
        faults for faults in to_repair
        if table is not None
        and table.entry(faults.code).repair == EMPTIED
        and faults.repairable().all()
    ]  # fmt: skip
    return SplitRows(
        keep_emptied(accepted, frame, emptied), aside.bad, aside.reasons(),
        tuple(faults for faults in repairs if not aside.bad[faults.position]),
    )  # fmt: skip


def _cut(
    accepted: pd.DataFrame, lines: FaultRows, aside: _Aside
) -> tuple[pd.DataFrame, list[Repair]]:
    drawn = gpd.GeoDataFrame(accepted).geometry
    cut, repairs, vanished = cut_overlaps(np.asarray(drawn.array, object), lines, aside.bad)
    aside.put(lines, np.array(vanished, dtype=np.intp))
    return gpd.GeoDataFrame(accepted).set_geometry(gpd.GeoSeries(cut, crs=drawn.crs)), repairs


@dataclass(frozen=True)
class RowDecisions:
    """The rows of an import, divided.

    ``accepted``: Rows to store, with the contract's columns and types.
    ``quarantined``: Rows to keep aside as they came, index = position in the file.
    ``reasons``: Per quarantined row ``code:column`` of each fault, divided by ``; ``.
    ``faults``: Every fault.
    ``repairs``: Every repaired outline of an accepted row, by key.
    ``lines``: The same faults line by line, with values and shapes.
    ``names``: Key of every row of the file.
    ``unchecked``: What could not be looked for, and why.
    """

    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    reasons: pd.Series
    faults: tuple[Fault, ...]
    repairs: tuple[tuple[str, Repair], ...]
    lines: tuple[FaultRows, ...] = ()
    names: list[str] = field(default_factory=list)
    unchecked: tuple[Evidence, ...] = ()


@dataclass(frozen=True, eq=False)
class Checks:
    """What is looked for beside the contract, and what is done with what is found.

    ``table``: What is done with each class of fault.
    ``claims``: Parcels that live projects have.
    ``units``: Layer ``units``, None where it is to be read.
    ``progress``: Told the share done.
    """

    table: FaultTable
    claims: Claims = field(default_factory=lambda: NO_CLAIMS)
    units: pd.DataFrame | None = None
    progress: Progress | None = None

    def holders(self) -> dict[str, str]:
        """Name the live projects that have each parcel, divided by commas."""
        return {
            parcel: ", ".join(holder.project_id for holder in holders)
            for parcel, holders in self.claims.items()
        }


def decide_rows(
    frame: pd.DataFrame,
    contract: Contract,
    *,
    existing: pd.DataFrame,
    mode: Mode,
    outside: Flags,
    crs: CRS,
    checks: Checks | None = None,
) -> RowDecisions:
    """Hold every row against the contract and against what the layer has already.

    ``frame``: Rows with the vocabulary's column names, index 0 … n-1.
    ``mode``: What is to be done with the rows.
    ``outside``: Which rows' shapes can't be placed, array of n.
    ``checks``: What is looked for beside, and what is done with it; None for the contract alone:
      then broken outlines are repaired and rows at fault kept aside.

    Every row is either in ``accepted`` or in ``quarantined``.
    """
    progress = None if checks is None else checks.progress
    result = validate(frame, contract, crs, within(progress, 0.0, 0.2))
    names = row_names(result.conformed, contract)
    faults = [
        *result.faults,
        *key_faults(names, existing, contract, mode),
        *_flagged("place_implausible", "geometry", outside, names),
        *_long_cells(frame, names),
    ]
    shapes = _shapes_of(result)
    lines = [
        lines_of_fault(entry, frame, shapes, repairable=_may_be_emptied(entry, contract, checks))
        for entry in faults
    ]
    more: list[FaultRows] = []
    unchecked: tuple[Evidence, ...] = ()
    if checks is not None:
        report(checks.progress, 0.2)
        stay = remaining(existing, names, contract, mode)
        more, unchecked = _further_checks(result, contract, names, stay, outside, crs, checks)
    table = None if checks is None else checks.table
    repairs_outlines = table is None or table.action(REBUILT) == "repair"
    faults += [
        entry.fault(names) for entry in more if not (repairs_outlines and entry.code == REBUILT)
    ]
    divided = split_rows(frame, result, [*lines, *more], table)
    return RowDecisions(
        divided.accepted, frame[divided.bad], divided.reasons, tuple(faults),
        tuple((names[entry.position], entry) for entry in divided.repairs), (*lines, *more), names,
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


def _further_checks(
    result: Report,
    contract: Contract,
    names: list[str],
    existing: pd.DataFrame,
    outside: Flags,
    crs: CRS,
    checks: Checks,
) -> tuple[list[FaultRows], tuple[Evidence, ...]]:
    table, rows = checks.table, result.conformed
    lines = [*date_lines(rows, _shapes_of(result), table.dates.get(contract.name, ()))]
    shapes = _shapes_of(result)
    lines += taken_lines(rows, contract, shapes, table, checks.claims)
    if shapes is None:
        return lines, ()
    sound = _sound(shapes, outside)
    area_m2 = awaited(lambda: areas_m2(sound, crs), within(checks.progress, 0.2, 0.25))
    report(checks.progress, 0.25)
    lines += _rebuilt_lines(result, shapes)
    lines += declared_lines(rows, sound, area_m2, table.limits)
    units = rows.head(0) if checks.units is None else checks.units
    if contract.name != "units":
        lines += awaited(
            lambda: unit_lines(rows, sound, units, crs, table.limits),
            within(checks.progress, 0.25, 0.4),
        )
    unchecked = _unchecked(rows, contract, units)
    report(checks.progress, 0.4)
    if contract.name not in table.overlap_layers:
        return lines, unchecked
    existing_names = row_names(existing, contract)
    waiting = within(checks.progress, 0.4, 0.7)
    others = _existing_shapes(existing)
    context = awaited(
        lambda: shape_context(sound, names, area_m2, others, existing_names, crs), waiting
    )
    is_parcels = contract.name == "land_parcels"
    holders = checks.holders() if is_parcels else {}
    lines += awaited(lambda: pair_lines(context, table.limits, holders), waiting)
    report(checks.progress, 0.7)
    if contract.name in table.gap_layers and len(rows) > table.limits.gap_rows:
        note = Evidence.of("unchecked_gaps", rows=len(rows), limit=table.limits.gap_rows)
        unchecked = (*unchecked, note)
    elif contract.name in table.gap_layers:
        lines += gap_lines(context, table.limits, within(checks.progress, 0.7, 1.0))
    report(checks.progress, 1.0)
    return lines, unchecked


def _sound(shapes: Shapes, outside: Flags) -> Shapes:
    """Leave out shapes that lie nowhere: what is far off or has no finite coordinates."""
    sound = shapes.copy()
    points, place = shapely.get_coordinates(shapes, return_index=True)
    sound[place[~np.isfinite(points).all(axis=1)]] = None
    sound[outside] = None
    return sound


def _rebuilt_lines(result: Report, shapes: Shapes) -> list[FaultRows]:
    if not result.repaired:
        return []
    rows = np.array([repair.position for repair in result.repaired], dtype=np.intp)
    gained = np.array([repair.area_after_m2 - repair.area_before_m2 for repair in result.repaired])
    return [
        single_lines(
            REBUILT, "geometry", rows, values=[repair.reason for repair in result.repaired],
            area_m2=gained, repairable=True, make_shapes=lambda: shapes[rows],
        )
    ]  # fmt: skip


def _unchecked(rows: pd.DataFrame, contract: Contract, units: pd.DataFrame) -> tuple[Evidence, ...]:
    """Say what the rows or the workspace don't hold, so that it could not be compared."""
    notes = []
    if DECLARED in contract.columns and rows[DECLARED].isna().all():
        notes.append(Evidence.of("unchecked_declared_area"))
    states_unit = "unit_id" in contract.columns and contract.name != "units"
    if states_unit and (not len(units) or rows["unit_id"].isna().all()):
        notes.append(Evidence.of("unchecked_units"))
    return tuple(notes)


def _existing_shapes(existing: pd.DataFrame) -> Shapes:
    if not isinstance(existing, gpd.GeoDataFrame) or not len(existing):
        return np.empty(0, dtype=object)
    shapes: Shapes = np.asarray(existing.geometry.array, dtype=object).copy()
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
