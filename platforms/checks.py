"""What the rules say of a city's layers: every check that was asked, as verdicts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import geopandas as gpd
from pyproj import CRS

from geo.nearest import nearest_name
from platforms.assessed import units_in_scope, units_of_unknown_kind
from platforms.consolidation.count import count_verdicts
from platforms.consolidation.developable import developable_verdicts
from platforms.consolidation.exits import exit_verdicts
from platforms.elements.outside import outside_verdicts
from platforms.elements.shares import element_shares
from platforms.elements.verdicts import share_verdicts
from platforms.errors import PlanningError
from platforms.indicators.verdicts import per_mu_verdicts
from platforms.judge import judge
from platforms.policy.dated import PolicySet, iso_day
from platforms.source import LayerSource, ReadOnce
from platforms.statement import say
from platforms.targets.verdicts import target_verdicts
from platforms.verdict import Verdict

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


@dataclass(frozen=True)
class _Job:
    """One rule to be checked on some units."""

    rule_id: str
    year: int
    unit_ids: tuple[str, ...]
    source: LayerSource
    policy: PolicySet
    crs: CRS

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Read a layer with shapes."""
        return cast("gpd.GeoDataFrame", self.source.read(name))


def run_checks(
    source: LayerSource, query: CheckQuery, policy: PolicySet, crs: CRS
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

    Returns
    -------
    list of Verdict
        By rule in the order of ``CHECKS``, then by unit in the order of the layer. A rule out of
        force is computed and says so; a unit that doesn't say whether it is county-level gets
        ``no_data`` from rules for county-level units.

    Raises
    ------
    PlanningError
        ``check_unit_unknown`` with the nearest known id, ``as_of_differs``.
    PolicyError
        ``rule_unknown`` where a rule asked by id isn't in the packs.
    """
    if policy.as_of != query.as_of:
        raise PlanningError("as_of_differs", as_of=query.as_of, policy_as_of=policy.as_of)
    layers = ReadOnce(source)
    units = layers.read("units")
    known = list(units["unit_id"])
    for unit_id in query.units:
        if unit_id not in known:
            raise PlanningError(
                "check_unit_unknown", unit_id=unit_id, nearest=nearest_name(unit_id, known)
            )
    kindless = units_of_unknown_kind(units)
    verdicts: list[Verdict] = []
    for rule_id, check in CHECKS.items():
        parts = policy.parts(rule_id)
        if rule_id in query.rules and not parts:
            policy.rule(rule_id)
        if not parts or (query.rules and rule_id not in query.rules):
            continue
        scope = policy.rule(rule_id, parts[0]).rule.scope
        asked = [u for u in units_in_scope(units, scope) if not query.units or u in query.units]
        job = _Job(rule_id, query.figures_year, tuple(asked), layers, policy, crs)
        verdicts += check(job)
        if scope == ("U7",):
            lost = [u for u in kindless if not query.units or u in query.units]
            verdicts += _kindless(rule_id, policy, lost)
    return verdicts


def _kindless(rule_id: str, policy: PolicySet, unit_ids: list[str]) -> list[Verdict]:
    """Say of units of unknown kind that a rule for county-level units can't be judged."""
    return [
        judge(policy.rule(rule_id, part), None, unit_id=u, reasons=(say("unit_kind_unknown"),))
        for u in unit_ids
        for part in policy.parts(rule_id)
    ]


def _count(job: _Job) -> list[Verdict]:
    return count_verdicts(
        job.layer("major_platforms"), job.layer("units"), job.unit_ids, job.policy
    )


def _developable(job: _Job) -> list[Verdict]:
    return developable_verdicts(
        job.layer("major_platforms"), job.layer("parks"), job.layer("constraints"),
        job.layer("land_parcels"), job.layer("units"), job.unit_ids, job.policy, job.crs,
    )  # fmt: skip


def _per_mu(job: _Job) -> list[Verdict]:
    return per_mu_verdicts(
        job.rule_id, job.year, job.source, job.layer("major_platforms"), job.layer("units"),
        job.unit_ids, job.policy,
    )  # fmt: skip


def _exits(job: _Job) -> list[Verdict]:
    return exit_verdicts(
        job.layer("parks"), job.layer("major_platforms"), job.layer("units"), job.unit_ids,
        job.policy, job.crs,
    )  # fmt: skip


def _outside(job: _Job) -> list[Verdict]:
    return outside_verdicts(
        job.layer("element_allotments"), job.layer("major_platforms"), job.layer("parks"),
        job.layer("land_parcels"), job.layer("units"), job.year, job.unit_ids, job.policy, job.crs,
    )  # fmt: skip


def _shares(job: _Job) -> list[Verdict]:
    shares = element_shares(
        job.layer("element_allotments"), job.layer("major_platforms"), job.layer("parks"),
        job.layer("land_parcels"), job.layer("units"), job.year, job.policy, job.crs,
        approved_boundaries=job.layer("approved_boundaries"),
    )  # fmt: skip
    return share_verdicts(shares, job.policy, job.unit_ids)


def _targets(job: _Job) -> list[Verdict]:
    return target_verdicts(job.rule_id, job.year, job.source, job.unit_ids, job.policy)


CHECKS: dict[str, Callable[[_Job], list[Verdict]]] = {
    "A1": _count, "A2": _developable, "A8": _per_mu, "A9": _per_mu, "A12": _targets,
    "A13": _exits, "A18": _outside, "B1": _shares, "B9": _targets, "B10": _targets,
    "B11": _targets, "C1": _targets, "C2": _targets, "C3": _targets, "C8": _targets,
    "E1": _targets, "E8": _targets,
}  # fmt: skip
"""The check of each rule."""
