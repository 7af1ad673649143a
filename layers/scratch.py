"""Half-done files: in one named folder each for a place, and nothing of them stays behind.

What a killed program left there is taken away by the next one that uses the folder: nobody holds
its lock any more.
"""

import getpass
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from layers.errors import LayerError

NAME = ".muplan-scratch"
LOCK = "in-use.lock"


def scratch_beside(target: Path) -> Path:
    """Name the folder for half-done files beside a file that is to be written."""
    return target.parent / NAME


@contextmanager
def folder_beside(target: Path) -> Iterator[Path]:
    """Make a folder on the same disk as a file that is to be written, gone at the end.

    ``target``: The file; its folder exists.
    """
    with _folder_in(scratch_beside(target)) as folder:
        yield folder


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder in the system's place for temporary files, gone at the end."""
    root = Path(tempfile.gettempdir()) / f"{NAME.lstrip('.')}-{_user()}"
    root.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and (root.is_symlink() or root.stat().st_uid != os.getuid()):
        # Somebody else took the name: a folder of our own, which the system clears.
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    with _folder_in(root) as folder:
        yield folder


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "user"


@contextmanager
def _folder_in(root: Path) -> Iterator[Path]:
    clean(root)
    try:
        root.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=root))
    except OSError as error:
        raise LayerError("write_failed", path=str(root)) from error
    lock = filelock.FileLock(folder / LOCK)
    try:
        with lock:
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _remove_if_empty(root)


def clean(root: Path) -> None:
    """Take away what killed programs left in a folder for half-done files."""
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
