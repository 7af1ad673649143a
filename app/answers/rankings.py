"""Rankings with trend, and what was promised for land against what was reached."""

import pandas as pd

from app.answers.answer import Answer, column_titles
from app.answers.checks import plain
from app.answers.land import unit_names
from app.context import Context
from layers.exchange.sheet import Sheet
from platforms.checks import FIRST_YEAR, LAST_YEAR
from platforms.errors import PlanningError
from platforms.indicators.post_evaluation import post_evaluation
from platforms.indicators.rankings import (
    RankingQuery,
    composite,
    parse_weights,
    rankings,
)

COLUMNS = (
    "measure_name", "rank", "name", "measured", "measure", "tied", "previous_rank", "rank_change",
    "previous_value", "change", "year_before_rank", "year_before_value", "year_before_change",
    "coverage_share",
)  # fmt: skip
SCREEN_COLUMNS = (
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
    sheets = [Sheet(words.text("sheet_ranking"), listed)]
    if whole is not None:
        sheets.append(Sheet(words.text("sheet_composite"), composite_frame(context, whole)))
    sheets += [
        Sheet(words.text(f"ranked_{name}"), listed[(table["measure"] == name).to_numpy()])
        for name in query.asked
    ]
    rows = [{str(k): plain(v) for k, v in row.items()} for row in table.to_dict("records")]
    own = tuple(name for name in (*COLUMNS, "lacking") if f"column_{name}" in words.sentences)
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
        titles=column_titles(words, own),
        summary=(
            words.text(
                "summary_ranking", measures=len(query.asked),
                ranked=int(table["rank"].notna().sum()), count=len(table),
            ),
        ),
        screen=listed[list(SCREEN_COLUMNS)],
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
    return frame[list(COLUMNS)]


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
    own = tuple(name for name in EVALUATION_COLUMNS if f"column_{name}" in words.sentences)
    return Answer(
        title=words.text("title_evaluate", year=year),
        parameters={"year": year},
        result={"evaluation": rows},
        sheets=(Sheet(words.text("sheet_evaluate"), listed),),
        titles=column_titles(words, own),
        summary=(
            words.text(
                "summary_evaluate", count=table["project_id"].nunique(), year=year,
                **{name: int(counts.get(name, 0)) for name in EVALUATION_ORDER},
            ),
        ),
        screen=listed.loc[urgent, list(EVALUATION_SCREEN)],
    )  # fmt: skip
