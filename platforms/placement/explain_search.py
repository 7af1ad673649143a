"""Searches behind explanations, in numbers alone: they run in a child process."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from platforms.placement.child import report
from platforms.placement.conflicts import (
    ConflictSet,
    ConstraintSet,
    FeasibilityProblem,
    LateError,
    best_choice,
    near_correction_sets,
    smallest_conflict_set,
)
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

FOR_REASONS = 0.7
"""Part of the time for projects without a place; the rest is for near-best placements."""

LEAST_SLOT_S = 4.0
"""A project is given this much [s] rather than that all are answered by halves."""

FOR_CONFLICT = 0.6
"""Part of a project's time for its conflict; the rest is for what mends it."""


@dataclass(frozen=True)
class Question:
    """What is asked about a placement.

    ``problem``: Limits, and as demands the projects placed; locks where nothing could be placed.
    ``asked``: Options of each project without a place that is asked about, by its id.
    ``points``: Score of each option by position.
    ``selected``: The placement; empty where there is none.
    ``scales``: Limits and demands that may give way, each with the amount that counts as 1.
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
    """Explain why one demand cannot be met beside all others."""
    near = near_correction_sets(problem, question.selected, unplaced)
    if near is None:
        return Reason(fits=True)
    reason = _conflict(problem, near, until)
    if reason.fits:
        return reason
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


def _conflict(problem: FeasibilityProblem, near: Collection[ConstraintSet], until: float) -> Reason:
    """Return the conflict set, or that all fits; neither where time ends before either is known."""
    now = time.monotonic()
    try:
        conflict_set = smallest_conflict_set(problem, now + FOR_CONFLICT * (until - now), near)
    except LateError:
        return Reason()
    return Reason(conflict_set, fits=conflict_set is None)


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
    """Return which locks (the demands) cannot hold together, and what mends it."""
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
                (position for position in range(len(problem.demands)) if position not in met), None
            )
    except LateError:
        pass  # the search begins from nothing
    near = {} if unplaced is None else near_correction_sets(problem, selected, unplaced)
    if near is None:
        return Reason(fits=True)
    reason = _conflict(problem, near, until)
    if reason.fits:
        return reason
    report(reason)
    return _with_relaxation(question, problem, reason, until, near)
