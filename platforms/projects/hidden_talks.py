"""Of the projects that a unit may not see: that they exist, and until when they are in talks."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from platforms.policy.dated import PolicySet
from platforms.projects.claims import TalksQuestion
from platforms.projects.conflicts import conflicts
from platforms.projects.exclusivity import exclusivity
from platforms.projects.official_calendar import official_holidays
from platforms.projects.viewing import ViewedSource
from platforms.source import LayerSource


@dataclass(frozen=True)
class HiddenProject:
    """A project of another unit that units still compete for.

    Attributes
    ----------
    project_id
        Number that stands for it.
    until
        End of the exclusive talks its unit has, None where it has none now.
    """

    project_id: str
    until: datetime | None


def hidden_projects(source: LayerSource, policy: PolicySet) -> tuple[HiddenProject, ...]:
    """List the projects only known to exist (C10).

    Parameters
    ----------
    source
        The layers as they are seen.
    policy
        Rules on the as-of date.

    Returns
    -------
    tuple of HiddenProject
        In the order of the ledger; none where the city looks.

    Notes
    -----
    嘉政办发〔2018〕52号 五（一）; B5 《进一步推动招大引强工作实施方案》 二（一）3.
    """
    if not isinstance(source, ViewedSource):
        return ()
    projects, events = (
        pd.DataFrame(source.sealed.read(name)) for name in ("projects", "project_events")
    )
    alike: dict[str, set[str]] = {name: {name} for name in source.hidden.values()}
    for pair in conflicts(projects, policy):
        for name in set(pair.project_ids) & set(alike):
            alike[name] |= set(pair.project_ids)
    return tuple(
        HiddenProject(name, _talks_until(name, matter, projects, events, policy))
        for name, matter in alike.items()
    )


def _talks_until(
    name: str, matter: set[str], projects: pd.DataFrame, events: pd.DataFrame, policy: PolicySet
) -> datetime | None:
    """Look only at the projects of one matter: no other one has a claim on it."""
    rows, past = (frame[frame["project_id"].isin(list(matter))] for frame in (projects, events))
    talks = exclusivity(TalksQuestion(name, policy.as_of, official_holidays()), rows, past, policy)
    return talks.until if talks.state == "held_by_own_unit" else None
