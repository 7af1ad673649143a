"""What a placement found: the sites on the map, and every list of the answer in a tab."""

import geopandas as gpd
import pandas as pd
import streamlit as st

from app.answers.answer import Answer
from app.answers.matched_site import percent
from app.answers.placement import ASSIGNMENT_COLUMNS
from app.components.map_view import show_map
from app.components.plain import say_lines
from app.components.table import show_list, shown_columns
from app.context import Context
from app.session import map_view, words
from layers.exchange.sheet import Sheet
from layers.maps.highlight import Highlight
from platforms.placement.place import Placement

PALETTE = 8
"""So many looks tell projects apart on the map; then they begin again."""

LIST_PX, MAP_PX = 560, 560


def show_placement(held: Context, found: Placement, answer: Answer) -> None:
    """Show the answer: figures, sentences, map, and each of its lists."""
    text = words().text
    _figures(found, answer)
    say_lines(answer.summary)
    first, *others = answer.sheets
    names = [text("placement_tab_map", count=len(first.frame))]
    names += [text("placement_tab", name=one.name, count=len(one.frame)) for one in others]
    tabs = st.tabs(names)
    with tabs[0]:
        _on_the_map(held, gpd.GeoDataFrame(first.frame), answer)
    for tab, sheet in zip(tabs[1:], others, strict=True):
        with tab:
            _list(sheet, answer)


def _figures(found: Placement, answer: Answer) -> None:
    text = words().text
    unplaced = answer.result["unplaced"]
    broken = sum(effect.outcome == "not_met" for effect in found.shares.values())
    shown = {
        "placement_metric_placed": str(len(found.assignments)),
        "placement_metric_unplaced": str(len(unplaced) if isinstance(unplaced, list) else 0),
        "placement_metric_gap": percent(found.gap) or text("no_value"),
        "placement_metric_broken": str(broken),
    }
    for column, (code, figure) in zip(st.columns(len(shown)), shown.items(), strict=True):
        column.metric(text(code), figure)


def _list(sheet: Sheet, answer: Answer) -> None:
    """Show any list of the answer, whatever its columns."""
    if not len(sheet.frame):
        st.info(words().text("placement_nothing_here"))
        return
    plain = pd.DataFrame(sheet.frame)
    columns = [name for name in plain.columns if name != "geometry"]
    show_list(shown_columns(plain, columns, words(), answer.titles))


def _on_the_map(held: Context, sites: gpd.GeoDataFrame, answer: Answer) -> None:
    if not len(sites):
        st.info(words().text("placement_none_placed"))
        return
    left, right = st.columns([1, 1])
    columns = [name for name in sites.columns if name not in ("geometry", "parcel_ids")]
    order = [*ASSIGNMENT_COLUMNS, *(name for name in columns if name not in ASSIGNMENT_COLUMNS)]
    with left:
        event = show_list(
            shown_columns(pd.DataFrame(sites), order, words(), answer.titles), height=LIST_PX,
            on_select="rerun", selection_mode="single-row", key="placement_rows",
        )  # fmt: skip
    rows = [row for row in event.selection.rows if row < len(sites)]
    with right:
        _map(held, sites, rows[0] if rows else None)


def _map(held: Context, sites: gpd.GeoDataFrame, chosen: int | None) -> None:
    """Draw each project in a colour of its own; the one chosen is moved to."""
    captions = [
        words().text("block_caption", block_id=f"{project_id}　{site_id}", area_mu=area_mu)
        for project_id, site_id, area_mu in zip(
            sites["project_id"], sites["site_id"], sites["area_mu"], strict=True
        )
    ]
    highlights = []
    for look in range(min(PALETTE, len(sites))):
        of_look = slice(look, None, PALETTE)
        shapes = sites.geometry.iloc[of_look]
        highlights.append(Highlight(f"project_{look + 1}", shapes, tuple(captions[of_look])))
    seen = sites.geometry if chosen is None else sites.geometry.iloc[[chosen]]
    if chosen is not None:
        highlights.append(Highlight("selected", seen, (captions[chosen],)))
    west, south, east, north = seen.to_crs(4326).total_bounds.tolist()
    show_map(
        map_view(), words(), key="placement_map", highlights=highlights,
        focus=(west, south, east, north), base_map_url=held.settings.base_map_url,
        height_px=MAP_PX, compact=True,
    )  # fmt: skip
