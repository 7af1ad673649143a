"""A contract and a frame in, a report of *all* faults out: which rows, which column, why.

Whole-row faults put the row in quarantine with its reasons; broken outlines are repaired and the
change is listed. Nothing is dropped silently.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.validity import Repair, repair
from layers.conform import conform
from layers.contracts import GEOMETRY_TYPES, Contract, key_columns
from layers.errors import LayerError

if TYPE_CHECKING:
    import pandera.pandas as pa

EXAMPLES_IN_A_FAULT = 5


@dataclass(frozen=True)
class Fault:
    """One kind of fault and every row that has it.

    Attributes
    ----------
    code
        What is wrong; key of the sentence in the catalogue.
    column
        Column at fault, ``geometry`` for shapes.
    rows
        Keys of the rows (the row number, from 1, where the key is missing).
    positions
        Row positions in the frame given.
    examples
        First values at fault, as text.
    """

    code: str
    column: str
    rows: tuple[str, ...]
    positions: tuple[int, ...]
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What validation found.

    Attributes
    ----------
    accepted
        Rows that meet the contract, repaired where listed.
    quarantined
        Rows that don't, as given, with their positions as index.
    faults
        Every fault.
    repairs
        Every repaired outline of an accepted row, by row key.
    conformed
        All rows with the contract's columns and types, outlines repaired; positions as index.
    mended
        Every repaired outline, of accepted rows or not.
    """

    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    faults: tuple[Fault, ...]
    repairs: tuple[tuple[str, Repair], ...]
    conformed: pd.DataFrame
    mended: tuple[Repair, ...]

    def raise_if_bad(self) -> None:
        """Raise ``contract_broken`` where any row failed."""
        if self.faults:
            first = self.faults[0]
            raise LayerError(
                "contract_broken", fault=first.code, column=first.column,
                rows=", ".join(first.rows[:EXAMPLES_IN_A_FAULT]),
            )  # fmt: skip


def validate(frame: pd.DataFrame, contract: Contract, crs: CRS | None = None) -> Report:
    """Hold a frame against its contract and report everything at once.

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names (others begin with ``src_``).
    contract
        What the layer must be.
    crs
        System of the shapes where the frame carries none.

    Returns
    -------
    Report
        Accepted and quarantined rows, all faults, all repairs.
    """
    given = frame.reset_index(drop=True)
    conformed, resisting = conform(given, contract, crs)
    repairs: list[Repair] = []
    if isinstance(conformed, gpd.GeoDataFrame):
        mended, repairs = repair(np.asarray(conformed.geometry.array, dtype=object))
        conformed = conformed.set_geometry(gpd.GeoSeries(mended, crs=conformed.crs))
    names = row_names(conformed, contract)
    faults = [
        Fault(r.code, r.column, tuple(names[p] for p in r.positions), r.positions, r.examples)
        for r in resisting
    ]
    faults += _schema_faults(conformed, contract, names)
    if isinstance(conformed, gpd.GeoDataFrame):
        faults += _shape_faults(conformed, contract, names)
    bad = np.zeros(len(given), dtype=bool)
    for fault in faults:
        bad[list(fault.positions)] = True
    kept_repairs = tuple((names[r.position], r) for r in repairs if not bad[r.position])
    accepted = conformed[~bad] if bad.any() else conformed
    return Report(accepted, given[bad], tuple(faults), kept_repairs, conformed, tuple(repairs))


def row_names(frame: pd.DataFrame, contract: Contract) -> list[str]:
    """Name each row by its key, by its number (from 1) where the key is missing."""
    columns = list(key_columns(contract))
    if len(columns) == 1:
        column = frame[columns[0]]
        given = column.astype("object").where(column.notna(), "").tolist()
        if all(map(_is_name, given)):
            return given
        return [text if text.strip("/") else f"#{p}" for p, text in enumerate(map(str, given), 1)]
    keys = frame[columns]
    texts = keys.astype("object").where(keys.notna(), "")
    joined = ("/".join(map(str, row)) for row in texts.itertuples(index=False, name=None))
    return [text if text.strip("/") else f"#{position + 1}" for position, text in enumerate(joined)]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.strip("/") != ""


def schema_of(contract: Contract) -> "pa.DataFrameSchema":
    """Make the pandera schema of a contract: keys, needed columns, ranges.

    Parameters
    ----------
    contract
        What the layer must be.

    Returns
    -------
    DataFrameSchema
        Schema over the plain columns; shapes are checked apart.
    """
    # Loaded only where rows are judged: it makes reading commands start a third of a second later.
    import pandera.pandas as pa

    keys = key_columns(contract)
    columns = {}
    for name in contract.columns:
        field = contract.field(name)
        checks = [] if field.minimum is None else [pa.Check.ge(field.minimum)]
        columns[name] = pa.Column(
            checks=checks, nullable=name not in keys and name not in contract.needed
        )
    return pa.DataFrameSchema(columns, unique=list(keys))


def _is_sound(plain: pd.DataFrame, contract: Contract) -> bool:
    """Say whether a schema would find nothing, without asking it for each row."""
    keys = list(key_columns(contract))
    if plain[[*keys, *contract.needed]].isna().to_numpy().any() or plain.duplicated(keys).any():
        return False
    least = {name: contract.field(name).minimum for name in contract.columns}
    return not any(
        (plain[name] < minimum).fillna(value=False).any()
        for name, minimum in least.items()
        if minimum is not None
    )


def _schema_faults(frame: pd.DataFrame, contract: Contract, names: list[str]) -> list[Fault]:
    plain = pd.DataFrame(frame[list(contract.columns)])
    if _is_sound(plain, contract):
        return []
    from pandera.errors import SchemaErrors

    try:
        schema_of(contract).validate(plain, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    keys = key_columns(contract)
    faults = []
    for (check, column), group in cases.groupby(["check", "column"], sort=False, dropna=False):
        if str(check).startswith("multiple_fields_uniqueness") or "unique" in str(check):
            continue
        code = "value_missing" if str(check) == "not_nullable" else "below_minimum"
        positions = tuple(sorted({int(p) for p in group["index"]}))
        examples = tuple(dict.fromkeys(str(v) for v in group["failure_case"][:3]))
        faults.append(
            Fault(code, str(column), tuple(names[p] for p in positions), positions, examples)
        )
    known = plain[list(keys)].notna().all(axis=1)
    twice = np.flatnonzero((plain.duplicated(list(keys), keep=False) & known).to_numpy())
    if len(twice):
        positions = tuple(int(p) for p in twice)
        faults.append(
            Fault("key_duplicate", "/".join(keys), tuple(names[p] for p in positions), positions)
        )
    return faults


def _shape_faults(frame: gpd.GeoDataFrame, contract: Contract, names: list[str]) -> list[Fault]:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    with np.errstate(invalid="ignore"):
        finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    types = frame.geometry.geom_type.to_numpy()
    wrong = ~missing & ~np.isin(types, list(GEOMETRY_TYPES[contract.geometry]))
    tests = {
        "geometry_missing": missing & (not contract.geometry_optional),
        "geometry_not_finite": ~missing & ~finite,
        "geometry_wrong_type": wrong,
    }
    faults = []
    for code, rows in tests.items():
        positions = tuple(int(p) for p in np.flatnonzero(rows))
        if positions:
            examples = tuple(dict.fromkeys(str(types[p]) for p in positions))[:3]
            faults.append(
                Fault(code, "geometry", tuple(names[p] for p in positions), positions, examples)
            )
    return faults
