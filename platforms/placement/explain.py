"""The same in the words of the limits."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from platforms.elements.quotas import Headroom, QuotaKey
from platforms.errors import PlanningError
from platforms.land.site_carving import CUT_SUFFIX
from platforms.placement.child import report, run
from platforms.placement.conflicts import (
    Case,
    Clash,
    LateError,
    Members,
    best_choice,
    near_corrections,
    smallest_clash,
)
from platforms.placement.limits import BY_NUMBER, CUMULATIVE, Limit, Option, ShareRows
from platforms.placement.remedies import (
    Exchange,
    Mend,
    Near,
    Ratio,
    Swap,
    fewest_given_up,
    least_mend,
    near_moves,
    never_changing,
    next_best,
    relaxed,
    swaps,
    without_hopeless,
)
from platforms.policy.verdict import Statement, say

Kind = Literal["project", "lock", "limit"]


@dataclass(frozen=True)
class Member:
    """One of what cannot hold together: a project to place, a locked pair, or a limit."""

    kind: Kind
    said: Statement


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
    ``said``: What would have to be given, with its unit.
    ``amount``: By how much [unit of the limit]; 1 for a lock.
    ``share``: Share (0–1) that remains, None where the limit keeps none.
    """

    limit: Statement
    said: Statement
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


class LocksClashError(PlanningError):
    """Locked pairs cannot hold together; carries what clashes and what mends it."""

    def __init__(self, count: int, why: Why) -> None:
        said = [] if why.conflict is None else [one.said for one in why.conflict.members]
        listed = "; ".join("=".join(map(str, one.values.values())) for one in said)
        super().__init__("placement_locked_infeasible", count=count, members=listed, mend="")
        self.why = why


FOR_REASONS = 0.7
"""Part of the time for projects without a place; the rest is for near-best placements."""

LEAST_SLOT_S = 4.0
"""A project is given this much [s] rather than that all are answered by halves."""

FOR_CLASH = 0.6
"""Part of a project's time for its conflict; the rest is for what mends it."""


@dataclass(frozen=True)
class Question:
    """What is asked about a placement.

    ``case``: Limits, and as needs the projects placed; locks where nothing could be placed.
    ``asked``: Options of each project without a place that is asked about, by its id.
    ``points``: Score of each option by position.
    ``taken``: The placement; empty where there is none.
    ``scales``: Limits and needs that may give way, each with the amount that counts as 1.
    ``ratios``: Shares behind limits.
    ``projects, grounds``: Project and land of each option.
    ``least``: Sum of scores from which a placement is nearly as good.
    ``count``: Near-best placements wanted.
    ``seconds``: Time.
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

    ``clash``: What cannot hold together with it.
    ``fits``: True where it fits beside all that are placed, so that the search for most had not
      ended.
    ``mend``: Limits that would have to give way.
    ``is_mend_checked``: True where everybody placed and the project hold the relaxed limits.
    ``has_no_mend``: True where no limit that may give way mends it.
    ``exchange``: Projects that would have to be given up.
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


NEVER_RELAXED = frozenset({"limit_project", "limit_land", "limit_overlap", "limit_block"})
"""A project takes one site and land serves once: no decision changes that."""

GRACE_S = 10.0
"""Beyond its deadline the searches may take so long to start and to hand over [s]."""

SHARE_LIMITS = frozenset({"limit_share", "limit_share_number", "limit_share_cumulative"})
"""Limits of B1 and B2."""

HELD = 1e-6
"""A share that counts as kept before anything is placed may lack so much [unit of the element]."""


@dataclass(frozen=True)
class Ground:
    """What a placement stands on: choices, limits, quotas and shares."""

    options: Sequence[Option]
    limits: Sequence[Limit]
    rooms: Mapping[QuotaKey, Headroom]
    shares: ShareRows


def explain(
    ground: Ground,
    taken: Sequence[int],
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
    own = _by_project(ground.options)
    placed = {ground.options[at].project_id for at in taken}
    case = _case(ground, [own[one] for one in own if one in placed], ())
    names = [name for name in own if name in placed]
    points = {at: one.points for at, one in enumerate(ground.options)}
    least = (1.0 - tolerance) * sum(points[at] for at in taken)
    question = Question(
        case, {name: tuple(ats) for name, ats in own.items() if name not in placed}, points,
        frozenset(taken), _scales(ground), _ratios(ground),
        tuple(one.project_id for one in ground.options), tuple(map(_land, ground.options)),
        least, count, seconds,
    )  # fmt: skip
    try:
        found = run(
            "platforms.placement.explain:answer_all", question, seconds,
            is_cancelled=is_cancelled, grace_s=GRACE_S,
        )  # fmt: skip
    except PlanningError as late:
        if late.code != "placement_out_of_time":
            raise
        return NOTHING_EXPLAINED
    assert isinstance(found, Answered)
    return _explained(ground, question, names, found)


def explain_locks(
    ground: Ground,
    locked: Sequence[tuple[str, str]],
    seconds: float,
    is_cancelled: Callable[[], bool] | None = None,
) -> Why:
    """Say which locked pairs and limits cannot hold together, and what mends it.

    ``seconds, is_cancelled``: As ``explain`` takes them.

    Raises PlanningError: ``placement_cancelled``.
    """
    needs = [
        [at for at, one in enumerate(ground.options) if (one.project_id, one.site_id) == pair]
        for pair in locked
    ]
    twice = {name for name, _ in locked if sum(name == other for other, _ in locked) > 1}
    case = _case(ground, needs, twice)
    scales = {**_scales(ground), **{case.need(one): 1.0 for one in range(len(locked))}}
    question = Question(
        case, {}, {}, frozenset(), scales, _ratios(ground), (), (), 0.0, 0, seconds
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
    said = [Member("lock", say("clash_lock", project_id=p, site_id=s)) for p, s in locked]
    return _why(ground, reason, said, {}, ())


def _by_project(options: Sequence[Option]) -> dict[str, list[int]]:
    own: dict[str, list[int]] = {}
    for at, one in enumerate(options):
        own.setdefault(one.project_id, []).append(at)
    return own


def _land(option: Option) -> object:
    """Name the land of an option so that the same land of two projects is equal."""
    is_cut = any(name.endswith(CUT_SUFFIX) for name in option.parcel_ids)
    return option.site_id if is_cut or not option.parcel_ids else frozenset(option.parcel_ids)


def _case(ground: Ground, needs: Sequence[Sequence[int]], twice: Sequence[str] | set[str]) -> Case:
    """Put limits and needs into numbers; one site a project clashes only where two are locked."""
    given = frozenset(
        line for line, one in enumerate(ground.limits)
        if one.name.code == "limit_project" and one.name.values["project_id"] not in twice
    )  # fmt: skip
    return Case(
        tuple(dict(one.weights) for one in ground.limits),
        tuple(float(one.most) for one in ground.limits),
        given, tuple(map(tuple, needs)), len(ground.options),
    )  # fmt: skip


def _share_key(limit: Limit) -> tuple[str, str, str | None]:
    """Give the row of the shares that a limit speaks of."""
    code, values = limit.name.code, limit.name.values
    if code == "limit_share_number":
        return str(values["unit_id"]), BY_NUMBER, None
    element = str(values["element"]) + (CUMULATIVE if code == "limit_share_cumulative" else "")
    return str(values["unit_id"]), element, str(values["pollutant"]) or None


def _is_share(ground: Ground, limit: Limit) -> bool:
    return limit.name.code in SHARE_LIMITS and _share_key(limit) in ground.shares


def _scales(ground: Ground) -> dict[int, float]:
    """Give of each limit that may give way the amount that counts as 1: its quota or its total."""
    scales = {}
    for line, limit in enumerate(ground.limits):
        if limit.name.code in NEVER_RELAXED:
            continue
        whole = sum(abs(weight) for weight in limit.weights.values())
        if limit.name.code == "limit_quota":
            whole = _quota(ground, limit) or whole
        elif _is_share(ground, limit):
            whole = float(str(ground.shares[_share_key(limit)]["total"])) or whole
        scales[line] = whole or 1.0
    return scales


def _quota(ground: Ground, limit: Limit) -> float:
    values = limit.name.values
    found = [
        room.quota for (_, place, element, pollutant), room in ground.rooms.items()
        if (place, element, pollutant or "")
        == (values["place_id"], values["element"], values["pollutant"])
    ]  # fmt: skip
    return found[0] if found and np.isfinite(found[0]) else 0.0


def _ratios(ground: Ground) -> dict[int, Ratio]:
    """Give the shares that hold now; of one short already only the lack can be stated."""
    ratios = {}
    for line, limit in enumerate(ground.limits):
        if not _is_share(ground, limit):
            continue
        unit_id, element, pollutant = _share_key(limit)
        row = ground.shares[unit_id, element, pollutant]
        inside, total = float(str(row["inside"])), float(str(row["total"]))
        least = float(str(limit.name.values["threshold"]))
        if inside - least * total < -HELD:
            continue
        parts = {}
        for at, weight in limit.weights.items():
            one = ground.options[at]
            amount = 1.0 if element == BY_NUMBER else one.takes.get(
                (element.removesuffix(CUMULATIVE), pollutant), 0.0
            )  # fmt: skip
            parts[at] = (amount * least - weight, amount)
        ratios[line] = Ratio(inside, total, parts)
    return ratios


def _explained(
    ground: Ground, question: Question, placed: Sequence[str], found: Answered
) -> Explained:
    said = [Member("project", say("clash_project", project_id=name)) for name in placed]
    value = sum(question.points[at] for at in question.taken)
    why = {}
    for name, reason in found.reasons.items():
        asked = Member("project", say("clash_project", project_id=name))
        why[name] = _why(ground, reason, [*said, asked], question.points, [*placed, name], value)
    return Explained(
        why,
        {ground.options[at].project_id: known for at, known in found.stable.items()},
        tuple(
            Alternative(
                tuple(ground.options[at] for at in sorted(one)),
                value - sum(question.points[at] for at in one),
            )
            for one in found.others
        ),
        found.are_others_proven,
        tuple(_pair(ground, one) for one in found.swapped),
    )


def _pair(ground: Ground, swap: Swap) -> SwappedPair:
    (a, b), (c, d) = swap.given, swap.taken
    options = ground.options
    return SwappedPair((options[a], options[b]), (options[c], options[d]), swap.loss)


def _why(
    ground: Ground,
    reason: Reason,
    needs: Sequence[Member],
    points: Mapping[int, float],
    projects: Sequence[str],
    value: float = 0.0,
) -> Why:
    first = len(ground.limits)

    def member(one: int) -> Member:
        return Member("limit", ground.limits[one].name) if one < first else needs[one - first]

    why = Why(fits=reason.fits)
    if reason.clash is not None:
        # The need asked about comes last of all.
        ordered = sorted(reason.clash.members, key=lambda one: (-(one >= first), -one))
        clash = reason.clash
        why = replace(
            why,
            conflict=Conflict(
                tuple(map(member, ordered)), clash.is_smallest_proven, clash.is_minimal
            ),
        )
    if reason.has_no_mend:
        why = replace(why, relaxation=Relaxation((), is_least_proven=True, is_checked=False))
    if reason.mend is not None:
        changes = tuple(
            _change(ground, reason.mend, one, member(one)) for one in sorted(reason.mend.amounts)
        )
        relaxation = Relaxation(changes, reason.mend.is_least_proven, reason.is_mend_checked)
        why = replace(why, relaxation=relaxation)
    if reason.exchange is not None:
        lost = value - sum(points[at] for at in reason.exchange.chosen)
        names = tuple(projects[one] for one in sorted(reason.exchange.given_up))
        why = replace(why, given_up=GivenUp(names, lost, reason.exchange.is_fewest_proven))
    return why


def _change(ground: Ground, mend: Mend, one: int, member: Member) -> Change:
    amount, values = mend.amounts[one], member.said.values
    if member.kind == "lock":
        said = say("mend_lock", project_id=values["project_id"], site_id=values["site_id"])
        return Change(member.said, said, 1.0, None)
    code = member.said.code
    if code == "limit_quota":
        # A quota overdrawn already must be brought back to nothing first.
        amount += max(0.0, -float(str(values["left"])))
        said = say(
            f"mend_quota_{values['element']}", place_id=values["place_id"],
            pollutant=values["pollutant"], amount=amount,
        )  # fmt: skip
        return Change(member.said, said, amount, None)
    if code in SHARE_LIMITS and one in mend.shares:
        share = mend.shares[one]
        stated = {
            "unit_id": values["unit_id"], "year": values["year"], "share": share,
            "threshold": values["threshold"],
        }  # fmt: skip
        if code == "limit_share_number":
            return Change(member.said, say("mend_share_number", **stated), amount, share)
        stated |= {"element": values["element"], "pollutant": values["pollutant"]}
        if code == "limit_share_cumulative":
            return Change(member.said, say("mend_share_cumulative", **stated), amount, share)
        return Change(member.said, say("mend_share", **stated), amount, share)
    return Change(member.said, say("mend_other", amount=amount), amount, None)
