"""Parts of the page of placement."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd
import streamlit as st

from app.answers.answer import Answer
from app.answers.matching import percent
from app.answers.placement import (
    ASSIGNMENT_COLUMNS,
    PLACED_OR_OVER,
    Refused,
    demands_asked,
    demands_chosen,
    project_names,
)
from app.components.map_view import show_map
from app.components.page import as_text, say_lines, show_list, shown_columns
from app.context import Context
from app.session import map_view, words
from layers.exchange.writers.sheet import Sheet
from layers.maps.find import Highlight
from layers.scratch import temporary_folder
from platforms.matching.demand import Demand
from platforms.matching.match import MatchResult
from platforms.placement.place import Placement, Wishes

LOCKED, EXCLUDED = "placement_locked", "placement_excluded"
SHOWN_SITES = 20
MOST_SECONDS = 3600

Pair = tuple[str, str]


@dataclass(frozen=True)
class PlacementRequest:
    """Which projects were chosen.

    ``demands``: Those that can be read.
    ``refused``: Those that cannot, with what is wrong.
    ``said``: How they were chosen, for the manifest.
    """

    demands: tuple[Demand, ...]
    refused: Refused = field(compare=False)
    sentence: str


def waiting_projects(context: Context) -> list[str]:
    """Give the numbers of the projects that wait for a place."""
    projects = context.source.read("projects")
    ids = projects.loc[~projects["stage"].isin(PLACED_OR_OVER), "project_id"]
    return sorted(map(str, ids))


def choose_projects(context: Context, waiting: Sequence[str]) -> PlacementRequest | None:
    """Let projects be chosen; None while there is none."""
    text = words().text
    ways = {
        "all": text("placement_which_all", count=len(waiting)),
        "some": text("placement_which_some"),
        "list": text("placement_which_list"),
    }
    way = st.radio(
        text("placement_which"), list(ways), format_func=ways.get, horizontal=True,
        key="placement_which",
    )  # fmt: skip
    if way == "all":
        return PlacementRequest(*_frozen(demands_asked(context, "all")), "all")
    if way == "some":
        return _picked(context, waiting)
    return _uploaded(context)


def _frozen(read: tuple[list[Demand], Refused]) -> tuple[tuple[Demand, ...], Refused]:
    return tuple(read[0]), read[1]


def _picked(context: Context, waiting: Sequence[str]) -> PlacementRequest | None:
    text, names = words().text, project_names(context)
    chosen = st.multiselect(
        text("placement_pick"), waiting, key="placement_pick",
        format_func=lambda project_id: f"{project_id}　{names.get(project_id, '')}",
    )  # fmt: skip
    if not chosen:
        st.info(text("placement_pick_first"))
        return None
    return PlacementRequest(*_frozen(demands_chosen(context, chosen)), ", ".join(chosen))


def _uploaded(context: Context) -> PlacementRequest | None:
    text = words().text
    file = st.file_uploader(
        text("placement_upload"), type=["txt", "csv", "json", "yaml", "yml"],
        key="placement_upload",
    )  # fmt: skip
    if file is None:
        st.info(text("placement_upload_first"))
        return None
    with temporary_folder() as folder:
        path = folder / f"list{Path(file.name).suffix}"
        path.write_bytes(file.getvalue())
        return PlacementRequest(*_frozen(demands_asked(context, str(path))), file.name)


def choose_wishes(results: Sequence[MatchResult]) -> Wishes:
    """Let gap, deadline and pairs be chosen; ``results`` are those of the last run, if any."""
    text = words().text
    effort = st.radio(
        text("placement_effort"), ("best", "quick"), horizontal=True, key="placement_effort",
        format_func={
            "best": text("placement_effort_best"), "quick": text("placement_effort_quick"),
        }.__getitem__,
    )  # fmt: skip
    with st.expander(text("placement_how")):
        left, right = st.columns(2)
        gap = left.number_input(
            text("placement_gap_label"), 0.0, 100.0, 0.5, 0.1, key="placement_gap"
        )
        deadline = right.number_input(
            text("placement_deadline_label"), 1, MOST_SECONDS, 60, key="placement_deadline"
        )
        st.caption(text("placement_pairs_hint"))
        _choose_pair([result for result in results if len(result.sites)])
        _drop_pairs()
    return Wishes(
        _chosen_pairs(LOCKED), _chosen_pairs(EXCLUDED), float(gap) / 100, float(deadline),
        is_quick=effort == "quick",
    )  # fmt: skip


def _chosen_pairs(slot: str) -> tuple[Pair, ...]:
    return tuple(st.session_state.get(slot, ()))


def _choose_pair(results: Sequence[MatchResult]) -> None:
    """Offer the sites found for each project."""
    if not results:
        return
    text = words().text
    project, site, lock, exclude = st.columns([3, 4, 1, 1], vertical_alignment="bottom")
    at = project.selectbox(
        text("placement_pair_project"), range(len(results)), key="placement_pair_project",
        format_func=lambda n: f"{results[n].demand.project_id}　{results[n].demand.name}",
    )  # fmt: skip
    result = results[at]
    offered = {matched.site.site_id: matched for matched in result.sites[:SHOWN_SITES]}
    chosen = site.selectbox(
        text("placement_pair_site"), list(offered), key="placement_pair_site",
        format_func=lambda name: f"{name}（{offered[name].site.area_mu:,.1f} 亩）",
    )  # fmt: skip
    pair = (result.demand.project_id, chosen)
    if lock.button(text("placement_pair_lock"), key="placement_lock"):
        _put(LOCKED, pair)
    if exclude.button(text("placement_pair_exclude"), key="placement_exclude"):
        _put(EXCLUDED, pair)


def _put(slot: str, pair: Pair) -> None:
    """Hold a pair; it leaves the other list, and a project is locked to one site only."""
    other = EXCLUDED if slot == LOCKED else LOCKED
    st.session_state[other] = [kept_pair for kept_pair in _chosen_pairs(other) if kept_pair != pair]
    kept = [
        kept_pair for kept_pair in _chosen_pairs(slot)
        if kept_pair != pair and not (slot == LOCKED and kept_pair[0] == pair[0])
    ]  # fmt: skip
    st.session_state[slot] = [*kept, pair]


def _drop_pairs() -> None:
    text = words().text
    labels = [
        *(text("placement_locked_said", project_id=p, site_id=s) for p, s in _chosen_pairs(LOCKED)),
        *(
            text("placement_excluded_said", project_id=p, site_id=s)
            for p, s in _chosen_pairs(EXCLUDED)
        ),
    ]
    if not labels:
        return
    for line in labels:
        st.markdown(f"- {as_text(line)}")
    if st.button(text("placement_pair_drop"), key="placement_drop"):
        st.session_state[LOCKED], st.session_state[EXCLUDED] = [], []
        st.rerun()


PALETTE = 8
"""So many looks tell projects apart on the map; then they begin again."""

LIST_PX, MAP_PX = 560, 560


def show_placement(context: Context, placement: Placement, answer: Answer) -> None:
    """Show the answer: figures, sentences, map, and each of its lists."""
    text = words().text
    _figures(placement, answer)
    say_lines(answer.summary)
    placed = answer.sheet("place")
    others = [sheet for sheet in answer.sheets if sheet is not placed]
    names = [text("placement_tab_map", count=len(placed.frame))]
    names += [text("placement_tab", name=sheet.name, count=len(sheet.frame)) for sheet in others]
    tabs = st.tabs(names)
    with tabs[0]:
        _on_the_map(context, gpd.GeoDataFrame(placed.frame), answer)
    for tab, sheet in zip(tabs[1:], others, strict=True):
        with tab:
            _list(sheet, answer)


def _figures(placement: Placement, answer: Answer) -> None:
    text = words().text
    unplaced = answer.result["unplaced"]
    broken = sum(effect.outcome == "not_met" for effect in placement.shares.values())
    figures = {
        "placement_metric_placed": str(len(placement.assignments)),
        "placement_metric_unplaced": str(len(unplaced) if isinstance(unplaced, list) else 0),
        "placement_metric_gap": percent(placement.gap) or text("no_value"),
        "placement_metric_broken": str(broken),
    }
    for column, (code, figure) in zip(st.columns(len(figures)), figures.items(), strict=True):
        column.metric(text(code), figure)


def _list(sheet: Sheet, answer: Answer) -> None:
    """Show any list of the answer, whatever its columns."""
    if not len(sheet.frame):
        st.info(words().text("placement_nothing_here"))
        return
    plain = pd.DataFrame(sheet.frame)
    columns = [name for name in plain.columns if name != "geometry"]
    show_list(shown_columns(plain, columns, words(), answer.titles))


def _on_the_map(context: Context, sites: gpd.GeoDataFrame, answer: Answer) -> None:
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
        _map(context, sites, rows[0] if rows else None)


def _map(context: Context, sites: gpd.GeoDataFrame, chosen: int | None) -> None:
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
        focus=(west, south, east, north), base_map_url=context.settings.base_map_url,
        height_px=MAP_PX, compact=True,
    )  # fmt: skip
