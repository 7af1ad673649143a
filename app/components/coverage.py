"""What is on file: the table of units and kinds, and what is stated of data."""

from datetime import date

import streamlit as st

from app.answers.coverage import completeness_of, gap_sentences, matrix_sheet, state_coverage
from app.components.page import changing, error_text, say_lines, show_list
from app.context import Context, today, unit_names
from app.session import words
from geo.errors import MuPlanError
from layers.codes import COVERED_LAYERS
from layers.exchange.recognise.coverage import KINDS_OF
from layers.exchange.request import DataStatement
from platforms.ledger.visibility import require_city

SAID = "coverage_said"


def show_coverage(context: Context) -> None:
    """Show what can be relied on where, and take what somebody states of data on file."""
    text = words().text
    matrix = completeness_of(context).matrix()
    say_lines(gap_sentences(context, matrix))
    frame = matrix_sheet(context, matrix).frame
    titles = {"subject": "column_subject", "rows": "column_rows", "responsible": "column_office"}
    show_list(frame.rename(columns={name: text(code) for name, code in titles.items()}))
    stored = st.session_state.pop(SAID, None)
    if stored is not None:
        st.success(stored)
    if context.viewer is None:
        _state(context)


def _state(context: Context) -> None:
    """Take a statement on data that are on file already."""
    text = words().text
    require_city(context.source)
    st.subheader(text("coverage_state"))
    place = 0 if words().language == "zh" else 1
    layer = st.selectbox(
        words().heading("covered_layer"), list(COVERED_LAYERS),
        format_func=lambda code: COVERED_LAYERS[code][place], key="coverage_layer",
    )  # fmt: skip
    statement = ask_statement(context, layer, "stated", is_open=True)
    if not st.button(text("coverage_store"), type="primary", key="coverage_store"):
        return
    if not statement.covers:
        st.error(text("coverage_units_needed"))
        return
    try:
        with changing(context) as own:
            count = state_coverage(own, layer, statement)
    except MuPlanError as error:
        st.error(error_text(error))
        return
    st.session_state[SAID] = text("coverage_stored", count=count)
    st.rerun()


def ask_statement(
    context: Context, layer: str, key: str, *, is_open: bool = False
) -> DataStatement:
    """Ask of which day data are, whose they are, and what they cover."""
    text = words().text
    if layer not in COVERED_LAYERS:
        return DataStatement()
    units = unit_names(context)
    with st.expander(text("coverage_of_file"), expanded=is_open):
        st.caption(text("coverage_help"))
        first, second, third = st.columns(3)
        day = first.date_input(
            text("coverage_day"),
            value=None,
            max_value=date.fromisoformat(today()),
            key=f"{key}_data_on",
        )
        office = second.text_input(text("coverage_office"), key=f"{key}_office")
        source = third.text_input(text("coverage_source"), key=f"{key}_source")
        covers = st.multiselect(
            text("coverage_units"),
            list(units),
            format_func=units.get,
            key=f"{key}_covers",
            placeholder=text("choose"),
        )
        if st.checkbox(text("coverage_whole_city"), key=f"{key}_city"):
            covers = list(units)
        kinds: list[str] = []
        if layer in KINDS_OF:
            field, codes = KINDS_OF[layer]
            kinds = st.multiselect(
                text("coverage_kinds"), list(codes),
                format_func=lambda code: words().word(field, code), key=f"{key}_kinds",
                placeholder=text("choose"),
            )  # fmt: skip
    return DataStatement(
        None if day is None else day.isoformat(), office.strip() or None, source.strip() or None,
        tuple(covers), tuple(kinds),
    )  # fmt: skip
