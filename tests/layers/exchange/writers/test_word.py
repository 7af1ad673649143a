"""Word documents: what stands in them, what does not break them, what they leave out and say so."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Cm
from PIL import Image

from layers.errors import LayerError
from layers.exchange.heading import ExportHeading
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.word import (
    LANDSCAPE_FROM,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_TEXT,
    Picture,
    Report,
    Section,
    paper_table,
)
from layers.exchange.writers.write import write_report, write_table

REAL = ExportHeading("地块清单", {"软件": "MuPlan 1"}, summary=("共 2 行。",))
DEMO = ExportHeading("地块清单", {"软件": "MuPlan 1"}, is_demo=True)
PARCELS = pd.DataFrame(
    {"parcel_id": ["P1", "P2"], "area_mu": [1234.5, np.nan], "steep_share": [0.69994, 0.7]}
)


def written(folder, *sheets, heading=REAL):
    path = folder / "out.docx"
    write_table(path, sheets, heading=heading)
    return Document(path)


def cells(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def spoken(document):
    return [paragraph.text for paragraph in document.paragraphs]


def png(width=40, height=20):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(file, "PNG")
    return file.getvalue()


def test_a_list_is_printed_with_units_two_decimals_percentages_and_a_total(tmp_path):
    document = written(tmp_path, Sheet("地块", PARCELS, ("area_mu",)))
    rows = cells(document.tables[0])
    assert rows[0][1].endswith("亩）")
    assert rows[1:] == [
        ["P1", "1,234.50", "69.99%"],
        ["P2", "–", "70.00%"],
        ["合计", "1,234.50", ""],
    ]
    assert "共 2 行。" in spoken(document)


def test_the_sources_stand_at_the_end(tmp_path):
    document = written(tmp_path, Sheet("地块", PARCELS))
    assert spoken(document)[-1] == "来源与口径"
    assert ["软件", "MuPlan 1"] in cells(document.tables[-1])


@pytest.mark.parametrize(("heading", "marked"), [(REAL, False), (DEMO, True)])
def test_the_demo_mark_stands_in_the_header_of_every_page_of_synthetic_data_only(
    heading, marked, tmp_path
):
    document = written(tmp_path, Sheet("地块", PARCELS), heading=heading)
    assert len(document.sections) == 1
    header = document.sections[0].header.paragraphs[0].text
    assert ("演示数据" in header) is marked
    assert "地块清单" in header
    assert len(document.tables[0].columns) == 3


def test_pages_are_a4_numbered_and_heads_of_tables_repeat(tmp_path):
    document = written(tmp_path, Sheet("地块", PARCELS))
    page = document.sections[0]
    # A document counts lengths in twentieths of a point (635).
    assert page.page_width == pytest.approx(Cm(21.0), abs=635)
    assert page.page_height == pytest.approx(Cm(29.7), abs=635)
    fields = page.footer._element.findall(f".//{qn('w:fldSimple')}")
    assert [field.get(qn("w:instr")) for field in fields] == ["PAGE", "NUMPAGES"]
    for table in document.tables:
        heads = [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in table.rows]
        assert heads == [True, *[False] * (len(heads) - 1)]


@pytest.mark.parametrize(("columns", "wide"), [(LANDSCAPE_FROM - 1, False), (LANDSCAPE_FROM, True)])
def test_a_wide_table_lays_the_page_on_its_side(columns, wide, tmp_path):
    frame = pd.DataFrame({f"c{n}": ["x"] for n in range(columns)})
    page = written(tmp_path, Sheet("表", frame)).sections[0]
    assert (page.page_width > page.page_height) is wide


def test_text_is_song_and_headings_are_hei_in_chinese(tmp_path):
    styles = written(tmp_path, Sheet("地块", PARCELS)).styles
    fonts = {
        name: styles[name].element.rPr.rFonts.get(qn("w:eastAsia"))
        for name in ("Normal", "Cell", "Title", "Heading 1")
    }
    assert fonts == {"Normal": "宋体", "Cell": "宋体", "Title": "黑体", "Heading 1": "黑体"}


def test_the_same_report_is_the_same_file_and_carries_no_clock(tmp_path):
    for name in ("a.docx", "b.docx"):
        write_table(tmp_path / name, [Sheet("地块", PARCELS)], heading=DEMO)
    assert (tmp_path / "a.docx").read_bytes() == (tmp_path / "b.docx").read_bytes()
    facts = Document(tmp_path / "a.docx").core_properties
    assert facts.created == facts.modified
    assert facts.created.year == 2000
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_hostile_texts_stand_as_text(tmp_path):
    texts = ["<w:p>&amp;", "A\x00B\x1f", "\ud800地", "=1+1", "]]>", "a\tb\nc", "\ufffe"]
    frame = pd.DataFrame({"name": pd.Series(texts, dtype="object"), "<x>\x01": texts[3]})
    heading = ExportHeading("题\x00<b>", {"源\x02": "</w:t>\x03"}, summary=("句\x04",))
    document = written(tmp_path, Sheet("表\x05", frame), heading=heading)
    rows = cells(document.tables[0])
    assert rows[0][1] == "<x>␁"
    assert [row[0] for row in rows[1:]] == [
        "<w:p>&amp;", "A␀B␟", "�地", "=1+1", "]]>", "a\tb\nc", "�",
    ]  # fmt: skip
    assert ["源␂", "</w:t>␃"] in cells(document.tables[-1])
    assert "句␄" in spoken(document)


@pytest.mark.parametrize("over", [0, 1])
def test_rows_beyond_the_limit_are_counted_and_the_total_is_of_all(over, tmp_path):
    count = MAX_ROWS + over
    frame = pd.DataFrame({"parcel_id": [f"P{n}" for n in range(count)], "area_mu": [1.0] * count})
    document = written(tmp_path, Sheet("地块", frame, ("area_mu",)))
    rows = cells(document.tables[0])
    assert len(rows) == 1 + MAX_ROWS + 1
    assert rows[-1][1] == f"{count}.00"
    notes = [text for text in spoken(document) if f"另有 {over} 行" in text and ".xlsx" in text]
    assert len(notes) == over
    assert (str(count) in rows[-1][0]) is bool(over)


@pytest.mark.parametrize("over", [0, 1])
def test_columns_without_room_are_named(over):
    frame = pd.DataFrame({f"c{n}": ["x"] for n in range(MAX_COLUMNS + over)})
    table = paper_table(Sheet("表", frame), REAL)
    assert len(table.titles) == MAX_COLUMNS
    assert [f"c{MAX_COLUMNS}" in note for note in table.notes] == [True] * over


def test_the_columns_chosen_for_paper_come_in_their_order():
    table = paper_table(Sheet("地块", PARCELS, printed=("steep_share", "parcel_id")), REAL)
    assert [row[1] for row in table.rows] == ["P1", "P2"]
    assert "亩" in table.notes[0]


@pytest.mark.parametrize(("length", "cut"), [(MAX_TEXT, False), (MAX_TEXT + 1, True)])
def test_a_text_too_long_for_a_cell_is_cut_and_marked(length, cut):
    table = paper_table(Sheet("表", pd.DataFrame({"note": ["长" * length]})), REAL)
    assert len(table.rows[0][0]) == MAX_TEXT
    assert table.rows[0][0].endswith("✂") is cut
    assert any("✂" in note for note in table.notes) is cut


def test_an_empty_list_says_that_it_is_empty(tmp_path):
    document = written(tmp_path, Sheet("地块", PARCELS.head(0), ("area_mu",)))
    assert "没有符合条件的行。" in spoken(document)
    assert len(document.tables) == 1


def test_a_picture_stands_within_the_margins_with_its_caption(tmp_path):
    path = tmp_path / "r.docx"
    content = ("一段。", Picture(png(40, 400), "地图\x00"), Sheet("表", PARCELS))
    write_report(path, Report(REAL, (Section("第一节", content),)))
    document = Document(path)
    (shape,) = document.inline_shapes
    page = document.sections[0]
    assert shape.height < page.page_height - page.top_margin - page.bottom_margin
    assert shape.width / shape.height == pytest.approx(0.1, rel=0.01)
    assert shape._inline.docPr.get("descr") == "地图␀"
    assert "地图␀" in spoken(document)
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert heads == ["第一节", "来源与口径"]


def test_a_report_is_a_document_and_nothing_else(tmp_path):
    with pytest.raises(LayerError) as caught:
        write_report(tmp_path / "r.xlsx", Report(REAL, ()))
    assert caught.value.code == "report_format"
    assert list(tmp_path.iterdir()) == []
