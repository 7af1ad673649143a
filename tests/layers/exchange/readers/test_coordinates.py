"""Lists that hold coordinates: points, boundary points, WKT, and columns in the wrong order."""

import csv

import geopandas as gpd
import openpyxl
import pytest
import shapely
from pyproj import CRS

from app.messages import catalogue
from layers.errors import LayerError
from layers.exchange.importing import run_import
from layers.exchange.read import read_file
from layers.exchange.readers.coordinates import coordinate_columns
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace

# 120.75°E 30.75°N lies at 571815.3661 E, 3403497.8255 N in EPSG:4549.
EAST, NORTH, LON, LAT = "571815.366", "3403497.826", "120.75", "30.75"


def listed(folder, *rows, ending=".csv"):
    path = folder / f"表{ending}"
    if ending == ".csv":
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            csv.writer(handle).writerows(rows)
        return path
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def read(path):
    return read_file(path, encoding=None, source_layer=None)


def noted(source):
    for language in ["zh", "en"]:
        for note in source.evidence:
            assert catalogue(language).text(note.code, **note.values) != note.code
    return {note.code: dict(note.values) for note in source.evidence}


def point(source, row=0):
    shape = source.frame.geometry.iloc[row]
    return None if shape is None else (shape.x, shape.y)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
@pytest.mark.parametrize(
    ("first", "second", "numbers", "expected"),
    [
        ("经度", "纬度", (LON, LAT), (120.75, 30.75)),
        ("lon", "lat", (LON, LAT), (120.75, 30.75)),
        ("企业经度（°）", "企业纬度（°）", (LON, LAT), (120.75, 30.75)),
        ("经度", "纬度", ("120°45′00″", "30度45分0秒"), (120.75, 30.75)),
        ("东坐标", "北坐标", (EAST, NORTH), (571815.366, 3403497.826)),
        ("横坐标(m)", "纵坐标(m)", ("40" + EAST, NORTH), (40571815.366, 3403497.826)),
        ("北坐标", "东坐标", (NORTH, EAST), (571815.366, 3403497.826)),
        ("Y坐标(东)", "X坐标(北)", (EAST, NORTH), (571815.366, 3403497.826)),
        ("X", "Y", (EAST, NORTH), (571815.366, 3403497.826)),
        ("X坐标（米）", "Y坐标（米）", (NORTH, EAST), (571815.366, 3403497.826)),
    ],
)
def test_two_columns_make_points(tmp_path, ending, first, second, numbers, expected):
    source = read(listed(tmp_path, ["企业代码", first, second], ["E1", *numbers], ending=ending))
    assert point(source) == pytest.approx(expected)
    assert source.crs is None  # the numbers alone don't tell the datum
    assert source.frame["企业代码"][0] == "E1"
    assert "coordinates_of_columns" in noted(source)
    assert ("coordinates_north_first" in noted(source)) == (first == "X坐标（米）")


def test_columns_filled_the_wrong_way_round_are_put_right_by_their_sizes(tmp_path):
    for head, row, expected in [
        (["id", "经度", "纬度"], ["a", LAT, LON], (120.75, 30.75)),
        (["id", "东坐标", "北坐标"], ["a", NORTH, EAST], (571815.366, 3403497.826)),
    ]:
        source = read(listed(tmp_path, head, row))
        assert point(source) == pytest.approx(expected)
        assert noted(source)["coordinates_swapped"]["count"] == 1


def test_numbers_of_a_local_system_are_taken_as_headed_and_never_guessed(tmp_path):
    headed = read(listed(tmp_path, ["id", "东坐标", "北坐标"], ["a", "1200", "800"]))
    assert point(headed) == (1200.0, 800.0)
    open_ = read(listed(tmp_path, ["id", "X", "Y"], ["a", "1200", "800"]))
    assert not isinstance(open_.frame, gpd.GeoDataFrame)
    assert noted(open_)["coordinate_order_unknown"] == {"first": "X", "second": "Y"}


def test_an_open_order_is_asked_for_where_shapes_are_needed(tmp_path):
    path = listed(tmp_path, ["facility_id", "X", "Y"], ["F1", "1200", "800"])
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    with pytest.raises(LayerError) as caught:
        run_import(
            GeoPackageWorkspace(made.path), ImportRequest(path, "facilities"), "me", "2025-01-01"
        )
    assert caught.value.code == "coordinate_order_unknown"


def test_a_row_of_another_kind_has_no_point_and_is_named(tmp_path):
    source = read(
        listed(
            tmp_path, ["id", "X", "Y"], ["a", EAST, NORTH], ["b", EAST, NORTH[1:]],
            ["c", "39" + EAST, NORTH], ["d", EAST, NORTH], ["e", "", ""],
        )
    )  # fmt: skip
    assert [point(source, row) is None for row in range(5)] == [False, True, True, False, True]
    assert noted(source)["coordinate_odd"]["places"] == "2, 3"


def test_points_in_degrees_import_stated_or_by_their_numbers_alike(tmp_path):
    path = listed(
        tmp_path, ["facility_id", "name", "facility_kind", "经度", "纬度"],
        ["F1", "甲站", "", LON, LAT],
    )  # fmt: skip
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    workspace = GeoPackageWorkspace(made.path)
    for crs in (None, "EPSG:4490"):
        request = ImportRequest(path, "facilities", mode="replace", crs=crs)
        run_import(workspace, request, "me", "2025-01-01")
        stored = workspace.read("facilities").geometry.iloc[0]
        assert (stored.x, stored.y) == pytest.approx((571815.3661, 3403497.8255), abs=0.001)


# Boundary points

HEAD = ["地块编号", "地块名称", "点号", "环号", "X", "Y"]


def ring(parcel, corners, number="1", name="甲"):
    return [[parcel, name, f"J{n}", number, y, x] for n, (x, y) in enumerate(corners, start=1)]


SQUARE = [(571_000, 3_400_100), (571_100, 3_400_100), (571_100, 3_400_000), (571_000, 3_400_000)]
HOLE = [(571_040, 3_400_060), (571_060, 3_400_060), (571_060, 3_400_040), (571_040, 3_400_040)]
BESIDE = [(x + 500, y) for x, y in SQUARE]


def test_rows_of_boundary_points_become_parcels(tmp_path):
    rows = ring("P1", SQUARE) + ring("P1", HOLE, "2") + ring("P2", BESIDE, name="乙")
    for ending in [".csv", ".xlsx"]:
        source = read(listed(tmp_path, HEAD, *rows, ending=ending))
        assert source.frame["地块编号"].tolist() == ["P1", "P2"]
        assert source.frame["地块名称"].tolist() == ["甲", "乙"]
        assert source.frame.area.tolist() == [10_000.0 - 400.0, 10_000.0]
        assert noted(source)["boundary_points"]["parcels"] == 2
        assert list(source.frame.columns) == ["地块编号", "地块名称", "geometry"]


def test_merged_cells_are_filled_down_and_closing_points_don_t_matter(tmp_path):
    rows = ring("P1", [*SQUARE, SQUARE[0]]) + ring("P2", BESIDE)
    for row in [*rows[1:5], *rows[6:]]:
        row[0] = row[1] = None
    source = read(listed(tmp_path, HEAD, *rows, ending=".xlsx"))
    assert source.frame.area.tolist() == [10_000.0, 10_000.0]
    assert noted(source)["cells_filled_down"]["count"] == 7


def test_points_are_put_in_the_order_their_own_column_states(tmp_path):
    rows = [["P1", n, x, y] for n, (x, y) in enumerate(SQUARE, start=1)]
    mixed = [rows[0], rows[2], rows[1], rows[3]]
    source = read(listed(tmp_path, ["地块编号", "顺序", "东坐标", "北坐标"], *mixed))
    assert source.frame.area[0] == 10_000.0
    assert noted(source)["points_put_in_order"]["count"] == 1
    assert "points_put_in_order" not in noted(
        read(listed(tmp_path, ["地块编号", "顺序", "东坐标", "北坐标"], *rows))
    )


def test_a_parcel_with_too_few_or_broken_points_has_no_shape(tmp_path):
    rows = ring("P1", SQUARE[:2]) + ring("P2", BESIDE) + ring("P3", SQUARE)
    rows[-2][4] = "3四00000"
    source = read(listed(tmp_path, HEAD, *rows))
    assert [shape is None for shape in source.frame.geometry] == [True, False, True]
    found = noted(source)
    assert found["txt_ring_short"]["places"] == "2 P1"
    assert found["txt_number_odd"]["places"] == "9 P3"


def test_columns_that_differ_from_point_to_point_are_named(tmp_path):
    rows = [[*row, n] for n, row in enumerate(ring("P1", SQUARE))]
    source = read(listed(tmp_path, [*HEAD, "边长"], *rows))
    assert noted(source)["columns_of_points_left_out"]["columns"] == "边长"


def test_a_list_of_points_that_names_parcels_once_each_stays_one_of_points(tmp_path):
    rows = [["P1", "1", EAST, NORTH], ["P2", "2", EAST, NORTH]]
    source = read(listed(tmp_path, ["地块编号", "点号", "X", "Y"], *rows))
    assert source.frame.geometry.geom_type.tolist() == ["Point", "Point"]


# Where they go


def test_points_of_a_land_list_leave_outlines_as_they_are(tmp_path):
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at="2025-01-01")
    workspace = GeoPackageWorkspace(made.path)
    shapes = tmp_path / "p.gpkg"
    gpd.GeoDataFrame(
        {"parcel_id": ["P1"]}, geometry=[shapely.Polygon(SQUARE)], crs="EPSG:4549"
    ).to_file(shapes)
    run_import(workspace, ImportRequest(shapes, "land_parcels"), "me", "2025-01-01")
    path = listed(tmp_path, ["地块编号", "名称", "经度", "纬度"], ["P1", "甲", LON, LAT])
    request = ImportRequest(path, "land_parcels", mode="update")
    result = run_import(workspace, request, "me", "2025-01-02")
    stored = workspace.read("land_parcels").iloc[0]
    assert (stored["name"], stored["src_经度"]) == ("甲", LON)
    assert stored.geometry.area == 10_000.0
    assert "points_not_outlines" in [note.code for note in result.detected]
    with pytest.raises(LayerError) as caught:
        run_import(workspace, ImportRequest(path, "land_parcels"), "me", "2025-01-03")
    assert caught.value.code == "shapes_needed"


# WKT


def test_a_column_of_wkt_gives_shapes_and_their_system(tmp_path):
    plain = shapely.Polygon(SQUARE).wkt
    source = read(listed(tmp_path, ["id", "WKT"], ["a", plain], ["b", "POLYGON((1 2"]))
    assert source.frame.geometry[0].area == 10_000.0
    assert source.frame.geometry[1] is None
    assert noted(source)["wkt_unreadable"]["places"] == "2"
    stated = read(listed(tmp_path, ["id", "geom"], ["a", f"SRID=4549;{plain}"]))
    assert stated.crs == CRS(4549)
    flipped = shapely.Polygon([(y, x) for x, y in SQUARE]).wkt
    swapped = read(listed(tmp_path, ["id", "wkt"], ["a", flipped]))
    assert swapped.frame.geometry[0].equals(shapely.Polygon(SQUARE))
    assert noted(swapped)["coordinates_swapped"]["count"] == 1


def test_a_column_called_geometry_without_wkt_is_a_column(tmp_path):
    source = read(listed(tmp_path, ["id", "geometry"], ["a", "方形"]))
    assert not isinstance(source.frame, gpd.GeoDataFrame)
    assert source.frame.iloc[0].tolist() == ["a", "方形"]


def test_two_candidates_for_one_column_are_no_coordinates():
    assert coordinate_columns(["经度", "纬度", "中心经度", "中心纬度"]) is None
    assert coordinate_columns(["x", "东坐标"]) is None
    assert coordinate_columns(["投资强度", "容积率"]) is None
