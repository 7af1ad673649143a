"""How a list or layer leaves the product: the format by the file's ending, whole or not at all."""

import csv
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from layers.errors import LayerError
from layers.exchange.cells import could_run
from layers.exchange.heading import ExportHeading
from layers.exchange.readers.source import Evidence
from layers.exchange.writers.shapefile import ShapefileEncoding, write_zipped_shapefile
from layers.exchange.writers.sheet import Cell, Sheet, display_table
from layers.exchange.writers.survey_text import write_survey_text
from layers.exchange.writers.vector import (
    is_spatial,
    write_geojson,
    write_geopackage,
    write_kml,
    write_parquet,
)
from layers.exchange.writers.word import Report, report_of_sheets
from layers.exchange.writers.word_board import Boards
from layers.maps.qgis_style import QgisStyles
from layers.scratch import folder_beside

WRITE_ENDINGS = (
    ".xlsx", ".docx", ".csv", ".gpkg", ".geojson", ".parquet", ".shp.zip", ".kml", ".dxf", ".txt",
)  # fmt: skip
"""Endings of files that can be written."""

REPORT_ENDING = ".docx"
"""What a report with pictures is written as."""
PAGE_ENDING = ".html"
"""What a map that stands alone is written as."""

_NEED_SHAPES = {".geojson", ".shp.zip", ".kml", ".dxf", ".txt"}
_ONE_LIST = {".csv", ".geojson", ".parquet", ".shp.zip", ".kml", ".dxf", ".txt"}


def write_table(
    path: Path,
    sheets: Sequence[Sheet],
    *,
    heading: ExportHeading,
    shapefile_encoding: ShapefileEncoding = "UTF-8",
    styles: QgisStyles | None = None,
) -> tuple[Evidence, ...]:
    """Write lists or layers to a file, in the format of its ending.

    Parameters
    ----------
    path
        File to write; an older one is replaced at the very end, a workspace never.
    sheets
        The lists: several only for ``.xlsx``, ``.docx`` and ``.gpkg``.
    heading
        Title, sources, language, 演示数据 mark. A CSV has no place for the sources; the mark
        stands in a column of its own, in CSV and XLSX, so that it stays with copied rows.
    shapefile_encoding
        Encoding of a Shapefile's texts: GBK for old programs.
    styles
        How layers of a GeoPackage look in QGIS; None for QGIS's own looks.

    Returns
    -------
    tuple of Evidence
        What the format could not hold as it is.

    Raises
    ------
    LayerError
        ``format_unknown``, ``folder_missing``, ``export_over_workspace``, ``one_list_only``,
        ``list_without_shapes``, ``rows_exceed_sheet``, ``encoding_cannot_hold``,
        ``file_in_use``, and those of ``write_survey_text``.
    """
    ending = ending_of(path)
    _check_target(path)
    _check_sheets(path, ending, sheets)
    with _whole_or_not_at_all(path, ending) as draft:
        if ending == ".gpkg":
            write_geopackage(draft, sheets, heading, styles)
            return ()
        return _write(draft, ending, sheets, heading, shapefile_encoding, path)


def write_report(path: Path, report: Report | Boards) -> None:
    """Write a report with its pictures as a document.

    Parameters
    ----------
    path
        File to write, ending in ``.docx``; an older one is replaced at the very end, a workspace
        never.
    report
        What it says.

    Raises
    ------
    LayerError
        ``report_format``, ``folder_missing``, ``path_is_folder``, ``export_over_workspace``,
        ``file_in_use``.
    """
    from layers.exchange.writers.word import write_docx
    from layers.exchange.writers.word_board import write_boards

    check_report_path(path)
    with _whole_or_not_at_all(path, REPORT_ENDING) as draft:
        if isinstance(report, Boards):
            write_boards(draft, report)
        else:
            write_docx(draft, report)


def write_page(path: Path, html: str) -> None:
    """Write a page that stands alone.

    Parameters
    ----------
    path
        File to write, ending in ``.html``; an older one is replaced at the very end, a workspace
        never.
    html
        The whole of it.

    Raises
    ------
    LayerError
        As ``write_report``.
    """
    check_report_path(path, PAGE_ENDING)
    with _whole_or_not_at_all(path, PAGE_ENDING) as draft:
        draft.write_text(html, encoding="utf-8", newline="\n")


def check_report_path(path: Path, ending: str = REPORT_ENDING) -> None:
    """Refuse a file that a report can't be written to, before the work is done.

    Parameters
    ----------
    path
        File to write.
    ending
        How its name has to end.

    Raises
    ------
    LayerError
        ``report_format``, ``folder_missing``, ``path_is_folder``, ``export_over_workspace``.
    """
    if not path.name.lower().endswith(ending):
        raise LayerError("report_format", path=path.name, known=ending)
    _check_target(path)


def check_export_path(path: Path) -> None:
    """Refuse a file that lists can't be written to, before the work is done.

    Parameters
    ----------
    path
        File to write.

    Raises
    ------
    LayerError
        ``format_unknown``, ``folder_missing``, ``path_is_folder``, ``export_over_workspace``.
    """
    ending_of(path)
    _check_target(path)


@contextmanager
def _whole_or_not_at_all(path: Path, ending: str) -> Iterator[Path]:
    try:
        with folder_beside(path) as folder:
            draft = folder / f"export{ending}"
            yield draft
            draft.replace(path)
    except PermissionError as error:
        raise LayerError("file_in_use", path=str(path)) from error


def ending_of(path: Path) -> str:
    """Give the ending by which a file's format is chosen.

    One of ``WRITE_ENDINGS``.

    Raises LayerError: ``format_unknown``, with the endings known.

    >>> ending_of(Path("地块.SHP.ZIP"))
    '.shp.zip'
    """
    name = path.name.lower()
    for ending in WRITE_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending):
            return ending
    raise LayerError("format_unknown", path=path.name, known=" ".join(WRITE_ENDINGS))


def is_workspace(path: Path) -> bool:
    """Say whether a file is a workspace, whatever its name.

    True for a file that holds a workspace's records.
    """
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        if handle.read(16) != b"SQLite format 3\x00":
            return False
    query = "SELECT 1 FROM sqlite_master WHERE name = 'muplan_meta'"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchone() is not None
    except sqlite3.DatabaseError:
        return False


def _check_target(path: Path) -> None:
    if not path.parent.is_dir():
        raise LayerError("folder_missing", path=str(path.parent))
    if path.is_dir():
        raise LayerError("path_is_folder", path=str(path))
    if is_workspace(path):
        raise LayerError("export_over_workspace", path=str(path))


def _check_sheets(path: Path, ending: str, sheets: Sequence[Sheet]) -> None:
    if ending in _ONE_LIST and len(sheets) != 1:
        raise LayerError("one_list_only", path=path.name, count=len(sheets), ending=ending)
    if ending in _NEED_SHAPES and not is_spatial(sheets[0].frame):
        raise LayerError("list_without_shapes", path=path.name, ending=ending)


def _write(
    draft: Path,
    ending: str,
    sheets: Sequence[Sheet],
    heading: ExportHeading,
    shapefile_encoding: ShapefileEncoding,
    path: Path,
) -> tuple[Evidence, ...]:
    if ending == ".xlsx":
        # Loaded only where it is used: it makes every command start a tenth of a second later.
        from layers.exchange.writers.spreadsheet import write_xlsx

        write_xlsx(draft, sheets, heading)
    elif ending == ".docx":
        from layers.exchange.writers.word import write_docx

        write_docx(draft, report_of_sheets(sheets, heading))
    elif ending == ".csv":
        _write_csv(draft, sheets[0], heading)
    elif ending == ".geojson":
        write_geojson(draft, sheets[0], heading)
    elif ending == ".parquet":
        write_parquet(draft, sheets[0], heading)
    elif ending == ".kml":
        write_kml(draft, sheets[0], heading)
    elif ending == ".dxf":
        from layers.exchange.writers.dxf import write_dxf

        return write_dxf(draft, sheets[0], heading)
    elif ending == ".txt":
        return write_survey_text(draft, sheets[0], heading)
    else:
        stem = path.name[: -len(ending)]
        return write_zipped_shapefile(draft, sheets[0], heading, shapefile_encoding, stem)
    return ()


def _write_csv(path: Path, sheet: Sheet, heading: ExportHeading) -> None:
    titles, columns = display_table(sheet.frame, heading)
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\r\n")
        writer.writerow([_disarmed(title) for title in titles])
        writer.writerows([_disarmed(cell) for cell in row] for row in zip(*columns, strict=True))


def _disarmed(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and could_run(cell) else cell
