"""The part of the data page on what was changed: the list, the way back, backups."""

from collections.abc import Callable

import streamlit as st

from app.answers.answer import Answer
from app.answers.changes import (
    BACKUP_COLUMNS,
    CHANGE_COLUMNS,
    backup_frame,
    backup_moment,
    history_answer,
    keep_backup,
    kind_text,
    restore,
    restore_lines,
    restored_answer,
    scenario_lines,
    step_lines,
    undo,
    undo_steps,
)
from app.components.page import as_text, changing, error_text, hand_out, show_list, shown_columns
from app.context import Context, local_minute
from app.session import cached, words
from geo.errors import MuPlanError
from layers.workspace.backup import Backup, backup_folder, backups
from layers.workspace.changes import Change
from platforms.ledger.visibility import require_city

SENTENCES = "changes_said"
LIST_PX = 320


def show_changes(context: Context) -> None:
    """Show the changes of the workspace with the way back, and its backups (city only)."""
    require_city(context.source)
    for line in st.session_state.pop(SENTENCES, ()):
        st.success(as_text(line))
    _list(context)
    changes = list(reversed(context.workspace.changes()))
    if changes:
        _undo(context, changes)
    _backups(context)


def _list(context: Context) -> None:
    answer = history_answer(context)
    frame = answer.sheet("history").frame
    if not len(frame):
        st.info(words().text("history_none"))
        return
    st.caption(words().text("history_hint", count=len(frame)))
    columns = {
        answer.titles["change_no"]: st.column_config.NumberColumn(width="small"),
        answer.titles["change_did"]: st.column_config.TextColumn(width="large"),
    }
    show_list(
        shown_columns(frame, CHANGE_COLUMNS, words(), answer.titles), column_config=columns,
        **({"height": LIST_PX} if len(frame) > 8 else {}),
    )  # fmt: skip
    hand_out(answer, context, (".xlsx", ".docx", ".csv"), "changes")


def _undo(context: Context, changes: list[Change]) -> None:
    """Let a change be chosen, say what undoing it would do or why it can't be, and do it."""
    text = words().text
    st.subheader(text("history_undo_head"))
    by_number = {change.number: change for change in changes}
    # A newer change is a choice of its own: else the one chosen before would stay chosen.
    left, right = st.columns([3, 2])
    number = left.selectbox(
        text("history_undo_choose"), list(by_number), key=f"undo_number_{changes[0].number}",
        format_func=lambda number: _label(by_number[number]),
    )  # fmt: skip
    try:
        steps, scenarios = cached(undo_steps, number), scenario_lines(context, number)
    except MuPlanError as error:
        st.info(error_text(error))
        return
    st.markdown(text("history_undo_would"))
    for line in (*step_lines(words(), steps), *scenarios) or (text("history_undo_nothing"),):
        st.markdown(f"- {as_text(line)}")
    reason = right.text_input(text("history_reason"), key=f"undo_reason_{number}")
    sure = st.checkbox(text("history_undo_sure", change=number), key=f"undo_sure_{number}")
    if st.button(text("history_undo"), key="undo", disabled=not sure):
        _do(context, lambda own: undo(own, number, reason.strip()))


def _label(change: Change) -> str:
    kind = kind_text(words(), change)
    return words().text(
        "history_label", change=change.number, at=local_minute(change.at), actor=change.actor,
        kind=kind, reason=change.reason,
    )  # fmt: skip


def _backups(context: Context) -> None:
    text = words().text
    st.subheader(text("history_backups_head"))
    kept = backups(context.path)
    if kept:
        newest = backup_moment(kept[-1])
        st.markdown(as_text(text("history_backups_newest", count=len(kept), newest=newest)))
    else:
        st.markdown(text("history_backups_none"))
    st.caption(text("history_backups_place"))
    st.text(str(backup_folder(context.path)))
    if st.button(text("history_backup"), key="backup", icon=":material/save:"):
        _do(context, keep_backup)
    if not kept:
        return
    show_list(shown_columns(backup_frame(kept), BACKUP_COLUMNS, words()))
    _restore(context, list(reversed(kept)))


def _restore(context: Context, kept: list[Backup]) -> None:
    """Let a backup be chosen, say what putting it back would do, and do it."""
    text = words().text
    st.subheader(text("history_restore_head"))
    by_name = {backup.path.name: backup for backup in kept}
    left, right = st.columns([3, 2])
    name = left.selectbox(
        text("history_restore_choose"), list(by_name), key=f"restore_name_{kept[0].path.name}",
        format_func=lambda name: f"{backup_moment(by_name[name])}　{name}",
    )  # fmt: skip
    backup = by_name[name]
    try:
        lines = restore_lines(context, backup.path)
    except MuPlanError as error:
        st.error(error_text(error))
        return
    for line in lines:
        st.markdown(as_text(line))
    reason = right.text_input(text("history_reason"), key=f"restore_reason_{name}")
    sure = st.checkbox(text("history_restore_sure", name=name), key=f"restore_sure_{name}")

    def put_back(own: Context) -> Answer:
        before, after = restore(backup.path, own.path, reason.strip())
        return restored_answer(own, before, after)

    if st.button(text("history_restore"), key="restore", disabled=not sure):
        _do(context, put_back)


def _do(context: Context, make: Callable[[Context], Answer]) -> None:
    """Do it and draw the page anew, on the workspace as it is then; or say why it wasn't done."""
    try:
        with st.spinner(words().text("history_working")), changing(context) as own:
            answer = make(own)
    except MuPlanError as error:
        st.error(error_text(error))
        return
    st.session_state[SENTENCES] = answer.summary
    st.rerun()
