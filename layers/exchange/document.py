"""How a report is written as a Word document that can be printed and handed in as it is."""

import io
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Cm, Pt, RGBColor

from layers.exchange.cells import show_control_characters
from layers.exchange.document_table import PaperTable, column_count, paper_table, shared_room
from layers.exchange.report import Picture, Report
from layers.exchange.sheet import Sheet

BODY_FONT, HEAD_FONT, LATIN_FONT = "宋体", "黑体", "Times New Roman"
WRITTEN_ON = datetime(2000, 1, 1)  # noqa: DTZ001  # a fixed day: the same report, the same file
ZIP_DAY = (1980, 1, 1, 0, 0, 0)
LANDSCAPE_FROM = 8
"""A report with a table of this many columns lies on its side."""
SHORT_SIDE, LONG_SIDE, MARGIN = Cm(21.0), Cm(29.7), Cm(2.0)
LETTER = Pt(4.3)
"""Width of a letter in a table."""
RED = RGBColor(0xC0, 0x00, 0x00)
GREY = RGBColor(0x59, 0x59, 0x59)


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
    title = document.add_paragraph(_clean(report.heading.title), style="Title")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if report.heading.is_demo:
        mark = document.add_paragraph(style="Subtitle")
        mark.alignment = WD_ALIGN_PARAGRAPH.CENTER
        mark.add_run(f"【{report.heading.labels['demo']}】").font.color.rgb = RED
    for sentence in report.heading.summary:
        document.add_paragraph(_clean(sentence))
    for section in report.sections:
        document.add_heading(_clean(section.title), 1)
        for part in section.content:
            _add(document, part, report, room, section.title)
    _add_sources(document, report, room)
    _save(document, path)


def _add(document: Any, part: str | Sheet | Picture, report: Report, room: int, above: str) -> None:  # noqa: ANN401
    if isinstance(part, str):
        document.add_paragraph(_clean(part))
    elif isinstance(part, Picture):
        _add_picture(document, part, report, room)
    else:
        if part.name != above:
            document.add_paragraph(
                _clean(part.name), style="Caption"
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
    shape._inline.docPr.set("descr", _clean(picture.caption))
    below = document.add_paragraph(_clean(picture.caption), style="Caption")
    below.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _note(document: Any, text: str) -> None:  # noqa: ANN401
    run = document.add_paragraph().add_run(_clean(text))
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
    made._tbl.append(_row(table.titles, twips, centre, is_head=True))
    for cells in table.rows:
        made._tbl.append(_row(cells, twips, sides))
    if table.total:
        made._tbl.append(_row(table.total, twips, sides, is_total=True))


def _row(
    cells: tuple[str, ...],
    twips: list[int],
    sides: list[str],
    *,
    is_head: bool = False,
    is_total: bool = False,
) -> Any:  # noqa: ANN401
    row = OxmlElement("w:tr")
    properties = _child(row, "w:trPr")
    _child(properties, "w:cantSplit")
    if is_head:
        _child(properties, "w:tblHeader")
    for text, width, side in zip(cells, twips, sides, strict=True):
        cell = _child(row, "w:tc")
        look = _child(cell, "w:tcPr")
        _child(look, "w:tcW", w=str(width), type="dxa")
        if is_head or is_total:
            _child(look, "w:shd", val="clear", color="auto", fill="DCE6F1" if is_head else "F2F2F2")
        _child(look, "w:vAlign", val="center")
        paragraph = _child(cell, "w:p")
        settings = _child(paragraph, "w:pPr")
        _child(settings, "w:pStyle", val="Cell")
        _child(settings, "w:jc", val=side)
        run = _child(paragraph, "w:r")
        if is_head or is_total:
            _child(_child(run, "w:rPr"), "w:b")
        run.text = _clean(text)
    return row


def _child(parent: Any, name: str, **attributes: str) -> Any:  # noqa: ANN401
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    parent.append(made)
    return made


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
    _set_fonts(document)
    heading = report.heading
    head = page.header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    head.add_run(_clean(heading.title)).font.size = Pt(9)
    if heading.is_demo:
        mark = head.add_run(f"  【{heading.labels['demo']}】")
        mark.font.size, mark.font.bold, mark.font.color.rgb = Pt(9), True, RED
    foot = page.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    before, rest = heading.labels["page_of"].split("{page}")
    between, behind = rest.split("{pages}")
    foot.add_run(before)
    _field(foot, "PAGE")
    foot.add_run(between)
    _field(foot, "NUMPAGES")
    foot.add_run(behind)
    facts = document.core_properties
    facts.title, facts.author, facts.comments = _clean(heading.title)[:255], "MuPlan", ""
    facts.created = facts.modified = facts.last_printed = WRITTEN_ON
    facts.language = "zh-CN" if heading.language == "zh" else "en"


def _set_fonts(document: Any) -> None:  # noqa: ANN401
    styles = document.styles
    styles.add_style("Cell", 1).base_style = styles["Normal"]
    for name, font, size in (
        ("Normal", BODY_FONT, 10.5), ("Cell", BODY_FONT, 8), ("Title", HEAD_FONT, 18),
        ("Subtitle", HEAD_FONT, 12), ("Heading 1", HEAD_FONT, 14), ("Caption", HEAD_FONT, 9),
    ):  # fmt: skip
        style = styles[name]
        style.font.size, style.font.italic = Pt(size), False
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in list(fonts.attrib):
            del fonts.attrib[key]
        for key, value in (("ascii", LATIN_FONT), ("hAnsi", LATIN_FONT), ("eastAsia", font)):
            fonts.set(qn(f"w:{key}"), value)
    styles["Cell"].paragraph_format.space_before = Pt(1)
    styles["Cell"].paragraph_format.space_after = Pt(1)
    styles["Cell"].paragraph_format.line_spacing = 1.0
    styles["Normal"].paragraph_format.space_after = Pt(6)
    # The template's rule below a title is blue and no office asks for it.
    for border in styles["Title"].element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)


def _field(paragraph: Any, code: str) -> None:  # noqa: ANN401
    field = _child(paragraph._p, "w:fldSimple", instr=code)
    _child(field, "w:r").text = "1"


def _clean(text: str) -> str:
    return show_control_characters(text)


def _save(document: Any, path: Path) -> None:  # noqa: ANN401
    """Save with fixed days inside the archive, so that a report can be compared by its hash."""
    draft = io.BytesIO()
    document.save(draft)
    with (
        zipfile.ZipFile(draft) as made,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        for name in made.namelist():
            kept.writestr(zipfile.ZipInfo(name, ZIP_DAY), made.read(name), zipfile.ZIP_DEFLATED)
