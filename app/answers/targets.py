"""Progress and rankings."""

import pandas as pd

from app.answers.answer import (
    Answer,
    column_titles,
    in_percent,
    number,
    plain,
    rule_title,
    sheet_of,
    unruled,
)
from app.context import Context, unit_names
from geo.tools import nearest_name
from layers.exchange.writers.sheet import Sheet
from platforms.checks import FIRST_YEAR, LAST_YEAR, CheckQuery, run_checks
from platforms.errors import PlanningError
from platforms.indicators.post_evaluation import post_evaluation
from platforms.indicators.ranking import RankingQuery, composite, parse_weights, rankings
from platforms.targets.progress import TARGET_RULES, Progress, progress_rows

PROGRESS_COLUMNS = (
    "rule_id", "part", "rule_title", "unit_name", "year", "progress_state", "done", "target",
    "gap", "measure", "share_done", "project_ids", "force", "force_status", "clause", "basis",
    "why",
)  # fmt: skip
PROGRESS_SCREEN_COLUMNS = (
    "rule_id", "unit_name", "progress_state", "done", "target", "gap", "measure", "share_done",
    "force", "rule_title",
)  # fmt: skip
PROJECT_COLUMNS = (
    "rule_id", "part", "unit_name", "project_id", "project_name", "investment_yi_yuan",
    "is_counted",
)  # fmt: skip


def progress_list(
    context: Context, year: int | None, rules: tuple[str, ...] = ()
) -> list[Progress]:
    """Compute the progress on tasks and targets (``rule_not_checked`` for another rule)."""
    for rule in rules:
        if rule not in TARGET_RULES:
            raise PlanningError(
                "rule_not_checked", rule=rule, nearest=nearest_name(rule, TARGET_RULES),
                known=", ".join(TARGET_RULES),
            )  # fmt: skip
    asked = rules or tuple(rule for rule in TARGET_RULES if context.policy.parts(rule))
    query = CheckQuery(year, asked, (), context.as_of)
    if not asked:
        return []
    verdicts = run_checks(context.source, query, context.policy, context.crs)
    return progress_rows(verdicts, context.policy)


def target_answer(
    context: Context, year: int | None, rules: tuple[str, ...], rows: list[Progress]
) -> Answer:
    """Answer ``targets``: done, target, gap and where it stands (``rows`` of ``progress_list``)."""
    words = context.words
    frame = progress_frame(context, rows)
    counts = pd.Series([row.state for row in rows], dtype="object").value_counts()
    states = ("on_target", "below_target", "past_target_date", "running", "no_data")
    projects = _project_frame(context, rows)
    titles = column_titles(words, PROGRESS_COLUMNS)
    headed = tuple(name for name in PROJECT_COLUMNS if f"column_{name}" in words.sentences)
    return Answer(
        title=words.text("title_targets"),
        parameters={"year": context.year if year is None else year, "rules": list(rules)},
        result={"targets": [_row(context, row) for row in rows]},
        sheets=(
            sheet_of(words, "targets", frame),
            sheet_of(words, "target_projects", projects),
        ),
        titles={**titles, **column_titles(words, headed)},
        summary=(
            words.text(
                "summary_targets", count=len(rows),
                **{name: int(counts.get(name, 0)) for name in states},
            ),
        ),
        screen=frame[list(PROGRESS_SCREEN_COLUMNS)],
    )  # fmt: skip


def progress_frame(context: Context, rows: list[Progress]) -> pd.DataFrame:
    """List progress for people, one row each."""
    words, units = context.words, unit_names(context)
    listed = []
    for row in rows:
        verdict = row.verdict
        listed.append(
            {
                "rule_id": verdict.rule_id,
                "part": verdict.part,
                "rule_title": rule_title(context, verdict.rule_id, verdict.part),
                "unit_name": units.get(verdict.unit_id or "", words.text("whole_city")),
                "year": verdict.year,
                "progress_state": state_word(context, row),
                "done": in_percent(verdict.measured, verdict.unit),
                "target": in_percent(verdict.threshold, verdict.unit),
                "gap": in_percent(verdict.gap, verdict.unit),
                "measure": "%" if verdict.unit == "share" else verdict.unit,
                "share_done": row.share_done,
                "project_ids": "、".join(row.project_ids),
                "force": words.text(f"force_{verdict.force}"),
                "force_status": words.text(f"force_status_{verdict.force_status}"),
                "clause": verdict.clause,
                "basis": words.text(
                    f"basis_{verdict.basis}", assumptions=" ".join(verdict.assumptions)
                ),
                "why": words.joined(words.say(reason) for reason in verdict.reasons),
            }
        )
    return pd.DataFrame(listed, columns=list(PROGRESS_COLUMNS)).astype(
        {"year": "Int64", "done": "float64", "target": "float64", "gap": "float64",
         "share_done": "float64"}
    )  # fmt: skip


def state_word(context: Context, row: Progress) -> str:
    """Say where a target stands; what falls short of a duty is a breach, of a target it isn't."""
    is_duty = row.verdict.force == "mandatory" and row.state == "below_target"
    name = "state_breach" if is_duty else f"state_{row.state}"
    past = row.verdict.is_past_target and row.state != "past_target_date"
    mark = f"〔{context.words.text('past_target')}〕" if past else ""
    return f"{context.words.text(name)}{mark}"


def _row(context: Context, row: Progress) -> dict[str, object]:
    verdict, words = row.verdict, context.words
    return {
        "rule_id": verdict.rule_id,
        "part": verdict.part,
        "title": rule_title(context, verdict.rule_id, verdict.part),
        "clause": verdict.clause,
        "unit_id": verdict.unit_id,
        "year": verdict.year,
        "outcome": verdict.outcome,
        "state": row.state,
        "done": number(verdict.measured),
        "target": number(verdict.threshold),
        "gap": number(verdict.gap),
        "unit": verdict.unit,
        "share_done": number(row.share_done),
        "force": verdict.force,
        "in_force": verdict.in_force,
        "force_status": verdict.force_status,
        "is_past_target": verdict.is_past_target,
        "basis": verdict.basis,
        "project_ids": list(row.project_ids),
        "open_project_ids": list(row.open_project_ids),
        "reasons": [{"code": reason.code, "text": words.say(reason)} for reason in verdict.reasons],
    }


def _project_frame(context: Context, rows: list[Progress]) -> pd.DataFrame:
    """List the projects behind every figure."""
    words, units = context.words, unit_names(context)
    projects = pd.DataFrame(context.source.read("projects")).set_index("project_id")
    listed = [
        {
            "rule_id": row.verdict.rule_id,
            "part": row.verdict.part,
            "unit_name": units.get(row.verdict.unit_id or "", words.text("whole_city")),
            "project_id": project_id,
            "project_name": projects.at[project_id, "name"],
            "investment_yi_yuan": projects.at[project_id, "investment_yi_yuan"],
            "is_counted": words.text("counted_yes" if is_counted else "counted_open"),
        }
        for row in rows
        for is_counted, ids in ((True, row.project_ids), (False, row.open_project_ids))
        for project_id in ids
    ]
    return pd.DataFrame(listed, columns=list(PROJECT_COLUMNS))


def projects_behind(context: Context, row: Progress) -> pd.DataFrame:
    """List the projects behind one figure."""
    return _project_frame(context, [row])


RANKING_COLUMNS = (
    "measure_name", "rank", "name", "measured", "measure", "tied", "previous_rank", "rank_change",
    "previous_value", "change", "year_before_rank", "year_before_value", "year_before_change",
    "coverage_share",
)  # fmt: skip
RANKING_SCREEN_COLUMNS = (
    "measure_name", "rank", "tied", "measured", "measure", "previous_rank", "rank_change", "change",
    "year_before_change", "coverage_share", "name",
)  # fmt: skip
FIGURES = ("measured", "previous_value", "change", "year_before_value", "year_before_change")
EVALUATION_COLUMNS = (
    "project_id", "name", "unit_name", "enterprise_id", "started_on", "years_since_start",
    "figure", "promised_by", "promised", "actual", "measure", "ratio_share", "evaluation",
    "lacking", "allotment_ids",
)  # fmt: skip
EVALUATION_SCREEN = (
    "project_id", "figure", "promised_by", "promised", "actual", "measure", "ratio_share",
    "evaluation", "lacking",
)  # fmt: skip
EVALUATION_ORDER = ("short", "reached", "no_data")
COMPOSITE = ("rankings", "composite.yaml")


def ranking_answer(context: Context, query: RankingQuery) -> Answer:
    """Answer ``ranking``: one table a measure, and the composite where weights are stated."""
    words, key = context.words, f"{query.by}_id"
    table = rankings(query, context.source, context.policy)
    whole = _composite(context, query) if not query.measures else None
    listed = _listed(context, table)
    sheets = [sheet_of(words, "ranking", listed)]
    if whole is not None:
        sheets.append(sheet_of(words, "composite", composite_frame(context, whole)))
    sheets += [
        Sheet(words.text(f"ranked_{name}"), listed[(table["measure"] == name).to_numpy()], key=name)
        for name in query.asked
    ]
    rows = [{str(k): plain(v) for k, v in row.items()} for row in table.to_dict("records")]
    headed = tuple(
        name for name in (*RANKING_COLUMNS, "lacking") if f"column_{name}" in words.sentences
    )
    return Answer(
        title=words.text(
            "title_ranking", by=words.text(f"by_{query.by}"), period=query.period
        ),
        parameters={"by": query.by, "period": query.period, "measures": list(query.measures)},
        result={
            "ranking": rows,
            "composite": None if whole is None else [
                {"measures_missing": list(row["missing"]),
                 **{k: plain(row[k]) for k in (key, "name", "rank", "is_tied", "score")}}
                for row in whole.to_dict("records")
            ],
        },
        sheets=tuple(sheets),
        titles=column_titles(words, headed),
        summary=(
            words.text(
                "summary_ranking", measures=len(query.asked),
                ranked=int(table["rank"].notna().sum()), count=len(table),
            ),
        ),
        screen=listed[list(RANKING_SCREEN_COLUMNS)],
    )  # fmt: skip


def _composite(context: Context, query: RankingQuery) -> pd.DataFrame | None:
    """Give the composite ranking, None where no weights are stated."""
    if not context.settings.data_dir.joinpath(*COMPOSITE).is_file():
        return None
    weights = parse_weights(context.settings.text(*COMPOSITE))
    weighed = RankingQuery(query.by, query.period, tuple(weights))
    table = rankings(weighed, context.source, context.policy)
    return composite(table, f"{query.by}_id", weights)


def composite_frame(context: Context, whole: pd.DataFrame) -> pd.DataFrame:
    """List the composite ranking for people."""
    words = context.words
    missing = [
        "、".join(words.text(f"ranked_{name}") for name in names) for names in whole["missing"]
    ]
    frame = whole[["rank", "name", "score"]].assign(tied=_ties(context, whole), lacking=missing)
    return frame[["rank", "tied", "name", "score", "lacking"]]


def _listed(context: Context, table: pd.DataFrame) -> pd.DataFrame:
    """List rankings for people: shares as percentages, ties said."""
    words = context.words
    is_share = table["unit"].eq("share").to_numpy()
    frame = table.assign(
        measure_name=[words.text(f"ranked_{name}") for name in table["measure"]],
        measure=table["unit"].where(~is_share, "%"),
        measured=table["value"],
        tied=_ties(context, table),
    )
    for name in FIGURES:
        frame[name] = frame[name].where(~is_share, frame[name] * 100)
    return frame[list(RANKING_COLUMNS)]


def _ties(context: Context, table: pd.DataFrame) -> list[str]:
    return [context.words.text("tied") if tied else "" for tied in table["is_tied"]]


def evaluation_answer(context: Context, year: int) -> Answer:
    """Answer ``evaluate``: promised against actual, project by project."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise PlanningError("year_out_of_range", year=year, first=FIRST_YEAR, last=LAST_YEAR)
    words, table = context.words, post_evaluation(context.source, context.policy, year)
    counts = table["outcome"].value_counts()
    rows = [{str(k): plain(v) for k, v in row.items()} for row in table.to_dict("records")]
    listed = table.assign(
        unit_name=table["unit_id"].map(unit_names(context)),
        figure=[words.text(f"promised_{name}") for name in table["figure"]],
        promised_by=[words.text(f"promised_by_{name}") for name in table["promised_by"]],
        measure=table["unit"],
        ratio_share=table["ratio"],
        evaluation=[words.text(f"evaluation_{name}") for name in table["outcome"]],
        lacking=[
            words.joined(words.text(f"lacking_{name}") for name in text.split(";") if name)
            for text in table["missing"]
        ],
    )[list(EVALUATION_COLUMNS)]
    urgent = table["outcome"].map(EVALUATION_ORDER.index).sort_values(kind="stable").index
    headed = tuple(name for name in EVALUATION_COLUMNS if f"column_{name}" in words.sentences)
    return Answer(
        title=words.text("title_evaluate", year=year),
        parameters={"year": year},
        result={"evaluation": rows},
        sheets=(sheet_of(words, "evaluate", listed),),
        titles=column_titles(words, headed),
        summary=unruled(context, "A21") or (
            words.text(
                "summary_evaluate", count=table["project_id"].nunique(), year=year,
                **{name: int(counts.get(name, 0)) for name in EVALUATION_ORDER},
            ),
        ),
        screen=listed.loc[urgent, list(EVALUATION_SCREEN)],
    )  # fmt: skip
