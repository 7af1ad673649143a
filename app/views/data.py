"""What the workspace holds, where it came from, and how more comes in."""

from pathlib import Path
from typing import get_args

import geopandas as gpd
import pandas as pd
import streamlit as st

from app.answers.answer import layer_name
from app.answers.imports import fault_text
from app.answers.workspace import export_answer, field_answer, info_answer, trail_answer
from app.components.changes import show_changes
from app.components.coverage import ask_statement, show_coverage
from app.components.import_form import (
    ask_place,
    ask_unit,
    checked,
    chosen_actions,
    forget_check,
    import_found,
    is_checked,
    keep_check,
    raster_form,
    seen_result,
    show_report,
)
from app.components.page import (
    as_text,
    error_text,
    hand_out,
    page_head,
    say_lines,
    show_list,
    shown_columns,
    within_border,
)
from app.context import Context, local_minute
from app.session import current_context, words
from geo.errors import MuPlanError
from layers.contracts import CONTRACTS
from layers.exchange.importing import workspace_extent
from layers.exchange.read import RASTER_ENDINGS, UPLOAD_ENDINGS, read_file
from layers.exchange.recognise.columns import KEEP as KEEP_COLUMN
from layers.exchange.recognise.columns import recall_mapping, recognised_columns
from layers.exchange.recognise.row_versions import take_versions
from layers.exchange.request import CrsOptions, ImportRequest, Mode
from layers.scratch import temporary_folder
from platforms.ledger.visibility import require_city

KEEP = ""
STORED_SAID = "import_said"
STORED_ANSWER = "import_stored_answer"


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_data", "data_question")
    layers, on_file, incoming, fields, changes, trail = st.tabs(
        [
            text(f"tab_{tab}")
            for tab in ("layers", "coverage", "import", "fields", "history", "trail")
        ]
    )
    with layers:
        answer = info_answer(context)
        say_lines(answer.summary)
        frame = answer.sheet("layers").frame.copy()
        known = frame["imported_at"].notna()
        frame.loc[known, "imported_at"] = frame.loc[known, "imported_at"].map(local_minute)
        display = shown_columns(frame, tuple(frame.columns), words(), answer.titles)
        show_list(display)
        _export(context)
    with on_file:
        within_border(lambda: show_coverage(context))
    with incoming:
        within_border(lambda: _import(context))
    with fields:
        _fields()
    with changes:
        within_border(lambda: show_changes(context))
    with trail:
        within_border(lambda: _trail(context))


def _layer_title(layer: str) -> str:
    return f"{layer_name(layer, words())}（{layer}）"


def _export(context: Context) -> None:
    layer = st.selectbox(
        words().text("export_layer"),
        list(context.workspace),
        format_func=_layer_title,
        key="export_layer",
    )
    spatial = CONTRACTS[layer].is_spatial
    shapes = (".gpkg", ".geojson", ".shp.zip", ".kml", ".dxf") if spatial else ()
    survey = (".txt",) if CONTRACTS[layer].geometry == "polygon" else ()
    endings = (".xlsx", ".csv", *shapes, *survey)
    hand_out(
        lambda: export_answer(context, layer), context, endings, f"export_{layer}",
        title=layer_name(layer, words()),
    )  # fmt: skip


def _import(context: Context) -> None:
    text = words().text
    require_city(context.source)
    st.caption(text("import_hint", endings=" ".join(UPLOAD_ENDINGS)))
    sentences = st.session_state.pop(STORED_SAID, ())
    for line in sentences[:1]:
        st.success(as_text(line))
    with st.expander(text("import_details")) if sentences else st.container():
        say_lines(tuple(sentences[1:]))
    stored = st.session_state.pop(STORED_ANSWER, None)
    if stored is not None:
        whole, title = stored
        hand_out(whole, context, (".xlsx", ".docx", ".gpkg"), "import_stored", title=title)
    upload = st.file_uploader(text("import_file"), type=list(UPLOAD_ENDINGS), key="import_file")
    if upload is None:
        return
    with temporary_folder() as folder:
        path = folder / Path(upload.name).name
        path.write_bytes(upload.getbuffer())
        if path.suffix.lower() in RASTER_ENDINGS:
            stored = raster_form(context, path)
            if stored:
                st.session_state[STORED_SAID] = list(stored)
                st.rerun()
            return
        request = _request(context, path)
        if request is not None:
            _run(context, request)


def _request(context: Context, path: Path) -> ImportRequest | None:
    text = words().text
    first, second, third = st.columns(3)
    layer = first.selectbox(
        text("option_layer"), list(CONTRACTS), format_func=_layer_title, index=4
    )
    mode: Mode = second.selectbox(
        text("import_mode"), get_args(Mode), format_func=lambda code: text(f"mode_{code}")
    )
    crs = third.text_input(text("import_crs"), help=text("option_crs"))
    encoding = first.text_input(text("option_encoding"))
    source_layer = second.text_input(text("option_source_layer"))
    try:
        source = read_file(path, encoding=encoding or None, source_layer=source_layer or None)
    except MuPlanError as error:
        st.error(error_text(error))
        return None
    source, versions = take_versions(source, {})
    st.text(
        text(
            "import_read", rows=len(source.frame),
            crs=None if source.crs is None else source.crs.name,
        )
    )  # fmt: skip
    st.dataframe(pd.DataFrame(source.frame).drop(columns="geometry", errors="ignore").head(5))
    if versions.column:
        st.caption(as_text(text("import_has_versions", column=versions.column)))
    place: CrsOptions | None = CrsOptions()
    rows = None
    if isinstance(source.frame, gpd.GeoDataFrame) and CONTRACTS[layer].is_spatial:
        place, rows = ask_place(context, source, workspace_extent(context.workspace), crs.strip())
    mapping = _mapping(context, layer, [str(c) for c in source.frame.columns if c != "geometry"])
    is_answered, declared = ask_unit(rows, mapping)
    statement = ask_statement(context, layer, "import")
    waits = place is None or not is_answered
    if waits:
        st.info(text("import_unanswered"))
    check, store, _ = st.columns([1, 1, 6])
    asked = check.button(text("import_check"), key="import_check", disabled=waits)
    stores = store.button(
        text("import_store"), type="primary", key="import_store", disabled=waits
    )  # fmt: skip
    if place is None or waits:
        return None
    request = ImportRequest(
        path, layer, mode, mapping, place.crs, encoding or None, declared, source_layer or None,
        dry_run=not stores, axis=place.axis, datum=place.datum, shift=place.shift,
        statement=statement,
    )  # fmt: skip
    return request if stores or is_checked(request, asked=asked) else None


def _mapping(context: Context, layer: str, columns: list[str]) -> dict[str, str]:
    text = words().text
    contract = CONTRACTS[layer]
    targets = [KEEP, *contract.columns]
    last_time = recall_mapping(context.workspace, layer, columns)
    before = last_time.still_valid({}, columns, contract.columns)
    with st.expander(text("import_mapping"), expanded=True):
        st.caption(text("import_mapping_help"))
        if before:
            st.caption(text("import_mapping_remembered", at=last_time.at[:10]))
        cells = st.columns(4)
        recognised = recognised_columns(columns, contract, before)
        chosen = {}
        for position, column in enumerate(columns):
            target = cells[position % 4].selectbox(
                as_text(column), targets, index=targets.index(recognised.get(column, KEEP)),
                format_func=lambda name: words().heading(name) if name else text("import_keep"),
                key=f"map_{layer}_{column}",
            )  # fmt: skip
            if target:
                chosen[column] = target
            elif column in recognised or column in before:
                chosen[column] = KEEP_COLUMN
    return chosen


def _run(context: Context, request: ImportRequest) -> None:
    actions = chosen_actions(context, request.layer)
    if request.dry_run:
        show_report(context, request, checked(context, request, actions))
        return
    outcome = import_found(context, request, actions, seen_result(request, actions))
    if outcome.differs is not None:
        st.warning(error_text(outcome.differs))
        keep_check(request, actions, outcome)
        show_report(current_context(), request, outcome)
        return
    if outcome.error is None:
        # Every other tab shows the workspace as it was; the next run shows it as it is now.
        faults = [fault_text(fault, request.layer, words()) for fault in outcome.result.faults]
        st.session_state[STORED_ANSWER] = (outcome.whole, outcome.answer.title)
        st.session_state[STORED_SAID] = [*outcome.answer.summary, *faults]
        forget_check()
        st.rerun()
    show_report(context, request, outcome)


def _fields() -> None:
    layer = st.selectbox(
        words().text("column_layer"), list(CONTRACTS), format_func=_layer_title, key="field_layer"
    )
    answer = field_answer(layer, words())
    frame = answer.sheet("fields").frame
    columns = tuple(name for name in frame.columns if name != "layer")
    show_list(shown_columns(frame, columns, words(), answer.titles))


def _trail(context: Context) -> None:
    text = words().text
    answer = trail_answer(context)
    for key, empty in (
        ("quarantine", "trail_none_waiting"), ("history", "trail_no_history"),
        ("audit", "trail_no_audit"),
    ):  # fmt: skip
        sheet = answer.sheet(key)
        st.subheader(sheet.name)
        if len(sheet.frame):
            columns = tuple(map(str, sheet.frame.columns))
            show_list(shown_columns(sheet.frame, columns, words(), answer.titles))
        else:
            st.caption(text(empty))
    hand_out(answer, context, (".xlsx", ".docx", ".csv"), "trail")


show()
