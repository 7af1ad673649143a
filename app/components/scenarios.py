"""Parts of the page of scenarios."""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from app.answers.map import view_of
from app.answers.scenario_comparison import (
    MOST_COMPARED,
    SHARE_COLUMNS,
    VERDICT_COLUMNS,
    Compared,
    Standing,
    compared,
    comparison_answer,
    scenario_titles,
    standing_of,
)
from app.answers.scenarios import (
    EditWords,
    added_from_file,
    added_from_park,
    changed_highlights,
    changed_rows,
    context_with,
)
from app.components.jobs import run_with_bar
from app.components.map_view import show_map
from app.components.page import (
    as_text,
    hand_out,
    say_lines,
    show_list,
    show_where_held,
    shown_columns,
)
from app.context import Context, unit_names
from app.session import Stamp, cached, map_view, stamp, words
from geo.errors import MuPlanError
from geo.overlay import areas_m2
from geo.tools import Progress, report
from geo.units import m2_to_mu
from layers.exchange.read import READ_ENDINGS
from layers.fields import FIELDS
from layers.maps.view import MapView
from platforms.matching.demand import BEGUN
from platforms.scenario.edits import (
    ChangeLand,
    ExitPark,
    JoinPark,
    PlaceProject,
    Scenario,
    ScenarioEdit,
    SetMajor,
    allotted_parcels,
    to_plain,
)

ASKED = "scenario_asked"
YIELD_COLUMNS = (
    "scenario_name", "by_said", "name", "period", "output_before", "output_after", "output_change",
    "tax_before", "tax_after", "tax_change", "why",
)  # fmt: skip


def show_scenario_comparison(context: Context, scenarios: Sequence[Scenario]) -> None:
    """Let scenarios be chosen, and show them beside the base.

    ``scenarios``: Those that aren't adopted yet.
    """
    text = words().text
    by_name = {scenario.name: scenario for scenario in scenarios}
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    names = left.multiselect(
        text("scenario_choose_compared", most=MOST_COMPARED), list(by_name),
        default=list(by_name)[:2], max_selections=MOST_COMPARED, placeholder=text("choose"),
        key="scenario_compared",
    )  # fmt: skip
    year = int(
        right.number_input(text("column_year"), 1990, 2100, context.year, key="scenario_year")
    )
    chosen = tuple((name, _key(by_name[name])) for name in names)
    asked = (stamp(), year, chosen)
    if st.button(text("scenario_compare"), type="primary", key="scenario_compare"):
        st.session_state[ASKED] = asked
    if not names or st.session_state.get(ASKED) != asked:
        st.info(text("scenario_compare_next"))
        return

    def run(progress: Progress) -> tuple[Standing, list[Compared]]:
        return _all(context, [by_name[name] for name in names], year, progress)

    base, comparisons = run_with_bar("scenario", text("scenario_working"), run)
    if comparisons:
        _tables(context, base, comparisons, year)


def _all(
    context: Context, scenarios: Sequence[Scenario], year: int, progress: Progress
) -> tuple[Standing, list[Compared]]:
    """Judge the base and each scenario; one that doesn't fit any more is named and left out."""
    base = cached(standing_of, year)
    comparisons = []
    for n, scenario in enumerate(scenarios, 1):
        report(progress, n / (len(scenarios) + 1))
        try:
            comparisons.append(
                _compared(stamp(), year, scenario.name, _key(scenario), context, scenario, base)
            )
        except MuPlanError as error:
            sentence = words().text(
                "scenario_left_out", name=scenario.name, why=words().error(error)
            )
            st.warning(as_text(sentence))
    return base, comparisons


@st.cache_resource(max_entries=12, show_spinner=False)
def _compared(
    at: Stamp, year: int, name: str, edits: str, _context: Context, _scenario: Scenario,
    _base: Standing,
) -> Compared:  # fmt: skip
    return compared(_context, _scenario, _base, year)


@st.cache_resource(max_entries=4, show_spinner=False)
def _view(at: Stamp, edits: str, _context: Context, _scenario: Scenario) -> MapView:
    return view_of(context_with(_context, _scenario.edits))


def _key(scenario: Scenario) -> str:
    return json.dumps([to_plain(edit) for edit in scenario.edits], ensure_ascii=False)


def _tables(context: Context, base: Standing, comparisons: list[Compared], year: int) -> None:
    text = words().text
    answer = comparison_answer(context, base, comparisons, year)
    say_lines(answer.summary[: len(comparisons)])
    verdicts, shares, per_mu = st.tabs(
        [text("sheet_side_by_side"), text("tab_shares"), text("tab_per_mu")]
    )
    columns = tuple(f"scenario_{n}" for n in range(1, len(comparisons) + 1))
    titles = scenario_titles(context, comparisons)
    with verdicts:
        frame = answer.sheet("side_by_side").frame
        _list(frame, (*VERDICT_COLUMNS, *columns), titles, "scenario_no_verdict_differs")
    with shares:
        show_where_held(
            lambda: _shares(answer.sheet("share_differences").frame, len(comparisons), titles)
        )
    with per_mu:
        st.caption(text("yield_hint"))
        frame = answer.sheet("yields").frame
        if not st.toggle(text("scenario_show_all"), key="scenario_all_yields"):
            moved = frame[["output_change", "tax_change"]].fillna(0.0).ne(0.0).any(axis=1)
            frame = frame[moved | frame["why"].astype(str).ne("") & _placed(frame)]
        _list(frame, YIELD_COLUMNS, {}, "scenario_no_yield_differs")
    hand_out(answer, context, (".xlsx", ".docx", ".gpkg", ".csv"), "scenarios")


def _placed(frame: pd.DataFrame) -> pd.Series:
    """Rows whose figure after can't be told although it was reported."""
    lost = [
        frame[f"{name}_before"].notna() & frame[f"{name}_after"].isna()
        for name in ("output", "tax")
    ]
    return lost[0] | lost[1]


def _shares(frame: pd.DataFrame, scenario_count: int, titles: dict[str, str]) -> None:
    text = words().text
    if not st.toggle(text("scenario_show_all"), key="scenario_all_shares"):
        frame = frame[frame["is_changed"]]
    pairs = tuple(
        name for n in range(1, scenario_count + 1) for name in (f"scenario_{n}", f"outcome_{n}")
    )
    display = frame.copy()
    for name in ("threshold_share", "share_base", *pairs[::2]):
        display[name] = [None if pd.isna(v) else f"{float(v):.2%}" for v in frame[name]]
    titled = {**titles, "threshold_share": text("column_threshold")}
    _list(display, (*SHARE_COLUMNS, *pairs), titled, "scenario_no_share_differs")


def _list(
    frame: pd.DataFrame, columns: tuple[str, ...], titles: dict[str, str], empty: str
) -> None:
    if not len(frame):
        st.info(words().text(empty))
        return
    show_list(shown_columns(frame, columns, words(), titles))


def show_scenario_maps(context: Context, scenario: Scenario) -> None:
    """Show the base and the scenario side by side, with what is changed marked in both.

    ``scenario``: The scenario; where its edits don't fit any more, a sentence says why.
    """
    text = words().text
    rows = changed_rows(context, scenario)
    marked = changed_highlights(context, rows)
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
            focus=(west, south, east, north), base_map_url=context.settings.base_map_url,
        )  # fmt: skip
    with after:
        st.markdown(f"**{text('scenario_after')}**")
        if scenario.adopted_at is not None:
            st.info(text("scenario_is_base"))
            return
        with st.spinner(text("working")):
            view = _view(stamp(), _key(scenario), context, scenario)
        show_map(
            view, words(), key="scenario_map_after", highlights=marked, compact=True,
            focus=(west, south, east, north), base_map_url=context.settings.base_map_url,
        )  # fmt: skip
    columns = ("row_id", "state_before", "edit_said")
    show_list(shown_columns(pd.DataFrame(rows), columns, words()))


ScenarioRequest = Callable[[Context, Scenario], Sequence[ScenarioEdit]]
FREE_STATES = (
    "cleared", "listed", "approved", "approved_not_supplied", "planned", "idle", "inefficient",
    "withdrawn",
)  # fmt: skip
"""States of parcels that may be offered to a project."""
ADDED_STATES = ("cleared", "listed", "approved", "planned")


def ask_edit(context: Context, scenario: Scenario) -> Sequence[ScenarioEdit]:
    """Ask for an edit; none while the button isn't pressed.

    Raises MuPlanError: What reading a file raises.
    """
    text = words().text
    kind = st.selectbox(
        text("scenario_kind"), list(FORMS), format_func=lambda code: text(f"edit_{code}"),
        key="scenario_kind",
    )  # fmt: skip
    return FORMS[kind](context, scenario)


def _pressed() -> bool:
    return st.button(words().text("scenario_add_edit"), type="primary", key="scenario_add_edit")


def _day(context: Context, label: str) -> str:
    day = st.date_input(
        words().text(label), value=date.fromisoformat(context.as_of), format="YYYY-MM-DD",
        key=f"scenario_day_{label}",
    )  # fmt: skip
    return day.isoformat() if isinstance(day, date) else context.as_of


def _choose(context: Context, label: str, kind: str, ids: Sequence[str], key: str) -> str | None:
    edit_words = EditWords(context)
    if not ids:
        st.info(words().text("scenario_nothing_to_choose", what=words().text(label)))
        return None
    chosen: str = st.selectbox(
        words().text(label),
        list(ids),
        format_func=lambda row_id: edit_words.name_of(kind, row_id),
        key=key,
    )
    return chosen


def _parks(context: Context) -> list[str]:
    return [str(park_id) for park_id in context.source.read("parks")["park_id"]]


def _platforms(context: Context) -> list[str]:
    return [
        str(platform_id) for platform_id in context.source.read("major_platforms")["platform_id"]
    ]


def _join(context: Context, _: Scenario) -> Sequence[ScenarioEdit]:
    left, right = st.columns(2)
    with left:
        park = _choose(context, "scenario_park", "park", _parks(context), "scenario_join_park")
    with right:
        platform = _choose(
            context, "scenario_platform", "platform", _platforms(context), "scenario_join_platform"
        )
    if park is None or platform is None:
        return ()
    return (JoinPark(park, platform),) if _pressed() else ()


def _exit(context: Context, _: Scenario) -> Sequence[ScenarioEdit]:
    left, right = st.columns(2)
    with left:
        park = _choose(context, "scenario_park", "park", _parks(context), "scenario_exit_park")
    with right:
        day = _day(context, "scenario_exit_day")
    return (ExitPark(park, day),) if park is not None and _pressed() else ()


def _major(context: Context, _: Scenario) -> Sequence[ScenarioEdit]:
    text = words().text
    platform = _choose(
        context, "scenario_platform", "platform", _platforms(context), "scenario_major_platform"
    )
    is_major = st.radio(
        text("scenario_becomes"), [True, False], horizontal=True, key="scenario_is_major",
        format_func=lambda yes: text("plan_state_major" if yes else "plan_state_not_major"),
    )  # fmt: skip
    return (SetMajor(platform, bool(is_major)),) if platform is not None and _pressed() else ()


def _add_land(context: Context, _: Scenario) -> Sequence[ScenarioEdit]:
    text, names = words().text, unit_names(context)
    origin = st.radio(
        text("scenario_outline_from"), ["park", "file"], horizontal=True, key="scenario_origin",
        format_func=lambda code: text(f"scenario_outline_{code}"),
    )  # fmt: skip
    first, second, third = st.columns(3)
    parcel_id = first.text_input(
        text("scenario_parcel_id"), max_chars=60, key="scenario_parcel_id"
    ).strip()
    unit_id = second.selectbox(
        text("column_unit_name"),
        list(names),
        format_func=lambda unit_id: names.get(unit_id, unit_id),
        key="scenario_unit",
    )
    state = third.selectbox(
        text("scenario_state"), ADDED_STATES, key="scenario_land_state",
        format_func=lambda code: words().word("state", code),
    )  # fmt: skip
    if origin == "park":
        st.caption(text("scenario_park_hint"))
        park = _choose(context, "scenario_park", "park", _parks(context), "scenario_land_park")
        if park is None or not _pressed():
            return ()
        return added_from_park(context, park, parcel_id, str(unit_id), state)
    upload = st.file_uploader(
        text("scenario_file"),
        type=[ending.lstrip(".") for ending in READ_ENDINGS if ending != ".shp"],
        key="scenario_file",
    )
    if not _pressed() or upload is None:
        return ()
    return added_from_file(
        context, upload.name, bytes(upload.getbuffer()), parcel_id, str(unit_id), state
    )


def _change_land(context: Context, _: Scenario) -> Sequence[ScenarioEdit]:
    text = words().text
    parcels = _parcel_choice(context, tuple(FIELDS["state"].values))
    left, right = st.columns(2)
    state = left.selectbox(
        text("scenario_state"), list(FIELDS["state"].values), key="scenario_new_state",
        format_func=lambda code: words().word("state", code),
    )  # fmt: skip
    with right:
        day = _day(context, "scenario_state_day")
    if not _pressed():
        return ()
    return [ChangeLand(parcel_id, str(state), day) for parcel_id in parcels]


def _place(context: Context, scenario: Scenario) -> Sequence[ScenarioEdit]:
    projects = context.source.read("projects")
    waiting = projects[~projects["stage"].isin(BEGUN)]["project_id"].astype(str)
    placed = {e.project_id for e in scenario.edits if isinstance(e, PlaceProject)}
    open_ones = [project_id for project_id in waiting if project_id not in placed]
    left, right = st.columns(2)
    with left:
        project = _choose(context, "scenario_project", "project", open_ones, "scenario_project")
    with right:
        day = _day(context, "scenario_place_day")
    if project is None:
        return ()
    parcels = _parcel_choice(context, FREE_STATES, allotted_parcels(context.source))
    if not _pressed():
        return ()
    return (PlaceProject(project, tuple(parcels), day),)


def _parcel_choice(
    context: Context, states: tuple[str, ...], occupied: Collection[str] = ()
) -> list[str]:
    """Let parcels of one unit be chosen, each with its state and area."""
    text, names = words().text, unit_names(context)
    left, right = st.columns([1, 2])
    unit_id = left.selectbox(
        text("column_unit_name"),
        list(names),
        format_func=lambda unit_id: names.get(unit_id, unit_id),
        key="scenario_parcel_unit",
    )
    parcels = context.source.read("land_parcels")
    here = parcels[parcels["unit_id"].eq(unit_id) & parcels["state"].isin(states)]
    here = here[~here["parcel_id"].isin(occupied)]
    ids = here["parcel_id"].astype(str)
    areas = areas_m2(np.asarray(here["geometry"], dtype=object), context.crs)
    known = {
        parcel_id: f"{parcel_id}（{words().word('state', state)}，{m2_to_mu(area):,.1f} 亩）"
        for parcel_id, state, area in zip(ids, here["state"], areas.tolist(), strict=True)
    }
    chosen: list[str] = right.multiselect(
        text("scenario_parcels"), list(ids), placeholder=text("choose"), key="scenario_parcels",
        format_func=lambda parcel_id: known.get(parcel_id, parcel_id),
    )  # fmt: skip
    return chosen


FORMS: dict[str, ScenarioRequest] = {
    "join_park": _join,
    "exit_park": _exit,
    "add_land": _add_land,
    "place_project": _place,
    "change_land": _change_land,
    "set_major": _major,
}
"""The form of each kind of edit, those used most first."""
