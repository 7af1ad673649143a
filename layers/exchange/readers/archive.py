"""What lies in an archive, taken out without trusting the archive."""

import lzma
import shutil
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from geo.limits import MAX_MEMBERS
from layers.errors import LayerError

PARTS_NEEDED = (".shp", ".shx", ".dbf")
PARTS_TAKEN = (*PARTS_NEEDED, ".prj", ".cpg")


_CANNOT_UNPACK = (
    zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, zlib.error, lzma.LZMAError,
)  # fmt: skip


@dataclass(frozen=True)
class PackedShapefile:
    """One Shapefile in an archive: its name, and the member that holds each part."""

    name: str
    parts: dict[str, zipfile.ZipInfo]


def open_archive(path: Path, kind: str, limit_bytes: int) -> zipfile.ZipFile:
    """Open a ZIP archive after looking at its list of contents.

    Raises LayerError: ``not_a_gis_file``, ``archive_unsafe`` (a member that points out of the
    archive), ``archive_too_large``, ``archive_encrypted``.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise LayerError("not_a_gis_file", path=path.name, format=kind) from error
    members = archive.infolist()
    try:
        for member in members:
            name = member.filename.replace("\\", "/")
            if name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name:
                raise LayerError("archive_unsafe", path=path.name, member=member.filename)
            if member.flag_bits & 0x1:
                raise LayerError("archive_encrypted", path=path.name)
        unpacked = sum(member.file_size for member in members)
        if len(members) > MAX_MEMBERS or unpacked > limit_bytes:
            raise LayerError(
                "archive_too_large", path=path.name, members=len(members),
                megabytes=unpacked // 1024**2,
            )  # fmt: skip
    except LayerError:
        archive.close()
        raise
    return archive


def shapefiles_in(archive: zipfile.ZipFile) -> list[PackedShapefile]:
    """List the Shapefiles of an archive by their names.

    One per ``.shp`` member, each with the parts found beside it.
    """
    parts: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        name = _readable(member)
        stem, dot, ending = name.rpartition(".")
        if dot and f".{ending.lower()}" in PARTS_TAKEN and not name.startswith("__MACOSX/"):
            parts.setdefault(stem.casefold(), {})[f".{ending.lower()}"] = member
    return [
        PackedShapefile(PurePosixPath(_readable(members[".shp"])).stem, members)
        for members in parts.values()
        if ".shp" in members
    ]


def unpack(archive: zipfile.ZipFile, packed: PackedShapefile, folder: Path) -> Path:
    """Take the parts of one Shapefile out of an archive, under names of our own.

    The ``.shp`` file written.

    Raises LayerError: ``file_truncated`` where a member can't be unpacked.
    """
    for ending, member in packed.parts.items():
        unpack_member(archive, member, folder / f"source{ending}")
    return folder / "source.shp"


def unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    """Take one member out of an archive into a file of our own naming.

    ``archive``: An open archive, from ``open_archive``.

    Raises LayerError: ``file_truncated`` where it can't be unpacked.
    """
    try:
        with archive.open(member) as packed_part, target.open("wb") as part:
            shutil.copyfileobj(packed_part, part, 1024**2)
    except _CANNOT_UNPACK as error:
        raise LayerError("file_truncated", path=Path(archive.filename or "").name) from error


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Take one member out of an archive, no more of it than the archive says there is.

    ``archive``: An open archive, from ``open_archive``.

    Raises LayerError: ``file_truncated`` where it can't be unpacked.
    """
    try:
        with archive.open(member) as packed:
            return packed.read(member.file_size)
    except _CANNOT_UNPACK as error:
        raise LayerError("file_truncated", path=Path(archive.filename or "").name) from error


def _readable(member: zipfile.ZipInfo) -> str:
    # Chinese programs write names in GBK without saying so; ZIP then reads them as CP437.
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename
