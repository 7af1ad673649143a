"""The panels beside the map: facts, search, selection, measuring, print."""

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import streamlit as st

from app.answers.map import (
    PAPER_MM,
    area_mu,
    as_pdf,
    layer_title,
    layers_to_choose_from,
    length_m,
    listed_columns,
    map_sheet,
    selection_answer,
    selection_said,
)
from app.components.map_view import IS_WHOLE, LAYER, PANEL, MapState, choose_numbers, clear_choice
from app.components.page import as_text, hand_out, show_list, shown_columns
from app.context import Context
from app.messages import Catalogue
from app.session import words
from geo.units import M2_PER_HA, mu_to_m2
from layers.contracts import contract_of
from layers.maps.find import Highlight, Hit, rows_named
from layers.maps.view import MapView

PANELS = ("facts", "search", "select", "measure", "print")
FACTS_SHOWN = 3
MOST_HITS = 30
MOST_FOUND = 50
MISSING_SHOWN = 20
MOST_LISTED = 500
"""Rows of a selection listed and marked on the page; more would make each click wait."""
LEAST_DEGREES = 0.002
"""Room around a place gone to: a point has no size of its own."""


def show_panel(
    context: Context, view: MapView, state: MapState, marked: Sequence[Highlight]
) -> None:
    """Show the panel chosen."""
    text = words().text
    chosen = st.pills(
        text("map_panel"), PANELS, key=PANEL, label_visibility="collapsed",
        format_func=lambda panel: text(f"map_panel_{panel}"),
    )  # fmt: skip
    if chosen == "search":
        _search(context, view, state)
    elif chosen == "select":
        _select(context, state)
    elif chosen == "measure":
        _measure(context, state)
    elif chosen == "print":
        _print(context, view, state, marked)
    else:
        _facts(context, state)


def highlighted(context: Context, state: MapState) -> list[Highlight]:
    """Give what is highlighted: the rows chosen, and above them what was clicked or found."""
    highlights = []
    if state.selection is not None and len(state.selection.rows):
        rows = state.selection.rows.iloc[:MOST_LISTED]
        key = contract_of(state.selection.layer).key
        highlights.append(Highlight("result", rows.geometry, tuple(rows[key].astype(str))))
    if state.hits:
        rows = _rows_of(context, state.hits[0])
        highlights.append(Highlight("selected", rows.geometry, ("",) * len(rows)))
    return highlights


def _rows_of(context: Context, hit: Hit) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(context.source.read(hit.layer))
    return frame[frame[contract_of(hit.layer).key] == hit.key]


def _facts(context: Context, state: MapState) -> None:
    text = words().text
    st.markdown(f"**{text('map_facts')}**")
    if not state.hits:
        st.caption(text("map_click_hint"))
        return
    st.caption(text("map_hits_said", count=len(state.hits)))
    for at, hit in enumerate(state.hits[:MOST_HITS]):
        title = layer_title(contract_of(hit.layer), words().language)
        with st.expander(as_text(f"{title} {hit.key}"), expanded=at < FACTS_SHOWN):
            st.dataframe(row_facts(context, hit, words()), hide_index=True, width="stretch")


def _search(context: Context, view: MapView, state: MapState) -> None:
    text, language = words().text, words().language
    wanted = st.text_input(
        text("map_search_label"), key="map_search", max_chars=80, help=text("map_search_hint")
    )
    if not wanted.strip():
        st.caption(text("map_search_hint"))
        return
    hits = rows_named(view.layers, wanted, MOST_FOUND)
    if not hits:
        st.info(as_text(text("map_search_none", wanted=wanted.strip())))
        return
    labels = [
        " ".join(filter(None, (layer_title(contract_of(hit.hit.layer), language), hit.hit.key,
                               hit.name)))
        for hit in hits
    ]  # fmt: skip
    st.caption(text("map_search_pick", count=len(hits)))
    if len(hits) == MOST_FOUND:
        st.caption(text("map_search_most", count=MOST_FOUND))
    rows = pd.DataFrame({text("map_search_label"): labels})
    event = st.dataframe(
        rows, hide_index=True, width="stretch", on_select="rerun", selection_mode="single-row",
        key=f"map_found_{wanted.strip()}", height=min(38 + 35 * len(rows), 320),
    )  # fmt: skip
    if not event.selection.rows:
        return
    hit = hits[event.selection.rows[0]].hit
    if [hit] != state.hits and hit != st.session_state.get("map_picked"):
        st.session_state["map_picked"] = hit
        state.hits = [hit]
        west, south, east, north = _rows_of(context, hit).to_crs(4490).total_bounds.tolist()
        room = LEAST_DEGREES
        state.focus = (west - room, south - room, east + room, north + room)
        st.rerun(scope="fragment")
    st.dataframe(row_facts(context, hit, words()), hide_index=True, width="stretch")


def _select(context: Context, state: MapState) -> None:
    text, language = words().text, words().language
    st.caption(text("map_select_hint"))
    st.selectbox(
        text("map_select_layer"), layers_to_choose_from(context), key=LAYER,
        format_func=lambda name: layer_title(contract_of(name), language),
    )  # fmt: skip
    st.radio(
        text("map_select_rule"), [False, True], horizontal=True, key=IS_WHOLE,
        format_func=lambda whole: text("map_select_whole" if whole else "map_select_touched"),
    )  # fmt: skip
    st.text_area(
        text("map_select_numbers"), key="map_numbers", height=80, max_chars=200_000,
        help=text("map_select_numbers_help"),
    )  # fmt: skip
    left, right = st.columns(2)
    left.button(text("map_select_by_number"), key="map_by_number", on_click=choose_numbers)
    right.button(text("map_select_clear"), key="map_select_none", on_click=clear_choice)
    selection = state.selection
    if selection is None:
        return
    if selection.missing:
        some = words().joined(selection.missing[:MISSING_SHOWN])
        st.warning(as_text(text("map_select_missing", count=len(selection.missing), numbers=some)))
    if not len(selection.rows):
        st.info(text("map_select_empty"))
        return
    st.markdown(f"**{as_text(selection_said(context, selection))}**")
    if len(selection.rows) > MOST_LISTED:
        st.caption(text("map_select_many", limit=MOST_LISTED))
    columns = listed_columns(selection)
    plain = pd.DataFrame(selection.rows.drop(columns="geometry").iloc[:MOST_LISTED])
    show_list(shown_columns(plain, columns, words()), height=240)
    hand_out(selection_answer(context, selection), context, (".xlsx", ".gpkg"), "map_selection")


def _measure(context: Context, state: MapState) -> None:
    text = words().text
    drawn = state.measured
    if drawn is None:
        st.caption(text("map_measure_hint"))
        return
    if drawn.tool == "length":
        metres = length_m(drawn.shape)
        sentence = text("map_length_said", metres=metres, kilometres=metres / 1000)
    else:
        mu = area_mu(context, drawn.shape)
        sentence = text("map_area_said", area_mu=mu, hectares=mu_to_m2(mu) / M2_PER_HA)
    st.markdown(f"**{as_text(sentence)}**")
    st.caption(text("map_measure_note"))


def _print(context: Context, view: MapView, state: MapState, marked: Sequence[Highlight]) -> None:
    text = words().text
    st.caption(text("map_print_hint"))
    # Given this way, since a value of its own and one kept from before would be two.
    st.session_state.setdefault("map_print_title", context.facts.title)
    title = st.text_input(text("map_print_title"), key="map_print_title", max_chars=60)
    extents = [
        name for name, there in
        (("view", state.view is not None), ("marked", bool(marked)), ("all", True)) if there
    ]  # fmt: skip
    if st.session_state.get("map_print_extent") not in extents:
        st.session_state.pop("map_print_extent", None)
    extent = st.radio(
        text("map_print_extent"), extents, key="map_print_extent", horizontal=True,
        format_func=lambda name: text(f"map_print_{name}"),
    )  # fmt: skip
    paper = st.radio(
        text("map_print_paper"), list(PAPER_MM), key="map_print_paper", horizontal=True
    )
    if st.button(text("map_print_draw"), key="map_print_draw", type="primary") or state.is_wanted:
        state.is_wanted = False
        bounds = {"view": state.view, "marked": None, "all": view.extent}[extent]
        with st.spinner(text("working")):
            state.sheet = map_sheet(
                context, view, title, paper, extent=bounds, visible=state.visible, highlights=marked
            )
    if state.sheet is None:
        return
    png = state.sheet
    mark = text("demo_short") if context.facts.is_demo else ""
    name = f"{title}{mark}_{context.as_of}".replace("/", "-").replace("\\", "-")
    left, right = st.columns(2)
    left.download_button(
        text("map_print_picture"), png, f"{name}.png", "image/png", on_click="ignore",
        key="map_png",
    )  # fmt: skip
    right.download_button(
        text("map_print_page"), lambda: as_pdf(png), f"{name}.pdf", "application/pdf",
        on_click="ignore", key="map_pdf",
    )  # fmt: skip
    st.image(png, width="stretch")


def row_facts(context: Context, hit: Hit, catalogue: Catalogue) -> pd.DataFrame:
    """List what is on file for a row: heading and value, missing values left out."""
    contract = contract_of(hit.layer)
    frame = pd.DataFrame(context.source.read(hit.layer))
    row = frame[frame[contract.key] == hit.key].iloc[0]
    facts = []
    for name, value in row.items():
        if name == "geometry" or pd.isna(value):
            continue
        column = str(name)
        if column in contract.columns:
            field = contract.field(column)
            display = catalogue.codes(column, str(value)) if field.values else str(value)
            facts.append((catalogue.heading(column), display))
        else:
            facts.append((column, str(value)))
    return pd.DataFrame(facts, columns=[catalogue.text("fact"), catalogue.text("fact_value")])
