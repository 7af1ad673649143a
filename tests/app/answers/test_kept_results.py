"""Answers from results kept are those worked out from nothing."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from app.answers.answer import stand_of, to_json
from app.answers.checks import check_answer, verdict_list
from app.answers.land import block_answer, find_land
from app.context import open_context
from layers.workspace.results import results_beside
from platforms.checks import CheckQuery
from platforms.land.search import BlockQuery

AS_OF = "2025-10-31"


@pytest.fixture
def workspace(small_demo, tmp_path):
    path = tmp_path / "w.gpkg"
    shutil.copyfile(small_demo, path)
    return path


def _blocks(path):
    context = open_context(path, as_of=AS_OF)
    query = BlockQuery(20.0)
    answer = block_answer(context, query, find_land(context, query))
    return json.dumps(to_json(answer, stand_of(context)), sort_keys=True, default=str), context


def _checked(path):
    context = open_context(path, as_of=AS_OF)
    query = CheckQuery(None, ("B3", "B4", "C9"), (), AS_OF)
    answer = check_answer(context, query, verdict_list(context, query))
    return json.dumps(to_json(answer, stand_of(context)), sort_keys=True, default=str), context


@pytest.mark.parametrize("answer", [_blocks, _checked])
def test_an_answer_is_the_same_from_results_kept_and_from_nothing(workspace, answer):
    fresh, _ = answer(workspace)
    assert list(results_beside(workspace).iterdir())
    again, context = answer(workspace)
    assert again == fresh
    assert not context.workspace.stored_results.faults


def test_damaged_results_are_worked_out_anew(workspace):
    fresh, _ = _blocks(workspace)
    for file in results_beside(workspace).iterdir():
        file.write_bytes(file.read_bytes()[:-9])
    again, context = _blocks(workspace)
    assert again == fresh
    assert list(context.workspace.stored_results.faults) == ["results_damaged"]


def test_land_changed_by_any_program_is_joined_anew(workspace):
    _blocks(workspace)
    before = {file.name for file in results_beside(workspace).iterdir()}
    context = open_context(workspace, as_of=AS_OF)
    largest = find_land(context, BlockQuery(20.0)).blocks.blocks.iloc[0]
    gone = largest["parcel_ids"][0].split("#")[0]
    with closing(sqlite3.connect(workspace)) as connection, connection:
        connection.create_function("ST_IsEmpty", 1, lambda _: 0)  # as QGIS has it, for its triggers
        for side in ("MinX", "MaxX", "MinY", "MaxY"):
            connection.create_function(f"ST_{side}", 1, lambda _: 0.0)
        connection.execute("UPDATE land_parcels SET state = 'supplied' WHERE parcel_id = ?", [gone])
    left = find_land(open_context(workspace, as_of=AS_OF), BlockQuery(20.0)).blocks.blocks
    assert not any(name.split("#")[0] == gone for ids in left["parcel_ids"] for name in ids)
    assert {file.name for file in results_beside(workspace).iterdir()} > before
