"""Projects with their phases, however these are linked (C4, S11)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from geo.units import compare
from platforms.ledger.rows import Row, number_of, project_row, text_of


@dataclass(frozen=True)
class WholeProject:
    """A project with all its phases.

    ``project_id``: Number of the whole.
    ``phases``: Rows of the phases; empty where the project isn't phased.
    ``whole``: Row of the whole where one is on file that is no phase itself.
    ``first_phase_id``: Number of the project that the others name as the one they belong to and
      that is counted as a phase of its own, None where nobody had to decide that.
    """

    project_id: str
    phases: tuple[Row, ...]
    whole: Row | None
    first_phase_id: str | None = None

    @property
    def is_phased(self) -> bool:
        """Whether it is built in phases."""
        return bool(self.phases)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Rows of the phases, of the whole where it isn't phased."""
        return self.phases or (() if self.whole is None else (self.whole,))

    @property
    def land_of_phases_mu(self) -> float | None:
        """Sum of what the phases want [亩], None where one doesn't say or there is none."""
        return _sum_of_land_mu(self.phases)

    @property
    def land_stated_mu(self) -> float | None:
        """Land that the row of the whole states [亩], None where it doesn't."""
        return None if self.whole is None else land_wanted_mu(self.whole)

    @property
    def land_mu(self) -> float | None:
        """Land of all phases together [亩] (S11), None where it isn't known.

        What the whole states or what its phases add up to, whichever is more: phases still to be
        filed are in the first.
        """
        stated, summed = self.land_stated_mu, self.land_of_phases_mu
        if stated is None or summed is None:
            return summed if stated is None else stated
        return summed if compare(summed, stated) > 0 else stated


def land_wanted_mu(row: Row) -> float | None:
    """Give the land a row wants [亩]: the ideal, else the least, else the most; None unsaid."""
    for column in ("land_ideal_mu", "land_min_mu", "land_max_mu"):
        land = number_of(row, column)
        if land is not None:
            return land
    return None


def _sum_of_land_mu(rows: Sequence[Row]) -> float | None:
    wanted = [land_wanted_mu(row) for row in rows]
    known = [land for land in wanted if land is not None]
    return sum(known) if wanted and len(known) == len(wanted) else None


def phase_roots(rows: Iterable[Row]) -> dict[str, str]:
    """Name for each project one that stands for all that are linked with it.

    ``rows``: Rows of ``projects``.

    By number of the project. Links (``phase_of``) count in either direction and in a chain; a
    number that isn't on file links those that name it.

    >>> phase_roots([{"project_id": "a"}, {"project_id": "b", "phase_of": "a"},
    ...              {"project_id": "c", "phase_of": "b"}])
    {'a': 'a', 'b': 'a', 'c': 'a'}
    """
    above: dict[str, str] = {}

    def root_of(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    names = []
    for row in rows:
        name, whole = str(row["project_id"]), text_of(row, "phase_of")
        names.append(name)
        above[root_of(name)] = root_of(whole or name)
    return {name: root_of(name) for name in names}


def whole_project(projects: pd.DataFrame, project_id: str) -> WholeProject:
    """Gather a project with all its phases.

    ``projects``: Table ``projects``.
    ``project_id``: Number of the whole or of any phase.

    Raises PlanningError: ``project_not_on_file``.
    """
    project_row(projects, project_id)
    return whole_projects(projects)[project_id]


def whole_projects(projects: pd.DataFrame) -> dict[str, WholeProject]:
    """Gather every project with all its phases, as ``whole_project`` does for one.

    ``projects``: Table ``projects``.

    The whole by the number of each of its rows.
    """
    rows: list[Row] = list(projects.to_dict("records"))
    roots = phase_roots(rows)
    linked: dict[str, list[Row]] = {}
    for row in rows:
        linked.setdefault(roots[str(row["project_id"])], []).append(row)
    wholes = {root: _gathered(of_root) for root, of_root in linked.items()}
    return {str(row["project_id"]): wholes[roots[str(row["project_id"])]] for row in rows}


def _gathered(rows: Sequence[Row]) -> WholeProject:
    """Tell the whole from its phases among projects that are linked.

    The one that the others name is the whole where two or more name it and it wants no less land
    than they do together. Else it is their first phase: one phase alone would be no phase, a whole
    isn't smaller than its parts, and in a chain each names the phase before it.
    """
    phases = tuple(row for row in rows if text_of(row, "phase_of") is not None)
    unlinked = [row for row in rows if text_of(row, "phase_of") is None]
    if not phases:
        return WholeProject(str(rows[0]["project_id"]), (), rows[0])
    named = [str(text_of(row, "phase_of")) for row in phases]
    if not unlinked:
        if len(rows) == 1 and named[0] == str(rows[0]["project_id"]):
            return WholeProject(named[0], (), rows[0])
        return WholeProject(max(sorted(set(named)), key=named.count), phases, None)
    (root, *_) = unlinked
    name = str(root["project_id"])
    is_chain = any(whole != name for whole in named)
    if not is_chain and phases[1:]:
        land, parts = land_wanted_mu(root), _sum_of_land_mu(phases)
        if land is None or parts is None or compare(land, parts) >= 0:
            return WholeProject(name, phases, root)
    return WholeProject(name, tuple(rows), None, name)
