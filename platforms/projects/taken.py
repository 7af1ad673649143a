"""Which parcels live projects have on a day: those that no longer count give theirs back."""

from collections import defaultdict

import pandas as pd

from layers.fields import split_list
from platforms.projects.claims import GIVEN_UP
from platforms.projects.corrections import in_force
from platforms.projects.rows import Row, text_of


def taken_parcels(
    projects: pd.DataFrame, events: pd.DataFrame, as_of: str
) -> dict[str, tuple[tuple[str, str], ...]]:
    """List the parcels that live projects have.

    Parameters
    ----------
    projects
        Table ``projects``.
    events
        Table ``project_events`` as entered.
    as_of
        The day (ISO).

    Returns
    -------
    dict
        By parcel, each live project that has it, with the whole project it is a phase of (itself
        where it is none), by number. A project is live until its unit gave it up: ended, passed
        on, left to the city (C9 of 嘉政办发〔2018〕52号).
    """
    past = in_force(events, as_of)
    gone = set(past["project_id"][past["event_kind"].isin(GIVEN_UP)].astype(str))
    rows: list[Row] = list(projects.to_dict("records"))
    holders: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        project_id = str(row["project_id"])
        if project_id in gone or text_of(row, "stage") == "ended":
            continue
        for parcel in split_list(row.get("parcel_ids")):
            holders[parcel].add((project_id, text_of(row, "phase_of") or project_id))
    return {parcel: tuple(sorted(held)) for parcel, held in holders.items()}
