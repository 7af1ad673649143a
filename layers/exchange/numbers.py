"""Coordinates as they are typed into lists: plain numbers, and degrees with minutes and seconds."""

import re
import unicodedata

import numpy as np
import numpy.typing as npt
import pandas as pd

from layers.conform import as_numbers

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

    Parameters
    ----------
    column
        Cells as they stand.

    Returns
    -------
    array of n
        Numbers; NaN for what is no coordinate.

    Examples
    --------
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
