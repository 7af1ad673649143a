"""The events of the ledger with their corrections applied: no entry is ever changed.

A correction is an event of its own. It names the event it corrects and gives its right day, or
none: then the event never happened. Of several corrections of one event the last entered counts.
"""

import numpy as np
import pandas as pd

CORRECTION = "corrected"


def corrected(events: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Give the events with the corrections applied that were made by a day.

    Parameters
    ----------
    events
        Table ``project_events`` as entered.
    as_of
        The day (ISO).

    Returns
    -------
    DataFrame
        Events with their right days, whenever that is, without those withdrawn; the corrections
        stand among them.
    """
    is_correction = _holds(events["event_kind"].eq(CORRECTION))
    made = is_correction & _holds(events["event_on"].le(as_of))
    if not made.any() or "corrects" not in events.columns:
        return events
    last = events[made].dropna(subset=["corrects"]).sort_values("entry_seq", kind="stable")
    last = last.drop_duplicates("corrects", keep="last").set_index("corrects")
    named = _holds(events["event_id"].isin(last.index)) & ~is_correction
    right = events["event_id"].map(last["corrected_on"]).astype("object")
    days = events["event_on"].astype("object").where(~named, right)
    standing = events.assign(event_on=days)
    return pd.DataFrame(standing.loc[~named | _holds(right.notna())])


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
    standing = corrected(events, as_of)
    happened = standing[_holds(standing["event_on"].le(as_of))]
    return happened.sort_values(["event_on", "entry_seq"], kind="stable")


def _holds(column: pd.Series) -> np.ndarray:
    return np.asarray(column.fillna(value=False), dtype=bool)
