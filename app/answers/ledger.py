"""What a workspace holds: layers, columns, projects, any layer as it is."""

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.checks import plain
from app.answers.land import unit_names
from app.context import Context
from app.messages import Catalogue
from layers.contracts import CONTRACTS, RASTERS, contract_of
from layers.exchange.sheet import Sheet
from platforms.projects.hidden_talks import hidden_projects

SCREEN_COLUMNS = (
    "project_id", "unit_name", "stage", "category", "industry_code", "investment_yi_yuan",
    "land_min_mu", "started_on", "name",
)  # fmt: skip
PROJECT_COLUMNS = (
    "project_id", "name", "unit_id", "unit_name", "stage", "category", "industry_code",
    "investment_yi_yuan", "land_min_mu", "land_ideal_mu", "started_on",
)  # fmt: skip


def info_answer(context: Context) -> Answer:
    """Answer ``info``: what the workspace holds and where it came from."""
    words, facts = context.words, context.facts
    quarantined = context.workspace.quarantined()
    waiting = quarantined["layer"].value_counts()
    rows = [
        {
            "name": layer.name,
            "title": layer_name(layer.name, words),
            "rows": layer.rows,
            "quarantined": int(waiting.get(layer.name, 0)),
            "sources": [
                {"source": p.source, "imported_at": p.imported_at, "edition": p.edition,
                 "licence": p.licence, "sha256": p.sha256}
                for p in layer.sources
            ],
        }
        for layer in context.workspace.layers()
    ]  # fmt: skip
    rasters = [name for name in RASTERS if context.workspace.read_raster(name) is not None]
    listed = pd.DataFrame(
        [
            {
                "layer": row["name"], "title": row["title"], "rows": row["rows"],
                "quarantined": row["quarantined"],
                "source": words.joined(dict.fromkeys(s["source"] for s in row["sources"])),
                "imported_at": max((s["imported_at"] for s in row["sources"]), default=None),
            }
            for row in rows
        ],
        columns=["layer", "title", "rows", "quarantined", "source", "imported_at"],
    )  # fmt: skip
    return Answer(
        title=facts.title,
        parameters={},
        result={
            "title": facts.title, "crs": ":".join(context.crs.to_authority() or ("",)),
            "as_of": facts.as_of, "is_demo": facts.is_demo, "created_at": facts.created_at,
            "layers": rows,
            "rasters": rasters,
        },
        sheets=(Sheet(words.text("sheet_layers"), listed),),
        titles=column_titles(words, tuple(listed.columns)),
        summary=(
            words.text(
                "summary_info", layers=len(rows), rows=int(listed["rows"].sum()),
                crs=context.crs.name, as_of=context.as_of,
            ),
        ),
    )  # fmt: skip


def made_answer(context: Context) -> Answer:
    """Answer ``demo`` and ``new``: the layers made, with their rows."""
    answer = info_answer(context)
    counts = {layer.name: layer.rows for layer in context.workspace.layers()}
    return Answer(
        answer.title, {}, {"layers": counts}, answer.sheets, answer.titles, answer.summary
    )


def layer_name(layer: str, words: Catalogue) -> str:
    """Give the name of a layer or table in words."""
    contract = contract_of(layer)
    return contract.zh if words.language == "zh" else contract.en


def field_answer(layer: str | None, words: Catalogue) -> Answer:
    """Answer ``fields``: what columns a layer has (``layer_unknown``)."""
    contracts = [contract_of(layer)] if layer else list(CONTRACTS.values())
    rows = []
    for contract in contracts:
        for name in contract.columns:
            field = contract.field(name)
            values = {
                code: labels[0 if words.language == "zh" else 1]
                for code, labels in field.values.items()
            }
            rows.append(
                {
                    "layer": contract.name, "name": name, "kind": field.kind, "unit": field.unit,
                    "meaning": field.zh if words.language == "zh" else field.en,
                    "needed": name == contract.key or name in contract.needed, "values": values,
                }
            )  # fmt: skip
    listed = pd.DataFrame(rows)
    listed["kind"] = [words.text(f"kind_{row['kind']}") for row in rows]
    listed["values"] = ["、".join(f"{k}={v}" for k, v in row["values"].items()) for row in rows]
    listed = listed.rename(columns={"name": "column"})
    return Answer(
        title=words.text("title_fields"),
        parameters={"layer": layer},
        result={"fields": rows},
        sheets=(Sheet(words.text("sheet_fields"), listed),),
        titles=column_titles(words, tuple(listed.columns)),
    )


def project_answer(context: Context) -> Answer:
    """Answer ``project list``."""
    projects = context.source.read("projects")
    frame = projects.assign(unit_name=projects["unit_id"].map(unit_names(context)))
    listed = frame[list(PROJECT_COLUMNS)]
    hidden = _hidden(context)
    rows = [{str(k): plain(v) for k, v in row.items()} for row in listed.to_dict("records")]
    words = context.words
    sheets = [Sheet(words.text("sheet_projects"), listed)]
    lines = [words.text("summary_projects", count=len(rows))]
    result: dict[str, object] = {"projects": rows}
    if context.viewer is not None:
        lines.append(words.text("summary_hidden_projects", count=len(hidden)))
        sheets.append(Sheet(words.text("sheet_hidden_projects"), hidden))
        result["hidden"] = hidden.to_dict("records")
    return Answer(
        title=words.text("title_projects"),
        parameters={},
        result=result,
        sheets=tuple(sheets),
        titles=column_titles(words, ("unit_name", "talks_until")),
        summary=tuple(lines),
        screen=listed[list(SCREEN_COLUMNS)],
    )


def _hidden(context: Context) -> pd.DataFrame:
    """List the projects of which whoever looks may only know that they exist."""
    rows = [
        (one.project_id, None if one.until is None else one.until.isoformat(timespec="minutes"))
        for one in hidden_projects(context.source, context.policy)
    ]
    return pd.DataFrame(rows, columns=["project_id", "talks_until"], dtype="object")


def export_answer(context: Context, layer: str) -> Answer:
    """Answer ``export``: a layer as it stands (``layer_unknown``)."""
    name = layer_name(layer, context.words)
    return Answer(
        title=name,
        parameters={"layer": layer},
        result={},
        sheets=(Sheet(layer, context.source.read(layer)),),
    )
