"""The folder of half-done files goes, whatever happens to who made it."""

import subprocess
import sys
from pathlib import Path

import pytest

from layers import scratch as module
from layers.errors import LayerError
from layers.scratch import clean, folder_beside, scratch_beside

KILLED = """
import os, sys
from pathlib import Path
from layers.scratch import folder_beside
with folder_beside(Path(sys.argv[1])) as folder:
    (folder / "half.gpkg").write_bytes(b"x")
    os._exit(9)
"""


def folders_beside(path):
    return {entry for entry in scratch_beside(path).iterdir() if entry.is_dir()}


def test_it_is_gone_at_the_end_and_after_an_error(tmp_path):
    with folder_beside(tmp_path / "w.gpkg") as folder:
        (folder / "a").write_text("x")
        assert folder.parent == scratch_beside(tmp_path / "w.gpkg")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RuntimeError), folder_beside(tmp_path / "w.gpkg") as folder:
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_program_left_goes_at_the_next_use_and_what_is_in_use_stays(tmp_path):
    path = tmp_path / "w.gpkg"
    root = Path(module.__file__).resolve().parents[1]
    with folder_beside(path) as used:
        done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=root, check=False)
        assert done.returncode == 9
        left = folders_beside(path) - {used}
        assert [(folder / "half.gpkg").exists() for folder in left] == [True]
        with folder_beside(path) as second:
            assert folders_beside(path) == {used, second}
        clean(scratch_beside(path))
        assert folders_beside(path) == {used}
    assert list(tmp_path.iterdir()) == []


def test_where_no_folder_can_be_made_it_is_one_error(tmp_path):
    (tmp_path / ".muplan-scratch").write_text("a file of that name")
    with pytest.raises(LayerError, match="write_failed"), folder_beside(tmp_path / "w.gpkg"):
        pytest.fail("there is no folder")


RACING = """
import sys
from pathlib import Path
from layers.scratch import folder_beside
for _ in range(300):
    with folder_beside(Path(sys.argv[1])) as folder:
        (folder / "half.gpkg").write_bytes(b"x")
"""


def test_programs_that_come_and_go_at_once_do_not_take_the_folder_from_each_other(tmp_path):
    command = [sys.executable, "-c", RACING, str(tmp_path / "w.gpkg")]
    programs = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    assert [program.communicate()[1].decode() for program in programs] == ["", "", ""]
    assert list(tmp_path.iterdir()) == []
