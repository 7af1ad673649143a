"""What the rules say of the project itself, whichever the land: its list, talks and approval."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pandas as pd

from layers.contracts import CONTRACTS
from platforms.matching.demand import Demand
from platforms.policy.dated import PolicySet
from platforms.projects.approval_route import ApprovalRoute, approval_route, land_supply_of
from platforms.projects.claims import TalksQuestion
from platforms.projects.eligibility import eligibility
from platforms.projects.exclusivity import Exclusivity, exclusivity_by_unit
from platforms.projects.official_calendar import official_holidays
from platforms.source import LayerSource, competition_of
from platforms.targets.ledger import Ledger
from platforms.verdict import Verdict

UnitId = str | None


@dataclass(frozen=True)
class ProjectStanding:
    """What is known of the project beside its demand.

    Attributes
    ----------
    unit_id
        Unit it is on file with, None where it is on no file or states none.
    is_on_file
        Whether the ledger has it.
    eligibility
        One verdict a part of C4; of a demand that isn't on file by what it states.
    talks
        Who holds it, as each unit sees it (B5, C5); empty where it isn't on file.
    routes
        Who approves its land, by the unit that the land lies in (D1–D3).
    """

    unit_id: UnitId = None
    is_on_file: bool = False
    eligibility: tuple[Verdict, ...] = ()
    talks: Mapping[UnitId, Exclusivity] = field(default_factory=lambda: MappingProxyType({}))
    routes: Mapping[UnitId, ApprovalRoute] = field(default_factory=lambda: MappingProxyType({}))

    def talks_on(self, unit_id: UnitId) -> Exclusivity | None:
        """Say who holds the project where it goes to land of a unit.

        Where the unit that has it on file holds it, or nobody does, that unit's view counts for
        all land: elsewhere it goes by transfer (流转). Else the unit of the land is asked.
        """
        home = self.talks.get(self.unit_id)
        return home if home is None or home.outcome == "met" else self.talks.get(unit_id, home)

    def by_transfer(self, unit_id: UnitId) -> bool:
        """Whether the project would leave the unit that has it on file."""
        return self.is_on_file and unit_id not in (None, self.unit_id)


def project_standing(
    source: LayerSource, demand: Demand, unit_ids: Iterable[UnitId], policy: PolicySet
) -> ProjectStanding:
    """Look a project up in the ledger, and at what it states where it isn't there.

    Parameters
    ----------
    source
        Gives ``projects``, ``project_events`` and ``units``.
    demand
        What the project asks.
    unit_ids
        Units that candidates lie in, None for those that lie in none.
    policy
        Rules on the as-of date.

    Returns
    -------
    ProjectStanding
        By unit where the answer depends on it.

    Notes
    -----
    B5 《进一步推动招大引强工作实施方案》 二（一）3; C4, C5 嘉政办发〔2018〕52号 三, 四（二）;
    D1–D3 磐安 二（五）, 五1.
    """
    book = competition_of(source)
    projects, events = (pd.DataFrame(book.read(one)) for one in ("projects", "project_events"))
    asked = list(dict.fromkeys(unit_ids))
    is_on_file = bool(projects["project_id"].eq(demand.project_id).fillna(value=False).any())
    if not is_on_file:
        projects = _row_of(demand)
        events = events.iloc[:0]
    unit_id = _unit_of(projects, demand.project_id)
    ledger = Ledger(projects, events, policy.as_of)
    question = TalksQuestion(demand.project_id, policy.as_of, official_holidays())
    seen = list(dict.fromkeys([*asked, unit_id]))
    talks = (
        dict(zip(seen, exclusivity_by_unit(question, seen, projects, events, policy), strict=True))
        if is_on_file
        else {}
    )
    return ProjectStanding(
        unit_id,
        is_on_file,
        eligibility(demand.project_id, ledger, policy),
        talks,
        _routes(source, projects, demand, asked, policy),
    )


def _row_of(demand: Demand) -> pd.DataFrame:
    """Lay a demand out as the one row of a ledger; what it doesn't say stays missing."""
    stated = {
        "project_id": demand.project_id, "name": demand.name, "category": demand.category,
        "industry_code": demand.industry_code, "stage": demand.stage,
        "industry_scheme": demand.industry_scheme or "GBT4754_2017",
        "land_min_mu": demand.land_min_mu, "land_ideal_mu": demand.land_ideal_mu,
        "land_max_mu": demand.land_max_mu,
    }  # fmt: skip
    columns = CONTRACTS["projects"].columns
    return pd.DataFrame([{name: stated.get(name) for name in columns}], dtype="object")


def _unit_of(projects: pd.DataFrame, project_id: str) -> UnitId:
    held = projects.loc[projects["project_id"].eq(project_id).fillna(value=False), "unit_id"]
    unit_id = held.iloc[0]
    return None if pd.isna(unit_id) else str(unit_id)


def _routes(
    source: LayerSource,
    projects: pd.DataFrame,
    demand: Demand,
    unit_ids: list[UnitId],
    policy: PolicySet,
) -> dict[UnitId, ApprovalRoute]:
    """Find the route in each unit: a zone may have rules of its own (D3)."""
    units = pd.DataFrame(source.read("units"))
    names = dict(zip(units["unit_id"], units["name"], strict=True))
    supply = land_supply_of(projects, units, demand.project_id)
    found = {}
    for unit_id in unit_ids:
        name = names.get(unit_id or "")
        at_home = replace(supply, unit_name=None if name is None or pd.isna(name) else str(name))
        found[unit_id] = approval_route(at_home, policy)
    return found
