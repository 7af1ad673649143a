"""One made-up text per dialect of the surveys' boundary-point format, and what each must give."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import CRS

from app.messages import catalogue
from layers.errors import LayerError
from layers.exchange.importing import NothingAcceptedError, run_import
from layers.exchange.read import read_file
from layers.exchange.readers.survey_points import nested
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace

NORTH, SOUTH, WEST, EAST = 3_403_700.0, 3_403_500.0, 571_800.0, 572_100.0
ZONE = 40_000_000.0
PLOT = shapely.box(WEST, SOUTH, EAST, NORTH)
HOLE = shapely.box(571_900, 3_403_580, 571_950, 3_403_620)
VARIANTS = Path(__file__).parents[5] / "shared" / "data" / "formats" / "survey_txt_variants.csv"

HEAD = """[属性描述]
格式版本号=1.01
数据产生单位=示例测绘单位
数据产生日期=2025-03-01
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=40
精度=0.001
转换参数=,,,,,,
[地块坐标]
"""
PARCEL = "5,6.0000,SL-001,示例地块一,面,,工业用地,,@\n"
POINTS = """J1,1,3403700.000,40571800.000
J2,1,3403700.000,40572100.000
J3,1,3403500.000,40572100.000
J4,1,3403500.000,40571800.000
J1,1,3403700.000,40571800.000
"""
WHOLE = HEAD + PARCEL + POINTS
HOLE_POINTS = """J5,2,3403620.000,40571900.000
J6,2,3403580.000,40571900.000
J7,2,3403580.000,40571950.000
J8,2,3403620.000,40571950.000
J5,2,3403620.000,40571900.000
"""


def read(folder, text, encoding="gbk", **options):
    path = folder / "界址点.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return read_file(path, encoding=None, source_layer=options.get("layer"))


def noted(source):
    return {note.code: dict(note.values) for note in source.evidence}


def shape(source, row=0):
    """Give a row's shape without its zone."""
    x = -ZONE if source.frame.geometry[row].bounds[0] > ZONE else 0.0
    return shapely.affinity.translate(source.frame.geometry[row], x)


def is_plot(source, expected=PLOT):
    return len(source.frame) == 1 and shape(source).normalize().equals_exact(
        expected.normalize(), 1e-6
    )


def header(**changed):
    text = WHOLE
    for key, value in changed.items():
        (line,) = [line for line in text.split("\n") if line.startswith(f"{key}=")]
        text = text.replace(line + "\n", "" if value is None else f"{key}={value}\n")
    return text


# The format as it is meant


def test_the_whole_format_gives_shape_system_area_and_words(tmp_path):
    source = read(
        tmp_path,
        HEAD + "10,5.8000,SL-001,示例地块一,面,H51,工业用地,0601,@\n" + POINTS + HOLE_POINTS,
    )
    row = source.frame.iloc[0]
    assert source.crs == CRS(4528)
    assert source.encoding == "GB18030"
    assert shape(source).equals(PLOT - HOLE)
    assert row["area_declared_m2"] == 58_000.0  # 300 × 200 - 50 × 40 m², declared as 5.8 ha
    assert list(row[["地块编号", "地块名称", "地块用途", "地类编码", "图幅号", "地块面积"]]) == [
        "SL-001", "示例地块一", "工业用地", "0601", "H51", "5.8000",
    ]  # fmt: skip
    assert noted(source)["txt_area_by_outline"] == {"unit": "公顷", "count": 1, "of": 1}
    assert "txt_axes_north_east" in noted(source)
    assert not any(code.startswith("txt_ring") for code in noted(source))


def test_it_imports_into_the_parcels_of_a_workspace(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(WHOLE.encode("gbk"))
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    request = ImportRequest(path, "land_parcels", mapping={"地块名称": "name"})
    result = run_import(GeoPackageWorkspace(made.path), request, "me", "2025-01-01")
    stored = GeoPackageWorkspace(made.path).read("land_parcels").iloc[0]
    assert (result.accepted, result.quarantined) == (1, 0)
    assert (stored["parcel_id"], stored["name"]) == ("SL-001", "示例地块一")
    assert stored["area_declared_m2"] == 60_000.0
    assert stored.geometry.hausdorff_distance(PLOT) < 0.001


# Dialects, by the aspects in which producers differ

MARKS = ["，", "\t", ";", "；", " ", " , ", "  "]
AREAS = ["6.0000公顷", "60000.00", "90.00", "90亩", "6 hm2"]
FIRST = "J1,1,3403700.000,40571800.000\n"
USUAL = "5,6.0000,SL-001,示例地块一,面,,工业用地"


def parcel(line):
    return HEAD + line + "\n" + POINTS


DIALECTS = {
    "encoding": [WHOLE.encode(name) for name in ["gbk", "utf-8", "utf-8-sig", "utf-16"]],
    "line ending": [
        WHOLE.replace("\n", "\r\n"), WHOLE.rstrip("\n"), WHOLE.replace("\n", "\r"),
        WHOLE.replace("\n", "\n\n") + "\x1a",
    ],
    "section header": [
        "[扩展信息]\n项目名称=甲\n" + WHOLE, "[项目信息]\n甲\n1,2,3\n" + WHOLE,
        WHOLE.replace("[", "［").replace("]", "］"), "[地块坐标]\n" + PARCEL + POINTS,
        PARCEL + POINTS, HEAD.replace("[地块坐标]\n", "") + PARCEL + POINTS,
    ],
    "坐标系": [header(坐标系="CGCS2000"), header(坐标系="国家２０００坐标系")],
    "带号": [
        *(header(带号=zone) for zone in ["40", "４０", "", "40带"]),
        header(几度分带="3度带"), header(几度分带=""),
    ],
    "coordinate order": ["swapped"],
    "zone prefix": [WHOLE.replace(",405", ",5")],
    "point label": [
        WHOLE.replace("\nJ", label) for label in ["\nJ0", "\n", "\n \tJ", "\n界址点", "\n\u3000J"]
    ],
    "ring number": [
        WHOLE.replace(",1,3", ring) for ring in [",0,3", ",01,3", ",1.0,3", ",,3", ",3", ",圈1,3"]
    ],
    "closing point": [
        WHOLE[: WHOLE.rindex("J1")], WHOLE + FIRST, WHOLE[: WHOLE.rindex("J1")] + "J5" + FIRST[2:],
    ],
    "label restart": [WHOLE.replace("J3", "J1")],
    "plot line": [
        *(parcel(f"{USUAL},,{more}@") for more in ["", "地上,", "地上,,,", "地上,甲,乙,丙,丁,"]),
        parcel("5,6.0000,SL-001,示例地块一,面,@ "), parcel(USUAL + "@"), parcel(USUAL + ","),
        parcel((USUAL + ",,@").replace(",", "，").replace("@", "＠")),
    ],
    "plot line order": [parcel("5,6.0000,,SL-001,面,,,,@"), parcel("5,,,,面,,,,@"), parcel("@")],
    "area unit": [WHOLE.replace("6.0000", area) for area in AREAS],
    "geometry type": [WHOLE.replace("面", " 面 ")],
    "精度": [header(精度=text) for text in ["0.01", "3", ""]],
    "separator": [
        *(HEAD + PARCEL + POINTS.replace(",", mark) for mark in MARKS),
        *(HEAD + PARCEL + POINTS.replace("\n", more) for more in [",\n", ",3.5\n"]),
        HEAD + PARCEL + POINTS.replace("3", "３"),
    ],
    "remarks": [parcel("# 测绘单位甲\n点号,圈号,X坐标,Y坐标\n" + PARCEL + "----------")],
}  # fmt: skip
SWAPPED = HEAD + PARCEL + "\n".join(
    ",".join([label, ring, y, x])
    for label, ring, x, y in (line.split(",") for line in POINTS.split())
)  # fmt: skip
DIALECTS["coordinate order"] = [SWAPPED]


@pytest.mark.parametrize("aspect", DIALECTS)
def test_every_dialect_gives_the_same_outline(tmp_path, aspect):
    for text in DIALECTS[aspect]:
        source = read(tmp_path, text)
        assert is_plot(source), text if isinstance(text, str) else aspect
        assert source.frame.get("area_declared_m2", [60_000.0])[0] in {60_000.0, None}, text


@pytest.mark.skipif(not VARIANTS.exists(), reason="the survey of dialects isn't here")
def test_every_aspect_of_the_surveyed_dialects_has_a_text_here():
    with VARIANTS.open(encoding="utf-8-sig", newline="") as handle:
        aspects = {row["aspect"] for row in csv.DictReader(handle)}
    assert aspects - {"geographic variant"} <= DIALECTS.keys()


def test_degrees_are_read_in_either_order(tmp_path):
    corners = [(30.75, 120.75), (30.75, 120.76), (30.74, 120.76), (30.74, 120.75)]
    box = shapely.box(120.75, 30.74, 120.76, 30.75)
    for unit in ["度", "米"]:  # exporters leave 米 in the header
        for swap in [False, True]:
            lines = [
                f"J{n},1,{lon if swap else lat},{lat if swap else lon}"
                for n, (lat, lon) in enumerate(corners, start=1)
            ]
            text = header(计量单位=unit).replace(POINTS, "\n".join(lines))
            source = read(tmp_path, text)
            assert source.crs == CRS(4490)
            assert source.frame.geometry[0].equals(box)
            assert f"txt_axes_{'lon_lat' if swap else 'lat_lon'}" in noted(source)
            assert ("txt_unit_contradicts" in noted(source)) == (unit == "米")


# Coordinate systems


@pytest.mark.parametrize(
    ("words", "prefixed", "plain"),
    [("2000国家大地坐标系", 4528, 4549), ("80国家大地坐标系", 2364, 2385),
     ("1980西安坐标系", 2364, 2385), ("1954北京坐标系", 2416, 2437)],
)  # fmt: skip
def test_header_and_prefix_give_the_system(tmp_path, words, prefixed, plain):
    text = header(坐标系=words)
    assert read(tmp_path, text).crs == CRS(prefixed)
    assert read(tmp_path, text.replace(",405", ",5")).crs == CRS(plain)


def test_the_number_of_a_zone_tells_its_width(tmp_path):
    # Zone 39 of 3° lies about 117°, zone 21 of 6° about 123°.
    narrow = read(tmp_path, header(带号="39").replace(",405", ",395"))
    wide = read(tmp_path, header(带号="21", 几度分带="6").replace(",405", ",215"))
    odd = read(tmp_path, header(几度分带="6"))
    assert [source.crs.to_epsg() for source in (narrow, wide, odd)] == [4527, 4499, 4528]
    assert noted(odd)["txt_width_contradicts"] == {"stated": 6.0, "zone": 40, "width": 3}


def test_wgs84_gets_a_gauss_krueger_system_of_its_own(tmp_path):
    source = read(tmp_path, header(坐标系="WGS84坐标系"))
    assert source.frame.to_crs(4326).total_bounds == pytest.approx(
        read(tmp_path, WHOLE).frame.to_crs(4490).total_bounds, abs=1e-7
    )


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"坐标系": ""}, "txt_system_missing"), ({"坐标系": "嘉兴城市坐标系"}, "txt_system_unknown"),
     ({"投影类型": "墨卡托"}, "txt_projection_unknown")],
)  # fmt: skip
def test_what_the_header_leaves_open_stays_open(tmp_path, changed, code):
    source = read(tmp_path, header(**changed))
    assert source.crs is None
    assert code in noted(source)
    assert is_plot(source)


def test_without_zone_in_header_and_eastings_the_system_stays_open(tmp_path):
    source = read(tmp_path, header(带号="").replace(",405", ",5"))
    assert source.crs is None
    assert "txt_zone_missing" in noted(source)


def test_a_zone_that_contradicts_the_eastings_is_said_and_not_imported(tmp_path):
    text = header(带号="39")
    source = read(tmp_path, text)
    assert source.crs.to_epsg() == 4527  # as the header has it: the shapes lie elsewhere
    assert noted(source)["txt_zone_contradicts"] == {"stated": 39, "in_front": 40}
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    request = ImportRequest(tmp_path / "界址点.txt", "land_parcels")
    with pytest.raises(LayerError, match=r"crs_implausible|crs_numbers_contradict"):
        run_import(GeoPackageWorkspace(made.path), request, "me", "2025-01-01")


def test_parameters_of_a_transformation_are_named_and_not_used(tmp_path):
    source = read(tmp_path, header(转换参数="1.5,2,3,0,0,0,0"))
    assert noted(source)["txt_parameters_unused"]["parameters"].startswith("1.5")
    assert is_plot(source)


def test_another_unit_is_refused(tmp_path):
    with pytest.raises(LayerError) as caught:
        read(tmp_path, header(计量单位="度分秒"))
    assert caught.value.code == "txt_unit_unknown"


def test_numbers_of_a_local_system_are_taken_north_first(tmp_path):
    text = "4,,L1,甲,面,,,,@\nJ1,1,1200,80\nJ2,1,1200,90\nJ3,1,1100,90\nJ4,1,1100,80\n"
    source = read(tmp_path, text)
    assert source.crs is None
    assert source.frame.geometry[0].equals(shapely.box(80, 1100, 90, 1200))
    assert "txt_axes_unknown" in noted(source)


# Rings


def test_ring_numbers_alone_dont_tell_holes_from_parts(tmp_path):
    inside = read(tmp_path, HEAD + PARCEL + POINTS + HOLE_POINTS)
    beside = read(tmp_path, HEAD + PARCEL + POINTS + HOLE_POINTS.replace(",40571", ",40574"))
    assert shape(inside).area == 58_000.0
    assert shape(beside).area == 62_000.0
    assert shape(beside).geom_type == "MultiPolygon"


def test_rings_of_one_number_divide_where_they_close_or_labels_restart(tmp_path):
    for points in [HOLE_POINTS.replace(",2,", ",1,"), HOLE_POINTS]:
        assert shape(read(tmp_path, HEAD + PARCEL + POINTS + points)).area == 58_000.0
    restart = HOLE_POINTS.replace("J8", "J4").replace("J7", "J3").replace("J6", "J2")
    restart = restart.replace("J5", "J1").replace(",2,", ",1,")
    both = POINTS[: POINTS.rindex("J1")] + restart[: restart.rindex("J1")]
    source = read(tmp_path, HEAD + PARCEL + both)
    assert shape(source).area == 58_000.0
    assert noted(source)["txt_ring_open"]["count"] == 2


def test_an_island_in_a_hole_is_a_part():
    rings = [shapely.box(0, 0, 10, 10), shapely.box(2, 2, 8, 8), shapely.box(4, 4, 5, 5)]
    for order in [(0, 1, 2), (2, 1, 0), (1, 2, 0)]:
        shape = nested(np.array([rings[i] for i in order]))
        assert shape.area == 100 - 36 + 1
        assert shape.is_valid


def test_a_ring_that_stands_twice_counts_once(tmp_path):
    source = read(tmp_path, WHOLE + POINTS.replace(",1,", ",2,"))
    assert shape(source).area == 60_000.0
    assert noted(source)["txt_ring_twice"]["count"] == 1


def test_a_badly_written_closing_point_closes_and_a_far_one_is_a_fault(tmp_path):
    last = "J1,1,3403700.000,40571800.000\n"
    assert WHOLE.endswith(last)
    near = read(tmp_path, WHOLE[: -len(last)] + "J1,1,3403700.060,40571800.080\n")  # 0.1 m
    far = read(tmp_path, WHOLE[: -len(last)] + "J1,1,3403700.060,40571800.090\n")
    assert is_plot(near)
    assert noted(near)["txt_ring_closed_near"]["places"] == "18 (0.100 m)"
    assert far.frame.geometry[0] is None
    assert far.frame["读取问题"][0] == "txt_ring_misclosed:18"


# Faults of one parcel stay with it

SECOND = """4,0.0100,SL-002,示例地块二,面,,,,@
J1,1,3403410.000,40571800.000
J2,1,3403410.000,40571810.000
J3,1,3403400.000,40571810.000
J4,1,3403400.000,40571800.000
"""
BROKEN = {
    "txt_line_unreadable": SECOND.replace("3403400.000,40571810.000", "34O3400.000,40571810.000"),
    "txt_number_odd": SECOND.replace("J3,1,3403400", "J3,1,340340"),
    "txt_zone_mixed": SECOND.replace("405718", "395718"),
    "txt_unit_mixed": "3,,SL-002,,面,,,,@\nJ1,1,30.1,120.1\nJ2,1,30.2,120.1\nJ3,1,30.2,120.2\n",
    "txt_ring_short": "\n".join(SECOND.split("\n")[:3]) + "\n",
    "txt_points_missing": SECOND.split("\n")[0] + "\n",
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_parcel_is_kept_aside_and_the_others_come_in(tmp_path, code):
    path = tmp_path / "a.txt"
    path.write_bytes((WHOLE + BROKEN[code]).encode("gbk"))
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    request = ImportRequest(path, "land_parcels")
    result = run_import(GeoPackageWorkspace(made.path), request, "me", "2025-01-01")
    assert (result.accepted, result.quarantined) == (1, 1)
    waiting = GeoPackageWorkspace(made.path).quarantined()
    assert "geometry_missing" in str(waiting.iloc[0].to_dict())
    (note,) = [note for note in result.detected if note.code == code]
    line = int(str(note.values["places"]).split(" ")[0])
    assert 19 <= line <= 19 + len(BROKEN[code].split("\n"))  # the second parcel begins at 19
    for language in ["zh", "en"]:
        assert "SL-002" in catalogue(language).text(note.code, **note.values)


def test_the_line_at_fault_is_named(tmp_path):
    source = read(tmp_path, WHOLE + BROKEN["txt_line_unreadable"])
    assert source.frame["读取问题"][1] == "txt_line_unreadable:22"  # 18 lines, the parcel's, J1, J2
    assert source.frame["读取问题"][0] is None


def test_a_file_of_broken_parcels_only_says_so(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(HEAD + BROKEN["txt_ring_short"], encoding="gbk")
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    with pytest.raises(NothingAcceptedError) as caught:
        run_import(
            GeoPackageWorkspace(made.path), ImportRequest(path, "land_parcels"), "me", "2025-01-01"
        )
    assert "txt_ring_short" in [note.code for note in caught.value.detected]


def test_a_parcel_in_the_other_order_is_put_right_and_named(tmp_path):
    swapped = "\n".join(
        ",".join([line.split(",")[0], "1", *line.split(",")[:1:-1]]) if line[:1] == "J" else line
        for line in SECOND.split("\n")
    )
    source = read(tmp_path, WHOLE + swapped)
    assert shape(source, 1).equals(shapely.box(571_800, 3_403_400, 571_810, 3_403_410))
    assert noted(source)["txt_axes_differ"]["places"] == "19 SL-002"


def test_counts_labels_repeated_points_and_numbers_are_noted(tmp_path):
    text = WHOLE + SECOND.replace("4,0.0100,SL-002", "9,0.0100,SL-001").replace("J3", "J2")
    text += "J4,1,3403400.000,40571800.000\n"
    found = noted(read(tmp_path, text))
    assert found["txt_count_differs"]["places"] == "19 SL-001 9≠5"
    assert found["txt_label_twice"]["places"] == "22 J2"
    assert found["txt_point_twice"]["places"] == "24"
    assert found["txt_number_twice"]["places"] == "19 SL-001"


@pytest.mark.parametrize("count", [4, 5])
def test_a_declared_count_may_or_may_not_have_the_closing_point(tmp_path, count):
    source = read(tmp_path, WHOLE.replace("5,6.0000", f"{count},6.0000"))
    assert "txt_count_differs" not in noted(source)


def test_a_parcel_without_number_can_take_its_place_as_key(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(WHOLE.replace("SL-001", ""), encoding="utf-8")
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    request = ImportRequest(path, "land_parcels", mapping={"地块序号": "parcel_id"})
    result = run_import(GeoPackageWorkspace(made.path), request, "me", "2025-01-01")
    assert result.accepted == 1
    assert "txt_number_missing" in [note.code for note in result.detected]


def test_lines_and_points_are_never_read_as_parcels(tmp_path):
    line = SECOND.replace("面", "线")
    with pytest.raises(LayerError) as caught:
        read(tmp_path, WHOLE + line)
    assert caught.value.code == "source_layer_needed"
    assert caught.value.values["layers"] == "面, 线"
    assert read(tmp_path, WHOLE + line, layer="线").frame.geometry[0].geom_type == "LineString"
    assert is_plot(read(tmp_path, WHOLE + line, layer="面"))


# Areas


def test_areas_that_fit_the_outlines_in_no_unit_are_said(tmp_path):
    source = read(tmp_path, WHOLE.replace("6.0000", "7.0000"))
    assert "txt_area_fits_none" in noted(source)
    assert source.frame["area_declared_m2"][0] == 70_000.0


@pytest.mark.parametrize(("area", "fits"), [("6.1200", True), ("6.1210", False)])
def test_an_area_fits_its_outline_within_two_in_a_hundred(tmp_path, area, fits):
    found = noted(read(tmp_path, WHOLE.replace("6.0000", area)))
    assert ("txt_area_by_outline" in found) == fits


def test_a_stated_unit_is_refused_because_the_file_tells_it(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(WHOLE, encoding="utf-8")
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    request = ImportRequest(path, "land_parcels", declared_unit="亩")
    with pytest.raises(LayerError) as caught:
        run_import(GeoPackageWorkspace(made.path), request, "me", "2025-01-01")
    assert caught.value.code == "declared_unit_in_file"


# Files that are none


def test_other_texts_and_claims_of_size_are_refused(tmp_path):
    for text, code in [("名称,经度,纬度\n甲,a,b\n", "txt_not_survey"), (HEAD, "txt_not_survey"),
                       ("", "file_empty"), (b"\x00\x01\x02" * 99, "not_a_gis_file")]:  # fmt: skip
        with pytest.raises(LayerError) as caught:
            read(tmp_path, text)
        assert caught.value.code == code
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as handle:
        handle.truncate(1024**3)
    with pytest.raises(LayerError) as caught:
        read_file(huge, encoding=None, source_layer=None)
    assert caught.value.code == "text_too_large"


def test_every_note_has_its_sentence_in_both_languages():
    source = Path(__file__).parents[4] / "layers" / "exchange"
    text = "".join(path.read_text("utf-8") for path in source.rglob("survey_*.py"))
    codes = set(re.findall(r'"(txt_\w+)"', text))
    assert len(codes) > 20
    for language in ["zh", "en"]:
        assert codes <= catalogue(language).sentences.keys()
