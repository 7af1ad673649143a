"""Where many projects go at once, and why some go nowhere."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from geo.units import compare
from platforms.elements.effect import ShareEffect, share_effect
from platforms.elements.room import Room, RoomKey
from platforms.errors import PlanningError
from platforms.matching.match import MatchedSite, MatchResult
from platforms.placement.limits import (
    ShareRows,
    land_limits,
    land_taken_twice,
    project_limits,
    quota_limits,
    share_limits,
)
from platforms.placement.option import Limit, Option
from platforms.placement.solve import solve
from platforms.policy.dated import PolicySet
from platforms.statement import Statement, say


@dataclass(frozen=True)
class Wishes:
    """How to place.

    Attributes
    ----------
    locked, excluded
        Pairs of project and site that must, and must not, be.
    gap
        Relative gap (0–1) at which the search ends.
    deadline_s
        Seconds.
    best_of_each
        Sites of each project that are looked at, the best first.
    """

    locked: tuple[tuple[str, str], ...] = ()
    excluded: tuple[tuple[str, str], ...] = ()
    gap: float = 0.005
    deadline_s: float = 60.0
    best_of_each: int = 20

    def __post_init__(self) -> None:
        for project_id, site_id in self.locked:
            if (project_id, site_id) in self.excluded:
                raise PlanningError(
                    "placement_locked_and_excluded", project_id=project_id, site_id=site_id
                )


@dataclass(frozen=True)
class Unplaced:
    """A project without a place: its reasons, and the gates that reject its sites by number."""

    project_id: str
    reasons: tuple[Statement, ...]
    gates: Mapping[str, int]


@dataclass(frozen=True)
class Placement:
    """The answer.

    Attributes
    ----------
    assignments
        What goes where.
    unplaced
        What goes nowhere.
    shares
        Shares of B1 by unit, element and pollutant, before and after.
    gap
        Relative gap of the sum of scores, None where not known.
    is_count_proven
        True where no more projects can be placed.
    conflicts
        Limits that the assignments break, none unless the solver erred.
    """

    assignments: tuple[Option, ...]
    unplaced: tuple[Unplaced, ...]
    shares: Mapping[tuple[str, str, str | None], ShareEffect]
    gap: float | None
    is_count_proven: bool
    conflicts: tuple[Statement, ...]


def options_of(result: MatchResult, wishes: Wishes) -> list[Option]:
    """Give the best admitted sites of a project as choices, a locked one whatever its rank."""
    name = result.demand.project_id
    locked = {site for project, site in wishes.locked if project == name}
    if locked:
        kept = [one for one in result.sites if one.site.site_id in locked]
    else:
        out = sum(project == name for project, _ in wishes.excluded)
        best = result.sites[: wishes.best_of_each + out]
        kept = [one for one in best if (name, one.site.site_id) not in wishes.excluded]
    return [_option(result, one) for one in kept[: wishes.best_of_each]]


def _option(result: MatchResult, one: MatchedSite) -> Option:
    demand, site = result.demand, one.site
    land = min(demand.land_wanted_mu, site.area_mu)
    takes: dict[tuple[str, str | None], float] = {("land", None): land}
    if demand.energy_tce is not None:
        takes["energy", None] = demand.energy_tce
    takes.update({("emission", name): amount for name, amount in demand.emissions_t or ()})
    points = one.score.score if one.score is not None else None
    return Option(
        demand.project_id, site.site_id, site.unit_id, site.platform_id, site.parcel_ids,
        site.area_mu, points or 0.0, site.zone_share, takes,
        0.0 if site.is_increment is False else land, site.geometry, site.carved is not None,
        site.site_id if site.carved is None else site.carved.block_id,
        site.area_mu if site.carved is None else site.carved.block_mu, demand.investment_yi_yuan,
    )  # fmt: skip


def place(
    results: Sequence[MatchResult],
    rooms: Mapping[RoomKey, Room],
    shares: ShareRows,
    policy: PolicySet,
    wishes: Wishes,
) -> Placement:
    """Place many projects at once: as many as can be, then with the highest sum of scores.

    Parameters
    ----------
    results
        What matching found for each project.
    rooms
        Quotas on file and what is taken of them.
    shares
        Shares of B1 as they are.
    policy
        Rules on the as-of date.
    wishes
        Locked and excluded pairs, gap, deadline.

    Returns
    -------
    Placement
        Assignments, and projects without a place with their reasons.

    Raises
    ------
    PlanningError
        ``placement_no_project``, ``placement_lock_impossible``, ``placement_locked_infeasible``,
        ``placement_out_of_time``.
    """
    if not results:
        raise PlanningError("placement_no_project")
    options = [one for result in results for one in options_of(result, wishes)]
    required = [_locked(options, pair) for pair in wishes.locked]
    limits = [
        *project_limits(options), *land_limits(options), *quota_limits(options, rooms),
        *share_limits(options, shares, policy, results[0].year),
    ]  # fmt: skip
    points = [one.points for one in options]
    solved = solve(points, limits, required, wishes.gap, wishes.deadline_s)
    if solved.chosen is None:
        raise PlanningError("placement_locked_infeasible", count=len(wishes.locked))
    taken = set(solved.chosen)
    placed = {options[at].project_id for at in taken}
    rest = [result for result in results if result.demand.project_id not in placed]
    chosen = tuple(options[at] for at in solved.chosen)
    return Placement(
        chosen,
        tuple(_unplaced(result, options, limits, taken) for result in rest),
        shares_after(chosen, shares),
        solved.gap,
        solved.is_count_proven,
        (
            *(one.name for one in limits if _is_broken(one, taken)),
            *land_taken_twice(chosen),
        ),
    )


def _locked(options: Sequence[Option], pair: tuple[str, str]) -> list[int]:
    found = [at for at, one in enumerate(options) if (one.project_id, one.site_id) == pair]
    if not found:
        raise PlanningError("placement_lock_impossible", project_id=pair[0], site_id=pair[1])
    return found


def _is_broken(limit: Limit, taken: Iterable[int]) -> bool:
    return compare(sum(limit.weights.get(at, 0.0) for at in taken), limit.most) > 0


def _unplaced(
    result: MatchResult, options: Sequence[Option], limits: Sequence[Limit], taken: set[int]
) -> Unplaced:
    name = result.demand.project_id
    own = [at for at, one in enumerate(options) if one.project_id == name]
    if not own:
        gates = Counter(
            one.reasons[0].gate for one in (*result.undecided, *result.rejected) if one.reasons
        )
        why = say(
            "placement_no_site", undecided=len(result.undecided), rejected=len(result.rejected)
        )
        return Unplaced(name, (why,), dict(gates.most_common()))
    reasons: dict[tuple[object, ...], Statement] = {}
    for at in own:
        for limit in limits:
            if at in limit.weights and _is_broken(limit, {*taken, at}):
                reasons[limit.name.code, *limit.name.values.values()] = limit.name
    return Unplaced(name, tuple(reasons.values()), {})


def shares_after(
    chosen: Sequence[Option], shares: ShareRows
) -> dict[tuple[str, str, str | None], ShareEffect]:
    """Give each share of B1 that the assignments touch, before and after."""
    found = {}
    for (unit_id, element, pollutant), row in shares.items():
        own = [
            one for one in chosen
            if one.unit_id == unit_id and one.takes.get((element, pollutant), 0.0) > 0
        ]  # fmt: skip
        added = sum(one.takes[element, pollutant] for one in own)
        known = all(one.zone_share is not None for one in own)
        if added > 0 and known:
            inside = sum(one.takes[element, pollutant] * (one.zone_share or 0.0) for one in own)
            found[unit_id, element, pollutant] = share_effect(row, added, inside / added)
    return found
