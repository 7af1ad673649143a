"""The SQLite file of a workspace: opened beside other programs, and what its errors mean."""

import hashlib
import math
import os
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Lock

from layers.errors import LayerError

Waiting = Callable[[float], None]
"""Told now and then for how long a writer has waited already [s]."""

BUSY_SECONDS = 20.0
"""So long a writer waits for another program to finish."""
STEP_SECONDS = 1.0
"""So often a waiting writer says so."""
READ_SECONDS = 10.0
"""So long a reader waits: only the last moment of a change keeps readers out."""

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NOT_ALLOWED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN}
_NOT_WRITTEN = {
    sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
}  # fmt: skip
_MAGIC = b"SQLite format 3\0"
_LOCKS = {
    sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_UNLOCK, sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK, sqlite3.SQLITE_IOERR_SHMLOCK,
    sqlite3.SQLITE_IOERR_SHMMAP, sqlite3.SQLITE_IOERR_SHMOPEN, sqlite3.SQLITE_PROTOCOL,
}  # fmt: skip

_FOREIGN = ("no such function:", "no such column: new.", "no such column: old.")
"""How SQLite begins where a trigger of another program can't work here."""


def file_error(error: sqlite3.Error, path: Path) -> LayerError:
    """Say what an error of SQLite means for a workspace file.

    Parameters
    ----------
    error
        What SQLite raised.
    path
        The workspace.

    Returns
    -------
    LayerError
        ``workspace_busy`` (another program is writing), ``workspace_damaged``,
        ``workspace_read_only``, ``disk_full``, ``write_failed`` (a quota, a limit, a failing
        disk), ``workspace_no_locks`` (a network drive on which programs can't keep clear of each
        other), ``rule_of_others`` (a trigger, an index or a check that another program put on a
        table), ``workspace_unreadable`` for the rest.
    """
    extended = getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_ERROR
    code = extended & 0xFF
    if extended in _LOCKS or code == sqlite3.SQLITE_PROTOCOL:
        return LayerError("workspace_no_locks", path=str(path))
    if code == sqlite3.SQLITE_CONSTRAINT or str(error).startswith(_FOREIGN):
        return LayerError("rule_of_others", path=str(path), said=str(error))
    if code in _LOCKED:
        return LayerError("workspace_busy", path=str(path), seconds=round(BUSY_SECONDS))
    if code == sqlite3.SQLITE_FULL:
        return LayerError("disk_full", path=str(path))
    if extended in _NOT_WRITTEN:
        return LayerError("write_failed", path=str(path))
    if code in _NOT_ALLOWED:
        return LayerError("workspace_read_only", path=str(path))
    if code == sqlite3.SQLITE_NOTADB and not _was_database(path):
        return LayerError("workspace_unreadable", path=str(path))
    if code in _DAMAGED or code == sqlite3.SQLITE_IOERR:
        return damaged(path)
    return LayerError("workspace_unreadable", path=str(path))


def _was_database(path: Path) -> bool:
    """Say whether a file that SQLite doesn't know was a workspace once, by its head or backups."""
    from layers.workspace.backup import backups

    try:
        if os.name == "nt":
            with path.open("rb") as file:
                head = file.read(len(_MAGIC))
        else:
            head = os.pread(_kept_open(path), len(_MAGIC), 0)
    except OSError:
        return False
    return head == _MAGIC or bool(backups(path))


_OPEN_FILES: dict[tuple[int, int], int] = {}
_OPENING = Lock()


def _kept_open(path: Path) -> int:
    """Open a file for good.

    Where a process closes a file, POSIX takes from it every lock on that file, also those under
    which SQLite is writing it at the moment.
    """
    with _OPENING:
        stat = path.stat()
        place = (stat.st_dev, stat.st_ino)
        if place not in _OPEN_FILES:
            _OPEN_FILES[place] = os.open(path, os.O_RDONLY)
        return _OPEN_FILES[place]


def file_sha256(path: Path) -> str:
    """Hash a workspace file, with what waits beside it to be written into it.

    It takes no lock from whoever writes the file in this process.
    """
    waits = path.with_name(f"{path.name}-wal")
    pending = waits.read_bytes() if waits.is_file() else b""
    if os.name == "nt":  # locks are the handle's there, and an open file can't be moved
        with path.open("rb") as handle:
            digest = hashlib.file_digest(handle, "sha256")
            digest.update(pending)
            return digest.hexdigest()
    file, digest, position = _kept_open(path), hashlib.sha256(), 0
    while chunk := os.pread(file, 1 << 20, position):
        digest.update(chunk)
        position += len(chunk)
    digest.update(pending)
    return digest.hexdigest()


def damaged(path: Path) -> LayerError:
    """Say that a file is damaged, and name its newest backup (``workspace_damaged``)."""
    from layers.workspace.backup import backups

    kept = backups(path)
    backup = str(kept[-1].path) if kept else ""
    return LayerError(
        "workspace_damaged" if backup else "workspace_damaged_no_backup",
        path=str(path), backup=backup,
    )  # fmt: skip


def connect(path: Path, *, writing: bool = False) -> sqlite3.Connection:
    """Open a workspace file.

    Parameters
    ----------
    path
        An existing file.
    writing
        True to change it. A reader opens it for writing too where it may, because what a killed
        program left half done is undone by the first who opens the file; it then writes nothing.

    Returns
    -------
    sqlite3.Connection
        In autocommit mode: transactions are begun and ended by their words.
    """
    place = path.absolute().as_uri()
    try:
        connection = sqlite3.connect(f"{place}?mode=rw", uri=True, isolation_level=None,
                                     timeout=READ_SECONDS)  # fmt: skip
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if writing or code not in _NOT_ALLOWED:
            raise
        connection = sqlite3.connect(f"{place}?mode=ro", uri=True, isolation_level=None,
                                     timeout=READ_SECONDS)  # fmt: skip
    if writing:
        _register_functions(connection)
        connection.execute("PRAGMA synchronous = FULL")
        # What doesn't fit the cache would be written before the commit, which shuts readers out
        # for as long as a large change takes: it stays in memory instead.
        connection.execute("PRAGMA cache_spill = OFF")
    else:
        connection.execute("PRAGMA query_only = ON")
    return connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file for reading; errors are those of ``file_error``."""
    try:
        with closing(connect(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise file_error(error, path) from error
    except UnicodeDecodeError as error:  # names of tables or columns are no text any more
        raise damaged(path) from error


def begin(connection: sqlite3.Connection, path: Path, waiting: Waiting | None = None) -> None:
    """Begin a change: from here on nobody else writes.

    Parameters
    ----------
    connection
        Open for writing.
    path
        The workspace.
    waiting
        Told while another program holds the file.

    Raises
    ------
    LayerError
        As ``file_error``; ``workspace_busy`` after ``BUSY_SECONDS``.
    """
    start = time.monotonic()
    while True:
        left = BUSY_SECONDS - (time.monotonic() - start)
        step = max(0.0, min(STEP_SECONDS, left))
        connection.execute(f"PRAGMA busy_timeout = {int(step * 1000)}")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            meant = file_error(error, path)
            if meant.code != "workspace_busy" or left <= 0:
                raise meant from error
            if waiting is not None:
                waiting(time.monotonic() - start)
        else:
            connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
            return


def require_sound(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a damaged file before anything is written to it (``workspace_damaged``)."""
    answer = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != ("ok",):
        raise damaged(path)


def settle(connection: sqlite3.Connection) -> None:
    """Bring what was written into the file itself, as far as open readers allow.

    The change is safe by now: an error here must not say that it failed.
    """
    with suppress(sqlite3.Error):
        if connection.execute("PRAGMA journal_mode").fetchone() == ("wal",):
            connection.execute("PRAGMA busy_timeout = 200")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _register_functions(connection: sqlite3.Connection) -> None:
    """Give SQLite the functions that the triggers of a spatial index call."""
    for place, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        connection.create_function(name, 1, _bound(place), deterministic=True)
    connection.create_function("ST_IsEmpty", 1, _is_empty, deterministic=True)


def _bound(place: int) -> Callable[[bytes | None], float | None]:
    def bound(blob: bytes | None) -> float | None:
        if blob is None or _is_empty(blob):
            return None
        order = "<" if blob[3] & 1 else ">"
        if blob[3] >> 1 & 7:
            return float(struct.unpack_from(f"{order}4d", blob, 8)[place])
        import shapely

        from layers.workspace.encoding import shape_start

        low_x, low_y, high_x, high_y = shapely.from_wkb(blob[shape_start(blob) :]).bounds
        return float((low_x, high_x, low_y, high_y)[place])

    return bound


def _is_empty(blob: bytes | None) -> bool | None:
    if blob is None:
        return None
    if blob[3] >> 4 & 1:
        return True
    if blob[3] >> 1 & 7:
        order = "<" if blob[3] & 1 else ">"
        return math.isnan(struct.unpack_from(f"{order}d", blob, 8)[0])
    import shapely

    from layers.workspace.encoding import shape_start

    return bool(shapely.is_empty(shapely.from_wkb(blob[shape_start(blob) :])))
