"""The same in the words of the limits."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from platforms.elements.quotas import Room, RoomKey
from platforms.errors import PlanningError
from platforms.land.site_carving import CUT_SUFFIX
from platforms.placement.child import report, run
from platforms.placement.conflicts import (
    ConflictSet,
    ConstraintSet,
    FeasibilityProblem,
    LateError,
    best_choice,
    near_correction_sets,
    smallest_conflict_set,
)
from platforms.placement.limits import BY_NUMBER, CUMULATIVE, Limit, Option, ShareRows
from platforms.placement.remedies import (
    Displacement,
    LimitRelaxation,
    NearOptimal,
    Ratio,
    Swap,
    fewest_given_up,
    least_relaxation,
    near_optimal_moves,
    never_changing,
    next_best,
    reduced_cost_fixed,
    relaxed,
    swaps,
)
from platforms.policy.verdict import Statement, say

Kind = Literal["project", "lock", "limit"]


@dataclass(frozen=True)
class Member:
    """One of what cannot hold together: a project to place, a locked pair, or a limit."""

    kind: Kind
    statement: Statement


@dataclass(frozen=True)
class Conflict:
    """What cannot hold together.

    Attributes
    ----------
    members
        The project asked about first.
    is_smallest_proven
        True where no set with fewer members clashes.
    is_minimal
        True where the rest can hold once any one member is left out.
    """

    members: tuple[Member, ...]
    is_smallest_proven: bool
    is_minimal: bool


@dataclass(frozen=True)
class Change:
    """One limit or lock that gives way.

    ``limit``: The limit or lock.
    ``statement``: What would have to be given, with its unit.
    ``amount``: By how much [unit of the limit]; 1 for a lock.
    ``share``: Share (0–1) that remains, None where the limit keeps none.
    """

    limit: Statement
    statement: Statement
    amount: float
    share: float | None


@dataclass(frozen=True)
class Relaxation:
    """The fewest changes, by the least relative amount, with which all hold.

    Attributes
    ----------
    changes
        What gives way; empty where no limit that may give way mends it.
    is_least_proven
        True where less is proven not to do.
    is_checked
        True where a placement was found that keeps the limits as changed.
    """

    changes: tuple[Change, ...]
    is_least_proven: bool
    is_checked: bool


@dataclass(frozen=True)
class GivenUp:
    """Other projects given up so that one has a place.

    ``project_ids``: Who would lose its place.
    ``loss``: By how much the sum of scores falls; below 0 where it rises.
    ``is_fewest_proven``: True where fewer are proven not to do.
    """

    project_ids: tuple[str, ...]
    loss: float
    is_fewest_proven: bool

    @property
    def is_score_only(self) -> bool:
        """True where as many would have a place: then the project is out for its score alone."""
        return len(self.project_ids) == 1


@dataclass(frozen=True)
class Why:
    """Why a project has no place; what time didn't suffice for is None.

    Attributes
    ----------
    conflict
        What cannot hold together.
    relaxation
        What would have to give way.
    given_up
        Who else would lose its place.
    fits
        True where it fits beside all that are placed: the search for most had not ended.
    """

    conflict: Conflict | None = None
    relaxation: Relaxation | None = None
    given_up: GivenUp | None = None
    fits: bool = False


@dataclass(frozen=True)
class Alternative:
    """A placement nearly as good.

    ``assignments``: What goes where.
    ``loss``: By how much the sum of scores is lower; below 0 where it is higher.
    """

    assignments: tuple[Option, ...]
    loss: float


@dataclass(frozen=True)
class SwappedPair:
    """Two projects that can change places: as placed, as swapped, and the score lost."""

    placed: tuple[Option, Option]
    swapped: tuple[Option, Option]
    loss: float


@dataclass(frozen=True)
class Explained:
    """All that is said beside a placement.

    ``why``: By project without a place.
    ``stable``: Whether an assignment never changes in near-best placements, by project; None
      where time ended before it was known.
    ``alternatives``: Near-best placements, the best first.
    ``are_alternatives_proven``: True where none better was passed over.
    ``swaps``: Pairs that can change places, the smallest loss first.
    """

    why: Mapping[str, Why]
    stable: Mapping[str, bool | None]
    alternatives: tuple[Alternative, ...] = ()
    are_alternatives_proven: bool = False
    swaps: tuple[SwappedPair, ...] = ()


NOTHING_EXPLAINED = Explained({}, {})


class LocksConflictError(PlanningError):
    """Locked pairs cannot hold together; carries what clashes and what mends it."""

    def __init__(self, count: int, why: Why) -> None:
        statements = (
            [] if why.conflict is None else [member.statement for member in why.conflict.members]
        )
        listed = "; ".join(
            "=".join(map(str, statement.values.values())) for statement in statements
        )
        super().__init__("placement_locked_infeasible", count=count, members=listed, mend="")
        self.why = why


FOR_REASONS = 0.7
"""Part of the time for projects without a place; the rest is for near-best placements."""

LEAST_SLOT_S = 4.0
"""A project is given this much [s] rather than that all are answered by halves."""

FOR_CONFLICT = 0.6
"""Part of a project's time for its conflict; the rest is for what mends it."""


@dataclass(frozen=True)
class Question:
    """What is asked about a placement.

    ``problem``: Limits, and as needs the projects placed; locks where nothing could be placed.
    ``asked``: Options of each project without a place that is asked about, by its id.
    ``points``: Score of each option by position.
    ``selected``: The placement; empty where there is none.
    ``scales``: Limits and needs that may give way, each with the amount that counts as 1.
    ``ratios``: Shares behind limits.
    ``projects, lands``: Project and land of each option.
    ``least``: Sum of scores from which a placement is nearly as good.
    ``count``: Near-best placements wanted.
    ``seconds``: Time.
    """

    problem: FeasibilityProblem
    asked: Mapping[str, tuple[int, ...]]
    points: Mapping[int, float]
    selected: frozenset[int]
    scales: Mapping[int, float]
    ratios: Mapping[int, Ratio]
    projects: tuple[str, ...]
    lands: tuple[object, ...]
    least: float
    count: int
    seconds: float


@dataclass(frozen=True)
class Reason:
    """Why a project has no place; what time didn't suffice for is None.

    ``conflict_set``: What cannot hold together with it.
    ``fits``: True where it fits beside all that are placed, so that the search for most had not
      ended.
    ``relaxation``: Limits that would have to give way.
    ``is_relaxation_checked``: True where everybody placed and the project hold the relaxed limits.
    ``has_no_relaxation``: True where no limit that may give way mends it.
    ``displacement``: Projects that would have to be given up.
    """

    conflict_set: ConflictSet | None = None
    fits: bool = False
    relaxation: LimitRelaxation | None = None
    is_relaxation_checked: bool = False
    has_no_relaxation: bool = False
    displacement: Displacement | None = None


@dataclass
class Answered:
    """What was found so far.

    ``reasons``: By project.
    ``stable``: Whether each assignment never changes, by position of its option.
    ``others``: Near-best placements, the best first.
    ``are_others_proven``: True where none better was passed over.
    ``swapped``: Pairs that can change places.
    """

    reasons: dict[str, Reason] = field(default_factory=dict)
    stable: dict[int, bool | None] = field(default_factory=dict)
    others: list[frozenset[int]] = field(default_factory=list)
    are_others_proven: bool = False
    swapped: list[Swap] = field(default_factory=list)


def answer_all(question: Question) -> Answered:
    """Answer why projects have no place, then what could be otherwise."""
    begun = time.monotonic()
    end = begun + question.seconds
    until = begun + (FOR_REASONS if question.selected else 1.0) * question.seconds
    answered = Answered()
    left = len(question.asked)
    for project_id, options in question.asked.items():
        now = time.monotonic()
        if now >= until:
            answered.reasons[project_id] = Reason()
            continue
        asked = replace(question.problem, demands=(*question.problem.demands, options))
        unplaced = len(question.problem.demands)
        slot = min(until, now + max(LEAST_SLOT_S, (until - now) / left))
        answered.reasons[project_id] = reason_of(question, asked, unplaced, slot)
        left -= 1
        report(answered)
    if question.selected:
        _near_best(question, answered, end)
    return answered


def reason_of(
    question: Question, problem: FeasibilityProblem, unplaced: int, until: float
) -> Reason:
    """Say why one need cannot be met beside all others."""
    near = near_correction_sets(problem, question.selected, unplaced)
    if near is None:
        return Reason(fits=True)
    now = time.monotonic()
    reason = Reason()
    try:
        conflict_set = smallest_conflict_set(problem, now + FOR_CONFLICT * (until - now), near)
        if conflict_set is None:
            return Reason(fits=True)
        reason = replace(reason, conflict_set=conflict_set)
    except LateError:
        pass  # what mends it may still be found
    try:
        halfway = time.monotonic() + 0.5 * (until - time.monotonic())
        demands = {problem.demand(position) for position in range(unplaced)}
        single = [choice for gone, choices in near.items() if len(gone) == 1 and gone <= demands
                  for choice in choices]  # fmt: skip
        displacement = fewest_given_up(problem, unplaced, question.points, halfway, single)
        reason = replace(reason, displacement=displacement)
    except LateError:
        pass
    return _with_relaxation(question, problem, reason, until, near)


def _with_relaxation(
    question: Question,
    problem: FeasibilityProblem,
    reason: Reason,
    until: float,
    near: Mapping[ConstraintSet, Sequence[frozenset[int]]],
) -> Reason:
    may = question.scales.keys()
    witnesses = [choice for gone, choices in near.items() if gone <= may for choice in choices]
    try:
        relaxation = least_relaxation(problem, question.scales, until, question.ratios, witnesses)
    except LateError:
        return reason
    if relaxation is None:
        return replace(reason, has_no_relaxation=True)
    eased = relaxed(problem, relaxation, question.ratios)
    return replace(
        reason, relaxation=relaxation, is_relaxation_checked=not eased.broken(relaxation.chosen)
    )


def _near_best(question: Question, answered: Answered, until: float) -> None:
    near = NearOptimal(question.problem, question.points, question.selected, question.least)
    answered.swapped = swaps(near, question.projects, question.lands)
    report(answered)

    def others(placements: list[frozenset[int]]) -> None:
        answered.others = placements
        report(answered)

    def stable(known: dict[int, bool | None]) -> None:
        answered.stable = known
        report(answered)

    witnesses = near_optimal_moves(near)
    for swap in answered.swapped:
        witnesses.append((near.selected - {*swap.before}) | {*swap.after})
    near = reduced_cost_fixed(near, until)
    half = time.monotonic() + 0.5 * (until - time.monotonic())
    answered.others, answered.are_others_proven = next_best(
        near, question.count, half, witnesses, others
    )
    answered.stable = never_changing(near, until, [*witnesses, *answered.others], stable)


def answer_locks(question: Question) -> Reason:
    """Say which locks cannot hold together, and what mends it; needs of the case are the locks."""
    problem, until = question.problem, time.monotonic() + question.seconds
    goal = {at: 1.0 for demand in problem.demands for at in demand}
    limits = problem.constraints - {
        problem.demand(position) for position in range(len(problem.demands))
    }
    selected, unplaced = frozenset[int](), None
    try:
        most = best_choice(problem, limits, time.monotonic() + 0.2 * question.seconds, goal)
        if most is not None:
            selected = most.chosen
            met = {owner for at in selected for owner in problem.owners[at]}
            unplaced = next(
                (position for position in range(len(problem.demands)) if position not in met),
                None,
            )
    except LateError:
        pass  # the search begins from nothing
    near = {} if unplaced is None else near_correction_sets(problem, selected, unplaced)
    if near is None:
        return Reason(fits=True)
    now = time.monotonic()
    reason = Reason()
    try:
        conflict_set = smallest_conflict_set(problem, now + FOR_CONFLICT * (until - now), near)
        reason = Reason(conflict_set, fits=conflict_set is None)
    except LateError:
        pass
    if reason.fits:
        return reason
    report(reason)
    return _with_relaxation(question, problem, reason, until, near)


NEVER_RELAXED = frozenset({"limit_project", "limit_land", "limit_overlap", "limit_block"})
"""A project takes one site and land serves once: no decision changes that."""

GRACE_S = 10.0
"""Beyond its deadline the searches may take so long to start and to hand over [s]."""

SHARE_LIMITS = frozenset({"limit_share", "limit_share_number", "limit_share_cumulative"})
"""Limits of B1 and B2."""

SHARE_TOLERANCE = 1e-6
"""A share that counts as kept before anything is placed may lack so much [unit of the element]."""


@dataclass(frozen=True)
class PlacementModel:
    """What a placement stands on: choices, limits, quotas and shares."""

    options: Sequence[Option]
    limits: Sequence[Limit]
    rooms: Mapping[RoomKey, Room]
    shares: ShareRows


def explain(
    model: PlacementModel,
    selected: Sequence[int],
    tolerance: float,
    count: int,
    seconds: float,
    is_cancelled: Callable[[], bool] | None = None,
) -> Explained:
    """Say why projects have no place, and what could be otherwise at little loss.

    ``tolerance``: Part (0–1) of the sum of scores that may be lost in a near-best placement.
    ``seconds``: Time for all of it; what isn't known by then is left out.

    Raises PlanningError: ``placement_cancelled``.
    """
    by_project = _by_project(model.options)
    placed = {model.options[at].project_id for at in selected}
    problem = _problem(
        model, [by_project[project_id] for project_id in by_project if project_id in placed], ()
    )
    names = [name for name in by_project if name in placed]
    points = {at: option.points for at, option in enumerate(model.options)}
    least = (1.0 - tolerance) * sum(points[at] for at in selected)
    question = Question(
        problem,
        {name: tuple(ats) for name, ats in by_project.items() if name not in placed},
        points, frozenset(selected), _scales(model), _ratios(model),
        tuple(option.project_id for option in model.options), tuple(map(_land, model.options)),
        least, count, seconds,
    )  # fmt: skip
    try:
        answered = run(
            "platforms.placement.explain:answer_all", question, seconds,
            is_cancelled=is_cancelled, grace_s=GRACE_S,
        )  # fmt: skip
    except PlanningError as late:
        if late.code != "placement_out_of_time":
            raise
        return NOTHING_EXPLAINED
    assert isinstance(answered, Answered)
    return _explained(model, question, names, answered)


def explain_locks(
    model: PlacementModel,
    locked: Sequence[tuple[str, str]],
    seconds: float,
    is_cancelled: Callable[[], bool] | None = None,
) -> Why:
    """Say which locked pairs and limits cannot hold together, and what mends it.

    ``seconds, is_cancelled``: As ``explain`` takes them.

    Raises PlanningError: ``placement_cancelled``.
    """
    demands = [
        [
            at
            for at, option in enumerate(model.options)
            if (option.project_id, option.site_id) == pair
        ]
        for pair in locked
    ]
    twice = {name for name, _ in locked if sum(name == other for other, _ in locked) > 1}
    problem = _problem(model, demands, twice)
    scales = {
        **_scales(model),
        **{problem.demand(position): 1.0 for position in range(len(locked))},
    }
    question = Question(
        problem, {}, {}, frozenset(), scales, _ratios(model), (), (), 0.0, 0, seconds
    )  # fmt: skip
    try:
        reason = run(
            "platforms.placement.explain:answer_locks", question, seconds,
            is_cancelled=is_cancelled, grace_s=GRACE_S,
        )  # fmt: skip
    except PlanningError as late:
        if late.code != "placement_out_of_time":
            raise
        return Why()
    assert isinstance(reason, Reason)
    members = [Member("lock", say("clash_lock", project_id=p, site_id=s)) for p, s in locked]
    return _why(model, reason, members, {}, ())


def _by_project(options: Sequence[Option]) -> dict[str, list[int]]:
    positions: dict[str, list[int]] = {}
    for at, option in enumerate(options):
        positions.setdefault(option.project_id, []).append(at)
    return positions


def _land(option: Option) -> object:
    """Name the land of an option so that the same land of two projects is equal."""
    is_cut = any(name.endswith(CUT_SUFFIX) for name in option.parcel_ids)
    return option.site_id if is_cut or not option.parcel_ids else frozenset(option.parcel_ids)


def _problem(
    model: PlacementModel, demands: Sequence[Sequence[int]], twice: Sequence[str] | set[str]
) -> FeasibilityProblem:
    """Put limits and needs into numbers; one site a project clashes only where two are locked."""
    hard = frozenset(
        line for line, limit in enumerate(model.limits)
        if limit.name.code == "limit_project" and limit.name.values["project_id"] not in twice
    )  # fmt: skip
    return FeasibilityProblem(
        tuple(dict(limit.weights) for limit in model.limits),
        tuple(float(limit.most) for limit in model.limits),
        hard, tuple(map(tuple, demands)), len(model.options),
    )  # fmt: skip


def _share_key(limit: Limit) -> tuple[str, str, str | None]:
    """Give the row of the shares that a limit speaks of."""
    code, values = limit.name.code, limit.name.values
    if code == "limit_share_number":
        return str(values["unit_id"]), BY_NUMBER, None
    element = str(values["element"]) + (CUMULATIVE if code == "limit_share_cumulative" else "")
    return str(values["unit_id"]), element, str(values["pollutant"]) or None


def _is_share(model: PlacementModel, limit: Limit) -> bool:
    return limit.name.code in SHARE_LIMITS and _share_key(limit) in model.shares


def _scales(model: PlacementModel) -> dict[int, float]:
    """Give of each limit that may give way the amount that counts as 1: its quota or its total."""
    scales = {}
    for line, limit in enumerate(model.limits):
        if limit.name.code in NEVER_RELAXED:
            continue
        whole = sum(abs(weight) for weight in limit.weights.values())
        if limit.name.code == "limit_quota":
            whole = _quota(model, limit) or whole
        elif _is_share(model, limit):
            whole = float(str(model.shares[_share_key(limit)]["total"])) or whole
        scales[line] = whole or 1.0
    return scales


def _quota(model: PlacementModel, limit: Limit) -> float:
    values = limit.name.values
    quotas = [
        room.quota for (_, place, element, pollutant), room in model.rooms.items()
        if (place, element, pollutant or "")
        == (values["place_id"], values["element"], values["pollutant"])
    ]  # fmt: skip
    return quotas[0] if quotas and np.isfinite(quotas[0]) else 0.0


def _ratios(model: PlacementModel) -> dict[int, Ratio]:
    """Give the shares that hold now; of one short already only the lack can be stated."""
    ratios = {}
    for line, limit in enumerate(model.limits):
        if not _is_share(model, limit):
            continue
        unit_id, element, pollutant = _share_key(limit)
        row = model.shares[unit_id, element, pollutant]
        inside, total = float(str(row["inside"])), float(str(row["total"]))
        least = float(str(limit.name.values["threshold"]))
        if inside - least * total < -SHARE_TOLERANCE:
            continue
        parts = {}
        for at, weight in limit.weights.items():
            option = model.options[at]
            amount = 1.0 if element == BY_NUMBER else option.takes.get(
                (element.removesuffix(CUMULATIVE), pollutant), 0.0
            )  # fmt: skip
            parts[at] = (amount * least - weight, amount)
        ratios[line] = Ratio(inside, total, parts)
    return ratios


def _explained(
    model: PlacementModel, question: Question, placed: Sequence[str], answered: Answered
) -> Explained:
    members = [Member("project", say("clash_project", project_id=name)) for name in placed]
    value = sum(question.points[at] for at in question.selected)
    why = {}
    for name, reason in answered.reasons.items():
        asked = Member("project", say("clash_project", project_id=name))
        why[name] = _why(model, reason, [*members, asked], question.points, [*placed, name], value)
    return Explained(
        why,
        {model.options[at].project_id: known for at, known in answered.stable.items()},
        tuple(
            Alternative(
                tuple(model.options[at] for at in sorted(placement)),
                value - sum(question.points[at] for at in placement),
            )
            for placement in answered.others
        ),
        answered.are_others_proven,
        tuple(_pair(model, swap) for swap in answered.swapped),
    )


def _pair(model: PlacementModel, swap: Swap) -> SwappedPair:
    (a, b), (c, d) = swap.before, swap.after
    options = model.options
    return SwappedPair((options[a], options[b]), (options[c], options[d]), swap.loss)


def _why(
    model: PlacementModel,
    reason: Reason,
    demands: Sequence[Member],
    points: Mapping[int, float],
    projects: Sequence[str],
    value: float = 0.0,
) -> Why:
    first = len(model.limits)

    def member(constraint: int) -> Member:
        return (
            Member("limit", model.limits[constraint].name)
            if constraint < first
            else demands[constraint - first]
        )

    why = Why(fits=reason.fits)
    if reason.conflict_set is not None:
        # The need asked about comes last of all.
        ordered = sorted(
            reason.conflict_set.constraints,
            key=lambda constraint: (-(constraint >= first), -constraint),
        )
        conflict_set = reason.conflict_set
        why = replace(
            why,
            conflict=Conflict(
                tuple(map(member, ordered)),
                conflict_set.is_smallest_proven,
                conflict_set.is_minimal,
            ),
        )
    if reason.has_no_relaxation:
        why = replace(why, relaxation=Relaxation((), is_least_proven=True, is_checked=False))
    if reason.relaxation is not None:
        changes = tuple(
            _change(model, reason.relaxation, constraint, member(constraint))
            for constraint in sorted(reason.relaxation.amounts)
        )
        relaxation = Relaxation(
            changes, reason.relaxation.is_least_proven, reason.is_relaxation_checked
        )
        why = replace(why, relaxation=relaxation)
    if reason.displacement is not None:
        lost = value - sum(points[at] for at in reason.displacement.chosen)
        names = tuple(projects[position] for position in sorted(reason.displacement.given_up))
        why = replace(why, given_up=GivenUp(names, lost, reason.displacement.is_fewest_proven))
    return why


def _change(
    model: PlacementModel, relaxation: LimitRelaxation, constraint: int, member: Member
) -> Change:
    amount, values = relaxation.amounts[constraint], member.statement.values
    if member.kind == "lock":
        statement = say("mend_lock", project_id=values["project_id"], site_id=values["site_id"])
        return Change(member.statement, statement, 1.0, None)
    code = member.statement.code
    if code == "limit_quota":
        # A quota overdrawn already must be brought back to nothing first.
        amount += max(0.0, -float(str(values["left"])))
        statement = say(
            f"mend_quota_{values['element']}", place_id=values["place_id"],
            pollutant=values["pollutant"], amount=amount,
        )  # fmt: skip
        return Change(member.statement, statement, amount, None)
    if code in SHARE_LIMITS and constraint in relaxation.shares:
        share = relaxation.shares[constraint]
        share_values = {
            "unit_id": values["unit_id"], "year": values["year"], "share": share,
            "threshold": values["threshold"],
        }  # fmt: skip
        if code == "limit_share_number":
            return Change(member.statement, say("mend_share_number", **share_values), amount, share)
        share_values |= {"element": values["element"], "pollutant": values["pollutant"]}
        if code == "limit_share_cumulative":
            return Change(
                member.statement, say("mend_share_cumulative", **share_values), amount, share
            )
        return Change(member.statement, say("mend_share", **share_values), amount, share)
    return Change(member.statement, say("mend_other", amount=amount), amount, None)
