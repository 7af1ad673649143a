"""What a unit may see (C10)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import MappingProxyType

import pandas as pd

from geo.tools import nearest_name
from layers.disclosure import COMPARED_COLUMNS, OPEN_COLUMNS, OPEN_STAGES
from platforms.errors import PlanningError
from platforms.ledger.calendar import official_holidays
from platforms.ledger.claims import TalksQuestion, conflicts, exclusivity
from platforms.ledger.rows import Row, flag_of, project_row, text_of
from platforms.policy.in_force import PolicySet
from platforms.source import LayerSource, ReadOnce, viewer_of

CITY = "city"
MASK = "***"
"""Unit of a project that isn't to be named, and the beginning of its number."""
HELD_BY = ("first_report", "transferred")
"""Events whose unit has, or had, the project in hand."""
LEDGER = (
    "projects", "project_events", "problems", "element_allotments", "support_grants", "targets",
)  # fmt: skip
"""Tables that tell of projects: what is remembered of their rows, a unit isn't told."""


class ViewedSource(ReadOnce):
    """The layers of a city as one unit may see them.

    嘉政办发〔2018〕52号 五（一）: content that projects compete by, and business secrets, are kept
    within those who have to know.
    """

    def __init__(self, source: LayerSource, viewer: str) -> None:
        super().__init__(source)
        self.whole = source
        self._viewer = viewer
        self._filters: Mapping[str, Callable[[pd.DataFrame], pd.DataFrame]] = MappingProxyType(
            {
                "projects": self._projects, "project_events": self._events,
                "problems": self._problems, "element_allotments": self._allotments,
                "support_grants": self._untold, "targets": self._untold,
            }
        )  # fmt: skip

    @property
    def viewer(self) -> str:
        """Unit that looks."""
        return self._viewer

    @cached_property
    def sealed(self) -> LayerSource:
        """Layers on which competition is judged: with the projects that are only known to exist.

        They have a number and a unit that tell nothing, and only what projects are compared by.
        """
        return ReadOnce(_Sealed(self))

    @cached_property
    def own(self) -> frozenset[str]:
        """Numbers of the projects that this unit has or had in hand."""
        projects, events = (self.whole.read(name) for name in ("projects", "project_events"))
        kept = projects["unit_id"].eq(self._viewer)
        handed = events["event_kind"].isin(HELD_BY) & events["unit_id"].eq(self._viewer)
        names = [*projects["project_id"][_sure(kept)], *events["project_id"][_sure(handed)]]
        return frozenset(map(str, names))

    @cached_property
    def hidden(self) -> Mapping[str, str]:
        """Numbers of the projects only known to exist, each with the one that stands for it."""
        rows = self.whole.read("projects").to_dict("records")
        closed = [row for row in rows if str(row["project_id"]) not in self.own and _is_closed(row)]
        names = {str(row["project_id"]): f"{MASK}{n}" for n, row in enumerate(closed, start=1)}
        return MappingProxyType(names)

    def read(self, layer: str) -> pd.DataFrame:
        """Read a layer, as ``LayerSource.read``, without what this unit may not see."""
        if layer not in self._read:
            frame = self.whole.read(layer)
            made = self._filters.get(layer)
            self._read[layer] = frame if made is None else made(frame)
        return self._read[layer]

    def _projects(self, frame: pd.DataFrame) -> pd.DataFrame:
        seen = frame[~frame["project_id"].isin(list(self.hidden))]
        shown = _opened(seen, "projects", self.own)
        return shown.assign(phase_of=_blanked(shown["phase_of"], self.hidden))

    def _events(self, frame: pd.DataFrame) -> pd.DataFrame:
        known = self.read("projects")["project_id"]
        seen = frame[_sure(frame["project_id"].isin(known))]
        return _opened(seen, "project_events", self.own)

    def _problems(self, frame: pd.DataFrame) -> pd.DataFrame:
        mine = frame["unit_id"].eq(self._viewer) | frame["project_id"].isin(list(self.own))
        return frame[_sure(mine)].reset_index(drop=True)

    def _allotments(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Keep the amounts, by which quotas are used up, and nothing that tells of the project."""
        shown = frame.reset_index(drop=True)
        rows = _sure(shown["project_id"].isin(list(self.hidden)))
        for name in shown.columns:
            if name not in OPEN_COLUMNS["element_allotments"]:
                shown[name] = shown[name].where(~rows)
        return shown

    def _untold(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Leave out what others promised to, or were set for, a project that may not be seen."""
        closed = _sure(frame["project_id"].isin(list(self.hidden)))
        if "unit_id" in frame:
            closed &= ~_sure(frame["unit_id"].eq(self._viewer))
        seen = frame[~closed].reset_index(drop=True)
        return seen.assign(project_id=_blanked(seen["project_id"], self.hidden))


class _Sealed:
    """The layers with the projects only known to exist under numbers that stand for them."""

    def __init__(self, viewed: ViewedSource) -> None:
        self._viewed = viewed

    def read(self, layer: str) -> pd.DataFrame:
        frame, hidden = self._viewed.whole.read(layer), self._viewed.hidden
        if layer == "projects":
            return _sealed(frame, hidden, COMPARED_COLUMNS)
        if layer == "project_events":
            return _sealed(frame, hidden, OPEN_COLUMNS["project_events"])
        return self._viewed.read(layer)


def viewed(source: LayerSource, viewer: str | None) -> ReadOnce:
    """Give the layers as somebody may see them.

    Parameters
    ----------
    source
        The layers whole.
    viewer
        Id of a unit, ``city`` or None for the city.

    Returns
    -------
    ReadOnce
        All of it for the city, else a ``ViewedSource``.

    Raises
    ------
    PlanningError
        ``check_unit_unknown`` with the nearest known id.
    """
    if viewer in (None, CITY):
        return ReadOnce(source)
    known = [str(one) for one in source.read("units")["unit_id"]]
    require_unit(str(viewer), known)
    return ViewedSource(ReadOnce(source), str(viewer))


def whole_of(source: LayerSource) -> LayerSource:
    """Give the layers whole, whoever looks at them."""
    return source.whole if isinstance(source, ViewedSource) else source


def own_projects(source: LayerSource) -> frozenset[str] | None:
    """Name the projects that the unit looking has or had in hand; None where the city looks."""
    return source.own if isinstance(source, ViewedSource) else None


def require_unit(unit_id: str, known: list[str]) -> None:
    """Refuse a unit that isn't on file (``check_unit_unknown`` with the nearest)."""
    if unit_id not in known:
        nearest = nearest_name(unit_id, known)
        raise PlanningError("check_unit_unknown", unit_id=unit_id, nearest=nearest)


def require_city(source: LayerSource) -> None:
    """Refuse what only the city can answer or do: figures that every unit's projects go into.

    Parameters
    ----------
    source
        The layers as they are seen.

    Raises
    ------
    PlanningError
        ``viewer_city_only`` where a unit looks.
    """
    viewer = viewer_of(source)
    if viewer is not None:
        raise PlanningError("viewer_city_only", viewer=viewer)


def require_own(source: LayerSource, unit_id: object, project_id: object = None) -> None:
    """Refuse an entry that isn't of the unit that looks, or of a project it may not see.

    Parameters
    ----------
    source
        The layers as they are seen.
    unit_id
        Unit the entry is of.
    project_id
        Project it is about, None for a new one.

    Raises
    ------
    PlanningError
        ``viewer_other_unit``; ``project_not_on_file`` with the nearest number it may see.
    """
    if not isinstance(source, ViewedSource):
        return
    if unit_id != source.viewer:
        raise PlanningError("viewer_other_unit", unit_id=str(unit_id), viewer=source.viewer)
    if project_id is not None and str(project_id) not in source.own:
        seen = source.read("projects")
        row = project_row(seen, str(project_id))
        raise PlanningError("viewer_other_unit", unit_id=str(row["unit_id"]), viewer=source.viewer)


@contextmanager
def sealed_errors(source: LayerSource) -> Iterator[None]:
    """Let no error name a project that may not be seen: its stand-in is named."""
    try:
        yield
    except PlanningError as error:
        hidden = source.hidden if isinstance(source, ViewedSource) else {}
        if not hidden:
            raise
        values = {name: hidden.get(str(value), value) for name, value in error.values.items()}
        raise PlanningError(error.code, **values) from None


def _is_closed(row: Row) -> bool:
    """Whether units may still compete for a project, or it is secret; not stated counts as so."""
    if text_of(row, "unit_id") is None or flag_of(row, "is_confidential"):
        return True
    return text_of(row, "stage") not in OPEN_STAGES


def _opened(frame: pd.DataFrame, table: str, own: frozenset[str]) -> pd.DataFrame:
    """Blank, in the rows of other units, every column that isn't open."""
    shown = frame.reset_index(drop=True)
    others = ~_sure(shown["project_id"].isin(list(own)))
    closed = [name for name in shown.columns if name not in OPEN_COLUMNS[table]]
    for name in closed:
        shown[name] = shown[name].where(~others)
    return shown


def _sealed(
    frame: pd.DataFrame, hidden: Mapping[str, str], columns: tuple[str, ...]
) -> pd.DataFrame:
    sealed = frame.copy()
    rows = _sure(sealed["project_id"].isin(list(hidden)))
    for name in sealed.columns:
        if name not in columns:
            sealed[name] = sealed[name].where(~rows)
    sealed["unit_id"] = sealed["unit_id"].where(~rows | sealed["unit_id"].isna(), MASK)
    for name in ("project_id", "phase_of"):
        if name in sealed.columns:
            sealed[name] = [hidden.get(value, value) for value in sealed[name]]
    return sealed


def _blanked(column: pd.Series, hidden: Mapping[str, str]) -> pd.Series:
    return column.where(~_sure(column.isin(list(hidden))))


def _sure(flags: pd.Series) -> pd.Series:
    return flags.fillna(value=False).astype(bool)


@dataclass(frozen=True)
class HiddenProject:
    """A project of another unit that units still compete for.

    ``project_id``: Number that stands for it.
    ``until``: End of the exclusive talks its unit has, None where it has none now.
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
        HiddenProject(name, _talks_until(name, same_project, projects, events, policy))
        for name, same_project in alike.items()
    )


def _talks_until(
    name: str,
    same_project: set[str],
    projects: pd.DataFrame,
    events: pd.DataFrame,
    policy: PolicySet,
) -> datetime | None:
    """Look only at the projects that may be one: no other one has a claim on it."""
    rows, past = (
        frame[frame["project_id"].isin(list(same_project))] for frame in (projects, events)
    )
    talks = exclusivity(TalksQuestion(name, policy.as_of, official_holidays()), rows, past, policy)
    return talks.until if talks.state == "held_by_own_unit" else None
