"""The entry of the app: pages from ``app/main.py``, tiles and scripts of the map from routes."""

import streamlit as st

from app.routes import app_routes, base_path

app = st.App("app/main.py", routes=app_routes(base_path()))
