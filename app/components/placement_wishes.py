"""Which projects are placed on the page, and which of their sites must or must not be taken."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from app.answers.placement import (
    PLACED_OR_OVER,
    Refused,
    demands_asked,
    demands_chosen,
    project_names,
)
from app.components.plain import as_text
from app.context import Context
from app.session import words
from platforms.matching.demand import Demand
from platforms.matching.match import MatchResult
from platforms.placement.place import Wishes

LOCKED, EXCLUDED = "placement_locked", "placement_excluded"
SHOWN_SITES = 20
MOST_SECONDS = 3600

Pair = tuple[str, str]


@dataclass(frozen=True)
class Asked:
    """Which projects were chosen.

    Attributes
    ----------
    demands
        Those that can be read.
    refused
        Those that cannot, with what is wrong.
    said
        How they were chosen, for the manifest.
    """

    demands: tuple[Demand, ...]
    refused: Refused = field(compare=False)
    said: str


def waiting_projects(held: Context) -> list[str]:
    """Give the numbers of the projects that wait for a place."""
    projects = held.source.read("projects")
    ids = projects.loc[~projects["stage"].isin(PLACED_OR_OVER), "project_id"]
    return sorted(map(str, ids))


def choose_projects(held: Context, waiting: Sequence[str]) -> Asked | None:
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
        return Asked(*_frozen(demands_asked(held, "all")), "all")
    if way == "some":
        return _picked(held, waiting)
    return _uploaded(held)


def _frozen(read: tuple[list[Demand], Refused]) -> tuple[tuple[Demand, ...], Refused]:
    return tuple(read[0]), read[1]


def _picked(held: Context, waiting: Sequence[str]) -> Asked | None:
    text, names = words().text, project_names(held)
    chosen = st.multiselect(
        text("placement_pick"), waiting, key="placement_pick",
        format_func=lambda one: f"{one}　{names.get(one, '')}",
    )  # fmt: skip
    if not chosen:
        st.info(text("placement_pick_first"))
        return None
    return Asked(*_frozen(demands_chosen(held, chosen)), ", ".join(chosen))


def _uploaded(held: Context) -> Asked | None:
    text = words().text
    file = st.file_uploader(
        text("placement_upload"), type=["txt", "csv", "json", "yaml", "yml"],
        key="placement_upload",
    )  # fmt: skip
    if file is None:
        st.info(text("placement_upload_first"))
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"list{Path(file.name).suffix}"
        path.write_bytes(file.getvalue())
        return Asked(*_frozen(demands_asked(held, str(path))), file.name)


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
        _choose_pair([one for one in results if len(one.sites)])
        _drop_pairs()
    return Wishes(
        _held(LOCKED), _held(EXCLUDED), float(gap) / 100, float(deadline),
        is_quick=effort == "quick",
    )  # fmt: skip


def _held(slot: str) -> tuple[Pair, ...]:
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
    offered = {one.site.site_id: one for one in result.sites[:SHOWN_SITES]}
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
    st.session_state[other] = [one for one in _held(other) if one != pair]
    kept = [
        one for one in _held(slot)
        if one != pair and not (slot == LOCKED and one[0] == pair[0])
    ]  # fmt: skip
    st.session_state[slot] = [*kept, pair]


def _drop_pairs() -> None:
    text = words().text
    said = [
        *(text("placement_locked_said", project_id=p, site_id=s) for p, s in _held(LOCKED)),
        *(text("placement_excluded_said", project_id=p, site_id=s) for p, s in _held(EXCLUDED)),
    ]
    if not said:
        return
    for line in said:
        st.markdown(f"- {as_text(line)}")
    if st.button(text("placement_pair_drop"), key="placement_drop"):
        st.session_state[LOCKED], st.session_state[EXCLUDED] = [], []
        st.rerun()
