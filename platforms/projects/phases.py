"""Which rows of the ledger are one project in phases, and how much land it takes in all.

``phase_of`` names the whole project. The row named is the whole, unless it names itself: then it
is the first phase and stands for the whole.
"""

from dataclasses import dataclass

import pandas as pd

from geo.units import compare
from platforms.projects.rows import Row, number_of, project_row, text_of


@dataclass(frozen=True)
class WholeProject:
    """A project with all its phases.

    Attributes
    ----------
    project_id
        Number of the whole.
    phases
        Rows of the phases; empty where the project isn't phased.
    whole
        Row of the whole where one is on file that is no phase itself.
    """

    project_id: str
    phases: tuple[Row, ...]
    whole: Row | None

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
        wanted = [land_wanted_mu(row) for row in self.phases]
        known = [land for land in wanted if land is not None]
        return sum(known) if wanted and len(known) == len(wanted) else None

    @property
    def land_stated_mu(self) -> float | None:
        """Land that the row of the whole states [亩], None where it doesn't."""
        return None if self.whole is None else land_wanted_mu(self.whole)

    @property
    def land_mu(self) -> float | None:
        """Land of all phases together [亩] (S11), None where it isn't known.

        What the whole states or what its phases add up to, whichever is more: phases still to be
        filed are in the first, and what was filed beyond it is in the second.
        """
        stated, summed = self.land_stated_mu, self.land_of_phases_mu
        if stated is None or summed is None:
            unsaid = self.is_phased and summed is None and stated is None
            return None if unsaid else stated if summed is None else summed
        return summed if compare(summed, stated) > 0 else stated


def land_wanted_mu(row: Row) -> float | None:
    """Give the land a row wants [亩]: the ideal, else the least, else the most; None unsaid."""
    for column in ("land_ideal_mu", "land_min_mu", "land_max_mu"):
        land = number_of(row, column)
        if land is not None:
            return land
    return None


def whole_project(projects: pd.DataFrame, project_id: str) -> WholeProject:
    """Gather a project with all its phases.

    Parameters
    ----------
    projects
        Table ``projects``.
    project_id
        Number of the whole or of any phase.

    Returns
    -------
    WholeProject
        The project.

    Raises
    ------
    PlanningError
        ``project_not_on_file``.
    """
    asked = project_row(projects, project_id)
    root = text_of(asked, "phase_of") or project_id
    named = projects["phase_of"].eq(root).fillna(value=False).to_numpy(dtype=bool)
    phases: tuple[Row, ...] = tuple(projects[named].to_dict("records"))
    is_root = projects["project_id"].eq(root).fillna(value=False).to_numpy(dtype=bool)
    rows: list[Row] = list(projects[is_root & ~named].to_dict("records"))
    return WholeProject(root, phases, rows[0] if rows else None)


def whole_projects(projects: pd.DataFrame) -> dict[str, WholeProject]:
    """Gather every project with all its phases, as ``whole_project`` does for one.

    Parameters
    ----------
    projects
        Table ``projects``.

    Returns
    -------
    dict
        The whole by the number of each of its rows.
    """
    rows: list[Row] = list(projects.to_dict("records"))
    roots = [text_of(row, "phase_of") or str(row["project_id"]) for row in rows]
    phases: dict[str, list[Row]] = {}
    for row in rows:
        named = text_of(row, "phase_of")
        if named is not None:
            phases.setdefault(named, []).append(row)
    alone = {str(row["project_id"]): row for row in rows if _is_whole(row)}
    made = {
        root: WholeProject(root, tuple(phases.get(root, ())), alone.get(root))
        for root in dict.fromkeys(roots)
    }
    return {str(row["project_id"]): made[root] for row, root in zip(rows, roots, strict=True)}


def _is_whole(row: Row) -> bool:
    """Whether a row isn't the first phase that stands for the whole."""
    return text_of(row, "phase_of") != str(row["project_id"])
