"""Where one project should go: platforms, sites, and the reason for each."""

import math

import pandas as pd
import streamlit as st

from app.answers.answer import Answer
from app.answers.matching import (
    evaluate_demand,
    match_answer,
    platform_frame,
    summary_lines,
    weight_range_rows,
)
from app.answers.reports import match_report
from app.components.match import (
    SHOWN_SITES,
    choose_demand,
    show_comparison,
    show_reasons,
    show_sites,
)
from app.components.page import (
    hand_out,
    page_head,
    say_lines,
    show_list,
    shown_columns,
    within_border,
)
from app.context import Context, platform_names
from app.session import cached, current_context, map_view, words
from platforms.matching.match import Evaluation, MatchResult, ranked
from platforms.matching.site import MatchTable

PLATFORM_COLUMNS = (
    "rank", "platform_name", "standing", "score", "score_high", "site_count", "best_site",
)  # fmt: skip
MOST_WEIGHT = 50
SLIDERS_A_ROW = 5


def show() -> None:
    """Show the page."""
    context = current_context()
    page_head(context, "page_match", "match_question")
    demand = choose_demand(context)
    if demand is None:
        return
    with st.spinner(words().text("working_match")):
        evaluation = cached(evaluate_demand, demand)
    _weighed(context, evaluation)


@st.fragment
def _weighed(context: Context, evaluation: Evaluation) -> None:
    """Show all that moves with the weights; a slider changes this part of the page only."""
    within_border(lambda: _results(context, evaluation))


def _results(context: Context, evaluation: Evaluation) -> None:
    text = words().text
    table = _weights(context.match_table())
    result = ranked(evaluation, table)
    names = platform_names(context)
    say_lines(summary_lines(context, result, names))
    ranking, sites, compared, ranges, undecided, rejected = st.tabs(
        [
            text("tab_platforms", count=len(result.platforms)),
            text("tab_sites", count=len(result.sites)),
            text("tab_compare"),
            text("tab_ranges"),
            text("tab_undecided", count=len(result.undecided)),
            text("tab_rejected", count=len(result.rejected)),
        ]
    )
    with ranking:
        _platform_table(result, names)
    with sites:
        show_sites(context, result, names)
    with compared:
        show_comparison(context, result, names)
    with ranges:
        _ranges(result)
    with undecided:
        show_reasons(context, result.undecided, names)
    with rejected:
        show_reasons(context, result.rejected, names)

    def answer() -> Answer:
        return match_answer(context, result, table, SHOWN_SITES)

    hand_out(
        answer, context, (".xlsx", ".docx", ".csv", ".gpkg"), "match",
        report=lambda: match_report(context, result, table, map_view()),
        title=text("title_match", name=result.demand.name),
    )  # fmt: skip


def _weights(table: MatchTable) -> MatchTable:
    text = words().text
    chosen = {}
    with st.expander(text("match_weights")):
        st.caption(text("match_weights_help"))
        columns = st.columns(SLIDERS_A_ROW)
        for place, (name, weight) in enumerate(table.weights.items()):
            chosen[name] = float(
                columns[place % SLIDERS_A_ROW].slider(
                    text(f"criterion_{name}"), 0, MOST_WEIGHT, int(weight), key=f"weight_{name}"
                )
            )
    return table.with_weights(chosen)


def _platform_table(result: MatchResult, names: dict[str, str]) -> None:
    text = words().text
    if not result.platforms:
        st.info(text("match_none"))
        return
    listed = shown_columns(platform_frame(result, names, words()), PLATFORM_COLUMNS, words())
    contributions = [
        {
            text(f"criterion_{part.criterion}"): None if part.value is None else part.contribution
            for part in platform.criteria
        }
        for platform in result.platforms
    ]
    st.caption(text("match_platform_hint"))
    show_list(pd.concat([listed, pd.DataFrame(contributions)], axis=1))


def _ranges(result: MatchResult) -> None:
    """Show between which weights the first place stands."""
    text = words().text
    rows = weight_range_rows(result)
    if not rows:
        st.info(text("match_none"))
        return
    st.caption(text("match_ranges_hint", site_id=result.sites[0].site.site_id))
    show_list(
        pd.DataFrame(
            [
                {
                    text("column_criterion"): text(f"criterion_{row['criterion']}"),
                    text("column_weight"): row["weight"],
                    text("column_weight_low"): row["low"],
                    text("column_weight_high"): math.nan if row["high"] is None else row["high"],
                }
                for row in rows
            ]
        )
    )


show()
