import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import filelock
import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from geo.errors import GeometryError
from layers.errors import LayerError
from layers.workspace import geopackage
from layers.workspace.geopackage import SCHEMA_VERSION, GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance

AT = "2025-03-04T05:06:07"
SOURCE = Provenance("test", AT)


def parcels(*ids):
    shapes = [shapely.box(571_000 + 200 * i, 3.4e6, 571_100 + 200 * i, 3.4e6 + 100)
              for i in range(len(ids))]  # fmt: skip
    return gpd.GeoDataFrame({"parcel_id": list(ids)}, geometry=shapes, crs=4549)


@pytest.fixture
def workspace(tmp_path):
    made = create_workspace(tmp_path / "城市.gpkg", CRS(4549), title="t", created_at=AT)
    with made.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A", "B"), SOURCE)
    return made


def change(path, statement, *values):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


# --- one file that other programs open -----------------------------------------------------------


def test_other_programs_see_the_layers_with_their_system(workspace):
    layers = dict(pyogrio.list_layers(workspace.path).tolist())
    assert layers["land_parcels"] == "MultiPolygon"
    info = pyogrio.read_info(workspace.path, layer="land_parcels")
    assert info["crs"] == "EPSG:4549"
    assert info["features"] == 2


def test_the_file_is_a_sound_database_without_leftovers(workspace):
    with closing(sqlite3.connect(workspace.path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for _ in range(3):
            with workspace.edit("a", AT) as edit:
                edit.replace("land_parcels", parcels("A"), SOURCE)
    with closing(sqlite3.connect(workspace.path)) as connection:
        registered = connection.execute(
            "SELECT count(*) FROM gpkg_contents WHERE table_name = 'land_parcels'"
        )
        assert registered.fetchone() == (1,)
    left = {p.name for p in workspace.path.parent.iterdir()}
    assert left - {f"{workspace.path.name}.lock"} == {workspace.path.name}


@pytest.mark.parametrize(
    "name", ["工作区 一.gpkg", "it's.gpkg", "a#b?c%20.gpkg", 'q"q.gpkg', "无后缀"]
)
def test_any_file_name_will_do(tmp_path, name):
    if os.name == "nt" and set(name) & set('?"'):
        pytest.skip("no such names on this system")
    folder = tmp_path / "目录 '1'"
    folder.mkdir()
    made = create_workspace(folder / name, CRS(4549), title="t", created_at=AT)
    with made.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A"), SOURCE)
    again = GeoPackageWorkspace(folder / name)
    assert again.read("land_parcels")["parcel_id"].tolist() == ["A"]


def test_a_path_from_the_current_folder_will_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = create_workspace(Path("w.gpkg"), CRS(4549), title="t", created_at=AT)
    with made.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("A"), SOURCE)
    assert len(GeoPackageWorkspace(tmp_path / "w.gpkg").read("land_parcels")) == 1


def test_what_it_was_made_with_is_kept_in_the_file(tmp_path):
    path = tmp_path / "d.gpkg"
    create_workspace(path, CRS(4528), title="示例", created_at=AT, as_of="2025-06-30", is_demo=True)
    facts = GeoPackageWorkspace(path).facts
    assert (facts.title, facts.as_of, facts.is_demo, facts.created_at) == (
        "示例", "2025-06-30", True, AT,
    )  # fmt: skip
    assert facts.crs.to_epsg() == 4528


# --- making --------------------------------------------------------------------------------------


def test_an_existing_file_is_never_overwritten(workspace):
    before = workspace.path.read_bytes()
    with pytest.raises(LayerError, match="file_exists"):
        create_workspace(workspace.path, CRS(4549), title="t", created_at=AT)
    assert workspace.path.read_bytes() == before


def test_a_missing_folder_is_not_made(tmp_path):
    with pytest.raises(LayerError, match="folder_missing"):
        create_workspace(tmp_path / "no" / "w.gpkg", CRS(4549), title="t", created_at=AT)


def test_a_system_in_degrees_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(GeometryError, match="crs_not_projected"):
        create_workspace(tmp_path / "w.gpkg", CRS(4490), title="t", created_at=AT)
    assert list(tmp_path.iterdir()) == []


# --- opening -------------------------------------------------------------------------------------


def test_a_missing_file_and_a_folder_are_no_workspace(tmp_path):
    for path in (tmp_path / "no.gpkg", tmp_path):
        with pytest.raises(LayerError, match="file_missing"):
            GeoPackageWorkspace(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 no database", "地块编号,面积".encode(), b"SQLite format 3\x00" * 9],
)
def test_a_file_that_is_no_database_is_named_unreadable(tmp_path, content):
    path = tmp_path / "文件.gpkg"
    path.write_bytes(content)
    with pytest.raises(LayerError) as caught:
        GeoPackageWorkspace(path)
    assert caught.value.code == "workspace_unreadable"
    assert caught.value.values["path"] == str(path)
    assert path.read_bytes() == content


def test_a_geopackage_of_another_program_is_no_workspace(tmp_path):
    parcels("A").to_file(tmp_path / "qgis.gpkg", layer="地块")
    with pytest.raises(LayerError, match="workspace_unreadable"):
        GeoPackageWorkspace(tmp_path / "qgis.gpkg")


def test_a_cut_off_file_is_unreadable_or_says_so_when_read(workspace):
    whole = workspace.path.read_bytes()
    cut = workspace.path.with_name("cut.gpkg")
    cut.write_bytes(whole[:2000])
    with pytest.raises(LayerError, match="workspace_unreadable"):
        GeoPackageWorkspace(cut)


@pytest.mark.parametrize("version", [None, "", "eins"])
def test_a_file_without_a_sound_version_is_unreadable(workspace, version):
    if version is None:
        change(workspace.path, "DELETE FROM muplan_meta WHERE key = 'schema_version'")
    else:
        change(workspace.path, "UPDATE muplan_meta SET value = ? WHERE key = 'schema_version'",
               version)  # fmt: skip
    with pytest.raises(LayerError, match="workspace_unreadable"):
        GeoPackageWorkspace(workspace.path)


def test_a_file_of_a_newer_version_is_not_opened(workspace):
    for version, code in ((SCHEMA_VERSION, None), (SCHEMA_VERSION + 1, "workspace_newer")):
        change(workspace.path, "UPDATE muplan_meta SET value = ? WHERE key = 'schema_version'",
               str(version))  # fmt: skip
        if code is None:
            GeoPackageWorkspace(workspace.path)
        else:
            with pytest.raises(LayerError, match=code):
                GeoPackageWorkspace(workspace.path)


def test_a_value_spoilt_by_another_program_is_named(workspace):
    with workspace.edit("a", AT) as edit:
        edit.replace("projects", pd.DataFrame({"project_id": ["P"], "stage": ["签约"]}), SOURCE)
    change(workspace.path, "UPDATE projects SET stage = '想想'")
    with pytest.raises(LayerError) as caught:
        workspace.read("projects")
    assert caught.value.code == "stored_value_bad"
    named = caught.value.values
    assert (named["layer"], named["column"], named["examples"]) == ("projects", "stage", "想想")


def test_reading_never_writes(workspace):
    before = workspace.path.read_bytes()
    workspace.read("land_parcels")
    workspace.read_raster("dem")
    workspace.layers()
    workspace.audit()
    workspace.quarantined()
    workspace.content_hash("land_parcels")
    assert workspace.path.read_bytes() == before


# --- writers that fail, and two at once ----------------------------------------------------------


def change_and_fail(workspace, error):
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("X"), SOURCE)
        edit.add("land_parcels", parcels("Y"), SOURCE)
        raise error


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, LayerError("x"), MemoryError])
def test_an_exception_leaves_the_file_byte_for_byte(workspace, error):
    before = workspace.path.read_bytes()
    kind = error if isinstance(error, type) else type(error)
    with pytest.raises(kind):
        change_and_fail(workspace, error)
    assert workspace.path.read_bytes() == before
    assert {p.suffix for p in workspace.path.parent.iterdir()} <= {".gpkg", ".lock"}
    with workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("C"), SOURCE)
    assert len(workspace.read("land_parcels")) == 3


KILLED = """
import os, sys
from pathlib import Path
from layers.workspace.geopackage import GeoPackageWorkspace
from layers.workspace.protocol import Provenance
workspace = GeoPackageWorkspace(Path(sys.argv[1]))
with workspace.edit("killed", "2025-01-01") as edit:
    edit.replace("land_parcels", workspace.read("land_parcels").iloc[:1], Provenance("k", "2025"))
    os._exit(9)
"""


def test_a_killed_writer_leaves_the_last_good_state_and_no_lock(workspace, monkeypatch):
    before = workspace.path.read_bytes()
    root = Path(geopackage.__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(workspace.path)], cwd=root, check=False
    )
    assert done.returncode == 9
    assert workspace.path.read_bytes() == before
    assert any(p.is_dir() for p in workspace.path.parent.iterdir()), "it was killed half way"
    monkeypatch.setattr(geopackage, "LOCK_SECONDS", 1)
    with workspace.edit("next", AT) as edit:
        edit.add("land_parcels", parcels("C"), SOURCE)
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["A", "B", "C"]


def test_a_second_writer_is_turned_away_while_the_first_writes(workspace, monkeypatch):
    monkeypatch.setattr(geopackage, "LOCK_SECONDS", 0.05)
    with workspace.edit("first", AT) as edit:
        edit.add("land_parcels", parcels("C"), SOURCE)
        second = GeoPackageWorkspace(workspace.path)
        with pytest.raises(LayerError) as caught, second.edit("second", AT):
            pytest.fail("two writers at once")
        assert caught.value.code == "workspace_locked"
        assert second.read("land_parcels")["parcel_id"].tolist() == ["A", "B"], "reading goes on"
    assert len(workspace.read("land_parcels")) == 3


def test_a_lock_held_by_another_program_is_waited_for_and_then_named(workspace, monkeypatch):
    monkeypatch.setattr(geopackage, "LOCK_SECONDS", 0.05)
    before = workspace.path.read_bytes()
    held = filelock.FileLock(f"{workspace.path}.lock")
    with held, pytest.raises(LayerError) as caught, workspace.edit("a", AT):
        pytest.fail("the lock was not heeded")
    assert caught.value.code == "workspace_locked"
    assert caught.value.values["path"] == str(workspace.path)
    assert workspace.path.read_bytes() == before


def test_a_file_that_may_not_be_replaced_is_named_and_left(workspace, monkeypatch):
    before = workspace.path.read_bytes()

    def refuse(self, target):
        raise PermissionError(13, "in use", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(LayerError) as caught, workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("C"), SOURCE)
    assert caught.value.code == "workspace_in_use"
    monkeypatch.undo()
    assert workspace.path.read_bytes() == before


def test_two_open_workspaces_see_each_others_changes(workspace):
    other = GeoPackageWorkspace(workspace.path)
    with other.edit("b", AT) as edit:
        edit.add("land_parcels", parcels("C"), SOURCE)
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["A", "B", "C"]
    assert workspace.audit()["actor"].tolist() == ["a", "b"]


def test_a_copy_of_the_file_is_a_workspace(workspace, tmp_path):
    shutil.copyfile(workspace.path, tmp_path / "copy.gpkg")
    copy = GeoPackageWorkspace(tmp_path / "copy.gpkg")
    assert copy.content_hash("land_parcels") == workspace.content_hash("land_parcels")
