"""The form that takes an uploaded raster into the workspace."""

from pathlib import Path

import streamlit as st

from app.answers.rasters import raster_answer
from app.answers.transfer import actor
from app.components.plain import as_text, say_lines
from app.context import Context, now
from app.session import words
from geo.errors import MuPlanError
from layers.contracts import RASTERS
from layers.exchange.raster_importing import import_raster
from layers.exchange.request import ImportRequest
from layers.workspace.geopackage import GeoPackageWorkspace


def raster_form(held: Context, path: Path) -> tuple[str, ...]:
    """Ask what an uploaded raster is, check it or store it.

    Parameters
    ----------
    held
        The workspace.
    path
        The uploaded file.

    Returns
    -------
    tuple of str
        What was stored, in words; empty where nothing was.
    """
    text = words().text
    first, second, third = st.columns(3)
    zh = words().language == "zh"
    layer = first.selectbox(
        text("raster_of"), list(RASTERS), format_func=lambda name: RASTERS[name][0 if zh else 1],
        key="raster_layer",
    )  # fmt: skip
    crs = second.text_input(text("import_crs"), help=text("option_crs"), key="raster_crs")
    replaces = third.checkbox(text("raster_replaces"), key="raster_replaces")
    check, store, _ = st.columns([1, 1, 6])
    dry_run = check.button(text("import_check"), key="raster_check")
    if not store.button(text("import_store"), type="primary", key="raster_store") and not dry_run:
        return ()
    request = ImportRequest(
        path, layer, "replace" if replaces else "add", crs=crs or None, dry_run=dry_run
    )
    try:
        result = import_raster(GeoPackageWorkspace(held.path), request, actor(), now())
    except MuPlanError as error:
        st.error(as_text(words().error(error)))
        return ()
    said = raster_answer(held, request, result).summary
    if not result.stored:
        say_lines(said)
        return ()
    return said
