"""The entry of the page that the comparison of maps opens, with the addresses of our tiles."""

from pathlib import Path

import folium  # noqa: F401  # what both pages import is loaded before they are opened
import geopandas  # noqa: F401
import streamlit as st

from app.routes import app_routes, base_path

app = st.App(str(Path(__file__).with_name("map_page.py")), routes=app_routes(base_path()))
