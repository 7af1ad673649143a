"""Files in: an import with its report, a demand or further allotments from a file."""

import getpass
import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import yaml

from app.answers.answer import Answer, column_titles
from app.answers.ledger import layer_name
from app.context import Context, now
from app.messages import Catalogue
from geo.errors import MuPlanError
from layers.contracts import contract_of
from layers.exchange.importing import run_import
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

LARGEST_DEMAND_BYTES = 1_000_000


def import_file(context: Context, request: ImportRequest) -> Answer:
    """Run an import for the person at this computer and report on it."""
    return import_answer(context, request, run_import(context.workspace, request, actor(), now()))


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


def import_answer(context: Context, request: ImportRequest, result: ImportResult) -> Answer:
    """Answer ``import``: what was recognised, stored, repaired and refused."""
    words = context.words
    faults = [
        {
            "code": fault.code, "column": fault.column, "rows": list(fault.rows),
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
    if not result.stored:
        lines.append(words.text("dry_run_said"))
    return Answer(
        title=words.text("title_import", file=request.path.name),
        parameters={
            "file": request.path.name, "layer": request.layer, "mode": request.mode,
            "map": dict(request.mapping), "dry_run": request.dry_run,
            "crs": request.crs, "axis": request.axis, "datum": request.datum,
            "shift": request.shift, "declared_unit": request.declared_unit,
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
        },
        sheets=(Sheet(words.text("sheet_faults"), listed),),
        titles=column_titles(words, ("reason", "row_count")),
        summary=tuple(lines),
        screen=listed[["row_count", "reason"]] if faults else None,
    )  # fmt: skip


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
        frame = frame.to_crs(context.crs)
    report = validate(frame, contract, context.crs)
    if report.faults:
        fault = report.faults[0]
        raise MuPlanError(fault.code, **dict(fault_values(fault, contract.name)))
    return gpd.GeoDataFrame(report.accepted, crs=context.crs)
