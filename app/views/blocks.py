"""Contiguous land of 100 亩 and more: list, map, export."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import streamlit as st

from app.answers.land import block_answer, find_land, land_curve
from app.answers.reports import land_report
from app.components.charts import curve_chart
from app.components.jobs import cached_with_bar, run_with_bar
from app.components.map_view import show_map
from app.components.page import hand_out, page_head, say_lines, show_list, shown_columns
from app.context import Context, unit_names
from app.session import current_context, map_view, stamp, words
from layers.maps.find import HIGHLIGHT_LIMIT, Highlight
from platforms.land.block_facts import FLOOD, SLOPE, TERRAIN
from platforms.land.blocks import ToleranceCurve
from platforms.land.find import ContiguousLand
from platforms.land.search import BlockQuery, lines_mu

LIST_COLUMNS = (
    "block_id", "unit_name", "area_mu", "net_area_mu", "net_largest_mu", "min_width_m",
    "frontage_m", *TERRAIN, "bridge_count", "parcel_count", "is_on_200_list",
)  # fmt: skip

SHORT_COLUMNS = ("block_id", "unit_name", "area_mu", "bounded_by")

BRIDGE_COLUMNS = (
    "block_id", "parcel_id", "other_parcel_id", "gap_width_m", "joining_gap_m", "over",
    "decided_by", "reason",
)  # fmt: skip

CURVE = "tolerance_curve"


def show() -> None:
    """Show the page."""
    context = current_context()
    text = words().text
    page_head(context, "page_blocks", "blocks_question")
    if not len(context.source.read("land_parcels")):
        st.info(text("blocks_no_parcels"))
        return
    query = _query(context)
    land = _land(query)
    curve = _held_curve(query)
    answer = block_answer(context, query, replace(land, curve=curve))
    say_lines(answer.summary)
    frame = gpd.GeoDataFrame(answer.sheet("blocks").frame)
    listed, short, bridges, tolerance = st.tabs(
        [
            text("tab_listed", count=len(frame)),
            text("tab_short", count=len(land.blocks.short)),
            text("tab_bridges", count=len(land.bridges)),
            text("tab_tolerance"),
        ]
    )
    with listed:
        if len(frame):
            _list_and_map(context, frame)
        else:
            st.info(text("blocks_empty"))
    with short:
        _table(answer.sheet("short_blocks").frame, SHORT_COLUMNS, "short_empty", "short_hint")
    with bridges:
        _table(land.bridges, BRIDGE_COLUMNS, "bridges_empty", "bridges_hint")
    with tolerance:
        _tolerance(context, query, curve)
    endings = (".xlsx", ".docx", ".csv", ".gpkg", ".geojson", ".shp.zip")
    hand_out(
        answer, context, endings, "blocks",
        report=lambda: land_report(context, query, replace(land, curve=curve), map_view()),
    )  # fmt: skip


def _table(frame: pd.DataFrame, columns: tuple[str, ...], empty: str, hint: str) -> None:
    text = words().text
    if not len(frame):
        st.info(text(empty))
        return
    st.caption(text(hint))
    display = shown_columns(pd.DataFrame(frame), columns, words())
    show_list(display)


def _land(query: BlockQuery) -> ContiguousLand:
    """Find the blocks, under a bar where they were not found before."""
    return cached_with_bar("blocks", words().text("working_blocks"), find_land, query)


def _held_curve(query: BlockQuery) -> ToleranceCurve | None:
    """Give the curve made in this session for this query and state of the workspace."""
    key, curve = st.session_state.get(CURVE, (None, None))
    return curve if key == (stamp(), query) else None


def _tolerance(context: Context, query: BlockQuery, curve: ToleranceCurve | None) -> None:
    text = words().text
    st.caption(text("tolerance_hint"))
    if curve is None:
        if query.min_neck_m > 0:
            st.info(text("curve_with_neck", min_neck_m=query.min_neck_m))
        elif st.button(text("tolerance_run"), key="tolerance_run"):
            curve_made = run_with_bar(
                "curve",
                text("working_curve"),
                lambda progress: land_curve(context, query, progress),
            )
            st.session_state[CURVE] = ((stamp(), query), curve_made)
            st.rerun()
        return
    st.altair_chart(curve_chart(curve, query.gap_m, words()), width="stretch")
    columns = ("gap_m", "blocks_100", "area_mu_100", "blocks_200", "area_mu_200")
    show_list(shown_columns(curve.rows, columns, words()))


def _query(context: Context) -> BlockQuery:
    text = words().text
    least, _ = lines_mu(context.policy)
    names = {"": text("whole_city"), **unit_names(context)}
    with st.form("block_query"):
        first, second, third, fourth, fifth, sixth, last = st.columns(
            [2, 2, 2, 2, 2, 3, 2], vertical_alignment="bottom"
        )
        min_mu = first.number_input(text("option_min_mu"), 1.0, 1e6, least, 10.0, key="min_mu")
        gap_m = second.number_input(text("option_gap_m"), 0.0, 50.0, 2.0, 0.5, key="gap_m")
        edge_m = third.number_input(text("option_min_edge_m"), 0.1, 1000.0, 5.0, 1.0, key="edge_m")
        bridge_m = fourth.number_input(
            text("blocks_bridge_width"),
            0.0,
            50.0,
            6.0,
            1.0,
            key="bridge_width_m",
            help=text("option_bridge_width_m"),
        )
        neck_m = fifth.number_input(
            text("blocks_min_neck"),
            0.0,
            1000.0,
            0.0,
            5.0,
            key="min_neck_m",
            help=text("option_min_neck_m"),
        )
        unit_id = sixth.selectbox(
            text("column_unit_name"), list(names), format_func=names.get, key="block_unit"
        )
        net = last.checkbox(text("blocks_net"), help=text("option_net"), key="net")
        st.form_submit_button(text("blocks_run"))
    return BlockQuery(
        min_mu, gap_m, edge_m, bridge_m, neck_m, net=net, unit_id=unit_id or None
    )  # fmt: skip


@st.fragment
def _list_and_map(context: Context, frame: gpd.GeoDataFrame) -> None:
    text = words().text
    left, right = st.columns([1, 1])
    with left:
        st.caption(text("blocks_list_hint"))
        event = show_list(
            shown_columns(frame, _list_columns(frame), words()), height=560, on_select="rerun",
            selection_mode="multi-row",
            key="block_rows",
        )  # fmt: skip
    chosen = frame.iloc[event.selection.rows]
    highlights = [Highlight("result", frame.geometry[:HIGHLIGHT_LIMIT], _captions(frame))]
    focus = None
    if len(chosen):
        highlights.append(Highlight("selected", chosen.geometry, _captions(chosen)))
        west, south, east, north = chosen.geometry.to_crs(4326).total_bounds.tolist()
        focus = (west, south, east, north)
    with right:
        show_map(
            map_view(), words(), key="block_map", highlights=highlights, focus=focus,
            base_map_url=context.settings.base_map_url, height_px=590, compact=True,
        )  # fmt: skip


def _list_columns(frame: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Leave out what a raster would say that the workspace doesn't have."""
    absent: set[str] = set()
    for columns in (SLOPE, FLOOD):
        covered = columns[-1]
        absent |= {covered} if frame[covered].notna().any() else set(columns)
    return tuple(name for name in LIST_COLUMNS if name not in absent)


def _captions(frame: gpd.GeoDataFrame) -> tuple[str, ...]:
    rows = frame[:HIGHLIGHT_LIMIT]
    return tuple(
        words().text("block_caption", block_id=block_id, area_mu=area_mu)
        for block_id, area_mu in zip(rows["block_id"], rows["area_mu"], strict=True)
    )


show()
