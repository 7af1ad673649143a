"""The parts that every Word document of ours is made of: fonts, rows, page numbers, saving."""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Pt, RGBColor

from layers.exchange.cells import show_control_characters
from layers.exchange.heading import ExportHeading

BODY_FONT, HEAD_FONT, LATIN_FONT = "宋体", "黑体", "Times New Roman"
WRITTEN_ON = datetime(2000, 1, 1)  # noqa: DTZ001  # a fixed day: the same report, the same file
ZIP_DAY = (1980, 1, 1, 0, 0, 0)
RED = RGBColor(0xC0, 0x00, 0x00)
GREY = RGBColor(0x59, 0x59, 0x59)
HEAD, TOTAL = "DCE6F1", "F2F2F2"
"""Shading of the head and of totals."""


def table_row(
    cells: Sequence[str],
    twips: Sequence[int],
    sides: Sequence[str],
    *,
    is_head: bool = False,
    is_total: bool = False,
) -> Any:  # noqa: ANN401
    """Make a row of a table (``w:tr``): texts, widths [1/20 pt], left, center or right."""
    row = _empty_row(is_head=is_head)
    fill = HEAD if is_head else TOTAL if is_total else ""
    for text, width, side in zip(cells, twips, sides, strict=True):
        _cell(row, text, width, side, fill)
    return row


def head_rows(
    groups: Sequence[str], titles: Sequence[str], twips: Sequence[int]
) -> tuple[Any, Any]:
    """Make the two rows of a head with groups.

    Parameters
    ----------
    groups
        What stands above each column; neighbours of the same group share one cell, a column
        without (empty) has one cell over both rows.
    titles
        Headings.
    twips
        Widths of the columns [1/20 pt].

    Returns
    -------
    tuple
        Both rows (``w:tr``).
    """
    upper, lower = _empty_row(is_head=True), _empty_row(is_head=True)
    at = 0
    for group, members in groupby(range(len(titles)), key=lambda one: groups[one] or -one - 1):
        places = list(members)
        for place in places:
            joined = "" if isinstance(group, str) else "continue"
            _cell(lower, titles[place] if not joined else "", twips[place], "center", HEAD, joined)
        width = sum(twips[place] for place in places)
        text = group if isinstance(group, str) else titles[at]
        joined = "" if isinstance(group, str) else "restart"
        _cell(upper, text, width, "center", HEAD, joined, len(places))
        at += len(places)
    return upper, lower


def _empty_row(*, is_head: bool) -> Any:  # noqa: ANN401
    row = OxmlElement("w:tr")
    properties = child(row, "w:trPr")
    child(properties, "w:cantSplit")
    if is_head:
        child(properties, "w:tblHeader")
    return row


def _cell(
    row: Any,  # noqa: ANN401
    text: str,
    width: int,
    side: str,
    fill: str,
    merge: str = "",
    span: int = 1,
) -> None:
    cell = child(row, "w:tc")
    look = child(cell, "w:tcPr")
    child(look, "w:tcW", w=str(width), type="dxa")
    if span > 1:
        child(look, "w:gridSpan", val=str(span))
    if merge:
        child(look, "w:vMerge", val=merge)
    if fill:
        child(look, "w:shd", val="clear", color="auto", fill=fill)
    child(look, "w:vAlign", val="center")
    paragraph = child(cell, "w:p")
    settings = child(paragraph, "w:pPr")
    child(settings, "w:pStyle", val="Cell")
    child(settings, "w:jc", val=side)
    run = child(paragraph, "w:r")
    if fill:
        child(child(run, "w:rPr"), "w:b")
    run.text = clean(text)


def child(parent: Any, name: str, **attributes: str) -> Any:  # noqa: ANN401
    """Add an element with attributes of its namespace."""
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    parent.append(made)
    return made


def set_fonts(document: Any) -> None:  # noqa: ANN401
    """Set the fonts of an office's paper."""
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


def write_foot(page: Any, heading: ExportHeading) -> None:  # noqa: ANN401
    """Write the numbers of the pages."""
    foot = page.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    before, rest = heading.labels["page_of"].split("{page}")
    between, behind = rest.split("{pages}")
    foot.add_run(before)
    _field(foot, "PAGE")
    foot.add_run(between)
    _field(foot, "NUMPAGES")
    foot.add_run(behind)


def set_facts(document: Any, heading: ExportHeading) -> None:  # noqa: ANN401
    """Say in the file's properties what it is."""
    facts = document.core_properties
    facts.title, facts.author, facts.comments = clean(heading.title)[:255], "MuPlan", ""
    facts.created = facts.modified = facts.last_printed = WRITTEN_ON
    facts.language = "zh-CN" if heading.language == "zh" else "en"


def _field(paragraph: Any, code: str) -> None:  # noqa: ANN401
    made = child(paragraph._p, "w:fldSimple", instr=code)
    child(made, "w:r").text = "1"


def clean(text: str) -> str:
    """Show what a document can't carry as a picture of the character."""
    return show_control_characters(text)


def save(document: Any, path: Path) -> None:  # noqa: ANN401
    """Save with fixed days inside the archive, so that a report can be compared by its hash."""
    draft = io.BytesIO()
    document.save(draft)
    with (
        zipfile.ZipFile(draft) as made,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as kept,
    ):
        for name in made.namelist():
            kept.writestr(zipfile.ZipInfo(name, ZIP_DAY), made.read(name), zipfile.ZIP_DEFLATED)
