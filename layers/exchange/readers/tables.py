"""What a CSV file or a spreadsheet holds: header row, rows, nothing guessed about types."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from geo.limits import MAX_BOOK_BYTES, MAX_BOOK_ROWS, MAX_COLUMNS, MAX_LIST_BYTES, MAX_LIST_ROWS
from geo.tools import Progress, batches, report, within
from layers.errors import LayerError
from layers.exchange.cells import FORMULA_STARTS
from layers.exchange.heading import LABELS
from layers.exchange.readers.archive import open_archive
from layers.exchange.readers.encoding import decode_file
from layers.exchange.readers.source import Content, Evidence, unique_names
from layers.exchange.readers.vector import choose_layer

TOTALS_WORDS = frozenset({"合计", "总计", "total", "totals"})

_BROKEN_BOOK = (
    KeyError, ValueError, TypeError, OSError, AttributeError, SyntaxError, IndexError, EOFError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
ROWS_BETWEEN = 50_000
"""Between so many rows a listener hears of the work and may end it."""

_SEPARATORS = (",", "\t", ";")


def read_csv(path: Path, encoding: str | None, progress: Progress | None = None) -> Content:
    """Read a CSV file; every cell stays the text it is.

    ``encoding``: Stated encoding; else the file's mark, else UTF-8, else GB18030.
    ``progress``: Told the share done.

    Raises LayerError: ``not_a_gis_file``, ``encoding_wrong``, ``file_empty``, ``file_unreadable``,
    ``columns_too_many``, ``rows_too_many``, ``file_too_large``.
    """
    if path.stat().st_size > MAX_LIST_BYTES:
        raise LayerError(
            "file_too_large", path=path.name, megabytes=path.stat().st_size // 1024**2,
            limit=MAX_LIST_BYTES // 1024**2,
        )  # fmt: skip
    text, used, evidence = decode_file(path, encoding)
    first_line = text.lstrip().partition("\n")[0]
    separator = max(_SEPARATORS, key=first_line.count)
    lines = io.StringIO(text, newline="")
    try:
        # Not strict, an unclosed quotation mark would swallow all rows behind it.
        reader = csv.reader(lines, delimiter=separator, strict=True)
        rows = _limited(path, reader, within(progress, 0.0, 0.5))
    except csv.Error as error:
        raise LayerError("file_unreadable", path=path.name, detail=str(error)) from error
    frame, notes = _table(path, rows, within(progress, 0.5, 0.9))
    disarmed = tuple(f"'{start}" for start in FORMULA_STARTS)
    marks = 0
    for done, name in enumerate(frame.columns):
        report(progress, 0.9 + 0.1 * done / len(frame.columns))
        marked = [isinstance(v, str) and v.startswith(disarmed) for v in frame[name].tolist()]
        if any(marked):
            frame.loc[marked, name] = frame.loc[marked, name].str[1:]
            marks += sum(marked)
    if marks:
        notes = (*notes, Evidence.of("text_marks_removed", count=marks))
    return Content(frame, (*evidence, *notes), encoding=used)


def _limited(path: Path, rows: Iterable[list[Any]], progress: Progress | None) -> list[list[Any]]:
    """Take up to ``MAX_LIST_ROWS`` rows (``rows_too_many``)."""
    taken: list[list[Any]] = []
    for row in rows:
        if len(taken) == MAX_LIST_ROWS:
            raise LayerError("rows_too_many", path=path.name, limit=MAX_LIST_ROWS)
        if len(taken) % ROWS_BETWEEN == 0:
            report(progress, len(taken) / MAX_LIST_ROWS)
        taken.append(row)
    return taken


def read_xlsx(path: Path, sheet: str | None) -> Content:
    """Read one sheet of a spreadsheet; cells keep the types they have there.

    ``path``: An existing ``.xlsx`` file.
    ``sheet``: Its name, None where only one sheet has content (the sheet of sources doesn't
      count).

    Its rows: the header is the first row with two cells or more; a last row that begins with 合计
    is left out and listed.

    Raises LayerError: ``not_a_gis_file``, ``archive_too_large``, ``file_unreadable``,
    ``file_empty``, ``source_layer_needed``, ``source_layer_unknown``.
    """
    open_archive(path, "XLSX", MAX_BOOK_BYTES).close()
    try:
        from openpyxl import load_workbook  # loaded only where it is used, for a quicker start

        book = load_workbook(path, read_only=True, data_only=True)
    except _BROKEN_BOOK as error:
        raise LayerError("not_a_gis_file", path=path.name, format="XLSX") from error
    try:
        source_titles = {labels["sources"] for labels in LABELS.values()}
        sheets = {page.title: page for page in book.worksheets}
        contents = {}
        for title, page in sheets.items():
            if title in source_titles and sheet != title:
                continue
            page.reset_dimensions()  # a file may claim any size for a sheet
            contents[title] = _rows_of(path, page)
    except _BROKEN_BOOK as error:
        raise LayerError("file_unreadable", path=path.name, detail=str(error)[:200]) from error
    finally:
        book.close()
    filled = [title for title, rows in contents.items() if rows]
    chosen = choose_layer(path, filled, sheet)
    frame, notes = _table(path, contents[chosen])
    return Content(
        frame, (Evidence.of("source_layer", layer=chosen), *notes), layers=tuple(filled)
    )  # fmt: skip


def _rows_of(path: Path, page: Any) -> list[list[Any]]:  # noqa: ANN401
    rows = []
    for row in page.iter_rows(values_only=True):
        if len(row) > MAX_COLUMNS and any(cell is not None for cell in row[MAX_COLUMNS:]):
            raise LayerError("columns_too_many", path=path.name, limit=MAX_COLUMNS)
        rows.append(list(row[:MAX_COLUMNS]))
        if len(rows) > MAX_BOOK_ROWS:
            raise LayerError("rows_too_many", path=path.name, limit=MAX_BOOK_ROWS)
    while rows and all(_blank(cell) for cell in rows[-1]):
        rows.pop()
    return rows


def _table(
    path: Path, rows: list[list[Any]], progress: Progress | None = None
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    counts = [
        sum(not _blank(cell) for cell in row)
        for batch in batches(len(rows), ROWS_BETWEEN, within(progress, 0.0, 0.4))
        for row in rows[batch]
    ]
    least = min(2, max(counts, default=0))
    if least == 0:
        raise LayerError("file_empty", path=path.name)
    top = next(position for position, count in enumerate(counts) if count >= least)
    notes: list[Evidence] = []
    if top:
        notes.append(Evidence.of("header_row", row=top + 1))
    body = [
        (position, row)
        for position, (row, count) in enumerate(zip(rows, counts, strict=True))
        if position > top and count
    ]
    if len(body) > 1 and _is_total(body[-1][1]):
        notes.append(Evidence.of("totals_row_left_out", row=body[-1][0] + 1))
        body.pop()
    if not body:
        raise LayerError("file_empty", path=path.name)
    header = rows[top]
    width = max([len(header), *(_last_filled(row) for _, row in body)])
    report(progress, 0.6)
    if width > MAX_COLUMNS:
        raise LayerError("columns_too_many", path=path.name, limit=MAX_COLUMNS)
    names = unique_names([*header, *[None] * (width - len(header))])
    columns: list[list[Any]] = [[] for _ in names]
    for batch in batches(len(body), ROWS_BETWEEN, within(progress, 0.6, 0.9)):
        filled = ([*row[:width], *[None] * (width - len(row))] for _, row in body[batch])
        for column, values in zip(columns, zip(*filled, strict=True), strict=True):
            column.extend(values)
    nameless = [
        name for position, name in enumerate(names)
        if (position >= len(header) or _blank(header[position]))
        and all(map(_blank, columns[position]))
    ]  # fmt: skip
    frame = pd.DataFrame(dict(zip(names, columns, strict=True)), dtype=object)
    frame.columns = pd.Index(names, dtype="object")
    return frame.drop(columns=nameless), tuple(notes)


def _last_filled(row: list[Any]) -> int:
    for position in range(len(row), 0, -1):
        if not _blank(row[position - 1]):
            return position
    return 0


def _is_total(row: list[Any]) -> bool:
    first = next(cell for cell in row if not _blank(cell))
    return isinstance(first, str) and "".join(first.split()).casefold() in TOTALS_WORDS


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
