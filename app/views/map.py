"""The map: layers, facts, search, selection, measuring, and a sheet to print."""

import streamlit as st

from app.components.map_panels import highlighted, show_panel
from app.components.map_view import choose_rows, map_state, show_tool_map, told_already, took
from app.components.page import page_head, within_border
from app.session import current_context, map_view, words

HEIGHT_PX = 600
MAP = "main_map"


def show() -> None:
    """Show the page."""
    context = current_context()
    page_head(context, "page_map", "map_question")
    with st.spinner(words().text("working")):
        view = map_view()
    if view.extent is None:
        st.info(words().text("map_empty"))
        return
    _map()


@st.fragment
def _map() -> None:
    within_border(_draw)


def _draw() -> None:
    context, view, state = current_context(), map_view(), map_state()
    took(state, view, *told_already(MAP))
    choose_rows(context, state)
    marked = highlighted(context, state)
    left, right = st.columns([2.7, 1.15])
    with left:
        click, drawing = show_tool_map(
            view, words(), key=MAP, highlights=marked, focus=state.focus,
            base_map_url=context.settings.base_map_url, height_px=HEIGHT_PX,
        )  # fmt: skip
    if took(state, view, click, drawing):
        st.rerun(scope="fragment")
    with right:
        show_panel(context, view, state, marked)


show()
