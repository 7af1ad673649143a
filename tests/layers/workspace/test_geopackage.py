import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS

from geo.errors import GeometryError
from geo.raster import Raster
from layers.errors import LayerError
from layers.workspace import geopackage, sqlite_file
from layers.workspace.backup import backup_folder, backups
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


def left_beside(path):
    return {p.name for p in path.parent.iterdir()} - {path.name}


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
    assert left_beside(workspace.path) == {backup_folder(workspace.path).name}
    assert len(backups(workspace.path)) == 1, "the first change of a day makes one"


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
    ("content", "code"),
    [
        (b"", "workspace_unreadable"), (b"PK\x03\x04 no database", "workspace_unreadable"),
        ("地块编号,面积".encode(), "workspace_unreadable"),
        (b"SQLite format 3\x00" * 9, "workspace_damaged_no_backup"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_database_is_named_as_what_it_is(tmp_path, content, code):
    path = tmp_path / "文件.gpkg"
    path.write_bytes(content)
    with pytest.raises(LayerError) as caught:
        GeoPackageWorkspace(path)
    assert caught.value.code == code
    assert caught.value.values["path"] == str(path)
    assert path.read_bytes() == content


def test_a_geopackage_of_another_program_is_no_workspace(tmp_path):
    parcels("A").to_file(tmp_path / "qgis.gpkg", layer="地块")
    with pytest.raises(LayerError, match="workspace_unreadable"):
        GeoPackageWorkspace(tmp_path / "qgis.gpkg")


def test_a_cut_off_file_is_damaged_and_the_newest_backup_is_named(workspace):
    add_parcel(workspace, "C")
    (backup,) = backups(workspace.path)
    whole = workspace.path.read_bytes()
    for content in (whole[:2000], b"x" * 100 + whole[100:], b"\0" * len(whole)):
        workspace.path.write_bytes(content)
        with pytest.raises(LayerError) as caught:
            GeoPackageWorkspace(workspace.path)
        assert caught.value.code == "workspace_damaged"
        assert caught.value.values["backup"] == str(backup.path)
        assert workspace.path.read_bytes() == content


def test_a_damaged_file_is_not_written_to(workspace):
    whole = workspace.path.read_bytes()
    size = int.from_bytes(whole[16:18], "big")
    spoilt = bytearray(whole)
    spoilt[-size:] = b"\xff" * size
    workspace.path.write_bytes(spoilt)
    with pytest.raises(LayerError, match="workspace_damaged"), workspace.edit("a", AT):
        pytest.fail("the damage was not seen")
    assert workspace.path.read_bytes() == spoilt
    assert left_beside(workspace.path) == set()


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


def add_parcel(workspace, name, actor="a"):
    with workspace.edit(actor, AT) as edit:
        edit.add("land_parcels", parcels(name), SOURCE)


def change_and_fail(workspace, error):
    with workspace.edit("a", AT) as edit:
        edit.replace("land_parcels", parcels("X"), SOURCE)
        edit.add("land_parcels", parcels("Y"), SOURCE)
        raise error


@pytest.fixture(params=["DELETE", "WAL"])
def either_mode(workspace, request):
    """Give the workspace in both ways in which SQLite keeps a change until its end."""
    change(workspace.path, f"PRAGMA journal_mode = {request.param}")
    return workspace


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, LayerError("x"), MemoryError])
def test_an_exception_leaves_the_file_byte_for_byte(either_mode, error):
    workspace = either_mode
    before = workspace.path.read_bytes()
    kind = error if isinstance(error, type) else type(error)
    with pytest.raises(kind):
        change_and_fail(workspace, error)
    assert workspace.path.read_bytes() == before
    assert left_beside(workspace.path) <= {backup_folder(workspace.path).name}
    add_parcel(workspace, "C")
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["A", "B", "C"]


KILLED = """
import os, sys
from pathlib import Path
from layers.workspace.geopackage import GeoPackageWorkspace
from layers.workspace.protocol import Provenance
workspace = GeoPackageWorkspace(Path(sys.argv[1]))
with workspace.edit("killed", "2025-01-01") as edit:
    edit._tables._connection.execute("PRAGMA cache_size = 1")
    edit._tables._connection.execute("PRAGMA cache_spill = 1")
    rows = workspace.read("land_parcels").iloc[:1]
    edit.replace("land_parcels", rows, Provenance("k" * 200_000, "2025"))
    os._exit(9)
"""


def test_a_killed_writer_leaves_the_last_good_state_and_no_lock(either_mode):
    workspace = either_mode
    before = workspace.content_hash("land_parcels"), workspace.head()
    root = Path(geopackage.__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(workspace.path)], cwd=root, check=False
    )
    assert done.returncode == 9
    left = {Path(name).suffix for name in left_beside(workspace.path)}
    assert left & {".gpkg-journal", ".gpkg-wal"}, "it was killed half way"
    again = GeoPackageWorkspace(workspace.path)
    assert (again.content_hash("land_parcels"), again.head()) == before
    add_parcel(workspace, "C", "next")
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["A", "B", "C"]
    assert left_beside(workspace.path) == {backup_folder(workspace.path).name}
    with closing(sqlite3.connect(workspace.path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_second_writer_is_turned_away_while_the_first_writes(either_mode, monkeypatch):
    workspace = either_mode
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)
    with workspace.edit("first", AT) as edit:
        edit.add("land_parcels", parcels("C"), SOURCE)
        second = GeoPackageWorkspace(workspace.path)
        with pytest.raises(LayerError) as caught, second.edit("second", AT):
            pytest.fail("two writers at once")
        assert caught.value.code == "workspace_busy"
        assert caught.value.values["path"] == str(workspace.path)
        assert second.read("land_parcels")["parcel_id"].tolist() == ["A", "B"], "reading goes on"
        assert [c.number for c in second.changes()] == [1]
    assert len(workspace.read("land_parcels")) == 3


WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    connection.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    sys.exit(5 if "locked" in str(error) else 6)
"""


def test_reading_during_a_change_does_not_open_the_file_to_another_program(either_mode):
    """A second SQLite in this process, such as GDAL's, would give the locks away on closing."""
    workspace = either_mode
    with workspace.edit("a", AT) as edit:
        edit.replace_raster("dem", Raster(np.ones((2, 2)), 571_000, 3.4e6, 10, 10, CRS(4549)))
    with workspace.edit("a", AT) as edit:
        edit.add("land_parcels", parcels("C"), SOURCE)
        workspace.read("land_parcels")
        workspace.read_raster("dem")
        workspace.content_hash("land_parcels")
        workspace.layers()
        GeoPackageWorkspace(workspace.path).outside_changes()
        command = [sys.executable, "-c", WRITER, str(workspace.path)]
        assert subprocess.run(command, check=False).returncode == 5
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["A", "B", "C"]


def test_a_second_writer_waits_until_the_first_is_done_and_says_so(workspace, monkeypatch):
    monkeypatch.setattr(sqlite_file, "STEP_SECONDS", 0.01)
    first = sqlite3.connect(workspace.path, isolation_level=None, check_same_thread=False)
    first.execute("BEGIN IMMEDIATE")
    waited = []

    def tell(seconds):
        waited.append(seconds)
        if len(waited) == 2:
            first.execute("COMMIT")

    with closing(first):
        add_parcel(GeoPackageWorkspace(workspace.path, tell), "C")
    assert len(waited) >= 2
    assert waited == sorted(waited)
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["A", "B", "C"]


def test_a_reader_goes_on_seeing_the_moment_it_began_at_while_another_writes_in_wal(workspace):
    change(workspace.path, "PRAGMA journal_mode = WAL")
    with closing(sqlite3.connect(workspace.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        count = "SELECT count(*) FROM land_parcels"
        assert reader.execute(count).fetchone() == (2,)
        add_parcel(workspace, "C")
        assert reader.execute(count).fetchone() == (2,)
        reader.execute("COMMIT")
        assert reader.execute(count).fetchone() == (3,)
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",), "it stays as it was"


def test_a_reader_that_stays_makes_the_end_of_a_change_wait_and_then_fail_as_a_whole(
    workspace, monkeypatch
):
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)
    before = workspace.path.read_bytes()
    with closing(sqlite3.connect(workspace.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM land_parcels").fetchone()
        with pytest.raises(LayerError, match="workspace_busy"):
            add_parcel(workspace, "C")
        reader.execute("COMMIT")
    assert workspace.path.read_bytes() == before
    add_parcel(workspace, "C")
    assert len(workspace.read("land_parcels")) == 3


def test_another_program_that_began_first_is_waited_for_and_then_named(workspace, monkeypatch):
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)
    before = workspace.path.read_bytes()
    with closing(sqlite3.connect(workspace.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LayerError) as caught, workspace.edit("a", AT):
            pytest.fail("the other program was not heeded")
        other.execute("ROLLBACK")
    assert caught.value.code == "workspace_busy"
    assert caught.value.values["path"] == str(workspace.path)
    assert workspace.path.read_bytes() == before
    assert left_beside(workspace.path) == set(), "no backup of a change that never began"


def test_a_file_that_may_only_be_read_is_read_and_named_when_written(workspace, monkeypatch):
    """Open it as SQLite does without the permission; to the superuser all is permitted."""
    before = workspace.path.read_bytes()
    connect = sqlite3.connect

    def connect_for_reading(place, **options):
        return connect(str(place).replace("mode=rw", "mode=ro"), **options)

    monkeypatch.setattr(sqlite_file.sqlite3, "connect", connect_for_reading)
    assert workspace.read("land_parcels")["parcel_id"].tolist() == ["A", "B"]
    assert len(workspace.changes()) == 1
    with pytest.raises(LayerError) as caught, workspace.edit("a", AT):
        pytest.fail("it may not be written")
    assert caught.value.code == "workspace_read_only"
    assert workspace.path.read_bytes() == before
    assert left_beside(workspace.path) == set()


def test_a_backup_that_may_not_be_made_stops_the_change(workspace, monkeypatch):
    before = workspace.path.read_bytes()

    def refuse(self, target):
        raise PermissionError(13, "in use", str(target))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(LayerError) as caught, workspace.edit("a", AT):
        pytest.fail("there is no backup")
    assert caught.value.code == "backup_impossible"
    monkeypatch.undo()
    assert workspace.path.read_bytes() == before
    add_parcel(workspace, "C")
    assert len(workspace.read("land_parcels")) == 3


def test_a_change_that_changes_nothing_leaves_no_trace(workspace):
    before = workspace.path.read_bytes()
    with workspace.edit("a", AT) as edit:
        assert edit.is_empty
    assert workspace.path.read_bytes() == before
    assert len(workspace.changes()) == 1


def test_what_is_left_of_another_file_is_not_taken_into_a_new_one(tmp_path):
    for ending in ("-journal", "-wal"):
        part = tmp_path / f"w.gpkg{ending}"
        part.write_bytes(b"old")
        with pytest.raises(LayerError) as caught:
            create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at=AT)
        assert (caught.value.code, caught.value.values["path"]) == ("file_exists", str(part))
        part.unlink()


def test_a_watch_tells_whether_anybody_changed_the_file(either_mode):
    with either_mode.watch() as is_unchanged:
        assert is_unchanged()
        either_mode.read("land_parcels")
        assert is_unchanged()
        change(either_mode.path, "UPDATE muplan_meta SET value = 'x' WHERE key = 'title'")
        assert not is_unchanged()


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


def test_readers_go_on_while_a_change_is_larger_than_the_cache(workspace):
    many = parcels(*(f"N{n}" for n in range(6000))).assign(note="长" * 500)
    other = GeoPackageWorkspace(workspace.path)
    with workspace.edit("a", AT) as edit:
        edit.add("land_parcels", many, SOURCE)
        assert other.read("land_parcels")["parcel_id"].tolist() == ["A", "B"]
    assert len(other.read("land_parcels")) == 6002
