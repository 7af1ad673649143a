"""The script of the page: one map, the facts of what is clicked, and a button to run it again."""

import os
from pathlib import Path

import folium
import geopandas as gpd
import streamlit as st
from streamlit_folium import st_folium

from app.components.map_view import show_tool_map, told_already
from app.messages import catalogue
from layers.maps.find import Highlight, rows_at
from layers.maps.folium_map import OfflineMap
from layers.maps.style import load_styles
from layers.maps.view import MapView, prepare_view

ROOT = Path(__file__).parent.parent
COLOURS = {"idle": "#D55E00", "cleared": "#00A86B"}


@st.cache_resource
def parcels() -> gpd.GeoDataFrame:
    """Read the parcels."""
    return gpd.read_parquet(os.environ["MUPLAN_BENCH_PARCELS"])


@st.cache_resource
def view() -> MapView:
    """Prepare ours."""
    styles = load_styles(ROOT / "data" / "styles" / "layers.yaml")
    return prepare_view({"land_parcels": parcels()}, styles, "2025-06-30")


@st.cache_data
def geojson() -> str:
    """Write the peer's parcels, as its manual does."""
    return parcels().to_crs(4326).to_json()


@st.fragment
def ours() -> None:
    """Show our map; as on the page, a click is taken over before the map is drawn."""
    frame, (click, _) = parcels(), told_already("map")
    hits = [] if click is None else rows_at(view().layers, click.lon, click.lat, click.zoom)
    marked = []
    if hits:
        rows = frame[frame["parcel_id"] == hits[0].key]
        marked = [Highlight("selected", rows.geometry, ("",))]
    show_tool_map(view(), catalogue("zh"), key="map", highlights=marked, height_px=560)
    if hits:
        st.text(f"facts {hits[0].key}")


def peer() -> None:
    """Show the peer's map with Leaflet from this machine."""
    west, south, east, north = parcels().to_crs(4326).total_bounds.tolist()
    page = OfflineMap(tiles=None, prefer_canvas=True, attributionControl=False, max_zoom=20)
    page.fit_bounds([(south, west), (north, east)])
    folium.GeoJson(
        geojson(),
        style_function=lambda row: {
            "color": "#6B6B6B", "weight": 0.5, "fillOpacity": 0.85,
            "fillColor": COLOURS[row["properties"]["state"]],
        },
    ).add_to(page)  # fmt: skip
    answer = st_folium(
        page, key="map", height=560, use_container_width=True,
        returned_objects=["last_active_drawing"],
    )  # fmt: skip
    chosen = answer.get("last_active_drawing")
    if chosen:
        st.text(f"facts {chosen['properties']['parcel_id']}")


st.set_page_config(layout="wide", page_icon="🗺️")
if st.button("again"):
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.text(f"runs {st.session_state.get('runs', 0)}")
(ours if os.environ["MUPLAN_BENCH_WHO"] == "ours" else peer)()
