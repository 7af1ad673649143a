"""Backups: whole ones, one a day, ten at most, and put back as a whole."""

import sqlite3
from contextlib import closing

import geopandas as gpd
import pytest
import shapely
from pyproj import CRS

from app.answers.changes import restore
from layers.errors import LayerError
from layers.workspace.backup import KEPT, back_up, back_up_beside, backup_folder, backups
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace
from layers.workspace.protocol import Provenance

SOURCE = Provenance("test", "2025-03-04")


def at(day):
    return f"2025-03-{day:02d}T05:06:07"


def add(workspace, name, day=4):
    frame = gpd.GeoDataFrame({"parcel_id": [name]}, geometry=[shapely.box(0, 0, 9, 9)], crs=4549)
    with workspace.edit("a", at(day)) as edit:
        edit.add("land_parcels", frame, SOURCE)


def ids(path):
    return GeoPackageWorkspace(path).read("land_parcels")["parcel_id"].tolist()


@pytest.fixture
def workspace(tmp_path):
    made = create_workspace(tmp_path / "w.gpkg", CRS(4549), title="t", created_at=at(4))
    add(made, "A")
    return made


def test_the_first_change_of_a_day_backs_up_what_was_there_before_it(workspace):
    assert backups(workspace.path) == []
    for name, day in (("B", 5), ("C", 5), ("D", 6)):
        add(workspace, name, day)
    kept = backups(workspace.path)
    assert [backup.made_at for backup in kept] == [at(5), at(6)]
    assert [ids(backup.path) for backup in kept] == [["A"], ["A", "B", "C"]]


def test_the_oldest_go_and_the_last_ten_stay(workspace):
    for day in range(5, 5 + KEPT + 3):
        add(workspace, f"X{day}", day)
    assert [backup.made_at for backup in backups(workspace.path)] == [
        at(day) for day in range(8, 8 + KEPT)
    ]


def test_a_second_backup_of_a_moment_has_a_number(workspace):
    first, second = (back_up_beside(workspace.path, at(9)) for _ in range(2))
    assert (first.name, second.name) == ("2025-03-09T05_06_07.gpkg", "2025-03-09T05_06_07-2.gpkg")
    assert ids(first) == ids(second) == ["A"]


def test_a_backup_is_the_state_of_one_moment_while_another_writes(workspace, tmp_path):
    with closing(sqlite3.connect(workspace.path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    with workspace.edit("a", at(4)) as edit:
        rows = edit.read("land_parcels").assign(parcel_id="B")
        edit.add("land_parcels", rows, SOURCE)
        back_up(workspace.path, tmp_path / "copy.gpkg")
    assert ids(tmp_path / "copy.gpkg") == ["A"]
    assert ids(workspace.path) == ["A", "B"]
    left = {path.name for path in tmp_path.iterdir()}
    assert {name for name in left if name.startswith("copy")} == {"copy.gpkg"}


def test_a_backup_takes_nobodys_place(workspace, tmp_path):
    with pytest.raises(LayerError, match="file_exists"):
        back_up(workspace.path, workspace.path)
    with pytest.raises(LayerError, match="folder_missing"):
        back_up(workspace.path, tmp_path / "no" / "b.gpkg")
    (tmp_path / "b.gpkg-wal").write_bytes(b"old")
    with pytest.raises(LayerError, match="file_exists"):
        back_up(workspace.path, tmp_path / "b.gpkg")
    assert not (tmp_path / "b.gpkg").exists()


def test_a_restore_is_recorded_and_what_was_there_is_kept(workspace, tmp_path):
    back_up(workspace.path, tmp_path / "old.gpkg")
    add(workspace, "B")
    head = workspace.head()
    before, after = restore(tmp_path / "old.gpkg", workspace.path, "试验")
    assert before == head
    assert after == GeoPackageWorkspace(tmp_path / "old.gpkg").head()
    assert ids(workspace.path) == ["A"]
    last = workspace.changes()[-1]
    assert (last.number, last.kind) == (2, "restore")
    assert last.reason.startswith("试验")
    assert before in last.reason
    assert workspace.outside_changes() == []
    assert ids(backups(workspace.path)[-1].path) == ["A", "B"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "w.gpkg", "old.gpkg", backup_folder(workspace.path).name,
    }  # fmt: skip


@pytest.mark.parametrize("state", ["damaged", "gone"])
def test_a_damaged_or_lost_file_is_restored_without_what_is_left_of_it(workspace, tmp_path, state):
    back_up(workspace.path, tmp_path / "old.gpkg")
    if state == "damaged":
        workspace.path.write_bytes(b"?" * 5000)
    else:
        workspace.path.unlink()
    (tmp_path / "w.gpkg-journal").write_bytes(b"left")
    restore(tmp_path / "old.gpkg", workspace.path)
    assert ids(workspace.path) == ["A"]
    # What is left is no part of the restored file: set aside, or taken away by SQLite.
    assert not (tmp_path / "w.gpkg-journal").exists()
    aside = [path.read_bytes() for path in tmp_path.glob("w.gpkg.damaged*")]
    assert (b"?" * 5000 in aside) == (state == "damaged")


def test_a_file_is_not_restored_onto_itself(workspace):
    from geo.errors import MuPlanError

    with pytest.raises(MuPlanError, match="restore_onto_itself"):
        restore(workspace.path, workspace.path)
