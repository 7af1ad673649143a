"""What a File Geodatabase holds, as a folder or in a ZIP archive, and a FlatGeobuf file."""

import re
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

import pyogrio

from layers.errors import LayerError
from layers.exchange.archive import MAX_UNPACKED_BYTES, open_archive, unpack_member
from layers.exchange.evidence import found
from layers.exchange.source import Content
from layers.exchange.vector import choose_layer, content_of, read_with_gdal

CATALOGUE = "a00000001.gdbtable"
"""The table of tables: a folder without it is no geodatabase."""

FLATGEOBUF_MARK = b"fgb\x03fgb"
_PART = re.compile(r"(?:a[0-9a-f]{8}\.[a-z0-9_.]+|gdb|timestamps)", re.IGNORECASE)
_SYSTEM_TABLES = ("GDB_",)


def read_geodatabase(path: Path, layer: str | None) -> Content:
    """Read one layer or table of a File Geodatabase.

    Parameters
    ----------
    path
        A ``.gdb`` folder, or a ZIP archive with one.
    layer
        Name of the layer, None where there is only one.

    Returns
    -------
    Content
        Its rows; curves are drawn as chords of a tenth of a degree.

    Raises
    ------
    LayerError
        ``not_a_gis_file``, ``file_unreadable``, ``file_truncated``, ``archive_many_databases`` and
        those of ``open_archive`` and ``choose_layer``.
    """
    if path.is_dir():
        return _read_folder(path, path, layer)
    with open_archive(path, "ZIP", MAX_UNPACKED_BYTES) as archive:
        databases = _databases_in(archive)
        if len(databases) > 1:
            raise LayerError(
                "archive_many_databases", path=path.name, databases=", ".join(sorted(databases))
            )
        ((_, parts),) = databases.items()
        with tempfile.TemporaryDirectory() as folder:
            loose = Path(folder) / "source.gdb"
            loose.mkdir()
            for name, member in parts.items():
                unpack_member(archive, member, loose / name)
            return _read_folder(path, loose, layer)


def holds_geodatabase(path: Path) -> bool:
    """Say whether a ZIP archive holds a File Geodatabase.

    Parameters
    ----------
    path
        An existing file.

    Returns
    -------
    bool
        False also for what is no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(_databases_in(archive))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return False


def read_flatgeobuf(path: Path) -> Content:
    """Read a FlatGeobuf file.

    Parameters
    ----------
    path
        An existing file.

    Returns
    -------
    Content
        Its rows.

    Raises
    ------
    LayerError
        ``not_a_gis_file``, ``file_unreadable``, ``file_truncated``, ``rows_too_many``.
    """
    with path.open("rb") as handle:
        if handle.read(len(FLATGEOBUF_MARK)) != FLATGEOBUF_MARK:
            raise LayerError("not_a_gis_file", path=path.name, format="FlatGeobuf")
    frame, remarks = read_with_gdal(path, None, None)
    # The driver stops at the end of the file without a word.
    if len(frame) < pyogrio.read_info(path)["features"]:
        raise LayerError("file_truncated", path=path.name)
    return content_of(frame, remarks)


def _databases_in(archive: zipfile.ZipFile) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """List the geodatabases of an archive: by the folder, the members under names of our own."""
    held: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if "__MACOSX" not in place.parts and _PART.fullmatch(place.name):
            held.setdefault(str(place.parent), {})[place.name.lower()] = member
    return {folder: parts for folder, parts in held.items() if CATALOGUE in parts}


def _read_folder(path: Path, folder: Path, layer: str | None) -> Content:
    if not (folder / CATALOGUE).is_file():
        raise LayerError("not_a_gis_file", path=path.name, format="File Geodatabase")
    try:
        listed = [str(name) for name, _ in pyogrio.list_layers(folder)]
    except (RuntimeError, ValueError) as error:
        raise LayerError(
            "file_unreadable", path=path.name, detail=" ".join(str(error).split())[:200]
        ) from error
    names = [name for name in listed if not name.startswith(_SYSTEM_TABLES)]
    chosen = choose_layer(path, names, layer)
    frame, remarks = read_with_gdal(folder, chosen, None)
    evidence = (found("source_layer", layer=chosen), *remarks)
    return content_of(frame, evidence, layers=tuple(names))
