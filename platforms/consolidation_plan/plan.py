"""Fewest changes that meet the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import fsum

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from geo.tools import Progress, nearest_name, report
from platforms.checks import CHECKED_RULES, CheckQuery, run_checks
from platforms.consolidation.platforms import PRINCIPLE
from platforms.consolidation_plan.options import (
    EXIT,
    PLANNED,
    STAY,
    ParkOption,
    PlatformOption,
    Situation,
    situation_of,
)
from platforms.consolidation_plan.program import KEEP, Program, Row, Solution, program_of, run
from platforms.errors import PlanningError
from platforms.policy.check import CheckJob, VerdictChange, verdict_changes, verdict_subject
from platforms.policy.in_force import PolicySet
from platforms.policy.verdict import Statement, Verdict, say
from platforms.scenario.edits import ExitPark, JoinPark, ScenarioEdit, SetMajor
from platforms.scenario.overlay import apply_edits
from platforms.source import LayerSource, ReadOnce
from platforms.territory import assessed_units

BINDING = ("mandatory", "principle")
"""Forces of what a plan can break: targets and guidance are never breached."""

PLAN_RULES = ("A1", "A2", "A3", "A13", "A14", "A15", "A16")
"""The rules a plan has to meet."""


@dataclass(frozen=True)
class ConsolidationQuery:
    """What is asked.

    ``unit_id``: The unit.
    ``year``: Year of the figures, None for the latest complete one on file.
    ``alternatives``: How many plans are asked for, the best first.
    ``time_limit_s``: Seconds for each run of the solver.
    """

    unit_id: str
    year: int | None
    alternatives: int = 3
    time_limit_s: float = 20.0


@dataclass(frozen=True)
class PlanChange:
    """One change of a plan.

    ``layer, row_id``: ``parks`` or ``major_platforms``, and the row.
    ``before, after``: A platform's id, ``exit``, ``planned``, ``stay``; of a platform ``major``
      or ``not_major``.
    ``reasons``: Why, and how near and related a park is to its platform.
    ``edit``: The same as an edit of a scenario.
    """

    layer: str
    row_id: str
    before: str
    after: str
    reasons: tuple[Statement, ...]
    edit: ScenarioEdit


@dataclass(frozen=True)
class PlanEffects:
    """What a plan does to other units.

    ``statements``: Parks it takes from a platform of another unit.
    ``changes``: Verdicts of those units that differ.
    """

    statements: tuple[Statement, ...] = ()
    changes: tuple[VerdictChange, ...] = ()


@dataclass(frozen=True)
class ConsolidationPlan:
    """One way for a unit to meet the rules; a plan, no verdict.

    ``changes``: The changes, parks first.
    ``verdicts``: What the checks say once the plan is carried out, of the unit.
    ``breaks``: Verdicts on rules that the plan doesn't solve for and that are not met once it is
      carried out, while they were before.
    ``open_points``: What is missing or stays open, and what it breaks.
    ``score``: Sum of nearness and industry (A17) over the parks joined, 0 to 1 each.
    ``gap``: How far the plan may be from the best, 0 where it is the best.
    ``elsewhere``: What it does to other units.
    """

    changes: tuple[PlanChange, ...]
    verdicts: tuple[Verdict, ...]
    open_points: tuple[Statement, ...]
    score: float
    gap: float
    elsewhere: PlanEffects = PlanEffects()
    breaks: tuple[Verdict, ...] = ()

    @property
    def edits(self) -> tuple[ScenarioEdit, ...]:
        """The plan as the edits of a scenario."""
        return tuple(change.edit for change in self.changes)


@dataclass(frozen=True)
class Relaxation:
    """Rules that give way, each by the least amount, so that a plan exists.

    ``rules``: The rules.
    ``amount``: By how much: 亩 for A2, else a number of parks or platforms.
    """

    rules: tuple[str, ...]
    amount: float


@dataclass(frozen=True)
class PlansFound:
    """Plans of a unit, the best first; or why there is none.

    ``unit_id``: The unit.
    ``plans``: The plans.
    ``conflict``: The smallest set of rules that cannot hold together, empty where there is a
      plan.
    ``relaxations``: The fewest rules that have to give way, every such choice.
    ``open_points``: What is missing, so that it can't be counted on.
    """

    unit_id: str
    plans: tuple[ConsolidationPlan, ...]
    conflict: tuple[str, ...]
    relaxations: tuple[Relaxation, ...]
    open_points: tuple[Statement, ...]


def effects_elsewhere(
    situation: Situation,
    changes: Sequence[PlanChange],
    source: LayerSource,
    query: ConsolidationQuery,
    policy: PolicySet,
    crs: CRS,
) -> PlanEffects:
    """Compute what a plan changes for units other than its own.

    ``source``: The city without them.
    ``crs``: Projected system in metres.

    Nothing where no park of the plan belongs to a platform of another unit; else each such park,
    and the verdicts of those units that differ.
    """
    outside = {park.park_id: park.outside_id for park in situation.parks if park.outside_id}
    touched = {c.row_id: outside[c.row_id] for c in changes if c.row_id in outside}
    rules = touched_rules(policy)
    if not touched or not rules:
        return PlanEffects()
    platforms = gpd.GeoDataFrame(source.read("major_platforms"))
    units = assessed_units(platforms, gpd.GeoDataFrame(source.read("units")))
    unit_of = dict(zip(platforms["platform_id"], units, strict=True))
    statements = tuple(
        say(
            "consolidate_leaves_unit", park_id=park_id, platform_id=platform_id,
            unit_id=str(unit_of[platform_id]),
        )
        for park_id, platform_id in touched.items()
    )  # fmt: skip
    known = [str(unit_id) for unit_id in source.read("units")["unit_id"]]
    others = tuple(
        dict.fromkeys(
            str(unit_of[platform_id])
            for platform_id in touched.values()
            if unit_of[platform_id] in known
        )
    )
    asked = CheckQuery(query.year, rules, others, policy.as_of)
    before = run_checks(source, asked, policy, crs)
    edited = apply_edits(source, [change.edit for change in changes], crs)
    after = run_checks(edited, asked, policy, crs)
    differences: list[VerdictChange] = verdict_changes(before, after)
    return PlanEffects(statements, tuple(differences))


def consolidation_plans(
    source: LayerSource,
    query: ConsolidationQuery,
    policy: PolicySet,
    crs: CRS,
    progress: Progress | None = None,
) -> PlansFound:
    """Find the plans of a unit with the fewest changes that meet A1-A3 and A13-A16.

    Parameters
    ----------
    source
        Gives the layers and tables, in ``crs``.
    query
        What is asked.
    policy
        Rules on the as-of date; a rule that it doesn't hold asks nothing.
    crs
        Projected system in metres.
    progress
        Told the share done; may end the search by raising.

    Returns
    -------
    PlansFound
        Plans by number of changes, then parks long listed for exit before others, then A17; where
        none exists the rules that clash. A figure that is missing moves nothing and is no clash:
        it stands among the open points.

    Raises
    ------
    PlanningError
        ``check_unit_unknown``, ``consolidate_time_up``.

    Notes
    -----
    A1, A2, A3 嘉政发〔2018〕15号 一; A13-A17 二（一）、二（二）.
    """
    layers = ReadOnce(source)
    known = list(layers.read("units")["unit_id"])
    if query.unit_id not in known:
        raise PlanningError(
            "check_unit_unknown", unit_id=query.unit_id, nearest=nearest_name(query.unit_id, known)
        )
    report(progress, 0.0)
    asked = CheckQuery(query.year, (), (query.unit_id,), policy.as_of)
    job = CheckJob(
        "A14", asked.figures_year, (query.unit_id,), layers, policy, crs, is_whole_city=False,
        is_year_asked=query.year is not None,
    )  # fmt: skip
    situation = situation_of(job)
    report(progress, 0.3)
    program = program_of(situation, policy, crs)
    present = verdicts_after(layers, [], query, policy, crs, touched_rules(policy))
    plans: list[ConsolidationPlan] = []
    for n in range(query.alternatives):
        solution = best_of(program, query.time_limit_s)
        if solution is None:
            break
        plans.append(_plan(program, solution, layers, query, present))
        program.cuts.append(_exclusion_cut(program, solution))
        report(progress, 0.3 + 0.7 * (n + 1) / query.alternatives)
    conflict: tuple[str, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    if not plans:
        conflict = smallest_conflict(program, query.time_limit_s, progress)
        relaxations = least_relaxations(program, query.time_limit_s)
    report(progress, 1.0)
    return PlansFound(query.unit_id, tuple(plans), conflict, relaxations, situation.open_points)


def best_of(program: Program, time_limit_s: float) -> Solution | None:
    """Find the plan with the fewest changes; of those parks listed for exit leave, then A17."""
    fewest = run(program, program.costs, time_limit_s=time_limit_s)
    if fewest is None:
        return None
    changes = round(sum(program.costs[variable] for variable in fewest.chosen))
    at_most = Row("", {v: -c for v, c in program.costs.items() if c}, -float(changes))
    # Parks listed for exit go before healthy ones; then A17, whose sum is at most one a park.
    ahead = len(program.situation.parks) + 1.0
    goal = {
        variable: -score - ahead * (variable in program.listed)
        for variable, score in program.scores.items()
    }
    nearest = run(program, goal, further=(at_most,), time_limit_s=time_limit_s)
    if nearest is None:
        return fewest
    # Overlapping outlines found in the second run may have cost a plan of the first.
    return Solution(nearest.chosen, float(changes), max(fewest.gap, nearest.gap))


def smallest_conflict(
    program: Program, time_limit_s: float, progress: Progress | None = None
) -> tuple[str, ...]:
    """Find the smallest set of rules that cannot hold together."""
    for size in range(1, len(program.rules) + 1):
        for chosen in combinations(program.rules, size):
            report(progress, 0.3)
            if _only(program, chosen, time_limit_s) is None:
                return chosen
    return ()


def _only(program: Program, rules: tuple[str, ...], time_limit_s: float) -> Solution | None:
    """Solve with the rules named alone; outlines are checked only where A2 is among them."""
    fewer = Program(program.situation, program.policy, program.crs, program.costs, program.scores)
    fewer.rows = [row for row in program.rows if not row.rule_id or row.rule_id in rules]
    relaxed = () if "A2" in rules else ("A2",)
    goal = program.costs
    return run(fewer, goal, relaxed=relaxed, time_limit_s=time_limit_s)


def least_relaxations(program: Program, time_limit_s: float) -> tuple[Relaxation, ...]:
    """Find the fewest rules that have to give way, every such choice with its least amount."""
    for size in range(1, len(program.rules) + 1):
        relaxations = []
        for chosen in combinations(program.rules, size):
            answer = run(program, {}, relaxed=chosen, time_limit_s=time_limit_s)
            if answer is not None:
                relaxations.append(Relaxation(chosen, answer.value))
        if relaxations:
            return tuple(relaxations)
    return ()


def _exclusion_cut(program: Program, solution: Solution) -> Row:
    """Forbid exactly this plan."""
    terms = {v: -1.0 if v in solution.chosen else 1.0 for v in program.costs}
    return Row("", terms, 1.0 - len(solution.chosen))


def _plan(
    program: Program,
    solution: Solution,
    layers: LayerSource,
    query: ConsolidationQuery,
    present: Sequence[Verdict],
) -> ConsolidationPlan:
    situation, policy = program.situation, program.policy
    changes = _changes(situation, solution, policy.as_of)
    edits = [change.edit for change in changes]
    after = verdicts_after(layers, edits, query, policy, program.crs, touched_rules(policy))
    verdicts = tuple(verdict for verdict in after if verdict.rule_id in PLAN_RULES)
    breaks = broken_by(present, after)
    still_open = tuple(
        say("consolidate_stays_open", rule=v.rule_id, platform_id=v.platform_id or "–")
        for v in verdicts
        if v.outcome == "no_data" and v.force == "mandatory"
    )
    broken = tuple(
        say("consolidate_breaks", rule=v.rule_id, platform_id=v.platform_id or "–") for v in breaks
    )
    # Exactly rounded: the order of a set must not show in the last digit.
    score = fsum(program.scores.get(variable, 0.0) for variable in solution.chosen)
    elsewhere = effects_elsewhere(situation, changes, layers, query, policy, program.crs)
    points = (*situation.open_points, *broken, *still_open, *_routes_open(layers, changes, policy))
    reasons = _reasons_open(verdicts)
    return ConsolidationPlan(
        changes, verdicts, (*points, *reasons), score, solution.gap, elsewhere, breaks
    )


def touched_rules(policy: PolicySet) -> tuple[str, ...]:
    """List the rules that a plan may break: they bind, and read parks or platforms."""
    layers = {"parks", "major_platforms"}
    rules = {
        rule_id: [policy.rule(rule_id, part).rule for part in policy.parts(rule_id)]
        for rule_id in CHECKED_RULES
    }
    return tuple(
        rule_id
        for rule_id, parts in rules.items()
        if any(
            rule.comparator != "none" and rule.force in BINDING and layers & set(rule.reads)
            for rule in parts
        )
    )


def verdicts_after(
    source: LayerSource,
    edits: Sequence[ScenarioEdit],
    query: ConsolidationQuery,
    policy: PolicySet,
    crs: CRS,
    rules: Sequence[str],
) -> tuple[Verdict, ...]:
    """Run checks of the unit on copies of the layers with the edits of a plan."""
    if not rules:
        return ()
    asked = CheckQuery(query.year, tuple(rules), (query.unit_id,), policy.as_of)
    layers = apply_edits(source, edits, crs) if edits else source
    return tuple(run_checks(layers, asked, policy, crs))


def broken_by(before: Sequence[Verdict], after: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """List what isn't met after a plan and wasn't already so before, of what must or should be.

    The rules that a plan solves for are among its verdicts, and stand here where it can't help it.
    """
    unmet = {
        (verdict.rule_id, *verdict_subject(verdict))
        for verdict in before
        if verdict.outcome == "not_met"
    }
    return tuple(
        verdict
        for verdict in after
        if verdict.outcome == "not_met"
        and verdict.force in BINDING
        and (verdict.rule_id, *verdict_subject(verdict)) not in unmet
    )


def _routes_open(
    source: LayerSource, changes: Sequence[PlanChange], policy: PolicySet
) -> tuple[Statement, ...]:
    """Say of which parks that join the route (A24) is still to be chosen."""
    if "route" not in policy.parts("A24"):
        return ()
    parks = source.read("parks").set_index("park_id")["integration_route"]
    joined = [c.row_id for c in changes if isinstance(c.edit, JoinPark)]
    lacking = "、".join(park_id for park_id in joined if pd.isna(parks[park_id]))
    return (say("consolidate_route_open", park_ids=lacking),) if lacking else ()


def _reasons_open(verdicts: Sequence[Verdict]) -> tuple[Statement, ...]:
    """Say that platforms beyond the usual number still need their reason on file (A1)."""
    return tuple(
        say("consolidate_reason_open", count=int(verdict.measured or 0))
        for verdict in verdicts
        if (verdict.rule_id, verdict.part) == ("A1", PRINCIPLE)
        and any(reason.code == "a1_reason_missing" for reason in verdict.reasons)
    )


def _changes(situation: Situation, solution: Solution, as_of: str) -> tuple[PlanChange, ...]:
    chosen = {park_id: choice for park_id, choice in solution.chosen if park_id}
    changes = []
    for park in situation.parks:
        choice = chosen[park.park_id]
        if park.choices[choice]:
            changes.append(_park_change(park, choice, as_of))
    for platform in situation.platforms:
        platform_id = platform.platform_id
        kept = (KEEP, platform_id) in solution.chosen
        if kept != platform.is_major:
            reasons = _why_platform(platform, kept=kept)
            changes.append(
                PlanChange(
                    "major_platforms", platform_id, *_words(platform.is_major, kept=kept), reasons,
                    SetMajor(platform_id, kept),
                )
            )  # fmt: skip
    return tuple(changes)


def _words(before: bool, *, kept: bool) -> tuple[str, str]:
    return "major" if before else "not_major", "major" if kept else "not_major"


def _why_platform(platform: PlatformOption, *, kept: bool) -> tuple[Statement, ...]:
    if kept:
        return (say("consolidate_kept"),)
    reasons = [] if platform.a3 is not False else [say("consolidate_dropped_a3")]
    if platform.a16 is False:
        reasons.append(say("consolidate_dropped_a16"))
    return tuple(reasons) or (say("consolidate_dropped"),)


def _park_change(park: ParkOption, choice: str, as_of: str) -> PlanChange:
    edit: ScenarioEdit
    if choice == EXIT:
        edit = ExitPark(park.park_id, park.exited_on or as_of)
        code = {PLANNED: "consolidate_exit_planned", STAY: "consolidate_exit_unsorted"}
        reason = say(code.get(park.present, "consolidate_exit"))
        if park.exited_on is not None:
            reason = say("consolidate_exit_put_right", exited_on=park.exited_on)
    else:
        edit = JoinPark(park.park_id, choice)
        reason = say("consolidate_join", platform_id=choice, score=park.scores[choice])
    before = park.outside_id or park.present
    return PlanChange("parks", park.park_id, before, choice, (reason,), edit)
