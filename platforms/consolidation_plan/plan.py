"""Fewest changes that meet the rules."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from math import fsum

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from geo.tools import Progress, nearest_name, report
from platforms.checks import CheckQuery, run_checks
from platforms.consolidation.space import areas_mu
from platforms.consolidation_plan.options import (
    EXIT,
    PLANNED,
    STAY,
    ParkOption,
    PlatformOption,
    Situation,
    situation_of,
)
from platforms.errors import PlanningError
from platforms.placement.relaxation import INFEASIBLE
from platforms.policy.check import CheckJob, VerdictChange, holds, verdict_changes
from platforms.policy.in_force import PolicySet
from platforms.policy.verdict import Statement, Verdict, say
from platforms.scenario.edits import ExitPark, JoinPark, ScenarioEdit, SetMajor
from platforms.scenario.overlay import apply_edits
from platforms.source import LayerSource, ReadOnce
from platforms.territory import assessed_units

KEEP = ""
"""Stands in the place of a park's id in a variable that keeps a platform."""

Variable = tuple[str, str]
TIME_UP = 1


@dataclass(frozen=True)
class Row:
    """``sum of coefficients x variables >= least``, of a rule or (empty) of none."""

    rule_id: str
    terms: Mapping[Variable, float]
    least: float


@dataclass(frozen=True)
class Solution:
    """A solution: the variables that are 1, its objective, and how far it may be from the best."""

    chosen: frozenset[Variable]
    value: float
    gap: float


@dataclass
class Program:
    """Variables and rows of a unit.

    ``situation, policy, crs``: What it is made of.
    ``costs, scores``: Changes, and A17, of each variable.
    ``listed``: Exits of parks that are listed for exit.
    ``rows``: Rules, and what holds of itself.
    ``cuts``: Rows found on the way: outlines that overlap, plans already given.
    """

    situation: Situation
    policy: PolicySet
    crs: CRS
    costs: dict[Variable, float] = field(default_factory=dict)
    scores: dict[Variable, float] = field(default_factory=dict)
    listed: set[Variable] = field(default_factory=set)
    rows: list[Row] = field(default_factory=list)
    cuts: list[Row] = field(default_factory=list)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that ask something here."""
        return tuple(dict.fromkeys(row.rule_id for row in self.rows if row.rule_id))


def program_of(situation: Situation, policy: PolicySet, crs: CRS) -> Program:
    """Put a situation into variables and rows; thresholds are those of the policy."""
    program = Program(situation, policy, crs)
    for platform in situation.platforms:
        variable = (KEEP, platform.platform_id)
        program.costs[variable] = -1.0 if platform.is_major else 1.0
    for park in situation.parks:
        choice_terms = {(park.park_id, choice): 1.0 for choice in park.choices}
        program.rows += [
            Row("", choice_terms, 1.0),
            Row("", dict.fromkeys(choice_terms, -1.0), -1.0),
        ]
        for choice, cost in park.choices.items():
            program.costs[park.park_id, choice] = float(cost)
            program.scores[park.park_id, choice] = park.scores.get(choice, 0.0)
            if choice == EXIT and park.listed_on is not None:
                program.listed.add((park.park_id, choice))
            if choice in park.scores:
                # What is to be joined must be kept; what stands as it is breaks A14 at most.
                rule_id = "A14" if choice == park.present and policy.parts("A14") else ""
                terms = {(KEEP, choice): 1.0, (park.park_id, choice): -1.0}
                program.rows.append(Row(rule_id, terms, 0.0))
    program.rows += [*_unknown_platforms(situation), *_longest_listed(situation)]
    makers = {
        "A1": _count, "A2": _space, "A3": _levels, "A13": _exits, "A14": _sorted, "A15": _kept,
        "A16": _levels,
    }  # fmt: skip
    for rule_id, make in makers.items():
        if policy.parts(rule_id):
            program.rows += make(program, rule_id)
    return program


def _count(program: Program, rule_id: str) -> list[Row]:
    situation = program.situation
    if not situation.is_county:
        return []
    usual = program.policy.rule(rule_id, "principle").rule.bounds[1]
    least, most = program.policy.rule(rule_id, "limit").rule.bounds
    keeps = {(KEEP, p.platform_id): 1.0 for p in situation.platforms}
    beyond = {(KEEP, p.platform_id): float(p.has_reason) - 1.0 for p in situation.platforms}
    return [
        Row(rule_id, keeps, least),
        Row(rule_id, dict.fromkeys(keeps, -1.0), -most),
        Row(rule_id, beyond, -usual),
    ]


def _space(program: Program, rule_id: str) -> list[Row]:
    """Ask for the space of each platform kept; overlaps of parks are cut off when they matter.

    Where constraints aren't all known, the space is an upper bound: enough of it moves nothing, too
    little is too little; a park with an unclear constraint may join and adds nothing.
    """
    situation, rows = program.situation, []
    number = program.policy.rule(rule_id).rule.number
    for platform in situation.platforms:
        terms: dict[Variable, float] = {}
        for park in situation.parks:
            if platform.platform_id in park.choices and park.is_clear:
                further = shapely.difference(park.shape, platform.shape)
                area_mu = areas_mu(np.array([further], dtype=object), program.crs)[0]
                terms[park.park_id, platform.platform_id] = area_mu
        platform_mu = areas_mu(np.array([platform.shape], dtype=object), program.crs)[0]
        if not holds(program.policy.rule(rule_id).rule, platform_mu):
            keep = (KEEP, platform.platform_id)
            rows.append(Row(rule_id, {**terms, keep: platform_mu - number}, 0.0))
    return rows


def _levels(program: Program, rule_id: str) -> list[Row]:
    return [
        Row(rule_id, {(KEEP, platform.platform_id): -1.0}, 0.0)
        for platform in program.situation.platforms
        if (platform.a3 if rule_id == "A3" else platform.a16) is False
    ]


def _unknown_platforms(situation: Situation) -> list[Row]:
    """Make no platform a major one of which a figure is missing, while another can be kept."""
    others = [p for p in situation.platforms if p.may_be_kept and (p.is_major or p.is_known)]
    if not others:
        return []
    return [
        Row("", {(KEEP, platform.platform_id): -1.0}, 0.0)
        for platform in situation.platforms
        if not platform.is_major and not platform.is_known
    ]


def _longest_listed(situation: Situation) -> list[Row]:
    """Let of equal parks listed for exit those go that are listed longest; one stands for all."""
    rows = []
    equal: dict[tuple[bool | None, bool], list[ParkOption]] = {}
    for park in situation.parks:
        if park.listed_on is not None:
            equal.setdefault((park.is_baseline, park.kept_counts), []).append(park)
    for parks in equal.values():
        ordered = sorted(parks, key=_listing)
        rows += [
            Row("", {(earlier.park_id, PLANNED): -1.0, (later.park_id, EXIT): -1.0}, -1.0)
            for earlier, later in pairwise(ordered)
        ]
    return rows


def _listing(park: ParkOption) -> tuple[str, str]:
    return park.listed_on or "9999-12-31", park.park_id


def _exits(program: Program, rule_id: str) -> list[Row]:
    """Ask for the share of the baseline that has to leave; parks that don't say count nowhere."""
    situation = program.situation
    baseline = [park for park in situation.parks if park.is_baseline]
    if not situation.is_county or not baseline:
        return []
    rule = program.policy.rule(rule_id).rule
    whole = len(baseline)
    need = next((n for n in range(whole + 1) if holds(rule, n / whole)), whole + 1)
    return [Row(rule_id, {(park.park_id, EXIT): 1.0 for park in baseline}, float(need))]


def _sorted(program: Program, rule_id: str) -> list[Row]:
    situation = program.situation
    rows = [
        Row(rule_id, {(park.park_id, STAY): -1.0}, 0.0)
        for park in situation.parks
        if STAY in park.choices and park.outside_id is None
    ]
    rows += [
        Row(rule_id, {(KEEP, platform.platform_id): 1.0}, 1.0)
        for platform in situation.platforms
        if platform.is_held and platform.is_major
    ]
    parks = {park.park_id: park for park in situation.parks}
    for first, second, kind in situation.overlap_conflicts:
        joined, leaving = (_as(parks[first], kind) for kind in ("sub_park", "exiting"))
        if kind == "sub_park":
            rows.append(Row(rule_id, leaving, 0.0))
        elif kind == "exiting":
            rows.append(Row(rule_id, joined, 0.0))
        elif not kind and second in parks:
            other = parks[second]
            rows.append(Row(rule_id, joined | _as(other, "exiting"), -1.0))
            rows.append(Row(rule_id, leaving | _as(other, "sub_park"), -1.0))
    return rows


def _as(park: ParkOption, kind: str) -> dict[Variable, float]:
    """Return the variables that make a park a sub-park, or an exiting one, each counted against."""
    park_id, choices = park.park_id, park.choices
    exits = (EXIT, PLANNED)
    chosen = [c for c in choices if (c in exits) == (kind == "exiting") and c != STAY]
    if kind == "sub_park" and park.outside_id is not None:
        chosen.append(STAY)
    return {(park_id, choice): -1.0 for choice in chosen}


def _kept(program: Program, rule_id: str) -> list[Row]:
    return [
        Row(rule_id, {(park.park_id, choice): -1.0}, 0.0)
        for park in program.situation.parks
        if park.kept_counts
        for choice in park.choices
        if choice == PLANNED or (choice == STAY and park.outside_id is None)
    ]


def run(
    program: Program,
    goal: Mapping[Variable, float],
    *,
    relaxed: Collection[str] = (),
    further: Collection[Row] = (),
    time_limit_s: float,
) -> Solution | None:
    """Find the plan with the smallest sum of the goal.

    ``time_limit_s``: Seconds after which the best plan so far is given, with its gap.

    None where no plan exists.

    Raises PlanningError: ``consolidate_time_up`` where no plan was found in time.
    """
    while True:
        solution = _run_once(program, goal, relaxed, further, time_limit_s)
        cuts = [] if solution is None or "A2" in relaxed else _short_outlines(program, solution)
        if not cuts:
            return solution
        program.cuts += cuts


def _run_once(
    program: Program,
    goal: Mapping[Variable, float],
    relaxed: Collection[str],
    further: Collection[Row],
    time_limit_s: float,
) -> Solution | None:
    variables = list(program.costs)
    place = {variable: n for n, variable in enumerate(variables)}
    rows = [*program.rows, *program.cuts, *further]
    slack = [n for n, row in enumerate(rows) if row.rule_id and row.rule_id in relaxed]
    size = len(variables) + len(slack)
    if not variables:
        return Solution(frozenset(), 0.0, 0.0) if all(row.least <= 0 for row in rows) else None
    entries = [(n, place[v], c) for n, row in enumerate(rows) for v, c in row.terms.items()]
    entries += [(n, len(variables) + k, 1.0) for k, n in enumerate(slack)]
    weights = np.zeros(size)
    if relaxed:
        weights[len(variables) :] = 1.0
    else:
        weights[: len(variables)] = [goal.get(variable, 0.0) for variable in variables]
    i, j, values = (np.array(part) for part in zip(*entries, strict=True))
    matrix = coo_array((values.astype(float), (i.astype(int), j.astype(int))), (len(rows), size))
    whole = np.concatenate([np.ones(len(variables)), np.zeros(len(slack))])
    most = np.concatenate([np.ones(len(variables)), np.full(len(slack), np.inf)])
    answer = milp(
        weights, integrality=whole, bounds=Bounds(0, most),
        constraints=LinearConstraint(matrix.tocsr(), [row.least for row in rows], np.inf),
        options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
    )  # fmt: skip
    if answer.status == INFEASIBLE:
        return None
    if answer.x is None:
        raise PlanningError("consolidate_time_up", seconds=time_limit_s)
    chosen = frozenset(v for v, x in zip(variables, answer.x, strict=False) if round(x))
    gap = float(answer.mip_gap or 0.0) if answer.status == TIME_UP else 0.0
    return Solution(chosen, float(answer.fun), gap)


def _short_outlines(program: Program, solution: Solution) -> list[Row]:
    """Cut off sets of parks whose outlines overlap so that a platform is too small after all."""
    if not program.policy.parts("A2"):
        return []
    rule = program.policy.rule("A2").rule
    parks = {park.park_id: park for park in program.situation.parks}
    cuts = []
    for platform in program.situation.platforms:
        platform_id = platform.platform_id
        if (KEEP, platform_id) not in solution.chosen:
            continue
        joined = [
            park_id for park_id, choice in solution.chosen if park_id and choice == platform_id
        ]
        known = (parks[park_id] for park_id in joined)
        shapes = [platform.shape, *(park.shape for park in known if park.is_clear)]
        area = areas_mu(np.array([shapely.union_all(shapes)], dtype=object), program.crs)[0]
        if not holds(rule, area):
            others = {
                (park.park_id, platform_id): 1.0
                for park in program.situation.parks
                if platform_id in park.choices and park.park_id not in joined
            }
            cuts.append(Row("A2", {**others, (KEEP, platform_id): -1.0}, 0.0))
    return cuts


PLAN_RULES = ("A1", "A2", "A3", "A13", "A14", "A15", "A16")
"""The rules a plan has to meet."""


@dataclass(frozen=True)
class ConsolidationQuery:
    """What is asked.

    ``unit_id``: The unit.
    ``year``: Year of the figures.
    ``alternatives``: How many plans are asked for, the best first.
    ``time_limit_s``: Seconds for each run of the solver.
    """

    unit_id: str
    year: int
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
    ``open_points``: What is missing or stays open.
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
    rules = tuple(rule for rule in PLAN_RULES if policy.parts(rule))
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
    job = CheckJob("A14", query.year, (query.unit_id,), layers, policy, crs, is_whole_city=False)
    situation = situation_of(job)
    report(progress, 0.3)
    program = program_of(situation, policy, crs)
    plans: list[ConsolidationPlan] = []
    for n in range(query.alternatives):
        solution = best_of(program, query.time_limit_s)
        if solution is None:
            break
        plans.append(_plan(program, solution, layers, query))
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
    program: Program, solution: Solution, layers: LayerSource, query: ConsolidationQuery
) -> ConsolidationPlan:
    situation = program.situation
    changes = _changes(situation, solution, program.policy.as_of)
    edits = [change.edit for change in changes]
    verdicts = plan_verdicts(layers, edits, query, program.policy, program.crs)
    still_open = tuple(
        say("consolidate_stays_open", rule=v.rule_id, platform_id=v.platform_id or "–")
        for v in verdicts
        if v.outcome == "no_data" and v.force == "mandatory"
    )
    # Exactly rounded: the order of a set must not show in the last digit.
    score = fsum(program.scores.get(variable, 0.0) for variable in solution.chosen)
    elsewhere = effects_elsewhere(situation, changes, layers, query, program.policy, program.crs)
    return ConsolidationPlan(
        changes, verdicts, (*situation.open_points, *still_open), score, solution.gap, elsewhere
    )


def plan_verdicts(
    source: LayerSource,
    edits: list[ScenarioEdit],
    query: ConsolidationQuery,
    policy: PolicySet,
    crs: CRS,
) -> tuple[Verdict, ...]:
    """Run the checks of the unit on copies of the layers with the edits of a plan."""
    rules = tuple(rule for rule in PLAN_RULES if policy.parts(rule))
    if not rules:
        return ()
    asked = CheckQuery(query.year, rules, (query.unit_id,), policy.as_of)
    return tuple(run_checks(apply_edits(source, edits, crs), asked, policy, crs))


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
