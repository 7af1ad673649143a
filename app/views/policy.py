"""Where every threshold stands: rule, clause, document, dates, and what is assumed."""

import pandas as pd
import streamlit as st

from app.answers.answer import Answer
from app.answers.rules import rule_answer
from app.components.page import as_text, hand_out, page_head, show_list, shown_columns
from app.context import Context
from app.session import current_context, words

COLUMNS = (
    "rule_id", "title", "comparator", "value", "unit", "force", "force_status", "basis", "clause",
    "document_title", "document_validity", "target_date", "force_word", "part",
)  # fmt: skip
FACTS = (
    "clause", "document_title", "document_number", "document_validity", "force", "force_word",
    "force_status", "effective_from", "effective_until", "target_date", "basis",
    "assumption_texts",
)  # fmt: skip
FILTERS = ("force", "force_status", "document_title")
LIST_PX = 400


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_policy", "policy_question")
    answer = rule_answer(context.policy, words())
    rules, *others = map(answer.sheet, ("rules", "documents", "assumptions"))
    rules_tab, *tabs = st.tabs([sheet.name for sheet in (rules, *others)])
    with rules_tab:
        _rules(answer)
    for tab, sheet in zip(tabs, others, strict=True):
        with tab:
            show_list(shown_columns(sheet.frame, _columns(sheet.frame), words(), answer.titles))
    _switched_off(context)
    st.caption(text("policy_how"))
    hand_out(answer, context, (".xlsx", ".docx", ".csv"), "policy")


@st.fragment
def _rules(answer: Answer) -> None:
    """Search the rules; what is typed draws this part of the page only."""
    text = words().text
    frame = answer.sheet("rules").frame
    cells = st.columns([3, 1, 1, 3, 1], vertical_alignment="bottom")
    sought = cells[0].text_input(
        text("policy_search"), key="policy_search", placeholder=text("policy_search_example")
    )
    wanted = _holding(frame, sought)
    for cell, name in zip(cells[1:], FILTERS, strict=False):
        known = list(dict.fromkeys(frame[name]))
        chosen = cell.multiselect(
            text(f"column_{name}"), known, key=f"policy_{name}", placeholder=text("policy_all")
        )
        if chosen:
            wanted &= frame[name].isin(chosen)
    if cells[4].checkbox(text("policy_assumed"), key="policy_assumed"):
        wanted &= frame["assumption_texts"].ne("")
    matching = frame[wanted].reset_index(drop=True)
    st.caption(text("policy_found", found=len(matching), count=len(frame)))
    if not len(matching):
        st.info(text("policy_none_found"))
        return
    event = show_list(
        shown_columns(matching, COLUMNS, words(), answer.titles), height=LIST_PX, on_select="rerun",
        selection_mode="single-row", key="policy_rows",
    )  # fmt: skip
    rows = [row for row in event.selection.rows if row < len(matching)]
    if rows:
        _rule_detail(matching.iloc[rows[0]], answer)
    else:
        st.caption(text("policy_choose"))


def _holding(frame: pd.DataFrame, sought: str) -> pd.Series:
    """Tell which rows hold every word sought, in any column."""
    line = frame.fillna("").astype("str").agg(" ".join, axis=1).str.casefold()
    wanted = pd.Series(True, index=frame.index)
    for word in sought.casefold().split():
        wanted &= line.str.contains(word, regex=False)
    return wanted


def _rule_detail(row: pd.Series, answer: Answer) -> None:
    """Show one rule with all that it stands on."""
    colon = words().text("colon")
    asked = f"{row['title']}{colon}{row['comparator']} {row['value']} {row['unit']}"
    rule_name = " ".join((row["rule_id"], row["part"], asked)).split()
    st.markdown(f"**{as_text(' '.join(rule_name))}**")
    titles = shown_columns(pd.DataFrame([row]), FACTS, words(), answer.titles)
    for name, cell in titles.iloc[0].items():
        if not pd.isna(cell) and str(cell):
            st.markdown(as_text(f"{name}{colon}{cell}"))


def _switched_off(context: Context) -> None:
    """Say which rules of a base pack don't hold here, each with the reason."""
    for off in context.policy.pack.switched_off:
        rule_name = f"{off.rule_id} {off.part or ''}".strip()
        st.caption(as_text(words().text("policy_switched_off", rule=rule_name, why=off.why)))


def _columns(frame: pd.DataFrame) -> tuple[str, ...]:
    return tuple(map(str, frame.columns))


show()
