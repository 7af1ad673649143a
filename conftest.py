"""What holds for the whole test run: what it leaves alone, and what it does not do twice."""

import gc
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from filelock import FileLock

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


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Leave what outlives every test out of the search for garbage.

    Modules and the collected tests are a million objects, which each full search would go
    through; the more often, the more frames a test makes.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()
        cache = getattr(session.config, "cache", None)
        if "PYTEST_XDIST_WORKER" in os.environ and cache is not None:
            compile_kernels_once(cache.mkdir("kernels") / "lock")


def compile_kernels_once(lock: Path) -> None:
    """Let one process at a time compile kernels: the others then find them made.

    On a fresh checkout each process would compile what the others are just compiling, half a
    minute of work in all.
    """
    from numba.core.dispatcher import Dispatcher

    alone = FileLock(lock)
    compile_now = Dispatcher.compile

    def compile_alone(kernel: Dispatcher, signature: object) -> object:
        with alone:
            return compile_now(kernel, signature)

    Dispatcher.compile = compile_alone
