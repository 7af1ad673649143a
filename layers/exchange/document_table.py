"""Which rows, columns and words of a list stand in a document's table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pandas as pd

from layers.exchange.heading import ExportHeading, column_title
from layers.exchange.sheet import Sheet
from layers.exchange.shown import CUT_MARK, Cell, shown_table
from layers.fields import FIELDS

MAX_ROWS = 500
"""A table on paper ends here, some twenty pages; whoever needs all rows needs a spreadsheet."""
MAX_COLUMNS = 12
MAX_TEXT = 400
"""Characters of one cell; longer texts would fill pages with one row."""
MISSING = "–"
WIDTH_LEAST, WIDTH_MOST = 4, 80
PADDING = 4
"""Room at both sides of a cell [letters]."""
WHOLE_UP_TO = 15
"""Columns of at most this many letters are never squeezed: figures must not break."""
ROWS_MEASURED = 100


@dataclass(frozen=True)
class PaperTable:
    """A table as it is printed.

    Attributes
    ----------
    titles
        Headings.
    rows
        Cells as texts, row by row.
    total
        Cells of the last row, empty where nothing is summed.
    is_number
        Whether a column holds figures, which stand on the right.
    widths
        Width of each column in letters.
    notes
        What the table had no room for, and where it is.
    groups
        What stands above each heading, empty where nothing does.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    is_number: tuple[bool, ...]
    widths: tuple[int, ...]
    notes: tuple[str, ...]
    groups: tuple[str, ...] = ()


def paper_table(sheet: Sheet, heading: ExportHeading) -> PaperTable:
    """Choose what of a list is printed, and how.

    Parameters
    ----------
    sheet
        The list; totals are those of all its rows, printed or not.
    heading
        Language and headings of columns. The 演示数据 mark stands on every page instead of in a
        column.

    Returns
    -------
    PaperTable
        At most ``MAX_ROWS`` rows; ``MAX_COLUMNS`` columns where the list doesn't choose them.
    """
    names, left_out = _columns(sheet)
    frame = pd.DataFrame(sheet.frame)[names]
    titles, columns = shown_table(frame.head(MAX_ROWS), replace(heading, is_demo=False))
    cells = [
        [_text(cell, name) for cell in column] for name, column in zip(names, columns, strict=True)
    ]
    cut = sum(len(text) > MAX_TEXT for column in cells for text in column)
    short = [[_short(text) for text in column] for column in cells]
    numeric = [
        any(_is_number(cell) for cell in column)
        and all(cell is None or _is_number(cell) for cell in column)
        for column in columns
    ]
    total = _total(sheet, names, heading)
    return PaperTable(
        titles=tuple(titles),
        rows=tuple(zip(*short, strict=True)),
        total=total,
        is_number=tuple(numeric),
        widths=tuple(
            _width(title, column, total[at] if total else "", 3 if sheet.groups else 2)
            for at, (title, column) in enumerate(zip(titles, short, strict=True))
        ),
        notes=_notes(len(sheet.frame), left_out, cut, heading),
        groups=tuple(sheet.groups.get(name, "") for name in names),
    )


def column_count(sheet: Sheet) -> int:
    """Count the columns that are printed of a list."""
    return len(_columns(sheet)[0])


def _columns(sheet: Sheet) -> tuple[list[str], list[str]]:
    geometry = getattr(sheet.frame, "active_geometry_name", None)
    every = [str(name) for name in sheet.frame.columns if name != geometry]
    kept = [name for name in sheet.printed if name in every] or every[:MAX_COLUMNS]
    return kept, [name for name in every if name not in kept]


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float)


def _is_share(name: str) -> bool:
    return name == "share" or name.endswith("_share") or name.startswith("share_")


def _text(cell: Cell, name: str) -> str:
    """Write a cell: two decimals, shares as percentages, dates as such, – for what is missing."""
    if cell is None or cell == "":
        return MISSING
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str):
        return cell
    if _is_share(name):
        return f"{cell:.2%}"
    if isinstance(cell, float):
        return f"{cell:,.2f}"
    entry = FIELDS.get(name)
    # Years and codes carry no thousands separator.
    return f"{cell:,}" if entry is not None and entry.unit else str(cell)


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - len(CUT_MARK)] + CUT_MARK


def _total(sheet: Sheet, names: list[str], heading: ExportHeading) -> tuple[str, ...]:
    summed = [name for name in names if name in sheet.totals]
    if not summed or not len(sheet.frame):
        return ()
    labels, count = heading.labels, len(sheet.frame)
    word = (
        labels["total_of_all"].format(count=f"{count:,}") if count > MAX_ROWS else labels["total"]
    )
    sums = {name: float(pd.to_numeric(sheet.frame[name]).sum()) for name in summed}
    row = [_text(sums[name], name) if name in sums else "" for name in names]
    return (row[0] or word, *row[1:])


def _notes(
    count: int, left_out: Sequence[str], cut: int, heading: ExportHeading
) -> tuple[str, ...]:
    labels, notes = heading.labels, []
    if not count:
        notes.append(labels["no_rows"])
    if count > MAX_ROWS:
        notes.append(
            labels["rows_left_out"].format(
                shown=MAX_ROWS, left=f"{count - MAX_ROWS:,}", count=f"{count:,}"
            )
        )
    if left_out and count:
        listed = "、" if heading.language == "zh" else ", "
        names = listed.join(_short(column_title(name, heading)) for name in left_out)
        notes.append(labels["columns_left_out"].format(columns=names))
    if cut:
        notes.append(labels["texts_cut"].format(count=cut, limit=MAX_TEXT))
    return tuple(notes)


def _width(title: str, cells: Sequence[str], total: str, lines: int) -> int:
    longest = max((_letters(cell) for cell in (*cells[:ROWS_MEASURED], total)), default=0)
    # A heading may break into lines, its words not; cells break only where they are long.
    word = max((len(part) for part in title.split() if part.isascii()), default=0)
    need = max(longest, -(-_letters(title) // lines) + 1, word + 1, WIDTH_LEAST)
    return min(need, WIDTH_MOST) + PADDING


def shared_room(widths: Sequence[int], room: float) -> list[float]:
    """Share the width of a page among columns.

    Parameters
    ----------
    widths
        What each column needs [letters].
    room
        What there is [letters].

    Returns
    -------
    list of float
        Widths that add up to the room. Where it is short, wide columns give way, for their texts
        can break.

    Examples
    --------
    >>> shared_room([10, 30], 80.0), shared_room([10, 30, 60], 70.0)
    ([20.0, 60.0], [10.0, 20.0, 40.0])
    """
    least = WHOLE_UP_TO + PADDING
    kept = sum(width for width in widths if width <= least)
    wide = sum(widths) - kept
    if sum(widths) <= room or not wide or kept >= room:
        return [width * room / sum(widths) for width in widths]
    return [float(w) if w <= least else w * (room - kept) / wide for w in widths]


def _letters(text: str) -> int:
    """Count letters, Chinese ones twice."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in text[:100])
