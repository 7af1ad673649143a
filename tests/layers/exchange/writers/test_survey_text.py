"""What is written into a survey text, and that reading it gives the same parcels."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.messages import catalogue
from layers.errors import LayerError
from layers.exchange.heading import ExportHeading
from layers.exchange.read import read_file
from layers.exchange.readers.coordinates import orders_of, zones_of
from layers.exchange.readers.survey_text import gauss_kruger, zone_of
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.write import write_table

HEADING = ExportHeading("地块清单", {"软件": "MuPlan 1", "数据截至": "2024-12-31"})
OUTER = shapely.box(571_800, 3_403_500, 572_100, 3_403_700)
HOLE = shapely.box(571_900, 3_403_580, 571_950, 3_403_620)
SMALL = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def parcels(shapes, crs="EPSG:4549", **columns):
    columns = columns or {"parcel_id": [f"P{i}" for i in range(len(shapes))]}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def written(folder, frame, heading=HEADING):
    path = folder / "a.txt"
    notes = write_table(path, [Sheet("地块", frame)], heading=heading)
    for language in ["zh", "en"]:
        for note in notes:
            assert "=" not in catalogue(language).text(note.code, **note.values)[:1]
    return path, {note.code: dict(note.values) for note in notes}


def back(path):
    return read_file(path, encoding=None, source_layer=None)


def test_the_text_is_that_of_the_format(tmp_path):
    frame = parcels(
        [OUTER - HOLE], parcel_id=["SL-001"], name=["示例地块一"], area_declared_m2=[58_000.0]
    )
    path, notes = written(tmp_path, frame)
    lines = path.read_bytes().decode("gb18030").split("\r\n")
    assert lines == [
        "[扩展信息]", "MuPlan.标题=地块清单", "MuPlan.软件=MuPlan 1",
        "MuPlan.数据截至=2024-12-31",
        "[属性描述]", "格式版本号=1.01", "数据产生单位=", "数据产生日期=",
        "坐标系=2000国家大地坐标系", "几度分带=3", "投影类型=高斯克吕格", "计量单位=米",
        "带号=40", "精度=0.001", "转换参数=,,,,,,", "[地块坐标]",
        "10,5.8000,SL-001,示例地块一,面,,,,@",
        "J1,1,3403700.000,40571800.000",  # from the north-west, clockwise
        "J2,1,3403700.000,40572100.000",
        "J3,1,3403500.000,40572100.000",
        "J4,1,3403500.000,40571800.000",
        "J1,1,3403700.000,40571800.000",
        "J5,2,3403620.000,40571900.000",  # the hole runs against the clock
        "J6,2,3403580.000,40571900.000",
        "J7,2,3403580.000,40571950.000",
        "J8,2,3403620.000,40571950.000",
        "J5,2,3403620.000,40571900.000",
        "",
    ]  # fmt: skip
    assert notes == {
        "txt_left_empty": {"fields": "数据产生单位、数据产生日期、图幅号、地块用途、地类编码"}
    }


def test_what_a_text_brought_goes_out_again(tmp_path):
    frame = parcels([OUTER], parcel_id=["1"], src_图幅号=["H51"], src_地块用途=["工业用地"],
                    src_地类编码=["0601"], land_use_code=["1001"],
                    land_use_scheme=["MNR2023"])  # fmt: skip
    path, notes = written(tmp_path, frame)
    row = back(path).frame.iloc[0]
    assert (row["图幅号"], row["地块用途"], row["地类编码"]) == ("H51", "工业用地", "0601")
    assert notes["txt_left_empty"]["fields"] == "数据产生单位、数据产生日期、地块名称"


@pytest.mark.parametrize(("scheme", "code"), [("GBT21010", "0601"), ("MNR2023", None)])
def test_a_class_is_a_surveys_and_no_plans(tmp_path, scheme, code):
    frame = parcels([OUTER], parcel_id=["1"], land_use_code=["0601"], land_use_scheme=[scheme])
    path, _ = written(tmp_path, frame)
    assert back(path).frame.get("地类编码", [None])[0] == code


def test_areas_are_as_declared_else_as_measured_and_half_goes_up(tmp_path):
    frame = parcels([OUTER] * 3, parcel_id=list("abc"), area_declared_m2=[60_004.5, np.nan, 2.4])
    path, notes = written(tmp_path, frame)
    assert back(path).frame["地块面积"].tolist() == ["6.0005", "6.0000", "0.0002"]
    assert notes["txt_area_measured"] == {"count": 1}


def test_marks_of_the_format_are_written_full_width(tmp_path):
    frame = parcels([OUTER], parcel_id=["A,1"], name=["甲@乙\n丙"])
    path, notes = written(tmp_path, frame)
    row = back(path).frame.iloc[0]
    assert (row["地块编号"], row["地块名称"]) == ("A，1", "甲＠乙 丙")
    assert notes["txt_marks_replaced"]["count"] == 2


def test_rows_without_polygon_are_counted_and_lines_alone_refused(tmp_path):
    line = shapely.LineString([(571_800, 3_403_500), (571_900, 3_403_500)])
    path, notes = written(tmp_path, parcels([OUTER, line, None]))
    assert len(back(path).frame) == 1
    assert notes["txt_rows_left_out"] == {"count": 2}
    with pytest.raises(LayerError) as caught:
        written(tmp_path, parcels([line]))
    assert caught.value.code == "txt_no_polygons"


@pytest.mark.parametrize(
    ("crs", "zone"), [(4549, 4528), (4528, 4528), (4547, 4526), (2385, 2364), (2437, 2416)]
)
def test_eastings_get_their_zone_and_the_system_stays(tmp_path, crs, zone):
    plain = OUTER if crs != 4528 else shapely.affinity.translate(OUTER, 40_000_000)
    path, notes = written(tmp_path, parcels([plain], crs=f"EPSG:{crs}"))
    assert back(path).crs.to_epsg() == zone
    assert "shapes_transformed" not in notes


def test_degrees_and_web_maps_are_carried_into_their_zone(tmp_path):
    frame = parcels([OUTER])
    for crs in [4490, 4326, 3857]:
        path, notes = written(tmp_path, frame.to_crs(crs))
        source = back(path)
        assert source.crs.to_epsg() == 4528
        assert source.frame.to_crs(4549).geometry[0].hausdorff_distance(OUTER) < 0.002
        assert "shapes_transformed" in notes


def test_a_system_that_has_no_zone_is_refused(tmp_path):
    for crs in ["EPSG:4610", "EPSG:27700", None]:
        with pytest.raises(LayerError) as caught:
            written(tmp_path, parcels([OUTER], crs=crs))
        assert caught.value.code == "txt_system_needed"


def test_slivers_below_a_millimetre_are_left_out_and_named(tmp_path):
    sliver = shapely.box(571_900, 3_403_580, 571_900.0002, 3_403_580.0002)
    path, notes = written(tmp_path, parcels([OUTER - sliver]))
    assert back(path).frame.geometry[0].area == pytest.approx(60_000.0)
    assert notes["txt_ring_too_small"]["places"] == "P0"


def test_every_zone_of_the_tables_is_itself_again():
    for datum in ["CGCS2000", "Xian80", "Beijing54"]:
        for zone in [*range(13, 24), *range(25, 46)]:
            for has_zone in [True, False]:
                crs = gauss_kruger(datum, zone, has_zone=has_zone)
                middle = zone * 3 if zone > 24 else zone * 6 - 3
                easting = 500_000 + zone * 1_000_000 * has_zone
                values = {p.name: p.value for p in crs.coordinate_operation.params}
                assert values["Longitude of natural origin"] == middle
                assert values["False easting"] == easting
                assert zone_of(crs) == (datum, zone, has_zone)


def test_sizes_tell_north_from_east_at_both_ends_of_the_ranges():
    north = np.array([1_900_000.0, 6_100_000.0, 1_899_999.0, 3e6, 3e6, 54.0, 54.1, np.nan])
    east = np.array([100_000.0, 45_900_000.0, 500_000.0, 900_001.0, 24e6, 73.0, 73.0, 73.0])
    assert orders_of(north, east).tolist() == [0, 0, -1, -1, -1, 2, -1, -1]
    assert orders_of(east, north).tolist() == [1, 1, -1, -1, -1, 3, -1, -1]
    assert zones_of(np.array([13e6, 12e6, 46e6, np.inf])).tolist() == [13, -1, -1, -1]


# Any parcels, written and read


@st.composite
def shapes(draw):
    """Stars about a centre (never crossing themselves), some with a hole, some of two parts."""
    parts = []
    for part in range(draw(st.integers(1, 2))):
        east = draw(st.integers(400_000, 600_000)) + 2_000 * part
        north = draw(st.integers(3_300_000, 3_400_000))
        count = draw(st.integers(3, 9))
        radii = draw(st.lists(st.floats(50, 200), min_size=count, max_size=count))
        angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
        star = np.column_stack([np.cos(angles), np.sin(angles)]) * np.array(radii)[:, None]
        middle = np.array([east, north])
        ring, hole = np.round(star + middle, 3), np.round(star * 0.3 + middle, 3)
        holes = [hole] if draw(st.booleans()) else []
        parts.append(shapely.Polygon(ring, holes))
    whole = shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]
    return whole if whole.is_valid else parts[0]


@SMALL
@given(st.lists(shapes(), min_size=1, max_size=3), st.lists(st.text(max_size=12), min_size=3))
def test_what_is_written_is_read_again_to_the_millimetre(tmp_path, drawn, names):
    frame = parcels(drawn, parcel_id=[f"P{i}" for i in range(len(drawn))], name=names[: len(drawn)])
    path, _ = written(tmp_path, frame)
    source = back(path)
    assert source.frame["地块编号"].tolist() == frame["parcel_id"].tolist()
    plain = source.frame.geometry.translate(-40_000_000, 0)
    for given_shape, read_shape in zip(frame.geometry, plain, strict=True):
        assert read_shape.normalize().equals_exact(given_shape.normalize(), 0.001)


# Any parcels, in any dialect

DIALECT = st.fixed_dictionaries(
    {
        "separator": st.sampled_from([",", "，", "\t", " ", ";", ", "]),
        "label": st.sampled_from(["J{}", "{}", "J{:02}", "界址点{}", " J{}"]),
        "ring": st.sampled_from(["{}", "{:02}", "{}.0", "圈{}"]),
        "closes": st.booleans(),
        "restarts": st.booleans(),
        "swapped": st.booleans(),
        "zone": st.booleans(),
        "header": st.booleans(),
        "blank": st.booleans(),
        "more": st.sampled_from(["", ",,,", ",地上,"]),
        "encoding": st.sampled_from(["gbk", "utf-8", "utf-8-sig", "utf-16"]),
        "end": st.sampled_from(["\n", "\r\n", "\r"]),
    }
)


def told(drawn, how):
    """Write parcels in a dialect, independently of the writer."""
    lines = ["[属性描述]", "坐标系=2000国家大地坐标系", "带号=40", "[地块坐标]"]
    lines = lines if how["header"] else []
    for number, shape in enumerate(drawn, start=1):
        label, points = 0, []
        for position, ring in enumerate(shapely.get_rings(shapely.get_parts(shape)), start=1):
            if how["restarts"]:
                label = 0
            first = label + 1
            corners = shapely.get_coordinates(ring)
            for x, y in corners if how["closes"] else corners[:-1]:
                label += 1
                closing = how["closes"] and label - first == len(corners) - 1
                name = how["label"].format(first if closing else label)
                east = f"{'40' if how['zone'] else ''}{x:.3f}"
                pair = [east, f"{y:.3f}"] if how["swapped"] else [f"{y:.3f}", east]
                row = [name, how["ring"].format(position), *pair]
                points.append(how["separator"].join(row))
            label -= how["closes"]
        lines += [f"{len(points)},,S{number},名,面,,,,{how['more']}@", *points]
        lines += [""] if how["blank"] else []
    return how["end"].join(lines).encode(how["encoding"])


@SMALL
@given(st.lists(shapes(), min_size=1, max_size=3), DIALECT)
def test_any_dialect_gives_the_rings_that_were_written(tmp_path, drawn, how):
    path = tmp_path / "b.txt"
    path.write_bytes(told(drawn, how))
    source = back(path)
    assert source.frame["地块编号"].tolist() == [f"S{n + 1}" for n in range(len(drawn))]
    if how["header"]:
        assert source.crs.to_epsg() == (4528 if how["zone"] else 4549)
    plain = source.frame.geometry.translate(-40_000_000 if how["zone"] else 0, 0)
    for given_shape, read_shape in zip(drawn, plain, strict=True):
        assert read_shape.normalize().equals_exact(given_shape.normalize(), 0.001)
    assert not any(note.code == "txt_count_differs" for note in source.evidence)
