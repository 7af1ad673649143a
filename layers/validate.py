"""Frame + contract -> all faults."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.tools import Progress, report, within
from geo.validity import Repair, repair, tangled
from layers.contracts import GEOMETRY_TYPES, Contract, key_columns
from layers.errors import LayerError
from layers.fields import SOURCE_PREFIX, Field

TRUE_WORDS = frozenset({"1", "1.0", "true", "yes", "y", "是", "有"})
FALSE_WORDS = frozenset({"0", "0.0", "false", "no", "n", "否", "无"})

DTYPES = {
    "text": "str", "code": "str", "list": "str", "date": "str", "timestamp": "str",
    "int": "Int64", "float": "float64", "bool": "boolean",
}  # fmt: skip


@dataclass(frozen=True)
class Resisting:
    """Values of one column that could not be understood.

    ``code``: What is wrong: ``not_a_number``, ``not_a_date``, ``not_yes_no``, ``code_unknown``,
      ``not_an_integer``.
    ``column``: Name of the column.
    ``positions``: Row positions.
    ``examples``: The first values found.
    """

    code: str
    column: str
    positions: tuple[int, ...]
    examples: tuple[str, ...]


def conform(
    frame: pd.DataFrame,
    contract: Contract,
    crs: CRS | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, list[Resisting]]:
    """Give a frame the contract's columns, order and types.

    Parameters
    ----------
    frame
        Rows of any origin whose column names are the vocabulary's; unknown ones begin with
        ``src_`` and are kept behind the others.
    contract
        What the layer must be.
    crs
        System of the shapes, for a frame that has none yet.
    progress
        Told the share done, before each column.

    Returns
    -------
    conformed
        Frame with every contract column, positions unchanged; values that resisted are missing.
    resisting
        What could not be understood, per column.
    """
    resisting: list[Resisting] = []
    columns: dict[str, pd.Series] = {}
    for done, name in enumerate(contract.columns):
        report(progress, done / len(contract.columns))
        field = contract.field(name)
        if name not in frame.columns:
            columns[name] = _nothing(frame.index, field)
            continue
        column, fault = _understand(frame[name], field)
        columns[name] = column
        if fault is not None:
            resisting.append(fault)
    for name in frame.columns:
        if str(name).startswith(SOURCE_PREFIX):
            columns[str(name)] = frame[name]
    plain = pd.DataFrame(columns, index=frame.index)
    if not contract.is_spatial:
        return plain, resisting
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        geometry = frame.geometry
        return gpd.GeoDataFrame(plain, geometry=geometry.to_numpy(), crs=geometry.crs), resisting
    empty = np.full(len(frame), None, dtype=object)
    return gpd.GeoDataFrame(plain, geometry=empty, crs=crs), resisting


def _nothing(index: pd.Index, field: Field) -> pd.Series:
    empty: pd.Series = pd.Series(None, index=index, dtype="object")
    return empty.astype(DTYPES[field.kind])  # type: ignore[call-overload,no-any-return]


def _understand(column: pd.Series, field: Field) -> tuple[pd.Series, Resisting | None]:
    """Understand a column; where its values are texts, each different one only once."""
    if column.isna().all():
        return _nothing(column.index, field), None
    if field.kind == "float" and column.dtype == np.dtype("float64"):
        if not np.isinf(column.to_numpy()).any():
            return column, None
        return _understood(column, field)
    if not _holds_texts(column):
        return _understood(column, field)
    if field.kind == "text" and not field.values:
        return _trimmed(column), None
    of_row, values = pd.factorize(column)
    once = pd.Series(np.asarray(values, dtype=object), dtype="object")
    typed, fault = _understood(once, field)
    whole = typed.take(np.where(of_row < 0, 0, of_row)) if len(once) else typed.reindex(of_row)
    whole = whole.set_axis(column.index).where(of_row >= 0)
    whole = whole.astype(DTYPES[field.kind])  # type: ignore[call-overload]
    if fault is None:
        return whole, None
    rows = tuple(int(p) for p in np.flatnonzero(np.isin(of_row, fault.positions)))
    examples = tuple(dict.fromkeys(str(column.iloc[p]) for p in rows[:3]))
    return whole, Resisting(fault.code, field.name, rows, examples)


def _holds_texts(column: pd.Series) -> bool:
    """Say whether all values are texts, so that equal ones mean the same."""
    return isinstance(column.dtype, pd.StringDtype) or (
        column.dtype == np.dtype(object)
        and pd.api.types.infer_dtype(column, skipna=True) == "string"
    )


def _trimmed(column: pd.Series) -> pd.Series:
    texts = column.astype("str").str.strip()
    return texts.where(texts.ne("").fillna(value=False).astype(bool))


def _understood(column: pd.Series, field: Field) -> tuple[pd.Series, Resisting | None]:
    missing = column.isna()
    if not pd.api.types.is_numeric_dtype(column.dtype):
        blank = [isinstance(value, str) and not value.strip() for value in column]
        missing |= pd.Series(blank, index=column.index, dtype=bool)
    present = column[~missing]
    if present.empty:
        return _nothing(column.index, field), None
    if field.kind in {"int", "float"}:
        values, code = as_numbers(present), "not_a_number"
        if field.kind == "int" and not values.isna().any() and (values % 1 != 0).any():
            values, code = values.where(values % 1 == 0), "not_an_integer"
    elif field.kind == "bool":
        values, code = present.map(_yes_no), "not_yes_no"
    elif field.kind == "date":
        values, code = present.map(_iso_date), "not_a_date"
    elif field.values:
        words = {label: code for code, labels in field.values.items() for label in (code, *labels)}
        values, code = present.map(lambda v: _codes(v, field, words)), "code_unknown"
    else:
        values, code = present.map(_text), "not_a_text"
    bad = values.isna()
    whole = pd.Series(None, index=column.index, dtype="object")
    whole.loc[values.index[~bad]] = values[~bad].to_numpy(dtype=object)
    typed = whole.astype(DTYPES[field.kind])  # type: ignore[call-overload]
    if not bad.any():
        return typed, None
    positions = np.flatnonzero(np.isin(np.asarray(column.index), np.asarray(present.index[bad])))
    examples = tuple(dict.fromkeys(str(value) for value in present[bad][:3]))
    return typed, Resisting(code, field.name, tuple(int(p) for p in positions), examples)


def as_numbers(values: pd.Series) -> pd.Series:
    """Read numbers, also where they are written as text.

    ``float64``; what is no finite number is missing.

    >>> as_numbers(pd.Series(["1,558.12", "１２", "约3"])).tolist()
    [1558.12, 12.0, nan]
    """
    if pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.astype("float64")
    else:
        texts = values.map(lambda v: unicodedata.normalize("NFKC", str(v)).strip().replace(",", ""))
        numbers = pd.to_numeric(texts, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def _yes_no(value: object) -> object:
    word = str(value).strip().lower()
    if word in TRUE_WORDS:
        return True
    return False if word in FALSE_WORDS else None


def _iso_date(value: object) -> object:
    if isinstance(value, datetime | pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = unicodedata.normalize("NFKC", str(value)).strip()
    match = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00:00.*)?", text)
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups())).isoformat()
    except ValueError:
        return None


def _codes(value: object, field: Field, words: dict[str, str]) -> object:
    items = re.split(r"[;；,，、]", str(value)) if field.kind == "list" else [str(value)]
    codes = [words.get(item.strip()) for item in items if item.strip()]
    if any(code is None for code in codes):
        return None
    return ";".join(str(code) for code in codes)


def _text(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    return text or None


EXAMPLES_IN_A_FAULT = 5
EXAMPLES_PER_COLUMN = 3


@dataclass(frozen=True)
class Fault:
    """One kind of fault and every row that has it.

    ``code``: What is wrong; key of the sentence in the catalogue.
    ``column``: Column at fault, ``geometry`` for shapes.
    ``rows``: Keys of the rows (the row number, from 1, where the key is missing).
    ``positions``: Row positions in the frame given.
    ``examples``: First values at fault, as text.
    """

    code: str
    column: str
    rows: tuple[str, ...]
    positions: tuple[int, ...]
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What validation found.

    ``accepted``: Rows that meet the contract, repaired where listed.
    ``quarantined``: Rows that don't, as given, with their positions as index.
    ``faults``: Every fault.
    ``repairs``: Every repaired outline of an accepted row, by row key.
    ``conformed``: All rows with the contract's columns and types, outlines repaired; positions as
      index.
    ``repaired``: Every repaired outline, of accepted rows or not.
    """

    accepted: pd.DataFrame
    quarantined: pd.DataFrame
    faults: tuple[Fault, ...]
    repairs: tuple[tuple[str, Repair], ...]
    conformed: pd.DataFrame
    repaired: tuple[Repair, ...]

    def raise_if_bad(self) -> None:
        """Raise ``contract_broken`` where any row failed."""
        if self.faults:
            first = self.faults[0]
            raise LayerError(
                "contract_broken", fault=first.code, column=first.column,
                rows=", ".join(first.rows[:EXAMPLES_IN_A_FAULT]),
            )  # fmt: skip


def validate(
    frame: pd.DataFrame,
    contract: Contract,
    crs: CRS | None = None,
    progress: Progress | None = None,
) -> Report:
    """Hold a frame against its contract and report everything at once.

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names (others begin with ``src_``).
    contract
        What the layer must be.
    crs
        System of the shapes where the frame carries none.
    progress
        Told the share done.

    Returns
    -------
    Report
        Accepted and quarantined rows, all faults, all repairs.
    """
    rows = frame.reset_index(drop=True)
    conformed, resisting = conform(rows, contract, crs, within(progress, 0.0, 0.4))
    repairs: list[Repair] = []
    knotted = np.zeros(len(rows), dtype=bool)
    if isinstance(conformed, gpd.GeoDataFrame):
        report(progress, 0.4)
        outlines = np.asarray(conformed.geometry.array, dtype=object)
        knotted = tangled(outlines, within(progress, 0.4, 0.6))
        mended, repairs = repair(outlines, within(progress, 0.6, 0.9), beyond=knotted)
        conformed = conformed.set_geometry(gpd.GeoSeries(mended, crs=conformed.crs))
    names = row_names(conformed, contract)
    faults = [
        Fault(r.code, r.column, tuple(names[p] for p in r.positions), r.positions, r.examples)
        for r in resisting
    ]
    faults += _column_faults(conformed, contract, names, within(progress, 0.9, 1.0))
    if isinstance(conformed, gpd.GeoDataFrame):
        faults += _shape_faults(conformed, contract, names, knotted)
    bad = np.zeros(len(rows), dtype=bool)
    for fault in faults:
        bad[list(fault.positions)] = True
    kept_repairs = tuple((names[r.position], r) for r in repairs if not bad[r.position])
    accepted = conformed[~bad] if bad.any() else conformed
    return Report(accepted, rows[bad], tuple(faults), kept_repairs, conformed, tuple(repairs))


def row_names(frame: pd.DataFrame, contract: Contract) -> list[str]:
    """Name each row by its key, by its number (from 1) where the key is missing."""
    columns = list(key_columns(contract))
    if len(columns) == 1:
        column = frame[columns[0]]
        is_text = isinstance(column.dtype, pd.StringDtype) and bool(column.notna().all())
        if is_text and column.str.strip("/").ne("").all():
            return list(column)
        names = column.astype("object").where(column.notna(), "").tolist()
        if all(map(_is_name, names)):
            return names
        return [text if text.strip("/") else f"#{p}" for p, text in enumerate(map(str, names), 1)]
    keys = frame[columns]
    texts = keys.astype("object").where(keys.notna(), "")
    joined = ("/".join(map(str, row)) for row in texts.itertuples(index=False, name=None))
    return [text if text.strip("/") else f"#{position + 1}" for position, text in enumerate(joined)]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value.strip("/") != ""


def _column_faults(
    frame: pd.DataFrame, contract: Contract, names: list[str], progress: Progress | None
) -> list[Fault]:
    """List missing values, values below the least, and keys that stand twice."""
    keys = list(key_columns(contract))
    faults = []
    for done, name in enumerate(contract.columns):
        report(progress, done / len(contract.columns))
        column, minimum = frame[name], contract.field(name).minimum
        is_missing = column.isna().to_numpy()
        if name in keys or name in contract.needed:
            faults += _rows_at_fault("value_missing", column, is_missing, names)
        if minimum is not None:
            is_low = (column < minimum).fillna(value=False).to_numpy(dtype=bool)
            faults += _rows_at_fault("below_minimum", column, is_low, names)
    has_key = frame[keys].notna().all(axis=1)
    is_twice = (frame.duplicated(keys, keep=False) & has_key).to_numpy()
    if is_twice.any():
        positions = tuple(np.flatnonzero(is_twice).tolist())
        faults.append(
            Fault("key_duplicate", "/".join(keys), tuple(names[p] for p in positions), positions)
        )
    return faults


def _rows_at_fault(
    code: str, column: pd.Series, is_bad: np.ndarray, names: list[str]
) -> list[Fault]:
    """List the fault of one column, with its first values; nothing where no row has it."""
    positions = tuple(np.flatnonzero(is_bad).tolist())
    if not positions:
        return []
    examples = tuple(dict.fromkeys(str(column.iloc[p]) for p in positions[:EXAMPLES_PER_COLUMN]))
    rows = tuple(names[p] for p in positions)
    return [Fault(code, str(column.name), rows, positions, examples)]


def _shape_faults(
    frame: gpd.GeoDataFrame, contract: Contract, names: list[str], knotted: np.ndarray
) -> list[Fault]:
    shapes = np.asarray(frame.geometry.array, dtype=object)
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    with np.errstate(invalid="ignore"):
        finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    types = frame.geometry.geom_type.to_numpy()
    wrong = ~missing & ~np.isin(types, list(GEOMETRY_TYPES[contract.geometry]))
    tests = {
        "geometry_missing": missing & ~knotted & (not contract.geometry_optional),
        "geometry_tangled": knotted,
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
