"""Cells and typed numbers."""

import json
import re
import unicodedata
from datetime import date, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo.tools import show_control_characters
from layers.exchange.heading import MAX_CELL_CHARACTERS
from layers.fields import SOURCE_PREFIX
from layers.validate import as_numbers

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""A text that begins with one of these could run as a formula in a spreadsheet program."""

_HIDDEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{FFFE}\x{FFFF}]"


def hidden_characters(column: pd.Series) -> pd.Series:
    """Say which texts of a column hold characters that files can't carry.

    True for a text that ``show_control_characters`` changes.
    """
    if isinstance(column.dtype, pd.StringDtype):
        matches = pc.match_substring_regex(pa.array(column, from_pandas=True), _HIDDEN)
        flags = pc.fill_null(matches, fill_value=False)
        return pd.Series(flags.to_numpy(zero_copy_only=False), index=column.index)
    return column.map(lambda v: isinstance(v, str) and show_control_characters(v) != v).astype(bool)


def long_texts(column: pd.Series) -> pd.Series:
    """Say which texts of a column are longer than a cell holds."""
    if isinstance(column.dtype, pd.StringDtype):
        return (column.str.len() > MAX_CELL_CHARACTERS).fillna(value=False).astype(bool)
    return column.map(lambda v: isinstance(v, str) and len(v) > MAX_CELL_CHARACTERS).astype(bool)


def could_run(text: str) -> bool:
    """Say whether a spreadsheet program could take a text for a formula.

    True where it must be written so that it can't.

    >>> could_run("=HYPERLINK(1)"), could_run("地块 1")
    (True, False)
    """
    return text.startswith(FORMULA_STARTS)


def as_text(value: object) -> str | None:
    """Write any value of a file as text that says the same.

    ``value``: A number, date, list, shape, … or a missing value.

    The text, None for a missing value.

    >>> as_text(330402.0), as_text([1, "a"]), as_text(float("nan"))
    ('330402', '[1, "a"]', None)
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | dict | np.ndarray):
        plain = value.tolist() if isinstance(value, np.ndarray) else value
        return json.dumps(plain, ensure_ascii=False, default=str)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, shapely.Geometry):
        return str(shapely.to_wkt(value, rounding_precision=-1))
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def is_text_column(column: pd.Series) -> bool:
    """Say whether a column may hold text."""
    return pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)


_SEXAGESIMAL = re.compile(
    r"[东北EN]?\s*([0-9]{1,3})\s*[°度]\s*([0-9]{1,2})\s*['′分]\s*"
    r"(?:([0-9]{1,2}(?:\.[0-9]{1,12})?)\s*(?:[\"″秒]|''|′′)?)?\s*[EN]?",
    re.IGNORECASE,
)
_DECORATED = re.compile(
    r"(?:[东北]?[经纬]?|[EN])\s*([0-9]{1,3}(?:\.[0-9]{1,15})?)\s*[°度]?\s*[EN]?", re.IGNORECASE
)


def coordinate_numbers(column: pd.Series) -> npt.NDArray[np.float64]:
    """Read a column of coordinates.

    Numbers; NaN for what is no coordinate.

    >>> coordinate_numbers(pd.Series(["571815.366", "120°45′00″", "东经120.75°", "x"])).tolist()
    [571815.366, 120.75, 120.75, nan]
    """
    numbers = as_numbers(column).to_numpy(dtype=np.float64).copy()
    for position in np.flatnonzero(~np.isfinite(numbers)):
        value = column.iloc[position]
        if isinstance(value, str):
            numbers[position] = _degrees(value)
    return numbers


def _degrees(text: str) -> float:
    # NFKC takes the signs of minutes and seconds apart, so widths are made equal only for digits.
    plain = "".join(
        unicodedata.normalize("NFKC", sign) if sign not in "°′″" else sign for sign in text.strip()
    )
    match = _SEXAGESIMAL.fullmatch(plain.replace("东经", "").replace("北纬", ""))
    if match is not None:
        minutes, seconds = float(match[2]), float(match[3] or 0)
        if minutes < 60 and seconds < 60:
            return float(match[1]) + minutes / 60 + seconds / 3600
        return float("nan")
    match = _DECORATED.fullmatch(plain)
    return float(match[1]) if match else float("nan")


def unmapped_values(values: pd.Series) -> pd.Series:
    """Turn a column the vocabulary doesn't know into numbers or text, nothing else.

    ``int64`` or ``float64`` where the file's column is so typed, ``str`` otherwise.
    """
    plain = isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf"
    if plain and values.dtype != np.uint64:
        return values.astype("float64" if values.dtype.kind == "f" else "int64")
    if isinstance(values.dtype, pd.StringDtype):
        return values.astype("str")
    return values.map(as_text).astype("object").astype("str")


def join_unmapped_columns(frame: pd.DataFrame, existing: pd.DataFrame) -> pd.DataFrame:
    """Make the unmapped columns of new rows fit beside those the layer has already.

    An unmapped column takes the spelling it has in the layer, and becomes text (or moves to a name
    of its own) where numbers would meet text.
    """
    spelled = {str(n).casefold(): str(n) for n in existing.columns if _is_unmapped(str(n))}
    for name in [str(n) for n in frame.columns if _is_unmapped(str(n))]:
        same = spelled.get(name.casefold())
        if same is None:
            continue
        if _is_number(frame[name]) and not _is_number(existing[same]):
            frame = frame.assign(**{name: unmapped_values(frame[name].astype("object"))})
        elif _is_number(existing[same]) and not _is_number(frame[name]):
            same = _free_name(same, frame, existing)
        frame = frame.rename(columns={name: same})
    return frame


def _free_name(name: str, frame: pd.DataFrame, existing: pd.DataFrame) -> str:
    """Find a numbered name for text that can't stand in a column of numbers."""
    here = {str(column).casefold() for column in frame.columns}
    there = {str(column).casefold(): str(column) for column in existing.columns}
    number = 2
    while True:
        candidate = f"{name}_{number}"
        known = there.get(candidate.casefold())
        if candidate.casefold() not in here and (known is None or not _is_number(existing[known])):
            return known or candidate
        number += 1


def _is_unmapped(name: str) -> bool:
    return name.startswith(SOURCE_PREFIX)


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype))
