"""Replay of the events: where each project stood on a day, corrections applied."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.contracts import CONTRACTS
from layers.validate import conform
from platforms.ledger.events import (
    contradictions,
    corrected,
    in_force,
    replay,
    stage_columns,
    stage_models,
)
from tests.ledger_frames import changchun
from tests.planning_frames import jiaxing

LISTS, MILESTONES = stage_models(jiaxing("2024-07-01"))
DAYS = [f"2024-0{month}-{day:02d}" for month in (1, 2, 3) for day in (1, 15, 29)]
KINDS = (*LISTS.stages, "listed", "delisted", "transferred", "updated", "ended")


def frame(rows):
    made = [
        {"event_id": f"e{n}", "project_id": "P", "unit_id": "N", "entry_seq": n,
         "entered_at": "2024-06-01T09:00:00+08:00", **row} for n, row in enumerate(rows, start=1)
    ]  # fmt: skip
    table = pd.DataFrame(made, columns=list(CONTRACTS["project_events"].columns))
    return conform(table, CONTRACTS["project_events"])[0]


def happened(kind, on, **values):
    return {"event_kind": kind, "event_on": on, **values}


@st.composite
def streams(draw):
    """Events of two projects in any order of days, corrections of earlier ones among them."""
    rows = []
    for number in range(1, draw(st.integers(1, 14)) + 1):
        project_id = draw(st.sampled_from(["P", "Q"]))
        own = [f"e{n}" for n, row in enumerate(rows, start=1)
               if row["project_id"] == project_id and row["event_kind"] != "corrected"]  # fmt: skip
        row = {"project_id": project_id, "event_on": draw(st.sampled_from(DAYS)),
               "unit_id": f"U{number}"}  # fmt: skip
        if own and draw(st.booleans()):
            row |= {"event_kind": "corrected", "corrects": draw(st.sampled_from(own)),
                    "corrected_on": draw(st.none() | st.sampled_from(DAYS))}  # fmt: skip
        else:
            row["event_kind"] = draw(st.sampled_from(KINDS))
        rows.append(row)
    return rows


def by_hand(rows, project_id, as_of):
    """Walk through the entries one by one: the oracle."""
    days = {f"e{n}": row["event_on"] for n, row in enumerate(rows, start=1)}
    for row in rows:
        if row["event_kind"] == "corrected" and row["event_on"] <= as_of:
            days[row["corrects"]] = row["corrected_on"]
    past = [(days[f"e{n}"], n, row) for n, row in enumerate(rows, start=1)
            if row["project_id"] == project_id and (days[f"e{n}"] or "9999") <= as_of]  # fmt: skip
    state = {"stage": None, "since": None, "is_listed": False, "is_ended": False, "holder": None}
    for day, _, row in sorted(past, key=lambda one: one[:2]):
        kind = row["event_kind"]
        if kind in LISTS.stages:
            held = -1 if state["stage"] is None else LISTS.stages.index(state["stage"])
            if LISTS.stages.index(kind) > held:
                state |= {"stage": kind, "since": day}
        state["is_listed"] = {"listed": True, "delisted": False}.get(kind, state["is_listed"])
        state["is_ended"] |= kind == "ended"
        if kind in ("first_report", "transferred"):
            state["holder"] = row["unit_id"]
    return state, len(past)


@settings(max_examples=60, deadline=None)
@given(streams(), st.data())
def test_any_prefix_replays_to_a_legal_state_that_a_walk_through_it_gives(rows, data):
    prefix = rows[: data.draw(st.integers(0, len(rows)))]
    as_of = data.draw(st.sampled_from(DAYS))
    done = replay(frame(prefix), LISTS, as_of)
    for project_id in ("P", "Q"):
        expected, count = by_hand(prefix, project_id, as_of)
        assert (project_id in done.states.index) == (count > 0)
        if not count:
            continue
        state = done.states.loc[project_id]
        got = {name: None if pd.isna(state[name]) else state[name] for name in expected}
        assert got == expected
        assert state["event_count"] == count
        assert state["updated_on"] <= as_of
        assert got["stage"] is None or got["stage"] in LISTS.stages
        reached = {k for k in LISTS.stages if not pd.isna(done.first_days[k][project_id])}
        ahead = LISTS.stages[: LISTS.stages.index(got["stage"])] if got["stage"] else ()
        assert set(done.left_out(project_id)) == set(ahead) - reached


@settings(max_examples=40, deadline=None)
@given(streams())
def test_the_order_of_rows_in_the_file_is_irrelevant(rows):
    table = frame(rows)
    one, other = (replay(t, LISTS, DAYS[-1]).states for t in (table, table.iloc[::-1]))
    pd.testing.assert_frame_equal(one, other)


@settings(max_examples=40, deadline=None)
@given(streams())
def test_without_corrections_a_project_never_falls_back(rows):
    rows = [row for row in rows if row["event_kind"] != "corrected"]
    table, places = frame(rows), []
    for count in range(len(rows) + 1):
        states = replay(table.iloc[:count], LISTS, DAYS[-1]).states
        stage = states["stage"].get("P")
        places.append(-1 if stage is None or pd.isna(stage) else LISTS.stages.index(stage))
    assert places == sorted(places)


@pytest.mark.parametrize(("first", "second", "is_listed"),
                         [("listed", "delisted", False), ("delisted", "listed", True)])  # fmt: skip
def test_of_one_day_the_last_entered_counts(first, second, is_listed):
    table = frame([happened(first, "2024-02-29"), happened(second, "2024-02-29")])
    assert replay(table, LISTS, "2024-02-29").states["is_listed"]["P"] == is_listed


def test_an_event_counts_from_its_own_day_on():
    table = frame([happened("first_report", "2024-02-28"), happened("signed", "2024-02-29")])
    stages = {day: replay(table, LISTS, day).states["stage"].get("P")
              for day in ("2024-02-27", "2024-02-28", "2024-02-29")}  # fmt: skip
    assert stages == {"2024-02-27": None, "2024-02-28": "first_report", "2024-02-29": "signed"}


def test_a_correction_counts_from_its_own_day_on_and_the_last_one_counts():
    table = frame(
        [happened("started", "2024-01-15"),
         happened("corrected", "2024-02-01", corrects="e1"),
         happened("corrected", "2024-03-01", corrects="e1", corrected_on="2024-01-20")]
    )  # fmt: skip
    days = {day: dict(zip(t["event_kind"], t["event_on"], strict=True)).get("started")
            for day in ("2024-01-31", "2024-02-01", "2024-03-01")
            for t in [in_force(table, day)]}  # fmt: skip
    assert days == {"2024-01-31": "2024-01-15", "2024-02-01": None, "2024-03-01": "2024-01-20"}


def test_an_event_corrected_to_a_later_day_has_not_happened_yet():
    moved = happened("corrected", "2024-01-16", corrects="e1", corrected_on="2024-03-01")
    table = frame([happened("signed", "2024-01-15"), moved])
    assert "signed" not in set(in_force(table, "2024-02-29")["event_kind"])
    assert "signed" in set(in_force(table, "2024-03-01")["event_kind"])
    assert set(corrected(table, "2024-02-29")["event_on"]) == {"2024-01-16", "2024-03-01"}


def test_the_table_of_projects_follows_the_events():
    rows = [happened("first_report", "2024-01-01")]
    assert stage_columns(frame(rows), LISTS, DAYS[-1]) == {"stage": "in_talks", "started_on": None}
    rows += [happened("started", "2024-02-01"), happened("ended", "2024-03-01")]
    done = stage_columns(frame(rows), LISTS, DAYS[-1])
    assert done == {"stage": "ended", "started_on": "2024-02-01"}
    assert stage_columns(frame([happened("updated", "2024-01-01")]), LISTS, DAYS[-1]) == {}


def test_the_models_are_those_of_the_packs_in_their_order():
    assert LISTS.stages == ("first_report", "signed", "registered", "started", "production")
    assert MILESTONES.stages == (
        "signed", "registered", "project_code", "land_permit", "drawings", "construction_permit",
        "started",
    )  # fmt: skip
    (reserve,) = stage_models(changchun("2018-06-30"))
    assert reserve.stages == ("planned", "matched", "started", "completed")


def test_a_missing_stage_contradicts_a_strict_model_only():
    days = {"signed": "2024-01-01", "started": "2024-02-01"}
    assert contradictions(days, (MILESTONES,)) == ()
    found = contradictions(days, (LISTS,))
    assert [(one.kind, one.predecessor) for one in found] == [
        ("signed", "first_report"), ("started", "registered"),
    ]  # fmt: skip
