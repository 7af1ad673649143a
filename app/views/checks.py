"""What the rules say: what to do, what is missing, the rest; and what differs under other rules."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.answers.checks import check_answer
from app.answers.evidence import evidence_highlight, verdict_table
from app.answers.reports import check_report
from app.answers.to_do import (
    GROUPS,
    MISSING_COLUMNS,
    Group,
    counts_by_force,
    missing_frame,
    of_group,
    year_before,
)
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
    "force", "force_status", "basis", "clause", "why",
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
    heads = st.empty()
    _heads(heads, counts_by_force(context, verdicts))
    by_group = {group: of_group(verdicts, group) for group in GROUPS}
    group = st.radio(
        text("checks_group"), [group for group in GROUPS if by_group[group]], key="check_group",
        horizontal=True, format_func=lambda code: text(f"group_{code}"),
        label_visibility="collapsed",
    )  # fmt: skip
    if group == "missing":
        _missing(context, by_group[group])
    else:
        _table_and_evidence(context, by_group[group], group)
    # the counts of the year before take as long as the list: it is there first
    before = year_before(query, verdicts, partial(judged_with_bar, key="checks_before"))
    _heads(heads, counts_by_force(context, verdicts, before))
    hand_out(
        check_answer(context, query, verdicts, before), context, (".xlsx", ".docx", ".csv"),
        "verdicts", report=lambda: check_report(context, query, verdicts, map_view(), before),
    )  # fmt: skip


def _heads(place: DeltaGenerator, counts: list[tuple[Force, str]]) -> None:
    text = words().text
    lines = (f"{text(f'force_head_{force}')}　{said}" for force, said in counts)
    place.caption("  \n".join(lines))


def _missing(context: Context, lacking: list[Verdict]) -> None:
    """List what is missing and whom to ask."""
    text = words().text
    frame = missing_frame(context, lacking)
    wide = {text(f"column_{name}"): st.column_config.TextColumn(width="large") for name in ("why",)}
    show_list(
        shown_columns(frame, MISSING_COLUMNS, words()), height=TABLE_PX, column_config=wide
    )  # fmt: skip


@st.fragment
def _table_and_evidence(context: Context, mine: list[Verdict], group: Group) -> None:
    text = words().text
    wide, narrow = (st.column_config.TextColumn(width=width) for width in ("medium", "small"))
    widths = {text(f"column_{name}"): wide for name in ("rule_title", "subject", "clause")}
    widths[text("column_rule_id")] = narrow
    event = show_list(
        shown_columns(verdict_table(context, mine), VERDICT_COLUMNS, words()), height=TABLE_PX,
        on_select="rerun",
        selection_mode="single-row", key=f"verdict_rows_{group}", column_config=widths,
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


show()
