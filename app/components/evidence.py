"""What stands behind one verdict, beside the map: figures, marks, reasons, rows."""

import streamlit as st

from app.answers.checks import in_percent, outcome_word
from app.answers.evidence import EvidenceRows, assumption_texts, evidence_rows, verdict_table
from app.components.lights import light
from app.components.plain import as_text
from app.components.table import MISSING, show_list, shown_columns
from app.context import Context
from app.session import words
from platforms.verdict import Verdict

ROWS_SHOWN = 200
ROWS_PX = 210
ROWS_NAMED = 10


def show_evidence(held: Context, verdict: Verdict) -> None:
    """Show a verdict with all that stands behind it.

    Parameters
    ----------
    held
        Workspace, rules, language.
    verdict
        The verdict chosen.
    """
    text = words().text
    row = verdict_table(held, [verdict]).iloc[0]
    head = f"{light(verdict)} {outcome_word(held, verdict)}　{verdict.rule_id}　{row['rule_title']}"
    st.markdown(f"**{as_text(head)}**")
    st.markdown(
        as_text(
            text(
                "evidence_figures", subject=row["subject"], measured=_figure(verdict, "measured"),
                threshold=_figure(verdict, "threshold"), gap=_figure(verdict, "gap"),
            )
        )
    )  # fmt: skip
    _marks(held, verdict)
    st.markdown(as_text(text("evidence_clause", clause=verdict.clause)))
    for reason in verdict.reasons:
        st.markdown(f"- {as_text(words().say(reason))}")
    for key, said in assumption_texts(held, [verdict]):
        st.caption(as_text(text("evidence_assumption", key=key, said=said)))
    for rows in evidence_rows(held, verdict):
        _rows(rows)


def _figure(verdict: Verdict, name: str) -> str:
    value = in_percent(getattr(verdict, name), verdict.unit)
    if value is None:
        return MISSING
    sign = "+" if name == "gap" and value > 0 else ""
    unit = "%" if verdict.unit == "share" else f" {verdict.unit}"
    return f"{sign}{value:,.2f}{unit}"


def _marks(held: Context, verdict: Verdict) -> None:
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
    st.caption(as_text(f"{title}　{rows.said}"))
    if rows.missing:
        named = "、".join(rows.missing[:ROWS_NAMED])
        st.caption(as_text(text("evidence_missing", count=len(rows.missing), rows=named)))
    columns = [str(name) for name in rows.frame.columns if name != "geometry"]
    if len(rows.frame):
        shown = shown_columns(rows.frame.head(ROWS_SHOWN), columns, words())
        tall = min(ROWS_PX, 38 + 35 * len(shown))
        show_list(shown, height=tall)
    if len(rows.frame) > ROWS_SHOWN:
        st.caption(text("evidence_cut", shown=ROWS_SHOWN, count=len(rows.frame)))
