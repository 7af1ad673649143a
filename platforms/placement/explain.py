"""Why projects have no place and what could be otherwise, in the words of the limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from platforms.elements.quotas import Headroom, QuotaKey
from platforms.errors import PlanningError
from platforms.land.site_carving import CUT_SUFFIX
from platforms.placement.child import run
from platforms.placement.conflicts import FeasibilityProblem
from platforms.placement.explain_search import Answered, Question, Reason
from platforms.placement.limits import BY_NUMBER, CUMULATIVE, Limit, Option, ShareRows
from platforms.placement.remedies import LimitRelaxation, Ratio, Swap
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

    ``members``: The project asked about first.
    ``is_smallest_proven``: True where no set with fewer members conflicts.
    ``is_minimal``: True where the rest can hold once any one member is left out.
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
class ExplainedRelaxation:
    """The fewest changes, by the least relative amount, with which all hold.

    ``changes``: What gives way; empty where no limit that may give way mends it.
    ``is_least_proven``: True where less is proven not to do.
    ``is_checked``: True where a placement was found that keeps the limits as changed.
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

    ``conflict``: What cannot hold together.
    ``relaxation``: What would have to give way.
    ``given_up``: Who else would lose its place.
    ``fits``: True where it fits beside all that are placed: the search for most had not ended.
    """

    conflict: Conflict | None = None
    relaxation: ExplainedRelaxation | None = None
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
    """All that explains a placement.

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
    """Locked pairs cannot hold together; carries what conflicts and what mends it."""

    def __init__(self, count: int, why: Why) -> None:
        statements = (
            [] if why.conflict is None else [member.statement for member in why.conflict.members]
        )
        listed = "; ".join(
            "=".join(map(str, statement.values.values())) for statement in statements
        )
        super().__init__("placement_locked_infeasible", count=count, members=listed, mend="")
        self.why = why


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
    rooms: Mapping[QuotaKey, Headroom]
    shares: ShareRows


def explain(
    model: PlacementModel,
    selected: Sequence[int],
    tolerance: float,
    count: int,
    seconds: float,
    is_cancelled: Callable[[], bool] | None = None,
) -> Explained:
    """Explain why projects have no place, and what could be otherwise at little loss.

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
    answered = _searched("answer_all", question, is_cancelled)
    if not isinstance(answered, Answered):
        return NOTHING_EXPLAINED
    return _explained(model, question, names, answered)


def explain_locks(
    model: PlacementModel,
    locked: Sequence[tuple[str, str]],
    seconds: float,
    is_cancelled: Callable[[], bool] | None = None,
) -> Why:
    """Return which locked pairs and limits cannot hold together, and what mends it.

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
    reason = _searched("answer_locks", question, is_cancelled)
    if not isinstance(reason, Reason):
        return Why()
    members = [Member("lock", say("clash_lock", project_id=p, site_id=s)) for p, s in locked]
    return _why(model, reason, members, {}, ())


def _searched(function: str, question: Question, is_cancelled: Callable[[], bool] | None) -> object:
    """Return what a search in a child process finds; None where it had no time at all."""
    try:
        return run(
            f"platforms.placement.explain_search:{function}", question, question.seconds,
            is_cancelled=is_cancelled, grace_s=GRACE_S,
        )  # fmt: skip
    except PlanningError as late:
        if late.code != "placement_out_of_time":
            raise
        return None


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
    """Put limits and demands into numbers; one site a project counts only where two are locked."""
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
    """Return the row of the shares that a limit speaks of."""
    code, values = limit.name.code, limit.name.values
    if code == "limit_share_number":
        return str(values["unit_id"]), BY_NUMBER, None
    element = str(values["element"]) + (CUMULATIVE if code == "limit_share_cumulative" else "")
    return str(values["unit_id"]), element, str(values["pollutant"]) or None


def _is_share(model: PlacementModel, limit: Limit) -> bool:
    return limit.name.code in SHARE_LIMITS and _share_key(limit) in model.shares


def _scales(model: PlacementModel) -> dict[int, float]:
    """Return what counts as 1 for each limit that may give way: its quota or its total."""
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
    """Return the shares that hold now; of one short already only the lack can be stated."""
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
        # The demand asked about comes last of all.
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
        why = replace(
            why, relaxation=ExplainedRelaxation((), is_least_proven=True, is_checked=False)
        )
    if reason.relaxation is not None:
        changes = tuple(
            _change(model, reason.relaxation, constraint, member(constraint))
            for constraint in sorted(reason.relaxation.amounts)
        )
        relaxation = ExplainedRelaxation(
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
