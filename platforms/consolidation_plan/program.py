"""The rules of A as a linear program over parks and platforms, and its solution."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely
from pyproj import CRS
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from platforms.consolidation.space import areas_mu
from platforms.consolidation_plan.options import EXIT, PLANNED, STAY, ParkOption, Situation
from platforms.errors import PlanningError
from platforms.placement.relaxation import INFEASIBLE
from platforms.policy.check import holds
from platforms.policy.in_force import PolicySet

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
    least, most = program.policy.rule(rule_id, "limit").rule.bounds
    keeps = {(KEEP, p.platform_id): 1.0 for p in situation.platforms}
    # A reason that isn't on file can be put there: it moves no platform, and the plan says so.
    return [Row(rule_id, keeps, least), Row(rule_id, dict.fromkeys(keeps, -1.0), -most)]


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
