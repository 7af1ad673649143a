"""Results on disk: bounded, checked when they are read, never in anybody's way."""

import os

import numpy as np
import pytest

from layers.workspace.results import ENDING, LARGEST_SHARE, ResultFolder, results_beside

ARRAYS = {"first": np.arange(3), "gap_m": np.array([0.1, np.nan, 2.0])}


@pytest.fixture
def folder(tmp_path):
    return results_beside(tmp_path / "w.gpkg")


def test_what_was_stored_is_given_again_to_the_last_bit(folder):
    assert ResultFolder(folder).load("k") is None
    ResultFolder(folder).store("k", ARRAYS)
    again = ResultFolder(folder).load("k")
    assert sorted(again) == ["first", "gap_m"]
    for name, array in ARRAYS.items():
        assert again[name].dtype == array.dtype
        assert again[name].tobytes() == array.tobytes()
    assert [file.name for file in folder.iterdir()] == [f"k{ENDING}"]


@pytest.mark.parametrize("at", [0, 25, -1])
def test_a_damaged_result_is_not_taken_but_told_and_goes(folder, at):
    ResultFolder(folder).store("k", ARRAYS)
    file = folder / f"k{ENDING}"
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)
    results = ResultFolder(folder)
    assert results.load("k") is None
    assert list(results.faults) == ["results_damaged"]
    assert not file.exists()


@pytest.mark.parametrize("data", [b"", b"x" * 10, b"x" * 400])
def test_half_a_file_or_another_programs_is_damaged(folder, data):
    folder.mkdir()
    (folder / f"k{ENDING}").write_bytes(data)
    results = ResultFolder(folder)
    assert results.load("k") is None
    assert list(results.faults) == ["results_damaged"]


def test_a_result_under_the_name_of_another_is_not_taken(folder):
    ResultFolder(folder).store("k", ARRAYS)
    (folder / f"k{ENDING}").rename(folder / f"other{ENDING}")
    assert ResultFolder(folder).load("other") is None


def test_objects_that_would_run_code_are_never_read(folder):
    results = ResultFolder(folder)
    results.store("k", {"made": np.array([print], dtype=object)})
    assert results.load("k") is None
    assert set(results.faults) & {"results_unwritten", "results_damaged"}


def test_the_folder_stays_bounded_and_what_was_not_used_longest_goes_first(folder):
    large = {"a": np.zeros(100)}
    results = ResultFolder(folder, most_bytes=5000)
    for number, key in enumerate("abcd"):
        results.store(key, large)
        os.utime(folder / f"{key}{ENDING}", (number, number))
    results.load("a")  # used again
    results.store("e", large)
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 5000
    names = {file.stem for file in folder.iterdir()}
    assert {"a", "e"} <= names
    assert "b" not in names


def test_a_result_too_large_for_the_folder_is_not_stored(folder):
    ResultFolder(folder, most_bytes=LARGEST_SHARE * 500).store("k", {"a": np.zeros(100)})
    assert not folder.exists()


def test_where_nothing_can_be_written_the_work_goes_on(folder):
    folder.write_text("a file in the place of the folder")
    results = ResultFolder(folder)
    assert results.load("k") is None
    results.store("k", ARRAYS)
    assert "results_unwritten" in results.faults
    assert folder.read_text() == "a file in the place of the folder"
