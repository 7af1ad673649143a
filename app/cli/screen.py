"""How an answer is shown in a terminal: as JSON, as a short list, or written to a file."""

import json
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.usage import printable
from app.messages import Catalogue
from geo.tools import Progress

if TYPE_CHECKING:
    import pandas as pd

    from app.answers.answer import Answer, Stand
    from layers.exchange.heading import ExportHeading
    from layers.exchange.writers.shapefile import ShapefileEncoding
    from layers.exchange.writers.sheet import Cell, Columns
    from layers.workspace.sqlite_file import Waiting

SHOWN_ROWS = 20
MISSING = "–"
CELL_WIDTH = 32
LAST_CELL_WIDTH = 100
CUT_MARK = "…"
GAP = "  "


def show(
    answer: "Answer",
    stand: "Stand",
    *,
    as_json: bool,
    out: Path | None,
    encoding: "ShapefileEncoding" = "UTF-8",
) -> None:
    """Show an answer: to a file where asked, as JSON where asked, else as a short list."""
    from app.answers.answer import to_json

    if out is not None:
        write(answer, stand, out, encoding)
    if as_json:
        click.echo(json.dumps(to_json(answer, stand), ensure_ascii=False, allow_nan=False))
    elif out is None:
        _list(answer, stand)


def write(
    answer: "Answer", stand: "Stand", path: Path, encoding: "ShapefileEncoding" = "UTF-8"
) -> None:
    """Write an answer to a file, and say so with what the file could not hold."""
    from app.answers.answer import write_answer

    for note in write_answer(answer, stand, path, encoding):
        tell(note)
    tell(stand.words.text("written", path=str(path)))


def tell(line: str) -> None:
    """Tell whoever runs the command something that is no part of the answer."""
    click.echo(printable(line), err=True)


def say_waiting(words: Catalogue) -> "Waiting":
    """Say while another program holds the file that is to be changed."""

    def waiting(waited_s: float) -> None:
        from layers.workspace.sqlite_file import BUSY_SECONDS

        tell(words.text("workspace_waiting", waited=waited_s, most=BUSY_SECONDS))

    return waiting


def terminal_progress() -> Progress | None:
    """Tell a person at a terminal how far long work is; a program that reads along is told none."""
    if not sys.stderr.isatty():
        return None

    def progress(share: float) -> None:
        click.echo(f"\r{share:4.0%}" + ("\r    \r" if share >= 1 else ""), nl=False, err=True)

    return progress


def _list(answer: "Answer", stand: "Stand") -> None:
    from app.answers.answer import heading_of
    from layers.exchange.writers.sheet import columns_of

    heading = heading_of(answer, stand)
    mark = f"【{heading.labels['demo']}】" if stand.is_demo else ""
    for line in (f"{mark}{answer.title}", *stand.warnings, *answer.summary):
        click.echo(printable(line))
    table = answer.on_screen
    if table is None:
        return
    columns = table if isinstance(table, Mapping) else columns_of(table)
    count = len(next(iter(columns.values()), ()))
    if not count:
        return
    limit = count if answer.is_whole_on_screen else SHOWN_ROWS
    for line in list_lines({name: cells[:limit] for name, cells in columns.items()}, heading):
        click.echo(line)
    if count > limit:
        click.echo(stand.words.text("more_rows", count=count - limit))


def list_lines(table: "pd.DataFrame | Columns", heading: "ExportHeading") -> list[str]:
    """Put a list into lines.

    ``table``: The rows and columns shown, with the vocabulary's column names.

    The headings, then one line a row; numbers stand to the right, the last column may be long.
    """
    from layers.exchange.heading import ExportHeading
    from layers.exchange.writers.sheet import columns_of, display_table

    plain = ExportHeading(heading.title, {}, language=heading.language, titles=heading.titles)
    values = table if isinstance(table, Mapping) else columns_of(table)
    values = {name: cells for name, cells in values.items() if name != "geometry"}
    titles, columns = display_table(values, plain)
    if not titles:
        return []
    blocks = []
    for position, (name, title, cells) in enumerate(zip(values, titles, columns, strict=True)):
        limit = LAST_CELL_WIDTH if position == len(titles) - 1 else CELL_WIDTH
        texts = [_cut(_text(cell, is_share(name)), limit) for cell in (title, *cells)]
        is_number = any(isinstance(cell, int | float) for cell in cells)
        blocks.append(_aligned(texts, to_the_right=is_number))
    return [GAP.join(row).rstrip() for row in zip(*blocks, strict=True)]


def is_share(column: str) -> bool:
    """Say whether a column holds parts of a whole (0–1), shown as percentages."""
    return column == "share" or column.startswith("share_") or column.endswith("_share")


DUST, SMALL = 1e-6, 0.005
"""Figures between them print as zero with two decimals, and aren't zero."""


def display_width(text: str) -> int:
    """Count the columns a text takes on the screen: Chinese characters take two.

    >>> display_width("亩策 MuPlan")
    11
    """
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    joined = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) + wide - joined


def _text(cell: "Cell", share: bool) -> str:
    if cell is None or cell == "":
        return MISSING
    if isinstance(cell, float):
        # A small excess over a cap is not shown as none; arithmetic's dust is.
        small = DUST < abs(cell) < SMALL and not share
        return f"{cell:.2%}" if share else f"{cell:.2g}" if small else f"{cell:,.2f}"
    return " ".join(str(cell).split())


def _cut(text: str, limit: int) -> str:
    # A character is one or two wide: what stands behind so many of them is cut in any case.
    short = text[: limit + 1]
    if display_width(short) <= limit:
        return text
    while display_width(short) > limit - 1:
        short = short[:-1]
    return short + CUT_MARK


def _aligned(texts: list[str], *, to_the_right: bool) -> list[str]:
    width = max(map(display_width, texts))
    padding = [" " * (width - display_width(text)) for text in texts]
    return [
        space + text if to_the_right else text + space
        for text, space in zip(texts, padding, strict=True)
    ]
