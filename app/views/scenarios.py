"""Scenarios: what might change, beside what is, and its adoption."""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from app.answers.scenarios import (
    LONGEST_NAME,
    add_scenario,
    adopt_scenario,
    adoption_seen,
    edit_frame,
    edit_scenario,
    remove_scenario,
    scenarios_of,
    written_lines,
)
from app.components.page import as_text, changing, error_text, page_head, show_list, shown_columns
from app.components.scenarios import ask_edit, show_scenario_comparison, show_scenario_maps
from app.context import Context, unit_names
from app.session import current_context, words
from geo.errors import MuPlanError
from platforms.scenario.edits import Scenario

SENTENCES = "scenario_said"
CHOSEN = "scenario_chosen"
PARTS = ("edit", "compare", "map", "adopt")
LIST_COLUMNS = ("edit_number", "edit_kind", "edit_said")


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_scenarios", "scenarios_question")
    if not unit_names(context):
        st.info(text("scenarios_empty_base"))
        return
    for line in st.session_state.pop(SENTENCES, ()):
        st.success(as_text(line))
    scenarios = scenarios_of(context)
    _new(context)
    if not scenarios:
        st.info(text("scenarios_none"))
        return
    if st.session_state.get(CHOSEN) not in scenarios:
        st.session_state[CHOSEN] = next(reversed(scenarios))
    name = st.selectbox(text("scenario_choose"), list(scenarios), key=CHOSEN)
    # Beside the choice, because a chosen label isn't drawn anew when its count changes.
    st.caption(as_text(_labelled(scenarios[name])))
    part = st.radio(
        text("scenario_part"), PARTS, horizontal=True, key="scenario_part",
        format_func=lambda code: text(f"scenario_part_{code}"), label_visibility="collapsed",
    )  # fmt: skip
    scenario = scenarios[name]
    if part == "edit":
        _edits(context, scenario)
    elif part == "compare":
        waiting = [
            scenario
            for scenario in scenarios.values()
            if scenario.adopted_at is None and scenario.edits
        ]
        if waiting:
            show_scenario_comparison(context, waiting)
        else:
            st.info(text("scenario_none_to_compare"))
    elif part == "map":
        _where_sound(lambda: show_scenario_maps(context, scenario))
    else:
        _adopt(context, scenario)


def _labelled(scenario: Scenario) -> str:
    text = words().text
    if scenario.adopted_at is not None:
        return text("scenario_label_adopted", name=scenario.name, day=scenario.adopted_at[:10])
    return text("scenario_label", name=scenario.name, count=len(scenario.edits))


def _where_sound(run: Callable[[], None]) -> None:
    """Do a part of the page; where it is refused, say why and leave the rest as it is."""
    try:
        run()
    except MuPlanError as error:
        st.error(error_text(error))


def _done(*lines: str) -> None:
    """Say something once the page is drawn anew."""
    st.session_state[SENTENCES] = lines
    st.rerun()


def _new(context: Context) -> None:
    text = words().text
    with st.form("scenario_new", clear_on_submit=True):
        left, right = st.columns([4, 1], vertical_alignment="bottom")
        name = left.text_input(text("scenario_name"), max_chars=LONGEST_NAME)
        pressed = right.form_submit_button(text("scenario_new"))

    def make() -> None:
        scenario = add_scenario(context, name)
        st.session_state.pop(CHOSEN, None)
        _done(text("scenario_made", name=scenario))

    if pressed:
        _where_sound(make)


def _edits(context: Context, scenario: Scenario) -> None:
    text = words().text
    frame = edit_frame(context, {scenario.name: scenario})
    show_list(shown_columns(frame, LIST_COLUMNS, words()))
    if scenario.adopted_at is not None:
        st.info(text("scenario_is_adopted"))
    else:
        st.subheader(text("scenario_add_head"))
        _where_sound(lambda: _add(context, scenario))
    with st.expander(text("scenario_remove_head")):
        _remove(context, scenario)


def _add(context: Context, scenario: Scenario) -> None:
    edits = ask_edit(context, scenario)
    if edits:
        edit_scenario(context, scenario.name, edits)
        _done(words().text("scenario_edit_added", count=len(edits), name=scenario.name))


def _remove(context: Context, scenario: Scenario) -> None:
    text = words().text
    left, right = st.columns(2)
    with left:
        if scenario.edits and scenario.adopted_at is None:
            number = st.selectbox(
                text("scenario_edit_choose"), range(1, len(scenario.edits) + 1),
                key="scenario_edit_number",
            )  # fmt: skip
            if st.button(text("scenario_remove_edit"), key="scenario_remove_edit"):
                _where_sound(lambda: _drop(context, scenario, number))
    with right:
        sure = st.checkbox(text("scenario_remove_sure"), key=f"scenario_sure_{scenario.name}")
        if st.button(text("scenario_remove"), key="scenario_remove", disabled=not sure):
            _where_sound(lambda: _drop(context, scenario, None))


def _drop(context: Context, scenario: Scenario, number: int | None) -> None:
    text = words().text
    remove_scenario(context, scenario.name, number)
    if number is None:
        _done(text("scenario_removed", name=scenario.name))
    _done(text("scenario_edit_removed", number=number, name=scenario.name))


def _adopt(context: Context, scenario: Scenario) -> None:
    text = words().text
    if scenario.adopted_at is not None:
        st.info(text("scenario_is_adopted"))
        return
    if not scenario.edits:
        st.info(text("scenario_nothing_to_adopt"))
        return
    st.warning(text("scenario_adopt_warning", workspace=as_text(context.facts.title)))
    frame = edit_frame(context, {scenario.name: scenario})
    show_list(shown_columns(frame, LIST_COLUMNS, words()))
    sure = st.checkbox(text("scenario_adopt_sure"), key=f"scenario_adopt_{scenario.name}")

    slot = f"scenario_seen_{scenario.name}"
    seen = st.session_state.pop(slot, None)
    with suppress(MuPlanError):  # what no longer fits is refused when it is adopted
        st.session_state[slot] = adoption_seen(context, scenario)

    def write() -> None:
        with changing(context) as own:
            written = adopt_scenario(own, scenario.name, seen)
        _done(text("scenario_adopted_said", name=scenario.name), *written_lines(context, written))

    if st.button(text("scenario_adopt"), type="primary", key="scenario_adopt", disabled=not sure):
        _where_sound(write)


show()
