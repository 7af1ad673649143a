"""The entry of the page that the comparison of maps opens, with the addresses of our tiles."""

from pathlib import Path

import geopandas  # noqa: F401  # both pages start with what they import loaded
import streamlit as st
import streamlit_folium  # noqa: F401

import app.components.map_view  # noqa: F401
import layers.maps.style_file  # noqa: F401
from app.routes import app_routes, base_path

app = st.App(str(Path(__file__).with_name("map_page.py")), routes=app_routes(base_path()))
