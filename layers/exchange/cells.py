"""What may stand in one cell of a file: hostile characters shown, formulas disarmed."""

import json
from datetime import date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

MAX_CELL_CHARACTERS = 32_767
"""What one cell of a spreadsheet holds; a longer text is a fault of its row."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""A text that begins with one of these could run as a formula in a spreadsheet program."""

_NO_PICTURE = (0xFFFE, 0xFFFF, *range(0xD800, 0xE000))
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D)}
_HIDDEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{FFFE}\x{FFFF}]"
_PICTURES |= dict.fromkeys(_NO_PICTURE, 0xFFFD) | {0x7F: 0x2421}


def show_control_characters(text: str) -> str:
    r"""Put a visible picture in the place of each character that files can't carry.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        The text; tab and line ends stay.

    Examples
    --------
    >>> show_control_characters("A\x00B\x1f")
    'A␀B␟'
    """
    return text.translate(_PICTURES)


def hidden_characters(column: pd.Series) -> pd.Series:
    """Say which texts of a column hold characters that files can't carry.

    Parameters
    ----------
    column
        Values of any kind, n.

    Returns
    -------
    Series of bool
        True for a text that ``show_control_characters`` changes.
    """
    if isinstance(column.dtype, pd.StringDtype):
        held = pc.match_substring_regex(pa.array(column, from_pandas=True), _HIDDEN)
        flags = pc.fill_null(held, fill_value=False)
        return pd.Series(flags.to_numpy(zero_copy_only=False), index=column.index)
    return column.map(lambda v: isinstance(v, str) and show_control_characters(v) != v).astype(bool)


def long_texts(column: pd.Series) -> pd.Series:
    """Say which texts of a column are longer than a cell holds."""
    if isinstance(column.dtype, pd.StringDtype):
        return (column.str.len() > MAX_CELL_CHARACTERS).fillna(value=False).astype(bool)
    return column.map(lambda v: isinstance(v, str) and len(v) > MAX_CELL_CHARACTERS).astype(bool)


def could_run(text: str) -> bool:
    """Say whether a spreadsheet program could take a text for a formula.

    Parameters
    ----------
    text
        Content of a cell.

    Returns
    -------
    bool
        True where it must be written so that it can't.

    Examples
    --------
    >>> could_run("=HYPERLINK(1)"), could_run("地块 1")
    (True, False)
    """
    return text.startswith(FORMULA_STARTS)


def as_text(value: object) -> str | None:
    """Write any value of a file as text that says the same.

    Parameters
    ----------
    value
        A number, date, list, shape, … or a missing value.

    Returns
    -------
    str or None
        The text, None for a missing value.

    Examples
    --------
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
