"""Whatever bytes a text or spreadsheet holds: it is read, or refused with a reason."""

import csv
import io
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.errors import MuPlanError
from layers.exchange.read import read_file

BOUNDED = settings(
    max_examples=120, deadline=20_000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FEWER = settings(BOUNDED, max_examples=40)

SURVEY = """[属性描述]
坐标系=2000国家大地坐标系
带号=40
计量单位=米
转换参数=,,,,,,
[地块坐标]
5,6.0000,SL-001,示例地块一,面,,工业用地,,@
J1,1,3403700.000,40571800.000
J2,1,3403700.000,40572100.000
J3,1,3403500.000,40572100.000
J1,1,3403700.000,40571800.000
""".encode("gbk")

PIECES = st.sampled_from(
    ["[", "]", "@", "＠", ",", "，", "=", "\n", "\r\n", "\t", " ", "J1", "1", "面", "线", "点",
     "[地块坐标]", "[属性描述]", "坐标系=", "带号=99", "计量单位=度", "3403700.000", "40571800.0",
     "571800.1", "30.75", "120.75", "1e99", "-", "NaN", "9" * 400, "0.7公顷", "\x00", "\x0b",
     "４０", "٣", "𝟛", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "#"]
)  # fmt: skip
CHANGES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=6
)


def changed(whole, changes):
    """Cut pieces out of bytes and put others there, at the places drawn."""
    for place, cut, piece in changes:
        at = int(place * len(whole))
        whole = whole[:at] + piece + whole[at + cut :]
    return whole


def read_or_refused(path):
    try:
        source = read_file(path, encoding=None, source_layer=None)
    except MuPlanError:
        return None
    assert len(source.frame)
    return source


@BOUNDED
@given(st.lists(PIECES, max_size=60))
def test_any_pieces_of_the_survey_format_are_read_or_refused(tmp_path, pieces):
    path = tmp_path / "a.txt"
    path.write_text("".join(pieces), encoding="utf-8", newline="")
    read_or_refused(path)


@BOUNDED
@given(CHANGES)
def test_a_survey_text_with_any_bytes_changed_is_read_or_refused(tmp_path, changes):
    path = tmp_path / "a.txt"
    path.write_bytes(changed(SURVEY, changes))
    read_or_refused(path)


@BOUNDED
@given(st.sampled_from([".csv", ".txt"]), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path, ending, data):
    path = tmp_path / f"a{ending}"
    path.write_bytes(data)
    read_or_refused(path)


HEADINGS = st.lists(
    st.sampled_from(
        ["地块编号", "点号", "环号", "顺序", "X", "Y", "东坐标", "北坐标", "经度", "纬度", "WKT",
         "geometry", "名称", ""]
    ),
    min_size=2, max_size=7,
)  # fmt: skip
CELLS = st.sampled_from(
    ["", "P1", "P2", "J1", "1", "2", "0", "-1", "571815.3", "571915.3", "40571815.3", "3403497.8",
     "3403597.8", "120.75", "30.75", "120°45′", "1e400", "nan", "inf", "POINT (1 2)", "POINT EMPTY",
     "POLYGON ((0 0, 1 0, 1 1, 0 0))", "SRID=4549;POINT (1 2)", "SRID=99999;POINT (1 2)", "LINE",
     "GEOMETRYCOLLECTION (POINT (1 2))", "POINT (nan nan)", "POINT Z (1 2 3)"]
)  # fmt: skip


@BOUNDED
@given(HEADINGS, st.lists(st.lists(CELLS, min_size=7, max_size=7), min_size=1, max_size=8))
def test_any_list_of_coordinates_is_read_or_refused(tmp_path, headings, rows):
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([headings, *(row[: len(headings)] for row in rows)])
    read_or_refused(path)


@pytest.fixture(scope="module")
def book():
    held = openpyxl.Workbook()
    held.active.append(["地块编号", "登记面积", "日期"])
    held.active.append(["P1", 12.5, "2024-04-01"])
    held.active.append(["P2", "≥500万元/亩", None])
    data = io.BytesIO()
    held.save(data)
    return data.getvalue()


@FEWER
@given(changes=CHANGES)
def test_a_spreadsheet_with_any_bytes_changed_is_read_or_refused(tmp_path, book, changes):
    path = tmp_path / "a.xlsx"
    path.write_bytes(changed(book, changes))
    read_or_refused(path)


@FEWER
@given(changes=CHANGES, part=st.integers(0, 30))
def test_a_spreadsheet_with_any_part_changed_is_read_or_refused(tmp_path, book, changes, part):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(path, "w") as new:
        names = old.namelist()
        for position, name in enumerate(names):
            data = old.read(name)
            wanted = position == part % len(names)
            new.writestr(name, changed(data, changes) if wanted else data)
    read_or_refused(path)


ENTITIES = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">{more}
<!ENTITY x SYSTEM "{secret}">]>"""


def with_sheet(path, book, head, body):
    """Give a spreadsheet another sheet: XML of ours, after a head of ours."""
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = (head + body).encode()
            new.writestr(name, data)
    return path


def sheet(cells):
    rows = "".join(
        f'<row r="{n}">'
        + "".join(f'<c r="{c}{n}" t="inlineStr"><is><t>{cells}</t></is></c>' for c in "AB")
        + "</row>"
        for n in (1, 2)
    )
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'


def test_entities_of_a_spreadsheet_neither_grow_nor_read_files(tmp_path, book):
    nested = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    secret = tmp_path / "secret.txt"
    secret.write_text("not to be read")
    head = ENTITIES.format(more=nested, secret=secret.as_uri())
    for cells in ["&j;", "&x;"]:
        path = with_sheet(tmp_path / "a.xlsx", book, head, sheet(cells))
        source = read_or_refused(path)
        if source is not None:
            shown = source.frame.to_string()
            assert len(shown) < 10_000
            assert "not to be read" not in shown


def test_claims_of_size_are_refused_before_anything_is_unpacked(tmp_path, book):
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    data = path.read_bytes()
    # The list of contents claims 1 GB for the first member; the member itself is small.
    central = data.index(b"PK\x01\x02")
    claimed = data[: central + 24] + (1024**3).to_bytes(4, "little") + data[central + 28 :]
    path.write_bytes(claimed)
    with pytest.raises(MuPlanError) as caught:
        read_file(path, encoding=None, source_layer=None)
    assert caught.value.code == "archive_too_large"
