"""DOCX one-page boards (作战图)."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from layers.exchange.heading import ExportHeading
from layers.exchange.writers.word import (
    GREY,
    RED,
    Picture,
    clean,
    save,
    set_facts,
    set_fonts,
    table_row,
    write_foot,
)


@dataclass(frozen=True)
class Grid:
    """A small table on a board.

    ``title``: What stands above it.
    ``titles``: Headings of its columns; empty for none.
    ``rows``: Texts, row by row.
    ``widths``: Share of the width that each column has; they add up to 1.
    ``cell_lines``: Lines a cell has; a longer text ends in …, so that the sheet stays one.
    ``note``: What stands below it: how much is left out, or that there is nothing; empty for
      nothing.
    """

    title: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    cell_lines: int = 1
    note: str = ""


@dataclass(frozen=True)
class Board:
    """One matter on one sheet.

    ``title``: What it is of.
    ``lines``: Where it stands, in sentences.
    ``picture``: Its map, or the sentence that says why there is none.
    ``left, right``: Tables below the map, and beside it.
    """

    title: str
    lines: tuple[str, ...]
    picture: Picture | str
    left: tuple[Grid, ...]
    right: tuple[Grid, ...]


@dataclass(frozen=True)
class Boards:
    """Boards that can be written as a document, a page each.

    ``heading``: Title, sources, language, 演示数据 mark; the sources stand small on every page.
    ``boards``: The boards.
    """

    heading: ExportHeading
    boards: tuple[Board, ...]


WIDTH, HEIGHT, MARGIN = Cm(29.7), Cm(21.0), Cm(1.3)
LEFT, RIGHT = Cm(14.3), Cm(12.8)
PICTURE = (Cm(13.9), Cm(8.4))
"""Room for the map."""
CELL_PT, PADDING_PT = 8.0, 11.0
TEXT_LETTERS, SOURCE_LETTERS = 330, 760
"""Letters that the sentences and the sources have room for, wide ones counted twice."""


def write_boards(path: Path, boards: Boards) -> None:
    """Write boards as a .docx file, a page each."""
    document = Document()
    _set_up(document, boards)
    for number, board in enumerate(boards.boards):
        _add_board(document, board, boards, is_first=not number)
    save(document, path)


def _add_board(document: Any, board: Board, boards: Boards, *, is_first: bool) -> None:  # noqa: ANN401
    title = document.add_paragraph(style="Title")
    title.paragraph_format.page_break_before = not is_first
    title.add_run(_cut(board.title, 72))
    if boards.heading.is_demo:
        mark = title.add_run(f"【{boards.heading.labels['demo']}】")
        mark.font.size, mark.font.color.rgb = Pt(11), RED
    between = "" if boards.heading.language == "zh" else " "
    _small(document, _cut(between.join(board.lines), TEXT_LETTERS), 9)
    outer = document.add_table(rows=1, cols=2)
    outer.autofit = False
    left, right = outer.rows[0].cells
    for column, width in zip(outer.columns, (LEFT, RIGHT), strict=True):
        column.width = width
    left.width, right.width = LEFT, RIGHT
    _add_picture(left, board.picture)
    for cell, grids, room in ((left, board.left, LEFT), (right, board.right, RIGHT)):
        for grid in grids:
            _add_grid(cell, grid, room)
        # A cell begins and ends with a paragraph; the first one is empty and takes room.
        if cell is right and not cell.paragraphs[0].text:
            first = cell.paragraphs[0]._p
            first.getparent().remove(first)
    manifest = "；".join(f"{word}：{text}" for word, text in boards.heading.manifest.items())
    _small(document, _cut(f"{boards.heading.labels['sources']}　{manifest}", SOURCE_LETTERS), 6.5)


def _add_picture(cell: Any, picture: Picture | str) -> None:  # noqa: ANN401
    place = cell.paragraphs[0]
    place.paragraph_format.space_after = Pt(2)
    if isinstance(picture, str):
        place.add_run(clean(picture)).font.size = Pt(9)
        return
    shape = place.add_run().add_picture(io.BytesIO(picture.png), width=PICTURE[0])
    if shape.height > PICTURE[1]:
        shape.width, shape.height = round(shape.width * PICTURE[1] / shape.height), PICTURE[1]
    shape._inline.docPr.set("descr", clean(picture.caption))


def _add_grid(cell: Any, grid: Grid, room: int) -> None:  # noqa: ANN401
    head = cell.add_paragraph(clean(grid.title), style="Caption")
    head.paragraph_format.space_before, head.paragraph_format.space_after = Pt(3), Pt(1)
    if grid.rows:
        table = cell.add_table(rows=0, cols=len(grid.widths))
        table.style, table.autofit = "Table Grid", False
        points = [width * (room / Pt(1) - PADDING_PT) for width in grid.widths]
        twips = [round(20 * width) for width in points]
        for column, width in zip(table._tbl.tblGrid.gridCol_lst, twips, strict=True):
            column.set(qn("w:w"), str(width))
        sides = ["left"] * len(twips)
        letters = [int((width - PADDING_PT) / CELL_PT * 2) for width in points]
        if grid.titles:
            heads = [_cut(text, most) for text, most in zip(grid.titles, letters, strict=True)]
            table._tbl.append(table_row(heads, twips, sides, is_head=True))
        for row in grid.rows:
            # Lines break where words or wide letters no longer fit: each may lose some room.
            cells = [
                _cut(text, most * grid.cell_lines - 3 * (grid.cell_lines - 1))
                for text, most in zip(row, letters, strict=True)
            ]
            table._tbl.append(table_row(cells, twips, sides))
    # The library ends a cell's table with a paragraph of its own.
    note = cell.paragraphs[-1] if grid.rows else cell.add_paragraph()
    note.paragraph_format.space_after = Pt(0)
    note.paragraph_format.line_spacing = 1.0 if grid.note else Pt(1)
    run = note.add_run(_cut(grid.note, 120))
    run.font.size, run.font.color.rgb = Pt(7.5 if grid.note else 1), GREY


def _small(document: Any, text: str, size: float) -> None:  # noqa: ANN401
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(2)
    paragraph.paragraph_format.line_spacing = 1.0
    paragraph.add_run(text).font.size = Pt(size)


def _cut(text: str, letters: int) -> str:
    """Cut a text to so many letters, wide ones counted twice."""
    plain = " ".join(clean(text).split())
    if _letters(plain) <= letters:
        return plain
    used, line = 0, ""
    for letter in plain:
        used += _width(letter)
        if used > letters - 2:
            break
        line += letter
    return f"{line}…"


def _letters(text: str) -> int:
    return sum(map(_width, text))


def _width(letter: str) -> int:
    """Count a letter in halves of a Chinese one, as wide as it is in any font that may be there."""
    if not letter.isascii():
        return 2
    return 3 if letter in "WM@%" else 2 if letter.isupper() or letter in "mw&" else 1


def _set_up(document: Any, boards: Boards) -> None:  # noqa: ANN401
    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE
    page.page_width, page.page_height = WIDTH, HEIGHT
    page.left_margin = page.right_margin = MARGIN
    page.top_margin, page.bottom_margin = Cm(1.0), Cm(1.2)
    page.header_distance = page.footer_distance = Cm(0.6)
    set_fonts(document)
    styles = document.styles
    styles["Cell"].font.size = Pt(CELL_PT)
    styles["Title"].font.size = Pt(15)
    styles["Title"].paragraph_format.space_after = Pt(3)
    styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    write_foot(page, boards.heading)
    set_facts(document, boards.heading)
