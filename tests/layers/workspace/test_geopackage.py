"""A workspace keeps what it is given, changes all or nothing, and says what was done."""

import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS

import layers.workspace.geopackage as geopackage
from geo.errors import GeometryError
from layers.conform import conform
from layers.contracts import CONTRACTS
from layers.errors import LayerError
from layers.workspace.frames import frame_hash
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance, Raster

HERE = CRS(4549)
SOURCE = Provenance("测试文件.gpkg", "2025-01-02T03:04:05", edition="2025")
EAST, NORTH = 571_000.0, 3_403_000.0


@pytest.fixture
def workspace(tmp_path):
    return create_workspace(
        tmp_path / "嘉兴 测试.gpkg", HERE, title="嘉兴", created_at="2025-01-01T00:00:00"
    )


def parcels(*ids, offset=0.0):
    boxes = [
        shapely.box(EAST + offset + 100 * n, NORTH, EAST + offset + 100 * n + 90, NORTH + 90)
        for n in range(len(ids))
    ]
    return gpd.GeoDataFrame({"parcel_id": list(ids), "state": "cleared"}, geometry=boxes, crs=HERE)


def test_a_new_workspace_is_empty_and_says_what_it_is(workspace):
    assert workspace.facts.title == "嘉兴"
    assert workspace.facts.crs == HERE
    assert workspace.facts.as_of is None
    assert not workspace.facts.is_demo
    assert [(layer.name, layer.rows) for layer in workspace.layers()] == [("units", 0)]


def test_every_layer_never_imported_reads_as_empty_with_its_columns(workspace):
    for name, contract in CONTRACTS.items():
        frame = workspace.read(name)
        assert len(frame) == 0
        assert set(contract.columns) <= set(frame.columns)
        assert isinstance(frame, gpd.GeoDataFrame) == contract.is_spatial


@pytest.mark.parametrize("name", [n for n, c in CONTRACTS.items() if c.is_spatial])
def test_what_a_layer_is_given_comes_back(workspace, name):
    contract = CONTRACTS[name]
    shape = shapely.box(EAST, NORTH, EAST + 50, NORTH + 50)
    values = {contract.key: ["甲'\"乙"]}
    for column in contract.columns[1:]:
        field = contract.field(column)
        if field.values:
            values[column] = [next(iter(field.values))]
        else:
            values[column] = [
                {"text": "文字；<b>", "list": "甲;乙", "date": "2024-02-29", "bool": True,
                 "int": 2024, "float": 1.25, "timestamp": "2024-02-29T01:02:03"}[field.kind]
            ]  # fmt: skip
    given = gpd.GeoDataFrame(values, geometry=[shape], crs=HERE)
    with workspace.edit("我", "2025-01-02") as edit:
        edit.add(name, given, SOURCE)
    back = GeoPackageWorkspace(workspace.path).read(name)
    wanted, resisting = conform(given, contract)
    assert not resisting
    assert frame_hash(back, contract) == frame_hash(wanted, contract)


def test_a_missing_yes_or_no_stays_missing(workspace):
    frame = parcels("a", "b", "c").assign(is_increment=["是", None, "否"])
    with workspace.edit("我", "2025") as edit:
        edit.add("land_parcels", frame, SOURCE)
    stored = workspace.read("land_parcels").set_index("parcel_id")["is_increment"]
    assert stored["a"] is np.True_ or bool(stored["a"])
    assert pd.isna(stored["b"])
    assert not bool(stored["c"])


def add_one_parcel_twice(workspace):
    with workspace.edit("我", "2025") as edit:
        edit.add("land_parcels", parcels("a"), SOURCE)
        edit.add("land_parcels", parcels("a"), SOURCE)


def test_an_error_in_the_middle_of_an_edit_changes_nothing(workspace):
    before = workspace.path.read_bytes()
    with pytest.raises(LayerError) as caught:
        add_one_parcel_twice(workspace)
    assert caught.value.code == "key_exists"
    assert workspace.path.read_bytes() == before
    assert [p.name for p in workspace.path.parent.iterdir() if p.is_dir()] == []


def test_changes_are_seen_only_when_the_edit_is_over(workspace):
    with workspace.edit("我", "2025") as edit:
        edit.add("land_parcels", parcels("a"), SOURCE)
        assert len(GeoPackageWorkspace(workspace.path).read("land_parcels")) == 0
    assert len(workspace.read("land_parcels")) == 1


def test_a_second_writer_is_told_to_wait(workspace, monkeypatch):
    monkeypatch.setattr(geopackage, "LOCK_SECONDS", 0.01)
    with workspace.edit("我", "2025"):
        other = GeoPackageWorkspace(workspace.path)
        with pytest.raises(LayerError) as caught, other.edit("他", "2025"):
            pass
    assert caught.value.code == "workspace_locked"


def test_rows_are_added_replaced_and_updated_by_their_ids(workspace):
    with workspace.edit("我", "2025") as edit:
        edit.add("land_parcels", parcels("a", "b"), SOURCE)
        edit.update("land_parcels", parcels("b").assign(state="listed"), SOURCE)
    states = workspace.read("land_parcels").set_index("parcel_id")["state"]
    assert dict(states) == {"a": "cleared", "b": "listed"}
    with pytest.raises(LayerError) as caught, workspace.edit("我", "2025") as edit:
        edit.update("land_parcels", parcels("z"), SOURCE)
    assert caught.value.code == "key_absent"
    with workspace.edit("我", "2025") as edit:
        edit.replace("land_parcels", parcels("c"), SOURCE)
    assert list(workspace.read("land_parcels")["parcel_id"]) == ["c"]


def test_the_ledger_of_events_is_only_ever_added_to(workspace):
    event = pd.DataFrame(
        {
            "event_id": ["e1"], "project_id": ["p1"], "event_kind": ["first_report"],
            "event_on": ["2025-01-01"], "entered_at": ["2025-01-01T08:00:00"], "entry_seq": [1],
        }
    )  # fmt: skip
    with workspace.edit("我", "2025") as edit:
        edit.add("project_events", event, SOURCE)
    for change in ("replace", "update"):
        with pytest.raises(LayerError) as caught, workspace.edit("我", "2025") as edit:
            getattr(edit, change)("project_events", event, SOURCE)
        assert caught.value.code == "layer_append_only"


def test_rows_of_another_coordinate_system_are_refused(workspace):
    with pytest.raises(LayerError) as caught, workspace.edit("我", "2025") as edit:
        edit.add("land_parcels", parcels("a").to_crs(4528), SOURCE)
    assert caught.value.code == "crs_differs"


def test_the_hash_does_not_depend_on_the_order_of_rows(workspace):
    frame = parcels("a", "b", "c")
    with workspace.edit("我", "2025") as edit:
        edit.add("land_parcels", frame, SOURCE)
    first = workspace.content_hash("land_parcels")
    with workspace.edit("我", "2025") as edit:
        edit.replace("land_parcels", frame.iloc[::-1], SOURCE)
    assert workspace.content_hash("land_parcels") == first
    with workspace.edit("我", "2025") as edit:
        edit.update("land_parcels", frame.iloc[:1].assign(state="listed"), SOURCE)
    assert workspace.content_hash("land_parcels") != first


def test_the_trail_names_who_changed_what_and_when(workspace):
    with workspace.edit("王工", "2025-05-05T05:05:05") as edit:
        edit.add("land_parcels", parcels("a", "b"), SOURCE)
        edit.quarantine("land_parcels", parcels("x"), pd.Series(["面积为负"]))
    trail = workspace.audit()
    assert list(trail["action"]) == ["add", "quarantine"]
    assert set(trail["actor"]) == {"王工"}
    assert list(trail["rows"]) == [2, 1]
    waiting = workspace.quarantined()
    assert list(waiting["reasons"]) == ["面积为负"]
    assert list(waiting["row"]) == ["x"]
    sources = {layer.name: layer.sources for layer in workspace.layers()}["land_parcels"]
    assert sources == (SOURCE,)


def test_a_raster_comes_back_with_its_place(workspace):
    values = np.arange(600, dtype=np.float32).reshape(20, 30) / 7
    raster = Raster(values, EAST, NORTH, 50.0)
    assert workspace.read_raster("dem") is None
    with workspace.edit("我", "2025") as edit:
        edit.replace_raster("dem", raster)
    back = workspace.read_raster("dem")
    assert np.array_equal(back.values, values)
    assert (back.west, back.north, back.cell_m) == (EAST, NORTH, 50.0)
    with pytest.raises(LayerError) as caught, workspace.edit("我", "2025") as edit:
        edit.replace_raster("slope", raster)
    assert caught.value.code == "raster_unknown"


def test_other_programs_see_ordinary_layers(workspace):
    with workspace.edit("我", "2025") as edit:
        edit.add("land_parcels", parcels("a"), SOURCE)
    listed = {name for name, _ in pyogrio.list_layers(workspace.path)}
    assert {"units", "land_parcels", "muplan_audit", "muplan_provenance"} <= listed


def test_a_workspace_is_never_made_over_a_file_or_in_degrees(tmp_path):
    path = tmp_path / "da.gpkg"
    path.write_bytes(b"precious")
    with pytest.raises(LayerError) as caught:
        create_workspace(path, HERE, title="t", created_at="2025")
    assert caught.value.code == "file_exists"
    assert path.read_bytes() == b"precious"
    with pytest.raises(GeometryError) as caught:
        create_workspace(tmp_path / "neu.gpkg", CRS(4490), title="t", created_at="2025")
    assert caught.value.code == "crs_not_projected"
    assert not (tmp_path / "neu.gpkg").exists()
    with pytest.raises(LayerError) as caught:
        create_workspace(tmp_path / "fehlt" / "x.gpkg", HERE, title="t", created_at="2025")
    assert caught.value.code == "folder_missing"


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"SQLite format 3\x00junk"])
def test_a_file_that_is_no_workspace_is_refused(tmp_path, content):
    path = tmp_path / "x.gpkg"
    path.write_bytes(content)
    with pytest.raises(LayerError) as caught:
        GeoPackageWorkspace(path)
    assert caught.value.code == "workspace_unreadable"


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(LayerError) as caught:
        GeoPackageWorkspace(Path(tmp_path / "fehlt.gpkg"))
    assert caught.value.code == "file_missing"


def test_a_workspace_of_a_newer_version_is_refused(workspace):
    with sqlite3.connect(workspace.path) as connection:
        connection.execute("UPDATE muplan_meta SET value = '99' WHERE key = 'schema_version'")
    with pytest.raises(LayerError) as caught:
        GeoPackageWorkspace(workspace.path)
    assert caught.value.code == "workspace_newer"
