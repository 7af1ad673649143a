"""Entries into the ledger by form: a new project with its first report, or an event."""

from collections.abc import Callable
from datetime import date

import streamlit as st

from app.answers.answer import Answer
from app.answers.land import unit_names
from app.answers.ledger_entry import add_event, add_project
from app.components.plain import as_text
from app.context import Context
from app.session import words
from geo.errors import MuPlanError
from layers.codes import CATEGORIES, EVENT_KINDS, EXIT_REASONS
from platforms.projects.corrections import CORRECTION
from platforms.projects.milestones import PLANNED

SAID = "ledger_said"


def ask_project(held: Context) -> None:
    """Ask for a new project, and enter it with its first report."""
    text, units = words().text, unit_names(held)
    with st.form("ledger_project", clear_on_submit=False):
        first, second, third = st.columns(3)
        row = {
            "project_id": first.text_input(text("option_ledger_project")).strip(),
            "name": second.text_input(text("option_project_name")).strip(),
            "unit_id": third.selectbox(
                text("column_unit_name"), list(units), format_func=units.get
            ),
            "investor_name": first.text_input(text("option_investor")).strip() or None,
            "credit_code": second.text_input(text("option_credit_code")).strip() or None,
            "parent_credit_code": first.text_input(
                text("option_parent_credit_code")
            ).strip() or None,
            "category": third.selectbox(
                text("option_category"), [None, *CATEGORIES],
                format_func=lambda one: words().word("category", one) if one else "–",
            ),
            "industry_code": first.text_input(text("option_industry_code")).strip() or None,
            "product": second.text_input(text("option_product")).strip() or None,
            "investment_yi_yuan": third.number_input(
                text("option_investment_yi_yuan"), value=None, min_value=0.0
            ),
            "investment_stated": second.text_input(
                text("option_investment_stated")
            ).strip() or None,
            "land_ideal_mu": first.number_input(
                text("option_land_ideal_mu"), value=None, min_value=0.0
            ),
        }  # fmt: skip
        day = second.date_input(text("option_event_on"), value=date.fromisoformat(held.as_of))
        if not st.form_submit_button(text("ledger_add_project"), type="primary"):
            return
    event = {
        "project_id": row["project_id"], "event_kind": "first_report", "event_on": str(day),
        "unit_id": row["unit_id"],
    }  # fmt: skip
    _enter(lambda: add_project(held, row, event))


def ask_event(held: Context, project_id: str) -> None:
    """Ask for an event of a project, and enter it; a correction is an event too."""
    text, units = words().text, unit_names(held)
    names = list(EVENT_KINDS)
    kind = st.selectbox(
        text("option_event_kind"), names, index=names.index("updated"), key="ledger_kind",
        format_func=lambda one: words().word("event_kind", one),
    )  # fmt: skip
    with st.form(f"ledger_event_{kind}"):
        first, second, third = st.columns(3)
        event: dict[str, object] = {
            "project_id": project_id, "event_kind": kind,
            "event_on": str(
                first.date_input(text("option_event_on"), value=date.fromisoformat(held.as_of))
            ),
            "unit_id": second.selectbox(
                text("column_unit_name"), list(units), format_func=units.get
            ),
            "detail": third.text_input(text("option_event_detail")).strip() or None,
        }  # fmt: skip
        event |= _further(str(kind), held)
        if not st.form_submit_button(text("ledger_add_event"), type="primary"):
            return
    _enter(lambda: add_event(held, event))


def _further(kind: str, held: Context) -> dict[str, object]:
    """Ask what only some kinds of event have."""
    text = words().text
    if kind == "delisted":
        reason = st.selectbox(
            text("option_exit_reason"), list(EXIT_REASONS),
            format_func=lambda one: words().word("exit_reason", one),
        )  # fmt: skip
        return {"exit_reason": reason}
    if kind == PLANNED:
        left, right = st.columns(2)
        node = left.selectbox(
            text("option_planned_kind"), list(EVENT_KINDS),
            format_func=lambda one: words().word("event_kind", one),
        )  # fmt: skip
        day = right.date_input(text("option_planned_on"), value=date.fromisoformat(held.as_of))
        return {"planned_kind": node, "planned_on": str(day)}
    if kind == CORRECTION:
        left, right = st.columns(2)
        day = right.date_input(text("option_corrected_on"), value=None)
        return {
            "corrects": left.text_input(text("option_corrects")).strip() or None,
            "corrected_on": None if day is None else str(day),
        }
    return {}


def _enter(make: Callable[[], Answer]) -> None:
    """Make an entry; the page is then drawn anew, on the ledger as it is now."""
    try:
        answer = make()
    except MuPlanError as error:
        st.error(as_text(words().error(error)))
        return
    st.session_state[SAID] = answer.summary
    st.rerun()
