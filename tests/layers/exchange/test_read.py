import io
import json
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.errors import LayerError
from layers.exchange.read import READ_ENDINGS, read_file
from layers.exchange.readers.encoding import decode, known_encoding, sniff

SQUARE = shapely.box(571_000, 3_400_000, 571_100, 3_400_100)
CRS = "EPSG:4549"


def parcels(**columns):
    given = columns or {"parcel_id": ["P1", "P2"]}
    count = len(next(iter(given.values())))
    shapes = [shapely.affinity.translate(SQUARE, 200 * i) for i in range(count)]
    return gpd.GeoDataFrame(given, geometry=shapes, crs=CRS)


def read(path, encoding=None, source_layer=None):
    return read_file(path, encoding=encoding, source_layer=source_layer)


def codes(source):
    return [note.code for note in source.evidence]


def error_of(path, **options):
    with pytest.raises(LayerError) as caught:
        read(path, **options)
    return caught.value


def shapefile(folder: Path, frame, encoding, *, cpg=None, ldid=0, name="地块") -> Path:
    """Write a Shapefile whose DBF text is in the encoding given, declared only as asked."""
    path = folder / "made.shp"
    pyogrio.write_dataframe(frame, path, encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = ldid
    path.with_suffix(".dbf").write_bytes(table)
    packed = folder / "made.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in folder.glob("made.*"):
            if part.suffix != ".zip":
                archive.write(part, f"{name}{part.suffix}")
    return packed


def test_every_vector_format_gives_back_the_same_rows(tmp_path):
    frame = parcels(parcel_id=["P1", "P2"], 名称=["甲", "乙"])
    frame.to_file(tmp_path / "a.gpkg")
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_file(tmp_path / "a.shp", encoding="UTF-8")
    frame.to_crs(4326).to_file(tmp_path / "a.geojson")
    for name, kind in [("a.gpkg", "gpkg"), ("a.parquet", "parquet"), ("a.shp", "shapefile"),
                       ("a.geojson", "geojson")]:  # fmt: skip
        source = read(tmp_path / name)
        assert source.format == kind
        assert list(source.frame["名称"]) == ["甲", "乙"]
        there = source.frame.geometry.to_crs(CRS)
        assert (there.hausdorff_distance(frame.geometry) < 0.02).all()  # 1e-7° is 1 cm
        assert len(source.sha256) == 64


def test_a_missing_file_an_unknown_ending_and_an_empty_file_are_told_apart(tmp_path):
    assert error_of(tmp_path / "no.gpkg").code == "file_missing"
    (tmp_path / "a.docx").write_text("x")
    unknown = error_of(tmp_path / "a.docx")
    assert unknown.code == "format_unknown"
    assert ".gpkg" in str(unknown.values["known"])
    (tmp_path / "a.gpkg").write_bytes(b"")
    assert error_of(tmp_path / "a.gpkg").code == "file_empty"


@pytest.mark.parametrize("ending", [e for e in READ_ENDINGS if e not in {".csv"}])
def test_a_text_that_only_bears_the_ending_is_no_gis_file(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    path.write_text("<OGRVRTDataSource><OGRVRTLayer name='/etc/passwd'/></OGRVRTDataSource>")
    special = {".shp": "shapefile_incomplete", ".txt": "txt_not_survey"}
    assert error_of(path).code == special.get(ending, "not_a_gis_file")


@pytest.mark.parametrize("ending", [".gpkg", ".parquet", ".geojson", ".xlsx"])
def test_the_first_half_of_a_file_is_refused(tmp_path, ending):
    frame = parcels(parcel_id=[f"P{i}" for i in range(3000)])
    path = tmp_path / f"whole{ending}"
    if ending == ".parquet":
        frame.to_parquet(path)
    elif ending == ".xlsx":
        pd.DataFrame(frame.drop(columns="geometry")).to_excel(path)
    else:
        frame.to_crs(4326).to_file(path)
    half = tmp_path / f"half{ending}"
    half.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert error_of(half).code in {"file_truncated", "not_a_gis_file"}


@pytest.mark.parametrize("part", [".shp", ".dbf"])
def test_a_shapefile_shorter_than_it_declares_is_refused(tmp_path, part):
    path = tmp_path / "a.shp"
    parcels(parcel_id=[f"P{i}" for i in range(50)]).to_file(path)
    file = path.with_suffix(part)
    file.write_bytes(file.read_bytes()[:-200])
    assert error_of(path).code == "file_truncated"


def test_a_shapefile_without_its_table_says_what_is_missing(tmp_path):
    parcels().to_file(tmp_path / "a.shp")
    (tmp_path / "a.dbf").unlink()
    error = error_of(tmp_path / "a.shp")
    assert (error.code, error.values["missing"]) == ("shapefile_incomplete", ".dbf")


def test_parts_in_capital_letters_belong_to_the_shapefile(tmp_path):
    parcels().to_file(tmp_path / "a.shp")
    (tmp_path / "a.dbf").rename(tmp_path / "a.DBF")
    assert len(read(tmp_path / "a.shp").frame) == 2


def test_several_layers_need_a_name(tmp_path):
    path = tmp_path / "a.gpkg"
    parcels().to_file(path, layer="地块")
    parcels(parcel_id=["Q1"]).to_file(path, layer="园区")
    error = error_of(path)
    assert error.code == "source_layer_needed"
    assert "地块" in str(error.values["layers"])
    assert len(read(path, source_layer="园区").frame) == 1
    wrong = error_of(path, source_layer="园")
    assert (wrong.code, wrong.values["nearest"]) == ("source_layer_unknown", "园区")


def test_a_layer_without_rows_is_an_empty_file(tmp_path):
    parcels().iloc[:0].to_file(tmp_path / "a.gpkg", geometry_type="Polygon")
    assert error_of(tmp_path / "a.gpkg").code == "file_empty"
    (tmp_path / "a.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    assert error_of(tmp_path / "a.geojson").code == "file_empty"


# Encoding. 「亐」 is 81 AE in GBK: both bytes lie where Windows code pages differ from Latin-1.
CHINESE = ["计划用地", "亐镕囍"]


@pytest.mark.parametrize(
    ("written", "cpg", "ldid", "code", "used"),
    [
        ("GBK", None, 0, "encoding_sniffed", "GB18030"),
        ("GBK", None, 0x57, "encoding_sniffed", "GB18030"),
        ("GBK", None, 0x4D, "encoding_by_dbf", "GB18030"),
        ("GBK", "GBK", 0, "encoding_by_cpg", "GB18030"),
        ("GBK", "936", 0, "encoding_by_cpg", "GB18030"),
        ("GBK", "UTF-8", 0, "encoding_sniffed", "GB18030"),
        ("UTF-8", None, 0, "encoding_sniffed", "UTF-8"),
        ("UTF-8", "UTF-8", 0x4D, "encoding_by_cpg", "UTF-8"),
    ],
)
def test_shapefile_text_is_read_in_the_encoding_it_has(tmp_path, written, cpg, ldid, code, used):
    frame = parcels(parcel_id=["P1", "P2"], 用途=CHINESE)
    source = read(shapefile(tmp_path, frame, written, cpg=cpg, ldid=ldid))
    assert list(source.frame["用途"]) == CHINESE
    assert source.encoding == used
    assert code in codes(source)
    assert ("encoding_declared_wrong" in codes(source)) == (cpg == "UTF-8" and written == "GBK")


def test_a_stated_encoding_overrules_the_declared_one(tmp_path):
    frame = parcels(parcel_id=["P1", "P2"], 用途=CHINESE)
    packed = shapefile(tmp_path, frame, "GBK", cpg="UTF-8")
    source = read(packed, encoding="gbk")
    assert list(source.frame["用途"]) == CHINESE
    assert "encoding_stated" in codes(source)
    assert error_of(packed, encoding="utf8").code == "encoding_wrong"
    assert error_of(packed, encoding="klingon").code == "encoding_unknown"


def test_a_last_character_cut_in_a_full_field_does_not_spoil_the_file():
    assert sniff(["计划".encode()[:-1], "用地".encode()]) == "UTF-8"
    assert decode("计划".encode()[:-1], "UTF-8") == "计�"
    assert decode("计划用地".encode("gbk"), "UTF-8") is None


@pytest.mark.parametrize("name", ["base64", "rot13", "zlib", ""])
def test_a_codec_that_is_no_text_encoding_is_unknown(name):
    with pytest.raises(LayerError):
        known_encoding(name)


# Archives


def packed(folder, members):
    path = folder / "made.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "name", ["../a.shp", "/etc/a.shp", "x/../../a.dbf", "..\\a.shp", "C:a.shp"]
)
def test_a_member_that_points_out_of_the_archive_is_refused(tmp_path, name):
    assert error_of(packed(tmp_path, {name: b"x"})).code == "archive_unsafe"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["made.zip"]


def test_an_archive_that_unpacks_to_more_than_allowed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("layers.exchange.readers.shapefile.MAX_UNPACKED_BYTES", 10_000)
    bomb = packed(tmp_path, {"a.shp": b"\x00" * 10_001})
    assert error_of(bomb).code == "archive_too_large"
    allowed = packed(tmp_path, {"a.shp": b"\x00" * 10_000})
    assert error_of(allowed).code == "shapefile_incomplete"


def test_an_archive_with_too_many_members_is_refused(tmp_path):
    many = packed(tmp_path, {f"{i}.txt": b"" for i in range(2001)})
    assert error_of(many).code == "archive_too_large"


def test_an_archive_without_a_shapefile_is_named_so(tmp_path):
    assert error_of(packed(tmp_path, {"a.txt": b"x"})).code == "archive_without_shapefile"


def test_only_the_parts_of_a_shapefile_are_taken_from_an_archive(tmp_path):
    frame = parcels(parcel_id=["P1", "P2"])
    path = shapefile(tmp_path, frame, "UTF-8", cpg="UTF-8")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("说明.exe", b"MZ")
    assert len(read(path).frame) == 2


# GeoJSON


def geojson(folder, features, **members):
    path = folder / "a.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features, **members}), encoding="utf-8"
    )
    return path


def feature(properties, geometry=None):
    shape = json.loads(shapely.to_geojson(geometry or shapely.box(120.5, 30.5, 120.6, 30.6)))
    return {"type": "Feature", "properties": properties, "geometry": shape}


def test_geojson_keeps_texts_long_numbers_and_nested_values(tmp_path):
    path = geojson(
        tmp_path, [feature({"a": "0012", "b": 2**60 + 1, "c": {"x": [1]}, "d": "2024-01"})]
    )
    row = read(path).frame.iloc[0]
    assert (row["a"], row["b"], row["d"]) == ("0012", 2**60 + 1, "2024-01")


def test_geojson_in_gbk_is_read(tmp_path):
    path = tmp_path / "a.geojson"
    document = {"type": "FeatureCollection", "features": [feature({"名称": "地块"})]}
    path.write_bytes(json.dumps(document, ensure_ascii=False).encode("gbk"))
    source = read(path)
    assert source.frame["名称"][0] == "地块"
    assert source.encoding == "GB18030"


def test_geojson_says_whether_its_system_was_stated(tmp_path):
    plain = read(geojson(tmp_path, [feature({})]))
    assert (plain.crs_basis, plain.crs.is_geographic) == ("rfc7946", True)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4549"}}
    stated = read(geojson(tmp_path, [feature({})], crs=crs))
    assert (stated.crs_basis, stated.crs.to_epsg()) == ("stated_in_file", 4549)
    assert read(geojson(tmp_path, [feature({})], crs=None)).crs is None


@pytest.mark.parametrize(
    "text",
    ['{"type": "Topology"}', "[1, 2]", '{"type": "FeatureCollection", "features": [3]}',
     "[" * 100_000, '{"type": "FeatureCollection", "features": {"a": 1}}'],
)  # fmt: skip
def test_json_that_is_no_geojson_is_refused(tmp_path, text):
    path = tmp_path / "a.geojson"
    path.write_text(text)
    assert error_of(path).code in {"not_a_gis_file", "file_truncated"}


# Tables


def book(folder, rows, **other_sheets):
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    for title, content in other_sheets.items():
        page = workbook.create_sheet(title)
        for row in content:
            page.append(row)
    path = folder / "a.xlsx"
    workbook.save(path)
    return path


def test_the_header_is_found_below_a_title_and_the_total_is_left_out(tmp_path):
    path = book(
        tmp_path,
        [["2024年地块清单"], ["编号", "面积"], ["A", 1.5], ["B", 2], [None, None], ["合 计", 3.5]],
    )
    source = read(path)
    assert list(source.frame.columns) == ["编号", "面积"]
    assert list(source.frame["编号"]) == ["A", "B"]
    assert {"header_row", "totals_row_left_out"} <= set(codes(source))


def test_the_sheet_of_sources_does_not_count_as_a_list(tmp_path):
    path = book(tmp_path, [["a", "b"], [1, 2]], 来源与口径=[["项目", "内容"], ["x", "y"]])
    assert len(read(path).frame) == 1
    path = book(tmp_path, [["a", "b"], [1, 2]], 第二=[["c", "d"], [3, 4]])
    assert error_of(path).code == "source_layer_needed"
    assert list(read(path, source_layer="第二").frame.columns) == ["c", "d"]


def test_a_sheet_that_claims_a_false_size_is_read_by_its_cells(tmp_path):
    path = book(tmp_path, [["a", "b"], [1, 2], [3, 4]])
    inside = zipfile.ZipFile(path)
    parts = {name: inside.read(name) for name in inside.namelist()}
    inside.close()
    page = "xl/worksheets/sheet1.xml"
    parts[page] = parts[page].replace(b'<dimension ref="A1:B3"', b'<dimension ref="A1:A1"')
    assert b"A1:A1" in parts[page]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert read(path).frame["b"].tolist() == [2, 4]


@pytest.mark.parametrize(
    ("raw", "used"),
    [
        ("编号,名称\nA,甲\n".encode(), "UTF-8"),
        ("\ufeff编号,名称\r\nA,甲\r\n".encode(), "UTF-8"),
        ("编号,名称\nA,甲\n".encode("gbk"), "GB18030"),
        ("编号;名称\nA;甲\n".encode(), "UTF-8"),
        ("编号\t名称\nA\t甲\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_csv_is_read_in_its_encoding_with_its_separator(tmp_path, raw, used):
    path = tmp_path / "a.csv"
    path.write_bytes(raw)
    source = read(path)
    assert source.frame.to_dict("records") == [{"编号": "A", "名称": "甲"}]
    assert source.encoding == used


def test_csv_cells_stay_the_text_they_are_and_long_rows_lose_nothing(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,code\n001,1e5,extra\n002,'=1+1\n", encoding="utf-8")
    source = read(path)
    assert source.frame["id"].tolist() == ["001", "002"]
    assert source.frame["code"].tolist() == ["1e5", "=1+1"]
    assert source.frame["column_3"].tolist() == ["extra", None]
    assert "text_marks_removed" in codes(source)


@pytest.mark.parametrize("raw", [b"\x00\x01\x02binary", b'a,b\n"never closed,1\n2,3\n'])
def test_csv_that_is_broken_or_binary_is_refused(tmp_path, raw):
    path = tmp_path / "a.csv"
    path.write_bytes(raw)
    assert error_of(path).code in {"not_a_gis_file", "file_unreadable"}


def test_control_characters_are_shown_and_columns_named_alike_kept_apart(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,ID,,geometry\nA\x07,b,c,POINT\n", encoding="utf-8")
    source = read(path)
    assert list(source.frame.columns) == ["id", "ID_2", "column_3", "geometry_2"]
    assert source.frame["id"][0] == "A␇"
    assert "control_characters_shown" in codes(source)


def test_a_shape_that_cannot_be_built_is_missing_and_the_others_are_read(tmp_path):
    path = tmp_path / "a.parquet"
    frame = parcels()
    frame.to_parquet(path)
    text = geojson(tmp_path, [feature({"id": 1}), feature({"id": 2})])
    document = json.loads(text.read_text())
    document["features"][0]["geometry"] = {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}
    text.write_text(json.dumps(document))
    assert read(text).frame.geometry.isna().tolist() == [True, False]


def test_a_zip_of_random_bytes_and_a_dbf_header_of_random_bytes_never_escape(tmp_path):
    rng = np.random.default_rng(0)
    for trial in range(10):
        parts = io.BytesIO(rng.bytes(300))
        head = struct.pack(">i", 9994) + parts.read(96)
        path = packed(tmp_path, {"a.shp": head, "a.shx": head, "a.dbf": rng.bytes(100 + trial)})
        assert isinstance(error_of(path), LayerError)
