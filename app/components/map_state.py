"""What a session has done on the map page: clicked, found, drawn, chosen, asked to be printed."""

from dataclasses import dataclass, field

import streamlit as st

from app.answers.map_selection import (
    Selection,
    chosen_by_number,
    chosen_within,
    layers_to_choose_from,
    numbers_in,
)
from app.components.map_view import Click, Drawing
from app.context import Context
from app.session import Stamp, stamp
from layers.maps.hit import Hit, rows_at
from layers.maps.view import Bounds, MapView

PANEL, LAYER, IS_WHOLE = "map_panel", "map_select_layer", "map_select_whole"
KEPT = (PANEL, LAYER, IS_WHOLE, "map_search", "map_numbers", "map_print_title", "map_print_paper",
        "map_print_extent")  # fmt: skip
"""Widgets whose values outlive the panel they stand in."""
PANEL_OF_TOOL = {
    "box": "select", "outline": "select", "length": "measure", "area": "measure", "print": "print",
}  # fmt: skip


@dataclass
class MapState:
    """The state of the page for one state of the workspace.

    Attributes
    ----------
    of
        The workspace it belongs to.
    hits
        What was clicked or found, the highlighted one first.
    focus
        West, south, east, north [degrees] gone to last.
    area, numbers
        What rows are chosen by: an area drawn, or numbers pasted.
    selection
        The rows chosen.
    measured
        The line or area drawn to be measured.
    view, shown
        What was in view when the view was to be printed, and the layers switched on.
    sheet
        The sheet drawn last (PNG).
    is_wanted
        Whether a sheet is to be drawn.
    """

    of: Stamp
    hits: list[Hit] = field(default_factory=list)
    focus: Bounds | None = None
    area: Drawing | None = None
    numbers: tuple[str, ...] = ()
    selection: Selection | None = None
    measured: Drawing | None = None
    view: Bounds | None = None
    shown: tuple[str, ...] | None = None
    sheet: bytes | None = None
    is_wanted: bool = False
    click: Click | None = None
    drawing: float | None = None
    chosen_for: tuple[object, ...] | None = None


def map_state() -> MapState:
    """Give the state of this session; another workspace or date begins anew."""
    held: MapState | None = st.session_state.get("map_state")
    if held is None or held.of != stamp():
        seen = held
        held = MapState(stamp())
        if seen is not None:
            # The map still tells its last click and drawing: they belong to what was open before.
            held.click, held.drawing = seen.click, seen.drawing
        st.session_state["map_state"] = held
    for key in KEPT:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]
    return held


def took(state: MapState, view: MapView, click: Click | None, drawing: Drawing | None) -> bool:
    """Take over what the map told.

    Parameters
    ----------
    state
        Of the session; changed.
    view
        The map.
    click, drawing
        The last ones the map told.

    Returns
    -------
    bool
        Whether it was new, so that the part has to be drawn again.
    """
    is_new = False
    if click is not None and click != state.click:
        state.click = click
        state.hits = rows_at(view.layers, click.lon, click.lat, click.zoom)
        st.session_state[PANEL] = "facts"
        is_new = True
    if drawing is not None and drawing.serial != state.drawing:
        state.drawing = drawing.serial
        st.session_state[PANEL] = PANEL_OF_TOOL[drawing.tool]
        _keep(state, drawing)
        is_new = True
    return is_new


def _keep(state: MapState, drawing: Drawing) -> None:
    if drawing.tool == "print":
        west, south, east, north = drawing.shape.bounds
        state.view, state.shown, state.is_wanted = (west, south, east, north), drawing.shown, True
        st.session_state["map_print_extent"] = "view"
    elif drawing.tool in ("length", "area"):
        state.measured = drawing
    else:
        state.area, state.numbers = drawing, ()


def choose_rows(held: Context, state: MapState) -> None:
    """Choose the rows that area or numbers mean, where that changed since the last time."""
    layers = layers_to_choose_from(held)
    if st.session_state.get(LAYER) not in layers:
        st.session_state.pop(LAYER, None)
    layer = st.session_state.get(LAYER, layers[0] if layers else None)
    is_whole = bool(st.session_state.get(IS_WHOLE, False))
    serial = state.area.serial if state.area is not None else None
    asked = (layer, is_whole, serial, state.numbers)
    if asked == state.chosen_for:
        return
    state.chosen_for, state.selection = asked, None
    if layer is None:
        return
    if state.area is not None:
        state.selection = chosen_within(held, layer, state.area.shape, is_whole=is_whole)
    elif state.numbers:
        state.selection = chosen_by_number(held, layer, state.numbers)


def choose_numbers() -> None:
    """Choose by the numbers pasted instead of the area drawn."""
    state: MapState = st.session_state["map_state"]
    state.area, state.numbers = None, tuple(numbers_in(st.session_state.get("map_numbers", "")))


def clear_choice() -> None:
    """Choose nothing."""
    state: MapState = st.session_state["map_state"]
    state.area, state.numbers = None, ()
