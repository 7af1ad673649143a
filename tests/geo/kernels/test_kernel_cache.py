"""What is compiled is kept under the text of all kernels: a changed one is never run as it was."""

from pathlib import Path

import pytest

pytest.importorskip("numba")

from numba import config

import geo.kernels
from geo.kernels import cache_folder
from geo.kernels.common_area import ground_m2


def test_another_text_of_any_kernel_has_another_folder(tmp_path):
    (tmp_path / "called.py").write_text("WIDTH = 1\n", encoding="utf-8")
    (tmp_path / "calling.py").write_text("from called import WIDTH\n", encoding="utf-8")
    before = cache_folder(tmp_path)
    assert cache_folder(tmp_path) == before
    (tmp_path / "called.py").write_text("WIDTH = 2\n", encoding="utf-8")
    assert cache_folder(tmp_path) != before
    assert before.parent == tmp_path / "__pycache__"


def test_kernels_are_kept_there():
    folder = cache_folder(Path(geo.kernels.__file__).parent)
    kept = Path(ground_m2._cache.cache_path)
    assert config.CACHE_DIR
    assert kept.is_relative_to(config.CACHE_DIR)
    assert folder.name.startswith("kernels-")
