"""What an import is asked to do, and what it did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from geo.errors import Value
from geo.tools import nearest_name
from geo.units import AREA_UNITS_IN_M2
from geo.validity import Repair
from layers.editions import Changes
from layers.errors import LayerError
from layers.exchange.checks.faults import FaultReport
from layers.exchange.readers.source import Evidence
from layers.exchange.recognise.crs import PlaceStated
from layers.validate import EXAMPLES_IN_A_FAULT, Fault

Mode = Literal["add", "replace", "update"]


@dataclass(frozen=True)
class ImportRequest:
    """One import, the same from a page and from the command line.

    Attributes
    ----------
    path
        File to read.
    layer
        Layer or table of the workspace it goes to.
    mode
        ``add`` (an existing key is a fault of its row), ``replace`` (all rows of the layer), or
        ``update`` (rows by key; columns the file doesn't bring stay as they are).
    mapping
        Stated columns: file column -> vocabulary column.
    crs, encoding
        Stated coordinate system and text encoding, None to take what the file says.
    declared_unit
        Unit of the declared areas in the file: ``亩``, ``公顷``, ``m2``; None for m².
    source_layer
        Which layer or sheet of the file, None where it has only one.
    dry_run
        True to check everything and store nothing.
    axis, datum, shift
        Stated order of axes, step from an older datum, shift of web maps: see ``PlaceStated``.
    join_by
        Column of the vocabulary by which rows of an update find theirs in the layer, where the
        file has no key.

    Raises
    ------
    LayerError
        ``mode_unknown``, ``area_unit_unknown``, and those of ``PlaceStated``.
    """

    path: Path
    layer: str
    mode: Mode = "add"
    mapping: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    crs: str | None = None
    encoding: str | None = None
    declared_unit: str | None = None
    source_layer: str | None = None
    dry_run: bool = False
    axis: str | None = None
    datum: str | None = None
    shift: str | None = None
    join_by: str | None = None

    @property
    def place(self) -> PlaceStated:
        """What is stated of where the data lie."""
        return PlaceStated(self.crs, self.axis, self.datum, self.shift)

    def __post_init__(self) -> None:
        """Refuse words that mean nothing here."""
        modes = get_args(Mode)
        if self.mode not in modes:
            raise LayerError("mode_unknown", mode=self.mode, known=", ".join(modes))
        if self.declared_unit is not None and self.declared_unit not in AREA_UNITS_IN_M2:
            raise LayerError(
                "area_unit_unknown", unit=self.declared_unit,
                nearest=nearest_name(self.declared_unit, AREA_UNITS_IN_M2),
            )  # fmt: skip
        PlaceStated(self.crs, self.axis, self.datum, self.shift)


@dataclass(frozen=True)
class ImportResult:
    """What an import recognised, stored and refused.

    Attributes
    ----------
    layer, mode
        As asked.
    stored
        False after a dry run.
    detected
        What was recognised, assumed or changed, in order.
    read, accepted, quarantined
        Counts of rows; ``read`` is the sum of the other two.
    repaired
        Count of the accepted rows whose outline was mended.
    faults
        Every fault with its rows.
    repairs
        Key and change of area of every mended outline.
    report
        Every fault line by line, and what could not be looked for.
    changes
        What a newer edition changes, None where rows are only added.
    """

    layer: str
    mode: Mode
    stored: bool
    detected: tuple[Evidence, ...]
    read: int
    accepted: int
    quarantined: int
    repaired: int
    faults: tuple[Fault, ...]
    repairs: tuple[tuple[str, Repair], ...]
    report: FaultReport | None = None
    changes: Changes | None = None


class NothingAcceptedError(LayerError):
    """No row of a file meets its contract; nothing was changed.

    Parameters
    ----------
    faults
        Every fault, so that all can be shown.
    detected
        What was recognised in the file.
    report
        Every fault line by line.
    **values
        The named values of the sentence.
    """

    def __init__(
        self,
        faults: tuple[Fault, ...],
        detected: tuple[Evidence, ...],
        report: FaultReport | None = None,
        **values: Value,
    ) -> None:
        super().__init__("nothing_accepted", **values)
        self.faults = faults
        self.detected = detected
        self.report = report


def fault_values(fault: Fault, layer: str) -> dict[str, Value]:
    """Give the named values of a fault's sentence.

    Parameters
    ----------
    fault
        A fault of some rows.
    layer
        The layer they were meant for.

    Returns
    -------
    dict
        ``layer``, ``column``, ``count`` of rows, the first ``rows`` and ``examples`` as text.

    Examples
    --------
    >>> fault_values(Fault("below_minimum", "width_m", ("R1",), (0,), ("-3",)), "barriers")["rows"]
    'R1'
    """
    more = " …" if len(fault.rows) > EXAMPLES_IN_A_FAULT else ""
    return {
        "layer": layer,
        "column": fault.column,
        "count": len(fault.rows),
        "rows": ", ".join(fault.rows[:EXAMPLES_IN_A_FAULT]) + more,
        "examples": ", ".join(text[:60] for text in fault.examples),
    }
