"""Files in."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from app.answers.answer import Answer, actor, column_titles, layer_name, sheet_of
from app.answers.map import picture_words
from app.context import Context, now
from app.messages import Catalogue
from geo.errors import MuPlanError
from geo.limits import DEEPEST, LARGEST_BYTES
from geo.overlay import areas_m2
from geo.strict_yaml import Fault as YamlFault
from geo.strict_yaml import read_plain
from geo.tools import Progress
from geo.validity import Repair
from layers.contracts import RASTERS, contract_of
from layers.editions import Changes
from layers.exchange.checks.decide import Checks
from layers.exchange.checks.faults import FaultReport, FaultTable, parse_fault_table
from layers.exchange.checks.rows import Holder
from layers.exchange.importing import ImportResult, NothingAcceptedError, fault_values, run_import
from layers.exchange.raster import RasterResult, import_raster, is_raster_import
from layers.exchange.read import read_file
from layers.exchange.readers.source import Evidence, SourceFile
from layers.exchange.recognise.area_unit import DECLARED, declared_areas
from layers.exchange.recognise.columns import heading_unit
from layers.exchange.recognise.crs import SAMPLE, Extent, Reading, middles, possible_readings
from layers.exchange.recognise.gcj02 import Suspicion, evidence_of, suspect_shift
from layers.exchange.recognise.locate import place_shapes
from layers.exchange.request import CrsOptions, ImportRequest
from layers.exchange.writers.sheet import Sheet
from layers.exchange.writers.write import check_export_path
from layers.fields import FIELDS
from layers.maps.find import Highlight
from layers.maps.picture import map_picture
from layers.maps.style import load_styles
from layers.maps.view import Bounds, prepare_view
from layers.validate import Fault, validate
from platforms.ledger.histories import occupied_parcels
from platforms.ledger.visibility import require_city
from platforms.matching.demand import Demand, demand_of

PICTURE_PX = (760, 560)
LON_LAT = "EPSG:4490"


@dataclass(frozen=True)
class PlaceSeen:
    """Where some rows of a file would lie by what is stated.

    ``rows``: The rows in the workspace's system, None where they can't be placed.
    ``evidence``: On what grounds.
    ``problem``: Why they can't, None where they can.
    ``readings``: Every reading that the numbers allow.
    ``suspicion``: What speaks for the shift of a web map, None where the rows can't be placed.
    ``medians``: Medians of the numbers as they stand in the file (x, y), None without shapes.
    """

    rows: gpd.GeoDataFrame | None
    evidence: tuple[Evidence, ...]
    problem: MuPlanError | None
    readings: tuple[Reading, ...]
    suspicion: Suspicion | None
    medians: tuple[float, float] | None


def sample_of(source: SourceFile) -> SourceFile:
    """Take some rows of a file, evenly from first to last."""
    if len(source.frame) <= SAMPLE:
        return source
    chosen = np.linspace(0, len(source.frame) - 1, SAMPLE).astype(int)
    return dataclasses.replace(source, frame=source.frame.iloc[chosen].reset_index(drop=True))


def look_at_place(source: SourceFile, place: CrsOptions, extent: Extent) -> PlaceSeen:
    """Say where rows would lie, on what grounds, and what else their numbers could be.

    ``source``: A file with shapes, or some of its rows.
    """
    points = middles(np.asarray(gpd.GeoDataFrame(source.frame).geometry.array, dtype=object))
    medians = None
    if len(points):
        medians = float(np.median(points[:, 0])), float(np.median(points[:, 1]))
    readings = possible_readings(points, extent)
    # A shift is asked about apart, so that a doubt about it doesn't hide the place.
    alone = dataclasses.replace(place, shift=place.shift or "none")
    try:
        placed = place_shapes(source, alone, extent)
    except MuPlanError as error:
        return PlaceSeen(None, (), error, readings, None, medians)
    rows = gpd.GeoDataFrame(placed.frame)
    notes = tuple(note for note in placed.evidence if note.code != "shift_denied")
    inside = np.asarray(rows.geometry.array, dtype=object)[~placed.outside]
    suspicion = suspect_shift(source, inside, extent.target, extent)
    return PlaceSeen(rows[~placed.outside], notes, None, readings, suspicion, medians)


def shift_notes(seen: PlaceSeen) -> tuple[Evidence, ...]:
    """Give what speaks for a shift, as notes."""
    return () if seen.suspicion is None else evidence_of(seen.suspicion)


def place_picture(context: Context, region: Extent, rows: gpd.GeoDataFrame, title: str) -> bytes:
    """Draw rows over the outlines of the units."""
    styles = load_styles(context.settings.data_dir / "styles" / "layers.yaml")
    units = gpd.GeoDataFrame(context.workspace.read("units"))
    view = prepare_view({"units": units}, styles, context.as_of)
    marked = Highlight("not_met", rows.geometry, ("",) * len(rows), title)
    extent = _extent(rows, region)
    words = picture_words(context, title)
    return map_picture(view, words, highlights=[marked], extent=extent, size_px=PICTURE_PX)


def look_at_unit(
    rows: pd.DataFrame, column: str
) -> tuple[str | None, tuple[Evidence, ...], MuPlanError | None]:
    """Say in which unit a column declares areas.

    ``rows``: Rows in the workspace's system with the file's column names.

    ``m2``, ``亩``, ``公顷`` or another unit of the heading, None where it must be asked; on what
    grounds; why it must be asked.
    """
    written = "m2" if column == DECLARED else heading_unit(column)
    renamed = rows.rename(columns={column: DECLARED})
    try:
        _, notes = declared_areas(renamed, None, [(column, written)])
    except MuPlanError as error:
        return None, (), error
    units = [str(note.values["unit"]) for note in notes if "unit" in note.values]
    return (units[0] if units else written), notes, None


def _extent(rows: gpd.GeoDataFrame, extent: Extent) -> Bounds | None:
    """Give the box of the rows together with the units' outlines [degrees]."""
    shapes = [*rows.geometry.dropna()]
    if extent.outlines is not None:
        shapes.append(extent.outlines)
    bounds = gpd.GeoSeries(shapes, crs=extent.target).to_crs(LON_LAT).total_bounds
    if not np.isfinite(bounds).all():
        return None
    west, south, east, north = (float(edge) for edge in bounds)
    return west, south, east, north


REPORT_ENDINGS = (".xlsx", ".docx", ".gpkg")
"""Formats with room for several lists."""

MOST_LINES = 10_000
"""Lines given in JSON and on a page; the files have all of them."""

LINE_COLUMNS = (
    "fault_kind", "row_number", "fault_row_id", "fault_column", "fault_value", "other_rows",
    "fault_area_m2", "fault_done", "fault_offered",
)  # fmt: skip
REPAIR_COLUMNS = ("fault_row_id", "repair_reason", "area_before_m2", "area_after_m2")
CHANGE_COLUMNS = (
    "fault_row_id", "changed_column", "value_before", "value_after", "edition_area_before_m2",
    "edition_area_after_m2", "moved_m",
)  # fmt: skip
TITLED = tuple(dict.fromkeys((*LINE_COLUMNS, *REPAIR_COLUMNS, *CHANGE_COLUMNS, "is_kept_aside")))


def fault_table(context: Context, actions: Mapping[str, str] | None = None) -> FaultTable:
    """Read what is done with each class of fault, and put the planner's choices over it."""
    table = parse_fault_table(context.settings.text("exchange", "faults.yaml"))
    return table.overruled(actions or {})


def import_checks(
    context: Context, actions: Mapping[str, str], progress: Progress | None = None
) -> Checks:
    """Gather what rows of an import are held against beside their contract."""
    require_city(context.source)
    parcels_held = occupied_parcels(
        context.source.read("projects"), context.source.read("project_events"), context.as_of
    )
    occupied = {
        parcel: tuple(Holder(project, whole) for project, whole in holders)
        for parcel, holders in parcels_held.items()
    }
    return Checks(fault_table(context, actions), occupied, progress=progress)


def parse_actions(pairs: Sequence[str]) -> dict[str, str]:
    """Read ``CLASS=ACTION`` (``fault_pair_bad``)."""
    actions = {}
    for pair in pairs:
        code, sign, action = (part.strip() for part in pair.partition("="))
        if not (code and sign and action):
            raise MuPlanError("fault_pair_bad", pair=pair)
        actions[code] = action
    return actions


def check_report_path(path: Path) -> None:
    """Refuse a file that a report of an import can't be written to, before anything is stored.

    Raises MuPlanError: ``import_report_format``, ``folder_missing``, ``path_is_folder``,
    ``export_over_workspace``.
    """
    if not path.name.lower().endswith(REPORT_ENDINGS):
        raise MuPlanError("import_report_format", path=path.name)
    check_export_path(path)


def line_frame(
    context: Context, report: FaultReport, table: FaultTable, most: int | None = None
) -> gpd.GeoDataFrame:
    """Give the faults one by one as people read them, with their land.

    ``context``: Language, system of the shapes.
    ``table``: What is done with each class.
    ``most``: Lines given at most, None for all.
    """
    words = context.words
    rows = report.frame(context.crs, most)
    names = {code: words.text(f"fault_{code}") for code in rows["code"].unique()}
    offered = {code: words.text(f"repair_{table.entry(code).repair or 'none'}") for code in names}
    nothing = words.text("repair_none")
    done = [
        "done_aside" if not stored
        else "done_repaired" if table.action(code) == "repair" and mendable else "done_stored"
        for code, mendable, stored in zip(
            rows["code"], rows["mendable"], rows["is_stored"], strict=True
        )
    ]  # fmt: skip
    lines = pd.DataFrame(
        {
            "fault_kind": rows["code"].map(names),
            "row_number": rows["row_number"],
            "fault_row_id": rows["row_id"],
            "fault_column": rows["column"].map(lambda name: _column_name(name, words)),
            "fault_value": rows["value"],
            "other_rows": rows["others"],
            "fault_area_m2": rows["area_m2"].astype("float64"),
            "fault_done": [words.text(code) for code in done],
            "fault_offered": rows["code"].map(offered).where(rows["mendable"], nothing),
        }
    )
    return gpd.GeoDataFrame(lines, geometry=np.asarray(rows.geometry), crs=context.crs)


def _column_name(name: str, words: Catalogue) -> str:
    if name == "geometry":
        return words.text("changed_shape")
    return "、".join(
        words.heading(column) if column in FIELDS else column for column in name.split(";")
    )


def line_rows(report: FaultReport, context: Context, table: FaultTable) -> list[dict[str, object]]:
    """Give the faults one by one for JSON, at most ``MOST_LINES``."""
    rows = report.frame(context.crs, MOST_LINES)
    plain = pd.DataFrame(rows.drop(columns="geometry"))
    return [
        {
            **line, "area_m2": None if np.isnan(line["area_m2"]) else line["area_m2"],
            "action": table.action(line["code"]),
            "repair": table.entry(line["code"]).repair if line["mendable"] else None,
        }
        for line in plain.to_dict("records")
    ]  # fmt: skip


def repair_frame(repairs: Sequence[tuple[str, Repair]], words: Catalogue) -> pd.DataFrame:
    """List what was mended, with the areas before and after."""
    return pd.DataFrame(
        {
            "fault_row_id": [row for row, _ in repairs],
            "repair_reason": [repair_text(repair.reason, words) for _, repair in repairs],
            "area_before_m2": [repair.area_before_m2 for _, repair in repairs],
            "area_after_m2": [repair.area_after_m2 for _, repair in repairs],
        }
    )


def repair_text(reason: str, words: Catalogue) -> str:
    """Say why something was mended: in the product's words, or in those of the geometry engine."""
    code = f"repair_{reason}"
    return words.text(code) if code in words.sentences else reason


def change_sheets(context: Context, changes: Changes) -> tuple[Sheet, ...]:
    """List the rows added, changed and removed, with their shapes where they have them."""
    words = context.words
    return (
        sheet_of(words, "added", _row_list(changes.added)),
        sheet_of(words, "changed", changed_frame(context, changes)),
        sheet_of(words, "removed", _row_list(changes.removed)),
    )


def _row_list(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out the columns that no row has a value in."""
    filled = [name for name in rows.columns if name == "geometry" or rows[name].notna().any()]
    return rows[filled] if filled else rows.iloc[:, :1]


def changed_frame(context: Context, changes: Changes) -> pd.DataFrame:
    """List what differs: one line for each cell, and one for each shape."""
    words = context.words
    cells = changes.cells
    lines = pd.DataFrame(
        {
            "fault_row_id": cells["row_id"],
            "changed_column": [_column_name(name, words) for name in cells["column"]],
            "value_before": [_display(value) for value in cells["value_before"]],
            "value_after": [_display(value) for value in cells["value_after"]],
        }
    )
    before, after = _areas(context, changes.before), _areas(context, changes.after)
    moved = np.flatnonzero(~(changes.moved_m == 0))
    shapes = pd.DataFrame(
        {
            "fault_row_id": [changes.changed_ids[p] for p in moved.tolist()],
            "changed_column": words.text("changed_shape"),
            "edition_area_before_m2": before[moved],
            "edition_area_after_m2": after[moved],
            "moved_m": changes.moved_m[moved],
        }
    )
    whole = pd.concat([lines, shapes], ignore_index=True).reindex(columns=list(CHANGE_COLUMNS))
    whole = whole.astype(dict.fromkeys(CHANGE_COLUMNS[4:], "float64"))
    order = {row: place for place, row in enumerate(changes.changed_ids)}
    whole = whole.sort_values("fault_row_id", key=lambda ids: ids.map(order), kind="stable")
    if not isinstance(changes.after, gpd.GeoDataFrame):
        return whole
    places = whole["fault_row_id"].map(order).to_numpy(dtype=np.intp)
    land = np.asarray(changes.after.geometry.array, dtype=object)[places]
    return gpd.GeoDataFrame(whole.reset_index(drop=True), geometry=land, crs=context.crs)


def _areas(context: Context, rows: pd.DataFrame) -> np.ndarray:
    if not isinstance(rows, gpd.GeoDataFrame) or not len(rows):
        return np.full(len(rows), np.nan)
    return areas_m2(np.asarray(rows.geometry.array, dtype=object), context.crs)


def _display(value: object) -> str | None:
    return None if value is None else str(value)


def change_rows(context: Context, changes: Changes) -> dict[str, object]:
    """Give for JSON which rows are added, changed (which columns, area, outline), removed."""
    before, after = _areas(context, changes.before), _areas(context, changes.after)
    cells = {row: [] for row in changes.changed_ids}  # type: dict[str, list[dict[str, object]]]
    for cell in changes.cells.to_dict("records"):
        cells[cell["row_id"]].append(
            {"column": cell["column"], "before": _plain(cell["value_before"]),
             "after": _plain(cell["value_after"])}
        )  # fmt: skip
    return {
        "added": [{"row": row} for row in changes.added_ids],
        "changed": [
            {
                "row": row, "columns": cells[row],
                "shape_changed": bool(moved != 0), "moved_m": _plain(float(moved)),
                "area_before_m2": _plain(float(area_before)),
                "area_after_m2": _plain(float(area_after)),
            }
            for row, moved, area_before, area_after in zip(
                changes.changed_ids, changes.moved_m, before, after, strict=True
            )
        ],
        "removed": [{"row": row} for row in changes.removed_ids],
        "unchanged": changes.unchanged,
    }  # fmt: skip


def _plain(value: object) -> object:
    """Give a value that JSON can hold."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return None if value is None else str(value)


def report_titles(words: Catalogue) -> dict[str, str]:
    """Head the columns of the report."""
    return column_titles(words, TITLED)


def raster_answer(context: Context, request: ImportRequest, result: RasterResult) -> Answer:
    """Answer ``import`` of a raster."""
    words = context.words
    zh, en, unit = RASTERS[result.layer]
    lines = [
        words.text(
            "summary_raster_import", name=zh if words.language == "zh" else en,
            cells=result.cells, with_value=result.with_value, lowest=result.lowest,
            highest=result.highest, unit=unit,
        )
    ]  # fmt: skip
    detected = [
        {"code": note.code, **note.values, "text": words.note(note.code, note.values)}
        for note in result.detected
    ]
    lines += [str(note["text"]) for note in detected]
    if not result.stored:
        lines.append(words.text("dry_run_said"))
    return Answer(
        title=words.text("title_import", file=request.path.name),
        parameters={
            "file": request.path.name, "layer": request.layer, "mode": request.mode,
            "dry_run": request.dry_run,
        },
        result={
            "detected": detected, "cells": result.cells, "with_value": result.with_value,
            "lowest": result.lowest, "highest": result.highest,
        },
        sheets=(),
        summary=tuple(lines),
    )  # fmt: skip


def import_file(
    context: Context,
    request: ImportRequest,
    actions: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    *,
    is_whole: bool = True,
) -> Answer:
    """Run an import for the person at this computer and report on it.

    ``actions``: What is done with a class of fault, where the table of the product is overruled.
    ``is_whole``: False where the lists are only shown: then they end after ``MOST_LINES``.
    """
    require_city(context.source)
    if is_raster_import(request.path, request.layer):
        stored = import_raster(context.workspace, request, actor(), now(), progress)
        return raster_answer(context, request, stored)
    checks = import_checks(context, actions or {}, progress)
    result = run_import(context.workspace, request, actor(), now(), checks)
    return import_answer(context, request, result, actions, is_whole=is_whole)


def refused_result(request: ImportRequest, error: NothingAcceptedError) -> ImportResult:
    """Give the result of an import of which no row could be stored, for its report."""
    count = int(str(error.values["count"]))
    return ImportResult(
        request.layer, request.mode, False, error.detected, count, 0, count, 0, error.faults, (),
        error.report,
    )  # fmt: skip


def fault_text(fault: Fault, layer: str, words: Catalogue) -> str:
    """Put a fault into one sentence."""
    values = dict(fault_values(fault, layer))
    return words.error(MuPlanError(fault.code, **values))


def refusal_text(error: NothingAcceptedError, words: Catalogue) -> str:
    """Say in one sentence that no row could be stored, and what most rows lack."""
    main = max(error.faults, key=lambda fault: len(fault.rows))
    layer = str(error.values["layer"])
    return words.text(
        "nothing_accepted_because", path=error.values["path"], count=error.values["count"],
        layer=layer, why=fault_text(main, layer, words),
    )  # fmt: skip


def import_answer(
    context: Context,
    request: ImportRequest,
    result: ImportResult,
    actions: Mapping[str, str] | None = None,
    *,
    is_whole: bool = True,
) -> Answer:
    """Answer ``import``: what was recognised, stored, repaired and refused."""
    words, table = context.words, fault_table(context, actions)
    faults = [
        {
            "code": fault.code, "column": fault.column, "rows": list(fault.rows),
            "action": table.action(fault.code),
            "text": fault_text(fault, result.layer, words),
        }
        for fault in result.faults
    ]  # fmt: skip
    listed = pd.DataFrame(
        [{"reason": f["text"], "row_count": len(f["rows"])} for f in faults],
        columns=["reason", "row_count"],
    )
    lines = [
        words.text(
            "summary_import", layer=layer_name(result.layer, words), read=result.read,
            accepted=result.accepted, quarantined=result.quarantined, repaired=result.repaired,
        )
    ]  # fmt: skip
    lines += [words.note(note.code, note.values) for note in result.detected]
    sheets, more = _report_parts(context, result, table, lines, is_whole)
    if not result.stored:
        lines.append(words.text("dry_run_said"))
    return Answer(
        title=words.text("title_import", file=request.path.name),
        parameters=_parameters(request, actions),
        result={
            "detected": [
                {"code": note.code, **note.values, "text": words.note(note.code, note.values)}
                for note in result.detected
            ],
            "read": result.read, "accepted": result.accepted,
            "quarantined": result.quarantined, "repaired": result.repaired,
            "faults": faults,
            "repairs": _repair_rows(result),
            **more,
        },
        sheets=(sheet_of(words, "faults", listed), *sheets),
        titles=column_titles(words, ("reason", "row_count")) | report_titles(words),
        summary=tuple(lines),
        screen=listed[["row_count", "reason"]] if faults else None,
    )  # fmt: skip


def _parameters(request: ImportRequest, actions: Mapping[str, str] | None) -> dict[str, object]:
    return {
        "file": request.path.name, "layer": request.layer, "mode": request.mode,
        "map": dict(request.mapping), "dry_run": request.dry_run, "on": dict(actions or {}),
        "crs": request.crs, "axis": request.axis, "datum": request.datum, "shift": request.shift,
        "declared_unit": request.declared_unit,
    }  # fmt: skip


def _repair_rows(result: ImportResult) -> list[dict[str, object]]:
    return [
        {
            "row": row, "reason": repair.reason, "area_before_m2": repair.area_before_m2,
            "area_after_m2": repair.area_after_m2,
        }
        for row, repair in result.repairs
    ]  # fmt: skip


def _report_parts(
    context: Context, result: ImportResult, table: FaultTable, lines: list[str], is_whole: bool
) -> tuple[tuple[Sheet, ...], dict[str, object]]:
    """Give the lists and JSON keys of the report and of the changes; say both in ``lines``."""
    words, report, changes = context.words, result.report, result.changes
    sheets: list[Sheet] = []
    more: dict[str, object] = {}
    if report is not None:
        lines += [words.note(note.code, note.values) for note in report.unchecked]
        more["lines"] = line_rows(report, context, table)
        more["line_count"] = len(report)
        more["unchecked"] = [
            {"code": note.code, "text": words.note(note.code, note.values)}
            for note in report.unchecked
        ]
        if len(report):
            rows = line_frame(context, report, table, None if is_whole else MOST_LINES)
            sheets.append(sheet_of(words, "fault_lines", rows))
    if result.repairs:
        sheets.append(sheet_of(words, "repairs", repair_frame(result.repairs, words)))
    if changes is not None:
        more["changes"] = change_rows(context, changes)
        sheets += change_sheets(context, changes)
        lines.append(
            words.text(
                "summary_edition", added=len(changes.added_ids), changed=len(changes.changed_ids),
                removed=len(changes.removed_ids), unchanged=changes.unchanged,
            )
        )  # fmt: skip
        aside = set() if report is None else report.ids_aside()
        if lost := len(aside & set(changes.removed_ids)):
            lines.append(words.text("summary_removed_aside", count=lost))
    return tuple(sheets), more


class NoPlainTextError(MuPlanError):
    """A file is no JSON or YAML at all."""


def read_plain_file(path: Path) -> object:
    """Read a .json or .yaml file into lists, mappings, texts and numbers.

    Raises MuPlanError: ``yaml_too_large``, ``yaml_too_deep``, ``yaml_too_many_aliases``,
    ``yaml_too_many_values``; NoPlainTextError, OSError and ValueError for what is no such file.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise MuPlanError("yaml_too_large", path=path.name, limit_kb=LARGEST_BYTES // 1000)
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() != ".json":
        return read_plain(text, path.name, _plain_error)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise MuPlanError("yaml_too_deep", path=path.name, line=1, limit=DEEPEST) from error


def _plain_error(fault: YamlFault) -> MuPlanError:
    """Make the error of a fault of a file of any form."""
    if fault.code in ("too_deep", "too_many_aliases", "too_many_values"):
        return MuPlanError(f"yaml_{fault.code}", path=fault.source, line=fault.line, **fault.values)
    return NoPlainTextError(fault.code)


def read_demand(path: Path) -> Demand:
    """Read a demand from a .json or .yaml file (``file_missing``, ``demand_file_bad``)."""
    if not path.is_file():
        raise MuPlanError("file_missing", path=str(path))
    try:
        data = read_plain_file(path)
    except (OSError, ValueError, NoPlainTextError) as error:
        raise MuPlanError("demand_file_bad", path=str(path)) from error
    if not isinstance(data, dict):
        raise MuPlanError("demand_file_bad", path=str(path))
    row = {
        str(key): ";".join(map(str, value)) if isinstance(value, list) else value
        for key, value in data.items()
    }
    return demand_of({"project_id": path.stem, **row})


def read_what_if(context: Context, path: Path) -> gpd.GeoDataFrame:
    """Read further allotments from a file, held against their contract."""
    contract = contract_of("element_allotments")
    source = read_file(path, encoding=None, source_layer=None)
    frame = source.frame
    if isinstance(frame, gpd.GeoDataFrame):
        if frame.crs is None:
            raise MuPlanError("crs_unstated", path=path.name)
        frame = frame.to_crs(context.crs)
    report = validate(frame, contract, context.crs)
    if report.faults:
        fault = report.faults[0]
        raise MuPlanError(fault.code, **dict(fault_values(fault, contract.name)))
    return gpd.GeoDataFrame(report.accepted, crs=context.crs)
