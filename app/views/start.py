"""The first page: open, make or switch a workspace; the demonstration is built here."""

import re
from pathlib import Path

import streamlit as st

from app.answers.workspace import rows_seen
from app.components.page import as_text, error_text
from app.context import now
from app.session import VIEWER, choose, open_path, settings, words, workspaces
from geo.crs import parse_crs
from geo.errors import MuPlanError
from layers.demo.build import build_demo
from layers.workspace.geopackage import GeoPackageWorkspace, create_workspace

DEMO_NAME = "jiaxing-demo"


def show() -> None:
    """Show the page."""
    text = words().text
    st.header(text("app_title"))
    st.markdown(text("start_intro"))
    if not workspaces():
        st.info(text("start_first"))
        _make_demo()
    _switch()
    st.divider()
    left, right = st.columns(2)
    with left:
        _new()
    with right:
        st.subheader(text("start_demo"))
        st.caption(text("start_demo_help"))
        if st.button(text("start_demo_button"), key="build_demo"):
            _make_demo()


def _switch() -> None:
    text = words().text
    st.subheader(text("start_open"))
    current = open_path()
    for file in workspaces():
        name, facts, action = st.columns([3, 5, 2], vertical_alignment="center")
        name.text(file.name)
        try:
            workspace = GeoPackageWorkspace(file)
        except MuPlanError as error:
            facts.caption(error_text(error))
            continue
        rows = rows_seen(workspace, st.session_state.get(VIEWER))
        about = workspace.facts
        facts.text(text("start_facts", title=about.title, crs=about.crs.name, rows=rows))
        if file == current:
            action.markdown(f"**{text('start_is_open')}**")
        elif action.button(text("start_open_button"), key=f"open_{file.name}"):
            choose(file)
            st.rerun()
    st.caption(as_text(text("start_folder", folder=str(settings().workspace_dir))))


def _new() -> None:
    text = words().text
    st.subheader(text("start_new"))
    with st.form("new_workspace"):
        title = st.text_input(text("start_title"), max_chars=60)
        crs = st.text_input(text("start_crs"), value="EPSG:4549", help=text("start_crs_help"))
        if not st.form_submit_button(text("start_new_button")):
            return
    if not title.strip():
        raise MuPlanError("title_missing")
    name = re.sub(r"[^\w-]+", "_", title.strip())
    path = _folder() / f"{name}.gpkg"
    create_workspace(path, parse_crs(crs.strip()), title=title.strip(), created_at=now())
    choose(path)
    st.rerun()


def _make_demo() -> None:
    text = words().text
    recipe = settings().data_dir / "demo" / "jiaxing.yaml"
    folder = _folder()
    existing = len(list(folder.glob(f"{DEMO_NAME}*.gpkg")))
    path = folder / (f"{DEMO_NAME}-{existing + 1}.gpkg" if existing else f"{DEMO_NAME}.gpkg")
    bar = st.progress(0.0, text("demo_units"))
    build_demo(
        path, recipe, size="city", seed=0, created_at=now(),
        progress=lambda fraction, step: bar.progress(min(1.0, fraction), text(step)),
    )  # fmt: skip
    choose(path)
    st.rerun()


def _folder() -> Path:
    folder = settings().workspace_dir
    folder.mkdir(parents=True, exist_ok=True)
    return folder


show()
