"""Row versions: a file knows whether somebody changed its rows since it was exported."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from layers.errors import LayerError
from layers.exchange.importing import ImportDiffersError, run_import
from layers.exchange.recognise.row_versions import version_column
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import create_workspace
from layers.workspace.protocol import Provenance
from layers.workspace.row_marks import row_versions

AT = "2025-03-01T08:00:00+00:00"
SOURCE = Provenance("测试", AT)


def parcels(side=100.0, **columns):
    ids = ["P1", "P2"]
    shapes = [shapely.box(500_000 + 200 * n, 3_300_000, 500_000 + 200 * n + side, 3_300_100)
              for n in range(2)]  # fmt: skip
    values = {"parcel_id": ids, "name": ["甲", "乙"], "state": ["cleared", "cleared"], **columns}
    return gpd.GeoDataFrame(values, geometry=shapes, crs="EPSG:4549")


@pytest.fixture
def workspace(tmp_path):
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="测试", created_at=AT)
    with made.edit("甲", AT) as edit:
        edit.add("land_parcels", parcels(), SOURCE)
    return made


def exported(workspace, tmp_path, heading="行版本", layer="land_parcels", **columns):
    rows = workspace.read(layer)
    rows = rows.assign(**{heading: row_versions(rows)}, **columns)
    path = tmp_path / "出.parquet"
    rows.to_parquet(path)
    return path


def import_file(workspace, path, mode="update", **options):
    request = ImportRequest(path, "land_parcels", mode, **options)
    return run_import(workspace, request, "乙", AT)


def change(workspace, frame):
    with workspace.edit("他人", AT) as edit:
        edit.update("land_parcels", frame, SOURCE)


def refusal(*arguments, **options):
    with pytest.raises(LayerError) as caught:
        import_file(*arguments, **options)
    return caught.value


def test_a_version_is_a_letter_and_twelve_hexadecimal_digits_and_counts_values_and_shapes():
    first, second = row_versions(parcels())
    assert len(first) == len(second) == 13
    assert first[0] == "v"
    assert int(first[1:], 16) >= 0
    assert first != second
    renamed = row_versions(parcels(name=["甲", "丙"]))
    assert (renamed[0], renamed[1] == second) == (first, False)
    assert row_versions(parcels(side=90.0))[0] != first
    assert row_versions(parcels(src_旧=[1, None]))[0] != first
    assert row_versions(parcels(src_旧=[1, None]))[1] == second
    assert row_versions(parcels(src_旧=[1, 2])) == row_versions(parcels(src_旧=[1.0, 2.0]))


@pytest.mark.parametrize(
    ("heading", "is_known"),
    [("row_version", True), ("ROW_VERSION", True), ("行版本", True), ("row version", True),
     (" 行版本 ", True), ("版本", False), ("version", False)],
)  # fmt: skip
def test_the_column_is_known_by_its_name_and_its_headings(heading, is_known):
    assert version_column(["parcel_id", heading]) == (heading if is_known else None)


@pytest.mark.parametrize("heading", ["row_version", "行版本"])
@pytest.mark.parametrize("mode", ["update", "replace"])
def test_rows_that_nobody_changed_are_taken_and_the_column_is_never_stored(
    workspace, tmp_path, heading, mode
):
    path = exported(workspace, tmp_path, heading, name=["新名", "乙"])
    result = import_file(workspace, path, mode)
    stored = workspace.read("land_parcels")
    assert stored["name"].tolist() == ["新名", "乙"]
    assert not any("version" in name or "版本" in name for name in stored.columns)
    (note,) = [note for note in result.detected if note.code == "row_versions_alike"]
    assert (note.values["column"], note.values["count"]) == (heading, 2)


@pytest.mark.parametrize("mode", ["update", "replace"])
def test_a_row_changed_since_the_export_is_refused_with_both_values_and_nothing_stored(
    workspace, tmp_path, mode
):
    path = exported(workspace, tmp_path, name=["我的", "乙"])
    change(workspace, parcels(name=["他的", "乙"]).iloc[:1])
    error = refusal(workspace, path, mode)
    assert error.code == "row_changed_meanwhile"
    values = {name: error.values[name] for name in ("row", "column", "seen", "now", "yours")}
    assert values == {"row": "P1", "column": "name", "seen": "甲", "now": "他的", "yours": "我的"}
    assert workspace.read("land_parcels")["name"].tolist() == ["他的", "乙"]
    assert len(workspace.changes()) == 2


def test_a_check_says_it_too(workspace, tmp_path):
    path = exported(workspace, tmp_path)
    change(workspace, parcels(name=["他的", "乙"]).iloc[:1])
    assert refusal(workspace, path, dry_run=True).code == "row_changed_meanwhile"


def test_an_outline_changed_since_the_export_is_told_by_its_area(workspace, tmp_path):
    path = exported(workspace, tmp_path)
    change(workspace, parcels(side=90.0).iloc[1:])
    error = refusal(workspace, path)
    values = {name: error.values[name] for name in ("row", "column", "seen", "now", "yours")}
    assert values == {
        "row": "P2", "column": "geometry", "seen": "10000.00 m²", "now": "9000.00 m²",
        "yours": "10000.00 m²",
    }  # fmt: skip


def test_a_row_removed_since_the_export_does_not_come_back_unseen(workspace, tmp_path):
    path = exported(workspace, tmp_path)
    with workspace.edit("他人", AT) as edit:
        edit.replace("land_parcels", parcels().iloc[:1], SOURCE)
    error = refusal(workspace, path, "replace")
    assert (error.values["row"], error.values["now"]) == ("P2", "–")


def test_a_change_that_was_taken_back_is_none(workspace, tmp_path):
    path = exported(workspace, tmp_path, name=["我的", "乙"])
    change(workspace, parcels(name=["他的", "乙"]).iloc[:1])
    with workspace.edit("他人", AT, kind="undo") as edit:
        edit.undo(2)
    import_file(workspace, path)
    assert workspace.read("land_parcels")["name"].tolist() == ["我的", "乙"]


def test_rows_without_a_mark_are_taken_as_before(workspace, tmp_path):
    rows = workspace.read("land_parcels")
    versions = row_versions(rows)
    change(workspace, parcels(name=["他的", "乙"]).iloc[:1])
    path = tmp_path / "出.parquet"
    rows.assign(行版本=[None, versions[1]], name=["我的", "乙"]).to_parquet(path)
    import_file(workspace, path)
    assert workspace.read("land_parcels")["name"].tolist() == ["我的", "乙"]


def test_a_mark_that_was_tampered_with_counts_as_changed(workspace, tmp_path):
    rows = workspace.read("land_parcels")
    path = tmp_path / "出.parquet"
    rows.assign(行版本=["1.5E+10", row_versions(rows)[1]]).to_parquet(path)
    error = refusal(workspace, path)
    assert (error.code, error.values["row"]) == ("row_changed_meanwhile", "P1")


def test_a_column_of_the_office_with_that_heading_is_kept(workspace, tmp_path):
    path = tmp_path / "出.parquet"
    workspace.read("land_parcels").assign(行版本=["第一版", "第二版"]).to_parquet(path)
    import_file(workspace, path)
    assert workspace.read("land_parcels")["src_行版本"].tolist() == ["第一版", "第二版"]


def test_adding_rows_takes_the_column_out_and_compares_nothing(workspace, tmp_path):
    rows = parcels(parcel_id=["P3", "P4"])
    moved = rows.geometry.translate(0, 1000)
    path = tmp_path / "新.parquet"
    rows.set_geometry(moved).assign(行版本=row_versions(rows)).to_parquet(path)
    import_file(workspace, path, "add")
    stored = workspace.read("land_parcels")
    assert len(stored) == 4
    assert not any("版本" in name for name in stored.columns)


def test_a_list_of_values_alone_compares_the_whole_row_with_its_shape(workspace, tmp_path):
    rows = workspace.read("land_parcels")
    path = tmp_path / "表.csv"
    table = pd.DataFrame({"parcel_id": rows["parcel_id"], "行版本": row_versions(rows)})
    table.assign(名称=["我的", "乙"]).to_csv(path, index=False)
    change(workspace, parcels(side=90.0).iloc[:1])
    error = refusal(workspace, path)
    assert (error.values["row"], error.values["column"]) == ("P1", "geometry")


# --- what was shown and what would be stored -----------------------------------------------------


def shown(workspace, path, mode):
    return import_file(workspace, path, mode, dry_run=True)


def store_as_shown(workspace, path, mode, seen):
    return run_import(workspace, ImportRequest(path, "land_parcels", mode), "乙", AT, None, seen)


@pytest.mark.parametrize("mode", ["update", "replace"])
def test_an_import_that_differs_from_what_was_shown_is_not_stored(workspace, tmp_path, mode):
    path = tmp_path / "版.parquet"
    parcels(name=["我的", "乙"]).to_parquet(path)
    seen = shown(workspace, path, mode)
    change(workspace, parcels(name=["他的", "乙"]).iloc[:1])
    with pytest.raises(ImportDiffersError) as caught:
        store_as_shown(workspace, path, mode, seen)
    assert caught.value.code == "import_changed_meanwhile"
    (cell,) = caught.value.result.changes.cells.to_dict("records")
    assert (cell["value_before"], cell["value_after"]) == ("他的", "我的")
    assert not caught.value.result.stored
    assert workspace.read("land_parcels")["name"].tolist() == ["他的", "乙"]
    store_as_shown(workspace, path, mode, caught.value.result)
    assert workspace.read("land_parcels")["name"].tolist() == ["我的", "乙"]


def test_rows_that_somebody_added_are_not_removed_unseen_by_a_newer_edition(workspace, tmp_path):
    path = tmp_path / "版.parquet"
    parcels(name=["我的", "乙"]).to_parquet(path)
    seen = shown(workspace, path, "replace")
    with workspace.edit("他人", AT) as edit:
        more = parcels(parcel_id=["P3", "P4"])
        edit.add("land_parcels", more.set_geometry(more.geometry.translate(0, 500)), SOURCE)
    with pytest.raises(ImportDiffersError) as caught:
        store_as_shown(workspace, path, "replace", seen)
    assert caught.value.result.changes.removed_ids == ("P3", "P4")
    assert len(workspace.read("land_parcels")) == 4


def test_a_change_elsewhere_does_not_stop_what_was_shown(workspace, tmp_path):
    path = tmp_path / "版.parquet"
    parcels(name=["我的", "乙"]).to_parquet(path)
    seen = shown(workspace, path, "update")
    with workspace.edit("他人", AT) as edit:
        facility = gpd.GeoDataFrame(
            {"facility_id": ["F1"], "facility_kind": ["port"]},
            geometry=[shapely.Point(500_000, 3_300_000)], crs="EPSG:4549",
        )  # fmt: skip
        edit.add("facilities", facility, SOURCE)
    assert store_as_shown(workspace, path, "update", seen).stored
