"""What holds for the whole test run: what it leaves alone, and that nothing is compiled twice."""

import os
import sys

import pytest

collect_ignore = ["streamlit_app.py", "app/main.py"]  # they show themselves when they are loaded
collect_ignore_glob = ["app/views/*"]


def pytest_configure(config: pytest.Config) -> None:
    """Let every process of the run read the bytecode that the first one made.

    Packages often come without bytecode. Where none is written either, each server and each
    solver that a test starts would compile some thousand modules anew, five seconds of work.
    """
    cache = getattr(config, "cache", None)
    if sys.dont_write_bytecode and cache is not None:
        sys.dont_write_bytecode = False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.pycache_prefix = str(cache.mkdir("bytecode"))
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
