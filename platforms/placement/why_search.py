"""The searches behind the reasons of a placement, one after the other until the deadline."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from platforms.placement.alternatives import (
    Near,
    Swap,
    near_moves,
    never_changing,
    next_best,
    swaps,
    without_hopeless,
)
from platforms.placement.case import Case, LateError, best_choice
from platforms.placement.child import report
from platforms.placement.clash import Clash, smallest_clash
from platforms.placement.corrections import Members, near_corrections
from platforms.placement.mending import (
    Exchange,
    Mend,
    Ratio,
    fewest_given_up,
    least_mend,
    relaxed,
)

FOR_REASONS = 0.7
"""Part of the time for projects without a place; the rest is for near-best placements."""

LEAST_SLOT_S = 4.0
"""A project is given this much [s] rather than that all are answered by halves."""

FOR_CLASH = 0.6
"""Part of a project's time for its conflict; the rest is for what mends it."""


@dataclass(frozen=True)
class Question:
    """What is asked about a placement.

    Attributes
    ----------
    case
        Limits, and as needs the projects placed; locks where nothing could be placed.
    asked
        Options of each project without a place that is asked about, by its id.
    points
        Score of each option by position.
    taken
        The placement; empty where there is none.
    scales
        Limits and needs that may give way, each with the amount that counts as 1.
    ratios
        Shares behind limits.
    projects, grounds
        Project and land of each option.
    least
        Sum of scores from which a placement is nearly as good.
    count
        Near-best placements wanted.
    seconds
        Time.
    """

    case: Case
    asked: Mapping[str, tuple[int, ...]]
    points: Mapping[int, float]
    taken: frozenset[int]
    scales: Mapping[int, float]
    ratios: Mapping[int, Ratio]
    projects: tuple[str, ...]
    grounds: tuple[object, ...]
    least: float
    count: int
    seconds: float


@dataclass(frozen=True)
class Reason:
    """Why a project has no place; what time didn't suffice for is None.

    Attributes
    ----------
    clash
        What cannot hold together with it.
    fits
        True where it fits beside all that are placed, so that the search for most had not ended.
    mend
        Limits that would have to give way.
    is_mend_checked
        True where everybody placed and the project hold the relaxed limits.
    has_no_mend
        True where no limit that may give way mends it.
    exchange
        Projects that would have to be given up.
    """

    clash: Clash | None = None
    fits: bool = False
    mend: Mend | None = None
    is_mend_checked: bool = False
    has_no_mend: bool = False
    exchange: Exchange | None = None


@dataclass
class Answered:
    """What was found so far.

    Attributes
    ----------
    reasons
        By project.
    stable
        Whether each assignment never changes, by position of its option.
    others
        Near-best placements, the best first.
    are_others_proven
        True where none better was passed over.
    swapped
        Pairs that can change places.
    """

    reasons: dict[str, Reason] = field(default_factory=dict)
    stable: dict[int, bool | None] = field(default_factory=dict)
    others: list[frozenset[int]] = field(default_factory=list)
    are_others_proven: bool = False
    swapped: list[Swap] = field(default_factory=list)


def answer_all(question: Question) -> Answered:
    """Answer why projects have no place, then what could be otherwise.

    Parameters
    ----------
    question
        What is asked.

    Returns
    -------
    Answered
        Whatever was found in time.
    """
    begun = time.monotonic()
    end = begun + question.seconds
    until = begun + (FOR_REASONS if question.taken else 1.0) * question.seconds
    answered = Answered()
    left = len(question.asked)
    for project_id, own in question.asked.items():
        now = time.monotonic()
        if now >= until:
            answered.reasons[project_id] = Reason()
            continue
        asked = replace(question.case, needs=(*question.case.needs, own))
        homeless = len(question.case.needs)
        slot = min(until, now + max(LEAST_SLOT_S, (until - now) / left))
        answered.reasons[project_id] = reason_of(question, asked, homeless, slot)
        left -= 1
        report(answered)
    if question.taken:
        _near_best(question, answered, end)
    return answered


def reason_of(question: Question, case: Case, homeless: int, until: float) -> Reason:
    """Say why one need cannot be met beside all others."""
    near = near_corrections(case, question.taken, homeless)
    if near is None:
        return Reason(fits=True)
    now = time.monotonic()
    reason = Reason()
    try:
        found = smallest_clash(case, now + FOR_CLASH * (until - now), near)
        if found is None:
            return Reason(fits=True)
        reason = replace(reason, clash=found)
    except LateError:
        pass  # what mends it may still be found
    try:
        halfway = time.monotonic() + 0.5 * (until - time.monotonic())
        needs = {case.need(position) for position in range(homeless)}
        single = [one for gone, shown in near.items() if len(gone) == 1 and gone <= needs
                  for one in shown]  # fmt: skip
        exchange = fewest_given_up(case, homeless, question.points, halfway, single)
        reason = replace(reason, exchange=exchange)
    except LateError:
        pass
    return _mended(question, case, reason, until, near)


def _mended(
    question: Question,
    case: Case,
    reason: Reason,
    until: float,
    near: Mapping[Members, Sequence[frozenset[int]]],
) -> Reason:
    may = question.scales.keys()
    shown = [one for gone, choices in near.items() if gone <= may for one in choices]
    try:
        mend = least_mend(case, question.scales, until, question.ratios, shown)
    except LateError:
        return reason
    if mend is None:
        return replace(reason, has_no_mend=True)
    eased = relaxed(case, mend, question.ratios)
    return replace(reason, mend=mend, is_mend_checked=not eased.broken(mend.chosen))


def _near_best(question: Question, answered: Answered, until: float) -> None:
    near = Near(question.case, question.points, question.taken, question.least)
    answered.swapped = swaps(near, question.projects, question.grounds)
    report(answered)

    def others(found: list[frozenset[int]]) -> None:
        answered.others = found
        report(answered)

    def stable(known: dict[int, bool | None]) -> None:
        answered.stable = known
        report(answered)

    shown = near_moves(near)
    for swap in answered.swapped:
        shown.append((near.taken - {*swap.given}) | {*swap.taken})
    near = without_hopeless(near, until)
    half = time.monotonic() + 0.5 * (until - time.monotonic())
    answered.others, answered.are_others_proven = next_best(
        near, question.count, half, shown, others
    )
    answered.stable = never_changing(near, until, [*shown, *answered.others], stable)


def answer_locks(question: Question) -> Reason:
    """Say which locks cannot hold together, and what mends it; needs of the case are the locks."""
    case, until = question.case, time.monotonic() + question.seconds
    goal = {at: 1.0 for own in case.needs for at in own}
    limits = case.members - {case.need(one) for one in range(len(case.needs))}
    taken, homeless = frozenset[int](), None
    try:
        most = best_choice(case, limits, time.monotonic() + 0.2 * question.seconds, goal)
        if most is not None:
            taken = most.chosen
            met = {one for at in taken for one in case.owners[at]}
            homeless = next((one for one in range(len(case.needs)) if one not in met), None)
    except LateError:
        pass  # the search begins from nothing
    near = {} if homeless is None else near_corrections(case, taken, homeless)
    if near is None:
        return Reason(fits=True)
    now = time.monotonic()
    reason = Reason()
    try:
        clash = smallest_clash(case, now + FOR_CLASH * (until - now), near)
        reason = Reason(clash, fits=clash is None)
    except LateError:
        pass
    if reason.fits:
        return reason
    report(reason)
    return _mended(question, case, reason, until, near)
