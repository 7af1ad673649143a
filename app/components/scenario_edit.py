"""The form that adds an edit to a scenario."""

from collections.abc import Callable, Collection, Sequence
from datetime import date

import numpy as np
import streamlit as st

from app.answers.land import unit_names
from app.answers.scenario_land import added_from_file, added_from_park
from app.answers.scenario_words import EditWords
from app.context import Context
from app.session import words
from geo.overlay import areas_m2
from geo.units import m2_to_mu
from layers.exchange.read import READ_ENDINGS
from layers.fields import FIELDS
from platforms.matching.demand import BEGUN
from platforms.scenario.edits import (
    ChangeLand,
    ExitPark,
    JoinPark,
    PlaceProject,
    ScenarioEdit,
    SetMajor,
)
from platforms.scenario.land_conflicts import given_parcels
from platforms.scenario.scenario import Scenario

Asked = Callable[[Context, Scenario], Sequence[ScenarioEdit]]
FREE_STATES = (
    "cleared", "listed", "approved", "approved_not_supplied", "planned", "idle", "inefficient",
    "withdrawn",
)  # fmt: skip
"""States of parcels that may be offered to a project."""
ADDED_STATES = ("cleared", "listed", "approved", "planned")


def ask_edit(held: Context, scenario: Scenario) -> Sequence[ScenarioEdit]:
    """Ask for an edit; none while the button isn't pressed.

    Parameters
    ----------
    held
        Workspace, language.
    scenario
        The scenario it is for.

    Returns
    -------
    sequence of ScenarioEdit
        The edits to add.

    Raises
    ------
    MuPlanError
        What reading a file raises.
    """
    text = words().text
    kind = st.selectbox(
        text("scenario_kind"), list(FORMS), format_func=lambda code: text(f"edit_{code}"),
        key="scenario_kind",
    )  # fmt: skip
    return FORMS[kind](held, scenario)


def _pressed() -> bool:
    return st.button(words().text("scenario_add_edit"), type="primary", key="scenario_add_edit")


def _day(held: Context, label: str) -> str:
    day = st.date_input(
        words().text(label), value=date.fromisoformat(held.as_of), format="YYYY-MM-DD",
        key=f"scenario_day_{label}",
    )  # fmt: skip
    return day.isoformat() if isinstance(day, date) else held.as_of


def _choose(held: Context, label: str, kind: str, ids: Sequence[str], key: str) -> str | None:
    said = EditWords(held)
    if not ids:
        st.info(words().text("scenario_nothing_to_choose", what=words().text(label)))
        return None
    chosen: str = st.selectbox(
        words().text(label), list(ids), format_func=lambda one: said.named(kind, one), key=key
    )
    return chosen


def _parks(held: Context) -> list[str]:
    return [str(one) for one in held.source.read("parks")["park_id"]]


def _platforms(held: Context) -> list[str]:
    return [str(one) for one in held.source.read("major_platforms")["platform_id"]]


def _join(held: Context, _: Scenario) -> Sequence[ScenarioEdit]:
    left, right = st.columns(2)
    with left:
        park = _choose(held, "scenario_park", "park", _parks(held), "scenario_join_park")
    with right:
        platform = _choose(
            held, "scenario_platform", "platform", _platforms(held), "scenario_join_platform"
        )
    if park is None or platform is None:
        return ()
    return (JoinPark(park, platform),) if _pressed() else ()


def _exit(held: Context, _: Scenario) -> Sequence[ScenarioEdit]:
    left, right = st.columns(2)
    with left:
        park = _choose(held, "scenario_park", "park", _parks(held), "scenario_exit_park")
    with right:
        day = _day(held, "scenario_exit_day")
    return (ExitPark(park, day),) if park is not None and _pressed() else ()


def _major(held: Context, _: Scenario) -> Sequence[ScenarioEdit]:
    text = words().text
    platform = _choose(
        held, "scenario_platform", "platform", _platforms(held), "scenario_major_platform"
    )
    is_major = st.radio(
        text("scenario_becomes"), [True, False], horizontal=True, key="scenario_is_major",
        format_func=lambda yes: text("plan_state_major" if yes else "plan_state_not_major"),
    )  # fmt: skip
    return (SetMajor(platform, bool(is_major)),) if platform is not None and _pressed() else ()


def _add_land(held: Context, _: Scenario) -> Sequence[ScenarioEdit]:
    text, names = words().text, unit_names(held)
    origin = st.radio(
        text("scenario_outline_from"), ["park", "file"], horizontal=True, key="scenario_origin",
        format_func=lambda code: text(f"scenario_outline_{code}"),
    )  # fmt: skip
    first, second, third = st.columns(3)
    parcel_id = first.text_input(
        text("scenario_parcel_id"), max_chars=60, key="scenario_parcel_id"
    ).strip()
    unit_id = second.selectbox(
        text("column_unit_name"), list(names), format_func=lambda one: names.get(one, one),
        key="scenario_unit",
    )  # fmt: skip
    state = third.selectbox(
        text("scenario_state"), ADDED_STATES, key="scenario_land_state",
        format_func=lambda code: words().word("state", code),
    )  # fmt: skip
    if origin == "park":
        st.caption(text("scenario_park_hint"))
        park = _choose(held, "scenario_park", "park", _parks(held), "scenario_land_park")
        if park is None or not _pressed():
            return ()
        return added_from_park(held, park, parcel_id, str(unit_id), state)
    upload = st.file_uploader(
        text("scenario_file"), type=[one.lstrip(".") for one in READ_ENDINGS if one != ".shp"],
        key="scenario_file",
    )  # fmt: skip
    if not _pressed() or upload is None:
        return ()
    return added_from_file(
        held, upload.name, bytes(upload.getbuffer()), parcel_id, str(unit_id), state
    )


def _change_land(held: Context, _: Scenario) -> Sequence[ScenarioEdit]:
    text = words().text
    parcels = _parcel_choice(held, tuple(FIELDS["state"].values))
    left, right = st.columns(2)
    state = left.selectbox(
        text("scenario_state"), list(FIELDS["state"].values), key="scenario_new_state",
        format_func=lambda code: words().word("state", code),
    )  # fmt: skip
    with right:
        day = _day(held, "scenario_state_day")
    if not _pressed():
        return ()
    return [ChangeLand(one, str(state), day) for one in parcels]


def _place(held: Context, scenario: Scenario) -> Sequence[ScenarioEdit]:
    projects = held.source.read("projects")
    waiting = projects[~projects["stage"].isin(BEGUN)]["project_id"].astype(str)
    placed = {e.project_id for e in scenario.edits if isinstance(e, PlaceProject)}
    open_ones = [one for one in waiting if one not in placed]
    left, right = st.columns(2)
    with left:
        project = _choose(held, "scenario_project", "project", open_ones, "scenario_project")
    with right:
        day = _day(held, "scenario_place_day")
    if project is None:
        return ()
    parcels = _parcel_choice(held, FREE_STATES, given_parcels(held.source))
    if not _pressed():
        return ()
    return (PlaceProject(project, tuple(parcels), day),)


def _parcel_choice(
    held: Context, states: tuple[str, ...], taken: Collection[str] = ()
) -> list[str]:
    """Let parcels of one unit be chosen, each with its state and area."""
    text, names = words().text, unit_names(held)
    left, right = st.columns([1, 2])
    unit_id = left.selectbox(
        text("column_unit_name"), list(names), format_func=lambda one: names.get(one, one),
        key="scenario_parcel_unit",
    )  # fmt: skip
    parcels = held.source.read("land_parcels")
    here = parcels[parcels["unit_id"].eq(unit_id) & parcels["state"].isin(states)]
    here = here[~here["parcel_id"].isin(taken)]
    ids = here["parcel_id"].astype(str)
    areas = areas_m2(np.asarray(here["geometry"], dtype=object), held.crs)
    known = {
        one: f"{one}（{words().word('state', state)}，{m2_to_mu(area):,.1f} 亩）"
        for one, state, area in zip(ids, here["state"], areas.tolist(), strict=True)
    }
    chosen: list[str] = right.multiselect(
        text("scenario_parcels"), list(ids), placeholder=text("choose"), key="scenario_parcels",
        format_func=lambda one: known.get(one, one),
    )  # fmt: skip
    return chosen


FORMS: dict[str, Asked] = {
    "join_park": _join,
    "exit_park": _exit,
    "add_land": _add_land,
    "place_project": _place,
    "change_land": _change_land,
    "set_major": _major,
}
"""The form of each kind of edit, those used most first."""
