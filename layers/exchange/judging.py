"""Which rows of an import are stored, which are kept aside, and for what reasons."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyproj import CRS

from geo.validity import Repair
from layers.contracts import Contract
from layers.exchange.cells import MAX_CELL_CHARACTERS, is_text_column
from layers.exchange.keys import key_faults, keys_of
from layers.exchange.placing import Flags
from layers.exchange.request import Mode
from layers.validate import Fault, validate


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
    """

    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    reasons: pd.Series
    faults: tuple[Fault, ...]
    repairs: tuple[tuple[str, Repair], ...]


def judge(
    frame: pd.DataFrame,
    contract: Contract,
    *,
    held: pd.DataFrame,
    mode: Mode,
    outside: Flags,
    crs: CRS,
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

    Returns
    -------
    Judgement
        Every row is either in ``accepted`` or in ``quarantined``.
    """
    report = validate(frame, contract, crs)
    names = keys_of(frame, contract)
    faults = (
        *report.faults,
        *key_faults(names, held, contract, mode),
        *_flagged("place_implausible", "geometry", outside, names),
        *_long_cells(frame, names),
    )
    bad = np.zeros(len(frame), dtype=bool)
    for fault in faults:
        bad[list(fault.positions)] = True
    accepted = report.accepted[~bad[report.accepted.index.to_numpy()]]
    repairs = tuple((key, change) for key, change in report.repairs if not bad[change.position])
    return Judgement(accepted, frame[bad], _reasons(faults, bad), faults, repairs)


def _long_cells(frame: pd.DataFrame, names: list[str]) -> list[Fault]:
    faults: list[Fault] = []
    for name in frame.columns:
        if name == "geometry" or not is_text_column(frame[name]):
            continue
        long = frame[name].map(lambda v: isinstance(v, str) and len(v) > MAX_CELL_CHARACTERS)
        faults += _flagged("cell_too_large", str(name), long.to_numpy(dtype=bool), names)
    return faults


def _flagged(code: str, column: str, rows: Flags, names: list[str]) -> list[Fault]:
    positions = tuple(int(p) for p in np.flatnonzero(rows))
    if not positions:
        return []
    return [Fault(code, column, tuple(names[p] for p in positions), positions)]


def _reasons(faults: tuple[Fault, ...], bad: Flags) -> pd.Series:
    texts: dict[int, list[str]] = {int(p): [] for p in np.flatnonzero(bad)}
    for fault in faults:
        for position in fault.positions:
            texts[position].append(f"{fault.code}:{fault.column}")
    return pd.Series({position: "; ".join(codes) for position, codes in texts.items()}, dtype="str")
