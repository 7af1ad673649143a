"""Results of long work on disk beside a workspace: bounded, checked, safe to delete."""

import hashlib
import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from layers.errors import LayerError

MOST_BYTES = 256 * 1024 * 1024
"""The folder grows to this at most; the files not used longest go first."""

LARGEST_SHARE = 4
"""A single result takes one part in so many at most."""

ENDING = ".npz"
DIGEST_BYTES = 20

Arrays = Mapping[str, npt.NDArray[np.generic]]


def results_beside(workspace: Path) -> Path:
    """Name the folder of a workspace's results."""
    return workspace.with_name(f"{workspace.name}.results")


class ResultFolder:
    """Results in a folder.

    ``folder``: Made with the first result.
    ``faults``: What could not be read or written, first of each kind: results are worked out then.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self.faults: dict[str, LayerError] = {}

    def load(self, key: str) -> Arrays | None:
        """Give what was stored under a key; what is damaged is taken away."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._fault("results_unreadable", error)
            return None
        try:
            arrays = _unpacked(key, data)
        except (ValueError, OSError, KeyError, zipfile.BadZipFile):
            self._fault("results_damaged", None)
            self._remove(path)
            return None
        self._touch(path)
        return arrays

    def store(self, key: str, arrays: Arrays) -> None:
        """Store arrays of numbers; where that can't be, a fault says why."""
        packed = io.BytesIO()
        np.savez(packed, **arrays)  # type: ignore[arg-type]
        body = packed.getvalue()
        if len(body) > self._most_bytes // LARGEST_SHARE:
            return
        try:
            self._folder.mkdir(exist_ok=True)
            self._make_room(len(body))
            handle, draft = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(key, body))
                file.write(body)
            Path(draft).replace(self._path(key))
        except OSError as error:
            self._fault("results_unwritten", error)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{ENDING}"

    def _make_room(self, wanted: int) -> None:
        files = [(path, path.stat()) for path in self._folder.iterdir() if path.is_file()]
        total = sum(state.st_size for _, state in files) + wanted
        for path, state in sorted(files, key=lambda each: each[1].st_mtime_ns):
            if total <= self._most_bytes:
                return
            self._remove(path)
            total -= state.st_size

    def _touch(self, path: Path) -> None:
        try:
            path.touch()
        except OSError:
            return  # only its turn to go comes earlier

    def _remove(self, path: Path) -> None:
        try:
            path.unlink()
        except OSError as error:
            self._fault("results_unwritten", error)

    def _fault(self, code: str, error: OSError | None) -> None:
        detail = "" if error is None else error.strerror or str(error)
        self.faults.setdefault(code, LayerError(code, folder=str(self._folder), detail=detail))


def _unpacked(key: str, data: bytes) -> Arrays:
    """Take the arrays out of a file (``ValueError`` where it isn't what was stored)."""
    body = data[DIGEST_BYTES:]
    if _digest(key, body) != data[:DIGEST_BYTES]:
        raise ValueError(key)
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _digest(key: str, body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=DIGEST_BYTES, key=key.encode()[:64]).digest()
