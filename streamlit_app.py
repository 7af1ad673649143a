"""The entry of the app: pages from ``app/main.py``, tiles and scripts of the map from routes."""

import streamlit as st

from app.routes import app_routes, base_path, gate, page_failed

app = st.App("app/main.py", routes=app_routes(base_path()), middleware=gate(),
             on_script_error=page_failed)  # fmt: skip
