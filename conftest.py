"""What holds for the whole test run: what it leaves alone, and that nothing is compiled twice."""

import os
import sys

collect_ignore = ["streamlit_app.py", "app/main.py"]  # they show themselves when they are loaded
collect_ignore_glob = ["app/views/*"]


def pytest_configure(config):
    """Let every process of the run read the bytecode that the first one made.

    Packages often come without bytecode. Where none is written either, each server and each
    solver that a test starts would compile some thousand modules anew, five seconds of work.
    """
    if sys.dont_write_bytecode and hasattr(config, "cache"):
        sys.dont_write_bytecode = False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sys.pycache_prefix = str(config.cache.mkdir("bytecode"))
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
