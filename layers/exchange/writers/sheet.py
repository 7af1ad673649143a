"""A list to write: rows, heading, words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.exchange.cells import MAX_CELL_CHARACTERS, as_text, show_control_characters
from layers.exchange.heading import ExportHeading, Language, column_title
from layers.exchange.readers.source import unique_names
from layers.fields import FIELDS, Field, split_list


@dataclass(frozen=True)
class Sheet:
    """One list or layer to write.

    Attributes
    ----------
    name
        Name of the sheet or layer.
    frame
        Rows with the vocabulary's column names; a GeoDataFrame where they have shapes.
    totals
        Columns summed in a last row, in spreadsheets and documents.
    printed
        Columns that a page of paper has room for, in order; empty for the first that fit. The
        others are named below the table.
    groups
        What stands in a row of its own above a column's heading, by column; neighbours of the same
        group share one cell. Spreadsheets and documents only.
    """

    name: str
    frame: pd.DataFrame
    totals: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


CUT_MARK = " …✂"
"""Stands at the end of a text that is longer than a cell can hold."""

FIRST_SHEET_YEAR = 1900
"""Spreadsheets know no date before; earlier ones are written as text."""

Cell = str | int | float | date | datetime | None


def display_table(
    frame: pd.DataFrame, heading: ExportHeading
) -> tuple[list[str], list[list[Cell]]]:
    """Turn a frame into headings and cells for a list.

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names; shapes are left out.
    heading
        Language, headings of other columns, and whether the data are a demonstration.

    Returns
    -------
    titles
        One heading per column, all different.
    columns
        The cells, column by column: texts, numbers, dates, None.
    """
    plain = pd.DataFrame(frame)
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        plain = plain.drop(columns=frame.active_geometry_name)
    titles = [column_title(str(name), heading) for name in plain.columns]
    columns = [_cells(plain[name], heading.language) for name in plain.columns]
    if heading.is_demo:
        titles.append(heading.labels["kind_of_data"])
        columns.append([heading.labels["demo"]] * len(plain))
    return unique_names(titles), columns


def _cells(column: pd.Series, language: Language) -> list[Cell]:
    entry = FIELDS.get(str(column.name))
    show = _formatter(entry, language)
    return [show(value) for value in column.astype("object")]


def _formatter(entry: Field | None, language: Language) -> Callable[[object], Cell]:
    kind = "" if entry is None else entry.kind
    words = {} if entry is None else entry.values
    position = 0 if language == "zh" else 1

    def display(value: object) -> Cell:
        if isinstance(value, bool | np.bool_):
            return _yes_no(bool(value), language)
        if isinstance(value, int | np.integer):
            return int(value)
        if isinstance(value, float | np.floating):
            return _number(float(value), kind)
        text = as_text(value)
        if text is None:
            return None
        if words:
            items = split_list(text) if kind == "list" else (text,)
            text = ";".join(words[i][position] if i in words else i for i in items)
        if kind in {"date", "timestamp"}:
            return _moment(text)
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            text = ";".join(value)
        return _fitting(show_control_characters(text))

    return display


def _yes_no(value: bool, language: Language) -> str:
    return {"zh": ("否", "是"), "en": ("no", "yes")}[language][value]


def _number(value: float, kind: str) -> Cell:
    if np.isnan(value):
        return None
    if np.isinf(value):
        return json.dumps(value)
    return int(value) if kind in {"int", "bool"} and value.is_integer() else value


def _moment(text: str) -> Cell:
    try:
        if len(text) == len("2024-04-01"):
            day = date.fromisoformat(text)
            return day if day.year >= FIRST_SHEET_YEAR else text
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _fitting(text)
    return moment if moment.tzinfo is None and moment.year >= FIRST_SHEET_YEAR else text


def _fitting(text: str) -> str:
    if len(text) <= MAX_CELL_CHARACTERS:
        return text
    return text[: MAX_CELL_CHARACTERS - len(CUT_MARK)] + CUT_MARK
