"""The trials of reliability in a short form; a person runs them in full (docs/reliability.md)."""

import os
import shutil

import pytest

from layers.workspace import sqlite_file
from layers.workspace.geopackage import GeoPackageWorkspace
from tests.reliability import damage, kills
from tests.reliability.city import ended, faults_of, forked, make_city
from tests.reliability.writers import enter

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


def test_a_killed_change_took_effect_as_a_whole_or_not_at_all(tmp_path):
    counts, faults = kills.play(tmp_path, rounds=12)
    assert faults == []
    assert counts.total() == 12


def test_of_events_entered_at_once_none_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 600.0)
    path = tmp_path / "w.gpkg"
    make_city(path)
    children = [forked(enter, path, n) for n in range(6)]
    assert [ended(child) for child in children] == [0] * 6
    events = GeoPackageWorkspace(path).read("project_events")
    fresh = events[events["event_kind"] == "signed"]
    assert sorted(fresh["project_id"]) == [f"P{n}" for n in range(6)]
    assert sorted(fresh["entry_seq"]) == list(range(51, 57))
    assert faults_of(path) == []


def test_commands_on_a_spoilt_file_end_with_one_sentence(tmp_path):
    _, faults = damage.play(tmp_path, places=2)
    assert faults == []


def test_an_import_that_the_disk_does_not_take_changes_nothing(tmp_path):
    refused, faults = damage.full_disk(tmp_path, limits=2)
    assert (refused, faults) == (2, [])


def test_a_copy_for_trials_is_sound_itself(tmp_path):
    make_city(tmp_path / "w.gpkg")
    shutil.copyfile(tmp_path / "w.gpkg", tmp_path / "c.gpkg")
    assert faults_of(tmp_path / "c.gpkg") == []
