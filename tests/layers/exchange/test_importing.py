import json
import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from geo.errors import MuPlanError
from geo.measure import ellipsoidal_area_m2
from layers.errors import LayerError
from layers.exchange.importing import NothingAcceptedError, fault_values, plan_import, run_import
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import create_workspace

AT = "2025-01-02T03:04:05"
WEST, SOUTH = 571_000.0, 3_400_000.0
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
ZONING = SHARED / "land" / "zoning_subset"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="no reference data beside the project"
)


def square(column=0, side=100.0):
    west = WEST + 200 * column
    return shapely.box(west, SOUTH, west + side, SOUTH + side)


def parcels(shapes=None, crs="EPSG:4549", **columns):
    columns = columns or {"parcel_id": ["P1", "P2"]}
    count = len(next(iter(columns.values())))
    shapes = [square(i) for i in range(count)] if shapes is None else shapes
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


@pytest.fixture
def workspace(tmp_path):
    return make_workspace(tmp_path)


def make_workspace(folder, crs=4549):
    return create_workspace(folder / "ws.gpkg", CRS(crs), title="t", created_at=AT)


def saved(folder, frame, name="in.parquet"):
    path = folder / name
    if isinstance(frame, gpd.GeoDataFrame):
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


def run(workspace, path, layer="land_parcels", **options):
    return run_import(workspace, ImportRequest(path, layer, **options), "planner", AT)


def refusal(workspace, path, layer="land_parcels", **options):
    """Run an import that must fail, and see that nothing changed."""
    before = workspace.path.read_bytes()
    with pytest.raises(MuPlanError) as caught:
        run(workspace, path, layer, **options)
    assert workspace.path.read_bytes() == before
    return caught.value


def said(result, code):
    return [dict(note.values) for note in result.detected if note.code == code]


def fault_of(result, code):
    (fault,) = [fault for fault in result.faults if fault.code == code]
    return fault


# Rows


def test_good_rows_are_stored_and_bad_rows_kept_with_their_reasons(tmp_path, workspace):
    frame = parcels(
        parcel_id=["P1", "P2", "P3", "P3", None, "P6"],
        area_declared_m2=["100", "-1", "5", "5", "5", "约三亩"],
        state=["净地", "可供", "cleared", "cleared", "cleared", "cleared"],
    )
    result = run(workspace, saved(tmp_path, frame))
    assert (result.read, result.accepted, result.quarantined) == (6, 1, 5)
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["P1"]
    assert workspace.read("land_parcels")["state"].tolist() == ["cleared"]
    assert fault_of(result, "below_minimum").rows == ("P2",)
    assert fault_of(result, "key_duplicate").rows == ("P3", "P3")
    assert fault_of(result, "value_missing").rows == ("#5",)
    assert fault_of(result, "not_a_number").examples == ("约三亩",)
    kept = workspace.quarantined()
    assert len(kept) == 5
    assert kept["reasons"].tolist()[0] == "below_minimum:area_declared_m2"
    assert json.loads(kept["data"].iloc[4])["area_declared_m2"] == "约三亩"


def test_a_file_of_bad_rows_only_changes_nothing_and_tells_all_faults(tmp_path, workspace):
    frame = parcels(parcel_id=["P1", "P1"], area_declared_m2=[-1.0, 2.0])
    error = refusal(workspace, saved(tmp_path, frame))
    assert isinstance(error, NothingAcceptedError)
    assert error.code == "nothing_accepted"
    assert error.values["count"] == 2
    assert {fault.code for fault in error.faults} == {"below_minimum", "key_duplicate"}


def test_a_broken_outline_is_mended_and_its_change_of_area_listed(tmp_path, workspace):
    bow_tie = shapely.Polygon(
        [(WEST, SOUTH), (WEST + 200, SOUTH + 200), (WEST + 200, SOUTH), (WEST, SOUTH + 200)]
    )
    frame = parcels([bow_tie, square(5)], parcel_id=["P1", "P2"])
    result = run(workspace, saved(tmp_path, frame))
    assert (result.accepted, result.repaired) == (2, 1)
    ((key, change),) = result.repairs
    assert key == "P1"
    # Two triangles of base 200 and height 100.
    assert change.area_after_m2 == pytest.approx(2 * 200 * 100 / 2)


def test_a_dry_run_checks_everything_and_writes_nothing(tmp_path, workspace):
    before = workspace.path.read_bytes()
    frame = parcels(parcel_id=["P1", "P2"], far_max=[-1.0, 2.0])
    result = run(workspace, saved(tmp_path, frame), dry_run=True)
    assert (result.stored, result.read, result.accepted, result.quarantined) == (False, 2, 1, 1)
    assert workspace.path.read_bytes() == before


def test_a_text_longer_than_a_cell_is_a_fault_of_its_row(tmp_path, workspace):
    frame = parcels(parcel_id=["P1", "P2"], 说明=["x" * 32_767, "x" * 32_768])
    result = run(workspace, saved(tmp_path, frame))
    assert fault_of(result, "cell_too_large").rows == ("P2",)
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["P1"]


def test_the_values_of_a_fault_fill_its_sentence():
    from layers.validate import Fault

    fault = Fault("not_a_date", "state_on", tuple("ABCDEF"), tuple(range(6)), ("明天",))
    values = fault_values(fault, "land_parcels")
    assert values == {
        "layer": "land_parcels", "column": "state_on", "count": 6, "rows": "A, B, C, D, E …",
        "examples": "明天",
    }  # fmt: skip


# Modes


def test_adding_existing_keys_is_a_fault_of_those_rows(tmp_path, workspace):
    run(workspace, saved(tmp_path, parcels()))
    frame = parcels([square(7), square(8)], parcel_id=["P2", "P3"])
    result = run(workspace, saved(tmp_path, frame))
    assert fault_of(result, "key_exists").rows == ("P2",)
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["P1", "P2", "P3"]
    assert len(workspace.quarantined()) == 1


def test_updating_unknown_keys_is_a_fault_of_those_rows(tmp_path, workspace):
    run(workspace, saved(tmp_path, parcels(parcel_id=["P1", "P2"], name=["甲", "乙"])))
    frame = parcels([square(7), square(8)], parcel_id=["P2", "P9"], name=["丙", "丁"])
    result = run(workspace, saved(tmp_path, frame), mode="update")
    assert fault_of(result, "key_absent").rows == ("P9",)
    stored = workspace.read("land_parcels").set_index("parcel_id")
    assert stored["name"].to_dict() == {"P1": "甲", "P2": "丙"}
    assert stored.geometry["P2"].equals(square(7))


def test_an_update_keeps_the_columns_and_shapes_the_file_does_not_bring(tmp_path, workspace):
    frame = parcels(parcel_id=["P1", "P2"], name=["甲", "乙"], 旧编号=["x", "y"])
    run(workspace, saved(tmp_path, frame))
    table = pd.DataFrame({"地块编号": ["P2"], "地块状态": ["可供"]})
    result = run(workspace, saved(tmp_path, table, "in.csv"), mode="update")
    assert (result.read, result.accepted) == (1, 1)
    row = workspace.read("land_parcels").set_index("parcel_id").loc["P2"]
    assert (row["state"], row["name"], row["src_旧编号"]) == ("listed", "乙", "y")
    assert row.geometry.equals(square(1))


def test_replacing_leaves_only_the_rows_of_the_file(tmp_path, workspace):
    run(workspace, saved(tmp_path, parcels()))
    run(workspace, saved(tmp_path, parcels(parcel_id=["P2"])), mode="replace")
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["P2"]


def test_a_table_identified_by_two_columns_needs_both(tmp_path, workspace):
    table = pd.DataFrame({"platform_id": ["A", "A"], "period": ["2024", "2025"]})
    path = saved(tmp_path, table, "in.csv")
    assert run(workspace, path, "platform_indicators").accepted == 2
    again = refusal(workspace, path, "platform_indicators")
    assert again.code == "nothing_accepted"
    alone = saved(tmp_path, table[["platform_id"]], "alone.csv")
    error = refusal(workspace, alone, "platform_indicators")
    assert (error.code, error.values["column"]) == ("key_column_missing", "period")


def test_an_append_only_table_is_never_replaced_or_updated(tmp_path, workspace):
    event = pd.DataFrame(
        {"event_id": ["E1"], "project_id": ["X"], "event_kind": ["签约"], "event_on": [AT[:10]],
         "entered_at": [AT], "entry_seq": [1]}
    )  # fmt: skip
    path = saved(tmp_path, event, "in.csv")
    assert run(workspace, path, "project_events").accepted == 1
    for mode in ("replace", "update"):
        error = refusal(workspace, path, "project_events", mode=mode, dry_run=True)
        assert error.code == "layer_append_only"


def test_kept_columns_of_two_files_fit_beside_each_other(tmp_path, workspace):
    run(workspace, saved(tmp_path, parcels(parcel_id=["P1"], 编码=[7])))
    run(workspace, saved(tmp_path, parcels([square(5)], parcel_id=["P2"], 编码=["x7"])))
    run(workspace, saved(tmp_path, parcels([square(6)], parcel_id=["P3"], 编码=["x8"])))
    stored = workspace.read("land_parcels").set_index("parcel_id")
    assert stored["src_编码"]["P1"] == 7
    assert stored["src_编码_2"][["P2", "P3"]].tolist() == ["x7", "x8"]


# Columns


def test_columns_are_taken_by_name_by_heading_or_as_stated_and_the_rest_kept(tmp_path, workspace):
    frame = parcels(
        PARCEL_ID=["P1", "P2"], **{"登记面积（m²）": ["1", "2"]}, 名称=["甲", "乙"],
        状态=["净地", "可供"], year=[2024, 2025], SRC_Old=["a", "b"], src_old=["c", "d"],
    )  # fmt: skip
    result = run(workspace, saved(tmp_path, frame), mapping={"状态": "state"})
    stored = workspace.read("land_parcels")
    assert stored["area_declared_m2"].tolist() == [1.0, 2.0]
    assert stored["name"].tolist() == ["甲", "乙"]
    assert stored["state"].tolist() == ["cleared", "listed"]
    assert stored["src_year"].tolist() == [2024, 2025]  # a known word, but not of this layer
    assert stored["src_Old"].tolist() == ["a", "b"]
    assert stored["src_old_2"].tolist() == ["c", "d"]
    assert {"column": "year", "kept_as": "src_year"} in said(result, "column_kept")
    assert {"column": "状态", "target": "state"} in said(result, "column_stated")
    assert {"column": "名称", "target": "name"} in said(result, "column_recognised")


@pytest.mark.parametrize(
    ("mapping", "code", "nearest"),
    [
        ({"编号": "parcel_idd"}, "target_unknown", "parcel_id"),
        ({"编号": "year"}, "target_unknown", None),
        ({"编好": "parcel_id"}, "source_column_unknown", "编号"),
        ({"编号": "parcel_id", "面积": "parcel_id"}, "target_twice", None),
        ({"geometry": "name"}, "source_column_unknown", None),
    ],
)
def test_a_mapping_that_fits_nothing_names_the_nearest(tmp_path, workspace, mapping, code, nearest):
    path = saved(tmp_path, parcels(编号=["P1"], 面积=[1.0]))
    error = refusal(workspace, path, mapping=mapping)
    assert error.code == code
    assert nearest is None or error.values["nearest"] == nearest


def test_a_missing_key_column_is_named_with_the_columns_of_the_file(tmp_path, workspace):
    columns = {f"c{i}": [1] for i in range(20)}
    error = refusal(workspace, saved(tmp_path, parcels(**columns)))
    assert (error.code, error.values["column"]) == ("key_column_missing", "parcel_id")
    assert str(error.values["columns"]).split(", ") == [f"c{i}" for i in range(12)]


@pytest.mark.parametrize(("unit", "square_metres"), [("亩", 2000 / 3), ("公顷", 1e4), ("m2", 1)])
def test_declared_areas_are_converted_from_the_stated_unit(
    tmp_path, workspace, unit, square_metres
):
    path = saved(tmp_path, parcels(parcel_id=["P1", "P2"], 登记面积=["1,200.5", None]))
    run(workspace, path, declared_unit=unit)
    stored = workspace.read("land_parcels")["area_declared_m2"]
    assert stored[0] == pytest.approx(1200.5 * square_metres, rel=1e-12)
    assert np.isnan(stored[1])


def test_a_unit_needs_a_column_and_a_known_name(tmp_path, workspace):
    path = saved(tmp_path, parcels())
    assert refusal(workspace, path, declared_unit="亩").code == "declared_column_missing"
    assert refusal(workspace, path, declared_unit="mu").code == "area_unit_unknown"
    assert refusal(workspace, path, mode="append").code == "mode_unknown"
    assert refusal(workspace, path, layer="land_parcel").values["nearest"] == "land_parcels"


# Place


def test_shapes_in_degrees_are_carried_into_the_workspace(tmp_path, workspace):
    given = parcels()
    path = saved(tmp_path, given.to_crs("EPSG:4490"))
    result = run(workspace, path)
    stored = workspace.read("land_parcels")
    assert (stored.geometry.hausdorff_distance(given.geometry) < 1e-4).all()
    assert len(said(result, "shapes_transformed")) == 1
    assert said(result, "datum_taken_as_equal") == []


def test_wgs84_counts_as_cgcs2000_and_this_is_said(tmp_path, workspace):
    result = run(workspace, saved(tmp_path, parcels().to_crs("EPSG:4326")))
    assert said(result, "datum_taken_as_equal") == [
        {"source": "WGS 84", "target": "China Geodetic Coordinate System 2000"}
    ]


def test_a_system_is_stated_only_where_the_file_has_none_or_the_same(tmp_path, workspace):
    unstated = refusal(workspace, saved(tmp_path, parcels(crs=None)))
    assert unstated.code == "crs_undecided"
    assert "EPSG:4549" in str(unstated.values["readings"])
    assert run(workspace, saved(tmp_path, parcels(crs=None)), crs="EPSG:4549").accepted == 2
    same = saved(tmp_path, parcels([square(5)], parcel_id=["P5"]))
    assert run(workspace, same, crs="4549").accepted == 1
    error = refusal(workspace, same, crs="EPSG:4528")
    assert error.code == "crs_contradicts"
    assert refusal(workspace, same, crs="EPSG:1").code == "crs_unknown"


def test_a_zone_prefix_read_as_the_system_without_it_contradicts_the_numbers(tmp_path, workspace):
    prefixed = parcels().to_crs("EPSG:4528").set_crs("EPSG:4549", allow_override=True)
    error = refusal(workspace, saved(tmp_path, prefixed))
    assert error.code == "crs_numbers_contradict"
    assert "--crs EPSG:4528 (" in str(error.values["readings"])
    assert run(workspace, saved(tmp_path, parcels().to_crs("EPSG:4528"))).accepted == 2


def test_swapped_axes_contradict_the_system_of_the_file(tmp_path, workspace):
    frame = parcels()
    swapped = frame.set_geometry(shapely.transform(frame.geometry, lambda xy: xy[:, ::-1]))
    error = refusal(workspace, saved(tmp_path, swapped))
    assert error.code == "crs_numbers_contradict"
    assert "--crs EPSG:4549 --axis yx" in str(error.values["readings"])
    degrees = frame.to_crs("EPSG:4326")
    swapped = degrees.set_geometry(shapely.transform(degrees.geometry, lambda xy: xy[:, ::-1]))
    error = refusal(workspace, saved(tmp_path, swapped))
    assert error.code == "crs_numbers_contradict"
    assert "--crs EPSG:4490 --axis yx" in str(error.values["readings"])


def test_degrees_taken_for_metres_and_metres_taken_for_degrees_are_found(tmp_path, workspace):
    degrees = parcels().to_crs("EPSG:4326").set_crs(None, allow_override=True)
    error = refusal(workspace, saved(tmp_path, degrees), crs="4549")
    assert error.code == "crs_numbers_contradict"
    assert "EPSG:4490" in str(error.values["readings"])
    metres = parcels(crs=None)
    path = tmp_path / "metres.geojson"
    path.write_text(metres.to_json())
    error = refusal(workspace, path)
    assert error.code == "crs_undecided"
    assert "EPSG:4549" in str(error.values["readings"])
    assert run(workspace, path, crs="EPSG:4549").accepted == 2


@pytest.mark.parametrize("crs", ["EPSG:2385", "EPSG:2364", "EPSG:2437", "EPSG:4610", "EPSG:4214"])
def test_an_old_datum_is_never_shifted_silently(tmp_path, workspace, crs):
    frame = parcels().to_crs("EPSG:4490")
    old = CRS(crs)
    frame = frame.set_crs(old.geodetic_crs, allow_override=True).to_crs(old)
    assert refusal(workspace, saved(tmp_path, frame)).code == "datum_refused"


def test_an_old_datum_is_welcome_in_a_workspace_of_that_datum(tmp_path):
    workspace = make_workspace(tmp_path, 2385)
    path = saved(tmp_path, parcels(crs="EPSG:2385"))
    assert run(workspace, path).accepted == 2
    assert refusal(workspace, saved(tmp_path, parcels())).code == "datum_refused"


def test_a_single_stray_shape_is_a_fault_of_its_row(tmp_path, workspace):
    stray = shapely.box(0, 0, 10, 10)
    frame = parcels([square(0), square(1), stray], parcel_id=["P1", "P2", "P3"])
    result = run(workspace, saved(tmp_path, frame))
    assert fault_of(result, "place_implausible").rows == ("P3",)
    assert result.accepted == 2


def test_kinds_of_shape_are_not_mixed_where_the_layer_takes_one(tmp_path, workspace):
    shapes = [square(0), square(1).centroid]
    path = saved(tmp_path, parcels(shapes))
    error = refusal(workspace, path)
    assert (error.code, error.values["points"], error.values["polygons"]) == (
        "geometry_mixed", 1, 1,
    )  # fmt: skip
    facilities = parcels(shapes, facility_id=["F1", "F2"])
    assert run(workspace, saved(tmp_path, facilities), "facilities").accepted == 2


def test_points_alone_are_no_parcels(tmp_path, workspace):
    path = saved(tmp_path, parcels([square(0).centroid, square(1).centroid]))
    error = refusal(workspace, path)
    assert error.code == "nothing_accepted"
    assert error.faults[0].code == "geometry_wrong_type"


def test_heights_are_dropped_and_points_of_one_taken_out_of_their_collection(tmp_path, workspace):
    shapes = [shapely.MultiPoint([(WEST, SOUTH, 5.0)]), shapely.Point(WEST + 10, SOUTH, 6.0)]
    path = saved(tmp_path, parcels(shapes, facility_id=["F1", "F2"]))
    result = run(workspace, path, "facilities")
    assert said(result, "heights_dropped") == [{"count": 2}]
    assert workspace.read("facilities").geometry.geom_type.tolist() == ["Point", "Point"]


def test_a_table_needs_a_layer_without_shapes_and_shapes_are_not_needed_by_a_table(
    tmp_path, workspace
):
    table = saved(tmp_path, pd.DataFrame({"parcel_id": ["P1"]}), "in.csv")
    assert refusal(workspace, table).code == "shapes_needed"
    allotments = saved(tmp_path, pd.DataFrame({"allotment_id": ["A1"]}), "a.csv")
    assert run(workspace, allotments, "element_allotments").accepted == 1
    projects = saved(tmp_path, parcels(project_id=["X1", "X2"]))
    result = run(workspace, projects, "projects")
    assert said(result, "shapes_not_needed") == [{"layer": "projects"}]


def test_the_source_of_a_layer_is_recorded(tmp_path, workspace):
    path = saved(tmp_path, parcels())
    run(workspace, path)
    (facts,) = [facts for facts in workspace.layers() if facts.name == "land_parcels"]
    (source,) = facts.sources
    assert source.source == path.name
    assert len(source.sha256) == 64
    assert "crs_in_file" in source.detail


# Properties

# A bare carriage return ends a row in a CSV file, and a NUL makes it no text: both are the file's.
TEXTS = st.text(st.characters(exclude_characters="\r\x00", exclude_categories=("Cs",)), max_size=5)
CELLS = st.one_of(st.none(), st.integers(-5, 5), TEXTS, st.floats(width=32))
IDS = st.one_of(st.none(), st.sampled_from(["A", "B", "C", " A ", "", "1"]))
ROWS = st.lists(st.tuples(IDS, CELLS, CELLS, CELLS), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def empty_workspace(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("empty"))


@settings(max_examples=10, deadline=None)
@given(rows=ROWS)
def test_every_row_of_any_table_is_accepted_or_quarantined(empty_workspace, rows):
    names = ["project_id", "land_min_mu", "is_expansion", "mystery"]
    frame = pd.DataFrame(rows, columns=names).astype(object)
    frame["row"] = [f"r{i}" for i in range(len(rows))]
    path = empty_workspace.path.with_name("in.csv")
    frame.to_csv(path, index=False)
    good = sum(
        key is not None and key.strip() != "" and [r[0] and r[0].strip() for r in rows].count(
            key.strip()
        ) == 1
        for key, *_ in rows
    )  # fmt: skip
    request = ImportRequest(path, "projects")
    try:
        plan = plan_import(empty_workspace, request)
    except NothingAcceptedError as error:
        counted = error.values["count"]
        assert counted == len(rows)
        return
    rows_out = plan.judgement
    stored, kept = set(rows_out.accepted["src_row"]), set(rows_out.quarantined["src_row"])
    assert plan.result.read == len(rows) == len(stored) + len(kept)
    assert stored | kept == set(frame["row"])
    assert len(stored) <= good
    assert len(rows_out.reasons) == len(kept)


# Real data


@needs_shared
def test_the_zoning_plans_are_imported_whole(tmp_path):
    workspace = make_workspace(tmp_path, 3826)
    path = ZONING / "zoning_28plans.parquet"
    given = gpd.read_parquet(path)
    result = run(workspace, path, mapping={"登记面积": "area_declared_m2"})
    assert (result.read, result.accepted, result.quarantined) == (10_552, 10_552, 0)
    assert result.repaired == (~given.is_valid).sum() == 9
    stored = workspace.read("land_parcels").set_index("parcel_id").loc[given["parcel_id"]]
    for column in ["src_file", "计划", "使用分区", "分区类", "分区细"]:
        kept = column if column == "src_file" else f"src_{column}"
        same = stored[kept].fillna("").to_numpy() == given[column].fillna("").to_numpy()
        assert same.all()
    declared = pd.to_numeric(given["登记面积"])
    assert np.array_equal(stored["area_declared_m2"], declared, equal_nan=True)
    assert stored.geometry.area.sum() == pytest.approx(given.geometry.area.sum(), rel=1e-9)


@needs_shared
def test_the_shapefile_in_gb18030_without_declaration_is_read_in_chinese(tmp_path):
    workspace = make_workspace(tmp_path, 3826)
    result = run(
        workspace, ZONING / "zoning_gbk_no_cpg.zip", mapping={"登记面积": "area_declared_m2"}
    )
    assert said(result, "encoding_sniffed") == [{"encoding": "GB18030"}]
    stored = workspace.read("land_parcels").set_index("parcel_id")
    plans = gpd.read_parquet(ZONING / "zoning_28plans.parquet").set_index("parcel_id")
    plans = plans.loc[stored.index]
    assert len(stored) == 347
    assert (stored["src_计划"] == plans["计划"]).all()
    assert (stored["src_分区细"] == plans["分区细"]).all()


@needs_shared
def test_the_counties_become_units_of_their_published_areas(tmp_path, workspace):
    path = SHARED / "admin" / "jiaxing_counties_datav_wgs84.geojson"
    result = run(workspace, path, "units", mapping={"adcode": "unit_id"})
    assert (result.accepted, result.quarantined) == (7, 0)
    units = workspace.read("units")
    areas = pd.Series(ellipsoidal_area_m2(units.geometry.array, units.crs) / 1e6, units["unit_id"])
    # Published land areas [km²] of the inland counties 秀洲, 嘉善 and 桐乡.
    published = {"330411": 547.73, "330421": 506.6, "330483": 727.0}
    for unit, area in published.items():
        assert areas[unit] == pytest.approx(area, rel=0.005)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read any file")
def test_a_forbidden_file_is_named(tmp_path, workspace):
    path = saved(tmp_path, parcels())
    path.chmod(0)
    assert refusal(workspace, path).code == "file_forbidden"


def test_a_request_is_frozen(tmp_path):
    request = ImportRequest(tmp_path / "a.gpkg", "units")
    with pytest.raises(AttributeError):
        request.layer = "parks"  # type: ignore[misc]
    assert isinstance(LayerError("x"), MuPlanError)
