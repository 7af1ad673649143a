"""A pair of projects that may be one: what happened to either, and where one could go instead."""

import pandas as pd
import streamlit as st

from app.answers.answer import Answer
from app.answers.ledger_chain import ledger_stand
from app.answers.matching import demand_in_ledger
from app.answers.transfer_proposals import transfer_answer
from app.components.frame import hand_out
from app.components.plain import as_text, say_lines
from app.components.table import show_list, shown_columns
from app.context import Context
from app.session import evaluated, words
from platforms.matching.match import ranked

STEP_COLUMNS = ("event_on", "event_kind", "unit_id", "entered_at")
ASKED = "transfer_asked"


def show_dispute(held: Context, answer: Answer) -> None:
    """Show the timelines of both projects of a pair, and propose a transfer.

    Parameters
    ----------
    held
        Workspace, rules, language.
    answer
        The answer ``project conflicts``, with at least one pair.
    """
    text = words().text
    pairs, times = (sheet.frame for sheet in answer.sheets)
    st.subheader(answer.sheets[1].name)
    pair = st.selectbox(
        text("column_pair"), list(pairs["pair"]), key="conflict_pair",
        format_func=lambda number: _named(pairs, number),
    )  # fmt: skip
    (row,) = pairs[pairs["pair"].eq(pair)].to_dict("records")
    names = [str(row["project_id"]), str(row["other_project_id"])]
    st.info(as_text(str(row["talks"])))
    mine = times[times["pair"].eq(pair)]
    for column, name in zip(st.columns(2), names, strict=True):
        with column:
            st.markdown(f"**{as_text(name)}**")
            steps = mine[mine["project_id"].eq(name)]
            if len(steps):
                show_list(shown_columns(steps, STEP_COLUMNS, words(), answer.titles))
            else:
                st.caption(text("dispute_unseen"))
    _transfer(held, names)


def _named(pairs: pd.DataFrame, number: int) -> str:
    (row,) = pairs[pairs["pair"].eq(number)].to_dict("records")
    return f"{row['pair']}  {row['project_id']} – {row['other_project_id']}"


def _transfer(held: Context, names: list[str]) -> None:
    """Ask which of the two is to go elsewhere; looking takes a while, so it waits to be asked."""
    text = words().text
    seen = [one for one in names if held.source.read("projects")["project_id"].eq(one).any()]
    st.subheader(text("sheet_transfer"))
    st.caption(text("dispute_transfer_hint"))
    left, right, _ = st.columns([2, 1, 3], vertical_alignment="bottom")
    chosen = str(left.selectbox(text("option_ledger_project"), seen, key="transfer_project"))
    if right.button(text("dispute_transfer_ask"), key="transfer_ask"):
        st.session_state[ASKED] = chosen
    if st.session_state.get(ASKED) != chosen:
        return
    with st.spinner(text("working_match")):
        evaluation = evaluated(demand_in_ledger(held, chosen))
    answer = transfer_answer(held, ranked(evaluation, held.match_table()))
    say_lines(answer.summary)
    frame = answer.sheets[0].frame
    if len(frame):
        show_list(shown_columns(frame, tuple(map(str, frame.columns)), words(), answer.titles))
        hand_out(answer, held, (".xlsx", ".docx", ".csv"), "transfer", stand=ledger_stand)
