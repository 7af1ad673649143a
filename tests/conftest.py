"""What several rooms of the tests share: one small demonstration workspace a run."""

from pathlib import Path

import pytest

from layers.demo.build import build_demo

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory):
    """Build the small demonstration once; tests that change it work on a copy."""
    path = tmp_path_factory.mktemp("demo") / "small.gpkg"
    recipe = PROJECT / "data" / "demo" / "jiaxing.yaml"
    build_demo(path, recipe, size="small", seed=0, created_at="2025-10-31T00:00:00+00:00")
    return path
