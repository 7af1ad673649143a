"""Parts of the page of checks."""

from datetime import date

import streamlit as st

from app.answers.answer import in_percent
from app.answers.checks import changed_answer
from app.answers.evidence import (
    EvidenceRows,
    assumption_texts,
    decimals_of,
    evidence_rows,
    light,
    outcome_word,
    shown_gap,
    verdict_table,
)
from app.components.jobs import judged_with_bar
from app.components.page import MISSING, as_text, hand_out, show_list, shown_columns
from app.context import DEFAULT_PACK, Context, pack_titles
from app.session import PACKS, context_against, words
from platforms.checks import CheckQuery
from platforms.policy.verdict import Verdict

COLUMNS = (
    "rule_id", "rule_title", "unit_name", "platform_name", "outcome_before", "outcome_after",
    "measured_before", "measured_after", "threshold_before", "threshold_after", "measure",
    "why_changed",
)  # fmt: skip


def show_changes(context: Context, query: CheckQuery) -> None:
    """Ask for another date or other packs, and list the verdicts that differ."""
    text = words().text
    titles = pack_titles(context.settings)
    mine = tuple(st.session_state.get(PACKS, ())) or (DEFAULT_PACK,)
    with st.form("changes"):
        left, right = st.columns(2)
        day = left.date_input(
            text("changes_as_of"), value=date.fromisoformat(context.as_of), format="YYYY-MM-DD"
        )
        packs = right.multiselect(
            text("packs_label"), list(titles), default=list(mine), format_func=titles.get
        )
        is_asked = st.form_submit_button(text("changes_button"))
    if not is_asked or not isinstance(day, date):
        return
    other = context_against(day.isoformat(), tuple(packs))
    with st.spinner(text("working")):
        answer = changed_answer(context, other, query, judged_with_bar(query))
    st.caption(answer.summary[-1])
    frame = answer.sheet("changes").frame
    if not len(frame):
        st.info(text("changes_none"))
        return
    show_list(shown_columns(frame, COLUMNS, words(), answer.titles))
    hand_out(answer, context, (".xlsx", ".docx"), "changes")


ROWS_SHOWN = 200
ROWS_PX = 210
ROWS_NAMED = 10


def show_evidence(context: Context, verdict: Verdict) -> None:
    """Show a verdict with all that stands behind it."""
    text = words().text
    row = verdict_table(context, [verdict]).iloc[0]
    head = (
        f"{light(verdict)} {outcome_word(context, verdict)}　{verdict.rule_id}　{row['rule_title']}"
    )
    st.markdown(f"**{as_text(head)}**")
    st.markdown(
        as_text(
            text(
                "evidence_figures", subject=row["subject"], measured=_figure(verdict, "measured"),
                threshold=_figure(verdict, "threshold"), gap=_figure(verdict, "gap"),
            )
        )
    )  # fmt: skip
    _marks(context, verdict)
    st.markdown(as_text(text("evidence_clause", clause=verdict.clause)))
    rule = context.policy.rule(verdict.rule_id, verdict.part.partition(":")[0]).rule
    quote = context.policy.pack.documents[rule.clause.document_id].quoted(rule.clause.place)
    if quote:
        st.caption(as_text(text("evidence_quote", quote=quote)))
    for reason in verdict.reasons:
        st.markdown(f"- {as_text(words().say(reason))}")
    for key, wording in assumption_texts(context, [verdict]):
        st.caption(as_text(text("evidence_assumption", key=key, said=wording)))
    for rows in evidence_rows(context, verdict):
        _rows(rows)


def _figure(verdict: Verdict, name: str) -> str:
    value = in_percent(getattr(verdict, name), verdict.unit)
    if name == "gap":
        value = shown_gap(verdict)
    if value is None:
        return MISSING
    sign = "+" if name == "gap" and value > 0 else ""
    unit = "%" if verdict.unit == "share" else f" {verdict.unit}"
    return f"{sign}{value:,.{decimals_of(verdict)}f}{unit}"


def _marks(context: Context, verdict: Verdict) -> None:
    """Show as badges what dates a verdict or makes it rest on an assumption."""
    text = words().text
    with st.container(horizontal=True):
        st.badge(
            text(f"force_status_{verdict.force_status}"),
            color="green" if verdict.in_force else "gray",
        )
        if verdict.is_past_target:
            st.badge(text("past_target"), color="gray")
        if verdict.basis == "assumed":
            names = " ".join(verdict.assumptions)
            st.badge(as_text(text("basis_assumed", assumptions=names)), color="orange")


def _rows(rows: EvidenceRows) -> None:
    text = words().text
    title = text("evidence_rows", layer=rows.title, count=len(rows.frame))
    st.caption(as_text(f"{title}　{rows.statement}"))
    if rows.missing:
        ids = "、".join(rows.missing[:ROWS_NAMED])
        st.caption(as_text(text("evidence_missing", count=len(rows.missing), rows=ids)))
    columns = [str(name) for name in rows.frame.columns if name != "geometry"]
    if len(rows.frame):
        visible = shown_columns(rows.frame.head(ROWS_SHOWN), columns, words())
        tall = min(ROWS_PX, 38 + 35 * len(visible))
        show_list(visible, height=tall)
    if len(rows.frame) > ROWS_SHOWN:
        st.caption(text("evidence_cut", shown=ROWS_SHOWN, count=len(rows.frame)))
