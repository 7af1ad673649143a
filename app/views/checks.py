"""What the rules say: verdicts by force, shares with headroom, figures per 亩, thresholds."""

import pandas as pd
import streamlit as st

from app.answers.answer import Answer
from app.answers.checks import (
    check_answer,
    outcome_word,
    share_answer,
    verdict_frame,
    verdict_list,
)
from app.answers.land import unit_names
from app.answers.rules import rule_answer
from app.components.frame import hand_out, page_head
from app.components.lights import light
from app.components.per_mu import per_mu_tab
from app.components.table import shown_columns, styled
from app.context import Context
from app.session import context, words
from platforms.checks import CheckQuery
from platforms.verdict import Force, Verdict

FORCES: tuple[Force, ...] = ("mandatory", "principle", "target", "guidance")
VERDICT_COLUMNS = (
    "rule_id", "unit_name", "platform_name", "rule_title", "measured", "threshold", "gap",
    "measure", "why", "clause", "force_status", "basis",
)  # fmt: skip
SHARE_COLUMNS = (
    "unit_name", "year", "span", "element_name", "pollutant", "boundary_basis", "share", "outcome",
    "inside", "total", "unit", "headroom", "need_inside", "planned_share", "repair_allotment_ids",
    "declared_but_outside",
)  # fmt: skip


def show() -> None:
    """Show the page."""
    held = context()
    text = words().text
    page_head(held, "page_checks", "checks_question")
    year = st.number_input(text("column_year"), 1990, 2100, held.year, key="check_year", width=160)
    verdicts, shares, per_mu, rules = st.tabs(
        [text("tab_verdicts"), text("tab_shares"), text("tab_per_mu"), text("tab_rules")]
    )
    with verdicts:
        _verdicts(held, int(year))
    with shares:
        answer = share_answer(held, int(year))
        st.caption(text("shares_hint"))
        _table(answer, SHARE_COLUMNS)
        hand_out(answer, held, (".xlsx", ".csv"), "shares")
    with per_mu:
        per_mu_tab(held, int(year))
    with rules:
        answer = rule_answer(held.policy, words())
        _table(answer, tuple(map(str, answer.sheets[0].frame.columns)))
        hand_out(answer, held, (".xlsx", ".csv"), "rules")


def _verdicts(held: Context, year: int) -> None:
    text = words().text
    names = unit_names(held)
    units = st.multiselect(
        text("column_unit_name"), list(names), format_func=names.get, key="check_units",
        placeholder=text("whole_city"),
    )  # fmt: skip
    query = CheckQuery(year, (), tuple(units), held.as_of)
    with st.spinner(text("working")):
        found = verdict_list(held, query)
    if not found:
        st.info(text("checks_empty"))
        return
    for force in FORCES:
        mine = sorted((v for v in found if v.force == force), key=_urgency)
        if not mine:
            continue
        st.subheader(text(f"force_head_{force}"))
        st.caption(_count(held, mine))
        frame = verdict_frame(held, mine)
        signs = [f"{light(v)} {outcome_word(held, v)}" for v in mine]
        shown = shown_columns(frame, VERDICT_COLUMNS, words())
        shown.insert(0, text("column_outcome"), signs)
        wide = st.column_config.TextColumn(width="medium")
        st.dataframe(
            styled(shown), hide_index=True, width="stretch",
            column_config={text("column_rule_title"): wide, text("column_platform_name"): wide},
        )  # fmt: skip
    hand_out(check_answer(held, query, found), held, (".xlsx", ".csv"), "verdicts")


def _urgency(verdict: Verdict) -> int:
    """Put what is not met first, then what could not be told."""
    return ("not_met", "no_data", "met", "not_applicable").index(verdict.outcome)


def _count(held: Context, verdicts: list[Verdict]) -> str:
    counts = pd.Series([outcome_word(held, v) for v in verdicts]).value_counts()
    return "　".join(f"{name} {count}" for name, count in counts.items())


def _table(answer: Answer, columns: tuple[str, ...]) -> None:
    frame = answer.sheets[0].frame
    if not len(frame):
        st.info(words().text("checks_empty"))
        return
    st.dataframe(
        styled(shown_columns(frame, columns, words(), answer.titles)),
        hide_index=True,
        width="stretch",
    )


show()
