"""Files in: an import with its report, a demand or further allotments from a file."""

import getpass
import json
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import yaml

from app.answers.answer import Answer, column_titles
from app.answers.import_report import (
    MOST_LINES,
    change_rows,
    change_sheets,
    fault_table,
    import_checks,
    line_frame,
    line_rows,
    repair_frame,
    report_titles,
)
from app.answers.ledger import layer_name
from app.answers.rasters import raster_answer
from app.context import Context, now
from app.messages import Catalogue
from geo.errors import MuPlanError
from geo.progress import Progress
from layers.contracts import contract_of
from layers.exchange.fault_table import FaultTable
from layers.exchange.importing import run_import
from layers.exchange.raster_importing import import_raster, is_raster_import
from layers.exchange.read import read_file
from layers.exchange.request import (
    ImportRequest,
    ImportResult,
    NothingAcceptedError,
    fault_values,
)
from layers.exchange.sheet import Sheet
from layers.validate import Fault, validate
from platforms.matching.demand import Demand
from platforms.matching.demand_row import demand_of
from platforms.projects.viewing import require_city

LARGEST_DEMAND_BYTES = 1_000_000


def import_file(
    context: Context,
    request: ImportRequest,
    actions: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    *,
    is_whole: bool = True,
) -> Answer:
    """Run an import for the person at this computer and report on it.

    Parameters
    ----------
    context
        Workspace, language.
    request
        What is asked.
    actions
        What is done with a class of fault, where the table of the product is overruled.
    progress
        Told the share done.
    is_whole
        False where the lists are only shown: then they end after ``MOST_LINES``.
    """
    require_city(context.source)
    if is_raster_import(request.path, request.layer):
        stored = import_raster(context.workspace, request, actor(), now())
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


def actor() -> str:
    """Name the person at this computer, for the audit trail."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "?"


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
    lines += [words.text(note.code, **note.values) for note in result.detected]
    sheets, more = _report_parts(context, result, table, lines, is_whole)
    if not result.stored:
        lines.append(words.text("dry_run_said"))
    return Answer(
        title=words.text("title_import", file=request.path.name),
        parameters={
            "file": request.path.name, "layer": request.layer, "mode": request.mode,
            "map": dict(request.mapping), "dry_run": request.dry_run,
            "on": dict(actions or {}), "crs": request.crs, "axis": request.axis,
            "datum": request.datum, "shift": request.shift,
            "declared_unit": request.declared_unit,
        },
        result={
            "detected": [
                {"code": note.code, **note.values, "text": words.text(note.code, **note.values)}
                for note in result.detected
            ],
            "read": result.read, "accepted": result.accepted,
            "quarantined": result.quarantined, "repaired": result.repaired,
            "faults": faults,
            "repairs": [
                {
                    "row": row, "reason": repair.reason, "area_before_m2": repair.area_before_m2,
                    "area_after_m2": repair.area_after_m2,
                }
                for row, repair in result.repairs
            ],
            **more,
        },
        sheets=(Sheet(words.text("sheet_faults"), listed), *sheets),
        titles=column_titles(words, ("reason", "row_count")) | report_titles(words),
        summary=tuple(lines),
        screen=listed[["row_count", "reason"]] if faults else None,
    )  # fmt: skip


def _report_parts(
    context: Context,
    result: ImportResult,
    table: FaultTable,
    lines: list[str],
    is_whole: bool,
) -> tuple[tuple[Sheet, ...], dict[str, object]]:
    """Give the lists and JSON keys of the report and of the changes; say both in ``lines``."""
    words, report, changes = context.words, result.report, result.changes
    sheets: list[Sheet] = []
    more: dict[str, object] = {}
    if report is not None:
        lines += [words.text(note.code, **note.values) for note in report.unchecked]
        more["lines"] = line_rows(report, context, table)
        more["line_count"] = len(report)
        more["unchecked"] = [
            {"code": note.code, "text": words.text(note.code, **note.values)}
            for note in report.unchecked
        ]
        if len(report):
            rows = line_frame(context, report, table, None if is_whole else MOST_LINES)
            sheets.append(Sheet(words.text("sheet_fault_lines"), rows))
    if result.repairs:
        sheets.append(Sheet(words.text("sheet_repairs"), repair_frame(result.repairs, words)))
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


def read_demand(path: Path) -> Demand:
    """Read a demand from a .json or .yaml file (``file_missing``, ``demand_file_bad``)."""
    if not path.is_file():
        raise MuPlanError("file_missing", path=str(path))
    if path.stat().st_size > LARGEST_DEMAND_BYTES:
        raise MuPlanError("demand_file_bad", path=str(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except (UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
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
