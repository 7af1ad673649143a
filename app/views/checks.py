"""What the rules say: verdicts by force, and which differ under another date or other rules."""

from typing import get_args

import streamlit as st

from app.answers.checks import URGENCY, check_answer, force_counts
from app.answers.evidence import evidence_highlight, verdict_table
from app.answers.reports import check_report
from app.components.checks import show_changes, show_evidence
from app.components.jobs import judged_with_bar
from app.components.map_view import show_map
from app.components.page import hand_out, page_head, show_list, shown_columns
from app.context import Context, unit_names
from app.session import current_context, map_view, words
from platforms.checks import CheckQuery
from platforms.policy.verdict import Force, Verdict

TABLE_PX, MAP_PX = 330, 520
TABS = ("verdicts", "changes")
VERDICT_COLUMNS = (
    "outcome", "rule_id", "subject", "rule_title", "measured", "threshold", "gap", "measure",
    "force_status", "basis", "clause", "why",
)  # fmt: skip


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_checks", "checks_question")
    year = st.number_input(
        text("column_year"), 1990, 2100, context.year, key="check_year", width=160
    )
    verdicts, changes = st.tabs([text(f"tab_{name}") for name in TABS])
    with verdicts:
        _verdicts(context, context.asked_year(int(year)))
    with changes:
        st.caption(text("changes_hint"))
        show_changes(context, CheckQuery(context.asked_year(int(year)), (), (), context.as_of))


def _verdicts(context: Context, year: int | None) -> None:
    text = words().text
    names = unit_names(context)
    units = st.multiselect(
        text("column_unit_name"), list(names), format_func=names.get, key="check_units",
        placeholder=text("whole_city"),
    )  # fmt: skip
    query = CheckQuery(year, (), tuple(units), context.as_of)
    verdicts = judged_with_bar(query)
    if not verdicts:
        st.info(text("checks_empty"))
        return
    by_force = {
        force: sorted((v for v in verdicts if v.force == force), key=_urgency)
        for force in get_args(Force)
    }
    by_force = {force: mine for force, mine in by_force.items() if mine}
    counts = (
        f"{text(f'force_head_{force}')}　{force_counts(context, mine)}"
        for force, mine in by_force.items()
    )
    st.caption("  \n".join(counts))
    force = st.radio(
        text("column_force"), list(by_force), key="check_force", horizontal=True,
        format_func=lambda code: text(f"force_head_{code}"), label_visibility="collapsed",
    )  # fmt: skip
    _table_and_evidence(context, by_force[force], force)
    hand_out(
        check_answer(context, query, verdicts), context, (".xlsx", ".docx", ".csv"), "verdicts",
        report=lambda: check_report(context, query, verdicts, map_view()),
    )  # fmt: skip


@st.fragment
def _table_and_evidence(context: Context, mine: list[Verdict], force: Force) -> None:
    text = words().text
    wide, narrow = (st.column_config.TextColumn(width=width) for width in ("medium", "small"))
    widths = {text(f"column_{name}"): wide for name in ("rule_title", "subject", "clause")}
    widths[text("column_rule_id")] = narrow
    event = show_list(
        shown_columns(verdict_table(context, mine), VERDICT_COLUMNS, words()), height=TABLE_PX,
        on_select="rerun",
        selection_mode="single-row", key=f"verdict_rows_{force}", column_config=widths,
    )  # fmt: skip
    chosen = [mine[row] for row in event.selection.rows if row < len(mine)]
    left, right = st.columns([1, 1])
    with left:
        if chosen:
            show_evidence(context, chosen[0])
        else:
            st.info(text("checks_choose"))
    marked = evidence_highlight(context, chosen[0]) if chosen else None
    focus = None
    if marked is not None:
        west, south, east, north = marked.shapes.to_crs(4326).total_bounds.tolist()
        focus = (west, south, east, north)
    with right:
        show_map(
            map_view(), words(), key="check_map",
            highlights=[] if marked is None else [marked], focus=focus,
            base_map_url=context.settings.base_map_url, height_px=MAP_PX, compact=True,
        )  # fmt: skip
        if chosen and marked is None:
            st.caption(text("evidence_no_shape"))


def _urgency(verdict: Verdict) -> int:
    """Put what is not met first, then what could not be told."""
    return URGENCY.index(verdict.outcome)


show()
