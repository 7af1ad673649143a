"""DOCX reports."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Cm, Pt, RGBColor

from geo.tools import show_control_characters
from layers.exchange.heading import ExportHeading, column_title
from layers.exchange.writers.sheet import CUT_MARK, Cell, Sheet, display_table
from layers.fields import FIELDS


@dataclass(frozen=True)
class Picture:
    """A picture in a report.

    ``png``: The picture (PNG).
    ``caption``: What stands below it, and what a screen reader says.
    """

    png: bytes
    caption: str


ReportContent = str | Sheet | Picture
"""A paragraph, a table or a picture."""


@dataclass(frozen=True)
class Section:
    """A headed part of a report.

    ``title``: Its heading.
    ``content``: Paragraphs, tables and pictures in order. The name of a table stands above it.
    """

    title: str
    content: tuple[ReportContent, ...]


@dataclass(frozen=True)
class Report:
    """A report that can be written as a document.

    ``heading``: Title, summary, sources, language, 演示数据 mark, headings of columns.
    ``sections``: What it says, in order; sources and manifest follow by themselves.
    """

    heading: ExportHeading
    sections: tuple[Section, ...]

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """Its tables, in order."""
        return tuple(
            part for section in self.sections for part in section.content if isinstance(part, Sheet)
        )


def report_of_sheets(sheets: Sequence[Sheet], heading: ExportHeading) -> Report:
    """Make a report of plain lists: each a section of its own.

    Parameters
    ----------
    sheets
        The lists.
    heading
        Title, summary, sources.

    Returns
    -------
    Report
        The report.
    """
    return Report(heading, tuple(Section(sheet.name, (sheet,)) for sheet in sheets))


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

    ``groups``: What stands above each column; neighbours of the same group share one cell, a
      column without (empty) has one cell over both rows.
    ``twips``: Widths of the columns [1/20 pt].

    Both rows (``w:tr``).
    """
    upper, lower = _empty_row(is_head=True), _empty_row(is_head=True)
    at = 0
    for group, members in groupby(
        range(len(titles)), key=lambda position: groups[position] or -position - 1
    ):
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
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    parent.append(element)
    return element


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
    field = child(paragraph._p, "w:fldSimple", instr=code)
    child(field, "w:r").text = "1"


def clean(text: str) -> str:
    """Show what a document can't carry as a picture of the character."""
    return show_control_characters(text)


def save(document: Any, path: Path) -> None:  # noqa: ANN401
    """Save with fixed days inside the archive, so that a report can be compared by its hash."""
    draft = io.BytesIO()
    document.save(draft)
    with zipfile.ZipFile(draft) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in source.namelist():
            kept.writestr(zipfile.ZipInfo(name, ZIP_DAY), source.read(name), zipfile.ZIP_DEFLATED)


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

    ``titles``: Headings.
    ``rows``: Cells as texts, row by row.
    ``total``: Cells of the last row, empty where nothing is summed.
    ``is_number``: Whether a column holds figures, which stand on the right.
    ``widths``: Width of each column in letters.
    ``notes``: What the table had no room for, and where it is.
    ``groups``: What stands above each heading, empty where nothing does.
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

    ``sheet``: The list; totals are those of all its rows, printed or not.

    At most ``MAX_ROWS`` rows; ``MAX_COLUMNS`` columns where the list doesn't choose them.
    """
    names, left_out = _columns(sheet)
    frame = pd.DataFrame(sheet.frame)[names]
    titles, columns = display_table(frame.head(MAX_ROWS), replace(heading, is_demo=False))
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

    ``widths``: What each column needs [letters].
    ``room``: What there is [letters].

    Widths that add up to the room. Where it is short, wide columns give way, for their texts can
    break.

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


LANDSCAPE_FROM = 8
"""A report with a table of this many columns lies on its side."""
SHORT_SIDE, LONG_SIDE, MARGIN = Cm(21.0), Cm(29.7), Cm(2.0)
LETTER = Pt(4.3)
"""Width of a letter in a table."""


def write_docx(path: Path, report: Report) -> None:
    """Write a report as a .docx file.

    ``report``: What it says. Texts may hold anything: what a document can't carry is shown as a
      picture of the character.
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
    grid = document.add_table(rows=0, cols=len(table.titles), style="Table Grid")
    grid.autofit = False
    letters = shared_room(table.widths, room / LETTER)
    twips = [round(width * LETTER / Pt(1) * 20) for width in letters]
    for column, width in zip(grid._tbl.tblGrid.gridCol_lst, twips, strict=True):
        column.set(qn("w:w"), str(width))
    centre = ["center"] * len(table.titles)
    sides = ["right" if number else "left" for number in table.is_number]
    if any(table.groups):
        sides = centre
        for row in head_rows(table.groups, table.titles, twips):
            grid._tbl.append(row)
    else:
        grid._tbl.append(table_row(table.titles, twips, centre, is_head=True))
    for cells in table.rows:
        grid._tbl.append(table_row(cells, twips, sides))
    if table.total:
        grid._tbl.append(table_row(table.total, twips, sides, is_total=True))


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
