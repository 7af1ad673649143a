"""Scenarios side by side with the base, and what one of them changes on the map."""

import json
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.answers.pictures import view_of
from app.answers.scenario_comparison import (
    MOST_COMPARED,
    SHARE_COLUMNS,
    VERDICT_COLUMNS,
    Compared,
    Standing,
    compared,
    comparison_answer,
    scenario_titles,
    shares_side_by_side,
    standing_of,
    verdicts_side_by_side,
    yield_frame,
)
from app.answers.scenario_map import changed_highlights, changed_rows
from app.answers.scenarios import context_with
from app.components.frame import hand_out, show_where_held
from app.components.map_view import show_map
from app.components.plain import as_text, say_lines
from app.components.table import show_list, shown_columns
from app.components.working import run_with_bar
from app.context import Context
from app.session import Stamp, map_view, stamp, words
from geo.errors import MuPlanError
from geo.progress import Progress, report
from layers.maps.view import MapView
from platforms.scenario.edits import to_plain
from platforms.scenario.scenario import Scenario

ASKED = "scenario_asked"
YIELD_COLUMNS = (
    "scenario_name", "by_said", "name", "period", "output_before", "output_after", "output_change",
    "tax_before", "tax_after", "tax_change", "why",
)  # fmt: skip


def show_scenario_comparison(held: Context, scenarios: Sequence[Scenario]) -> None:
    """Let scenarios be chosen, and show them beside the base.

    Parameters
    ----------
    held
        The base.
    scenarios
        Those that aren't adopted yet.
    """
    text = words().text
    by_name = {one.name: one for one in scenarios}
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    names = left.multiselect(
        text("scenario_choose_compared", most=MOST_COMPARED), list(by_name),
        default=list(by_name)[:2], max_selections=MOST_COMPARED, placeholder=text("choose"),
        key="scenario_compared",
    )  # fmt: skip
    year = int(right.number_input(text("column_year"), 1990, 2100, held.year, key="scenario_year"))
    chosen = tuple((name, _key(by_name[name])) for name in names)
    asked = (stamp(), year, chosen)
    if st.button(text("scenario_compare"), type="primary", key="scenario_compare"):
        st.session_state[ASKED] = asked
    if not names or st.session_state.get(ASKED) != asked:
        st.info(text("scenario_compare_next"))
        return

    def run(progress: Progress) -> tuple[Standing, list[Compared]]:
        return _all(held, [by_name[name] for name in names], year, progress)

    base, found = run_with_bar("scenario", text("scenario_working"), run)
    if found:
        _tables(held, base, found, year)


def _all(
    held: Context, scenarios: Sequence[Scenario], year: int, progress: Progress
) -> tuple[Standing, list[Compared]]:
    """Judge the base and each scenario; one that doesn't fit any more is named and left out."""
    base = _standing(stamp(), year, held)
    found = []
    for n, one in enumerate(scenarios, 1):
        report(progress, n / (len(scenarios) + 1))
        try:
            found.append(_compared(stamp(), year, one.name, _key(one), held, one, base))
        except MuPlanError as error:
            said = words().text("scenario_left_out", name=one.name, why=words().error(error))
            st.warning(as_text(said))
    return base, found


@st.cache_resource(max_entries=4, show_spinner=False)
def _standing(_at: Stamp, year: int, _held: Context) -> Standing:
    return standing_of(_held, year)


@st.cache_resource(max_entries=12, show_spinner=False)
def _compared(
    at: Stamp, year: int, name: str, edits: str, _held: Context, _scenario: Scenario,
    _base: Standing,
) -> Compared:  # fmt: skip
    return compared(_held, _scenario, _base, year)


@st.cache_resource(max_entries=4, show_spinner=False)
def _view(at: Stamp, edits: str, _held: Context, _scenario: Scenario) -> MapView:
    return view_of(context_with(_held, _scenario.edits))


def _key(scenario: Scenario) -> str:
    return json.dumps([to_plain(edit) for edit in scenario.edits], ensure_ascii=False)


def _tables(held: Context, base: Standing, found: list[Compared], year: int) -> None:
    text = words().text
    answer = comparison_answer(held, base, found, year)
    say_lines(answer.summary[: len(found)])
    verdicts, shares, per_mu = st.tabs(
        [text("sheet_side_by_side"), text("tab_shares"), text("tab_per_mu")]
    )
    columns = tuple(f"scenario_{n}" for n in range(1, len(found) + 1))
    titles = scenario_titles(held, found)
    with verdicts:
        frame = verdicts_side_by_side(held, base, found)
        _list(frame, (*VERDICT_COLUMNS, *columns), titles, "scenario_no_verdict_differs")
    with shares:
        show_where_held(lambda: _shares(held, base, found, titles))
    with per_mu:
        st.caption(text("yield_hint"))
        frame = yield_frame(held, found)
        if not st.toggle(text("scenario_show_all"), key="scenario_all_yields"):
            moved = frame[["output_change", "tax_change"]].fillna(0.0).ne(0.0).any(axis=1)
            frame = frame[moved | frame["why"].astype(str).ne("") & _placed(frame)]
        _list(frame, YIELD_COLUMNS, {}, "scenario_no_yield_differs")
    hand_out(answer, held, (".xlsx", ".docx", ".gpkg", ".csv"), "scenarios")


def _placed(frame: pd.DataFrame) -> pd.Series:
    """Rows whose figure after can't be told although it was reported."""
    lost = [
        frame[f"{name}_before"].notna() & frame[f"{name}_after"].isna()
        for name in ("output", "tax")
    ]
    return lost[0] | lost[1]


def _shares(held: Context, base: Standing, found: list[Compared], titles: dict[str, str]) -> None:
    text = words().text
    frame = shares_side_by_side(held, base, found)
    if not st.toggle(text("scenario_show_all"), key="scenario_all_shares"):
        frame = frame[frame["is_changed"]]
    pairs = tuple(
        name for n in range(1, len(found) + 1) for name in (f"scenario_{n}", f"outcome_{n}")
    )
    shown = frame.copy()
    for name in ("threshold_share", "share_base", *pairs[::2]):
        shown[name] = [None if pd.isna(v) else f"{float(v):.2%}" for v in frame[name]]
    titled = {**titles, "threshold_share": text("column_threshold")}
    _list(shown, (*SHARE_COLUMNS, *pairs), titled, "scenario_no_share_differs")


def _list(
    frame: pd.DataFrame, columns: tuple[str, ...], titles: dict[str, str], empty: str
) -> None:
    if not len(frame):
        st.info(words().text(empty))
        return
    show_list(shown_columns(frame, columns, words(), titles))


def show_scenario_maps(held: Context, scenario: Scenario) -> None:
    """Show the base and the scenario side by side, with what is changed marked in both.

    Parameters
    ----------
    held
        The base.
    scenario
        The scenario; where its edits don't fit any more, a sentence says why.
    """
    text = words().text
    rows = changed_rows(held, scenario)
    marked = changed_highlights(held, rows)
    shapes = rows.geometry.dropna()
    if not len(shapes):
        st.info(text("scenario_map_empty"))
        return
    west, south, east, north = shapes.to_crs(4326).total_bounds.tolist()
    st.caption(text("scenario_map_hint"))
    before, after = st.columns(2)
    with before:
        st.markdown(f"**{text('scenario_before')}**")
        show_map(
            map_view(), words(), key="scenario_map_before", highlights=marked, compact=True,
            focus=(west, south, east, north), base_map_url=held.settings.base_map_url,
        )  # fmt: skip
    with after:
        st.markdown(f"**{text('scenario_after')}**")
        if scenario.adopted_at is not None:
            st.info(text("scenario_is_base"))
            return
        with st.spinner(text("working")):
            view = _view(stamp(), _key(scenario), held, scenario)
        show_map(
            view, words(), key="scenario_map_after", highlights=marked, compact=True,
            focus=(west, south, east, north), base_map_url=held.settings.base_map_url,
        )  # fmt: skip
    columns = ("row_id", "state_before", "edit_said")
    show_list(shown_columns(pd.DataFrame(rows), columns, words()))
