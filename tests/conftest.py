"""What several rooms of the tests share: one small demonstration workspace a run."""

import os
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from layers.demo.build import build_demo

PROJECT = Path(__file__).resolve().parents[1]

# How long an example takes says how busy the machine is, not whether the answer is right.
settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory):
    """Build the small demonstration once, whatever the number of processes.

    Nobody writes to it: tests that change a workspace work on a copy.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path = folder / "small-demo.gpkg"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            recipe = PROJECT / "data" / "demo" / "jiaxing.yaml"
            build_demo(path, recipe, size="small", seed=0, created_at="2025-10-31T00:00:00+00:00")
    return path
