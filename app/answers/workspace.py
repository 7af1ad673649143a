"""What a workspace holds; its history."""

from collections.abc import Iterable

import pandas as pd

from app.answers.answer import Answer, column_titles, layer_name, plain, sheet_of
from app.answers.coverage import completeness_of, gap_sentences, matrix_rows, matrix_sheet
from app.context import Context, PackFolder, Settings, local_minute, read_policy, today, unit_names
from app.messages import Catalogue
from app.visits import Visit
from geo.errors import MuPlanError
from layers.contracts import CONTRACTS, RASTERS, Contract, contract_of, key_columns
from layers.exchange.recognise.row_versions import ROW_VERSION
from layers.exchange.writers.sheet import Sheet
from layers.fields import FIELDS, Field
from layers.workspace.protocol import LayerFacts, Workspace
from layers.workspace.row_marks import row_versions
from platforms.errors import PlanningError
from platforms.ledger.visibility import CITY, LEDGER, hidden_projects, require_city, viewed

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
    waiting = context.workspace.quarantined()["layer"].value_counts()
    rows = [
        {
            "name": layer.name,
            "title": layer_name(layer.name, words),
            "rows": layer.rows,
            "quarantined": (
                None if _is_closed(context, layer.name) else int(waiting.get(layer.name, 0))
            ),
            "sources": [
                {"source": p.source, "imported_at": p.imported_at, "edition": p.edition,
                 "licence": p.licence, "sha256": p.sha256}
                for p in layer.sources
            ],
        }
        for layer in _layers(context)
    ]  # fmt: skip
    matrix = completeness_of(context).matrix()
    rasters = [name for name in RASTERS if context.workspace.has_raster(name)]
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
            "completeness": matrix_rows(matrix),
        },
        sheets=(sheet_of(words, "layers", listed), matrix_sheet(context, matrix)),
        titles=column_titles(words, (*listed.columns, "subject")),
        summary=(
            words.text(
                "summary_info", layers=len(rows), rows=int(listed["rows"].sum()),
                crs=context.crs.name, as_of=context.as_of,
            ),
            *gap_sentences(context, matrix),
        ),
    )  # fmt: skip


def _is_closed(context: Context, layer: object) -> bool:
    """Whether what is remembered of a table isn't for whoever looks: it names who entered what."""
    return context.viewer is not None and layer in LEDGER


def _layers(context: Context) -> list[LayerFacts]:
    """List the layers; of tables that tell of projects a unit learns the rows it may see only."""
    return [
        LayerFacts(layer.name, len(context.source.read(layer.name)), ())
        if _is_closed(context, layer.name)
        else layer
        for layer in context.workspace.layers()
    ]


def rows_seen(workspace: Workspace, viewer: str | None) -> int:
    """Count the rows of a workspace that somebody may know of, as ``info`` does.

    ``viewer``: Unit that looks; of the tables of the ledger of a workspace that doesn't know it
    nothing is counted.
    """
    layers = workspace.layers()
    if viewer in (None, CITY):
        return sum(layer.rows for layer in layers)
    try:
        source = viewed(workspace, viewer)
    except PlanningError:
        return sum(layer.rows for layer in layers if layer.name not in LEDGER)
    return sum(
        len(source.read(layer.name)) if layer.name in LEDGER else layer.rows for layer in layers
    )


def made_answer(context: Context) -> Answer:
    """Answer ``demo`` and ``new``: the layers made, with their rows."""
    answer = info_answer(context)
    counts = {layer.name: layer.rows for layer in context.workspace.layers()}
    return Answer(
        answer.title, {}, {"layers": counts}, answer.sheets, answer.titles, answer.summary
    )


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
        sheets=(sheet_of(words, "fields", listed),),
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
    sheets = [sheet_of(words, "projects", listed)]
    lines = [words.text("summary_projects", count=len(rows))]
    result: dict[str, object] = {"projects": rows}
    if context.viewer is not None:
        lines.append(words.text("summary_hidden_projects", count=len(hidden)))
        sheets.append(sheet_of(words, "hidden_projects", hidden))
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
        (
            project.project_id,
            None if project.until is None else project.until.isoformat(timespec="minutes"),
        )
        for project in hidden_projects(context.source, context.policy)
    ]
    return pd.DataFrame(rows, columns=["project_id", "talks_until"], dtype="object")


def export_answer(context: Context, layer: str) -> Answer:
    """Answer ``export``: a layer as it stands (``layer_unknown``).

    Each row bears the mark by which an update from this file knows who changed it meanwhile; a
    unit, which can't update and may not see all of a row, gets none.
    """
    name = layer_name(layer, context.words)
    rows = context.source.read(layer)
    if context.viewer is None and not contract_of(layer).append_only:
        rows = rows.assign(**{ROW_VERSION: row_versions(rows)})
    return Answer(
        title=name, parameters={"layer": layer}, result={}, sheets=(Sheet(layer, rows, key=layer),)
    )


SINCE_COLUMNS = (
    "since_layer",
    "since_action",
    "since_rows",
    "since_times",
    "since_last",
    "since_actor",
)
LEDGER_TABLES = ("projects", "project_events", "problems")
"""Tables that are looked at on the page of projects; others on that of data."""


def changes_since(context: Context, visit: Visit) -> pd.DataFrame:
    """Gather the changes after a visit, one row for each table and kind of change.

    ``visit``: The visit; its ``seq`` is the last change that was there.

    ``layer``, ``action``, ``rows``, ``times``, ``last`` (ISO, UTC), ``actor``; the last first.
    """
    audit = context.workspace.audit()
    is_open = ~audit["layer"].map(lambda layer: _is_closed(context, layer)).astype(bool)
    later = audit[is_open & (audit["seq"] > visit.seq)]
    changes = later.groupby(["layer", "action"], sort=False, dropna=False).agg(
        rows=("rows", "sum"), times=("seq", "size"), last=("at", "max"),
        actor=("actor", lambda names: "、".join(dict.fromkeys(map(str, names)))),
    )  # fmt: skip
    return changes.reset_index().sort_values("last", ascending=False, ignore_index=True)


def since_answer(context: Context, visit: Visit) -> Answer:
    """Answer what changed since a visit.

    JSON key ``changes``; one sheet.
    """
    words = context.words
    changes = changes_since(context, visit)
    listed = pd.DataFrame(
        {
            "since_layer": [named_layer(context, str(layer)) for layer in changes["layer"]],
            "since_action": [action_word(context, action) for action in changes["action"]],
            "since_rows": changes["rows"],
            "since_times": changes["times"],
            "since_last": [local_minute(moment) for moment in changes["last"]],
            "since_actor": changes["actor"],
        },
        columns=list(SINCE_COLUMNS),
    )
    at = local_minute(visit.at)
    sentence = (
        words.text("summary_since", at=at, tables=changes["layer"].nunique(),
                   times=int(changes["times"].sum()))
        if len(changes)
        else words.text("summary_since_none", at=at)
    )  # fmt: skip
    return Answer(
        title=words.text("title_since"),
        parameters={"since": visit.at},
        result={
            "changes": [
                {str(key): plain(value) for key, value in row.items()}
                for row in changes.to_dict("records")
            ]
        },
        sheets=(Sheet(words.text("title_since"), listed, key="since"),),
        titles=column_titles(words, SINCE_COLUMNS),
        summary=(sentence,),
    )


def named_layer(context: Context, layer: str) -> str:
    """Name a layer, table or raster in words."""
    if layer in RASTERS:
        return RASTERS[layer][0 if context.words.language == "zh" else 1]
    return layer_name(layer, context.words) if layer in CONTRACTS else layer


def action_word(context: Context, action: object) -> str:
    """Name a kind of change in words, the code itself where there is no word."""
    code = f"since_{action}"
    return context.words.text(code) if code in context.words.sentences else str(action)


AUDIT = ("trail_seq", "trail_at", "trail_actor", "trail_layer", "trail_action", "trail_rows")
QUARANTINE = ("trail_seq", "trail_at", "trail_layer", "trail_row", "trail_reasons", "trail_data")
HISTORY = ("trail_seq", "trail_until", "trail_layer", "trail_row", "trail_action", "trail_data")
RENAMED = {"at": "trail_at", "valid_until": "trail_until", "change": "trail_action"}


def trail_answer(context: Context) -> Answer:
    """Answer what the workspace remembers.

    Three sheets, the last entries first: changes, rows kept aside, rows replaced or removed.

    Raises PlanningError: ``viewer_city_only``: rows kept aside and replaced ones are shown as they
    were.
    """
    require_city(context.source)
    words, workspace = context.words, context.workspace
    sheets = (
        Sheet(words.text("trail_audit"), _worded(context, workspace.audit(), AUDIT), key="audit"),
        Sheet(
            words.text("trail_quarantine"),
            _worded(context, workspace.quarantined(), QUARANTINE),
            key="quarantine",
        ),
        Sheet(
            words.text("trail_history"),
            _worded(context, workspace.history(), HISTORY),
            key="history",
        ),
    )
    return Answer(
        title=words.text("title_trail"),
        parameters={},
        result={},
        sheets=sheets,
        titles=column_titles(words, tuple(dict.fromkeys((*AUDIT, *QUARANTINE, *HISTORY)))),
    )


def _worded(context: Context, frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    if "action" in frame:  # its column "change" is the number of the change, not what was done
        frame = frame.drop(columns="change", errors="ignore")
    worded = frame.rename(columns=lambda name: RENAMED.get(name, f"trail_{name}"))
    worded = worded.sort_values("trail_seq", ascending=False, ignore_index=True)
    for name, word_of in (
        ("trail_at", local_minute), ("trail_until", local_minute),
        ("trail_layer", lambda layer: named_layer(context, layer)),
        ("trail_action", lambda action: action_word(context, action)),
        ("trail_reasons", lambda reasons: _reasons(context, reasons)),
    ):  # fmt: skip
        if name in worded:
            worded[name] = [word_of(str(value)) for value in worded[name]]
    return worded.reindex(columns=list(columns))


def _reasons(context: Context, reasons: str) -> str:
    """Name the faults with their columns; what has no word stays as it is."""
    words = context.words
    sentences = []
    for fault in reasons.split("; "):
        code, _, column = fault.partition(":")
        fault_name = words.sentences.get(f"fault_{code}", code)
        headed = words.heading(column) if column in FIELDS else column
        sentences.append(f"{fault_name}{words.text('colon')}{headed}" if headed else fault_name)
    return words.joined(sentences)


PACK_COLUMNS = ("pack", "pack_title", "pack_edition", "rule_count", "document_count", "note")
SOURCE_COLUMNS = (
    "layer_title", "source", "data_edition", "licence", "imported_at", "sha256",
)  # fmt: skip


def pack_frame(settings: Settings, words: Catalogue) -> pd.DataFrame:
    """List the packs of the installation; one at fault says what is wrong."""
    rows = []
    for name in PackFolder(settings.policy_dir):
        try:
            pack = read_policy(settings.policy_dir, (name,), today()).pack
        except MuPlanError as error:
            rows.append((name, None, None, None, None, words.error(error)))
            continue
        rows.append((name, pack.title, pack.edition, len(pack.rules), len(pack.documents), None))
    frame = pd.DataFrame(rows, columns=list(PACK_COLUMNS))
    return frame.astype({"rule_count": "Int64", "document_count": "Int64"})


def source_frame(context: Context) -> pd.DataFrame:
    """List where each layer came from, with edition and licence."""
    rows = [
        (
            layer_name(layer.name, context.words), source.source, source.edition, source.licence,
            source.imported_at, source.sha256,
        )
        for layer in _layers(context)
        for source in layer.sources
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(SOURCE_COLUMNS))


def about_answer(context: Context) -> Answer:
    """Answer what a workspace and its rules stand on, as files for the audit office."""
    words = context.words
    packs, sources = pack_frame(context.settings, words), source_frame(context)
    return Answer(
        title=words.text("title_about"),
        parameters={},
        result={
            "sources": [
                {str(key): plain(value) for key, value in row.items()}
                for row in sources.to_dict("records")
            ]
        },
        sheets=(sheet_of(words, "sources", sources), sheet_of(words, "packs", packs)),
        titles=column_titles(words, (*SOURCE_COLUMNS, *PACK_COLUMNS)),
    )


INTRO = """# 数据字典 · Data dictionary

由 `muplan fields --markdown docs/data-dictionary.md` 从代码生成，不要手改；
`muplan fields 图层` 在命令行列出同样内容。
*Made from the code by that command: don't edit it by hand.*

- 必需列只有 **主键**、标“需”的列和（有图形的图层）图形；其他列缺了，用到它的规则答“无数据”。
  *Only keys, columns marked “needed” and shapes are required; a rule that lacks another column
  answers `no_data`.*
- 列名带单位：`_mu` 亩，`_m2` 平方米，`_m` 米，`_wan_yuan` 万元，`_yi_yuan` 亿元，
  `_tce` 吨标煤，`_t` 吨，`_pct` %，`_share` 0–1。
  *A name carries its unit.*
- `list` 是以 `;` 分隔的文字，`date` 是 `2024-04-01`，`code` 的取值见[代码表](#代码表--codes)。
  *Lists are texts divided by `;`, dates ISO texts; codes stand below.*
"""
KINDS = {"key": "主键 key", "needed": "需 needed", "": ""}
SHAPES = {
    "polygon": "面 polygons", "none": "表 table",
    "line_or_polygon": "线或面 lines or polygons", "point_or_polygon": "点或面 points or polygons",
}  # fmt: skip


def data_dictionary() -> str:
    """Write the data dictionary.

    Markdown: layers and tables with their columns, rasters, columns of answers, codes.
    """
    parts = [INTRO]
    for contract in CONTRACTS.values():
        parts.append(_layer(contract))
    parts.append(
        "## 栅格 · Rasters\n\n"
        + _table(
            ("名称 name", "含义", "meaning", "单位 unit"),
            ((f"`{name}`", zh, en, unit) for name, (zh, en, unit) in RASTERS.items()),
        )
    )
    stored = {name for contract in CONTRACTS.values() for name in contract.columns}
    answers = [field for field in FIELDS.values() if field.name not in stored]
    parts.append("## 结果列 · Columns of answers\n\n" + _columns(answers, {}))
    parts.append("## 代码表 · Codes\n\n" + "\n".join(_codes()))
    return "\n".join(parts)


def _layer(contract: Contract) -> str:
    shape = SHAPES[contract.geometry]
    if contract.geometry_optional:
        shape += "，可无图形 optional"
    if contract.append_only:
        shape += "，只增不改 append only"
    roles = dict.fromkeys(contract.needed, "needed") | dict.fromkeys(key_columns(contract), "key")
    fields = [contract.field(name) for name in contract.columns]
    return f"## {contract.name} · {contract.zh} · {contract.en}\n\n{shape}\n\n" + _columns(
        fields, roles
    )


def _columns(fields: Iterable[Field], roles: dict[str, str]) -> str:
    return _table(
        ("列 column", "含义", "meaning", "类型 kind", "单位 unit", "最小 least", ""),
        (
            (
                f"`{field.name}`", field.zh, field.en, field.kind, field.unit,
                "" if field.minimum is None else f"{field.minimum:g}",
                KINDS[roles.get(field.name, "")],
            )
            for field in fields
        ),
    )  # fmt: skip


def _codes() -> Iterable[str]:
    """Give the codes of each vocabulary once, whatever columns use it."""
    columns: dict[int, list[Field]] = {}
    for field in FIELDS.values():
        if field.values:
            columns.setdefault(id(field.values), []).append(field)
    for fields in columns.values():
        names = "、".join(f"`{field.name}`" for field in fields)
        values = fields[0].values.items()
        rows = ((f"`{code}`", zh, en) for code, (zh, en) in values)
        yield f"### {names}\n\n" + _table(("代码 code", "中文", "English"), rows)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )
