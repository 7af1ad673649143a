"""The project ledger as it stood on a day: what had happened to each project by then.

Projects are counted under the unit they are on file with. An event after the day has not happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from platforms.projects.corrections import corrected
from platforms.source import LayerSource
from platforms.targets.conditions import Fit

STAGE_ORDER = {"in_talks": 0, "signed": 1, "registered": 2, "started": 3, "in_production": 4}
KIND_ORDER = {"signed": 1, "registered": 2, "started": 3, "production": 4}
"""From which stage on an event of the kind must have happened."""

NEVER = "9999-12-31"


@dataclass(frozen=True)
class Ledger:
    """Projects and their events.

    Attributes
    ----------
    projects
        Table ``projects``, numbered from 0.
    events
        Table ``project_events``, with the corrections made by the day applied.
    as_of
        The day (ISO); later events have not happened.
    """

    projects: pd.DataFrame
    events: pd.DataFrame
    as_of: str

    @property
    def is_empty(self) -> bool:
        """Whether no project is on file at all."""
        return not len(self.projects)

    @cached_property
    def first_year(self) -> int | None:
        """Year of the first thing on file, None where no day is: before it nothing was entered."""
        days = [*self.events["event_on"].dropna(), *self.projects["started_on"].dropna()]
        return int(min(days)[:4]) if days else None

    @cached_property
    def _by_kind(self) -> dict[str, pd.Series]:
        """First day of each kind of event, by project, on whatever day it happened."""
        firsts = self.events.groupby(["event_kind", "project_id"])["event_on"].min()
        kinds = firsts.index.get_level_values(0).unique()
        return {str(kind): firsts.loc[kind] for kind in kinds}

    @cached_property
    def _traced(self) -> np.ndarray:
        """Which projects have any event on file."""
        return np.asarray(self.projects["project_id"].isin(self.events["project_id"]), dtype=bool)

    @cached_property
    def _known(self) -> dict[tuple[object, ...], Fit]:
        """What was asked before: a table of figures asks the same for each unit."""
        return {}

    def first_day(self, kinds: Sequence[str]) -> pd.Series:
        """Give the day on which the first event of these kinds happened.

        Parameters
        ----------
        kinds
            Kinds of event; ``started`` is read from ``started_on`` where no event says so.

        Returns
        -------
        Series of str
            Day (ISO) by position, missing where there is none on file.
        """
        ids = self.projects["project_id"]
        days = pd.Series(NEVER, index=ids.index, dtype="object")
        for kind in kinds:
            found = ids.map(self._by_kind.get(kind, pd.Series(dtype="object")))
            if kind == "started":
                found = found.where(found.notna(), self.projects["started_on"])
            later = found.notna() & (found.astype("object").fillna(NEVER) < days)
            days = days.where(~later, found)
        return days.where(days != NEVER)

    def happened(self, kinds: Sequence[str], first: str, last: str) -> Fit:
        """Say to which projects something happened in a span of days.

        Parameters
        ----------
        kinds
            Kinds of event; the first of them counts.
        first, last
            First and last day of the span (ISO), both in it; days after ``as_of`` never count.

        Returns
        -------
        Fit
            Open where nothing is on file although the stage says that it happened, or where
            neither stage nor any event says anything.
        """
        asked = ("happened", *kinds, first, last)
        if asked not in self._known:
            self._known[asked] = self._happened(kinds, first, last)
        return self._known[asked]

    def _happened(self, kinds: Sequence[str], first: str, last: str) -> Fit:
        days = self.first_day(kinds)
        known = days.notna().to_numpy(dtype=bool)
        last = min(last, self.as_of)
        text = days.fillna("").to_numpy(dtype=object)
        inside = np.array([first <= day <= last for day in text], dtype=bool)
        return Fit(known & inside, ~known & self._untold(kinds))

    def _untold(self, kinds: Sequence[str]) -> np.ndarray:
        """Say which projects may have had such an event that nobody entered."""
        stages = self.projects["stage"].map(STAGE_ORDER)
        asked = [KIND_ORDER[kind] for kind in kinds if kind in KIND_ORDER]
        untold = np.zeros(len(self.projects), dtype=bool)
        if asked:
            untold |= (stages >= min(asked)).to_numpy(dtype=bool)
        if "ended" in kinds:
            untold |= self.projects["stage"].eq("ended").fillna(value=False).to_numpy(dtype=bool)
        by_stage = all(kind in KIND_ORDER or kind == "ended" for kind in kinds)
        unsaid = stages.isna().to_numpy(dtype=bool) | (not by_stage)
        return np.asarray(untold | (unsaid & ~self._traced))

    def left_list(self, last: str) -> Fit:
        """Say which projects had left the list by a day, other than by starting (C6).

        Parameters
        ----------
        last
            The day (ISO).

        Returns
        -------
        Fit
            Those whose last entry on the list came before; open where no reason is on file.
        """
        asked = ("left", last)
        if asked not in self._known:
            self._known[asked] = self._left_list(last)
        return self._known[asked]

    def _left_list(self, last: str) -> Fit:
        until = self.events[self.events["event_on"] <= min(last, self.as_of)]
        gone = until[until["event_kind"] == "delisted"].sort_values(["event_on", "entry_seq"])
        final = gone.drop_duplicates("project_id", keep="last").set_index("project_id")
        listed = until[until["event_kind"] == "listed"].groupby("project_id")["event_on"].max()
        ids = self.projects["project_id"]
        left_on = ids.map(final["event_on"]).astype("object").fillna("")
        again = (ids.map(listed).astype("object").fillna("") > left_on).to_numpy(dtype=bool)
        is_gone = (left_on != "").to_numpy(dtype=bool) & ~again
        reason = ids.map(final["exit_reason"])
        unsaid = is_gone & reason.isna().to_numpy(dtype=bool)
        other = is_gone & ~unsaid & ~reason.eq("started").fillna(value=False).to_numpy(dtype=bool)
        return Fit(other, unsaid)

    def of_unit(self, unit_id: str | None) -> Fit:
        """Say which projects a unit has on file; None for the city: all."""
        if unit_id is None:
            everything = np.ones(len(self.projects), dtype=bool)
        else:
            everything = self.projects["unit_id"].eq(unit_id).fillna(value=False).to_numpy(bool)
        return Fit(everything, np.zeros(len(self.projects), dtype=bool))

    def ids(self, mask: np.ndarray) -> tuple[str, ...]:
        """Give the ids of the projects chosen."""
        return tuple(map(str, self.projects["project_id"][mask]))


def ledger_on(source: LayerSource, as_of: str) -> Ledger:
    """Read the ledger as it stood on a day.

    Parameters
    ----------
    source
        Gives ``projects`` and ``project_events``.
    as_of
        The day (ISO).

    Returns
    -------
    Ledger
        The ledger.
    """
    projects = pd.DataFrame(source.read("projects")).reset_index(drop=True)
    events = corrected(pd.DataFrame(source.read("project_events")), as_of)
    return Ledger(projects, events.reset_index(drop=True), as_of)
