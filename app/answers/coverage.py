"""What is on file of which unit, of which day: said wherever something rests on it."""

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.answers.answer import actor, layer_name, plain, sheet_of
from app.context import Context, now, unit_names
from geo.errors import MuPlanError
from layers.exchange.recognise.coverage import COVERAGE, check_statement, statement_rows
from layers.exchange.request import DataStatement
from layers.exchange.writers.sheet import Sheet
from layers.workspace.protocol import Provenance
from platforms.completeness import Completeness
from platforms.ledger.visibility import LEDGER

SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "covered": "✓", "stale": "!", "undated": "?", "partly": "½", "elsewhere": "–",
        "unstated": "?", "missing": "×",
    }
)  # fmt: skip
"""One character for each status, which the sentence below the table explains."""


def completeness_of(context: Context) -> Completeness:
    """Return what the workspace has on file; the layers' sizes are known without reading them.

    Of tables that tell of projects a unit learns the rows it may see only.
    """
    counts = {
        layer.name: layer.rows
        for layer in context.workspace.layers()
        if context.viewer is None or layer.name not in LEDGER
    }
    return Completeness(context.source, context.policy, counts)


def matrix_rows(matrix: pd.DataFrame) -> list[dict[str, object]]:
    """Return unit × kind as plain values."""
    return [
        {str(key): plain(value) for key, value in row.items()} for row in matrix.to_dict("records")
    ]


def subject_name(context: Context, layer: object, kind: object) -> str:
    """Name a kind of constraint, or a layer."""
    if isinstance(kind, str):
        return context.words.word("constraint_kind", kind)
    return layer_name(str(layer), context.words)


def matrix_sheet(context: Context, matrix: pd.DataFrame) -> Sheet:
    """Lay the matrix out for people: a row for each kind, a column for each unit."""
    words, units = context.words, unit_names(context)
    lines = []
    for (layer, kind), rows in matrix.groupby(
        ["covered_layer", "covered_kind"], sort=False, dropna=False
    ):
        statuses = dict(zip(rows["unit_id"], rows["status"], strict=True))
        days = dict(zip(rows["unit_id"], rows["data_on"], strict=True))
        offices = "、".join(dict.fromkeys(rows["responsible"].dropna()))
        lines.append(
            {
                "subject": subject_name(context, layer, kind),
                "rows": int(rows["rows"].iloc[0]),
                "responsible": offices or None,
                **{
                    units.get(unit_id, unit_id): cell_text(status, days[unit_id])
                    for unit_id, status in statuses.items()
                },
            }
        )
    return sheet_of(words, "coverage", pd.DataFrame(lines))


def cell_text(status: str, data_on: object) -> str:
    """Write one cell: the sign of the status, and the day where one is known."""
    return f"{SIGNS[status]} {data_on}" if isinstance(data_on, str) else SIGNS[status]


def gap_sentences(context: Context, matrix: pd.DataFrame) -> tuple[str, ...]:
    """Say what is complete, for what is not who has to be asked, and what binds too mildly."""
    words, units = context.words, unit_names(context)
    if matrix.empty:
        return (words.text("coverage_no_units"),)
    open_rows = matrix[matrix["status"].ne("covered")]
    mild = [
        words.text("severity_milder", subject=subject_name(context, "", kind), count=count)
        for kind, count in completeness_of(context).milder().items()
    ]
    if open_rows.empty:
        return (words.text("coverage_complete"), *mild)
    sentences = [words.text("coverage_signs"), *mild]
    for (layer, kind, status), rows in open_rows.groupby(
        ["covered_layer", "covered_kind", "status"], sort=False, dropna=False
    ):
        everywhere = len(rows) == matrix["unit_id"].nunique()
        names = [units.get(unit_id, unit_id) for unit_id in rows["unit_id"]]
        where = words.text("coverage_all_units") if everywhere else "、".join(names)
        office = words.text(f"office_{kind if isinstance(kind, str) else layer}")
        subject = subject_name(context, layer, kind)
        sentences.append(words.text(f"gap_{status}", subject=subject, units=where, office=office))
    return tuple(sentences)


def checked_against(context: Context) -> tuple[Sheet, tuple[str, ...]]:
    """Return "what was checked" for a report: the matrix, and what is missing."""
    matrix = completeness_of(context).matrix()
    return matrix_sheet(context, matrix), gap_sentences(context, matrix)


def checked_on_site(context: Context, shape: shapely.Geometry) -> str:
    """Say against what the land of a project was checked: each kind with its sign and day.

    ``shape``: The land, in the system of the context.
    """
    completeness, words = completeness_of(context), context.words
    shapes = np.array([shape], dtype=object)
    subjects = [("constraints", kind) for kind in completeness.law.site_kinds]
    cells = []
    for (layer, kind), (status,) in completeness.statuses(subjects, shapes).items():
        data_on = completeness.on_file(layer, kind).data_on or None
        cells.append(f"{subject_name(context, layer, kind)} {cell_text(status, data_on)}")
    return words.text("checked_on_site", checked=words.joined(cells))


def state_coverage(context: Context, layer: str, statement: DataStatement) -> int:
    """Store what somebody states of data that are on file already.

    The number of statements stored.

    Raises MuPlanError: ``coverage_kinds_needed``, and what ``check_statement`` raises.
    """
    at = now()
    units = gpd.GeoDataFrame(context.workspace.read("units"))
    check_statement(statement, layer, units, at[:10])
    if layer == "constraints" and not statement.kinds:
        raise MuPlanError("coverage_kinds_needed")
    rows = statement_rows(statement, layer, units)
    with context.workspace.edit(actor(), at, kind="edit", reason=layer) as edit:
        before = edit.read(COVERAGE)
        known = rows["coverage_id"].isin(before["coverage_id"]).to_numpy(dtype=bool)
        source = Provenance(statement.source or actor(), at)
        if known.any():
            edit.update(COVERAGE, rows[known], source)
        if not known.all():
            edit.add(COVERAGE, rows[~known], source)
    return len(rows)
