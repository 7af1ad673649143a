"""The beginning of a day on the overview: what is due, and what changed since the last visit."""

import streamlit as st

from app.answers.answer import Answer
from app.answers.project_ledger import due_answer, ledger_stand
from app.answers.workspace import LEDGER_TABLES, since_answer
from app.components.page import as_text, hand_out, say_lines, show_list, shown_columns
from app.context import Context
from app.session import cached_answer, visit_before, words

DUE_COLUMNS = ("due_sign", "unit_name", "project_id", "due_on", "due_days", "due_said")
SINCE_COLUMNS = ("since_layer", "since_action", "since_rows", "since_last", "since_actor")
ROW_PX, HEAD_PX, MOST_PX = 35, 38, 180


def show_day(context: Context) -> None:
    """Show what is due beside what changed."""
    left, right = st.columns(2)
    with left, st.container(border=True):
        _due(context)
    with right, st.container(border=True):
        _since(context)


def _due(context: Context) -> None:
    text = words().text
    st.markdown(f"**{text('title_due')}**")
    with st.spinner(text("working")):
        answer = cached_answer(due_answer)
    say_lines(answer.summary)
    kinds = {str(row["kind"]) for row in answer.result["due"]}  # type: ignore[attr-defined]
    if kinds:
        _list(answer, "due", DUE_COLUMNS)
    with st.container(horizontal=True):
        if "milestone" in kinds:
            _link("consolidate")
        _link("projects")
    if kinds:
        hand_out(answer, context, (".xlsx", ".docx", ".csv"), "due", stand=ledger_stand)


def _since(context: Context) -> None:
    text = words().text
    st.markdown(f"**{text('title_since')}**")
    visit = visit_before(context)
    if visit is None:
        st.markdown(as_text(text("since_first")))
        _link("data")
        return
    answer = since_answer(context, visit)
    say_lines(answer.summary)
    changed = {str(row["layer"]) for row in answer.result["changes"]}  # type: ignore[attr-defined]
    if changed:
        _list(answer, "since", SINCE_COLUMNS)
    with st.container(horizontal=True):
        if changed & set(LEDGER_TABLES):
            _link("projects")
        _link("data")


def _list(answer: Answer, key: str, columns: tuple[str, ...]) -> None:
    frame = answer.sheet(key).frame
    tall = min(MOST_PX, HEAD_PX + ROW_PX * len(frame))
    show_list(shown_columns(frame, columns, words(), answer.titles), height=tall)


def _link(page: str) -> None:
    """Lead to the page where the matter is seen to."""
    label = words().text("go_to_page", page=words().text(f"page_{page}"))
    st.page_link(f"views/{page}.py", label=label)
