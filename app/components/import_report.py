"""The validation report of an import on the page: decisions, list and map, changes, export."""

import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st

from app.answers.import_report import (
    CHANGE_COLUMNS,
    changed_frame,
    line_frame,
    report_titles,
)
from app.answers.transfer import fault_text, refusal_text
from app.components.frame import hand_out, within_border
from app.components.import_check import Found, action_key
from app.components.map_view import show_map
from app.components.plain import as_text, say_lines
from app.components.table import show_list, shown_columns
from app.context import Context
from app.session import map_view, words
from layers.edition import Changes
from layers.exchange.request import ImportRequest
from layers.maps.highlight import HIGHLIGHT_LIMIT, Highlight
from layers.maps.view import Bounds

SHOWN_LINES = 2000
SHOWN_COLUMNS = (
    "fault_kind", "fault_row_id", "fault_value", "other_rows", "fault_done", "fault_offered",
    "row_number", "fault_column", "fault_area_m2",
)  # fmt: skip
"""What is wrong with which row stands first: a list beside a map shows few columns."""
LOOKS = {"done_aside": "not_met", "done_repaired": "met", "done_stored": "result"}
HEIGHT_PX = 520


def show_report(held: Context, request: ImportRequest, found: Found) -> None:
    """Show what a check found, and what a newer edition changes.

    Parameters
    ----------
    held
        Workspace, language.
    request
        What was asked.
    found
        What was found.
    """
    text = words().text
    if found.error is not None:
        st.error(as_text(refusal_text(found.error, words())))
    with st.expander(text("import_details"), expanded=not len(found.result.faults)):
        say_lines(found.answer.summary)
    st.subheader(text("faults_heading"))
    report = found.result.report
    if report is None or not len(report):
        st.success(text("faults_none"))
    else:
        for fault in found.result.faults:
            st.text(fault_text(fault, request.layer, words()))
        _decide(request.layer, found)
        _faults(held, found)
    if found.result.changes is not None:
        _changes(held, found.result.changes)
    hand_out(
        found.whole, held, (".xlsx", ".docx", ".gpkg"), "import_report", title=found.answer.title
    )


def _decide(layer: str, found: Found) -> None:
    """Ask what is done with each class of fault found that leaves a choice."""
    text = words().text
    report = found.result.report
    counts: dict[str, int] = {}
    for one in report.lines if report is not None else ():
        counts[one.code] = counts.get(one.code, 0) + len(one.concerned)
    open_to = [code for code in counts if len(found.table.entry(code).allowed) > 1]
    if not open_to:
        return
    st.caption(f"{text('faults_actions')}　{text('faults_actions_help')}")
    cells = st.columns(4)
    for position, code in enumerate(open_to):
        entry = found.table.entry(code)
        cells[position % 4].selectbox(
            text("faults_action_of", kind=text(f"fault_{code}"), count=counts[code]),
            entry.allowed, index=entry.allowed.index(entry.action),
            format_func=lambda action: text(f"action_{action}"), key=action_key(layer, code),
        )  # fmt: skip


def _faults(held: Context, found: Found) -> None:
    report = found.result.report
    if report is None:
        return
    lines = line_frame(held, report, found.table, SHOWN_LINES)
    if len(report) > len(lines):
        st.caption(words().text("lines_left_out", shown=len(lines), count=len(report)))
    _list_and_map(held, lines)


@st.fragment
def _list_and_map(held: Context, lines: gpd.GeoDataFrame) -> None:
    within_border(lambda: _beside_each_other(held, lines))


def _beside_each_other(held: Context, lines: gpd.GeoDataFrame) -> None:
    text = words().text
    kinds = [text("faults_all"), *lines["fault_kind"].unique()]
    kind = st.selectbox(text("faults_filter"), kinds, key="fault_kind_shown")
    if kind != kinds[0]:
        lines = lines[lines["fault_kind"] == kind]
    st.caption(f"{text('faults_list_hint')}{text('faults_colours')}")
    left, right = st.columns([1, 1])
    with left:
        event = show_list(
            shown_columns(lines, SHOWN_COLUMNS, words(), report_titles(words())),
            height=HEIGHT_PX, on_select="rerun", selection_mode="multi-row", key="fault_rows",
        )  # fmt: skip
    drawn = [
        Highlight(look, some.geometry, _captions(some))
        for done, look in LOOKS.items()
        if len(some := _with_land(lines[lines["fault_done"] == text(done)]))
    ]
    chosen = _with_land(lines.iloc[[row for row in event.selection.rows if row < len(lines)]])
    if len(chosen):
        drawn.append(Highlight("selected", chosen.geometry, _captions(chosen)))
    with right:
        show_map(
            map_view(), words(), key="fault_map", highlights=drawn,
            focus=_focus(chosen if len(chosen) else _with_land(lines)),
            base_map_url=held.settings.base_map_url, height_px=HEIGHT_PX, compact=True,
        )  # fmt: skip


def _with_land(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the rows that can be drawn."""
    drawn = lines.geometry.notna() & ~lines.geometry.is_empty
    bounds = lines.geometry.bounds.to_numpy(dtype=float)
    finite = np.isfinite(bounds).all(axis=1) if len(lines) else np.empty(0, dtype=bool)
    return lines[drawn.to_numpy(dtype=bool) & finite].head(HIGHLIGHT_LIMIT)


def _captions(lines: gpd.GeoDataFrame) -> tuple[str, ...]:
    return tuple(
        words().text("fault_caption", kind=kind, row=row, value=value)
        for kind, row, value in zip(
            lines["fault_kind"], lines["fault_row_id"], lines["fault_value"], strict=True
        )
    )


def _focus(lines: gpd.GeoDataFrame) -> Bounds | None:
    if not len(lines):
        return None
    west, south, east, north = lines.geometry.to_crs(4326).total_bounds.tolist()
    return west, south, east, north


def _changes(held: Context, changes: Changes) -> None:
    text = words().text
    st.subheader(text("changes_heading"))
    st.text(
        text(
            "summary_edition", added=len(changes.added_ids), changed=len(changes.changed_ids),
            removed=len(changes.removed_ids), unchanged=changes.unchanged,
        )
    )  # fmt: skip
    _change_list_and_map(held, changes)


@st.fragment
def _change_list_and_map(held: Context, changes: Changes) -> None:
    within_border(lambda: _changes_beside_each_other(held, changes))


def _changes_beside_each_other(held: Context, changes: Changes) -> None:
    text = words().text
    rows, land = _change_rows(held, changes)
    if not len(rows):
        return
    st.caption(text("changes_colours"))
    left, right = st.columns([1, 1])
    shown = rows.head(SHOWN_LINES)
    with left:
        columns = ("change_kind", *CHANGE_COLUMNS)
        titles = report_titles(words()) | {"change_kind": text("column_change_kind")}
        event = show_list(
            shown_columns(shown, columns, words(), titles), height=HEIGHT_PX, on_select="rerun",
            selection_mode="multi-row", key="change_rows",
        )  # fmt: skip
        if len(rows) > len(shown):
            st.caption(text("lines_left_out", shown=len(shown), count=len(rows)))
    if land is None:
        return
    drawn = [
        Highlight(look, some.geometry, tuple(some["fault_row_id"]))
        for code, look in (("removed", "not_met"), ("changed", "result"), ("added", "met"))
        if len(some := _with_land(land[land["change"] == code]))
    ]
    ids = set(shown["fault_row_id"].iloc[[r for r in event.selection.rows if r < len(shown)]])
    chosen = _with_land(land[land["fault_row_id"].isin(ids)])
    if len(chosen):
        drawn.append(Highlight("selected", chosen.geometry, tuple(chosen["fault_row_id"])))
    with right:
        show_map(
            map_view(), words(), key="change_map", highlights=drawn,
            focus=_focus(chosen if len(chosen) else _with_land(land)),
            base_map_url=held.settings.base_map_url, height_px=HEIGHT_PX, compact=True,
        )  # fmt: skip


def _change_rows(held: Context, changes: Changes) -> tuple[pd.DataFrame, gpd.GeoDataFrame | None]:
    """Give the list of all changes, and the shapes of the rows concerned."""
    text = words().text
    changed = pd.DataFrame(changed_frame(held, changes)).drop(columns="geometry", errors="ignore")
    groups = {"added": changes.added_ids, "removed": changes.removed_ids}
    tables = [
        pd.DataFrame({"change_kind": text(f"change_{code}"), "fault_row_id": list(ids)})
        for code, ids in groups.items()
    ]
    whole = pd.concat(
        [changed.assign(change_kind=text("change_changed")), *tables], ignore_index=True
    )
    frames = (
        ("added", changes.added, changes.added_ids),
        ("changed", changes.after, changes.changed_ids),
        ("removed", changes.removed, changes.removed_ids),
    )
    if not isinstance(changes.after, gpd.GeoDataFrame):
        return whole, None
    land = pd.concat(
        [
            gpd.GeoDataFrame(
                {"change": [code] * len(ids), "fault_row_id": list(ids)},
                geometry=np.asarray(rows.geometry.array, dtype=object), crs=held.crs,
            )
            for code, rows, ids in frames
        ],
        ignore_index=True,
    )  # fmt: skip
    return whole, gpd.GeoDataFrame(land, crs=held.crs)
