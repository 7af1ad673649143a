"""Backups of a workspace file: whole ones, also while other programs write."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from layers.errors import LayerError
from layers.workspace.sqlite_file import connect, file_error

KEPT = 10
"""So many backups stay beside a workspace; older ones that were made by themselves go."""
COMPANIONS = ("-wal", "-shm", "-journal")
"""Endings of the files in which SQLite keeps what a file is still to be given."""
PAGES = 20_000
"""Pages copied before another writer gets its turn (80 MB)."""


@dataclass(frozen=True)
class Backup:
    """A backup beside a workspace.

    ``path``: The file.
    ``made_at``: When it was made (ISO, to the second), as its name says.
    """

    path: Path
    made_at: str


def backup_folder(workspace: Path) -> Path:
    """Name the folder beside a workspace in which its backups lie."""
    return workspace.with_name(f"{workspace.name}.backups")


def backups(workspace: Path) -> list[Backup]:
    """List the backups beside a workspace, the oldest first."""
    folder = backup_folder(workspace)
    if not folder.is_dir():
        return []
    paths = sorted(path for path in folder.iterdir() if path.suffix == ".gpkg")
    return [Backup(path, path.stem[:19].replace("_", ":")) for path in paths]


def require_no_leftovers(path: Path) -> None:
    """Refuse to make a file where parts of another one are left (``file_exists``).

    SQLite would take them for parts of the new file, and spoil it.
    """
    for ending in COMPANIONS:
        part = path.with_name(f"{path.name}{ending}")
        if part.exists():
            raise LayerError("file_exists", path=str(part))


def back_up(workspace: Path, target: Path) -> None:
    """Copy a workspace as it is at one moment, while others may read and write it.

    Parameters
    ----------
    workspace
        The file.
    target
        File to make; it must not exist.

    Raises
    ------
    LayerError
        ``file_exists``, ``folder_missing``, ``backup_impossible``, and those of ``file_error``.
    """
    if target.exists():
        raise LayerError("file_exists", path=str(target))
    require_no_leftovers(target)
    if not target.parent.is_dir():
        raise LayerError("folder_missing", path=str(target.parent))
    # Two that back up at once don't write the same file.
    draft = target.with_name(f"{target.name}.{uuid4().hex[:8]}.part")
    try:
        with closing(connect(workspace)) as source, closing(sqlite3.connect(draft)) as copy:
            # A draft that is cut off is thrown away: it needs no journal, and one sync at its end.
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")
            source.backup(copy, pages=PAGES)
            copy.execute("PRAGMA journal_mode = DELETE")
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    except sqlite3.Error as error:
        raise file_error(error, workspace) from error
    except OSError as error:
        raise LayerError("backup_impossible", path=str(target.parent)) from error
    finally:
        draft.unlink(missing_ok=True)


def back_up_daily(workspace: Path, at: str) -> Path | None:
    """Make the backup of a day before its first change, and let the oldest go.

    ``at``: Moment of the change (ISO).

    The backup made, None where there is one of the day.
    """
    folder = backup_folder(workspace)
    day = at[:10]
    if any(kept.made_at.startswith(day) for kept in backups(workspace)):
        return None
    return back_up_beside(workspace, at, folder)


def back_up_beside(
    workspace: Path, at: str, folder: Path | None = None, spared: Path | None = None
) -> Path:
    """Make a backup beside a workspace, named by its moment, and let the oldest go.

    ``spared``: A backup that stays though it is among the oldest: it is about to be put back.
    """
    folder = folder or backup_folder(workspace)
    stem = at[:19].replace(":", "_")
    target = folder / f"{stem}.gpkg"
    number = 1
    while target.exists():
        number += 1
        target = folder / f"{stem}-{number}.gpkg"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise LayerError("backup_impossible", path=str(folder)) from error
    back_up(workspace, target)
    for old in backups(workspace)[:-KEPT]:
        if spared is None or old.path.resolve() != spared.resolve():
            old.path.unlink(missing_ok=True)
    return target


def set_aside(workspace: Path, at: str) -> Path:
    """Move a damaged file out of the way, with what belongs to it, and keep it.

    Where the file itself is gone, only what is left of it moves.
    """
    stem = at[:19].replace(":", "_")
    aside = workspace.with_name(f"{workspace.name}.damaged-{stem}")
    number = 1
    while aside.exists():
        number += 1
        aside = workspace.with_name(f"{workspace.name}.damaged-{stem}-{number}")
    if workspace.exists():
        workspace.replace(aside)
    for ending in COMPANIONS:
        part = workspace.with_name(f"{workspace.name}{ending}")
        if part.exists():
            part.replace(aside.with_name(f"{aside.name}{ending}"))
    return aside


def put_back(backup: Path, workspace: Path) -> None:
    """Put a backup's content into a workspace file that others may have open.

    Raises
    ------
    LayerError
        Those of ``file_error``.
    """
    try:
        with (
            closing(connect(backup)) as source,
            closing(connect(workspace, writing=True)) as target,
        ):
            target.execute("PRAGMA busy_timeout = 20000")
            source.backup(target)
    except sqlite3.Error as error:
        raise file_error(error, workspace) from error
