"""How a report is written as a Word document that can be printed and handed in as it is."""

import io
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from layers.exchange.document_parts import (
    GREY,
    RED,
    clean,
    head_rows,
    save,
    set_facts,
    set_fonts,
    table_row,
    write_foot,
)
from layers.exchange.document_table import PaperTable, column_count, paper_table, shared_room
from layers.exchange.report import Picture, Report
from layers.exchange.sheet import Sheet

LANDSCAPE_FROM = 8
"""A report with a table of this many columns lies on its side."""
SHORT_SIDE, LONG_SIDE, MARGIN = Cm(21.0), Cm(29.7), Cm(2.0)
LETTER = Pt(4.3)
"""Width of a letter in a table."""


def write_docx(path: Path, report: Report) -> None:
    """Write a report as a .docx file.

    Parameters
    ----------
    path
        File to write.
    report
        What it says. Texts may hold anything: what a document can't carry is shown as a picture
        of the character.
    """
    document = Document()
    wide = any(column_count(sheet) >= LANDSCAPE_FROM for sheet in report.sheets)
    _set_up(document, report, wide)
    room = document.sections[0].page_width - 2 * MARGIN
    title = document.add_paragraph(clean(report.heading.title), style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if report.heading.is_demo:
        mark = document.add_paragraph(style="Subtitle")
        mark.alignment = WD_ALIGN_PARAGRAPH.CENTER
        mark.add_run(f"【{report.heading.labels['demo']}】").font.color.rgb = RED
    for sentence in report.heading.summary:
        document.add_paragraph(clean(sentence))
    for section in report.sections:
        document.add_heading(clean(section.title), 1)
        for part in section.content:
            _add(document, part, report, room, section.title)
    _add_sources(document, report, room)
    save(document, path)


def _add(document: Any, part: str | Sheet | Picture, report: Report, room: int, above: str) -> None:  # noqa: ANN401
    if isinstance(part, str):
        document.add_paragraph(clean(part))
    elif isinstance(part, Picture):
        _add_picture(document, part, report, room)
    else:
        if part.name != above:
            document.add_paragraph(
                clean(part.name), style="Caption"
            ).paragraph_format.keep_with_next = True
        table = paper_table(part, report.heading)
        if table.rows:
            _add_table(document, table, room)
        for note in table.notes:
            _note(document, note)


def _add_picture(document: Any, picture: Picture, report: Report, room: int) -> None:  # noqa: ANN401
    place = document.add_paragraph()
    place.alignment = WD_ALIGN_PARAGRAPH.CENTER
    place.paragraph_format.keep_with_next = True
    shape = place.add_run().add_picture(io.BytesIO(picture.png), width=room)
    page = document.sections[0]
    # Title, summary and map share the first page, as far as a map can be that small.
    above = Cm(5.1) + Cm(0.65) * len(report.heading.summary)
    highest = page.page_height - page.top_margin - page.bottom_margin - min(above, Cm(8.0))
    if shape.height > highest:
        shape.width, shape.height = round(shape.width * highest / shape.height), highest
    shape._inline.docPr.set("descr", clean(picture.caption))
    below = document.add_paragraph(clean(picture.caption), style="Caption")
    below.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _note(document: Any, text: str) -> None:  # noqa: ANN401
    run = document.add_paragraph().add_run(clean(text))
    run.font.size, run.font.color.rgb = Pt(9), GREY


def _add_table(document: Any, table: PaperTable, room: int) -> None:  # noqa: ANN401
    """Add a table; rows are made as XML, for the library's own cells take minutes for hundreds."""
    made = document.add_table(rows=0, cols=len(table.titles), style="Table Grid")
    made.autofit = False
    letters = shared_room(table.widths, room / LETTER)
    twips = [round(width * LETTER / Pt(1) * 20) for width in letters]
    for column, width in zip(made._tbl.tblGrid.gridCol_lst, twips, strict=True):
        column.set(qn("w:w"), str(width))
    centre = ["center"] * len(table.titles)
    sides = ["right" if number else "left" for number in table.is_number]
    if any(table.groups):
        sides = centre
        for row in head_rows(table.groups, table.titles, twips):
            made._tbl.append(row)
    else:
        made._tbl.append(table_row(table.titles, twips, centre, is_head=True))
    for cells in table.rows:
        made._tbl.append(table_row(cells, twips, sides))
    if table.total:
        made._tbl.append(table_row(table.total, twips, sides, is_total=True))


def _add_sources(document: Any, report: Report, room: int) -> None:  # noqa: ANN401
    labels = report.heading.labels
    document.add_heading(labels["sources"], 1)
    rows = tuple((str(word), str(text)) for word, text in report.heading.lines())
    _add_table(
        document,
        PaperTable((labels["item"], labels["content"]), rows, (), (False, False), (22, 78), ()),
        room,
    )


def _set_up(document: Any, report: Report, wide: bool) -> None:  # noqa: ANN401
    """Set paper, fonts, header and footer."""
    page = document.sections[0]
    page.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    page.page_width, page.page_height = (LONG_SIDE, SHORT_SIDE) if wide else (SHORT_SIDE, LONG_SIDE)
    page.left_margin = page.right_margin = MARGIN
    page.top_margin = page.bottom_margin = Cm(2.2)
    set_fonts(document)
    heading = report.heading
    head = page.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    head.add_run(clean(heading.title)).font.size = Pt(9)
    if heading.is_demo:
        mark = head.add_run(f"  【{heading.labels['demo']}】")
        mark.font.size, mark.font.bold, mark.font.color.rgb = Pt(9), True, RED
    write_foot(page, heading)
    set_facts(document, heading)
