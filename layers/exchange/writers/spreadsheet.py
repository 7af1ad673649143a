"""How lists are written as a spreadsheet that can be printed and handed in as it is."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.worksheet import Worksheet

from geo.tools import show_control_characters
from layers.errors import LayerError
from layers.exchange.cells import could_run
from layers.exchange.heading import ExportHeading
from layers.exchange.readers.source import unique_names
from layers.exchange.writers.sheet import Cell, Sheet, display_table
from layers.fields import FIELDS

MAX_SHEET_ROWS = 1_048_576
MAX_WIDTH = 48
ROWS_MEASURED = 200

_EDGE = Side(style="thin", color="BFBFBF")
_BORDER = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
_HEADER_FILL = PatternFill("solid", fgColor="DCE6F1")
_TOTAL_FILL = PatternFill("solid", fgColor="F2F2F2")
_BOLD = Font(bold=True)
_RED = Font(bold=True, color="C00000")
_WRAPPED = Alignment(horizontal="center", vertical="center", wrap_text=True)
_TOP = Alignment(vertical="top", wrap_text=True)


def write_xlsx(path: Path, sheets: Sequence[Sheet], heading: ExportHeading) -> None:
    """Write lists and the sheet of their sources into one spreadsheet.

    Raises LayerError: ``rows_exceed_sheet``.
    """
    book = Workbook(write_only=True)
    names = _sheet_names([sheet.name for sheet in sheets], heading)
    for sheet, name in zip(sheets, names, strict=True):
        if len(sheet.frame) + 2 > MAX_SHEET_ROWS:
            raise LayerError("rows_exceed_sheet", count=len(sheet.frame), limit=MAX_SHEET_ROWS - 2)
        _write_list(book, name, sheet, heading)
    _write_sources(book, heading)
    book.save(path)


def _write_list(book: Workbook, name: str, sheet: Sheet, heading: ExportHeading) -> None:
    titles, columns = display_table(sheet.frame, heading)
    page = book.create_sheet(name)
    last = get_column_letter(max(len(titles), 1))
    deep = 2 if sheet.groups else 1
    page.freeze_panes = f"B{deep + 1}"
    page.auto_filter.ref = f"A{deep}:{last}{len(sheet.frame) + deep}"
    _set_up_print(page, heading, deep)
    for position, (title, cells) in enumerate(zip(titles, columns, strict=True), start=1):
        # Headings under groups may break: such tables have many narrow columns.
        shortest = title[: (len(title) + 1) // 2] if sheet.groups else title
        page.column_dimensions[get_column_letter(position)].width = _width(shortest, cells)
    if sheet.groups:
        # Set by hand: a row's height must be known before it is written, and headings break.
        page.row_dimensions[1].height, page.row_dimensions[2].height = 18, 44
        _write_groups(page, sheet, titles)
    page.append([_text_cell(page, title, _BOLD, _HEADER_FILL, _WRAPPED) for title in titles])
    formats = [_number_format(str(n)) for n in sheet.frame.columns if n != "geometry"]
    formats += [None] * (len(titles) - len(formats))
    styles: dict[object, Any] = {}
    for row in zip(*columns, strict=True):
        page.append(
            [_cell(page, value, form, styles) for value, form in zip(row, formats, strict=True)]
        )
    if sheet.totals:
        page.append(_totals(page, sheet, titles, formats, heading))


def _write_groups(page: Any, sheet: Sheet, titles: list[str]) -> None:  # noqa: ANN401
    """Write the row above the headings; a filter stands in the row below, so that stays whole."""
    names = [str(name) for name in sheet.frame.columns if name != "geometry"]
    groups = [sheet.groups.get(name, "") for name in names]
    groups += [""] * (len(titles) - len(groups))
    row = []
    for group, members in groupby(range(len(groups)), key=lambda position: groups[position]):
        places = list(members)
        row += [_text_cell(page, text, _BOLD, _HEADER_FILL, _WRAPPED)
                for text in (group, *[""] * (len(places) - 1))]  # fmt: skip
        if group and len(places) > 1:
            first, last = (get_column_letter(at + 1) for at in (places[0], places[-1]))
            page.merged_cells.add(f"{first}1:{last}1")
    page.append(row)


def _cell(page: Any, value: Cell, form: str | None, styles: dict[object, Any]) -> Any:  # noqa: ANN401
    """Make a cell; the look of each kind is worked out once."""
    if isinstance(value, str):
        runs = could_run(value)
        kind: object = ("text", runs)
    elif isinstance(value, datetime):
        runs, kind, form = False, "moment", "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        runs, kind, form = False, "date", "yyyy-mm-dd"
    else:
        runs, kind = False, form
    cell = WriteOnlyCell(page, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula, never an error value
    if kind in styles:
        # Setting border and format cell by cell takes nearly twice the time.
        cell._style = styles[kind]
        return cell
    cell.border = _BORDER
    if form is not None and not isinstance(value, str):
        cell.number_format = form
    if runs:
        cell.quotePrefix = True
    styles[kind] = cell._style
    return cell


def _text_cell(page: Any, text: str, font: Any, fill: Any, alignment: Any) -> Any:  # noqa: ANN401
    cell = WriteOnlyCell(page, value=show_control_characters(text))
    cell.data_type = "s"
    if could_run(text):
        cell.quotePrefix = True
    cell.border = _BORDER
    if font is not None:
        cell.font = font
    if fill is not None:
        cell.fill = fill
    if alignment is not None:
        cell.alignment = alignment
    return cell


def _totals(
    page: Any,  # noqa: ANN401
    sheet: Sheet,
    titles: list[str],
    formats: list[str | None],
    heading: ExportHeading,
) -> list[Any]:
    names = [str(name) for name in sheet.frame.columns if name != "geometry"]
    row = []
    for position in range(len(titles)):
        name = names[position] if position < len(names) else ""
        summed = name in sheet.totals
        value: Cell = heading.labels["total"] if position == 0 else None
        if summed:
            value = float(pd.to_numeric(sheet.frame[name]).sum())
        cell = WriteOnlyCell(page, value=value)
        cell.font, cell.fill, cell.border = _BOLD, _TOTAL_FILL, _BORDER
        if summed and formats[position] is not None:
            cell.number_format = formats[position]
        row.append(cell)
    return row


def _write_sources(book: Workbook, heading: ExportHeading) -> None:
    labels = heading.labels
    page = book.create_sheet(labels["sources"])
    page.freeze_panes = "A2"
    _set_up_print(page, heading)
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 24, 90
    head = [labels["item"], labels["content"]]
    page.append([_text_cell(page, text, _BOLD, _HEADER_FILL, _WRAPPED) for text in head])
    for word, text in heading.lines():
        font = _RED if heading.is_demo and text == labels["demo"] else None
        page.append([_text_cell(page, str(part), font, None, _TOP) for part in (word, text)])


def _set_up_print(page: Any, heading: ExportHeading, deep: int = 1) -> None:  # noqa: ANN401
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = Worksheet.PAPERSIZE_A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.page_margins = PageMargins(left=0.4, right=0.4, top=0.8, bottom=0.6)
    page.print_title_rows = f"1:{deep}"
    mark = f"  【{heading.labels['demo']}】" if heading.is_demo else ""
    page.oddHeader.center.text = (heading.title + mark).replace("&", "&&")
    page.oddFooter.center.text = "&P / &N"


def _number_format(name: str) -> str | None:
    if name.endswith("_share"):
        return "0.0%"
    entry = FIELDS.get(name)
    if entry is None:
        return None
    if entry.kind == "int" or entry.unit in {"人", "kWh"}:
        return "0" if entry.kind == "int" else "#,##0"
    if entry.kind == "float":
        return "#,##0.00" if entry.unit else "0.###"
    return None


def _width(title: str, cells: Sequence[Cell]) -> float:
    longest = max((_columns(_as_seen(cell)) for cell in cells[:ROWS_MEASURED]), default=0)
    return float(min(max(longest, _columns(title), 6) + 2, MAX_WIDTH))


def _as_seen(cell: Cell) -> str:
    return f"{cell:,.2f}" if isinstance(cell, float) else "" if cell is None else str(cell)


def _columns(text: str) -> int:
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text[:100])


def _sheet_names(names: Sequence[str], heading: ExportHeading) -> list[str]:
    mark = f"{heading.labels['demo']} " if heading.is_demo else ""
    room = 31 - len(mark) - 3
    bare = [re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:room] or "1" for name in names]
    sources = heading.labels["sources"].casefold()
    return unique_names(
        mark + (name if name.casefold() != sources else f"{name} 1") for name in bare
    )
