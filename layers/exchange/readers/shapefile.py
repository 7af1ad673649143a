"""Shapefile, loose or zipped."""

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import geopandas as gpd
import pandas as pd

from geo.limits import MAX_UNPACKED_BYTES
from layers.errors import LayerError
from layers.exchange.cells import is_text_column
from layers.exchange.heading import LABELS
from layers.exchange.readers.archive import (
    PARTS_NEEDED,
    PARTS_TAKEN,
    open_archive,
    shapefiles_in,
    unpack,
)
from layers.exchange.readers.encoding import (
    decode,
    encoding_of_ldid,
    known_encoding,
    likelier,
    sniff,
)
from layers.exchange.readers.source import Content, CrsBasis, Evidence, unique_names
from layers.exchange.readers.vector import choose_layer, read_with_gdal
from layers.scratch import temporary_folder

ENDING = "_columns.csv"
MAX_BYTES = 1_000_000
LONGEST_NAME = 200


def full_names(archive: zipfile.ZipFile, columns: list[str]) -> dict[str, str]:
    """Read the table of full names that an export puts into its archive.

    Short name -> full name, for columns whose name was cut; empty where there is no such table, it
    can't be read, or two columns would have one name.
    """
    tables = [
        member for member in archive.infolist()
        if PurePosixPath(member.filename.replace("\\", "/")).name.endswith(ENDING)
        and member.file_size <= MAX_BYTES
    ]  # fmt: skip
    if len(tables) != 1:
        return {}
    try:
        text = archive.read(tables[0]).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, UnicodeDecodeError, csv.Error):
        return {}
    heads = [[words["short_name"], words["full_name"]] for words in LABELS.values()]
    if not rows or rows[0][:2] not in heads:
        return {}
    known = set(columns)
    full_of = {row[0]: row[1] for row in rows[1:] if len(row) > 1 and row[0] in known and row[1]}
    cut = {short: name for short, name in full_of.items() if short != name}
    after = [cut.get(name, name).casefold() for name in columns]
    is_sound = len(after) == len(set(after)) and all(len(n) <= LONGEST_NAME for n in cut.values())
    return cut if is_sound else {}


SHAPEFILE_CODE = 9994
BYTE_FOR_BYTE = "ISO-8859-1"
"""Reads every byte as one character, so that the true encoding can be found afterwards."""


def read_zipped_shapefile(path: Path, layer: str | None, encoding: str | None) -> Content:
    """Read a Shapefile out of a ZIP archive.

    ``layer``: Which Shapefile, None where there is only one.

    Raises LayerError: Those of ``open_archive`` and ``read_shapefile``,
    ``archive_without_shapefile``, ``source_layer_needed``.
    """
    with open_archive(path, "ZIP", MAX_UNPACKED_BYTES) as archive:
        packed_by_name = {packed.name: packed for packed in shapefiles_in(archive)}
        if not packed_by_name:
            raise LayerError("archive_without_shapefile", path=path.name)
        chosen = choose_layer(path, list(packed_by_name), layer)
        _require_parts(path, set(packed_by_name[chosen].parts))
        with temporary_folder() as folder:
            loose = unpack(archive, packed_by_name[chosen], folder)
            content = _read_parts(path, loose, encoding)
        names = full_names(archive, [str(name) for name in content.frame.columns])
    notes = [Evidence.of("source_layer", layer=chosen), *content.evidence]
    if names:
        notes.append(Evidence.of("shapefile_full_names", count=len(names)))
    return Content(
        content.frame.rename(columns=names), tuple(notes), content.crs, content.crs_basis,
        content.encoding, tuple(packed_by_name),
    )  # fmt: skip


def read_shapefile(path: Path, encoding: str | None) -> Content:
    """Read a Shapefile whose parts lie beside each other.

    ``path``: The ``.shp`` file.
    ``encoding``: Stated encoding of its text; else ``.cpg``, else byte 29 of the DBF, else its
      bytes.

    Raises LayerError: ``shapefile_incomplete``, ``not_a_gis_file``, ``file_truncated``,
    ``encoding_wrong``.
    """
    parts = {
        found_part.suffix.lower(): found_part
        for found_part in path.parent.iterdir()
        if found_part.stem == path.stem and found_part.suffix.lower() in PARTS_TAKEN
    }
    _require_parts(path, set(parts))
    with _same_case(parts, path) as loose:
        return _read_parts(path, loose, encoding)


@contextmanager
def _same_case(parts: dict[str, Path], path: Path) -> Iterator[Path]:
    # GDAL finds the parts by the case of their endings; .SHP beside .dbf happens.
    if all(part == path.with_suffix(ending) for ending, part in parts.items()):
        yield path
        return
    with temporary_folder() as folder:
        for ending, part in parts.items():
            (folder / f"source{ending}").write_bytes(part.read_bytes())
        yield folder / "source.shp"


def _require_parts(path: Path, parts: set[str]) -> None:
    missing = [part for part in PARTS_NEEDED if part not in parts]
    if missing:
        raise LayerError("shapefile_incomplete", path=path.name, missing=", ".join(missing))


def _read_parts(path: Path, loose: Path, encoding: str | None) -> Content:
    ldid = _check_parts(path, loose)
    frame, remarks = read_with_gdal(loose, None, BYTE_FOR_BYTE)
    texts = [str(name) for name in frame.columns if name != "geometry"]
    columns = [name for name in texts if is_text_column(frame[name])]
    raw = [text.encode(BYTE_FOR_BYTE) for text in texts]
    for name in columns:
        raw += [text.encode(BYTE_FOR_BYTE) for text in frame[name].dropna().unique()]
    cpg = loose.with_suffix(".cpg")
    declared = cpg.read_bytes()[:64].decode("ascii", "replace") if cpg.is_file() else ""
    used, evidence = _encoding(raw, encoding, declared, ldid)
    frame, cut = _decoded(path, frame, columns, used)
    if cut:
        evidence = (*evidence, Evidence.of("texts_cut_in_file", count=cut))
    basis: CrsBasis = "none" if frame.crs is None else "stated_in_file"
    return Content(frame, (*evidence, *remarks), frame.crs, basis, used)


def _check_parts(path: Path, loose: Path) -> int:
    """Hold the sizes that the parts declare against what is there; give the DBF's byte 29."""
    shape, table = loose, loose.with_suffix(".dbf")
    with shape.open("rb") as handle:
        head = handle.read(100)
    if len(head) < 28 or struct.unpack(">i", head[:4])[0] != SHAPEFILE_CODE:
        raise LayerError("not_a_gis_file", path=path.name, format="Shapefile")
    words: int = struct.unpack(">i", head[24:28])[0]
    with table.open("rb") as handle:
        first = handle.read(32)
    if len(head) < 100 or len(first) < 32 or words * 2 > shape.stat().st_size:
        raise LayerError("file_truncated", path=path.name)
    rows, header, row = struct.unpack("<IHH", first[4:12])
    if header + rows * row > table.stat().st_size:
        raise LayerError("file_truncated", path=path.name)
    return first[29]


def _encoding(
    raw: list[bytes], stated_encoding: str | None, declared: str, ldid: int
) -> tuple[str, tuple[Evidence, ...]]:
    if stated_encoding is not None:
        used = known_encoding(stated_encoding)
        return used, (Evidence.of("encoding_stated", encoding=used),)
    wrong: tuple[Evidence, ...] = ()
    for text, code in ((declared, "encoding_by_cpg"), (encoding_of_ldid(ldid), "encoding_by_dbf")):
        if not text:
            continue
        try:
            used = known_encoding(text)
        except LayerError:
            used = ""
        fits = used and all(decode(item, used) is not None for item in raw)
        if fits and likelier(raw, used) is None:
            return used, (*wrong, Evidence.of(code, encoding=used))
        wrong = (*wrong, Evidence.of("encoding_declared_wrong", declared=text.strip()))
    used = sniff(raw)
    return used, (*wrong, Evidence.of("encoding_sniffed", encoding=used))


def _decoded(
    path: Path, frame: pd.DataFrame, columns: list[str], encoding: str
) -> tuple[gpd.GeoDataFrame, int]:
    cut = 0

    def true_text(text: object) -> object:
        nonlocal cut
        if not isinstance(text, str) or text.isascii():
            return text
        decoded = decode(text.encode(BYTE_FOR_BYTE), encoding)
        if decoded is None:
            raise LayerError("encoding_wrong", path=path.name, encoding=encoding)
        cut += decoded.endswith("�")
        return decoded

    for name in columns:
        frame[name] = frame[name].map(true_text)
    names = unique_names(
        name if name == "geometry" else true_text(str(name)) for name in frame.columns
    )
    frame.columns = pd.Index(names)
    if "geometry" not in names:
        return gpd.GeoDataFrame(frame), cut
    return gpd.GeoDataFrame(frame, geometry="geometry"), cut
