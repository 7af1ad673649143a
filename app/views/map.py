"""The map: every layer, switches, legend, and the facts of what is clicked."""

import pandas as pd
import streamlit as st

from app.components.frame import page_head
from app.components.map_view import show_map
from app.context import Context
from app.messages import Catalogue
from app.session import context, map_view, words
from layers.contracts import contract_of
from layers.maps.highlight import Highlight
from layers.maps.hit import Hit, rows_at

FACTS_SHOWN = 3


def show() -> None:
    """Show the page."""
    held = context()
    page_head(held, "page_map", "map_question")
    with st.spinner(words().text("working")):
        view = map_view()
    if view.extent is None:
        st.info(words().text("map_empty"))
        return
    _map(held)


@st.fragment
def _map(held: Context) -> None:
    text = words().text
    view = map_view()
    hits: list[Hit] = st.session_state.get("map_hits", [])
    left, right = st.columns([3, 1])
    with left:
        click = show_map(
            view, words(), key="main_map", highlights=_highlight(held, hits),
            base_map_url=held.settings.base_map_url, height_px=640,
        )  # fmt: skip
    if click is not None:
        found = rows_at(view.layers, click.lon, click.lat, click.zoom)
        if found != hits:
            st.session_state["map_hits"] = found
            st.rerun(scope="fragment")
    with right:
        st.markdown(f"**{text('map_facts')}**")
        if not hits:
            st.caption(text("map_click_hint"))
        for hit in hits[:FACTS_SHOWN]:
            st.text(contract_of(hit.layer).zh)
            st.dataframe(row_facts(held, hit, words()), hide_index=True, width="stretch")


def _highlight(held: Context, hits: list[Hit]) -> list[Highlight]:
    if not hits:
        return []
    frame = held.source.read(hits[0].layer)
    rows = frame[frame[contract_of(hits[0].layer).key] == hits[0].key]
    return [Highlight("selected", rows.geometry, ("",) * len(rows))]


def row_facts(held: Context, hit: Hit, catalogue: Catalogue) -> pd.DataFrame:
    """List what is on file for a row: heading and value, missing values left out."""
    contract = contract_of(hit.layer)
    frame = pd.DataFrame(held.source.read(hit.layer))
    row = frame[frame[contract.key] == hit.key].iloc[0]
    facts = []
    for name, value in row.items():
        if name == "geometry" or pd.isna(value):
            continue
        column = str(name)
        if column in contract.columns:
            field = contract.field(column)
            shown = catalogue.codes(column, str(value)) if field.values else str(value)
            facts.append((catalogue.heading(column), shown))
        else:
            facts.append((column, str(value)))
    return pd.DataFrame(facts, columns=[catalogue.text("fact"), catalogue.text("fact_value")])


show()
