"""How the rows of a file get into a workspace: read, placed, named, held against the contract.

Good rows are stored, the others go to quarantine with their reasons, all in one set of changes; a
file that can't be understood as a whole changes nothing.
"""

import dataclasses
import json
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.errors import Value
from geo.tools import Progress, report, within
from geo.validity import Repair
from layers.contracts import GEOMETRY_TYPES, Contract, contract_of
from layers.editions import Changes, compare_editions
from layers.errors import LayerError
from layers.exchange.cells import join_unmapped_columns
from layers.exchange.checks.decide import Checks, RowDecisions, decide_rows
from layers.exchange.checks.faults import FaultReport
from layers.exchange.read import read_file
from layers.exchange.readers.coordinates import UNDECIDED
from layers.exchange.readers.source import Evidence, SourceFile
from layers.exchange.recognise.area_unit import DECLARED, declared_areas
from layers.exchange.recognise.codes import recognise_industry, recognise_land_use
from layers.exchange.recognise.columns import (
    convert_headings,
    heading_unit,
    plan_columns,
    recall_mapping,
    remember_mapping,
    rename_columns,
)
from layers.exchange.recognise.coverage import COVERAGE, answered_for, check_statement, fill_kinds
from layers.exchange.recognise.crs import Extent, extent_of
from layers.exchange.recognise.keys import fill_from_existing, with_keys
from layers.exchange.recognise.locate import Placed, place_shapes
from layers.exchange.recognise.row_versions import require_versions, take_versions
from layers.exchange.recognise.thresholds import read_threshold_texts
from layers.exchange.request import ImportRequest, Mode
from layers.fields import FIELDS
from layers.validate import EXAMPLES_IN_A_FAULT, Fault, conform
from layers.workspace.protocol import Provenance, Workspace
from layers.workspace.row_marks import row_versions
from layers.workspace.transaction import WorkspaceEdit

READ_SHARE, DECIDED_SHARE = 0.25, 0.6
"""Which part of an import is done when the file is read, and when its rows are judged."""

_FAMILIES = {
    "Point": "points", "MultiPoint": "points", "LineString": "lines", "LinearRing": "lines",
    "MultiLineString": "lines", "Polygon": "polygons", "MultiPolygon": "polygons",
}  # fmt: skip


@dataclass(frozen=True)
class ImportResult:
    """What an import recognised, stored and refused.

    ``layer, mode``: As asked.
    ``stored``: False after a dry run.
    ``detected``: What was recognised, assumed or changed, in order.
    ``read, accepted, quarantined``: Counts of rows; ``read`` is the sum of the other two.
    ``repaired``: Count of the accepted rows whose outline was repaired.
    ``faults``: Every fault with its rows.
    ``repairs``: Key and change of area of every repaired outline.
    ``report``: Every fault line by line, and what could not be looked for.
    ``changes``: What a newer edition changes, None where rows are only added.
    """

    layer: str
    mode: Mode
    stored: bool
    detected: tuple[Evidence, ...]
    read: int
    accepted: int
    quarantined: int
    repaired: int
    faults: tuple[Fault, ...]
    repairs: tuple[tuple[str, Repair], ...]
    report: FaultReport | None = None
    changes: Changes | None = None


class NothingAcceptedError(LayerError):
    """No row of a file meets its contract; nothing was changed.

    Parameters
    ----------
    faults
        Every fault, so that all can be shown.
    detected
        What was recognised in the file.
    report
        Every fault line by line.
    **values
        The named values of the sentence.
    """

    def __init__(
        self,
        faults: tuple[Fault, ...],
        detected: tuple[Evidence, ...],
        report: FaultReport | None = None,
        **values: Value,
    ) -> None:
        super().__init__("nothing_accepted", **values)
        self.faults = faults
        self.detected = detected
        self.report = report


class ImportDiffersError(LayerError):
    """An import would do something else than whoever asks for it was shown; nothing was changed.

    ``result``: What it would do now.
    """

    def __init__(self, result: ImportResult) -> None:
        super().__init__("import_changed_meanwhile")
        self.result = result


def fault_values(fault: Fault, layer: str) -> dict[str, Value]:
    """Give the named values of a fault's sentence.

    Parameters
    ----------
    fault
        A fault of some rows.
    layer
        The layer they were meant for.

    Returns
    -------
    dict
        ``layer``, ``column``, ``count`` of rows, the first ``rows`` and ``examples`` as text.

    Examples
    --------
    >>> fault_values(Fault("below_minimum", "width_m", ("R1",), (0,), ("-3",)), "barriers")["rows"]
    'R1'
    """
    more = " …" if len(fault.rows) > EXAMPLES_IN_A_FAULT else ""
    return {
        "layer": layer,
        "column": fault.column,
        "count": len(fault.rows),
        "rows": ", ".join(fault.rows[:EXAMPLES_IN_A_FAULT]) + more,
        "examples": ", ".join(text[:60] for text in fault.examples),
    }


@dataclass(frozen=True)
class ImportPlan:
    """Everything an import will do, before it is done.

    ``source``: The file as read.
    ``decided``: Rows to store, and rows to keep aside with their reasons.
    ``result``: What will be reported.
    ``coverage``: What the file answers for: rows of ``data_coverage``.
    """

    source: SourceFile
    decided: RowDecisions
    result: ImportResult
    coverage: gpd.GeoDataFrame


def run_import(
    workspace: Workspace,
    request: ImportRequest,
    actor: str,
    at: str,
    checks: Checks | None = None,
    seen: ImportResult | None = None,
) -> ImportResult:
    """Import a file, or only check it where a dry run is asked for.

    Parameters
    ----------
    workspace
        Where the rows go.
    request
        What is asked.
    actor, at
        Who imports, and when (ISO).
    checks
        What is looked for beside the contract, and what is done with what is found; None for the
        contract alone.
    seen
        What a check of the same request gave, where somebody looked at it; None where nobody did.

    Returns
    -------
    ImportResult
        What was recognised, counts, all faults, all repairs.

    Raises
    ------
    LayerError
        ``nothing_accepted``, ``import_changed_meanwhile`` where it would do something else than
        was seen, and those of ``plan_import``; the workspace is then as before.
    """
    progress = None if checks is None else checks.progress
    check_statement(request.statement, request.layer, workspace.read("units"), at[:10])
    with workspace.watch() as is_unchanged:
        plan = plan_import(workspace, request, checks)
        if request.dry_run:
            report(progress, 1.0)
            return plan.result
        with workspace.edit(actor, at, kind="import", reason=request.path.name) as edit:
            if not is_unchanged():
                # Somebody changed the workspace meanwhile: decided anew, inside the transaction.
                plan = plan_import(workspace, request, checks)
            if seen is not None and _effects(seen) != _effects(plan.result):
                raise ImportDiffersError(dataclasses.replace(plan.result, stored=False))
            stored = within(progress, DECIDED_SHARE, 0.95)
            _store(workspace, edit, request, plan, actor, at, stored)
    report(progress, 1.0)
    return plan.result


def _effects(result: ImportResult) -> tuple[object, ...]:
    """Gather what an import does, to compare it with what somebody was shown."""
    changes = result.changes
    edition: tuple[object, ...] = ()
    if changes is not None:
        cells = changes.cells.astype("object").where(changes.cells.notna(), None)
        edition = (
            changes.added_ids, changes.removed_ids, changes.changed_ids, changes.unchanged,
            tuple(cells.itertuples(index=False, name=None)), tuple(np.nan_to_num(changes.moved_m)),
            tuple(row_versions(changes.removed)),
        )  # fmt: skip
    faults = tuple((fault.code, fault.column, fault.rows) for fault in result.faults)
    return result.read, result.accepted, result.quarantined, result.repaired, faults, edition


def _store(
    workspace: Workspace,
    edit: WorkspaceEdit,
    request: ImportRequest,
    plan: ImportPlan,
    actor: str,
    at: str,
    progress: Progress | None,
) -> None:
    """Write what was decided: rows, rows put aside, and how columns were named."""
    detail = [{"code": note.code, **note.values} for note in plan.result.detected]
    provenance = Provenance(
        source=request.path.name, imported_at=at, sha256=plan.source.sha256,
        detail=json.dumps(detail, ensure_ascii=False),
    )  # fmt: skip
    rows = plan.decided
    edit.tell(progress)
    store = {"add": edit.add, "replace": edit.replace, "update": edit.update}[request.mode]
    store(request.layer, rows.accepted, provenance)
    edit.tell(None)
    if len(rows.quarantined):
        edit.quarantine(request.layer, rows.quarantined, rows.reasons)
    ledger_changes = edit.last_changes
    _store_coverage(edit, request, plan.coverage, provenance)
    if request.layer == "projects" and ledger_changes is not None:
        entries = project_entries(edit, ledger_changes, request.path.name, actor, at)
        if len(entries):
            edit.add("project_events", entries, provenance)
    if request.mapping:
        columns = _columns_of(plan.source.frame)
        before = recall_mapping(workspace, request.layer, columns)
        still = before.still_valid(request.mapping, columns, contract_of(request.layer).columns)
        remember_mapping(edit, request.layer, columns, {**still, **request.mapping}, at)


def _is_covered(workspace: Workspace, layer: str) -> bool:
    """Say whether somebody stated for some unit what a layer covers."""
    rows = workspace.read(COVERAGE)
    of_layer = rows["covered_layer"].eq(layer).fillna(value=False)
    return bool((of_layer & rows["unit_id"].notna()).any())


def _store_coverage(
    edit: WorkspaceEdit, request: ImportRequest, rows: gpd.GeoDataFrame, provenance: Provenance
) -> None:
    """Write what the file answers for; with its rows a layer also loses what was said of them."""
    before = gpd.GeoDataFrame(edit.read(COVERAGE))
    if request.layer == COVERAGE or not (len(rows) or len(before)):
        return
    gone = before["coverage_id"].isin(rows["coverage_id"] if len(rows) else [])
    if request.mode == "replace":
        gone |= before["covered_layer"].eq(request.layer).fillna(value=False)
    elif not len(rows):
        return
    kept = pd.DataFrame(before[~gone.to_numpy(dtype=bool)])
    after = pd.concat([kept, pd.DataFrame(rows)], ignore_index=True)
    if len(after) or len(before):
        edit.replace(COVERAGE, gpd.GeoDataFrame(after, geometry="geometry", crs=before.crs),
                     provenance)  # fmt: skip


def plan_import(
    workspace: Workspace, request: ImportRequest, checks: Checks | None = None
) -> ImportPlan:
    """Read a file and decide about every row, without changing anything.

    ``checks``: What is looked for beside the contract, None for nothing.

    Rows to store, rows to keep aside with their reasons, and the report.

    Raises LayerError: ``layer_unknown``, ``layer_append_only``, ``shapes_needed``,
    ``geometry_mixed``, ``nothing_accepted``, and what reading, placing and naming raise.
    """
    contract = contract_of(request.layer)
    existing = workspace.read(request.layer)
    if contract.append_only and (
        request.mode == "update" or (request.mode == "replace" and len(existing))
    ):
        raise LayerError("layer_append_only", layer=request.layer)
    progress = None if checks is None else checks.progress
    source = read_file(
        request.path, encoding=request.encoding, source_layer=request.source_layer,
        progress=within(progress, 0.0, READ_SHARE * 0.6),
    )  # fmt: skip
    if source.format == "txt" and request.declared_unit is not None:
        raise LayerError(
            "declared_unit_in_file", path=request.path.name, unit=request.declared_unit
        )
    source, versions = take_versions(source, request.mapping)
    crs = workspace.facts.crs
    report(progress, READ_SHARE * 0.6)
    placed = _placed(source, request, contract, workspace)
    report(progress, READ_SHARE * 0.8)
    keyed, joined = with_keys(placed.frame, existing, contract, request)
    report(progress, READ_SHARE * 0.9)
    frame, naming = _map_columns(keyed, request, contract, existing, workspace)
    names = (request.path.stem, *(source.layers if len(source.layers) == 1 else ()),
             request.source_layer or "")  # fmt: skip
    frame, kinds = fill_kinds(frame, request.layer, request.statement, names)
    compared: tuple[Evidence, ...] = ()
    if request.mode != "add":
        compared = require_versions(frame, versions, existing, contract, workspace)
    checks = _begun(checks, workspace)
    decided = decide_rows(
        frame, contract, existing=existing, mode=request.mode, outside=placed.outside, crs=crs,
        checks=checks,
    )  # fmt: skip
    units = gpd.GeoDataFrame(workspace.read("units"))
    answered = answered_for(
        request.statement, request.layer, decided.accepted, units, request.path.name,
        is_known=request.mode != "replace" and _is_covered(workspace, request.layer),
    )  # fmt: skip
    detected = (
        *source.evidence, *placed.evidence, *joined, *naming, *kinds, *compared,
        *answered.evidence,
    )  # fmt: skip
    if not len(decided.accepted):
        raise _nothing_accepted(source, request, decided, detected, _reported(decided, frame))
    result = ImportResult(
        request.layer, request.mode, not request.dry_run, detected,
        read=len(frame), accepted=len(decided.accepted),
        quarantined=len(decided.quarantined),
        repaired=len({key for key, _ in decided.repairs}),
        faults=decided.faults, repairs=decided.repairs, report=_reported(decided, frame),
        changes=_changes(existing, decided, contract, request.mode),
    )  # fmt: skip
    return ImportPlan(source, decided, result, answered.rows)


def _begun(checks: Checks | None, workspace: Workspace) -> Checks | None:
    """Give the checks what they need once the file is read: a quarter of the work is done."""
    if checks is None:
        return None
    report(checks.progress, READ_SHARE)
    units = workspace.read("units") if checks.units is None else checks.units
    progress = within(checks.progress, READ_SHARE, DECIDED_SHARE)
    return dataclasses.replace(checks, units=units, progress=progress)


def _changes(
    existing: pd.DataFrame, decided: RowDecisions, contract: Contract, mode: Mode
) -> Changes | None:
    if mode == "add":
        return None
    return compare_editions(existing, decided.accepted, contract, is_whole=mode == "replace")


def _reported(decided: RowDecisions, frame: pd.DataFrame) -> FaultReport:
    aside = np.zeros(len(frame), dtype=bool)
    aside[decided.quarantined.index.to_numpy(dtype=np.intp)] = True
    return FaultReport(decided.lines, decided.names, aside, decided.unchecked)


def _placed(
    source: SourceFile, request: ImportRequest, contract: Contract, workspace: Workspace
) -> Placed:
    nowhere = np.zeros(len(source.frame), dtype=bool)
    if _has_points_only(source) and "Point" not in GEOMETRY_TYPES[contract.geometry]:
        return _without_points(source, request, contract)
    if not isinstance(source.frame, gpd.GeoDataFrame):
        if contract.is_spatial and not (contract.geometry_optional or request.mode == "update"):
            raise _shapes_needed(source, contract)
        return Placed(source.frame, nowhere, ())
    if not contract.is_spatial:
        rows = pd.DataFrame(source.frame.drop(columns="geometry"))
        return Placed(rows, nowhere, (Evidence.of("shapes_not_needed", layer=contract.name),))
    # Drawings and placemarks always mix kinds: the rows of another kind are faults of their own.
    if source.format not in {"dxf", "kml"}:
        _refuse_mixed(source, source.frame, contract)
    return place_shapes(source, request.place, workspace_extent(workspace))


def workspace_extent(workspace: Workspace) -> Extent:
    """Say where data of a workspace should lie: by its system and its units' outlines."""
    return extent_of(workspace.facts.crs, gpd.GeoDataFrame(workspace.read("units")))


def _has_points_only(source: SourceFile) -> bool:
    """Say whether a list told its shapes by two columns of coordinates."""
    frame = source.frame
    if source.format not in {"csv", "xlsx"} or not isinstance(frame, gpd.GeoDataFrame):
        return False
    return bool(frame.geometry.geom_type.dropna().eq("Point").all())


def _without_points(source: SourceFile, request: ImportRequest, contract: Contract) -> Placed:
    """Take a list of outlines' attributes as a table, though it says where they lie about."""
    optional = contract.geometry_optional or request.mode == "update" or not contract.is_spatial
    if not optional:
        raise _shapes_needed(source, contract)
    rows = pd.DataFrame(source.frame.drop(columns="geometry"))
    code = "points_not_outlines" if contract.is_spatial else "shapes_not_needed"
    return Placed(rows, np.zeros(len(rows), dtype=bool), (Evidence.of(code, layer=contract.name),))


def _shapes_needed(source: SourceFile, contract: Contract) -> LayerError:
    for note in source.evidence:
        if note.code == UNDECIDED:
            return LayerError(note.code, **note.values)
    return LayerError("shapes_needed", path=source.path.name, layer=contract.name)


def _refuse_mixed(source: SourceFile, frame: gpd.GeoDataFrame, contract: Contract) -> None:
    counts = pd.Series(frame.geometry.geom_type).map(_FAMILIES).value_counts()
    allowed = {_FAMILIES[kind] for kind in GEOMETRY_TYPES[contract.geometry]}
    if len(counts) > 1 and not set(counts.index) <= allowed:
        raise LayerError(
            "geometry_mixed", path=source.path.name, points=int(counts.get("points", 0)),
            lines=int(counts.get("lines", 0)), polygons=int(counts.get("polygons", 0)),
        )  # fmt: skip


def _map_columns(
    frame: pd.DataFrame,
    request: ImportRequest,
    contract: Contract,
    existing: pd.DataFrame,
    workspace: Workspace,
) -> tuple[pd.DataFrame, tuple[Evidence, ...]]:
    """Give rows the vocabulary's columns, in its units, and beside what the layer has."""
    columns = _columns_of(frame)
    last_time = recall_mapping(workspace, contract.name, columns)
    plan = plan_columns(columns, contract, request.mapping, last_time)
    frame, uses = recognise_land_use(rename_columns(frame, plan), plan.targets, contract)
    frame, industries = recognise_industry(frame, plan.targets, contract)
    frame, units = convert_headings(frame, plan, contract)
    brought = set(frame.columns)
    frame, thresholds = read_threshold_texts(frame, contract)
    if request.mode != "replace":
        frame = join_unmapped_columns(frame, existing)
    written = [
        (column, "m2" if column == DECLARED else heading_unit(column))
        for column, target in plan.targets.items()
        if target == DECLARED
    ]
    if request.mode == "update":
        # A range may give the file a second column, which its other rows say nothing of.
        added = [name for name in contract.columns if name in set(frame.columns) - brought]
        frame = fill_from_existing(frame, existing, contract, blanks_of=added)
    frame, areas = declared_areas(frame, request.declared_unit, written)
    return frame, (*plan.evidence, *uses, *industries, *units, *thresholds, *areas)


def _columns_of(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame.columns if name != "geometry"]


def _nothing_accepted(
    source: SourceFile,
    request: ImportRequest,
    decided: RowDecisions,
    detected: tuple[Evidence, ...],
    report: FaultReport,
) -> NothingAcceptedError:
    main = max(decided.faults, key=lambda fault: len(fault.rows))
    values = fault_values(main, request.layer)
    return NothingAcceptedError(
        decided.faults, detected, report, path=source.path.name, layer=request.layer,
        count=len(decided.quarantined), column=main.column,
        examples=values["examples"] or values["rows"],
    )  # fmt: skip


ENTRY_KIND = "fields_changed"
FIELDS_NAMED = 12
"""So many fields are named in one entry."""


def project_entries(
    edit: WorkspaceEdit, changes: Changes, source: str, actor: str, at: str
) -> pd.DataFrame:
    """Make one entry for each project that an import adds or changes.

    Parameters
    ----------
    edit
        The set of changes; numbers are taken inside its transaction.
    changes
        What the import does to ``projects``.
    source
        Name of the file.
    actor, at
        Who imports, and when (ISO).

    Returns
    -------
    DataFrame
        Rows of ``project_events``: field by field what was and what is. Rules of progress don't
        count them: a file that was read says nothing of a project's progress.
    """
    events = edit.read("project_events")
    first = int(events["entry_seq"].max()) + 1 if len(events) else 1
    cells = {
        str(row): "；".join(
            f"{_heading(cell.column)}：{_shown(cell.value_before)} → {_shown(cell.value_after)}"
            for cell in group.head(FIELDS_NAMED).itertuples()
        ) + ("；…" if len(group) > FIELDS_NAMED else "")
        for row, group in changes.cells.groupby("row_id", sort=False)
    }  # fmt: skip
    added = zip(changes.added["project_id"], changes.added["unit_id"], strict=True)
    changed = zip(changes.after["project_id"], changes.after["unit_id"], strict=True)
    told = [(project, unit, "") for project, unit in added]
    told += [(project, unit, cells.get(str(project), "")) for project, unit in changed]
    rows = [
        {
            "event_id": f"sj-{seq:05d}", "project_id": project, "event_kind": ENTRY_KIND,
            "event_on": at[:10], "entered_at": at, "entry_seq": seq, "unit_id": unit,
            "actor": actor, "detail": f"{source}：{detail}" if detail else source,
        }
        for seq, (project, unit, detail) in enumerate(told, start=first)
    ]  # fmt: skip
    contract = contract_of("project_events")
    return conform(pd.DataFrame(rows, columns=list(contract.columns)), contract)[0]


def _heading(column: object) -> str:
    return FIELDS[str(column)].zh if column in FIELDS else str(column)


def _shown(value: object) -> str:
    return "–" if pd.isna(value) else str(value)  # type: ignore[call-overload]
