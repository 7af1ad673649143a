"""The map on a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import folium
import numpy as np
import shapely
import streamlit as st
from streamlit_folium import st_folium

from app.answers.map import (
    Selection,
    chosen_by_number,
    chosen_within,
    layers_to_choose_from,
    numbers_in,
)
from app.context import Context
from app.messages import Catalogue
from app.routes import new_token, shared_registry
from app.session import Stamp, stamp
from layers.maps.features import zoom_for
from layers.maps.find import Highlight, Hit, rows_at
from layers.maps.folium_map import TOOLS, MapWords, Tool, ToolWords, build_map, highlight_groups
from layers.maps.view import Bounds, MapView

DEFAULT_HEIGHT_PX = 560
DEFAULT_ZOOM = 12.0


@dataclass(frozen=True)
class Click:
    """A clicked place [degrees] and the zoom at which it was clicked."""

    lon: float
    lat: float
    zoom: float


@dataclass(frozen=True)
class Drawing:
    """What was drawn with a tool of the map.

    ``tool``: The tool.
    ``shape``: Line or polygon [degrees].
    ``visible``: Map layers switched on when it was finished.
    ``serial``: Another number for every drawing.
    """

    tool: Tool
    shape: shapely.Geometry
    visible: tuple[str, ...]
    serial: float


def show_map(
    view: MapView,
    words: Catalogue,
    *,
    key: str,
    highlights: Sequence[Highlight] = (),
    focus: Bounds | None = None,
    base_map_url: str | None = None,
    height_px: int = DEFAULT_HEIGHT_PX,
    compact: bool = False,
) -> Click | None:
    """Show a map and say where it was clicked last.

    Call it within the page's own ``st.fragment``, together with what the click changes: then a
    click reruns that part only, and the map stays as it is. The map is built anew only where
    ``view``, ``words`` or ``base_map_url`` change; highlights and focus go alone.

    ``view``: The prepared map; keep it in ``st.cache_resource``, so that it stays the same
      object.
    ``highlights``: Shapes laid over the map, at most 2000 each.
    ``focus``: West, south, east, north [degrees] to move to; the map moves when this changes.
    ``base_map_url``: Online base map from the settings, None for none.

    None before the first click.

    Raises LayerError: ``highlight_unknown``, ``highlight_too_many``, ``highlight_uneven``,
    ``layer_without_crs``, ``base_map_address_wrong``.
    """
    token = _token_of(view, key)
    groups = highlight_groups(highlights, view.styles)
    drawn_map = build_map(view, token, map_words(words), None, base_map_url, compact)
    return _click_of(_sent(drawn_map, key, height_px, ["last_clicked"], groups, focus))


def show_tool_map(
    view: MapView,
    words: Catalogue,
    *,
    key: str,
    highlights: Sequence[Highlight] = (),
    focus: Bounds | None = None,
    base_map_url: str | None = None,
    height_px: int = DEFAULT_HEIGHT_PX,
) -> tuple[Click | None, Drawing | None]:
    """Show a map with tools to draw on it; say the last click and the last drawing.

    ``view, words, key, highlights, focus, base_map_url, height_px``: As of ``show_map``.

    ``Click or None``: The last click that is no point of a drawing.
    ``Drawing or None``: The last drawing.

    Raises LayerError: Those of ``show_map``.
    """
    groups = highlight_groups(highlights, view.styles)
    token = _token_of(view, key)
    drawn_map = build_map(
        view, token, map_words(words), base_map_url=base_map_url, tools=tool_words(words)
    )
    wanted = ["last_clicked", "last_active_drawing"]
    answer = _sent(drawn_map, key, height_px, wanted, groups, focus)
    return _click_of(answer), drawing_of(answer)


def told_already(key: str) -> tuple[Click | None, Drawing | None]:
    """Say what a map told to bring this run about, before it is drawn again.

    As ``show_tool_map``. Taken over before the map is drawn, a click needs no second run.
    """
    answer = st.session_state.get(key)
    return _click_of(answer), drawing_of(answer)


def _sent(
    drawn_map: folium.Map, key: str, height_px: int, wanted: list[str],
    groups: list[folium.FeatureGroup], focus: Bounds | None,
) -> object:  # fmt: skip
    centre = zoom = None
    if focus is not None:
        west, south, east, north = focus
        centre = ((south + north) / 2, (west + east) / 2)
        zoom = zoom_for(focus, height_px)
    return st_folium(
        drawn_map,
        key=key,
        height=height_px,
        use_container_width=True,
        returned_objects=wanted,
        feature_group_to_add=groups or None,
        center=centre,
        zoom=zoom,
    )


def map_words(words: Catalogue) -> MapWords:
    """Take the words that stand on every map from the catalogue."""
    return MapWords(
        language=words.language,
        legend=words.text("map_legend"),
        labels=words.text("map_labels"),
        base_map=words.text("map_base_map"),
        zoom_in=words.text("map_zoom_in"),
        zoom_out=words.text("map_zoom_out"),
    )


def tool_words(words: Catalogue) -> ToolWords:
    """Take the words on the drawing tools from the catalogue."""
    return ToolWords(
        title=words.text("map_tools"),
        tools={tool: words.text(f"map_tool_{tool}") for tool in TOOLS},
        hints={tool: words.text(f"map_hint_{tool}") for tool in TOOLS},
        about=words.text("map_about"),
        finish=words.text("map_finish"),
        undo=words.text("map_undo"),
        clear=words.text("map_clear"),
    )


def drawing_of(answer: object) -> Drawing | None:
    """Read what the browser says was drawn; what is no drawing of a known tool is none.

    Tool, shape, layers switched on.
    """
    told: Any = answer.get("last_active_drawing") if isinstance(answer, dict) else None
    try:
        properties = told["properties"]
        tool, serial = properties["tool"], float(properties["at"])
        visible = tuple(str(name) for name in properties["shown"])
        kind, places = told["geometry"]["type"], told["geometry"]["coordinates"]
        corners = np.asarray(places if kind == "LineString" else places[0], dtype=np.float64)
        if tool not in TOOLS or not np.isfinite(corners).all() or corners.shape[1] != 2:
            return None
        shape = shapely.LineString(corners) if kind == "LineString" else shapely.Polygon(corners)
    except (KeyError, IndexError, TypeError, ValueError, shapely.errors.ShapelyError):
        return None
    return Drawing(tool, shape, visible, serial)


def _token_of(view: MapView, key: str) -> str:
    slot = f"map_token:{key}"
    registered = st.session_state.get(slot)
    if registered is None or registered[1] is not view:
        registered = (new_token(), view)
        st.session_state[slot] = registered
    # Put at every run: the registry may have forgotten the map in the meantime.
    shared_registry().put(*registered)
    return str(registered[0])


def _click_of(answer: object) -> Click | None:
    place = answer.get("last_clicked") if isinstance(answer, dict) else None
    if not isinstance(place, dict) or "lat" not in place or "lng" not in place:
        return None
    zoom = place.get("zoom", DEFAULT_ZOOM)
    return Click(float(place["lng"]), float(place["lat"]), float(zoom))


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

    ``of``: The workspace it belongs to.
    ``hits``: What was clicked or found, the highlighted one first.
    ``focus``: West, south, east, north [degrees] gone to last.
    ``area, numbers``: What rows are chosen by: an area drawn, or numbers pasted.
    ``selection``: The rows chosen.
    ``measured``: The line or area drawn to be measured.
    ``view, shown``: What was in view when the view was to be printed, and the layers switched on.
    ``sheet``: The sheet drawn last (PNG).
    ``is_wanted``: Whether a sheet is to be drawn.
    """

    of: Stamp
    hits: list[Hit] = field(default_factory=list)
    focus: Bounds | None = None
    area: Drawing | None = None
    numbers: tuple[str, ...] = ()
    selection: Selection | None = None
    measured: Drawing | None = None
    view: Bounds | None = None
    visible: tuple[str, ...] | None = None
    sheet: bytes | None = None
    is_wanted: bool = False
    click: Click | None = None
    drawing: float | None = None
    chosen_for: tuple[object, ...] | None = None


def map_state() -> MapState:
    """Give the state of this session; another workspace or date begins anew."""
    state: MapState | None = st.session_state.get("map_state")
    if state is None or state.of != stamp():
        seen = state
        state = MapState(stamp())
        if seen is not None:
            # The map still tells its last click and drawing: they belong to what was open before.
            state.click, state.drawing = seen.click, seen.drawing
        st.session_state["map_state"] = state
    for key in KEPT:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]
    return state


def took(state: MapState, view: MapView, click: Click | None, drawing: Drawing | None) -> bool:
    """Take over what the map told.

    ``state``: Of the session; changed.

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
        state.view, state.visible, state.is_wanted = (
            (west, south, east, north),
            drawing.visible,
            True,
        )
        st.session_state["map_print_extent"] = "view"
    elif drawing.tool in ("length", "area"):
        state.measured = drawing
    else:
        state.area, state.numbers = drawing, ()


def choose_rows(context: Context, state: MapState) -> None:
    """Choose the rows that area or numbers mean, where that changed since the last time."""
    layers = layers_to_choose_from(context)
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
        state.selection = chosen_within(context, layer, state.area.shape, is_whole=is_whole)
    elif state.numbers:
        state.selection = chosen_by_number(context, layer, state.numbers)


def choose_numbers() -> None:
    """Choose by the numbers pasted instead of the area drawn."""
    state: MapState = st.session_state["map_state"]
    state.area, state.numbers = None, tuple(numbers_in(st.session_state.get("map_numbers", "")))


def clear_choice() -> None:
    """Choose nothing."""
    state: MapState = st.session_state["map_state"]
    state.area, state.numbers = None, ()
