"""Rows of a workspace are read once a run for each content that they have.

Some hundred commands and pages ask copies of the same demonstration. What is read of a file goes
by the hash of what the file holds, so that a changed one is read anew; reading itself is tested
with the layers.
"""

import os

from layers.workspace.geopackage import GeoPackageWorkspace
from layers.workspace.sqlite_file import file_sha256

_HEAD_BYTES = 100
"""The head of an SQLite file counts its changes, however soon one follows the other."""


class Contents:
    """Hashes of files, computed again when a file was changed.

    A file stays open once it was looked at: closing it would take SQLite's locks from it.
    """

    def __init__(self):
        self._files = {}
        self._hashes = {}

    def of(self, path):
        """Give the hash of a file; None where a program keeps what it wrote beside it."""
        beside = path.with_name(f"{path.name}-wal")
        if beside.exists() or not hasattr(os, "pread"):
            return None
        stat = path.stat()
        place = (stat.st_dev, stat.st_ino)
        if place not in self._files:
            self._files[place] = os.open(path, os.O_RDONLY)
        head = os.pread(self._files[place], _HEAD_BYTES, 0)
        state = (*place, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, head)
        if state not in self._hashes:
            self._hashes[state] = file_sha256(path)
        return self._hashes[state]

    def close(self):
        """Let go of every file."""
        for file in self._files.values():
            os.close(file)


def share_reads(patch):
    """Let workspaces of the same content share what is read of them, as long as the patch lasts."""
    contents = Contents()
    read, outside = GeoPackageWorkspace.read, GeoPackageWorkspace.outside_changes
    rows, changes = {}, {}

    def read_once(workspace, layer):
        content = contents.of(workspace.path)
        if content is None:
            return read(workspace, layer)
        if (content, layer) not in rows:
            rows[content, layer] = read(workspace, layer)
        # Frames copy what is written to: nobody changes the rows of another.
        return rows[content, layer].copy(deep=False)

    def outside_once(workspace):
        content = contents.of(workspace.path)
        if content is None:
            return outside(workspace)
        if content not in changes:
            changes[content] = outside(workspace)
        return list(changes[content])

    patch.setattr(GeoPackageWorkspace, "read", read_once)
    patch.setattr(GeoPackageWorkspace, "outside_changes", outside_once)
    return contents
