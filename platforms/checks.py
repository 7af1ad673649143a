"""What the rules say of a city's layers: every check that was asked, as verdicts."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pyproj import CRS

from geo.tools import Progress, nearest_name, report
from platforms.consolidation.evidence import checklist_verdicts, evidence_verdicts
from platforms.consolidation.parks import (
    exit_verdicts,
    grant_verdicts,
    kept_park_verdicts,
    nearness_verdicts,
    new_park_verdicts,
    sorting_verdicts,
)
from platforms.consolidation.platforms import (
    body_verdicts,
    count_verdicts,
    level_verdicts,
    platform_mix_verdicts,
    total_verdicts,
    town_task_verdicts,
)
from platforms.consolidation.space import approved_area_verdicts, developable_verdicts
from platforms.elements.land_supply import (
    main_platform_verdicts,
    outside_verdicts,
    step_verdicts,
    supply_verdicts,
)
from platforms.elements.project_shares import project_share_verdicts, project_shares
from platforms.elements.shares import element_shares, share_verdicts
from platforms.errors import PlanningError
from platforms.indicators.figures import (
    chain_verdicts,
    figure_verdicts,
    firm_verdicts,
    large_platform_verdicts,
)
from platforms.indicators.per_mu import per_mu_verdicts
from platforms.indicators.ranking import quarter_verdicts
from platforms.land.renewal import revived_verdicts, utility_verdicts
from platforms.policy.check import CheckJob, judge
from platforms.policy.in_force import PolicySet, iso_day
from platforms.policy.verdict import Verdict, say
from platforms.projects.checks import ledger_verdicts
from platforms.source import LayerSource, ReadOnce, viewer_of
from platforms.targets.checks import target_verdicts
from platforms.territory import units_in_scope, units_of_unknown_kind

FIRST_YEAR, LAST_YEAR = 1990, 2100


@dataclass(frozen=True)
class CheckQuery:
    """What is to be checked.

    Attributes
    ----------
    year
        Year of the figures, None for that of ``as_of``.
    rules
        Ids of the rules, none given: all that are checked.
    units
        Ids of the units, none given: all.
    as_of
        Day on which the rules are looked at (ISO).

    Raises
    ------
    PlanningError
        ``rule_not_checked`` with the nearest one that is, ``year_out_of_range``,
        ``as_of_not_a_date``.

    Examples
    --------
    >>> CheckQuery(None, ("A1",), (), "2025-12-31").figures_year
    2025
    """

    year: int | None
    rules: tuple[str, ...]
    units: tuple[str, ...]
    as_of: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(self.rules))
        object.__setattr__(self, "units", tuple(self.units))
        iso_day(self.as_of)
        for rule in self.rules:
            if rule not in CHECKS:
                raise PlanningError(
                    "rule_not_checked", rule=rule, nearest=nearest_name(rule, CHECKS),
                    known=", ".join(CHECKS),
                )  # fmt: skip
        if not FIRST_YEAR <= self.figures_year <= LAST_YEAR:
            raise PlanningError(
                "year_out_of_range", year=self.figures_year, first=FIRST_YEAR, last=LAST_YEAR
            )

    @property
    def figures_year(self) -> int:
        """Year of the figures."""
        return int(self.as_of[:4]) if self.year is None else self.year


def as_seen(query: CheckQuery, viewer: str | None) -> CheckQuery:
    """Confine a query to the unit that looks (C10), None for the city.

    Raises
    ------
    PlanningError
        ``viewer_other_unit`` where it asks about another unit.
    """
    if viewer is None:
        return query
    for unit_id in query.units:
        if unit_id != viewer:
            raise PlanningError("viewer_other_unit", unit_id=unit_id, viewer=viewer)
    return replace(query, units=(viewer,))


def run_checks(
    source: LayerSource,
    query: CheckQuery,
    policy: PolicySet,
    crs: CRS,
    progress: Progress | None = None,
) -> list[Verdict]:
    """Run the checks asked.

    Parameters
    ----------
    source
        Gives the layers and tables, in ``crs``; a workspace fits.
    query
        What is to be checked.
    policy
        Rules on the day of the query. A rule that its packs don't hold isn't checked.
    crs
        Projected system in metres.
    progress
        Told the share done.

    Returns
    -------
    list of Verdict
        By rule in the order of ``CHECKS``, then by unit in the order of the layer. A rule out of
        force is computed and says so; a unit that doesn't say whether it is county-level or a
        functional zone gets ``no_data`` from rules for one of them. A rule for the city is left
        out where only some units were asked for.

    Raises
    ------
    PlanningError
        ``check_unit_unknown`` with the nearest known id, ``as_of_differs``, ``viewer_other_unit``.
    PolicyError
        ``rule_unknown`` where a rule asked by id isn't in the packs.
    """
    if policy.as_of != query.as_of:
        raise PlanningError("as_of_differs", as_of=query.as_of, policy_as_of=policy.as_of)
    layers = ReadOnce(source)
    query = as_seen(query, viewer_of(source))
    units = layers.read("units")
    known = list(units["unit_id"])
    for unit_id in query.units:
        if unit_id not in known:
            raise PlanningError(
                "check_unit_unknown", unit_id=unit_id, nearest=nearest_name(unit_id, known)
            )
    kindless = units_of_unknown_kind(units)
    verdicts: list[Verdict] = []
    for done, (rule_id, check) in enumerate(CHECKS.items()):
        report(progress, done / len(CHECKS))
        parts = policy.parts(rule_id)
        if rule_id in query.rules and not parts:
            policy.rule(rule_id)
        if not parts or (query.rules and rule_id not in query.rules):
            continue
        scope = policy.rule(rule_id, parts[0]).rule.scope
        asked = [u for u in units_in_scope(units, scope) if not query.units or u in query.units]
        job = CheckJob(
            rule_id, query.figures_year, tuple(asked), layers, policy, crs,
            is_whole_city=len(known) > 0 and not query.units,
        )  # fmt: skip
        verdicts += check(job)
        if scope in (("U7",), ("Z2",)):
            lost = [u for u in kindless if not query.units or u in query.units]
            verdicts += _kindless(rule_id, policy, lost)
    return verdicts


def _kindless(rule_id: str, policy: PolicySet, unit_ids: list[str]) -> list[Verdict]:
    """Say of units of unknown kind that a rule for one kind of unit can't be judged."""
    return [
        judge(policy.rule(rule_id, part), None, unit_id=u, reasons=(say("unit_kind_unknown"),))
        for u in unit_ids
        for part in policy.parts(rule_id)
    ]


def _count(job: CheckJob) -> list[Verdict]:
    return count_verdicts(
        job.layer("major_platforms"), job.layer("units"), job.unit_ids, job.policy
    )


def _developable(job: CheckJob) -> list[Verdict]:
    return developable_verdicts(
        job.layer("major_platforms"), job.layer("parks"), job.layer("constraints"),
        job.layer("land_parcels"), job.layer("units"), job.unit_ids, job.policy, job.crs,
    )  # fmt: skip


def _per_mu(job: CheckJob) -> list[Verdict]:
    return per_mu_verdicts(
        job.rule_id, job.year, job.source, job.layer("major_platforms"), job.layer("units"),
        job.unit_ids, job.policy,
    )  # fmt: skip


def _exits(job: CheckJob) -> list[Verdict]:
    return exit_verdicts(
        job.layer("parks"), job.layer("major_platforms"), job.layer("units"), job.unit_ids,
        job.policy, job.crs,
    )  # fmt: skip


def _outside(job: CheckJob) -> list[Verdict]:
    new_parks = new_park_verdicts(job)
    if not job.rules(""):
        return new_parks
    return new_parks + outside_verdicts(
        job.layer("element_allotments"), job.layer("major_platforms"), job.layer("parks"),
        job.layer("land_parcels"), job.layer("units"), job.year, job.unit_ids, job.policy, job.crs,
    )  # fmt: skip


def _shares(job: CheckJob) -> list[Verdict]:
    shares = element_shares(
        job.layer("element_allotments"), job.layer("major_platforms"), job.layer("parks"),
        job.layer("land_parcels"), job.layer("units"), job.year, job.policy, job.crs,
        approved_boundaries=job.layer("approved_boundaries"),
    )  # fmt: skip
    return share_verdicts(shares, job.policy, job.unit_ids)


def _projects(job: CheckJob) -> list[Verdict]:
    shares = project_shares(
        job.source.read("projects"), job.layer("major_platforms"), job.layer("parks"),
        job.layer("land_parcels"), job.layer("units"), job.year, job.policy, job.crs,
        approved_boundaries=job.layer("approved_boundaries"),
    )  # fmt: skip
    return project_share_verdicts(shares, job.policy, job.unit_ids)


def _targets(job: CheckJob) -> list[Verdict]:
    return target_verdicts(job.rule_id, job.year, job.source, job.unit_ids, job.policy)


CHECKS: dict[str, Callable[[CheckJob], list[Verdict]]] = {
    "A1": _count,
    "A2": _developable,
    "A3": figure_verdicts,
    "A4": approved_area_verdicts,
    "A5": figure_verdicts,
    "A6": figure_verdicts,
    "A7": chain_verdicts,
    "A8": _per_mu,
    "A9": _per_mu,
    "A10": firm_verdicts,
    "A11": large_platform_verdicts,
    "A12": _targets,
    "A13": _exits,
    "A14": sorting_verdicts,
    "A15": kept_park_verdicts,
    "A16": level_verdicts,
    "A17": nearness_verdicts,
    "A18": _outside,
    "A19": grant_verdicts,
    "A22": quarter_verdicts,
    "A23": checklist_verdicts,
    "A24": body_verdicts,
    "A25": town_task_verdicts,
    "A26": step_verdicts,
    "A27": main_platform_verdicts,
    "A28": evidence_verdicts,
    "A29": total_verdicts,
    "A30": platform_mix_verdicts,
    "B1": _shares,
    "B2": _projects,
    "B5": ledger_verdicts,
    "B6": ledger_verdicts,
    "B7": ledger_verdicts,
    "B8": ledger_verdicts,
    "B9": _targets,
    "B10": _targets,
    "B11": _targets,
    "B12": ledger_verdicts,
    "B13": ledger_verdicts,
    "B14": ledger_verdicts,
    "B15": ledger_verdicts,
    "C1": _targets,
    "C2": _targets,
    "C3": _targets,
    "C4": ledger_verdicts,
    "C5": ledger_verdicts,
    "C6": ledger_verdicts,
    "C7": ledger_verdicts,
    "C8": _targets,
    "C9": ledger_verdicts,
    "C11": ledger_verdicts,
    "C12": ledger_verdicts,
    "C13": ledger_verdicts,
    "C14": ledger_verdicts,
    "C15": ledger_verdicts,
    "D1": ledger_verdicts,
    "D2": ledger_verdicts,
    "D3": ledger_verdicts,
    "D4": ledger_verdicts,
    "D5": supply_verdicts,
    "D6": revived_verdicts,
    "D7": ledger_verdicts,
    "D8": ledger_verdicts,
    "D9": ledger_verdicts,
    "D10": ledger_verdicts,
    "D11": ledger_verdicts,
    "E1": _targets,
    "E2": ledger_verdicts,
    "E3": utility_verdicts,
    "E4": ledger_verdicts,
    "E5": ledger_verdicts,
    "E6": ledger_verdicts,
    "E8": _targets,
    "E9": ledger_verdicts,
    "E10": ledger_verdicts,
}
"""The check of each rule."""
