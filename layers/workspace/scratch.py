"""The one folder in which a workspace's half-done files lie, and that leaves nothing behind."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from layers.errors import LayerError

LOCK = "in-use.lock"


def scratch_folder(workspace: Path) -> Path:
    """Name the folder beside a workspace in which half-done files lie."""
    return workspace.with_name(f"{workspace.name}.scratch")


@contextmanager
def scratch(workspace: Path) -> Iterator[Path]:
    """Make a folder for half-done files, gone at the end.

    What killed programs left is taken away first: nobody holds its lock any more. A folder that
    can't be made raises ``write_failed``.
    """
    root = scratch_folder(workspace)
    clean(workspace)
    try:
        root.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=root))
    except OSError as error:
        raise LayerError("write_failed", path=str(workspace)) from error
    lock = filelock.FileLock(folder / LOCK)
    try:
        with lock:
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _remove_if_empty(root)


def clean(workspace: Path) -> None:
    """Take away what killed programs left in the scratch folder of a workspace."""
    root = scratch_folder(workspace)
    if not root.is_dir():
        return
    for folder in root.iterdir():
        lock = filelock.FileLock(folder / LOCK, timeout=0)
        try:
            with lock:
                pass
        except (filelock.Timeout, OSError):
            continue
        shutil.rmtree(folder, ignore_errors=True)
    _remove_if_empty(root)


def _remove_if_empty(root: Path) -> None:
    try:
        root.rmdir()
    except OSError:
        return
