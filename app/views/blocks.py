"""Contiguous land of 100 亩 and more: list, map, export."""

import geopandas as gpd
import streamlit as st

from app.answers.land import block_answer, unit_names
from app.components.frame import hand_out, page_head
from app.components.map_view import show_map
from app.components.plain import say_lines
from app.components.table import shown_columns, styled
from app.context import Context
from app.session import blocks, context, map_view, words
from layers.maps.highlight import HIGHLIGHT_LIMIT, Highlight
from platforms.land.blocks import BlockQuery

LIST_COLUMNS = (
    "block_id", "unit_name", "area_mu", "planar_area_mu", "declared_area_mu", "parcel_count",
    "is_on_200_list",
)  # fmt: skip


def show() -> None:
    """Show the page."""
    held = context()
    text = words().text
    page_head(held, "page_blocks", "blocks_question")
    if not len(held.source.read("land_parcels")):
        st.info(text("blocks_no_parcels"))
        return
    query = _query(held)
    with st.spinner(text("working_blocks")):
        found = blocks(query)
    answer = block_answer(held, query, found)
    say_lines(answer.summary)
    if not len(found.blocks):
        st.info(text("blocks_empty"))
        return
    frame = gpd.GeoDataFrame(answer.sheets[0].frame)
    _list_and_map(held, frame)
    hand_out(answer, held, (".xlsx", ".csv", ".gpkg", ".geojson", ".shp.zip"), "blocks")


def _query(held: Context) -> BlockQuery:
    text = words().text
    least = held.policy.rule("B3").rule.number
    names = {"": text("whole_city"), **unit_names(held)}
    with st.form("block_query"):
        first, second, third, fourth, fifth = st.columns([1, 1, 1, 2, 1])
        min_mu = first.number_input(text("option_min_mu"), 1.0, 1e6, least, 10.0, key="min_mu")
        gap_m = second.number_input(text("option_gap_m"), 0.0, 50.0, 2.0, 0.5, key="gap_m")
        edge_m = third.number_input(text("option_min_edge_m"), 0.1, 1000.0, 5.0, 1.0, key="edge_m")
        unit_id = fourth.selectbox(
            text("column_unit_name"), list(names), format_func=names.get, key="block_unit"
        )
        net = fifth.checkbox(text("blocks_net"), help=text("option_net"), key="net")
        st.form_submit_button(text("blocks_run"))
    return BlockQuery(min_mu, gap_m, edge_m, net=net, unit_id=unit_id or None)


@st.fragment
def _list_and_map(held: Context, frame: gpd.GeoDataFrame) -> None:
    text = words().text
    left, right = st.columns([1, 1])
    with left:
        st.caption(text("blocks_list_hint"))
        event = st.dataframe(
            styled(shown_columns(frame, LIST_COLUMNS, words())), hide_index=True, width="stretch",
            height=560, on_select="rerun", selection_mode="multi-row", key="block_rows",
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
            base_map_url=held.settings.base_map_url, height_px=590, compact=True,
        )  # fmt: skip


def _captions(frame: gpd.GeoDataFrame) -> tuple[str, ...]:
    rows = frame[:HIGHLIGHT_LIMIT]
    return tuple(
        words().text("block_caption", block_id=block_id, area_mu=area_mu)
        for block_id, area_mu in zip(rows["block_id"], rows["area_mu"], strict=True)
    )


show()
