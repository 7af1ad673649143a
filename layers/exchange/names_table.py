"""The full names behind the ten bytes of a Shapefile's columns, from the table beside it."""

import csv
import io
import zipfile
import zlib
from pathlib import PurePosixPath

from layers.exchange.heading import LABELS

ENDING = "_columns.csv"
MAX_BYTES = 1_000_000
LONGEST_NAME = 200


def full_names(archive: zipfile.ZipFile, columns: list[str]) -> dict[str, str]:
    """Read the table of full names that an export puts into its archive.

    Parameters
    ----------
    archive
        An open archive whose list of contents was looked at.
    columns
        Columns of the Shapefile.

    Returns
    -------
    dict
        Short name -> full name, for columns whose name was cut; empty where there is no such
        table, it can't be read, or two columns would have one name.
    """
    tables = [
        one for one in archive.infolist()
        if PurePosixPath(one.filename.replace("\\", "/")).name.endswith(ENDING)
        and one.file_size <= MAX_BYTES
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
    held = set(columns)
    named = {row[0]: row[1] for row in rows[1:] if len(row) > 1 and row[0] in held and row[1]}
    cut = {short: name for short, name in named.items() if short != name}
    after = [cut.get(name, name).casefold() for name in columns]
    is_sound = len(after) == len(set(after)) and all(len(n) <= LONGEST_NAME for n in cut.values())
    return cut if is_sound else {}
