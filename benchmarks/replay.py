"""Replay of the ledger: the state of every project on a day, against a plain walk row by row."""

import numpy as np
import pandas as pd

from benchmarks.contest import Contest, Figures
from platforms.ledger.events import StageModel, replay

LISTS = StageModel(
    "lists", "B8", "", ("first_report", "signed", "registered", "started", "production"), True
)
KINDS = (*LISTS.stages, "listed", "delisted", "transferred", "updated", "ended")
AS_OF = "2024-12-31"
EVENTS_EACH = 10
CORRECTED_SHARE = 0.05


def ledger(n: int, seed: int = 0) -> pd.DataFrame:
    """Make n events of a tenth as many projects over two years, one in twenty a correction."""
    rng = np.random.default_rng(seed)
    days = np.datetime64("2024-01-01") + rng.integers(0, 730, n)
    kinds = np.array(KINDS, dtype=object)[rng.integers(0, len(KINDS), n)]
    projects = rng.integers(0, max(n // EVENTS_EACH, 1), n)
    numbers = np.arange(1, n + 1)
    corrects = np.full(n, None, dtype=object)
    right = np.full(n, None, dtype=object)
    fixes = np.flatnonzero((rng.random(n) < CORRECTED_SHARE) & (numbers > 1))
    for place in fixes:
        corrects[place] = f"e{int(rng.integers(1, place + 1))}"
    other = np.datetime64("2024-01-01") + rng.integers(0, 730, len(fixes))
    right[fixes] = np.where(rng.random(len(fixes)) < 0.5, np.datetime_as_string(other), None)
    kinds[fixes] = "corrected"
    return pd.DataFrame(
        {
            "event_id": [f"e{number}" for number in numbers],
            "project_id": [f"P{number}" for number in projects],
            "event_kind": kinds, "event_on": np.datetime_as_string(days),
            "entry_seq": numbers, "unit_id": [f"U{number % 9}" for number in numbers],
            "corrects": corrects, "corrected_on": right,
        }
    )  # fmt: skip


def ours(events: pd.DataFrame) -> Figures:
    """Replay and count."""
    states = replay(events, LISTS, AS_OF).states
    held = states["stage"].value_counts()
    figures = {stage: float(held.get(stage, 0)) for stage in LISTS.stages}
    return figures | {
        "projects": float(len(states)), "listed": float(states["is_listed"].sum()),
        "ended": float(states["is_ended"].sum()),
        "since": float(sum(int(day.replace("-", "")) for day in states["since"].dropna())),
        "holders": float(sum(int(unit[1:]) for unit in states["holder"].dropna())),
    }  # fmt: skip


def plain_walk(events: pd.DataFrame) -> Figures:
    """Walk through the rows one by one, as one would write it first."""
    rows = list(events.to_dict("records"))
    kind_of = {row["event_id"]: row["event_kind"] for row in rows}
    days = {row["event_id"]: row["event_on"] for row in rows}
    for row in rows:
        counts = row["event_kind"] == "corrected" and row["event_on"] <= AS_OF
        if counts and kind_of[row["corrects"]] != "corrected":
            days[row["corrects"]] = row["corrected_on"]
    # A day that is missing reads "nan", which no date comes after.
    past = [row for row in rows if str(days[row["event_id"]]) <= AS_OF]
    past.sort(key=lambda row: (days[row["event_id"]], row["entry_seq"]))
    states: dict[str, dict[str, object]] = {}
    for row in past:
        kind = row["event_kind"]
        state = states.setdefault(row["project_id"], {"place": -1})
        if kind in LISTS.stages and LISTS.stages.index(kind) > int(str(state["place"])):
            state |= {"place": LISTS.stages.index(kind), "since": days[row["event_id"]]}
        if kind in ("listed", "delisted"):
            state["listed"] = kind == "listed"
        if kind == "ended":
            state["ended"] = True
        if kind in ("first_report", "transferred"):
            state["holder"] = row["unit_id"]
    return _counted(list(states.values()))


def _counted(states: list[dict[str, object]]) -> Figures:
    figures = {
        stage: float(sum(state["place"] == place for state in states))
        for place, stage in enumerate(LISTS.stages)
    }
    return figures | {
        "projects": float(len(states)),
        "listed": float(sum(bool(state.get("listed")) for state in states)),
        "ended": float(sum(bool(state.get("ended")) for state in states)),
        "since": float(sum(int(str(s["since"]).replace("-", "")) for s in states if "since" in s)),
        "holders": float(sum(int(str(s["holder"])[1:]) for s in states if "holder" in s)),
    }


def contest(n: int) -> Contest:
    """Set up the contest for n events."""
    events = ledger(n)
    return Contest(
        kernel="replay",
        n=n,
        ours=lambda: ours(events),
        peers={"a plain walk": lambda: plain_walk(events)},
        tolerance=0.0,
        clock="cpu",
        coordinate_mb=0.0,
        notes=(f"one event in twenty corrects another; the state is that of {AS_OF}",),
    )
