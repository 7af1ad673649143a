"""Tests that share what is read of a workspace see every change of it."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from layers.workspace.geopackage import GeoPackageWorkspace
from tests.read_once import share_reads


@pytest.fixture
def reads(monkeypatch):
    """Count what is really read while reads are shared."""
    done = []
    real = GeoPackageWorkspace.read
    monkeypatch.setattr(
        GeoPackageWorkspace, "read", lambda self, layer: done.append(layer) or real(self, layer)
    )
    contents = share_reads(monkeypatch)
    yield done
    contents.close()


@pytest.fixture
def path(small_demo, tmp_path):
    return shutil.copy(small_demo, tmp_path / "w.gpkg")


def test_a_copy_with_the_same_content_is_read_once_and_its_rows_are_nobody_elses(
    reads, path, tmp_path
):
    other = shutil.copy(path, tmp_path / "c.gpkg")
    units = GeoPackageWorkspace(path).read("units")
    name = units.loc[0, "name"]
    units.loc[0, "name"] = "别的"
    assert GeoPackageWorkspace(other).read("units").loc[0, "name"] == name
    assert reads == ["units"]


def test_a_change_is_seen_however_soon_it_follows(reads, path):
    workspace = GeoPackageWorkspace(path)
    key = workspace.read("problems").loc[0, "problem_id"]
    with closing(sqlite3.connect(path)) as connection:
        for number in range(5):
            with connection:
                connection.execute(
                    "UPDATE problems SET note = ? WHERE problem_id = ?", (str(number), key)
                )
            rows = workspace.read("problems")
            assert rows.loc[rows["problem_id"] == key, "note"].tolist() == [str(number)]
    assert len(reads) == 6


def test_what_waits_beside_the_file_is_seen_too(reads, path):
    workspace = GeoPackageWorkspace(path)
    assert workspace.outside_changes() == []
    entries = len(workspace.read("project_events"))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("DELETE FROM project_events WHERE entry_seq = 1")
        assert len(workspace.read("project_events")) == entries - 1
        assert workspace.outside_changes() != []
