"""How a list looks on the screen: columns in line, words for codes, shares as percentages."""

import unicodedata

import pandas as pd

from layers.exchange.heading import ExportHeading
from layers.exchange.shown import Cell, shown_table

MISSING = "–"
CELL_WIDTH = 32
LAST_CELL_WIDTH = 100
CUT_MARK = "…"
GAP = "  "


def list_lines(frame: pd.DataFrame, heading: ExportHeading) -> list[str]:
    """Put a list into lines.

    Parameters
    ----------
    frame
        The rows and columns shown, with the vocabulary's column names.
    heading
        Language, headings of columns outside the vocabulary.

    Returns
    -------
    list of str
        The headings, then one line a row; numbers stand to the right, the last column may be long.
    """
    plain = ExportHeading(heading.title, {}, language=heading.language, titles=heading.titles)
    frame = pd.DataFrame(frame).drop(columns="geometry", errors="ignore")
    titles, columns = shown_table(frame, plain)
    if not titles:
        return []
    blocks = []
    for position, (name, title, cells) in enumerate(
        zip(frame.columns, titles, columns, strict=True)
    ):
        limit = LAST_CELL_WIDTH if position == len(titles) - 1 else CELL_WIDTH
        texts = [_cut(_text(cell, is_share(str(name))), limit) for cell in (title, *cells)]
        is_number = any(isinstance(cell, int | float) for cell in cells)
        blocks.append(_in_line(texts, to_the_right=is_number))
    return [GAP.join(row).rstrip() for row in zip(*blocks, strict=True)]


def is_share(column: str) -> bool:
    """Say whether a column holds parts of a whole (0–1), shown as percentages."""
    return column == "share" or column.startswith("share_") or column.endswith("_share")


def display_width(text: str) -> int:
    """Count the columns a text takes on the screen: Chinese characters take two.

    Parameters
    ----------
    text
        One line.

    Returns
    -------
    int
        Columns.

    Examples
    --------
    >>> display_width("亩策 MuPlan")
    11
    """
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    joined = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) + wide - joined


def _text(cell: Cell, share: bool) -> str:
    if cell is None or cell == "":
        return MISSING
    if isinstance(cell, float):
        return f"{cell:.2%}" if share else f"{cell:,.2f}"
    return " ".join(str(cell).split())


def _cut(text: str, limit: int) -> str:
    if display_width(text) <= limit:
        return text
    while display_width(text) > limit - 1:
        text = text[:-1]
    return text + CUT_MARK


def _in_line(texts: list[str], *, to_the_right: bool) -> list[str]:
    width = max(map(display_width, texts))
    room = [" " * (width - display_width(text)) for text in texts]
    return [
        space + text if to_the_right else text + space
        for text, space in zip(texts, room, strict=True)
    ]
