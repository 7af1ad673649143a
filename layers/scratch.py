"""Half-done files: in one named folder each for a place, and nothing of them stays behind.

What a killed program left there is taken away by the next one that uses the folder: nobody holds
its lock any more.
"""

import getpass
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from layers.errors import LayerError

NAME = ".muplan-scratch"
LOCK = ".lock"
MOST_ATTEMPTS = 20
"""So often the last to leave may take the root away just before a folder is made in it."""


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
    if not _is_ours(root):
        # Somebody else took the name: a folder of our own, which the system clears.
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    with _folder_in(root) as folder:
        yield folder


def _is_ours(root: Path) -> bool:
    """Make the folder where it is missing, and say whether it is this user's own."""
    for _ in range(MOST_ATTEMPTS):
        with suppress(FileExistsError):
            root.mkdir(mode=0o700)
        try:
            state = root.lstat()
        except FileNotFoundError:  # the last to leave took it away just now
            continue
        return not hasattr(os, "getuid") or (
            stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid()
        )
    return False


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "user"


@contextmanager
def _folder_in(root: Path) -> Iterator[Path]:
    clean(root)
    folder, lock = _locked_folder(root)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
        _remove_lock(folder)
        _remove_if_empty(root)


def _locked_folder(root: Path) -> tuple[Path, filelock.BaseFileLock]:
    """Make a folder whose lock is held before it is there: none is ever seen without."""
    for _ in range(MOST_ATTEMPTS):
        folder = root / uuid.uuid4().hex
        lock = filelock.FileLock(_lock_of(folder))
        try:
            root.mkdir(exist_ok=True)
            lock.acquire()
            if _lock_of(folder).exists():
                folder.mkdir(mode=0o700)
                return folder, lock
            lock.release()
        except (FileNotFoundError, FileExistsError):  # it went while we looked, or came
            lock.release()
            if not root.parent.is_dir() or root.is_file():
                break
        except OSError as error:
            raise LayerError("write_failed", path=str(root)) from error
    raise LayerError("write_failed", path=str(root))


def clean(root: Path) -> None:
    """Take away what killed programs left in a folder for half-done files."""
    try:
        left = {entry.with_suffix("") for entry in root.iterdir()}
    except (FileNotFoundError, NotADirectoryError):
        return
    for folder in left:
        try:
            with filelock.FileLock(_lock_of(folder), timeout=0):
                shutil.rmtree(folder, ignore_errors=True)
                _remove_lock(folder)
        except (filelock.Timeout, OSError):
            continue
        _remove_lock(folder)  # Windows keeps what is open
    _remove_if_empty(root)


def _lock_of(folder: Path) -> Path:
    return folder.with_suffix(LOCK)


def _remove_lock(folder: Path) -> None:
    with suppress(OSError):
        _lock_of(folder).unlink()


def _remove_if_empty(root: Path) -> None:
    try:
        root.rmdir()
    except OSError:
        return
