"""What is done with each class of fault of an import, and from which size on something is one."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Literal, get_args

import yaml

from geo.nearest import nearest_name
from layers.contracts import CONTRACTS
from layers.errors import LayerError

Action = Literal["accept", "repair", "quarantine"]
MENDED = "geometry_invalid"
"""Class of the outlines that validation rebuilds by itself."""

EMPTIED = "value_emptied"
"""Repair that stores a row without the value at fault."""

ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True)
class FaultClass:
    """What may be done with the rows of one class of fault.

    Attributes
    ----------
    code
        The fault; key of its sentence.
    action
        What is done with its rows.
    allowed
        What may be done instead, in the order of ``ACTIONS``.
    repair
        Code of what a repair does, empty where there is none.
    """

    code: str
    action: Action
    allowed: tuple[Action, ...]
    repair: str = ""


@dataclass(frozen=True)
class Limits:
    """From which size on something is a fault.

    Attributes
    ----------
    declared_area_m2, declared_area_share
        How far a declared area may be off the measured one [m²; share of the declared one]: the
        larger of the two counts.
    overlap_m2
        Common land from this area on [m²].
    overlap_cut_m
        Mean width (2 A / P) up to which common land may be cut away [m].
    two_names_share
        Two shapes that share at least this of both are one parcel.
    inside_unit_share
        A row lies in its unit with at least this share of its land.
    gap_m, gap_m2
        Widest slit and largest enclosed remnant that are gaps [m, m²].
    sliver_m
        Shapes narrower than this are slivers [m].
    gap_rows
        Gaps and slivers are looked for in files of up to this many rows.
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


@dataclass(frozen=True)
class FaultTable:
    """Every class of fault, the limits, and which layers are looked at.

    Attributes
    ----------
    classes
        Each class by its code.
    limits
        From which size on something is a fault.
    overlap_layers, gap_layers
        Layers whose rows may not overlap, and may not leave gaps.
    open_states
        States of a parcel on offer.
    dates
        By layer, pairs of dates of which the first may not lie after the second.
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
            fitting = [one for one in classes[code].allowed if one == action]
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
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LayerError("fault_table_bad", place="yaml") from error
    place = "classes"
    try:
        classes = {str(code): _class(str(code), entry) for code, entry in data["classes"].items()}
        place = "limits"
        limits = _limits(data["limits"])
        place = "layers"
        layers = {name: tuple(data["layers"][name]) for name in ("overlap", "gap")}
        _check(all(one in CONTRACTS for names in layers.values() for one in names))
        place = "dates"
        dates = {name: tuple((a, b) for a, b in pairs) for name, pairs in data["dates"].items()}
        for name, pairs in dates.items():
            _check(all(one in CONTRACTS[name].columns for pair in pairs for one in pair))
        place = "open_states"
        states = tuple(map(str, data["open_states"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise LayerError("fault_table_bad", place=place) from error
    return FaultTable(
        MappingProxyType(classes), limits, layers["overlap"], layers["gap"], states,
        MappingProxyType(dates),
    )  # fmt: skip


def _class(code: str, entry: Mapping[str, Any]) -> FaultClass:
    _check(set(entry) <= {"action", "may", "repair"})
    named = {entry["action"], *entry.get("may", ())}
    allowed = tuple(one for one in ACTIONS if one in named)
    _check(len(allowed) == len(named))
    repair = str(entry.get("repair", ""))
    _check(bool(repair) == ("repair" in allowed))
    return FaultClass(code, entry["action"], allowed, repair)


def _limits(entry: Mapping[str, Any]) -> Limits:
    names = [field.name for field in fields(Limits)]
    _check(set(entry) == set(names))
    numbers = {name: float(entry[name]) for name in names}
    _check(all(0 <= number < 1e9 for number in numbers.values()))
    return Limits(**{**numbers, "gap_rows": int(numbers["gap_rows"])})  # type: ignore[arg-type]


def _check(holds: bool) -> None:
    if not holds:
        raise ValueError
