"""How columns that the vocabulary doesn't know are named and kept beside each other."""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

from layers.conform import SOURCE_PREFIX
from layers.exchange.cells import as_text

LONGEST_KEPT_NAME = 60


def kept_names(columns: Iterable[str]) -> dict[str, str]:
    """Name the columns that the vocabulary doesn't know.

    Parameters
    ----------
    columns
        Names as they stand in the file, all different.

    Returns
    -------
    dict
        File column -> ``src_<name>`` of letters, digits and ``_``, different whatever the case.

    Examples
    --------
    >>> kept_names(["计划 (2024)", "计划(2024)", "src_x"])
    {'计划 (2024)': 'src_计划_2024', '计划(2024)': 'src_计划_2024_2', 'src_x': 'src_x'}
    """
    kept: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        text = unicodedata.normalize("NFKC", column)
        bare = re.sub(r"\W+", "_", text).strip("_") or "column"
        base = bare if bare.casefold().startswith(SOURCE_PREFIX) else SOURCE_PREFIX + bare
        base = SOURCE_PREFIX + base[len(SOURCE_PREFIX) :][:LONGEST_KEPT_NAME]
        candidate, number = base, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{base}_{number}"
        taken.add(candidate.casefold())
        kept[column] = candidate
    return kept


def kept_values(values: pd.Series) -> pd.Series:
    """Turn a column the vocabulary doesn't know into numbers or text, nothing else.

    Parameters
    ----------
    values
        Column as read.

    Returns
    -------
    Series
        ``int64`` or ``float64`` where the file's column is so typed, ``str`` otherwise.
    """
    plain = isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf"
    if plain and values.dtype != np.uint64:
        return values.astype("float64" if values.dtype.kind == "f" else "int64")
    if isinstance(values.dtype, pd.StringDtype):
        return values.astype("str")
    return values.map(as_text).astype("object").astype("str")


def join_kept_columns(frame: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """Make the kept columns of new rows fit beside those the layer has already.

    Parameters
    ----------
    frame
        New rows.
    held
        Rows of the layer.

    Returns
    -------
    DataFrame
        New rows; a kept column takes the spelling it has in the layer, and becomes text (or moves
        to a name of its own) where numbers would meet text.
    """
    spelled = {str(n).casefold(): str(n) for n in held.columns if _is_kept(str(n))}
    for name in [str(n) for n in frame.columns if _is_kept(str(n))]:
        same = spelled.get(name.casefold())
        if same is None:
            continue
        if _is_number(frame[name]) and not _is_number(held[same]):
            frame = frame.assign(**{name: kept_values(frame[name].astype("object"))})
        elif _is_number(held[same]) and not _is_number(frame[name]):
            same = _free_name(same, frame, held)
        frame = frame.rename(columns={name: same})
    return frame


def _free_name(name: str, frame: pd.DataFrame, held: pd.DataFrame) -> str:
    """Find a numbered name for text that can't stand in a column of numbers."""
    here = {str(column).casefold() for column in frame.columns}
    there = {str(column).casefold(): str(column) for column in held.columns}
    number = 2
    while True:
        candidate = f"{name}_{number}"
        known = there.get(candidate.casefold())
        if candidate.casefold() not in here and (known is None or not _is_number(held[known])):
            return known or candidate
        number += 1


def _is_kept(name: str) -> bool:
    return name.startswith(SOURCE_PREFIX)


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype))
