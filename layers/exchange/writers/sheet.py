"""A list to write: rows, heading, words."""

import json
import math
import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from geo.tools import show_control_characters
from layers.exchange.heading import MAX_CELL_CHARACTERS, ExportHeading, Language, column_title
from layers.exchange.readers.source import unique_names
from layers.fields import FIELDS, Field, split_list

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Sheet:
    """One list or layer to write.

    ``name``: Name of the sheet or layer.
    ``frame``: Rows with the vocabulary's column names; a GeoDataFrame where they have shapes.
    ``totals``: Columns summed in a last row, in spreadsheets and documents.
    ``printed``: Columns that a page of paper has room for, in order; empty for the first that
      fit. The others are named below the table.
    ``groups``: What stands in a row of its own above a column's heading, by column; neighbours of
      the same group share one cell. Spreadsheets and documents only.
    ``key``: What whoever made the list calls it, the same in every language; never written.
    """

    name: str
    frame: "pd.DataFrame"
    totals: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    key: str = ""


CUT_MARK = " …✂"
"""Stands at the end of a text that is longer than a cell can hold."""

FIRST_SHEET_YEAR = 1900
"""Spreadsheets know no date before; earlier ones are written as text."""

Cell = str | int | float | date | datetime | None


Columns = Mapping[str, Sequence[object]]
"""Values of a list by the name of their column; as many in each."""


def columns_of(frame: "pd.DataFrame") -> Columns:
    """List the values of a frame column by column, without its shapes.

    Parameters
    ----------
    frame
        Rows with the vocabulary's column names.

    Returns
    -------
    mapping of str to list
        The values by the name of their column.
    """
    shapes = getattr(frame, "active_geometry_name", None)
    names = [name for name in frame.columns if name != shapes]
    return {str(name): list(frame[name].astype("object")) for name in names}


def display_table(
    table: "pd.DataFrame | Columns", heading: ExportHeading
) -> tuple[list[str], list[list[Cell]]]:
    """Turn a frame into headings and cells for a list.

    Parameters
    ----------
    table
        Rows, or values by column, with the vocabulary's column names; shapes are left out.
    heading
        Language, headings of other columns, and whether the data are a demonstration.

    Returns
    -------
    titles
        One heading per column, all different.
    columns
        The cells, column by column: texts, numbers, dates, None.
    """
    values = table if isinstance(table, Mapping) else columns_of(table)
    titles = [column_title(name, heading) for name in values]
    columns = [_cells(name, column, heading.language) for name, column in values.items()]
    if heading.is_demo:
        titles.append(heading.labels["kind_of_data"])
        rows = len(table if not isinstance(table, Mapping) else next(iter(columns), ()))
        columns.append([heading.labels["demo"]] * rows)
    return unique_names(titles), columns


def _cells(name: str, values: Iterable[object], language: Language) -> list[Cell]:
    show = _formatter(FIELDS.get(name), language)
    return [show(value) for value in values]


def _formatter(entry: Field | None, language: Language) -> Callable[[object], Cell]:
    kind = "" if entry is None else entry.kind
    words = {} if entry is None else entry.values
    position = 0 if language == "zh" else 1

    def display(value: object) -> Cell:
        if not isinstance(value, str):
            if isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", "") == "b":
                return _yes_no(bool(value), language)
            if isinstance(value, numbers.Integral):
                return int(value)
            if isinstance(value, numbers.Real):
                return _number(float(value), kind)
        text = _text(value)
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


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    from layers.exchange.cells import as_text

    return as_text(value)


def _yes_no(value: bool, language: Language) -> str:
    return {"zh": ("否", "是"), "en": ("no", "yes")}[language][value]


def _number(value: float, kind: str) -> Cell:
    if math.isnan(value):
        return None
    if math.isinf(value):
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
