"""How the rows of a file get into a workspace: read, placed, named, held against the contract.

Good rows are stored, the others go to quarantine with their reasons, all in one set of changes; a
file that can't be understood as a whole changes nothing.
"""

import json
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from layers.contracts import GEOMETRY_TYPES, Contract, contract_of
from layers.errors import LayerError
from layers.exchange.columns import (
    convert_headings,
    heading_unit,
    plan_columns,
    rename_columns,
)
from layers.exchange.declared import DECLARED, declared_areas
from layers.exchange.evidence import Evidence, found
from layers.exchange.ground import Ground, ground_of
from layers.exchange.judging import Judgement, judge
from layers.exchange.kept import join_kept_columns
from layers.exchange.keys import fill_from_held
from layers.exchange.land_use import recognise_land_use
from layers.exchange.placing import Placed, place_shapes
from layers.exchange.read import read_file
from layers.exchange.remembered import recall_mapping, remember_mapping
from layers.exchange.request import (
    ImportRequest,
    ImportResult,
    NothingAcceptedError,
    fault_values,
)
from layers.exchange.source import SourceFile
from layers.workspace.protocol import Provenance, Workspace

_FAMILIES = {
    "Point": "points", "MultiPoint": "points", "LineString": "lines", "LinearRing": "lines",
    "MultiLineString": "lines", "Polygon": "polygons", "MultiPolygon": "polygons",
}  # fmt: skip


@dataclass(frozen=True)
class ImportPlan:
    """Everything an import will do, before it is done.

    Attributes
    ----------
    source
        The file as read.
    judgement
        Rows to store, and rows to keep aside with their reasons.
    result
        What will be reported.
    """

    source: SourceFile
    judgement: Judgement
    result: ImportResult


def run_import(workspace: Workspace, request: ImportRequest, actor: str, at: str) -> ImportResult:
    """Import a file, or only check it where a dry run is asked for.

    Parameters
    ----------
    workspace
        Where the rows go.
    request
        What is asked.
    actor, at
        Who imports, and when (ISO).

    Returns
    -------
    ImportResult
        What was recognised, counts, all faults, all repairs.

    Raises
    ------
    LayerError
        ``nothing_accepted`` and those of ``plan_import``; the workspace is then as before.
    """
    plan = plan_import(workspace, request)
    if request.dry_run:
        return plan.result
    detail = [{"code": note.code, **note.values} for note in plan.result.detected]
    provenance = Provenance(
        source=request.path.name, imported_at=at, sha256=plan.source.sha256,
        detail=json.dumps(detail, ensure_ascii=False),
    )  # fmt: skip
    rows = plan.judgement
    with workspace.edit(actor, at) as edit:
        store = {"add": edit.add, "replace": edit.replace, "update": edit.update}[request.mode]
        store(request.layer, rows.accepted, provenance)
        if len(rows.quarantined):
            edit.quarantine(request.layer, rows.quarantined, rows.reasons)
        if request.mapping:
            columns = _columns_of(plan.source.frame)
            before = recall_mapping(workspace, request.layer, columns)
            still = before.beside(request.mapping, columns, contract_of(request.layer).columns)
            remember_mapping(edit, request.layer, columns, {**still, **request.mapping}, at)
    return plan.result


def plan_import(workspace: Workspace, request: ImportRequest) -> ImportPlan:
    """Read a file and decide about every row, without changing anything.

    Parameters
    ----------
    workspace
        Where the rows would go.
    request
        What is asked.

    Returns
    -------
    ImportPlan
        Rows to store, rows to keep aside with their reasons, and the report.

    Raises
    ------
    LayerError
        ``layer_unknown``, ``layer_append_only``, ``shapes_needed``, ``geometry_mixed``,
        ``nothing_accepted``, and what reading, placing and naming raise.
    """
    contract = contract_of(request.layer)
    held = workspace.read(request.layer)
    if contract.append_only and (
        request.mode == "update" or (request.mode == "replace" and len(held))
    ):
        raise LayerError("layer_append_only", layer=request.layer)
    source = read_file(request.path, encoding=request.encoding, source_layer=request.source_layer)
    crs = workspace.facts.crs
    placed = _placed(source, request, contract, workspace)
    frame, naming = _named(placed.frame, request, contract, held, workspace)
    judgement = judge(
        frame, contract, held=held, mode=request.mode, outside=placed.outside, crs=crs
    )
    detected = (*source.evidence, *placed.evidence, *naming)
    if not len(judgement.accepted):
        raise _nothing_accepted(source, request, judgement, detected)
    result = ImportResult(
        request.layer, request.mode, not request.dry_run, detected,
        read=len(frame), accepted=len(judgement.accepted),
        quarantined=len(judgement.quarantined), repaired=len(judgement.repairs),
        faults=judgement.faults, repairs=judgement.repairs,
    )  # fmt: skip
    return ImportPlan(source, judgement, result)


def _placed(
    source: SourceFile, request: ImportRequest, contract: Contract, workspace: Workspace
) -> Placed:
    nowhere = np.zeros(len(source.frame), dtype=bool)
    if not isinstance(source.frame, gpd.GeoDataFrame):
        if contract.is_spatial and not (contract.geometry_optional or request.mode == "update"):
            raise LayerError("shapes_needed", path=source.path.name, layer=contract.name)
        return Placed(source.frame, nowhere, ())
    if not contract.is_spatial:
        rows = pd.DataFrame(source.frame.drop(columns="geometry"))
        return Placed(rows, nowhere, (found("shapes_not_needed", layer=contract.name),))
    _refuse_mixed(source, source.frame, contract)
    return place_shapes(source, request.place, workspace_ground(workspace))


def workspace_ground(workspace: Workspace) -> Ground:
    """Say where data of a workspace should lie: by its system and its units' outlines."""
    return ground_of(workspace.facts.crs, gpd.GeoDataFrame(workspace.read("units")))


def _refuse_mixed(source: SourceFile, frame: gpd.GeoDataFrame, contract: Contract) -> None:
    counts = pd.Series(frame.geometry.geom_type).map(_FAMILIES).value_counts()
    allowed = {_FAMILIES[kind] for kind in GEOMETRY_TYPES[contract.geometry]}
    if len(counts) > 1 and not set(counts.index) <= allowed:
        raise LayerError(
            "geometry_mixed", path=source.path.name, points=int(counts.get("points", 0)),
            lines=int(counts.get("lines", 0)), polygons=int(counts.get("polygons", 0)),
        )  # fmt: skip


def _named(
    frame: pd.DataFrame,
    request: ImportRequest,
    contract: Contract,
    held: pd.DataFrame,
    workspace: Workspace,
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Give rows the vocabulary's columns, in its units, and beside what the layer has."""
    columns = _columns_of(frame)
    last_time = recall_mapping(workspace, contract.name, columns)
    plan = plan_columns(columns, contract, request.mapping, last_time)
    frame, uses = recognise_land_use(rename_columns(frame, plan), plan.targets, contract)
    frame, units = convert_headings(frame, plan, contract)
    if request.mode != "replace":
        frame = join_kept_columns(frame, held)
    written = [
        (column, "m2" if column == DECLARED else heading_unit(column))
        for column, target in plan.targets.items()
        if target == DECLARED
    ]
    if request.mode == "update":
        frame = fill_from_held(frame, held, contract)
    frame, areas = declared_areas(frame, request.declared_unit, written)
    return frame, (*plan.evidence, *uses, *units, *areas)


def _columns_of(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame.columns if name != "geometry"]


def _nothing_accepted(
    source: SourceFile,
    request: ImportRequest,
    judgement: Judgement,
    detected: tuple[Evidence, ...],
) -> NothingAcceptedError:
    main = max(judgement.faults, key=lambda fault: len(fault.rows))
    values = fault_values(main, request.layer)
    return NothingAcceptedError(
        judgement.faults, detected, path=source.path.name, layer=request.layer,
        count=len(judgement.quarantined), column=main.column,
        examples=values["examples"] or values["rows"],
    )  # fmt: skip
