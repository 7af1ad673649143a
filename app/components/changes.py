"""Which verdicts differ under another date or other packs, beside those looked at."""

from datetime import date

import streamlit as st

from app.components.frame import hand_out
from app.components.table import show_list, shown_columns
from app.context import DEFAULT_PACK, Context, pack_titles
from app.session import PACKS, changes, context_against, words
from platforms.checks import CheckQuery

COLUMNS = (
    "rule_id", "rule_title", "unit_name", "platform_name", "outcome_before", "outcome_after",
    "measured_before", "measured_after", "threshold_before", "threshold_after", "measure",
    "why_changed",
)  # fmt: skip


def show_changes(held: Context, query: CheckQuery) -> None:
    """Ask for another date or other packs, and list the verdicts that differ.

    Parameters
    ----------
    held
        Workspace, rules, language.
    query
        What is checked.
    """
    text = words().text
    titles = pack_titles(held.settings)
    mine = tuple(st.session_state.get(PACKS, ())) or (DEFAULT_PACK,)
    with st.form("changes"):
        left, right = st.columns(2)
        day = left.date_input(
            text("changes_as_of"), value=date.fromisoformat(held.as_of), format="YYYY-MM-DD"
        )
        packs = right.multiselect(
            text("packs_label"), list(titles), default=list(mine), format_func=titles.get
        )
        is_asked = st.form_submit_button(text("changes_button"))
    if not is_asked or not isinstance(day, date):
        return
    other = context_against(day.isoformat(), tuple(packs))
    with st.spinner(text("working")):
        answer = changes(other, query)
    st.caption(answer.summary[-1])
    frame = answer.sheets[-1].frame
    if not len(frame):
        st.info(text("changes_none"))
        return
    show_list(shown_columns(frame, COLUMNS, words(), answer.titles))
    hand_out(answer, held, (".xlsx", ".docx"), "changes")
