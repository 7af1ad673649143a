import csv
import json
import sqlite3
import zipfile
from datetime import date, datetime

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from layers.contracts import CONTRACTS
from layers.errors import LayerError
from layers.exchange.cells import could_run
from layers.exchange.heading import MAX_CELL_CHARACTERS, ExportHeading, field_title
from layers.exchange.read import read_file
from layers.exchange.recognise.columns import plan_columns, rename_columns
from layers.exchange.writers.shapefile import short_names
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.write import WRITE_ENDINGS, write_table
from layers.validate import conform
from layers.workspace.geopackage import create_workspace

HEADING = ExportHeading("嘉兴地块清单", {"软件": "MuPlan 1", "数据截至": "2024-12-31"})
DEMO = ExportHeading("嘉兴地块清单", {"软件": "MuPlan 1"}, is_demo=True)
SQUARE = shapely.box(571_000, 3_400_000, 571_100, 3_400_100)


def parcels(**columns):
    columns = columns or {"parcel_id": ["P1", "P2"], "area_declared_m2": [1.5, np.nan]}
    count = len(next(iter(columns.values())))
    shapes = [shapely.affinity.translate(SQUARE, 200 * i) for i in range(count)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4549")


def written(folder, frame, ending, heading=HEADING, **options):
    path = folder / f"out{ending}"
    write_table(path, [Sheet("地块", frame)], heading=heading, **options)
    return path


def back(path, source_layer=None):
    return read_file(path, encoding=None, source_layer=source_layer).frame


def book_of(path):
    return openpyxl.load_workbook(path)


def error_of(path, frame, **options):
    with pytest.raises(LayerError) as caught:
        write_table(path, [Sheet("a", frame)], heading=HEADING, **options)
    return caught.value


# Targets


def test_an_unknown_ending_names_the_known_ones(tmp_path):
    for name in ["a.doc", "a", "a.zip", ".xlsx", "a.xls"]:
        error = error_of(tmp_path / name, parcels())
        assert error.code == "format_unknown"
        assert all(ending in str(error.values["known"]) for ending in WRITE_ENDINGS)


def test_a_list_without_shapes_fits_lists_only(tmp_path):
    table = pd.DataFrame(parcels().drop(columns="geometry"))
    for ending in [".geojson", ".shp.zip"]:
        assert error_of(tmp_path / f"a{ending}", table).code == "list_without_shapes"
    for ending in [".xlsx", ".csv", ".gpkg", ".parquet"]:
        assert len(back(written(tmp_path, table, ending))) == 2


def test_several_lists_fit_books_documents_and_geopackages_only(tmp_path):
    sheets = [Sheet("甲", parcels()), Sheet("乙", parcels(parcel_id=["Q1"]))]
    for ending in WRITE_ENDINGS:
        path = tmp_path / f"a{ending}"
        if ending == ".docx":
            write_table(path, sheets, heading=HEADING)
            assert "Q1" in everything_in(path, ending)
            continue
        if ending in {".xlsx", ".gpkg"}:
            write_table(path, sheets, heading=HEADING)
            assert len(back(path, "乙")) == 1
            continue
        with pytest.raises(LayerError) as caught:
            write_table(path, sheets, heading=HEADING)
        assert caught.value.code == "one_list_only"


def test_a_workspace_is_never_overwritten_whatever_its_name(tmp_path):
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2024-01-01")
    renamed = tmp_path / "w.xlsx"
    renamed.write_bytes(made.path.read_bytes())
    for path in [made.path, renamed]:
        before = path.read_bytes()
        assert error_of(path, parcels()).code == "export_over_workspace"
        assert path.read_bytes() == before


def test_an_older_export_is_replaced_and_nothing_else_stays_in_the_folder(tmp_path):
    for ending in WRITE_ENDINGS:
        path = tmp_path / f"out{ending}"
        path.write_bytes(b"older")
        written(tmp_path, parcels(), ending)
        assert path.read_bytes() != b"older"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(f"out{e}" for e in WRITE_ENDINGS)


def test_a_failed_export_leaves_the_older_file(tmp_path):
    path = tmp_path / "out.shp.zip"
    path.write_bytes(b"older")
    error = error_of(path, parcels(name=["甲", "☃"]), shapefile_encoding="GBK")
    assert (error.code, error.values["example"]) == ("encoding_cannot_hold", "☃")
    assert path.read_bytes() == b"older"
    assert [p.name for p in tmp_path.iterdir()] == ["out.shp.zip"]


def test_a_missing_folder_and_a_folder_in_the_place_are_named(tmp_path):
    assert error_of(tmp_path / "no" / "a.csv", parcels()).code == "folder_missing"
    (tmp_path / "a.csv").mkdir()
    assert error_of(tmp_path / "a.csv", parcels()).code == "path_is_folder"


# Formulas and odd characters

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(1)", "\tx", "＝1", '=HYPERLINK("x")', "#REF!"]


def test_no_text_in_a_spreadsheet_is_a_formula(tmp_path):
    frame = pd.DataFrame({"name": DANGEROUS, "=x": ["1"] * len(DANGEROUS)})
    page = book_of(written(tmp_path, frame, ".xlsx")).worksheets[0]
    cells = [page.cell(row, 1) for row in range(2, len(DANGEROUS) + 2)]
    assert [cell.value for cell in cells] == DANGEROUS
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [bool(cell.quotePrefix) for cell in cells] == [could_run(t) for t in DANGEROUS]
    assert page.cell(1, 2).data_type != "f"


def test_texts_that_could_run_are_disarmed_in_csv_and_numbers_are_not(tmp_path):
    frame = pd.DataFrame({"name": [*DANGEROUS, "甲"], "far_max": np.arange(-4.0, 5.0)})
    path = written(tmp_path, frame, ".csv")
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.reader(handle))[1:]
    for (text, number), given_text in zip(rows, frame["name"], strict=True):
        assert text == (f"'{given_text}" if could_run(given_text) else given_text)
        assert not number.startswith("'")
    assert back(path)["名称"].tolist() == frame["name"].tolist()


@pytest.mark.parametrize("ending", [e for e in WRITE_ENDINGS if e != ".docx"])  # not read back
def test_control_characters_are_shown_in_every_format(tmp_path, ending):
    path = written(tmp_path, parcels(name=["A\x00B\x0b", "乙"]), ending)
    names = back(path).filter(regex="^(name|(地块)?名称|cad_label)$").iloc[:, 0]
    assert names.tolist() == ["A␀B␋", "乙"]


def test_a_text_too_long_for_a_cell_is_cut_where_it_can_be_seen(tmp_path):
    frame = pd.DataFrame({"note": ["x" * MAX_CELL_CHARACTERS, "x" * (MAX_CELL_CHARACTERS + 1)]})
    page = book_of(written(tmp_path, frame, ".xlsx")).worksheets[0]
    assert page["A2"].value == frame["note"][0]
    assert len(page["A3"].value) == MAX_CELL_CHARACTERS
    assert page["A3"].value.endswith("✂")


# The printed list


def test_a_spreadsheet_has_words_units_real_dates_and_numbers(tmp_path):
    frame = parcels(
        parcel_id=["P1", "P2"], state=["listed", "cleared"], state_on=["2024-04-01", None],
        utilities=["road;power", None], area_mu=[102.5, 3.25], parcel_count=[1, 2],
        is_increment=pd.array([True, None], dtype="boolean"), src_旧=["x", "y"],
        entered_at=["2024-04-01T08:30:00", "2024-04-01T08:30:00+08:00"],
    )  # fmt: skip
    path = tmp_path / "a.xlsx"
    write_table(path, [Sheet("地块", frame, totals=("area_mu",))], heading=HEADING)
    page = book_of(path)["地块"]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[0] == [
        "地块编号", "地块状态", "状态日期", "配套条件", "面积（椭球，亩）", "地块数",
        "是否新增建设用地", "src_旧", "录入时间",
    ]  # fmt: skip
    day, moment = datetime.fromisoformat("2024-04-01"), datetime.fromisoformat("2024-04-01T08:30")
    assert rows[1] == ["P1", "可供", day, "通路;通电", 102.5, 1, "是", "x", moment]
    assert rows[2][2] is None
    assert rows[2][8] == "2024-04-01T08:30:00+08:00"
    assert rows[3][0] == "合计"
    assert rows[3][4] == pytest.approx(102.5 + 3.25)
    assert page["C2"].number_format == "yyyy-mm-dd"
    assert page["E2"].number_format == "#,##0.00"


def test_a_spreadsheet_prints_on_a4_with_its_header_and_sources(tmp_path):
    book = book_of(written(tmp_path, parcels(), ".xlsx"))
    page = book.worksheets[0]
    assert page.freeze_panes == "B2"
    assert page.print_title_rows == "$1:$1"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.auto_filter.ref == "A1:B3"
    sources = {row[0].value: row[1].value for row in book["来源与口径"].iter_rows()}
    assert sources["数据截至"] == "2024-12-31"
    assert sources["标题"] == HEADING.title


def test_headings_follow_the_language_and_given_titles(tmp_path):
    frame = pd.DataFrame({"area_mu": [1.0], "by_unit": [["a", "b"]], "state": ["listed"]})
    heading = ExportHeading("List", {}, language="en", titles={"by_unit": "Parts"})
    book = book_of(written(tmp_path, frame, ".xlsx", heading))
    assert [c.value for c in book.worksheets[0][1]] == [
        "ellipsoidal area (亩)", "Parts", "state of the parcel"
    ]  # fmt: skip
    assert [c.value for c in book.worksheets[0][2]] == [1.0, "a;b", "listed for supply"]
    assert book.sheetnames[-1] == "Sources and definitions"


def test_sheet_names_are_made_fit(tmp_path):
    sheets = [Sheet("a/b:c" * 10, parcels()), Sheet("来源与口径", parcels()), Sheet("", parcels())]
    write_table(tmp_path / "a.xlsx", sheets, heading=DEMO)
    names = book_of(tmp_path / "a.xlsx").sheetnames
    assert len(set(names)) == 4
    assert all(len(name) <= 31 for name in names)


def test_too_many_rows_for_a_sheet_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("layers.exchange.writers.spreadsheet.MAX_SHEET_ROWS", 3)
    assert error_of(tmp_path / "a.xlsx", parcels()).code == "rows_exceed_sheet"
    written(tmp_path, parcels(parcel_id=["P1"]), ".xlsx")


# Sources inside, demo mark


def test_every_format_marks_demonstration_data(tmp_path):
    for ending in WRITE_ENDINGS:
        path = written(tmp_path, parcels(), ending, DEMO)
        assert "演示数据" in everything_in(path, ending), ending
        plain = written(tmp_path, parcels(), ending)
        assert "演示数据" not in everything_in(plain, ending), ending


def everything_in(path, ending):
    if ending == ".gpkg":
        connection = sqlite3.connect(path)
        texts = [str(row) for table in ("gpkg_contents", "muplan_manifest")
                 for row in connection.execute(f"SELECT * FROM {table}")]  # fmt: skip
        connection.close()
        assert ("演示数据" in texts[0]) == ("演示数据" in texts[-1] or "演示数据" in texts[-2])
        return "".join(texts)
    if ending == ".parquet":
        return pq.read_metadata(path).metadata[b"muplan_manifest"].decode()
    if ending == ".xlsx":
        book = book_of(path)
        assert ("演示数据" in book.worksheets[0].oddHeader.center.text) == (
            "演示数据" in book.sheetnames[0]
        )
        return str([cell.value for row in book.worksheets[0].iter_rows() for cell in row])
    if ending == ".docx":
        with zipfile.ZipFile(path) as archive:
            pages = [archive.read(name).decode() for name in ("word/document.xml",
                     *(n for n in archive.namelist() if n.startswith("word/header")))]  # fmt: skip
        assert len({"演示数据" in page for page in pages}) == 1
        return "".join(pages)
    if ending == ".shp.zip":
        with zipfile.ZipFile(path) as archive:
            return archive.read("out_columns.csv").decode("utf-8-sig")
    encodings = {".txt": "gb18030", ".dxf": "gbk"}
    return path.read_text(encoding=encodings.get(ending, "utf-8-sig"))


def test_geojson_is_rfc7946_with_its_sources(tmp_path):
    path = written(tmp_path, parcels(), ".geojson")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["manifest"]["数据截至"] == "2024-12-31"
    assert "crs" not in document
    ring = document["features"][0]["geometry"]["coordinates"][0]
    assert all(119 < x < 122 and 30 < y < 31 for x, y in ring)
    assert all(round(value, 9) == value for point in ring for value in point)
    assert shapely.is_ccw(shapely.linearrings(ring))
    assert document["features"][1]["properties"]["area_declared_m2"] is None


def test_a_geopackage_opens_with_its_layer_and_crs(tmp_path):
    path = written(tmp_path, parcels(), ".gpkg")
    facts = pyogrio.read_info(path, layer="地块")
    assert (facts["crs"], facts["geometry_type"]) == ("EPSG:4549", "MultiPolygon")
    assert "muplan_manifest" in pyogrio.list_layers(path)[:, 0]


# Shapefile


def test_short_names_fit_ten_bytes_and_differ(tmp_path):
    names = ["登记面积登记", "登记面积备注", "登记面积", "area_declared_m2", "area_declared_mu"]
    for encoding in ["UTF-8", "GBK"]:
        short = short_names(names, encoding)
        assert len({name.casefold() for name in short}) == len(names)
        assert all(len(name.encode(encoding)) <= 10 for name in short)


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_a_zipped_shapefile_declares_its_encoding_and_lists_full_names(tmp_path, encoding):
    frame = parcels(parcel_id=["P1", "P2"], area_declared_m2=[1.0, 2.0], src_用途=["工业", "亐"])
    path = written(tmp_path, frame, ".shp.zip", shapefile_encoding=encoding)
    source = read_file(path, encoding=None, source_layer=None)
    assert source.encoding == ("GB18030" if encoding == "GBK" else "UTF-8")
    assert source.frame["src_用途"].tolist() == ["工业", "亐"]
    assert source.frame["area_declared_m2"].tolist() == [1.0, 2.0]
    with zipfile.ZipFile(path) as archive:
        table = archive.read("out_columns.csv").decode("utf-8-sig")
        assert "out.cpg" in archive.namelist()
    assert "area_decla,area_declared_m2,登记面积（m²）" in table


def test_texts_too_long_for_a_shapefile_are_cut_between_characters_and_reported(tmp_path):
    frame = parcels(parcel_id=["P1", "P2"], note=["地" * 84, "地" * 85])  # 252 and 255 bytes
    path = tmp_path / "a.shp.zip"
    notes = write_table(path, [Sheet("a", frame)], heading=HEADING)
    (cut,) = [dict(note.values) for note in notes if note.code == "texts_cut"]
    assert cut == {"column": "note", "count": 1}
    assert back(path)["note"].tolist() == ["地" * 84, "地" * 84]


def test_kinds_of_shape_become_shapefiles_of_their_own(tmp_path):
    frame = parcels(facility_id=["F1", "F2"])
    frame.loc[1, "geometry"] = shapely.Point(571_000, 3_400_000)
    path = written(tmp_path, frame, ".shp.zip")
    with zipfile.ZipFile(path) as archive:
        shapes = {name for name in archive.namelist() if name.endswith(".shp")}
    assert shapes == {"out_polygon.shp", "out_point.shp"}


# Round trips


SPATIAL = [e for e in WRITE_ENDINGS if e not in {".xlsx", ".csv", ".docx"}]


@pytest.mark.parametrize("ending", SPATIAL)
def test_shapes_come_back_to_a_millimetre_from_every_format(tmp_path, ending):
    odd = shapely.Polygon(
        [(571_000.123456, 3_400_000.654321), (571_333.333333, 3_400_000.1), (571_200, 3_400_222.2)]
    )
    holed = SQUARE.difference(shapely.box(571_010.0005, 3_400_010, 571_020, 3_400_020.7777))
    two = shapely.MultiPolygon([holed, shapely.affinity.translate(SQUARE, 500)])
    frame = gpd.GeoDataFrame(
        {"parcel_id": ["P1", "P2", "P3"]}, geometry=[odd, holed, two], crs="EPSG:4549"
    )
    path = written(tmp_path, frame, ending)
    if ending == ".shp.zip":
        path = path.rename(tmp_path / "out.zip")
    came = back(path)
    key = {".dxf": "cad_label", ".txt": "地块编号"}.get(ending, "parcel_id")
    assert came[key].tolist() == ["P1", "P2", "P3"]
    there = came.geometry if came.crs is None else came.geometry.to_crs(4549)
    for shape, given_shape in zip(there, frame.geometry, strict=True):
        assert shape.hausdorff_distance(given_shape) < 0.001
        assert shape.symmetric_difference(given_shape).area < 0.001 * given_shape.length


def test_rings_of_a_geojson_turn_as_rfc7946_says(tmp_path):
    holed = SQUARE.difference(shapely.box(571_010, 3_400_010, 571_020, 3_400_020))
    frame = gpd.GeoDataFrame({"parcel_id": ["P1"]}, geometry=[holed], crs="EPSG:4549")
    document = json.loads(written(tmp_path, frame, ".geojson").read_text(encoding="utf-8"))
    outer, inner = document["features"][0]["geometry"]["coordinates"]
    assert shapely.is_ccw(shapely.linearrings(outer))
    assert not shapely.is_ccw(shapely.linearrings(inner))


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_headings_of_a_list_are_recognised_when_it_comes_back(contract, language):
    titles = [field_title(contract.field(name), language) for name in contract.columns]
    targets = plan_columns(titles, contract, {}).targets
    assert tuple(targets.values()) == contract.columns


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6).map(str.strip)
NUMBERS = st.one_of(st.none(), st.floats(0, 1e9), st.integers(0, 10**6).map(float))
PARCELS = st.lists(
    st.tuples(
        TEXTS, NUMBERS, st.sampled_from([None, "cleared", "listed"]),
        st.one_of(st.none(), st.dates(date(1900, 3, 1), date(2100, 1, 1))),
        st.sampled_from([None, True, False]), st.sampled_from([None, "road", "road;power"]),
        st.integers(0, 50), st.integers(1, 90),
    ), min_size=1, max_size=5,
)  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(rows=PARCELS)
def test_any_layer_comes_back_the_same_from_every_faithful_format(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("trip")
    contract = CONTRACTS["land_parcels"]
    frame = gpd.GeoDataFrame(
        {
            "parcel_id": [f"P{i}" for i in range(len(rows))],
            "name": [row[0] or None for row in rows],
            "area_declared_m2": [row[1] for row in rows],
            "state": [row[2] for row in rows],
            "state_on": [None if row[3] is None else row[3].isoformat() for row in rows],
            "is_increment": [row[4] for row in rows],
            "utilities": [row[5] for row in rows],
            "src_x": [row[0] or None for row in rows],
        },
        geometry=[
            shapely.box(571_000 + row[6], 3_400_000, 571_100 + row[6], 3_400_000 + row[7])
            for row in rows
        ],
        crs="EPSG:4549",
    )
    frame, _ = conform(frame, contract)
    for ending in [".gpkg", ".geojson", ".xlsx"]:
        came = back(written(folder, frame, ending))
        plan = plan_columns([c for c in came.columns if c != "geometry"], contract, {})
        again, resisting = conform(rename_columns(came, plan), contract, CRS(4549))
        assert not resisting
        pd.testing.assert_frame_equal(
            pd.DataFrame(again.drop(columns=["geometry", "src_x"])),
            pd.DataFrame(frame.drop(columns=["geometry", "src_x"])),
            rtol=1e-15,
        )
        assert again["src_x"].fillna("").tolist() == frame["src_x"].fillna("").tolist()
        if ending != ".xlsx":
            away = again.geometry.to_crs(4549).hausdorff_distance(frame.geometry)
            assert (away < (0.001 if ending == ".geojson" else 1e-9)).all()
