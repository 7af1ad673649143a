"""Fault classes, what is done with each, the report."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from geo.arrays import Flags, Floats, Positions, Shapes
from geo.strict_yaml import Fault as YamlFault
from geo.strict_yaml import ValueFaultError, read_data
from geo.tools import nearest_name
from layers.contracts import CONTRACTS
from layers.errors import LayerError
from layers.exchange.cells import as_text
from layers.exchange.readers.source import Evidence
from layers.validate import EXAMPLES_IN_A_FAULT, Fault

LONGEST_VALUE = 200


def no_land() -> Shapes:
    """Give no shapes at all."""
    return np.empty(0, dtype=object)


@dataclass(frozen=True, eq=False)
class FaultRows:
    """One class of fault in one column, line by line: k lines.

    ``code``: What is wrong; key of the sentence in the catalogue.
    ``column``: Column at fault, ``geometry`` for shapes.
    ``rows``: Position in the file of the row each line is about, array of k.
    ``values``: What stands there, or was measured, as text: k texts.
    ``others``: Keys of other rows concerned, divided by ``, ``: k texts.
    ``area_m2``: Land concerned [m²], missing where there is none, array of k.
    ``of_line, of_row``: Which rows of the file each line concerns: incidences, sorted by line.
    ``find_repairable, make_shapes``: Say of the first so many lines which a repair is offered for,
      and give the land concerned: both are worked out only for the lines that somebody looks at.
    """

    code: str
    column: str
    rows: Positions
    values: tuple[str, ...]
    others: tuple[str, ...]
    area_m2: Floats
    of_line: Positions
    of_row: Positions
    find_repairable: Callable[[int], Flags] = field(repr=False)
    make_shapes: Callable[[int], Shapes] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def concerned(self) -> Positions:
        """Positions of all rows concerned, each once."""
        return np.unique(self.of_row)

    def repairable(self, most: int | None = None) -> Flags:
        """Say for which lines a repair is offered, array of k or of the first ``most``."""
        return self.find_repairable(len(self) if most is None else min(most, len(self)))

    def shapes(self, most: int | None = None) -> Shapes:
        """Give the land concerned, array of k or of the first ``most``; missing where none is."""
        count = len(self) if most is None else min(most, len(self))
        lands = self.make_shapes(count)
        return lands if len(lands) == count else np.full(count, None, dtype=object)

    def fault(self, names: list[str]) -> Fault:
        """Give the fault with all its rows at once."""
        positions = tuple(self.concerned.tolist())
        examples = tuple(dict.fromkeys(filter(None, self.values)))[:EXAMPLES_IN_A_FAULT]
        rows = tuple(names[p] for p in positions)
        return Fault(self.code, self.column, rows, positions, examples)


def single_lines(
    code: str,
    column: str,
    rows: npt.ArrayLike,
    *,
    values: list[str] | None = None,
    others: list[str] | None = None,
    area_m2: Floats | None = None,
    repairable: bool = False,
    make_shapes: Callable[[], Shapes] = no_land,
) -> FaultRows:
    """Make lines that concern one row each.

    ``code, column``: What is wrong where.
    ``values, others, area_m2``: Of each line, None for nothing.
    ``repairable``: True where a repair is offered for all of them.
    ``make_shapes``: Gives their shapes.
    """
    positions = np.asarray(rows, dtype=np.intp)
    count = len(positions)
    return FaultRows(
        code, column, positions, tuple(values or [""] * count), tuple(others or [""] * count),
        np.full(count, np.nan) if area_m2 is None else area_m2,
        np.arange(count), positions, lambda most: np.full(most, repairable),
        lambda most: make_shapes()[:most],
    )  # fmt: skip


def lines_of_fault(
    fault: Fault, frame: pd.DataFrame, shapes: Shapes | None, *, repairable: bool
) -> FaultRows:
    """Make the lines of a fault that a contract found.

    ``shapes``: Their shapes, None where they have none.
    ``repairable``: True where a repair is offered.
    """
    rows = np.asarray(fault.positions, dtype=np.intp)
    values = list(fault.examples[:1]) * len(rows) if len(fault.examples) == 1 else None
    if fault.column != "geometry" and fault.column in frame.columns:
        values = [_display(value) for value in frame[fault.column].iloc[rows].astype("object")]
    return single_lines(
        fault.code, fault.column, rows, values=values, repairable=repairable,
        make_shapes=no_land if shapes is None else lambda: shapes[rows],
    )  # fmt: skip


def _display(value: object) -> str:
    return (as_text(value) or "")[:LONGEST_VALUE]


Action = Literal["accept", "repair", "quarantine"]
REBUILT = "geometry_invalid"
"""Class of the outlines that validation rebuilds by itself."""

EMPTIED = "value_emptied"
"""Repair that stores a row without the value at fault."""

LARGEST_LIMIT = 1e9
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True)
class FaultClass:
    """What may be done with the rows of one class of fault.

    ``code``: The fault; key of its sentence.
    ``action``: What is done with its rows.
    ``allowed``: What may be done instead, in the order of ``ACTIONS``.
    ``repair``: Code of what a repair does, empty where there is none.
    """

    code: str
    action: Action
    allowed: tuple[Action, ...]
    repair: str = ""


@dataclass(frozen=True)
class Limits:
    """From which size on something is a fault.

    ``declared_area_m2, declared_area_share``: How far a declared area may be off the measured one
      [m²; share of the declared one]: the larger of the two counts.
    ``overlap_m2``: Common land from this area on [m²].
    ``overlap_cut_m``: Mean width (2 A / P) up to which common land may be cut away [m].
    ``two_names_share``: Two shapes that share at least this of both are one parcel.
    ``inside_unit_share``: A row lies in its unit with at least this share of its land.
    ``gap_m, gap_m2``: Widest slit and largest enclosed remnant that are gaps [m, m²].
    ``sliver_m``: Shapes narrower than this are slivers [m].
    ``gap_rows``: Gaps and slivers are looked for in files of up to this many rows.
    """

    declared_area_m2: float
    declared_area_share: float
    overlap_m2: float
    overlap_cut_m: float
    two_names_share: float
    inside_unit_share: float
    gap_m: float
    gap_m2: float
    sliver_m: float
    gap_rows: int

    def __post_init__(self) -> None:
        for key, number in asdict(self).items():
            if not 0 <= number < LARGEST_LIMIT:
                raise ValueFaultError(key=key)


@dataclass(frozen=True)
class FaultTable:
    """Every class of fault, the limits, and which layers are looked at.

    ``classes``: Each class by its code.
    ``limits``: From which size on something is a fault.
    ``overlap_layers, gap_layers``: Layers whose rows may not overlap, and may not leave gaps.
    ``open_states``: States of a parcel on offer.
    ``dates``: By layer, pairs of dates of which the first may not lie after the second.
    """

    classes: Mapping[str, FaultClass]
    limits: Limits
    overlap_layers: tuple[str, ...]
    gap_layers: tuple[str, ...]
    open_states: tuple[str, ...]
    dates: Mapping[str, tuple[tuple[str, str], ...]]

    def entry(self, code: str) -> FaultClass:
        """Give a class; rows of one that the table doesn't name are kept aside."""
        return self.classes.get(code) or FaultClass(code, "quarantine", ("quarantine",))

    def action(self, code: str) -> Action:
        """Say what is done with the rows of a fault."""
        return self.entry(code).action

    def overruled(self, actions: Mapping[str, str]) -> "FaultTable":
        """Give the table with what a planner decided otherwise.

        Parameters
        ----------
        actions
            Class of fault -> ``accept``, ``repair`` or ``quarantine``.

        Returns
        -------
        FaultTable
            The table.

        Raises
        ------
        LayerError
            ``fault_class_unknown``, ``fault_action_unfit``.
        """
        classes = dict(self.classes)
        for code, action in actions.items():
            if code not in classes:
                raise LayerError(
                    "fault_class_unknown", fault_class=code, nearest=nearest_name(code, classes)
                )
            fitting = [possible for possible in classes[code].allowed if possible == action]
            if not fitting:
                allowed = ", ".join(classes[code].allowed)
                raise LayerError(
                    "fault_action_unfit", fault_class=code, action=action, known=allowed
                )
            classes[code] = replace(classes[code], action=fitting[0])
        return replace(self, classes=MappingProxyType(classes))


def parse_fault_table(text: str) -> FaultTable:
    """Read the table.

    Parameters
    ----------
    text
        Content of ``data/exchange/faults.yaml``.

    Returns
    -------
    FaultTable
        The table.

    Raises
    ------
    LayerError
        ``fault_table_bad`` with the place at fault.
    """
    table = read_data(text, _TableFile, "faults", _table_error)
    return FaultTable(
        MappingProxyType({code: _class(code, entry) for code, entry in table.classes.items()}),
        table.limits, table.layers.overlap, table.layers.gap, table.open_states,
        MappingProxyType(dict(table.dates)),
    )  # fmt: skip


@dataclass(frozen=True)
class _ClassEntry:
    """One class of the file: what is done, what else may be done, what a repair does."""

    action: Action
    may: tuple[Action, ...] = ()
    repair: str = ""

    def __post_init__(self) -> None:
        if bool(self.repair) != ("repair" in (self.action, *self.may)):
            raise ValueFaultError(key="repair")


@dataclass(frozen=True)
class _CheckedLayers:
    """Layers of the file that are looked at for overlaps, and for gaps."""

    overlap: tuple[str, ...]
    gap: tuple[str, ...]

    def __post_init__(self) -> None:
        for key, names in (("overlap", self.overlap), ("gap", self.gap)):
            if not set(names) <= set(CONTRACTS):
                raise ValueFaultError(key=key)


@dataclass(frozen=True)
class _TableFile:
    """The whole file."""

    classes: Mapping[str, _ClassEntry]
    limits: Limits
    layers: _CheckedLayers
    open_states: tuple[str, ...]
    dates: Mapping[str, tuple[tuple[str, str], ...]]

    def __post_init__(self) -> None:
        for layer, pairs in self.dates.items():
            columns = CONTRACTS[layer].columns if layer in CONTRACTS else ()
            if not {column for pair in pairs for column in pair} <= set(columns):
                raise ValueFaultError(key="dates")


def _class(code: str, entry: _ClassEntry) -> FaultClass:
    """Return a class with what may be done in the order of ``ACTIONS``."""
    allowed = tuple(action for action in ACTIONS if action in (entry.action, *entry.may))
    return FaultClass(code, entry.action, allowed, entry.repair)


def _table_error(fault: YamlFault) -> LayerError:
    """Make the error of a fault of the table: it names the section."""
    return LayerError("fault_table_bad", place=fault.path.split(".")[0] or "yaml")


LINE_COLUMNS = (
    "code", "row_number", "row_id", "column", "value", "others", "area_m2", "mendable",
    "is_stored",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class FaultReport:
    """Every fault of an import.

    ``lines``: The faults, class by class.
    ``names``: Key of every row of the file.
    ``aside``: Which rows are kept aside, by position.
    ``unchecked``: What could not be looked for, and why.
    """

    lines: tuple[FaultRows, ...]
    names: list[str]
    aside: Flags
    unchecked: tuple[Evidence, ...]

    def __len__(self) -> int:
        return sum(len(rows) for rows in self.lines)

    def ids_aside(self) -> set[str]:
        """Name the rows that are kept aside by their keys."""
        return {self.names[p] for p in np.flatnonzero(self.aside).tolist()}

    def frame(self, crs: CRS, most: int | None = None) -> gpd.GeoDataFrame:
        """Give the report as rows with the land concerned.

        Parameters
        ----------
        crs
            System of the shapes.
        most
            Lines given at most, None for all.

        Returns
        -------
        GeoDataFrame
            Columns ``LINE_COLUMNS``: ``row_number`` counts the rows of the file from 1, ``others``
            are keys, ``mendable`` says whether a repair is offered, ``is_stored`` whether the row
            goes into the workspace. A line without land has no shape.
        """
        tables, left = [], len(self) if most is None else most
        for rows in self.lines:
            if left <= 0:
                break
            tables.append(self._table(rows, left))
            left -= len(rows)
        if not tables:
            return gpd.GeoDataFrame({name: [] for name in LINE_COLUMNS}, geometry=[], crs=crs)
        whole = pd.concat([table for table, _ in tables], ignore_index=True)
        shapes = np.concatenate([land for _, land in tables])
        return gpd.GeoDataFrame(whole, geometry=shapes, crs=crs)

    def _table(self, faults: FaultRows, most: int) -> tuple[pd.DataFrame, np.ndarray]:
        rows = faults.rows[:most]
        columns = {
            "code": [faults.code] * len(rows),
            "row_number": rows + 1,
            "row_id": [self.names[p] for p in rows.tolist()],
            "column": [faults.column] * len(rows),
            "value": list(faults.values[:most]),
            "others": list(faults.others[:most]),
            "area_m2": faults.area_m2[:most],
            "mendable": faults.repairable(most),
            "is_stored": ~self.aside[rows],
        }
        return pd.DataFrame(columns), faults.shapes(most)
