"""While a change of a page waits for another program, the page says so."""

import sqlite3
from contextlib import closing

import pytest
from pyproj import CRS

from app.components import page
from app.context import open_context
from geo.errors import MuPlanError
from layers.workspace import sqlite_file
from layers.workspace.geopackage import create_workspace


class Place:
    """Stands for a place on a page: what was written to it, in order."""

    def __init__(self):
        self.told = []

    def info(self, sentence):
        self.told.append(sentence)

    def empty(self):
        self.told.append(None)


@pytest.fixture
def place(monkeypatch):
    only = Place()
    monkeypatch.setattr(page.st, "empty", lambda: only)
    return only


@pytest.fixture
def context(tmp_path):
    path = tmp_path / "w.gpkg"
    create_workspace(path, CRS(4549), title="市", created_at="2025-01-01T00:00:00")
    return open_context(path)


def test_a_change_that_waits_says_so_until_it_is_done_or_refused(context, place, monkeypatch):
    monkeypatch.setattr(sqlite_file, "STEP_SECONDS", 0.01)
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(context.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            pytest.raises(MuPlanError) as caught,
            page.changing(context) as own,
            own.workspace.edit("甲", "2025-01-01T00:00:00") as edit,
        ):
            edit.record("edit", "x")
        other.execute("ROLLBACK")
    assert caught.value.code == "workspace_busy"
    *said, last = place.told
    assert said
    assert all("等待中" in sentence for sentence in said)
    assert last is None


def test_a_change_that_need_not_wait_says_nothing(context, place):
    with page.changing(context) as own, own.workspace.edit("甲", "2025-01-01") as edit:
        edit.record("edit", "x")
    assert place.told == [None]
    assert len(context.workspace.changes()) == 1
