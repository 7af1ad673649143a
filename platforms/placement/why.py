"""Why projects have no place and what could be otherwise, in the words of the limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from platforms.elements.room import Room, RoomKey
from platforms.errors import PlanningError
from platforms.land.site_carving import CUT_SUFFIX
from platforms.placement.alternatives import Swap
from platforms.placement.case import Case
from platforms.placement.child import run
from platforms.placement.limits import BY_NUMBER, CUMULATIVE, ShareRows
from platforms.placement.mending import Mend, Ratio
from platforms.placement.option import Limit, Option
from platforms.placement.reasons import (
    NOTHING_EXPLAINED,
    Alternative,
    Change,
    Conflict,
    Explained,
    GivenUp,
    Member,
    Relaxation,
    SwappedPair,
    Why,
)
from platforms.placement.why_search import Answered, Question, Reason
from platforms.statement import say

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
    rooms: Mapping[RoomKey, Room]
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

    Parameters
    ----------
    ground
        What the placement stands on.
    taken
        Positions of the options taken.
    tolerance
        Part (0–1) of the sum of scores that may be lost in a near-best placement.
    count
        Near-best placements wanted.
    seconds
        Time for all of it; what isn't known by then is left out.
    is_cancelled
        Asked again and again.

    Returns
    -------
    Explained
        What was found.

    Raises
    ------
    PlanningError
        ``placement_cancelled``.
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
            "platforms.placement.why_search:answer_all", question, seconds,
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

    Parameters
    ----------
    ground
        Choices (of locked projects, too, all of them) and limits.
    locked
        Pairs of project and site.
    seconds, is_cancelled
        As ``explain`` takes them.

    Returns
    -------
    Why
        What was found.

    Raises
    ------
    PlanningError
        ``placement_cancelled``.
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
            "platforms.placement.why_search:answer_locks", question, seconds,
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
