"""The file of scenarios: whole at every moment, whoever writes at once."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from types import ModuleType

import filelock
import pytest

from layers.errors import LayerError
from layers.workspace import scenarios as kept
from layers.workspace.scenarios import (
    KeptScenario,
    changing_scenarios,
    read_scenarios,
    scenario_file,
)

COUNT = 20


def add_many(path, mark, count=COUNT):
    for n in range(count):
        with changing_scenarios(path) as held:
            held[f"{mark}-{n}"] = KeptScenario(({"kind": "x", "n": n},))


def expected(marks):
    return {f"{mark}-{n}" for mark in marks for n in range(COUNT)}


def test_two_processes_that_add_at_once_lose_nothing(tmp_path, monkeypatch):
    # A test of a page leaves its script as the main module, and a new process would run it.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    path = tmp_path / "w.gpkg"
    spawn = get_context("spawn")
    both = [spawn.Process(target=add_many, args=(path, mark)) for mark in "ab"]
    for process in both:
        process.start()
    for process in both:
        process.join(timeout=120)
        assert process.exitcode == 0
    assert set(read_scenarios(path)) == expected("ab")


def test_threads_that_add_at_once_lose_nothing(tmp_path):
    path = tmp_path / "w.gpkg"
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda mark: add_many(path, mark), "abcd"))
    assert set(read_scenarios(path)) == expected("abcd")


def test_what_is_kept_reads_back_and_nothing_else_lies_about(tmp_path):
    path = tmp_path / "w.gpkg"
    name = "../<b>名</b>/\\" + "长" * 500
    with changing_scenarios(path) as held:
        held[name] = KeptScenario(({"kind": "x"},), "2025-01-01T00:00:00+00:00")
        held["空"] = KeptScenario()
    assert read_scenarios(path) == {
        name: KeptScenario(({"kind": "x"},), "2025-01-01T00:00:00+00:00"),
        "空": KeptScenario(),
    }
    left = {one.name for one in tmp_path.iterdir()}
    assert left <= {"w.gpkg.scenarios.json", "w.gpkg.scenarios.json.lock"}


def test_an_error_on_the_way_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "w.gpkg"
    add_many(path, "a", 1)
    before = scenario_file(path).read_bytes()

    def fail():
        with changing_scenarios(path) as held:
            held.clear()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert scenario_file(path).read_bytes() == before
    add_many(path, "b", 1)
    assert set(read_scenarios(path)) == {"a-0", "b-0"}


def test_a_lock_that_is_never_let_go_gives_one_sentence(tmp_path, monkeypatch):
    path = tmp_path / "w.gpkg"
    monkeypatch.setattr(kept, "LOCK_SECONDS", 0.05)
    with (
        filelock.FileLock(f"{scenario_file(path)}.lock"),
        pytest.raises(LayerError) as caught,
        changing_scenarios(path),
    ):
        pass
    assert caught.value.code == "workspace_locked"


@pytest.mark.parametrize("text", ["", "[]", '{"scenarios": 3}', '{"scenarios": {"a": {}}}'])
def test_a_file_at_fault_is_named_and_never_written_over(text, tmp_path):
    path = tmp_path / "w.gpkg"
    scenario_file(path).write_text(text, encoding="utf-8")
    with pytest.raises(LayerError) as caught, changing_scenarios(path) as held:
        held["a"] = KeptScenario()
    assert caught.value.code == "scenarios_unreadable"
    assert scenario_file(path).read_text(encoding="utf-8") == text


def test_a_file_of_an_earlier_edition_without_a_mark_of_adoption_reads(tmp_path):
    path = tmp_path / "w.gpkg"
    held = {"schema": 1, "scenarios": {"甲": {"edits": [{"kind": "x"}]}}}
    scenario_file(path).write_text(json.dumps(held), encoding="utf-8")
    assert read_scenarios(path) == {"甲": KeptScenario(({"kind": "x"},))}
