"""What the rules say of a city's layers: every check that was asked, as verdicts."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import geopandas as gpd
from pyproj import CRS

from geo.tools import Progress, nearest_name, report
from platforms.consolidation import evidence, parks, platforms, space
from platforms.elements import industrial_land, land_supply, project_shares, shares
from platforms.errors import PlanningError, PolicyError
from platforms.indicators import figures, per_mu, ranking
from platforms.industries import main_platform
from platforms.land import land_lists, renewal
from platforms.policy.check import CheckJob, judge
from platforms.policy.in_force import PolicySet, iso_day
from platforms.policy.kept_verdicts import KeptVerdicts
from platforms.policy.pack import Pack
from platforms.policy.registry import checked_rules, unit_measured_in, verdicts_of
from platforms.policy.run_memo import NotedReads, RunMemo
from platforms.policy.verdict import Verdict, say
from platforms.projects import (
    approval,
    competition,
    flagships,
    funds,
    landing_tasks,
    major_list,
    problem_list,
    procedure,
    responsibility,
)
from platforms.results import content_of
from platforms.source import LayerSource, ReadOnce, viewer_of
from platforms.targets import completion, counts, duties
from platforms.territory import undrawn_sub_parks, units_in_scope, units_of_unknown_kind

# the import registers the checks of a module
CHECK_MODULES = (
    evidence, parks, platforms, space, industrial_land, land_supply, project_shares, shares,
    figures, per_mu, ranking, main_platform, land_lists, renewal, approval, competition, flagships,
    funds, landing_tasks, major_list, problem_list, procedure, responsibility, completion, counts,
    duties,
)  # fmt: skip

CHECKED_RULES = checked_rules()
"""The rules that are checked, in the order in which they are shown."""

FIRST_YEAR, LAST_YEAR = 1990, 2100


@dataclass(frozen=True)
class CheckQuery:
    """What is to be checked.

    ``year``: Year of the figures. None: what is counted is counted from the beginning of the year
      of ``as_of``, and of reported figures the latest complete year on file is taken.
    ``rules``: Ids of the rules, none given: all that are checked.
    ``units``: Ids of the units, none given: all.
    ``as_of``: Day on which the rules are looked at (ISO).
    ``counted``: Year that is counted where none is asked for, None for that of ``as_of``: two days
      are compared on figures of the same years.

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
    counted: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(self.rules))
        object.__setattr__(self, "units", tuple(self.units))
        iso_day(self.as_of)
        for rule in self.rules:
            if rule not in CHECKED_RULES:
                raise PlanningError(
                    "rule_not_checked", rule=rule, nearest=nearest_name(rule, CHECKED_RULES),
                    known=", ".join(CHECKED_RULES),
                )  # fmt: skip
        if not FIRST_YEAR <= self.figures_year <= LAST_YEAR:
            raise PlanningError(
                "year_out_of_range", year=self.figures_year, first=FIRST_YEAR, last=LAST_YEAR
            )

    @property
    def figures_year(self) -> int:
        """Year that is counted; of reported figures only where it was asked for."""
        if self.year is not None:
            return self.year
        return int(self.as_of[:4]) if self.counted is None else self.counted


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
    offer: Callable[[list[Verdict]], None] | None = None,
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
    offer
        Given the verdicts known so far, rule by rule.

    Returns
    -------
    list of Verdict
        By rule in the order of ``CHECKED_RULES``, then by unit in the order of the layer. A rule
        out of force is computed and says so; a unit that doesn't say whether it is county-level or
        a functional zone gets ``no_data`` from rules for one of them. A rule for the city is left
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
    undrawn = undrawn_sub_parks(gpd.GeoDataFrame(layers.read("parks")))
    verdicts: list[Verdict] = []
    of_run = RunMemo()
    kept = _kept_verdicts(layers, query, policy, crs)
    for done, rule_id in enumerate(CHECKED_RULES):
        report(progress, done / len(CHECKED_RULES))
        parts = policy.parts(rule_id)
        if rule_id in query.rules and not parts:
            policy.rule(rule_id)
        if not parts or (query.rules and rule_id not in query.rules):
            continue
        scope = policy.rule(rule_id, parts[0]).rule.scope
        asked = [u for u in units_in_scope(units, scope) if not query.units or u in query.units]
        judged = None if kept is None else kept.of(rule_id)
        if judged is None:
            noted = NotedReads(layers)
            job = CheckJob(
                rule_id, query.figures_year, tuple(asked), noted, policy, crs,
                is_whole_city=len(known) > 0 and not query.units,
                is_year_asked=query.year is not None, of_run=of_run.of_rule(),
            )  # fmt: skip
            judged = verdicts_of(job)
            if kept is not None:
                kept.add(rule_id, judged, noted, job.of_run)
        verdicts += judged
        if scope in (("U7",), ("Z2",)):
            lost = [u for u in kindless if not query.units or u in query.units]
            verdicts += _kindless(rule_id, policy, lost)
        if offer is not None:
            offer(_measurable(verdicts, undrawn))
    if kept is not None:
        kept.keep()
    return _measurable(verdicts, undrawn)


def _kept_verdicts(
    layers: ReadOnce, query: CheckQuery, policy: PolicySet, crs: CRS
) -> KeptVerdicts | None:
    """Open the verdicts kept of the same question; a unit's view of the layers has none."""
    if layers.viewer is not None:
        return None
    asked = replace(query, rules=())
    return KeptVerdicts(layers, content_of("verdicts", asked, policy.pack, crs.to_wkt()))


MEASURED_WITH_PARKS = ("A2", "A18", "A28", "A30", "B1", "B2")
"""Rules whose figure rests on the outlines of sub-parks; others count parks by the list."""


def _measurable(verdicts: list[Verdict], undrawn: gpd.GeoDataFrame) -> list[Verdict]:
    """Leave open what was measured where a sub-park isn't drawn; the list alone is no outline."""
    if undrawn.empty:
        return list(verdicts)
    return [_open_where_undrawn(verdict, undrawn) for verdict in verdicts]


def _open_where_undrawn(verdict: Verdict, undrawn: gpd.GeoDataFrame) -> Verdict:
    is_measured = verdict.rule_id in MEASURED_WITH_PARKS or verdict.part in ("both", "distance")
    rows = undrawn
    if verdict.platform_id is not None:
        rows = rows[rows["platform_id"].eq(verdict.platform_id).fillna(value=False)]
    elif verdict.unit_id is not None:
        here = rows["unit_id"].eq(verdict.unit_id) | rows["unit_id"].isna()
        rows = rows[here.fillna(value=False)]
    if not is_measured or rows.empty or verdict.outcome in ("no_data", "not_applicable"):
        return verdict
    ids = "、".join(rows["park_id"].astype(str))
    reason = say("parks_undrawn", park_ids=ids)
    return replace(
        verdict, outcome="no_data", measured=None, gap=None, reasons=(reason, *verdict.reasons)
    )


def _kindless(rule_id: str, policy: PolicySet, unit_ids: list[str]) -> list[Verdict]:
    """Say of units of unknown kind that a rule for one kind of unit can't be judged."""
    return [
        judge(policy.rule(rule_id, part), None, unit_id=u, reasons=(say("unit_kind_unknown"),))
        for u in unit_ids
        for part in policy.parts(rule_id)
    ]


def refuse_foreign_units(pack: Pack) -> None:
    """Hold the units of a pack against those that the product measures in.

    Parameters
    ----------
    pack
        A pack, complete with what it extends.

    Raises
    ------
    PolicyError
        ``pack_unit_unfit`` with the unit expected.
    """
    for rule in pack.rules:
        expected = unit_measured_in(rule.rule_id, rule.part)
        if expected is not None and rule.unit != expected:
            raise PolicyError(
                "pack_unit_unfit", pack=rule.pack, line=rule.line_of("unit"), rule=rule.rule_id,
                unit=rule.unit, expected=expected,
            )  # fmt: skip
