"""Which readings a file's numbers allow, and what becomes of a file whose place isn't stated."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS, Transformer

from geo.errors import MuPlanError
from geo.gcj02 import to_bd09, to_gcj02
from layers.exchange.importing import run_import
from layers.exchange.recognise.crs import Extent, certain_reading, possible_readings
from layers.exchange.request import CrsOptions, ImportRequest
from layers.workspace.geopackage import create_workspace
from layers.workspace.protocol import Provenance

AT = "2025-01-02T03:04:05"
COUNTIES = Path(__file__).resolve().parents[5] / "shared" / "data" / "admin"
needs_shared = pytest.mark.skipif(
    not COUNTIES.is_dir(), reason="no reference data beside the project"
)
# A made-up territory of 20 km around 120.75° E, 30.75° N: EPSG:4549 571 815 E, 3 403 498 N
# (domain facts §1.4).
TERRITORY = shapely.box(560_000, 3_395_000, 580_000, 3_415_000)
WHOLE_EARTH = Extent(CRS(4549), shapely.box(-2e7, -2e7, 2e7, 2e7))
PLACE = (120.75, 30.75)


def readings(points, outlines=TERRITORY, crs=4549):
    return possible_readings(np.array(points, dtype=float), Extent(CRS(crs), outlines))


def named(found):
    return [(one.kind, one.code, one.axis) for one in found]


def in_system(code, lon=PLACE[0], lat=PLACE[1]):
    return Transformer.from_crs(4490, code, always_xy=True).transform(lon, lat)


@pytest.mark.parametrize(
    ("kind", "code"),
    [("degrees", 4490), ("zone3", 4528), ("zone6", 4498), ("bare", 4549), ("web_mercator", 3857),
     ("bare", 4548)],
)  # fmt: skip
@pytest.mark.parametrize("axis", ["xy", "yx"])
def test_numbers_inside_the_units_are_read_in_exactly_one_way(kind, code, axis):
    x, y = in_system(code)
    points = [[x, y] if axis == "xy" else [y, x]]
    found = readings(points)
    assert named(found) == [(kind, f"EPSG:{code}", axis)]
    assert certain_reading(found) == found[0]
    assert found[0].share == 1.0


def test_without_units_an_easting_without_zone_stays_open_and_one_with_zone_is_certain():
    bare = readings([in_system(4549)], outlines=None)
    # Half a 3-degree zone of margin also lets the zone to the west pass: 117.75° E.
    assert [one[1] for one in named(bare)] == ["EPSG:4548", "EPSG:4549"]
    assert certain_reading(bare) is None
    assert certain_reading(bare[:1]) is None
    zoned = readings([in_system(4528)], outlines=None)
    assert named(zoned) == [("zone3", "EPSG:4528", "xy")]
    assert certain_reading(zoned) == zoned[0]


def test_data_beside_the_units_are_listed_by_the_area_of_use_and_never_certain():
    found = readings([in_system(4528, 120.2, 30.3)])
    assert named(found) == [("zone3", "EPSG:4528", "xy")]
    assert found[0].is_elsewhere
    assert certain_reading(found) is None


@pytest.mark.parametrize(("inside", "fits"), [(5, True), (4, False)])
def test_a_reading_fits_from_half_of_the_shapes_on(inside, fits):
    east, north = in_system(4528)
    points = [[east, north]] * inside + [[east + 50_000, north]] * (10 - inside)
    found = [one for one in readings(points) if not one.is_elsewhere]
    assert bool(found) is fits


@pytest.mark.parametrize(
    ("point", "kinds"),
    [
        ((180.0, 30.0), {"degrees"}), ((180.1, 30.0), set()),
        ((99_999.0, 3.4e6), set()), ((100_000.0, 3.4e6), {"bare"}),
        ((999_999.0, 3.4e6), {"bare"}), ((1_000_000.0, 3.4e6), set()),
        ((40_099_999.0, 3.4e6), set()), ((40_100_000.0, 3.4e6), {"zone3"}),
        ((40_999_999.0, 3.4e6), {"zone3"}),
        ((24_500_000.0, 3.4e6), set()), ((25_500_000.0, 3.4e6), {"zone3"}),
        ((45_500_000.0, 3.4e6), {"zone3"}), ((46_500_000.0, 3.4e6), set()),
        ((12_500_000.0, 9e6), set()), ((13_500_000.0, 9e6), {"zone6"}),
        ((23_500_000.0, 9e6), {"zone6"}), ((24_500_000.0, 9e6), set()),
        ((500_000.0, 999_999.0), set()), ((500_000.0, 1_000_000.0), {"bare"}),
        ((40_500_000.0, 9_999_999.0), {"zone3"}), ((40_500_000.0, 10_000_000.0), set()),
        ((7_999_999.0, 3.4e6), set()), ((8_000_000.0, 3.4e6), {"web_mercator"}),
        ((15_399_999.0, 299_999.0), set()), ((15_399_999.0, 300_000.0), {"web_mercator"}),
        ((15_300_000.0, 7_299_999.0), {"web_mercator", "zone6"}),
        ((15_300_000.0, 7_300_000.0), {"zone6"}),
    ],
)  # fmt: skip
def test_each_range_of_numbers_ends_where_its_digits_do(point, kinds):
    # Any place on earth counts here, so that only the ranges decide.
    from layers.exchange.recognise.crs import _candidates

    assert {kind for kind, _ in _candidates(*point, CRS(4549))} == kinds


def test_a_workspace_of_another_system_is_a_reading_of_its_own():
    found = possible_readings(
        np.array([[250_000.0, 2_700_000.0]]), Extent(CRS(3826), shapely.box(2e5, 2.6e6, 3e5, 2.8e6))
    )
    assert ("workspace", "EPSG:3826", "xy") in named(found)
    old = possible_readings(np.array([[571_815.0, 3_403_498.0]]), Extent(CRS(2385)))
    assert [one[1] for one in named(old)] == ["EPSG:2385"]


# Imports


def territory(folder, with_units=True):
    workspace = create_workspace(folder / "ws.gpkg", CRS(4549), title="t", created_at=AT)
    if with_units:
        halves = [shapely.box(560_000, 3_395_000, 570_000, 3_415_000),
                  shapely.box(570_000, 3_395_000, 580_000, 3_415_000)]  # fmt: skip
        units = gpd.GeoDataFrame({"unit_id": ["A", "B"]}, geometry=halves, crs=4549)
        with workspace.edit("t", AT) as edit:
            edit.replace("units", units, Provenance("t", AT))
    return workspace


def lots(code=4549, axis="xy", count=4):
    shapes = [shapely.box(571_000 + 300 * i, 3_400_000, 571_200 + 300 * i, 3_400_200)
              for i in range(count)]  # fmt: skip
    given = gpd.GeoDataFrame(
        {"parcel_id": [f"P{i}" for i in range(count)]}, geometry=shapes, crs=4549
    )
    moved = given.to_crs(code)
    if axis == "yx":
        moved = moved.set_geometry(
            gpd.GeoSeries(shapely.transform(moved.geometry.array, lambda p: p[:, ::-1]), crs=code)
        )
    return given, moved


def saved(folder, frame, crs="as it is", name="in.parquet"):
    if crs != "as it is":
        frame = frame.set_crs(crs, allow_override=True)
    path = folder / name
    if path.suffix == ".geojson":
        path.write_text(gpd.GeoDataFrame(frame).set_crs(None, allow_override=True).to_json())
    else:
        frame.to_parquet(path)
    return path


def imported(workspace, path, **options):
    return run_import(workspace, ImportRequest(path, "land_parcels", **options), "planner", AT)


def refused(workspace, path, **options):
    with pytest.raises(MuPlanError) as caught:
        imported(workspace, path, **options)
    return caught.value


def codes(result):
    return [note.code for note in result.detected]


@pytest.mark.parametrize("code", [4490, 4528, 4498, 4549, 3857])
@pytest.mark.parametrize("axis", ["xy", "yx"])
def test_a_file_without_system_comes_in_where_it_lies(tmp_path, code, axis):
    workspace = territory(tmp_path)
    given, moved = lots(code, axis)
    result = imported(workspace, saved(tmp_path, moved, crs=None))
    stored = workspace.read("land_parcels")
    # The carried shape keeps its corners; the edges between them bend by less than a millimetre.
    assert (stored.geometry.hausdorff_distance(given.geometry) < 1e-3).all()
    assert "crs_by_numbers" in codes(result)
    assert ("axes_swapped" in codes(result)) is (axis == "yx")
    assert ("datum_not_in_numbers" in codes(result)) is (code in {4528, 4498, 4549})


def test_a_geojson_with_latitude_first_or_in_metres_is_recognised(tmp_path):
    workspace = territory(tmp_path)
    given, moved = lots(4490, "yx")
    assert imported(workspace, saved(tmp_path, moved, name="in.geojson")).accepted == 4
    metres = saved(tmp_path, lots(4528)[1], name="metres.geojson")
    assert imported(workspace, metres, mode="replace").accepted == 4
    stored = workspace.read("land_parcels")
    assert (stored.geometry.hausdorff_distance(given.geometry) < 1e-3).all()


def test_a_file_without_system_or_units_is_refused_until_its_system_is_stated(tmp_path):
    workspace = territory(tmp_path, with_units=False)
    path = saved(tmp_path, lots(4549, "yx")[1], crs=None)
    error = refused(workspace, path)
    assert error.code == "crs_undecided"
    assert "--crs EPSG:4549 --axis yx" in str(error.values["readings"])
    assert imported(workspace, path, crs="EPSG:4549", axis="yx").accepted == 4


def test_numbers_that_can_be_nothing_here_are_refused(tmp_path):
    workspace = territory(tmp_path)
    shape = [shapely.box(5000, 5000, 5100, 5100)]
    frame = gpd.GeoDataFrame({"parcel_id": ["P"]}, geometry=shape, crs=None)
    assert refused(workspace, saved(tmp_path, frame)).code == "crs_unstated"


@pytest.mark.parametrize(
    ("really", "axis", "written", "option"),
    [
        (4528, "xy", 4549, "--crs EPSG:4528 ("),  # zone in front, .prj without
        (4549, "xy", 4528, "--crs EPSG:4549 ("),  # no zone in front, .prj with
        (4490, "xy", 4549, "--crs EPSG:4490 ("),  # degrees, .prj in metres
        (4549, "xy", 4490, "--crs EPSG:4549 ("),  # metres, .prj in degrees
        (4549, "yx", 4549, "--crs EPSG:4549 --axis yx ("),
        (4490, "yx", 4326, "--crs EPSG:4490 --axis yx ("),
        (4549, "xy", 4548, "--crs EPSG:4549 ("),  # the neighbouring meridian
        (4549, "xy", 4550, "--crs EPSG:4549 ("),
    ],
)
def test_a_system_written_in_the_file_that_contradicts_the_numbers_is_found(
    tmp_path, really, axis, written, option
):
    workspace = territory(tmp_path)
    given, moved = lots(really, axis)
    path = saved(tmp_path, moved, crs=written)
    error = refused(workspace, path)
    assert error.code == "crs_numbers_contradict"
    assert option in str(error.values["readings"])
    result = imported(workspace, path, crs=f"EPSG:{really}", axis=axis)
    stored = workspace.read("land_parcels")
    assert (stored.geometry.hausdorff_distance(given.geometry) < 1e-3).all()
    assert ("crs_overrules_file" in codes(result)) is (really != written)


def test_a_system_that_fits_is_not_overruled(tmp_path):
    workspace = territory(tmp_path)
    path = saved(tmp_path, lots(4528)[1])
    assert refused(workspace, path, crs="EPSG:4549").code == "crs_contradicts"
    assert codes(imported(workspace, path)).count("crs_in_file") == 1


def test_a_file_beside_the_units_comes_in_with_a_warning(tmp_path):
    workspace = territory(tmp_path)
    far = gpd.GeoDataFrame(
        {"parcel_id": ["P"]}, geometry=[shapely.box(540_000, 3.4e6, 540_100, 3.4001e6)], crs=4549
    )
    assert "crs_outside_units" in codes(imported(workspace, saved(tmp_path, far)))


def test_an_axis_stated_alone_turns_the_file(tmp_path):
    workspace = territory(tmp_path)
    path = saved(tmp_path, lots(4549, "yx")[1])
    assert imported(workspace, path, axis="yx").accepted == 4
    wrong = saved(tmp_path, lots(4549)[1], crs=None, name="b.parquet")
    assert refused(workspace, wrong, axis="yx", mode="replace").code == "crs_undecided"


@pytest.mark.parametrize(
    ("options", "code"),
    [({"axis": "ne"}, "axis_unknown"), ({"shift": "gcj"}, "shift_unknown"),
     ({"datum": "1,2"}, "datum_parameters_bad")],
)  # fmt: skip
def test_words_that_mean_nothing_are_refused(options, code):
    with pytest.raises(MuPlanError) as caught:
        CrsOptions(**options)
    assert caught.value.code == code


# Datum


def test_an_old_datum_comes_in_by_the_stated_parameters_and_says_so(tmp_path):
    workspace = territory(tmp_path)
    given, moved = lots()
    # Read as Xian 80 the numbers lie elsewhere by what the parameters move: 100 m up the z axis is
    # 100 · cos(30.7°) = 86 m north; the ellipsoids differ by metres.
    path = saved(tmp_path, moved, crs=2385)
    assert refused(workspace, path).code == "datum_refused"
    result = imported(workspace, path, datum="0,0,100,0,0,0,0")
    stored = workspace.read("land_parcels")
    north = (stored.geometry.centroid.y - given.geometry.centroid.y).mean()
    assert north == pytest.approx(100 * np.cos(np.radians(30.7)), abs=3)
    (facts,) = [one for one in workspace.layers() if one.name == "land_parcels"]
    assert "0,0,100,0,0,0,0" in facts.sources[0].detail
    assert "datum_changed" in codes(result)
    wild = refused(workspace, path, datum="0,0,100000,0,0,0,0", mode="replace")
    assert wild.code == "datum_parameters_wild"


def test_parameters_without_an_old_datum_are_refused(tmp_path):
    workspace = territory(tmp_path)
    path = saved(tmp_path, lots(4490)[1])
    assert refused(workspace, path, datum="1,2,3,0,0,0,0").code == "datum_not_needed"


# Shift


def shifted(frame, shift):
    degrees = frame.to_crs(4490)
    forward = {"gcj02": to_gcj02, "bd09": to_bd09}[shift]
    moved = shapely.transform(
        np.asarray(degrees.geometry.array), lambda p: np.column_stack(forward(p[:, 0], p[:, 1]))
    )
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=moved, crs=4490)


def near_border(count):
    """Lots in a row within 200 m inside the western border of the territory."""
    shapes = [shapely.box(560_010, 3_396_000 + 300 * i, 560_110, 3_396_200 + 300 * i)
              for i in range(count)]  # fmt: skip
    ids = [f"P{i}" for i in range(count)]
    return gpd.GeoDataFrame({"parcel_id": ids}, geometry=shapes, crs=4549)


@pytest.mark.parametrize("shift", ["gcj02", "bd09"])
def test_a_stated_shift_is_taken_away_within_a_centimetre(tmp_path, shift):
    workspace = territory(tmp_path)
    given, _ = lots()
    result = imported(workspace, saved(tmp_path, shifted(given, shift)), shift=shift)
    stored = workspace.read("land_parcels")
    assert (stored.geometry.hausdorff_distance(given.geometry) < 0.01).all()
    assert "shift_taken_away" in codes(result)


@pytest.mark.parametrize(
    ("name", "is_suspected"),
    [("高德导出.parquet", True), ("GCJ02.parquet", True), ("bd-09_x.parquet", True),
     ("amap_lots.parquet", True), ("datamap.parquet", False), ("gcj02转wgs84.parquet", False),
     ("奥维.parquet", False), ("奥维.geojson", True), ("地块.parquet", False)],
)  # fmt: skip
def test_a_name_that_speaks_of_web_maps_is_a_warning_only(tmp_path, name, is_suspected):
    workspace = territory(tmp_path)
    result = imported(workspace, saved(tmp_path, lots(4490)[1], name=name))
    assert ("shift_suspected_by_source" in codes(result)) is is_suspected
    assert result.accepted == 4


def test_a_column_of_that_name_is_a_warning_and_an_answer_ends_it(tmp_path):
    workspace = territory(tmp_path)
    path = saved(tmp_path, lots(4490)[1].assign(百度经度=1.0))
    result = imported(workspace, path, dry_run=True)
    doubts = [note for note in result.detected if note.code == "shift_suspected_by_source"]
    assert [note.values["option"] for note in doubts] == ["bd09"]
    told = codes(imported(workspace, path, shift="none"))
    assert "shift_denied" in told
    assert "shift_suspected_by_source" not in told


# The shift carries lots at the western border 410 m east and 255 m south: all stay inside. At the
# eastern border they leave the territory, and only the inverse brings them back. Of four tests at
# 5 % together one shape more must have a chance below 1.25 %: 7 shapes (1/128), not 6 (1/64).
@pytest.mark.parametrize(("count", "is_suspected"), [(6, False), (7, True)])
def test_shapes_that_fit_the_units_only_without_the_shift_are_suspicious(
    tmp_path, count, is_suspected
):
    workspace = territory(tmp_path)
    row = near_border(count)
    east = row.set_geometry(row.geometry.translate(19_800, 0))
    inland = row.set_geometry(row.geometry.translate(5_000, 0))
    inland["parcel_id"] = inland["parcel_id"] + "i"
    both = gpd.GeoDataFrame(gpd.pd.concat([east, inland], ignore_index=True), crs=4549)
    result = imported(workspace, saved(tmp_path, shifted(both, "gcj02")), dry_run=True)
    notes = [n.values for n in result.detected if n.code == "shift_suspected_by_fit"]
    assert bool(notes) is is_suspected
    if notes:
        assert (notes[0]["option"], notes[0]["better"], notes[0]["worse"]) == ("gcj02", count, 0)
    unshifted = imported(workspace, saved(tmp_path, both), dry_run=True)
    assert "shift_suspected_by_fit" not in codes(unshifted)


def test_two_grounds_together_need_an_answer(tmp_path):
    workspace = territory(tmp_path)
    row = near_border(8)
    east = row.set_geometry(row.geometry.translate(19_800, 0))
    inland = row.set_geometry(row.geometry.translate(5_000, 0)).assign(
        parcel_id=lambda f: f["parcel_id"] + "i"
    )
    both = gpd.GeoDataFrame(gpd.pd.concat([east, inland], ignore_index=True), crs=4549)
    path = saved(tmp_path, shifted(both, "gcj02"), name="高德.parquet")
    error = refused(workspace, path)
    assert (error.code, error.values["option"]) == ("shift_unstated", "gcj02")
    assert imported(workspace, path, shift="gcj02").accepted == 16
    stored = workspace.read("land_parcels").set_index("parcel_id")
    assert stored.geometry["P0"].hausdorff_distance(east.geometry[0]) < 0.01


def test_outlines_drawn_over_a_web_map_are_told_by_their_common_edges(tmp_path):
    workspace = territory(tmp_path)
    # Eight lots whose western side runs along the border, with vertices every 25 m.
    souths = [3_396_000 + 300 * i for i in range(8)]
    shapes = [shapely.segmentize(shapely.box(560_000, s, 560_200, s + 200), 25) for s in souths]
    along = gpd.GeoDataFrame({"parcel_id": [f"P{i}" for i in range(8)]}, geometry=shapes, crs=4549)
    result = imported(workspace, saved(tmp_path, shifted(along, "bd09")), dry_run=True)
    notes = [n.values for n in result.detected if n.code == "shift_suspected_by_fit"]
    assert [(n["option"], n["better"], n["worse"]) for n in notes] == [("bd09", 8, 0)]


@needs_shared
def test_the_counties_of_a_web_map_are_told_from_the_same_counties_without_shift(tmp_path):
    workspace = create_workspace(tmp_path / "u.gpkg", CRS(4549), title="t", created_at=AT)
    units = ImportRequest(COUNTIES / "jiaxing_counties_datav_wgs84.geojson", "units")
    run_import(workspace, units, "planner", AT)
    content = (COUNTIES / "jiaxing_counties_datav_gcj02.geojson").read_bytes()
    (tmp_path / "counties.geojson").write_bytes(content)
    again = ImportRequest(
        tmp_path / "counties.geojson", "units", mode="replace", dry_run=True
    )  # fmt: skip
    doubts = [n.values for n in run_import(workspace, again, "planner", AT).detected
              if n.code == "shift_suspected_by_fit"]  # fmt: skip
    # All seven run along the borders without the shift: one way of 2⁷.
    assert [(d["option"], d["better"], d["chance"]) for d in doubts] == [("gcj02", 7, 1 / 128)]
    # A second source, coarser and unshifted, gives no such sign.
    other = ImportRequest(
        COUNTIES / "jiaxing_counties_ctamap2021_coarse_wgs84.geojson", "units", mode="replace",
        dry_run=True,
    )  # fmt: skip
    assert "shift_suspected_by_fit" not in codes(run_import(workspace, other, "planner", AT))
