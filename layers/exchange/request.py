"""What an import is asked to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from geo.crs import SevenParameters, parse_parameters
from geo.tools import nearest_name
from geo.units import AREA_UNITS_IN_M2
from layers.errors import LayerError

Mode = Literal["add", "replace", "update"]
Axis = Literal["xy", "yx"]
Shift = Literal["gcj02", "bd09", "none"]


@dataclass(frozen=True)
class CrsOptions:
    """What is stated of a file's place; None leaves it to the file and its numbers.

    ``crs``: Coordinate system.
    ``axis``: ``xy`` where the first number is east, ``yx`` where it is north.
    ``datum``: ``dx,dy,dz,rx,ry,rz,ds``, the step from an older datum: metres, arc seconds, ppm.
    ``shift``: Shift of web maps in the data: ``gcj02``, ``bd09``, or ``none``.

    Raises
    ------
    LayerError
        ``axis_unknown``, ``shift_unknown``.
    GeometryError
        ``datum_parameters_bad``.
    """

    crs: str | None = None
    axis: str | None = None
    datum: str | None = None
    shift: str | None = None

    def __post_init__(self) -> None:
        """Refuse words that mean nothing here."""
        if self.axis is not None and self.axis not in get_args(Axis):
            raise LayerError("axis_unknown", axis=self.axis)
        if self.shift is not None and self.shift not in get_args(Shift):
            raise LayerError(
                "shift_unknown", shift=self.shift, nearest=nearest_name(self.shift, get_args(Shift))
            )
        if self.datum is not None:
            parse_parameters(self.datum)

    @property
    def parameters(self) -> SevenParameters | None:
        """The seven parameters, None where none are stated."""
        return None if self.datum is None else parse_parameters(self.datum)


@dataclass(frozen=True)
class DataStatement:
    """What is stated of a file's data beside its rows; all of it may be left out.

    ``data_on``: Day of the data, not of the import.
    ``responsible``: Office that answers for them.
    ``source``: Where they come from; the name of the file where not stated.
    ``covers``: Units whose whole area the data cover, by id or name; ``city`` for all.
    ``kinds``: Kinds the file answers for, also where it holds no shape of them.
    """

    data_on: str | None = None
    responsible: str | None = None
    source: str | None = None
    covers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is stated."""
        return not (self.data_on or self.responsible or self.source or self.covers or self.kinds)


@dataclass(frozen=True)
class ImportRequest:
    """One import, the same from a page and from the command line.

    ``path``: File to read.
    ``layer``: Layer or table of the workspace it goes to.
    ``mode``: ``add`` (an existing key is a fault of its row), ``replace`` (all rows of the
      layer), or ``update`` (rows by key; columns the file doesn't bring stay as they are).
    ``mapping``: Stated columns: file column -> vocabulary column.
    ``crs, encoding``: Stated coordinate system and text encoding, None to take what the file
      says.
    ``declared_unit``: Unit of the declared areas in the file: ``亩``, ``公顷``, ``m2``; None for
      m².
    ``source_layer``: Which layer or sheet of the file, None where it has only one.
    ``dry_run``: True to check everything and store nothing.
    ``axis, datum, shift``: Stated order of axes, step from an older datum, shift of web maps: see
      ``CrsOptions``.
    ``join_by``: Column of the vocabulary by which rows of an update find theirs in the layer,
      where the file has no key.
    ``statement``: What is stated of the data beside the rows.

    Raises
    ------
    LayerError
        ``mode_unknown``, ``area_unit_unknown``, and those of ``CrsOptions``.
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
    statement: DataStatement = DataStatement()

    @property
    def place(self) -> CrsOptions:
        """What is stated of where the data lie."""
        return CrsOptions(self.crs, self.axis, self.datum, self.shift)

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
        CrsOptions(self.crs, self.axis, self.datum, self.shift)
