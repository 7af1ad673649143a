"""Frame + contract -> all faults."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.api.extensions import ExtensionArray, take
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

Array: TypeAlias = ExtensionArray | np.ndarray


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
    columns: dict[str, object] = {}
    blank: dict[str, Array] = {}
    for done, name in enumerate(contract.columns):
        report(progress, done / len(contract.columns))
        field = contract.field(name)
        column, fault = None, None
        if name in frame.columns:
            column, fault = _understand(frame[name], field)
        if column is None:
            dtype = DTYPES[field.kind]
            if dtype not in blank:
                blank[dtype] = _typed(np.full(len(frame), None, dtype=object), field)
            column = blank[dtype]
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


# Columns are worked on as arrays: a small frame would spend nearly all its time on the making of
# Series otherwise, and small frames are many.


def _typed(values: np.ndarray, field: Field) -> Array:
    if field.kind == "float":
        return values.astype("float64")
    return pd.array(values, dtype=DTYPES[field.kind])  # type: ignore[call-overload,no-any-return]


def _understand(column: pd.Series, field: Field) -> tuple[Array | None, Resisting | None]:
    """Understand a column, each different text only once; None where it holds nothing."""
    if np.asarray(column.array.isna()).all():
        return None, None
    as_is = _of_its_kind(column, field)
    if as_is is not None:
        return as_is, None
    if not _holds_texts(column):
        return _understood(column, field)
    if field.kind == "text" and not field.values:
        return _trimmed(column), None
    of_row, values = pd.factorize(column.array)
    once = pd.Series(np.asarray(values, dtype=object), dtype="object")
    typed, fault = _understood(once, field)
    if typed is None:
        return None, None
    whole: Array = take(typed, of_row, allow_fill=True)
    if fault is None:
        return whole, None
    rows = tuple(int(p) for p in np.flatnonzero(np.isin(of_row, fault.positions)))
    examples = tuple(dict.fromkeys(str(column.iloc[p]) for p in rows[:3]))
    return whole, Resisting(fault.code, field.name, rows, examples)


def _of_its_kind(column: pd.Series, field: Field) -> Array | None:
    """Give the values of a column that holds what the field asks for, None for any other."""
    dtype = column.dtype
    if field.kind == "float" and dtype == np.dtype("float64"):
        numbers = column.to_numpy()
        return None if np.isinf(numbers).any() else numbers
    if field.kind == "int" and pd.api.types.is_integer_dtype(dtype):
        return cast("Array", column.array.astype("Int64"))
    if field.kind == "bool" and pd.api.types.is_bool_dtype(dtype):
        return cast("Array", column.array.astype("boolean"))
    return None


def _holds_texts(column: pd.Series) -> bool:
    """Say whether all values are texts, so that equal ones mean the same."""
    return isinstance(column.dtype, pd.StringDtype) or (
        column.dtype == np.dtype(object)
        and pd.api.types.infer_dtype(column, skipna=True) == "string"
    )


def _trimmed(column: pd.Series) -> Array:
    if column.dtype == np.dtype(object):
        stripped = [
            None if is_missing else value.strip() or None
            for value, is_missing in zip(column.tolist(), column.isna(), strict=True)
        ]
        return cast("Array", pd.array(stripped, dtype="str"))
    texts = column.astype("str").str.strip()
    is_blank = texts.eq("").to_numpy(dtype=bool)
    return texts.where(~is_blank).array if is_blank.any() else texts.array


def _understood(column: pd.Series, field: Field) -> tuple[Array | None, Resisting | None]:
    is_missing = np.asarray(column.array.isna())
    if not pd.api.types.is_numeric_dtype(column.dtype):
        is_missing = is_missing | np.fromiter(
            (isinstance(value, str) and not value.strip() for value in column), bool, len(column)
        )
    present = column[~is_missing] if is_missing.any() else column
    if present.empty:
        return None, None
    values, code = _read(present, field)
    is_bad = pd.isna(values)
    whole = np.full(len(column), None, dtype=object)
    places = np.flatnonzero(~is_missing)
    whole[places[~is_bad]] = values[~is_bad]
    typed = _typed(whole, field)
    if not is_bad.any():
        return typed, None
    examples = tuple(dict.fromkeys(str(value) for value in present[is_bad][:3]))
    positions = tuple(int(p) for p in places[is_bad])
    return typed, Resisting(code, field.name, positions, examples)


def _read(present: pd.Series, field: Field) -> tuple[np.ndarray, str]:
    """Read the values that are there; those that resist are missing, and what they are called."""
    if field.kind in {"int", "float"}:
        numbers, code = as_numbers(present).to_numpy(), "not_a_number"
        if field.kind == "int" and not np.isnan(numbers).any() and (numbers % 1 != 0).any():
            numbers, code = np.where(numbers % 1 == 0, numbers, np.nan), "not_an_integer"
        return numbers, code
    if field.kind == "bool":
        return _each(present, _yes_no), "not_yes_no"
    if field.kind == "date":
        return _each(present, iso_date), "not_a_date"
    if field.values:
        words = {label: code for code, labels in field.values.items() for label in (code, *labels)}
        return _each(present, lambda v: _codes(v, field, words)), "code_unknown"
    return _each(present, _text), "not_a_text"


def _each(values: pd.Series, read: Callable[[object], object]) -> np.ndarray:
    return np.fromiter((read(value) for value in values), dtype=object, count=len(values))


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


def iso_date(value: object) -> object:
    """Read a day as ISO text; None where it is none."""
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
            return cast("list[str]", column.tolist())
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
