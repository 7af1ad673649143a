"""Events, corrections, stages, state on a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from platforms.policy.in_force import PolicySet

CORRECTION = "corrected"
FROM_FILE = "fields_changed"
"""What an import wrote of a project's fields; it says nothing of the project's progress."""


def corrected(events: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Give the events with the corrections applied that were made by a day.

    ``events``: Table ``project_events`` as entered.
    ``as_of``: The day (ISO).

    Events with their right days, whenever that is, without those withdrawn; the corrections stand
    among them, what imports wrote doesn't.
    """
    from_file = _holds(events["event_kind"].eq(FROM_FILE))
    if from_file.any():
        events = events[~from_file]
    is_correction = _holds(events["event_kind"].eq(CORRECTION))
    made = is_correction & _holds(events["event_on"].le(as_of))
    if not made.any() or "corrects" not in events.columns:
        return events
    last = events[made].dropna(subset=["corrects"]).sort_values("entry_seq", kind="stable")
    last = last.drop_duplicates("corrects", keep="last").set_index("corrects")
    named = _holds(events["event_id"].isin(last.index)) & ~is_correction
    right = events["event_id"].map(last["corrected_on"]).astype("object")
    days = events["event_on"].astype("object").where(~named, right)
    right_events = events.assign(event_on=days)
    return pd.DataFrame(right_events.loc[~named | _holds(right.notna())])


def in_force(events: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Give what had happened by a day, as it was known by then to have happened.

    Parameters
    ----------
    events
        Table ``project_events`` as entered.
    as_of
        The day (ISO); a correction made later doesn't count yet.

    Returns
    -------
    DataFrame
        Events up to the day with their right days, in the order in which they happened; of one day
        in the order of their entry. Corrections stand among them.
    """
    right_events = corrected(events, as_of)
    happened = right_events[_holds(right_events["event_on"].le(as_of))]
    return happened.sort_values(["event_on", "entry_seq"], kind="stable")


def _holds(column: pd.Series) -> np.ndarray:
    return np.asarray(column.fillna(value=False), dtype=bool)


EVENT_KIND = ("project_events", "event_kind")


@dataclass(frozen=True)
class StageModel:
    """The stages of a project by one rule.

    ``name``: ``lists``, ``milestones``, ``approval``, ``reserve``.
    ``rule_id, part``: The rule.
    ``stages``: Kinds of event, in order.
    ``is_strict``: Whether no stage may be left out: a project passes from one list to the next.
    """

    name: str
    rule_id: str
    part: str
    stages: tuple[str, ...]
    is_strict: bool = False


_MODELS = (
    ("lists", "B8", "", True),
    ("milestones", "C7", "", False),
    ("approval", "D10", "order", False),
    ("reserve", "E2", "", False),
)


@dataclass(frozen=True)
class Contradiction:
    """Two stages of one project that can't both be as entered.

    ``code``: ``event_before_predecessor`` or ``event_predecessor_missing``.
    ``kind, predecessor``: The later stage and the earlier one.
    ``on, predecessor_on``: Their days; None where the earlier one isn't on file.
    ``model``: The model they stand in.
    """

    code: str
    kind: str
    on: str
    predecessor: str
    predecessor_on: str | None
    model: StageModel


def stage_models(policy: PolicySet) -> tuple[StageModel, ...]:
    """List the stage models of the packs chosen.

    Parameters
    ----------
    policy
        Rules on the as-of date.

    Returns
    -------
    tuple of StageModel
        Those whose rule the packs have and that names its stages.

    Notes
    -----
    B8 《进一步推动招大引强工作实施方案》 二（一）1, 3; C7 嘉政办发〔2018〕52号 四（三）;
    D10 磐安 二; E2 长春 四（一）.
    """
    found = []
    for name, rule_id, part, is_strict in _MODELS:
        if part not in policy.parts(rule_id):
            continue
        for condition in policy.rule(rule_id, part).rule.where:
            column = (condition.layer, condition.column)
            if column == EVENT_KIND and isinstance(condition.value, tuple):
                found.append(StageModel(name, rule_id, part, condition.value, is_strict))
    return tuple(found)


def contradictions(
    first_days: Mapping[str, str], models: tuple[StageModel, ...]
) -> tuple[Contradiction, ...]:
    """List what contradicts the stage models in the history of one project.

    ``first_days``: First day (ISO) of each kind of event that happened.

    Stages dated before an earlier stage; in a strict model also those whose predecessor isn't on
    file.

    >>> model = StageModel("lists", "B8", "", ("signed", "started"))
    >>> contradictions({"signed": "2024-05-02", "started": "2024-05-01"}, (model,))[0].kind
    'started'
    """
    found = []
    for model in models:
        held = [kind for kind in model.stages if kind in first_days]
        for earlier, later in pairwise(held):
            if first_days[later] < first_days[earlier]:
                found.append(
                    Contradiction(
                        "event_before_predecessor", later, first_days[later], earlier,
                        first_days[earlier], model,
                    )
                )  # fmt: skip
        if model.is_strict:
            for earlier, later in pairwise(model.stages):
                if later in first_days and earlier not in first_days:
                    found.append(
                        Contradiction(
                            "event_predecessor_missing", later, first_days[later], earlier, None,
                            model,
                        )
                    )  # fmt: skip
    return tuple(found)


OTHER_TURNS = {"list": ("listed", "delisted"), "holder": ("first_report", "transferred")}
"""Kinds of which the last that happened counts."""


@dataclass(frozen=True)
class Replay:
    """States of the projects on a day.

    ``as_of``: The day (ISO).
    ``model``: Stage model of ``stage``.
    ``states``: One row for each project with an event by then, by ``project_id``: ``stage``
      (missing before the first), ``since`` (day it was reached), ``is_listed``, ``is_ended``,
      ``holder`` (unit that filed it or that it was passed on to), ``updated_on`` (last event),
      ``event_count``.
    ``first_days``: First day of each stage, a column for each, missing where it wasn't reached or
      was left out.
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

    ``events``: Table ``project_events`` as entered.
    ``as_of``: The day (ISO); events after it, and corrections made after it, haven't happened.
    """
    past = in_force(events, as_of)
    of_event, projects = pd.factorize(past["project_id"].array, sort=True)
    past, of_event = past[of_event >= 0], of_event[of_event >= 0]
    kind, day = (past[name].to_numpy(dtype=object) for name in ("event_kind", "event_on"))
    count = len(projects)
    # The events stand in the order in which they happened, and of several values written to one
    # place the last stays: so the last event of each project is found, from behind the first.
    first_days = np.full((count, len(model.stages) + 1), np.nan, dtype=object)
    first_days[:, -1] = None  # of a project that has reached no stage
    for number, stage in enumerate(model.stages):
        rows = np.flatnonzero(kind == stage)[::-1]
        first_days[of_event[rows], number] = day[rows]
    reached = ~pd.isna(first_days[:, :-1])
    furthest = np.where(
        reached.any(axis=1), reached.shape[1] - 1 - np.argmax(reached[:, ::-1], axis=1), -1
    )
    updated_on, listed, holder = (np.full(count, None, dtype=object) for _ in range(3))
    updated_on[of_event] = day
    turned = np.isin(kind, OTHER_TURNS["list"])
    listed[of_event[turned]] = kind[turned]
    turned = np.isin(kind, OTHER_TURNS["holder"])
    holder[of_event[turned]] = past["unit_id"].to_numpy(dtype=object)[turned]
    is_ended = np.zeros(count, dtype=bool)
    is_ended[of_event[kind == "ended"]] = True
    index = pd.Index(projects, dtype="str", name="project_id")
    states = pd.DataFrame(
        {
            "updated_on": pd.array(updated_on, dtype="str"),
            "event_count": np.bincount(of_event, minlength=count),
            "stage": np.array([*model.stages, None], dtype=object)[furthest],
            "since": first_days[np.arange(count), furthest],
            "is_listed": np.asarray(listed == "listed", dtype=bool),
            "is_ended": is_ended,
            "holder": pd.array(holder, dtype="str"),
        },
        index=index,
    )
    stages = pd.Index(model.stages, name="event_kind")
    days = pd.DataFrame(first_days[:, :-1], index=index, columns=stages, dtype="object")
    return Replay(as_of, model, states, days)


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
