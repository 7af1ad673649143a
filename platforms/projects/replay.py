"""The state of each project on a day, replayed from the events: nothing else says where it stands.

A project stands at the furthest stage of a model that it reached; stages of the model before that
without an event are left out and named. What one day brought is taken in the order of entry.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from platforms.projects.corrections import in_force
from platforms.projects.stages import StageModel

OTHER_TURNS = {
    "list": ("listed", "delisted"),
    "holder": ("first_report", "transferred"),
}
"""Kinds of which the last that happened counts."""


@dataclass(frozen=True)
class Replay:
    """States of the projects on a day.

    Attributes
    ----------
    as_of
        The day (ISO).
    model
        Stage model of ``stage``.
    states
        One row for each project with an event by then, by ``project_id``: ``stage`` (missing
        before the first), ``since`` (day it was reached), ``is_listed``, ``is_ended``,
        ``holder`` (unit that filed it or that it was passed on to), ``updated_on`` (last event),
        ``event_count``.
    first_days
        First day of each stage, a column for each, missing where it wasn't reached or was left
        out.
    """

    as_of: str
    model: StageModel
    states: pd.DataFrame
    first_days: pd.DataFrame

    def left_out(self, project_id: str) -> tuple[str, ...]:
        """Name the stages before the one reached that have no event."""
        if project_id not in self.states.index:
            return ()
        stage = self.states["stage"][project_id]
        if pd.isna(stage):
            return ()
        before = self.model.stages[: self.model.stages.index(str(stage))]
        days = self.first_days.loc[project_id]
        return tuple(kind for kind in before if pd.isna(days[kind]))


def replay(events: pd.DataFrame, model: StageModel, as_of: str) -> Replay:
    """Replay the events of all projects up to a day.

    Parameters
    ----------
    events
        Table ``project_events`` as entered.
    model
        Stage model.
    as_of
        The day (ISO); events after it, and corrections made after it, haven't happened.

    Returns
    -------
    Replay
        The states.
    """
    past = in_force(events, as_of)
    grouped = past.groupby("project_id", sort=True)
    states = pd.DataFrame({"updated_on": grouped["event_on"].last(), "event_count": grouped.size()})
    first_days = _first_days(past, model, states.index)
    reached = first_days.notna().to_numpy(dtype=bool)
    furthest = np.where(
        reached.any(axis=1), reached.shape[1] - 1 - np.argmax(reached[:, ::-1], axis=1), -1
    )
    names = np.array([*model.stages, None], dtype=object)
    days = np.column_stack([first_days.to_numpy(dtype=object), np.full(len(states), None)])
    states["stage"] = names[furthest]
    states["since"] = days[np.arange(len(states)), furthest]
    turns = {name: _last(past, kinds) for name, kinds in OTHER_TURNS.items()}
    listed = turns["list"]["event_kind"].reindex(states.index)
    states["is_listed"] = listed.eq("listed").fillna(value=False).to_numpy(dtype=bool)
    states["is_ended"] = states.index.isin(past["project_id"][past["event_kind"].eq("ended")])
    states["holder"] = turns["holder"]["unit_id"].reindex(states.index)
    return Replay(as_of, model, states, first_days)


def _first_days(past: pd.DataFrame, model: StageModel, projects: pd.Index) -> pd.DataFrame:
    """Give the first day of each stage; the events stand in the order in which they happened."""
    staged = past[past["event_kind"].isin(model.stages)]
    firsts = staged.drop_duplicates(["project_id", "event_kind"], keep="first")
    table = firsts.pivot(index="project_id", columns="event_kind", values="event_on")
    return table.reindex(index=projects, columns=list(model.stages)).astype("object")


def _last(past: pd.DataFrame, kinds: tuple[str, ...]) -> pd.DataFrame:
    chosen = past[past["event_kind"].isin(kinds)]
    return chosen.drop_duplicates("project_id", keep="last").set_index("project_id")


STAGE_OF = {
    "first_report": "in_talks", "signed": "signed", "registered": "registered",
    "started": "started", "production": "in_production",
}  # fmt: skip
"""Stage of the table ``projects`` by the furthest list reached (B8)."""


def stage_columns(events: pd.DataFrame, model: StageModel, as_of: str) -> dict[str, str | None]:
    """Give what the table ``projects`` says of the stage of the one project of these events.

    Parameters
    ----------
    events
        Its events as entered.
    model
        The four lists (B8).
    as_of
        The day (ISO).

    Returns
    -------
    dict
        ``stage`` and ``started_on``; empty where no list was reached.
    """
    done = replay(events, model, as_of)
    if not len(done.states) or pd.isna(done.states["stage"].iloc[0]):
        return {}
    kind = str(done.states["stage"].iloc[0])
    started = done.first_days["started"].iloc[0] if "started" in done.first_days else None
    return {
        "stage": "ended" if done.states["is_ended"].iloc[0] else STAGE_OF.get(kind, kind),
        "started_on": None if pd.isna(started) else str(started),
    }
